/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "contract-private.h"

#include <string.h>

/* ── what find_courses hands out, as text ── */

typedef struct {
  char *found[8]; /* by index */
} Finds;

static void
note(guint index, const GatewayCourse *course, gpointer user_data) {
  Finds *finds = user_data;
  const GatewayCourseSettings *s = &course->settings;
  g_assert_cmpuint(index, <, G_N_ELEMENTS(finds->found));
  g_assert_null(finds->found[index]); /* at most one hit per value */
  finds->found[index] =
      g_strdup_printf("%" G_GINT64_FORMAT "|%s|%s|%s|%" G_GINT64_FORMAT
                      "|%s,%d,%s,%d,%s,%d,%d,%d,%d,%d,%d,%" G_GINT64_FORMAT ",%d",
                      course->id, course->shortname, course->fullname, course->idnumber,
                      course->category, s->summary, s->summaryformat, s->format, s->numsections,
                      s->lang, s->newsitems, s->showgrades, s->groupmode, s->groupmodeforce,
                      s->enablecompletion, s->completionnotify, s->maxbytes, s->showreports);
}

static void
finds_clear(Finds *finds) {
  for (guint i = 0; i < G_N_ELEMENTS(finds->found); i++)
    g_clear_pointer(&finds->found[i], g_free);
}

static void
find_all(Contract *contract, GatewayCourseField field, const char *const *values, guint count,
         Finds *finds) {
  g_autoptr(GError) error = NULL;
  bool ok =
      contract->call->find_courses(contract->gateway, field, values, count, note, finds, &error);
  g_assert_no_error(error);
  g_assert_true(ok);
}

/* The id of the course with that value, 0 for none. */
static gint64
find(Contract *contract, GatewayCourseField field, const char *value) {
  Finds finds = { 0 };
  find_all(contract, field, &value, 1, &finds);
  gint64 id = finds.found[0] != NULL ? g_ascii_strtoll(finds.found[0], NULL, 10) : 0;
  finds_clear(&finds);
  return id;
}

/* ── creating ── */

/* Two courses that differ in every setting. */
static void
takes_all_settings(Contract *contract) {
  static const GatewayCourseSettings settings[] = {
    { .summary = (char *)"<p>Über \"alles\" & mehr</p>",
      .format = (char *)"weeks",
      .lang = (char *)"de",
      .summaryformat = 1,
      .numsections = 7,
      .newsitems = 2,
      .showgrades = 1,
      .groupmode = 2,
      .groupmodeforce = 1,
      .enablecompletion = 1,
      .completionnotify = 0,
      .showreports = 1,
      .maxbytes = G_GINT64_CONSTANT(5368709120) },
    { .summary = (char *)"",
      .format = (char *)"topics",
      .lang = (char *)"",
      .summaryformat = 0,
      .numsections = 0,
      .newsitems = 0,
      .showgrades = 0,
      .groupmode = 1,
      .groupmodeforce = 0,
      .enablecompletion = 0,
      .completionnotify = 1,
      .showreports = 0,
      .maxbytes = 0 },
  };
  g_autofree char *first = g_strdup_printf(
      "<p>Über \"alles\" & mehr</p>,1,weeks,%u,de,%u,1,2,1,1,0,5368709120,1",
      contract->harness->counts_subsections ? 0 : 7, contract->harness->announces_at_once ? 2 : 0);
  const char *const texts[] = { first, ",0,topics,0,,0,0,1,0,0,1,0,0" };
  for (guint i = 0; i < G_N_ELEMENTS(settings); i++) {
    g_autofree char *shortname = g_strdup_printf("FD-F-ATR-%u", 26 + i);
    g_autofree char *idnumber = g_strdup_printf("LG/%u ä", i);
    GatewayNewCourse course = contract_course_like(contract, shortname);
    gint64 id = 0;
    course.fullname = "Atemschutz für Geübte";
    course.idnumber = idnumber;
    course.settings = &settings[i];
    g_assert_cmpint(contract_new_course(contract, &course, &id), ==, GATEWAY_DONE);

    Finds finds = { 0 };
    find_all(contract, GATEWAY_COURSE_SHORTNAME, &course.shortname, 1, &finds);
    g_autofree char *expected =
        g_strdup_printf("%" G_GINT64_FORMAT "|%s|Atemschutz für Geübte|%s|%" G_GINT64_FORMAT "|%s",
                        id, shortname, idnumber, contract->category, texts[i]);
    g_assert_cmpstr(finds.found[0], ==, expected);
    finds_clear(&finds);
  }
}

static void
is_visible_and_dated(Contract *contract) {
  gint64 id = contract_course(contract, "FD-F-I-26");
  g_autofree char *expected = g_strdup_printf("1 %" G_GINT64_FORMAT " %" G_GINT64_FORMAT,
                                              CONTRACT_NOW, CONTRACT_NOW + 86400);
  contract_assert_text(contract, expected,
                       "SELECT visible || ' ' || startdate || ' ' || enddate FROM mdl_course"
                       " WHERE id = %" G_GINT64_FORMAT,
                       id);
  contract_assert_read(contract, id, "");
}

static void
refuses_what_is_taken(Contract *contract) {
  GatewayNewCourse first = contract_course_like(contract, "FD-F-I-26");
  first.idnumber = "4711";
  gint64 id = 0;
  g_assert_cmpint(contract_new_course(contract, &first, &id), ==, GATEWAY_DONE);

  GatewayNewCourse again = contract_course_like(contract, "FD-F-I-26");
  again.fullname = "another";
  g_assert_cmpint(contract_new_course(contract, &again, &id), ==, GATEWAY_TAKEN_SHORTNAME);
  again.shortname = "FD-F-II-26";
  again.idnumber = "4711";
  g_assert_cmpint(contract_new_course(contract, &again, &id), ==, GATEWAY_TAKEN_IDNUMBER);
  contract_assert_text(contract, "Lehrgang",
                       "SELECT fullname FROM mdl_course WHERE shortname = 'FD-F-I-26'");
  g_assert_cmpint(find(contract, GATEWAY_COURSE_SHORTNAME, "FD-F-II-26"), ==, 0);
}

static void
empty_idnumbers_do_not_collide(Contract *contract) {
  gint64 a = contract_course(contract, "A"), b = contract_course(contract, "B");
  g_assert_cmpint(a, !=, b);
}

static void
refuses_bad_values(Contract *contract) {
  g_autofree char *long_name = g_strnfill(256, 'x');
  gint64 before = contract_look(contract, "SELECT count(*) FROM mdl_course"), id = 0;
  GatewayNewCourse good = contract_course_like(contract, "FD-F-I-26"), bad = good;
  bad.category = 99999;
  g_assert_cmpint(contract_new_course(contract, &bad, &id), ==, GATEWAY_INVALID);
  bad = good;
  bad.enddate = bad.startdate - 1;
  g_assert_cmpint(contract_new_course(contract, &bad, &id), ==, GATEWAY_INVALID);
  bad.enddate = bad.startdate;
  g_assert_cmpint(contract_new_course(contract, &bad, &id), ==, GATEWAY_INVALID);
  bad = good;
  bad.shortname = "";
  g_assert_cmpint(contract_new_course(contract, &bad, &id), ==, GATEWAY_INVALID);
  bad.shortname = long_name;
  g_assert_cmpint(contract_new_course(contract, &bad, &id), ==, GATEWAY_INVALID);
  bad = good;
  bad.fullname = "";
  g_assert_cmpint(contract_new_course(contract, &bad, &id), ==, GATEWAY_INVALID);
  bad.fullname = long_name;
  g_assert_cmpint(contract_new_course(contract, &bad, &id), ==, GATEWAY_INVALID);
  bad = good;
  bad.idnumber = long_name;
  g_assert_cmpint(contract_new_course(contract, &bad, &id), ==, GATEWAY_INVALID);
  g_assert_cmpint(contract_look(contract, "SELECT count(*) FROM mdl_course"), ==, before);
  g_assert_cmpint(contract_new_course(contract, &good, &id), ==, GATEWAY_DONE);
}

/* A refused one leaves the others alone, and of two alike in one batch the first wins. */
static void
mixed_batch(Contract *contract) {
  static const GatewayCode expected[] = { GATEWAY_DONE, GATEWAY_TAKEN_SHORTNAME, GATEWAY_INVALID,
                                          GATEWAY_DONE };
  GatewayNewCourse courses[] = { contract_course_like(contract, "A"),
                                 contract_course_like(contract, "A"),
                                 contract_course_like(contract, "B"),
                                 contract_course_like(contract, "C") };
  courses[0].fullname = "first";
  courses[2].category = 99999;
  GatewayOutcome outcomes[4] = { 0 };
  g_autoptr(GError) error = NULL;
  g_assert_true(contract->call->create_courses(contract->gateway, courses, 4, outcomes, &error));
  for (guint i = 0; i < 4; i++)
    contract_check(&outcomes[i], expected[i]);
  g_assert_cmpint(outcomes[0].id, >, 0);
  g_assert_cmpint(outcomes[3].id, >, outcomes[0].id);
  g_assert_cmpint(find(contract, GATEWAY_COURSE_SHORTNAME, "A"), ==, outcomes[0].id);
  g_assert_cmpint(find(contract, GATEWAY_COURSE_SHORTNAME, "B"), ==, 0);
  g_assert_cmpint(find(contract, GATEWAY_COURSE_SHORTNAME, "C"), ==, outcomes[3].id);
  contract_assert_text(contract, "first", "SELECT fullname FROM mdl_course WHERE shortname = 'A'");
  gateway_outcomes_clear(outcomes, 4);
}

/* ── finding ── */

static void
found_by_id(Contract *contract) {
  gint64 id = contract_course(contract, "FD-F-I-26");
  g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, id);
  g_assert_cmpint(find(contract, GATEWAY_COURSE_ID, text), ==, id);

  g_autofree char *zero = g_strdup_printf("0%s", text), *blank = g_strdup_printf(" %s", text),
                  *tail = g_strdup_printf("%sx", text),
                  *next = g_strdup_printf("%" G_GINT64_FORMAT, id + 1);
  const char *const wrong[] = { zero, blank, tail,
                                next, "0",   "-1",
                                "",   "abc", "99999999999999999999" };
  for (guint i = 0; i < G_N_ELEMENTS(wrong); i++)
    g_assert_cmpint(find(contract, GATEWAY_COURSE_ID, wrong[i]), ==, 0);
}

static void
shortname_is_exact(Contract *contract) {
  static const char *const wrong[] = { "fd-f/k \"ü\" 'x' & 100%_-26",
                                       "FD-F/K \"U\" 'x' & 100%_-26",
                                       "FD-F/K%",
                                       "FD-F/K \"Ü\" 'x' & 100__-26",
                                       "FD-F/K \"Ü\" 'x' & 100%_-2",
                                       "FD-F/K \"Ü\" 'x' & 100%_-26 ",
                                       "" };
  gint64 id = contract_course(contract, "FD-F/K \"Ü\" 'x' & 100%_-26");
  g_assert_cmpint(find(contract, GATEWAY_COURSE_SHORTNAME, "FD-F/K \"Ü\" 'x' & 100%_-26"), ==, id);
  for (guint i = 0; i < G_N_ELEMENTS(wrong); i++)
    g_assert_cmpint(find(contract, GATEWAY_COURSE_SHORTNAME, wrong[i]), ==, 0);
}

static void
front_page_is_never_found(Contract *contract) {
  g_autofree char *name =
      contract_look_text(contract, "SELECT shortname FROM mdl_course WHERE id = 1");
  g_assert_cmpuint(strlen(name), >, 0);
  g_assert_cmpint(find(contract, GATEWAY_COURSE_ID, "1"), ==, 0);
  g_assert_cmpint(find(contract, GATEWAY_COURSE_SHORTNAME, name), ==, 0);
}

static void
hidden_courses_are_found(Contract *contract) {
  contract_assert_text(contract, "0",
                       "SELECT visible FROM mdl_course WHERE shortname = '" CONTRACT_MASTER "'");
  g_assert_cmpint(find(contract, GATEWAY_COURSE_SHORTNAME, CONTRACT_MASTER), >, 0);
}

static void
several_keep_their_places(Contract *contract) {
  gint64 a = contract_course(contract, "A"), b = contract_course(contract, "B");
  const char *const values[] = { "B", "none", "A", "B" };
  Finds finds = { 0 };
  find_all(contract, GATEWAY_COURSE_SHORTNAME, values, 4, &finds);
  g_assert_cmpint(g_ascii_strtoll(finds.found[0], NULL, 10), ==, b);
  g_assert_null(finds.found[1]);
  g_assert_cmpint(g_ascii_strtoll(finds.found[2], NULL, 10), ==, a);
  g_assert_cmpint(g_ascii_strtoll(finds.found[3], NULL, 10), ==, b);
  finds_clear(&finds);
}

void
contract_courses_add(const GatewayHarness *harness) {
  contract_add(harness, "courses/takes-all-settings", takes_all_settings);
  contract_add(harness, "courses/is-visible-and-dated", is_visible_and_dated);
  contract_add(harness, "courses/refuses-what-is-taken", refuses_what_is_taken);
  contract_add(harness, "courses/empty-idnumbers-do-not-collide", empty_idnumbers_do_not_collide);
  contract_add(harness, "courses/refuses-bad-values", refuses_bad_values);
  contract_add(harness, "courses/mixed-batch", mixed_batch);
  contract_add(harness, "courses/found-by-id", found_by_id);
  contract_add(harness, "courses/shortname-is-exact", shortname_is_exact);
  contract_add(harness, "courses/front-page-is-never-found", front_page_is_never_found);
  contract_add(harness, "courses/hidden-courses-are-found", hidden_courses_are_found);
  contract_add(harness, "courses/several-keep-their-places", several_keep_their_places);
}
