/* A site that several hold: servers one after the other (a reload moves them, the jobs stay), and
 * threads that hang in a store and are left behind. The last one frees it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "web/site.h"

typedef struct SharedSite SharedSite;

SharedSite *shared_site_new(const WebContext *context);
SharedSite *shared_site_ref(SharedSite *shared);
const WebSite *shared_site_get(const SharedSite *shared);

/* Takes as long as web_site_free() when it was the last. */
void shared_site_unref(SharedSite *shared);

/* The same, in a thread of its own where it may take long; waits for that until `until` (of
 * g_get_monotonic_time()). False: it is not over yet. */
bool shared_site_unref_until(SharedSite *shared, gint64 until);
