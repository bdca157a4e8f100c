/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/schedule.h"

#include <string.h>

/* `faildelay` doubled with each failure, up to the longest. */
static gint64
delay_after(const Schedule *schedule, guint failures) {
  gint64 delay = MAX(schedule->faildelay, 1);
  for (guint i = 1; i < failures && delay < SCHEDULE_LONGEST_DELAY_S; i++)
    delay *= 2;
  return MIN(delay, SCHEDULE_LONGEST_DELAY_S);
}

ScheduleTurn
schedule_turn(const Schedule *schedule, const StoreSchedule *state, gint64 now) {
  gint64 last = cron_last(schedule->cron, schedule->zone, now);
  /* Past what is met: after the clock went back a little, a time that was met comes again. */
  if (last == CRON_NEVER || last <= state->met)
    return (ScheduleTurn){
      .wake = cron_next(schedule->cron, schedule->zone, MAX(now, state->met)),
    };
  /* Nobody waits longer than the longest delay, so a retry beyond is of a clock that was wrong. */
  if (state->retry > now && state->retry - now <= SCHEDULE_LONGEST_DELAY_S)
    return (ScheduleTurn){ .due = last, .wake = state->retry };
  return (ScheduleTurn){ .now = true, .due = last };
}

bool
schedule_adopt(const char *expression, gint64 now, StoreSchedule *state) {
  bool same = g_strcmp0(expression, state->expression) == 0;
  if (same && state->met - now <= SCHEDULE_MAX_AHEAD_S)
    return false;
  if (!same) {
    g_free(state->expression);
    state->expression = g_strdup(expression);
  }
  state->met = now;
  state->failures = 0;
  state->retry = 0;
  return true;
}

void
schedule_begin(const Schedule *schedule, StoreSchedule *state, gint64 now) {
  if (state->failures < G_MAXINT32)
    state->failures++;
  state->retry = now + delay_after(schedule, state->failures);
}

void
schedule_end(const Schedule *schedule, StoreSchedule *state, gint64 due, ScheduleOutcome outcome,
             gint64 now) {
  /* Another node has met it meanwhile, and knows better. */
  if (state->met >= due)
    return;
  switch (outcome) {
  case SCHEDULE_MET:
    state->met = due;
    state->failures = 0;
    state->retry = 0;
    return;
  case SCHEDULE_FAILED:
  case SCHEDULE_BUSY:
    state->retry = now + delay_after(schedule, state->failures);
    return;
  case SCHEDULE_STOPPED:
    state->failures -= state->failures > 0 ? 1 : 0;
    state->retry = 0;
    return;
  }
  g_assert_not_reached();
}
