/* `check` against a ZMS of a few lines: what it finds, what it says to do, and its exit code.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include "base/text.h"
#include "canned.h"
#include "program.h"

/* ── ZMS ── */

/* The answer hangs on the tenant's token. */
static char *
answer(const char *request, gpointer data) {
  (void)data;
  const char *status = "200 OK";
  const char *body = "[{\"id\":\"1\",\"kurzbezeichnung\":\"F-I\",\"endTag\":\"2026-06-01\"},"
                     "{\"id\":2,\"kurzbezeichnung\":\"F-I\",\"endTag\":\"2026-07-01\"}]";
  if (strstr(request, "X-MoodleAuthToken: wrong-key") != NULL) {
    status = "401 Unauthorized";
    body = "{\"id\":\"x\",\"title\":\"Unauthorized\",\"status\":401,\"detail\":\"no such token\"}";
  } else if (strstr(request, "X-MoodleAuthToken: malformed-key") != NULL) {
    body = "[{\"id\":\"1\",\"kurzbezeichnung\":\"F-I\",\"endTag\":\"2026-06-01\"},"
           "{\"kurzbezeichnung\":\"F-I\"}]";
  } else if (strstr(request, "X-MoodleAuthToken: odd-key") != NULL) {
    body = "[{\"id\":\"7\",\"kurzbezeichnung\":\"AGT\",\"endTag\":\"2026-06-01\"},"
           "{\"id\":\"3\",\"endTag\":\"2026-06-01\"},{\"id\":\"4\",\"kurzbezeichnung\":\"F-I\"},"
           "{\"id\":\"5\",\"kurzbezeichnung\":\"F-Atr\",\"endTag\":\"2026-06-01\"},"
           "{\"id\":\"6\",\"kurzbezeichnung\":\"F-ATR\",\"endTag\":\"2026-06-01\"}]";
  }
  g_autoptr(GString) many = g_string_new("[");
  if (strstr(request, "X-MoodleAuthToken: many-key") != NULL) {
    for (guint i = 0; i < 33; i++)
      g_string_append_printf(many,
                             "%s{\"id\":%u,\"kurzbezeichnung\":\"N%u\",\"endTag\":\"2026-06-01\"}",
                             i > 0 ? "," : "", i + 1, i);
    body = g_string_append_c(many, ']')->str;
  }
  return canned_answer(status, "Content-Type: application/json\r\n", body);
}

typedef Canned Zms;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Zms, canned_stop)

static void
zms_start(Zms *zms) {
  canned_start(zms, answer, NULL);
}

/* ── the other parts ── */

/* Replaces the place's configuration; `tenants` are its tenants' groups, `more` more lines of
 * [zms]. */
static void
configure(const Place *place, const Zms *zms, const char *more, const char *tenants) {
  autochar text = g_strdup_printf("[zms]\nbaseurl=http://127.0.0.1:%u/rest\nattempts=1\n%s"
                                  "[moodle]\npath=moodle.db\n[store]\npath=lehrgaenge.db\n%s",
                                  zms->port, more, tenants);
  g_assert_true(g_file_set_contents_full(place->config, text, -1, G_FILE_SET_CONTENTS_CONSISTENT,
                                         0600, NULL));
}

#define FULDA "[tenant FD]\nname=Landkreis Fulda\napikey=" PROGRAM_APIKEY "\n"
#define HERSFELD "[tenant HEF]\nname=Landkreis Hersfeld-Rotenburg\napikey="
#define UNCONFIGURED "[tenant RÜD]\nname=Rheingau-Taunus-Kreis\n"

static void
init_moodle(const Place *place) {
  g_auto(Said) said = program_call(place->folder, "-c my.conf moodle init --master F-I");
  g_assert_cmpstr(said.err, ==, "");
  g_assert_cmpint(said.code, ==, 0);
}

static json_t *
check_json(const Place *place, int code) {
  g_auto(Said) said = program_call(place->folder, "-c my.conf check --json");
  g_assert_cmpint(said.code, ==, code);
  json_t *document = json_loads(said.out, 0, NULL);
  g_assert_nonnull(document);
  return document;
}

/* The first finding of that level and area, or NULL. */
static const json_t *
finding(const json_t *document, const char *level, const char *area) {
  const json_t *findings = json_object_get(document, "findings");
  for (size_t i = 0; i < json_array_size(findings); i++) {
    const json_t *each = json_array_get(findings, i);
    if (g_str_equal(json_string_value(json_object_get(each, "level")), level) &&
        g_str_equal(json_string_value(json_object_get(each, "area")), area))
      return each;
  }
  return NULL;
}

/* A certificate of its own for `days` days, with its key. */
static void
write_pair(const Place *place, long days) {
  autochar certificate_path = g_build_filename(place->folder, "c.pem", NULL);
  autochar key_path = g_build_filename(place->folder, "k.pem", NULL);
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *certificate = X509_new();
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -86400);
  X509_gmtime_adj(X509_getm_notAfter(certificate), days * 86400 + 3600);
  X509_set_pubkey(certificate, key);
  g_assert_cmpint(X509_sign(certificate, key, EVP_sha256()), >, 0);
  FILE *file = fopen(certificate_path, "w");
  g_assert_cmpint(PEM_write_X509(file, certificate), ==, 1);
  fclose(file);
  file = fopen(key_path, "w");
  g_assert_cmpint(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), ==, 1);
  fclose(file);
  g_assert_cmpint(chmod(key_path, 0600), ==, 0);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

/* ── tests ── */

static void
test_well(Place *place, gconstpointer data) {
  (void)data;
  g_auto(Zms) zms = { 0 };
  zms_start(&zms);
  configure(place, &zms, "", FULDA UNCONFIGURED);
  init_moodle(place);
  g_auto(Said) said = program_call(place->folder, "-c my.conf check");
  g_assert_cmpstr(said.err, ==, "");
  g_assert_cmpint(said.code, ==, 0);
  assert_has(said.out, "2 tenants, 1 without apikey\n");
  assert_has(said.out, "1 of 1 tenants answer, 2 Lehrgänge\n");
  assert_has(said.out,
             "\nFD      Landkreis Fulda        none         yes              2        0  ok\n");
  assert_has(said.out, "\nRÜD     Rheingau-Taunus-Kreis  none         yes              –        –"
                       "  not configured\n");
  assert_has(said.out, "\nA run would work: 0 errors, 1 warning.\n");
  g_assert_cmpint(g_atomic_int_get(&zms.requests), ==, 1);
  json_auto_t *document = check_json(place, 0);
  g_assert_true(json_is_true(json_object_get(document, "ok")));
}

static void
test_wrong_key(Place *place, gconstpointer data) {
  (void)data;
  g_auto(Zms) zms = { 0 };
  zms_start(&zms);
  configure(place, &zms, "", FULDA HERSFELD "wrong-key\n");
  init_moodle(place);
  json_auto_t *document = check_json(place, 1);
  const json_t *wrong = finding(document, "error", "zms");
  g_assert_cmpstr(json_string_value(json_object_get(wrong, "tenant")), ==, "HEF");
  assert_has(json_string_value(json_object_get(wrong, "message")), "no such token");
  g_assert_true(json_is_false(json_object_get(document, "ok")));
  const json_t *fulda = json_array_get(json_object_get(document, "tenants"), 0);
  g_assert_true(json_is_true(json_object_get(fulda, "answered")));
  g_auto(Said) said = program_call(place->folder, "-c my.conf check");
  g_assert_cmpint(said.code, ==, 1);
  assert_has(said.out, "\nerror: HEF: ");
  assert_has(said.out, "apikey.\n");
}

static void
test_same_failure_of_many(Place *place, gconstpointer data) {
  (void)data;
  g_auto(Zms) zms = { 0 };
  zms_start(&zms);
  g_autoptr(GString) tenants = g_string_new(NULL);
  for (guint i = 0; i < 10; i++)
    g_string_append_printf(tenants, "[tenant T%u]\nname=Tenant %u\napikey=wrong-key\n", i, i);
  configure(place, &zms, "", tenants->str);
  init_moodle(place);
  g_auto(Said) said = program_call(place->folder, "-c my.conf check");
  g_assert_cmpint(said.code, ==, 1);
  assert_has(said.out, "error: T0, T1, T2, T3, T4, T5, T6, T7 and 2 more: GET ");
  const char *first = strstr(said.out, "\nerror: ");
  g_assert_null(strstr(first + 1, "\nerror: "));
}

static void
test_malformed(Place *place, gconstpointer data) {
  (void)data;
  g_auto(Zms) zms = { 0 };
  zms_start(&zms);
  configure(place, &zms, "", HERSFELD "malformed-key\n");
  init_moodle(place);
  json_auto_t *document = check_json(place, 0);
  const json_t *malformed = finding(document, "warning", "zms");
  g_assert_cmpstr(json_string_value(json_object_get(malformed, "tenant")), ==, "HEF");
  assert_has(json_string_value(json_object_get(malformed, "message")), "1 of its Lehrgänge");
  assert_has(json_string_value(json_object_get(malformed, "message")), "[1]");
}

static void
test_moodle_without(Place *place, gconstpointer data) {
  (void)data;
  g_auto(Zms) zms = { 0 };
  zms_start(&zms);
  configure(place, &zms, "", FULDA);
  json_auto_t *none = check_json(place, 1);
  assert_has(json_string_value(json_object_get(finding(none, "error", "moodle"), "message")),
             "moodle init");
  init_moodle(place);
  configure(place, &zms, "", FULDA HERSFELD "right-key\n" UNCONFIGURED);
  json_auto_t *missing = check_json(place, 1);
  const json_t *company = finding(missing, "error", "moodle");
  g_assert_cmpstr(json_string_value(json_object_get(company, "tenant")), ==, "HEF");
  assert_has(json_string_value(json_object_get(company, "message")),
             "no company of name “Landkreis Hersfeld-Rotenburg” and code “HEF”");
  const json_t *tenants = json_object_get(missing, "tenants");
  g_assert_true(json_is_true(json_object_get(json_array_get(tenants, 0), "company")));
  g_assert_true(json_is_false(json_object_get(json_array_get(tenants, 1), "company")));
  g_assert_true(json_is_false(json_object_get(json_array_get(tenants, 2), "company")));
  const json_t *findings = json_object_get(missing, "findings");
  for (size_t i = 0; i < json_array_size(findings); i++)
    g_assert_cmpstr(json_string_value(json_object_get(json_array_get(findings, i), "tenant")), !=,
                    "RÜD");
}

static void
test_no_central_company(Place *place, gconstpointer data) {
  (void)data;
  g_auto(Zms) zms = { 0 };
  zms_start(&zms);
  configure(place, &zms, "", FULDA);
  init_moodle(place);
  configure(place, &zms, "", FULDA "[central]\nname=Andere Schule\ncode=ANDERE\n");
  json_auto_t *document = check_json(place, 0);
  assert_has(json_string_value(json_object_get(finding(document, "warning", "moodle"), "message")),
             "Andere Schule");
}

static void
test_nobody_configured(Place *place, gconstpointer data) {
  (void)data;
  g_auto(Zms) zms = { 0 };
  zms_start(&zms);
  configure(place, &zms, "", UNCONFIGURED);
  init_moodle(place);
  g_auto(Said) said = program_call(place->folder, "-c my.conf check");
  g_assert_cmpint(said.code, ==, 2);
  assert_has(said.out, "error: no tenant has an apikey");
  g_assert_cmpint(g_atomic_int_get(&zms.requests), ==, 0);
}

static void
test_store_that_cannot_be_made(Place *place, gconstpointer data) {
  (void)data;
  g_auto(Zms) zms = { 0 };
  zms_start(&zms);
  configure(place, &zms, "", FULDA);
  autochar text = NULL;
  g_assert_true(g_file_get_contents(place->config, &text, NULL, NULL));
  g_auto(GStrv) parts = g_strsplit(text, "path=lehrgaenge.db", 2);
  autochar moved = g_strjoinv("path=gone/lehrgaenge.db", parts);
  g_assert_true(g_file_set_contents_full(place->config, moved, -1, G_FILE_SET_CONTENTS_CONSISTENT,
                                         0600, NULL));
  init_moodle(place);
  json_auto_t *document = check_json(place, 1);
  assert_has(json_string_value(json_object_get(finding(document, "error", "store"), "message")),
             "/gone");
}

static void
test_certificate_that_ends_soon(Place *place, gconstpointer data) {
  (void)data;
  g_auto(Zms) zms = { 0 };
  zms_start(&zms);
  configure(place, &zms, "certificationpath=.\ncertificate=c.pem\nkey=k.pem\n", FULDA);
  write_pair(place, 29);
  init_moodle(place);
  static const struct {
    long days;
    bool warned;
  } cases[] = { { 29, true }, { 30, false } };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    write_pair(place, cases[i].days);
    json_auto_t *document = check_json(place, 1);
    const json_t *warning = finding(document, "warning", "certificates");
    g_assert_true((warning != NULL) == cases[i].warned);
    g_auto(Said) tenants = program_call(place->folder, "-c my.conf tenants");
    autochar column = g_strdup_printf("general, %ld days", cases[i].days);
    assert_has(tenants.out, column);
  }
}

static void
test_certificate_that_expired(Place *place, gconstpointer data) {
  (void)data;
  g_auto(Zms) zms = { 0 };
  zms_start(&zms);
  configure(place, &zms, "certificationpath=.\ncertificate=c.pem\nkey=k.pem\n", FULDA);
  write_pair(place, -1);
  json_auto_t *document = check_json(place, 2);
  assert_has(
      json_string_value(json_object_get(finding(document, "error", "certificates"), "message")),
      "c.pem");
  g_assert_nonnull(finding(document, "warning", "zms"));
  g_assert_cmpint(g_atomic_int_get(&zms.requests), ==, 0);
  g_auto(Said) tenants = program_call(place->folder, "-c my.conf tenants");
  assert_has(tenants.out, "general, expired");
}

/* What ZMS lists is looked up as a run would; what would be skipped is said once per course name,
 * whoever lists it. */
static void
test_skipped(Place *place, gconstpointer data) {
  (void)data;
  g_auto(Zms) zms = { 0 };
  zms_start(&zms);
  configure(place, &zms, "", FULDA HERSFELD "odd-key\n[tenant KS]\nname=Kassel\napikey=odd-key\n");
  init_moodle(place);
  g_auto(Said) said = program_call(place->folder, "-c my.conf check");
  g_assert_cmpint(said.code, ==, 0);
  assert_has(said.out, "\nFD      Landkreis Fulda               none         yes              2"
                       "        0  ok\n");
  assert_has(said.out, "\nHEF     Landkreis Hersfeld-Rotenburg  none         yes              5"
                       "        5  ok\n");
  assert_has(said.out,
             "\nwarning: HEF, KS: Moodle has no master course “F-ATR”, nor one of the year "
             "before: 4 Lehrgänge would be skipped. Make it with that short name");
  assert_has(said.out, "\nwarning: HEF, KS: Moodle has no master course “AGT”, nor one of the year "
                       "before: 2 Lehrgänge would be skipped. Make it");
  /* What stops most comes first. */
  g_assert_true(strstr(said.out, "“F-ATR”") < strstr(said.out, "“AGT”"));
  assert_has(said.out, "\nwarning: HEF, KS: 2 Lehrgänge without an endTag that is a date");
  assert_has(said.out, "\nwarning: HEF, KS: 2 Lehrgänge without a kurzbezeichnung");
  assert_has(said.out, "0 errors, 5 warnings");

  json_auto_t *document = check_json(place, 0);
  const json_t *wanting = finding(document, "warning", "moodle");
  g_assert_cmpstr(json_string_value(json_object_get(wanting, "course")), ==, "F-ATR");
  g_assert_true(json_is_null(json_object_get(wanting, "tenant")));
  json_auto_t *both = json_pack("[s,s]", "HEF", "KS");
  g_assert_true(json_equal(json_object_get(wanting, "tenants"), both));
  const json_t *tenants = json_object_get(document, "tenants");
  json_auto_t *reasons =
      json_pack("{s:i,s:i,s:i}", "no_template", 3, "bad_end_tag", 1, "no_kurzbezeichnung", 1);
  g_assert_true(json_equal(json_object_get(json_array_get(tenants, 1), "skip_reasons"), reasons));
  g_assert_cmpint(json_integer_value(json_object_get(json_array_get(tenants, 1), "skipped")), ==,
                  5);
  g_assert_cmpint(json_integer_value(json_object_get(json_array_get(tenants, 0), "skipped")), ==,
                  0);
}

static void
test_many_names_without_course(Place *place, gconstpointer data) {
  (void)data;
  g_auto(Zms) zms = { 0 };
  zms_start(&zms);
  configure(place, &zms, "", HERSFELD "many-key\n");
  init_moodle(place);
  g_auto(Said) said = program_call(place->folder, "-c my.conf check");
  g_assert_cmpint(said.code, ==, 0);
  assert_has(said.out, "3 more course names have no master course in Moodle");
  /* 30 of them, the rest, and http. */
  assert_has(said.out, "0 errors, 32 warnings");
}

/* The keys of an object, in the order they are written. */
static char *
keys(const json_t *object) {
  g_autoptr(GString) text = g_string_new(NULL);
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)object, key, value)
      g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", key);
  return g_string_free(g_steal_pointer(&text), FALSE);
}

#define assert_keys(object, expected)                                                              \
  do {                                                                                             \
    autochar found = keys(object);                                                                 \
    g_assert_cmpstr(found, ==, expected);                                                          \
  } while (0)

/* Scripts rely on these: keys may be added, none may go or be called otherwise. */
static void
test_json_shape(Place *place, gconstpointer data) {
  (void)data;
  g_auto(Zms) zms = { 0 };
  zms_start(&zms);
  configure(place, &zms, "", FULDA HERSFELD "wrong-key\n");
  init_moodle(place);
  json_auto_t *document = check_json(place, 1);
  assert_keys(document, "ok areas tenants findings");
  const json_t *areas = json_object_get(document, "areas");
  assert_keys(areas, "configuration certificates store moodle zms notify");
  assert_keys(json_object_get(areas, "store"), "level text");
  assert_keys(json_object_get(areas, "moodle"), "level text notes");
  const json_t *tenants = json_object_get(document, "tenants");
  for (size_t i = 0; i < 2; i++)
    assert_keys(json_array_get(tenants, i), "abbr name configured certificate company category "
                                            "answered lehrgaenge malformed skipped skip_reasons "
                                            "error");
  /* What was not found out is null. */
  g_assert_true(json_is_null(json_object_get(json_array_get(tenants, 1), "skipped")));
  g_assert_true(json_is_null(json_object_get(json_array_get(tenants, 1), "skip_reasons")));
  const json_t *wrong = finding(document, "error", "zms");
  assert_keys(wrong, "level area tenant tenants course message remedy");
  json_auto_t *expected = json_pack("[s]", "HEF");
  g_assert_true(json_equal(json_object_get(wrong, "tenants"), expected));
  g_assert_true(json_is_null(json_object_get(wrong, "course")));
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define add(name, function)                                                                        \
  g_test_add("/check/" name, Place, NULL, program_set_up, function, program_tear_down)
  add("well", test_well);
  add("wrong-key", test_wrong_key);
  add("same-failure-of-many", test_same_failure_of_many);
  add("malformed", test_malformed);
  add("skipped", test_skipped);
  add("many-names-without-course", test_many_names_without_course);
  add("json-shape", test_json_shape);
  add("moodle-without", test_moodle_without);
  add("no-central-company", test_no_central_company);
  add("nobody-configured", test_nobody_configured);
  add("store-that-cannot-be-made", test_store_that_cannot_be_made);
  add("certificate-that-ends-soon", test_certificate_that_ends_soon);
  add("certificate-that-expired", test_certificate_that_expired);
  return g_test_run();
}
