/* One round of the loop: start what may start, let libcurl work, take what has ended (which frees
 * slots), start again, and only then hand answers to their owner: while it decodes, the wire is
 * busy.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "http/pool.h"

#include <openssl/crypto.h>

/* One request still to be made. */
typedef struct {
  guint index;
  guint tries; /* made so far */
  gint64 due;  /* not before (monotonic) */
} Request;

typedef enum {
  SLOT_FREE,
  SLOT_WAITING, /* for its admission; one at a time */
  SLOT_RUNNING,
  SLOT_ANSWERED, /* its owner has not seen the answer yet */
} SlotState;

typedef struct {
  SlotState state;
  Request request;
  guint64 arrival;    /* answered: its place in the order they came */
  Transfer *transfer; /* made when first needed */
} Slot;

struct Pool {
  TransferOptions options;
  Clock *clock;
  CURLM *multi;
  CURLSH *share; /* TLS sessions, so that a further connection costs less */
  Slot *slots;
  guint slot_count;

  /* of the batch that runs */
  const PoolBatch *batch;
  gpointer user_data;
  guint next; /* the first index never begun */
  guint done;
  GQueue *retries; /* of Request, by due; at most one per index */
  guint running;
  guint64 arrivals;
};

/* ── making and freeing ── */

Pool *
pool_new(const TransferOptions *options, guint connections, Clock *clock) {
  g_autoptr(Pool) pool = g_new0(Pool, 1);
  pool->options = *options;
  pool->clock = clock;
  pool->multi = curl_multi_init();
  pool->share = curl_share_init();
  pool->retries = g_queue_new();
  /* Twice as many as can be in flight: new ones start before the answers of the last are handed
   * out. */
  pool->slot_count = 2 * connections;
  pool->slots = g_new0(Slot, pool->slot_count);
  if (pool->multi == NULL || pool->share == NULL ||
      curl_multi_setopt(pool->multi, CURLMOPT_MAXCONNECTS, (long)connections) != CURLM_OK ||
      curl_share_setopt(pool->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) != CURLSHE_OK)
    return NULL;
  return g_steal_pointer(&pool);
}

void
pool_free(Pool *pool) {
  if (pool == NULL)
    return;
  for (guint i = 0; i < pool->slot_count; i++)
    transfer_free(pool->slots[i].transfer);
  if (pool->multi != NULL)
    curl_multi_cleanup(pool->multi);
  if (pool->share != NULL)
    curl_share_cleanup(pool->share);
  g_queue_free_full(pool->retries, g_free);
  g_free(pool->slots);
  g_free(pool);
  /* A thread of ours may still be ending when the process does: nothing of OpenSSL's is left to it.
   */
  OPENSSL_thread_stop();
}

guint
pool_slots(const Pool *pool) {
  return pool->slot_count;
}

void
pool_wake(gpointer pool) {
  curl_multi_wakeup(((Pool *)pool)->multi);
}

static gint64
now(const Pool *pool) {
  return clock_monotonic(pool->clock);
}

static Slot *
slot_in(const Pool *pool, SlotState state) {
  for (guint i = 0; i < pool->slot_count; i++)
    if (pool->slots[i].state == state)
      return &pool->slots[i];
  return NULL;
}

static guint
number_of(const Pool *pool, const Slot *slot) {
  return (guint)(slot - pool->slots);
}

/* ── starting ── */

static bool
has_request(const Pool *pool, gint64 at) {
  const Request *retry = g_queue_peek_head(pool->retries);
  return pool->next < pool->batch->count || (retry != NULL && retry->due <= at);
}

/* What is to be tried again goes first: it has waited longest. */
static Request
take_request(Pool *pool, gint64 at) {
  const Request *retry = g_queue_peek_head(pool->retries);
  if (retry == NULL || retry->due > at)
    return (Request){ .index = pool->next++ };
  g_autofree Request *taken = g_queue_pop_head(pool->retries);
  return *taken;
}

static bool
start(Pool *pool, Slot *slot) {
  if (slot->transfer == NULL)
    slot->transfer = transfer_new(&pool->options, pool->share);
  if (slot->transfer == NULL)
    return false;
  TransferRequest request = { 0 };
  slot->request = take_request(pool, now(pool));
  slot->request.tries++;
  slot->state = SLOT_RUNNING;
  pool->running++;
  pool->batch->request(slot->request.index, slot->request.tries, &request, pool->user_data);
  transfer_start(slot->transfer, pool->multi, &request, slot);
  return true;
}

/* The slot in which a request may start now; NULL when none may. */
static Slot *
admitted(Pool *pool, gint64 *until) {
  const PoolBatch *batch = pool->batch;
  if (batch->parallel > 0 && pool->running >= batch->parallel)
    return NULL;
  Slot *slot = slot_in(pool, SLOT_WAITING);
  if (slot == NULL)
    slot = slot_in(pool, SLOT_FREE);
  if (slot == NULL)
    return NULL;
  slot->state = SLOT_WAITING;
  return batch->admit(number_of(pool, slot), now(pool), until, pool->user_data) ? slot : NULL;
}

/* Starts requests until the admission, the slots or the requests end. `*until` becomes the time at
 * which to come back: G_MAXINT64 when only an answer or a wake-up leads on. */
static bool
fill(Pool *pool, gint64 *until) {
  *until = G_MAXINT64;
  while (has_request(pool, now(pool))) {
    Slot *slot = admitted(pool, until);
    if (slot == NULL)
      return true;
    if (!start(pool, slot))
      return false;
  }
  const Request *retry = g_queue_peek_head(pool->retries);
  if (retry != NULL)
    *until = retry->due;
  return true;
}

/* ── ending ── */

static gint
by_due(gconstpointer a, gconstpointer b, gpointer user_data) {
  (void)user_data;
  gint64 left = ((const Request *)a)->due, right = ((const Request *)b)->due;
  return (left > right) - (left < right);
}

static void
settle(Pool *pool, Slot *slot, CURLcode code) {
  transfer_end(slot->transfer, pool->multi, code);
  pool->running--;
  gint64 due = pool->batch->settle(number_of(pool, slot), slot->request.index, slot->request.tries,
                                   slot->transfer, pool->user_data);
  slot->state = SLOT_ANSWERED;
  slot->arrival = pool->arrivals++;
  if (due == POOL_FINAL)
    return;
  Request *retry = g_memdup2(&slot->request, sizeof slot->request);
  retry->due = due;
  g_queue_insert_sorted(pool->retries, retry, by_due, NULL);
  transfer_clear(slot->transfer);
  slot->state = SLOT_FREE;
}

/* Lets libcurl work and settles what has ended; whether anything has. */
static bool
perform(Pool *pool) {
  int unused;
  bool any = false;
  curl_multi_perform(pool->multi, &unused);
  for (CURLMsg *message; (message = curl_multi_info_read(pool->multi, &unused)) != NULL;) {
    if (message->msg != CURLMSG_DONE)
      continue;
    settle(pool, transfer_owner(message->easy_handle), message->data.result);
    any = true;
  }
  return any;
}

/* ── handing out ── */

static Slot *
first_answered(const Pool *pool) {
  Slot *first = NULL;
  for (guint i = 0; i < pool->slot_count; i++) {
    Slot *slot = &pool->slots[i];
    if (slot->state == SLOT_ANSWERED && (first == NULL || slot->arrival < first->arrival))
      first = slot;
  }
  return first;
}

static bool
deliver_all(Pool *pool) {
  for (Slot *slot; (slot = first_answered(pool)) != NULL;) {
    bool ok = pool->batch->deliver(number_of(pool, slot), slot->request.index, slot->request.tries,
                                   slot->transfer, pool->user_data);
    transfer_clear(slot->transfer);
    slot->state = SLOT_FREE;
    pool->done++;
    if (!ok)
      return false;
  }
  return true;
}

/* Nothing of ours in flight and no turn awaited: only time leads on, and tests give a clock whose
 * time is cheap. Else an answer or a wake-up ends the wait. */
static void
wait_until(Pool *pool, gint64 until) {
  gint64 time = now(pool);
  gint64 left = until <= time ? 0 : MIN(until - time, POOL_LOOK_UP); /* `until` may be any number */
  if (pool->running == 0 && until != G_MAXINT64)
    clock_sleep(pool->clock, left);
  else
    curl_multi_poll(pool->multi, NULL, 0, (int)((left + 999) / 1000), NULL);
}

/* POOL_DONE: there is more to do. */
static PoolEnd
round_trip(Pool *pool) {
  gint64 until = G_MAXINT64;
  PoolWill will = pool->batch->go_on(pool->user_data);
  if (will == POOL_DROP || (will == POOL_DRAIN && pool->running == 0))
    return POOL_ENDED;
  if (will == POOL_GO && !fill(pool, &until))
    return POOL_BROKEN;
  if (!perform(pool)) {
    wait_until(pool, until);
    return POOL_DONE;
  }
  if (will == POOL_GO && pool->batch->go_on(pool->user_data) == POOL_GO) {
    if (!fill(pool, &until))
      return POOL_BROKEN;
    int unused;
    curl_multi_perform(pool->multi, &unused);
  }
  return deliver_all(pool) ? POOL_DONE : POOL_ENDED;
}

static void
drop(Pool *pool, const Slot *slot) {
  transfer_drop(slot->transfer, pool->multi);
  if (pool->batch->dropped != NULL)
    pool->batch->dropped(slot->request.index, slot->transfer, pool->user_data);
}

/* Leaves nothing behind: nothing in flight, no retry. */
static void
end_batch(Pool *pool) {
  for (guint i = 0; i < pool->slot_count; i++) {
    Slot *slot = &pool->slots[i];
    if (slot->state == SLOT_RUNNING)
      drop(pool, slot);
    if (slot->transfer != NULL && slot->state != SLOT_FREE)
      transfer_clear(slot->transfer);
    slot->state = SLOT_FREE;
    if (pool->batch->leave != NULL)
      pool->batch->leave(i, pool->user_data);
  }
  g_queue_clear_full(pool->retries, g_free);
  pool->running = 0;
  pool->batch = NULL;
}

PoolEnd
pool_run(Pool *pool, const PoolBatch *batch, gpointer user_data) {
  g_assert(pool->batch == NULL);
  pool->batch = batch;
  pool->user_data = user_data;
  pool->next = pool->done = 0;
  PoolEnd end = POOL_DONE;
  while (end == POOL_DONE && pool->done < batch->count)
    end = round_trip(pool);
  end_batch(pool);
  return end;
}
