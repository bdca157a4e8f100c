/* cron: expressions, and when they are due, in zones and across changes of the clocks.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "scheduler/cron.h"

static GTimeZone *
zone_of(const char *name) {
  GTimeZone *zone = g_time_zone_new_identifier(name);
  if (zone == NULL)
    g_error("the system does not know the time zone %s", name);
  return zone;
}

static Cron *
parsed(const char *expression) {
  g_autoptr(GError) error = NULL;
  Cron *cron = cron_parse(expression, &error);
  if (cron == NULL)
    g_error("%s %s", expression, error->message);
  return cron;
}

/* "2026-03-29 03:00 CEST"-like: the time on the wall with its offset, so that times that come twice
 * differ. */
static char *
written(gint64 time, GTimeZone *zone) {
  if (time == CRON_NEVER)
    return g_strdup("never");
  g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(time);
  g_autoptr(GDateTime) local = g_date_time_to_timezone(utc, zone);
  return g_date_time_format(local, "%Y-%m-%d %H:%M:%S %z");
}

/* "2026-03-29T03:00:00+02" */
static gint64
instant(const char *text) {
  g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, NULL);
  if (time == NULL)
    g_error("%s is no time", text);
  return g_date_time_to_unix(time);
}

#define BERLIN "Europe/Berlin"
#define HOWE "Australia/Lord_Howe"

static const struct {
  const char *expression, *zone, *after, *next;
} table[] = {
  /* Fields one by one. 2026-03-10 was a Tuesday. */
  { "* * * * *", "UTC", "2026-03-10T12:00:00Z", "2026-03-10T12:01:00Z" },
  { "* * * * *", "UTC", "2026-03-10T12:00:59Z", "2026-03-10T12:01:00Z" },
  { "* * * * *", "UTC", "2026-12-31T23:59:30Z", "2027-01-01T00:00:00Z" },
  { "30 * * * *", "UTC", "2026-03-10T12:29:59Z", "2026-03-10T12:30:00Z" },
  { "30 * * * *", "UTC", "2026-03-10T12:30:00Z", "2026-03-10T13:30:00Z" },
  { "15 14 * * *", "UTC", "2026-03-10T14:15:00Z", "2026-03-11T14:15:00Z" },
  { "59 23 * * *", "UTC", "2026-03-10T12:00:00Z", "2026-03-10T23:59:00Z" },
  { "59 23 31 12 *", "UTC", "2026-03-10T12:00:00Z", "2026-12-31T23:59:00Z" },
  { "59 23 31 12 *", "UTC", "2026-12-31T23:59:00Z", "2027-12-31T23:59:00Z" },
  { "0 0 1 1 *", "UTC", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z" },
  { "0 0 15 * *", "UTC", "2026-03-15T00:00:00Z", "2026-04-15T00:00:00Z" },
  { "0 0 * 5 *", "UTC", "2026-05-31T00:00:00Z", "2027-05-01T00:00:00Z" },
  { "0 3 * * 0", "UTC", "2026-03-10T12:00:00Z", "2026-03-15T03:00:00Z" },
  { "0 3 * * 7", "UTC", "2026-03-10T12:00:00Z", "2026-03-15T03:00:00Z" },
  { "0 3 * * sun", "UTC", "2026-03-15T03:00:00Z", "2026-03-22T03:00:00Z" },
  { "0 3 * * 2", "UTC", "2026-03-10T12:00:00Z", "2026-03-17T03:00:00Z" },
  { " \t0  3\t* * 2 ", "UTC", "2026-03-10T12:00:00Z", "2026-03-17T03:00:00Z" },
  { "00 03 * * 02", "UTC", "2026-03-10T12:00:00Z", "2026-03-17T03:00:00Z" },

  /* Lists, ranges, steps, names. */
  { "0,20,40 * * * *", "UTC", "2026-03-10T12:20:00Z", "2026-03-10T12:40:00Z" },
  { "40,0,20 * * * *", "UTC", "2026-03-10T12:40:00Z", "2026-03-10T13:00:00Z" },
  { "5,5,5 * * * *", "UTC", "2026-03-10T12:05:00Z", "2026-03-10T13:05:00Z" },
  { "10-12 9 * * *", "UTC", "2026-03-10T09:11:00Z", "2026-03-10T09:12:00Z" },
  { "10-12 9 * * *", "UTC", "2026-03-10T09:12:00Z", "2026-03-11T09:10:00Z" },
  { "7-7 9 * * *", "UTC", "2026-03-10T09:00:00Z", "2026-03-10T09:07:00Z" },
  { "*/15 * * * *", "UTC", "2026-03-10T12:45:00Z", "2026-03-10T13:00:00Z" },
  { "*/25 * * * *", "UTC", "2026-03-10T12:50:00Z", "2026-03-10T13:00:00Z" },
  { "*/60 * * * *", "UTC", "2026-03-10T12:00:00Z", "2026-03-10T13:00:00Z" },
  { "10-40/15 * * * *", "UTC", "2026-03-10T12:25:00Z", "2026-03-10T12:40:00Z" },
  { "10-40/15 * * * *", "UTC", "2026-03-10T12:40:00Z", "2026-03-10T13:10:00Z" },
  { "5/15 * * * *", "UTC", "2026-03-10T12:35:00Z", "2026-03-10T12:50:00Z" },
  { "5/15 * * * *", "UTC", "2026-03-10T12:50:00Z", "2026-03-10T13:05:00Z" },
  { "0 20/2 * * *", "UTC", "2026-03-10T20:00:00Z", "2026-03-10T22:00:00Z" },
  { "0 20/2 * * *", "UTC", "2026-03-10T22:00:00Z", "2026-03-11T20:00:00Z" },
  { "0 0 1/10 * *", "UTC", "2026-03-21T00:00:00Z", "2026-03-31T00:00:00Z" },
  { "0 0 1/10 * *", "UTC", "2026-03-31T00:00:00Z", "2026-04-01T00:00:00Z" },
  { "0 0 * * 1/2", "UTC", "2026-03-13T00:00:00Z", "2026-03-16T00:00:00Z" },
  { "1-5,30,50-59/3 8 * * *", "UTC", "2026-03-10T08:05:00Z", "2026-03-10T08:30:00Z" },
  { "1-5,30,50-59/3 8 * * *", "UTC", "2026-03-10T08:53:00Z", "2026-03-10T08:56:00Z" },
  { "0 8 * * 1-5", "UTC", "2026-03-13T08:00:00Z", "2026-03-16T08:00:00Z" },
  { "0 8 * * MON-Fri", "UTC", "2026-03-13T08:00:00Z", "2026-03-16T08:00:00Z" },
  { "0 8 * * 5-7", "UTC", "2026-03-14T08:00:00Z", "2026-03-15T08:00:00Z" },
  { "0 8 * * fri-sun", "UTC", "2026-03-14T08:00:00Z", "2026-03-15T08:00:00Z" },
  { "0 8 * * fri-sun", "UTC", "2026-03-15T08:00:00Z", "2026-03-20T08:00:00Z" },
  { "0 8 * * sun-tue", "UTC", "2026-03-17T08:00:00Z", "2026-03-22T08:00:00Z" },
  { "0 8 * * 0-7", "UTC", "2026-03-14T08:00:00Z", "2026-03-15T08:00:00Z" },
  { "0 8 1 jan,JUL *", "UTC", "2026-03-10T12:00:00Z", "2026-07-01T08:00:00Z" },
  { "0 8 1 Oct-dec/2 *", "UTC", "2026-10-01T08:00:00Z", "2026-12-01T08:00:00Z" },
  { "0 8 1 9/2 *", "UTC", "2026-09-01T08:00:00Z", "2026-11-01T08:00:00Z" },
  { "0 8 1 9/2 *", "UTC", "2026-11-01T08:00:00Z", "2027-09-01T08:00:00Z" },

  /* Both day fields restricted: either fits; begun with an asterisk: both must. */
  { "0 0 13 * 5", "UTC", "2026-03-10T12:00:00Z", "2026-03-13T00:00:00Z" },
  { "0 0 13 * 5", "UTC", "2026-04-10T00:00:00Z", "2026-04-13T00:00:00Z" },
  { "0 0 13 * 5", "UTC", "2026-04-13T00:00:00Z", "2026-04-17T00:00:00Z" },
  { "0 0 1-31 * 5", "UTC", "2026-03-10T12:00:00Z", "2026-03-11T00:00:00Z" },
  { "0 0 30 2 1", "UTC", "2026-03-10T12:00:00Z", "2027-02-01T00:00:00Z" },
  { "0 0 */2 * 1", "UTC", "2026-03-10T12:00:00Z", "2026-03-23T00:00:00Z" },
  { "0 0 */31 * 1", "UTC", "2026-03-10T12:00:00Z", "2026-06-01T00:00:00Z" },
  { "0 0 13 * */5", "UTC", "2026-03-13T00:00:00Z", "2026-09-13T00:00:00Z" },
  { "0 0 *,5 * 1", "UTC", "2026-03-10T12:00:00Z", "2026-03-16T00:00:00Z" },

  /* Ends of months, leap days. */
  { "0 0 31 * *", "UTC", "2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z" },
  { "0 0 30 * *", "UTC", "2026-01-30T00:00:00Z", "2026-03-30T00:00:00Z" },
  { "0 0 31 4,5 *", "UTC", "2026-03-10T12:00:00Z", "2026-05-31T00:00:00Z" },
  { "59 23 28 2 *", "UTC", "2028-02-28T23:59:00Z", "2029-02-28T23:59:00Z" },
  { "0 0 29 2 *", "UTC", "2026-03-10T12:00:00Z", "2028-02-29T00:00:00Z" },
  { "0 0 29 2 *", "UTC", "2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z" },
  { "0 0 29 2 *", "UTC", "2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z" },
  { "0 0 29 2 */7", "UTC", "2026-03-10T12:00:00Z", "2032-02-29T00:00:00Z" },
  { "0 0 29 2 */7", "UTC", "2032-02-29T00:00:00Z", "2060-02-29T00:00:00Z" },
  { "0 0 29 2 */7", "UTC", "2088-02-29T00:00:00Z", "2128-02-29T00:00:00Z" },
  { "0 0 29 2 */7", BERLIN, "2028-03-01T00:00:00Z", "2032-02-29T00:00:00+01" },
  { "0 0 29 2 1", "UTC", "2028-02-28T00:00:00Z", "2028-02-29T00:00:00Z" },

  /* Words. */
  { "@hourly", "UTC", "2026-03-10T12:00:00Z", "2026-03-10T13:00:00Z" },
  { "@daily", BERLIN, "2026-03-10T12:00:00Z", "2026-03-11T00:00:00+01" },
  { "@midnight", BERLIN, "2026-03-10T12:00:00Z", "2026-03-11T00:00:00+01" },
  { "@weekly", BERLIN, "2026-03-10T12:00:00Z", "2026-03-15T00:00:00+01" },
  { "@Weekly", BERLIN, "2026-03-10T12:00:00Z", "2026-03-15T00:00:00+01" },
  { "@monthly", BERLIN, "2026-03-10T12:00:00Z", "2026-04-01T00:00:00+02" },
  { "@yearly", BERLIN, "2026-03-10T12:00:00Z", "2027-01-01T00:00:00+01" },
  { " @annually ", BERLIN, "2026-03-10T12:00:00Z", "2027-01-01T00:00:00+01" },

  /* Berlin, 29 March 2026: 02:00+01 becomes 03:00+02. */
  { "0 3 * * 0", BERLIN, "2026-03-22T03:00:00+01", "2026-03-29T03:00:00+02" },
  { "0 3 * * 0", BERLIN, "2026-03-29T03:00:00+02", "2026-04-05T03:00:00+02" },
  { "30 1 * * *", BERLIN, "2026-03-28T12:00:00+01", "2026-03-29T01:30:00+01" },
  { "0 2 * * *", BERLIN, "2026-03-28T12:00:00+01", "2026-03-29T03:00:00+02" },
  { "30 2 * * *", BERLIN, "2026-03-28T02:30:00+01", "2026-03-29T03:00:00+02" },
  { "30 2 * * *", BERLIN, "2026-03-29T03:00:00+02", "2026-03-30T02:30:00+02" },
  { "0,30 2 * * *", BERLIN, "2026-03-29T01:00:00+01", "2026-03-29T03:00:00+02" },
  { "0,30 2,3 * * *", BERLIN, "2026-03-29T03:00:00+02", "2026-03-29T03:30:00+02" },
  { "30 2 29 * *", BERLIN, "2026-03-01T00:00:00+01", "2026-03-29T03:00:00+02" },
  { "30 2 28 * *", BERLIN, "2026-03-28T12:00:00+01", "2026-04-28T02:30:00+02" },
  { "*/15 * * * *", BERLIN, "2026-03-29T01:45:00+01", "2026-03-29T03:00:00+02" },
  { "*/15 2 * * *", BERLIN, "2026-03-28T02:45:00+01", "2026-03-30T02:00:00+02" },
  { "* 2 * * *", BERLIN, "2026-03-28T02:59:00+01", "2026-03-30T02:00:00+02" },
  { "0 * * * *", BERLIN, "2026-03-29T01:00:00+01", "2026-03-29T03:00:00+02" },
  { "30 * * * *", BERLIN, "2026-03-29T01:30:00+01", "2026-03-29T03:30:00+02" },
  { "0 */2 * * *", BERLIN, "2026-03-29T00:00:00+01", "2026-03-29T04:00:00+02" },
  { "@hourly", BERLIN, "2026-03-29T01:00:00+01", "2026-03-29T03:00:00+02" },

  /* Berlin, 25 October 2026: 03:00+02 becomes 02:00+01. */
  { "0 3 * * 0", BERLIN, "2026-10-18T03:00:00+02", "2026-10-25T03:00:00+01" },
  { "0 3 * * 0", BERLIN, "2026-10-25T03:00:00+01", "2026-11-01T03:00:00+01" },
  { "0 2 * * 0", BERLIN, "2026-10-18T02:00:00+02", "2026-10-25T02:00:00+02" },
  { "0 2 * * 0", BERLIN, "2026-10-25T02:00:00+02", "2026-11-01T02:00:00+01" },
  { "30 2 * * *", BERLIN, "2026-10-24T02:30:00+02", "2026-10-25T02:30:00+02" },
  { "30 2 * * *", BERLIN, "2026-10-25T02:30:00+02", "2026-10-26T02:30:00+01" },
  { "30 2 * * *", BERLIN, "2026-10-25T02:10:00+01", "2026-10-26T02:30:00+01" },
  { "0,30 2 * * *", BERLIN, "2026-10-25T02:00:00+02", "2026-10-25T02:30:00+02" },
  { "0,30 2 * * *", BERLIN, "2026-10-25T02:30:00+02", "2026-10-26T02:00:00+01" },
  { "*/15 * * * *", BERLIN, "2026-10-25T02:45:00+02", "2026-10-25T02:00:00+01" },
  { "*/15 * * * *", BERLIN, "2026-10-25T02:45:00+01", "2026-10-25T03:00:00+01" },
  { "* 2 * * *", BERLIN, "2026-10-25T02:59:00+02", "2026-10-25T02:00:00+01" },
  { "0 * * * *", BERLIN, "2026-10-25T02:00:00+02", "2026-10-25T02:00:00+01" },
  { "0 * * * *", BERLIN, "2026-10-25T02:00:00+01", "2026-10-25T03:00:00+01" },
  { "0 */2 * * *", BERLIN, "2026-10-25T00:00:00+02", "2026-10-25T02:00:00+02" },
  { "0 */2 * * *", BERLIN, "2026-10-25T02:00:00+02", "2026-10-25T02:00:00+01" },
  { "0 */2 * * *", BERLIN, "2026-10-25T02:00:00+01", "2026-10-25T04:00:00+01" },
  { "0 */3 * * *", BERLIN, "2026-10-25T00:00:00+02", "2026-10-25T03:00:00+01" },

  /* Half an hour: 5 April 2026 02:00+11 becomes 01:30+10:30; 4 October 02:00+10:30, 02:30+11. */
  { "45 1 * * *", HOWE, "2026-04-04T12:00:00+11", "2026-04-05T01:45:00+11" },
  { "45 1 * * *", HOWE, "2026-04-05T01:45:00+11", "2026-04-06T01:45:00+10:30" },
  { "45 * * * *", HOWE, "2026-04-05T01:45:00+11", "2026-04-05T01:45:00+10:30" },
  { "0 2 * * *", HOWE, "2026-04-04T12:00:00+11", "2026-04-05T02:00:00+10:30" },
  { "15 2 * * *", HOWE, "2026-10-03T12:00:00+10:30", "2026-10-04T02:30:00+11" },
  { "15 * * * *", HOWE, "2026-10-04T01:15:00+10:30", "2026-10-04T03:15:00+11" },
  { "45 2 * * *", HOWE, "2026-10-03T12:00:00+10:30", "2026-10-04T02:45:00+11" },

  /* Other halves of the world, changes at midnight, a day that never was, no changes. */
  { "30 2 * * *", "America/New_York", "2026-03-07T12:00:00-05", "2026-03-08T03:00:00-04" },
  { "30 1 * * *", "America/New_York", "2026-11-01T00:00:00-04", "2026-11-01T01:30:00-04" },
  { "30 1 * * *", "America/New_York", "2026-11-01T01:30:00-04", "2026-11-02T01:30:00-05" },
  { "0 0 * * 0", "America/Santiago", "2026-09-05T12:00:00-04", "2026-09-06T01:00:00-03" },
  { "30 23 * * 6", "America/Santiago", "2026-04-04T12:00:00-03", "2026-04-04T23:30:00-03" },
  { "30 23 * * 6", "America/Santiago", "2026-04-04T23:30:00-03", "2026-04-11T23:30:00-04" },
  { "0 12 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00-10", "2011-12-31T00:00:00+14" },
  { "0 */6 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00-10", "2012-12-30T00:00:00+14" },
  { "0 3 * * 0", "Asia/Kolkata", "2026-03-28T12:00:00Z", "2026-03-29T03:00:00+05:30" },

  /* Before everything. */
  { "0 0 1 1 *", "UTC", "1969-06-01T00:00:00Z", "1970-01-01T00:00:00Z" },
};

/* And cron_last() leads back to it, from the time itself and from just before the next. */
static void
test_table(void) {
  for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
    g_autoptr(GTimeZone) zone = zone_of(table[i].zone);
    g_autoptr(Cron) cron = parsed(table[i].expression);
    gint64 next = cron_next(cron, zone, instant(table[i].after));
    g_autofree char *got = written(next, zone);
    g_autofree char *expected = written(instant(table[i].next), zone);
    if (!g_str_equal(got, expected))
      g_error("%s in %s after %s: %s, expected %s", table[i].expression, table[i].zone,
              table[i].after, got, expected);
    g_assert_cmpint(cron_last(cron, zone, next), ==, next);
    g_assert_cmpint(cron_last(cron, zone, cron_next(cron, zone, next) - 1), ==, next);
    if (next > 0)
      g_assert_cmpint(cron_last(cron, zone, next - 1), !=, next);
  }
}

static const struct {
  const char *expression, *message;
} errors[] = {
  { "", "has 0 fields, not five; write minute, hour, day of month, month and weekday, for example "
        "0 3 * * 0 (Sundays at 03:00)" },
  { "0 3 * *", "has 4 fields, not five; write minute, hour, day of month, month and weekday, for "
               "example 0 3 * * 0 (Sundays at 03:00)" },
  { "0 3 * * 0 root", "has 6 fields, not five; write minute, hour, day of month, month and "
                      "weekday, for example 0 3 * * 0 (Sundays at 03:00)" },
  { "60 3 * * 0", "has 60 as its minute; write a number from 0 to 59" },
  { "-1 3 * * 0", "has -1 as its minute; write a number from 0 to 59" },
  { "0 24 * * 0", "has 24 as its hour; write a number from 0 to 23" },
  { "0 3 0 * 0", "has 0 as its day of month; write a number from 1 to 31" },
  { "0 3 1-32 * 0", "has 1-32 as its day of month; write a number from 1 to 31" },
  { "0 3 * 13 *", "has 13 as its month; write a number from 1 to 12 or a name from jan to dec" },
  { "0 3 * 0 *", "has 0 as its month; write a number from 1 to 12 or a name from jan to dec" },
  { "0 3 * * 8", "has 8 as its weekday; write a number from 0 to 7 (0 and 7 are Sunday) or a name "
                 "from sun to sat" },
  { "0 3 * * sunday", "has sunday as its weekday; write a number from 0 to 7 (0 and 7 are Sunday) "
                      "or a name from sun to sat" },
  { "0 3 * * mo", "has mo as its weekday; write a number from 0 to 7 (0 and 7 are Sunday) or a "
                  "name from sun to sat" },
  { "0 3 * mon *", "has mon as its month; write a number from 1 to 12 or a name from jan to dec" },
  { "0 jan * * *", "has jan as its hour; write a number from 0 to 23" },
  { "0 3h * * *", "has 3h as its hour; write a number from 0 to 23" },
  { "0x3 3 * * *", "has 0x3 as its minute; write a number from 0 to 59" },
  { "+3 3 * * *", "has +3 as its minute; write a number from 0 to 59" },
  { "99999999999999999999 3 * * *",
    "has 99999999999999999999 as its minute; write a number from 0 to 59" },
  { "0,,5 3 * * *", "has  as its minute; write a number from 0 to 59" },
  { "0, 3 * * *", "has  as its minute; write a number from 0 to 59" },
  { "** 3 * * *", "has ** as its minute; write a number from 0 to 59" },
  { "*-5 3 * * *", "has *-5 as its minute; write a number from 0 to 59" },
  { "1-2-3 3 * * *", "has 1-2-3 as its minute; write a number from 0 to 59" },
  { "1- 3 * * *", "has 1- as its minute; write a number from 0 to 59" },
  { "0 22-2 * * *", "has 22-2 as its hour, which runs backwards; write 22-23,0-2" },
  { "0 3 * nov-feb *", "has nov-feb as its month, which runs backwards; write 11-12,1-2" },
  { "0 3 * * fri-mon", "has fri-mon as its weekday, which runs backwards; write 5-6,0-1" },
  { "*/0 * * * *", "has */0 as its minute; write a step from 1 to 60 behind the /" },
  { "*/61 * * * *", "has */61 as its minute; write a step from 1 to 60 behind the /" },
  { "*/ * * * *", "has */ as its minute; write a step from 1 to 60 behind the /" },
  { "*/2/2 * * * *", "has */2/2 as its minute; write a step from 1 to 60 behind the /" },
  { "0 0 * */mar *", "has */mar as its month; write a step from 1 to 12 behind the /" },
  { "/5 * * * *", "has  as its minute; write a number from 0 to 59" },
  { "\xff 3 * * 0", "has \xef\xbf\xbd as its minute; write a number from 0 to 59" },
  { "@reboot", "is not known; write @hourly, @daily, @weekly, @monthly, @yearly, or five fields "
               "such as 0 3 * * 0 (Sundays at 03:00)" },
  { "@daily 5", "is not known; write @hourly, @daily, @weekly, @monthly, @yearly, or five fields "
                "such as 0 3 * * 0 (Sundays at 03:00)" },
  { "0 0 30 2 *", "is never due, because none of its months has such a day; write a day of month "
                  "that they have" },
  { "0 0 31 2,4,6,9,11 */2", "is never due, because none of its months has such a day; write a day "
                             "of month that they have" },
};

static void
test_errors(void) {
  for (guint i = 0; i < G_N_ELEMENTS(errors); i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(Cron) cron = cron_parse(errors[i].expression, &error);
    if (cron != NULL)
      g_error("%s is taken for an expression", errors[i].expression);
    g_assert_error(error, CRON_ERROR, CRON_ERROR_SYNTAX);
    g_assert_cmpstr(error->message, ==, errors[i].message);
    g_assert_null(cron_parse(errors[i].expression, NULL));
  }
  cron_free(NULL);
}

/* Times outside of what can be told. */
static void
test_outside(void) {
  g_autoptr(GTimeZone) zone = zone_of(BERLIN);
  g_autoptr(Cron) cron = parsed("0 3 * * 0");
  g_assert_cmpint(cron_next(cron, zone, G_MAXINT64), ==, CRON_NEVER);
  g_assert_cmpint(cron_last(cron, zone, G_MAXINT64), ==, CRON_NEVER);
  g_assert_cmpint(cron_last(cron, zone, G_MININT64), ==, CRON_NEVER);
  g_assert_cmpint(cron_last(cron, zone, -1), ==, CRON_NEVER);
  g_assert_cmpint(cron_next(cron, zone, G_MININT64), ==, instant("1970-01-04T03:00:00+01"));
  g_assert_cmpint(cron_last(cron, zone, 0), ==, instant("1969-12-28T03:00:00+01"));
}

/* ── every minute, looked at one by one ── */

#define WEEKS 3
#define MINUTES (WEEKS * 7 * 24 * 60)

/* A minute as the wall of a zone shows it. */
typedef struct {
  gint64 time, wall;
  guint part[5]; /* minute, hour, day, month, weekday */
} Minute;

/* An expression by its meaning: no parser and no calendar of the tested kind is used. */
typedef struct {
  bool set[5][64], starred[5];
  char *text;
} Model;

static const guint lows[] = { 0, 0, 1, 1, 0 }, highs[] = { 59, 23, 31, 12, 6 };

static void
fill(bool *set, guint from, guint to, guint step) {
  for (guint value = from; value <= to; value += step)
    set[value] = true;
}

/* One field at random, seldom so that nothing of the weeks looked at fits. */
static void
add_field(Model *model, GString *text, guint field, GRand *rand) {
  guint low = lows[field], high = highs[field];
  bool narrow = field == 3; /* months: mostly any */
  guint kind =
      narrow && g_rand_int_range(rand, 0, 4) != 0 ? 0 : (guint)g_rand_int_range(rand, 0, 6);
  guint a = (guint)g_rand_int_range(rand, (gint)low, (gint)high + 1);
  guint b = (guint)g_rand_int_range(rand, (gint)a, (gint)high + 1);
  guint step = (guint)g_rand_int_range(rand, 1, (gint)(high - low) + 2);
  model->starred[field] = kind == 0 || kind == 1;
  switch (kind) {
  case 0:
    g_string_append(text, "*");
    fill(model->set[field], low, high, 1);
    break;
  case 1:
    g_string_append_printf(text, "*/%u", step);
    fill(model->set[field], low, high, step);
    break;
  case 2:
    g_string_append_printf(text, "%u-%u/%u", a, b, step);
    fill(model->set[field], a, b, step);
    break;
  case 3:
    g_string_append_printf(text, "%u/%u", a, step);
    fill(model->set[field], a, high, step);
    break;
  case 4:
    g_string_append_printf(text, "%u,%u", b, a);
    model->set[field][a] = model->set[field][b] = true;
    break;
  default:
    g_string_append_printf(text, "%u-%u", a, b);
    fill(model->set[field], a, b, 1);
  }
  g_string_append_c(text, ' ');
}

/* Near the changes there is most to see: hours 0 to 3. */
static void
bring_near(Model *model, GString *text, GRand *rand) {
  guint hour = (guint)g_rand_int_range(rand, 0, 4);
  g_string_append_printf(text, "%u ", hour);
  model->set[1][hour] = true;
}

static Model *
model_new(GRand *rand) {
  Model *model = g_new0(Model, 1);
  GString *text = g_string_new("");
  add_field(model, text, 0, rand);
  if (g_rand_boolean(rand))
    bring_near(model, text, rand);
  else
    add_field(model, text, 1, rand);
  for (guint field = 2; field < 5; field++)
    add_field(model, text, field, rand);
  model->text = g_string_free(text, FALSE);
  return model;
}

static void
model_free(Model *model) {
  g_free(model->text);
  g_free(model);
}

static bool
fits(const Model *model, const guint *part) {
  bool day = model->set[2][part[2]], weekday = model->set[4][part[4]];
  bool either = !model->starred[2] && !model->starred[4];
  return model->set[0][part[0]] && model->set[1][part[1]] && model->set[3][part[3]] &&
         (either ? day || weekday : day && weekday);
}

static void
split_wall(gint64 wall, guint *part) {
  g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(wall);
  part[0] = (guint)g_date_time_get_minute(time);
  part[1] = (guint)g_date_time_get_hour(time);
  part[2] = (guint)g_date_time_get_day_of_month(time);
  part[3] = (guint)g_date_time_get_month(time);
  part[4] = (guint)g_date_time_get_day_of_week(time) % 7;
}

static Minute *
minutes_from(gint64 start, GTimeZone *zone) {
  Minute *minutes = g_new0(Minute, MINUTES);
  for (guint i = 0; i < MINUTES; i++) {
    minutes[i].time = start + (gint64)i * 60;
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(minutes[i].time);
    g_autoptr(GDateTime) local = g_date_time_to_timezone(utc, zone);
    minutes[i].wall = minutes[i].time + g_date_time_get_utc_offset(local) / G_USEC_PER_SEC;
    split_wall(minutes[i].wall, minutes[i].part);
  }
  return minutes;
}

/* Whether the rule of cron.h makes minute `i` a due time. */
static bool
is_due(const Model *model, const Minute *minutes, guint i) {
  if (model->starred[0] || model->starred[1])
    return fits(model, minutes[i].part);
  gint64 moved = i == 0 ? 60 : minutes[i].wall - minutes[i - 1].wall;
  for (gint64 wall = minutes[i].wall - moved + 60; wall < minutes[i].wall; wall += 60) {
    guint part[5];
    split_wall(wall, part);
    if (fits(model, part))
      return true;
  }
  for (guint back = 1; back <= MIN(i, 120u); back++)
    if (minutes[i - back].wall == minutes[i].wall)
      return false;
  return fits(model, minutes[i].part);
}

static guint
compare(const Model *model, const Minute *minutes, GTimeZone *zone) {
  g_autoptr(Cron) cron = cron_parse(model->text, NULL);
  if (cron == NULL)
    return 0; /* a day its months do not have */
  gint64 last = cron_last(cron, zone, minutes[0].time - 1);
  gint64 next = cron_next(cron, zone, minutes[0].time - 1);
  guint found = 0;
  for (guint i = 0; i < MINUTES; i++) {
    if (is_due(model, minutes, i) != (next == minutes[i].time)) {
      g_autofree char *at = written(minutes[i].time, zone);
      g_autofree char *told = written(next, zone);
      g_error("%s in %s: at %s, cron_next() tells %s", model->text,
              g_time_zone_get_identifier(zone), at, told);
    }
    if (next != minutes[i].time)
      continue;
    g_assert_cmpint(cron_last(cron, zone, next - 1), ==, last);
    last = next;
    g_assert_cmpint(cron_last(cron, zone, next + 59), ==, last);
    next = cron_next(cron, zone, next);
    found++;
  }
  return found;
}

static const struct {
  const char *zone, *start;
} stretches[] = {
  { BERLIN, "2026-03-15T23:00:00Z" },         { BERLIN, "2026-10-12T23:00:00Z" },
  { HOWE, "2026-03-25T13:00:00Z" },           { HOWE, "2026-09-20T13:30:00Z" },
  { "UTC", "2027-12-20T00:00:00Z" },          { "America/Santiago", "2026-08-25T00:00:00Z" },
  { BERLIN, "2028-02-15T00:00:00Z" },         { "America/Santiago", "2026-03-25T00:00:00Z" },
  { "Asia/Kolkata", "2026-12-15T18:30:00Z" },
};

static void
test_every_minute(void) {
  g_autoptr(GRand) rand = g_rand_new_with_seed(20260329);
  guint found = 0, some = 0;
  for (guint i = 0; i < G_N_ELEMENTS(stretches); i++) {
    g_autoptr(GTimeZone) zone = zone_of(stretches[i].zone);
    g_autofree Minute *minutes = minutes_from(instant(stretches[i].start), zone);
    for (guint n = 0; n < 60; n++) {
      Model *model = model_new(rand);
      guint times = compare(model, minutes, zone);
      found += times;
      some += times > 0 ? 1 : 0;
      model_free(model);
    }
  }
  g_test_message("%u of %u expressions were due, %u times", some,
                 60 * (guint)G_N_ELEMENTS(stretches), found);
  g_assert_cmpuint(some, >, 200);
}

/* The rarest of all asks for the 29th of a February that is a Sunday. */
static void
test_is_fast(void) {
  g_autoptr(GTimeZone) zone = zone_of(BERLIN);
  g_autoptr(Cron) cron = parsed("0 0 29 2 */7");
  gint64 begun = g_get_monotonic_time();
  for (guint i = 0; i < 20; i++) {
    g_assert_cmpint(cron_next(cron, zone, instant("2032-03-01T00:00:00Z") + i), <, CRON_NEVER);
    g_assert_cmpint(cron_last(cron, zone, instant("2032-02-01T00:00:00Z") + i), <, CRON_NEVER);
  }
  gint64 took = g_get_monotonic_time() - begun;
  g_test_message("%" G_GINT64_FORMAT " us a call", took / 40);
  g_assert_cmpint(took / 40, <, 100000); /* a hundred times what it takes, for slow machines */
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/cron/table", test_table);
  g_test_add_func("/cron/errors", test_errors);
  g_test_add_func("/cron/outside", test_outside);
  g_test_add_func("/cron/every-minute", test_every_minute);
  g_test_add_func("/cron/is-fast", test_is_fast);
  return g_test_run();
}
