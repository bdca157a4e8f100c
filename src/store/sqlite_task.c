/* Adding and reading tasks; sqlite_queue.c is what happens to them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sqlite_private.h"

#include <string.h>

#define TASK_COLUMNS                                                                               \
  "id, kind, subject, state, attempts, due, owner, error, timecreated, timemodified, payload, "    \
  "begun, forgiven"

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
  task->forgiven = (guint)sqlite3_column_int64(row, 12);
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

/* ── reading ── */

bool
sqlite_task_read(SqliteStore *self, gint64 id, StoreTask **task, GError **error) {
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
            (id == 0 || sqlite_task_read(self, id, task, &cause));
  return ok || sqlite_failed(error, cause, "looking for a task");
}

static bool
count_rows(SqliteStore *self, StoreTaskCountFunc each, gpointer user_data, GError **error) {
  sqlite3_stmt *row = db_prepare(self->db,
                                 "SELECT kind, state, count(*) FROM local_lehrgaengeapi_task"
                                 " GROUP BY kind, state ORDER BY kind",
                                 error);
  if (row == NULL)
    return false;
  g_autofree char *kind = NULL;
  gint64 counts[TASK_STATES] = { 0 };
  int step;
  while ((step = db_step(self->db, row, error)) > 0) {
    const char *next = (const char *)sqlite3_column_text(row, 0);
    if (kind == NULL || strcmp(kind, next) != 0) {
      if (kind != NULL)
        each(kind, counts, user_data);
      memset(counts, 0, sizeof counts);
      g_free(kind);
      kind = g_strdup(next);
    }
    gint64 state = sqlite3_column_int64(row, 1);
    if (state >= 0 && state < TASK_STATES)
      counts[state] = sqlite3_column_int64(row, 2);
  }
  if (step == 0 && kind != NULL)
    each(kind, counts, user_data);
  return step == 0;
}

bool
sqlite_task_counts(Store *store, StoreTaskCountFunc each, gpointer user_data, GError **error) {
  GError *cause = NULL;
  return count_rows(sqlite_store(store), each, user_data, &cause) ||
         sqlite_failed(error, cause, "counting the tasks");
}
