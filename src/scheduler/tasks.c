/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/tasks.h"

#include <string.h>

#include "notify/notify.h"
#include "scheduler/content_copy.h"
#include "scheduler/import.h"
#include "scheduler/lease.h"
#include "scheduler/tasks_crew.h"

G_DEFINE_QUARK(task_error_quark, task_error)

/* The kinds of task there are. */
static const struct {
  const char *kind;
  TaskOutcome (*run)(TaskAttempt *attempt, GError **error);
} kinds[] = {
  { CONTENT_COPY_KIND, content_copy_run },
  { IMPORT_KIND, import_run },
  { NOTIFY_MAIL_KIND, notify_mail_run },
  { NOTIFY_MESSAGE_KIND, notify_message_run },
};

/* What a run from the command line does itself; the rest is the service's. */
static const char *const batched[] = { CONTENT_COPY_KIND, NULL };

gint64
tasks_next_due(gint64 now, guint attempts, guint32 spread) {
  gint64 delay = TASKS_FIRST_DELAY_S;
  for (guint i = 1; i < attempts && delay < TASKS_LONGEST_DELAY_S; i++)
    delay *= 2;
  delay = MIN(delay, TASKS_LONGEST_DELAY_S);
  return now + delay + (gint64)(spread % (guint32)(delay / 4 + 1));
}

const char *
tasks_outcome_word(TaskOutcome outcome) {
  static const char *const words[] = { "done", "retry", "wait", "later", "failed", "lost" };
  return words[outcome];
}

/* ── one attempt ── */

guint
tasks_tries(const StoreTask *task) {
  return task->attempts - task->forgiven;
}

void
tasks_end_clear(TasksEnd *end) {
  g_free(end->message);
  g_free(end->stands_on);
  *end = (TasksEnd){ 0 };
}

static TaskOutcome
run_kind(TaskAttempt *attempt, GError **error) {
  const char *kind = attempt->task->kind;
  for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
    if (strcmp(kinds[i].kind, kind) == 0)
      return kinds[i].run(attempt, error);
  g_set_error(error, TASK_ERROR, TASK_ERROR_FAILED, "this version knows no task \"%s\"", kind);
  return TASK_OUTCOME_FAILED;
}

void
tasks_attempt(TaskAttempt *attempt, guint max_attempts, bool flush, TasksEnd *end) {
  guint most = max_attempts > 0 ? max_attempts : TASKS_MAX_ATTEMPTS;
  attempt->last = tasks_tries(attempt->task) >= most;
  attempt->due = 0;
  attempt->stands_on = NULL;
  g_autoptr(GError) why = NULL;
  TaskOutcome outcome = run_kind(attempt, &why);
  if (outcome == TASK_OUTCOME_DONE && flush && attempt->gateway != NULL &&
      !attempt->gateway->class->flush(attempt->gateway, &why))
    outcome = TASK_OUTCOME_RETRY;
  bool stopped = g_error_matches(why, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED);
  if (outcome == TASK_OUTCOME_RETRY && attempt->last && !stopped)
    outcome = TASK_OUTCOME_FAILED;
  *end = (TasksEnd){ .outcome = outcome,
                     .due = attempt->due,
                     .message = why != NULL ? g_utf8_make_valid(why->message, -1) : NULL,
                     .stands_on = g_steal_pointer(&attempt->stands_on),
                     .stopped = stopped,
                     .away = g_error_matches(why, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE) };
}

/* Spread by the task's number, so that the same task is due at the same time however often it is
 * asked for. */
static guint32
spread_of(const StoreTask *task) {
  return (guint32)task->id * 2654435761u;
}

static bool
write_end(Store *store, const StoreTask *task, const char *owner, const TasksEnd *end, gint64 now,
          GError **error) {
  const StoreClass *class = store->class;
  const char *message = end->message != NULL ? end->message : "";
  gint64 due;
  switch (end->outcome) {
  case TASK_OUTCOME_DONE:
    return class->task_end(store, task->id, owner, TASK_DONE, 0, "", now, error);
  case TASK_OUTCOME_FAILED:
    return class->task_end(store, task->id, owner, TASK_FAILED, 0, message, now, error);
  case TASK_OUTCOME_LATER:
    return class->task_wait(store, task->id, owner, end->due, message, now, error);
  case TASK_OUTCOME_WAIT:
    return class->task_end(store, task->id, owner, TASK_QUEUED, end->due, NULL, now, error);
  case TASK_OUTCOME_RETRY:
    due = end->stopped ? now : tasks_next_due(now, tasks_tries(task), spread_of(task));
    return class->task_end(store, task->id, owner, TASK_QUEUED, due, message, now, error);
  case TASK_OUTCOME_LOST:
    break;
  }
  g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_FOUND, "another has it");
  return false;
}

/* What another took over meanwhile, because we seemed to be gone, is that one's to end. */
bool
tasks_record(Store *store, const StoreTask *task, const char *owner, const TasksEnd *end,
             gint64 now, bool *ours, GError **error) {
  g_autoptr(GError) why = NULL;
  bool written = write_end(store, task, owner, end, now, &why);
  if (ours != NULL)
    *ours = written;
  if (written || g_error_matches(why, STORE_ERROR, STORE_ERROR_NOT_FOUND))
    return true;
  g_propagate_error(error, g_steal_pointer(&why));
  return false;
}

/* ── all that are due, in batches ── */

/* A task taken, and what came of it. */
typedef struct {
  StoreTask *task;
  bool orphaned;
  bool begun; /* false: a stop came before */
  TasksEnd end;
} Taken;

static void
taken_clear(gpointer data) {
  Taken *taken = data;
  store_task_free(taken->task);
  tasks_end_clear(&taken->end);
}

/* What goes on from batch to batch. */
typedef struct {
  const TasksContext *context;
  TasksCrew *crew;
  GArray *waiting; /* Taken: those that stand on others */
  guint away;      /* tasks in a row over which Moodle was not there */
} Pass;

static GArray *
taken_array(void) {
  GArray *array = g_array_new(FALSE, FALSE, sizeof(Taken));
  g_array_set_clear_func(array, taken_clear);
  return array;
}

static void
try_one(const TasksContext *context, const TasksPlace *place, Taken *taken) {
  TaskAttempt attempt = { .task = taken->task,
                          .orphaned = taken->orphaned,
                          .owner = context->owner,
                          .stop = context->stop,
                          .gateway = place->gateway,
                          .store = place->store,
                          .clock = context->clock };
  tasks_end_clear(&taken->end);
  tasks_attempt(&attempt, context->max_attempts, false, &taken->end);
}

static bool
end(const TasksContext *context, Taken *taken, TasksResult *result, GError **error) {
  gint64 now = clock_now(context->clock);
  if (!taken->begun) { /* as if it had never been taken */
    taken->end.outcome = TASK_OUTCOME_WAIT;
    taken->end.due = now;
  } else if (taken->end.outcome == TASK_OUTCOME_WAIT) {
    taken->end.due = tasks_next_due(now, 1, spread_of(taken->task));
  }
  bool ours;
  if (!tasks_record(context->store, taken->task, context->owner, &taken->end, now, &ours, error))
    return false;
  if (!ours)
    return true;
  if (taken->end.outcome == TASK_OUTCOME_DONE)
    result->done++;
  else if (taken->end.outcome == TASK_OUTCOME_FAILED)
    result->failed++;
  else
    result->waiting++;
  return true;
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
    Taken taken = { 0 };
    StoreTaker taker = { .owner = context->owner,
                         .dead = lease_owner_dead,
                         .kinds = batched,
                         .excluded = (const gint64 *)(gpointer)tried->data,
                         .excluded_count = tried->len };
    ok = store->class->task_take(store, &taker, clock_now(context->clock), &taken.task,
                                 &taken.orphaned, error);
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

/* A batch, while it is tried; the lock is over what changes. */
typedef struct {
  Pass *pass;
  GArray *batch;
  GMutex lock;
  bool cut_off; /* a call was cut short */
} Round;

static bool
go_on(gpointer data) {
  Round *round = data;
  g_mutex_lock(&round->lock);
  bool may = !round->cut_off && round->pass->away < TASKS_MAX_AWAY;
  g_mutex_unlock(&round->lock);
  return may && !stop_requested(round->pass->context->stop);
}

static void
try_at(guint index, const TasksPlace *place, gpointer data) {
  Round *round = data;
  Pass *pass = round->pass;
  Taken *taken = &g_array_index(round->batch, Taken, index);
  taken->begun = true;
  try_one(pass->context, place, taken);
  g_mutex_lock(&round->lock);
  if (taken->end.stopped)
    round->cut_off = true;
  else
    pass->away = taken->end.away ? pass->away + 1 : 0;
  g_mutex_unlock(&round->lock);
}

static bool
run_batch(Pass *pass, GArray *batch, GError **error) {
  Round round = { .pass = pass, .batch = batch };
  g_mutex_init(&round.lock);
  tasks_crew_do(pass->crew, batch->len, try_at, go_on, &round);
  g_mutex_clear(&round.lock);
  for (guint i = 0; i < batch->len; i++) {
    const Taken *taken = &g_array_index(batch, Taken, i);
    /* A call cut short stands for the end of this process, which could not have recorded anything.
     */
    if (taken->end.stopped) {
      g_set_error_literal(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED, taken->end.message);
      return false;
    }
  }
  return true;
}

/* Moves what waits for another task out of the batch. */
static void
set_aside(GArray *batch, GArray *waiting) {
  for (guint i = 0; i < batch->len;) {
    Taken *taken = &g_array_index(batch, Taken, i);
    if (taken->end.outcome != TASK_OUTCOME_WAIT) {
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
    any = taken->begun && taken->end.outcome == TASK_OUTCOME_DONE;
  }
  return !any || context->gateway->class->flush(context->gateway, error);
}

static bool
end_batch(const TasksContext *context, GArray *batch, TasksResult *result, GError **error) {
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
try_batch(Pass *pass, GArray *batch, TasksResult *result, GError **error) {
  const TasksContext *context = pass->context;
  if (!run_batch(pass, batch, error))
    return false;
  set_aside(batch, pass->waiting);
  if (!end_batch(context, batch, result, error))
    return false;
  if (context->progress != NULL)
    context->progress(result, context->user_data);
  return true;
}

/* What waited may have waited for one of the others: again, as long as that leads on. */
static bool
try_waiting(Pass *pass, TasksResult *result, GError **error) {
  GArray *waiting = pass->waiting;
  for (guint before = G_MAXUINT;
       waiting->len > 0 && waiting->len < before && pass->away < TASKS_MAX_AWAY;) {
    g_autoptr(GArray) batch = taken_array();
    before = waiting->len;
    for (guint i = 0; i < before; i++) {
      g_array_append_val(batch, g_array_index(waiting, Taken, i));
      g_array_index(waiting, Taken, i) = (Taken){ 0 };
    }
    g_array_set_size(waiting, 0);
    if (!try_batch(pass, batch, result, error))
      return false;
  }
  return waiting->len == 0 || end_batch(pass->context, waiting, result, error);
}

static void
on_counts(const char *kind, const gint64 *counts, gpointer data) {
  if (strcmp(kind, CONTENT_COPY_KIND) == 0)
    *(guint *)data = (guint)counts[TASK_QUEUED];
}

/* What an earlier call put off and is not due yet is not finished either (SPEC 3.9). */
static bool
count_waiting(const TasksContext *context, TasksResult *result, GError **error) {
  result->waiting = 0;
  return context->store->class->task_counts(context->store, on_counts, &result->waiting, error);
}

static bool
run_all(Pass *pass, TasksResult *result, GError **error) {
  const TasksContext *context = pass->context;
  g_autoptr(GArray) tried = g_array_new(FALSE, FALSE, sizeof(gint64));
  g_autoptr(GArray) batch = taken_array();
  for (;;) {
    if (stop_requested(context->stop)) {
      g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED,
                  "stopped on request; the tasks left are tried next time");
      return false;
    }
    if (pass->away < TASKS_MAX_AWAY && !take(context, tried, batch, error))
      return false;
    if (batch->len == 0 || pass->away >= TASKS_MAX_AWAY)
      return try_waiting(pass, result, error) && count_waiting(context, result, error);
    if (!try_batch(pass, batch, result, error))
      return false;
  }
}

bool
tasks_run_due(const TasksContext *context, TasksResult *result, GError **error) {
  g_autoptr(TasksCrew) crew = tasks_crew_new(context);
  g_autoptr(GArray) waiting = taken_array();
  Pass pass = { .context = context, .crew = crew, .waiting = waiting };
  return run_all(&pass, result, error);
}
