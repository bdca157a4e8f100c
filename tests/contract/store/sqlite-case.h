/* What the SQLite store's own tests share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <sqlite3.h>

#include "store-contract.h"
#include "store/sqlite_private.h"

static inline sqlite3 *
handle_of(Store *store) {
  return db_handle(sqlite_store(store)->db);
}

/* Tests of how it is done: what is read and written for it, and what waits for the disk. */
void sqlite_how_add(const StoreHarness *harness);
