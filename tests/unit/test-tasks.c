/* Background tasks: when they are due, in which order, how they end, and how they stop.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "scheduler/content_copy.h"
#include "scheduler/lease.h"
#include "tasks-case.h"

/* ── when ── */

static void
test_next_due(void) {
  gint64 delay = 60;
  for (guint attempts = 1; attempts < 40; attempts++) {
    g_assert_cmpint(tasks_next_due(1000, attempts, 0), ==, 1000 + delay);
    gint64 latest = 0;
    for (guint32 spread = 0; spread < 100000; spread += 7) {
      gint64 due = tasks_next_due(1000, attempts, spread);
      g_assert_cmpint(due, >=, 1000 + delay);
      g_assert_cmpint(due, <=, 1000 + delay + delay / 4);
      latest = MAX(latest, due);
    }
    g_assert_cmpint(latest, >, 1000 + delay);
    g_assert_cmpint(tasks_next_due(1000, attempts, G_MAXUINT32), <=, 1000 + delay + delay / 4);
    delay = MIN(2 * delay, 24 * 60 * 60);
  }
  g_assert_cmpint(tasks_next_due(1000, G_MAXUINT, 0), ==, 1000 + 24 * 60 * 60);
}

/* ── one copy ── */

static void
test_once(void) {
  g_auto(Case) c = case_new();
  case_queue(&c, 10, 1);
  case_queue(&c, 10, 1);
  case_run(&c, 1, 0, 0);
  case_assert_task(&c, 10, TASK_DONE, "");
  case_run(&c, 0, 0, 0);
  case_queue(&c, 10, 1); /* done once is done */
  case_run(&c, 0, 0, 0);
  g_assert_cmpuint(c.moodle.copies, ==, 1);
  g_assert_cmpuint(c.moodle.looks, ==, 1); /* before the copy */
  g_assert_cmpuint(c.moodle.modules[10], ==, 3);
  g_assert_cmpuint(c.told, ==, 1);
}

/* Each try later than the one before, up to the last, then never again. */
static void
test_failing(void) {
  g_auto(Case) c = case_new();
  c.moodle.failures = 1000;
  case_queue(&c, 10, 1);
  gint64 before = 0;
  for (guint attempt = 1; attempt < TASKS_MAX_ATTEMPTS; attempt++) {
    case_run(&c, 0, 1, 0);
    case_run(&c, 0, 1, 0); /* not due, and not finished either */
    g_assert_cmpuint(c.moodle.copies, ==, attempt);
    case_assert_task(&c, 10, TASK_QUEUED, "Moodle timed out");
    gint64 waited = case_wait_for(&c, 10);
    g_assert_cmpint(waited, >, before * 3 / 2);
    before = waited;
  }
  case_run(&c, 0, 0, 1);
  case_assert_task(&c, 10, TASK_FAILED, "Moodle timed out");
  g_assert_cmpuint(c.moodle.copies, ==, TASKS_MAX_ATTEMPTS);
  clock_advance(c.clock, G_GINT64_CONSTANT(1000) * 24 * 60 * 60 * G_USEC_PER_SEC);
  case_run(&c, 0, 0, 0);
}

/* Nothing is noted as done before Moodle has it for good. */
static void
test_flushed_first(void) {
  g_auto(Case) c = case_new();
  case_queue(&c, 10, 1);
  case_queue(&c, 11, 1);
  c.moodle.flush_fails = true;
  g_autoptr(GError) error = NULL;
  case_run_due(&c, &error);
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE);
  case_assert_task(&c, 10, TASK_RUNNING, "");
  case_assert_task(&c, 11, TASK_RUNNING, "");
  g_assert_cmpuint(c.moodle.flushes, ==, 1);
}

/* One course's failure is not the others'. */
static void
test_others_go_on(void) {
  g_auto(Case) c = case_new();
  for (gint64 course = 10; course < 10 + 2 * TASKS_BATCH; course++)
    case_queue(&c, course, 1);
  c.moodle.failures = 1;
  case_run(&c, 2 * TASKS_BATCH - 1, 1, 0);
  case_assert_task(&c, 10, TASK_QUEUED, "Moodle timed out");
  case_assert_task(&c, 11, TASK_DONE, "");
  case_wait_for(&c, 10);
  case_run(&c, 1, 0, 0);
  for (gint64 course = 10; course < 10 + 2 * TASKS_BATCH; course++)
    g_assert_cmpuint(c.moodle.modules[course], ==, 3);
}

/* ── stopping ── */

static void
test_stop(void) {
  g_auto(Case) c = case_new();
  case_queue(&c, 10, 1);
  stop_request(&c.stop);
  g_autoptr(GError) error = NULL;
  case_run_due(&c, &error);
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED);
  g_assert_cmpuint(c.moodle.copies, ==, 0);
  case_assert_task(&c, 10, TASK_QUEUED, "");
}

/* A call cut short stands for the end of the process: nothing more is recorded, and the next
 * process looks first. */
static void
test_cut_off(void) {
  g_auto(Case) c = case_new();
  g_autofree char *own = g_steal_pointer(&c.owner);
  c.owner = case_dead_owner();
  case_queue(&c, 10, 1);
  case_queue(&c, 11, 1);
  c.moodle.cut_off = true;
  g_autoptr(GError) error = NULL;
  case_run_due(&c, &error);
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED);
  case_assert_task(&c, 10, TASK_RUNNING, "");
  g_assert_cmpuint(c.moodle.copies, ==, 1);
  c.moodle.cut_off = false;
  g_free(c.owner);
  c.owner = g_steal_pointer(&own);
  case_run(&c, 2, 0, 0);
  g_assert_cmpstr(c.moodle.order->str, ==, "1>10 1>11 ");
}

/* A stop is obeyed between two copies of a batch, and what was not begun is as it was. */
/* Moodle went away for good: most tasks are not even tried, and lose no attempt by it. */
static void
test_moodle_away(void) {
  g_auto(Case) c = case_new();
  for (gint64 course = 10; course < 10 + 2 * TASKS_BATCH; course++)
    case_queue(&c, course, 1);
  c.moodle.failures = G_MAXUINT;
  case_run(&c, 0, 2 * TASKS_BATCH, 0);
  g_assert_cmpuint(c.moodle.copies, ==, TASKS_MAX_AWAY);
  case_assert_task(&c, 10, TASK_QUEUED, "Moodle timed out");
  case_assert_task(&c, 10 + TASKS_MAX_AWAY, TASK_QUEUED, "");
  g_autoptr(StoreTask) left = case_task(&c, 10 + TASKS_MAX_AWAY);
  g_assert_cmpuint(left->attempts, ==, 0);
  c.moodle.failures = 0;
  case_run(&c, 2 * TASKS_BATCH - TASKS_MAX_AWAY, TASKS_MAX_AWAY, 0);
}

static void
test_stop_within_batch(void) {
  g_auto(Case) c = case_new();
  c.moodle.stop_after_first = &c.stop;
  case_queue(&c, 10, 1);
  case_queue(&c, 11, 1);
  g_autoptr(GError) error = NULL;
  case_run_due(&c, &error);
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED);
  g_assert_cmpuint(c.moodle.copies, ==, 1);
  case_assert_task(&c, 10, TASK_DONE, "");
  case_assert_task(&c, 11, TASK_QUEUED, "");
  g_autoptr(StoreTask) left = case_task(&c, 11);
  g_assert_cmpuint(left->attempts, ==, 0);
  c.moodle.stop_after_first = NULL;
  c.stop = (Stop){ 0 };
  case_run(&c, 1, 0, 0);
}

/* A template whose own copy rests as failed: whoever depends on it is not left waiting for ever. */
static void
test_template_failed(void) {
  g_auto(Case) c = case_new();
  g_autoptr(GError) error = NULL;
  case_queue(&c, 10, 1);
  c.moodle.failures = TASKS_MAX_ATTEMPTS;
  for (guint attempt = 1; attempt < TASKS_MAX_ATTEMPTS; attempt++) {
    case_run_due(&c, &error);
    case_wait_for(&c, 10);
  }
  case_run(&c, 0, 0, 1);
  case_queue(&c, 11, 10);
  case_run(&c, 0, 0, 1);
  case_assert_task(&c, 11, TASK_FAILED, "fill both in Moodle");
  c.moodle.modules[10] = 3; /* by hand */
  case_queue(&c, 12, 10);
  case_run(&c, 1, 0, 0);
  g_assert_cmpuint(c.moodle.modules[12], ==, 3);
}

/* ── tasks that cannot be done ── */

static void
test_not_ours(void) {
  g_auto(Case) c = case_new();
  g_autoptr(GError) error = NULL;
  gint64 id;
  StoreTask unknown = { .kind = (char *)"bake_bread",
                        .subject = (char *)"x",
                        .payload = (char *)"{}" };
  StoreTask damaged = { .kind = (char *)CONTENT_COPY_KIND,
                        .subject = (char *)"course 10",
                        .payload = (char *)"{\"course\":" };
  StoreTask other = { .kind = (char *)CONTENT_COPY_KIND,
                      .subject = (char *)"course 11",
                      .payload = (char *)"{\"course\":\"10\"}" };
  c.store->class->task_add(c.store, &unknown, FIXTURE_NOW, &id, &error);
  c.store->class->task_add(c.store, &damaged, FIXTURE_NOW, &id, &error);
  c.store->class->task_add(c.store, &other, FIXTURE_NOW, &id, &error);
  g_assert_no_error(error);
  case_run(&c, 0, 0, 2);
  case_assert_task(&c, 10, TASK_FAILED, "payload is damaged");
  case_assert_task(&c, 11, TASK_FAILED, "payload is damaged");
  /* Imports, mails and what a newer version may know are the service's. */
  g_autoptr(StoreTask) task = NULL;
  c.store->class->task_find(c.store, "bake_bread", "x", &task, &error);
  g_assert_no_error(error);
  g_assert_cmpint(task->state, ==, TASK_QUEUED);

  TaskAttempt attempt = { .task = task, .store = c.store, .clock = c.clock, .owner = c.owner };
  g_auto(TasksEnd) end = { 0 };
  tasks_attempt(&attempt, 0, true, &end);
  g_assert_cmpint(end.outcome, ==, TASK_OUTCOME_FAILED);
  g_assert_cmpstr(end.message, ==, "this version knows no task \"bake_bread\"");
}

/* ── asked for again by hand ── */

/* As many tries as configured; once more by hand is as many again, with the delays from the start,
 * but what was tried before is looked at first. */
static void
test_retry(void) {
  g_auto(Case) c = case_new();
  g_autoptr(GError) error = NULL;
  c.max_attempts = 2;
  c.moodle.failures = 3;
  case_queue(&c, 10, 1);
  case_run(&c, 0, 1, 0);
  case_wait_for(&c, 10);
  case_run(&c, 0, 0, 1);
  g_autoptr(StoreTask) task = case_task(&c, 10);
  g_assert_true(c.store->class->task_retry(c.store, task->id, clock_now(c.clock), &error));
  g_assert_no_error(error);

  guint looks = c.moodle.looks;
  case_run(&c, 0, 1, 0);
  g_assert_cmpuint(c.moodle.looks, >, looks);
  g_assert_cmpint(case_wait_for(&c, 10), <=, TASKS_FIRST_DELAY_S * 5 / 4);
  c.moodle.modules[10] = 3; /* the last try went on after its answer was lost */
  case_run(&c, 1, 0, 0);
  g_assert_cmpuint(c.moodle.copies, ==, 3);
}

/* What another has by now is left to it. */
static void
test_lost(void) {
  g_auto(Case) c = case_new();
  g_autoptr(GError) error = NULL;
  g_autoptr(StoreTask) task = NULL;
  StoreTaker taker = { .owner = "another" };
  bool orphaned = false, ours = true;
  case_queue(&c, 10, 1);
  g_assert_true(c.store->class->task_take(c.store, &taker, FIXTURE_NOW, &task, &orphaned, &error));

  for (c.moodle.grace = 0; c.moodle.grace <= 500; c.moodle.grace += 500) {
    TaskAttempt attempt = {
      .task = task, .store = c.store, .clock = c.clock, .owner = c.owner, .gateway = &c.moodle.base
    };
    g_auto(TasksEnd) end = { 0 };
    tasks_attempt(&attempt, 0, true, &end);
    g_assert_cmpint(end.outcome, ==, TASK_OUTCOME_LOST);
    g_assert_true(tasks_record(c.store, task, c.owner, &end, FIXTURE_NOW, &ours, &error));
    g_assert_false(ours);
    end.outcome = TASK_OUTCOME_DONE;
    g_assert_true(tasks_record(c.store, task, c.owner, &end, FIXTURE_NOW, &ours, &error));
    g_assert_no_error(error);
    g_assert_false(ours);
  }
  g_assert_cmpuint(c.moodle.copies, ==, 0);
  case_assert_task(&c, 10, TASK_RUNNING, "");
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/tasks/next-due", test_next_due);
  g_test_add_func("/tasks/once", test_once);
  g_test_add_func("/tasks/failing", test_failing);
  g_test_add_func("/tasks/flushed-first", test_flushed_first);
  g_test_add_func("/tasks/others-go-on", test_others_go_on);
  g_test_add_func("/tasks/stop", test_stop);
  g_test_add_func("/tasks/cut-off", test_cut_off);
  g_test_add_func("/tasks/moodle-away", test_moodle_away);
  g_test_add_func("/tasks/stop-within-batch", test_stop_within_batch);
  g_test_add_func("/tasks/template-failed", test_template_failed);
  g_test_add_func("/tasks/not-ours", test_not_ours);
  g_test_add_func("/tasks/retry", test_retry);
  g_test_add_func("/tasks/lost", test_lost);
  return g_test_run();
}
