/* Questions whose refusal is what is to be found out.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moodle/webservice/ws_inspect.h"

typedef struct {
  const char *function;
  json_t *arguments;
  json_t *result; /* NULL when it was refused */
  char *refusal;  /* Moodle's words, or NULL */
} WsInspectProbe;

/* Of WsInspectProbe. Free with g_array_unref(). */
GArray *ws_inspect_probes_new(void);

/* Adds a question and takes its `arguments`. A function that the service lacks has been complained
 * about already, and is not asked. */
void ws_inspect_probes_add(const WsInspect *inspect, GArray *probes, const char *function,
                           json_t *arguments);

/* Asks them all. False when Moodle could not be asked. */
bool ws_inspect_probes_run(const WsInspect *inspect, GArray *probes, GError **error);

static inline WsInspectProbe *
ws_inspect_probe_at(GArray *probes, guint index) {
  return &g_array_index(probes, WsInspectProbe, index);
}

bool ws_inspect_probe_asks(const WsInspectProbe *probe, const char *function);
