/* Copies everything one store remembers into another, empty one, of whatever backend.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/store.h"

/* What a copy tells and asks on its way; any may be NULL. */
typedef struct {
  /* A table is copied, with so many rows. */
  void (*copied)(const StoreTable *table, guint64 rows, gpointer user_data);
  /* Asked when all is written and compared, just before it becomes valid: whether it may. */
  bool (*may_commit)(gpointer user_data, GError **error);
  gpointer user_data;
} StoreCopyHooks;

/* Copies all tables of store_tables() with their numbers, in one durable transaction of `to`, reads
 * them back there and compares. Numbers go on where `from` would have gone on. Locks stay behind;
 * what a dead process left running comes along as it is. Memory is bounded: a batch of rows and the
 * longest row.
 *
 * `from` is only read, and nobody may write to it meanwhile: that is the caller's to see to
 * (store_copy_holder(), a lock of its own); rows added behind our back are noticed and are an
 * error. False: nothing was written. STORE_ERROR_STATE: `to` is not empty, or `from` changed. */
bool store_copy(Store *from, Store *to, const StoreCopyHooks *hooks, GError **error);

/* Whether somebody works with a store: *holder becomes one of those who hold a lock that has not
 * expired at `now`, but for those that are `dead` and for `own` (as in store.h, an owner's locks
 * may have more behind its name); NULL: nobody. */
bool store_copy_holder(Store *store, const char *own, gint64 now, StoreOwnerDeadFunc dead,
                       StoreLock **holder, GError **error);
