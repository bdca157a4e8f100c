/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/tasks.h"

#include <string.h>

#include "base/text.h"
#include "scheduler/content_copy.h"
#include "scheduler/lease.h"

G_DEFINE_QUARK(lehrgaenge - task - error, task_error)

/* The kinds of task there are. */
static const struct {
  const char *kind;
  TaskOutcome (*run)(const StoreTask *task, bool orphaned, Gateway *gateway, Store *store,
                     GError **error);
} kinds[] = {
  { CONTENT_COPY_KIND, content_copy_run },
};

gint64
tasks_next_due(gint64 now, guint attempts, guint32 spread) {
  gint64 delay = TASKS_FIRST_DELAY_S;
  for (guint i = 1; i < attempts && delay < TASKS_LONGEST_DELAY_S; i++)
    delay *= 2;
  delay = MIN(delay, TASKS_LONGEST_DELAY_S);
  return now + delay + (gint64)(spread % (guint32)(delay / 4 + 1));
}

static TaskOutcome
run(const TasksContext *context, const StoreTask *task, bool orphaned, GError **error) {
  for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
    if (strcmp(kinds[i].kind, task->kind) == 0)
      return kinds[i].run(task, orphaned, context->gateway, context->store, error);
  g_set_error(error, TASK_ERROR, TASK_ERROR_FAILED, "this version knows no task \"%s\"",
              task->kind);
  return TASK_OUTCOME_FAILED;
}

static bool
end(const TasksContext *context, const StoreTask *task, TaskOutcome outcome, const char *message,
    TasksResult *result, GError **error) {
  Store *store = context->store;
  gint64 now = clock_now(context->clock);
  bool last = outcome == TASK_OUTCOME_RETRY && task->attempts >= TASKS_MAX_ATTEMPTS;
  if (outcome == TASK_OUTCOME_DONE) {
    result->done++;
    return store->class->task_end(store, task->id, TASK_DONE, 0, "", now, error);
  }
  if (outcome == TASK_OUTCOME_FAILED || last) {
    result->failed++;
    return store->class->task_end(store, task->id, TASK_FAILED, 0, message, now, error);
  }
  result->waiting++;
  guint attempts = outcome == TASK_OUTCOME_WAIT ? 1 : task->attempts;
  gint64 due = tasks_next_due(now, attempts, (guint32)task->id * 2654435761u);
  return store->class->task_end(store, task->id, TASK_QUEUED, due, message, now, error);
}

bool
tasks_run_due(const TasksContext *context, TasksResult *result, GError **error) {
  Store *store = context->store;
  g_autoptr(GArray) tried = g_array_new(FALSE, FALSE, sizeof(gint64));
  for (;;) {
    if (stop_requested(context->stop)) {
      g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED,
                  "stopped on request; the tasks left are tried next time");
      return false;
    }
    g_autoptr(StoreTask) task = NULL;
    bool orphaned = false;
    if (!store->class->task_take(store, context->owner, clock_now(context->clock), lease_owner_dead,
                                 NULL, (const gint64 *)(gpointer)tried->data, tried->len, &task,
                                 &orphaned, error))
      return false;
    if (task == NULL)
      return true;
    g_array_append_val(tried, task->id);
    g_autoptr(GError) why = NULL;
    TaskOutcome outcome = run(context, task, orphaned, &why);
    /* A call cut short stands for the end of this process, which could not have recorded anything.
     */
    if (g_error_matches(why, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED)) {
      g_propagate_error(error, g_steal_pointer(&why));
      return false;
    }
    if (!end(context, task, outcome, why != NULL ? why->message : "", result, error))
      return false;
    if (context->progress != NULL)
      context->progress(result, context->user_data);
  }
}
