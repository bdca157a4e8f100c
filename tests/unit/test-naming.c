/* What courses and groups are called (SPEC 3 and 5).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>

#include "sync/naming.h"

static GHashTable *
table_of_spec(void) {
  static const char *const rows[][2] = {
    { "F-I", "F-I" },
    { "F-II", "F-II" },
    { "F-Atr", "F-ATR" },
    { "F-Ma", "F-MA" },
    { "F/K-Sprechfunk", "F/K-SPF" },
    { "F-TH-VU", "F-TH-VU" },
    { "F/B-mobBSA-Hessen", "F-BSA" },
    { "F/B-BSA-Sem.", "F/B-BSA-Sem." },
  };
  GHashTable *table = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
    g_hash_table_insert(table, (gpointer)rows[i][0], (gpointer)rows[i][1]);
  return table;
}

static void
assert_name(const char *kurz, const char *bezeichnung, const char *expected) {
  g_autoptr(GHashTable) table = table_of_spec();
  const Lehrgang lehrgang = { "1", kurz, bezeichnung, "", "", "" };
  g_autofree char *name = naming_course_name(table, &lehrgang);
  g_assert_cmpstr(name, ==, expected);
}

static void
test_table(void) {
  assert_name("F-I", "", "F-I");
  assert_name("F-II", "", "F-II");
  assert_name("F-Atr", "", "F-ATR");
  assert_name("F-Ma", "", "F-MA");
  assert_name("F/K-Sprechfunk", "", "F/K-SPF");
  assert_name("F-TH-VU", "", "F-TH-VU");
  assert_name("F/B-mobBSA-Hessen", "", "F-BSA");
  assert_name("F/B-BSA-Sem.", "", "F/B-BSA-Sem.");
}

static void
test_outside_table(void) {
  assert_name("F-GA", "", "F-GA");
  assert_name("f-atr", "", "f-atr"); /* names are compared as they are */
  assert_name("Übung Höhe", "", "Übung Höhe");
  assert_name(" F-Atr ", "", "F-ATR");
  assert_name("\u00a0F-GA\t", "", "F-GA");
  assert_name("", "", "");
  assert_name(" \t\u00a0", "E-Learning", "");
}

static void
test_elearning(void) {
  assert_name("F-III", "Gruppenführer (E-Learning)", "F-III-elearn");
  assert_name("F-III", "e-learning", "F-III-elearn");
  assert_name("F-III", "ÜBUNGSFÜHRER MIT E-LEARNING-ANTEIL ÄÖÜ", "F-III-elearn");
  assert_name("F-III", "ÄE-LEARNINGÖ", "F-III-elearn");
  assert_name(" F-III ", "E-lEaRnInG", "F-III-elearn");
  assert_name("F-III", "Gruppenführer", "F-III");
  assert_name("F-III", "", "F-III");
  assert_name("F-III", "ELearning, E Learning", "F-III");
  assert_name("F-II", "E-Learning", "F-II");
  assert_name("F-IV", "E-Learning", "F-IV");
}

/* Whoever runs the site may give F-III another name, e-learning or not. */
static void
test_table_first(void) {
  g_autoptr(GHashTable) table = g_hash_table_new(g_str_hash, g_str_equal);
  g_hash_table_insert(table, (gpointer) "F-III", (gpointer) "F-3");
  const Lehrgang lehrgang = { "1", "F-III", "E-Learning", "", "", "" };
  g_autofree char *name = naming_course_name(table, &lehrgang);
  g_assert_cmpstr(name, ==, "F-3");
}

static void
assert_shortname(const char *code, const char *name, gint year, bool alt, const char *expected) {
  g_autofree char *shortname = naming_shortname(code, name, year, alt);
  g_assert_cmpstr(shortname, ==, expected);
  g_assert_cmpint(naming_is_alt(shortname), ==, alt);
}

static void
test_shortname(void) {
  assert_shortname("FD", "F-ATR", 2026, false, "FD-F-ATR-26");
  assert_shortname("FD", "F-ATR", 2026, true, "FD-F-ATR-26_alt");
  assert_shortname("RÜD", "F-I", 2009, false, "RÜD-F-I-09");
  assert_shortname("HLFS", "F/B", 2000, false, "HLFS-F/B-00");
  assert_shortname("FD", "F-I", 2000 - 1, false, "FD-F-I-99"); /* last year's, as a template */
  assert_shortname("FD", "F-I", 2099, true, "FD-F-I-99_alt");
  g_assert_false(naming_is_alt("FD-alt-26"));
  g_assert_false(naming_is_alt("FD-F-I-26_ALT"));
}

static void
assert_fullname(const char *name, bool alt, const char *suffix, const char *expected) {
  g_autofree char *fullname = naming_fullname(name, alt, suffix);
  g_assert_cmpstr(fullname, ==, expected);
}

static void
test_fullname(void) {
  assert_fullname("F-ATR", false, "Abschluss", "F-ATR");
  assert_fullname("F-ATR", true, "Abschluss", "F-ATR Abschluss");
  assert_fullname("F-ATR", true, "früherer Jahre", "F-ATR früherer Jahre");
  assert_fullname("F-ATR", true, "", "F-ATR");
  assert_fullname("F-ATR", true, NULL, "F-ATR");
}

static void
assert_group(guint number, const char *start_tag, const char *expected) {
  g_autofree char *name = naming_group(number, start_tag);
  g_assert_cmpstr(name, ==, expected);
  g_assert_true(naming_group_is(name, start_tag));
  g_assert_cmpuint(naming_group_number(name), ==, number);
}

static void
test_group(void) {
  assert_group(1, "2026-03-10", "G01 (2026-03-10)");
  assert_group(9, "10.03.2026", "G09 (10.03.2026)");
  assert_group(10, "2026-03-10", "G10 (2026-03-10)");
  assert_group(100, "2026-03-10", "G100 (2026-03-10)");
}

static void
test_group_is(void) {
  g_assert_true(naming_group_is("Nachholer (2026-03-10)", "2026-03-10"));
  g_assert_true(naming_group_is("G1 (2026-03-10)", "2026-03-10"));
  g_assert_false(naming_group_is("G01 (2026-03-10) neu", "2026-03-10"));
  g_assert_false(naming_group_is("G01 (2026-03-11)", "2026-03-10"));
  g_assert_false(naming_group_is("G01(2026-03-10)", "2026-03-10"));
  g_assert_false(naming_group_is("(2026-03-10)", "2026-03-10"));
  g_assert_false(naming_group_is("", "2026-03-10"));
  g_assert_false(naming_group_is("G01 (12026-03-10)", "2026-03-10"));
}

static void
test_group_number(void) {
  g_assert_cmpuint(naming_group_number("G7 (x)"), ==, 7);
  g_assert_cmpuint(naming_group_number("G007 (2026-03-10)"), ==, 7);
  g_assert_cmpuint(naming_group_number("G99999 (x)"), ==, 99999);
  g_assert_cmpuint(naming_group_number("G100000 (x)"), ==, 0);
  g_assert_cmpuint(naming_group_number("G99999999999999999999999 (x)"), ==, 0);
  g_assert_cmpuint(naming_group_number("G7"), ==, 0);
  g_assert_cmpuint(naming_group_number("G7(x)"), ==, 0);
  g_assert_cmpuint(naming_group_number("G7a (x)"), ==, 0);
  g_assert_cmpuint(naming_group_number("g7 (x)"), ==, 0);
  g_assert_cmpuint(naming_group_number("G-7 (x)"), ==, 0);
  g_assert_cmpuint(naming_group_number("G+7 (x)"), ==, 0);
  g_assert_cmpuint(naming_group_number("G (x)"), ==, 0);
  g_assert_cmpuint(naming_group_number("Gruppe 7 (x)"), ==, 0);
  g_assert_cmpuint(naming_group_number(""), ==, 0);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/naming/table", test_table);
  g_test_add_func("/naming/outside-table", test_outside_table);
  g_test_add_func("/naming/elearning", test_elearning);
  g_test_add_func("/naming/table-first", test_table_first);
  g_test_add_func("/naming/shortname", test_shortname);
  g_test_add_func("/naming/fullname", test_fullname);
  g_test_add_func("/naming/group", test_group);
  g_test_add_func("/naming/group-is", test_group_is);
  g_test_add_func("/naming/group-number", test_group_number);
  return g_test_run();
}
