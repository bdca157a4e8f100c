/* How fast one host may be asked: at most so many requests in flight, at least so much time between
 * two starts, and a pause when the host says that it is too much (SPEC 1, answer 429). Shared by
 * the threads of all tenants.
 *
 * Time is given by the caller (microseconds, any origin), so that tests need no clock. Who must
 * wait for a slot stands in a queue; a slot that becomes free goes to the first in it, and only
 * that one is woken.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* The gap after the first 429, and the longest one repeated 429s lead to. */
#define RATE_GAP_FIRST (10 * G_TIME_SPAN_MILLISECOND)
#define RATE_GAP_MAX (5 * G_TIME_SPAN_SECOND)

/* The pause after a 429 that names none; it doubles with each one that follows without a good
 * answer in between. */
#define RATE_PAUSE_FIRST (1 * G_TIME_SPAN_SECOND)
#define RATE_PAUSE_MAX (30 * G_TIME_SPAN_SECOND)

/* So many answers without a 429 make a widened gap an eighth smaller; so many, when that reaches
 * the gap of the last 429. */
#define RATE_RECOVER_AFTER 16
#define RATE_PROBE_AFTER 128

typedef struct Rate Rate;

/* `connections`: in flight at most; `gap`: least time between the starts of two spaced requests;
 * `max_pause`: the longest pause a host can ask for. Times in microseconds. Free with rate_free()
 * when nobody holds or awaits a slot. */
Rate *rate_new(guint connections, gint64 gap, gint64 max_pause);
void rate_free(Rate *rate);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rate, rate_free)

/* Called when the ticket's turn has come, in another thread and with the limiter locked: it may
 * only wake the owner. */
typedef void (*RateWakeFunc)(gpointer user_data);

/* One request's place: zero it and set the first three. The rest is the limiter's. It must stay
 * where it is until released. */
typedef struct {
  RateWakeFunc wake; /* NULL: nobody to wake */
  gpointer user_data;
  bool spaced; /* keeps the configured gap (participants); a gap widened by 429 is kept by all */

  enum { RATE_IDLE, RATE_QUEUED, RATE_HELD, RATE_RUNNING } state;
  guint epoch;
  gint64 start; /* held: not before; running: when it began */
  GList link;
} RateTicket;

typedef enum {
  RATE_GO,   /* start now; the ticket is running */
  RATE_WAIT, /* ask again at `*until` */
  RATE_TURN, /* no slot: ask again when woken */
} RateAnswer;

/* Asks for a start at `now`, for the first time or again. */
RateAnswer rate_acquire(Rate *rate, RateTicket *ticket, gint64 now, gint64 *until);

typedef enum {
  RATE_ANSWERED,  /* the host answered and took no offence */
  RATE_FAILED,    /* no answer, or one that tells nothing about the rate */
  RATE_THROTTLED, /* 429: pause and slow down */
  RATE_BUSY,      /* 503 with Retry-After: pause */
} RateOutcome;

/* Gives the ticket back, whatever its state; idle is fine. `pause` is what the host asked for, −1
 * for nothing; only used with RATE_THROTTLED and RATE_BUSY. Returns the time before which nothing
 * starts any more, or `now`. */
gint64 rate_release(Rate *rate, RateTicket *ticket, gint64 now, RateOutcome outcome, gint64 pause);

/* The gap now kept by spaced requests, and the most requests that were ever in flight. */
gint64 rate_gap(Rate *rate);
guint rate_peak(Rate *rate);
