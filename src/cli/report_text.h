/* A run's report (sync/report.h) for people.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Lays a report out: what happened to each tenant, what failed and why, what needs somebody.
 * `verbose` adds every course. Parts that are missing in `summary` are left out. */
void report_text_print(FILE *out, const json_t *summary, bool verbose);

/* The steps of a plan by course: who would be enrolled, removed, completed, and why. */
void report_text_steps(FILE *out, const json_t *plan, bool verbose);
