/* One reusable libcurl handle with its body buffer: a request at a time, a GET or the POST of a
 * form. It lives as long as its pool, so that memory and connections are used again. Redirects are
 * never followed: what proves who we are must not reach another host.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <curl/curl.h>
#include <glib.h>
#include <stdbool.h>

/* Of the body of an error so much is kept: enough for the server's explanation. */
#define TRANSFER_MAX_ERROR_BODY ((gsize)64 * 1024)

/* A buffer that has grown beyond this is given back after use. */
#define TRANSFER_KEEP_BUFFER ((gsize)256 * 1024)

/* What to say when transfer_new() gives NULL. */
#define TRANSFER_LACKS                                                                             \
  "The installed libcurl lacks something we need. Install libcurl 7.88 or newer, built with TLS."

typedef struct {
  const char *ca_file; /* NULL: the system's */
  bool tls;            /* the URLs are https; then nothing else is spoken */
  bool loopback;       /* the host is this machine: no proxy */
  guint timeout_s;
  gsize max_body; /* decoded bytes of one answer */

  /* Puts on a handle who we are: headers, client certificate. NULL: nothing. `identity` must
   * outlive the transfer. */
  CURLcode (*identify)(CURL *easy, gconstpointer identity);
  gconstpointer identity;
} TransferOptions;

typedef struct {
  char *url;
  GString *form;   /* the body of a POST (application/x-www-form-urlencoded); NULL: a GET */
  guint timeout_s; /* 0: that of the options */
  bool once;       /* a POST that must not reach the server twice: libcurl, too, does not send it
                      again after a connection that broke off */
  bool discard;    /* the body of the answer is counted, not kept */
} TransferRequest;

/* One outcome. Texts are borrowed from the transfer. */
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
  bool sent;            /* the server may have got the whole request */
} TransferResult;

typedef struct Transfer Transfer;

/* `options` are copied; `share` must outlive it. NULL when libcurl lacks something we insist on
 * (TRANSFER_LACKS). Free with transfer_free(), when not started. */
Transfer *transfer_new(const TransferOptions *options, CURLSH *share);
void transfer_free(Transfer *transfer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Transfer, transfer_free)

/* Begins `request` (whose url and form are taken) in `multi`. `owner` is what transfer_owner()
 * gives. */
void transfer_start(Transfer *transfer, CURLM *multi, const TransferRequest *request,
                    gpointer owner);
gpointer transfer_owner(CURL *easy);

/* Ends a finished one: takes it out of `multi`. Its result stays readable until transfer_clear().
 */
void transfer_end(Transfer *transfer, CURLM *multi, CURLcode code);

/* Ends one that is not finished, likewise; its code becomes CURLE_ABORTED_BY_CALLBACK. A name
 * server that keeps silent is not waited for. */
void transfer_drop(Transfer *transfer, CURLM *multi);

/* What came back; texts live until transfer_clear(). */
void transfer_result(const Transfer *transfer, TransferResult *result);

/* A header of the answer as sent, or NULL; likewise. */
const char *transfer_header(const Transfer *transfer, const char *name);

/* Body bytes received and TCP connections opened by the last request. */
guint64 transfer_bytes(const Transfer *transfer);
guint transfer_connections(const Transfer *transfer);

/* Makes ready for the next start. */
void transfer_clear(Transfer *transfer);
