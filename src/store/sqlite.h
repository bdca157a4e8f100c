/* The store in one SQLite file.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/store.h"

/* Opens `path`, making and migrating it as needed (":memory:" works). STORE_ERROR_VERSION when it
 * is newer than we are. Free with store_free(). */
Store *store_sqlite_open(const char *path, GError **error);
