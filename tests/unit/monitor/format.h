/* A checker of Prometheus' text format (0.0.4), which is a line-wise one.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* What is wrong with it, naming the line; NULL when nothing is: each family begins with one HELP
 * and one TYPE, its samples follow together, names, labels and values are as they must be, no
 * sample comes twice. Free with g_free(). */
char *format_flaw(const char *text);

/* The value of the sample `series`, as written ("name" or "name{label=\"value\"}"), or NULL. Free
 * with g_free(). */
char *format_value(const char *text, const char *series);

/* That `text` is without flaw. */
void format_assert(const char *text);

/* That it holds that sample with that value. */
void format_assert_value(const char *text, const char *series, const char *value);
