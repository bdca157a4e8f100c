/* Every statement is sent and its answer awaited with a deadline of our own: a server that stands
 * still keeps its connections, so neither its own limits nor the kernel's would end the waiting.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/postgres_conn.h"

#include <poll.h>
#include <stdarg.h>
#include <string.h>

#define MAX_PARAMETERS 16 /* of a statement */
#define FETCH_ROWS 500    /* asked for at a time; each such part may be waited for */
#define INT_TEXT 24       /* bytes that a gint64 takes as text */

struct PostgresConn {
  PGconn *pg; /* NULL after it was given up, which libpq takes for a broken one */
  char *url, *name;
  gint64 patience; /* s */
  guint cursors;   /* opened so far */
};

const char *
postgres_conn_name(const PostgresConn *conn) {
  return conn->name;
}

bool
postgres_conn_alive(const PostgresConn *conn) {
  return PQstatus(conn->pg) == CONNECTION_OK;
}

void
postgres_conn_set_patience(PostgresConn *conn, gint64 seconds) {
  conn->patience = seconds;
}

/* ── errors ── */

static bool
fail_lost(const PostgresConn *conn, GError **error) {
  const char *why = PQerrorMessage(conn->pg);
  g_autofree char *line = g_strndup(why, strcspn(why, "\n"));
  g_set_error(error, STORE_ERROR, STORE_ERROR_UNAVAILABLE, "%s: %s", conn->name,
              *line == '\0' ? "the connection broke" : line);
  return false;
}

static bool
fail_unanswered(PostgresConn *conn, GError **error) {
  PQfinish(g_steal_pointer(&conn->pg));
  g_set_error(error, STORE_ERROR, STORE_ERROR_UNAVAILABLE,
              "%s: no answer within %" G_GINT64_FORMAT " s", conn->name, conn->patience);
  return false;
}

static const char *
remedy(const char *state) {
  if (g_strcmp0(state, "42501") == 0)
    return "; make the user the owner of the tables and grant it CREATE and USAGE on their schema";
  if (g_strcmp0(state, "54000") == 0)
    return "; an id or a name is too long for PostgreSQL, which keeps up to 2700 bytes of them";
  return "";
}

/* Only the message itself is shown: its details repeat values. */
static bool
fail_result(const PostgresConn *conn, const PGresult *result, GError **error) {
  const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE),
             *words = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  if (words == NULL)
    words = PQresultErrorMessage(result);
  g_autofree char *line = g_strndup(words, strcspn(words, "\n"));
  bool later = postgres_connect_transient(state) || !postgres_conn_alive(conn);
  g_set_error(error, STORE_ERROR, later ? STORE_ERROR_UNAVAILABLE : STORE_ERROR_FAILED, "%s: %s%s",
              conn->name, *line == '\0' ? "the connection broke" : line, remedy(state));
  return false;
}

/* ── sending and waiting ── */

static bool
wait_step(PostgresConn *conn, short events, gint64 deadline, GError **error) {
  gint64 left = deadline - g_get_monotonic_time();
  struct pollfd at = { PQsocket(conn->pg), events, 0 };
  if (left <= 0 || poll(&at, 1, (int)(left / 1000) + 1) == 0)
    return fail_unanswered(conn, error);
  return PQconsumeInput(conn->pg) != 0 || fail_lost(conn, error);
}

static bool
flush(PostgresConn *conn, gint64 deadline, GError **error) {
  int left;
  while ((left = PQflush(conn->pg)) > 0) {
    if (!wait_step(conn, POLLIN | POLLOUT, deadline, error))
      return false;
  }
  return left == 0 || fail_lost(conn, error);
}

static gint64
deadline_of(const PostgresConn *conn) {
  return g_get_monotonic_time() + conn->patience * G_USEC_PER_SEC;
}

/* The next result of what was sent, NULL at its end. False: the connection is broken. */
static bool
next_result(PostgresConn *conn, PGresult **result, GError **error) {
  gint64 deadline = deadline_of(conn);
  *result = NULL;
  if (!flush(conn, deadline, error))
    return false;
  while (PQisBusy(conn->pg)) {
    if (!wait_step(conn, POLLIN, deadline, error))
      return false;
  }
  *result = PQgetResult(conn->pg);
  return true;
}

static bool
succeeded(const PGresult *result) {
  ExecStatusType status = PQresultStatus(result);
  return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_SINGLE_TUPLE;
}

/* Reads to the end of what was sent. The last result, or NULL and the first error. */
static PGresult *
last_result(PostgresConn *conn, GError **error) {
  g_autoptr(PGresult) last = NULL;
  bool ok = true;
  for (;;) {
    PGresult *next = NULL;
    if (!next_result(conn, &next, ok ? error : NULL))
      return NULL;
    if (next == NULL)
      break;
    PQclear(last);
    last = next;
    if (ok && !succeeded(next))
      ok = fail_result(conn, next, error);
  }
  if (ok && last == NULL)
    ok = fail_lost(conn, error);
  return ok ? g_steal_pointer(&last) : NULL;
}

/* ── statements ── */

typedef struct {
  const char *values[MAX_PARAMETERS];
  char numbers[MAX_PARAMETERS][INT_TEXT];
  int count;
} Parameters;

static void
set_parameters(Parameters *parameters, const char *types, va_list list) {
  parameters->count = 0;
  for (const char *type = types; *type != '\0'; type++) {
    int i = parameters->count++;
    g_assert(i < MAX_PARAMETERS);
    if (*type == 's') {
      parameters->values[i] = va_arg(list, const char *);
      continue;
    }
    g_assert(*type == 'i');
    g_snprintf(parameters->numbers[i], INT_TEXT, "%" G_GINT64_FORMAT, va_arg(list, gint64));
    parameters->values[i] = parameters->numbers[i];
  }
}

static bool
send_statement(PostgresConn *conn, const char *sql, const Parameters *parameters, GError **error) {
  return PQsendQueryParams(conn->pg, sql, parameters->count, NULL, parameters->values, NULL, NULL,
                           0) != 0 ||
         fail_lost(conn, error);
}

static PGresult *
ask(PostgresConn *conn, GError **error, const char *sql, const char *types, va_list list) {
  Parameters parameters;
  set_parameters(&parameters, types, list);
  return send_statement(conn, sql, &parameters, error) ? last_result(conn, error) : NULL;
}

PGresult *
postgres_conn_ask(PostgresConn *conn, GError **error, const char *sql, const char *types, ...) {
  va_list list;
  va_start(list, types);
  PGresult *result = ask(conn, error, sql, types, list);
  va_end(list);
  return result;
}

bool
postgres_conn_run(PostgresConn *conn, gint64 *touched, GError **error, const char *sql,
                  const char *types, ...) {
  va_list list;
  va_start(list, types);
  g_autoptr(PGresult) result = ask(conn, error, sql, types, list);
  va_end(list);
  if (result != NULL && touched != NULL)
    *touched = g_ascii_strtoll(PQcmdTuples(result), NULL, 10);
  return result != NULL;
}

bool
postgres_conn_write(PostgresConn *conn, const char *sql, const char *const *values, guint count,
                    GError **error) {
  Parameters parameters = { .count = (int)count };
  g_assert(count <= MAX_PARAMETERS);
  for (guint i = 0; i < count; i++)
    parameters.values[i] = values[i];
  if (!send_statement(conn, sql, &parameters, error))
    return false;
  g_autoptr(PGresult) result = last_result(conn, error);
  return result != NULL;
}

bool
postgres_conn_get(PostgresConn *conn, gint64 *value, gint64 missing, GError **error,
                  const char *sql, const char *types, ...) {
  va_list list;
  va_start(list, types);
  g_autoptr(PGresult) result = ask(conn, error, sql, types, list);
  va_end(list);
  if (result == NULL)
    return false;
  bool there = PQntuples(result) > 0 && !PQgetisnull(result, 0, 0);
  *value = there ? postgres_conn_int(result, 0, 0) : missing;
  return true;
}

bool
postgres_conn_exec(PostgresConn *conn, const char *sql, GError **error) {
  if (PQsendQuery(conn->pg, sql) == 0)
    return fail_lost(conn, error);
  g_autoptr(PGresult) result = last_result(conn, error);
  return result != NULL;
}

bool
postgres_conn_commit(PostgresConn *conn, GError **error) {
  if (PQsendQuery(conn->pg, "COMMIT") == 0)
    return fail_lost(conn, error);
  g_autoptr(PGresult) result = last_result(conn, error);
  if (result == NULL)
    return false;
  if (strcmp(PQcmdStatus(result), "COMMIT") == 0)
    return true;
  g_set_error(error, STORE_ERROR, STORE_ERROR_UNAVAILABLE, "%s: the server undid the transaction",
              conn->name);
  return false;
}

/* ── rows one by one ── */

/* Reads one part of the cursor's rows. *seen counts them; *more becomes false when `each` has
 * enough. */
static bool
read_part(PostgresConn *conn, PostgresRowFunc each, gpointer user_data, guint *seen, bool *more,
          GError **error) {
  bool ok = true;
  for (;;) {
    g_autoptr(PGresult) result = NULL;
    if (!next_result(conn, &result, ok ? error : NULL))
      return false;
    if (result == NULL)
      return ok;
    if (ok && !succeeded(result))
      ok = fail_result(conn, result, error);
    if (PQresultStatus(result) != PGRES_SINGLE_TUPLE)
      continue;
    ++*seen;
    if (*more && !each(result, user_data))
      *more = false;
  }
}

static bool
read_cursor(PostgresConn *conn, const char *fetch, PostgresRowFunc each, gpointer user_data,
            GError **error) {
  guint seen;
  bool more = true;
  do {
    seen = 0;
    if (PQsendQuery(conn->pg, fetch) == 0 || PQsetSingleRowMode(conn->pg) == 0)
      return fail_lost(conn, error);
    if (!read_part(conn, each, user_data, &seen, &more, error))
      return false;
  } while (more && seen == FETCH_ROWS);
  return true;
}

bool
postgres_conn_each(PostgresConn *conn, PostgresRowFunc each, gpointer user_data, GError **error,
                   const char *sql, const char *types, ...) {
  guint number = ++conn->cursors;
  g_autofree char *declare = g_strdup_printf("DECLARE c%u NO SCROLL CURSOR FOR %s", number, sql);
  g_autofree char *fetch = g_strdup_printf("FETCH %d FROM c%u", FETCH_ROWS, number);
  g_autofree char *close = g_strdup_printf("CLOSE c%u", number);
  va_list list;
  va_start(list, types);
  g_autoptr(PGresult) declared = ask(conn, error, declare, types, list);
  va_end(list);
  return declared != NULL && read_cursor(conn, fetch, each, user_data, error) &&
         postgres_conn_exec(conn, close, error);
}

gint64
postgres_conn_int(const PGresult *result, int row, int column) {
  return g_ascii_strtoll(PQgetvalue(result, row, column), NULL, 10);
}

const char *
postgres_conn_text(const PGresult *result, int row, int column) {
  return PQgetisnull(result, row, column) ? NULL : PQgetvalue(result, row, column);
}

/* ── connection ── */

/* Limits that the role, the database or the URL did not set; and who stands still in the middle of
 * a transaction shall not keep the other nodes out. What need not be durable says so itself. All
 * rows of a cursor are read, not the first few. */
static const char session[] =
    "SELECT set_config(name, coming, false) FROM (VALUES"
    " ('statement_timeout', '0', '30s'), ('lock_timeout', '0', '20s'),"
    " ('idle_in_transaction_session_timeout', '0', '60s'), ('synchronous_commit', 'off', 'on'),"
    " ('cursor_tuple_fraction', '0.1', '1'),"
    " ('default_transaction_isolation', 'serializable', 'read committed'),"
    " ('default_transaction_isolation', 'repeatable read', 'read committed'))"
    " AS wanted (name, unset, coming) WHERE current_setting(name) = unset";

static bool
make_connection(PostgresConn *conn, GError **error) {
  PQfinish(g_steal_pointer(&conn->pg));
  conn->pg = postgres_connect(conn->url, &conn->name, error);
  if (conn->pg == NULL)
    return false;
  if (postgres_conn_exec(conn, session, error))
    return true;
  PQfinish(g_steal_pointer(&conn->pg));
  return false;
}

/* A server that ended the connection has said so by now, unasked. */
static void
hear(PostgresConn *conn) {
  struct pollfd at = { PQsocket(conn->pg), POLLIN, 0 };
  while (postgres_conn_alive(conn) && poll(&at, 1, 0) > 0 && PQconsumeInput(conn->pg) != 0)
    at.fd = PQsocket(conn->pg);
}

bool
postgres_conn_ready(PostgresConn *conn, GError **error) {
  hear(conn);
  return postgres_conn_alive(conn) || make_connection(conn, error);
}

PostgresConn *
postgres_conn_open(const char *url, GError **error) {
  g_autoptr(PostgresConn) conn = g_new0(PostgresConn, 1);
  conn->url = g_strdup(url);
  conn->patience = POSTGRES_CONN_SECONDS;
  return make_connection(conn, error) ? g_steal_pointer(&conn) : NULL;
}

void
postgres_conn_close(PostgresConn *conn) {
  if (conn == NULL)
    return;
  PQfinish(conn->pg);
  g_free(conn->url);
  g_free(conn->name);
  g_free(conn);
}
