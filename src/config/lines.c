/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"

static bool
set_errno(GError **error, int code) {
  g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_FILE, "cannot be read: %s", g_strerror(code));
  return false;
}

/* Reads on to the end, or to one byte more than `max`. */
static bool
read_fully(int fd, gsize max, GString *data, GError **error) {
  char block[4096];
  while (data->len <= max) {
    gssize got = read(fd, block, sizeof block);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return set_errno(error, errno);
    if (got == 0)
      break;
    g_string_append_len(data, block, got);
  }
  explicit_bzero(block, sizeof block);
  if (data->len <= max)
    return true;
  g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_FILE, "is larger than %" G_GSIZE_FORMAT " bytes",
              max);
  return false;
}

static bool
read_file(const char *path, gsize max, mode_t *mode, GString *data, GError **error) {
  /* Not blocking: a FIFO must not hang the start of the service. */
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return set_errno(error, errno);
  struct stat status;
  bool good = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
  if (!good)
    g_set_error_literal(error, CONFIG_ERROR, CONFIG_ERROR_FILE, "is not a regular file");
  else
    good = read_fully(fd, max, data, error);
  close(fd);
  if (good && mode != NULL)
    *mode = status.st_mode & 07777;
  return good;
}

static guint
line_of(const char *data, const char *position) {
  guint line = 1;
  for (const char *p = data; p < position; p++)
    if (*p == '\n')
      line++;
  return line;
}

char **
lines_read(const char *path, gsize max, mode_t *mode, guint *bad_line, GError **error) {
  if (bad_line != NULL)
    *bad_line = 0;
  g_autoptr(GString) data = g_string_new(NULL);
  if (!read_file(path, max, mode, data, error))
    return NULL;
  const char *bad;
  if (!g_utf8_validate_len(data->str, data->len, &bad)) {
    if (bad_line != NULL)
      *bad_line = line_of(data->str, bad);
    g_set_error_literal(error, CONFIG_ERROR, CONFIG_ERROR_FILE, "is not UTF-8 text");
    return NULL;
  }
  const char *text = g_str_has_prefix(data->str, "\xef\xbb\xbf") ? data->str + 3 : data->str;
  char **lines = g_strsplit(text, "\n", -1);
  for (char **line = lines; *line != NULL; line++) {
    gsize length = strlen(*line);
    if (length > 0 && (*line)[length - 1] == '\r')
      (*line)[length - 1] = '\0';
  }
  return lines;
}
