/* May this plan run? (SPEC 6, Guard.) A source that suddenly answers with half its data must not
 * empty courses. Pure.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync/plan.h"

/* What was held: a company's removals, or all of them (company PLAN_NONE). */
typedef struct {
  guint company; /* in courses->companies */
  guint removals, enrolled, allowed;
} GuardHeld;

/* Counts the plan's removals against the people now actively enrolled in the courses that this run
 * has read, per company and for all; where they are more than `floor` and more than `percent` of
 * those people, they become STEP_HELD. Returns what was held (GuardHeld); empty when nothing was.
 * Free with g_array_unref(). */
GArray *guard_hold(Plan *plan, guint percent, guint floor);
