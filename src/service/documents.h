/* Runs, tasks and tenants as JSON documents: the same from the command line and from the JSON
 * interface (docs/INTERFACES.md).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <jansson.h>

#include "config/config.h"
#include "store/store.h"

/* {id, status, year, triggeredby, tenants[], timestarted, timeended}; year and timeended are null
 * where there is none. Free with json_decref(). */
json_t *documents_run(const StoreRun *run);

/* {id, kind, subject, about, course, state, attempts, due, error, timecreated, timemodified};
 * course (a short name) and error are null where there is none. */
json_t *documents_task(const StoreTask *task);

/* An array of {abbr, name, configured, certificate, certificate_days_left, last_success,
 * last_success_run, last_failure, last_failure_run, failure} of the configured tenants in their
 * order; null where there is nothing to tell. `failure` is null, too, when the last success is
 * newer. `wanted` tells which (NULL: all); `store` NULL: there is none yet. NULL and `error`
 * (STORE_ERROR). */
json_t *documents_tenants(const Config *config, Store *store, gint64 now,
                          bool (*wanted)(const char *abbr, gconstpointer data), gconstpointer data,
                          GError **error);
