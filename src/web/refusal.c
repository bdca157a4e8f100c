/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/refusal.h"

#include "web/html.h"

/* What the client may do, for 405: which of them depends on the address. */
#define METHODS "GET, HEAD, POST"

static const struct {
  guint status;
  const char *code, *english, *german;
} refusals[] = {
  { 400, "bad_request", "This request makes no sense.", "Diese Anfrage ergibt keinen Sinn." },
  { 405, "method", "Only GET, HEAD and POST are understood here.",
    "Hier werden nur GET, HEAD und POST verstanden." },
  { 413, "too_large", "This request is too large.", "Diese Anfrage ist zu groß." },
  { 415, "type", "Send a form, or JSON.", "Senden Sie ein Formular oder JSON." },
  { 431, "too_large", "The headers of this request are too large.",
    "Die Kopfzeilen dieser Anfrage sind zu groß." },
  { 421, "host", "This name is not one of this service's; add it to hosts in [web].",
    "Dieser Name gehört nicht zu diesem Dienst; er fehlt unter hosts in [web]." },
  { 503, "busy", "The service is busy. Try again in a moment.",
    "Der Dienst ist ausgelastet. Versuchen Sie es gleich noch einmal." },
};

static void
show(WebAnswer *answer, WebLanguage language, const char *text) {
  g_autofree char *title = g_strdup_printf("%u – Lehrgänge", answer->status);
  g_autoptr(Html) html = html_new(answer->body, language);
  html_doctype(html);
  html_open(html, "html", "lang", web_language_word(language), NULL);
  html_open(html, "head", NULL);
  html_open(html, "meta", "charset", "utf-8", NULL);
  html_element(html, "title", title, NULL);
  html_close(html, "head");
  html_open(html, "body", NULL);
  html_element(html, "p", text, NULL);
  html_close(html, "body");
  html_close(html, "html");
}

void
refusal_answer(WebAnswer *answer, guint status, const char *target, const char *accept) {
  WebLanguage language = web_language_accept(accept);
  guint i = 0;
  while (i < G_N_ELEMENTS(refusals) - 1 && refusals[i].status != status)
    i++;
  const char *text = web_say(language, refusals[i].english, refusals[i].german);
  if (g_str_has_prefix(target, "/api/")) {
    web_answer_json(
        answer, status,
        json_pack("{s:{s:s, s:s}}", "error", "code", refusals[i].code, "message", text));
  } else {
    web_answer_set(answer, status, WEB_HTML);
    show(answer, language, text);
  }
  if (status == 503)
    web_answer_header(answer, "Retry-After", "5");
  if (status == 405)
    web_answer_header(answer, "Allow", METHODS);
}
