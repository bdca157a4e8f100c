/* What can go wrong between us and ZMS, as GError codes (SPEC 1). Messages hold no token and read
 *
 *   GET https://…/lehrgaenge: 401 Unauthorized: Missing or invalid X-MoodleAuthToken header.
 *   Check the tenant's apikey.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define API_ERROR (api_error_quark())
GQuark api_error_quark(void);

typedef enum {
  API_ERROR_CONFIG,       /* refused before anything was sent */
  API_ERROR_BAD_REQUEST,  /* 400 */
  API_ERROR_UNAUTHORIZED, /* 401: fails the tenant */
  API_ERROR_FORBIDDEN,    /* 403 */
  API_ERROR_NOT_FOUND,    /* 404 */
  API_ERROR_RATE_LIMITED, /* 429, still after the last try */
  API_ERROR_STATUS,       /* any other status that is not 2xx, redirects too */
  API_ERROR_SERVER,       /* 5xx, still after the last try */
  API_ERROR_TRANSPORT,    /* no answer: refused, reset, timeout, truncated; after the last try */
  API_ERROR_TLS,          /* certificates, ours or theirs: not retried */
  API_ERROR_TOO_BIG,      /* the body passed its limit */
  API_ERROR_DECODE,       /* 2xx, but not the JSON expected */
  API_ERROR_STOPPED,      /* somebody asked to stop */
} ApiError;

/* Short word for reports: "unauthorized", "server error". */
const char *api_error_word(ApiError code);

/* What the operator can do about it, a sentence, or "" when nothing is known. */
const char *api_error_remedy(ApiError code);
