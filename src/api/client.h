/* Many GETs of one tenant, several in flight: starts them as the host's limiter allows, tries again
 * what may succeed later, and hands every answer to its owner in the calling thread. One pool of
 * connections per client.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "api/authenticator.h"
#include "api/rate.h"
#include "api/response.h"
#include "base/clock.h"
#include "base/stop.h"
#include "http/transfer.h"

/* Delay before try n+1: 0.5 s × 2^(n−1), at most 30 s, each made longer or shorter by up to half,
 * so that many who failed together do not come back together. */
#define CLIENT_RETRY_FIRST (G_TIME_SPAN_SECOND / 2)
#define CLIENT_RETRY_MAX (30 * G_TIME_SPAN_SECOND)

/* Counted over all clients that share it. */
typedef struct {
  _Atomic guint64 requests, retries, throttled, connections, bytes;
} ClientStats;

/* What is behind the pointers must outlive the client. */
typedef struct {
  Clock *clock;
  const Stop *stop; /* NULL: nobody stops us */
  Rate *rate;
  ClientStats *stats;
  TransferOptions transfer; /* the identity is put in by the client */
  guint connections;        /* in flight at most */
  guint attempts;           /* tries per request in all */
  gint64 max_retry_after_s;
  guint32 seed; /* of the jitter */
} ClientOptions;

typedef struct Client Client;

/* Takes `authenticator`. Free with client_free(). */
Client *client_new(const ClientOptions *options, Authenticator *authenticator, GError **error);
void client_free(Client *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Client, client_free)

/* Requests 0 … count−1. */
typedef struct {
  guint count;
  bool spaced;  /* they keep the configured gap */
  bool discard; /* nobody wants the bodies */
  /* The address of request `index`. Free with g_free(). */
  char *(*url)(guint index, gpointer user_data);
  /* Called once for each, in the order the answers came: `failure` is NULL for a whole 2xx, else
   * why there is none (owned by the client). False and `error` end the batch: what is in flight is
   * dropped. */
  bool (*done)(guint index, const Response *response, const GError *failure, gpointer user_data,
               GError **error);
} ClientBatch;

/* Runs a batch to its end. False and `error`: `done` said so, or API_ERROR_STOPPED. */
bool client_run(Client *client, const ClientBatch *batch, gpointer user_data, GError **error);
