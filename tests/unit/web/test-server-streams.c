/* What lasts: event streams, and how the server ends and rests with whatever is still connected.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <dlfcn.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server_pages.h"

#define S G_TIME_SPAN_SECOND

/* ── streams ── */

static void
await_freed(gint count) {
  for (guint i = 0; i < 1000 && g_atomic_int_get(&server_pages_freed) < count; i++)
    g_usleep(10000);
  g_assert_cmpint(g_atomic_int_get(&server_pages_freed), ==, count);
}

static ServerCase *
stream_case(void) {
  ServerCase *test = server_case_new(NULL);
  test->limits.pace = 10 * MS;
  g_atomic_int_set(&server_pages_freed, 0);
  g_atomic_int_set(&server_pages_asked, 0);
  return test;
}

static void
test_stream(void) {
  g_autoptr(ServerCase) test = stream_case();
  server_case_begin(test);
  int fd = server_pages_open_stream(test, "3");
  g_autofree char *reply = server_case_hear(fd, "\r\n0\r\n\r\n");
  server_case_expect(reply, 200);
  server_pages_assert_has(reply, "Content-Type: text/event-stream; charset=utf-8\r\n");
  server_pages_assert_has(reply, "X-Accel-Buffering: no\r\n");
  server_pages_assert_has(reply, "Content-Security-Policy: ");
  server_pages_assert_has(reply, "data: 3\n\n");
  server_pages_assert_has(reply, "data: 1\n\n");
  await_freed(1);
  /* The connection goes on. */
  server_case_send(fd, SERVER_PAGES_GET("/echo"));
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
  int fd = server_pages_open_stream(test, "0");
  g_autofree char *reply = server_case_hear(fd, "\r\n0\r\n\r\n");
  server_pages_assert_has(reply, ":\n\n\r\n3\r\n:\n\n"); /* two in a row */
  await_freed(1);
  close(fd);
}

static void
test_stream_left(void) {
  g_autoptr(ServerCase) test = stream_case();
  test->limits.streams = 2;
  server_case_begin(test);
  int one = server_pages_open_stream(test, "0"), two = server_pages_open_stream(test, "0");
  server_pages_await(one, "\r\n\r\n");
  server_pages_await(two, "\r\n\r\n");
  g_autofree char *many = server_case_raw(
      test, "GET /stream?say=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  server_case_expect(many, 503);
  g_assert_cmpint(g_atomic_int_get(&server_pages_freed), ==, 1); /* the one that was refused */
  close(one);
  await_freed(2); /* it is noticed although nothing is said */
  int three = server_pages_open_stream(test, "1");
  g_autofree char *reply = server_case_hear(three, "\r\n0\r\n\r\n");
  server_pages_assert_has(reply, "data: 1\n\n");
  close(two);
  close(three);
  await_freed(4);
}

static void
test_stream_waits_for_store(void) {
  g_autoptr(ServerCase) test = stream_case();
  server_case_begin(test);
  server_case_hang(test, true);
  int fd = server_pages_open_stream(test, "1");
  server_case_await_hanging(test, 1);
  g_autofree char *page = server_case_get(test, "/echo");
  server_case_expect(page, 200);
  server_case_hang(test, false);
  g_autofree char *reply = server_case_hear(fd, "\r\n0\r\n\r\n");
  server_pages_assert_has(reply, "data: 1\n\n");
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
    server_case_send(fds[count], SERVER_PAGES_GET("/echo"));
    g_autofree char *reply = server_case_hear(fds[count++], "body  0\n");
    server_case_expect(reply, 200);
  }
  for (guint i = 0; i < 5; i++) {
    fds[count++] = server_pages_open_stream(test, "0");
    fds[count] = server_case_dial(test);
    server_case_send(fds[count++], "GET /slo");
    fds[count] = server_case_dial(test);
    server_case_send(fds[count++], SERVER_PAGES_GET("/big"));
  }
  while (g_atomic_int_get(&server_pages_asked) < 5)
    g_usleep(10000);
  server_case_hang(test, true);
  for (guint i = 0; i < 5; i++)
    fds[count++] = server_pages_ask_store(test);
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
  server_case_send(fd, SERVER_PAGES_GET("/echo"));
  while (g_atomic_int_get(&forget) != 0)
    g_usleep(1000);
  server_case_send(fd, SERVER_PAGES_GET("/echo"));
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
  int fd = server_pages_ask_store(test), stream = server_pages_open_stream(test, "0");
  server_pages_expect_end(fd, 200);
  server_pages_await(stream, "\r\n\r\n");
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
  server_pages_expect_end(server_pages_ask_store(test), 200);
  int stream = server_pages_open_stream(test, "1");
  server_pages_await(stream, "\r\n0\r\n\r\n");
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
