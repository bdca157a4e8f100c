/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target.h"

static void
target_clear(gpointer data) {
  g_free(((Target *)data)->what);
}

static void judge(GArray *targets, const char *unit, gdouble reached, gdouble limit,
                  const char *format, ...) G_GNUC_PRINTF(5, 6);

static void
judge(GArray *targets, const char *unit, gdouble reached, gdouble limit, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  Target target = { g_strdup_vprintf(format, arguments), unit, reached, limit };
  va_end(arguments);
  g_array_append_val(targets, target);
}

static void
judge_growth(GArray *targets, const Series *usual, const Series *large, Work work) {
  gdouble before = series_median(usual, work, FIGURE_WALL);
  judge(targets, "× time", before > 0 ? series_median(large, work, FIGURE_WALL) / before : 0,
        TARGET_GROWTH_TIME, "%s: %d times the data", work_titles[work], TARGET_GROWTH);
}

/* The worst of all works: each has to fit. */
static void
judge_peak(GArray *targets, const Series *series) {
  gdouble worst = 0;
  for (Work work = WORK_FIRST; work < WORKS; work++)
    worst = MAX(worst, series_median(series, work, FIGURE_PEAK));
  guint64 count = series_participations(series);
  judge(targets, "MiB", worst,
        TARGET_PEAK_BASE_MIB + TARGET_PEAK_BYTES * (gdouble)count / (1024 * 1024),
        "peak memory, %" G_GUINT64_FORMAT " participations", count);
}

gdouble
target_ideal(const Series *late) {
  return (gdouble)late->requests * late->latency_ms / 1000 / TARGET_CONNECTIONS;
}

GArray *
targets_new(void) {
  GArray *targets = g_array_new(FALSE, FALSE, sizeof(Target));
  g_array_set_clear_func(targets, target_clear);
  return targets;
}

GArray *
targets_judge(const Series *usual, const Series *large, const Series *late, const Idle *idle) {
  GArray *targets = targets_new();
  judge(targets, "× raw", series_to_raw(usual, WORK_SECOND), TARGET_SECOND_TO_RAW,
        "second run without changes");
  judge(targets, "× raw", series_to_raw(usual, WORK_FIRST), TARGET_FIRST_TO_RAW, "first import");
  judge_growth(targets, usual, large, WORK_FIRST);
  judge_growth(targets, usual, large, WORK_SECOND);
  judge_peak(targets, usual);
  judge_peak(targets, large);
  judge(targets, "× ideal", series_median(late, WORK_RAW, FIGURE_WALL) / target_ideal(late),
        TARGET_TO_IDEAL, "fetching with %u ms latency, %d connections", late->latency_ms,
        TARGET_CONNECTIONS);
  judge(targets, "MiB", idle->mib, TARGET_IDLE_MIB, "serve, idle: memory");
  judge(targets, "per s", idle->wakeups, TARGET_IDLE_WAKEUPS, "serve, idle: wake-ups");
  return targets;
}

void
targets_judge_pages(GArray *targets, const Pages *pages, const Readers *readers) {
  judge(targets, "ms", pages->history_ms, TARGET_PAGE_MS,
        "page: history of %d runs (a fixed page: %.2f ms)", PAGES_RUNS, pages->fixed_ms);
  judge(targets, "ms", pages->run_ms, TARGET_PAGE_MS, "page: run of %d×%d courses", PAGES_TENANTS,
        PAGES_COURSES);
  judge(targets, "× alone", readers->ratio, TARGET_READERS,
        "a run beside %d idle and %d readers (%u pages, %u refused)", READERS_IDLE, READERS,
        readers->pages, readers->refused);
}
