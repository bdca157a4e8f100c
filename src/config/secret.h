/* Secrets that stand in files of their own (SPEC 7).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/stat.h>

/* Largest file a secret is read from, in bytes. */
#define SECRET_MAX_BYTES 4096

/* The first line of the file `path`, without blanks at its ends; "" when that is empty. Registers
 * it with text_secret_add(). CONFIG_ERROR_SECRET, with remedy, when the file is readable by group
 * or others, cannot be read, is larger than SECRET_MAX_BYTES or holds what no secret can. Free with
 * g_free(). */
char *secret_read(const char *path, GError **error);

/* Whether permission bits let group or others at the file. */
bool secret_exposed(mode_t mode);

/* Whether `text` can be a secret: UTF-8 without control characters (it goes into HTTP headers). */
bool secret_valid(const char *text);
