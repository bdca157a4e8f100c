/* Whole tables, whose statements are put together from the list of tables.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/postgres_private.h"

#include <string.h>

#define TABLE_MAX_COLUMNS 16          /* that any table has, and a statement's parameters */
#define TABLE_BYTES (8 * 1024 * 1024) /* of text after which a statement takes no more rows */

static void
append_columns(GString *sql, const StoreTable *table) {
  for (guint i = 0; i < table->column_count; i++)
    g_string_append_printf(sql, "%s\"%s\"", i == 0 ? "" : ", ", table->columns[i].name);
}

/* ── reading ── */

typedef struct {
  const StoreTable *table;
  StoreRowFunc each;
  gpointer user_data;
  bool refused; /* by `each`, with `error` */
  GError *error;
} Reading;

static bool
give_row(const PGresult *row, gpointer user_data) {
  Reading *reading = user_data;
  StoreValue values[TABLE_MAX_COLUMNS] = { 0 };
  for (guint i = 0; i < reading->table->column_count; i++) {
    if (reading->table->columns[i].type == STORE_COLUMN_INTEGER)
      values[i].integer = postgres_conn_int(row, 0, (int)i);
    else
      values[i].text = postgres_conn_text(row, 0, (int)i);
  }
  reading->refused = !reading->each(values, reading->user_data, &reading->error);
  return !reading->refused;
}

bool
postgres_table_read(Store *store, const StoreTable *table, StoreRowFunc each, gpointer user_data,
                    GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  Reading reading = { .table = table, .each = each, .user_data = user_data };
  g_assert(table->column_count <= TABLE_MAX_COLUMNS);
  g_autoptr(GString) sql = g_string_new("SELECT ");
  append_columns(sql, table);
  g_string_append_printf(sql, " FROM %s ORDER BY 1", table->name);
  if (!postgres_enter(self, POSTGRES_VIEW, "reading a whole table", error))
    return false;
  bool ok = postgres_conn_each(self->conn, give_row, &reading, &cause, sql->str, "");
  if (!postgres_leave(self, ok, cause, reading.refused ? NULL : error) && !reading.refused)
    return false;
  if (reading.refused)
    g_propagate_error(error, reading.error);
  return !reading.refused;
}

/* ── writing ── */

/* INSERT … SELECT * FROM unnest($1::bigint[], $2::text[], …) */
static GString *
insert_into(const StoreTable *table) {
  GString *sql = g_string_new("INSERT INTO ");
  g_string_append_printf(sql, "%s (", table->name);
  append_columns(sql, table);
  g_string_append(sql, ") SELECT * FROM unnest(");
  for (guint i = 0; i < table->column_count; i++)
    g_string_append_printf(sql, "%s$%u::%s[]", i == 0 ? "" : ", ", i + 1,
                           table->columns[i].type == STORE_COLUMN_INTEGER ? "bigint" : "text");
  g_string_append_c(sql, ')');
  return sql;
}

static void
add_row(GString *const *arrays, const StoreTable *table, const StoreValue *values, gsize *bytes) {
  for (guint i = 0; i < table->column_count; i++) {
    if (table->columns[i].type == STORE_COLUMN_INTEGER) {
      postgres_array_add_int(arrays[i], values[i].integer);
      continue;
    }
    postgres_array_add_text(arrays[i], values[i].text);
    *bytes += values[i].text == NULL ? 0 : strlen(values[i].text);
  }
}

/* Inserts the first of `count` rows, as many as fit into one statement: *done. */
static bool
insert_part(PostgresStore *self, const StoreTable *table, const StoreValue *values, guint count,
            guint *done, GError **error) {
  GString *arrays[TABLE_MAX_COLUMNS];
  const char *parameters[TABLE_MAX_COLUMNS];
  gsize bytes = 0;
  guint row = 0;
  for (guint i = 0; i < table->column_count; i++)
    arrays[i] = postgres_array_new();
  for (; row < count && row < POSTGRES_ROWS && bytes < TABLE_BYTES; row++)
    add_row(arrays, table, values + (gsize)row * table->column_count, &bytes);
  for (guint i = 0; i < table->column_count; i++)
    parameters[i] = postgres_array_end(arrays[i]);
  g_autoptr(GString) sql = insert_into(table);
  bool ok = postgres_conn_write(self->conn, sql->str, parameters, table->column_count, error);
  for (guint i = 0; i < table->column_count; i++)
    g_string_free(arrays[i], TRUE);
  *done = row;
  return ok;
}

bool
postgres_table_write(Store *store, const StoreTable *table, const StoreValue *values, guint count,
                     GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  bool ok = true;
  g_assert(table->column_count <= TABLE_MAX_COLUMNS);
  if (!postgres_enter(self, POSTGRES_WRITE, "writing to a whole table", error))
    return false;
  for (guint i = 0, done = 0; ok && i < count; i += done)
    ok =
        insert_part(self, table, values + (gsize)i * table->column_count, count - i, &done, &cause);
  return postgres_leave(self, ok, cause, error);
}

/* ── numbers ──
 * The sequence's last value tells the next only as it is left here: as one that was given out. */

#define SEQUENCE "pg_get_serial_sequence($1, $2)::regclass"

bool
postgres_table_next(Store *store, const StoreTable *table, gint64 *next, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  g_assert(table->numbered != NULL);
  if (!postgres_enter(self, POSTGRES_LOOK, "reading a table's next number", error))
    return false;
  bool ok = postgres_conn_get(self->conn, next, 1, &cause,
                              "SELECT 1 + coalesce(pg_sequence_last_value(" SEQUENCE "), 0)", "ss",
                              table->name, table->numbered);
  return postgres_leave(self, ok, cause, error);
}

bool
postgres_table_renumber(Store *store, const StoreTable *table, gint64 next, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  g_assert(table->numbered != NULL);
  g_autofree char *sql = g_strdup_printf(
      "SELECT setval(" SEQUENCE ", last) FROM (SELECT greatest($3::bigint - 1,"
      "  (SELECT max(%s) FROM %s), pg_sequence_last_value(" SEQUENCE ")) AS last) AS numbers"
      " WHERE last > 0",
      table->numbered, table->name);
  if (!postgres_enter(self, POSTGRES_ONE, "setting a table's next number", error))
    return false;
  bool ok =
      postgres_conn_run(self->conn, NULL, &cause, sql, "ssi", table->name, table->numbered, next);
  return postgres_leave(self, ok, cause, error);
}
