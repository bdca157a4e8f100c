/* Manual imports: queued, tried, put off, told.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "scheduler/import.h"
#include "store/sqlite.h"
#include "sync-fixture.h"

/* A service that plays what it is told to. */
typedef struct {
  Store *store;
  Clock *clock;
  RunStatus status; /* how a run ends */
  const char *why;
  GError *error; /* not NULL: not even that is known */
  guint runs;
  bool record_skip; /* as the last run was asked */
  ImportRequest seen;
  GString *told; /* "status run final why|" */
  ImportRunner runner;
} Desk;

static bool
play(const ImportRequest *request, bool record_skip, RunStatus *status, gint64 *run, char **why,
     gpointer data, GError **error) {
  Desk *desk = data;
  desk->runs++;
  desk->record_skip = record_skip;
  import_request_clear(&desk->seen);
  desk->seen = (ImportRequest){ .year = request->year,
                                .tenants = g_strdupv(request->tenants),
                                .starter = g_strdup(request->starter),
                                .email = g_strdup(request->email),
                                .allow_removals = request->allow_removals,
                                .task = request->task };
  if (desk->error != NULL) {
    g_propagate_error(error, g_error_copy(desk->error));
    return false;
  }
  *status = desk->status;
  *run = desk->status == RUN_SKIPPED && !record_skip ? 0 : desk->runs;
  *why = g_strdup(desk->why);
  return true;
}

static void
tell(const ImportRequest *request, RunStatus status, gint64 run, const char *why, bool final,
     gpointer data) {
  Desk *desk = data;
  g_assert_cmpstr(request->starter, ==, "jürgen");
  g_string_append_printf(desk->told, "%s %d %s %s|", run_status_word(status), (int)run,
                         final ? "final" : "again", why != NULL ? why : "-");
}

static void
desk_init(Desk *desk) {
  g_autoptr(GError) error = NULL;
  *desk = (Desk){ .clock = clock_manual_new(FIXTURE_NOW),
                  .status = RUN_SUCCESS,
                  .told = g_string_new(NULL) };
  desk->store = store_sqlite_open(":memory:", &error);
  g_assert_no_error(error);
  desk->runner = (ImportRunner){ play, tell, desk };
}

static void
desk_clear(Desk *desk) {
  store_free(desk->store);
  clock_free(desk->clock);
  g_clear_error(&desk->error);
  g_string_free(desk->told, TRUE);
  import_request_clear(&desk->seen);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Desk, desk_clear)

static gint64
queue(Desk *desk) {
  g_autoptr(GError) error = NULL;
  const ImportRequest request = { .year = 2025, .starter = (char *)"jürgen" };
  gint64 id = 0;
  import_queue(desk->store, &request, clock_now(desk->clock), &id, &error);
  g_assert_no_error(error);
  return id;
}

static StoreTask *
task_of(const Desk *desk, gint64 id) {
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) tasks = desk->store->class->task_list(desk->store, false, 0, &error);
  g_assert_no_error(error);
  for (guint i = 0; i < tasks->len; i++)
    if (((StoreTask *)g_ptr_array_index(tasks, i))->id == id)
      return g_ptr_array_steal_index(tasks, i);
  g_error("no task %d", (int)id);
}

static bool
nobody_lives(const char *owner, gpointer data) {
  (void)owner, (void)data;
  return true;
}

/* Takes the task that is due, tries it, writes down how that ended; returns it. */
static TaskOutcome
turn(Desk *desk, guint max_attempts) {
  g_autoptr(GError) error = NULL;
  g_autoptr(StoreTask) task = NULL;
  StoreTaker taker = { .owner = "me", .dead = nobody_lives };
  bool orphaned = false;
  desk->store->class->task_take(desk->store, &taker, clock_now(desk->clock), &task, &orphaned,
                                &error);
  g_assert_no_error(error);
  g_assert_nonnull(task);
  TaskAttempt attempt = { .task = task,
                          .orphaned = orphaned,
                          .owner = "me",
                          .store = desk->store,
                          .clock = desk->clock,
                          .more = &desk->runner };
  g_auto(TasksEnd) end = { 0 };
  tasks_attempt(&attempt, max_attempts, true, &end);
  tasks_record(desk->store, task, "me", &end, clock_now(desk->clock), NULL, &error);
  g_assert_no_error(error);
  return end.outcome;
}

static void
assert_task(const Desk *desk, gint64 id, StoreTaskState state, guint attempts, const char *error) {
  g_autoptr(StoreTask) task = task_of(desk, id);
  g_assert_cmpstr(store_task_state_word(task->state), ==, store_task_state_word(state));
  g_assert_cmpuint(task->attempts, ==, attempts);
  g_assert_cmpstr(task->error, ==, error);
}

static void
wait_for(const Desk *desk, gint64 id) {
  g_autoptr(StoreTask) task = task_of(desk, id);
  clock_advance(desk->clock, (task->due - clock_now(desk->clock)) * G_USEC_PER_SEC);
}

/* ── what is asked for ── */

static void
test_queue(void) {
  g_auto(Desk) desk;
  desk_init(&desk);
  g_autoptr(GError) error = NULL;
  char *tenants[] = { (char *)"FD", (char *)"RÜD", NULL };
  const ImportRequest request = { .year = 2025,
                                  .tenants = tenants,
                                  .starter = (char *)"jürgen",
                                  .email = (char *)"j@example.org",
                                  .allow_removals = true };
  gint64 id = 0, second = 0;
  g_assert_true(import_queue(desk.store, &request, FIXTURE_NOW, &id, &error));
  g_assert_true(import_queue(desk.store, &request, FIXTURE_NOW, &second, &error));
  g_assert_cmpint(second, !=, id); /* two of the same are two */
  g_assert_cmpint(turn(&desk, 0), ==, TASK_OUTCOME_DONE);
  g_assert_cmpint(desk.seen.year, ==, 2025);
  g_assert_cmpstr(desk.seen.tenants[0], ==, "FD");
  g_assert_cmpstr(desk.seen.tenants[1], ==, "RÜD");
  g_assert_null(desk.seen.tenants[2]);
  g_assert_cmpstr(desk.seen.starter, ==, "jürgen");
  g_assert_cmpstr(desk.seen.email, ==, "j@example.org");
  g_assert_true(desk.seen.allow_removals);
  g_assert_cmpint(desk.seen.task, ==, id);
  assert_task(&desk, id, TASK_DONE, 1, "");
  assert_task(&desk, second, TASK_QUEUED, 0, "");

  queue(&desk);
  turn(&desk, 0);
  turn(&desk, 0);
  g_assert_null(desk.seen.tenants); /* all */
  g_assert_cmpstr(desk.seen.email, ==, "");
  g_assert_false(desk.seen.allow_removals);
}

static void
test_not_text(void) {
  g_auto(Desk) desk;
  desk_init(&desk);
  g_autoptr(GError) error = NULL;
  const ImportRequest request = { .year = 2025, .starter = (char *)"j\xfcrgen" };
  gint64 id = 0;
  g_assert_false(import_queue(desk.store, &request, FIXTURE_NOW, &id, &error));
  g_assert_error(error, TASK_ERROR, TASK_ERROR_FAILED);
  g_assert_nonnull(strstr(error->message, "UTF-8"));
}

static void
test_damaged(void) {
  static const char *const payloads[] = {
    "",
    "{",
    "[]",
    "{\"year\":\"2025\",\"starter\":\"j\"}",
    "{\"year\":2025}",
    "{\"year\":2025,\"starter\":\"j\",\"tenants\":\"FD\"}",
    "{\"year\":2025,\"starter\":\"j\",\"tenants\":[1]}",
    "{\"year\":2025,\"starter\":\"j\",\"allow_removals\":1}",
  };
  for (guint i = 0; i < G_N_ELEMENTS(payloads); i++) {
    g_auto(ImportRequest) request = { 0 };
    g_autoptr(GError) error = NULL;
    g_assert_false(import_parse(payloads[i], &request, &error));
    g_assert_error(error, TASK_ERROR, TASK_ERROR_FAILED);
  }
  g_auto(Desk) desk;
  desk_init(&desk);
  StoreTask task = { .kind = (char *)IMPORT_KIND, .subject = (char *)"x", .payload = (char *)"{" };
  gint64 id = 0;
  g_assert_true(desk.store->class->task_add(desk.store, &task, FIXTURE_NOW, &id, NULL));
  g_assert_cmpint(turn(&desk, 0), ==, TASK_OUTCOME_FAILED);
  assert_task(&desk, id, TASK_FAILED, 1, "the import's payload is damaged");
  g_assert_cmpuint(desk.runs, ==, 0);
}

/* ── how it ends ── */

static void
test_ends(void) {
  static const struct {
    RunStatus status;
    const char *told;
  } rows[] = { { RUN_SUCCESS, "success 1 final -|" },
               { RUN_PARTIAL, "partial 1 final -|" },
               { RUN_HELD, "held 1 final -|" } };
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_auto(Desk) desk;
    desk_init(&desk);
    desk.status = rows[i].status;
    gint64 id = queue(&desk);
    g_assert_cmpint(turn(&desk, 0), ==, TASK_OUTCOME_DONE);
    g_assert_cmpstr(desk.told->str, ==, rows[i].told);
    assert_task(&desk, id, TASK_DONE, 1, "");
  }
}

/* The starter hears of the first failure and of the last. */
static void
test_fails(void) {
  for (guint known = 0; known < 2; known++) {
    g_auto(Desk) desk;
    desk_init(&desk);
    desk.status = RUN_ERROR;
    desk.why = "no tenant could be read";
    if (known == 0)
      desk.error = g_error_new_literal(STORE_ERROR, STORE_ERROR_UNAVAILABLE, desk.why);
    gint64 id = queue(&desk);
    for (guint i = 1; i <= 3; i++) {
      g_assert_cmpint(turn(&desk, 4), ==, TASK_OUTCOME_RETRY);
      assert_task(&desk, id, TASK_QUEUED, i, desk.why);
      wait_for(&desk, id);
    }
    g_assert_cmpstr(desk.told->str, ==,
                    known ? "error 1 again no tenant could be read|"
                          : "error 0 again no tenant could be read|");
    g_string_truncate(desk.told, 0);
    g_assert_cmpint(turn(&desk, 4), ==, TASK_OUTCOME_FAILED);
    g_assert_cmpstr(desk.told->str, ==,
                    known ? "error 4 final no tenant could be read|"
                          : "error 0 final no tenant could be read|");
    assert_task(&desk, id, TASK_FAILED, 4, desk.why);
  }
}

static void
test_fails_once(void) {
  g_auto(Desk) desk;
  desk_init(&desk);
  desk.status = RUN_ERROR;
  queue(&desk);
  g_assert_cmpint(turn(&desk, 1), ==, TASK_OUTCOME_FAILED);
  g_assert_cmpstr(desk.told->str, ==, "error 1 final -|");
}

/* ── another run holds the lock ── */

static void
test_busy(void) {
  g_auto(Desk) desk;
  desk_init(&desk);
  desk.status = RUN_SKIPPED;
  desk.why = "another run held the lock: anna's";
  gint64 id = queue(&desk);
  for (guint i = 0; i < IMPORT_LONGEST_WAIT_S / IMPORT_BUSY_DELAY_S; i++) {
    g_assert_cmpint(turn(&desk, 2), ==, TASK_OUTCOME_LATER);
    g_assert_false(desk.record_skip);
    assert_task(&desk, id, TASK_QUEUED, 0, desk.why);
    wait_for(&desk, id);
  }
  g_assert_cmpstr(desk.told->str, ==, "");
  g_assert_cmpint(clock_now(desk.clock), ==, FIXTURE_NOW + IMPORT_LONGEST_WAIT_S);
  guint before = desk.runs;
  g_assert_cmpint(turn(&desk, 2), ==, TASK_OUTCOME_DONE);
  g_assert_true(desk.record_skip);
  g_autofree char *told = g_strdup_printf("skipped %u final %s|", before + 1, desk.why);
  g_assert_cmpstr(desk.told->str, ==, told);
}

/* Who asks again by hand after a day is not told "skipped" because the lock is held just then. */
static void
test_busy_again_by_hand(void) {
  g_auto(Desk) desk;
  desk_init(&desk);
  g_autoptr(GError) error = NULL;
  desk.status = RUN_ERROR;
  gint64 id = queue(&desk);
  g_assert_cmpint(turn(&desk, 1), ==, TASK_OUTCOME_FAILED);
  clock_advance(desk.clock, G_GINT64_CONSTANT(2) * IMPORT_LONGEST_WAIT_S * G_USEC_PER_SEC);
  desk.store->class->task_retry(desk.store, id, clock_now(desk.clock), &error);
  g_assert_no_error(error);
  desk.status = RUN_SKIPPED;
  g_assert_cmpint(turn(&desk, 1), ==, TASK_OUTCOME_LATER);
  assert_task(&desk, id, TASK_QUEUED, 1, "another run holds the lock");
}

/* ── stopped, killed ── */

/* Not the import's fault: due at once, without a word and without a try lost. */
static void
test_interrupted(void) {
  for (guint known = 0; known < 2; known++) {
    g_auto(Desk) desk;
    desk_init(&desk);
    desk.status = RUN_INTERRUPTED;
    if (known == 0)
      desk.error = g_error_new_literal(GATEWAY_ERROR, GATEWAY_ERROR_STOPPED, "stopped on request");
    gint64 id = queue(&desk);
    for (guint i = 0; i < 5; i++)
      g_assert_cmpint(turn(&desk, 2), ==, TASK_OUTCOME_LATER);
    g_assert_cmpstr(desk.told->str, ==, "");
    g_autoptr(StoreTask) task = task_of(&desk, id);
    g_assert_cmpint(task->due, ==, FIXTURE_NOW);
    g_assert_cmpuint(task->attempts, ==, 0);
    g_clear_error(&desk.error);
    desk.status = RUN_SUCCESS;
    g_assert_cmpint(turn(&desk, 2), ==, TASK_OUTCOME_DONE);
  }
}

static void
die_over_it(Desk *desk) {
  g_autoptr(StoreTask) task = NULL;
  StoreTaker taker = { .owner = "dead", .dead = nobody_lives };
  bool orphaned;
  g_assert_true(desk->store->class->task_take(desk->store, &taker, clock_now(desk->clock), &task,
                                              &orphaned, NULL));
}

/* One that was cut short by death is done again, but not for ever. */
static void
test_deadly(void) {
  g_auto(Desk) desk;
  desk_init(&desk);
  gint64 id = queue(&desk);
  die_over_it(&desk);
  g_assert_cmpint(turn(&desk, 3), ==, TASK_OUTCOME_DONE);
  g_assert_cmpuint(desk.runs, ==, 1);

  id = queue(&desk);
  g_string_truncate(desk.told, 0);
  die_over_it(&desk);
  die_over_it(&desk);
  g_assert_cmpint(turn(&desk, 3), ==, TASK_OUTCOME_FAILED);
  g_assert_cmpuint(desk.runs, ==, 1);
  g_assert_nonnull(strstr(desk.told->str, "interrupted 0 final the service ended in the middle"));
  g_autoptr(StoreTask) task = task_of(&desk, id);
  g_assert_cmpint(task->state, ==, TASK_FAILED);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/import/queue", test_queue);
  g_test_add_func("/import/not-text", test_not_text);
  g_test_add_func("/import/damaged", test_damaged);
  g_test_add_func("/import/ends", test_ends);
  g_test_add_func("/import/fails", test_fails);
  g_test_add_func("/import/fails-once", test_fails_once);
  g_test_add_func("/import/busy", test_busy);
  g_test_add_func("/import/busy-again-by-hand", test_busy_again_by_hand);
  g_test_add_func("/import/interrupted", test_interrupted);
  g_test_add_func("/import/deadly", test_deadly);
  return g_test_run();
}
