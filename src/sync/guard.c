/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/guard.h"

static gint
by_number(gconstpointer a, gconstpointer b) {
  gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
  return x < y ? -1 : x > y;
}

/* How many different people are actively enrolled in the courses of a company (PLAN_NONE: of all).
 */
static guint
enrolled_people(const Plan *plan, guint company) {
  g_autoptr(GArray) users = g_array_new(FALSE, FALSE, sizeof(gint64));
  for (guint c = 0; c < plan->current->course_count; c++) {
    const CurrentCourse *course = &plan->current->courses[c];
    if (company != PLAN_NONE && courses_at(plan->courses, c)->company != company)
      continue;
    for (guint i = 0; i < course->enrolments; i++) {
      const CurrentEnrolment *is =
          &g_array_index(plan->current->enrolments, CurrentEnrolment, course->first_enrolment + i);
      if (is->flags & GATEWAY_ENROL_ACTIVE)
        g_array_append_val(users, is->userid);
    }
  }
  g_array_sort(users, by_number);
  guint people = 0;
  for (guint i = 0; i < users->len; i++)
    people += i == 0 || g_array_index(users, gint64, i) != g_array_index(users, gint64, i - 1);
  return people;
}

static guint
company_of(const Plan *plan, const PlanStep *step) {
  return plan_course(plan, step)->company;
}

static void
check(Plan *plan, guint company, guint removals, guint percent, guint floor, GArray *held) {
  if (removals <= floor)
    return;
  guint enrolled = enrolled_people(plan, company);
  if ((guint64)removals * 100 <= (guint64)percent * enrolled)
    return;
  GuardHeld item = { company, removals, enrolled,
                     MAX(floor, (guint)((guint64)percent * enrolled / 100)) };
  g_array_append_val(held, item);
}

static bool
is_held(const GArray *held, guint company) {
  for (guint i = 0; i < held->len; i++) {
    guint which = g_array_index(held, GuardHeld, i).company;
    if (which == PLAN_NONE || which == company)
      return true;
  }
  return false;
}

GArray *
guard_hold(Plan *plan, guint percent, guint floor) {
  GArray *held = g_array_new(FALSE, FALSE, sizeof(GuardHeld));
  g_autofree guint *removals = g_new0(guint, plan->courses->company_count);
  guint rest = 0;
  for (guint i = 0; i < plan->steps[STEP_UNENROL]->len; i++) {
    const PlanStep *step = plan_step(plan, STEP_UNENROL, i);
    if (step->state != STEP_PLANNED)
      continue;
    removals[company_of(plan, step)]++;
  }
  for (guint company = 0; company < plan->courses->company_count; company++) {
    check(plan, company, removals[company], percent, floor, held);
    if (!is_held(held, company))
      rest += removals[company];
  }
  /* One company gone wild must not hold the others': only what is not held yet counts for the
   * whole. */
  check(plan, PLAN_NONE, rest, percent, floor, held);
  for (guint i = 0; held->len > 0 && i < plan->steps[STEP_UNENROL]->len; i++) {
    PlanStep *step = plan_step(plan, STEP_UNENROL, i);
    if (step->state == STEP_PLANNED && is_held(held, company_of(plan, step)))
      step->state = STEP_HELD;
  }
  return held;
}
