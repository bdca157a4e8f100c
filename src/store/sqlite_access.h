/* What the files of StoreAccess share in the SQLite store. Each sqlite_NAME.c holds the slots of
 * one part of access.h.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/sqlite_private.h"

/* Columns of accounts for a SELECT. */
#define ACCOUNT_COLUMNS                                                                            \
  "account.id, account.name, account.password, account.role, account.tenants, account.email,"      \
  " account.language, account.timecreated, account.timemodified"

/* The account in the columns from `first` on. NULL and `error` when its role is unknown. */
StoreAccount *sqlite_account_row(SqliteStore *self, sqlite3_stmt *row, int first, GError **error);

bool sqlite_account_add(Store *store, StoreAccount *account, gint64 now, GError **error);
bool sqlite_account_change(Store *store, const StoreAccount *account, gint64 now, GError **error);
bool sqlite_account_remove(Store *store, gint64 id, GError **error);
bool sqlite_account_find(Store *store, const char *name, StoreAccount **account, GError **error);
GPtrArray *sqlite_account_list(Store *store, GError **error);

bool sqlite_session_add(Store *store, const StoreSession *session, GError **error);
bool sqlite_session_find(Store *store, const char *hash, StoreSession **session,
                         StoreAccount **account, GError **error);
bool sqlite_session_touch(Store *store, const char *hash, gint64 now, GError **error);
bool sqlite_session_remove(Store *store, const char *hash, GError **error);
bool sqlite_session_remove_all(Store *store, gint64 account, const char *except, guint *count,
                               GError **error);
GPtrArray *sqlite_session_list(Store *store, gint64 account, GError **error);
bool sqlite_session_purge(Store *store, gint64 used, gint64 created, GError **error);

bool sqlite_token_add(Store *store, StoreToken *token, gint64 now, GError **error);
bool sqlite_token_find(Store *store, const char *hash, StoreToken **token, GError **error);
bool sqlite_token_touch(Store *store, gint64 id, gint64 now, GError **error);
GPtrArray *sqlite_token_list(Store *store, GError **error);
bool sqlite_token_remove(Store *store, gint64 id, GError **error);

bool sqlite_attempts_add(Store *store, const char *key, gint64 now, gint64 window,
                         StoreAttempts *after, GError **error);
bool sqlite_attempts_get(Store *store, const char *key, StoreAttempts *attempts, GError **error);
bool sqlite_attempts_clear(Store *store, const char *key, GError **error);
bool sqlite_attempts_purge(Store *store, gint64 before, GError **error);

bool sqlite_audit_add(Store *store, const StoreAuditRow *row, GError **error);
bool sqlite_audit_read(Store *store, gint64 before, guint limit, StoreAuditFunc each,
                       gpointer user_data, GError **error);
