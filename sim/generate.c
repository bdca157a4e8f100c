/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate.h"

#include <stdlib.h>
#include <string.h>

#include "generate_lehrgang.h"
#include "generate_people.h"
#include "json_out.h"

/* A bit more than a large Teilnehmer takes, so that a buffer rarely has to grow. */
#define BYTES_PER_TEILNEHMER 760
#define BYTES_PER_LEHRGANG 520

typedef struct {
  const Tenants *tenants;
  GenerateSize size;
  guint64 seed;
  gint year;
} Generator;

static bool
parse_part(const char **text, guint limit, char end, guint *value) {
  char *after;
  guint64 number = g_ascii_strtoull(*text, &after, 10);
  if (!g_ascii_isdigit(**text) || number < 1 || number > limit || *after != end)
    return false;
  *value = (guint)number;
  *text = end == '\0' ? after : after + 1;
  return true;
}

bool
generate_parse_size(const char *text, GenerateSize *size) {
  GenerateSize read;
  if (!parse_part(&text, TENANTS_MAX, 'x', &read.tenants) ||
      !parse_part(&text, GENERATE_MAX_LEHRGAENGE, 'x', &read.lehrgaenge) ||
      !parse_part(&text, GENERATE_MAX_TEILNEHMER, '\0', &read.teilnehmer) ||
      (guint64)read.lehrgaenge * read.teilnehmer > GENERATE_MAX_PEOPLE)
    return false;
  *size = read;
  return true;
}

static GenerateLehrgang
make_lehrgang(const Generator *generator, guint tenant, guint number) {
  GenerateLehrgang lehrgang;
  generate_lehrgang_make(&lehrgang, generator->seed, generator->year, tenant,
                         tenants_get(generator->tenants, tenant)->abbr, number);
  return lehrgang;
}

static SourceResult
list(gpointer self, guint tenant, const SourceRange *range, GString *body) {
  const Generator *generator = self;
  g_string_set_size(body, (gsize)generator->size.lehrgaenge * BYTES_PER_LEHRGANG);
  g_string_truncate(body, 0);
  g_string_append_c(body, '[');
  for (guint number = 0; number < generator->size.lehrgaenge; number++) {
    GenerateLehrgang lehrgang = make_lehrgang(generator, tenant, number);
    if (range != NULL && !generate_lehrgang_within(&lehrgang, range))
      continue;
    if (body->len > 1)
      json_out_raw(body, ",\n");
    generate_lehrgang_append(&lehrgang, body);
  }
  g_string_append_c(body, ']');
  return SOURCE_FOUND;
}

/* The Lehrgang with that id: the id itself tells its number. */
static bool
find(const Generator *generator, guint tenant, const char *id, GenerateLehrgang *lehrgang) {
  guint number;
  if (!generate_lehrgang_number(id, &number) || number >= generator->size.lehrgaenge)
    return false;
  *lehrgang = make_lehrgang(generator, tenant, number);
  return strcmp(lehrgang->id, id) == 0;
}

static SourceResult
one_lehrgang(gpointer self, guint tenant, const char *id, GString *body) {
  GenerateLehrgang lehrgang;
  if (!find(self, tenant, id, &lehrgang))
    return SOURCE_UNKNOWN;
  generate_lehrgang_append(&lehrgang, body);
  return SOURCE_FOUND;
}

static void
append_teilnehmer(const Generator *generator, const ControlView *view,
                  const GenerateLehrgang *lehrgang, const GenerateTeilnehmer *teilnehmer,
                  GString *body) {
  const char *changed = view->active ? control_status(view, lehrgang->id, teilnehmer->id) : NULL;
  generate_people_append(teilnehmer, generator->seed, generator->year, changed, body);
}

static SourceResult
teilnehmer(gpointer self, const ControlView *view, const char *id, const char *wanted,
           GString *body) {
  const Generator *generator = self;
  GenerateLehrgang lehrgang;
  if (!find(generator, view->tenant, id, &lehrgang))
    return SOURCE_UNKNOWN;
  if (wanted == NULL) {
    g_string_set_size(body, (gsize)generator->size.teilnehmer * BYTES_PER_TEILNEHMER);
    g_string_truncate(body, 0);
    g_string_append_c(body, '[');
  }
  for (guint place = 0; place < generator->size.teilnehmer; place++) {
    GenerateTeilnehmer person;
    generate_people_make(&person, generator->seed, generator->size.teilnehmer, view->tenant,
                         lehrgang.number, place);
    if (wanted != NULL) {
      if (strcmp(person.id, wanted) != 0 || person.id[0] == '\0')
        continue;
      append_teilnehmer(generator, view, &lehrgang, &person, body);
      return SOURCE_FOUND;
    }
    if (place > 0)
      json_out_raw(body, ",\n");
    append_teilnehmer(generator, view, &lehrgang, &person, body);
  }
  if (wanted != NULL)
    return SOURCE_UNKNOWN;
  g_string_append_c(body, ']');
  return SOURCE_FOUND;
}

Source
generate_new(const Tenants *tenants, GenerateSize size, guint64 seed, gint year) {
  static const SourceOps ops = { list, one_lehrgang, teilnehmer, g_free };
  Generator *generator = g_new0(Generator, 1);
  generator->tenants = tenants;
  generator->size = size;
  generator->seed = seed;
  generator->year = year;
  return (Source){ &ops, generator };
}
