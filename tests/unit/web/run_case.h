/* Reports for the tests of a run's page, runs that have them, and what the page says.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "web_case.h"

/* One of a report's courses with one Lehrgang: nobody but `enrolled` was counted. */
json_t *run_case_course(gint64 id, const char *shortname, const char *lehrgang, int enrolled);
/* Sets what was counted: group "users" or "assignments". */
void run_case_set(json_t *course, const char *group, const char *key, int value);

/* A tenant that listed `total` Lehrgänge, all of whose courses were there; without courses. */
json_t *run_case_tenant(const char *abbr, const char *name, int total);

/* A report without tenants. */
json_t *run_case_report(void);

/* Appends `item` to the list `object[key]`. */
void run_case_add(json_t *object, const char *key, json_t *item);

/* Four courses of three tenants, and one tenant that is not configured:
 * FD-F-I-26: 3 new people, 12 enrolled; FD-ÜBUNG-26: nothing; HP-F-I-26: 5 enrolled, created;
 * HLFS-F-II-26, of GI: 2 left out. */
json_t *run_case_small(void);

/* The same, with everything that needs somebody. */
json_t *run_case_troubled(void);

/* Tenants T00 … with so many courses each, T00-F/B-Sem-000-26 …, all of which match "sem". */
json_t *run_case_large(guint tenants, guint courses);

/* A run of 2026 with that report, ended unless it is running; its id. `summary` NULL: none. */
gint64 run_case_put_text(WebCase *test, RunStatus status, const char *tenants, const char *summary);
gint64 run_case_put(WebCase *test, RunStatus status, const char *tenants,
                    json_t *report); /* frees the report */

/* GET of /runs/ID and `rest`, as a viewer bound to `tenants` (NULL: all). */
guint run_case_get(WebCase *test, const char *tenants, gint64 run, const char *rest);

/* Where the body first has `part`; fails the test when it does not. */
const char *run_case_place(const WebCase *test, const char *part);
guint run_case_count(const WebCase *test, const char *part);

/* Holds the number cells of the row that begins with `head` against `cells`, which end with NULL.
 */
void run_case_row(const WebCase *test, const char *head, const char *const *cells);
/* Holds one of the totals against `number`. */
void run_case_total(const WebCase *test, const char *name, const char *number);
