/* Streams of events (server-sent events): a thread that lives while there are some asks each about
 * once a second what there is to say.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <microhttpd.h>

#include "web/answer.h"
#include "web/server_private.h"
#include "web/shared_site.h"

typedef struct Streams Streams;

/* Holds the site too. `limits` must outlive it. */
Streams *streams_new(SharedSite *site, const WebContext *context, const WebLimits *limits);

/* All end, and there are no new ones. */
void streams_end(Streams *streams);

/* streams_end(), and a wait for the thread until `until` (of g_get_monotonic_time()); false: it
 * hangs and is left behind. No connection may have one any more. NULL is fine. */
bool streams_free(Streams *streams, gint64 until);

/* The body of an answer whose stream is taken over (and what its body says, to begin with), for the
 * connection with that socket. NULL: there are too many; `answer` is as it was. The stream ends
 * with the response. */
struct MHD_Response *streams_respond(Streams *streams, struct MHD_Connection *connection, int fd,
                                     WebAnswer *answer);
