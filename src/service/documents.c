/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "service/documents.h"

#include "base/text.h"
#include "config/certificate.h"
#include "config/pair.h"
#include "service/task_text.h"

static json_t *
text_or_null(const char *text) {
  return text_empty(text) ? json_null() : json_string(text);
}

static json_t *
number_or_null(gint64 number) {
  return number == 0 ? json_null() : json_integer(number);
}

json_t *
documents_run(const StoreRun *run) {
  json_t *object = json_object();
  json_t *tenants = json_array();
  g_auto(GStrv) abbrs = g_strsplit(run->tenants, ",", -1);
  for (char **abbr = abbrs; *abbr != NULL; abbr++)
    if (**abbr != '\0')
      json_array_append_new(tenants, json_string(*abbr));
  json_object_set_new(object, "id", json_integer(run->id));
  json_object_set_new(object, "status", json_string(run_status_word(run->status)));
  json_object_set_new(object, "year", number_or_null(run->year));
  json_object_set_new(object, "triggeredby", json_string(run->triggeredby));
  json_object_set_new(object, "tenants", tenants);
  json_object_set_new(object, "timestarted", json_integer(run->timestarted));
  json_object_set_new(object, "timeended", number_or_null(run->timeended));
  return object;
}

/* The name of the course a task is about, where its payload tells one. */
static json_t *
course_name(const StoreTask *task) {
  json_auto_t *payload = json_loads(task->payload, 0, NULL);
  const char *name = json_string_value(json_object_get(payload, "shortname"));
  return name == NULL ? json_null() : json_string(name);
}

json_t *
documents_task(const StoreTask *task) {
  json_t *object = json_object();
  autochar about = task_text(task);
  json_object_set_new(object, "id", json_integer(task->id));
  json_object_set_new(object, "kind", json_string(task->kind));
  json_object_set_new(object, "subject", json_string(task->subject));
  json_object_set_new(object, "about", json_string(about));
  json_object_set_new(object, "course", course_name(task));
  json_object_set_new(object, "state", json_string(store_task_state_word(task->state)));
  json_object_set_new(object, "attempts", json_integer(task->attempts));
  json_object_set_new(object, "due", json_integer(task->due));
  json_object_set_new(object, "error", text_or_null(task->error));
  json_object_set_new(object, "timecreated", json_integer(task->timecreated));
  json_object_set_new(object, "timemodified", json_integer(task->timemodified));
  return object;
}

/* ── tenants ── */

/* How the last runs fared with a tenant, as kept. */
typedef struct {
  gint64 success_run, timesuccess, failure_run, timefailure;
  char *failure;
} Fared;

static void
fared_free(gpointer data) {
  Fared *fared = data;
  g_free(fared->failure);
  g_free(fared);
}

static void
keep_row(const StoreTenantRow *row, gpointer data) {
  Fared *fared = g_new0(Fared, 1);
  *fared = (Fared){ row->success_run, row->timesuccess, row->failure_run, row->timefailure,
                    g_strdup(row->failure) };
  g_hash_table_insert(data, g_strdup(row->tenant), fared);
}

static void
add_certificate(json_t *object, const Config *config, const ConfigTenant *tenant, gint64 now) {
  PairSource source = pair_source(config, tenant);
  gint days;
  bool dated = source != PAIR_NONE && certificate_days_left(tenant->certificate, now, &days, NULL);
  json_object_set_new(object, "certificate", json_string(pair_source_word(source)));
  json_object_set_new(object, "certificate_days_left", dated ? json_integer(days) : json_null());
}

static void
add_fared(json_t *object, const Fared *fared) {
  static const Fared never = { 0 };
  if (fared == NULL)
    fared = &never;
  bool failed = fared->timefailure != 0 && fared->failure_run >= fared->success_run;
  json_object_set_new(object, "last_success", number_or_null(fared->timesuccess));
  json_object_set_new(object, "last_success_run", number_or_null(fared->success_run));
  json_object_set_new(object, "last_failure", number_or_null(fared->timefailure));
  json_object_set_new(object, "last_failure_run", number_or_null(fared->failure_run));
  json_object_set_new(object, "failure", failed ? text_or_null(fared->failure) : json_null());
}

json_t *
documents_tenants(const Config *config, Store *store, gint64 now,
                  bool (*wanted)(const char *abbr, gconstpointer data), gconstpointer data,
                  GError **error) {
  g_autoptr(GHashTable) kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, fared_free);
  if (store != NULL && !store->class->tenant_read(store, keep_row, kept, error))
    return NULL;
  json_t *list = json_array();
  for (guint i = 0; i < config->tenants->len; i++) {
    const ConfigTenant *tenant = g_ptr_array_index(config->tenants, i);
    if (wanted != NULL && !wanted(tenant->abbr, data))
      continue;
    json_t *object = json_object();
    json_object_set_new(object, "abbr", json_string(tenant->abbr));
    json_object_set_new(object, "name", json_string(tenant->name));
    json_object_set_new(object, "configured", json_boolean(!text_empty(tenant->apikey)));
    add_certificate(object, config, tenant, now);
    add_fared(object, g_hash_table_lookup(kept, tenant->abbr));
    json_array_append_new(list, object);
  }
  return list;
}
