/* Sessions. They go with their account: the table says so itself.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/postgres_access.h"

#define SESSION_COLUMNS                                                                            \
  "session.hash, session.account, session.address, session.timecreated, session.timeused"
#define SESSION_COUNT 5

static StoreSession *
read_row(const PGresult *result, int row) {
  StoreSession *session = g_new0(StoreSession, 1);
  session->hash = postgres_text(result, row, 0);
  session->account = postgres_conn_int(result, row, 1);
  session->address = postgres_text(result, row, 2);
  session->timecreated = postgres_conn_int(result, row, 3);
  session->timeused = postgres_conn_int(result, row, 4);
  return session;
}

/* ── writing ── */

static bool
insert(PostgresStore *self, const StoreSession *session, GError **error) {
  gint64 touched = 0;
  if (!store_check_text("the session's hash", session->hash, STORE_MAX_KEY, error) ||
      !store_check_text("the session's address", session->address, STORE_MAX_KEY, error) ||
      !postgres_conn_run(self->conn, &touched, error,
                         "INSERT INTO local_lehrgaengeapi_session"
                         " (hash, account, address, timecreated, timeused)"
                         " SELECT $1::text, id, coalesce($2::text, ''), $3::bigint, $4::bigint"
                         " FROM local_lehrgaengeapi_account WHERE id = $5",
                         "ssiii", session->hash, session->address, session->timecreated,
                         session->timeused, session->account))
    return false;
  if (touched > 0)
    return true;
  g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_FOUND,
              "%s holds no account %" G_GINT64_FORMAT "; it may have been removed meanwhile",
              postgres_conn_name(self->conn), session->account);
  return false;
}

bool
postgres_session_add(Store *store, const StoreSession *session, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_ONE, "recording a session", error))
    return false;
  bool ok = insert(self, session, &cause);
  return postgres_leave(self, ok, cause, error);
}

bool
postgres_session_touch(Store *store, const char *hash, gint64 now, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_ONE, "recording that a session is used", error))
    return false;
  bool ok = postgres_conn_run(
      self->conn, NULL, &cause,
      "UPDATE local_lehrgaengeapi_session SET timeused = $1 WHERE hash = $2", "is", now, hash);
  return postgres_leave(self, ok, cause, error);
}

bool
postgres_session_remove(Store *store, const char *hash, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_ONE, "ending a session", error))
    return false;
  bool ok = postgres_conn_run(self->conn, NULL, &cause,
                              "DELETE FROM local_lehrgaengeapi_session WHERE hash = $1", "s", hash);
  return postgres_leave(self, ok, cause, error);
}

bool
postgres_session_remove_all(Store *store, gint64 account, const char *except, guint *count,
                            GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  gint64 touched = 0;
  if (!postgres_enter(self, POSTGRES_ONE, "ending an account's sessions", error))
    return false;
  bool ok = postgres_conn_run(self->conn, &touched, &cause,
                              "DELETE FROM local_lehrgaengeapi_session"
                              " WHERE account = $1 AND ($2::text IS NULL OR hash <> $2)",
                              "is", account, except);
  if (!postgres_leave(self, ok, cause, error))
    return false;
  if (count != NULL)
    *count = (guint)touched;
  return true;
}

bool
postgres_session_purge(Store *store, gint64 used, gint64 created, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_ONE, "removing old sessions", error))
    return false;
  bool ok = postgres_conn_run(self->conn, NULL, &cause,
                              "DELETE FROM local_lehrgaengeapi_session"
                              " WHERE timeused < $1 OR timecreated < $2",
                              "ii", used, created);
  return postgres_leave(self, ok, cause, error);
}

/* ── reading ── */

static bool
read_one(PostgresStore *self, const char *hash, StoreSession **session, StoreAccount **account,
         GError **error) {
  g_autoptr(PGresult) found = postgres_conn_ask(
      self->conn, error,
      "SELECT " SESSION_COLUMNS ", " ACCOUNT_COLUMNS " FROM local_lehrgaengeapi_session AS session"
      " JOIN local_lehrgaengeapi_account AS account"
      "  ON account.id = session.account WHERE session.hash = $1",
      "s", hash);
  if (found == NULL || PQntuples(found) == 0)
    return found != NULL;
  *account = postgres_account_row(self, found, 0, SESSION_COUNT, error);
  if (*account != NULL)
    *session = read_row(found, 0);
  return *account != NULL;
}

bool
postgres_session_find(Store *store, const char *hash, StoreSession **session,
                      StoreAccount **account, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  *session = NULL;
  *account = NULL;
  if (!postgres_enter(self, POSTGRES_LOOK, "looking for a session", error))
    return false;
  bool ok = read_one(self, hash, session, account, &cause);
  return postgres_leave(self, ok, cause, error);
}

GPtrArray *
postgres_session_list(Store *store, gint64 account, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_LOOK, "reading an account's sessions", error))
    return NULL;
  g_autoptr(PGresult) found = postgres_conn_ask(
      self->conn, &cause,
      "SELECT " SESSION_COLUMNS " FROM local_lehrgaengeapi_session AS session WHERE account = $1"
      " ORDER BY timeused DESC, timecreated DESC, hash",
      "i", account);
  if (!postgres_leave(self, found != NULL, cause, error))
    return NULL;
  GPtrArray *sessions = g_ptr_array_new_with_free_func((GDestroyNotify)store_session_free);
  for (int row = 0; row < PQntuples(found); row++)
    g_ptr_array_add(sessions, read_row(found, row));
  return sessions;
}
