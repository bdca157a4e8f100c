/* An HTTP server of a few lines: one connection after the other, one answer each, made up by the
 * test.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* The whole answer, status line and all, to a request with its body; freed with g_free(). Called in
 * the server's thread. */
typedef char *(*CannedFunc)(const char *request, gpointer data);

typedef struct {
  CannedFunc answer;
  gpointer data;
  int socket;
  guint16 port; /* on 127.0.0.1 */
  GThread *thread;
  gint requests; /* atomic */
} Canned;

void canned_start(Canned *canned, CannedFunc answer, gpointer data);
void canned_stop(Canned *canned);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Canned, canned_stop)

/* An answer: `status` is "200 OK", `more` further header lines, each ended by CR LF. */
char *canned_answer(const char *status, const char *more, const char *body);
