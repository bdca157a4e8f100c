/* Aligned tables for people: columns of text and numbers, as wide as what is in them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdio.h>

typedef struct Table Table;

typedef enum { TABLE_LEFT, TABLE_RIGHT } TableAlign;

/* Columns a left-aligned column keeps when others must give way; titles are never cut either. */
#define TABLE_LEAST 8

/* Free with table_free(). */
Table *table_new(void);
void table_free(Table *table); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Table, table_free)

/* Adds a column to the right; all before the first cell. Texts are copied. */
void table_column(Table *table, const char *title, TableAlign align);

/* Adds the next cell, row by row from left to right. Line breaks and tabs become blanks, other
 * control characters show as U+FFFD, and only the first 4 KiB are kept. NULL is "". */
void table_cell(Table *table, const char *text);
void table_cell_format(Table *table, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Rows begun so far, without the titles. */
guint table_rows(const Table *table);

/* The table as text: titles, then a line per row, no blanks at the ends of lines. Wider than
 * `width` columns (0: any width will do), the widest left-aligned column gives way until it fits or
 * all of them are down to TABLE_LEAST; what was cut ends in an ellipsis. Free with g_free(). */
char *table_format(const Table *table, guint width);

/* Writes it, fitted to the terminal's width when `out` is a terminal, in full otherwise. */
void table_print(const Table *table, FILE *out);
