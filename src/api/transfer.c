/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/transfer.h"

#include <string.h>

#include "base/text.h"

#define USER_AGENT "lehrgaenge-sync/" LGS_VERSION

/* A host that does not even take the connection in this time is down. */
#define MAX_CONNECT_S 10

/* After so long without traffic the system asks whether the other side still lives. */
#define KEEPALIVE_S 60

struct Transfer {
  CURL *easy;
  gsize max_body;
  bool tls;
  char problem[CURL_ERROR_SIZE];

  char *url;
  gpointer owner;
  bool discard;
  CURLcode code;
  GByteArray *body;
  guint64 received;
  bool too_big;
};

static bool
is_success(CURL *easy) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  return status >= 200 && status <= 299;
}

/* Gets decoded bytes, so that a small answer that unpacks to a big one is caught too. */
static size_t
on_body(char *data, size_t size, size_t count, void *user_data) {
  Transfer *transfer = user_data;
  gsize length = size * count;
  transfer->received += length;
  if (transfer->received > transfer->max_body) {
    transfer->too_big = true;
    return CURL_WRITEFUNC_ERROR;
  }
  gsize room = length;
  if (!is_success(transfer->easy))
    room = TRANSFER_MAX_ERROR_BODY - MIN(TRANSFER_MAX_ERROR_BODY, transfer->body->len);
  else if (transfer->discard)
    room = 0;
  g_byte_array_append(transfer->body, (const guint8 *)data, (guint)MIN(length, room));
  return length;
}

static bool
set_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

static bool
set_text(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

static bool
set_http(CURL *easy, const TransferOptions *options) {
  return set_long(easy, CURLOPT_HTTPGET, 1) && set_long(easy, CURLOPT_FOLLOWLOCATION, 0) &&
         set_text(easy, CURLOPT_PROTOCOLS_STR, options->tls ? "https" : "http") &&
         set_text(easy, CURLOPT_USERAGENT, USER_AGENT) &&
         set_text(easy, CURLOPT_ACCEPT_ENCODING, "") &&
         set_long(easy, CURLOPT_PATH_AS_IS, 1) && /* an id may be ".." */
         set_long(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS) &&
         /* With HTTP/2 one connection carries all; without it, only the very first request waits to
            learn so. */
         set_long(easy, CURLOPT_PIPEWAIT, options->tls ? 1 : 0);
}

static bool
set_network(CURL *easy, const TransferOptions *options) {
  bool ok = set_long(easy, CURLOPT_NOSIGNAL, 1) && set_long(easy, CURLOPT_TCP_KEEPALIVE, 1) &&
            set_long(easy, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_S) &&
            set_long(easy, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_S) &&
            set_long(easy, CURLOPT_CONNECTTIMEOUT, MIN(options->timeout_s, MAX_CONNECT_S)) &&
            set_long(easy, CURLOPT_TIMEOUT, options->timeout_s);
  if (ok && options->loopback)
    ok = set_text(easy, CURLOPT_PROXY, "");
  return ok;
}

static bool
set_tls(CURL *easy, const TransferOptions *options) {
  bool ok = set_long(easy, CURLOPT_SSL_VERIFYPEER, 1) &&
            set_long(easy, CURLOPT_SSL_VERIFYHOST, 2) &&
            set_long(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  /* Without the second, the system's authorities would be trusted besides. */
  if (ok && options->ca_file != NULL)
    ok = set_text(easy, CURLOPT_CAINFO, options->ca_file) && set_text(easy, CURLOPT_CAPATH, NULL);
  return ok;
}

static bool
set_callbacks(Transfer *transfer, CURLSH *share) {
  CURL *easy = transfer->easy;
  return curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->problem) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_SHARE, share) == CURLE_OK;
}

Transfer *
transfer_new(const TransferOptions *options, const Authenticator *authenticator, CURLSH *share,
             GError **error) {
  g_autoptr(Transfer) transfer = g_new0(Transfer, 1);
  transfer->max_body = options->max_body;
  transfer->tls = options->tls;
  transfer->body = g_byte_array_new();
  transfer->easy = curl_easy_init();
  if (transfer->easy == NULL || !set_http(transfer->easy, options) ||
      !set_network(transfer->easy, options) || !set_tls(transfer->easy, options) ||
      !set_callbacks(transfer, share) ||
      authenticator_apply(authenticator, transfer->easy) != CURLE_OK) {
    g_set_error(
        error, API_ERROR, API_ERROR_CONFIG,
        "The installed libcurl lacks something we need. Install libcurl 7.88 or newer, built "
        "with TLS.");
    return NULL;
  }
  return g_steal_pointer(&transfer);
}

void
transfer_free(Transfer *transfer) {
  if (transfer == NULL)
    return;
  curl_easy_cleanup(transfer->easy);
  g_byte_array_unref(transfer->body);
  g_free(transfer->url);
  g_free(transfer);
}

void
transfer_start(Transfer *transfer, CURLM *multi, char *url, bool discard, gpointer owner) {
  g_assert(transfer->url == NULL);
  transfer->url = url;
  transfer->discard = discard;
  transfer->owner = owner;
  curl_easy_setopt(transfer->easy, CURLOPT_URL, url);
  curl_multi_add_handle(multi, transfer->easy);
}

gpointer
transfer_owner(CURL *easy) {
  char *private = NULL;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
  return ((Transfer *)(gpointer) private)->owner;
}

void
transfer_end(Transfer *transfer, CURLM *multi, CURLcode code) {
  curl_multi_remove_handle(multi, transfer->easy);
  transfer->code = code;
}

void
transfer_response(const Transfer *transfer, Response *response) {
  *response = (Response){
    .url = transfer->url,
    .code = transfer->code,
    .problem = transfer->code == CURLE_OK ? "" : transfer->problem,
    .body = (const char *)transfer->body->data,
    .length = transfer->body->len,
    .max_body = transfer->max_body,
    .too_big = transfer->too_big,
    .tls = transfer->tls,
  };
  if (response->body == NULL)
    response->body = "";
  curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &response->status);
  char *location = NULL;
  curl_easy_getinfo(transfer->easy, CURLINFO_REDIRECT_URL, &location);
  response->location = location;
}

const char *
transfer_retry_after(const Transfer *transfer) {
  struct curl_header *header = NULL;
  if (curl_easy_header(transfer->easy, "Retry-After", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
    return NULL;
  return header->value;
}

guint64
transfer_bytes(const Transfer *transfer) {
  return transfer->received;
}

guint
transfer_connections(const Transfer *transfer) {
  long count = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &count);
  return (guint)MAX(count, 0);
}

void
transfer_clear(Transfer *transfer) {
  g_clear_pointer(&transfer->url, g_free);
  if (transfer->body->len > TRANSFER_KEEP_BUFFER) {
    g_byte_array_unref(transfer->body);
    transfer->body = g_byte_array_new();
  }
  g_byte_array_set_size(transfer->body, 0);
  transfer->received = 0;
  transfer->too_big = false;
  transfer->problem[0] = '\0';
  transfer->code = CURLE_OK;
}
