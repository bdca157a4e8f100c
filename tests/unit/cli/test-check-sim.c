/* `check` with backend=webservice against the Moodle simulator: over TLS, with what may be missing
 * on a site, and in step with backend=embedded.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "check-site.h"

/* Certificate and key of 127.0.0.1, which vouch for themselves. */
static void
write_pair(const CheckSite *site, char **certificate_path, char **key_path) {
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

/* ── tests ── */

static void
test_well(CheckSite *site, gconstpointer data) {
  (void)data;
  autochar certificate = NULL;
  autochar key = NULL;
  write_pair(site, &certificate, &key);
  check_site_serve(site, CHECK_WELL, certificate, key);
  json_auto_t *document = check_site_check(site, "ca-file=site.pem\n" CHECK_TOKEN_LINE, "", 0);
  g_assert_cmpuint(check_site_count(document, "warning", ""), ==, 1);
  g_assert_cmpuint(check_site_count(document, "warning", "no master course “F-II”"), ==, 1);
  g_assert_cmpuint(check_site_count(document, "error", ""), ==, 0);
  /* All of it in a few requests, however many courses are looked at. */
  g_assert_cmpuint(moodle_app_requests(site->app, NULL), <=, 12);

  /* An authority the system does not know. */
  json_auto_t *stranger = check_site_check(site, CHECK_TOKEN_LINE, "", 1);
  g_assert_cmpuint(check_site_count(stranger, "error", "Moodle's certificate is not trusted"), ==,
                   1);
}

static void
test_wrong_token(CheckSite *site, gconstpointer data) {
  (void)data;
  check_site_serve(site, CHECK_WELL, NULL, NULL);
  json_auto_t *document = check_site_check(site, "token=another-token-4711\n", "", 1);
  g_assert_cmpuint(check_site_count(document, "error", ""), ==, 1);
  g_assert_cmpuint(check_site_count(document, "error", "invalidtoken"), ==, 1);
}

static void
test_bare(CheckSite *site, gconstpointer data) {
  (void)data;
  static const char *const without[] = { "core_user_update_users", "enrol_manual_enrol_users",
                                         NULL };
  check_site_serve(site, (MoodleAppOptions){ .without = without }, NULL, NULL);
  json_auto_t *document = check_site_check(site, CHECK_TOKEN_LINE, "", 1);
  g_assert_cmpuint(check_site_count(document, "error", ""), ==, 2);
  g_assert_cmpuint(
      check_site_count(document, "error", "the function core_user_update_users is not"), ==, 1);
  g_assert_cmpuint(
      check_site_count(document, "error", "the function enrol_manual_enrol_users is not"), ==, 1);
  g_assert_cmpuint(check_site_count(document, "warning", "companion plugin is not there"), ==, 1);
  g_assert_cmpuint(check_site_count(document, "warning", "tool_mobile_call_external_functions"), ==,
                   1);
}

static void
test_few_rights(CheckSite *site, gconstpointer data) {
  (void)data;
  static const char *const forbid[] = { "core_group_get_course_groups",
                                        "core_enrol_get_enrolled_users", NULL };
  MoodleAppOptions options = CHECK_WELL;
  options.forbid = forbid;
  options.hide_email = true;
  check_site_serve(site, options, NULL, NULL);
  json_auto_t *document = check_site_check(site, CHECK_TOKEN_LINE, "", 1);
  g_assert_cmpuint(check_site_count(document, "error", ""), ==, 2);
  g_assert_cmpuint(
      check_site_count(document, "error", "the people cannot be read in 2 of 2 courses"), ==, 1);
  g_assert_cmpuint(
      check_site_count(document, "error", "the groups cannot be read in 2 of 2 courses"), ==, 1);
  g_assert_cmpuint(check_site_count(document, "warning", "e-mail addresses of 1 of 1 accounts"), ==,
                   1);
}

static void
test_administrator(CheckSite *site, gconstpointer data) {
  (void)data;
  MoodleAppOptions options = CHECK_WELL;
  options.service_user = 2;
  check_site_serve(site, options, NULL, NULL);
  json_auto_t *document = check_site_check(site, CHECK_TOKEN_LINE, "", 0);
  g_assert_cmpuint(
      check_site_count(document, "warning", "the token belongs to the site administrator"), ==, 1);
}

static void
test_company_missing(CheckSite *site, gconstpointer data) {
  (void)data;
  check_site_serve(site, CHECK_WELL, NULL, NULL);
  json_auto_t *document = check_site_check(
      site, CHECK_TOKEN_LINE, "[tenant KS]\nname=Stadt Kassel\napikey=" PROGRAM_APIKEY "\n", 1);
  g_assert_cmpuint(check_site_count(document, "error", ""), ==, 1);
  g_assert_cmpuint(
      check_site_count(document, "error", "no company of name “Stadt Kassel” and code “KS”"), ==,
      1);
}

/* A category that was renamed is not found; one that is configured does not need to be. */
static void
test_category(CheckSite *site, gconstpointer data) {
  (void)data;
  check_site_exec(
      site, "UPDATE mdl_course_categories SET name = 'Fulda, LK' WHERE name = 'Landkreis Fulda'");
  check_site_serve(site, CHECK_WELL, NULL, NULL);
  json_auto_t *renamed = check_site_check(site, CHECK_TOKEN_LINE, "", 1);
  g_assert_cmpuint(
      check_site_count(renamed, "error", "no top-level course category “Landkreis Fulda”"), ==, 1);
  g_auto(Said) table = program_call(site->place.folder, "-c my.conf check");
  assert_has(table.out, "\nFD      Landkreis Fulda  none         no category ");
  json_auto_t *given = check_site_check(site, CHECK_TOKEN_LINE, "category=3\n", 0);
  g_assert_cmpuint(check_site_count(given, "error", ""), ==, 0);
  const json_t *fulda = json_array_get(json_object_get(given, "tenants"), 0);
  g_assert_cmpint(json_integer_value(json_object_get(fulda, "category")), ==, 3);
}

/* ── notifications, which are looked at only when they are wanted ── */

#define NOTIFY "local_lehrgaenge_notify_users"
#define WANTED "[notify]\nmoodle-message=yes\n"
#define CANNOT "who starts an import cannot be told in Moodle"

static void
test_notifications(CheckSite *site, gconstpointer data) {
  (void)data;
  check_site_serve(site, CHECK_WELL, NULL, NULL);
  check_site_exec(site, "CREATE TABLE mdl_sent (n INTEGER CHECK (n = 0))");
  json_auto_t *unasked = check_site_check(site, CHECK_TOKEN_LINE, "", 0);
  g_assert_false(check_site_notes(unasked, "notifications can be sent"));
  g_assert_cmpuint(moodle_app_requests(site->app, NOTIFY), ==, 0);
  json_auto_t *document = check_site_check(site, CHECK_TOKEN_LINE, WANTED, 0);
  g_assert_true(check_site_notes(document, "notifications can be sent"));
  g_assert_cmpuint(check_site_count(document, "warning", CANNOT), ==, 0);
  g_assert_cmpuint(moodle_app_requests(site->app, NOTIFY), ==, 1);
  check_site_exec(site, "INSERT INTO mdl_sent SELECT count(*) FROM mdl_notifications");
  check_site_configure(site, "path=moodle.db\n", WANTED);
  g_auto(Said) embedded = program_call(site->place.folder, "-c my.conf check");
  assert_has(embedded.out, "notifications can be sent");
  check_site_exec(site, "INSERT INTO mdl_sent SELECT count(*) FROM mdl_notifications");
}

static const char *const notify_only[] = { NOTIFY, NULL };

static void
test_notifications_older_plugin(CheckSite *site, gconstpointer data) {
  (void)data;
  MoodleAppOptions options = CHECK_WELL;
  options.without = notify_only;
  check_site_serve(site, options, NULL, NULL);
  json_auto_t *unasked = check_site_check(site, CHECK_TOKEN_LINE, "", 0);
  g_assert_cmpuint(check_site_count(unasked, "warning", NOTIFY), ==, 0);
  json_auto_t *document = check_site_check(site, CHECK_TOKEN_LINE, WANTED, 0);
  g_assert_cmpuint(
      check_site_count(document, "warning", CANNOT ": notifications need the companion plugin's"),
      ==, 1);
  g_assert_cmpuint(check_site_count(document, "error", ""), ==, 0);
}

static void
test_notifications_forbidden(CheckSite *site, gconstpointer data) {
  (void)data;
  MoodleAppOptions options = CHECK_WELL;
  options.forbid = notify_only;
  check_site_serve(site, options, NULL, NULL);
  json_auto_t *document = check_site_check(site, CHECK_TOKEN_LINE, WANTED, 0);
  g_assert_cmpuint(check_site_count(document, "warning", CANNOT), ==, 1);
  g_assert_cmpuint(check_site_count(document, "warning", "local/lehrgaenge:notify"), ==, 1);
  g_assert_false(check_site_notes(document, "notifications can be sent"));
}

static void
test_like_embedded(CheckSite *site, gconstpointer data) {
  (void)data;
  check_site_serve(site, CHECK_WELL, NULL, NULL);
  json_auto_t *site_says = check_site_check(site, CHECK_TOKEN_LINE, "", 0);
  check_site_configure(site, "path=moodle.db\n", "");
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
#define add(name, function)                                                                        \
  g_test_add("/check-sim/" name, CheckSite, NULL, check_site_set_up, function, check_site_tear_down)
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
