/* What the service is to reach, and what it reached.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "figures.h"
#include "idle.h"
#include "pages.h"

#define TARGET_SECOND_TO_RAW 2.5
#define TARGET_FIRST_TO_RAW 6.0

/* How much more data the large series has, and how much more time it may take. */
#define TARGET_GROWTH 10
#define TARGET_GROWTH_TIME 11.0

/* Peak memory at most, whatever the data, and for each participation. */
#define TARGET_PEAK_BASE_MIB 64.0
#define TARGET_PEAK_BYTES 250.0

/* With a latency: fetching at most so much longer than requests × latency ÷ connections. */
#define TARGET_LATENCY_MS 50
#define TARGET_CONNECTIONS 8
#define TARGET_TO_IDEAL 1.15

/* The service with nothing to do. */
#define TARGET_IDLE_MIB 30.0
#define TARGET_IDLE_WAKEUPS 1.0

/* The pages. */
#define TARGET_PAGE_MS 50.0
#define TARGET_READERS 1.1

typedef struct {
  char *what;
  const char *unit;
  gdouble reached, limit;
} Target;

static inline bool
target_met(const Target *target) {
  return target->reached <= target->limit;
}

/* None yet: an array of Target. Free with g_array_unref(). */
GArray *targets_new(void);

/* Of the usual amount of data, of TARGET_GROWTH times as much, of the usual amount with
 * TARGET_LATENCY_MS, and of the idle service. As targets_new(). */
GArray *targets_judge(const Series *usual, const Series *large, const Series *late,
                      const Idle *idle);

/* Adds those of the pages. */
void targets_judge_pages(GArray *targets, const Pages *pages, const Readers *readers);

/* requests × latency ÷ connections in seconds. */
gdouble target_ideal(const Series *late);
