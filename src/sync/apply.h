/* Carries a plan out: slice by slice, journal the intent, call Moodle, journal the outcome. What
 * fails stays with its item and with what depends on it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/clock.h"
#include "base/stop.h"
#include "scheduler/lease.h"
#include "sync/plan.h"

/* How many failures are remembered with their reason; beyond, they are only counted. */
#define APPLY_MAX_FAILURES 5000

typedef struct {
  guint tenant;
  char *id;    /* of the Lehrgang or Teilnehmer, as far as it has one */
  char *error; /* a sentence */
} ApplyFailure;

typedef struct {
  GPtrArray *failures; /* ApplyFailure */
  guint failure_count;
  guint copies_queued;
} ApplyResult;

ApplyResult *apply_result_new(void);
void apply_result_free(ApplyResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ApplyResult, apply_result_free)

/* Told after every slice. */
typedef void (*ApplyProgressFunc)(StepKind kind, guint done, guint total, gpointer user_data);

typedef struct {
  Gateway *gateway;
  Store *store;
  Clock *clock;
  const Stop *stop;           /* NULL: never */
  Lease *lease;               /* nothing is written once it is lost; NULL: nobody else is there */
  gint64 run;                 /* for the journal */
  ApplyProgressFunc progress; /* NULL: nobody */
  gpointer user_data;
} ApplyContext;

/* Applies every step that is STEP_PLANNED; each ends STEP_DONE, STEP_ALREADY or STEP_FAILED. False
 * when Moodle or the store went away or a stop was asked for (GATEWAY_ERROR_STOPPED): steps not
 * reached stay STEP_PLANNED, and running again does them. */
bool apply_plan(Plan *plan, const ApplyContext *context, ApplyResult *result, GError **error);
