/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/terminal.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool
is_terminal(FILE *out) {
  int fd = fileno(out);
  return fd >= 0 && isatty(fd);
}

guint
terminal_columns(FILE *out) {
  if (!is_terminal(out))
    return 0;
  struct winsize size = { 0 };
  if (ioctl(fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return 80;
  return size.ws_col;
}

bool
terminal_can_redraw(FILE *out) {
  const char *term = g_getenv("TERM");
  return is_terminal(out) && term != NULL && *term != '\0' && strcmp(term, "dumb") != 0;
}

bool
terminal_can_colour(FILE *out) {
  const char *no_color = g_getenv("NO_COLOR");
  return terminal_can_redraw(out) && (no_color == NULL || *no_color == '\0');
}
