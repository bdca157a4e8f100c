/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle_site.h"

#include <string.h>

#include "moodle/embedded/embedded_private.h"

#define SERVICE "/webservice/rest/server.php"

/* ── a site ── */

/* The ids fall into place as on a Moodle whose category 1 is its own default one. */
static void
make_companies(const char *path, Clock *clock) {
  static const char *const masters[] = { "M-1", "M-2", "M-3", "M-4", "M-5",
                                         "M-6", "M-7", "M-8", "M-9", "M-10" };
  g_autoptr(GError) error = NULL;
  g_autoptr(Tenants) tenants = tenants_new(NULL, 35, 1, &error);
  g_assert_no_error(error);
  g_autofree EmbeddedCompany *companies = g_new0(EmbeddedCompany, 35);
  for (guint i = 0; i < 35; i++)
    companies[i] =
        (EmbeddedCompany){ tenants_get(tenants, i)->name, tenants_get(tenants, i)->abbr };
  embedded_init(path, companies, 35, masters, G_N_ELEMENTS(masters), clock, NULL, &error);
  g_assert_no_error(error);
}

static void
make_master(const Site *site) {
  g_autoptr(GError) error = NULL;
  g_autofree char *parameters = g_strdup_printf(
      "courses[0][fullname]=AGT master&courses[0][shortname]=AGT&courses[0][categoryid]=37"
      "&courses[0][numsections]=4&courses[0][newsitems]=3&courses[0][summary]=Template AGT");
  json_auto_t *made = site_does(site, "core_course_create_courses", parameters);
  g_assert_cmpint(json_integer_value(json_object_get(json_array_get(made, 0), "id")), ==,
                  SITE_MASTER);
  const EmbeddedOptions options = { .student_role = 5 };
  Gateway *gateway = embedded_open(site->path, &options, site->clock, &error);
  g_assert_no_error(error);
  for (guint i = 0; i < 3; i++) {
    g_autofree char *name = g_strdup_printf("Seite %u", i);
    embedded_content_add((Embedded *)gateway, SITE_MASTER, 1, "page", NULL, name, &error);
    g_assert_no_error(error);
  }
  gateway_free(gateway);
}

static void
make_moodle(Site *site) {
  g_autoptr(GError) error = NULL;
  embedded_init(site->path, NULL, 0, NULL, 0, site->clock, NULL, &error);
  g_assert_no_error(error);
  site_exec(site, "INSERT INTO mdl_course_categories (name, depth, path) VALUES ('Category 1', 1,"
                  " '/1')");
  make_companies(site->path, site->clock);
  site_exec(site, "UPDATE mdl_company SET city = name");
  site_exec(site, "UPDATE mdl_course_categories SET idnumber = 'cat-' || (SELECT code FROM"
                  " mdl_company c WHERE c.category = mdl_course_categories.id)");
  site_exec(site, "INSERT INTO mdl_user (id, confirmed, username, firstname, lastname, email, lang)"
                  " VALUES (3, 1, 'syncservice', 'Sync', 'Service', 'sync@example.invalid', 'en')");
  site_exec(site, "INSERT INTO mdl_user_preferences (userid, name, value) VALUES"
                  " (3, 'auth_manual_passwordupdatetime', '1773147909')");
}

Site *
site_new(const MoodleAppOptions *given, const FaultsOptions *faults) {
  g_autoptr(GError) error = NULL;
  MoodleAppOptions options = { .plugin = true, .batch = true };
  if (given != NULL)
    options = *given;
  options.token = SITE_TOKEN;
  options.service_user = SITE_SERVICE_USER;
  Site *site = g_new0(Site, 1);
  site->directory = g_dir_make_tmp("moodle-sim-XXXXXX", &error);
  g_assert_no_error(error);
  site->path = g_build_filename(site->directory, "moodle.db", NULL);
  site->clock = clock_manual_new(SITE_NOW);
  make_moodle(site);
  site->app = moodle_app_new(site->path, &options, site->clock, &error);
  g_assert_no_error(error);
  ServerOptions server = { .address = "127.0.0.1" };
  site->server = server_new(&server, moodle_app_interface(site->app), site->clock, &error);
  g_assert_no_error(error);
  make_master(site);
  if (faults == NULL)
    return site;
  server_free(site->server);
  server.faults = *faults;
  site->server = server_new(&server, moodle_app_interface(site->app), site->clock, &error);
  g_assert_no_error(error);
  return site;
}

void
site_free(Site *site) {
  if (site == NULL)
    return;
  server_free(site->server);
  moodle_app_free(site->app);
  clock_free(site->clock);
  harness_remove_all(site->directory);
  g_free(site->directory);
  g_free(site->path);
  g_free(site);
}

/* ── asking ── */

Reply
site_ask(const Site *site, const char *method, const char *path, const char *body) {
  Reply reply = { 0 };
  g_autofree char *url = g_strconcat(server_url(site->server), path, NULL);
  CURL *curl = harness_curl(&reply, method, url, NULL);
  if (body != NULL)
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
  reply.result = curl_easy_perform(curl);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply.status);
  curl_easy_cleanup(curl);
  return reply;
}

Reply
site_post(const Site *site, const char *body) {
  return site_ask(site, "POST", SERVICE, body);
}

static void
append_encoded(GString *body, const char *parameters) {
  g_auto(GStrv) parts = g_strsplit(parameters, "&", -1);
  for (guint i = 0; parts[i] != NULL && parts[i][0] != '\0'; i++) {
    char *value = strchr(parts[i], '=');
    g_assert_nonnull(value);
    *value++ = '\0';
    g_autofree char *name = g_uri_escape_string(parts[i], "[]", FALSE);
    g_autofree char *encoded = g_uri_escape_string(value, NULL, FALSE);
    g_string_append_printf(body, "&%s=%s", name, encoded);
  }
}

json_t *
site_call(const Site *site, const char *function, const char *parameters) {
  g_autoptr(GString) body = g_string_new(NULL);
  g_string_printf(body, "wstoken=" SITE_TOKEN "&moodlewsrestformat=json&wsfunction=%s", function);
  append_encoded(body, parameters);
  g_auto(Reply) reply = site_post(site, body->str);
  g_assert_cmpint(reply.result, ==, CURLE_OK);
  g_assert_cmpint((gint)reply.status, ==, 200);
  json_t *answer = json_loadb(reply.body->str, reply.body->len, JSON_DECODE_ANY, NULL);
  if (answer == NULL)
    g_error("%s: not JSON: %s", function, reply.body->str);
  return answer;
}

void
site_refuses(const Site *site, const char *function, const char *parameters,
             const char *errorcode) {
  json_auto_t *answer = site_call(site, function, parameters);
  g_test_message("%s %s", function, parameters);
  g_assert_cmpstr(json_string_value(json_object_get(answer, "errorcode")), ==, errorcode);
  g_assert_nonnull(json_object_get(answer, "exception"));
}

json_t *
site_does(const Site *site, const char *function, const char *parameters) {
  json_t *answer = site_call(site, function, parameters);
  const char *message = json_string_value(json_object_get(answer, "message"));
  if (json_object_get(answer, "exception") != NULL)
    g_error("%s %s: %s", function, parameters, message);
  return answer;
}

/* ── looking behind its back ── */

static Db *
open_file(const Site *site) {
  g_autoptr(GError) error = NULL;
  Db *db = db_open(site->path, 0, &error);
  g_assert_no_error(error);
  return db;
}

void
site_exec(const Site *site, const char *sql) {
  g_autoptr(GError) error = NULL;
  g_autoptr(Db) db = open_file(site);
  db_exec(db, sql, &error);
  g_assert_no_error(error);
}

char *
site_look_text(const Site *site, const char *sql) {
  g_autoptr(Db) db = open_file(site);
  sqlite3_stmt *statement = NULL;
  if (sqlite3_prepare_v2(db_handle(db), sql, -1, &statement, NULL) != SQLITE_OK)
    g_error("%s: %s", sql, sqlite3_errmsg(db_handle(db)));
  const char *text = NULL;
  if (sqlite3_step(statement) == SQLITE_ROW)
    text = (const char *)sqlite3_column_text(statement, 0);
  char *copy = g_strdup(text != NULL ? text : "");
  sqlite3_finalize(statement);
  return copy;
}

gint64
site_look(const Site *site, const char *sql) {
  g_autofree char *text = site_look_text(site, sql);
  return g_ascii_strtoll(text, NULL, 10);
}

void
site_do(const Site *site, const char *function, const char *parameters) {
  json_auto_t *answer = site_does(site, function, parameters);
  g_assert_nonnull(answer);
}

char *
site_dump(const Site *site, const char *function, const char *parameters) {
  json_auto_t *answer = site_does(site, function, parameters);
  return json_dumps(answer, JSON_ENCODE_ANY | JSON_COMPACT);
}
