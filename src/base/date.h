/* Days as ZMS writes them, and the instants they mean in the configured time zone.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
  gint16 year; /* 2000 … 2099: names hold two digits of it (SPEC 3.2) */
  guint8 month;
  guint8 day;
} Date;

/* Reads `YYYY-MM-DD`, the whole text and nothing else, an existing day of 2000 … 2099. False leaves
 * `*date` alone. */
bool date_parse(const char *text, Date *date);

/* Unix time of the first and of the last second of a day in `zone`. */
gint64 date_start(Date date, GTimeZone *zone);
gint64 date_end(Date date, GTimeZone *zone);

/* The year it is at Unix time `now` in `zone`. */
gint date_year_at(gint64 now, GTimeZone *zone);

/* `now` as "2026-03-10 14:05:09" in `zone` (NULL: UTC); 0 gives "–". Free with g_free(). */
char *date_format(gint64 now, GTimeZone *zone);
