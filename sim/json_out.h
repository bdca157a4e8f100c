/* JSON written straight into a buffer: the answers are too many and too large to be built as trees
 * first.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Appends a string literal of JSON as it is. */
#define json_out_raw(out, literal) g_string_append_len((out), "" literal, sizeof(literal) - 1)

/* Appends `text` (UTF-8) in quotes, escaped as JSON wants it; NULL as null. */
void json_out_text(GString *out, const char *text);

/* Appends `number` with at least `digits` digits (at most 20), without quotes. */
void json_out_number(GString *out, guint64 number, guint digits);
