/* A thin hand on SQLite for the embedded Moodle and the store: errors as GError that name the file,
 * statements prepared once, nested-safe transactions. One Db per thread.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <sqlite3.h>
#include <stdbool.h>

#define DB_ERROR (db_error_quark())
GQuark db_error_quark(void);
typedef enum {
  DB_ERROR_FAILED,     /* anything SQLite says that is not below */
  DB_ERROR_CONSTRAINT, /* a UNIQUE, CHECK or foreign key rule */
  DB_ERROR_BUSY,       /* another process held the file longer than we wait */
  DB_ERROR_NOT_A_DB,   /* the file is something else, or damaged */
  DB_ERROR_FULL,       /* disk full or not writable */
} DbError;

typedef struct Db Db;

typedef enum {
  DB_CREATE =
      1 << 0, /* make the file (mode 0600) when missing; without it, a missing file is an error */
} DbFlags;

/* Opens `path` in WAL mode with foreign keys on, waiting at most 10 s for another process's lock,
 * and a page cache of at most 4 MiB. ":memory:" works. NULL and `error` when it cannot. Free with
 * db_close(). */
Db *db_open(const char *path, DbFlags flags, GError **error);
void db_close(Db *db); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Db, db_close)

sqlite3 *db_handle(Db *db);
const char *db_path(Db *db);

/* Runs one or more statements that return no rows. */
bool db_exec(Db *db, const char *sql, GError **error);

/* A statement for `sql`, which must be a string literal holding exactly one: it is prepared on
 * first use and kept by the Db (by the literal's address), reset and unbound each time it is asked
 * for. Owned by the Db. NULL and `error` when SQLite refuses it. Do not ask for the same literal
 * again while its rows are being read. */
sqlite3_stmt *db_prepare(Db *db, const char *sql, GError **error);

/* Binds the arguments by `types`, one letter each: 'i' gint64, 's' const char * (NULL binds NULL;
 * not copied: it must outlive the statement's next step), 'd' double, 'n' no argument, NULL. */
void db_bind(sqlite3_stmt *statement, const char *types, ...);

/* One step. 1: a row is there, 0: done, −1: `error` is set. Resets the statement unless there is a
 * row. */
int db_step(Db *db, sqlite3_stmt *statement, GError **error);

/* prepare + bind + step to the end, for statements without rows. `sql` as in db_prepare(). */
bool db_run(Db *db, GError **error, const char *sql, const char *types, ...);

/* prepare + bind + first row's first column into `*value`, or `missing` when there is no row (or
 * NULL in it). */
bool db_get_int(Db *db, gint64 *value, gint64 missing, GError **error, const char *sql,
                const char *types, ...);

gint64 db_last_id(Db *db);
gint64 db_changes(Db *db); /* rows the last INSERT, UPDATE or DELETE touched */

/* Transactions (BEGIN IMMEDIATE). Inside one, begin opens a savepoint. Each begin is matched by one
 * commit or rollback. A commit that fails has rolled back; rolling back when nothing is open does
 * nothing, and never touches an `error` already set. When a failure (disk full, for one) made
 * SQLite undo the whole transaction, everything fails until the outermost rollback. */
bool db_begin(Db *db, GError **error);
bool db_commit(Db *db, GError **error);
void db_rollback(Db *db);

/* Whether commits wait until the disk has them (synchronous=FULL) or only until the system has them
 * (NORMAL: survives kill -9, may lose the last commits with the power; the default). Outside a
 * transaction only. */
bool db_set_durable(Db *db, bool durable, GError **error);
