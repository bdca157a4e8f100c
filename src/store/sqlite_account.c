/* Accounts. What changes who may do what reaches the disk before it is said to be done: a password
 * or a right that was taken away must not come back with the power.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sqlite_access.h"

StoreAccount *
sqlite_account_row(SqliteStore *self, sqlite3_stmt *row, int first, GError **error) {
  g_autoptr(StoreAccount) account = g_new0(StoreAccount, 1);
  account->id = sqlite3_column_int64(row, first);
  account->name = sqlite_text(row, first + 1);
  account->password = sqlite_text(row, first + 2);
  g_autofree char *role = sqlite_text(row, first + 3);
  if (!store_role_parse(role, &account->role)) {
    g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED,
                "%s: the account \"%s\" has the unknown role \"%s\"; correct it in"
                " local_lehrgaengeapi_account",
                db_path(self->db), account->name, role);
    return NULL;
  }
  account->tenants = sqlite_text(row, first + 4);
  account->email = sqlite_text(row, first + 5);
  account->language = sqlite_text(row, first + 6);
  account->timecreated = sqlite3_column_int64(row, first + 7);
  account->timemodified = sqlite3_column_int64(row, first + 8);
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
insert(SqliteStore *self, StoreAccount *account, gint64 now, GError **error) {
  if (!check_texts(account, error) ||
      !db_run(self->db, error,
              "INSERT INTO local_lehrgaengeapi_account"
              " (name, password, role, tenants, email, language, timecreated, timemodified)"
              " VALUES (ifnull(?1, ''), ifnull(?2, ''), ?3, ifnull(?4, ''), ifnull(?5, ''),"
              " ifnull(?6, ''), ?7, ?7) ON CONFLICT (name) DO NOTHING",
              "ssssssi", account->name, account->password, store_role_word(account->role),
              account->tenants, account->email, account->language, now))
    return false;
  if (db_changes(self->db) > 0)
    return true;
  g_set_error(error, STORE_ERROR, STORE_ERROR_STATE,
              "%s: there is an account \"%s\" already; choose another name", self->description,
              account->name == NULL ? "" : account->name);
  return false;
}

bool
sqlite_account_add(Store *store, StoreAccount *account, gint64 now, GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  if (!sqlite_lasting_begin(self, &cause))
    return sqlite_failed(error, cause, "adding an account");
  bool ok = insert(self, account, now, &cause);
  gint64 id = db_last_id(self->db);
  if (!sqlite_durable_finish(self, ok, cause, "adding an account", error))
    return false;
  account->id = id;
  return true;
}

static bool
check_changed(SqliteStore *self, gint64 id, GError **error) {
  if (db_changes(self->db) > 0)
    return true;
  g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_FOUND,
              "%s holds no account %" G_GINT64_FORMAT "; it may have been removed meanwhile",
              self->description, id);
  return false;
}

static bool
update(SqliteStore *self, const StoreAccount *account, gint64 now, GError **error) {
  return check_texts(account, error) &&
         db_run(self->db, error,
                "UPDATE local_lehrgaengeapi_account SET password = ifnull(?, ''), role = ?,"
                " tenants = ifnull(?, ''), email = ifnull(?, ''), language = ifnull(?, ''),"
                " timemodified = ? WHERE id = ?",
                "sssssii", account->password, store_role_word(account->role), account->tenants,
                account->email, account->language, now, account->id) &&
         check_changed(self, account->id, error);
}

bool
sqlite_account_change(Store *store, const StoreAccount *account, gint64 now, GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  if (!sqlite_lasting_begin(self, &cause))
    return sqlite_failed(error, cause, "changing an account");
  bool ok = update(self, account, now, &cause);
  return sqlite_durable_finish(self, ok, cause, "changing an account", error);
}

bool
sqlite_account_remove(Store *store, gint64 id, GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  if (!sqlite_lasting_begin(self, &cause))
    return sqlite_failed(error, cause, "removing an account");
  bool ok =
      db_run(self->db, &cause, "DELETE FROM local_lehrgaengeapi_account WHERE id = ?", "i", id) &&
      check_changed(self, id, &cause);
  return sqlite_durable_finish(self, ok, cause, "removing an account", error);
}

/* ── reading ── */

static bool
read_one(SqliteStore *self, const char *name, StoreAccount **account, GError **error) {
  sqlite3_stmt *row = db_prepare(self->db,
                                 "SELECT " ACCOUNT_COLUMNS
                                 " FROM local_lehrgaengeapi_account AS account WHERE name = ?",
                                 error);
  if (row == NULL)
    return false;
  db_bind(row, "s", name);
  int step = db_step(self->db, row, error);
  if (step <= 0)
    return step == 0;
  *account = sqlite_account_row(self, row, 0, error);
  sqlite3_reset(row);
  return *account != NULL;
}

bool
sqlite_account_find(Store *store, const char *name, StoreAccount **account, GError **error) {
  GError *cause = NULL;
  *account = NULL;
  return read_one(sqlite_store(store), name, account, &cause) ||
         sqlite_failed(error, cause, "looking for an account");
}

static GPtrArray *
read_rows(SqliteStore *self, GError **error) {
  sqlite3_stmt *row = db_prepare(self->db,
                                 "SELECT " ACCOUNT_COLUMNS
                                 " FROM local_lehrgaengeapi_account AS account ORDER BY name",
                                 error);
  if (row == NULL)
    return NULL;
  g_autoptr(GPtrArray) accounts =
      g_ptr_array_new_with_free_func((GDestroyNotify)store_account_free);
  int step;
  while ((step = db_step(self->db, row, error)) > 0) {
    StoreAccount *account = sqlite_account_row(self, row, 0, error);
    if (account == NULL) {
      sqlite3_reset(row);
      return NULL;
    }
    g_ptr_array_add(accounts, account);
  }
  return step < 0 ? NULL : g_steal_pointer(&accounts);
}

GPtrArray *
sqlite_account_list(Store *store, GError **error) {
  GError *cause = NULL;
  GPtrArray *accounts = read_rows(sqlite_store(store), &cause);
  if (accounts == NULL)
    sqlite_failed(error, cause, "reading the accounts");
  return accounts;
}
