/* Who a tenant is, put onto its requests: the token header and the client certificate (SPEC 1).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <curl/curl.h>
#include <glib.h>
#include <stdbool.h>

#include "api/endpoint.h"

typedef struct Authenticator Authenticator;

/* API_ERROR_CONFIG: half a pair of certificate and key, a certificate without TLS to show it in, a
 * token that no header can hold. Free with authenticator_free(), after the handles it was applied
 * to. */
Authenticator *authenticator_new(const ZmsCredentials *credentials, bool tls, GError **error);
void authenticator_free(Authenticator *authenticator);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Authenticator, authenticator_free)

/* Sets headers, certificate and key on a handle. */
CURLcode authenticator_apply(const Authenticator *authenticator, CURL *easy);
