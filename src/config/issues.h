/* The errors found while the configuration is read. They are collected, so that whoever repairs a
 * file sees all of them at once, and reported in the order of the lines they stand on.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "config/config.h"

/* Most errors one report lists; the rest is only counted. */
#define ISSUES_MAX 50

typedef struct Issues Issues;

/* Free with issues_free(). */
Issues *issues_new(void);
void issues_free(Issues *issues);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Issues, issues_free)

/* Notes an error on `line` of `file` (0: the file as a whole). The message is one sentence with its
 * remedy and never holds a secret. */
void issues_add(Issues *issues, ConfigError code, const char *file, guint line, const char *format,
                ...) G_GNUC_PRINTF(5, 6);

/* True when nothing was noted. Else false, and `error` holds "FILE:LINE: message" once per error,
 * one a line: files in the order they were first named, lines ascending, with the code of the
 * first. */
bool issues_report(Issues *issues, GError **error);
