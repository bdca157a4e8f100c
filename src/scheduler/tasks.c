/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/tasks.h"

#include <string.h>

#include "base/text.h"
#include "scheduler/content_copy.h"
#include "scheduler/lease.h"

G_DEFINE_QUARK(task_error_quark, task_error)

/* The kinds of task there are. */
static const struct {
  const char *kind;
  TaskOutcome (*run)(TaskAttempt *attempt, GError **error);
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

/* A task taken, and what came of it. */
typedef struct {
  StoreTask *task;
  bool orphaned;
  bool begun; /* false: a stop came before */
  TaskOutcome outcome;
  gint64 due; /* for TASK_OUTCOME_LATER */
  char *message;
} Taken;

static void
taken_clear(gpointer data) {
  Taken *taken = data;
  store_task_free(taken->task);
  g_free(taken->message);
}

static GArray *
taken_array(void) {
  GArray *array = g_array_new(FALSE, FALSE, sizeof(Taken));
  g_array_set_clear_func(array, taken_clear);
  return array;
}

static TaskOutcome
run(const TasksContext *context, Taken *taken, GError **error) {
  TaskAttempt attempt = { taken->task,    taken->orphaned, context->gateway,
                          context->store, context->clock,  0 };
  for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
    if (strcmp(kinds[i].kind, taken->task->kind) == 0) {
      TaskOutcome outcome = kinds[i].run(&attempt, error);
      taken->due = attempt.due;
      return outcome;
    }
  g_set_error(error, TASK_ERROR, TASK_ERROR_FAILED, "this version knows no task \"%s\"",
              taken->task->kind);
  return TASK_OUTCOME_FAILED;
}

static bool
end(const TasksContext *context, const Taken *taken, TasksResult *result, GError **error) {
  Store *store = context->store;
  const StoreTask *task = taken->task;
  const char *message = taken->message != NULL ? taken->message : "";
  gint64 now = clock_now(context->clock);
  bool last =
      taken->begun && taken->outcome == TASK_OUTCOME_RETRY && task->attempts >= TASKS_MAX_ATTEMPTS;
  if (taken->outcome == TASK_OUTCOME_DONE) {
    result->done++;
    return store->class->task_end(store, task->id, TASK_DONE, 0, "", now, error);
  }
  if (taken->outcome == TASK_OUTCOME_FAILED || last) {
    result->failed++;
    return store->class->task_end(store, task->id, TASK_FAILED, 0, message, now, error);
  }
  result->waiting++;
  if (taken->outcome == TASK_OUTCOME_LATER)
    return store->class->task_wait(store, task->id, taken->due, message, now, error);
  bool tried = taken->begun && taken->outcome != TASK_OUTCOME_WAIT;
  gint64 due = taken->begun ? tasks_next_due(now, tried ? task->attempts : 1,
                                             (guint32)task->id * 2654435761u)
                            : now;
  return store->class->task_end(store, task->id, TASK_QUEUED, due, tried ? message : NULL, now,
                                error);
}

/* Takes what is due, up to a batch, in one durable transaction: the disk is waited for once and not
 * for every task. Should this process die, all of them are found orphaned and looked at first. */
static bool
take(const TasksContext *context, GArray *tried, GArray *batch, GError **error) {
  Store *store = context->store;
  g_array_set_size(batch, 0);
  if (!store->class->begin(store, true, error))
    return false;
  bool ok = true;
  while (ok && batch->len < TASKS_BATCH) {
    Taken taken = { .outcome = TASK_OUTCOME_RETRY };
    ok = store->class->task_take(store, context->owner, clock_now(context->clock), lease_owner_dead,
                                 NULL, (const gint64 *)(gpointer)tried->data, tried->len,
                                 &taken.task, &taken.orphaned, error);
    if (!ok || taken.task == NULL)
      break;
    g_array_append_val(tried, taken.task->id);
    g_array_append_val(batch, taken);
  }
  if (ok && store->class->commit(store, error))
    return true;
  store->class->rollback(store);
  return false;
}

static bool
run_batch(const TasksContext *context, GArray *batch, guint *away, GError **error) {
  for (guint i = 0; i < batch->len && !stop_requested(context->stop) && *away < TASKS_MAX_AWAY;
       i++) {
    Taken *taken = &g_array_index(batch, Taken, i);
    taken->begun = true;
    g_autoptr(GError) why = NULL;
    taken->outcome = run(context, taken, &why);
    /* A call cut short stands for the end of this process, which could not have recorded anything.
     */
    if (g_error_matches(why, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED)) {
      g_propagate_error(error, g_steal_pointer(&why));
      return false;
    }
    bool gone = g_error_matches(why, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE);
    *away = gone ? *away + 1 : 0;
    g_free(taken->message);
    taken->message = why != NULL ? g_strdup(why->message) : NULL;
  }
  return true;
}

/* Moves what waits for another task out of the batch. */
static void
set_aside(GArray *batch, GArray *waiting) {
  for (guint i = 0; i < batch->len;) {
    Taken *taken = &g_array_index(batch, Taken, i);
    if (taken->outcome != TASK_OUTCOME_WAIT) {
      i++;
      continue;
    }
    g_array_append_val(waiting, *taken);
    *taken = (Taken){ 0 };
    g_array_remove_index(batch, i);
  }
}

/* Nobody looks again at what is noted as done. */
static bool
make_sure(const TasksContext *context, const GArray *batch, GError **error) {
  bool any = false;
  for (guint i = 0; i < batch->len && !any; i++) {
    const Taken *taken = &g_array_index(batch, Taken, i);
    any = taken->begun && taken->outcome == TASK_OUTCOME_DONE;
  }
  return !any || context->gateway->class->flush(context->gateway, error);
}

static bool
end_batch(const TasksContext *context, const GArray *batch, TasksResult *result, GError **error) {
  Store *store = context->store;
  if (!make_sure(context, batch, error) || !store->class->begin(store, true, error))
    return false;
  bool ok = true;
  for (guint i = 0; ok && i < batch->len; i++)
    ok = end(context, &g_array_index(batch, Taken, i), result, error);
  if (ok && store->class->commit(store, error))
    return true;
  store->class->rollback(store);
  return false;
}

static bool
try_batch(const TasksContext *context, GArray *batch, GArray *waiting, guint *away,
          TasksResult *result, GError **error) {
  if (!run_batch(context, batch, away, error))
    return false;
  set_aside(batch, waiting);
  if (!end_batch(context, batch, result, error))
    return false;
  if (context->progress != NULL)
    context->progress(result, context->user_data);
  return true;
}

/* What waited may have waited for one of the others: again, as long as that leads on. */
static bool
try_waiting(const TasksContext *context, GArray *waiting, guint *away, TasksResult *result,
            GError **error) {
  for (guint before = G_MAXUINT;
       waiting->len > 0 && waiting->len < before && *away < TASKS_MAX_AWAY;) {
    g_autoptr(GArray) batch = taken_array();
    before = waiting->len;
    for (guint i = 0; i < before; i++) {
      g_array_append_val(batch, g_array_index(waiting, Taken, i));
      g_array_index(waiting, Taken, i) = (Taken){ 0 };
    }
    g_array_set_size(waiting, 0);
    if (!try_batch(context, batch, waiting, away, result, error))
      return false;
  }
  return waiting->len == 0 || end_batch(context, waiting, result, error);
}

/* What an earlier call put off and is not due yet is not finished either (SPEC 3.9). */
static bool
count_waiting(const TasksContext *context, TasksResult *result, GError **error) {
  g_autoptr(GPtrArray) unfinished =
      context->store->class->task_list(context->store, true, 0, error);
  if (unfinished == NULL)
    return false;
  result->waiting = 0;
  for (guint i = 0; i < unfinished->len; i++)
    result->waiting += ((StoreTask *)g_ptr_array_index(unfinished, i))->state == TASK_QUEUED;
  return true;
}

bool
tasks_run_due(const TasksContext *context, TasksResult *result, GError **error) {
  g_autoptr(GArray) tried = g_array_new(FALSE, FALSE, sizeof(gint64));
  g_autoptr(GArray) batch = taken_array(), waiting = taken_array();
  guint away = 0; /* tasks in a row over which Moodle was not there */
  for (;;) {
    if (stop_requested(context->stop)) {
      g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED,
                  "stopped on request; the tasks left are tried next time");
      return false;
    }
    if (away < TASKS_MAX_AWAY && !take(context, tried, batch, error))
      return false;
    if (batch->len == 0 || away >= TASKS_MAX_AWAY)
      return try_waiting(context, waiting, &away, result, error) &&
             count_waiting(context, result, error);
    if (!try_batch(context, batch, waiting, &away, result, error))
      return false;
  }
}
