/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/import.h"

#include <jansson.h>
#include <string.h>

#include "base/jsonget.h"
#include "base/text.h"

#define BUSY "another run holds the lock"

/* ── what was asked for ── */

void
import_request_clear(ImportRequest *request) {
  g_strfreev(request->tenants);
  g_free(request->starter);
  g_free(request->email);
  g_free(request->once);
  *request = (ImportRequest){ 0 };
}

static json_t *
tenants_json(char *const *tenants) {
  json_t *list = json_array();
  for (; tenants != NULL && *tenants != NULL; tenants++)
    json_array_append_new(list, json_string(*tenants));
  return list;
}

/* Asked for twice is done twice, so each has a subject of its own, unless it is known by `once`. */
static char *
subject_of(const ImportRequest *request) {
  autochar unique = request->once == NULL ? g_uuid_string_random() : NULL;
  return g_strdup_printf("%d %s", request->year, unique != NULL ? unique : request->once);
}

bool
import_queue(Store *store, const ImportRequest *request, gint64 now, gint64 *id, GError **error) {
  json_auto_t *payload = json_pack("{s:i, s:o, s:s, s:s, s:b}", "year", request->year, "tenants",
                                   tenants_json(request->tenants), "starter", request->starter,
                                   "email", request->email != NULL ? request->email : "",
                                   "allow_removals", (int)request->allow_removals);
  if (payload == NULL) {
    g_set_error(error, TASK_ERROR, TASK_ERROR_FAILED,
                "the import cannot be queued: a tenant, the starter's name or the address is not "
                "valid UTF-8");
    return false;
  }
  char *text = json_dumps(payload, JSON_COMPACT);
  autochar subject = subject_of(request);
  StoreTask task = { .kind = (char *)IMPORT_KIND, .subject = subject, .payload = text, .due = now };
  bool ok = store->class->task_add(store, &task, now, id, error);
  free(text);
  return ok;
}

bool
import_queued(Store *store, const ImportRequest *request, gint64 *id, GError **error) {
  g_autoptr(StoreTask) task = NULL;
  *id = 0;
  if (request->once == NULL)
    return true;
  autochar subject = subject_of(request);
  bool ok = store->class->task_find(store, IMPORT_KIND, subject, &task, error);
  *id = task != NULL ? task->id : 0;
  return ok;
}

/* NULL for an empty list: all tenants. */
static bool
read_tenants(const json_t *list, char ***tenants) {
  *tenants = NULL;
  if (list == NULL || !json_is_array(list))
    return list == NULL;
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
  size_t index;
  const json_t *abbr;
  json_array_foreach((json_t *)list, index, abbr) {
    if (!json_is_string(abbr))
      return false;
    g_strv_builder_add(builder, json_string_value(abbr));
  }
  if (json_array_size(list) > 0)
    *tenants = g_strv_builder_end(builder);
  return true;
}

bool
import_parse(const char *payload, ImportRequest *request, GError **error) {
  *request = (ImportRequest){ 0 };
  json_auto_t *object = jsonget_parse(payload, strlen(payload), NULL);
  const char *starter = NULL, *email = "";
  json_t *tenants = NULL;
  int allow_removals = 0;
  if (object == NULL ||
      json_unpack(object, "{s:i, s?o, s:s, s?s, s?b}", "year", &request->year, "tenants", &tenants,
                  "starter", &starter, "email", &email, "allow_removals", &allow_removals) != 0 ||
      !read_tenants(tenants, &request->tenants)) {
    g_set_error(error, TASK_ERROR, TASK_ERROR_FAILED, "the import's payload is damaged");
    return false;
  }
  request->starter = g_strdup(starter);
  request->email = g_strdup(email);
  request->allow_removals = allow_removals != 0;
  return true;
}

/* ── the task ── */

static TaskOutcome
fail(TaskOutcome outcome, GError **error, const char *why) {
  g_set_error_literal(error, TASK_ERROR, TASK_ERROR_FAILED, why);
  return outcome;
}

/* How a run ended, as far as it got. */
typedef struct {
  RunStatus status;
  gint64 run;
  char *why;
} Ended;

static void
ended_clear(Ended *ended) {
  g_free(ended->why);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ended, ended_clear)

static void
tell(const TaskAttempt *attempt, const ImportRequest *request, const Ended *ended, bool final) {
  const ImportRunner *runner = attempt->more;
  runner->tell(request, ended->status, ended->run, ended->why, final, runner->user_data);
}

/* The starter hears of the first failure, so as not to wait for nothing, and of the last. */
static TaskOutcome
failed(TaskAttempt *attempt, const ImportRequest *request, const Ended *ended, GError **error) {
  if (attempt->last || tasks_tries(attempt->task) == 1 || attempt->orphaned)
    tell(attempt, request, ended, attempt->last);
  return fail(TASK_OUTCOME_RETRY, error, ended->why != NULL ? ended->why : "the run failed");
}

/* The service stops in the middle: not the import's fault, and the next to come does it at once. */
static TaskOutcome
interrupted(TaskAttempt *attempt, GError **error) {
  attempt->due = clock_now(attempt->clock);
  g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED,
              "interrupted because the service stopped; it is done when the service is back");
  return TASK_OUTCOME_LATER;
}

static TaskOutcome
busy(TaskAttempt *attempt, const Ended *ended, GError **error) {
  attempt->due = clock_now(attempt->clock) + IMPORT_BUSY_DELAY_S;
  return fail(TASK_OUTCOME_LATER, error, ended->why != NULL ? ended->why : BUSY);
}

/* Whoever asked for it once more by hand waits as long as it takes. */
static bool
waited_long(const TaskAttempt *attempt) {
  return attempt->task->forgiven == 0 &&
         clock_now(attempt->clock) - attempt->task->timecreated >= IMPORT_LONGEST_WAIT_S;
}

/* A run that ends the whole process again and again (out of memory) must not be begun for ever. */
static TaskOutcome
deadly(TaskAttempt *attempt, const ImportRequest *request, GError **error) {
  const Ended ended = { .status = RUN_INTERRUPTED,
                        .why = (char *)"the service ended in the middle of it, as often as it was "
                                       "tried; its log may tell why" };
  tell(attempt, request, &ended, true);
  return fail(TASK_OUTCOME_FAILED, error, ended.why);
}

static TaskOutcome
run(TaskAttempt *attempt, const ImportRequest *request, GError **error) {
  const ImportRunner *runner = attempt->more;
  g_autoptr(GError) cause = NULL;
  g_auto(Ended) ended = { .status = RUN_ERROR };
  bool record_skip = waited_long(attempt);
  if (!runner->run(request, record_skip, &ended.status, &ended.run, &ended.why, runner->user_data,
                   &cause)) {
    if (g_error_matches(cause, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED))
      return interrupted(attempt, error);
    const Ended unknown = { .status = RUN_ERROR, .run = ended.run, .why = cause->message };
    return failed(attempt, request, &unknown, error);
  }
  switch (ended.status) {
  case RUN_INTERRUPTED:
    return interrupted(attempt, error);
  case RUN_SKIPPED:
    if (!record_skip)
      return busy(attempt, &ended, error);
    break;
  case RUN_RUNNING:
  case RUN_ERROR:
    return failed(attempt, request, &ended, error);
  case RUN_SUCCESS:
  case RUN_PARTIAL:
  case RUN_HELD:
    break;
  }
  tell(attempt, request, &ended, true);
  return TASK_OUTCOME_DONE;
}

TaskOutcome
import_run(TaskAttempt *attempt, GError **error) {
  g_auto(ImportRequest) request = { 0 };
  if (!import_parse(attempt->task->payload, &request, error))
    return TASK_OUTCOME_FAILED;
  if (attempt->more == NULL)
    return fail(TASK_OUTCOME_RETRY, error, "imports are done by the running service");
  if (attempt->orphaned && attempt->last)
    return deadly(attempt, &request, error);
  request.task = attempt->task->id;
  return run(attempt, &request, error);
}
