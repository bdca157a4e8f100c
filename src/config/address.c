/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/address.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <string.h>

#include "config/config.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CURLU, curl_url_cleanup)

/* A part of a parsed address, "" when it has none. Free with g_free(). */
static char *
part(CURLU *handle, CURLUPart what, guint flags) {
  char *text = NULL;
  if (curl_url_get(handle, what, &text, flags) != CURLUE_OK)
    return g_strdup("");
  char *copy = g_strdup(text);
  curl_free(text);
  return copy;
}

static bool
is_loopback(const char *host) {
  if (g_ascii_strcasecmp(host, "localhost") == 0)
    return true;
  struct in_addr four;
  if (inet_pton(AF_INET, host, &four) == 1)
    return (ntohl(four.s_addr) >> 24) == 127;
  struct in6_addr six;
  gsize length = strlen(host);
  if (length < 3 || host[0] != '[' || host[length - 1] != ']')
    return false;
  g_autofree char *bare = g_strndup(host + 1, length - 2);
  return inet_pton(AF_INET6, bare, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

static bool
refuse(GError **error, const char *reason) {
  g_set_error_literal(error, CONFIG_ERROR, CONFIG_ERROR_VALUE, reason);
  return false;
}

bool
address_check(const char *url, bool *plain, GError **error) {
  *plain = false;
  g_autoptr(CURLU) handle = curl_url();
  if (handle == NULL ||
      curl_url_set(handle, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
    return refuse(error, "is not a web address; write https://HOST/PATH");
  g_autofree char *scheme = part(handle, CURLUPART_SCHEME, 0);
  g_autofree char *host = part(handle, CURLUPART_HOST, 0);
  g_autofree char *user = part(handle, CURLUPART_USER, 0);
  g_autofree char *password = part(handle, CURLUPART_PASSWORD, 0);
  if (*user != '\0' || *password != '\0')
    return refuse(error, "holds a user name or password; write the address without them");
  if (strpbrk(url, "?#") != NULL)
    return refuse(error, "holds a query or fragment; write the address only up to the '?' or '#'");
  /* Copied from a browser, as https://HOST/login/index.php. */
  if (g_str_has_suffix(url, ".php"))
    return refuse(error, "is the address of a single page; write it as far as the site goes, "
                         "without /login/index.php for instance");
  /* libcurl forgives one slash too many or too few; people would not see it. */
  const char *start = strstr(url, "://");
  if (*host == '\0' || start == NULL || start[strlen("://")] == '/')
    return refuse(error, "names no host; write https://HOST/PATH");
  if (g_str_equal(scheme, "https"))
    return true;
  if (!g_str_equal(scheme, "http"))
    return refuse(error, "is not an https address; write https://HOST/PATH");
  if (!is_loopback(host))
    return refuse(error, "would send secrets unencrypted; write https:// (http:// is allowed to "
                         "127.0.0.1, [::1] and localhost only)");
  *plain = true;
  return true;
}

bool
address_check_mail(const char *url, bool *open, GError **error) {
  *open = false;
  g_autoptr(CURLU) handle = curl_url();
  bool good = handle != NULL &&
              curl_url_set(handle, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;
  g_autofree char *scheme = good ? part(handle, CURLUPART_SCHEME, 0) : NULL;
  g_autofree char *host = good ? part(handle, CURLUPART_HOST, 0) : NULL;
  g_autofree char *port = good ? part(handle, CURLUPART_PORT, 0) : NULL;
  g_autofree char *path = good ? part(handle, CURLUPART_PATH, 0) : NULL;
  const char *start = strstr(url, "://");
  if (!good || start == NULL || *host == '\0' || start[strlen("://")] == '/' ||
      g_str_equal(port, "0") || !(g_str_equal(scheme, "smtp") || g_str_equal(scheme, "smtps")))
    return refuse(error, "is not the address of a mail server; write smtp://mail.example.org:587, "
                         "or smtps://mail.example.org:465");
  g_autofree char *user = part(handle, CURLUPART_USER, 0);
  g_autofree char *password = part(handle, CURLUPART_PASSWORD, 0);
  if (*user != '\0' || *password != '\0')
    return refuse(error, "holds a user name or password; write the address without them, and give "
                         "user and password-file");
  if (strpbrk(url, "?#") != NULL || !g_str_equal(path, "/"))
    return refuse(error, "holds more than host and port; write it only up to there");
  *open = g_str_equal(scheme, "smtp") && !is_loopback(host);
  return true;
}

/* Not libcurl's: addresses of databases may name several hosts, and one that is odd must not pass
 * for one without password. */
char *
address_password(const char *url) {
  const char *start = strstr(url, "://");
  start = start == NULL ? url : start + strlen("://");
  g_autofree char *authority = g_strndup(start, strcspn(start, "/?#"));
  char *at = strrchr(authority, '@');
  if (at != NULL)
    *at = '\0';
  const char *colon = at == NULL ? NULL : strchr(authority, ':');
  if (colon != NULL && colon[1] != '\0')
    return g_strdup(colon + 1);
  const char *query = strchr(start, '?');
  g_auto(GStrv) pairs = g_strsplit(query == NULL ? "" : query + 1, "&", -1);
  for (char **pair = pairs; *pair != NULL; pair++)
    if (g_str_has_prefix(*pair, "password=") && (*pair)[strlen("password=")] != '\0')
      return g_strdup(*pair + strlen("password="));
  return NULL;
}
