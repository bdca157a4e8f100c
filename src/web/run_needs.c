/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/run_needs.h"

#include <string.h>

#include "base/text.h"
#include "web/page.h"
#include "web/run_words.h"

/* More of a list than that is said to be left off; the report as JSON has all of it. */
#define MAX_LISTED 50

static void
open_box(Html *html, const char *kind, const char *english, const char *german) {
  page_notice_open(html, kind);
  html_element(html, "h3", html_word(html, english, german), NULL);
}

static void
show_left_off(Html *html, gint64 all) {
  if (all <= MAX_LISTED)
    return;
  html_open(html, "li", NULL);
  html_say_format(html, "… and %d more", "… und %d weitere", (int)(all - MAX_LISTED));
  html_close(html, "li");
}

static void
say_ask(Html *html, const char *english, const char *german) {
  html_element(html, "p", html_word(html, english, german), NULL);
}

/* ── failures ── */

static void
show_error(Html *html, const ReportView *view) {
  if (!view->failed)
    return;
  const char *cause =
      view->error == NULL ? NULL : run_words_cause(html_language(html), view->error);
  open_box(html, "error", "The run as a whole did not succeed",
           "Der Lauf als Ganzes ist fehlgeschlagen");
  if (view->error != NULL)
    html_element(html, "p", cause != NULL ? cause : view->error, "lang",
                 cause != NULL ? NULL : "en", NULL);
  else
    say_ask(html, "Ask an administrator why.", "Warum, sagt Ihnen die Verwaltung.");
  html_close(html, "div");
}

/* What it comes down to in the reader's language, and the error itself, which is English. */
static void
show_cause(Html *html, const char *error) {
  const char *cause = run_words_cause(html_language(html), error);
  if (cause != NULL) {
    html_text(html, cause);
    html_open(html, "br", NULL);
  }
  html_element(html, cause != NULL ? "small" : "span", error, "lang", "en", NULL);
}

/* The tenant at `first` and those after it that failed for the very same reason: an outage of ZMS
 * is one thing, however many it hits. */
static void
show_failed_alike(Html *html, const ReportView *view, guint first) {
  const ReportTenant *tenant = &g_array_index(view->tenants, ReportTenant, first);
  html_open(html, "li", NULL);
  for (guint i = first; i < view->tenants->len; i++) {
    const ReportTenant *other = &g_array_index(view->tenants, ReportTenant, i);
    if (other->state != REPORT_TENANT_FAILED || g_strcmp0(other->error, tenant->error) != 0)
      continue;
    if (i > first)
      html_text(html, ", ");
    html_element(html, "strong", other->abbr, NULL);
    html_format(html, " %s", other->name);
  }
  html_text(html, ": ");
  show_cause(html, tenant->error);
  html_close(html, "li");
}

static bool
failed_before(const ReportView *view, guint index) {
  const ReportTenant *tenant = &g_array_index(view->tenants, ReportTenant, index);
  for (guint i = 0; i < index; i++) {
    const ReportTenant *other = &g_array_index(view->tenants, ReportTenant, i);
    if (other->state == REPORT_TENANT_FAILED && g_strcmp0(other->error, tenant->error) == 0)
      return true;
  }
  return false;
}

static void
open_failed_tenants(Html *html) {
  open_box(html, "error", "Tenants that could not be read",
           "Mandanten, die nicht gelesen werden konnten");
}

static void
show_failed_tenants(Html *html, const ReportView *view) {
  bool any = false;
  for (guint i = 0; i < view->tenants->len; i++) {
    const ReportTenant *tenant = &g_array_index(view->tenants, ReportTenant, i);
    if (tenant->state != REPORT_TENANT_FAILED || failed_before(view, i))
      continue;
    if (!any) {
      open_failed_tenants(html);
      html_open(html, "ul", NULL);
    }
    any = true;
    show_failed_alike(html, view, i);
  }
  if (!any && view->tenants_failed > 0) {
    open_failed_tenants(html);
    html_open(html, "p", NULL);
    html_number(html, view->tenants_failed);
    html_close(html, "p");
    html_close(html, "div");
  }
  if (!any)
    return;
  html_close(html, "ul");
  html_close(html, "div");
}

static void
show_failures_of(Html *html, const ReportTenant *tenant) {
  html_open(html, "details", NULL);
  html_open(html, "summary", NULL);
  html_format(html, "%s: ", tenant->abbr);
  html_number(html, tenant->failed);
  html_close(html, "summary");
  html_open(html, "ul", NULL);
  size_t at;
  json_t *failure;
  json_array_foreach((json_t *)tenant->failures, at, failure) {
    if (at == MAX_LISTED)
      break;
    html_open(html, "li", NULL);
    html_format(html, "%s: ", report_view_text(failure, "id"));
    html_element(html, "span", report_view_text(failure, "error"), "lang", "en", NULL);
    html_close(html, "li");
  }
  show_left_off(html, tenant->failed);
  html_close(html, "ul");
  html_close(html, "details");
}

/* Failures that the report counts and does not list. */
static gint64
unlisted_failures(const ReportView *view) {
  gint64 rest = view->sum.failed;
  for (guint i = 0; i < view->tenants->len; i++)
    rest -= g_array_index(view->tenants, ReportTenant, i).failed;
  return rest;
}

/* Of tenants that failed as a whole, all Lehrgänge failed with them, for the same reason. */
static void
show_failures(Html *html, const ReportView *view) {
  gint64 rest = unlisted_failures(view);
  bool any = rest > 0;
  if (any) {
    open_box(html, "error", "Lehrgänge and people that failed",
             "Fehlgeschlagene Lehrgänge und Personen");
    html_open(html, "p", NULL);
    html_say_format(html, "%" G_GINT64_FORMAT " that the report has no room for; see the journal.",
                    "%" G_GINT64_FORMAT ", für die der Bericht keinen Platz hat; siehe Journal.",
                    rest);
    html_close(html, "p");
  }
  for (guint i = 0; i < view->tenants->len; i++) {
    const ReportTenant *tenant = &g_array_index(view->tenants, ReportTenant, i);
    if (tenant->state != REPORT_TENANT_PARTLY)
      continue;
    if (!any)
      open_box(html, "error", "Lehrgänge and people that failed",
               "Fehlgeschlagene Lehrgänge und Personen");
    any = true;
    show_failures_of(html, tenant);
  }
  if (any)
    html_close(html, "div");
}

/* ── removals ── */

static void
show_held_item(Html *html, const ReportHeld *held) {
  autochar removals = web_number(html_language(html), held->removals);
  autochar enrolled = web_number(html_language(html), held->enrolled);
  autochar allowed = web_number(html_language(html), held->allowed);
  html_open(html, "li", NULL);
  html_element(html, "strong",
               g_strcmp0(held->company, "all companies") == 0
                   ? html_word(html, "all companies", "alle Firmen")
                   : held->company,
               NULL);
  html_say_format(
      html, ": %s of %s people enrolled; without consent at most %s may be unenrolled",
      ": %s von %s Eingeschriebenen; ohne Freigabe dürfen höchstens %s ausgetragen werden",
      removals, enrolled, allowed);
  html_close(html, "li");
}

/* The run's tenants, each after `before`; "" when these were all. Free with g_free(). */
static char *
tenants_after(const ReportView *view, const char *before, bool escape) {
  g_autoptr(GString) tenants = g_string_new(NULL);
  bool all = true;
  for (guint i = 0; i < view->tenants->len; i++) {
    const ReportTenant *tenant = &g_array_index(view->tenants, ReportTenant, i);
    autochar abbr =
        escape ? g_uri_escape_string(tenant->abbr, NULL, FALSE) : g_strdup(tenant->abbr);
    if (tenant->state == REPORT_TENANT_NOT_ASKED)
      all = false;
    else if (tenant->state != REPORT_TENANT_NOT_CONFIGURED)
      g_string_append_printf(tenants, "%s%s", before, abbr);
  }
  return g_strdup(all ? "" : tenants->str);
}

/* Command lines with the same year and tenants, and the form that has them; free with g_free(). */
static char *
selection(const ReportView *view, gint year) {
  autochar tenants = tenants_after(view, " --tenant ", false);
  return year > 0 ? g_strdup_printf(" --year %d%s", year, tenants) : g_steal_pointer(&tenants);
}

static char *
form_address(const ReportView *view, gint year) {
  autochar tenants = tenants_after(view, "&tenant=", true);
  return g_strdup_printf("/import?year=%d%s", year, tenants);
}

static void
show_command(Html *html, const char *text, const char *command, const char *selection,
             const char *option) {
  autochar line = g_strdup_printf("lehrgaenge %s%s %s", command, selection, option);
  html_open(html, "li", NULL);
  html_text(html, text);
  html_text(html, " ");
  html_element(html, "code", line, NULL);
  html_close(html, "li");
}

static void
show_held_remedy(const WebCall *call, Html *html, gint year, const ReportView *view) {
  if (call->who->role < ROLE_ADMIN) {
    say_ask(html, "An administrator looks at them and lets them through if they are right.",
            "Die Verwaltung prüft sie und gibt sie frei, wenn sie richtig sind.");
    return;
  }
  autochar which = selection(view, year);
  html_open(html, "ul", NULL);
  if (year > 0) {
    autochar path = form_address(view, year);
    html_open(html, "li", NULL);
    html_element(html, "a",
                 html_word(html, "Look at them in a preview", "In einer Vorschau ansehen"), "href",
                 path, NULL);
    html_say(html, "; if they are right, start it allowing the removals",
             "; wenn sie richtig sind, dort mit zugelassenen Austragungen starten");
    html_close(html, "li");
  }
  show_command(html, html_word(html, "Look at them:", "Ansehen:"), "plan", which, "--verbose");
  show_command(html, html_word(html, "If they are right:", "Wenn sie richtig sind:"), "sync", which,
               "--allow-removals");
  html_close(html, "ul");
}

static void
show_held(const WebCall *call, Html *html, gint year, const ReportView *view) {
  if (view->held->len == 0 && !view->held_elsewhere)
    return;
  open_box(html, "warning", "Removals held by the guard; everything else was applied",
           "Von der Schutzgrenze angehaltene Austragungen; alles andere ist ausgeführt");
  if (view->held->len > 0) {
    html_open(html, "ul", NULL);
    for (guint i = 0; i < view->held->len; i++)
      show_held_item(html, &g_array_index(view->held, ReportHeld, i));
    html_close(html, "ul");
  }
  show_held_remedy(call, html, year, view);
  html_close(html, "div");
}

static void
show_unproven(Html *html, const ReportView *view) {
  if (view->unproven->len == 0)
    return;
  open_box(html, "warning",
           "Nobody was removed from these courses, because not all that feeds them could be read",
           "Aus diesen Kursen wurde niemand ausgetragen, weil nicht alle ihre Lehrgänge gelesen "
           "werden konnten");
  html_open(html, "ul", NULL);
  for (guint i = 0; i < MIN(view->unproven->len, MAX_LISTED); i++) {
    const ReportUnproven *item = &g_array_index(view->unproven, ReportUnproven, i);
    html_open(html, "li", NULL);
    html_element(html, "strong", item->shortname, NULL);
    if (item->why != NULL) {
      html_text(html, ": ");
      html_element(html, "span", item->why, "lang", "en", NULL);
    }
    html_close(html, "li");
  }
  show_left_off(html, view->unproven->len);
  html_close(html, "ul");
  say_ask(html, "The next run that can read everything does it.",
          "Der nächste Lauf, der alles lesen kann, holt es nach.");
  html_close(html, "div");
}

/* ── the rest ── */

static void
show_unknown(const WebCall *call, Html *html, const ReportView *view) {
  if (view->unknown == NULL)
    return;
  open_box(html, "warning", "Unknown statuses", "Unbekannte Status");
  html_open(html, "ul", NULL);
  const char *status;
  json_t *count;
  gint64 shown = 0;
  json_object_foreach((json_t *)view->unknown, status, count) {
    if (shown++ >= MAX_LISTED)
      continue;
    html_open(html, "li", NULL);
    html_element(html, "code", status, NULL);
    html_text(html, ": ");
    html_number(html, json_integer_value(count));
    html_say(html, " times", "-mal");
    html_close(html, "li");
  }
  show_left_off(html, shown);
  html_close(html, "ul");
  if (call->who->role < ROLE_ADMIN)
    say_ask(html,
            "They do nothing until an administrator says in the configuration what they mean.",
            "Sie bewirken nichts, solange die Verwaltung nicht in der Konfiguration sagt, was sie "
            "bedeuten.");
  else
    say_ask(
        html,
        "They do nothing until their first word (without number and level) is under [status] in "
        "the configuration.",
        "Sie bewirken nichts, solange ihr erstes Wort (ohne Nummer und Ebene) nicht unter "
        "[status] in der Konfiguration steht.");
  html_close(html, "div");
}

static void
show_copies(Html *html, const ReportView *view) {
  gint64 waiting = report_view_number(view->copies, "waiting");
  gint64 failed = report_view_number(view->copies, "failed");
  if (waiting + failed == 0)
    return;
  open_box(html, failed > 0 ? "error" : "warning", "Content copies", "Kopien von Kursinhalten");
  html_open(html, "p", NULL);
  html_say_format(html,
                  "%" G_GINT64_FORMAT " failed, %" G_GINT64_FORMAT " waiting for another try. ",
                  "Fehlgeschlagen: %" G_GINT64_FORMAT
                  ", auf einen neuen Versuch warten: %" G_GINT64_FORMAT ". ",
                  failed, waiting);
  html_element(html, "a", html_word(html, "To the tasks", "Zu den Aufgaben"), "href", "/tasks",
               NULL);
  html_close(html, "p");
  html_close(html, "div");
}

static void
show_completions(Html *html, const ReportView *view) {
  gint64 waiting = view->sum.numbers[REPORT_COMPLETIONS_WAITING];
  if (waiting == 0)
    return;
  open_box(html, "warning", "Completions that wait", "Wartende Abschlüsse");
  html_open(html, "p", NULL);
  html_number(html, waiting);
  html_say(html,
           waiting == 1
               ? " completion waits for the companion plugin (local_lehrgaenge) in Moodle; "
                 "install it."
               : " completions wait for the companion plugin (local_lehrgaenge) in Moodle; "
                 "install it.",
           waiting == 1
               ? " Abschluss wartet auf das Plugin local_lehrgaenge in Moodle; installieren Sie es."
               : " Abschlüsse warten auf das Plugin local_lehrgaenge in Moodle; installieren Sie "
                 "es.");
  html_close(html, "p");
  html_close(html, "div");
}

/* Completions that wait have a box of their own, in both languages. */
static bool
is_told(const ReportView *view, const char *warning) {
  return warning == NULL || (view->sum.numbers[REPORT_COMPLETIONS_WAITING] > 0 &&
                             strstr(warning, "(local_lehrgaenge)") != NULL);
}

static void
show_warnings(Html *html, const ReportView *view) {
  gint64 shown = 0;
  size_t at;
  json_t *warning;
  json_array_foreach((json_t *)view->warnings, at, warning) {
    const char *text = json_string_value(warning);
    if (is_told(view, text))
      continue;
    if (shown == 0) {
      open_box(html, "warning", "Warnings", "Warnungen");
      html_open(html, "ul", NULL);
    }
    if (shown++ < MAX_LISTED)
      html_element(html, "li", text, "lang", "en", NULL);
  }
  if (shown == 0)
    return;
  show_left_off(html, shown);
  html_close(html, "ul");
  html_close(html, "div");
}

static void
show_elsewhere(Html *html, const ReportView *view) {
  if (!view->more_elsewhere)
    return;
  open_box(html, "info", "More for the administrators", "Weiteres für die Verwaltung");
  say_ask(html,
          "This run has warnings or unknown statuses that nobody can tell apart by tenant. Ask an "
          "administrator whether they concern you.",
          "Dieser Lauf hat Warnungen oder unbekannte Status, die sich keinem Mandanten zuordnen "
          "lassen. Fragen Sie die Verwaltung, ob sie Sie betreffen.");
  html_close(html, "div");
}

static bool
needs_somebody(const ReportView *view) {
  return view->failed || view->tenants_failed > 0 || view->sum.failed > 0 || view->held->len > 0 ||
         view->held_elsewhere || view->unproven->len > 0 || view->unknown != NULL ||
         view->warnings != NULL || view->more_elsewhere ||
         view->sum.numbers[REPORT_COMPLETIONS_WAITING] > 0 ||
         report_view_number(view->copies, "waiting") + report_view_number(view->copies, "failed") >
             0;
}

void
run_needs_show(const WebCall *call, Html *html, gint year, const ReportView *view) {
  if (!needs_somebody(view))
    return;
  html_open(html, "section", "aria-labelledby", "needs", NULL);
  html_element(html, "h2", html_word(html, "What needs somebody", "Worum sich jemand kümmern muss"),
               "id", "needs", NULL);
  show_error(html, view);
  show_failed_tenants(html, view);
  show_failures(html, view);
  show_held(call, html, year, view);
  show_unproven(html, view);
  show_unknown(call, html, view);
  show_copies(html, view);
  show_completions(html, view);
  show_warnings(html, view);
  show_elsewhere(html, view);
  html_close(html, "section");
}
