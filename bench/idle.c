/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "idle.h"

#include <string.h>

#include "child.h"

/* A number out of a file of /proc made of lines "Name: number …"; 0 when it is not there. */
static guint64
number_in(const char *path, const char *name) {
  g_autofree char *text = NULL;
  if (!g_file_get_contents(path, &text, NULL, NULL))
    return 0;
  g_autofree char *head = g_strconcat("\n", name, ":", NULL);
  const char *found = strstr(text, head);
  return found == NULL ? 0 : g_ascii_strtoull(found + strlen(head), NULL, 10);
}

/* How often its threads went to sleep of their own accord, and so were woken. */
static guint64
wakeups(pid_t pid) {
  g_autofree char *folder = g_strdup_printf("/proc/%d/task", (int)pid);
  g_autoptr(GDir) tasks = g_dir_open(folder, 0, NULL);
  guint64 sum = 0;
  const char *name;
  while (tasks != NULL && (name = g_dir_read_name(tasks)) != NULL) {
    g_autofree char *path = g_build_filename(folder, name, "status", NULL);
    sum += number_in(path, "voluntary_ctxt_switches");
  }
  return sum;
}

static bool
pass(const StageOptions *options, guint seconds, GError **error) {
  for (guint i = 0; i < seconds * 10; i++) {
    if (stop_requested(options->stop)) {
      g_set_error(error, CHILD_ERROR, 0, "stopped on request");
      return false;
    }
    g_usleep(G_USEC_PER_SEC / 10);
  }
  return true;
}

static bool
watch(const StageOptions *options, pid_t pid, guint watch_s, Idle *idle, GError **error) {
  if (!pass(options, IDLE_SETTLE_S, error))
    return false;
  guint64 before = wakeups(pid);
  if (!pass(options, watch_s, error))
    return false;
  g_autofree char *status = g_strdup_printf("/proc/%d/status", (int)pid);
  idle->mib = (gdouble)number_in(status, "VmRSS") / 1024;
  idle->wakeups = (gdouble)(wakeups(pid) - before) / watch_s;
  if (idle->mib > 0)
    return true;
  g_set_error(error, CHILD_ERROR, 0, "the service ended while it was watched");
  return false;
}

bool
idle_measure(const StageOptions *options, Stage *stage, guint watch_s, Idle *idle, GError **error) {
  const char *const argv[] = { options->program, "--config", stage_config(stage), "serve", NULL };
  g_autofree char *output = stage_path(stage, "idle");
  pid_t pid = child_background(argv, output, error);
  if (pid <= 0)
    return false;
  bool ok = watch(options, pid, watch_s, idle, error);
  child_end(pid);
  return ok;
}
