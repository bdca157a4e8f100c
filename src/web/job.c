/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/job.h"
G_DEFINE_QUARK(lehrgaenge - web - job - error - quark, web_job_error)
WebJobs *
web_jobs_new(const WebContext *context) {
  (void)context;
  return NULL;
}
void
web_jobs_free(WebJobs *jobs) {
  (void)jobs;
}
