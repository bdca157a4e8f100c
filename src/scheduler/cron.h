/* Cron expressions as crontab(5) has them, and when they are next due: pure, for any time zone.
 *
 * Five fields (minute, hour, day of month, month, day of week) with lists, ranges, steps and the
 * English three-letter names of months and days; 0 and 7 are Sunday. When both day fields are
 * restricted (do not begin with `*`), a day that fits either is meant. A step may also follow a
 * single value, which then begins a range to the field's end: 5/15 is 5-59/15. Or one of @hourly,
 * @daily, @midnight, @weekly, @monthly, @yearly, @annually.
 *
 * When clocks change (as cron(8) on Debian does it): an expression whose minute or hour field
 * begins with `*` follows the clock on the wall as it is. One with fixed times is due once: a time
 * that the change skips is due at the change, a time that comes twice the first time only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define CRON_ERROR (cron_error_quark())
GQuark cron_error_quark(void);
typedef enum { CRON_ERROR_SYNTAX } CronError;

/* So far is looked ahead and back. It holds a 29 February of each weekday: they come every 28 years
 * mostly, every 40 around 2100. */
#define CRON_HORIZON_YEARS 40

typedef struct Cron Cron;

/* NULL and CRON_ERROR_SYNTAX with what is wrong where and what to write, to be read after the
 * expression. An expression that can never be due is refused as well. Free with cron_free(). */
Cron *cron_parse(const char *expression, GError **error);
void cron_free(Cron *cron); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Cron, cron_free)

/* The first due time after `after`, and the last one not after `at`, in Unix seconds; CRON_NEVER
 * when there is none within the horizon, or the time given is past the year 9900 (cron_last(): or
 * before 1970). */
#define CRON_NEVER G_MAXINT64
gint64 cron_next(const Cron *cron, GTimeZone *zone, gint64 after);
gint64 cron_last(const Cron *cron, GTimeZone *zone, gint64 at);
