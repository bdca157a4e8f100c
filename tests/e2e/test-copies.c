/* Content copies that a run makes at once, into a Moodle behind web services: they overlap where
 * the configuration wants it, each course gets its content once, and a run that is killed amid them
 * is made good by the next.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>

#include "e2e.h"

#define SIM "--generate 4x8x6 --seed 24"
#define TENANTS 4
#define IMPORTS "kinds.core_course_import_course"

/* So many further runs must be through with everything. */
#define RUNS 12

typedef struct {
  Place *place;
  char *wanted; /* the meaning of a run into the embedded Moodle */
  gint64 copies;
} Trial;

static gint64
unfinished(const Place *place) {
  return rows_number(place->store,
                     "SELECT count(*) FROM local_lehrgaengeapi_task WHERE state <> 2");
}

static void
set_up(Trial *trial, gconstpointer data) {
  (void)data;
  Place *place = trial->place = e2e_new(TENANTS);
  e2e_sim(place, SIM);
  e2e_fresh_moodle(place);
  e2e_must(place, 0, "sync --json");
  trial->wanted = e2e_meaning(place);
  trial->copies = rows_number(place->store, "SELECT count(*) FROM local_lehrgaengeapi_task");
  g_assert_cmpint(trial->copies, >, 8);
  e2e_fresh_moodle(place);
  /* So that only copies come at once. */
  e2e_set(place, "moodle", "connections", "1");
  e2e_set(place, "moodle", "copy-timeout", "1");
}

static void
tear_down(Trial *trial, gconstpointer data) {
  (void)data;
  g_free(trial->wanted);
  e2e_free(trial->place);
}

static void
assert_as_wanted(const Trial *trial) {
  g_autofree char *is = e2e_meaning(trial->place);
  rows_assert_same(is, trial->wanted);
}

static void
test_at_once(Trial *trial, gconstpointer workers) {
  Place *place = trial->place;
  e2e_serve_moodle(place, "--latency-ms 25");
  e2e_set(place, "tasks", "workers", workers);
  e2e_must(place, 0, "sync --json");
  g_assert_cmpint(e2e_stat_moodle(place, "peak_in_flight"), ==, g_ascii_strtoll(workers, NULL, 10));
  g_assert_cmpint(e2e_stat_moodle(place, IMPORTS), ==, trial->copies);
  g_assert_cmpint(unfinished(place), ==, 0);
  assert_as_wanted(trial);
}

/* Tasks that failed once wait a minute; nobody wants to here. */
static void
finish(Trial *trial) {
  Place *place = trial->place;
  for (guint i = 0; i < RUNS; i++) {
    g_auto(Said) said = e2e_call(place, "sync --json");
    if (said.code == 0 && unfinished(place) == 0)
      return;
    rows_change(place->store, "UPDATE local_lehrgaengeapi_task SET due = 0 WHERE state = 0");
    g_usleep(G_USEC_PER_SEC / 4);
  }
  g_error("not done after %d runs", RUNS);
}

static void
test_kill(Trial *trial, gconstpointer data) {
  (void)data;
  Place *place = trial->place;
  e2e_serve_moodle(place, "--latency-ms 25");
  e2e_set(place, "tasks", "workers", "4");
  g_autoptr(Process) run = e2e_start(place, "sync --json");
  g_assert_true(e2e_await_phase(place, run, "content"));
  while (e2e_stat_moodle(place, IMPORTS) < 6)
    g_assert_false(process_ends(run, 1));
  process_signal(run, SIGKILL);
  g_auto(Said) said = process_wait(run);
  g_assert_cmpint(said.signal, ==, SIGKILL);
  g_assert_cmpint(unfinished(place), >, 0);
  finish(trial);
  assert_as_wanted(trial);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add("/copies/one-by-one", Trial, "1", set_up, test_at_once, tear_down);
  g_test_add("/copies/at-once", Trial, "3", set_up, test_at_once, tear_down);
  g_test_add("/copies/kill", Trial, NULL, set_up, test_kill, tear_down);
  return g_test_run();
}
