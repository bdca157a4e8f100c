/* A gateway that is cut off: for tests that interrupt a run at every call.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moodle/gateway.h"

typedef enum {
  FAULT_BEFORE, /* the call never reaches Moodle */
  FAULT_AFTER,  /* Moodle did it, the answer is lost: outcomes read GATEWAY_UNKNOWN */
} FaultWhere;

/* Wraps `inner` (owned by the wrapper from now on). Call number `at` (the first is 1; every slot
 * that can fail counts) and all after it fail with GATEWAY_ERROR_STOPPED; at FAULT_AFTER that first
 * one is passed on. `at` 0: never; calls are only counted. */
Gateway *fault_gateway_new(Gateway *inner, guint at, FaultWhere where);

/* Calls made so far. */
guint fault_gateway_calls(const Gateway *gateway);
