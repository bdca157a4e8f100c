/* Which client certificate a tenant shows to ZMS, in words.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

#include "config/config.h"

/* A certificate with fewer days left than this is worth a warning. */
#define PAIR_WARN_DAYS 30

typedef enum { PAIR_NONE, PAIR_GENERAL, PAIR_OWN } PairSource;

PairSource pair_source(const Config *config, const ConfigTenant *tenant);
const char *pair_source_word(PairSource source); /* "none", "general", "own" */

/* "210 days", "1 day", "expired" for negative ones. Free with g_free(). */
char *pair_days_text(gint days);
