/* The history: all runs that somebody may see, page by page, with a picture of those on it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/date.h"
#include "base/text.h"
#include "sync/progress.h"
#include "scheduler/import.h"
#include "sync/totals.h"
#include "web/chart.h"
#include "web/page.h"
#include "web/phase.h"
#include "web/routes.h"
#include "web/run_words.h"

#define PAGE_RUNS 50
/* The first year for which imports can be asked for (SPEC 6). */
/* Abbreviations shown of a run's tenants. */
#define MAX_TENANTS 6

/* What the page is asked for. Only what makes sense is in it, so that it may be said again in
 * links. */
typedef struct {
  StoreRunFilter filter;
  const char *tenant[2]; /* the one chosen; "" in front when none is */
  const char *wrong;     /* what made no sense, the last of it; NULL: all did */
} Wanted;

/* A run and what came of it for those tenants that whoever asks may see. */
typedef struct {
  const StoreRun *run;
  RunTotals totals;
  bool known; /* the totals are */
} Line;

/* ── what is asked for ── */

static bool
is_tenant(const WebCall *call, const char *abbr) {
  return web_principal_sees(call->who, abbr) &&
         (call->who->tenants != NULL || config_tenant(call->config, abbr) != NULL);
}

static void
want_tenant(const WebCall *call, Wanted *wanted) {
  const char *tenant = web_query(call, "tenant");
  wanted->filter.tenants = (const char *const *)call->who->tenants;
  wanted->tenant[0] = "";
  if (*tenant == '\0')
    return;
  if (!is_tenant(call, tenant)) {
    wanted->wrong = web_say(call->language, "tenant", "Mandant");
    return;
  }
  wanted->tenant[0] = tenant;
  wanted->filter.tenants = wanted->tenant;
}

static gint
last_year(const WebCall *call) {
  return date_year_at(call->now, call->config->moodle.timezone) + 1;
}

static void
want_year(const WebCall *call, Wanted *wanted) {
  const char *year = web_query(call, "year");
  gint64 number;
  wanted->filter.year = -1;
  if (*year == '\0')
    return;
  if (strcmp(year, "all") == 0)
    wanted->filter.year = 0;
  else if (web_parse_id(year, &number) && number >= IMPORT_FIRST_YEAR && number <= last_year(call))
    wanted->filter.year = (gint)number;
  else
    wanted->wrong = web_say(call->language, "year", "Jahr");
}

static void
want_status(const WebCall *call, Wanted *wanted) {
  const char *word = web_query(call, "status");
  RunStatus status;
  wanted->filter.status = -1;
  if (*word == '\0')
    return;
  if (run_status_parse(word, &status))
    wanted->filter.status = (gint)status;
  else
    wanted->wrong = web_say(call->language, "status", "Status");
}

static void
want_place(const WebCall *call, Wanted *wanted) {
  const char *before = web_query(call, "before"), *after = web_query(call, "after");
  bool wrong = (*before != '\0' && !web_parse_id(before, &wanted->filter.before)) ||
               (*after != '\0' && !web_parse_id(after, &wanted->filter.after));
  if (!wrong && (*before == '\0' || *after == '\0'))
    return;
  wanted->filter.before = wanted->filter.after = 0;
  wanted->wrong = web_say(call->language, "place", "Stelle");
}

static void
want(const WebCall *call, Wanted *wanted) {
  *wanted = (Wanted){ 0 };
  want_place(call, wanted);
  want_tenant(call, wanted);
  want_year(call, wanted);
  want_status(call, wanted);
}

static bool
is_filtered(const Wanted *wanted) {
  return wanted->filter.status >= 0 || wanted->filter.year >= 0 || *wanted->tenant[0] != '\0';
}

static char *
year_word(gint year) {
  return year < 0 ? g_strdup("") : year == 0 ? g_strdup("all") : g_strdup_printf("%d", year);
}

static void
add_field(GString *path, const char *name, const char *value) {
  if (*value == '\0')
    return;
  autochar escaped = g_uri_escape_string(value, NULL, FALSE);
  g_string_append_printf(path, "%c%s=%s", strchr(path->str, '?') == NULL ? '?' : '&', name,
                         escaped);
}

/* The page that shows runs of the same filter from another place on. Free with g_free(). */
static char *
link_to(const Wanted *wanted, const char *place, gint64 id) {
  GString *path = g_string_new("/runs");
  autochar year = year_word(wanted->filter.year);
  autochar number = g_strdup_printf("%" G_GINT64_FORMAT, id);
  if (wanted->filter.status >= 0)
    add_field(path, "status", run_status_word((RunStatus)wanted->filter.status));
  add_field(path, "year", year);
  add_field(path, "tenant", wanted->tenant[0]);
  add_field(path, place, number);
  return g_string_free(path, FALSE);
}

/* ── the runs ── */

static const StoreRun *
nth(const GPtrArray *runs, guint index) {
  return g_ptr_array_index(runs, index);
}

static GPtrArray *
find(WebCall *call, const Wanted *wanted, gint64 before, gint64 after, guint limit,
     GError **error) {
  StoreRunFilter filter = wanted->filter;
  filter.before = before;
  filter.after = after;
  filter.limit = limit;
  return call->store->class->run_find(call->store, &filter, error);
}

/* The page's runs and those after them that are only in the picture. */
static GPtrArray *
read_runs(WebCall *call, const Wanted *wanted, GError **error) {
  gint64 before = wanted->filter.before;
  if (wanted->filter.after > 0) {
    g_autoptr(GPtrArray) newer = find(call, wanted, 0, wanted->filter.after, PAGE_RUNS, error);
    if (newer == NULL)
      return NULL;
    /* Where few are newer, these and older ones fill the page. */
    before = newer->len == 0 ? 0 : nth(newer, 0)->id + 1;
  }
  return find(call, wanted, before, 0, CHART_MAX_RUNS, error);
}

static bool
has_newer(WebCall *call, const Wanted *wanted, const GPtrArray *runs, bool *newer, GError **error) {
  gint64 first = runs->len > 0 ? nth(runs, 0)->id : wanted->filter.before - 1;
  *newer = false;
  if (wanted->filter.before == 0 && wanted->filter.after == 0)
    return true;
  g_autoptr(GPtrArray) one = find(call, wanted, 0, MAX(first, 0), 1, error);
  *newer = one != NULL && one->len > 0;
  return one != NULL;
}

/* ── filters ── */

static void
show_status_filter(const WebCall *call, Html *html, const Wanted *wanted) {
  const char *values[RUN_STATUSES + 2] = { "" };
  const char *texts[RUN_STATUSES + 2] = { html_word(html, "any", "beliebig") };
  for (guint i = 0; i < RUN_STATUSES; i++) {
    values[i + 1] = run_status_word((RunStatus)i);
    texts[i + 1] = page_run_status_word(call->language, (RunStatus)i);
  }
  gint status = wanted->filter.status;
  page_select(html, "status", "Status", values, texts, status < 0 ? "" : values[status + 1]);
}

static void
show_year_filter(const WebCall *call, Html *html, const Wanted *wanted) {
  g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(GPtrArray) texts = g_ptr_array_new();
  autochar chosen = year_word(wanted->filter.year);
  g_ptr_array_add(values, g_strdup(""));
  g_ptr_array_add(texts, (char *)html_word(html, "any", "beliebig"));
  g_ptr_array_add(values, g_strdup("all"));
  g_ptr_array_add(texts, (char *)html_word(html, "all years", "alle Jahre"));
  for (gint year = last_year(call); year >= IMPORT_FIRST_YEAR; year--) {
    g_ptr_array_add(values, g_strdup_printf("%d", year));
    g_ptr_array_add(texts, g_ptr_array_index(values, values->len - 1));
  }
  g_ptr_array_add(values, NULL);
  g_ptr_array_add(texts, NULL);
  page_select(html, "year", html_word(html, "Year", "Jahr"), (const char *const *)values->pdata,
              (const char *const *)texts->pdata, chosen);
}

/* "FD – Landkreis Fulda"; somebody may be bound to one that is configured no more. g_free(). */
static char *
tenant_text(const WebCall *call, const char *abbr) {
  const ConfigTenant *tenant = config_tenant(call->config, abbr);
  return tenant == NULL ? g_strdup(abbr) : g_strdup_printf("%s – %s", abbr, tenant->name);
}

static void
show_tenant_filter(const WebCall *call, Html *html, const Wanted *wanted) {
  g_autoptr(GPtrArray) values = g_ptr_array_new();
  g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
  g_ptr_array_add(values, (char *)"");
  g_ptr_array_add(texts, g_strdup(html_word(html, "any", "beliebig")));
  char **theirs = call->who->tenants;
  for (guint i = 0; theirs == NULL && i < call->config->tenants->len; i++)
    g_ptr_array_add(values, ((ConfigTenant *)g_ptr_array_index(call->config->tenants, i))->abbr);
  for (guint i = 0; theirs != NULL && theirs[i] != NULL; i++)
    g_ptr_array_add(values, theirs[i]);
  for (guint i = 1; i < values->len; i++)
    g_ptr_array_add(texts, tenant_text(call, g_ptr_array_index(values, i)));
  g_ptr_array_add(values, NULL);
  g_ptr_array_add(texts, NULL);
  page_select(html, "tenant", html_word(html, "Tenant", "Mandant"),
              (const char *const *)values->pdata, (const char *const *)texts->pdata,
              wanted->tenant[0]);
}

static void
show_filters(const WebCall *call, Html *html, const Wanted *wanted) {
  html_open(html, "form", "method", "get", "action", "/runs", "class", "filters", "role", "search",
            NULL);
  show_status_filter(call, html, wanted);
  show_year_filter(call, html, wanted);
  show_tenant_filter(call, html, wanted);
  page_button(html, html_word(html, "Filter", "Filtern"), NULL, NULL, NULL);
  if (is_filtered(wanted))
    html_element(html, "a", html_word(html, "Reset", "Zurücksetzen"), "href", "/runs", "class",
                 "button", NULL);
  html_close(html, "form");
}

static void
show_journal_link(Html *html) {
  html_open(html, "p", NULL);
  html_element(html, "a",
               html_word(html, "Journal: what was done with a person or a course, and why",
                         "Journal: was mit einer Person oder einem Kurs geschah und warum"),
               "href", "/journal", NULL);
  html_close(html, "p");
}

static void
show_wrong(Html *html, const Wanted *wanted) {
  if (wanted->wrong == NULL)
    return;
  page_notice_open(html, "warning");
  html_open(html, "p", NULL);
  html_say_format(html, "What the address says for “%s” makes no sense here and is left out.",
                  "Was die Adresse für „%s“ angibt, ergibt hier keinen Sinn und bleibt außer Acht.",
                  wanted->wrong);
  html_close(html, "p");
  html_close(html, "div");
}

/* ── what came of a run ── */

/* The phase under way, and how much of it is done: no numbers, which would be everybody's. */
static void
show_progress(Html *html, const StoreRun *run) {
  RunProgress progress;
  if (!run_progress_read(run->progress, &progress) || progress.count == 0) {
    html_text(html, phase_word(html_language(html), ""));
    return;
  }
  const RunProgressPhase *phase = &progress.phases[progress.count - 1];
  html_text(html, phase_word(html_language(html), phase->name));
  if (phase->total > 0)
    html_format(
        html, ", %d %%",
        (int)(100.0 * (gdouble)CLAMP(phase->done, 0, phase->total) / (gdouble)phase->total));
}

static void
show_result(const WebCall *call, Html *html, const Line *line) {
  if (line->run->status == RUN_RUNNING) {
    show_progress(html, line->run);
    return;
  }
  if (!line->known) {
    html_text(html, "–");
    return;
  }
  autochar changes = run_words_changes(call->language, &line->totals);
  autochar failures = run_words_failures(call->language, &line->totals);
  html_text(html,
            *changes != '\0' ? changes : html_word(html, "nothing changed", "nichts geändert"));
  if (*failures != '\0') {
    html_text(html, "; ");
    html_element(html, "strong", failures, "class", "bad", NULL);
  }
}

/* ── the table ── */

static void
show_tenants(const WebCall *call, Html *html, const StoreRun *run) {
  if (text_empty(run->tenants)) {
    html_say(html, "all", "alle");
    return;
  }
  g_auto(GStrv) tenants = g_strsplit(run->tenants, ",", -1);
  guint seen = 0;
  for (char **tenant = tenants; *tenant != NULL; tenant++)
    if (web_principal_sees(call->who, *tenant) && ++seen <= MAX_TENANTS)
      html_format(html, "%s%s", seen > 1 ? ", " : "", *tenant);
  if (seen > MAX_TENANTS)
    html_say_format(html, " and %u more", " und %u weitere", seen - MAX_TENANTS);
}

static gint64
duration_of(const WebCall *call, const StoreRun *run) {
  gint64 end = run->status == RUN_RUNNING ? call->now : run->timeended;
  return MAX(end - run->timestarted, 0);
}

static void
show_run(const WebCall *call, Html *html, const Line *line) {
  const StoreRun *run = line->run;
  autochar path = g_strdup_printf("/runs/%" G_GINT64_FORMAT, run->id);
  autochar duration = web_duration(call->language, duration_of(call, run));
  html_open(html, "tr", NULL);
  html_open(html, "th", "scope", "row", NULL);
  html_open(html, "a", "href", path, NULL);
  html_format(html, "%" G_GINT64_FORMAT, run->id);
  html_close(html, "a");
  html_close(html, "th");
  html_open(html, "td", NULL);
  page_run_status(html, run->status);
  html_close(html, "td");
  html_open(html, "td", NULL);
  page_time(call, html, run->timestarted);
  html_close(html, "td");
  html_element(html, "td", duration, "class", "number", NULL);
  html_open(html, "td", NULL);
  show_result(call, html, line);
  html_close(html, "td");
  html_open(html, "td", NULL);
  if (run->year > 0)
    html_format(html, "%d", run->year);
  else
    html_say(html, "all", "alle");
  html_close(html, "td");
  html_open(html, "td", NULL);
  show_tenants(call, html, run);
  html_close(html, "td");
  page_td(html, strcmp(run->triggeredby, "scheduler") == 0 ? html_word(html, "schedule", "Zeitplan")
                                                           : run->triggeredby);
  html_close(html, "tr");
}

static void
show_table(const WebCall *call, Html *html, const Line *lines, guint count) {
  page_table_open(html, html_word(html, "Runs, newest first", "Läufe, die neuesten zuerst"),
                  "runs");
  page_th(call, html, html_word(html, "Run", "Lauf"), NULL, false);
  page_th(call, html, "Status", NULL, false);
  page_th(call, html, html_word(html, "Start", "Beginn"), NULL, false);
  page_th(call, html, html_word(html, "Duration", "Dauer"), NULL, true);
  page_th(call, html, html_word(html, "Result", "Ergebnis"), NULL, false);
  page_th(call, html, html_word(html, "Year", "Jahr"), NULL, false);
  page_th(call, html, html_word(html, "Tenants", "Mandanten"), NULL, false);
  page_th(call, html, html_word(html, "Started by", "Gestartet von"), NULL, false);
  page_rows(html);
  for (guint i = 0; i < MIN(count, PAGE_RUNS); i++)
    show_run(call, html, &lines[i]);
  page_table_close(html);
}

/* ── the picture ── */

static void
show_picture(const WebCall *call, Html *html, const Line *lines, guint count) {
  ChartRun drawn[CHART_MAX_RUNS];
  for (guint i = 0; i < count; i++) {
    const Line *line = &lines[count - 1 - i];
    drawn[i] = (ChartRun){ .id = line->run->id,
                           .status = line->run->status,
                           .start = line->run->timestarted,
                           .duration = duration_of(call, line->run),
                           .changes = line->known ? totals_changes(&line->totals) : -1 };
  }
  chart_runs(html, drawn, count, call->config->moodle.timezone);
}

/* ── the whole ── */

static void
show_none(const WebCall *call, Html *html, const Wanted *wanted) {
  bool may_start = call->who->role >= ROLE_OPERATOR;
  bool filtered = is_filtered(wanted) || wanted->filter.before > 0;
  html_open(html, "p", NULL);
  if (filtered)
    html_say(html, "No run fits. ", "Kein Lauf passt dazu. ");
  else
    html_say(html,
             "There has been no run yet. Here they will be listed once the service has done one "
             "by its schedule, or somebody has started an import. ",
             "Es gab noch keinen Lauf. Hier stehen sie, sobald der Dienst einen nach seinem "
             "Zeitplan erledigt oder jemand einen Import gestartet hat. ");
  if (filtered)
    html_element(html, "a", html_word(html, "Show all runs", "Alle Läufe zeigen"), "href", "/runs",
                 NULL);
  else if (may_start)
    html_element(html, "a", html_word(html, "Start an import", "Import starten"), "href", "/import",
                 NULL);
  html_close(html, "p");
}

static void
show_runs(const WebCall *call, Html *html, const GPtrArray *runs) {
  Line lines[CHART_MAX_RUNS];
  guint count = MIN(runs->len, CHART_MAX_RUNS);
  for (guint i = 0; i < count; i++) {
    lines[i].run = nth(runs, i);
    lines[i].known = totals_read(lines[i].run->totals, (const char *const *)call->who->tenants,
                                 &lines[i].totals);
  }
  show_picture(call, html, lines, count);
  show_table(call, html, lines, count);
}

static void
show_paging(Html *html, const Wanted *wanted, const GPtrArray *runs, bool newer) {
  bool older = runs->len > PAGE_RUNS;
  if (!newer && !older)
    return;
  html_open(html, "nav", "class", "paging", "aria-label", html_word(html, "Pages", "Seiten"), NULL);
  if (newer) {
    autochar path = link_to(wanted, "after",
                            runs->len > 0 ? nth(runs, 0)->id : MAX(wanted->filter.before - 1, 1));
    html_element(html, "a", html_word(html, "Newer", "Neuere"), "href", path, "class", "button",
                 "rel", "prev", NULL);
  }
  if (older) {
    autochar path = link_to(wanted, "before", nth(runs, PAGE_RUNS - 1)->id);
    html_element(html, "a", html_word(html, "Older", "Ältere"), "href", path, "class", "button",
                 "rel", "next", NULL);
  }
  html_close(html, "nav");
}

static bool
show(WebCall *call, GError **error) {
  Wanted wanted;
  bool newer;
  want(call, &wanted);
  g_autoptr(GPtrArray) runs = read_runs(call, &wanted, error);
  if (runs == NULL || !has_newer(call, &wanted, runs, &newer, error))
    return false;
  Html *html = page_begin(call, PAGE_HISTORY, web_say(call->language, "History", "Verlauf"), 0);
  show_wrong(html, &wanted);
  show_filters(call, html, &wanted);
  if (runs->len == 0)
    show_none(call, html, &wanted);
  else
    show_runs(call, html, runs);
  show_paging(html, &wanted, runs, newer);
  show_journal_link(html);
  return page_end(call, html);
}

const WebRoute web_history_routes[] = {
  { WEB_GET, "/runs", ROLE_VIEWER, 0, show },
  { 0 },
};
