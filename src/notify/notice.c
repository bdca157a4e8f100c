/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "notify/notice.h"

#include <string.h>

#include "base/date.h"
#include "base/text.h"
#include "http/phrase.h"
#include "notify/digest.h"

#define W(de, en) DIGEST_WORDS(german, de, en)

/* Tenants that a subject and a body name. */
#define NAMED_IN_SUBJECT 5
#define NAMED_IN_BODY 40

/* Bytes of a foreign text. */
#define MAX_NAME 200
#define MAX_REASON 1000

void
notice_clear(Notice *notice) {
  g_free(notice->subject);
  g_free(notice->body);
}

static bool
is_german(const Config *config) {
  return strcmp(config->notify.language, "de") == 0;
}

static char *
line_of(const char *text, gsize max) {
  return phrase_line(text, strlen(text), max);
}

static const char *
status_words(RunStatus status, bool german) {
  switch (status) {
  case RUN_SUCCESS:
    return W("erfolgreich", "success");
  case RUN_PARTIAL:
    return W("teilweise", "partial");
  case RUN_HELD:
    return W("Austragungen angehalten", "unenrolments held back");
  case RUN_SKIPPED:
    return W("nicht ausgeführt", "not done");
  case RUN_INTERRUPTED:
    return W("abgebrochen", "interrupted");
  case RUN_RUNNING:
  case RUN_ERROR:
    break;
  }
  return W("fehlgeschlagen", "failed");
}

static const char *
status_sentence(RunStatus status, const json_t *report, bool german) {
  switch (status) {
  case RUN_SUCCESS:
    if (digest_without_course(report))
      return W("Alles ist erledigt; nur gibt es zu einigen Lehrgängen keinen Kurs in Moodle.",
               "All is done, except that some Lehrgänge have no course in Moodle.");
    return W("Alles, was ZMS verlangt, steht in Moodle.", "All that ZMS asks for holds in Moodle.");
  case RUN_PARTIAL:
    if (digest_nothing_failed(report))
      return W("Alles ist ausgeführt; um etwas muss sich aber noch jemand kümmern (siehe unten).",
               "Everything is done, but something still needs somebody (see below).");
    return W(
        "Ein Teil ist fehlgeschlagen, der Rest ist erledigt. Sind die Ursachen behoben, holt ein "
        "neuer Lauf nach, was fehlt.",
        "A part failed, the rest is done. Once the causes are gone, another run does what is "
        "missing.");
  case RUN_HELD:
    return W("Es sollten ungewöhnlich viele Personen ausgetragen werden. Das wartet auf eine "
             "Freigabe, alles andere ist erledigt.",
             "Unusually many people were to be unenrolled. That waits for somebody's consent, all "
             "else is done.");
  case RUN_SKIPPED:
    return W("Ein anderer Lauf war im Gange; es wurde nichts getan.",
             "Another run was under way; nothing was done.");
  case RUN_INTERRUPTED:
    return W("Der Lauf wurde unterbrochen. Was getan ist, bleibt getan; ein neuer Lauf holt nach, "
             "was fehlt.",
             "The run was interrupted. What is done stays done; another run does what is missing.");
  case RUN_RUNNING:
  case RUN_ERROR:
    break;
  }
  return W(
      "Der Lauf ist fehlgeschlagen. Was getan ist, bleibt getan; ein neuer Lauf holt nach, was "
      "fehlt.",
      "The run failed. What is done stays done; another run does what is missing.");
}

/* "FD, HP", "FD, HP, KS, LDK, MKK + 3"; `all` without tenants. */
static char *
tenants_text(char *const *tenants, guint limit, const char *all) {
  if (tenants == NULL || tenants[0] == NULL)
    return g_strdup(all);
  g_autoptr(GString) text = g_string_new(NULL);
  guint count = g_strv_length((char **)tenants);
  for (guint i = 0; i < MIN(count, limit); i++)
    g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", tenants[i]);
  if (count > limit)
    g_string_append_printf(text, " + %u", count - limit);
  return line_of(text->str, MAX_REASON);
}

static void
append_field(GString *to, const char *label, const char *value) {
  autochar fitted = text_fit(label, 15, false);
  autochar line = line_of(value, MAX_REASON);
  g_string_append_printf(to, "%s %s\n", fitted, line);
}

/* Which run it was, and when. */
static void
append_run(GString *to, const Config *config, const json_t *report, bool german) {
  if (report == NULL)
    return;
  autochar id =
      g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(json_object_get(report, "run")));
  autochar start =
      date_format(json_integer_value(json_object_get(report, "started")), config->moodle.timezone);
  autochar end =
      date_format(json_integer_value(json_object_get(report, "ended")), config->moodle.timezone);
  append_field(to, W("Lauf:", "Run:"), id);
  append_field(to, W("Beginn:", "Start:"), start);
  append_field(to, W("Ende:", "End:"), end);
}

static void
append_reason(GString *to, const json_t *report, const char *why, bool german) {
  const char *error = digest_text(report, "error");
  const char *reason = *error != '\0' || why == NULL ? error : why;
  if (*reason == '\0')
    return;
  autochar line = line_of(reason, MAX_REASON);
  g_string_append_printf(to, W("\nGrund: %s\n", "\nReason: %s\n"), line);
}

static void
append_end(GString *to, const json_t *report, bool german) {
  json_int_t run = json_integer_value(json_object_get(report, "run"));
  if (run > 0)
    g_string_append_printf(
        to,
        W("\nAlles zu diesem Lauf:\n  lehrgaenge runs show %" JSON_INTEGER_FORMAT "\n",
          "\nAll of this run:\n  lehrgaenge runs show %" JSON_INTEGER_FORMAT "\n"),
        run);
}

/* ── imports ── */

/* How the same would be done from the command line. */
static char *
import_command(const ImportRequest *request) {
  g_autoptr(GString) command = g_string_new("lehrgaenge sync");
  g_string_append_printf(command, " --year %d", request->year);
  for (char **tenant = request->tenants; tenant != NULL && *tenant != NULL; tenant++) {
    autochar quoted = g_shell_quote(*tenant);
    bool plain =
        strspn(*tenant, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") ==
        strlen(*tenant);
    g_string_append_printf(command, " --tenant %s", plain ? *tenant : quoted);
  }
  return line_of(command->str, MAX_REASON);
}

static char *
import_subject(const ImportRequest *request, RunStatus status, const json_t *report, bool final,
               bool german) {
  autochar tenants = tenants_text(request->tenants, NAMED_IN_SUBJECT, "");
  /* Where all of it failed, counting what did not happen would mislead. */
  autochar worst = status == RUN_PARTIAL ? digest_worst(report, german) : g_strdup("");
  return g_strdup_printf("Import %d%s%s%s: %s%s%s%s", request->year, *tenants != '\0' ? " (" : "",
                         tenants, *tenants != '\0' ? ")" : "", status_words(status, german),
                         final ? "" : W(", wird wiederholt", ", will be tried again"),
                         *worst != '\0' ? " – " : "", worst);
}

Notice
notice_import(const Config *config, const ImportRequest *request, RunStatus status,
              const json_t *report, const char *why, bool final) {
  bool german = is_german(config);
  autochar year = g_strdup_printf("%d", request->year);
  autochar tenants = tenants_text(request->tenants, NAMED_IN_BODY, W("alle", "all"));
  autochar command = import_command(request);
  GString *body = g_string_new(NULL);
  if (final)
    g_string_append_printf(body, "%s\n\n", status_sentence(status, report, german));
  else
    g_string_append(body, W("Der Import ist fehlgeschlagen und wird später von selbst wiederholt.\n"
                            "Zum Ergebnis kommt eine weitere Nachricht.\n\n",
                            "The import failed and will be tried again by itself.\n"
                            "Another message will tell what became of it.\n\n"));
  append_field(body, W("Jahr:", "Year:"), year);
  append_field(body, W("Mandanten:", "Tenants:"), tenants);
  if (!text_empty(request->starter))
    append_field(body, W("Gestartet von:", "Started by:"), request->starter);
  append_run(body, config, report, german);
  append_reason(body, report, why, german);
  if (report != NULL)
    digest_append(body, report, command, german);
  if (report == NULL && final && status != RUN_SUCCESS)
    g_string_append_printf(body, W("\nNoch einmal von Hand:\n  %s\n", "\nAgain by hand:\n  %s\n"),
                           command);
  append_end(body, report, german);
  return (Notice){ import_subject(request, status, report, final, german),
                   g_string_free(body, FALSE) };
}

/* ── scheduled runs ── */

Notice
notice_scheduled(const Config *config, const json_t *report) {
  bool german = is_german(config);
  RunStatus status = RUN_ERROR;
  run_status_parse(digest_text(report, "status"), &status);
  autochar worst = status == RUN_PARTIAL ? digest_worst(report, german) : g_strdup("");
  GString *body = g_string_new(NULL);
  g_string_append_printf(body, "%s\n\n", status_sentence(status, report, german));
  append_run(body, config, report, german);
  append_reason(body, report, NULL, german);
  digest_append(body, report, "lehrgaenge sync", german);
  append_end(body, report, german);
  autochar subject =
      g_strdup_printf(W("Geplanter Lauf %" JSON_INTEGER_FORMAT ": %s%s%s",
                        "Scheduled run %" JSON_INTEGER_FORMAT ": %s%s%s"),
                      json_integer_value(json_object_get(report, "run")),
                      status_words(status, german), *worst != '\0' ? " – " : "", worst);
  return (Notice){ g_steal_pointer(&subject), g_string_free(body, FALSE) };
}

/* ── certificates ── */

/* The tenants that show this certificate. */
static char *
users_of(const Config *config, const char *path, const char *none) {
  g_autoptr(GPtrArray) users = g_ptr_array_new();
  for (guint i = 0; i < config->tenants->len; i++) {
    const ConfigTenant *tenant = g_ptr_array_index(config->tenants, i);
    if (g_strcmp0(tenant->certificate, path) == 0)
      g_ptr_array_add(users, tenant->abbr);
  }
  g_ptr_array_add(users, NULL);
  return tenants_text((char **)users->pdata, NAMED_IN_BODY, none);
}

static char *
days_text(gint days, bool german) {
  if (days < 0)
    return g_strdup(W("ist abgelaufen", "has expired"));
  if (days == 0)
    return g_strdup(W("läuft in weniger als einem Tag ab", "expires in less than a day"));
  if (days == 1)
    return g_strdup(W("läuft in 1 Tag ab", "expires in 1 day"));
  return g_strdup_printf(W("läuft in %d Tagen ab", "expires in %d days"), days);
}

/* Whether no tenant shows it: it is the pages' alone. */
static bool
is_of_pages(const Config *config, const char *path) {
  for (guint i = 0; i < config->tenants->len; i++)
    if (g_strcmp0(((const ConfigTenant *)g_ptr_array_index(config->tenants, i))->certificate,
                  path) == 0)
      return false;
  return g_strcmp0(path, config->web.certificate) == 0 &&
         g_strcmp0(path, config->zms.certificate) != 0;
}

/* Of the pages' own: browsers do not believe one that has expired. */
static char *
body_of_pages(const char *when, const char *path, bool german) {
  return g_strdup_printf(
      W("Das Zertifikat der Webseiten ([web] certificate) %s:\n\n  %s\n\n"
        "Mit einem abgelaufenen warnen Browser vor den Seiten. Bitte ein neues beantragen, Datei "
        "und "
        "Schlüssel ersetzen und den Dienst neu einlesen lassen:\n"
        "  systemctl reload lehrgaenge\n",
        "The certificate of the web pages ([web] certificate) %s:\n\n  %s\n\n"
        "With one that has expired, browsers warn of the pages. Please ask for a new one, replace "
        "file and key, and have the service read them:\n"
        "  systemctl reload lehrgaenge\n"),
      when, path);
}

static char *
body_of_client(const Config *config, const char *path, const char *when, gint days, bool german) {
  autochar users = users_of(config, path, W("niemand", "nobody"));
  autochar whole = line_of(path, MAX_REASON);
  return g_strdup_printf(
      W("Das Client-Zertifikat für ZMS %s:\n\n  %s\n\n"
        "Mandanten, die es benutzen: %s\n\n"
        "%s Bitte ein neues beantragen, Datei und Schlüssel ersetzen und prüfen mit:\n"
        "  lehrgaenge check\n",
        "The client certificate for ZMS %s:\n\n  %s\n\n"
        "Tenants that use it: %s\n\n"
        "%s Please ask for a new one, replace file and key, and look with:\n"
        "  lehrgaenge check\n"),
      when, whole, users,
      days < 0 ? W("Diese Mandanten können nicht mehr gelesen werden.",
                   "These tenants cannot be read any more.")
               : W("Danach können diese Mandanten nicht mehr gelesen werden.",
                   "After that, these tenants cannot be read any more."));
}

Notice
notice_certificate(const Config *config, const char *path, gint days) {
  bool german = is_german(config);
  autochar name = g_path_get_basename(path);
  autochar shown = line_of(name, MAX_NAME);
  autochar whole = line_of(path, MAX_REASON);
  autochar when = days_text(days, german);
  return (Notice){
    .subject = g_strdup_printf(W("Zertifikat %s %s", "Certificate %s %s"), shown, when),
    .body = is_of_pages(config, path) ? body_of_pages(when, whole, german)
                                      : body_of_client(config, path, when, days, german),
  };
}
