/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/rate.h"

/* A pause the host asked for says little about its rate when it is long: it counts for so much at
 * most. */
#define MEASURED_GAP_MAX (1 * G_TIME_SPAN_SECOND)

/* Long ago, but far enough from the end that a gap can be added. */
#define NEVER (G_MININT64 / 2)

struct Rate {
  GMutex lock;
  guint connections;
  gint64 configured_gap;
  gint64 max_pause;

  guint held; /* slots given out: running, or waiting for their start */
  guint running;
  guint peak;
  GQueue waiting; /* tickets without a slot, first come first served; empty while a slot is free */

  gint64 last_start; /* of a spaced request */
  gint64 next_start; /* of the next one, after all reserved ones */
  gint64 paused_until;
  guint epoch; /* counts pauses: starts reserved before one are void */

  gint64 gap;          /* widened by 429; 0: none */
  gint64 throttled_at; /* when it was last widened: older requests tell nothing new */
  gint64 bad_gap;      /* the gap at which the host last complained */
  guint strikes;       /* widenings since the last good answer */
  guint good;          /* good answers since the gap last changed */
  gint64 window;       /* since when `accepted` counts */
  guint accepted;
};

Rate *
rate_new(guint connections, gint64 gap, gint64 max_pause) {
  Rate *rate = g_new0(Rate, 1);
  g_mutex_init(&rate->lock);
  g_queue_init(&rate->waiting);
  rate->connections = connections;
  rate->configured_gap = gap;
  rate->max_pause = max_pause;
  rate->last_start = rate->next_start = rate->paused_until = rate->throttled_at = rate->window =
      NEVER;
  return rate;
}

void
rate_free(Rate *rate) {
  if (rate == NULL)
    return;
  g_assert(rate->held == 0 && g_queue_is_empty(&rate->waiting));
  g_mutex_clear(&rate->lock);
  g_free(rate);
}

static gint64
gap_for(const Rate *rate, const RateTicket *ticket) {
  return MAX(ticket->spaced ? rate->configured_gap : 0, rate->gap);
}

/* Reserves the ticket's start: whoever holds a slot has a start of its own, so no two wait for the
 * same moment. */
static void
place(Rate *rate, RateTicket *ticket, gint64 now) {
  gint64 gap = gap_for(rate, ticket);
  ticket->state = RATE_HELD;
  ticket->epoch = rate->epoch;
  ticket->start = MAX(now, rate->paused_until);
  if (gap > 0) {
    ticket->start = MAX(ticket->start, rate->next_start);
    rate->next_start = ticket->start + gap;
  }
}

static void
run(Rate *rate, RateTicket *ticket, gint64 now) {
  if (gap_for(rate, ticket) > 0)
    rate->last_start = now;
  ticket->state = RATE_RUNNING;
  ticket->start = now;
  rate->running++;
  rate->peak = MAX(rate->peak, rate->running);
  if (rate->window == NEVER)
    rate->window = now;
}

static RateAnswer
acquire(Rate *rate, RateTicket *ticket, gint64 now, gint64 *until) {
  g_assert(ticket->state != RATE_RUNNING);
  if (ticket->state == RATE_IDLE) {
    if (rate->held == rate->connections) {
      ticket->state = RATE_QUEUED;
      ticket->link.data = ticket;
      g_queue_push_tail_link(&rate->waiting, &ticket->link);
    } else {
      rate->held++;
      place(rate, ticket, now);
    }
  }
  if (ticket->state == RATE_QUEUED)
    return RATE_TURN;
  if (ticket->epoch != rate->epoch)
    place(rate, ticket, now);
  if (now < ticket->start) {
    *until = ticket->start;
    return RATE_WAIT;
  }
  run(rate, ticket, now);
  return RATE_GO;
}

RateAnswer
rate_acquire(Rate *rate, RateTicket *ticket, gint64 now, gint64 *until) {
  g_mutex_lock(&rate->lock);
  RateAnswer answer = acquire(rate, ticket, now, until);
  g_mutex_unlock(&rate->lock);
  return answer;
}

/* Steps that stay clear of the gap that was too narrow are made soon, the one that tries it again
 * late: it may cost a pause. */
static void
narrow(Rate *rate) {
  rate->accepted++;
  if (rate->gap == 0)
    return;
  gint64 next = rate->gap - rate->gap / 8;
  bool probe = next <= rate->bad_gap + rate->bad_gap / 8;
  if (++rate->good < (probe ? RATE_PROBE_AFTER : RATE_RECOVER_AFTER))
    return;
  rate->good = 0;
  rate->gap = next <= MAX(rate->configured_gap, RATE_GAP_FIRST / 2) ? 0 : next;
  if (probe)
    rate->bad_gap = 0;
}

/* Half as much again. A gap that held for hardly any answer, or none at all, tells little: then at
 * least what the host was seen to bear since it last complained. */
static void
widen(Rate *rate, gint64 now) {
  gint64 old = MAX(rate->gap, rate->configured_gap);
  gint64 gap = old + old / 2;
  if (rate->gap == 0 || rate->accepted < RATE_RECOVER_AFTER)
    gap = MAX(gap, MIN((now - rate->window) / MAX(rate->accepted, 1), MEASURED_GAP_MAX));
  rate->gap = MAX(CLAMP(gap, RATE_GAP_FIRST, RATE_GAP_MAX), rate->configured_gap);
  rate->bad_gap = old;
  rate->throttled_at = rate->window = now;
  rate->accepted = rate->good = 0;
  rate->strikes++;
}

static void
pause_until(Rate *rate, gint64 now, gint64 pause) {
  if (pause < 0)
    pause = MIN(RATE_PAUSE_FIRST << MIN(MAX(rate->strikes, 1) - 1, 10), RATE_PAUSE_MAX);
  pause = MIN(MAX(pause, rate->gap), rate->max_pause);
  rate->paused_until = MAX(rate->paused_until, now + pause);
  rate->next_start =
      MAX(rate->paused_until, rate->last_start + MAX(rate->gap, rate->configured_gap));
  rate->epoch++;
}

static void
learn(Rate *rate, gint64 started, gint64 now, RateOutcome outcome, gint64 pause) {
  bool news = started > rate->throttled_at;
  if (outcome == RATE_ANSWERED && news) {
    rate->strikes = 0;
    narrow(rate);
  }
  if (outcome == RATE_THROTTLED && news)
    widen(rate, now);
  if (outcome == RATE_THROTTLED || outcome == RATE_BUSY)
    pause_until(rate, now, pause);
}

static void
hand_on(Rate *rate, gint64 now) {
  while (rate->held < rate->connections && !g_queue_is_empty(&rate->waiting)) {
    RateTicket *next = g_queue_pop_head_link(&rate->waiting)->data;
    rate->held++;
    place(rate, next, now);
    if (next->wake != NULL)
      next->wake(next->user_data);
  }
}

gint64
rate_release(Rate *rate, RateTicket *ticket, gint64 now, RateOutcome outcome, gint64 pause) {
  g_mutex_lock(&rate->lock);
  if (ticket->state == RATE_QUEUED)
    g_queue_unlink(&rate->waiting, &ticket->link);
  if (ticket->state == RATE_HELD || ticket->state == RATE_RUNNING)
    rate->held--;
  if (ticket->state == RATE_RUNNING) {
    rate->running--;
    learn(rate, ticket->start, now, outcome, pause);
  }
  ticket->state = RATE_IDLE;
  hand_on(rate, now);
  gint64 until = MAX(now, rate->paused_until);
  g_mutex_unlock(&rate->lock);
  return until;
}

gint64
rate_gap(Rate *rate) {
  g_mutex_lock(&rate->lock);
  gint64 gap = MAX(rate->configured_gap, rate->gap);
  g_mutex_unlock(&rate->lock);
  return gap;
}

guint
rate_peak(Rate *rate) {
  g_mutex_lock(&rate->lock);
  guint peak = rate->peak;
  g_mutex_unlock(&rate->lock);
  return peak;
}
