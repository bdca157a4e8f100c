/* Clocks: the manual one moves only when told, the system's one is the machine's.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <signal.h>

#include "base/clock.h"
#include "base/stop.h"

static void
test_manual(void) {
  g_autoptr(Clock) clock = clock_manual_new(1000);
  gint64 before = clock_monotonic(clock);
  g_assert_cmpint(clock_now(clock), ==, 1000);

  clock_sleep(clock, 90 * G_USEC_PER_SEC);
  g_assert_cmpint(clock_now(clock), ==, 1090);
  clock_advance(clock, 10 * G_USEC_PER_SEC);
  g_assert_cmpint(clock_now(clock), ==, 1100);
  g_assert_cmpint(clock_monotonic(clock) - before, ==, 100 * G_USEC_PER_SEC);
  g_assert_cmpint(clock_slept(clock), ==, 90 * G_USEC_PER_SEC);

  clock_sleep(clock, 0);
  clock_sleep(clock, -5);
  g_assert_cmpint(clock_slept(clock), ==, 90 * G_USEC_PER_SEC);
}

static void
test_manual_parts(void) {
  g_autoptr(Clock) clock = clock_manual_new(0);
  for (int i = 0; i < 4; i++)
    clock_sleep(clock, 250000); /* parts of a second add up */
  g_assert_cmpint(clock_now(clock), ==, 1);
}

static void
test_system(void) {
  Clock *clock = clock_system();
  g_assert_true(clock == clock_system());
  gint64 now = g_get_real_time() / G_USEC_PER_SEC;
  g_assert_cmpint(ABS(clock_now(clock) - now), <=, 2);

  gint64 before = clock_monotonic(clock);
  clock_sleep(clock, 1000);
  g_assert_cmpint(clock_monotonic(clock) - before, >=, 1000);
  g_assert_cmpint(clock_slept(clock), ==, 0);
  clock_free(clock);
  clock_free(NULL);
  g_assert_cmpint(clock_now(clock), >=, now);
}

#define THREADS 4
#define SLEEPS 1000

static gpointer
sleep_often(gpointer data) {
  for (int i = 0; i < SLEEPS; i++)
    clock_sleep(data, 1000);
  return NULL;
}

static void
test_threads(void) {
  g_autoptr(Clock) clock = clock_manual_new(0);
  GThread *threads[THREADS];
  for (int i = 0; i < THREADS; i++)
    threads[i] = g_thread_new("sleeper", sleep_often, clock);
  for (int i = 0; i < THREADS; i++)
    g_thread_join(threads[i]);
  g_assert_cmpint(clock_slept(clock), ==, (gint64)THREADS * SLEEPS * 1000);
}

static void
test_stop(void) {
  Stop stop = { 0 };
  g_assert_false(stop_requested(NULL));
  g_assert_false(stop_requested(&stop));
  stop_request(&stop);
  g_assert_true(stop_requested(&stop));
}

/* Real time, as there is no other in a signal handler: a tenth of a second. */
static void
test_stop_overdue(void) {
  Stop stop = { 0 }, patient = { 0 };
  stop.grace_ms = 100;
  g_assert_false(stop_overdue(NULL));
  g_assert_false(stop_overdue(&stop));
  stop_request(&stop);
  stop_request(&patient);
  gint64 since = atomic_load(&stop.asked), asked = g_get_monotonic_time();
  g_usleep(10000);
  stop_request(&stop);
  g_assert_cmpint(atomic_load(&stop.asked), ==, since); /* once more makes it no later */
  while (!stop_overdue(&stop))
    g_usleep(1000);
  g_assert_cmpint(g_get_monotonic_time() - asked, >=, 95 * G_TIME_SPAN_MILLISECOND);
  g_assert_false(stop_overdue(&patient));
  g_assert_cmpint(STOP_GRACE_S, <, 10);
}

/* A request to another one counts as long as it is joined; none goes the other way. */
static void
test_stop_join(void) {
  Stop all = { .grace_ms = 1 }, own = { 0 }, other = { 0 };
  stop_join(&own, &all);
  stop_join(&other, &all);
  g_assert_false(stop_requested(&own));
  stop_request(&other);
  g_assert_false(stop_requested(&all));
  g_assert_false(stop_requested(&own));
  stop_request(&all);
  g_assert_true(stop_requested(&own));
  while (!stop_overdue(&all))
    g_usleep(1000);
  g_assert_true(stop_overdue(&own));
  stop_join(&own, NULL);
  g_assert_false(stop_requested(&own));
  g_assert_false(stop_overdue(&own));
}

static void
test_signal(void) {
  if (g_test_subprocess()) {
    Stop *stop = stop_on_signals();
    g_assert_false(stop_requested(stop));
    raise(SIGINT);
    g_assert_true(stop_requested(stop));
    raise(SIGTERM);
    return; /* not reached: the second one ends the process */
  }
  g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_failed();
  g_test_trap_assert_stderr_unmatched("*ERROR*");
}

int
main(int argc, char *argv[]) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/clock/manual", test_manual);
  g_test_add_func("/clock/manual-parts", test_manual_parts);
  g_test_add_func("/clock/system", test_system);
  g_test_add_func("/clock/threads", test_threads);
  g_test_add_func("/stop/requested", test_stop);
  g_test_add_func("/stop/overdue", test_stop_overdue);
  g_test_add_func("/stop/join", test_stop_join);
  g_test_add_func("/stop/signal", test_signal);
  return g_test_run();
}
