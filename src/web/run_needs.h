/* What of a run needs somebody: failures, held removals, what could not be proven, unknown
 * statuses, copies that wait or failed, warnings; each with what to do about it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "web/call.h"
#include "web/html.h"
#include "web/report_view.h"

/* `year` 0: none. Says nothing when there is nothing. */
void run_needs_show(const WebCall *call, Html *html, gint year, const ReportView *view);
