/* Several services on one store, and everything that may happen to them: killed again and again,
 * stopped for longer than their lease, shut off in a container, left by their database or their
 * Moodle. Whatever happens, in the end everything is there once, as after a quiet run.
 *
 * Nothing here depends on when something happens, only on that it does.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>

#include "../contract/store/pg_site.h"
#include "serve.h"

/* Some 250 courses. */
#define TENANTS 35
#define SIM "--generate 35x10x1 --seed 7"
#define COPIES_AT_LEAST 200

#define NODES 3
#define KILLS 24
#define RESTARTS 4 /* of the database */
#define BREAKS 12  /* of single connections, for each restart */
#define STOPS 6

#define IMPORT "core_course_import_course"
#define TASKS "local_lehrgaengeapi_task"
#define RUNS "local_lehrgaengeapi_import_run"
#define SCHEDULE "local_lehrgaengeapi_schedule"
#define JOURNAL "local_lehrgaengeapi_journal"
#define LOCKS "local_lehrgaengeapi_lock"

static PgSite *site; /* NULL: no PostgreSQL here */

typedef struct {
  Place *place;
  char *database; /* NULL: the store is a file */
  char *wanted;   /* the meaning of a quiet run */
  Serve *nodes[NODES];
} Trial;

/* The one whose store the waiting functions ask. */
static const Trial *current;

/* ── the store ── */

static gint64
number(const char *sql) {
  return current->database != NULL ? pg_site_sql(site, current->database, sql)
                                   : rows_number(current->place->store, sql);
}

static void
change(const char *sql) {
  if (current->database != NULL)
    pg_site_sql(site, current->database, sql);
  else
    rows_change(current->place->store, sql);
}

/* What was put off is due: all delays are over at once. */
static void
let_time_pass(void) {
  change("UPDATE " TASKS " SET due = 0 WHERE state = 0;"
         "UPDATE " SCHEDULE " SET failures = 0, retry = 0");
}

static bool
schedule_kept(Place *place) {
  (void)place;
  return number("SELECT count(*) FROM " SCHEDULE " WHERE met > 0") == 1;
}

static bool
run_is_met(Place *place) {
  (void)place;
  let_time_pass();
  return number("SELECT count(*) FROM " SCHEDULE " WHERE met > 1000") == 1;
}

static bool
nothing_left(Place *place) {
  (void)place;
  let_time_pass();
  return number("SELECT count(*) FROM " TASKS " WHERE state <> 2") == 0;
}

static bool
some_copied(Place *place) {
  (void)place;
  return number("SELECT count(*) FROM " TASKS " WHERE state = 2") >= 10;
}

/* ── the trial ── */

static void
use_store(Trial *trial) {
  g_autofree char *url = trial->database != NULL ? pg_site_url(site, trial->database) : NULL;
  e2e_set(trial->place, "store", "path", url == NULL ? "store.db" : NULL);
  e2e_set(trial->place, "store", "url", url);
}

static void
miss_a_run(Place *place) {
  g_autoptr(Serve) serve = serve_start(place);
  serve_await_ready(serve);
  serve_await(serve, "its schedule", schedule_kept);
  Said said = serve_stop(serve);
  process_said_clear(&said);
  change("UPDATE " SCHEDULE " SET met = 1000");
}

/* `away`: Moodle is a site of its own, else a file. */
static void
set_up(Trial *trial, bool postgres, bool away) {
  Place *place = trial->place = e2e_new(TENANTS);
  current = trial;
  e2e_sim(place, SIM);
  e2e_fresh_moodle(place);
  e2e_must(place, 0, "sync --json");
  trial->wanted = e2e_meaning(place);
  e2e_fresh_moodle(place);
  if (away)
    e2e_serve_moodle(place, "--latency-ms 30");
  /* So long a course is left alone after a copy of which nobody knows how it ended. */
  e2e_set(place, "moodle", "copy-timeout", away ? "2" : NULL);
  e2e_set(place, "schedule", "faildelay", "1");
  e2e_set(place, "tasks", "max-attempts", "100");
  trial->database = postgres ? pg_site_database_new(site) : NULL;
  use_store(trial);
  miss_a_run(place);
}

static void
tear_down(Trial *trial, gconstpointer data) {
  (void)data;
  for (guint i = 0; i < NODES; i++)
    serve_free(trial->nodes[i]);
  e2e_free(trial->place);
  if (trial->database != NULL)
    pg_site_database_drop(site, trial->database);
  g_free(trial->database);
  g_free(trial->wanted);
}

static void
set_up_apart(Trial *trial, gconstpointer data) {
  (void)data;
  set_up(trial, true, true);
}

static void
set_up_files(Trial *trial, gconstpointer data) {
  (void)data;
  set_up(trial, false, false);
}

static void
start(Trial *trial, guint node) {
  trial->nodes[node] = serve_start(trial->place);
}

static void
kill_node(Trial *trial, guint node) {
  process_signal(trial->nodes[node]->process, SIGKILL);
  g_assert_true(process_ends(trial->nodes[node]->process, PROCESS_PATIENCE_S * 1000));
  g_clear_pointer(&trial->nodes[node], serve_free);
}

static void
stop_node(Trial *trial, guint node) {
  Said said = serve_stop(trial->nodes[node]);
  process_said_clear(&said);
  g_clear_pointer(&trial->nodes[node], serve_free);
}

/* For so long what was begun goes on. */
static void
go_on_for(Trial *trial, int ms) {
  g_assert_false(process_ends(trial->place->sim, ms));
}

/* ── the verdict ── */

/* The activities in the master courses, which all have the same, and whether every course has just
 * these. No activity is ever taken out again, so who copied twice shows for ever. */
static void
assert_copied_once(const Place *place) {
  gint64 masters =
      rows_number(place->moodle, "SELECT count(*) FROM mdl_course_modules WHERE course ="
                                 " (SELECT id FROM mdl_course WHERE shortname = 'F-I')");
  g_autofree char *differing =
      g_strdup_printf("SELECT count(*) FROM mdl_course WHERE shortname LIKE '%%-%%-2_' AND"
                      " (SELECT count(*) FROM mdl_course_modules WHERE course = mdl_course.id) <> "
                      "%" G_GINT64_FORMAT,
                      masters);
  g_assert_cmpint(masters, >, 0);
  g_assert_cmpint(rows_number(place->moodle, differing), ==, 0);
}

/* Moodle's import brings the template's groups along, without members, and which of them it has by
 * then depends on how far the run got. Groups with members are told by these. */
static char *
without_groups(const char *text) {
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  GString *rest = g_string_new(NULL);
  for (char **line = lines; *line != NULL; line++)
    if (!g_str_has_prefix(*line, "group|"))
      g_string_append_printf(rest, "%s\n", *line);
  return g_string_free(rest, FALSE);
}

static char *
meaning(Trial *trial) {
  Place *place = trial->place;
  if (trial->database == NULL)
    return e2e_meaning(place);
  g_autofree char *url = pg_site_url(site, trial->database), *path = e2e_path(place, "copy.db");
  g_autofree char *line = g_strdup_printf("store copy --from '%s' --to copy.db", url);
  e2e_must(place, 0, line);
  return rows_meaning(place->moodle, path);
}

/* With all nodes gone. */
static void
assert_all_well(Trial *trial) {
  g_assert_cmpint(number("SELECT count(*) FROM " TASKS " WHERE kind = 'content_copy'"), >=,
                  COPIES_AT_LEAST);
  g_assert_cmpint(number("SELECT count(*) FROM " TASKS " WHERE state <> 2"), ==, 0);
  g_assert_cmpint(number("SELECT count(*) FROM " RUNS " WHERE status = 'running'"), ==, 0);
  g_assert_cmpint(number("SELECT count(*) FROM " RUNS " WHERE timeended < timestarted"), ==, 0);
  assert_copied_once(trial->place);
  g_autofree char *all = meaning(trial);
  g_autofree char *is = without_groups(all), *wanted = without_groups(trial->wanted);
  rows_assert_same(is, wanted);
}

/* One run after the other: none wrote anything before the last of the one before. */
static void
assert_one_run_at_a_time(void) {
  g_assert_cmpint(number("WITH work AS (SELECT run, min(id) AS first, max(id) AS last FROM " JOURNAL
                         " GROUP BY run) SELECT count(*) FROM work AS a JOIN work AS b"
                         " ON a.run < b.run AND a.last > b.first"),
                  ==, 0);
  g_assert_cmpint(number("SELECT count(*) FROM " JOURNAL), >=, COPIES_AT_LEAST);
}

/* From here on nothing happens to them any more. */
static void
finish(Trial *trial) {
  for (guint i = 0; i < NODES; i++)
    if (trial->nodes[i] == NULL)
      start(trial, i);
  serve_await(trial->nodes[0], "the run", run_is_met);
  serve_await(trial->nodes[0], "the copies", nothing_left);
  for (guint i = 0; i < NODES; i++)
    stop_node(trial, i);
  assert_all_well(trial);
}

/* ── nodes that are killed, and a Moodle that lies ── */

static void
plague(const Place *place) {
  static const char *const ways[] = { "lose?function=" IMPORT "&nth=3",
                                      "invalid?function=" IMPORT "&nth=4",
                                      "lose?function=core_course_get_contents",
                                      "lose?function=core_course_create_courses",
                                      "fail?function=" IMPORT "&errorcode=servererror&nth=2",
                                      "maintenance?mode=site",
                                      "maintenance?mode=cli",
                                      "status?status=502" };
  gint32 way = g_test_rand_int_range(0, G_N_ELEMENTS(ways));
  g_autofree char *path = g_strconcat("/__control/", ways[way], NULL);
  e2e_tell_moodle(place, "PUT", path);
}

/* What goes on for ever ends; what is played once stays to be played. */
static void
relieve(const Place *place) {
  e2e_tell_moodle(place, "PUT", "/__control/maintenance?mode=off");
  e2e_tell_moodle(place, "PUT", "/__control/status?status=none");
}

static void
test_killed_often(Trial *trial, gconstpointer data) {
  (void)data;
  Place *place = trial->place;
  for (guint i = 0; i < NODES; i++)
    start(trial, i);
  for (guint i = 0; i < KILLS; i++) {
    guint node = (guint)g_test_rand_int_range(0, NODES);
    plague(place);
    go_on_for(trial, g_test_rand_int_range(50, 500));
    kill_node(trial, node);
    relieve(place);
    go_on_for(trial, g_test_rand_int_range(0, 500));
    let_time_pass();
    start(trial, node);
  }
  /* Whoever rests because Moodle was away does so for a minute; a new one does not. */
  for (guint i = 0; i < NODES; i++)
    kill_node(trial, i);
  finish(trial);
  assert_one_run_at_a_time();
}

/* ── nodes that stand still for longer than their lease ── */

static char *
owner_pattern(const Serve *node) {
  return g_strdup_printf("%d@%%", process_pid(node->process));
}

/* As if its time were over. */
static void
expire(const Serve *node) {
  g_autofree char *owner = owner_pattern(node);
  g_autofree char *sql =
      g_strdup_printf("UPDATE " LOCKS " SET expires = 0 WHERE owner LIKE '%s'", owner);
  change(sql);
}

static const Serve *sleeper;

static bool
nothing_of_the_sleepers_left(Place *place) {
  (void)place;
  g_autofree char *owner = owner_pattern(sleeper);
  g_autofree char *sql =
      g_strdup_printf("SELECT count(*) FROM " TASKS " WHERE state = 1 AND owner LIKE '%s'", owner);
  let_time_pass();
  return number(sql) == 0;
}

/* It comes back in the middle of a copy that another one has looked after by then. */
static void
test_stopped(Trial *trial, gconstpointer data) {
  (void)data;
  for (guint i = 0; i < NODES; i++)
    start(trial, i);
  serve_await(trial->nodes[0], "some copies", some_copied);
  for (guint i = 0; i < STOPS; i++) {
    sleeper = trial->nodes[i % 2];
    Serve *other = trial->nodes[2];
    go_on_for(trial, g_test_rand_int_range(50, 500));
    process_signal(sleeper->process, SIGSTOP);
    expire(sleeper);
    serve_await(other, "that the sleeper's tasks are looked after", nothing_of_the_sleepers_left);
    process_signal(sleeper->process, SIGCONT);
  }
  finish(trial);
}

/* ── a database that breaks ── */

static void
break_one_connection(void) {
  number("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname ="
         " current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1");
}

static void
test_database_breaks(Trial *trial, gconstpointer data) {
  (void)data;
  for (guint i = 0; i < NODES; i++)
    start(trial, i);
  for (guint i = 0; i < RESTARTS; i++) {
    for (guint k = 0; k < BREAKS; k++) {
      go_on_for(trial, g_test_rand_int_range(10, 200));
      break_one_connection();
    }
    let_time_pass();
    pg_site_stop(site);
    go_on_for(trial, g_test_rand_int_range(0, 300));
    pg_site_start(site);
  }
  finish(trial);
}

/* ── one machine, files, and somebody at the keyboard ── */

static void
test_files(Trial *trial, gconstpointer data) {
  (void)data;
  Place *place = trial->place;
  for (guint i = 0; i < NODES; i++)
    start(trial, i);
  for (guint i = 0; i < KILLS; i++) {
    guint node = (guint)g_test_rand_int_range(0, NODES);
    g_autoptr(Process) sync = e2e_start(place, "sync --json");
    go_on_for(trial, g_test_rand_int_range(20, 300));
    process_signal(sync, SIGKILL);
    kill_node(trial, node);
    let_time_pass();
    start(trial, node);
  }
  finish(trial);
  assert_one_run_at_a_time();
}

#define ADD(path, set_up, function) g_test_add(path, Trial, NULL, set_up, function, tear_down)

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  const char *why = NULL;
  site = pg_site_new(&why);
  ADD("/nodes-rough/files", set_up_files, test_files);
  if (site != NULL) {
    ADD("/nodes-rough/killed-often", set_up_apart, test_killed_often);
    ADD("/nodes-rough/stopped", set_up_apart, test_stopped);
    ADD("/nodes-rough/database-breaks", set_up_apart, test_database_breaks);
  }
  int result = g_test_run();
  pg_site_free(site);
  return result;
}
