/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "serve.h"

#include <curl/curl.h>
#include <signal.h>

#define LOOK_MS 20
#define LOOKS (PROCESS_PATIENCE_S * 1000 / LOOK_MS)

/* What is promised (issue: "leave within 10 s"), with a second for a machine that is busy. */
#define LEAVE_MS 11000

#define ADDRESS "state and figures on "

static void
pause_or_fail(Serve *serve, const char *what) {
  if (!process_ends(serve->process, LOOK_MS))
    return;
  g_auto(Said) said = process_wait(serve->process);
  g_error("the service ended with %d (signal %d) before %s: %s", said.code, said.signal, what,
          said.err);
}

static void
give_up(const Serve *serve, const char *what) {
  g_autofree char *err = process_err(serve->process);
  g_strdelimit(err, "\n", ' ');
  g_error("%s did not come; the log: %s", what, err);
}

void
serve_await_log(Serve *serve, const char *part) {
  for (guint i = 0; i < LOOKS; i++) {
    g_autofree char *err = process_err(serve->process);
    if (strstr(err, part) != NULL)
      return;
    pause_or_fail(serve, part);
  }
  give_up(serve, part);
}

void
serve_await(Serve *serve, const char *what, bool (*is)(Place *place)) {
  for (guint i = 0; i < LOOKS; i++) {
    if (is(serve->place))
      return;
    pause_or_fail(serve, what);
  }
  give_up(serve, what);
}

Serve *
serve_start(Place *place) {
  Serve *serve = g_new0(Serve, 1);
  serve->place = place;
  e2e_set(place, "monitor", "listen", "127.0.0.1:0");
  if (!g_key_file_has_key(place->config, "web", "listen", NULL))
    e2e_set(place, "web", "listen", "off");
  serve->process = e2e_start(place, "serve");
  serve_await_log(serve, "/metrics");
  g_autofree char *err = process_err(serve->process);
  const char *start = strstr(err, ADDRESS) + strlen(ADDRESS);
  serve->url = g_strndup(start, (gsize)(strstr(start, "/metrics") - start));
  return serve;
}

void
serve_free(Serve *serve) {
  if (serve == NULL)
    return;
  process_free(serve->process);
  g_free(serve->url);
  g_free(serve);
}

static size_t
collect(char *data, size_t size, size_t count, void *body) {
  g_string_append_len(body, data, (gssize)(size * count));
  return size * count;
}

long
serve_get(const Serve *serve, const char *path, char **body) {
  g_autofree char *url = g_strconcat(serve->url, path, NULL);
  g_autoptr(GString) text = g_string_new(NULL);
  CURL *curl = curl_easy_init();
  long status = 0;
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)PROCESS_PATIENCE_S);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, text);
  CURLcode code = curl_easy_perform(curl);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_cleanup(curl);
  if (code != CURLE_OK)
    g_error("%s: %s", url, curl_easy_strerror(code));
  if (body != NULL)
    *body = g_strdup(text->str);
  return status;
}

void
serve_await_ready(Serve *serve) {
  for (guint i = 0; i < LOOKS; i++) {
    if (serve_get(serve, "/readyz", NULL) == 200)
      return;
    pause_or_fail(serve, "it was ready");
  }
  give_up(serve, "readiness");
}

double
serve_metric(const Serve *serve, const char *name) {
  g_autofree char *body = NULL;
  g_assert_cmpint(serve_get(serve, "/metrics", &body), ==, 200);
  g_autofree char *start = g_strconcat("\n", name, " ", NULL);
  const char *found = strstr(body, start);
  if (found == NULL)
    g_error("/metrics has no %s", name);
  return g_ascii_strtod(found + strlen(start), NULL);
}

Said
serve_stop(Serve *serve) {
  process_signal(serve->process, SIGTERM);
  if (!process_ends(serve->process, LEAVE_MS))
    give_up(serve, "the end after SIGTERM");
  Said said = process_wait(serve->process);
  if (said.code != 0)
    g_error("the service ended with %d (signal %d): %s", said.code, said.signal, said.err);
  return said;
}
