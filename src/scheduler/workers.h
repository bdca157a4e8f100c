/* Threads that take tasks out of the store and do them, one at a time each, until they are asked to
 * stop. Lanes keep what is slow from what must not wait: a content copy may take a quarter of an
 * hour, a mail is not to wait for it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "scheduler/tasks.h"

/* How often the store is asked whether others (another node, `lehrgaenge import`) have added
 * something. */
#define WORKERS_POLL_S 5

/* How often somebody looks whether another node died over a task. */
#define WORKERS_ORPHANS_S 60

/* So long a failing store is left alone. A place that cannot be made for another reason (Moodle is
 * away, or refuses us): the same, doubled each time up to the longest. */
#define WORKERS_STORE_PAUSE_S 10
#define WORKERS_LONGEST_PAUSE_S 300

/* So long a lane rests when Moodle was away for TASKS_MAX_AWAY tasks in a row, so that an hour
 * without Moodle does not use up every task's tries. */
#define WORKERS_AWAY_PAUSE_S 60

/* A task that stands on another is looked at again after this; when that one is due later still,
 * after up to the longest. At once when this process has done the other one. */
#define WORKERS_WAIT_S 20
#define WORKERS_LONGEST_WAIT_S 300

/* So many of a lane's tasks that stand on others are remembered for that. */
#define WORKERS_MAX_WAITING 1000

typedef struct {
  const char *const *kinds; /* NULL-terminated */
  guint threads;
} WorkersLane;

/* What one thread works with. Made when there is something to do, freed when there is nothing left,
 * so that an idle service holds no connection but the poller's; and freed when `generation`
 * changed. */
typedef struct {
  Store *store;
  Gateway *gateway; /* NULL when the lane's kinds need none */
  gpointer more;    /* handed to the kinds as TaskAttempt.more */
  gpointer own;     /* what enter() keeps for leave() */
} WorkersPlace;

typedef struct {
  Clock *clock;
  const char *owner; /* as lease_owner() writes it; holds a lock of the store while workers live */
  const Stop *stop;  /* for those attempts that look at it themselves; NULL: none does */
  const WorkersLane *lanes;
  guint lane_count;
  guint (*max_attempts)(gpointer user_data);
  guint (*generation)(gpointer user_data); /* changes when the configuration was read again */
  Store *(*open_store)(gpointer user_data, GError **error);
  /* Fills the place, from the thread that will use it. */
  bool (*enter)(guint lane, WorkersPlace *place, gpointer user_data, GError **error);
  void (*leave)(guint lane, WorkersPlace *place, gpointer user_data);
  /* Told after each attempt; from any of the threads. NULL: nobody. */
  void (*ended)(const StoreTask *task, TaskOutcome outcome, const char *message,
                gpointer user_data);
  gpointer user_data;
} WorkersContext;

typedef struct Workers Workers;

/* Starts the threads. `context` is copied; what is behind its pointers must outlive workers_free().
 */
Workers *workers_new(const WorkersContext *context, GError **error);

/* Look now: something was added, or may work again; no pause is waited out. Safe from every thread,
 * not from a signal handler. */
void workers_wake(Workers *workers);

/* Begins nothing more. What is under way goes on; its own Stop ends it. An attempt that was cut
 * short is put back to be looked at at once, here after the next start or on another node. When the
 * store fails to take down how an attempt ended, that is tried again until it works, after a stop
 * once more. */
void workers_stop(Workers *workers);

/* workers_stop(), waits for all threads and frees. NULL is fine. */
void workers_free(Workers *workers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Workers, workers_free)
