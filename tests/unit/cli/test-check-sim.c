/* `check` with backend=webservice against the Moodle simulator: over TLS, with what may be missing
 * on a site, and in step with backend=embedded.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <sqlite3.h>
#include "base/text.h"
#include "canned.h"
#include "moodle_app.h"
#include "program.h"

#define TOKEN "streng-geheim-0815"
#define SERVICE_USER 77

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

typedef struct {
  Place place;
  Canned zms;
  Clock *clock;
  MoodleApp *app;
  Server *server;
} Site;

/* The lines below; `moodle` are those of [moodle]. */
static void
configure(const Site *site, const char *moodle, const char *groups) {
  autochar text = g_strdup_printf(
      "[zms]\nbaseurl=http://127.0.0.1:%u/rest\nattempts=1\n[store]\npath=lehrgaenge.db\n"
      "[moodle]\n%s"
      "[tenant FD]\nname=Landkreis Fulda\napikey=" PROGRAM_APIKEY "\n%s",
      site->zms.port, moodle, groups);
  g_assert_true(g_file_set_contents_full(site->place.config, text, -1,
                                         G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
}

static void
exec(const Site *site, const char *sql) {
  autochar path = g_build_filename(site->place.folder, "moodle.db", NULL);
  sqlite3 *db = NULL;
  g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
  g_assert_cmpint(sqlite3_exec(db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close(db);
}

/* An embedded Moodle with the tenant's company, two master courses and somebody to be the service.
 */
static void
set_up(Site *site, gconstpointer data) {
  program_set_up(&site->place, data);
  canned_start(&site->zms, zms_answer, NULL);
  site->clock = clock_system();
  configure(site, "path=moodle.db\n", "");
  g_auto(Said) made =
      program_call(site->place.folder, "-c my.conf moodle init --master F-I --master AGT");
  g_assert_cmpint(made.code, ==, 0);
  autochar sql = g_strdup_printf(
      "INSERT INTO mdl_user (id, confirmed, username, firstname, lastname, email) VALUES"
      " (%d, 1, 'wsuser', 'Web', 'Service', 'ws@example.invalid')",
      SERVICE_USER);
  exec(site, sql);
}

static void
tear_down(Site *site, gconstpointer data) {
  server_free(site->server);
  moodle_app_free(site->app);
  clock_free(site->clock);
  canned_stop(&site->zms);
  program_tear_down(&site->place, data);
}

/* Certificate and key of 127.0.0.1, which vouch for themselves. */
static void
write_pair(const Site *site, char **certificate_path, char **key_path) {
  *certificate_path = g_build_filename(site->place.folder, "site.pem", NULL);
  *key_path = g_build_filename(site->place.folder, "site.key", NULL);
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -86400);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             (const unsigned char *)"127.0.0.1", -1, -1, 0);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  X509_set_pubkey(certificate, key);
  X509_EXTENSION *name = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
  X509_add_ext(certificate, name, -1);
  g_assert_cmpint(X509_sign(certificate, key, EVP_sha256()), >, 0);
  FILE *file = fopen(*certificate_path, "w");
  g_assert_cmpint(PEM_write_X509(file, certificate), ==, 1);
  fclose(file);
  file = fopen(*key_path, "w");
  g_assert_cmpint(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), ==, 1);
  fclose(file);
  X509_EXTENSION_free(name);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

/* Serves the file, over TLS when there is a pair. */
static void
serve(Site *site, MoodleAppOptions options, const char *certificate, const char *key) {
  g_autoptr(GError) error = NULL;
  autochar path = g_build_filename(site->place.folder, "moodle.db", NULL);
  options.token = TOKEN;
  if (options.service_user == 0)
    options.service_user = SERVICE_USER;
  site->app = moodle_app_new(path, &options, site->clock, &error);
  g_assert_no_error(error);
  ServerOptions server = { .address = "127.0.0.1", .certificate = certificate, .key = key };
  site->server = server_new(&server, moodle_app_interface(site->app), site->clock, &error);
  g_assert_no_error(error);
}

/* ── what check says ── */

/* `more`: further lines of [moodle]; `groups`: of tenants. */
static json_t *
check(Site *site, const char *more, const char *groups, int code) {
  autochar moodle =
      g_strdup_printf("backend=webservice\nurl=%s\nattempts=1\n%s", server_url(site->server), more);
  configure(site, moodle, groups);
  g_auto(Said) said = program_call(site->place.folder, "-c my.conf check --json");
  g_test_message("%s", said.out);
  g_assert_null(strstr(said.out, TOKEN));
  g_assert_cmpint(said.code, ==, code);
  json_t *document = json_loads(said.out, 0, NULL);
  g_assert_nonnull(document);
  return document;
}

/* Findings about Moodle of that level whose message holds `message`. */
static guint
count(const json_t *document, const char *level, const char *message) {
  guint found = 0;
  size_t i;
  json_t *each;
  json_array_foreach(json_object_get(document, "findings"), i, each) found +=
      g_str_equal(json_string_value(json_object_get(each, "area")), "moodle") &&
      g_str_equal(json_string_value(json_object_get(each, "level")), level) &&
      strstr(json_string_value(json_object_get(each, "message")), message) != NULL;
  return found;
}

#define WELL                                                                                       \
  (MoodleAppOptions) {                                                                             \
    .plugin = true, .batch = true                                                                  \
  }
#define TOKEN_LINE "token=" TOKEN "\n"

/* ── tests ── */

static void
test_well(Site *site, gconstpointer data) {
  (void)data;
  autochar certificate = NULL;
  autochar key = NULL;
  write_pair(site, &certificate, &key);
  serve(site, WELL, certificate, key);
  json_auto_t *document = check(site, "ca-file=site.pem\n" TOKEN_LINE, "", 0);
  g_assert_cmpuint(count(document, "warning", ""), ==, 1);
  g_assert_cmpuint(count(document, "warning", "no master course “F-II”"), ==, 1);
  g_assert_cmpuint(count(document, "error", ""), ==, 0);
  /* All of it in a few requests, however many courses are looked at. */
  g_assert_cmpuint(moodle_app_requests(site->app, NULL), <=, 12);

  /* An authority the system does not know. */
  json_auto_t *stranger = check(site, TOKEN_LINE, "", 1);
  g_assert_cmpuint(count(stranger, "error", "Moodle's certificate is not trusted"), ==, 1);
}

static void
test_wrong_token(Site *site, gconstpointer data) {
  (void)data;
  serve(site, WELL, NULL, NULL);
  json_auto_t *document = check(site, "token=another-token-4711\n", "", 1);
  g_assert_cmpuint(count(document, "error", ""), ==, 1);
  g_assert_cmpuint(count(document, "error", "invalidtoken"), ==, 1);
}

static void
test_bare(Site *site, gconstpointer data) {
  (void)data;
  static const char *const without[] = { "core_user_update_users", "enrol_manual_enrol_users",
                                         NULL };
  serve(site, (MoodleAppOptions){ .without = without }, NULL, NULL);
  json_auto_t *document = check(site, TOKEN_LINE, "", 1);
  g_assert_cmpuint(count(document, "error", ""), ==, 2);
  g_assert_cmpuint(count(document, "error", "the function core_user_update_users is not"), ==, 1);
  g_assert_cmpuint(count(document, "error", "the function enrol_manual_enrol_users is not"), ==, 1);
  g_assert_cmpuint(count(document, "warning", "companion plugin is not there"), ==, 1);
  g_assert_cmpuint(count(document, "warning", "tool_mobile_call_external_functions"), ==, 1);
}

static void
test_few_rights(Site *site, gconstpointer data) {
  (void)data;
  static const char *const forbid[] = { "core_group_get_course_groups",
                                        "core_enrol_get_enrolled_users", NULL };
  MoodleAppOptions options = WELL;
  options.forbid = forbid;
  options.hide_email = true;
  serve(site, options, NULL, NULL);
  json_auto_t *document = check(site, TOKEN_LINE, "", 1);
  g_assert_cmpuint(count(document, "error", ""), ==, 2);
  g_assert_cmpuint(count(document, "error", "the people cannot be read in 2 of 2 courses"), ==, 1);
  g_assert_cmpuint(count(document, "error", "the groups cannot be read in 2 of 2 courses"), ==, 1);
  g_assert_cmpuint(count(document, "warning", "e-mail addresses of 1 of 1 accounts"), ==, 1);
}

static void
test_administrator(Site *site, gconstpointer data) {
  (void)data;
  MoodleAppOptions options = WELL;
  options.service_user = 2;
  serve(site, options, NULL, NULL);
  json_auto_t *document = check(site, TOKEN_LINE, "", 0);
  g_assert_cmpuint(count(document, "warning", "the token belongs to the site administrator"), ==,
                   1);
}

static void
test_company_missing(Site *site, gconstpointer data) {
  (void)data;
  serve(site, WELL, NULL, NULL);
  json_auto_t *document =
      check(site, TOKEN_LINE, "[tenant KS]\nname=Stadt Kassel\napikey=" PROGRAM_APIKEY "\n", 1);
  g_assert_cmpuint(count(document, "error", ""), ==, 1);
  g_assert_cmpuint(count(document, "error", "no company of name “Stadt Kassel” and code “KS”"), ==,
                   1);
}

/* A category that was renamed is not found; one that is configured does not need to be. */
static void
test_category(Site *site, gconstpointer data) {
  (void)data;
  exec(site, "UPDATE mdl_course_categories SET name = 'Fulda, LK' WHERE name = 'Landkreis Fulda'");
  serve(site, WELL, NULL, NULL);
  json_auto_t *renamed = check(site, TOKEN_LINE, "", 1);
  g_assert_cmpuint(count(renamed, "error", "no top-level course category “Landkreis Fulda”"), ==,
                   1);
  g_auto(Said) table = program_call(site->place.folder, "-c my.conf check");
  assert_has(table.out, "\nFD      Landkreis Fulda  none         no category ");
  json_auto_t *given = check(site, TOKEN_LINE, "category=3\n", 0);
  g_assert_cmpuint(count(given, "error", ""), ==, 0);
  const json_t *fulda = json_array_get(json_object_get(given, "tenants"), 0);
  g_assert_cmpint(json_integer_value(json_object_get(fulda, "category")), ==, 3);
}

/* ── notifications, which are looked at only when they are wanted ── */

#define NOTIFY "local_lehrgaenge_notify_users"
#define WANTED "[notify]\nmoodle-message=yes\n"
#define CANNOT "who starts an import cannot be told in Moodle"

static bool
notes(const json_t *document, const char *text) {
  const json_t *moodle = json_object_get(json_object_get(document, "areas"), "moodle");
  size_t i;
  json_t *note;
  json_array_foreach(json_object_get(moodle, "notes"), i, note) {
    if (g_str_equal(json_string_value(note), text))
      return true;
  }
  return false;
}

static void
test_notifications(Site *site, gconstpointer data) {
  (void)data;
  serve(site, WELL, NULL, NULL);
  exec(site, "CREATE TABLE mdl_sent (n INTEGER CHECK (n = 0))");
  json_auto_t *unasked = check(site, TOKEN_LINE, "", 0);
  g_assert_false(notes(unasked, "notifications can be sent"));
  g_assert_cmpuint(moodle_app_requests(site->app, NOTIFY), ==, 0);
  json_auto_t *document = check(site, TOKEN_LINE, WANTED, 0);
  g_assert_true(notes(document, "notifications can be sent"));
  g_assert_cmpuint(count(document, "warning", CANNOT), ==, 0);
  g_assert_cmpuint(moodle_app_requests(site->app, NOTIFY), ==, 1);
  exec(site, "INSERT INTO mdl_sent SELECT count(*) FROM mdl_notifications");
  configure(site, "path=moodle.db\n", WANTED);
  g_auto(Said) embedded = program_call(site->place.folder, "-c my.conf check");
  assert_has(embedded.out, "notifications can be sent");
  exec(site, "INSERT INTO mdl_sent SELECT count(*) FROM mdl_notifications");
}

static const char *const notify_only[] = { NOTIFY, NULL };

static void
test_notifications_older_plugin(Site *site, gconstpointer data) {
  (void)data;
  MoodleAppOptions options = WELL;
  options.without = notify_only;
  serve(site, options, NULL, NULL);
  json_auto_t *unasked = check(site, TOKEN_LINE, "", 0);
  g_assert_cmpuint(count(unasked, "warning", NOTIFY), ==, 0);
  json_auto_t *document = check(site, TOKEN_LINE, WANTED, 0);
  g_assert_cmpuint(count(document, "warning", CANNOT ": notifications need the companion plugin's"),
                   ==, 1);
  g_assert_cmpuint(count(document, "error", ""), ==, 0);
}

static void
test_notifications_forbidden(Site *site, gconstpointer data) {
  (void)data;
  MoodleAppOptions options = WELL;
  options.forbid = notify_only;
  serve(site, options, NULL, NULL);
  json_auto_t *document = check(site, TOKEN_LINE, WANTED, 0);
  g_assert_cmpuint(count(document, "warning", CANNOT), ==, 1);
  g_assert_cmpuint(count(document, "warning", "local/lehrgaenge:notify"), ==, 1);
  g_assert_false(notes(document, "notifications can be sent"));
}

static void
test_like_embedded(Site *site, gconstpointer data) {
  (void)data;
  serve(site, WELL, NULL, NULL);
  json_auto_t *site_says = check(site, TOKEN_LINE, "", 0);
  configure(site, "path=moodle.db\n", "");
  g_auto(Said) said = program_call(site->place.folder, "-c my.conf check --json");
  json_auto_t *embedded_says = json_loads(said.out, 0, NULL);
  const json_t *tenants = json_object_get(embedded_says, "tenants");
  g_assert_cmpuint(json_array_size(tenants), ==, 1);
  g_assert_cmpint(json_integer_value(json_object_get(json_array_get(tenants, 0), "skipped")), ==,
                  1);
  g_assert_true(json_equal(json_object_get(site_says, "tenants"), tenants));
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define add(name, function) g_test_add("/check-sim/" name, Site, NULL, set_up, function, tear_down)
  add("well", test_well);
  add("wrong-token", test_wrong_token);
  add("bare", test_bare);
  add("few-rights", test_few_rights);
  add("administrator", test_administrator);
  add("company-missing", test_company_missing);
  add("category", test_category);
  add("notifications", test_notifications);
  add("notifications/older-plugin", test_notifications_older_plugin);
  add("notifications/forbidden", test_notifications_forbidden);
  add("like-embedded", test_like_embedded);
  return g_test_run();
}
