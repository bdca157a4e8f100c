/* Calls of Moodle's web-service functions, several in flight. One libcurl multi handle, used by one
 * thread at a time.
 *
 * What failed without having happened is tried again with growing, jittered delay; a read whose
 * answer was lost too. A write is never repeated here once it may have happened; to one, a 503
 * without Retry-After is a lost answer (WS_LOST), for not only Moodle itself says that.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/clock.h"
#include "base/stop.h"
#include "moodle/webservice/webservice.h"
#include "moodle/webservice/ws_failure.h"

/* Delay before try n+1: this × 2^(n−1), at most the longest, each up to half longer or shorter. */
#define WS_RETRY_FIRST (G_TIME_SPAN_SECOND / 2)
#define WS_RETRY_MAX (30 * G_TIME_SPAN_SECOND)

/* A Retry-After is followed up to this many seconds. Who asks for more (maintenance does) is not
 * waited for: the next run comes anyway. */
#define WS_RETRY_AFTER_MAX 30

/* So many calls in a row that did not reach Moodle, were sent away, or (reads) lost their answer,
 * each after its last try, and it counts as gone: what is left of the batch gets that failure
 * without a request. */
#define WS_CLIENT_MAX_SILENT 4

typedef struct WsClient WsClient;

/* Takes copies of url and token. No request is made yet. GATEWAY_ERROR_CONFIG when the url cannot
 * be used or libcurl lacks something. `clock` and `stop` (may be NULL) must outlive it. */
WsClient *ws_client_new(const WebserviceOptions *options, Clock *clock, const Stop *stop,
                        GError **error);
void ws_client_free(WsClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WsClient, ws_client_free)

/* Calls 0 … count−1. */
typedef struct {
  guint count;
  guint parallel;  /* in flight at most; 0: as many as configured */
  guint timeout_s; /* 0: the configured one */
  bool write;
  bool heavy;   /* ws_read_run(): each call is so much work that few of them are spread, too */
  bool fragile; /* a lost answer is not asked for again here; the caller asks for less at once */
  /* The arguments of call `index`, an object that is taken over; *function is what it calls. Asked
   * for again when the call is repeated. */
  json_t *(*arguments)(guint index, const char **function, gpointer user_data);
  /* Called once for each, in the order the answers came: either `result` (may be JSON null) or
   * `failure`; both are the client's. Must not call the client. */
  void (*done)(guint index, const json_t *result, const WsFailure *failure, gpointer user_data);
} WsBatch;

/* Makes them all. False only when nothing more can be done: libcurl failed, or a stop was asked for
 * (GATEWAY_ERROR_STOPPED). Then no new call begins, and those in flight are finished and handed
 * out; what is still in flight when the stop is overdue (stop.h) is dropped: it is not handed out,
 * and may have happened. */
bool ws_client_run(WsClient *client, const WsBatch *batch, gpointer user_data, GError **error);

/* One call of `function`; takes `arguments`. The result, to be freed with json_decref(), or NULL
 * and `*failure` (free with ws_failure_free()). A stop asked for counts as UNSENT, or as LOST when
 * the call was in flight and dropped. */
json_t *ws_client_call(WsClient *client, bool write, guint timeout_s, const char *function,
                       json_t *arguments, WsFailure **failure);

/* Waits as before try `tries` + 1. False when a stop was asked for meanwhile. */
bool ws_client_pause(WsClient *client, guint tries);

/* Waits `microseconds`; likewise. */
bool ws_client_wait(WsClient *client, gint64 microseconds);

/* Tries per request in all, and requests in flight at most, as configured. */
guint ws_client_attempts(const WsClient *client);
guint ws_client_connections(const WsClient *client);

/* Requests made so far. */
guint64 ws_client_requests(const WsClient *client);

/* Seconds by which Moodle's clock is ahead of ours, by the Date header of its last answer; false
 * when there was none. */
bool ws_client_clock_ahead(const WsClient *client, gint64 *seconds);
