/* The HTTP(S) server below the simulators: connections, TLS, faults, statistics. What an address
 * means is up to the application. `GET /__stats` is answered here; neither it nor anything else
 * below "/__" is counted or disturbed by faults.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/clock.h"
#include "faults.h"
#include "request.h"

/* Connections at once; more wait until one ends. */
#define SERVER_MAX_CONNECTIONS 512

/* Seconds after which a stalled request ends without an answer. */
#define SERVER_STALL_S 120

/* Seconds after which a silent connection is closed. */
#define SERVER_IDLE_S 120

typedef struct {
  const char *address;           /* a loopback address: "127.0.0.1", "::1" */
  gint port;                     /* 0: any free one */
  const char *certificate, *key; /* PEM files; both NULL: plain HTTP */
  const char *client_ca;         /* PEM file; NULL: clients need no certificate */
  FaultsOptions faults;
} ServerOptions;

/* What is sent back. */
typedef struct {
  guint status;
  GString *body;     /* JSON, or what `type` says */
  const char *type;  /* Content-Type, or NULL for JSON */
  bool lost;         /* nothing is sent: the connection closes */
  char *retry_after; /* header, or NULL */
  const char *allow; /* header, or NULL */
} Answer;

/* Called in any of the server's threads. */
typedef struct {
  /* Words for the kinds of requests, for the statistics; ended by NULL. */
  const char *const *kinds;

  /* The index in `kinds` of a request, whose body has been read. */
  guint (*kind)(gpointer data, const Request *request);

  /* Answers a request. `answer` has status 200 and an empty body. */
  void (*handle)(gpointer data, const Request *request, Faults *faults, Answer *answer);

  /* Answers a request whose path begins with "/__". */
  void (*control)(gpointer data, const Request *request, Answer *answer);

  /* Makes an error document of `answer`, whatever it held. */
  void (*error)(gpointer data, guint status, const char *detail, Answer *answer);

  gpointer data;

  /* Bytes of a body that are read and kept in the request; 0: bodies are thrown away. */
  gsize max_body;
} ServerApp;

typedef struct Server Server;

/* Listens and serves in threads of its own from now on. `app` and `clock` must outlive it. NULL and
 * `error` (SIM_ERROR) when it cannot. Free with server_free(), which closes all connections. */
Server *server_new(const ServerOptions *options, const ServerApp *app, Clock *clock,
                   GError **error);
void server_free(Server *server); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Server, server_free)

/* "https://127.0.0.1:8443", without a slash at the end. */
const char *server_url(const Server *server);
