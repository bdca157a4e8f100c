/* Several services on one PostgreSQL: what is due is done once, a node that dies leaves nothing
 * undone and nothing twice, and a database that goes away comes back to a service that waited.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>

#include "../contract/store/pg_site.h"
#include "serve.h"

#define SIM "--generate 4x6x8 --seed 11"
#define SLOW_SIM SIM " --latency-ms 300"

/* Some 250 courses. */
#define MANY_TENANTS 35
#define MANY "--generate 35x10x1 --seed 7"
#define COPIES_AT_LEAST 200
#define COPIES_BEFORE_KILL 40

static PgSite *site;

typedef struct {
  Place *place;
  char *database;
} Trial;

/* The one whose database the waiting functions ask. */
static const Trial *current;

static void
set_up(Trial *trial, gconstpointer tenants) {
  trial->place = e2e_new(GPOINTER_TO_UINT(tenants));
  trial->database = pg_site_database_new(site);
  g_autofree char *url = pg_site_url(site, trial->database);
  e2e_set(trial->place, "store", "path", NULL);
  e2e_set(trial->place, "store", "url", url);
  e2e_set(trial->place, "schedule", "faildelay", "1");
  current = trial;
}

static void
tear_down(Trial *trial, gconstpointer data) {
  (void)data;
  e2e_free(trial->place);
  pg_site_database_drop(site, trial->database);
  g_free(trial->database);
}

static gint64
number(const char *sql) {
  return pg_site_sql(site, current->database, sql);
}

static bool
schedule_kept(Place *place) {
  (void)place;
  return number("SELECT count(*) FROM local_lehrgaengeapi_schedule WHERE met > 0") == 1;
}

static bool
run_is_due_no_more(Place *place) {
  (void)place;
  return number("SELECT count(*) FROM local_lehrgaengeapi_schedule WHERE met > 1000") == 1;
}

static bool
nothing_left(Place *place) {
  (void)place;
  return number("SELECT count(*) FROM local_lehrgaengeapi_task WHERE state <> 2") == 0;
}

static bool
run_is_under_way(Place *place) {
  (void)place;
  return number("SELECT count(*) FROM local_lehrgaengeapi_import_run WHERE status = 'running'") ==
         1;
}

static void
miss_a_run(Place *place) {
  g_autoptr(Serve) serve = serve_start(place);
  serve_await_ready(serve);
  serve_await(serve, "its schedule", schedule_kept);
  g_auto(Said) said = serve_stop(serve);
  number("UPDATE local_lehrgaengeapi_schedule SET met = 1000");
}

/* ── two nodes ── */

static void
test_once(Trial *trial, gconstpointer data) {
  (void)data;
  Place *place = trial->place;
  e2e_sim(place, SIM);
  e2e_fresh_moodle(place);
  miss_a_run(place);
  g_autoptr(Serve) one = serve_start(place);
  g_autoptr(Serve) other = serve_start(place);
  serve_await_ready(one);
  serve_await_ready(other);
  serve_await(one, "the run", run_is_due_no_more);
  serve_await(one, "the copies", nothing_left);
  g_auto(Said) first = serve_stop(one);
  g_auto(Said) second = serve_stop(other);
  g_assert_cmpint(number("SELECT count(*) FROM local_lehrgaengeapi_import_run"), ==, 1);
  g_assert_cmpint(
      number("SELECT count(*) FROM local_lehrgaengeapi_import_run WHERE status = 'success'"), ==,
      1);
}

static bool
some_copied(Place *place) {
  (void)place;
  return number("SELECT count(*) FROM local_lehrgaengeapi_task"
                " WHERE kind = 'content_copy' AND state = 2") >= COPIES_BEFORE_KILL;
}

/* Every course has just what the master courses have, which all have the same. */
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

static void
test_killed(Trial *trial, gconstpointer data) {
  (void)data;
  Place *place = trial->place;
  e2e_sim(place, MANY);
  e2e_fresh_moodle(place);
  e2e_serve_moodle(place, "--latency-ms 30");
  /* So long a course is left alone after a copy of which nobody knows how it ended. */
  e2e_set(place, "moodle", "copy-timeout", "2");
  miss_a_run(place);
  g_autoptr(Serve) doomed = serve_start(place);
  g_autoptr(Serve) other = serve_start(place);
  serve_await(other, "some copies", some_copied);
  process_signal(doomed->process, SIGKILL);
  g_assert_true(process_ends(doomed->process, PROCESS_PATIENCE_S * 1000));
  serve_await(other, "the run", run_is_due_no_more);
  serve_await(other, "the copies", nothing_left);
  g_auto(Said) said = serve_stop(other);
  g_assert_cmpint(number("SELECT count(*) FROM local_lehrgaengeapi_task"
                         " WHERE kind = 'content_copy' AND state = 2"),
                  >=, COPIES_AT_LEAST);
  assert_copied_once(place);
}

/* ── the database goes away ── */

static void
test_database_away(Trial *trial, gconstpointer data) {
  (void)data;
  Place *place = trial->place;
  e2e_sim(place, SLOW_SIM);
  e2e_fresh_moodle(place);
  miss_a_run(place);
  g_autoptr(Serve) serve = serve_start(place);
  serve_await(serve, "the run", run_is_under_way);
  pg_site_stop(site);
  serve_await_log(serve, "cannot be recorded yet");
  g_assert_cmpint(serve_get(serve, "/healthz", NULL), ==, 200);
  g_assert_cmpfloat(serve_metric(serve, "lehrgaenge_store_up"), ==, 0);
  pg_site_start(site);
  serve_await(serve, "a run that ends well", run_is_due_no_more);
  serve_await(serve, "the copies", nothing_left);
  g_assert_cmpint(
      number("SELECT count(*) FROM local_lehrgaengeapi_import_run WHERE status = 'error'"), ==, 1);
  g_assert_cmpint(
      number("SELECT count(*) FROM local_lehrgaengeapi_import_run WHERE status = 'success'"), ==,
      1);
  g_auto(Said) said = serve_stop(serve);
}

/* A service whose database is not there yet starts, says so, and works when it comes. */
static void
test_database_late(Trial *trial, gconstpointer data) {
  (void)data;
  Place *place = trial->place;
  e2e_sim(place, SIM);
  e2e_fresh_moodle(place);
  pg_site_stop(site);
  g_autoptr(Serve) serve = serve_start(place);
  serve_await_log(serve, "waits until that is over");
  g_autofree char *why = NULL;
  g_assert_cmpint(serve_get(serve, "/readyz", &why), ==, 503);
  g_assert_cmpint(serve_get(serve, "/healthz", NULL), ==, 200);
  pg_site_start(site);
  serve_await_ready(serve);
  g_auto(Said) said = serve_stop(serve);
}

/* ── moving ── */

static void
assert_nothing_new(Place *place) {
  g_auto(Said) said = e2e_expect(place, 0, "sync --json");
  json_auto_t *report = e2e_json(&said);
  g_assert_cmpint(e2e_total(report, "courses_created"), ==, 0);
  g_assert_cmpint(e2e_total(report, "users_created"), ==, 0);
  g_assert_cmpint(e2e_total(report, "enrolled"), ==, 0);
}

static void
test_moved(Trial *trial, gconstpointer data) {
  (void)data;
  Place *place = trial->place;
  g_autofree char *url = pg_site_url(site, trial->database);
  e2e_sim(place, SIM);
  e2e_fresh_moodle(place);
  e2e_set(place, "store", "url", NULL);
  e2e_set(place, "store", "path", "store.db");
  e2e_must(place, 0, "sync --json");
  gint64 maps = rows_number(place->store, "SELECT count(*) FROM local_lehrgaengeapi_usermap");

  g_autofree char *there = g_strdup_printf("store copy --from store.db --to '%s'", url);
  e2e_must(place, 0, there);
  g_assert_cmpint(number("SELECT count(*) FROM local_lehrgaengeapi_usermap"), ==, maps);
  e2e_set(place, "store", "path", NULL);
  e2e_set(place, "store", "url", url);
  assert_nothing_new(place);
  e2e_must(place, 0, "runs show 1 --json");
  e2e_must(place, 0, "runs show 2 --json");

  g_autofree char *back = g_strdup_printf("store copy --from '%s' --to back.db", url);
  e2e_must(place, 0, back);
  e2e_set(place, "store", "url", NULL);
  e2e_set(place, "store", "path", "back.db");
  assert_nothing_new(place);
  e2e_must(place, 0, "runs show 3 --json");
}

#define ADD(path, tenants, function)                                                               \
  g_test_add(path, Trial, GUINT_TO_POINTER(tenants), set_up, function, tear_down)

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  const char *why = NULL;
  site = pg_site_new(&why);
  if (site == NULL) {
    g_print("1..0 # SKIP %s\n", why);
    return 0;
  }
  ADD("/nodes/once", 4, test_once);
  ADD("/nodes/killed", MANY_TENANTS, test_killed);
  ADD("/nodes/database-away", 4, test_database_away);
  ADD("/nodes/database-late", 4, test_database_late);
  ADD("/nodes/moved", 4, test_moved);
  int result = g_test_run();
  pg_site_free(site);
  return result;
}
