/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/password.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/command.h"
#include "web/access.h"

/* One more than is allowed, so that a longer one is refused and not cut. */
#define MAX_LINE (ACCESS_MAX_PASSWORD + 2)

/* Five groups of five out of 32 characters: 125 bits. */
#define GROUPS 5
#define PER_GROUP 5
#define INTERRUPT '\x03' /* Ctrl-C */
static const char characters[] = "abcdefghijkmnpqrstuvwxyz23456789";
G_STATIC_ASSERT(sizeof characters - 1 == 32);

void
password_free(char *password) {
  if (password != NULL)
    sodium_memzero(password, strlen(password));
  g_free(password);
}

char *
password_generate(void) {
  GString *text = g_string_new(NULL);
  for (guint i = 0; i < GROUPS * PER_GROUP; i++) {
    if (i > 0 && i % PER_GROUP == 0)
      g_string_append_c(text, '-');
    g_string_append_c(text, characters[randombytes_uniform(sizeof characters - 1)]);
  }
  return g_string_free(text, FALSE);
}

/* A line of standard input without its end; NULL: there is none, or it was broken off. Byte by byte
 * and without a buffer of stdio's, which would keep a copy. */
static char *
read_line(void) {
  char line[MAX_LINE + 1];
  gsize length = 0;
  char byte = '\0';
  ssize_t got = 0;
  while (length < MAX_LINE) {
    got = read(STDIN_FILENO, &byte, 1);
    if (got < 0 && errno == EINTR)
      continue;
    if (got != 1 || byte == '\n' || byte == INTERRUPT)
      break;
    line[length++] = byte;
  }
  bool broken = got < 0 || (got == 0 && length == 0) || (got == 1 && byte == INTERRUPT);
  line[length] = '\0';
  if (length > 0 && line[length - 1] == '\r')
    line[length - 1] = '\0';
  char *text = broken ? NULL : g_strdup(line);
  sodium_memzero(line, sizeof line);
  return text;
}

/* Without signals while it is dark: Ctrl-C must not leave the terminal without echo, and comes as a
 * character. */
static char *
ask(const char *prompt, const struct termios *lit) {
  struct termios dark = *lit;
  dark.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
  dark.c_cc[VEOL] = INTERRUPT; /* or it would wait for the end of the line */
  fputs(prompt, stderr);
  fflush(stderr);
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &dark);
  char *line = read_line();
  tcsetattr(STDIN_FILENO, TCSAFLUSH, lit);
  fputc('\n', stderr);
  return line;
}

static char *
ask_twice(const char *name, const struct termios *lit) {
  g_autofree char *prompt = g_strdup_printf("New password of %s: ", name);
  char *first = ask(prompt, lit);
  char *second = first == NULL ? NULL : ask("Once more: ", lit);
  if (second == NULL || strcmp(first, second) != 0) {
    command_error(second == NULL ? "no password was given; nothing was changed"
                                 : "that was not the same both times; nothing was changed");
    g_clear_pointer(&first, password_free);
  }
  password_free(second);
  return first;
}

char *
password_read(const char *name) {
  struct termios lit;
  if (isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &lit) == 0)
    return ask_twice(name, &lit);
  char *line = read_line();
  if (line == NULL)
    command_error("there is no password on standard input; write it there, or give --generate");
  return line;
}
