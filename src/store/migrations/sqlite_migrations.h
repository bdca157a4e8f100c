/* The numbered steps that make a SQLite store's tables. A step that was released is never changed;
 * what is to be different comes as the next one.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

typedef struct {
  guint number; /* 1, 2, 3 … without gaps */
  const char *name;
  const char *sql; /* one or more statements; they run in one transaction */
} SqliteMigration;

extern const SqliteMigration sqlite_migrations[];
extern const guint sqlite_migrations_count;
