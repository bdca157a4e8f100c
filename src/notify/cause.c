/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "notify/cause.h"

#include <glib.h>
#include <string.h>

#include "base/text.h"
#include "notify/digest.h"

/* `text` with every word that holds a digit made one sign: numbers, times, ids, request ids. */
static char *
without_numbers(const char *text) {
  GString *out = g_string_new(NULL);
  for (const char *c = text; *c != '\0';) {
    gsize length = 0;
    bool digit = false;
    for (; g_ascii_isalnum(c[length]) || c[length] == '-' || c[length] == '_' ||
           (guchar)c[length] >= 0x80;
         length++)
      digit |= g_ascii_isdigit(c[length]);
    if (digit)
      g_string_append_c(out, '#');
    else
      g_string_append_len(out, c, (gssize)length);
    c += length;
    if (length == 0)
      g_string_append_c(out, *c++);
  }
  return g_string_free(out, FALSE);
}

/* An error without the id of what it is about, which need not hold a digit. */
static char *
without_id(const char *error, const char *id) {
  g_autoptr(GString) text = g_string_new(error);
  autochar escaped = g_uri_escape_string(id, NULL, FALSE);
  if (*id != '\0') {
    g_string_replace(text, escaped, "#", 0);
    g_string_replace(text, id, "#", 0);
  }
  return without_numbers(text->str);
}

static void
add(GPtrArray *reasons, const char *kind, const char *who, const char *text) {
  autochar plain = without_numbers(text);
  g_ptr_array_add(reasons, g_strdup_printf("%s %s: %s", kind, who, plain));
}

static void
add_tenants(GPtrArray *reasons, const json_t *report) {
  size_t at, failure_at;
  const json_t *tenant, *failure;
  json_array_foreach(json_object_get(report, "tenants"), at, tenant) {
    const char *abbr = digest_text(tenant, "abbr");
    if (json_is_string(json_object_get(tenant, "error"))) {
      add(reasons, "tenant", abbr, digest_text(tenant, "error"));
      continue;
    }
    json_array_foreach(json_object_get(tenant, "failed"), failure_at, failure) {
      autochar error = without_id(digest_text(failure, "error"), digest_text(failure, "id"));
      add(reasons, "failed", abbr, error);
    }
  }
}

static gint
by_text(gconstpointer a, gconstpointer b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Each once, in an order that does not depend on the run. */
static char *
join(GPtrArray *reasons) {
  GString *text = g_string_new(NULL);
  g_ptr_array_sort(reasons, by_text);
  for (guint i = 0; i < reasons->len; i++) {
    const char *reason = g_ptr_array_index(reasons, i);
    if (i == 0 || strcmp(reason, g_ptr_array_index(reasons, i - 1)) != 0)
      g_string_append_printf(text, "%s\n", reason);
  }
  return g_string_free(text, FALSE);
}

char *
cause_of(const json_t *report) {
  g_autoptr(GPtrArray) reasons = g_ptr_array_new_with_free_func(g_free);
  size_t at;
  const json_t *item;
  add(reasons, "status", digest_text(report, "status"), digest_text(report, "error"));
  add_tenants(reasons, report);
  json_array_foreach(json_object_get(report, "held"), at, item)
      add(reasons, "held", digest_text(item, "company"), "");
  json_array_foreach(json_object_get(report, "unproven"), at, item)
      add(reasons, "unproven", "", digest_text(item, "why"));
  if (digest_number(json_object_get(report, "content_copies"), "failed") > 0)
    add(reasons, "copies", "", "failed");
  return join(reasons);
}
