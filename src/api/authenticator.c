/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/authenticator.h"

#include "base/text.h"

struct Authenticator {
  struct curl_slist *headers;
  char *certificate, *key; /* NULL: none */
};

static bool
token_fits_header(const char *token) {
  for (const char *c = token; *c != '\0'; c++)
    if (g_ascii_iscntrl(*c))
      return false;
  return true;
}

static bool
check(const ZmsCredentials *credentials, bool tls, GError **error) {
  bool certificate = !text_empty(credentials->certificate);
  if (certificate != !text_empty(credentials->key)) {
    g_set_error(error, API_ERROR, API_ERROR_CONFIG,
                "The tenant has a %s without a %s. Set both or neither.",
                certificate ? "certificate" : "key", certificate ? "key" : "certificate");
    return false;
  }
  if (certificate && !tls) {
    g_set_error(error, API_ERROR, API_ERROR_CONFIG,
                "The certificate %s cannot be shown to an http:// address. Use https:// in "
                "baseurl, or set no "
                "certificate and key.",
                credentials->certificate);
    return false;
  }
  if (!text_empty(credentials->token) && !token_fits_header(credentials->token)) {
    g_set_error(error, API_ERROR, API_ERROR_CONFIG,
                "The apikey holds a control character, perhaps a line break. Write it again.");
    return false;
  }
  return true;
}

Authenticator *
authenticator_new(const ZmsCredentials *credentials, bool tls, GError **error) {
  if (!check(credentials, tls, error))
    return NULL;
  Authenticator *authenticator = g_new0(Authenticator, 1);
  authenticator->headers = curl_slist_append(NULL, "Accept: application/json");
  if (!text_empty(credentials->token)) {
    autochar header = g_strconcat("X-MoodleAuthToken: ", credentials->token, NULL);
    authenticator->headers = curl_slist_append(authenticator->headers, header);
  }
  if (!text_empty(credentials->certificate)) {
    authenticator->certificate = g_strdup(credentials->certificate);
    authenticator->key = g_strdup(credentials->key);
  }
  return authenticator;
}

void
authenticator_free(Authenticator *authenticator) {
  if (authenticator == NULL)
    return;
  curl_slist_free_all(authenticator->headers);
  g_free(authenticator->certificate);
  g_free(authenticator->key);
  g_free(authenticator);
}

CURLcode
authenticator_apply(const Authenticator *authenticator, CURL *easy) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_HTTPHEADER, authenticator->headers);
  /* A proxy gets none of our headers, and no host but the one asked gets the token. */
  if (code == CURLE_OK)
    code = curl_easy_setopt(easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
  if (code == CURLE_OK)
    code = curl_easy_setopt(easy, CURLOPT_UNRESTRICTED_AUTH, 0L);
  if (code != CURLE_OK || authenticator->certificate == NULL)
    return code;
  code = curl_easy_setopt(easy, CURLOPT_SSLCERTTYPE, "PEM");
  if (code == CURLE_OK)
    code = curl_easy_setopt(easy, CURLOPT_SSLCERT, authenticator->certificate);
  if (code == CURLE_OK)
    code = curl_easy_setopt(easy, CURLOPT_SSLKEYTYPE, "PEM");
  if (code == CURLE_OK)
    code = curl_easy_setopt(easy, CURLOPT_SSLKEY, authenticator->key);
  /* An encrypted key would ask for its password on the terminal; a service has none. */
  if (code == CURLE_OK)
    code = curl_easy_setopt(easy, CURLOPT_KEYPASSWD, "");
  return code;
}
