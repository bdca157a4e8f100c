/* Runs web-service calls one after the other: token, maintenance, service, parameters, function.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "msim_call.h"
#include "msim_trick.h"

typedef struct MsimEngine MsimEngine;

/* What an engine works with; it takes `site.moodle`, `site.functions` and the rest of `site`. */
typedef struct {
  MsimSite site;
  char *token;
} MsimEngineSetup;

MsimEngine *msim_engine_new(MsimEngineSetup *setup, MsimTricks *tricks);
void msim_engine_free(MsimEngine *engine); /* NULL is fine */

/* What a call ended with: an answer, or an exception. */
typedef struct {
  json_t *answer;
  MsimException thrown;
  bool lost; /* nothing is to be sent */
} MsimOutcome;

void msim_outcome_clear(MsimOutcome *outcome);

/* Runs the call that `form` asks for (wstoken, wsfunction, moodlewssetting… and the parameters),
 * taking these keys out of it. From any thread; calls wait for each other. */
MsimOutcome msim_engine_call(MsimEngine *engine, json_t *form, bool maintenance);

/* How often a function was called, inside the batch wrapper too. */
guint64 msim_engine_calls(MsimEngine *engine, const char *function);
