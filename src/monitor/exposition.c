/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/exposition.h"

#include "config/certificate.h"
#include "monitor/family.h"
#include "scheduler/scheduler.h"
#include "sync/run.h"

/* ── from the store ── */

static bool
append_runs(GString *text, Store *store, GError **error) {
  static const char name[] = "lehrgaenge_runs";
  gint64 counts[RUN_STATUSES] = { 0 };
  if (!store->class->run_counts(store, counts, error))
    return false;
  family_gauge(text, name, "Runs the store remembers, by status.");
  for (guint i = 0; i < RUN_STATUSES; i++)
    family_whole(text, name, counts[i], "status", run_status_word(i), NULL);
  return true;
}

static bool
append_successes(GString *text, Store *store, const Config *config, GError **error) {
  static const char name[] = "lehrgaenge_tenant_last_success_timestamp_seconds";
  family_gauge(text, name, "When a run last read a tenant without failure; 0: never.");
  for (guint i = 0; i < config->tenants->len; i++) {
    const ConfigTenant *tenant = g_ptr_array_index(config->tenants, i);
    gint64 time = 0;
    if (*tenant->apikey == '\0') /* left out of runs */
      continue;
    if (!store->class->tenant_success_get(store, tenant->abbr, &time, error))
      return false;
    family_whole(text, name, time, "tenant", tenant->abbr, NULL);
  }
  return true;
}

#define TASKS "lehrgaenge_tasks"

static void
on_tasks(const char *kind, const gint64 *counts, gpointer text) {
  for (guint i = 0; i < TASK_STATES; i++)
    family_whole(text, TASKS, counts[i], "kind", kind, "state", store_task_state_word(i), NULL);
}

static bool
append_tasks(GString *text, Store *store, GError **error) {
  family_gauge(text, TASKS, "Background tasks the store holds, by kind and state.");
  return store->class->task_counts(store, on_tasks, text, error);
}

/* A lock that has expired is free, whoever had it. */
static bool
append_lock(GString *text, Store *store, gint64 now, GError **error) {
  static const char held[] = "lehrgaenge_sync_lock_held";
  static const char since[] = "lehrgaenge_sync_lock_since_timestamp_seconds";
  g_autoptr(StoreLock) lock = NULL;
  if (!store->class->lock_get(store, RUN_LOCK, &lock, error))
    return false;
  bool is_held = lock != NULL && lock->expires > now;
  family_gauge(text, held, "Whether a run, of any node, holds the lock.");
  family_whole(text, held, is_held, NULL);
  family_gauge(text, since, "Since when the lock is held; 0: it is not.");
  family_whole(text, since, is_held ? lock->acquired : 0, NULL);
  return true;
}

static bool
append_schedule(GString *text, Store *store, GError **error) {
  static const char failures[] = "lehrgaenge_schedule_failures";
  static const char met[] = "lehrgaenge_schedule_met_timestamp_seconds";
  g_auto(StoreSchedule) schedule = { 0 };
  if (!store->class->schedule_get(store, SCHEDULER_SYNC, &schedule, error))
    return false;
  family_gauge(text, failures, "Tries of the scheduled run in a row that failed.");
  family_whole(text, failures, schedule.failures, NULL);
  family_gauge(text, met, "What was due until then needs no run any more; 0: no schedule yet.");
  family_whole(text, met, schedule.met, NULL);
  return true;
}

bool
exposition_append_store(GString *text, Store *store, const Config *config, gint64 now,
                        GError **error) {
  gsize before = text->len;
  if (append_runs(text, store, error) && append_schedule(text, store, error) &&
      append_lock(text, store, now, error) && append_tasks(text, store, error) &&
      append_successes(text, store, config, error))
    return true;
  g_string_truncate(text, before);
  return false;
}

/* ── from elsewhere ── */

typedef struct {
  const char *path, *scope, *tenant;
} Certificate;

/* The general one, and those that tenants have for themselves. */
static GArray *
certificates(const Config *config) {
  GArray *all = g_array_new(FALSE, FALSE, sizeof(Certificate));
  if (config->zms.certificate != NULL)
    g_array_append_vals(all, &(Certificate){ config->zms.certificate, "general", NULL }, 1);
  for (guint i = 0; i < config->tenants->len; i++) {
    const ConfigTenant *tenant = g_ptr_array_index(config->tenants, i);
    if (tenant->certificate != NULL && g_strcmp0(tenant->certificate, config->zms.certificate) != 0)
      g_array_append_vals(all, &(Certificate){ tenant->certificate, "tenant", tenant->abbr }, 1);
  }
  return all;
}

/* One that cannot be read has no days; that it cannot is a figure of its own. */
static void
append_certificates(GString *text, const Config *config, gint64 now) {
  static const char left[] = "lehrgaenge_certificate_days_left";
  static const char readable[] = "lehrgaenge_certificate_readable";
  g_autoptr(GArray) all = certificates(config);
  g_autofree bool *read = g_new0(bool, all->len + 1);
  family_gauge(text, left, "Whole days until a client certificate expires; negative: it has.");
  for (guint i = 0; i < all->len; i++) {
    const Certificate *one = &g_array_index(all, Certificate, i);
    gint days = 0;
    read[i] = certificate_days_left(one->path, now, &days, NULL);
    if (read[i])
      family_whole(text, left, days, "certificate", one->scope, "tenant", one->tenant, NULL);
  }
  family_gauge(text, readable, "Whether a configured client certificate can be read.");
  for (guint i = 0; i < all->len; i++) {
    const Certificate *one = &g_array_index(all, Certificate, i);
    family_whole(text, readable, read[i], "certificate", one->scope, "tenant", one->tenant, NULL);
  }
}

void
exposition_append_rest(GString *text, const Config *config, bool store_up, gint64 next_run,
                       gint64 now) {
  static const char next[] = "lehrgaenge_next_run_timestamp_seconds";
  static const char up[] = "lehrgaenge_store_up";
  append_certificates(text, config, now);
  family_gauge(text, next, "When the next scheduled run is due; 0: not known.");
  family_whole(text, next, next_run, NULL);
  family_gauge(text, up, "Whether the store could be asked for this answer.");
  family_whole(text, up, store_up, NULL);
}
