/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sqlite.h"

#include "base/clock.h"
#include "store/sqlite_migrate.h"
#include "store/sqlite_private.h"

/* Pages the write-ahead log collects (32 MiB) before they are put into the file. A slice of the
 * journal, which comes back with its outcomes, would with SQLite's 1,000 be put away, waiting for
 * the disk twice, every few slices. */
#define LOG_PAGES "8000"

static StoreError
store_code(const GError *cause) {
  if (cause->domain == STORE_ERROR)
    return (StoreError)cause->code;
  if (g_error_matches(cause, DB_ERROR, DB_ERROR_BUSY) ||
      g_error_matches(cause, DB_ERROR, DB_ERROR_FULL))
    return STORE_ERROR_UNAVAILABLE;
  return STORE_ERROR_FAILED;
}

bool
sqlite_failed(GError **error, GError *cause, const char *doing) {
  g_set_error(error, STORE_ERROR, store_code(cause), "%s: %s", doing, cause->message);
  g_error_free(cause);
  return false;
}

bool
sqlite_finish(SqliteStore *self, bool ok, GError *cause, const char *doing, GError **error) {
  if (!ok)
    db_rollback(self->db);
  else if (db_commit(self->db, &cause))
    return true;
  return sqlite_failed(error, cause, doing);
}

char *
sqlite_text(sqlite3_stmt *statement, int column) {
  const char *text = (const char *)sqlite3_column_text(statement, column);
  return g_strdup(text == NULL ? "" : text);
}

/* A savepoint outside a transaction begins a reading one, which BEGIN IMMEDIATE would not be. */
bool
sqlite_read_begin(SqliteStore *self, GError **error) {
  return db_exec(self->db, "SAVEPOINT store_read", error);
}

void
sqlite_read_end(SqliteStore *self) {
  db_exec(self->db, "RELEASE store_read", NULL);
}

/* ── transactions ── */

static void
leave(SqliteStore *self) {
  if (self->durable)
    db_set_durable(self->db, false, NULL);
  self->open = self->durable = false;
}

static bool
begin(Store *store, bool durable, GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  if (self->open) {
    g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED, "%s: a transaction is open already",
                self->description);
    return false;
  }
  if (durable && !db_set_durable(self->db, true, &cause))
    return sqlite_failed(error, cause, "beginning to write to the store");
  self->durable = durable;
  if (!db_begin(self->db, &cause)) {
    leave(self);
    return sqlite_failed(error, cause, "beginning to write to the store");
  }
  self->open = true;
  return true;
}

static void
rollback(Store *store) {
  SqliteStore *self = sqlite_store(store);
  if (!self->open)
    return;
  db_rollback(self->db);
  leave(self);
}

static bool
commit(Store *store, GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  if (!self->open) {
    g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED, "%s: no transaction is open",
                self->description);
    return false;
  }
  bool ok = db_commit(self->db, &cause);
  leave(self);
  return ok || sqlite_failed(error, cause, "writing to the store");
}

bool
sqlite_durable_begin(SqliteStore *self, GError **error) {
  if (self->open && !self->durable) {
    g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED,
                "%s: this must reach the disk, but the open transaction was begun without that",
                self->description);
    return false;
  }
  if (!db_set_durable(self->db, true, error))
    return false;
  if (db_begin(self->db, error))
    return true;
  if (!self->open)
    db_set_durable(self->db, false, NULL);
  return false;
}

bool
sqlite_durable_finish(SqliteStore *self, bool ok, GError *cause, const char *doing,
                      GError **error) {
  bool done = sqlite_finish(self, ok, cause, doing, error);
  if (!self->open)
    db_set_durable(self->db, false, NULL);
  return done;
}

bool
sqlite_lasting_begin(SqliteStore *self, GError **error) {
  return self->open ? db_begin(self->db, error) : sqlite_durable_begin(self, error);
}

/* ── opening ── */

static void
close_store(Store *store) {
  SqliteStore *self = sqlite_store(store);
  db_close(self->db); /* undoes what is open */
  g_free(self->description);
  g_free(self);
}

static const char *
describe(Store *store) {
  return sqlite_store(store)->description;
}

static const StoreClass sqlite_class = {
  .free = close_store,
  .describe = describe,
  .begin = begin,
  .commit = commit,
  .rollback = rollback,
  .access = &sqlite_access,
  .run_begin = sqlite_run_begin,
  .run_progress = sqlite_run_progress,
  .run_end = sqlite_run_end,
  .run_list = sqlite_history_list,
  .run_get = sqlite_history_get,
  .run_find = sqlite_history_find,
  .run_head = sqlite_history_head,
  .run_totals = sqlite_run_totals,
  .run_counts = sqlite_run_counts,
  .run_reap = sqlite_run_reap,
  .tenant_success_set = sqlite_tenant_success_set,
  .tenant_success_get = sqlite_tenant_success_get,
  .tenant_failure_set = sqlite_tenant_failure_set,
  .tenant_read = sqlite_tenant_read,
  .coursemap_get = sqlite_map_course_get,
  .coursemap_of_course = sqlite_map_course_of,
  .coursemap_put = sqlite_map_course_put,
  .usermap_get = sqlite_map_user_get,
  .usermap_knows = sqlite_map_user_knows,
  .usermap_put = sqlite_map_user_put,
  .journal_intend = sqlite_journal_intend,
  .journal_settle = sqlite_journal_settle,
  .journal_read = sqlite_journal_read,
  .task_add = sqlite_task_add,
  .task_take = sqlite_queue_take,
  .task_held = sqlite_queue_held,
  .task_begin = sqlite_queue_begin,
  .task_end = sqlite_queue_end,
  .task_wait = sqlite_queue_wait,
  .task_retry = sqlite_queue_retry,
  .task_cancel = sqlite_queue_cancel,
  .task_next = sqlite_queue_next,
  .task_counts = sqlite_task_counts,
  .task_list = sqlite_task_list,
  .task_find = sqlite_task_find,
  .lock_take = sqlite_lock_take,
  .lock_renew = sqlite_lock_renew,
  .lock_drop = sqlite_lock_drop,
  .lock_get = sqlite_lock_get,
  .schedule_get = sqlite_schedule_get,
  .schedule_put = sqlite_schedule_put,
  .table_read = sqlite_table_read,
  .table_write = sqlite_table_write,
  .table_renumber = sqlite_table_renumber,
  .table_next = sqlite_table_next,
};

Store *
store_sqlite_open(const char *path, GError **error) {
  GError *cause = NULL;
  g_autoptr(Db) db = db_open(path, DB_CREATE, &cause);
  if (db == NULL || !db_exec(db, "PRAGMA wal_autocheckpoint=" LOG_PAGES, &cause) ||
      !sqlite_migrate(db, sqlite_migrations, sqlite_migrations_count, clock_now(clock_system()),
                      &cause)) {
    sqlite_failed(error, cause, "opening the store");
    return NULL;
  }
  SqliteStore *self = g_new0(SqliteStore, 1);
  g_autofree char *name = g_path_get_basename(path);
  self->base.class = &sqlite_class;
  self->db = g_steal_pointer(&db);
  self->description = g_strdup_printf("SQLite %s", name);
  return &self->base;
}
