/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "canned.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Largest request that is read. */
#define MAX_REQUEST (64 * 1024)

char *
canned_answer(const char *status, const char *more, const char *body) {
  return g_strdup_printf("HTTP/1.1 %s\r\n%sContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
                         status, more, strlen(body), body);
}

/* Bytes the request has, as far as its head tells; 0 while that is not whole. */
static gsize
whole(const char *request) {
  const char *end = strstr(request, "\r\n\r\n");
  if (end == NULL)
    return 0;
  const char *length = strcasestr(request, "\r\nContent-Length:");
  gsize body = length != NULL && length < end
                   ? strtoul(length + strlen("\r\nContent-Length:"), NULL, 10)
                   : 0;
  return (gsize)(end - request) + strlen("\r\n\r\n") + body;
}

static char *
read_request(int peer) {
  char *request = g_malloc0(MAX_REQUEST);
  gsize have = 0;
  while (have < MAX_REQUEST - 1 && (whole(request) == 0 || have < whole(request))) {
    ssize_t got = read(peer, request + have, MAX_REQUEST - 1 - have);
    if (got <= 0)
      break;
    have += (gsize)got;
  }
  return request;
}

static gpointer
serve(gpointer data) {
  Canned *canned = data;
  for (int peer; (peer = accept(canned->socket, NULL, NULL)) >= 0; close(peer)) {
    g_autofree char *request = read_request(peer);
    g_atomic_int_inc(&canned->requests);
    g_autofree char *text = canned->answer(request, canned->data);
    g_assert_cmpint(send(peer, text, strlen(text), MSG_NOSIGNAL), ==, (gssize)strlen(text));
  }
  return NULL;
}

void
canned_start(Canned *canned, CannedFunc answer, gpointer data) {
  *canned = (Canned){ .answer = answer,
                      .data = data,
                      .socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t size = sizeof address;
  g_assert_cmpint(bind(canned->socket, (struct sockaddr *)&address, size), ==, 0);
  g_assert_cmpint(listen(canned->socket, 16), ==, 0);
  g_assert_cmpint(getsockname(canned->socket, (struct sockaddr *)&address, &size), ==, 0);
  canned->port = ntohs(address.sin_port);
  canned->thread = g_thread_new("canned", serve, canned);
}

void
canned_stop(Canned *canned) {
  shutdown(canned->socket, SHUT_RDWR);
  g_thread_join(canned->thread);
  close(canned->socket);
}
