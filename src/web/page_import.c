/* An import: asking for it, and what became of it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/text.h"
#include "sync/progress.h"
#include "sync/run.h"
#include "web/import_state.h"
#include "web/job.h"
#include "web/live.h"
#include "web/page.h"
#include "web/phase.h"
#include "web/routes.h"
#include "web/run_words.h"

/* So often, in seconds, an import that is not over is looked at again. */
#define REFRESH 5
#define REFRESH_TEXT "5"

/* ── what is under way ── */

/* *busy: whether a run holds the lock or says that it runs; *run: the latter, NULL when there is
 * none. */
static bool
find_busy(const WebCall *call, bool *busy, StoreRun **run, GError **error) {
  const StoreClass *class = call->store->class;
  const StoreRunFilter filter = { .limit = 1, .status = RUN_RUNNING, .year = -1 };
  g_autoptr(StoreLock) lock = NULL;
  g_autoptr(GPtrArray) runs = class->run_find(call->store, &filter, error);
  if (runs == NULL || !class->lock_get(call->store, RUN_LOCK, &lock, error))
    return false;
  *run = runs->len > 0
             ? class->run_head(call->store, ((StoreRun *)g_ptr_array_index(runs, 0))->id, error)
             : NULL;
  *busy = *run != NULL || (lock != NULL && lock->expires > call->now);
  return *run != NULL || runs->len == 0;
}

static void
show_progress(Html *html, const StoreRun *run) {
  RunProgress progress;
  if (!run_progress_read(run->progress, &progress) || progress.count == 0)
    return;
  const RunProgressPhase *phase = &progress.phases[progress.count - 1];
  phase_show(html, phase->name, phase->done, phase->total);
}

static void
show_run_link(Html *html, const StoreRun *run) {
  autochar path = g_strdup_printf("/runs/%" G_GINT64_FORMAT, run->id);
  html_open(html, "a", "href", path, NULL);
  html_say_format(html, "Run %" G_GINT64_FORMAT, "Lauf %" G_GINT64_FORMAT, run->id);
  html_close(html, "a");
}

/* Of a run of other tenants only: that it is there. */
static void
show_busy(const WebCall *call, Html *html, const StoreRun *run) {
  page_notice_open(html, "info");
  html_open(html, "p", NULL);
  html_say(html,
           "A run is under way. An import that you start now waits for its turn, a day at most.",
           "Ein Lauf ist im Gang. Ein Import, den Sie jetzt starten, wartet, bis er an der Reihe "
           "ist, höchstens einen Tag.");
  html_close(html, "p");
  if (run != NULL && web_principal_sees_run(call->who, run->tenants)) {
    html_open(html, "p", NULL);
    show_run_link(html, run);
    html_close(html, "p");
    show_progress(html, run);
  }
  html_close(html, "div");
}

/* ── the form ── */

static bool
show_form(WebCall *call, const ImportForm *form, GError **error) {
  g_autoptr(StoreRun) run = NULL;
  g_autoptr(GPtrArray) choices = import_form_choices(call);
  bool busy = false;
  if (!find_busy(call, &busy, &run, error))
    return false;
  Html *html =
      page_begin(call, PAGE_IMPORT, web_say(call->language, "Start import", "Import starten"), 0);
  if (busy)
    show_busy(call, html, run);
  if (choices->len > 0) {
    import_form_show(call, html, form, busy);
    return page_end(call, html);
  }
  page_notice_open(html, "warning");
  html_element(html, "p",
               html_word(html, "There is no tenant with an apikey that you could import.",
                         "Es gibt keinen Mandanten mit apikey, den Sie importieren könnten."),
               NULL);
  html_close(html, "div");
  return page_end(call, html);
}

static bool
show_import(WebCall *call, GError **error) {
  g_auto(ImportForm) form = { 0 };
  import_form_init(&form, call);
  return show_form(call, &form, error);
}

static bool
start_preview(WebCall *call, const ImportForm *form, GError **error) {
  g_autoptr(GError) cause = NULL;
  autochar id = NULL;
  if (!web_job_plan(call->site->jobs, call->who, form->year, (const char *const *)form->tenants,
                    &id, &cause)) {
    if (g_error_matches(cause, WEB_JOB_ERROR, WEB_JOB_ERROR_FULL))
      return web_refuse(call, WEB_REFUSED_BUSY, NULL);
    g_propagate_error(error, g_steal_pointer(&cause));
    return false;
  }
  autochar path = g_strdup_printf("/previews/%s", id);
  return web_redirect(call, path);
}

static bool
start_import(WebCall *call, GError **error) {
  g_auto(ImportForm) form = { 0 };
  bool role;
  const char *action = web_form(call, "action");
  bool start = strcmp(action, "start") == 0;
  if (!start && strcmp(action, "preview") != 0)
    return web_refuse(call, WEB_REFUSED_BAD, NULL);
  if (!import_form_read(&form, call, &role)) {
    if (role)
      return web_refuse(call, WEB_REFUSED_ROLE, NULL);
    call->answer->status = 400;
    return show_form(call, &form, error);
  }
  if (!start)
    return start_preview(call, &form, error);
  gint64 id;
  if (!import_state_queue(call, &form, call->who->email, &id, error))
    return false;
  autochar path = g_strdup_printf("/imports/%" G_GINT64_FORMAT, id);
  return web_redirect(call, path);
}

/* ── what became of one ── */

static void
show_state(const WebCall *call, Html *html, const ImportState *import, bool all_theirs) {
  const StoreTask *task = import->task;
  const StoreRun *run = import->run;
  page_fact_open(html, html_word(html, "State", "Stand"));
  if (task != NULL)
    page_task_state(html, task->state);
  else if (run != NULL)
    page_run_status(html, run->status);
  page_fact_close(html);
  if (task != NULL && !text_empty(task->error) && all_theirs)
    page_fact(html,
              task->state == TASK_FAILED ? html_word(html, "Why", "Warum")
                                         : html_word(html, "Waits because", "Wartet, weil"),
              task->error);
  if (run == NULL)
    return;
  page_fact_open(html, task != NULL && task->state == TASK_QUEUED
                           ? html_word(html, "Last attempt", "Letzter Versuch")
                           : html_word(html, "Run", "Lauf"));
  show_run_link(html, run);
  html_text(html, " ");
  page_run_status(html, run->status);
  html_text(html, " ");
  page_time(call, html, run->timestarted);
  page_fact_close(html);
}

static void
show_facts(const WebCall *call, Html *html, const ImportState *import) {
  g_auto(GStrv) tenants = import_state_tenants(import);
  autochar names = import_form_tenants_text(call, tenants);
  autochar year =
      g_strdup_printf("%d", import->run != NULL ? import->run->year : import->request.year);
  html_open(html, "dl", "class", "facts", NULL);
  page_fact(html, html_word(html, "Year", "Jahr"), year);
  page_fact(html, html_word(html, "Tenants", "Mandanten"), names);
  page_fact(html, html_word(html, "Started by", "Gestartet von"),
            import->run != NULL ? import->run->triggeredby : import->request.starter);
  if (import->task != NULL) {
    page_fact_open(html, html_word(html, "Asked for", "Beauftragt"));
    page_time(call, html, import->task->timecreated);
    page_fact_close(html);
  }
  show_state(call, html, import, web_principal_may_start(call->who, (const char *const *)tenants));
  html_close(html, "dl");
}

/* How it ended. A run that will be tried again is not its end. */
static void
show_verdict(const WebCall *call, Html *html, const StoreRun *run) {
  RunTotals totals;
  bool known = totals_read(run->totals, (const char *const *)call->who->tenants, &totals);
  autochar verdict = run_words_verdict(call->language, run->status, known ? &totals : NULL,
                                       !web_principal_sees_all(call->who));
  html_element(html, "p", verdict, "class", "verdict", "role", "status", NULL);
}

static bool
show_one(WebCall *call, GError **error) {
  g_auto(ImportState) import = { 0 };
  gint64 id;
  bool seen;
  if (!web_parse_id(call->args[0], &id))
    return web_refuse(call, WEB_REFUSED_NOT_FOUND, NULL);
  if (!import_state_read(call, id, &import, &seen, error))
    return false;
  if (!seen)
    return web_refuse(call, WEB_REFUSED_NOT_FOUND, NULL);
  bool open = import_state_is_open(&import);
  Html *html = page_begin(call, PAGE_IMPORT, web_say(call->language, "Import", "Import"),
                          open ? REFRESH : 0);
  html_open(html, "div", "data-refresh", open ? REFRESH_TEXT : NULL, NULL);
  if (open && import.run == NULL)
    html_element(html, "p",
                 html_word(html,
                           "It begins in a moment, or once the run now under way is over. You can "
                           "leave this page.",
                           "Er beginnt gleich oder, wenn gerade ein Lauf im Gang ist, danach. Sie "
                           "können diese Seite verlassen."),
                 NULL);
  if (!open && import.run != NULL)
    show_verdict(call, html, import.run);
  show_facts(call, html, &import);
  if (import.run != NULL && import.run->status == RUN_RUNNING)
    live_box(call, html, import.run);
  html_close(html, "div");
  return page_end(call, html);
}

const WebRoute web_import_routes[] = {
  { WEB_GET, "/import", ROLE_OPERATOR, 0, show_import },
  { WEB_POST, "/import", ROLE_OPERATOR, 0, start_import },
  { WEB_GET, "/imports/{id}", ROLE_VIEWER, 0, show_one },
  { 0 },
};
