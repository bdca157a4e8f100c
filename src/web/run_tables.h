/* The tables of a run's page: its tenants, and its courses with filter, order and pages.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "web/call.h"
#include "web/csv.h"
#include "web/html.h"
#include "web/report_view.h"

/* So many courses stand on one page. */
#define RUN_TABLES_COURSES 100

void run_tables_show_totals(Html *html, const ReportView *view);
void run_tables_show_tenants(const WebCall *call, Html *html, const ReportView *view);

/* The courses that the query (q, tenant, only, sort, page) asks for; run 0: a plan, whose steps are
 * in no journal. */
void run_tables_show_courses(const WebCall *call, Html *html, gint64 run, const ReportView *view);

/* The same courses, all pages, as a table for spreadsheets. */
void run_tables_write_csv(const WebCall *call, GString *out, const ReportView *view);

/* A reason for which Lehrgänge have no course ("no_company") in words. */
const char *run_tables_reason(WebLanguage language, const char *reason);
