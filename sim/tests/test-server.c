/* The simulator as its clients see it: addresses and error documents, statistics, faults, controls.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "harness.h"

#define PREFIX "/rest/services/moodle-services"

static void
test_routes(void) {
  Sim sim = harness_sim_new(&(ServerOptions){ 0 }, "2x100x4", clock_system());
  g_assert_cmpuint(harness_count_items(&sim, PREFIX "/lehrgaenge"), ==, 100);
  g_assert_cmpuint(harness_count_items(&sim, "/lehrgaenge"), ==, 100);
  gsize year =
      harness_count_items(&sim, PREFIX "/lehrgaenge?lehrgangVon=2026-01-01&lehrgangBis=2026-12-31");
  g_assert_cmpuint(year, >, 60);
  g_assert_cmpuint(year, <, 100);

  g_auto(Reply) list = harness_get(&sim, PREFIX "/lehrgaenge");
  json_auto_t *all = harness_parse(&list);
  guint encoded = 0;
  for (gsize i = 0; i < json_array_size(all); i++) {
    json_t *item = json_array_get(all, i);
    const char *id = json_string_value(json_object_get(item, "id"));
    if (id == NULL || strchr(id, '/') == NULL)
      continue;
    encoded++;
    autochar escaped = g_uri_escape_string(id, NULL, FALSE);
    autochar path = g_strdup_printf(PREFIX "/lehrgaenge/%s", escaped);
    g_auto(Reply) reply = harness_get(&sim, path);
    json_auto_t *one = harness_parse(&reply);
    g_assert_true(json_equal(one, item));
    autochar people = g_strdup_printf(PREFIX "/lehrgaenge/%s/teilnehmer", escaped);
    g_assert_cmpuint(harness_count_items(&sim, people), ==, 4);
  }
  g_assert_cmpuint(encoded, >, 0);
  harness_sim_clear(&sim);
}

static void
test_extern(void) {
  Sim sim = harness_sim_new(&(ServerOptions){ 0 }, "1x1x30", clock_system());
  g_auto(Reply) reply = harness_get(&sim, "/lehrgaenge/HP-LG-2026-000000/teilnehmer");
  json_auto_t *all = harness_parse(&reply);
  for (gsize i = 0; i < json_array_size(all); i++) {
    json_t *item = json_array_get(all, i);
    autochar id = g_uri_escape_string(json_string_value(json_object_get(item, "id")), NULL, FALSE);
    autochar path = g_strdup_printf("/lehrgaenge/HP-LG-2026-000000/teilnehmer-extern/%s", id);
    if (id[0] == '\0')
      continue;
    g_auto(Reply) one = harness_get(&sim, path);
    json_auto_t *same = harness_parse(&one);
    g_assert_true(json_equal(item, same));
  }
  harness_expect_error(&sim, "GET", "/lehrgaenge/HP-LG-2026-000000/teilnehmer-extern/X%2F1", 0, 404,
                       "X/1");
  g_assert_cmpint(harness_stat(&sim, "kinds", "teilnehmer_extern"), ==, 31);
  harness_sim_clear(&sim);
}

static void
test_errors(void) {
  Sim sim = harness_sim_new(&(ServerOptions){ 0 }, "1x3x3", clock_system());
  harness_expect_error(&sim, "GET", "/lehrgaenge", -1, 401,
                       "Missing or invalid X-MoodleAuthToken header.");
  harness_expect_error(&sim, "GET", "/lehrgaenge/nix", 0, 404, "nix");
  harness_expect_error(&sim, "GET", "/lehrgaenge/nix/teilnehmer", 0, 404, "nix");
  harness_expect_error(&sim, "GET", "/lehrgaenge/HP-LG%2F2026/x/teilnehmer", 0, 404, "");
  harness_expect_error(&sim, "GET", "//lehrgaenge", 0, 404, "");
  harness_expect_error(&sim, "GET", "/lehrgaenge/", 0, 404, "");
  harness_expect_error(&sim, "GET", "/", 0, 404, "");
  harness_expect_error(&sim, "GET", "/lehrgaenge/a%ff", 0, 400, "encoded");
  harness_expect_error(&sim, "POST", "/lehrgaenge", 0, 405, "GET");
  harness_expect_error(&sim, "DELETE", "/lehrgaenge/HP-LG-2026-000000", 0, 405, "GET");

  static const char *const bad[] = {
    "lehrgangVon=2026-01-01",
    "lehrgangBis=2026-01-01",
    "lehrgangVon=2026-01-01&amp;lehrgangBis=2026-12-31",
    "lehrgangVon=01.01.2026&lehrgangBis=2026-12-31",
    "lehrgangVon=2026-02-30&lehrgangBis=2026-12-31",
    "lehrgangVon=&lehrgangBis=",
    "lehrgangVon=2026-12-31&lehrgangBis=2026-01-01",
    "searchCriteria=%7B%7D",
    "searchCriteria=x&lehrgangVon=2026-01-01&lehrgangBis=2026-12-31"
  };
  for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
    autochar path = g_strdup_printf("/lehrgaenge?%s", bad[i]);
    harness_expect_error(&sim, "GET", path, 0, 400, "searchCriteria");
  }

  g_auto(Reply) first = harness_ask(&sim, "GET", "/lehrgaenge", -1, NULL, 0);
  g_auto(Reply) second = harness_ask(&sim, "GET", "/lehrgaenge", -1, NULL, 0);
  autochar one = harness_assert_error(&first, 401, "");
  autochar two = harness_assert_error(&second, 401, "");
  g_assert_cmpstr(one, !=, two);
  harness_sim_clear(&sim);

  /* The next server gives the same ids in the same order. */
  sim = harness_sim_new(&(ServerOptions){ 0 }, "1x3x3", clock_system());
  Sim twin = harness_sim_new(&(ServerOptions){ 0 }, "1x3x3", clock_system());
  g_auto(Reply) here = harness_get(&sim, "/");
  g_auto(Reply) there = harness_get(&twin, "/");
  g_assert_cmpstr(here.body->str, ==, there.body->str);
  harness_sim_clear(&sim);
  harness_sim_clear(&twin);
}

static void
test_wrong_token(void) {
  Sim sim = harness_sim_new(&(ServerOptions){ 0 }, "1x3x3", clock_system());
  g_auto(Reply) reply = { 0 };
  struct curl_slist *headers =
      curl_slist_append(NULL, "X-MoodleAuthToken: 0123456789abcdef0123456789abcdef");
  autochar url = g_strconcat(server_url(sim.server), "/lehrgaenge", NULL);
  CURL *curl = harness_curl(&reply, "GET", url, headers);
  reply.result = curl_easy_perform(curl);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply.status);
  g_free(harness_assert_error(&reply, 401, "invalid"));
  curl_easy_cleanup(curl);
  curl_slist_free_all(headers);
  harness_sim_clear(&sim);
}

static void
test_stats(void) {
  Sim sim = harness_sim_new(&(ServerOptions){ 0 }, "1x3x3", clock_system());
  g_assert_cmpint(harness_stat(&sim, NULL, "requests"), ==, 0);
  harness_count_items(&sim, "/lehrgaenge");
  harness_count_items(&sim, "/lehrgaenge?lehrgangVon=2026-01-01&lehrgangBis=2026-12-31");
  harness_count_items(&sim, "/lehrgaenge/HP-LG-2026-000000/teilnehmer");
  g_auto(Reply) one = harness_get(&sim, "/lehrgaenge/HP-LG-2026-000000");
  g_assert_cmpint((gint)one.status, ==, 200);
  harness_expect_error(&sim, "GET", "/nix", 0, 404, "");
  g_assert_cmpint(harness_stat(&sim, NULL, "requests"), ==, 5);
  static const char *const once[] = { "list", "list_year", "lehrgang", "teilnehmer", "other" };
  for (gsize i = 0; i < G_N_ELEMENTS(once); i++)
    g_assert_cmpint(harness_stat(&sim, "kinds", once[i]), ==, 1);
  g_assert_cmpint(harness_stat(&sim, "kinds", "teilnehmer_extern"), ==, 0);
  g_assert_cmpint(harness_stat(&sim, "statuses", "200"), ==, 4);
  g_assert_cmpint(harness_stat(&sim, "statuses", "404"), ==, 1);
  g_assert_cmpint(harness_stat(&sim, NULL, "connections"), ==, 5);
  g_assert_cmpint(harness_stat(&sim, NULL, "peak_in_flight"), ==, 1);
  g_assert_cmpint(harness_stat(&sim, NULL, "in_flight"), ==, 0);
  harness_expect_error(&sim, "PUT", "/__stats", -1, 405, "read");
  g_assert_cmpint(harness_stat(&sim, NULL, "requests"), ==, 5);
  harness_sim_clear(&sim);
}

static void
test_keep_alive(void) {
  Sim sim = harness_sim_new(&(ServerOptions){ 0 }, "1x3x3", clock_system());
  Reply reply = { 0 };
  struct curl_slist *headers = harness_token(&sim, 0);
  autochar url = g_strconcat(server_url(sim.server), "/lehrgaenge", NULL);
  CURL *curl = harness_curl(&reply, "GET", url, headers);
  for (guint i = 0; i < 5; i++)
    g_assert_cmpint(curl_easy_perform(curl), ==, CURLE_OK);
  curl_easy_cleanup(curl);
  curl_slist_free_all(headers);
  harness_reply_clear(&reply);
  g_assert_cmpint(harness_stat(&sim, NULL, "requests"), ==, 5);
  g_assert_cmpint(harness_stat(&sim, NULL, "connections"), ==, 1);
  harness_sim_clear(&sim);
}

static void
test_faults(void) {
  Sim sim =
      harness_sim_new(&(ServerOptions){ .faults = { .fail_every = 2 } }, "1x3x3", clock_system());
  g_assert_cmpuint(harness_count_items(&sim, "/lehrgaenge"), ==, 3);
  harness_expect_error(&sim, "GET", "/lehrgaenge", 0, 500, "Simulated");
  g_assert_cmpuint(harness_count_items(&sim, "/lehrgaenge"), ==, 3);
  g_assert_cmpint(harness_stat(&sim, "faults", "fail"), ==, 1);
  harness_sim_clear(&sim);

  sim = harness_sim_new(&(ServerOptions){ .faults = { .drop_every = 1 } }, "1x3x3", clock_system());
  g_auto(Reply) dropped = harness_get(&sim, "/lehrgaenge");
  g_assert_cmpint(dropped.result, ==, CURLE_GOT_NOTHING);
  g_assert_cmpint(harness_stat(&sim, "faults", "drop"), ==, 1);
  harness_sim_clear(&sim);

  sim = harness_sim_new(&(ServerOptions){ .faults = { .truncate_every = 1 } }, "1x60x3",
                        clock_system());
  g_auto(Reply) truncated = harness_get(&sim, "/lehrgaenge");
  g_assert_cmpint(truncated.result, ==, CURLE_PARTIAL_FILE);
  g_assert_cmpint((gint)truncated.status, ==, 200);
  g_assert_cmpuint(truncated.body->len, >, 5000);
  harness_sim_clear(&sim);

  sim = harness_sim_new(&(ServerOptions){ .faults = { .garbage_every = 1 } }, "1x3x3",
                        clock_system());
  g_auto(Reply) garbage = harness_get(&sim, "/lehrgaenge");
  g_assert_cmpint((gint)garbage.status, ==, 200);
  g_assert_null(json_loadb(garbage.body->str, garbage.body->len, 0, NULL));
  harness_sim_clear(&sim);
}

static void
test_rate(void) {
  g_autoptr(Clock) clock = clock_manual_new(1773151509);
  Sim sim = harness_sim_new(&(ServerOptions){ .faults = { .rate = 2 } }, "2x3x3", clock);
  for (guint i = 0; i < 2; i++)
    harness_count_items(&sim, "/lehrgaenge");
  g_auto(Reply) seconds = harness_get(&sim, "/lehrgaenge");
  g_auto(Reply) date = harness_get(&sim, "/lehrgaenge");
  g_free(harness_assert_error(&seconds, 429, "Too many"));
  g_free(harness_assert_error(&date, 429, "Too many"));
  g_assert_cmpstr(seconds.retry_after, ==, "1");
  g_assert_cmpstr(date.retry_after, ==, "Tue, 10 Mar 2026 14:05:11 GMT");
  g_auto(Reply) other = harness_ask(&sim, "GET", "/lehrgaenge", 1, NULL, 0);
  g_assert_cmpint((gint)other.status, ==, 200);
  g_assert_cmpstr(other.retry_after, ==, "");
  clock_advance(clock, G_USEC_PER_SEC);
  harness_count_items(&sim, "/lehrgaenge");
  g_assert_cmpint(harness_stat(&sim, "statuses", "429"), ==, 2);
  harness_sim_clear(&sim);
}

/* Sixty-four requests wait at the same time, not one after the other. */
static void
test_latency(void) {
  enum { COUNT = 64, LATENCY_MS = 300 };
  Sim sim = harness_sim_new(&(ServerOptions){ .faults = { .latency_ms = LATENCY_MS } }, "1x3x3",
                            clock_system());
  struct curl_slist *headers = harness_token(&sim, 0);
  autochar url = g_strconcat(server_url(sim.server), "/lehrgaenge", NULL);
  Reply replies[COUNT] = { { 0 } };
  CURL *curls[COUNT];
  CURLM *multi = curl_multi_init();
  for (guint i = 0; i < COUNT; i++) {
    curls[i] = harness_curl(&replies[i], "GET", url, headers);
    curl_multi_add_handle(multi, curls[i]);
  }
  gint64 start = g_get_monotonic_time();
  int running = 1;
  while (running > 0) {
    g_assert_cmpint(curl_multi_perform(multi, &running), ==, CURLM_OK);
    curl_multi_poll(multi, NULL, 0, 1000, NULL);
  }
  gint64 took = g_get_monotonic_time() - start;
  for (guint i = 0; i < COUNT; i++) {
    curl_easy_getinfo(curls[i], CURLINFO_RESPONSE_CODE, &replies[i].status);
    g_assert_cmpint((gint)replies[i].status, ==, 200);
    curl_multi_remove_handle(multi, curls[i]);
    curl_easy_cleanup(curls[i]);
    harness_reply_clear(&replies[i]);
  }
  curl_multi_cleanup(multi);
  curl_slist_free_all(headers);
  g_assert_cmpint((gint)(took / 1000), >=, LATENCY_MS);
  /* Two threads that slept would take half of all latencies together. */
  g_assert_cmpint((gint)(took / 1000), <, COUNT / 2 * LATENCY_MS / 2);
  g_assert_cmpint(harness_stat(&sim, NULL, "peak_in_flight"), >, 8);
  harness_sim_clear(&sim);
}

/* A stalled request ends when its client has gone, and does not keep the server from ending. */
static void
test_stall(void) {
  Sim sim =
      harness_sim_new(&(ServerOptions){ .faults = { .stall_every = 1 } }, "1x3x3", clock_system());
  g_auto(Reply) reply = harness_ask(&sim, "GET", "/lehrgaenge", 0, NULL, 200);
  g_assert_cmpint(reply.result, ==, CURLE_OPERATION_TIMEDOUT);
  gint64 end = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
  while (harness_stat(&sim, NULL, "in_flight") > 0) {
    g_assert_cmpint(g_get_monotonic_time(), <, end);
    g_usleep(20000);
  }
  g_auto(Reply) again = harness_ask(&sim, "GET", "/lehrgaenge", 0, NULL, 200);
  g_assert_cmpint(again.result, ==, CURLE_OPERATION_TIMEDOUT);
  gint64 start = g_get_monotonic_time();
  harness_sim_clear(&sim);
  g_assert_cmpint(g_get_monotonic_time() - start, <, 20 * G_USEC_PER_SEC);
}

static void
expect_change(const Sim *sim, const char *method, const char *path) {
  g_auto(Reply) reply = harness_ask(sim, method, path, -1, NULL, 0);
  if (reply.status != 204)
    g_error("%s: %s", path, reply.body->str);
}

static char *
status_of(const Sim *sim, const char *path, gsize index, char **id) {
  g_auto(Reply) reply = harness_get(sim, path);
  json_auto_t *all = harness_parse(&reply);
  const json_t *item = json_array_get(all, index);
  if (id != NULL)
    *id = g_uri_escape_string(json_string_value(json_object_get(item, "id")), NULL, FALSE);
  return g_strdup(json_string_value(json_object_get(item, "status")));
}

static void
test_control(void) {
  static const char people[] = "/lehrgaenge/HP-LG-2026-000000/teilnehmer";
  Sim sim = harness_sim_new(&(ServerOptions){ 0 }, "2x3x5", clock_system());
  autochar id = NULL;
  autochar before = status_of(&sim, people, 2, &id);
  autochar path = g_strdup_printf(
      "/__control/status?tenant=HP&lehrgang=HP-LG-2026-000000&teilnehmer=%s&status=%%20S042", id);
  expect_change(&sim, "PUT", path);
  autochar changed = status_of(&sim, people, 2, NULL);
  g_assert_cmpstr(changed, ==, " S042");
  expect_change(&sim, "DELETE", "/__control");
  autochar after = status_of(&sim, people, 2, NULL);
  g_assert_cmpstr(after, ==, before);
  expect_change(&sim, "PUT", "/__control/cancel?tenant=HP&percent=100");
  autochar cancelled = status_of(&sim, people, 2, NULL);
  g_assert_cmpstr(cancelled, ==, "S100_STORNIERT_KREIS");

  static const char *const bad[] = {
    "status?tenant=HP&lehrgang=HP-LG-2026-000000&teilnehmer=nix&status=S",
    "status?tenant=HP&lehrgang=nix&teilnehmer=nix&status=S",
    "status?tenant=HP&lehrgang=HP-LG-2026-000000&status=S",
    "cancel?tenant=HP&percent=101",
    "cancel?tenant=HP",
    "cancel?tenant=XX&percent=1",
    "cancel?percent=1",
    "fault?tenant=HP&fault=200",
    "fault?tenant=HP&lehrgang=&fault=500",
    "frob?tenant=HP",
    "cancel?tenant=%ff&percent=1"
  };
  for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
    autochar wrong = g_strdup_printf("/__control/%s", bad[i]);
    harness_expect_error(&sim, "PUT", wrong, -1, 400, "");
  }
  harness_expect_error(&sim, "GET", "/__control", -1, 405, "PUT");
  harness_expect_error(&sim, "POST", "/__control/cancel?tenant=HP&percent=1", -1, 405, "PUT");
  harness_expect_error(&sim, "GET", "/__other", -1, 404, "");
  /* Controls are no requests. */
  g_assert_cmpint(harness_stat(&sim, NULL, "requests"), ==, 4);
  harness_sim_clear(&sim);
}

static void
test_tenant_fault(void) {
  Sim sim = harness_sim_new(&(ServerOptions){ 0 }, "4x3x5", clock_system());
  g_autoptr(GError) error = NULL;
  static const char *const bad[] = { "HP", "=500", "XX=500", "HP=", "HP=200", "HP=drop" };
  for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
    g_assert_false(zms_app_add_fault(sim.app, bad[i], &error));
    g_assert_error(error, SIM_ERROR, SIM_ERROR_USAGE);
    g_clear_error(&error);
  }
  g_assert_true(zms_app_add_fault(sim.app, "DA=401", &error));
  g_assert_true(zms_app_add_fault(sim.app, "GG=garbage", &error));
  expect_change(&sim, "PUT", "/__control/fault?tenant=HG&fault=403");
  expect_change(&sim, "PUT", "/__control/fault?tenant=HP&lehrgang=HP-LG-2026-000000&fault=404");
  g_assert_cmpuint(harness_count_items(&sim, "/lehrgaenge"), ==, 3);
  harness_expect_error(&sim, "GET", "/lehrgaenge/HP-LG-2026-000000/teilnehmer", 0, 404,
                       "Simulated");
  harness_expect_error(&sim, "GET", "/lehrgaenge", 1, 401, "");
  harness_expect_error(&sim, "GET", "/lehrgaenge", 3, 403, "");
  g_auto(Reply) garbage = harness_ask(&sim, "GET", "/lehrgaenge", 2, NULL, 0);
  g_assert_cmpint((gint)garbage.status, ==, 200);
  g_assert_null(json_loadb(garbage.body->str, garbage.body->len, 0, NULL));

  /* A reset brings back the start, where two are broken. */
  expect_change(&sim, "PUT", "/__control/fault?tenant=DA&fault=none");
  g_auto(Reply) healed = harness_ask(&sim, "GET", "/lehrgaenge", 1, NULL, 0);
  g_assert_cmpint((gint)healed.status, ==, 200);
  expect_change(&sim, "DELETE", "/__control");
  harness_expect_error(&sim, "GET", "/lehrgaenge", 1, 401, "");
  g_assert_cmpuint(harness_count_items(&sim, "/lehrgaenge/HP-LG-2026-000000/teilnehmer"), ==, 5);
  g_auto(Reply) other = harness_ask(&sim, "GET", "/lehrgaenge", 3, NULL, 0);
  g_assert_cmpint((gint)other.status, ==, 200);
  harness_sim_clear(&sim);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/sim/server/routes", test_routes);
  g_test_add_func("/sim/server/extern", test_extern);
  g_test_add_func("/sim/server/errors", test_errors);
  g_test_add_func("/sim/server/wrong-token", test_wrong_token);
  g_test_add_func("/sim/server/stats", test_stats);
  g_test_add_func("/sim/server/keep-alive", test_keep_alive);
  g_test_add_func("/sim/server/faults", test_faults);
  g_test_add_func("/sim/server/rate", test_rate);
  g_test_add_func("/sim/server/latency", test_latency);
  g_test_add_func("/sim/server/stall", test_stall);
  g_test_add_func("/sim/server/control", test_control);
  g_test_add_func("/sim/server/tenant-fault", test_tenant_fault);
  return g_test_run();
}
