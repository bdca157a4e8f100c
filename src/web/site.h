/* What all requests share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/clock.h"
#include "base/stop.h"
#include "config/config.h"
#include "store/store.h"

/* What the pages need of the service around them. Called from several threads at once. */
typedef struct {
  Clock *clock;
  const Stop *stop; /* NULL: never */
  Store *(*open_store)(gpointer user_data, GError **error);
  Config *(*config)(gpointer user_data); /* the one in force; freed with config_free() */
  /* Why the service cannot work just now, a line per reason; NULL: it can. g_free(). Does not wait.
   */
  char *(*unready)(gpointer user_data);
  gint64 (*next_run)(gpointer user_data); /* Unix seconds; 0: not known */
  void (*wake)(gpointer user_data);       /* a task was added, or is to be tried again */
  gpointer user_data;
} WebContext;

typedef struct WebJobs WebJobs;

typedef struct {
  WebContext context;
  WebJobs *jobs;
} WebSite;

/* `context` is copied; what is behind it must outlive the site. */
WebSite *web_site_new(const WebContext *context);

/* Ends the jobs first, which takes what a call in flight takes (base/stop). NULL is fine. */
void web_site_free(WebSite *site);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WebSite, web_site_free)
