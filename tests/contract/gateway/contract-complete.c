/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "contract-private.h"

#define EARLIER (CONTRACT_NOW - 1000)

static gint64
time_completed(Contract *contract, gint64 courseid, gint64 userid) {
  return contract_look(
      contract,
      "SELECT timecompleted FROM mdl_course_completions WHERE course = %" G_GINT64_FORMAT
      " AND userid = %" G_GINT64_FORMAT,
      courseid, userid);
}

static void
sets_the_time_once(Contract *contract) {
  gint64 course = contract_course(contract, "C"), anna = contract_user(contract, "anna"),
         berta = contract_user(contract, "berta");
  contract_enrol(contract, course, anna);
  contract_enrol(contract, course, berta);
  g_assert_cmpint(contract_complete(contract, course, anna, EARLIER), ==, GATEWAY_DONE);
  g_assert_cmpint(time_completed(contract, course, anna), ==, EARLIER);
  contract_assert_read(contract, course, "anna active manual completed\nberta active manual\n");
  g_assert_cmpint(contract_complete(contract, course, anna, EARLIER + 7), ==, GATEWAY_ALREADY);
  g_assert_cmpint(time_completed(contract, course, anna), ==, EARLIER);
  g_assert_cmpint(contract_look(contract, "SELECT count(*) FROM mdl_course_completions"), ==, 1);
}

/* Moodle makes the row when a person begins; only its time says completed. */
static void
fills_a_row_without_time(Contract *contract) {
  gint64 course = contract_course(contract, "C"), anna = contract_user(contract, "anna");
  contract_enrol(contract, course, anna);
  contract_exec(
      contract,
      "INSERT INTO mdl_course_completions (course, userid, timestarted) VALUES (%" G_GINT64_FORMAT
      ", %" G_GINT64_FORMAT ", 5)",
      course, anna);
  contract_assert_read(contract, course, "anna active manual\n");
  g_assert_cmpint(contract_complete(contract, course, anna, EARLIER), ==, GATEWAY_DONE);
  contract_assert_read(contract, course, "anna active manual completed\n");
  contract_assert_text(contract, "1 5",
                       "SELECT count(*) || ' ' || max(timestarted) FROM mdl_course_completions");
}

static void
only_the_enrolled(Contract *contract) {
  gint64 course = contract_course(contract, "C"), anna = contract_user(contract, "anna"),
         berta = contract_user(contract, "berta"), carla = contract_user(contract, "carla");
  contract_enrol(contract, course, berta);
  contract_suspend(contract, course, berta);
  contract_enrol_by(contract, "cohort", course, carla);
  g_assert_cmpint(contract_complete(contract, course, anna, EARLIER), ==, GATEWAY_INVALID);
  g_assert_cmpint(contract_complete(contract, course, berta, EARLIER), ==, GATEWAY_DONE);
  g_assert_cmpint(contract_complete(contract, course, carla, EARLIER), ==, GATEWAY_DONE);
  contract_assert_read(contract, course,
                       "berta manual suspended completed\ncarla active completed\n");
  g_assert_cmpint(contract_complete(contract, course, anna + 100, EARLIER), ==, GATEWAY_MISSING);
  g_assert_cmpint(contract_complete(contract, course + 100, anna, EARLIER), ==, GATEWAY_MISSING);
  g_assert_cmpint(time_completed(contract, course, anna), ==, 0);
}

static void
stays_when_unenrolled(Contract *contract) {
  gint64 course = contract_course(contract, "C"), anna = contract_user(contract, "anna");
  contract_enrol(contract, course, anna);
  contract_complete(contract, course, anna, EARLIER);
  contract_unenrol(contract, course, anna);
  g_assert_cmpint(time_completed(contract, course, anna), ==, EARLIER);
  contract_enrol(contract, course, anna);
  contract_assert_read(contract, course, "anna active manual completed\n");
  g_assert_cmpint(contract_complete(contract, course, anna, EARLIER + 7), ==, GATEWAY_ALREADY);
}

static void
of_one_course_only(Contract *contract) {
  gint64 a = contract_course(contract, "A"), b = contract_course(contract, "B");
  gint64 anna = contract_user(contract, "anna");
  contract_enrol(contract, a, anna);
  contract_enrol(contract, b, anna);
  contract_complete(contract, a, anna, EARLIER);
  contract_assert_read(contract, a, "anna active manual completed\n");
  contract_assert_read(contract, b, "anna active manual\n");
}

static void
mixed_batch(Contract *contract) {
  gint64 a = contract_course(contract, "A"), b = contract_course(contract, "B");
  gint64 anna = contract_user(contract, "anna"), berta = contract_user(contract, "berta");
  contract_enrol(contract, a, anna);
  contract_enrol(contract, a, berta);
  contract_enrol(contract, b, anna);
  const GatewayCompletion completions[] = { { a, anna, EARLIER },  { b, berta, EARLIER },
                                            { a, 99999, EARLIER }, { 99999, anna, EARLIER },
                                            { a, anna, EARLIER },  { b, anna, EARLIER } };
  static const GatewayCode expected[] = { GATEWAY_DONE,    GATEWAY_INVALID, GATEWAY_MISSING,
                                          GATEWAY_MISSING, GATEWAY_ALREADY, GATEWAY_DONE };
  GatewayOutcome outcomes[6] = { 0 };
  g_autoptr(GError) error = NULL;
  g_assert_true(contract->call->complete(contract->gateway, completions, 6, outcomes, &error));
  for (guint i = 0; i < 6; i++)
    contract_check(&outcomes[i], expected[i]);
  gateway_outcomes_clear(outcomes, 6);
  contract_assert_read(contract, a, "anna active manual completed\nberta active manual\n");
  contract_assert_read(contract, b, "anna active manual completed\n");
}

void
contract_complete_add(const GatewayHarness *harness) {
  contract_add(harness, "complete/sets-the-time-once", sets_the_time_once);
  contract_add(harness, "complete/fills-a-row-without-time", fills_a_row_without_time);
  contract_add(harness, "complete/only-the-enrolled", only_the_enrolled);
  contract_add(harness, "complete/stays-when-unenrolled", stays_when_unenrolled);
  contract_add(harness, "complete/of-one-course-only", of_one_course_only);
  contract_add(harness, "complete/mixed-batch", mixed_batch);
}
