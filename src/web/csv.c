/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/csv.h"

#include <string.h>

Csv
csv_begin(GString *out, WebLanguage language) {
  g_string_append(out, "\xef\xbb\xbf");
  return (Csv){ .out = out, .separator = language == WEB_GERMAN ? ';' : ',' };
}

/* "-12", "+3.5", "-3,5": what a spreadsheet shows as it stands. */
static bool
is_number(const char *text) {
  if (*text == '+' || *text == '-')
    text++;
  gsize whole = strspn(text, "0123456789");
  text += whole;
  if (whole == 0 || *text == '\0')
    return whole > 0;
  if (*text != '.' && *text != ',')
    return false;
  text++;
  return *text != '\0' && strspn(text, "0123456789") == strlen(text);
}

static bool
could_be_formula(const char *text) {
  return *text != '\0' && strchr("=+-@\t\r\n", *text) != NULL && !is_number(text);
}

static void
begin_cell(Csv *csv) {
  if (csv->begun)
    g_string_append_c(csv->out, csv->separator);
  csv->begun = true;
}

void
csv_text(Csv *csv, const char *text) {
  const char special[] = { '"', '\r', '\n', '\t', csv->separator, '\0' };
  begin_cell(csv);
  if (text == NULL)
    return;
  bool guarded = could_be_formula(text);
  bool quoted = strpbrk(text, special) != NULL || *text == ' ';
  if (quoted)
    g_string_append_c(csv->out, '"');
  if (guarded)
    g_string_append_c(csv->out, '\'');
  for (const char *c = text; *c != '\0'; c++) {
    if (*c == '"')
      g_string_append_c(csv->out, '"');
    g_string_append_c(csv->out, *c);
  }
  if (quoted)
    g_string_append_c(csv->out, '"');
}

void
csv_number(Csv *csv, gint64 number) {
  begin_cell(csv);
  g_string_append_printf(csv->out, "%" G_GINT64_FORMAT, number);
}

void
csv_end_line(Csv *csv) {
  g_string_append(csv->out, "\r\n");
  csv->begun = false;
}
