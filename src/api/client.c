/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/client.h"

#include "http/pool.h"
#include "http/retry.h"
#include "monitor/metrics.h"

/* What a request holds besides its transfer, by the pool's number for it. */
typedef struct {
  RateTicket ticket;
  GError *failure; /* of an answer not handed out yet */
} Slot;

struct Client {
  ClientOptions options;
  Authenticator *authenticator;
  Pool *pool;
  GRand *jitter;
  Slot *slots;

  /* of the batch that runs */
  const ClientBatch *batch;
  gpointer user_data;
  GError *error; /* why it ends early */
};

/* ── making and freeing ── */

static CURLcode
identify(CURL *easy, gconstpointer authenticator) {
  return authenticator_apply(authenticator, easy);
}

Client *
client_new(const ClientOptions *options, Authenticator *authenticator, GError **error) {
  g_autoptr(Client) client = g_new0(Client, 1);
  client->options = *options;
  client->options.transfer.identify = identify;
  client->options.transfer.identity = authenticator;
  client->authenticator = authenticator;
  client->jitter = g_rand_new_with_seed(options->seed);
  client->pool = pool_new(&client->options.transfer, options->connections, options->clock);
  if (client->pool == NULL) {
    g_set_error(error, API_ERROR, API_ERROR_CONFIG, POOL_LACKS);
    return NULL;
  }
  client->slots = g_new0(Slot, pool_slots(client->pool));
  for (guint i = 0; i < pool_slots(client->pool); i++)
    client->slots[i].ticket = (RateTicket){ .wake = pool_wake, .user_data = client->pool };
  return g_steal_pointer(&client);
}

void
client_free(Client *client) {
  if (client == NULL)
    return;
  pool_free(client->pool);
  authenticator_free(client->authenticator);
  g_rand_free(client->jitter);
  g_free(client->slots);
  g_free(client);
}

static gint64
now(const Client *client) {
  return clock_monotonic(client->options.clock);
}

static void
count(_Atomic guint64 *counter, guint64 by) {
  atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

/* ── starting ── */

/* Nothing is lost with what ZMS was only asked for. */
static PoolWill
go_on(gpointer user_data) {
  Client *client = user_data;
  if (!stop_requested(client->options.stop))
    return POOL_GO;
  if (client->error == NULL)
    g_set_error(&client->error, API_ERROR, API_ERROR_STOPPED, "Stopped while reading from ZMS.");
  return POOL_DROP;
}

static bool
admit(guint slot, gint64 at, gint64 *until, gpointer user_data) {
  Client *client = user_data;
  RateTicket *ticket = &client->slots[slot].ticket;
  /* Only a ticket that nobody waits with may be written without the limiter's lock. */
  if (ticket->spaced != client->batch->spaced)
    ticket->spaced = client->batch->spaced;
  return rate_acquire(client->options.rate, ticket, at, until) == RATE_GO;
}

static void
make_request(guint index, guint tries, TransferRequest *request, gpointer user_data) {
  Client *client = user_data;
  count(&client->options.stats->requests, 1);
  if (tries > 1)
    count(&client->options.stats->retries, 1);
  request->url = client->batch->url(index, client->user_data);
  request->discard = client->batch->discard;
}

/* ── ending ── */

static RateOutcome
outcome_of(const TransferResult *result, gint64 pause) {
  if (result->status == 429)
    return RATE_THROTTLED;
  if (result->status == 503 && pause >= 0)
    return RATE_BUSY;
  bool answered = result->status >= 200 && result->status < 500 && result->code == CURLE_OK;
  return answered ? RATE_ANSWERED : RATE_FAILED;
}

/* Gives the slot at the host back and returns the time before which another try makes no sense. */
static gint64
release(Client *client, guint slot, const Transfer *transfer, const Response *response) {
  gint64 pause = retry_after(transfer_header(transfer, "Retry-After"),
                             clock_now(client->options.clock), client->options.max_retry_after_s);
  RateOutcome outcome = outcome_of(&response->result, pause);
  gint64 open = rate_release(client->options.rate, &client->slots[slot].ticket, now(client),
                             outcome, pause < 0 ? -1 : pause * G_TIME_SPAN_SECOND);
  if (outcome == RATE_THROTTLED)
    return open; /* the limiter has chosen the wait */
  gint64 calm = now(client) +
                retry_delay(client->jitter, response->tries, CLIENT_RETRY_FIRST, CLIENT_RETRY_MAX);
  return MAX(open, calm);
}

static gint64
settle(guint slot, guint index, guint tries, const Transfer *transfer, gpointer user_data) {
  Client *client = user_data;
  Response response = { .tries = tries };
  (void)index;
  transfer_result(transfer, &response.result);
  metrics_request(METRICS_ZMS, response.result.status);
  count(&client->options.stats->bytes, transfer_bytes(transfer));
  count(&client->options.stats->connections, transfer_connections(transfer));
  if (response.result.status == 429)
    count(&client->options.stats->throttled, 1);
  GError *failure = response_error(&response);
  gint64 due = release(client, slot, transfer, &response);
  if (failure == NULL || !response_retryable(failure) || tries >= client->options.attempts) {
    client->slots[slot].failure = failure;
    return POOL_FINAL;
  }
  g_error_free(failure);
  return due;
}

static bool
deliver(guint slot, guint index, guint tries, const Transfer *transfer, gpointer user_data) {
  Client *client = user_data;
  Response response = { .tries = tries };
  transfer_result(transfer, &response.result);
  g_autoptr(GError) failure = g_steal_pointer(&client->slots[slot].failure);
  g_autoptr(GError) error = NULL;
  bool ok = client->batch->done(index, &response, failure, client->user_data, &error);
  /* The first word stays: one that had ended already when a stop was asked for may add its own. */
  if (client->error == NULL)
    client->error = g_steal_pointer(&error);
  return ok;
}

static void
dropped(guint index, const Transfer *transfer, gpointer user_data) {
  (void)index, (void)transfer, (void)user_data;
  metrics_request(METRICS_ZMS, 0);
}

/* Leaves nothing behind, above all no ticket. */
static void
leave(guint slot, gpointer user_data) {
  Client *client = user_data;
  rate_release(client->options.rate, &client->slots[slot].ticket, now(client), RATE_FAILED, -1);
  g_clear_error(&client->slots[slot].failure);
}

bool
client_run(Client *client, const ClientBatch *batch, gpointer user_data, GError **error) {
  const PoolBatch requests = {
    .count = batch->count,
    .go_on = go_on,
    .admit = admit,
    .request = make_request,
    .settle = settle,
    .deliver = deliver,
    .dropped = dropped,
    .leave = leave,
  };
  client->batch = batch;
  client->user_data = user_data;
  PoolEnd end = pool_run(client->pool, &requests, client);
  if (end == POOL_BROKEN)
    g_set_error(&client->error, API_ERROR, API_ERROR_CONFIG, TRANSFER_LACKS);
  if (client->error != NULL)
    g_propagate_error(error, g_steal_pointer(&client->error));
  return end == POOL_DONE;
}
