/* What all commands share: how they are declared, how they read options, get at the configuration
 * and speak.
 *
 * Standard output holds what was asked for and nothing else; every other word goes to standard
 * error.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/clock.h"
#include "cli/exit.h"
#include "config/config.h"

typedef struct Command Command;

/* One call of the program. */
typedef struct {
  const Command *command; /* the one being run */
  char *config_path;      /* as given with --config; NULL: the default places */
  Config *config;         /* read by the first command_config() */
  Clock *clock;
  guint verbosity; /* how often --verbose was given */
  bool help;       /* --help was given in front of the command */
} CommandContext;

struct Command {
  const char *name;
  const char *arguments;   /* what may follow the name; several forms one per line */
  const char *summary;     /* one line, for the list of commands */
  const char *description; /* what it does, for its own --help */
  const char *notes;       /* examples and exit codes, printed after the options */
  int (*run)(CommandContext *context, int argc,
             char **argv); /* argv[0] is the command's name; the exit code */
};

/* One per file in this folder; main.c has them in a table. */
extern const Command audit_command, check_command, import_command, migrate_command, moodle_command,
    plan_command, runs_command, schedule_command, serve_command, store_command, sync_command,
    tasks_command, tenants_command, token_command, user_command;

/* Reads the options in front of the command's name and leaves the name in argv[0]. False: the
 * program is over, with *code. `commands` ends with NULL. */
bool command_start(CommandContext *context, const Command *const *commands, int *argc, char ***argv,
                   int *code);

/* Frees what the context holds and finishes standard output: `code`, or EXIT_FAILED with a message
 * when not all of it could be written. A reader who went away (`| head`) is no failure. */
int command_finish(CommandContext *context, int code);

/* Reads the command's own `entries` (ended by an empty one) and the global ones; at most `most`
 * other arguments may remain, which then stand in argv[1] … argv[argc - 1]. False: the command is
 * over and returns *code (help was printed, or usage is wrong). Texts in `entries` are
 * G_OPTION_ARG_FILENAME: GLib would check others against the locale's character set, and a tenant
 * is "RÜD" under LANG=C too. */
bool command_parse(CommandContext *context, const GOptionEntry *entries, int most, int *argc,
                   char ***argv, int *code);

/* The configuration, read on the first call and owned by the context. NULL: the reason was printed,
 * return EXIT_USAGE. */
const Config *command_config(CommandContext *context);

/* The same for commands that show the reason themselves. CONFIG_ERROR_*; one line per thing that is
 * wrong. */
const Config *command_config_read(CommandContext *context, GError **error);

/* Says on standard error what went wrong, each line with the program's name in front, secrets
 * blotted out. */
void command_error(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* Says what went wrong and gives the exit code for it: EXIT_USAGE when it is the configuration,
 * else EXIT_FAILED. */
int command_failed(const GError *error);

/* Says that the command was called wrongly and where help is; gives EXIT_USAGE. */
int command_usage_error(const CommandContext *context, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Reads a whole decimal number from 1 up. */
bool command_parse_id(const char *text, gint64 *id);

/* Prints one JSON document on standard output with secrets blotted out of its texts, and frees it.
 */
void command_print_json(json_t *document);

/* Prints one text on standard output with secrets blotted out and a newline after it. */
void command_print(const char *format, ...) G_GNUC_PRINTF(1, 2);
