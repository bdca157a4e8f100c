/* What /metrics tells besides what this process counts itself (metrics.h): what the store holds and
 * what the configuration's certificates are like.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "config/config.h"
#include "store/store.h"

/* Asks the store: runs by status, tasks by kind and state, the last success of each configured
 * tenant, the lock of runs and the schedule. False and `error` (STORE_ERROR) when it failed; `text`
 * is as before then. */
bool exposition_append_store(GString *text, Store *store, const Config *config, gint64 now,
                             GError **error);

/* Without the store. `store_up`: whether exposition_append_store() could do its part; `next_run`:
 * Unix seconds, 0 when nobody knows. */
void exposition_append_rest(GString *text, const Config *config, bool store_up, gint64 next_run,
                            gint64 now);
