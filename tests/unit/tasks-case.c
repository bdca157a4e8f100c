/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tasks-case.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scheduler/content_copy.h"
#include "scheduler/lease.h"
#include "store/sqlite.h"

static bool
contents(Gateway *gateway, gint64 courseid, GatewayContents *into, GError **error) {
  Moodle *moodle = (Moodle *)gateway;
  moodle->looks++;
  if (moodle->looks_fail) {
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE, "maintenance");
    return false;
  }
  *into = (GatewayContents){ moodle->sections[courseid], moodle->modules[courseid],
                             moodle->announcements[courseid] };
  return true;
}

static void
bring_all(Moodle *moodle, gint64 from, gint64 to) {
  moodle->modules[to] += moodle->modules[from];
  moodle->announcements[to] += moodle->announcements[from];
  moodle->sections[to] = MAX(moodle->sections[to], moodle->sections[from]);
}

static bool
copy_content(Gateway *gateway, gint64 from, gint64 to, GError **error) {
  Moodle *moodle = (Moodle *)gateway;
  moodle->copies++;
  if (moodle->stop_after_first != NULL)
    stop_request(moodle->stop_after_first);
  g_string_append_printf(moodle->order, "%d>%d ", (int)from, (int)to);
  if (moodle->cut_off || (to != 0 && moodle->cut_off_at == to)) {
    bring_all(moodle, from, to);
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED, "cut off");
    return false;
  }
  if (moodle->failures > 0) {
    moodle->failures--;
    moodle->modules[to] += moodle->left_behind;
    moodle->announcements[to] += moodle->left_announcements;
    moodle->sections[to] += moodle->left_sections;
    if (moodle->refuses)
      g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_REFUSED, "nopermissions");
    else
      g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE, "Moodle timed out");
    return false;
  }
  if (moodle->clock != NULL)
    clock_advance(moodle->clock, moodle->copy_takes * G_USEC_PER_SEC);
  bring_all(moodle, from, to);
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

static void
on_progress(const TasksResult *result, gpointer data) {
  (void)result;
  ((Case *)data)->told++;
}

Case
case_new(void) {
  g_autoptr(GError) error = NULL;
  Case c = { .moodle = { .base.class = &moodle_class, .order = g_string_new(NULL) },
             .clock = clock_manual_new(FIXTURE_NOW) };
  c.store = store_sqlite_open(":memory:", &error);
  g_assert_no_error(error);
  c.owner = lease_owner();
  bool taken = false; /* it lives, however far the clock is put */
  c.store->class->lock_take(c.store, "sync", c.owner, FIXTURE_NOW, FIXTURE_NOW, NULL, NULL, NULL,
                            &taken, &error);
  g_assert_no_error(error);
  g_assert_true(taken);
  c.moodle.modules[1] = 3; /* a template */
  return c;
}

void
case_clear(Case *c) {
  g_string_free(c->moodle.order, TRUE);
  store_free(c->store);
  clock_free(c->clock);
  g_free(c->owner);
}

void
case_queue(Case *c, gint64 course, gint64 template) {
  g_autoptr(GError) error = NULL;
  content_copy_queue(c->store, course, template, "FD-F-I-26", clock_now(c->clock), &error);
  g_assert_no_error(error);
}

TasksResult
case_run_due(Case *c, GError **error) {
  TasksContext context = { .store = c->store,
                           .gateway = &c->moodle.base,
                           .clock = c->clock,
                           .stop = &c->stop,
                           .owner = c->owner,
                           .max_attempts = c->max_attempts,
                           .progress = on_progress,
                           .user_data = c };
  TasksResult result = { 0 };
  tasks_run_due(&context, &result, error);
  return result;
}

/* Runs what is due: so many done, waiting, failed. */
void
case_run(Case *c, guint done, guint waiting, guint failed) {
  g_autoptr(GError) error = NULL;
  TasksResult result = case_run_due(c, &error);
  g_assert_no_error(error);
  g_autofree char *was = g_strdup_printf("%u %u %u", result.done, result.waiting, result.failed);
  g_autofree char *expected = g_strdup_printf("%u %u %u", done, waiting, failed);
  g_assert_cmpstr(was, ==, expected);
}

StoreTask *
case_task(const Case *c, gint64 course) {
  g_autoptr(GError) error = NULL;
  g_autofree char *subject = g_strdup_printf("course %d", (int)course);
  StoreTask *task = NULL;
  c->store->class->task_find(c->store, CONTENT_COPY_KIND, subject, &task, &error);
  g_assert_no_error(error);
  g_assert_nonnull(task);
  return task;
}

void
case_assert_task(const Case *c, gint64 course, StoreTaskState state, const char *words) {
  g_autoptr(StoreTask) task = case_task(c, course);
  g_assert_cmpstr(store_task_state_word(task->state), ==, store_task_state_word(state));
  if (strstr(task->error, words) == NULL || (*words == '\0' && *task->error != '\0'))
    g_error("the task's error is \"%s\", not \"%s\"", task->error, words);
}

/* Moves the clock on to when the course's task is due, and returns how long that took. */
gint64
case_wait_for(const Case *c, gint64 course) {
  g_autoptr(StoreTask) task = case_task(c, course);
  gint64 seconds = task->due - clock_now(c->clock);
  clock_advance(c->clock, seconds * G_USEC_PER_SEC);
  return seconds;
}

/* The name of a process that is dead. */
char *
case_dead_owner(void) {
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
