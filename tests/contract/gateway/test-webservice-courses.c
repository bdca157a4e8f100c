/* What the web-service gateway does about courses that are not what they seem, and about many.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "webservice-only.h"

/* More than fit into one call of each kind. */
#define COURSES 130

typedef struct {
  guint hits[COURSES];
  gint64 ids[COURSES];
  gint settings; /* the greatest and the least of the last one's, as it were */
} Found;

static void
note(guint index, const GatewayCourse *course, gpointer data) {
  Found *found = data;
  g_assert_cmpuint(index, <, COURSES);
  found->hits[index]++;
  found->ids[index] = course->id;
  const GatewayCourseSettings *is = &course->settings;
  found->settings = MIN(MIN(is->numsections, is->newsitems), MIN(is->groupmode, is->showgrades));
}

static void
find(Contract *contract, GatewayCourseField field, const char *const *values, guint count,
     Found *found) {
  g_autoptr(GError) error = NULL;
  *found = (Found){ 0 };
  contract->call->find_courses(contract->gateway, field, values, count, note, found, &error);
  g_assert_no_error(error);
}

static void
note_sections(guint index, const GatewayCourse *course, gpointer data) {
  (void)index;
  *(gint *)data = course->settings.numsections;
}

static gint
sections_of(Contract *contract, const char *shortname) {
  g_autoptr(GError) error = NULL;
  gint sections = -1;
  contract->call->find_courses(contract->gateway, GATEWAY_COURSE_SHORTNAME, &shortname, 1,
                               note_sections, &sections, &error);
  g_assert_no_error(error);
  return sections;
}

/* Where Moodle counts subsections among the sections, the number is taken over only when the format
 * keeps it itself: the copy brings the others. */
static void
sections_beside_subsections(Contract *contract) {
  gint64 id = contract_look(contract, "SELECT id FROM mdl_course WHERE shortname = 'F-I'");
  g_assert_cmpint(sections_of(contract, "F-I"), ==, 0);
  contract_exec(contract, "UPDATE mdl_course SET format = 'grid' WHERE id = %" G_GINT64_FORMAT, id);
  g_assert_cmpint(sections_of(contract, "F-I"), >, 0);
}

static void
sections_before_subsections(Contract *contract) {
  g_assert_cmpint(sections_of(contract, "F-I"), >, 0);
}

static void
nobody(guint index, const GatewayEnrolment *enrolment, gpointer data) {
  (void)index, (void)enrolment, (void)data;
}

static void
note_group(guint index, gint64 groupid, const char *name, gpointer data) {
  (void)groupid, (void)name;
  ((Found *)data)->hits[index]++;
}

static void
no_member(guint index, gint64 groupid, gint64 userid, gpointer data) {
  (void)index, (void)groupid, (void)userid, (void)data;
}

/* Each is found once, and its group is told once. */
static void
each_of_many_once(Contract *contract) {
  static const GatewayCourseVisitor visitor = { nobody, note_group, no_member };
  const char *values[COURSES];
  gint64 ids[COURSES];
  Found found;
  for (guint i = 0; i < COURSES; i++) {
    ids[i] = contract_course(contract, only_text("FD-%u", i));
    contract_group(contract, ids[i], "G01");
    values[i] = only_text("%" G_GINT64_FORMAT, ids[i]);
  }
  find(contract, GATEWAY_COURSE_ID, values, COURSES, &found);
  for (guint i = 0; i < COURSES; i++) {
    g_assert_cmpuint(found.hits[i], ==, 1);
    g_assert_cmpint(found.ids[i], ==, ids[i]);
  }
  found = (Found){ 0 };
  g_assert_true(
      contract->call->read_courses(contract->gateway, ids, COURSES, &visitor, &found, NULL));
  for (guint i = 0; i < COURSES; i++)
    g_assert_cmpuint(found.hits[i], ==, 1);
}

/* Asked for none, Moodle would tell all. */
static void
none_is_not_asked_for(Contract *contract) {
  static const char *const names[] = { "nowhere" }, *const ids[] = { "1", "x", "" };
  Found found;
  find(contract, GATEWAY_COURSE_SHORTNAME, names, 1, &found);
  find(contract, GATEWAY_COURSE_ID, ids, 3, &found);
  g_assert_cmpuint(found.hits[0], ==, 0);
  g_assert_cmpuint(moodle_app_calls(only_app(contract), "core_course_get_courses"), ==, 0);
}

/* Where the database takes "a" for "A". */
static void
another_spelling_is_another(Contract *contract) {
  static const char *const names[] = { "FD-F-I-26" };
  Found found;
  gint64 id = contract_course(contract, "FD-OTHER");
  only_strange =
      only_text("{\"courses\":[{\"id\":%" G_GINT64_FORMAT ",\"shortname\":\"fd-f-i-26\"}]}", id);
  webservice_site_between(contract->site, "core_course_get_courses_by_field",
                          only_answers_strangely);
  find(contract, GATEWAY_COURSE_SHORTNAME, names, 1, &found);
  g_assert_cmpuint(found.hits[0], ==, 0);
}

/* What Moodle does not tell is taken for nothing. */
static void
settings_that_are_not_told(Contract *contract) {
  static const char *const ids[] = { "7" };
  Found found;
  only_strange = "[{\"id\":7,\"shortname\":\"x\"},{\"id\":8,\"shortname\":\"y\"}]";
  webservice_site_between(contract->site, "core_course_get_courses", only_answers_strangely);
  find(contract, GATEWAY_COURSE_ID, ids, 1, &found);
  g_assert_cmpuint(found.hits[0], ==, 1);
  g_assert_cmpint(found.settings, ==, 0);
}

/* The front page is never made. */
static void
front_page_is_no_new_course(Contract *contract) {
  GatewayNewCourse course = contract_course_like(contract, "FD-F-I-26");
  GatewayOutcome outcome = { 0 };
  only_strange = "[{\"id\":1,\"shortname\":\"FD-F-I-26\"}]";
  webservice_site_between(contract->site, "core_course_create_courses", only_answers_strangely);
  g_assert_true(contract->call->create_courses(contract->gateway, &course, 1, &outcome, NULL));
  only_says(&outcome, GATEWAY_INVALID, "unexpected answer");
  gateway_outcomes_clear(&outcome, 1);
}

/* While the answer to our call gets lost, another course gets its short name. */
static void
another_was_quicker(gpointer site, guint nth, const ServerApp *moodle, const Request *request,
                    Faults *faults, Answer *answer) {
  if (nth == 1) {
    webservice_site_exec(site, "UPDATE mdl_course SET shortname = 'FD-F-I-26' "
                               "WHERE shortname = 'FD-OTHER'");
    answer->lost = true;
    return;
  }
  moodle->handle(moodle->data, request, faults, answer);
}

/* That one is not ours: other Lehrgänge may be in it. */
static void
name_of_another_is_not_ours(Contract *contract, const char *theirs, const char *ours) {
  GatewayNewCourse course = contract_course_like(contract, "FD-OTHER");
  GatewayOutcome outcome = { 0 };
  gint64 id;
  course.idnumber = theirs;
  contract_new_course(contract, &course, &id);
  course = contract_course_like(contract, "FD-F-I-26");
  course.idnumber = ours;
  webservice_site_between(contract->site, "core_course_create_courses", another_was_quicker);
  g_assert_true(contract->call->create_courses(contract->gateway, &course, 1, &outcome, NULL));
  only_says(&outcome, GATEWAY_TAKEN_SHORTNAME, "is taken");
  gateway_outcomes_clear(&outcome, 1);
}

static void
course_of_another(Contract *contract) {
  name_of_another_is_not_ours(contract, "L-2", "L-1");
}

static void
course_without_number(Contract *contract) {
  name_of_another_is_not_ours(contract, "", "");
}

/* ── companies ── */

static const char *const listing[] = { "block_iomad_company_admin_get_company_courses", NULL };

static gpointer
open_without_listing(void) {
  return webservice_site_open_with(&(MoodleAppOptions){
      .token = WEBSERVICE_TOKEN, .plugin = true, .batch = true, .without = listing });
}

static GatewayOutcome
link_one(Contract *contract, gint64 course, gint64 company) {
  GatewayOutcome outcome = { 0 };
  g_autoptr(GError) error = NULL;
  contract->call->link_courses(contract->gateway, &course, &company, 1, &outcome, &error);
  g_assert_no_error(error);
  return outcome;
}

/* Knowing who is linked already is not needed for linking. */
static void
links_without_looking(Contract *contract) {
  gint64 course = contract_course(contract, "FD-F-I-26");
  GatewayOutcome outcome = link_one(contract, course, contract->company);
  contract_check(&outcome, GATEWAY_DONE);
}

static void
what_cannot_be_linked(Contract *contract) {
  gint64 course = contract_course(contract, "FD-F-I-26");
  GatewayOutcome outcome = link_one(contract, 1, contract->company);
  only_says(&outcome, GATEWAY_MISSING, "front page");
  gateway_outcomes_clear(&outcome, 1);
  moodle_app_fail(only_app(contract), "block_iomad_company_admin_assign_courses", 1,
                  "invalidrecord");
  outcome = link_one(contract, course, contract->company);
  only_says(&outcome, GATEWAY_MISSING, "the company is not there");
  gateway_outcomes_clear(&outcome, 1);
}

/* It is looked into the company that the lost link was for, and not into that of another. */
static void
lost_link_is_seen(Contract *contract) {
  gint64 courses[] = { contract_course(contract, "FD-F-I-26"),
                       contract_course(contract, "FD-F-II-26") };
  gint64 companies[] = {
    contract->company, contract_look(contract, "SELECT id FROM mdl_company WHERE code = 'S_%%'")
  };
  GatewayOutcome outcomes[2] = { 0 };
  outcomes[0] = link_one(contract, courses[0], companies[0]);
  contract_check(&outcomes[0], GATEWAY_DONE);
  outcomes[0] = (GatewayOutcome){ 0 };
  guint64 before =
      moodle_app_requests(only_app(contract), "block_iomad_company_admin_assign_courses");
  moodle_app_lose_reply(only_app(contract), "block_iomad_company_admin_assign_courses", 1);
  g_assert_true(
      contract->call->link_courses(contract->gateway, courses, companies, 2, outcomes, NULL));
  contract_check(&outcomes[0], GATEWAY_ALREADY);
  contract_check(&outcomes[1], GATEWAY_DONE);
  g_assert_cmpuint(
      moodle_app_requests(only_app(contract), "block_iomad_company_admin_assign_courses") - before,
      ==, 1);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  gpointer (*open)(void) = webservice_site_open;
  only_add("each-of-many-once", open, each_of_many_once);
  only_add("each-of-many-once/core", webservice_site_open_core, each_of_many_once);
  only_add("none-is-not-asked-for", open, none_is_not_asked_for);
  only_add("another-spelling-is-another", open, another_spelling_is_another);
  only_add("settings-that-are-not-told", open, settings_that_are_not_told);
  only_add("sections-beside-subsections", webservice_site_open_recent, sections_beside_subsections);
  only_add("sections-before-subsections", open, sections_before_subsections);
  only_add("front-page-is-no-new-course", open, front_page_is_no_new_course);
  only_add("name-of-another-is-not-ours", open, course_of_another);
  only_add("name-of-another-is-not-ours/without-number", open, course_without_number);
  only_add("links-without-looking", open_without_listing, links_without_looking);
  only_add("what-cannot-be-linked", open, what_cannot_be_linked);
  only_add("lost-link-is-seen", open, lost_link_is_seen);
  return g_test_run();
}
