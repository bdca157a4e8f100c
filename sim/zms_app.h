/* The ZMS interface (SPEC 1) over a source of data: addresses, tokens, error documents, and the
 * controls of a rehearsal:
 *
 *   PUT /__control/status?tenant=ABBR&lehrgang=ID&teilnehmer=ID&status=RAW
 *   PUT /__control/cancel?tenant=ABBR&percent=N
 *   PUT /__control/fault?tenant=ABBR&fault=STATUS|garbage|none[&lehrgang=ID]
 *   DELETE /__control               as it was at the start
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "server.h"
#include "source.h"
#include "tenants.h"

typedef struct ZmsApp ZmsApp;

/* Takes `source`; `tenants` must outlive it. The ids of error documents follow from `seed`. Free
 * with zms_app_free(). */
ZmsApp *zms_app_new(Source source, const Tenants *tenants, guint64 seed);
void zms_app_free(ZmsApp *zms); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ZmsApp, zms_app_free)

/* A fault "ABBR=STATUS|garbage" that holds from the start and survives a reset. False and `error`
 * (SIM_ERROR_USAGE) when it is none. Not while a server runs. */
bool zms_app_add_fault(ZmsApp *zms, const char *text, GError **error);

/* What a server needs; valid as long as `zms`. */
const ServerApp *zms_app_interface(ZmsApp *zms);
