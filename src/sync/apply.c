/* Per kind of step, in the plan's order and in slices: a transaction that journals the intents, the
 * gateway's call, a transaction that journals the outcomes and what we remember of them.
 *
 * A course needs more care, because "made, but not linked and its content not copied" cannot be
 * told from an administrator's course by looking: its intent to be linked is written with its
 * intent to be made, and stays open until both are done and the content copy is queued. The next
 * run finds it open and finishes (courses.c).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/apply.h"

#include <string.h>

#include "base/text.h"
#include "sync/apply_private.h"

ApplyResult *
apply_result_new(void) {
  ApplyResult *result = g_new0(ApplyResult, 1);
  result->failures = g_ptr_array_new();
  return result;
}

void
apply_result_free(ApplyResult *result) {
  if (result == NULL)
    return;
  for (guint i = 0; i < result->failures->len; i++) {
    ApplyFailure *failure = g_ptr_array_index(result->failures, i);
    g_free(failure->id);
    g_free(failure->error);
    g_free(failure);
  }
  g_ptr_array_unref(result->failures);
  g_free(result);
}

/* What a person reading the report knows the step by. */
static const char *
step_id(const Apply *apply, const PlanStep *step) {
  if (step->person != PLAN_NONE)
    return people_id(apply->plan->users->people, step->person);
  const Course *course = plan_course(apply->plan, step);
  guint first = g_array_index(course->lehrgaenge, guint, 0);
  return course->idnumber != NULL ? course->idnumber
                                  : input_lehrgang(apply->plan->input, first)->lehrgang.id;
}

static void
fail(Apply *apply, PlanStep *step, const char *why) {
  step->state = STEP_FAILED;
  apply->result->failure_count++;
  if (step->kind == STEP_ENROL) {
    gint64 key = apply_place_key(apply, step);
    g_hash_table_add(apply->refused, g_memdup2(&key, sizeof key));
  }
  if (apply->result->failures->len >= APPLY_MAX_FAILURES)
    return;
  ApplyFailure *failure = g_new(ApplyFailure, 1);
  failure->tenant = plan_line(apply->plan, step->line)->tenant;
  failure->id = g_strdup(step_id(apply, step));
  failure->error = g_strdup_printf("%s: %s: %s", plan_course(apply->plan, step)->shortname,
                                   plan_kind_word(step->kind), why);
  g_ptr_array_add(apply->result->failures, failure);
}

/* "S033_EINBERUFEN_KREIS → EINBERUFEN → angemeldet": the same few dozen texts over and over. */
static const char *
reason(Apply *apply, const PlanStep *step) {
  if (step->why == PLAN_NONE)
    return "";
  const InputTeilnehmer *teilnehmer = input_teilnehmer(apply->plan->input, step->why);
  const char *known = g_hash_table_lookup(apply->reasons, teilnehmer->status);
  if (known != NULL)
    return known;
  autochar word = status_word(teilnehmer->status);
  char *text = g_strdup_printf("%s → %s → %s", teilnehmer->status, word,
                               status_handler_name(teilnehmer->action));
  g_hash_table_insert(apply->reasons, (gpointer)teilnehmer->status, text);
  return text;
}

static StoreJournalEntry
entry_of(Apply *apply, const PlanStep *step) {
  const Plan *plan = apply->plan;
  const Course *course = plan_course(plan, step);
  StoreJournalEntry entry = {
    .kind = plan_kind_word(step->kind), .shortname = "", .person = "", .lehrgang = ""
  };
  entry.reason = reason(apply, step);
  if (step->kind != STEP_CREATE_USER && step->kind != STEP_UPDATE_USER) {
    entry.courseid = course->id;
    entry.shortname = course->shortname;
  }
  if (step->person != PLAN_NONE) {
    entry.userid = users_at(plan->users, step->person)->id;
    entry.person = people_id(plan->users->people, step->person);
  }
  if (step->why != PLAN_NONE)
    entry.lehrgang =
        input_lehrgang(plan->input, input_lehrgang_of(plan->input, step->why))->lehrgang.id;
  else if (course->idnumber != NULL)
    entry.lehrgang = course->idnumber;
  return entry;
}

/* ── one slice ── */

static bool
intend(Apply *apply, PlanStep *const *steps, guint count, gint64 *first, GError **error) {
  Store *store = apply->context->store;
  g_autofree StoreJournalEntry *entries = g_new(StoreJournalEntry, 2 * count);
  guint entry_count = 0;
  for (guint i = 0; i < count; i++)
    entries[entry_count++] = entry_of(apply, steps[i]);
  if (steps[0]->kind == STEP_CREATE_COURSE)
    for (guint i = 0; i < count; i++) {
      entries[entry_count] = entries[i];
      entries[entry_count++].kind = plan_kind_word(STEP_LINK_COURSE);
    }
  if (!store->class->begin(store, steps[0]->kind == STEP_CREATE_COURSE, error))
    return false;
  if (store->class->journal_intend(store, apply->context->run, entries, entry_count,
                                   clock_now(apply->context->clock), first, error) &&
      store->class->commit(store, error))
    return true;
  store->class->rollback(store);
  return false;
}

static void
take_outcome(Apply *apply, const ApplyKind *kind, PlanStep *step, const GatewayOutcome *outcome,
             bool called, StoreJournalOutcome *journal) {
  if (gateway_code_ok(outcome->code)) {
    step->state = outcome->code == GATEWAY_DONE ? STEP_DONE : STEP_ALREADY;
    if (kind->done != NULL)
      kind->done(apply, step, outcome);
    journal->state = JOURNAL_DONE;
    if (step->kind == STEP_CREATE_COURSE)
      journal->courseid = outcome->id;
    if (step->kind == STEP_CREATE_USER)
      journal->userid = outcome->id;
    return;
  }
  /* Moodle went away over it: the next run will see what became of it. */
  if (outcome->code == GATEWAY_UNKNOWN && !called)
    return;
  const char *why = outcome->message != NULL ? outcome->message : gateway_code_word(outcome->code);
  fail(apply, step, why);
  journal->state = JOURNAL_FAILED;
  journal->error = why;
}

static bool
settle(Apply *apply, const ApplyKind *kind, PlanStep *const *steps, guint count, gint64 first,
       const GatewayOutcome *outcomes, bool called, GError **error) {
  Store *store = apply->context->store;
  guint entries = steps[0]->kind == STEP_CREATE_COURSE ? 2 * count : count;
  g_autofree StoreJournalOutcome *journal = g_new0(StoreJournalOutcome, entries);
  for (guint i = 0; i < count; i++) {
    take_outcome(apply, kind, steps[i], &outcomes[i], called, &journal[i]);
    /* A course that was refused will not be linked either. */
    if (entries > count && journal[i].state == JOURNAL_FAILED)
      journal[count + i] = journal[i];
  }
  if (!store->class->begin(store, kind->durable, error))
    return false;
  if ((!kind->journalled || store->class->journal_settle(store, first, journal, entries, error)) &&
      (kind->remember == NULL || kind->remember(apply, steps, count, error)) &&
      store->class->commit(store, error))
    return true;
  store->class->rollback(store);
  return false;
}

static bool
apply_slice(Apply *apply, const ApplyKind *kind, PlanStep *const *steps, guint count,
            GError **error) {
  gint64 first = 0;
  if (kind->journalled && !intend(apply, steps, count, &first, error))
    return false;
  g_autofree GatewayOutcome *outcomes = g_new0(GatewayOutcome, count);
  g_string_chunk_clear(apply->texts);
  g_autoptr(GError) away = NULL;
  bool called = kind->call(apply, steps, count, outcomes, &away);
  /* Cut short by nobody's request, it stands for the end of this process, which could not have
   * written anything either. After a request what is known by now is written down. */
  bool killed = g_error_matches(away, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED) &&
                !stop_requested(apply->context->stop);
  bool settled =
      killed || settle(apply, kind, steps, count, first, outcomes, called, called ? error : NULL);
  gateway_outcomes_clear(outcomes, count);
  if (!called)
    g_propagate_error(error, g_steal_pointer(&away));
  return called && settled;
}

static bool
apply_kind(Apply *apply, StepKind which, GError **error) {
  const ApplyContext *context = apply->context;
  const ApplyKind *kind = &apply_kinds[which];
  GArray *all = apply->plan->steps[which];
  PlanStep *slice[GATEWAY_SLICE];
  guint count = 0;
  for (guint i = 0; i < all->len; i++) {
    PlanStep *step = plan_step(apply->plan, which, i);
    /* What it stands on failed and was reported; repeating that for everything above it would bury
     * the cause. */
    if (step->state == STEP_PLANNED && !kind->ready(apply, step))
      step->state = STEP_FAILED;
    if (step->state == STEP_PLANNED)
      slice[count++] = step;
    if (count == 0 || (count < kind->slice && i + 1 < all->len))
      continue;
    if (stop_requested(context->stop)) {
      g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED,
                  "stopped on request; run again to do the rest");
      return false;
    }
    if (context->lease != NULL && lease_lost(context->lease)) {
      g_set_error(
          error, GATEWAY_ERROR, GATEWAY_ERROR_FAILED,
          "the lock was lost to another run, which does the rest; nothing more was written");
      return false;
    }
    if (!apply_slice(apply, kind, slice, count, error))
      return false;
    count = 0;
    if (context->progress != NULL)
      context->progress(which, i + 1, all->len, context->user_data);
  }
  return true;
}

/* ── the maps of what exists already ── */

static bool
remember_courses(Apply *apply, GError **error) {
  Courses *courses = apply->plan->courses;
  gint64 now = clock_now(apply->context->clock);
  for (guint i = 0; i < courses->courses->len; i++)
    if (courses_at(courses, i)->id != 0 &&
        !apply_map_course(apply, courses_at(courses, i), now, error))
      return false;
  return true;
}

static bool
remember_users(Apply *apply, GError **error) {
  const Users *users = apply->plan->users;
  guint count = people_count(users->people);
  for (guint node = 0; node < count; node++) {
    const User *user = users_at(users, node);
    if (people_root(users->people, node) == node && user->id != 0 &&
        !apply_map_user(apply, node, error))
      return false;
  }
  return apply_map_flush(apply, error);
}

static bool
remember_existing(Apply *apply, GError **error) {
  Store *store = apply->context->store;
  if (!store->class->begin(store, false, error))
    return false;
  if (remember_courses(apply, error) && remember_users(apply, error) &&
      apply_open_others(apply, error) && store->class->commit(store, error))
    return true;
  store->class->rollback(store);
  return false;
}

bool
apply_plan(Plan *plan, const ApplyContext *context, ApplyResult *result, GError **error) {
  Apply apply = { .plan = plan, .context = context, .result = result };
  apply.reasons = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
  apply.texts = g_string_chunk_new(4096);
  apply.map_rows = g_array_new(FALSE, FALSE, sizeof(StoreUserMap));
  apply.refused = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
  bool ok = remember_existing(&apply, error);
  for (guint kind = 0; ok && kind < STEP_KINDS; kind++)
    ok = apply_kind(&apply, kind, error);
  g_hash_table_unref(apply.reasons);
  g_string_chunk_free(apply.texts);
  g_array_unref(apply.map_rows);
  g_hash_table_unref(apply.refused);
  addresses_free(apply.addresses);
  return ok;
}
