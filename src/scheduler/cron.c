/* Reading an expression, and walking the calendar with it.
 *
 * Between two changes of the clocks the time on the wall is Unix time plus a fixed offset; such a
 * stretch is a segment here. Within one, finding a time is arithmetic on days and minutes of the
 * wall. What is special about changes happens at the seams: the piece of wall time that the change
 * skipped, or the one that comes again.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/cron.h"

#include <string.h>

#include "base/text.h"

#define MINUTE 60
#define DAY_S G_GINT64_CONSTANT(86400)
#define DAY_MINUTES (24 * 60)

/* 1 January 1970 as GDate counts days. */
#define EPOCH_JULIAN 719163

/* 1 January 9900: GDate and all that is added to a time here surely work up to there. */
#define LATEST G_GINT64_CONSTANT(250245849600)

/* No change moves clocks by more, so nothing that is further away than this from one is touched by
 * it. */
#define SEAM_S (2 * DAY_S)

#define HORIZON_S (CRON_HORIZON_YEARS * 366 * DAY_S)

/* Most of an expression that a message repeats. */
#define SHOWN_MAX 40

G_DEFINE_QUARK(cron_error_quark, cron_error)

typedef enum { MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS, FIELDS } Field;

struct Cron {
  guint64 set[FIELDS]; /* bit n: n is meant */
  bool either;         /* both day fields are restricted: a day that fits one of them is meant */
  bool wild;           /* follows the clock on the wall through changes */
};

/* ── reading ── */

static const char *const month_names[] = { "jan", "feb", "mar", "apr", "may", "jun", "jul",
                                           "aug", "sep", "oct", "nov", "dec", NULL };
static const char *const day_names[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL };

static const struct {
  const char *name;
  guint min, max; /* of `*` */
  guint top;      /* the highest that may be written */
  const char *const *names;
  const char *write;
} fields[FIELDS] = {
  [MINUTES] = { "minute", 0, 59, 59, NULL, "a number from 0 to 59" },
  [HOURS] = { "hour", 0, 23, 23, NULL, "a number from 0 to 23" },
  [DAYS] = { "day of month", 1, 31, 31, NULL, "a number from 1 to 31" },
  [MONTHS] = { "month", 1, 12, 12, month_names, "a number from 1 to 12 or a name from jan to dec" },
  [WEEKDAYS] = { "weekday", 0, 6, 7, day_names,
                 "a number from 0 to 7 (0 and 7 are Sunday) or a name from sun to sat" },
};

static const struct {
  const char *word, *meaning;
} shorthands[] = {
  { "@hourly", "0 * * * *" },   { "@daily", "0 0 * * *" },   { "@midnight", "0 0 * * *" },
  { "@weekly", "0 0 * * 0" },   { "@monthly", "0 0 1 * *" }, { "@yearly", "0 0 1 1 *" },
  { "@annually", "0 0 1 1 *" },
};

static bool
G_GNUC_PRINTF(2, 3) refuse(GError **error, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *message = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  g_set_error_literal(error, CRON_ERROR, CRON_ERROR_SYNTAX, message);
  return false;
}

/* A number or name of the field. */
static bool
read_value(Field field, const char *text, guint *value) {
  for (guint i = 0; fields[field].names != NULL && fields[field].names[i] != NULL; i++) {
    if (g_ascii_strcasecmp(fields[field].names[i], text) != 0)
      continue;
    *value = i + fields[field].min;
    return true;
  }
  guint64 number;
  if (!g_ascii_string_to_unsigned(text, 10, fields[field].min, fields[field].top, &number, NULL))
    return false;
  *value = (guint)number;
  return true;
}

/* "*", "a", "a-b"; `open`: "a" reaches to the field's end. */
static bool
read_range(Field field, char *text, bool open, guint *low, guint *high, GError **error) {
  *low = fields[field].min;
  *high = fields[field].max;
  if (g_str_equal(text, "*"))
    return true;
  g_autofree char *shown = text_display(text, -1, SHOWN_MAX);
  char *dash = strchr(text, '-');
  if (dash != NULL)
    *dash = '\0';
  bool good = read_value(field, text, low);
  if (dash != NULL)
    good = good && read_value(field, dash + 1, high);
  else if (!open)
    *high = *low;
  if (!good)
    return refuse(error, "has %s as its %s; write %s", shown, fields[field].name,
                  fields[field].write);
  if (field == WEEKDAYS && *high == 0 && *low > 0)
    *high = 7; /* a range may end on Sunday */
  if (*low > *high)
    return refuse(error, "has %s as its %s, which runs backwards; write %u-%u,%u-%u", shown,
                  fields[field].name, *low, fields[field].max, fields[field].min, *high);
  return true;
}

/* One element of a list: a range, and maybe a step. */
static bool
read_element(Field field, char *text, guint64 *set, GError **error) {
  guint count = fields[field].max - fields[field].min + 1;
  guint64 step = 1;
  char *slash = strchr(text, '/');
  if (slash != NULL && !g_ascii_string_to_unsigned(slash + 1, 10, 1, count, &step, NULL)) {
    g_autofree char *shown = text_display(text, -1, SHOWN_MAX);
    return refuse(error, "has %s as its %s; write a step from 1 to %u behind the /", shown,
                  fields[field].name, count);
  }
  if (slash != NULL)
    *slash = '\0';
  guint low, high;
  if (!read_range(field, text, slash != NULL, &low, &high, error))
    return false;
  for (guint i = low; i <= high; i += (guint)step)
    *set |= G_GUINT64_CONSTANT(1) << (field == WEEKDAYS ? i % 7 : i);
  return true;
}

static bool
read_field(Field field, const char *text, guint64 *set, GError **error) {
  g_auto(GStrv) elements = g_strsplit(text, ",", -1);
  for (char **element = elements; *element != NULL; element++)
    if (!read_element(field, *element, set, error))
      return false;
  return true;
}

/* Whether some day of some year is meant. */
static bool
is_possible(const Cron *cron) {
  static const guint8 lengths[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
  if (cron->either)
    return true;
  for (guint month = 1; month <= G_N_ELEMENTS(lengths); month++)
    if ((cron->set[MONTHS] >> month & 1) != 0 &&
        (cron->set[DAYS] & ((G_GUINT64_CONSTANT(2) << lengths[month - 1]) - 1)) != 0)
      return true;
  return false;
}

static const char *
expand(const char *expression, GError **error) {
  for (guint i = 0; i < G_N_ELEMENTS(shorthands); i++)
    if (g_ascii_strcasecmp(shorthands[i].word, expression) == 0)
      return shorthands[i].meaning;
  refuse(error, "is not known; write @hourly, @daily, @weekly, @monthly, @yearly, or five fields "
                "such as 0 3 * * 0 (Sundays at 03:00)");
  return NULL;
}

/* The words between blanks. */
static GPtrArray *
split(const char *expression) {
  GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
  g_auto(GStrv) parts = g_strsplit_set(expression, " \t", -1);
  for (char **part = parts; *part != NULL; part++)
    if (**part != '\0')
      g_ptr_array_add(words, g_strdup(*part));
  return words;
}

Cron *
cron_parse(const char *expression, GError **error) {
  g_autofree char *trimmed = text_trim(expression);
  const char *text = *trimmed == '@' ? expand(trimmed, error) : trimmed;
  if (text == NULL)
    return NULL;
  g_autoptr(GPtrArray) words = split(text);
  if (words->len != FIELDS) {
    refuse(error,
           "has %u fields, not five; write minute, hour, day of month, month and weekday, for "
           "example 0 3 * * 0 (Sundays at 03:00)",
           words->len);
    return NULL;
  }
  g_autoptr(Cron) cron = g_new0(Cron, 1);
  bool starred[FIELDS];
  for (guint i = 0; i < FIELDS; i++) {
    const char *word = g_ptr_array_index(words, i);
    starred[i] = *word == '*';
    if (!read_field((Field)i, word, &cron->set[i], error))
      return NULL;
  }
  cron->either = !starred[DAYS] && !starred[WEEKDAYS];
  cron->wild = starred[MINUTES] || starred[HOURS];
  if (!is_possible(cron)) {
    refuse(error, "is never due, because none of its months has such a day; write a day of month "
                  "that they have");
    return NULL;
  }
  return g_steal_pointer(&cron);
}

void
cron_free(Cron *cron) {
  g_free(cron);
}

/* ── the time on the wall ──
 * In seconds since 1970 as the wall would have them if its clock had never been changed. */

#define NOT_FOUND G_MININT64

static gint64
floor_divide(gint64 number, gint64 by) {
  gint64 quotient = number / by;
  return number % by < 0 ? quotient - 1 : quotient;
}

static bool
day_fits(const Cron *cron, const GDate *date) {
  bool day = (cron->set[DAYS] >> g_date_get_day(date) & 1) != 0;
  bool weekday = (cron->set[WEEKDAYS] >> (g_date_get_weekday(date) % 7) & 1) != 0;
  return cron->either ? day || weekday : day && weekday;
}

static bool
month_fits(const Cron *cron, const GDate *date) {
  return (cron->set[MONTHS] >> g_date_get_month(date) & 1) != 0;
}

/* The first minute of a day from `from` on that is meant, −1 when none is. */
static gint
minute_from(const Cron *cron, gint from) {
  for (gint hour = from / 60, minute = from % 60; hour < 24; hour++, minute = 0) {
    guint64 rest = cron->set[MINUTES] >> minute;
    if ((cron->set[HOURS] >> hour & 1) != 0 && rest != 0)
      return hour * 60 + minute + __builtin_ctzll(rest);
  }
  return -1;
}

/* The last minute of a day up to `to` that is meant, −1 when none is. */
static gint
minute_to(const Cron *cron, gint to) {
  for (gint hour = to / 60, minute = to % 60; hour >= 0; hour--, minute = 59) {
    guint64 rest = cron->set[MINUTES] << (63 - minute);
    if ((cron->set[HOURS] >> hour & 1) != 0 && rest != 0)
      return hour * 60 + minute - __builtin_clzll(rest);
  }
  return -1;
}

/* The first time on the wall in [from, to) that is meant. */
static gint64
wall_first(const Cron *cron, gint64 from, gint64 to) {
  gint64 minutes = floor_divide(from + MINUTE - 1, MINUTE);
  gint64 day = floor_divide(minutes, DAY_MINUTES);
  gint start = (gint)(minutes - day * DAY_MINUTES);
  GDate date;
  g_date_clear(&date, 1);
  g_date_set_julian(&date, (guint32)(day + EPOCH_JULIAN));
  while (day * DAY_S < to) {
    guint ahead = 1;
    if (!month_fits(cron, &date)) {
      ahead = g_date_get_days_in_month(g_date_get_month(&date), g_date_get_year(&date)) + 1u -
              g_date_get_day(&date);
    } else if (day_fits(cron, &date)) {
      gint minute = minute_from(cron, start);
      gint64 wall = day * DAY_S + minute * MINUTE;
      if (minute >= 0)
        return wall < to ? wall : NOT_FOUND;
    }
    g_date_add_days(&date, ahead);
    day += ahead;
    start = 0;
  }
  return NOT_FOUND;
}

/* The last one in [from, to). */
static gint64
wall_last(const Cron *cron, gint64 from, gint64 to) {
  gint64 minutes = floor_divide(to - 1, MINUTE);
  gint64 day = floor_divide(minutes, DAY_MINUTES);
  gint start = (gint)(minutes - day * DAY_MINUTES);
  GDate date;
  g_date_clear(&date, 1);
  g_date_set_julian(&date, (guint32)(day + EPOCH_JULIAN));
  while ((day + 1) * DAY_S > from) {
    guint back = 1;
    if (!month_fits(cron, &date)) {
      back = g_date_get_day(&date);
    } else if (day_fits(cron, &date)) {
      gint minute = minute_to(cron, start);
      gint64 wall = day * DAY_S + minute * MINUTE;
      if (minute >= 0)
        return wall >= from ? wall : NOT_FOUND;
    }
    g_date_subtract_days(&date, back);
    day -= back;
    start = DAY_MINUTES - 1;
  }
  return NOT_FOUND;
}

/* ── segments ── */

static gint
interval_at(GTimeZone *zone, gint64 time) {
  return g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, time);
}

static gint64
offset_at(GTimeZone *zone, gint64 time) {
  return g_time_zone_get_offset(zone, interval_at(zone, time));
}

/* The first time of the interval of `inside`, not before `least`. */
static gint64
interval_start(GTimeZone *zone, gint64 inside, gint64 least) {
  gint interval = interval_at(zone, inside);
  if (interval_at(zone, least) == interval)
    return least;
  while (least < inside) {
    gint64 middle = least + (inside - least) / 2;
    if (interval_at(zone, middle) == interval)
      inside = middle;
    else
      least = middle + 1;
  }
  return inside;
}

/* The first time after the interval of `inside`, `most` at most. */
static gint64
interval_end(GTimeZone *zone, gint64 inside, gint64 most) {
  gint interval = interval_at(zone, inside);
  inside++;
  while (inside < most) {
    gint64 middle = inside + (most - inside) / 2;
    if (interval_at(zone, middle) == interval)
      inside = middle + 1;
    else
      most = middle;
  }
  return most;
}

/* Whether an expression of fixed times has one among those that the change at `time` skipped. */
static bool
skipped(const Cron *cron, GTimeZone *zone, gint64 time, gint64 offset) {
  gint64 before = offset_at(zone, time - 1);
  return !cron->wild && wall_first(cron, time + before, time + offset) != NOT_FOUND;
}

/* Where the wall begins to count in a segment that begins at `start`: what it shows again does not,
 * for fixed times. */
static gint64
wall_start(const Cron *cron, GTimeZone *zone, gint64 start, gint64 offset) {
  return start + (cron->wild ? offset : MAX(offset, offset_at(zone, start - 1)));
}

gint64
cron_next(const Cron *cron, GTimeZone *zone, gint64 after) {
  gint64 time = CLAMP(after, -1, LATEST) + 1;
  gint64 limit = after > LATEST ? 0 : time + HORIZON_S;
  gint64 start = interval_start(zone, time, time - SEAM_S);
  gint64 wall = NOT_FOUND, looked = LATEST;
  while (time < limit) {
    gint64 offset = offset_at(zone, time);
    if (time == start && skipped(cron, zone, time, offset))
      return time;
    gint64 from = MAX(time + offset, wall_start(cron, zone, start, offset));
    /* What lies years ahead is not looked for again in each segment on the way. */
    if (wall < from || from < looked) {
      wall = wall_first(cron, from, limit + offset);
      looked = from;
    }
    if (wall != NOT_FOUND && interval_at(zone, wall - offset) == interval_at(zone, time))
      return wall - offset;
    time = start = interval_end(zone, time, limit);
  }
  return CRON_NEVER;
}

gint64
cron_last(const Cron *cron, GTimeZone *zone, gint64 at) {
  gint64 time = CLAMP(at, -1, LATEST);
  gint64 limit = at < 0 || at > LATEST ? LATEST + 1 : time - HORIZON_S;
  while (time >= limit) {
    gint64 offset = offset_at(zone, time);
    gint64 wall = wall_last(cron, limit + offset, time + offset + 1);
    if (wall != NOT_FOUND && interval_at(zone, wall - offset - SEAM_S) == interval_at(zone, time))
      return wall - offset;
    gint64 start = interval_start(zone, time, limit);
    if (wall >= wall_start(cron, zone, start, offset))
      return wall - offset;
    if (skipped(cron, zone, start, offset))
      return start;
    time = start - 1;
  }
  return CRON_NEVER;
}
