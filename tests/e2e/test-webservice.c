/* The whole chain with a Moodle behind web services: the same end as with the embedded one, and
 * through whatever happens to the service, to Moodle, or to the answers between them (issue 3).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>

#include "e2e.h"

#define SIM "--generate 6x8x10 --seed 24"
#define TENANTS 6

/* So many further runs must be through with everything. */
#define RUNS 12

typedef struct {
  Place *place;
  GRand *random;
  char *wanted; /* the meaning of a run into the embedded Moodle */
} Trial;

static void
set_up(Trial *trial, gconstpointer data) {
  (void)data;
  trial->place = e2e_new(TENANTS);
  trial->random = g_rand_new_with_seed(20260310);
  e2e_sim(trial->place, SIM);
  e2e_fresh_moodle(trial->place);
  e2e_must(trial->place, 0, "sync --json");
  trial->wanted = e2e_meaning(trial->place);
  e2e_fresh_moodle(trial->place);
  /* After a copy whose answer was lost, so long nothing is copied into that course. */
  e2e_set(trial->place, "moodle", "copy-timeout", "1");
  e2e_set(trial->place, "moodle", "attempts", "2");
}

static void
tear_down(Trial *trial, gconstpointer data) {
  (void)data;
  g_rand_free(trial->random);
  g_free(trial->wanted);
  e2e_free(trial->place);
}

/* Another Moodle as at the beginning. */
static void
start_anew(Trial *trial, const char *options) {
  e2e_stop_moodle(trial->place);
  e2e_fresh_moodle(trial->place);
  e2e_serve_moodle(trial->place, options);
}

static gint64
waiting_copies(const Place *place) {
  return rows_number(place->store,
                     "SELECT count(*) FROM local_lehrgaengeapi_task WHERE state <> 2");
}

/* Tasks that failed once wait a minute; nobody wants to here. */
static void
make_tasks_due(Place *place) {
  rows_change(place->store, "UPDATE local_lehrgaengeapi_task SET due = 0 WHERE state = 0");
}

/* A course of next year made by a later run than this year's has that as its template, and an
 * import brings a template's groups along, empty: the one difference that being cut off makes. */
static void
forget_copied_groups(const Place *place) {
  rows_change(place->moodle, "DELETE FROM mdl_groups WHERE id NOT IN"
                             " (SELECT groupid FROM mdl_groups_members)");
}

/* Runs until all is done, and it is the end it would have been. */
static void
finish(Trial *trial) {
  for (guint i = 0; i < RUNS; i++) {
    g_auto(Said) said = e2e_call(trial->place, "sync --json");
    if (said.code == 0 && waiting_copies(trial->place) == 0)
      break;
    make_tasks_due(trial->place);
    g_usleep(G_USEC_PER_SEC / 4);
  }
  e2e_serve_moodle(trial->place, "");
  e2e_must(trial->place, 0, "sync --json");
  forget_copied_groups(trial->place);
  g_autofree char *is = e2e_meaning(trial->place);
  rows_assert_same(is, trial->wanted);
}

static json_t *
sync_report(Trial *trial, int code) {
  g_auto(Said) said = e2e_expect(trial->place, code, "sync --json");
  return e2e_json(&said);
}

static void
assert_nothing_new(const json_t *report) {
  static const char *const keys[] = { "courses_created", "users_created", "enrolled", "unenrolled",
                                      "completed" };
  for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
    g_assert_cmpint(e2e_total(report, keys[i]), ==, 0);
}

static void
test_same_end(Trial *trial, gconstpointer options) {
  start_anew(trial, options);
  json_auto_t *first = sync_report(trial, 0);
  g_assert_cmpint(e2e_total(first, "enrolled"), >, 0);
  g_autofree char *is = e2e_meaning(trial->place);
  rows_assert_same(is, trial->wanted);
  json_auto_t *second = sync_report(trial, 0);
  assert_nothing_new(second);
  g_autofree char *still = e2e_meaning(trial->place);
  rows_assert_same(still, trial->wanted);
}

/* ── few requests ── */

#define MANY "--generate 35x10x15 --seed 7"

/* With nothing but Moodle's own functions and its batch function: one request per ten courses. */
static void
test_few_requests(void) {
  g_autoptr(Place) place = e2e_new(E2E_ALL_TENANTS);
  e2e_sim(place, MANY);
  e2e_fresh_moodle(place);
  e2e_serve_moodle(place, "--without local_lehrgaenge_get_rosters --without "
                          "local_lehrgaenge_get_users");
  e2e_must(place, 0, "sync --json");
  gint64 before = e2e_stat_moodle(place, "requests");
  e2e_must(place, 0, "sync --json");
  gint64 asked = e2e_stat_moodle(place, "requests") - before;
  gint64 courses =
      rows_number(place->moodle, "SELECT count(*) FROM mdl_course WHERE idnumber <> ''");
  g_test_message("%" G_GINT64_FORMAT " requests for %" G_GINT64_FORMAT " courses", asked, courses);
  g_assert_cmpint(courses, >, 200);
  g_assert_cmpint(asked, >, 0);
  g_assert_cmpint(asked, <=, courses / 10);
}

/* ── the service dies ── */

static void
test_kill(Trial *trial, gconstpointer data) {
  static const char *const phases[] = { "read", "apply", "apply", "apply", "content", "content" };
  (void)data;
  for (gsize i = 0; i < G_N_ELEMENTS(phases); i++) {
    start_anew(trial, "--latency-ms 2");
    g_autoptr(Process) run = e2e_start(trial->place, "sync --json");
    if (e2e_await_phase(trial->place, run, phases[i]) &&
        !process_ends(run, g_rand_int_range(trial->random, 0, 150)))
      process_signal(run, SIGKILL);
    g_auto(Said) said = process_wait(run);
    g_test_message("%s: %s", phases[i], said.signal == SIGKILL ? "killed" : "was over");
    finish(trial);
  }
}

/* ── Moodle goes away ── */

/* Ended in the middle of the writes, and in the middle of the copies; started again later. */
static void
test_moodle_dies(Trial *trial, gconstpointer data) {
  static const char *const phases[] = { "apply", "content" };
  (void)data;
  for (gsize i = 0; i < G_N_ELEMENTS(phases); i++) {
    start_anew(trial, "--latency-ms 5");
    g_autoptr(Process) run = e2e_start(trial->place, "sync --json");
    g_assert_true(e2e_await_phase(trial->place, run, phases[i]));
    g_assert_false(process_ends(run, 50));
    e2e_stop_moodle(trial->place);
    g_auto(Said) said = process_wait(run);
    if (i == 0) {
      json_auto_t *report = e2e_json(&said);
      g_assert_cmpint(said.code, ==, 1);
      g_assert_cmpstr(json_string_value(json_object_get(report, "status")), ==, "error");
      e2e_assert_has(json_string_value(json_object_get(report, "error")), "Could");
    }
    e2e_serve_moodle(trial->place, "");
    finish(trial);
  }
}

static void
test_maintenance(Trial *trial, gconstpointer data) {
  static const char *const controls[] = { "/__control/maintenance?mode=site",
                                          "/__control/maintenance?mode=cli",
                                          "/__control/status?status=502" };
  (void)data;
  for (gsize i = 0; i < G_N_ELEMENTS(controls); i++) {
    start_anew(trial, "--latency-ms 5");
    g_autoptr(Process) run = e2e_start(trial->place, "sync --json");
    g_assert_true(e2e_await_phase(trial->place, run, "apply"));
    g_assert_false(process_ends(run, 50));
    e2e_tell_moodle(trial->place, "PUT", controls[i]);
    g_auto(Said) said = process_wait(run);
    json_auto_t *report = e2e_json(&said);
    g_assert_cmpint(said.code, ==, 1);
    e2e_assert_has(json_string_value(json_object_get(report, "error")),
                   i < 2 ? "maintenance" : "502");
    e2e_tell_moodle(trial->place, "DELETE", "/__control");
    finish(trial);
  }
}

/* ── the answers get lost ── */

static void
test_lost_answers(Trial *trial, gconstpointer options) {
  start_anew(trial, options);
  finish(trial);
}

/* ── the companion plugin ── */

static void
test_plugin_later(Trial *trial, gconstpointer data) {
  (void)data;
  start_anew(trial, "--no-plugin");
  g_auto(Said) said = e2e_expect(trial->place, 0, "sync");
  e2e_assert_has(said.out, "completions wait for the companion plugin");
  g_assert_cmpint(rows_number(trial->place->moodle, "SELECT count(*) FROM mdl_course_completions"
                                                    " WHERE timecompleted > 0"),
                  ==, 0);
  e2e_serve_moodle(trial->place, "");
  json_auto_t *report = sync_report(trial, 0);
  g_assert_cmpint(e2e_total(report, "completed"), >, 0);
  g_assert_cmpint(e2e_total(report, "enrolled"), ==, 0);
  finish(trial);
}

/* ── secrets ── */

static void
test_token_stays_secret(Trial *trial, gconstpointer data) {
  static const char *const calls[] = { "sync -vv", "check", "check --json", "plan", "tasks --all" };
  (void)data;
  start_anew(trial, "--lose-reply-every 9");
  for (gsize i = 0; i < G_N_ELEMENTS(calls); i++) {
    g_auto(Said) said = e2e_call(trial->place, calls[i]);
    g_assert_null(strstr(said.out, E2E_MOODLE_TOKEN));
    g_assert_null(strstr(said.err, E2E_MOODLE_TOKEN));
  }
  e2e_serve_moodle(trial->place, "");
  e2e_set(trial->place, "moodle", "token", "ffffffffffffffffffffffffffffffff");
  g_auto(Said) said = e2e_expect(trial->place, 1, "sync");
  e2e_assert_has(said.err, "token");
  g_assert_null(strstr(said.err, "ffffffffffffffffffffffffffffffff"));
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define ADD(path, options, run) g_test_add(path, Trial, options, set_up, run, tear_down)
  ADD("/webservice/same-end", "", test_same_end);
  ADD("/webservice/same-end-by-core",
      "--without local_lehrgaenge_get_rosters --without local_lehrgaenge_get_users", test_same_end);
  ADD("/webservice/same-end-without-batch", "--no-batch --exact-case", test_same_end);
  ADD("/webservice/kill", NULL, test_kill);
  ADD("/webservice/moodle-dies", NULL, test_moodle_dies);
  ADD("/webservice/maintenance", NULL, test_maintenance);
  ADD("/webservice/lost-answers", "--lose-reply-every 11", test_lost_answers);
  ADD("/webservice/broken-answers", "--truncate-every 29 --garbage-every 31 --fail-every 37",
      test_lost_answers);
  ADD("/webservice/plugin-later", NULL, test_plugin_later);
  ADD("/webservice/token-stays-secret", NULL, test_token_stays_secret);
#undef ADD
  g_test_add_func("/webservice/few-requests", test_few_requests);
  return g_test_run();
}
