/* The first phase of a run: all tenants, several at once; failures stay with their tenant.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/stop.h"
#include "config/config.h"
#include "sync/source.h"

/* Reads every tenant that is configured and selected (`only`: abbreviations, NULL or empty for
 * all), at most `threads` at once, and seals the input. Once `stop` is asked for, tenants not begun
 * fail. Free with input_free(). */
Input *fetch_all(Source *source, const Config *config, const char *const *only, gint year,
                 guint threads, const Stop *stop);
