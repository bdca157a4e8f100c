/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/fields.h"

#include <string.h>

typedef struct {
  char *name, *value;
} Field;

struct WebFields {
  GArray *all; /* of Field */
};

static void
clear_field(gpointer data) {
  Field *field = data;
  g_free(field->name);
  g_free(field->value);
}

WebFields *
web_fields_new(void) {
  WebFields *fields = g_new0(WebFields, 1);
  fields->all = g_array_new(FALSE, FALSE, sizeof(Field));
  g_array_set_clear_func(fields->all, clear_field);
  return fields;
}

void
web_fields_free(WebFields *fields) {
  if (fields == NULL)
    return;
  g_array_unref(fields->all);
  g_free(fields);
}

static bool
is_clean(const char *text) {
  if (!g_utf8_validate(text, -1, NULL))
    return false;
  for (const char *c = text; *c != '\0'; c++)
    if ((guchar)*c == 0x7f || ((guchar)*c < 0x20 && strchr("\t\r\n", *c) == NULL))
      return false;
  return true;
}

bool
web_fields_add(WebFields *fields, const char *name, const char *value) {
  if (fields->all->len >= WEB_MAX_FIELDS || !is_clean(name) || !is_clean(value))
    return false;
  Field field = { g_strdup(name), g_strdup(value) };
  g_array_append_val(fields->all, field);
  return true;
}

/* NULL: a percent sign without two digits after it, or one that stands for a NUL. */
static char *
decode(const char *text, gsize length) {
  GString *out = g_string_sized_new(length);
  for (gsize i = 0; i < length; i++) {
    if (text[i] == '+') {
      g_string_append_c(out, ' ');
    } else if (text[i] != '%') {
      g_string_append_c(out, text[i]);
    } else {
      gint high = i + 1 < length ? g_ascii_xdigit_value(text[i + 1]) : -1;
      gint low = i + 2 < length ? g_ascii_xdigit_value(text[i + 2]) : -1;
      if (high < 0 || low < 0 || (high == 0 && low == 0)) {
        g_string_free(out, TRUE);
        return NULL;
      }
      g_string_append_c(out, (char)(high << 4 | low));
      i += 2;
    }
  }
  return g_string_free(out, FALSE);
}

static bool
add_pair(WebFields *fields, const char *pair, gsize length) {
  const char *equals = memchr(pair, '=', length);
  gsize name_length = equals != NULL ? (gsize)(equals - pair) : length;
  g_autofree char *name = decode(pair, name_length);
  g_autofree char *value =
      equals != NULL ? decode(equals + 1, length - name_length - 1) : g_strdup("");
  return name != NULL && value != NULL && web_fields_add(fields, name, value);
}

bool
web_fields_parse(WebFields *fields, const char *text, gsize length) {
  const char *end = text + length;
  if (memchr(text, '\0', length) != NULL)
    return false;
  while (text < end) {
    const char *and = memchr(text, '&', (gsize)(end - text));
    const char *stop = and != NULL ? and : end;
    if (stop > text && !add_pair(fields, text, (gsize)(stop - text)))
      return false;
    text = stop + 1;
  }
  return true;
}

guint
web_fields_count(const WebFields *fields) {
  return fields->all->len;
}

const char *
web_fields_name(const WebFields *fields, guint index) {
  return g_array_index(fields->all, Field, index).name;
}

const char *
web_fields_value(const WebFields *fields, guint index) {
  return g_array_index(fields->all, Field, index).value;
}

const char *
web_fields_get(const WebFields *fields, const char *name) {
  for (guint i = 0; i < fields->all->len; i++)
    if (g_ascii_strcasecmp(web_fields_name(fields, i), name) == 0)
      return web_fields_value(fields, i);
  return NULL;
}

const char **
web_fields_all(const WebFields *fields, const char *name) {
  const char **values = g_new0(const char *, fields->all->len + 1);
  guint count = 0;
  for (guint i = 0; i < fields->all->len; i++)
    if (g_ascii_strcasecmp(web_fields_name(fields, i), name) == 0)
      values[count++] = web_fields_value(fields, i);
  return values;
}

static void
append_pair(GString *out, const char *name, const char *value) {
  g_autofree char *left = g_uri_escape_string(name, NULL, FALSE);
  g_autofree char *right = g_uri_escape_string(value, NULL, FALSE);
  g_string_append_printf(out, "%s%s=%s", out->len > 0 ? "&" : "", left, right);
}

char *
web_fields_query(const WebFields *fields, const char *without, const char *name,
                 const char *value) {
  GString *out = g_string_new(NULL);
  for (guint i = 0; i < fields->all->len; i++)
    if (without == NULL || g_ascii_strcasecmp(web_fields_name(fields, i), without) != 0)
      append_pair(out, web_fields_name(fields, i), web_fields_value(fields, i));
  if (name != NULL && value != NULL)
    append_pair(out, name, value);
  return g_string_free(out, FALSE);
}
