/* The plan: what has to be done so that Moodle becomes what ZMS wants, as typed steps in the order
 * they are applied, with the counts of what holds already. Building it is pure: same input, same
 * plan.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "sync/courses.h"
#include "sync/current.h"
#include "sync/input.h"
#include "sync/users.h"

#define PLAN_NONE G_MAXUINT32

/* In the order of application. */
typedef enum {
  STEP_CREATE_COURSE,
  STEP_LINK_COURSE, /* to its company; its content copy is queued with it */
  STEP_CREATE_USER,
  STEP_UPDATE_USER, /* idnumber, user name, sign-in method */
  STEP_ENROL,
  STEP_CREATE_GROUP,
  STEP_ADD_MEMBER,
  STEP_COMPLETE,
  STEP_UNENROL, /* or suspend, as configured */
  STEP_KINDS,
} StepKind;

typedef enum {
  STEP_PLANNED,
  STEP_DONE,
  STEP_ALREADY, /* it was so before we came */
  STEP_FAILED,
  STEP_HELD,     /* by the guard */
  STEP_UNPROVEN, /* a removal for which not every Lehrgang of the course was read */
  STEP_KEPT,     /* a removal that a Lehrgang outside this run speaks against */
} StepState;

typedef struct {
  guint32 line;   /* in plan->lines */
  guint32 person; /* PLAN_NONE when the step has none */
  guint32 why;    /* the Teilnehmer (index in the input) that decided, or PLAN_NONE */
  guint32 group;  /* in plan->groups, or PLAN_NONE */
  guint8 kind;    /* StepKind */
  guint8 state;   /* StepState */
} PlanStep;

typedef struct {
  guint course;
  gint64 id; /* 0: to be created */
  char *name;
} PlanGroup;

/* One course as one tenant feeds it: a line of the report. Counts are people and know no steps:
 * what holds already, and totals. */
typedef struct {
  guint course, tenant;
  guint users_existing, users_skipped, users_total;
  guint already_enrolled, already_unenrolled, noop, skipped, total;
  guint unlisted;
  guint completions_waiting; /* until Moodle has the companion plugin */
} PlanLine;

/* Why a course's removals wait for proof, or cannot have it. */
typedef struct {
  guint course;
  char *why;
} PlanUnproven;

typedef struct {
  const Input *input;
  Courses *courses;
  Users *users;
  const Current *current;
  GArray *steps[STEP_KINDS]; /* PlanStep, by kind; each in deciding order */
  GArray *lines;             /* PlanLine, by course, then tenant */
  GArray *groups;            /* PlanGroup */
  GArray *unproven;          /* PlanUnproven, filled by proof.c */
} Plan;

/* All of the arguments must outlive the plan. Free with plan_free(). */
Plan *plan_build(const Input *input, Courses *courses, Users *users, const Current *current);
void plan_free(Plan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Plan, plan_free)

static inline PlanStep *
plan_step(const Plan *plan, StepKind kind, guint index) {
  return &g_array_index(plan->steps[kind], PlanStep, index);
}
static inline PlanLine *
plan_line(const Plan *plan, guint index) {
  return &g_array_index(plan->lines, PlanLine, index);
}
static inline Course *
plan_course(const Plan *plan, const PlanStep *step) {
  return courses_at(plan->courses, plan_line(plan, step->line)->course);
}

/* How many steps of that kind are in that state. */
guint plan_count(const Plan *plan, StepKind kind, StepState state);

/* How far applying is over all kinds: `planned[kind]` steps of each are to be done, and of `kind`
 * place `done` of `total` is reached, counted among all steps of that kind, those left out
 * included. */
void plan_place(const guint planned[STEP_KINDS], StepKind kind, guint done, guint total, guint *at,
                guint *whole);

/* "create_course" …: the journal's and the plan's word for a kind. */
const char *plan_kind_word(StepKind kind);
