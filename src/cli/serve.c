/* `lehrgaenge serve`: the long-running form.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/log.h"
#include "cli/command.h"
#include "service/service.h"

static int
run(CommandContext *context, int argc, char **argv) {
  GOptionEntry entries[] = { { 0 } };
  int code = EXIT_OK;
  if (!command_parse(context, entries, 0, &argc, &argv, &code))
    return code;
  if (command_config(context) == NULL)
    return EXIT_USAGE;
  log_set_level(context->verbosity > 0 ? LOG_DEBUG : LOG_INFO);
  g_autoptr(GError) error = NULL;
  if (service_run(context->config, context->clock, context->verbosity > 0, &error))
    return EXIT_OK;
  return command_failed(error);
}

const Command serve_command = {
  .name = "serve",
  .arguments = "",
  .summary =
      "run as a service: scheduled runs, queued imports, content copies, notifications, pages",
  .description =
      "Runs until it is told to stop: does the scheduled runs ([schedule] sync), what\n"
      "lehrgaenge import has queued, content copies and notifications, and answers /healthz,\n"
      "/readyz and /metrics ([monitor] listen) and the web pages ([web] listen). Several may work\n"
      "with one PostgreSQL store.",
  .notes = "Signals:\n"
           "  SIGTERM, SIGINT  finish the call in flight, write down what was done, leave within\n"
           "                   10 seconds; what is left is done after the next start\n"
           "  SIGHUP           read the configuration again; the one before stays in force when\n"
           "                   the new one is wrong\n"
           "\n"
           "Exit codes:\n"
           "  0  stopped as asked\n"
           "  1  could not start, or something did not end in time\n"
           "  2  wrong usage or configuration",
  .run = run,
};
