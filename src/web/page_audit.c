/* Who did what, and what came of it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/text.h"
#include "web/page.h"
#include "web/routes.h"

#define PER_PAGE 100

static const struct {
  const char *word, *english, *german;
} words[] = {
  { "sign-in", "sign in", "Anmeldung" },
  { "sign-out", "sign out", "Abmeldung" },
  { "sign-out-everywhere", "sign out everywhere", "Abmeldung überall" },
  { "password", "change password", "Kennwort ändern" },
  { "account-language", "change language", "Sprache ändern" },
  { "account-add", "add account", "Konto anlegen" },
  { "account-change", "change account", "Konto ändern" },
  { "account-password", "set password", "Kennwort setzen" },
  { "account-sign-out", "sign an account out", "Konto abmelden" },
  { "account-remove", "remove account", "Konto entfernen" },
  { "token-add", "add token", "Token anlegen" },
  { "token-remove", "remove token", "Token entfernen" },
  { "import", "start import", "Import starten" },
  { "preview", "preview import", "Import-Vorschau" },
  { "check", "check", "Prüfung" },
  { "task-retry", "retry task", "Aufgabe wiederholen" },
  { "task-cancel", "cancel task", "Aufgabe abbrechen" },
  { "refused", "refused", "abgelehnt" },
};

/* A word that is not known stays as it is in the log. */
static const char *
in_language(WebLanguage language, const char *word) {
  for (guint i = 0; i < G_N_ELEMENTS(words); i++)
    if (strcmp(words[i].word, word) == 0)
      return web_say(language, words[i].english, words[i].german);
  return word;
}

typedef struct {
  const WebCall *call;
  GString *rows; /* of the table: read before the page begins, so that a failure is no half page */
  Html *html;
  guint count;
  gint64 last;
} Listing;

static void
add_row(const StoreAuditRow *row, gpointer user_data) {
  Listing *listing = user_data;
  if (++listing->count > PER_PAGE)
    return;
  Html *html = listing->html;
  WebLanguage language = listing->call->language;
  listing->last = row->id;
  html_open(html, "tr", NULL);
  html_open(html, "td", NULL);
  page_time(listing->call, html, row->time);
  html_close(html, "td");
  page_td(html, text_empty(row->actor) ? "–" : row->actor);
  page_td(html, in_language(language, row->action));
  page_td(html, row->subject);
  page_td(html, in_language(language, row->outcome));
  page_td(html, row->address);
  html_close(html, "tr");
}

static void
show_table(WebCall *call, Html *html, const Listing *listing) {
  page_table_open(html, web_say(call->language, "Audit log", "Protokoll"), NULL);
  page_th(call, html, html_word(html, "When", "Wann"), NULL, false);
  page_th(call, html, html_word(html, "Who", "Wer"), NULL, false);
  page_th(call, html, html_word(html, "What", "Was"), NULL, false);
  page_th(call, html, html_word(html, "On what", "Woran"), NULL, false);
  page_th(call, html, html_word(html, "Outcome", "Ergebnis"), NULL, false);
  page_th(call, html, html_word(html, "From", "Von"), NULL, false);
  page_rows(html);
  g_string_append_len(call->answer->body, listing->rows->str, (gssize)listing->rows->len);
  page_table_close(html);
}

static void
show_older(Html *html, gint64 last) {
  autochar path = g_strdup_printf("/audit?before=%" G_GINT64_FORMAT, last);
  html_open(html, "nav", "aria-label", html_word(html, "Pages", "Seiten"), "class", "pages", NULL);
  html_element(html, "a", html_word(html, "Older", "Ältere"), "href", path, "rel", "next", NULL);
  html_close(html, "nav");
}

static bool
show_page(WebCall *call, const Listing *listing) {
  Html *html = page_begin(call, PAGE_AUDIT, web_say(call->language, "Audit log", "Protokoll"), 0);
  if (listing->count == 0) {
    html_open(html, "p", NULL);
    html_say(html, "Nothing stands here yet.", "Hier steht noch nichts.");
    html_close(html, "p");
  } else {
    show_table(call, html, listing);
  }
  if (listing->count > PER_PAGE)
    show_older(html, listing->last);
  return page_end(call, html);
}

static bool
show(WebCall *call, GError **error) {
  gint64 before = 0;
  /* It tells of all tenants. */
  if (!web_principal_sees_all(call->who))
    return web_refuse(call, WEB_REFUSED_ROLE, NULL);
  if (*web_query(call, "before") != '\0' && !web_parse_id(web_query(call, "before"), &before))
    return web_refuse(call, WEB_REFUSED_BAD, NULL);
  g_autoptr(GString) rows = g_string_new(NULL);
  g_autoptr(Html) html = html_new(rows, call->language);
  Listing listing = { .call = call, .rows = rows, .html = html };
  return call->store->class->access->audit_read(call->store, before, PER_PAGE + 1, add_row,
                                                &listing, error) &&
         show_page(call, &listing);
}

const WebRoute web_audit_routes[] = {
  { WEB_GET, "/audit", ROLE_ADMIN, 0, show },
  { 0 },
};
