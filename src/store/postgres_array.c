/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/postgres_conn.h"

GString *
postgres_array_new(void) {
  return g_string_new("{");
}

static void
part(GString *array) {
  if (array->len > 1)
    g_string_append_c(array, ',');
}

void
postgres_array_add_int(GString *array, gint64 value) {
  part(array);
  g_string_append_printf(array, "%" G_GINT64_FORMAT, value);
}

void
postgres_array_add_text(GString *array, const char *value) {
  part(array);
  if (value == NULL) {
    g_string_append(array, "NULL");
    return;
  }
  g_string_append_c(array, '"');
  for (const char *at = value; *at != '\0'; at++) {
    if (*at == '"' || *at == '\\')
      g_string_append_c(array, '\\');
    g_string_append_c(array, *at);
  }
  g_string_append_c(array, '"');
}

const char *
postgres_array_end(GString *array) {
  g_string_append_c(array, '}');
  return array->str;
}
