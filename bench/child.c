/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_LINE 1024

/* Of what a failed program said so much is passed on. */
#define MAX_COMPLAINT 2000

#define EXIT_NOT_STARTED 127

G_DEFINE_QUARK(child_error_quark, child_error)

static bool
fail(GError **error, const char *program, const char *what) {
  g_set_error(error, CHILD_ERROR, 0, "%s: %s", program, what);
  return false;
}

/* In the new process: never returns. `error` −1: the parent's. */
static void
become(const char *const *argv, int output, int errors) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  dup2(output, STDOUT_FILENO);
  if (errors >= 0)
    dup2(errors, STDERR_FILENO);
  execv(argv[0], (char **)argv);
  fprintf(stderr, "%s\n", g_strerror(errno));
  _exit(EXIT_NOT_STARTED);
}

static int
open_output(const char *path) {
  return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

static pid_t
start(const char *const *argv, const char *output, const char *errors, GError **error) {
  int out = open_output(output), err = open_output(errors);
  pid_t pid = out >= 0 && err >= 0 ? fork() : -1;
  if (pid == 0)
    become(argv, out, err);
  if (pid < 0)
    fail(error, argv[0], g_strerror(errno));
  if (out >= 0)
    close(out);
  if (err >= 0)
    close(err);
  return pid;
}

static gdouble
seconds(struct timeval time) {
  return (gdouble)time.tv_sec + (gdouble)time.tv_usec / G_USEC_PER_SEC;
}

/* Waits for the end; a stop ends it. */
static int
await(pid_t pid, const Stop *stop, struct rusage *usage) {
  int status;
  while (wait4(pid, &status, 0, usage) < 0)
    if (stop_requested(stop))
      kill(pid, SIGTERM);
  return status;
}

static bool
check_end(const char *program, int status, const char *errors, const Stop *stop, GError **error) {
  if (stop_requested(stop))
    return fail(error, program, "stopped on request");
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
    return true;
  g_autofree char *said = NULL;
  if (!g_file_get_contents(errors, &said, NULL, NULL))
    said = g_strdup("");
  g_autofree char *what = g_strdup_printf(
      "%s %d: %.*s", WIFEXITED(status) ? "exit code" : "killed by signal",
      WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status), MAX_COMPLAINT, g_strstrip(said));
  return fail(error, program, what);
}

bool
child_run(const char *const *argv, const char *output, const Stop *stop, ChildCost *cost,
          GError **error) {
  g_autofree char *errors = g_strconcat(output, ".err", NULL);
  struct rusage usage = { 0 };
  gint64 begun = g_get_monotonic_time();
  pid_t pid = start(argv, output, errors, error);
  if (pid < 0)
    return false;
  int status = await(pid, stop, &usage);
  if (cost != NULL)
    *cost = (ChildCost){
      .wall = (gdouble)(g_get_monotonic_time() - begun) / G_USEC_PER_SEC,
      .cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime),
      .peak_mib = (gdouble)usage.ru_maxrss / 1024,
    };
  return check_end(argv[0], status, errors, stop, error);
}

pid_t
child_serve(const char *const *argv, char **line, GError **error) {
  int ends[2];
  char buffer[MAX_LINE];
  pid_t pid = pipe2(ends, O_CLOEXEC) == 0 ? fork() : -1;
  if (pid == 0)
    become(argv, ends[1], -1);
  if (pid < 0) {
    fail(error, argv[0], g_strerror(errno));
    return 0;
  }
  close(ends[1]);
  FILE *said = fdopen(ends[0], "r");
  bool spoke = fgets(buffer, sizeof buffer, said) != NULL;
  fclose(said); /* it says no more than this line */
  if (spoke) {
    *line = g_strdup(g_strchomp(buffer));
    return pid;
  }
  child_end(pid);
  fail(error, argv[0], "ended before it served");
  return 0;
}

pid_t
child_background(const char *const *argv, const char *output, GError **error) {
  g_autofree char *errors = g_strconcat(output, ".err", NULL);
  return MAX(start(argv, output, errors, error), 0);
}

gdouble
child_cpu(pid_t pid) {
  clockid_t clock;
  struct timespec time;
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0)
    return 0;
  return (gdouble)time.tv_sec + (gdouble)time.tv_nsec / 1e9;
}

void
child_end(pid_t pid) {
  if (pid <= 0)
    return;
  kill(pid, SIGTERM);
  while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
    continue;
}
