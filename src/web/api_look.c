/* /api/v1/tenants and /api/v1/tasks, and the description of the JSON interface.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "service/documents.h"
#include "web/api.h"
#include "web/static.h"
#include "web/task_view.h"
#include "web/task_wish.h"

#define DEFAULT_TASKS 200
#define MAX_TASKS 500

/* ── tenants ── */

static bool
is_theirs(const char *abbr, gconstpointer who) {
  return web_principal_sees(who, abbr);
}

static bool
list_tenants(WebCall *call, GError **error) {
  const WebContext *context = &call->site->context;
  json_t *list =
      documents_tenants(call->config, call->store, call->now, is_theirs, call->who, error);
  if (list == NULL)
    return false;
  web_answer_json(call->answer, 200,
                  json_pack("{s:o, s:o}", "tenants", list, "next_run",
                            api_number_or_null(context->next_run(context->user_data))));
  return true;
}

/* ── tasks ── */

/* An error may hold what a person entered somewhere; web_answer_json() blots secrets out of it. */
static json_t *
tasks_document(const GPtrArray *tasks, bool failed, guint limit) {
  json_t *list = json_array();
  for (guint i = 0; i < tasks->len && json_array_size(list) < limit; i++) {
    const StoreTask *task = g_ptr_array_index(tasks, i);
    if (!failed || task->state == TASK_FAILED)
      json_array_append_new(list, documents_task(task));
  }
  return json_pack("{s:o}", "tasks", list);
}

static bool
list_tasks(WebCall *call, GError **error) {
  const char *show = web_query(call, "show");
  bool failed = strcmp(show, "failed") == 0, all = strcmp(show, "all") == 0;
  gint64 limit;
  if (*show != '\0' && !failed && !all && strcmp(show, "open") != 0)
    return web_refuse(call, WEB_REFUSED_BAD,
                      web_say(call->language, "show must be open, failed or all.",
                              "show muss open, failed oder all sein."));
  if (!api_number(call, "limit", 1, MAX_TASKS, DEFAULT_TASKS, &limit))
    return true;
  g_autoptr(GPtrArray) tasks = call->store->class->task_list(call->store, !all, 0, error);
  g_autoptr(GPtrArray) seen = tasks == NULL ? NULL : task_view_seen(call, tasks, error);
  if (seen == NULL)
    return false;
  web_answer_json(call->answer, 200, tasks_document(seen, failed, (guint)limit));
  return true;
}

static bool
show_task(WebCall *call, GError **error) {
  g_autoptr(StoreTask) task = NULL;
  bool refused;
  if (!task_view_open(call, &task, &refused, error))
    return refused;
  web_answer_json(call->answer, 200, documents_task(task));
  return true;
}

/* ── the description ── */

static bool
describe(WebCall *call, GError **error) {
  (void)error;
  const WebStatic *file = web_static_find("openapi.json");
  web_answer_set(call->answer, 200, file->type);
  g_string_append_len(call->answer->body, (const char *)file->data, (gssize)file->length);
  return true;
}

const WebRoute web_api_look_routes[] = {
  { WEB_GET, "/api/v1/tenants", ROLE_VIEWER, 0, list_tenants },
  { WEB_GET, "/api/v1/tasks", ROLE_VIEWER, 0, list_tasks },
  { WEB_GET, "/api/v1/tasks/{id}", ROLE_VIEWER, 0, show_task },
  { WEB_POST, "/api/v1/tasks/{id}/retry", ROLE_OPERATOR, 0, task_wish_retry },
  { WEB_POST, "/api/v1/tasks/{id}/cancel", ROLE_OPERATOR, 0, task_wish_cancel },
  { WEB_GET, "/api/v1/openapi.json", ROLE_VIEWER, WEB_OPEN | WEB_STORELESS, describe },
  { 0 },
};
