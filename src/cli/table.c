/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/table.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "cli/terminal.h"

#define MAX_CELL_BYTES 4096
#define GAP "  "
#define GAP_COLUMNS 2

typedef struct {
  char *title;
  TableAlign align;
} Column;

struct Table {
  GArray *columns;  /* of Column */
  GPtrArray *cells; /* of char *, row by row */
};

static void
column_clear(gpointer data) {
  Column *column = data;
  g_free(column->title);
}

Table *
table_new(void) {
  Table *table = g_new0(Table, 1);
  table->columns = g_array_new(FALSE, FALSE, sizeof(Column));
  g_array_set_clear_func(table->columns, column_clear);
  table->cells = g_ptr_array_new_with_free_func(g_free);
  return table;
}

void
table_free(Table *table) {
  if (table == NULL)
    return;
  g_array_unref(table->columns);
  g_ptr_array_unref(table->cells);
  g_free(table);
}

void
table_column(Table *table, const char *title, TableAlign align) {
  g_assert(table->cells->len == 0);
  Column column = { .title = g_strdup(title), .align = align };
  g_array_append_val(table->columns, column);
}

void
table_cell(Table *table, const char *text) {
  g_assert(table->columns->len > 0);
  char *cell = text_display(text == NULL ? "" : text, -1, MAX_CELL_BYTES);
  g_strdelimit(cell, "\n\t", ' ');
  g_ptr_array_add(table->cells, cell);
}

void
table_cell_format(Table *table, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  autochar text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  table_cell(table, text);
}

guint
table_rows(const Table *table) {
  guint columns = table->columns->len;
  return columns == 0 ? 0 : (table->cells->len + columns - 1) / columns;
}

static const Column *
column_at(const Table *table, guint index) {
  return &g_array_index(table->columns, Column, index);
}

/* ── widths ── */

static gsize *
natural_widths(const Table *table) {
  guint columns = table->columns->len;
  gsize *widths = g_new0(gsize, columns);
  for (guint i = 0; i < columns; i++)
    widths[i] = text_columns(column_at(table, i)->title);
  for (guint i = 0; i < table->cells->len; i++) {
    gsize width = text_columns(g_ptr_array_index(table->cells, i));
    widths[i % columns] = MAX(widths[i % columns], width);
  }
  return widths;
}

/* The widest column that may still give way, or −1. */
static int
widest_text(const Table *table, const gsize *widths) {
  int widest = -1;
  for (guint i = 0; i < table->columns->len; i++) {
    const Column *column = column_at(table, i);
    gsize least = MAX(text_columns(column->title), (gsize)TABLE_LEAST);
    if (column->align == TABLE_LEFT && widths[i] > least &&
        (widest < 0 || widths[i] > widths[widest]))
      widest = (int)i;
  }
  return widest;
}

static void
shrink(const Table *table, gsize *widths, gsize limit) {
  guint columns = table->columns->len;
  gsize total = (gsize)GAP_COLUMNS * (columns - 1);
  for (guint i = 0; i < columns; i++)
    total += widths[i];
  for (int widest; total > limit && (widest = widest_text(table, widths)) >= 0; total--)
    widths[widest]--;
}

/* ── output ── */

static void
append_line(const Table *table, const gsize *widths, const char *const *cells, guint count,
            GString *out) {
  gsize start = out->len;
  for (guint i = 0; i < count; i++) {
    autochar cell = text_fit(cells[i], widths[i], column_at(table, i)->align == TABLE_RIGHT);
    if (i > 0)
      g_string_append(out, GAP);
    g_string_append(out, cell);
  }
  while (out->len > start && out->str[out->len - 1] == ' ')
    g_string_truncate(out, out->len - 1);
  g_string_append_c(out, '\n');
}

char *
table_format(const Table *table, guint width) {
  guint columns = table->columns->len;
  GString *out = g_string_new(NULL);
  if (columns == 0)
    return g_string_free(out, FALSE);
  g_autofree gsize *widths = natural_widths(table);
  if (width > 0)
    shrink(table, widths, width);

  g_autofree const char **titles = g_new(const char *, columns);
  for (guint i = 0; i < columns; i++)
    titles[i] = column_at(table, i)->title;
  append_line(table, widths, titles, columns, out);
  for (guint at = 0; at < table->cells->len; at += columns)
    append_line(table, widths, (const char *const *)table->cells->pdata + at,
                MIN(columns, table->cells->len - at), out);
  return g_string_free(out, FALSE);
}

void
table_print(const Table *table, FILE *out) {
  autochar text = table_format(table, terminal_columns(out));
  fputs(text, out);
}
