/* A run's report (SPEC 6) as lines of text: every number that is not 0, every reason, in the form
 * in which a scenario's "report" block writes it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

/* `per_course`: with a line per tenant and per course. char * in a new GPtrArray that frees them.
 */
GPtrArray *figures_lines(const json_t *report, bool per_course);

/* What a run changed: the sum of created courses, users and groups, of enrolments, removals,
 * completions, memberships and changed users. */
guint figures_changes(const json_t *report);
