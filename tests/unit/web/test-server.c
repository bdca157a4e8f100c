/* The server over real sockets: what every answer has, what is refused before anybody looks at it,
 * and what the log says of that.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/web.h"

#include <string.h>

#include "base/log.h"
#include "server_case.h"
#include "web/refused_log.h"
#include "web/request.h"
#include "web/static.h"

#define CLOSE "Host: 127.0.0.1\r\nConnection: close\r\n"

static void
assert_header(const char *reply, const char *name, const char *value) {
  g_autofree char *is = server_case_header(reply, name);
  if (g_strcmp0(is, value) != 0)
    g_error("%s is »%s« in:\n%s", name, is != NULL ? is : "(not there)", reply);
}

/* ── answers ── */

static void
test_headers(void) {
  g_autoptr(ServerCase) test = server_case_new(NULL);
  server_case_begin(test);
  g_autofree char *reply = server_case_get(test, "/static/style.css");
  server_case_expect(reply, 200);
  assert_header(reply, "Content-Type", "text/css; charset=utf-8");
  assert_header(reply, "Content-Security-Policy",
                "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
                "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
  assert_header(reply, "X-Content-Type-Options", "nosniff");
  assert_header(reply, "X-Frame-Options", "DENY");
  assert_header(reply, "Referrer-Policy", "no-referrer");
  assert_header(reply, "Cross-Origin-Opener-Policy", "same-origin");
  assert_header(reply, "Cross-Origin-Resource-Policy", "same-origin");
  assert_header(reply, "Cache-Control", "no-store");
  assert_header(reply, "Strict-Transport-Security", NULL);
  g_autofree char *date = server_case_header(reply, "Date");
  g_assert_nonnull(date);
  const WebStatic *file = web_static_find("style.css");
  g_assert_cmpuint(strlen(server_case_body(reply)), ==, file->length);
  g_assert_cmpmem(server_case_body(reply), file->length, file->data, file->length);
}

static void
test_fixed(void) {
  g_autoptr(ServerCase) test = server_case_new(NULL);
  server_case_begin(test);
  g_autofree char *path = web_static_path("script.js");
  g_autofree char *reply = server_case_get(test, path);
  server_case_expect(reply, 200);
  assert_header(reply, "Cache-Control", "public, max-age=31536000, immutable");
}

static void
test_routes(void) {
  g_autoptr(ServerCase) test = server_case_new(NULL);
  server_case_begin(test);
  g_autofree char *root = server_case_get(test, "/");
  server_case_expect(root, 303);
  assert_header(root, "Location", "/login");
  g_autofree char *unknown = server_case_get(test, "/nothing/here?x=%20");
  server_case_expect(unknown, 404);
  assert_header(unknown, "Content-Type", "text/html; charset=utf-8");
  assert_header(unknown, "X-Frame-Options", "DENY");
}

static void
test_head(void) {
  g_autoptr(ServerCase) test = server_case_new(NULL);
  server_case_begin(test);
  g_autofree char *get = server_case_get(test, "/static/icon.svg");
  g_autofree char *head = server_case_raw(test, "HEAD /static/icon.svg HTTP/1.1\r\n" CLOSE "\r\n");
  g_autofree char *length = server_case_header(get, "Content-Length");
  server_case_expect(head, 200);
  assert_header(head, "Content-Length", length);
  g_assert_cmpstr(server_case_body(head), ==, "");
}

/* Several requests at once on one connection, and the last ends it. */
static void
test_pipeline(void) {
  g_autoptr(ServerCase) test = server_case_new(NULL);
  server_case_begin(test);
  g_autofree char *reply =
      server_case_raw(test, "GET /one HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
                            "POST /two HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3\r\n"
                            "Content-Type: application/x-www-form-urlencoded\r\n\r\na=b"
                            "GET /static/icon.svg HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
                            "GET / HTTP/1.1\r\n" CLOSE "\r\n");
  static const char *const lines[] = { "HTTP/1.1 404", "HTTP/1.1 404", "HTTP/1.1 200",
                                       "HTTP/1.1 303" };
  const char *at = reply;
  for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
    at = strstr(at, "HTTP/1.1 ");
    g_assert_nonnull(at);
    g_assert_true(g_str_has_prefix(at, lines[i]));
    at++;
  }
  g_assert_null(strstr(at, "HTTP/1.1 "));
}

/* ── refusals ── */

typedef struct {
  guint status;
  const char *request;
} Row;

static void
assert_rows(const ServerCase *test, const Row *rows, gsize count) {
  for (gsize i = 0; i < count; i++) {
    g_autofree char *reply = server_case_raw(test, rows[i].request);
    if (server_case_status(reply) != rows[i].status)
      g_error("%s\nwanted %u, got: %s", rows[i].request, rows[i].status, reply);
    if (rows[i].status != 431 && rows[i].status != 414) /* these are the library's own */
      assert_header(reply, "X-Content-Type-Options", "nosniff");
  }
}

static void
test_methods(void) {
  static const Row rows[] = {
    { 405, "DELETE / HTTP/1.1\r\n" CLOSE "\r\n" },
    { 405, "OPTIONS * HTTP/1.1\r\n" CLOSE "\r\n" },
    { 405, "TRACE / HTTP/1.1\r\n" CLOSE "\r\n" },
    { 405, "get / HTTP/1.1\r\n" CLOSE "\r\n" },
    { 405, "PUT / HTTP/1.1\r\n" CLOSE "Content-Length: 2\r\n\r\nab" },
    { 405, "POST /static/icon.svg HTTP/1.1\r\n" CLOSE "\r\n" },
  };
  g_autoptr(ServerCase) test = server_case_new(NULL);
  server_case_begin(test);
  assert_rows(test, rows, G_N_ELEMENTS(rows));
  g_autofree char *unknown = server_case_raw(test, rows[0].request);
  assert_header(unknown, "Allow", "GET, HEAD, POST");
  g_autofree char *other = server_case_raw(test, rows[5].request);
  assert_header(other, "Allow", "GET, HEAD");
}

static void
test_targets(void) {
  static const char *const targets[] = {
    "/a%00b",  "/..",     "/../etc/passwd", "/a/../b", "/%2e%2e/b", "/a/.",   "/./a",
    "//host/", "/a//b",   "/a%2f/b",        "/a\\b",   "/a%5cb",    "/%",     "/%4",
    "/%zz",    "/%ff",    "/%c0%af",        "/a%0ab",  "/a%7f",     "a",      "http://127.0.0.1/",
    "/?a=%",   "/?a=%00", "/?a=%ff",        "/?%zz=1", "/a#b",      "/a?b#c",
  };
  g_autoptr(ServerCase) test = server_case_new(NULL);
  server_case_begin(test);
  for (guint i = 0; i < G_N_ELEMENTS(targets); i++) {
    g_autofree char *reply = server_case_get(test, targets[i]);
    if (server_case_status(reply) != 400)
      g_error("%s: %s", targets[i], reply);
  }
  static const char *const fine[] = { "/...", "/.a", "/a..b", "/%C3%A4", "/a+b", "/a%2Fb", "/?" };
  for (guint i = 0; i < G_N_ELEMENTS(fine); i++) {
    g_autofree char *reply = server_case_get(test, fine[i]);
    g_assert_cmpuint(server_case_status(reply), ==, i + 1 < G_N_ELEMENTS(fine) ? 404 : 303);
  }
}

static void
test_hosts(void) {
  static const struct {
    const char *host;
    bool allowed;
  } rows[] = {
    { "127.0.0.1", true },
    { "127.0.0.1:8480", true },
    { "localhost", true },
    { "LocalHost:1", true },
    { "localhost.", true },
    { "[::1]:8480", true },
    { "127.9.9.9", true },
    { "lehrgaenge.example", true },
    { "LEHRGAENGE.Example:77", true },
    { "port.example:8443", true },
    { "port.example", false },
    { "port.example:8444", false },
    { "evil.example", false },
    { "127.0.0.1.evil.example", false },
    { "192.0.2.1", false },
    { "a.lehrgaenge.example", false },
    { "localhost:x", false },
    { "localhost:0", false },
    { "localhost@evil", false },
    { "", false },
    { "[::1", false },
    { "localhost evil", false },
    { "[::2]", false },
  };
  g_autoptr(ServerCase) test = server_case_new("hosts=lehrgaenge.example, port.example:8443\n");
  server_case_begin(test);
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autofree char *request =
        g_strdup_printf("GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", rows[i].host);
    g_autofree char *reply = server_case_raw(test, request);
    if (server_case_status(reply) != (rows[i].allowed ? 303 : 421))
      g_error("%s: %s", rows[i].host, reply);
  }
  static const Row others[] = {
    { 400, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n" },
    { 303, "GET / HTTP/1.0\r\n\r\n" },
    { 421, "GET / HTTP/1.0\r\nHost: evil.example\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" CLOSE "\r\n" },
    { 400, "GET / HTTP/1.1\r\nHost: \xff\r\nConnection: close\r\n\r\n" },
    /* from who is no trusted proxy it means nothing */
    { 421, "GET / HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: localhost\r\n"
           "Connection: close\r\n\r\n" },
  };
  assert_rows(test, others, G_N_ELEMENTS(others));
}

/* What two programs in a row could read in two ways. */
static void
test_framing(void) {
  static const Row rows[] = {
    { 400, "POST / HTTP/1.1\r\n" CLOSE "Content-Length: 3\r\nContent-Length: 3\r\n\r\na=b" },
    { 400, "POST / HTTP/1.1\r\n" CLOSE "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
           "0\r\n\r\n" },
    { 400, "POST / HTTP/1.1\r\n" CLOSE "Transfer-Encoding: chunked\r\n"
           "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\n" CLOSE "Content-Length: 3\r\n\r\na=b" },
    { 400, "POST / HTTP/1.1\r\n" CLOSE "Content-Length: -1\r\n\r\n" },
    { 400, "POST / HTTP/1.1\r\n" CLOSE "Transfer-Encoding: gzip\r\n\r\nabc" },
    { 400, "POST / HTTP/1.1\r\n" CLOSE "Content-Length : 0\r\n\r\n" },
  };
  g_autoptr(ServerCase) test = server_case_new(NULL);
  server_case_begin(test);
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autofree char *reply = server_case_raw(test, rows[i].request);
    server_case_expect(reply, rows[i].status);
  }
}

/* What follows a body whose end is not known is not taken for a request. */
static void
test_smuggled(void) {
  g_autoptr(ServerCase) test = server_case_new(NULL);
  server_case_begin(test);
  g_autofree char *reply =
      server_case_raw(test, "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 44\r\n"
                            "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                            "GET /static/icon.svg HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  server_case_expect(reply, 400);
  g_assert_null(strstr(reply, "HTTP/1.1 200"));
}

static char *
post_of(gsize announced, const char *type, const char *body) {
  return g_strdup_printf("POST /nowhere HTTP/1.1\r\n" CLOSE "Content-Type: %s\r\n"
                         "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s",
                         type, announced, body);
}

static void
test_bodies(void) {
  g_autofree char *fits = g_strnfill(WEB_MAX_BODY, 'a');
  g_autofree char *large = g_strnfill(WEB_MAX_BODY + 1, 'a');
  g_autofree char *chunks =
      g_strdup_printf("POST /nowhere HTTP/1.1\r\n" CLOSE "Content-Type: application/json\r\n"
                      "Transfer-Encoding: chunked\r\n\r\n%zx\r\n%s\r\n0\r\n\r\n",
                      (gsize)WEB_MAX_BODY + 1, large);
  g_autofree char *whole =
      post_of(WEB_MAX_BODY, "Application/X-WWW-Form-urlencoded; charset=utf-8", fits);
  g_autofree char *json = post_of(2, "application/json", "{}");
  g_autofree char *over = post_of(WEB_MAX_BODY + 1, "application/json", large);
  g_autofree char *absurd = post_of(G_MAXINT, "application/json", "{}");
  g_autofree char *text = post_of(2, "text/plain", "{}");
  g_autofree char *none = post_of(2, "", "{}");
  g_autofree char *broken = post_of(5, "application/x-www-form-urlencoded", "a=%zz");
  const Row rows[] = {
    { 404, whole },
    { 404, json },
    { 413, over },
    { 413, absurd },
    { 413, chunks },
    { 415, text },
    { 415, none },
    { 400, broken },
    { 404, "POST /nowhere HTTP/1.1\r\n" CLOSE "Content-Length: 0\r\n\r\n" },
  };
  g_autoptr(ServerCase) test = server_case_new(NULL);
  server_case_begin(test);
  assert_rows(test, rows, G_N_ELEMENTS(rows));
}

static void
test_many_headers(void) {
  g_autoptr(GString) many = g_string_new("GET / HTTP/1.1\r\n" CLOSE);
  for (guint i = 0; i < WEB_MAX_FIELDS; i++)
    g_string_append(many, "A: b\r\n");
  g_string_append(many, "\r\n");
  g_autofree char *long_text = g_strnfill(2 * WEB_MEMORY, 'a');
  g_autofree char *header = g_strdup_printf("GET / HTTP/1.1\r\n" CLOSE "A: %s\r\n\r\n", long_text);
  g_autoptr(GString) fields = g_string_new("a=1");
  for (guint i = 0; i < WEB_MAX_FIELDS; i++)
    g_string_append(fields, "&a=1");
  g_autofree char *form = post_of(fields->len, "application/x-www-form-urlencoded", fields->str);
  g_autofree char *target = g_strdup_printf("GET /%s HTTP/1.1\r\n" CLOSE "\r\n", long_text);
  const Row rows[] = { { 431, many->str }, { 431, header }, { 400, form } };
  g_autoptr(ServerCase) test = server_case_new(NULL);
  server_case_begin(test);
  assert_rows(test, rows, G_N_ELEMENTS(rows));
  g_autofree char *reply = server_case_raw(test, target);
  g_assert_true(server_case_status(reply) == 414 || server_case_status(reply) == 431);
}

/* More arguments than a form may have are refused like any other nonsense, and at once: the library
 * would run out of memory over them, and leave the connection waiting. */
static void
test_many_arguments(void) {
  g_autoptr(GString) target = g_string_new("/static/icon.svg?a");
  for (guint i = 1; i < WEB_MAX_FIELDS; i++)
    g_string_append(target, "&a");
  g_autoptr(ServerCase) test = server_case_new(NULL);
  server_case_begin(test);
  g_autofree char *fits = server_case_get(test, target->str);
  server_case_expect(fits, 200);
  for (guint i = 0; i < 5000; i++)
    g_string_append(target, "&a");
  g_autofree char *reply = server_case_get(test, target->str);
  server_case_expect(reply, 400);
}

/* However much of its memory a head takes, there is room for an answer: also for one that says that
 * it is too large. */
static void
test_large_heads(void) {
  static const char *const heads[][2] = {
    { "GET /static/icon.svg HTTP/1.1\r\n" CLOSE "A: ", "\r\n\r\n" },
    { "GET /static/icon.svg?", " HTTP/1.1\r\n" CLOSE "\r\n" },
    { "GET /static/icon.svg HTTP/1.1\r\n" CLOSE "Cookie: ", "\r\n\r\n" },
  };
  g_autoptr(ServerCase) test = server_case_new(NULL);
  server_case_begin(test);
  for (guint i = 0; i < G_N_ELEMENTS(heads); i++)
    for (gsize length = 1024; length <= WEB_MEMORY - 2048; length += 1024) {
      g_autofree char *filler = g_strnfill(length, 'a');
      g_autofree char *request = g_strconcat(heads[i][0], filler, heads[i][1], NULL);
      g_autofree char *reply = server_case_raw(test, request);
      bool small = (i == 2 ? 2 * length : length) < WEB_MEMORY - WEB_ANSWER_ROOM - 512;
      guint status = server_case_status(reply);
      if (small ? status != 200 : status != 200 && status != 431)
        g_error("%s… with %zu bytes: %u", heads[i][0], length, status);
    }
  g_autofree char *filler = g_strnfill(WEB_MEMORY - WEB_ANSWER_ROOM, 'a');
  g_autofree char *request = g_strdup_printf(
      "GET /api/v1/runs HTTP/1.1\r\nAccept-Language: en\r\n" CLOSE "A: %s\r\n\r\n", filler);
  g_autofree char *reply = server_case_raw(test, request);
  server_case_expect(reply, 431);
  g_assert_cmpstr(server_case_body(reply), ==,
                  "{\"error\":{\"code\":\"too_large\",\"message\":\"The headers of this request "
                  "are too large.\"}}\n");
}

/* Under /api/ programs ask, and get JSON. */
static void
test_refused_api(void) {
  g_autoptr(ServerCase) test = server_case_new(NULL);
  server_case_begin(test);
  g_autofree char *reply =
      server_case_raw(test, "PUT /api/v1/runs HTTP/1.1\r\nAccept-Language: en\r\n" CLOSE "\r\n");
  server_case_expect(reply, 405);
  assert_header(reply, "Content-Type", "application/json; charset=utf-8");
  g_assert_cmpstr(server_case_body(reply), ==,
                  "{\"error\":{\"code\":\"method\",\"message\":\"Only GET, HEAD and POST are "
                  "understood here.\"}}\n");
}

/* ── the log ── */

static gint refused_lines, oversized_lines; /* atomic */

static bool
count_lines(const char *const *fields, guint count) {
  for (guint i = 0; i < count; i++) {
    if (strstr(fields[i], "/secret-place from 127.0.0.1: 421") != NULL)
      g_atomic_int_inc(&refused_lines);
    if (strstr(fields[i], "/oversized from 127.0.0.1: 431") != NULL)
      g_atomic_int_inc(&oversized_lines);
  }
  return true;
}

static void
test_log(void) {
  g_autoptr(ServerCase) test = server_case_new(NULL);
  log_set_level(LOG_INFO);
  log_set_sink(count_lines);
  server_case_begin(test);
  g_autofree char *filler = g_strnfill(2 * WEB_MEMORY, 'a');
  g_autofree char *oversized =
      g_strdup_printf("GET /oversized HTTP/1.1\r\n" CLOSE "A: %s\r\n\r\n", filler);
  g_free(server_case_raw(test, oversized));
  for (guint i = 0; i < REFUSED_LOG_LINES + 10; i++) {
    g_autofree char *reply = server_case_raw(
        test, "GET /secret-place?token=abc HTTP/1.1\r\nHost: evil\r\nConnection: close\r\n\r\n");
    server_case_expect(reply, 421);
    if (i == 0)
      g_assert_cmpint(g_atomic_int_get(&refused_lines), ==, 1);
  }
  g_clear_pointer(&test->web, web_free);
  g_assert_cmpint(oversized_lines, ==, 1);
  g_assert_cmpint(refused_lines, >, 1);
  g_assert_cmpint(refused_lines, <=, REFUSED_LOG_LINES);
  log_set_level(LOG_WARNING);
}

static void
test_log_count(void) {
  RefusedCount count = { 0 };
  guint told;
  gint64 now = 5;
  for (guint i = 0; i < REFUSED_LOG_LINES; i++) {
    g_assert_true(refused_count(&count, now, &told));
    g_assert_cmpuint(told, ==, 0);
  }
  for (guint i = 0; i < 7; i++)
    g_assert_false(refused_count(&count, now, &told));
  now += REFUSED_LOG_S * G_USEC_PER_SEC - 1;
  g_assert_false(refused_count(&count, now, &told));
  g_assert_cmpuint(refused_count_over(&count, now), ==, 0);
  g_assert_true(refused_count(&count, now + 1, &told));
  g_assert_cmpuint(told, ==, 8);
  g_assert_cmpuint(refused_count_over(&count, now + REFUSED_LOG_S * G_USEC_PER_SEC + 1), ==, 0);
}

int
main(int argc, char *argv[]) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/server/log", test_log); /* first: the others' refusals count, too */
  g_test_add_func("/server/headers", test_headers);
  g_test_add_func("/server/fixed", test_fixed);
  g_test_add_func("/server/routes", test_routes);
  g_test_add_func("/server/head", test_head);
  g_test_add_func("/server/pipeline", test_pipeline);
  g_test_add_func("/server/methods", test_methods);
  g_test_add_func("/server/targets", test_targets);
  g_test_add_func("/server/hosts", test_hosts);
  g_test_add_func("/server/framing", test_framing);
  g_test_add_func("/server/smuggled", test_smuggled);
  g_test_add_func("/server/bodies", test_bodies);
  g_test_add_func("/server/many-headers", test_many_headers);
  g_test_add_func("/server/many-arguments", test_many_arguments);
  g_test_add_func("/server/large-heads", test_large_heads);
  g_test_add_func("/server/refused-api", test_refused_api);
  g_test_add_func("/server/log-count", test_log_count);
  return g_test_run();
}
