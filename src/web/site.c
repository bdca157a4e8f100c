/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/site.h"

#include "web/job.h"

WebSite *
web_site_new(const WebContext *context) {
  WebSite *site = g_new0(WebSite, 1);
  site->context = *context;
  site->jobs = web_jobs_new(&site->context);
  return site;
}

void
web_site_free(WebSite *site) {
  if (site == NULL)
    return;
  web_jobs_free(site->jobs);
  g_free(site);
}
