/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/routes.h"

#include <string.h>

static const WebRoute *const tables[] = {
  web_static_routes,  web_login_routes,      web_account_routes,       web_overview_routes,
  web_import_routes,  web_preview_routes,    web_history_routes,       web_run_routes,
  web_journal_routes, web_tasks_routes,      web_configuration_routes, web_audit_routes,
  web_api_run_routes, web_api_import_routes, web_api_look_routes,
};

static gsize
segment_length(const char *text) {
  return strcspn(text, "/");
}

static bool
same_segment(const char *pattern, gsize pattern_length, const char *path, gsize length) {
  return pattern_length == length && strncmp(pattern, path, length) == 0;
}

/* Segment by segment; what stands for {…} is not empty. */
static bool
fits(const char *pattern, const char *path, const char **from, gsize *lengths, guint *count) {
  *count = 0;
  while (*pattern == '/' && *path == '/') {
    pattern++;
    path++;
    gsize wanted = segment_length(pattern), length = segment_length(path);
    if (*pattern == '{') {
      if (length == 0 || *count == WEB_MAX_ARGS)
        return false;
      from[*count] = path;
      lengths[(*count)++] = length;
    } else if (!same_segment(pattern, wanted, path, length)) {
      return false;
    }
    pattern += wanted;
    path += length;
  }
  return *pattern == '\0' && *path == '\0';
}

const WebRoute *
web_route_find(WebMethod method, const char *path, char *args[WEB_MAX_ARGS], bool *other) {
  const char *from[WEB_MAX_ARGS];
  gsize lengths[WEB_MAX_ARGS];
  guint count;
  *other = false;
  for (guint i = 0; i < G_N_ELEMENTS(tables); i++)
    for (const WebRoute *route = tables[i]; route->pattern != NULL; route++) {
      if (!fits(route->pattern, path, from, lengths, &count))
        continue;
      if (route->method != method) {
        *other = true;
        continue;
      }
      for (guint j = 0; j < count; j++)
        args[j] = g_strndup(from[j], lengths[j]);
      return route;
    }
  return NULL;
}

void
web_routes_each(void (*each)(const WebRoute *route, gpointer user_data), gpointer user_data) {
  for (guint i = 0; i < G_N_ELEMENTS(tables); i++)
    for (const WebRoute *route = tables[i]; route->pattern != NULL; route++)
      each(route, user_data);
}
