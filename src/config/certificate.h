/* Client certificates for mutual TLS (SPEC 1): whether a pair of PEM files can be used, before any
 * connection is tried.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Largest PEM file that is read, in bytes. */
#define CERTIFICATE_MAX_BYTES (1024 * 1024)

/* Whether the first certificate in the file `certificate` and the private key in the file `key` can
 * be read, fit together and the certificate is valid at `now` (Unix seconds). A key that asks for a
 * passphrase, or that others can read, is refused; nothing is ever asked for. All that is wrong
 * stands in `error` (CONFIG_ERROR_CERTIFICATE), parts separated by "; and ", each naming file and
 * remedy. */
bool certificate_check(const char *certificate, const char *key, gint64 now, GError **error);

/* Whole days from `now` until the certificate expires, rounded down; negative when it has expired.
 * False and `error` when the file cannot be read. */
bool certificate_days_left(const char *certificate, gint64 now, gint *days, GError **error);
