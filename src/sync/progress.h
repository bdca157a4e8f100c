/* How far a run is, as it is kept while it runs, and after it for the next one to estimate by
 * (StoreRun.progress, JSON):
 * {"phase":"fetch","done":12,"total":35,"started":1773147946,"left":40,
 *  "phases":[{"name":"fetch","done":12,"total":35,"seconds":3.2}, …],
 *  "tenants":{"done":12,"total":35},"updated":1773147950}
 * "started" is when the phase under way began, "left" is null while nobody can tell; "phases" are
 * those begun, in order, the last one under way.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "base/clock.h"

/* More phases than a run has. */
#define PROGRESS_MAX_PHASES 16

/* The names of all phases of a run, in order; ends with NULL. */
extern const char *const run_progress_phases[];

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

/* ── kept by the run itself ── */

typedef struct RunMeter RunMeter;

/* No phase yet. `clock` must outlive it. Free with run_progress_free(). */
RunMeter *run_progress_new(Clock *clock);
void run_progress_free(RunMeter *meter); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RunMeter, run_progress_free)

/* How long phases took in a run like this one; without, only the speed of the phase under way
 * tells what is left. Copied. */
void run_progress_expect(RunMeter *meter, const RunProgress *past);

/* A phase ends and the next one begins; the name is one of run_progress_phases. */
void run_progress_begin(RunMeter *meter, const char *phase);
/* The last one ends. */
void run_progress_end(RunMeter *meter);

/* How far the phase under way is; total 0: not known. */
void run_progress_at(RunMeter *meter, guint done, guint total);
void run_progress_tenants(RunMeter *meter, guint done, guint total);

/* The phase under way, "" when there is none. */
const char *run_progress_phase(const RunMeter *meter);

/* The document. Free with g_free(). */
char *run_progress_text(const RunMeter *meter);

/* {"fetch": 3.2, …} of the phases that are over. Free with json_decref(). */
json_t *run_progress_seconds(const RunMeter *meter);
