/* One line in the log for each request that is refused, as long as there are not too many: somebody
 * who knocks all night fills no disk.
 *
 * One for the whole process (it keeps a count behind a lock of its own).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* So many lines in REFUSED_LOG_S seconds; then one that tells how many were left out. */
#define REFUSED_LOG_LINES 30
#define REFUSED_LOG_S 60

/* "GET /runs from 192.0.2.7, anna: 404", or nothing when there were too many. `who` may be NULL. */
void refused_log(const char *method, const char *path, const char *address, const char *who,
                 guint status);

/* Tells what was left out, if its time has come. Whether something still waits to be told. */
bool refused_log_flush(void);

/* ── the count by itself, for tests ── */

typedef struct {
  gint64 since; /* µs of the clock that passes `now` */
  guint lines, left_out;
} RefusedCount;

/* Whether a line may be written; *told > 0: so many were left out before, to be told first. */
bool refused_count(RefusedCount *count, gint64 now, guint *told);

/* The same without a line. */
guint refused_count_over(RefusedCount *count, gint64 now);
