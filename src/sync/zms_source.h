/* ZMS as a Source: one ZmsTenant per tenant, made when it is needed, and never without the client
 * certificate that was configured (SPEC 1).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "api/endpoint.h"
#include "config/config.h"
#include "sync/source.h"

/* All arguments must outlive it. `progress` (may be NULL) is told from any thread how many
 * Lehrgänge a tenant lists, and of each that was answered. Free with zms_source_free(). */
typedef void (*ZmsSourceProgressFunc)(guint listed, guint answered, gpointer user_data);
Source *zms_source_new(Zms *zms, const Config *config, Clock *clock, ZmsSourceProgressFunc progress,
                       gpointer user_data);
void zms_source_free(Source *source);
