/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sqlite_migrate.h"

#include "store/store.h"

typedef enum { FILE_EMPTY, FILE_STORE, FILE_FOREIGN } FileKind;

/* The number of the last migration the file records, 0 for an empty file. */
static bool
read_version(Db *db, gint64 newest, gint64 *version, GError **error) {
  gint64 kind = FILE_FOREIGN;
  if (!db_get_int(db, &kind, FILE_EMPTY, error,
                  "SELECT CASE WHEN count(*) = 0 THEN 0"
                  " WHEN total(name = 'local_lehrgaengeapi_migration') > 0 THEN 1 ELSE 2 END"
                  " FROM sqlite_schema WHERE type = 'table'",
                  ""))
    return false;
  *version = 0;
  if (kind == FILE_FOREIGN) {
    g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED,
                "%s is a database of another program (it has tables, but none named "
                "local_lehrgaengeapi_migration): set [store] path to another file",
                db_path(db));
    return false;
  }
  if (kind == FILE_STORE &&
      !db_get_int(db, version, 0, error, "SELECT max(number) FROM local_lehrgaengeapi_migration",
                  ""))
    return false;
  if (*version > newest) {
    g_set_error(
        error, STORE_ERROR, STORE_ERROR_VERSION,
        "%s was written by a newer version of this program (tables of number %" G_GINT64_FORMAT
        ", this version knows %" G_GINT64_FORMAT
        "): install that version, or set [store] path to another file",
        db_path(db), *version, newest);
    return false;
  }
  return true;
}

static bool
apply_inside(Db *db, const SqliteMigration *migration, gint64 newest, gint64 now, GError **error) {
  /* Another process may have been faster between our first look and the lock. */
  gint64 version = 0;
  if (!read_version(db, newest, &version, error))
    return false;
  if (version >= migration->number)
    return true;
  return db_exec(db,
                 "CREATE TABLE IF NOT EXISTS local_lehrgaengeapi_migration ("
                 "  number INTEGER PRIMARY KEY, name TEXT NOT NULL, timeapplied INTEGER NOT NULL)",
                 error) &&
         db_exec(db, migration->sql, error) &&
         db_run(db, error,
                "INSERT INTO local_lehrgaengeapi_migration (number, name, timeapplied)"
                " VALUES (?, ?, ?)",
                "isi", (gint64)migration->number, migration->name, now);
}

static bool
apply(Db *db, const SqliteMigration *migration, gint64 newest, gint64 now, GError **error) {
  if (!db_begin(db, error))
    return false;
  if (!apply_inside(db, migration, newest, now, error)) {
    db_rollback(db);
    return false;
  }
  return db_commit(db, error);
}

bool
sqlite_migrate(Db *db, const SqliteMigration *migrations, guint count, gint64 now, GError **error) {
  gint64 newest = count == 0 ? 0 : migrations[count - 1].number, version = 0;
  if (!read_version(db, newest, &version, error))
    return false;
  for (guint i = 0; i < count; i++) {
    if (migrations[i].number <= version)
      continue;
    if (!apply(db, &migrations[i], newest, now, error)) {
      g_prefix_error(error, "making the tables \"%s\" (%u): ", migrations[i].name,
                     migrations[i].number);
      return false;
    }
  }
  return true;
}
