/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/webservice/ws_form.h"

#include <stdbool.h>
#include <string.h>

static bool
is_unreserved(char c) {
  return g_ascii_isalnum(c) || strchr("-._~", c) != NULL;
}

static void
append_escaped(GString *body, const char *text, gsize length) {
  for (gsize i = 0; i < length; i++) {
    if (text[i] != '\0' && is_unreserved(text[i]))
      g_string_append_c(body, text[i]);
    else
      g_string_append_printf(body, "%%%02X", (guchar)text[i]);
  }
}

static void
append_pair(GString *body, const char *key, const char *value, gsize length) {
  if (body->len > 0)
    g_string_append_c(body, '&');
  append_escaped(body, key, strlen(key));
  g_string_append_c(body, '=');
  append_escaped(body, value, length);
}

void
ws_form_append_field(GString *body, const char *key, const char *value) {
  append_pair(body, key, value, strlen(value));
}

static void
append_scalar(GString *body, const char *key, const json_t *value) {
  char number[MAX(G_ASCII_DTOSTR_BUF_SIZE, 32)];
  switch (json_typeof(value)) {
  case JSON_STRING:
    append_pair(body, key, json_string_value(value), json_string_length(value));
    return;
  case JSON_INTEGER:
    g_snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    break;
  case JSON_REAL:
    g_ascii_dtostr(number, sizeof number, json_real_value(value));
    break;
  default:
    g_strlcpy(number, json_is_true(value) ? "1" : "0", sizeof number);
    break;
  }
  ws_form_append_field(body, key, number);
}

/* `path` names `value`: "users[0]"; empty for the arguments themselves. It is as it was when this
 * returns. Counts the fields; body NULL: only that. */
static guint
walk(GString *body, GString *path, const json_t *value) {
  const char *key;
  json_t *inner;
  guint count = 0;
  gsize length = path->len, index;
  switch (json_typeof(value)) {
  case JSON_NULL:
    return 0;
  case JSON_OBJECT:
    json_object_foreach((json_t *)value, key, inner) {
      g_string_append_printf(path, length == 0 ? "%s" : "[%s]", key);
      count += walk(body, path, inner);
      g_string_truncate(path, length);
    }
    return count;
  case JSON_ARRAY:
    json_array_foreach(value, index, inner) {
      g_string_append_printf(path, "[%" G_GSIZE_FORMAT "]", index);
      count += walk(body, path, inner);
      g_string_truncate(path, length);
    }
    return count;
  default:
    if (body != NULL)
      append_scalar(body, path->str, value);
    return 1;
  }
}

void
ws_form_append(GString *body, const json_t *arguments) {
  g_autoptr(GString) path = g_string_new(NULL);
  g_assert(json_is_object(arguments));
  walk(body, path, arguments);
}

guint
ws_form_count(const json_t *arguments) {
  g_autoptr(GString) path = g_string_new(NULL);
  g_assert(json_is_object(arguments));
  return walk(NULL, path, arguments);
}

/* NULL for what cannot be sent. */
static json_t *
plain(const json_t *value) {
  const char *key;
  json_t *inner, *copy;
  gsize index;
  switch (json_typeof(value)) {
  case JSON_NULL:
    return NULL;
  case JSON_TRUE:
  case JSON_FALSE:
    return json_integer(json_is_true(value));
  case JSON_OBJECT:
    copy = json_object();
    json_object_foreach((json_t *)value, key, inner) json_object_set_new(copy, key, plain(inner));
    break;
  case JSON_ARRAY:
    copy = json_array();
    json_array_foreach(value, index, inner) json_array_append_new(copy, plain(inner));
    break;
  default:
    return json_incref((json_t *)value);
  }
  if (json_object_size(copy) > 0 || json_array_size(copy) > 0)
    return copy;
  json_decref(copy);
  return NULL;
}

json_t *
ws_form_plain(const json_t *arguments) {
  g_assert(json_is_object(arguments));
  json_t *copy = plain(arguments);
  return copy != NULL ? copy : json_object();
}
