/* The web-service gateway over HTTP to a simulated Moodle on an embedded one's file, so that the
 * suite can prepare and inspect it in SQL.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "gateway-contract.h"
#include "moodle_app.h"

#define WEBSERVICE_TOKEN "0123456789abcdef0123456789abcdef"

/* As open of a GatewayHarness. */
gpointer webservice_site_open_with(const MoodleAppOptions *options);
gpointer webservice_site_open(void);        /* with the companion plugin and the batch function */
gpointer webservice_site_open_recent(void); /* the same of Moodle 5.1 */
gpointer webservice_site_open_recent_core(void);
gpointer webservice_site_open_core(void);  /* of the plugin only completions */
gpointer webservice_site_open_plain(void); /* and no batch function; texts compared exactly */
void webservice_site_close(gpointer site);
Gateway *webservice_site_gateway(gpointer site);
void webservice_site_refresh(gpointer site);
void webservice_site_exec(gpointer site, const char *sql);
char *webservice_site_look(gpointer site, const char *sql);
/* The simulator alone, without a gateway; close it likewise. */
gpointer webservice_site_serve(const MoodleAppOptions *options);
const char *webservice_site_url(gpointer site);
MoodleApp *webservice_site_app(gpointer site);
Clock *webservice_site_clock(gpointer site); /* a manual one */

/* What stands between service and Moodle: a proxy that may do as it likes with the calls of one
 * function, which `moodle` would answer. `nth` counts them from 1. */
typedef void (*WebserviceBetween)(gpointer site, guint nth, const ServerApp *moodle,
                                  const Request *request, Faults *faults, Answer *answer);
void webservice_site_between(gpointer site, const char *function, WebserviceBetween between);
