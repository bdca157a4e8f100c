/* What becomes of runs; sqlite_history.c looks at them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sqlite_private.h"

bool
sqlite_run_not_found(SqliteStore *self, gint64 id, GError **error) {
  g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_FOUND,
              "%s holds no run %" G_GINT64_FORMAT "; `runs` lists those there are",
              db_path(self->db), id);
  return false;
}

/* The one statement before this wrote to run `id`, if there is such a run. */
static bool
check_changed(SqliteStore *self, gint64 id, GError **error) {
  return db_changes(self->db) > 0 || sqlite_run_not_found(self, id, error);
}

static bool
insert(SqliteStore *self, StoreRun *run, GError **error) {
  if (!store_check_text("who started the run", run->triggeredby, STORE_MAX_KEY, error) ||
      !store_check_text("the list of tenants", run->tenants, STORE_MAX_KEY, error) ||
      !store_check_text("the owner", run->owner, STORE_MAX_KEY, error) ||
      !db_run(self->db, error,
              "INSERT INTO local_lehrgaengeapi_import_run"
              " (year, status, triggeredby, tenants, owner, timestarted, task)"
              " VALUES (?, ?, ifnull(?, ''), ifnull(?, ''), ifnull(?, ''), ?, ?)",
              "issssii", (gint64)run->year, run_status_word(run->status), run->triggeredby,
              run->tenants, run->owner, run->timestarted, run->task))
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
sqlite_run_totals(Store *store, gint64 id, const char *totals, GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  bool ok =
      store_check_text("what the history tells of the run", totals, STORE_MAX_PROGRESS, &cause) &&
      db_run(self->db, &cause,
             "UPDATE local_lehrgaengeapi_import_run SET totals = ifnull(?, '')"
             " WHERE id = ?",
             "si", totals, id) &&
      check_changed(self, id, &cause);
  return ok || sqlite_failed(error, cause, "recording what the history tells of a run");
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

/* ── counting ── */

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
