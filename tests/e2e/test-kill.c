/* Cut short at any moment, run again: the end is that of a run nobody disturbed (issue 2: "Kill -9
 * at any moment, run again").
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>

#include "e2e.h"

/* Slow enough for every phase to be met, with a latency as reading over a network has; and with
 * courses of this year and of the next, so that one half made could become the other's template. */
#define SIM "--generate 6x8x10 --seed 24 --latency-ms 5"
#define TENANTS 6

/* When a run was over before its moment came, it is tried again with half the delay, so often. */
#define TRIES 6

/* Stretches of a run, as shares of a phase: somewhere in each it is cut short. */
static const struct {
  const char *phase;
  double from, to;
} moments[] = {
  { "fetch", 0, 0.9 },   { "read", 0, 0.9 },    { "apply", 0, 0.2 },
  { "apply", 0.2, 0.9 }, { "content", 0, 0.9 },
};

#define ROUNDS 3

typedef struct {
  Place *place;
  GRand *random;
  char *wanted;                          /* the meaning of a run nobody disturbed */
  double seconds[G_N_ELEMENTS(moments)]; /* that their phases took */
} Trial;

static void
set_up(Trial *trial, gconstpointer data) {
  (void)data;
  trial->place = e2e_new(TENANTS);
  trial->random = g_rand_new_with_seed(20260310);
  e2e_sim(trial->place, SIM);
  e2e_fresh_moodle(trial->place);
  g_auto(Said) said = e2e_expect(trial->place, 0, "sync --json");
  json_auto_t *report = e2e_json(&said);
  trial->wanted = e2e_meaning(trial->place);
  for (gsize i = 0; i < G_N_ELEMENTS(moments); i++)
    trial->seconds[i] =
        json_number_value(json_object_get(json_object_get(report, "seconds"), moments[i].phase));
}

static void
tear_down(Trial *trial, gconstpointer data) {
  (void)data;
  g_rand_free(trial->random);
  g_free(trial->wanted);
  e2e_free(trial->place);
}

/* Whether the run that was killed had not come to its end: one that is recorded takes a moment more
 * to free what it holds. */
static bool
was_running(const Trial *trial) {
  return rows_number(trial->place->store, "SELECT count(*) FROM local_lehrgaengeapi_import_run"
                                          " WHERE status = 'running'") > 0;
}

/* Starts a run and sends `signal` at a random time of a moment; `scale` makes it come sooner. False
 * when the run was over before. */
static bool
cut_short(Trial *trial, guint moment, double scale, int signal, Said *said) {
  g_autoptr(Process) run = e2e_start(trial->place, "sync --json");
  const char *phase = moments[moment].phase;
  double share = g_rand_double_range(trial->random, moments[moment].from, moments[moment].to);
  int delay = (int)(share * trial->seconds[moment] * scale * 1000);
  bool met = e2e_await_phase(trial->place, run, phase) && !process_ends(run, delay);
  if (met)
    process_signal(run, signal);
  *said = process_wait(run);
  bool cut = signal == SIGKILL ? said->signal == SIGKILL && was_running(trial) : said->code == 1;
  g_test_message("%s + %d ms: %s", phase, delay, cut ? "cut short" : "was over");
  return met && cut;
}

/* The same on a Moodle made anew, until it was met. */
static void
cut_fresh_run_short(Trial *trial, guint moment, int signal, Said *said) {
  double scale = 1;
  for (guint i = 0; i < TRIES; i++, scale /= 2) {
    e2e_fresh_moodle(trial->place);
    if (cut_short(trial, moment, scale, signal, said))
      return;
    process_said_clear(said);
  }
  g_error("the run was always over before %s", moments[moment].phase);
}

/* Runs to the end, and it is the end it would have been. */
static void
finish(Trial *trial) {
  e2e_must(trial->place, 0, "sync --json");
  g_autofree char *is = e2e_meaning(trial->place);
  rows_assert_same(is, trial->wanted);
  /* No course is left half made, no content waits. */
  g_assert_cmpint(rows_number(trial->place->store,
                              "SELECT count(*) FROM local_lehrgaengeapi_task WHERE state <> 2"),
                  ==, 0);
  g_assert_cmpint(rows_number(trial->place->store,
                              "SELECT count(*) FROM local_lehrgaengeapi_journal"
                              " WHERE state = 0 AND kind IN ('create_course', 'link_course')"),
                  ==, 0);
  g_assert_cmpint(rows_number(trial->place->store,
                              "SELECT count(*) FROM local_lehrgaengeapi_import_run"
                              " WHERE status = 'running'"),
                  ==, 0);
}

static void
assert_status(Place *place, gsize index, const char *status) {
  g_auto(Said) said = e2e_expect(place, 0, "runs --json");
  json_auto_t *runs = e2e_json(&said);
  const json_t *run = json_array_get(json_object_get(runs, "runs"), index);
  g_assert_cmpstr(json_string_value(json_object_get(run, "status")), ==, status);
}

static void
test_kill(Trial *trial, gconstpointer data) {
  (void)data;
  for (guint i = 0; i < ROUNDS * G_N_ELEMENTS(moments); i++) {
    g_auto(Said) said = { 0 };
    cut_fresh_run_short(trial, i % G_N_ELEMENTS(moments), SIGKILL, &said);
    assert_status(trial->place, 0, "interrupted");
    finish(trial);
    assert_status(trial->place, 1, "interrupted");
  }
}

/* The same file, again and again, each time a bit further. */
static void
test_kill_in_a_row(Trial *trial, gconstpointer data) {
  static const guint in_a_row[] = { 0, 1, 2, 2, 3, 3, 4, 4 };
  (void)data;
  guint met = 0;
  e2e_fresh_moodle(trial->place);
  for (gsize i = 0; i < G_N_ELEMENTS(in_a_row); i++) {
    g_auto(Said) said = { 0 };
    met += cut_short(trial, in_a_row[i], 0.3, SIGKILL, &said);
  }
  g_assert_cmpuint(met, >=, 2);
  finish(trial);
}

/* What a stopped run did is what it recorded: each enrolment and account in Moodle has its entry.
 */
static void
assert_recorded(const Place *place) {
  static const struct {
    const char *kind, *moodle;
  } kinds[] = {
    { "enrol", "SELECT count(*) FROM mdl_user_enrolments" },
    { "create_user", "SELECT count(*) FROM mdl_user WHERE idnumber <> ''" },
    { "create_course", "SELECT count(*) FROM mdl_course WHERE idnumber <> ''" },
    { "create_group", "SELECT count(*) FROM mdl_groups" },
    { "complete", "SELECT count(*) FROM mdl_course_completions WHERE timecompleted > 0" },
  };
  for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
    g_autofree char *sql = g_strdup_printf(
        "SELECT count(*) FROM local_lehrgaengeapi_journal WHERE kind = '%s' AND state = 1",
        kinds[i].kind);
    g_test_message("%s", kinds[i].kind);
    g_assert_cmpint(rows_number(place->store, sql), ==,
                    rows_number(place->moodle, kinds[i].moodle));
  }
}

static void
test_interrupt(Trial *trial, gconstpointer data) {
  (void)data;
  for (guint i = 0; i < G_N_ELEMENTS(moments); i++) {
    g_auto(Said) said = { 0 };
    cut_fresh_run_short(trial, i, i % 2 == 0 ? SIGINT : SIGTERM, &said);
    json_auto_t *report = e2e_json(&said);
    g_assert_cmpstr(json_string_value(json_object_get(report, "status")), ==, "interrupted");
    e2e_assert_has(json_string_value(json_object_get(report, "error")), "stopped on request");
    assert_status(trial->place, 0, "interrupted");
    assert_recorded(trial->place);
    finish(trial);
  }
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add("/kill/any-moment", Trial, NULL, set_up, test_kill, tear_down);
  g_test_add("/kill/in-a-row", Trial, NULL, set_up, test_kill_in_a_row, tear_down);
  g_test_add("/kill/interrupt", Trial, NULL, set_up, test_interrupt, tear_down);
  return g_test_run();
}
