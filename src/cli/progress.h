/* Progress on standard error: one line per phase, drawn over while it runs, left standing when it
 * is done. Quiet when the stream is no terminal; a terminal that cannot redraw (TERM=dumb) gets the
 * finished lines only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdio.h>

#include "base/clock.h"

typedef struct Progress Progress;

/* Redraws are at least this far apart, in microseconds. */
#define PROGRESS_REDRAW (G_USEC_PER_SEC / 10)

/* `out` (normally stderr) and `clock` must outlive it. Free with progress_free(). */
Progress *progress_new(FILE *out, Clock *clock);

/* Leaves the running phase's line standing as it is. NULL is fine. */
void progress_free(Progress *progress);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Progress, progress_free)

/* Begins a phase of `total` steps (0: not known), and ends the one before. `name` is copied. */
void progress_phase(Progress *progress, const char *name, guint64 total);

/* Sets the steps done so far; more than the total raises the total. Ignored between phases. May be
 * called from every thread, as often as one likes. */
void progress_set(Progress *progress, guint64 done);

/* The same, counted from what was done before. */
void progress_advance(Progress *progress, guint64 steps);

/* Ends the phase, with its line as it stands. Without a phase: nothing. */
void progress_end(Progress *progress);
