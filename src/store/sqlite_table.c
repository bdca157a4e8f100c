/* Whole tables, whose statements are put together from the list of tables: as many as there are
 * tables, so each is kept for good.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sqlite_private.h"

/* As many columns as any table may have. */
#define TABLE_MAX_COLUMNS 32

/* `text`, which it frees, as db_prepare() wants it: one address for good. */
static const char *
kept(GString *text) {
  g_autofree char *sql = g_string_free(text, FALSE);
  return g_intern_string(sql);
}

static void
append_columns(GString *sql, const StoreTable *table) {
  for (guint i = 0; i < table->column_count; i++)
    g_string_append_printf(sql, "%s\"%s\"", i == 0 ? "" : ", ", table->columns[i].name);
}

/* ── reading ── */

static void
read_row(sqlite3_stmt *row, const StoreTable *table, StoreValue *values) {
  for (guint i = 0; i < table->column_count; i++) {
    values[i] = (StoreValue){ 0 };
    if (table->columns[i].type == STORE_COLUMN_INTEGER)
      values[i].integer = sqlite3_column_int64(row, (int)i);
    else
      values[i].text = (const char *)sqlite3_column_text(row, (int)i);
  }
}

bool
sqlite_table_read(Store *store, const StoreTable *table, StoreRowFunc each, gpointer user_data,
                  GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  StoreValue values[TABLE_MAX_COLUMNS];
  g_assert(table->column_count <= G_N_ELEMENTS(values));
  GString *sql = g_string_new("SELECT ");
  append_columns(sql, table);
  g_string_append_printf(sql, " FROM %s ORDER BY 1", table->name);
  sqlite3_stmt *row = db_prepare(self->db, kept(sql), &cause);
  if (row == NULL)
    return sqlite_failed(error, cause, "reading a whole table");
  int step;
  while ((step = db_step(self->db, row, &cause)) > 0) {
    read_row(row, table, values);
    if (!each(values, user_data, error)) {
      sqlite3_reset(row);
      return false;
    }
  }
  return step == 0 || sqlite_failed(error, cause, "reading a whole table");
}

/* ── writing ── */

static void
bind_row(sqlite3_stmt *statement, const StoreTable *table, const StoreValue *values) {
  for (guint i = 0; i < table->column_count; i++) {
    int result = table->columns[i].type == STORE_COLUMN_INTEGER
                     ? sqlite3_bind_int64(statement, (int)i + 1, values[i].integer)
                     : sqlite3_bind_text(statement, (int)i + 1, values[i].text, -1, SQLITE_STATIC);
    g_assert(result == SQLITE_OK);
  }
}

static bool
insert(SqliteStore *self, const StoreTable *table, const StoreValue *values, guint count,
       GError **error) {
  GString *text = g_string_new(NULL);
  g_string_append_printf(text, "INSERT INTO %s (", table->name);
  append_columns(text, table);
  g_string_append(text, ") VALUES (?");
  for (guint i = 1; i < table->column_count; i++)
    g_string_append(text, ", ?");
  g_string_append_c(text, ')');
  const char *sql = kept(text);
  for (guint i = 0; i < count; i++) {
    sqlite3_stmt *statement = db_prepare(self->db, sql, error);
    if (statement == NULL)
      return false;
    bind_row(statement, table, values + (gsize)i * table->column_count);
    if (db_step(self->db, statement, error) != 0)
      return false;
  }
  return true;
}

bool
sqlite_table_write(Store *store, const StoreTable *table, const StoreValue *values, guint count,
                   GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  if (!db_begin(self->db, &cause))
    return sqlite_failed(error, cause, "writing to a whole table");
  bool ok = insert(self, table, values, count, &cause);
  return sqlite_finish(self, ok, cause, "writing to a whole table", error);
}

/* ── numbers ── */

static bool
read_next(SqliteStore *self, const StoreTable *table, gint64 *next, GError **error) {
  GString *sql = g_string_new(NULL);
  g_assert(table->numbered != NULL);
  g_string_append_printf(sql,
                         "SELECT 1 + max(ifnull((SELECT max(%s) FROM %s), 0),"
                         " ifnull((SELECT seq FROM sqlite_sequence WHERE name = '%s'), 0))",
                         table->numbered, table->name, table->name);
  return db_get_int(self->db, next, 1, error, kept(sql), "");
}

bool
sqlite_table_next(Store *store, const StoreTable *table, gint64 *next, GError **error) {
  GError *cause = NULL;
  return read_next(sqlite_store(store), table, next, &cause) ||
         sqlite_failed(error, cause, "reading a table's next number");
}

/* Only where SQLite remembers the highest number ever given; elsewhere it goes on from the highest
 * there is. */
static bool
renumber(SqliteStore *self, const StoreTable *table, gint64 next, GError **error) {
  gint64 remembers = 0, now = 0;
  if (!db_get_int(self->db, &remembers, 0, error,
                  "SELECT sql LIKE '%AUTOINCREMENT%' FROM sqlite_schema"
                  " WHERE type = 'table' AND name = ?",
                  "s", table->name) ||
      !read_next(self, table, &now, error))
    return false;
  if (remembers == 0 || next <= now)
    return true;
  return db_run(self->db, error, "DELETE FROM sqlite_sequence WHERE name = ?", "s", table->name) &&
         db_run(self->db, error, "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", "si",
                table->name, next - 1);
}

bool
sqlite_table_renumber(Store *store, const StoreTable *table, gint64 next, GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  if (!db_begin(self->db, &cause))
    return sqlite_failed(error, cause, "setting a table's next number");
  bool ok = renumber(self, table, next, &cause);
  return sqlite_finish(self, ok, cause, "setting a table's next number", error);
}
