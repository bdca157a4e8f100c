/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "contract-private.h"

static gint64
count_roles(Contract *contract, gint64 courseid, gint64 userid) {
  return contract_look(
      contract,
      "SELECT count(*) FROM mdl_role_assignments ra JOIN mdl_context c ON c.id = ra.contextid"
      " WHERE ra.roleid = 5 AND c.contextlevel = 50 AND c.instanceid = %" G_GINT64_FORMAT
      " AND ra.userid = %" G_GINT64_FORMAT,
      courseid, userid);
}

/* Changes someone's enrolment by that method behind the gateway's back. */
static void
set_enrolment(Contract *contract, const char *method, gint64 courseid, gint64 userid,
              const char *assignment) {
  contract_exec(contract,
                "UPDATE mdl_user_enrolments SET %s WHERE userid = %" G_GINT64_FORMAT
                " AND enrolid IN (SELECT id FROM mdl_enrol"
                "                  WHERE enrol = '%s' AND courseid = %" G_GINT64_FORMAT ")",
                assignment, userid, method, courseid);
}

/* ── enrolling ── */

static void
enrols_with_role(Contract *contract) {
  gint64 course = contract_course(contract, "C"), anna = contract_user(contract, "anna");
  g_assert_cmpint(contract_enrol(contract, course, anna), ==, GATEWAY_DONE);
  contract_assert_read(contract, course, "anna active manual\n");
  g_assert_cmpint(count_roles(contract, course, anna), ==, 1);
}

static void
enrols_once(Contract *contract) {
  gint64 course = contract_course(contract, "C"), anna = contract_user(contract, "anna");
  g_assert_cmpint(contract_enrol(contract, course, anna), ==, GATEWAY_DONE);
  set_enrolment(contract, "manual", course, anna, "timestart = 5");
  g_assert_cmpint(contract_enrol(contract, course, anna), ==, GATEWAY_ALREADY);
  contract_assert_text(contract, "1 5",
                       "SELECT count(*) || ' ' || max(timestart) FROM mdl_user_enrolments"
                       " WHERE userid = %" G_GINT64_FORMAT,
                       anna);
  g_assert_cmpint(count_roles(contract, course, anna), ==, 1);
}

static void
reactivates(Contract *contract) {
  static const char *const inactive[] = { "status = 1", "timeend = 1", "timestart = 99999999999" };
  gint64 course = contract_course(contract, "C"), anna = contract_user(contract, "anna");
  for (guint i = 0; i < G_N_ELEMENTS(inactive); i++) {
    contract_enrol(contract, course, anna);
    set_enrolment(contract, "manual", course, anna, inactive[i]);
    contract_assert_read(contract, course, i == 0 ? "anna manual suspended\n" : "anna manual\n");
    g_assert_cmpint(contract_enrol(contract, course, anna), ==, GATEWAY_DONE);
    contract_assert_read(contract, course, "anna active manual\n");
  }
  g_assert_cmpint(count_roles(contract, course, anna), ==, 1);
}

static void
another_method_is_enough(Contract *contract) {
  gint64 course = contract_course(contract, "C"), anna = contract_user(contract, "anna");
  contract_enrol_by(contract, "cohort", course, anna);
  g_assert_cmpint(contract_enrol(contract, course, anna), ==, GATEWAY_ALREADY);
  contract_assert_read(contract, course, "anna active\n");
}

static void
another_method_suspended_is_not(Contract *contract) {
  gint64 course = contract_course(contract, "C"), anna = contract_user(contract, "anna");
  contract_enrol_by(contract, "cohort", course, anna);
  set_enrolment(contract, "cohort", course, anna, "status = 1");
  g_assert_cmpint(contract_enrol(contract, course, anna), ==, GATEWAY_DONE);
  contract_assert_read(contract, course, "anna active manual\n");
  g_assert_cmpint(contract_look(contract,
                                "SELECT ue.status FROM mdl_user_enrolments ue JOIN mdl_enrol e ON"
                                " e.id = ue.enrolid AND e.enrol = 'cohort'"),
                  ==, 1);
}

static void
another_method_switched_off_is_not(Contract *contract) {
  gint64 course = contract_course(contract, "C"), anna = contract_user(contract, "anna");
  contract_enrol_by(contract, "cohort", course, anna);
  contract_exec(contract, "UPDATE mdl_enrol SET status = 1 WHERE enrol = 'cohort'");
  g_assert_cmpint(contract_enrol(contract, course, anna), ==, GATEWAY_DONE);
  contract_assert_read(contract, course, "anna active manual\n");
}

static void
switched_off_manual_enrolment(Contract *contract) {
  gint64 course = contract_course(contract, "C"), anna = contract_user(contract, "anna"),
         berta = contract_user(contract, "berta");
  g_assert_cmpint(contract_enrol(contract, course, anna), ==, GATEWAY_DONE);
  contract_exec(contract, "UPDATE mdl_enrol SET status = 1 WHERE enrol = 'manual'");
  contract_assert_read(contract, course, "anna manual\n");
  g_assert_cmpint(contract_enrol(contract, course, berta), ==, GATEWAY_INVALID);
  contract_assert_read(contract, course, "anna manual\n");
}

static void
only_who_and_what_is_there(Contract *contract) {
  gint64 course = contract_course(contract, "C"), anna = contract_user(contract, "anna"),
         gone = contract_user(contract, "gone");
  contract_exec(contract, "UPDATE mdl_user SET deleted = 1 WHERE id = %" G_GINT64_FORMAT, gone);
  g_assert_cmpint(contract_enrol(contract, course + 100, anna), ==, GATEWAY_MISSING);
  g_assert_cmpint(contract_enrol(contract, course, anna + 100), ==, GATEWAY_MISSING);
  g_assert_cmpint(contract_enrol(contract, course, gone), ==, GATEWAY_MISSING);
  g_assert_cmpint(contract_enrol(contract, 1, anna), ==, GATEWAY_MISSING);
  g_assert_cmpint(contract_look(contract, "SELECT count(*) FROM mdl_user_enrolments"), ==, 0);
  g_assert_cmpint(contract_look(contract, "SELECT count(*) FROM mdl_role_assignments"), ==, 0);
}

/* Over several courses, the bad one in the middle. */
static void
mixed_batch(Contract *contract) {
  gint64 a = contract_course(contract, "A"), b = contract_course(contract, "B");
  gint64 anna = contract_user(contract, "anna"), berta = contract_user(contract, "berta");
  const GatewayEnrol enrols[] = { { a, anna },  { b, anna }, { 99999, anna }, { a, 99999 },
                                  { a, berta }, { a, anna }, { b, berta } };
  static const GatewayCode expected[] = { GATEWAY_DONE,    GATEWAY_DONE, GATEWAY_MISSING,
                                          GATEWAY_MISSING, GATEWAY_DONE, GATEWAY_ALREADY,
                                          GATEWAY_DONE };
  GatewayOutcome outcomes[7] = { 0 };
  g_autoptr(GError) error = NULL;
  g_assert_true(contract->call->enrol(contract->gateway, enrols, 7, outcomes, &error));
  for (guint i = 0; i < 7; i++)
    contract_check(&outcomes[i], expected[i]);
  gateway_outcomes_clear(outcomes, 7);
  contract_assert_read(contract, a, "anna active manual\nberta active manual\n");
  contract_assert_read(contract, b, "anna active manual\nberta active manual\n");
}

/* ── reading ── */

static void
each_person_once(Contract *contract) {
  gint64 course = contract_course(contract, "C"), anna = contract_user(contract, "anna"),
         berta = contract_user(contract, "berta"), carla = contract_user(contract, "carla");
  g_assert_cmpint(contract_enrol(contract, course, carla), ==, GATEWAY_DONE);
  g_assert_cmpint(contract_enrol(contract, course, anna), ==, GATEWAY_DONE);
  contract_enrol_by(contract, "cohort", course, anna);
  contract_enrol_by(contract, "self", course, anna);
  contract_enrol_by(contract, "self", course, berta);
  set_enrolment(contract, "manual", course, anna, "status = 1");
  set_enrolment(contract, "cohort", course, anna, "status = 1");
  contract_assert_read(contract, course,
                       "anna active manual suspended\nberta active\ncarla active manual\n");
  set_enrolment(contract, "self", course, anna, "timeend = 7");
  contract_assert_read(contract, course,
                       "anna manual suspended\nberta active\ncarla active manual\n");
}

static void
switched_off_methods_do_not_count(Contract *contract) {
  gint64 course = contract_course(contract, "C"), anna = contract_user(contract, "anna");
  contract_enrol_by(contract, "cohort", course, anna);
  contract_assert_read(contract, course, "anna active\n");
  contract_exec(contract, "UPDATE mdl_enrol SET status = 1 WHERE enrol = 'cohort'");
  contract_assert_read(contract, course, "anna\n");
}

static void
deleted_users_are_left_out(Contract *contract) {
  gint64 course = contract_course(contract, "C"), anna = contract_user(contract, "anna"),
         berta = contract_user(contract, "berta"), group = contract_group(contract, course, "G01");
  contract_enrol(contract, course, anna);
  contract_enrol(contract, course, berta);
  g_assert_cmpint(contract_join(contract, course, group, anna), ==, GATEWAY_DONE);
  g_assert_cmpint(contract_join(contract, course, group, berta), ==, GATEWAY_DONE);
  contract_exec(contract, "UPDATE mdl_user SET deleted = 1 WHERE id = %" G_GINT64_FORMAT, anna);
  contract_assert_read(contract, course, "berta active manual\n[G01] berta\n");
}

static void
order_enrolment(guint index, const GatewayEnrolment *enrolment, gpointer user_data) {
  g_string_append_printf(user_data, "%u:%s/%s ", index, enrolment->username, enrolment->idnumber);
}

static void
order_group(guint index, gint64 groupid, const char *name, gpointer user_data) {
  g_assert_cmpint(groupid, >, 0);
  g_string_append_printf(user_data, "%u:[%s] ", index, name);
}

static void
order_member(guint index, gint64 groupid, gint64 userid, gpointer user_data) {
  g_assert_cmpint(groupid, >, 0);
  g_assert_cmpint(userid, >, 0);
  g_string_append_printf(user_data, "%u:* ", index);
}

/* The later course's people have the lower ids. */
static void
several_courses(Contract *contract) {
  static const GatewayCourseVisitor visitor = { order_enrolment, order_group, order_member };
  gint64 a = contract_course(contract, "A"), b = contract_course(contract, "B"), anna = 0;
  GatewayNewUser user = contract_user_like("anna");
  user.idnumber = "T'1 ä";
  g_assert_cmpint(contract_new_user(contract, &user, &anna), ==, GATEWAY_DONE);
  contract_enrol(contract, a, anna);
  contract_enrol(contract, b, contract_user(contract, "berta"));
  contract_enrol(contract, b, contract_user(contract, "carla"));
  gint64 full = contract_group(contract, a, "Z"), empty = contract_group(contract, a, "A");
  g_assert_cmpint(empty, >, full);
  contract_join(contract, a, full, anna);

  const gint64 courses[] = { b, 99999, a };
  g_autoptr(GError) error = NULL;
  g_autoptr(GString) text = g_string_new(NULL);
  g_assert_true(
      contract->call->read_courses(contract->gateway, courses, 3, &visitor, text, &error));
  /* The courses may come in any order, each in one piece. */
  if (text->str[0] == '2')
    g_assert_cmpstr(text->str, ==, "2:anna/T'1 ä 2:[Z] 2:* 2:[A] 0:berta/ 0:carla/ ");
  else
    g_assert_cmpstr(text->str, ==, "0:berta/ 0:carla/ 2:anna/T'1 ä 2:[Z] 2:* 2:[A] ");
}

/* ── unenrolling ── */

static void
unenrols_with_role_and_groups(Contract *contract) {
  gint64 course = contract_course(contract, "C"), other = contract_course(contract, "D");
  gint64 anna = contract_user(contract, "anna"), berta = contract_user(contract, "berta");
  gint64 group = contract_group(contract, course, "G01"),
         elsewhere = contract_group(contract, other, "G01");
  contract_enrol(contract, course, anna);
  contract_enrol(contract, course, berta);
  contract_enrol(contract, other, anna);
  contract_join(contract, course, group, anna);
  contract_join(contract, course, group, berta);
  contract_join(contract, other, elsewhere, anna);

  g_assert_cmpint(contract_unenrol(contract, course, anna), ==, GATEWAY_DONE);
  contract_assert_read(contract, course, "berta active manual\n[G01] berta\n");
  contract_assert_read(contract, other, "anna active manual\n[G01] anna\n");
  g_assert_cmpint(count_roles(contract, course, anna), ==, 0);
  g_assert_cmpint(count_roles(contract, course, berta), ==, 1);
  g_assert_cmpint(count_roles(contract, other, anna), ==, 1);
  g_assert_cmpint(contract_look(contract, "SELECT count(*) FROM mdl_groups_members"), ==, 2);

  /* Back again: the old groups do not come back by themselves. */
  g_assert_cmpint(contract_unenrol(contract, course, anna), ==, GATEWAY_ALREADY);
  g_assert_cmpint(contract_enrol(contract, course, anna), ==, GATEWAY_DONE);
  contract_assert_read(contract, course, "anna active manual\nberta active manual\n[G01] berta\n");
}

static void
unenrols_the_suspended_too(Contract *contract) {
  gint64 course = contract_course(contract, "C"), anna = contract_user(contract, "anna");
  contract_enrol(contract, course, anna);
  contract_suspend(contract, course, anna);
  g_assert_cmpint(contract_unenrol(contract, course, anna), ==, GATEWAY_DONE);
  contract_assert_read(contract, course, "");
}

static void
unenrol_leaves_other_methods(Contract *contract) {
  gint64 course = contract_course(contract, "C"), anna = contract_user(contract, "anna"),
         berta = contract_user(contract, "berta"), group = contract_group(contract, course, "G01");
  contract_enrol(contract, course, anna);
  contract_enrol_by(contract, "cohort", course, anna);
  contract_enrol_by(contract, "cohort", course, berta);
  contract_join(contract, course, group, anna);
  g_assert_true(contract_ends(contract, contract_unenrol(contract, course, anna), GATEWAY_DONE));
  g_assert_true(
      contract_ends(contract, contract_unenrol(contract, course, berta), GATEWAY_ALREADY));
  contract_assert_read(contract, course, "anna active\nberta active\n[G01] anna\n");
}

static void
nobody_is_not_enrolled_already(Contract *contract) {
  gint64 course = contract_course(contract, "C"), anna = contract_user(contract, "anna");
  g_assert_cmpint(contract_unenrol(contract, course, anna), ==, GATEWAY_ALREADY);
  g_assert_cmpint(contract_unenrol(contract, course, 99999), ==, GATEWAY_ALREADY);
  g_assert_cmpint(contract_unenrol(contract, 99999, anna), ==, GATEWAY_ALREADY);
  g_assert_cmpint(contract_suspend(contract, course, anna), ==, GATEWAY_ALREADY);
  g_assert_cmpint(contract_suspend(contract, course, 99999), ==, GATEWAY_ALREADY);
  g_assert_cmpint(contract_suspend(contract, 99999, anna), ==, GATEWAY_ALREADY);
  contract_assert_read(contract, course, "");
}

static void
unenrols_a_mixed_batch(Contract *contract) {
  gint64 a = contract_course(contract, "A"), b = contract_course(contract, "B");
  gint64 anna = contract_user(contract, "anna"), berta = contract_user(contract, "berta");
  contract_enrol(contract, a, anna);
  contract_enrol(contract, a, berta);
  contract_enrol(contract, b, anna);
  const GatewayEnrol enrols[] = { { a, berta }, { b, berta }, { b, anna }, { a, berta } };
  static const GatewayCode expected[] = { GATEWAY_DONE, GATEWAY_ALREADY, GATEWAY_DONE,
                                          GATEWAY_ALREADY };
  GatewayOutcome outcomes[4] = { 0 };
  g_autoptr(GError) error = NULL;
  g_assert_true(contract->call->unenrol(contract->gateway, enrols, 4, outcomes, &error));
  for (guint i = 0; i < 4; i++)
    contract_check(&outcomes[i], expected[i]);
  contract_assert_read(contract, a, "anna active manual\n");
  contract_assert_read(contract, b, "");
}

/* ── suspending ── */

static void
suspends_and_keeps_the_rest(Contract *contract) {
  gint64 course = contract_course(contract, "C"), anna = contract_user(contract, "anna"),
         group = contract_group(contract, course, "G01");
  contract_enrol(contract, course, anna);
  contract_join(contract, course, group, anna);
  g_assert_cmpint(contract_suspend(contract, course, anna), ==, GATEWAY_DONE);
  contract_assert_read(contract, course, "anna manual suspended\n[G01] anna\n");
  g_assert_cmpint(count_roles(contract, course, anna), ==, 1);
  g_assert_cmpint(contract_suspend(contract, course, anna), ==, GATEWAY_ALREADY);
  g_assert_cmpint(contract_enrol(contract, course, anna), ==, GATEWAY_DONE);
  contract_assert_read(contract, course, "anna active manual\n[G01] anna\n");
}

static void
suspend_leaves_other_methods(Contract *contract) {
  gint64 course = contract_course(contract, "C"), anna = contract_user(contract, "anna"),
         berta = contract_user(contract, "berta");
  contract_enrol(contract, course, anna);
  contract_enrol_by(contract, "cohort", course, anna);
  contract_enrol_by(contract, "cohort", course, berta);
  g_assert_true(contract_ends(contract, contract_suspend(contract, course, anna), GATEWAY_DONE));
  g_assert_true(
      contract_ends(contract, contract_suspend(contract, course, berta), GATEWAY_ALREADY));
  contract_assert_read(contract, course, "anna active manual suspended\nberta active\n");
}

void
contract_enrol_add(const GatewayHarness *harness) {
  contract_add(harness, "enrol/enrols-with-role", enrols_with_role);
  contract_add(harness, "enrol/enrols-once", enrols_once);
  contract_add(harness, "enrol/reactivates", reactivates);
  contract_add(harness, "enrol/another-method-is-enough", another_method_is_enough);
  contract_add(harness, "enrol/another-method-suspended-is-not", another_method_suspended_is_not);
  contract_add(harness, "enrol/another-method-switched-off-is-not",
               another_method_switched_off_is_not);
  contract_add(harness, "enrol/switched-off-manual-enrolment", switched_off_manual_enrolment);
  contract_add(harness, "enrol/only-who-and-what-is-there", only_who_and_what_is_there);
  contract_add(harness, "enrol/mixed-batch", mixed_batch);
  contract_add(harness, "read/each-person-once", each_person_once);
  contract_add(harness, "read/switched-off-methods-do-not-count",
               switched_off_methods_do_not_count);
  contract_add(harness, "read/deleted-users-are-left-out", deleted_users_are_left_out);
  contract_add(harness, "read/several-courses", several_courses);
  contract_add(harness, "unenrol/with-role-and-groups", unenrols_with_role_and_groups);
  contract_add(harness, "unenrol/the-suspended-too", unenrols_the_suspended_too);
  contract_add(harness, "unenrol/leaves-other-methods", unenrol_leaves_other_methods);
  contract_add(harness, "unenrol/nobody-is-not-enrolled-already", nobody_is_not_enrolled_already);
  contract_add(harness, "unenrol/mixed-batch", unenrols_a_mixed_batch);
  contract_add(harness, "suspend/keeps-the-rest", suspends_and_keeps_the_rest);
  contract_add(harness, "suspend/leaves-other-methods", suspend_leaves_other_methods);
}
