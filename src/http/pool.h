/* Many requests over one libcurl multi handle, several in flight: starts them as its owner allows,
 * starts again what its owner wants to try again, and hands every answer out in the calling thread.
 * Used by one thread at a time.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/clock.h"
#include "http/transfer.h"

/* How long a wait may last before the owner is asked again whether to go on. */
#define POOL_LOOK_UP (250 * G_TIME_SPAN_MILLISECOND)

typedef struct Pool Pool;

/* `connections`: kept open, and requests in flight at most. `clock` must outlive it; what is behind
 * `options` too. NULL when libcurl does not start. Free with pool_free(). */
Pool *pool_new(const TransferOptions *options, guint connections, Clock *clock);
void pool_free(Pool *pool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pool, pool_free)

/* What to say when pool_new() gives NULL. */
#define POOL_LACKS "libcurl does not start. Free some memory."

/* Slots 0 … n−1: where a request lives from its admission until its answer is handed out. */
guint pool_slots(const Pool *pool);

/* Ends a wait of pool_run(), from any thread. */
void pool_wake(gpointer pool);

typedef enum {
  POOL_GO,
  POOL_DRAIN, /* begin nothing more; what is in flight is finished and handed out */
  POOL_DROP,  /* drop what is in flight */
} PoolWill;

/* What settle() gives for an answer that is final. */
#define POOL_FINAL G_MININT64

/* Requests 0 … count−1, and what the owner has to say about them. `tries` counts those made so far,
 * the one spoken of included. */
typedef struct {
  guint count;
  guint parallel; /* in flight at most; 0: as many as admit() lets pass */

  /* Asked before every start and every wait. */
  PoolWill (*go_on)(gpointer user_data);
  /* Whether a request may start now in `slot`; if not, asked again at *until (when it set that) or
   * after pool_wake(), for the same slot. */
  bool (*admit)(guint slot, gint64 now, gint64 *until, gpointer user_data);
  void (*request)(guint index, guint tries, TransferRequest *request, gpointer user_data);
  /* An answer has come, or none: POOL_FINAL, or when to try again (monotonic). */
  gint64 (*settle)(guint slot, guint index, guint tries, const Transfer *transfer,
                   gpointer user_data);
  /* Hands out a final one, in the order they came; the slots of others are at work meanwhile.
   * False ends the batch as POOL_DROP does. */
  bool (*deliver)(guint slot, guint index, guint tries, const Transfer *transfer,
                  gpointer user_data);
  /* The batch ended over one that was in flight; the transfer's result tells whether its request
   * may have arrived. NULL: nobody asks. */
  void (*dropped)(guint index, const Transfer *transfer, gpointer user_data);
  /* The batch is over; for each slot, whatever became of it. NULL: nothing to do. */
  void (*leave)(guint slot, gpointer user_data);
} PoolBatch;

typedef enum {
  POOL_DONE,  /* all were handed out */
  POOL_ENDED, /* deliver() or go_on() ended it */
  POOL_BROKEN /* no transfer could be made: TRANSFER_LACKS */
} PoolEnd;

PoolEnd pool_run(Pool *pool, const PoolBatch *batch, gpointer user_data);
