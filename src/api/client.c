/* One round of the loop: start what may start, let libcurl work, take what has ended (which frees
 * slots), start again, and only then hand answers to their owner: while it decodes, the wire is
 * busy.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/client.h"

#include <openssl/crypto.h>

/* One request still to be made. */
typedef struct {
  guint index;
  guint tries; /* made so far */
  gint64 due;  /* not before (monotonic) */
} Request;

typedef enum {
  SLOT_FREE,
  SLOT_WAITING, /* its ticket is queued or held; one at a time */
  SLOT_RUNNING,
  SLOT_ANSWERED, /* its owner has not seen the answer yet */
} SlotState;

typedef struct {
  SlotState state;
  RateTicket ticket;
  Request request;
  Transfer *transfer; /* made when first needed */
  GError *failure;
} Slot;

struct Client {
  ClientOptions options;
  Authenticator *authenticator;
  CURLM *multi;
  CURLSH *share; /* TLS sessions, so that a further connection costs less */
  GRand *jitter;
  Slot *slots;
  guint slot_count;

  /* of the batch that runs */
  const ClientBatch *batch;
  gpointer user_data;
  guint next; /* the first index never begun */
  guint done;
  GQueue *retries; /* of Request, by due; at most one per index */
  guint running;
};

/* ── making and freeing ── */

static void
wake(gpointer user_data) {
  curl_multi_wakeup(user_data);
}

Client *
client_new(const ClientOptions *options, Authenticator *authenticator, GError **error) {
  g_autoptr(Client) client = g_new0(Client, 1);
  client->options = *options;
  client->authenticator = authenticator;
  client->multi = curl_multi_init();
  client->share = curl_share_init();
  client->jitter = g_rand_new_with_seed(options->seed);
  client->retries = g_queue_new();
  /* Twice as many as can be in flight: new ones start before the answers of the last are handed
   * out. */
  client->slot_count = 2 * options->connections;
  client->slots = g_new0(Slot, client->slot_count);
  for (guint i = 0; i < client->slot_count; i++)
    client->slots[i].ticket = (RateTicket){ .wake = wake, .user_data = client->multi };
  if (client->multi == NULL || client->share == NULL ||
      curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)options->connections) !=
          CURLM_OK ||
      curl_share_setopt(client->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) != CURLSHE_OK) {
    g_set_error(error, API_ERROR, API_ERROR_CONFIG, "libcurl does not start. Free some memory.");
    return NULL;
  }
  return g_steal_pointer(&client);
}

void
client_free(Client *client) {
  if (client == NULL)
    return;
  for (guint i = 0; i < client->slot_count; i++)
    transfer_free(client->slots[i].transfer);
  if (client->multi != NULL)
    curl_multi_cleanup(client->multi);
  if (client->share != NULL)
    curl_share_cleanup(client->share);
  authenticator_free(client->authenticator);
  g_rand_free(client->jitter);
  g_queue_free_full(client->retries, g_free);
  g_free(client->slots);
  g_free(client);
  /* A pool's thread may still be ending when the process does: nothing of OpenSSL's is left to it.
   */
  OPENSSL_thread_stop();
}

static gint64
now(const Client *client) {
  return clock_monotonic(client->options.clock);
}

static void
count(_Atomic guint64 *counter, guint64 by) {
  atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

static Slot *
slot_in(const Client *client, SlotState state) {
  for (guint i = 0; i < client->slot_count; i++)
    if (client->slots[i].state == state)
      return &client->slots[i];
  return NULL;
}

/* ── starting ── */

static bool
has_request(const Client *client, gint64 at) {
  const Request *retry = g_queue_peek_head(client->retries);
  return client->next < client->batch->count || (retry != NULL && retry->due <= at);
}

/* What is to be tried again goes first: its Lehrgang has waited longest. */
static Request
take_request(Client *client, gint64 at) {
  const Request *retry = g_queue_peek_head(client->retries);
  if (retry == NULL || retry->due > at)
    return (Request){ .index = client->next++ };
  g_autofree Request *taken = g_queue_pop_head(client->retries);
  return *taken;
}

static bool
start(Client *client, Slot *slot, GError **error) {
  if (slot->transfer == NULL)
    slot->transfer =
        transfer_new(&client->options.transfer, client->authenticator, client->share, error);
  if (slot->transfer == NULL)
    return false;
  slot->request = take_request(client, now(client));
  slot->state = SLOT_RUNNING;
  client->running++;
  count(&client->options.stats->requests, 1);
  if (slot->request.tries++ > 0)
    count(&client->options.stats->retries, 1);
  transfer_start(slot->transfer, client->multi,
                 client->batch->url(slot->request.index, client->user_data), client->batch->discard,
                 slot);
  return true;
}

/* Starts requests until the limiter, the slots or the requests end. `*until` becomes the time at
 * which to come back: G_MAXINT64 when only an answer or a wake-up leads on. */
static bool
fill(Client *client, gint64 *until, GError **error) {
  *until = G_MAXINT64;
  while (has_request(client, now(client))) {
    Slot *slot = slot_in(client, SLOT_WAITING);
    if (slot == NULL)
      slot = slot_in(client, SLOT_FREE);
    if (slot == NULL)
      return true;
    slot->state = SLOT_WAITING;
    slot->ticket.spaced = client->batch->spaced;
    if (rate_acquire(client->options.rate, &slot->ticket, now(client), until) != RATE_GO)
      return true;
    if (!start(client, slot, error))
      return false;
  }
  const Request *retry = g_queue_peek_head(client->retries);
  if (retry != NULL)
    *until = retry->due;
  return true;
}

/* ── ending ── */

static gint64
retry_delay(Client *client, guint tries) {
  gint64 delay = MIN(CLIENT_RETRY_FIRST << MIN(tries - 1, 10), CLIENT_RETRY_MAX);
  gdouble factor = g_rand_double_range(client->jitter, 0.5, 1.5);
  return MIN((gint64)((gdouble)delay * factor), CLIENT_RETRY_MAX);
}

static gint
by_due(gconstpointer a, gconstpointer b, gpointer user_data) {
  (void)user_data;
  gint64 left = ((const Request *)a)->due, right = ((const Request *)b)->due;
  return (left > right) - (left < right);
}

static RateOutcome
outcome_of(const Response *response, gint64 pause) {
  if (response->status == 429)
    return RATE_THROTTLED;
  if (response->status == 503 && pause >= 0)
    return RATE_BUSY;
  bool answered = response->status >= 200 && response->status < 500 && response->code == CURLE_OK;
  return answered ? RATE_ANSWERED : RATE_FAILED;
}

/* Gives the slot at the host back and returns the time before which another try makes no sense. */
static gint64
release(Client *client, Slot *slot, const Response *response) {
  gint64 pause =
      response_retry_after(transfer_retry_after(slot->transfer), clock_now(client->options.clock),
                           client->options.max_retry_after_s);
  RateOutcome outcome = outcome_of(response, pause);
  gint64 open = rate_release(client->options.rate, &slot->ticket, now(client), outcome,
                             pause < 0 ? -1 : pause * G_TIME_SPAN_SECOND);
  if (outcome == RATE_THROTTLED)
    return open; /* the limiter has chosen the wait */
  gint64 calm = now(client) + retry_delay(client, slot->request.tries);
  return MAX(open, calm);
}

static void
settle(Client *client, Slot *slot, CURLcode code) {
  Response response;
  transfer_end(slot->transfer, client->multi, code);
  transfer_response(slot->transfer, &response);
  response.tries = slot->request.tries;
  client->running--;
  count(&client->options.stats->bytes, transfer_bytes(slot->transfer));
  count(&client->options.stats->connections, transfer_connections(slot->transfer));
  if (response.status == 429)
    count(&client->options.stats->throttled, 1);
  slot->failure = response_error(&response);
  gint64 due = release(client, slot, &response);
  slot->state = SLOT_ANSWERED;
  if (slot->failure == NULL || !response_retryable(slot->failure) ||
      slot->request.tries >= client->options.attempts)
    return;
  Request *retry = g_memdup2(&slot->request, sizeof slot->request);
  retry->due = due;
  g_queue_insert_sorted(client->retries, retry, by_due, NULL);
  g_clear_error(&slot->failure);
  transfer_clear(slot->transfer);
  slot->state = SLOT_FREE;
}

/* Lets libcurl work and settles what has ended; whether anything has. */
static bool
perform(Client *client) {
  int unused;
  bool any = false;
  curl_multi_perform(client->multi, &unused);
  for (CURLMsg *message; (message = curl_multi_info_read(client->multi, &unused)) != NULL;) {
    if (message->msg != CURLMSG_DONE)
      continue;
    settle(client, transfer_owner(message->easy_handle), message->data.result);
    any = true;
  }
  return any;
}

/* ── handing out ── */

static bool
deliver(Client *client, Slot *slot, GError **error) {
  Response response;
  transfer_response(slot->transfer, &response);
  response.tries = slot->request.tries;
  g_autoptr(GError) failure = g_steal_pointer(&slot->failure);
  bool ok = client->batch->done(slot->request.index, &response, failure, client->user_data, error);
  transfer_clear(slot->transfer);
  slot->state = SLOT_FREE;
  client->done++;
  return ok;
}

static bool
deliver_all(Client *client, GError **error) {
  for (Slot *slot; (slot = slot_in(client, SLOT_ANSWERED)) != NULL;)
    if (!deliver(client, slot, error))
      return false;
  return true;
}

/* Nothing of ours in flight and no turn awaited: only time leads on, and tests give a clock whose
 * time is cheap. Else an answer or the limiter's wake-up ends the wait. */
static void
wait_until(Client *client, gint64 until) {
  gint64 left = until - now(client); /* G_MAXINT64 stays more than the longest wait */
  left = CLAMP(left, 0, CLIENT_LOOK_UP);
  if (client->running == 0 && until != G_MAXINT64)
    clock_sleep(client->options.clock, left);
  else
    curl_multi_poll(client->multi, NULL, 0, (int)((left + 999) / 1000), NULL);
}

static bool
round_trip(Client *client, GError **error) {
  gint64 until;
  if (stop_requested(client->options.stop)) {
    g_set_error(error, API_ERROR, API_ERROR_STOPPED, "Stopped while reading from ZMS.");
    return false;
  }
  if (!fill(client, &until, error))
    return false;
  if (!perform(client)) {
    wait_until(client, until);
    return true;
  }
  if (!fill(client, &until, error))
    return false;
  int unused;
  curl_multi_perform(client->multi, &unused);
  return deliver_all(client, error);
}

/* Leaves nothing behind: no ticket, nothing in flight, no retry. */
static void
end_batch(Client *client) {
  for (guint i = 0; i < client->slot_count; i++) {
    Slot *slot = &client->slots[i];
    if (slot->state == SLOT_RUNNING)
      transfer_end(slot->transfer, client->multi, CURLE_ABORTED_BY_CALLBACK);
    if (slot->transfer != NULL && slot->state != SLOT_FREE)
      transfer_clear(slot->transfer);
    rate_release(client->options.rate, &slot->ticket, now(client), RATE_FAILED, -1);
    g_clear_error(&slot->failure);
    slot->state = SLOT_FREE;
  }
  g_queue_clear_full(client->retries, g_free);
  client->running = 0;
  client->batch = NULL;
}

bool
client_run(Client *client, const ClientBatch *batch, gpointer user_data, GError **error) {
  g_assert(client->batch == NULL);
  client->batch = batch;
  client->user_data = user_data;
  client->next = client->done = 0;
  bool ok = true;
  while (ok && client->done < batch->count)
    ok = round_trip(client, error);
  end_batch(client);
  return ok;
}
