/* From where a request comes and whom it means: the client's address, also behind proxies that are
 * trusted, and whether the name it asks for is one of ours (against pages that make a browser ask
 * us under a name of theirs).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "config/config.h"
#include "config/network.h"
#include "web/fields.h"

typedef struct Origin Origin;

/* By [web] listen, hosts and trusted-proxies. Free with origin_free(). */
Origin *origin_new(const Config *config);
void origin_free(Origin *origin); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Origin, origin_free)

/* Whether X-Forwarded-* of that peer count. */
bool origin_trusts(const Origin *origin, const Network *peer);

/* The client's address: `peer`, or what a trusted peer forwards for: the last of X-Forwarded-For
 * that is no trusted proxy itself. What cannot be read ends the chain. */
Network origin_client(const Origin *origin, const Network *peer, const WebFields *headers);

/* The last of the values that headers of that name list; NULL when there is none. g_free(). */
char *origin_last(const WebFields *headers, const char *name);

/* Whether that host (as in a Host header) is ours. `local` is the address that the connection came
 * to. */
bool origin_allows(const Origin *origin, const char *host, const Network *local);
