/* `check` against a ZMS of a few lines: what it finds, what it says to do, and its exit code.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "program.h"

/* ── ZMS: one connection after the other, one answer each ── */

typedef struct {
  int socket;
  guint16 port;
  GThread *thread;
  gint requests; /* atomic */
} Zms;

/* The answer hangs on the tenant's token. */
static char *
answer(const char *request) {
  const char *status = "200 OK";
  const char *body = "[{\"id\":\"1\",\"kurzbezeichnung\":\"F-I\"},{\"id\":2}]";
  if (strstr(request, "X-MoodleAuthToken: wrong-key") != NULL) {
    status = "401 Unauthorized";
    body = "{\"id\":\"x\",\"title\":\"Unauthorized\",\"status\":401,\"detail\":\"no such token\"}";
  } else if (strstr(request, "X-MoodleAuthToken: malformed-key") != NULL) {
    body = "[{\"id\":\"1\"},{\"kurzbezeichnung\":\"F-I\"}]";
  }
  return g_strdup_printf("HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
                         "Connection: close\r\n\r\n%s",
                         status, strlen(body), body);
}

static gpointer
serve(gpointer data) {
  Zms *zms = data;
  for (int peer; (peer = accept(zms->socket, NULL, NULL)) >= 0; close(peer)) {
    char request[8192] = "";
    gsize have = 0;
    for (ssize_t got; have < sizeof request - 1 && strstr(request, "\r\n\r\n") == NULL;
         have += (gsize)got)
      if ((got = read(peer, request + have, sizeof request - 1 - have)) <= 0)
        break;
    g_atomic_int_inc(&zms->requests);
    autochar text = answer(request);
    g_assert_cmpint(send(peer, text, strlen(text), MSG_NOSIGNAL), ==, (gssize)strlen(text));
  }
  return NULL;
}

static void
zms_start(Zms *zms) {
  *zms = (Zms){ .socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t size = sizeof address;
  g_assert_cmpint(bind(zms->socket, (struct sockaddr *)&address, size), ==, 0);
  g_assert_cmpint(listen(zms->socket, 16), ==, 0);
  g_assert_cmpint(getsockname(zms->socket, (struct sockaddr *)&address, &size), ==, 0);
  zms->port = ntohs(address.sin_port);
  zms->thread = g_thread_new("zms", serve, zms);
}

static void
zms_stop(Zms *zms) {
  shutdown(zms->socket, SHUT_RDWR);
  g_thread_join(zms->thread);
  close(zms->socket);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Zms, zms_stop)

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
  g_auto(Said) said = program_call(place->folder, "-c my.conf moodle init");
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
  assert_has(said.out, "\nFD      Landkreis Fulda        none         yes              2  ok\n");
  assert_has(said.out,
             "\nRÜD     Rheingau-Taunus-Kreis  none         yes              –  not configured\n");
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

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define add(name, function)                                                                        \
  g_test_add("/check/" name, Place, NULL, program_set_up, function, program_tear_down)
  add("well", test_well);
  add("wrong-key", test_wrong_key);
  add("same-failure-of-many", test_same_failure_of_many);
  add("malformed", test_malformed);
  add("moodle-without", test_moodle_without);
  add("no-central-company", test_no_central_company);
  add("nobody-configured", test_nobody_configured);
  add("store-that-cannot-be-made", test_store_that_cannot_be_made);
  add("certificate-that-ends-soon", test_certificate_that_ends_soon);
  add("certificate-that-expired", test_certificate_that_expired);
  return g_test_run();
}
