/* The net state of each person in a course, over all Lehrgänge that feed it (SPEC 5): complete >
 * enrol > unenrol > nothing. Pure.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

#include "status/action.h"
#include "sync/courses.h"
#include "sync/input.h"

/* What one Teilnehmer says of its person. */
typedef struct {
  guint32 person;
  guint32 teilnehmer; /* index in the input */
  guint32 lehrgang;   /* index in the input */
  guint8 action;      /* Action */
} DecideVoice;

/* Everything that is said of one person: voices[first … first + count) in listed order, and what
 * follows. */
typedef struct {
  guint32 person, first, count;
  guint32 why; /* the Teilnehmer that decided: the first with the net action */
  guint8 action;
} Decision;

typedef struct {
  GArray *voices;    /* DecideVoice, by person, then in listed order */
  GArray *decisions; /* Decision, by person */
} Decisions;

Decisions *decisions_new(void);
void decisions_free(Decisions *decisions);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Decisions, decisions_free)

/* Replaces what it holds by the decisions for `course`. People must be settled. */
void decisions_make(Decisions *decisions, const Input *input, const Course *course);
