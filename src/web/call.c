/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/call.h"

#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "web/page.h"

static const struct {
  guint status;
  const char *code, *english, *german;
} refusals[WEB_REFUSALS] = {
  [WEB_REFUSED_BAD] = { 400, "bad_request", "This request makes no sense.",
                        "Diese Anfrage ergibt keinen Sinn." },
  [WEB_REFUSED_SIGN_IN] = { 401, "sign_in", "Sign in first.", "Melden Sie sich zuerst an." },
  [WEB_REFUSED_ROLE] = { 403, "role", "Your account may not do that.",
                         "Ihr Konto darf das nicht." },
  [WEB_REFUSED_CSRF] = { 403, "csrf",
                         "This form is too old, or from another page. Go back, load the page again "
                         "and send it once more.",
                         "Dieses Formular ist zu alt oder stammt von einer anderen Seite. Gehen "
                         "Sie "
                         "zurück, laden Sie die Seite neu und senden Sie es noch einmal." },
  [WEB_REFUSED_NOT_FOUND] = { 404, "not_found", "There is no such page, or it is not for you.",
                              "Diese Seite gibt es nicht, oder sie ist nicht für Sie." },
  [WEB_REFUSED_METHOD] = { 405, "method", "That cannot be done at this address.",
                           "Das geht unter dieser Adresse nicht." },
  [WEB_REFUSED_STATE] = { 409, "state", "That is not possible now.", "Das geht jetzt nicht." },
  [WEB_REFUSED_TOO_LARGE] = { 413, "too_large", "This request is too large.",
                              "Diese Anfrage ist zu groß." },
  [WEB_REFUSED_TYPE] = { 415, "type", "Send a form, or JSON.",
                         "Senden Sie ein Formular oder JSON." },
  [WEB_REFUSED_HOST] = { 421, "host",
                         "This name is not one of this service's; add it to hosts in [web].",
                         "Dieser Name gehört nicht zu diesem Dienst; er fehlt unter hosts in "
                         "[web]." },
  [WEB_REFUSED_TOO_MANY] = { 429, "too_many", "Too many attempts. Wait a little.",
                             "Zu viele Versuche. Warten Sie ein wenig." },
  [WEB_REFUSED_BROKEN] = { 500, "failed", "This did not work; the log of the service says why.",
                           "Das hat nicht funktioniert; das Protokoll des Dienstes sagt, warum." },
  [WEB_REFUSED_BUSY] = { 503, "busy", "The service is busy. Try again in a moment.",
                         "Der Dienst ist ausgelastet. Versuchen Sie es gleich noch einmal." },
  [WEB_REFUSED_STORE] = { 503, "store",
                          "The service cannot get at its database just now. Try again in a moment.",
                          "Der Dienst erreicht seine Datenbank gerade nicht. Versuchen Sie es "
                          "gleich "
                          "noch einmal." },
};

/* What stands above a refusal's words on a page. */
static const struct {
  const char *english, *german;
} titles[WEB_REFUSALS] = {
  [WEB_REFUSED_BAD] = { "Bad request", "Ungültige Anfrage" },
  [WEB_REFUSED_SIGN_IN] = { "Sign in", "Anmelden" },
  [WEB_REFUSED_ROLE] = { "Not allowed", "Nicht erlaubt" },
  [WEB_REFUSED_CSRF] = { "Form out of date", "Formular abgelaufen" },
  [WEB_REFUSED_NOT_FOUND] = { "Not found", "Nicht gefunden" },
  [WEB_REFUSED_METHOD] = { "Not possible", "Nicht möglich" },
  [WEB_REFUSED_STATE] = { "Not possible now", "Jetzt nicht möglich" },
  [WEB_REFUSED_TOO_LARGE] = { "Too large", "Zu groß" },
  [WEB_REFUSED_TYPE] = { "Bad request", "Ungültige Anfrage" },
  [WEB_REFUSED_HOST] = { "Unknown name", "Unbekannter Name" },
  [WEB_REFUSED_TOO_MANY] = { "Too many attempts", "Zu viele Versuche" },
  [WEB_REFUSED_BROKEN] = { "That did not work", "Das hat nicht geklappt" },
  [WEB_REFUSED_BUSY] = { "Busy", "Ausgelastet" },
  [WEB_REFUSED_STORE] = { "Database not reachable", "Datenbank nicht erreichbar" },
};

static bool
is_api(const WebCall *call) {
  return g_str_has_prefix(call->request->path, "/api/");
}

static void
refuse_page(WebCall *call, WebRefusal why, const char *text) {
  const char *title = web_say(call->language, titles[why].english, titles[why].german);
  Html *html = page_begin(call, PAGE_NONE, title, 0);
  html_element(html, "p", text, NULL);
  html_open(html, "p", NULL);
  html_open(html, "a", "href", "/", NULL);
  html_say(html, "To the overview", "Zur Übersicht");
  html_close(html, "a");
  html_close(html, "p");
  page_end(call, html);
}

bool
web_refuse(WebCall *call, WebRefusal why, const char *detail) {
  const char *text = detail != NULL
                         ? detail
                         : web_say(call->language, refusals[why].english, refusals[why].german);
  guint status = refusals[why].status;
  if (is_api(call)) {
    web_answer_json(
        call->answer, status,
        json_pack("{s:{s:s, s:s}}", "error", "code", refusals[why].code, "message", text));
  } else {
    web_answer_set(call->answer, status, WEB_HTML);
    refuse_page(call, why, text);
  }
  if (status == 503 || status == 429)
    web_answer_header(call->answer, "Retry-After", "5");
  return true;
}

bool
web_redirect(WebCall *call, const char *path) {
  g_assert(path[0] == '/' && path[1] != '/');
  web_answer_set(call->answer, 303, WEB_TEXT);
  web_answer_header(call->answer, "Location", path);
  return true;
}

bool
web_parse_id(const char *text, gint64 *id) {
  gsize length = text == NULL ? 0 : strlen(text);
  if (length == 0 || length > 18 || strspn(text, "0123456789") != length)
    return false;
  *id = g_ascii_strtoll(text, NULL, 10);
  return *id > 0;
}

const char *
web_query(const WebCall *call, const char *name) {
  const char *value = web_fields_get(call->request->query, name);
  return value != NULL ? value : "";
}

const char *
web_form(const WebCall *call, const char *name) {
  const char *value = web_fields_get(call->request->form, name);
  return value != NULL ? value : "";
}

void
web_audit(const WebCall *call, const char *action, const char *subject, const char *outcome) {
  const StoreAuditRow row = {
    .time = call->now,
    .actor = call->who != NULL ? call->who->name : "",
    .address = call->request->address,
    .action = action,
    .subject = subject != NULL ? subject : "",
    .outcome = outcome != NULL ? outcome : "ok",
  };
  g_autoptr(GError) error = NULL;
  if (call->store == NULL || !call->store->class->access->audit_add(call->store, &row, &error))
    log_error(NULL, "the audit log misses that %s from %s did %s %s (%s): %s", row.actor,
              row.address, row.action, row.subject, row.outcome,
              error != NULL ? error->message : "no store");
}
