/* What is due done by several threads at once: they do overlap, nothing is done twice, and all that
 * ends the work ends it for each of them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>

#include "workers-case.h"

/* A run in a thread of its own, so that the test can look while copies wait at the gate. */
typedef struct {
  Shop *shop;
  const char *owner;
  guint threads;
  bool alone, ok;
  TasksResult result;
  GError *error;
  GThread *thread;
} Due;

static gpointer
run(gpointer data) {
  Due *due = data;
  due->ok =
      shop_run_due(due->shop, due->owner, due->threads, due->alone, &due->result, &due->error);
  return NULL;
}

static void
begin(Due *due, Shop *shop, guint threads) {
  *due = (Due){ .shop = shop, .owner = "me", .threads = threads };
  due->thread = g_thread_new("due", run, due);
}

static void
end(Due *due, guint done, guint waiting) {
  g_thread_join(due->thread);
  g_assert_no_error(due->error);
  g_assert_true(due->ok);
  g_assert_cmpuint(due->result.done, ==, done);
  g_assert_cmpuint(due->result.waiting, ==, waiting);
  g_assert_cmpuint(due->result.failed, ==, 0);
}

/* So many courses, each with its copy queued. */
static gint64
queue(Shop *shop, guint count) {
  gint64 first = shop_courses(shop, count);
  for (guint i = 0; i < count; i++)
    shop_queue(shop, first + i, shop->template);
  return first;
}

/* More than a batch; the places outlive it. Signals are left to the main thread. */
static void
test_at_once(void) {
  g_autoptr(Shop) shop = shop_new();
  gint64 first = queue(shop, TASKS_BATCH + 8);
  switches.signals = g_async_queue_new_full(g_free);
  switches.gate = true;
  switches.grace = 60; /* each notes its begin in the store */
  Due due;
  begin(&due, shop, 3);
  shop_wait(&switches.copying, 3);
  guint blocked = 0;
  for (guint i = 0; i < 3; i++) {
    g_autofree sigset_t *set = g_async_queue_pop(switches.signals);
    blocked += sigismember(set, SIGTERM) == 1;
  }
  g_assert_cmpuint(blocked, ==, 2);
  shop_switch(gate, false);
  end(&due, TASKS_BATCH + 8, 0);
  g_assert_cmpuint(switches.most_copying, ==, 3);
  g_assert_cmpuint(switches.copies, ==, TASKS_BATCH + 8);
  g_assert_cmpuint(switches.enters, ==, 2);
  shop_assert_whole(shop, first, TASKS_BATCH + 8);
  g_async_queue_unref(switches.signals);
}

/* With nobody to give a place, or none to be had, one does all. */
static void
test_alone(void) {
  for (guint i = 0; i < 2; i++) {
    g_autoptr(Shop) shop = shop_new();
    gint64 first = queue(shop, 6);
    switches.enters_fail = true;
    TasksResult result = { 0 };
    g_autoptr(GError) error = NULL;
    g_assert_true(shop_run_due(shop, "me", 3, i == 0, &result, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(result.done, ==, 6);
    g_assert_cmpuint(switches.enters, ==, i == 0 ? 0 : 2);
    g_assert_cmpuint(switches.most_copying, ==, 1);
    shop_assert_whole(shop, first, 6);
  }
}

/* A copy of a copy of a copy, all queued in the wrong order. */
static void
test_template_first(void) {
  g_autoptr(Shop) shop = shop_new();
  gint64 first = shop_courses(shop, 12);
  for (gint64 course = first + 11; course >= first; course--)
    shop_queue(shop, course, course < first + 4 ? shop->template : course - 4);
  TasksResult result = { 0 };
  g_autoptr(GError) error = NULL;
  g_assert_true(shop_run_due(shop, "me", 4, false, &result, &error));
  g_assert_no_error(error);
  g_assert_cmpuint(result.done, ==, 12);
  g_assert_cmpuint(switches.copies, ==, 12);
  shop_assert_whole(shop, first, 12);
}

/* What is under way is cut off, nothing more is begun, and nothing is written down. The next one
 * finds all of it orphaned. */
static void
test_cut_off(void) {
  g_autoptr(Shop) shop = shop_new();
  gint64 first = queue(shop, 10);
  switches.gate = true;
  switches.failures = 3;
  switches.copy_fails = GATEWAY_ERROR_STOPPED;
  Due due;
  begin(&due, shop, 3);
  shop_wait(&switches.copying, 3);
  shop_switch(gate, false);
  g_thread_join(due.thread);
  g_assert_false(due.ok);
  g_assert_error(due.error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED);
  g_clear_error(&due.error);
  g_assert_cmpuint(switches.copies, ==, 3);
  g_assert_cmpuint(switches.ends, ==, 0);

  g_autoptr(GError) error = NULL;
  g_autofree char *name = g_compute_checksum_for_string(G_CHECKSUM_SHA1, "me", -1);
  g_assert_true(shop->store->class->lock_drop(shop->store, name, "me", &error));
  TasksResult result = { 0 };
  g_assert_true(shop_run_due(shop, "next", 3, false, &result, &error));
  g_assert_no_error(error);
  g_assert_cmpuint(result.done, ==, 10);
  g_assert_cmpuint(switches.copies, ==, 13);
  shop_assert_whole(shop, first, 10);
}

/* Those under way when the last one too many was away are tried, and no others. */
static void
test_moodle_away(void) {
  g_autoptr(Shop) shop = shop_new();
  queue(shop, TASKS_BATCH + 8);
  switches.failures = 1000;
  switches.copy_fails = GATEWAY_ERROR_UNAVAILABLE;
  Due due;
  begin(&due, shop, 4);
  end(&due, 0, TASKS_BATCH + 8);
  g_assert_cmpuint(switches.copies, >=, TASKS_MAX_AWAY);
  g_assert_cmpuint(switches.copies, <=, TASKS_MAX_AWAY + 3);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/tasks-crew/at-once", test_at_once);
  g_test_add_func("/tasks-crew/alone", test_alone);
  g_test_add_func("/tasks-crew/template-first", test_template_first);
  g_test_add_func("/tasks-crew/cut-off", test_cut_off);
  g_test_add_func("/tasks-crew/moodle-away", test_moodle_away);
  return g_test_run();
}
