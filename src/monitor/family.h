/* Figures as Prometheus reads them (text format 0.0.4): a family is a name with its help and type,
 * followed by its samples.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Content-Type of such a text. */
#define FAMILY_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Appends the two lines a family begins with; all its samples follow before the next one. `help` is
 * one line. */
void family_counter(GString *text, const char *name, const char *help);
void family_gauge(GString *text, const char *name, const char *help);

/* Appends a sample: name, value, and NULL-terminated pairs of label and value. Label values may be
 * any text; what is not UTF-8 in them is replaced. An empty value stands for no label. */
void family_whole(GString *text, const char *name, gint64 value, ...) G_GNUC_NULL_TERMINATED;
void family_real(GString *text, const char *name, double value, ...) G_GNUC_NULL_TERMINATED;
