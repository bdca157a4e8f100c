/* The workers: threads over a real store and an embedded Moodle.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scheduler/lease.h"
#include "scheduler/workers_private.h"
#include "workers-case.h"

#define DONE switches.ended[TASK_OUTCOME_DONE]
#define RETRIED switches.ended[TASK_OUTCOME_RETRY]
#define FAILED switches.ended[TASK_OUTCOME_FAILED]
#define WAITED switches.ended[TASK_OUTCOME_WAIT]

static void
assert_state(const Shop *shop, gint64 course, StoreTaskState state, guint attempts) {
  g_autoptr(StoreTask) task = shop_task(shop, course);
  g_assert_cmpstr(store_task_state_word(task->state), ==, store_task_state_word(state));
  g_assert_cmpuint(task->attempts, ==, attempts);
}

/* ── once each ── */

static void
test_each_once(void) {
  g_autoptr(Shop) shop = shop_new();
  gint64 first = shop_courses(shop, 200);
  for (gint64 course = first; course < first + 200; course++)
    shop_queue(shop, course, shop->template);
  g_autoptr(Workers) workers = shop_open(shop, "me", 4, NULL);
  shop_wait(&DONE, 200);
  workers_free(g_steal_pointer(&workers));
  g_assert_cmpuint(switches.copies, ==, 200);
  g_assert_cmpuint(switches.looks, ==, 200); /* each before its copy */
  g_assert_cmpuint(switches.enters, ==, switches.leaves);
  shop_assert_whole(shop, first, 200);
}

/* As many at once as there are threads, and signals are not theirs. */
static void
test_side_by_side(void) {
  g_autoptr(Shop) shop = shop_new();
  g_autoptr(GAsyncQueue) signals = g_async_queue_new_full(g_free);
  switches.signals = signals;
  switches.gate = true;
  gint64 first = shop_courses(shop, 5);
  for (gint64 course = first; course < first + 5; course++)
    shop_queue(shop, course, shop->template);
  g_autoptr(Workers) workers = shop_open(shop, "me", 3, NULL);
  shop_wait(&switches.copying, 3);
  g_assert_cmpuint(shop_count(&switches.rounds), <, 3); /* they wake each other */
  shop_switch(gate, false);
  shop_wait(&DONE, 5);
  workers_free(g_steal_pointer(&workers));
  g_assert_cmpuint(switches.most_copying, ==, 3);
  g_assert_cmpint(g_async_queue_length(signals), ==, 5);
  for (guint i = 0; i < 5; i++) {
    g_autofree sigset_t *blocked = g_async_queue_pop(signals);
    g_assert_true(sigismember(blocked, SIGTERM) && sigismember(blocked, SIGHUP));
  }
}

/* Two nodes on one store. */
static void
test_two_nodes(void) {
  g_autoptr(Shop) shop = shop_new();
  gint64 first = shop_courses(shop, 100);
  for (gint64 course = first; course < first + 100; course++)
    shop_queue(shop, course, shop->template);
  g_autoptr(Workers) one = shop_open(shop, "node one", 2, NULL);
  g_autoptr(Workers) other = shop_open(shop, "node two", 2, NULL);
  shop_wait(&DONE, 100);
  workers_free(g_steal_pointer(&one));
  workers_free(g_steal_pointer(&other));
  g_assert_cmpuint(switches.copies, ==, 100);
  shop_assert_whole(shop, first, 100);
}

/* ── again ── */

static void
test_retry(void) {
  g_autoptr(Shop) shop = shop_new();
  g_autoptr(GError) error = NULL;
  gint64 course = shop_courses(shop, 1);
  switches.max_attempts = 3;
  switches.failures = 3;
  switches.copy_fails = GATEWAY_ERROR_FAILED;
  shop_queue(shop, course, shop->template);
  g_autoptr(Workers) workers = shop_open(shop, "me", 2, NULL);
  for (guint i = 1; i <= 2; i++) {
    shop_wait(&RETRIED, i);
    g_autoptr(StoreTask) task = shop_task(shop, course);
    gint64 delay = task->due - clock_now(shop->world->clock);
    g_assert_cmpint(task->state, ==, TASK_QUEUED);
    g_assert_cmpstr(task->error, ==, "Moodle does not copy");
    g_assert_cmpint(delay, >=, 60 * i);
    g_assert_cmpint(delay, <=, 75 * i);
    clock_advance(shop->world->clock, delay * G_USEC_PER_SEC);
    workers_wake(workers);
  }
  shop_wait(&FAILED, 1);
  assert_state(shop, course, TASK_FAILED, 3);

  g_autoptr(StoreTask) task = shop_task(shop, course);
  shop->store->class->task_retry(shop->store, task->id, clock_now(shop->world->clock), &error);
  g_assert_no_error(error);
  workers_wake(workers);
  shop_wait(&DONE, 1);
  g_assert_cmpuint(shop_count(&switches.copies), ==, 4);
  shop_assert_whole(shop, course, 1);
}

/* Moodle is away: a few tasks find that out, the others keep their tries for later. */
static void
test_moodle_away(void) {
  g_autoptr(Shop) shop = shop_new();
  gint64 first = shop_courses(shop, 10);
  switches.failures = G_MAXUINT;
  switches.copy_fails = GATEWAY_ERROR_UNAVAILABLE;
  for (gint64 course = first; course < first + 10; course++)
    shop_queue(shop, course, shop->template);
  g_autoptr(Workers) workers = shop_open(shop, "me", 1, NULL);
  shop_wait(&RETRIED, TASKS_MAX_AWAY);
  shop_wait(&switches.leaves, 1);
  assert_state(shop, first + TASKS_MAX_AWAY - 1, TASK_QUEUED, 1);
  assert_state(shop, first + TASKS_MAX_AWAY, TASK_QUEUED, 0);
  shop_switch(failures, 0);
  workers_wake(workers);
  shop_wait(&DONE, 10 - TASKS_MAX_AWAY);
  g_assert_cmpuint(shop_count(&switches.copies), ==, 10);
}

/* ── stopping ── */

/* What is under way is done and written down, nothing more is begun. */
static void
test_stop(void) {
  g_autoptr(Shop) shop = shop_new();
  gint64 first = shop_courses(shop, 10);
  switches.gate = true;
  for (gint64 course = first; course < first + 10; course++)
    shop_queue(shop, course, shop->template);
  g_autoptr(Workers) workers = shop_open(shop, "me", 2, NULL);
  shop_wait(&switches.copying, 2);
  workers_stop(workers);
  shop_switch(gate, false);
  workers_free(g_steal_pointer(&workers));
  g_assert_cmpuint(switches.copies, ==, 2);
  shop_assert_whole(shop, first, 2);
  for (gint64 course = first + 2; course < first + 10; course++)
    assert_state(shop, course, TASK_QUEUED, 0);
}

/* A copy cut short may go on in Moodle: whoever is next looks, and waits until that is over. */
static void
test_cut_short(void) {
  g_autoptr(Shop) shop = shop_new();
  gint64 course = shop_courses(shop, 1);
  switches.grace = 500;
  switches.failures = 1;
  switches.copy_fails = GATEWAY_ERROR_STOPPED;
  shop_queue(shop, course, shop->template);
  g_autoptr(Workers) first = shop_open(shop, "me", 1, NULL);
  shop_wait(&RETRIED, 1);
  workers_free(g_steal_pointer(&first));
  assert_state(shop, course, TASK_QUEUED, 1);
  g_autoptr(StoreTask) cut = shop_task(shop, course);
  g_assert_cmpint(cut->due, ==, FIXTURE_NOW);
  g_assert_cmpint(cut->begun, ==, FIXTURE_NOW);

  clock_advance(shop->world->clock, 100 * G_USEC_PER_SEC);
  g_autoptr(Workers) next = shop_open(shop, "another", 1, NULL);
  shop_wait(&switches.ended[TASK_OUTCOME_LATER], 1);
  g_autoptr(StoreTask) later = shop_task(shop, course);
  g_assert_cmpint(later->due, ==, FIXTURE_NOW + 500);
  g_assert_cmpuint(shop_count(&switches.looks), ==, 2);
  g_assert_cmpuint(shop_count(&switches.copies), ==, 1);
  clock_advance(shop->world->clock, 400 * G_USEC_PER_SEC);
  workers_wake(next);
  shop_wait(&DONE, 1);
  g_assert_cmpuint(shop_count(&switches.copies), ==, 2);
}

/* ── a store that is away for a while ── */

/* What was done is not lost, and not done twice. */
static void
test_store_away_at_the_end(void) {
  g_autoptr(Shop) shop = shop_new();
  gint64 course = shop_courses(shop, 1);
  switches.ends_fail = true;
  shop_queue(shop, course, shop->template);
  g_autoptr(Workers) workers = shop_open(shop, "me", 1, NULL);
  shop_wait(&switches.ends, 1);
  shop_switch(opens_fail, true);
  guint opens = shop_count(&switches.opens);
  workers_wake(workers);
  shop_wait(&switches.opens, opens + 1);
  assert_state(shop, course, TASK_RUNNING, 1);
  g_assert_cmpuint(shop_count(&DONE), ==, 0);
  shop_switch(opens_fail, false);
  shop_switch(ends_fail, false);
  workers_wake(workers);
  shop_wait(&DONE, 1);
  shop_wait(&switches.leaves, 1);
  g_assert_cmpuint(shop_count(&switches.copies), ==, 1);
  shop_assert_whole(shop, course, 1);
}

/* A stop does not wait for it for ever; the next start looks before it copies. */
static void
test_store_away_and_stopped(void) {
  g_autoptr(Shop) shop = shop_new();
  gint64 course = shop_courses(shop, 1);
  switches.ends_fail = true;
  shop_queue(shop, course, shop->template);
  g_autoptr(Workers) first = shop_open(shop, "gone", 1, NULL);
  shop_wait(&switches.ends, 1);
  workers_free(g_steal_pointer(&first));
  g_assert_cmpuint(switches.ends, ==, 2);
  assert_state(shop, course, TASK_RUNNING, 1);

  switches.ends_fail = false;
  g_autoptr(GError) error = NULL;
  g_autofree char *lock = g_compute_checksum_for_string(G_CHECKSUM_SHA1, "gone", -1);
  shop->store->class->lock_drop(shop->store, lock, "gone", &error);
  g_assert_no_error(error);
  g_autoptr(Workers) next = shop_open(shop, "me", 1, NULL);
  shop_wait(&DONE, 2);
  g_assert_cmpuint(shop_count(&switches.copies), ==, 1);
  g_assert_cmpuint(shop_count(&switches.looks), ==, 3); /* before the copy; then both courses */
  shop_assert_whole(shop, course, 1);
  workers_free(g_steal_pointer(&next));
}

static void
test_takes_fail(void) {
  g_autoptr(Shop) shop = shop_new();
  gint64 course = shop_courses(shop, 1);
  switches.takes_fail = true;
  shop_queue(shop, course, shop->template);
  g_autoptr(Workers) workers = shop_open(shop, "me", 2, NULL);
  shop_wait(&switches.leaves, 1); /* the connection may be what failed */
  g_assert_cmpuint(shop_count(&switches.enters), ==, 1);
  shop_switch(takes_fail, false);
  shop_switch(enters_fail, true);
  workers_wake(workers);
  shop_wait(&switches.enters, 2);
  assert_state(shop, course, TASK_QUEUED, 0);
  shop_switch(enters_fail, false);
  workers_wake(workers);
  shop_wait(&DONE, 1);
  shop_assert_whole(shop, course, 1);
}

/* A task that was taken without our knowing is not left lying until the process ends. */
static void
test_take_lost(void) {
  g_autoptr(Shop) shop = shop_new();
  gint64 course = shop_courses(shop, 1);
  switches.takes_lost = true;
  shop_queue(shop, course, shop->template);
  g_autoptr(Workers) workers = shop_open(shop, "me", 2, NULL);
  shop_wait(&switches.leaves, 1);
  assert_state(shop, course, TASK_RUNNING, 1);
  workers_wake(workers);
  shop_wait(&DONE, 1);
  g_assert_cmpuint(shop_count(&switches.looks), ==, 2);
  shop_assert_whole(shop, course, 1);
}

/* However often it fails, it is said once. */
static void
test_said_once(void) {
  g_autoptr(Shop) shop = shop_new();
  gint64 course = shop_courses(shop, 1);
  shop_queue(shop, course, shop->template);
  g_autofree char *path = g_build_filename(shop->world->directory, "said", NULL), *said = NULL;
  int saved = dup(STDERR_FILENO), file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  g_assert_cmpint(file, >=, 0);
  g_assert_cmpint(dup2(file, STDERR_FILENO), ==, STDERR_FILENO);
  switches.takes_fail = true;
  g_autoptr(Workers) workers = shop_open(shop, "me", 2, NULL);
  for (guint i = 1; i <= 5; i++) {
    shop_wait(&switches.leaves, i);
    if (i < 5)
      workers_wake(workers);
  }
  workers_free(g_steal_pointer(&workers));
  g_assert_cmpint(dup2(saved, STDERR_FILENO), ==, STDERR_FILENO);
  close(saved);
  close(file);
  g_assert_true(g_file_get_contents(path, &said, NULL, NULL));
  g_auto(GStrv) lines = g_strsplit(said, "\n", -1);
  g_assert_cmpuint(g_strv_length(lines), ==, 2);
  g_assert_nonnull(strstr(lines[0], "wait until it works again: the store is away"));
}

/* A Moodle that does not let us in is not knocked at every few seconds for days. */
static void
test_rest(void) {
  const GError store = { STORE_ERROR, STORE_ERROR_UNAVAILABLE, (char *)"away" };
  const GError moodle = { GATEWAY_ERROR, GATEWAY_ERROR_REFUSED, (char *)"no" };
  for (guint i = 1; i < 100; i++)
    g_assert_cmpint(workers_rest(&store, i), ==, WORKERS_STORE_PAUSE_S);
  g_assert_cmpint(workers_rest(&moodle, 1), ==, WORKERS_STORE_PAUSE_S);
  g_assert_cmpint(workers_rest(&moodle, 3), ==, 4 * WORKERS_STORE_PAUSE_S);
  g_assert_cmpint(workers_rest(&moodle, 100), ==, WORKERS_LONGEST_PAUSE_S);
}

/* The store was away until this process's lock had expired: its own threads still do not take each
 * other's tasks. */
static void
test_own_lock_expired(void) {
  g_autoptr(Shop) shop = shop_new();
  g_autoptr(GError) error = NULL;
  gint64 first = shop_courses(shop, 2);
  switches.gate = true;
  shop_queue(shop, first, shop->template);
  g_autoptr(Workers) workers = shop_open(shop, "me", 3, NULL);
  shop_wait(&switches.copying, 1);
  g_autofree char *lock = g_compute_checksum_for_string(G_CHECKSUM_SHA1, "me", -1);
  shop->store->class->lock_drop(shop->store, lock, "me", &error);
  g_assert_no_error(error);
  shop_queue(shop, first + 1, shop->template);
  workers_wake(workers);
  shop_wait(&switches.copying, 2);
  shop_switch(gate, false);
  shop_wait(&DONE, 2);
  workers_free(g_steal_pointer(&workers));
  g_assert_cmpuint(switches.copies, ==, 2);
  shop_assert_whole(shop, first, 2);
}

/* ── waking ── */

/* Between two looks of the poller nothing moves, and nothing is held. */
static void
test_idle(void) {
  g_autoptr(Shop) shop = shop_new();
  gint64 course = shop_courses(shop, 1);
  gint64 started = g_get_monotonic_time();
  shop_queue(shop, course, shop->template);
  g_autoptr(Workers) workers = shop_open(shop, "me", 4, NULL);
  shop_wait(&DONE, 1);
  shop_wait(&switches.leaves, 1);
  guint polls = shop_count(&switches.polls), opens = shop_count(&switches.opens);
  g_assert_cmpuint(opens, ==, 2); /* the poller's, and one place */
  struct rusage before, after;
  getrusage(RUSAGE_SELF, &before);
  g_usleep(300 * 1000);
  getrusage(RUSAGE_SELF, &after);
  g_assert_cmpint(after.ru_nvcsw - before.ru_nvcsw, <, 10);
  if (g_get_monotonic_time() - started < WORKERS_POLL_S * G_USEC_PER_SEC)
    g_assert_cmpuint(shop_count(&switches.polls), ==, polls);
  g_assert_cmpuint(shop_count(&switches.opens), ==, opens);
  g_assert_cmpuint(shop_count(&switches.enters), ==, 1);
  workers_free(g_steal_pointer(&workers));
}

/* What another process queues is found without a word. */
static void
test_poll(void) {
  g_autoptr(Shop) shop = shop_new();
  gint64 course = shop_courses(shop, 1);
  g_autoptr(Workers) workers = shop_open(shop, "me", 1, NULL);
  shop_wait(&switches.counts, 1); /* the first look is over */
  shop_queue(shop, course, shop->template);
  gint64 queued = g_get_monotonic_time();
  shop_wait(&DONE, 1);
  g_assert_cmpint(g_get_monotonic_time() - queued, <, (WORKERS_POLL_S + 5) * G_USEC_PER_SEC);
  workers_free(g_steal_pointer(&workers));
}

/* ── lanes and places ── */

static bool
import_at_once(const ImportRequest *request, bool record_skip, RunStatus *status, gint64 *run,
               char **why, gpointer data, GError **error) {
  (void)record_skip, (void)why, (void)data, (void)error;
  g_assert_cmpint(request->year, ==, 2025);
  *status = RUN_SUCCESS;
  *run = 1;
  return true;
}

static void
tell_nobody(const ImportRequest *request, RunStatus status, gint64 run, const char *why, bool final,
            gpointer data) {
  (void)request, (void)status, (void)run, (void)why, (void) final, (void)data;
}

/* What is in another lane is not held up by copies, however many wait. */
static void
test_lanes(void) {
  g_autoptr(Shop) shop = shop_new();
  g_autoptr(GError) error = NULL;
  ImportRunner runner = { .run = import_at_once, .tell = tell_nobody };
  gint64 first = shop_courses(shop, 3), id;
  switches.gate = true;
  for (gint64 course = first; course < first + 3; course++)
    shop_queue(shop, course, shop->template);
  const ImportRequest request = { .year = 2025, .starter = (char *)"anna" };
  g_assert_true(import_queue(shop->store, &request, FIXTURE_NOW, &id, &error));
  g_autoptr(Workers) workers = shop_open(shop, "me", 2, &runner);
  shop_wait(&switches.copying, 2);
  shop_wait(&DONE, 1);
  g_assert_cmpuint(shop_count(&switches.copying), ==, 2);
  shop_switch(gate, false);
  shop_wait(&DONE, 4);
  workers_free(g_steal_pointer(&workers));
}

/* A new configuration is worked with from the next task on. */
static void
test_generation(void) {
  g_autoptr(Shop) shop = shop_new();
  gint64 first = shop_courses(shop, 3);
  switches.gate = true;
  for (gint64 course = first; course < first + 3; course++)
    shop_queue(shop, course, shop->template);
  g_autoptr(Workers) workers = shop_open(shop, "me", 1, NULL);
  shop_wait(&switches.copying, 1);
  shop_switch(generation, 1);
  shop_switch(gate, false);
  shop_wait(&DONE, 3);
  shop_wait(&switches.leaves, 2);
  g_assert_cmpuint(shop_count(&switches.enters), ==, 2);
  workers_free(g_steal_pointer(&workers));
}

/* ── templates that wait themselves ── */

/* Whoever waits for a template gets its turn when that is done, without waiting for a clock. */
static void
test_template_first(void) {
  for (guint threads = 1; threads <= 2; threads++) {
    g_autoptr(Shop) shop = shop_new();
    gint64 course = shop_courses(shop, 2), template = course + 1;
    switches.gate = threads == 2;
    shop_queue(shop, course, template);
    shop_queue(shop, template, shop->template);
    g_autoptr(Workers) workers = shop_open(shop, "me", threads, NULL);
    shop_wait(&WAITED, 1);
    shop_switch(gate, false);
    shop_wait(&DONE, 2);
    workers_free(g_steal_pointer(&workers));
    g_assert_cmpuint(switches.copies, ==, 2);
    g_assert_cmpuint(switches.ended[TASK_OUTCOME_WAIT], ==, 1);
    shop_assert_whole(shop, course, 2);
  }
}

/* A wait costs no try; how long depends on when the template is due. */
static void
test_waiting(void) {
  g_autoptr(Shop) shop = shop_new();
  gint64 course = shop_courses(shop, 2), template = course + 1;
  switches.failures = 1;
  switches.copy_fails = GATEWAY_ERROR_FAILED;
  shop_queue(shop, template, shop->template);
  g_autoptr(Workers) workers = shop_open(shop, "me", 1, NULL);
  shop_wait(&RETRIED, 1);
  shop_queue(shop, course, template);
  workers_wake(workers);
  shop_wait(&WAITED, 1);
  g_autoptr(StoreTask) first = shop_task(shop, template), next = shop_task(shop, course);
  g_assert_cmpint(next->due, ==, first->due);
  g_assert_cmpuint(next->attempts, ==, 0);
  g_assert_cmpstr(next->error, ==, "");
  clock_advance(shop->world->clock, (first->due - FIXTURE_NOW) * G_USEC_PER_SEC);
  workers_wake(workers);
  shop_wait(&DONE, 2);
  shop_assert_whole(shop, course, 2);
}

/* ── a process that is killed ── */

#define CHILD "--another-node"
#define COURSES 200
#define DONE_BY_CHILD 20

/* The other node's life: some copies, then it hangs in two, of which one is done already. */
G_NORETURN static void
live_as_child(const char *directory) {
  prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nobody hanging */
  Shop *shop = shop_join(directory);
  g_autofree char *owner = lease_owner();
  switches.hang_from = DONE_BY_CHILD + 1;
  switches.tells = STDOUT_FILENO;
  shop_open(shop, owner, 2, NULL);
  for (;;)
    pause();
}

static GPid
start_child(const Shop *shop, int *output) {
  g_autoptr(GError) error = NULL;
  g_autofree char *self = g_file_read_link("/proc/self/exe", &error);
  g_assert_no_error(error);
  char *argv[] = { self, (char *)CHILD, shop->world->directory, NULL };
  GPid child = 0;
  g_spawn_async_with_pipes(NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &child, NULL,
                           output, NULL, &error);
  g_assert_no_error(error);
  return child;
}

static void
test_killed(void) {
  g_autoptr(Shop) shop = shop_new();
  gint64 first = shop_courses(shop, COURSES);
  for (gint64 course = first; course < first + COURSES; course++)
    shop_queue(shop, course, shop->template);
  int output = -1, status;
  GPid child = start_child(shop, &output);
  guint ended = 0, hanging = 0;
  switches.gate = true;
  g_autofree char *owner = lease_owner();
  g_autoptr(Workers) workers = NULL;
  while (ended < DONE_BY_CHILD || hanging < 2) {
    char what = 0;
    g_assert_cmpint(read(output, &what, 1), ==, 1);
    ended += what == '.';
    hanging += what == 'h';
    if (workers == NULL)
      workers = shop_open(shop, owner, 2, NULL);
  }
  g_assert_cmpint(kill(child, SIGKILL), ==, 0);
  g_assert_cmpint(waitpid(child, &status, 0), ==, child);
  close(output);
  workers_wake(workers);
  shop_switch(gate, false);
  shop_wait(&DONE, COURSES - DONE_BY_CHILD);
  workers_free(g_steal_pointer(&workers));
  g_assert_cmpuint(switches.copies, ==, COURSES - DONE_BY_CHILD - 1);
  /* The child's two: at course and template; each of the others: at its course, before its copy. */
  g_assert_cmpuint(switches.looks, ==, 2 * 2 + (COURSES - DONE_BY_CHILD - 2));
  shop_assert_whole(shop, first, COURSES);
}

int
main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], CHILD) == 0)
    live_as_child(argv[2]);
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/workers/each-once", test_each_once);
  g_test_add_func("/workers/side-by-side", test_side_by_side);
  g_test_add_func("/workers/two-nodes", test_two_nodes);
  g_test_add_func("/workers/retry", test_retry);
  g_test_add_func("/workers/moodle-away", test_moodle_away);
  g_test_add_func("/workers/stop", test_stop);
  g_test_add_func("/workers/cut-short", test_cut_short);
  g_test_add_func("/workers/store-away-at-the-end", test_store_away_at_the_end);
  g_test_add_func("/workers/store-away-and-stopped", test_store_away_and_stopped);
  g_test_add_func("/workers/takes-fail", test_takes_fail);
  g_test_add_func("/workers/take-lost", test_take_lost);
  g_test_add_func("/workers/said-once", test_said_once);
  g_test_add_func("/workers/rest", test_rest);
  g_test_add_func("/workers/own-lock-expired", test_own_lock_expired);
  g_test_add_func("/workers/idle", test_idle);
  g_test_add_func("/workers/poll", test_poll);
  g_test_add_func("/workers/lanes", test_lanes);
  g_test_add_func("/workers/generation", test_generation);
  g_test_add_func("/workers/template-first", test_template_first);
  g_test_add_func("/workers/waiting", test_waiting);
  g_test_add_func("/workers/killed", test_killed);
  return g_test_run();
}
