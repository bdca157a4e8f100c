/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/jsonget.h"

#include <string.h>

#include "base/text.h"

#define MESSAGE_BYTES 200 /* of the parser's words, which quote the foreign text */

G_DEFINE_QUARK(jsonget_error_quark, jsonget_error)

/* ── parsing ── */

/* Finds where `data` nests deeper than allowed, NULL if nowhere. The parser builds while it reads,
 * so this looks first. Up to the first syntax error it sees the same strings as the parser does;
 * what comes after that is never built. */
static const char *
find_too_deep(const char *data, gsize length) {
  gint64 depth = 0;
  for (gsize at = 0; at < length; at++) {
    switch (data[at]) {
    case '[':
    case '{':
      if (++depth > JSONGET_MAX_DEPTH)
        return data + at;
      break;
    case ']':
    case '}':
      depth--;
      break;
    case '"':
      for (at++; at < length && data[at] != '"'; at++)
        if (data[at] == '\\')
          at++;
      break;
    default:
      break;
    }
  }
  return NULL;
}

static void
set_too_deep(const char *data, const char *at, GError **error) {
  gsize line = 1;
  const char *line_start = data;
  for (const char *next; (next = memchr(line_start, '\n', (gsize)(at - line_start))) != NULL;
       line++)
    line_start = next + 1;
  g_set_error(error, JSONGET_ERROR, JSONGET_ERROR_TOO_BIG,
              "line %" G_GSIZE_FORMAT ", column %" G_GSIZE_FORMAT ": nested deeper than %d levels",
              line, (gsize)(at - line_start) + 1, JSONGET_MAX_DEPTH);
}

json_t *
jsonget_parse(const char *data, gsize length, GError **error) {
  const char *deep = find_too_deep(data, length);
  if (deep != NULL) {
    set_too_deep(data, deep, error);
    return NULL;
  }
  json_error_t problem;
  json_t *root = json_loadb(length > 0 ? data : "", length, JSON_REJECT_DUPLICATES, &problem);
  if (root != NULL)
    return root;
  g_autofree char *words = text_display(problem.text, -1, MESSAGE_BYTES);
  bool encoding = json_error_code(&problem) == json_error_invalid_utf8;
  g_set_error(error, JSONGET_ERROR, JSONGET_ERROR_SYNTAX, "line %d, column %d: %s%s", problem.line,
              problem.column, encoding ? "not UTF-8: " : "", words);
  return NULL;
}

/* ── getters ── */

static const char *
type_words(const json_t *value) {
  switch (json_typeof(value)) {
  case JSON_OBJECT:
    return "an object";
  case JSON_ARRAY:
    return "an array";
  case JSON_STRING:
    return "a string";
  case JSON_INTEGER:
    return "an integer";
  case JSON_REAL:
    return "a fractional number";
  case JSON_TRUE:
  case JSON_FALSE:
    return "a truth value";
  case JSON_NULL:
    return "null";
  }
  return "nothing";
}

static bool
wrong_type(const char *path, const char *key, const char *expected, const json_t *value,
           GError **error) {
  g_set_error(error, JSONGET_ERROR, JSONGET_ERROR_TYPE, "%s%s%s: expected %s, found %s", path,
              *path != '\0' ? "." : "", key, expected, type_words(value));
  return false;
}

/* `object[key]` into `*field`, NULL when missing or null. */
static bool
get_field(const json_t *object, const char *path, const char *key, json_t **field, GError **error) {
  if (!json_is_object(object)) {
    g_set_error(error, JSONGET_ERROR, JSONGET_ERROR_TYPE, "%s%sexpected an object, found %s", path,
                *path != '\0' ? ": " : "", object == NULL ? "nothing" : type_words(object));
    return false;
  }
  *field = json_object_get(object, key);
  if (json_is_null(*field))
    *field = NULL;
  return true;
}

static bool
take_string(const json_t *field, const char *path, const char *key, const char **value,
            GError **error) {
  if (json_string_length(field) > JSONGET_MAX_STRING) {
    g_set_error(error, JSONGET_ERROR, JSONGET_ERROR_TYPE,
                "%s%s%s: a string of %" G_GSIZE_FORMAT " bytes is longer than %d", path,
                *path != '\0' ? "." : "", key, json_string_length(field), JSONGET_MAX_STRING);
    return false;
  }
  *value = json_string_value(field);
  return true;
}

bool
jsonget_string(const json_t *object, const char *path, const char *key, const char **value,
               GError **error) {
  json_t *field = NULL;
  if (!get_field(object, path, key, &field, error))
    return false;
  if (field == NULL) {
    *value = "";
    return true;
  }
  if (!json_is_string(field))
    return wrong_type(path, key, "a string", field, error);
  return take_string(field, path, key, value, error);
}

bool
jsonget_id(const json_t *object, const char *path, const char *key, char *buffer,
           const char **value, GError **error) {
  json_t *field = NULL;
  if (!get_field(object, path, key, &field, error))
    return false;
  if (field == NULL) {
    *value = "";
    return true;
  }
  if (json_is_string(field))
    return take_string(field, path, key, value, error);
  if (!json_is_integer(field))
    return wrong_type(path, key, "a string or an integer", field, error);
  g_snprintf(buffer, 24, "%" JSON_INTEGER_FORMAT, json_integer_value(field));
  *value = buffer;
  return true;
}
