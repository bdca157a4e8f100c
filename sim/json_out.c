/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "json_out.h"

#include <string.h>

static void
append_escaped(GString *out, unsigned char c) {
  switch (c) {
  case '"':
    json_out_raw(out, "\\\"");
    break;
  case '\\':
    json_out_raw(out, "\\\\");
    break;
  case '\n':
    json_out_raw(out, "\\n");
    break;
  default:
    g_string_append_printf(out, "\\u%04x", c);
  }
}

void
json_out_text(GString *out, const char *text) {
  if (text == NULL) {
    json_out_raw(out, "null");
    return;
  }
  g_string_append_c(out, '"');
  const char *plain = text;
  for (; *text != '\0'; text++) {
    unsigned char c = (unsigned char)*text;
    if (c >= 0x20 && c != '"' && c != '\\')
      continue;
    g_string_append_len(out, plain, text - plain);
    append_escaped(out, c);
    plain = text + 1;
  }
  g_string_append_len(out, plain, text - plain);
  g_string_append_c(out, '"');
}

void
json_out_number(GString *out, guint64 number, guint digits) {
  char buffer[20];
  guint at = sizeof buffer;
  do {
    buffer[--at] = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  while (sizeof buffer - at < MIN(digits, sizeof buffer))
    buffer[--at] = '0';
  g_string_append_len(out, buffer + at, sizeof buffer - at);
}
