/* The loop that starts scheduled runs: reads what the store keeps, decides (schedule.h), waits or
 * runs. Nodes that share a store share that state, so what is due is done once: the run asks
 * scheduler_wanted() again when it has the lock.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/clock.h"
#include "scheduler/schedule.h"

/* The name under which the store keeps the schedule of `[schedule] sync`. */
#define SCHEDULER_SYNC "sync"

/* No wait is longer, so that a clock that was put forward, or a database that is back, is noticed
 * within a minute. */
#define SCHEDULER_LONGEST_WAIT_S 60

/* So long a failing store is left alone. */
#define SCHEDULER_STORE_PAUSE_S 10

/* What the loop needs; all of it is called from the loop's thread. */
typedef struct {
  Clock *clock;
  /* The schedule in force, taken anew for each turn; what it points to stays until the next call.
   * False ends the loop. `*generation` changes when the configuration was read again; the store is
   * opened anew then, and only then the store takes this node's expression over. */
  bool (*current)(Schedule *schedule, const char **expression, guint *generation,
                  gpointer user_data);
  /* Opens a connection to the store; the loop keeps it while it works and frees it with
   * store_free(). NULL and `error` while none can be had. */
  Store *(*open)(gpointer user_data, GError **error);
  /* Does the run for `due`; returns how it ended. SCHEDULE_STOPPED ends the loop. */
  ScheduleOutcome (*run)(gint64 due, gpointer user_data);
  /* Waits until `until` (Unix seconds), or until somebody asks for a new look; false ends the
   * loop. */
  bool (*wait)(gint64 until, gpointer user_data);
  /* Told when the store cannot be reached (`error`) and when it is back (NULL); NULL: nobody. */
  void (*store_state)(const GError *error, gpointer user_data);
  /* Told after each look when the next run is due or tried again, 0 when nobody knows; NULL:
   * nobody. */
  void (*next)(gint64 due, gpointer user_data);
  gpointer user_data;
} SchedulerContext;

/* Runs until `current` or `wait` ends it, or a run was stopped. A store that fails is asked again
 * later and stops nothing; how a run ended is kept until it is back. */
void scheduler_loop(const SchedulerContext *context);

/* Whether the due time is still not met; for a run that has just got the lock another one may have
 * held. */
bool scheduler_wanted(Store *store, gint64 due, bool *wanted, GError **error);
