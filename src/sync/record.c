/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/record.h"

#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "sync/totals.h"

/* So many runs of the same year are looked at for one of the same tenants. */
#define PAST_RUNS 10

/* Of why a tenant failed; as much as the report tells. */
#define MAX_WHY 2000

/* ── tenants ── */

static bool
write_successes(Store *store, gint64 run, const Input *input, gint64 now, GError **error) {
  for (guint i = 0; input != NULL && i < input->tenants->len; i++) {
    const InputTenant *tenant = input_tenant(input, i);
    if (tenant->listed && tenant->error == NULL &&
        !store->class->tenant_success_set(store, tenant->abbr, run, now, error))
      return false;
  }
  return true;
}

static bool
write_failure(Store *store, gint64 run, const InputTenant *tenant, gint64 now, GError **error) {
  /* Secrets go first: half of one, cut off by the limit, is not found any more. */
  autochar clean = text_redact(tenant->error);
  autochar why = text_display(clean, -1, MAX_WHY);
  return store->class->tenant_failure_set(store, tenant->abbr, run, now, why, error);
}

static bool
write_failures(Store *store, gint64 run, const Input *input, gint64 now, GError **error) {
  for (guint i = 0; input != NULL && i < input->tenants->len; i++) {
    const InputTenant *tenant = input_tenant(input, i);
    if (tenant->error != NULL && !write_failure(store, run, tenant, now, error))
      return false;
  }
  return true;
}

/* ── the end ── */

/* The summary as it is stored; free with free(). */
static char *
summary_text(const json_t *report) {
  char *summary = json_dumps(report, JSON_COMPACT);
  /* A run that fails everywhere has more to say than is stored: its totals are. */
  if (strlen(summary) > STORE_MAX_SUMMARY) {
    json_auto_t *shortened = json_copy((json_t *)report);
    json_object_del(shortened, "tenants");
    json_object_set_new(shortened, "shortened", json_true());
    free(summary);
    summary = json_dumps(shortened, JSON_COMPACT);
  }
  return summary;
}

/* The texts of an end: made once, however often they are written. */
typedef struct {
  const RecordEnd *end;
  char *summary, *totals;
} Texts;

static void
texts_init(Texts *texts, const RecordEnd *end) {
  *texts = (Texts){ end, summary_text(end->report), totals_text(end->report) };
}

static void
texts_clear(Texts *texts) {
  free(texts->summary);
  g_free(texts->totals);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Texts, texts_clear)

static bool
write_end(Store *store, const Texts *texts, gint64 now, GError **error) {
  const RecordEnd *end = texts->end;
  return (end->progress == NULL ||
          store->class->run_progress(store, end->id, end->progress, error)) &&
         write_successes(store, end->id, end->succeeded, now, error) &&
         write_failures(store, end->id, end->failed, now, error) &&
         store->class->run_totals(store, end->id, texts->totals, error) &&
         store->class->run_end(store, end->id, end->status, now, texts->summary, error);
}

static bool
end_once(Store *store, const Texts *texts, gint64 now, GError **error) {
  store->class->rollback(store);
  if (!store->class->begin(store, false, error))
    return false;
  if (write_end(store, texts, now, error))
    return store->class->commit(store, error);
  store->class->rollback(store);
  return false;
}

bool
record_end(Store *store, const RecordEnd *end, gint64 now, GError **error) {
  g_auto(Texts) texts;
  texts_init(&texts, end);
  return end_once(store, &texts, now, error);
}

bool
record_end_patiently(Store *store, const RecordEnd *end, Clock *clock, guint patience_s,
                     const Stop *stop, GError **error) {
  g_auto(Texts) texts;
  texts_init(&texts, end);
  gint64 until = clock_monotonic(clock) + (gint64)patience_s * G_USEC_PER_SEC;
  for (guint tries = 0;; tries++) {
    g_autoptr(GError) cause = NULL;
    if (end_once(store, &texts, clock_now(clock), &cause))
      return true;
    bool again = g_error_matches(cause, STORE_ERROR, STORE_ERROR_UNAVAILABLE) &&
                 clock_monotonic(clock) < until && !stop_overdue(stop);
    if (!again) {
      g_propagate_error(error, g_steal_pointer(&cause));
      return false;
    }
    if (tries == 0)
      log_warning(NULL, "the end of run %" G_GINT64_FORMAT " cannot be recorded yet: %s", end->id,
                  cause->message);
    clock_sleep(clock, G_USEC_PER_SEC);
  }
}

/* ── the past ── */

static bool
went_through(const StoreRun *run) {
  return run->status == RUN_SUCCESS || run->status == RUN_PARTIAL || run->status == RUN_HELD;
}

bool
record_past(Store *store, const StoreRun *run, RunProgress *past, GError **error) {
  const StoreRunFilter filter = { .limit = PAST_RUNS, .status = -1, .year = run->year };
  g_autoptr(GPtrArray) runs = store->class->run_find(store, &filter, error);
  for (guint i = 0; runs != NULL && i < runs->len; i++) {
    const StoreRun *other = g_ptr_array_index(runs, i);
    RunProgress progress;
    if (!went_through(other) || strcmp(other->tenants, run->tenants) != 0 ||
        !run_progress_read(other->progress, &progress))
      continue;
    *past = progress;
    return true;
  }
  return false;
}
