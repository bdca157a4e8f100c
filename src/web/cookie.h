/* Cookies as the pages set them: for this host alone, out of reach of scripts, and under TLS never
 * sent without it, which their names say ("__Host-") so that browsers hold everybody to it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "web/call.h"

typedef enum {
  COOKIE_FROM_LINKS = 1 << 0, /* sent when another site's link leads here, too (SameSite=Lax) */
  COOKIE_PLAIN = 1 << 1,      /* by the same name with and without TLS */
} CookieFlags;

/* The value of the cookie that cookie_set() set by this name, without COOKIE_PLAIN, over the same
 * kind of connection; NULL: none. */
const char *cookie_get(const WebRequest *request, const char *name);

/* `seconds` 0: until the browser is closed. The value is plain ASCII without blanks and ";". */
void cookie_set(WebCall *call, const char *name, const char *value, gint64 seconds,
                CookieFlags flags);
/* Takes it back. */
void cookie_drop(WebCall *call, const char *name, CookieFlags flags);

/* The language that was chosen: "de", "en". */
#define COOKIE_LANGUAGE "lehrgaenge_language"
void cookie_set_language(WebCall *call, const char *language);
