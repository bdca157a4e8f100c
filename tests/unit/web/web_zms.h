/* A ZMS and an embedded Moodle for pages: two tenants, FD and HP, each with a Lehrgang of its own
 * (F-I) and one of the HLFS (AGT) that feeds a course of both.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "web_case.h"

typedef struct WebZms WebZms;

/* Starts it and gives `test` a configuration for it, with `more` (may be NULL) added: FD, HP, GI
 * with apikeys, OF without. Free with web_zms_free() before the case. */
WebZms *web_zms_new(WebCase *test, const char *more);
void web_zms_free(WebZms *zms);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WebZms, web_zms_free)

/* The same case without ZMS: whoever connects to it is never answered. Freeing it ends the case's
 * site first. */
WebZms *web_zms_new_silent(WebCase *test);

/* What a tenant's Lehrgang ("FD-1", "FD-HLFS") answers for its Teilnehmer from now on. */
void web_zms_teilnehmer(WebZms *zms, const char *tenant, const char *lehrgang, const char *json);

/* Runs everything, as the service would. */
void web_zms_sync(const WebCase *test);

/* Holds the Moodle's file, so that everybody else waits for it. */
void web_zms_lock_moodle(WebZms *zms);
void web_zms_unlock_moodle(WebZms *zms);
