/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "msim_form.h"

#include <stdbool.h>
#include <string.h>

static int
hex_digit(char c) {
  return g_ascii_isxdigit(c) ? g_ascii_xdigit_value(c) : -1;
}

/* Percent signs that encode nothing stand for themselves. */
static GString *
decode(const char *text, gsize length) {
  GString *decoded = g_string_sized_new(length);
  for (gsize i = 0; i < length; i++) {
    bool encoded = text[i] == '%' && i + 2 < length && hex_digit(text[i + 1]) >= 0 &&
                   hex_digit(text[i + 2]) >= 0;
    if (encoded) {
      g_string_append_c(decoded, (char)(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])));
      i += 2;
    } else {
      g_string_append_c(decoded, text[i] == '+' ? ' ' : text[i]);
    }
  }
  return decoded;
}

/* The key of an entry appended by "[]": one more than the greatest number used. */
static char *
next_key(const json_t *array) {
  gint64 next = 0;
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)array, key, value) {
    guint64 number;
    if (g_ascii_string_to_unsigned(key, 10, 0, G_MAXINT32, &number, NULL))
      next = MAX(next, (gint64)number + 1);
  }
  return g_strdup_printf("%" G_GINT64_FORMAT, next);
}

/* The array below `key`, made when there is none or something else. */
static json_t *
descend(json_t *array, const char *key) {
  json_t *inner = json_object_get(array, key);
  if (json_is_object(inner))
    return inner;
  inner = json_object();
  json_object_set_new_nocheck(array, key, inner);
  return inner;
}

/* The part of a name up to its first bracket, where PHP allows no blanks and dots. */
static char *
base_name(const char *name, gsize length) {
  char *base = g_strndup(name, length);
  for (char *c = base; *c != '\0'; c++) {
    if (*c == ' ' || *c == '.')
      *c = '_';
  }
  return base;
}

static void
set(json_t *form, const char *name, json_t *value) {
  while (*name == ' ')
    name++;
  const char *bracket = strchr(name, '[');
  bool nested = bracket != NULL && bracket != name && strchr(bracket, ']') != NULL;
  g_autofree char *key = base_name(name, nested ? (gsize)(bracket - name) : strlen(name));
  json_t *array = form;
  guint depth = 0;
  while (nested && *bracket == '[') {
    const char *end = strchr(bracket, ']');
    if (end == NULL)
      break;
    if (++depth > MSIM_FORM_MAX_DEPTH) {
      json_decref(value);
      return;
    }
    array = descend(array, key);
    g_free(key);
    key = end == bracket + 1 ? next_key(array) : g_strndup(bracket + 1, (gsize)(end - bracket - 1));
    bracket = end + 1;
  }
  if (key[0] == '\0' && array == form)
    json_decref(value);
  else
    json_object_set_new_nocheck(array, key, value);
}

void
msim_form_parse(json_t *form, const char *text, gsize length, guint max_vars) {
  const char *end = text + length;
  for (guint vars = 0; text < end && vars < max_vars; vars++) {
    const char *stop = memchr(text, '&', (gsize)(end - text));
    if (stop == NULL)
      stop = end;
    const char *equals = memchr(text, '=', (gsize)(stop - text));
    const char *value = equals != NULL ? equals + 1 : stop;
    g_autoptr(GString) name = decode(text, (gsize)((equals != NULL ? equals : stop) - text));
    g_autoptr(GString) decoded = decode(value, (gsize)(stop - value));
    if (name->len > 0)
      set(form, name->str, json_stringn_nocheck(decoded->str, decoded->len));
    text = stop + 1;
  }
}

json_t *
msim_form_merge(const char *query, const GString *body, guint max_vars) {
  json_t *form = json_object();
  if (query != NULL)
    msim_form_parse(form, query, strlen(query), max_vars);
  if (body != NULL) {
    json_auto_t *posted = json_object();
    msim_form_parse(posted, body->str, body->len, max_vars);
    const char *key;
    json_t *value;
    json_object_foreach(posted, key, value) json_object_set_nocheck(form, key, value);
  }
  return form;
}
