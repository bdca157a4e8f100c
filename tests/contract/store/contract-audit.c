/* Failed sign-ins and the audit log.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-contract.h"

#include <string.h>

/* ── failed sign-ins ── */

static void
assert_attempts(Store *store, const char *key, guint failures, gint64 last) {
  StoreAttempts found = { 99, 99 };
  WORKS(store, access->attempts_get, key, &found);
  g_assert_cmpuint(found.failures, ==, failures);
  g_assert_cmpint(found.last, ==, last);
}

static void
fail_once(Store *store, const char *key, gint64 now, guint failures) {
  StoreAttempts after = { 99, 99 };
  WORKS(store, access->attempts_add, key, now, 600, &after);
  g_assert_cmpuint(after.failures, ==, failures);
  g_assert_cmpint(after.last, ==, now);
}

static void
test_attempts(Case *test) {
  assert_attempts(test->store, "account anna", 0, 0);
  fail_once(test->store, "account anna", 1000, 1);
  fail_once(test->store, "account anna", 1100, 2);
  fail_once(test->store, "account Anna", 1100, 1);
  fail_once(test->store, "account anna", 1700, 3); /* just within the window */
  case_reopen(test);
  assert_attempts(test->store, "account anna", 3, 1700);
  fail_once(test->store, "account anna", 2301, 1); /* just outside */
  fail_once(test->store, "account anna", 2302, 2);
  WORKS(test->store, access->attempts_clear, "account anna");
  WORKS(test->store, access->attempts_clear, "account anna");
  assert_attempts(test->store, "account anna", 0, 0);
  assert_attempts(test->store, "account Anna", 1, 1100);
}

static void
test_attempts_purge(Case *test) {
  fail_once(test->store, "a", 1000, 1);
  fail_once(test->store, "b", 999, 1);
  WORKS(test->store, access->attempts_purge, 1000);
  assert_attempts(test->store, "a", 1, 1000);
  assert_attempts(test->store, "b", 0, 0);
}

static void
test_attempts_bounds(Case *test) {
  g_autofree char *key = long_text(STORE_MAX_KEY + 1);
  StoreAttempts after = { 0 };
  FAILS(STORE_ERROR_FAILED, test->store, access->attempts_add, key, 1, 1, &after);
  fail_once(test->store, key + 1, 1000, 1);
  assert_attempts(test->store, key + 1, 1, 1000);
}

#define THREADS 3
#define ATTEMPTS 40 /* each */

typedef struct {
  Store *store;
  guint seen[ATTEMPTS];
} Guesser;

static gpointer
guess(gpointer data) {
  Guesser *guesser = data;
  for (guint i = 0; i < ATTEMPTS; i++) {
    StoreAttempts after = { 0 };
    WORKS(guesser->store, access->attempts_add, "address 192.0.2.7", 1000, 600, &after);
    guesser->seen[i] = after.failures;
  }
  return NULL;
}

/* Of many at once each is counted, and each is told another number. */
static void
test_attempts_at_once(Case *test) {
  Guesser guessers[THREADS] = { 0 };
  GThread *threads[THREADS];
  bool told[THREADS * ATTEMPTS + 1] = { false };
  for (guint i = 0; i < THREADS; i++) {
    guessers[i].store = case_open(test);
    threads[i] = g_thread_new("guess", guess, &guessers[i]);
  }
  for (guint i = 0; i < THREADS; i++) {
    g_thread_join(threads[i]);
    store_free(guessers[i].store);
    for (guint j = 0; j < ATTEMPTS; j++) {
      g_assert_cmpuint(guessers[i].seen[j], <=, THREADS * ATTEMPTS);
      g_assert_false(told[guessers[i].seen[j]]);
      told[guessers[i].seen[j]] = true;
    }
  }
  g_assert_false(told[0]);
  assert_attempts(test->store, "address 192.0.2.7", THREADS * ATTEMPTS, 1000);
}

/* ── audit log ── */

static void
note_row(const StoreAuditRow *row, gpointer user_data) {
  g_assert_cmpint(row->id, >, 0);
  g_string_append_printf(user_data, "%d %s %s %s %s %s\n", (int)row->time, row->actor, row->address,
                         row->action, row->subject, row->outcome);
}

static void
add_audit(Store *store, gint64 time, const char *action) {
  StoreAuditRow row = { .time = time, .action = action };
  WORKS(store, access->audit_add, &row);
}

static void
test_audit(Case *test) {
  StoreAuditRow row = { .id = 4711,
                        .time = 1000,
                        .actor = "token Prüfskript",
                        .address = "192.0.2.7",
                        .action = "import",
                        .subject = "2026 FD,HP",
                        .outcome = "ok" };
  WORKS(test->store, access->audit_add, &row);
  add_audit(test->store, 900, "sign-in"); /* later by its id */
  case_reopen(test);
  g_autoptr(GString) text = g_string_new(NULL);
  WORKS(test->store, access->audit_read, 0, 0, note_row, text);
  g_assert_cmpstr(text->str, ==,
                  "900   sign-in  \n"
                  "1000 token Prüfskript 192.0.2.7 import 2026 FD,HP ok\n");
}

static void
note_id(const StoreAuditRow *row, gpointer user_data) {
  gint64 id = row->id;
  g_array_append_val(user_data, id);
}

static GArray *
read_ids(Store *store, gint64 before, guint limit) {
  GArray *ids = g_array_new(FALSE, FALSE, sizeof(gint64));
  WORKS(store, access->audit_read, before, limit, note_id, ids);
  return ids;
}

static void
test_audit_pages(Case *test) {
  g_autoptr(GArray) none = read_ids(test->store, 0, 10);
  g_assert_cmpuint(none->len, ==, 0);
  for (guint i = 0; i < 5; i++)
    add_audit(test->store, 1000, "sign-in");
  g_autoptr(GArray) all = read_ids(test->store, 0, 0);
  g_assert_cmpuint(all->len, ==, 5);
  for (guint i = 1; i < 5; i++)
    g_assert_cmpint(g_array_index(all, gint64, i), <, g_array_index(all, gint64, i - 1));
  g_autoptr(GArray) two = read_ids(test->store, g_array_index(all, gint64, 0), 2);
  g_assert_cmpuint(two->len, ==, 2);
  g_assert_cmpint(g_array_index(two, gint64, 0), ==, g_array_index(all, gint64, 1));
  g_autoptr(GArray) last = read_ids(test->store, g_array_index(all, gint64, 3), 2);
  g_assert_cmpuint(last->len, ==, 1);
  g_autoptr(GArray) end = read_ids(test->store, g_array_index(all, gint64, 4), 2);
  g_assert_cmpuint(end->len, ==, 0);
}

static void
keep_outcome(const StoreAuditRow *row, gpointer user_data) {
  g_string_assign(user_data, row->outcome);
}

/* What explains is cut, all else too long is refused. */
static void
test_audit_bounds(Case *test) {
  g_autofree char *key = long_text(STORE_MAX_KEY + 1);
  const StoreAuditRow longer[] = {
    { .actor = key }, { .address = key }, { .action = key }, { .subject = key }
  };
  StoreAuditRow just = {
    .actor = key + 1, .address = key + 1, .action = key + 1, .subject = key + 1, .outcome = key
  };
  for (guint i = 0; i < G_N_ELEMENTS(longer); i++)
    FAILS(STORE_ERROR_FAILED, test->store, access->audit_add, &longer[i]);
  WORKS(test->store, access->audit_add, &just);
  g_autoptr(GString) outcome = g_string_new(NULL);
  g_autoptr(GArray) ids = read_ids(test->store, 0, 0);
  g_assert_cmpuint(ids->len, ==, 1);
  WORKS(test->store, access->audit_read, 0, 0, keep_outcome, outcome);
  g_assert_cmpuint(outcome->len, ==, STORE_MAX_REASON);
}

void
contract_audit_add(const StoreHarness *harness) {
  case_add(harness, "attempts/counted", test_attempts);
  case_add(harness, "attempts/purge", test_attempts_purge);
  case_add(harness, "attempts/bounds", test_attempts_bounds);
  case_add(harness, "attempts/at-once", test_attempts_at_once);
  case_add(harness, "audit/kept", test_audit);
  case_add(harness, "audit/pages", test_audit_pages);
  case_add(harness, "audit/bounds", test_audit_bounds);
}
