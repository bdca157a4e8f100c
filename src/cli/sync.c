/* `lehrgaenge sync`: one run.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"
#include "cli/plan.h"
#include "cli/report_text.h"

int
exit_for_status(RunStatus status) {
  switch (status) {
  case RUN_SUCCESS:
    return EXIT_OK;
  case RUN_PARTIAL:
    return EXIT_PARTIAL;
  case RUN_HELD:
    return EXIT_HELD;
  case RUN_SKIPPED:
    return EXIT_BUSY;
  case RUN_RUNNING:
  case RUN_ERROR:
  case RUN_INTERRUPTED:
    break;
  }
  return EXIT_FAILED;
}

int
sync_show(CommandContext *context, const RunResult *result, bool json) {
  if (result->report == NULL) {
    command_error("another run holds the lock: %s; wait for it to end and try again",
                  result->holder);
    if (json)
      command_print_json(json_pack("{s:s, s:s}", "status", "skipped", "holder", result->holder));
    return EXIT_BUSY;
  }
  if (json)
    command_print_json(json_incref(result->report));
  else
    report_text_print(stdout, result->report, context->verbosity > 0);
  return exit_for_status(result->status);
}

static int
run(CommandContext *context, int argc, char **argv) {
  g_auto(SessionOptions) options = { 0 };
  gboolean dry_run = FALSE, allow_removals = FALSE;
  const GOptionEntry entries[] = {
    SESSION_ENTRIES(options),
    { "dry-run", 'n', 0, G_OPTION_ARG_NONE, &dry_run, "only show what would be done, as plan does",
      NULL },
    { "allow-removals", 0, 0, G_OPTION_ARG_NONE, &allow_removals,
      "do removals that the guard would hold", NULL },
    { 0 },
  };
  int code;
  if (!command_parse(context, entries, 0, &argc, &argv, &code))
    return code;
  g_autoptr(Session) session = session_open(context, &options, dry_run, &code);
  if (session == NULL)
    return code;
  RunRequest request = session_request(session);
  request.allow_removals = allow_removals;
  if (dry_run)
    return plan_show(context, session, &request, options.json);

  g_auto(RunResult) result = { 0 };
  g_autoptr(GError) error = NULL;
  bool recorded = run_sync(session_run_context(session), &request, &result, &error);
  session_quiet(session);
  if (recorded)
    return sync_show(context, &result, options.json);
  if (result.report != NULL)
    sync_show(context, &result, options.json);
  command_error("%s", error->message);
  return EXIT_FAILED;
}

const Command sync_command = {
  .name = "sync",
  .arguments = "[--year YEAR] [--tenant ABBR]… [--dry-run] [--allow-removals] [--json]",
  .summary = "bring courses and participants from ZMS into Moodle, once",
  .description = "Reads all tenants from ZMS, works out what is missing in Moodle, does it and "
                 "reports. What is done already is not done\n"
                 "again; a run that was cut short is finished by the next.",
  .notes = "Examples:\n"
           "  lehrgaenge sync                      all tenants, all years\n"
           "  lehrgaenge sync --year 2026 -t FD    one year of one tenant\n"
           "  lehrgaenge sync --dry-run            the same as lehrgaenge plan\n"
           "\n"
           "Exit codes:\n"
           "  0   all well\n"
           "  1   failed\n"
           "  2   usage or configuration\n"
           "  3   partial: some tenants, Lehrgänge or people failed\n"
           "  4   removals held by the guard\n"
           "  75  another run holds the lock\n",
  .run = run,
};
