/* Failed sign-ins. Counting one is a single statement, so none is lost between two nodes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/postgres_access.h"

/* Zeros when there is no row. */
static StoreAttempts
attempts_in(const PGresult *found) {
  if (PQntuples(found) == 0)
    return (StoreAttempts){ 0 };
  return (StoreAttempts){ (guint)postgres_conn_int(found, 0, 0), postgres_conn_int(found, 0, 1) };
}

bool
postgres_attempts_add(Store *store, const char *key, gint64 now, gint64 window,
                      StoreAttempts *after, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  g_autoptr(PGresult) found = NULL;
  if (!postgres_enter(self, POSTGRES_ONE, "counting a failed sign-in", error))
    return false;
  if (store_check_text("what is signed in as", key, STORE_MAX_KEY, &cause))
    found = postgres_conn_ask(
        self->conn, &cause,
        "INSERT INTO local_lehrgaengeapi_attempt AS kept (key, failures, last)"
        " VALUES ($1, 1, $2) ON CONFLICT (key) DO UPDATE SET failures ="
        "  CASE WHEN kept.last < $2::bigint - $3::bigint THEN 1 ELSE kept.failures + 1 END,"
        "  last = excluded.last RETURNING failures, last",
        "sii", key, now, window);
  if (!postgres_leave(self, found != NULL, cause, error))
    return false;
  *after = attempts_in(found);
  return true;
}

bool
postgres_attempts_get(Store *store, const char *key, StoreAttempts *attempts, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_LOOK, "reading the failed sign-ins", error))
    return false;
  g_autoptr(PGresult) found = postgres_conn_ask(
      self->conn, &cause, "SELECT failures, last FROM local_lehrgaengeapi_attempt WHERE key = $1",
      "s", key);
  if (!postgres_leave(self, found != NULL, cause, error))
    return false;
  *attempts = attempts_in(found);
  return true;
}

bool
postgres_attempts_clear(Store *store, const char *key, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_ONE, "forgetting failed sign-ins", error))
    return false;
  bool ok = postgres_conn_run(self->conn, NULL, &cause,
                              "DELETE FROM local_lehrgaengeapi_attempt WHERE key = $1", "s", key);
  return postgres_leave(self, ok, cause, error);
}

bool
postgres_attempts_purge(Store *store, gint64 before, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_ONE, "forgetting old failed sign-ins", error))
    return false;
  bool ok =
      postgres_conn_run(self->conn, NULL, &cause,
                        "DELETE FROM local_lehrgaengeapi_attempt WHERE last < $1", "i", before);
  return postgres_leave(self, ok, cause, error);
}
