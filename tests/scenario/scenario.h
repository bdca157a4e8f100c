/* A scenario: what was, what ZMS says, what a run must make of it. README.md tells how one is
 * written.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "access.h"

typedef struct Scenario Scenario;

/* Reads the file; `name` is what messages call it, `access` how its runs reach Moodle. A scenario
 * that makes no sense ends the test. Free with scenario_free(). */
Scenario *scenario_read(const char *path, const char *name, const AccessClass *access);
void scenario_free(Scenario *scenario);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Scenario, scenario_free)

/* The four ways. Each goes through the scenario from its beginning; what differs is how its runs
 * are run. A difference fails the test. */

/* Each run once, undisturbed: reports and states are those the scenario expects. */
void scenario_whole(const Scenario *scenario);

/* Before each run a plan, which must write nothing and tell what the run then does; after it the
 * same run again, which must change nothing. */
void scenario_again(const Scenario *scenario);

/* Each run is cut off at every call of the gateway, before and after Moodle did it, and run again;
 * and cut off again and again. It must come to the same end. */
void scenario_interrupted(const Scenario *scenario);

/* Each run's process is killed before every commit of Moodle or store, and run again. It must come
 * to the same end. */
void scenario_killed(const Scenario *scenario);

/* For a Moodle that is a program of its own: it goes away after a write, for all the rest of a run,
 * which must end with a reason; and a later run must come to the same end. */
void scenario_moodle_away(const Scenario *scenario);

/* Likewise: functions that write do it, but their answers are lost, or say what nobody expects. The
 * run, or the next one, must come to the same end. */
void scenario_answers_lost(const Scenario *scenario);
