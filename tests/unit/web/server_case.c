/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server_case.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "service/open.h"

static void
on_thread_end(gpointer data) {
  ServerCase *test = data;
  g_mutex_lock(&test->lock);
  test->threads--;
  g_cond_broadcast(&test->changed);
  g_mutex_unlock(&test->lock);
}

static GPrivate thread_of = G_PRIVATE_INIT(on_thread_end);

static Store *
open_for_server(gpointer data, GError **error) {
  ServerCase *test = data;
  g_atomic_int_inc(&test->opened);
  g_mutex_lock(&test->lock);
  if (g_private_get(&thread_of) == NULL) {
    g_private_set(&thread_of, test);
    test->threads++;
  }
  test->hanging++;
  g_cond_broadcast(&test->changed);
  while (test->hang)
    g_cond_wait(&test->changed, &test->lock);
  test->hanging--;
  g_cond_broadcast(&test->changed);
  g_mutex_unlock(&test->lock);
  return open_store(test->base->config, error);
}

/* Whoever still holds what is the test's. */
static void
await_threads(ServerCase *test) {
  gint64 until = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
  g_mutex_lock(&test->lock);
  while (test->threads > 0 && g_cond_wait_until(&test->changed, &test->lock, until))
    continue;
  g_assert_cmpuint(test->threads, ==, 0);
  g_mutex_unlock(&test->lock);
}

static Config *
config_for_server(gpointer data) {
  return config_ref(((ServerCase *)data)->base->config);
}

static char *
ready(gpointer data) {
  (void)data;
  return NULL;
}

static gint64
no_next_run(gpointer data) {
  (void)data;
  return 0;
}

static void
on_wake(gpointer data) {
  (void)data;
}

ServerCase *
server_case_new(const char *more) {
  ServerCase *test = g_new0(ServerCase, 1);
  g_autofree char *text = g_strconcat("[web]\nlisten=127.0.0.1:0\n", more, NULL);
  test->base = web_case_new(text);
  test->limits = web_limits;
  test->context = (WebContext){ .clock = test->base->clock,
                                .open_store = open_for_server,
                                .config = config_for_server,
                                .unready = ready,
                                .next_run = no_next_run,
                                .wake = on_wake,
                                .user_data = test };
  g_mutex_init(&test->lock);
  g_cond_init(&test->changed);
  return test;
}

void
server_case_begin(ServerCase *test) {
  g_autoptr(GError) error = NULL;
  test->web = web_new_limited(test->base->config, &test->context, &test->limits, &error);
  g_assert_no_error(error);
  g_assert_nonnull(test->web);
}

void
server_case_free(ServerCase *test) {
  if (test == NULL)
    return;
  server_case_hang(test, false);
  web_free(test->web);
  await_threads(test);
  g_mutex_clear(&test->lock);
  g_cond_clear(&test->changed);
  web_case_free(test->base);
  g_free(test);
}

char *
server_case_path(const ServerCase *test, const char *name) {
  return g_build_filename(test->base->folder, name, NULL);
}

void
server_case_hang(ServerCase *test, bool hang) {
  g_mutex_lock(&test->lock);
  test->hang = hang;
  g_cond_broadcast(&test->changed);
  g_mutex_unlock(&test->lock);
}

void
server_case_await_hanging(ServerCase *test, guint count) {
  gint64 until = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
  g_mutex_lock(&test->lock);
  while (test->hanging != count && g_cond_wait_until(&test->changed, &test->lock, until))
    continue;
  g_assert_cmpuint(test->hanging, ==, count);
  g_mutex_unlock(&test->lock);
}

/* ── clients ── */

int
server_case_dial(const ServerCase *test) {
  struct sockaddr_in at = { .sin_family = AF_INET,
                            .sin_port = htons((guint16)web_port(test->web)),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct timeval limit = { .tv_sec = 20 };
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  g_assert_cmpint(connect(fd, (struct sockaddr *)&at, sizeof at), ==, 0);
  return fd;
}

void
server_case_send(int fd, const char *text) {
  gsize length = strlen(text), sent = 0;
  for (ssize_t some; sent < length; sent += (gsize)some)
    if ((some = send(fd, text + sent, length - sent, MSG_NOSIGNAL)) <= 0)
      return;
}

char *
server_case_hear(int fd, const char *end) {
  GString *text = g_string_new(NULL);
  char bytes[4096];
  ssize_t got = 0;
  while ((end == NULL || strstr(text->str, end) == NULL) &&
         (got = recv(fd, bytes, sizeof bytes, 0)) > 0)
    g_string_append_len(text, bytes, got);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
    g_error("waited for %s in vain, after: %s", end != NULL ? end : "the end", text->str);
  return g_string_free(text, FALSE);
}

char *
server_case_raw(const ServerCase *test, const char *request) {
  int fd = server_case_dial(test);
  server_case_send(fd, request);
  char *reply = server_case_hear(fd, NULL);
  close(fd);
  return reply;
}

char *
server_case_get(const ServerCase *test, const char *target) {
  g_autofree char *request =
      g_strdup_printf("GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", target);
  return server_case_raw(test, request);
}

guint
server_case_status(const char *reply) {
  return strncmp(reply, "HTTP/1.", 7) == 0 ? (guint)g_ascii_strtoull(reply + 9, NULL, 10) : 0;
}

char *
server_case_header(const char *reply, const char *name) {
  const char *end = strstr(reply, "\r\n\r\n");
  g_autofree char *start = g_strdup_printf("\r\n%s: ", name);
  const char *found = strstr(reply, start);
  if (found == NULL || end == NULL || found > end)
    return NULL;
  found += strlen(start);
  return g_strndup(found, strcspn(found, "\r"));
}

const char *
server_case_body(const char *reply) {
  const char *end = strstr(reply, "\r\n\r\n");
  return end != NULL ? end + 4 : "";
}

void
server_case_expect(const char *reply, guint status) {
  if (server_case_status(reply) != status)
    g_error("wanted %u, got: %s", status, reply);
}
