/* docs/openapi.json says what the JSON interface is: each route of it stands there and nothing
 * else.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "web/routes.h"
#include "web_case.h"

#define API "/api/"

static json_t *
load(void) {
  json_error_t why;
  g_autofree char *path = g_build_filename(g_getenv("SOURCE_ROOT"), "docs", "openapi.json", NULL);
  json_t *document = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
  if (document == NULL)
    g_error("%s:%d: %s", path, why.line, why.text);
  return document;
}

static const char *
method_word(const WebRoute *route) {
  return route->method == WEB_POST ? "post" : "get";
}

/* ── routes and paths ── */

static void
route_is_described(const WebRoute *route, gpointer data) {
  const json_t *paths = json_object_get(data, "paths");
  if (!g_str_has_prefix(route->pattern, API))
    return;
  const json_t *operation =
      json_object_get(json_object_get(paths, route->pattern), method_word(route));
  if (operation == NULL)
    g_error("docs/openapi.json lacks %s %s", method_word(route), route->pattern);
  /* Whoever needs no token is said to need none. */
  bool open = json_array_size(json_object_get(operation, "security")) == 0 &&
              json_object_get(operation, "security") != NULL;
  g_assert_cmpint(open, ==, (route->flags & WEB_OPEN) != 0);
  const json_t *answers = json_object_get(operation, "responses");
  if ((route->flags & WEB_OPEN) == 0) {
    g_assert_nonnull(json_object_get(answers, "401"));
    g_assert_nonnull(json_object_get(answers, "503"));
  }
  g_assert_cmpint(json_object_get(answers, "403") != NULL, ==,
                  (route->flags & WEB_OPEN) == 0 && route->role > ROLE_VIEWER);
  g_assert_cmpint(json_object_get(answers, "404") != NULL, ==, strchr(route->pattern, '{') != NULL);
}

static void
describes_all_routes(void) {
  json_auto_t *document = load();
  web_routes_each(route_is_described, document);
}

typedef struct {
  const char *method, *pattern;
  bool found;
} Wanted;

static void
look_for(const WebRoute *route, gpointer data) {
  Wanted *wanted = data;
  if (strcmp(route->pattern, wanted->pattern) == 0 &&
      strcmp(method_word(route), wanted->method) == 0)
    wanted->found = true;
}

static void
describes_nothing_else(void) {
  json_auto_t *document = load();
  const char *path, *method;
  json_t *item, *operation;
  json_object_foreach(json_object_get(document, "paths"), path, item) {
    json_object_foreach(item, method, operation) {
      Wanted wanted = { method, path, false };
      web_routes_each(look_for, &wanted);
      if (!wanted.found)
        g_error("docs/openapi.json describes %s %s, which is no route", method, path);
    }
  }
}

/* ── references ── */

static void
follow(const json_t *document, const json_t *value) {
  const char *key;
  json_t *member;
  gsize i;
  json_array_foreach(value, i, member) follow(document, member);
  json_object_foreach((json_t *)value, key, member) {
    if (strcmp(key, "$ref") != 0) {
      follow(document, member);
      continue;
    }
    static const char schemas[] = "#/components/schemas/";
    const char *name = json_string_value(member);
    g_assert_true(g_str_has_prefix(name, schemas));
    const json_t *all = json_object_get(json_object_get(document, "components"), "schemas");
    if (json_object_get(all, name + strlen(schemas)) == NULL)
      g_error("docs/openapi.json refers to %s, which is not there", name);
  }
}

static void
refers_to_what_is_there(void) {
  json_auto_t *document = load();
  follow(document, document);
}

static void
is_served(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  json_auto_t *document = load();
  g_assert_cmpuint(web_case_get(test, NULL, "/api/v1/openapi.json"), ==, 200);
  json_auto_t *served = web_case_json(test);
  g_assert_true(json_equal(document, served));
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/openapi/describes-all-routes", describes_all_routes);
  g_test_add_func("/openapi/describes-nothing-else", describes_nothing_else);
  g_test_add_func("/openapi/refers-to-what-is-there", refers_to_what_is_there);
  g_test_add_func("/openapi/is-served", is_served);
  return g_test_run();
}
