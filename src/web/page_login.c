/* Signing in and out, and the choice of language.
 *
 * The session's cookie is SameSite=Strict: who follows a link in a mail comes without it and is
 * sent here, though signed in. ACCESS_COOKIE_HERE tells; then this page leads to itself once, which
 * is a step within the site, and the cookie comes along.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/text.h"
#include "web/access.h"
#include "web/cookie.h"
#include "web/page.h"
#include "web/routes.h"

/* Longer targets lead to the overview: escaped, and escaped once more, they must fit in a header.
 */
#define MAX_TARGET 1024
/* What stays as it is in a target; all else is escaped. */
#define TARGET_CHARACTERS "/?&=%#+:;,@!$'()*"

/* ── where to ── */

/* Browsers drop tabs and newlines from an address and take '\' for '/': nothing of that may stand
 * in it, or it would lead to another site. */
static bool
is_local(const char *to) {
  if (to[0] != '/' || to[1] == '/' || strlen(to) > MAX_TARGET)
    return false;
  for (const char *c = to; *c != '\0'; c++)
    if ((guchar)*c < 0x20 || *c == 0x7f || *c == '\\')
      return false;
  return true;
}

/* A path of ours, "/" when `to` is none. Free with g_free(). */
static char *
local_path(const char *to) {
  return is_local(to) ? g_uri_escape_string(to, TARGET_CHARACTERS, FALSE) : g_strdup("/");
}

static bool
go_on(WebCall *call, const char *to) {
  autochar path = local_path(to);
  return web_redirect(call, path);
}

/* ── the form ── */

static void
show_field(Html *html, const char *type, const char *name, const char *label, const char *value,
           const char *autocomplete, bool first) {
  html_open(html, "p", "class", "field", NULL);
  html_element(html, "label", label, "for", name, NULL);
  html_open(html, "input", "type", type, "id", name, "name", name, "value", value, "autocomplete",
            autocomplete, "autocapitalize", "none", "spellcheck", "false", "required", html_yes,
            "autofocus", first ? html_yes : NULL, NULL);
  html_close(html, "p");
}

static void
show_notice(Html *html, const char *text) {
  page_notice_open(html, "error");
  html_element(html, "p", text, NULL);
  html_close(html, "div");
}

/* `name`: what was tried, "" at first. */
static bool
show_form(WebCall *call, const char *to, const char *name, const char *notice) {
  autochar token = access_form_token(call);
  autochar path = local_path(to);
  Html *html = page_begin(call, PAGE_NONE, web_say(call->language, "Sign in", "Anmelden"), 0);
  if (notice != NULL)
    show_notice(html, notice);
  html_open(html, "form", "method", "post", "action", "/login", "class", "sign-in", NULL);
  html_open(html, "input", "type", "hidden", "name", "csrf", "value", token, NULL);
  html_open(html, "input", "type", "hidden", "name", "to", "value", path, NULL);
  show_field(html, "text", "name", html_word(html, "Name", "Name"), name, "username",
             *name == '\0');
  show_field(html, "password", "password", html_word(html, "Password", "Kennwort"), NULL,
             "current-password", *name != '\0');
  page_button(html, html_word(html, "Sign in", "Anmelden"), NULL, NULL, "primary");
  html_close(html, "form");
  return page_end(call, html);
}

static bool
show_first_account(WebCall *call) {
  Html *html = page_begin(call, PAGE_NONE, web_say(call->language, "Sign in", "Anmelden"), 0);
  page_notice_open(html, "info");
  html_open(html, "p", NULL);
  html_say(html,
           "There is no account yet. Make the first one on the machine that this service runs on, "
           "then load this page again:",
           "Es gibt noch kein Konto. Legen Sie das erste auf dem Rechner an, auf dem dieser Dienst "
           "läuft, und laden Sie diese Seite dann neu:");
  html_close(html, "p");
  html_open(html, "pre", NULL);
  html_element(html, "code", "lehrgaenge user add NAME --role admin", NULL);
  html_close(html, "pre");
  html_close(html, "div");
  return page_end(call, html);
}

/* ── a link from elsewhere ── */

static bool
came_without_cookie(const WebCall *call) {
  return cookie_get(call->request, ACCESS_COOKIE) == NULL &&
         cookie_get(call->request, ACCESS_COOKIE_HERE) != NULL && *web_query(call, "again") == '\0';
}

static bool
show_step(WebCall *call, const char *to) {
  autochar path = local_path(to);
  autochar escaped = g_uri_escape_string(path, NULL, FALSE);
  autochar step = g_strconcat("/login?again=1&to=", escaped, NULL);
  autochar refresh = g_strconcat("0; url=", step, NULL);
  web_answer_header(call->answer, "Refresh", refresh);
  Html *html =
      page_begin(call, PAGE_NONE, web_say(call->language, "One moment", "Einen Moment"), 0);
  html_open(html, "p", NULL);
  html_say(html, "You came by a link from elsewhere.", "Sie kommen über einen Link von außerhalb.");
  html_text(html, " ");
  html_element(html, "a", html_word(html, "Continue", "Weiter"), "href", step, NULL);
  html_close(html, "p");
  return page_end(call, html);
}

/* ── handlers ── */

static bool
show(WebCall *call, GError **error) {
  const char *to = web_query(call, "to");
  if (call->who != NULL)
    return go_on(call, to);
  if (came_without_cookie(call))
    return show_step(call, to);
  if (cookie_get(call->request, ACCESS_COOKIE_HERE) != NULL)
    cookie_drop(call, ACCESS_COOKIE_HERE, COOKIE_FROM_LINKS);
  g_autoptr(GPtrArray) accounts = call->store->class->access->account_list(call->store, error);
  if (accounts == NULL)
    return false;
  return accounts->len == 0 ? show_first_account(call) : show_form(call, to, "", NULL);
}

static bool
refuse(WebCall *call, guint status, const char *notice) {
  call->answer->status = status;
  return show_form(call, web_form(call, "to"), web_form(call, "name"), notice);
}

static bool
refuse_for(WebCall *call, gint64 wait) {
  autochar span = web_duration(call->language, wait);
  autochar notice =
      web_say_format(call->language, "Too many sign-ins have failed. Try again in %s.",
                     "Zu viele Anmeldungen sind fehlgeschlagen. Versuchen Sie es in "
                     "%s noch einmal.",
                     span);
  autochar seconds = g_strdup_printf("%" G_GINT64_FORMAT, wait);
  web_answer_header(call->answer, "Retry-After", seconds);
  return refuse(call, 429, notice);
}

static bool
sign_in(WebCall *call, GError **error) {
  g_autoptr(GError) why = NULL;
  bool ok;
  gint64 wait;
  if (!access_form_holds(call))
    return refuse(call, 403,
                  web_say(call->language,
                          "This form was too old, or your browser keeps no cookies. Sign in once "
                          "more.",
                          "Dieses Formular war zu alt, oder Ihr Browser nimmt keine Cookies an. "
                          "Melden Sie sich noch einmal an."));
  if (!access_sign_in(call, web_form(call, "name"), web_form(call, "password"), &ok, &wait, &why)) {
    if (g_error_matches(why, ACCESS_ERROR, ACCESS_ERROR_BUSY))
      return web_refuse(call, WEB_REFUSED_BUSY, NULL);
    g_propagate_error(error, g_steal_pointer(&why));
    return false;
  }
  if (wait > 0)
    return refuse_for(call, wait);
  if (!ok)
    return refuse(
        call, 403,
        web_say(call->language, "Name or password is wrong.", "Name oder Kennwort ist falsch."));
  return go_on(call, web_form(call, "to"));
}

static bool
sign_out(WebCall *call, GError **error) {
  return access_sign_out(call, false, error) && web_redirect(call, "/login");
}

/* For who has signed in, too, this is the browser's choice and not the account's: that is made on
 * the account's own page. */
static bool
choose_language(WebCall *call, GError **error) {
  (void)error;
  WebLanguage language;
  if (!web_language_parse(web_query(call, "language"), &language))
    return web_refuse(call, WEB_REFUSED_BAD, NULL);
  cookie_set_language(call, web_language_word(language));
  return go_on(call, web_query(call, "to"));
}

const WebRoute web_login_routes[] = {
  { WEB_GET, "/login", ROLE_VIEWER, WEB_OPEN, show },
  { WEB_POST, "/login", ROLE_VIEWER, WEB_OPEN | WEB_ANONYMOUS_FORM, sign_in },
  { WEB_POST, "/logout", ROLE_VIEWER, 0, sign_out },
  { WEB_GET, "/language", ROLE_VIEWER, WEB_OPEN | WEB_STORELESS, choose_language },
  { 0 },
};
