/* The scenarios of one group, that is of the folder that SCENARIO_GROUP names, as test cases;
 * without it those of all groups.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "scenario.h"

typedef struct {
  const char *name;
  void (*go)(const Scenario *scenario);
  const AccessClass *access;
} CasesWay;

/* The main function of a test program that runs each scenario in each of `ways` (ended by one
 * without a name), as /group/scenario/way. */
int cases_main(int argc, char **argv, const CasesWay *ways);
