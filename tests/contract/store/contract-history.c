/* Looking for runs, and how tenants fared.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-contract.h"

#include <string.h>

static const StoreRunFilter any = { .status = -1, .year = -1 };

static gint64
add_run(Store *store, gint year, RunStatus status, const char *tenants, gint64 task) {
  StoreRun run = { .year = year,
                   .status = RUN_RUNNING,
                   .tenants = (char *)tenants,
                   .timestarted = 100,
                   .task = task };
  WORKS(store, run_begin, &run);
  if (status != RUN_RUNNING)
    WORKS(store, run_end, run.id, status, 200, "a summary");
  return run.id;
}

/* The ids found, as offsets from `base`: "3 2 1". */
static void
assert_found(Store *store, StoreRunFilter filter, gint64 base, const char *expected) {
  GError *error = NULL;
  g_autoptr(GPtrArray) runs = store->class->run_find(store, &filter, &error);
  g_autoptr(GString) ids = g_string_new(NULL);
  g_assert_no_error(error);
  for (guint i = 0; i < runs->len; i++) {
    const StoreRun *run = runs->pdata[i];
    g_assert_cmpstr(run->summary, ==, "");
    g_string_append_printf(ids, "%s%d", i == 0 ? "" : " ", (int)(run->id - base));
  }
  g_assert_cmpstr(ids->str, ==, expected);
}

/* ── one ── */

static void
test_head(Case *test) {
  char who[] = "anna", tenants[] = "FD";
  StoreRun run = { .year = 2026,
                   .status = RUN_RUNNING,
                   .triggeredby = who,
                   .owner = who,
                   .tenants = tenants,
                   .timestarted = 100,
                   .task = 21 };
  WORKS(test->store, run_begin, &run);
  add_run(test->store, 2025, RUN_HELD, "", 0);
  WORKS(test->store, run_progress, run.id, "{\"done\":1}");
  WORKS(test->store, run_totals, run.id, "{\"created\":1}");
  WORKS(test->store, run_end, run.id, RUN_PARTIAL, 200, "{\"FD\":{}}");
  case_reopen(test);
  GError *error = NULL;
  g_autoptr(StoreRun) head = test->store->class->run_head(test->store, run.id, &error);
  g_autoptr(StoreRun) whole = test->store->class->run_get(test->store, run.id, &error);
  g_autoptr(GPtrArray) list = test->store->class->run_list(test->store, 0, 0, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(list->len, ==, 2);
  StoreRun *const found[] = { head, whole, list->pdata[1] };
  for (guint i = 0; i < G_N_ELEMENTS(found); i++) {
    g_assert_cmpint(found[i]->id, ==, run.id);
    g_assert_cmpint(found[i]->year, ==, 2026);
    g_assert_cmpint(found[i]->status, ==, RUN_PARTIAL);
    g_assert_cmpstr(found[i]->triggeredby, ==, who);
    g_assert_cmpstr(found[i]->tenants, ==, "FD");
    g_assert_cmpstr(found[i]->owner, ==, who);
    g_assert_cmpint(found[i]->timestarted, ==, 100);
    g_assert_cmpint(found[i]->timeended, ==, 200);
    g_assert_cmpint(found[i]->task, ==, 21);
    g_assert_cmpstr(found[i]->totals, ==, "{\"created\":1}");
    g_assert_cmpstr(found[i]->progress, ==, "{\"done\":1}");
    g_assert_cmpstr(found[i]->summary, ==, i == 1 ? "{\"FD\":{}}" : "");
  }
  g_assert_null(test->store->class->run_head(test->store, run.id + 2, &error));
  g_assert_error(error, STORE_ERROR, STORE_ERROR_NOT_FOUND);
  g_clear_error(&error);
}

static void
test_totals(Case *test) {
  gint64 other = add_run(test->store, 2026, RUN_SUCCESS, "", 0),
         id = add_run(test->store, 2026, RUN_SUCCESS, "", 0);
  g_autofree char *text = long_text(STORE_MAX_PROGRESS + 1);
  g_autoptr(GError) error = NULL;
  WORKS(test->store, run_totals, id, text + 1);
  FAILS(STORE_ERROR_FAILED, test->store, run_totals, id, text);
  FAILS(STORE_ERROR_NOT_FOUND, test->store, run_totals, id + 1, "x");
  g_autoptr(StoreRun) run = test->store->class->run_get(test->store, id, &error);
  g_assert_cmpuint(strlen(run->totals), ==, STORE_MAX_PROGRESS);
  g_assert_cmpstr(run->summary, ==, "a summary");
  WORKS(test->store, run_totals, id, NULL);
  g_autoptr(StoreRun) emptied = test->store->class->run_head(test->store, id, &error);
  g_assert_cmpstr(emptied->totals, ==, "");
  g_autoptr(StoreRun) neighbour = test->store->class->run_head(test->store, other, &error);
  g_assert_cmpstr(neighbour->totals, ==, "");
  g_assert_no_error(error);
}

/* ── many ── */

static void
test_pages(Case *test) {
  assert_found(test->store, any, 0, "");
  gint64 base = add_run(test->store, 2026, RUN_SUCCESS, "", 0) - 1;
  for (guint i = 0; i < 6; i++)
    add_run(test->store, 2026, RUN_SUCCESS, "", 0);
  StoreRunFilter filter = any;
  assert_found(test->store, filter, base, "7 6 5 4 3 2 1");
  filter.limit = 3;
  assert_found(test->store, filter, base, "7 6 5");
  filter.before = base + 5;
  assert_found(test->store, filter, base, "4 3 2");
  filter.before = base + 2;
  assert_found(test->store, filter, base, "1");
  filter.before = base + 1;
  assert_found(test->store, filter, base, "");
  filter.before = 0;
  filter.after = base + 1; /* the next ones, not the newest */
  assert_found(test->store, filter, base, "4 3 2");
  filter.after = base + 5;
  assert_found(test->store, filter, base, "7 6");
  filter.after = base + 7;
  assert_found(test->store, filter, base, "");
  filter.after = base + 2;
  filter.before = base + 5;
  assert_found(test->store, filter, base, "4 3");
  filter.limit = 1;
  assert_found(test->store, filter, base, "3");
  filter.limit = 0;
  filter.before = 0;
  assert_found(test->store, filter, base, "7 6 5 4 3");
}

static void
test_status_and_year(Case *test) {
  gint64 base = add_run(test->store, 2025, RUN_SUCCESS, "", 0) - 1;
  add_run(test->store, 2026, RUN_SUCCESS, "", 0);
  add_run(test->store, 0, RUN_ERROR, "", 0);
  add_run(test->store, 2026, RUN_RUNNING, "", 0);
  add_run(test->store, 2026, RUN_SUCCESS, "", 0);
  StoreRunFilter filter = any;
  filter.status = RUN_SUCCESS;
  assert_found(test->store, filter, base, "5 2 1");
  filter.year = 2026;
  assert_found(test->store, filter, base, "5 2");
  filter.limit = 1;
  assert_found(test->store, filter, base, "5");
  filter.after = base + 1;
  assert_found(test->store, filter, base, "2"); /* the first of those let through */
  filter.after = 0;
  filter.limit = 0;
  filter.status = RUN_RUNNING; /* 0 is a status */
  assert_found(test->store, filter, base, "4");
  filter.status = -1;
  assert_found(test->store, filter, base, "5 4 2");
  filter.year = 0; /* and a year: none */
  assert_found(test->store, filter, base, "3");
  filter.year = 1999;
  assert_found(test->store, filter, base, "");
}

static void
test_task(Case *test) {
  gint64 base = add_run(test->store, 2025, RUN_SUCCESS, "FD", 0);
  add_run(test->store, 2025, RUN_SUCCESS, "FD", 7);
  add_run(test->store, 2026, RUN_ERROR, "HP", 8);
  add_run(test->store, 2026, RUN_SUCCESS, "HP", 7);
  add_run(test->store, 2026, RUN_SUCCESS, "HP", 0);
  static const char *const hp[] = { "HP", NULL };
  StoreRunFilter filter = any;
  filter.task = 7;
  assert_found(test->store, filter, base, "3 1");
  filter.limit = 1;
  assert_found(test->store, filter, base, "3");
  filter.after = base;
  assert_found(test->store, filter, base, "1");
  filter.tenants = hp;
  assert_found(test->store, filter, base, "3");
  filter.status = RUN_ERROR;
  assert_found(test->store, filter, base, "");
  filter.task = 9;
  assert_found(test->store, filter, base, "");
}

/* Whole abbreviations, byte by byte; a run for all tenants is one of each. */
static void
test_tenants(Case *test) {
  static const char *const lists[] = { "FD",    "HP,FD,RÜD", "",      "FDX", "%",     "F_",
                                       "a\"b]", "fd",        "XFD,Y", "a,b", "RÜD,HP" };
  static const struct {
    const char *tenants[4];
    const char *expected;
  } asked[] = {
    { { "FD" }, "3 2 1" },
    { { "RÜD" }, "11 3 2" },
    { { "HP", "FDX" }, "11 4 3 2" },
    { { "%" }, "5 3" },
    { { "F_" }, "6 3" },
    { { "F%" }, "3" },
    { { "_D" }, "3" },
    { { "a\"b]" }, "7 3" },
    { { "fd" }, "8 3" },
    { { "Y" }, "9 3" },
    { { "a,b" }, "3" },
    { { "HP,FD" }, "3" },
    { { "none", "FD" }, "3 2 1" },
    { { "none" }, "3" },
    { { NULL }, "3" },
    { { "" }, "3" },
    { { "a", "fd", "%" }, "10 8 5 3" },
  };
  gint64 base = 0;
  for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
    gint64 id = add_run(test->store, 2026, RUN_SUCCESS, lists[i], 0);
    base = i == 0 ? id - 1 : base;
  }
  StoreRunFilter filter = any;
  for (guint i = 0; i < G_N_ELEMENTS(asked); i++) {
    filter.tenants = asked[i].tenants;
    assert_found(test->store, filter, base, asked[i].expected);
  }
  filter.tenants = asked[0].tenants;
  filter.limit = 2;
  filter.before = base + 3;
  assert_found(test->store, filter, base, "2 1");
  filter.before = 0;
  filter.after = base + 1;
  assert_found(test->store, filter, base, "3 2");
}

static void
test_unknown_status(Case *test) {
  add_run(test->store, 2026, RUN_SUCCESS, "", 0);
  test->harness->sql(test->place, "UPDATE local_lehrgaengeapi_import_run SET status = 'lost'");
  for (guint i = 0; i < 2; i++) { /* the second time all is still in order */
    g_autoptr(GError) error = NULL;
    g_assert_null(test->store->class->run_find(test->store, &any, &error));
    g_assert_error(error, STORE_ERROR, STORE_ERROR_FAILED);
    g_assert_nonnull(strstr(error->message, "\"lost\""));
  }
}

/* ── tenants ── */

static void
note_tenant(const StoreTenantRow *row, gpointer user_data) {
  g_string_append_printf(user_data, "%s %d %d %d %d %s\n", row->tenant, (int)row->success_run,
                         (int)row->timesuccess, (int)row->failure_run, (int)row->timefailure,
                         row->failure);
}

static void
assert_tenants(Store *store, const char *expected) {
  g_autoptr(GString) text = g_string_new(NULL);
  WORKS(store, tenant_read, note_tenant, text);
  g_assert_cmpstr(text->str, ==, expected);
}

/* Success and failure leave each other alone, whichever comes first. */
static void
test_tenant_failure(Case *test) {
  gint64 time = 99;
  assert_tenants(test->store, "");
  WORKS(test->store, tenant_failure_set, "RÜD", 1, 1000, "no key");
  WORKS(test->store, tenant_success_set, "FD", 2, 1001);
  assert_tenants(test->store, "FD 2 1001 0 0 \nRÜD 0 0 1 1000 no key\n");
  WORKS(test->store, tenant_success_get, "RÜD", &time);
  g_assert_cmpint(time, ==, 0);
  WORKS(test->store, tenant_success_set, "RÜD", 3, 1002);
  WORKS(test->store, tenant_failure_set, "FD", 4, 1003, "timed out");
  case_reopen(test);
  assert_tenants(test->store, "FD 2 1001 4 1003 timed out\nRÜD 3 1002 1 1000 no key\n");
  WORKS(test->store, tenant_failure_set, "FD", 5, 1004, NULL);
  WORKS(test->store, tenant_success_set, "RÜD", 6, 1005);
  assert_tenants(test->store, "FD 2 1001 5 1004 \nRÜD 6 1005 1 1000 no key\n");
}

static void
keep_failure(const StoreTenantRow *row, gpointer user_data) {
  g_string_assign(user_data, row->failure);
}

static void
test_tenant_bounds(Case *test) {
  g_autofree char *key = long_text(STORE_MAX_KEY + 1);
  g_autoptr(GString) failure = g_string_new(NULL);
  FAILS(STORE_ERROR_FAILED, test->store, tenant_failure_set, key, 1, 1, "x");
  assert_tenants(test->store, "");
  WORKS(test->store, tenant_failure_set, "FD", 1, 1, key);
  WORKS(test->store, tenant_read, keep_failure, failure);
  g_assert_cmpuint(failure->len, ==, STORE_MAX_REASON);
}

void
contract_history_add(const StoreHarness *harness) {
  case_add(harness, "history/head", test_head);
  case_add(harness, "history/totals", test_totals);
  case_add(harness, "history/pages", test_pages);
  case_add(harness, "history/status-and-year", test_status_and_year);
  case_add(harness, "history/task", test_task);
  case_add(harness, "history/tenants", test_tenants);
  case_add(harness, "history/unknown-status", test_unknown_status);
  case_add(harness, "history/tenant-failure", test_tenant_failure);
  case_add(harness, "history/tenant-bounds", test_tenant_bounds);
}
