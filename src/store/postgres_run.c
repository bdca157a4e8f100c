/* What becomes of runs; postgres_history.c looks at them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/postgres_private.h"

bool
postgres_run_not_found(const PostgresStore *self, gint64 id, GError **error) {
  g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_FOUND,
              "%s holds no run %" G_GINT64_FORMAT "; `runs` lists those there are",
              postgres_conn_name(self->conn), id);
  return false;
}

static bool
insert(PostgresStore *self, StoreRun *run, GError **error) {
  return store_check_text("who started the run", run->triggeredby, STORE_MAX_KEY, error) &&
         store_check_text("the list of tenants", run->tenants, STORE_MAX_KEY, error) &&
         store_check_text("the owner", run->owner, STORE_MAX_KEY, error) &&
         postgres_conn_get(self->conn, &run->id, 0, error,
                           "INSERT INTO local_lehrgaengeapi_import_run"
                           " (year, status, triggeredby, tenants, owner, timestarted, task)"
                           " VALUES ($1, $2, coalesce($3, ''), coalesce($4, ''), coalesce($5, ''),"
                           " $6, $7) RETURNING id",
                           "issssii", (gint64)run->year, run_status_word(run->status),
                           run->triggeredby, run->tenants, run->owner, run->timestarted, run->task);
}

bool
postgres_run_begin(Store *store, StoreRun *run, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_ONE, "recording a new run", error))
    return false;
  bool ok = insert(self, run, &cause);
  return postgres_leave(self, ok, cause, error);
}

bool
postgres_run_progress(Store *store, gint64 id, const char *progress, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  gint64 touched = 0;
  if (!postgres_enter(self, POSTGRES_ONE, "recording a run's progress", error))
    return false;
  bool ok = store_check_text("the progress", progress, STORE_MAX_PROGRESS, &cause) &&
            postgres_conn_run(self->conn, &touched, &cause,
                              "UPDATE local_lehrgaengeapi_import_run"
                              " SET progress = coalesce($1, '') WHERE id = $2",
                              "si", progress, id) &&
            (touched > 0 || postgres_run_not_found(self, id, &cause));
  return postgres_leave(self, ok, cause, error);
}

bool
postgres_run_totals(Store *store, gint64 id, const char *totals, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  gint64 touched = 0;
  if (!postgres_enter(self, POSTGRES_ONE, "recording what the history tells of a run", error))
    return false;
  bool ok =
      store_check_text("what the history tells of the run", totals, STORE_MAX_PROGRESS, &cause) &&
      postgres_conn_run(self->conn, &touched, &cause,
                        "UPDATE local_lehrgaengeapi_import_run"
                        " SET totals = coalesce($1, '') WHERE id = $2",
                        "si", totals, id) &&
      (touched > 0 || postgres_run_not_found(self, id, &cause));
  return postgres_leave(self, ok, cause, error);
}

bool
postgres_run_end(Store *store, gint64 id, RunStatus status, gint64 now, const char *summary,
                 GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  gint64 touched = 0;
  if (status == RUN_RUNNING) {
    g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED,
                "a run cannot end as \"%s\"; give the status it ended with",
                run_status_word(status));
    return false;
  }
  if (!postgres_enter(self, POSTGRES_ONE, "recording a run's end", error))
    return false;
  bool ok = store_check_text("the summary", summary, STORE_MAX_SUMMARY, &cause) &&
            postgres_conn_run(self->conn, &touched, &cause,
                              "UPDATE local_lehrgaengeapi_import_run"
                              " SET status = $1, timeended = $2, summary = coalesce($3, '')"
                              " WHERE id = $4",
                              "sisi", run_status_word(status), now, summary, id) &&
            (touched > 0 || postgres_run_not_found(self, id, &cause));
  return postgres_leave(self, ok, cause, error);
}

/* ── counting ── */

bool
postgres_run_counts(Store *store, gint64 *counts, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_LOOK, "counting the runs", error))
    return false;
  g_autoptr(PGresult) found = postgres_conn_ask(
      self->conn, &cause,
      "SELECT status, count(*) FROM local_lehrgaengeapi_import_run GROUP BY status", "");
  for (guint i = 0; found != NULL && i < RUN_STATUSES; i++)
    counts[i] = 0;
  for (int row = 0; row < PQntuples(found); row++) {
    RunStatus status;
    if (run_status_parse(postgres_conn_text(found, row, 0), &status))
      counts[status] = postgres_conn_int(found, row, 1);
  }
  return postgres_leave(self, found != NULL, cause, error);
}

/* ── runs of dead processes ── */

/* A run that ended by itself since it was looked at stays as it ended. */
static bool
interrupt_dead(PostgresStore *self, StoreOwnerDeadFunc dead, gpointer user_data, gint64 now,
               gint64 *count, GError **error) {
  g_autoptr(PGresult) running =
      postgres_conn_ask(self->conn, error,
                        "SELECT id, owner FROM local_lehrgaengeapi_import_run"
                        " WHERE status = 'running' ORDER BY id",
                        "");
  if (running == NULL)
    return false;
  g_autoptr(GString) ids = postgres_array_new();
  for (int row = 0; row < PQntuples(running); row++) {
    if (dead != NULL && dead(postgres_conn_text(running, row, 1), user_data))
      postgres_array_add_int(ids, postgres_conn_int(running, row, 0));
  }
  return postgres_conn_run(self->conn, count, error,
                           "UPDATE local_lehrgaengeapi_import_run"
                           " SET status = 'interrupted', timeended = $1"
                           " WHERE id = ANY ($2::bigint[]) AND status = 'running'",
                           "is", now, postgres_array_end(ids));
}

bool
postgres_run_reap(Store *store, StoreOwnerDeadFunc dead, gpointer user_data, gint64 now,
                  guint *count, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  gint64 found = 0;
  if (!postgres_enter(self, POSTGRES_WRITE, "recording interrupted runs", error))
    return false;
  bool ok = interrupt_dead(self, dead, user_data, now, &found, &cause);
  if (!postgres_leave(self, ok, cause, error))
    return false;
  if (count != NULL)
    *count = (guint)found;
  return true;
}
