/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/webservice/ws_inspect_probe.h"

#include <string.h>

typedef struct {
  GArray *probes; /* WsInspectProbe */
  GError *error;
} Probing;

static void
probe_clear(gpointer data) {
  WsInspectProbe *probe = data;
  json_decref(probe->arguments);
  json_decref(probe->result);
  g_free(probe->refusal);
}

GArray *
ws_inspect_probes_new(void) {
  GArray *probes = g_array_new(FALSE, TRUE, sizeof(WsInspectProbe));
  g_array_set_clear_func(probes, probe_clear);
  return probes;
}

void
ws_inspect_probes_add(const WsInspect *inspect, GArray *probes, const char *function,
                      json_t *arguments) {
  WsInspectProbe probe = { .function = function, .arguments = arguments };
  if (ws_site_has(inspect->moodle, function))
    g_array_append_val(probes, probe);
  else
    json_decref(arguments);
}

bool
ws_inspect_probe_asks(const WsInspectProbe *probe, const char *function) {
  return strcmp(probe->function, function) == 0;
}

static json_t *
give_arguments(guint index, const char **function, gpointer data) {
  const WsInspectProbe *probe = ws_inspect_probe_at(((Probing *)data)->probes, index);
  *function = probe->function;
  return json_incref(probe->arguments);
}

/* With these Moodle refuses the token or the account whatever is asked, which says nothing about
 * the one function. */
static const char *const of_any_function[] = {
  "invalidtoken",        "forcepasswordchangenotice", "nopasswordchangeforced",
  "sitepolicynotagreed", "usernotfullysetup",         NULL,
};

static bool
is_refusal(const WsFailure *failure) {
  return (failure->kind == WS_EXCEPTION || failure->kind == WS_REFUSED) &&
         !g_strv_contains(of_any_function, failure->errorcode);
}

static void
take_answer(guint index, const json_t *result, const WsFailure *failure, gpointer data) {
  Probing *probing = data;
  WsInspectProbe *probe = ws_inspect_probe_at(probing->probes, index);
  if (failure == NULL)
    probe->result = json_incref((json_t *)result);
  else if (is_refusal(failure))
    probe->refusal = g_strdup(failure->message);
  else if (probing->error == NULL)
    ws_failure_propagate(failure, &probing->error);
}

bool
ws_inspect_probes_run(const WsInspect *inspect, GArray *probes, GError **error) {
  Probing probing = { .probes = probes };
  WsBatch batch = { .count = probes->len, .arguments = give_arguments, .done = take_answer };
  if (probes->len == 0)
    return true;
  if (!ws_read_run(inspect->moodle->client, inspect->moodle->packed, &batch, &probing, error)) {
    g_clear_error(&probing.error);
    return false;
  }
  if (probing.error == NULL)
    return true;
  g_propagate_error(error, probing.error);
  return false;
}
