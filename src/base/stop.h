/* A request to stop, set by a signal or another thread and looked at between two steps of work.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
  gint requested; /* atomic; start with { 0 } */
} Stop;

/* Asks to stop. May be called from a signal handler. */
void stop_request(Stop *stop);

/* Whether somebody asked. NULL: nobody ever does. */
bool stop_requested(const Stop *stop);

/* The process-wide Stop, which SIGINT and SIGTERM set once this was called. A second signal ends
 * the process at once, as the shell's user expects. */
Stop *stop_on_signals(void);
