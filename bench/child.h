/* Runs programs and measures what they cost. All of them end with this process, however it ends.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/stop.h"

#define CHILD_ERROR (child_error_quark())
GQuark child_error_quark(void);

/* What a process cost from its start to its end. */
typedef struct {
  gdouble wall, cpu; /* seconds; cpu: user and system together */
  gdouble peak_mib;  /* the most memory it ever had resident */
} ChildCost;

/* Runs `argv` (a path, then arguments; NULL-terminated) to its end with standard output in the file
 * `output` and standard error in `output`.err. False when it does not start, does not end with 0
 * (the message holds what it said) or `stop` was asked for, which ends it. `cost` may be NULL. */
bool child_run(const char *const *argv, const char *output, const Stop *stop, ChildCost *cost,
               GError **error);

/* Starts a server and waits for the first line it prints, which becomes *line (free with g_free()).
 * 0 when it ends before. */
pid_t child_serve(const char *const *argv, char **line, GError **error);

/* Starts one that goes on without a word, with its outputs in files as child_run() has them; ended
 * by child_end(). 0 when it does not start. */
pid_t child_background(const char *const *argv, const char *output, GError **error);

/* CPU seconds that a running process has used so far, user and system together. */
gdouble child_cpu(pid_t pid);

/* Asks it to end and waits until it has. 0 is fine. */
void child_end(pid_t pid);
