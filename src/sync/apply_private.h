/* What apply.c (the slices) and apply_steps.c (the kinds of step) share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync/addresses.h"
#include "sync/apply.h"

typedef struct {
  Plan *plan;
  const ApplyContext *context;
  ApplyResult *result;
  GHashTable *reasons;  /* raw status → the journal's reason */
  GStringChunk *texts;  /* made for one slice's call */
  GArray *map_rows;     /* StoreUserMap: waiting to be written */
  Addresses *addresses; /* once one was refused; NULL else */
  GHashTable *refused;  /* gint64 *, apply_place_key(): whom a course could not enrol */
} Apply;

/* How one kind of step is done. */
typedef struct {
  guint slice;     /* steps per call at most, up to GATEWAY_SLICE */
  bool journalled; /* intents are written by this kind itself */
  bool durable;    /* Moodle cannot do it twice: the outcome must be on disk before we go on */
  /* Whether what the step stands on (its course, account, group) is there. */
  bool (*ready)(const Apply *apply, const PlanStep *step);
  bool (*call)(Apply *apply, PlanStep *const *steps, guint count, GatewayOutcome *outcomes,
               GError **error);
  void (*done)(Apply *apply, PlanStep *step, const GatewayOutcome *outcome); /* may be NULL */
  bool (*remember)(Apply *apply, PlanStep *const *steps, guint count,
                   GError **error); /* in the outcomes' transaction; may be NULL */
} ApplyKind;

/* A person and the course of a step in one number. */
static inline gint64
apply_place_key(const Apply *apply, const PlanStep *step) {
  return (gint64)((guint64)plan_line(apply->plan, step->line)->course << 32 | step->person);
}

extern const ApplyKind apply_kinds[STEP_KINDS];

/* ── apply_users.c: the parts of ApplyKind for accounts ── */

/* A person whose address is refused as taken, by someone whom nobody sees, is tried again with the
 * next form of it, before that is reported. */
bool apply_users_create(Apply *apply, PlanStep *const *steps, guint count, GatewayOutcome *outcomes,
                        GError **error);
void apply_users_created(Apply *apply, PlanStep *step, const GatewayOutcome *outcome);
bool apply_users_remember(Apply *apply, PlanStep *const *steps, guint count, GError **error);
bool apply_users_update(Apply *apply, PlanStep *const *steps, guint count, GatewayOutcome *outcomes,
                        GError **error);

/* ── apply_open.c: intents that an earlier run's end left open ── */

/* Settles those to make and to link the courses in `finished` (short name → Course): this run's,
 * and those of the run that began it. */
bool apply_open_courses(Apply *apply, GHashTable *finished, GError **error);

/* Settles those to make accounts for the persons of these steps (of one kind, to create or to
 * update users), as far as it is known now what became of them. */
bool apply_open_accounts(Apply *apply, PlanStep *const *steps, guint count, GError **error);

/* Settles those of persons who turned out to have another account. */
bool apply_open_others(Apply *apply, GError **error);

/* Writes a course's Lehrgänge into the map. */
bool apply_map_course(Apply *apply, const Course *course, gint64 now, GError **error);

/* Puts a person's ids that the map does not lead to its user on the list to be written, and writes
 * a full list; flush writes the rest. */
bool apply_map_user(Apply *apply, guint person, GError **error);
bool apply_map_flush(Apply *apply, GError **error);
