/* Everything a run works with, opened and closed together: ZMS, Moodle, the store.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "service/open.h"
#include "sync/run.h"

typedef struct Runner Runner;

typedef enum {
  RUNNER_TRACE = 1 << 0,     /* calls of Moodle are logged at level debug */
  RUNNER_LOOK_ONLY = 1 << 1, /* makes no store where there is none, and writes nothing */
} RunnerFlags;

/* Told how far a run is; both may be NULL. */
typedef struct {
  /* From the fetching threads: a tenant lists so many Lehrgänge, so many were answered. */
  void (*fetch)(guint listed, guint answered, gpointer user_data);
  /* From the run's own thread (RunContext.progress). */
  void (*progress)(const char *phase, guint done, guint total, gpointer user_data);
  gpointer user_data;
} RunnerHooks;

/* CONFIG_ERROR, GATEWAY_ERROR, STORE_ERROR, API_ERROR. All arguments must outlive it, `hooks` is
 * copied. Free with runner_free(). */
Runner *runner_open(const Config *config, Clock *clock, const Stop *stop, RunnerFlags flags,
                    const RunnerHooks *hooks, GError **error);
void runner_free(Runner *runner); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Runner, runner_free)

/* For run_sync() and run_plan(); may be changed before. */
RunContext *runner_context(Runner *runner);
