/* The system's journal (systemd-journald) as a place for log lines.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Whether standard error leads there: $JOURNAL_STREAM names device and inode (systemd.exec(5)).
 * Looked at each time, for a child may inherit the variable and not the stream. */
bool journal_is_stderr(void);

#define JOURNAL_MAX_FIELDS 8

/* Sends an entry of `count` fields "NAME=value", whose values may hold any text. False when the
 * journal is not there or does not take it. */
bool journal_send(const char *const *fields, guint count);
