/* The picture of runs: what it shows of ordinary and of odd runs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/text.h"
#include "web/chart.h"

#define START ((gint64)1773147909) /* 2026-03-10 13:05:09 UTC */
#define DAY ((gint64)24 * 60 * 60)

/* Runs of one minute with 10 changes, a day apart. */
static void
fill(ChartRun *runs, guint count) {
  for (guint i = 0; i < count; i++)
    runs[i] = (ChartRun){ .id = (gint64)i + 1,
                          .status = RUN_SUCCESS,
                          .start = START + i * DAY,
                          .duration = 60,
                          .changes = 10 };
}

static char *
draw(WebLanguage language, const ChartRun *runs, guint count) {
  GString *out = g_string_new(NULL);
  g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
  g_autoptr(Html) html = html_new(out, language);
  chart_runs(html, runs, count, zone);
  return g_string_free(out, FALSE);
}

static void
has(const char *picture, const char *part) {
  if (strstr(picture, part) == NULL)
    g_error("not there: %s\n%s", part, picture);
}

static void
has_not(const char *picture, const char *part) {
  if (strstr(picture, part) != NULL)
    g_error("there: %s\n%s", part, picture);
}

static guint
count_of(const char *picture, const char *part) {
  guint count = 0;
  for (const char *at = picture; (at = strstr(at, part)) != NULL; at += strlen(part))
    count++;
  return count;
}

/* The height of the nth bar of that class. */
static gint
height_of(const char *picture, const char *class, guint nth) {
  autochar part = g_strdup_printf("<rect class=\"bar %s\"", class);
  const char *at = picture;
  for (guint i = 0; i <= nth; i++) {
    at = strstr(at + 1, part);
    g_assert_nonnull(at);
  }
  at = strstr(at, "height=\"");
  return atoi(at + strlen("height=\""));
}

/* ── what it shows ── */

static void
says_all_in_words(void) {
  ChartRun runs[3];
  fill(runs, 3);
  runs[1].status = RUN_PARTIAL;
  runs[1].duration = 250;
  runs[2].changes = 1;
  autochar picture = draw(WEB_ENGLISH, runs, 3);
  has(picture, "role=\"group\"");
  has(picture, "<title id=\"chart-title\">Duration and changes of these runs</title>");
  has(picture, "<desc id=\"chart-description\">2 successful, 1 partial. The longest: Run 2, "
               "2026-03-11 13:05: partial, 4 min 10 s, 10 changes. Most changes: Run 1, ");
  has(picture, "<a href=\"/runs/2\" class=\"run\" tabindex=\"-1\" aria-label=\"Run 2, 2026-03-11 "
               "13:05: partial, 4 min 10 s, 10 changes\"><title>Run 2, ");
  has(picture, "1 min 00 s, 1 change\"");
  has(picture, ">2026-03-10</text>");
  has(picture, "3 runs, from 2026-03-10 13:05 to 2026-03-12 13:05");
  has_not(picture, "style=");
  autochar german = draw(WEB_GERMAN, runs, 3);
  has(german, "Lauf 2, 11.03.2026, 13:05: teilweise, 4 min 10 s, 10 Änderungen");
  has(german, ">Dauer in Minuten</text>");
  has(german, ">10.03.2026</text>");
}

/* Each status that is not successful has its own shape, the one in the legend. */
static void
tells_statuses_by_shape(void) {
  ChartRun runs[RUN_STATUSES];
  fill(runs, RUN_STATUSES);
  for (guint i = 0; i < RUN_STATUSES; i++)
    runs[i].status = (RunStatus)i;
  autochar picture = draw(WEB_ENGLISH, runs, RUN_STATUSES);
  for (guint i = 0; i < RUN_STATUSES; i++) {
    autochar bar = g_strdup_printf("\"bar %s\"", run_status_word((RunStatus)i));
    autochar mark = g_strdup_printf(" %s\" transform", run_status_word((RunStatus)i));
    g_assert_cmpuint(count_of(picture, bar), ==, 2);
    g_assert_cmpuint(count_of(picture, mark), ==, i == RUN_SUCCESS ? 0 : 2);
  }
  g_autoptr(GHashTable) shapes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (const char *at = picture; (at = strstr(at, " d=\"")) != NULL; at += strlen(" d=\""))
    g_hash_table_add(shapes, g_strndup(at + 4, strcspn(at + 4, "\"")));
  g_assert_cmpuint(g_hash_table_size(shapes), ==, RUN_STATUSES - 1);
}

static void
needs_two(void) {
  ChartRun runs[2];
  fill(runs, 2);
  autochar none = draw(WEB_ENGLISH, runs, 0);
  autochar one = draw(WEB_ENGLISH, runs, 1);
  autochar two = draw(WEB_ENGLISH, runs, 2);
  g_assert_cmpstr(none, ==, "");
  g_assert_cmpstr(one, ==, "");
  g_assert_cmpuint(count_of(two, "<a href"), ==, 2);
}

static void
draws_the_last_ones(void) {
  ChartRun runs[CHART_MAX_RUNS + 5];
  fill(runs, G_N_ELEMENTS(runs));
  autochar picture = draw(WEB_ENGLISH, runs, G_N_ELEMENTS(runs));
  g_assert_cmpuint(count_of(picture, "<a href"), ==, CHART_MAX_RUNS);
  has_not(picture, "href=\"/runs/5\"");
  has(picture, "href=\"/runs/6\"");
  has(picture, "href=\"/runs/65\"");
}

/* ── axes ── */

/* The numbers of the upper axis as "0 1 2". */
static char *
upper_axis(gint64 longest) {
  ChartRun runs[2];
  fill(runs, 2);
  runs[1].duration = longest;
  autochar picture = draw(WEB_ENGLISH, runs, 2);
  GString *numbers = g_string_new(NULL);
  const char *end = strstr(picture, ">People and courses changed</text>");
  const char *at = strstr(picture, ">Duration in ");
  g_string_append_c(numbers, at[strlen(">Duration in ")]);
  g_string_append_c(numbers, ':');
  while ((at = strstr(at + 1, "text-anchor=\"end\"")) != NULL && at < end) {
    const char *text = strchr(at, '>') + 1;
    g_string_append_c(numbers, ' ');
    g_string_append_len(numbers, text, (gssize)strcspn(text, "<"));
  }
  return g_string_free(numbers, FALSE);
}

static void
has_round_steps(void) {
  static const struct {
    gint64 longest;
    const char *axis;
  } cases[] = {
    { 60, "s: 0 20 40 60" },
    { 61, "s: 0 20 40 60 80" },
    { 120, "s: 0 50 100 150" },
    { 121, "m: 0 1 2 3" },
    { 400, "m: 0 2 4 6 8" },
    { 7200, "m: 0 50 100 150" },
    { 7201, "h: 0 1 2 3" },
    { 11 * 3600, "h: 0 5 10 15" },
    { 4000 * 3600, "h: 0 1,000 2,000 3,000 4,000" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    autochar axis = upper_axis(cases[i].longest);
    g_assert_cmpstr(axis, ==, cases[i].axis);
  }
}

static void
labels_one_day_by_the_hour(void) {
  ChartRun runs[3];
  fill(runs, 3);
  for (guint i = 0; i < 3; i++)
    runs[i].start = START + i * 60 * 60;
  autochar picture = draw(WEB_ENGLISH, runs, 3);
  has(picture, ">13:05</text>");
  has(picture, ">15:05</text>");
  has_not(picture, ">2026-03-10</text>");
}

static void
check_labels(const char *picture) {
  gint before = -100;
  const char *at = picture;
  while ((at = strstr(at + 1, "text-anchor=\"middle\" x=\"")) != NULL) {
    gint x = atoi(at + strlen("text-anchor=\"middle\" x=\""));
    g_assert_cmpint(x - before, >=, 70);
    g_assert_cmpint(x, <=, 680);
    before = x;
  }
  g_assert_cmpint(before, >, 500);
}

/* Nothing is written over something else, nor beyond the edge, and no date twice. */
static void
labels_have_room(void) {
  ChartRun runs[CHART_MAX_RUNS];
  fill(runs, CHART_MAX_RUNS);
  for (guint i = 0; i < CHART_MAX_RUNS; i++)
    runs[i].start = START + i * DAY / 30;
  autochar picture = draw(WEB_ENGLISH, runs, CHART_MAX_RUNS);
  g_assert_cmpuint(count_of(picture, ">2026-03-10</text>"), ==, 1);
  for (guint i = 0; i < CHART_MAX_RUNS; i++)
    runs[i].start = START + i * DAY;
  for (guint count = 2; count <= CHART_MAX_RUNS; count++) {
    autochar one = draw(WEB_ENGLISH, runs, count);
    check_labels(one);
  }
}

/* ── odd runs ── */

static void
shows_what_took_no_time(void) {
  ChartRun runs[3];
  fill(runs, 3);
  runs[0].duration = 0;
  runs[1].duration = 1;
  runs[2].duration = 5000;
  runs[0].changes = runs[1].changes = runs[2].changes = 0;
  autochar picture = draw(WEB_ENGLISH, runs, 3);
  g_assert_cmpint(height_of(picture, "success", 0), ==, 1);
  g_assert_cmpint(height_of(picture, "success", 1), ==, 2);
  g_assert_cmpint(height_of(picture, "success", 2), >, 90);
  g_assert_cmpint(height_of(picture, "changes", 2), ==, 1);
  runs[1].duration = runs[2].duration = 0;
  autochar still = draw(WEB_ENGLISH, runs, 3);
  g_assert_cmpint(height_of(still, "success", 2), ==, 1);
  has(still, "Duration in seconds");
}

static void
cuts_what_is_far_longer(void) {
  ChartRun runs[20];
  fill(runs, 20);
  autochar even = draw(WEB_ENGLISH, runs, 20);
  has_not(even, "class=\"cut\"");
  runs[3].duration = 5 * DAY;
  autochar picture = draw(WEB_ENGLISH, runs, 20);
  g_assert_cmpuint(count_of(picture, "class=\"cut\""), ==, 1);
  has(picture, "A bar with a gap is longer than the picture.");
  has(picture, "120 h 00 min");
  g_assert_cmpint(height_of(picture, "success", 0), >, 40);
  g_assert_cmpint(height_of(picture, "success", 3), <=, 130);
  /* Of a few, none is an exception. */
  autochar few = draw(WEB_ENGLISH, runs, 5);
  has_not(few, "class=\"cut\"");
}

static void
leaves_out_what_is_not_known(void) {
  ChartRun runs[3];
  fill(runs, 3);
  runs[1].changes = -1;
  autochar picture = draw(WEB_ENGLISH, runs, 3);
  g_assert_cmpuint(count_of(picture, "\"bar changes\""), ==, 2);
  has(picture, "successful, 1 min 00 s\"");
  runs[0].changes = runs[2].changes = -1;
  autochar without = draw(WEB_ENGLISH, runs, 3);
  has_not(without, "\"bar changes\"");
  has_not(without, "People and courses changed");
  has_not(without, "Most changes");
}

static void
bears_nonsense(void) {
  ChartRun runs[9];
  fill(runs, 9);
  runs[0].duration = G_MAXINT64;
  runs[1].duration = G_MININT64;
  runs[2].changes = G_MAXINT64;
  runs[3].changes = G_MININT64;
  runs[4].start = G_MAXINT64;
  runs[5].start = 0;
  autochar picture = draw(WEB_ENGLISH, runs, 9);
  g_assert_cmpuint(count_of(picture, "<a href"), ==, 9);
  g_assert_cmpuint(count_of(picture, "<rect class=\"bar success\""), ==, 10); /* and the legend's */
  has_not(picture, "height=\"-");
  autochar few = draw(WEB_ENGLISH, runs, 4);
  has_not(few, "height=\"-");
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/chart/says-all-in-words", says_all_in_words);
  g_test_add_func("/chart/tells-statuses-by-shape", tells_statuses_by_shape);
  g_test_add_func("/chart/needs-two", needs_two);
  g_test_add_func("/chart/draws-the-last-ones", draws_the_last_ones);
  g_test_add_func("/chart/has-round-steps", has_round_steps);
  g_test_add_func("/chart/labels-one-day-by-the-hour", labels_one_day_by_the_hour);
  g_test_add_func("/chart/labels-have-room", labels_have_room);
  g_test_add_func("/chart/shows-what-took-no-time", shows_what_took_no_time);
  g_test_add_func("/chart/cuts-what-is-far-longer", cuts_what_is_far_longer);
  g_test_add_func("/chart/leaves-out-what-is-not-known", leaves_out_what_is_not_known);
  g_test_add_func("/chart/bears-nonsense", bears_nonsense);
  return g_test_run();
}
