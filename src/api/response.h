/* What came back for one request, and which error that is (the table in SPEC 1). No network here.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "api/api_error.h"
#include "http/transfer.h"

typedef struct {
  TransferResult result; /* of a GET */
  guint tries;           /* made so far, this one included */
} Response;

/* NULL for a whole 2xx, else the error with a message as api_error.h says. Free with
 * g_error_free(). */
GError *response_error(const Response *response);

/* The error for a whole 2xx whose body is not what `cause` expected. */
GError *response_decode_error(const Response *response, const GError *cause);

/* Whether another try may help: no answer, 429, 5xx. */
bool response_retryable(const GError *error);
