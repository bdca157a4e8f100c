/* What happens to a task: taken, begun, ended, and what an operator asks of it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sqlite_private.h"

/* ── taking ── */

static GHashTable *
set_of(const gint64 *ids, guint count) {
  GHashTable *set = g_hash_table_new(g_int64_hash, g_int64_equal);
  for (guint i = 0; i < count; i++)
    g_hash_table_add(set, (gpointer)&ids[i]);
  return set;
}

static bool
is_of(const char *const *kinds, const char *kind) {
  return kinds == NULL || g_strv_contains(kinds, kind);
}

/* The columns of a row: id, state, due, owner, kind, whether the owner holds a lock. */
static bool
may_take(sqlite3_stmt *row, const StoreTaker *taker, GHashTable *excluded, gint64 now) {
  gint64 id = sqlite3_column_int64(row, 0);
  if (g_hash_table_contains(excluded, &id) ||
      !is_of(taker->kinds, (const char *)sqlite3_column_text(row, 4)))
    return false;
  if (sqlite3_column_int(row, 1) == TASK_QUEUED)
    return store_task_is_due(sqlite3_column_int64(row, 2), now);
  if (sqlite3_column_int(row, 5) == 0)
    return true;
  return taker->dead != NULL &&
         taker->dead((const char *)sqlite3_column_text(row, 3), taker->user_data);
}

/* *id becomes that of the first task the taker may have, 0 when there is none. */
static bool
find_first(SqliteStore *self, const StoreTaker *taker, gint64 now, gint64 *id, bool *orphaned,
           GError **error) {
  g_autoptr(GHashTable) excluded = set_of(taker->excluded, taker->excluded_count);
  /* "state < 2", queued or running, in the very words of the index that holds only those. */
  sqlite3_stmt *row =
      db_prepare(self->db,
                 "SELECT id, state, due, owner, kind, state = 1 AND EXISTS"
                 " (SELECT 1 FROM local_lehrgaengeapi_lock AS held WHERE held.expires > ?1"
                 "  AND (held.owner = task.owner"
                 "       OR substr(held.owner, 1, length(task.owner) + 1) = task.owner || ' '))"
                 " FROM local_lehrgaengeapi_task AS task WHERE state < 2 ORDER BY id",
                 error);
  if (row == NULL)
    return false;
  db_bind(row, "i", now);
  int step;
  while ((step = db_step(self->db, row, error)) > 0) {
    if (!may_take(row, taker, excluded, now))
      continue;
    *id = sqlite3_column_int64(row, 0);
    *orphaned = sqlite3_column_int(row, 1) == TASK_RUNNING;
    sqlite3_reset(row);
    return true;
  }
  *id = 0;
  return step == 0;
}

static bool
take_first(SqliteStore *self, const StoreTaker *taker, gint64 now, StoreTask **task, bool *orphaned,
           GError **error) {
  gint64 id = 0;
  if (!store_check_text("the task's owner", taker->owner, STORE_MAX_KEY, error) ||
      !find_first(self, taker, now, &id, orphaned, error))
    return false;
  return id == 0 || (db_run(self->db, error,
                            "UPDATE local_lehrgaengeapi_task SET state = 1,"
                            " attempts = attempts + 1, owner = ?, timemodified = ? WHERE id = ?",
                            "sii", taker->owner, now, id) &&
                     sqlite_task_read(self, id, task, error));
}

bool
sqlite_queue_take(Store *store, const StoreTaker *taker, gint64 now, StoreTask **task,
                  bool *orphaned, GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  g_autoptr(StoreTask) found = NULL;
  bool was_running = false;
  if (!sqlite_durable_begin(self, &cause))
    return sqlite_failed(error, cause, "taking a task");
  bool ok = take_first(self, taker, now, &found, &was_running, &cause);
  if (!sqlite_durable_finish(self, ok, cause, "taking a task", error))
    return false;
  *task = g_steal_pointer(&found);
  *orphaned = was_running;
  return true;
}

bool
sqlite_queue_held(Store *store, gint64 id, const char *owner, bool *held, GError **error) {
  GError *cause = NULL;
  gint64 found = 0;
  if (!db_get_int(sqlite_store(store)->db, &found, 0, &cause,
                  "SELECT 1 FROM local_lehrgaengeapi_task WHERE id = ? AND state = 1 AND owner = ?",
                  "is", id, owner))
    return sqlite_failed(error, cause, "looking whose a task is");
  *held = found == 1;
  return true;
}

/* The earliest of the queued; few are open at any time, so all of them are looked at. */
static bool
find_next(SqliteStore *self, const char *const *kinds, gint64 *due, GError **error) {
  sqlite3_stmt *row = db_prepare(
      self->db, "SELECT kind, due FROM local_lehrgaengeapi_task WHERE state < 2 AND state = 0",
      error);
  if (row == NULL)
    return false;
  gint64 earliest = G_MAXINT64;
  int step;
  while ((step = db_step(self->db, row, error)) > 0) {
    if (is_of(kinds, (const char *)sqlite3_column_text(row, 0)))
      earliest = MIN(earliest, sqlite3_column_int64(row, 1));
  }
  *due = earliest;
  return step == 0;
}

bool
sqlite_queue_next(Store *store, const char *const *kinds, gint64 *due, GError **error) {
  GError *cause = NULL;
  return find_next(sqlite_store(store), kinds, due, &cause) ||
         sqlite_failed(error, cause, "looking when the next task is due");
}

/* ── ending ── */

/* Whether the statement before found the task running and its owner's. */
static bool
was_held(SqliteStore *self, gint64 id, const char *owner, GError **error) {
  if (db_changes(self->db) > 0)
    return true;
  g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_FOUND,
              "%s holds no task %" G_GINT64_FORMAT " that runs for %s", db_path(self->db), id,
              owner);
  return false;
}

bool
sqlite_queue_begin(Store *store, gint64 id, const char *owner, gint64 now, GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  if (!sqlite_durable_begin(self, &cause))
    return sqlite_failed(error, cause, "beginning a task");
  bool ok = db_run(self->db, &cause,
                   "UPDATE local_lehrgaengeapi_task SET begun = ?"
                   " WHERE id = ? AND state = 1 AND owner = ?",
                   "iis", now, id, owner) &&
            was_held(self, id, owner, &cause);
  return sqlite_durable_finish(self, ok, cause, "beginning a task", error);
}

static bool
end(SqliteStore *self, gint64 id, const char *owner, StoreTaskState state, gint64 due,
    const char *message, bool uncounted, gint64 now, GError **error) {
  g_autofree char *cut = NULL;
  if (state == TASK_RUNNING) {
    g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED,
                "a task cannot end as \"%s\"; give done, failed or queued",
                store_task_state_word(state));
    return false;
  }
  if (!db_run(self->db, error,
              "UPDATE local_lehrgaengeapi_task SET state = ?1, owner = '', error = ?2,"
              " due = CASE ?1 WHEN 0 THEN ?3 ELSE due END, timemodified = ?4,"
              " attempts = attempts - ?6 WHERE id = ?5 AND state = 1 AND owner = ?7",
              "isiiiis", (gint64)state, store_cut_reason(message, &cut), due, now, id,
              (gint64)uncounted, owner))
    return false;
  return was_held(self, id, owner, error);
}

bool
sqlite_queue_wait(Store *store, gint64 id, const char *owner, gint64 due, const char *message,
                  gint64 now, GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  if (!sqlite_durable_begin(self, &cause))
    return sqlite_failed(error, cause, "putting a task back");
  bool ok = end(self, id, owner, TASK_QUEUED, due, message, true, now, &cause);
  return sqlite_durable_finish(self, ok, cause, "putting a task back", error);
}

bool
sqlite_queue_end(Store *store, gint64 id, const char *owner, StoreTaskState state, gint64 due,
                 const char *message, gint64 now, GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  if (!sqlite_durable_begin(self, &cause))
    return sqlite_failed(error, cause, "ending a task");
  bool uncounted = state == TASK_QUEUED && message == NULL;
  bool ok = end(self, id, owner, state, due, message, uncounted, now, &cause);
  return sqlite_durable_finish(self, ok, cause, "ending a task", error);
}

/* ── asked for by an operator ── */

/* Whether the statement before found the task queued or failed. */
static bool
was_resting(SqliteStore *self, gint64 id, GError **error) {
  if (db_changes(self->db) > 0)
    return true;
  gint64 state = -1;
  if (!db_get_int(self->db, &state, -1, error,
                  "SELECT state FROM local_lehrgaengeapi_task WHERE id = ?", "i", id))
    return false;
  if (state < 0)
    g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_FOUND,
                "%s holds no task %" G_GINT64_FORMAT "; `tasks --all` lists those there are",
                db_path(self->db), id);
  else
    g_set_error(error, STORE_ERROR, STORE_ERROR_STATE,
                "task %" G_GINT64_FORMAT " is %s; only a task that is queued or failed can be "
                "tried again or taken out",
                id, state == TASK_RUNNING ? "running" : "done");
  return false;
}

bool
sqlite_queue_retry(Store *store, gint64 id, gint64 now, GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  if (!sqlite_durable_begin(self, &cause))
    return sqlite_failed(error, cause, "trying a task again");
  bool ok = db_run(self->db, &cause,
                   "UPDATE local_lehrgaengeapi_task SET state = 0, due = ?1, forgiven = attempts,"
                   " timemodified = ?1 WHERE id = ?2 AND state IN (0, 3)",
                   "ii", now, id) &&
            was_resting(self, id, &cause);
  return sqlite_durable_finish(self, ok, cause, "trying a task again", error);
}

bool
sqlite_queue_cancel(Store *store, gint64 id, const char *message, gint64 now, GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  g_autofree char *cut = NULL;
  if (!sqlite_durable_begin(self, &cause))
    return sqlite_failed(error, cause, "taking a task out");
  bool ok = db_run(self->db, &cause,
                   "UPDATE local_lehrgaengeapi_task SET state = 3, error = ?, timemodified = ?"
                   " WHERE id = ? AND state IN (0, 3)",
                   "sii", store_cut_reason(message, &cut), now, id) &&
            was_resting(self, id, &cause);
  return sqlite_durable_finish(self, ok, cause, "taking a task out", error);
}
