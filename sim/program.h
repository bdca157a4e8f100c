/* What the simulators' programs have in common: options in, one line out, serve until a signal
 * comes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <signal.h>

#include "server.h"

/* The options that every simulator has. To be the first member of a program's own options. */
typedef struct {
  const char *name; /* "zms-sim" */
  ServerOptions server;
  char *address, *certificate, *key;
  gboolean version;
  sigset_t signals;
} Program;

typedef struct {
  const char *name, *summary;
  /* Adds the program's own options to those of the server and its faults. */
  void (*add_options)(gpointer options, GOptionContext *context);
  /* What is wrong with its own options; NULL when all is well. */
  const char *(*find_mistake)(gpointer options);
  /* Calls program_wait() once it listens. */
  bool (*serve)(gpointer options, GError **error);
} ProgramClass;

/* The whole of main(); `options` begins with a Program. Returns the exit code: 2 for wrong usage.
 */
int program_main(const ProgramClass *class, gpointer options, int argc, char **argv);

/* Says where it listens, and waits for the signal to end. */
void program_wait(const Program *program, const Server *server);

/* Frees what was read. */
void program_clear(Program *program);
