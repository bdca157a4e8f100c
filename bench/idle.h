/* What the service costs that has nothing to do.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "stage.h"

/* So long it may settle, and so long it is watched. */
#define IDLE_SETTLE_S 5
#define IDLE_WATCH_S 60
#define IDLE_WATCH_QUICK_S 10

typedef struct {
  gdouble mib;     /* resident at the end */
  gdouble wakeups; /* of all its threads, per second */
} Idle;

/* Runs `serve` with the stage's configuration for `watch_s` seconds. */
bool idle_measure(const StageOptions *options, Stage *stage, guint watch_s, Idle *idle,
                  GError **error);
