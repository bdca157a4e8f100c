/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http/transfer.h"

#include <string.h>

#define USER_AGENT "lehrgaenge-sync/" LGS_VERSION

/* A host that does not even take the connection in this time is down. */
#define MAX_CONNECT_S 10

/* After so long without traffic the system asks whether the other side still lives. */
#define KEEPALIVE_S 60

struct Transfer {
  CURL *easy;
  struct curl_slist *headers;
  gsize max_body;
  guint timeout_s;
  bool tls;
  char problem[CURL_ERROR_SIZE];

  TransferRequest request;
  gsize sent; /* bytes of its form that libcurl has taken */
  gpointer owner;
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
  else if (transfer->request.discard)
    room = 0;
  g_byte_array_append(transfer->body, (const guint8 *)data, (guint)MIN(length, room));
  return length;
}

/* The form goes through a callback, so that we know whether any of it went out, and decide whether
 * it may go out again. */
static size_t
on_form(char *buffer, size_t size, size_t count, void *user_data) {
  Transfer *transfer = user_data;
  const GString *form = transfer->request.form;
  gsize some = MIN(size * count, form->len - transfer->sent);
  memcpy(buffer, form->str + transfer->sent, some);
  transfer->sent += some;
  return some;
}

/* Asked for when libcurl wants to send the form again, over another connection. */
static int
on_seek(void *user_data, curl_off_t offset, int origin) {
  Transfer *transfer = user_data;
  if (transfer->request.once || origin != SEEK_SET || offset < 0 ||
      (guint64)offset > transfer->request.form->len)
    return CURL_SEEKFUNC_FAIL;
  transfer->sent = (gsize)offset;
  return CURL_SEEKFUNC_OK;
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
  return set_long(easy, CURLOPT_FOLLOWLOCATION, 0) &&
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
            set_long(easy, CURLOPT_CONNECTTIMEOUT, MIN(options->timeout_s, MAX_CONNECT_S));
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
         curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_form) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_READDATA, transfer) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_SEEKDATA, transfer) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->problem) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_SHARE, share) == CURLE_OK;
}

/* A form goes out at once: not every server answers the question whether it may, and the answer
 * costs a round trip. */
static bool
set_identity(Transfer *transfer, const TransferOptions *options) {
  transfer->headers = curl_slist_append(NULL, "Expect:");
  return transfer->headers != NULL &&
         curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers) == CURLE_OK &&
         (options->identify == NULL ||
          options->identify(transfer->easy, options->identity) == CURLE_OK);
}

Transfer *
transfer_new(const TransferOptions *options, CURLSH *share) {
  g_autoptr(Transfer) transfer = g_new0(Transfer, 1);
  transfer->max_body = options->max_body;
  transfer->timeout_s = options->timeout_s;
  transfer->tls = options->tls;
  transfer->body = g_byte_array_new();
  transfer->easy = curl_easy_init();
  if (transfer->easy == NULL || !set_http(transfer->easy, options) ||
      !set_network(transfer->easy, options) || !set_tls(transfer->easy, options) ||
      !set_callbacks(transfer, share) || !set_identity(transfer, options))
    return NULL;
  return g_steal_pointer(&transfer);
}

static void
clear_request(TransferRequest *request) {
  g_free(request->url);
  if (request->form != NULL)
    g_string_free(request->form, TRUE);
  *request = (TransferRequest){ 0 };
}

void
transfer_free(Transfer *transfer) {
  if (transfer == NULL)
    return;
  curl_easy_cleanup(transfer->easy);
  curl_slist_free_all(transfer->headers);
  g_byte_array_unref(transfer->body);
  clear_request(&transfer->request);
  g_free(transfer);
}

void
transfer_start(Transfer *transfer, CURLM *multi, const TransferRequest *request, gpointer owner) {
  CURL *easy = transfer->easy;
  g_assert(transfer->request.url == NULL);
  transfer->request = *request;
  transfer->owner = owner;
  guint timeout_s = request->timeout_s > 0 ? request->timeout_s : transfer->timeout_s;
  set_long(easy, CURLOPT_TIMEOUT, timeout_s);
  set_text(easy, CURLOPT_URL, request->url);
  if (request->form == NULL) {
    set_long(easy, CURLOPT_HTTPGET, 1);
  } else {
    set_long(easy, CURLOPT_POST, 1);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->form->len);
  }
  curl_multi_add_handle(multi, easy);
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

/* A name is looked up in a thread, which libcurl would wait for: ten seconds are usual. */
void
transfer_drop(Transfer *transfer, CURLM *multi) {
  set_long(transfer->easy, CURLOPT_QUICK_EXIT, 1);
  transfer_end(transfer, multi, CURLE_ABORTED_BY_CALLBACK);
  set_long(transfer->easy, CURLOPT_QUICK_EXIT, 0);
}

/* A form of which libcurl has taken nothing cannot have arrived. */
static bool
was_sent(const Transfer *transfer) {
  if (transfer->request.form != NULL)
    return transfer->sent > 0;
  long bytes = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &bytes);
  return bytes > 0;
}

void
transfer_result(const Transfer *transfer, TransferResult *result) {
  *result = (TransferResult){
    .url = transfer->request.url,
    .code = transfer->code,
    .problem = transfer->code == CURLE_OK ? "" : transfer->problem,
    .body = (const char *)transfer->body->data,
    .length = transfer->body->len,
    .max_body = transfer->max_body,
    .too_big = transfer->too_big,
    .tls = transfer->tls,
    .sent = was_sent(transfer),
  };
  if (result->body == NULL)
    result->body = "";
  curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &result->status);
  char *location = NULL;
  curl_easy_getinfo(transfer->easy, CURLINFO_REDIRECT_URL, &location);
  result->location = location;
}

const char *
transfer_header(const Transfer *transfer, const char *name) {
  struct curl_header *header = NULL;
  if (curl_easy_header(transfer->easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
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
  clear_request(&transfer->request);
  transfer->sent = 0;
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
