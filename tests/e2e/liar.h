/* An HTTPS server that gives one and the same answer, and remembers what it was asked: for answers
 * that zms-sim, which is honest but for its faults, does not give.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

typedef struct {
  guint status;
  const char *body;        /* %s in it stands for the token it was sent */
  const char *location;    /* NULL: none */
  const char *retry_after; /* NULL: none */
} LiarAnswer;

typedef struct Liar Liar;

/* Listens on a free port of 127.0.0.1 with server.pem and server.key of the folder `certificates`,
 * and lets in only clients of its ca.pem. `answer` must outlive it. Free with liar_free(). */
Liar *liar_new(const char *certificates, const LiarAnswer *answer);
void liar_free(Liar *liar); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Liar, liar_free)

const char *liar_url(const Liar *liar);

/* Requests so far, and how many of them had a token. */
guint liar_requests(Liar *liar);
guint liar_tokens(Liar *liar);
