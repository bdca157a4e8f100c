/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sqlite_private.h"

static bool
not_found(gint64 id, const char *path, GError **error) {
  g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_FOUND,
              "%s holds no run %" G_GINT64_FORMAT "; `runs` lists those there are", path, id);
  return false;
}

/* The one statement before this wrote to run `id`, if there is such a run. */
static bool
check_changed(SqliteStore *self, gint64 id, GError **error) {
  return db_changes(self->db) > 0 || not_found(id, db_path(self->db), error);
}

static bool
insert(SqliteStore *self, StoreRun *run, GError **error) {
  if (!store_check_text("who started the run", run->triggeredby, STORE_MAX_KEY, error) ||
      !store_check_text("the list of tenants", run->tenants, STORE_MAX_KEY, error) ||
      !store_check_text("the owner", run->owner, STORE_MAX_KEY, error) ||
      !db_run(self->db, error,
              "INSERT INTO local_lehrgaengeapi_import_run"
              " (year, status, triggeredby, tenants, owner, timestarted)"
              " VALUES (?, ?, ifnull(?, ''), ifnull(?, ''), ifnull(?, ''), ?)",
              "issssi", (gint64)run->year, run_status_word(run->status), run->triggeredby,
              run->tenants, run->owner, run->timestarted))
    return false;
  run->id = db_last_id(self->db);
  return true;
}

bool
sqlite_run_begin(Store *store, StoreRun *run, GError **error) {
  GError *cause = NULL;
  return insert(sqlite_store(store), run, &cause) ||
         sqlite_failed(error, cause, "recording a new run");
}

bool
sqlite_run_progress(Store *store, gint64 id, const char *progress, GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  bool ok = store_check_text("the progress", progress, STORE_MAX_PROGRESS, &cause) &&
            db_run(self->db, &cause,
                   "UPDATE local_lehrgaengeapi_import_run SET progress = ifnull(?, '')"
                   " WHERE id = ?",
                   "si", progress, id) &&
            check_changed(self, id, &cause);
  return ok || sqlite_failed(error, cause, "recording a run's progress");
}

bool
sqlite_run_end(Store *store, gint64 id, RunStatus status, gint64 now, const char *summary,
               GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  if (status == RUN_RUNNING) {
    g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED,
                "a run cannot end as \"%s\"; give the status it ended with",
                run_status_word(status));
    return false;
  }
  bool ok = store_check_text("the summary", summary, STORE_MAX_SUMMARY, &cause) &&
            db_run(self->db, &cause,
                   "UPDATE local_lehrgaengeapi_import_run"
                   " SET status = ?, timeended = ?, summary = ifnull(?, '') WHERE id = ?",
                   "sisi", run_status_word(status), now, summary, id) &&
            check_changed(self, id, &cause);
  return ok || sqlite_failed(error, cause, "recording a run's end");
}

/* ── reading ── */

#define RUN_COLUMNS                                                                                \
  "id, year, status, triggeredby, timestarted, timeended, owner, tenants, progress"

static StoreRun *
read_row(SqliteStore *self, sqlite3_stmt *row, GError **error) {
  g_autoptr(StoreRun) run = g_new0(StoreRun, 1);
  run->id = sqlite3_column_int64(row, 0);
  run->year = sqlite3_column_int(row, 1);
  g_autofree char *status = sqlite_text(row, 2);
  if (!run_status_parse(status, &run->status)) {
    g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED,
                "%s: run %" G_GINT64_FORMAT
                " has the unknown status \"%s\"; correct it in local_lehrgaengeapi_import_run",
                db_path(self->db), run->id, status);
    return NULL;
  }
  run->triggeredby = sqlite_text(row, 3);
  run->timestarted = sqlite3_column_int64(row, 4);
  run->timeended = sqlite3_column_int64(row, 5);
  run->owner = sqlite_text(row, 6);
  run->tenants = sqlite_text(row, 7);
  run->progress = sqlite_text(row, 8);
  return g_steal_pointer(&run);
}

static GPtrArray *
read_rows(SqliteStore *self, gint64 before, guint limit, GError **error) {
  sqlite3_stmt *row =
      db_prepare(self->db,
                 "SELECT " RUN_COLUMNS " FROM local_lehrgaengeapi_import_run WHERE id < ?"
                 " ORDER BY id DESC LIMIT ?",
                 error);
  if (row == NULL)
    return NULL;
  db_bind(row, "ii", before == 0 ? G_MAXINT64 : before, limit == 0 ? (gint64)-1 : (gint64)limit);

  g_autoptr(GPtrArray) runs = g_ptr_array_new_with_free_func((GDestroyNotify)store_run_free);
  int step;
  while ((step = db_step(self->db, row, error)) > 0) {
    StoreRun *run = read_row(self, row, error);
    if (run == NULL) {
      sqlite3_reset(row);
      return NULL;
    }
    run->summary = g_strdup("");
    g_ptr_array_add(runs, run);
  }
  return step < 0 ? NULL : g_steal_pointer(&runs);
}

GPtrArray *
sqlite_run_list(Store *store, gint64 before, guint limit, GError **error) {
  GError *cause = NULL;
  GPtrArray *runs = read_rows(sqlite_store(store), before, limit, &cause);
  if (runs == NULL)
    sqlite_failed(error, cause, "reading the runs");
  return runs;
}

static StoreRun *
read_one(SqliteStore *self, gint64 id, GError **error) {
  sqlite3_stmt *row = db_prepare(self->db,
                                 "SELECT " RUN_COLUMNS ", summary"
                                 " FROM local_lehrgaengeapi_import_run WHERE id = ?",
                                 error);
  if (row == NULL)
    return NULL;
  db_bind(row, "i", id);
  int step = db_step(self->db, row, error);
  if (step <= 0) {
    if (step == 0)
      not_found(id, db_path(self->db), error);
    return NULL;
  }
  StoreRun *run = read_row(self, row, error);
  if (run != NULL)
    run->summary = sqlite_text(row, 9);
  sqlite3_reset(row);
  return run;
}

StoreRun *
sqlite_run_get(Store *store, gint64 id, GError **error) {
  GError *cause = NULL;
  StoreRun *run = read_one(sqlite_store(store), id, &cause);
  if (run == NULL)
    sqlite_failed(error, cause, "reading a run");
  return run;
}

static bool
count_rows(SqliteStore *self, gint64 *counts, GError **error) {
  sqlite3_stmt *row = db_prepare(
      self->db, "SELECT status, count(*) FROM local_lehrgaengeapi_import_run GROUP BY status",
      error);
  if (row == NULL)
    return false;
  for (guint i = 0; i < RUN_STATUSES; i++)
    counts[i] = 0;
  int step;
  while ((step = db_step(self->db, row, error)) > 0) {
    RunStatus status;
    if (run_status_parse((const char *)sqlite3_column_text(row, 0), &status))
      counts[status] = sqlite3_column_int64(row, 1);
  }
  return step == 0;
}

bool
sqlite_run_counts(Store *store, gint64 *counts, GError **error) {
  GError *cause = NULL;
  return count_rows(sqlite_store(store), counts, &cause) ||
         sqlite_failed(error, cause, "counting the runs");
}

/* ── runs of dead processes ── */

static GArray *
find_dead(SqliteStore *self, StoreOwnerDeadFunc dead, gpointer user_data, GError **error) {
  sqlite3_stmt *row = db_prepare(self->db,
                                 "SELECT id, owner FROM local_lehrgaengeapi_import_run"
                                 " WHERE status = 'running' ORDER BY id",
                                 error);
  if (row == NULL)
    return NULL;
  g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));
  int step;
  while ((step = db_step(self->db, row, error)) > 0) {
    gint64 id = sqlite3_column_int64(row, 0);
    if (dead != NULL && dead((const char *)sqlite3_column_text(row, 1), user_data))
      g_array_append_val(ids, id);
  }
  return step < 0 ? NULL : g_steal_pointer(&ids);
}

static bool
interrupt_dead(SqliteStore *self, StoreOwnerDeadFunc dead, gpointer user_data, gint64 now,
               guint *count, GError **error) {
  g_autoptr(GArray) ids = find_dead(self, dead, user_data, error);
  if (ids == NULL)
    return false;
  for (guint i = 0; i < ids->len; i++) {
    if (!db_run(self->db, error,
                "UPDATE local_lehrgaengeapi_import_run SET status = 'interrupted', timeended = ?"
                " WHERE id = ?",
                "ii", now, g_array_index(ids, gint64, i)))
      return false;
  }
  *count = ids->len;
  return true;
}

bool
sqlite_run_reap(Store *store, StoreOwnerDeadFunc dead, gpointer user_data, gint64 now, guint *count,
                GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  guint found = 0;
  if (!db_begin(self->db, &cause))
    return sqlite_failed(error, cause, "looking for interrupted runs");
  bool ok = interrupt_dead(self, dead, user_data, now, &found, &cause);
  if (!sqlite_finish(self, ok, cause, "recording interrupted runs", error))
    return false;
  if (count != NULL)
    *count = found;
  return true;
}

/* ── tenants ── */

bool
sqlite_run_tenant_success_set(Store *store, const char *tenant, gint64 run, gint64 now,
                              GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  bool ok = store_check_text("the tenant", tenant, STORE_MAX_KEY, &cause) &&
            db_run(self->db, &cause,
                   "INSERT INTO local_lehrgaengeapi_tenant (tenant, run, timesuccess)"
                   " VALUES (?, ?, ?) ON CONFLICT (tenant)"
                   " DO UPDATE SET run = excluded.run, timesuccess = excluded.timesuccess",
                   "sii", tenant, run, now);
  return ok || sqlite_failed(error, cause, "recording a tenant's success");
}

bool
sqlite_run_tenant_success_get(Store *store, const char *tenant, gint64 *time, GError **error) {
  GError *cause = NULL;
  return db_get_int(sqlite_store(store)->db, time, 0, &cause,
                    "SELECT timesuccess FROM local_lehrgaengeapi_tenant WHERE tenant = ?", "s",
                    tenant) ||
         sqlite_failed(error, cause, "reading a tenant's last success");
}
