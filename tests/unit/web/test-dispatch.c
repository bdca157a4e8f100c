/* Whoever asks, by whatever cookie or token: every address there is, on a real store.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "access_case.h"
#include "web/dispatch.h"
#include "web/routes.h"

typedef struct {
  WebCase *site;
  Browser *browser;
  guint count;
} Round;

/* "/runs/1/download/1" */
static char *
path_of(const WebRoute *route) {
  GString *path = g_string_new(NULL);
  for (const char *c = route->pattern; *c != '\0'; c++)
    if (*c == '{') {
      g_string_append_c(path, '1');
      c = strchr(c, '}');
    } else {
      g_string_append_c(path, *c);
    }
  return g_string_free(path, FALSE);
}

static bool
is_api(const WebRoute *route) {
  return g_str_has_prefix(route->pattern, "/api/");
}

static bool
is_closed(const WebRoute *route) {
  return (route->flags & WEB_OPEN) == 0;
}

static guint
ask_route(Browser *browser, const WebRoute *route, const char *form) {
  g_autofree char *path = path_of(route);
  return browser_ask(browser, path, route->method == WEB_POST ? form : NULL);
}

static void
set_cookie(Browser *browser, const char *name, const char *value) {
  g_hash_table_insert(browser->cookies, g_strdup(name), g_strdup(value));
}

/* ── nobody ── */

static void
nobody_at(const WebRoute *route, gpointer data) {
  Round *round = data;
  if (!is_closed(route))
    return;
  round->count++;
  guint status = ask_route(round->browser, route, "csrf=");
  if (is_api(route)) {
    g_assert_cmpuint(status, ==, 401);
    g_assert_cmpstr(web_case_header(round->site, "WWW-Authenticate"), ==, "Bearer");
    web_case_has(round->site, "{\"error\":{\"code\":\"sign_in\"");
  } else {
    g_assert_cmpuint(status, ==, 303);
    g_assert_true(g_str_has_prefix(web_case_header(round->site, "Location"), "/login"));
  }
}

static void
nobody(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) browser = browser_new(site);
  Round round = { site, browser, 0 };
  add_account(site, "anna", ROLE_ADMIN, NULL);
  web_routes_each(nobody_at, &round);
  g_assert_cmpuint(round.count, >, 4);
}

/* Sent back to where they wanted to go. */
static void
comes_back(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) browser = browser_new(site);
  browser_ask(browser, "/account?a=1&b=%C3%BC%26", NULL);
  g_assert_cmpstr(web_case_header(site, "Location"), ==,
                  "/login?to=%2Faccount%3Fa%3D1%26b%3D%25C3%25BC%2526");
  browser_ask(browser, "/logout", "x=1");
  g_assert_cmpstr(web_case_header(site, "Location"), ==, "/login");
  g_autofree char *filler = g_strnfill(4000, 'a');
  g_autofree char *too_long = g_strconcat("/account?a=", filler, NULL);
  browser_ask(browser, too_long, NULL);
  g_assert_cmpstr(web_case_header(site, "Location"), ==, "/login");
}

/* ── cookies that are none ── */

static void
forged_cookies(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) browser = browser_new(site), other = browser_new(site);
  add_account(site, "anna", ROLE_ADMIN, NULL);
  browser_sign_in(browser, "anna", PASSWORD, "");
  g_autofree char *good = g_strdup(browser_session(browser));
  g_autofree char *random = access_new_secret(), *shorter = g_strndup(good, 63);
  g_autofree char *longer = g_strconcat(good, "0", NULL), *upper = g_ascii_strup(good, -1);
  g_autofree char *huge = g_strnfill(100000, 'a'), *tampered = g_strdup(good);
  g_autofree char *twice = g_strconcat(good, "; ", good, NULL);
  tampered[63] = tampered[63] == '0' ? '1' : '0';
  const char *const bad[] = {
    random, shorter, longer, upper, huge, tampered, twice, "", "' OR 1=1 --", "ü", "../../etc",
  };
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
    if (strcmp(bad[i], good) == 0)
      continue;
    set_cookie(other, ACCESS_COOKIE, bad[i]);
    g_assert_cmpuint(browser_ask(other, "/account", NULL), ==, 303);
  }
  set_cookie(other, ACCESS_COOKIE, good);
  g_assert_cmpuint(browser_ask(other, "/account", NULL), ==, 200);
  /* One of another case is another cookie. */
  g_hash_table_remove_all(other->cookies);
  set_cookie(other, "LEHRGAENGE", good);
  g_assert_cmpuint(browser_ask(other, "/account", NULL), ==, 303);
  clock_advance(site->clock, (gint64)13 * 60 * 60 * G_USEC_PER_SEC);
  g_assert_cmpuint(browser_ask(browser, "/account", NULL), ==, 303);
}

/* ── roles ── */

static void
role_at(const WebRoute *route, gpointer data) {
  Round *round = data;
  if (!is_closed(route) || route->role == ROLE_VIEWER)
    return;
  round->count++;
  g_autofree char *path = path_of(route);
  guint status = route->method == WEB_POST ? browser_post(round->browser, path, "")
                                           : browser_ask(round->browser, path, NULL);
  g_assert_cmpuint(status, ==, 403);
  web_case_has(round->site, "Your account may not do that.");
}

static void
roles(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) viewer = browser_new(site), operator= browser_new(site);
  add_account(site, "viola", ROLE_VIEWER, NULL);
  add_account(site, "otto", ROLE_OPERATOR, NULL);
  browser_sign_in(viewer, "viola", PASSWORD, "");
  Round round = { site, viewer, 0 };
  web_routes_each(role_at, &round);
  g_assert_cmpuint(round.count, >, 0);
  browser_sign_in(operator, "otto", PASSWORD, "");
  g_assert_cmpuint(browser_ask(operator, "/audit", NULL), ==, 403);
  g_assert_cmpuint(browser_ask(operator, "/account", NULL), ==, 200);
}

/* ── CSRF ── */

typedef struct {
  Round round;
  char *others; /* of another session of the same account */
} Forgery;

static void
forge_at(const WebRoute *route, gpointer data) {
  Forgery *forgery = data;
  Round *round = &forgery->round;
  if (route->method != WEB_POST || (route->flags & WEB_ANONYMOUS_FORM) != 0)
    return;
  round->count++;
  g_autofree char *other = g_strconcat("csrf=", forgery->others, NULL);
  g_autofree char *hash = access_hash_secret(browser_session(round->browser));
  g_autofree char *stored = g_strconcat("csrf=", hash, NULL);
  const char *const forms[] = { "", "csrf=", "csrf=1", other, stored, "a=b" };
  for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
    g_assert_cmpuint(ask_route(round->browser, route, forms[i]), ==, 403);
    web_case_has(round->site, is_api(route) ? "\"csrf\"" : "This form is too old");
  }
  round->browser->csrf_header = forgery->others;
  g_assert_cmpuint(ask_route(round->browser, route, ""), ==, 403);
  round->browser->csrf_header = NULL;
}

static void
csrf(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) browser = browser_new(site), second = browser_new(site);
  add_account(site, "anna", ROLE_ADMIN, NULL);
  browser_sign_in(browser, "anna", PASSWORD, "");
  browser_sign_in(second, "anna", PASSWORD, "");
  Forgery forgery = { { site, browser, 0 }, access_csrf(browser_session(second)) };
  web_routes_each(forge_at, &forgery);
  g_assert_cmpuint(forgery.round.count, >, 3);
  g_free(forgery.others);
  /* Still signed in: no form did anything. */
  g_assert_cmpuint(browser_ask(browser, "/account", NULL), ==, 200);
  /* By the header, as scripts of a page send it. */
  g_autofree char *own = access_csrf(browser_session(browser));
  browser->csrf_header = own;
  g_assert_cmpuint(browser_ask(browser, "/account/language", "language=de"), ==, 303);
}

/* The form to sign in has a token of its own. */
static void
csrf_before(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) browser = browser_new(site), other = browser_new(site);
  add_account(site, "anna", ROLE_ADMIN, NULL);
  browser_ask(browser, "/login", NULL);
  browser_ask(other, "/login", NULL);
  const char *of_other = g_hash_table_lookup(other->cookies, ACCESS_COOKIE_FORM);
  g_autofree char *foreign = access_csrf(of_other);
  g_autofree char *forged =
      g_strconcat("name=anna&password=drei+alte+Feuerwehrautos&csrf=", foreign, NULL);
  g_assert_cmpuint(browser_ask(browser, "/login", forged), ==, 403);
  g_assert_cmpuint(browser_ask(browser, "/login", "name=anna&password=drei+alte+Feuerwehrautos"),
                   ==, 403);
  g_assert_null(browser_session(browser));
  g_hash_table_remove_all(other->cookies);
  g_assert_cmpuint(browser_ask(other, "/login", forged), ==, 403);
  g_assert_null(browser_session(other));
  /* The page that it is answered with works. */
  g_assert_nonnull(g_hash_table_lookup(other->cookies, ACCESS_COOKIE_FORM));
  g_assert_cmpuint(browser_sign_in(other, "anna", PASSWORD, ""), ==, 303);
}

/* ── tokens ── */

static void
token_at(const WebRoute *route, gpointer data) {
  Round *round = data;
  if (!is_closed(route) || is_api(route))
    return;
  round->count++;
  g_assert_cmpuint(ask_route(round->browser, route, ""), ==, 303);
  g_assert_true(g_str_has_prefix(web_case_header(round->site, "Location"), "/login"));
}

static void
tokens_open_no_pages(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) script = browser_new(site);
  g_autofree char *token = add_token(site, "nightly", ROLE_ADMIN, NULL, 0);
  g_autofree char *header = g_strconcat("Bearer ", token, NULL);
  Round round = { site, script, 0 };
  script->authorization = header;
  web_routes_each(token_at, &round);
  g_assert_cmpuint(round.count, >, 3);
}

/* ── who it is that a call is from ── */

static WebPrincipal *
identify(WebCase *site, const char *path, const char *authorization, const char *cookie) {
  g_autoptr(WebFields) none = web_fields_new(), headers = web_fields_new();
  g_autoptr(WebFields) cookies = web_fields_new();
  WebPrincipal *who = NULL;
  g_autoptr(GError) error = NULL;
  if (authorization != NULL)
    web_fields_add(headers, "Authorization", authorization);
  if (cookie != NULL)
    web_fields_add(cookies, ACCESS_COOKIE, cookie);
  const WebRequest request = { .path = path,
                               .query = none,
                               .form = none,
                               .cookies = cookies,
                               .headers = headers,
                               .body = "",
                               .host = "",
                               .address = "192.0.2.7" };
  const WebCall call = { .site = site->site,
                         .request = &request,
                         .config = site->config,
                         .store = site->store,
                         .now = clock_now(site->clock) };
  g_assert_true(access_identify(&call, &who, &error));
  g_assert_no_error(error);
  return who;
}

static bool
is_known(WebCase *site, const char *path, const char *authorization) {
  g_autoptr(WebPrincipal) who = identify(site, path, authorization, NULL);
  return who != NULL;
}

static void
tokens(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autofree char *token = add_token(site, "nightly", ROLE_OPERATOR, "FD,HP", WEB_CASE_NOW + 60);
  g_autofree char *header = g_strconcat("Bearer ", token, NULL);
  g_autofree char *lower = g_strconcat("bearer ", token, NULL);
  g_autoptr(WebPrincipal) who = identify(site, "/api/v1/runs", header, NULL);
  g_assert_nonnull(who);
  g_assert_cmpstr(who->name, ==, "token nightly");
  g_assert_cmpint(who->role, ==, ROLE_OPERATOR);
  g_assert_cmpint(who->account, ==, 0);
  g_assert_null(who->session);
  g_assert_null(who->csrf);
  g_assert_true(web_principal_sees(who, "HP"));
  g_assert_false(web_principal_sees(who, "GI"));
  g_assert_false(web_principal_may_start(who, NULL));
  g_assert_true(is_known(site, "/api/v1/runs", lower));
  g_assert_false(is_known(site, "/runs", header));
  g_assert_false(is_known(site, "/apix", header));
  g_autofree char *hash = access_hash_secret(token);
  g_autofree char *stored = g_strconcat("Bearer ", hash, NULL);
  g_autofree char *bare = g_strconcat("Bearer ", token + strlen(ACCESS_TOKEN_PREFIX), NULL);
  g_autofree char *cut = g_strndup(header, strlen(header) - 1);
  g_autofree char *more = g_strconcat(header, "0", NULL);
  g_autofree char *basic = g_strconcat("Basic ", token, NULL);
  const char *const bad[] = { stored, bare, cut, more, basic, token, "Bearer ", "Bearer", "" };
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
    g_assert_false(is_known(site, "/api/v1/runs", bad[i]));
  clock_advance(site->clock, 59 * G_USEC_PER_SEC);
  g_assert_true(is_known(site, "/api/v1/runs", header));
  clock_advance(site->clock, G_USEC_PER_SEC);
  g_assert_false(is_known(site, "/api/v1/runs", header));
}

static void
notes_use_of_tokens(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autofree char *token = add_token(site, "nightly", ROLE_VIEWER, NULL, 0);
  g_autofree char *header = g_strconcat("Bearer ", token, NULL);
  static const gint64 steps[] = { 0, 59, 1 }, noted[] = { 0, 0, 60 };
  for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
    clock_advance(site->clock, steps[i] * G_USEC_PER_SEC);
    g_assert_true(is_known(site, "/api/v1/runs", header));
    g_autoptr(GPtrArray) all = site->store->class->access->token_list(site->store, NULL);
    const StoreToken *first = g_ptr_array_index(all, 0);
    g_assert_cmpint(first->timeused, ==, WEB_CASE_NOW + noted[i]);
  }
  g_assert_true(site->store->class->access->token_remove(site->store, 1, NULL));
  g_assert_false(is_known(site, "/api/v1/runs", header));
}

/* With a token that is not good a cookie does not help: the script's mistake must show. */
static void
token_decides_alone(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) browser = browser_new(site);
  g_autofree char *token = access_new_token(), *header = g_strconcat("Bearer ", token, NULL);
  add_account(site, "anna", ROLE_ADMIN, NULL);
  browser_sign_in(browser, "anna", PASSWORD, "");
  const char *cookie = browser_session(browser);
  g_autoptr(WebPrincipal) by_cookie = identify(site, "/api/v1/runs", NULL, cookie);
  g_assert_cmpstr(by_cookie->name, ==, "anna");
  g_assert_null(identify(site, "/api/v1/runs", header, cookie));
  g_autoptr(WebPrincipal) on_page = identify(site, "/runs", header, cookie);
  g_assert_cmpstr(on_page->name, ==, "anna");
}

/* ── without a store, without a route ── */

static void
without_store(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) browser = browser_new(site);
  static const char *const targets[] = { "/", "/login", "/account" };
  for (guint i = 0; i < G_N_ELEMENTS(targets); i++) {
    g_auto(WebAnswer) answer;
    web_answer_init(&answer);
    bool other;
    char *args[WEB_MAX_ARGS] = { 0 };
    if (web_route_find(WEB_GET, targets[i], args, &other) == NULL)
      continue;
    g_assert_cmpuint(browser_ask_at(browser, NULL, &answer, targets[i], NULL), ==, 503);
    g_assert_cmpstr(web_fields_get(answer.headers, "Retry-After"), ==, "5");
  }
  g_auto(WebAnswer) style, language;
  web_answer_init(&style);
  web_answer_init(&language);
  g_assert_cmpuint(browser_ask_at(browser, NULL, &style, "/static/style.css", NULL), ==, 200);
  g_assert_cmpuint(
      browser_ask_at(browser, NULL, &language, "/language?language=de&to=%2Flogin", NULL), ==, 303);
}

static void
no_such_route(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) browser = browser_new(site);
  static const char *const none[] = {
    "/nothing", "/account/", "//account",          "/account/../account",
    "/api",     "/api/",     "/static/../store.db"
  };
  for (guint i = 0; i < G_N_ELEMENTS(none); i++)
    g_assert_cmpuint(browser_ask(browser, none[i], NULL), ==, 404);
  g_assert_cmpuint(browser_ask(browser, "/logout", NULL), ==, 405);
  g_assert_cmpuint(browser_ask(browser, "/account", "a=1"), ==, 405);
  browser_ask(browser, "/api/nothing", NULL);
  web_case_has(site, "{\"error\":");
}

#define ADD(name) g_test_add_func("/dispatch/" #name, name)

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_assert_true(access_init(NULL));
  ADD(nobody);
  ADD(comes_back);
  ADD(forged_cookies);
  ADD(roles);
  ADD(csrf);
  ADD(csrf_before);
  ADD(tokens_open_no_pages);
  ADD(tokens);
  ADD(notes_use_of_tokens);
  ADD(token_decides_alone);
  ADD(without_store);
  ADD(no_such_route);
  return g_test_run();
}
