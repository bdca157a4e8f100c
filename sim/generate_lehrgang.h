/* One made-up Lehrgang.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "names.h"
#include "source.h"
#include "tenants.h"

/* What is wrong with it, if anything: about one in 200 is malformed. */
typedef enum {
  GENERATE_LEHRGANG_GOOD,
  GENERATE_LEHRGANG_NO_ID, /* its id is "" in the answer */
  GENERATE_LEHRGANG_NO_END,
  GENERATE_LEHRGANG_BAD_END, /* endTag is a day that does not exist */
  GENERATE_LEHRGANG_NO_NAME, /* kurzbezeichnung is null */
} GenerateLehrgangFlaw;

typedef struct {
  guint number;
  char id[TENANTS_MAX_ABBR + 40];
  bool numeric; /* the id is a JSON number */
  const NamesKurs *kurs;
  GenerateLehrgangFlaw flaw;
  char start[11]; /* YYYY-MM-DD; "" when it has none */
  char end[11];
  bool german_start; /* startTag is written DD.MM.YYYY */
  guint days;        /* from start to end, both counted */
  guint roll;        /* decides what nobody asks for */
} GenerateLehrgang;

/* The `number`th Lehrgang of a tenant (index and abbreviation). */
void generate_lehrgang_make(GenerateLehrgang *lehrgang, guint64 seed, gint year, guint tenant,
                            const char *abbr, guint number);

/* The number in an id, which may still belong to no Lehrgang. */
bool generate_lehrgang_number(const char *id, guint *number);

/* Whether its first or last day lies in `range`; days it does not have, or that do not exist, lie
 * in none. */
bool generate_lehrgang_within(const GenerateLehrgang *lehrgang, const SourceRange *range);

void generate_lehrgang_append(const GenerateLehrgang *lehrgang, GString *body);
