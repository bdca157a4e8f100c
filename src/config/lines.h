/* Small text files as lines: the configuration, the list of tenants, secrets.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <sys/stat.h>

/* The lines of a regular file of at most `max` bytes, without their ends (LF or CR LF) and without
 * a byte order mark in front of the first; the text is valid UTF-8 without NUL. `mode` (may be
 * NULL) gets the permission bits of what was read. On failure `bad_line` (may be NULL) gets the
 * line that is not UTF-8, else 0, and `error` (CONFIG_ERROR_FILE) reads "cannot be read: …" without
 * the file's name. Free with g_strfreev(). */
char **lines_read(const char *path, gsize max, mode_t *mode, guint *bad_line, GError **error);
