/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/stop.h"

#include <signal.h>

static Stop process_stop;

void
stop_request(Stop *stop) {
  g_atomic_int_set(&stop->requested, 1);
}

bool
stop_requested(const Stop *stop) {
  return stop != NULL && g_atomic_int_get(&stop->requested) != 0;
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
