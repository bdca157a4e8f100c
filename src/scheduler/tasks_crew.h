/* Several threads at one piece of work: the caller's own and others, each of which has a store and
 * a gateway to itself.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "scheduler/tasks.h"

typedef struct TasksCrew TasksCrew;

/* `context` must outlive it. The others' places are made when there is work for them, kept for the
 * next piece, and freed by tasks_crew_free(). */
TasksCrew *tasks_crew_new(const TasksContext *context);
void tasks_crew_free(TasksCrew *crew); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TasksCrew, tasks_crew_free)

/* Calls `one` for each index below `count`, in ascending order as threads get free; nothing is
 * begun any more once `go_on` says no. Returns when all that was begun has ended. Both are called
 * from any of the threads, `go_on` from one at a time. Who cannot have a place (that is logged)
 * leaves the work to the others; the caller's thread uses the context's. */
void tasks_crew_do(TasksCrew *crew, guint count,
                   void (*one)(guint index, const TasksPlace *place, gpointer user_data),
                   bool (*go_on)(gpointer user_data), gpointer user_data);
