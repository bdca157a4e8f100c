/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "base/text.h"

#define MESSAGE_MAX_BYTES (16 * 1024)
#define CONTINUATION "\n    "

static gint threshold = LOG_WARNING; /* atomic */

static const char *const level_words[] = {
  [LOG_ERROR] = "error",
  [LOG_WARNING] = "warning",
  [LOG_INFO] = "info",
  [LOG_DEBUG] = "debug",
};

void
log_set_level(LogLevel level) {
  g_atomic_int_set(&threshold, (gint)level);
}

/* What is inside a message must not look like a line of its own: further lines are indented, and
 * control characters cannot move the cursor. Secrets go first, while they are still in one piece.
 */
static char *
make_harmless(const char *message) {
  g_autofree char *redacted = text_redact(message);
  g_autofree char *shown = text_display(redacted, -1, MESSAGE_MAX_BYTES);
  g_strchomp(shown);
  g_auto(GStrv) lines = g_strsplit(shown, "\n", -1);
  return g_strjoinv(CONTINUATION, lines);
}

void
log_write(LogLevel level, const char *context, const char *format, ...) {
  if ((gint)level > g_atomic_int_get(&threshold))
    return;
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *message = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  g_autofree char *whole =
      context == NULL ? g_strdup(message) : g_strconcat(context, ": ", message, NULL);
  g_autofree char *harmless = make_harmless(whole);

  g_autoptr(GTimeZone) zone = g_time_zone_new_local();
  g_autofree char *time = date_format(g_get_real_time() / G_USEC_PER_SEC, zone);
  g_autofree char *line = g_strdup_printf("%s %s %s\n", time, level_words[level], harmless);
  /* One call, so that lines of several threads or processes do not mix: standard error is not
   * buffered. */
  fwrite(line, 1, strlen(line), stderr);
}
