/* What the commands show of a store with a past: runs, tasks, when a tenant was last read.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <jansson.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "program.h"
#include "scheduler/lease.h"
#include "store/sqlite.h"

#define STARTED 1773000000 /* 2026-03-08 20:00:00 UTC, 21:00:00 in Berlin */

static Store *
open_store(const Place *place) {
  autochar path = g_build_filename(place->folder, "lehrgaenge.db", NULL);
  g_autoptr(GError) error = NULL;
  Store *store = store_sqlite_open(path, &error);
  g_assert_no_error(error);
  return store;
}

static gint64
add_run(Store *store, gint year, const char *tenants, const char *by, const char *owner) {
  StoreRun run = {
    .year = year,
    .triggeredby = (char *)by,
    .tenants = (char *)tenants,
    .owner = (char *)owner,
    .timestarted = STARTED,
  };
  g_assert_true(store->class->run_begin(store, &run, NULL));
  return run.id;
}

/* Three runs: a whole one, one of two tenants, one that is still running. */
static void
add_runs(const Place *place) {
  g_autoptr(Store) store = open_store(place);
  gint64 first = add_run(store, 0, "", "scheduler", "");
  g_assert_true(store->class->run_end(
      store, first, RUN_SUCCESS, STARTED + 65,
      "{\"tenants\":[{\"abbr\":\"FD\",\"error\":\"" PROGRAM_APIKEY "\"}]}", NULL));
  gint64 second = add_run(store, 2026, "FD,RÜD", "jürgen", "");
  g_assert_true(
      store->class->run_end(store, second, RUN_PARTIAL, STARTED + 3 * 3600 + 60, "", NULL));
  gint64 third = add_run(store, 0, "", "scheduler", "");
  g_assert_true(store->class->run_progress(store, third, "{\"phase\":\"fetch\"}", NULL));
  g_assert_true(store->class->tenant_success_set(store, "FD", first, STARTED, NULL));
}

static json_t *
call_json(const Place *place, const char *line) {
  g_auto(Said) said = program_call(place->folder, line);
  g_assert_cmpstr(said.err, ==, "");
  g_assert_cmpint(said.code, ==, 0);
  json_t *document = json_loads(said.out, 0, NULL);
  g_assert_nonnull(document);
  return document;
}

static void
test_runs(Place *place, gconstpointer data) {
  (void)data;
  add_runs(place);
  g_auto(Said) said = program_call(place->folder, "-c my.conf runs");
  g_assert_cmpint(said.code, ==, 0);
  g_auto(GStrv) lines = g_strsplit(said.out, "\n", -1);
  g_assert_cmpuint(g_strv_length(lines), ==, 5);
  g_assert_true(g_regex_match_simple("^ID +Started +Took +Year +Tenants +Status +Started by$",
                                     lines[0], 0, 0));
  g_assert_true(g_regex_match_simple("^ 3  2026-03-08 21:00:00 .* all +all +running +scheduler$",
                                     lines[1], 0, 0));
  g_assert_true(g_regex_match_simple(
      "^ 2  2026-03-08 21:00:00 +3 h 01 min +2026 +FD,RÜD +partial +jürgen$", lines[2], 0, 0));
  g_assert_true(g_regex_match_simple(
      "^ 1  2026-03-08 21:00:00 +1 min 05 s +all +all +success +scheduler$", lines[3], 0, 0));
  g_auto(Said) limited = program_call(place->folder, "-c my.conf runs --limit 2");
  g_assert_cmpuint(program_lines(limited.out), ==, 1 + 2);
}

static void
test_runs_json(Place *place, gconstpointer data) {
  (void)data;
  add_runs(place);
  json_auto_t *document = call_json(place, "-c my.conf runs --json");
  const json_t *runs = json_object_get(document, "runs");
  g_assert_cmpuint(json_array_size(runs), ==, 3);
  const json_t *running = json_array_get(runs, 0), *second = json_array_get(runs, 1);
  g_assert_true(json_is_null(json_object_get(running, "timeended")));
  g_assert_true(json_is_null(json_object_get(running, "year")));
  g_assert_cmpint(json_integer_value(json_object_get(second, "id")), ==, 2);
  g_assert_cmpint(json_integer_value(json_object_get(second, "year")), ==, 2026);
  g_assert_cmpstr(json_string_value(json_object_get(second, "status")), ==, "partial");
  g_assert_cmpstr(json_string_value(json_array_get(json_object_get(second, "tenants"), 1)), ==,
                  "RÜD");
}

static void
test_show(Place *place, gconstpointer data) {
  (void)data;
  add_runs(place);
  json_auto_t *first = call_json(place, "-c my.conf runs show 1 --json");
  g_assert_cmpstr(json_string_value(json_object_get(first, "status")), ==, "success");
  const json_t *tenant = json_array_get(json_object_get(first, "tenants"), 0);
  g_assert_cmpstr(json_string_value(json_object_get(tenant, "error")), ==, "***");
  json_auto_t *third = call_json(place, "-c my.conf runs show 3 --json");
  g_assert_cmpstr(json_string_value(json_object_get(json_object_get(third, "progress"), "phase")),
                  ==, "fetch");
  g_auto(Said) text = program_call(place->folder, "-c my.conf runs show 2");
  g_assert_cmpint(text.code, ==, 0);
  g_assert_true(g_str_has_prefix(text.out, "Run 2: partial\n"));
  assert_has(text.out, "2026-03-08 21:00:00 by jürgen\n");
  assert_has(text.out, "after 3 h 01 min\n");
  g_auto(Said) missing = program_call(place->folder, "-c my.conf runs show 4");
  g_assert_cmpint(missing.code, ==, 1);
  g_assert_cmpstr(missing.out, ==, "");
  assert_has(missing.err, "no run 4");
}

/* The owner a process had that has ended. */
static char *
dead_owner(void) {
  int ends[2];
  g_assert_cmpint(pipe(ends), ==, 0);
  pid_t child = fork();
  if (child == 0) {
    autochar owner = lease_owner();
    _exit(write(ends[1], owner, strlen(owner)) < 0);
  }
  close(ends[1]);
  g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
  char owner[512] = "";
  g_assert_cmpint(read(ends[0], owner, sizeof owner - 1), >, 0);
  close(ends[0]);
  return g_strdup(owner);
}

static void
test_run_whose_process_is_gone(Place *place, gconstpointer data) {
  (void)data;
  autochar owner = dead_owner();
  g_autoptr(Store) store = open_store(place);
  add_run(store, 0, "", "scheduler", owner);
  json_auto_t *document = call_json(place, "-c my.conf runs --json");
  const json_t *run = json_array_get(json_object_get(document, "runs"), 0);
  g_assert_cmpstr(json_string_value(json_object_get(run, "status")), ==, "interrupted");
}

static void
test_tasks(Place *place, gconstpointer data) {
  (void)data;
  g_autoptr(Store) store = open_store(place);
  const char *const subjects[] = { "course 12", "course 13" };
  for (guint i = 0; i < G_N_ELEMENTS(subjects); i++) {
    StoreTask task = { .kind = (char *)"content_copy",
                       .subject = (char *)subjects[i],
                       .payload = (char *)"{}" };
    gint64 id = 0;
    g_assert_true(store->class->task_add(store, &task, STARTED, &id, NULL));
  }
  g_autoptr(StoreTask) taken = NULL;
  bool orphaned = false;
  StoreTaker taker = { .owner = "me" };
  g_assert_true(store->class->task_take(store, &taker, STARTED, &taken, &orphaned, NULL));
  g_assert_nonnull(taken);
  g_assert_true(store->class->task_end(store, taken->id, "me", TASK_DONE, 0, NULL, STARTED, NULL));
  g_clear_pointer(&taken, store_task_free);
  g_assert_true(store->class->task_take(store, &taker, STARTED, &taken, &orphaned, NULL));
  g_assert_true(store->class->task_end(store, taken->id, "me", TASK_QUEUED,
                                       G_GINT64_CONSTANT(4070908800),
                                       "refused\nwith " PROGRAM_APIKEY, STARTED, NULL));

  g_auto(Said) open = program_call(place->folder, "-c my.conf tasks");
  g_assert_cmpint(open.code, ==, 0);
  g_assert_cmpuint(program_lines(open.out), ==, 4);
  assert_has(open.out, "content_copy  course 13  queued");
  assert_has(open.out, "2099-01-01 01:00:00\n\nTask 2: refused with ***\n");
  g_auto(Said) all = program_call(place->folder, "-c my.conf tasks --all");
  g_assert_cmpuint(program_lines(all.out), ==, 5);
  json_auto_t *document = call_json(place, "-c my.conf tasks --all --json");
  const json_t *tasks = json_object_get(document, "tasks");
  g_assert_cmpuint(json_array_size(tasks), ==, 2);
  g_assert_cmpstr(json_string_value(json_object_get(json_array_get(tasks, 0), "state")), ==,
                  "done");
  g_assert_true(json_is_null(json_object_get(json_array_get(tasks, 0), "error")));
  g_assert_cmpint(json_integer_value(json_object_get(json_array_get(tasks, 1), "attempts")), ==, 1);
}

static void
test_last_success(Place *place, gconstpointer data) {
  (void)data;
  add_runs(place);
  g_auto(Said) said = program_call(place->folder, "-c my.conf tenants");
  assert_has(said.out,
             "FD      Landkreis Fulda        yes             none         2026-03-08 21:00:00\n");
  json_auto_t *document = call_json(place, "-c my.conf tenants --json");
  const json_t *fulda = json_array_get(json_object_get(document, "tenants"), 1);
  g_assert_cmpint(json_integer_value(json_object_get(fulda, "last_success")), ==, STARTED);
}

static void
test_store_that_is_none(Place *place, gconstpointer data) {
  (void)data;
  autochar path = g_build_filename(place->folder, "lehrgaenge.db", NULL);
  g_assert_true(
      g_file_set_contents(path, "this is a shopping list and not a database at all", -1, NULL));
  const char *const all[] = { "runs", "runs show 1", "tasks", "tenants", "runs --json" };
  for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
    autochar line = g_strdup_printf("-c my.conf %s", all[i]);
    g_auto(Said) said = program_call(place->folder, line);
    g_assert_cmpint(said.code, ==, 1);
    g_assert_cmpstr(said.out, ==, "");
    g_assert_cmpuint(program_lines(said.err), ==, 1);
    assert_has(said.err, "lehrgaenge.db");
  }
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define add(name, function)                                                                        \
  g_test_add("/history/" name, Place, NULL, program_set_up, function, program_tear_down)
  add("runs", test_runs);
  add("runs-json", test_runs_json);
  add("show", test_show);
  add("run-whose-process-is-gone", test_run_whose_process_is_gone);
  add("tasks", test_tasks);
  add("last-success", test_last_success);
  add("store-that-is-none", test_store_that_is_none);
  return g_test_run();
}
