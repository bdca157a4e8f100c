/* The task that copies a template's content into a new course, exactly once (SPEC 3.9).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moodle/gateway.h"
#include "scheduler/tasks.h"
#include "store/store.h"

#define CONTENT_COPY_KIND "content_copy"

/* Queues the copy, once per course. Part of the caller's transaction. */
bool content_copy_queue(Store *store, gint64 courseid, gint64 template, const char *shortname,
                        gint64 now, GError **error);

/* The short name of the course that a task is about; free with g_free(). "" when its payload does
 * not tell. */
char *content_copy_shortname(const StoreTask *task);

/* Does it. Before any try but a first one that nobody interrupted, the course is looked at: what is
 * there already is not copied again, and while the last try may still go on in Moodle (copy_grace)
 * nothing is begun. */
TaskOutcome content_copy_run(TaskAttempt *attempt, GError **error);
