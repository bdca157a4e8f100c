/* May this plan run? (SPEC 6, Guard.)
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-fixture.h"

#include "sync/guard.h"

#define ACTIVE_MANUAL (GATEWAY_ENROL_ACTIVE | GATEWAY_ENROL_MANUAL)

/* One course per tenant, with so many people enrolled of whom so many are cancelled. */
typedef struct {
  guint enrolled, cancelled;
} Crowd;

static Hand *
hand_of(const char *abbrs, const Crowd *crowds, guint count) {
  Hand *hand = hand_new(abbrs);
  for (guint c = 0; c < count; c++) {
    const char *abbr = input_tenant(hand->input, c)->abbr;
    guint course = hand_course(hand, abbr, c + 1, abbr);
    hand_lehrgang(hand, abbr, abbr, course, "", "2026-03-10");
    for (guint i = 0; i < crowds[c].enrolled; i++) {
      g_autofree char *id = g_strdup_printf("%s%u", abbr, i);
      hand_teilnehmer(hand, abbr, abbr, id, "", i < crowds[c].cancelled ? CANCELLED : CALLED);
    }
  }
  hand_seal(hand);
  for (guint c = 0; c < count; c++)
    for (guint i = 0; i < crowds[c].enrolled; i++) {
      g_autofree char *id = g_strdup_printf("%s%u", input_tenant(hand->input, c)->abbr, i);
      hand_user(hand, id, 1 + 10000 * (c + 1) + i);
      hand_enrolled(hand, c, 1 + 10000 * (c + 1) + i, ACTIVE_MANUAL);
    }
  hand_plan(hand);
  return hand;
}

static void
assert_one(guint enrolled, guint cancelled, guint percent, guint floor, bool held) {
  const Crowd crowd = { enrolled, cancelled };
  g_autoptr(Hand) hand = hand_of("FD", &crowd, 1);
  g_autoptr(GArray) list = guard_hold(hand->plan, percent, floor);
  if ((list->len > 0) != held)
    g_error("%u of %u with %u %% and %u: %s", cancelled, enrolled, percent, floor,
            held ? "not held" : "held");
  g_assert_cmpuint(plan_count(hand->plan, STEP_UNENROL, STEP_HELD), ==, held ? cancelled : 0);
  g_assert_cmpuint(plan_count(hand->plan, STEP_UNENROL, STEP_PLANNED), ==, held ? 0 : cancelled);
}

/* More than the floor and more than the percentage; neither alone, and "more" means more. */
static void
test_borders(void) {
  assert_one(50, 10, 20, 10, false); /* exactly both */
  assert_one(50, 11, 20, 10, true);  /* both passed */
  assert_one(55, 11, 20, 10, false); /* exactly the percentage, floor passed */
  assert_one(54, 11, 20, 10, true);  /* 20.4 % */
  assert_one(49, 10, 20, 10, false); /* exactly the floor, percentage passed */
  assert_one(10, 10, 20, 10, false); /* everyone, but few */
  assert_one(11, 11, 20, 10, true);
  assert_one(1000, 200, 20, 10, false);
  assert_one(1000, 201, 20, 10, true);
  assert_one(1, 1, 0, 0, true);
  assert_one(5, 0, 0, 0, false);
  assert_one(200, 200, 100, 0, false); /* never more than all */
}

static void
test_numbers(void) {
  const Crowd crowd = { 99, 30 };
  g_autoptr(Hand) hand = hand_of("FD", &crowd, 1);
  g_autoptr(GArray) list = guard_hold(hand->plan, 20, 10);
  g_assert_cmpuint(list->len, ==, 1);
  const GuardHeld *held = &g_array_index(list, GuardHeld, 0);
  g_assert_cmpuint(held->company, ==, 0);
  g_assert_cmpuint(held->removals, ==, 30);
  g_assert_cmpuint(held->enrolled, ==, 99);
  g_assert_cmpuint(held->allowed, ==, 19);

  const Crowd small = { 12, 11 };
  g_autoptr(Hand) few = hand_of("FD", &small, 1);
  g_autoptr(GArray) floor = guard_hold(few->plan, 20, 10);
  g_assert_cmpuint(g_array_index(floor, GuardHeld, 0).allowed, ==, 10);
}

static guint
held_of(const Hand *hand, guint company) {
  guint count = 0;
  for (guint i = 0; i < hand->plan->steps[STEP_UNENROL]->len; i++) {
    const PlanStep *step = plan_step(hand->plan, STEP_UNENROL, i);
    count += plan_course(hand->plan, step)->company == company && step->state == STEP_HELD;
  }
  return count;
}

/* One company gone wild is held; the others' removals are applied. */
static void
test_one_company(void) {
  const Crowd crowds[] = { { 100, 5 }, { 100, 30 }, { 100, 20 } }; /* 30 are few of all 300 */
  g_autoptr(Hand) hand = hand_of("FD KB RUED", crowds, 3);
  g_autoptr(GArray) list = guard_hold(hand->plan, 20, 10);
  g_assert_cmpuint(list->len, ==, 1);
  g_assert_cmpuint(g_array_index(list, GuardHeld, 0).company, ==, 1);
  g_assert_cmpuint(g_array_index(list, GuardHeld, 0).enrolled, ==, 100);
  g_assert_cmpuint(held_of(hand, 0), ==, 0);
  g_assert_cmpuint(held_of(hand, 1), ==, 30);
  g_assert_cmpuint(held_of(hand, 2), ==, 0);
}

/* Each company too few for its floor, but too many together. */
static void
test_whole(void) {
  const Crowd crowds[] = { { 10, 8 }, { 10, 8 }, { 10, 8 } };
  g_autoptr(Hand) hand = hand_of("FD KB RUED", crowds, 3);
  g_autoptr(GArray) list = guard_hold(hand->plan, 20, 10);
  g_assert_cmpuint(list->len, ==, 1);
  const GuardHeld *held = &g_array_index(list, GuardHeld, 0);
  g_assert_cmpuint(held->company, ==, PLAN_NONE);
  g_assert_cmpuint(held->removals, ==, 24);
  g_assert_cmpuint(held->enrolled, ==, 30);
  g_assert_cmpuint(plan_count(hand->plan, STEP_UNENROL, STEP_HELD), ==, 24);
}

/* People in two courses count once; removals that are not going to happen do not count; nor do the
 * suspended. */
static void
test_what_counts(void) {
  g_autoptr(Hand) hand = hand_new("FD");
  guint first = hand_course(hand, "FD", 1, "FD-F-I-26"),
        second = hand_course(hand, "FD", 2, "FD-F-II-26");
  hand_lehrgang(hand, "FD", "L1", first, "", "2026-03-10");
  hand_lehrgang(hand, "FD", "L2", second, "", "2026-03-10");
  for (guint i = 0; i < 40; i++) {
    g_autofree char *id = g_strdup_printf("P%02u", i % 20);
    hand_teilnehmer(hand, "FD", i < 20 ? "L1" : "L2", id, "", i < 12 ? CANCELLED : CALLED);
  }
  hand_seal(hand);
  for (guint course = first; course <= second; course++)
    for (guint i = 0; i < 22; i++) {
      g_autofree char *id = g_strdup_printf("P%02u", i);
      if (i < 20)
        hand_user(hand, id, 100 + i);
      hand_enrolled(hand, course, 100 + i, i < 20 ? ACTIVE_MANUAL : GATEWAY_ENROL_MANUAL);
    }
  Plan *plan = hand_plan(hand);
  plan_step(plan, STEP_UNENROL, 0)->state = STEP_UNPROVEN;
  plan_step(plan, STEP_UNENROL, 1)->state = STEP_KEPT;
  g_autoptr(GArray) under = guard_hold(plan, 49, 10); /* 10 left: not more than the floor */
  g_assert_cmpuint(under->len, ==, 0);
  g_autoptr(GArray) list = guard_hold(plan, 49, 9);
  g_assert_cmpuint(list->len, ==, 1);
  g_assert_cmpuint(g_array_index(list, GuardHeld, 0).enrolled, ==, 20);
  g_assert_cmpuint(g_array_index(list, GuardHeld, 0).removals, ==, 10);
  g_assert_cmpuint(plan_step(plan, STEP_UNENROL, 0)->state, ==, STEP_UNPROVEN);
  g_assert_cmpuint(plan_step(plan, STEP_UNENROL, 1)->state, ==, STEP_KEPT);
  g_assert_cmpuint(plan_count(plan, STEP_UNENROL, STEP_HELD), ==, 10);
}

/* A central course counts for the central company, whoever feeds it. */
static void
test_central(void) {
  g_autoptr(Hand) hand = hand_new("FD KB");
  guint course = hand_course(hand, "", 1, "HLFS-F-I-26");
  hand_lehrgang(hand, "FD", "L1", course, "", "2026-03-10");
  hand_teilnehmer(hand, "FD", "L1", "A", "", CANCELLED);
  hand_seal(hand);
  hand_user(hand, "A", 11);
  hand_enrolled(hand, course, 11, ACTIVE_MANUAL);
  g_autoptr(GArray) list = guard_hold(hand_plan(hand), 20, 0);
  g_assert_cmpuint(g_array_index(list, GuardHeld, 0).company, ==, hand->courses->central);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/guard/borders", test_borders);
  g_test_add_func("/guard/numbers", test_numbers);
  g_test_add_func("/guard/one-company", test_one_company);
  g_test_add_func("/guard/whole", test_whole);
  g_test_add_func("/guard/what-counts", test_what_counts);
  g_test_add_func("/guard/central", test_central);
  return g_test_run();
}
