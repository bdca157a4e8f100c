/* A picture of runs, for the history: how long each took, and below how much it changed. An SVG
 * that needs no script and says everything in words, too.
 *
 * Runs stand side by side in the order of time, each with the same room: by the clock, those of one
 * evening would lie on each other. Each is a link to its run with a tooltip. What is not successful
 * has a shape of its own above its bar. A few runs that took much longer than all others are cut
 * and marked, so that the others can still be told apart.
 *
 * Classes, all within figure.chart (colours and strokes come from the stylesheet alone):
 *   div.scroll            around the drawing, which is not to shrink on narrow screens
 *   text.title, text.axis what an axis shows; numbers and dates at it
 *   line.grid, line.base  at an axis's numbers; where bars stand
 *   a.run                 one run; in it rect.hit (no colour; to be tinted when pointed at),
 *   rect.bar.STATUS       the duration, STATUS as in run_status_word(); rect.bar.changes,
 *   path.cut              the gap in a bar that is cut (the ground's colour),
 *   path.mark.solid.STATUS (filled), path.mark.line.STATUS (stroked): the shapes
 *   ul.legend             li with svg.key (a bar and its shape) and words; p.muted a remark
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/store.h"
#include "web/html.h"

/* Of more, only the last ones are drawn. */
#define CHART_MAX_RUNS 60

typedef struct {
  gint64 id;
  RunStatus status;
  gint64 start;    /* Unix seconds */
  gint64 duration; /* seconds; below 0 counts as 0 */
  gint64 changes;  /* −1: not known */
} ChartRun;

/* Draws them, oldest first; nothing when there are fewer than two. Days are those of `zone`. */
void chart_runs(Html *html, const ChartRun *runs, guint count, GTimeZone *zone);
