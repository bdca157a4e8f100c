/* What the store keeps of a run: its progress while it runs, and what it tells when it is over
 * (SPEC 6).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-fixture.h"

#include <string.h>

#include "base/text.h"
#include "store/sqlite.h"
#include "sync/progress.h"
#include "sync/run.h"
#include "sync/totals.h"

static Store *
open_store(gpointer path, GError **error) {
  return store_sqlite_open(path, error);
}

/* ZMS: FD lists one Lehrgang, KB is away; each takes ten seconds. */
typedef struct {
  Source base;
  World *world;
  char *path;
  Stop stop;
  bool stop_it;
  RunProgress seen; /* while KB was asked */
} Two;

/* What another process sees of the run while its thread waits for the fetching ones. */
static void
watch(Two *two) {
  g_autoptr(GError) error = NULL;
  g_autoptr(Store) store = open_store(two->path, &error);
  gint64 until = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
  g_assert_no_error(error);
  do {
    g_autoptr(GPtrArray) runs = store->class->run_list(store, 0, 1, &error);
    g_assert_no_error(error);
    const StoreRun *run = g_ptr_array_index(runs, 0);
    g_assert_true(run_progress_read(run->progress, &two->seen));
    g_usleep(1000);
  } while (two->seen.tenants_done == 0 && g_get_monotonic_time() < until);
  g_assert_cmpint(two->seen.tenants_done, ==, 1);
}

static void
read_tenant(Source *source, guint index, gint year, InputTenant *tenant) {
  (void)year;
  Two *two = (Two *)source;
  if (index == 1)
    watch(two);
  clock_advance(two->world->clock, 10 * G_USEC_PER_SEC);
  if (index == 1) {
    if (two->stop_it)
      stop_request(&two->stop);
    input_fail_tenant(tenant, "ZMS is away, says key-of-kb");
    return;
  }
  const Lehrgang lehrgang = { "L1", "F-I", "", "", "2026-03-01", "2026-03-10" };
  guint at = input_add_lehrgang(tenant, &lehrgang);
  const Teilnehmer one = { "A", "a", "", "", "a@x.example", "", CALLED };
  input_add_teilnehmer(tenant, at, &one, two->world->config->status);
  input_finish_lehrgang(tenant, at, NULL);
  tenant->listed = true;
}

/* The store as others see it. */
typedef struct {
  World *world;
  Two two;
  Store *store;
} Case;

static Case *
case_new(void) {
  static const SourceClass class = { .read_tenant = read_tenant };
  g_autoptr(GError) error = NULL;
  Case *test = g_new0(Case, 1);
  test->world = world_new("FD KB", "F-I");
  test->world->config->zms.connections = 1;
  test->two.base.class = &class;
  test->two.world = test->world;
  test->two.path = g_build_filename(test->world->directory, "store.db", NULL);
  test->store = open_store(test->two.path, &error);
  g_assert_no_error(error);
  return test;
}

static void
case_free(Case *test) {
  store_free(test->store);
  g_free(test->two.path);
  world_free(test->world);
  g_free(test);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Case, case_free)

/* The run as it is kept then. */
static StoreRun *
run(Case *test, const RunRequest *request) {
  const RunContext context = { .config = test->world->config,
                               .gateway = test->world->gateway,
                               .store = test->store,
                               .source = &test->two.base,
                               .clock = test->world->clock,
                               .stop = &test->two.stop,
                               .open_store = open_store,
                               .open_data = test->two.path };
  g_autoptr(GError) error = NULL;
  g_auto(RunResult) result = { 0 };
  g_assert_true(run_sync(&context, request, &result, &error));
  g_assert_no_error(error);
  StoreRun *kept = test->store->class->run_get(test->store, result.id, &error);
  g_assert_no_error(error);
  g_assert_cmpint(kept->status, ==, result.status);
  return kept;
}

static void
test_progress(void) {
  g_autoptr(Case) test = case_new();
  const RunRequest request = { .triggeredby = "anna" };
  g_autoptr(StoreRun) first = run(test, &request);
  const RunProgress *seen = &test->two.seen;
  g_assert_cmpstr(seen->phases[seen->count - 1].name, ==, "fetch");
  g_assert_cmpint(seen->tenants_done, ==, 1);
  g_assert_cmpint(seen->tenants_total, ==, 2);
  g_assert_cmpint(seen->left, ==, -1); /* the first of its kind */

  RunProgress last;
  g_assert_true(run_progress_read(first->progress, &last));
  g_assert_cmpuint(last.count, ==, 6);
  g_assert_cmpfloat(last.phases[1].seconds, ==, 20);
  g_assert_cmpint(last.tenants_done, ==, 2);
  g_assert_cmpint(last.left, ==, 0);

  /* One of another kind does not know either, the next of this kind does. */
  const RunRequest other = { .triggeredby = "anna", .year = 2026 };
  g_autoptr(StoreRun) second = run(test, &other);
  g_assert_cmpint(second->year, ==, 2026);
  g_assert_cmpint(test->two.seen.left, ==, -1);
  /* Nor is one that was cut short a measure. */
  test->two.stop_it = true;
  g_autoptr(StoreRun) cut = run(test, &request);
  g_assert_cmpint(cut->status, ==, RUN_INTERRUPTED);
  test->two.stop_it = false;
  test->two.stop = (Stop){ 0 };
  g_autoptr(StoreRun) third = run(test, &request);
  g_assert_cmpint(third->status, ==, RUN_PARTIAL);
  g_assert_cmpint(test->two.seen.left, >=, 10);
}

/* One write a second, and one for each phase that begins. */
static const StoreClass *whole;
static guint writes;

static bool
count_progress(Store *store, gint64 id, const char *progress, GError **error) {
  writes++;
  return whole->run_progress(store, id, progress, error);
}

static void
test_writes(void) {
  g_autoptr(Case) test = case_new();
  whole = test->store->class;
  StoreClass counting = *whole;
  counting.run_progress = count_progress;
  test->store->class = &counting;
  const RunRequest request = { .triggeredby = "anna" };
  g_autoptr(StoreRun) kept = run(test, &request);
  g_assert_cmpint(kept->status, ==, RUN_PARTIAL);
  /* Six phases, two tenants ten seconds apart, the end. */
  g_assert_cmpuint(writes, ==, 6 + 2 + 1);
  test->store->class = whole;
}

typedef struct {
  guint count;
  gint64 success, failure_run, failure_time;
  char why[64];
} Tenants;

static void
on_tenant(const StoreTenantRow *row, gpointer data) {
  Tenants *tenants = data;
  tenants->count++;
  if (strcmp(row->tenant, "FD") == 0)
    tenants->success = row->success_run;
  if (strcmp(row->tenant, "FD") == 0 || row->failure_run == 0)
    return;
  tenants->failure_run = row->failure_run;
  tenants->failure_time = row->timefailure;
  g_strlcpy(tenants->why, row->failure, sizeof tenants->why);
}

static Tenants
read_tenants(Case *test) {
  Tenants tenants = { 0 };
  g_autoptr(GError) error = NULL;
  g_assert_true(test->store->class->tenant_read(test->store, on_tenant, &tenants, &error));
  g_assert_no_error(error);
  return tenants;
}

static void
test_end(void) {
  g_autoptr(Case) test = case_new();
  const char *const fd[] = { "FD", NULL };
  const RunRequest request = { .triggeredby = "anna", .year = 2026, .task = 21 };
  text_secret_add("key-of-kb");
  g_autoptr(StoreRun) kept = run(test, &request);
  g_assert_cmpint(kept->status, ==, RUN_PARTIAL);
  g_assert_cmpint(kept->task, ==, 21);
  RunTotals totals;
  g_assert_true(totals_read(kept->totals, NULL, &totals));
  g_assert_cmpint(totals.tenants, ==, 2);
  g_assert_cmpint(totals.tenants_failed, ==, 1);
  g_assert_cmpint(totals.courses_created, ==, 1);
  g_assert_true(totals_read(kept->totals, fd, &totals));
  g_assert_cmpint(totals.tenants_failed, ==, 0);
  g_assert_cmpint(totals_changes(&totals), ==, 3);

  Tenants tenants = read_tenants(test);
  g_assert_cmpint(tenants.success, ==, kept->id);
  g_assert_cmpint(tenants.failure_run, ==, kept->id);
  g_assert_cmpint(tenants.failure_time, ==, kept->timeended);
  g_assert_cmpstr(tenants.why, ==, "ZMS is away, says ***");
}

/* Nobody fails because the service was asked to stop, and a run cut short has totals, too. */
static void
test_stopped(void) {
  g_autoptr(Case) test = case_new();
  const RunRequest request = { .triggeredby = "anna" };
  test->two.stop_it = true;
  g_autoptr(StoreRun) kept = run(test, &request);
  g_assert_cmpint(kept->status, ==, RUN_INTERRUPTED);
  RunTotals totals;
  g_assert_true(totals_read(kept->totals, NULL, &totals));
  g_assert_cmpint(totals.courses_created, ==, 0);
  Tenants tenants = read_tenants(test);
  g_assert_cmpint(tenants.count, ==, 0);
}

/* A run whose Moodle went away still knows which tenants had failed, and says nothing good of the
 * others. */
static bool
no_moodle(Gateway *gateway, const GatewayNewUser *users, guint count, GatewayOutcome *outcomes,
          GError **error) {
  (void)gateway, (void)users, (void)count, (void)outcomes;
  g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE, "Moodle is away");
  return false;
}

static void
test_failed(void) {
  g_autoptr(Case) test = case_new();
  const RunRequest request = { .triggeredby = "anna" };
  GatewayClass away = *test->world->gateway->class;
  away.create_users = no_moodle;
  const GatewayClass *there = test->world->gateway->class;
  test->world->gateway->class = &away;
  g_autoptr(StoreRun) kept = run(test, &request);
  test->world->gateway->class = there;
  g_assert_cmpint(kept->status, ==, RUN_ERROR);
  Tenants tenants = read_tenants(test);
  g_assert_cmpint(tenants.success, ==, 0);
  g_assert_cmpint(tenants.failure_run, ==, kept->id);
  RunTotals totals;
  g_assert_true(totals_read(kept->totals, NULL, &totals));
  g_assert_cmpint(totals.courses_created, ==, 1);
  g_assert_cmpint(totals.enrolled, ==, 0);
}

/* One that could not begin stands in the history with what asked for it. */
static void
test_undone(void) {
  g_autoptr(Case) test = case_new();
  const RunRequest request = { .triggeredby = "anna", .task = 5 };
  g_autoptr(GError) error = NULL;
  g_auto(RunResult) result = { 0 };
  g_assert_true(run_failed(test->world->config, test->store, test->world->clock, &request,
                           "no Moodle", &result, &error));
  g_autoptr(StoreRun) kept = test->store->class->run_get(test->store, result.id, &error);
  g_assert_no_error(error);
  g_assert_cmpint(kept->task, ==, 5);
  RunTotals totals;
  g_assert_true(totals_read(kept->totals, NULL, &totals));
  g_assert_cmpstr(kept->progress, ==, "");
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/run-record/progress", test_progress);
  g_test_add_func("/run-record/writes", test_writes);
  g_test_add_func("/run-record/end", test_end);
  g_test_add_func("/run-record/stopped", test_stopped);
  g_test_add_func("/run-record/failed", test_failed);
  g_test_add_func("/run-record/undone", test_undone);
  return g_test_run();
}
