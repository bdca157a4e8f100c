/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-contract.h"

#include <string.h>

typedef struct {
  const StoreHarness *harness;
  CaseFunc function;
} Plan;

static void
set_up(Case *test, gconstpointer data) {
  const Plan *plan = data;
  test->harness = plan->harness;
  test->place = plan->harness->place_new();
  case_reopen(test);
}

static void
run(Case *test, gconstpointer data) {
  ((const Plan *)data)->function(test);
}

static void
tear_down(Case *test, gconstpointer data) {
  case_close(test);
  test->harness->place_free(test->place);
  g_free((gpointer)data); /* a test runs once */
}

void
case_add(const StoreHarness *harness, const char *path, CaseFunc function) {
  Plan *plan = g_new(Plan, 1);
  plan->harness = harness;
  plan->function = function;
  g_autofree char *full = g_strdup_printf("/store/%s/%s", harness->name, path);
  g_test_add(full, Case, plan, set_up, run, tear_down);
}

Store *
case_open(Case *test) {
  GError *error = NULL;
  Store *store = test->harness->open(test->place, &error);
  g_assert_no_error(error);
  g_assert_nonnull(store);
  return store;
}

void
case_close(Case *test) {
  g_clear_pointer(&test->store, store_free);
}

void
case_reopen(Case *test) {
  case_close(test);
  test->store = case_open(test);
}

void
case_commit(Store *store) {
  GError *error = NULL;
  bool ok = store->class->commit(store, &error);
  g_assert_no_error(error);
  g_assert_true(ok);
}

void
case_add_user(Store *store, const char *externalid, gint64 userid) {
  StoreUserMap row = { externalid, userid };
  WORKS(store, usermap_put, &row, 1, 1000);
}

gint64
case_user(Store *store, const char *externalid) {
  gint64 userid = -1;
  WORKS(store, usermap_get, &externalid, 1, &userid);
  return userid;
}

char *
long_text(gsize length) {
  char *text = g_malloc(length + 1);
  memset(text, 'x', length);
  text[length] = '\0';
  return text;
}

bool
dead_is(const char *owner, gpointer user_data) {
  return strcmp(owner, user_data) == 0;
}

bool
dead_all(const char *owner, gpointer user_data) {
  (void)owner;
  (void)user_data;
  return true;
}

void
store_contract_add(const StoreHarness *harness) {
  contract_runs_add(harness);
  contract_history_add(harness);
  contract_access_add(harness);
  contract_audit_add(harness);
  contract_maps_add(harness);
  contract_journal_add(harness);
  contract_tasks_add(harness);
  contract_queue_add(harness);
  contract_locks_add(harness);
  contract_tables_add(harness);
  contract_whole_add(harness);
  contract_processes_add(harness);
}
