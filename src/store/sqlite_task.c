/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sqlite_private.h"

#define TASK_COLUMNS                                                                               \
  "id, kind, subject, state, attempts, due, owner, error, timecreated, timemodified, payload, "    \
  "begun"

static StoreTask *
read_row(sqlite3_stmt *row) {
  StoreTask *task = g_new0(StoreTask, 1);
  task->id = sqlite3_column_int64(row, 0);
  task->kind = sqlite_text(row, 1);
  task->subject = sqlite_text(row, 2);
  task->state = (StoreTaskState)sqlite3_column_int(row, 3);
  task->attempts = (guint)sqlite3_column_int64(row, 4);
  task->due = sqlite3_column_int64(row, 5);
  task->owner = sqlite_text(row, 6);
  task->error = sqlite_text(row, 7);
  task->timecreated = sqlite3_column_int64(row, 8);
  task->timemodified = sqlite3_column_int64(row, 9);
  task->payload = sqlite_text(row, 10);
  task->begun = sqlite3_column_int64(row, 11);
  return task;
}

/* ── adding ── */

static bool
add(SqliteStore *self, const StoreTask *task, gint64 now, gint64 *id, GError **error) {
  return store_check_text("the task's kind", task->kind, STORE_MAX_KEY, error) &&
         store_check_text("the task's subject", task->subject, STORE_MAX_KEY, error) &&
         store_check_text("the task's payload", task->payload, STORE_MAX_PROGRESS, error) &&
         db_run(self->db, error,
                "INSERT INTO local_lehrgaengeapi_task"
                " (kind, subject, payload, due, timecreated, timemodified)"
                " VALUES (?1, ?2, ifnull(?3, ''), ?4, ?5, ?5)"
                " ON CONFLICT (kind, subject) DO NOTHING",
                "sssii", task->kind, task->subject, task->payload, task->due, now) &&
         db_get_int(self->db, id, 0, error,
                    "SELECT id FROM local_lehrgaengeapi_task WHERE kind = ? AND subject = ?", "ss",
                    task->kind, task->subject);
}

bool
sqlite_task_add(Store *store, const StoreTask *task, gint64 now, gint64 *id, GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  if (!db_begin(self->db, &cause))
    return sqlite_failed(error, cause, "adding a task");
  bool ok = add(self, task, now, id, &cause);
  return sqlite_finish(self, ok, cause, "adding a task", error);
}

/* ── taking ── */

typedef struct {
  const char *owner;
  gint64 now;
  StoreOwnerDeadFunc dead;
  gpointer user_data;
  GHashTable *excluded; /* gint64 *, borrowed */
} Taker;

static GHashTable *
set_of(const gint64 *ids, guint count) {
  GHashTable *set = g_hash_table_new(g_int64_hash, g_int64_equal);
  for (guint i = 0; i < count; i++)
    g_hash_table_add(set, (gpointer)&ids[i]);
  return set;
}

static bool
may_take(sqlite3_stmt *row, const Taker *taker) {
  gint64 id = sqlite3_column_int64(row, 0);
  if (g_hash_table_contains(taker->excluded, &id))
    return false;
  if (sqlite3_column_int(row, 1) == TASK_QUEUED)
    return sqlite3_column_int64(row, 2) <= taker->now;
  return taker->dead != NULL &&
         taker->dead((const char *)sqlite3_column_text(row, 3), taker->user_data);
}

/* *id becomes that of the first task the taker may have, 0 when there is none. */
static bool
find_first(SqliteStore *self, const Taker *taker, gint64 *id, bool *orphaned, GError **error) {
  /* "state < 2", queued or running, in the very words of the index that holds only those. */
  sqlite3_stmt *row = db_prepare(
      self->db,
      "SELECT id, state, due, owner FROM local_lehrgaengeapi_task WHERE state < 2 ORDER BY id",
      error);
  if (row == NULL)
    return false;
  int step;
  while ((step = db_step(self->db, row, error)) > 0) {
    if (!may_take(row, taker))
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
read_task(SqliteStore *self, gint64 id, StoreTask **task, GError **error) {
  sqlite3_stmt *row = db_prepare(
      self->db, "SELECT " TASK_COLUMNS " FROM local_lehrgaengeapi_task WHERE id = ?", error);
  if (row == NULL)
    return false;
  db_bind(row, "i", id);
  int step = db_step(self->db, row, error);
  if (step > 0) {
    *task = read_row(row);
    sqlite3_reset(row);
  }
  return step >= 0;
}

static bool
take_first(SqliteStore *self, const Taker *taker, StoreTask **task, bool *orphaned,
           GError **error) {
  gint64 id = 0;
  if (!store_check_text("the task's owner", taker->owner, STORE_MAX_KEY, error) ||
      !find_first(self, taker, &id, orphaned, error))
    return false;
  return id == 0 || (db_run(self->db, error,
                            "UPDATE local_lehrgaengeapi_task SET state = 1,"
                            " attempts = attempts + 1, owner = ?, timemodified = ? WHERE id = ?",
                            "sii", taker->owner, taker->now, id) &&
                     read_task(self, id, task, error));
}

bool
sqlite_task_take(Store *store, const char *owner, gint64 now, StoreOwnerDeadFunc dead,
                 gpointer user_data, const gint64 *excluded, guint excluded_count, StoreTask **task,
                 bool *orphaned, GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  g_autoptr(GHashTable) set = set_of(excluded, excluded_count);
  g_autoptr(StoreTask) found = NULL;
  bool was_running = false;
  Taker taker = { owner, now, dead, user_data, set };
  if (!sqlite_durable_begin(self, &cause))
    return sqlite_failed(error, cause, "taking a task");
  bool ok = take_first(self, &taker, &found, &was_running, &cause);
  if (!sqlite_durable_finish(self, ok, cause, "taking a task", error))
    return false;
  *task = g_steal_pointer(&found);
  *orphaned = was_running;
  return true;
}

/* ── ending ── */

/* Whether the statement before found a running task. */
static bool
was_running(SqliteStore *self, gint64 id, GError **error) {
  if (db_changes(self->db) > 0)
    return true;
  g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_FOUND,
              "%s holds no running task %" G_GINT64_FORMAT, db_path(self->db), id);
  return false;
}

bool
sqlite_task_begin(Store *store, gint64 id, gint64 now, GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  if (!sqlite_durable_begin(self, &cause))
    return sqlite_failed(error, cause, "beginning a task");
  bool ok = db_run(self->db, &cause,
                   "UPDATE local_lehrgaengeapi_task SET begun = ?2 WHERE id = ?1 AND state = 1",
                   "ii", id, now) &&
            was_running(self, id, &cause);
  return sqlite_durable_finish(self, ok, cause, "beginning a task", error);
}

static bool
end(SqliteStore *self, gint64 id, StoreTaskState state, gint64 due, const char *message,
    bool uncounted, gint64 now, GError **error) {
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
              " attempts = attempts - ?6 WHERE id = ?5 AND state = 1",
              "isiiii", (gint64)state, store_cut_reason(message, &cut), due, now, id,
              (gint64)uncounted))
    return false;
  return was_running(self, id, error);
}

bool
sqlite_task_wait(Store *store, gint64 id, gint64 due, const char *message, gint64 now,
                 GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  if (!sqlite_durable_begin(self, &cause))
    return sqlite_failed(error, cause, "putting a task back");
  bool ok = end(self, id, TASK_QUEUED, due, message, true, now, &cause);
  return sqlite_durable_finish(self, ok, cause, "putting a task back", error);
}

bool
sqlite_task_end(Store *store, gint64 id, StoreTaskState state, gint64 due, const char *message,
                gint64 now, GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  if (!sqlite_durable_begin(self, &cause))
    return sqlite_failed(error, cause, "ending a task");
  bool uncounted = state == TASK_QUEUED && message == NULL;
  bool ok = end(self, id, state, due, message, uncounted, now, &cause);
  return sqlite_durable_finish(self, ok, cause, "ending a task", error);
}

/* ── reading ── */

static GPtrArray *
read_rows(SqliteStore *self, bool unfinished, guint limit, GError **error) {
  sqlite3_stmt *row = db_prepare(self->db,
                                 "SELECT " TASK_COLUMNS " FROM local_lehrgaengeapi_task"
                                 " WHERE (NOT ? OR state <> 2) ORDER BY id LIMIT ?",
                                 error);
  if (row == NULL)
    return NULL;
  db_bind(row, "ii", (gint64)unfinished, limit == 0 ? (gint64)-1 : (gint64)limit);
  g_autoptr(GPtrArray) tasks = g_ptr_array_new_with_free_func((GDestroyNotify)store_task_free);
  int step;
  while ((step = db_step(self->db, row, error)) > 0)
    g_ptr_array_add(tasks, read_row(row));
  return step < 0 ? NULL : g_steal_pointer(&tasks);
}

GPtrArray *
sqlite_task_list(Store *store, bool unfinished, guint limit, GError **error) {
  GError *cause = NULL;
  GPtrArray *tasks = read_rows(sqlite_store(store), unfinished, limit, &cause);
  if (tasks == NULL)
    sqlite_failed(error, cause, "reading the tasks");
  return tasks;
}

bool
sqlite_task_find(Store *store, const char *kind, const char *subject, StoreTask **task,
                 GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  gint64 id = 0;
  *task = NULL;
  bool ok = db_get_int(self->db, &id, 0, &cause,
                       "SELECT id FROM local_lehrgaengeapi_task WHERE kind = ? AND subject = ?",
                       "ss", kind, subject) &&
            (id == 0 || read_task(self, id, task, &cause));
  return ok || sqlite_failed(error, cause, "looking for a task");
}
