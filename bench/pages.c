/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pages.h"

#include <jansson.h>
#include <string.h>
#include <time.h>

#include "child.h"
#include "service/open.h"
#include "sync/totals.h"
#include "visitor.h"

/* ── a long history ── */

static json_t *
made_up_course(guint tenant, guint course) {
  g_autofree char *name = g_strdup_printf("T%u-F-ATR-%u", tenant, course);
  g_autofree char *lehrgang = g_strdup_printf("T%u-LG-2026-%04u", tenant, course);
  return json_pack("{s:i, s:s, s:b, s:[s], s:{s:i,s:i,s:i,s:i,s:i},"
                   " s:{s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i}}",
                   "course", (int)(tenant * 100 + course), "shortname", name, "created", 0,
                   "lehrgaenge", lehrgang, "users", "created", 2, "existing", 12, "skipped", 1,
                   "total", 15, "updated", 0, "assignments", "enrolled", 3, "alreadyenrolled", 9,
                   "unenrolled", 1, "alreadyunenrolled", 0, "noop", 1, "skipped", 1, "held", 0,
                   "unproven", 0, "completed", 2, "completions_waiting", 0, "unlisted", 0, "groups",
                   0, "memberships", 3, "total", 15);
}

static json_t *
made_up_tenant(guint tenant) {
  g_autofree char *abbr = g_strdup_printf("T%u", tenant);
  g_autofree char *name = g_strdup_printf("Landkreis %u", tenant);
  json_t *courses = json_array();
  for (guint i = 0; i < PAGES_COURSES; i++)
    json_array_append_new(courses, made_up_course(tenant, i));
  return json_pack("{s:s, s:s, s:b, s:i, s:n, s:i, s:i, s:i, s:[], s:{s:i}, s:i, s:[], s:o}",
                   "abbr", abbr, "name", name, "configured", 1, "listed", PAGES_COURSES + 3,
                   "error", "created", 0, "skipped", 3, "total", PAGES_COURSES + 3, "failed",
                   "skip_reasons", "no template", 3, "left_out_count", 0, "left_out", "courses",
                   courses);
}

static json_t *
made_up_report(gint64 started) {
  json_t *tenants = json_array();
  for (guint i = 0; i < PAGES_TENANTS; i++)
    json_array_append_new(tenants, made_up_tenant(i));
  return json_pack("{s:i, s:n, s:s, s:s, s:I, s:I, s:n, s:b, s:o, s:{s:i, s:i}, s:{}, s:[], s:[],"
                   " s:[], s:{s:f, s:f}}",
                   "run", PAGES_RUNS, "year", "status", "success", "triggeredby", "scheduler",
                   "started", (json_int_t)started, "ended", (json_int_t)started + 60, "error",
                   "dry_run", 0, "tenants", tenants, "totals", "enrolled",
                   3 * PAGES_TENANTS * PAGES_COURSES, "unenrolled", PAGES_TENANTS * PAGES_COURSES,
                   "unknown_statuses", "held", "unproven", "warnings", "seconds", "fetch", 20.0,
                   "apply", 40.0);
}

static bool
record(Store *store, gint64 started, const char *summary, const char *totals, GError **error) {
  StoreRun run = { .triggeredby = (char *)"scheduler",
                   .tenants = (char *)"",
                   .owner = (char *)"bench",
                   .status = RUN_RUNNING,
                   .timestarted = started };
  return store->class->run_begin(store, &run, error) &&
         store->class->run_totals(store, run.id, totals, error) &&
         store->class->run_end(store, run.id, RUN_SUCCESS, started + 60, summary, error);
}

/* One run an hour; all but the last have a short report: what a list must not read is not what it
 * is measured by. */
static bool
fill(Store *store, GError **error) {
  gint64 first = (gint64)time(NULL) - (gint64)PAGES_RUNS * 3600;
  json_auto_t *report = made_up_report(first);
  g_autofree char *totals = totals_text(report);
  char *summary = json_dumps(report, JSON_COMPACT);
  bool ok = store->class->begin(store, false, error);
  for (guint i = 0; ok && i < PAGES_RUNS; i++)
    ok = record(store, first + (gint64)i * 3600, i + 1 == PAGES_RUNS ? summary : "{}", totals,
                error);
  free(summary);
  return ok && store->class->commit(store, error);
}

/* ── asking ── */

static gint
compare(gconstpointer left, gconstpointer right) {
  gdouble a = *(const gdouble *)left, b = *(const gdouble *)right;
  return (a > b) - (a < b);
}

static gdouble
median(GArray *values) {
  g_array_sort(values, compare);
  return values->len == 0 ? 0 : g_array_index(values, gdouble, values->len / 2);
}

static bool
ask(Visitor *visitor, const char *path, gdouble *milliseconds, GError **error) {
  g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(gdouble));
  for (guint i = 0; i < PAGES_ASKED; i++) {
    gdouble seconds;
    long status = visitor_ask(visitor, path, NULL, NULL, &seconds);
    if (status != 200) {
      g_set_error(error, CHILD_ERROR, 0, "%s: answered with %ld", path, status);
      return false;
    }
    g_array_append_val(values, seconds);
  }
  *milliseconds = median(values) * 1000;
  return true;
}

static char *
write_config(Stage *stage, GError **error) {
  g_autofree char *text = NULL;
  char *path = stage_path(stage, "pages.conf");
  if (!g_file_get_contents(stage_config(stage), &text, NULL, error))
    return NULL;
  g_autofree char *whole = g_strconcat(text, "[store]\npath=pages.db\n", NULL);
  return g_file_set_contents_full(path, whole, -1, G_FILE_SET_CONTENTS_NONE, 0600, error) ? path
                                                                                          : NULL;
}

bool
pages_measure(const StageOptions *options, Stage *stage, Pages *pages, GError **error) {
  g_autofree char *config = write_config(stage, error), *path = stage_path(stage, "pages.db");
  g_autoptr(Store) store = config == NULL ? NULL : open_store_at(path, error);
  g_auto(Site) site = { 0 };
  if (store == NULL || !fill(store, error) ||
      !site_start(options, stage, config, store, &site, error))
    return false;
  g_autoptr(Visitor) visitor = visitor_new(&site);
  g_autofree char *run = g_strdup_printf("/runs/%d", PAGES_RUNS);
  return ask(visitor, "/static/style.css", &pages->fixed_ms, error) &&
         ask(visitor, "/runs", &pages->history_ms, error) &&
         ask(visitor, run, &pages->run_ms, error);
}

/* ── readers ── */

/* All of them together. */
typedef struct {
  const Site *site;
  gint pages, refused; /* atomic */
  GMutex lock;
  GCond over;
  bool closed;
} Crowd;

typedef struct {
  Crowd *crowd;
  guint number;
} Reader;

/* Whether they are still wanted after so many seconds. */
static bool
stay(Crowd *crowd, gdouble seconds) {
  gint64 until = g_get_monotonic_time() + (gint64)(seconds * G_USEC_PER_SEC);
  g_mutex_lock(&crowd->lock);
  while (!crowd->closed && g_cond_wait_until(&crowd->over, &crowd->lock, until))
    continue;
  bool on = !crowd->closed;
  g_mutex_unlock(&crowd->lock);
  return on;
}

static gpointer
idle(gpointer data) {
  Reader *reader = data;
  g_autoptr(Visitor) visitor = visitor_new(reader->crowd->site);
  (void)visitor_ask(visitor, "/static/style.css", NULL, NULL, NULL);
  while (stay(reader->crowd, G_MAXINT16))
    continue;
  return NULL;
}

/* Each begins at another moment of the pause. */
static gpointer
read_on(gpointer data) {
  static const char *const paths[] = { "/", "/runs", "/runs/1", "/tasks" };
  Reader *reader = data;
  Crowd *crowd = reader->crowd;
  g_autoptr(Visitor) visitor = visitor_new(crowd->site);
  gdouble pause = (gdouble)reader->number * READERS_PAUSE_S / READERS;
  for (guint i = reader->number; stay(crowd, pause); i++) {
    bool ok = visitor_ask(visitor, paths[i % G_N_ELEMENTS(paths)], NULL, NULL, NULL) == 200;
    g_atomic_int_inc(ok ? &crowd->pages : &crowd->refused);
    pause = READERS_PAUSE_S;
  }
  return NULL;
}

/* Queues an import of this year and waits until it is over; *seconds: by its own report. */
static bool
import(Visitor *visitor, Store *store, const Stop *stop, gdouble *seconds, GError **error) {
  g_autoptr(GDateTime) now = g_date_time_new_now_utc();
  g_autofree char *wish = g_strdup_printf("{\"year\":%d}", g_date_time_get_year(now)), *body = NULL;
  long status = visitor_ask(visitor, "/api/v1/imports", wish, &body, NULL);
  json_auto_t *answer = json_loads(body, 0, NULL);
  StoreRunFilter filter = { .status = -1, .year = -1, .limit = 1 };
  filter.task = json_integer_value(json_object_get(answer, "task"));
  if (status != 202 || filter.task == 0) {
    g_set_error(error, CHILD_ERROR, 0, "an import could not be queued (%ld): %s", status, body);
    return false;
  }
  while (!stop_requested(stop)) {
    g_usleep(G_USEC_PER_SEC / 20);
    g_autoptr(GPtrArray) runs = store->class->run_find(store, &filter, error);
    if (runs == NULL)
      return false;
    const StoreRun *run = runs->len > 0 ? g_ptr_array_index(runs, 0) : NULL;
    if (run == NULL || run->timeended == 0)
      continue;
    g_autoptr(StoreRun) whole = store->class->run_get(store, run->id, error);
    json_auto_t *report = whole == NULL ? NULL : json_loads(whole->summary, 0, NULL);
    const char *phase;
    json_t *took;
    *seconds = 0;
    json_object_foreach(json_object_get(report, "seconds"), phase, took) *seconds +=
        json_number_value(took);
    return whole != NULL;
  }
  g_set_error(error, CHILD_ERROR, 0, "stopped on request");
  return false;
}

static bool
import_with_readers(const Site *site, Visitor *visitor, Store *store, const Stop *stop,
                    Readers *readers, gdouble *seconds, GError **error) {
  GThread *threads[READERS_IDLE + READERS];
  Reader all[READERS_IDLE + READERS];
  Crowd crowd = { .site = site };
  g_mutex_init(&crowd.lock);
  g_cond_init(&crowd.over);
  for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
    all[i] = (Reader){ &crowd, i % READERS };
    threads[i] = g_thread_new("reader", i < READERS_IDLE ? idle : read_on, &all[i]);
  }
  bool ok = stay(&crowd, READERS_SETTLE_S) && import(visitor, store, stop, seconds, error);
  g_mutex_lock(&crowd.lock);
  crowd.closed = true;
  g_cond_broadcast(&crowd.over);
  g_mutex_unlock(&crowd.lock);
  for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
    g_thread_join(threads[i]);
  g_mutex_clear(&crowd.lock);
  g_cond_clear(&crowd.over);
  readers->pages += (guint)crowd.pages;
  readers->refused += (guint)crowd.refused;
  return ok;
}

bool
readers_measure(const StageOptions *options, Stage *stage, guint rounds, Readers *readers,
                GError **error) {
  g_autofree char *path = stage_path(stage, "lehrgaenge.db");
  g_autoptr(Store) store = open_store_at(path, error);
  g_auto(Site) site = { 0 };
  *readers = (Readers){ 0 };
  if (store == NULL || !site_start(options, stage, stage_config(stage), store, &site, error))
    return false;
  g_autoptr(Visitor) visitor = visitor_new(&site);
  g_autoptr(GArray) alone = g_array_new(FALSE, FALSE, sizeof(gdouble));
  g_autoptr(GArray) read = g_array_new(FALSE, FALSE, sizeof(gdouble));
  gdouble seconds;
  if (!import(visitor, store, options->stop, &seconds, error))
    return false; /* the first one may have something to do */
  for (guint i = 0; i < rounds; i++) {
    if (!import(visitor, store, options->stop, &seconds, error))
      return false;
    g_array_append_val(alone, seconds);
    if (!import_with_readers(&site, visitor, store, options->stop, readers, &seconds, error))
      return false;
    g_array_append_val(read, seconds);
  }
  readers->alone_s = median(alone);
  readers->read_s = median(read);
  readers->ratio = readers->alone_s > 0 ? readers->read_s / readers->alone_s : 0;
  return true;
}
