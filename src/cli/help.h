/* What --help prints: GLib's own would follow the locale and knows no exit codes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdio.h>

#include "cli/command.h"

#define HELP_PROGRAM "lehrgaenge"

/* The program's: the list of `commands` (ended by NULL) and the options `entries` (ended by an
 * empty one). */
void help_overview(FILE *out, const Command *const *commands, const GOptionEntry *entries);

/* One command's, with its own and the global options. */
void help_command(FILE *out, const Command *command, const GOptionEntry *own,
                  const GOptionEntry *global);
