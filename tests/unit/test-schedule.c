/* schedule: due, met, again later (SPEC 6), decided over what the store keeps.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/schedule.h"

#define HOUR 3600
#define DAY (24 * HOUR)
#define WEEK (7 * DAY)

/* Sunday, 2026-03-08 03:00:00 in UTC. */
#define SUNDAY G_GINT64_CONSTANT(1772938800)

typedef struct {
  Cron *cron;
  Schedule schedule;
  StoreSchedule state;
} Case;

static void
set_up(Case *c, gconstpointer data) {
  (void)data;
  c->cron = cron_parse("0 3 * * 0", NULL);
  g_assert_nonnull(c->cron);
  c->schedule = (Schedule){ c->cron, g_time_zone_new_utc(), .faildelay = 60 };
  c->state = (StoreSchedule){ .expression = g_strdup("0 3 * * 0"), .met = SUNDAY - WEEK };
}

static void
tear_down(Case *c, gconstpointer data) {
  (void)data;
  cron_free(c->cron);
  g_time_zone_unref(c->schedule.zone);
  g_free(c->state.expression);
}

static void
assert_turn(const Case *c, gint64 now, bool is_now, gint64 due, gint64 wake) {
  ScheduleTurn turn = schedule_turn(&c->schedule, &c->state, now);
  g_assert_cmpint(turn.now, ==, is_now);
  g_assert_cmpint(turn.due, ==, due);
  if (!is_now)
    g_assert_cmpint(turn.wake, ==, wake);
}

static void
assert_state(const Case *c, gint64 met, guint failures, gint64 retry) {
  g_assert_cmpint(c->state.met, ==, met);
  g_assert_cmpuint(c->state.failures, ==, failures);
  g_assert_cmpint(c->state.retry, ==, retry);
}

static void
test_due_and_met(Case *c, gconstpointer data) {
  (void)data;
  assert_turn(c, SUNDAY - 1, false, 0, SUNDAY);
  assert_turn(c, SUNDAY, true, SUNDAY, 0);
  assert_turn(c, SUNDAY + 3 * DAY, true, SUNDAY, 0);
  schedule_begin(&c->schedule, &c->state, SUNDAY);
  schedule_end(&c->schedule, &c->state, SUNDAY, SCHEDULE_MET, SUNDAY + HOUR);
  assert_state(c, SUNDAY, 0, 0);
  assert_turn(c, SUNDAY + HOUR, false, 0, SUNDAY + WEEK);
}

/* The latest due time stands for all that were missed. */
static void
test_several_missed(Case *c, gconstpointer data) {
  (void)data;
  gint64 now = SUNDAY + 5 * WEEK + DAY, due = SUNDAY + 5 * WEEK;
  assert_turn(c, now, true, due, 0);
  schedule_begin(&c->schedule, &c->state, now);
  schedule_end(&c->schedule, &c->state, due, SCHEDULE_MET, now + 1);
  assert_turn(c, now + 1, false, 0, due + WEEK);
}

static void
test_first_start(Case *c, gconstpointer data) {
  (void)data;
  StoreSchedule fresh = { .expression = g_strdup("") };
  g_assert_true(schedule_adopt("0 3 * * 0", SUNDAY + DAY, &fresh));
  g_assert_cmpstr(fresh.expression, ==, "0 3 * * 0");
  g_assert_cmpint(fresh.met, ==, SUNDAY + DAY);
  ScheduleTurn turn = schedule_turn(&c->schedule, &fresh, SUNDAY + DAY);
  g_assert_false(turn.now);
  g_assert_cmpint(turn.wake, ==, SUNDAY + WEEK);
  g_assert_false(schedule_adopt("0 3 * * 0", SUNDAY + 2 * DAY, &fresh));
  g_assert_cmpint(fresh.met, ==, SUNDAY + DAY);
  store_schedule_clear(&fresh);

  StoreSchedule nothing = { 0 };
  g_assert_true(schedule_adopt("@daily", SUNDAY, &nothing));
  g_assert_cmpstr(nothing.expression, ==, "@daily");
  store_schedule_clear(&nothing);
}

/* Missed while down: the same expression, an old `met`. */
static void
test_missed_while_down(Case *c, gconstpointer data) {
  (void)data;
  g_assert_false(schedule_adopt("0 3 * * 0", SUNDAY + DAY, &c->state));
  assert_turn(c, SUNDAY + DAY, true, SUNDAY, 0);
}

static void
test_changed_expression(Case *c, gconstpointer data) {
  (void)data;
  c->state.failures = 4;
  c->state.retry = SUNDAY + 2 * DAY;
  g_assert_true(schedule_adopt("0 3 * * 1", SUNDAY + DAY + 4 * HOUR, &c->state));
  g_assert_cmpstr(c->state.expression, ==, "0 3 * * 1");
  assert_state(c, SUNDAY + DAY + 4 * HOUR, 0, 0);
}

/* 60 s, doubled each time, a day at most; success begins anew. */
static void
test_failing(Case *c, gconstpointer data) {
  (void)data;
  static const gint64 delays[] = { 60,   120,   240,   480,   960,   1920,  3840,
                                   7680, 15360, 30720, 61440, 86400, 86400, 86400 };
  gint64 now = SUNDAY;
  for (guint i = 0; i < G_N_ELEMENTS(delays); i++) {
    ScheduleTurn turn = schedule_turn(&c->schedule, &c->state, now);
    g_assert_true(turn.now);
    schedule_begin(&c->schedule, &c->state, now);
    now += 1000; /* the delay counts from its end */
    ScheduleOutcome outcome = i % 2 == 0 ? SCHEDULE_FAILED : SCHEDULE_BUSY;
    schedule_end(&c->schedule, &c->state, turn.due, outcome, now);
    assert_state(c, SUNDAY - WEEK, i + 1, now + delays[i]);
    assert_turn(c, now + delays[i] - 1, false, cron_last(c->cron, c->schedule.zone, now),
                now + delays[i]);
    now += delays[i];
  }
  ScheduleTurn turn = schedule_turn(&c->schedule, &c->state, now);
  schedule_begin(&c->schedule, &c->state, now);
  schedule_end(&c->schedule, &c->state, turn.due, SCHEDULE_MET, now);
  assert_state(c, turn.due, 0, 0);
  schedule_begin(&c->schedule, &c->state, now);
  g_assert_cmpint(c->state.retry, ==, now + 60);
}

/* The longest `faildelay` there is, and a state with more failures than a shift could hold. */
static void
test_longest_delays(Case *c, gconstpointer data) {
  (void)data;
  c->schedule.faildelay = 86400;
  schedule_begin(&c->schedule, &c->state, SUNDAY);
  assert_state(c, SUNDAY - WEEK, 1, SUNDAY + DAY);
  schedule_begin(&c->schedule, &c->state, SUNDAY);
  assert_state(c, SUNDAY - WEEK, 2, SUNDAY + DAY);
  c->schedule.faildelay = 1;
  c->state.failures = G_MAXINT32;
  schedule_begin(&c->schedule, &c->state, SUNDAY);
  assert_state(c, SUNDAY - WEEK, G_MAXINT32, SUNDAY + DAY);
}

/* Nobody tells how it ended: the state written before counts it as failed. */
static void
test_died_in_the_run(Case *c, gconstpointer data) {
  (void)data;
  schedule_begin(&c->schedule, &c->state, SUNDAY);
  assert_state(c, SUNDAY - WEEK, 1, SUNDAY + 60);
  assert_turn(c, SUNDAY + 5, false, SUNDAY, SUNDAY + 60);
  assert_turn(c, SUNDAY + 60, true, SUNDAY, 0);
  schedule_begin(&c->schedule, &c->state, SUNDAY + 60);
  assert_state(c, SUNDAY - WEEK, 2, SUNDAY + 60 + 120);
}

/* A stop is no failure: the next start tries at once, and earlier failures still count. */
static void
test_stopped(Case *c, gconstpointer data) {
  (void)data;
  c->state.failures = 3;
  schedule_begin(&c->schedule, &c->state, SUNDAY);
  schedule_end(&c->schedule, &c->state, SUNDAY, SCHEDULE_STOPPED, SUNDAY + 10);
  assert_state(c, SUNDAY - WEEK, 3, 0);
  assert_turn(c, SUNDAY + 10, true, SUNDAY, 0);
}

/* Another node met it while this one tried: its word counts. */
static void
test_met_by_another(Case *c, gconstpointer data) {
  (void)data;
  static const ScheduleOutcome outcomes[] = { SCHEDULE_MET, SCHEDULE_FAILED, SCHEDULE_BUSY,
                                              SCHEDULE_STOPPED };
  for (guint i = 0; i < G_N_ELEMENTS(outcomes); i++) {
    c->state.met = SUNDAY;
    schedule_end(&c->schedule, &c->state, SUNDAY, outcomes[i], SUNDAY + 10);
    assert_state(c, SUNDAY, 0, 0);
    schedule_end(&c->schedule, &c->state, SUNDAY - WEEK, outcomes[i], SUNDAY + 10);
    assert_state(c, SUNDAY, 0, 0);
  }
}

/* Back by less than a day: what was met is not done again, nor told as the next. */
static void
test_clock_back_a_little(Case *c, gconstpointer data) {
  (void)data;
  c->state.met = SUNDAY;
  gint64 now = SUNDAY - 5 * HOUR;
  g_assert_false(schedule_adopt("0 3 * * 0", now, &c->state));
  assert_turn(c, now, false, 0, SUNDAY + WEEK);
  assert_turn(c, SUNDAY, false, 0, SUNDAY + WEEK);
  assert_turn(c, SUNDAY + WEEK, true, SUNDAY + WEEK, 0);
}

/* Back by years: `met` and `retry` of the wrong time keep nothing away. */
static void
test_clock_back_by_years(Case *c, gconstpointer data) {
  (void)data;
  c->state.met = SUNDAY + 200 * WEEK;
  c->state.failures = 2;
  c->state.retry = SUNDAY + 200 * WEEK;
  g_assert_true(schedule_adopt("0 3 * * 0", SUNDAY - HOUR, &c->state));
  assert_state(c, SUNDAY - HOUR, 0, 0);
  assert_turn(c, SUNDAY - HOUR, false, 0, SUNDAY);
  assert_turn(c, SUNDAY, true, SUNDAY, 0);

  c->state.met = SUNDAY - WEEK;
  c->state.failures = 2;
  c->state.retry = SUNDAY + DAY + 1;
  assert_turn(c, SUNDAY, true, SUNDAY, 0);
  c->state.retry = SUNDAY + DAY;
  assert_turn(c, SUNDAY, false, SUNDAY, SUNDAY + DAY);
}

/* Just what the limit says. */
static void
test_ahead_limit(Case *c, gconstpointer data) {
  (void)data;
  c->state.met = SUNDAY;
  g_assert_false(schedule_adopt("0 3 * * 0", SUNDAY - SCHEDULE_MAX_AHEAD_S, &c->state));
  g_assert_true(schedule_adopt("0 3 * * 0", SUNDAY - SCHEDULE_MAX_AHEAD_S - 1, &c->state));
}

static void
test_clock_forward_by_years(Case *c, gconstpointer data) {
  (void)data;
  gint64 now = SUNDAY + 200 * WEEK + HOUR;
  assert_turn(c, now, true, SUNDAY + 200 * WEEK, 0);
  assert_turn(c, G_MAXINT64, false, 0, CRON_NEVER);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define add(name, function) g_test_add("/schedule/" name, Case, NULL, set_up, function, tear_down)
  add("due-and-met", test_due_and_met);
  add("several-missed", test_several_missed);
  add("first-start", test_first_start);
  add("missed-while-down", test_missed_while_down);
  add("changed-expression", test_changed_expression);
  add("failing", test_failing);
  add("longest-delays", test_longest_delays);
  add("died-in-the-run", test_died_in_the_run);
  add("stopped", test_stopped);
  add("met-by-another", test_met_by_another);
  add("clock-back-a-little", test_clock_back_a_little);
  add("clock-back-by-years", test_clock_back_by_years);
  add("ahead-limit", test_ahead_limit);
  add("clock-forward-by-years", test_clock_forward_by_years);
  return g_test_run();
}
