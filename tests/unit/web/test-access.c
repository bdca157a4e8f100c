/* Sign-ins and sessions: who comes in, and how long.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "access_case.h"

/* ── signing in ── */

static void
signs_in_and_out(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) browser = browser_new(site), thief = browser_new(site);
  add_account(site, "anna", ROLE_OPERATOR, "FD");
  g_assert_false(is_in(browser));
  g_assert_cmpuint(browser_sign_in(browser, "Anna ", PASSWORD, "/runs?year=2026"), ==, 303);
  g_assert_cmpstr(web_case_header(site, "Location"), ==, "/runs?year=2026");
  assert_audited(site, "anna", "sign-in", "anna", "ok");
  g_assert_true(is_in(browser));
  web_case_has(site, "<dd>FD</dd>");
  web_case_has(site, "192.0.2.7");
  g_hash_table_insert(thief->cookies, g_strdup(ACCESS_COOKIE), g_strdup(browser_session(browser)));
  g_assert_true(is_in(thief));
  g_assert_cmpuint(browser_post(browser, "/logout", ""), ==, 303);
  assert_audited(site, "anna", "sign-out", "anna", "ok");
  g_assert_null(browser_session(browser));
  g_assert_false(is_in(browser));
  g_assert_false(is_in(thief));
}

/* What lies in the store opens nothing. */
static void
keeps_no_secret(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) browser = browser_new(site), thief = browser_new(site);
  add_account(site, "anna", ROLE_ADMIN, NULL);
  browser_sign_in(browser, "anna", PASSWORD, "");
  const char *secret = browser_session(browser);
  g_autofree char *hash = access_hash_secret(secret);
  g_autoptr(StoreSession) session = NULL;
  g_autoptr(StoreAccount) account = NULL;
  g_assert_true(
      site->store->class->access->session_find(site->store, hash, &session, &account, NULL));
  g_assert_nonnull(session);
  g_hash_table_insert(thief->cookies, g_strdup(ACCESS_COOKIE), g_strdup(hash));
  g_assert_false(is_in(thief));
}

static void
same_words(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) browser = browser_new(site);
  add_account(site, "anna", ROLE_ADMIN, NULL);
  static const char *const wrong[] = { "anna", "berta", "", "no such\tname", "änna" };
  for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
    g_assert_cmpuint(try_wrong(browser, wrong[i]), ==, 403);
    web_case_has(site, "Name or password is wrong.");
    g_assert_null(browser_session(browser));
  }
  assert_audited(site, "", "sign-in", "änna", "refused");
  g_autofree char *huge = g_strnfill(5000, 'x'), *cut = g_strnfill(ACCESS_MAX_NAME, 'x');
  g_assert_cmpuint(try_wrong(browser, huge), ==, 403);
  assert_audited(site, "", "sign-in", cut, "refused");
}

/* Nobody can choose the secret for somebody else. */
static void
no_fixation(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) browser = browser_new(site);
  g_autofree char *planted = access_new_secret();
  add_account(site, "anna", ROLE_ADMIN, NULL);
  g_hash_table_insert(browser->cookies, g_strdup(ACCESS_COOKIE), g_strdup(planted));
  browser_sign_in(browser, "anna", PASSWORD, "");
  g_autofree char *first = g_strdup(browser_session(browser));
  g_assert_cmpstr(first, !=, planted);
  browser_sign_in(browser, "anna", PASSWORD, "");
  g_assert_cmpstr(browser_session(browser), !=, first);
  g_assert_true(is_in(browser));
  g_hash_table_insert(browser->cookies, g_strdup(ACCESS_COOKIE), g_strdup(first));
  g_assert_false(is_in(browser));
}

static void
under_tls(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) browser = browser_new(site);
  add_account(site, "anna", ROLE_ADMIN, NULL);
  browser->secure = true;
  g_assert_cmpuint(browser_sign_in(browser, "anna", PASSWORD, ""), ==, 303);
  g_assert_null(g_hash_table_lookup(browser->cookies, ACCESS_COOKIE));
  g_assert_true(is_in(browser));
  /* A neighbouring host may set cookies by other names. */
  static const char *const others[] = { ACCESS_COOKIE, "__host-lehrgaenge" };
  g_autofree char *secret = g_strdup(browser_session(browser));
  for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
    g_hash_table_remove_all(browser->cookies);
    g_hash_table_insert(browser->cookies, g_strdup(others[i]), g_strdup(secret));
    g_assert_false(is_in(browser));
  }
}

static void
strict_cookie(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) browser = browser_new(site);
  add_account(site, "anna", ROLE_ADMIN, NULL);
  browser_sign_in(browser, "anna", PASSWORD, "");
  g_autofree const char **lines = web_fields_all(site->answer.headers, "Set-Cookie");
  g_autofree char *wanted = g_strdup_printf("%s=%s; Path=/; HttpOnly; SameSite=Strict",
                                            ACCESS_COOKIE, browser_session(browser));
  g_assert_true(g_strv_contains(lines, wanted));
}

/* ── how long ── */

static void
ends_when_idle(void) {
  g_autoptr(WebCase) site = web_case_new("[web]\nsession-idle=10\nsession-hours=1\n");
  g_autoptr(Browser) browser = browser_new(site);
  add_account(site, "anna", ROLE_ADMIN, NULL);
  browser_sign_in(browser, "anna", PASSWORD, "");
  for (guint i = 0; i < 5; i++) {
    advance(site, 10 * MINUTE);
    g_assert_true(is_in(browser));
  }
  advance(site, 10 * MINUTE + 1);
  g_assert_false(is_in(browser));
}

/* An open page that looks after itself is nobody at the desk. */
static void
ends_when_left_open(void) {
  g_autoptr(WebCase) site = web_case_new("[web]\nsession-idle=10\nsession-hours=1\n");
  g_autoptr(Browser) browser = browser_new(site);
  add_account(site, "anna", ROLE_ADMIN, NULL);
  browser_sign_in(browser, "anna", PASSWORD, "");
  browser->by_itself = true;
  for (guint i = 0; i < 2; i++) {
    advance(site, 5 * MINUTE);
    g_assert_true(is_in(browser));
  }
  advance(site, 1);
  g_assert_false(is_in(browser));
}

static void
ends_at_last(void) {
  g_autoptr(WebCase) site = web_case_new("[web]\nsession-idle=10\nsession-hours=1\n");
  g_autoptr(Browser) browser = browser_new(site);
  add_account(site, "anna", ROLE_ADMIN, NULL);
  browser_sign_in(browser, "anna", PASSWORD, "");
  for (guint i = 0; i < 12; i++) {
    advance(site, 5 * MINUTE);
    g_assert_true(is_in(browser));
  }
  advance(site, 1);
  g_assert_false(is_in(browser));
}

static gint64
used(const WebCase *site, const Browser *browser) {
  g_autofree char *hash = access_hash_secret(browser_session(browser));
  g_autoptr(StoreSession) session = NULL;
  g_autoptr(StoreAccount) account = NULL;
  g_assert_true(
      site->store->class->access->session_find(site->store, hash, &session, &account, NULL));
  return session->timeused;
}

static void
writes_seldom(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) browser = browser_new(site);
  add_account(site, "anna", ROLE_ADMIN, NULL);
  browser_sign_in(browser, "anna", PASSWORD, "");
  advance(site, 59);
  g_assert_true(is_in(browser));
  g_assert_cmpint(used(site, browser), ==, WEB_CASE_NOW);
  advance(site, 1);
  g_assert_true(is_in(browser));
  g_assert_cmpint(used(site, browser), ==, WEB_CASE_NOW + 60);
}

/* The clock was ten years ahead for a while. */
static void
clock_was_ahead(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) browser = browser_new(site);
  add_account(site, "anna", ROLE_ADMIN, NULL);
  advance(site, 10 * 365 * 24 * HOUR);
  for (guint i = 0; i < ACCESS_FREE_TRIES; i++)
    try_wrong(browser, "anna");
  g_assert_cmpuint(try_wrong(browser, "anna"), ==, 429);
  advance(site, HOUR);
  g_assert_cmpuint(browser_sign_in(browser, "anna", PASSWORD, ""), ==, 303);
  g_assert_true(is_in(browser));
  for (guint i = 0; i < ACCESS_FREE_TRIES; i++)
    try_wrong(browser, "berta");
  advance(site, -10 * 365 * 24 * HOUR);
  g_assert_false(is_in(browser));
  g_assert_cmpuint(try_wrong(browser, "berta"), ==, 403);
  g_assert_cmpuint(browser_sign_in(browser, "anna", PASSWORD, ""), ==, 303);
  g_assert_true(is_in(browser));
  /* A little is what clocks do. */
  advance(site, -MINUTE);
  g_assert_true(is_in(browser));
}

static void
bounded_sessions(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) first = browser_new(site);
  add_account(site, "anna", ROLE_ADMIN, NULL);
  browser_sign_in(first, "anna", PASSWORD, "");
  for (guint i = 1; i < ACCESS_MAX_SESSIONS; i++) {
    g_autoptr(Browser) browser = browser_new(site);
    advance(site, 1);
    browser_sign_in(browser, "anna", PASSWORD, "");
  }
  g_assert_true(is_in(first));
  advance(site, MINUTE);
  g_autoptr(Browser) last = browser_new(site);
  browser_sign_in(last, "anna", PASSWORD, "");
  g_assert_true(is_in(last));
  g_autoptr(GPtrArray) sessions = site->store->class->access->session_list(site->store, 1, NULL);
  g_assert_cmpuint(sessions->len, ==, ACCESS_MAX_SESSIONS);
  g_assert_false(is_in(first));
}

/* Sessions that are over go when somebody signs in. */
static void
purges(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) browser = browser_new(site), other = browser_new(site);
  add_account(site, "anna", ROLE_ADMIN, NULL);
  add_account(site, "berta", ROLE_ADMIN, NULL);
  browser_sign_in(browser, "anna", PASSWORD, "");
  advance(site, 24 * HOUR);
  browser_sign_in(other, "berta", PASSWORD, "");
  g_autoptr(GPtrArray) sessions = site->store->class->access->session_list(site->store, 1, NULL);
  g_assert_cmpuint(sessions->len, ==, 0);
}

/* ── changes from outside ── */

static void
change_account(WebCase *site, StoreRole role, const char *tenants) {
  g_autoptr(StoreAccount) account = NULL;
  const StoreAccess *access = site->store->class->access;
  g_assert_true(access->account_find(site->store, "anna", &account, NULL));
  account->role = role;
  g_free(account->tenants);
  account->tenants = g_strdup(tenants);
  g_assert_true(access->account_change(site->store, account, WEB_CASE_NOW, NULL));
}

static void
changes_hold_at_once(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) browser = browser_new(site);
  add_account(site, "anna", ROLE_ADMIN, NULL);
  browser_sign_in(browser, "anna", PASSWORD, "");
  g_assert_cmpuint(browser_ask(browser, "/audit", NULL), ==, 200);
  change_account(site, ROLE_VIEWER, "HP");
  g_assert_cmpuint(browser_ask(browser, "/audit", NULL), ==, 403);
  g_assert_true(is_in(browser));
  web_case_has(site, "<dd>HP</dd>");
  g_assert_true(site->store->class->access->account_remove(site->store, 1, NULL));
  g_assert_false(is_in(browser));
}

/* ── many at once ── */

typedef struct {
  WebCase *site;
  guint in, busy;
} Crowd;

static gpointer
in_crowd(gpointer data) {
  Crowd *crowd = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(Store) store = crowd->site->site->context.open_store(crowd->site, &error);
  g_assert_no_error(error);
  for (guint i = 0; i < 3; i++) {
    bool right;
    g_autoptr(StoreAccount) account = NULL;
    g_assert_true(store->class->access->account_find(store, "anna", &account, NULL));
    g_clear_error(&error);
    if (!access_check_password(account, PASSWORD, &right, &error)) {
      g_assert_error(error, ACCESS_ERROR, ACCESS_ERROR_BUSY);
      g_atomic_int_inc(&crowd->busy);
    } else {
      g_assert_true(right);
      g_atomic_int_inc(&crowd->in);
    }
  }
  return NULL;
}

/* One at a time, few wait, the others are told at once. */
static void
one_at_a_time(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  Crowd crowd = { .site = site };
  GThread *threads[8];
  add_account(site, "anna", ROLE_ADMIN, NULL);
  for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
    threads[i] = g_thread_new("crowd", in_crowd, &crowd);
  for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
    g_thread_join(threads[i]);
  g_assert_cmpuint(crowd.in, >=, ACCESS_MAX_WAITING + 1);
  g_assert_cmpuint(crowd.busy, >, 0);
  bool right;
  g_autoptr(GError) error = NULL;
  access_check_password(NULL, PASSWORD, &right, &error);
  g_assert_no_error(error);
}

/* A thread of the server: its own store, its own browser; signs in, looks, signs out. */
static gpointer
one_visitor(gpointer data) {
  Crowd *crowd = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(Store) store = crowd->site->site->context.open_store(crowd->site, &error);
  g_assert_no_error(error);
  g_autoptr(Browser) browser = browser_new(crowd->site);
  g_autofree char *secret = access_new_secret(), *csrf = access_csrf(secret);
  g_autofree char *form =
      g_strdup_printf("csrf=%s&name=anna&password=%s", csrf, "drei+alte+Feuerwehrautos");
  for (guint i = 0; i < 6; i++) {
    g_hash_table_insert(browser->cookies, g_strdup(ACCESS_COOKIE_FORM), g_strdup(secret));
    g_auto(WebAnswer) answer;
    web_answer_init(&answer);
    guint status = browser_ask_at(browser, store, &answer, "/login", form);
    g_assert_true(status == 303 || status == 503);
    g_atomic_int_inc(status == 303 ? &crowd->in : &crowd->busy);
    g_auto(WebAnswer) page;
    web_answer_init(&page);
    guint shown = browser_ask_at(browser, store, &page, "/account", NULL);
    g_assert_cmpuint(shown, ==, browser_session(browser) != NULL ? 200 : 303);
  }
  return NULL;
}

static void
several_threads(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  Crowd crowd = { .site = site };
  GThread *threads[4];
  add_account(site, "anna", ROLE_ADMIN, NULL);
  for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
    threads[i] = g_thread_new("visitor", one_visitor, &crowd);
  for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
    g_thread_join(threads[i]);
  g_assert_cmpuint(crowd.in, >, 0);
}

#define ADD(name) g_test_add_func("/access/" #name, name)

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_assert_true(access_init(NULL));
  ADD(signs_in_and_out);
  ADD(keeps_no_secret);
  ADD(same_words);
  ADD(no_fixation);
  ADD(under_tls);
  ADD(strict_cookie);
  ADD(ends_when_idle);
  ADD(ends_when_left_open);
  ADD(ends_at_last);
  ADD(writes_seldom);
  ADD(clock_was_ahead);
  ADD(bounded_sessions);
  ADD(purges);
  ADD(changes_hold_at_once);
  ADD(one_at_a_time);
  ADD(several_threads);
  return g_test_run();
}
