/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/page.h"

#include <string.h>

#include "base/text.h"
#include "web/static.h"

/* ── the menu ── */

static const struct {
  PageMenu menu;
  StoreRole role;
  const char *path;
  const char *english, *german;
} menu_items[] = {
  { PAGE_OVERVIEW, ROLE_VIEWER, "/", "Overview", "Übersicht" },
  { PAGE_IMPORT, ROLE_OPERATOR, "/import", "Start import", "Import starten" },
  { PAGE_HISTORY, ROLE_VIEWER, "/runs", "History", "Verlauf" },
  { PAGE_TASKS, ROLE_VIEWER, "/tasks", "Tasks", "Aufgaben" },
  { PAGE_CONFIGURATION, ROLE_ADMIN, "/configuration", "Configuration", "Konfiguration" },
  { PAGE_AUDIT, ROLE_ADMIN, "/audit", "Audit log", "Protokoll" },
};

static void
menu_link(Html *html, const char *path, const char *text, bool here) {
  html_open(html, "li", NULL);
  html_element(html, "a", text, "href", path, "aria-current", here ? "page" : NULL, NULL);
  html_close(html, "li");
}

static void
show_menu(const WebCall *call, Html *html, PageMenu menu) {
  html_open(html, "nav", "aria-label", html_word(html, "Main", "Hauptmenü"), NULL);
  html_open(html, "ul", NULL);
  for (guint i = 0; i < G_N_ELEMENTS(menu_items); i++)
    if (call->who->role >= menu_items[i].role)
      menu_link(html, menu_items[i].path,
                html_word(html, menu_items[i].english, menu_items[i].german),
                menu == menu_items[i].menu);
  html_close(html, "ul");
  html_close(html, "nav");
}

static void
show_account(WebCall *call, Html *html, PageMenu menu) {
  html_open(html, "div", "class", "account", NULL);
  html_element(html, "a", call->who->name, "href", "/account", "aria-current",
               menu == PAGE_ACCOUNT ? "page" : NULL, NULL);
  page_form_open(call, html, "/logout", NULL);
  page_button(html, html_word(html, "Sign out", "Abmelden"), NULL, NULL, "link");
  html_close(html, "form");
  html_close(html, "div");
}

static void
show_header(WebCall *call, Html *html, PageMenu menu) {
  autochar icon = web_static_path("icon.svg");
  html_element(html, "a", html_word(html, "Skip to content", "Zum Inhalt"), "href", "#content",
               "class", "skip", NULL);
  html_open(html, "header", NULL);
  html_open(html, "a", "href", "/", "class", "home", NULL);
  html_open(html, "img", "src", icon, "alt", "", "width", "26", "height", "26", NULL);
  html_text(html, "Lehrgänge");
  html_close(html, "a");
  if (call->who != NULL) {
    show_menu(call, html, menu);
    show_account(call, html, menu);
  }
  html_close(html, "header");
}

static void
show_head(Html *html, const char *title, guint refresh) {
  autochar whole = g_strdup_printf("%s – Lehrgänge", title);
  autochar style = web_static_path("style.css");
  autochar script = web_static_path("script.js");
  autochar icon = web_static_path("icon.svg");
  html_open(html, "head", NULL);
  html_open(html, "meta", "charset", "utf-8", NULL);
  html_open(html, "meta", "name", "viewport", "content", "width=device-width, initial-scale=1",
            NULL);
  html_open(html, "meta", "name", "color-scheme", "content", "light dark", NULL);
  html_element(html, "title", whole, NULL);
  html_open(html, "link", "rel", "icon", "href", icon, "type", "image/svg+xml", NULL);
  html_open(html, "link", "rel", "stylesheet", "href", style, NULL);
  html_element(html, "script", NULL, "src", script, "defer", html_yes, NULL);
  if (refresh > 0) {
    autochar seconds = g_strdup_printf("%u", refresh);
    html_open(html, "noscript", NULL);
    html_open(html, "meta", "http-equiv", "refresh", "content", seconds, NULL);
    html_close(html, "noscript");
  }
  html_close(html, "head");
}

Html *
page_begin(WebCall *call, PageMenu menu, const char *title, guint refresh) {
  call->answer->type = WEB_HTML;
  g_string_truncate(call->answer->body, 0);
  Html *html = html_new(call->answer->body, call->language);
  html_doctype(html);
  html_open(html, "html", "lang", web_language_word(call->language), NULL);
  show_head(html, title, refresh);
  html_open(html, "body", NULL);
  show_header(call, html, menu);
  autochar seconds = refresh == 0 ? NULL : g_strdup_printf("%u", refresh);
  html_open(html, "main", "id", "content", "tabindex", "-1", "data-refresh", seconds, NULL);
  html_element(html, "h1", title, NULL);
  return html;
}

/* The other language's page, in that language's own name. */
static void
show_footer(WebCall *call, Html *html) {
  WebLanguage other = call->language == WEB_GERMAN ? WEB_ENGLISH : WEB_GERMAN;
  autochar query = web_fields_query(call->request->query, NULL, NULL, NULL);
  autochar location = g_uri_escape_string(call->request->path, "/", FALSE);
  autochar here = g_strconcat(location, *query != '\0' ? "?" : "", query, NULL);
  autochar escaped = g_uri_escape_string(here, NULL, FALSE);
  autochar path = g_strdup_printf("/language?to=%s&language=%s", escaped, web_language_word(other));
  html_open(html, "footer", NULL);
  html_element(html, "a", other == WEB_GERMAN ? "Deutsch" : "English", "href", path, "lang",
               web_language_word(other), "rel", "nofollow", NULL);
  html_element(html, "span", "lehrgaenge-sync " LGS_VERSION, NULL);
  html_close(html, "footer");
}

bool
page_end(WebCall *call, Html *html) {
  html_close(html, "main");
  show_footer(call, html);
  html_close(html, "body");
  html_close(html, "html");
  html_free(html);
  return true;
}

/* ── forms ── */

void
page_form_open(WebCall *call, Html *html, const char *action, const char *class) {
  html_open(html, "form", "method", "post", "action", action, "class", class, NULL);
  if (call->who != NULL && call->who->csrf != NULL)
    html_open(html, "input", "type", "hidden", "name", "csrf", "value", call->who->csrf, NULL);
}

static void
show_hint(Html *html, const char *name, const char *hint) {
  autochar id = g_strdup_printf("%s-hint", name);
  if (hint != NULL)
    html_element(html, "small", hint, "id", id, NULL);
}

void
page_input(Html *html, const char *type, const char *name, const char *label, const char *value,
           const char *hint) {
  autochar described = g_strdup_printf("%s-hint", name);
  html_open(html, "p", "class", "field", NULL);
  html_element(html, "label", label, "for", name, NULL);
  html_open(html, "input", "type", type, "id", name, "name", name, "value", value,
            "aria-describedby", hint != NULL ? described : NULL, NULL);
  show_hint(html, name, hint);
  html_close(html, "p");
}

void
page_select(Html *html, const char *name, const char *label, const char *const *values,
            const char *const *texts, const char *chosen) {
  html_open(html, "p", "class", "field", NULL);
  html_element(html, "label", label, "for", name, NULL);
  html_open(html, "select", "id", name, "name", name, NULL);
  for (guint i = 0; values[i] != NULL; i++)
    html_element(html, "option", texts != NULL ? texts[i] : values[i], "value", values[i],
                 "selected", g_strcmp0(values[i], chosen) == 0 ? html_yes : NULL, NULL);
  html_close(html, "select");
  html_close(html, "p");
}

void
page_button(Html *html, const char *text, const char *name, const char *value, const char *class) {
  html_element(html, "button", text, "type", "submit", "name", name, "value", value, "class", class,
               NULL);
}

/* ── words ── */

void
page_notice_open(Html *html, const char *kind) {
  autochar class = g_strdup_printf("notice %s", kind);
  html_open(html, "div", "class", class, "role", strcmp(kind, "error") == 0 ? "alert" : NULL, NULL);
}

static const struct {
  const char *english, *german;
} run_words[RUN_STATUSES] = {
  [RUN_RUNNING] = { "running", "läuft" },
  [RUN_SUCCESS] = { "successful", "erfolgreich" },
  [RUN_PARTIAL] = { "partial", "teilweise" },
  [RUN_ERROR] = { "failed", "fehlgeschlagen" },
  [RUN_SKIPPED] = { "skipped", "ausgelassen" },
  [RUN_HELD] = { "removals held", "Austragungen angehalten" },
  [RUN_INTERRUPTED] = { "interrupted", "abgebrochen" },
};

const char *
page_run_status_word(WebLanguage language, RunStatus status) {
  return web_say(language, run_words[status].english, run_words[status].german);
}

void
page_run_status(Html *html, RunStatus status) {
  autochar class = g_strdup_printf("badge %s", run_status_word(status));
  html_element(html, "span", page_run_status_word(html_language(html), status), "class", class,
               NULL);
}

void
page_task_state(Html *html, StoreTaskState state) {
  static const struct {
    const char *english, *german;
  } words[TASK_STATES] = {
    [TASK_QUEUED] = { "waiting", "wartet" },
    [TASK_RUNNING] = { "running", "läuft" },
    [TASK_DONE] = { "done", "erledigt" },
    [TASK_FAILED] = { "failed", "fehlgeschlagen" },
  };
  autochar class = g_strdup_printf("badge task-%s", store_task_state_word(state));
  html_element(html, "span", html_word(html, words[state].english, words[state].german), "class",
               class, NULL);
}

const char *
page_role_word(WebLanguage language, StoreRole role) {
  switch (role) {
  case ROLE_VIEWER:
    return web_say(language, "viewer", "Ansicht");
  case ROLE_OPERATOR:
    return web_say(language, "operator", "Bedienung");
  case ROLE_ADMIN:
    return web_say(language, "administrator", "Verwaltung");
  }
  g_assert_not_reached();
}

void
page_time(const WebCall *call, Html *html, gint64 time) {
  autochar text = web_time(call->language, time, call->config->moodle.timezone);
  g_autoptr(GDateTime) utc = time == 0 ? NULL : g_date_time_new_from_unix_utc(time);
  autochar machine = utc == NULL ? NULL : g_date_time_format(utc, "%Y-%m-%dT%H:%M:%SZ");
  if (machine == NULL)
    html_text(html, text);
  else
    html_element(html, "time", text, "datetime", machine, NULL);
}

/* ── facts ── */

void
page_fact_open(Html *html, const char *name) {
  html_open(html, "div", NULL);
  html_element(html, "dt", name, NULL);
  html_open(html, "dd", NULL);
}

void
page_fact_close(Html *html) {
  html_close(html, "dd");
  html_close(html, "div");
}

void
page_fact(Html *html, const char *name, const char *text) {
  page_fact_open(html, name);
  html_text(html, text);
  page_fact_close(html);
}

/* ── tables ── */

void
page_table_open(Html *html, const char *caption, const char *class) {
  html_open(html, "div", "class", "table", "tabindex", "0", "role", "region", "aria-label", caption,
            NULL);
  html_open(html, "table", "class", class, NULL);
  html_element(html, "caption", caption, NULL);
  html_open(html, "thead", NULL);
  html_open(html, "tr", NULL);
}

char *
page_link(const WebCall *call, const char *name, const char *value) {
  autochar query = web_fields_query(call->request->query, name, name, value);
  return g_strconcat(call->request->path, "?", query, NULL);
}

gint
page_sorted(const WebCall *call, const char *column, const char *fallback) {
  const char *sort = web_query(call, "sort");
  if (*sort == '\0')
    sort = fallback;
  bool down = *sort == '-';
  return strcmp(sort + (down ? 1 : 0), column) != 0 ? 0 : down ? -1 : 1;
}

void
page_th(const WebCall *call, Html *html, const char *text, const char *sort, bool right) {
  gint sorted = sort == NULL ? 0 : page_sorted(call, sort, "");
  const char *direction = sorted > 0 ? "ascending" : sorted < 0 ? "descending" : NULL;
  html_open(html, "th", "scope", "col", "class", right ? "number" : NULL, "aria-sort", direction,
            NULL);
  if (sort == NULL) {
    html_text(html, text);
  } else {
    autochar other = g_strconcat(sorted > 0 ? "-" : "", sort, NULL);
    autochar path = page_link(call, "sort", other);
    html_element(html, "a", text, "href", path, NULL);
  }
  html_close(html, "th");
}

void
page_rows(Html *html) {
  html_close(html, "tr");
  html_close(html, "thead");
  html_open(html, "tbody", NULL);
}

void
page_table_close(Html *html) {
  html_close(html, "tbody");
  html_close(html, "table");
  html_close(html, "div");
}

void
page_td(Html *html, const char *text) {
  html_element(html, "td", text, NULL);
}

void
page_td_number(Html *html, gint64 number) {
  html_open(html, "td", "class", "number", NULL);
  html_number(html, number);
  html_close(html, "td");
}
