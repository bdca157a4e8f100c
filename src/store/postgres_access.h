/* What the files of StoreAccess share in the PostgreSQL store. Each postgres_NAME.c holds the slots
 * of one part of access.h.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/postgres_private.h"

/* Columns of accounts for a SELECT. */
#define ACCOUNT_COLUMNS                                                                            \
  "account.id, account.name, account.password, account.role, account.tenants, account.email,"      \
  " account.language, account.timecreated, account.timemodified"

/* The account in row `row`, in the columns from `first` on. NULL and `error` when its role is
 * unknown. */
StoreAccount *postgres_account_row(const PostgresStore *self, const PGresult *result, int row,
                                   int first, GError **error);

bool postgres_account_add(Store *store, StoreAccount *account, gint64 now, GError **error);
bool postgres_account_change(Store *store, const StoreAccount *account, gint64 now, GError **error);
bool postgres_account_remove(Store *store, gint64 id, GError **error);
bool postgres_account_find(Store *store, const char *name, StoreAccount **account, GError **error);
GPtrArray *postgres_account_list(Store *store, GError **error);

bool postgres_session_add(Store *store, const StoreSession *session, GError **error);
bool postgres_session_find(Store *store, const char *hash, StoreSession **session,
                           StoreAccount **account, GError **error);
bool postgres_session_touch(Store *store, const char *hash, gint64 now, GError **error);
bool postgres_session_remove(Store *store, const char *hash, GError **error);
bool postgres_session_remove_all(Store *store, gint64 account, const char *except, guint *count,
                                 GError **error);
GPtrArray *postgres_session_list(Store *store, gint64 account, GError **error);
bool postgres_session_purge(Store *store, gint64 used, gint64 created, GError **error);

bool postgres_token_add(Store *store, StoreToken *token, gint64 now, GError **error);
bool postgres_token_find(Store *store, const char *hash, StoreToken **token, GError **error);
bool postgres_token_touch(Store *store, gint64 id, gint64 now, GError **error);
GPtrArray *postgres_token_list(Store *store, GError **error);
bool postgres_token_remove(Store *store, gint64 id, GError **error);

bool postgres_attempts_add(Store *store, const char *key, gint64 now, gint64 window,
                           StoreAttempts *after, GError **error);
bool postgres_attempts_get(Store *store, const char *key, StoreAttempts *attempts, GError **error);
bool postgres_attempts_clear(Store *store, const char *key, GError **error);
bool postgres_attempts_purge(Store *store, gint64 before, GError **error);

bool postgres_audit_add(Store *store, const StoreAuditRow *row, GError **error);
bool postgres_audit_read(Store *store, gint64 before, guint limit, StoreAuditFunc each,
                         gpointer user_data, GError **error);
