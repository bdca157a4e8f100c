/* The overview: whether all is well, and what is under way and next.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/text.h"
#include "notify/notify.h"
#include "scheduler/content_copy.h"
#include "scheduler/import.h"
#include "sync/totals.h"
#include "web/live.h"
#include "web/overview_tenants.h"
#include "web/page.h"
#include "web/routes.h"
#include "web/run_words.h"

#define LAST_RUNS 5

/* While nothing is under way. */
#define REFRESH_S 60

/* Kinds of tasks that there are. */
#define MAX_KINDS 16

typedef struct {
  char *kind;
  gint64 counts[TASK_STATES];
} Kind;

/* Everything the page shows, read before it begins. */
typedef struct {
  StoreRun *running; /* NULL: none that they may see */
  GPtrArray *last;   /* StoreRun, newest first */
  OverviewTenants *tenants;
  Kind kinds[MAX_KINDS];
  guint kind_count;
  gint64 failed_tasks;
} Overview;

static void
overview_clear(Overview *overview) {
  store_run_free(overview->running);
  g_clear_pointer(&overview->last, g_ptr_array_unref);
  overview_tenants_free(overview->tenants);
  for (guint i = 0; i < overview->kind_count; i++)
    g_free(overview->kinds[i].kind);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Overview, overview_clear)

/* ── reading ── */

static GPtrArray *
find_runs(const WebCall *call, gint status, guint limit, GError **error) {
  const StoreRunFilter filter = {
    .limit = limit, .status = status, .year = -1, .tenants = (const char *const *)call->who->tenants
  };
  return call->store->class->run_find(call->store, &filter, error);
}

static bool
read_runs(Overview *overview, const WebCall *call, GError **error) {
  g_autoptr(GPtrArray) running = find_runs(call, RUN_RUNNING, 1, error);
  if (running == NULL)
    return false;
  if (running->len > 0)
    overview->running = g_ptr_array_steal_index(running, 0);
  overview->last = find_runs(call, -1, LAST_RUNS + 1, error);
  if (overview->last == NULL)
    return false;
  for (guint i = overview->last->len; i-- > 0;)
    if (((StoreRun *)g_ptr_array_index(overview->last, i))->status == RUN_RUNNING)
      g_ptr_array_remove_index(overview->last, i);
  if (overview->last->len > LAST_RUNS)
    g_ptr_array_set_size(overview->last, LAST_RUNS);
  return true;
}

static gint64
unfinished(const gint64 *counts) {
  return counts[TASK_QUEUED] + counts[TASK_RUNNING] + counts[TASK_FAILED];
}

static void
on_kind(const char *kind, const gint64 *counts, gpointer data) {
  Overview *overview = data;
  overview->failed_tasks += counts[TASK_FAILED];
  if (unfinished(counts) == 0 || overview->kind_count == MAX_KINDS)
    return;
  Kind *it = &overview->kinds[overview->kind_count++];
  it->kind = g_strdup(kind);
  memcpy(it->counts, counts, sizeof it->counts);
}

static int
by_failed(const void *a, const void *b) {
  const Kind *left = a, *right = b;
  gint64 difference = right->counts[TASK_FAILED] - left->counts[TASK_FAILED];
  return difference != 0 ? (difference > 0 ? 1 : -1) : strcmp(left->kind, right->kind);
}

/* The counts are of all tenants, so they are not for whoever is bound to some. */
static bool
read_tasks(Overview *overview, const WebCall *call, GError **error) {
  if (!web_principal_sees_all(call->who))
    return true;
  if (!call->store->class->task_counts(call->store, on_kind, overview, error))
    return false;
  qsort(overview->kinds, overview->kind_count, sizeof *overview->kinds, by_failed);
  return true;
}

static bool
read_all(Overview *overview, const WebCall *call, GError **error) {
  if (!read_runs(overview, call, error) || !read_tasks(overview, call, error))
    return false;
  overview->tenants = overview_tenants_read(call, error);
  return overview->tenants != NULL;
}

/* ── the service ── */

/* Why names databases and machines, which is nothing for who sees but some tenants. */
static void
show_troubles(const WebCall *call, Html *html) {
  const WebContext *context = &call->site->context;
  autochar why = context->unready(context->user_data);
  if (why == NULL)
    return;
  page_notice_open(html, "error");
  html_open(html, "p", NULL);
  html_open(html, "strong", NULL);
  html_say(html, "The service cannot work just now.", "Der Dienst kann gerade nicht arbeiten.");
  html_close(html, "strong");
  html_close(html, "p");
  if (web_principal_sees_all(call->who)) {
    g_auto(GStrv) lines = g_strsplit(why, "\n", -1);
    html_open(html, "ul", NULL);
    for (char **line = lines; *line != NULL; line++)
      if (**line != '\0')
        html_element(html, "li", *line, NULL);
    html_close(html, "ul");
  }
  html_close(html, "div");
}

/* How far off something is, in words that need no second look. */
static char *
far_off(WebLanguage language, gint64 seconds) {
  const gint64 day = 24 * 60 * 60;
  if (seconds <= 0)
    return g_strdup(web_say(language, "due now", "jetzt fällig"));
  if (seconds < 60)
    return g_strdup(web_say(language, "in less than a minute", "in weniger als einer Minute"));
  if (seconds < 60 * 60)
    return web_say_format(language, "in %d min", "in %d min", (int)(seconds / 60));
  if (seconds < 2 * day) {
    autochar duration = web_duration(language, seconds);
    return web_say_format(language, "in %s", "in %s", duration);
  }
  return web_say_format(language, "in %" G_GINT64_FORMAT " days", "in %" G_GINT64_FORMAT " Tagen",
                        seconds / day);
}

static void
show_next(const WebCall *call, Html *html) {
  const WebContext *context = &call->site->context;
  gint64 next = context->next_run(context->user_data);
  page_fact_open(html, html_word(html, "Next scheduled run", "Nächster geplanter Lauf"));
  if (next == 0) {
    html_say(html, "paused: none is scheduled", "pausiert: keiner ist geplant");
  } else {
    autochar off = far_off(call->language, next - call->now);
    page_time(call, html, next);
    html_format(html, " (%s)", off);
  }
  page_fact_close(html);
}

static void
show_own_certificate(const WebCall *call, Html *html) {
  const char *path = call->config->web.certificate;
  if (path == NULL || !web_principal_sees_all(call->who))
    return;
  page_fact_open(html, html_word(html, "Certificate of these pages", "Zertifikat dieser Seiten"));
  overview_tenants_certificate(call, html, path);
  page_fact_close(html);
}

static void
show_service(const WebCall *call, Html *html, const Overview *overview) {
  html_open(html, "div", "class", "card", NULL);
  html_open(html, "dl", "class", "facts", NULL);
  show_next(call, html);
  if (overview->running == NULL)
    page_fact(html, html_word(html, "Under way", "Gerade läuft"),
              html_word(html, "nothing", "nichts"));
  show_own_certificate(call, html);
  html_close(html, "dl");
  if (call->who->role >= ROLE_OPERATOR) {
    html_open(html, "p", NULL);
    html_element(html, "a", html_word(html, "Start an import", "Import starten"), "href", "/import",
                 "class", "button", NULL);
    html_close(html, "p");
  }
  html_close(html, "div");
}

/* ── runs ── */

static void
show_running(const WebCall *call, Html *html, const StoreRun *run) {
  autochar path = g_strdup_printf("/runs/%" G_GINT64_FORMAT, run->id);
  html_open(html, "section", "aria-labelledby", "running", NULL);
  html_open(html, "h2", "id", "running", NULL);
  html_open(html, "a", "href", path, NULL);
  html_say_format(html, "Run %" G_GINT64_FORMAT " is under way", "Lauf %" G_GINT64_FORMAT " läuft",
                  run->id);
  html_close(html, "a");
  html_close(html, "h2");
  live_box(call, html, run);
  html_close(html, "section");
}

static const char *
starter(const Html *html, const StoreRun *run) {
  return strcmp(run->triggeredby, "scheduler") == 0 ? html_word(html, "schedule", "Zeitplan")
                                                    : run->triggeredby;
}

static void
show_totals(const WebCall *call, Html *html, const StoreRun *run) {
  RunTotals totals;
  if (!totals_read(run->totals, (const char *const *)call->who->tenants, &totals)) {
    page_td(html, "–");
    page_td(html, "–");
    return;
  }
  page_td_number(html, totals_changes(&totals));
  page_td_number(html, totals.failed + totals.tenants_failed);
}

/* The last run, when somebody should look at it. One that did nothing, because another one was
 * under way, says nothing about how things are. */
static void
show_trouble(const WebCall *call, Html *html, const GPtrArray *runs) {
  const StoreRun *run = NULL;
  for (guint i = 0; i < runs->len && run == NULL; i++) {
    const StoreRun *one = g_ptr_array_index(runs, i);
    run = one->status == RUN_SKIPPED ? NULL : one;
  }
  RunTotals totals;
  if (run == NULL || run->status == RUN_SUCCESS)
    return;
  bool known = totals_read(run->totals, (const char *const *)call->who->tenants, &totals);
  bool bound = !web_principal_sees_all(call->who);
  if (bound && known && run->status == RUN_PARTIAL && totals.failed + totals.tenants_failed == 0)
    return;
  autochar verdict = run_words_verdict(call->language, run->status, known ? &totals : NULL, bound);
  autochar path = g_strdup_printf("/runs/%" G_GINT64_FORMAT, run->id);
  /* No alert: it is there for as long as that run is the last one. */
  page_notice_open(html, "warning");
  html_open(html, "p", NULL);
  html_open(html, "a", "href", path, NULL);
  html_say_format(html, "Last run (%" G_GINT64_FORMAT ")", "Letzter Lauf (%" G_GINT64_FORMAT ")",
                  run->id);
  html_close(html, "a");
  html_format(html, ": %s", verdict);
  html_close(html, "p");
  html_close(html, "div");
}

static void
show_run(const WebCall *call, Html *html, const StoreRun *run) {
  autochar path = g_strdup_printf("/runs/%" G_GINT64_FORMAT, run->id);
  autochar name = g_strdup_printf("%" G_GINT64_FORMAT, run->id);
  autochar took = web_duration(call->language, run->timeended - run->timestarted);
  autochar year =
      run->year == 0 ? g_strdup(html_word(html, "all", "alle")) : g_strdup_printf("%d", run->year);
  html_open(html, "tr", NULL);
  html_open(html, "th", "scope", "row", NULL);
  html_element(html, "a", name, "href", path, NULL);
  html_close(html, "th");
  html_open(html, "td", NULL);
  page_run_status(html, run->status);
  html_close(html, "td");
  page_td(html, year);
  html_open(html, "td", NULL);
  page_time(call, html, run->timestarted);
  html_close(html, "td");
  page_td(html, took);
  page_td(html, starter(html, run));
  show_totals(call, html, run);
  html_close(html, "tr");
}

static void
show_last(const WebCall *call, Html *html, const GPtrArray *runs, bool running) {
  html_element(html, "h2", html_word(html, "Last runs", "Letzte Läufe"), NULL);
  if (runs->len == 0) {
    html_element(html, "p",
                 running ? html_word(html, "None is over yet.", "Noch ist keiner zu Ende.")
                         : html_word(html, "There has been none yet.", "Es gab noch keinen."),
                 NULL);
    return;
  }
  page_table_open(html, html_word(html, "Newest first", "Neueste zuerst"), NULL);
  page_th(call, html, html_word(html, "Run", "Lauf"), NULL, false);
  page_th(call, html, html_word(html, "Status", "Status"), NULL, false);
  page_th(call, html, html_word(html, "Year", "Jahr"), NULL, false);
  page_th(call, html, html_word(html, "Started", "Begonnen"), NULL, false);
  page_th(call, html, html_word(html, "Took", "Dauer"), NULL, false);
  page_th(call, html, html_word(html, "Started by", "Gestartet von"), NULL, false);
  page_th(call, html, html_word(html, "Changes", "Änderungen"), NULL, true);
  page_th(call, html, html_word(html, "Failures", "Fehler"), NULL, true);
  page_rows(html);
  for (guint i = 0; i < runs->len; i++)
    show_run(call, html, g_ptr_array_index(runs, i));
  page_table_close(html);
  html_open(html, "p", NULL);
  html_element(html, "a", html_word(html, "All runs", "Alle Läufe"), "href", "/runs", NULL);
  html_close(html, "p");
}

/* ── tasks ── */

static const char *
kind_word(const Html *html, const char *kind) {
  static const struct {
    const char *kind, *english, *german;
  } words[] = {
    { CONTENT_COPY_KIND, "Course contents", "Kursinhalte" },
    { IMPORT_KIND, "Imports", "Importe" },
    { NOTIFY_MAIL_KIND, "E-mails", "E-Mails" },
    { NOTIFY_MESSAGE_KIND, "Messages in Moodle", "Mitteilungen in Moodle" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(words); i++)
    if (strcmp(words[i].kind, kind) == 0)
      return html_word(html, words[i].english, words[i].german);
  return kind;
}

static void
show_failed_tasks(Html *html, gint64 failed) {
  if (failed == 0)
    return;
  page_notice_open(html, "warning");
  html_open(html, "p", NULL);
  if (failed == 1)
    html_say(html, "One task has failed and is not tried again by itself. ",
             "Eine Aufgabe ist fehlgeschlagen und wird nicht von selbst wiederholt. ");
  else
    html_say_format(
        html, "%" G_GINT64_FORMAT " tasks have failed and are not tried again by themselves. ",
        "%" G_GINT64_FORMAT " Aufgaben sind fehlgeschlagen und werden nicht von selbst"
        " wiederholt. ",
        failed);
  html_element(html, "a", html_word(html, "To the tasks", "Zu den Aufgaben"), "href", "/tasks",
               NULL);
  html_close(html, "p");
  html_close(html, "div");
}

static void
show_kind(Html *html, const Kind *kind) {
  html_open(html, "tr", NULL);
  html_element(html, "th", kind_word(html, kind->kind), "scope", "row", NULL);
  page_td_number(html, kind->counts[TASK_FAILED]);
  page_td_number(html, kind->counts[TASK_RUNNING]);
  page_td_number(html, kind->counts[TASK_QUEUED]);
  html_close(html, "tr");
}

static void
show_tasks(const WebCall *call, Html *html, const Overview *overview) {
  if (!web_principal_sees_all(call->who))
    return;
  html_element(html, "h2", html_word(html, "Tasks", "Aufgaben"), NULL);
  if (overview->kind_count == 0) {
    html_element(html, "p", html_word(html, "None is waiting.", "Es wartet keine."), NULL);
    return;
  }
  show_failed_tasks(html, overview->failed_tasks);
  page_table_open(html,
                  html_word(html, "Not done yet, failed ones first",
                            "Noch nicht erledigt, fehlgeschlagene zuerst"),
                  NULL);
  page_th(call, html, html_word(html, "Kind", "Art"), NULL, false);
  page_th(call, html, html_word(html, "Failed", "Fehlgeschlagen"), NULL, true);
  page_th(call, html, html_word(html, "Running", "In Arbeit"), NULL, true);
  page_th(call, html, html_word(html, "Waiting", "Wartend"), NULL, true);
  page_rows(html);
  for (guint i = 0; i < overview->kind_count; i++)
    show_kind(html, &overview->kinds[i]);
  page_table_close(html);
}

static bool
get_overview(WebCall *call, GError **error) {
  g_auto(Overview) overview = { 0 };
  if (!read_all(&overview, call, error))
    return false;
  Html *html = page_begin(call, PAGE_OVERVIEW, web_say(call->language, "Overview", "Übersicht"),
                          overview.running != NULL ? LIVE_REFRESH_S : REFRESH_S);
  show_troubles(call, html);
  if (overview.running != NULL)
    show_running(call, html, overview.running);
  show_trouble(call, html, overview.last);
  show_service(call, html, &overview);
  show_last(call, html, overview.last, overview.running != NULL);
  overview_tenants_show(call, html, overview.tenants);
  show_tasks(call, html, &overview);
  return page_end(call, html);
}

const WebRoute web_overview_routes[] = {
  { WEB_GET, "/", ROLE_VIEWER, 0, get_overview },
  { WEB_GET, "/runs/{id}/events", ROLE_VIEWER, 0, live_stream },
  { WEB_GET, "/api/v1/runs/{id}/events", ROLE_VIEWER, 0, live_stream },
  { 0 },
};
