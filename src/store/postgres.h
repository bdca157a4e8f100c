/* The store in a PostgreSQL database, which several machines may share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/store.h"

/* Opens the database at `url` (postgresql://user:password@host/name, as libpq reads it: several
 * hosts, sslmode, ~/.pgpass), making and migrating the tables as needed. PostgreSQL 12 or newer,
 * encoding UTF8, and a role that may create tables. Free with store_free().
 *
 * Errors name database and host, never the password. STORE_ERROR_UNAVAILABLE: the server cannot be
 * reached, shuts down, is full, or another node's work was in the way; STORE_ERROR_FAILED with what
 * to do: a wrong address, password, database, encoding or version of the server;
 * STORE_ERROR_VERSION: the tables are newer than we are.
 *
 * A connection that breaks costs the call or the transaction in which it breaks (UNAVAILABLE); the
 * next call outside a transaction makes a new one. When it breaks in the very moment of a commit,
 * that fails too, though the server may have got it; a task taken that way is put back as soon as
 * the server answers again.
 *
 * Nothing waits for ever: 10 s for a connection (or the URL's connect_timeout), 20 s for another
 * node's lock, 30 s for a statement (unless the role or the URL set others), 60 s for any answer.
 *
 * Transactions begun without `durable` do not wait for the disk; whatever else writes does. */
Store *store_postgres_open(const char *url, GError **error);

typedef enum {
  /* Whether a lock has expired and how long ago a task's attempt began is judged by the server's
   * clock, and `now` of lock_take, lock_renew, task_begin and of the lock check in task_take is
   * ignored: nodes' clocks may differ. When a task is due is still judged by `now`. */
  STORE_POSTGRES_SERVER_TIME = 1 << 0,
} StorePostgresFlags;

/* store_postgres_open() is this with STORE_POSTGRES_SERVER_TIME. Without it, given times count, as
 * tests want it. */
Store *store_postgres_open_flags(const char *url, StorePostgresFlags flags, GError **error);
