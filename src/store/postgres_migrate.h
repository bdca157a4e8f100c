/* Bringing a PostgreSQL database's tables up to date.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/migrations/postgres_migrations.h"
#include "store/postgres_conn.h"

/* Applies those of `migrations`, which are numbered 1, 2, 3 …, that the database does not record
 * yet: all or none, and one node at a time; others wait until it is done. STORE_ERROR_VERSION when
 * the database records a later one. Outside a transaction. */
bool postgres_migrate(PostgresConn *conn, const PostgresMigration *migrations, guint count,
                      GError **error);
