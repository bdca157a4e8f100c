/* Where a new password comes from: the keyboard, standard input, or chance.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Asked twice, unseen, on a terminal; else the first line of standard input. NULL: the reason was
 * printed. Free with password_free(). */
char *password_read(const char *name);

/* A new one that nobody can guess, to be typed without doubt which character is meant. */
char *password_generate(void);

void password_free(char *password); /* overwrites it first; NULL is fine */
