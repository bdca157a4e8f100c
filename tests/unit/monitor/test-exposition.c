/* What the store and the certificates are shown as.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/exposition.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/db.h"
#include "format.h"
#include "monitor-fixture.h"
#include "scheduler/scheduler.h"
#include "sync/run.h"

static void
ok(bool done, const GError *error) {
  g_assert_no_error(error);
  g_assert_true(done);
}

static char *
shown(MonitorFixture *fixture, Store *store) {
  g_autoptr(GError) error = NULL;
  g_autoptr(GString) text = g_string_new(NULL);
  ok(exposition_append_store(text, store, fixture->config, MONITOR_NOW, &error), error);
  exposition_append_rest(text, fixture->config, true, 1773200000, g_get_real_time() / 1000000);
  format_assert(text->str);
  return g_string_free(g_steal_pointer(&text), FALSE);
}

/* A store nothing was ever written to shows every family, with noughts. */
static void
test_empty(MonitorFixture *fixture, gconstpointer data) {
  (void)data;
  g_autoptr(Store) store = monitor_open_store(fixture);
  g_autofree char *text = shown(fixture, store);
  format_assert_value(text, "lehrgaenge_runs{status=\"success\"}", "0");
  format_assert_value(text, "lehrgaenge_runs{status=\"interrupted\"}", "0");
  format_assert_value(text, "lehrgaenge_tenant_last_success_timestamp_seconds{tenant=\"FD\"}", "0");
  format_assert_value(text, "lehrgaenge_tenant_last_success_timestamp_seconds{tenant=\"G\\\"I\"}",
                      "0");
  g_assert_null(strstr(text, "tenant=\"KS\"")); /* has no apikey: it never succeeds */
  format_assert_value(text, "lehrgaenge_sync_lock_held", "0");
  format_assert_value(text, "lehrgaenge_sync_lock_since_timestamp_seconds", "0");
  format_assert_value(text, "lehrgaenge_schedule_failures", "0");
  format_assert_value(text, "lehrgaenge_next_run_timestamp_seconds", "1773200000");
  format_assert_value(text, "lehrgaenge_store_up", "1");
  g_assert_nonnull(strstr(text, "# TYPE lehrgaenge_tasks gauge\n"));
}

static void
add_run(Store *store, RunStatus status) {
  g_autoptr(GError) error = NULL;
  StoreRun run = { .status = RUN_RUNNING, .timestarted = MONITOR_NOW };
  ok(store->class->run_begin(store, &run, &error), error);
  if (status != RUN_RUNNING)
    ok(store->class->run_end(store, run.id, status, MONITOR_NOW, "{}", &error), error);
}

static void
test_runs(MonitorFixture *fixture, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  (void)data;
  g_autoptr(Store) store = monitor_open_store(fixture);
  add_run(store, RUN_SUCCESS);
  add_run(store, RUN_SUCCESS);
  add_run(store, RUN_ERROR);
  add_run(store, RUN_RUNNING);
  ok(store->class->tenant_success_set(store, "FD", 1, MONITOR_NOW - 60, &error), error);
  g_autofree char *text = shown(fixture, store);
  format_assert_value(text, "lehrgaenge_runs{status=\"success\"}", "2");
  format_assert_value(text, "lehrgaenge_runs{status=\"error\"}", "1");
  format_assert_value(text, "lehrgaenge_runs{status=\"running\"}", "1");
  format_assert_value(text, "lehrgaenge_runs{status=\"partial\"}", "0");
  format_assert_value(text, "lehrgaenge_tenant_last_success_timestamp_seconds{tenant=\"FD\"}",
                      "1773147849");
  format_assert_value(text, "lehrgaenge_tenant_last_success_timestamp_seconds{tenant=\"MR\"}", "0");
}

static void
test_tasks(MonitorFixture *fixture, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  (void)data;
  g_autoptr(Store) store = monitor_open_store(fixture);
  gint64 id = 0;
  for (int i = 0; i < 3; i++) {
    g_autofree char *subject = g_strdup_printf("course %d", i);
    const StoreTask task = { .kind = (char *)"content_copy", .subject = subject };
    ok(store->class->task_add(store, &task, MONITOR_NOW, &id, &error), error);
  }
  ok(store->class->task_cancel(store, id, "enough", MONITOR_NOW, &error), error);
  g_autofree char *text = shown(fixture, store);
  format_assert_value(text, "lehrgaenge_tasks{kind=\"content_copy\",state=\"queued\"}", "2");
  format_assert_value(text, "lehrgaenge_tasks{kind=\"content_copy\",state=\"running\"}", "0");
  format_assert_value(text, "lehrgaenge_tasks{kind=\"content_copy\",state=\"done\"}", "0");
  format_assert_value(text, "lehrgaenge_tasks{kind=\"content_copy\",state=\"failed\"}", "1");
}

/* A lock is held until it expires, whether or not its owner gave it back. */
static void
test_lock(MonitorFixture *fixture, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  (void)data;
  g_autoptr(Store) store = monitor_open_store(fixture);
  bool taken = false;
  ok(store->class->lock_take(store, RUN_LOCK, "me", MONITOR_NOW - 50, 60, NULL, NULL, NULL, &taken,
                             &error),
     error);
  g_assert_true(taken);
  g_autofree char *held = shown(fixture, store);
  format_assert_value(held, "lehrgaenge_sync_lock_held", "1");
  format_assert_value(held, "lehrgaenge_sync_lock_since_timestamp_seconds", "1773147859");
  ok(store->class->lock_drop(store, RUN_LOCK, "me", &error), error);
  ok(store->class->lock_take(store, RUN_LOCK, "me", MONITOR_NOW - 60, 60, NULL, NULL, NULL, &taken,
                             &error),
     error);
  g_autofree char *expired = shown(fixture, store);
  format_assert_value(expired, "lehrgaenge_sync_lock_held", "0");
  format_assert_value(expired, "lehrgaenge_sync_lock_since_timestamp_seconds", "0");
}

static void
test_schedule(MonitorFixture *fixture, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  (void)data;
  g_autoptr(Store) store = monitor_open_store(fixture);
  const StoreSchedule schedule = { .expression = (char *)"@daily",
                                   .met = 1773100800,
                                   .failures = 3 };
  ok(store->class->schedule_put(store, SCHEDULER_SYNC, &schedule, &error), error);
  g_autofree char *text = shown(fixture, store);
  format_assert_value(text, "lehrgaenge_schedule_failures", "3");
  format_assert_value(text, "lehrgaenge_schedule_met_timestamp_seconds", "1773100800");
}

static void
test_certificates(MonitorFixture *fixture, gconstpointer data) {
  (void)data;
  g_autoptr(GString) text = g_string_new(NULL);
  exposition_append_rest(text, fixture->config, false, 0, g_get_real_time() / 1000000);
  format_assert(text->str);
#define LEFT "lehrgaenge_certificate_days_left"
#define READABLE "lehrgaenge_certificate_readable"
  g_autofree char *general = format_value(text->str, LEFT "{certificate=\"general\"}");
  g_autofree char *own = format_value(text->str, LEFT "{certificate=\"tenant\",tenant=\"FD\"}");
  g_assert_cmpint(atoi(general), >=, 39);
  g_assert_cmpint(atoi(general), <=, 40);
  g_assert_cmpint(atoi(own), >=, 9);
  g_assert_cmpint(atoi(own), <=, 10);
  g_assert_null(strstr(text->str, "tenant=\"G\\\"I\"")); /* the general one, not a second time */
  g_assert_null(strstr(text->str, LEFT "{certificate=\"tenant\",tenant=\"MR\"}"));
  format_assert_value(text->str, READABLE "{certificate=\"general\"}", "1");
  format_assert_value(text->str, READABLE "{certificate=\"tenant\",tenant=\"FD\"}", "1");
  format_assert_value(text->str, READABLE "{certificate=\"tenant\",tenant=\"MR\"}", "0");
  format_assert_value(text->str, "lehrgaenge_store_up", "0");
}

/* Half an answer would look like a whole one. */
static void
test_store_fails(MonitorFixture *fixture, gconstpointer data) {
  static const char *const tables[] = { "local_lehrgaengeapi_import_run",
                                        "local_lehrgaengeapi_task", "local_lehrgaengeapi_lock",
                                        "local_lehrgaengeapi_tenant" };
  (void)data;
  for (gsize i = 0; i < G_N_ELEMENTS(tables); i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = monitor_open_store(fixture);
    g_autofree char *drop = g_strdup_printf("DROP TABLE %s", tables[i]);
    g_autoptr(Db) db = db_open(fixture->store_path, 0, &error);
    g_assert_no_error(error);
    ok(db_exec(db, drop, &error), error);
    g_autoptr(GString) text = g_string_new("before\n");
    g_assert_false(exposition_append_store(text, store, fixture->config, MONITOR_NOW, &error));
    g_assert_nonnull(error);
    g_assert_cmpint(error->domain, ==, STORE_ERROR);
    g_assert_cmpstr(text->str, ==, "before\n");
    g_clear_pointer(&store, store_free);
    g_clear_pointer(&db, db_close);
    g_unlink(fixture->store_path);
  }
}

int
main(int argc, char *argv[]) {
  static const struct {
    const char *path;
    void (*run)(MonitorFixture *, gconstpointer);
  } tests[] = {
    { "/exposition/empty", test_empty },
    { "/exposition/runs", test_runs },
    { "/exposition/tasks", test_tasks },
    { "/exposition/lock", test_lock },
    { "/exposition/schedule", test_schedule },
    { "/exposition/certificates", test_certificates },
    { "/exposition/store-fails", test_store_fails },
  };
  g_test_init(&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
    g_test_add(tests[i].path, MonitorFixture, NULL, monitor_set_up, tests[i].run,
               monitor_tear_down);
  return g_test_run();
}
