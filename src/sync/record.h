/* What the store keeps of a run once it is over, and what it tells the next one.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/clock.h"
#include "base/stop.h"
#include "store/store.h"
#include "sync/input.h"
#include "sync/progress.h"

/* How a run ended. */
typedef struct {
  gint64 id;
  RunStatus status;
  const json_t *report;
  const char *progress;   /* the last; NULL: it had none */
  const Input *succeeded; /* its tenants that were read without failure count as read; NULL: none */
  const Input *failed;    /* those that failed are noted, with why; NULL: none */
} RecordEnd;

/* Writes all of it, with what the history tells (sync/totals.h), or nothing. A transaction that is
 * open is undone first. */
bool record_end(Store *store, const RecordEnd *end, gint64 now, GError **error);

/* The same, tried again each second for `patience_s` while the store is not to be had: what a run
 * did is not lost because the database is away for a minute, or the disk is full until somebody
 * has made room. A stop that is overdue ends the trying. */
bool record_end_patiently(Store *store, const RecordEnd *end, Clock *clock, guint patience_s,
                          const Stop *stop, GError **error);

/* How long the phases of the last run took that was like `run` (year and tenants) and went through
 * all of them. False, and *past stays: there is none among the latest, or, with `error`, the store
 * failed. */
bool record_past(Store *store, const StoreRun *run, RunProgress *past, GError **error);
