/* Whose a task is, and what an operator asks of one.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-contract.h"

#include <string.h>

static char copy[] = "content_copy", mail[] = "mail", me[] = "4711@here 99",
            you[] = "4711@here 99 too", subject_one[] = "one", subject_two[] = "two",
            subject_three[] = "three";

static gint64
add(Store *store, char *kind, char *subject, gint64 due) {
  StoreTask task = { .kind = kind, .subject = subject, .due = due };
  gint64 id = 0;
  WORKS(store, task_add, &task, 1, &id);
  return id;
}

/* The id of the task that the taker got, 0: none; *orphaned as told then. */
static gint64
take(Store *store, const StoreTaker *taker, gint64 now, bool *orphaned) {
  g_autoptr(StoreTask) task = NULL;
  *orphaned = false;
  WORKS(store, task_take, taker, now, &task, orphaned);
  return task == NULL ? 0 : task->id;
}

static gint64
take_as(Store *store, const char *owner, gint64 now) {
  StoreTaker taker = { .owner = owner };
  bool orphaned;
  return take(store, &taker, now, &orphaned);
}

/* A clock that was a year ahead for a moment put a task off until then. */
static void
test_due_by_a_wrong_clock(Case *test) {
  gint64 now = 1000000;
  gint64 soon = add(test->store, copy, subject_one, now + STORE_TASK_MAX_AHEAD_S);
  g_assert_cmpint(take_as(test->store, me, now), ==, 0);
  gint64 late = add(test->store, copy, subject_two, now + STORE_TASK_MAX_AHEAD_S + 1);
  g_assert_cmpint(take_as(test->store, me, now), ==, late);
  WORKS(test->store, task_end, late, me, TASK_DONE, 0, NULL, now);
  g_assert_cmpint(take_as(test->store, me, now), ==, 0);
  g_assert_cmpint(take_as(test->store, me, now + STORE_TASK_MAX_AHEAD_S), ==, soon);
}

static StoreTask *
find(Store *store, const char *kind, const char *subject) {
  StoreTask *task = NULL;
  WORKS(store, task_find, kind, subject, &task);
  g_assert_nonnull(task);
  return task;
}

static bool
held(Store *store, gint64 id, const char *owner) {
  bool is = !g_test_rand_bit(); /* to be replaced in any case */
  WORKS(store, task_held, id, owner, &is);
  return is;
}

static void
lock(Store *store, const char *name, const char *owner, gint64 now, gint64 ttl) {
  bool taken = false;
  WORKS(store, lock_take, name, owner, now, ttl, NULL, NULL, NULL, &taken);
  g_assert_true(taken);
}

/* ── an owner that is gone ── */

/* Nobody knows it to be dead, but its lock has expired: so long its tasks are its own. */
static void
test_gone_by_expiry(Case *test) {
  gint64 id = add(test->store, copy, subject_one, 0);
  StoreTaker taker = { .owner = you };
  bool orphaned = true;
  lock(test->store, "lease", me, 1000, 60);
  g_assert_cmpint(take_as(test->store, me, 1000), ==, id);
  g_assert_cmpint(take(test->store, &taker, 1059, &orphaned), ==, 0);
  bool renewed = false;
  WORKS(test->store, lock_renew, "lease", me, 1050, 60, &renewed);
  g_assert_true(renewed);
  g_assert_cmpint(take(test->store, &taker, 1109, &orphaned), ==, 0);
  g_assert_cmpint(take(test->store, &taker, 1110, &orphaned), ==, id);
  g_assert_true(orphaned);
  g_autoptr(StoreTask) task = find(test->store, copy, subject_one);
  g_assert_cmpstr(task->owner, ==, you);
  g_assert_cmpuint(task->attempts, ==, 2);
}

static void
test_gone_without_lock(Case *test) {
  gint64 id = add(test->store, copy, subject_one, 0);
  lock(test->store, "lease", me, 1000, 60);
  g_assert_cmpint(take_as(test->store, me, 1000), ==, id);
  WORKS(test->store, lock_drop, "lease", me);
  g_assert_cmpint(take_as(test->store, you, 1001), ==, id);
}

/* Any lock will do, and a lease adds a blank and more to the name; what only looks alike is
 * another's. */
static void
test_lock_of_the_owner(Case *test) {
  static const struct {
    const char *owner;
    bool mine;
  } rows[] = { { "4711@here 99", true },    { "4711@here 99 #1", true }, { "4711@here 991", false },
               { "4711@here 99#1", false }, { "4711@here", false },      { "4711@HERE 99", false },
               { "x4711@here 99", false } };
  gint64 id = add(test->store, copy, subject_one, 0);
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_assert_cmpint(take_as(test->store, me, 1000), ==, id);
    lock(test->store, "sync", rows[i].owner, 1000, 60);
    g_assert_cmpint(take_as(test->store, "other", 1001), ==, rows[i].mine ? 0 : id);
    WORKS(test->store, lock_drop, "sync", rows[i].owner);
    if (rows[i].mine)
      g_assert_cmpint(take_as(test->store, "other", 1001), ==, id);
  }
}

/* What stands in an owner's name is no pattern. */
static void
test_no_pattern(Case *test) {
  gint64 id = add(test->store, copy, subject_one, 0);
  lock(test->store, "sync", "4711@here 99 #1", 1000, 60);
  g_assert_cmpint(take_as(test->store, "%", 1000), ==, id);
  g_assert_cmpint(take_as(test->store, "4711@____", 1000), ==, id);
  g_assert_cmpint(take_as(test->store, "4711*", 1000), ==, id);
  g_assert_cmpint(take_as(test->store, me, 1000), ==, id);
  g_assert_cmpint(take_as(test->store, "other", 1000), ==, 0);
}

/* One known to be dead has lost its tasks, whatever lock it still has. */
static void
test_gone_by_death(Case *test) {
  gint64 id = add(test->store, copy, subject_one, 0);
  StoreTaker taker = { .owner = you, .dead = dead_is, .user_data = me };
  bool orphaned = false;
  lock(test->store, "lease", me, 1000, 60);
  lock(test->store, "other", you, 1000, 60);
  g_assert_cmpint(take_as(test->store, me, 1000), ==, id);
  g_assert_cmpint(take(test->store, &taker, 1001, &orphaned), ==, id);
  g_assert_true(orphaned);
  taker.owner = "third";
  g_assert_cmpint(take(test->store, &taker, 1001, &orphaned), ==, 0);
}

/* ── kinds ── */

static void
test_kinds(Case *test) {
  static const char *const mails[] = { "mail", NULL }, *const none[] = { NULL },
                           *const both[] = { "nothing", "mail", "content_copy", NULL };
  gint64 one = add(test->store, copy, subject_one, 0), two = add(test->store, mail, subject_one, 0),
         three = add(test->store, copy, subject_two, 0);
  StoreTaker taker = { .owner = me, .kinds = none };
  bool orphaned;
  lock(test->store, "lease", me, 1000, 60);
  g_assert_cmpint(take(test->store, &taker, 1000, &orphaned), ==, 0);
  taker.kinds = mails;
  g_assert_cmpint(take(test->store, &taker, 1000, &orphaned), ==, two);
  g_assert_cmpint(take(test->store, &taker, 1000, &orphaned), ==, 0);
  taker.kinds = both;
  taker.excluded = &one;
  taker.excluded_count = 1;
  g_assert_cmpint(take(test->store, &taker, 1000, &orphaned), ==, three);
  taker.kinds = NULL;
  taker.excluded_count = 0;
  g_assert_cmpint(take(test->store, &taker, 1000, &orphaned), ==, one);
  taker = (StoreTaker){ .owner = you, .kinds = mails };
  g_assert_cmpint(take(test->store, &taker, 2000, &orphaned), ==, two); /* all orphaned */
  g_assert_true(orphaned);
}

/* ── taken over ── */

/* Whoever lost a task to another can neither begin nor end it any more. */
static void
test_taken_over(Case *test) {
  gint64 id = add(test->store, copy, subject_one, 0);
  g_assert_false(held(test->store, id, me));
  g_assert_false(held(test->store, id, ""));
  g_assert_cmpint(take_as(test->store, me, 1000), ==, id);
  g_assert_true(held(test->store, id, me));
  g_assert_false(held(test->store, id, you));
  g_assert_false(held(test->store, id + 1, me));
  g_assert_cmpint(take_as(test->store, you, 1001), ==, id);
  g_assert_false(held(test->store, id, me));
  g_assert_true(held(test->store, id, you));
  FAILS(STORE_ERROR_NOT_FOUND, test->store, task_begin, id, me, 1002);
  FAILS(STORE_ERROR_NOT_FOUND, test->store, task_wait, id, me, 5000, "why", 1002);
  FAILS(STORE_ERROR_NOT_FOUND, test->store, task_end, id, me, TASK_DONE, 0, NULL, 1002);
  g_autoptr(StoreTask) task = find(test->store, copy, subject_one);
  g_assert_cmpint(task->begun, ==, 0);
  g_assert_cmpint(task->state, ==, TASK_RUNNING);
  g_assert_cmpint(task->timemodified, ==, 1001);
  WORKS(test->store, task_begin, id, you, 1003);
  WORKS(test->store, task_end, id, you, TASK_DONE, 0, NULL, 1004);
  g_assert_false(held(test->store, id, you));
}

/* ── asked for by an operator ── */

static void
test_retry(Case *test) {
  gint64 id = add(test->store, copy, subject_one, 0);
  g_assert_cmpint(take_as(test->store, me, 1000), ==, id);
  WORKS(test->store, task_begin, id, me, 1000);
  WORKS(test->store, task_end, id, me, TASK_QUEUED, 1010, "first", 1001);
  g_assert_cmpint(take_as(test->store, me, 1010), ==, id);
  WORKS(test->store, task_end, id, me, TASK_FAILED, 0, "second", 1011);
  g_assert_cmpint(take_as(test->store, me, 5000), ==, 0);
  WORKS(test->store, task_retry, id, 2000);
  case_reopen(test);
  g_autoptr(StoreTask) task = find(test->store, copy, subject_one);
  g_assert_cmpint(task->state, ==, TASK_QUEUED);
  g_assert_cmpint(task->due, ==, 2000);
  g_assert_cmpuint(task->attempts, ==, 2);
  g_assert_cmpuint(task->forgiven, ==, 2);
  g_assert_cmpint(task->begun, ==, 1000);
  g_assert_cmpint(task->timemodified, ==, 2000);
  g_assert_cmpstr(task->owner, ==, "");
  g_assert_cmpint(take_as(test->store, me, 1999), ==, 0);
  g_assert_cmpint(take_as(test->store, me, 2000), ==, id);
  g_autoptr(StoreTask) running = find(test->store, copy, subject_one);
  g_assert_cmpuint(running->attempts, ==, 3);
  g_assert_cmpuint(running->forgiven, ==, 2);
}

/* One that waits for its time is due at once. */
static void
test_retry_queued(Case *test) {
  gint64 id = add(test->store, copy, subject_one, 90000);
  g_assert_cmpint(take_as(test->store, me, 1000), ==, 0);
  WORKS(test->store, task_retry, id, 1000);
  g_assert_cmpint(take_as(test->store, me, 1000), ==, id);
  g_autoptr(StoreTask) task = find(test->store, copy, subject_one);
  g_assert_cmpuint(task->attempts, ==, 1);
  g_assert_cmpuint(task->forgiven, ==, 0);
}

static void
test_cancel(Case *test) {
  g_autofree char *long_reason = long_text(STORE_MAX_REASON + 1);
  gint64 queued = add(test->store, copy, subject_one, 0),
         failed = add(test->store, copy, subject_two, 0);
  StoreTaker taker = { .owner = me, .excluded = &queued, .excluded_count = 1 };
  bool orphaned;
  g_assert_cmpint(take(test->store, &taker, 1000, &orphaned), ==, failed);
  WORKS(test->store, task_end, failed, me, TASK_FAILED, 0, "why", 1001);
  WORKS(test->store, task_cancel, queued, "taken out by hand", 1002);
  WORKS(test->store, task_cancel, failed, long_reason, 1003);
  case_reopen(test);
  g_autoptr(StoreTask) one = find(test->store, copy, subject_one);
  g_assert_cmpint(one->state, ==, TASK_FAILED);
  g_assert_cmpstr(one->error, ==, "taken out by hand");
  g_assert_cmpuint(one->attempts, ==, 0);
  g_assert_cmpint(one->timemodified, ==, 1002);
  g_autoptr(StoreTask) two = find(test->store, copy, subject_two);
  g_assert_cmpuint(strlen(two->error), ==, STORE_MAX_REASON);
  g_assert_cmpint(take_as(test->store, me, 100000), ==, 0);
  WORKS(test->store, task_retry, queued, 2000); /* but somebody may think better of it */
  g_assert_cmpint(take_as(test->store, me, 2000), ==, queued);
}

static void
test_not_in_that_state(Case *test) {
  gint64 id = add(test->store, copy, subject_one, 0);
  FAILS(STORE_ERROR_NOT_FOUND, test->store, task_retry, id + 1, 1000);
  FAILS(STORE_ERROR_NOT_FOUND, test->store, task_cancel, id + 1, "why", 1000);
  g_assert_cmpint(take_as(test->store, me, 1000), ==, id);
  FAILS(STORE_ERROR_STATE, test->store, task_retry, id, 1001);
  FAILS(STORE_ERROR_STATE, test->store, task_cancel, id, "why", 1001);
  g_assert_true(held(test->store, id, me));
  WORKS(test->store, task_end, id, me, TASK_DONE, 0, NULL, 1002);
  FAILS(STORE_ERROR_STATE, test->store, task_retry, id, 1003);
  FAILS(STORE_ERROR_STATE, test->store, task_cancel, id, "why", 1003);
  g_autoptr(StoreTask) task = find(test->store, copy, subject_one);
  g_assert_cmpint(task->state, ==, TASK_DONE);
  g_assert_cmpint(task->timemodified, ==, 1002);
}

static void
test_in_transaction(Case *test) {
  gint64 id = add(test->store, copy, subject_one, 7000);
  StoreSchedule schedule = { .met = 5 };
  WORKS(test->store, begin, false);
  FAILS(STORE_ERROR_FAILED, test->store, task_retry, id, 1000);
  FAILS(STORE_ERROR_FAILED, test->store, task_cancel, id, "why", 1000);
  FAILS(STORE_ERROR_FAILED, test->store, schedule_put, "sync", &schedule);
  g_assert_false(held(test->store, id, me)); /* writes nothing */
  test->store->class->rollback(test->store);
  WORKS(test->store, begin, true);
  WORKS(test->store, task_retry, id, 1000);
  test->store->class->rollback(test->store);
  g_autoptr(StoreTask) task = find(test->store, copy, subject_one);
  g_assert_cmpint(task->due, ==, 7000);
}

/* ── when, and how many ── */

static gint64
next_of(Store *store, const char *const *kinds) {
  gint64 due = -1;
  WORKS(store, task_next, kinds, &due);
  return due;
}

static void
test_next(Case *test) {
  static const char *const mails[] = { "mail", NULL }, *const copies[] = { "content_copy", NULL },
                           *const others[] = { "import", NULL };
  g_assert_cmpint(next_of(test->store, NULL), ==, G_MAXINT64);
  add(test->store, copy, subject_one, 900);
  gint64 two = add(test->store, mail, subject_one, 300);
  add(test->store, copy, subject_two, 700);
  g_assert_cmpint(next_of(test->store, NULL), ==, 300);
  g_assert_cmpint(next_of(test->store, copies), ==, 700);
  g_assert_cmpint(next_of(test->store, mails), ==, 300);
  g_assert_cmpint(next_of(test->store, others), ==, G_MAXINT64);
  g_assert_cmpint(take_as(test->store, me, 300), ==, two);
  g_assert_cmpint(next_of(test->store, mails), ==, G_MAXINT64); /* it runs */
  g_assert_cmpint(next_of(test->store, NULL), ==, 700);
  WORKS(test->store, task_end, two, me, TASK_FAILED, 0, "why", 301);
  g_assert_cmpint(next_of(test->store, mails), ==, G_MAXINT64);
}

static void
append_counts(const char *kind, const gint64 *counts, gpointer user_data) {
  g_string_append(user_data, kind);
  for (guint i = 0; i < TASK_STATES; i++)
    g_string_append_printf(user_data, " %d", (int)counts[i]);
  g_string_append_c(user_data, '\n');
}

static void
assert_counts(Store *store, const char *expected) {
  g_autoptr(GString) text = g_string_new(NULL);
  WORKS(store, task_counts, append_counts, text);
  g_assert_cmpstr(text->str, ==, expected);
}

static void
test_counts(Case *test) {
  char upper[] = "Mail"; /* before all others, in the order of bytes */
  assert_counts(test->store, "");
  lock(test->store, "lease", me, 1000, 60);
  gint64 one = add(test->store, mail, subject_one, 0), two = add(test->store, copy, subject_one, 0);
  add(test->store, mail, subject_two, 5000);
  add(test->store, copy, subject_two, 0);
  add(test->store, mail, subject_three, 5000);
  add(test->store, upper, subject_three, 5000);
  for (guint i = 0; i < 3; i++)
    take_as(test->store, me, 1000);
  WORKS(test->store, task_end, one, me, TASK_DONE, 0, NULL, 1001);
  WORKS(test->store, task_end, two, me, TASK_FAILED, 0, "why", 1001);
  assert_counts(test->store, "Mail 1 0 0 0\ncontent_copy 0 1 0 1\nmail 2 0 1 0\n");
}

void
contract_queue_add(const StoreHarness *harness) {
  case_add(harness, "queue/due-by-a-wrong-clock", test_due_by_a_wrong_clock);
  case_add(harness, "queue/gone-by-expiry", test_gone_by_expiry);
  case_add(harness, "queue/gone-without-lock", test_gone_without_lock);
  case_add(harness, "queue/lock-of-the-owner", test_lock_of_the_owner);
  case_add(harness, "queue/no-pattern", test_no_pattern);
  case_add(harness, "queue/gone-by-death", test_gone_by_death);
  case_add(harness, "queue/kinds", test_kinds);
  case_add(harness, "queue/taken-over", test_taken_over);
  case_add(harness, "queue/retry", test_retry);
  case_add(harness, "queue/retry-queued", test_retry_queued);
  case_add(harness, "queue/cancel", test_cancel);
  case_add(harness, "queue/not-in-that-state", test_not_in_that_state);
  case_add(harness, "queue/in-transaction", test_in_transaction);
  case_add(harness, "queue/next", test_next);
  case_add(harness, "queue/counts", test_counts);
}
