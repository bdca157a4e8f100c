/* Tokens.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/postgres_access.h"

#define TOKEN_COLUMNS "id, name, hash, role, tenants, timecreated, timeused, timeexpires"

static StoreToken *
read_row(const PostgresStore *self, const PGresult *result, int row, GError **error) {
  g_autoptr(StoreToken) token = g_new0(StoreToken, 1);
  token->id = postgres_conn_int(result, row, 0);
  token->name = postgres_text(result, row, 1);
  token->hash = postgres_text(result, row, 2);
  const char *role = postgres_conn_text(result, row, 3);
  if (!store_role_parse(role, &token->role)) {
    g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED,
                "%s: the token \"%s\" has the unknown role \"%s\"; correct it in"
                " local_lehrgaengeapi_token",
                postgres_conn_name(self->conn), token->name, role);
    return NULL;
  }
  token->tenants = postgres_text(result, row, 4);
  token->timecreated = postgres_conn_int(result, row, 5);
  token->timeused = postgres_conn_int(result, row, 6);
  token->timeexpires = postgres_conn_int(result, row, 7);
  return g_steal_pointer(&token);
}

/* ── writing ── */

static bool
insert(PostgresStore *self, const StoreToken *token, gint64 now, gint64 *id, GError **error) {
  if (!store_check_text("the token's name", token->name, STORE_MAX_KEY, error) ||
      !store_check_text("the token's hash", token->hash, STORE_MAX_KEY, error) ||
      !store_check_text("the token's tenants", token->tenants, STORE_MAX_KEY, error) ||
      !postgres_conn_get(self->conn, id, 0, error,
                         "INSERT INTO local_lehrgaengeapi_token"
                         " (name, hash, role, tenants, timecreated, timeexpires)"
                         " VALUES (coalesce($1, ''), coalesce($2, ''), $3, coalesce($4, ''), $5,"
                         "  $6) ON CONFLICT (name) DO NOTHING RETURNING id",
                         "ssssii", token->name, token->hash, store_role_word(token->role),
                         token->tenants, now, token->timeexpires))
    return false;
  if (*id != 0)
    return true;
  g_set_error(error, STORE_ERROR, STORE_ERROR_STATE,
              "%s: there is a token \"%s\" already; choose another name",
              postgres_conn_name(self->conn), token->name == NULL ? "" : token->name);
  return false;
}

bool
postgres_token_add(Store *store, StoreToken *token, gint64 now, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  gint64 id = 0;
  if (!postgres_enter(self, POSTGRES_ONE, "adding a token", error))
    return false;
  bool ok = insert(self, token, now, &id, &cause);
  if (!postgres_leave(self, ok, cause, error))
    return false;
  token->id = id;
  return true;
}

bool
postgres_token_touch(Store *store, gint64 id, gint64 now, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_ONE, "recording that a token is used", error))
    return false;
  bool ok = postgres_conn_run(self->conn, NULL, &cause,
                              "UPDATE local_lehrgaengeapi_token SET timeused = $1 WHERE id = $2",
                              "ii", now, id);
  return postgres_leave(self, ok, cause, error);
}

static bool
erase(PostgresStore *self, gint64 id, GError **error) {
  gint64 touched = 0;
  if (!postgres_conn_run(self->conn, &touched, error,
                         "DELETE FROM local_lehrgaengeapi_token WHERE id = $1", "i", id))
    return false;
  if (touched > 0)
    return true;
  g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_FOUND,
              "%s holds no token %" G_GINT64_FORMAT "; it may have been removed meanwhile",
              postgres_conn_name(self->conn), id);
  return false;
}

bool
postgres_token_remove(Store *store, gint64 id, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_ONE, "removing a token", error))
    return false;
  bool ok = erase(self, id, &cause);
  return postgres_leave(self, ok, cause, error);
}

/* ── reading ── */

bool
postgres_token_find(Store *store, const char *hash, StoreToken **token, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  *token = NULL;
  if (!postgres_enter(self, POSTGRES_LOOK, "looking for a token", error))
    return false;
  g_autoptr(PGresult) found = postgres_conn_ask(
      self->conn, &cause, "SELECT " TOKEN_COLUMNS " FROM local_lehrgaengeapi_token WHERE hash = $1",
      "s", hash);
  bool ok = found != NULL;
  if (ok && PQntuples(found) > 0) {
    *token = read_row(self, found, 0, &cause);
    ok = *token != NULL;
  }
  return postgres_leave(self, ok, cause, error);
}

static GPtrArray *
read_rows(PostgresStore *self, GError **error) {
  g_autoptr(PGresult) found = postgres_conn_ask(
      self->conn, error, "SELECT " TOKEN_COLUMNS " FROM local_lehrgaengeapi_token ORDER BY name",
      "");
  if (found == NULL)
    return NULL;
  g_autoptr(GPtrArray) tokens = g_ptr_array_new_with_free_func((GDestroyNotify)store_token_free);
  for (int row = 0; row < PQntuples(found); row++) {
    StoreToken *token = read_row(self, found, row, error);
    if (token == NULL)
      return NULL;
    g_ptr_array_add(tokens, token);
  }
  return g_steal_pointer(&tokens);
}

GPtrArray *
postgres_token_list(Store *store, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_LOOK, "reading the tokens", error))
    return NULL;
  g_autoptr(GPtrArray) tokens = read_rows(self, &cause);
  return postgres_leave(self, tokens != NULL, cause, error) ? g_steal_pointer(&tokens) : NULL;
}
