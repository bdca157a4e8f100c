/* Which addresses requests with secrets in them may go to (SPEC 1).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Whether `url` is https, or http to this very machine, without user, password, query and fragment.
 * NULL and *tls and *loopback if so; else a sentence, in which the address is called `key` and is
 * to be written like `example`. Free with g_free(). */
char *url_refusal(const char *url, const char *key, const char *example, bool *tls, bool *loopback);

/* A copy without slashes at the end; NULL gives "". Free with g_free(). */
char *url_base(const char *url);
