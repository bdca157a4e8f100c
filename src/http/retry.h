/* How long to wait before a request is tried again.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* The delay after try number `tries` (from 1), in microseconds: first × 2^(tries−1), at most
 * `longest`, made longer or shorter by up to half, so that many who failed together do not come
 * back together. */
gint64 retry_delay(GRand *jitter, guint tries, gint64 first, gint64 longest);

/* Seconds that a Retry-After `value` asks to wait, counted from `now` (Unix seconds, our clock: a
 * date in the past asks for 0) and at most `max`; −1 when it says nothing sensible. NULL is fine.
 */
gint64 retry_after(const char *value, gint64 now, gint64 max);
