/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/postgres_private.h"

static bool
fail_not_found(const PostgresStore *self, gint64 id, GError **error) {
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
                           " (year, status, triggeredby, tenants, owner, timestarted)"
                           " VALUES ($1, $2, coalesce($3, ''), coalesce($4, ''), coalesce($5, ''),"
                           " $6) RETURNING id",
                           "issssi", (gint64)run->year, run_status_word(run->status),
                           run->triggeredby, run->tenants, run->owner, run->timestarted);
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
            (touched > 0 || fail_not_found(self, id, &cause));
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
            (touched > 0 || fail_not_found(self, id, &cause));
  return postgres_leave(self, ok, cause, error);
}

/* ── reading ── */

#define RUN_COLUMNS                                                                                \
  "id, year, status, triggeredby, timestarted, timeended, owner, tenants, progress"

static StoreRun *
read_row(const PostgresStore *self, const PGresult *row, GError **error) {
  g_autoptr(StoreRun) run = g_new0(StoreRun, 1);
  run->id = postgres_conn_int(row, 0, 0);
  run->year = (gint)postgres_conn_int(row, 0, 1);
  const char *status = postgres_conn_text(row, 0, 2);
  if (!run_status_parse(status, &run->status)) {
    g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED,
                "%s: run %" G_GINT64_FORMAT
                " has the unknown status \"%s\"; correct it in local_lehrgaengeapi_import_run",
                postgres_conn_name(self->conn), run->id, status);
    return NULL;
  }
  run->triggeredby = postgres_text(row, 0, 3);
  run->timestarted = postgres_conn_int(row, 0, 4);
  run->timeended = postgres_conn_int(row, 0, 5);
  run->owner = postgres_text(row, 0, 6);
  run->tenants = postgres_text(row, 0, 7);
  run->progress = postgres_text(row, 0, 8);
  return g_steal_pointer(&run);
}

typedef struct {
  PostgresStore *self;
  GPtrArray *runs;
  GError *failure;
} Listing;

static bool
add_run(const PGresult *row, gpointer user_data) {
  Listing *listing = user_data;
  StoreRun *run = read_row(listing->self, row, &listing->failure);
  if (run == NULL)
    return false;
  run->summary = g_strdup("");
  g_ptr_array_add(listing->runs, run);
  return true;
}

GPtrArray *
postgres_run_list(Store *store, gint64 before, guint limit, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_VIEW, "reading the runs", error))
    return NULL;
  g_autoptr(GPtrArray) runs = g_ptr_array_new_with_free_func((GDestroyNotify)store_run_free);
  Listing listing = { .self = self, .runs = runs };
  bool ok = postgres_conn_each(self->conn, add_run, &listing, &cause,
                               "SELECT " RUN_COLUMNS " FROM local_lehrgaengeapi_import_run"
                               " WHERE id < $1::bigint ORDER BY id DESC"
                               " LIMIT nullif($2::bigint, 0)",
                               "ii", before == 0 ? G_MAXINT64 : before, (gint64)limit);
  if (ok && listing.failure != NULL) {
    ok = false;
    cause = g_steal_pointer(&listing.failure);
  }
  g_clear_error(&listing.failure);
  return postgres_leave(self, ok, cause, error) ? g_steal_pointer(&runs) : NULL;
}

static StoreRun *
read_one(PostgresStore *self, gint64 id, GError **error) {
  g_autoptr(PGresult) row = postgres_conn_ask(self->conn, error,
                                              "SELECT " RUN_COLUMNS ", summary"
                                              " FROM local_lehrgaengeapi_import_run WHERE id = $1",
                                              "i", id);
  if (row == NULL)
    return NULL;
  if (PQntuples(row) == 0) {
    fail_not_found(self, id, error);
    return NULL;
  }
  StoreRun *run = read_row(self, row, error);
  if (run != NULL)
    run->summary = postgres_text(row, 0, 9);
  return run;
}

StoreRun *
postgres_run_get(Store *store, gint64 id, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_LOOK, "reading a run", error))
    return NULL;
  g_autoptr(StoreRun) run = read_one(self, id, &cause);
  return postgres_leave(self, run != NULL, cause, error) ? g_steal_pointer(&run) : NULL;
}

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

/* ── tenants ── */

bool
postgres_run_tenant_success_set(Store *store, const char *tenant, gint64 run, gint64 now,
                                GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_ONE, "recording a tenant's success", error))
    return false;
  bool ok = store_check_text("the tenant", tenant, STORE_MAX_KEY, &cause) &&
            postgres_conn_run(self->conn, NULL, &cause,
                              "INSERT INTO local_lehrgaengeapi_tenant (tenant, run, timesuccess)"
                              " VALUES ($1, $2, $3) ON CONFLICT (tenant)"
                              " DO UPDATE SET run = excluded.run, timesuccess ="
                              " excluded.timesuccess",
                              "sii", tenant, run, now);
  return postgres_leave(self, ok, cause, error);
}

bool
postgres_run_tenant_success_get(Store *store, const char *tenant, gint64 *time, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_LOOK, "reading a tenant's last success", error))
    return false;
  bool ok = postgres_conn_get(self->conn, time, 0, &cause,
                              "SELECT timesuccess FROM local_lehrgaengeapi_tenant"
                              " WHERE tenant = $1",
                              "s", tenant);
  return postgres_leave(self, ok, cause, error);
}
