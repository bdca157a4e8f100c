/* The pages to sign in, of one's own account, of the audit log.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "access_case.h"

static Browser *
signed_in(WebCase *site, const char *name) {
  Browser *browser = browser_new(site);
  g_assert_cmpuint(browser_sign_in(browser, name, PASSWORD, ""), ==, 303);
  return browser;
}

static void
set_cookie(Browser *browser, const char *name, const char *value) {
  g_hash_table_insert(browser->cookies, g_strdup(name), g_strdup(value));
}

/* ── signing in ── */

static void
first_account(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) browser = browser_new(site);
  g_assert_cmpuint(browser_ask(browser, "/login", NULL), ==, 200);
  web_case_has(site, "lehrgaenge user add NAME --role admin");
  web_case_has_not(site, "name=\"password\"");
  add_account(site, "anna", ROLE_ADMIN, NULL);
  g_assert_cmpuint(browser_ask(browser, "/login", NULL), ==, 200);
  web_case_has_not(site, "user add");
  web_case_has(site, "name=\"password\"");
  web_case_has(site, "autocomplete=\"current-password\"");
}

/* Nothing leads off the site. */
static void
targets(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) browser = browser_new(site);
  add_account(site, "anna", ROLE_ADMIN, NULL);
  g_autofree char *huge = g_strnfill(3000, 'a'), *huge_path = g_strconcat("/", huge, NULL);
  const struct {
    const char *to, *location;
  } all[] = {
    { "", "/" },
    { "/", "/" },
    { "/runs/21?tenant=R%C3%9CD&sort=-id#x", "/runs/21?tenant=R%C3%9CD&sort=-id#x" },
    { "/runs?tenant=RÜD x", "/runs?tenant=R%C3%9CD%20x" },
    { "/\"><script>", "/%22%3E%3Cscript%3E" },
    { "//evil.example", "/" },
    { "/\\evil.example", "/" },
    { "/\t/evil.example", "/" },
    { "/\n/evil.example", "/" },
    { "/runs\r\nSet-Cookie: a=b", "/" },
    { "/runs\\x", "/" },
    { "https://evil.example/", "/" },
    { "javascript:alert(1)", "/" },
    { "runs", "/" },
    { "?a", "/" },
    { huge_path, "/" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
    g_autofree char *escaped = g_uri_escape_string(all[i].to, NULL, FALSE);
    g_autofree char *target = g_strdup_printf("/language?language=en&to=%s", escaped);
    g_assert_cmpuint(browser_ask(browser, target, NULL), ==, 303);
    g_assert_cmpstr(web_case_header(site, "Location"), ==, all[i].location);
  }
  g_assert_cmpuint(browser_sign_in(browser, "anna", PASSWORD, "//evil.example"), ==, 303);
  g_assert_cmpstr(web_case_header(site, "Location"), ==, "/");
  g_assert_cmpuint(browser_ask(browser, "/login?to=%2F%2Fevil.example", NULL), ==, 303);
  g_assert_cmpstr(web_case_header(site, "Location"), ==, "/");
  g_assert_cmpuint(browser_ask(browser, "/login?to=%2Fruns%2F7", NULL), ==, 303);
  g_assert_cmpstr(web_case_header(site, "Location"), ==, "/runs/7");
}

/* A link in a mail: the browser holds the session's cookie back. */
static void
link_from_elsewhere(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  add_account(site, "anna", ROLE_ADMIN, NULL);
  g_autoptr(Browser) browser = signed_in(site, "anna");
  g_autofree char *secret = g_strdup(browser_session(browser));
  g_hash_table_remove(browser->cookies, ACCESS_COOKIE);
  g_assert_cmpuint(browser_ask(browser, "/login?to=%2Fruns%2F21", NULL), ==, 200);
  g_assert_cmpstr(web_case_header(site, "Refresh"), ==, "0; url=/login?again=1&to=%2Fruns%2F21");
  web_case_has(site, "href=\"/login?again=1&amp;to=%2Fruns%2F21\"");
  web_case_has_not(site, "name=\"password\"");
  /* Within the site it comes along. */
  set_cookie(browser, ACCESS_COOKIE, secret);
  g_assert_cmpuint(browser_ask(browser, "/login?again=1&to=%2Fruns%2F21", NULL), ==, 303);
  g_assert_cmpstr(web_case_header(site, "Location"), ==, "/runs/21");
  /* There is none any more: the form, once and for all. */
  g_hash_table_remove(browser->cookies, ACCESS_COOKIE);
  g_assert_cmpuint(browser_ask(browser, "/login?again=1&to=%2Fruns%2F21", NULL), ==, 200);
  g_assert_null(web_case_header(site, "Refresh"));
  web_case_has(site, "name=\"password\"");
  web_case_has(site, "value=\"/runs/21\"");
  g_assert_cmpuint(browser_ask(browser, "/login?to=%2Fruns%2F21", NULL), ==, 200);
  web_case_has(site, "name=\"password\"");
}

static void
shows_no_markup(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) browser = browser_new(site);
  add_account(site, "anna", ROLE_ADMIN, NULL);
  g_assert_cmpuint(
      browser_sign_in(browser, "\"><script>alert(1)</script>", "secret words of mine", ""), ==,
      403);
  web_case_has_not(site, "<script>alert");
  web_case_has_not(site, "secret words of mine");
  g_autoptr(Browser) reader = signed_in(site, "anna");
  g_assert_cmpuint(browser_ask(reader, "/audit", NULL), ==, 200);
  web_case_has_not(site, "<script>alert");
  web_case_has(site, "&lt;script&gt;alert(1)");
}

/* ── language ── */

static void
chooses_language(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) browser = browser_new(site);
  add_account(site, "anna", ROLE_ADMIN, NULL);
  browser_ask(browser, "/login", NULL);
  web_case_has(site, "Password");
  g_assert_cmpuint(browser_ask(browser, "/language?language=de&to=%2Flogin", NULL), ==, 303);
  g_assert_cmpstr(web_case_header(site, "Location"), ==, "/login");
  browser_ask(browser, "/login", NULL);
  web_case_has(site, "Kennwort");
  static const char *const bad[] = { "/language", "/language?language=fr", "/language?language=" };
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
    g_assert_cmpuint(browser_ask(browser, bad[i], NULL), ==, 400);
}

/* What the account has holds where the browser has said nothing. */
static void
account_language(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  add_account(site, "anna", ROLE_ADMIN, NULL);
  g_autoptr(Browser) browser = signed_in(site, "anna");
  browser_ask(browser, "/account", NULL);
  web_case_has(site, "Your account");
  g_assert_cmpuint(browser_post(browser, "/account/language", "language=de"), ==, 303);
  assert_audited(site, "anna", "account-language", "anna", "ok");
  browser_ask(browser, "/account", NULL);
  web_case_has(site, "Ihr Konto");
  web_case_has(site, "<option value=\"de\" selected>");
  g_autoptr(Browser) fresh = signed_in(site, "anna");
  browser_ask(fresh, "/account", NULL);
  web_case_has(site, "Ihr Konto");
  g_autoptr(Browser) decided = browser_new(site);
  browser_ask(decided, "/language?language=en", NULL);
  browser_sign_in(decided, "anna", PASSWORD, "");
  browser_ask(decided, "/account", NULL);
  web_case_has(site, "Your account");
  g_assert_cmpuint(browser_post(browser, "/account/language", "language="), ==, 303);
  browser_ask(browser, "/account", NULL);
  web_case_has(site, "Your account");
  g_assert_cmpuint(browser_post(browser, "/account/language", "language=fr"), ==, 400);
}

/* ── the account ── */

static void
shows_account(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  add_account(site, "anna", ROLE_OPERATOR, "FD,HP");
  add_account(site, "berta", ROLE_OPERATOR, NULL);
  g_autoptr(Browser) browser = signed_in(site, "anna"), other = browser_new(site);
  other->address = "198.51.100.9";
  browser_sign_in(other, "anna", PASSWORD, "");
  g_autoptr(Browser) stranger = browser_new(site);
  stranger->address = "203.0.113.5";
  browser_sign_in(stranger, "berta", PASSWORD, "");
  g_assert_cmpuint(browser_ask(browser, "/account", NULL), ==, 200);
  web_case_has(site, "<dd>operator</dd>");
  web_case_has(site, "<dd>FD, HP</dd>");
  web_case_has(site, "192.0.2.7");
  web_case_has(site, "198.51.100.9");
  web_case_has(site, "(this one)");
  web_case_has_not(site, "203.0.113.5");
  web_case_has_not(site, browser_session(browser));
  /* What is over is not shown. */
  clock_advance(site->clock, (gint64)20 * 60 * G_USEC_PER_SEC);
  browser_ask(browser, "/account", NULL);
  clock_advance(site->clock, (gint64)20 * 60 * G_USEC_PER_SEC);
  browser_ask(browser, "/account", NULL);
  web_case_has_not(site, "198.51.100.9");
}

static guint
change_password(Browser *browser, const char *present, const char *wanted, const char *repeated) {
  g_autofree char *one = g_uri_escape_string(present, NULL, FALSE);
  g_autofree char *two = g_uri_escape_string(wanted, NULL, FALSE);
  g_autofree char *three = g_uri_escape_string(repeated, NULL, FALSE);
  g_autofree char *form = g_strdup_printf("present=%s&wanted=%s&repeated=%s", one, two, three);
  return browser_post(browser, "/account/password", form);
}

#define NEW_PASSWORD "vier neue Löschfahrzeuge"

static void
changes_password(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  add_account(site, "anna", ROLE_VIEWER, "FD");
  g_autoptr(Browser) browser = signed_in(site, "anna"), other = signed_in(site, "anna");
  g_assert_cmpuint(change_password(browser, PASSWORD, NEW_PASSWORD, "else"), ==, 400);
  web_case_has(site, "not the same both times");
  g_assert_cmpuint(change_password(browser, PASSWORD, "short", "short"), ==, 400);
  web_case_has(site, "at least 12 characters");
  g_assert_cmpuint(change_password(browser, "wrong", NEW_PASSWORD, NEW_PASSWORD), ==, 403);
  web_case_has(site, "The present password is wrong.");
  assert_audited(site, "anna", "password", "anna", "refused");
  g_assert_cmpuint(browser_ask(other, "/account", NULL), ==, 200);
  g_assert_cmpuint(change_password(browser, PASSWORD, NEW_PASSWORD, NEW_PASSWORD), ==, 303);
  assert_audited(site, "anna", "password", "anna", "ok");
  g_assert_cmpuint(browser_ask(browser, "/account?saved=password", NULL), ==, 200);
  web_case_has(site, "The new password holds.");
  web_case_has(site, "<dd>FD</dd>");
  g_assert_cmpuint(browser_ask(other, "/account", NULL), ==, 303);
  g_assert_cmpuint(browser_sign_in(other, "anna", PASSWORD, ""), ==, 403);
  g_assert_cmpuint(browser_sign_in(other, "anna", NEW_PASSWORD, ""), ==, 303);
}

/* Who finds an open browser cannot try passwords for ever. */
static void
present_password_waits(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  add_account(site, "anna", ROLE_VIEWER, NULL);
  g_autoptr(Browser) browser = signed_in(site, "anna");
  for (guint i = 0; i < ACCESS_FREE_TRIES; i++)
    g_assert_cmpuint(change_password(browser, "wrong", NEW_PASSWORD, NEW_PASSWORD), ==, 403);
  g_assert_cmpuint(change_password(browser, PASSWORD, NEW_PASSWORD, NEW_PASSWORD), ==, 429);
  g_assert_cmpstr(web_case_header(site, "Retry-After"), ==, "5");
}

static void
signs_out_everywhere(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  add_account(site, "anna", ROLE_VIEWER, NULL);
  add_account(site, "berta", ROLE_VIEWER, NULL);
  g_autoptr(Browser) browser = signed_in(site, "anna"), other = signed_in(site, "anna");
  g_autoptr(Browser) berta = signed_in(site, "berta");
  g_assert_cmpuint(browser_post(browser, "/account/sign-out", ""), ==, 303);
  assert_audited(site, "anna", "sign-out-everywhere", "anna", "ok");
  g_assert_null(browser_session(browser));
  g_assert_null(g_hash_table_lookup(browser->cookies, ACCESS_COOKIE_HERE));
  g_assert_cmpuint(browser_ask(other, "/account", NULL), ==, 303);
  g_assert_cmpuint(browser_ask(berta, "/account", NULL), ==, 200);
}

/* ── the audit log ── */

static void
add_lines(WebCase *site, guint count) {
  g_assert_true(site->store->class->begin(site->store, false, NULL));
  for (guint i = 0; i < count; i++) {
    g_autofree char *subject = g_strdup_printf("subject %u.", i);
    const StoreAuditRow row = { .time = WEB_CASE_NOW,
                                .actor = "otto",
                                .address = "192.0.2.7",
                                .action = i % 2 == 0 ? "import" : "something-new",
                                .subject = subject,
                                .outcome = "ok" };
    g_assert_true(site->store->class->access->audit_add(site->store, &row, NULL));
  }
  g_assert_true(site->store->class->commit(site->store, NULL));
}

static guint
count_rows(const WebCase *site) {
  guint count = 0;
  for (const char *at = site->answer.body->str; (at = strstr(at, "subject ")) != NULL; at++)
    count++;
  return count;
}

static void
audit_pages(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(WebPrincipal) admin = web_case_who(ROLE_ADMIN, NULL);
  g_assert_cmpuint(web_case_get(site, admin, "/audit"), ==, 200);
  web_case_has(site, "Nothing stands here yet.");
  add_lines(site, 150);
  g_assert_cmpuint(web_case_get(site, admin, "/audit"), ==, 200);
  g_assert_cmpuint(count_rows(site), ==, 100);
  web_case_has(site, "subject 149.");
  web_case_has(site, "subject 50.");
  web_case_has(site, "start import");
  web_case_has(site, "something-new");
  web_case_has(site, "href=\"/audit?before=51\"");
  g_assert_cmpuint(web_case_get(site, admin, "/audit?before=51"), ==, 200);
  g_assert_cmpuint(count_rows(site), ==, 50);
  web_case_has(site, "subject 49.");
  web_case_has_not(site, "/audit?before=");
  g_assert_cmpuint(web_case_get(site, admin, "/audit?before=51&language=de"), ==, 200);
  web_case_has(site, "Import starten");
  g_assert_cmpuint(web_case_get(site, admin, "/audit?before=x"), ==, 400);
}

/* It tells of all tenants: not for who is bound to some. */
static void
audit_is_for_administrators(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(WebPrincipal) operator= web_case_who(ROLE_OPERATOR, NULL);
  g_autoptr(WebPrincipal) bound = web_case_who(ROLE_ADMIN, "FD");
  g_assert_cmpuint(web_case_get(site, operator, "/audit"), ==, 403);
  g_assert_cmpuint(web_case_get(site, bound, "/audit"), ==, 403);
}

#define ADD(name) g_test_add_func("/account/" #name, name)

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_assert_true(access_init(NULL));
  ADD(first_account);
  ADD(targets);
  ADD(link_from_elsewhere);
  ADD(shows_no_markup);
  ADD(chooses_language);
  ADD(account_language);
  ADD(shows_account);
  ADD(changes_password);
  ADD(present_password_waits);
  ADD(signs_out_everywhere);
  ADD(audit_pages);
  ADD(audit_is_for_administrators);
  return g_test_run();
}
