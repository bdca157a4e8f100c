/* The numbered steps that make a PostgreSQL store's tables. A step that was released is never
 * changed; what is to be different comes as the next one.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

typedef struct {
  guint number; /* 1, 2, 3 … without gaps */
  const char *name;
  const char *sql; /* one or more statements */
} PostgresMigration;

extern const PostgresMigration postgres_migrations[];
extern const guint postgres_migrations_count;
