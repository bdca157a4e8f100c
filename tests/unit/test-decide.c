/* The net state of each person in a course (SPEC 5): complete > enrol > unenrol > nothing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-fixture.h"

#include "sync/decide.h"

static const char *const statuses[] = {
  [ACTION_NONE] = APPLIED,
  [ACTION_UNENROL] = CANCELLED,
  [ACTION_ENROL] = CALLED,
  [ACTION_COMPLETE] = PASSED,
};

static Decision
decision_of(const Decisions *decisions, const Hand *hand, const char *id) {
  guint person = people_root(hand->people, people_by_id(hand->people, id));
  for (guint i = 0; i < decisions->decisions->len; i++) {
    Decision decision = g_array_index(decisions->decisions, Decision, i);
    if (decision.person == person)
      return decision;
  }
  g_error("nothing was decided for %s", id);
}

/* Every row of actions of up to three Lehrgänge: the greatest wins, and the first that has it
 * decided. */
static void
test_net(void) {
  for (guint row = 0; row < 64; row++) {
    const guint actions[] = { row % 4, row / 4 % 4, row / 16 };
    g_autoptr(Hand) hand = hand_new("FD");
    guint course = hand_course(hand, "FD", 1, "FD-F-I-26");
    guint greatest = 0, first = 0;
    for (guint i = 0; i < 3; i++) {
      g_autofree char *lehrgang = g_strdup_printf("L%u", i);
      hand_lehrgang(hand, "FD", lehrgang, course, "2026-03-01", "2026-03-10");
      hand_teilnehmer(hand, "FD", lehrgang, "A", "", statuses[actions[i]]);
      if (actions[i] > greatest) {
        greatest = actions[i];
        first = i;
      }
    }
    hand_seal(hand);
    g_autoptr(Decisions) decisions = decisions_new();
    decisions_make(decisions, hand->input, courses_at(hand->courses, course));
    g_assert_cmpuint(decisions->decisions->len, ==, 1);
    Decision decision = decision_of(decisions, hand, "A");
    g_assert_cmpuint(decision.action, ==, greatest);
    g_assert_cmpuint(decision.why, ==, first);
    g_assert_cmpuint(decision.count, ==, 3);
  }
}

/* Over all tenants and all ids of a person; each with the voices in listed order. */
static void
test_person(void) {
  g_autoptr(Hand) hand = hand_new("FD KB");
  guint course = hand_course(hand, "", 1, "HLFS-F-I-26");
  guint other = hand_course(hand, "FD", 2, "FD-F-I-26");
  hand_lehrgang(hand, "FD", "L1", course, "2026-03-01", "2026-03-10");
  hand_lehrgang(hand, "FD", "L2", other, "2026-03-01", "2026-03-10");
  hand_lehrgang(hand, "KB", "L3", course, "2026-04-01", "2026-04-10");
  hand_teilnehmer(hand, "KB", "L3", "A2", "anna", CALLED);
  hand_teilnehmer(hand, "KB", "L3", "B", "", PASSED);
  hand_teilnehmer(hand, "KB", "L3", "C", "", APPLIED);
  hand_teilnehmer(hand, "FD", "L1", "C", "", CANCELLED);
  hand_teilnehmer(hand, "FD", "L1", "A1", "anna", CANCELLED);
  hand_teilnehmer(hand, "FD", "L2", "A1", "anna", PASSED);
  hand_seal(hand);

  g_autoptr(Decisions) decisions = decisions_new();
  decisions_make(decisions, hand->input, courses_at(hand->courses, course));
  g_assert_cmpuint(decisions->decisions->len, ==, 3);
  for (guint i = 1; i < 3; i++)
    g_assert_cmpuint(g_array_index(decisions->decisions, Decision, i - 1).person, <,
                     g_array_index(decisions->decisions, Decision, i).person);
  /* Having passed in another course says nothing here. */
  Decision anna = decision_of(decisions, hand, "A2");
  g_assert_cmpuint(anna.action, ==, ACTION_ENROL);
  g_assert_cmpuint(anna.count, ==, 2);
  g_assert_cmpstr(input_field(input_teilnehmer(hand->input, anna.why), INPUT_ID), ==, "A2");
  const DecideVoice *voices = &g_array_index(decisions->voices, DecideVoice, anna.first);
  g_assert_cmpuint(voices[0].action, ==, ACTION_UNENROL);
  g_assert_cmpuint(voices[0].lehrgang, ==, 0);
  g_assert_cmpuint(voices[1].action, ==, ACTION_ENROL);
  g_assert_cmpuint(voices[1].lehrgang, ==, 2);
  g_assert_cmpuint(decision_of(decisions, hand, "B").action, ==, ACTION_COMPLETE);
  g_assert_cmpuint(decision_of(decisions, hand, "C").action, ==, ACTION_UNENROL);

  /* Made anew, nothing of the course before is left. */
  decisions_make(decisions, hand->input, courses_at(hand->courses, other));
  g_assert_cmpuint(decisions->decisions->len, ==, 1);
  g_assert_cmpuint(decisions->voices->len, ==, 1);
  g_assert_cmpuint(decision_of(decisions, hand, "A1").action, ==, ACTION_COMPLETE);
}

/* Listed twice in one Lehrgang. */
static void
test_twice(void) {
  g_autoptr(Hand) hand = hand_new("FD");
  guint course = hand_course(hand, "FD", 1, "FD-F-I-26");
  hand_lehrgang(hand, "FD", "L1", course, "2026-03-01", "2026-03-10");
  hand_teilnehmer(hand, "FD", "L1", "A", "", CALLED);
  hand_teilnehmer(hand, "FD", "L1", "A", "", CANCELLED);
  hand_seal(hand);
  g_autoptr(Decisions) decisions = decisions_new();
  decisions_make(decisions, hand->input, courses_at(hand->courses, course));
  g_assert_cmpuint(decisions->decisions->len, ==, 1);
  g_assert_cmpuint(decision_of(decisions, hand, "A").action, ==, ACTION_ENROL);
  g_assert_cmpuint(decision_of(decisions, hand, "A").why, ==, 0);
}

static void
test_nobody(void) {
  g_autoptr(Hand) hand = hand_new("FD");
  guint course = hand_course(hand, "FD", 1, "FD-F-I-26");
  hand_lehrgang(hand, "FD", "L1", course, "2026-03-01", "2026-03-10");
  hand_seal(hand);
  g_autoptr(Decisions) decisions = decisions_new();
  decisions_make(decisions, hand->input, courses_at(hand->courses, course));
  g_assert_cmpuint(decisions->decisions->len, ==, 0);
  decisions_free(NULL);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/decide/net", test_net);
  g_test_add_func("/decide/person", test_person);
  g_test_add_func("/decide/twice", test_twice);
  g_test_add_func("/decide/nobody", test_nobody);
  return g_test_run();
}
