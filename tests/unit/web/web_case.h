/* Pages without a server: a site over a store and a configuration of the test's own; what is asked
 * goes to the route's handler with whoever the test says has signed in.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <jansson.h>

#include "web/answer.h"
#include "web/principal.h"
#include "web/site.h"

typedef struct {
  char *folder; /* everything is in here, nothing stays */
  char *conf;   /* its configuration file */
  Config *config;
  Store *store;
  Clock *clock; /* a manual one, at WEB_CASE_NOW */
  WebSite *site;
  gint64 next_run;  /* what the service would say */
  guint woken;      /* how often it was told of a new task */
  WebAnswer answer; /* of the last request */
} WebCase;

/* Tuesday, 2026-03-10 14:05:09 in Berlin. */
#define WEB_CASE_NOW ((gint64)1773147909)

/* Tenants FD, HP, GI (with apikeys) and OF (without), an embedded Moodle (not made), the store
 * empty; `more` (may be NULL) is added to the configuration. */
WebCase *web_case_new(const char *more);
void web_case_free(WebCase *test);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WebCase, web_case_free)

/* Somebody of that role, bound to `tenants` ("FD,HP"; NULL: all); owned by the caller. */
WebPrincipal *web_case_who(StoreRole role, const char *tenants);

/* GET of `target` ("/runs?status=partial") as `who`, in English unless the target's query has
 * language=de; the status. The body is test->answer.body. Fails the test when there is no such
 * route. A role that may not have it gives 403 as by dispatch. */
guint web_case_get(WebCase *test, const WebPrincipal *who, const char *target);

/* POST of a form, with the principal's CSRF token. */
guint web_case_post(WebCase *test, const WebPrincipal *who, const char *target, const char *form);

/* The same of a body that is JSON. */
guint web_case_post_json(WebCase *test, const WebPrincipal *who, const char *target,
                         const char *json);

/* The last answer: a header, NULL when it has none; its body as JSON, freed by the caller. */
const char *web_case_header(const WebCase *test, const char *name);
json_t *web_case_json(const WebCase *test);

/* Fails the test, showing the body, unless it has (has not) `part`. */
void web_case_has(const WebCase *test, const char *part);
void web_case_has_not(const WebCase *test, const char *part);
