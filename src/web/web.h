/* The web pages and the JSON interface of `lehrgaenge serve`: an HTTP server (libmicrohttpd) of its
 * own, over TLS when it has a certificate.
 *
 * One thread holds the connections; requests are answered by a few others, each with its own store,
 * so that one that takes long keeps only itself waiting. Everything is bounded (below); who asks
 * for more is told 503, or is cut off.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "web/site.h"

#define WEB_ERROR (web_error_quark())
GQuark web_error_quark(void);
typedef enum {
  WEB_ERROR_ADDRESS, /* not one, or not this machine's */
  WEB_ERROR_BUSY,    /* another program listens there */
  WEB_ERROR_FAILED,  /* the certificate cannot be used, no threads */
} WebError;

#define WEB_MAX_CONNECTIONS 512
#define WEB_MAX_STREAMS 64  /* of events */
#define WEB_THREADS 4       /* that answer */
#define WEB_MAX_WAITING 128 /* requests that no thread has taken yet */
/* What a connection may hold: a request's line and headers, and what goes out at once. */
#define WEB_MEMORY (16 * 1024)
/* A connection on which nothing comes or goes is closed. */
#define WEB_IDLE_S 30
/* A request must be there, whole, so long after the one before it was answered. */
#define WEB_REQUEST_S 60
/* A stream of events ends then; the browser asks again. */
#define WEB_STREAM_S (10 * 60)

typedef struct Web Web;

/* Listens where [web] of `config` says; port 0 takes a free one. */
Web *web_new(const Config *config, const WebContext *context, GError **error);
guint web_port(const Web *web);

/* Ends in a few seconds at most: who is not answered yet may be cut off, a preview or check under
 * way is left. NULL is fine. */
void web_free(Web *web);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Web, web_free)

/* Whether two configurations ask for the same server. */
bool web_same(const Config *left, const Config *right);
