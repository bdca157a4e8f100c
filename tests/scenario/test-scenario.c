/* The scenarios on the embedded Moodle.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cases.h"

int
main(int argc, char **argv) {
  static const CasesWay ways[] = {
    { "whole", scenario_whole, &access_embedded },
    { "again", scenario_again, &access_embedded },
    { "interrupted", scenario_interrupted, &access_embedded },
    { "killed", scenario_killed, &access_embedded },
    { NULL, NULL, NULL },
  };
  return cases_main(argc, argv, ways);
}
