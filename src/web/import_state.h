/* An import that was asked for: queued, and looked at while it waits, runs and after.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "scheduler/import.h"
#include "web/import_form.h"

typedef struct {
  ImportRequest request; /* of the task; empty when that is done */
  StoreTask *task;       /* NULL: done */
  StoreRun *run;         /* the last one, without its report; NULL: none yet */
} ImportState;
void import_state_clear(ImportState *state);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImportState, import_state_clear)

/* Queues what the form asks for, once however often the form comes, tells the service and the audit
 * log. `email` is told how it ends, "": nobody. *id is the task's. */
bool import_state_queue(const WebCall *call, const ImportForm *form, const char *email, gint64 *id,
                        GError **error);

/* *seen: there is one whose task is `id`, and whoever asks sees one of its tenants. */
bool import_state_read(const WebCall *call, gint64 id, ImportState *state, bool *seen,
                       GError **error);

/* Its tenants; NULL: all. Free with g_strfreev(). */
char **import_state_tenants(const ImportState *state);

/* Whether something is still to come of it by itself. */
bool import_state_is_open(const ImportState *state);
