/* Runs and tasks as JSON documents: the same from the command line and from the JSON interface
 * (docs/INTERFACES.md).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <jansson.h>

#include "store/store.h"

/* {id, status, year, triggeredby, tenants[], timestarted, timeended}; year and timeended are null
 * where there is none. Free with json_decref(). */
json_t *documents_run(const StoreRun *run);

/* {id, kind, subject, about, course, state, attempts, due, error, timecreated, timemodified};
 * course (a short name) and error are null where there is none. */
json_t *documents_task(const StoreTask *task);
