/* What the jobs' tests make shorter.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "web/job.h"

/* web_jobs_new() that keeps what came of a job so many µs. */
WebJobs *web_jobs_new_keeping(const WebContext *context, gint64 kept);
