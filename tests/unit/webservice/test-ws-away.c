/* When a Moodle counts as away: how long nothing is sent to it, what ends the wait, and after how
 * much silence the rest of a batch is not even tried.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "http/retry.h"
#include "ws-fixture.h"

/* Which call a request is, by its arguments. */
static guint
call_of(const char *body) {
  const char *n = strstr(body, "&n=");
  return n != NULL ? (guint)g_ascii_strtoull(n + strlen("&n="), NULL, 10) : G_MAXUINT;
}

static const Answer good = { .status = 200, .body = "1" };

/* A server whose answers depend on the call, and when each was asked for. */
typedef struct {
  WsFixture *fixture;
  const char *later[3]; /* Retry-After of the first answer to a call; NULL: it gets a good one */
  guint asked[3];       /* requests so far */
  gint64 slept[3];      /* of the last one: so long had been waited before */
} Script;

/* Call 1 is answered after call 0. */
static void
reply_by_script(const char *path, const char *body, Answer *answer, gpointer data) {
  Script *script = data;
  guint call = call_of(body);
  (void)path;
  g_assert_cmpuint(call, <, 3);
  bool first = script->asked[call]++ == 0;
  script->slept[call] = clock_slept(script->fixture->clock);
  if (call == 1 && first)
    g_usleep(50000);
  if (first && script->later[call] != NULL)
    *answer = (Answer){ .status = 503, .header = "Retry-After", .value = script->later[call] };
  else
    *answer = (Answer){ .status = 200, .body = g_strdup("1") };
}

/* Who asked for the longest silence gets it from all. */
static void
test_longest_wait_counts(WsFixture *fixture, gconstpointer data) {
  Script script = { .fixture = fixture, .later = { "20", "1" } };
  (void)data;
  ws_fixture_connect(fixture);
  server_set_reply(fixture->server, reply_by_script, &script);
  g_assert_true(ws_fixture_run(fixture, 3, true, NULL));
  for (guint i = 0; i < 3; i++)
    g_assert_cmpint(script.slept[i], >=, 20 * S);
  g_assert_cmpuint(script.asked[0] + script.asked[1] + script.asked[2], ==, 5);
}

/* One that answers is there: the others need not wait. */
static void
test_answer_ends_the_wait(WsFixture *fixture, gconstpointer data) {
  Script script = { .fixture = fixture, .later = { "20" } };
  (void)data;
  ws_fixture_connect(fixture);
  server_set_reply(fixture->server, reply_by_script, &script);
  g_assert_true(ws_fixture_run(fixture, 3, true, NULL));
  g_assert_cmpint(script.slept[2], ==, 0);
  g_assert_cmpint(script.slept[0], ==, 20 * S);
}

/* A second is not enough for one who has waited longer by itself before. */
static void
test_own_wait_is_the_least(WsFixture *fixture, gconstpointer data) {
  (void)data;
  fixture->options.attempts = 6;
  ws_fixture_connect(fixture);
  ws_fixture_answer(fixture, (Answer){ .status = 503, .header = "Retry-After", .value = "1" });
  g_autoptr(WsFailure) failure = ws_fixture_call(fixture, true);
  g_assert_cmpint(failure->kind, ==, WS_UNAVAILABLE);
  g_assert_cmpuint(server_count(fixture->server), ==, 6);
  g_assert_cmpint(clock_slept(fixture->clock), >=, 3 * S + WS_RETRY_FIRST * (8 + 16) / 2);
}

/* So long is waited when asked, and no second longer. */
static void
test_longest_retry_after(WsFixture *fixture, gconstpointer data) {
  autochar most = g_strdup_printf("%d", WS_RETRY_AFTER_MAX);
  autochar more = g_strdup_printf("%d", WS_RETRY_AFTER_MAX + 1);
  (void)data;
  ws_fixture_connect(fixture);
  ws_fixture_answer(fixture, (Answer){ .status = 503, .header = "Retry-After", .value = most });
  ws_fixture_answer(fixture, good);
  g_assert_null(ws_fixture_call(fixture, true));
  g_assert_cmpint(clock_slept(fixture->clock), ==, WS_RETRY_AFTER_MAX * S);
  ws_fixture_answer(fixture, (Answer){ .status = 503, .header = "Retry-After", .value = more });
  g_autoptr(WsFailure) failure = ws_fixture_call(fixture, true);
  g_assert_cmpint(failure->kind, ==, WS_UNAVAILABLE);
  g_assert_cmpint(clock_slept(fixture->clock), ==, WS_RETRY_AFTER_MAX * S);
  g_assert_cmpuint(server_count(fixture->server), ==, 3);
}

/* However often it was tried: some time, and never more than the longest. */
static void
test_delays(WsFixture *fixture, gconstpointer data) {
  g_autoptr(GRand) jitter = g_rand_new_with_seed(1);
  (void)fixture, (void)data;
  for (guint tries = 1; tries <= 100; tries++)
    for (guint i = 0; i < 20; i++) {
      gint64 delay = retry_delay(jitter, tries, WS_RETRY_FIRST, WS_RETRY_MAX);
      g_assert_cmpint(delay, >=, MIN(WS_RETRY_FIRST << MIN(tries - 1, 10), WS_RETRY_MAX) / 2);
      g_assert_cmpint(delay, <=, WS_RETRY_MAX);
    }
}

/* ── how much silence is too much ── */

static void
reply_to_every_other(const char *path, const char *body, Answer *answer, gpointer data) {
  (void)path, (void)data;
  *answer = (Answer){ .status = 429 };
  if (call_of(body) % 2 == 0)
    *answer = (Answer){ .status = 200, .body = g_strdup("1") };
}

static void
connect_singly(WsFixture *fixture) {
  fixture->options.connections = 1;
  fixture->options.attempts = 1;
  ws_fixture_connect(fixture);
}

/* Sent away now and then is not away. */
static void
test_only_in_a_row(WsFixture *fixture, gconstpointer data) {
  (void)data;
  connect_singly(fixture);
  server_set_reply(fixture->server, reply_to_every_other, NULL);
  g_assert_true(ws_fixture_run(fixture, 20, true, NULL));
  g_assert_cmpuint(server_count(fixture->server), ==, 20);
}

/* And each batch finds out for itself. */
static void
test_so_many_in_a_row(WsFixture *fixture, gconstpointer data) {
  (void)data;
  connect_singly(fixture);
  ws_fixture_answer(fixture, (Answer){ .status = 429 });
  for (guint batch = 1; batch <= 2; batch++) {
    g_assert_true(ws_fixture_run(fixture, 20, true, NULL));
    g_assert_cmpuint(fixture->messages->len, ==, batch * 20);
    g_assert_cmpuint(server_count(fixture->server), ==, batch * WS_CLIENT_MAX_SILENT);
  }
}

/* Of a fragile read, a lost answer says that it was too much, and not that Moodle is away. */
static void
test_fragile_reads_do_not_end_it(WsFixture *fixture, gconstpointer data) {
  const WsBatch batch = {
    .count = 10, .fragile = true, .arguments = ws_fixture_arguments, .done = ws_fixture_done
  };
  (void)data;
  ws_fixture_connect(fixture);
  ws_fixture_answer(fixture, (Answer){ .status = 502 });
  g_assert_true(ws_client_run(fixture->client, &batch, fixture, NULL));
  g_assert_cmpuint(server_count(fixture->server), ==, 10);
  g_assert_cmpint(clock_slept(fixture->clock), ==, 0);
}

/* ── never more at once than configured ── */

static void
take_a_while(Server *server, const char *path, gpointer data) {
  (void)server, (void)path, (void)data;
  g_usleep(20000);
}

static void
test_as_many_as_configured(WsFixture *fixture, gconstpointer data) {
  static const struct {
    guint parallel, peak;
  } rows[] = { { 1, 1 }, { 2, 2 }, { 50, 3 }, { 0, 3 } };
  WsBatch batch = {
    .count = 9, .write = true, .arguments = ws_fixture_arguments, .done = ws_fixture_done
  };
  (void)data;
  fixture->options.connections = 3;
  ws_fixture_connect(fixture);
  ws_fixture_answer(fixture, good);
  server_set_hook(fixture->server, take_a_while, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    batch.parallel = rows[i].parallel;
    g_assert_true(ws_client_run(fixture->client, &batch, fixture, NULL));
    g_assert_cmpuint(server_peak(fixture->server), <=, rows[i].peak);
  }
}

/* ── dropped before anything was sent ── */

typedef struct {
  int listener;
  Stop *stop;
} Mute;

/* Takes a connection, says nothing, and has the stop asked for. */
static gpointer
mute_thread(gpointer data) {
  const Mute *mute = data;
  int connection = accept(mute->listener, NULL, NULL);
  stop_request(mute->stop);
  return GINT_TO_POINTER(connection);
}

/* Whoever waits for TLS has not sent the call: it is sure not to have happened. */
static void
test_dropped_while_connecting(WsFixture *fixture, gconstpointer data) {
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t length = sizeof address;
  Mute mute = { socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), &fixture->stop };
  (void)data;
  g_assert_cmpint(bind(mute.listener, (struct sockaddr *)&address, length), ==, 0);
  g_assert_cmpint(listen(mute.listener, 1), ==, 0);
  g_assert_cmpint(getsockname(mute.listener, (struct sockaddr *)&address, &length), ==, 0);
  autochar url = g_strdup_printf("https://127.0.0.1:%u", ntohs(address.sin_port));
  fixture->options.url = url;
  fixture->stop.grace_ms = 50;
  ws_fixture_connect(fixture);
  GThread *thread = g_thread_new("mute", mute_thread, &mute);
  g_autoptr(WsFailure) failure = ws_fixture_call(fixture, true);
  g_assert_cmpint(failure->kind, ==, WS_UNSENT);
  g_assert_true(failure->stopped);
  g_assert_false(ws_failure_may_have_happened(failure));
  close(GPOINTER_TO_INT(g_thread_join(thread)));
  close(mute.listener);
}

int
main(int argc, char **argv) {
  static const WsFixtureTest tests[] = {
    { "/ws-away/longest-wait-counts", test_longest_wait_counts },
    { "/ws-away/answer-ends-the-wait", test_answer_ends_the_wait },
    { "/ws-away/own-wait-is-the-least", test_own_wait_is_the_least },
    { "/ws-away/longest-retry-after", test_longest_retry_after },
    { "/ws-away/delays", test_delays },
    { "/ws-away/only-in-a-row", test_only_in_a_row },
    { "/ws-away/so-many-in-a-row", test_so_many_in_a_row },
    { "/ws-away/fragile-reads-do-not-end-it", test_fragile_reads_do_not_end_it },
    { "/ws-away/as-many-as-configured", test_as_many_as_configured },
    { "/ws-away/dropped-while-connecting", test_dropped_while_connecting },
  };
  g_test_init(&argc, &argv, NULL);
  ws_fixture_add(tests, G_N_ELEMENTS(tests));
  return g_test_run();
}
