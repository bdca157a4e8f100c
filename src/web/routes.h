/* All addresses there are. Each page and each part of the JSON interface brings its own table; docs
 * /openapi.json is held against those under /api/ by a test.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "web/call.h"

typedef enum {
  WEB_OPEN = 1 << 0,      /* for everybody, signed in or not */
  WEB_STORELESS = 1 << 1, /* answered without the store: also when it is away */
  WEB_ANONYMOUS_FORM =
      1 << 2, /* a POST that comes before signing in and looks after its own CSRF */
} WebRouteFlags;

struct WebRoute {
  WebMethod method;
  const char *pattern; /* "/runs/{id}/download/{file}"; NULL ends a table */
  StoreRole role;      /* at least; without WEB_OPEN */
  unsigned flags;      /* WebRouteFlags */
  /* Fills call->answer. False and `error` when something failed that is nobody's fault: the store
   * (503), anything else (500). What is wrong with the request is refused (web_refuse). */
  bool (*handle)(WebCall *call, GError **error);
};

/* One per file; each ends with an empty route. */
extern const WebRoute web_static_routes[], web_login_routes[], web_account_routes[],
    web_overview_routes[], web_import_routes[], web_preview_routes[], web_history_routes[],
    web_run_routes[], web_journal_routes[], web_tasks_routes[], web_configuration_routes[],
    web_audit_routes[], web_api_run_routes[], web_api_import_routes[], web_api_look_routes[];

/* The route of a path; its variable parts go into `args` (g_free() each). NULL: none; *other is
 * whether there is one for another method. */
const WebRoute *web_route_find(WebMethod method, const char *path, char *args[WEB_MAX_ARGS],
                               bool *other);

/* Each of them, for tests. */
void web_routes_each(void (*each)(const WebRoute *route, gpointer user_data), gpointer user_data);
