/* The journal's page and file: what is asked for, and what each may see of it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "web_case.h"

#include "web/journal_view.h"

#define REASON "S033_EINBERUFEN_KREIS → EINBERUFEN → angemeldet"

static gint64
put_run(WebCase *test, const char *tenants) {
  g_autoptr(GError) error = NULL;
  StoreRun run = { .status = RUN_RUNNING,
                   .triggeredby = (char *)"anna",
                   .tenants = (char *)tenants,
                   .owner = (char *)"host 1 1",
                   .timestarted = WEB_CASE_NOW };
  g_assert_true(test->store->class->run_begin(test->store, &run, &error));
  g_assert_no_error(error);
  return run.id;
}

static gint64
put(WebCase *test, gint64 run, const StoreJournalEntry *entry, StoreJournalState state,
    const char *why) {
  g_autoptr(GError) error = NULL;
  gint64 id;
  const StoreJournalOutcome outcome = { .state = state, .error = why };
  g_assert_true(
      test->store->class->journal_intend(test->store, run, entry, 1, WEB_CASE_NOW, &id, &error));
  if (state != JOURNAL_INTENT)
    g_assert_true(test->store->class->journal_settle(test->store, id, &outcome, 1, &error));
  g_assert_no_error(error);
  return id;
}

static void
map(WebCase *test, const char *lehrgang, const char *tenant, gint64 course) {
  g_autoptr(GError) error = NULL;
  const StoreCourseMap row = { lehrgang, tenant, course };
  g_assert_true(test->store->class->coursemap_put(test->store, &row, 1, WEB_CASE_NOW, &error));
  g_assert_no_error(error);
}

static StoreJournalEntry
enrol(const char *person, gint64 course, const char *shortname, const char *lehrgang) {
  return (StoreJournalEntry){ .kind = "enrol",
                              .courseid = course,
                              .shortname = shortname,
                              .userid = 7,
                              .person = person,
                              .lehrgang = lehrgang,
                              .reason = REASON };
}

/* Two runs: FD's P-1 and HP's P-2 in courses of their own and in one of both. */
static void
fill(WebCase *test) {
  gint64 first = put_run(test, ""), second = put_run(test, "");
  const StoreJournalEntry fd = enrol("P-1", 101, "FD-F-I-26", "L-1");
  const StoreJournalEntry hp = enrol("P-2", 103, "HP-F-I-26", "L-3");
  StoreJournalEntry unenrol = enrol("P-1", 101, "FD-F-I-26", "L-1");
  const StoreJournalEntry both = enrol("P-2", 110, "HLFS-F-II-26", "L-5");
  const StoreJournalEntry account = { .kind = "create_user",
                                      .userid = 7,
                                      .shortname = "",
                                      .person = "P-1",
                                      .lehrgang = "L-1",
                                      .reason = REASON };
  map(test, "L-1", "FD", 101);
  map(test, "L-3", "HP", 103);
  map(test, "L-4", "FD", 110);
  map(test, "L-5", "HP", 110);
  unenrol.kind = "unenrol";
  unenrol.reason = "by hand";
  put(test, first, &account, JOURNAL_DONE, NULL);
  put(test, first, &fd, JOURNAL_DONE, NULL);
  put(test, first, &hp, JOURNAL_FAILED, "KANARIE refused");
  put(test, second, &unenrol, JOURNAL_INTENT, NULL);
  put(test, second, &both, JOURNAL_DONE, NULL);
}

static guint
get(WebCase *test, const char *tenants, const char *target) {
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_VIEWER, tenants);
  return web_case_get(test, who, target);
}

static guint
occurrences(const WebCase *test, const char *part) {
  guint count = 0;
  for (const char *at = test->answer.body->str; (at = strstr(at, part)) != NULL; at++)
    count++;
  return count;
}

/* Rows of the table. */
static guint
rows(const WebCase *test) {
  return occurrences(test, "<tr><td>");
}

static void
test_rows(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  fill(test);
  g_assert_cmpuint(get(test, NULL, "/journal"), ==, 200);
  g_assert_cmpuint(rows(test), ==, 5);
  web_case_has(test, "<td>enrol</td>");
  web_case_has(test, "<td>create account</td>");
  web_case_has(test, "<code>S033_EINBERUFEN_KREIS</code> → <strong>EINBERUFEN</strong> → "
                     "angemeldet (enrol)");
  web_case_has(test, "<td>by hand</td>");
  web_case_has(test, "failed</span> KANARIE refused");
  web_case_has(test, "not known</span>");
  web_case_has(test, "<a href=\"/journal?person=P-1\">P-1</a>");
  web_case_has(test, "<a href=\"/journal?course=101\">FD-F-I-26</a>");
  web_case_has(test, "<a href=\"/runs/1\">1</a>");
  /* The newest first. */
  const char *body = test->answer.body->str;
  g_assert_true(strstr(body, "HLFS-F-II-26") < strstr(body, "HP-F-I-26"));
  get(test, NULL, "/journal?language=de");
  web_case_has(test, "<td>einschreiben</td>");
  web_case_has(test, "angemeldet (einschreiben)");
  web_case_has(test, "nicht bekannt");
}

static void
test_filters(void) {
  static const struct {
    const char *query;
    guint rows;
  } cases[] = {
    { "person=P-1", 3 },
    { "person=%20P-1%20", 3 },
    { "person=P-1&run=1", 2 },
    { "course=101", 2 },
    { "course=101&run=2", 1 },
    { "shortname=HP-F-I-26", 1 },
    { "run=2", 2 },
    { "run=1", 3 },
    { "run=&person=&shortname=", 5 },
  };
  g_autoptr(WebCase) test = web_case_new(NULL);
  fill(test);
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *target = g_strconcat("/journal?", cases[i].query, NULL);
    g_assert_cmpuint(get(test, NULL, target), ==, 200);
    if (rows(test) != cases[i].rows)
      g_error("%s: %u rows", target, rows(test));
  }
  get(test, NULL, "/journal?run=2&person=P-1");
  web_case_has(test, "name=\"person\" value=\"P-1\"");
  web_case_has(test, "<a href=\"/runs/2\">To run 2</a>");
  get(test, NULL, "/journal?person=nobody");
  web_case_has(test, "There are no entries.");
  g_assert_cmpuint(get(test, NULL, "/journal?run=x"), ==, 400);
  g_assert_cmpuint(get(test, NULL, "/journal?course=-1"), ==, 400);
  g_assert_cmpuint(get(test, NULL, "/journal?before=1;2"), ==, 400);
  g_assert_cmpuint(get(test, NULL, "/journal?run=99"), ==, 404);
}

static void
test_older(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  gint64 run = put_run(test, "");
  for (guint i = 1; i <= 401; i++) {
    g_autofree char *person = g_strdup_printf("P-%u", i);
    const StoreJournalEntry entry = enrol(person, 101, "FD-F-I-26", "L-1");
    put(test, run, &entry, JOURNAL_DONE, NULL);
  }
  get(test, NULL, "/journal?course=101");
  g_assert_cmpuint(rows(test), ==, 200);
  web_case_has(test, ">P-401<");
  web_case_has(test, "href=\"/journal?course=101&amp;before=202\" rel=\"next\"");
  web_case_has_not(test, ">Newest<");
  get(test, NULL, "/journal?course=101&before=202");
  g_assert_cmpuint(rows(test), ==, 200);
  web_case_has(test, ">P-201<");
  web_case_has(test, ">P-2<");
  web_case_has(test, "before=2\" rel=\"next\"");
  web_case_has(test, ">Newest<");
  get(test, NULL, "/journal?course=101&before=2");
  g_assert_cmpuint(rows(test), ==, 1);
  web_case_has_not(test, "rel=\"next\"");
}

static void
test_escaping(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  gint64 run = put_run(test, "");
  const StoreJournalEntry entry = { .kind = "<b>Ann</b>",
                                    .shortname = "<b>Ann</b>",
                                    .person = "<b>Ann</b>&/?",
                                    .lehrgang = "<b>Ann</b>",
                                    .reason = "<b>Ann</b> → <b>Ann</b> → <b>Ann</b>" };
  put(test, run, &entry, JOURNAL_FAILED, "<b>Ann</b>");
  get(test, NULL, "/journal?person=%3Cb%3EAnn%3C%2Fb%3E%26%2F%3F");
  g_assert_cmpuint(rows(test), ==, 1);
  web_case_has_not(test, "<b>");
  web_case_has(test, "href=\"/journal?person=%3Cb%3EAnn%3C%2Fb%3E%26%2F%3F\"");
}

/* ── who sees what ── */

static void
test_bound(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  fill(test);
  get(test, "FD", "/journal");
  g_assert_cmpuint(rows(test), ==, 3);
  web_case_has(test, "<td>create account</td>");
  web_case_has_not(test, "HP-F-I");
  web_case_has_not(test, "P-2");
  web_case_has_not(test, "KANARIE");
  /* The course of both: P-2 is HP's. */
  get(test, "FD", "/journal?course=110");
  g_assert_cmpuint(rows(test), ==, 0);
  web_case_has(test, "You see the entries of your tenants.");
  get(test, "FD", "/journal?person=P-2");
  g_assert_cmpuint(rows(test), ==, 0);
  get(test, "HP", "/journal");
  g_assert_cmpuint(rows(test), ==, 2);
  web_case_has_not(test, "FD-F-I");
  get(test, "FD,HP", "/journal");
  g_assert_cmpuint(rows(test), ==, 5);
  /* A Lehrgang that is in no map is nobody's. */
  get(test, "GI", "/journal");
  g_assert_cmpuint(rows(test), ==, 0);
}

/* Steps that no Lehrgang asked for. */
static void
test_bound_without_lehrgang(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  gint64 run = put_run(test, "");
  StoreJournalEntry group = { .kind = "create_group",
                              .courseid = 110,
                              .shortname = "HLFS-F-II-26",
                              .person = "",
                              .lehrgang = "",
                              .reason = "" };
  map(test, "L-4", "FD", 110);
  map(test, "L-5", "HP", 110);
  put(test, run, &group, JOURNAL_DONE, NULL);
  group.person = "P-2";
  put(test, run, &group, JOURNAL_DONE, NULL);
  group.person = "";
  group.courseid = 0;
  put(test, run, &group, JOURNAL_DONE, NULL);
  group.courseid = 110;
  group.lehrgang = "L-gone";
  put(test, run, &group, JOURNAL_DONE, NULL);
  get(test, "FD", "/journal");
  g_assert_cmpuint(rows(test), ==, 1);
  web_case_has_not(test, "P-2");
  get(test, "GI", "/journal");
  g_assert_cmpuint(rows(test), ==, 0);
  get(test, NULL, "/journal");
  g_assert_cmpuint(rows(test), ==, 4);
}

static void
test_bound_run(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  gint64 run = put_run(test, "HP");
  const StoreJournalEntry hp = enrol("P-2", 103, "HP-F-I-26", "L-3");
  put(test, run, &hp, JOURNAL_DONE, NULL);
  g_assert_cmpuint(get(test, "FD", "/journal?run=1"), ==, 404);
  g_assert_cmpuint(get(test, "HP", "/journal?run=1"), ==, 200);
}

/* What is theirs stands far behind what is others'. */
static void
test_bound_reads_on(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_VIEWER, "FD");
  g_autoptr(GError) error = NULL;
  gint64 run = put_run(test, ""), first;
  const StoreJournalEntry fd = enrol("P-1", 101, "FD-F-I-26", "L-1");
  g_autofree StoreJournalEntry *others = g_new(StoreJournalEntry, 2500);
  map(test, "L-1", "FD", 101);
  map(test, "L-3", "HP", 103);
  put(test, run, &fd, JOURNAL_DONE, NULL);
  put(test, run, &fd, JOURNAL_DONE, NULL);
  for (guint i = 0; i < 2500; i++)
    others[i] = enrol("P-2", 103, "HP-F-I-26", "L-3");
  g_assert_true(test->store->class->journal_intend(test->store, run, others, 2500, WEB_CASE_NOW,
                                                   &first, &error));
  get(test, "FD", "/journal");
  g_assert_cmpuint(rows(test), ==, 2);
  web_case_has_not(test, "rel=\"next\"");
  /* Bounded: it stops, says so, and goes on from there. */
  const StoreJournalFilter filter = { .state = -1 };
  g_autoptr(JournalPage) page = journal_view_read(test->store, who, &filter, 200, 1500, &error);
  g_assert_no_error(error);
  g_assert_true(page->cut);
  g_assert_cmpuint(page->rows->len, ==, 0);
  g_assert_cmpint(page->older, ==, first + 1000);
  const StoreJournalFilter rest = { .state = -1, .before = page->older };
  g_autoptr(JournalPage) next = journal_view_read(test->store, who, &rest, 1, 1500, &error);
  g_assert_cmpuint(next->rows->len, ==, 1);
  g_assert_cmpint(next->older, ==, 2);
  g_assert_false(next->cut);
}

/* ── the file ── */

static void
test_file(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  fill(test);
  g_assert_cmpuint(get(test, NULL, "/runs/1/download/journal.csv"), ==, 200);
  g_assert_cmpstr(test->answer.type, ==, WEB_CSV);
  g_assert_cmpstr(web_case_header(test, "Content-Disposition"), ==,
                  "attachment; filename=\"lehrgaenge-run-1-journal.csv\"");
  g_assert_cmpuint(occurrences(test, "\r\n"), ==, 4);
  web_case_has(test, "\xef\xbb\xbfNo.,Time,Step,");
  web_case_has(test, "\r\n2,2026-03-10 14:05:09,enrol,101,FD-F-I-26,7,P-1,L-1,"
                     "S033_EINBERUFEN_KREIS,EINBERUFEN,angemeldet,done,\r\n");
  web_case_has(test, ",failed,KANARIE refused\r\n");
  get(test, NULL, "/runs/2/download/journal.csv?language=de");
  web_case_has(test, ";austragen;101;FD-F-I-26;7;P-1;L-1;by hand;;;nicht bekannt;\r\n");
  get(test, "FD", "/runs/1/download/journal.csv");
  g_assert_cmpuint(occurrences(test, "\r\n"), ==, 3);
  web_case_has_not(test, "KANARIE");
  web_case_has_not(test, "HP-");
}

/* ── words ── */

static void
test_words(void) {
  static const char *const whole[] = { "", "by hand", "a → b", "a → b → c → d" };
  g_auto(GStrv) parts = journal_view_reason(" → NONE → noop");
  g_assert_cmpstr(parts[0], ==, "");
  g_assert_cmpstr(parts[2], ==, "noop");
  for (guint i = 0; i < G_N_ELEMENTS(whole); i++)
    g_assert_null(journal_view_reason(whole[i]));
  g_assert_cmpstr(journal_view_step(WEB_GERMAN, "unenrol"), ==, "austragen");
  g_assert_cmpstr(journal_view_step(WEB_GERMAN, "of_later"), ==, "of_later");
  g_assert_null(journal_view_action(WEB_GERMAN, "of_later"));
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/web/journal/rows", test_rows);
  g_test_add_func("/web/journal/filters", test_filters);
  g_test_add_func("/web/journal/older", test_older);
  g_test_add_func("/web/journal/escaping", test_escaping);
  g_test_add_func("/web/journal/bound", test_bound);
  g_test_add_func("/web/journal/bound-without-lehrgang", test_bound_without_lehrgang);
  g_test_add_func("/web/journal/bound-run", test_bound_run);
  g_test_add_func("/web/journal/bound-reads-on", test_bound_reads_on);
  g_test_add_func("/web/journal/file", test_file);
  g_test_add_func("/web/journal/words", test_words);
  return g_test_run();
}
