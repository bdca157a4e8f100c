/* Whom we have removed before, where Moodle does not tell by which method a person is enrolled: who
 * is there all the same is there by another method or somebody's hand, and is not removed again by
 * every run.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/store.h"
#include "sync/plan.h"

/* Removals of people whose manual enrolment is only assumed (GATEWAY_ENROL_UNSURE), and whom the
 * journal's last word on that course has removed already, become STEP_ALREADY. Before proof and
 * guard, which have nothing to do with them then. */
bool removed_note(Plan *plan, Store *store, GError **error);
