/* User names, e-mail addresses and passwords (SPEC 4).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <string.h>

#include "base/email.h"
#include "sync/login.h"

static void
assert_clean(const char *text, const char *expected) {
  g_autofree char *name = login_clean(text);
  g_assert_cmpstr(name, ==, expected);
  g_assert_cmpint(login_is_clean(name), ==, *expected != '\0');
  g_autofree char *again = login_clean(name);
  g_assert_cmpstr(again, ==, expected);
}

static void
test_clean(void) {
  assert_clean("Max.Muster", "max.muster");
  assert_clean("a-z_0.9@x", "a-z_0.9@x");
  assert_clean(" max muster\t", "maxmuster");
  assert_clean("max+1!#/\\\"'", "max1");
  assert_clean("Müller", "mller");
  assert_clean("ÄRGER", "rger");
  assert_clean("GROẞE", "groe");
  assert_clean("ÄÖÜß€", "");
  assert_clean("日本", "");
  assert_clean("", "");
  assert_clean(NULL, "");
}

/* Letters whose lower case is an ASCII letter: the Kelvin sign, and the capital I with a dot. */
static void
test_clean_odd_letters(void) {
  assert_clean("\u212aarl", "karl");
  assert_clean("M\u212a", "mk");
  assert_clean("\u0130rmak", "irmak");
  assert_clean("\u00c5ngstr\u00f6m", "ngstrm");
}

static void
test_is_clean(void) {
  g_assert_true(login_is_clean("max.muster-1_2@x.de"));
  g_assert_false(login_is_clean("Max"));
  g_assert_false(login_is_clean("max muster"));
  g_assert_false(login_is_clean("max+1"));
  g_assert_false(login_is_clean("müller"));
  g_assert_false(login_is_clean(""));
}

static void
assert_placeholder(const char *id, const char *expected) {
  g_autofree char *address = login_placeholder(id);
  g_assert_cmpstr(address, ==, expected);
}

static void
test_placeholder(void) {
  assert_placeholder("4711", "4711@invalid.local");
  assert_placeholder("FD/2026 Nr.7", "fd-2026-nr-7@invalid.local");
  assert_placeholder("a--b", "a-b@invalid.local");
  assert_placeholder("a -_- b", "a-b@invalid.local");
  assert_placeholder("Jörg", "j-rg@invalid.local");
  assert_placeholder("ÄÖÜ", "-@invalid.local");
  assert_placeholder("/x/", "-x-@invalid.local");
  assert_placeholder("a@b", "a-b@invalid.local");
  g_autofree char *long_id = g_strnfill(200, 'i'), *cut = g_strnfill(60, 'i');
  g_autofree char *address = g_strconcat(cut, "@invalid.local", NULL);
  assert_placeholder(long_id, address);
  g_autofree char *last = login_numbered(address, LOGIN_MAX_EMAIL_NUMBER);
  g_assert_true(email_is_possible(last));
}

static void
assert_numbered(const char *email, guint n, const char *expected) {
  g_autofree char *address = login_numbered(email, n);
  g_assert_cmpstr(address, ==, expected);
}

static void
test_numbered(void) {
  assert_numbered("max@x.de", 0, "max@x.de");
  assert_numbered("max@x.de", 1, "max+1@x.de");
  assert_numbered("Max@X.de", 50, "Max+50@X.de");
  assert_numbered("max+feuer@x.de", 2, "max+feuer+2@x.de");
  assert_numbered("\"a@b\"@x.de", 3, "\"a@b\"+3@x.de");
  assert_numbered("keine", 1, "keine+1");
  assert_numbered("@x.de", 1, "+1@x.de");
  assert_numbered("100%s@x.de", 1, "100%s+1@x.de");
}

static void
assert_same(const char *a, const char *b, bool same) {
  g_autofree char *one = login_fold(a);
  g_autofree char *other = login_fold(b);
  g_assert_cmpint(strcmp(one, other) == 0, ==, same);
}

static void
test_fold(void) {
  assert_same("Max@X.DE", "max@x.de", true);
  assert_same("MÜLLER@x.de", "müller@X.de", true);
  assert_same("max@x.de", "max+1@x.de", false);
  assert_same("müller@x.de", "muller@x.de", false);
}

static void
assert_cut(const char *text, guint characters, const char *expected) {
  g_autofree char *cut = login_plain(text, characters);
  g_assert_cmpstr(cut, ==, expected);
}

static void
test_cut(void) {
  assert_cut("Müller", 6, "Müller");
  assert_cut("Müller", 5, "Mülle");
  assert_cut("Müller", 2, "Mü");
  assert_cut("  Max  ", 3, "Max");
  assert_cut("Max Muster", 4, "Max");
  assert_cut("äöü", 0, "");
  assert_cut("", 10, "");
  assert_cut(" \t\u00a0", 10, "");
}

/* What strip_tags() makes of it, and nothing that it would change again. */
static void
test_plain(void) {
  static const struct {
    const char *text, *plain;
  } rows[] = {
    { "<b>Ann</b>", "Ann" },
    { "R & D", "R & D" },
    { "a < b > c", "a < b > c" },
    { "A<br>B", "AB" },
    { "Ann <3", "Ann" },
    { "<i", "" },
    { "<", "" },
    { "Ann <", "Ann" },
    { "Ann < ", "Ann" },
    { "Ann < <b>", "Ann" },
    { "Ann < < <", "Ann" },
    { "x >", "x >" },
    { "<a title=\">\">Ann</a>", "Ann" },
    { "<a title='>'>Ann", "Ann" },
    { "<<b>b>Ann", "Ann" },
    { "<b<i>>Ann", "Ann" },
    { "<!-- > -->Ann", "-->Ann" },
    { "<O'Neill> Ann", "" },
    { "O'Neill \"Joe\"", "O'Neill \"Joe\"" },
    { "Ann\t\n  Marie", "Ann Marie" },
    { "Ann\u00a0\u2003Marie", "Ann Marie" },
    { " <b> </b> Ann", "Ann" },
    { "An\001n\177", "Ann" },
    { "<\u00a0Ann", "" },
    { "&lt;b&gt;", "&lt;b&gt;" },
    { "Müller-Lüdenscheidt", "Müller-Lüdenscheidt" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
    assert_cut(rows[i].text, 100, rows[i].plain);
    assert_cut(rows[i].plain, 100, rows[i].plain);
  }
  assert_cut("Ann < Marie", 5, "Ann");
  assert_cut("Ann <b>Marie", 5, "Ann M");
  assert_cut("Ann Marie", 4, "Ann");
  g_autofree char *long_name = g_strnfill(300, 'x'), *hundred = g_strnfill(100, 'x');
  assert_cut(long_name, LOGIN_MAX_NAME, hundred);
}

static void
assert_password(const char *template, const char *username, const char *expected) {
  g_autofree char *password = login_password(template, username);
  g_assert_cmpstr(password, ==, expected);
}

static void
test_password(void) {
  assert_password("{username}Hlfs#", "max.muster", "max.musterHlfs#");
  assert_password("{username}-{username}", "a", "a-a");
  assert_password("fest", "max", "fest");
  assert_password("{username}", "{username}x", "{username}x");
  assert_password("%s{username}%n", "max", "%smax%n");
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/login/clean", test_clean);
  g_test_add_func("/login/clean-odd-letters", test_clean_odd_letters);
  g_test_add_func("/login/is-clean", test_is_clean);
  g_test_add_func("/login/placeholder", test_placeholder);
  g_test_add_func("/login/numbered", test_numbered);
  g_test_add_func("/login/fold", test_fold);
  g_test_add_func("/login/cut", test_cut);
  g_test_add_func("/login/plain", test_plain);
  g_test_add_func("/login/password", test_password);
  return g_test_run();
}
