/* Cells, separators, quotes, formulas.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/csv.h"

#define MARK "\xef\xbb\xbf"

static char *
cells(WebLanguage language, const char *const *texts) {
  GString *out = g_string_new(NULL);
  Csv csv = csv_begin(out, language);
  for (; *texts != NULL; texts++)
    csv_text(&csv, *texts);
  csv_end_line(&csv);
  return g_string_free(out, FALSE);
}

#define assert_cells(language, expected, ...)                                                      \
  G_STMT_START {                                                                                   \
    const char *const texts[] = { __VA_ARGS__, NULL };                                             \
    g_autofree char *got = cells(language, texts);                                                 \
    g_assert_cmpstr(got, ==, MARK expected "\r\n");                                                \
  }                                                                                                \
  G_STMT_END

static void
test_separators(void) {
  assert_cells(WEB_GERMAN, "a;b,c;\"d;e\"", "a", "b,c", "d;e");
  assert_cells(WEB_ENGLISH, "a,\"b,c\",d;e", "a", "b,c", "d;e");
  assert_cells(WEB_ENGLISH, ",", "", "");
}

static void
test_quotes(void) {
  assert_cells(WEB_ENGLISH, "\"say \"\"yes\"\"\"", "say \"yes\"");
  assert_cells(WEB_ENGLISH, "\"two\nlines\",\"two\r\nlines\"", "two\nlines", "two\r\nlines");
  assert_cells(WEB_ENGLISH, "Grüße,\" a\"", "Grüße", " a");
}

static void
test_formulas(void) {
  assert_cells(WEB_ENGLISH, "'=1+1,'+49 661,'-x,'@SUM", "=1+1", "+49 661", "-x", "@SUM");
  assert_cells(WEB_ENGLISH, "\"'\t=1\",\"'\r=1\"", "\t=1", "\r=1");
  assert_cells(WEB_ENGLISH, "'-,'-1e5,'-1.,'-1.2.3,'=", "-", "-1e5", "-1.", "-1.2.3", "=");
  /* An apostrophe goes inside the quotes. */
  assert_cells(WEB_ENGLISH, "\"'=HYPERLINK(\"\"x\"\",1)\"", "=HYPERLINK(\"x\",1)");
  assert_cells(WEB_GERMAN, "-5;+3;-3,5;-3.5;a=b;F-ATR", "-5", "+3", "-3,5", "-3.5", "a=b", "F-ATR");
}

static void
test_numbers_and_lines(void) {
  g_autoptr(GString) out = g_string_new("before");
  Csv csv = csv_begin(out, WEB_GERMAN);
  csv_number(&csv, 1234567);
  csv_text(&csv, NULL);
  csv_number(&csv, -3);
  csv_end_line(&csv);
  csv_text(&csv, "x");
  csv_end_line(&csv);
  g_assert_cmpstr(out->str, ==, "before" MARK "1234567;;-3\r\nx\r\n");
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/web/csv/separators", test_separators);
  g_test_add_func("/web/csv/quotes", test_quotes);
  g_test_add_func("/web/csv/formulas", test_formulas);
  g_test_add_func("/web/csv/numbers-and-lines", test_numbers_and_lines);
  return g_test_run();
}
