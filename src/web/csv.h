/* Tables for spreadsheets: RFC 4180 in UTF-8 with its mark, cells apart as the language's Excel
 * reads them (';' in German, ',' in English), and no cell that a spreadsheet would take for a
 * formula.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "web/language.h"

typedef struct {
  GString *out;
  char separator;
  bool begun; /* the line has a cell */
} Csv;

/* Begins a table at the end of `out`, which must outlive it. */
Csv csv_begin(GString *out, WebLanguage language);

/* A cell; NULL is an empty one. A text that begins with = + - @ or white space of the kind that
 * spreadsheets skip, and is no number, gets an apostrophe in front. */
void csv_text(Csv *csv, const char *text);
void csv_number(Csv *csv, gint64 number); /* without separators of thousands */
void csv_end_line(Csv *csv);
