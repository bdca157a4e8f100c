/* Calls of Moodle's functions: what is sent, what is sent again, and what never is.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/text.h"
#include "monitor/metrics.h"
#include "ws-fixture.h"

#define OK                                                                                         \
  { .status = 200, .body = "{\"ok\":1}" }

static const Answer ok = OK;
static const Answer lost = { .status = 502 };
static const Answer busy = { .status = 503, .header = "Retry-After", .value = "1" };

static void
answer_all(WsFixture *fixture, const Answer *answers, guint count) {
  for (guint i = 0; i < count; i++)
    ws_fixture_answer(fixture, answers[i]);
}

/* That one call, for which the server has `answers` (the last one for ever), makes so many requests
 * and ends with `kind` (−1: a result). Returns how long was waited. */
static gint64
expect(WsFixture *fixture, bool write, const Answer *answers, guint count, guint requests,
       gint kind) {
  guint before = server_count(fixture->server);
  gint64 slept = clock_slept(fixture->clock);
  answer_all(fixture, answers, count);
  g_autoptr(WsFailure) failure = ws_fixture_call(fixture, write);
  g_assert_cmpint(failure == NULL ? -1 : (gint)failure->kind, ==, kind);
  g_assert_cmpuint(server_count(fixture->server) - before, ==, requests);
  if (failure != NULL && requests > 1) {
    autochar tries = g_strdup_printf("Tried %u times.", requests);
    ws_fixture_assert_says(failure->message, tries);
  }
  return clock_slept(fixture->clock) - slept;
}

/* ── what is sent ── */

static void
test_request(WsFixture *fixture, gconstpointer data) {
  autochar url = g_strconcat(server_url(fixture->server), "/", NULL);
  (void)data;
  fixture->options.url = url;
  ws_fixture_connect(fixture);
  ws_fixture_answer(fixture, ok);
  g_assert_null(ws_fixture_call(fixture, true));
  g_assert_null(ws_fixture_call(fixture, false));
  autochar write = server_body(fixture->server, 0);
  autochar read = server_body(fixture->server, 1);
  g_assert_cmpstr(write, ==, "wstoken=" TOKEN "&wsfunction=core_test&moodlewsrestformat=json&n=0");
  g_assert_cmpstr(read, ==,
                  "wstoken=" TOKEN "&wsfunction=core_test&moodlewsrestformat=json"
                  "&moodlewssettingraw=1&moodlewssettingfileurl=0&n=0");
  autochar log = server_log(fixture->server);
  autochar type = server_last_header(fixture->server, "Content-Type");
  autochar agent = server_last_header(fixture->server, "User-Agent");
  g_assert_cmpstr(log, ==, PATH " " PATH);
  g_assert_cmpstr(type, ==, "application/x-www-form-urlencoded");
  g_assert_true(g_str_has_prefix(agent, "lehrgaenge-sync/"));
  g_assert_cmpuint(ws_client_requests(fixture->client), ==, 2);
}

static json_t *
big_arguments(guint index, const char **function, gpointer fixture) {
  autochar text = g_strnfill((gsize)3 * 1024 * 1024, 'x');
  (void)index, (void)fixture;
  *function = "core_test";
  return json_pack("{s:s}", "text", text);
}

/* libcurl would ask first whether it may send so much, and wait for an answer that few give. */
static void
test_big_request(WsFixture *fixture, gconstpointer data) {
  const WsBatch batch = { .count = 1, .arguments = big_arguments, .done = ws_fixture_done };
  (void)data;
  ws_fixture_connect(fixture);
  ws_fixture_answer(fixture, ok);
  g_assert_true(ws_client_run(fixture->client, &batch, fixture, NULL));
  autochar body = server_body(fixture->server, 0);
  autochar header = server_last_header(fixture->server, "Expect");
  g_assert_cmpstr(fixture->seen->str, ==, "0:{\"ok\":1};");
  g_assert_cmpstr(header, ==, "");
  g_assert_cmpuint(strlen(body), >, 3 * 1024 * 1024);
}

static void
test_configuration(WsFixture *fixture, gconstpointer data) {
  static const struct {
    const char *url, *token, *says;
  } rows[] = {
    { "", TOKEN, "url is not an address" },
    { "http://moodle.example.org", TOKEN, "is not encrypted" },
    { "ftp://127.0.0.1", TOKEN, "begins neither with" },
    { "https://u:geheim@moodle.example.org", TOKEN, "url holds a user name or password" },
    { "https://moodle.example.org/?x=1", TOKEN, "holds a '?'" },
    { "https://moodle.example.org", "", "Set token-file" },
    { "https://moodle.example.org", NULL, "Set token-file" },
  };
  (void)data;
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(GError) error = NULL;
    fixture->options.url = rows[i].url;
    fixture->options.token = rows[i].token;
    g_assert_null(ws_client_new(&fixture->options, fixture->clock, NULL, &error));
    g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_CONFIG);
    ws_fixture_assert_says(error->message, rows[i].says);
    g_assert_null(strstr(error->message, "geheim"));
  }
}

static void
test_token_in_answers(WsFixture *fixture, gconstpointer data) {
  static const char *const bodies[] = { "<p>wstoken=" TOKEN " is bad",
                                        "{\"exception\":\"x\",\"errorcode\":\"" TOKEN
                                        "\",\"message\":\"" TOKEN "\",\"debuginfo\":\"" TOKEN
                                        "\"}" };
  (void)data;
  ws_fixture_connect(fixture);
  for (gsize i = 0; i < G_N_ELEMENTS(bodies); i++) {
    ws_fixture_answer(fixture, (Answer){ .status = 200, .body = bodies[i] });
    g_autoptr(WsFailure) failure = ws_fixture_call(fixture, true);
    ws_fixture_assert_says(failure->message, "***");
    g_assert_null(strstr(failure->message, TOKEN));
    g_assert_null(strstr(failure->text, TOKEN));
    g_assert_null(strstr(failure->errorcode, TOKEN));
  }
}

/* ── trying again ── */

static void
test_read_is_repeated(WsFixture *fixture, gconstpointer data) {
  static const Answer twice[] = { { .status = 502 }, { .status = 504 }, OK };
  static const Answer broken[] = { { .status = 200, .body = "[1," }, OK };
  (void)data;
  ws_fixture_connect(fixture);
  gint64 slept = expect(fixture, false, twice, 3, 3, -1);
  g_assert_cmpint(slept, >=, WS_RETRY_FIRST / 2 + WS_RETRY_FIRST);
  g_assert_cmpint(slept, <=, WS_RETRY_FIRST * 9 / 2);
  expect(fixture, false, broken, 2, 2, -1);
  expect(fixture, false, &lost, 1, 3, WS_LOST);
}

static void
test_write_is_never_repeated(WsFixture *fixture, gconstpointer data) {
  static const Answer unclear[] = {
    { .status = 502 },
    { .status = 504 },
    { .status = 500 },
    { .status = 503 }, /* a proxy's, while Moodle goes on */
    { .status = 200, .body = "<html>" },
    { .status = 200, .body = "" },
    { .status = 200, .body = "[1]", .truncate = true },
    { .status = 200, .body = "0123456789", .repeat = 200000 },
  };
  (void)data;
  ws_fixture_connect(fixture);
  for (gsize i = 0; i < G_N_ELEMENTS(unclear); i++)
    g_assert_cmpint(expect(fixture, true, &unclear[i], 1, 1, WS_LOST), ==, 0);
}

/* libcurl by itself sends a request again when a connection that it used before breaks off. */
static void
test_write_over_used_connection(WsFixture *fixture, gconstpointer data) {
  static const Answer hang_up = { .status = 0 };
  (void)data;
  fixture->options.connections = 1;
  fixture->options.attempts = 1;
  ws_fixture_connect(fixture);
  expect(fixture, true, &ok, 1, 1, -1);
  expect(fixture, true, &hang_up, 1, 1, WS_LOST);
  expect(fixture, true, &ok, 1, 1, -1);
  static const Answer once[] = { { .status = 0 }, OK };
  expect(fixture, false, once, 2, 2, -1); /* of a read it may */
}

static void
test_unavailable_is_repeated(WsFixture *fixture, gconstpointer data) {
  static const Answer maintenance[] = {
    { .status = 200,
      .body = "{\"exception\":\"x\",\"errorcode\":\"sitemaintenance\",\"message\":\"m\"}" },
    OK
  };
  static const Answer limited[] = { { .status = 429 }, OK };
  (void)data;
  ws_fixture_connect(fixture);
  expect(fixture, true, maintenance, 2, 2, -1);
  expect(fixture, true, limited, 2, 2, -1);
  expect(fixture, true, &busy, 1, 3, WS_UNAVAILABLE);
  expect(fixture, true, &ok, 1, 1, -1);
}

static void
test_retry_after(WsFixture *fixture, gconstpointer data) {
  static const Answer later[] = { { .status = 503, .header = "Retry-After", .value = "7" }, OK };
  static const Answer date[] = {
    { .status = 503, .header = "Retry-After", .value = "Tue, 10 Mar 2026 13:05:29 GMT" }, OK
  };
  static const Answer long_after = { .status = 429,
                                     .header = "Retry-After",
                                     .value = "999999999999" };
  static const Answer nonsense[] = { { .status = 503, .header = "Retry-After", .value = "soon" },
                                     OK };
  (void)data;
  ws_fixture_connect(fixture);
  gint64 slept = expect(fixture, true, date, 2, 2, -1);
  g_assert_cmpint(slept, ==, 20 * S);
  slept = expect(fixture, true, later, 2, 2, -1);
  g_assert_cmpint(slept, ==, 7 * S);
  slept = expect(fixture, true, &long_after, 1, 1, WS_UNAVAILABLE);
  g_assert_cmpint(slept, ==, 0);
  slept = expect(fixture, true, nonsense, 2, 2, -1);
  g_assert_cmpint(slept, <=, WS_RETRY_FIRST * 3 / 2);
}

static void
test_refusals_are_not_repeated(WsFixture *fixture, gconstpointer data) {
  static const struct {
    Answer answer;
    WsFailureKind kind;
  } rows[] = {
    { { .status = 200, .body = "{\"exception\":\"x\",\"errorcode\":\"dmlwriteexception\"}" },
      WS_EXCEPTION },
    { { .status = 200, .body = "{\"exception\":\"x\",\"errorcode\":\"invalidresponse\"}" },
      WS_UNSHOWN },
    { { .status = 200, .body = "{\"exception\":\"x\",\"errorcode\":\"invalidtoken\"}" },
      WS_REFUSED },
    { { .status = 403 }, WS_REFUSED },
    { { .status = 404 }, WS_UNSENT },
    { { .status = 302, .header = "Location", .value = "/login" }, WS_UNSENT },
  };
  (void)data;
  ws_fixture_connect(fixture);
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    expect(fixture, false, &rows[i].answer, 1, 1, (gint)rows[i].kind);
    expect(fixture, true, &rows[i].answer, 1, 1, (gint)rows[i].kind);
  }
  autochar log = server_log(fixture->server); /* no redirect was followed */
  g_assert_null(strstr(log, "login"));
}

/* ── many ── */

static void
test_batch(WsFixture *fixture, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  static const Answer answers[] = { OK, { .status = 404 }, OK };
  (void)data;
  fixture->options.connections = 1;
  ws_fixture_connect(fixture);
  answer_all(fixture, answers, 3);
  g_assert_true(ws_fixture_run(fixture, 4, true, &error));
  g_assert_no_error(error);
  g_assert_cmpstr(fixture->seen->str, ==, "0:{\"ok\":1};1!0;2:{\"ok\":1};3:{\"ok\":1};");
  g_assert_true(ws_fixture_run(fixture, 0, true, &error));
}

static void
test_parallel(WsFixture *fixture, gconstpointer data) {
  (void)data;
  fixture->options.connections = 3;
  ws_fixture_connect(fixture);
  ws_fixture_answer(fixture, ok);
  server_gather(fixture->server, 3);
  g_assert_true(ws_fixture_run(fixture, 9, false, NULL));
  g_assert_true(server_gathered(fixture->server));
  g_assert_cmpuint(server_peak(fixture->server), ==, 3);
}

static void
test_fewer_in_parallel(WsFixture *fixture, gconstpointer data) {
  const WsBatch batch = { .count = 6,
                          .parallel = 1,
                          .write = true,
                          .arguments = ws_fixture_arguments,
                          .done = ws_fixture_done };
  (void)data;
  fixture->options.connections = 3;
  ws_fixture_connect(fixture);
  ws_fixture_answer(fixture, ok);
  g_assert_true(ws_client_run(fixture->client, &batch, fixture, NULL));
  g_assert_cmpuint(server_peak(fixture->server), ==, 1);
  for (guint i = 0; i < 6; i++) { /* then they go in their order */
    autochar body = server_body(fixture->server, i);
    autochar end = g_strdup_printf("&n=%u", i);
    g_assert_true(g_str_has_suffix(body, end));
  }
}

/* Of many calls to a Moodle that is away only the first find that out. */
static void
check_gone(WsFixture *fixture, Answer answer, bool write, WsFailureKind kind) {
  g_autoptr(GError) error = NULL;
  autochar last = g_strdup_printf("199!%d;", (int)kind);
  guint before = server_count(fixture->server);
  ws_fixture_answer(fixture, answer);
  g_ptr_array_set_size(fixture->messages, 0);
  g_string_truncate(fixture->seen, 0);
  g_assert_true(ws_fixture_run(fixture, 200, write, &error));
  g_assert_no_error(error);
  g_assert_cmpuint(fixture->messages->len, ==, 200);
  g_assert_null(strstr(fixture->seen->str, ":"));
  g_assert_nonnull(strstr(fixture->seen->str, last));
  g_assert_cmpuint(server_count(fixture->server) - before, <=,
                   (WS_CLIENT_MAX_SILENT + 2 * fixture->options.connections) *
                       fixture->options.attempts);
}

static void
test_gone(WsFixture *fixture, gconstpointer data) {
  (void)data;
  ws_fixture_connect(fixture);
  check_gone(fixture, busy, true, WS_UNAVAILABLE);
  check_gone(fixture, busy, false, WS_UNAVAILABLE);
  check_gone(fixture, lost, false, WS_LOST);
  ws_fixture_answer(fixture, ok); /* another batch asks again */
  g_string_truncate(fixture->seen, 0);
  g_assert_true(ws_fixture_run(fixture, 1, true, NULL));
  g_assert_cmpstr(fixture->seen->str, ==, "0:{\"ok\":1};");
}

/* Writes may just take longer than somebody in between waits. */
static void
test_lost_writes_do_not_end_it(WsFixture *fixture, gconstpointer data) {
  (void)data;
  ws_fixture_connect(fixture);
  ws_fixture_answer(fixture, lost);
  g_assert_true(ws_fixture_run(fixture, 10, true, NULL));
  g_assert_cmpuint(server_count(fixture->server), ==, 10);
}

static void
test_clock(WsFixture *fixture, gconstpointer data) {
  gint64 ahead = -1;
  (void)data;
  ws_fixture_connect(fixture);
  g_assert_false(ws_client_clock_ahead(fixture->client, &ahead));
  ws_fixture_answer(fixture, ok);
  g_assert_null(ws_fixture_call(fixture, false));
  g_assert_true(ws_client_clock_ahead(fixture->client, &ahead));
  gint64 expected = g_get_real_time() / G_USEC_PER_SEC - NOW; /* the server has the real time */
  g_assert_cmpint(ABS(ahead - expected), <=, 30);
}

/* ── stopping ── */

static void
stop_now(Server *server, const char *path, gpointer user_data) {
  WsFixture *fixture = user_data;
  (void)path;
  if (server_count(server) == 3)
    stop_request(&fixture->stop);
}

static void
test_stop(WsFixture *fixture, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  (void)data;
  fixture->options.connections = 1;
  ws_fixture_connect(fixture);
  ws_fixture_answer(fixture, ok);
  server_set_hook(fixture->server, stop_now, fixture);
  g_assert_false(ws_fixture_run(fixture, 10, true, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED);
  /* What was in flight is known. */
  g_assert_cmpstr(fixture->seen->str, ==, "0:{\"ok\":1};1:{\"ok\":1};2:{\"ok\":1};");
  g_assert_cmpuint(server_count(fixture->server), ==, 3);
  g_autoptr(WsFailure) failure = ws_fixture_call(fixture, true);
  g_assert_cmpint(failure->kind, ==, WS_UNSENT);
  g_assert_true(failure->stopped);
  g_assert_false(ws_client_pause(fixture->client, 1));
  g_assert_cmpint(clock_slept(fixture->clock), ==, 0);
  g_assert_cmpuint(server_count(fixture->server), ==, 3);
}

static void
test_stop_ends_trying_again(WsFixture *fixture, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  static const Answer answers[] = { OK,
                                    OK,
                                    { .status = 503, .header = "Retry-After", .value = "5" } };
  (void)data;
  fixture->options.connections = 1;
  ws_fixture_connect(fixture);
  answer_all(fixture, answers, 3);
  server_set_hook(fixture->server, stop_now, fixture);
  g_assert_false(ws_fixture_run(fixture, 10, true, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED);
  g_assert_cmpstr(fixture->seen->str, ==, "0:{\"ok\":1};1:{\"ok\":1};2!1;");
  g_assert_cmpint(clock_slept(fixture->clock), ==, 0);
}

static gint stalled; /* atomic: so long a stalled request stays without answer */

/* Asks to stop, and lets the answer stay out until the test is at its end. */
static void
stop_and_stall(Server *server, const char *path, gpointer user_data) {
  WsFixture *fixture = user_data;
  (void)server, (void)path;
  stop_request(&fixture->stop);
  for (int i = 0; i < 1000 && g_atomic_int_get(&stalled); i++)
    g_usleep(10000);
}

/* A write that was sent may be carried out, whoever stops waiting for it. */
static void
test_stop_drops_what_is_overdue(WsFixture *fixture, gconstpointer data) {
  g_autoptr(GError) error = NULL, batch_error = NULL;
  (void)data;
  g_atomic_int_set(&stalled, 1);
  fixture->stop.grace_ms = 300;
  ws_fixture_connect(fixture);
  ws_fixture_answer(fixture, ok);
  server_set_hook(fixture->server, stop_and_stall, fixture);
  gint64 begin = g_get_monotonic_time();
  g_autoptr(WsFailure) failure = ws_fixture_call(fixture, true);
  gint64 took = g_get_monotonic_time() - begin;
  g_assert_cmpint(took, >=, 290 * G_TIME_SPAN_MILLISECOND);
  g_assert_cmpint(took, <, 10 * S);
  g_assert_cmpint(failure->kind, ==, WS_LOST);
  g_assert_true(failure->stopped);
  g_assert_true(ws_failure_may_have_happened(failure));
  ws_fixture_assert_says(failure->message, "core_test");
  ws_fixture_assert_says(failure->message, "may be carried out");
  ws_failure_propagate(failure, &error);
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED);
  /* What comes after it is not sent at all. */
  g_autoptr(WsFailure) later = ws_fixture_call(fixture, true);
  g_assert_cmpint(later->kind, ==, WS_UNSENT);
  g_assert_true(later->stopped);
  g_assert_false(ws_fixture_run(fixture, 2, true, &batch_error));
  g_assert_error(batch_error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED);
  g_assert_cmpuint(server_count(fixture->server), ==, 1);
  g_atomic_int_set(&stalled, 0);
}

static void
stall_third(Server *server, const char *path, gpointer user_data) {
  if (server_count(server) == 3)
    stop_and_stall(server, path, user_data);
}

/* Of a batch, what was answered is handed out, and what was dropped is not. */
static void
test_stop_drops_some(WsFixture *fixture, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  (void)data;
  g_atomic_int_set(&stalled, 1);
  fixture->stop.grace_ms = 300;
  fixture->options.connections = 1;
  ws_fixture_connect(fixture);
  ws_fixture_answer(fixture, ok);
  server_set_hook(fixture->server, stall_third, fixture);
  g_assert_false(ws_fixture_run(fixture, 10, true, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED);
  g_assert_cmpstr(fixture->seen->str, ==, "0:{\"ok\":1};1:{\"ok\":1};");
  g_assert_cmpuint(server_count(fixture->server), ==, 3);
  g_atomic_int_set(&stalled, 0);
}

static void
stop_and_take_a_while(Server *server, const char *path, gpointer user_data) {
  WsFixture *fixture = user_data;
  (void)server, (void)path;
  stop_request(&fixture->stop);
  g_usleep(400000); /* more than one look of the pool */
}

static void
test_stop_lets_a_call_end(WsFixture *fixture, gconstpointer data) {
  (void)data;
  fixture->stop.grace_ms = 30000;
  ws_fixture_connect(fixture);
  ws_fixture_answer(fixture, ok);
  server_set_hook(fixture->server, stop_and_take_a_while, fixture);
  g_assert_null(ws_fixture_call(fixture, true));
  g_assert_cmpuint(server_count(fixture->server), ==, 1);
}

static gint64
requests_to_moodle(const char *status) {
  g_autoptr(GString) text = g_string_new(NULL);
  autochar series =
      g_strdup_printf("\nlehrgaenge_requests_total{peer=\"moodle\",status=\"%s\"} ", status);
  metrics_append(text);
  const char *found = strstr(text->str, series);
  return found != NULL ? g_ascii_strtoll(found + strlen(series), NULL, 10) : 0;
}

/* Every try counts, by what came back; what never got an answer, too. */
static void
test_counted(WsFixture *fixture, gconstpointer data) {
  static const Answer answers[] = { { .status = 0 }, { .status = 502 }, OK };
  gint64 good = requests_to_moodle("200"), bad = requests_to_moodle("502");
  gint64 none = requests_to_moodle("none");
  (void)data;
  g_atomic_int_set(&stalled, 1);
  fixture->stop.grace_ms = 100;
  ws_fixture_connect(fixture);
  expect(fixture, false, answers, 3, 3, -1);
  g_assert_cmpint(requests_to_moodle("200"), ==, good + 1);
  g_assert_cmpint(requests_to_moodle("502"), ==, bad + 1);
  g_assert_cmpint(requests_to_moodle("none"), ==, none + 1);
  server_set_hook(fixture->server, stop_and_stall, fixture);
  g_autoptr(WsFailure) failure = ws_fixture_call(fixture, false);
  g_assert_cmpint(failure->kind, ==, WS_LOST);
  g_assert_cmpint(requests_to_moodle("none"), ==, none + 2);
  g_assert_cmpint(requests_to_moodle("200"), ==, good + 1);
  g_atomic_int_set(&stalled, 0);
}

static void
test_pause(WsFixture *fixture, gconstpointer data) {
  (void)data;
  ws_fixture_connect(fixture);
  g_assert_true(ws_client_pause(fixture->client, 1));
  gint64 slept = clock_slept(fixture->clock);
  g_assert_cmpint(slept, >=, WS_RETRY_FIRST / 2);
  g_assert_cmpint(slept, <=, WS_RETRY_FIRST * 3 / 2);
}

int
main(int argc, char **argv) {
  static const WsFixtureTest tests[] = {
    { "/ws-client/request", test_request },
    { "/ws-client/big-request", test_big_request },
    { "/ws-client/configuration", test_configuration },
    { "/ws-client/token-in-answers", test_token_in_answers },
    { "/ws-client/read-is-repeated", test_read_is_repeated },
    { "/ws-client/write-is-never-repeated", test_write_is_never_repeated },
    { "/ws-client/write-over-used-connection", test_write_over_used_connection },
    { "/ws-client/unavailable-is-repeated", test_unavailable_is_repeated },
    { "/ws-client/retry-after", test_retry_after },
    { "/ws-client/refusals-are-not-repeated", test_refusals_are_not_repeated },
    { "/ws-client/batch", test_batch },
    { "/ws-client/parallel", test_parallel },
    { "/ws-client/fewer-in-parallel", test_fewer_in_parallel },
    { "/ws-client/gone", test_gone },
    { "/ws-client/lost-writes-do-not-end-it", test_lost_writes_do_not_end_it },
    { "/ws-client/clock", test_clock },
    { "/ws-client/stop", test_stop },
    { "/ws-client/stop-ends-trying-again", test_stop_ends_trying_again },
    { "/ws-client/stop-drops-what-is-overdue", test_stop_drops_what_is_overdue },
    { "/ws-client/stop-drops-some", test_stop_drops_some },
    { "/ws-client/stop-lets-a-call-end", test_stop_lets_a_call_end },
    { "/ws-client/counted", test_counted },
    { "/ws-client/pause", test_pause },
  };
  g_test_init(&argc, &argv, NULL);
  ws_fixture_add(tests, G_N_ELEMENTS(tests));
  return g_test_run();
}
