/* When ZMS is half well or suddenly says something else: what fails stays with who failed, and
 * nobody loses a course by it (issue 2, "Must hold").
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "e2e.h"

#define ALL "--generate 35x10x10"

#define ENROLMENTS "SELECT count(*) FROM mdl_user_enrolments"

static const char *
error_of(const json_t *report, const char *abbr) {
  return json_string_value(json_object_get(e2e_tenant(report, abbr), "error"));
}

static gint64
sum_of(const json_t *tenant, const char *key) {
  gint64 sum = 0;
  size_t at;
  json_t *line;
  json_array_foreach(json_object_get(tenant, "courses"), at, line) sum +=
      json_integer_value(json_object_get(json_object_get(line, "assignments"), key));
  return sum;
}

/* What Moodle holds when the three are not configured at all. */
static char *
meaning_without(Place *place, const char *const *keys) {
  for (; *keys != NULL; keys++)
    e2e_write(place, *keys, "", 0600);
  e2e_fresh_moodle(place);
  e2e_must(place, 0, "sync");
  return e2e_meaning(place);
}

static void
test_three_of_35(void) {
  static const char *const keys[] = { "keys/fd", "keys/r__d", "keys/ks", NULL };
  g_autoptr(Place) place = e2e_new(E2E_ALL_TENANTS);
  e2e_set(place, "zms", "attempts", "2");
  e2e_sim(place, ALL " --tenant-fault RÜD=500 --tenant-fault KS=garbage");
  g_autofree char *wanted = meaning_without(place, keys);

  e2e_sim(place, ALL " --tenant-fault RÜD=500 --tenant-fault KS=garbage"); /* keys anew */
  e2e_write(place, "keys/fd", "the-wrong-key", 0600);
  e2e_fresh_moodle(place);
  g_auto(Said) said = e2e_expect(place, 3, "sync --json");
  json_auto_t *report = e2e_json(&said);
  g_assert_cmpstr(json_string_value(json_object_get(report, "status")), ==, "partial");
  g_assert_cmpint(e2e_total(report, "tenants_failed"), ==, 3);
  g_assert_cmpint(e2e_total(report, "failed"), ==, 0);
  g_autofree char *is = e2e_meaning(place);
  rows_assert_same(is, wanted);

  /* Each with cause and remedy, in the report and as a person reads it. */
  static const struct {
    const char *abbr, *cause, *remedy;
  } failures[] = {
    { "FD", "401 Unauthorized", "apikey" },
    { "RÜD", "500 Internal Server Error", "Tried 2 times." },
    { "KS", "unexpected answer", "Check that baseurl" },
  };
  g_auto(Said) text = e2e_expect(place, 0, "runs show 1");
  for (gsize i = 0; i < G_N_ELEMENTS(failures); i++) {
    const char *error = error_of(report, failures[i].abbr);
    e2e_assert_has(error, failures[i].cause);
    e2e_assert_has(error, failures[i].remedy);
    g_autofree char *line = g_strdup_printf("\n  %s: %s\n", failures[i].abbr, error);
    e2e_assert_has(text.out, line);
  }
  /* tenants tells who was read last when. */
  g_auto(Said) listed = e2e_expect(place, 0, "tenants --json");
  json_auto_t *tenants = e2e_json(&listed);
  for (gsize i = 0; i < G_N_ELEMENTS(failures); i++) {
    const json_t *tenant = e2e_tenant(tenants, failures[i].abbr);
    g_assert_true(json_is_null(json_object_get(tenant, "last_success")));
  }
}

/* The central company's courses are fed by several tenants. */
#define SHARED_COURSE                                                                              \
  "SELECT courseid FROM local_lehrgaengeapi_coursemap WHERE tenant IN ('HP', 'DA')"                \
  " GROUP BY courseid HAVING count(DISTINCT tenant) = 2 ORDER BY 1 LIMIT 1"

static void
test_nobody_removed_without_proof(void) {
  g_autoptr(Place) place = e2e_new(2);
  e2e_sim(place, "--generate 2x120x4");
  e2e_fresh_moodle(place);
  e2e_must(place, 0, "sync");
  gint64 course = rows_number(place->store, SHARED_COURSE);
  g_autofree char *in_course =
                      g_strdup_printf(ENROLMENTS " ue JOIN mdl_enrol e ON e.id = ue.enrolid"
                                                 " WHERE e.courseid = %" G_GINT64_FORMAT,
                                      course),
                  *name = g_strdup_printf(
                      "SELECT shortname FROM mdl_course WHERE id = %" G_GINT64_FORMAT, course),
                  *shortname = rows_text(place->moodle, name);
  gint64 before = rows_number(place->moodle, in_course);
  g_assert_cmpint(before, >, 0);
  e2e_tell(place, "PUT", "/__control/cancel?tenant=HP&percent=100");
  e2e_tell(place, "PUT", "/__control/fault?tenant=DA&fault=401");

  g_auto(Said) said = e2e_expect(place, 3, "sync --allow-removals --json");
  json_auto_t *report = e2e_json(&said);
  g_assert_cmpint(rows_number(place->moodle, in_course), ==, before);
  /* HP's own courses are proven: there the removals are done. */
  g_assert_cmpint(e2e_total(report, "unenrolled"), >, 0);
  g_assert_cmpint(e2e_total(report, "unproven"), >, 0);
  g_auto(Said) text = e2e_expect(place, 0, "runs show 2");
  e2e_assert_has(text.out, "Nobody was removed from these courses");
  e2e_assert_has(text.out, shortname);

  /* Limited to HP and all well: the other Lehrgänge of the course are read by id, so it is proven.
   */
  e2e_tell(place, "PUT", "/__control/fault?tenant=DA&fault=none");
  g_auto(Said) later = e2e_expect(place, 0, "sync --tenant HP --allow-removals --json");
  json_auto_t *done = e2e_json(&later);
  g_assert_cmpint(e2e_total(done, "unproven"), ==, 0);
  g_assert_cmpint(rows_number(place->moodle, in_course), <, before);
}

static void
test_mass_cancellation(void) {
  g_autoptr(Place) place = e2e_new(6);
  e2e_sim(place, "--generate 6x10x10");
  e2e_fresh_moodle(place);
  e2e_must(place, 0, "sync");
  gint64 enrolled = rows_number(place->moodle, ENROLMENTS);
  /* One tenant's data turns over; another's changes by a few. */
  e2e_tell(place, "PUT", "/__control/cancel?tenant=GG&percent=80");
  e2e_tell(place, "PUT", "/__control/cancel?tenant=HP&percent=5");

  g_auto(Said) planned = e2e_expect(place, 4, "plan --json");
  json_auto_t *plan = e2e_json(&planned);
  g_assert_cmpint(rows_number(place->moodle, ENROLMENTS), ==, enrolled);

  g_auto(Said) said = e2e_expect(place, 4, "sync --json");
  json_auto_t *report = e2e_json(&said);
  g_assert_cmpstr(json_string_value(json_object_get(report, "status")), ==, "held");
  const json_t *held = json_object_get(report, "held");
  g_assert_cmpuint(json_array_size(held), ==, 1);
  g_assert_cmpstr(json_string_value(json_object_get(json_array_get(held, 0), "company")), ==, "GG");
  gint64 held_back = e2e_total(report, "held"), done = e2e_total(report, "unenrolled");
  g_assert_cmpint(held_back, >, 20);
  g_assert_cmpint(held_back, ==,
                  json_integer_value(json_object_get(json_array_get(held, 0), "removals")));
  g_assert_cmpint(sum_of(e2e_tenant(report, "GG"), "held"), ==, held_back);
  g_assert_cmpint(sum_of(e2e_tenant(report, "HP"), "unenrolled"), >, 0);
  g_assert_cmpint(rows_number(place->moodle, ENROLMENTS), ==, enrolled - done);
  g_assert_true(json_equal(json_object_get(plan, "held"), held));
  g_auto(Said) text = e2e_expect(place, 4, "sync");
  e2e_assert_has(text.out, "If they are right: lehrgaenge sync --allow-removals\n");
  e2e_assert_has(text.out, "  GG: ");
  /* What is advised covers no more than what was looked at. */
  g_autoptr(GDateTime) today = g_date_time_new_now_local();
  g_autofree char *only = g_strdup_printf("--year %d --tenant GG", g_date_time_get_year(today));
  g_autofree char *look = g_strdup_printf("plan %s", only);
  g_autofree char *advice =
      g_strdup_printf("If they are right: lehrgaenge sync %s --allow-removals\n", only);
  g_auto(Said) one = e2e_expect(place, 4, look);
  e2e_assert_has(one.out, advice);

  g_auto(Said) allowed = e2e_expect(place, 0, "sync --allow-removals --json");
  json_auto_t *after = e2e_json(&allowed);
  g_assert_cmpstr(json_string_value(json_object_get(after, "status")), ==, "success");
  g_assert_cmpint(e2e_total(after, "unenrolled"), ==, held_back);
  g_assert_cmpint(rows_number(place->moodle, ENROLMENTS), ==, enrolled - done - held_back);
  g_auto(Said) again = e2e_expect(place, 0, "sync --json");
  json_auto_t *nothing = e2e_json(&again);
  g_assert_cmpint(e2e_total(nothing, "unenrolled"), ==, 0);
}

/* check: 0 when a run would do all it should, 1 when it would leave a tenant out. */
static void
test_check(void) {
  g_autoptr(Place) place = e2e_new(3);
  e2e_set(place, "zms", "attempts", "1");
  e2e_sim(place, "--generate 3x4x5");
  e2e_fresh_moodle(place);
  g_auto(Said) well = e2e_expect(place, 0, "check");
  e2e_assert_has(well.out, "All well.");
  g_auto(Said) first = e2e_expect(place, 0, "check --json");
  json_auto_t *good = e2e_json(&first);
  g_assert_true(json_is_true(json_object_get(good, "ok")));

  static const char *const faults[] = { "401", "500", "garbage" };
  for (gsize i = 0; i < G_N_ELEMENTS(faults); i++) {
    g_autofree char *path = g_strdup_printf("/__control/fault?tenant=DA&fault=%s", faults[i]);
    e2e_tell(place, "PUT", path);
    g_auto(Said) said = e2e_expect(place, 1, "check");
    e2e_assert_has(said.out, "error: DA: ");
    e2e_assert_has(said.out, "1 error");
    g_auto(Said) json = e2e_expect(place, 1, "check --json");
    json_auto_t *bad = e2e_json(&json);
    g_assert_true(json_is_false(json_object_get(bad, "ok")));
    g_assert_true(json_is_string(json_object_get(e2e_tenant(bad, "DA"), "error")));
    g_assert_true(json_is_null(json_object_get(e2e_tenant(bad, "HP"), "error")));
  }
  g_assert_false(g_file_test(place->store, G_FILE_TEST_EXISTS));
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/partial/three-of-35", test_three_of_35);
  g_test_add_func("/partial/nobody-removed-without-proof", test_nobody_removed_without_proof);
  g_test_add_func("/partial/mass-cancellation", test_mass_cancellation);
  g_test_add_func("/partial/check", test_check);
  return g_test_run();
}
