/* The server over real sockets, in a site of the test's own: how it is made, how its store hangs,
 * and how rough clients speak to it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "web/server_private.h"
#include "web_case.h"

#define MS ((gint64)1000)

typedef struct {
  WebCase *base; /* folder, configuration, clock */
  WebContext context;
  WebLimits limits; /* as the server's own until a test changes them */
  Web *web;

  GMutex lock;
  GCond changed;
  bool hang;     /* opening the store waits until this is false */
  guint hanging; /* so many wait */
  guint threads; /* that opened one and have not ended: also those that a server left behind */
  gint opened;   /* atomic: how often the store was */
} ServerCase;

/* [web] listens on a free port of 127.0.0.1; `more` is what else it has ("hosts=a\n…"). */
ServerCase *server_case_new(const char *more);
void server_case_begin(ServerCase *test);
void server_case_free(ServerCase *test);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ServerCase, server_case_free)

/* A file of the folder. Free with g_free(). */
char *server_case_path(const ServerCase *test, const char *name);

void server_case_hang(ServerCase *test, bool hang);
void server_case_await_hanging(ServerCase *test, guint count);

/* A connection; reading waits 20 s at most. */
int server_case_dial(const ServerCase *test);
/* Sends all of it, or until the other side hangs up. */
void server_case_send(int fd, const char *text);
/* What comes until `end` is in it (or NULL: until the connection is closed). g_free(). */
char *server_case_hear(int fd, const char *end);

/* One request as it is, on a connection of its own, and all that comes back; it must say
 * "Connection: close" where it would be kept. g_free(). */
char *server_case_raw(const ServerCase *test, const char *request);

/* GET of `target` for Host 127.0.0.1. */
char *server_case_get(const ServerCase *test, const char *target);

/* "HTTP/1.1 404 …" → 404; 0 for silence. */
guint server_case_status(const char *reply);
/* The value of a header, NULL when there is none. g_free(). */
char *server_case_header(const char *reply, const char *name);
/* What follows the empty line. */
const char *server_case_body(const char *reply);

/* Fails the test, showing both, unless `reply` has the status. */
void server_case_expect(const char *reply, guint status);
