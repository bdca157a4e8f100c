/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate_people.h"

#include "json_out.h"
#include "names.h"
#include "prng.h"

#define TAG_PERSON 2
#define TAG_PLACE 3
#define TAG_AGAIN 4
#define TAG_DETAILS 5

/* Numbers of people: the tenant's index times this, plus the number within. */
#define PEOPLE_STEP 1000000u

/* Places up to Lehrgang `lehrgang` that go to people seen before. */
static guint
places_again(guint size, guint lehrgang) {
  return lehrgang == 0 ? 0 : lehrgang * size * 3 / 13 - size * 3 / 13;
}

/* Who sits there. New people come first, in the order of their numbers. Those seen before are drawn
 * each from a stretch of its own of all numbers so far, so that nobody sits in one Lehrgang twice.
 */
static guint
pick_person(guint64 seed, guint size, guint tenant, guint lehrgang, guint place) {
  guint before = lehrgang * size - places_again(size, lehrgang);
  guint again = lehrgang == 0 ? 0 : places_again(size, lehrgang + 1) - places_again(size, lehrgang);
  guint fresh = size - again;
  if (place < fresh || again == 0)
    return before + place;
  guint from = (guint)((guint64)before * (place - fresh) / again);
  guint to = (guint)((guint64)before * (place - fresh + 1) / again);
  Prng prng = prng_at(seed, TAG_AGAIN, tenant, lehrgang, place);
  return from + prng_below(&prng, to - from);
}

typedef struct {
  bool initialid; /* has one */
  bool moved;     /* is the person of that number in the tenant before */
  guint roll;
} Traits;

static Traits
traits_of(guint64 seed, guint tenant, guint person) {
  Prng prng = prng_at(seed, TAG_PERSON, tenant, person, 0);
  Traits traits;
  traits.initialid = prng_below(&prng, 100) >= 6;
  traits.moved = tenant > 0 && prng_below(&prng, 200) == 0;
  traits.roll = prng_below(&prng, 1u << 30);
  return traits;
}

/* One step back and no further; only people with an initialId can be recognised elsewhere. */
static Traits
find_home(GenerateTeilnehmer *teilnehmer, guint64 seed) {
  Traits here = traits_of(seed, teilnehmer->tenant, teilnehmer->person);
  teilnehmer->home = teilnehmer->tenant;
  if (!here.moved)
    return here;
  Traits there = traits_of(seed, teilnehmer->tenant - 1, teilnehmer->person);
  if (there.moved || !there.initialid)
    return here;
  teilnehmer->home = teilnehmer->tenant - 1;
  return there;
}

static char *
put_text(char *at, const char *text) {
  while (*text != '\0')
    *at++ = *text++;
  return at;
}

static char *
put_number(char *at, guint number, guint digits) {
  for (guint i = digits; i > 0; i--, number /= 10)
    at[i - 1] = (char)('0' + number % 10);
  return at + digits;
}

/* Mostly one id per person, but with an initialId sometimes another for one Lehrgang. */
static void
write_id(GenerateTeilnehmer *teilnehmer, bool initialid, guint roll) {
  guint number = teilnehmer->tenant * PEOPLE_STEP + teilnehmer->person;
  char *at = teilnehmer->id;
  if (roll >= 1000 - 3) {
    *at = '\0';
    return;
  }
  bool other = initialid && roll < 120;
  at = put_text(at, other ? "TN-EXT-" : "TN-INT-");
  at = put_number(at, number, 8);
  if (other) {
    *at++ = number % 4 == 0 ? '/' : '-';
    at = put_number(at, teilnehmer->lehrgang, 5);
  }
  *at = '\0';
}

void
generate_people_make(GenerateTeilnehmer *teilnehmer, guint64 seed, guint size, guint tenant,
                     guint lehrgang, guint place) {
  teilnehmer->tenant = tenant;
  teilnehmer->lehrgang = lehrgang;
  teilnehmer->place = place;
  teilnehmer->person = pick_person(seed, size, tenant, lehrgang, place);
  Traits traits = find_home(teilnehmer, seed);
  teilnehmer->roll = traits.roll;
  char *at = teilnehmer->initialid;
  if (traits.initialid) {
    at = put_text(at, "P-");
    at = put_number(at, teilnehmer->home * PEOPLE_STEP + teilnehmer->person, 8);
  }
  *at = '\0';
  Prng prng = prng_at(seed, TAG_PLACE, tenant, lehrgang, place);
  write_id(teilnehmer, traits.initialid, prng_below(&prng, 1000));
}

typedef struct {
  bool female;
  const NamesWord *vorname, *nachname;
  const NamesOrt *ort;
  guint number;
} Person;

static void
append_local(const Person *person, GString *body) {
  g_string_append(body, person->vorname->ascii);
  g_string_append_c(body, '.');
  g_string_append(body, person->nachname->ascii);
  /* One in 30 has an address that others may have too, as in real data. */
  if (person->number % 30 != 0) {
    g_string_append_c(body, '.');
    json_out_number(body, person->number, 1);
  }
}

static void
append_private(const Person *person, GString *body) {
  json_out_raw(body, "\"emailPrivat\":\"");
  append_local(person, body);
  json_out_raw(body, "@post.example.invalid\"");
}

static void
append_business(const Person *person, guint kind, GString *body) {
  json_out_raw(body, "\"emailBusiness\":\"");
  gsize start = body->len;
  if (kind < 4)
    json_out_raw(body, "wehrfuehrung"); /* shared by several of a place */
  else
    append_local(person, body);
  json_out_raw(body, "@ff-");
  g_string_append(body, person->ort->ascii);
  g_string_append_c(body, '-');
  json_out_number(body, person->number / PEOPLE_STEP + 1, 1);
  json_out_raw(body, ".example.invalid");
  if (kind == 4 || kind == 5) {
    for (gsize i = start; i < body->len; i++)
      body->str[i] = g_ascii_toupper(body->str[i]);
  }
  g_string_append_c(body, '"');
}

/* The forms SPEC 1 names: nested or flat, either address, none. */
static void
append_email(const Person *person, guint kind, GString *body) {
  if (kind >= 98)
    return;
  if (kind >= 94) {
    json_out_raw(body, ",\"emails\":null");
    return;
  }
  bool flat = kind % 4 == 3;
  g_string_append(body, flat ? "," : ",\"emails\":{");
  if (kind >= 80) {
    append_private(person, body);
    json_out_raw(body, ",\"emailBusiness\":\"\"");
  } else {
    append_private(person, body);
    g_string_append_c(body, ',');
    append_business(person, kind, body);
  }
  if (!flat)
    g_string_append_c(body, '}');
}

static void
append_day(Prng *prng, guint from, guint years, GString *body) {
  g_string_append_c(body, '"');
  json_out_number(body, from + prng_below(prng, years), 4);
  g_string_append_c(body, '-');
  json_out_number(body, 1 + prng_below(prng, 12), 2);
  g_string_append_c(body, '-');
  json_out_number(body, 1 + prng_below(prng, 28), 2);
  g_string_append_c(body, '"');
}

static void
append_ausbildungen(Prng *prng, gint year, GString *body) {
  json_out_raw(body, ",\"ausbildungen\":[");
  guint count = prng_below(prng, 3);
  for (guint i = 0; i < count; i++) {
    const NamesKurs *kurs = names_kurs(prng_below(prng, 1u << 20));
    g_string_append(body, i > 0 ? ",{\"bezeichnung\":" : "{\"bezeichnung\":");
    json_out_text(body, kurs->bezeichnung);
    json_out_raw(body, ",\"kurzBezeichnung\":");
    json_out_text(body, kurs->kurzbezeichnung);
    json_out_raw(body, ",\"von\":");
    append_day(prng, (guint)year - 4, 2, body);
    json_out_raw(body, ",\"bis\":");
    append_day(prng, (guint)year - 2, 2, body);
    json_out_raw(body, ",\"status\":\"BESTANDEN\"}");
  }
  g_string_append_c(body, ']');
}

static void
append_names(const Person *person, GString *body) {
  json_out_raw(body, ",\"organisation\":{\"id\":\"ORG-");
  json_out_number(body, person->number % 9973, 4);
  json_out_raw(body, "\",\"name\":\"FF ");
  g_string_append(body, person->ort->text);
  g_string_append(body, person->female ? "\"},\"anrede\":\"Frau\",\"nachname\":"
                                       : "\"},\"anrede\":\"Herr\",\"nachname\":");
  json_out_text(body, person->number % 300 == 7 ? "" : person->nachname->text);
  json_out_raw(body, ",\"vorname\":");
  json_out_text(body, person->number % 300 == 8 ? NULL : person->vorname->text);
  g_string_append(body, person->female ? ",\"geschlecht\":\"FEMALE\"" : ",\"geschlecht\":\"MALE\"");
}

static void
append_rest(const Person *person, Prng *prng, gint year, GString *body) {
  json_out_raw(body, ",\"geburtsdatum\":");
  append_day(prng, 1958, 50, body);
  json_out_raw(body, ",\"plz\":\"");
  g_string_append(body, person->ort->plz);
  json_out_raw(body, "\",\"ort\":\"");
  g_string_append(body, person->ort->text);
  g_string_append(body, prng_below(prng, 40) == 0
                            ? "\",\"bemerkung\":\"Vegetarier\\n\\u00fcbernachtet \\\"extern\\\""
                            : "");
  json_out_raw(body, "\",\"plausibilitaetStatus\":\"PLAUSIBILITAET_OK\",\"isExtern\":");
  g_string_append(body, person->number % 5 == 0 ? "true" : "false");
  append_ausbildungen(prng, year, body);
}

void
generate_people_append(const GenerateTeilnehmer *teilnehmer, guint64 seed, gint year,
                       const char *status, GString *body) {
  guint roll = teilnehmer->roll;
  Person person = { .female = roll % 10 < 3,
                    .number = teilnehmer->home * PEOPLE_STEP + teilnehmer->person };
  person.vorname = names_vorname(person.female, roll / 10);
  person.nachname = names_nachname(roll / 1000);
  person.ort = names_ort(roll / 100000);
  /* What a person is does not change from Lehrgang to Lehrgang; the status does. */
  Prng details = prng_at(seed, TAG_DETAILS, teilnehmer->home, teilnehmer->person, 0);
  Prng place =
      prng_at(seed, TAG_DETAILS, teilnehmer->tenant, teilnehmer->lehrgang, teilnehmer->place + 1);

  json_out_raw(body, "{\"id\":");
  json_out_text(body, teilnehmer->id);
  json_out_raw(body, ",\"personalnummer\":\"");
  if (roll % 3 == 0)
    json_out_number(body, 40000000u + person.number % 10000000u, 8);
  g_string_append_c(body, '"');
  if (teilnehmer->initialid[0] != '\0' || roll % 2 == 0) {
    json_out_raw(body, ",\"initialId\":");
    json_out_text(body, teilnehmer->initialid);
  }
  append_names(&person, body);
  append_email(&person, prng_below(&details, 100), body);
  json_out_raw(body, ",\"status\":");
  json_out_text(body, status != NULL ? status : names_status(prng_below(&place, 1000)));
  append_rest(&person, &details, year, body);
  g_string_append_c(body, '}');
}
