/* Made-up Teilnehmer: who takes the n-th place of a Lehrgang, and what ZMS says about them.
 *
 * Each tenant has people of its own, numbered as they first appear; three of 13 places of every
 * Lehrgang but the first go to somebody who was in an earlier one, which makes 1.3 participations
 * per person. One person in 200 is the same as the person of that number in the tenant before: same
 * initialId, name and address, other participant id.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
  char id[40];        /* "" for the few that have none */
  char initialid[16]; /* "P-00004561"; "" for some */
  guint home;         /* tenant the person comes from */
  guint person;       /* number within it */
  guint tenant, lehrgang, place;
  guint roll; /* decides the person's e-mail form, sex … */
} GenerateTeilnehmer;

/* The person in `place` (0 …) of a tenant's `lehrgang` (0 …), when each Lehrgang has `size` places.
 */
void generate_people_make(GenerateTeilnehmer *teilnehmer, guint64 seed, guint size, guint tenant,
                          guint lehrgang, guint place);

/* Appends the JSON object; `status` replaces the raw status when it is not NULL. */
void generate_people_append(const GenerateTeilnehmer *teilnehmer, guint64 seed, gint year,
                            const char *status, GString *body);
