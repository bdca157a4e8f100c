/* Days and the instants they mean in a time zone.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>

#include "base/date.h"

static Date
parse(const char *text) {
  Date date;
  g_assert_true(date_parse(text, &date));
  return date;
}

static void
test_parse(void) {
  Date date = parse("2026-03-10");
  g_assert_cmpint(date.year, ==, 2026);
  g_assert_cmpint(date.month, ==, 3);
  g_assert_cmpint(date.day, ==, 10);
  parse("2024-02-29");
  parse("2000-02-29");
  parse("2000-01-01");
  parse("2099-12-31");
}

static void
test_refused(void) {
  const char *refused[] = {
    "",
    "2026",
    "2026-3-10",
    "2026-03-1",
    "2026-03-100",
    "2026-03-10 ",
    " 2026-03-10",
    "10.03.2026",
    "2026/03/10",
    "2026-03/10",
    "2026-00-10",
    "2026-13-10",
    "2026-03-00",
    "2026-03-32",
    "2026-04-31",
    "2025-02-29",
    "2026-02-29",
    "1999-12-31",
    "2100-01-01",
    "+026-03-10",
    "2026- 3-10",
    "2026-03-1x",
    "202x-03-10",
    "2026-0x-10",
    "2026-03-10T",
    "２０２6-03-10",
  };
  for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
    Date date = { 1, 2, 3 };
    if (date_parse(refused[i], &date))
      g_error("'%s' was taken for a day", refused[i]);
    g_assert_true(date.year == 1 && date.month == 2 && date.day == 3);
  }
  Date date;
  g_assert_false(date_parse(NULL, &date));
}

static GTimeZone *
zone_named(const char *name) {
  GTimeZone *zone = g_time_zone_new_identifier(name);
  if (zone == NULL)
    g_error("the time zone %s is not installed; install the package tzdata", name);
  return zone;
}

static void
assert_day(const char *zone_name, const char *day, gint64 start, gint64 seconds) {
  g_autoptr(GTimeZone) zone = zone_named(zone_name);
  Date date = parse(day);
  g_assert_cmpint(date_start(date, zone), ==, start);
  g_assert_cmpint(date_end(date, zone), ==, start + seconds - 1);
}

static void
test_instants(void) {
  assert_day("UTC", "2026-03-10", 1773100800, 86400);
  assert_day("Europe/Berlin", "2026-03-10", 1773100800 - 3600, 86400);
  assert_day("Europe/Berlin", "2026-07-01", 1782864000 - 7200, 86400);
  assert_day("Europe/Berlin", "2026-12-31", 1798675200 - 3600, 86400);
}

static void
test_clock_changes(void) {
  assert_day("Europe/Berlin", "2026-03-29", 1774742400 - 3600, 23 * 3600);
  assert_day("Europe/Berlin", "2026-03-30", 1774828800 - 7200, 86400);
  assert_day("Europe/Berlin", "2026-10-25", 1792886400 - 7200, 25 * 3600);
  assert_day("Europe/Berlin", "2026-10-26", 1792972800 - 3600, 86400);
}

/* Zones whose clocks change at midnight itself: São Paulo on 2018-11-04 had no 00:00, Havana on
 * 2018-11-04 had it twice. */
static void
test_change_at_midnight(void) {
  assert_day("America/Sao_Paulo", "2018-11-03", 1541203200 + 3 * 3600, 86400);
  assert_day("America/Sao_Paulo", "2018-11-04", 1541289600 + 3 * 3600, 23 * 3600);
  assert_day("America/Havana", "2018-11-03", 1541203200 + 4 * 3600, 86400);
  assert_day("America/Havana", "2018-11-04", 1541289600 + 4 * 3600, 25 * 3600);
}

static void
test_year(void) {
  g_autoptr(GTimeZone) berlin = zone_named("Europe/Berlin");
  g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
  gint64 new_year = 1767225600; /* 2026-01-01 00:00 UTC */
  g_assert_cmpint(date_year_at(new_year, utc), ==, 2026);
  g_assert_cmpint(date_year_at(new_year - 1, utc), ==, 2025);
  g_assert_cmpint(date_year_at(new_year - 1, berlin), ==, 2026);
  g_assert_cmpint(date_year_at(new_year - 3601, berlin), ==, 2025);
}

static void
test_format(void) {
  g_autoptr(GTimeZone) berlin = zone_named("Europe/Berlin");
  g_autofree char *local = date_format(1773147909, berlin);
  g_assert_cmpstr(local, ==, "2026-03-10 14:05:09");
  g_autofree char *utc = date_format(1773147909, NULL);
  g_assert_cmpstr(utc, ==, "2026-03-10 13:05:09");
  g_autofree char *never = date_format(0, berlin);
  g_assert_cmpstr(never, ==, "–");
  g_autofree char *absurd = date_format(G_MAXINT64, berlin);
  g_assert_cmpstr(absurd, ==, "–");
}

int
main(int argc, char *argv[]) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/date/parse", test_parse);
  g_test_add_func("/date/refused", test_refused);
  g_test_add_func("/date/instants", test_instants);
  g_test_add_func("/date/clock-changes", test_clock_changes);
  g_test_add_func("/date/change-at-midnight", test_change_at_midnight);
  g_test_add_func("/date/year", test_year);
  g_test_add_func("/date/format", test_format);
  return g_test_run();
}
