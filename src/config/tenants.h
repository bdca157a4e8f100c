/* The tenants (SPEC 2): those of the file [tenants] names, in its order, refined by the groups
 * [tenant ABBR] and followed by those that stand in such a group only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "config/value.h"

/* Most tenants one configuration may have. */
#define TENANTS_MAX 1000

/* Fills config->tenants of the context's Config. What is wrong is noted with file, line and remedy.
 */
void tenants_load(ValueContext *context);
