/* Names, passwords and secrets: what may be one, what is kept of them, and who has to wait after
 * wrong ones.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <sodium.h>
#include <string.h>

#include "access_case.h"

/* ── words ── */

static void
names(void) {
  static const struct {
    const char *given, *kept;
  } all[] = {
    { "anna", "anna" }, { " Anna.B@example.org ", "anna.b@example.org" },
    { "7", "7" },       { "a-b_c", "a-b_c" },
    { "", NULL },       { "  ", NULL },
    { "änna", NULL },   { "-anna", NULL },
    { ".", NULL },      { "a b", NULL },
    { "a\nb", NULL },   { "a,b", NULL },
  };
  for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
    g_autoptr(GError) error = NULL;
    g_autofree char *kept = access_name(all[i].given, &error);
    g_assert_cmpstr(kept, ==, all[i].kept);
    g_assert_true((error == NULL) == (kept != NULL));
  }
  g_autofree char *longest = g_strnfill(ACCESS_MAX_NAME, 'a');
  g_autofree char *longer = g_strnfill(ACCESS_MAX_NAME + 1, 'a');
  g_autofree char *fits = access_name(longest, NULL);
  g_assert_cmpstr(fits, ==, longest);
  g_assert_null(access_name(longer, NULL));
}

static void
passwords(void) {
  g_autoptr(GError) error = NULL;
  g_autofree char *hash = access_hash_password("Größe über alles", &error);
  g_assert_no_error(error);
  g_assert_true(g_str_has_prefix(hash, "$argon2id$"));
  StoreAccount account = { .password = hash };
  bool right;
  g_assert_true(access_check_password(&account, "Größe über alles", &right, NULL) && right);
  /* The same with umlauts of two characters each. */
  g_assert_true(access_check_password(&account,
                                      "Gro\xcc\x88\xc3\x9f"
                                      "e u\xcc\x88"
                                      "ber alles",
                                      &right, NULL));
  g_assert_true(right);
  g_assert_true(access_check_password(&account, "Grösse über alles", &right, NULL) && !right);
  g_assert_true(access_check_password(&account, "", &right, NULL) && !right);
  g_assert_true(access_check_password(&account, "\xff", &right, NULL) && !right);
  g_assert_true(access_check_password(NULL, "Größe über alles", &right, NULL) && !right);
  g_autofree char *again = access_hash_password("Größe über alles", NULL);
  g_assert_cmpstr(again, !=, hash);
}

static void
bad_passwords(void) {
  g_autofree char *huge = g_strnfill(ACCESS_MAX_PASSWORD + 1, 'a');
  const char *const bad[] = { "", "elf zeichen", "ääääääääääü",
                              "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", huge };
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(access_hash_password(bad[i], &error));
    g_assert_error(error, ACCESS_ERROR, ACCESS_ERROR_PASSWORD);
  }
}

static void
secrets(void) {
  g_autofree char *one = access_new_secret(), *other = access_new_secret();
  g_assert_cmpuint(strlen(one), ==, 64);
  g_assert_cmpstr(one, !=, other);
  g_autofree char *hash = access_hash_secret(one), *same = access_hash_secret(one);
  g_autofree char *csrf = access_csrf(one), *different = access_csrf(other);
  g_assert_cmpstr(hash, ==, same);
  g_assert_cmpstr(hash, !=, one);
  g_assert_cmpstr(hash, !=, csrf);
  g_assert_cmpstr(csrf, !=, different);
  g_assert_true(access_equal(csrf, csrf));
  g_assert_false(access_equal(csrf, different));
  g_assert_false(access_equal(csrf, ""));
  g_assert_false(access_equal(NULL, NULL));
  g_assert_false(access_equal(NULL, csrf));
  g_assert_false(access_equal(csrf, NULL));
  g_autofree char *token = access_new_token();
  g_assert_true(g_str_has_prefix(token, "lgs_"));
}

/* An account that is not there takes as long as one that is: the least of some tries, so that
 * others on the machine matter little. */
static gint64
least_time(const StoreAccount *account) {
  gint64 least = G_MAXINT64;
  bool right;
  for (guint i = 0; i < 5; i++) {
    gint64 before = g_get_monotonic_time();
    g_assert_true(access_check_password(account, "not the password", &right, NULL));
    least = MIN(least, g_get_monotonic_time() - before);
  }
  return least;
}

static void
takes_as_long(void) {
  g_autofree char *hash = access_hash_password(PASSWORD, NULL);
  StoreAccount account = { .password = hash };
  gint64 known = least_time(&account), unknown = least_time(NULL);
  g_assert_cmpint(unknown, >, known / 2);
  g_assert_cmpint(unknown, <, known * 2);
}

/* ── waiting ── */

static gint64
told_to_wait(const WebCase *site) {
  const char *text = web_case_header(site, "Retry-After");
  return text == NULL ? 0 : g_ascii_strtoll(text, NULL, 10);
}

static void
waits_grow(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) browser = browser_new(site);
  static const gint64 waits[] = { 5, 10, 20, 40, 80, 160, 320, 640, 900, 900 };
  add_account(site, "anna", ROLE_ADMIN, NULL);
  for (guint i = 1; i < ACCESS_FREE_TRIES; i++)
    g_assert_cmpuint(try_wrong(browser, "anna"), ==, 403);
  for (guint i = 0; i < G_N_ELEMENTS(waits); i++) {
    g_assert_cmpuint(try_wrong(browser, "anna"), ==, 403);
    /* Not even the right one. */
    g_assert_cmpuint(browser_sign_in(browser, "anna", PASSWORD, ""), ==, 429);
    g_assert_cmpint(told_to_wait(site), ==, waits[i]);
    web_case_has(site, "Too many sign-ins have failed. Try again in ");
    advance(site, waits[i] - 1);
    g_assert_cmpuint(browser_sign_in(browser, "anna", PASSWORD, ""), ==, 429);
    g_assert_cmpint(told_to_wait(site), ==, 1);
    advance(site, 1);
  }
  g_assert_cmpuint(browser_sign_in(browser, "anna", PASSWORD, ""), ==, 303);
  /* Forgotten. */
  g_autoptr(Browser) stranger = browser_new(site);
  stranger->address = "192.0.2.99";
  g_assert_cmpuint(try_wrong(stranger, "anna"), ==, 403);
  g_assert_cmpuint(browser_sign_in(stranger, "anna", PASSWORD, ""), ==, 303);
}

static void
waits_by_account(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) browser = browser_new(site);
  add_account(site, "anna", ROLE_ADMIN, NULL);
  for (guint i = 0; i < ACCESS_FREE_TRIES; i++) {
    g_autofree char *address = g_strdup_printf("192.0.2.%u", i);
    browser->address = address;
    g_assert_cmpuint(try_wrong(browser, "ANNA"), ==, 403);
  }
  browser->address = "198.51.100.1";
  g_assert_cmpuint(try_wrong(browser, "anna"), ==, 429);
  g_assert_cmpuint(try_wrong(browser, "berta"), ==, 403);
  /* What is not there waits as well, so that nobody learns what is. */
  for (guint i = 1; i < ACCESS_FREE_TRIES; i++)
    g_assert_cmpuint(try_wrong(browser, "berta"), ==, 403);
  g_assert_cmpuint(try_wrong(browser, "berta"), ==, 429);
}

static void
fail_often(Browser *browser, const char *network, bool vary) {
  for (guint i = 0; i < ACCESS_FREE_TRIES_ADDRESS; i++) {
    g_autofree char *name = g_strdup_printf("nobody%u", i);
    g_autofree char *number = g_strdup_printf("%u", i);
    g_autofree char *address = g_strconcat(network, vary ? number : NULL, NULL);
    browser->address = address;
    g_assert_cmpuint(try_wrong(browser, name), ==, 403);
  }
}

static void
waits_by_address(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) browser = browser_new(site);
  add_account(site, "anna", ROLE_ADMIN, NULL);
  fail_often(browser, "192.0.2.7", false);
  browser->address = "192.0.2.7";
  g_assert_cmpuint(browser_sign_in(browser, "anna", PASSWORD, ""), ==, 429);
  browser->address = "192.0.2.8";
  g_assert_cmpuint(browser_sign_in(browser, "anna", PASSWORD, ""), ==, 303);
  /* A whole network of version 6. */
  g_autoptr(Browser) six = browser_new(site);
  fail_often(six, "2001:db8:1:2::", true);
  six->address = "2001:db8:1:2:ffff::1";
  g_assert_cmpuint(browser_sign_in(six, "anna", PASSWORD, ""), ==, 429);
  six->address = "2001:db8:1:3::1";
  g_assert_cmpuint(browser_sign_in(six, "anna", PASSWORD, ""), ==, 303);
  /* Version 4 within version 6 is the same address. */
  g_autoptr(Browser) mapped = browser_new(site);
  mapped->address = "::ffff:192.0.2.7";
  g_assert_cmpuint(browser_sign_in(mapped, "anna", PASSWORD, ""), ==, 429);
  mapped->address = "::ffff:192.0.2.9";
  g_assert_cmpuint(browser_sign_in(mapped, "anna", PASSWORD, ""), ==, 303);
}

/* A stranger's tries keep nobody out whose browser the account knows. */
static void
knows_the_browser(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) own = browser_new(site), stranger = browser_new(site);
  add_account(site, "anna", ROLE_ADMIN, NULL);
  add_account(site, "berta", ROLE_ADMIN, NULL);
  browser_sign_in(own, "anna", PASSWORD, "");
  browser_post(own, "/logout", "");
  for (guint i = 0; i < ACCESS_FREE_TRIES; i++)
    try_wrong(stranger, "anna");
  g_assert_cmpuint(try_wrong(stranger, "anna"), ==, 429);
  g_assert_cmpuint(browser_sign_in(own, "anna", PASSWORD, ""), ==, 303);
  browser_post(own, "/logout", "");
  /* It knows no other account, and is counted by itself. */
  for (guint i = 0; i < ACCESS_FREE_TRIES; i++)
    g_assert_cmpuint(try_wrong(own, "berta"), ==, 403);
  g_assert_cmpuint(browser_sign_in(own, "berta", PASSWORD, ""), ==, 429);
  for (guint i = 0; i < ACCESS_FREE_TRIES; i++)
    g_assert_cmpuint(try_wrong(own, "anna"), ==, 403);
  g_assert_cmpuint(browser_sign_in(own, "anna", PASSWORD, ""), ==, 429);
  /* One that was made up is none. */
  g_hash_table_insert(stranger->cookies, g_strdup(ACCESS_COOKIE_DEVICE),
                      g_strdup("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef."
                               "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"));
  g_assert_cmpuint(browser_sign_in(stranger, "anna", PASSWORD, ""), ==, 429);
}

/* ── hashes of the past ── */

static char *
cheap_hash(const char *password) {
  char hash[crypto_pwhash_STRBYTES];
  g_assert_cmpint(crypto_pwhash_str(hash, password, strlen(password), crypto_pwhash_OPSLIMIT_MIN,
                                    crypto_pwhash_MEMLIMIT_MIN),
                  ==, 0);
  return g_strdup(hash);
}

static void
renews_hashes(void) {
  g_autoptr(WebCase) site = web_case_new(NULL);
  g_autoptr(Browser) browser = browser_new(site);
  g_autoptr(StoreAccount) before = NULL, after = NULL;
  const StoreAccess *access = site->store->class->access;
  add_account(site, "anna", ROLE_OPERATOR, "FD");
  g_assert_true(access->account_find(site->store, "anna", &before, NULL));
  g_free(before->password);
  before->password = cheap_hash(PASSWORD);
  g_assert_true(access->account_change(site->store, before, WEB_CASE_NOW, NULL));
  g_assert_cmpuint(browser_sign_in(browser, "anna", PASSWORD, ""), ==, 303);
  g_assert_true(access->account_find(site->store, "anna", &after, NULL));
  g_assert_cmpstr(after->password, !=, before->password);
  g_assert_cmpstr(after->tenants, ==, "FD");
  g_assert_cmpuint(browser_sign_in(browser, "anna", PASSWORD, ""), ==, 303);
}

#define ADD(name) g_test_add_func("/access-password/" #name, name)

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_assert_true(access_init(NULL));
  ADD(names);
  ADD(passwords);
  ADD(bad_passwords);
  ADD(secrets);
  ADD(takes_as_long);
  ADD(waits_grow);
  ADD(waits_by_account);
  ADD(waits_by_address);
  ADD(knows_the_browser);
  ADD(renews_hashes);
  return g_test_run();
}
