/* One request on its way to its answer: what every handler is given, and how it refuses.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "web/answer.h"
#include "web/language.h"
#include "web/principal.h"
#include "web/request.h"
#include "web/site.h"

/* Variable parts of a path. */
#define WEB_MAX_ARGS 2

typedef struct WebRoute WebRoute;

typedef struct {
  const WebSite *site;
  const WebRequest *request;
  const WebRoute *route;    /* NULL: none fits */
  char *args[WEB_MAX_ARGS]; /* what stands for {…} in the route's pattern, decoded */
  const Config *config;     /* the one in force, for the whole call */
  Store *store;            /* of the thread; NULL when the route needs none, or the store is away */
  const WebPrincipal *who; /* NULL: nobody has signed in */
  WebLanguage language;
  gint64 now;
  WebAnswer *answer; /* out */
} WebCall;

/* Why a call is refused; each has its status and its words in both languages. */
typedef enum {
  WEB_REFUSED_BAD,       /* 400: it makes no sense */
  WEB_REFUSED_SIGN_IN,   /* 401 for scripts; people are sent to the sign-in page */
  WEB_REFUSED_ROLE,      /* 403: their role may not */
  WEB_REFUSED_CSRF,      /* 403: the form is not from a page of theirs */
  WEB_REFUSED_NOT_FOUND, /* 404: also what is another tenant's */
  WEB_REFUSED_METHOD,    /* 405 */
  WEB_REFUSED_STATE,     /* 409: not in the state it is in */
  WEB_REFUSED_TOO_LARGE, /* 413 */
  WEB_REFUSED_TYPE,      /* 415: neither a form nor JSON */
  WEB_REFUSED_HOST,      /* 421: for another host */
  WEB_REFUSED_TOO_MANY,  /* 429: sign-ins that fail */
  WEB_REFUSED_BROKEN,    /* 500 */
  WEB_REFUSED_BUSY,      /* 503: as much as it can take */
  WEB_REFUSED_STORE,     /* 503: the store is away */
  WEB_REFUSALS,
} WebRefusal;

/* Makes the answer a refusal, as a page or, for routes under /api/, as JSON {"error":{"code",
 * "message"}}. `detail` (NULL: the refusal's own words) is a sentence in the call's language.
 * Always true, so that a handler can return it. */
bool web_refuse(WebCall *call, WebRefusal why, const char *detail);

/* Sends the browser to `path` of ours by a GET (303). Always true. */
bool web_redirect(WebCall *call, const char *path);

/* A whole decimal number from 1 up. False: `text` is none. */
bool web_parse_id(const char *text, gint64 *id);

/* The value of a query field, "" when there is none. */
const char *web_query(const WebCall *call, const char *name);
const char *web_form(const WebCall *call, const char *name);

/* Writes one line in the audit log: who asked did `action` to `subject`, with `outcome` ("ok" when
 * NULL). A failure is logged. */
void web_audit(const WebCall *call, const char *action, const char *subject, const char *outcome);
