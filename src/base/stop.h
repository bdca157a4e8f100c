/* A request to stop, set by a signal or another thread and looked at between two steps of work.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdatomic.h>
#include <stdbool.h>

/* So long a call in flight may go on after a stop was asked for. What remains of the 10 s in which
 * a service has to be gone is for writing down what became of it. */
#define STOP_GRACE_S 7

typedef struct Stop Stop;
struct Stop {
  gint requested;       /* atomic; start with { 0 } */
  gint grace_ms;        /* 0: STOP_GRACE_S; tests have less time. Set before anybody asks. */
  _Atomic gint64 asked; /* when it was first asked for, in µs of CLOCK_MONOTONIC */
  _Atomic(const Stop *) joined; /* stop_join() */
};

/* Asks to stop. May be called from a signal handler. */
void stop_request(Stop *stop);

/* From now on a request to `other` (NULL: to none) counts as one to `stop`, too. `other` must live
 * until another one, or NULL, is joined. */
void stop_join(Stop *stop, const Stop *other);

/* Whether somebody asked. NULL: nobody ever does. */
bool stop_requested(const Stop *stop);

/* Whether the time is over that a call in flight had to end by itself; what is still in flight is
 * to be dropped, and counts as a call whose answer is lost. Real time, whatever Clock the caller
 * has: a signal handler has no other. NULL: never. */
bool stop_overdue(const Stop *stop);

/* The process-wide Stop, which SIGINT and SIGTERM set once this was called. A second signal ends
 * the process at once, as the shell's user expects. */
Stop *stop_on_signals(void);
