/* The task queue.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-contract.h"

#include <string.h>

static char copy[] = "content_copy", me[] = "me", you[] = "you", subject_one[] = "course 1",
            subject_two[] = "course 2", subject_three[] = "course 3", payload[] = "{\"from\":2}";

static gint64
add(Store *store, char *kind, char *subject, gint64 due, gint64 now) {
  StoreTask task = { .kind = kind, .subject = subject, .payload = payload, .due = due };
  gint64 id = 0;
  WORKS(store, task_add, &task, now, &id);
  g_assert_cmpint(id, >, 0);
  return id;
}

static StoreTask *
find(Store *store, const char *kind, const char *subject) {
  StoreTask *task = (StoreTask *)&task; /* to be replaced in any case */
  WORKS(store, task_find, kind, subject, &task);
  return task;
}

static StoreTask *
take_but(Store *store, const char *owner, gint64 now, char *dead_owner, const gint64 *excluded,
         guint excluded_count, bool *orphaned) {
  StoreTask *task = (StoreTask *)&task;
  *orphaned = true;
  StoreTaker taker = { .owner = owner,
                       .dead = dead_owner == NULL ? NULL : dead_is,
                       .user_data = dead_owner,
                       .excluded = excluded,
                       .excluded_count = excluded_count };
  WORKS(store, task_take, &taker, now, &task, orphaned);
  return task;
}

/* Shows that `owner` lives: until further notice its tasks are nobody else's. */
static void
live(Store *store, const char *owner) {
  bool taken = false;
  WORKS(store, lock_take, owner, owner, 0, G_GINT64_CONSTANT(1) << 40, NULL, NULL, NULL, &taken);
  g_assert_true(taken);
}

static void
assert_takes(Store *store, gint64 now, gint64 id) {
  bool orphaned = true;
  g_autoptr(StoreTask) task = take_but(store, me, now, NULL, NULL, 0, &orphaned);
  g_assert_cmpint(task == NULL ? 0 : task->id, ==, id);
  g_assert_false(task != NULL && orphaned);
}

static void
test_add(Case *test) {
  gint64 id = add(test->store, copy, subject_one, 500, 1000);
  case_reopen(test);
  g_autoptr(StoreTask) task = find(test->store, copy, subject_one);
  g_assert_nonnull(task);
  g_assert_cmpint(task->id, ==, id);
  g_assert_cmpstr(task->kind, ==, copy);
  g_assert_cmpstr(task->subject, ==, subject_one);
  g_assert_cmpstr(task->payload, ==, payload);
  g_assert_cmpint(task->state, ==, TASK_QUEUED);
  g_assert_cmpuint(task->attempts, ==, 0);
  g_assert_cmpint(task->due, ==, 500);
  g_assert_cmpstr(task->owner, ==, "");
  g_assert_cmpstr(task->error, ==, "");
  g_assert_cmpint(task->timecreated, ==, 1000);
  g_assert_cmpint(task->timemodified, ==, 1000);
}

static void
test_find_missing(Case *test) {
  char other[] = "manual_import";
  add(test->store, copy, subject_one, 0, 1000);
  g_assert_null(find(test->store, copy, subject_two));
  g_assert_null(find(test->store, other, subject_one));
}

/* One task per kind and subject, whatever became of the first. */
static void
test_add_twice(Case *test) {
  live(test->store, me);
  static const StoreTaskState ends[] = { TASK_QUEUED, TASK_DONE, TASK_FAILED };
  char other[] = "manual_import", changed[] = "{}";
  gint64 id = add(test->store, copy, subject_one, 500, 1000);
  g_assert_cmpint(add(test->store, other, subject_one, 500, 1000), !=, id);
  for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
    StoreTask again = { .kind = copy, .subject = subject_one, .payload = changed, .due = 1 };
    gint64 found = 0;
    WORKS(test->store, task_add, &again, 2000, &found);
    g_assert_cmpint(found, ==, id);
    assert_takes(test->store, 3000, id);
    WORKS(test->store, task_add, &again, 2000, &found); /* while it runs */
    g_assert_cmpint(found, ==, id);
    WORKS(test->store, task_end, id, me, ends[i], 500, NULL, 3000);
    WORKS(test->store, task_add, &again, 2000, &found);
    g_assert_cmpint(found, ==, id);
    g_autoptr(StoreTask) task = find(test->store, copy, subject_one);
    g_assert_cmpint(task->state, ==, ends[i]);
    g_assert_cmpstr(task->payload, ==, payload);
    g_assert_cmpint(task->due, ==, 500);
    test->harness->sql(test->place, "UPDATE local_lehrgaengeapi_task SET state = 0"
                                    " WHERE kind = 'content_copy'");
  }
  g_assert_cmpint(test->harness->sql(test->place, "SELECT count(*) FROM local_lehrgaengeapi_task"),
                  ==, 2);
}

static void
test_take(Case *test) {
  live(test->store, me);
  gint64 id = add(test->store, copy, subject_one, 500, 1000);
  bool orphaned = true;
  g_autoptr(StoreTask) task = take_but(test->store, me, 2000, NULL, NULL, 0, &orphaned);
  g_assert_nonnull(task);
  g_assert_false(orphaned);
  g_assert_cmpint(task->id, ==, id);
  g_assert_cmpstr(task->kind, ==, copy);
  g_assert_cmpstr(task->subject, ==, subject_one);
  g_assert_cmpstr(task->payload, ==, payload);
  g_assert_cmpint(task->state, ==, TASK_RUNNING);
  g_assert_cmpuint(task->attempts, ==, 1);
  g_assert_cmpstr(task->owner, ==, me);
  g_assert_cmpint(task->timecreated, ==, 1000);
  g_assert_cmpint(task->timemodified, ==, 2000);

  case_reopen(test);
  g_autoptr(StoreTask) stored = find(test->store, copy, subject_one);
  g_assert_cmpint(stored->state, ==, TASK_RUNNING);
  g_assert_cmpuint(stored->attempts, ==, 1);
  g_assert_cmpstr(stored->owner, ==, me);
  assert_takes(test->store, 3000, 0);
}

static void
test_take_order(Case *test) {
  live(test->store, me);
  gint64 one = add(test->store, copy, subject_one, 900, 1000),
         two = add(test->store, copy, subject_two, 300, 1000),
         three = add(test->store, copy, subject_three, 200, 1000);
  assert_takes(test->store, 199, 0);
  assert_takes(test->store, 899, two);
  assert_takes(test->store, 900, one);
  assert_takes(test->store, 900, three);
  assert_takes(test->store, 900, 0);
}

static void
test_take_excluded(Case *test) {
  live(test->store, me);
  gint64 one = add(test->store, copy, subject_one, 0, 1000),
         two = add(test->store, copy, subject_two, 0, 1000),
         three = add(test->store, copy, subject_three, 0, 1000);
  gint64 both[] = { two, one };
  bool orphaned = false;
  g_autoptr(StoreTask) third = take_but(test->store, me, 5, NULL, both, 2, &orphaned);
  g_assert_nonnull(third);
  g_assert_cmpint(third->id, ==, three);
  g_autoptr(StoreTask) none = take_but(test->store, me, 5, me, both, 2, &orphaned);
  g_assert_cmpint(none->id, ==, three); /* orphaned now, and not excluded */
  gint64 all[] = { three, two, one };
  g_assert_null(take_but(test->store, me, 5, me, all, 3, &orphaned));
}

static void
test_take_orphan(Case *test) {
  live(test->store, me);
  live(test->store, you);
  gint64 one = add(test->store, copy, subject_one, 900, 1000),
         two = add(test->store, copy, subject_two, 0, 1000);
  bool orphaned = true;
  g_autoptr(StoreTask) first = take_but(test->store, you, 950, NULL, NULL, 0, &orphaned);
  g_assert_cmpint(first->id, ==, one);

  /* The owner lives: the next one is given. Then it is dead, and its task goes before later ones,
   * due or not. */
  g_autoptr(StoreTask) second = take_but(test->store, me, 10, me, NULL, 0, &orphaned);
  g_assert_cmpint(second->id, ==, two);
  g_assert_false(orphaned);
  WORKS(test->store, task_end, two, me, TASK_QUEUED, 0, "failed", 10);
  g_autoptr(StoreTask) third = take_but(test->store, me, 10, you, NULL, 0, &orphaned);
  g_assert_cmpint(third->id, ==, one);
  g_assert_true(orphaned);
  g_assert_cmpuint(third->attempts, ==, 2);
  g_assert_cmpstr(third->owner, ==, me);
  g_autoptr(StoreTask) fourth = take_but(test->store, me, 10, you, NULL, 0, &orphaned);
  g_assert_cmpint(fourth->id, ==, two);
  g_assert_false(orphaned);
  g_assert_null(take_but(test->store, me, 10, you, NULL, 0, &orphaned));
}

static void
test_end(Case *test) {
  live(test->store, me);
  gint64 one = add(test->store, copy, subject_one, 5, 1000),
         two = add(test->store, copy, subject_two, 5, 1000);
  assert_takes(test->store, 10, one);
  assert_takes(test->store, 10, two);
  WORKS(test->store, task_end, one, me, TASK_DONE, 99, NULL, 2000);
  WORKS(test->store, task_end, two, me, TASK_FAILED, 99, "no template", 2001);
  case_reopen(test);
  g_autoptr(StoreTask) done = find(test->store, copy, subject_one);
  g_assert_cmpint(done->state, ==, TASK_DONE);
  g_assert_cmpstr(done->owner, ==, "");
  g_assert_cmpstr(done->error, ==, "");
  g_assert_cmpint(done->due, ==, 5);
  g_assert_cmpint(done->timemodified, ==, 2000);
  g_assert_cmpint(done->timecreated, ==, 1000);
  g_autoptr(StoreTask) failed = find(test->store, copy, subject_two);
  g_assert_cmpint(failed->state, ==, TASK_FAILED);
  g_assert_cmpstr(failed->error, ==, "no template");
  assert_takes(test->store, 100000, 0);
}

static void
test_end_queued(Case *test) {
  live(test->store, me);
  gint64 id = add(test->store, copy, subject_one, 5, 1000);
  assert_takes(test->store, 10, id);
  WORKS(test->store, task_end, id, me, TASK_QUEUED, 60, "timed out", 20);
  g_autoptr(StoreTask) queued = find(test->store, copy, subject_one);
  g_assert_cmpint(queued->state, ==, TASK_QUEUED);
  g_assert_cmpint(queued->due, ==, 60);
  g_assert_cmpstr(queued->owner, ==, "");
  g_assert_cmpstr(queued->error, ==, "timed out");
  g_assert_cmpuint(queued->attempts, ==, 1);
  assert_takes(test->store, 59, 0);
  assert_takes(test->store, 60, id);
  g_autoptr(StoreTask) running = find(test->store, copy, subject_one);
  g_assert_cmpuint(running->attempts, ==, 2);
  g_assert_cmpstr(running->error, ==, "timed out");
  WORKS(test->store, task_end, id, me, TASK_QUEUED, 80, NULL, 70); /* put back untried */
  g_autoptr(StoreTask) back = find(test->store, copy, subject_one);
  g_assert_cmpuint(back->attempts, ==, 1);
  g_assert_cmpint(back->due, ==, 80);
  g_assert_cmpstr(back->error, ==, "");
  assert_takes(test->store, 80, id);
  WORKS(test->store, task_end, id, me, TASK_DONE, 0, NULL, 90);
  g_autoptr(StoreTask) done = find(test->store, copy, subject_one);
  g_assert_cmpstr(done->error, ==, "");
  g_assert_cmpuint(done->attempts, ==, 2);
}

/* What an attempt's beginning is remembered for: it outlives being put back and taken again. */
static void
test_begin(Case *test) {
  live(test->store, me);
  gint64 id = add(test->store, copy, subject_one, 5, 1000);
  FAILS(STORE_ERROR_NOT_FOUND, test->store, task_begin, id, me, 8);
  assert_takes(test->store, 10, id);
  g_autoptr(StoreTask) taken = find(test->store, copy, subject_one);
  g_assert_cmpint(taken->begun, ==, 0);
  WORKS(test->store, task_begin, id, me, 12);
  WORKS(test->store, task_end, id, me, TASK_QUEUED, 60, "timed out", 20);
  assert_takes(test->store, 60, id);
  WORKS(test->store, task_wait, id, me, 80, "may still go on", 61);
  case_reopen(test);
  g_autoptr(StoreTask) back = find(test->store, copy, subject_one);
  g_assert_cmpint(back->begun, ==, 12);
  g_assert_cmpint(back->state, ==, TASK_QUEUED);
  g_assert_cmpint(back->due, ==, 80);
  g_assert_cmpuint(back->attempts, ==, 1);
  g_assert_cmpstr(back->owner, ==, "");
  g_assert_cmpstr(back->error, ==, "may still go on");
  assert_takes(test->store, 79, 0);
  assert_takes(test->store, 80, id);
  WORKS(test->store, task_begin, id, me, 81);
  g_autoptr(StoreTask) again = find(test->store, copy, subject_one);
  g_assert_cmpint(again->begun, ==, 81);
  WORKS(test->store, task_begin, id, me, 0); /* it did not begin after all */
  g_autoptr(StoreTask) unbegun = find(test->store, copy, subject_one);
  g_assert_cmpint(unbegun->begun, ==, 0);
  g_assert_cmpint(unbegun->state, ==, TASK_RUNNING);
  WORKS(test->store, task_end, id, me, TASK_DONE, 0, NULL, 90);
  FAILS(STORE_ERROR_NOT_FOUND, test->store, task_begin, id, me, 91);
  FAILS(STORE_ERROR_NOT_FOUND, test->store, task_wait, id, me, 92, "why", 91);
}

static void
test_end_not_running(Case *test) {
  gint64 id = add(test->store, copy, subject_one, 5, 1000);
  FAILS(STORE_ERROR_NOT_FOUND, test->store, task_end, id, me, TASK_DONE, 0, NULL, 10);
  FAILS(STORE_ERROR_NOT_FOUND, test->store, task_end, id + 1, me, TASK_DONE, 0, NULL, 10);
  assert_takes(test->store, 10, id);
  FAILS(STORE_ERROR_FAILED, test->store, task_end, id, me, TASK_RUNNING, 0, NULL, 10);
  WORKS(test->store, task_end, id, me, TASK_DONE, 0, NULL, 10);
  FAILS(STORE_ERROR_NOT_FOUND, test->store, task_end, id, me, TASK_FAILED, 0, "late", 20);
  g_autoptr(StoreTask) task = find(test->store, copy, subject_one);
  g_assert_cmpint(task->state, ==, TASK_DONE);
}

static GPtrArray *
list(Store *store, bool unfinished, guint limit) {
  GError *error = NULL;
  GPtrArray *tasks = store->class->task_list(store, unfinished, limit, &error);
  g_assert_no_error(error);
  g_assert_nonnull(tasks);
  return tasks;
}

static gint64
id_at(GPtrArray *tasks, guint i) {
  return ((StoreTask *)tasks->pdata[i])->id;
}

static void
test_list(Case *test) {
  live(test->store, me);
  char subject_four[] = "course 4";
  gint64 one = add(test->store, copy, subject_one, 9, 1),
         two = add(test->store, copy, subject_two, 0, 1),
         three = add(test->store, copy, subject_three, 0, 1),
         four = add(test->store, copy, subject_four, 0, 1);
  assert_takes(test->store, 5, two);
  assert_takes(test->store, 5, three);
  assert_takes(test->store, 5, four);
  WORKS(test->store, task_end, two, me, TASK_DONE, 0, NULL, 6);
  WORKS(test->store, task_end, three, me, TASK_FAILED, 0, "gone", 6);

  g_autoptr(GPtrArray) all = list(test->store, false, 0);
  g_assert_cmpuint(all->len, ==, 4);
  g_assert_cmpint(id_at(all, 0), ==, one);
  g_assert_cmpint(id_at(all, 1), ==, two);
  g_assert_cmpint(id_at(all, 2), ==, three);
  g_assert_cmpint(id_at(all, 3), ==, four);
  g_assert_cmpstr(((StoreTask *)all->pdata[3])->owner, ==, me);
  g_assert_cmpstr(((StoreTask *)all->pdata[2])->error, ==, "gone");
  g_autoptr(GPtrArray) open = list(test->store, true, 0);
  g_assert_cmpuint(open->len, ==, 3);
  g_assert_cmpint(id_at(open, 0), ==, one);
  g_assert_cmpint(id_at(open, 1), ==, three);
  g_assert_cmpint(id_at(open, 2), ==, four);
  g_autoptr(GPtrArray) two_of_them = list(test->store, true, 2);
  g_assert_cmpuint(two_of_them->len, ==, 2);
  g_assert_cmpint(id_at(two_of_them, 1), ==, three);
}

static void
test_bounds(Case *test) {
  g_autofree char *too_long = long_text(STORE_MAX_PROGRESS + 1);
  char *key = too_long + STORE_MAX_PROGRESS - STORE_MAX_KEY;
  StoreTask kind = { .kind = key, .subject = subject_one },
            subject = { .kind = copy, .subject = key },
            content = { .kind = copy, .subject = subject_one, .payload = too_long };
  gint64 id = 0;
  FAILS(STORE_ERROR_FAILED, test->store, task_add, &kind, 1, &id);
  FAILS(STORE_ERROR_FAILED, test->store, task_add, &subject, 1, &id);
  FAILS(STORE_ERROR_FAILED, test->store, task_add, &content, 1, &id);
  StoreTask longest = { .kind = key + 1, .subject = key + 1, .payload = too_long + 1 };
  WORKS(test->store, task_add, &longest, 1, &id);
  assert_takes(test->store, 10, id);
  WORKS(test->store, task_end, id, me, TASK_FAILED, 0, key, 20);
  g_autoptr(StoreTask) task = find(test->store, key + 1, key + 1);
  g_assert_cmpuint(strlen(task->payload), ==, STORE_MAX_PROGRESS);
  g_assert_cmpuint(strlen(task->error), ==, STORE_MAX_REASON);
}

/* Durable by themselves: not in a transaction that is not. */
static void
test_in_transaction(Case *test) {
  live(test->store, me);
  gint64 id = add(test->store, copy, subject_one, 0, 1000);
  StoreTask *task = NULL;
  StoreTaker taker = { .owner = me };
  bool orphaned = false;
  WORKS(test->store, begin, false);
  FAILS(STORE_ERROR_FAILED, test->store, task_take, &taker, 10, &task, &orphaned);
  FAILS(STORE_ERROR_FAILED, test->store, task_begin, id, me, 10);
  FAILS(STORE_ERROR_FAILED, test->store, task_wait, id, me, 20, "why", 10);
  FAILS(STORE_ERROR_FAILED, test->store, task_end, id, me, TASK_DONE, 0, NULL, 10);
  test->store->class->rollback(test->store);

  WORKS(test->store, begin, true);
  assert_takes(test->store, 10, id);
  test->store->class->rollback(test->store);
  g_autoptr(StoreTask) undone = find(test->store, copy, subject_one);
  g_assert_cmpint(undone->state, ==, TASK_QUEUED);
  g_assert_cmpuint(undone->attempts, ==, 0);

  WORKS(test->store, begin, true);
  assert_takes(test->store, 10, id);
  WORKS(test->store, task_end, id, me, TASK_DONE, 0, NULL, 10);
  gint64 second = add(test->store, copy, subject_two, 0, 1000);
  case_commit(test->store);
  case_reopen(test);
  g_autoptr(StoreTask) done = find(test->store, copy, subject_one);
  g_assert_cmpint(done->state, ==, TASK_DONE);
  assert_takes(test->store, 10, second);
}

static void
test_words(Case *test) {
  (void)test;
  g_assert_cmpstr(store_task_state_word(TASK_QUEUED), ==, "queued");
  g_assert_cmpstr(store_task_state_word(TASK_RUNNING), ==, "running");
  g_assert_cmpstr(store_task_state_word(TASK_DONE), ==, "done");
  g_assert_cmpstr(store_task_state_word(TASK_FAILED), ==, "failed");
}

void
contract_tasks_add(const StoreHarness *harness) {
  case_add(harness, "task/add", test_add);
  case_add(harness, "task/find-missing", test_find_missing);
  case_add(harness, "task/add-twice", test_add_twice);
  case_add(harness, "task/take", test_take);
  case_add(harness, "task/take-order", test_take_order);
  case_add(harness, "task/take-excluded", test_take_excluded);
  case_add(harness, "task/take-orphan", test_take_orphan);
  case_add(harness, "task/end", test_end);
  case_add(harness, "task/end-queued", test_end_queued);
  case_add(harness, "task/begin", test_begin);
  case_add(harness, "task/end-not-running", test_end_not_running);
  case_add(harness, "task/list", test_list);
  case_add(harness, "task/bounds", test_bounds);
  case_add(harness, "task/in-transaction", test_in_transaction);
  case_add(harness, "task/words", test_words);
}
