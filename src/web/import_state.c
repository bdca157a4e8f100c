/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/import_state.h"

#include <string.h>

#include "base/text.h"

void
import_state_clear(ImportState *state) {
  import_request_clear(&state->request);
  g_clear_pointer(&state->task, store_task_free);
  g_clear_pointer(&state->run, store_run_free);
}

/* The same form sent twice with the same in it is one import; filled in anew (the browser's "back")
 * it is another. */
static char *
once_of(const WebCall *call, const ImportForm *form) {
  autochar subject = import_form_subject(form);
  autochar all = g_strdup_printf("%s %s %d %s", form->once, subject, (int)form->allow_removals,
                                 call->who->name);
  return g_compute_checksum_for_string(G_CHECKSUM_SHA256, all, -1);
}

bool
import_state_queue(const WebCall *call, const ImportForm *form, const char *email, gint64 *id,
                   GError **error) {
  autochar once = once_of(call, form);
  const ImportRequest request = {
    .year = form->year,
    .tenants = form->tenants,
    .starter = call->who->name,
    .email = (char *)email,
    .allow_removals = form->allow_removals,
    .once = once,
  };
  if (!import_queued(call->store, &request, id, error))
    return false;
  if (*id != 0)
    return true;
  if (!import_queue(call->store, &request, call->now, id, error))
    return false;
  autochar subject = import_form_subject(form);
  web_audit(call, "import", subject, form->allow_removals ? "ok, removals allowed" : NULL);
  const WebContext *context = &call->site->context;
  context->wake(context->user_data);
  return true;
}

static bool
find_task(const WebCall *call, gint64 id, ImportState *state, GError **error) {
  g_autoptr(GPtrArray) tasks = call->store->class->task_list(call->store, true, 0, error);
  for (guint i = 0; tasks != NULL && state->task == NULL && i < tasks->len; i++) {
    const StoreTask *task = g_ptr_array_index(tasks, i);
    if (task->id == id && strcmp(task->kind, IMPORT_KIND) == 0 &&
        import_parse(task->payload, &state->request, NULL))
      state->task = g_ptr_array_steal_index(tasks, i);
  }
  return tasks != NULL;
}

/* The task before the run: one that ends in between has its run by then. */
static bool
find(const WebCall *call, gint64 id, ImportState *state, GError **error) {
  const StoreRunFilter filter = { .limit = 1, .status = -1, .year = -1, .task = id };
  if (!find_task(call, id, state, error))
    return false;
  g_autoptr(GPtrArray) runs = call->store->class->run_find(call->store, &filter, error);
  if (runs != NULL && runs->len > 0)
    state->run = g_ptr_array_steal_index(runs, 0);
  return runs != NULL;
}

bool
import_state_read(const WebCall *call, gint64 id, ImportState *state, bool *seen, GError **error) {
  *state = (ImportState){ 0 };
  *seen = false;
  if (!find(call, id, state, error))
    return false;
  if (state->task == NULL && state->run == NULL)
    return true;
  g_auto(GStrv) tenants = import_state_tenants(state);
  autochar joined = tenants != NULL ? g_strjoinv(",", tenants) : g_strdup("");
  *seen = web_principal_sees_run(call->who, joined);
  return true;
}

char **
import_state_tenants(const ImportState *state) {
  return state->run != NULL ? web_tenants_split(state->run->tenants)
                            : g_strdupv(state->request.tenants);
}

bool
import_state_is_open(const ImportState *state) {
  return state->task != NULL && state->task->state != TASK_FAILED;
}
