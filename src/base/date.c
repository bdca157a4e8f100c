/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/date.h"

#include <string.h>

#define DAY_S 86400
#define YEAR_MIN 2000
#define YEAR_MAX 2099

/* The number of `count` digits at `text`, −1 when one is something else. */
static gint
digits(const char *text, gint count) {
  gint number = 0;
  for (gint i = 0; i < count; i++) {
    if (!g_ascii_isdigit(text[i]))
      return -1;
    number = number * 10 + g_ascii_digit_value(text[i]);
  }
  return number;
}

bool
date_parse(const char *text, Date *date) {
  if (text == NULL || strlen(text) != strlen("YYYY-MM-DD") || text[4] != '-' || text[7] != '-')
    return false;
  gint year = digits(text, 4), month = digits(text + 5, 2), day = digits(text + 8, 2);
  if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12 || day < 1 ||
      day > g_date_get_days_in_month((GDateMonth)month, (GDateYear)year))
    return false;
  *date = (Date){ .year = (gint16)year, .month = (guint8)month, .day = (guint8)day };
  return true;
}

/* When the clocks of `zone` first show midnight, `later` days after `date`. Asking for summer time
 * picks the earlier one where midnight comes twice; where it is skipped, GLib moves `local` on to
 * the first second there is. */
static gint64
midnight(Date date, gint later, GTimeZone *zone) {
  g_autoptr(GDateTime) day = g_date_time_new_utc(date.year, date.month, date.day, 0, 0, 0);
  gint64 local = g_date_time_to_unix(day) + (gint64)later * DAY_S;
  gint interval = g_time_zone_adjust_time(zone, G_TIME_TYPE_DAYLIGHT, &local);
  return local - g_time_zone_get_offset(zone, interval);
}

gint64
date_start(Date date, GTimeZone *zone) {
  return midnight(date, 0, zone);
}

gint64
date_end(Date date, GTimeZone *zone) {
  return midnight(date, 1, zone) - 1;
}

/* NULL for a time no calendar has. */
static GDateTime *
local_time(gint64 now, GTimeZone *zone) {
  g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(now);
  if (utc == NULL)
    return NULL;
  return zone == NULL ? g_steal_pointer(&utc) : g_date_time_to_timezone(utc, zone);
}

gint
date_year_at(gint64 now, GTimeZone *zone) {
  g_autoptr(GDateTime) time = local_time(now, zone);
  g_return_val_if_fail(time != NULL, 0);
  return g_date_time_get_year(time);
}

char *
date_format(gint64 now, GTimeZone *zone) {
  g_autoptr(GDateTime) time = now == 0 ? NULL : local_time(now, zone);
  return time == NULL ? g_strdup("–") : g_date_time_format(time, "%Y-%m-%d %H:%M:%S");
}
