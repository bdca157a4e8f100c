/* What the files of scenario_…() share: one walk through a scenario, and telling differences.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "paper.h"
#include "scenario.h"
#include "trial.h"

struct Scenario {
  char *name;
  Node *root;
  Config *config;
  const AccessClass *access;
};

/* One way through a scenario. */
typedef struct Walk Walk;
typedef void (*WalkRun)(Walk *walk, const Node *node, const TrialRequest *request);
struct Walk {
  const Scenario *scenario;
  Site *site;
  Paper *paper;
  GPtrArray *masters; /* what view_lines() said when the first run began */
  TrialResult last;
  WalkRun run;
  bool compares; /* with what the scenario expects */
  bool thorough; /* every commit is tried, and more */
};

/* Goes through the blocks; `run` does what a run block asks for and leaves what came of it in
 * walk->last. */
void scenario_walk(const Scenario *scenario, bool compares, WalkRun run);

/* Whether the word behind "run" is that one. */
bool scenario_is_run(const Node *node, const char *word);

/* Compares two texts by their lines; a difference fails the test and is told under `title`. */
bool scenario_same(const Node *node, const char *expected, const char *is, const char *title);
