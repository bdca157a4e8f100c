/* Sessions. They go with their account: the table says so itself.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sqlite_access.h"

#define SESSION_COLUMNS                                                                            \
  "session.hash, session.account, session.address, session.timecreated, session.timeused"
#define SESSION_COUNT 5

static StoreSession *
read_row(sqlite3_stmt *row) {
  StoreSession *session = g_new0(StoreSession, 1);
  session->hash = sqlite_text(row, 0);
  session->account = sqlite3_column_int64(row, 1);
  session->address = sqlite_text(row, 2);
  session->timecreated = sqlite3_column_int64(row, 3);
  session->timeused = sqlite3_column_int64(row, 4);
  return session;
}

/* ── writing ── */

static bool
insert(SqliteStore *self, const StoreSession *session, GError **error) {
  if (!store_check_text("the session's hash", session->hash, STORE_MAX_KEY, error) ||
      !store_check_text("the session's address", session->address, STORE_MAX_KEY, error) ||
      !db_run(self->db, error,
              "INSERT INTO local_lehrgaengeapi_session"
              " (hash, account, address, timecreated, timeused)"
              " SELECT ?, id, ifnull(?, ''), ?, ? FROM local_lehrgaengeapi_account WHERE id = ?",
              "ssiii", session->hash, session->address, session->timecreated, session->timeused,
              session->account))
    return false;
  if (db_changes(self->db) > 0)
    return true;
  g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_FOUND,
              "%s holds no account %" G_GINT64_FORMAT "; it may have been removed meanwhile",
              self->description, session->account);
  return false;
}

bool
sqlite_session_add(Store *store, const StoreSession *session, GError **error) {
  GError *cause = NULL;
  return insert(sqlite_store(store), session, &cause) ||
         sqlite_failed(error, cause, "recording a session");
}

bool
sqlite_session_touch(Store *store, const char *hash, gint64 now, GError **error) {
  GError *cause = NULL;
  return db_run(sqlite_store(store)->db, &cause,
                "UPDATE local_lehrgaengeapi_session SET timeused = ? WHERE hash = ?", "is", now,
                hash) ||
         sqlite_failed(error, cause, "recording that a session is used");
}

bool
sqlite_session_remove(Store *store, const char *hash, GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  if (!sqlite_lasting_begin(self, &cause))
    return sqlite_failed(error, cause, "ending a session");
  bool ok =
      db_run(self->db, &cause, "DELETE FROM local_lehrgaengeapi_session WHERE hash = ?", "s", hash);
  return sqlite_durable_finish(self, ok, cause, "ending a session", error);
}

bool
sqlite_session_remove_all(Store *store, gint64 account, const char *except, guint *count,
                          GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  if (!sqlite_lasting_begin(self, &cause))
    return sqlite_failed(error, cause, "ending an account's sessions");
  bool ok = db_run(self->db, &cause,
                   "DELETE FROM local_lehrgaengeapi_session"
                   " WHERE account = ?1 AND (?2 IS NULL OR hash <> ?2)",
                   "is", account, except);
  guint removed = ok ? (guint)db_changes(self->db) : 0;
  if (!sqlite_durable_finish(self, ok, cause, "ending an account's sessions", error))
    return false;
  if (count != NULL)
    *count = removed;
  return true;
}

bool
sqlite_session_purge(Store *store, gint64 used, gint64 created, GError **error) {
  GError *cause = NULL;
  return db_run(sqlite_store(store)->db, &cause,
                "DELETE FROM local_lehrgaengeapi_session WHERE timeused < ? OR timecreated < ?",
                "ii", used, created) ||
         sqlite_failed(error, cause, "removing old sessions");
}

/* ── reading ── */

static bool
read_one(SqliteStore *self, const char *hash, StoreSession **session, StoreAccount **account,
         GError **error) {
  sqlite3_stmt *row = db_prepare(
      self->db,
      "SELECT " SESSION_COLUMNS ", " ACCOUNT_COLUMNS " FROM local_lehrgaengeapi_session AS session"
      " JOIN local_lehrgaengeapi_account AS account ON account.id = session.account"
      " WHERE session.hash = ?",
      error);
  if (row == NULL)
    return false;
  db_bind(row, "s", hash);
  int step = db_step(self->db, row, error);
  if (step <= 0)
    return step == 0;
  *account = sqlite_account_row(self, row, SESSION_COUNT, error);
  if (*account != NULL)
    *session = read_row(row);
  sqlite3_reset(row);
  return *account != NULL;
}

bool
sqlite_session_find(Store *store, const char *hash, StoreSession **session, StoreAccount **account,
                    GError **error) {
  GError *cause = NULL;
  *session = NULL;
  *account = NULL;
  return read_one(sqlite_store(store), hash, session, account, &cause) ||
         sqlite_failed(error, cause, "looking for a session");
}

static GPtrArray *
read_rows(SqliteStore *self, gint64 account, GError **error) {
  sqlite3_stmt *row = db_prepare(self->db,
                                 "SELECT " SESSION_COLUMNS
                                 " FROM local_lehrgaengeapi_session AS session WHERE account = ?"
                                 " ORDER BY timeused DESC, timecreated DESC, hash",
                                 error);
  if (row == NULL)
    return NULL;
  db_bind(row, "i", account);
  g_autoptr(GPtrArray) sessions =
      g_ptr_array_new_with_free_func((GDestroyNotify)store_session_free);
  int step;
  while ((step = db_step(self->db, row, error)) > 0)
    g_ptr_array_add(sessions, read_row(row));
  return step < 0 ? NULL : g_steal_pointer(&sessions);
}

GPtrArray *
sqlite_session_list(Store *store, gint64 account, GError **error) {
  GError *cause = NULL;
  GPtrArray *sessions = read_rows(sqlite_store(store), account, &cause);
  if (sessions == NULL)
    sqlite_failed(error, cause, "reading an account's sessions");
  return sessions;
}
