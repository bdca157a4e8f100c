/* One reusable libcurl handle with its body buffer: a GET at a time (SPEC 1). It lives as long as
 * its client, so that memory and connections are used again.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <curl/curl.h>
#include <glib.h>
#include <stdbool.h>

#include "api/authenticator.h"
#include "api/response.h"

/* Of the body of an error so much is kept: enough for ZMS's explanation. */
#define TRANSFER_MAX_ERROR_BODY ((gsize)64 * 1024)

/* A buffer that has grown beyond this is given back after use. */
#define TRANSFER_KEEP_BUFFER ((gsize)256 * 1024)

typedef struct {
  const char *ca_file; /* NULL: the system's */
  bool tls;            /* the URLs are https; then nothing else is spoken */
  bool loopback;       /* the host is this machine: no proxy */
  guint timeout_s;
  gsize max_body; /* decoded bytes of one answer */
} TransferOptions;

typedef struct Transfer Transfer;

/* `authenticator` and `share` must outlive it. API_ERROR_CONFIG when libcurl lacks something we
 * insist on. Free with transfer_free(), when not started. */
Transfer *transfer_new(const TransferOptions *options, const Authenticator *authenticator,
                       CURLSH *share, GError **error);
void transfer_free(Transfer *transfer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Transfer, transfer_free)

/* Begins a GET of `url` (taken) in `multi`. `discard`: the body is counted, not kept. `owner` is
 * what transfer_owner() gives. */
void transfer_start(Transfer *transfer, CURLM *multi, char *url, bool discard, gpointer owner);
gpointer transfer_owner(CURL *easy);

/* Ends it, finished or not: takes it out of `multi`. Its response stays readable until
 * transfer_clear(). */
void transfer_end(Transfer *transfer, CURLM *multi, CURLcode code);

/* What came back; texts live until transfer_clear(). */
void transfer_response(const Transfer *transfer, Response *response);

/* The answer's Retry-After as sent, or NULL. */
const char *transfer_retry_after(const Transfer *transfer);

/* Body bytes received and TCP connections opened by the last request. */
guint64 transfer_bytes(const Transfer *transfer);
guint transfer_connections(const Transfer *transfer);

/* Makes ready for the next start. */
void transfer_clear(Transfer *transfer);
