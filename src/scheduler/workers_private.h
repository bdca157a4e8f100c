/* What the files of the workers share: a lane, its threads, and what wakes them.
 *
 * A lane has one mark, `look`: there may be something to do. The first thread that sees it takes it
 * and looks; when it gets a task it sets the mark again for the next one. So one task wakes one
 * thread, and many wake all, and none asks the store without need.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "scheduler/workers.h"

/* A task put back because it stands on another one. */
typedef struct {
  gint64 id;
  char *subject; /* the other one's */
} Waiter;

typedef struct {
  Workers *workers;
  guint index;
  const char *const *kinds; /* the caller's */

  /* Under the workers' lock: */
  GCond changed;
  bool look;
  gint64 paused_until;  /* monotonic, real time; 0: not paused */
  bool told;            /* that something is wrong was logged */
  guint troubles;       /* looks in a row that failed before a task was taken */
  guint64 begun, ended; /* looks for a task, and what came of them */
  guint away;           /* tasks in a row over which Moodle was not there */
  GArray *in_hand;      /* gint64: the tasks that threads are at */
  GArray *waiting;      /* Waiter */

  GMutex
      taking; /* held from before a task is taken until it is in hand; before the workers' lock */
} Lane;

struct Workers {
  WorkersContext context;
  Lane *lanes;
  GPtrArray *threads;

  GMutex lock;   /* over everything below and the lanes */
  GCond changed; /* the poller's, and of whoever waits for the store */
  bool stopping;
  bool ask;    /* the poller is to ask now */
  guint wakes; /* counts workers_wake() */
};

/* How long a lane rests that failed so many times in a row to get at a task, the last time with
 * `error`. */
gint64 workers_rest(const GError *error, guint troubles);

/* Gives a lane its mark, unless it is paused. */
void workers_look(Lane *lane);

/* Whether nothing more is to be begun. */
bool workers_stopping(Workers *workers);

/* How often somebody asked for a look so far: to be noted before what may have to be paused for, so
 * that who asks meanwhile is not missed. */
guint workers_wakes(Workers *workers);

/* Waits until `seconds` are over, somebody asks for a look (or did after `wakes` was noted), or for
 * a stop. */
void workers_pause(Workers *workers, guint wakes, gint64 seconds);

/* The life of one of a lane's threads; `lane` is a Lane. */
gpointer workers_thread(gpointer lane);
