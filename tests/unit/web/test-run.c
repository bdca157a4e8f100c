/* A run's page and its files: rows, sums, filters, what needs somebody, size.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <time.h>

#include "api/api_error.h"
#include "run_case.h"

#include "web/report_view.h"
#include "web/run_tables.h"

/* ── rows ── */

static void
test_rows(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  gint64 run = run_case_put(test, RUN_PARTIAL, "", run_case_small());
  g_assert_cmpuint(run_case_get(test, NULL, run, ""), ==, 200);
  /* New, existing, left out; enrolled, already; unenrolled, already; no action, completed,
   * skipped. */
  run_case_row(test, "FD-F-I-26",
               (const char *[]){ "3", "1,100", "0", "12", "7", "0", "0", "0", "0", "0", NULL });
  run_case_row(test, "HP-F-I-26",
               (const char *[]){ "0", "0", "0", "5", "0", "0", "0", "0", "4", "0", NULL });
  run_case_row(test, "HLFS-F-II-26",
               (const char *[]){ "0", "0", "0", "0", "0", "0", "0", "0", "0", "2", NULL });
  /* What was counted nowhere has no column. */
  web_case_has(test, "sort=skipped");
  web_case_has_not(test, "sort=memberships");
  /* Of a tenant: Lehrgänge created, skipped, failed, all; then people. */
  run_case_row(test, "<abbr title=\"Landkreis Fulda\">FD</abbr>",
               (const char *[]){ "0", "3", "0", "3", "3", "1,100", "0", "12", "7", NULL });
  run_case_row(test, "<abbr title=\"Landkreis Gießen\">GI</abbr>",
               (const char *[]){ "0", "2", "1", "2", NULL });
  run_case_total(test, "Enrolled", "17");
  run_case_total(test, "Accounts that were there", "1,100");
  run_case_total(test, "Lehrgänge", "6");
  web_case_has(test, "L-3, L-3b");
  web_case_has(test, "<li>2 × Moodle has no company");
  web_case_has(test, "Not configured (no apikey): OF");
  web_case_has(test, "<dd>2 min 05 s</dd>");
  web_case_has(test, "<dd>anna</dd>");
  web_case_has(test, "href=\"/journal?run=1&amp;course=101\"");
  web_case_has(test, "href=\"/journal?run=1&amp;shortname=HLFS-F-II-26\"");
  web_case_has(test, "4 courses.");
  g_assert_cmpuint(run_case_get(test, NULL, run, "?language=de"), ==, 200);
  run_case_row(test, "FD-F-I-26", (const char *[]){ "3", "1.100", NULL });
  run_case_total(test, "Eingeschrieben", "17");
  web_case_has(test, "<h1>Lauf 1</h1>");
}

/* The report's own sums know of more than its lists have room for. */
static void
test_totals_of_report(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  json_t *report = run_case_small();
  json_object_set_new(report, "totals", json_pack("{s:i, s:i}", "enrolled", 9000, "failed", 1001));
  gint64 run = run_case_put(test, RUN_PARTIAL, "", report);
  run_case_get(test, NULL, run, "");
  run_case_total(test, "Enrolled", "9,000");
  web_case_has(test, "1000 that the report has no room for");
  /* Who is bound gets sums over what is theirs. */
  run_case_get(test, "FD,GI", run, "");
  run_case_total(test, "Enrolled", "12");
  web_case_has_not(test, "no room for");
}

static void
test_course_links(void) {
  g_autoptr(WebCase) plain = web_case_new(NULL);
  gint64 run = run_case_put(plain, RUN_PARTIAL, "", run_case_small());
  run_case_get(plain, NULL, run, "");
  web_case_has_not(plain, "course/view.php");
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_free(test->config->moodle.url);
  test->config->moodle.url = g_strdup("https://lernen.example.org/");
  run = run_case_put(test, RUN_PARTIAL, "", run_case_small());
  run_case_get(test, NULL, run, "");
  web_case_has(test, "<a href=\"https://lernen.example.org/course/view.php?id=101\">FD-F-I-26</a>");
  /* One that was not made has no address. */
  web_case_has_not(test, "view.php?id=0");
}

/* ── filters ── */

static void
test_search(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  gint64 run = run_case_put(test, RUN_PARTIAL, "", run_case_small());
  run_case_get(test, NULL, run, "?q=fd-%C3%BCbung");
  web_case_has(test, "1 of 4 courses");
  web_case_has(test, ">FD-ÜBUNG-26");
  web_case_has(test, "value=\"fd-übung\"");
  /* The same letter, typed as u with two dots after it. */
  run_case_get(test, NULL, run, "?q=fd-u%CC%88bung");
  web_case_has(test, "1 of 4 courses");
  run_case_get(test, NULL, run, "?q=l-3B");
  web_case_has(test, "1 of 4 courses");
  web_case_has(test, ">HP-F-I-26");
  run_case_get(test, NULL, run, "?q=BERGSTRASSE");
  web_case_has(test, "1 of 4 courses");
  run_case_get(test, NULL, run, "?q=f-i-26");
  web_case_has(test, "2 of 4 courses");
  run_case_get(test, NULL, run, "?q=nothing");
  web_case_has(test, "No course fits that.");
  /* By the abbreviation alone, which is in no name. */
  json_t *report = run_case_small();
  json_t *tenant = run_case_tenant("XY", "Landkreis", 1);
  run_case_add(tenant, "courses", run_case_course(9, "HLFS-F-II-26", "L-9", 1));
  run_case_add(report, "tenants", tenant);
  run = run_case_put(test, RUN_PARTIAL, "", report);
  run_case_get(test, NULL, run, "?q=xy");
  web_case_has(test, "1 of 5 courses");
}

static void
test_tenant_and_only(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  gint64 run = run_case_put(test, RUN_PARTIAL, "", run_case_small());
  run_case_get(test, NULL, run, "?tenant=FD");
  web_case_has(test, "2 of 4 courses");
  web_case_has(test, "<option value=\"FD\" selected>");
  run_case_get(test, NULL, run, "?only=changes");
  web_case_has(test, "2 of 4 courses");
  web_case_has(test, "<th scope=\"row\">FD-F-I-26");
  web_case_has(test, "<th scope=\"row\">HP-F-I-26");
  run_case_get(test, NULL, run, "?only=failures");
  web_case_has(test, "1 of 4 courses");
  web_case_has(test, "<th scope=\"row\">HLFS-F-II-26");
  run_case_get(test, NULL, run, "?only=changes&tenant=FD&q=F-I");
  web_case_has(test, "1 of 4 courses");
  run_case_get(test, NULL, run, "?only=changes&tenant=GI");
  web_case_has(test, "No course fits that.");
}

/* A course whose steps all were counted as done, but one failed by the tenant's list, or one of its
 * Lehrgänge did. */
static void
test_only_failures_by_list(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  json_t *report = run_case_small();
  json_t *fd = json_array_get(json_object_get(report, "tenants"), 0);
  run_case_add(fd, "failed",
               json_pack("{s:s, s:s}", "id", "P-1", "error", "FD-F-I-26: complete: refused"));
  run_case_add(fd, "failed", json_pack("{s:s, s:s}", "id", "L-2", "error", "404 not found"));
  gint64 run = run_case_put(test, RUN_PARTIAL, "", report);
  run_case_get(test, NULL, run, "?only=failures&tenant=FD");
  web_case_has(test, "2 of 4 courses");
}

static void
assert_order(WebCase *test, gint64 run, const char *rest, const char *first, const char *second) {
  g_autofree char *one = g_strdup_printf("<th scope=\"row\">%s", first);
  g_autofree char *two = g_strdup_printf("<th scope=\"row\">%s", second);
  run_case_get(test, NULL, run, rest);
  if (run_case_place(test, one) > run_case_place(test, two))
    g_error("%s: %s comes after %s", rest, first, second);
}

static void
test_sorting(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  gint64 run = run_case_put(test, RUN_PARTIAL, "", run_case_small());
  assert_order(test, run, "", "FD-F-I-26", "HP-F-I-26");
  assert_order(test, run, "?sort=-tenant", "HP-F-I-26", "HLFS-F-II-26");
  assert_order(test, run, "?sort=tenant", "HLFS-F-II-26", "HP-F-I-26");
  assert_order(test, run, "?sort=course", "HLFS-F-II-26", "HP-F-I-26");
  assert_order(test, run, "?sort=-course", "HP-F-I-26", "HLFS-F-II-26");
  assert_order(test, run, "?sort=enrolled", "HP-F-I-26", "FD-F-I-26");
  assert_order(test, run, "?sort=-enrolled", "FD-F-I-26", "HP-F-I-26");
  assert_order(test, run, "?sort=-completed", "HP-F-I-26", "FD-F-I-26");
  assert_order(test, run, "?sort=users_created", "HP-F-I-26", "FD-F-I-26");
  assert_order(test, run, "?sort=-lehrgaenge", "HP-F-I-26", "FD-F-I-26");
  assert_order(test, run, "?sort=rubbish", "FD-F-I-26", "HP-F-I-26");
  run_case_get(test, NULL, run, "?sort=enrolled&q=F-I");
  web_case_has(test, "aria-sort=\"ascending\"");
  web_case_has(test, "sort=-enrolled");
  web_case_has(test, "<input type=\"hidden\" name=\"sort\" value=\"enrolled\">");
  /* Equal ones stay as they are. */
  assert_order(test, run, "?sort=-groups", "FD-F-I-26", "HP-F-I-26");
}

static void
test_pages(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  gint64 run = run_case_put(test, RUN_SUCCESS, "", run_case_large(5, 50));
  run_case_get(test, NULL, run, "?sort=course&q=sem");
  g_assert_cmpuint(run_case_count(test, "<th scope=\"row\">T0"), ==, RUN_TABLES_COURSES);
  web_case_has(test, "Page 1 of 3");
  web_case_has(test, "sort=course&amp;q=sem&amp;page=2#courses\" rel=\"next\"");
  web_case_has_not(test, "rel=\"prev\"");
  web_case_has(test, ">T00-F/B-Sem-000-26");
  run_case_get(test, NULL, run, "?sort=course&q=sem&page=3");
  g_assert_cmpuint(run_case_count(test, "<th scope=\"row\">T0"), ==, 50);
  web_case_has(test, "Page 3 of 3");
  web_case_has(test, "page=2#courses\" rel=\"prev\"");
  web_case_has_not(test, "rel=\"next\"");
  web_case_has(test, ">T04-F/B-Sem-049-26");
  /* Beyond the last, and what is no number. */
  run_case_get(test, NULL, run, "?page=99999999999");
  web_case_has(test, "Page 3 of 3");
  run_case_get(test, NULL, run, "?page=-1");
  web_case_has(test, "Page 1 of 3");
  /* The file has all of them, whatever the page. */
  run_case_get(test, NULL, run, "/download/courses.csv?page=2");
  g_assert_cmpuint(run_case_count(test, "\r\n"), ==, 251);
}

/* ── what needs somebody ── */

static void
test_needs(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) admin = web_case_who(ROLE_ADMIN, NULL);
  gint64 run = run_case_put(test, RUN_PARTIAL, "", run_case_troubled());
  web_case_get(test, admin, "/runs/1");
  g_assert_cmpint(run, ==, 1);
  web_case_has(test, "<p lang=\"en\">Moodle went away</p>");
  web_case_has(test,
               "<strong>HP</strong> Landkreis Bergstraße: <span lang=\"en\">401 unauthorized");
  web_case_has(test, "<li>P-9: <span lang=\"en\">HLFS-F-II-26: enrol: no role</span></li>");
  web_case_has(test, "<strong>FD</strong>: 30 of 40 people enrolled; without consent at most 10 "
                     "may be unenrolled");
  web_case_has(test, "<code>lehrgaenge sync --year 2026 --allow-removals</code>");
  web_case_has(test, "href=\"/import?year=2026\"");
  web_case_has(test, "<strong>FD-F-I-26</strong>: <span lang=\"en\">HP could not be read</span>");
  web_case_has(test, "<code>S099_GEPARKT</code>: 3");
  web_case_has(test, "1 failed, 2 waiting for another try");
  web_case_has(test, "href=\"/tasks\"");
  web_case_has(test, "4 completions wait for the companion plugin");
  web_case_has(test, "<li lang=\"en\">user 7 keeps its user name</li>");
  /* Said once. */
  web_case_has_not(test, "wait for the plugin (local");
  g_assert_true(run_case_place(test, "Moodle went away") < run_case_place(test, "id=\"tenants\""));
  run_case_get(test, NULL, run, "?language=de");
  web_case_has(test, "Worum sich jemand kümmern muss");
  /* Who may not overrule the guard is not told how. */
  web_case_has_not(test, "--allow-removals");
}

/* What hit several tenants is told once, in the reader's language, with the error itself. */
static void
test_needs_alike(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  const char *const abbrs[] = { "FD", "GI", "HP" };
  json_t *report = run_case_report();
  for (guint i = 0; i < G_N_ELEMENTS(abbrs); i++) {
    json_t *tenant = run_case_tenant(abbrs[i], "Kreis", 0);
    g_autofree char *error =
        g_strdup_printf("GET /lehrgaenge: %s. %s", i == 1 ? "401" : "503",
                        api_error_remedy(i == 1 ? API_ERROR_UNAUTHORIZED : API_ERROR_SERVER));
    json_object_set_new(tenant, "error", json_string(error));
    run_case_add(report, "tenants", tenant);
  }
  gint64 run = run_case_put(test, RUN_ERROR, "", report);
  run_case_get(test, NULL, run, "?language=de");
  web_case_has(test, "<li><strong>FD</strong> Kreis, <strong>HP</strong> Kreis: Das ZMS hat selbst "
                     "eine Störung; der nächste Lauf versucht es noch einmal.<br><small "
                     "lang=\"en\">GET /lehrgaenge: 503. ");
  web_case_has(test, "<li><strong>GI</strong> Kreis: Das ZMS weist den apikey");
  g_assert_cmpuint(run_case_count(test, "Das ZMS hat selbst eine Störung"), ==, 1);
}

/* The sums add up to the people there are: what was held or not proven is among them. */
static void
test_totals_of_what_was_not_done(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  json_t *report = run_case_report();
  json_t *tenant = run_case_tenant("FD", "Landkreis Fulda", 1);
  json_t *course = run_case_course(101, "FD-F-I-26", "L-1", 2);
  run_case_set(course, "assignments", "held", 30);
  run_case_add(tenant, "courses", course);
  run_case_add(report, "tenants", tenant);
  gint64 run = run_case_put(test, RUN_HELD, "", report);
  run_case_get(test, NULL, run, "");
  run_case_total(test, "Enrolled", "2");
  run_case_total(test, "Removals held by the guard", "30");
  web_case_has_not(test, "Removals without proof");
  web_case_has(test, "<p class=\"verdict\">So many people would have been unenrolled");
}

/* Limited to some tenants, the remedy names them. */
static void
test_needs_selection(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) admin = web_case_who(ROLE_ADMIN, NULL);
  json_t *report = run_case_troubled();
  json_t *gi = json_array_get(json_object_get(report, "tenants"), 2);
  json_object_set_new(gi, "listed", json_false());
  run_case_put(test, RUN_HELD, "FD,HP", report);
  web_case_get(test, admin, "/runs/1");
  web_case_has(test, "lehrgaenge plan --year 2026 --tenant FD --tenant HP --verbose");
  web_case_has(test, "href=\"/import?year=2026&amp;tenant=FD&amp;tenant=HP\"");
  web_case_has(test, "<dd>FD, HP</dd>");
}

static void
test_needs_nothing(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  gint64 run = run_case_put(test, RUN_SUCCESS, "", run_case_large(1, 1));
  run_case_get(test, NULL, run, "");
  web_case_has_not(test, "What needs somebody");
}

/* ── escaping ── */

#define ANN "<b>Ann</b>"

static void
test_escaping(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  json_t *report = run_case_report();
  json_t *tenant = run_case_tenant(ANN, ANN, 1);
  json_object_set_new(json_object_get(tenant, "skip_reasons"), ANN, json_integer(1));
  run_case_add(tenant, "failed", json_pack("{s:s, s:s}", "id", ANN, "error", ANN));
  run_case_add(
      tenant, "left_out",
      json_pack("{s:s, s:s, s:s, s:s}", "lehrgang", ANN, "where", ANN, "id", ANN, "why", ANN));
  run_case_add(tenant, "courses", run_case_course(0, ANN, ANN, 1));
  run_case_add(report, "tenants", tenant);
  json_t *failed = run_case_tenant("X", ANN, 1);
  json_object_set_new(failed, "error", json_string(ANN));
  run_case_add(report, "tenants", failed);
  run_case_add(report, "held",
               json_pack("{s:s, s:i, s:i, s:i}", "company", ANN, "removals", 1, "enrolled", 1,
                         "allowed", 0));
  run_case_add(report, "unproven", json_pack("{s:s, s:s}", "shortname", ANN, "why", ANN));
  run_case_add(report, "warnings", json_string(ANN));
  json_object_set_new(report, "error", json_string(ANN));
  json_object_set_new(json_object_get(report, "unknown_statuses"), ANN, json_integer(1));
  gint64 run = run_case_put(test, RUN_PARTIAL, ANN, report);
  g_autoptr(WebPrincipal) admin = web_case_who(ROLE_ADMIN, NULL);
  g_autofree char *target = g_strdup_printf("/runs/%" G_GINT64_FORMAT "?q=%%3Cb%%3EAnn", run);
  web_case_get(test, admin, target);
  web_case_has_not(test, "<b>");
  web_case_has(test, "&lt;b&gt;Ann&lt;/b&gt;");
  web_case_has(test, "1 course.");
}

/* ── files ── */

static void
test_csv(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  json_t *report = run_case_small();
  json_t *fd = json_array_get(json_object_get(report, "tenants"), 0);
  run_case_add(fd, "courses", run_case_course(104, "=cmd|' /C calc'!A0", "a;b", 1));
  gint64 run = run_case_put(test, RUN_PARTIAL, "", report);
  run_case_get(test, NULL, run, "/download/courses.csv?tenant=FD&sort=-enrolled");
  g_assert_cmpstr(test->answer.type, ==, WEB_CSV);
  g_assert_cmpstr(web_case_header(test, "Content-Disposition"), ==,
                  "attachment; filename=\"lehrgaenge-run-1-courses.csv\"");
  g_assert_true(g_str_has_prefix(test->answer.body->str,
                                 "\xef\xbb\xbfTenant,Name,Course id,Course,New,Lehrgänge,Accounts "
                                 "new,existing,"));
  web_case_has(test, "\r\nFD,Landkreis Fulda,101,FD-F-I-26,no,L-1,3,1100,0,0,12,7,0,");
  web_case_has(test, "\r\nFD,Landkreis Fulda,104,'=cmd|' /C calc'!A0,no,a;b,");
  web_case_has_not(test, "HP-F-I-26");
  g_assert_cmpuint(run_case_count(test, "\r\n"), ==, 4);
  g_assert_true(run_case_place(test, "FD-F-I-26") < run_case_place(test, "ÜBUNG"));
  run_case_get(test, NULL, run, "/download/courses.csv?language=de");
  g_assert_true(g_str_has_prefix(test->answer.body->str, "\xef\xbb\xbfMandant;Name;Kurs-Id;"));
  web_case_has(test, "\r\nFD;Landkreis Fulda;101;FD-F-I-26;nein;L-1;3;1100;");
  web_case_has(test, ";\"a;b\";");
  web_case_has(test, ";ja;L-3, L-3b;");
  g_assert_cmpuint(run_case_count(test, "\r\n"), ==, 6);
}

static void
test_json_file(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  gint64 run = run_case_put(test, RUN_PARTIAL, "", run_case_small());
  run_case_get(test, NULL, run, "/download/report.json");
  g_assert_cmpstr(test->answer.type, ==, WEB_JSON);
  g_assert_cmpstr(web_case_header(test, "Content-Disposition"), ==,
                  "attachment; filename=\"lehrgaenge-run-1-report.json\"");
}

/* ── size ── */

/* What this thread has used of the processor, in ms: what else the machine does is not counted. */
static gdouble
used(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (gdouble)now.tv_sec * 1e3 + (gdouble)now.tv_nsec / 1e6;
}

static void
measure_parsing(const char *text) {
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_VIEWER, NULL);
  gdouble best = G_MAXDOUBLE;
  for (guint i = 0; i < 20; i++) {
    gdouble begun = used();
    report_view_free(report_view_new(text, who, "HLFS", NULL));
    best = MIN(best, used() - begun);
  }
  g_test_minimized_result(best, "%d KiB of report: %.1f ms", (int)(strlen(text) / 1024), best);
}

static void
measure_page(WebCase *test, gint64 run, const char *rest) {
  gdouble best = G_MAXDOUBLE;
  for (guint i = 0; i < 20; i++) {
    gdouble begun = used();
    run_case_get(test, NULL, run, rest);
    best = MIN(best, used() - begun);
  }
  g_test_minimized_result(best, "\"%s\", %d KiB: %.1f ms", rest,
                          (int)(test->answer.body->len / 1024), best);
}

/* 35 tenants with 60 courses each; "-m perf" says what it takes. */
static void
test_large(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  json_t *report = run_case_large(35, 60);
  char *text = json_dumps(report, JSON_COMPACT);
  gint64 run = run_case_put(test, RUN_SUCCESS, "", report);
  g_assert_cmpuint(run_case_get(test, NULL, run, "?sort=-enrolled&q=sem"), ==, 200);
  web_case_has(test, "2,100 courses.");
  web_case_has(test, "Page 1 of 21");
  g_assert_cmpuint(test->answer.body->len, <, 400 * 1024);
  if (g_test_perf()) {
    measure_parsing(text);
    measure_page(test, run, "");
    measure_page(test, run, "?sort=-enrolled&q=sem");
    measure_page(test, run, "/download/courses.csv");
    measure_page(test, run, "/download/report.json");
  }
  free(text);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/web/run/rows", test_rows);
  g_test_add_func("/web/run/totals-of-report", test_totals_of_report);
  g_test_add_func("/web/run/course-links", test_course_links);
  g_test_add_func("/web/run/search", test_search);
  g_test_add_func("/web/run/tenant-and-only", test_tenant_and_only);
  g_test_add_func("/web/run/only-failures-by-list", test_only_failures_by_list);
  g_test_add_func("/web/run/sorting", test_sorting);
  g_test_add_func("/web/run/pages", test_pages);
  g_test_add_func("/web/run/needs", test_needs);
  g_test_add_func("/web/run/totals-of-what-was-not-done", test_totals_of_what_was_not_done);
  g_test_add_func("/web/run/needs-alike", test_needs_alike);
  g_test_add_func("/web/run/needs-selection", test_needs_selection);
  g_test_add_func("/web/run/needs-nothing", test_needs_nothing);
  g_test_add_func("/web/run/escaping", test_escaping);
  g_test_add_func("/web/run/csv", test_csv);
  g_test_add_func("/web/run/json-file", test_json_file);
  g_test_add_func("/web/run/large", test_large);
  return g_test_run();
}
