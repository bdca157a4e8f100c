/* `lehrgaenge schedule` as a user calls it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <jansson.h>
#include <unistd.h>

#include "base/date.h"
#include "base/text.h"
#include "program.h"
#include "scheduler/lease.h"
#include "scheduler/scheduler.h"
#include "store/sqlite.h"
#include "sync/run.h"

#define EXPRESSION "0 3 * * 0"  /* the default */
#define FIRST_SUNDAY 1772935200 /* 2026-03-08 03:00:00 in Berlin */

static Store *
open_store(const Place *place) {
  autochar path = g_build_filename(place->folder, "lehrgaenge.db", NULL);
  g_autoptr(GError) error = NULL;
  Store *store = store_sqlite_open(path, &error);
  g_assert_no_error(error);
  return store;
}

static void
put_state(const Place *place, StoreSchedule state) {
  g_autoptr(Store) store = open_store(place);
  g_assert_true(store->class->schedule_put(store, SCHEDULER_SYNC, &state, NULL));
}

static gint64
real_now(void) {
  return g_get_real_time() / G_USEC_PER_SEC;
}

/* The last and the next due time of the default schedule. */
static gint64
last_sunday(void) {
  g_autoptr(GTimeZone) zone = g_time_zone_new_identifier("Europe/Berlin");
  g_autoptr(Cron) cron = cron_parse(EXPRESSION, NULL);
  return cron_last(cron, zone, real_now());
}

static char *
berlin(gint64 time) {
  g_autoptr(GTimeZone) zone = g_time_zone_new_identifier("Europe/Berlin");
  return date_format(time, zone);
}

static Said
call(const Place *place, const char *options) {
  autochar line = g_strdup_printf("-c my.conf schedule%s", options);
  Said said = program_call(place->folder, line);
  g_assert_cmpstr(said.err, ==, "");
  g_assert_cmpint(said.code, ==, 0);
  return said;
}

static json_t *
call_json(const Place *place, const char *options) {
  autochar all = g_strconcat(" --json", options, NULL);
  g_auto(Said) said = call(place, all);
  json_t *document = json_loads(said.out, 0, NULL);
  g_assert_nonnull(document);
  return document;
}

static gint64
number(const json_t *document, const char *key) {
  const json_t *value = json_object_get(document, key);
  g_assert_true(json_is_integer(value));
  return json_integer_value(value);
}

static void
assert_null(const json_t *document, const char *key) {
  g_assert_true(json_is_null(json_object_get(document, key)));
}

static void
test_no_store(Place *place, gconstpointer data) {
  (void)data;
  g_auto(Said) said = call(place, "");
  g_auto(GStrv) lines = g_strsplit(said.out, "\n", -1);
  g_assert_cmpuint(g_strv_length(lines), ==, 2 + 1 + 1 + 5 + 1);
  g_assert_cmpstr(lines[0], ==, "Schedule:  0 3 * * 0 (Europe/Berlin)");
  g_assert_cmpstr(lines[1], ==,
                  "Last met:  never; the service (lehrgaenge serve) has not run with this store");
  g_assert_true(g_regex_match_simple("^Next +Weekday +In$", lines[3], 0, 0));
  for (guint i = 4; i < 9; i++)
    g_assert_true(g_regex_match_simple(
        "^20[0-9]{2}-[0-9]{2}-[0-9]{2} 03:00:00  Sunday +[0-9]+ (d [0-9]{2} h|h [0-9]{2} min|"
        "min [0-9]{2} s|s)$",
        lines[i], 0, 0));
  g_assert_true(g_regex_match_simple(" (2[789]|3[0-5]) d [0-9]{2} h$", lines[8], 0, 0));
  autochar store = g_build_filename(place->folder, "lehrgaenge.db", NULL);
  g_assert_false(g_file_test(store, G_FILE_TEST_EXISTS));
}

static void
test_json(Place *place, gconstpointer data) {
  (void)data;
  json_auto_t *document = call_json(place, " --count 2");
  g_assert_cmpstr(json_string_value(json_object_get(document, "expression")), ==, EXPRESSION);
  g_assert_cmpstr(json_string_value(json_object_get(document, "timezone")), ==, "Europe/Berlin");
  g_assert_cmpint(number(document, "faildelay"), ==, 60);
  g_assert_true(json_is_false(json_object_get(document, "in_force")));
  const json_t *next = json_object_get(document, "next");
  g_assert_cmpuint(json_array_size(next), ==, 2);
  gint64 first = json_integer_value(json_array_get(next, 0));
  g_autoptr(GTimeZone) zone = g_time_zone_new_identifier("Europe/Berlin");
  g_autoptr(Cron) cron = cron_parse(EXPRESSION, NULL);
  g_assert_cmpint(cron_last(cron, zone, first), ==, first);
  g_assert_cmpint(json_integer_value(json_array_get(next, 1)), ==, cron_next(cron, zone, first));
  assert_null(document, "last_met");
  assert_null(document, "due");
  assert_null(document, "retry");
  assert_null(document, "running");
}

static void
test_met(Place *place, gconstpointer data) {
  (void)data;
  gint64 met = last_sunday();
  put_state(place, (StoreSchedule){ .expression = (char *)EXPRESSION, .met = met });
  g_auto(Said) said = call(place, "");
  autochar text = berlin(met);
  autochar line = g_strdup_printf("\nLast met:  Sunday %s\n", text);
  assert_has(said.out, line);
  g_assert_null(strstr(said.out, "Due:"));
  g_assert_null(strstr(said.out, "Under way:"));
  json_auto_t *document = call_json(place, "");
  g_assert_true(json_is_true(json_object_get(document, "in_force")));
  g_assert_cmpint(number(document, "last_met"), ==, met);
  assert_null(document, "due");
}

/* Begun between two due times: none was met. */
static void
test_never_met(Place *place, gconstpointer data) {
  (void)data;
  gint64 since = real_now() - 1;
  put_state(place, (StoreSchedule){ .expression = (char *)EXPRESSION, .met = since });
  g_auto(Said) said = call(place, "");
  autochar text = berlin(since);
  autochar line = g_strdup_printf("\nLast met:  never; in force since %s\n", text);
  assert_has(said.out, line);
  json_auto_t *document = call_json(place, "");
  assert_null(document, "last_met");
}

static void
test_other_expression(Place *place, gconstpointer data) {
  (void)data;
  put_state(place, (StoreSchedule){ .expression = (char *)"@daily", .met = 1000, .failures = 3 });
  g_auto(Said) said = call(place, "");
  assert_has(said.out, "\nLast met:  never; the service still goes by @daily, and begins with this "
                       "when it reads its configuration again\n");
  g_assert_null(strstr(said.out, "Due:"));
  json_auto_t *document = call_json(place, "");
  g_assert_true(json_is_false(json_object_get(document, "in_force")));
  g_assert_cmpint(number(document, "failures"), ==, 0);
}

static void
test_not_met(Place *place, gconstpointer data) {
  (void)data;
  gint64 due = last_sunday(), retry = real_now() + 3600;
  StoreSchedule state = { .expression = (char *)EXPRESSION, .met = FIRST_SUNDAY };
  autochar due_text = berlin(due);
  put_state(place, state);
  g_auto(Said) fresh = call(place, "");
  autochar line = g_strdup_printf(
      "\nDue:       Sunday %s, not met; not tried yet, now to be done by the service\n", due_text);
  assert_has(fresh.out, line);

  state.failures = 1;
  put_state(place, state);
  g_auto(Said) again = call(place, "");
  assert_has(again.out, "not met; tried 1 time, now to be done by the service\n");
  json_auto_t *now = call_json(place, "");
  g_assert_cmpint(number(now, "due"), ==, due);
  assert_null(now, "retry");

  state.failures = 6;
  state.retry = retry;
  put_state(place, state);
  g_auto(Said) later = call(place, "");
  autochar retry_text = berlin(retry);
  autochar told = g_strdup_printf("not met; tried 6 times, again at %s (in ", retry_text);
  assert_has(later.out, told);
  json_auto_t *document = call_json(place, "");
  g_assert_cmpint(number(document, "due"), ==, due);
  g_assert_cmpint(number(document, "failures"), ==, 6);
  g_assert_cmpint(number(document, "retry"), ==, retry);
  g_assert_cmpint(number(document, "last_met"), ==, FIRST_SUNDAY);
}

/* The lock of runs, by whoever has it. */
static void
take_lock(const Place *place, const char *owner, gint64 ttl) {
  g_autoptr(Store) store = open_store(place);
  bool taken = false;
  g_assert_true(store->class->lock_take(store, RUN_LOCK, owner, real_now(), ttl, NULL, NULL, NULL,
                                        &taken, NULL));
  g_assert_true(taken);
}

static void
test_under_way(Place *place, gconstpointer data) {
  (void)data;
  autochar owner = lease_owner();
  take_lock(place, owner, 300);
  g_auto(Said) said = call(place, "");
  autochar line = g_strdup_printf("\nUnder way: a run by process %d on host ", (int)getpid());
  assert_has(said.out, line);
  json_auto_t *document = call_json(place, "");
  const json_t *running = json_object_get(document, "running");
  assert_has(json_string_value(json_object_get(running, "holder")), "on host ");
  g_assert_cmpint(number(running, "since"), >, FIRST_SUNDAY);
}

/* Nobody gave it back, and it is over all the same. */
static void
test_lock_expired(Place *place, gconstpointer data) {
  (void)data;
  take_lock(place, "someone", -10);
  g_auto(Said) said = call(place, "");
  g_assert_null(strstr(said.out, "Under way:"));
}

static void
test_wrong_usage(Place *place, gconstpointer data) {
  (void)data;
  const char *const wrong[] = { "--count 0", "--count 1001", "--count -1", "--count x", "soon" };
  for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
    autochar line = g_strdup_printf("-c my.conf schedule %s", wrong[i]);
    g_auto(Said) said = program_call(place->folder, line);
    g_assert_cmpint(said.code, ==, 2);
    g_assert_cmpstr(said.out, ==, "");
    g_assert_cmpuint(program_lines(said.err), ==, 1);
  }
  g_auto(Said) most = program_call(place->folder, "-c my.conf schedule --count 1000");
  g_assert_cmpuint(program_lines(most.out), ==, 4 + 1000);
}

static void
test_store_that_is_none(Place *place, gconstpointer data) {
  (void)data;
  autochar path = g_build_filename(place->folder, "lehrgaenge.db", NULL);
  g_assert_true(g_file_set_contents(path, "this is a shopping list and not a database", -1, NULL));
  g_auto(Said) said = program_call(place->folder, "-c my.conf schedule");
  g_assert_cmpint(said.code, ==, 1);
  g_assert_cmpstr(said.out, ==, "");
  assert_has(said.err, "lehrgaenge.db");
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define add(name, function)                                                                        \
  g_test_add("/cli-schedule/" name, Place, NULL, program_set_up, function, program_tear_down)
  add("no-store", test_no_store);
  add("json", test_json);
  add("met", test_met);
  add("never-met", test_never_met);
  add("other-expression", test_other_expression);
  add("not-met", test_not_met);
  add("under-way", test_under_way);
  add("lock-expired", test_lock_expired);
  add("wrong-usage", test_wrong_usage);
  add("store-that-is-none", test_store_that_is_none);
  return g_test_run();
}
