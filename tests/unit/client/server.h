/* An HTTP server inside the test: it answers each path, GET or POST, from a script and remembers
 * what it was asked.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct Server Server;

/* On a free port of 127.0.0.1, answering as many at once as are asked. Free with server_free(). */
Server *server_new(void);
void server_free(Server *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Server, server_free)

/* "http://127.0.0.1:PORT"; borrowed. */
const char *server_url(Server *server);

/* One scripted answer. Texts must be literals or outlive the server. */
typedef struct {
  guint status;               /* 0: hang up without any answer */
  const char *body;           /* NULL: none */
  gsize length;               /* of `body`; 0: as long as it is as text */
  const char *header, *value; /* one header; NULL: none */
  bool truncate;              /* announce twice the length, send `length`, hang up */
  gint64 repeat;              /* send `body` so many times; 0 is once */
} Answer;

/* Adds an answer for `path` (as sent, with its query): given in order, the last one again and
 * again. Other paths get 404. */
void server_answer(Server *server, const char *path, Answer answer);

/* Instead of the script: makes the answer to a request with this body. Called in the server's
 * threads; `answer->body`, if set, is freed with g_free() by the server. */
typedef void (*ServerReply)(const char *path, const char *body, Answer *answer, gpointer user_data);
void server_set_reply(Server *server, ServerReply reply, gpointer user_data);

/* Called for every request before it is answered, in the server's thread; may wait. */
typedef void (*ServerHook)(Server *server, const char *path, gpointer user_data);
void server_set_hook(Server *server, ServerHook hook, gpointer user_data);

/* Holds each request until `together` of them are there at once (0: not at all), or 5 s are over.
 */
void server_gather(Server *server, guint together);

/* Paths asked for, in the order they came, separated by blanks. Free with g_free(). */
char *server_log(Server *server);
guint server_count(Server *server);   /* requests so far */
guint server_peak(Server *server);    /* most of them at once */
bool server_gathered(Server *server); /* whether no gathering ran out of time */

/* The body of request `number` (from 0, in the order they came), "" when it had none or there was
 * no such request. Free with g_free(). */
char *server_body(Server *server, guint number);

/* The header of the last request, "" when it had none. Free with g_free(). */
char *server_last_header(Server *server, const char *name);
