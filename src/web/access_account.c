/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/access_account.h"

static bool
change_it(Store *store, const char *name, gint64 now, AccessAccountFunc change, gpointer user_data,
          bool *found, GError **error) {
  g_autoptr(StoreAccount) account = NULL;
  if (!store->class->access->account_find(store, name, &account, error))
    return false;
  *found = account != NULL;
  if (account == NULL || !change(account, user_data))
    return true;
  return store->class->access->account_change(store, account, now, error);
}

bool
access_account_change(Store *store, const char *name, gint64 now, AccessAccountFunc change,
                      gpointer user_data, bool *found, GError **error) {
  *found = false;
  if (!store->class->begin(store, true, error))
    return false;
  if (change_it(store, name, now, change, user_data, found, error))
    return store->class->commit(store, error);
  store->class->rollback(store);
  return false;
}

void
access_account_set(char **field, const char *value) {
  g_free(*field);
  *field = g_strdup(value);
}
