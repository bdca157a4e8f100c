/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <string.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CURLU, curl_url_cleanup)

/* The part of a URL, or NULL when it has none. Free with curl_free(). */
static char *
url_part(CURLU *url, CURLUPart part) {
  char *text = NULL;
  return curl_url_get(url, part, &text, 0) == CURLUE_OK ? text : NULL;
}

static bool
url_has(CURLU *url, CURLUPart part) {
  char *text = url_part(url, part);
  bool has = text != NULL;
  curl_free(text);
  return has;
}

/* By the address itself, not by what a name may lead to; only "localhost" is believed. */
static bool
is_loopback(const char *host) {
  struct in_addr address;
  if (g_ascii_strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
    return true;
  return inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

char *
url_refusal(const char *url, const char *key, const char *example, bool *tls, bool *loopback) {
  g_autoptr(CURLU) parsed = curl_url();
  CURLUcode code = curl_url_set(parsed, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME);
  if (code != CURLUE_OK)
    return g_strdup_printf("%s is not an address: %s. Write it like %s.", key,
                           curl_url_strerror(code), example);
  char *scheme = url_part(parsed, CURLUPART_SCHEME), *host = url_part(parsed, CURLUPART_HOST);
  *tls = g_strcmp0(scheme, "https") == 0;
  *loopback = host != NULL && is_loopback(host);
  bool known = *tls || g_strcmp0(scheme, "http") == 0;
  curl_free(scheme);
  curl_free(host);
  /* Not quoted: what stands there may be a password. */
  if (url_has(parsed, CURLUPART_USER) || url_has(parsed, CURLUPART_PASSWORD))
    return g_strdup_printf("%s holds a user name or password. Remove it; write it like %s.", key,
                           example);
  if (!known)
    return g_strdup_printf("%s=%s begins neither with https:// nor with http://.", key, url);
  if (!*tls && !*loopback)
    return g_strdup_printf("%s=%s is not encrypted. Use https://; http:// is for this machine's "
                           "own address (127.0.0.1) only.",
                           key, url);
  if (url_has(parsed, CURLUPART_QUERY) || url_has(parsed, CURLUPART_FRAGMENT))
    return g_strdup_printf("%s=%s holds a '?' or '#'. Write the address up to there.", key, url);
  return NULL;
}

char *
url_base(const char *url) {
  char *base = g_strdup(url != NULL ? url : "");
  for (gsize end = strlen(base); end > 0 && base[end - 1] == '/'; end--)
    base[end - 1] = '\0';
  return base;
}
