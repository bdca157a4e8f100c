/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "service/supervisor.h"

#include <systemd/sd-daemon.h>
#include <time.h>

#define BEATS_PER_LIMIT 2

void
supervisor_ready(void) {
  sd_notify(0, "READY=1");
}

void
supervisor_reloading(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT,
             (gint64)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000);
}

void
supervisor_stopping(void) {
  sd_notify(0, "STOPPING=1");
}

void
supervisor_status(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  g_strdelimit(text, "\n", ' ');
  sd_notifyf(0, "STATUS=%s", text);
}

static gboolean
beat(gpointer data) {
  (void)data;
  sd_notify(0, "WATCHDOG=1");
  return G_SOURCE_CONTINUE;
}

void
supervisor_watch(void) {
  guint64 limit = 0;
  if (sd_watchdog_enabled(0, &limit) <= 0)
    return;
  guint milliseconds = (guint)MAX(limit / 1000 / BEATS_PER_LIMIT, 1);
  g_timeout_add(milliseconds, beat, NULL);
}
