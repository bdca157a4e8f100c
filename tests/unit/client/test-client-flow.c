/* The ZMS client against a scripted server: what is tried again and when, how many run at once, how
 * it stops. Waiting happens on a manual clock.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include <string.h>

#include "base/text.h"
#include "monitor/metrics.h"

/* ── tries ── */

static const Answer good = { .status = 200, .body = "[]" };

/* Retry-After as sent, and how many seconds of our clock it may cost. */
static void
test_retry_after(Fixture *fixture, gconstpointer data) {
  static const struct {
    const char *value;
    gdouble slept;
  } waits[] = {
    { "7", 7 },
    { "Tue, 10 Mar 2026 13:06:00 GMT", 51 },
    { "Tue, 10 Mar 2026 13:05:00 GMT", 0.01 }, /* past: the widened gap only */
    { "0", 0.01 },
    { "100000", 120 }, /* the bound */
    { "99999999999999999999", 120 },
    { "bald", 1 }, /* the default */
    { "-5", 1 },
    { "1.5", 1 },
    { NULL, 1 },
  };
  (void)data;
  for (gsize i = 0; i < G_N_ELEMENTS(waits); i++) {
    /* One Zms each: the limiter remembers. */
    g_autoptr(Clock) clock = clock_manual_new(NOW);
    g_autoptr(Server) server = server_new();
    fixture->options.baseurl = server_url(server);
    g_autoptr(Zms) zms = zms_new(&fixture->options, clock, NULL, NULL);
    g_autoptr(ZmsTenant) tenant = zms_tenant_new(zms, &(ZmsCredentials){ .token = TOKEN }, NULL);
    server_answer(server, "/lehrgaenge",
                  (Answer){ .status = 429,
                            .header = waits[i].value == NULL ? NULL : "Retry-After",
                            .value = waits[i].value });
    server_answer(server, "/lehrgaenge", good);
    g_assert_true(zms_list(tenant, 0, NULL, NULL, NULL, NULL));
    g_assert_cmpfloat_with_epsilon((gdouble)clock_slept(clock) / S, waits[i].slept, 0.001);
    ZmsStats stats;
    zms_stats(zms, &stats);
    g_assert_cmpuint(stats.throttled, ==, 1);
    g_assert_cmpuint(stats.retries, ==, 1);
    g_assert_cmpuint(stats.requests, ==, 2);
  }
}

static void
test_429_to_the_end(Fixture *fixture, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  (void)data;
  fixture_connect(fixture);
  server_answer(fixture->server, "/lehrgaenge",
                (Answer){ .status = 429,
                          .body = "{\"detail\":\"zu schnell\"}",
                          .header = "Retry-After",
                          .value = "3" });
  g_assert_false(fixture_list(fixture, &error));
  g_assert_error(error, API_ERROR, API_ERROR_RATE_LIMITED);
  fixture_assert_says(error,
                      "429 Too Many Requests: zu schnell. Tried 4 times. Raise requestdelayms");
  g_assert_cmpuint(server_count(fixture->server), ==, 4);
  g_assert_cmpint(clock_slept(fixture->clock), ==, 3 * 3 * S);
}

static void
test_429_slows_down(Fixture *fixture, gconstpointer data) {
  static const char *const ids[] = { "a", "b", "c", "d", NULL };
  (void)data;
  fixture->options.connections = 1;
  fixture_connect(fixture);
  server_answer(fixture->server, "/lehrgaenge/a/teilnehmer",
                (Answer){ .status = 429, .header = "Retry-After", .value = "1" });
  for (guint i = 0; ids[i] != NULL; i++) {
    autochar path = g_strdup_printf("/lehrgaenge/%s/teilnehmer", ids[i]);
    server_answer(fixture->server, path, good);
  }
  g_assert_true(fixture_teilnehmer(fixture, ids, NULL));
  g_assert_cmpstr(fixture->seen->str, ==, "0=ok;1=ok;2=ok;3=ok;"); /* the throttled one first */
  g_assert_cmpint(clock_slept(fixture->clock), ==, S + 3 * 10 * G_TIME_SPAN_MILLISECOND);
}

static void
test_500_then_200(Fixture *fixture, gconstpointer data) {
  (void)data;
  fixture_connect(fixture);
  server_answer(fixture->server, "/lehrgaenge", (Answer){ .status = 500, .body = "kaputt" });
  server_answer(fixture->server, "/lehrgaenge", (Answer){ .status = 502 });
  server_answer(fixture->server, "/lehrgaenge", good);
  g_assert_true(fixture_list(fixture, NULL));
  gint64 slept = clock_slept(fixture->clock); /* 0.5 s and 1 s, each half to one and a half */
  g_assert_cmpint(slept, >=, S * 3 / 4);
  g_assert_cmpint(slept, <=, S * 9 / 4);
}

static void
test_500_to_the_end(Fixture *fixture, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  (void)data;
  fixture->options.attempts = 10;
  fixture_connect(fixture);
  server_answer(fixture->server, "/lehrgaenge",
                (Answer){ .status = 500, .body = "{\"detail\":\"kaputt\"}" });
  g_assert_false(fixture_list(fixture, &error));
  g_assert_error(error, API_ERROR, API_ERROR_SERVER);
  fixture_assert_says(error,
                      "500 Internal Server Error: kaputt. Tried 10 times. ZMS has a problem");
  g_assert_cmpuint(server_count(fixture->server), ==, 10);
  /* 0.5 + 1 + … + 16 + 30 + 30 + 30 s at most, for no single one is longer than 30 s even with its
   * jitter. */
  g_assert_cmpint(clock_slept(fixture->clock), >=, 60 * S);
  g_assert_cmpint(clock_slept(fixture->clock), <=, 140 * S);
}

static void
test_503_with_retry_after(Fixture *fixture, gconstpointer data) {
  (void)data;
  fixture_connect(fixture);
  server_answer(fixture->server, "/lehrgaenge",
                (Answer){ .status = 503, .header = "Retry-After", .value = "40" });
  server_answer(fixture->server, "/lehrgaenge", good);
  g_assert_true(fixture_list(fixture, NULL));
  g_assert_cmpint(clock_slept(fixture->clock), ==, 40 * S);
}

static void
test_broken_answers(Fixture *fixture, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  (void)data;
  fixture_connect(fixture);
  server_answer(fixture->server, "/lehrgaenge", (Answer){ .status = 0 });
  server_answer(fixture->server, "/lehrgaenge",
                (Answer){ .status = 200, .body = "[{\"id\":\"A\"}", .truncate = true });
  server_answer(fixture->server, "/lehrgaenge",
                (Answer){ .status = 200, .body = "[{\"id\":\"B\"}]" });
  g_assert_true(fixture_list(fixture, &error));
  g_assert_no_error(error);
  g_assert_cmpstr(fixture->seen->str, ==, "B|||||;");
  server_answer(fixture->server, "/lehrgaenge/x", (Answer){ .status = 0 });
  g_assert_false(zms_lehrgang(fixture->tenant, "x", NULL, NULL, &error));
  g_assert_error(error, API_ERROR, API_ERROR_TRANSPORT);
  fixture_assert_says(error, "Tried 4 times.");
  g_clear_error(&error);
  server_answer(fixture->server, "/lehrgaenge/y",
                (Answer){ .status = 401, .body = "a", .truncate = true });
  g_assert_false(zms_lehrgang(fixture->tenant, "y", NULL, NULL, &error));
  g_assert_error(error, API_ERROR, API_ERROR_UNAUTHORIZED);
}

static void
test_nobody_there(Fixture *fixture, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  Server *gone = server_new();
  autochar url = g_strdup(server_url(gone));
  (void)data;
  server_free(gone);
  fixture->options.baseurl = url;
  fixture->options.attempts = 2;
  fixture_connect(fixture);
  g_assert_false(fixture_list(fixture, &error));
  g_assert_error(error, API_ERROR, API_ERROR_TRANSPORT);
  fixture_assert_says(error, "Check baseurl and the network");
  g_assert_cmpint(clock_slept(fixture->clock), >=, S / 4);
}

/* ── many Lehrgänge ── */

static void
test_participants(Fixture *fixture, gconstpointer data) {
  static const char *const ids[] = { "a", "gone", "bad", "d", "empty", NULL };
  g_autoptr(GError) error = NULL;
  (void)data;
  fixture->options.connections = 1;
  fixture_connect(fixture);
  server_answer(fixture->server, "/lehrgaenge/a/teilnehmer",
                (Answer){ .status = 200,
                          .body = "[{\"id\":\"p\"},{\"id\":3,\"vorname\":{}},{\"id\":\"r\"}]" });
  server_answer(fixture->server, "/lehrgaenge/bad/teilnehmer",
                (Answer){ .status = 200, .body = "[{\"id\":\"p\"},]" });
  server_answer(fixture->server, "/lehrgaenge/d/teilnehmer",
                (Answer){ .status = 200, .body = "[{\"id\":\"p\"}]" });
  server_answer(fixture->server, "/lehrgaenge/empty/teilnehmer", good);
  g_assert_true(fixture_teilnehmer(fixture, ids, &error));
  g_assert_no_error(error);
  g_assert_cmpstr(fixture->seen->str, ==,
                  "0:p;skip 0 [1].vorname '3' expected a string, found an object;0:r;0=ok;"
                  "1=not found;2=unexpected answer;3:p;3=ok;4=ok;");
  fixture_assert_log(
      fixture, "/lehrgaenge/a/teilnehmer /lehrgaenge/gone/teilnehmer /lehrgaenge/bad/teilnehmer "
               "/lehrgaenge/d/teilnehmer /lehrgaenge/empty/teilnehmer");
}

static void
test_401_fails_the_tenant(Fixture *fixture, gconstpointer data) {
  static const char *const ids[] = { "a", "b", "c", NULL };
  g_autoptr(GError) error = NULL;
  (void)data;
  fixture->options.connections = 1;
  fixture_connect(fixture);
  server_answer(fixture->server, "/lehrgaenge/a/teilnehmer", good);
  server_answer(fixture->server, "/lehrgaenge/b/teilnehmer", (Answer){ .status = 401 });
  server_answer(fixture->server, "/lehrgaenge/c/teilnehmer", good);
  g_assert_false(fixture_teilnehmer(fixture, ids, &error));
  g_assert_error(error, API_ERROR, API_ERROR_UNAUTHORIZED);
  g_assert_cmpstr(fixture->seen->str, ==, "0=ok;");
  /* The tenant can be asked again all the same. */
  server_answer(fixture->server, "/lehrgaenge", good);
  g_assert_true(fixture_list(fixture, NULL));
}

static void
test_waiting_lets_others_go_on(Fixture *fixture, gconstpointer data) {
  static const char *const ids[] = { "a", "b", "c", NULL };
  (void)data;
  fixture->options.connections = 1;
  fixture_connect(fixture);
  server_answer(fixture->server, "/lehrgaenge/a/teilnehmer", (Answer){ .status = 500 });
  server_answer(fixture->server, "/lehrgaenge/a/teilnehmer", good);
  server_answer(fixture->server, "/lehrgaenge/b/teilnehmer", good);
  server_answer(fixture->server, "/lehrgaenge/c/teilnehmer", good);
  g_assert_true(fixture_teilnehmer(fixture, ids, NULL));
  g_assert_cmpstr(fixture->seen->str, ==, "1=ok;2=ok;0=ok;");
}

static void
test_silent_host_fails_the_tenant(Fixture *fixture, gconstpointer data) {
  static const char *const ids[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", NULL };
  g_autoptr(GError) error = NULL;
  (void)data;
  fixture->options.connections = 1;
  fixture->options.attempts = 2;
  fixture_connect(fixture);
  for (guint i = 0; ids[i] != NULL; i++) {
    autochar path = g_strdup_printf("/lehrgaenge/%s/teilnehmer", ids[i]);
    server_answer(fixture->server, path, (Answer){ .status = 0 });
  }
  g_assert_false(fixture_teilnehmer(fixture, ids, &error));
  g_assert_error(error, API_ERROR, API_ERROR_TRANSPORT);
  g_assert_nonnull(strstr(fixture->seen->str, "=no answer;"));
}

static void
test_gap(Fixture *fixture, gconstpointer data) {
  static const char *const ids[] = { "a", "b", "c", "d", "e", NULL };
  (void)data;
  fixture->options.gap_ms = 300;
  fixture_connect(fixture);
  server_answer(fixture->server, "/lehrgaenge", good);
  g_assert_true(fixture_list(fixture, NULL) && fixture_list(fixture, NULL));
  g_assert_cmpint(clock_slept(fixture->clock), ==, 0);
  g_assert_true(fixture_teilnehmer(fixture, ids, NULL));
  g_assert_cmpint(clock_slept(fixture->clock), ==, 4 * 300 * G_TIME_SPAN_MILLISECOND);
}

static void
test_connections_are_reused(Fixture *fixture, gconstpointer data) {
  const char *ids[41] = { NULL };
  ZmsStats stats;
  (void)data;
  fixture->options.connections = 2;
  fixture_connect(fixture);
  for (guint i = 0; i < 40; i++)
    ids[i] = "a";
  server_answer(fixture->server, "/lehrgaenge/a/teilnehmer", good);
  g_assert_true(fixture_teilnehmer(fixture, ids, NULL));
  g_assert_true(zms_teilnehmer_raw(fixture->tenant, ids, 40, NULL));
  zms_stats(fixture->zms, &stats);
  g_assert_cmpuint(stats.requests, ==, 80);
  g_assert_cmpuint(stats.retries, ==, 0);
  g_assert_cmpuint(stats.bytes, ==, 160);
  g_assert_cmpuint(stats.connections, <=, 2);
  g_assert_cmpuint(stats.peak_in_flight, ==, 2);
}

/* ── several tenants at once ── */

#define TENANTS 4
#define CONNECTIONS 3
#define EACH 30

typedef struct {
  Fixture *fixture;
  guint finished;
} Work;

static void
count_finished(guint index, const GError *error, gpointer user_data) {
  Work *work = user_data;
  (void)index;
  g_assert_no_error(error);
  work->finished++;
}

static gpointer
run_tenant(gpointer data) {
  Work *work = data;
  const char *ids[EACH];
  g_autoptr(ZmsTenant) tenant =
      zms_tenant_new(work->fixture->zms, &(ZmsCredentials){ .token = TOKEN }, NULL);
  for (guint i = 0; i < EACH; i++)
    ids[i] = "a";
  g_assert_true(zms_teilnehmer(tenant, ids, EACH, NULL, NULL, count_finished, work, NULL));
  return NULL;
}

/* The server holds requests back until CONNECTIONS of them are there: this ends in time only if all
 * slots are used to the very last request, whichever tenant it belongs to, and the peak tells that
 * never more were. */
static void
test_all_slots_are_used(Fixture *fixture, gconstpointer data) {
  Work work[TENANTS] = { 0 };
  GThread *threads[TENANTS];
  ZmsStats stats;
  (void)data;
  fixture->options.connections = CONNECTIONS;
  fixture_connect(fixture);
  server_answer(fixture->server, "/lehrgaenge/a/teilnehmer", good);
  server_gather(fixture->server, CONNECTIONS);
  for (guint i = 0; i < TENANTS; i++) {
    work[i].fixture = fixture;
    threads[i] = g_thread_new("tenant", run_tenant, &work[i]);
  }
  for (guint i = 0; i < TENANTS; i++) {
    g_thread_join(threads[i]);
    g_assert_cmpuint(work[i].finished, ==, EACH);
  }
  g_assert_true(server_gathered(fixture->server));
  g_assert_cmpuint(server_peak(fixture->server), ==, CONNECTIONS);
  zms_stats(fixture->zms, &stats);
  g_assert_cmpuint(stats.peak_in_flight, ==, CONNECTIONS);
  g_assert_cmpuint(stats.requests, ==, TENANTS * EACH);
}

/* ── stopping ── */

static void
stop_at_third(Server *server, const char *path, gpointer user_data) {
  Fixture *fixture = user_data;
  (void)path;
  if (server_count(server) < 3)
    return;
  stop_request(&fixture->stop);
  /* The answer stays out: only by dropping it the client can end. */
  server_gather(server, G_MAXUINT);
}

static void
test_stop(Fixture *fixture, gconstpointer data) {
  static const char *const ids[] = { "a", "a", "a", "a", "a", NULL };
  g_autoptr(GError) error = NULL;
  (void)data;
  fixture->options.connections = 1;
  fixture_connect(fixture);
  server_answer(fixture->server, "/lehrgaenge/a/teilnehmer", good);
  server_set_hook(fixture->server, stop_at_third, fixture);
  gint64 begin = g_get_monotonic_time();
  g_assert_false(fixture_teilnehmer(fixture, ids, &error));
  g_assert_error(error, API_ERROR, API_ERROR_STOPPED);
  g_assert_cmpint(g_get_monotonic_time() - begin, <, 10 * S);
  g_assert_true(g_str_has_prefix(fixture->seen->str, "0=ok;1=ok;"));
  g_assert_false(fixture_list(fixture, NULL)); /* and nothing is begun any more */
  g_assert_cmpuint(server_count(fixture->server), ==, 3);
}

static void
stop_while_waiting(Server *server, const char *path, gpointer user_data) {
  Fixture *fixture = user_data;
  (void)server, (void)path;
  stop_request(&fixture->stop);
}

static void
test_stop_while_waiting(Fixture *fixture, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  (void)data;
  fixture_connect(fixture);
  server_answer(fixture->server, "/lehrgaenge",
                (Answer){ .status = 429, .header = "Retry-After", .value = "100" });
  server_set_hook(fixture->server, stop_while_waiting, fixture);
  g_assert_false(fixture_list(fixture, &error));
  g_assert_error(error, API_ERROR, API_ERROR_STOPPED);
  g_assert_cmpint(clock_slept(fixture->clock), <=, S / 2);
}

static gint stalled; /* atomic: so long the answer stays out */

static void
stop_and_stall(Server *server, const char *path, gpointer user_data) {
  Fixture *fixture = user_data;
  (void)server, (void)path;
  stop_request(&fixture->stop);
  for (int i = 0; i < 1000 && g_atomic_int_get(&stalled); i++)
    g_usleep(10000);
}

static gint64
requests_to_zms(const char *status) {
  g_autoptr(GString) text = g_string_new(NULL);
  autochar series =
      g_strdup_printf("\nlehrgaenge_requests_total{peer=\"zms\",status=\"%s\"} ", status);
  metrics_append(text);
  const char *found = strstr(text->str, series);
  return found != NULL ? g_ascii_strtoll(found + strlen(series), NULL, 10) : 0;
}

/* Every try counts, by what came back; what was dropped by a stop, too. */
static void
test_counted(Fixture *fixture, gconstpointer data) {
  gint64 fine = requests_to_zms("200"), bad = requests_to_zms("500");
  gint64 none = requests_to_zms("none");
  (void)data;
  fixture_connect(fixture);
  server_answer(fixture->server, "/lehrgaenge", (Answer){ .status = 0 });
  server_answer(fixture->server, "/lehrgaenge", (Answer){ .status = 500 });
  server_answer(fixture->server, "/lehrgaenge", good);
  g_assert_true(fixture_list(fixture, NULL));
  g_assert_cmpint(requests_to_zms("200"), ==, fine + 1);
  g_assert_cmpint(requests_to_zms("500"), ==, bad + 1);
  g_assert_cmpint(requests_to_zms("none"), ==, none + 1);
  g_atomic_int_set(&stalled, 1);
  server_set_hook(fixture->server, stop_and_stall, fixture);
  g_assert_false(fixture_list(fixture, NULL));
  g_assert_cmpint(requests_to_zms("none"), ==, none + 2);
  g_assert_cmpint(requests_to_zms("200"), ==, fine + 1);
  g_atomic_int_set(&stalled, 0);
}

/* libcurl's own clock: this one second is real. */
static void
test_timeout(Fixture *fixture, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  (void)data;
  fixture->options.timeout_s = 1;
  fixture->options.attempts = 1;
  fixture_connect(fixture);
  server_gather(fixture->server, G_MAXUINT);
  g_assert_false(fixture_list(fixture, &error));
  g_assert_error(error, API_ERROR, API_ERROR_TRANSPORT);
  fixture_assert_says(error, "timed out");
}

int
main(int argc, char **argv) {
  static const FixtureTest tests[] = {
    { "/client-flow/retry-after", test_retry_after },
    { "/client-flow/429-to-the-end", test_429_to_the_end },
    { "/client-flow/429-slows-down", test_429_slows_down },
    { "/client-flow/500-then-200", test_500_then_200 },
    { "/client-flow/500-to-the-end", test_500_to_the_end },
    { "/client-flow/503-with-retry-after", test_503_with_retry_after },
    { "/client-flow/broken-answers", test_broken_answers },
    { "/client-flow/nobody-there", test_nobody_there },
    { "/client-flow/participants", test_participants },
    { "/client-flow/401-fails-the-tenant", test_401_fails_the_tenant },
    { "/client-flow/waiting-lets-others-go-on", test_waiting_lets_others_go_on },
    { "/client-flow/silent-host", test_silent_host_fails_the_tenant },
    { "/client-flow/gap", test_gap },
    { "/client-flow/connections-are-reused", test_connections_are_reused },
    { "/client-flow/all-slots-are-used", test_all_slots_are_used },
    { "/client-flow/stop", test_stop },
    { "/client-flow/stop-while-waiting", test_stop_while_waiting },
    { "/client-flow/counted", test_counted },
    { "/client-flow/timeout", test_timeout },
  };
  g_test_init(&argc, &argv, NULL);
  fixture_add(tests, G_N_ELEMENTS(tests));
  return g_test_run();
}
