/* The content copy that happens exactly once (SPEC 3.9), after whatever became of the try before.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "scheduler/content_copy.h"
#include "scheduler/lease.h"
#include "tasks-case.h"

/* ── after an unclear outcome, the course's contents are looked at first ── */

static void
test_retry_looks(void) {
  static const struct {
    guint left_behind;
    StoreTaskState state;
    guint copies;
  } rows[] = {
    { 0, TASK_DONE, 2 },   /* nothing there: copied */
    { 3, TASK_DONE, 1 },   /* all there: done */
    { 5, TASK_DONE, 1 },   /* more, somebody works in it */
    { 2, TASK_FAILED, 1 }, /* a part: somebody has to look */
  };
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_auto(Case) c = case_new();
    c.moodle.failures = 1;
    c.moodle.left_behind = rows[i].left_behind;
    case_queue(&c, 10, 1);
    case_run(&c, 0, 1, 0);
    case_wait_for(&c, 10);
    case_run(&c, rows[i].state == TASK_DONE, 0, rows[i].state == TASK_FAILED);
    case_assert_task(&c, 10, rows[i].state,
                     rows[i].state == TASK_DONE ? "" : "2 of its template's 3");
    g_assert_cmpuint(c.moodle.copies, ==, rows[i].copies);
  }
}

/* While the last try may still go on in Moodle, nothing is begun, whatever the course holds; when
 * that is over, it is as ever. */
static void
test_grace(void) {
  static const struct {
    guint left_behind;
    TaskOutcome end;
    guint copies;
  } rows[] = { { 0, TASK_OUTCOME_DONE, 2 },
               { 2, TASK_OUTCOME_FAILED, 1 },
               { 3, TASK_OUTCOME_DONE, 1 } };
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_auto(Case) c = case_new();
    c.moodle.grace = 500;
    c.moodle.failures = 1;
    c.moodle.left_behind = rows[i].left_behind;
    case_queue(&c, 10, 1);
    case_run(&c, 0, 1, 0);
    case_wait_for(&c, 10);
    if (rows[i].left_behind < 3) {
      case_run(&c, 0, 1, 0);
      g_autofree char *words =
          g_strdup_printf("%u of its template's 3 activities so far", rows[i].left_behind);
      case_assert_task(&c, 10, TASK_QUEUED, words);
      g_autoptr(StoreTask) task = case_task(&c, 10);
      g_assert_cmpint(task->due, ==, FIXTURE_NOW + 500);
      g_assert_cmpuint(task->attempts, ==, 1);
      clock_advance(c.clock, (task->due - 1 - clock_now(c.clock)) * G_USEC_PER_SEC);
      case_run(&c, 0, 1, 0); /* not due */
      g_assert_cmpuint(c.moodle.copies, ==, 1);
      clock_advance(c.clock, G_USEC_PER_SEC);
    }
    case_run(&c, rows[i].end == TASK_OUTCOME_DONE, 0, rows[i].end == TASK_OUTCOME_FAILED);
    g_assert_cmpuint(c.moodle.copies, ==, rows[i].copies);
  }
}

/* What Moodle turned away is over: nobody waits for it, and its reason stays to be seen. */
static void
test_turned_away(void) {
  g_auto(Case) c = case_new();
  c.moodle.grace = 500;
  c.moodle.failures = 1;
  c.moodle.refuses = true;
  case_queue(&c, 10, 1);
  case_run(&c, 0, 1, 0);
  case_assert_task(&c, 10, TASK_QUEUED, "nopermissions");
  g_autoptr(StoreTask) task = case_task(&c, 10);
  g_assert_cmpint(task->begun, ==, 0);
  g_assert_cmpint(task->due, <, FIXTURE_NOW + 500);
  case_wait_for(&c, 10);
  case_run(&c, 1, 0, 0);
  g_assert_cmpuint(c.moodle.copies, ==, 2);
}

/* While an unclear try is waited for, what it ended with is still told, however often it is looked
 * at. */
static void
test_says_how_it_ended(void) {
  g_auto(Case) c = case_new();
  c.moodle.grace = 500;
  c.moodle.failures = 1;
  c.moodle.left_behind = 2;
  case_queue(&c, 10, 1);
  case_run(&c, 0, 1, 0);
  case_wait_for(&c, 10);
  case_run(&c, 0, 1, 0);
  static const char told[] = "the last try may still go on in Moodle (the course holds 2 of its "
                             "template's 3 activities so far); it is looked at again when that is "
                             "over. It ended so: Moodle timed out";
  case_assert_task(&c, 10, TASK_QUEUED, told);
  g_autoptr(GError) error = NULL;
  c.moodle.grace = 5000;
  case_wait_for(&c, 10);
  case_run(&c, 0, 1, 0);
  case_assert_task(&c, 10, TASK_QUEUED, told);
}

/* Forums for announcements are counted beside the activities, and alone where a template has
 * nothing else; not where a copy ends with its answer (no grace), because a course has its own
 * there. */
static void
test_announcements(void) {
  static const struct {
    GatewayContents template, left;
    guint grace;
    TaskOutcome end;
    guint copies;
    const char *words;
  } rows[] = {
    { { 0, 3, 1 }, { 0, 3, 1 }, 500, TASK_OUTCOME_DONE, 1, "" },
    { { 0, 3, 1 }, { 0, 0, 0 }, 500, TASK_OUTCOME_DONE, 2, "" },
    { { 0, 3, 1 }, { 0, 3, 0 }, 500, TASK_OUTCOME_FAILED, 1, "holds 3 of its template's 4 act" },
    { { 0, 3, 1 }, { 0, 4, 0 }, 500, TASK_OUTCOME_FAILED, 1, "holds 3 of its template's 4 act" },
    { { 0, 3, 1 }, { 0, 0, 1 }, 500, TASK_OUTCOME_FAILED, 1, "holds 1 of its template's 4 act" },
    { { 0, 0, 1 }, { 0, 0, 1 }, 500, TASK_OUTCOME_DONE, 1, "" },
    { { 0, 0, 1 }, { 0, 0, 0 }, 500, TASK_OUTCOME_DONE, 2, "" },
    { { 2, 0, 1 }, { 2, 0, 1 }, 500, TASK_OUTCOME_DONE, 1, "" },
    { { 2, 0, 1 },
      { 1, 0, 1 },
      500,
      TASK_OUTCOME_FAILED,
      1,
      "holds 1 of its template's 1 activities and 1 of its 2 sections after" },
    { { 2, 3, 1 }, { 1, 3, 1 }, 500, TASK_OUTCOME_DONE, 1, "" },
    { { 0, 0, 0 }, { 0, 0, 0 }, 500, TASK_OUTCOME_DONE, 2, "" },
    { { 2, 0, 0 }, { 2, 0, 1 }, 500, TASK_OUTCOME_DONE, 2, "" },
    { { 0, 3, 1 }, { 0, 3, 0 }, 0, TASK_OUTCOME_DONE, 1, "" },
    { { 0, 3, 1 }, { 0, 0, 1 }, 0, TASK_OUTCOME_DONE, 2, "" },
    { { 0, 0, 1 }, { 0, 0, 1 }, 0, TASK_OUTCOME_DONE, 2, "" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_test_message("row %u", i);
    g_auto(Case) c = case_new();
    c.moodle.modules[1] = rows[i].template.modules;
    c.moodle.announcements[1] = rows[i].template.announcements;
    c.moodle.sections[1] = rows[i].template.sections;
    c.moodle.left_behind = rows[i].left.modules;
    c.moodle.left_announcements = rows[i].left.announcements;
    c.moodle.left_sections = rows[i].left.sections;
    c.moodle.grace = rows[i].grace;
    c.moodle.failures = 1;
    case_queue(&c, 10, 1);
    case_run(&c, 0, 1, 0);
    bool complete = rows[i].end == TASK_OUTCOME_DONE && rows[i].copies == 1;
    case_wait_for(&c, 10);
    if (rows[i].grace > 0 && !complete) {
      case_run(&c, 0, 1, 0);
      case_assert_task(&c, 10, TASK_QUEUED, "may still go on");
      case_wait_for(&c, 10);
    }
    case_run(&c, rows[i].end == TASK_OUTCOME_DONE, 0, rows[i].end == TASK_OUTCOME_FAILED);
    case_assert_task(&c, 10, rows[i].end == TASK_OUTCOME_DONE ? TASK_DONE : TASK_FAILED,
                     rows[i].words);
    g_assert_cmpuint(c.moodle.copies, ==, rows[i].copies);
  }
}

/* What the first try still brings in while we wait is found, and nothing is copied again. */
static void
test_grace_it_went_on(void) {
  g_auto(Case) c = case_new();
  c.moodle.grace = 500;
  c.moodle.failures = 1;
  case_queue(&c, 10, 1);
  case_run(&c, 0, 1, 0);
  case_wait_for(&c, 10);
  case_run(&c, 0, 1, 0);
  c.moodle.modules[10] = 3;
  case_wait_for(&c, 10);
  case_run(&c, 1, 0, 0);
  g_assert_cmpuint(c.moodle.copies, ==, 1);
  g_assert_cmpuint(c.moodle.finishes, ==, 1);
}

/* Waiting counts from when the copy began, not from when its batch was taken: a process that died
 * over the last of them had begun it late. */
static void
test_grace_of_an_orphan(void) {
  g_auto(Case) c = case_new();
  g_autofree char *own = g_steal_pointer(&c.owner);
  c.owner = case_dead_owner();
  c.moodle.grace = 500;
  c.moodle.copy_takes = 300;
  c.moodle.clock = c.clock;
  case_queue(&c, 10, 1);
  case_queue(&c, 11, 1);
  case_queue(&c, 12, 1);
  c.moodle.cut_off_at = 12;
  g_autoptr(GError) error = NULL;
  case_run_due(&c, &error);
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED);
  c.moodle.modules[12] = 0; /* it goes on, and has brought nothing yet */
  c.moodle.cut_off_at = 0;
  g_free(c.owner);
  c.owner = g_steal_pointer(&own);
  case_run(&c, 2, 1, 0);
  g_assert_cmpstr(c.moodle.order->str, ==, "1>10 1>11 1>12 ");
  g_autoptr(StoreTask) task = case_task(&c, 12);
  g_assert_cmpint(task->due, ==, FIXTURE_NOW + 600 + 500);
  case_wait_for(&c, 12);
  case_run(&c, 1, 0, 0);
  g_assert_cmpstr(c.moodle.order->str, ==, "1>10 1>11 1>12 1>12 ");
}

/* A clock that was put back makes nobody wait for a year. */
static void
test_grace_clock_put_back(void) {
  g_auto(Case) c = case_new();
  c.moodle.grace = 500;
  c.moodle.failures = 1;
  case_queue(&c, 10, 1);
  case_run(&c, 0, 1, 0);
  case_wait_for(&c, 10);
  g_autoptr(GError) error = NULL;
  g_autoptr(StoreTask) task = case_task(&c, 10), taken = NULL;
  bool orphaned;
  gint64 now = clock_now(c.clock);
  StoreTaker taker = { .owner = c.owner };
  c.store->class->task_take(c.store, &taker, now, &taken, &orphaned, &error);
  c.store->class->task_begin(c.store, task->id, c.owner, now + 365 * 24 * 60 * 60, &error);
  c.store->class->task_end(c.store, task->id, c.owner, TASK_QUEUED, now, "later", now, &error);
  g_assert_no_error(error);
  case_run(&c, 0, 1, 0);
  g_assert_cmpint(case_wait_for(&c, 10), ==, 500);
}

/* Done is what is finished too; what keeps that does not copy again. */
static void
test_finish(void) {
  g_auto(Case) c = case_new();
  c.moodle.finish_failures = 2;
  case_queue(&c, 10, 1);
  case_run(&c, 0, 1, 0);
  case_assert_task(&c, 10, TASK_QUEUED, "no finish");
  case_wait_for(&c, 10);
  case_run(&c, 0, 1, 0);
  case_wait_for(&c, 10);
  case_run(&c, 1, 0, 0);
  g_assert_cmpuint(c.moodle.copies, ==, 1);
  g_assert_cmpuint(c.moodle.finishes, ==, 3);
}

static void
test_look_fails(void) {
  g_auto(Case) c = case_new();
  c.moodle.failures = 1;
  case_queue(&c, 10, 1);
  case_run(&c, 0, 1, 0);
  case_wait_for(&c, 10);
  c.moodle.looks_fail = true;
  case_run(&c, 0, 1, 0);
  case_assert_task(&c, 10, TASK_QUEUED, "maintenance");
  g_assert_cmpuint(c.moodle.copies, ==, 1);
}

/* A course that somebody deleted needs no content, whether the copy or the look finds it out. */
static void
test_course_gone(void) {
  for (guint failures = 1; failures <= 2; failures++) {
    g_auto(Case) c = case_new();
    c.moodle.failures = failures;
    case_queue(&c, 10, 1);
    if (failures == 2) {
      case_run(&c, 0, 1, 0);
      case_wait_for(&c, 10);
    }
    c.moodle.gone = 10;
    case_run(&c, 1, 0, 0);
    case_assert_task(&c, 10, TASK_DONE, "");
  }
}

/* Lets that process take the task and die over it. */
static void
orphan(Case *c) {
  g_autofree char *owner = case_dead_owner();
  g_autoptr(GError) error = NULL;
  g_autoptr(StoreTask) task = NULL;
  bool orphaned;
  StoreTaker taker = { .owner = owner };
  c->store->class->task_take(c->store, &taker, clock_now(c->clock), &task, &orphaned, &error);
  g_assert_no_error(error);
  g_assert_nonnull(task);
}

static void
test_orphaned(void) {
  static const struct {
    guint there;
    StoreTaskState state;
    guint copies;
  } rows[] = { { 0, TASK_DONE, 1 }, { 3, TASK_DONE, 0 }, { 1, TASK_FAILED, 0 } };
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_auto(Case) c = case_new();
    case_queue(&c, 10, 1);
    orphan(&c);
    c.moodle.modules[10] = rows[i].there;
    case_run(&c, rows[i].state == TASK_DONE, 0, rows[i].state == TASK_FAILED);
    g_assert_cmpuint(c.moodle.copies, ==, rows[i].copies);
    g_assert_cmpuint(c.moodle.looks, >, 0);
  }
}

/* A task that a living process is at is nobody else's. */
static void
test_taken_by_living(void) {
  g_auto(Case) c = case_new();
  g_autoptr(GError) error = NULL;
  g_autoptr(StoreTask) task = NULL;
  bool orphaned;
  StoreTaker taker = { .owner = c.owner };
  case_queue(&c, 10, 1);
  c.store->class->task_take(c.store, &taker, FIXTURE_NOW, &task, &orphaned, &error);
  g_assert_no_error(error);
  clock_advance(c.clock, G_GINT64_CONSTANT(365) * 24 * 60 * 60 * G_USEC_PER_SEC);
  case_run(&c, 0, 0, 0);
  g_assert_cmpuint(c.moodle.copies, ==, 0);
}

/* ── a template that waits itself ── */

/* In one go, the template first, whichever was queued first. */
static void
test_template_first(void) {
  for (guint i = 0; i < 2; i++) {
    g_auto(Case) c = case_new();
    case_queue(&c, i == 0 ? 10 : 20, i == 0 ? 1 : 10);
    case_queue(&c, i == 0 ? 20 : 10, i == 0 ? 10 : 1);
    case_run(&c, 2, 0, 0);
    g_assert_cmpstr(c.moodle.order->str, ==, "1>10 10>20 ");
    g_assert_cmpuint(c.moodle.modules[20], ==, 3);
  }
}

/* While its template fails, a copy waits, at the same short distance; it then has all its tries
 * before it. */
static void
test_waiting_is_no_failure(void) {
  g_auto(Case) c = case_new();
  case_queue(&c, 10, 1);
  case_queue(&c, 20, 10);
  c.moodle.failures = 1;
  case_run(&c, 0, 2, 0);
  case_assert_task(&c, 20, TASK_QUEUED, "");
  g_autoptr(GError) error = NULL;
  g_autoptr(StoreTask) template = case_task(&c, 10);
  /* The template's next try is far away. */
  bool orphaned;
  g_autoptr(StoreTask) taken = NULL;
  clock_advance(c.clock, 100 * G_USEC_PER_SEC);
  g_autoptr(StoreTask) waiting = case_task(&c, 20);
  StoreTaker taker = { .owner = c.owner, .excluded = &waiting->id, .excluded_count = 1 };
  c.store->class->task_take(c.store, &taker, clock_now(c.clock), &taken, &orphaned, &error);
  g_assert_no_error(error);
  g_assert_cmpint(taken->id, ==, template->id);
  c.store->class->task_end(c.store, taken->id, c.owner, TASK_QUEUED,
                           clock_now(c.clock) + 7 * 24 * 60 * 60, "later", clock_now(c.clock),
                           &error);
  g_assert_no_error(error);

  for (guint i = 0; i < 3 * TASKS_MAX_ATTEMPTS; i++) {
    case_run(&c, 0, 2, 0);
    g_assert_cmpint(case_wait_for(&c, 20), <=, TASKS_FIRST_DELAY_S * 5 / 4);
  }
  g_assert_cmpuint(c.moodle.copies, ==, 1);
  case_wait_for(&c, 10);
  c.moodle.failures = 0;
  case_run(&c, 2, 0, 0);
  g_assert_cmpstr(c.moodle.order->str, ==, "1>10 1>10 10>20 ");
}

static void
test_failure_after_waiting(void) {
  g_auto(Case) c = case_new();
  case_queue(&c, 20, 10);
  case_queue(&c, 10, 1);
  g_autoptr(GError) error = NULL;
  g_autoptr(StoreTask) template = case_task(&c, 10), taken = NULL;
  g_autoptr(StoreTask) dependent = case_task(&c, 20);
  bool orphaned;
  StoreTaker taker = { .owner = c.owner, .excluded = &dependent->id, .excluded_count = 1 };
  c.store->class->task_take(c.store, &taker, FIXTURE_NOW, &taken, &orphaned, &error);
  g_assert_no_error(error);
  for (guint i = 0; i < 2 * TASKS_MAX_ATTEMPTS; i++) {
    case_run(&c, 0, 1, 0);
    case_wait_for(&c, 20);
  }
  c.store->class->task_end(c.store, template->id, c.owner, TASK_DONE, 0, "", clock_now(c.clock),
                           &error);
  g_assert_no_error(error);
  c.moodle.modules[10] = 3;
  c.moodle.failures = 1;
  case_run(&c, 0, 1, 0);
  case_assert_task(&c, 20, TASK_QUEUED, "Moodle timed out");
  case_wait_for(&c, 20);
  case_run(&c, 1, 0, 0);
}

/* ── a store that takes its time ── */

static struct {
  const StoreClass *real;
  Clock *clock;
  gint64 takes; /* seconds */
} slow;

static bool
slow_begin(Store *store, gint64 id, const char *owner, gint64 now, GError **error) {
  bool ok = slow.real->task_begin(store, id, owner, now, error);
  clock_advance(slow.clock, slow.takes * G_USEC_PER_SEC);
  return ok;
}

/* Another node counts from the begin that was noted. When this one comes to copy only long after,
 * nothing is copied, and the task is as if it had not been tried. */
static void
test_begun_too_late(void) {
  g_auto(Case) c = case_new();
  slow.real = c.store->class;
  slow.clock = c.clock;
  StoreClass class = *slow.real;
  class.task_begin = slow_begin;
  c.store->class = &class;
  c.moodle.grace = 500;
  case_queue(&c, 10, 1);
  slow.takes = 251;
  TasksResult result = case_run_due(&c, NULL);
  g_assert_cmpuint(result.waiting, ==, 1);
  g_assert_cmpuint(c.moodle.copies, ==, 0);
  case_assert_task(&c, 10, TASK_QUEUED, "it was not begun");
  g_autoptr(StoreTask) task = case_task(&c, 10);
  g_assert_cmpuint(task->attempts, ==, 0);

  slow.takes = 250;
  case_run(&c, 1, 0, 0);
  g_assert_cmpuint(c.moodle.copies, ==, 1);
  c.store->class = slow.real;
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/content-copy/retry-looks", test_retry_looks);
  g_test_add_func("/content-copy/turned-away", test_turned_away);
  g_test_add_func("/content-copy/says-how-it-ended", test_says_how_it_ended);
  g_test_add_func("/content-copy/grace", test_grace);
  g_test_add_func("/content-copy/announcements", test_announcements);
  g_test_add_func("/content-copy/grace-it-went-on", test_grace_it_went_on);
  g_test_add_func("/content-copy/grace-of-an-orphan", test_grace_of_an_orphan);
  g_test_add_func("/content-copy/grace-clock-put-back", test_grace_clock_put_back);
  g_test_add_func("/content-copy/begun-too-late", test_begun_too_late);
  g_test_add_func("/content-copy/finish", test_finish);
  g_test_add_func("/content-copy/look-fails", test_look_fails);
  g_test_add_func("/content-copy/course-gone", test_course_gone);
  g_test_add_func("/content-copy/orphaned", test_orphaned);
  g_test_add_func("/content-copy/taken-by-living", test_taken_by_living);
  g_test_add_func("/content-copy/template-first", test_template_first);
  g_test_add_func("/content-copy/waiting-is-no-failure", test_waiting_is_no_failure);
  g_test_add_func("/content-copy/failure-after-waiting", test_failure_after_waiting);
  return g_test_run();
}
