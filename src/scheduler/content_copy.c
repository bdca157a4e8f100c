/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/content_copy.h"

#include <jansson.h>
#include <string.h>

#include "base/text.h"

/* Queueing on the course's id and not on its name: a course deleted and made anew gets its content
 * again. */
static char *
subject_of(gint64 courseid) {
  return g_strdup_printf("course %" G_GINT64_FORMAT, courseid);
}

bool
content_copy_queue(Store *store, gint64 courseid, gint64 template, const char *shortname,
                   gint64 now, GError **error) {
  json_auto_t *payload = json_pack("{s:I, s:I, s:s}", "course", (json_int_t)courseid, "template",
                                   (json_int_t) template, "shortname", shortname);
  char *text = json_dumps(payload, JSON_COMPACT);
  autochar subject = subject_of(courseid);
  StoreTask task = {
    .kind = (char *)CONTENT_COPY_KIND, .subject = subject, .payload = text, .due = now
  };
  gint64 id;
  bool ok = store->class->task_add(store, &task, now, &id, error);
  free(text);
  return ok;
}

char *
content_copy_shortname(const StoreTask *task) {
  json_auto_t *payload = json_loads(task->payload, 0, NULL);
  const char *shortname = json_string_value(json_object_get(payload, "shortname"));
  return g_strdup(shortname != NULL ? shortname : "");
}

static TaskOutcome fail(TaskOutcome outcome, GError **error, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static TaskOutcome
fail(TaskOutcome outcome, GError **error, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  autochar message = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  g_set_error_literal(error, TASK_ERROR, TASK_ERROR_FAILED, message);
  return outcome;
}

/* A template that is itself still without its content would hand on an empty course. DONE: it has
 * it; somebody may have put it there by hand after its own copy had failed for good. A forum for
 * announcements alone does not show that: the failed copy may have left it, or Moodle made it. */
static TaskOutcome
look_at_template(TaskAttempt *attempt, gint64 template, GError **error) {
  Gateway *gateway = attempt->gateway;
  Store *store = attempt->store;
  autochar subject = subject_of(template);
  g_autoptr(StoreTask) other = NULL;
  if (!store->class->task_find(store, CONTENT_COPY_KIND, subject, &other, error))
    return TASK_OUTCOME_RETRY;
  if (other == NULL || other->state == TASK_DONE)
    return TASK_OUTCOME_DONE;
  if (other->state != TASK_FAILED) {
    attempt->stands_on = g_steal_pointer(&subject);
    attempt->due = other->state == TASK_QUEUED ? other->due : 0;
    return fail(TASK_OUTCOME_WAIT, error, "waits for the content of its template");
  }
  GatewayContents have;
  if (!gateway->class->contents(gateway, template, &have, error))
    return TASK_OUTCOME_RETRY;
  if (have.modules > 0)
    return TASK_OUTCOME_DONE;
  return fail(TASK_OUTCOME_FAILED, error,
              "its template, course %" G_GINT64_FORMAT
              ", is empty, because the copy of that one's content failed; fill both in Moodle",
              template);
}

/* Whether the last try may still go on in Moodle; nobody knows whether it was refused or only its
 * answer lost. */
static bool
may_go_on(TaskAttempt *attempt) {
  gint64 grace = attempt->gateway->class->copy_grace(attempt->gateway);
  gint64 now = clock_now(attempt->clock);
  /* Should the clock have been put back, the wait is not longer for it. */
  attempt->due = MIN(attempt->task->begun, now) + grace;
  return now < attempt->due;
}

/* What a template and its course hold of what a copy brings. Where a copy ends with its answer, it
 * is one step that never gives a course a second forum for announcements; the course has its own
 * from the beginning, and it tells nothing. */
static bool
compare(TaskAttempt *attempt, gint64 course, gint64 template, GatewayContents *have,
        GatewayContents *want, GError **error) {
  Gateway *gateway = attempt->gateway;
  /* The course comes last: see note(). */
  if (!gateway->class->contents(gateway, template, want, error) ||
      !gateway->class->contents(gateway, course, have, error))
    return false;
  if (gateway->class->copy_grace(gateway) == 0)
    have->announcements = want->announcements = 0;
  return true;
}

/* Of a template without any activity nobody can tell whether it was copied. Sections count where
 * there is little else: the forum usually stands in the first, and so comes before the others. */
static bool
is_complete(const GatewayContents *have, const GatewayContents *want) {
  if (want->modules == 0 && want->announcements == 0)
    return false;
  return have->modules >= want->modules && have->announcements >= want->announcements &&
         (want->modules > 0 || have->sections >= want->sections);
}

/* "2 of its template's 3 activities". Free with g_free(). */
static char *
tell(const GatewayContents *have, const GatewayContents *want) {
  guint held = MIN(have->modules, want->modules) + MIN(have->announcements, want->announcements);
  guint all = want->modules + want->announcements;
  if (want->modules > 0 || have->sections >= want->sections)
    return g_strdup_printf("%u of its template's %u activities", held, all);
  return g_strdup_printf("%u of its template's %u activities and %u of its %u sections", held, all,
                         have->sections, want->sections);
}

#define MAY_GO_ON "the last try may still go on in Moodle"
#define SAID ". It ended so: "

/* What the last try ended with, though the task has been looked at since. */
static const char *
said_last(const StoreTask *task) {
  if (!g_str_has_prefix(task->error, MAY_GO_ON))
    return task->error;
  const char *said = strstr(task->error, SAID);
  return said != NULL ? said + strlen(SAID) : "";
}

/* Whether an earlier try, of which nobody knows how it ended, has done it. */
static TaskOutcome
look(TaskAttempt *attempt, gint64 course, gint64 template, GError **error) {
  GatewayContents have, want;
  if (!compare(attempt, course, template, &have, &want, error))
    return TASK_OUTCOME_RETRY;
  if (is_complete(&have, &want))
    return TASK_OUTCOME_DONE;
  autochar told = tell(&have, &want);
  if (may_go_on(attempt)) {
    const char *said = said_last(attempt->task);
    return fail(TASK_OUTCOME_LATER, error,
                MAY_GO_ON " (the course holds %s so far); it is looked at again when that is "
                          "over%s%s",
                told, *said != '\0' ? SAID : "", said);
  }
  /* Without one in the template, the forum is of Moodle's own making. */
  if (have.modules > 0 || MIN(have.announcements, want.announcements) > 0)
    return fail(TASK_OUTCOME_FAILED, error,
                "the course holds %s after an interrupted copy; empty it or complete it in Moodle",
                told);
  return TASK_OUTCOME_WAIT; /* nothing there: try again */
}

static void
on_course(guint index, const GatewayCourse *course, gpointer data) {
  (void)index;
  (void)course;
  *(bool *)data = true;
}

/* After a failure: a course that somebody deleted meanwhile needs no content. */
static TaskOutcome
again_unless_gone(gint64 course, Gateway *gateway, GError **error) {
  autochar id = g_strdup_printf("%" G_GINT64_FORMAT, course);
  const char *value = id;
  bool there = false;
  g_autoptr(GError) local = NULL;
  if (g_error_matches(*error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED))
    return TASK_OUTCOME_RETRY;
  if (!gateway->class->find_courses(gateway, GATEWAY_COURSE_ID, &value, 1, on_course, &there,
                                    &local)) {
    g_clear_error(error);
    g_propagate_error(error, g_steal_pointer(&local));
    return TASK_OUTCOME_RETRY;
  }
  if (there)
    return TASK_OUTCOME_RETRY;
  g_clear_error(error);
  return TASK_OUTCOME_DONE;
}

/* The content is there; what is left makes no difference to another look, so that a failure here is
 * just tried again. */
static TaskOutcome
finish(TaskAttempt *attempt, gint64 course, gint64 template, GError **error) {
  Gateway *gateway = attempt->gateway;
  return gateway->class->finish_content(gateway, template, course, error)
             ? TASK_OUTCOME_DONE
             : again_unless_gone(course, gateway, error);
}

/* Says that the copy begins, should it still be ours. Where no copy outlives its answer, nobody
 * will ask when it began, and the disk is not waited for. DONE: go on. */
static TaskOutcome
begin(TaskAttempt *attempt, GError **error) {
  Store *store = attempt->store;
  gint64 id = attempt->task->id;
  bool held = true;
  g_autoptr(GError) why = NULL;
  bool ok =
      attempt->gateway->class->copy_grace(attempt->gateway) > 0
          ? store->class->task_begin(store, id, attempt->owner, clock_now(attempt->clock), &why)
          : store->class->task_held(store, id, attempt->owner, &held, &why);
  if (ok && held)
    return TASK_OUTCOME_DONE;
  if (ok || g_error_matches(why, STORE_ERROR, STORE_ERROR_NOT_FOUND))
    return fail(TASK_OUTCOME_LOST, error, "another process has taken it over");
  g_propagate_error(error, g_steal_pointer(&why));
  return TASK_OUTCOME_RETRY;
}

/* What was turned away does not go on anywhere, so nobody has to wait for it. Should that not be
 * noted, they wait in vain. */
static void
take_back_begin(TaskAttempt *attempt, const GError *why) {
  g_autoptr(GError) ignored = NULL;
  if (g_error_matches(why, GATEWAY_ERROR, GATEWAY_ERROR_REFUSED) &&
      attempt->gateway->class->copy_grace(attempt->gateway) > 0)
    attempt->store->class->task_begin(attempt->store, attempt->task->id, attempt->owner, 0,
                                      &ignored);
}

/* Whoever takes the task over waits from the begin that was noted. So when that was long ago,
 * because the store took its time or this process stood still, the copy must not begin any more.
 * The wall's clock counts too: the other one does not stand still while this machine sleeps. */
static bool
too_late(const TaskAttempt *attempt, gint64 noted, gint64 noted_monotonic) {
  gint64 grace = attempt->gateway->class->copy_grace(attempt->gateway);
  gint64 passed = (clock_monotonic(attempt->clock) - noted_monotonic) / G_USEC_PER_SEC;
  return grace > 0 && MAX(passed, clock_now(attempt->clock) - noted) > grace / 2;
}

static TaskOutcome
copy(TaskAttempt *attempt, gint64 course, gint64 template, GError **error) {
  Gateway *gateway = attempt->gateway;
  gint64 noted = clock_now(attempt->clock), monotonic = clock_monotonic(attempt->clock);
  TaskOutcome ready = begin(attempt, error);
  if (ready != TASK_OUTCOME_DONE)
    return ready;
  if (too_late(attempt, noted, monotonic)) {
    attempt->due = clock_now(attempt->clock);
    return fail(TASK_OUTCOME_LATER, error,
                "too much time passed before the copy could begin; it was not begun");
  }
  if (gateway->class->copy_content(gateway, template, course, error))
    return finish(attempt, course, template, error);
  take_back_begin(attempt, *error);
  return again_unless_gone(course, gateway, error);
}

/* Where nothing is waited out, the gateway is to notice that another process filled the course
 * since it was looked at; so it is, before the task is seen to be ours still. */
static bool
note(TaskAttempt *attempt, gint64 course, GError **error) {
  const GatewayClass *gateway = attempt->gateway->class;
  GatewayContents before;
  return gateway->copy_grace(attempt->gateway) > 0 ||
         gateway->contents(attempt->gateway, course, &before, error);
}

TaskOutcome
content_copy_run(TaskAttempt *attempt, GError **error) {
  json_auto_t *payload = json_loads(attempt->task->payload, 0, NULL);
  json_int_t course = 0, template = 0;
  if (json_unpack(payload, "{s:I, s:I}", "course", &course, "template", &template) != 0)
    return fail(TASK_OUTCOME_FAILED, error, "the task's payload is damaged");

  TaskOutcome ready = look_at_template(attempt, template, error);
  if (ready != TASK_OUTCOME_DONE)
    return ready;

  if (attempt->orphaned || attempt->task->attempts > 1) {
    TaskOutcome found = look(attempt, course, template, error);
    if (found == TASK_OUTCOME_DONE)
      return finish(attempt, course, template, error);
    if (found == TASK_OUTCOME_RETRY)
      return again_unless_gone(course, attempt->gateway, error);
    if (found != TASK_OUTCOME_WAIT)
      return found;
  } else if (!note(attempt, course, error)) {
    return again_unless_gone(course, attempt->gateway, error);
  }
  return copy(attempt, course, template, error);
}
