/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/stop.h"

#include <signal.h>
#include <time.h>

static Stop process_stop;

/* Like g_get_monotonic_time(), which POSIX does not promise to a signal handler. */
static gint64
monotonic(void) {
  struct timespec now = { 0 };
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (gint64)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

void
stop_request(Stop *stop) {
  gint64 never = 0;
  atomic_compare_exchange_strong(&stop->asked, &never, monotonic());
  g_atomic_int_set(&stop->requested, 1);
}

void
stop_join(Stop *stop, const Stop *other) {
  atomic_store(&stop->joined, other);
}

bool
stop_requested(const Stop *stop) {
  for (; stop != NULL; stop = atomic_load(&stop->joined))
    if (g_atomic_int_get(&stop->requested) != 0)
      return true;
  return false;
}

static bool
overdue(const Stop *stop) {
  gint64 grace_ms = stop->grace_ms > 0 ? stop->grace_ms : STOP_GRACE_S * 1000;
  return g_atomic_int_get(&stop->requested) != 0 &&
         monotonic() - atomic_load(&stop->asked) >= grace_ms * 1000;
}

bool
stop_overdue(const Stop *stop) {
  for (; stop != NULL; stop = atomic_load(&stop->joined))
    if (overdue(stop))
      return true;
  return false;
}

/* From here on either signal finds its default action, so that nobody has to reach for -9. */
static void
on_signal(int number) {
  (void)number;
  stop_request(&process_stop);
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
}

Stop *
stop_on_signals(void) {
  struct sigaction action = { .sa_handler = on_signal };
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  return &process_stop;
}
