/* Time as the program sees it. Everything that decides by time or waits takes a Clock, so that
 * tests give one whose hours pass at once and no test sleeps for real.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct Clock Clock;

/* The machine's own clock; shared, never freed, safe from every thread. */
Clock *clock_system(void);

/* A clock standing at Unix time `now` seconds that moves only by clock_sleep() and clock_advance().
 * Safe from every thread. Free with clock_free(). */
Clock *clock_manual_new(gint64 now);
void clock_free(Clock *clock); /* NULL and the system clock are fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Clock, clock_free)

/* Seconds since 1970 (UTC). */
gint64 clock_now(Clock *clock);

/* Microseconds on a clock that never steps back; only differences mean anything. */
gint64 clock_monotonic(Clock *clock);

/* Waits `microseconds` (a manual clock: moves on by them at once). */
void clock_sleep(Clock *clock, gint64 microseconds);

/* Moves a manual clock on; a programming error on the system clock. */
void clock_advance(Clock *clock, gint64 microseconds);

/* How long a manual clock has been slept on altogether, in microseconds; 0 for the system clock. */
gint64 clock_slept(Clock *clock);
