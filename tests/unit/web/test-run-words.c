/* What came of a run, in a sentence.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>

#include "api/api_error.h"
#include "web/run_words.h"

static const RunTotals nothing = { .tenants = 2 };
static const RunTotals much = { .tenants = 2,
                                .enrolled = 1012,
                                .unenrolled = 3,
                                .completed = 4,
                                .courses_created = 1,
                                .users_created = 2 };
static const RunTotals amiss = { .tenants = 3, .enrolled = 1, .failed = 1, .tenants_failed = 2 };

static void
test_counts(void) {
  g_autofree char *english = run_words_changes(WEB_ENGLISH, &much);
  g_assert_cmpstr(english, ==,
                  "1,012 enrolled, 3 unenrolled, 4 completed, 1 course created, 2 accounts "
                  "created");
  g_autofree char *german = run_words_changes(WEB_GERMAN, &much);
  g_assert_cmpstr(german, ==,
                  "1.012 eingeschrieben, 3 ausgetragen, 4 abgeschlossen, 1 Kurs angelegt, 2 Konten "
                  "angelegt");
  g_autofree char *none = run_words_changes(WEB_GERMAN, &nothing);
  g_assert_cmpstr(none, ==, "");
  g_autofree char *failures = run_words_failures(WEB_GERMAN, &amiss);
  g_assert_cmpstr(failures, ==, "1 Fehler, 2 Mandanten nicht gelesen");
  g_autofree char *fine = run_words_failures(WEB_ENGLISH, &much);
  g_assert_cmpstr(fine, ==, "");
}

static void
test_verdict(void) {
  static const struct {
    RunStatus status;
    const RunTotals *totals;
    bool bound;
    const char *text;
  } cases[] = {
    { RUN_RUNNING, &much, false, "" },
    { RUN_SUCCESS, NULL, false, "Alles ist ausgeführt." },
    { RUN_SUCCESS, &nothing, true, "Es gab nichts zu ändern." },
    { RUN_PARTIAL, &amiss, true,
      "Nicht alles ist gelungen: 1 Fehler, 2 Mandanten nicht gelesen. Alles andere ist ausgeführt: "
      "1 eingeschrieben. Den Rest versucht der nächste Lauf noch einmal." },
    /* Something that is no count of failures, such as a content copy. */
    { RUN_PARTIAL, &nothing, false,
      "Es gab nichts zu ändern. Um etwas muss sich aber noch jemand kümmern, etwa um eine "
      "fehlgeschlagene Kopie von Kursinhalten oder Austragungen ohne Beleg." },
    { RUN_PARTIAL, &nothing, true,
      "Bei Ihren Mandanten ist nichts fehlgeschlagen. Es gab nichts zu ändern." },
    { RUN_PARTIAL, NULL, false, "Nicht alles ist gelungen." },
    { RUN_HELD, &nothing, false,
      "Es wären auf einmal so viele Personen ausgetragen worden, dass die Schutzgrenze diese "
      "Austragungen angehalten hat. Sonst gab es nichts zu ändern." },
    { RUN_ERROR, &amiss, false,
      "Der Lauf ist fehlgeschlagen. Bis dahin ausgeführt: 1 eingeschrieben." },
    { RUN_ERROR, &nothing, false, "Der Lauf ist fehlgeschlagen; geändert wurde nichts." },
    { RUN_ERROR, NULL, false, "Der Lauf ist fehlgeschlagen." },
    { RUN_SKIPPED, NULL, false, "Der Lauf tat nichts." },
    { RUN_INTERRUPTED, NULL, false,
      "Der Lauf wurde abgebrochen. Der nächste holt nach, was fehlt." },
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *text =
        run_words_verdict(WEB_GERMAN, cases[i].status, cases[i].totals, cases[i].bound);
    g_assert_cmpstr(text, ==, cases[i].text);
  }
}

static void
test_cause(void) {
  static const struct {
    ApiError code;
    const char *german;
  } cases[] = {
    { API_ERROR_UNAUTHORIZED, "Das ZMS weist den apikey" },
    { API_ERROR_FORBIDDEN, "Das ZMS lässt den apikey" },
    { API_ERROR_RATE_LIMITED, "Das ZMS wurde zu oft gefragt." },
    { API_ERROR_SERVER, "Das ZMS hat selbst eine Störung" },
    { API_ERROR_TRANSPORT, "Das ZMS ist nicht zu erreichen." },
    { API_ERROR_TLS, "Die gesicherte Verbindung zum ZMS" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *error =
        g_strdup_printf("GET https://zms/lehrgaenge: it. %s", api_error_remedy(cases[i].code));
    g_assert_true(g_str_has_prefix(run_words_cause(WEB_GERMAN, error), cases[i].german));
  }
  g_assert_true(g_str_has_prefix(
      run_words_cause(WEB_ENGLISH, "GET https://zms/: unexpected answer: not JSON: line 1."),
      "ZMS answered something that is no list"));
  g_assert_cmpstr(run_words_cause(WEB_GERMAN, "no tenant could be read"), ==,
                  "Kein Mandant konnte gelesen werden.");
  g_assert_null(run_words_cause(WEB_GERMAN, "the database is locked"));
  g_assert_null(run_words_cause(WEB_GERMAN, ""));
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/web/run-words/counts", test_counts);
  g_test_add_func("/web/run-words/verdict", test_verdict);
  g_test_add_func("/web/run-words/cause", test_cause);
  return g_test_run();
}
