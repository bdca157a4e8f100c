/* The configuration in force, to be looked at, and what the last check found.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/text.h"
#include "config/pair.h"
#include "config/value_text.h"
#include "web/job.h"
#include "web/page.h"
#include "web/phase.h"
#include "web/plan_view.h"
#include "web/routes.h"

/* So often, in seconds, a check that is not over is looked at again. */
#define REFRESH 2
#define REFRESH_TEXT "2"

static void
section(Html *html, const char *english, const char *german) {
  html_element(html, "h2", html_word(html, english, german), NULL);
}

/* ── keys ── */

static void
show_value(Html *html, const ConfigKey *key, gconstpointer base) {
  autochar text = NULL;
  switch (value_text(key, base, &text)) {
  case VALUE_TEXT_UNSET:
    html_say(html, "not set", "nicht gesetzt");
    break;
  case VALUE_TEXT_HIDDEN:
    html_say(html, "set", "gesetzt");
    break;
  case VALUE_TEXT_SHOWN: {
    /* A secret might have been written where none belongs. */
    autochar clean = text_redact(text);
    html_element(html, "code", clean, NULL);
    break;
  }
  }
}

static void
show_key(Html *html, const ConfigKey *key, const Config *config) {
  html_open(html, "tr", NULL);
  html_open(html, "th", "scope", "row", NULL);
  html_element(html, "code", key->name, NULL);
  html_close(html, "th");
  html_open(html, "td", NULL);
  show_value(html, key, config);
  if (value_text_is_default(key, config)) {
    html_text(html, " ");
    html_element(html, "small", html_word(html, "default", "Vorgabe"), "class", "muted", NULL);
  }
  html_close(html, "td");
  html_element(html, "td", html_word(html, key->help, key->german), NULL);
  html_close(html, "tr");
}

static void
open_table(const WebCall *call, Html *html, const char *group, const char *const *heads) {
  autochar title = g_strdup_printf("[%s]", group);
  html_element(html, "h3", title, NULL);
  page_table_open(html, title, NULL);
  for (; *heads != NULL; heads++)
    page_th(call, html, *heads, NULL, false);
  page_rows(html);
}

static void
show_groups(const WebCall *call, Html *html) {
  const char *heads[] = { html_word(html, "Key", "Schlüssel"), html_word(html, "Value", "Wert"),
                          html_word(html, "What it is", "Was es ist"), NULL };
  guint count;
  const ConfigKey *keys = config_keys_all(&count);
  const char *group = NULL;
  for (guint i = 0; i < count; i++) {
    if (strcmp(keys[i].group, "tenant") == 0)
      continue;
    if (g_strcmp0(group, keys[i].group) != 0) {
      if (group != NULL)
        page_table_close(html);
      group = keys[i].group;
      open_table(call, html, group, heads);
    }
    show_key(html, &keys[i], call->config);
  }
  if (group != NULL)
    page_table_close(html);
}

static void
show_pair(const char *from, const char *to, gpointer data) {
  Html *html = data;
  html_open(html, "tr", NULL);
  html_open(html, "th", "scope", "row", NULL);
  html_element(html, "code", from, NULL);
  html_close(html, "th");
  html_open(html, "td", NULL);
  html_element(html, "code", to, NULL);
  html_close(html, "td");
  html_close(html, "tr");
}

static gint
by_text(gconstpointer a, gconstpointer b) {
  return strcmp(a, b);
}

static void
show_courses(const WebCall *call, Html *html) {
  const char *heads[] = { "Kurzbezeichnung", html_word(html, "Course name", "Kursname"), NULL };
  GList *names = g_list_sort(g_hash_table_get_keys(call->config->courses), by_text);
  open_table(call, html, "courses", heads);
  for (const GList *name = names; name != NULL; name = name->next)
    show_pair(name->data, g_hash_table_lookup(call->config->courses, name->data), html);
  page_table_close(html);
  g_list_free(names);
}

static void
show_statuses(const WebCall *call, Html *html) {
  const char *heads[] = { html_word(html, "Word", "Wort"), html_word(html, "Rule", "Regel"), NULL };
  open_table(call, html, "status", heads);
  status_table_each(call->config->status, show_pair, html);
  page_table_close(html);
}

/* ── tenants ── */

static const char *
pair_word(Html *html, PairSource source) {
  switch (source) {
  case PAIR_NONE:
    return html_word(html, "none", "keines");
  case PAIR_GENERAL:
    return html_word(html, "general", "allgemeines");
  case PAIR_OWN:
    return html_word(html, "own", "eigenes");
  }
  g_assert_not_reached();
}

static void
show_tenant(const WebCall *call, Html *html, const ConfigTenant *tenant) {
  bool apikey = !text_empty(tenant->apikey);
  html_open(html, "tr", NULL);
  html_element(html, "th", tenant->abbr, "scope", "row", NULL);
  page_td(html, tenant->name);
  page_td(html,
          apikey ? html_word(html, "set", "gesetzt") : html_word(html, "not set", "nicht gesetzt"));
  html_open(html, "td", NULL);
  html_text(html, pair_word(html, pair_source(call->config, tenant)));
  if (tenant->certificate != NULL) {
    html_text(html, " ");
    html_element(html, "code", tenant->certificate, NULL);
  }
  html_close(html, "td");
  if (tenant->category != 0)
    page_td_number(html, tenant->category);
  else
    page_td(html, html_word(html, "found by name", "nach Namen gesucht"));
  html_close(html, "tr");
}

static void
show_tenants(const WebCall *call, Html *html) {
  section(html, "Tenants", "Mandanten");
  page_table_open(html, html_word(html, "Tenants", "Mandanten"), NULL);
  page_th(call, html, html_word(html, "Tenant", "Mandant"), NULL, false);
  page_th(call, html, html_word(html, "Name", "Name"), NULL, false);
  page_th(call, html, "apikey", NULL, false);
  page_th(call, html, html_word(html, "Certificate", "Zertifikat"), NULL, false);
  page_th(call, html, html_word(html, "Course category", "Kursbereich"), NULL, true);
  page_rows(html);
  for (guint i = 0; i < call->config->tenants->len; i++)
    show_tenant(call, html, g_ptr_array_index(call->config->tenants, i));
  page_table_close(html);
}

/* ── the check ── */

static const char *
level_word(Html *html, const char *level) {
  if (strcmp(level, "error") == 0)
    return html_word(html, "error", "Fehler");
  if (strcmp(level, "warning") == 0)
    return html_word(html, "warning", "Warnung");
  return html_word(html, "well", "in Ordnung");
}

static void
show_level(Html *html, const char *level) {
  autochar class = g_strdup_printf("badge %s", strcmp(level, "ok") == 0 ? "good" : level);
  html_element(html, "span", level_word(html, level), "class", class, NULL);
}

static const char *
area_word(Html *html, const char *area) {
  static const struct {
    const char *area, *english, *german;
  } words[] = {
    { "configuration", "Configuration", "Konfiguration" },
    { "certificates", "Certificates", "Zertifikate" },
    { "store", "Store", "Datenbank" },
    { "moodle", "Moodle", "Moodle" },
    { "zms", "ZMS", "ZMS" },
    { "notify", "Notifications", "Benachrichtigungen" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(words); i++)
    if (strcmp(words[i].area, area) == 0)
      return html_word(html, words[i].english, words[i].german);
  return area;
}

static void
show_areas(Html *html, const json_t *areas) {
  const char *area;
  json_t *what;
  html_open(html, "dl", "class", "facts", NULL);
  json_object_foreach((json_t *)areas, area, what) {
    html_open(html, "div", NULL);
    html_element(html, "dt", area_word(html, area), NULL);
    html_open(html, "dd", NULL);
    show_level(html, plan_view_text(what, "level"));
    html_text(html, " ");
    html_element(html, "span", plan_view_text(what, "text"), "lang", "en", NULL);
    html_close(html, "dd");
    html_close(html, "div");
  }
  html_close(html, "dl");
}

static void
show_finding(Html *html, const json_t *finding) {
  size_t i;
  const json_t *tenant;
  html_open(html, "tr", NULL);
  html_open(html, "td", NULL);
  show_level(html, plan_view_text(finding, "level"));
  html_close(html, "td");
  page_td(html, area_word(html, plan_view_text(finding, "area")));
  html_open(html, "td", NULL);
  json_array_foreach(json_object_get(finding, "tenants"), i, tenant) {
    html_format(html, "%s%s", i > 0 ? ", " : "", json_string_value(tenant));
  }
  html_close(html, "td");
  html_element(html, "td", plan_view_text(finding, "message"), "lang", "en", NULL);
  html_element(html, "td", plan_view_text(finding, "remedy"), "lang", "en", NULL);
  html_close(html, "tr");
}

/* Errors first. */
static void
show_findings(const WebCall *call, Html *html, const json_t *findings) {
  static const char *const levels[] = { "error", "warning" };
  size_t i;
  const json_t *finding;
  if (json_array_size(findings) == 0) {
    page_notice_open(html, "good");
    html_element(html, "p", html_word(html, "All well.", "Alles in Ordnung."), NULL);
    html_close(html, "div");
    return;
  }
  page_table_open(html, html_word(html, "What the check found", "Was die Prüfung ergab"), NULL);
  page_th(call, html, html_word(html, "Level", "Stufe"), NULL, false);
  page_th(call, html, html_word(html, "Area", "Bereich"), NULL, false);
  page_th(call, html, html_word(html, "Tenant", "Mandant"), NULL, false);
  page_th(call, html, html_word(html, "Finding", "Befund"), NULL, false);
  page_th(call, html, html_word(html, "What to do", "Was zu tun ist"), NULL, false);
  page_rows(html);
  for (guint level = 0; level < G_N_ELEMENTS(levels); level++)
    json_array_foreach(findings, i, finding) {
      if (strcmp(plan_view_text(finding, "level"), levels[level]) == 0)
        show_finding(html, finding);
    }
  page_table_close(html);
}

static void
show_last(const WebCall *call, Html *html, const WebJob *last) {
  html_open(html, "p", NULL);
  html_say(html, "Last check: ", "Letzte Prüfung: ");
  page_time(call, html, last->timeended);
  html_close(html, "p");
  if (last->state == WEB_JOB_FAILED) {
    page_notice_open(html, "error");
    html_element(html, "p", last->error, "lang", "en", NULL);
    html_close(html, "div");
    return;
  }
  show_areas(html, json_object_get(last->document, "areas"));
  show_findings(call, html, json_object_get(last->document, "findings"));
}

static void
show_check(WebCall *call, Html *html, const WebJob *running) {
  section(html, "Check", "Prüfung");
  if (running != NULL) {
    html_open(html, "div", "data-refresh", REFRESH_TEXT, "aria-live", "polite", NULL);
    phase_show(html, running->phase, running->done, running->total);
    html_close(html, "div");
  } else {
    page_form_open(call, html, "/configuration/check", NULL);
    page_button(html, html_word(html, "Run the check", "Prüfung starten"), NULL, NULL, "primary");
    html_close(html, "form");
  }
  g_autoptr(WebJob) last = web_job_last_check(call->site->jobs);
  if (last != NULL)
    show_last(call, html, last);
  else if (running == NULL)
    html_element(html, "p",
                 html_word(html, "None was made since the service began.",
                           "Seit dem Start des Dienstes wurde keine gemacht."),
                 NULL);
}

/* ── the page ── */

static void
show_file(const WebCall *call, Html *html) {
  const GPtrArray *warnings = call->config->warnings;
  html_open(html, "p", NULL);
  html_say(html, "Read from ", "Gelesen aus ");
  html_element(html, "code", call->config->file, NULL);
  html_say(html, "; it is changed there.", "; geändert wird sie dort.");
  html_close(html, "p");
  if (warnings->len == 0)
    return;
  page_notice_open(html, "warning");
  html_open(html, "ul", "lang", "en", NULL);
  for (guint i = 0; i < warnings->len; i++) {
    autochar clean = text_redact(g_ptr_array_index(warnings, i));
    html_element(html, "li", clean, NULL);
  }
  html_close(html, "ul");
  html_close(html, "div");
}

/* The check that the address names, as long as it is not over. */
static WebJob *
running_check(const WebCall *call) {
  g_autoptr(WebJob) job = web_job_get(call->site->jobs, call->who, web_query(call, "check"));
  bool running = job != NULL && job->kind == WEB_JOB_CHECK &&
                 (job->state == WEB_JOB_WAITING || job->state == WEB_JOB_RUNNING);
  return running ? g_steal_pointer(&job) : NULL;
}

static bool
show(WebCall *call, GError **error) {
  (void)error;
  g_autoptr(WebJob) running = running_check(call);
  Html *html = page_begin(call, PAGE_CONFIGURATION,
                          web_say(call->language, "Configuration", "Konfiguration"),
                          running != NULL ? REFRESH : 0);
  show_file(call, html);
  show_check(call, html, running);
  show_tenants(call, html);
  section(html, "Keys", "Schlüssel");
  show_groups(call, html);
  show_courses(call, html);
  show_statuses(call, html);
  return page_end(call, html);
}

static bool
start_check(WebCall *call, GError **error) {
  g_autoptr(GError) cause = NULL;
  autochar id = NULL;
  if (!web_job_check(call->site->jobs, call->who, &id, &cause)) {
    if (g_error_matches(cause, WEB_JOB_ERROR, WEB_JOB_ERROR_FULL))
      return web_refuse(call, WEB_REFUSED_BUSY, NULL);
    g_propagate_error(error, g_steal_pointer(&cause));
    return false;
  }
  autochar path = g_strdup_printf("/configuration?check=%s", id);
  return web_redirect(call, path);
}

const WebRoute web_configuration_routes[] = {
  { WEB_GET, "/configuration", ROLE_ADMIN, 0, show },
  { WEB_POST, "/configuration/check", ROLE_ADMIN, 0, start_check },
  { 0 },
};
