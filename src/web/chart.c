/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/chart.h"

#include <string.h>

#include "base/text.h"
#include "web/page.h"

/* In the drawing's own units, about a pixel each. */
#define WIDTH 720
#define LEFT 56
#define PLOT_WIDTH (WIDTH - LEFT - 8)
#define DURATION_TOP 36
#define DURATION_HEIGHT 130
#define CHANGES_TOP (DURATION_TOP + DURATION_HEIGHT + 46)
#define CHANGES_HEIGHT 70
#define BELOW 24 /* for dates */
#define MAX_BAR 28
#define LABEL_WIDTH 80

/* No step of an axis is wider than a quarter of what it shows. */
#define STEPS 4
/* More than anything takes or changes; beyond it sums would overflow. */
#define MOST ((gint64)1000000000000)
/* Bars are cut when there are so many runs, and the longest is so many times what nine of ten stay
 * below. */
#define CUT_FROM 8
#define CUT_TIMES 4

/* One of the two series with its axis. */
typedef struct {
  gint top, height;
  gint64 values[CHART_MAX_RUNS]; /* −1: not known */
  gint64 unit;                   /* what "1" at the axis means */
  gint64 step, most;             /* between two numbers; the last one */
} Axis;

typedef struct {
  Html *html;
  const ChartRun *runs;
  guint count;
  GTimeZone *zone;
  Axis duration, changes;
  bool has_changes; /* of any run */
  bool cut;         /* something is */
} Chart;

/* ── axes ── */

static int
compare(gconstpointer left, gconstpointer right) {
  gint64 a = *(const gint64 *)left, b = *(const gint64 *)right;
  return (a > b) - (a < b);
}

/* The value that has to fit in; −1: none is known. */
static gint64
highest(const Axis *axis, guint count) {
  gint64 known[CHART_MAX_RUNS];
  guint n = 0;
  for (guint i = 0; i < count; i++)
    if (axis->values[i] >= 0)
      known[n++] = axis->values[i];
  if (n == 0)
    return -1;
  qsort(known, n, sizeof *known, compare);
  gint64 most = known[n - 1], usual = known[(n - 1) * 9 / 10];
  return n >= CUT_FROM && usual > 0 && most > CUT_TIMES * usual ? 2 * usual : most;
}

/* 1, 2 or 5 times a power of ten. */
static gint64
round_step(gint64 least) {
  for (gint64 step = 1;; step *= 10)
    for (gint i = 0; i < 3; i++) {
      static const gint factors[] = { 1, 2, 5 };
      if (step * factors[i] >= least)
        return step * factors[i];
    }
}

static gint64
divide_up(gint64 number, gint64 by) {
  return (number + by - 1) / by;
}

static void
fit_axis(Axis *axis, gint64 most) {
  axis->step = axis->unit * round_step(divide_up(most, STEPS * axis->unit));
  axis->most = axis->step * MAX(divide_up(most, axis->step), 1);
}

static gint64
unit_of(gint64 seconds) {
  return seconds <= 120 ? 1 : seconds <= 120 * 60 ? 60 : 3600;
}

static void
set_up(Chart *chart) {
  Axis *duration = &chart->duration, *changes = &chart->changes;
  *duration = (Axis){ .top = DURATION_TOP, .height = DURATION_HEIGHT };
  *changes = (Axis){ .top = CHANGES_TOP, .height = CHANGES_HEIGHT, .unit = 1 };
  for (guint i = 0; i < chart->count; i++) {
    duration->values[i] = CLAMP(chart->runs[i].duration, 0, MOST);
    changes->values[i] = CLAMP(chart->runs[i].changes, -1, MOST);
  }
  gint64 longest = highest(duration, chart->count), most = highest(changes, chart->count);
  duration->unit = unit_of(longest);
  fit_axis(duration, longest);
  chart->has_changes = most >= 0;
  fit_axis(changes, MAX(most, 0));
}

/* ── shapes ── */

/* Numbers as attributes; room for any gint. */
typedef char Number[12];

static const char *
number(Number buffer, gint value) {
  g_snprintf(buffer, sizeof(Number), "%d", value);
  return buffer;
}

static void
draw_line(Html *html, const char *class, gint y) {
  Number left, right, at;
  html_element(html, "line", NULL, "class", class, "x1", number(left, LEFT), "x2",
               number(right, LEFT + PLOT_WIDTH), "y1", number(at, y), "y2", at, NULL);
}

static void
draw_text(Html *html, const char *class, const char *anchor, gint x, gint y, const char *text) {
  Number across, down;
  html_element(html, "text", text, "class", class, "text-anchor", anchor, "x", number(across, x),
               "y", number(down, y), NULL);
}

static void
draw_bar(Html *html, const char *status, gint x, gint y, gint width, gint height) {
  Number across, down, wide, high;
  autochar class = g_strdup_printf("bar %s", status);
  html_element(html, "rect", NULL, "class", class, "x", number(across, x), "y", number(down, y),
               "width", number(wide, width), "height", number(high, height), NULL);
}

/* What was not successful, told by its shape: 8 wide, 8 high, around the origin. */
static const struct {
  const char *kind, *path;
} marks[RUN_STATUSES] = {
  [RUN_RUNNING] = { "solid", "M-3-4L4 0L-3 4z" },
  [RUN_PARTIAL] = { "solid", "M-4 3L0-4L4 3z" },
  [RUN_ERROR] = { "line", "M-3-3L3 3M-3 3L3-3" },
  [RUN_SKIPPED] = { "line", "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0" },
  [RUN_HELD] = { "line", "M-2-3V3M2-3V3" },
  [RUN_INTERRUPTED] = { "solid", "M0-4L4 0L0 4L-4 0z" },
};

static void
draw_mark(Html *html, RunStatus status, gint x, gint y) {
  if (marks[status].path == NULL)
    return;
  autochar class = g_strdup_printf("mark %s %s", marks[status].kind, run_status_word(status));
  autochar place = g_strdup_printf("translate(%d %d)", x, y);
  html_element(html, "path", NULL, "class", class, "transform", place, "d", marks[status].path,
               NULL);
}

/* ── axes, drawn ── */

static gint
y_of(const Axis *axis, gint64 value) {
  gdouble part = (gdouble)MIN(value, axis->most) / (gdouble)axis->most;
  return axis->top + axis->height - (gint)(part * axis->height + 0.5);
}

static void
draw_axis(Html *html, const Axis *axis, const char *title) {
  draw_text(html, "title", "start", 0, axis->top - 20, title);
  for (gint64 value = 0; value <= axis->most; value += axis->step) {
    autochar text = web_number(html_language(html), value / axis->unit);
    gint y = y_of(axis, value);
    draw_line(html, value == 0 ? "base" : "grid", y);
    draw_text(html, "axis", "end", LEFT - 8, y + 4, text);
  }
}

static const char *
duration_title(const Html *html, gint64 unit) {
  if (unit == 1)
    return html_word(html, "Duration in seconds", "Dauer in Sekunden");
  return unit == 60 ? html_word(html, "Duration in minutes", "Dauer in Minuten")
                    : html_word(html, "Duration in hours", "Dauer in Stunden");
}

static gint
middle_of(const Chart *chart, guint index) {
  return LEFT + (gint)((2 * index + 1) * PLOT_WIDTH / (2 * chart->count));
}

/* The date under a run, or, when all are of one day, the time. Free with g_free(). */
static char *
label_of(const Chart *chart, guint index, bool one_day) {
  autochar time = web_time(html_language(chart->html), chart->runs[index].start, chart->zone);
  const char *clock = strrchr(time, ' ');
  if (clock == NULL)
    return g_steal_pointer(&time);
  if (one_day)
    return g_strdup(clock + 1);
  gsize length = (gsize)(clock - time);
  return g_strndup(time, length > 0 && time[length - 1] == ',' ? length - 1 : length);
}

static void
draw_dates(const Chart *chart, gint y) {
  autochar first = label_of(chart, 0, false);
  autochar last = label_of(chart, chart->count - 1, false);
  autochar before = g_strdup("");
  bool one_day = strcmp(first, last) == 0;
  guint every = (guint)divide_up((gint64)chart->count * LABEL_WIDTH, PLOT_WIDTH);
  for (guint i = 0; i < chart->count; i += every) {
    autochar label = label_of(chart, i, one_day);
    gint x = middle_of(chart, i);
    if (strcmp(label, before) != 0 && x + LABEL_WIDTH / 2 <= WIDTH)
      draw_text(chart->html, "axis", "middle", x, y, label);
    g_free(before);
    before = g_steal_pointer(&label);
  }
}

/* ── runs ── */

/* "Run 12, 2026-03-10 03:00: partial, 4 min 10 s, 120 changes". Free with g_free(). */
static char *
describe(const Chart *chart, const ChartRun *run) {
  WebLanguage language = html_language(chart->html);
  autochar start = web_time(language, run->start, chart->zone);
  autochar duration = web_duration(language, run->duration);
  autochar count = web_number(language, run->changes);
  autochar changes =
      run->changes < 0
          ? NULL
          : web_say_format(language, ", %s %s", ", %s %s", count,
                           run->changes == 1 ? web_say(language, "change", "Änderung")
                                             : web_say(language, "changes", "Änderungen"));
  return web_say_format(language, "Run %" G_GINT64_FORMAT ", %s: %s, %s%s",
                        "Lauf %" G_GINT64_FORMAT ", %s: %s, %s%s", run->id, start,
                        page_run_status_word(language, run->status), duration,
                        changes != NULL ? changes : "");
}

static void
draw_value(Chart *chart, const Axis *axis, guint index, const char *class, gint x, gint width) {
  gint64 value = axis->values[index];
  if (value < 0)
    return;
  /* What is there, though hardly to be seen, is to be seen. */
  gint base = axis->top + axis->height;
  gint height = MAX(base - y_of(axis, value), value > 0 ? 2 : 1);
  draw_bar(chart->html, class, x, base - height, width, height);
  if (value > axis->most) {
    autochar path = g_strdup_printf("M%d %dl%d-6", x - 2, axis->top + 18, width + 4);
    html_element(chart->html, "path", NULL, "class", "cut", "d", path, NULL);
    chart->cut = true;
  }
}

static void
draw_room(const Chart *chart, gint middle, gint bottom) {
  Number across, down, wide, high;
  gint width = PLOT_WIDTH / (gint)chart->count, top = DURATION_TOP - 14;
  html_element(chart->html, "rect", NULL, "class", "hit", "fill", "none", "pointer-events", "all",
               "x", number(across, middle - width / 2), "y", number(down, top), "width",
               number(wide, width), "height", number(high, bottom - top), NULL);
}

static void
draw_run(Chart *chart, guint index, gint bottom) {
  Html *html = chart->html;
  const ChartRun *run = &chart->runs[index];
  gint width = MIN(MAX_BAR, PLOT_WIDTH * 7 / 10 / (gint)chart->count);
  gint middle = middle_of(chart, index);
  autochar text = describe(chart, run);
  autochar path = g_strdup_printf("/runs/%" G_GINT64_FORMAT, run->id);
  /* Reached by keyboard through the table below, which holds the same links. */
  html_open(html, "a", "href", path, "class", "run", "tabindex", "-1", "aria-label", text, NULL);
  html_element(html, "title", text, NULL);
  draw_room(chart, middle, bottom);
  draw_value(chart, &chart->duration, index, run_status_word(run->status), middle - width / 2,
             width);
  draw_mark(html, run->status, middle, y_of(&chart->duration, chart->duration.values[index]) - 8);
  if (chart->has_changes)
    draw_value(chart, &chart->changes, index, "changes", middle - width / 2, width);
  html_close(html, "a");
}

/* ── in words ── */

static void
count_statuses(const Chart *chart, guint counts[RUN_STATUSES]) {
  for (guint i = 0; i < chart->count; i++)
    counts[chart->runs[i].status]++;
}

/* "12 successful, 2 partial. The longest: Run 12, …". Free with g_free(). */
static char *
summary(const Chart *chart) {
  WebLanguage language = html_language(chart->html);
  guint counts[RUN_STATUSES] = { 0 };
  const ChartRun *longest = &chart->runs[0], *most = &chart->runs[0];
  count_statuses(chart, counts);
  GString *text = g_string_new(NULL);
  for (guint status = 0; status < RUN_STATUSES; status++)
    if (counts[status] > 0)
      g_string_append_printf(text, "%s%u %s", text->len > 0 ? ", " : "", counts[status],
                             page_run_status_word(language, (RunStatus)status));
  for (guint i = 1; i < chart->count; i++) {
    longest = chart->runs[i].duration > longest->duration ? &chart->runs[i] : longest;
    most = chart->runs[i].changes > most->changes ? &chart->runs[i] : most;
  }
  autochar first = describe(chart, longest);
  g_string_append_printf(text, ". %s: %s.", web_say(language, "The longest", "Der längste"), first);
  if (most->changes > 0) {
    autochar second = describe(chart, most);
    g_string_append_printf(text, " %s: %s.",
                           web_say(language, "Most changes", "Die meisten Änderungen"), second);
  }
  return g_string_free(text, FALSE);
}

static void
show_key(Html *html, RunStatus status, guint count) {
  html_open(html, "li", NULL);
  html_open(html, "svg", "class", "key", "width", "14", "height", "20", "viewBox", "0 0 14 20",
            "aria-hidden", "true", NULL);
  draw_bar(html, run_status_word(status), 3, 10, 8, 10);
  draw_mark(html, status, 7, 4);
  html_close(html, "svg");
  html_format(html, " %s (%u)", page_run_status_word(html_language(html), status), count);
  html_close(html, "li");
}

static void
show_legend(const Chart *chart) {
  Html *html = chart->html;
  guint counts[RUN_STATUSES] = { 0 };
  count_statuses(chart, counts);
  html_open(html, "ul", "class", "legend", NULL);
  for (guint status = 0; status < RUN_STATUSES; status++)
    if (counts[status] > 0)
      show_key(html, (RunStatus)status, counts[status]);
  html_close(html, "ul");
  if (chart->cut)
    html_element(html, "p",
                 html_word(html, "A bar with a gap is longer than the picture.",
                           "Ein Balken mit Lücke ist länger als das Bild."),
                 "class", "muted", NULL);
}

static void
show_caption(const Chart *chart) {
  WebLanguage language = html_language(chart->html);
  autochar first = web_time(language, chart->runs[0].start, chart->zone);
  autochar last = web_time(language, chart->runs[chart->count - 1].start, chart->zone);
  html_open(chart->html, "figcaption", NULL);
  html_say_format(chart->html, "%u runs, from %s to %s", "%u Läufe, %s bis %s", chart->count, first,
                  last);
  html_close(chart->html, "figcaption");
}

/* ── the whole ── */

static void
draw(Chart *chart) {
  Html *html = chart->html;
  const Axis *last = chart->has_changes ? &chart->changes : &chart->duration;
  gint bottom = last->top + last->height;
  autochar box = g_strdup_printf("0 0 %d %d", WIDTH, bottom + BELOW);
  autochar words = summary(chart);
  /* A group and no "img": whoever has it read to them may follow its links. */
  html_open(html, "svg", "viewBox", box, "role", "group", "aria-labelledby", "chart-title",
            "aria-describedby", "chart-description", "font-size", "11", NULL);
  html_element(
      html, "title",
      html_word(html, "Duration and changes of these runs", "Dauer und Änderungen dieser Läufe"),
      "id", "chart-title", NULL);
  html_element(html, "desc", words, "id", "chart-description", NULL);
  draw_axis(html, &chart->duration, duration_title(html, chart->duration.unit));
  if (chart->has_changes)
    draw_axis(html, &chart->changes,
              html_word(html, "People and courses changed", "Geänderte Teilnehmer und Kurse"));
  draw_dates(chart, bottom + BELOW - 6);
  for (guint i = 0; i < chart->count; i++)
    draw_run(chart, i, bottom);
  html_close(html, "svg");
}

void
chart_runs(Html *html, const ChartRun *runs, guint count, GTimeZone *zone) {
  if (count < 2)
    return;
  guint drawn = MIN(count, CHART_MAX_RUNS);
  Chart chart = { .html = html, .runs = runs + (count - drawn), .count = drawn, .zone = zone };
  set_up(&chart);
  html_open(html, "figure", "class", "chart", NULL);
  show_caption(&chart);
  html_open(html, "div", "class", "scroll", "tabindex", "0", "role", "region", "aria-label",
            html_word(html, "Picture of these runs", "Bild dieser Läufe"), NULL);
  draw(&chart);
  html_close(html, "div");
  show_legend(&chart);
  html_close(html, "figure");
}
