/* The history's page: which runs it lists for whom, filters and pages of it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/text.h"
#include "web_case.h"

#define NOW WEB_CASE_NOW

/* ── runs ── */

static gint64
begin(WebCase *test, gint year, const char *tenants, const char *starter, gint64 start) {
  StoreRun run = { .year = year,
                   .status = RUN_RUNNING,
                   .triggeredby = (char *)starter,
                   .tenants = (char *)tenants,
                   .owner = (char *)"host 1 2",
                   .timestarted = start };
  g_autoptr(GError) error = NULL;
  test->store->class->run_begin(test->store, &run, &error);
  g_assert_no_error(error);
  return run.id;
}

static void
end(WebCase *test, gint64 id, RunStatus status, gint64 when, const char *totals) {
  g_autoptr(GError) error = NULL;
  if (totals != NULL)
    test->store->class->run_totals(test->store, id, totals, &error);
  g_assert_no_error(error);
  test->store->class->run_end(test->store, id, status, when, "{\"summary\":1}", &error);
  g_assert_no_error(error);
}

/* One that took a minute. */
static gint64
add(WebCase *test, gint year, const char *tenants, RunStatus status, const char *totals) {
  gint64 id = begin(test, year, tenants, "scheduler", NOW - 3600);
  end(test, id, status, NOW - 3540, totals);
  return id;
}

static const char totals_of_two[] =
    "{\"all\":{\"tenants\":2,\"tenants_failed\":1,\"courses_created\":1,\"enrolled\":1012,"
    "\"unenrolled\":3,\"completed\":4,\"failed\":7},"
    "\"tenants\":{\"FD\":{\"tenants\":1,\"enrolled\":12,\"failed\":1},"
    "\"HP\":{\"tenants\":1,\"tenants_failed\":1,\"courses_created\":1,\"enrolled\":1000,"
    "\"unenrolled\":3,\"completed\":4,\"failed\":6}}}";

static guint
count_of(const WebCase *test, const char *part) {
  guint count = 0;
  for (const char *at = test->answer.body->str; (at = strstr(at, part)) != NULL; at++)
    count++;
  return count;
}

#define ROW "<tr><th scope=\"row\">"

static void
has_row(const WebCase *test, gint64 id, bool there) {
  autochar part = g_strdup_printf(ROW "<a href=\"/runs/%" G_GINT64_FORMAT "\">", id);
  if (there)
    web_case_has(test, part);
  else
    web_case_has_not(test, part);
}

/* ── what is listed ── */

static void
lists_runs(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) anna = web_case_who(ROLE_VIEWER, NULL);
  add(test, 0, "", RUN_PARTIAL, totals_of_two);
  gint64 second = begin(test, 2026, "FD,HP", "otto <o>", NOW - 200);
  end(test, second, RUN_SUCCESS, NOW - 100, "{\"all\":{\"enrolled\":0},\"tenants\":{}}");
  gint64 third = add(test, 2026, "FD", RUN_ERROR, NULL);
  g_assert_cmpuint(web_case_get(test, anna, "/runs"), ==, 200);
  for (gint64 id = 1; id <= third; id++)
    has_row(test, id, true);
  g_assert_true(strstr(test->answer.body->str, ROW "<a href=\"/runs/3\">") <
                strstr(test->answer.body->str, ROW "<a href=\"/runs/1\">"));
  web_case_has(test, "<span class=\"badge partial\">partial</span>");
  web_case_has(test, "1,012 enrolled, 3 unenrolled, 4 completed, 1 course created");
  web_case_has(test, "7 failures, 1 tenant not read</strong>");
  web_case_has(test, "<td>nothing changed</td>");
  web_case_has(test, "<td>–</td>");
  web_case_has(test, "<td>schedule</td>");
  web_case_has(test, "<td>otto &lt;o&gt;</td>");
  web_case_has(test, "<td>FD, HP</td>");
  web_case_has(test, "<td>2026</td>");
  web_case_has(test, "<td class=\"number\">1 min 40 s</td>");
  web_case_has(test, "<td><time datetime=\"2026-03-10T13:01:49Z\">2026-03-10 14:01</time></td>");
  web_case_has_not(test, "class=\"paging\"");
  web_case_has_not(test, "class=\"notice");
  web_case_get(test, anna, "/runs?language=de");
  web_case_has(test, "1.012 eingeschrieben, 3 ausgetragen, 4 abgeschlossen, 1 Kurs angelegt");
  web_case_has(test, "7 Fehler, 1 Mandant nicht gelesen");
}

static void
shows_how_far_one_is(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) anna = web_case_who(ROLE_VIEWER, NULL);
  g_autoptr(GError) error = NULL;
  gint64 id = begin(test, 0, "", "scheduler", NOW - 90);
  web_case_get(test, anna, "/runs");
  web_case_has(test, "<td>begins</td>");
  web_case_has(test, "1 min 30 s");
  test->store->class->run_progress(
      test->store, id,
      "{\"phase\":\"apply\",\"done\":30,\"total\":40,\"phases\":[{\"name\":\"fetch\",\"done\":2,"
      "\"total\":2,\"seconds\":1.5},{\"name\":\"apply\",\"done\":30,\"total\":40,\"seconds\":2}],"
      "\"updated\":1773147909}",
      &error);
  g_assert_no_error(error);
  web_case_get(test, anna, "/runs");
  web_case_has(test, "<td>writes to Moodle, 75 %</td>");
}

static void
says_what_to_do_without_runs(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) viewer = web_case_who(ROLE_VIEWER, NULL);
  g_autoptr(WebPrincipal) olga = web_case_who(ROLE_OPERATOR, NULL);
  g_assert_cmpuint(web_case_get(test, viewer, "/runs"), ==, 200);
  web_case_has(test, "There has been no run yet.");
  web_case_has_not(test, "href=\"/import\">Start an import");
  web_case_has_not(test, "<table");
  web_case_get(test, olga, "/runs");
  web_case_has(test, "<a href=\"/import\">Start an import</a></p>");
  add(test, 0, "", RUN_SUCCESS, NULL);
  web_case_get(test, olga, "/runs?status=held");
  web_case_has(test, "No run fits.");
  web_case_has(test, "<a href=\"/runs\">Show all runs</a>");
}

/* ── filters ── */

static void
filters(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) anna = web_case_who(ROLE_VIEWER, NULL);
  gint64 all = add(test, 0, "", RUN_PARTIAL, NULL);
  gint64 fd = add(test, 2025, "FD", RUN_PARTIAL, NULL);
  gint64 hp = add(test, 2026, "HP", RUN_SUCCESS, NULL);
  web_case_get(test, anna, "/runs?status=partial");
  has_row(test, all, true);
  has_row(test, fd, true);
  has_row(test, hp, false);
  web_case_has(test, "<option value=\"partial\" selected>");
  web_case_has(test, "<a href=\"/runs\" class=\"button\">Reset</a>");
  web_case_get(test, anna, "/runs?year=2026");
  has_row(test, all, false);
  has_row(test, hp, true);
  web_case_has(test, "<option value=\"2026\" selected>");
  web_case_get(test, anna, "/runs?year=all");
  has_row(test, all, true);
  has_row(test, hp, false);
  web_case_get(test, anna, "/runs?tenant=FD&status=&year=");
  has_row(test, all, true);
  has_row(test, fd, true);
  has_row(test, hp, false);
  web_case_has(test, "<option value=\"FD\" selected>");
  web_case_get(test, anna, "/runs?tenant=FD&status=partial&year=2025");
  has_row(test, all, false);
  has_row(test, fd, true);
  web_case_get(test, anna, "/runs");
  web_case_has_not(test, ">Reset</a>");
}

static void
leaves_out_what_makes_no_sense(void) {
  static const char *const bad[] = {
    "status=odd", "status=-1", "year=1999",        "year=2028",
    "year=0",     "year=x",    "tenant=XX",        "before=0",
    "before=x",   "after=-3",  "before=1&after=1", "before=99999999999999999999",
  };
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) anna = web_case_who(ROLE_VIEWER, NULL);
  gint64 id = add(test, 0, "", RUN_PARTIAL, NULL);
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
    autochar path = g_strconcat("/runs?", bad[i], NULL);
    g_assert_cmpuint(web_case_get(test, anna, path), ==, 200);
    web_case_has(test, "makes no sense here");
    has_row(test, id, true);
  }
  web_case_get(test, anna, "/runs?status=%3Cscript%3E");
  web_case_has_not(test, "<script>");
  web_case_get(test, anna, "/runs?year=2027");
  web_case_has_not(test, "makes no sense here");
}

/* ── pages ── */

static void
pages(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) anna = web_case_who(ROLE_VIEWER, NULL);
  for (guint i = 1; i <= 240; i++)
    add(test, 2026, "", i % 2 == 0 ? RUN_SUCCESS : RUN_PARTIAL, NULL);
  web_case_get(test, anna, "/runs?status=success&year=2026&tenant=FD");
  g_assert_cmpuint(count_of(test, ROW), ==, 50);
  has_row(test, 240, true);
  has_row(test, 142, true);
  has_row(test, 140, false);
  web_case_has_not(test, "rel=\"prev\"");
  web_case_has(test, "href=\"/runs?status=success&amp;year=2026&amp;tenant=FD&amp;before=142\"");
  web_case_get(test, anna, "/runs?status=success&before=142");
  g_assert_cmpuint(count_of(test, ROW), ==, 50);
  has_row(test, 140, true);
  has_row(test, 42, true);
  web_case_has(test, "href=\"/runs?status=success&amp;after=140\"");
  web_case_has(test, "href=\"/runs?status=success&amp;before=42\"");
  web_case_get(test, anna, "/runs?status=success&before=42");
  g_assert_cmpuint(count_of(test, ROW), ==, 20);
  web_case_has_not(test, "rel=\"next\"");
  web_case_get(test, anna, "/runs?status=success&after=40");
  g_assert_cmpuint(count_of(test, ROW), ==, 50);
  has_row(test, 140, true);
  has_row(test, 42, true);
  web_case_has(test, "rel=\"next\"");
  web_case_get(test, anna, "/runs?status=success&after=140");
  has_row(test, 240, true);
  has_row(test, 142, true);
  web_case_has_not(test, "rel=\"prev\"");
  /* Few are newer: the first page is shown whole. */
  web_case_get(test, anna, "/runs?status=success&after=230");
  g_assert_cmpuint(count_of(test, ROW), ==, 50);
  has_row(test, 240, true);
  web_case_get(test, anna, "/runs?after=240");
  has_row(test, 240, true);
  web_case_get(test, anna, "/runs?before=1");
  g_assert_cmpuint(count_of(test, ROW), ==, 0);
  web_case_has(test, "No run fits.");
}

/* ── who sees what ── */

static void
shows_the_bound_only_theirs(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) bound = web_case_who(ROLE_OPERATOR, "FD,GI");
  gint64 all = add(test, 0, "", RUN_PARTIAL, totals_of_two);
  gint64 both = add(test, 2026, "FD,HP", RUN_PARTIAL, totals_of_two);
  gint64 hp = add(test, 2026, "HP,OF", RUN_SUCCESS, totals_of_two);
  web_case_get(test, bound, "/runs");
  has_row(test, all, true);
  has_row(test, both, true);
  has_row(test, hp, false);
  web_case_has(test, "<td>12 enrolled; <strong class=\"bad\">1 failure</strong></td>");
  web_case_has_not(test, "1,012");
  web_case_has_not(test, "HP");
  web_case_has_not(test, "OF");
  web_case_has(test, "<option value=\"GI\">GI – Landkreis Gießen</option>");
  /* In the picture, too. */
  web_case_has(test, ", 12 changes\"");
  web_case_has_not(test, "/runs/3");
  web_case_get(test, bound, "/runs?tenant=GI");
  has_row(test, all, true);
  has_row(test, both, false);
  /* Another one's is as unknown as one that is none. */
  web_case_get(test, bound, "/runs?tenant=HP");
  web_case_has(test, "makes no sense here");
  has_row(test, hp, false);
  has_row(test, both, true);
  /* Filters do not let through what is not theirs. */
  web_case_get(test, bound, "/runs?status=success");
  has_row(test, hp, false);
}

static void
keeps_long_lists_short(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) anna = web_case_who(ROLE_VIEWER, NULL);
  add(test, 2026, "AA,BB,CC,DD,EE,FF,GG,HH", RUN_SUCCESS, NULL);
  web_case_get(test, anna, "/runs");
  web_case_has(test, "<td>AA, BB, CC, DD, EE, FF and 2 more</td>");
}

/* ── the picture ── */

static void
draws_the_runs_that_fit(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) anna = web_case_who(ROLE_VIEWER, NULL);
  add(test, 0, "", RUN_PARTIAL, totals_of_two);
  web_case_get(test, anna, "/runs");
  web_case_has_not(test, "<figure");
  add(test, 0, "", RUN_SUCCESS, NULL);
  web_case_get(test, anna, "/runs");
  web_case_has(test, "aria-label=\"Run 1, 2026-03-10 13:05: partial, 1 min 00 s, 1,020 changes\"");
  g_assert_true(strstr(test->answer.body->str, "<a href=\"/runs/1\" class=\"run\"") <
                strstr(test->answer.body->str, "<a href=\"/runs/2\" class=\"run\""));
  for (guint i = 0; i < 80; i++)
    add(test, 0, "", RUN_SUCCESS, NULL);
  web_case_get(test, anna, "/runs");
  g_assert_cmpuint(count_of(test, " class=\"run\""), ==, 60);
  web_case_has(test, "<a href=\"/runs/23\" class=\"run\"");
  web_case_has_not(test, "<a href=\"/runs/22\" class=\"run\"");
  web_case_get(test, anna, "/runs?status=partial");
  web_case_has_not(test, "<figure");
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/history/lists-runs", lists_runs);
  g_test_add_func("/history/shows-how-far-one-is", shows_how_far_one_is);
  g_test_add_func("/history/says-what-to-do-without-runs", says_what_to_do_without_runs);
  g_test_add_func("/history/filters", filters);
  g_test_add_func("/history/leaves-out-what-makes-no-sense", leaves_out_what_makes_no_sense);
  g_test_add_func("/history/pages", pages);
  g_test_add_func("/history/shows-the-bound-only-theirs", shows_the_bound_only_theirs);
  g_test_add_func("/history/keeps-long-lists-short", keeps_long_lists_short);
  g_test_add_func("/history/draws-the-runs-that-fit", draws_the_runs_that_fit);
  return g_test_run();
}
