/* A thin hand on libpq for the PostgreSQL store: statements with parameters, errors as STORE_ERROR
 * that name database and host, bounded waits. One per thread.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libpq-fe.h>

#include "store/store.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PGresult, PQclear)

/* ── connecting (postgres_connect.c) ── */

/* Connects to `url`. *name, even when it fails but the address could be read, becomes "PostgreSQL
 * DATABASE on HOST"; free with g_free(). NULL and a STORE_ERROR. Free with PQfinish(). */
PGconn *postgres_connect(const char *url, char **name, GError **error);

/* Whether the SQLSTATE `state` (NULL: none) speaks of something that may be better later. */
bool postgres_connect_transient(const char *state);

/* ── statements ── */

typedef struct PostgresConn PostgresConn;

/* Connects and sets the session up. NULL and a STORE_ERROR. */
PostgresConn *postgres_conn_open(const char *url, GError **error);
void postgres_conn_close(PostgresConn *conn); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PostgresConn, postgres_conn_close)

const char *postgres_conn_name(const PostgresConn *conn); /* "PostgreSQL lehrgaenge on db1" */

/* Whether the connection stands, as far as is known. */
bool postgres_conn_alive(const PostgresConn *conn);

/* Makes a new connection when the old one is broken. Outside a transaction only. */
bool postgres_conn_ready(PostgresConn *conn, GError **error);

/* How long an answer is waited for, in seconds; at first POSTGRES_CONN_SECONDS. */
#define POSTGRES_CONN_SECONDS 60
void postgres_conn_set_patience(PostgresConn *conn, gint64 seconds);

/* Runs one or more statements of ours without parameters and results. */
bool postgres_conn_exec(PostgresConn *conn, const char *sql, GError **error);

/* Ends a transaction. False also when the server undid it instead. */
bool postgres_conn_commit(PostgresConn *conn, GError **error);

/* Runs one statement, a literal or put together from literals only. Its parameters by `types`, one
 * letter each: 'i' gint64, 's' const char * (NULL: SQL's NULL). They travel as text, so `sql` says
 * $1::bigint where nothing else tells the type. NULL and `error`; free with PQclear(). */
PGresult *postgres_conn_ask(PostgresConn *conn, GError **error, const char *sql, const char *types,
                            ...);

/* The same for statements without rows. *touched (may be NULL) is how many rows it wrote. */
bool postgres_conn_run(PostgresConn *conn, gint64 *touched, GError **error, const char *sql,
                       const char *types, ...);

/* The same with `count` text parameters. */
bool postgres_conn_write(PostgresConn *conn, const char *sql, const char *const *values,
                         guint count, GError **error);

/* First row's first column, or `missing` when there is no row (or NULL in it). */
bool postgres_conn_get(PostgresConn *conn, gint64 *value, gint64 missing, GError **error,
                       const char *sql, const char *types, ...);

/* One row, which is row 0 of a result that lives until it returns. False: enough, read no more. */
typedef bool (*PostgresRowFunc)(const PGresult *row, gpointer user_data);

/* Reads the rows of any number of a SELECT, in one view and with one in memory at a time. In a
 * transaction only; `each` must not use the connection. */
bool postgres_conn_each(PostgresConn *conn, PostgresRowFunc each, gpointer user_data,
                        GError **error, const char *sql, const char *types, ...);

gint64 postgres_conn_int(const PGresult *result, int row, int column);
const char *postgres_conn_text(const PGresult *result, int row, int column); /* NULL: SQL's NULL */

/* ── arrays: many rows in one statement (postgres_array.c) ── */

/* An array to be filled and handed over as a text parameter ($1::bigint[], $1::text[]). Free with
 * g_string_free(), or let g_autoptr(GString). */
GString *postgres_array_new(void);
void postgres_array_add_int(GString *array, gint64 value);
void postgres_array_add_text(GString *array, const char *value); /* NULL: SQL's NULL */
const char *postgres_array_end(GString *array); /* the parameter; nothing is added any more */
