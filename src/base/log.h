/* Log lines. On standard error: "2026-03-10 14:05:09 warning FD: message". When that is the
 * system's journal, as for a service of systemd, each goes there as an entry with fields instead:
 * MESSAGE ("FD: message"), PRIORITY, SYSLOG_IDENTIFIER=lehrgaenge, LEHRGAENGE_CONTEXT ("FD") and
 * LEHRGAENGE_RUN; the journal knows the time. All of it goes through text_redact(), so no secret
 * leaves by it. Errors are logged once, at the top; below, they travel as GError.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG } LogLevel;

/* The least urgent level that is still written; LOG_WARNING at start. */
void log_set_level(LogLevel level);

/* What this thread logs from now on belongs to that run of the store; 0: to none. */
void log_set_run(gint64 run);

/* Writes one line. `context` names the tenant or part; NULL leaves it out. Safe from every thread.
 */
void log_write(LogLevel level, const char *context, const char *format, ...) G_GNUC_PRINTF(3, 4);

#define log_error(context, ...) log_write(LOG_ERROR, context, __VA_ARGS__)
#define log_warning(context, ...) log_write(LOG_WARNING, context, __VA_ARGS__)
#define log_info(context, ...) log_write(LOG_INFO, context, __VA_ARGS__)
#define log_debug(context, ...) log_write(LOG_DEBUG, context, __VA_ARGS__)

/* Takes entries in the journal's place, wherever standard error leads, as journal_send() does
 * (journal.h); NULL: the journal again. For tests, and set while no other thread logs. */
typedef bool (*LogSink)(const char *const *fields, guint count);
void log_set_sink(LogSink sink);
