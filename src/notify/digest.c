/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "notify/digest.h"

#include <string.h>

#include "base/text.h"
#include "http/phrase.h"

#define W(de, en) DIGEST_WORDS(german, de, en)

/* The one reason for which a Lehrgang is skipped and yet has its course. */
#define COURSE_EXISTS "course_exists"

guint
digest_number(const json_t *object, const char *key) {
  return (guint)json_integer_value(json_object_get(object, key));
}

const char *
digest_text(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  return text != NULL ? text : "";
}

/* ── in one line ── */

/* Lehrgänge that failed: neither created nor skipped (docs/INTERFACES.md). */
static guint
failed_lehrgaenge(const json_t *totals) {
  guint rest =
      digest_number(totals, "lehrgaenge_created") + digest_number(totals, "lehrgaenge_skipped");
  guint all = digest_number(totals, "lehrgaenge_total");
  return all > rest ? all - rest : 0;
}

/* Tenants that took part. */
static guint
asked_tenants(const json_t *report) {
  guint asked = 0;
  size_t at;
  const json_t *tenant;
  json_array_foreach(json_object_get(report, "tenants"), at, tenant) asked +=
      json_is_true(json_object_get(tenant, "listed")) ||
      json_is_string(json_object_get(tenant, "error"));
  return asked;
}

bool
digest_nothing_failed(const json_t *report) {
  const json_t *totals = json_object_get(report, "totals");
  return json_is_object(totals) && digest_number(totals, "tenants_failed") == 0 &&
         digest_number(totals, "failed") == 0 && failed_lehrgaenge(totals) == 0 &&
         digest_number(json_object_get(report, "content_copies"), "failed") == 0;
}

bool
digest_without_course(const json_t *report) {
  size_t at;
  const json_t *tenant;
  const char *reason;
  json_t *count;
  json_array_foreach(json_object_get(report, "tenants"), at, tenant)
      json_object_foreach(json_object_get(tenant, "skip_reasons"), reason, count) {
    if (strcmp(reason, COURSE_EXISTS) != 0)
      return true;
  }
  return false;
}

char *
digest_worst(const json_t *report, bool german) {
  const json_t *totals = json_object_get(report, "totals");
  guint tenants = digest_number(totals, "tenants_failed"), asked = asked_tenants(report);
  guint lehrgaenge = failed_lehrgaenge(totals), all = digest_number(totals, "lehrgaenge_total");
  guint failed = digest_number(totals, "failed"), unproven = digest_number(totals, "unproven");
  const json_t *content = json_object_get(report, "content_copies");
  guint copies = digest_number(content, "failed"), waiting = digest_number(content, "waiting");
  g_autoptr(GString) text = g_string_new(NULL);
  if (tenants > 0 && asked > 0)
    g_string_append_printf(text, W("%u von %u Mandanten", "%u of %u tenants"), tenants, asked);
  if (lehrgaenge > 0)
    g_string_append_printf(text, W("%s%u von %u Lehrgängen", "%s%u of %u Lehrgänge"),
                           text->len == 0 ? "" : W(" und ", " and "), lehrgaenge, all);
  if (text->len > 0)
    return g_strconcat(text->str, W(" fehlgeschlagen", " failed"), NULL);
  if (failed > 0)
    return g_strdup_printf(W("%u Fehler", "%u failures"), failed);
  if (copies > 0)
    return g_strdup_printf(W("Inhaltskopien fehlgeschlagen: %u", "content copies failed: %u"),
                           copies);
  if (waiting > 0)
    return g_strdup_printf(W("Inhaltskopien, die auf einen neuen Versuch warten: %u",
                             "content copies waiting for another try: %u"),
                           waiting);
  if (unproven > 0)
    return g_strdup_printf(W("nicht belegte Austragungen: %u", "unenrolments without proof: %u"),
                           unproven);
  return g_strdup("");
}

/* ── lists ── */

/* A list with its heading, which stands there only when there is an entry. */
typedef struct {
  GString *to;
  const char *heading;
  guint count;
} List;

static void list_add(List *list, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
list_add(List *list, const char *format, ...) {
  if (list->count++ == 0)
    g_string_append_printf(list->to, "\n%s\n", list->heading);
  if (list->count > DIGEST_MAX_LIST)
    return;
  va_list arguments;
  va_start(arguments, format);
  autochar entry = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  autochar line = phrase_line(entry, strlen(entry), DIGEST_MAX_ENTRY);
  g_string_append_printf(list->to, "  %s\n", line);
}

static void
list_end(const List *list, bool german) {
  if (list->count > DIGEST_MAX_LIST)
    g_string_append_printf(list->to, W("  … und %u weitere\n", "  … and %u more\n"),
                           list->count - DIGEST_MAX_LIST);
}

/* ── the sections ── */

static void
append_counts(GString *to, const json_t *report, bool german) {
  const struct {
    const char *de, *en, *key;
  } lines[] = {
    { "Lehrgänge:", "Lehrgänge:", "lehrgaenge_total" },
    { "Kurse angelegt:", "Courses created:", "courses_created" },
    { "Konten angelegt:", "Accounts created:", "users_created" },
    { "Eingeschrieben:", "Enrolled:", "enrolled" },
    { "Schon eingeschrieben:", "Enrolled before:", "alreadyenrolled" },
    { "Abgeschlossen:", "Completed:", "completed" },
    { "Abgemeldet:", "Unenrolled:", "unenrolled" },
    { "Personen ohne Konto:", "People left out:", "skipped" },
  };
  const json_t *totals = json_object_get(report, "totals");
  if (totals == NULL)
    return;
  g_string_append_c(to, '\n');
  for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
    autochar label = text_fit(W(lines[i].de, lines[i].en), 22, false);
    g_string_append_printf(to, "%s %u\n", label, digest_number(totals, lines[i].key));
  }
}

static void
append_failures(GString *to, const json_t *report, bool german) {
  List list = { .to = to, .heading = W("Fehlgeschlagen:", "Failed:") };
  size_t at, failure_at;
  const json_t *tenant, *failure;
  json_array_foreach(json_object_get(report, "tenants"), at, tenant) {
    const char *abbr = digest_text(tenant, "abbr");
    /* Its Lehrgänge failed with it, for the same reason. */
    if (json_is_string(json_object_get(tenant, "error"))) {
      list_add(&list, "%s: %s", abbr, digest_text(tenant, "error"));
      continue;
    }
    json_array_foreach(json_object_get(tenant, "failed"), failure_at, failure) list_add(
        &list, "%s: %s: %s", abbr, digest_text(failure, "id"), digest_text(failure, "error"));
  }
  list_end(&list, german);
}

/* Why a Lehrgang has no course (docs/OPERATIONS.md). */
static const char *
skip_words(const char *reason, bool german) {
  const struct {
    const char *reason, *de, *en;
  } known[] = {
    { "no_company", "in Moodle fehlt eine Firma dieses Namens und Kürzels",
      "Moodle has no company of that name and code" },
    { "no_category", "der Kursbereich der Firma ist nicht eindeutig",
      "the company's course category is not clear" },
    { "no_template", "es gibt weder einen Kurs des Vorjahrs noch eine Vorlage",
      "neither a course of last year nor a master course" },
    { "no_kurzbezeichnung", "die Kurzbezeichnung fehlt", "without kurzbezeichnung" },
    { "bad_end_tag", "das Ende fehlt oder ist kein Datum", "endTag missing or no date" },
    { "name_too_long", "der Name ist zu lang für Moodle", "the name is too long for Moodle" },
    { "course_failed", "der Kurs konnte nicht angelegt werden", "the course could not be created" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(known); i++)
    if (strcmp(known[i].reason, reason) == 0)
      return W(known[i].de, known[i].en);
  return reason;
}

/* Lehrgänge for which no course could be found or made. */
static void
append_skipped(GString *to, const json_t *report, bool german) {
  List list = { .to = to, .heading = W("Lehrgänge ohne Kurs:", "Lehrgänge without a course:") };
  size_t at;
  const json_t *tenant;
  const char *reason;
  json_t *count;
  json_array_foreach(json_object_get(report, "tenants"), at, tenant)
      json_object_foreach(json_object_get(tenant, "skip_reasons"), reason, count) {
    if (strcmp(reason, COURSE_EXISTS) != 0)
      list_add(&list, "%s: %u (%s)", digest_text(tenant, "abbr"), (guint)json_integer_value(count),
               skip_words(reason, german));
  }
  list_end(&list, german);
}

static void
append_held(GString *to, const json_t *report, const char *command, bool german) {
  List list = { .to = to,
                .heading = W("Angehaltene Austragungen (alles andere ist erledigt):",
                             "Unenrolments held back (all else is done):") };
  size_t at;
  const json_t *item;
  json_array_foreach(json_object_get(report, "held"), at, item) {
    const char *company = digest_text(item, "company");
    bool all = strcmp(company, "all companies") == 0;
    list_add(&list,
             W("%s: %u Austragungen bei %u Eingeschriebenen; ohne Freigabe gehen höchstens %u",
               "%s: %u unenrolments, %u people enrolled; at most %u pass unseen"),
             all && german ? "alle zusammen" : company, digest_number(item, "removals"),
             digest_number(item, "enrolled"), digest_number(item, "allowed"));
  }
  list_end(&list, german);
  if (list.count == 0)
    return;
  const char *arguments = strchr(command, ' ');
  arguments = arguments != NULL ? strchr(arguments + 1, ' ') : NULL;
  g_string_append_printf(to,
                         W("\nSo geht es weiter: ansehen mit\n"
                           "  lehrgaenge plan%s --verbose\n"
                           "und, wenn die Austragungen stimmen, ausführen mit\n"
                           "  %s --allow-removals\n",
                           "\nHow to go on: look at them with\n"
                           "  lehrgaenge plan%s --verbose\n"
                           "and, if they are right, have them done with\n"
                           "  %s --allow-removals\n"),
                         arguments != NULL ? arguments : "", command);
}

static void
append_unproven(GString *to, const json_t *report, bool german) {
  List list = { .to = to,
                .heading =
                    W("Aus diesen Kursen wurde niemand ausgetragen, weil nicht alles gelesen "
                      "werden konnte:",
                      "Nobody was unenrolled from these courses, because not all that feeds "
                      "them could be read:") };
  size_t at;
  const json_t *item;
  json_array_foreach(json_object_get(report, "unproven"), at, item)
      list_add(&list, "%s: %s", digest_text(item, "shortname"), digest_text(item, "why"));
  list_end(&list, german);
}

static void
append_rest(GString *to, const json_t *report, bool german) {
  List list = { .to = to, .heading = W("Hinweise:", "Warnings:") };
  const json_t *copies = json_object_get(report, "content_copies");
  guint left_out = digest_number(json_object_get(report, "totals"), "left_out");
  if (digest_number(copies, "failed") > 0)
    list_add(&list,
             W("Inhaltskopien fehlgeschlagen: %u (siehe lehrgaenge tasks)",
               "Content copies failed: %u (see lehrgaenge tasks)"),
             digest_number(copies, "failed"));
  if (digest_number(copies, "waiting") > 0)
    list_add(&list,
             W("Inhaltskopien, auch früherer Läufe, die auf einen neuen Versuch warten: %u (siehe "
               "lehrgaenge tasks)",
               "Content copies, of earlier runs too, waiting for another try: %u (see lehrgaenge "
               "tasks)"),
             digest_number(copies, "waiting"));
  if (left_out > 0)
    list_add(
        &list,
        W("Fehlerhafte Einträge aus ZMS ausgelassen: %u", "Malformed entries of ZMS left out: %u"),
        left_out);
  size_t at;
  const json_t *item;
  json_array_foreach(json_object_get(report, "warnings"), at, item)
      list_add(&list, "%s", json_string_value(item));
  list_end(&list, german);
}

void
digest_append(GString *to, const json_t *report, const char *command, bool german) {
  append_counts(to, report, german);
  append_failures(to, report, german);
  append_held(to, report, command, german);
  append_skipped(to, report, german);
  append_unproven(to, report, german);
  append_rest(to, report, german);
  if (json_is_true(json_object_get(report, "shortened")))
    g_string_append(to, W("\nDer Bericht war zu groß: was je Mandant geschah, fehlt darin.\n",
                          "\nThe report was too large: what happened per tenant is not in it.\n"));
}
