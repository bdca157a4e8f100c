/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check-site.h"

#include <sqlite3.h>

#include "base/text.h"

/* ── ZMS ── */

static char *
zms_answer(const char *request, gpointer data) {
  (void)request, (void)data;
  return canned_answer("200 OK", "Content-Type: application/json\r\n",
                       "[{\"id\":\"1\",\"kurzbezeichnung\":\"F-I\",\"endTag\":\"2026-06-01\"},"
                       "{\"id\":\"2\",\"kurzbezeichnung\":\"AGT\",\"endTag\":\"2026-06-01\"},"
                       "{\"id\":\"3\",\"kurzbezeichnung\":\"F-II\",\"endTag\":\"2026-06-01\"}]");
}

/* ── a site ── */

void
check_site_configure(const CheckSite *site, const char *moodle, const char *groups) {
  autochar text = g_strdup_printf(
      "[zms]\nbaseurl=http://127.0.0.1:%u/rest\nattempts=1\n[store]\npath=lehrgaenge.db\n"
      "[moodle]\n%s"
      "[tenant FD]\nname=Landkreis Fulda\napikey=" PROGRAM_APIKEY "\n%s",
      site->zms.port, moodle, groups);
  g_assert_true(g_file_set_contents_full(site->place.config, text, -1,
                                         G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
}

void
check_site_exec(const CheckSite *site, const char *sql) {
  autochar path = g_build_filename(site->place.folder, "moodle.db", NULL);
  sqlite3 *db = NULL;
  g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
  g_assert_cmpint(sqlite3_exec(db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close(db);
}

void
check_site_set_up(CheckSite *site, gconstpointer data) {
  program_set_up(&site->place, data);
  canned_start(&site->zms, zms_answer, NULL);
  site->clock = clock_system();
  check_site_configure(site, "path=moodle.db\n", "");
  g_auto(Said) made =
      program_call(site->place.folder, "-c my.conf moodle init --master F-I --master AGT");
  g_assert_cmpint(made.code, ==, 0);
  autochar sql = g_strdup_printf(
      "INSERT INTO mdl_user (id, confirmed, username, firstname, lastname, email) VALUES"
      " (%d, 1, 'wsuser', 'Web', 'Service', 'ws@example.invalid')",
      CHECK_SERVICE_USER);
  check_site_exec(site, sql);
}

void
check_site_tear_down(CheckSite *site, gconstpointer data) {
  server_free(site->server);
  moodle_app_free(site->app);
  clock_free(site->clock);
  canned_stop(&site->zms);
  program_tear_down(&site->place, data);
}

void
check_site_serve(CheckSite *site, MoodleAppOptions options, const char *certificate,
                 const char *key) {
  g_autoptr(GError) error = NULL;
  autochar path = g_build_filename(site->place.folder, "moodle.db", NULL);
  options.token = CHECK_TOKEN;
  if (options.service_user == 0)
    options.service_user = CHECK_SERVICE_USER;
  site->app = moodle_app_new(path, &options, site->clock, &error);
  g_assert_no_error(error);
  ServerOptions server = { .address = "127.0.0.1", .certificate = certificate, .key = key };
  site->server = server_new(&server, moodle_app_interface(site->app), site->clock, &error);
  g_assert_no_error(error);
}

/* ── what check says ── */

json_t *
check_site_check(CheckSite *site, const char *more, const char *groups, int code) {
  autochar moodle =
      g_strdup_printf("backend=webservice\nurl=%s\nattempts=1\n%s", server_url(site->server), more);
  check_site_configure(site, moodle, groups);
  g_auto(Said) said = program_call(site->place.folder, "-c my.conf check --json");
  g_test_message("%s", said.out);
  g_assert_null(strstr(said.out, CHECK_TOKEN));
  g_assert_cmpint(said.code, ==, code);
  json_t *document = json_loads(said.out, 0, NULL);
  g_assert_nonnull(document);
  return document;
}

guint
check_site_count(const json_t *document, const char *level, const char *message) {
  guint found = 0;
  size_t i;
  json_t *each;
  json_array_foreach(json_object_get(document, "findings"), i, each) found +=
      g_str_equal(json_string_value(json_object_get(each, "area")), "moodle") &&
      g_str_equal(json_string_value(json_object_get(each, "level")), level) &&
      strstr(json_string_value(json_object_get(each, "message")), message) != NULL;
  return found;
}

const char *
check_site_remedy(const json_t *document, const char *message) {
  size_t i;
  json_t *each;
  json_array_foreach(json_object_get(document, "findings"), i, each) {
    const char *remedy = json_string_value(json_object_get(each, "remedy"));
    if (strstr(json_string_value(json_object_get(each, "message")), message) != NULL)
      return remedy != NULL ? remedy : "";
  }
  return "";
}

bool
check_site_notes(const json_t *document, const char *text) {
  const json_t *moodle = json_object_get(json_object_get(document, "areas"), "moodle");
  size_t i;
  json_t *note;
  json_array_foreach(json_object_get(moodle, "notes"), i, note) {
    if (g_str_equal(json_string_value(note), text))
      return true;
  }
  return false;
}
