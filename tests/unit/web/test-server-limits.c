/* The server under those who are slow, many, or gone, and over a store that hangs: everything is
 * bounded, and it ends in time. The pages are the test's own: this file is the dispatch.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/dispatch.h"

#include <stdio.h>
#include <string.h>
#include <dlfcn.h>
#include <microhttpd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server_case.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
#define S G_TIME_SPAN_SECOND
#define BIG (8 * 1024 * 1024)

/* ── the pages ── */

static gint streams_asked, streams_freed; /* atomic */

static void
append_fields(GString *out, const char *what, const WebFields *fields) {
  for (guint i = 0; i < web_fields_count(fields); i++)
    g_string_append_printf(out, "%s %s=%s\n", what, web_fields_name(fields, i),
                           web_fields_value(fields, i));
}

static void
echo(const WebRequest *request, GString *out) {
  g_string_append_printf(out, "%s %s\n", request->method == WEB_POST ? "POST" : "GET",
                         request->path);
  g_string_append_printf(out, "from %s for %s %s\n", request->address, request->host,
                         request->secure ? "secure" : "plain");
  append_fields(out, "query", request->query);
  append_fields(out, "form", request->form);
  append_fields(out, "cookie", request->cookies);
  g_string_append_printf(out, "body %s %" G_GSIZE_FORMAT "\n", request->body, request->body_length);
}

/* "…?say=3": three events and then the end; "…?say=0": silence. */
static bool
say(gpointer data, Store *store, GString *out) {
  gint *left = data;
  g_assert_nonnull(store);
  g_atomic_int_inc(&streams_asked);
  if (*left == 0)
    return true;
  g_string_append_printf(out, "data: %d\n\n", *left);
  return --*left > 0;
}

static void
free_stream(gpointer data) {
  g_atomic_int_inc(&streams_freed);
  g_free(data);
}

static void
begin_stream(const WebRequest *request, WebAnswer *answer) {
  gint *left = g_new0(gint, 1);
  *left = (gint)g_ascii_strtoll(web_fields_get(request->query, "say"), NULL, 10);
  answer->type = WEB_EVENTS;
  answer->stream = say;
  answer->stream_data = left;
  answer->stream_free = free_stream;
}

void
web_dispatch(const WebSite *site, const WebRequest *request, Store *store, WebAnswer *answer) {
  (void)site;
  answer->type = WEB_TEXT;
  if (strcmp(request->path, "/store") == 0)
    g_string_append(answer->body, store != NULL ? "store\n" : "no store\n");
  else if (strcmp(request->path, "/big") == 0)
    g_string_set_size(answer->body, BIG);
  else if (strcmp(request->path, "/stream") == 0)
    begin_stream(request, answer);
  else
    echo(request, answer->body);
}

bool
web_dispatch_storeless(const WebRequest *request) {
  return strcmp(request->path, "/store") != 0;
}

static void
await(int fd, const char *end) {
  g_free(server_case_hear(fd, end));
}

/* ── what a handler is given ── */

static void
assert_has(const char *reply, const char *part) {
  if (strstr(reply, part) == NULL)
    g_error("no »%s« in:\n%s", part, reply);
}

static void
test_request(void) {
  g_autoptr(ServerCase) test = server_case_new(NULL);
  server_case_begin(test);
  g_autofree char *get = server_case_raw(
      test, "GET /echo/%C3%A4%20b?q=1&r=x+y%21&q=2&empty HTTP/1.1\r\nHost: localhost:77\r\n"
            "Cookie: a=1; b = x=y ;c\r\nCookie: d=2\r\nConnection: close\r\n\r\n");
  assert_has(get, "GET /echo/ä b\nfrom 127.0.0.1 for localhost:77 plain\n"
                  "query q=1\nquery r=x y!\nquery q=2\nquery empty=\n"
                  "cookie a=1\ncookie b = x=y\ncookie d=2\nbody  0\n");
  g_autofree char *form = server_case_raw(
      test, "POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"
            "3\r\na=1\r\n6\r\n&b=%41\r\n0\r\n\r\n");
  assert_has(form, "POST /echo\n");
  assert_has(form, "form a=1\nform b=A\nbody  0\n");
  g_autofree char *json =
      server_case_raw(test, "POST /echo?a=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                            "Content-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"a\":1}");
  assert_has(json, "query a=1\nbody {\"a\":1} 7\n");
}

/* A body that is announced waits for the word to go on. */
static void
test_continue(void) {
  g_autoptr(ServerCase) test = server_case_new(NULL);
  server_case_begin(test);
  int fd = server_case_dial(test);
  server_case_send(fd, "POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                       "Content-Type: application/json\r\nExpect: 100-continue\r\n"
                       "Content-Length: 2\r\n\r\n");
  g_autofree char *word = server_case_hear(fd, "\r\n\r\n");
  assert_has(word, "HTTP/1.1 100 Continue");
  server_case_send(fd, "{}");
  g_autofree char *reply = server_case_hear(fd, NULL);
  assert_has(reply, "body {} 2\n");
  close(fd);
}

static void
test_forwarded(void) {
  static const struct {
    const char *proxies, *headers, *says;
  } rows[] = {
    { "192.0.2.1", "X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\n",
      "from 127.0.0.1 for localhost plain\n" },
    { "127.0.0.0/8", "X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\n",
      "from 198.51.100.7 for localhost secure\n" },
    { "127.0.0.1", "X-Forwarded-For: 203.0.113.9, 198.51.100.7\r\n",
      "from 198.51.100.7 for localhost plain\n" },
    { "127.0.0.1 198.51.100.0/24",
      "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For: 198.51.100.7, 198.51.100.8\r\n",
      "from 203.0.113.9 for" },
    { "127.0.0.1 198.51.100.0/24", "X-Forwarded-For: 198.51.100.7\r\n", "from 198.51.100.7 for" },
    { "127.0.0.1", "X-Forwarded-For: 203.0.113.9, nonsense\r\n", "from 127.0.0.1 for" },
    { "127.0.0.1", "X-Forwarded-For: \r\n", "from 127.0.0.1 for" },
    { "127.0.0.1", "X-Forwarded-For: [2001:db8::0:7]:4711\r\n", "from 2001:db8::7 for" },
    { "127.0.0.1", "X-Forwarded-For: ::ffff:192.0.2.3\r\n", "from 192.0.2.3 for" },
    { "127.0.0.1", "X-Forwarded-Proto: http\r\n", "localhost plain\n" },
    { "127.0.0.1", "X-Forwarded-Host: pages.example:444\r\n", "for pages.example:444 plain\n" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autofree char *more =
        g_strdup_printf("hosts=pages.example\ntrusted-proxies=%s\n", rows[i].proxies);
    g_autofree char *request = g_strdup_printf(
        "GET /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n", rows[i].headers);
    g_autoptr(ServerCase) test = server_case_new(more);
    server_case_begin(test);
    g_autofree char *reply = server_case_raw(test, request);
    server_case_expect(reply, 200);
    assert_has(reply, rows[i].says);
  }
  g_autoptr(ServerCase) test = server_case_new("trusted-proxies=127.0.0.1\n");
  server_case_begin(test);
  g_autofree char *evil = server_case_raw(
      test, "GET /echo HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Host: evil.example\r\n"
            "Connection: close\r\n\r\n");
  server_case_expect(evil, 421);
  /* What a client put in front must not make the proxy's own word unreadable. */
  g_autofree char *unclean = server_case_raw(
      test, "GET /echo HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: \xff, 198.51.100.7\r\n"
            "Connection: close\r\n\r\n");
  server_case_expect(unclean, 400);
}

/* ── the slow ── */

/* A byte every few milliseconds is never silence; the whole takes too long all the same. */
static void
test_slow_sender(void) {
  g_autoptr(ServerCase) test = server_case_new(NULL);
  test->limits.request = 300 * MS;
  test->limits.tick = 20 * MS;
  server_case_begin(test);
  int fd = server_case_dial(test);
  char byte;
  server_case_send(fd, GET("/echo"));
  await(fd, "body  0\n");
  gint64 before = g_get_monotonic_time();
  server_case_send(fd, "GET / HTTP/1.1\r\nX: ");
  while (recv(fd, &byte, 1, MSG_DONTWAIT) != 0) {
    g_assert_cmpint(g_get_monotonic_time() - before, <, 10 * S);
    server_case_send(fd, "x");
    g_usleep(20000);
  }
  g_assert_cmpint(g_get_monotonic_time() - before, >=, 300 * MS);
  close(fd);
  /* Whoever asks in time again and again stays. */
  fd = server_case_dial(test);
  for (guint i = 0; i < 8; i++) {
    server_case_send(fd, GET("/echo"));
    g_autofree char *reply = server_case_hear(fd, "body  0\n");
    server_case_expect(reply, 200);
    g_usleep(100 * (gulong)MS);
  }
  close(fd);
}

static void
test_slow_body(void) {
  g_autoptr(ServerCase) test = server_case_new(NULL);
  test->limits.request = 200 * MS;
  test->limits.tick = 20 * MS;
  server_case_begin(test);
  int fd = server_case_dial(test);
  server_case_send(fd, "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n"
                       "Content-Type: application/json\r\n\r\n{");
  g_autofree char *reply = server_case_hear(fd, NULL);
  g_assert_cmpstr(reply, ==, "");
  close(fd);
}

static void
test_slow_reader(void) {
  g_autoptr(ServerCase) test = server_case_new(NULL);
  test->limits.send = 200 * MS;
  test->limits.tick = 20 * MS;
  server_case_begin(test);
  int fd = server_case_dial(test);
  server_case_send(fd, GET("/big"));
  g_usleep(600 * (gulong)MS);
  gsize taken = 0;
  static char bytes[65536];
  for (ssize_t got; (got = recv(fd, bytes, sizeof bytes, 0)) > 0;)
    taken += (gsize)got;
  g_assert_cmpuint(taken, <, BIG); /* as much as the kernel had taken over */
  close(fd);
}

static void
test_idle(void) {
  g_autoptr(ServerCase) test = server_case_new(NULL);
  test->limits.idle_s = 1;
  server_case_begin(test);
  int fd = server_case_dial(test);
  server_case_send(fd, GET("/echo"));
  g_autofree char *reply = server_case_hear(fd, NULL); /* it is the server who hangs up */
  server_case_expect(reply, 200);
  close(fd);
}

/* ── the many ── */

static void
test_connections(void) {
  g_autoptr(ServerCase) test = server_case_new(NULL);
  test->limits.connections = 3;
  server_case_begin(test);
  int silent[3];
  for (guint i = 0; i < G_N_ELEMENTS(silent); i++) {
    silent[i] = server_case_dial(test);
    server_case_send(silent[i], GET("/echo"));
    g_autofree char *reply = server_case_hear(silent[i], "body  0\n");
    server_case_expect(reply, 200);
  }
  int late = server_case_dial(test);
  char byte;
  server_case_send(late, GET("/echo"));
  g_usleep(200 * (gulong)MS);
  g_assert_cmpint(recv(late, &byte, 1, MSG_DONTWAIT), <, 0);
  close(silent[0]);
  g_autofree char *reply = server_case_hear(late, "body  0\n");
  server_case_expect(reply, 200);
  close(silent[1]);
  close(silent[2]);
  close(late);
}

/* ── a store that hangs ── */

static int
ask_store(const ServerCase *test) {
  int fd = server_case_dial(test);
  server_case_send(fd, "GET /store HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  return fd;
}

static void
expect_end(int fd, guint status) {
  g_autofree char *reply = server_case_hear(fd, NULL);
  server_case_expect(reply, status);
  close(fd);
}

/* All threads but one hang; what needs no store is answered, and of the rest so many wait. */
static void
test_full(void) {
  g_autoptr(ServerCase) test = server_case_new(NULL);
  test->limits.threads = 3;
  test->limits.waiting = 2;
  server_case_begin(test);
  server_case_hang(test, true);
  int held[4];
  for (guint i = 0; i < 2; i++)
    held[i] = ask_store(test);
  server_case_await_hanging(test, 2);
  for (guint i = 2; i < 4; i++)
    held[i] = ask_store(test);
  g_usleep(100 * (gulong)MS); /* they have come to wait */
  g_autofree char *full = server_case_get(test, "/store");
  server_case_expect(full, 503);
  g_autofree char *again = server_case_header(full, "Retry-After");
  g_assert_cmpstr(again, ==, "5");
  server_case_hang(test, false);
  for (guint i = 0; i < 4; i++)
    expect_end(held[i], 200);
  g_autofree char *after = server_case_get(test, "/store");
  assert_has(after, "store\n");
}

static void
test_storeless_while_store_hangs(void) {
  g_autoptr(ServerCase) test = server_case_new(NULL);
  server_case_begin(test);
  server_case_hang(test, true);
  int held[20];
  for (guint i = 0; i < G_N_ELEMENTS(held); i++)
    held[i] = ask_store(test);
  server_case_await_hanging(test, WEB_THREADS - 1);
  for (guint i = 0; i < 10; i++) {
    gint64 before = g_get_monotonic_time();
    g_autofree char *reply = server_case_get(test, "/echo");
    server_case_expect(reply, 200);
    g_assert_cmpint(g_get_monotonic_time() - before, <, 5 * S);
  }
  server_case_hang(test, false);
  for (guint i = 0; i < G_N_ELEMENTS(held); i++)
    expect_end(held[i], 200);
}

/* Nobody waits for ever, neither in the queue nor at a thread; then it is said at once. */
static void
test_given_up(void) {
  g_autoptr(ServerCase) test = server_case_new(NULL);
  test->limits.queued = 200 * MS;
  test->limits.answer = 400 * MS;
  test->limits.tick = 20 * MS;
  test->limits.threads = 2;
  server_case_begin(test);
  server_case_hang(test, true);
  int working = ask_store(test);
  server_case_await_hanging(test, 1);
  int waiting = ask_store(test);
  expect_end(waiting, 503);
  expect_end(working, 503);
  gint64 before = g_get_monotonic_time();
  g_autofree char *now = server_case_get(test, "/store");
  server_case_expect(now, 503);
  g_assert_cmpint(g_get_monotonic_time() - before, <, 200 * MS);
  server_case_hang(test, false);
  server_case_await_hanging(test, 0);
  for (guint i = 0; i < 100; i++) { /* the thread that hung has to come back */
    g_autofree char *reply = server_case_get(test, "/store");
    if (server_case_status(reply) == 200)
      return;
    g_usleep(20000);
  }
  g_error("the store is back and nobody is answered");
}

/* ── streams ── */

static int
open_stream(const ServerCase *test, const char *say) {
  int fd = server_case_dial(test);
  g_autofree char *request =
      g_strdup_printf("GET /stream?say=%s HTTP/1.1\r\nHost: localhost\r\n\r\n", say);
  server_case_send(fd, request);
  return fd;
}

static void
await_freed(gint count) {
  for (guint i = 0; i < 1000 && g_atomic_int_get(&streams_freed) < count; i++)
    g_usleep(10000);
  g_assert_cmpint(g_atomic_int_get(&streams_freed), ==, count);
}

static ServerCase *
stream_case(void) {
  ServerCase *test = server_case_new(NULL);
  test->limits.pace = 10 * MS;
  g_atomic_int_set(&streams_freed, 0);
  g_atomic_int_set(&streams_asked, 0);
  return test;
}

static void
test_stream(void) {
  g_autoptr(ServerCase) test = stream_case();
  server_case_begin(test);
  int fd = open_stream(test, "3");
  g_autofree char *reply = server_case_hear(fd, "\r\n0\r\n\r\n");
  server_case_expect(reply, 200);
  assert_has(reply, "Content-Type: text/event-stream; charset=utf-8\r\n");
  assert_has(reply, "X-Accel-Buffering: no\r\n");
  assert_has(reply, "Content-Security-Policy: ");
  assert_has(reply, "data: 3\n\n");
  assert_has(reply, "data: 1\n\n");
  await_freed(1);
  /* The connection goes on. */
  server_case_send(fd, GET("/echo"));
  g_autofree char *after = server_case_hear(fd, "body  0\n");
  server_case_expect(after, 200);
  close(fd);
  g_autofree char *head = server_case_raw(
      test, "HEAD /stream?say=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  server_case_expect(head, 200);
  await_freed(2);
}

static void
test_stream_beats_and_ends(void) {
  g_autoptr(ServerCase) test = stream_case();
  test->limits.beat = 50 * MS;
  test->limits.stream = 500 * MS;
  server_case_begin(test);
  int fd = open_stream(test, "0");
  g_autofree char *reply = server_case_hear(fd, "\r\n0\r\n\r\n");
  assert_has(reply, ":\n\n\r\n3\r\n:\n\n"); /* two in a row */
  await_freed(1);
  close(fd);
}

static void
test_stream_left(void) {
  g_autoptr(ServerCase) test = stream_case();
  test->limits.streams = 2;
  server_case_begin(test);
  int one = open_stream(test, "0"), two = open_stream(test, "0");
  await(one, "\r\n\r\n");
  await(two, "\r\n\r\n");
  g_autofree char *many = server_case_raw(
      test, "GET /stream?say=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  server_case_expect(many, 503);
  g_assert_cmpint(g_atomic_int_get(&streams_freed), ==, 1); /* the one that was refused */
  close(one);
  await_freed(2); /* it is noticed although nothing is said */
  int three = open_stream(test, "1");
  g_autofree char *reply = server_case_hear(three, "\r\n0\r\n\r\n");
  assert_has(reply, "data: 1\n\n");
  close(two);
  close(three);
  await_freed(4);
}

static void
test_stream_waits_for_store(void) {
  g_autoptr(ServerCase) test = stream_case();
  server_case_begin(test);
  server_case_hang(test, true);
  int fd = open_stream(test, "1");
  server_case_await_hanging(test, 1);
  g_autofree char *page = server_case_get(test, "/echo");
  server_case_expect(page, 200);
  server_case_hang(test, false);
  g_autofree char *reply = server_case_hear(fd, "\r\n0\r\n\r\n");
  assert_has(reply, "data: 1\n\n");
  close(fd);
}

/* ── the end, and rest ── */

#define IDLE 200

/* Two hundred who are connected, some who are slow, streams, and a store that hangs. */
static void
test_end_under_load(void) {
  g_autoptr(ServerCase) test = stream_case();
  server_case_begin(test);
  int fds[IDLE + 30];
  guint count = 0;
  while (count < IDLE) {
    fds[count] = server_case_dial(test);
    server_case_send(fds[count], GET("/echo"));
    g_autofree char *reply = server_case_hear(fds[count++], "body  0\n");
    server_case_expect(reply, 200);
  }
  for (guint i = 0; i < 5; i++) {
    fds[count++] = open_stream(test, "0");
    fds[count] = server_case_dial(test);
    server_case_send(fds[count++], "GET /slo");
    fds[count] = server_case_dial(test);
    server_case_send(fds[count++], GET("/big"));
  }
  while (g_atomic_int_get(&streams_asked) < 5)
    g_usleep(10000);
  server_case_hang(test, true);
  for (guint i = 0; i < 5; i++)
    fds[count++] = ask_store(test);
  server_case_await_hanging(test, WEB_THREADS - 1);
  gint64 before = g_get_monotonic_time();
  g_assert_false(web_free(g_steal_pointer(&test->web))); /* what hangs is left */
  g_assert_cmpint(g_get_monotonic_time() - before, <, 2 * S);
  await_freed(5);
  for (guint i = 0; i < count; i++)
    close(fds[i]);
}

/* ── an answer that is not taken ── */

static gint forget; /* atomic: the library does nothing with the next answer */

/* In place of the library's own, which does that when it is just being stopped. */
enum MHD_Result
MHD_queue_response(struct MHD_Connection *connection, unsigned int status,
                   struct MHD_Response *response) {
  enum MHD_Result (*real)(struct MHD_Connection *, unsigned int, struct MHD_Response *);
  if (g_atomic_int_compare_and_exchange(&forget, 1, 0))
    return MHD_YES;
  *(void **)&real = dlsym(RTLD_NEXT, "MHD_queue_response");
  return real(connection, status, response);
}

/* The library asks for it again; then the connection ends. */
static void
test_forgotten(void) {
  g_autoptr(ServerCase) test = server_case_new(NULL);
  server_case_begin(test);
  int fd = server_case_dial(test);
  g_atomic_int_set(&forget, 1);
  server_case_send(fd, GET("/echo"));
  while (g_atomic_int_get(&forget) != 0)
    g_usleep(1000);
  server_case_send(fd, GET("/echo"));
  g_autofree char *reply = server_case_hear(fd, NULL);
  g_assert_cmpstr(reply, ==, "");
  close(fd);
  g_autofree char *next = server_case_get(test, "/echo");
  server_case_expect(next, 200);
}

static void
test_end(void) {
  g_autoptr(ServerCase) test = stream_case();
  server_case_begin(test);
  int fd = ask_store(test), stream = open_stream(test, "0");
  expect_end(fd, 200);
  await(stream, "\r\n\r\n");
  gint64 before = g_get_monotonic_time();
  g_assert_true(web_free(g_steal_pointer(&test->web)));
  g_assert_cmpint(g_get_monotonic_time() - before, <, 1 * S);
  close(stream);
}

/* How often the threads of this process were put to sleep so far, and how many there are. */
static guint64
switches(guint *threads) {
  guint64 sum = 0;
  g_autoptr(GDir) tasks = g_dir_open("/proc/self/task", 0, NULL);
  *threads = 0;
  for (const char *name; (name = g_dir_read_name(tasks)) != NULL;) {
    g_autofree char *path = g_build_filename("/proc/self/task", name, "status", NULL);
    g_autofree char *status = NULL;
    unsigned long long count = 0;
    if (!g_file_get_contents(path, &status, NULL, NULL))
      continue;
    const char *line = strstr(status, "\nvoluntary_ctxt_switches:");
    if (line != NULL && sscanf(line, " voluntary_ctxt_switches: %llu", &count) == 1)
      sum += count;
    *threads += 1;
  }
  return sum;
}

#define QUIET_TRIES 10 /* a busy machine may be late with what is left to do */

/* A second that has to be real: when nobody is connected nothing wakes up, and the threads that
 * answered are gone, with their stores. */
static void
test_sleeps(void) {
  g_autoptr(ServerCase) test = stream_case();
  guint before_threads, threads = 0;
  test->limits.rest = 100 * MS;
  test->limits.tick = 50 * MS;
  server_case_begin(test);
  switches(&before_threads);
  expect_end(ask_store(test), 200);
  int stream = open_stream(test, "1");
  await(stream, "\r\n0\r\n\r\n");
  close(stream);
  guint64 woken = G_MAXUINT64;
  for (int i = 0; i < QUIET_TRIES && (woken > 2 || threads > before_threads); i++) {
    g_usleep(300 * (gulong)MS);
    guint64 before = switches(&threads);
    g_usleep(1000 * (gulong)MS);
    woken = switches(&threads) - before;
  }
  g_assert_cmpuint(woken, <=, 2); /* this thread's own */
  g_assert_cmpuint(threads, <=, before_threads);
}

int
main(int argc, char *argv[]) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/server/request", test_request);
  g_test_add_func("/server/continue", test_continue);
  g_test_add_func("/server/forwarded", test_forwarded);
  g_test_add_func("/server/slow-sender", test_slow_sender);
  g_test_add_func("/server/slow-body", test_slow_body);
  g_test_add_func("/server/slow-reader", test_slow_reader);
  g_test_add_func("/server/idle", test_idle);
  g_test_add_func("/server/connections", test_connections);
  g_test_add_func("/server/full", test_full);
  g_test_add_func("/server/storeless-while-store-hangs", test_storeless_while_store_hangs);
  g_test_add_func("/server/given-up", test_given_up);
  g_test_add_func("/server/stream", test_stream);
  g_test_add_func("/server/stream-beats-and-ends", test_stream_beats_and_ends);
  g_test_add_func("/server/stream-left", test_stream_left);
  g_test_add_func("/server/stream-waits-for-store", test_stream_waits_for_store);
  g_test_add_func("/server/end", test_end);
  g_test_add_func("/server/end-under-load", test_end_under_load);
  g_test_add_func("/server/forgotten", test_forgotten);
  g_test_add_func("/server/sleeps", test_sleeps);
  return g_test_run();
}
