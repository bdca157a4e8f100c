/* What came back for one request, and which error that is (the table in SPEC 1). No network here.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <curl/curl.h>
#include <glib.h>
#include <stdbool.h>

#include "api/api_error.h"

/* One outcome. Texts are borrowed. */
typedef struct {
  const char *url;
  CURLcode code;       /* CURLE_OK: the answer was read to its end */
  const char *problem; /* libcurl's words when not; "" if it has none */
  long status;         /* 0: no answer began */
  const char *body;    /* of an error perhaps only its beginning */
  gsize length;
  const char *location; /* where a redirect leads; NULL: nowhere */
  gsize max_body;       /* the limit in force */
  bool too_big;         /* the body passed it */
  bool tls;             /* the URL is https */
  guint tries;          /* made so far, this one included */
} Response;

/* NULL for a whole 2xx, else the error with a message as api_error.h says. Free with
 * g_error_free(). */
GError *response_error(const Response *response);

/* The error for a whole 2xx whose body is not what `cause` expected. */
GError *response_decode_error(const Response *response, const GError *cause);

/* Whether another try may help: no answer, 429, 5xx. */
bool response_retryable(const GError *error);

/* Seconds that a Retry-After `value` asks to wait, counted from `now` (Unix seconds, our clock: a
 * date in the past asks for 0) and at most `max`; −1 when it says nothing sensible. NULL is fine.
 */
gint64 response_retry_after(const char *value, gint64 now, gint64 max);
