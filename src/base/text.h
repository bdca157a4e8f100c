/* UTF-8 text: the few things GLib leaves to its callers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Declares a local string that is freed when it goes out of scope; short for g_autofree char *. */
#define autochar g_autofree char *

/* Whether `text` is NULL or "". */
bool text_empty(const char *text);

/* Copy of `text` without white space (ASCII and Unicode) at either end. NULL gives "". Free with
 * g_free(). */
char *text_trim(const char *text);

/* The tenant's name as files, keys and settings use it (SPEC 2): lower-cased as ASCII, every byte
 * outside [a-z0-9_] replaced by '_'. "RÜD" gives "r__d". Free with g_free(). */
char *text_slug_bytes(const char *text);

/* Columns `text` takes on a terminal: umlauts count 1, wide characters 2, combining marks and
 * control characters 0. Invalid bytes count 1 each. */
gsize text_columns(const char *text);

/* Copy of `text` filled with blanks to `columns`, or cut to them with an ellipsis. `right` puts the
 * blanks in front (numbers). Control characters are left out. Free with g_free(). */
char *text_fit(const char *text, gsize columns, bool right);

/* At most `max_bytes` of `text`, cut at a character's boundary and with what is not UTF-8 or would
 * move a terminal's cursor (control characters other than newline and tab) or turn the direction of
 * what follows replaced by U+FFFD.
 * `length` is the text's length in bytes, or −1. For foreign text on its way into messages. Free
 * with g_free(). */
char *text_display(const char *text, gssize length, gsize max_bytes);

/* A set of secrets that are blotted out of messages. It only grows (when a configuration is read).
 * Values shorter than 4 bytes are not added: they would blot out half the text. Safe from every
 * thread. */
void text_secret_add(const char *secret);

/* Copy of `text` in which each secret added reads "***". Free with g_free(). */
char *text_redact(const char *text);
