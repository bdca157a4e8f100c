/* Several processes on one store, and processes that are killed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-contract.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scheduler/lease.h"

#define PROCESSES 4
#define TASKS 200
#define TAKES 150 /* of the lock, per process */

static char copy[] = "content_copy";

/* What the processes of a test share. */
typedef struct {
  gint taken[TASKS]; /* how often each task was */
  gint inside;       /* processes that believe to hold the lock */
  gint clashes, takes;
} Shared;

static Shared *
shared_new(void) {
  void *memory =
      mmap(NULL, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  g_assert_true(memory != MAP_FAILED);
  return memory;
}

static void
shared_free(Shared *shared) {
  munmap(shared, sizeof *shared);
}

typedef void (*Body)(Case *test, Shared *shared, guint number);

/* Runs `body` in a child with no connection open; its end is the child's, with status 0. */
static pid_t
start(Case *test, Body body, Shared *shared, guint number) {
  g_assert_null(test->store);
  pid_t child = fork();
  g_assert_cmpint(child, >=, 0);
  if (child == 0) {
    body(test, shared, number);
    _exit(0);
  }
  return child;
}

static void
wait_for(pid_t child, int killed_by) {
  int status = 0;
  g_assert_cmpint(waitpid(child, &status, 0), ==, child);
  if (killed_by != 0) {
    g_assert_true(WIFSIGNALED(status));
    g_assert_cmpint(WTERMSIG(status), ==, killed_by);
  } else {
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, 0);
  }
}

static void
run_all(Case *test, Body body, Shared *shared) {
  pid_t children[PROCESSES];
  for (guint i = 0; i < PROCESSES; i++)
    children[i] = start(test, body, shared, i);
  for (guint i = 0; i < PROCESSES; i++)
    wait_for(children[i], 0);
}

/* Runs `body`, which ends by kill -9, and opens the store again. */
static void
run_killed(Case *test, Body body) {
  case_close(test);
  wait_for(start(test, body, NULL, 0), SIGKILL);
  case_reopen(test);
}

static gint64
count(Case *test, const char *table) {
  g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM local_lehrgaengeapi_%s", table);
  return test->harness->sql(test->place, sql);
}

/* ── killed ── */

static void
write_everything(Store *store) {
  g_autofree char *owner = lease_owner();
  StoreRun run = { .status = RUN_RUNNING, .owner = owner };
  StoreCourseMap course = { "L", "FD", 11 };
  StoreTask task = { .kind = copy, .subject = copy };
  gint64 first = 0, id = 0;
  static StoreJournalEntry entries[5000]; /* more than a page cache keeps back */
  for (guint i = 0; i < G_N_ELEMENTS(entries); i++)
    entries[i] = (StoreJournalEntry){ .kind = "enrol", .reason = "a reason" };
  WORKS(store, run_begin, &run);
  WORKS(store, coursemap_put, &course, 1, 1000);
  case_add_user(store, "T1", 21);
  WORKS(store, task_add, &task, 1000, &id);
  WORKS(store, journal_intend, run.id, entries, G_N_ELEMENTS(entries), 1000, &first);
}

static void
killed_before_commit(Case *test, Shared *shared, guint number) {
  (void)shared;
  (void)number;
  Store *store = case_open(test);
  WORKS(store, begin, true);
  write_everything(store);
  kill(getpid(), SIGKILL);
}

static void
killed_after_commit(Case *test, Shared *shared, guint number) {
  (void)shared;
  (void)number;
  Store *store = case_open(test);
  WORKS(store, begin, false);
  write_everything(store);
  case_commit(store);
  kill(getpid(), SIGKILL);
}

static void
killed_with_orphans(Case *test, Shared *shared, guint number) {
  (void)shared;
  (void)number;
  Store *store = case_open(test);
  g_autofree char *owner = lease_owner();
  StoreTask *task = NULL;
  bool orphaned = false, taken = false;
  write_everything(store);
  StoreTaker taker = { .owner = owner };
  WORKS(store, lock_take, "sync", owner, 2000, 3600, NULL, NULL, NULL, &taken);
  WORKS(store, task_take, &taker, 2000, &task, &orphaned);
  kill(getpid(), SIGKILL);
}

static void
test_killed_before_commit(Case *test) {
  case_add_user(test->store, "T0", 20);
  run_killed(test, killed_before_commit);
  g_assert_cmpint(case_user(test->store, "T0"), ==, 20);
  g_assert_cmpint(case_user(test->store, "T1"), ==, 0);
  g_assert_cmpint(count(test, "import_run") + count(test, "coursemap") + count(test, "task") +
                      count(test, "journal"),
                  ==, 0);
  case_add_user(test->store, "T1", 22); /* the dead one's lock on the file is gone */
  g_assert_cmpint(case_user(test->store, "T1"), ==, 22);
}

static void
test_killed_after_commit(Case *test) {
  run_killed(test, killed_after_commit);
  g_assert_cmpint(case_user(test->store, "T1"), ==, 21);
  g_assert_cmpint(count(test, "import_run"), ==, 1);
  g_assert_cmpint(count(test, "coursemap"), ==, 1);
  g_assert_cmpint(count(test, "task"), ==, 1);
  g_assert_cmpint(count(test, "journal"), ==, 5000);
}

/* Whatever a killed process held is taken over, and what it left open shows. */
static void
test_killed_with_orphans(Case *test) {
  run_killed(test, killed_with_orphans);
  g_autofree char *owner = lease_owner();
  StoreTask *task = NULL;
  bool orphaned = false, taken = false;
  guint reaped = 0;
  StoreTaker taker = { .owner = owner };
  WORKS(test->store, task_take, &taker, 3000, &task, &orphaned);
  g_assert_null(task);
  taker.dead = lease_owner_dead;
  WORKS(test->store, task_take, &taker, 3000, &task, &orphaned);
  g_assert_nonnull(task);
  g_assert_true(orphaned);
  g_assert_cmpuint(task->attempts, ==, 2);
  store_task_free(task);

  WORKS(test->store, lock_take, "sync", owner, 3000, 60, NULL, NULL, NULL, &taken);
  g_assert_false(taken);
  WORKS(test->store, lock_take, "sync", owner, 3000, 60, lease_owner_dead, NULL, NULL, &taken);
  g_assert_true(taken);

  WORKS(test->store, run_reap, lease_owner_dead, NULL, 3000, &reaped);
  g_assert_cmpuint(reaped, ==, 1);
  g_assert_cmpint(test->harness->sql(test->place, "SELECT count(*) FROM local_lehrgaengeapi_journal"
                                                  " WHERE state = 0"),
                  ==, 5000);
}

/* ── at once ── */

static void
open_and_write(Case *test, Shared *shared, guint number) {
  (void)shared;
  g_autoptr(Store) store = case_open(test);
  g_autofree char *id = g_strdup_printf("T%u", number);
  case_add_user(store, id, 1 + number);
}

/* Nobody has made the tables yet when all come. */
static void
test_open_at_once(Case *test) {
  gint64 migrations = count(test, "migration");
  for (guint round = 0; round < 5; round++) {
    case_close(test);
    test->harness->place_free(test->place);
    test->place = test->harness->place_new();
    run_all(test, open_and_write, NULL);
    case_reopen(test);
    g_assert_cmpint(count(test, "migration"), ==, migrations);
    g_assert_cmpint(count(test, "usermap"), ==, PROCESSES);
  }
}

static void
take_tasks(Case *test, Shared *shared, guint number) {
  g_autoptr(Store) store = case_open(test);
  g_autofree char *owner = g_strdup_printf("taker %u", number);
  StoreTaker taker = { .owner = owner };
  bool lives = false;
  WORKS(store, lock_take, owner, owner, 2000, 60, NULL, NULL, NULL, &lives);
  for (;;) {
    g_autoptr(StoreTask) task = NULL;
    bool orphaned = false;
    WORKS(store, task_take, &taker, 2000, &task, &orphaned);
    if (task == NULL)
      return;
    g_assert_false(orphaned);
    g_assert_cmpstr(task->owner, ==, owner);
    guint64 subject = g_ascii_strtoull(task->subject, NULL, 10);
    g_assert_cmpuint(subject, <, TASKS);
    g_atomic_int_inc(&shared->taken[subject]);
    WORKS(store, task_end, task->id, owner, TASK_DONE, 0, NULL, 2000);
  }
}

static void
add_tasks(Store *store) {
  WORKS(store, begin, false);
  for (guint i = 0; i < TASKS; i++) {
    g_autofree char *subject = g_strdup_printf("%u", i);
    StoreTask task = { .kind = copy, .subject = subject };
    gint64 id = 0;
    WORKS(store, task_add, &task, 1000, &id);
  }
  case_commit(store);
}

static void
test_each_task_once(Case *test) {
  Shared *shared = shared_new();
  add_tasks(test->store);
  case_close(test);
  run_all(test, take_tasks, shared);
  for (guint i = 0; i < TASKS; i++)
    g_assert_cmpint(shared->taken[i], ==, 1);
  shared_free(shared);
  g_assert_cmpint(test->harness->sql(test->place, "SELECT count(*) FROM local_lehrgaengeapi_task"
                                                  " WHERE state = 2 AND attempts = 1"),
                  ==, TASKS);
}

static gpointer
take_tasks_in_thread(gpointer data) {
  gpointer *arguments = data;
  take_tasks(arguments[0], arguments[1], GPOINTER_TO_UINT(arguments[2]));
  return NULL;
}

static void
test_each_task_once_threads(Case *test) {
  Shared *shared = shared_new();
  GThread *threads[PROCESSES];
  gpointer arguments[PROCESSES][3];
  add_tasks(test->store);
  for (guint i = 0; i < PROCESSES; i++) {
    arguments[i][0] = test;
    arguments[i][1] = shared;
    arguments[i][2] = GUINT_TO_POINTER(i);
    threads[i] = g_thread_new("taker", take_tasks_in_thread, arguments[i]);
  }
  for (guint i = 0; i < PROCESSES; i++)
    g_thread_join(threads[i]);
  for (guint i = 0; i < TASKS; i++)
    g_assert_cmpint(shared->taken[i], ==, 1);
  shared_free(shared);
}

/* ── schedules ── */

#define COUNTS 25

static void
count_up(Case *test, Shared *shared, guint number) {
  (void)shared, (void)number;
  g_autoptr(Store) store = case_open(test);
  for (guint i = 0; i < COUNTS; i++) {
    g_auto(StoreSchedule) schedule = { 0 };
    WORKS(store, begin, true);
    WORKS(store, schedule_get, "sync", &schedule);
    schedule.failures++;
    WORKS(store, schedule_put, "sync", &schedule);
    case_commit(store);
  }
}

/* What was read in order to write is what it still is when it is written. */
static void
test_schedule_counted(Case *test) {
  Shared *shared = shared_new();
  case_close(test);
  run_all(test, count_up, shared);
  shared_free(shared);
  g_auto(StoreSchedule) schedule = { 0 };
  case_reopen(test);
  WORKS(test->store, schedule_get, "sync", &schedule);
  g_assert_cmpuint(schedule.failures, ==, PROCESSES * COUNTS);
}

static void
take_lock(Case *test, Shared *shared, guint number) {
  g_autoptr(Store) store = case_open(test);
  for (guint i = 0; i < TAKES; i++) {
    g_autofree char *owner = g_strdup_printf("owner %u.%u", number, i);
    bool taken = false;
    WORKS(store, lock_take, "sync", owner, 1000, 60, NULL, NULL, NULL, &taken);
    if (!taken)
      continue;
    if (g_atomic_int_add(&shared->inside, 1) != 0)
      g_atomic_int_inc(&shared->clashes);
    g_atomic_int_inc(&shared->takes);
    g_thread_yield();
    g_atomic_int_add(&shared->inside, -1);
    WORKS(store, lock_drop, "sync", owner);
  }
}

static void
test_lock_once(Case *test) {
  Shared *shared = shared_new();
  case_close(test);
  run_all(test, take_lock, shared);
  g_assert_cmpint(shared->clashes, ==, 0);
  g_assert_cmpint(shared->takes, >=, TAKES / 2);
  shared_free(shared);
}

/* All find the same dead owner; one may follow it. */
static void
take_from_dead(Case *test, Shared *shared, guint number) {
  g_autoptr(Store) store = case_open(test);
  for (guint i = 0; i < TAKES; i++) {
    g_autofree char *name = g_strdup_printf("lock %u", i);
    g_autofree char *owner = g_strdup_printf("owner %u", number);
    char gone[] = "gone";
    bool taken = false;
    WORKS(store, lock_take, name, owner, 1000, 60, dead_is, gone, NULL, &taken);
    if (taken)
      g_atomic_int_inc(&shared->taken[i]);
  }
}

static void
test_one_follows_the_dead(Case *test) {
  Shared *shared = shared_new();
  WORKS(test->store, begin, false);
  for (guint i = 0; i < TAKES; i++) {
    g_autofree char *name = g_strdup_printf("lock %u", i);
    bool taken = false;
    WORKS(test->store, lock_take, name, "gone", 1000, 60, NULL, NULL, NULL, &taken);
    g_assert_true(taken);
  }
  case_commit(test->store);
  case_close(test);
  run_all(test, take_from_dead, shared);
  for (guint i = 0; i < TAKES; i++)
    g_assert_cmpint(shared->taken[i], ==, 1);
  shared_free(shared);
}

/* Ids of entries follow one another although others write too. */
static void
write_journal(Case *test, Shared *shared, guint number) {
  (void)shared;
  g_autoptr(Store) store = case_open(test);
  StoreJournalEntry entries[50];
  StoreJournalOutcome outcomes[50];
  for (guint i = 0; i < 50; i++) {
    entries[i] = (StoreJournalEntry){ .kind = "enrol", .courseid = 1 + number };
    outcomes[i] = (StoreJournalOutcome){ .state = JOURNAL_DONE, .userid = 1 + number };
  }
  for (guint round = 0; round < 10; round++) {
    gint64 first = 0;
    WORKS(store, journal_intend, 1 + number, entries, 50, 1000, &first);
    WORKS(store, journal_settle, first, outcomes, 50);
  }
}

static void
test_journal_at_once(Case *test) {
  case_close(test);
  run_all(test, write_journal, NULL);
  g_assert_cmpint(count(test, "journal"), ==, PROCESSES * 500);
  g_assert_cmpint(test->harness->sql(test->place,
                                     "SELECT count(*) FROM local_lehrgaengeapi_journal"
                                     " WHERE state = 1 AND courseid = userid AND courseid = run"),
                  ==, PROCESSES * 500);
}

void
contract_processes_add(const StoreHarness *harness) {
  case_add(harness, "processes/killed-before-commit", test_killed_before_commit);
  case_add(harness, "processes/killed-after-commit", test_killed_after_commit);
  case_add(harness, "processes/killed-with-orphans", test_killed_with_orphans);
  case_add(harness, "processes/open-at-once", test_open_at_once);
  case_add(harness, "processes/each-task-once", test_each_task_once);
  case_add(harness, "processes/each-task-once-threads", test_each_task_once_threads);
  case_add(harness, "processes/schedule-counted", test_schedule_counted);
  case_add(harness, "processes/lock-once", test_lock_once);
  case_add(harness, "processes/one-follows-the-dead", test_one_follows_the_dead);
  case_add(harness, "processes/journal-at-once", test_journal_at_once);
}
