/* What an account may do for itself: its password, its language, its sessions.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/text.h"
#include "web/access.h"
#include "web/access_account.h"
#include "web/cookie.h"
#include "web/page.h"
#include "web/routes.h"

static bool
find_account(const WebCall *call, StoreAccount **account, GError **error) {
  return call->store->class->access->account_find(call->store, call->who->name, account, error);
}

/* ── parts of the page ── */

static void
show_facts(const WebCall *call, Html *html) {
  const WebPrincipal *who = call->who;
  autochar tenants = who->tenants == NULL ? g_strdup(html_word(html, "all", "alle"))
                                          : g_strjoinv(", ", who->tenants);
  html_open(html, "dl", "class", "facts", NULL);
  page_fact(html, html_word(html, "Name", "Name"), who->name);
  page_fact(html, html_word(html, "Role", "Rolle"), page_role_word(call->language, who->role));
  page_fact(html, html_word(html, "Tenants", "Mandanten"), tenants);
  page_fact(html, html_word(html, "E-mail", "E-Mail"), text_empty(who->email) ? "–" : who->email);
  html_close(html, "dl");
  html_open(html, "p", NULL);
  html_say(html, "An administrator of this machine changes these (lehrgaenge user change).",
           "Diese Angaben ändert, wer diesen Rechner verwaltet (lehrgaenge user change).");
  html_close(html, "p");
}

static void
show_language(WebCall *call, Html *html, const StoreAccount *account) {
  const char *const values[] = { "", "de", "en", NULL };
  const char *const texts[] = {
    html_word(html, "as the browser asks", "wie der Browser es wünscht"), "Deutsch", "English", NULL
  };
  html_element(html, "h2", html_word(html, "Language", "Sprache"), NULL);
  page_form_open(call, html, "/account/language", NULL);
  page_select(html, "language", html_word(html, "Language of the pages", "Sprache der Seiten"),
              values, texts, account->language);
  page_button(html, html_word(html, "Save", "Speichern"), NULL, NULL, NULL);
  html_close(html, "form");
}

static void
show_password_field(Html *html, const char *name, const char *label, const char *autocomplete,
                    const char *hint) {
  autochar id = g_strconcat(name, "-hint", NULL);
  html_open(html, "p", "class", "field", NULL);
  html_element(html, "label", label, "for", name, NULL);
  html_open(html, "input", "type", "password", "id", name, "name", name, "autocomplete",
            autocomplete, "required", html_yes, "aria-describedby", hint != NULL ? id : NULL, NULL);
  if (hint != NULL)
    html_element(html, "small", hint, "id", id, NULL);
  html_close(html, "p");
}

static void
show_password(WebCall *call, Html *html) {
  autochar hint = web_say_format(call->language, "At least %d characters.",
                                 "Mindestens %d Zeichen.", ACCESS_MIN_PASSWORD);
  html_element(html, "h2", html_word(html, "Change password", "Kennwort ändern"), NULL);
  page_form_open(call, html, "/account/password", NULL);
  /* Whose password it is, for those that keep passwords. */
  html_open(html, "input", "type", "text", "name", "username", "autocomplete", "username", "value",
            call->who->name, "hidden", html_yes, NULL);
  html_open(html, "input", "type", "hidden", "name", "username", "value", call->who->name,
            "autocomplete", "username", NULL);
  show_password_field(html, "present", html_word(html, "Present password", "Bisheriges Kennwort"),
                      "current-password", NULL);
  show_password_field(html, "wanted", html_word(html, "New password", "Neues Kennwort"),
                      "new-password", hint);
  show_password_field(html, "repeated",
                      html_word(html, "New password once more", "Neues Kennwort noch einmal"),
                      "new-password", NULL);
  page_button(html, html_word(html, "Change password", "Kennwort ändern"), NULL, NULL, NULL);
  html_close(html, "form");
}

static void
show_session(const WebCall *call, Html *html, const StoreSession *session) {
  bool here = g_strcmp0(session->hash, call->who->session) == 0;
  html_open(html, "tr", NULL);
  html_open(html, "td", NULL);
  page_time(call, html, session->timeused);
  if (here)
    html_say(html, " (this one)", " (diese)");
  html_close(html, "td");
  html_open(html, "td", NULL);
  page_time(call, html, session->timecreated);
  html_close(html, "td");
  page_td(html, session->address);
  html_close(html, "tr");
}

static void
show_sessions(WebCall *call, Html *html, const GPtrArray *sessions) {
  const char *title = html_word(html, "Where you are signed in", "Wo Sie angemeldet sind");
  html_element(html, "h2", title, NULL);
  page_table_open(html, title, NULL);
  page_th(call, html, html_word(html, "Last used", "Zuletzt benutzt"), NULL, false);
  page_th(call, html, html_word(html, "Signed in", "Angemeldet"), NULL, false);
  page_th(call, html, html_word(html, "From", "Von"), NULL, false);
  page_rows(html);
  for (guint i = 0; i < sessions->len; i++)
    show_session(call, html, g_ptr_array_index(sessions, i));
  page_table_close(html);
  page_form_open(call, html, "/account/sign-out", NULL);
  page_button(html, html_word(html, "Sign out everywhere", "Überall abmelden"), NULL, NULL,
              "danger");
  html_close(html, "form");
}

static void
show_notice(Html *html, const char *kind, const char *text) {
  page_notice_open(html, kind);
  html_element(html, "p", text, NULL);
  html_close(html, "div");
}

static bool
show_page(WebCall *call, const char *kind, const char *notice, GError **error) {
  g_autoptr(StoreAccount) account = NULL;
  g_autoptr(GPtrArray) sessions = access_sessions(call, error);
  if (sessions == NULL || !find_account(call, &account, error))
    return false;
  if (account == NULL)
    return web_refuse(call, WEB_REFUSED_NOT_FOUND, NULL);
  Html *html =
      page_begin(call, PAGE_ACCOUNT, web_say(call->language, "Your account", "Ihr Konto"), 0);
  if (notice != NULL)
    show_notice(html, kind, notice);
  show_facts(call, html);
  show_language(call, html, account);
  show_password(call, html);
  show_sessions(call, html, sessions);
  return page_end(call, html);
}

/* ── handlers ── */

static const char *
saved_text(const WebCall *call) {
  const char *saved = web_query(call, "saved");
  if (strcmp(saved, "password") == 0)
    return web_say(call->language,
                   "The new password holds. Wherever else you were signed in you are no longer.",
                   "Das neue Kennwort gilt. Überall sonst sind Sie jetzt abgemeldet.");
  if (strcmp(saved, "language") == 0)
    return web_say(call->language, "Saved.", "Gespeichert.");
  return NULL;
}

static bool
show(WebCall *call, GError **error) {
  return show_page(call, "good", saved_text(call), error);
}

static bool
set_language(StoreAccount *account, gpointer language) {
  access_account_set(&account->language, language);
  return true;
}

static bool
change_language(WebCall *call, GError **error) {
  const char *word = web_form(call, "language");
  WebLanguage language;
  bool found;
  if (*word != '\0' && !web_language_parse(word, &language))
    return web_refuse(call, WEB_REFUSED_BAD, NULL);
  if (!access_account_change(call->store, call->who->name, call->now, set_language, (gpointer)word,
                             &found, error))
    return false;
  if (!found)
    return web_refuse(call, WEB_REFUSED_NOT_FOUND, NULL);
  if (*word != '\0')
    cookie_set_language(call, word);
  else
    cookie_drop(call, COOKIE_LANGUAGE, COOKIE_PLAIN | COOKIE_FROM_LINKS);
  web_audit(call, "account-language", call->who->name, NULL);
  return web_redirect(call, "/account?saved=language");
}

static bool
refuse(WebCall *call, guint status, const char *notice, GError **error) {
  call->answer->status = status;
  return show_page(call, "error", notice, error);
}

static bool
refuse_for(WebCall *call, gint64 wait, GError **error) {
  autochar span = web_duration(call->language, wait);
  autochar notice = web_say_format(
      call->language, "The present password was wrong too often. Try again in %s.",
      "Das bisherige Kennwort war zu oft falsch. Versuchen Sie es in %s noch einmal.", span);
  autochar seconds = g_strdup_printf("%" G_GINT64_FORMAT, wait);
  web_answer_header(call->answer, "Retry-After", seconds);
  return refuse(call, 429, notice, error);
}

static bool
password_failed(WebCall *call, GError *why, GError **error) {
  if (g_error_matches(why, ACCESS_ERROR, ACCESS_ERROR_BUSY)) {
    g_error_free(why);
    return web_refuse(call, WEB_REFUSED_BUSY, NULL);
  }
  if (!g_error_matches(why, ACCESS_ERROR, ACCESS_ERROR_PASSWORD)) {
    g_propagate_error(error, why);
    return false;
  }
  g_error_free(why);
  autochar notice = web_say_format(call->language,
                                   "The new password must have at least %d characters, and at most "
                                   "%d bytes.",
                                   "Das neue Kennwort braucht mindestens %d Zeichen und höchstens "
                                   "%d Bytes.",
                                   ACCESS_MIN_PASSWORD, ACCESS_MAX_PASSWORD);
  return refuse(call, 400, notice, error);
}

static bool
change_password(WebCall *call, GError **error) {
  const char *wanted = web_form(call, "wanted");
  GError *why = NULL;
  bool ok;
  gint64 wait;
  if (strcmp(wanted, web_form(call, "repeated")) != 0)
    return refuse(call, 400,
                  web_say(call->language, "The new password was not the same both times.",
                          "Das neue Kennwort war nicht beide Male dasselbe."),
                  error);
  if (!access_change_password(call, web_form(call, "present"), wanted, &ok, &wait, &why))
    return password_failed(call, why, error);
  if (wait > 0)
    return refuse_for(call, wait, error);
  if (!ok)
    return refuse(call, 403,
                  web_say(call->language, "The present password is wrong.",
                          "Das bisherige Kennwort ist falsch."),
                  error);
  return web_redirect(call, "/account?saved=password");
}

static bool
sign_out(WebCall *call, GError **error) {
  return access_sign_out(call, true, error) && web_redirect(call, "/login");
}

const WebRoute web_account_routes[] = {
  { WEB_GET, "/account", ROLE_VIEWER, 0, show },
  { WEB_POST, "/account/language", ROLE_VIEWER, 0, change_language },
  { WEB_POST, "/account/password", ROLE_VIEWER, 0, change_password },
  { WEB_POST, "/account/sign-out", ROLE_VIEWER, 0, sign_out },
  { 0 },
};
