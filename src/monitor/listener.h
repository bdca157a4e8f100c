/* What can be seen from outside: GET /healthz, /readyz and /metrics on a listener of its own
 * (libmicrohttpd, one thread that sleeps until somebody asks; a scrape is put together by a
 * short-lived one of its own, so that it keeps nobody else waiting).
 *
 * /healthz: 200 while the service lives. /readyz: 200 when it can work, else 503 with a line per
 * reason. /metrics: Prometheus' text format: runs by status, last success per tenant, seconds per
 * phase, requests by status to ZMS and Moodle, tasks by kind and state, days left per certificate.
 *
 * The store is opened for a scrape and closed after it: a listener that nobody asks holds nothing.
 * It is asked by a thread of its own, for which a scrape waits LISTENER_STORE_WAIT_S at most; then
 * the answer says lehrgaenge_store_up 0 and tells only what needs no store. Scrapes that come while
 * the store is being asked share what it says.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/clock.h"
#include "config/config.h"
#include "store/store.h"

/* More have to wait until one of them is answered. */
#define LISTENER_MAX_CONNECTIONS 32
/* A connection on which nothing comes or goes is closed. */
#define LISTENER_TIMEOUT_S 10
/* What a connection may hold: the longest request with its headers, and what goes out at once. */
#define LISTENER_MEMORY (8 * 1024)
/* Shorter than the 10 s after which Prometheus gives up. */
#define LISTENER_STORE_WAIT_S 5

/* All of it is called from the listener's threads, also from several at once; only open_store from
 * one at a time. */
typedef struct {
  Clock *clock;
  Store *(*open_store)(gpointer user_data, GError **error);
  Config *(*config)(gpointer user_data); /* the one in force; freed with config_free() */
  /* NULL: alive, or ready; else why not, a line per reason. Free with g_free(). Must not wait for
   * anything that can hang. */
  char *(*unhealthy)(gpointer user_data);
  char *(*unready)(gpointer user_data);
  gint64 (*next_run)(gpointer user_data); /* Unix seconds; 0: not known */
  gpointer user_data;
  guint store_wait_ms; /* 0: LISTENER_STORE_WAIT_S; tests have less time */
} ListenerContext;

typedef struct Listener Listener;

/* `address` as CONFIG_KEY_LISTEN has it; port 0 takes a free one. `context` is copied; what is
 * behind it must outlive the listener. Errors are those of base/listen.h. Free with
 * listener_free(). */
Listener *listener_new(const char *address, const ListenerContext *context, GError **error);
guint listener_port(const Listener *listener);

/* Ends at once: who is not answered yet may be cut off. A thread that is asking a store that hangs
 * is left behind after a second: then false, and what is behind the context must last until it is
 * done, or until the process ends. NULL is fine. */
bool listener_free(Listener *listener);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Listener, listener_free)
