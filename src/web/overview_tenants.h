/* The overview's table of tenants: how each fared, and how long its certificate lasts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "web/call.h"
#include "web/html.h"

/* Fewer days than these before a certificate expires are worth a warning, and an alarm. */
#define OVERVIEW_WARN_DAYS 30
#define OVERVIEW_ALARM_DAYS 14

typedef struct OverviewTenants OverviewTenants;

/* The tenants that whoever asks may see, those with trouble first. NULL and `error` (STORE_ERROR).
 */
OverviewTenants *overview_tenants_read(const WebCall *call, GError **error);
void overview_tenants_free(OverviewTenants *tenants); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OverviewTenants, overview_tenants_free)

void overview_tenants_show(const WebCall *call, Html *html, const OverviewTenants *tenants);

/* How long the certificate in that file lasts, as a badge. */
void overview_tenants_certificate(const WebCall *call, Html *html, const char *path);
