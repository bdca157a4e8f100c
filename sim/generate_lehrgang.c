/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate_lehrgang.h"

#include <stdio.h>
#include <string.h>

#include "json_out.h"
#include "prng.h"

#define TAG_LEHRGANG 1

/* Ids that are numbers start here; each tenant has as many as a Lehrgang's number has values. */
#define NUMERIC_BASE 10000000u
#define NUMERIC_STEP 100000u

/* Most Lehrgänge are in the year itself, one in ten in one of the four before, a few in the next.
 */
static gint
pick_year(Prng *prng, gint year) {
  guint roll = prng_below(prng, 100);
  if (roll < 10)
    return year - 1 - (gint)prng_below(prng, 4);
  return roll < 14 ? year + 1 : year;
}

/* By hand: no locale, and no buffer that the compiler must believe large enough. */
static void
write_day(char text[11], const GDate *date) {
  gint year = g_date_get_year(date);
  gint month = g_date_get_month(date);
  gint day = g_date_get_day(date);
  const gint digits[] = { year / 1000, year / 100, year / 10, year,     -1,
                          month / 10,  month,      -1,        day / 10, day };
  for (guint i = 0; i < 10; i++)
    text[i] = digits[i] < 0 ? '-' : (char)('0' + digits[i] % 10);
  text[10] = '\0';
}

static void
pick_days(GenerateLehrgang *lehrgang, Prng *prng, gint year) {
  lehrgang->days = 1 + prng_below(prng, lehrgang->kurs->days);
  GDate date;
  g_date_set_dmy(&date, 1, G_DATE_JANUARY, (GDateYear)year);
  /* A few go over New Year: they count for the year they end in. */
  bool new_year = lehrgang->days > 2 && prng_below(prng, 100) == 0;
  if (new_year)
    g_date_subtract_days(&date, 1);
  else
    g_date_add_days(&date, prng_below(prng, 350));
  write_day(lehrgang->start, &date);
  g_date_add_days(&date, lehrgang->days - 1);
  write_day(lehrgang->end, &date);
}

static void
write_id(GenerateLehrgang *lehrgang, Prng *prng, gint year, guint tenant, const char *abbr) {
  guint roll = prng_below(prng, 100);
  lehrgang->numeric = roll < 2;
  if (lehrgang->numeric)
    g_snprintf(lehrgang->id, sizeof lehrgang->id, "%u",
               NUMERIC_BASE + tenant * NUMERIC_STEP + lehrgang->number);
  else if (roll < 5)
    g_snprintf(lehrgang->id, sizeof lehrgang->id, "%s-LG/%d %05u", abbr, year, lehrgang->number);
  else
    g_snprintf(lehrgang->id, sizeof lehrgang->id, "%s-LG-%d-%06u", abbr, year, lehrgang->number);
}

static GenerateLehrgangFlaw
pick_flaw(Prng *prng) {
  static const GenerateLehrgangFlaw flaws[] = {
    GENERATE_LEHRGANG_NO_ID,  GENERATE_LEHRGANG_NO_ID,   GENERATE_LEHRGANG_NO_END,
    GENERATE_LEHRGANG_NO_END, GENERATE_LEHRGANG_BAD_END, GENERATE_LEHRGANG_NO_NAME
  };
  guint roll = prng_below(prng, 1000);
  return roll < G_N_ELEMENTS(flaws) ? flaws[roll] : GENERATE_LEHRGANG_GOOD;
}

void
generate_lehrgang_make(GenerateLehrgang *lehrgang, guint64 seed, gint base_year, guint tenant,
                       const char *abbr, guint number) {
  Prng prng = prng_at(seed, TAG_LEHRGANG, tenant, number, 0);
  memset(lehrgang, 0, sizeof *lehrgang);
  lehrgang->number = number;
  gint year = pick_year(&prng, base_year);
  bool unknown = prng_below(&prng, 100) < 2;
  guint kurs = prng_below(&prng, 1u << 20);
  lehrgang->kurs = unknown ? names_kurs_unbekannt(kurs) : names_kurs(kurs);
  pick_days(lehrgang, &prng, year);
  write_id(lehrgang, &prng, year, tenant, abbr);
  lehrgang->flaw = pick_flaw(&prng);
  if (lehrgang->flaw == GENERATE_LEHRGANG_NO_END)
    lehrgang->end[0] = '\0';
  lehrgang->german_start = prng_below(&prng, 100) < 15;
  if (prng_below(&prng, 100) == 0)
    lehrgang->start[0] = '\0';
  lehrgang->roll = prng_below(&prng, 1u << 30);
}

bool
generate_lehrgang_number(const char *id, guint *number) {
  gsize length = strlen(id);
  if (length < 5)
    return false;
  guint value = 0;
  for (const char *digit = id + length - 5; *digit != '\0'; digit++) {
    if (!g_ascii_isdigit(*digit))
      return false;
    value = value * 10 + (guint)(*digit - '0');
  }
  *number = value;
  return true;
}

static bool
day_within(const char *day, const SourceRange *range) {
  return day[0] != '\0' && strcmp(day, range->from) >= 0 && strcmp(day, range->to) <= 0;
}

bool
generate_lehrgang_within(const GenerateLehrgang *lehrgang, const SourceRange *range) {
  bool end = lehrgang->flaw != GENERATE_LEHRGANG_BAD_END && day_within(lehrgang->end, range);
  return end || day_within(lehrgang->start, range);
}

static void
append_start(const GenerateLehrgang *lehrgang, GString *body) {
  const char *iso = lehrgang->start;
  if (iso[0] == '\0') {
    if (lehrgang->roll % 2 == 0)
      json_out_raw(body, ",\"startTag\":null");
    return;
  }
  json_out_raw(body, ",\"startTag\":\"");
  if (lehrgang->german_start)
    g_string_append_printf(body, "%.2s.%.2s.%.4s", iso + 8, iso + 5, iso);
  else
    g_string_append(body, iso);
  g_string_append_c(body, '"');
}

static void
append_end(const GenerateLehrgang *lehrgang, GString *body) {
  if (lehrgang->flaw == GENERATE_LEHRGANG_NO_END)
    return;
  json_out_raw(body, ",\"endTag\":\"");
  if (lehrgang->flaw == GENERATE_LEHRGANG_BAD_END)
    g_string_append_printf(body, "%.4s-02-31", lehrgang->end);
  else
    g_string_append(body, lehrgang->end);
  g_string_append_c(body, '"');
}

static void
append_ort(const GenerateLehrgang *lehrgang, GString *body) {
  guint roll = lehrgang->roll % 100;
  const NamesOrt *ort = names_ort(lehrgang->roll / 100);
  json_out_raw(body, ",\"ort\":");
  if (roll < 2) {
    json_out_raw(body, "null");
  } else if (roll < 10) {
    g_string_append(body, roll % 2 ? "\"HLFS Kassel\"" : "\"HLFS Außenstelle Marburg-Cappel\"");
  } else {
    g_string_append(body, roll < 60 ? "\"FTZ " : "\"Feuerwehrhaus ");
    g_string_append(body, ort->text);
    g_string_append_c(body, '"');
  }
}

/* The first days of teaching, as ZMS lists them; nobody reads them, but they are what a list's size
 * comes from. */
static void
append_tage(const GenerateLehrgang *lehrgang, GString *body) {
  if (lehrgang->roll % 20 == 0 || lehrgang->start[0] == '\0') {
    json_out_raw(body, ",\"lehrgangstage\":null");
    return;
  }
  GDate date;
  g_date_clear(&date, 1);
  g_date_set_dmy(&date, (GDateDay)g_ascii_strtoull(lehrgang->start + 8, NULL, 10),
                 (GDateMonth)g_ascii_strtoull(lehrgang->start + 5, NULL, 10),
                 (GDateYear)g_ascii_strtoull(lehrgang->start, NULL, 10));
  json_out_raw(body, ",\"lehrgangstage\":[");
  for (guint day = 0; day < MIN(lehrgang->days, 4); day++) {
    char text[11];
    write_day(text, &date);
    g_string_append(body, day > 0 ? ",{\"datum\":\"" : "{\"datum\":\"");
    g_string_append(body, text);
    json_out_raw(body, "\",\"active\":true}");
    g_date_add_days(&date, 1);
  }
  g_string_append_c(body, ']');
}

void
generate_lehrgang_append(const GenerateLehrgang *lehrgang, GString *body) {
  json_out_raw(body, "{\"id\":");
  if (lehrgang->numeric && lehrgang->flaw != GENERATE_LEHRGANG_NO_ID)
    g_string_append(body, lehrgang->id);
  else
    json_out_text(body, lehrgang->flaw == GENERATE_LEHRGANG_NO_ID ? "" : lehrgang->id);
  json_out_raw(body, ",\"typ\":\"KREIS\",\"bezeichnung\":");
  json_out_text(body, lehrgang->kurs->bezeichnung);
  json_out_raw(body, ",\"kurzbezeichnung\":");
  json_out_text(
      body, lehrgang->flaw == GENERATE_LEHRGANG_NO_NAME ? NULL : lehrgang->kurs->kurzbezeichnung);
  json_out_raw(body, ",\"startZeit\":\"08:30\",\"endZeit\":\"16:30\"");
  append_ort(lehrgang, body);
  append_start(lehrgang, body);
  append_end(lehrgang, body);
  json_out_raw(body, ",\"maxAnzahlTeilnehmer\":");
  json_out_number(body, 8 + lehrgang->roll % 17, 1);
  json_out_raw(body, ",\"isLehrgangLocked\":");
  g_string_append(body, lehrgang->roll % 3 == 0 ? "true" : "false");
  append_tage(lehrgang, body);
  g_string_append_c(body, '}');
}
