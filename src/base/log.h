/* Log lines on standard error: "2026-03-10 14:05:09 warning FD: message". They go through
 * text_redact(), so no secret leaves by them. Errors are logged once, at the top; below, they
 * travel as GError.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

typedef enum { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG } LogLevel;

/* The least urgent level that is still written; LOG_WARNING at start. */
void log_set_level(LogLevel level);

/* Writes one line. `context` names the tenant or part; NULL leaves it out. Safe from every thread.
 */
void log_write(LogLevel level, const char *context, const char *format, ...) G_GNUC_PRINTF(3, 4);

#define log_error(context, ...) log_write(LOG_ERROR, context, __VA_ARGS__)
#define log_warning(context, ...) log_write(LOG_WARNING, context, __VA_ARGS__)
#define log_info(context, ...) log_write(LOG_INFO, context, __VA_ARGS__)
#define log_debug(context, ...) log_write(LOG_DEBUG, context, __VA_ARGS__)
