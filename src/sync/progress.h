/* How far a run is, as it is kept while it runs (StoreRun.progress, JSON):
 * {"phase":"fetch","done":12,"total":35,"started":1773147909,"left":40,
 *  "phases":[{"name":"fetch","done":12,"total":35,"seconds":3.2}, …],
 *  "tenants":{"done":12,"total":35},"updated":1773147950}
 * "left" is null while nobody can tell; "phases" are those begun, in order, the last one under way.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

/* More phases than a run has. */
#define PROGRESS_MAX_PHASES 16

typedef struct {
  char name[24];      /* "fetch", "read", "apply" … */
  gint64 done, total; /* total 0: not known */
  gdouble seconds;
} RunProgressPhase;

typedef struct {
  RunProgressPhase phases[PROGRESS_MAX_PHASES];
  guint count;                        /* the last one is under way */
  gint64 tenants_done, tenants_total; /* answered, or given up, of those asked */
  gint64 left;                        /* seconds until the end, estimated; −1: nobody can tell */
  gint64 updated;                     /* Unix seconds */
} RunProgress;

/* Reads StoreRun.progress. False: "" or damaged; *progress is empty then. */
bool run_progress_read(const char *text, RunProgress *progress);
