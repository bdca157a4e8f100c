/* The server under those who are slow or many, and over a store that hangs: everything is bounded.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <sys/socket.h>
#include <unistd.h>

#include "server_pages.h"

#define S G_TIME_SPAN_SECOND

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
  server_case_send(fd, SERVER_PAGES_GET("/echo"));
  server_pages_await(fd, "body  0\n");
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
    server_case_send(fd, SERVER_PAGES_GET("/echo"));
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
  server_case_send(fd, SERVER_PAGES_GET("/big"));
  g_usleep(600 * (gulong)MS);
  gsize taken = 0;
  static char bytes[65536];
  for (ssize_t got; (got = recv(fd, bytes, sizeof bytes, 0)) > 0;)
    taken += (gsize)got;
  g_assert_cmpuint(taken, <, SERVER_PAGES_BIG); /* as much as the kernel had taken over */
  close(fd);
}

static void
test_idle(void) {
  g_autoptr(ServerCase) test = server_case_new(NULL);
  test->limits.idle_s = 1;
  server_case_begin(test);
  int fd = server_case_dial(test);
  server_case_send(fd, SERVER_PAGES_GET("/echo"));
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
    server_case_send(silent[i], SERVER_PAGES_GET("/echo"));
    g_autofree char *reply = server_case_hear(silent[i], "body  0\n");
    server_case_expect(reply, 200);
  }
  int late = server_case_dial(test);
  char byte;
  server_case_send(late, SERVER_PAGES_GET("/echo"));
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
    held[i] = server_pages_ask_store(test);
  server_case_await_hanging(test, 2);
  for (guint i = 2; i < 4; i++)
    held[i] = server_pages_ask_store(test);
  g_usleep(100 * (gulong)MS); /* they have come to wait */
  g_autofree char *full = server_case_get(test, "/store");
  server_case_expect(full, 503);
  g_autofree char *again = server_case_header(full, "Retry-After");
  g_assert_cmpstr(again, ==, "5");
  server_case_hang(test, false);
  for (guint i = 0; i < 4; i++)
    server_pages_expect_end(held[i], 200);
  g_autofree char *after = server_case_get(test, "/store");
  server_pages_assert_has(after, "store\n");
}

static void
test_storeless_while_store_hangs(void) {
  g_autoptr(ServerCase) test = server_case_new(NULL);
  server_case_begin(test);
  server_case_hang(test, true);
  int held[20];
  for (guint i = 0; i < G_N_ELEMENTS(held); i++)
    held[i] = server_pages_ask_store(test);
  server_case_await_hanging(test, WEB_THREADS - 1);
  for (guint i = 0; i < 10; i++) {
    gint64 before = g_get_monotonic_time();
    g_autofree char *reply = server_case_get(test, "/echo");
    server_case_expect(reply, 200);
    g_assert_cmpint(g_get_monotonic_time() - before, <, 5 * S);
  }
  server_case_hang(test, false);
  for (guint i = 0; i < G_N_ELEMENTS(held); i++)
    server_pages_expect_end(held[i], 200);
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
  int working = server_pages_ask_store(test);
  server_case_await_hanging(test, 1);
  int waiting = server_pages_ask_store(test);
  server_pages_expect_end(waiting, 503);
  server_pages_expect_end(working, 503);
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

int
main(int argc, char *argv[]) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/server/slow-sender", test_slow_sender);
  g_test_add_func("/server/slow-body", test_slow_body);
  g_test_add_func("/server/slow-reader", test_slow_reader);
  g_test_add_func("/server/idle", test_idle);
  g_test_add_func("/server/connections", test_connections);
  g_test_add_func("/server/full", test_full);
  g_test_add_func("/server/storeless-while-store-hangs", test_storeless_while_store_hangs);
  g_test_add_func("/server/given-up", test_given_up);
  return g_test_run();
}
