/* Removal needs proof (SPEC 5): nobody is removed from a course unless every Lehrgang that feeds it
 * was read completely. For a course with removals, the Lehrgänge that coursemap holds for it and
 * this run has not read are read by id; a person whom one of them calls up is kept.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync/plan.h"
#include "sync/source.h"

/* Goes through the plan's removals: those it cannot prove become STEP_UNPROVEN (and their course
 * stands in plan->unproven with the reason), those spoken against STEP_KEPT. False only when Moodle
 * or the store failed. */
bool proof_require(Plan *plan, Source *source, Gateway *gateway, Store *store, GError **error);
