/* What the history tells of a run at a glance, so that nobody has to read its whole report for it:
 * kept beside the report (StoreRun.totals), per tenant, so that who is bound to some sees theirs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

typedef struct {
  gint64 tenants, tenants_failed; /* asked; without an answer */
  gint64 lehrgaenge;              /* listed */
  gint64 courses_created, users_created;
  gint64 enrolled, unenrolled, completed; /* people newly so */
  gint64 failed;                          /* Lehrgänge and steps that failed */
} RunTotals;

/* From a report (sync/report.h): JSON text for run_totals(). Free with g_free(). */
char *totals_text(const json_t *report);

/* Reads StoreRun.totals: the sum over `tenants` (NULL-terminated; NULL: all). False: there are none
 * ("" or damaged); *totals is all 0 then. */
bool totals_read(const char *text, const char *const *tenants, RunTotals *totals);

/* People and courses changed: what a picture of runs shows. */
gint64 totals_changes(const RunTotals *totals);
