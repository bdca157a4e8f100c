/* The preview of an import: what it would do, for whom it may be seen, and what it hides.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "web/job.h"
#include "web_zms.h"

/* For a thread that has to get there; nothing takes so long. */
#define LONGEST (30 * G_USEC_PER_SEC)

/* Asks for a preview; its address. g_free(). */
static char *
ask(WebCase *test, const WebPrincipal *who, const char *form) {
  g_autofree char *whole = g_strconcat("action=preview&", form, NULL);
  g_assert_cmpuint(web_case_post(test, who, "/import", whole), ==, 303);
  return g_strdup(web_case_header(test, "Location"));
}

/* Looks at it until it is over, in English. */
static void
wait_for(WebCase *test, const WebPrincipal *who, const char *path) {
  gint64 until = g_get_monotonic_time() + LONGEST;
  for (;;) {
    g_assert_cmpuint(web_case_get(test, who, path), ==, 200);
    if (strstr(test->answer.body->str, "data-refresh") == NULL)
      return;
    web_case_has(test, "data-refresh=\"2\"");
    web_case_has(test, "http-equiv=\"refresh\" content=\"2\"");
    g_assert_cmpint(g_get_monotonic_time(), <, until);
    g_usleep(2000);
  }
}

static guint
look(WebCase *test, const WebPrincipal *who, const char *path, const char *query) {
  g_autofree char *target = g_strconcat(path, query, NULL);
  return web_case_get(test, who, target);
}

/* How often the page has it. */
static guint
count(const WebCase *test, const char *part) {
  guint found = 0;
  for (const char *at = test->answer.body->str; (at = strstr(at, part)) != NULL; at++)
    found++;
  return found;
}

static void
fact(const WebCase *test, const char *name, const char *value) {
  g_autofree char *part = g_strdup_printf("<dt>%s</dt><dd>%s</dd>", name, value);
  web_case_has(test, part);
}

/* ── the whole ── */

static void
shows_the_plan(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebZms) zms G_GNUC_UNUSED = web_zms_new(test, NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_OPERATOR, NULL);
  g_autofree char *path = ask(test, who, "year=2026&scope=all");
  wait_for(test, who, path);
  web_case_has(test, "Nothing has been changed.");
  web_case_has(test, "Year 2026, tenants: all.");
  fact(test, "courses to create", "3");
  fact(test, "accounts to create", "5");
  fact(test, "people to enrol", "4");
  fact(test, "people to unenrol", "0");
  fact(test, "no action", "1");
  fact(test, "Lehrgänge", "5");
  web_case_has(test, "Landkreis Bergstraße");
  web_case_has(test, "no template: 1");
  web_case_has(test, "?course=HLFS-AGT-26#steps");
  web_case_has(test, "FD-F-I-26</a> <span class=\"badge info\">new</span>");
  /* At both ends. */
  g_assert_cmpuint(count(test, ">Start this import</button>"), ==, 2);
  web_case_has(test, "name=\"year\" value=\"2026\"");
  web_case_has(test, "name=\"scope\" value=\"all\"");
  web_case_has_not(test, "allow_removals");
  g_assert_cmpuint(look(test, who, path, "?language=de"), ==, 200);
  web_case_has(test, "Es wurde nichts geändert.");
  web_case_has(test, "Personen einzuschreiben");
  web_case_has(test, "Diesen Import starten");
}

static void
shows_a_course(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebZms) zms G_GNUC_UNUSED = web_zms_new(test, NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_OPERATOR, NULL);
  g_autofree char *path = ask(test, who, "year=2026&scope=all");
  wait_for(test, who, path);
  g_assert_cmpuint(look(test, who, path, "?course=FD-F-I-26"), ==, 200);
  web_case_has(test, "Anna &lt;b&gt;Alt&lt;/b&gt; <small>T1</small>");
  web_case_has_not(test, "<b>");
  web_case_has(test, "<td>S033_EINBERUFEN_KREIS → EINBERUFEN → angemeldet</td>");
  web_case_has(test, "<td>enrol</td>");
  web_case_has(test, "<td>FD-1</td>");
  web_case_has(test, "put into the group: G01 (2026-05-20)");
  web_case_has(test, "create the course");
  web_case_has_not(test, "Carstens");
  g_assert_cmpuint(count(test, ">Start this import</button>"), ==, 2);
  g_assert_cmpuint(look(test, who, path, "?course=FD-NONE-26"), ==, 404);
  g_assert_cmpuint(look(test, who, path, "?course=%3Cb%3E"), ==, 404);
}

/* Rows of a page in the order of their courses. */
static void
expect_order(const WebCase *test, const char *first, const char *second) {
  const char *a = strstr(test->answer.body->str, first);
  const char *b = strstr(test->answer.body->str, second);
  g_assert_nonnull(a);
  g_assert_nonnull(b);
  g_assert_true(a < b);
}

static void
sorts_and_hides_what_stays(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebZms) zms = web_zms_new(test, NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_OPERATOR, NULL);
  web_zms_sync(test);
  web_zms_teilnehmer(zms, "HP", "HP-1",
                     "[{\"id\":\"T4\",\"status\":\"S033_EINBERUFEN_KREIS\"},"
                     "{\"id\":\"T6\",\"initialId\":\"p-6\",\"status\":\"S033_EINBERUFEN\"},"
                     "{\"id\":\"T7\",\"initialId\":\"p-7\",\"status\":\"S033_EINBERUFEN\"}]");
  web_zms_teilnehmer(zms, "FD", "FD-1",
                     "[{\"id\":\"T8\",\"initialId\":\"p-8\",\"status\":\"S033_EINBERUFEN\"}]");
  g_autofree char *path = ask(test, who, "year=2026&scope=all");
  wait_for(test, who, path);
  web_case_has_not(test, ">HLFS-AGT-26</a>");
  web_case_has(test, "Show also the 2 courses");
  expect_order(test, ">FD-F-I-26</a>", ">HP-F-I-26</a>");
  g_assert_cmpuint(look(test, who, path, "?sort=-course"), ==, 200);
  expect_order(test, ">HP-F-I-26</a>", ">FD-F-I-26</a>");
  g_assert_cmpuint(look(test, who, path, "?sort=-enrolled"), ==, 200);
  expect_order(test, ">HP-F-I-26</a>", ">FD-F-I-26</a>");
  web_case_has(test, "aria-sort=\"descending\"");
  g_assert_cmpuint(look(test, who, path, "?sort=enrolled"), ==, 200);
  expect_order(test, ">FD-F-I-26</a>", ">HP-F-I-26</a>");
  g_assert_cmpuint(look(test, who, path, "?sort=-tenant&show=all"), ==, 200);
  web_case_has(test, ">HLFS-AGT-26</a>");
  web_case_has_not(test, "Show also");
  expect_order(test, ">HP-F-I-26</a>", ">FD-F-I-26</a>");
  g_assert_cmpuint(look(test, who, path, "?course=HLFS-AGT-26"), ==, 200);
  web_case_has(test, "Nothing would change in this course.");
}

static void
says_that_nothing_is_to_be_done(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebZms) zms G_GNUC_UNUSED = web_zms_new(test, NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_OPERATOR, NULL);
  web_zms_sync(test);
  g_autofree char *path = ask(test, who, "year=2026&scope=all");
  wait_for(test, who, path);
  web_case_has(test, "The import would have nothing to do.");
  web_case_has_not(test, "This is what the import would do.");
}

static void
starts_it(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebZms) zms G_GNUC_UNUSED = web_zms_new(test, NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_OPERATOR, "FD,HP");
  g_autofree char *path = ask(test, who, "year=2026&tenant=FD");
  wait_for(test, who, path);
  web_case_has(test, "name=\"scope\" value=\"some\"");
  web_case_has(test, "name=\"tenant\" value=\"FD\"");
  web_case_has_not(test, "value=\"HP\"");
  g_assert_cmpuint(
      web_case_post(test, who, "/import", "action=start&year=2026&scope=some&tenant=FD"), ==, 303);
  g_assert_true(g_str_has_prefix(web_case_header(test, "Location"), "/imports/"));
}

/* ── what is held, and what cannot be proven ── */

static void
says_what_is_held(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebZms) zms =
      web_zms_new(test, "[guard]\nmax-removals-floor=0\nmax-removals-percent=0\n");
  g_autoptr(WebPrincipal) chief = web_case_who(ROLE_ADMIN, NULL);
  g_autoptr(WebPrincipal) bound = web_case_who(ROLE_OPERATOR, "FD");
  web_zms_sync(test);
  web_zms_teilnehmer(zms, "FD", "FD-HLFS", "[{\"id\":\"T3\",\"status\":\"S100_STORNIERT_LAND\"}]");
  g_autofree char *path = ask(test, chief, "year=2026&scope=all");
  wait_for(test, chief, path);
  web_case_has(test, "the guard holds these removals");
  web_case_has(test, "HLFS: 1 of 2 people enrolled; without consent at most 0 may be unenrolled");
  fact(test, "removals held by the guard", "1");
  web_case_has(test, "name=\"allow_removals\"");
  g_assert_cmpuint(look(test, chief, path, "?course=HLFS-AGT-26"), ==, 200);
  web_case_has(test, "<td>held by the guard</td>");
  /* How many others are enrolled in the HLFS's courses is not theirs to know. */
  g_free(bound->name);
  bound->name = g_strdup("bert");
  g_autofree char *theirs = ask(test, bound, "year=2026&tenant=FD");
  wait_for(test, bound, theirs);
  web_case_has(test, "HLFS: removals: 1</li>");
  web_case_has_not(test, "people are enrolled");
}

static void
says_what_is_not_proven(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebZms) zms = web_zms_new(test, NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_OPERATOR, NULL);
  g_autoptr(WebPrincipal) bound = web_case_who(ROLE_OPERATOR, "FD");
  web_zms_sync(test);
  web_zms_teilnehmer(zms, "FD", "FD-HLFS", "[{\"id\":\"T3\",\"status\":\"S100_STORNIERT_LAND\"}]");
  web_zms_teilnehmer(zms, "HP", "HP-HLFS", "this is no JSON");
  g_autofree char *path = ask(test, who, "year=2026&scope=some&tenant=FD");
  wait_for(test, who, path);
  fact(test, "removals without proof, not done", "1");
  web_case_has(test, "HP-HLFS");
  g_free(bound->name);
  bound->name = g_strdup("bert");
  g_autofree char *theirs = ask(test, bound, "year=2026&tenant=FD");
  wait_for(test, bound, theirs);
  web_case_has(test, "not every Lehrgang that feeds this course could be read");
  web_case_has_not(test, "HP");
}

/* ── whose it is ── */

/* A course of the HLFS is fed by both tenants; a plan of one shows nothing of the other. */
static void
hides_other_tenants(void) {
  static const char *const pages[] = { "", "?show=all", "?course=HLFS-AGT-26", "?course=FD-F-I-26",
                                       "?language=de&show=all" };
  static const char *const theirs[] = { "HP",   "Bergstra", "GI", "Gie", "Geheim", "Zacha",
                                        "Dora", "T5",       "T4", "p-5", "OF" };
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebZms) zms G_GNUC_UNUSED = web_zms_new(test, NULL);
  g_autoptr(WebPrincipal) bound = web_case_who(ROLE_OPERATOR, "FD");
  for (guint done = 0; done < 2; done++) {
    g_autofree char *path = ask(test, bound, "year=2026&tenant=FD");
    wait_for(test, bound, path);
    fact(test, "Lehrgänge", "3");
    for (guint i = 0; i < G_N_ELEMENTS(pages); i++) {
      g_assert_cmpuint(look(test, bound, path, pages[i]), ==, 200);
      for (guint j = 0; j < G_N_ELEMENTS(theirs); j++)
        web_case_has_not(test, theirs[j]);
    }
    g_assert_cmpuint(look(test, bound, path, "?course=HP-F-I-26"), ==, 404);
    if (done == 0)
      web_zms_sync(test);
  }
}

static void
is_its_owners(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebZms) zms G_GNUC_UNUSED = web_zms_new(test, NULL);
  g_autoptr(WebPrincipal) anna = web_case_who(ROLE_OPERATOR, NULL);
  g_autoptr(WebPrincipal) bert = web_case_who(ROLE_OPERATOR, NULL);
  g_autoptr(WebPrincipal) chief = web_case_who(ROLE_ADMIN, NULL);
  g_autoptr(WebPrincipal) viewer = web_case_who(ROLE_VIEWER, NULL);
  /* Anna, after she was bound. */
  g_autoptr(WebPrincipal) bound = web_case_who(ROLE_OPERATOR, "FD");
  g_autoptr(WebPrincipal) moved = web_case_who(ROLE_OPERATOR, "HP");
  g_free(bert->name);
  bert->name = g_strdup("bert");
  g_free(chief->name);
  chief->name = g_strdup("chief");
  g_autofree char *all = ask(test, anna, "year=2026&scope=all");
  g_autofree char *one = ask(test, anna, "year=2026&scope=some&tenant=FD");
  wait_for(test, anna, all);
  wait_for(test, anna, one);
  g_assert_cmpuint(web_case_get(test, viewer, all), ==, 403);
  g_assert_cmpuint(web_case_get(test, bert, all), ==, 404);
  g_assert_cmpuint(web_case_get(test, chief, all), ==, 200);
  g_assert_cmpuint(web_case_get(test, bound, all), ==, 404);
  g_assert_cmpuint(web_case_get(test, bound, one), ==, 200);
  g_assert_cmpuint(web_case_get(test, moved, one), ==, 404);
}

static void
is_gone_after_a_while(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebZms) zms G_GNUC_UNUSED = web_zms_new(test, NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_ADMIN, NULL);
  g_autofree char *path = ask(test, who, "year=2026&scope=all");
  g_autofree char *check = NULL;
  wait_for(test, who, path);
  clock_advance(test->clock, (gint64)WEB_JOB_KEPT_S * G_USEC_PER_SEC);
  g_assert_cmpuint(web_case_get(test, who, path), ==, 404);
  web_case_has(test, "not there any more");
  web_case_has(test, "href=\"/import\"");
  g_assert_cmpuint(web_case_get(test, who, "/previews/none"), ==, 404);
  /* A check is no preview. */
  g_assert_true(web_job_check(test->site->jobs, who, &check, NULL));
  g_autofree char *other = g_strconcat("/previews/", check, NULL);
  g_assert_cmpuint(web_case_get(test, who, other), ==, 404);
}

/* ── on the way, and when it fails ── */

static void
says_where_it_stands(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebZms) zms G_GNUC_UNUSED = web_zms_new_silent(test);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_OPERATOR, NULL);
  g_autofree char *path = ask(test, who, "year=2026&scope=all");
  g_autofree char *next = ask(test, who, "year=2025&scope=all");
  gint64 until = g_get_monotonic_time() + LONGEST;
  do {
    g_assert_cmpint(g_get_monotonic_time(), <, until);
    g_assert_cmpuint(web_case_get(test, who, path), ==, 200);
  } while (strstr(test->answer.body->str, "reads Lehrgänge and Teilnehmer from ZMS") == NULL);
  web_case_has(test, "data-refresh=\"2\"");
  web_case_has(test, "<progress");
  web_case_has_not(test, "Start this import");
  g_assert_cmpuint(web_case_get(test, who, next), ==, 200);
  web_case_has(test, "Waits for another preview to end.");
  web_case_has(test, "data-refresh=\"2\"");
}

static void
says_why_it_failed(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_OPERATOR, NULL);
  g_autofree char *path = ask(test, who, "year=2026&scope=all");
  wait_for(test, who, path);
  web_case_has(test, "The preview could not be made:");
  web_case_has(test, "moodle.db does not exist");
  web_case_has(test, "href=\"/import\"");
  web_case_has_not(test, "Start this import");
}

/* A tenant that cannot be read is told with its reason; so is that none could. */
static void
says_what_was_not_read(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebZms) zms = web_zms_new(test, NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_OPERATOR, NULL);
  web_zms_teilnehmer(zms, "HP", "HP-1", "this is no JSON");
  g_autofree char *path = ask(test, who, "year=2026&scope=all");
  wait_for(test, who, path);
  fact(test, "failed to be read", "1");
  web_case_has(test, "<td>HP-1: ");
  g_clear_pointer(&zms, web_zms_free);
  g_autofree char *none = ask(test, who, "year=2025&scope=all");
  wait_for(test, who, none);
  web_case_has(test, "This import would fail now:");
  web_case_has(test, "<p>No tenant could be read.</p>");
  web_case_has(test, "<td>ZMS cannot be reached. Is it up, and the network, too?</td>");
  web_case_has_not(test, "This is what the import would do.");
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/preview/shows-the-plan", shows_the_plan);
  g_test_add_func("/preview/shows-a-course", shows_a_course);
  g_test_add_func("/preview/sorts-and-hides-what-stays", sorts_and_hides_what_stays);
  g_test_add_func("/preview/says-that-nothing-is-to-be-done", says_that_nothing_is_to_be_done);
  g_test_add_func("/preview/starts-it", starts_it);
  g_test_add_func("/preview/says-what-is-held", says_what_is_held);
  g_test_add_func("/preview/says-what-is-not-proven", says_what_is_not_proven);
  g_test_add_func("/preview/hides-other-tenants", hides_other_tenants);
  g_test_add_func("/preview/is-its-owners", is_its_owners);
  g_test_add_func("/preview/is-gone-after-a-while", is_gone_after_a_while);
  g_test_add_func("/preview/says-where-it-stands", says_where_it_stands);
  g_test_add_func("/preview/says-why-it-failed", says_why_it_failed);
  g_test_add_func("/preview/says-what-was-not-read", says_what_was_not_read);
  return g_test_run();
}
