/* A gateway that logs each call at level debug: function, items, outcomes, milliseconds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moodle/gateway.h"

/* Wraps `inner` (owned by the wrapper from now on). */
Gateway *trace_gateway_new(Gateway *inner);
