/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/response.h"

#include <string.h>

#include "base/jsonget.h"
#include "base/text.h"

/* Of a foreign body or text, so much gets into a message (SPEC 1). */
#define MAX_SHOWN 1024
#define MAX_LOCATION 200

static const char *
status_phrase(long status) {
  static const struct {
    long status;
    const char *phrase;
  } phrases[] = {
    { 300, "Multiple Choices" },
    { 301, "Moved Permanently" },
    { 302, "Found" },
    { 303, "See Other" },
    { 304, "Not Modified" },
    { 307, "Temporary Redirect" },
    { 308, "Permanent Redirect" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 402, "Payment Required" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 406, "Not Acceptable" },
    { 408, "Request Timeout" },
    { 409, "Conflict" },
    { 410, "Gone" },
    { 411, "Length Required" },
    { 413, "Content Too Large" },
    { 414, "URI Too Long" },
    { 415, "Unsupported Media Type" },
    { 421, "Misdirected Request" },
    { 422, "Unprocessable Content" },
    { 429, "Too Many Requests" },
    { 431, "Request Header Fields Too Large" },
    { 500, "Internal Server Error" },
    { 501, "Not Implemented" },
    { 502, "Bad Gateway" },
    { 503, "Service Unavailable" },
    { 504, "Gateway Timeout" },
  };
  for (gsize i = 0; i < G_N_ELEMENTS(phrases); i++)
    if (phrases[i].status == status)
      return phrases[i].phrase;
  return "";
}

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

/* Foreign text on one line, at most `max` bytes of it. Secrets go first: the cut could leave half
 * of one. */
static char *
one_line(const char *text, gsize length, gsize max) {
  autochar whole = text_display(text, (gssize)length, G_MAXSIZE);
  autochar redacted = text_redact(whole);
  autochar shown = text_display(redacted, -1, max);
  GString *line = g_string_sized_new(strlen(shown));
  for (const char *c = shown; *c != '\0'; c++) {
    bool blank = g_ascii_isspace(*c);
    if (!blank)
      g_string_append_c(line, *c);
    else if (line->len > 0 && line->str[line->len - 1] != ' ')
      g_string_append_c(line, ' ');
  }
  if (line->len > 0 && line->str[line->len - 1] == ' ')
    g_string_truncate(line, line->len - 1);
  return g_string_free(line, FALSE);
}

/* ZMS's own explanation, else the beginning of whatever the body is. */
static char *
body_text(const Response *response) {
  json_t *root = jsonget_parse(response->body, response->length, NULL);
  const char *detail = json_string_value(json_object_get(root, "detail"));
  char *text = text_empty(detail) ? one_line(response->body, response->length, MAX_SHOWN)
                                  : one_line(detail, strlen(detail), MAX_SHOWN);
  json_decref(root);
  return text;
}

static void
append_sentence_end(GString *message) {
  if (message->len > 0 && strchr(".!?", message->str[message->len - 1]) == NULL)
    g_string_append_c(message, '.');
}

/* METHOD URL: what. [Tried n times.] [remedy] */
static GError *
build(const Response *response, ApiError code, const char *what, const char *remedy) {
  g_autoptr(GString) message = g_string_new(NULL);
  g_string_append_printf(message, "GET %s: %s", response->url, what);
  append_sentence_end(message);
  if (response->tries > 1)
    g_string_append_printf(message, " Tried %u times.", response->tries);
  if (*remedy != '\0')
    g_string_append_printf(message, " %s", remedy);
  autochar redacted = text_redact(message->str);
  return g_error_new_literal(API_ERROR, (gint)code, redacted);
}

static GError *
status_error(const Response *response) {
  ApiError code = status_code(response->status);
  const char *phrase = status_phrase(response->status);
  g_autoptr(GString) what = g_string_new(NULL);
  g_string_append_printf(what, "%ld%s%s", response->status, *phrase == '\0' ? "" : " ", phrase);
  if (response->status >= 300 && response->status <= 399) {
    autochar target =
        one_line(response->location != NULL ? response->location : "",
                 response->location != NULL ? strlen(response->location) : 0, MAX_LOCATION);
    if (*target != '\0')
      g_string_append_printf(what, " to %s", target);
    return build(response, code, what->str,
                 "Redirects are not followed, so that the apikey reaches no other host; set "
                 "baseurl to where ZMS really is.");
  }
  autochar text = body_text(response);
  if (*text != '\0')
    g_string_append_printf(what, ": %s", text);
  return build(response, code, what->str, api_error_remedy(code));
}

static bool
mentions(const char *text, const char *const *words) {
  for (; *words != NULL; words++)
    if (strstr(text, *words) != NULL)
      return true;
  return false;
}

/* Under TLS 1.3 the server judges our certificate after the client thinks the handshake done, so
 * that its alert may arrive with the first read or write; it is told by OpenSSL's words ("tlsv13
 * alert certificate required"). */
static bool
is_client_certificate_alert(const char *problem) {
  static const char *const words[] = {
    "alert certificate required",
    "alert unknown ca",
    "alert bad certificate",
    "alert certificate expired",
    "alert certificate revoked",
    "alert certificate unknown",
    "alert unsupported certificate",
    "alert access denied",
    "alert no certificate",
    "alert decrypt error",
    "SSL certificate verification failed",
    "alert handshake failure",
    NULL,
  };
  return mentions(problem, words);
}

/* A handshake cut off in the middle is a lost connection like any other. */
static bool
is_cut_off(const char *problem) {
  static const char *const words[] = {
    "SSL_ERROR_SYSCALL",  "unexpected eof", "Connection reset",
    "Connection refused", "Broken pipe",    NULL,
  };
  return *problem == '\0' || mentions(problem, words);
}

/* The remedy when `response` is a TLS failure (never retried), else NULL. */
static const char *
tls_remedy(const Response *response) {
  if (is_client_certificate_alert(response->problem))
    return "ZMS refused our client certificate, or misses one: check that certificate and key are "
           "set, not expired, and issued by an authority ZMS accepts.";
  switch ((int)response->code) {
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_ISSUER_ERROR:
  case CURLE_SSL_INVALIDCERTSTATUS:
    return "ZMS's certificate is not trusted: set ca-file to the authority that issued it, or "
           "correct the host name in baseurl.";
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_CRL_BADFILE:
    return "The authorities in ca-file cannot be read: check that it is a readable PEM file.";
  case CURLE_SSL_CERTPROBLEM:
    return "Our certificate or key cannot be used: check that certificate and key are readable PEM "
           "files and belong together.";
  case CURLE_SSL_CLIENTCERT:
    return "ZMS asks for a client certificate: set certificate and key to a pair it accepts.";
  default:
    break;
  }
  bool handshake = response->code == CURLE_SSL_CONNECT_ERROR ||
                   response->code == CURLE_SSL_CIPHER || response->code == CURLE_USE_SSL_FAILED;
  if (handshake && !is_cut_off(response->problem))
    return "TLS could not be agreed on: check that baseurl leads to an https server with TLS 1.2 "
           "or "
           "newer, and check certificate, key and ca-file.";
  return NULL;
}

static GError *
transport_error(const Response *response) {
  autochar problem = one_line(response->problem, strlen(response->problem), MAX_SHOWN);
  const char *what = *problem != '\0' ? problem : curl_easy_strerror(response->code);
  if (response->code == CURLE_URL_MALFORMAT || response->code == CURLE_UNSUPPORTED_PROTOCOL)
    what = response->status == 0 && response->code == CURLE_UNSUPPORTED_PROTOCOL
               ? "the answer is not HTTP"
               : what;
  const char *remedy = tls_remedy(response);
  if (remedy != NULL)
    return build(response, API_ERROR_TLS, what, remedy);
  /* An alert can be lost when the server hangs up at once; then only this is seen. */
  if (response->tls && response->status == 0 &&
      (response->code == CURLE_RECV_ERROR || response->code == CURLE_SEND_ERROR ||
       response->code == CURLE_GOT_NOTHING || response->code == CURLE_SSL_CONNECT_ERROR))
    return build(response, API_ERROR_TRANSPORT, what,
                 "Check the network and whether ZMS is up; if it happens always, ZMS may want "
                 "another certificate and key.");
  return build(response, API_ERROR_TRANSPORT, what, api_error_remedy(API_ERROR_TRANSPORT));
}

GError *
response_error(const Response *response) {
  /* The status says more than a body that broke off after it. */
  if (response->status >= 300)
    return status_error(response);
  if (response->too_big) {
    autochar what =
        g_strdup_printf("the answer is larger than %" G_GSIZE_FORMAT " bytes", response->max_body);
    return build(response, API_ERROR_TOO_BIG, what, api_error_remedy(API_ERROR_TOO_BIG));
  }
  if (response->code != CURLE_OK)
    return transport_error(response);
  if (response->status < 200)
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

gint64
response_retry_after(const char *value, gint64 now, gint64 max) {
  if (value == NULL)
    return -1;
  gsize digits = strspn(value, "0123456789");
  if (digits > 0 && value[digits] == '\0')
    return digits > 9 ? max : MIN(g_ascii_strtoll(value, NULL, 10), max);
  gint64 date = curl_getdate(value, NULL);
  return date < 0 ? -1 : CLAMP(date - now, 0, max);
}
