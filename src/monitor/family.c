/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/family.h"

#include <stdarg.h>

#include "base/text.h"

static void
begin(GString *text, const char *name, const char *type, const char *help) {
  g_string_append_printf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void
family_counter(GString *text, const char *name, const char *help) {
  begin(text, name, "counter", help);
}

void
family_gauge(GString *text, const char *name, const char *help) {
  begin(text, name, "gauge", help);
}

static void
append_escaped(GString *text, const char *value) {
  autochar valid = g_utf8_make_valid(value, -1);
  for (const char *c = valid; *c != '\0'; c++)
    switch (*c) {
    case '\\':
      g_string_append(text, "\\\\");
      break;
    case '"':
      g_string_append(text, "\\\"");
      break;
    case '\n':
      g_string_append(text, "\\n");
      break;
    default:
      g_string_append_c(text, *c);
    }
}

static void
append_labels(GString *text, va_list pairs) {
  char separator = '{';
  for (const char *label; (label = va_arg(pairs, const char *)) != NULL;) {
    const char *value = va_arg(pairs, const char *);
    if (text_empty(value))
      continue;
    g_string_append_printf(text, "%c%s=\"", separator, label);
    append_escaped(text, value);
    g_string_append_c(text, '"');
    separator = ',';
  }
  g_string_append(text, separator == ',' ? "} " : " ");
}

void
family_whole(GString *text, const char *name, gint64 value, ...) {
  va_list pairs;
  g_string_append(text, name);
  va_start(pairs, value);
  append_labels(text, pairs);
  va_end(pairs);
  g_string_append_printf(text, "%" G_GINT64_FORMAT "\n", value);
}

void
family_real(GString *text, const char *name, double value, ...) {
  char number[G_ASCII_DTOSTR_BUF_SIZE]; /* with a point in every locale */
  va_list pairs;
  g_string_append(text, name);
  va_start(pairs, value);
  append_labels(text, pairs);
  va_end(pairs);
  g_string_append_printf(text, "%s\n", g_ascii_formatd(number, sizeof number, "%.6g", value));
}
