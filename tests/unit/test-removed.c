/* Whom we have removed before is not removed again where Moodle does not tell by which method a
 * person is enrolled.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-fixture.h"

#include <string.h>

#include "store/sqlite.h"
#include "sync/guard.h"
#include "sync/removed.h"

#define COURSE 50
#define ELSEWHERE 51
#define UNSURE (GATEWAY_ENROL_ACTIVE | GATEWAY_ENROL_MANUAL | GATEWAY_ENROL_UNSURE)

static Store *
store_new(void) {
  g_autoptr(GError) error = NULL;
  Store *store = store_sqlite_open(":memory:", &error);
  g_assert_no_error(error);
  return store;
}

/* One entry: "+" enrolled, "-" removed; "?" behind it: the outcome is not known, "!": refused. */
static void
note(Store *store, gint64 course, const char *person, const char *what) {
  g_autoptr(GError) error = NULL;
  const StoreJournalEntry entry = { .kind = *what == '+' ? "enrol" : "unenrol",
                                    .courseid = course,
                                    .person = person };
  const StoreJournalOutcome outcome = { .state = what[1] == '!' ? JOURNAL_FAILED : JOURNAL_DONE,
                                        .error = what[1] == '!' ? "refused" : NULL };
  gint64 id;
  store->class->journal_intend(store, 1, &entry, 1, FIXTURE_NOW, &id, &error);
  g_assert_no_error(error);
  if (what[1] != '?')
    store->class->journal_settle(store, id, &outcome, 1, &error);
  g_assert_no_error(error);
}

/* A cancelled person with these flags and this history ("+ -"): whether the removal is planned. */
static bool
is_planned(guint flags, gint64 course, const char *history) {
  g_autoptr(Store) store = store_new();
  g_autoptr(Hand) hand = hand_new("FD");
  guint index = hand_course(hand, "FD", COURSE, "FD-F-I-26");
  hand_lehrgang(hand, "FD", "L1", index, "", "2026-03-10");
  hand_teilnehmer(hand, "FD", "L1", "A", "", CANCELLED);
  hand_seal(hand);
  hand_user(hand, "A", 11);
  hand_enrolled(hand, index, 11, flags);
  g_auto(GStrv) entries = g_strsplit(history, " ", -1);
  for (guint i = 0; entries[i] != NULL && *history != '\0'; i++)
    note(store, course, "A", entries[i]);
  Plan *plan = hand_plan(hand);
  g_autoptr(GError) error = NULL;
  g_assert_true(removed_note(plan, store, &error));
  g_assert_no_error(error);
  g_assert_cmpuint(plan->steps[STEP_UNENROL]->len, ==, 1);
  StepState state = plan_step(plan, STEP_UNENROL, 0)->state;
  g_assert_true(state == STEP_PLANNED || state == STEP_ALREADY);
  return state == STEP_PLANNED;
}

static void
test_history(void) {
  static const struct {
    const char *history;
    bool planned;
  } rows[] = {
    { "", true },      { "+", true },      { "-", false },   { "+ -", false },
    { "+ - +", true }, { "- - -", false }, { "+ -?", true }, { "+ -!", true },
    { "- -?", false }, { "- +?", true },   { "- +!", true }, { "- + -", false },
  };
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
    if (is_planned(UNSURE, COURSE, rows[i].history) != rows[i].planned)
      g_error("\"%s\": %s", rows[i].history, rows[i].planned ? "not planned" : "planned");
}

static void
test_only_the_unsure(void) {
  g_assert_true(is_planned(UNSURE & ~(guint)GATEWAY_ENROL_UNSURE, COURSE, "+ -"));
  /* Suspended by us, and to be removed by now. */
  g_assert_true(is_planned(UNSURE & ~(guint)GATEWAY_ENROL_ACTIVE, COURSE, "+ -"));
  g_assert_true(is_planned(UNSURE, ELSEWHERE, "+ -"));
}

/* Several courses and people, one under two ids: each its own history; the guard does not count
 * what is none any more. */
static void
test_many(void) {
  g_autoptr(Store) store = store_new();
  g_autoptr(Hand) hand = hand_new("FD");
  guint one = hand_course(hand, "FD", COURSE, "FD-F-I-26"),
        two = hand_course(hand, "FD", ELSEWHERE, "FD-F-ATR-26");
  hand_lehrgang(hand, "FD", "L1", one, "", "2026-03-10");
  hand_lehrgang(hand, "FD", "L2", two, "", "2026-03-10");
  static const char *const ids[] = { "A", "B", "C" };
  for (guint i = 0; i < 3; i++)
    hand_teilnehmer(hand, "FD", "L1", ids[i], ids[i], CANCELLED);
  for (guint i = 0; i < 3; i++)
    hand_teilnehmer(hand, "FD", "L2", ids[i], ids[i], CANCELLED);
  hand_teilnehmer(hand, "FD", "L2", "C2", "C", CANCELLED);
  hand_seal(hand);
  for (guint i = 0; i < 3; i++)
    hand_user(hand, ids[i], 11 + i);
  for (guint i = 0; i < 3; i++)
    hand_enrolled(hand, one, 11 + i, UNSURE);
  for (guint i = 0; i < 3; i++)
    hand_enrolled(hand, two, 11 + i, UNSURE);
  note(store, COURSE, "A", "-");
  note(store, ELSEWHERE, "B", "-");
  note(store, ELSEWHERE, "C", "+");
  note(store, ELSEWHERE, "C2", "-");
  note(store, ELSEWHERE, "stranger", "-");
  Plan *plan = hand_plan(hand);
  g_autoptr(GError) error = NULL;
  g_assert_true(removed_note(plan, store, &error));
  g_assert_no_error(error);
  g_autofree char *text = plan_text(plan);
  g_assert_cmpstr(text, ==,
                  "unenrol FD-F-I-26 A L1 already\n"
                  "unenrol FD-F-I-26 B L1 planned\n"
                  "unenrol FD-F-I-26 C L1 planned\n"
                  "unenrol FD-F-ATR-26 A L2 planned\n"
                  "unenrol FD-F-ATR-26 B L2 already\n"
                  "unenrol FD-F-ATR-26 C L2 already\n");
  g_autoptr(GArray) passed = guard_hold(plan, 0, 3);
  g_assert_cmpuint(passed->len, ==, 0);
  g_autoptr(GArray) held = guard_hold(plan, 0, 2);
  g_assert_cmpuint(held->len, ==, 1);
  g_assert_cmpuint(plan_count(plan, STEP_UNENROL, STEP_HELD), ==, 3);
  g_assert_cmpuint(plan_count(plan, STEP_UNENROL, STEP_ALREADY), ==, 3);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/removed/history", test_history);
  g_test_add_func("/removed/only-the-unsure", test_only_the_unsure);
  g_test_add_func("/removed/many", test_many);
  return g_test_run();
}
