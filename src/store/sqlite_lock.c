/* Every decision is one BEGIN IMMEDIATE transaction, so two processes never both take a lock.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sqlite_private.h"

#include <string.h>

static bool
read_lock(SqliteStore *self, const char *name, StoreLock **lock, GError **error) {
  sqlite3_stmt *row = db_prepare(
      self->db, "SELECT owner, acquired, expires FROM local_lehrgaengeapi_lock WHERE name = ?",
      error);
  if (row == NULL)
    return false;
  db_bind(row, "s", name);
  int step = db_step(self->db, row, error);
  if (step > 0) {
    *lock = g_new0(StoreLock, 1);
    (*lock)->owner = sqlite_text(row, 0);
    (*lock)->acquired = sqlite3_column_int64(row, 1);
    (*lock)->expires = sqlite3_column_int64(row, 2);
    sqlite3_reset(row);
  }
  return step >= 0;
}

typedef struct {
  const char *name, *owner;
  gint64 now, ttl;
  StoreOwnerDeadFunc dead;
  gpointer user_data;
} Wish;

/* *holder stays NULL when the lock was taken. */
static bool
take(SqliteStore *self, const Wish *wish, StoreLock **holder, GError **error) {
  g_autoptr(StoreLock) lock = NULL;
  if (!store_check_text("the lock's name", wish->name, STORE_MAX_KEY, error) ||
      !store_check_text("the lock's owner", wish->owner, STORE_MAX_KEY, error) ||
      !read_lock(self, wish->name, &lock, error))
    return false;

  bool own = lock != NULL && strcmp(lock->owner, wish->owner) == 0;
  if (lock != NULL && !own && lock->expires > wish->now &&
      (wish->dead == NULL || !wish->dead(lock->owner, wish->user_data))) {
    *holder = g_steal_pointer(&lock);
    return true;
  }
  return db_run(self->db, error,
                "INSERT INTO local_lehrgaengeapi_lock (name, owner, acquired, expires)"
                " VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET owner = excluded.owner,"
                " acquired = excluded.acquired, expires = excluded.expires",
                "ssii", wish->name, wish->owner, own ? lock->acquired : wish->now,
                wish->now + wish->ttl);
}

bool
sqlite_lock_take(Store *store, const char *name, const char *owner, gint64 now, gint64 ttl,
                 StoreOwnerDeadFunc dead, gpointer user_data, StoreLock **holder, bool *taken,
                 GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  g_autoptr(StoreLock) other = NULL;
  Wish wish = { name, owner, now, ttl, dead, user_data };
  if (!db_begin(self->db, &cause))
    return sqlite_failed(error, cause, "taking the lock");
  bool ok = take(self, &wish, &other, &cause);
  if (!sqlite_finish(self, ok, cause, "taking the lock", error))
    return false;
  *taken = other == NULL;
  if (holder != NULL)
    *holder = g_steal_pointer(&other);
  return true;
}

bool
sqlite_lock_renew(Store *store, const char *name, const char *owner, gint64 now, gint64 ttl,
                  bool *held, GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  if (!db_run(self->db, &cause,
              "UPDATE local_lehrgaengeapi_lock SET expires = ? WHERE name = ? AND owner = ?", "iss",
              now + ttl, name, owner))
    return sqlite_failed(error, cause, "renewing the lock");
  *held = db_changes(self->db) > 0;
  return true;
}

bool
sqlite_lock_drop(Store *store, const char *name, const char *owner, GError **error) {
  GError *cause = NULL;
  return db_run(sqlite_store(store)->db, &cause,
                "DELETE FROM local_lehrgaengeapi_lock WHERE name = ? AND owner = ?", "ss", name,
                owner) ||
         sqlite_failed(error, cause, "giving back the lock");
}

bool
sqlite_lock_get(Store *store, const char *name, StoreLock **lock, GError **error) {
  GError *cause = NULL;
  *lock = NULL;
  return read_lock(sqlite_store(store), name, lock, &cause) ||
         sqlite_failed(error, cause, "looking who holds the lock");
}
