/* Made-up Lehrgänge and Teilnehmer, with everything real data has: past years, places of the HLFS,
 * ids that need encoding, people in several Lehrgänge and under several ids, all statuses,
 * malformed items. Nothing is kept: each item follows from seed, tenant and number alone, so the
 * same options give the same bytes always and everywhere.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "source.h"
#include "tenants.h"

#define GENERATE_MAX_LEHRGAENGE 99999 /* per tenant: ids end in five digits of their number */
#define GENERATE_MAX_TEILNEHMER 10000 /* per Lehrgang */
#define GENERATE_MAX_PEOPLE 1000000   /* Lehrgänge times Teilnehmer of one tenant */

/* How much there is. */
typedef struct {
  guint tenants;
  guint lehrgaenge; /* per tenant */
  guint teilnehmer; /* per Lehrgang */
} GenerateSize;

/* Reads "35x60x15". False when it is not of this form or beyond the limits above. */
bool generate_parse_size(const char *text, GenerateSize *size);

/* A source of that size. `year` is the year most Lehrgänge are in, 2005 … 2090. `tenants` must
 * outlive it. */
Source generate_new(const Tenants *tenants, GenerateSize size, guint64 seed, gint year);
