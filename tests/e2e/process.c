/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct Process {
  GPid pid;
  int pidfd;    /* readable once it has ended */
  int out, err; /* files in memory: a program that writes much never waits for us to read */
  gint64 started;
  bool reaped;
};

void
process_said_clear(Said *said) {
  g_free(said->out);
  g_free(said->err);
}

/* In the child: when the test dies of a failed assertion, so does what it started. */
static void
die_with_parent(gpointer data) {
  (void)data;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static int
memory_file(const char *name) {
  int fd = memfd_create(name, MFD_CLOEXEC);
  g_assert_cmpint(fd, >=, 0);
  return fd;
}

Process *
process_start(const char *folder, const char *const *argv) {
  g_auto(GStrv) environment = g_environ_unsetenv(g_get_environ(), "LEHRGAENGE_CONFIG");
  environment = g_environ_setenv(environment, "LC_ALL", "C", TRUE);
  Process *process = g_new0(Process, 1);
  process->out = memory_file("out");
  process->err = memory_file("err");
  process->started = g_get_monotonic_time();
  g_autoptr(GError) error = NULL;
  g_spawn_async_with_fds(folder, (char **)argv, environment, G_SPAWN_DO_NOT_REAP_CHILD,
                         die_with_parent, NULL, &process->pid, -1, process->out, process->err,
                         &error);
  g_assert_no_error(error);
  process->pidfd = pidfd_open(process->pid, 0);
  g_assert_cmpint(process->pidfd, >=, 0);
  return process;
}

void
process_free(Process *process) {
  if (process == NULL)
    return;
  if (!process->reaped) {
    kill(process->pid, SIGKILL);
    while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR)
      continue;
  }
  close(process->pidfd);
  close(process->out);
  close(process->err);
  g_free(process);
}

bool
process_ends(Process *process, int ms) {
  struct pollfd end = { .fd = process->pidfd, .events = POLLIN };
  return process->reaped || poll(&end, 1, ms) == 1;
}

void
process_signal(Process *process, int signal) {
  if (!process->reaped)
    g_assert_cmpint(kill(process->pid, signal), ==, 0);
}

static char *
whole(int fd) {
  struct stat file;
  g_assert_cmpint(fstat(fd, &file), ==, 0);
  g_autofree char *text = g_malloc((gsize)file.st_size + 1);
  gsize length = 0;
  for (ssize_t n; (n = pread(fd, text + length, (gsize)file.st_size - length, (off_t)length)) > 0;)
    length += (gsize)n;
  text[length] = '\0';
  return g_steal_pointer(&text);
}

char *
process_out(const Process *process) {
  return whole(process->out);
}

char *
process_err(const Process *process) {
  return whole(process->err);
}

int
process_pid(const Process *process) {
  return (int)process->pid;
}

Said
process_wait(Process *process) {
  if (!process_ends(process, PROCESS_PATIENCE_S * 1000)) {
    g_autofree char *err = whole(process->err);
    g_error("the program did not end in %d s; it said: %s", PROCESS_PATIENCE_S, err);
  }
  int status = 0;
  g_assert_cmpint(waitpid(process->pid, &status, 0), ==, process->pid);
  process->reaped = true;
  return (Said){
    .code = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
    .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
    .took = (double)(g_get_monotonic_time() - process->started) / G_USEC_PER_SEC,
    .out = whole(process->out),
    .err = whole(process->err),
  };
}

GBytes *
process_proc(const Process *process, const char *name) {
  g_autofree char *path = g_strdup_printf("/proc/%d/%s", (int)process->pid, name);
  char *text;
  gsize length;
  g_assert_true(g_file_get_contents(path, &text, &length, NULL));
  return g_bytes_new_take(text, length);
}
