/* Why a web-service call has no result, classed by what may have happened in Moodle: that decides
 * whether it may be made again.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "http/transfer.h"
#include "moodle/gateway.h"

typedef enum {
  WS_UNSENT,      /* it did not reach Moodle: no connection, TLS, a redirect. Nothing happened. */
  WS_UNAVAILABLE, /* not now: maintenance, 429, 503. Nothing happened, but see ws_client.h. */
  WS_REFUSED,     /* token, service, function: someone has to act. Nothing happened. */
  WS_EXCEPTION,   /* the function refused; errorcode tells what it says of itself */
  WS_LOST,        /* sent, and no whole answer that can be read came back: it may have happened */
  WS_UNSHOWN,     /* "invalidresponse": it ran, and its result could not be shown: likewise */
} WsFailureKind;

typedef struct {
  WsFailureKind kind;
  bool stopped;    /* UNSENT or LOST because a stop was asked for */
  bool may_pass;   /* see ws_failure_may_pass() */
  char *errorcode; /* Moodle's, "" when it gave none */
  char *text;      /* Moodle's or libcurl's words on one line, without markup and secrets */
  char *message;   /* a sentence for people: function, what, and what to do where that is clear */
} WsFailure;

void ws_failure_free(WsFailure *failure);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WsFailure, ws_failure_free)

/* Whether the call may have changed something. */
bool ws_failure_may_have_happened(const WsFailure *failure);

/* Whether this errorcode says that a record is not there: a course, a group, a company. From 5.1 on
 * Moodle names the table, and with it the kind, only to developers. */
bool ws_failure_missing(const char *errorcode);

/* Of Moodle's words, so much gets into a message. */
#define WS_FAILURE_MAX_TEXT 500

/* Whether that very answer may be another one soon: UNSENT (but not TLS, redirects and a url where
 * no Moodle is), UNAVAILABLE, and LOST (but not an answer that is too big). */
bool ws_failure_may_pass(const WsFailure *failure);

/* Reads what came back for a call of `function`. NULL and *result (which may be JSON null; free
 * with json_decref()) for a result, else the failure. `tries`: made so far, for the message. */
WsFailure *ws_failure_read(const char *function, const TransferResult *answer, guint tries,
                           json_t **result);

/* The same for one entry of the batch function's answer: a JSON text or an exception in one. */
WsFailure *ws_failure_read_entry(const char *function, const json_t *entry, json_t **result);

/* A failure found by looking at a result: Moodle answered something else than `function` promises.
 * The call may have happened. */
WsFailure *ws_failure_unexpected(const char *function, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* `cause` as a failure of a call that was not made. */
WsFailure *ws_failure_unsent(const char *function, const GError *cause);

/* The same for one that was sent, and whose answer was not waited for any longer: LOST. */
WsFailure *ws_failure_dropped(const char *function, const GError *cause);

/* A copy. Free with ws_failure_free(). */
WsFailure *ws_failure_copy(const WsFailure *failure);

/* As a gateway's error: UNAVAILABLE, REFUSED, FAILED or STOPPED. */
void ws_failure_propagate(const WsFailure *failure, GError **error);
