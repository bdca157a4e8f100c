/* Adding and reading tasks; postgres_queue.c is what happens to them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/postgres_private.h"

#include <string.h>

#define ADD_TRIES 10 /* each fails only when another node adds the same at the same time */

StoreTask *
postgres_task_of_row(const PGresult *row) {
  StoreTask *task = g_new0(StoreTask, 1);
  task->id = postgres_conn_int(row, 0, 0);
  task->kind = postgres_text(row, 0, 1);
  task->subject = postgres_text(row, 0, 2);
  task->state = (StoreTaskState)postgres_conn_int(row, 0, 3);
  task->attempts = (guint)postgres_conn_int(row, 0, 4);
  task->due = postgres_conn_int(row, 0, 5);
  task->owner = postgres_text(row, 0, 6);
  task->error = postgres_text(row, 0, 7);
  task->timecreated = postgres_conn_int(row, 0, 8);
  task->timemodified = postgres_conn_int(row, 0, 9);
  task->payload = postgres_text(row, 0, 10);
  task->begun = postgres_conn_int(row, 0, 11);
  task->forgiven = (guint)postgres_conn_int(row, 0, 12);
  return task;
}

/* ── adding ── */

static bool
find_or_insert(PostgresStore *self, const StoreTask *task, gint64 now, gint64 *id, GError **error) {
  return postgres_conn_get(self->conn, id, 0, error,
                           "SELECT id FROM local_lehrgaengeapi_task"
                           " WHERE kind = $1 AND subject = $2",
                           "ss", task->kind, task->subject) &&
         (*id != 0 ||
          postgres_conn_get(self->conn, id, 0, error,
                            "INSERT INTO local_lehrgaengeapi_task"
                            " (kind, subject, payload, due, timecreated, timemodified)"
                            " VALUES ($1, $2, coalesce($3, ''), $4, $5::bigint,"
                            " $5::bigint)"
                            " ON CONFLICT (kind, subject) DO NOTHING RETURNING id",
                            "sssii", task->kind, task->subject, task->payload, task->due, now));
}

static bool
add(PostgresStore *self, const StoreTask *task, gint64 now, gint64 *id, GError **error) {
  if (!store_check_text("the task's kind", task->kind, STORE_MAX_KEY, error) ||
      !store_check_text("the task's subject", task->subject, STORE_MAX_KEY, error) ||
      !store_check_text("the task's payload", task->payload, STORE_MAX_PROGRESS, error))
    return false;
  for (guint i = 0; i < ADD_TRIES; i++) {
    if (!find_or_insert(self, task, now, id, error))
      return false;
    if (*id != 0)
      return true;
  }
  g_set_error(error, STORE_ERROR, STORE_ERROR_UNAVAILABLE,
              "%s: another node adds and removes the task at the same time",
              postgres_conn_name(self->conn));
  return false;
}

bool
postgres_task_add(Store *store, const StoreTask *task, gint64 now, gint64 *id, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  gint64 found = 0;
  if (!postgres_enter(self, POSTGRES_WRITE, "adding a task", error))
    return false;
  bool ok = add(self, task, now, &found, &cause);
  if (!postgres_leave(self, ok, cause, error))
    return false;
  *id = found;
  return true;
}

/* ── reading ── */

static bool
add_row(const PGresult *row, gpointer user_data) {
  g_ptr_array_add(user_data, postgres_task_of_row(row));
  return true;
}

GPtrArray *
postgres_task_list(Store *store, bool unfinished, guint limit, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_VIEW, "reading the tasks", error))
    return NULL;
  g_autoptr(GPtrArray) tasks = g_ptr_array_new_with_free_func((GDestroyNotify)store_task_free);
  bool ok = postgres_conn_each(self->conn, add_row, tasks, &cause,
                               "SELECT " POSTGRES_TASK_COLUMNS " FROM local_lehrgaengeapi_task"
                               " WHERE ($1::bigint = 0 OR state <> 2) ORDER BY id"
                               " LIMIT nullif($2::bigint, 0)",
                               "ii", (gint64)unfinished, (gint64)limit);
  return postgres_leave(self, ok, cause, error) ? g_steal_pointer(&tasks) : NULL;
}

bool
postgres_task_find(Store *store, const char *kind, const char *subject, StoreTask **task,
                   GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  *task = NULL;
  if (!postgres_enter(self, POSTGRES_LOOK, "looking for a task", error))
    return false;
  g_autoptr(PGresult) found =
      postgres_conn_ask(self->conn, &cause,
                        "SELECT " POSTGRES_TASK_COLUMNS " FROM local_lehrgaengeapi_task"
                        " WHERE kind = $1 AND subject = $2",
                        "ss", kind, subject);
  if (PQntuples(found) > 0)
    *task = postgres_task_of_row(found);
  return postgres_leave(self, found != NULL, cause, error);
}

static void
give_counts(const PGresult *found, StoreTaskCountFunc each, gpointer user_data) {
  int rows = PQntuples(found);
  for (int row = 0, next; row < rows; row = next) {
    const char *kind = postgres_conn_text(found, row, 0);
    gint64 counts[TASK_STATES] = { 0 };
    for (next = row; next < rows && strcmp(postgres_conn_text(found, next, 0), kind) == 0; next++) {
      gint64 state = postgres_conn_int(found, next, 1);
      if (state >= 0 && state < TASK_STATES)
        counts[state] = postgres_conn_int(found, next, 2);
    }
    each(kind, counts, user_data);
  }
}

bool
postgres_task_counts(Store *store, StoreTaskCountFunc each, gpointer user_data, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_LOOK, "counting the tasks", error))
    return false;
  g_autoptr(PGresult) found =
      postgres_conn_ask(self->conn, &cause,
                        "SELECT kind, state, count(*) FROM local_lehrgaengeapi_task"
                        " GROUP BY kind, state ORDER BY kind",
                        "");
  if (found != NULL)
    give_counts(found, each, user_data);
  return postgres_leave(self, found != NULL, cause, error);
}
