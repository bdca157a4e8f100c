/* Failed sign-ins. Counting one is a single statement, so none is lost between two.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sqlite_access.h"

/* *attempts becomes the row that `sql`, bound already, gives; zeros when it gives none. */
static bool
read_attempts(SqliteStore *self, sqlite3_stmt *row, StoreAttempts *attempts, GError **error) {
  StoreAttempts found = { 0 };
  int step;
  while ((step = db_step(self->db, row, error)) > 0)
    found = (StoreAttempts){ (guint)sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1) };
  if (step == 0)
    *attempts = found;
  return step == 0;
}

static bool
count_one(SqliteStore *self, const char *key, gint64 now, gint64 window, StoreAttempts *after,
          GError **error) {
  if (!store_check_text("what is signed in as", key, STORE_MAX_KEY, error))
    return false;
  sqlite3_stmt *row =
      db_prepare(self->db,
                 "INSERT INTO local_lehrgaengeapi_attempt (key, failures, last)"
                 " VALUES (?1, 1, ?2) ON CONFLICT (key) DO UPDATE SET"
                 " failures = CASE WHEN last < ?2 - ?3 THEN 1 ELSE failures + 1 END,"
                 " last = ?2 RETURNING failures, last",
                 error);
  if (row == NULL)
    return false;
  db_bind(row, "sii", key, now, window);
  return read_attempts(self, row, after, error);
}

bool
sqlite_attempts_add(Store *store, const char *key, gint64 now, gint64 window, StoreAttempts *after,
                    GError **error) {
  GError *cause = NULL;
  return count_one(sqlite_store(store), key, now, window, after, &cause) ||
         sqlite_failed(error, cause, "counting a failed sign-in");
}

bool
sqlite_attempts_get(Store *store, const char *key, StoreAttempts *attempts, GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  sqlite3_stmt *row = db_prepare(
      self->db, "SELECT failures, last FROM local_lehrgaengeapi_attempt WHERE key = ?", &cause);
  if (row != NULL)
    db_bind(row, "s", key);
  return (row != NULL && read_attempts(self, row, attempts, &cause)) ||
         sqlite_failed(error, cause, "reading the failed sign-ins");
}

bool
sqlite_attempts_clear(Store *store, const char *key, GError **error) {
  GError *cause = NULL;
  return db_run(sqlite_store(store)->db, &cause,
                "DELETE FROM local_lehrgaengeapi_attempt WHERE key = ?", "s", key) ||
         sqlite_failed(error, cause, "forgetting failed sign-ins");
}

bool
sqlite_attempts_purge(Store *store, gint64 before, GError **error) {
  GError *cause = NULL;
  return db_run(sqlite_store(store)->db, &cause,
                "DELETE FROM local_lehrgaengeapi_attempt WHERE last < ?", "i", before) ||
         sqlite_failed(error, cause, "forgetting old failed sign-ins");
}
