/* Tokens. As with accounts, one that is removed is gone from the disk before that is said.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sqlite_access.h"

#define TOKEN_COLUMNS "id, name, hash, role, tenants, timecreated, timeused, timeexpires"

static StoreToken *
read_row(SqliteStore *self, sqlite3_stmt *row, GError **error) {
  g_autoptr(StoreToken) token = g_new0(StoreToken, 1);
  token->id = sqlite3_column_int64(row, 0);
  token->name = sqlite_text(row, 1);
  token->hash = sqlite_text(row, 2);
  g_autofree char *role = sqlite_text(row, 3);
  if (!store_role_parse(role, &token->role)) {
    g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED,
                "%s: the token \"%s\" has the unknown role \"%s\"; correct it in"
                " local_lehrgaengeapi_token",
                db_path(self->db), token->name, role);
    return NULL;
  }
  token->tenants = sqlite_text(row, 4);
  token->timecreated = sqlite3_column_int64(row, 5);
  token->timeused = sqlite3_column_int64(row, 6);
  token->timeexpires = sqlite3_column_int64(row, 7);
  return g_steal_pointer(&token);
}

/* ── writing ── */

static bool
insert(SqliteStore *self, const StoreToken *token, gint64 now, GError **error) {
  if (!store_check_text("the token's name", token->name, STORE_MAX_KEY, error) ||
      !store_check_text("the token's hash", token->hash, STORE_MAX_KEY, error) ||
      !store_check_text("the token's tenants", token->tenants, STORE_MAX_KEY, error) ||
      !db_run(self->db, error,
              "INSERT INTO local_lehrgaengeapi_token"
              " (name, hash, role, tenants, timecreated, timeexpires)"
              " VALUES (ifnull(?, ''), ifnull(?, ''), ?, ifnull(?, ''), ?, ?)"
              " ON CONFLICT (name) DO NOTHING",
              "ssssii", token->name, token->hash, store_role_word(token->role), token->tenants, now,
              token->timeexpires))
    return false;
  if (db_changes(self->db) > 0)
    return true;
  g_set_error(error, STORE_ERROR, STORE_ERROR_STATE,
              "%s: there is a token \"%s\" already; choose another name", self->description,
              token->name == NULL ? "" : token->name);
  return false;
}

bool
sqlite_token_add(Store *store, StoreToken *token, gint64 now, GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  if (!sqlite_lasting_begin(self, &cause))
    return sqlite_failed(error, cause, "adding a token");
  bool ok = insert(self, token, now, &cause);
  gint64 id = db_last_id(self->db);
  if (!sqlite_durable_finish(self, ok, cause, "adding a token", error))
    return false;
  token->id = id;
  return true;
}

bool
sqlite_token_touch(Store *store, gint64 id, gint64 now, GError **error) {
  GError *cause = NULL;
  return db_run(sqlite_store(store)->db, &cause,
                "UPDATE local_lehrgaengeapi_token SET timeused = ? WHERE id = ?", "ii", now, id) ||
         sqlite_failed(error, cause, "recording that a token is used");
}

static bool
erase(SqliteStore *self, gint64 id, GError **error) {
  if (!db_run(self->db, error, "DELETE FROM local_lehrgaengeapi_token WHERE id = ?", "i", id))
    return false;
  if (db_changes(self->db) > 0)
    return true;
  g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_FOUND,
              "%s holds no token %" G_GINT64_FORMAT "; it may have been removed meanwhile",
              self->description, id);
  return false;
}

bool
sqlite_token_remove(Store *store, gint64 id, GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  if (!sqlite_lasting_begin(self, &cause))
    return sqlite_failed(error, cause, "removing a token");
  bool ok = erase(self, id, &cause);
  return sqlite_durable_finish(self, ok, cause, "removing a token", error);
}

/* ── reading ── */

static bool
read_one(SqliteStore *self, const char *hash, StoreToken **token, GError **error) {
  sqlite3_stmt *row = db_prepare(
      self->db, "SELECT " TOKEN_COLUMNS " FROM local_lehrgaengeapi_token WHERE hash = ?", error);
  if (row == NULL)
    return false;
  db_bind(row, "s", hash);
  int step = db_step(self->db, row, error);
  if (step <= 0)
    return step == 0;
  *token = read_row(self, row, error);
  sqlite3_reset(row);
  return *token != NULL;
}

bool
sqlite_token_find(Store *store, const char *hash, StoreToken **token, GError **error) {
  GError *cause = NULL;
  *token = NULL;
  return read_one(sqlite_store(store), hash, token, &cause) ||
         sqlite_failed(error, cause, "looking for a token");
}

static GPtrArray *
read_rows(SqliteStore *self, GError **error) {
  sqlite3_stmt *row = db_prepare(
      self->db, "SELECT " TOKEN_COLUMNS " FROM local_lehrgaengeapi_token ORDER BY name", error);
  if (row == NULL)
    return NULL;
  g_autoptr(GPtrArray) tokens = g_ptr_array_new_with_free_func((GDestroyNotify)store_token_free);
  int step;
  while ((step = db_step(self->db, row, error)) > 0) {
    StoreToken *token = read_row(self, row, error);
    if (token == NULL) {
      sqlite3_reset(row);
      return NULL;
    }
    g_ptr_array_add(tokens, token);
  }
  return step < 0 ? NULL : g_steal_pointer(&tokens);
}

GPtrArray *
sqlite_token_list(Store *store, GError **error) {
  GError *cause = NULL;
  GPtrArray *tokens = read_rows(sqlite_store(store), &cause);
  if (tokens == NULL)
    sqlite_failed(error, cause, "reading the tokens");
  return tokens;
}
