/* Text helpers: trimming, columns, display of foreign text, secrets.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <string.h>

#include "base/text.h"

static void
test_empty(void) {
  g_assert_true(text_empty(NULL));
  g_assert_true(text_empty(""));
  g_assert_false(text_empty(" "));
}

static void
assert_trim(const char *text, const char *expected) {
  autochar trimmed = text_trim(text);
  g_assert_cmpstr(trimmed, ==, expected);
}

static void
test_trim(void) {
  assert_trim(NULL, "");
  assert_trim("", "");
  assert_trim(" \t\r\n ", "");
  assert_trim("  a b\n", "a b");
  assert_trim("\u00a0\u2003\u3000Fulda\u2028\u00a0", "Fulda");
  assert_trim(" \xff ", "\xff");
  assert_trim(" \xc3", "\xc3"); /* half an umlaut at the end */
}

static void
test_slug(void) {
  autochar slug = text_slug_bytes("RÜD");
  g_assert_cmpstr(slug, ==, "r__d");
  autochar mixed = text_slug_bytes("Main-Kinzig_3 /x");
  g_assert_cmpstr(mixed, ==, "main_kinzig_3__x");
}

static void
test_columns(void) {
  g_assert_cmpuint(text_columns(""), ==, 0);
  g_assert_cmpuint(text_columns("Müßig"), ==, 5);
  g_assert_cmpuint(text_columns("u\u0308"), ==, 1);
  g_assert_cmpuint(text_columns("漢字"), ==, 4);
  g_assert_cmpuint(text_columns("a\x1b\n\x7f"
                                "b"),
                   ==, 2);
  g_assert_cmpuint(text_columns("a\xff\xc3"), ==, 3);
}

static void
assert_fit(const char *text, gsize columns, bool right, const char *expected) {
  autochar fitted = text_fit(text, columns, right);
  g_assert_cmpstr(fitted, ==, expected);
}

static void
test_fit(void) {
  assert_fit("Rüd", 5, false, "Rüd  ");
  assert_fit("42", 5, true, "   42");
  assert_fit("Fulda", 5, false, "Fulda");
  assert_fit("Gießen", 5, false, "Gieß…");
  assert_fit("漢字漢", 4, false, "漢… "); /* half a wide character becomes a blank */
  assert_fit("漢字漢", 4, true, " 漢…");
  assert_fit("u\u0308u\u0308u\u0308", 2, false, "u\u0308…");
  assert_fit("ab", 1, false, "…");
  assert_fit("ab", 0, false, "");
  assert_fit("a\x1b[1mb\nc", 8, false, "a[1mbc  ");
}

static void
assert_display(const char *text, gssize length, gsize max, const char *expected) {
  autochar shown = text_display(text, length, max);
  g_assert_cmpstr(shown, ==, expected);
  g_assert_true(g_utf8_validate(shown, -1, NULL));
  g_assert_cmpuint(strlen(shown), <=, max);
}

static void
test_display(void) {
  assert_display(NULL, -1, 10, "");
  assert_display("a\tb\nc", -1, 100, "a\tb\nc");
  assert_display("a\x1b[2Jb\r", -1, 100, "a\uFFFD[2Jb\uFFFD");
  assert_display("a\xc2\x85"
                 "b",
                 -1, 100, "a\uFFFDb");
  assert_display("a\0b", 3, 100, "a\uFFFDb");
  assert_display("\u202Etoor \u200F\u2066x", -1, 100, "\uFFFDtoor \uFFFD\uFFFDx");
  assert_display("\xff\xfe", -1, 100, "\uFFFD\uFFFD");
  assert_display("\xff\xfe", -1, 5, "\uFFFD"); /* the replacements count */
  assert_display("a\xc3", -1, 100, "a\uFFFD");
  assert_display("\xed\xa0\x80", -1, 100, "\uFFFD\uFFFD\uFFFD"); /* a surrogate */
  assert_display("aüb", -1, 2, "a");                             /* ü does not fit whole */
  assert_display("aüb", -1, 3, "aü");
  assert_display("abc", 2, 100, "ab");
  assert_display("abc", -1, 0, "");
}

static void
assert_redacted(const char *text, const char *expected) {
  autochar redacted = text_redact(text);
  g_assert_cmpstr(redacted, ==, expected);
}

static void
test_redact(void) {
  assert_redacted("nothing added yet: token-1234", "nothing added yet: token-1234");
  text_secret_add(NULL);
  text_secret_add("");
  text_secret_add("abc"); /* too short */
  text_secret_add("token-1234");
  text_secret_add("token-1234-long");
  text_secret_add("token-1234");
  text_secret_add("34-overlap");
  text_secret_add("schlüssel");
  text_secret_add("outer-inner-outer");
  text_secret_add("inner");

  assert_redacted("", "");
  assert_redacted("abc stays, token-123 too", "abc stays, token-123 too");
  assert_redacted("token-1234", "***");
  assert_redacted("a token-1234, b token-1234-long.", "a ***, b ***.");
  assert_redacted("token-1234-longer", "***er");
  assert_redacted("token-1234-overlap!", "***!"); /* two that share "34" */
  assert_redacted("token-1234token-1234", "******");
  assert_redacted("an outer-inner-outer and an inner", "an *** and an ***");
  assert_redacted("ttoken-1234", "t***");
  assert_redacted("der schlüssel", "der ***");
}

#define REDACTIONS 2000

static gpointer
redact_often(gpointer data) {
  (void)data;
  for (int i = 0; i < REDACTIONS; i++)
    assert_redacted("X-MoodleAuthToken: shared-by-threads", "X-MoodleAuthToken: ***");
  return NULL;
}

/* Readers go on while secrets are added. */
static void
test_redact_threads(void) {
  text_secret_add("shared-by-threads");
  GThread *readers[3];
  for (guint i = 0; i < G_N_ELEMENTS(readers); i++)
    readers[i] = g_thread_new("reader", redact_often, NULL);
  for (int i = 0; i < 200; i++) {
    autochar secret = g_strdup_printf("another-secret-%d", i);
    text_secret_add(secret);
  }
  for (guint i = 0; i < G_N_ELEMENTS(readers); i++)
    g_thread_join(readers[i]);
  assert_redacted("another-secret-199", "***");
}

int
main(int argc, char *argv[]) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/text/empty", test_empty);
  g_test_add_func("/text/trim", test_trim);
  g_test_add_func("/text/slug", test_slug);
  g_test_add_func("/text/columns", test_columns);
  g_test_add_func("/text/fit", test_fit);
  g_test_add_func("/text/display", test_display);
  g_test_add_func("/text/redact", test_redact);
  g_test_add_func("/text/redact-threads", test_redact_threads);
  return g_test_run();
}
