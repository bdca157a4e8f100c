/* From a request to its answer: route, who asks, whether they may, the handler, what failed. Knows
 * nothing of sockets: tests and fuzzers call it as the server does.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "web/answer.h"
#include "web/request.h"
#include "web/site.h"

/* `store` is the calling thread's; NULL: it is away, and only routes that need none are answered.
 * `answer` is one that was just initialised. Refusals are logged, once each. */
void web_dispatch(const WebSite *site, const WebRequest *request, Store *store, WebAnswer *answer);

/* Whether the path's route can be answered without a store (one that is unknown can). */
bool web_dispatch_storeless(const WebRequest *request);
