/* Who gets a lock is decided while its row is locked, so two nodes never both get it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/postgres_private.h"

#include <string.h>

#define TAKE_TRIES 20 /* each fails only when another node gave the lock back meanwhile */

static StoreLock *
lock_of_row(const PGresult *row) {
  StoreLock *lock = g_new0(StoreLock, 1);
  lock->owner = postgres_text(row, 0, 0);
  lock->acquired = postgres_conn_int(row, 0, 1);
  lock->expires = postgres_conn_int(row, 0, 2);
  return lock;
}

typedef struct {
  const char *name, *owner;
  const char *now; /* as postgres_now() gave it */
  gint64 ttl;
  StoreOwnerDeadFunc dead;
  gpointer user_data;
} Wish;

/* *there is false when nobody had it and, until it was to be written, somebody else was faster. */
static bool
take_free(PostgresStore *self, const Wish *wish, bool *there, GError **error) {
  gint64 touched = 0;
  if (!postgres_conn_run(self->conn, &touched, error,
                         "INSERT INTO local_lehrgaengeapi_lock (name, owner, acquired, expires)"
                         " SELECT $2, $3, now, now + $4::bigint"
                         " FROM (SELECT " POSTGRES_NOW " AS now) AS clock"
                         " ON CONFLICT (name) DO NOTHING",
                         "sssi", wish->now, wish->name, wish->owner, wish->ttl))
    return false;
  *there = touched > 0;
  return true;
}

static bool
take_over(PostgresStore *self, const Wish *wish, bool own, GError **error) {
  return postgres_conn_run(self->conn, NULL, error,
                           "UPDATE local_lehrgaengeapi_lock SET owner = $3,"
                           " acquired = CASE $5::bigint WHEN 1 THEN acquired ELSE now END,"
                           " expires = now + $4::bigint"
                           " FROM (SELECT " POSTGRES_NOW " AS now) AS clock WHERE name = $2",
                           "sssii", wish->now, wish->name, wish->owner, wish->ttl, (gint64)own);
}

/* The lock as it is, locked, with a column that tells whether it has expired by now, that is after
 * any waiting. */
static PGresult *
look(PostgresStore *self, const Wish *wish, GError **error) {
  g_autoptr(PGresult) row = postgres_conn_ask(
      self->conn, error,
      "SELECT owner, acquired, expires FROM local_lehrgaengeapi_lock WHERE name = $1 FOR UPDATE",
      "s", wish->name);
  if (row == NULL || PQntuples(row) == 0)
    return g_steal_pointer(&row);
  return postgres_conn_ask(self->conn, error,
                           "SELECT owner, acquired, expires, (expires <= " POSTGRES_NOW ")::int"
                           " FROM local_lehrgaengeapi_lock WHERE name = $2",
                           "ss", wish->now, wish->name);
}

/* One try. *holder stays NULL when the lock was taken; *decided is false when to try again. */
static bool
try_to_take(PostgresStore *self, const Wish *wish, StoreLock **holder, bool *decided,
            GError **error) {
  g_autoptr(PGresult) row = look(self, wish, error);
  if (row == NULL)
    return false;
  if (PQntuples(row) == 0)
    return take_free(self, wish, decided, error);
  *decided = true;
  const char *owner = postgres_conn_text(row, 0, 0);
  bool own = strcmp(owner, wish->owner) == 0, expired = postgres_conn_int(row, 0, 3) != 0;
  if (own || expired || (wish->dead != NULL && wish->dead(owner, wish->user_data)))
    return take_over(self, wish, own, error);
  *holder = lock_of_row(row);
  return true;
}

static bool
take(PostgresStore *self, const Wish *wish, StoreLock **holder, GError **error) {
  bool decided = false;
  if (!store_check_text("the lock's name", wish->name, STORE_MAX_KEY, error) ||
      !store_check_text("the lock's owner", wish->owner, STORE_MAX_KEY, error))
    return false;
  for (guint i = 0; i < TAKE_TRIES; i++) {
    if (!try_to_take(self, wish, holder, &decided, error))
      return false;
    if (decided)
      return true;
  }
  g_set_error(error, STORE_ERROR, STORE_ERROR_UNAVAILABLE,
              "%s: others take and drop the lock \"%s\" too fast", postgres_conn_name(self->conn),
              wish->name);
  return false;
}

bool
postgres_lock_take(Store *store, const char *name, const char *owner, gint64 now, gint64 ttl,
                   StoreOwnerDeadFunc dead, gpointer user_data, StoreLock **holder, bool *taken,
                   GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  g_autoptr(StoreLock) other = NULL;
  char room[POSTGRES_NOW_ROOM];
  Wish wish = { name, owner, postgres_now(self, now, room), ttl, dead, user_data };
  if (!postgres_enter(self, POSTGRES_WRITE, "taking the lock", error))
    return false;
  bool ok = take(self, &wish, &other, &cause);
  if (!postgres_leave(self, ok, cause, error))
    return false;
  *taken = other == NULL;
  if (holder != NULL)
    *holder = g_steal_pointer(&other);
  return true;
}

bool
postgres_lock_renew(Store *store, const char *name, const char *owner, gint64 now, gint64 ttl,
                    bool *held, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  gint64 touched = 0;
  char room[POSTGRES_NOW_ROOM];
  if (!postgres_enter(self, POSTGRES_ONE, "renewing the lock", error))
    return false;
  bool ok = postgres_conn_run(self->conn, &touched, &cause,
                              "UPDATE local_lehrgaengeapi_lock"
                              " SET expires = " POSTGRES_NOW " + $2::bigint"
                              " WHERE name = $3 AND owner = $4",
                              "siss", postgres_now(self, now, room), ttl, name, owner);
  if (!postgres_leave(self, ok, cause, error))
    return false;
  *held = touched > 0;
  return true;
}

bool
postgres_lock_drop(Store *store, const char *name, const char *owner, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_ONE, "giving back the lock", error))
    return false;
  bool ok = postgres_conn_run(self->conn, NULL, &cause,
                              "DELETE FROM local_lehrgaengeapi_lock WHERE name = $1 AND owner = $2",
                              "ss", name, owner);
  return postgres_leave(self, ok, cause, error);
}

bool
postgres_lock_get(Store *store, const char *name, StoreLock **lock, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  *lock = NULL;
  if (!postgres_enter(self, POSTGRES_LOOK, "looking who holds the lock", error))
    return false;
  g_autoptr(PGresult) row = postgres_conn_ask(
      self->conn, &cause,
      "SELECT owner, acquired, expires FROM local_lehrgaengeapi_lock WHERE name = $1", "s", name);
  if (PQntuples(row) > 0)
    *lock = lock_of_row(row);
  return postgres_leave(self, row != NULL, cause, error);
}
