/* Running again: nothing changes, a plan changes nothing, and one run at a time.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>

#include "e2e.h"

#define SIX_TENANTS "--generate 6x8x10"

static const char *const no_work[] = {
  "courses_created", "users_created", "users_updated", "enrolled",           "unenrolled",
  "completed",       "groups",        "memberships",   "lehrgaenge_created",
};

/* Issue 2: "The second run of the same data has only zeros among created, enrolled, unenrolled,
 * completed, and leaves the embedded file with the same rows." */
static void
test_second_run(void) {
  g_autoptr(Place) place = e2e_new(E2E_ALL_TENANTS);
  e2e_sim(place, "--generate 35x10x10");
  e2e_fresh_moodle(place);
  g_auto(Said) first = e2e_expect(place, 0, "sync --json");
  json_auto_t *report = e2e_json(&first);
  g_assert_cmpstr(json_string_value(json_object_get(report, "status")), ==, "success");
  g_assert_cmpint(e2e_total(report, "courses_created"), >, 100);
  g_assert_cmpint(e2e_total(report, "users_created"), >, 1000);
  g_assert_cmpint(e2e_total(report, "enrolled"), >, 1000);
  g_assert_cmpint(e2e_total(report, "completed"), >, 500);
  g_assert_cmpint(rows_number(place->moodle, "SELECT count(*) FROM mdl_user_enrolments"), ==,
                  e2e_total(report, "enrolled"));
  g_assert_cmpint(
      rows_number(place->moodle,
                  "SELECT count(*) FROM mdl_course_completions WHERE timecompleted > 0"),
      ==, e2e_total(report, "completed"));

  g_autofree char *before = rows_all(place->moodle, "mdl_");
  g_auto(Said) second = e2e_expect(place, 0, "sync --json");
  json_auto_t *again = e2e_json(&second);
  for (gsize i = 0; i < G_N_ELEMENTS(no_work); i++) {
    g_test_message("%s", no_work[i]);
    g_assert_cmpint(e2e_total(again, no_work[i]), ==, 0);
  }
  g_assert_cmpint(e2e_total(again, "alreadyenrolled"), ==, e2e_total(report, "enrolled"));
  g_autofree char *after = rows_all(place->moodle, "mdl_");
  rows_assert_same(after, before);
}

/* The first Teilnehmer whose enrolment can be cancelled: in one Lehrgang only, enrolled. */
static char *
someone_enrolled(const Place *place, char **lehrgang, char **course) {
  g_autofree char *row = rows_text(
      place->store, "SELECT person || x'0a' || lehrgang || x'0a' || shortname"
                    " FROM local_lehrgaengeapi_journal j WHERE kind = 'enrol' AND person IN"
                    "  (SELECT person FROM local_lehrgaengeapi_journal WHERE kind = 'enrol'"
                    "   GROUP BY person HAVING count(*) = 1)"
                    " AND lehrgang LIKE 'HP-LG-%' AND lehrgang NOT LIKE '%/%' ORDER BY id LIMIT 1");
  g_auto(GStrv) parts = g_strsplit(row, "\n", 3);
  *lehrgang = g_strdup(parts[1]);
  *course = g_strdup(parts[2]);
  return g_strdup(parts[0]);
}

static void
test_plan_shows_the_one_change(void) {
  g_autoptr(Place) place = e2e_new(6);
  e2e_sim(place, SIX_TENANTS);
  e2e_fresh_moodle(place);
  e2e_must(place, 0, "sync");
  g_autofree char *lehrgang = NULL, *course = NULL,
                  *person = someone_enrolled(place, &lehrgang, &course);
  g_autofree char *change = g_strdup_printf("/__control/status?tenant=HP&lehrgang=%s&teilnehmer=%s"
                                            "&status=S100_STORNIERT_KREIS",
                                            lehrgang, person);
  e2e_tell(place, "PUT", change);
  g_autofree char *moodle = rows_all(place->moodle, ""), *store = rows_all(place->store, "");

  g_auto(Said) said = e2e_expect(place, 0, "plan --json");
  json_auto_t *plan = e2e_json(&said);
  json_t *steps = json_object_get(plan, "steps"), *step = json_array_get(steps, 0);
  g_assert_cmpuint(json_array_size(steps), ==, 1);
  g_assert_cmpstr(json_string_value(json_object_get(step, "kind")), ==, "unenrol");
  g_assert_cmpstr(json_string_value(json_object_get(step, "person")), ==, person);
  g_assert_cmpstr(json_string_value(json_object_get(step, "course")), ==, course);
  g_assert_cmpint(e2e_total(plan, "unenrolled"), ==, 1);
  g_assert_cmpint(e2e_total(plan, "enrolled"), ==, 0);
  g_auto(Said) text = e2e_expect(place, 0, "plan");
  e2e_assert_has(text.out, person);
  e2e_assert_has(text.out, "S100_STORNIERT_KREIS");
  g_auto(Said) dry = e2e_expect(place, 0, "sync --dry-run --json");
  json_auto_t *dry_plan = e2e_json(&dry);
  g_assert_true(json_equal(json_object_get(dry_plan, "steps"), steps));

  g_autofree char *moodle_after = rows_all(place->moodle, ""),
                  *store_after = rows_all(place->store, "");
  rows_assert_same(moodle_after, moodle);
  rows_assert_same(store_after, store);

  g_auto(Said) then = e2e_expect(place, 0, "sync --json");
  json_auto_t *report = e2e_json(&then);
  g_assert_cmpint(e2e_total(report, "unenrolled"), ==, 1);
}

/* Before the first run there is no store, and looking makes none. */
static void
test_plan_makes_no_store(void) {
  g_autoptr(Place) place = e2e_new(2);
  e2e_sim(place, "--generate 2x4x5");
  e2e_fresh_moodle(place);
  g_autofree char *before = rows_all(place->moodle, "");
  g_auto(Said) said = e2e_expect(place, 0, "plan --json");
  json_auto_t *plan = e2e_json(&said);
  g_assert_cmpint(e2e_total(plan, "users_created"), >, 0);
  g_assert_false(g_file_test(place->store, G_FILE_TEST_EXISTS));
  g_autofree char *after = rows_all(place->moodle, "");
  rows_assert_same(after, before);
}

static void
test_two_at_once(void) {
  g_autoptr(Place) place = e2e_new(6);
  e2e_sim(place, SIX_TENANTS " --latency-ms 1500");
  e2e_fresh_moodle(place);
  g_autoptr(Process) first = e2e_start(place, "sync");
  g_assert_true(e2e_await_phase(place, first, NULL));
  gint64 asked = e2e_stat(place, "requests");
  g_auto(Said) second = e2e_expect(place, 75, "sync");
  g_assert_cmpstr(second.out, ==, "");
  g_assert_true(g_str_has_prefix(second.err, "lehrgaenge: another run holds the lock: process "));
  g_assert_cmpstr(strchr(second.err, '\n'), ==, "\n");
  g_auto(Said) third = e2e_expect(place, 75, "sync --json --year 2026 --tenant HP");
  json_auto_t *document = e2e_json(&third);
  g_assert_cmpstr(json_string_value(json_object_get(document, "status")), ==, "skipped");
  /* "At once": before the first has got its first answers, and without asking ZMS anything. */
  g_assert_false(process_ends(first, 0));
  g_assert_cmpint(e2e_stat(place, "requests"), <=, asked + 8);
  process_signal(first, SIGINT);
  g_auto(Said) said = process_wait(first);
  g_assert_cmpint(said.code, ==, 1);

  /* Both are on record (SPEC 6). */
  g_assert_cmpint(rows_number(place->store, "SELECT count(*) FROM local_lehrgaengeapi_import_run"
                                            " WHERE status = 'skipped'"),
                  ==, 2);

  /* The lock is free again. */
  e2e_sim(place, SIX_TENANTS);
  e2e_must(place, 0, "sync");
}

/* "--json prints one document on standard output, logs and progress go to standard error." */
static void
test_json_is_one_document(void) {
  static const char *const lines[] = {
    "plan --json",
    "sync --dry-run --json",
    "sync --json",
    "sync --json -vv",
    "sync --json --year 2026 --tenant HP",
    "runs --json",
    "runs show 1 --json",
    "tenants --json",
    "check --json",
    "tasks --json",
    "tasks --all --json",
    "-vv check --json",
  };
  g_autoptr(Place) place = e2e_new(2);
  e2e_sim(place, "--generate 2x4x5");
  e2e_fresh_moodle(place);
  for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
    g_auto(Said) said = e2e_expect(place, 0, lines[i]);
    json_auto_t *document = e2e_json(&said);
    g_assert_true(json_is_object(document));
  }
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/rerun/second-run", test_second_run);
  g_test_add_func("/rerun/plan", test_plan_shows_the_one_change);
  g_test_add_func("/rerun/plan-makes-no-store", test_plan_makes_no_store);
  g_test_add_func("/rerun/two-at-once", test_two_at_once);
  g_test_add_func("/rerun/json", test_json_is_one_document);
  return g_test_run();
}
