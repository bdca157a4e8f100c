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
typedef enum { WEB_ERROR_FAILED /* the certificate cannot be used */ } WebError;

#define WEB_MAX_CONNECTIONS 512
#define WEB_MAX_STREAMS 64  /* of events */
#define WEB_THREADS 4       /* that answer */
#define WEB_MAX_WAITING 128 /* requests that no thread has taken yet */
/* What a connection may hold: a request's line and headers, and the answer's headers, for which
 * this much is kept free. */
#define WEB_MEMORY (24 * 1024)
#define WEB_ANSWER_ROOM (8 * 1024)
/* A connection on which nothing comes or goes is closed. */
#define WEB_IDLE_S 30
/* A request must be there, whole, so long after the one before it was answered; its answer must be
 * taken in this time. */
#define WEB_REQUEST_S 60
#define WEB_SEND_S (5 * 60)
/* So long a request waits for a thread, and for what the thread does (a store that hangs), before
 * it is told 503. */
#define WEB_QUEUED_S 10
#define WEB_ANSWER_S 30
/* A thread that had nothing to do for so long goes, and closes its store. */
#define WEB_REST_S 30
/* A stream of events ends then; the browser asks again. */
#define WEB_STREAM_S (10 * 60)
/* One that has nothing to say shows that it lives. */
#define WEB_BEAT_S 15

typedef struct Web Web;

/* Listens where [web] of `config` says (not NULL); port 0 takes a free one. Errors are those of
 * base/listen.h, WEB_ERROR, or that there are no threads. */
Web *web_new(const Config *config, const WebContext *context, GError **error);

/* The server for another configuration, in place of `before`, which is still there and is then
 * freed: they share what is being worked at (previews, checks), and where the address is the same
 * the socket, so that nobody is turned away. */
Web *web_follow(const Web *before, const Config *config, GError **error);

guint web_port(const Web *web);
bool web_is_tls(const Web *web);

/* Ends within two seconds: who is not answered yet may be cut off. A thread that hangs (in a store
 * that does not answer, in a preview or check) is left behind: then false, and what is behind the
 * context must last until it is done, or until the process ends. NULL is fine. */
bool web_free(Web *web);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Web, web_free)

/* Whether `web` (NULL: none) is what the configuration asks for; no, when its certificate was
 * renewed. */
bool web_fits(const Web *web, const Config *config);
