/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "request.h"

#include <microhttpd.h>
#include <string.h>

/* Decodes `length` bytes; NULL when that gives no text. */
static char *
decode(const char *text, gsize length) {
  g_autofree char *decoded = g_uri_unescape_segment(text, text + length, NULL);
  return decoded != NULL && g_utf8_validate(decoded, -1, NULL) ? g_steal_pointer(&decoded) : NULL;
}

static void
parse_path(Request *request, const char *path, gsize length) {
  g_autoptr(GPtrArray) segments = g_ptr_array_new();
  const char *end = path + length;
  while (path < end) {
    path++; /* the slash */
    const char *slash = memchr(path, '/', (gsize)(end - path));
    const char *stop = slash != NULL ? slash : end;
    if (stop == end && stop == path && segments->len == 0)
      break;
    char *segment = decode(path, (gsize)(stop - path));
    request->malformed |= segment == NULL;
    g_ptr_array_add(segments, segment != NULL ? segment : g_strdup(""));
    path = stop;
    if (path == end)
      break;
  }
  g_ptr_array_add(segments, NULL);
  request->path = (GStrv)g_ptr_array_steal(segments, NULL);
}

static void
parse_query(Request *request, const char *query) {
  g_auto(GStrv) parts = g_strsplit(query, "&", -1);
  for (guint i = 0; parts[i] != NULL; i++) {
    if (parts[i][0] == '\0')
      continue;
    gsize key_length = strcspn(parts[i], "=");
    const char *value = parts[i] + key_length;
    value += *value == '=';
    char *key = decode(parts[i], key_length);
    char *decoded = decode(value, strlen(value));
    if (key != NULL && decoded != NULL) {
      g_hash_table_replace(request->query, key, decoded);
      continue;
    }
    g_free(key);
    g_free(decoded);
    request->malformed = true;
  }
}

void
request_parse(Request *request, const char *uri) {
  memset(request, 0, sizeof *request);
  request->query = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  gsize length = strcspn(uri, "?");
  request->malformed = uri[0] != '/';
  parse_path(request, uri, length);
  if (uri[length] != '?')
    return;
  request->raw_query = g_strdup(uri + length + 1);
  parse_query(request, request->raw_query);
}

void
request_clear(Request *request) {
  g_strfreev(request->path);
  g_hash_table_unref(request->query);
  g_free(request->raw_query);
  if (request->body != NULL)
    g_string_free(request->body, TRUE);
}

guint
request_depth(const Request *request) {
  return g_strv_length(request->path);
}

const char *
request_parameter(const Request *request, const char *key) {
  return g_hash_table_lookup(request->query, key);
}

const char *
request_header(const Request *request, const char *name) {
  return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}
