/* The scenarios over HTTP, on a Moodle that is reached by web services.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cases.h"

int
main(int argc, char **argv) {
  static const CasesWay ways[] = {
    { "whole", scenario_whole, &access_webservice },
    { "plain", scenario_whole, &access_webservice_plain },
    { "again", scenario_again, &access_webservice },
    { "interrupted", scenario_interrupted, &access_webservice },
    { "killed", scenario_killed, &access_webservice },
    { "answers-lost", scenario_answers_lost, &access_webservice },
    { "moodle-away", scenario_moodle_away, &access_webservice },
    { NULL, NULL, NULL },
  };
  return cases_main(argc, argv, ways);
}
