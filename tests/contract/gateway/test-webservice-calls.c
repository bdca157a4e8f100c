/* How the calls of a bulk write are cut, sent again and ordered (ws_write.h): what stands between
 * service and Moodle counts them and looks into them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "moodle/webservice/ws_write.h"
#include "webservice-only.h"

#define PEOPLE 8

/* People and a course for them. Free with g_free(). */
static GatewayEnrol *
people_of(Contract *contract, gint64 course) {
  GatewayEnrol *enrols = g_new0(GatewayEnrol, PEOPLE);
  for (guint i = 0; i < PEOPLE; i++)
    enrols[i] = (GatewayEnrol){ course, contract_user(contract, only_text("m%u", i)) };
  return enrols;
}

static bool
names(const Request *request, const char *list, guint row) {
  return strstr(request->body->str, only_text("%s%%5B%u%%5D", list, row)) != NULL;
}

static guint
asked(Contract *contract, const char *function) {
  return (guint)moodle_app_requests(only_app(contract), function);
}

static void
refuse(Answer *answer, const char *errorcode) {
  g_string_printf(answer->body, "{\"exception\":\"x\",\"errorcode\":\"%s\",\"message\":\"No.\"}",
                  errorcode);
}

/* ── answers that are lost again and again ── */

static void
always_lost(gpointer site, guint nth, const ServerApp *moodle, const Request *request,
            Faults *faults, Answer *answer) {
  (void)site, (void)nth, (void)moodle, (void)request, (void)faults;
  answer->lost = true;
}

/* Three times in all; each time Moodle is given time to finish before it is asked. */
static void
gives_up_after_the_third_loss(Contract *contract) {
  GatewayNewGroup group = { contract_course(contract, "FD-F-I-26"), "G01 (2026-03-10)" };
  GatewayOutcome outcome = { 0 };
  g_autoptr(GError) error = NULL;
  webservice_site_between(contract->site, "core_group_create_groups", always_lost);
  gint64 slept = clock_slept(webservice_site_clock(contract->site));
  g_assert_false(contract->call->create_groups(contract->gateway, &group, 1, &outcome, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE);
  g_assert_cmpint(outcome.code, ==, GATEWAY_UNKNOWN);
  g_assert_cmpuint(asked(contract, "core_group_create_groups"), ==, 1 + WS_WRITE_MAX_LOST);
  slept = clock_slept(webservice_site_clock(contract->site)) - slept;
  g_assert_cmpint(slept, >=, (1 + WS_WRITE_MAX_LOST) * WS_WRITE_SETTLE);
}

static void
lost_when_whole(gpointer site, guint nth, const ServerApp *moodle, const Request *request,
                Faults *faults, Answer *answer) {
  (void)site, (void)nth;
  if (names(request, "enrolments", PEOPLE - 1))
    answer->lost = true;
  else
    moodle->handle(moodle->data, request, faults, answer);
}

/* What got lost once may have been bad luck; what got lost twice may have been too much. */
static void
twice_lost_goes_in_halves(Contract *contract) {
  gint64 course = contract_course(contract, "FD-F-I-26");
  g_autofree GatewayEnrol *enrols = people_of(contract, course);
  GatewayOutcome outcomes[PEOPLE] = { 0 };
  g_autoptr(GError) error = NULL;
  webservice_site_between(contract->site, "enrol_manual_enrol_users", lost_when_whole);
  g_assert_true(contract->call->enrol(contract->gateway, enrols, PEOPLE, outcomes, &error));
  for (guint i = 0; i < PEOPLE; i++)
    contract_check(&outcomes[i], GATEWAY_DONE);
  g_assert_cmpuint(asked(contract, "enrol_manual_enrol_users"), ==, 2 + 2);
}

/* A minute without an answer, and nothing done. */
static void
slow_at_first(gpointer site, guint nth, const ServerApp *moodle, const Request *request,
              Faults *faults, Answer *answer) {
  if (nth > 1) {
    moodle->handle(moodle->data, request, faults, answer);
    return;
  }
  clock_advance(webservice_site_clock(site), 60 * G_TIME_SPAN_SECOND);
  answer->lost = true;
}

/* What Moodle does not do twice may go to a slow one again. */
static void
slow_enrolment_is_sent_again(Contract *contract) {
  gint64 course = contract_course(contract, "FD-F-I-26"), anna = contract_user(contract, "anna");
  webservice_site_between(contract->site, "enrol_manual_enrol_users", slow_at_first);
  g_assert_cmpint(contract_enrol(contract, course, anna), ==, GATEWAY_DONE);
  g_assert_cmpuint(asked(contract, "enrol_manual_enrol_users"), ==, 2);
}

/* Half of it is done when the answer is lost. */
static void
half_done(gpointer site, guint nth, const ServerApp *moodle, const Request *request, Faults *faults,
          Answer *answer) {
  if (nth == 1) {
    webservice_site_exec(site, "INSERT INTO mdl_groups (courseid, name) SELECT id, 'G01' FROM "
                               "mdl_course WHERE shortname = 'FD-F-I-26'");
    answer->lost = true;
    return;
  }
  g_assert_null(strstr(request->body->str, "G01"));
  g_assert_nonnull(strstr(request->body->str, "G02"));
  moodle->handle(moodle->data, request, faults, answer);
}

static void
only_the_rest_is_sent_again(Contract *contract) {
  gint64 course = contract_course(contract, "FD-F-I-26");
  const GatewayNewGroup groups[] = { { course, "G01" }, { course, "G02" } };
  GatewayOutcome outcomes[2] = { 0 };
  g_autoptr(GError) error = NULL;
  webservice_site_between(contract->site, "core_group_create_groups", half_done);
  g_assert_true(contract->call->create_groups(contract->gateway, groups, 2, outcomes, &error));
  for (guint i = 0; i < 2; i++) {
    contract_check(&outcomes[i], GATEWAY_DONE);
    g_assert_cmpint(
        outcomes[i].id, ==,
        contract_look(contract, "SELECT id FROM mdl_groups WHERE name = '%s'", groups[i].name));
  }
  g_assert_cmpuint(asked(contract, "core_group_create_groups"), ==, 2);
}

/* Lost, with or without having been done. */
static void
first_lost(gpointer site, guint nth, const ServerApp *moodle, const Request *request,
           Faults *faults, Answer *answer) {
  (void)site;
  if (nth > 1)
    moodle->handle(moodle->data, request, faults, answer);
  answer->lost = nth == 1;
}

/* Somebody enrolled is not yet active, and somebody who is there is not yet suspended. */
static void
lost_change_is_made(Contract *contract) {
  gint64 course = contract_course(contract, "FD-F-I-26"), anna = contract_user(contract, "anna");
  contract_enrol(contract, course, anna);
  contract_suspend(contract, course, anna);
  webservice_site_between(contract->site, "enrol_manual_enrol_users", first_lost);
  g_assert_cmpint(contract_enrol(contract, course, anna), ==, GATEWAY_DONE);
  contract_assert_read(contract, course, "anna active manual\n");
}

static void
lost_suspension_is_made(Contract *contract) {
  gint64 course = contract_course(contract, "FD-F-I-26"), anna = contract_user(contract, "anna");
  contract_enrol(contract, course, anna);
  webservice_site_between(contract->site, "enrol_manual_enrol_users", first_lost);
  g_assert_cmpint(contract_suspend(contract, course, anna), ==, GATEWAY_DONE);
  contract_assert_read(contract, course, "anna manual suspended\n");
}

/* Also of somebody whom another method keeps active. */
static void
lost_suspension_is_seen(Contract *contract) {
  gint64 course = contract_course(contract, "FD-F-I-26"), anna = contract_user(contract, "anna");
  contract_enrol(contract, course, anna);
  contract_enrol_by(contract, "cohort", course, anna);
  guint before = asked(contract, "enrol_manual_enrol_users");
  moodle_app_lose_reply(only_app(contract), "enrol_manual_enrol_users", 1);
  g_assert_cmpint(contract_suspend(contract, course, anna), ==, GATEWAY_DONE);
  contract_assert_read(contract, course, "anna active manual suspended\n");
  g_assert_cmpuint(asked(contract, "enrol_manual_enrol_users") - before, ==, 1);
}

static void
lost_removal_is_made(Contract *contract) {
  gint64 course = contract_course(contract, "FD-F-I-26"), anna = contract_user(contract, "anna");
  contract_enrol(contract, course, anna);
  contract_suspend(contract, course, anna);
  webservice_site_between(contract->site, "enrol_manual_unenrol_users", first_lost);
  g_assert_cmpint(contract_unenrol(contract, course, anna), ==, GATEWAY_DONE);
  contract_assert_read(contract, course, "");
}

/* ── removals where Moodle does not tell the method ── */

/* Who is still there afterwards was there by another method. */
static void
still_there_is_no_removal(Contract *contract) {
  gint64 course = contract_course(contract, "FD-F-I-26"), anna = contract_user(contract, "anna");
  contract_enrol_by(contract, "cohort", course, anna);
  g_assert_cmpint(contract_unenrol(contract, course, anna), ==, GATEWAY_ALREADY);
  g_assert_cmpint(contract_suspend(contract, course, anna), ==, GATEWAY_ALREADY);
  contract_exec(contract, "DELETE FROM mdl_enrol WHERE enrol = 'manual'");
  g_assert_cmpint(contract_unenrol(contract, course, anna), ==, GATEWAY_ALREADY);
}

static void
not_today(gpointer site, guint nth, const ServerApp *moodle, const Request *request, Faults *faults,
          Answer *answer) {
  (void)site, (void)nth, (void)moodle, (void)request, (void)faults;
  refuse(answer, "nottoday");
}

/* Who is still there because the removal was refused is not there by another method. */
static void
refused_removal_stays_refused(Contract *contract) {
  const GatewayEnrol enrol = { contract_course(contract, "FD-F-I-26"),
                               contract_user(contract, "anna") };
  GatewayOutcome outcome = { 0 };
  contract_enrol(contract, enrol.courseid, enrol.userid);
  webservice_site_between(contract->site, "enrol_manual_unenrol_users", not_today);
  g_assert_true(contract->call->unenrol(contract->gateway, &enrol, 1, &outcome, NULL));
  only_says(&outcome, GATEWAY_INVALID, "nottoday");
  gateway_outcomes_clear(&outcome, 1);
}

static void
deleted_meanwhile(gpointer site, guint nth, const ServerApp *moodle, const Request *request,
                  Faults *faults, Answer *answer) {
  (void)nth, (void)moodle, (void)request, (void)faults;
  webservice_site_exec(site, "UPDATE mdl_user SET deleted = 1 WHERE username = 'anna'");
  refuse(answer, "invalidparameter");
}

static void
removal_of_nobody(Contract *contract) {
  gint64 course = contract_course(contract, "FD-F-I-26"), anna = contract_user(contract, "anna");
  contract_enrol(contract, course, anna);
  webservice_site_between(contract->site, "enrol_manual_unenrol_users", deleted_meanwhile);
  g_assert_cmpint(contract_unenrol(contract, course, anna), ==, GATEWAY_ALREADY);
}

/* A course that must not be read is not one that is gone. */
static void
unreadable_is_not_gone(Contract *contract) {
  const GatewayEnrol enrol = { contract_course(contract, "FD-F-I-26"),
                               contract_user(contract, "anna") };
  GatewayOutcome outcome = { 0 };
  g_autoptr(GError) error = NULL;
  moodle_app_fail(only_app(contract), "core_enrol_get_enrolled_users", 1,
                  "errorcoursecontextnotvalid");
  g_assert_false(contract->call->enrol(contract->gateway, &enrol, 1, &outcome, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_FAILED);
  g_assert_cmpint(outcome.code, ==, GATEWAY_UNKNOWN);
}

/* Where it does tell, nobody is asked for twice. */
static void
method_is_told_once(Contract *contract) {
  gint64 course = contract_course(contract, "FD-F-I-26"), anna = contract_user(contract, "anna");
  contract_enrol(contract, course, anna);
  guint before = asked(contract, "local_lehrgaenge_get_rosters");
  g_assert_cmpint(contract_unenrol(contract, course, anna), ==, GATEWAY_DONE);
  g_assert_cmpuint(asked(contract, "local_lehrgaenge_get_rosters") - before, ==, 1);
}

/* ── calls that are refused ── */

/* Of two that ask for the same, the second ends as the first. */
static void
twins_share_their_refusal(Contract *contract) {
  gint64 course = contract_course(contract, "FD-F-I-26");
  const GatewayEnrol enrols[] = { { course, 999999 }, { course, 999999 } };
  GatewayOutcome outcomes[2] = { 0 };
  g_autoptr(GError) error = NULL;
  g_assert_true(contract->call->enrol(contract->gateway, enrols, 2, outcomes, &error));
  for (guint i = 0; i < 2; i++)
    only_says(&outcomes[i], GATEWAY_MISSING, "not there any more");
  gateway_outcomes_clear(outcomes, 2);
}

/* A suspended person is enrolled, and Moodle's own reason counts then. */
static void
why_not_a_member(Contract *contract) {
  gint64 course = contract_course(contract, "FD-F-I-26"), anna = contract_user(contract, "anna");
  GatewayMember member = { course, contract_group(contract, course, "G01"), anna };
  GatewayOutcome outcome = { 0 };
  g_assert_true(contract->call->add_members(contract->gateway, &member, 1, &outcome, NULL));
  only_says(&outcome, GATEWAY_INVALID, "the person is not enrolled in the course");
  gateway_outcomes_clear(&outcome, 1);
  contract_enrol(contract, course, anna);
  contract_suspend(contract, course, anna);
  webservice_site_between(contract->site, "core_group_add_group_members", not_today);
  g_assert_true(contract->call->add_members(contract->gateway, &member, 1, &outcome, NULL));
  only_says(&outcome, GATEWAY_INVALID, "nottoday");
  gateway_outcomes_clear(&outcome, 1);
}

static void
course_without_manual_enrolment(Contract *contract) {
  gint64 course = contract_course(contract, "FD-F-I-26");
  const GatewayEnrol enrol = { course, contract_user(contract, "anna") };
  GatewayOutcome outcome = { 0 };
  contract_exec(contract,
                "UPDATE mdl_enrol SET status = 1 WHERE enrol = 'manual' AND courseid = "
                "%" G_GINT64_FORMAT,
                course);
  g_assert_true(contract->call->enrol(contract->gateway, &enrol, 1, &outcome, NULL));
  only_says(&outcome, GATEWAY_INVALID, "manual enrolment is switched off");
  gateway_outcomes_clear(&outcome, 1);
}

/* One bad row is found by halving, not by sending each row alone. */
static void
one_bad_row_costs_few_calls(Contract *contract) {
  gint64 course = contract_course(contract, "FD-F-I-26");
  GatewayEnrol enrols[64];
  GatewayOutcome outcomes[64] = { 0 };
  g_autoptr(GError) error = NULL;
  for (guint i = 0; i < 64; i++)
    enrols[i] = (GatewayEnrol){ course, contract_user(contract, only_text("m%u", i)) };
  enrols[20].userid = 999999;
  g_assert_true(contract->call->enrol(contract->gateway, enrols, 64, outcomes, &error));
  for (guint i = 0; i < 64; i++)
    contract_check(&outcomes[i], i == 20 ? GATEWAY_MISSING : GATEWAY_DONE);
  g_assert_cmpuint(asked(contract, "enrol_manual_enrol_users"), <=, 1 + 2 * 6);
  gateway_outcomes_clear(outcomes, 64);
}

/* One whom this service must not enrol does not keep it from enrolling the others: the right may
 * be missing in one course only. */
static void
not_this_one(gpointer site, guint nth, const ServerApp *moodle, const Request *request,
             Faults *faults, Answer *answer) {
  (void)site, (void)nth;
  if (strstr(request->body->str, "courseid%5D=3&") != NULL ||
      g_str_has_suffix(request->body->str, "courseid%5D=3"))
    refuse(answer, "nopermissions");
  else
    moodle->handle(moodle->data, request, faults, answer);
}

static void
missing_right_in_one_course(Contract *contract) {
  gint64 first = contract_course(contract, "FD-F-I-26"), anna = contract_user(contract, "anna");
  gint64 second = contract_course(contract, "FD-F-II-26");
  const GatewayEnrol enrols[] = { { first, anna }, { second, anna } };
  GatewayOutcome outcomes[2] = { 0 };
  g_autoptr(GError) error = NULL;
  g_assert_cmpint(first, ==, 3); /* not_this_one() */
  webservice_site_between(contract->site, "enrol_manual_enrol_users", not_this_one);
  g_assert_true(contract->call->enrol(contract->gateway, enrols, 2, outcomes, &error));
  only_says(&outcomes[0], GATEWAY_INVALID, "nopermissions");
  contract_check(&outcomes[1], GATEWAY_DONE);
  gateway_outcomes_clear(outcomes, 2);
}

/* When it is asked why, Moodle is away. */
static void
gone_when_asked(gpointer site, guint nth, const ServerApp *moodle, const Request *request,
                Faults *faults, Answer *answer) {
  (void)nth, (void)request, (void)faults;
  moodle_app_status(webservice_site_app(site), 502);
  moodle->error(moodle->data, 502, "Gone.", answer);
}

static void
away_is_found_out_once_when_asking_why(Contract *contract) {
  GatewayEnrol enrols[PEOPLE];
  GatewayOutcome outcomes[PEOPLE] = { 0 };
  g_autoptr(GError) error = NULL;
  gint64 course = contract_course(contract, "FD-F-I-26");
  for (guint i = 0; i < PEOPLE; i++)
    enrols[i] = (GatewayEnrol){ course, 900000 + i };
  webservice_site_between(contract->site, "local_lehrgaenge_get_users", gone_when_asked);
  g_assert_false(contract->call->enrol(contract->gateway, enrols, PEOPLE, outcomes, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE);
  g_assert_cmpuint(asked(contract, "local_lehrgaenge_get_users"), ==, 3); /* as configured */
  for (guint i = 0; i < PEOPLE; i++)
    g_assert_cmpint(outcomes[i].code, ==, GATEWAY_UNKNOWN);
}

/* ── answers that do not fit the call ── */

/* What was made is not known then, so it is not taken for made. */
static void
strange_ids_are_not_taken(Contract *contract) {
  static const char *const answers[] = {
    "[]",          "[{\"id\":0}]", "[{\"id\":-1}]", "[{\"id\":77},{\"id\":78}]", "[{\"nr\":77}]",
    "{\"id\":77}", "null"
  };
  gint64 course = contract_course(contract, "FD-F-I-26");
  webservice_site_between(contract->site, "core_group_create_groups", only_answers_strangely);
  for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
    GatewayNewGroup group = { course, "G01 (2026-03-10)" };
    GatewayOutcome outcome = { 0 };
    g_autoptr(GError) error = NULL;
    only_strange = answers[i];
    g_assert_true(contract->call->create_groups(contract->gateway, &group, 1, &outcome, &error));
    only_says(&outcome, GATEWAY_INVALID, "unexpected answer");
    gateway_outcomes_clear(&outcome, 1);
  }
}

/* Moodle's database lets two groups have one name: the older one counts. */
static void
older_group_counts(Contract *contract) {
  gint64 course = contract_course(contract, "FD-F-I-26"), group;
  only_strange = "[{\"id\":9,\"name\":\"G01\"},{\"id\":7,\"name\":\"G01\"},"
                 "{\"id\":8,\"name\":\"G01\"},{\"id\":5,\"name\":\"g01\"}]";
  webservice_site_between(contract->site, "core_group_get_course_groups", only_answers_strangely);
  g_assert_cmpint(contract_new_group(contract, course, "G01", &group), ==, GATEWAY_ALREADY);
  g_assert_cmpint(group, ==, 7);
}

/* ── order ── */

/* Two calls at once block each other in Moodle; and the order is part of the contract. */
static void
courses_are_made_one_call_at_a_time(Contract *contract) {
  GatewayNewCourse courses[25];
  GatewayOutcome outcomes[25] = { 0 };
  g_autoptr(GError) error = NULL;
  for (guint i = 0; i < 25; i++)
    courses[i] = contract_course_like(contract, only_text("FD-%u", i));
  only_most = 0;
  only_waits_at = 1;
  webservice_site_between(contract->site, "core_course_create_courses", only_counts_at_once);
  g_assert_true(contract->call->create_courses(contract->gateway, courses, 25, outcomes, &error));
  g_assert_cmpint(only_most, ==, 1);
  g_assert_cmpuint(asked(contract, "core_course_create_courses"), ==, 3);
  for (guint i = 0; i < 25; i++) {
    contract_check(&outcomes[i], GATEWAY_DONE);
    g_assert_cmpint(outcomes[i].id, >, i > 0 ? outcomes[i - 1].id : 0);
  }
}

/* Two completions of one person are one, whatever stands between them: two calls at once would both
 * find none. */
static void
one_completion_is_sent_once(Contract *contract) {
  gint64 a = contract_course(contract, "A"), b = contract_course(contract, "B");
  gint64 anna = contract_user(contract, "anna");
  contract_enrol(contract, a, anna);
  contract_enrol(contract, b, anna);
  const GatewayCompletion completions[] = { { a, anna, 1 }, { b, anna, 1 }, { a, anna, 2 } };
  static const GatewayCode expected[] = { GATEWAY_DONE, GATEWAY_DONE, GATEWAY_ALREADY };
  GatewayOutcome outcomes[3] = { 0 };
  g_autoptr(GError) error = NULL;
  g_assert_true(contract->call->complete(contract->gateway, completions, 3, outcomes, &error));
  for (guint i = 0; i < 3; i++)
    contract_check(&outcomes[i], expected[i]);
  g_assert_cmpuint(asked(contract, "local_lehrgaenge_complete_users"), ==, 2);
  contract_assert_text(contract, "1",
                       "SELECT timecompleted FROM mdl_course_completions WHERE course = "
                       "%" G_GINT64_FORMAT,
                       a);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  gpointer (*open)(void) = webservice_site_open, (*core)(void) = webservice_site_open_core;
  only_add("gives-up-after-the-third-loss", open, gives_up_after_the_third_loss);
  only_add("twice-lost-goes-in-halves", open, twice_lost_goes_in_halves);
  only_add("slow-enrolment-is-sent-again", open, slow_enrolment_is_sent_again);
  only_add("only-the-rest-is-sent-again", open, only_the_rest_is_sent_again);
  only_add("lost-change-is-made", open, lost_change_is_made);
  only_add("lost-suspension-is-made", open, lost_suspension_is_made);
  only_add("lost-suspension-is-seen", open, lost_suspension_is_seen);
  only_add("lost-removal-is-made", open, lost_removal_is_made);
  only_add("still-there-is-no-removal", core, still_there_is_no_removal);
  only_add("refused-removal-stays-refused", core, refused_removal_stays_refused);
  only_add("removal-of-nobody", core, removal_of_nobody);
  only_add("unreadable-is-not-gone", core, unreadable_is_not_gone);
  only_add("method-is-told-once", open, method_is_told_once);
  only_add("twins-share-their-refusal", open, twins_share_their_refusal);
  only_add("why-not-a-member", open, why_not_a_member);
  only_add("course-without-manual-enrolment", open, course_without_manual_enrolment);
  only_add("one-bad-row-costs-few-calls", open, one_bad_row_costs_few_calls);
  only_add("missing-right-in-one-course", open, missing_right_in_one_course);
  only_add("away-is-found-out-once-when-asking-why", open, away_is_found_out_once_when_asking_why);
  only_add("strange-ids-are-not-taken", open, strange_ids_are_not_taken);
  only_add("older-group-counts", open, older_group_counts);
  only_add("courses-are-made-one-call-at-a-time", open, courses_are_made_one_call_at_a_time);
  only_add("one-completion-is-sent-once", open, one_completion_is_sent_once);
  return g_test_run();
}
