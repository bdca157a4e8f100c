/* Programs run as processes of their own, each with a bounded time to live: nothing a test starts
 * outlives the test, however it ends.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* A program that takes longer than this, in seconds, has hung: it is killed and the test fails. */
#define PROCESS_PATIENCE_S 120

/* What a program said, and how it ended. */
typedef struct {
  int code;    /* exit code; −1 when a signal ended it */
  int signal;  /* that signal, else 0 */
  double took; /* seconds */
  char *out, *err;
} Said;
void process_said_clear(Said *said);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Said, process_said_clear)

typedef struct Process Process;

/* Starts `argv` (ends with NULL) in `folder`. Fails the test when it cannot. */
Process *process_start(const char *folder, const char *const *argv);

/* Kills what still runs and waits for its end. NULL is fine. */
void process_free(Process *process);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Process, process_free)

/* Whether it ends within `ms` milliseconds. */
bool process_ends(Process *process, int ms);

/* Sends a signal, unless it was seen to have ended. */
void process_signal(Process *process, int signal);

/* Waits for its end. Only once. */
Said process_wait(Process *process);

/* What it has written to standard output so far. Free with g_free(). */
char *process_out(const Process *process);
char *process_err(const Process *process); /* likewise of standard error */

/* Its number, while it runs. */
int process_pid(const Process *process);

/* All of /proc/PID/`name` of the running process: "cmdline", "environ". Free with
 * g_bytes_unref(). */
GBytes *process_proc(const Process *process, const char *name);
