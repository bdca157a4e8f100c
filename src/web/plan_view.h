/* A plan's document (run_plan()) as parts of a page.
 *
 * Somebody bound to tenants has a plan of these alone, in which nobody else's people stand (it was
 * planned from these tenants' Lehrgänge). What else it names of others (tenants that were not
 * asked; why removals are not proven; how many are enrolled in a company's courses) is left out
 * here.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <jansson.h>

#include "web/call.h"
#include "web/html.h"

typedef struct {
  const json_t *document;
  char *const *tenants; /* that it is of; NULL: all */
} PlanView;

/* What would change, in figures; removals held and not proven, with why; warnings. */
void plan_view_totals(const WebCall *call, Html *html, const PlanView *view);

/* One row per tenant: what would change, what was left out and failed. */
void plan_view_tenants(const WebCall *call, Html *html, const PlanView *view);

/* One row per course and tenant, sorted as ?sort= says, linked to the course's steps; those in
 * which nothing would change only with ?show=all. */
void plan_view_courses(const WebCall *call, Html *html, const PlanView *view);

/* For its own files: whether what is of that tenant is shown, and a number of an object. */
bool plan_view_sees(const WebCall *call, const PlanView *view, const char *tenant);
gint64 plan_view_number(const json_t *object, const char *key);
const char *plan_view_text(const json_t *object, const char *key); /* "" when there is none */
