/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/postgres.h"

#include "store/postgres_migrate.h"
#include "store/postgres_private.h"

char *
postgres_text(const PGresult *result, int row, int column) {
  return g_strdup(PQgetvalue(result, row, column));
}

const char *
postgres_now(const PostgresStore *self, gint64 now, char *room) {
  if ((self->flags & STORE_POSTGRES_SERVER_TIME) != 0)
    return NULL;
  g_snprintf(room, POSTGRES_NOW_ROOM, "%" G_GINT64_FORMAT, now);
  return room;
}

/* ── transactions ──
 * Within an open one there is always a savepoint before the next slot, so that a slot which fails
 * takes nothing along; one that wrote moves it behind itself. */

#define BEGIN "BEGIN ISOLATION LEVEL READ COMMITTED"
#define MARK "SAVEPOINT slot"

static bool
fail_open(const PostgresStore *self, StoreError code, const char *words, GError **error) {
  g_set_error(error, STORE_ERROR, (int)code, "%s: %s", postgres_conn_name(self->conn), words);
  return false;
}

/* Outside a transaction: a connection that works, and nothing left in doubt. */
static bool
make_ready(PostgresStore *self, GError **error) {
  return postgres_conn_ready(self->conn, error) &&
         (self->doubt.id == 0 || postgres_queue_settle_doubt(self, error));
}

static bool
begin(Store *store, bool durable, GError **error) {
  PostgresStore *self = postgres_store(store);
  if (self->open || self->doing != NULL)
    return fail_open(self, STORE_ERROR_FAILED, "a transaction is open already", error);
  const char *sql = durable ? BEGIN ";" MARK : BEGIN "; SET LOCAL synchronous_commit TO off;" MARK;
  if (!make_ready(self, error) || !postgres_conn_exec(self->conn, sql, error)) {
    g_prefix_error(error, "beginning to write to the store: ");
    return false;
  }
  self->open = true;
  self->durable = durable;
  self->undone = false;
  return true;
}

/* Ends a transaction that is not to be kept; with a broken connection the server does so. */
static void
undo(PostgresStore *self) {
  if (postgres_conn_alive(self->conn))
    postgres_conn_exec(self->conn, "ROLLBACK", NULL);
}

static void
rollback(Store *store) {
  PostgresStore *self = postgres_store(store);
  if (!self->open)
    return;
  self->open = false;
  undo(self);
}

static bool
check_open(const PostgresStore *self, GError **error) {
  return (!self->undone && postgres_conn_alive(self->conn)) ||
         fail_open(self, STORE_ERROR_UNAVAILABLE,
                   "the connection broke within the transaction; nothing of it was written", error);
}

static bool
commit(Store *store, GError **error) {
  PostgresStore *self = postgres_store(store);
  if (!self->open)
    return fail_open(self, STORE_ERROR_FAILED, "no transaction is open", error);
  if (check_open(self, error) && postgres_conn_commit(self->conn, error)) {
    self->open = false;
    return true;
  }
  rollback(store);
  g_prefix_error(error, "writing to the store: ");
  return false;
}

/* ── slots ── */

static bool
enter_open(const PostgresStore *self, PostgresScope scope, GError **error) {
  if (scope == POSTGRES_DURABLE && !self->durable)
    return fail_open(self, STORE_ERROR_FAILED,
                     "this must reach the disk, but the open transaction was begun without that",
                     error);
  return check_open(self, error);
}

static bool
enter_alone(PostgresStore *self, PostgresScope scope, GError **error) {
  static const char *const begins[] = {
    [POSTGRES_VIEW] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    [POSTGRES_WRITE] = BEGIN,
    [POSTGRES_DURABLE] = BEGIN,
  };
  const char *sql = begins[scope];
  self->alone = sql != NULL;
  return make_ready(self, error) && (sql == NULL || postgres_conn_exec(self->conn, sql, error));
}

bool
postgres_enter(PostgresStore *self, PostgresScope scope, const char *doing, GError **error) {
  if (self->doing != NULL)
    return fail_open(self, STORE_ERROR_FAILED, "the store was used while it calls back", error);
  self->alone = false;
  self->wrote = scope != POSTGRES_LOOK && scope != POSTGRES_VIEW;
  if (self->open ? enter_open(self, scope, error) : enter_alone(self, scope, error)) {
    self->doing = doing;
    return true;
  }
  g_prefix_error(error, "%s: ", doing);
  return false;
}

static bool
leave_open(PostgresStore *self, bool ok, GError **error) {
  if (ok && !self->wrote)
    return true;
  const char *sql = ok ? "RELEASE " MARK ";" MARK : "ROLLBACK TO " MARK;
  if (check_open(self, error) && postgres_conn_exec(self->conn, sql, error))
    return ok;
  self->undone = true;
  return false;
}

static bool
leave_alone(PostgresStore *self, bool ok, GError **error) {
  if (!self->alone || (ok && postgres_conn_commit(self->conn, error)))
    return ok;
  undo(self);
  return false;
}

bool
postgres_leave(PostgresStore *self, bool ok, GError *cause, GError **error) {
  const char *doing = g_steal_pointer(&self->doing);
  GError **into = ok ? &cause : NULL; /* the first cause counts */
  if (self->open ? leave_open(self, ok, into) : leave_alone(self, ok, into))
    return true;
  g_propagate_prefixed_error(error, cause, "%s: ", doing);
  return false;
}

/* ── opening ── */

static void
close_store(Store *store) {
  PostgresStore *self = postgres_store(store);
  postgres_conn_close(self->conn); /* the server undoes what is open */
  g_free(self->doubt.owner);
  g_free(self);
}

static const char *
describe(Store *store) {
  return postgres_conn_name(postgres_store(store)->conn);
}

static const StoreClass postgres_class = {
  .free = close_store,
  .describe = describe,
  .begin = begin,
  .commit = commit,
  .rollback = rollback,
  .access = &postgres_access,
  .run_begin = postgres_run_begin,
  .run_progress = postgres_run_progress,
  .run_end = postgres_run_end,
  .run_list = postgres_history_list,
  .run_get = postgres_history_get,
  .run_find = postgres_history_find,
  .run_head = postgres_history_head,
  .run_totals = postgres_run_totals,
  .run_counts = postgres_run_counts,
  .run_reap = postgres_run_reap,
  .tenant_success_set = postgres_tenant_success_set,
  .tenant_success_get = postgres_tenant_success_get,
  .tenant_failure_set = postgres_tenant_failure_set,
  .tenant_read = postgres_tenant_read,
  .coursemap_get = postgres_map_course_get,
  .coursemap_of_course = postgres_map_course_of,
  .coursemap_put = postgres_map_course_put,
  .usermap_get = postgres_map_user_get,
  .usermap_knows = postgres_map_user_knows,
  .usermap_put = postgres_map_user_put,
  .journal_intend = postgres_journal_intend,
  .journal_settle = postgres_journal_settle,
  .journal_read = postgres_journal_read,
  .task_add = postgres_task_add,
  .task_take = postgres_queue_take,
  .task_held = postgres_queue_held,
  .task_begin = postgres_queue_begin,
  .task_end = postgres_queue_end,
  .task_wait = postgres_queue_wait,
  .task_retry = postgres_queue_retry,
  .task_cancel = postgres_queue_cancel,
  .task_next = postgres_queue_next,
  .task_counts = postgres_task_counts,
  .task_list = postgres_task_list,
  .task_find = postgres_task_find,
  .lock_take = postgres_lock_take,
  .lock_renew = postgres_lock_renew,
  .lock_drop = postgres_lock_drop,
  .lock_get = postgres_lock_get,
  .schedule_get = postgres_schedule_get,
  .schedule_put = postgres_schedule_put,
  .table_read = postgres_table_read,
  .table_write = postgres_table_write,
  .table_renumber = postgres_table_renumber,
  .table_next = postgres_table_next,
};

Store *
store_postgres_open_flags(const char *url, StorePostgresFlags flags, GError **error) {
  g_autoptr(PostgresConn) conn = postgres_conn_open(url, error);
  if (conn == NULL ||
      !postgres_migrate(conn, postgres_migrations, postgres_migrations_count, error)) {
    g_prefix_error(error, "opening the store: ");
    return NULL;
  }
  PostgresStore *self = g_new0(PostgresStore, 1);
  self->base.class = &postgres_class;
  self->conn = g_steal_pointer(&conn);
  self->flags = flags;
  return &self->base;
}

Store *
store_postgres_open(const char *url, GError **error) {
  return store_postgres_open_flags(url, STORE_POSTGRES_SERVER_TIME, error);
}
