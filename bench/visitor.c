/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "visitor.h"

#include <curl/curl.h>
#include <string.h>
#include <time.h>

#include "child.h"
#include "web/access.h"

#define NAME "bench"
#define SAYS "pages on "
/* So long it may take to come up. */
#define LOOKS 300

struct Visitor {
  CURL *curl;
  struct curl_slist *headers;
  char *url;
};

/* ── the service ── */

static bool
sign_in(Store *store, Site *site, GError **error) {
  const StoreAccess *access = store->class->access;
  gint64 now = time(NULL);
  if (!access_init(error))
    return false;
  g_autofree char *secret = access_new_secret(), *hash = access_hash_secret(secret);
  StoreAccount account = { .name = (char *)NAME,
                           .password = (char *)"*",
                           .role = ROLE_ADMIN,
                           .tenants = (char *)"",
                           .email = (char *)"",
                           .language = (char *)"en" };
  if (!access->account_add(store, &account, now, error))
    return false;
  const StoreSession session = { .hash = hash,
                                 .account = account.id,
                                 .address = (char *)"127.0.0.1",
                                 .timecreated = now,
                                 .timeused = now };
  if (!access->session_add(store, &session, error))
    return false;
  site->cookie = g_strdup_printf("Cookie: %s=%s", ACCESS_COOKIE, secret);
  site->csrf = access_csrf(secret);
  return true;
}

static char *
find_url(const char *log) {
  g_autofree char *text = NULL;
  if (!g_file_get_contents(log, &text, NULL, NULL))
    return NULL;
  const char *found = strstr(text, SAYS);
  const char *end = found == NULL ? NULL : strchr(found, '\n');
  if (end == NULL)
    return NULL;
  found += strlen(SAYS);
  return g_strndup(found, (gsize)(end - found) - (end[-1] == '/' ? 1 : 0));
}

static bool
await(const char *log, Site *site, GError **error) {
  for (guint i = 0; i < LOOKS; i++) {
    site->url = find_url(log);
    if (site->url != NULL)
      return true;
    g_usleep(G_USEC_PER_SEC / 10);
  }
  g_set_error(error, CHILD_ERROR, 0, "serve does not say where its pages are");
  return false;
}

bool
site_start(const StageOptions *options, Stage *stage, const char *config, Store *store, Site *site,
           GError **error) {
  const char *const argv[] = { options->program, "--config", config, "--verbose", "serve", NULL };
  g_autofree char *output = stage_path(stage, "pages"), *log = stage_path(stage, "pages.err");
  *site = (Site){ 0 };
  if (!sign_in(store, site, error))
    return false;
  site->pid = child_background(argv, output, error);
  return site->pid > 0 && await(log, site, error);
}

void
site_clear(Site *site) {
  child_end(site->pid);
  g_free(site->url);
  g_free(site->cookie);
  g_free(site->csrf);
  *site = (Site){ 0 };
}

/* ── a visitor ── */

static size_t
collect(char *data, size_t size, size_t count, void *body) {
  g_string_append_len(body, data, (gssize)(size * count));
  return size * count;
}

Visitor *
visitor_new(const Site *site) {
  Visitor *visitor = g_new0(Visitor, 1);
  g_autofree char *csrf = g_strdup_printf("X-CSRF-Token: %s", site->csrf);
  visitor->url = g_strdup(site->url);
  visitor->curl = curl_easy_init();
  visitor->headers = curl_slist_append(visitor->headers, site->cookie);
  visitor->headers = curl_slist_append(visitor->headers, csrf);
  visitor->headers = curl_slist_append(visitor->headers, "Content-Type: application/json");
  curl_easy_setopt(visitor->curl, CURLOPT_HTTPHEADER, visitor->headers);
  curl_easy_setopt(visitor->curl, CURLOPT_WRITEFUNCTION, collect);
  curl_easy_setopt(visitor->curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(visitor->curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(visitor->curl, CURLOPT_TIMEOUT, 30L);
  return visitor;
}

void
visitor_free(Visitor *visitor) {
  if (visitor == NULL)
    return;
  curl_easy_cleanup(visitor->curl);
  curl_slist_free_all(visitor->headers);
  g_free(visitor->url);
  g_free(visitor);
}

long
visitor_ask(Visitor *visitor, const char *path, const char *json, char **body, gdouble *seconds) {
  g_autofree char *url = g_strconcat(visitor->url, path, NULL);
  GString *text = g_string_new(NULL);
  double took = 0;
  long status = 0;
  curl_easy_setopt(visitor->curl, CURLOPT_URL, url);
  curl_easy_setopt(visitor->curl, CURLOPT_WRITEDATA, text);
  if (json != NULL)
    curl_easy_setopt(visitor->curl, CURLOPT_POSTFIELDS, json);
  else
    curl_easy_setopt(visitor->curl, CURLOPT_HTTPGET, 1L);
  if (curl_easy_perform(visitor->curl) == CURLE_OK)
    curl_easy_getinfo(visitor->curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(visitor->curl, CURLINFO_TOTAL_TIME, &took);
  if (seconds != NULL)
    *seconds = took;
  if (body != NULL)
    *body = g_string_free(text, FALSE);
  else
    g_string_free(text, TRUE);
  return status;
}
