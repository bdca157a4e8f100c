/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/run_words.h"

#include <string.h>

#include "api/api_error.h"
#include "base/text.h"

/* ── counts ── */

static void
add(GString *text, WebLanguage language, gint64 count, const char *english, const char *german) {
  if (count == 0)
    return;
  autochar number = web_number(language, count);
  g_string_append_printf(text, "%s%s %s", text->len > 0 ? ", " : "", number,
                         web_say(language, english, german));
}

char *
run_words_changes(WebLanguage language, const RunTotals *totals) {
  GString *text = g_string_new(NULL);
  bool course = totals->courses_created == 1, account = totals->users_created == 1;
  add(text, language, totals->enrolled, "enrolled", "eingeschrieben");
  add(text, language, totals->unenrolled, "unenrolled", "ausgetragen");
  add(text, language, totals->completed, "completed", "abgeschlossen");
  add(text, language, totals->courses_created, course ? "course created" : "courses created",
      course ? "Kurs angelegt" : "Kurse angelegt");
  add(text, language, totals->users_created, account ? "account created" : "accounts created",
      account ? "Konto angelegt" : "Konten angelegt");
  return g_string_free(text, FALSE);
}

char *
run_words_failures(WebLanguage language, const RunTotals *totals) {
  GString *text = g_string_new(NULL);
  bool tenant = totals->tenants_failed == 1;
  add(text, language, totals->failed, totals->failed == 1 ? "failure" : "failures", "Fehler");
  add(text, language, totals->tenants_failed, tenant ? "tenant not read" : "tenants not read",
      tenant ? "Mandant nicht gelesen" : "Mandanten nicht gelesen");
  return g_string_free(text, FALSE);
}

/* ── the sentence ── */

static char *
say_done(WebLanguage language, const char *changes) {
  if (*changes == '\0')
    return g_strdup(web_say(language, "There was nothing to change.", "Es gab nichts zu ändern."));
  return web_say_format(language, "Everything is done: %s.", "Alles ist ausgeführt: %s.", changes);
}

static char *
say_partial(WebLanguage language, const char *changes, const char *failures, bool bound) {
  autochar rest = *changes == '\0'
                      ? g_strdup(web_say(language, "Otherwise there was nothing to change.",
                                         "Sonst gab es nichts zu ändern."))
                      : web_say_format(language, "All else is done: %s.",
                                       "Alles andere ist ausgeführt: %s.", changes);
  const char *next = web_say(language, "The next run tries the rest again.",
                             "Den Rest versucht der nächste Lauf noch einmal.");
  if (*failures != '\0')
    return web_say_format(language, "Not everything succeeded: %s. %s %s",
                          "Nicht alles ist gelungen: %s. %s %s", failures, rest, next);
  autochar done = say_done(language, changes);
  if (bound)
    return web_say_format(language, "Nothing of your tenants failed. %s",
                          "Bei Ihren Mandanten ist nichts fehlgeschlagen. %s", done);
  /* Such a run is partial for what it could not finish by itself. */
  return web_say_format(language,
                        "%s But something still needs somebody, such as a content copy that "
                        "failed or removals without proof.",
                        "%s Um etwas muss sich aber noch jemand kümmern, etwa um eine "
                        "fehlgeschlagene Kopie von Kursinhalten oder Austragungen ohne Beleg.",
                        done);
}

static char *
say_held(WebLanguage language, const char *changes) {
  const char *why = web_say(
      language,
      "So many people would have been unenrolled at once that the guard held these removals.",
      "Es wären auf einmal so viele Personen ausgetragen worden, dass die Schutzgrenze diese "
      "Austragungen angehalten hat.");
  if (*changes == '\0')
    return web_say_format(language, "%s Otherwise there was nothing to change.",
                          "%s Sonst gab es nichts zu ändern.", why);
  return web_say_format(language, "%s All else is done: %s.", "%s Alles andere ist ausgeführt: %s.",
                        why, changes);
}

static char *
say_failed(WebLanguage language, const char *changes) {
  if (*changes == '\0')
    return g_strdup(web_say(language, "The run failed; nothing was changed.",
                            "Der Lauf ist fehlgeschlagen; geändert wurde nichts."));
  return web_say_format(language, "The run failed. Done before that: %s.",
                        "Der Lauf ist fehlgeschlagen. Bis dahin ausgeführt: %s.", changes);
}

char *
run_words_verdict(WebLanguage language, RunStatus status, const RunTotals *totals, bool bound) {
  static const RunTotals none = { 0 };
  autochar changes = run_words_changes(language, totals != NULL ? totals : &none);
  autochar failures = run_words_failures(language, totals != NULL ? totals : &none);
  bool known = totals != NULL;
  switch (status) {
  case RUN_RUNNING:
    break;
  case RUN_SUCCESS:
    return known ? say_done(language, changes)
                 : g_strdup(web_say(language, "Everything is done.", "Alles ist ausgeführt."));
  case RUN_PARTIAL:
    return known ? say_partial(language, changes, failures, bound)
                 : g_strdup(
                       web_say(language, "Not everything succeeded.", "Nicht alles ist gelungen."));
  case RUN_HELD:
    return say_held(language, changes);
  case RUN_ERROR:
    return known ? say_failed(language, changes)
                 : g_strdup(web_say(language, "The run failed.", "Der Lauf ist fehlgeschlagen."));
  case RUN_SKIPPED:
    return g_strdup(web_say(language, "The run did nothing.", "Der Lauf tat nichts."));
  case RUN_INTERRUPTED:
    return g_strdup(web_say(language, "The run was cut short. The next one does what is missing.",
                            "Der Lauf wurde abgebrochen. Der nächste holt nach, was fehlt."));
  }
  return g_strdup("");
}

/* ── causes ── */

/* Told apart by the remedy that the client adds to each error; what several have in common leaves
 * the error to speak for itself. */
const char *
run_words_cause(WebLanguage language, const char *error) {
  static const struct {
    ApiError code;
    const char *english, *german;
  } causes[] = {
    { API_ERROR_UNAUTHORIZED, "ZMS does not accept the tenant's apikey; it has to be corrected.",
      "Das ZMS weist den apikey des Mandanten ab; er muss berichtigt werden." },
    { API_ERROR_FORBIDDEN, "ZMS does not let the tenant's apikey read this; ask who runs ZMS.",
      "Das ZMS lässt den apikey des Mandanten hier nicht lesen; fragen Sie, wer das ZMS "
      "betreibt." },
    { API_ERROR_RATE_LIMITED, "ZMS was asked too often.", "Das ZMS wurde zu oft gefragt." },
    { API_ERROR_SERVER, "ZMS has a problem of its own; the next run tries again.",
      "Das ZMS hat selbst eine Störung; der nächste Lauf versucht es noch einmal." },
    { API_ERROR_TRANSPORT, "ZMS cannot be reached. Is it up, and the network, too?",
      "Das ZMS ist nicht zu erreichen. Läuft es, und steht das Netz?" },
    { API_ERROR_TLS, "The secured connection to ZMS failed; check the certificates.",
      "Die gesicherte Verbindung zum ZMS kam nicht zustande; prüfen Sie die Zertifikate." },
  };
  if (strcmp(error, "no tenant could be read") == 0)
    return web_say(language, "No tenant could be read.", "Kein Mandant konnte gelesen werden.");
  if (strstr(error, ": unexpected answer: ") != NULL)
    return web_say(language,
                   "ZMS answered something that is no list of Lehrgänge or Teilnehmer; ask who "
                   "runs ZMS.",
                   "Das ZMS hat etwas geantwortet, das keine Liste von Lehrgängen oder Teilnehmern "
                   "ist; fragen Sie, wer das ZMS betreibt.");
  for (guint i = 0; i < G_N_ELEMENTS(causes); i++)
    if (strstr(error, api_error_remedy(causes[i].code)) != NULL)
      return web_say(language, causes[i].english, causes[i].german);
  return NULL;
}
