/* What was wrong with a run, so that the same again can be told from something new.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <jansson.h>

/* A text that is the same for two runs that went wrong in the same way: status and reasons, without
 * what differs from run to run (numbers, ids, how many it hit). Free with g_free(). */
char *cause_of(const json_t *report);
