/* Certificates made on the spot for the TLS tests, as PEM files in a directory.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Writes DIR/NAME.pem and DIR/NAME.key: a certificate for common name NAME (and for 127.0.0.1) that
 * is valid from yesterday to `days` from now (negative: it is over), signed by DIR/ISSUER.pem, or
 * by itself as an authority when `issuer` is NULL. */
void pki_make(const char *dir, const char *name, const char *issuer, gint days);
