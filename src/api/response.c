/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/response.h"

#include <string.h>

#include "base/jsonget.h"
#include "base/text.h"
#include "http/phrase.h"

static ApiError
status_code(long status) {
  switch (status) {
  case 400:
    return API_ERROR_BAD_REQUEST;
  case 401:
    return API_ERROR_UNAUTHORIZED;
  case 403:
    return API_ERROR_FORBIDDEN;
  case 404:
    return API_ERROR_NOT_FOUND;
  case 429:
    return API_ERROR_RATE_LIMITED;
  default:
    return status >= 500 && status <= 599 ? API_ERROR_SERVER : API_ERROR_STATUS;
  }
}

/* ZMS's own explanation, else the beginning of whatever the body is. */
static char *
body_text(const TransferResult *result) {
  json_t *root = jsonget_parse(result->body, result->length, NULL);
  const char *detail = json_string_value(json_object_get(root, "detail"));
  char *text = text_empty(detail) ? phrase_line(result->body, result->length, PHRASE_MAX_SHOWN)
                                  : phrase_line(detail, strlen(detail), PHRASE_MAX_SHOWN);
  json_decref(root);
  return text;
}

/* METHOD URL: what. [Tried n times.] [remedy] */
static GError *
build(const Response *response, ApiError code, const char *what, const char *remedy) {
  autochar subject = g_strconcat("GET ", response->result.url, NULL);
  autochar message = phrase_sentence(subject, what, response->tries, remedy);
  return g_error_new_literal(API_ERROR, (gint)code, message);
}

static GError *
status_error(const Response *response) {
  const TransferResult *result = &response->result;
  ApiError code = status_code(result->status);
  autochar status = phrase_status(result);
  if (result->status >= 300 && result->status <= 399)
    return build(response, code, status,
                 "Redirects are not followed, so that the apikey reaches no other host; set "
                 "baseurl to where ZMS really is.");
  autochar text = body_text(result);
  autochar what = *text != '\0' ? g_strdup_printf("%s: %s", status, text) : g_strdup(status);
  return build(response, code, what, api_error_remedy(code));
}

/* The remedy when it is a TLS failure (never retried), else NULL. Free with g_free(). */
static char *
tls_remedy(const TransferResult *result) {
  PhraseTls fault = phrase_tls(result);
  switch (fault) {
  case PHRASE_TLS_NONE:
  case PHRASE_TLS_UNTRUSTED:
  case PHRASE_TLS_AUTHORITIES:
    break;
  case PHRASE_TLS_REFUSED:
    return g_strdup("ZMS refused our client certificate, or misses one: check that certificate and "
                    "key are set, not expired, and issued by an authority ZMS accepts.");
  case PHRASE_TLS_OURS:
    return g_strdup("Our certificate or key cannot be used: check that certificate and key are "
                    "readable PEM files and belong together.");
  case PHRASE_TLS_WANTED:
    return g_strdup("ZMS asks for a client certificate: set certificate and key to a pair it "
                    "accepts.");
  case PHRASE_TLS_HANDSHAKE:
    return g_strdup("TLS could not be agreed on: check that baseurl leads to an https server with "
                    "TLS 1.2 or newer, and check certificate, key and ca-file.");
  }
  return phrase_tls_trust(fault, "ZMS", "baseurl");
}

static GError *
transport_error(const Response *response) {
  const TransferResult *result = &response->result;
  autochar what = phrase_problem(result);
  autochar remedy = tls_remedy(result);
  if (remedy != NULL)
    return build(response, API_ERROR_TLS, what, remedy);
  /* An alert can be lost when the server hangs up at once; then only this is seen. */
  if (result->tls && result->status == 0 &&
      (result->code == CURLE_RECV_ERROR || result->code == CURLE_SEND_ERROR ||
       result->code == CURLE_GOT_NOTHING || result->code == CURLE_SSL_CONNECT_ERROR))
    return build(response, API_ERROR_TRANSPORT, what,
                 "Check the network and whether ZMS is up; if it happens always, ZMS may want "
                 "another certificate and key.");
  return build(response, API_ERROR_TRANSPORT, what, api_error_remedy(API_ERROR_TRANSPORT));
}

GError *
response_error(const Response *response) {
  const TransferResult *result = &response->result;
  /* The status says more than a body that broke off after it. */
  if (result->status >= 300)
    return status_error(response);
  if (result->too_big) {
    autochar what = phrase_too_big(result);
    return build(response, API_ERROR_TOO_BIG, what, api_error_remedy(API_ERROR_TOO_BIG));
  }
  if (result->code != CURLE_OK)
    return transport_error(response);
  if (result->status < 200)
    return status_error(response);
  return NULL;
}

GError *
response_decode_error(const Response *response, const GError *cause) {
  Response shown = *response;
  shown.tries = 0;
  bool syntax = g_error_matches(cause, JSONGET_ERROR, JSONGET_ERROR_SYNTAX);
  autochar what =
      g_strdup_printf("unexpected answer: %s%s", syntax ? "not JSON: " : "", cause->message);
  return build(&shown, API_ERROR_DECODE, what, api_error_remedy(API_ERROR_DECODE));
}

bool
response_retryable(const GError *error) {
  return g_error_matches(error, API_ERROR, API_ERROR_RATE_LIMITED) ||
         g_error_matches(error, API_ERROR, API_ERROR_SERVER) ||
         g_error_matches(error, API_ERROR, API_ERROR_TRANSPORT);
}
