/* Looking at runs: one, or those that a filter lets through. Nothing here but
 * postgres_history_get() touches a summary, which the server keeps aside.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/postgres_private.h"

#define RUN_COLUMNS                                                                                \
  "id, year, status, triggeredby, timestarted, timeended, owner, tenants, task, totals, progress"
#define SUMMARY 11 /* the column after these */

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
  run->task = postgres_conn_int(row, 0, 8);
  run->totals = postgres_text(row, 0, 9);
  run->progress = postgres_text(row, 0, 10);
  run->summary = PQnfields(row) > SUMMARY ? postgres_text(row, 0, SUMMARY) : g_strdup("");
  return g_steal_pointer(&run);
}

/* ── one ── */

static StoreRun *
read_one(PostgresStore *self, const char *sql, gint64 id, GError **error) {
  g_autoptr(PGresult) row = postgres_conn_ask(self->conn, error, sql, "i", id);
  if (row == NULL)
    return NULL;
  if (PQntuples(row) == 0) {
    postgres_run_not_found(self, id, error);
    return NULL;
  }
  return read_row(self, row, error);
}

static StoreRun *
look_at(Store *store, const char *sql, gint64 id, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_LOOK, "reading a run", error))
    return NULL;
  g_autoptr(StoreRun) run = read_one(self, sql, id, &cause);
  return postgres_leave(self, run != NULL, cause, error) ? g_steal_pointer(&run) : NULL;
}

StoreRun *
postgres_history_get(Store *store, gint64 id, GError **error) {
  return look_at(
      store, "SELECT " RUN_COLUMNS ", summary FROM local_lehrgaengeapi_import_run WHERE id = $1",
      id, error);
}

StoreRun *
postgres_history_head(Store *store, gint64 id, GError **error) {
  return look_at(store, "SELECT " RUN_COLUMNS " FROM local_lehrgaengeapi_import_run WHERE id = $1",
                 id, error);
}

/* ── many ── */

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
  g_ptr_array_add(listing->runs, run);
  return true;
}

#define FIND(order)                                                                                \
  "SELECT * FROM (SELECT " RUN_COLUMNS " FROM local_lehrgaengeapi_import_run"                      \
  " WHERE ($1::bigint = 0 OR id > $1) AND ($2::bigint = 0 OR id < $2)"                             \
  " AND ($3::text IS NULL OR status = $3) AND ($4::bigint < 0 OR year = $4)"                       \
  " AND ($5::bigint = 0 OR (task = $5 AND task <> 0))"                                             \
  " AND ($6::text[] IS NULL OR tenants = '' OR string_to_array(tenants, ',') && $6)"               \
  " ORDER BY id " order " LIMIT nullif($7::bigint, 0)) AS found ORDER BY id DESC"

/* NULL: any tenant. */
static GString *
array_of(const char *const *tenants) {
  if (tenants == NULL)
    return NULL;
  GString *array = postgres_array_new();
  for (; *tenants != NULL; tenants++)
    postgres_array_add_text(array, *tenants);
  return array;
}

static bool
read_rows(Listing *listing, const StoreRunFilter *filter, GError **error) {
  g_autoptr(GString) tenants = array_of(filter->tenants);
  if (!postgres_conn_each(
          listing->self->conn, add_run, listing, error,
          filter->after != 0 ? FIND("ASC") : FIND("DESC"), "iisiisi", filter->after, filter->before,
          filter->status < 0 ? NULL : run_status_word((RunStatus)filter->status),
          (gint64)filter->year, filter->task, tenants == NULL ? NULL : postgres_array_end(tenants),
          (gint64)filter->limit)) {
    g_clear_error(&listing->failure);
    return false;
  }
  if (listing->failure != NULL)
    g_propagate_error(error, g_steal_pointer(&listing->failure));
  return *error == NULL;
}

GPtrArray *
postgres_history_find(Store *store, const StoreRunFilter *filter, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_VIEW, "reading the runs", error))
    return NULL;
  g_autoptr(GPtrArray) runs = g_ptr_array_new_with_free_func((GDestroyNotify)store_run_free);
  Listing listing = { .self = self, .runs = runs };
  bool ok = read_rows(&listing, filter, &cause);
  return postgres_leave(self, ok, cause, error) ? g_steal_pointer(&runs) : NULL;
}

GPtrArray *
postgres_history_list(Store *store, gint64 before, guint limit, GError **error) {
  StoreRunFilter any = { .before = before, .limit = limit, .status = -1, .year = -1 };
  return postgres_history_find(store, &any, error);
}
