/* What the service's workers do, and with what.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/log.h"
#include "base/text.h"
#include "monitor/metrics.h"
#include "notify/notify.h"
#include "scheduler/content_copy.h"
#include "scheduler/import.h"
#include "service/service_private.h"
#include "service/task_text.h"

/* A mail does not wait for a copy, nor for a Moodle that is away. */
enum { LANE_COPIES, LANE_IMPORTS, LANE_MAILS, LANE_MESSAGES, LANES };
G_STATIC_ASSERT(LANES == SERVICE_LANES);

static const char *const copies[] = { CONTENT_COPY_KIND, NULL };
static const char *const imports[] = { IMPORT_KIND, NULL };
static const char *const mails[] = { NOTIFY_MAIL_KIND, NULL };
static const char *const messages[] = { NOTIFY_MESSAGE_KIND, NULL };

/* One lane's thread: the configuration it works with, and what an import needs besides. */
typedef struct {
  Service *service;
  Config *config;
  Store *store; /* the place's */
  ImportRunner runner;
  json_t *report; /* of the last import's run */
} Desk;

/* ── imports ── */

static bool
run_import(const ImportRequest *request, bool record_skip, RunStatus *status, gint64 *run,
           char **why, gpointer data, GError **error) {
  Desk *desk = data;
  RunRequest wish = { .year = request->year,
                      .tenants = (const char *const *)request->tenants,
                      .triggeredby = request->starter,
                      .task = request->task,
                      .allow_removals = request->allow_removals,
                      .record_skip = record_skip };
  g_auto(RunResult) result = { 0 };
  g_clear_pointer(&desk->report, json_decref);
  bool ok = service_do_run(desk->service, desk->config, desk->store, &wish, &result, error);
  desk->report = g_steal_pointer(&result.report);
  *status = result.status;
  *run = result.id;
  const char *error_text = json_string_value(json_object_get(desk->report, "error"));
  *why = result.holder != NULL ? g_strdup_printf("another run held the lock: %s", result.holder)
                               : g_strdup(error_text);
  return ok;
}

static void
tell_starter(const ImportRequest *request, RunStatus status, gint64 run, const char *why,
             bool final, gpointer data) {
  (void)run;
  Desk *desk = data;
  Service *service = desk->service;
  g_autoptr(GError) error = NULL;
  if (notify_import(desk->store, desk->config, request, status, desk->report, why, final,
                    clock_now(service->clock), &error))
    service_wake_workers(service);
  else
    log_warning(NULL, "%s cannot be told how the import ended: %s", request->starter,
                error->message);
}

/* ── places ── */

static void
leave(guint lane, WorkersPlace *place, gpointer data) {
  (void)lane, (void)data;
  Desk *desk = place->own;
  gateway_free(place->gateway);
  store_free(place->store);
  json_decref(desk->report);
  config_free(desk->config);
  g_free(desk);
  *place = (WorkersPlace){ 0 };
}

static bool
needs_gateway(guint lane) {
  return lane == LANE_COPIES || lane == LANE_MESSAGES;
}

static bool
furnish(guint lane, WorkersPlace *place, GError **error) {
  Desk *desk = place->own;
  Service *service = desk->service;
  place->store = desk->store = service_open_store(service, error);
  if (place->store == NULL)
    return false;
  desk->runner = (ImportRunner){ run_import, tell_starter, desk };
  place->more = lane == LANE_IMPORTS ? (gpointer)&desk->runner : (gpointer)desk->config;
  if (!needs_gateway(lane))
    return true;
  place->gateway = open_gateway(desk->config, service->clock, &service->stop,
                                service->trace ? OPEN_TRACE : 0, error);
  return place->gateway != NULL;
}

static bool
enter(guint lane, WorkersPlace *place, gpointer data, GError **error) {
  Desk *desk = g_new0(Desk, 1);
  desk->service = data;
  desk->config = service_config(data);
  place->own = desk;
  if (furnish(lane, place, error))
    return true;
  leave(lane, place, data);
  return false;
}

/* ── for all ── */

static guint
max_attempts(gpointer data) {
  g_autoptr(Config) config = service_config(data);
  return (guint)config->tasks.max_attempts;
}

static guint
generation(gpointer data) {
  return service_generation(data);
}

static void
on_ended(const StoreTask *task, TaskOutcome outcome, const char *message, gpointer data) {
  (void)data;
  const char *word = tasks_outcome_word(outcome);
  metrics_task(task->kind, word);
  bool bad = outcome == TASK_OUTCOME_RETRY || outcome == TASK_OUTCOME_FAILED;
  autochar about = task_text(task);
  log_write(bad ? LOG_WARNING : LOG_INFO, NULL, "task %" G_GINT64_FORMAT " (%s, %s): %s%s%s",
            task->id, task->kind, about, word, message != NULL ? ": " : "",
            message != NULL ? message : "");
}

Workers *
service_workers_new(Service *service, GError **error) {
  g_autoptr(Config) config = service_config(service);
  service->lanes[LANE_COPIES] = (WorkersLane){ copies, (guint)config->tasks.workers };
  service->lanes[LANE_IMPORTS] = (WorkersLane){ imports, 1 };
  service->lanes[LANE_MAILS] = (WorkersLane){ mails, 1 };
  service->lanes[LANE_MESSAGES] = (WorkersLane){ messages, 1 };
  const WorkersContext context = {
    .clock = service->clock,
    .owner = service->owner,
    .stop = &service->stop,
    .lanes = service->lanes,
    .lane_count = LANES,
    .max_attempts = max_attempts,
    .generation = generation,
    .open_store = service_open_store,
    .enter = enter,
    .leave = leave,
    .ended = on_ended,
    .user_data = service,
  };
  return workers_new(&context, error);
}
