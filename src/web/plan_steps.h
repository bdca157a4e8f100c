/* The steps of one course of a plan: who, what, why.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "web/plan_view.h"

/* More are only counted. */
#define PLAN_STEPS_MAX 2000

/* Whether the plan has that course among those that are to be seen. */
bool plan_steps_has(const WebCall *call, const PlanView *view, const char *course);

void plan_steps_show(const WebCall *call, Html *html, const PlanView *view, const char *course);
