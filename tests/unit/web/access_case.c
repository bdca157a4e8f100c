/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "access_case.h"

#include <string.h>

#include "web/dispatch.h"

Browser *
browser_new(WebCase *site) {
  Browser *browser = g_new0(Browser, 1);
  browser->site = site;
  browser->cookies = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  browser->address = "192.0.2.7";
  return browser;
}

void
browser_free(Browser *browser) {
  if (browser == NULL)
    return;
  g_hash_table_unref(browser->cookies);
  g_free(browser);
}

/* "name=value; …; Max-Age=0" */
static void
keep_cookie(Browser *browser, const char *line) {
  const char *equals = strchr(line, '='), *end = strchr(line, ';');
  g_assert_true(equals != NULL && end != NULL && equals < end);
  g_assert_nonnull(strstr(end, "; HttpOnly"));
  g_assert_nonnull(strstr(end, "; Path=/"));
  g_assert_nonnull(strstr(end, "; SameSite="));
  g_assert_true((strstr(end, "; Secure") != NULL) == browser->secure);
  g_autofree char *name = g_strndup(line, (gsize)(equals - line));
  if (strstr(end, "; Max-Age=0") != NULL)
    g_hash_table_remove(browser->cookies, name);
  else
    g_hash_table_insert(browser->cookies, g_steal_pointer(&name),
                        g_strndup(equals + 1, (gsize)(end - equals - 1)));
}

static void
keep_cookies(Browser *browser, const WebAnswer *answer) {
  g_autofree const char **lines = web_fields_all(answer->headers, "Set-Cookie");
  for (guint i = 0; lines[i] != NULL; i++)
    keep_cookie(browser, lines[i]);
}

static WebFields *
headers_of(const Browser *browser) {
  WebFields *headers = web_fields_new();
  web_fields_add(headers, "Accept-Language", "en");
  if (browser->authorization != NULL)
    web_fields_add(headers, "authorization", browser->authorization);
  if (browser->csrf_header != NULL)
    web_fields_add(headers, "X-CSRF-Token", browser->csrf_header);
  if (browser->by_itself)
    web_fields_add(headers, "X-Refresh", "1");
  return headers;
}

guint
browser_ask_at(Browser *browser, Store *store, WebAnswer *answer, const char *target,
               const char *form) {
  const char *mark = strchr(target, '?');
  g_autofree char *path =
      mark != NULL ? g_strndup(target, (gsize)(mark - target)) : g_strdup(target);
  g_autoptr(WebFields) query = web_fields_new(), fields = web_fields_new();
  g_autoptr(WebFields) cookies = web_fields_new(), headers = headers_of(browser);
  GHashTableIter iter;
  gpointer name, value;
  g_hash_table_iter_init(&iter, browser->cookies);
  while (g_hash_table_iter_next(&iter, &name, &value))
    g_assert_true(web_fields_add(cookies, name, value));
  g_assert_true(mark == NULL || web_fields_parse(query, mark + 1, strlen(mark + 1)));
  g_assert_true(form == NULL || web_fields_parse(fields, form, strlen(form)));
  const WebRequest request = {
    .method = form != NULL ? WEB_POST : WEB_GET,
    .path = path,
    .query = query,
    .form = fields,
    .cookies = cookies,
    .headers = headers,
    .body = "",
    .host = "127.0.0.1:8480",
    .address = browser->address,
    .secure = browser->secure,
  };
  web_dispatch(browser->site->site, &request, store, answer);
  keep_cookies(browser, answer);
  return answer->status;
}

guint
browser_ask(Browser *browser, const char *target, const char *form) {
  WebAnswer *answer = &browser->site->answer;
  web_answer_clear(answer);
  web_answer_init(answer);
  return browser_ask_at(browser, browser->site->store, answer, target, form);
}

const char *
browser_session(const Browser *browser) {
  return g_hash_table_lookup(browser->cookies,
                             browser->secure ? ACCESS_COOKIE_SECURE : ACCESS_COOKIE);
}

guint
browser_post(Browser *browser, const char *target, const char *form) {
  const char *secret = browser_session(browser);
  g_autofree char *csrf = secret != NULL ? access_csrf(secret) : NULL;
  g_autofree char *whole = g_strdup_printf("%s&csrf=%s", form, csrf != NULL ? csrf : "");
  return browser_ask(browser, target, whole);
}

/* The value of the form's hidden field. */
static char *
csrf_in(const char *page) {
  static const char before[] = "name=\"csrf\" value=\"";
  const char *at = strstr(page, before);
  if (at == NULL)
    g_error("no form in\n%s", page);
  at += sizeof before - 1;
  return g_strndup(at, strcspn(at, "\""));
}

guint
browser_sign_in(Browser *browser, const char *name, const char *password, const char *to) {
  WebAnswer answer;
  web_answer_init(&answer);
  g_autofree char *form = NULL;
  g_autoptr(Browser) blank = browser_new(browser->site);
  const char *mine = browser->secure ? "__Host-" ACCESS_COOKIE_FORM : ACCESS_COOKIE_FORM;
  blank->secure = browser->secure;
  g_assert_cmpuint(browser_ask_at(blank, browser->site->store, &answer, "/login", NULL), ==, 200);
  g_autofree char *csrf = csrf_in(answer.body->str);
  g_hash_table_insert(browser->cookies, g_strdup(mine),
                      g_strdup(g_hash_table_lookup(blank->cookies, mine)));
  g_autofree char *escaped = g_uri_escape_string(password, NULL, FALSE);
  g_autofree char *who = g_uri_escape_string(name, NULL, FALSE);
  g_autofree char *where = g_uri_escape_string(to, NULL, FALSE);
  form = g_strdup_printf("csrf=%s&to=%s&name=%s&password=%s", csrf, where, who, escaped);
  web_answer_clear(&answer);
  return browser_ask(browser, "/login", form);
}

/* ── who there is ── */

/* Made once: a hash takes its time. */
static const char *
hash_of_password(void) {
  static char *hash;
  g_autoptr(GError) error = NULL;
  if (g_once_init_enter(&hash)) {
    g_assert_true(access_init(NULL));
    char *made = access_hash_password(PASSWORD, &error);
    g_assert_no_error(error);
    g_once_init_leave(&hash, made);
  }
  return hash;
}

void
add_account(WebCase *site, const char *name, StoreRole role, const char *tenants) {
  StoreAccount account = { .name = (char *)name,
                           .password = (char *)hash_of_password(),
                           .role = role,
                           .tenants = (char *)tenants };
  g_autoptr(GError) error = NULL;
  site->store->class->access->account_add(site->store, &account, WEB_CASE_NOW, &error);
  g_assert_no_error(error);
}

char *
add_token(WebCase *site, const char *name, StoreRole role, const char *tenants, gint64 expires) {
  g_autofree char *text = access_new_token(), *hash = access_hash_secret(text);
  StoreToken token = { .name = (char *)name,
                       .hash = hash,
                       .role = role,
                       .tenants = (char *)tenants,
                       .timeexpires = expires };
  g_autoptr(GError) error = NULL;
  site->store->class->access->token_add(site->store, &token, WEB_CASE_NOW, &error);
  g_assert_no_error(error);
  return g_steal_pointer(&text);
}

/* ── the audit log ── */

static void
take_line(const StoreAuditRow *row, gpointer user_data) {
  char **line = user_data;
  g_free(*line);
  *line = g_strdup_printf("%s|%s|%s|%s", row->actor, row->action, row->subject, row->outcome);
}

void
assert_audited(WebCase *site, const char *actor, const char *action, const char *subject,
               const char *outcome) {
  g_autofree char *line = NULL;
  g_autofree char *wanted = g_strdup_printf("%s|%s|%s|%s", actor, action, subject, outcome);
  g_assert_true(site->store->class->access->audit_read(site->store, 0, 1, take_line, &line, NULL));
  g_assert_cmpstr(line, ==, wanted);
}

void
advance(WebCase *site, gint64 seconds) {
  clock_advance(site->clock, seconds * G_USEC_PER_SEC);
}

guint
try_wrong(Browser *browser, const char *name) {
  return browser_sign_in(browser, name, "not the password", "");
}

bool
is_in(Browser *browser) {
  return browser_ask(browser, "/account", NULL) == 200;
}
