/* Changes of an account that must not undo what somebody else changes meanwhile.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "store/store.h"

/* Changes fields of `account`. False: it must not be, and the reason is the caller's to keep. */
typedef bool (*AccessAccountFunc)(StoreAccount *account, gpointer user_data);

/* Reads the account of that name, has it changed and writes it, as one. *found: whether there is
 * one; when `change` refuses nothing is written. */
bool access_account_change(Store *store, const char *name, gint64 now, AccessAccountFunc change,
                           gpointer user_data, bool *found, GError **error);

/* Sets a text field. */
void access_account_set(char **field, const char *value);
