/* A file of its own, because syslog.h, which comes with libsystemd's header, gives other meanings
 * to the names of log.h.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/journal.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where in this program a line is written tells nobody anything. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

/* libsystemd says that all is well when nobody listens there. */
#define JOURNAL_SOCKET "/run/systemd/journal/socket"

bool
journal_is_stderr(void) {
  const char *stream = g_getenv("JOURNAL_STREAM");
  struct stat file;
  if (stream == NULL || fstat(STDERR_FILENO, &file) != 0)
    return false;
  g_autofree char *own = g_strdup_printf("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT,
                                         (guint64)file.st_dev, (guint64)file.st_ino);
  return strcmp(stream, own) == 0;
}

bool
journal_send(const char *const *fields, guint count) {
  struct iovec parts[JOURNAL_MAX_FIELDS];
  g_assert(count <= JOURNAL_MAX_FIELDS);
  for (guint i = 0; i < count; i++)
    parts[i] = (struct iovec){ (gpointer)fields[i], strlen(fields[i]) };
  return access(JOURNAL_SOCKET, F_OK) == 0 && sd_journal_sendv(parts, (int)count) == 0;
}
