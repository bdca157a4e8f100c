/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/listen.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"

G_DEFINE_QUARK(lehrgaenge - listen - error - quark, listen_error)

char *
listen_host(const char *address, const char **port) {
  const char *colon = strrchr(address, ':');
  if (colon == NULL || colon == address)
    return NULL;
  if (port != NULL)
    *port = colon + 1;
  if (address[0] == '[')
    return colon - address > 2 && colon[-1] == ']'
               ? g_strndup(address + 1, (gsize)(colon - address) - 2)
               : NULL;
  return g_strndup(address, (gsize)(colon - address));
}

static struct addrinfo *
resolve(const char *address, const char *group, const char *example, GError **error) {
  const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                                  .ai_socktype = SOCK_STREAM };
  const char *port = NULL;
  autochar host = listen_host(address, &port);
  struct addrinfo *result = NULL;
  if (text_empty(host) || getaddrinfo(host, port, &hints, &result) != 0)
    g_set_error(error, LISTEN_ERROR, LISTEN_ERROR_ADDRESS,
                "%s is not a numeric address with a port; set listen in [%s] to one such as %s, or "
                "to off",
                address, group, example);
  return result;
}

void
listen_complain(const char *address, const char *group, const char *example, int why,
                GError **error) {
  if (why == EADDRINUSE)
    g_set_error(error, LISTEN_ERROR, LISTEN_ERROR_BUSY,
                "another program listens on %s already, perhaps another lehrgaenge serve; end it, "
                "or set listen in [%s] to another port",
                address, group);
  else if (why == EADDRNOTAVAIL)
    g_set_error(error, LISTEN_ERROR, LISTEN_ERROR_ADDRESS,
                "%s is no address of this machine; set listen in [%s] to one that is, such as %s",
                address, group, example);
  else
    g_set_error(error, LISTEN_ERROR, LISTEN_ERROR_FAILED,
                "cannot listen on %s: %s; set listen in [%s] to another address or port", address,
                g_strerror(why), group);
}

/* −1 and errno when it cannot be had. A port that was just left is taken again at once. */
static int
open_at(const struct addrinfo *at, int backlog, guint *port) {
  int yes = 1;
  int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return -1;
  union {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
  } bound = { 0 };
  socklen_t length = sizeof bound;
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
      (at->ai_family == AF_INET6 &&
       setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes) != 0) ||
      bind(fd, at->ai_addr, at->ai_addrlen) != 0 || listen(fd, backlog) != 0 ||
      getsockname(fd, &bound.any, &length) != 0) {
    int why = errno;
    close(fd);
    errno = why;
    return -1;
  }
  *port = ntohs(at->ai_family == AF_INET6 ? bound.six.sin6_port : bound.four.sin_port);
  return fd;
}

int
listen_open(const char *address, const char *group, const char *example, int backlog, guint *port,
            GError **error) {
  struct addrinfo *at = resolve(address, group, example, error);
  if (at == NULL)
    return -1;
  int fd = open_at(at, backlog, port);
  int why = errno;
  freeaddrinfo(at);
  if (fd < 0)
    listen_complain(address, group, example, why, error);
  return fd;
}
