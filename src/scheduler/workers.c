/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/workers.h"

#include <signal.h>
#include <string.h>

#include "base/log.h"
#include "scheduler/workers_private.h"

/* ── marks and pauses ── */

static bool
is_paused(const Lane *lane) {
  return lane->paused_until != 0 && g_get_monotonic_time() < lane->paused_until;
}

void
workers_look(Lane *lane) {
  g_mutex_lock(&lane->workers->lock);
  if (!is_paused(lane)) {
    lane->look = true;
    g_cond_signal(&lane->changed);
  }
  g_mutex_unlock(&lane->workers->lock);
}

gint64
workers_rest(const GError *error, guint troubles) {
  if (error->domain == STORE_ERROR)
    return WORKERS_STORE_PAUSE_S;
  gint64 seconds = WORKERS_STORE_PAUSE_S;
  for (guint i = 1; i < troubles && seconds < WORKERS_LONGEST_PAUSE_S; i++)
    seconds *= 2;
  return MIN(seconds, WORKERS_LONGEST_PAUSE_S);
}

bool
workers_stopping(Workers *workers) {
  g_mutex_lock(&workers->lock);
  bool stopping = workers->stopping;
  g_mutex_unlock(&workers->lock);
  return stopping;
}

guint
workers_wakes(Workers *workers) {
  g_mutex_lock(&workers->lock);
  guint wakes = workers->wakes;
  g_mutex_unlock(&workers->lock);
  return wakes;
}

void
workers_pause(Workers *workers, guint wakes, gint64 seconds) {
  gint64 until = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;
  g_mutex_lock(&workers->lock);
  while (!workers->stopping && workers->wakes == wakes &&
         g_cond_wait_until(&workers->changed, &workers->lock, until))
    ;
  g_mutex_unlock(&workers->lock);
}

/* ── the poller ── */

/* What it keeps between two looks. */
typedef struct {
  Workers *workers;
  const char **kinds; /* of all lanes */
  Store *store;       /* NULL after a failure */
  bool told;          /* that it fails was logged */
  gint64 orphans_at;  /* monotonic: when to look for them again; at the start at once */
} Poller;

static const char **
all_kinds(const WorkersContext *context) {
  g_autoptr(GPtrArray) kinds = g_ptr_array_new();
  for (guint i = 0; i < context->lane_count; i++)
    for (const char *const *kind = context->lanes[i].kinds; *kind != NULL; kind++)
      g_ptr_array_add(kinds, (gpointer)*kind);
  g_ptr_array_add(kinds, NULL);
  return (const char **)g_ptr_array_steal(kinds, NULL);
}

static bool
any_due(Poller *poller, const char *const *kinds, gint64 now, bool *due, GError **error) {
  gint64 next = G_MAXINT64;
  if (!poller->store->class->task_next(poller->store, kinds, &next, error))
    return false;
  *due = next != G_MAXINT64 && store_task_is_due(next, now);
  return true;
}

static bool
look_for_due(Poller *poller, GError **error) {
  Workers *workers = poller->workers;
  gint64 now = clock_now(workers->context.clock);
  bool due = false;
  if (!any_due(poller, poller->kinds, now, &due, error))
    return false;
  for (guint i = 0; due && i < workers->context.lane_count; i++) {
    bool here = false;
    if (!any_due(poller, workers->lanes[i].kinds, now, &here, error))
      return false;
    if (here)
      workers_look(&workers->lanes[i]);
  }
  return true;
}

typedef struct {
  const Workers *workers;
  gint64 *running; /* by lane */
} Running;

static void
on_counts(const char *kind, const gint64 *counts, gpointer data) {
  Running *running = data;
  for (guint i = 0; i < running->workers->context.lane_count; i++)
    if (g_strv_contains(running->workers->lanes[i].kinds, kind))
      running->running[i] += counts[TASK_RUNNING];
}

static guint64
read_counter(Lane *lane, const guint64 *counter) {
  g_mutex_lock(&lane->workers->lock);
  guint64 value = *counter;
  g_mutex_unlock(&lane->workers->lock);
  return value;
}

/* More tasks that run than this process's threads can be at are another node's, and may be orphans;
 * taking tells. What our threads end while the store counts is no other's. */
static bool
look_for_orphans(Poller *poller, GError **error) {
  Workers *workers = poller->workers;
  guint count = workers->context.lane_count;
  g_autofree gint64 *counts = g_new0(gint64, count);
  g_autofree guint64 *ended = g_new0(guint64, count);
  for (guint i = 0; i < count; i++)
    ended[i] = read_counter(&workers->lanes[i], &workers->lanes[i].ended);
  Running running = { workers, counts };
  if (!poller->store->class->task_counts(poller->store, on_counts, &running, error))
    return false;
  for (guint i = 0; i < count; i++) {
    Lane *lane = &workers->lanes[i];
    if ((guint64)counts[i] > read_counter(lane, &lane->begun) - ended[i])
      workers_look(lane);
  }
  return true;
}

static bool
ask(Poller *poller, bool woken, GError **error) {
  const WorkersContext *context = &poller->workers->context;
  if (poller->store == NULL)
    poller->store = context->open_store(context->user_data, error);
  if (poller->store == NULL || !look_for_due(poller, error))
    return false;
  gint64 now = g_get_monotonic_time();
  if (!woken && now < poller->orphans_at)
    return true;
  poller->orphans_at = now + WORKERS_ORPHANS_S * G_USEC_PER_SEC;
  return look_for_orphans(poller, error);
}

/* Asks once; returns the seconds until the next time. */
static gint64
turn(Poller *poller, bool woken) {
  g_autoptr(GError) error = NULL;
  if (ask(poller, woken, &error)) {
    if (poller->told)
      log_info(NULL, "the queue of tasks can be read again");
    poller->told = false;
    return WORKERS_POLL_S;
  }
  g_clear_pointer(&poller->store, store_free); /* the connection may be what failed */
  if (!poller->told)
    log_warning(NULL, "the queue of tasks cannot be read, which is tried again: %s",
                error->message);
  poller->told = true;
  return WORKERS_STORE_PAUSE_S;
}

static gpointer
poll(gpointer data) {
  Workers *workers = data;
  Poller poller = { .workers = workers, .kinds = all_kinds(&workers->context) };
  g_mutex_lock(&workers->lock);
  while (!workers->stopping) {
    bool woken = workers->ask;
    workers->ask = false;
    g_mutex_unlock(&workers->lock);
    gint64 until = turn(&poller, woken) * G_USEC_PER_SEC + g_get_monotonic_time();
    g_mutex_lock(&workers->lock);
    while (!workers->stopping && !workers->ask &&
           g_cond_wait_until(&workers->changed, &workers->lock, until))
      ;
  }
  g_mutex_unlock(&workers->lock);
  store_free(poller.store);
  g_free(poller.kinds);
  return NULL;
}

/* ── all of them ── */

static void
waiter_clear(gpointer data) {
  g_free(((Waiter *)data)->subject);
}

static void
lane_init(Lane *lane, Workers *workers, guint index) {
  *lane = (Lane){ .workers = workers,
                  .index = index,
                  .kinds = workers->context.lanes[index].kinds,
                  .in_hand = g_array_new(FALSE, FALSE, sizeof(gint64)),
                  .waiting = g_array_new(FALSE, FALSE, sizeof(Waiter)) };
  g_mutex_init(&lane->taking);
  g_array_set_clear_func(lane->waiting, waiter_clear);
  g_cond_init(&lane->changed);
}

static bool
start_one(Workers *workers, const char *name, GThreadFunc life, gpointer data, GError **error) {
  GThread *thread = g_thread_try_new(name, life, data, error);
  if (thread == NULL)
    return false;
  g_ptr_array_add(workers->threads, thread);
  return true;
}

static bool
start_all(Workers *workers, GError **error) {
  for (guint i = 0; i < workers->context.lane_count; i++)
    for (guint n = 0; n < workers->context.lanes[i].threads; n++)
      if (!start_one(workers, "worker", workers_thread, &workers->lanes[i], error))
        return false;
  return start_one(workers, "poller", poll, workers, error);
}

Workers *
workers_new(const WorkersContext *context, GError **error) {
  g_autoptr(Workers) workers = g_new0(Workers, 1);
  workers->context = *context;
  workers->threads = g_ptr_array_new();
  workers->lanes = g_new0(Lane, context->lane_count);
  g_mutex_init(&workers->lock);
  g_cond_init(&workers->changed);
  for (guint i = 0; i < context->lane_count; i++)
    lane_init(&workers->lanes[i], workers, i);
  /* Signals are for the main thread, whose waiting calls they are to end. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  bool ok = start_all(workers, error);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return ok ? g_steal_pointer(&workers) : NULL;
}

void
workers_wake(Workers *workers) {
  g_mutex_lock(&workers->lock);
  workers->ask = true;
  workers->wakes++;
  for (guint i = 0; i < workers->context.lane_count; i++)
    workers->lanes[i].paused_until = 0;
  g_cond_broadcast(&workers->changed);
  g_mutex_unlock(&workers->lock);
}

void
workers_stop(Workers *workers) {
  g_mutex_lock(&workers->lock);
  workers->stopping = true;
  for (guint i = 0; i < workers->context.lane_count; i++)
    g_cond_broadcast(&workers->lanes[i].changed);
  g_cond_broadcast(&workers->changed);
  g_mutex_unlock(&workers->lock);
}

void
workers_free(Workers *workers) {
  if (workers == NULL)
    return;
  workers_stop(workers);
  for (guint i = 0; i < workers->threads->len; i++)
    g_thread_join(g_ptr_array_index(workers->threads, i));
  for (guint i = 0; i < workers->context.lane_count; i++) {
    g_array_unref(workers->lanes[i].in_hand);
    g_array_unref(workers->lanes[i].waiting);
    g_mutex_clear(&workers->lanes[i].taking);
    g_cond_clear(&workers->lanes[i].changed);
  }
  g_cond_clear(&workers->changed);
  g_mutex_clear(&workers->lock);
  g_ptr_array_unref(workers->threads);
  g_free(workers->lanes);
  g_free(workers);
}
