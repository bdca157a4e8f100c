/* The PostgreSQL store's StoreAccess.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/postgres_access.h"

const StoreAccess postgres_access = {
  .account_add = postgres_account_add,
  .account_change = postgres_account_change,
  .account_remove = postgres_account_remove,
  .account_find = postgres_account_find,
  .account_list = postgres_account_list,
  .session_add = postgres_session_add,
  .session_find = postgres_session_find,
  .session_touch = postgres_session_touch,
  .session_remove = postgres_session_remove,
  .session_remove_all = postgres_session_remove_all,
  .session_list = postgres_session_list,
  .session_purge = postgres_session_purge,
  .token_add = postgres_token_add,
  .token_find = postgres_token_find,
  .token_touch = postgres_token_touch,
  .token_list = postgres_token_list,
  .token_remove = postgres_token_remove,
  .attempts_add = postgres_attempts_add,
  .attempts_get = postgres_attempts_get,
  .attempts_clear = postgres_attempts_clear,
  .attempts_purge = postgres_attempts_purge,
  .audit_add = postgres_audit_add,
  .audit_read = postgres_audit_read,
};
