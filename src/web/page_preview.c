/* The preview of an import: what it would do, and a button that starts it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/text.h"
#include "web/import_form.h"
#include "web/job.h"
#include "web/page.h"
#include "web/phase.h"
#include "web/plan_steps.h"
#include "web/plan_view.h"
#include "web/routes.h"
#include "web/run_words.h"

/* So often, in seconds, one that is not over is looked at again. */
#define REFRESH 2
#define REFRESH_TEXT "2"

static Html *
begin(WebCall *call, guint refresh) {
  return page_begin(call, PAGE_IMPORT, web_say(call->language, "Preview", "Vorschau"), refresh);
}

static void
show_link(Html *html) {
  html_open(html, "p", NULL);
  html_element(html, "a", html_word(html, "Begin again", "Neu beginnen"), "href", "/import", NULL);
  html_close(html, "p");
}

static void
show_subject(const WebCall *call, Html *html, const WebJob *job) {
  autochar tenants = import_form_tenants_text(call, job->tenants);
  html_open(html, "p", NULL);
  html_say_format(html, "Year %d, tenants: %s.", "Jahr %d, Mandanten: %s.", job->year, tenants);
  html_close(html, "p");
}

static bool
show_gone(WebCall *call) {
  web_answer_set(call->answer, 404, WEB_HTML);
  Html *html = begin(call, 0);
  html_element(html, "p",
               html_word(html,
                         "This preview is not there any more: one is kept for half an hour, and "
                         "not beyond a restart of the service.",
                         "Diese Vorschau gibt es nicht mehr: Sie wird eine halbe Stunde "
                         "aufgehoben und nicht über einen Neustart des Dienstes hinaus."),
               NULL);
  show_link(html);
  return page_end(call, html);
}

static bool
show_waiting(WebCall *call, const WebJob *job) {
  Html *html = begin(call, REFRESH);
  show_subject(call, html, job);
  html_open(html, "div", "data-refresh", REFRESH_TEXT, "aria-live", "polite", NULL);
  if (job->state == WEB_JOB_WAITING)
    html_element(html, "p",
                 html_word(html, "Waits for another preview to end.",
                           "Wartet, bis eine andere Vorschau fertig ist."),
                 NULL);
  else
    phase_show(html, job->phase, job->done, job->total);
  html_close(html, "div");
  return page_end(call, html);
}

static bool
show_failed(WebCall *call, const WebJob *job) {
  Html *html = begin(call, 0);
  show_subject(call, html, job);
  page_notice_open(html, "error");
  html_element(html, "p",
               html_word(html, "The preview could not be made:",
                         "Die Vorschau konnte nicht erstellt werden:"),
               NULL);
  html_element(html, "p", job->error, "lang", "en", NULL);
  html_close(html, "div");
  show_link(html);
  return page_end(call, html);
}

/* Whether anything would be done, or could be if it were let. */
static bool
changes_anything(const json_t *totals) {
  static const char *const keys[] = { "courses_created", "users_created", "users_updated",
                                      "enrolled",        "completed",     "unenrolled",
                                      "groups",          "memberships",   "held" };
  for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
    if (plan_view_number(totals, keys[i]) > 0)
      return true;
  return false;
}

static void
show_unread(Html *html, const json_t *totals) {
  gint64 unread = plan_view_number(totals, "tenants_failed");
  if (unread == 0)
    return;
  page_notice_open(html, "warning");
  html_open(html, "p", NULL);
  if (unread == 1)
    html_say(html,
             "One tenant could not be read and is not in this preview; below is why. An import "
             "would leave it out, too.",
             "Ein Mandant konnte nicht gelesen werden und fehlt in dieser Vorschau; warum, steht "
             "unten. Ein Import ließe ihn ebenso aus.");
  else
    html_say_format(html,
                    "%" G_GINT64_FORMAT " tenants could not be read and are not in this preview; "
                    "below is why. An import would leave them out, too.",
                    "%" G_GINT64_FORMAT " Mandanten konnten nicht gelesen werden und fehlen in "
                    "dieser Vorschau; warum, steht unten. Ein Import ließe sie ebenso aus.",
                    unread);
  html_close(html, "p");
  html_close(html, "div");
}

static void
show_verdict(Html *html, const json_t *document) {
  const char *error = plan_view_text(document, "error");
  const char *cause = run_words_cause(html_language(html), error);
  const json_t *totals = json_object_get(document, "totals");
  page_notice_open(html, *error != '\0' ? "error" : "info");
  if (*error != '\0') {
    html_element(html, "p",
                 html_word(html, "This import would fail now:",
                           "Dieser Import würde jetzt "
                           "scheitern:"),
                 NULL);
    html_element(html, "p", cause != NULL ? cause : error, "lang", cause != NULL ? NULL : "en",
                 NULL);
  } else if (changes_anything(totals)) {
    html_element(html, "p",
                 html_word(html, "This is what the import would do. Nothing has been changed.",
                           "Das würde der Import tun. Es wurde nichts geändert."),
                 NULL);
  } else {
    html_element(
        html, "p",
        html_word(html, "The import would have nothing to do.", "Der Import hätte nichts zu tun."),
        NULL);
  }
  html_close(html, "div");
  if (*error == '\0')
    show_unread(html, totals);
}

static void
show_plan(WebCall *call, Html *html, const PlanView *view) {
  const char *course = web_query(call, "course");
  if (*course != '\0') {
    plan_steps_show(call, html, view, course);
    return;
  }
  plan_view_totals(call, html, view);
  plan_view_tenants(call, html, view);
  plan_view_courses(call, html, view);
}

static bool
show_done(WebCall *call, const WebJob *job) {
  const PlanView view = { job->document, job->tenants };
  const char *course = web_query(call, "course");
  if (*course != '\0' && !plan_steps_has(call, &view, course))
    return web_refuse(call, WEB_REFUSED_NOT_FOUND, NULL);
  g_auto(ImportForm) form = { 0 };
  import_form_init(&form, call);
  g_strfreev(form.tenants);
  form.tenants = g_strdupv(job->tenants);
  form.year = job->year;
  Html *html = begin(call, 0);
  show_subject(call, html, job);
  show_verdict(html, job->document);
  import_form_show_start(call, html, &form);
  show_plan(call, html, &view);
  import_form_show_start(call, html, &form);
  return page_end(call, html);
}

/* Also who asked for it sees it only as long as these tenants are theirs. */
static bool
show(WebCall *call, GError **error) {
  (void)error;
  g_autoptr(WebJob) job = web_job_get(call->site->jobs, call->who, call->args[0]);
  if (job == NULL || job->kind != WEB_JOB_PLAN ||
      !web_principal_may_start(call->who, (const char *const *)job->tenants))
    return show_gone(call);
  switch (job->state) {
  case WEB_JOB_WAITING:
  case WEB_JOB_RUNNING:
    return show_waiting(call, job);
  case WEB_JOB_FAILED:
    return show_failed(call, job);
  case WEB_JOB_DONE:
    return show_done(call, job);
  }
  g_assert_not_reached();
}

const WebRoute web_preview_routes[] = {
  { WEB_GET, "/previews/{id}", ROLE_OPERATOR, 0, show },
  { 0 },
};
