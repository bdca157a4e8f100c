/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench_report.h"

#include <stdio.h>
#include <time.h>

#include "cli/table.h"

#define SERIES 3

/* ── for people ── */

static void
print_head(const BenchReport *report) {
  printf("lehrgaenge " LGS_VERSION " · %u processors, load %.1f before · mutual TLS · medians\n",
         g_get_num_processors(), report->load);
  if (report->quick)
    printf("quick: on less data than the targets are meant for\n");
}

static void
print_series(const Series *series) {
  if (series == NULL)
    return;
  const StageSize *size = &series->size;
  printf("\n%u×%u×%u = %" G_GUINT64_FORMAT " participations, %" G_GUINT64_FORMAT
         " requests, measured %u×",
         size->tenants, size->lehrgaenge, size->teilnehmer, series_participations(series),
         series->requests, series_rounds(series, WORK_RAW));
  if (series->latency_ms > 0)
    printf(", %u ms latency: ideal %.2f s", series->latency_ms, target_ideal(series));
  printf("\n");
  g_autoptr(Table) table = table_new();
  table_column(table, "", TABLE_LEFT);
  static const char *const titles[] = { "wall s", "× raw", "CPU s", "peak MiB", "simulator CPU s" };
  for (guint i = 0; i < G_N_ELEMENTS(titles); i++)
    table_column(table, titles[i], TABLE_RIGHT);
  for (Work work = 0; work < WORKS; work++) {
    if (series_rounds(series, work) == 0)
      continue;
    table_cell(table, work_titles[work]);
    table_cell_format(table, "%.2f", series_median(series, work, FIGURE_WALL));
    table_cell_format(table, "%.2f", series_to_raw(series, work));
    table_cell_format(table, "%.2f", series_median(series, work, FIGURE_CPU));
    table_cell_format(table, "%.1f", series_median(series, work, FIGURE_PEAK));
    table_cell_format(table, "%.2f", series_median(series, work, FIGURE_SIMULATOR));
  }
  table_print(table, stdout);
}

static void
print_targets(const GArray *targets) {
  guint met = 0;
  printf("\n");
  g_autoptr(Table) table = table_new();
  table_column(table, "target", TABLE_LEFT);
  table_column(table, "reached", TABLE_RIGHT);
  table_column(table, "at most", TABLE_RIGHT);
  table_column(table, "", TABLE_LEFT);
  table_column(table, "", TABLE_LEFT);
  for (guint i = 0; i < targets->len; i++) {
    const Target *target = &g_array_index(targets, Target, i);
    table_cell(table, target->what);
    table_cell_format(table, "%.2f", target->reached);
    table_cell_format(table, "%.2f", target->limit);
    table_cell(table, target->unit);
    table_cell(table, target_met(target) ? "met" : "MISSED");
    met += target_met(target);
  }
  table_print(table, stdout);
  printf("\n%u of %u targets met\n", met, targets->len);
}

void
bench_report_print(const BenchReport *report) {
  print_head(report);
  print_series(report->usual);
  print_series(report->large);
  print_series(report->late);
  print_targets(report->targets);
}

/* ── for programs ── */

static json_t *
figure_json(const Series *series, Work work, Figure figure) {
  json_t *all = json_array();
  const GArray *values = series->values[work][figure];
  for (guint i = 0; i < values->len; i++)
    json_array_append_new(all, json_real(g_array_index(values, gdouble, i)));
  return json_pack("{s:f, s:o}", "median", series_median(series, work, figure), "all", all);
}

static json_t *
series_json(const Series *series) {
  json_t *works = json_object();
  for (Work work = 0; work < WORKS; work++) {
    if (series_rounds(series, work) == 0)
      continue;
    json_t *figures = json_object();
    for (Figure figure = 0; figure < FIGURES; figure++)
      json_object_set_new(figures, figure_keys[figure], figure_json(series, work, figure));
    json_object_set_new(figures, "to_raw", json_real(series_to_raw(series, work)));
    json_object_set_new(works, work_keys[work], figures);
  }
  return json_pack(
      "{s:i, s:i, s:i, s:I, s:I, s:i, s:o}", "tenants", (int)series->size.tenants, "lehrgaenge",
      (int)series->size.lehrgaenge, "teilnehmer", (int)series->size.teilnehmer, "participations",
      (json_int_t)series_participations(series), "requests", (json_int_t)series->requests,
      "latency_ms", (int)series->latency_ms, "works", works);
}

static json_t *
target_json(const Target *target) {
  return json_pack("{s:s, s:f, s:f, s:s, s:b}", "what", target->what, "reached", target->reached,
                   "limit", target->limit, "unit", target->unit, "met", (int)target_met(target));
}

json_t *
bench_report_json(const BenchReport *report) {
  const Series *series[SERIES] = { report->usual, report->large, report->late };
  json_t *all = json_array(), *targets = json_array();
  for (guint i = 0; i < SERIES; i++)
    if (series[i] != NULL)
      json_array_append_new(all, series_json(series[i]));
  for (guint i = 0; i < report->targets->len; i++)
    json_array_append_new(targets, target_json(&g_array_index(report->targets, Target, i)));
  return json_pack("{s:s, s:I, s:i, s:f, s:b, s:o, s:o}", "version", LGS_VERSION, "time",
                   (json_int_t)time(NULL), "processors", (int)g_get_num_processors(), "load",
                   report->load, "quick", (int)report->quick, "series", all, "targets", targets);
}
