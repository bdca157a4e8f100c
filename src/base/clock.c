/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"

struct Clock {
  bool manual;
  GMutex lock;
  gint64 epoch_us; /* manual: Unix time at which the clock was made */
  gint64 moved_us; /* manual: how far it has moved since */
  gint64 slept_us; /* manual: the part of it that was slept */
};

Clock *
clock_system(void) {
  static Clock system_clock;
  return &system_clock;
}

Clock *
clock_manual_new(gint64 now) {
  Clock *clock = g_new0(Clock, 1);
  clock->manual = true;
  clock->epoch_us = now * G_USEC_PER_SEC;
  g_mutex_init(&clock->lock);
  return clock;
}

void
clock_free(Clock *clock) {
  if (clock == NULL || !clock->manual)
    return;
  g_mutex_clear(&clock->lock);
  g_free(clock);
}

static gint64
moved(Clock *clock) {
  g_mutex_lock(&clock->lock);
  gint64 us = clock->moved_us;
  g_mutex_unlock(&clock->lock);
  return us;
}

gint64
clock_now(Clock *clock) {
  if (!clock->manual)
    return g_get_real_time() / G_USEC_PER_SEC;
  return (clock->epoch_us + moved(clock)) / G_USEC_PER_SEC;
}

gint64
clock_monotonic(Clock *clock) {
  return clock->manual ? moved(clock) : g_get_monotonic_time();
}

void
clock_sleep(Clock *clock, gint64 microseconds) {
  if (microseconds <= 0)
    return;
  if (!clock->manual) {
    g_usleep((gulong)microseconds);
    return;
  }
  g_mutex_lock(&clock->lock);
  clock->moved_us += microseconds;
  clock->slept_us += microseconds;
  g_mutex_unlock(&clock->lock);
}

void
clock_advance(Clock *clock, gint64 microseconds) {
  g_assert(clock->manual);
  g_mutex_lock(&clock->lock);
  clock->moved_us += microseconds;
  g_mutex_unlock(&clock->lock);
}

gint64
clock_slept(Clock *clock) {
  if (!clock->manual)
    return 0;
  g_mutex_lock(&clock->lock);
  gint64 us = clock->slept_us;
  g_mutex_unlock(&clock->lock);
  return us;
}
