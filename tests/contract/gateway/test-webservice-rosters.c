/* What the web-service gateway makes of answers about who is in a course, who has completed it, and
 * whose it is.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "webservice-only.h"

static gpointer
open_bare(void) {
  return webservice_site_open_with(&(MoodleAppOptions){ .token = WEBSERVICE_TOKEN, .batch = true });
}

/* ── reading ── */

typedef struct {
  GArray *users; /* gint64 */
  guint any, all;
} Seen;

static void
note(guint index, const GatewayEnrolment *enrolment, gpointer data) {
  Seen *seen = data;
  (void)index;
  g_array_append_val(seen->users, enrolment->userid);
  seen->any |= enrolment->flags;
  seen->all &= enrolment->flags;
}

static void
no_group(guint index, gint64 groupid, const char *name, gpointer data) {
  (void)index, (void)groupid, (void)name, (void)data;
}

static void
no_member(guint index, gint64 groupid, gint64 userid, gpointer data) {
  (void)index, (void)groupid, (void)userid, (void)data;
}

/* Free users with g_array_unref(). */
static Seen
read_all(Contract *contract, const gint64 *courses, guint count, GError **error) {
  static const GatewayCourseVisitor visitor = { note, no_group, no_member };
  Seen seen = { g_array_new(FALSE, FALSE, sizeof(gint64)), 0, G_MAXUINT };
  bool ok = contract->call->read_courses(contract->gateway, courses, count, &visitor, &seen, error);
  g_assert_true(ok == (error == NULL || *error == NULL));
  return seen;
}

/* Whoever is not named could be anybody. */
static void
hidden_names_are_an_error(Contract *contract) {
  gint64 course = contract_course(contract, "FD-F-I-26");
  g_autoptr(GError) error = NULL;
  only_strange = "[{\"id\":9,\"username\":\"anna\"},{\"id\":4}]";
  webservice_site_between(contract->site, "core_enrol_get_enrolled_users", only_answers_strangely);
  Seen seen = read_all(contract, &course, 1, &error);
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_REFUSED);
  g_assert_nonnull(strstr(error->message, "moodle/user:viewalldetails"));
  g_array_unref(seen.users);
}

static void
people_ascend(Contract *contract) {
  gint64 course = contract_course(contract, "FD-F-I-26");
  only_strange = "[{\"id\":9,\"username\":\"a\"},{\"id\":4,\"username\":\"b\"},"
                 "{\"id\":7,\"username\":\"c\"}]";
  webservice_site_between(contract->site, "core_enrol_get_enrolled_users", only_answers_strangely);
  Seen seen = read_all(contract, &course, 1, NULL);
  g_assert_cmpuint(seen.users->len, ==, 3);
  g_assert_cmpint(g_array_index(seen.users, gint64, 0), ==, 4);
  g_assert_cmpint(g_array_index(seen.users, gint64, 1), ==, 7);
  g_assert_cmpint(g_array_index(seen.users, gint64, 2), ==, 9);
  g_array_unref(seen.users);
}

/* The method is assumed where it is not told, and that is said. */
static void
check_assumption(Contract *contract, bool unsure) {
  gint64 course = contract_course(contract, "FD-F-I-26");
  contract_enrol(contract, course, contract_user(contract, "anna"));
  Seen seen = read_all(contract, &course, 1, NULL);
  g_assert_cmpuint(seen.any, ==,
                   GATEWAY_ENROL_ACTIVE | GATEWAY_ENROL_MANUAL |
                       (unsure ? GATEWAY_ENROL_UNSURE : 0));
  g_array_unref(seen.users);
}

static void
method_is_told(Contract *contract) {
  check_assumption(contract, false);
}

static void
method_is_assumed(Contract *contract) {
  check_assumption(contract, true);
}

/* Only a time completes; Moodle makes a row when somebody begins. */
static void
completion_has_a_time(Contract *contract) {
  gint64 course = contract_course(contract, "FD-F-I-26"), anna = contract_user(contract, "anna");
  contract_enrol(contract, course, anna);
  webservice_site_between(contract->site, "local_lehrgaenge_get_completions",
                          only_answers_strangely);
  for (guint time = 0; time < 2; time++) {
    only_strange = only_text("{\"completions\":[{\"courseid\":%" G_GINT64_FORMAT
                             ",\"userid\":%" G_GINT64_FORMAT ",\"timecompleted\":%u}]}",
                             course, anna, time);
    Seen seen = read_all(contract, &course, 1, NULL);
    g_assert_cmpuint(seen.any & GATEWAY_ENROL_COMPLETED, ==,
                     time > 0 ? (guint)GATEWAY_ENROL_COMPLETED : 0);
    g_array_unref(seen.users);
  }
}

/* More courses than one call takes. */
static void
completions_of_many_courses(Contract *contract) {
  gint64 courses[130], anna = contract_user(contract, "anna");
  GatewayEnrol enrols[130];
  GatewayOutcome outcomes[130] = { 0 };
  for (guint i = 0; i < 130; i++) {
    courses[i] = contract_course(contract, only_text("FD-%u", i));
    enrols[i] = (GatewayEnrol){ courses[i], anna };
  }
  g_assert_true(contract->call->enrol(contract->gateway, enrols, 130, outcomes, NULL));
  contract_exec(contract,
                "INSERT INTO mdl_course_completions (course, userid, timecompleted) "
                "SELECT id, %" G_GINT64_FORMAT ", 5 FROM mdl_course WHERE shortname GLOB 'FD-*'",
                anna);
  Seen seen = read_all(contract, courses, 130, NULL);
  g_assert_cmpuint(seen.users->len, ==, 130);
  g_assert_cmpuint(seen.all & GATEWAY_ENROL_COMPLETED, ==, GATEWAY_ENROL_COMPLETED);
  g_array_unref(seen.users);
}

/* ── completing ── */

static void
strange_statuses_are_not_taken(Contract *contract) {
  gint64 course = contract_course(contract, "FD-F-I-26"), anna = contract_user(contract, "anna");
  contract_enrol(contract, course, anna);
  const char *const answers[] = {
    "[]",
    "null",
    "[{\"userid\":1,\"status\":\"completed\"}]",
    only_text("[{\"userid\":%" G_GINT64_FORMAT ",\"status\":\"completed\"},"
              "{\"userid\":1,\"status\":\"completed\"}]",
              anna),
  };
  webservice_site_between(contract->site, "local_lehrgaenge_complete_users",
                          only_answers_strangely);
  for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
    const GatewayCompletion completion = { course, anna, CONTRACT_NOW };
    GatewayOutcome outcome = { 0 };
    only_strange = answers[i];
    g_assert_true(contract->call->complete(contract->gateway, &completion, 1, &outcome, NULL));
    only_says(&outcome, GATEWAY_INVALID, "unexpected answer");
    gateway_outcomes_clear(&outcome, 1);
  }
}

/* ── companies ── */

/* The category of a company stands at the top; one below it may have the same name. */
static void
category_stands_at_the_top(Contract *contract) {
  GatewayCompany company = { .name = CONTRACT_COMPANY, .code = CONTRACT_COMPANY_CODE };
  contract_exec(contract,
                "INSERT INTO mdl_course_categories (name, parent) VALUES ('%s', %" G_GINT64_FORMAT
                ")",
                CONTRACT_COMPANY, contract->category);
  g_assert_true(contract->call->find_companies(contract->gateway, &company, 1, NULL));
  g_assert_cmpint(company.category, ==, contract->category);
}

static void
first_of_two_companies(Contract *contract) {
  GatewayCompany company = { .name = "A", .code = "1", .category = 7 };
  only_strange = "{\"companies\":[{\"id\":5,\"name\":\"A\",\"code\":\"1\"},"
                 "{\"id\":6,\"name\":\"A\",\"code\":\"1\"}]}";
  webservice_site_between(contract->site, "block_iomad_company_admin_get_companies",
                          only_answers_strangely);
  g_assert_true(contract->call->find_companies(contract->gateway, &company, 1, NULL));
  g_assert_cmpint(company.id, ==, 5);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  gpointer (*open)(void) = webservice_site_open, (*core)(void) = webservice_site_open_core;
  gpointer (*plain)(void) = webservice_site_open_plain;
  only_add("hidden-names-are-an-error", plain, hidden_names_are_an_error);
  only_add("people-ascend", plain, people_ascend);
  only_add("method-is-told", open, method_is_told);
  only_add("method-is-assumed", core, method_is_assumed);
  only_add("method-is-assumed/without-the-plugin", open_bare, method_is_assumed);
  only_add("completion-has-a-time", plain, completion_has_a_time);
  only_add("completions-of-many-courses", core, completions_of_many_courses);
  only_add("completions-of-many-courses/plugin", open, completions_of_many_courses);
  only_add("strange-statuses-are-not-taken", open, strange_statuses_are_not_taken);
  only_add("category-stands-at-the-top", open, category_stands_at_the_top);
  only_add("first-of-two-companies", open, first_of_two_companies);
  return g_test_run();
}
