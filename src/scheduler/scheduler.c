/* A turn reads the state and decides. Only when there is something to write it is read and decided
 * again in a transaction, so that of two nodes that wake in the same second one begins. How a run
 * ended is kept until the store has it: nothing else is begun before.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/scheduler.h"

#include "base/text.h"

typedef struct {
  const SchedulerContext *context;
  Schedule schedule;
  const char *expression;
  guint generation, adopted; /* in force; whose expression the store knows */
  bool adopted_any;
  Store *store; /* NULL: none open */
  bool away;    /* the store failed, and that was told */
  struct {
    bool waits; /* to be recorded */
    gint64 due;
    ScheduleOutcome outcome;
  } ended;
} Loop;

/* ── the store ── */

static bool
ensure_store(Loop *loop, GError **error) {
  if (loop->store == NULL)
    loop->store = loop->context->open(loop->context->user_data, error);
  return loop->store != NULL;
}

static void
tell_state(Loop *loop, const GError *error) {
  bool away = error != NULL;
  if (away != loop->away && loop->context->store_state != NULL)
    loop->context->store_state(error, loop->context->user_data);
  loop->away = away;
}

static void
tell_next(const Loop *loop, gint64 due) {
  if (loop->context->next != NULL)
    loop->context->next(due == CRON_NEVER ? 0 : due, loop->context->user_data);
}

/* ── deciding ── */

/* What the state becomes, and what is to be done. True when the state changed. */
static bool
decide(const Loop *loop, bool may_begin, gint64 now, StoreSchedule *state, ScheduleTurn *turn) {
  /* Only a node that has just read its configuration brings its expression in: nodes that differ
   * for a while would otherwise take turns, and what is due meanwhile would be lost. */
  bool mine =
      !loop->adopted_any || loop->adopted != loop->generation || text_empty(state->expression);
  bool changed = schedule_adopt(mine ? loop->expression : state->expression, now, state);
  if (loop->ended.waits) {
    schedule_end(&loop->schedule, state, loop->ended.due, loop->ended.outcome, now);
    changed = true;
  }
  *turn = schedule_turn(&loop->schedule, state, now);
  if (turn->now && may_begin) {
    schedule_begin(&loop->schedule, state, now);
    changed = true;
  }
  return changed;
}

/* Reads the state and decides; `write`: in a transaction, and writes what changed. */
static bool
step(Loop *loop, bool may_begin, bool write, ScheduleTurn *turn, bool *changed, GError **error) {
  const StoreClass *store = loop->store->class;
  gint64 now = clock_now(loop->context->clock);
  g_auto(StoreSchedule) state = { 0 };
  if (!store->schedule_get(loop->store, SCHEDULER_SYNC, &state, error))
    return false;
  *changed = decide(loop, may_begin, now, &state, turn);
  return !write || !*changed || store->schedule_put(loop->store, SCHEDULER_SYNC, &state, error);
}

static bool
write_step(Loop *loop, bool may_begin, ScheduleTurn *turn, GError **error) {
  Store *store = loop->store;
  bool changed = false;
  if (!store->class->begin(store, true, error))
    return false;
  if (!step(loop, may_begin, true, turn, &changed, error)) {
    store->class->rollback(store);
    return false;
  }
  return store->class->commit(store, error);
}

/* One look at the store. `turn->now`: the attempt is written down and may be made, if `may_begin`.
 * False: the store cannot be reached. */
static bool
look(Loop *loop, bool may_begin, ScheduleTurn *turn) {
  g_autoptr(GError) error = NULL;
  bool changed = false;
  if (!ensure_store(loop, &error) || !step(loop, may_begin, false, turn, &changed, &error) ||
      (changed && !write_step(loop, may_begin, turn, &error))) {
    g_clear_pointer(&loop->store, store_free);
    tell_state(loop, error);
    tell_next(loop, 0);
    return false;
  }
  loop->ended.waits = false;
  loop->adopted = loop->generation;
  loop->adopted_any = true;
  tell_state(loop, NULL);
  tell_next(loop, turn->now ? turn->due : turn->wake);
  return true;
}

/* ── the loop ── */

static gint64
wait_until(const Loop *loop, bool reached, const ScheduleTurn *turn) {
  gint64 now = clock_now(loop->context->clock);
  if (!reached)
    return now + SCHEDULER_STORE_PAUSE_S;
  return turn->now ? now : MIN(turn->wake, now + SCHEDULER_LONGEST_WAIT_S);
}

/* Looks, and runs what is due. Until when to wait then. */
static gint64
take_turn(Loop *loop) {
  ScheduleTurn turn = { 0 };
  bool reached = look(loop, true, &turn);
  if (!reached || !turn.now)
    return wait_until(loop, reached, &turn);
  loop->ended.due = turn.due;
  loop->ended.outcome = loop->context->run(turn.due, loop->context->user_data);
  loop->ended.waits = true;
  reached = look(loop, false, &turn);
  return wait_until(loop, reached, &turn);
}

/* The schedule in force. False: the loop ends. */
static bool
refresh(Loop *loop) {
  guint before = loop->generation;
  if (!loop->context->current(&loop->schedule, &loop->expression, &loop->generation,
                              loop->context->user_data))
    return false;
  if (loop->generation != before) /* it may be another store now */
    g_clear_pointer(&loop->store, store_free);
  return true;
}

void
scheduler_loop(const SchedulerContext *context) {
  Loop loop = { .context = context };
  while (refresh(&loop)) {
    gint64 until = take_turn(&loop);
    bool stopped = loop.ended.outcome == SCHEDULE_STOPPED;
    if (stopped || !context->wait(until, context->user_data))
      break;
  }
  store_free(loop.store);
}

bool
scheduler_wanted(Store *store, gint64 due, bool *wanted, GError **error) {
  g_auto(StoreSchedule) state = { 0 };
  if (!store->class->schedule_get(store, SCHEDULER_SYNC, &state, error))
    return false;
  *wanted = due > state.met;
  return true;
}
