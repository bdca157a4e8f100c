/* From raw statuses to what they ask for, over every raw status real data has shown.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <locale.h>
#include <string.h>

#include "status/resolver.h"

static void
assert_resolves(const StatusTable *table, const char *raw, Action action, bool known) {
  bool is_known = !known;
  Action resolved = status_resolve(table, raw, &is_known);
  if (resolved != action || is_known != known)
    g_error("'%s' is %s (%s)", raw, status_handler_name(resolved), is_known ? "known" : "unknown");
  g_assert_cmpint(status_resolve(table, raw, NULL), ==, action);
}

/* data/statuses.txt: raw<TAB>handler. */
static void
test_file(void) {
  g_autoptr(StatusTable) table = status_table_new_default();
  g_autofree char *path = g_build_filename(g_getenv("SOURCE_ROOT"), "data", "statuses.txt", NULL);
  g_autofree char *content = NULL;
  g_autoptr(GError) error = NULL;
  g_file_get_contents(path, &content, NULL, &error);
  g_assert_no_error(error);
  g_auto(GStrv) lines = g_strsplit(content, "\n", -1);
  guint seen = 0;
  for (guint i = 0; lines[i] != NULL; i++) {
    if (*lines[i] == '#' || *lines[i] == '\0')
      continue;
    char *tab = strchr(lines[i], '\t');
    g_assert_nonnull(tab);
    *tab = '\0';
    const char *handler = status_handler_name(status_resolve(table, lines[i], NULL));
    if (strcmp(handler, tab + 1) != 0)
      g_error("'%s' is %s, not %s", lines[i], handler, tab + 1);
    seen++;
  }
  g_assert_cmpuint(seen, >=, 32);
}

static void
test_words(void) {
  g_autoptr(StatusTable) table = status_table_new_default();
  assert_resolves(table, "EINBERUFEN", ACTION_ENROL, true);
  assert_resolves(table, "EINBERUFUNG", ACTION_ENROL, true);
  assert_resolves(table, "TEILGENOMMEN", ACTION_COMPLETE, true);
  assert_resolves(table, "BESTANDEN", ACTION_COMPLETE, true);
  assert_resolves(table, "FEHLT", ACTION_UNENROL, true);
  assert_resolves(table, "STORNIERT", ACTION_UNENROL, true);
  assert_resolves(table, "ABGEBROCHEN", ACTION_UNENROL, true);
  assert_resolves(table, "ZURUECKGESTELLT", ACTION_UNENROL, true);
  assert_resolves(table, "ZURÜCKGESTELLT", ACTION_UNENROL, true);
  assert_resolves(table, "ABGEMELDET", ACTION_UNENROL, true);
  assert_resolves(table, "ANGEMELDET", ACTION_NONE, true);
  assert_resolves(table, "S999_UNBEKANNT_STATUS", ACTION_NONE, false);
}

static void
test_forms(void) {
  g_autoptr(StatusTable) table = status_table_new_default();
  assert_resolves(table, "", ACTION_NONE, true);
  assert_resolves(table, " \t", ACTION_NONE, true);
  assert_resolves(table, "\tEINBERUFEN \n", ACTION_ENROL, true);
  assert_resolves(table, "S033_", ACTION_NONE, true);
  assert_resolves(table, "\u00a0S033_einberufen_Kreis\u2003", ACTION_ENROL, true);
  assert_resolves(table, " s041_zurückgestellt_Kreis ", ACTION_UNENROL, true);
  assert_resolves(table, "S041_zuru\u0308ckgestellt_LAND", ACTION_UNENROL,
                  true); /* u and two dots */
  assert_resolves(table, "BESTANDEN_GEMEINDE", ACTION_COMPLETE, true);
  assert_resolves(table, "S084_BESTANDENE_LAND", ACTION_NONE, false);
  assert_resolves(table, "S08_BESTANDEN_LAND", ACTION_NONE, false);
  assert_resolves(table, "S0844_BESTANDEN_LAND", ACTION_NONE, false);
  assert_resolves(table, "X084_BESTANDEN_LAND", ACTION_NONE, false);
  assert_resolves(table, "S084-BESTANDEN", ACTION_NONE, false);
  assert_resolves(table, "S084_BESTANDEN\xff_LAND", ACTION_NONE, false);
}

/* Long ones take another way through the code than short ones; the border lies between these. */
static void
test_long(void) {
  g_autoptr(StatusTable) table = status_table_new_default();
  for (gsize length = 40; length < 200; length++) {
    g_autofree char *filler = g_strnfill(length, 'x');
    g_autofree char *raw = g_strconcat("  s084_bestanden_", filler, "  ", NULL);
    assert_resolves(table, raw, ACTION_COMPLETE, true);
    g_autofree char *unknown = g_strconcat("s084_", filler, "_land", NULL);
    assert_resolves(table, unknown, ACTION_NONE, false);
  }
}

static void
assert_word(const char *raw, const char *expected) {
  g_autofree char *word = status_word(raw);
  g_assert_cmpstr(word, ==, expected);
}

static void
test_word(void) {
  assert_word("S034_EINBERUFUNG_VERSCHICKT_KREIS", "EINBERUFUNG");
  assert_word("  s033_einberufen_kreis  ", "EINBERUFEN");
  assert_word("S100_STORNIERT_WERKFEUERWEHRVERBAND", "STORNIERT");
  assert_word("STORNIERT_LAND", "STORNIERT");
  assert_word("s041_zurückgestellt_kreis", "ZURÜCKGESTELLT");
  assert_word("S999_UNBEKANNT_STATUS", "UNBEKANNT");
  assert_word("S033", "S033");
  assert_word("S033_", "");
  assert_word("", "");
}

static void
test_set(void) {
  g_autoptr(StatusTable) table = status_table_new();
  assert_resolves(table, "S033_EINBERUFEN_KREIS", ACTION_NONE, false);

  g_assert_true(status_table_set(table, "nachgerückt", "angemeldet"));
  g_assert_true(status_table_set(table, "Teilnahme", "bestanden"));
  g_assert_true(status_table_set(table, "RAUS", "abgemeldet"));
  g_assert_true(status_table_set(table, "WARTELISTE", "noop"));
  assert_resolves(table, "S200_NACHGERÜCKT_KREIS", ACTION_ENROL, true);
  assert_resolves(table, "S201_TEILNAHME_KREIS", ACTION_COMPLETE, true);
  assert_resolves(table, "S202_RAUS_KREIS", ACTION_UNENROL, true);
  assert_resolves(table, "S203_WARTELISTE_KREIS", ACTION_NONE, true);

  g_assert_true(status_table_set(table, "Raus", "noop")); /* the later one counts */
  assert_resolves(table, "S202_RAUS_KREIS", ACTION_NONE, true);

  g_assert_false(status_table_set(table, "", "noop"));
  g_assert_false(status_table_set(table, "  ", "noop"));
  g_assert_false(status_table_set(table, "ZWEI_WORTE", "noop"));
  g_assert_false(status_table_set(table, "WORT", ""));
  g_assert_false(status_table_set(table, "WORT", "enrol"));
  g_assert_false(status_table_set(table, "WORT", "Angemeldet"));
  assert_resolves(table, "WORT", ACTION_NONE, false);
}

/* The net of several is the greatest (SPEC 5). */
static void
test_order(void) {
  g_assert_cmpint(ACTION_COMPLETE, >, ACTION_ENROL);
  g_assert_cmpint(ACTION_ENROL, >, ACTION_UNENROL);
  g_assert_cmpint(ACTION_UNENROL, >, ACTION_NONE);
  g_assert_cmpstr(status_handler_name(ACTION_COMPLETE), ==, "bestanden");
  g_assert_cmpstr(status_handler_name(ACTION_ENROL), ==, "angemeldet");
  g_assert_cmpstr(status_handler_name(ACTION_UNENROL), ==, "abgemeldet");
  g_assert_cmpstr(status_handler_name(ACTION_NONE), ==, "noop");
}

int
main(int argc, char *argv[]) {
  setlocale(LC_ALL, "");
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/status/file", test_file);
  g_test_add_func("/status/words", test_words);
  g_test_add_func("/status/forms", test_forms);
  g_test_add_func("/status/long", test_long);
  g_test_add_func("/status/word", test_word);
  g_test_add_func("/status/set", test_set);
  g_test_add_func("/status/order", test_order);
  return g_test_run();
}
