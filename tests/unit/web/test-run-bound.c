/* A run's page and its files: what each may see, and what is shown where a report is short, old,
 * damaged or not there.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "run_case.h"

/* ── who sees what ── */

/* A run of everybody in which all that is not FD's has these two signs on it. */
#define CANARY "KANARIE"
#define CANARY_NUMBER 424242

static json_t *
canary_tenant(const char *abbr) {
  json_t *tenant = run_case_tenant(abbr, CANARY " county", CANARY_NUMBER);
  g_autofree char *shortname = g_strdup_printf("%s-" CANARY "-26", abbr);
  json_t *course = run_case_course(CANARY_NUMBER, shortname, CANARY "-lehrgang", CANARY_NUMBER);
  const char *key;
  json_t *value;
  json_object_foreach(json_object_get(course, "users"), key, value)
      json_integer_set(value, CANARY_NUMBER);
  json_object_foreach(json_object_get(course, "assignments"), key, value)
      json_integer_set(value, CANARY_NUMBER);
  run_case_add(tenant, "courses", course);
  json_object_set_new(tenant, "error", json_string(CANARY " error"));
  json_object_set_new(tenant, "created", json_integer(CANARY_NUMBER));
  json_object_set_new(json_object_get(tenant, "skip_reasons"), CANARY, json_integer(1));
  run_case_add(tenant, "failed",
               json_pack("{s:s, s:s}", "id", CANARY, "error", "FD-F-I-26: " CANARY));
  run_case_add(tenant, "left_out",
               json_pack("{s:s, s:s, s:s, s:s}", "lehrgang", CANARY, "where", CANARY, "id", CANARY,
                         "why", CANARY));
  return tenant;
}

static json_t *
held_json(const char *company) {
  return json_pack("{s:s, s:i, s:i, s:i}", "company", company, "removals", CANARY_NUMBER,
                   "enrolled", CANARY_NUMBER, "allowed", CANARY_NUMBER);
}

static json_t *
canary_report(void) {
  json_t *report = run_case_report();
  json_t *fd = run_case_tenant("FD", "Landkreis Fulda", 2);
  run_case_add(fd, "courses", run_case_course(101, "FD-F-I-26", "L-1", 12));
  run_case_add(fd, "courses", run_case_course(102, "HLFS-F-II-26", "L-2", 1));
  run_case_add(report, "tenants", canary_tenant("HP"));
  run_case_add(report, "tenants", fd);
  run_case_add(report, "tenants", canary_tenant("HLFS"));
  json_object_set_new(report, "totals",
                      json_pack("{s:i, s:i, s:i}", "enrolled", CANARY_NUMBER, "failed",
                                CANARY_NUMBER, "lehrgaenge_total", CANARY_NUMBER));
  json_object_set_new(report, "error", json_string("HP: " CANARY " error"));
  run_case_add(report, "held", held_json("HP"));
  run_case_add(report, "held", held_json("HLFS"));
  run_case_add(report, "held", held_json("all companies"));
  run_case_add(report, "unproven",
               json_pack("{s:s, s:s}", "shortname", "HP-" CANARY "-26", "why", CANARY));
  run_case_add(report, "unproven",
               json_pack("{s:s, s:s}", "shortname", "FD-F-I-26", "why", "HP " CANARY));
  run_case_add(report, "warnings", json_string("participant " CANARY));
  json_object_set_new(json_object_get(report, "unknown_statuses"), CANARY,
                      json_integer(CANARY_NUMBER));
  json_object_set_new(report, "content_copies",
                      json_pack("{s:i, s:i}", "waiting", CANARY_NUMBER, "failed", CANARY_NUMBER));
  json_object_set_new(report, "requests", json_pack("{s:i}", "sent", CANARY_NUMBER));
  json_object_set_new(report, "seconds", json_pack("{s:i}", CANARY, CANARY_NUMBER));
  json_object_set_new(report, "steps", json_pack("[{s:s}]", "person", CANARY));
  json_object_set_new(report, "of_a_later_version", json_pack("{s:s}", "name", CANARY));
  return report;
}

static void
assert_no_canary(WebCase *test) {
  web_case_has_not(test, CANARY);
  web_case_has_not(test, "424242");
  web_case_has_not(test, "424,242");
  web_case_has_not(test, "424.242");
  web_case_has_not(test, "HP-");
  web_case_has_not(test, ">HP<");
  web_case_has_not(test, "\"HP\"");
}

static void
test_bound(void) {
  static const char *const targets[] = { "",
                                         "?language=de",
                                         "?tenant=FD&sort=-enrolled",
                                         "?only=changes",
                                         "?only=failures",
                                         "?q=F-I",
                                         "/download/courses.csv",
                                         "/download/courses.csv?language=de",
                                         "/download/report.json" };
  g_autoptr(WebCase) test = web_case_new(NULL);
  gint64 run = run_case_put(test, RUN_HELD, "FD,HP,HLFS", canary_report());
  /* The signs are there for who sees all. */
  run_case_get(test, NULL, run, "");
  web_case_has(test, CANARY);
  web_case_has(test, "424,242");
  for (guint i = 0; i < G_N_ELEMENTS(targets); i++) {
    g_assert_cmpuint(run_case_get(test, "FD", run, targets[i]), ==, 200);
    assert_no_canary(test);
  }
  run_case_get(test, "FD", run, "");
  web_case_has(test, "<dd>FD</dd>");
  web_case_has(test, "2 courses.");
  run_case_total(test, "Enrolled", "13");
  run_case_total(test, "Lehrgänge", "2");
  web_case_has(test, "Ask an administrator why.");
  web_case_has(test, "Removals held by the guard");
  web_case_has(test, "<strong>FD-F-I-26</strong></li>");
  web_case_has(test, "More for the administrators");
  /* Another tenant's filter finds nothing and tells nothing. */
  run_case_get(test, "FD", run, "?tenant=HP");
  web_case_has(test, "No course fits that.");
  run_case_get(test, "FD", run, "?q=" CANARY);
  web_case_has(test, "No course fits that.");
  g_assert_cmpuint(run_case_count(test, CANARY), ==,
                   1 + run_case_count(test, "%3Dkanarie") + run_case_count(test, "q%3D" CANARY) +
                       run_case_count(test, "q=" CANARY));
}

/* Whoever is bound to the central tenant sees its rows, and not what is held in a company that
 * other tenants feed. */
static void
test_bound_to_central(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  json_t *report = run_case_report();
  json_t *hlfs = run_case_tenant("HLFS", "Landesfeuerwehrschule", 1);
  run_case_add(hlfs, "courses", run_case_course(1, "HLFS-F-II-26", "L-1", 2));
  run_case_add(report, "tenants", hlfs);
  run_case_add(report, "held", held_json("HLFS"));
  gint64 run = run_case_put(test, RUN_HELD, "", report);
  run_case_get(test, "HLFS", run, "");
  assert_no_canary(test);
  web_case_has(test, "HLFS-F-II-26");
  web_case_has(test, "Removals held by the guard");
}

static void
test_bound_held(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  gint64 run = run_case_put(test, RUN_PARTIAL, "", run_case_troubled());
  run_case_get(test, "FD", run, "");
  web_case_has(test, "<strong>FD</strong>: 30 of 40 people");
  web_case_has_not(test, "HP could not be read");
  web_case_has_not(test, "GEPARKT");
}

static void
test_bound_document(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  gint64 run = run_case_put(test, RUN_HELD, "", canary_report());
  run_case_get(test, "FD", run, "/download/report.json");
  json_auto_t *document = web_case_json(test);
  json_t *totals = json_object_get(document, "totals");
  g_assert_cmpint(json_array_size(json_object_get(document, "tenants")), ==, 1);
  g_assert_cmpint(json_integer_value(json_object_get(totals, "enrolled")), ==, 13);
  g_assert_cmpint(json_integer_value(json_object_get(totals, "lehrgaenge_total")), ==, 2);
  g_assert_cmpstr(json_string_value(json_object_get(document, "status")), ==, "partial");
  /* Who sees all gets it as it is. */
  run_case_get(test, NULL, run, "/download/report.json");
  json_auto_t *whole = web_case_json(test);
  json_auto_t *expected = canary_report();
  g_assert_true(json_equal(whole, expected));
}

static void
test_not_found(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  gint64 run = run_case_put(test, RUN_SUCCESS, "HP,GI", run_case_small());
  static const char *const targets[] = { "", "/download/courses.csv", "/download/report.json",
                                         "/download/journal.csv" };
  for (guint i = 0; i < G_N_ELEMENTS(targets); i++) {
    g_assert_cmpuint(run_case_get(test, "FD", run, targets[i]), ==, 404);
    web_case_has_not(test, "HP");
    g_assert_cmpuint(run_case_get(test, "FD,HP", run, targets[i]), ==, 200);
    g_assert_cmpuint(run_case_get(test, NULL, run + 1, targets[i]), ==, 404);
  }
  g_autoptr(WebPrincipal) viewer = web_case_who(ROLE_VIEWER, NULL);
  g_assert_cmpuint(web_case_get(test, viewer, "/runs/x"), ==, 404);
  g_assert_cmpuint(web_case_get(test, viewer, "/runs/-1"), ==, 404);
  g_assert_cmpuint(web_case_get(test, viewer, "/runs/1/download/else.csv"), ==, 404);
}

/* ── little or nothing to show ── */

static void
test_without_report(void) {
  static const struct {
    RunStatus status;
    const char *text;
  } cases[] = {
    { RUN_SKIPPED, "because another one was under way" },
    { RUN_INTERRUPTED, "cut short before it could write a report" },
    { RUN_ERROR, "failed and left no report" },
    { RUN_SUCCESS, "left no report" },
  };
  g_autoptr(WebCase) test = web_case_new(NULL);
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    gint64 run = run_case_put_text(test, cases[i].status, "", NULL);
    g_assert_cmpuint(run_case_get(test, NULL, run, ""), ==, 200);
    web_case_has(test, cases[i].text);
    web_case_has_not(test, "courses.csv");
    g_assert_cmpuint(run_case_get(test, NULL, run, "/download/report.json"), ==, 404);
    web_case_has(test, "This run has no report.");
    g_assert_cmpuint(run_case_get(test, NULL, run, "/download/journal.csv"), ==, 200);
  }
}

static void
test_damaged(void) {
  static const char *const damaged[] = { "{\"tenants\":[", "[]", "null", "\"x\"", "{\"a\":1}}" };
  g_autoptr(WebCase) test = web_case_new(NULL);
  for (guint i = 0; i < G_N_ELEMENTS(damaged); i++) {
    gint64 run = run_case_put_text(test, RUN_SUCCESS, "", damaged[i]);
    g_assert_cmpuint(run_case_get(test, NULL, run, ""), ==, 200);
    web_case_has(test, "The report of this run is damaged");
    g_assert_cmpuint(run_case_get(test, NULL, run, "/download/courses.csv"), ==, 404);
    web_case_has(test, "The report of this run is damaged.");
  }
}

/* Valid JSON of quite other shapes. */
static void
test_odd_shapes(void) {
  static const char *const odd[] = {
    "{}",
    "{\"tenants\":{},\"totals\":[],\"held\":1,\"unproven\":\"x\",\"warnings\":{\"a\":1},"
    "\"unknown_statuses\":[],\"content_copies\":[]}",
    "{\"tenants\":[1,null,\"x\",[],{}],\"held\":[1,null],\"unproven\":[[]],\"warnings\":[1]}",
    "{\"tenants\":[{\"abbr\":1,\"name\":[],\"failed\":{\"a\":1},\"skip_reasons\":[1],"
    "\"courses\":[1,{\"course\":\"x\",\"shortname\":5,\"lehrgaenge\":[1,null],\"users\":3,"
    "\"assignments\":[]},{\"course\":-5,\"users\":{\"created\":9223372036854775807}},"
    "{\"users\":{\"created\":9223372036854775807}}]}]}",
  };
  g_autoptr(WebCase) test = web_case_new(NULL);
  for (guint i = 0; i < G_N_ELEMENTS(odd); i++) {
    gint64 run = run_case_put_text(test, RUN_PARTIAL, "", odd[i]);
    for (guint j = 0; j < 2; j++) {
      const char *tenants = j == 0 ? NULL : "FD";
      g_assert_cmpuint(run_case_get(test, tenants, run, "?q=x&only=failures&sort=-lehrgaenge"), ==,
                       200);
      g_assert_cmpuint(run_case_get(test, tenants, run, ""), ==, 200);
      g_assert_cmpuint(run_case_get(test, tenants, run, "/download/courses.csv"), ==, 200);
      g_assert_cmpuint(run_case_get(test, tenants, run, "/download/report.json"), ==, 200);
    }
  }
}

static void
test_shortened(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  json_t *report = run_case_troubled();
  json_object_del(report, "tenants");
  json_object_set_new(report, "shortened", json_true());
  json_object_set_new(report, "totals",
                      json_pack("{s:i, s:i}", "enrolled", 70000, "tenants_failed", 2));
  gint64 run = run_case_put(test, RUN_PARTIAL, "", report);
  run_case_get(test, NULL, run, "");
  web_case_has(test, "The report was too large to be kept in full");
  run_case_total(test, "Enrolled", "70,000");
  web_case_has(test, "Tenants that could not be read</h3><p>2</p>");
  web_case_has_not(test, "id=\"courses\"");
  run_case_get(test, "FD", run, "");
  web_case_has(test, "The report was too large to be kept in full");
  web_case_has_not(test, "70,000");
}

/* Sums of damaged numbers stay numbers. */
static void
test_huge_numbers(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  gint64 run = run_case_put_text(test, RUN_SUCCESS, "",
                                 "{\"tenants\":[{\"abbr\":\"FD\",\"courses\":["
                                 "{\"users\":{\"created\":9223372036854775807,\"existing\":-5}},"
                                 "{\"users\":{\"created\":9223372036854775807}}]}]}");
  run_case_get(test, NULL, run, "");
  run_case_total(test, "New accounts", "2,000,000,000,000");
  run_case_total(test, "Accounts that were there", "0");
}

/* As the first version wrote them: fewer keys. */
static void
test_old(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  gint64 run = run_case_put_text(
      test, RUN_SUCCESS, "",
      "{\"tenants\":[{\"abbr\":\"FD\",\"name\":\"Fulda\",\"total\":1,\"courses\":[{\"course\":5,"
      "\"shortname\":\"FD-F-I-20\",\"lehrgaenge\":[\"L\"],\"users\":{\"created\":2},"
      "\"assignments\":{\"enrolled\":8}}]}]}");
  run_case_get(test, NULL, run, "");
  run_case_row(test, "FD-F-I-20", (const char *[]){ "2", "0", "0", "8", "0", NULL });
  run_case_total(test, "Enrolled", "8");
  web_case_has(test, "FD</abbr></th><td><span class=\"badge success\">ok</span>");
  web_case_has_not(test, "What needs somebody");
}

/* A run that did nothing has a report with little in it. */
static void
test_undone(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  json_t *report =
      json_pack("{s:i, s:s, s:s, s:[], s:[], s:[]}", "run", 1, "status", "skipped", "error",
                "another run (3) is under way", "held", "unproven", "warnings");
  gint64 run = run_case_put(test, RUN_SKIPPED, "", report);
  run_case_get(test, NULL, run, "");
  web_case_has(test, "another run (3) is under way");
  web_case_has(test, "This run did nothing.");
  web_case_has_not(test, "<h2>Totals");
}

static void
test_running(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  gint64 run = run_case_put_text(test, RUN_RUNNING, "", NULL);
  run_case_get(test, NULL, run, "");
  web_case_has(test, "data-events=\"/runs/1/events\"");
  web_case_has(test, "http-equiv=\"refresh\" content=\"5\"");
  web_case_has(test, "href=\"/journal?run=1\"");
  web_case_has_not(test, "left no report");
  gint64 over = run_case_put(test, RUN_SUCCESS, "", run_case_small());
  run_case_get(test, NULL, over, "");
  web_case_has_not(test, "data-events");
  web_case_has_not(test, "http-equiv=\"refresh\"");
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/web/run-bound/bound", test_bound);
  g_test_add_func("/web/run-bound/bound-to-central", test_bound_to_central);
  g_test_add_func("/web/run-bound/bound-held", test_bound_held);
  g_test_add_func("/web/run-bound/bound-document", test_bound_document);
  g_test_add_func("/web/run-bound/not-found", test_not_found);
  g_test_add_func("/web/run-bound/without-report", test_without_report);
  g_test_add_func("/web/run-bound/damaged", test_damaged);
  g_test_add_func("/web/run-bound/odd-shapes", test_odd_shapes);
  g_test_add_func("/web/run-bound/shortened", test_shortened);
  g_test_add_func("/web/run-bound/huge-numbers", test_huge_numbers);
  g_test_add_func("/web/run-bound/old", test_old);
  g_test_add_func("/web/run-bound/undone", test_undone);
  g_test_add_func("/web/run-bound/running", test_running);
  return g_test_run();
}
