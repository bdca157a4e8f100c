/* Accounts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/postgres_access.h"

StoreAccount *
postgres_account_row(const PostgresStore *self, const PGresult *result, int row, int first,
                     GError **error) {
  g_autoptr(StoreAccount) account = g_new0(StoreAccount, 1);
  account->id = postgres_conn_int(result, row, first);
  account->name = postgres_text(result, row, first + 1);
  account->password = postgres_text(result, row, first + 2);
  const char *role = postgres_conn_text(result, row, first + 3);
  if (!store_role_parse(role, &account->role)) {
    g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED,
                "%s: the account \"%s\" has the unknown role \"%s\"; correct it in"
                " local_lehrgaengeapi_account",
                postgres_conn_name(self->conn), account->name, role);
    return NULL;
  }
  account->tenants = postgres_text(result, row, first + 4);
  account->email = postgres_text(result, row, first + 5);
  account->language = postgres_text(result, row, first + 6);
  account->timecreated = postgres_conn_int(result, row, first + 7);
  account->timemodified = postgres_conn_int(result, row, first + 8);
  return g_steal_pointer(&account);
}

/* ── writing ── */

static bool
check_texts(const StoreAccount *account, GError **error) {
  return store_check_text("the account's name", account->name, STORE_MAX_KEY, error) &&
         store_check_text("the account's password", account->password, STORE_MAX_KEY, error) &&
         store_check_text("the account's tenants", account->tenants, STORE_MAX_KEY, error) &&
         store_check_text("the account's address", account->email, STORE_MAX_KEY, error) &&
         store_check_text("the account's language", account->language, STORE_MAX_KEY, error);
}

static bool
insert(PostgresStore *self, const StoreAccount *account, gint64 now, gint64 *id, GError **error) {
  if (!check_texts(account, error) ||
      !postgres_conn_get(self->conn, id, 0, error,
                         "INSERT INTO local_lehrgaengeapi_account"
                         " (name, password, role, tenants, email, language, timecreated,"
                         "  timemodified)"
                         " VALUES (coalesce($1, ''), coalesce($2, ''), $3, coalesce($4, ''),"
                         "  coalesce($5, ''), coalesce($6, ''), $7, $7)"
                         " ON CONFLICT (name) DO NOTHING RETURNING id",
                         "ssssssi", account->name, account->password,
                         store_role_word(account->role), account->tenants, account->email,
                         account->language, now))
    return false;
  if (*id != 0)
    return true;
  g_set_error(error, STORE_ERROR, STORE_ERROR_STATE,
              "%s: there is an account \"%s\" already; choose another name",
              postgres_conn_name(self->conn), account->name == NULL ? "" : account->name);
  return false;
}

bool
postgres_account_add(Store *store, StoreAccount *account, gint64 now, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  gint64 id = 0;
  if (!postgres_enter(self, POSTGRES_ONE, "adding an account", error))
    return false;
  bool ok = insert(self, account, now, &id, &cause);
  if (!postgres_leave(self, ok, cause, error))
    return false;
  account->id = id;
  return true;
}

static bool
check_touched(const PostgresStore *self, gint64 touched, gint64 id, GError **error) {
  if (touched > 0)
    return true;
  g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_FOUND,
              "%s holds no account %" G_GINT64_FORMAT "; it may have been removed meanwhile",
              postgres_conn_name(self->conn), id);
  return false;
}

bool
postgres_account_change(Store *store, const StoreAccount *account, gint64 now, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  gint64 touched = 0;
  if (!postgres_enter(self, POSTGRES_ONE, "changing an account", error))
    return false;
  bool ok =
      check_texts(account, &cause) &&
      postgres_conn_run(self->conn, &touched, &cause,
                        "UPDATE local_lehrgaengeapi_account SET"
                        " password = coalesce($1, ''), role = $2,"
                        " tenants = coalesce($3, ''), email = coalesce($4, ''),"
                        " language = coalesce($5, ''), timemodified = $6 WHERE id = $7",
                        "sssssii", account->password, store_role_word(account->role),
                        account->tenants, account->email, account->language, now, account->id) &&
      check_touched(self, touched, account->id, &cause);
  return postgres_leave(self, ok, cause, error);
}

bool
postgres_account_remove(Store *store, gint64 id, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  gint64 touched = 0;
  if (!postgres_enter(self, POSTGRES_ONE, "removing an account", error))
    return false;
  bool ok = postgres_conn_run(self->conn, &touched, &cause,
                              "DELETE FROM local_lehrgaengeapi_account WHERE id = $1", "i", id) &&
            check_touched(self, touched, id, &cause);
  return postgres_leave(self, ok, cause, error);
}

/* ── reading ── */

/* Whoever reads to write holds all other writers off until the end. */
static bool
hold_others_off(PostgresStore *self, GError **error) {
  return !self->open || !self->durable ||
         postgres_conn_run(self->conn, NULL, error,
                           "LOCK TABLE local_lehrgaengeapi_account IN SHARE ROW EXCLUSIVE MODE",
                           "");
}

bool
postgres_account_find(Store *store, const char *name, StoreAccount **account, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  *account = NULL;
  if (!postgres_enter(self, POSTGRES_LOOK, "looking for an account", error))
    return false;
  g_autoptr(PGresult) found = NULL;
  if (hold_others_off(self, &cause))
    found = postgres_conn_ask(self->conn, &cause,
                              "SELECT " ACCOUNT_COLUMNS
                              " FROM local_lehrgaengeapi_account AS account WHERE name = $1",
                              "s", name);
  bool ok = found != NULL;
  if (ok && PQntuples(found) > 0) {
    *account = postgres_account_row(self, found, 0, 0, &cause);
    ok = *account != NULL;
  }
  return postgres_leave(self, ok, cause, error);
}

static GPtrArray *
read_rows(PostgresStore *self, GError **error) {
  g_autoptr(PGresult) found = postgres_conn_ask(
      self->conn, error,
      "SELECT " ACCOUNT_COLUMNS " FROM local_lehrgaengeapi_account AS account ORDER BY name", "");
  if (found == NULL)
    return NULL;
  g_autoptr(GPtrArray) accounts =
      g_ptr_array_new_with_free_func((GDestroyNotify)store_account_free);
  for (int row = 0; row < PQntuples(found); row++) {
    StoreAccount *account = postgres_account_row(self, found, row, 0, error);
    if (account == NULL)
      return NULL;
    g_ptr_array_add(accounts, account);
  }
  return g_steal_pointer(&accounts);
}

GPtrArray *
postgres_account_list(Store *store, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_LOOK, "reading the accounts", error))
    return NULL;
  g_autoptr(GPtrArray) accounts = hold_others_off(self, &cause) ? read_rows(self, &cause) : NULL;
  return postgres_leave(self, accounts != NULL, cause, error) ? g_steal_pointer(&accounts) : NULL;
}
