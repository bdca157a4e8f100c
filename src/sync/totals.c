/* {"all":{"tenants":35,…},"tenants":{"FD":{"tenants":1,"lehrgaenge":12,…},…}}; what is 0 is left
 * out, and so are the tenants of a run that has too many for the store.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/totals.h"

#include <string.h>

#include "base/jsonget.h"
#include "base/text.h"
#include "store/store.h"

static const struct {
  const char *name;
  gsize offset;
} fields[] = {
  { "tenants", offsetof(RunTotals, tenants) },
  { "tenants_failed", offsetof(RunTotals, tenants_failed) },
  { "lehrgaenge", offsetof(RunTotals, lehrgaenge) },
  { "courses_created", offsetof(RunTotals, courses_created) },
  { "users_created", offsetof(RunTotals, users_created) },
  { "enrolled", offsetof(RunTotals, enrolled) },
  { "unenrolled", offsetof(RunTotals, unenrolled) },
  { "completed", offsetof(RunTotals, completed) },
  { "failed", offsetof(RunTotals, failed) },
};

static gint64 *
field(RunTotals *totals, guint index) {
  return (gint64 *)(void *)((char *)totals + fields[index].offset);
}

static void
add(RunTotals *sum, const RunTotals *more) {
  for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
    *field(sum, i) += *field((RunTotals *)more, i);
}

/* ── from a report ── */

static gint64
number(const json_t *object, const char *key) {
  return json_integer_value(json_object_get(object, key));
}

static void
add_line(RunTotals *totals, const json_t *line) {
  const json_t *users = json_object_get(line, "users");
  const json_t *assignments = json_object_get(line, "assignments");
  totals->courses_created += json_is_true(json_object_get(line, "created"));
  totals->users_created += number(users, "created");
  totals->enrolled += number(assignments, "enrolled");
  totals->unenrolled += number(assignments, "unenrolled");
  totals->completed += number(assignments, "completed");
}

/* A tenant that the run did not ask for was neither listed nor did it fail. */
static RunTotals
of_tenant(const json_t *tenant) {
  bool failed = json_is_string(json_object_get(tenant, "error"));
  RunTotals totals = {
    .tenants = failed || json_is_true(json_object_get(tenant, "listed")),
    .tenants_failed = failed,
    .lehrgaenge = number(tenant, "total"),
    .failed = (gint64)json_array_size(json_object_get(tenant, "failed")),
  };
  size_t index;
  json_t *line;
  json_array_foreach(json_object_get(tenant, "courses"), index, line) add_line(&totals, line);
  return totals;
}

static json_t *
to_json(RunTotals *totals) {
  json_t *object = json_object();
  for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
    if (*field(totals, i) != 0)
      json_object_set_new(object, fields[i].name, json_integer(*field(totals, i)));
  return object;
}

/* Steps may have failed that no tenant's list has room for, or that are no tenant's. */
static void
correct(RunTotals *all, const json_t *report) {
  const json_t *failed = json_object_get(json_object_get(report, "totals"), "failed");
  if (json_is_integer(failed))
    all->failed = json_integer_value(failed);
}

char *
totals_text(const json_t *report) {
  json_auto_t *document = json_object();
  json_t *by_tenant = json_object();
  RunTotals all = { 0 };
  size_t index;
  json_t *tenant;
  json_array_foreach(json_object_get(report, "tenants"), index, tenant) {
    const char *abbr = json_string_value(json_object_get(tenant, "abbr"));
    RunTotals totals = of_tenant(tenant);
    add(&all, &totals);
    if (abbr != NULL && (totals.tenants > 0 || totals.lehrgaenge > 0))
      json_object_set_new(by_tenant, abbr, to_json(&totals));
  }
  correct(&all, report);
  json_object_set_new(document, "all", to_json(&all));
  json_object_set_new(document, "tenants", by_tenant);
  char *text = json_dumps(document, JSON_COMPACT);
  if (strlen(text) > STORE_MAX_PROGRESS) {
    free(text);
    json_object_del(document, "tenants");
    text = json_dumps(document, JSON_COMPACT);
  }
  char *copy = g_strdup(text);
  free(text);
  return copy;
}

/* ── reading ── */

static void
from_json(const json_t *object, RunTotals *totals) {
  for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
    *field(totals, i) = MAX(number(object, fields[i].name), 0);
}

bool
totals_read(const char *text, const char *const *tenants, RunTotals *totals) {
  *totals = (RunTotals){ 0 };
  if (text_empty(text))
    return false;
  json_auto_t *document = jsonget_parse(text, strlen(text), NULL);
  const json_t *all = json_object_get(document, "all");
  const json_t *by_tenant = json_object_get(document, "tenants");
  if (!json_is_object(tenants == NULL ? all : by_tenant))
    return false;
  if (tenants == NULL)
    from_json(all, totals);
  for (; tenants != NULL && *tenants != NULL; tenants++) {
    RunTotals one;
    from_json(json_object_get(by_tenant, *tenants), &one);
    add(totals, &one);
  }
  return true;
}

gint64
totals_changes(const RunTotals *totals) {
  return totals->courses_created + totals->users_created + totals->enrolled + totals->unenrolled +
         totals->completed;
}
