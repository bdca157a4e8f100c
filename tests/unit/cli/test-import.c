/* `lehrgaenge import`, and what `lehrgaenge tasks` lists, tries again and takes out.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <jansson.h>
#include <time.h>

#include "base/text.h"
#include "program.h"
#include "scheduler/lease.h"
#include "scheduler/tasks.h"
#include "store/sqlite.h"
#include "sync/run.h"

#define NOW G_GINT64_CONSTANT(1773000000)
#define FAR (NOW * 2)

static Store *
open_store(const Place *place) {
  autochar path = g_build_filename(place->folder, "lehrgaenge.db", NULL);
  g_autoptr(GError) error = NULL;
  Store *store = store_sqlite_open(path, &error);
  g_assert_no_error(error);
  return store;
}

static json_t *
call_json(const Place *place, const char *line) {
  g_auto(Said) said = program_call(place->folder, line);
  g_assert_cmpint(said.code, ==, 0);
  g_assert_cmpstr(said.err, ==, "");
  json_t *document = json_loads(said.out, 0, NULL);
  g_assert_nonnull(document);
  return document;
}

/* The configuration with more in it. */
static void
configure(const Place *place, const char *more) {
  autochar text = NULL;
  program_write_config(place->config, "embedded");
  g_assert_true(g_file_get_contents(place->config, &text, NULL, NULL));
  autochar whole = g_strconcat(text, more, NULL);
  g_assert_true(g_file_set_contents_full(place->config, whole, -1, G_FILE_SET_CONTENTS_CONSISTENT,
                                         0600, NULL));
}

#define MAIL "[notify]\nsmtp=smtp://127.0.0.1:1\nfrom=lehrgaenge@example.org\nlanguage=en\n"

/* ── asking for an import ── */

static void
test_refused(Place *place, gconstpointer data) {
  (void)data;
  time_t now = time(NULL);
  struct tm today;
  gmtime_r(&now, &today);
  autochar too_late = g_strdup_printf("import --year %d", today.tm_year + 1900 + 2);
  const struct {
    const char *line, *part;
  } wrong[] = {
    { "import", "--year" },
    { "import 2025", "“2025”" },
    { "import --year 2011", "2012" },
    { "import --year x", "x is not a year" },
    { too_late, "is not a year from 2012 to" },
    { "import --year 2025 -t FD -t XX", "“XX”" },
    { "import --year 2025 -t RÜD", "no apikey" },
    { "import --year 2025 --notify anna", "anna is not an e-mail address" },
    { "import --year 2025 --notify anna@example.org", "[notify] smtp" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
    autochar line = g_strdup_printf("-c my.conf %s", wrong[i].line);
    g_auto(Said) said = program_call(place->folder, line);
    g_assert_cmpint(said.code, ==, 2);
    g_assert_cmpstr(said.out, ==, "");
    assert_has(said.err, wrong[i].part);
  }
  g_auto(Said) tasks = program_call(place->folder, "-c my.conf tasks --all");
  g_assert_cmpstr(tasks.out, ==, "No tasks yet.\n");
}

static void
test_queued(Place *place, gconstpointer data) {
  (void)data;
  configure(place, MAIL "[tenant KB]\nname=Landkreis Waldeck-Frankenberg\napikey=k\n");
  g_auto(Said) said = program_call(
      place->folder, "-c my.conf import --year 2025 -t FD -t KB --notify anna@example.org");
  g_assert_cmpint(said.code, ==, 0);
  g_assert_cmpstr(said.err, ==, "");
  assert_has(said.out, "The import of 2025 (FD, KB) is queued as task 1.");
  assert_has(said.out, "lehrgaenge tasks");
  assert_has(said.out, "--now");
  json_auto_t *second = call_json(place, "-c my.conf import --year 2025 --json");
  g_assert_cmpint(json_integer_value(json_object_get(second, "task")), ==, 2);
  g_assert_cmpstr(json_string_value(json_object_get(second, "state")), ==, "queued");

  g_auto(Said) tasks = program_call(place->folder, "-c my.conf tasks");
  autochar first_row = g_strdup_printf("import  2025 FD,KB by %s ", g_get_user_name());
  autochar second_row = g_strdup_printf("import  2025 all tenants by %s ", g_get_user_name());
  assert_has(tasks.out, first_row);
  assert_has(tasks.out, second_row);
  g_autoptr(Store) store = open_store(place);
  g_autoptr(GPtrArray) all = store->class->task_list(store, false, 0, NULL);
  g_assert_nonnull(strstr(((StoreTask *)g_ptr_array_index(all, 0))->payload, "anna@example.org"));
}

/* ── doing it now ── */

/* Another run holds the lock: the history says so, the starter is told. */
static void
test_now_busy(Place *place, gconstpointer data) {
  (void)data;
  configure(place, MAIL);
  g_auto(Said) made = program_call(place->folder, "-c my.conf moodle init");
  g_assert_cmpint(made.code, ==, 0);
  {
    g_autoptr(Store) store = open_store(place);
    autochar owner = lease_owner();
    bool taken = false;
    g_assert_true(
        store->class->lock_take(store, RUN_LOCK, owner, NOW, FAR, NULL, NULL, NULL, &taken, NULL));
    g_assert_true(taken);
  }
  g_auto(Said) said =
      program_call(place->folder, "-c my.conf import --year 2025 --now --notify anna@example.org");
  g_assert_cmpint(said.code, ==, 75);
  g_assert_cmpstr(said.out, ==, "");
  assert_has(said.err, "another run holds the lock");
  json_auto_t *document = call_json(place, "-c my.conf runs --json");
  const json_t *run = json_array_get(json_object_get(document, "runs"), 0);
  g_assert_cmpstr(json_string_value(json_object_get(run, "status")), ==, "skipped");
  g_assert_cmpint(json_integer_value(json_object_get(run, "year")), ==, 2025);
  g_auto(Said) tasks = program_call(place->folder, "-c my.conf tasks");
  g_assert_cmpuint(program_lines(tasks.out), ==, 2);
  assert_has(tasks.out, "mail  to anna@example.org: ");
}

/* ZMS is away: as sync, with the report and its exit code. Nobody is told who did not ask. */
static void
test_now_failed(Place *place, gconstpointer data) {
  (void)data;
  autochar text = g_strdup_printf(
      "[zms]\nbaseurl=https://127.0.0.1:1/rest\nattempts=1\n[moodle]\npath=moodle.db\n"
      "[store]\npath=lehrgaenge.db\n[tenant FD]\nname=Landkreis Fulda\napikey=%s\n" MAIL,
      PROGRAM_APIKEY);
  g_assert_true(g_file_set_contents_full(place->config, text, -1, G_FILE_SET_CONTENTS_CONSISTENT,
                                         0600, NULL));
  g_auto(Said) made = program_call(place->folder, "-c my.conf moodle init");
  g_auto(Said) said = program_call(place->folder, "-c my.conf import --year 2025 --now");
  g_assert_cmpint(said.code, ==, 1);
  assert_has(said.out, "no tenant could be read");
  g_auto(Said) quiet = program_call(place->folder, "-c my.conf tasks --all");
  g_assert_cmpstr(quiet.out, ==, "No tasks yet.\n");
  g_auto(Said) told =
      program_call(place->folder, "-c my.conf import --year 2025 --now --notify a@example.org");
  g_assert_cmpint(told.code, ==, 1);
  g_auto(Said) tasks = program_call(place->folder, "-c my.conf tasks");
  assert_has(tasks.out, "mail  to a@example.org: ");
}

/* ── one task ── */

static gint64
add_task(Store *store, const char *subject) {
  StoreTask task = { .kind = (char *)"content_copy",
                     .subject = (char *)subject,
                     .payload = (char *)"{\"shortname\":\"FD-F-I-26\"}",
                     .due = FAR };
  gint64 id = 0;
  g_assert_true(store->class->task_add(store, &task, NOW, &id, NULL));
  return id;
}

/* Takes what is due now, and ends it so. */
static void
pass(Store *store, StoreTaskState state) {
  g_autoptr(StoreTask) task = NULL;
  StoreTaker taker = { .owner = "me" };
  bool orphaned;
  g_assert_true(store->class->task_take(store, &taker, time(NULL), &task, &orphaned, NULL));
  g_assert_nonnull(task);
  if (state != TASK_RUNNING)
    g_assert_true(store->class->task_end(store, task->id, "me", state, 0, "refused", NOW, NULL));
}

static void
assert_says(const Place *place, const char *line, int code, const char *part) {
  autochar whole = g_strdup_printf("-c my.conf tasks %s", line);
  g_auto(Said) said = program_call(place->folder, whole);
  g_assert_cmpint(said.code, ==, code);
  g_assert_cmpstr(code == 0 ? said.err : said.out, ==, "");
  assert_has(code == 0 ? said.out : said.err, part);
}

static void
test_retry_and_cancel(Place *place, gconstpointer data) {
  (void)data;
  assert_says(place, "retry 1", 1, "there is no task 1");
  g_autoptr(Store) store = open_store(place);
  add_task(store, "course 12");
  assert_says(place, "retry 2", 1, "there is no task 2; lehrgaenge tasks --all");
  assert_says(place, "cancel 2", 1, "there is no task 2");

  assert_says(place, "retry 1", 0, "Task 1 (content_copy, course 12 FD-F-I-26) is due now");
  pass(store, TASK_FAILED);
  assert_says(place, "retry 1", 0, "is due now");
  assert_says(place, "cancel 1", 0, "is cancelled");
  autochar why = g_strdup_printf("cancelled by %s", g_get_user_name());
  assert_says(place, "", 0, why);
  assert_says(place, "retry 1", 0, "is due now");
  pass(store, TASK_RUNNING);
  assert_says(place, "retry 1", 1, "task 1 is being tried just now");
  assert_says(place, "cancel 1", 1, "task 1 is being done just now");
  g_assert_true(store->class->task_end(store, 1, "me", TASK_DONE, 0, "", NOW, NULL));
  assert_says(place, "retry 1", 1, "task 1 is done already");
  assert_says(place, "cancel 1", 1, "task 1 is done already");
}

static void
test_retry_json(Place *place, gconstpointer data) {
  (void)data;
  g_autoptr(Store) store = open_store(place);
  add_task(store, "course 12");
  json_auto_t *document = call_json(place, "-c my.conf tasks cancel 1 --json");
  g_assert_cmpstr(json_string_value(json_object_get(document, "state")), ==, "failed");
  g_assert_cmpstr(json_string_value(json_object_get(document, "about")), ==, "course 12 FD-F-I-26");
}

static void
test_wrong_usage(Place *place, gconstpointer data) {
  (void)data;
  static const struct {
    const char *line, *part;
  } wrong[] = {
    { "all", "“all”" },       { "retry", "ID" },    { "cancel", "ID" },
    { "retry abc", "“abc”" }, { "retry 0", "“0”" }, { "retry 1 2", "“2”" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(wrong); i++)
    assert_says(place, wrong[i].line, 2, wrong[i].part);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define ADD(path, func) g_test_add(path, Place, NULL, program_set_up, func, program_tear_down)
  ADD("/import/refused", test_refused);
  ADD("/import/queued", test_queued);
  ADD("/import/now-busy", test_now_busy);
  ADD("/import/now-failed", test_now_failed);
  ADD("/tasks/retry-and-cancel", test_retry_and_cancel);
  ADD("/tasks/retry-json", test_retry_json);
  ADD("/tasks/wrong-usage", test_wrong_usage);
  return g_test_run();
}
