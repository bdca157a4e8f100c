/* What comes back from Moodle, or does not, and which failure that is: over real HTTP and TLS.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gstdio.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <string.h>

#include "base/text.h"
#include "pki.h"
#include "tls-server.h"
#include "ws-fixture.h"

/* An answer, and what it must lead to. */
typedef struct {
  Answer answer;
  WsFailureKind kind;
  bool may_pass;
  const char *errorcode;
  const char *says; /* in the message */
} Case;

#define JSON(text)                                                                                 \
  { .status = 200, .body = (text) }
#define EXCEPTION(code, words)                                                                     \
  JSON("{\"exception\":\"moodle_exception\",\"errorcode\":\"" code "\",\"message\":\"" words "\""  \
       "}")

static const Case cases[] = {
  /* Moodle's exceptions */
  { EXCEPTION("invalidtoken", "Invalid token - token not found"), WS_REFUSED, false, "invalidtoken",
    "core_test: Invalid token - token not found (invalidtoken). Check the token in token-file" },
  { EXCEPTION("accessexception", "Access control exception"), WS_REFUSED, false, "accessexception",
    "holds this function" },
  { EXCEPTION("servicenotavailable", "Web service is not available."), WS_REFUSED, false,
    "servicenotavailable", "Enable the service" },
  { EXCEPTION("invalidrecord", "Can't find data record in database table external_functions."),
    WS_REFUSED, false, "invalidrecord", "install the plugin" },
  { EXCEPTION("invalidrecord", "Can't find data record in database table course."), WS_EXCEPTION,
    false, "invalidrecord", "table course. (invalidrecord)." },
  { EXCEPTION("sitepolicynotagreed", "x"), WS_REFUSED, false, "sitepolicynotagreed", "agree" },
  { EXCEPTION("forcepasswordchangenotice", "x"), WS_REFUSED, false, "forcepasswordchangenotice",
    "password change" },
  { EXCEPTION("nopasswordchangeforced", "x"), WS_REFUSED, false, "nopasswordchangeforced",
    "password change" },
  { EXCEPTION("usernotfullysetup", "x"), WS_REFUSED, false, "usernotfullysetup", "profile" },
  { EXCEPTION("wsaccessusersuspended", "Refused web service access for suspended username: s"),
    WS_REFUSED, false, "wsaccessusersuspended", "Correct the account" },
  { EXCEPTION("wsaccessuserdeleted", "x"), WS_REFUSED, false, "wsaccessuserdeleted", "account" },
  { EXCEPTION("wsaccessuserunconfirmed", "x"), WS_REFUSED, false, "wsaccessuserunconfirmed",
    "account" },
  { EXCEPTION("wsaccessusernologin", "x"), WS_REFUSED, false, "wsaccessusernologin", "account" },
  { EXCEPTION("wsaccessuserexpired", "x"), WS_REFUSED, false, "wsaccessuserexpired", "account" },
  { EXCEPTION("servicerequireslogin", "x"), WS_REFUSED, false, "servicerequireslogin", "token" },
  /* Of a participant's account; the service's own is "wsaccessuserunconfirmed". */
  { EXCEPTION("usernotconfirmed", "error\\/usernotconfirmed"), WS_EXCEPTION, false,
    "usernotconfirmed", "core_test: usernotconfirmed." },
  { EXCEPTION("invalidrecordunknown", "Can't find data record in database."), WS_EXCEPTION, false,
    "invalidrecordunknown", "in database. (invalidrecordunknown)." },
  { EXCEPTION("passwordisexpired", "x"), WS_REFUSED, false, "passwordisexpired", "account" },
  { EXCEPTION("dmlreadexception", "Error reading external_functions"), WS_EXCEPTION, false,
    "dmlreadexception", "external_functions (dmlreadexception)." },
  { EXCEPTION("requirecorrectaccess", "Invalid URL or port."), WS_REFUSED, false,
    "requirecorrectaccess", "wwwroot" },
  { EXCEPTION("sitemaintenance", "The site is undergoing maintenance"), WS_UNAVAILABLE, true,
    "sitemaintenance", "maintenance; try again" },
  { EXCEPTION("upgraderunning", "Site is being upgraded"), WS_UNAVAILABLE, true, "upgraderunning",
    "upgraded" },
  { EXCEPTION("dbconnectionfailed", "Error: Database connection failed"), WS_UNAVAILABLE, true,
    "dbconnectionfailed", "database" },
  { EXCEPTION("invalidresponse", "Invalid response value detected"), WS_UNSHOWN, false,
    "invalidresponse", "was carried out" },
  { EXCEPTION("invalidparameter", "Invalid parameter value detected"), WS_EXCEPTION, false,
    "invalidparameter", "core_test: Invalid parameter value detected (invalidparameter)." },
  { EXCEPTION("<div>Too short.<\\/div><div>No digit.<\\/div>",
              "error\\/<div>Too short.<\\/div><div>No digit.<\\/div>"),
    WS_EXCEPTION, false, "Too short. No digit.", "core_test: Too short. No digit." },
  { EXCEPTION("x", "<b>R &amp; D<\\/b> 1 < 2 &quot;q&quot;"), WS_EXCEPTION, false, "x",
    "core_test: R & D 1 < 2 \"q\" (x)." },
  { JSON("{\"exception\":\"invalid_parameter_exception\",\"errorcode\":\"invalidparameter\","
         "\"message\":\"Invalid parameter value detected\",\"debuginfo\":\"Username exists: i1\"}"),
    WS_EXCEPTION, false, "invalidparameter", "detected: Username exists: i1 (invalidparameter)." },
  { JSON("{\"exception\":\"dml_write_exception\",\"errorcode\":\"dmlwriteexception\","
         "\"message\":\"Error writing\",\"debuginfo\":\"Deadlock\\nINSERT INTO mdl_user\\n"
         "[array (\\n  'password' => 'geheim',\\n)]\"}"),
    WS_EXCEPTION, false, "dmlwriteexception",
    "Error writing: Deadlock INSERT INTO mdl_user (dmlwriteexception)." },
  { JSON("{\"exception\":\"x\",\"errorcode\":\"q\",\"message\":\"Not now: busy\","
         "\"debuginfo\":\"busy\"}"),
    WS_EXCEPTION, false, "q", "core_test: Not now: busy (q)." }, /* not twice */
  { EXCEPTION("busy", "It is busy"), WS_EXCEPTION, false, "busy", "core_test: It is busy." },
  { JSON("{\"exception\":\"Error\",\"message\":\"Call to undefined\"}"), WS_EXCEPTION, false, "",
    "core_test: Call to undefined." },
  { JSON("{\"exception\":\"x\"}"), WS_EXCEPTION, false, "", "core_test: Moodle refuses it." },

  /* answers that are not Moodle's JSON */
  { JSON("<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<EXCEPTION class=\"moodle_exception\">\n"
         "<ERRORCODE>invalidtoken</ERRORCODE>\n<MESSAGE>Invalid token - token not "
         "found</MESSAGE>\n</EXCEPTION>"),
    WS_REFUSED, false, "invalidtoken", "post_max_size" },
  { JSON("<EXCEPTION><MESSAGE>Broken</MESSAGE></EXCEPTION>"), WS_REFUSED, false, "",
    "core_test: Broken. Moodle saw nothing" },
  { JSON(""), WS_LOST, true, "", "the answer is empty" },
  { JSON("<!DOCTYPE html><html><head><title>Lernen: Fehler</title></head><body>x</body></html>"),
    WS_LOST, true, "", "a page instead of an answer: Lernen: Fehler" },
  { JSON("\xef\xbb\xbf <p>Notice</p>"), WS_LOST, true, "", "a page instead of an answer: Notice" },
  { JSON("[{\"id\":1},"), WS_LOST, true, "", "the answer is not JSON: line 1" },
  { JSON("Fatal error: out of memory"), WS_LOST, true, "", "not JSON" },

  /* the web server before Moodle */
  { { .status = 303, .header = "Location", .value = "https://moodle.example.org/" },
    WS_UNSENT,
    false,
    "",
    "303 See Other to https://moodle.example.org/. Redirects are not followed" },
  { { .status = 301, .header = "Location", .value = "https://www.example.org/x" },
    WS_UNSENT,
    false,
    "",
    "wwwroot" },
  { { .status = 302, .body = "x", .truncate = true }, WS_UNSENT, false, "", "302 Found." },
  { { .status = 303, .body = "<h1>Moved</h1>" }, WS_UNSENT, false, "", "303 See Other. Redirects" },
  { { .status = 399 }, WS_UNSENT, false, "", "399. Redirects are not followed" },
  { { .status = 401, .body = "Password" }, WS_REFUSED, false, "", "wants a password" },
  { { .status = 403 }, WS_REFUSED, false, "", "403 Forbidden. In Moodle, enable web services" },
  { { .status = 403, .body = "<html>blocked</html>" },
    WS_REFUSED,
    false,
    "",
    "does not let us in" },
  { { .status = 404, .body = "<h1>Not here</h1>" },
    WS_UNSENT,
    false,
    "",
    "404 Not Found: Not here. There is no Moodle at url." },
  { { .status = 410 }, WS_UNSENT, false, "", "410 Gone. There is no Moodle at url." },
  { { .status = 403, .body = "blocked", .truncate = true }, WS_REFUSED, false, "", "blocked" },
  { { .status = 413, .body = "x" }, WS_REFUSED, false, "", "client_max_body_size" },
  { { .status = 405, .body = "x" },
    WS_REFUSED,
    false,
    "",
    "405 Method Not Allowed: x. Set url to the address" },
  { { .status = 429 }, WS_UNAVAILABLE, true, "", "Lower connections" },
  { { .status = 503,
      .body = "<html><title>Wartung</title></html>",
      .header = "Retry-After",
      .value = "300" },
    WS_UNAVAILABLE,
    true,
    "",
    "503 Service Unavailable: Wartung. Moodle is under maintenance" },
  { { .status = 408 }, WS_LOST, true, "", "408" },
  { { .status = 500 }, WS_LOST, true, "", "500 Internal Server Error. Look into" },
  { { .status = 502, .body = "<h1>Bad</h1>" }, WS_LOST, true, "", "502 Bad Gateway: Bad." },
  { { .status = 502, .body = "<title>502 Bad Gateway</title>" },
    WS_LOST,
    true,
    "",
    "core_test: 502 Bad Gateway. Look" }, /* not twice */
  { { .status = 504 }, WS_LOST, true, "", "504" },
  { { .status = 204 }, WS_LOST, true, "", "204" },
  { { .status = 0 }, WS_LOST, true, "", "the answer is lost: the connection broke off" },
  { { .status = 200, .body = "[1,2,3]", .truncate = true },
    WS_LOST,
    true,
    "",
    "the answer is lost" },
  { { .status = 200, .body = "[\"0123456789\"]", .repeat = 100000 },
    WS_LOST,
    false,
    "",
    "the answer is larger than 1048576 bytes" },
};

static void
check_failure(const WsFailure *failure, const Case *c) {
  g_test_message("%s", failure->message);
  g_assert_cmpint(failure->kind, ==, c->kind);
  g_assert_cmpint(ws_failure_may_pass(failure), ==, c->may_pass);
  g_assert_cmpint(ws_failure_may_have_happened(failure), ==,
                  c->kind == WS_LOST || c->kind == WS_UNSHOWN);
  g_assert_cmpstr(failure->errorcode, ==, c->errorcode);
  g_assert_true(g_str_has_prefix(failure->message, "core_test: "));
  ws_fixture_assert_says(failure->message, c->says);
  g_assert_null(strstr(failure->message, "geheim"));
  g_assert_null(strpbrk(failure->message, "\n\r"));
  g_assert_cmpuint(strlen(failure->message), <, 2000);
}

static void
test_answers(WsFixture *fixture, gconstpointer data) {
  (void)data;
  fixture->options.attempts = 1;
  ws_fixture_connect(fixture);
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    ws_fixture_answer(fixture, cases[i].answer);
    g_autoptr(WsFailure) failure = ws_fixture_call(fixture, true);
    g_assert_nonnull(failure);
    check_failure(failure, &cases[i]);
  }
  g_assert_cmpuint(server_count(fixture->server), ==, G_N_ELEMENTS(cases));
  g_assert_cmpint(clock_slept(fixture->clock), ==, 0);
}

/* Not every call that was not made was stopped. */
static void
test_unsent(WsFixture *fixture, gconstpointer data) {
  static const struct {
    GatewayError code;
    bool stopped;
    GatewayError becomes;
  } rows[] = { { GATEWAY_ERROR_STOPPED, true, GATEWAY_ERROR_STOPPED },
               { GATEWAY_ERROR_CONFIG, false, GATEWAY_ERROR_REFUSED } };
  (void)fixture, (void)data;
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(GError) cause = g_error_new(GATEWAY_ERROR, (gint)rows[i].code, "Why."), error = NULL;
    g_autoptr(WsFailure) failure = ws_failure_unsent("core_test", cause);
    g_assert_cmpint(failure->kind, ==, WS_UNSENT);
    g_assert_true(failure->stopped == rows[i].stopped);
    ws_failure_propagate(failure, &error);
    g_assert_error(error, GATEWAY_ERROR, (gint)rows[i].becomes);
  }
}

/* Each may be a result; also what only looks like an exception. */
static void
test_results(WsFixture *fixture, gconstpointer data) {
  static const char *const results[] = { "null",       "true",
                                         " false\n",   "7",
                                         "\"text\"",   "[]",
                                         "{}",         "[{\"exception\":1}]",
                                         "{\"id\":1}", "{\"errorcode\":\"x\"}" };
  static const char blanks[] = " \n\xef\xbb\xbf [] ";
  (void)data;
  ws_fixture_connect(fixture);
  for (gsize i = 0; i < G_N_ELEMENTS(results); i++) {
    ws_fixture_answer(fixture, (Answer){ .status = 200, .body = results[i] });
    g_string_truncate(fixture->seen, 0);
    g_assert_true(ws_fixture_run(fixture, 1, false, NULL));
    autochar trimmed = text_trim(results[i]);
    autochar expected = g_strdup_printf("0:%s;", trimmed);
    g_assert_cmpstr(fixture->seen->str, ==, expected);
  }
  ws_fixture_answer(fixture, (Answer){ .status = 200, .body = blanks });
  g_string_truncate(fixture->seen, 0);
  g_assert_true(ws_fixture_run(fixture, 1, false, NULL));
  g_assert_cmpstr(fixture->seen->str, ==, "0:[];");
}

static void
test_no_answer(WsFixture *fixture, gconstpointer data) {
  static const char *const urls[] = { "http://127.0.0.1:1", "https://127.0.0.1:1/lernen" };
  (void)data;
  fixture->options.attempts = 1;
  for (gsize i = 0; i < G_N_ELEMENTS(urls); i++) {
    g_clear_pointer(&fixture->client, ws_client_free);
    fixture->options.url = urls[i];
    ws_fixture_connect(fixture);
    g_autoptr(WsFailure) failure = ws_fixture_call(fixture, true);
    const Case c = { .kind = WS_UNSENT, .may_pass = true, .errorcode = "", .says = "Check url" };
    check_failure(failure, &c);
  }
}

static GMutex gate; /* held: the server does not answer */

static void
wait_for_gate(Server *server, const char *path, gpointer user_data) {
  (void)path, (void)server, (void)user_data;
  g_mutex_lock(&gate);
  g_mutex_unlock(&gate);
}

/* libcurl counts real seconds; one is the least. */
static void
test_timeout(WsFixture *fixture, gconstpointer data) {
  (void)data;
  fixture->options.attempts = 1;
  fixture->options.timeout_s = 1;
  ws_fixture_connect(fixture);
  ws_fixture_answer(fixture, (Answer){ .status = 200, .body = "null" });
  server_set_hook(fixture->server, wait_for_gate, NULL);
  g_mutex_lock(&gate);
  g_autoptr(WsFailure) failure = ws_fixture_call(fixture, true);
  g_mutex_unlock(&gate);
  const Case c = { .kind = WS_LOST, .may_pass = true, .errorcode = "", .says = "timed out" };
  check_failure(failure, &c);
}

/* Of a call, more time may be allowed than of others. */
static void
test_timeout_of_one_call(WsFixture *fixture, gconstpointer data) {
  g_autoptr(WsFailure) failure = NULL;
  (void)data;
  fixture->options.attempts = 1;
  ws_fixture_connect(fixture);
  ws_fixture_answer(fixture, (Answer){ .status = 200, .body = "null" });
  server_set_hook(fixture->server, wait_for_gate, NULL);
  g_mutex_lock(&gate);
  gint64 begin = g_get_monotonic_time();
  json_auto_t *lost =
      ws_client_call(fixture->client, true, 1, "core_test", json_object(), &failure);
  g_mutex_unlock(&gate);
  g_assert_null(lost);
  g_assert_cmpint(g_get_monotonic_time() - begin, <, 10 * S); /* of the 20 configured */
  g_assert_cmpint(failure->kind, ==, WS_LOST);
  g_clear_pointer(&failure, ws_failure_free);
  json_auto_t *result =
      ws_client_call(fixture->client, true, 0, "core_test", json_object(), &failure);
  g_assert_nonnull(result);
}

/* ── TLS ── */

typedef struct {
  const char *authority, *certificate, *client_authority;
  int version;
  const char *says;
} TlsCase;

static const TlsCase tls_cases[] = {
  { "other", "server", NULL, TLS1_3_VERSION, "Moodle's certificate is not trusted: set ca-file" },
  { "ca", "expired", NULL, TLS1_3_VERSION, "Moodle's certificate is not trusted" },
  { "ca", "server", "ca", TLS1_3_VERSION, "wants a client certificate" },
  { "ca", "server", "ca", TLS1_2_VERSION, "wants a client certificate" },
  { "ca", "server", NULL, TLS1_1_VERSION, "TLS 1.2 or newer" },
  { "nowhere", "server", NULL, TLS1_3_VERSION, "authorities in ca-file cannot be read" },
};

static void
remove_pki(const char *dir) {
  g_autoptr(GDir) files = g_dir_open(dir, 0, NULL);
  for (const char *name; (name = g_dir_read_name(files)) != NULL;) {
    autochar path = g_build_filename(dir, name, NULL);
    g_unlink(path);
  }
  g_rmdir(dir);
}

static char *
make_pki(void) {
  char *dir = g_dir_make_tmp("ws-failure-XXXXXX", NULL);
  pki_make(dir, "ca", NULL, 30);
  pki_make(dir, "other", NULL, 30);
  pki_make(dir, "server", "ca", 30);
  pki_make(dir, "expired", "ca", -1);
  return dir;
}

static WsFailure *
call_over_tls(WsFixture *fixture, TlsServer *server, const char *dir, const char *authority) {
  autochar file = g_strdup_printf("%s/%s.pem", dir, authority);
  fixture->options.url = tls_server_url(server);
  fixture->options.ca_file = file;
  ws_fixture_connect(fixture);
  WsFailure *failure = ws_fixture_call(fixture, true);
  g_clear_pointer(&fixture->client, ws_client_free);
  return failure;
}

static void
test_tls(WsFixture *fixture, gconstpointer data) {
  autochar dir = make_pki();
  (void)data;
  for (gsize i = 0; i < G_N_ELEMENTS(tls_cases); i++) {
    const TlsCase *c = &tls_cases[i];
    g_autoptr(TlsServer) server =
        tls_server_new(dir, c->certificate, c->client_authority, c->version, false);
    g_autoptr(WsFailure) failure = call_over_tls(fixture, server, dir, c->authority);
    const Case expected = { .kind = WS_UNSENT, .errorcode = "", .says = c->says };
    check_failure(failure, &expected);
    g_assert_cmpuint(tls_server_handshakes(server), <=, 1); /* not tried again */
    g_assert_cmpuint(tls_server_requests(server), ==, 0);
  }
  g_autoptr(TlsServer) server = tls_server_new(dir, "server", NULL, TLS1_3_VERSION, false);
  g_autoptr(WsFailure) failure = call_over_tls(fixture, server, dir, "ca");
  g_assert_null(failure);
  g_assert_cmpuint(tls_server_requests(server), ==, 1);
  remove_pki(dir);
}

/* ── entries of the batch function ── */

static void
test_entries(void) {
  static const struct {
    const char *entry;
    const char *result; /* NULL: a failure */
    WsFailureKind kind;
    const char *says;
  } entries[] = {
    { "{\"error\":false,\"data\":\"[{\\\"id\\\":1}]\"}", "[{\"id\":1}]", 0, NULL },
    { "{\"error\":false,\"data\":\"null\"}", "null", 0, NULL },
    { "{\"error\":false}", "null", 0, NULL },
    { "{\"error\":false,\"data\":\"true\"}", "true", 0, NULL },
    { "{\"error\":false,\"data\":\"\"}", NULL, WS_UNSHOWN, "unexpected answer" },
    { "{\"error\":false,\"data\":\"[\"}", NULL, WS_UNSHOWN, "unexpected answer" },
    { "{\"data\":\"[]\"}", NULL, WS_UNSHOWN, "unexpected answer" },
    { "7", NULL, WS_UNSHOWN, "unexpected answer" },
    { "{\"error\":true,\"exception\":\"{\\\"errorcode\\\":\\\"accessexception\\\",\\\"module\\\":"
      "\\\"webservice\\\"}\"}",
      NULL, WS_REFUSED,
      "core_inner: Moodle refuses it (accessexception). Moodle does not say why" },
    { "{\"error\":true,\"exception\":\"{\\\"message\\\":\\\"No <b>such<\\/b> "
      "course\\\",\\\"errorcode\\\":\\\"errorcoursecontextnotvalid\\\",\\\"link\\\":\\\"x\\\"}\"}",
      NULL, WS_EXCEPTION, "core_inner: No such course (errorcoursecontextnotvalid)." },
    { "{\"error\":true}", NULL, WS_EXCEPTION, "core_inner: Moodle refuses it." },
    { "{\"error\":true,\"exception\":\"oops\"}", NULL, WS_EXCEPTION, "Moodle refuses it." },
  };
  for (gsize i = 0; i < G_N_ELEMENTS(entries); i++) {
    json_auto_t *entry = json_loads(entries[i].entry, JSON_DECODE_ANY, NULL);
    json_auto_t *result = NULL;
    g_assert_nonnull(entry);
    g_autoptr(WsFailure) failure = ws_failure_read_entry("core_inner", entry, &result);
    if (entries[i].result != NULL) {
      json_auto_t *expected = json_loads(entries[i].result, JSON_DECODE_ANY, NULL);
      g_assert_null(failure);
      g_assert_true(json_equal(result, expected));
      continue;
    }
    g_assert_null(result);
    g_assert_cmpint(failure->kind, ==, entries[i].kind);
    ws_fixture_assert_says(failure->message, entries[i].says);
  }
}

static void
test_propagate(void) {
  static const struct {
    WsFailureKind kind;
    bool may_pass, stopped;
    GatewayError code;
  } rows[] = {
    { WS_UNSENT, true, false, GATEWAY_ERROR_UNAVAILABLE },
    { WS_UNSENT, false, false, GATEWAY_ERROR_REFUSED },
    { WS_UNSENT, false, true, GATEWAY_ERROR_STOPPED },
    { WS_UNAVAILABLE, true, false, GATEWAY_ERROR_UNAVAILABLE },
    { WS_LOST, true, false, GATEWAY_ERROR_UNAVAILABLE },
    { WS_REFUSED, false, false, GATEWAY_ERROR_REFUSED },
    { WS_EXCEPTION, false, false, GATEWAY_ERROR_FAILED },
    { WS_UNSHOWN, false, false, GATEWAY_ERROR_FAILED },
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(GError) error = NULL;
    char message[] = "core_test: so.";
    const WsFailure failure = { .kind = rows[i].kind,
                                .may_pass = rows[i].may_pass,
                                .stopped = rows[i].stopped,
                                .message = message };
    ws_failure_propagate(&failure, &error);
    g_assert_error(error, GATEWAY_ERROR, (gint)rows[i].code);
    g_assert_cmpstr(error->message, ==, "core_test: so.");
  }
}

int
main(int argc, char **argv) {
  static const WsFixtureTest tests[] = {
    { "/ws-failure/answers", test_answers },
    { "/ws-failure/unsent", test_unsent },
    { "/ws-failure/results", test_results },
    { "/ws-failure/no-answer", test_no_answer },
    { "/ws-failure/timeout", test_timeout },
    { "/ws-failure/timeout-of-one-call", test_timeout_of_one_call },
    { "/ws-failure/tls", test_tls },
  };
  signal(SIGPIPE, SIG_IGN); /* as the program does; the TLS server is cut off in the middle */
  g_test_init(&argc, &argv, NULL);
  ws_fixture_add(tests, G_N_ELEMENTS(tests));
  g_test_add_func("/ws-failure/entries", test_entries);
  g_test_add_func("/ws-failure/propagate", test_propagate);
  return g_test_run();
}
