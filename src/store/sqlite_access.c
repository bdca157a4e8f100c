/* The SQLite store's StoreAccess.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sqlite_access.h"

const StoreAccess sqlite_access = {
  .account_add = sqlite_account_add,
  .account_change = sqlite_account_change,
  .account_remove = sqlite_account_remove,
  .account_find = sqlite_account_find,
  .account_list = sqlite_account_list,
  .session_add = sqlite_session_add,
  .session_find = sqlite_session_find,
  .session_touch = sqlite_session_touch,
  .session_remove = sqlite_session_remove,
  .session_remove_all = sqlite_session_remove_all,
  .session_list = sqlite_session_list,
  .session_purge = sqlite_session_purge,
  .token_add = sqlite_token_add,
  .token_find = sqlite_token_find,
  .token_touch = sqlite_token_touch,
  .token_list = sqlite_token_list,
  .token_remove = sqlite_token_remove,
  .attempts_add = sqlite_attempts_add,
  .attempts_get = sqlite_attempts_get,
  .attempts_clear = sqlite_attempts_clear,
  .attempts_purge = sqlite_attempts_purge,
  .audit_add = sqlite_audit_add,
  .audit_read = sqlite_audit_read,
};
