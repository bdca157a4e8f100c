/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls-server.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* Closes each connection after its answer, so that the next request shakes hands again. */
#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]"

struct TlsServer {
  SSL_CTX *context;
  int listener;
  char *url;
  bool cut_off;
  GThread *thread;
  gint closing, handshakes, resumed, requests; /* atomic */
};

static void
serve(TlsServer *server, int connection) {
  char buffer[4096];
  SSL *ssl = SSL_new(server->context);
  SSL_set_fd(ssl, connection);
  g_atomic_int_inc(&server->handshakes);
  if (server->cut_off)
    (void)!read(connection, buffer, 16);
  else if (SSL_accept(ssl) == 1) {
    gsize got = 0;
    for (int n; got < sizeof buffer - 1; got += (gsize)n) {
      n = SSL_read(ssl, buffer + got, (int)(sizeof buffer - 1 - got));
      if (n <= 0)
        break;
      buffer[got + (gsize)n] = '\0';
      if (strstr(buffer, "\r\n\r\n") == NULL)
        continue;
      g_atomic_int_add(&server->resumed, SSL_session_reused(ssl));
      g_atomic_int_inc(&server->requests);
      SSL_write(ssl, ANSWER, (int)strlen(ANSWER));
      break;
    }
    SSL_shutdown(ssl);
  }
  /* Waits for the other side to hang up, or a reset would overtake the alert. */
  if (!server->cut_off) {
    shutdown(connection, SHUT_WR);
    while (read(connection, buffer, sizeof buffer) > 0)
      continue;
  }
  SSL_free(ssl);
  close(connection);
}

static gpointer
run(gpointer data) {
  TlsServer *server = data;
  while (g_atomic_int_get(&server->closing) == 0) {
    struct pollfd wait = { .fd = server->listener, .events = POLLIN };
    if (poll(&wait, 1, 20) != 1)
      continue;
    int connection = accept(server->listener, NULL, NULL);
    if (connection >= 0)
      serve(server, connection);
  }
  return NULL;
}

static void
load(TlsServer *server, const char *dir, const char *name, const char *client_ca, int version) {
  g_autofree char *certificate = g_strdup_printf("%s/%s.pem", dir, name);
  g_autofree char *key = g_strdup_printf("%s/%s.key", dir, name);
  server->context = SSL_CTX_new(TLS_server_method());
  SSL_CTX_set_min_proto_version(server->context, version);
  SSL_CTX_set_max_proto_version(server->context, version);
  SSL_CTX_set_security_level(server->context, 0); /* or TLS 1.1 would not even be offered */
  g_assert_cmpint(SSL_CTX_use_certificate_file(server->context, certificate, SSL_FILETYPE_PEM), ==,
                  1);
  g_assert_cmpint(SSL_CTX_use_PrivateKey_file(server->context, key, SSL_FILETYPE_PEM), ==, 1);
  SSL_CTX_set_session_id_context(server->context, (const guchar *)"test", 4);
  if (client_ca == NULL)
    return;
  g_autofree char *authority = g_strdup_printf("%s/%s.pem", dir, client_ca);
  g_assert_cmpint(SSL_CTX_load_verify_locations(server->context, authority, NULL), ==, 1);
  SSL_CTX_set_client_CA_list(server->context, SSL_load_client_CA_file(authority));
  SSL_CTX_set_verify(server->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
}

TlsServer *
tls_server_new(const char *dir, const char *name, const char *client_ca, int version,
               bool cut_off) {
  TlsServer *server = g_new0(TlsServer, 1);
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t size = sizeof address;
  load(server, dir, name, client_ca, version);
  server->cut_off = cut_off;
  server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint(bind(server->listener, (struct sockaddr *)&address, size), ==, 0);
  g_assert_cmpint(listen(server->listener, 16), ==, 0);
  getsockname(server->listener, (struct sockaddr *)&address, &size);
  server->url = g_strdup_printf("https://127.0.0.1:%u", ntohs(address.sin_port));
  server->thread = g_thread_new("tls-server", run, server);
  return server;
}

void
tls_server_free(TlsServer *server) {
  if (server == NULL)
    return;
  g_atomic_int_set(&server->closing, 1);
  g_thread_join(server->thread);
  close(server->listener);
  SSL_CTX_free(server->context);
  g_free(server->url);
  g_free(server);
}

const char *
tls_server_url(TlsServer *server) {
  return server->url;
}

guint
tls_server_handshakes(TlsServer *server) {
  return (guint)g_atomic_int_get(&server->handshakes);
}

guint
tls_server_resumed(TlsServer *server) {
  return (guint)g_atomic_int_get(&server->resumed);
}

guint
tls_server_requests(TlsServer *server) {
  return (guint)g_atomic_int_get(&server->requests);
}
