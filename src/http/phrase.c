/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http/phrase.h"

#include <string.h>

#include "base/text.h"

static const char *
reason_phrase(long status) {
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

/* Secrets go first: the cut could leave half of one. */
char *
phrase_line(const char *text, gsize length, gsize max) {
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

char *
phrase_status(const TransferResult *result) {
  const char *reason = reason_phrase(result->status);
  GString *what = g_string_new(NULL);
  g_string_append_printf(what, "%ld%s%s", result->status, *reason == '\0' ? "" : " ", reason);
  if (result->status >= 300 && result->status <= 399 && result->location != NULL) {
    autochar target = phrase_line(result->location, strlen(result->location), PHRASE_MAX_LOCATION);
    if (*target != '\0')
      g_string_append_printf(what, " to %s", target);
  }
  return g_string_free(what, FALSE);
}

char *
phrase_problem(const TransferResult *result) {
  if (result->status == 0 && result->code == CURLE_UNSUPPORTED_PROTOCOL)
    return g_strdup("the answer is not HTTP");
  /* libcurl would have sent the form again and was not allowed to. */
  if (result->code == CURLE_SEND_FAIL_REWIND)
    return g_strdup("the connection broke off");
  char *problem = phrase_line(result->problem, strlen(result->problem), PHRASE_MAX_SHOWN);
  if (*problem != '\0')
    return problem;
  g_free(problem);
  return g_strdup(curl_easy_strerror(result->code));
}

char *
phrase_too_big(const TransferResult *result) {
  return g_strdup_printf("the answer is larger than %" G_GSIZE_FORMAT " bytes", result->max_body);
}

char *
phrase_sentence(const char *subject, const char *what, guint tries, const char *remedy) {
  g_autoptr(GString) message = g_string_new(NULL);
  g_string_append_printf(message, "%s: %s", subject, what);
  if (strchr(".!?", message->str[message->len - 1]) == NULL)
    g_string_append_c(message, '.');
  if (tries > 1)
    g_string_append_printf(message, " Tried %u times.", tries);
  if (*remedy != '\0')
    g_string_append_printf(message, " %s", remedy);
  return text_redact(message->str);
}

/* ── TLS ── */

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

PhraseTls
phrase_tls(const TransferResult *result) {
  if (is_client_certificate_alert(result->problem))
    return PHRASE_TLS_REFUSED;
  switch ((int)result->code) {
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_ISSUER_ERROR:
  case CURLE_SSL_INVALIDCERTSTATUS:
    return PHRASE_TLS_UNTRUSTED;
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_CRL_BADFILE:
    return PHRASE_TLS_AUTHORITIES;
  case CURLE_SSL_CERTPROBLEM:
    return PHRASE_TLS_OURS;
  case CURLE_SSL_CLIENTCERT:
    return PHRASE_TLS_WANTED;
  default:
    break;
  }
  bool handshake = result->code == CURLE_SSL_CONNECT_ERROR || result->code == CURLE_SSL_CIPHER ||
                   result->code == CURLE_USE_SSL_FAILED;
  return handshake && !is_cut_off(result->problem) ? PHRASE_TLS_HANDSHAKE : PHRASE_TLS_NONE;
}

char *
phrase_tls_trust(PhraseTls fault, const char *who, const char *key) {
  if (fault == PHRASE_TLS_UNTRUSTED)
    return g_strdup_printf("%s's certificate is not trusted: set ca-file to the authority that "
                           "issued it, or correct the host name in %s.",
                           who, key);
  if (fault == PHRASE_TLS_AUTHORITIES)
    return g_strdup("The authorities in ca-file cannot be read: check that it is a readable PEM "
                    "file.");
  return NULL;
}
