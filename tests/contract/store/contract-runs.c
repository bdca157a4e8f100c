/* Runs and tenants' successes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-contract.h"

#include <string.h>

static char anna[] = "anna", bert[] = "bert";

static gint64
begin_run(Store *store, char *owner, gint64 started) {
  StoreRun run = { .year = 2026, .status = RUN_RUNNING, .triggeredby = anna, .owner = owner };
  run.timestarted = started;
  WORKS(store, run_begin, &run);
  return run.id;
}

static StoreRun *
get_run(Store *store, gint64 id) {
  GError *error = NULL;
  StoreRun *run = store->class->run_get(store, id, &error);
  g_assert_no_error(error);
  g_assert_nonnull(run);
  return run;
}

static GPtrArray *
list_runs(Store *store, gint64 before, guint limit) {
  GError *error = NULL;
  GPtrArray *runs = store->class->run_list(store, before, limit, &error);
  g_assert_no_error(error);
  g_assert_nonnull(runs);
  return runs;
}

static void
assert_status(Store *store, gint64 id, RunStatus status, gint64 ended) {
  g_autoptr(StoreRun) run = get_run(store, id);
  g_assert_cmpint(run->status, ==, status);
  g_assert_cmpint(run->timeended, ==, ended);
}

static void
test_begin(Case *test) {
  char who[] = "Jürgen \"Admin\" O'Neil", tenants[] = "FD,RÜD", owner[] = "17@host";
  StoreRun run = { .year = 2025,
                   .status = RUN_RUNNING,
                   .triggeredby = who,
                   .tenants = tenants,
                   .owner = owner,
                   .timestarted = 1773147909 };
  WORKS(test->store, run_begin, &run);
  g_assert_cmpint(run.id, >, 0);
  g_assert_cmpint(begin_run(test->store, bert, 1), >, run.id);

  case_reopen(test);
  g_autoptr(StoreRun) found = get_run(test->store, run.id);
  g_assert_cmpint(found->id, ==, run.id);
  g_assert_cmpint(found->year, ==, 2025);
  g_assert_cmpint(found->status, ==, RUN_RUNNING);
  g_assert_cmpstr(found->triggeredby, ==, who);
  g_assert_cmpstr(found->tenants, ==, tenants);
  g_assert_cmpstr(found->owner, ==, owner);
  g_assert_cmpint(found->timestarted, ==, 1773147909);
  g_assert_cmpint(found->timeended, ==, 0);
  g_assert_cmpstr(found->progress, ==, "");
  g_assert_cmpstr(found->summary, ==, "");
}

static void
test_begin_without_texts(Case *test) {
  StoreRun run = { .status = RUN_SKIPPED };
  WORKS(test->store, run_begin, &run);
  g_autoptr(StoreRun) found = get_run(test->store, run.id);
  g_assert_cmpint(found->year, ==, 0);
  g_assert_cmpint(found->status, ==, RUN_SKIPPED);
  g_assert_cmpstr(found->triggeredby, ==, "");
  g_assert_cmpstr(found->tenants, ==, "");
  g_assert_cmpstr(found->owner, ==, "");
}

static void
test_end(Case *test) {
  static const RunStatus ends[] = { RUN_SUCCESS, RUN_PARTIAL, RUN_ERROR,
                                    RUN_SKIPPED, RUN_HELD,    RUN_INTERRUPTED };
  for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
    gint64 other = begin_run(test->store, anna, 100);
    gint64 id = begin_run(test->store, anna, 100);
    WORKS(test->store, run_end, id, ends[i], 200 + i, "{\"FD\":{\"created\":1}}");
    assert_status(test->store, id, ends[i], 200 + i);
    assert_status(test->store, other, RUN_RUNNING, 0);
    g_autoptr(StoreRun) run = get_run(test->store, id);
    g_assert_cmpstr(run->summary, ==, "{\"FD\":{\"created\":1}}");
    g_assert_cmpint(run->timestarted, ==, 100);
  }
}

static void
test_end_again(Case *test) {
  gint64 id = begin_run(test->store, anna, 100);
  WORKS(test->store, run_end, id, RUN_INTERRUPTED, 200, "one");
  WORKS(test->store, run_end, id, RUN_SUCCESS, 300, NULL);
  assert_status(test->store, id, RUN_SUCCESS, 300);
  g_autoptr(StoreRun) run = get_run(test->store, id);
  g_assert_cmpstr(run->summary, ==, "");
}

static void
test_end_as_running(Case *test) {
  gint64 id = begin_run(test->store, anna, 100);
  WORKS(test->store, run_end, id, RUN_HELD, 200, "one");
  FAILS(STORE_ERROR_FAILED, test->store, run_end, id, RUN_RUNNING, 300, "two");
  assert_status(test->store, id, RUN_HELD, 200);
}

static void
test_missing(Case *test) {
  gint64 id = begin_run(test->store, anna, 100);
  FAILS(STORE_ERROR_NOT_FOUND, test->store, run_end, id + 1, RUN_SUCCESS, 200, "");
  FAILS(STORE_ERROR_NOT_FOUND, test->store, run_progress, id + 1, "x");
  g_autoptr(GError) error = NULL;
  g_assert_null(test->store->class->run_get(test->store, id + 1, &error));
  g_assert_error(error, STORE_ERROR, STORE_ERROR_NOT_FOUND);
  assert_status(test->store, id, RUN_RUNNING, 0);
}

static void
test_progress(Case *test) {
  gint64 other = begin_run(test->store, anna, 100), id = begin_run(test->store, anna, 100);
  WORKS(test->store, run_progress, id, "{\"phase\":\"fetch\"}");
  WORKS(test->store, run_progress, id, "{\"phase\":\"plan\"}");
  g_autoptr(StoreRun) run = get_run(test->store, id);
  g_assert_cmpstr(run->progress, ==, "{\"phase\":\"plan\"}");
  g_autoptr(StoreRun) neighbour = get_run(test->store, other);
  g_assert_cmpstr(neighbour->progress, ==, "");
  g_autoptr(GPtrArray) runs = list_runs(test->store, 0, 1);
  g_assert_cmpstr(((StoreRun *)runs->pdata[0])->progress, ==, "{\"phase\":\"plan\"}");
}

static void
test_bounds(Case *test) {
  gint64 id = begin_run(test->store, anna, 100);
  g_autofree char *progress = long_text(STORE_MAX_PROGRESS);
  g_autofree char *summary = long_text(STORE_MAX_SUMMARY);
  g_autofree char *too_long = long_text(STORE_MAX_SUMMARY + 1);
  WORKS(test->store, run_progress, id, progress);
  FAILS(STORE_ERROR_FAILED, test->store, run_progress, id,
        too_long + STORE_MAX_SUMMARY - STORE_MAX_PROGRESS);
  FAILS(STORE_ERROR_FAILED, test->store, run_end, id, RUN_SUCCESS, 200, too_long);
  assert_status(test->store, id, RUN_RUNNING, 0);
  WORKS(test->store, run_end, id, RUN_SUCCESS, 200, summary);
  g_autoptr(StoreRun) run = get_run(test->store, id);
  g_assert_cmpuint(strlen(run->progress), ==, STORE_MAX_PROGRESS);
  g_assert_cmpuint(strlen(run->summary), ==, STORE_MAX_SUMMARY);

  char *key = too_long + STORE_MAX_SUMMARY - STORE_MAX_KEY;
  StoreRun by = { .triggeredby = key }, of = { .tenants = key }, owned = { .owner = key };
  FAILS(STORE_ERROR_FAILED, test->store, run_begin, &by);
  FAILS(STORE_ERROR_FAILED, test->store, run_begin, &of);
  FAILS(STORE_ERROR_FAILED, test->store, run_begin, &owned);
  StoreRun just = { .triggeredby = key + 1, .tenants = key + 1, .owner = key + 1 };
  WORKS(test->store, run_begin, &just);
}

static void
test_list(Case *test) {
  g_autoptr(GPtrArray) none = list_runs(test->store, 0, 10);
  g_assert_cmpuint(none->len, ==, 0);

  gint64 ids[7];
  for (guint i = 0; i < 7; i++) {
    ids[i] = begin_run(test->store, anna, 100 - i); /* started later is not newer: the id counts */
    WORKS(test->store, run_end, ids[i], RUN_SUCCESS, 200, "a summary");
  }
  g_autoptr(GPtrArray) three = list_runs(test->store, 0, 3);
  g_assert_cmpuint(three->len, ==, 3);
  for (guint i = 0; i < 3; i++) {
    StoreRun *run = three->pdata[i];
    g_assert_cmpint(run->id, ==, ids[6 - i]);
    g_assert_cmpint(run->timestarted, ==, 100 - (6 - i));
    g_assert_cmpint(run->status, ==, RUN_SUCCESS);
    g_assert_cmpstr(run->triggeredby, ==, "anna");
    g_assert_cmpstr(run->summary, ==, "");
  }
  g_autoptr(GPtrArray) next = list_runs(test->store, ids[4], 3);
  g_assert_cmpuint(next->len, ==, 3);
  g_assert_cmpint(((StoreRun *)next->pdata[0])->id, ==, ids[3]);
  g_autoptr(GPtrArray) rest = list_runs(test->store, ids[1], 3);
  g_assert_cmpuint(rest->len, ==, 1);
  g_assert_cmpint(((StoreRun *)rest->pdata[0])->id, ==, ids[0]);
  g_autoptr(GPtrArray) all = list_runs(test->store, 0, 0);
  g_assert_cmpuint(all->len, ==, 7);
}

static void
test_reap(Case *test) {
  gint64 live = begin_run(test->store, anna, 100), gone = begin_run(test->store, bert, 100),
         gone_too = begin_run(test->store, bert, 110), ended = begin_run(test->store, bert, 120);
  WORKS(test->store, run_progress, gone, "half");
  WORKS(test->store, run_end, ended, RUN_PARTIAL, 130, "sum");

  guint count = 99;
  WORKS(test->store, run_reap, NULL, NULL, 500, &count);
  g_assert_cmpuint(count, ==, 0);
  WORKS(test->store, run_reap, dead_is, bert, 500, &count);
  g_assert_cmpuint(count, ==, 2);
  assert_status(test->store, live, RUN_RUNNING, 0);
  assert_status(test->store, gone, RUN_INTERRUPTED, 500);
  assert_status(test->store, gone_too, RUN_INTERRUPTED, 500);
  assert_status(test->store, ended, RUN_PARTIAL, 130);
  g_autoptr(StoreRun) run = get_run(test->store, gone);
  g_assert_cmpstr(run->progress, ==, "half");

  WORKS(test->store, run_reap, dead_is, bert, 600, &count);
  g_assert_cmpuint(count, ==, 0);
  assert_status(test->store, gone, RUN_INTERRUPTED, 500);
  WORKS(test->store, run_reap, dead_all, NULL, 700, NULL);
  assert_status(test->store, live, RUN_INTERRUPTED, 700);
}

static void
test_tenant_success(Case *test) {
  gint64 time = 99;
  WORKS(test->store, tenant_success_get, "RÜD", &time);
  g_assert_cmpint(time, ==, 0);
  WORKS(test->store, tenant_success_set, "RÜD", 1, 1000);
  WORKS(test->store, tenant_success_set, "FD", 1, 1001);
  WORKS(test->store, tenant_success_set, "RÜD", 2, 2000);
  case_reopen(test);
  WORKS(test->store, tenant_success_get, "RÜD", &time);
  g_assert_cmpint(time, ==, 2000);
  WORKS(test->store, tenant_success_get, "FD", &time);
  g_assert_cmpint(time, ==, 1001);
  WORKS(test->store, tenant_success_get, "fd", &time);
  g_assert_cmpint(time, ==, 0);
}

static void
test_words(Case *test) {
  static const char *const words[] = { "running", "success", "partial",    "error",
                                       "skipped", "held",    "interrupted" };
  (void)test;
  for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
    RunStatus status = RUN_RUNNING;
    g_assert_cmpstr(run_status_word((RunStatus)i), ==, words[i]);
    g_assert_true(run_status_parse(words[i], &status));
    g_assert_cmpint(status, ==, i);
  }
  RunStatus status = RUN_HELD;
  g_assert_false(run_status_parse("Held", &status));
  g_assert_false(run_status_parse("", &status));
  g_assert_false(run_status_parse(NULL, &status));
  g_assert_cmpint(status, ==, RUN_HELD);
}

/* The plugin's columns, and the words it wrote into them. */
static void
test_plugin_columns(Case *test) {
  gint64 id = begin_run(test->store, anna, 100);
  WORKS(test->store, run_end, id, RUN_HELD, 200, "sum");
  g_assert_cmpint(test->harness->sql(test->place,
                                     "SELECT count(*) FROM local_lehrgaengeapi_import_run"
                                     " WHERE year = 2026 AND status = 'held'"
                                     " AND triggeredby = 'anna' AND timestarted = 100"
                                     " AND timeended = 200 AND summary = 'sum'"),
                  ==, 1);
}

static void
test_unknown_status(Case *test) {
  gint64 id = begin_run(test->store, anna, 100);
  test->harness->sql(test->place, "UPDATE local_lehrgaengeapi_import_run SET status = 'odd'");
  g_autoptr(GError) error = NULL;
  g_assert_null(test->store->class->run_get(test->store, id, &error));
  g_assert_error(error, STORE_ERROR, STORE_ERROR_FAILED);
  g_assert_nonnull(strstr(error->message, "odd"));
  g_clear_error(&error);
  g_assert_null(test->store->class->run_list(test->store, 0, 0, &error));
  g_assert_error(error, STORE_ERROR, STORE_ERROR_FAILED);
}

static void
test_counts(Case *test) {
  gint64 counts[RUN_STATUSES];
  memset(counts, 0xff, sizeof counts);
  WORKS(test->store, run_counts, counts);
  for (guint i = 0; i < RUN_STATUSES; i++)
    g_assert_cmpint(counts[i], ==, 0);
  for (guint status = 0; status < RUN_STATUSES; status++)
    for (guint i = 0; i <= status; i++) {
      StoreRun run = { .status = RUN_RUNNING };
      WORKS(test->store, run_begin, &run);
      if (status != RUN_RUNNING)
        WORKS(test->store, run_end, run.id, (RunStatus)status, 2000, "");
    }
  WORKS(test->store, run_counts, counts);
  for (guint i = 0; i < RUN_STATUSES; i++)
    g_assert_cmpint(counts[i], ==, i + 1);
}

void
contract_runs_add(const StoreHarness *harness) {
  case_add(harness, "run/counts", test_counts);
  case_add(harness, "run/begin", test_begin);
  case_add(harness, "run/begin-without-texts", test_begin_without_texts);
  case_add(harness, "run/end", test_end);
  case_add(harness, "run/end-again", test_end_again);
  case_add(harness, "run/end-as-running", test_end_as_running);
  case_add(harness, "run/missing", test_missing);
  case_add(harness, "run/progress", test_progress);
  case_add(harness, "run/bounds", test_bounds);
  case_add(harness, "run/list", test_list);
  case_add(harness, "run/reap", test_reap);
  case_add(harness, "run/tenant-success", test_tenant_success);
  case_add(harness, "run/words", test_words);
  case_add(harness, "run/plugin-columns", test_plugin_columns);
  case_add(harness, "run/unknown-status", test_unknown_status);
}
