/* Words for what came back from a server, fit for messages.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "http/transfer.h"

/* Of a foreign body or text, so much gets into a message (SPEC 1). */
#define PHRASE_MAX_SHOWN 1024

/* Of the address a redirect leads to. */
#define PHRASE_MAX_LOCATION 200

/* Foreign text on one line, without secrets, at most `max` bytes of it. `length` in bytes. Free
 * with g_free(). */
char *phrase_line(const char *text, gsize length, gsize max);

/* "404 Not Found", "301 Moved Permanently to https://…", "418". Free with g_free(). */
char *phrase_status(const TransferResult *result);

/* Why no whole answer came, when result->code is not CURLE_OK. Free with g_free(). */
char *phrase_problem(const TransferResult *result);

/* "the answer is larger than 5000 bytes". Free with g_free(). */
char *phrase_too_big(const TransferResult *result);

/* The sentence "subject: what.", followed by " Tried n times." when `tries` is more than one and by
 * `remedy` when it is not empty, without secrets. Free with g_free(). */
char *phrase_sentence(const char *subject, const char *what, guint tries, const char *remedy);

/* What kind of TLS failure stopped it. None of them passes by itself. */
typedef enum {
  PHRASE_TLS_NONE,        /* it was something else, perhaps a lost connection */
  PHRASE_TLS_REFUSED,     /* the server refused our client certificate, or misses one */
  PHRASE_TLS_UNTRUSTED,   /* we do not trust the server's certificate */
  PHRASE_TLS_AUTHORITIES, /* the file of authorities cannot be read */
  PHRASE_TLS_OURS,        /* our certificate or key cannot be used */
  PHRASE_TLS_WANTED,      /* the server asks for a client certificate */
  PHRASE_TLS_HANDSHAKE,   /* the two sides could not agree */
} PhraseTls;
PhraseTls phrase_tls(const TransferResult *result);

/* What to do about UNTRUSTED and AUTHORITIES, when the server is called `who` and its address is
 * set as `key`; NULL for all others. Free with g_free(). */
char *phrase_tls_trust(PhraseTls fault, const char *who, const char *key);
