/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/postgres_migrate.h"

#include "store/postgres_private.h"

/* A large table's index takes its time, and other nodes wait for it. */
#define MIGRATE_SECONDS 600
#define STATEMENT_SECONDS "590"

/* The number of the last migration the database records, 0 for none. */
static bool
read_version(PostgresConn *conn, guint newest, gint64 *version, GError **error) {
  gint64 there = 0;
  *version = 0;
  if (!postgres_conn_get(conn, &there, 0, error,
                         "SELECT 1 WHERE to_regclass('local_lehrgaengeapi_migration') IS NOT NULL",
                         ""))
    return false;
  if (there == 0)
    return true;
  if (!postgres_conn_get(conn, version, 0, error,
                         "SELECT max(number) FROM local_lehrgaengeapi_migration", ""))
    return false;
  if (*version <= newest)
    return true;
  g_set_error(error, STORE_ERROR, STORE_ERROR_VERSION,
              "%s: the tables were written by a newer version of this program (number "
              "%" G_GINT64_FORMAT ", this version knows %u): install that version, or set [store] "
              "url to another database",
              postgres_conn_name(conn), *version, newest);
  return false;
}

static bool
apply(PostgresConn *conn, const PostgresMigration *migration, GError **error) {
  if (postgres_conn_exec(conn, migration->sql, error) &&
      postgres_conn_run(conn, NULL, error,
                        "INSERT INTO local_lehrgaengeapi_migration (number, name, timeapplied)"
                        " VALUES ($2, $3, " POSTGRES_NOW ")",
                        "sis", NULL, (gint64)migration->number, migration->name))
    return true;
  g_prefix_error(error, "making the tables \"%s\" (%u): ", migration->name, migration->number);
  return false;
}

static bool
apply_inside(PostgresConn *conn, const PostgresMigration *migrations, guint count, guint newest,
             GError **error) {
  gint64 version = 0;
  /* The lock first, then what touches the tables: only so is seen what another node did while we
   * waited. */
  if (!postgres_conn_run(conn, NULL, error, "SELECT pg_advisory_xact_lock(" POSTGRES_LOCKS ", 1)",
                         "") ||
      !postgres_conn_exec(conn,
                          "CREATE TABLE IF NOT EXISTS local_lehrgaengeapi_migration ("
                          "  number bigint PRIMARY KEY, name text COLLATE \"C\" NOT NULL,"
                          "  timeapplied bigint NOT NULL)",
                          error) ||
      !read_version(conn, newest, &version, error))
    return false;
  for (guint i = 0; i < count; i++) {
    if (migrations[i].number > version && !apply(conn, &migrations[i], error))
      return false;
  }
  return true;
}

static bool
apply_all(PostgresConn *conn, const PostgresMigration *migrations, guint count, guint newest,
          GError **error) {
  if (!postgres_conn_exec(conn,
                          "BEGIN ISOLATION LEVEL READ COMMITTED;"
                          "SET LOCAL statement_timeout = '" STATEMENT_SECONDS "s';"
                          "SET LOCAL lock_timeout = '" STATEMENT_SECONDS "s'",
                          error))
    return false;
  if (apply_inside(conn, migrations, count, newest, error))
    return postgres_conn_commit(conn, error);
  if (postgres_conn_alive(conn))
    postgres_conn_exec(conn, "ROLLBACK", NULL);
  return false;
}

bool
postgres_migrate(PostgresConn *conn, const PostgresMigration *migrations, guint count,
                 GError **error) {
  guint newest = count == 0 ? 0 : migrations[count - 1].number;
  gint64 version = 0;
  if (!read_version(conn, newest, &version, error))
    return false;
  if (version == newest)
    return true;
  postgres_conn_set_patience(conn, MIGRATE_SECONDS);
  bool ok = apply_all(conn, migrations, count, newest, error);
  postgres_conn_set_patience(conn, POSTGRES_CONN_SECONDS);
  return ok;
}
