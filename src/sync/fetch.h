/* The first phase of a run: all tenants, several at once; failures stay with their tenant.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/stop.h"
#include "config/config.h"
#include "sync/source.h"

/* Told in the caller's thread how many of the tenants asked for are done (read, or failed): at the
 * beginning, when one is done, and else once a second. */
typedef void (*FetchProgressFunc)(guint done, guint total, gpointer user_data);

/* Reads every tenant that is configured and selected (`only`: abbreviations, NULL or empty for
 * all), at most `threads` at once, and seals the input. Once `stop` is asked for, tenants not begun
 * fail. `progress` may be NULL. Free with input_free(). */
Input *fetch_all(Source *source, const Config *config, const char *const *only, gint year,
                 guint threads, const Stop *stop, FetchProgressFunc progress, gpointer user_data);
