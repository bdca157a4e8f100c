/* The task that does a manual import (SPEC 6): a run of one year, optionally of some tenants, for
 * someone who is told when it ends.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "scheduler/tasks.h"
#include "store/store.h"

#define IMPORT_KIND "import"

/* While another run holds the lock, a queued import waits and looks again this often; after the
 * longest wait it is recorded as skipped, and its starter told. */
#define IMPORT_BUSY_DELAY_S 30
#define IMPORT_LONGEST_WAIT_S (24 * 60 * 60)

/* The first year one may ask for; the last is the next one (SPEC 6). */
#define IMPORT_FIRST_YEAR 2012

/* What was asked for. Texts owned when it came from import_parse(). */
typedef struct {
  gint year;
  char **tenants; /* abbreviations, NULL-terminated; NULL: all */
  char *starter;  /* who started it, for people */
  char *email;    /* where to tell them; "" when nowhere */
  bool allow_removals;
  char *once;  /* what tells that it was asked for before: a second of the same year and `once` is
                  the first; NULL: each is one of its own. No part of the payload. */
  gint64 task; /* its id once it is tried (import_run()); 0 before. No part of the payload. */
} ImportRequest;
void import_request_clear(ImportRequest *request);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImportRequest, import_request_clear)

/* Queues it; *id is the task's. Two of the same are two, unless `once` says otherwise. */
bool import_queue(Store *store, const ImportRequest *request, gint64 now, gint64 *id,
                  GError **error);

/* Whether one of that year and `once` was queued before; *id is its task's, 0: none was. */
bool import_queued(Store *store, const ImportRequest *request, gint64 *id, GError **error);

/* Reads a task's payload. */
bool import_parse(const char *payload, ImportRequest *request, GError **error);

/* What the worker's place offers the import as TaskAttempt.more. */
typedef struct ImportRunner {
  /* Does the run and records it; *status is how it ended (RUN_SKIPPED: another one holds the lock,
   * and nothing was recorded unless `record_skip`). False: not even that could be found out. */
  bool (*run)(const ImportRequest *request, bool record_skip, RunStatus *status, gint64 *run,
              char **why, gpointer user_data, GError **error);
  /* Tells the starter; *run is 0 when no run was recorded. `final`: it is not tried again. */
  void (*tell)(const ImportRequest *request, RunStatus status, gint64 run, const char *why,
               bool final, gpointer user_data);
  gpointer user_data;
} ImportRunner;

TaskOutcome import_run(TaskAttempt *attempt, GError **error);
