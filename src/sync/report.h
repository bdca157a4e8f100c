/* A run's summary (SPEC 6) as one JSON document: what is stored, printed with --json, and laid out
 * as text by cli/report_text.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <jansson.h>

#include "api/endpoint.h"
#include "scheduler/tasks.h"
#include "store/store.h"
#include "sync/apply.h"
#include "sync/guard.h"
#include "sync/plan.h"

/* Everything a report tells of; parts that a run did not reach are NULL. */
typedef struct {
  gint64 run; /* 0 for a plan */
  gint year;
  RunStatus status;
  const char *triggeredby;
  gint64 timestarted, timeended;
  const char *error; /* why the run as a whole failed, NULL when it did not */
  const Input *input;
  const Courses *courses;
  const Plan *plan;
  const GArray *held;         /* GuardHeld */
  const ApplyResult *applied; /* NULL for a plan: its steps count as if they were done */
  const TasksResult *tasks;
  const ZmsStats *requests; /* NULL when nobody counted */
  const json_t *phases;     /* {"fetch": seconds, …} */
} ReportInput;

/* The document; free with json_decref(). */
json_t *report_build(const ReportInput *input);

/* The steps of a plan, one object each {kind, course, person, lehrgang, reason, state}, at most
 * `limit`; *left_off (may be NULL) counts the rest. */
json_t *report_steps(const Plan *plan, guint limit, guint *left_off);
