/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/progress.h"

#include <string.h>

#include "base/jsonget.h"
#include "base/text.h"

/* Nobody plans by an estimate beyond a week. */
#define LONGEST_S ((gdouble)7 * 24 * 60 * 60)

const char *const run_progress_phases[] = { "companies", "fetch",   "read", "plan",
                                            "apply",     "content", NULL };

struct RunMeter {
  Clock *clock;
  RunProgress now, past;
  bool under_way;
  gint64 begun;   /* the phase under way, by the monotonic clock */
  gint64 started; /* and in Unix seconds */
};

/* ── reading ── */

static gint64
read_number(const json_t *object, const char *key) {
  return MAX(json_integer_value(json_object_get(object, key)), 0);
}

static bool
read_phase(const json_t *object, const char *name, RunProgress *progress) {
  if (name == NULL || *name == '\0' || progress->count == PROGRESS_MAX_PHASES)
    return false;
  RunProgressPhase *phase = &progress->phases[progress->count++];
  g_strlcpy(phase->name, name, sizeof phase->name);
  phase->done = read_number(object, "done");
  phase->total = read_number(object, "total");
  phase->seconds = MAX(json_number_value(json_object_get(object, "seconds")), 0);
  return true;
}

static bool
read_phases(const json_t *document, RunProgress *progress) {
  const json_t *phases = json_object_get(document, "phases");
  size_t index;
  json_t *phase;
  json_array_foreach((json_t *)phases, index, phase) {
    if (!read_phase(phase, json_string_value(json_object_get(phase, "name")), progress))
      return false;
  }
  /* A version before this one kept no more than the phase under way. */
  return progress->count > 0 ||
         read_phase(document, json_string_value(json_object_get(document, "phase")), progress);
}

bool
run_progress_read(const char *text, RunProgress *progress) {
  *progress = (RunProgress){ .left = -1 };
  if (text_empty(text))
    return false;
  json_auto_t *document = jsonget_parse(text, strlen(text), NULL);
  if (!json_is_object(document) || !read_phases(document, progress)) {
    *progress = (RunProgress){ .left = -1 };
    return false;
  }
  const json_t *tenants = json_object_get(document, "tenants");
  progress->tenants_done = read_number(tenants, "done");
  progress->tenants_total = read_number(tenants, "total");
  if (json_is_integer(json_object_get(document, "left")))
    progress->left = read_number(document, "left");
  progress->updated = read_number(document, "updated");
  return true;
}

/* ── what is left ── */

static const RunProgressPhase *
find(const RunProgress *progress, const char *name) {
  for (guint i = 0; i < progress->count; i++)
    if (strcmp(progress->phases[i].name, name) == 0)
      return &progress->phases[i];
  return NULL;
}

/* By its own speed once there is one, else by the last time's duration; −1: nobody can tell. */
static gdouble
left_of_phase(const RunMeter *meter, const RunProgressPhase *phase) {
  if (phase->total > 0 && phase->done > 0)
    return phase->seconds * (gdouble)MAX(phase->total - phase->done, 0) / (gdouble)phase->done;
  const RunProgressPhase *past = find(&meter->past, phase->name);
  return past != NULL ? MAX(past->seconds - phase->seconds, 0) : -1;
}

static gint64
left(const RunMeter *meter, const RunProgressPhase *current) {
  if (!meter->under_way)
    return 0;
  gdouble sum = left_of_phase(meter, current);
  const char *const *name = run_progress_phases;
  while (*name != NULL && strcmp(*name, current->name) != 0)
    name++;
  if (sum < 0 || *name == NULL)
    return -1;
  for (name++; *name != NULL; name++) {
    const RunProgressPhase *past = find(&meter->past, *name);
    if (past == NULL)
      return -1;
    sum += past->seconds;
  }
  return sum > LONGEST_S ? -1 : (gint64)(sum + 0.5);
}

/* ── keeping it ── */

RunMeter *
run_progress_new(Clock *clock) {
  RunMeter *meter = g_new0(RunMeter, 1);
  meter->clock = clock;
  return meter;
}

void
run_progress_free(RunMeter *meter) {
  g_free(meter);
}

void
run_progress_expect(RunMeter *meter, const RunProgress *past) {
  meter->past = *past;
}

static RunProgressPhase *
last(RunMeter *meter) {
  g_assert(meter->now.count > 0);
  return &meter->now.phases[meter->now.count - 1];
}

static gdouble
seconds(const RunMeter *meter) {
  return (gdouble)(clock_monotonic(meter->clock) - meter->begun) / G_USEC_PER_SEC;
}

void
run_progress_end(RunMeter *meter) {
  if (meter->under_way)
    last(meter)->seconds = seconds(meter);
  meter->under_way = false;
}

void
run_progress_begin(RunMeter *meter, const char *phase) {
  run_progress_end(meter);
  g_assert(meter->now.count < PROGRESS_MAX_PHASES);
  meter->now.count++;
  *last(meter) = (RunProgressPhase){ 0 };
  g_strlcpy(last(meter)->name, phase, sizeof last(meter)->name);
  meter->begun = clock_monotonic(meter->clock);
  meter->started = clock_now(meter->clock);
  meter->under_way = true;
}

void
run_progress_at(RunMeter *meter, guint done, guint total) {
  last(meter)->done = done;
  last(meter)->total = total;
}

void
run_progress_tenants(RunMeter *meter, guint done, guint total) {
  meter->now.tenants_done = done;
  meter->now.tenants_total = total;
}

const char *
run_progress_phase(const RunMeter *meter) {
  return meter->under_way ? meter->now.phases[meter->now.count - 1].name : "";
}

/* ── writing ── */

/* A thousandth is enough, and keeps the text short. */
static gdouble
rounded(gdouble value) {
  return (gdouble)(gint64)(value * 1000 + 0.5) / 1000;
}

static json_t *
phases_json(const RunProgress *progress) {
  json_t *phases = json_array();
  for (guint i = 0; i < progress->count; i++) {
    const RunProgressPhase *phase = &progress->phases[i];
    json_array_append_new(phases,
                          json_pack("{s:s, s:I, s:I, s:f}", "name", phase->name, "done",
                                    (json_int_t)phase->done, "total", (json_int_t)phase->total,
                                    "seconds", rounded(phase->seconds)));
  }
  return phases;
}

char *
run_progress_text(const RunMeter *meter) {
  RunProgress now = meter->now;
  RunProgressPhase none = { 0 };
  RunProgressPhase *current = now.count == 0 ? &none : &now.phases[now.count - 1];
  if (meter->under_way)
    current->seconds = seconds(meter);
  gint64 remaining = left(meter, current);
  json_auto_t *document = json_pack(
      "{s:s, s:I, s:I, s:I, s:o, s:o, s:{s:I, s:I}, s:I}", "phase", current->name, "done",
      (json_int_t)current->done, "total", (json_int_t)current->total, "started",
      (json_int_t)meter->started, "left", remaining < 0 ? json_null() : json_integer(remaining),
      "phases", phases_json(&now), "tenants", "done", (json_int_t)now.tenants_done, "total",
      (json_int_t)now.tenants_total, "updated", (json_int_t)clock_now(meter->clock));
  char *text = json_dumps(document, JSON_COMPACT | JSON_REAL_PRECISION(12));
  char *copy = g_strdup(text);
  free(text);
  return copy;
}

json_t *
run_progress_seconds(const RunMeter *meter) {
  json_t *phases = json_object();
  guint over = meter->now.count - (meter->under_way ? 1 : 0);
  for (guint i = 0; i < over; i++)
    json_object_set_new(phases, meter->now.phases[i].name, json_real(meter->now.phases[i].seconds));
  return phases;
}
