/* /api/v1/runs: the history, and one run with its report.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/jsonget.h"
#include "base/text.h"
#include "service/documents.h"
#include "sync/totals.h"
#include "web/api.h"
#include "web/report_view.h"

#define DEFAULT_RUNS 50
#define MAX_RUNS 500
/* Years as far as a query may name them; the store finds none outside. */
#define MAX_YEAR 9999

/* ── the history ── */

static json_t *
totals_document(const WebCall *call, const StoreRun *run) {
  RunTotals totals;
  if (!totals_read(run->totals, (const char *const *)call->who->tenants, &totals))
    return json_null();
  return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "tenants",
                   (json_int_t)totals.tenants, "tenants_failed", (json_int_t)totals.tenants_failed,
                   "lehrgaenge", (json_int_t)totals.lehrgaenge, "courses_created",
                   (json_int_t)totals.courses_created, "users_created",
                   (json_int_t)totals.users_created, "enrolled", (json_int_t)totals.enrolled,
                   "unenrolled", (json_int_t)totals.unenrolled, "completed",
                   (json_int_t)totals.completed, "failed", (json_int_t)totals.failed);
}

static json_t *
run_document(const WebCall *call, const StoreRun *run) {
  json_t *document = api_run(call, run);
  json_object_set_new(document, "task", api_number_or_null(run->task));
  json_object_set_new(document, "totals", totals_document(call, run));
  return document;
}

static bool
read_status(WebCall *call, gint *status) {
  const char *word = web_query(call, "status");
  RunStatus wanted;
  *status = -1;
  if (*word == '\0')
    return true;
  if (!run_status_parse(word, &wanted)) {
    web_refuse(call, WEB_REFUSED_BAD,
               web_say(call->language, "status must be one of the words a run can end with.",
                       "status muss eines der Wörter sein, mit denen ein Lauf enden kann."));
    return false;
  }
  *status = (gint)wanted;
  return true;
}

/* A tenant that is not theirs has no runs as far as they can see. */
static bool
read_tenants(WebCall *call, const char *one[2], const char *const **tenants) {
  const char *tenant = web_query(call, "tenant");
  *tenants = (const char *const *)call->who->tenants;
  if (*tenant == '\0')
    return true;
  if (!web_principal_sees(call->who, tenant))
    return web_refuse(call, WEB_REFUSED_NOT_FOUND, NULL), false;
  one[0] = tenant;
  *tenants = one;
  return true;
}

static void
answer_runs(WebCall *call, const GPtrArray *runs, guint limit) {
  json_t *list = json_array();
  gint64 last = 0;
  for (guint i = 0; i < runs->len && i < limit; i++) {
    const StoreRun *run = g_ptr_array_index(runs, i);
    json_array_append_new(list, run_document(call, run));
    last = run->id;
  }
  json_t *next = runs->len > limit ? json_integer(last) : json_null();
  web_answer_json(call->answer, 200, json_pack("{s:o, s:o}", "runs", list, "next", next));
}

static bool
list_runs(WebCall *call, GError **error) {
  StoreRunFilter filter = { 0 };
  const char *one[2] = { NULL, NULL };
  gint64 limit, year;
  if (!read_status(call, &filter.status) || !read_tenants(call, one, &filter.tenants) ||
      !api_number(call, "year", 0, MAX_YEAR, -1, &year) ||
      !api_number(call, "before", 1, G_MAXINT64, 0, &filter.before) ||
      !api_number(call, "limit", 1, MAX_RUNS, DEFAULT_RUNS, &limit))
    return true;
  filter.year = (gint)year;
  filter.limit = (guint)limit + 1; /* one more tells whether there are more */
  g_autoptr(GPtrArray) runs = call->store->class->run_find(call->store, &filter, error);
  if (runs == NULL)
    return false;
  answer_runs(call, runs, (guint)limit);
  return true;
}

/* ── one run ── */

/* The report's keys stand beside the run's own; its tenants, told of in full, in their place. */
static bool
add_report(WebCall *call, const StoreRun *run, json_t *document) {
  g_autoptr(GError) damaged = NULL;
  g_autoptr(ReportView) view =
      report_view_new(run->summary, call->who, call->config->central.code, &damaged);
  if (view != NULL)
    json_object_update(document, view->document);
  return view != NULL;
}

/* Whoever is bound to tenants is not told how much there is of all. */
static void
add_progress(const WebCall *call, const StoreRun *run, json_t *document) {
  static const char *const counts[] = { "done", "total", "tenants", "phases" };
  json_t *progress = jsonget_parse(run->progress, strlen(run->progress), NULL);
  if (progress == NULL)
    return;
  for (guint i = 0; !web_principal_sees_all(call->who) && i < G_N_ELEMENTS(counts); i++)
    json_object_del(progress, counts[i]);
  json_object_set_new(document, "progress", progress);
}

static bool
show_run(WebCall *call, GError **error) {
  gint64 id;
  g_autoptr(GError) cause = NULL;
  if (!api_id(call, &id))
    return true;
  g_autoptr(StoreRun) run = call->store->class->run_get(call->store, id, &cause);
  if (run == NULL && !g_error_matches(cause, STORE_ERROR, STORE_ERROR_NOT_FOUND)) {
    g_propagate_error(error, g_steal_pointer(&cause));
    return false;
  }
  if (run == NULL || !web_principal_sees_run(call->who, run->tenants))
    return web_refuse(call, WEB_REFUSED_NOT_FOUND, NULL);
  json_t *document = api_run(call, run);
  if (run->timeended == 0)
    add_progress(call, run, document);
  if (!text_empty(run->summary) && !add_report(call, run, document))
    json_object_set_new(document, "error",
                        json_string(web_say(call->language, "The report of this run is damaged.",
                                            "Der Bericht dieses Laufs ist beschädigt.")));
  web_answer_json(call->answer, 200, document);
  return true;
}

const WebRoute web_api_run_routes[] = {
  { WEB_GET, "/api/v1/runs", ROLE_VIEWER, 0, list_runs },
  { WEB_GET, "/api/v1/runs/{id}", ROLE_VIEWER, 0, show_run },
  { 0 },
};
