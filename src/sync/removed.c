/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/removed.h"

#include <string.h>

typedef struct {
  Plan *plan;
  GHashTable *removed; /* GUINT_TO_POINTER(person + 1): of the course at hand */
} Reading;

/* A person may have been enrolled under one id and removed under another. */
static void
on_entry(const StoreJournalRow *row, gpointer data) {
  Reading *reading = data;
  bool removed = strcmp(row->entry.kind, plan_kind_word(STEP_UNENROL)) == 0;
  if (!removed && strcmp(row->entry.kind, plan_kind_word(STEP_ENROL)) != 0)
    return;
  People *people = reading->plan->users->people;
  guint node = people_by_id(people, row->entry.person);
  if (node == PEOPLE_NOBODY)
    return;
  gpointer person = GUINT_TO_POINTER(people_root(people, node) + 1);
  /* Whatever became of an enrolment, it is asked for as if it had been made. */
  if (!removed)
    g_hash_table_remove(reading->removed, person);
  else if (row->state == JOURNAL_DONE)
    g_hash_table_add(reading->removed, person);
}

/* Entries come in ascending order, so what is left is each person's last one. */
static bool
read_course(Reading *reading, const Course *course, Store *store, GError **error) {
  g_hash_table_remove_all(reading->removed);
  StoreJournalFilter filter = { .courseid = course->id, .state = -1 };
  return store->class->journal_read(store, &filter, on_entry, reading, error);
}

/* Someone who is not active any more is none of those that our removal left where they were. */
static bool
is_unsure(const Plan *plan, const PlanStep *step) {
  const User *user = users_at(plan->users, step->person);
  const CurrentEnrolment *is =
      current_enrolment(plan->current, plan_line(plan, step->line)->course, user->id);
  return is != NULL && (is->flags & GATEWAY_ENROL_UNSURE) && (is->flags & GATEWAY_ENROL_ACTIVE);
}

bool
removed_note(Plan *plan, Store *store, GError **error) {
  g_autoptr(GHashTable) removed = g_hash_table_new(NULL, NULL);
  Reading reading = { plan, removed };
  const Course *read = NULL;
  /* Steps stand by course, so each course is read at most once. */
  for (guint i = 0; i < plan->steps[STEP_UNENROL]->len; i++) {
    PlanStep *step = plan_step(plan, STEP_UNENROL, i);
    if (step->state != STEP_PLANNED || !is_unsure(plan, step))
      continue;
    const Course *course = plan_course(plan, step);
    if (course != read && !read_course(&reading, course, store, error))
      return false;
    read = course;
    if (g_hash_table_contains(removed, GUINT_TO_POINTER(step->person + 1)))
      step->state = STEP_ALREADY;
  }
  return true;
}
