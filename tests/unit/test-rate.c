/* The limiter for one host, on time that the test makes up.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/rate.h"

#define MS G_TIME_SPAN_MILLISECOND
#define S G_TIME_SPAN_SECOND

static void
count_wake(gpointer user_data) {
  (*(guint *)user_data)++;
}

static RateAnswer
ask(Rate *rate, RateTicket *ticket, gint64 now) {
  gint64 until = -1;
  RateAnswer answer = rate_acquire(rate, ticket, now, &until);
  g_assert_true(answer == RATE_WAIT || until == -1);
  return answer;
}

/* When a ticket may start that is asked for at `now`. */
static gint64
start_of(Rate *rate, RateTicket *ticket, gint64 now) {
  gint64 until;
  while (rate_acquire(rate, ticket, now, &until) == RATE_WAIT) {
    g_assert_cmpint(until, >, now);
    now = until;
  }
  g_assert_cmpint(ticket->state, ==, RATE_RUNNING);
  return now;
}

/* One request from start to end; when it started. */
static gint64
pass(Rate *rate, gint64 now, bool spaced, RateOutcome outcome, gint64 pause) {
  RateTicket ticket = { .spaced = spaced };
  gint64 start = start_of(rate, &ticket, now);
  rate_release(rate, &ticket, start, outcome, pause);
  return start;
}

static void
test_connections(void) {
  g_autoptr(Rate) rate = rate_new(2, 0, S);
  RateTicket tickets[3] = { 0 };
  g_assert_cmpint(ask(rate, &tickets[0], 0), ==, RATE_GO);
  g_assert_cmpint(ask(rate, &tickets[1], 0), ==, RATE_GO);
  g_assert_cmpint(ask(rate, &tickets[2], 0), ==, RATE_TURN);
  g_assert_cmpint(ask(rate, &tickets[2], 5), ==, RATE_TURN);
  rate_release(rate, &tickets[0], 9, RATE_ANSWERED, -1);
  g_assert_cmpint(ask(rate, &tickets[2], 9), ==, RATE_GO);
  g_assert_cmpuint(rate_peak(rate), ==, 2);
  rate_release(rate, &tickets[1], 9, RATE_ANSWERED, -1);
  rate_release(rate, &tickets[2], 9, RATE_ANSWERED, -1);
}

static void
test_first_come_first_served(void) {
  g_autoptr(Rate) rate = rate_new(1, 0, S);
  guint woken[3] = { 0 };
  RateTicket tickets[4] = { 0 };
  g_assert_cmpint(ask(rate, &tickets[3], 0), ==, RATE_GO);
  for (guint i = 0; i < 3; i++) {
    tickets[i].wake = count_wake;
    tickets[i].user_data = &woken[i];
    g_assert_cmpint(ask(rate, &tickets[i], 0), ==, RATE_TURN);
  }
  rate_release(rate, &tickets[3], 1, RATE_ANSWERED, -1);
  g_assert_cmpuint(woken[0], ==, 1);
  g_assert_cmpuint(woken[1] + woken[2], ==, 0);
  /* The slot is already given away: who comes now goes to the end. */
  g_assert_cmpint(ask(rate, &tickets[3], 1), ==, RATE_TURN);
  g_assert_cmpint(ask(rate, &tickets[1], 1), ==, RATE_TURN);
  g_assert_cmpint(ask(rate, &tickets[0], 1), ==, RATE_GO);
  rate_release(rate, &tickets[0], 2, RATE_ANSWERED, -1);
  g_assert_cmpuint(woken[1], ==, 1);
  rate_release(rate, &tickets[1], 2, RATE_FAILED, -1); /* held, not yet started */
  g_assert_cmpuint(woken[2], ==, 1);
  g_assert_cmpint(ask(rate, &tickets[2], 2), ==, RATE_GO);
  rate_release(rate, &tickets[2], 3, RATE_ANSWERED, -1);
  g_assert_cmpint(ask(rate, &tickets[3], 3), ==, RATE_GO);
  rate_release(rate, &tickets[3], 3, RATE_ANSWERED, -1);
}

static void
test_leaving_the_queue(void) {
  g_autoptr(Rate) rate = rate_new(1, 0, S);
  guint woken = 0;
  RateTicket running = { 0 }, leaves = { .wake = count_wake, .user_data = &woken }, stays = { 0 };
  g_assert_cmpint(ask(rate, &running, 0), ==, RATE_GO);
  g_assert_cmpint(ask(rate, &leaves, 0), ==, RATE_TURN);
  g_assert_cmpint(ask(rate, &stays, 0), ==, RATE_TURN);
  rate_release(rate, &leaves, 0, RATE_FAILED, -1);
  rate_release(rate, &leaves, 0, RATE_FAILED, -1); /* idle: nothing */
  rate_release(rate, &running, 0, RATE_ANSWERED, -1);
  g_assert_cmpuint(woken, ==, 0);
  g_assert_cmpint(ask(rate, &stays, 0), ==, RATE_GO);
  rate_release(rate, &stays, 0, RATE_ANSWERED, -1);
}

static void
test_gap(void) {
  g_autoptr(Rate) rate = rate_new(4, 100 * MS, S);
  RateTicket tickets[3] = { { .spaced = true }, { .spaced = true }, { .spaced = false } };
  g_assert_cmpint(start_of(rate, &tickets[0], 0), ==, 0);
  g_assert_cmpint(start_of(rate, &tickets[1], 0), ==, 100 * MS);
  g_assert_cmpint(start_of(rate, &tickets[2], 1), ==, 1); /* lists keep no gap */
  for (guint i = 0; i < 3; i++)
    rate_release(rate, &tickets[i], 100 * MS, RATE_ANSWERED, -1);
  g_assert_cmpint(pass(rate, 120 * MS, true, RATE_ANSWERED, -1), ==, 200 * MS);
  g_assert_cmpint(pass(rate, 900 * MS, true, RATE_ANSWERED, -1), ==, 900 * MS);
}

static void
test_retry_after_pauses_all(void) {
  g_autoptr(Rate) rate = rate_new(4, 0, 60 * S);
  RateTicket throttled = { 0 }, held = { 0 };
  g_assert_cmpint(ask(rate, &throttled, 0), ==, RATE_GO);
  g_assert_cmpint(rate_release(rate, &throttled, 50 * MS, RATE_THROTTLED, 7 * S), ==,
                  7 * S + 50 * MS);
  g_assert_cmpint(start_of(rate, &held, 60 * MS), ==, 7 * S + 50 * MS);
  rate_release(rate, &held, 8 * S, RATE_ANSWERED, -1);
}

static void
test_pause_moves_reserved_starts(void) {
  g_autoptr(Rate) rate = rate_new(4, S, 60 * S);
  RateTicket first = { .spaced = true }, second = { .spaced = true }, third = { .spaced = true };
  gint64 until = 0;
  g_assert_cmpint(ask(rate, &first, 0), ==, RATE_GO);
  g_assert_cmpint(rate_acquire(rate, &second, 0, &until), ==, RATE_WAIT);
  g_assert_cmpint(until, ==, S);
  g_assert_cmpint(rate_acquire(rate, &third, 0, &until), ==, RATE_WAIT);
  rate_release(rate, &first, S / 2, RATE_BUSY, 10 * S);
  gint64 start = start_of(rate, &second, S);
  g_assert_cmpint(start, >=, 10 * S + S / 2);
  g_assert_cmpint(start_of(rate, &third, start), >=, start + S); /* still spaced */
  rate_release(rate, &second, 20 * S, RATE_ANSWERED, -1);
  rate_release(rate, &third, 20 * S, RATE_ANSWERED, -1);
}

static void
test_pause_is_bounded(void) {
  g_autoptr(Rate) rate = rate_new(1, 0, 3 * S);
  pass(rate, 0, true, RATE_THROTTLED, 1000 * S);
  g_assert_cmpint(pass(rate, 0, true, RATE_ANSWERED, -1), ==, 3 * S);
}

static void
test_default_pause_grows(void) {
  g_autoptr(Rate) rate = rate_new(1, 0, 100 * S);
  gint64 now = pass(rate, 0, false, RATE_THROTTLED, -1);
  g_assert_cmpint(now, ==, 0);
  static const gint64 pauses[] = { 1, 2, 4, 8, 16, 30, 30 };
  for (guint i = 0; i < G_N_ELEMENTS(pauses); i++) {
    gint64 next = pass(rate, now, false, RATE_THROTTLED, -1);
    g_assert_cmpint(next - now, ==, pauses[i] * S);
    now = next;
  }
  now = pass(rate, now, false, RATE_ANSWERED, -1);
  now = pass(rate, now, false, RATE_THROTTLED, -1);
  g_assert_cmpint(pass(rate, now, false, RATE_ANSWERED, -1) - now, <=, RATE_GAP_MAX);
}

static void
test_one_burst_widens_once(void) {
  g_autoptr(Rate) rate = rate_new(8, 0, S);
  RateTicket tickets[8] = { 0 };
  for (guint i = 0; i < 8; i++)
    g_assert_cmpint(ask(rate, &tickets[i], i), ==, RATE_GO);
  rate_release(rate, &tickets[0], 20, RATE_THROTTLED, S);
  gint64 gap = rate_gap(rate);
  g_assert_cmpint(gap, ==, RATE_GAP_FIRST);
  for (guint i = 1; i < 8; i++)
    rate_release(rate, &tickets[i], 20 + i, RATE_THROTTLED, S);
  g_assert_cmpint(rate_gap(rate), ==, gap);
  pass(rate, 30, true, RATE_THROTTLED, 0);
  g_assert_cmpint(rate_gap(rate), >=, gap + gap / 2);
}

static void
test_gap_recovers_to_the_configured_one(void) {
  g_autoptr(Rate) rate = rate_new(1, 20 * MS, S);
  gint64 now = pass(rate, 0, true, RATE_THROTTLED, 0);
  gint64 last = rate_gap(rate);
  g_assert_cmpint(last, ==, 30 * MS);
  guint steps = 0, answers = 0;
  while (last > 20 * MS) {
    now = pass(rate, now, true, RATE_ANSWERED, -1);
    answers++;
    g_assert_cmpint(rate_gap(rate), <=, last);
    steps += rate_gap(rate) < last;
    last = rate_gap(rate);
    g_assert_cmpuint(answers, <, 1000);
  }
  g_assert_cmpint(last, ==, 20 * MS);
  g_assert_cmpuint(steps, >=, 3);
  g_assert_cmpuint(answers, ==, (steps - 1) * RATE_RECOVER_AFTER + RATE_PROBE_AFTER);
}

static void
test_failures_leave_the_gap(void) {
  g_autoptr(Rate) rate = rate_new(1, 0, S);
  gint64 now = pass(rate, 0, true, RATE_THROTTLED, 0);
  gint64 gap = rate_gap(rate);
  for (guint i = 0; i < 10 * RATE_RECOVER_AFTER; i++)
    now = pass(rate, now, true, RATE_FAILED, -1);
  g_assert_cmpint(rate_gap(rate), ==, gap);
  pass(rate, now, true, RATE_BUSY, S);
  g_assert_cmpint(rate_gap(rate), ==, gap);
}

/* ── against a host with a token bucket ── */

typedef struct {
  gdouble tokens, rate, burst;
  gint64 last;
} Bucket;

static bool
bucket_take(Bucket *bucket, gint64 now) {
  bucket->tokens += (gdouble)(now - bucket->last) / S * bucket->rate;
  bucket->tokens = MIN(bucket->tokens, bucket->burst);
  bucket->last = now;
  if (bucket->tokens < 1)
    return false;
  bucket->tokens--;
  return true;
}

typedef struct {
  RateTicket ticket;
  guint request;
  gint64 end; /* 0: not in flight */
  bool accepted;
} Flight;

#define REQUESTS 1000
#define LATENCY (50 * MS)

/* Asks for REQUESTS answers as the client does. Returns how long that took and the most tries one
 * request needed. */
static gint64
simulate(guint connections, gdouble per_second, gdouble burst, gint64 retry_after,
         guint *most_tries) {
  g_autoptr(Rate) rate = rate_new(connections, 0, 120 * S);
  Bucket bucket = { .tokens = burst, .rate = per_second, .burst = burst };
  Flight flights[8] = { 0 };
  g_autoptr(GQueue) pending = g_queue_new();
  guint tries[REQUESTS] = { 0 }, done = 0;
  gint64 now = 0;
  for (guint i = 0; i < REQUESTS; i++)
    g_queue_push_tail(pending, GUINT_TO_POINTER(i));
  *most_tries = 0;
  while (done < REQUESTS) {
    gint64 next = G_MAXINT64;
    for (guint i = 0; i < connections; i++) { /* end what ends now */
      Flight *flight = &flights[i];
      if (flight->end == 0 || flight->end > now)
        continue;
      rate_release(rate, &flight->ticket, now, flight->accepted ? RATE_ANSWERED : RATE_THROTTLED,
                   retry_after);
      if (flight->accepted)
        done++;
      else
        g_queue_push_head(pending, GUINT_TO_POINTER(flight->request));
      flight->end = 0;
    }
    for (guint i = 0; i < connections && !g_queue_is_empty(pending); i++) { /* start what may */
      Flight *flight = &flights[i];
      gint64 until = G_MAXINT64;
      if (flight->end != 0)
        continue;
      if (rate_acquire(rate, &flight->ticket, now, &until) != RATE_GO) {
        next = MIN(next, until);
        continue;
      }
      flight->request = GPOINTER_TO_UINT(g_queue_pop_head(pending));
      guint made = ++tries[flight->request];
      *most_tries = MAX(*most_tries, made);
      flight->accepted = bucket_take(&bucket, now + LATENCY / 2);
      flight->end = now + LATENCY;
    }
    for (guint i = 0; i < connections; i++)
      if (flights[i].end != 0)
        next = MIN(next, flights[i].end);
    if (done < REQUESTS) {
      g_assert_cmpint(next, >, now);
      now = next;
    }
  }
  for (guint i = 0; i < connections; i++)
    rate_release(rate, &flights[i].ticket, now, RATE_FAILED, -1);
  return now;
}

/* Hosts of very different patience: nobody needs more tries than a request has by default, and what
 * the host would bear is used to a fair part. */
static void
test_finds_the_hosts_rate(void) {
  static const struct {
    gdouble per_second, burst;
    gint64 retry_after;
  } hosts[] = {
    { 1, 1, 1 * S },   { 2, 1, 1 * S },    { 5, 5, 1 * S }, { 20, 1, 1 * S }, { 20, 20, 1 * S },
    { 50, 10, 1 * S }, { 100, 10, 1 * S }, { 20, 20, -1 },  { 50, 50, 0 },    { 10, 100, 5 * S },
  };
  for (guint i = 0; i < G_N_ELEMENTS(hosts); i++) {
    guint tries;
    gint64 took = simulate(8, hosts[i].per_second, hosts[i].burst, hosts[i].retry_after, &tries);
    gdouble best = (REQUESTS - hosts[i].burst) / MIN(hosts[i].per_second, 8.0 * S / LATENCY);
    g_test_message(
        "%g/s, burst %g, Retry-After %" G_GINT64_FORMAT ": %.1f s, at best %.1f s; tries %u",
        hosts[i].per_second, hosts[i].burst, hosts[i].retry_after, (gdouble)took / S, best, tries);
    g_assert_cmpuint(tries, <=, 3); /* a request has 4 */
    g_assert_cmpfloat((gdouble)took / S, <=, 2 * best);
  }
}

static void
test_without_limits_all_slots_are_busy(void) {
  guint tries;
  gint64 took = simulate(8, 1e9, 1e9, -1, &tries);
  g_assert_cmpuint(tries, ==, 1);
  g_assert_cmpint(took, ==, REQUESTS / 8 * LATENCY);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/rate/connections", test_connections);
  g_test_add_func("/rate/first-come-first-served", test_first_come_first_served);
  g_test_add_func("/rate/leaving-the-queue", test_leaving_the_queue);
  g_test_add_func("/rate/gap", test_gap);
  g_test_add_func("/rate/retry-after-pauses-all", test_retry_after_pauses_all);
  g_test_add_func("/rate/pause-moves-reserved-starts", test_pause_moves_reserved_starts);
  g_test_add_func("/rate/pause-is-bounded", test_pause_is_bounded);
  g_test_add_func("/rate/default-pause-grows", test_default_pause_grows);
  g_test_add_func("/rate/one-burst-widens-once", test_one_burst_widens_once);
  g_test_add_func("/rate/gap-recovers", test_gap_recovers_to_the_configured_one);
  g_test_add_func("/rate/failures-leave-the-gap", test_failures_leave_the_gap);
  g_test_add_func("/rate/finds-the-hosts-rate", test_finds_the_hosts_rate);
  g_test_add_func("/rate/without-limits", test_without_limits_all_slots_are_busy);
  return g_test_run();
}
