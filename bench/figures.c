/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "figures.h"

#include <stdlib.h>

const char *const work_titles[WORKS] = { "raw fetching", "first import", "second run", "plan" };
const char *const work_keys[WORKS] = { "raw", "first", "second", "plan" };
const char *const figure_keys[FIGURES] = { "wall_s", "cpu_s", "peak_mib", "simulator_cpu_s" };

Series *
series_new(StageSize size, guint latency_ms) {
  Series *series = g_new0(Series, 1);
  series->size = size;
  series->latency_ms = latency_ms;
  for (guint work = 0; work < WORKS; work++)
    for (guint figure = 0; figure < FIGURES; figure++)
      series->values[work][figure] = g_array_new(FALSE, FALSE, sizeof(gdouble));
  return series;
}

void
series_free(Series *series) {
  if (series == NULL)
    return;
  for (guint work = 0; work < WORKS; work++)
    for (guint figure = 0; figure < FIGURES; figure++)
      g_array_unref(series->values[work][figure]);
  g_free(series);
}

guint64
series_participations(const Series *series) {
  return (guint64)series->size.tenants * series->size.lehrgaenge * series->size.teilnehmer;
}

void
series_add(Series *series, Work work, const gdouble values[FIGURES]) {
  for (guint figure = 0; figure < FIGURES; figure++)
    g_array_append_val(series->values[work][figure], values[figure]);
}

guint
series_rounds(const Series *series, Work work) {
  return series->values[work][FIGURE_WALL]->len;
}

static gint
by_value(const void *a, const void *b) {
  gdouble left = *(const gdouble *)a, right = *(const gdouble *)b;
  return (left > right) - (left < right);
}

gdouble
series_median(const Series *series, Work work, Figure figure) {
  const GArray *values = series->values[work][figure];
  guint count = values->len;
  if (count == 0)
    return 0;
  g_autofree gdouble *sorted = g_memdup2(values->data, count * sizeof(gdouble));
  qsort(sorted, count, sizeof(gdouble), by_value);
  return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

gdouble
series_to_raw(const Series *series, Work work) {
  gdouble raw = series_median(series, WORK_RAW, FIGURE_WALL);
  return raw > 0 ? series_median(series, work, FIGURE_WALL) / raw : 0;
}
