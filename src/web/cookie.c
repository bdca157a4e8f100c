/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/cookie.h"

#include <string.h>

#include "base/text.h"

#define PREFIX "__Host-"
#define LANGUAGE_S ((gint64)365 * 24 * 60 * 60)

static char *
full_name(const WebRequest *request, const char *name, CookieFlags flags) {
  bool prefixed = request->secure && (flags & COOKIE_PLAIN) == 0;
  return g_strconcat(prefixed ? PREFIX : "", name, NULL);
}

/* In exactly this case: browsers guard the prefix only as it is written. */
const char *
cookie_get(const WebRequest *request, const char *name) {
  autochar full = full_name(request, name, 0);
  for (guint i = 0; i < web_fields_count(request->cookies); i++)
    if (strcmp(web_fields_name(request->cookies, i), full) == 0)
      return web_fields_value(request->cookies, i);
  return NULL;
}

static void
set(WebCall *call, const char *name, const char *value, const char *life, CookieFlags flags) {
  autochar full = full_name(call->request, name, flags);
  autochar line = g_strdup_printf("%s=%s; Path=/; HttpOnly; SameSite=%s%s%s", full, value,
                                  (flags & COOKIE_FROM_LINKS) != 0 ? "Lax" : "Strict", life,
                                  call->request->secure ? "; Secure" : "");
  web_answer_header(call->answer, "Set-Cookie", line);
}

void
cookie_set(WebCall *call, const char *name, const char *value, gint64 seconds, CookieFlags flags) {
  autochar life =
      seconds == 0 ? g_strdup("") : g_strdup_printf("; Max-Age=%" G_GINT64_FORMAT, seconds);
  set(call, name, value, life, flags);
}

void
cookie_drop(WebCall *call, const char *name, CookieFlags flags) {
  set(call, name, "", "; Max-Age=0", flags);
}

void
cookie_set_language(WebCall *call, const char *language) {
  cookie_set(call, COOKIE_LANGUAGE, language, LANGUAGE_S, COOKIE_PLAIN | COOKIE_FROM_LINKS);
}
