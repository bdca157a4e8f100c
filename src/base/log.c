/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "base/journal.h"
#include "base/text.h"

#define MESSAGE_MAX_BYTES (16 * 1024)
#define CONTEXT_MAX_BYTES 256
#define CONTINUATION "\n    "

static gint threshold = LOG_WARNING; /* atomic */
static LogSink sink;
static _Thread_local gint64 current_run;

static const struct {
  const char *word;
  int priority; /* as syslog(3) counts them */
} levels[] = {
  [LOG_ERROR] = { "error", 3 },
  [LOG_WARNING] = { "warning", 4 },
  [LOG_INFO] = { "info", 6 },
  [LOG_DEBUG] = { "debug", 7 },
};

void
log_set_level(LogLevel level) {
  g_atomic_int_set(&threshold, (gint)level);
}

void
log_set_run(gint64 run) {
  current_run = run;
}

void
log_set_sink(LogSink new_sink) {
  sink = new_sink;
}

/* Control characters cannot move the cursor. Secrets go first, while they are still in one piece.
 */
static char *
make_harmless(const char *text, gsize max) {
  autochar redacted = text_redact(text);
  return g_strchomp(text_display(redacted, -1, max));
}

/* ── standard error ── */

/* What is inside a message must not look like a line of its own: further lines are indented. `mark`
 * stands in front. One call, so that lines of several threads or processes do not mix: standard
 * error is not buffered. */
static void
write_line(const char *mark, const char *message) {
  g_auto(GStrv) lines = g_strsplit(message, "\n", -1);
  autochar whole = g_strjoinv(CONTINUATION, lines);
  autochar line = g_strdup_printf("%s%s\n", mark, whole);
  fwrite(line, 1, strlen(line), stderr);
}

static void
write_text(LogLevel level, const char *message) {
  g_autoptr(GTimeZone) zone = g_time_zone_new_local();
  autochar time = date_format(g_get_real_time() / G_USEC_PER_SEC, zone);
  autochar mark = g_strdup_printf("%s %s ", time, levels[level].word);
  write_line(mark, message);
}

/* ── the journal ── */

/* An entry in the making: fields as journal_send() takes them. */
typedef struct {
  char *fields[JOURNAL_MAX_FIELDS];
  guint count;
} Entry;

G_GNUC_PRINTF(2, 3)
static void
add(Entry *entry, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  entry->fields[entry->count++] = g_strdup_vprintf(format, arguments);
  va_end(arguments);
}

static void
write_entry(LogLevel level, const char *context, const char *message) {
  Entry entry = { .count = 0 };
  add(&entry, "MESSAGE=%s", message);
  add(&entry, "PRIORITY=%d", levels[level].priority);
  add(&entry, "SYSLOG_IDENTIFIER=lehrgaenge");
  if (context != NULL) {
    autochar harmless = make_harmless(context, CONTEXT_MAX_BYTES);
    add(&entry, "LEHRGAENGE_CONTEXT=%s", harmless);
  }
  if (current_run != 0)
    add(&entry, "LEHRGAENGE_RUN=%" G_GINT64_FORMAT, current_run);
  /* What cannot be sent goes the way of all lines, with the priority as systemd reads it there. */
  if (!(sink != NULL ? sink : journal_send)((const char *const *)entry.fields, entry.count)) {
    autochar mark = g_strdup_printf("<%d>", levels[level].priority);
    write_line(mark, message);
  }
  for (guint i = 0; i < entry.count; i++)
    g_free(entry.fields[i]);
}

void
log_write(LogLevel level, const char *context, const char *format, ...) {
  if ((gint)level > g_atomic_int_get(&threshold))
    return;
  va_list arguments;
  va_start(arguments, format);
  autochar message = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  autochar whole = context == NULL ? g_strdup(message) : g_strconcat(context, ": ", message, NULL);
  autochar harmless = make_harmless(whole, MESSAGE_MAX_BYTES);
  if (sink != NULL || journal_is_stderr())
    write_entry(level, context, harmless);
  else
    write_text(level, harmless);
}
