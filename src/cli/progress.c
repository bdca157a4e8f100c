/* The cursor rests at the beginning of the line between two redraws: a log line that another part
 * writes meanwhile covers the bar instead of being appended to it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/progress.h"

#include <stdbool.h>

#include "base/text.h"
#include "cli/terminal.h"

#define NAME_COLUMNS 10
#define BAR_COLUMNS 24
#define MIN_REST_AFTER G_USEC_PER_SEC /* an estimate from less is a guess */

struct Progress {
  FILE *out;
  Clock *clock;
  bool shown, redraws, colours;
  GMutex lock; /* all below */
  char *phase; /* NULL between phases */
  guint64 done, total;
  gint64 begun, drawn; /* microseconds */
};

Progress *
progress_new(FILE *out, Clock *clock) {
  Progress *progress = g_new0(Progress, 1);
  progress->out = out;
  progress->clock = clock;
  progress->shown = terminal_columns(out) > 0;
  progress->redraws = terminal_can_redraw(out);
  progress->colours = terminal_can_colour(out);
  g_mutex_init(&progress->lock);
  return progress;
}

/* ── one line ── */

static void
append_time(GString *text, gint64 microseconds) {
  gint64 seconds = microseconds / G_USEC_PER_SEC;
  if (seconds < 3600)
    g_string_append_printf(text, "%d:%02d", (int)(seconds / 60), (int)(seconds % 60));
  else
    g_string_append_printf(text, "%d:%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60),
                           (int)(seconds % 60));
}

static void
append_bar(GString *text, guint64 done, guint64 total) {
  guint full = (guint)((double)done / (double)total * BAR_COLUMNS);
  g_string_append(text, "[");
  for (guint i = 0; i < BAR_COLUMNS; i++)
    g_string_append_c(text, i < full ? '#' : '.');
  g_string_append(text, "] ");
}

/* "fetch      [####....] 12/35  34 %  0:03, rest 0:06" */
static char *
compose(const Progress *progress, gint64 now, bool finished) {
  GString *text = g_string_new(NULL);
  autochar name = text_fit(progress->phase, NAME_COLUMNS, false);
  g_string_append_printf(text, "%s ", name);
  guint64 done = progress->done, total = progress->total;
  if (total == 0) {
    g_string_append_printf(text, "%" G_GUINT64_FORMAT, done);
  } else {
    append_bar(text, done, total);
    g_string_append_printf(text, "%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT "  %3d %%", done, total,
                           (int)((double)done / (double)total * 100));
  }
  gint64 elapsed = now - progress->begun;
  g_string_append(text, "  ");
  append_time(text, elapsed);
  if (!finished && done > 0 && done < total && elapsed >= MIN_REST_AFTER) {
    g_string_append(text, ", rest ");
    append_time(text, (gint64)((double)elapsed / (double)done * (double)(total - done)));
  }
  return g_string_free(text, FALSE);
}

static void
draw(Progress *progress, gint64 now, bool finished) {
  autochar line = compose(progress, now, finished);
  guint columns = MAX(terminal_columns(progress->out), 2);
  /* The last column stays free: filling it moves some terminals to the next line. */
  autochar fitted =
      text_columns(line) < columns ? g_steal_pointer(&line) : text_fit(line, columns - 1, false);
  if (!progress->redraws)
    fprintf(progress->out, "%s\n", fitted);
  else if (finished)
    fprintf(progress->out, "\r%s\033[K\n", fitted);
  else if (progress->colours)
    fprintf(progress->out, "\r\033[36m%s\033[0m\033[K\r", fitted);
  else
    fprintf(progress->out, "\r%s\033[K\r", fitted);
  fflush(progress->out);
  progress->drawn = now;
}

/* ── phases ── */

static void
set_locked(Progress *progress, guint64 done) {
  if (progress->phase == NULL)
    return;
  progress->done = done;
  if (progress->total > 0)
    progress->total = MAX(progress->total, done);
  gint64 now = clock_monotonic(progress->clock);
  if (progress->redraws && now - progress->drawn >= PROGRESS_REDRAW)
    draw(progress, now, false);
}

static void
end_locked(Progress *progress) {
  if (progress->phase == NULL)
    return;
  if (progress->shown)
    draw(progress, clock_monotonic(progress->clock), true);
  g_clear_pointer(&progress->phase, g_free);
}

void
progress_free(Progress *progress) {
  if (progress == NULL)
    return;
  progress_end(progress);
  g_mutex_clear(&progress->lock);
  g_free(progress);
}

void
progress_phase(Progress *progress, const char *name, guint64 total) {
  g_mutex_lock(&progress->lock);
  end_locked(progress);
  progress->phase = g_strdup(name);
  progress->done = 0;
  progress->total = total;
  progress->begun = clock_monotonic(progress->clock);
  if (progress->redraws)
    draw(progress, progress->begun, false);
  g_mutex_unlock(&progress->lock);
}

void
progress_set(Progress *progress, guint64 done) {
  g_mutex_lock(&progress->lock);
  set_locked(progress, done);
  g_mutex_unlock(&progress->lock);
}

void
progress_advance(Progress *progress, guint64 steps) {
  g_mutex_lock(&progress->lock);
  set_locked(progress, progress->done + steps);
  g_mutex_unlock(&progress->lock);
}

void
progress_end(Progress *progress) {
  g_mutex_lock(&progress->lock);
  end_locked(progress);
  g_mutex_unlock(&progress->lock);
}
