/* One run in a process of its own, that can be cut off: as a run is in life. Only so does the
 * engine see, when it resumes, that whoever held the lock and the task is dead.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <jansson.h>

#include "access.h"
#include "moodle/wrap/fault.h"
#include "paper.h"
#include "site.h"

typedef struct {
  /* What is asked for. */
  gint year;
  char **tenants; /* NULL: all; owned */
  bool allow_removals;
} TrialRequest;
void trial_request_clear(TrialRequest *request);

/* How it is to be cut off or disturbed; all 0: not at all. */
typedef struct {
  guint at_call; /* a call of the gateway … */
  FaultWhere where;
  guint at_commit; /* kill -9 when this process is about to make its commit of that number, be it
                      Moodle's or the store's */

  /* A Moodle that is a program of its own gets into trouble: */
  AccessTrouble trouble;
  const char *const *functions; /* in a call of each of these functions, ended by NULL … */
  guint nth;                    /* of that number; */
  guint after_write;            /* or as soon as it has made its commit of that number */

  bool plan; /* not cut off: only a plan is asked for */
} TrialCut;

typedef struct {
  bool killed;
  char *status;   /* "success" …; "" when it was killed */
  char *error;    /* of a run that could not even be recorded; "" else */
  json_t *report; /* NULL when it was killed, or for an error */
  guint calls;    /* of the gateway, made or tried */
  GArray *writes; /* guint: the numbers of those that changed Moodle, ascending; NULL when killed */
  guint commits;  /* of Moodle and store */
  json_t *functions; /* {function of Moodle that writes: how often it was called}; NULL when killed,
                        or where Moodle is no program of its own */
} TrialResult;
void trial_result_clear(TrialResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TrialResult, trial_result_clear)

/* Runs, waits for the end, and tells what came of it. */
void trial_run(const Site *site, Paper *paper, const TrialRequest *request, const TrialCut *cut,
               TrialResult *result);

/* The same for a plan: what a run would do. */
void trial_plan(const Site *site, Paper *paper, const TrialRequest *request, TrialResult *result);
