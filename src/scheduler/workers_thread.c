/* One of a lane's threads: waits for the mark, makes its place, takes tasks until there are none
 * left, and frees the place.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/log.h"
#include "scheduler/lease.h"
#include "scheduler/workers_private.h"

typedef struct {
  Lane *lane;
  bool entered;
  guint generation; /* of the configuration the place was made with */
  guint wakes;      /* noted before the task in hand was looked for */
  WorkersPlace place;
} Worker;

/* ── the lane's state ── */

/* False: stop. */
static bool
wait_for_mark(Lane *lane) {
  Workers *workers = lane->workers;
  g_mutex_lock(&workers->lock);
  while (!workers->stopping && !lane->look)
    g_cond_wait(&lane->changed, &workers->lock);
  lane->look = false;
  bool stopping = workers->stopping;
  g_mutex_unlock(&workers->lock);
  return !stopping;
}

/* Before a thread looks for a task. It takes the mark, which stands for what was added before this
 * moment; and what it takes counts as in hand already, so that the poller never takes it for
 * another's. False: nothing is to be begun now. */
static bool
begin_look(Worker *worker) {
  Lane *lane = worker->lane;
  Workers *workers = lane->workers;
  g_mutex_lock(&workers->lock);
  bool may = !workers->stopping && g_get_monotonic_time() >= lane->paused_until;
  if (may) {
    lane->look = false;
    lane->begun++;
    worker->wakes = workers->wakes;
  }
  g_mutex_unlock(&workers->lock);
  return may;
}

static void
end_look(Lane *lane) {
  g_mutex_lock(&lane->workers->lock);
  lane->ended++;
  g_mutex_unlock(&lane->workers->lock);
}

/* The poller gives the mark again when the time is over. Whoever asked for a look meanwhile wants
 * no pause. */
static void
pause_lane(const Worker *worker, gint64 seconds) {
  Lane *lane = worker->lane;
  Workers *workers = lane->workers;
  g_mutex_lock(&workers->lock);
  lane->look = workers->wakes != worker->wakes;
  lane->paused_until = lane->look ? 0 : g_get_monotonic_time() + seconds * G_USEC_PER_SEC;
  g_mutex_unlock(&workers->lock);
}

/* Says once what keeps a lane from its work, and (NULL) once that nothing does any more. */
static void
tell(Lane *lane, const char *trouble) {
  g_mutex_lock(&lane->workers->lock);
  bool news = lane->told != (trouble != NULL);
  lane->told = trouble != NULL;
  g_mutex_unlock(&lane->workers->lock);
  if (news && trouble != NULL)
    log_warning(lane->kinds[0], "tasks of this kind wait until it works again: %s", trouble);
  else if (news)
    log_info(lane->kinds[0], "tasks of this kind go on");
}

/* ── the place ── */

static void
leave(Worker *worker) {
  const WorkersContext *context = &worker->lane->workers->context;
  if (!worker->entered)
    return;
  context->leave(worker->lane->index, &worker->place, context->user_data);
  worker->entered = false;
  worker->place = (WorkersPlace){ 0 };
}

static bool
enter(Worker *worker, GError **error) {
  const WorkersContext *context = &worker->lane->workers->context;
  guint generation = context->generation(context->user_data);
  if (worker->entered && worker->generation != generation)
    leave(worker);
  if (worker->entered)
    return true;
  worker->place = (WorkersPlace){ 0 };
  worker->generation = generation;
  worker->entered = context->enter(worker->lane->index, &worker->place, context->user_data, error);
  return worker->entered;
}

/* ── tasks that stand on others ── */

static void
forget_waiter(Lane *lane, gint64 id) {
  for (guint i = 0; i < lane->waiting->len; i++)
    if (g_array_index(lane->waiting, Waiter, i).id == id) {
      g_array_remove_index_fast(lane->waiting, i);
      return;
    }
}

/* Remembers what was put back to wait for another one. Only what has no tries to lose: making it
 * due sooner is asking the store to forgive them. */
static void
remember_waiter(Lane *lane, const StoreTask *task, const char *subject) {
  if (subject == NULL || tasks_tries(task) > 1)
    return;
  g_mutex_lock(&lane->workers->lock);
  forget_waiter(lane, task->id);
  if (lane->waiting->len < WORKERS_MAX_WAITING) {
    Waiter waiter = { task->id, g_strdup(subject) };
    g_array_append_val(lane->waiting, waiter);
  }
  g_mutex_unlock(&lane->workers->lock);
}

static GArray *
take_waiters(Lane *lane, const char *subject) {
  GArray *ids = g_array_new(FALSE, FALSE, sizeof(gint64));
  g_mutex_lock(&lane->workers->lock);
  for (guint i = 0; i < lane->waiting->len;) {
    const Waiter *waiter = &g_array_index(lane->waiting, Waiter, i);
    if (!g_str_equal(waiter->subject, subject)) {
      i++;
      continue;
    }
    g_array_append_val(ids, waiter->id);
    g_array_remove_index_fast(lane->waiting, i);
  }
  g_mutex_unlock(&lane->workers->lock);
  return ids;
}

/* Those that waited for `subject` are due now. One that cannot be told is due by itself soon. */
static void
release_waiters(Worker *worker, const char *subject) {
  Store *store = worker->place.store;
  g_autoptr(GArray) ids = take_waiters(worker->lane, subject);
  for (guint i = 0; i < ids->len; i++) {
    g_autoptr(GError) ignored = NULL;
    store->class->task_retry(store, g_array_index(ids, gint64, i),
                             clock_now(worker->lane->workers->context.clock), &ignored);
  }
}

/* ── one task ── */

static void
log_unrecorded(const StoreTask *task, const TasksEnd *end, bool given_up, const GError *error) {
  log_write(given_up ? LOG_ERROR : LOG_WARNING, task->kind,
            "task %" G_GINT64_FORMAT " was tried (%s), which could not be written down; %s: %s",
            task->id, tasks_outcome_word(end->outcome),
            given_up ? "it is looked at again after the next start"
                     : "that is tried until it works",
            error->message);
}

static bool
record_in(Store *store, const Worker *worker, const StoreTask *task, const TasksEnd *end,
          GError **error) {
  const WorkersContext *context = &worker->lane->workers->context;
  return tasks_record(store, task, context->owner, end, clock_now(context->clock), NULL, error);
}

/* Over new connections, until it works; after a stop once more. */
static void
record_patiently(const Worker *worker, const StoreTask *task, const TasksEnd *end, guint wakes) {
  Workers *workers = worker->lane->workers;
  const WorkersContext *context = &workers->context;
  for (bool last = false; !last;) {
    workers_pause(workers, wakes, WORKERS_STORE_PAUSE_S);
    last = workers_stopping(workers);
    wakes = workers_wakes(workers);
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = context->open_store(context->user_data, &error);
    if (store != NULL && record_in(store, worker, task, end, &error)) {
      log_info(task->kind, "how task %" G_GINT64_FORMAT " ended is written down now", task->id);
      return;
    }
    if (last)
      log_unrecorded(task, end, true, error);
  }
}

/* Writes down how the attempt ended, however long the store is away: the outcome of what cannot be
 * done twice must not be lost while somebody knows it. False: the place is to be made anew. */
static bool
record(const Worker *worker, const StoreTask *task, const TasksEnd *end) {
  g_autoptr(GError) error = NULL;
  guint wakes = workers_wakes(worker->lane->workers);
  if (record_in(worker->place.store, worker, task, end, &error))
    return true;
  log_unrecorded(task, end, false, error);
  record_patiently(worker, task, end, wakes);
  return false;
}

static gint64
wait_until(const TasksEnd *end, gint64 now) {
  return now + CLAMP(end->due - now, WORKERS_WAIT_S, WORKERS_LONGEST_WAIT_S);
}

/* Counts the tasks in a row over which Moodle was away; after enough of them the lane rests. */
static void
note_moodle(const Worker *worker, const TasksEnd *end) {
  Lane *lane = worker->lane;
  g_mutex_lock(&lane->workers->lock);
  if (end->away)
    lane->away++;
  else if (end->outcome != TASK_OUTCOME_WAIT)
    lane->away = 0;
  bool enough = end->away && lane->away >= TASKS_MAX_AWAY;
  g_mutex_unlock(&lane->workers->lock);
  if (enough) {
    tell(lane, end->message);
    pause_lane(worker, WORKERS_AWAY_PAUSE_S);
  } else if (!end->away) {
    tell(lane, NULL);
  }
}

static void
try_task(Worker *worker, const StoreTask *task, bool orphaned) {
  Lane *lane = worker->lane;
  const WorkersContext *context = &lane->workers->context;
  TaskAttempt attempt = { .task = task,
                          .orphaned = orphaned,
                          .owner = context->owner,
                          .stop = context->stop,
                          .gateway = worker->place.gateway,
                          .store = worker->place.store,
                          .clock = context->clock,
                          .more = worker->place.more };
  g_auto(TasksEnd) end = { 0 };
  tasks_attempt(&attempt, context->max_attempts(context->user_data), true, &end);
  if (end.outcome == TASK_OUTCOME_WAIT)
    end.due = wait_until(&end, clock_now(context->clock));

  bool same_store = record(worker, task, &end);
  if (end.outcome == TASK_OUTCOME_WAIT)
    remember_waiter(lane, task, end.stands_on);
  else if (end.outcome == TASK_OUTCOME_DONE && same_store)
    release_waiters(worker, task->subject);
  if (context->ended != NULL)
    context->ended(task, end.outcome, end.message, context->user_data);
  if (!same_store)
    leave(worker);
  /* Whoever stops one call stops the threads too; until they are told, nothing more is begun. */
  if (end.stopped)
    pause_lane(worker, WORKERS_STORE_PAUSE_S);
  note_moodle(worker, &end);
}

/* The tasks that are not to be taken again. Free with g_array_unref(). */
static GArray *
list_in_hand(Lane *lane) {
  g_mutex_lock(&lane->workers->lock);
  GArray *ids = g_array_copy(lane->in_hand);
  g_mutex_unlock(&lane->workers->lock);
  return ids;
}

static void
put_in_hand(Lane *lane, gint64 id) {
  g_mutex_lock(&lane->workers->lock);
  lane->troubles = 0;
  if (id != 0)
    g_array_append_val(lane->in_hand, id);
  g_mutex_unlock(&lane->workers->lock);
}

static void
put_down(Lane *lane, gint64 id) {
  g_mutex_lock(&lane->workers->lock);
  for (guint i = 0; i < lane->in_hand->len; i++)
    if (g_array_index(lane->in_hand, gint64, i) == id) {
      g_array_remove_index_fast(lane->in_hand, i);
      break;
    }
  g_mutex_unlock(&lane->workers->lock);
}

/* Whether whoever took a task is gone. We are, for one that none of our threads is at: it was
 * taken, but the store's answer was lost. */
static bool
is_gone(const char *owner, gpointer data) {
  const WorkersContext *context = data;
  return g_str_equal(owner, context->owner) || lease_owner_dead(owner, NULL);
}

/* What is in hand is left out, because it is ours; and when our own lock has expired, because the
 * store was away for long, the store takes it for orphaned too. */
static bool
take(Worker *worker, StoreTask **task, bool *orphaned, GError **error) {
  Lane *lane = worker->lane;
  const WorkersContext *context = &lane->workers->context;
  Store *store = worker->place.store;
  g_mutex_lock(&lane->taking);
  g_autoptr(GArray) in_hand = list_in_hand(lane);
  StoreTaker taker = { .owner = context->owner,
                       .dead = is_gone,
                       .user_data = (gpointer)context,
                       .kinds = lane->kinds,
                       .excluded = (const gint64 *)(gpointer)in_hand->data,
                       .excluded_count = in_hand->len };
  bool ok =
      store->class->task_take(store, &taker, clock_now(context->clock), task, orphaned, error);
  if (ok)
    put_in_hand(lane, *task != NULL ? (*task)->id : 0);
  g_mutex_unlock(&lane->taking);
  return ok;
}

/* Wakes the next thread when there is something for it. What is orphaned is not among what is due,
 * and seldom comes alone. */
static void
pass_mark_on(Worker *worker, bool orphaned) {
  Lane *lane = worker->lane;
  Store *store = worker->place.store;
  g_autoptr(GError) ignored = NULL;
  gint64 next = G_MAXINT64;
  store->class->task_next(store, lane->kinds, &next, &ignored);
  if (orphaned || next <= clock_now(lane->workers->context.clock))
    workers_look(lane);
}

static void
note_trouble(const Worker *worker, const GError *error) {
  Lane *lane = worker->lane;
  g_mutex_lock(&lane->workers->lock);
  guint troubles = ++lane->troubles;
  g_mutex_unlock(&lane->workers->lock);
  tell(lane, error->message);
  pause_lane(worker, workers_rest(error, troubles));
}

/* Takes and tries one task. False: there is none, or no more for now. */
static bool
work(Worker *worker) {
  g_autoptr(GError) error = NULL;
  g_autoptr(StoreTask) task = NULL;
  bool orphaned = false;
  if (!enter(worker, &error) || !take(worker, &task, &orphaned, &error)) {
    note_trouble(worker, error);
    return false;
  }
  if (task == NULL)
    return false;
  pass_mark_on(worker, orphaned);
  try_task(worker, task, orphaned);
  put_down(worker->lane, task->id);
  return true;
}

gpointer
workers_thread(gpointer data) {
  Worker worker = { .lane = data };
  while (wait_for_mark(worker.lane)) {
    while (begin_look(&worker)) {
      bool more = work(&worker);
      end_look(worker.lane);
      if (!more)
        break;
    }
    leave(&worker);
  }
  return NULL;
}
