/* When the scheduled run is due, met, or to be tried again (SPEC 6): decisions over what the store
 * keeps of a schedule, without reading a clock or the store.
 *
 * A due time is met when a run for it ended other than failed. Busy, failed or cut short by death:
 * again after `faildelay`, doubling up to a day; a success resets that. Several due times missed
 * are met by one run.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "scheduler/cron.h"
#include "store/store.h"

#define SCHEDULE_LONGEST_DELAY_S (24 * 60 * 60)

/* A `met` that lies further ahead of the clock than this comes from a clock that was wrong, and
 * must not keep runs away until then. */
#define SCHEDULE_MAX_AHEAD_S (24 * 60 * 60)

typedef struct {
  const Cron *cron;
  GTimeZone *zone;
  gint64 faildelay; /* seconds */
} Schedule;

typedef struct {
  bool now;    /* a run is due and may be tried */
  gint64 due;  /* for which time: the latest that is due and not met; 0 when none is */
  gint64 wake; /* when to ask again, when not now */
} ScheduleTurn;
ScheduleTurn schedule_turn(const Schedule *schedule, const StoreSchedule *state, gint64 now);

/* On start and whenever the configuration was read: a schedule never seen before, or seen with
 * another expression, begins now, so that what would have been due earlier is no reason to run.
 * A `met` out of the future (SCHEDULE_MAX_AHEAD_S) is put right. True when the state changed. */
bool schedule_adopt(const char *expression, gint64 now, StoreSchedule *state);

/* An attempt begins: written down before it, counted as failed until told otherwise, so that a run
 * that takes its process down with it is not tried again at once, for ever. */
void schedule_begin(const Schedule *schedule, StoreSchedule *state, gint64 now);

typedef enum {
  SCHEDULE_MET,     /* it ran: success, partial, held */
  SCHEDULE_FAILED,  /* error */
  SCHEDULE_BUSY,    /* another run held the lock */
  SCHEDULE_STOPPED, /* interrupted because this service stops: the next start does it at once */
} ScheduleOutcome;
/* How the attempt begun by schedule_begin() for `due` ended. */
void schedule_end(const Schedule *schedule, StoreSchedule *state, gint64 due,
                  ScheduleOutcome outcome, gint64 now);
