/* From a Config to what the commands work with: store, Moodle, ZMS.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "api/endpoint.h"
#include "base/clock.h"
#include "base/stop.h"
#include "config/config.h"
#include "moodle/gateway.h"
#include "store/store.h"

/* The configured store, made or migrated as needed. STORE_ERROR_*. Free with store_free(). */
Store *open_store(const Config *config, GError **error);

/* The same for commands that only look: true with *store NULL when there is no store yet, and none
 * is made then. The program's first start as another user would otherwise leave a file the service
 * cannot write. */
bool open_store_existing(const Config *config, Store **store, GError **error);

/* Both for a store given by the path of an SQLite file or the address of a PostgreSQL database
 * (postgresql://…). */
Store *open_store_at(const char *where, GError **error);
bool open_store_existing_at(const char *where, Store **store, GError **error);

typedef enum {
  OPEN_TRACE = 1 << 0, /* each call of the gateway is logged at level debug */
  OPEN_LENIENT =
      1 << 1, /* a Moodle whose service lacks functions is opened too: for its inspect() */
} OpenFlags;

/* The configured Moodle. GATEWAY_ERROR_*. `clock` and `stop` (may be NULL) must outlive it. Free
 * with gateway_free(). */
Gateway *open_gateway(const Config *config, Clock *clock, const Stop *stop, OpenFlags flags,
                      GError **error);

/* Whether there is a ZMS to ask; CONFIG_ERROR_VALUE. */
bool open_zms_configured(const Config *config, GError **error);

/* What all tenants share towards ZMS, after the general certificate, if any, was found good.
 * CONFIG_ERROR_CERTIFICATE, API_ERROR_CONFIG. `clock` and `stop` (may be NULL) must outlive it.
 * Free with zms_free(). */
Zms *open_zms(const Config *config, Clock *clock, const Stop *stop, GError **error);

/* One tenant's connections with its token and certificate, which the caller has checked (SPEC 1:
 * never connect without the one configured). Free with zms_tenant_free(). */
ZmsTenant *open_zms_tenant(Zms *zms, const ConfigTenant *tenant, GError **error);
