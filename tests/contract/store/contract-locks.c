/* The lock.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-contract.h"

static char anna[] = "anna", bert[] = "bert";

/* Whether `owner` got the lock; *holder is who has it else. */
static bool
take(Store *store, const char *name, const char *owner, gint64 now, gint64 ttl, char *dead_owner,
     StoreLock **holder) {
  bool taken = false;
  *holder = (StoreLock *)holder; /* to be replaced in any case */
  WORKS(store, lock_take, name, owner, now, ttl, dead_owner == NULL ? NULL : dead_is, dead_owner,
        holder, &taken);
  g_assert_true(taken == (*holder == NULL));
  return taken;
}

static void
assert_takes(Store *store, const char *owner, gint64 now, gint64 ttl) {
  g_autoptr(StoreLock) holder = NULL;
  g_assert_true(take(store, "sync", owner, now, ttl, NULL, &holder));
}

static void
assert_refused(Store *store, const char *owner, gint64 now, const char *by, gint64 acquired,
               gint64 expires) {
  g_autoptr(StoreLock) holder = NULL;
  g_assert_false(take(store, "sync", owner, now, 60, NULL, &holder));
  g_assert_cmpstr(holder->owner, ==, by);
  g_assert_cmpint(holder->acquired, ==, acquired);
  g_assert_cmpint(holder->expires, ==, expires);
}

static bool
renew(Store *store, const char *owner, gint64 now, gint64 ttl) {
  bool held = false;
  WORKS(store, lock_renew, "sync", owner, now, ttl, &held);
  return held;
}

static void
test_take(Case *test) {
  assert_takes(test->store, anna, 1000, 60);
  assert_refused(test->store, bert, 1001, anna, 1000, 1060);
  case_reopen(test);
  assert_refused(test->store, bert, 1059, anna, 1000, 1060);
  bool taken = true;
  WORKS(test->store, lock_take, "sync", bert, 1059, 60, NULL, NULL, NULL, &taken);
  g_assert_false(taken);
}

static void
test_other_name(Case *test) {
  g_autoptr(StoreLock) holder = NULL;
  assert_takes(test->store, anna, 1000, 60);
  g_assert_true(take(test->store, "other", bert, 1000, 60, NULL, &holder));
  assert_refused(test->store, bert, 1001, anna, 1000, 1060);
}

static void
test_expired(Case *test) {
  assert_takes(test->store, anna, 1000, 60);
  assert_takes(test->store, bert, 1060, 60);
  assert_refused(test->store, anna, 1061, bert, 1060, 1120);
  g_assert_false(renew(test->store, anna, 1061, 60));
}

static void
test_own_again(Case *test) {
  assert_takes(test->store, anna, 1000, 60);
  assert_takes(test->store, anna, 1030, 60);
  assert_refused(test->store, bert, 1060, anna, 1000, 1090);
}

static void
test_dead(Case *test) {
  g_autoptr(StoreLock) holder = NULL;
  assert_takes(test->store, anna, 1000, 60);
  g_assert_false(take(test->store, "sync", bert, 1001, 60, bert, &holder));
  g_clear_pointer(&holder, store_lock_free);
  g_assert_true(take(test->store, "sync", bert, 1002, 60, anna, &holder));
  assert_refused(test->store, anna, 1003, bert, 1002, 1062);
}

static void
test_renew(Case *test) {
  g_assert_false(renew(test->store, anna, 1000, 60));
  assert_takes(test->store, bert, 1000, 60); /* renewing what is not held takes nothing */
  WORKS(test->store, lock_drop, "sync", bert);

  assert_takes(test->store, anna, 1000, 60);
  g_assert_true(renew(test->store, anna, 1050, 60));
  assert_refused(test->store, bert, 1109, anna, 1000, 1110);
  g_assert_false(renew(test->store, bert, 1109, 60));
  assert_refused(test->store, bert, 1109, anna, 1000, 1110);
  g_assert_true(renew(test->store, anna, 1500, 60)); /* expired, but nobody came */
  assert_refused(test->store, bert, 1510, anna, 1000, 1560);
}

static void
test_drop(Case *test) {
  WORKS(test->store, lock_drop, "sync", anna);
  assert_takes(test->store, anna, 1000, 60);
  WORKS(test->store, lock_drop, "sync", bert);
  WORKS(test->store, lock_drop, "other", anna);
  assert_refused(test->store, bert, 1001, anna, 1000, 1060);
  WORKS(test->store, lock_drop, "sync", anna);
  g_assert_false(renew(test->store, anna, 1001, 60));
  assert_takes(test->store, bert, 1001, 60);
}

static void
test_two_handles(Case *test) {
  g_autoptr(Store) other = case_open(test);
  assert_takes(test->store, anna, 1000, 60);
  assert_refused(other, bert, 1001, anna, 1000, 1060);
  g_assert_true(renew(test->store, anna, 1030, 60));
  assert_refused(other, bert, 1061, anna, 1000, 1090);
  WORKS(test->store, lock_drop, "sync", anna);
  assert_takes(other, bert, 1062, 60);
  assert_refused(test->store, anna, 1063, bert, 1062, 1122);
}

/* Who has it is told whether it has expired or not. */
static void
test_get(Case *test) {
  StoreLock *none = (StoreLock *)test;
  WORKS(test->store, lock_get, "sync", &none);
  g_assert_null(none);
  assert_takes(test->store, anna, 1000, 60);
  g_autoptr(StoreLock) lock = NULL;
  WORKS(test->store, lock_get, "sync", &lock);
  g_assert_cmpstr(lock->owner, ==, anna);
  g_assert_cmpint(lock->acquired, ==, 1000);
  g_assert_cmpint(lock->expires, ==, 1060);
  WORKS(test->store, lock_get, "other", &none);
  g_assert_null(none);
  WORKS(test->store, lock_drop, "sync", anna);
  WORKS(test->store, lock_get, "sync", &none);
  g_assert_null(none);
}

static void
test_bounds(Case *test) {
  g_autofree char *too_long = long_text(STORE_MAX_KEY + 1);
  bool taken = true;
  FAILS(STORE_ERROR_FAILED, test->store, lock_take, too_long, anna, 1, 60, NULL, NULL, NULL,
        &taken);
  FAILS(STORE_ERROR_FAILED, test->store, lock_take, "sync", too_long, 1, 60, NULL, NULL, NULL,
        &taken);
  assert_takes(test->store, too_long + 1, 1, 60);
}

void
contract_locks_add(const StoreHarness *harness) {
  case_add(harness, "lock/take", test_take);
  case_add(harness, "lock/other-name", test_other_name);
  case_add(harness, "lock/expired", test_expired);
  case_add(harness, "lock/own-again", test_own_again);
  case_add(harness, "lock/dead", test_dead);
  case_add(harness, "lock/renew", test_renew);
  case_add(harness, "lock/drop", test_drop);
  case_add(harness, "lock/two-handles", test_two_handles);
  case_add(harness, "lock/get", test_get);
  case_add(harness, "lock/bounds", test_bounds);
}
