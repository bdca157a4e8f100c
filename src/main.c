/* The command table and its dispatch, nothing else.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>
#include <string.h>

#include "cli/command.h"

static const Command *const commands[] = {
  &sync_command,     &import_command,  &plan_command,  &runs_command,
  &schedule_command, &tenants_command, &check_command, &tasks_command,
  &migrate_command,  &moodle_command,  &serve_command, &store_command,
  &user_command,     &token_command,   &audit_command, NULL,
};

static const Command *
find_command(const char *name) {
  for (const Command *const *command = commands; *command != NULL; command++)
    if (strcmp((*command)->name, name) == 0)
      return *command;
  return NULL;
}

static int
dispatch(CommandContext *context, int argc, char **argv) {
  if (strcmp(argv[0], "help") == 0) {
    context->help = true;
    argc = 1;
    argv++;
  }
  context->command = find_command(argv[0]);
  if (context->command == NULL)
    return command_usage_error(context, "there is no command “%s”", argv[0]);
  return context->command->run(context, argc, argv);
}

int
main(int argc, char **argv) {
  /* A reader that goes away must not end a run half way; command_finish() looks at what could not
   * be written. */
  signal(SIGPIPE, SIG_IGN);
  CommandContext context = { .clock = clock_system() };
  int code = EXIT_OK;
  if (command_start(&context, commands, &argc, &argv, &code))
    code = dispatch(&context, argc, argv);
  return command_finish(&context, code);
}
