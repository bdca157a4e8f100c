/* What the parts of the JSON interface (docs/openapi.json) share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "web/routes.h"

/* A whole number of the query from `least` to `most`, or `fallback` when it is not given. False:
 * the call was refused, with a sentence that says what may be given. */
bool api_number(WebCall *call, const char *name, gint64 least, gint64 most, gint64 fallback,
                gint64 *number);

/* The number in the path ({id}). False: the call was refused (404). */
bool api_id(WebCall *call, gint64 *id);

/* null for 0. */
json_t *api_number_or_null(gint64 number);
json_t *api_text_or_null(const char *text); /* null for NULL and "" */

/* documents_run() with those of its tenants only that whoever asks may see. */
json_t *api_run(const WebCall *call, const StoreRun *run);
