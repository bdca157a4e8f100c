/* What a Moodle and a store hold, as lines of text that do not depend on ids.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

#include "site.h"

/* For people: courses with who is in them, users, what the maps say, tasks not done; in the form in
 * which a scenario's "after" block writes it. A line that belongs to another has two more blanks in
 * front. Lines of `known` (may be NULL) about master courses are left out when nothing about that
 * course differs. char * in a new GPtrArray that frees them. */
GPtrArray *view_lines(const Site *site, const GPtrArray *known);

/* For machines: every column of every row but ids and times of creation, ids replaced by names; of
 * the store what a later run goes by, and what an earlier run left open. Two equal texts are equal
 * states. Free with g_free(). */
char *view_state(const Site *site);

/* Every row of every table of the Moodle file as it stands there. Free with g_free(). */
char *view_rows(const Site *site);
