/* Background work that is kept in the store until it is done: taken, tried, and tried again later
 * with growing delay.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/clock.h"
#include "base/stop.h"
#include "moodle/gateway.h"
#include "store/store.h"

#define TASK_ERROR (task_error_quark())
GQuark task_error_quark(void);
typedef enum { TASK_ERROR_FAILED } TaskError;

/* After so many tries a task rests as failed. */
#define TASKS_MAX_ATTEMPTS 10

/* Delays between tries: this doubled with each, up to the longest. */
#define TASKS_FIRST_DELAY_S 60
#define TASKS_LONGEST_DELAY_S (24 * 60 * 60)

/* After so many tasks in a row over which Moodle was away, the others are left for later untried.
 */
#define TASKS_MAX_AWAY 3

/* So many tasks are taken, tried and ended together. */
#define TASKS_BATCH 32

typedef enum {
  TASK_OUTCOME_DONE,
  TASK_OUTCOME_RETRY,  /* went wrong: again later */
  TASK_OUTCOME_WAIT,   /* not yet, and not its fault: it stands on another task */
  TASK_OUTCOME_LATER,  /* not before the attempt's `due`, and not its fault */
  TASK_OUTCOME_FAILED, /* will not get better by itself */
} TaskOutcome;

/* One try of a task, as its kind is handed it. */
typedef struct {
  const StoreTask *task;
  bool orphaned; /* the process that tried it before died over it */
  Gateway *gateway;
  Store *store;
  Clock *clock;
  gint64 due; /* out, for TASK_OUTCOME_LATER */
} TaskAttempt;

typedef struct {
  guint done, waiting, failed; /* waiting: queued for later, also by earlier calls */
} TasksResult;

/* Told after each batch. */
typedef void (*TasksProgressFunc)(const TasksResult *result, gpointer user_data);

typedef struct {
  Store *store;
  Gateway *gateway;
  Clock *clock;
  const Stop *stop;           /* NULL: never */
  const char *owner;          /* as lease_owner() writes it */
  TasksProgressFunc progress; /* NULL: nobody */
  gpointer user_data;
} TasksContext;

/* Takes and tries every task that is due now, each once; those that wait for another (as a course
 * for the content of its template) again when others got done. False when the store failed, or
 * (GATEWAY_ERROR_STOPPED) a stop was asked for; a task's own failure is kept with the task. */
bool tasks_run_due(const TasksContext *context, TasksResult *result, GError **error);

/* When the next try after `attempts` is due: `now` plus the delay, spread by a quarter so that what
 * failed together is not tried together. `spread` is any number. */
gint64 tasks_next_due(gint64 now, guint attempts, guint32 spread);
