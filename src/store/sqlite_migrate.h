/* Brings a SQLite file to this program's tables.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/db.h"
#include "store/migrations/sqlite_migrations.h"

/* Applies those of `migrations` (ascending) that the file does not record yet, each with its record
 * in one transaction; several processes may do so at once. STORE_ERROR_VERSION when the file
 * records a later one than the last, STORE_ERROR_FAILED when it holds tables but none of a store.
 * Errors of SQLite come as DB_ERROR. `now` is recorded with each. */
bool sqlite_migrate(Db *db, const SqliteMigration *migrations, guint count, gint64 now,
                    GError **error);
