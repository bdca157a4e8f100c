/* What `plan`, `sync` and `import --now` share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli/session.h"

/* Works the plan out and prints it; gives the exit code. */
int plan_show(CommandContext *context, Session *session, const RunRequest *request, bool json);

/* Prints how a run ended; gives the exit code. */
int sync_show(CommandContext *context, const RunResult *result, bool json);

/* The exit code that a run's status means. */
int exit_for_status(RunStatus status);
