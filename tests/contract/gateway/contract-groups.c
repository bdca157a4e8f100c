/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "contract-private.h"

static void
creates_once(Contract *contract) {
  gint64 course = contract_course(contract, "C"), first = 0, again = 0;
  g_assert_cmpint(contract_new_group(contract, course, "G01 (2026-03-02)", &first), ==,
                  GATEWAY_DONE);
  g_assert_cmpint(contract_new_group(contract, course, "G01 (2026-03-02)", &again), ==,
                  GATEWAY_ALREADY);
  g_assert_cmpint(again, ==, first);
  contract_assert_read(contract, course, "[G01 (2026-03-02)]\n");
}

static void
names_are_exact(Contract *contract) {
  gint64 course = contract_course(contract, "C");
  contract_group(contract, course, "Grüppe \"1\" O'x & 100%_");
  contract_group(contract, course, "Grüppe \"1\" O'x & 100xx");
  contract_assert_read(contract, course,
                       "[Grüppe \"1\" O'x & 100%_]\n[Grüppe \"1\" O'x & 100xx]\n");
  gint64 id = 0;
  GatewayCode code = contract_new_group(contract, course, "grüppe \"1\" O'x & 100%_", &id);
  g_assert_cmpint(code, ==, contract->harness->exact_case ? GATEWAY_DONE : GATEWAY_INVALID);
}

static void
names_belong_to_a_course(Contract *contract) {
  gint64 a = contract_course(contract, "A"), b = contract_course(contract, "B");
  g_assert_cmpint(contract_group(contract, a, "G01"), !=, contract_group(contract, b, "G01"));
  contract_assert_read(contract, a, "[G01]\n");
  contract_assert_read(contract, b, "[G01]\n");
}

static void
refuses(Contract *contract) {
  gint64 course = contract_course(contract, "C"), id = 0;
  g_autofree char *long_name = g_strnfill(255, 'x');
  g_assert_cmpint(contract_new_group(contract, course + 100, "G01", &id), ==, GATEWAY_MISSING);
  g_assert_cmpint(contract_new_group(contract, 1, "G01", &id), ==, GATEWAY_MISSING);
  g_assert_cmpint(contract_new_group(contract, course, "", &id), ==, GATEWAY_INVALID);
  g_assert_cmpint(contract_new_group(contract, course, long_name, &id), ==, GATEWAY_INVALID);
  g_assert_cmpint(contract_look(contract, "SELECT count(*) FROM mdl_groups"), ==, 0);
}

static void
mixed_batch(Contract *contract) {
  gint64 a = contract_course(contract, "A"), b = contract_course(contract, "B");
  const GatewayNewGroup groups[] = { { a, "G02" }, { 99999, "G01" }, { b, "G02" },
                                     { a, "" },    { a, "G02" },     { a, "G01" } };
  static const GatewayCode expected[] = { GATEWAY_DONE,    GATEWAY_MISSING, GATEWAY_DONE,
                                          GATEWAY_INVALID, GATEWAY_ALREADY, GATEWAY_DONE };
  GatewayOutcome outcomes[6] = { 0 };
  g_autoptr(GError) error = NULL;
  g_assert_true(contract->call->create_groups(contract->gateway, groups, 6, outcomes, &error));
  for (guint i = 0; i < 6; i++)
    contract_check(&outcomes[i], expected[i]);
  g_assert_cmpint(outcomes[4].id, ==, outcomes[0].id);
  g_assert_cmpint(outcomes[5].id, >, outcomes[0].id);
  gateway_outcomes_clear(outcomes, 6);
  contract_assert_read(contract, a, "[G02]\n[G01]\n");
  contract_assert_read(contract, b, "[G02]\n");
}

/* ── members ── */

static void
joins_once(Contract *contract) {
  gint64 course = contract_course(contract, "C"), anna = contract_user(contract, "anna"),
         group = contract_group(contract, course, "G01");
  contract_enrol(contract, course, anna);
  g_assert_cmpint(contract_join(contract, course, group, anna), ==, GATEWAY_DONE);
  g_assert_cmpint(contract_join(contract, course, group, anna), ==, GATEWAY_ALREADY);
  contract_assert_read(contract, course, "anna active manual\n[G01] anna\n");
}

static void
one_person_in_several(Contract *contract) {
  gint64 course = contract_course(contract, "C"), anna = contract_user(contract, "anna");
  gint64 first = contract_group(contract, course, "G01"),
         second = contract_group(contract, course, "G02");
  contract_enrol(contract, course, anna);
  g_assert_cmpint(contract_join(contract, course, second, anna), ==, GATEWAY_DONE);
  g_assert_cmpint(contract_join(contract, course, first, anna), ==, GATEWAY_DONE);
  contract_assert_read(contract, course, "anna active manual\n[G01] anna\n[G02] anna\n");
}

static void
only_the_enrolled(Contract *contract) {
  gint64 course = contract_course(contract, "C"), other = contract_course(contract, "D");
  gint64 anna = contract_user(contract, "anna"), berta = contract_user(contract, "berta"),
         carla = contract_user(contract, "carla"), group = contract_group(contract, course, "G01");
  contract_enrol(contract, other, anna);
  contract_enrol(contract, course, berta);
  contract_suspend(contract, course, berta);
  contract_enrol_by(contract, "cohort", course, carla);
  g_assert_cmpint(contract_join(contract, course, group, anna), ==, GATEWAY_INVALID);
  g_assert_cmpint(contract_join(contract, course, group, berta), ==, GATEWAY_DONE);
  g_assert_cmpint(contract_join(contract, course, group, carla), ==, GATEWAY_DONE);
  contract_assert_read(contract, course,
                       "berta manual suspended\ncarla active\n[G01] berta carla\n");
}

static void
only_who_and_what_is_there(Contract *contract) {
  gint64 course = contract_course(contract, "C"), other = contract_course(contract, "D");
  gint64 anna = contract_user(contract, "anna"), gone = contract_user(contract, "gone"),
         group = contract_group(contract, course, "G01");
  contract_enrol(contract, course, anna);
  contract_enrol(contract, other, anna);
  contract_enrol(contract, course, gone);
  contract_exec(contract, "UPDATE mdl_user SET deleted = 1 WHERE id = %" G_GINT64_FORMAT, gone);
  g_assert_cmpint(contract_join(contract, course, group + 100, anna), ==, GATEWAY_MISSING);
  g_assert_cmpint(contract_join(contract, course, group, anna + 100), ==, GATEWAY_MISSING);
  g_assert_cmpint(contract_join(contract, course, group, gone), ==, GATEWAY_MISSING);
  g_assert_cmpint(contract_join(contract, other, group, anna), ==, GATEWAY_MISSING);
  g_assert_cmpint(contract_look(contract, "SELECT count(*) FROM mdl_groups_members"), ==, 0);
}

static void
mixed_batch_of_members(Contract *contract) {
  gint64 course = contract_course(contract, "C"), group = contract_group(contract, course, "G01");
  gint64 anna = contract_user(contract, "anna"), berta = contract_user(contract, "berta"),
         carla = contract_user(contract, "carla");
  contract_enrol(contract, course, anna);
  contract_enrol(contract, course, carla);
  const GatewayMember members[] = { { course, group, anna },  { course, group, berta },
                                    { course, 99999, anna },  { course, group, 99999 },
                                    { course, group, carla }, { course, group, anna } };
  static const GatewayCode expected[] = { GATEWAY_DONE,    GATEWAY_INVALID, GATEWAY_MISSING,
                                          GATEWAY_MISSING, GATEWAY_DONE,    GATEWAY_ALREADY };
  GatewayOutcome outcomes[6] = { 0 };
  g_autoptr(GError) error = NULL;
  g_assert_true(contract->call->add_members(contract->gateway, members, 6, outcomes, &error));
  for (guint i = 0; i < 6; i++)
    contract_check(&outcomes[i], expected[i]);
  gateway_outcomes_clear(outcomes, 6);
  contract_assert_read(contract, course,
                       "anna active manual\ncarla active manual\n[G01] anna carla\n");
}

void
contract_groups_add(const GatewayHarness *harness) {
  contract_add(harness, "groups/creates-once", creates_once);
  contract_add(harness, "groups/names-are-exact", names_are_exact);
  contract_add(harness, "groups/names-belong-to-a-course", names_belong_to_a_course);
  contract_add(harness, "groups/refuses", refuses);
  contract_add(harness, "groups/mixed-batch", mixed_batch);
  contract_add(harness, "members/joins-once", joins_once);
  contract_add(harness, "members/one-person-in-several", one_person_in_several);
  contract_add(harness, "members/only-the-enrolled", only_the_enrolled);
  contract_add(harness, "members/only-who-and-what-is-there", only_who_and_what_is_there);
  contract_add(harness, "members/mixed-batch", mixed_batch_of_members);
}
