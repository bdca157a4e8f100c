/* The plan: what has to be done, from what is wanted and what is (SPEC 4 and 5).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-fixture.h"

#define ACTIVE_MANUAL (GATEWAY_ENROL_ACTIVE | GATEWAY_ENROL_MANUAL)

static void
assert_plan(const Plan *plan, const char *expected) {
  g_autofree char *text = plan_text(plan);
  g_assert_cmpstr(text, ==, expected);
}

/* A line's counts, in the order of PlanLine: "users existing/skipped/total, already, already un,
 * noop, skipped, total, unlisted". */
static void
assert_line(const Plan *plan, guint index, const char *expected) {
  const PlanLine *line = plan_line(plan, index);
  g_autofree char *text =
      g_strdup_printf("%u/%u/%u %u %u %u %u %u %u", line->users_existing, line->users_skipped,
                      line->users_total, line->already_enrolled, line->already_unenrolled,
                      line->noop, line->skipped, line->total, line->unlisted);
  g_assert_cmpstr(text, ==, expected);
}

/* A new course with one person of each status. */
static void
test_from_nothing(void) {
  g_autoptr(Hand) hand = hand_new("FD");
  guint course = hand_course(hand, "FD", 0, "FD-F-I-26");
  hand_lehrgang(hand, "FD", "L1", course, "2026-03-01", "2026-03-10");
  hand_teilnehmer(hand, "FD", "L1", "A", "", CALLED);
  hand_teilnehmer(hand, "FD", "L1", "B", "", PASSED);
  hand_teilnehmer(hand, "FD", "L1", "C", "", CANCELLED);
  hand_teilnehmer(hand, "FD", "L1", "D", "", APPLIED);
  hand_teilnehmer(hand, "FD", "L1", "E", "", CALLED);
  hand_seal(hand);
  hand_user(hand, "E", 0);
  const Plan *plan = hand_plan(hand);
  assert_plan(plan, "create_course FD-F-I-26 planned\n"
                    "link_course FD-F-I-26 planned\n"
                    "create_user FD-F-I-26 A L1 planned\n"
                    "create_user FD-F-I-26 B L1 planned\n"
                    "create_user FD-F-I-26 C L1 planned\n"
                    "create_user FD-F-I-26 D L1 planned\n"
                    "enrol FD-F-I-26 A L1 planned\n"
                    "enrol FD-F-I-26 B L1 planned\n"
                    "create_group FD-F-I-26 [G01 (2026-03-01)] planned\n"
                    "add_member FD-F-I-26 A [G01 (2026-03-01)] L1 planned\n"
                    "add_member FD-F-I-26 B [G01 (2026-03-01)] L1 planned\n"
                    "complete FD-F-I-26 B L1 planned\n");
  g_assert_cmpuint(plan->lines->len, ==, 1);
  assert_line(plan, 0, "0/1/5 0 1 1 1 5 0");
  g_assert_cmpuint(plan_count(plan, STEP_CREATE_USER, STEP_PLANNED), ==, 4);
  g_assert_cmpuint(plan_count(plan, STEP_CREATE_USER, STEP_DONE), ==, 0);
}

/* Without the companion plugin nobody can tell who has completed, or set it. */
static void
test_completions_wait(void) {
  g_autoptr(Hand) hand = hand_new("FD KB");
  guint course = hand_course(hand, "FD", 1, "FD-F-I-26");
  hand_lehrgang(hand, "FD", "L1", course, "", "2026-03-10");
  hand_lehrgang(hand, "KB", "L2", course, "", "2026-03-10");
  hand_teilnehmer(hand, "FD", "L1", "A", "", PASSED);
  hand_teilnehmer(hand, "FD", "L1", "B", "", CALLED);
  hand_teilnehmer(hand, "FD", "L1", "nobody", "", PASSED);
  hand_teilnehmer(hand, "KB", "L2", "C", "", PASSED);
  hand_teilnehmer(hand, "KB", "L2", "D", "", PASSED);
  hand_seal(hand);
  hand_user(hand, "nobody", 0);
  hand_user(hand, "C", 11);
  hand_user(hand, "D", 12);
  hand_enrolled(hand, course, 11, ACTIVE_MANUAL);
  hand_enrolled(hand, course, 12, ACTIVE_MANUAL | GATEWAY_ENROL_COMPLETED);
  hand->current->no_completions = true;
  const Plan *plan = hand_plan(hand);
  assert_plan(plan, "create_user FD-F-I-26 A L1 planned\n"
                    "create_user FD-F-I-26 B L1 planned\n"
                    "enrol FD-F-I-26 A L1 planned\n"
                    "enrol FD-F-I-26 B L1 planned\n");
  g_assert_cmpuint(plan_line(plan, 0)->completions_waiting, ==, 1);
  g_assert_cmpuint(plan_line(plan, 1)->completions_waiting, ==, 1);
}

/* Everything as wanted: no step. Whatever is wrong: just the step that mends it. */
static void
test_difference(void) {
  g_autoptr(Hand) hand = hand_new("FD");
  guint course = hand_course(hand, "FD", 1, "FD-F-I-26");
  hand_lehrgang(hand, "FD", "L1", course, "2026-03-01", "2026-03-10");
  static const struct {
    const char *id, *status;
    guint flags;
    bool member;
  } people[] = {
    { "done", CALLED, ACTIVE_MANUAL, true },
    { "passed", PASSED, ACTIVE_MANUAL | GATEWAY_ENROL_COMPLETED, true },
    { "suspended", CALLED, GATEWAY_ENROL_MANUAL, true },
    { "groupless", CALLED, ACTIVE_MANUAL, false },
    { "incomplete", PASSED, ACTIVE_MANUAL, true },
    { "self-enrolled", CALLED, GATEWAY_ENROL_ACTIVE, true },
    { "cancelled", CANCELLED, ACTIVE_MANUAL, true },
    { "cancelled-suspended", CANCELLED, GATEWAY_ENROL_MANUAL, false },
    { "cancelled-self", CANCELLED, GATEWAY_ENROL_ACTIVE, false },
    { "cancelled-gone", CANCELLED, 0, false },
    { "cancelled-completed", CANCELLED, ACTIVE_MANUAL | GATEWAY_ENROL_COMPLETED, false },
    { "applied", APPLIED, ACTIVE_MANUAL, true },
    { "called-completed", CALLED, ACTIVE_MANUAL | GATEWAY_ENROL_COMPLETED, true },
  };
  for (guint i = 0; i < G_N_ELEMENTS(people); i++)
    hand_teilnehmer(hand, "FD", "L1", people[i].id, "", people[i].status);
  hand_seal(hand);
  for (guint i = 0; i < G_N_ELEMENTS(people); i++) {
    hand_user(hand, people[i].id, 10 + i);
    if (people[i].flags != 0)
      hand_enrolled(hand, course, 10 + i, people[i].flags);
  }
  hand_group(hand, course, 7, "Märzgruppe (2026-03-01)");
  for (guint i = 0; i < G_N_ELEMENTS(people); i++)
    if (people[i].member)
      hand_member(hand, course, 10 + i);
  const Plan *plan = hand_plan(hand);
  assert_plan(plan, "enrol FD-F-I-26 suspended L1 planned\n"
                    "add_member FD-F-I-26 groupless [Märzgruppe (2026-03-01)] L1 planned\n"
                    "complete FD-F-I-26 incomplete L1 planned\n"
                    "unenrol FD-F-I-26 cancelled L1 planned\n"
                    "unenrol FD-F-I-26 cancelled-suspended L1 planned\n"
                    "unenrol FD-F-I-26 cancelled-completed L1 planned\n");
  assert_line(plan, 0, "13/0/13 6 2 1 0 13 0");
}

/* removal=suspend: who holds no active enrolment is suspended already. */
static void
test_suspend(void) {
  g_autoptr(Hand) hand = hand_new("FD");
  hand->config->sync.suspend = true;
  guint course = hand_course(hand, "FD", 1, "FD-F-I-26");
  hand_lehrgang(hand, "FD", "L1", course, "", "2026-03-10");
  hand_teilnehmer(hand, "FD", "L1", "A", "", CANCELLED);
  hand_teilnehmer(hand, "FD", "L1", "B", "", CANCELLED);
  hand_teilnehmer(hand, "FD", "L1", "C", "", CANCELLED);
  hand_seal(hand);
  hand_user(hand, "A", 11);
  hand_user(hand, "B", 12);
  hand_user(hand, "C", 13);
  hand_enrolled(hand, course, 11, ACTIVE_MANUAL);
  hand_enrolled(hand, course, 12, GATEWAY_ENROL_MANUAL);
  /* Active by another method, which is not ours to end. */
  hand_enrolled(hand, course, 13, ACTIVE_MANUAL | GATEWAY_ENROL_SUSPENDED);
  const Plan *plan = hand_plan(hand);
  assert_plan(plan, "unenrol FD-F-I-26 A L1 planned\n");
  assert_line(plan, 0, "3/0/3 0 2 0 0 3 0");
}

/* Cancelled in one Lehrgang and called up in another of the same course: stays, and is in the group
 * of the one that calls. */
static void
test_net(void) {
  g_autoptr(Hand) hand = hand_new("FD");
  guint course = hand_course(hand, "FD", 1, "FD-F-I-26");
  hand_lehrgang(hand, "FD", "L1", course, "2026-03-01", "2026-03-10");
  hand_lehrgang(hand, "FD", "L2", course, "2026-04-01", "2026-04-10");
  hand_teilnehmer(hand, "FD", "L1", "A1", "anna", CANCELLED);
  hand_teilnehmer(hand, "FD", "L1", "B", "", CALLED);
  hand_teilnehmer(hand, "FD", "L2", "A2", "anna", CALLED);
  hand_seal(hand);
  hand_user(hand, "A2", 11);
  hand_user(hand, "B", 12);
  hand_enrolled(hand, course, 11, ACTIVE_MANUAL);
  hand_enrolled(hand, course, 12, ACTIVE_MANUAL);
  const Plan *plan = hand_plan(hand);
  assert_plan(plan, "create_group FD-F-I-26 [G01 (2026-03-01)] planned\n"
                    "create_group FD-F-I-26 [G02 (2026-04-01)] planned\n"
                    "add_member FD-F-I-26 A1 [G02 (2026-04-01)] L2 planned\n"
                    "add_member FD-F-I-26 B [G01 (2026-03-01)] L1 planned\n");
  assert_line(plan, 0, "2/0/2 2 0 0 0 2 0");
}

/* Numbers go by the order of the Lehrgänge, whoever is in them, on from the highest there is; a
 * start day has one group. */
static void
test_groups(void) {
  g_autoptr(Hand) hand = hand_new("FD");
  guint course = hand_course(hand, "FD", 1, "FD-F-I-26");
  static const struct {
    const char *lehrgang, *start, *person, *status;
  } rows[] = {
    { "L1", "2026-05-01", "Z", CALLED },       /* G08 */
    { "L2", "2026-03-01", "Y", CANCELLED },    /* enrols nobody: no group */
    { "L3", "2026-04-01", "A", CALLED },       /* exists */
    { "L4", "2026-05-01", "Z", CALLED },       /* shares L1's, with the same person */
    { "L5", "", "B", CALLED },                 /* no start day */
    { "L6", " 2026-03-01 ", "C", PASSED },     /* G09 */
    { "L7", "01.03.2026", "C", CALLED },       /* another text, another group: G10 */
    { "L8", "2026-06-01", "skipped", CALLED }, /* nobody who can be enrolled */
  };
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
    hand_lehrgang(hand, "FD", rows[i].lehrgang, course, rows[i].start, "2026-12-31");
    hand_teilnehmer(hand, "FD", rows[i].lehrgang, rows[i].person, "", rows[i].status);
  }
  hand_seal(hand);
  hand_user(hand, "skipped", 0);
  hand_user(hand, "A", 11);
  hand_user(hand, "Z", 5);
  hand_enrolled(hand, course, 5, ACTIVE_MANUAL);
  hand_enrolled(hand, course, 11, ACTIVE_MANUAL);
  hand_group(hand, course, 20, "G07 (2025-01-01)");
  hand_member(hand, course, 5);
  hand_group(hand, course, 21, "G03 (2026-04-01)");
  hand_member(hand, course, 5);
  hand_group(hand, course, 22, "Lehrer");
  hand_group(hand, course, 23, "G04 (2026-04-01)"); /* a second of that day: the first is taken */
  hand_member(hand, course, 11);
  const Plan *plan = hand_plan(hand);
  assert_plan(plan, "create_user FD-F-I-26 Y L2 planned\n"
                    "create_user FD-F-I-26 B L5 planned\n"
                    "create_user FD-F-I-26 C L6 planned\n"
                    "enrol FD-F-I-26 B L5 planned\n"
                    "enrol FD-F-I-26 C L6 planned\n"
                    "create_group FD-F-I-26 [G08 (2026-05-01)] planned\n"
                    "create_group FD-F-I-26 [G09 (2026-03-01)] planned\n"
                    "create_group FD-F-I-26 [G10 (01.03.2026)] planned\n"
                    "add_member FD-F-I-26 Z [G08 (2026-05-01)] L1 planned\n"
                    "add_member FD-F-I-26 A [G03 (2026-04-01)] L3 planned\n"
                    "add_member FD-F-I-26 C [G09 (2026-03-01)] L6 planned\n"
                    "add_member FD-F-I-26 C [G10 (01.03.2026)] L7 planned\n"
                    "complete FD-F-I-26 C L6 planned\n");
}

static void
test_alt(void) {
  g_autoptr(Hand) hand = hand_new("FD");
  guint course = hand_course(hand, "FD", 1, "FD-F-I-26_alt");
  hand_lehrgang(hand, "FD", "L1", course, "2020-03-01", "2020-03-10");
  hand_teilnehmer(hand, "FD", "L1", "A", "", PASSED);
  hand_seal(hand);
  assert_plan(hand_plan(hand), "create_user FD-F-I-26_alt A L1 planned\n"
                               "enrol FD-F-I-26_alt A L1 planned\n"
                               "complete FD-F-I-26_alt A L1 planned\n");
}

/* An account is made once, with the first course; users are made in the order of people, whatever
 * the order of courses. */
static void
test_accounts(void) {
  g_autoptr(Hand) hand = hand_new("FD");
  guint second = hand_course(hand, "FD", 1, "FD-F-II-26");
  guint first = hand_course(hand, "FD", 2, "FD-F-I-26");
  hand_lehrgang(hand, "FD", "L1", first, "", "2026-03-10");
  hand_lehrgang(hand, "FD", "L2", second, "", "2026-03-10");
  hand_teilnehmer(hand, "FD", "L1", "A", "", CALLED);
  hand_teilnehmer(hand, "FD", "L1", "B", "", CALLED);
  hand_teilnehmer(hand, "FD", "L1", "C", "", APPLIED);
  hand_teilnehmer(hand, "FD", "L2", "B", "", CALLED);
  hand_teilnehmer(hand, "FD", "L2", "C", "", APPLIED);
  hand_seal(hand);
  hand_user(hand, "C", 13);
  users_at(hand->users, people_by_id(hand->people, "C"))->set_idnumber = true;
  const Plan *plan = hand_plan(hand);
  assert_plan(plan, "create_user FD-F-I-26 A L1 planned\n"
                    "create_user FD-F-II-26 B L2 planned\n"
                    "update_user FD-F-II-26 C L2 planned\n"
                    "enrol FD-F-II-26 B L2 planned\n"
                    "enrol FD-F-I-26 A L1 planned\n"
                    "enrol FD-F-I-26 B L1 planned\n");
  assert_line(plan, 0, "1/0/2 0 0 1 0 2 0"); /* F-II: B is made here, C exists */
  assert_line(plan, 1, "2/0/3 0 0 1 0 3 0"); /* F-I: A is made here, B there */
}

/* Each of the three is reason enough, also where nothing else is to be done. */
static void
test_update_account(void) {
  for (guint which = 0; which < 4; which++) {
    g_autoptr(Hand) hand = hand_new("FD");
    guint course = hand_course(hand, "FD", 1, "FD-F-I-26");
    hand_lehrgang(hand, "FD", "L1", course, "", "2026-03-10");
    hand_teilnehmer(hand, "FD", "L1", "A", "anna", APPLIED);
    hand_seal(hand);
    hand_user(hand, "A", 11);
    users_at(hand->users, 0)->set_username = which == 0;
    users_at(hand->users, 0)->set_idnumber = which == 1;
    users_at(hand->users, 0)->set_auth = which == 2;
    assert_plan(hand_plan(hand), which < 3 ? "update_user FD-F-I-26 A L1 planned\n" : "");
  }
}

/* A course that an earlier run made and did not finish. */
static void
test_unfinished(void) {
  g_autoptr(Hand) hand = hand_new("FD");
  guint course = hand_course(hand, "FD", 1, "FD-F-I-26");
  hand_lehrgang(hand, "FD", "L1", course, "", "2026-03-10");
  hand_seal(hand);
  courses_at(hand->courses, course)->unfinished = true;
  assert_plan(hand_plan(hand), "link_course FD-F-I-26 planned\n");
}

/* A course whose Lehrgänge all fell away is none. */
static void
test_course_without(void) {
  g_autoptr(Hand) hand = hand_new("FD");
  hand_course(hand, "FD", 0, "FD-F-I-26");
  hand_seal(hand);
  const Plan *plan = hand_plan(hand);
  assert_plan(plan, "");
  g_assert_cmpuint(plan->lines->len, ==, 0);
}

/* One line per course and tenant; a person counts on that of the first Lehrgang that lists it. */
static void
test_lines(void) {
  g_autoptr(Hand) hand = hand_new("FD KB");
  guint central = hand_course(hand, "", 1, "HLFS-F-I-26");
  hand_lehrgang(hand, "FD", "L1", central, "", "2026-03-10");
  hand_lehrgang(hand, "KB", "L2", central, "", "2026-03-10");
  hand_lehrgang(hand, "KB", "L3", central, "", "2026-03-10");
  hand_teilnehmer(hand, "KB", "L2", "B", "", CALLED);
  hand_teilnehmer(hand, "KB", "L2", "A", "", CALLED);
  hand_teilnehmer(hand, "KB", "L3", "C", "", CANCELLED);
  hand_teilnehmer(hand, "FD", "L1", "A", "", CANCELLED);
  hand_seal(hand);
  const Plan *plan = hand_plan(hand);
  g_assert_cmpuint(plan->lines->len, ==, 2);
  g_assert_cmpuint(plan_line(plan, 0)->tenant, ==, 0);
  g_assert_cmpuint(plan_line(plan, 1)->tenant, ==, 1);
  assert_line(plan, 0, "0/0/1 0 0 0 0 1 0");
  assert_line(plan, 1, "0/0/2 0 1 0 0 2 0");
  g_assert_cmpuint(plan_step(plan, STEP_ENROL, 0)->line, ==, 0);
  g_assert_cmpuint(plan_step(plan, STEP_ENROL, 1)->line, ==, 1);
  assert_plan(plan, "create_user HLFS-F-I-26 A L1 planned\n"
                    "create_user HLFS-F-I-26 B L2 planned\n"
                    "create_user HLFS-F-I-26 C L3 planned\n"
                    "enrol HLFS-F-I-26 A L2 planned\n"
                    "enrol HLFS-F-I-26 B L2 planned\n");
}

/* ── unlisted ── */

/* Enrolled: 11 is listed, 12 ours and unlisted, 13 ours and suspended, 14 somebody else's, 15 ours
 * and skipped noop. */
static Hand *
unlisted_hand(const char *abbr, guint *course) {
  Hand *hand = hand_new("FD KB");
  *course = hand_course(hand, abbr, 1, "F-I-26");
  hand_lehrgang(hand, "FD", "L1", *course, "", "2026-03-10");
  hand_teilnehmer(hand, "FD", "L1", "A", "", CALLED);
  hand_teilnehmer(hand, "FD", "L1", "E", "", APPLIED);
  return hand;
}

static void
unlisted_enrolled(Hand *hand, guint course) {
  hand_user(hand, "A", 11);
  hand_user(hand, "E", 15);
  hand_enrolled(hand, course, 11, ACTIVE_MANUAL | CURRENT_OURS);
  hand_enrolled(hand, course, 12, ACTIVE_MANUAL | CURRENT_OURS);
  hand_enrolled(hand, course, 13, GATEWAY_ENROL_MANUAL | CURRENT_OURS);
  hand_enrolled(hand, course, 14, ACTIVE_MANUAL);
  hand_enrolled(hand, course, 15, ACTIVE_MANUAL | CURRENT_OURS);
  hand_enrolled(hand, course, 16, GATEWAY_ENROL_ACTIVE | CURRENT_OURS);
}

static void
test_unlisted(void) {
  guint course;
  g_autoptr(Hand) hand = unlisted_hand("FD", &course);
  hand_seal(hand);
  unlisted_enrolled(hand, course);
  const Plan *plan = hand_plan(hand);
  assert_plan(plan, "");
  assert_line(plan, 0, "2/0/2 1 0 1 0 2 2");
}

/* Listed in one course is not listed in the next. */
static void
test_unlisted_in_one(void) {
  g_autoptr(Hand) hand = hand_new("FD");
  guint first = hand_course(hand, "FD", 1, "FD-F-I-26"),
        second = hand_course(hand, "FD", 2, "FD-F-II-26");
  hand_lehrgang(hand, "FD", "L1", first, "", "2026-03-10");
  hand_lehrgang(hand, "FD", "L2", second, "", "2026-03-10");
  hand_teilnehmer(hand, "FD", "L1", "A", "", CALLED);
  hand_teilnehmer(hand, "FD", "L2", "B", "", CALLED);
  hand_seal(hand);
  hand_user(hand, "A", 11);
  hand_user(hand, "B", 12);
  hand_enrolled(hand, first, 11, ACTIVE_MANUAL | CURRENT_OURS);
  hand_enrolled(hand, second, 11, ACTIVE_MANUAL | CURRENT_OURS);
  hand_enrolled(hand, second, 12, ACTIVE_MANUAL | CURRENT_OURS);
  const Plan *plan = hand_plan(hand);
  g_assert_cmpuint(plan_line(plan, 0)->unlisted, ==, 0);
  g_assert_cmpuint(plan_line(plan, 1)->unlisted, ==, 1);
}

/* Who is in a list that was not read is not known: then nobody is called unlisted. */
static void
test_unlisted_unread(void) {
  guint course;
  g_autoptr(Hand) malformed = unlisted_hand("FD", &course);
  input_leave_out(fixture_tenant(malformed->input, "FD"), 0, "[2].id", "", "missing");
  hand_seal(malformed);
  unlisted_enrolled(malformed, course);
  assert_line(hand_plan(malformed), 0, "2/0/2 1 0 1 0 2 0");

  g_autoptr(Hand) failed = unlisted_hand("FD", &course);
  const Lehrgang broken = { "L2", "F-I", "", "", "", "2026-03-10" };
  InputTenant *tenant = fixture_tenant(failed->input, "FD");
  input_finish_lehrgang(tenant, input_add_lehrgang(tenant, &broken), "500");
  g_hash_table_insert(failed->course_of, g_strdup("L2"), GUINT_TO_POINTER(course + 1));
  hand_seal(failed);
  unlisted_enrolled(failed, course);
  assert_line(hand_plan(failed), 0, "2/0/2 1 0 1 0 2 0");
}

/* Nor when the run did not ask for all that feeds the course. */
static void
test_unlisted_partial(void) {
  guint course;
  g_autoptr(Hand) hand = unlisted_hand("FD", &course);
  hand_seal(hand);
  unlisted_enrolled(hand, course);
  courses_at(hand->courses, course)->partial = true;
  assert_line(hand_plan(hand), 0, "2/0/2 1 0 1 0 2 0");
}

static void
test_words(void) {
  g_assert_cmpstr(plan_kind_word(STEP_CREATE_COURSE), ==, "create_course");
  g_assert_cmpstr(plan_kind_word(STEP_UNENROL), ==, "unenrol");
  for (guint kind = 0; kind < STEP_KINDS; kind++)
    g_assert_nonnull(plan_kind_word(kind));
  plan_free(NULL);
}

/* From kind to kind it goes on and never back. */
static void
test_place(void) {
  const guint planned[STEP_KINDS] = { [STEP_CREATE_USER] = 10, [STEP_ENROL] = 30 };
  guint at, whole;
  plan_place(planned, STEP_CREATE_USER, 0, 20, &at, &whole);
  g_assert_cmpuint(at, ==, 0);
  g_assert_cmpuint(whole, ==, 40);
  plan_place(planned, STEP_CREATE_USER, 20, 20, &at, &whole);
  g_assert_cmpuint(at, ==, 10);
  plan_place(planned, STEP_ENROL, 10, 60, &at, &whole);
  g_assert_cmpuint(at, ==, 15);
  plan_place(planned, STEP_ENROL, 60, 60, &at, &whole);
  g_assert_cmpuint(at, ==, 40);
  plan_place(planned, STEP_UNENROL, 0, 0, &at, &whole);
  g_assert_cmpuint(at, ==, 40);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/plan/place", test_place);
  g_test_add_func("/plan/from-nothing", test_from_nothing);
  g_test_add_func("/plan/completions-wait", test_completions_wait);
  g_test_add_func("/plan/difference", test_difference);
  g_test_add_func("/plan/suspend", test_suspend);
  g_test_add_func("/plan/net", test_net);
  g_test_add_func("/plan/groups", test_groups);
  g_test_add_func("/plan/alt", test_alt);
  g_test_add_func("/plan/accounts", test_accounts);
  g_test_add_func("/plan/update-account", test_update_account);
  g_test_add_func("/plan/unfinished", test_unfinished);
  g_test_add_func("/plan/course-without", test_course_without);
  g_test_add_func("/plan/lines", test_lines);
  g_test_add_func("/plan/unlisted", test_unlisted);
  g_test_add_func("/plan/unlisted-in-one", test_unlisted_in_one);
  g_test_add_func("/plan/unlisted-unread", test_unlisted_unread);
  g_test_add_func("/plan/unlisted-partial", test_unlisted_partial);
  g_test_add_func("/plan/words", test_words);
  return g_test_run();
}
