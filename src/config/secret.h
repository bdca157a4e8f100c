/* Secrets that stand in files of their own (SPEC 7).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/stat.h>

/* Largest file a secret is read from, in bytes. */
#define SECRET_MAX_BYTES 4096

/* What systemd calls the credentials of the folder `credentials` (data/systemd): this, '_' and the
 * path below that folder with '_' for '/'. */
#define SECRET_CREDENTIALS "lehrgaenge"

/* The absolute path of a file or folder of secrets as written in the configuration: `text` itself,
 * relative to `base`, or credential:NAME. That is what systemd hands over under that name when it
 * does ($CREDENTIALS_DIRECTORY, systemd.exec(5)), else the file credentials/NAME in `folder`, the
 * configuration's: so one configuration does for the service and for a call by hand. Free with
 * g_free(). */
char *secret_path(const char *text, const char *base, const char *folder);

/* The file `name` in a folder from secret_path(): systemd hands over a folder's files side by side.
 * Free with g_free(). */
char *secret_path_in(const char *directory, const char *name);

/* Whether systemd hands over what is at `path`. It keeps others out by the folder: the files in it
 * may look readable by others (an access control list shows as the group's rights). */
bool secret_handed_over(const char *path);

/* The first line of the file `path`, without blanks at its ends; "" when that is empty. Registers
 * it with text_secret_add(). CONFIG_ERROR_SECRET, with remedy, when the file is readable by group
 * or others, cannot be read, is larger than SECRET_MAX_BYTES or holds what no secret can. Free with
 * g_free(). What systemd hands over is not looked at for who else may read it. */
char *secret_read(const char *path, GError **error);

/* Whether permission bits let group or others at the file. */
bool secret_exposed(mode_t mode);

/* Whether `text` can be a secret: UTF-8 without control characters (it goes into HTTP headers). */
bool secret_valid(const char *text);
