/* Transactions, versions, and a store that is broken.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-contract.h"

#include <string.h>

static char anna[] = "anna", copy[] = "content_copy";

static bool
commit_fails(Store *store) {
  g_autoptr(GError) error = NULL;
  bool ok = store->class->commit(store, &error);
  g_assert_true(ok == (error == NULL));
  g_assert_true(ok || error->domain == STORE_ERROR);
  return !ok;
}

static void
test_commit(Case *test) {
  g_autoptr(Store) other = case_open(test);
  for (guint durable = 0; durable <= 1; durable++) {
    const char *name = durable ? "T2" : "T1";
    WORKS(test->store, begin, durable != 0);
    case_add_user(test->store, name, 21);
    g_assert_cmpint(case_user(test->store, name), ==, 21);
    g_assert_cmpint(case_user(other, name), ==, 0);
    case_commit(test->store);
    g_assert_cmpint(case_user(other, name), ==, 21);
  }
}

static void
test_rollback(Case *test) {
  test->store->class->rollback(test->store); /* none is open */
  WORKS(test->store, begin, true);
  case_add_user(test->store, "T1", 21);
  test->store->class->rollback(test->store);
  g_assert_cmpint(case_user(test->store, "T1"), ==, 0);
  test->store->class->rollback(test->store);

  case_add_user(test->store, "T2", 22); /* on its own again */
  g_autoptr(Store) other = case_open(test);
  g_assert_cmpint(case_user(other, "T1"), ==, 0);
  g_assert_cmpint(case_user(other, "T2"), ==, 22);
}

static void
test_free_undoes(Case *test) {
  WORKS(test->store, begin, false);
  case_add_user(test->store, "T1", 21);
  case_reopen(test);
  g_assert_cmpint(case_user(test->store, "T1"), ==, 0);
}

static void
test_not_nested(Case *test) {
  g_assert_true(commit_fails(test->store));
  WORKS(test->store, begin, false);
  case_add_user(test->store, "T1", 21);
  FAILS(STORE_ERROR_FAILED, test->store, begin, false);
  case_commit(test->store); /* the first is as it was */
  g_assert_cmpint(case_user(test->store, "T1"), ==, 21);
  g_assert_true(commit_fails(test->store));
}

/* What fails inside a transaction undoes itself and leaves the rest of it. */
static void
test_failure_inside(Case *test) {
  StoreUserMap rows[] = { { "T2", 22 }, { "", 23 } };
  gint64 first = 0;
  StoreJournalEntry entry = { .kind = "enrol" };
  StoreJournalOutcome outcomes[] = { { .state = JOURNAL_DONE }, { .state = JOURNAL_DONE } };
  WORKS(test->store, begin, false);
  case_add_user(test->store, "T1", 21);
  FAILS(STORE_ERROR_FAILED, test->store, usermap_put, rows, 2, 1000);
  WORKS(test->store, journal_intend, 1, &entry, 1, 1000, &first);
  FAILS(STORE_ERROR_NOT_FOUND, test->store, journal_settle, first, outcomes, 2);
  FAILS(STORE_ERROR_NOT_FOUND, test->store, run_end, 1, RUN_SUCCESS, 1, "");
  case_commit(test->store);

  case_reopen(test);
  g_assert_cmpint(case_user(test->store, "T1"), ==, 21);
  g_assert_cmpint(case_user(test->store, "T2"), ==, 0);
  const char *count = "SELECT count(*) FROM local_lehrgaengeapi_journal WHERE state = 0";
  g_assert_cmpint(test->harness->sql(test->place, count), ==, 1);
}

/* Every slot that writes takes part. */
static void
test_all_in_one(Case *test) {
  StoreRun run = { .status = RUN_RUNNING, .owner = anna };
  StoreCourseMap course = { "L", "FD", 11 };
  StoreJournalEntry entry = { .kind = "enrol" };
  StoreTask task = { .kind = copy, .subject = anna };
  gint64 first = 0, id = 0, time = 0, courseid = 0;
  bool taken = false;
  WORKS(test->store, begin, false);
  WORKS(test->store, run_begin, &run);
  WORKS(test->store, coursemap_put, &course, 1, 1000);
  WORKS(test->store, journal_intend, run.id, &entry, 1, 1000, &first);
  WORKS(test->store, task_add, &task, 1000, &id);
  WORKS(test->store, tenant_success_set, "FD", run.id, 1000);
  WORKS(test->store, run_reap, dead_all, NULL, 1000, NULL);
  WORKS(test->store, lock_take, "sync", anna, 1000, 60, NULL, NULL, NULL, &taken);
  test->store->class->rollback(test->store);

  g_autoptr(GError) error = NULL;
  g_assert_null(test->store->class->run_get(test->store, run.id, &error));
  g_assert_error(error, STORE_ERROR, STORE_ERROR_NOT_FOUND);
  WORKS(test->store, coursemap_get, &course.externalid, 1, &courseid);
  g_assert_cmpint(courseid, ==, 0);
  WORKS(test->store, tenant_success_get, "FD", &time);
  g_assert_cmpint(time, ==, 0);
  g_assert_cmpint(test->harness->sql(test->place,
                                     "SELECT (SELECT count(*) FROM local_lehrgaengeapi_journal)"
                                     " + (SELECT count(*) FROM local_lehrgaengeapi_task)"
                                     " + (SELECT count(*) FROM local_lehrgaengeapi_lock)"),
                  ==, 0);
}

static void
test_describe(Case *test) {
  g_assert_cmpuint(strlen(test->store->class->describe(test->store)), >, 3);
  store_free(NULL);
  store_run_free(NULL);
  store_task_free(NULL);
  store_lock_free(NULL);
  store_account_free(NULL);
  store_session_free(NULL);
  store_token_free(NULL);
}

/* ── versions ── */

static void
test_migrations(Case *test) {
  gint64 count =
      test->harness->sql(test->place, "SELECT count(*) FROM local_lehrgaengeapi_migration"
                                      " WHERE name <> '' AND timeapplied > 1600000000");
  g_assert_cmpint(count, >, 0);
  g_assert_cmpint(
      test->harness->sql(test->place, "SELECT max(number) FROM local_lehrgaengeapi_migration"), ==,
      count);
  case_reopen(test);
  g_assert_cmpint(
      test->harness->sql(test->place, "SELECT count(*) FROM local_lehrgaengeapi_migration"), ==,
      count);
}

static void
test_newer(Case *test) {
  case_add_user(test->store, "T1", 21);
  case_close(test);
  test->harness->sql(test->place, "INSERT INTO local_lehrgaengeapi_migration"
                                  " (number, name, timeapplied) VALUES (4711, 'later', 1)");
  g_autoptr(GError) error = NULL;
  g_assert_null(test->harness->open(test->place, &error));
  g_assert_error(error, STORE_ERROR, STORE_ERROR_VERSION);
  g_assert_nonnull(strstr(error->message, "newer"));
  g_assert_nonnull(strstr(error->message, "4711"));
  g_assert_nonnull(strstr(error->message, "install")); /* the remedy */

  test->harness->sql(test->place, "DELETE FROM local_lehrgaengeapi_migration WHERE number = 4711");
  case_reopen(test);
  g_assert_cmpint(case_user(test->store, "T1"), ==, 21);
}

/* ── broken ── */

static void
drop_tables(Case *test) {
  static const char *const tables[] = { "coursemap", "usermap", "import_run", "tenant",  "journal",
                                        "task",      "lock",    "schedule",   "session", "account",
                                        "token",     "attempt", "audit" };
  for (guint i = 0; i < G_N_ELEMENTS(tables); i++) {
    g_autofree char *sql = g_strdup_printf("DROP TABLE local_lehrgaengeapi_%s", tables[i]);
    test->harness->sql(test->place, sql);
  }
}

static void
ignore_course(const StoreCourseMap *row, gpointer user_data) {
  (void)row;
  (void)user_data;
  g_assert_not_reached();
}

static void
ignore_entry(const StoreJournalRow *row, gpointer user_data) {
  (void)row;
  (void)user_data;
  g_assert_not_reached();
}

static void
ignore_tenant(const StoreTenantRow *row, gpointer user_data) {
  (void)row;
  (void)user_data;
  g_assert_not_reached();
}

static void
ignore_audit(const StoreAuditRow *row, gpointer user_data) {
  (void)row;
  (void)user_data;
  g_assert_not_reached();
}

static void
assert_runs_fail(Store *store) {
  StoreRun run = { .status = RUN_RUNNING, .owner = anna };
  gint64 time = 0;
  g_autoptr(GError) error = NULL;
  FAILS(STORE_ERROR_FAILED, store, run_begin, &run);
  FAILS(STORE_ERROR_FAILED, store, run_progress, 1, "x");
  FAILS(STORE_ERROR_FAILED, store, run_end, 1, RUN_SUCCESS, 1, "x");
  FAILS(STORE_ERROR_FAILED, store, run_reap, dead_all, NULL, 1, NULL);
  FAILS(STORE_ERROR_FAILED, store, tenant_success_set, "FD", 1, 1);
  FAILS(STORE_ERROR_FAILED, store, tenant_success_get, "FD", &time);
  FAILS(STORE_ERROR_FAILED, store, run_totals, 1, "x");
  FAILS(STORE_ERROR_FAILED, store, tenant_failure_set, "FD", 1, 1, "x");
  FAILS(STORE_ERROR_FAILED, store, tenant_read, ignore_tenant, NULL);
  g_assert_null(store->class->run_list(store, 0, 0, &error));
  g_assert_error(error, STORE_ERROR, STORE_ERROR_FAILED);
  g_clear_error(&error);
  g_assert_null(store->class->run_get(store, 1, &error));
  g_assert_error(error, STORE_ERROR, STORE_ERROR_FAILED);
  g_clear_error(&error);
  g_assert_null(store->class->run_head(store, 1, &error));
  g_assert_error(error, STORE_ERROR, STORE_ERROR_FAILED);
}

#define LIST_FAILS(store, slot, ...)                                                               \
  do {                                                                                             \
    g_autoptr(GError) list_error = NULL;                                                           \
    g_assert_null((store)->class->access->slot((store), ##__VA_ARGS__, &list_error));              \
    g_assert_error(list_error, STORE_ERROR, STORE_ERROR_FAILED);                                   \
  } while (0)

static void
assert_accounts_fail(Store *store) {
  StoreAccount account = { .id = 1, .name = anna }, *found = NULL;
  StoreSession session = { .hash = anna, .account = 1 }, *held = NULL;
  FAILS(STORE_ERROR_FAILED, store, access->account_add, &account, 1);
  FAILS(STORE_ERROR_FAILED, store, access->account_change, &account, 1);
  FAILS(STORE_ERROR_FAILED, store, access->account_remove, 1);
  FAILS(STORE_ERROR_FAILED, store, access->account_find, anna, &found);
  LIST_FAILS(store, account_list);
  FAILS(STORE_ERROR_FAILED, store, access->session_add, &session);
  FAILS(STORE_ERROR_FAILED, store, access->session_find, anna, &held, &found);
  FAILS(STORE_ERROR_FAILED, store, access->session_touch, anna, 1);
  FAILS(STORE_ERROR_FAILED, store, access->session_remove, anna);
  FAILS(STORE_ERROR_FAILED, store, access->session_remove_all, 1, NULL, NULL);
  LIST_FAILS(store, session_list, 1);
  FAILS(STORE_ERROR_FAILED, store, access->session_purge, 1, 1);
}

static void
assert_access_fails(Store *store) {
  StoreToken token = { .name = anna, .hash = anna }, *found = NULL;
  StoreAttempts attempts = { 0 };
  StoreAuditRow row = { .action = "import" };
  assert_accounts_fail(store);
  FAILS(STORE_ERROR_FAILED, store, access->token_add, &token, 1);
  FAILS(STORE_ERROR_FAILED, store, access->token_find, anna, &found);
  FAILS(STORE_ERROR_FAILED, store, access->token_touch, 1, 1);
  LIST_FAILS(store, token_list);
  FAILS(STORE_ERROR_FAILED, store, access->token_remove, 1);
  FAILS(STORE_ERROR_FAILED, store, access->attempts_add, anna, 1, 1, &attempts);
  FAILS(STORE_ERROR_FAILED, store, access->attempts_get, anna, &attempts);
  FAILS(STORE_ERROR_FAILED, store, access->attempts_clear, anna);
  FAILS(STORE_ERROR_FAILED, store, access->attempts_purge, 1);
  FAILS(STORE_ERROR_FAILED, store, access->audit_add, &row);
  FAILS(STORE_ERROR_FAILED, store, access->audit_read, 0, 0, ignore_audit, NULL);
}

static void
assert_maps_fail(Store *store) {
  const char *id = "x";
  gint64 number = 1;
  bool known = false;
  StoreCourseMap course = { "L", "FD", 11 };
  StoreUserMap user = { "T", 21 };
  FAILS(STORE_ERROR_FAILED, store, coursemap_get, &id, 1, &number);
  FAILS(STORE_ERROR_FAILED, store, coursemap_of_course, 1, ignore_course, NULL);
  FAILS(STORE_ERROR_FAILED, store, coursemap_put, &course, 1, 1);
  FAILS(STORE_ERROR_FAILED, store, usermap_get, &id, 1, &number);
  FAILS(STORE_ERROR_FAILED, store, usermap_knows, &number, 1, &known);
  FAILS(STORE_ERROR_FAILED, store, usermap_put, &user, 1, 1);
}

static void
ignore_counts(const char *kind, const gint64 *counts, gpointer user_data) {
  (void)kind;
  (void)counts;
  (void)user_data;
  g_assert_not_reached();
}

static bool
ignore_row(const StoreValue *values, gpointer user_data, GError **error) {
  (void)values;
  (void)user_data;
  (void)error;
  g_assert_not_reached();
}

static void
assert_whole_tables_fail(Store *store) {
  guint count = 0;
  const StoreTable *tables = store_tables(&count);
  gint64 next = 0;
  for (guint i = 0; i < count; i++) {
    g_autofree StoreValue *values = g_new0(StoreValue, tables[i].column_count);
    for (guint column = 0; column < tables[i].column_count; column++)
      values[column].text = "x";
    FAILS(STORE_ERROR_FAILED, store, table_read, &tables[i], ignore_row, NULL);
    FAILS(STORE_ERROR_FAILED, store, table_write, &tables[i], values, 1);
    if (tables[i].numbered == NULL)
      continue;
    FAILS(STORE_ERROR_FAILED, store, table_next, &tables[i], &next);
    FAILS(STORE_ERROR_FAILED, store, table_renumber, &tables[i], 1);
  }
}

static void
assert_queue_fails(Store *store) {
  bool flag = false;
  gint64 due = 0, counts[RUN_STATUSES];
  StoreLock *lock = NULL;
  StoreSchedule schedule = { 0 };
  FAILS(STORE_ERROR_FAILED, store, task_held, 1, anna, &flag);
  FAILS(STORE_ERROR_FAILED, store, task_begin, 1, anna, 1);
  FAILS(STORE_ERROR_FAILED, store, task_wait, 1, anna, 1, NULL, 1);
  FAILS(STORE_ERROR_FAILED, store, task_retry, 1, 1);
  FAILS(STORE_ERROR_FAILED, store, task_cancel, 1, NULL, 1);
  FAILS(STORE_ERROR_FAILED, store, task_next, NULL, &due);
  FAILS(STORE_ERROR_FAILED, store, task_counts, ignore_counts, NULL);
  FAILS(STORE_ERROR_FAILED, store, run_counts, counts);
  FAILS(STORE_ERROR_FAILED, store, lock_get, "sync", &lock);
  FAILS(STORE_ERROR_FAILED, store, schedule_get, "sync", &schedule);
  FAILS(STORE_ERROR_FAILED, store, schedule_put, "sync", &schedule);
}

static void
assert_rest_fails(Store *store) {
  gint64 id = 0;
  bool flag = false;
  StoreJournalEntry entry = { .kind = "enrol" };
  StoreJournalOutcome outcome = { .state = JOURNAL_DONE };
  StoreJournalFilter filter = { .state = -1 };
  StoreTask new_task = { .kind = copy, .subject = anna }, *task = NULL;
  FAILS(STORE_ERROR_FAILED, store, journal_intend, 1, &entry, 1, 1, &id);
  FAILS(STORE_ERROR_FAILED, store, journal_settle, 1, &outcome, 1);
  FAILS(STORE_ERROR_FAILED, store, journal_read, &filter, ignore_entry, NULL);
  FAILS(STORE_ERROR_FAILED, store, task_add, &new_task, 1, &id);
  StoreTaker taker = { .owner = anna };
  FAILS(STORE_ERROR_FAILED, store, task_take, &taker, 1, &task, &flag);
  FAILS(STORE_ERROR_FAILED, store, task_end, 1, anna, TASK_DONE, 0, NULL, 1);
  FAILS(STORE_ERROR_FAILED, store, task_find, copy, anna, &task);
  FAILS(STORE_ERROR_FAILED, store, lock_take, "sync", anna, 1, 60, NULL, NULL, NULL, &flag);
  FAILS(STORE_ERROR_FAILED, store, lock_renew, "sync", anna, 1, 60, &flag);
  FAILS(STORE_ERROR_FAILED, store, lock_drop, "sync", anna);
  assert_queue_fails(store);
  assert_whole_tables_fail(store);
  g_autoptr(GError) error = NULL;
  g_assert_null(store->class->task_list(store, false, 0, &error));
  g_assert_error(error, STORE_ERROR, STORE_ERROR_FAILED);
}

/* Twice: with fresh statements, and with such as were prepared when all was well. */
static void
test_broken(Case *test) {
  g_autoptr(Store) fresh = case_open(test);
  gint64 number = 0;
  const char *id = "x";
  case_add_user(test->store, "T1", 21);
  WORKS(test->store, coursemap_get, &id, 1, &number);
  drop_tables(test);
  Store *const stores[] = { fresh, test->store };
  for (guint i = 0; i < G_N_ELEMENTS(stores); i++) {
    assert_runs_fail(stores[i]);
    assert_access_fails(stores[i]);
    assert_maps_fail(stores[i]);
    assert_rest_fails(stores[i]);
    WORKS(stores[i], begin, true);
    assert_maps_fail(stores[i]);
    stores[i]->class->rollback(stores[i]);
  }
}

void
contract_whole_add(const StoreHarness *harness) {
  case_add(harness, "whole/commit", test_commit);
  case_add(harness, "whole/rollback", test_rollback);
  case_add(harness, "whole/free-undoes", test_free_undoes);
  case_add(harness, "whole/not-nested", test_not_nested);
  case_add(harness, "whole/failure-inside", test_failure_inside);
  case_add(harness, "whole/all-in-one", test_all_in_one);
  case_add(harness, "whole/describe", test_describe);
  case_add(harness, "whole/migrations", test_migrations);
  case_add(harness, "whole/newer", test_newer);
  case_add(harness, "whole/broken", test_broken);
}
