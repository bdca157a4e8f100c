/* Runs of the service: the scheduled one and the imports.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/log.h"
#include "monitor/metrics.h"
#include "notify/notify.h"
#include "scheduler/scheduler.h"
#include "service/service_private.h"

/* The end of a run is worth waiting for a database, or for room on the disk. */
#define PATIENCE_S (60 * 60)

static bool
run_with(Runner *runner, const RunRequest *request, RunResult *result, GError **error) {
  RunContext *context = runner_context(runner);
  context->leave_copies = true;
  context->patience_s = PATIENCE_S;
  return run_sync(context, request, result, error);
}

static bool
do_run(Service *service, const Config *config, Store *store, const RunRequest *request,
       RunResult *result, GError **error) {
  RunnerHooks hooks = { 0 };
  g_autoptr(GError) cause = NULL;
  *result = (RunResult){ 0 };
  g_autoptr(Runner) runner = runner_open(config, service->clock, &service->stop,
                                         service->trace ? RUNNER_TRACE : 0, &hooks, &cause);
  bool ok;
  if (runner != NULL) {
    ok = run_with(runner, request, result, error);
  } else if (stop_requested(&service->stop)) {
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED, "stopped on request");
    return false;
  } else if (cause->domain == STORE_ERROR) {
    g_propagate_error(error, g_steal_pointer(&cause));
    return false;
  } else {
    ok = run_failed(config, store, service->clock, request, cause->message, result, error);
  }
  if (result->report != NULL || (ok && !result->unwanted))
    metrics_run(result->report);
  return ok;
}

static void
count_run(Service *service, gint by) {
  g_mutex_lock(&service->lock);
  service->runs += (guint)by;
  g_mutex_unlock(&service->lock);
}

bool
service_do_run(Service *service, const Config *config, Store *store, const RunRequest *request,
               RunResult *result, GError **error) {
  count_run(service, 1);
  bool ok = do_run(service, config, store, request, result, error);
  count_run(service, -1);
  return ok;
}

/* ── the scheduled run ── */

/* What the loop's thread keeps between two turns. */
typedef struct {
  Service *service;
  Config *config;
  guint generation;
  Cron *cron;
} Turn;

static bool
current(Schedule *schedule, const char **expression, guint *generation, gpointer data) {
  Turn *turn = data;
  Service *service = turn->service;
  if (stop_requested(&service->stop))
    return false;
  guint now = service_generation(service);
  if (turn->config == NULL || now != turn->generation) {
    g_clear_pointer(&turn->config, config_free);
    g_clear_pointer(&turn->cron, cron_free);
    turn->config = service_config(service);
    turn->generation = now;
    /* Checked when the configuration was read. */
    turn->cron = cron_parse(turn->config->schedule.sync, NULL);
  }
  *schedule =
      (Schedule){ turn->cron, turn->config->moodle.timezone, turn->config->schedule.faildelay };
  *expression = turn->config->schedule.sync;
  *generation = turn->generation;
  return true;
}

static bool
still_wanted(Store *store, bool *wanted, gpointer due, GError **error) {
  return scheduler_wanted(store, *(gint64 *)due, wanted, error);
}

static void
tell_operator(Service *service, const Config *config, Store *store, const json_t *report) {
  g_autoptr(GError) error = NULL;
  if (notify_scheduled(store, config, report, clock_now(service->clock), &error))
    service_wake_workers(service);
  else
    log_warning(NULL, "the operator cannot be told of the run: %s", error->message);
}

static ScheduleOutcome
outcome_of(const RunResult *result) {
  if (result->unwanted)
    return SCHEDULE_MET;
  switch (result->status) {
  case RUN_SKIPPED:
    log_info(NULL, "the scheduled run waits: another one holds the lock (%s)", result->holder);
    return SCHEDULE_BUSY;
  case RUN_SUCCESS:
  case RUN_PARTIAL:
  case RUN_HELD:
    return SCHEDULE_MET;
  case RUN_INTERRUPTED:
    return SCHEDULE_STOPPED;
  case RUN_RUNNING:
  case RUN_ERROR:
    break;
  }
  return SCHEDULE_FAILED;
}

static ScheduleOutcome
run_scheduled(gint64 due, gpointer data) {
  Turn *turn = data;
  Service *service = turn->service;
  RunRequest request = { .triggeredby = "scheduler", .wanted = still_wanted, .wanted_data = &due };
  g_auto(RunResult) result = { 0 };
  g_autoptr(GError) error = NULL;
  g_autoptr(Store) store = service_open_store(service, &error);
  if (store == NULL || !service_do_run(service, turn->config, store, &request, &result, &error)) {
    log_error(NULL, "the scheduled run could not be done: %s", error->message);
    return stop_requested(&service->stop) ? SCHEDULE_STOPPED : SCHEDULE_FAILED;
  }
  if (result.report != NULL)
    tell_operator(service, turn->config, store, result.report);
  return outcome_of(&result);
}

static bool
wait_until(gint64 until, gpointer data) {
  Turn *turn = data;
  Service *service = turn->service;
  return service_wait(service, turn->generation, until - clock_now(service->clock));
}

static Store *
open_for_turn(gpointer data, GError **error) {
  return service_open_store(((Turn *)data)->service, error);
}

static void
on_store(const GError *error, gpointer data) {
  service_store_state(((Turn *)data)->service, error);
}

static void
on_next(gint64 due, gpointer data) {
  Service *service = ((Turn *)data)->service;
  g_mutex_lock(&service->lock);
  service->next_run = due;
  g_mutex_unlock(&service->lock);
}

gpointer
service_schedule(gpointer data) {
  Service *service = data;
  g_mutex_lock(&service->lock);
  while (!service->up && !service->stopping)
    g_cond_wait(&service->changed, &service->lock);
  g_mutex_unlock(&service->lock);

  Turn turn = { .service = service };
  SchedulerContext context = {
    .clock = service->clock,
    .current = current,
    .open = open_for_turn,
    .run = run_scheduled,
    .wait = wait_until,
    .store_state = on_store,
    .next = on_next,
    .user_data = &turn,
  };
  scheduler_loop(&context);
  g_clear_pointer(&turn.config, config_free);
  cron_free(turn.cron);
  return NULL;
}
