/* What was measured: for each amount of data and each kind of work the values of all rounds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

#include "stage.h"

typedef enum {
  WORK_RAW,    /* fetching only, answers thrown away */
  WORK_FIRST,  /* the first import into an empty Moodle */
  WORK_SECOND, /* a run that finds nothing to change */
  WORK_PLAN,   /* what that run would do */
  WORKS,
} Work;

typedef enum {
  FIGURE_WALL,      /* seconds */
  FIGURE_CPU,       /* seconds, user and system */
  FIGURE_PEAK,      /* most resident memory, MiB */
  FIGURE_SIMULATOR, /* CPU seconds the simulator used meanwhile */
  FIGURES,
} Figure;

/* One amount of data, or one latency. Values per work and figure: gdouble, a round each; those of a
 * work that was not measured are empty. */
typedef struct {
  StageSize size;
  guint latency_ms;
  guint64 requests; /* of one raw fetching */
  GArray *values[WORKS][FIGURES];
} Series;

Series *series_new(StageSize size, guint latency_ms);
void series_free(Series *series); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Series, series_free)

guint64 series_participations(const Series *series);
void series_add(Series *series, Work work, const gdouble values[FIGURES]);

/* Rounds measured of a work. */
guint series_rounds(const Series *series, Work work);

/* The middle one of all rounds, of an even number the mean of the two in the middle; 0 when there
 * are none. */
gdouble series_median(const Series *series, Work work, Figure figure);

/* A work's median wall time as a multiple of raw fetching's. */
gdouble series_to_raw(const Series *series, Work work);

/* The words by which tables and JSON know a work and a figure. */
extern const char *const work_titles[WORKS];
extern const char *const work_keys[WORKS];
extern const char *const figure_keys[FIGURES];
