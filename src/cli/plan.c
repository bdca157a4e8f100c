/* `lehrgaenge plan`: what a run would do.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/plan.h"

#include "base/text.h"
#include "cli/report_text.h"

int
plan_show(CommandContext *context, Session *session, const RunRequest *request, bool json) {
  g_autoptr(GError) error = NULL;
  json_t *document = run_plan(session_run_context(session), request, &error);
  session_quiet(session);
  if (document == NULL) {
    command_error("%s", error->message);
    return EXIT_FAILED;
  }
  RunStatus status = RUN_ERROR;
  run_status_parse(json_string_value(json_object_get(document, "status")), &status);
  if (json) {
    command_print_json(document);
  } else {
    report_text_print(stdout, document, context->verbosity > 0);
    report_text_steps(stdout, document, context->verbosity > 0);
    json_decref(document);
  }
  return exit_for_status(status);
}

static int
run(CommandContext *context, int argc, char **argv) {
  g_auto(SessionOptions) options = { 0 };
  const GOptionEntry entries[] = { SESSION_ENTRIES(options), { 0 } };
  int code;
  if (!command_parse(context, entries, 0, &argc, &argv, &code))
    return code;
  g_autoptr(Session) session = session_open(context, &options, true, &code);
  if (session == NULL)
    return code;
  RunRequest request = session_request(session);
  return plan_show(context, session, &request, options.json);
}

const Command plan_command = {
  .name = "plan",
  .arguments = "[--year YEAR] [--tenant ABBR]… [--json]",
  .summary = "show what a run would do, without doing it",
  .description = "Reads ZMS and Moodle and shows every step that sync would take and why. Nothing "
                 "is changed anywhere.",
  .notes = "Examples:\n"
           "  lehrgaenge plan                      all tenants, all years\n"
           "  lehrgaenge plan --tenant FD -v       one tenant, every course and step\n"
           "\n"
           "Exit codes:\n"
           "  0   a run would do all it should\n"
           "  1   failed\n"
           "  2   usage or configuration\n"
           "  3   some tenants or Lehrgänge could not be read\n"
           "  4   the guard would hold removals\n",
  .run = run,
};
