/* The web pages of a real service: they come up, answer, move when the configuration is read again,
 * speak TLS, and go with the service.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <curl/curl.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve.h"

#define ADDRESS "pages on "
#define RELOADED "the configuration was read again and is in force"
#define NOT_RELOADED "the configuration is not in force"

/* What an idle service may hold in memory. */
#define IDLE_KIB (30 * 1024)

static void
set_up(Place **place, gconstpointer data) {
  (void)data;
  *place = e2e_new(1);
  e2e_set(*place, "zms", "baseurl", "https://127.0.0.1:1/rest");
  e2e_set(*place, "tenants", "keys-dir", NULL);
  e2e_set(*place, "web", "listen", "127.0.0.1:0");
}

static void
tear_down(Place **place, gconstpointer data) {
  (void)data;
  e2e_free(*place);
}

/* Where the log last said that the pages are. */
static char *
address_of(const Serve *serve) {
  g_autofree char *err = process_err(serve->process);
  const char *start = g_strrstr(err, ADDRESS);
  g_assert_nonnull(start);
  start += strlen(ADDRESS);
  return g_strndup(start, strcspn(start, "\n"));
}

static size_t
collect(char *bytes, size_t size, size_t count, void *text) {
  g_string_append_len(text, bytes, (gssize)(size * count));
  return size * count;
}

/* 0: nobody answers. `ca` may be NULL. */
static long
ask(const char *address, const char *path, const char *ca, GString *body) {
  g_autofree char *url = g_strconcat(address, path, NULL);
  CURL *curl = curl_easy_init();
  long status = 0;
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)PROCESS_PATIENCE_S);
  curl_easy_setopt(curl, CURLOPT_CAINFO, ca);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
  if (curl_easy_perform(curl) == CURLE_OK)
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_cleanup(curl);
  return status;
}

static void
expect(const char *address, const char *path, const char *ca, long status) {
  g_autoptr(GString) body = g_string_new(NULL);
  long is = ask(address, path, ca, body);
  if (is != status)
    g_error("%s%s: %ld: %s", address, path, is, body->str);
}

static Serve *
start(Place *place) {
  Serve *serve = serve_start(place);
  serve_await_log(serve, ADDRESS);
  serve_await_ready(serve);
  return serve;
}

static void
stop(Serve *serve) {
  Said said = serve_stop(serve);
  process_said_clear(&said);
}

/* How often `part` stands in the log. */
static guint
told(const Serve *serve, const char *part) {
  g_autofree char *err = process_err(serve->process);
  guint count = 0;
  for (const char *at = err; (at = strstr(at, part)) != NULL; at++)
    count++;
  return count;
}

/* Writes the configuration as it is now, and lets the service read it; waits for its word. */
static void
reload(Serve *serve, const char *word) {
  guint before = told(serve, word);
  e2e_must(serve->place, 0, "schedule");
  process_signal(serve->process, SIGHUP);
  for (guint i = 0; i < PROCESS_PATIENCE_S * 50 && told(serve, word) == before; i++)
    if (process_ends(serve->process, 20))
      g_error("the service ended");
  g_assert_cmpuint(told(serve, word), >, before);
}

/* A port that nobody has just now. */
static guint
free_port(void) {
  union {
    struct sockaddr any;
    struct sockaddr_in four;
  } at = { .four = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) } };
  socklen_t length = sizeof at;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint(bind(fd, &at.any, sizeof at.four), ==, 0);
  g_assert_cmpint(getsockname(fd, &at.any, &length), ==, 0);
  close(fd);
  return ntohs(at.four.sin_port);
}

/* ── a quiet life ── */

static gint64
resident_kib(const Serve *serve) {
  g_autoptr(GBytes) status = process_proc(serve->process, "status");
  g_autofree char *text = g_strndup(g_bytes_get_data(status, NULL), g_bytes_get_size(status));
  const char *line = strstr(text, "VmRSS:");
  g_assert_nonnull(line);
  return g_ascii_strtoll(line + strlen("VmRSS:"), NULL, 10);
}

static void
test_up(Place **place, gconstpointer data) {
  (void)data;
  g_autoptr(Serve) serve = start(*place);
  g_autofree char *address = address_of(serve);
  g_test_message("idle: %" G_GINT64_FORMAT " KiB", resident_kib(serve));
#ifndef __SANITIZE_ADDRESS__
  g_assert_cmpint(resident_kib(serve), <, IDLE_KIB);
#endif
  g_assert_true(g_str_has_prefix(address, "http://127.0.0.1:"));
  expect(address, "", NULL, 303);
  expect(address, "static/style.css", NULL, 200);
  expect(address, "nothing", NULL, 404);
  g_test_message("after three requests: %" G_GINT64_FORMAT " KiB", resident_kib(serve));
  g_auto(Said) said = serve_stop(serve);
  g_assert_nonnull(strstr(said.err, "web: GET /nothing from 127.0.0.1: 404\n"));
  expect(address, "", NULL, 0);
}

/* Without [web] there are none, and an address that cannot be had is said at once. */
static void
test_off(Place **place, gconstpointer data) {
  (void)data;
  e2e_set(*place, "web", "listen", "off");
  g_autoptr(Serve) serve = serve_start(*place);
  serve_await_ready(serve);
  g_assert_cmpuint(told(serve, ADDRESS), ==, 0);
  stop(serve);
  e2e_set(*place, "web", "listen", "192.0.2.1:1");
  e2e_set(*place, "web", "trusted-proxies", "192.0.2.2");
  g_auto(Said) failed = e2e_expect(*place, 1, "serve");
  e2e_assert_has(failed.err, "192.0.2.1:1 is no address of this machine; set listen in [web] to ");
}

/* ── another configuration ── */

static void
test_move(Place **place, gconstpointer data) {
  (void)data;
  g_autoptr(Serve) serve = start(*place);
  g_autofree char *first = address_of(serve);
  g_autofree char *listen = g_strdup_printf("127.0.0.1:%u", free_port());
  g_autofree char *second = g_strdup_printf("http://%s/", listen);
  e2e_set(*place, "web", "listen", listen);
  reload(serve, RELOADED);
  expect(second, "", NULL, 303);
  expect(first, "", NULL, 0);
  /* Nothing is given up for what cannot be had. */
  e2e_set(*place, "web", "listen", "192.0.2.1:1");
  e2e_set(*place, "web", "trusted-proxies", "192.0.2.2");
  reload(serve, NOT_RELOADED);
  expect(second, "", NULL, 303);
  /* The same port on all addresses: ours is closed for it. */
  const char *port = strchr(listen, ':');
  g_autofree char *everywhere = g_strconcat("0.0.0.0", port, NULL);
  e2e_set(*place, "web", "listen", everywhere);
  reload(serve, RELOADED);
  expect(second, "", NULL, 303);
  e2e_set(*place, "web", "listen", "off");
  reload(serve, RELOADED);
  expect(second, "", NULL, 0);
  e2e_set(*place, "web", "listen", listen);
  reload(serve, RELOADED);
  expect(second, "", NULL, 303);
  stop(serve);
}

/* Hosts are another server on the same socket: nobody is turned away meanwhile. */
static void
test_hosts(Place **place, gconstpointer data) {
  (void)data;
  g_autofree char *listen = g_strdup_printf("127.0.0.1:%u", free_port());
  e2e_set(*place, "web", "listen", listen);
  g_autoptr(Serve) serve = start(*place);
  g_autofree char *address = g_strdup_printf("http://%s/", listen);
  for (guint i = 0; i < 3; i++) {
    g_autofree char *name = g_strdup_printf("name-%u.example", i);
    e2e_set(*place, "web", "hosts", name);
    reload(serve, RELOADED);
    expect(address, "", NULL, 303);
    g_assert_cmpuint(told(serve, ADDRESS), ==, i + 2);
  }
  reload(serve, RELOADED); /* nothing has changed */
  g_assert_cmpuint(told(serve, ADDRESS), ==, 4);
  stop(serve);
}

/* ── TLS ── */

static void
test_tls(Place **place, gconstpointer data) {
  (void)data;
  g_autofree char *ca = e2e_path(*place, "certs/ca.pem");
  g_autofree char *listen = g_strdup_printf("127.0.0.1:%u", free_port());
  e2e_set(*place, "web", "listen", listen);
  e2e_set(*place, "web", "certificate", "server.pem");
  e2e_set(*place, "web", "key", "server.key");
  g_autoptr(Serve) serve = start(*place);
  g_autofree char *address = address_of(serve);
  g_assert_true(g_str_has_prefix(address, "https://127.0.0.1:"));
  g_test_message("idle: %" G_GINT64_FORMAT " KiB", resident_kib(serve));
  expect(address, "", ca, 303);
  /* Plain on the same address, and back. */
  e2e_set(*place, "web", "certificate", NULL);
  e2e_set(*place, "web", "key", NULL);
  reload(serve, RELOADED);
  g_autofree char *plain = address_of(serve);
  g_assert_true(g_str_has_prefix(plain, "http://127.0.0.1:"));
  expect(plain, "", NULL, 303);
  stop(serve);
}

int
main(int argc, char *argv[]) {
  static const struct {
    const char *path;
    void (*run)(Place **, gconstpointer);
  } tests[] = {
    { "/e2e/web/up", test_up },       { "/e2e/web/off", test_off }, { "/e2e/web/move", test_move },
    { "/e2e/web/hosts", test_hosts }, { "/e2e/web/tls", test_tls },
  };
  g_test_init(&argc, &argv, NULL);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  for (guint i = 0; i < G_N_ELEMENTS(tests); i++)
    g_test_add(tests[i].path, Place *, NULL, set_up, tests[i].run, tear_down);
  return g_test_run();
}
