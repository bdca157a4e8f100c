/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "figures.h"

#include <string.h>

static void add(GPtrArray *lines, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
add(GPtrArray *lines, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  g_ptr_array_add(lines, g_strdup_vprintf(format, arguments));
  va_end(arguments);
}

static const char *
text(const json_t *object, const char *key) {
  const char *value = json_string_value(json_object_get(object, key));
  return value != NULL ? value : "";
}

/* " created=2 total=3": what is not 0, of the keys with that prefix, in the order of the keys. */
static char *
numbers(const json_t *object, const char *prefix) {
  static const char *const order[] = { "total",
                                       "created",
                                       "existing",
                                       "updated",
                                       "skipped",
                                       "enrolled",
                                       "alreadyenrolled",
                                       "completed",
                                       "completions_waiting",
                                       "unenrolled",
                                       "alreadyunenrolled",
                                       "noop",
                                       "held",
                                       "unproven",
                                       "unlisted",
                                       "groups",
                                       "memberships",
                                       "queued",
                                       "done",
                                       "waiting",
                                       "failed" };
  GString *out = g_string_new(NULL);
  for (guint i = 0; i < G_N_ELEMENTS(order); i++) {
    g_autofree char *key = g_strconcat(prefix, order[i], NULL);
    json_int_t value = json_integer_value(json_object_get(object, key));
    if (value != 0)
      g_string_append_printf(out, " %s=%" JSON_INTEGER_FORMAT, order[i], value);
  }
  return g_string_free(out, FALSE);
}

static void
add_numbers(GPtrArray *lines, const char *title, const json_t *object, const char *prefix) {
  g_autofree char *all = numbers(object, prefix);
  if (*all != '\0')
    add(lines, "%s%s", title, all);
}

static int
by_text(gconstpointer a, gconstpointer b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* " no_company=1 no_template=2", sorted. */
static char *
counts(const json_t *object) {
  g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)object, key, value)
      add(parts, " %s=%" JSON_INTEGER_FORMAT, key, json_integer_value(value));
  g_ptr_array_sort(parts, by_text);
  g_ptr_array_add(parts, NULL);
  return g_strjoinv("", (char **)parts->pdata);
}

/* The totals under "people" have no prefix of their own, so they are told apart by a copy without
 * the others. */
static void
add_totals(GPtrArray *lines, const json_t *totals) {
  add_numbers(lines, "lehrgaenge", totals, "lehrgaenge_");
  add_numbers(lines, "courses", totals, "courses_");
  add_numbers(lines, "users", totals, "users_");
  json_auto_t *people = json_deep_copy(totals);
  json_object_del(people, "failed");
  add_numbers(lines, "people", people, "");
}

static void
add_course(GPtrArray *lines, const json_t *course, const char *abbr) {
  GString *ids = g_string_new(NULL);
  size_t at;
  json_t *id;
  json_array_foreach(json_object_get(course, "lehrgaenge"), at, id)
      g_string_append_printf(ids, " %s", json_string_value(id));
  add(lines, "course %s %s%s%s", text(course, "shortname"), abbr,
      json_is_true(json_object_get(course, "created")) ? " created" : "", ids->str);
  g_string_free(ids, TRUE);
  add_numbers(lines, "  users", json_object_get(course, "users"), "");
  add_numbers(lines, "  people", json_object_get(course, "assignments"), "");
}

static void
add_tenant(GPtrArray *lines, const json_t *tenant, bool per_course) {
  const char *abbr = text(tenant, "abbr");
  if (json_is_string(json_object_get(tenant, "error")))
    add(lines, "tenant-failed %s: %s", abbr, text(tenant, "error"));
  g_autofree char *reasons = counts(json_object_get(tenant, "skip_reasons"));
  if (*reasons != '\0')
    add(lines, "skipped %s%s", abbr, reasons);
  size_t at;
  json_t *item;
  json_array_foreach(json_object_get(tenant, "failed"), at, item)
      add(lines, "failed %s %s: %s", abbr, text(item, "id"), text(item, "error"));
  json_array_foreach(json_object_get(tenant, "left_out"), at, item)
      add(lines, "left-out %s %s %s %s: %s", abbr, text(item, "lehrgang"), text(item, "where"),
          text(item, "id"), text(item, "why"));
  if (!per_course)
    return;
  g_autofree char *title = g_strdup_printf("tenant %s", abbr);
  add_numbers(lines, title, tenant, "");
  json_array_foreach(json_object_get(tenant, "courses"), at, item) add_course(lines, item, abbr);
}

static void
add_rest(GPtrArray *lines, const json_t *report) {
  size_t at;
  json_t *item;
  json_array_foreach(json_object_get(report, "held"), at, item)
      add(lines,
          "held %s removals=%" JSON_INTEGER_FORMAT " enrolled=%" JSON_INTEGER_FORMAT
          " allowed=%" JSON_INTEGER_FORMAT,
          text(item, "company"), json_integer_value(json_object_get(item, "removals")),
          json_integer_value(json_object_get(item, "enrolled")),
          json_integer_value(json_object_get(item, "allowed")));
  json_array_foreach(json_object_get(report, "unproven"), at, item)
      add(lines, "unproven %s: %s", text(item, "shortname"), text(item, "why"));
  json_array_foreach(json_object_get(report, "warnings"), at, item)
      add(lines, "warning %s", json_string_value(item));
  g_autofree char *unknown = counts(json_object_get(report, "unknown_statuses"));
  if (*unknown != '\0')
    add(lines, "unknown%s", unknown);
  add_numbers(lines, "copies", json_object_get(report, "content_copies"), "");
}

GPtrArray *
figures_lines(const json_t *report, bool per_course) {
  GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
  if (json_is_string(json_object_get(report, "error")))
    add(lines, "error %s", text(report, "error"));
  add_totals(lines, json_object_get(report, "totals"));
  size_t at;
  json_t *tenant;
  json_array_foreach(json_object_get(report, "tenants"), at, tenant)
      add_tenant(lines, tenant, per_course);
  add_rest(lines, report);
  return lines;
}

guint
figures_changes(const json_t *report) {
  static const char *const keys[] = { "lehrgaenge_created", "courses_created", "users_created",
                                      "users_updated",      "enrolled",        "unenrolled",
                                      "completed",          "groups",          "memberships" };
  const json_t *totals = json_object_get(report, "totals");
  guint changes = 0;
  for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
    changes += (guint)json_integer_value(json_object_get(totals, keys[i]));
  return changes;
}
