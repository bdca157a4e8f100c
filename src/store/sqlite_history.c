/* Looking at runs: one, or those that a filter lets through. Nothing here but sqlite_history_get()
 * touches a summary, which can be larger than all else together.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <jansson.h>

#include "store/sqlite_private.h"

#define RUN_COLUMNS                                                                                \
  "id, year, status, triggeredby, timestarted, timeended, owner, tenants, task, totals, progress"
#define SUMMARY 11 /* the column after these */

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
  run->task = sqlite3_column_int64(row, 8);
  run->totals = sqlite_text(row, 9);
  run->progress = sqlite_text(row, 10);
  run->summary = sqlite3_column_count(row) > SUMMARY ? sqlite_text(row, SUMMARY) : g_strdup("");
  return g_steal_pointer(&run);
}

/* ── one ── */

static StoreRun *
read_one(SqliteStore *self, const char *sql, gint64 id, GError **error) {
  sqlite3_stmt *row = db_prepare(self->db, sql, error);
  if (row == NULL)
    return NULL;
  db_bind(row, "i", id);
  int step = db_step(self->db, row, error);
  if (step <= 0) {
    if (step == 0)
      sqlite_run_not_found(self, id, error);
    return NULL;
  }
  StoreRun *run = read_row(self, row, error);
  sqlite3_reset(row);
  return run;
}

StoreRun *
sqlite_history_get(Store *store, gint64 id, GError **error) {
  static const char sql[] =
      "SELECT " RUN_COLUMNS ", summary FROM local_lehrgaengeapi_import_run WHERE id = ?";
  GError *cause = NULL;
  StoreRun *run = read_one(sqlite_store(store), sql, id, &cause);
  if (run == NULL)
    sqlite_failed(error, cause, "reading a run");
  return run;
}

StoreRun *
sqlite_history_head(Store *store, gint64 id, GError **error) {
  static const char sql[] =
      "SELECT " RUN_COLUMNS " FROM local_lehrgaengeapi_import_run WHERE id = ?";
  GError *cause = NULL;
  StoreRun *run = read_one(sqlite_store(store), sql, id, &cause);
  if (run == NULL)
    sqlite_failed(error, cause, "reading a run");
  return run;
}

/* ── many ──
 * The runs themselves lie far apart, so they are chosen by an index alone: one that holds all that
 * can be asked for, read from the end, or that of tasks. SQLite would take the runs' own order. */

#define FIND(index, condition, order)                                                              \
  "SELECT " RUN_COLUMNS " FROM local_lehrgaengeapi_import_run WHERE id IN"                         \
  " (SELECT id FROM local_lehrgaengeapi_import_run"                                                \
  "  INDEXED BY local_lehrgaengeapi_import_run_" index " WHERE " condition                         \
  "  AND id > ?1 AND id < ?2 AND (?3 IS NULL OR status = ?3) AND (?4 < 0 OR year = ?4)"            \
  "  AND (?5 = 0 OR task = ?5) AND (?6 IS NULL OR tenants = '' OR EXISTS"                          \
  "   (SELECT 1 FROM json_each(?6)"                                                                \
  "    WHERE instr(value, ',') = 0 AND instr(',' || tenants || ',', ',' || value || ',') > 0))"    \
  "  ORDER BY id " order " LIMIT ?7) ORDER BY id DESC"

static const char *
statement_for(const StoreRunFilter *filter) {
  static const char newest[] = FIND("find", "true", "DESC"), next[] = FIND("find", "true", "ASC");
  static const char newest_of_task[] = FIND("task", "task = ?5 AND task <> 0", "DESC"),
                    next_of_task[] = FIND("task", "task = ?5 AND task <> 0", "ASC");
  if (filter->task != 0)
    return filter->after != 0 ? next_of_task : newest_of_task;
  return filter->after != 0 ? next : newest;
}

/* A JSON array, which is the one list a statement takes. NULL: any tenant. */
static char *
tenants_json(const char *const *tenants) {
  if (tenants == NULL)
    return NULL;
  json_auto_t *list = json_array();
  for (; *tenants != NULL; tenants++)
    json_array_append_new(list, json_string(*tenants));
  return json_dumps(list, JSON_COMPACT);
}

static GPtrArray *
read_rows(SqliteStore *self, const StoreRunFilter *filter, const char *tenants, GError **error) {
  sqlite3_stmt *row = db_prepare(self->db, statement_for(filter), error);
  if (row == NULL)
    return NULL;
  db_bind(row, "iisiisi", filter->after == 0 ? G_MININT64 : filter->after,
          filter->before == 0 ? G_MAXINT64 : filter->before,
          filter->status < 0 ? NULL : run_status_word((RunStatus)filter->status),
          (gint64)filter->year, filter->task, tenants,
          filter->limit == 0 ? (gint64)-1 : (gint64)filter->limit);

  g_autoptr(GPtrArray) runs = g_ptr_array_new_with_free_func((GDestroyNotify)store_run_free);
  int step;
  while ((step = db_step(self->db, row, error)) > 0) {
    StoreRun *run = read_row(self, row, error);
    if (run == NULL) {
      sqlite3_reset(row);
      return NULL;
    }
    g_ptr_array_add(runs, run);
  }
  return step < 0 ? NULL : g_steal_pointer(&runs);
}

GPtrArray *
sqlite_history_find(Store *store, const StoreRunFilter *filter, GError **error) {
  GError *cause = NULL;
  char *tenants = tenants_json(filter->tenants);
  GPtrArray *runs = read_rows(sqlite_store(store), filter, tenants, &cause);
  free(tenants);
  if (runs == NULL)
    sqlite_failed(error, cause, "reading the runs");
  return runs;
}

GPtrArray *
sqlite_history_list(Store *store, gint64 before, guint limit, GError **error) {
  StoreRunFilter any = { .before = before, .limit = limit, .status = -1, .year = -1 };
  return sqlite_history_find(store, &any, error);
}
