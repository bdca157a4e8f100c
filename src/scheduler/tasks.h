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

/* After so many tries a task rests as failed, unless the configuration says otherwise. */
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
  TASK_OUTCOME_LOST,   /* another has it by now: it is left alone */
} TaskOutcome;
const char *tasks_outcome_word(TaskOutcome outcome); /* "done", "retry" … */

/* One try of a task, as its kind is handed it. */
typedef struct {
  const StoreTask *task;
  bool orphaned; /* the process that tried it before died over it */
  bool last;     /* should it fail now, it is not tried again */
  const char *owner;
  const Stop *stop; /* NULL: never */
  Gateway *gateway; /* NULL where the kind needs none */
  Store *store;
  Clock *clock;
  gpointer more; /* the kind's own, from whoever runs tasks; NULL where only content is copied */
  gint64 due;    /* out, for TASK_OUTCOME_LATER; for TASK_OUTCOME_WAIT when the other one is, 0: not
                    known */
  char *stands_on; /* out, for TASK_OUTCOME_WAIT: the subject of that other one, of the same kind;
                      NULL: not known. Freed with g_free(). */
} TaskAttempt;

/* What came of an attempt. Free its texts with tasks_end_clear(). */
typedef struct {
  TaskOutcome outcome;
  gint64 due;      /* as the attempt's */
  char *message;   /* what went wrong, or is waited for; NULL: nothing */
  char *stands_on; /* as the attempt's */
  bool stopped;    /* cut short by a stop: nobody knows how it ended, and it is looked at at once */
  bool away;       /* Moodle was not there */
} TasksEnd;
void tasks_end_clear(TasksEnd *end);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TasksEnd, tasks_end_clear)

/* Tries a taken task once; `attempt->last` and what is out are set here. A try that went wrong and
 * was the last one is FAILED. `flush`: what was done is made sure of in Moodle before it counts as
 * done; without, the caller does that before tasks_record(). `max_attempts` 0: TASKS_MAX_ATTEMPTS.
 */
void tasks_attempt(TaskAttempt *attempt, guint max_attempts, bool flush, TasksEnd *end);

/* Writes down in the store how an attempt ended; durable. `owner` is the one who took it; WAIT: put
 * back until `end->due`. *ours (may be NULL) is false when another has the task by now; then
 * nothing is written. */
bool tasks_record(Store *store, const StoreTask *task, const char *owner, const TasksEnd *end,
                  gint64 now, bool *ours, GError **error);

/* Tries since somebody last asked for the task to be tried again, the one under way included. */
guint tasks_tries(const StoreTask *task);

typedef struct {
  guint done, waiting, failed; /* waiting: queued for later, also by earlier calls */
  guint pending;               /* left to others, and nothing wrong with them so far */
} TasksResult;

/* Told after each batch. */
typedef void (*TasksProgressFunc)(const TasksResult *result, gpointer user_data);

/* What one thread works with, and nobody else meanwhile. */
typedef struct {
  Store *store;
  Gateway *gateway;
} TasksPlace;

typedef struct {
  Store *store;
  Gateway *gateway;
  Clock *clock;
  const Stop *stop;           /* NULL: never */
  const char *owner;          /* as lease_owner() writes it */
  guint max_attempts;         /* 0: TASKS_MAX_ATTEMPTS */
  TasksProgressFunc progress; /* NULL: nobody */
  guint workers;              /* so many tasks are tried at once; 0 as 1 */
  /* Opens store and gateway for another thread, and from it; what it opened before it failed is
   * freed. NULL: one task after the other, whatever `workers` says. */
  bool (*enter)(TasksPlace *place, gpointer user_data, GError **error);
  gpointer user_data;
} TasksContext;

/* Takes and tries every content copy that is due now, each once; those that wait for another (as a
 * course for the content of its template) again when others got done. With several at once a stop
 * may cut off as many, and TASKS_MAX_AWAY counts them as they end; all else is as with one. False
 * when the store failed, or (GATEWAY_ERROR_STOPPED) a stop was asked for; a task's own failure is
 * kept with the task. */
bool tasks_run_due(const TasksContext *context, TasksResult *result, GError **error);

/* When the next try after `attempts` is due: `now` plus the delay, spread by a quarter so that what
 * failed together is not tried together. `spread` is any number. */
gint64 tasks_next_due(gint64 now, guint attempts, guint32 spread);
