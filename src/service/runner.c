/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "service/runner.h"

#include <string.h>

#include "store/sqlite.h"
#include "sync/zms_source.h"

struct Runner {
  const Config *config;
  Clock *clock;
  const Stop *stop;
  OpenFlags trace;
  Store *store;
  Gateway *gateway;
  Zms *zms;
  Source *source;
  RunContext context;
};

static Store *
open_another_store(gpointer data, GError **error) {
  return open_store(((const Runner *)data)->config, error);
}

static Gateway *
open_another_gateway(gpointer data, GError **error) {
  const Runner *runner = data;
  return open_gateway(runner->config, runner->clock, runner->stop, runner->trace, error);
}

/* An embedded Moodle is one file, into which only one at a time can write. */
static bool
bears_several(const Config *config) {
  return strcmp(config->moodle.backend, "embedded") != 0;
}

/* A plan asked for before the first run has nothing to look up, and is to leave nothing behind. */
static Store *
open_own_store(const Config *config, RunnerFlags flags, GError **error) {
  if ((flags & RUNNER_LOOK_ONLY) == 0)
    return open_store(config, error);
  Store *store;
  if (!open_store_existing(config, &store, error))
    return NULL;
  return store != NULL ? store : store_sqlite_open(":memory:", error);
}

static bool
open_all(Runner *runner, RunnerFlags flags, GError **error) {
  runner->zms = open_zms(runner->config, runner->clock, runner->stop, error);
  if (runner->zms == NULL)
    return false;
  runner->gateway = open_another_gateway(runner, error);
  if (runner->gateway == NULL)
    return false;
  runner->store = open_own_store(runner->config, flags, error);
  return runner->store != NULL;
}

Runner *
runner_open(const Config *config, Clock *clock, const Stop *stop, RunnerFlags flags,
            const RunnerHooks *hooks, GError **error) {
  g_autoptr(Runner) runner = g_new0(Runner, 1);
  runner->config = config;
  runner->clock = clock;
  runner->stop = stop;
  runner->trace = (flags & RUNNER_TRACE) != 0 ? OPEN_TRACE : 0;
  if (!open_all(runner, flags, error))
    return NULL;
  runner->source = zms_source_new(runner->zms, config, clock, hooks->fetch, hooks->user_data);
  runner->context = (RunContext){
    .config = config,
    .gateway = runner->gateway,
    .store = runner->store,
    .source = runner->source,
    .zms = runner->zms,
    .clock = clock,
    .stop = stop,
    .open_store = open_another_store,
    .open_gateway = bears_several(config) ? open_another_gateway : NULL,
    .open_data = runner,
    .progress = hooks->progress,
    .user_data = hooks->user_data,
  };
  return g_steal_pointer(&runner);
}

void
runner_free(Runner *runner) {
  if (runner == NULL)
    return;
  if (runner->source != NULL)
    zms_source_free(runner->source);
  zms_free(runner->zms);
  gateway_free(runner->gateway);
  store_free(runner->store);
  g_free(runner);
}

RunContext *
runner_context(Runner *runner) {
  return &runner->context;
}
