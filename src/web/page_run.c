/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "web/csv.h"
#include "web/journal_view.h"
#include "web/live.h"
#include "web/page.h"
#include "web/report_view.h"
#include "web/routes.h"
#include "web/run_needs.h"
#include "web/run_tables.h"
#include "web/run_words.h"

/* Rows of the journal in a file; more are left off, and the file says so. */
#define MAX_JOURNAL_ROWS 100000
/* Read for that, with the rows of others in between. */
#define MAX_JOURNAL_READ 400000

/* ── which run ── */

/* The run of the path, with its report. False: `*run` is NULL and the call answered, or failed with
 * `error`. */
static bool
find_run(WebCall *call, StoreRun **run, GError **error) {
  g_autoptr(GError) cause = NULL;
  gint64 id;
  *run = NULL;
  if (!web_parse_id(call->args[0], &id))
    return web_refuse(call, WEB_REFUSED_NOT_FOUND, NULL);
  g_autoptr(StoreRun) found = call->store->class->run_get(call->store, id, &cause);
  if (g_error_matches(cause, STORE_ERROR, STORE_ERROR_NOT_FOUND))
    return web_refuse(call, WEB_REFUSED_NOT_FOUND, NULL);
  if (found == NULL) {
    g_propagate_error(error, g_steal_pointer(&cause));
    return false;
  }
  if (!web_principal_sees_run(call->who, found->tenants))
    return web_refuse(call, WEB_REFUSED_NOT_FOUND, NULL);
  *run = g_steal_pointer(&found);
  return true;
}

/* NULL: it has none, or (*damaged) one that cannot be read, which is logged. */
static ReportView *
read_report(const WebCall *call, const StoreRun *run, bool *damaged) {
  g_autoptr(GError) error = NULL;
  *damaged = false;
  if (text_empty(run->summary))
    return NULL;
  ReportView *view = report_view_new(run->summary, call->who, call->config->central.code, &error);
  *damaged = view == NULL;
  if (view == NULL)
    log_warning("web", "run %" G_GINT64_FORMAT ": %s", run->id, error->message);
  return view;
}

/* ── head ── */

static void
open_fact(Html *html, const char *english, const char *german) {
  page_fact_open(html, html_word(html, english, german));
}

static void
show_who(Html *html, const StoreRun *run) {
  open_fact(html, "Started by", "Gestartet von");
  if (strcmp(run->triggeredby, "scheduler") == 0)
    html_say(html, "the schedule", "Zeitplan");
  else
    html_text(html, run->triggeredby);
  page_fact_close(html);
}

static void
show_times(const WebCall *call, Html *html, const StoreRun *run) {
  gint64 end = run->timeended != 0 ? run->timeended : call->now;
  autochar took = web_duration(html_language(html), end - run->timestarted);
  open_fact(html, "Start", "Beginn");
  page_time(call, html, run->timestarted);
  page_fact_close(html);
  open_fact(html, "End", "Ende");
  page_time(call, html, run->timeended);
  page_fact_close(html);
  open_fact(html, "Duration", "Dauer");
  html_text(html, took);
  page_fact_close(html);
}

/* Of the run's tenants those that they may see. */
static void
show_tenants(const WebCall *call, Html *html, const StoreRun *run) {
  open_fact(html, "Tenants", "Mandanten");
  if (text_empty(run->tenants)) {
    html_say(html, "all", "alle");
  } else {
    g_auto(GStrv) tenants = g_strsplit(run->tenants, ",", -1);
    bool any = false;
    for (char **tenant = tenants; *tenant != NULL; tenant++) {
      if (!web_principal_sees(call->who, *tenant))
        continue;
      html_format(html, "%s%s", any ? ", " : "", *tenant);
      any = true;
    }
  }
  page_fact_close(html);
}

static void
show_facts(const WebCall *call, Html *html, const StoreRun *run) {
  html_open(html, "dl", "class", "facts", NULL);
  open_fact(html, "Status", "Status");
  page_run_status(html, run->status);
  page_fact_close(html);
  show_who(html, run);
  show_times(call, html, run);
  open_fact(html, "Year", "Jahr");
  if (run->year > 0)
    html_format(html, "%d", run->year);
  else
    html_say(html, "all", "alle");
  page_fact_close(html);
  show_tenants(call, html, run);
  html_close(html, "dl");
}

static void
link_to(Html *html, const char *text, const StoreRun *run, const char *file) {
  autochar path = g_strdup_printf("/runs/%" G_GINT64_FORMAT "/download/%s", run->id, file);
  html_open(html, "li", NULL);
  html_element(html, "a", text, "href", path, "download", html_yes, NULL);
  html_close(html, "li");
}

static void
show_links(Html *html, const StoreRun *run, bool report) {
  autochar journal = g_strdup_printf("/journal?run=%" G_GINT64_FORMAT, run->id);
  html_open(html, "ul", "class", "actions", NULL);
  html_open(html, "li", NULL);
  html_element(html, "a", html_word(html, "Journal of this run", "Journal dieses Laufs"), "href",
               journal, NULL);
  html_close(html, "li");
  link_to(html, html_word(html, "Journal as CSV", "Journal als CSV"), run, "journal.csv");
  if (report) {
    link_to(html, html_word(html, "Courses as CSV", "Kurse als CSV"), run, "courses.csv");
    link_to(html, html_word(html, "Report as JSON", "Bericht als JSON"), run, "report.json");
  }
  html_close(html, "ul");
}

/* What came of it; runs that did nothing say so in a box of their own. */
static void
show_verdict(const WebCall *call, Html *html, const StoreRun *run) {
  RunTotals totals;
  if (run->status == RUN_SKIPPED || run->status == RUN_INTERRUPTED)
    return;
  bool known = totals_read(run->totals, (const char *const *)call->who->tenants, &totals);
  autochar verdict = run_words_verdict(call->language, run->status, known ? &totals : NULL,
                                       !web_principal_sees_all(call->who));
  if (*verdict != '\0')
    html_element(html, "p", verdict, "class", "verdict", NULL);
}

/* ── without a report ── */

static void
notice(Html *html, const char *kind, const char *english, const char *german) {
  page_notice_open(html, kind);
  html_element(html, "p", html_word(html, english, german), NULL);
  html_close(html, "div");
}

static void
show_no_report(Html *html, const StoreRun *run) {
  switch (run->status) {
  case RUN_SKIPPED:
    notice(html, "info", "This run did nothing, because another one was under way.",
           "Dieser Lauf tat nichts, weil gerade ein anderer lief.");
    return;
  case RUN_INTERRUPTED:
    notice(html, "warning",
           "This run was cut short before it could write a report. Nothing is lost: the next run "
           "does what is missing. The journal tells how far it came.",
           "Dieser Lauf wurde abgebrochen, bevor er einen Bericht schreiben konnte. Nichts ist "
           "verloren: Der nächste Lauf holt nach, was fehlt. Das Journal zeigt, wie weit er kam.");
    return;
  case RUN_ERROR:
    notice(html, "error", "This run failed and left no report; the log of the service says why.",
           "Dieser Lauf ist fehlgeschlagen und hat keinen Bericht hinterlassen; das Protokoll des "
           "Dienstes sagt, warum.");
    return;
  case RUN_RUNNING:
  case RUN_SUCCESS:
  case RUN_PARTIAL:
  case RUN_HELD:
    notice(html, "warning", "This run left no report.",
           "Dieser Lauf hat keinen Bericht hinterlassen.");
    return;
  }
}

static void
show_damaged(Html *html) {
  notice(html, "error",
         "The report of this run is damaged and cannot be shown; the log of the service says "
         "where. The journal tells what was done.",
         "Der Bericht dieses Laufs ist beschädigt und kann nicht gezeigt werden; das Protokoll des "
         "Dienstes sagt, wo. Das Journal zeigt, was getan wurde.");
}

/* What a run that did little has to say beside its error. */
static void
show_how_it_ended(Html *html, const StoreRun *run) {
  if (run->status == RUN_SKIPPED)
    notice(html, "info", "This run did nothing.", "Dieser Lauf tat nichts.");
  if (run->status == RUN_INTERRUPTED)
    notice(html, "warning", "This run was stopped. The next one does what is missing.",
           "Dieser Lauf wurde angehalten. Der nächste holt nach, was fehlt.");
}

static void
show_report(const WebCall *call, Html *html, const StoreRun *run, const ReportView *view) {
  show_how_it_ended(html, run);
  run_needs_show(call, html, run->year, view);
  if (view->shortened)
    notice(html, "info",
           "The report was too large to be kept in full: tenants and courses were left off. The "
           "journal has every step.",
           "Der Bericht war zu groß, um ganz aufbewahrt zu werden: Mandanten und Kurse fehlen. Im "
           "Journal steht jeder Schritt.");
  if (view->tenants->len > 0 || (view->all && json_object_get(view->document, "totals") != NULL))
    run_tables_show_totals(html, view);
  if (view->tenants->len == 0)
    return;
  run_tables_show_tenants(call, html, view);
  run_tables_show_courses(call, html, run->id, view);
}

static bool
show_run(WebCall *call, GError **error) {
  g_autoptr(StoreRun) run = NULL;
  bool damaged = false;
  if (!find_run(call, &run, error))
    return false;
  if (run == NULL)
    return true;
  bool running = run->status == RUN_RUNNING;
  autochar title =
      web_say_format(call->language, "Run %" G_GINT64_FORMAT, "Lauf %" G_GINT64_FORMAT, run->id);
  g_autoptr(ReportView) view = read_report(call, run, &damaged);
  Html *html = page_begin(call, PAGE_HISTORY, title, running ? LIVE_REFRESH_S : 0);
  show_verdict(call, html, run);
  show_facts(call, html, run);
  if (running)
    live_box(call, html, run);
  show_links(html, run, view != NULL);
  if (view != NULL)
    show_report(call, html, run, view);
  else if (damaged)
    show_damaged(html);
  else if (!running)
    show_no_report(html, run);
  return page_end(call, html);
}

/* ── files ── */

static void
begin_file(WebCall *call, const StoreRun *run, const char *type, const char *file) {
  autochar name = g_strdup_printf("attachment; filename=\"lehrgaenge-run-%" G_GINT64_FORMAT "-%s\"",
                                  run->id, file);
  web_answer_set(call->answer, 200, type);
  web_answer_header(call->answer, "Content-Disposition", name);
}

static void
journal_heads(Csv *csv, WebLanguage language) {
  static const struct {
    const char *english, *german;
  } heads[] = {
    { "No.", "Nr." },
    { "Time", "Zeit" },
    { "Step", "Schritt" },
    { "Course id", "Kurs-Id" },
    { "Course", "Kurs" },
    { "User id", "Nutzer-Id" },
    { "Teilnehmer", "Teilnehmer" },
    { "Lehrgang", "Lehrgang" },
    { "Status in ZMS", "Status in ZMS" },
    { "Rule", "Regel" },
    { "Action", "Aktion" },
    { "Outcome", "Ergebnis" },
    { "Error", "Fehler" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(heads); i++)
    csv_text(csv, web_say(language, heads[i].english, heads[i].german));
  csv_end_line(csv);
}

static void
csv_time(Csv *csv, gint64 time, GTimeZone *zone) {
  g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(time);
  g_autoptr(GDateTime) local = utc == NULL ? NULL : g_date_time_to_timezone(utc, zone);
  autochar text = local == NULL ? NULL : g_date_time_format(local, "%Y-%m-%d %H:%M:%S");
  csv_text(csv, text);
}

static void
csv_id(Csv *csv, gint64 id) {
  if (id > 0)
    csv_number(csv, id);
  else
    csv_text(csv, NULL);
}

static void
csv_journal_row(Csv *csv, const WebCall *call, const StoreJournalRow *row) {
  g_auto(GStrv) reason = journal_view_reason(row->entry.reason);
  csv_number(csv, row->id);
  csv_time(csv, row->time, call->config->moodle.timezone);
  csv_text(csv, journal_view_step(call->language, row->entry.kind));
  csv_id(csv, row->entry.courseid);
  csv_text(csv, row->entry.shortname);
  csv_id(csv, row->entry.userid);
  csv_text(csv, row->entry.person);
  csv_text(csv, row->entry.lehrgang);
  csv_text(csv, reason != NULL ? reason[0] : row->entry.reason);
  csv_text(csv, reason != NULL ? reason[1] : NULL);
  csv_text(csv, reason != NULL ? reason[2] : NULL);
  csv_text(csv, journal_view_state(call->language, row->state));
  csv_text(csv, row->error);
  csv_end_line(csv);
}

static bool
send_journal(WebCall *call, const StoreRun *run, GError **error) {
  const StoreJournalFilter filter = { .run = run->id, .state = -1 };
  g_autoptr(JournalPage) page =
      journal_view_read(call->store, call->who, &filter, MAX_JOURNAL_ROWS, MAX_JOURNAL_READ, error);
  if (page == NULL)
    return false;
  begin_file(call, run, WEB_CSV, "journal.csv");
  Csv csv = csv_begin(call->answer->body, call->language);
  journal_heads(&csv, call->language);
  for (guint i = 0; i < page->rows->len; i++)
    csv_journal_row(&csv, call, g_ptr_array_index(page->rows, i));
  if (page->older != 0) {
    csv_text(&csv, web_say(call->language, "Older entries are left off: there are too many.",
                           "Ältere Einträge fehlen: Es sind zu viele."));
    csv_end_line(&csv);
  }
  return true;
}

static bool
send_file(WebCall *call, GError **error) {
  const char *file = call->args[1];
  g_autoptr(StoreRun) run = NULL;
  bool damaged;
  if (!find_run(call, &run, error))
    return false;
  if (run == NULL)
    return true;
  if (strcmp(file, "journal.csv") == 0)
    return send_journal(call, run, error);
  bool courses = strcmp(file, "courses.csv") == 0;
  if (!courses && strcmp(file, "report.json") != 0)
    return web_refuse(call, WEB_REFUSED_NOT_FOUND, NULL);
  g_autoptr(ReportView) view = read_report(call, run, &damaged);
  if (view == NULL)
    return web_refuse(call, WEB_REFUSED_NOT_FOUND,
                      damaged ? web_say(call->language, "The report of this run is damaged.",
                                        "Der Bericht dieses Laufs ist beschädigt.")
                              : web_say(call->language, "This run has no report.",
                                        "Dieser Lauf hat keinen Bericht."));
  begin_file(call, run, courses ? WEB_CSV : WEB_JSON, file);
  if (courses)
    run_tables_write_csv(call, call->answer->body, view);
  else
    web_answer_json(call->answer, 200, json_incref(view->document));
  return true;
}

const WebRoute web_run_routes[] = {
  { WEB_GET, "/runs/{id}", ROLE_VIEWER, 0, show_run },
  { WEB_GET, "/runs/{id}/download/{file}", ROLE_VIEWER, 0, send_file },
  { 0 },
};
