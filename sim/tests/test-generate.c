/* Made-up data: the same always, plausible, and whole in its people.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <jansson.h>
#include <string.h>

#include "generate.h"
#include "names.h"
#include "tenants.h"

/* Changes only when the data is meant to change: it must be the same on every machine. */
#define KNOWN_SUM "6be59218e884dedc39a3ece24cced4e2403b3044e2b6f9f962a8a4968fa5e457"

#define YEAR 2026

typedef struct {
  Tenants *tenants;
  Source source;
  Control *control;
  GenerateSize size;
} Data;

static Data
data_new(const char *size_text, guint64 seed) {
  Data data = { 0 };
  g_assert_true(generate_parse_size(size_text, &data.size));
  data.tenants = tenants_new(NULL, data.size.tenants, seed, NULL);
  g_assert_nonnull(data.tenants);
  data.source = generate_new(data.tenants, data.size, seed, YEAR);
  data.control = control_new();
  return data;
}

static void
data_clear(Data *data) {
  data->source.ops->free(data->source.self);
  control_free(data->control);
  tenants_free(data->tenants);
}

static GString *
get_list(Data *data, guint tenant, const SourceRange *range) {
  GString *body = g_string_new(NULL);
  g_assert_cmpint(data->source.ops->list(data->source.self, tenant, range, body), ==, SOURCE_FOUND);
  return body;
}

static SourceResult
get_people(Data *data, guint tenant, const char *id, const char *teilnehmer, GString *body) {
  ControlView view = control_begin(data->control, tenant);
  SourceResult result =
      data->source.ops->teilnehmer(data->source.self, &view, id, teilnehmer, body);
  control_end(&view);
  return result;
}

static json_t *
parse(const GString *body) {
  json_error_t error;
  json_t *json = json_loadb(body->str, body->len, JSON_REJECT_DUPLICATES, &error);
  if (json == NULL)
    g_error("not JSON: %s in %s", error.text, body->str);
  return json;
}

static char *
id_text(const json_t *item) {
  const json_t *id = json_object_get(item, "id");
  if (json_is_integer(id))
    return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(id));
  return g_strdup(json_string_value(id));
}

static const char *
text_of(const json_t *item, const char *key) {
  const char *text = json_string_value(json_object_get(item, key));
  return text != NULL ? text : "";
}

static void
test_size(void) {
  GenerateSize size = { 1, 2, 3 };
  g_assert_true(generate_parse_size("35x600x15", &size));
  g_assert_cmpuint(size.tenants, ==, 35);
  g_assert_cmpuint(size.lehrgaenge, ==, 600);
  g_assert_cmpuint(size.teilnehmer, ==, 15);
  static const char *const bad[] = {
    "",          "35",          "35x60",   "35x60x",
    "x60x15",    "0x60x15",     "35x60x0", "-1x1x1",
    "1x1x1x1",   "1x1x1 ",      "100x1x1", "1x100000x1",
    "1x1x10001", "1x1001x1000", "1,1,1",   "18446744073709551617x1x1"
  };
  for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
    g_assert_false(generate_parse_size(bad[i], &size));
  g_assert_cmpuint(size.tenants, ==, 35);
}

/* Everything the source can say, as one checksum. */
static char *
checksum(const char *size, guint64 seed) {
  Data data = data_new(size, seed);
  g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
  for (guint tenant = 0; tenant < data.size.tenants; tenant++) {
    g_autoptr(GString) list = get_list(&data, tenant, NULL);
    g_checksum_update(sum, (const guchar *)list->str, (gssize)list->len);
    json_auto_t *all = parse(list);
    for (gsize i = 0; i < json_array_size(all); i++) {
      g_autofree char *id = id_text(json_array_get(all, i));
      if (id[0] == '\0')
        continue;
      g_autoptr(GString) people = g_string_new(NULL);
      g_assert_cmpint(get_people(&data, tenant, id, NULL, people), ==, SOURCE_FOUND);
      g_checksum_update(sum, (const guchar *)people->str, (gssize)people->len);
    }
  }
  data_clear(&data);
  return g_strdup(g_checksum_get_string(sum));
}

static void
test_same(void) {
  g_autofree char *first = checksum("3x8x7", 1);
  g_autofree char *other = checksum("3x8x7", 2);
  g_assert_cmpstr(first, ==, KNOWN_SUM);
  g_assert_cmpstr(other, !=, first);
}

typedef struct {
  guint lehrgaenge, past, next, hlfs, german_start, numeric, slash, malformed, elearning, unknown;
  GHashTable *ids;
} Seen;

static bool
is_known_kurs(const char *name) {
  for (guint i = 0; i < 100; i++) {
    if (strcmp(names_kurs(i)->kurzbezeichnung, name) == 0)
      return true;
  }
  return false;
}

static void
look_at_lehrgang(Seen *seen, const json_t *item) {
  g_autofree char *id = id_text(item);
  const char *end = text_of(item, "endTag");
  const char *name = text_of(item, "kurzbezeichnung");
  seen->lehrgaenge++;
  if (id[0] != '\0')
    g_assert_true(g_hash_table_add(seen->ids, g_strdup(id)));
  seen->numeric += json_is_integer(json_object_get(item, "id"));
  seen->slash += strchr(id, '/') != NULL && strchr(id, ' ') != NULL;
  seen->past += strncmp(end, "2026", 4) < 0 && end[0] != '\0';
  seen->next += strncmp(end, "2027", 4) == 0;
  seen->hlfs += g_str_has_prefix(text_of(item, "ort"), "HLFS");
  seen->german_start +=
      strlen(text_of(item, "startTag")) == 10 && text_of(item, "startTag")[2] == '.';
  seen->malformed +=
      id[0] == '\0' || end[0] == '\0' || name[0] == '\0' || g_str_has_suffix(end, "02-31");
  g_autofree char *lower = g_utf8_strdown(text_of(item, "bezeichnung"), -1);
  seen->elearning += strcmp(name, "F-III") == 0 && strstr(lower, "e-learning") != NULL;
  seen->unknown += name[0] != '\0' && !is_known_kurs(name);
}

/* `part` of `whole` is between the two per mille. */
static void
assert_share(guint part, guint whole, guint least, guint most) {
  g_assert_cmpuint((guint64)part * 1000, >=, (guint64)whole * least);
  g_assert_cmpuint((guint64)part * 1000, <=, (guint64)whole * most);
}

static void
test_lehrgaenge(void) {
  Data data = data_new("35x60x1", 1);
  Seen seen = { .ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL) };
  for (guint tenant = 0; tenant < 35; tenant++) {
    g_autoptr(GString) list = get_list(&data, tenant, NULL);
    json_auto_t *all = parse(list);
    g_assert_cmpuint(json_array_size(all), ==, 60);
    for (gsize i = 0; i < 60; i++)
      look_at_lehrgang(&seen, json_array_get(all, i));
  }
  assert_share(seen.past, seen.lehrgaenge, 70, 150);
  assert_share(seen.next, seen.lehrgaenge, 20, 60);
  assert_share(seen.hlfs, seen.lehrgaenge, 60, 100);
  assert_share(seen.german_start, seen.lehrgaenge, 100, 200);
  assert_share(seen.numeric, seen.lehrgaenge, 5, 40);
  assert_share(seen.slash, seen.lehrgaenge, 10, 50);
  assert_share(seen.malformed, seen.lehrgaenge, 2, 15);
  assert_share(seen.elearning, seen.lehrgaenge, 50, 250);
  assert_share(seen.unknown, seen.lehrgaenge, 10, 35);
  g_hash_table_unref(seen.ids);
  data_clear(&data);
}

static guint
count_range(Data *data, guint tenant, const char *from, const char *to) {
  SourceRange range = { from, to };
  g_autoptr(GString) list = get_list(data, tenant, &range);
  json_auto_t *some = parse(list);
  return (guint)json_array_size(some);
}

static void
test_range(void) {
  Data data = data_new("1x400x1", 3);
  guint years = 0;
  for (guint year = 2022; year <= 2027; year++) {
    g_autofree char *from = g_strdup_printf("%u-01-01", year);
    g_autofree char *to = g_strdup_printf("%u-12-31", year);
    years += count_range(&data, 0, from, to);
  }
  /* Some have no day at all, a few lie in two years. */
  g_assert_cmpuint(years, >=, 395);
  g_assert_cmpuint(years, <=, 405);
  guint all = count_range(&data, 0, "2000-01-01", "2099-12-31");
  g_assert_cmpuint(all, >=, 395);
  g_assert_cmpuint(all, <=, 400);
  guint past = count_range(&data, 0, "2022-01-01", "2025-12-31");
  assert_share(past, 400, 60, 150);
  g_assert_cmpuint(count_range(&data, 0, "2000-01-01", "2021-01-01"), ==, 0);

  /* A range of one day finds what begins or ends on it. */
  g_autoptr(GString) list = get_list(&data, 0, NULL);
  json_auto_t *items = parse(list);
  const char *day = text_of(json_array_get(items, 0), "endTag");
  g_assert_cmpuint(count_range(&data, 0, day, day), >=, 1);
  data_clear(&data);
}

static void
test_by_id(void) {
  Data data = data_new("2x200x3", 1);
  g_autoptr(GString) list = get_list(&data, 1, NULL);
  json_auto_t *all = parse(list);
  for (gsize i = 0; i < json_array_size(all); i++) {
    json_t *item = json_array_get(all, i);
    g_autofree char *id = id_text(item);
    g_autoptr(GString) body = g_string_new(NULL);
    SourceResult result = data.source.ops->lehrgang(data.source.self, 1, id, body);
    if (id[0] == '\0') {
      g_assert_cmpint(result, ==, SOURCE_UNKNOWN);
      continue;
    }
    json_auto_t *one = parse(body);
    g_assert_true(json_equal(one, item));
    /* Another tenant does not have it. */
    g_assert_cmpint(data.source.ops->lehrgang(data.source.self, 0, id, body), ==, SOURCE_UNKNOWN);
  }
  static const char *const unknown[] = { "", "1", "DA-LG-2026-000200", "DA-LG-2026-99999",
                                         "XX-LG-2026-000001" };
  g_autoptr(GString) body = g_string_new(NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(unknown); i++) {
    g_assert_cmpint(data.source.ops->lehrgang(data.source.self, 1, unknown[i], body), ==,
                    SOURCE_UNKNOWN);
    g_assert_cmpint(get_people(&data, 1, unknown[i], NULL, body), ==, SOURCE_UNKNOWN);
  }
  g_assert_cmpuint(body->len, ==, 0);
  data_clear(&data);
}

typedef struct {
  guint people, without_id, without_initialid, nested, flat, without_email, upper;
  guint enrolled, taken_part, cancelled, no_status;
  gsize bytes;
  GHashTable *id_person;     /* participant id → person */
  GHashTable *person_name;   /* person → names */
  GHashTable *person_ids;    /* person → set of ids, as a list */
  GHashTable *person_tenant; /* person → first tenant + 1 */
  guint in_two_tenants, under_two_ids;
} People;

static void
count_status(People *people, const json_t *item) {
  const json_t *raw = json_object_get(item, "status");
  g_autofree char *upper = g_utf8_strup(text_of(item, "status"), -1);
  people->no_status += json_is_null(raw) || upper[0] == '\0';
  people->enrolled += strstr(upper, "_EINBERUF") != NULL;
  people->taken_part +=
      strstr(upper, "_TEILGENOMMEN_") != NULL || strstr(upper, "_BESTANDEN_") != NULL;
  people->cancelled += strstr(upper, "_STORNIERT_") != NULL ||
                       strstr(upper, "_ABGEBROCHEN_") != NULL || strstr(upper, "_FEHLT_") != NULL ||
                       strstr(upper, "_ZUR") != NULL;
}

static void
count_email(People *people, const json_t *item) {
  const json_t *nested = json_object_get(item, "emails");
  const json_t *holder = json_is_object(nested) ? nested : item;
  people->nested += json_is_object(nested);
  people->flat += json_object_get(item, "emailPrivat") != NULL;
  people->without_email += !json_is_object(nested) && json_object_get(item, "emailPrivat") == NULL;
  people->upper += strstr(text_of(holder, "emailBusiness"), ".INVALID") != NULL;
}

/* One person: one name, ids of its own, at most once in a Lehrgang. */
static void
look_at_person(People *people, guint tenant, GHashTable *here, const json_t *item) {
  const char *id = text_of(item, "id");
  const char *initialid = text_of(item, "initialId");
  const char *person = initialid[0] != '\0' ? initialid : id;
  people->people++;
  people->without_id += id[0] == '\0';
  people->without_initialid += initialid[0] == '\0';
  count_status(people, item);
  count_email(people, item);
  if (person[0] == '\0')
    return;
  g_assert_true(g_hash_table_add(here, g_strdup(person)));
  char *names = g_strconcat(text_of(item, "vorname"), " ", text_of(item, "nachname"), NULL);
  const char *known = g_hash_table_lookup(people->person_name, person);
  if (known != NULL) {
    g_assert_cmpstr(known, ==, names);
    g_free(names);
  } else {
    g_hash_table_insert(people->person_name, g_strdup(person), names);
  }
  if (id[0] == '\0')
    return;
  const char *owner = g_hash_table_lookup(people->id_person, id);
  if (owner != NULL) {
    g_assert_cmpstr(owner, ==, person);
  } else {
    g_hash_table_insert(people->id_person, g_strdup(id), g_strdup(person));
    people->under_two_ids += !g_hash_table_add(people->person_ids, g_strdup(person));
  }
  guint first = GPOINTER_TO_UINT(g_hash_table_lookup(people->person_tenant, person));
  if (first == 0)
    g_hash_table_insert(people->person_tenant, g_strdup(person), GUINT_TO_POINTER(tenant + 1));
  else
    people->in_two_tenants += first != tenant + 1;
}

static void
look_at_tenant(People *people, Data *data, guint tenant) {
  g_autoptr(GString) list = get_list(data, tenant, NULL);
  json_auto_t *all = parse(list);
  for (gsize i = 0; i < json_array_size(all); i++) {
    g_autofree char *id = id_text(json_array_get(all, i));
    if (id[0] == '\0')
      continue;
    g_autoptr(GString) body = g_string_new(NULL);
    g_assert_cmpint(get_people(data, tenant, id, NULL, body), ==, SOURCE_FOUND);
    people->bytes += body->len;
    json_auto_t *items = parse(body);
    g_assert_cmpuint(json_array_size(items), ==, data->size.teilnehmer);
    g_autoptr(GHashTable) here = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (gsize j = 0; j < json_array_size(items); j++)
      look_at_person(people, tenant, here, json_array_get(items, j));
  }
}

static void
people_init(People *people) {
  memset(people, 0, sizeof *people);
  people->id_person = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  people->person_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  people->person_ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  people->person_tenant = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static void
people_clear(People *people) {
  g_hash_table_unref(people->id_person);
  g_hash_table_unref(people->person_name);
  g_hash_table_unref(people->person_ids);
  g_hash_table_unref(people->person_tenant);
}

static void
test_people(void) {
  Data data = data_new("10x60x15", 1);
  People people;
  people_init(&people);
  for (guint tenant = 0; tenant < 10; tenant++)
    look_at_tenant(&people, &data, tenant);

  guint persons = g_hash_table_size(people.person_name);
  assert_share(people.people, persons, 1250, 1350);
  g_assert_cmpuint(people.bytes / people.people, >=, 500);
  g_assert_cmpuint(people.bytes / people.people, <=, 700);
  assert_share(people.without_id, people.people, 1, 6);
  assert_share(people.without_initialid, people.people, 30, 100);
  assert_share(people.nested, people.people, 600, 850);
  assert_share(people.flat, people.people, 150, 350);
  assert_share(people.without_email, people.people, 30, 100);
  assert_share(people.upper, people.people, 5, 40);
  assert_share(people.enrolled, people.people, 425, 475);
  assert_share(people.taken_part, people.people, 325, 375);
  assert_share(people.cancelled, people.people, 100, 140);
  assert_share(people.no_status, people.people, 2, 15);
  g_assert_cmpuint(people.under_two_ids, >, 100);
  g_assert_cmpuint(people.in_two_tenants, >, 5);
  assert_share(people.in_two_tenants, people.people, 0, 10);
  people_clear(&people);
  data_clear(&data);
}

/* Few places leave little room for drawing people again, and still nobody sits twice in one
 * Lehrgang. */
static void
test_small(void) {
  static const char *const sizes[] = { "1x1x1", "2x30x1", "2x30x2", "2x30x5", "1x3x300" };
  for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
    Data data = data_new(sizes[i], i);
    People people;
    people_init(&people);
    for (guint tenant = 0; tenant < data.size.tenants; tenant++)
      look_at_tenant(&people, &data, tenant);
    g_assert_cmpuint(people.people, >, 0);
    people_clear(&people);
    data_clear(&data);
  }
}

static json_t *
people_of(Data *data, guint tenant, const char *id) {
  g_autoptr(GString) body = g_string_new(NULL);
  g_assert_cmpint(get_people(data, tenant, id, NULL, body), ==, SOURCE_FOUND);
  return parse(body);
}

static void
test_control_status(void) {
  Data data = data_new("2x3x10", 1);
  const char *lehrgang = "HP-LG-2026-000000";
  json_auto_t *before = people_of(&data, 0, lehrgang);
  const char *id = text_of(json_array_get(before, 4), "id");
  g_assert_true(control_set_status(data.control, 0, lehrgang, id, "S042_\"NEU\"_KREIS"));
  json_auto_t *after = people_of(&data, 0, lehrgang);
  for (gsize i = 0; i < 10; i++)
    g_assert_cmpint(json_equal(json_array_get(before, i), json_array_get(after, i)), ==, i != 4);
  g_assert_cmpstr(text_of(json_array_get(after, 4), "status"), ==, "S042_\"NEU\"_KREIS");

  g_autoptr(GString) one = g_string_new(NULL);
  g_assert_cmpint(get_people(&data, 0, lehrgang, id, one), ==, SOURCE_FOUND);
  json_auto_t *item = parse(one);
  g_assert_true(json_equal(item, json_array_get(after, 4)));
  g_assert_cmpint(get_people(&data, 0, lehrgang, "TN-INT-99999999", one), ==, SOURCE_UNKNOWN);
  g_assert_cmpint(get_people(&data, 0, lehrgang, "", one), ==, SOURCE_UNKNOWN);

  control_reset(data.control);
  json_auto_t *again = people_of(&data, 0, lehrgang);
  g_assert_true(json_equal(before, again));
  data_clear(&data);
}

static guint
count_cancelled(Data *data, guint tenant, const char *id) {
  json_auto_t *all = people_of(data, tenant, id);
  guint count = 0;
  for (gsize i = 0; i < json_array_size(all); i++)
    count += strcmp(text_of(json_array_get(all, i), "status"), "S100_STORNIERT_KREIS") == 0;
  return count;
}

static void
test_control_cancel(void) {
  Data data = data_new("2x1x2000", 1);
  json_auto_t *before = people_of(&data, 1, "DA-LG-2026-000000");
  control_set_cancel(data.control, 0, 60);
  assert_share(count_cancelled(&data, 0, "HP-LG-2026-000000"), 2000, 570, 680);
  json_auto_t *other = people_of(&data, 1, "DA-LG-2026-000000");
  g_assert_true(json_equal(before, other));
  control_set_cancel(data.control, 0, 100);
  g_assert_cmpuint(count_cancelled(&data, 0, "HP-LG-2026-000000"), ==, 2000);
  control_set_cancel(data.control, 0, 0);
  assert_share(count_cancelled(&data, 0, "HP-LG-2026-000000"), 2000, 20, 60);
  data_clear(&data);
}

static void
test_control_fault(void) {
  g_autoptr(Control) control = control_new();
  guint fault = 7;
  g_assert_true(control_parse_fault("none", &fault));
  g_assert_cmpuint(fault, ==, CONTROL_FAULT_NONE);
  g_assert_true(control_parse_fault("503", &fault));
  g_assert_cmpuint(fault, ==, 503);
  static const char *const bad[] = { "", "200", "600", "5OO", "garbage " };
  for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
    g_assert_false(control_parse_fault(bad[i], &fault));
  g_assert_false(control_parse_fault(NULL, &fault));

  control_set_fault(control, 2, NULL, 500);
  control_set_fault(control, 3, "A/1", 404);
  g_assert_cmpuint(control_fault(control, 2, NULL), ==, 500);
  g_assert_cmpuint(control_fault(control, 2, "A/1"), ==, 500);
  g_assert_cmpuint(control_fault(control, 3, NULL), ==, CONTROL_FAULT_NONE);
  g_assert_cmpuint(control_fault(control, 3, "A/1"), ==, 404);
  g_assert_cmpuint(control_fault(control, 3, "A/2"), ==, CONTROL_FAULT_NONE);
  control_set_fault(control, 2, NULL, CONTROL_FAULT_NONE);
  g_assert_cmpuint(control_fault(control, 2, NULL), ==, CONTROL_FAULT_NONE);

  for (guint i = 0; i < CONTROL_MAX_CHANGES; i++) {
    g_autofree char *id = g_strdup_printf("%u", i);
    g_assert_true(control_set_status(control, 0, "L", id, "S"));
  }
  g_assert_false(control_set_status(control, 0, "L", "more", "S"));
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/sim/generate/size", test_size);
  g_test_add_func("/sim/generate/same", test_same);
  g_test_add_func("/sim/generate/lehrgaenge", test_lehrgaenge);
  g_test_add_func("/sim/generate/range", test_range);
  g_test_add_func("/sim/generate/by-id", test_by_id);
  g_test_add_func("/sim/generate/people", test_people);
  g_test_add_func("/sim/generate/small", test_small);
  g_test_add_func("/sim/control/status", test_control_status);
  g_test_add_func("/sim/control/cancel", test_control_cancel);
  g_test_add_func("/sim/control/fault", test_control_fault);
  return g_test_run();
}
