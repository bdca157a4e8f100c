/* Intents that were still open when an earlier run's process died: what became of them is known
 * once this run has finished the course, or found or made the account.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/apply_private.h"

/* What is being settled: the rows of one kind that `answers` tells the outcome of. */
typedef struct Closing Closing;
struct Closing {
  Apply *apply;
  bool (*answers)(const Closing *closing, const StoreJournalRow *row, StoreJournalOutcome *outcome);
  GHashTable *finished; /* short name → Course */
  GHashTable *persons;  /* GUINT_TO_POINTER(person + 1) */
  const char *why;      /* of the persons' */
  GArray *ids;          /* gint64 */
  GArray *outcomes;     /* StoreJournalOutcome */
};

static void
on_open_intent(const StoreJournalRow *row, gpointer data) {
  Closing *closing = data;
  StoreJournalOutcome outcome = { .state = JOURNAL_FAILED };
  if (!closing->answers(closing, row, &outcome))
    return;
  g_array_append_val(closing->ids, row->id);
  g_array_append_val(closing->outcomes, outcome);
}

static bool
close_intents(Closing *closing, StepKind first, StepKind last, GError **error) {
  Store *store = closing->apply->context->store;
  g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));
  g_autoptr(GArray) outcomes = g_array_new(FALSE, FALSE, sizeof(StoreJournalOutcome));
  closing->ids = ids;
  closing->outcomes = outcomes;
  for (StepKind kind = first; kind <= last; kind++) {
    StoreJournalFilter filter = { .kind = plan_kind_word(kind), .state = JOURNAL_INTENT };
    if (!store->class->journal_read(store, &filter, on_open_intent, closing, error))
      return false;
  }
  for (guint i = 0; i < ids->len; i++)
    if (!store->class->journal_settle(store, g_array_index(ids, gint64, i),
                                      &g_array_index(outcomes, StoreJournalOutcome, i), 1, error))
      return false;
  return true;
}

/* ── courses ── */

static bool
answers_course(const Closing *closing, const StoreJournalRow *row, StoreJournalOutcome *outcome) {
  const Course *course = g_hash_table_lookup(closing->finished, row->entry.shortname);
  if (course == NULL)
    return false;
  bool ours = row->run == closing->apply->context->run;
  *outcome =
      (StoreJournalOutcome){ .state = ours ? JOURNAL_DONE : JOURNAL_FAILED,
                             .courseid = course->id,
                             .error =
                                 ours ? NULL : "interrupted; a later run finished the course" };
  return true;
}

bool
apply_open_courses(Apply *apply, GHashTable *finished, GError **error) {
  Closing closing = { .apply = apply, .answers = answers_course, .finished = finished };
  return close_intents(&closing, STEP_CREATE_COURSE, STEP_LINK_COURSE, error);
}

/* ── accounts ── */

/* The person of a Teilnehmer id, PEOPLE_NOBODY when this run has none. */
static guint
person_of(const Apply *apply, const char *id) {
  People *people = apply->plan->users->people;
  guint node = people_by_id(people, id);
  return node != PEOPLE_NOBODY ? people_root(people, node) : PEOPLE_NOBODY;
}

static bool
answers_account(const Closing *closing, const StoreJournalRow *row, StoreJournalOutcome *outcome) {
  const Apply *apply = closing->apply;
  guint person = person_of(apply, row->entry.person);
  if (row->run == apply->context->run || person == PEOPLE_NOBODY ||
      !g_hash_table_contains(closing->persons, GUINT_TO_POINTER(person + 1)))
    return false;
  outcome->userid = users_at(apply->plan->users, person)->id;
  outcome->error = closing->why;
  return true;
}

static bool
close_accounts(Apply *apply, GHashTable *persons, const char *why, GError **error) {
  Closing closing = { .apply = apply, .answers = answers_account, .persons = persons, .why = why };
  return g_hash_table_size(persons) == 0 ||
         close_intents(&closing, STEP_CREATE_USER, STEP_CREATE_USER, error);
}

/* An account that is made now, or refused, was not made before: it would have been found. */
static bool
is_known(const Apply *apply, const PlanStep *step) {
  bool ok = step->state == STEP_DONE || step->state == STEP_ALREADY;
  return step->kind == STEP_CREATE_USER
             ? ok || step->state == STEP_FAILED
             : ok && users_at(apply->plan->users, step->person)->set_auth;
}

bool
apply_open_accounts(Apply *apply, PlanStep *const *steps, guint count, GError **error) {
  if (apply->plan->users->open == NULL || count == 0)
    return true;
  g_autoptr(GHashTable) persons = g_hash_table_new(NULL, NULL);
  for (guint i = 0; i < count; i++)
    if (is_known(apply, steps[i]))
      g_hash_table_add(persons, GUINT_TO_POINTER(steps[i]->person + 1));
  return close_accounts(apply, persons,
                        steps[0]->kind == STEP_CREATE_USER
                            ? "interrupted; the account was not made"
                            : "interrupted; a later run found the account and finished it",
                        error);
}

bool
apply_open_others(Apply *apply, GError **error) {
  const Users *users = apply->plan->users;
  if (users->open == NULL)
    return true;
  g_autoptr(GHashTable) persons = g_hash_table_new(NULL, NULL);
  GHashTableIter each;
  gpointer id;
  g_hash_table_iter_init(&each, users->open);
  while (g_hash_table_iter_next(&each, &id, NULL)) {
    guint person = person_of(apply, id);
    const User *user = users_at(users, person);
    if (user->state == USER_EXISTING && !user->set_auth)
      g_hash_table_add(persons, GUINT_TO_POINTER(person + 1));
  }
  return close_accounts(apply, persons,
                        "interrupted; the account that is there is not the one it was to make",
                        error);
}
