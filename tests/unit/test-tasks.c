/* Background tasks, and the content copy that happens exactly once (SPEC 3.9): a store of its own,
 * and a Moodle that counts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-fixture.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scheduler/content_copy.h"
#include "scheduler/lease.h"
#include "scheduler/tasks.h"
#include "store/sqlite.h"

#define COURSES 100

typedef struct {
  Gateway base;
  guint modules[COURSES]; /* by course id */
  guint copies, looks;
  guint failures;    /* so many copies to come fail */
  guint left_behind; /* and leave so many modules in the course */
  bool cut_off;      /* they are cut off: done, but nobody learns of it */
  bool looks_fail;
  gint64 gone;    /* a course that was deleted */
  GString *order; /* "template>course " */
  guint flushes;
  bool flush_fails;
  Stop *stop_after_first; /* asked for by the first copy */
  guint grace;
  guint finishes, finish_failures;
  gint64 cut_off_at; /* only the copy into this course is cut off */
  guint copy_takes;  /* seconds, on `clock` */
  Clock *clock;
} Moodle;

static bool
contents(Gateway *gateway, gint64 courseid, GatewayContents *into, GError **error) {
  Moodle *moodle = (Moodle *)gateway;
  moodle->looks++;
  if (moodle->looks_fail) {
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE, "maintenance");
    return false;
  }
  *into = (GatewayContents){ 0, moodle->modules[courseid] };
  return true;
}

static bool
copy_content(Gateway *gateway, gint64 from, gint64 to, GError **error) {
  Moodle *moodle = (Moodle *)gateway;
  moodle->copies++;
  if (moodle->stop_after_first != NULL)
    stop_request(moodle->stop_after_first);
  g_string_append_printf(moodle->order, "%d>%d ", (int)from, (int)to);
  if (moodle->cut_off || (to != 0 && moodle->cut_off_at == to)) {
    moodle->modules[to] += moodle->modules[from];
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED, "cut off");
    return false;
  }
  if (moodle->failures > 0) {
    moodle->failures--;
    moodle->modules[to] += moodle->left_behind;
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE, "Moodle timed out");
    return false;
  }
  if (moodle->clock != NULL)
    clock_advance(moodle->clock, moodle->copy_takes * G_USEC_PER_SEC);
  moodle->modules[to] += moodle->modules[from];
  return true;
}

static guint
copy_grace(Gateway *gateway) {
  return ((Moodle *)gateway)->grace;
}

/* The content must be there by then. */
static bool
finish_content(Gateway *gateway, gint64 from, gint64 to, GError **error) {
  Moodle *moodle = (Moodle *)gateway;
  g_assert_cmpuint(moodle->modules[to], >=, moodle->modules[from]);
  moodle->finishes++;
  if (moodle->finish_failures == 0)
    return true;
  moodle->finish_failures--;
  g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE, "no finish");
  return false;
}

static bool
find_courses(Gateway *gateway, GatewayCourseField field, const char *const *values, guint count,
             GatewayCourseFunc each, gpointer user_data, GError **error) {
  const Moodle *moodle = (const Moodle *)gateway;
  g_assert_cmpuint(field, ==, GATEWAY_COURSE_ID);
  if (moodle->looks_fail) {
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE, "maintenance");
    return false;
  }
  for (guint i = 0; i < count; i++) {
    const GatewayCourse course = { .id = g_ascii_strtoll(values[i], NULL, 10) };
    if (course.id != moodle->gone)
      each(i, &course, user_data);
  }
  return true;
}

static bool
flush(Gateway *gateway, GError **error) {
  Moodle *moodle = (Moodle *)gateway;
  moodle->flushes++;
  if (moodle->flush_fails)
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE, "disk full");
  return !moodle->flush_fails;
}

static const GatewayClass moodle_class = {
  .flush = flush,
  .contents = contents,
  .copy_content = copy_content,
  .copy_grace = copy_grace,
  .finish_content = finish_content,
  .find_courses = find_courses,
};

typedef struct {
  Moodle moodle;
  Store *store;
  Clock *clock;
  Stop stop;
  char *owner;
  guint told;
} Case;

static void
on_progress(const TasksResult *result, gpointer data) {
  (void)result;
  ((Case *)data)->told++;
}

static Case
case_new(void) {
  g_autoptr(GError) error = NULL;
  Case c = { .moodle = { .base.class = &moodle_class, .order = g_string_new(NULL) },
             .clock = clock_manual_new(FIXTURE_NOW) };
  c.store = store_sqlite_open(":memory:", &error);
  g_assert_no_error(error);
  c.owner = lease_owner();
  c.moodle.modules[1] = 3; /* a template */
  return c;
}

static void
case_clear(Case *c) {
  g_string_free(c->moodle.order, TRUE);
  store_free(c->store);
  clock_free(c->clock);
  g_free(c->owner);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Case, case_clear)

static void
queue(Case *c, gint64 course, gint64 template) {
  g_autoptr(GError) error = NULL;
  content_copy_queue(c->store, course, template, "FD-F-I-26", clock_now(c->clock), &error);
  g_assert_no_error(error);
}

static TasksResult
run_due(Case *c, GError **error) {
  TasksContext context = {
    c->store, &c->moodle.base, c->clock, &c->stop, c->owner, on_progress, c
  };
  TasksResult result = { 0 };
  tasks_run_due(&context, &result, error);
  return result;
}

/* Runs what is due: so many done, waiting, failed. */
static void
assert_run(Case *c, guint done, guint waiting, guint failed) {
  g_autoptr(GError) error = NULL;
  TasksResult result = run_due(c, &error);
  g_assert_no_error(error);
  g_autofree char *was = g_strdup_printf("%u %u %u", result.done, result.waiting, result.failed);
  g_autofree char *expected = g_strdup_printf("%u %u %u", done, waiting, failed);
  g_assert_cmpstr(was, ==, expected);
}

static StoreTask *
task_of(const Case *c, gint64 course) {
  g_autoptr(GError) error = NULL;
  g_autofree char *subject = g_strdup_printf("course %d", (int)course);
  StoreTask *task = NULL;
  c->store->class->task_find(c->store, CONTENT_COPY_KIND, subject, &task, &error);
  g_assert_no_error(error);
  g_assert_nonnull(task);
  return task;
}

static void
assert_task(const Case *c, gint64 course, StoreTaskState state, const char *words) {
  g_autoptr(StoreTask) task = task_of(c, course);
  g_assert_cmpstr(store_task_state_word(task->state), ==, store_task_state_word(state));
  if (strstr(task->error, words) == NULL || (*words == '\0' && *task->error != '\0'))
    g_error("the task's error is \"%s\", not \"%s\"", task->error, words);
}

/* Moves the clock on to when the course's task is due, and returns how long that took. */
static gint64
wait_for(const Case *c, gint64 course) {
  g_autoptr(StoreTask) task = task_of(c, course);
  gint64 seconds = task->due - clock_now(c->clock);
  clock_advance(c->clock, seconds * G_USEC_PER_SEC);
  return seconds;
}

/* The name of a process that is dead. */
static char *
dead_owner(void) {
  int ends[2];
  g_assert_cmpint(pipe(ends), ==, 0);
  pid_t child = fork();
  g_assert_cmpint(child, >=, 0);
  if (child == 0) {
    g_autofree char *owner = lease_owner();
    ssize_t written = write(ends[1], owner, strlen(owner));
    _exit(written == (ssize_t)strlen(owner) ? 0 : 1);
  }
  int status;
  g_assert_cmpint(waitpid(child, &status, 0), ==, child);
  g_assert_cmpint(status, ==, 0);
  char text[1024];
  ssize_t length = read(ends[0], text, sizeof text);
  g_assert_cmpint(length, >, 0);
  close(ends[0]);
  close(ends[1]);
  return g_strndup(text, (gsize)length);
}

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
  queue(&c, 10, 1);
  queue(&c, 10, 1);
  assert_run(&c, 1, 0, 0);
  assert_task(&c, 10, TASK_DONE, "");
  assert_run(&c, 0, 0, 0);
  queue(&c, 10, 1); /* done once is done */
  assert_run(&c, 0, 0, 0);
  g_assert_cmpuint(c.moodle.copies, ==, 1);
  g_assert_cmpuint(c.moodle.looks, ==, 0);
  g_assert_cmpuint(c.moodle.modules[10], ==, 3);
  g_assert_cmpuint(c.told, ==, 1);
}

/* Each try later than the one before, up to the last, then never again. */
static void
test_failing(void) {
  g_auto(Case) c = case_new();
  c.moodle.failures = 1000;
  queue(&c, 10, 1);
  gint64 before = 0;
  for (guint attempt = 1; attempt < TASKS_MAX_ATTEMPTS; attempt++) {
    assert_run(&c, 0, 1, 0);
    assert_run(&c, 0, 1, 0); /* not due, and not finished either */
    g_assert_cmpuint(c.moodle.copies, ==, attempt);
    assert_task(&c, 10, TASK_QUEUED, "Moodle timed out");
    gint64 waited = wait_for(&c, 10);
    g_assert_cmpint(waited, >, before * 3 / 2);
    before = waited;
  }
  assert_run(&c, 0, 0, 1);
  assert_task(&c, 10, TASK_FAILED, "Moodle timed out");
  g_assert_cmpuint(c.moodle.copies, ==, TASKS_MAX_ATTEMPTS);
  clock_advance(c.clock, G_GINT64_CONSTANT(1000) * 24 * 60 * 60 * G_USEC_PER_SEC);
  assert_run(&c, 0, 0, 0);
}

/* Nothing is noted as done before Moodle has it for good. */
static void
test_flushed_first(void) {
  g_auto(Case) c = case_new();
  queue(&c, 10, 1);
  queue(&c, 11, 1);
  c.moodle.flush_fails = true;
  g_autoptr(GError) error = NULL;
  run_due(&c, &error);
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE);
  assert_task(&c, 10, TASK_RUNNING, "");
  assert_task(&c, 11, TASK_RUNNING, "");
  g_assert_cmpuint(c.moodle.flushes, ==, 1);
}

/* One course's failure is not the others'. */
static void
test_others_go_on(void) {
  g_auto(Case) c = case_new();
  for (gint64 course = 10; course < 10 + 2 * TASKS_BATCH; course++)
    queue(&c, course, 1);
  c.moodle.failures = 1;
  assert_run(&c, 2 * TASKS_BATCH - 1, 1, 0);
  assert_task(&c, 10, TASK_QUEUED, "Moodle timed out");
  assert_task(&c, 11, TASK_DONE, "");
  wait_for(&c, 10);
  assert_run(&c, 1, 0, 0);
  for (gint64 course = 10; course < 10 + 2 * TASKS_BATCH; course++)
    g_assert_cmpuint(c.moodle.modules[course], ==, 3);
}

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
    queue(&c, 10, 1);
    assert_run(&c, 0, 1, 0);
    wait_for(&c, 10);
    assert_run(&c, rows[i].state == TASK_DONE, 0, rows[i].state == TASK_FAILED);
    assert_task(&c, 10, rows[i].state, rows[i].state == TASK_DONE ? "" : "2 of its template's 3");
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
    queue(&c, 10, 1);
    assert_run(&c, 0, 1, 0);
    wait_for(&c, 10);
    if (rows[i].left_behind < 3) {
      assert_run(&c, 0, 1, 0);
      g_autofree char *words =
          g_strdup_printf("%u of its template's 3 activities so far", rows[i].left_behind);
      assert_task(&c, 10, TASK_QUEUED, words);
      g_autoptr(StoreTask) task = task_of(&c, 10);
      g_assert_cmpint(task->due, ==, FIXTURE_NOW + 500);
      g_assert_cmpuint(task->attempts, ==, 1);
      clock_advance(c.clock, (task->due - 1 - clock_now(c.clock)) * G_USEC_PER_SEC);
      assert_run(&c, 0, 1, 0); /* not due */
      g_assert_cmpuint(c.moodle.copies, ==, 1);
      clock_advance(c.clock, G_USEC_PER_SEC);
    }
    assert_run(&c, rows[i].end == TASK_OUTCOME_DONE, 0, rows[i].end == TASK_OUTCOME_FAILED);
    g_assert_cmpuint(c.moodle.copies, ==, rows[i].copies);
  }
}

/* What the first try still brings in while we wait is found, and nothing is copied again. */
static void
test_grace_it_went_on(void) {
  g_auto(Case) c = case_new();
  c.moodle.grace = 500;
  c.moodle.failures = 1;
  queue(&c, 10, 1);
  assert_run(&c, 0, 1, 0);
  wait_for(&c, 10);
  assert_run(&c, 0, 1, 0);
  c.moodle.modules[10] = 3;
  wait_for(&c, 10);
  assert_run(&c, 1, 0, 0);
  g_assert_cmpuint(c.moodle.copies, ==, 1);
  g_assert_cmpuint(c.moodle.finishes, ==, 1);
}

/* Waiting counts from when the copy began, not from when its batch was taken: a process that died
 * over the last of them had begun it late. */
static void
test_grace_of_an_orphan(void) {
  g_auto(Case) c = case_new();
  g_autofree char *own = g_steal_pointer(&c.owner);
  c.owner = dead_owner();
  c.moodle.grace = 500;
  c.moodle.copy_takes = 300;
  c.moodle.clock = c.clock;
  queue(&c, 10, 1);
  queue(&c, 11, 1);
  queue(&c, 12, 1);
  c.moodle.cut_off_at = 12;
  g_autoptr(GError) error = NULL;
  run_due(&c, &error);
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED);
  c.moodle.modules[12] = 0; /* it goes on, and has brought nothing yet */
  c.moodle.cut_off_at = 0;
  g_free(c.owner);
  c.owner = g_steal_pointer(&own);
  assert_run(&c, 2, 1, 0);
  g_assert_cmpstr(c.moodle.order->str, ==, "1>10 1>11 1>12 ");
  g_autoptr(StoreTask) task = task_of(&c, 12);
  g_assert_cmpint(task->due, ==, FIXTURE_NOW + 600 + 500);
  wait_for(&c, 12);
  assert_run(&c, 1, 0, 0);
  g_assert_cmpstr(c.moodle.order->str, ==, "1>10 1>11 1>12 1>12 ");
}

/* A clock that was put back makes nobody wait for a year. */
static void
test_grace_clock_put_back(void) {
  g_auto(Case) c = case_new();
  c.moodle.grace = 500;
  c.moodle.failures = 1;
  queue(&c, 10, 1);
  assert_run(&c, 0, 1, 0);
  wait_for(&c, 10);
  g_autoptr(GError) error = NULL;
  g_autoptr(StoreTask) task = task_of(&c, 10), taken = NULL;
  bool orphaned;
  gint64 now = clock_now(c.clock);
  c.store->class->task_take(c.store, c.owner, now, NULL, NULL, NULL, 0, &taken, &orphaned, &error);
  c.store->class->task_begin(c.store, task->id, now + 365 * 24 * 60 * 60, &error);
  c.store->class->task_end(c.store, task->id, TASK_QUEUED, now, "later", now, &error);
  g_assert_no_error(error);
  assert_run(&c, 0, 1, 0);
  g_assert_cmpint(wait_for(&c, 10), ==, 500);
}

/* Done is what is finished too; what keeps that does not copy again. */
static void
test_finish(void) {
  g_auto(Case) c = case_new();
  c.moodle.finish_failures = 2;
  queue(&c, 10, 1);
  assert_run(&c, 0, 1, 0);
  assert_task(&c, 10, TASK_QUEUED, "no finish");
  wait_for(&c, 10);
  assert_run(&c, 0, 1, 0);
  wait_for(&c, 10);
  assert_run(&c, 1, 0, 0);
  g_assert_cmpuint(c.moodle.copies, ==, 1);
  g_assert_cmpuint(c.moodle.finishes, ==, 3);
}

static void
test_look_fails(void) {
  g_auto(Case) c = case_new();
  c.moodle.failures = 1;
  queue(&c, 10, 1);
  assert_run(&c, 0, 1, 0);
  wait_for(&c, 10);
  c.moodle.looks_fail = true;
  assert_run(&c, 0, 1, 0);
  assert_task(&c, 10, TASK_QUEUED, "maintenance");
  g_assert_cmpuint(c.moodle.copies, ==, 1);
}

/* A course that somebody deleted needs no content, whether the copy or the look finds it out. */
static void
test_course_gone(void) {
  for (guint failures = 1; failures <= 2; failures++) {
    g_auto(Case) c = case_new();
    c.moodle.failures = failures;
    queue(&c, 10, 1);
    if (failures == 2) {
      assert_run(&c, 0, 1, 0);
      wait_for(&c, 10);
    }
    c.moodle.gone = 10;
    assert_run(&c, 1, 0, 0);
    assert_task(&c, 10, TASK_DONE, "");
  }
}

/* Lets that process take the task and die over it. */
static void
orphan(Case *c) {
  g_autofree char *owner = dead_owner();
  g_autoptr(GError) error = NULL;
  g_autoptr(StoreTask) task = NULL;
  bool orphaned;
  c->store->class->task_take(c->store, owner, clock_now(c->clock), NULL, NULL, NULL, 0, &task,
                             &orphaned, &error);
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
    queue(&c, 10, 1);
    orphan(&c);
    c.moodle.modules[10] = rows[i].there;
    assert_run(&c, rows[i].state == TASK_DONE, 0, rows[i].state == TASK_FAILED);
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
  queue(&c, 10, 1);
  c.store->class->task_take(c.store, c.owner, FIXTURE_NOW, NULL, NULL, NULL, 0, &task, &orphaned,
                            &error);
  g_assert_no_error(error);
  clock_advance(c.clock, G_GINT64_CONSTANT(365) * 24 * 60 * 60 * G_USEC_PER_SEC);
  assert_run(&c, 0, 0, 0);
  g_assert_cmpuint(c.moodle.copies, ==, 0);
}

/* ── a template that waits itself ── */

/* In one go, the template first, whichever was queued first. */
static void
test_template_first(void) {
  for (guint i = 0; i < 2; i++) {
    g_auto(Case) c = case_new();
    queue(&c, i == 0 ? 10 : 20, i == 0 ? 1 : 10);
    queue(&c, i == 0 ? 20 : 10, i == 0 ? 10 : 1);
    assert_run(&c, 2, 0, 0);
    g_assert_cmpstr(c.moodle.order->str, ==, "1>10 10>20 ");
    g_assert_cmpuint(c.moodle.modules[20], ==, 3);
  }
}

/* While its template fails, a copy waits, at the same short distance; it then has all its tries
 * before it. */
static void
test_waiting_is_no_failure(void) {
  g_auto(Case) c = case_new();
  queue(&c, 10, 1);
  queue(&c, 20, 10);
  c.moodle.failures = 1;
  assert_run(&c, 0, 2, 0);
  assert_task(&c, 20, TASK_QUEUED, "");
  g_autoptr(GError) error = NULL;
  g_autoptr(StoreTask) template = task_of(&c, 10);
  /* The template's next try is far away. */
  bool orphaned;
  g_autoptr(StoreTask) taken = NULL;
  clock_advance(c.clock, 100 * G_USEC_PER_SEC);
  gint64 others[] = { 0 };
  g_autoptr(StoreTask) waiting = task_of(&c, 20);
  others[0] = waiting->id;
  c.store->class->task_take(c.store, c.owner, clock_now(c.clock), NULL, NULL, others, 1, &taken,
                            &orphaned, &error);
  g_assert_no_error(error);
  g_assert_cmpint(taken->id, ==, template->id);
  c.store->class->task_end(c.store, taken->id, TASK_QUEUED, clock_now(c.clock) + 7 * 24 * 60 * 60,
                           "later", clock_now(c.clock), &error);
  g_assert_no_error(error);

  for (guint i = 0; i < 3 * TASKS_MAX_ATTEMPTS; i++) {
    assert_run(&c, 0, 2, 0);
    g_assert_cmpint(wait_for(&c, 20), <=, TASKS_FIRST_DELAY_S * 5 / 4);
  }
  g_assert_cmpuint(c.moodle.copies, ==, 1);
  wait_for(&c, 10);
  c.moodle.failures = 0;
  assert_run(&c, 2, 0, 0);
  g_assert_cmpstr(c.moodle.order->str, ==, "1>10 1>10 10>20 ");
}

static void
test_failure_after_waiting(void) {
  g_auto(Case) c = case_new();
  queue(&c, 20, 10);
  queue(&c, 10, 1);
  g_autoptr(GError) error = NULL;
  g_autoptr(StoreTask) template = task_of(&c, 10), taken = NULL;
  g_autoptr(StoreTask) dependent = task_of(&c, 20);
  bool orphaned;
  c.store->class->task_take(c.store, c.owner, FIXTURE_NOW, NULL, NULL, &dependent->id, 1, &taken,
                            &orphaned, &error);
  g_assert_no_error(error);
  for (guint i = 0; i < 2 * TASKS_MAX_ATTEMPTS; i++) {
    assert_run(&c, 0, 1, 0);
    wait_for(&c, 20);
  }
  c.store->class->task_end(c.store, template->id, TASK_DONE, 0, "", clock_now(c.clock), &error);
  g_assert_no_error(error);
  c.moodle.modules[10] = 3;
  c.moodle.failures = 1;
  assert_run(&c, 0, 1, 0);
  assert_task(&c, 20, TASK_QUEUED, "Moodle timed out");
  wait_for(&c, 20);
  assert_run(&c, 1, 0, 0);
}

/* ── stopping ── */

static void
test_stop(void) {
  g_auto(Case) c = case_new();
  queue(&c, 10, 1);
  stop_request(&c.stop);
  g_autoptr(GError) error = NULL;
  run_due(&c, &error);
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED);
  g_assert_cmpuint(c.moodle.copies, ==, 0);
  assert_task(&c, 10, TASK_QUEUED, "");
}

/* A call cut short stands for the end of the process: nothing more is recorded, and the next
 * process looks first. */
static void
test_cut_off(void) {
  g_auto(Case) c = case_new();
  g_autofree char *own = g_steal_pointer(&c.owner);
  c.owner = dead_owner();
  queue(&c, 10, 1);
  queue(&c, 11, 1);
  c.moodle.cut_off = true;
  g_autoptr(GError) error = NULL;
  run_due(&c, &error);
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED);
  assert_task(&c, 10, TASK_RUNNING, "");
  g_assert_cmpuint(c.moodle.copies, ==, 1);
  c.moodle.cut_off = false;
  g_free(c.owner);
  c.owner = g_steal_pointer(&own);
  assert_run(&c, 2, 0, 0);
  g_assert_cmpstr(c.moodle.order->str, ==, "1>10 1>11 ");
}

/* A stop is obeyed between two copies of a batch, and what was not begun is as it was. */
/* Moodle went away for good: most tasks are not even tried, and lose no attempt by it. */
static void
test_moodle_away(void) {
  g_auto(Case) c = case_new();
  for (gint64 course = 10; course < 10 + 2 * TASKS_BATCH; course++)
    queue(&c, course, 1);
  c.moodle.failures = G_MAXUINT;
  assert_run(&c, 0, 2 * TASKS_BATCH, 0);
  g_assert_cmpuint(c.moodle.copies, ==, TASKS_MAX_AWAY);
  assert_task(&c, 10, TASK_QUEUED, "Moodle timed out");
  assert_task(&c, 10 + TASKS_MAX_AWAY, TASK_QUEUED, "");
  g_autoptr(StoreTask) left = task_of(&c, 10 + TASKS_MAX_AWAY);
  g_assert_cmpuint(left->attempts, ==, 0);
  c.moodle.failures = 0;
  assert_run(&c, 2 * TASKS_BATCH - TASKS_MAX_AWAY, TASKS_MAX_AWAY, 0);
}

static void
test_stop_within_batch(void) {
  g_auto(Case) c = case_new();
  c.moodle.stop_after_first = &c.stop;
  queue(&c, 10, 1);
  queue(&c, 11, 1);
  g_autoptr(GError) error = NULL;
  run_due(&c, &error);
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED);
  g_assert_cmpuint(c.moodle.copies, ==, 1);
  assert_task(&c, 10, TASK_DONE, "");
  assert_task(&c, 11, TASK_QUEUED, "");
  g_autoptr(StoreTask) left = task_of(&c, 11);
  g_assert_cmpuint(left->attempts, ==, 0);
  c.moodle.stop_after_first = NULL;
  c.stop = (Stop){ 0 };
  assert_run(&c, 1, 0, 0);
}

/* A template whose own copy rests as failed: whoever depends on it is not left waiting for ever. */
static void
test_template_failed(void) {
  g_auto(Case) c = case_new();
  g_autoptr(GError) error = NULL;
  queue(&c, 10, 1);
  c.moodle.failures = TASKS_MAX_ATTEMPTS;
  for (guint attempt = 1; attempt < TASKS_MAX_ATTEMPTS; attempt++) {
    run_due(&c, &error);
    wait_for(&c, 10);
  }
  assert_run(&c, 0, 0, 1);
  queue(&c, 11, 10);
  assert_run(&c, 0, 0, 1);
  assert_task(&c, 11, TASK_FAILED, "fill both in Moodle");
  c.moodle.modules[10] = 3; /* by hand */
  queue(&c, 12, 10);
  assert_run(&c, 1, 0, 0);
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
  assert_run(&c, 0, 0, 3);
  assert_task(&c, 10, TASK_FAILED, "payload is damaged");
  assert_task(&c, 11, TASK_FAILED, "payload is damaged");
  g_autoptr(StoreTask) task = NULL;
  c.store->class->task_find(c.store, "bake_bread", "x", &task, &error);
  g_assert_no_error(error);
  g_assert_cmpstr(task->error, ==, "this version knows no task \"bake_bread\"");
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/tasks/next-due", test_next_due);
  g_test_add_func("/tasks/once", test_once);
  g_test_add_func("/tasks/failing", test_failing);
  g_test_add_func("/tasks/flushed-first", test_flushed_first);
  g_test_add_func("/tasks/others-go-on", test_others_go_on);
  g_test_add_func("/tasks/retry-looks", test_retry_looks);
  g_test_add_func("/tasks/grace", test_grace);
  g_test_add_func("/tasks/grace-it-went-on", test_grace_it_went_on);
  g_test_add_func("/tasks/grace-of-an-orphan", test_grace_of_an_orphan);
  g_test_add_func("/tasks/grace-clock-put-back", test_grace_clock_put_back);
  g_test_add_func("/tasks/finish", test_finish);
  g_test_add_func("/tasks/look-fails", test_look_fails);
  g_test_add_func("/tasks/course-gone", test_course_gone);
  g_test_add_func("/tasks/orphaned", test_orphaned);
  g_test_add_func("/tasks/taken-by-living", test_taken_by_living);
  g_test_add_func("/tasks/template-first", test_template_first);
  g_test_add_func("/tasks/waiting-is-no-failure", test_waiting_is_no_failure);
  g_test_add_func("/tasks/failure-after-waiting", test_failure_after_waiting);
  g_test_add_func("/tasks/stop", test_stop);
  g_test_add_func("/tasks/cut-off", test_cut_off);
  g_test_add_func("/tasks/moodle-away", test_moodle_away);
  g_test_add_func("/tasks/stop-within-batch", test_stop_within_batch);
  g_test_add_func("/tasks/template-failed", test_template_failed);
  g_test_add_func("/tasks/not-ours", test_not_ours);
  return g_test_run();
}
