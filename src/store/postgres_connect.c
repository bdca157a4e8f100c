/* Making a connection. libpq tells the SQLSTATE of a refusal only within the text of a verbose
 * message, and only to who connects step by step; so that is done here, with a deadline.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/postgres_conn.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#define CONNECT_SECONDS 10     /* per host, unless the URL says otherwise */
#define MAX_CONNECT_SECONDS 60 /* whatever it says */
#define OLDEST_SERVER 120000   /* by PQserverVersion(): 12 */

/* ── the address ── */

/* A password with a bare '@', '/' or ':' makes libpq take a part of it for the host, the port or
 * the database, and then show it in messages. */
static bool
check_url(const char *url, GError **error) {
  const char *start = strstr(url, "://"), *at = strchr(url, '@');
  const char *slash = start == NULL ? NULL : strchr(start + 3, '/');
  bool plain = start != NULL &&
               (at == NULL || (strchr(at + 1, '@') == NULL && (slash == NULL || at < slash)));
  if (plain)
    return true;
  g_set_error_literal(error, STORE_ERROR, STORE_ERROR_FAILED,
                      "the address of the PostgreSQL database cannot be read; write "
                      "postgresql://USER:PASSWORD@HOST/NAME, and in user and password %40 for @, "
                      "%2F for / and %3A for :");
  return false;
}

static const char *
option(const PQconninfoOption *options, const char *keyword) {
  for (const PQconninfoOption *each = options; each->keyword != NULL; each++) {
    if (strcmp(each->keyword, keyword) == 0)
      return each->val == NULL ? "" : each->val;
  }
  return "";
}

static bool
check_port(const PQconninfoOption *options, GError **error) {
  const char *port = option(options, "port");
  if (port[strspn(port, "0123456789,")] == '\0')
    return true;
  g_set_error_literal(error, STORE_ERROR, STORE_ERROR_FAILED,
                      "the address of the PostgreSQL database has no number as its port; is there "
                      "a / or : in the password, which must be written as %2F or %3A?");
  return false;
}

static char *
name_of(const PQconninfoOption *options) {
  const char *host = option(options, "host"), *port = option(options, "port");
  if (*host == '\0')
    host = option(options, "hostaddr");
  bool usual = *port == '\0' || strcmp(port, "5432") == 0;
  return g_strdup_printf("PostgreSQL %s on %s%s%s", option(options, "dbname"),
                         *host == '\0' ? "this machine" : host, usual ? "" : ":",
                         usual ? "" : port);
}

static gint64
seconds_of(const PQconninfoOption *options) {
  gint64 seconds = g_ascii_strtoll(option(options, "connect_timeout"), NULL, 10);
  if (seconds <= 0)
    seconds = CONNECT_SECONDS;
  for (const char *at = option(options, "host"); (at = strchr(at, ',')) != NULL; at++)
    seconds += CONNECT_SECONDS;
  return MIN(seconds, MAX_CONNECT_SECONDS);
}

/* ── what went wrong ── */

bool
postgres_connect_transient(const char *state) {
  /* Classes: connection, transaction undone, resources (disk full, too many connections), operator
   * (shutting down, cancelled), system. */
  static const char *const classes[] = { "08", "40", "53", "57", "58" };
  static const char *const single[] = {
    "55P03", /* waited too long for a lock */
    "25P03", /* stood idle too long within a transaction */
    "25006", /* read-only: a standby, until it takes over */
  };
  if (state == NULL)
    return false;
  for (guint i = 0; i < G_N_ELEMENTS(classes); i++) {
    if (g_str_has_prefix(state, classes[i]))
      return true;
  }
  for (guint i = 0; i < G_N_ELEMENTS(single); i++) {
    if (strcmp(state, single[i]) == 0)
      return true;
  }
  return false;
}

/* The SQLSTATE in a verbose message ("FATAL:  28P01: password …"), or NULL; *rest is what follows
 * it. */
static char *
find_state(const char *message, const char **rest) {
  for (const char *at = message; (at = strstr(at, ":  ")) != NULL; at += 3) {
    const char *state = at + 3;
    gsize length = strspn(state, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    if (length == 5 && g_str_has_prefix(state + 5, ": ")) {
      *rest = state + 7;
      return g_strndup(state, 5);
    }
  }
  return NULL;
}

static const char *
remedy(const char *state, bool needs_password) {
  if (needs_password)
    return "; it asks for a password: give one in [store] url or url-file";
  if (g_strcmp0(state, "28P01") == 0)
    return "; correct user and password in [store] url or url-file";
  if (g_strcmp0(state, "28000") == 0)
    return "; let the user in from here in the server's pg_hba.conf, or give another one";
  if (g_strcmp0(state, "3D000") == 0)
    return "; create it (createdb -E UTF8 -T template0 NAME), or correct its name in [store] url";
  if (g_strcmp0(state, "42501") == 0)
    return "; grant the user CONNECT on the database";
  return "";
}

static void
set_refused(PGconn *pg, const char *name, GError **error) {
  const char *message = PQerrorMessage(pg), *words = message;
  g_autofree char *state = find_state(message, &words);
  bool needs_password = PQconnectionNeedsPassword(pg);
  bool transient = state == NULL ? !needs_password : postgres_connect_transient(state);
  g_autofree char *line = g_strndup(words, strcspn(words, "\n"));
  g_set_error(error, STORE_ERROR, transient ? STORE_ERROR_UNAVAILABLE : STORE_ERROR_FAILED,
              "%s: %s%s", name, line,
              state == NULL && transient ? "; see that the database runs, and check [store] url"
                                         : remedy(state, needs_password));
}

/* ── connecting ── */

static void
ignore_notice(void *user_data, const char *message) {
  (void)user_data;
  (void)message;
}

static bool
wait_for(PGconn *pg, PostgresPollingStatusType wish, gint64 deadline) {
  struct pollfd at = { PQsocket(pg), wish == PGRES_POLLING_READING ? POLLIN : POLLOUT, 0 };
  int ready;
  do {
    gint64 left = deadline - g_get_monotonic_time();
    if (left <= 0)
      return false;
    ready = poll(&at, 1, (int)(left / 1000) + 1);
  } while (ready < 0 && errno == EINTR);
  return ready != 0; /* an error shows in the next step */
}

static bool
connect_in_time(PGconn *pg, const char *name, gint64 seconds, GError **error) {
  gint64 deadline = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;
  PostgresPollingStatusType status =
      PQstatus(pg) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (status != PGRES_POLLING_OK && status != PGRES_POLLING_FAILED) {
    if (!wait_for(pg, status, deadline)) {
      g_set_error(error, STORE_ERROR, STORE_ERROR_UNAVAILABLE,
                  "%s: no connection within %" G_GINT64_FORMAT " s", name, seconds);
      return false;
    }
    status = PQconnectPoll(pg);
  }
  if (status == PGRES_POLLING_OK)
    return true;
  set_refused(pg, name, error);
  return false;
}

static bool
check_server(PGconn *pg, const char *name, GError **error) {
  int version = PQserverVersion(pg);
  const char *encoding = PQparameterStatus(pg, "server_encoding");
  if (version < OLDEST_SERVER)
    g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED,
                "%s: the server is PostgreSQL %d; version %d or newer is needed", name,
                version / 10000, OLDEST_SERVER / 10000);
  else if (g_strcmp0(encoding, "UTF8") != 0)
    g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED,
                "%s: the database's encoding is %s, which cannot hold every name; create one with "
                "createdb -E UTF8 -T template0 NAME and give that in [store] url",
                name, encoding == NULL ? "unknown" : encoding);
  else
    return true;
  return false;
}

static PGconn *
start(const char *url) {
  /* What stands before the URL it overrides, what stands behind overrides it. A server that
   * vanished without a word is given up by the kernel: one of several hosts before the time for all
   * is over, a connection that waits for an answer after about 30 s. */
  static const char *const keywords[] = {
    "connect_timeout",
    "fallback_application_name",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
    "dbname",
    "client_encoding",
    NULL,
  };
  const char *const values[] = {
    "10", "lehrgaenge", "10", "5", "4", "9000", url, "UTF8", NULL,
  };
  return PQconnectStartParams(keywords, values, 1);
}

static bool
finish(PGconn *pg, char **name, GError **error) {
  PQconninfoOption *options = PQconninfo(pg);
  if (options == NULL || *option(options, "dbname") == '\0') {
    PQconninfoFree(options);
    g_set_error_literal(error, STORE_ERROR, STORE_ERROR_FAILED,
                        "the address of the PostgreSQL database cannot be read; write "
                        "postgresql://USER:PASSWORD@HOST/NAME, and %XX for special characters");
    return false;
  }
  g_free(*name);
  *name = name_of(options);
  gint64 seconds = seconds_of(options);
  bool ok = check_port(options, error);
  PQconninfoFree(options);
  if (!ok)
    return false;
  PQsetNoticeProcessor(pg, ignore_notice, NULL);
  PQsetErrorVerbosity(pg, PQERRORS_VERBOSE);
  if (!connect_in_time(pg, *name, seconds, error) || !check_server(pg, *name, error))
    return false;
  PQsetErrorVerbosity(pg, PQERRORS_DEFAULT);
  if (PQsetnonblocking(pg, 1) == 0)
    return true;
  set_refused(pg, *name, error);
  return false;
}

PGconn *
postgres_connect(const char *url, char **name, GError **error) {
  if (!check_url(url, error))
    return NULL;
  PGconn *pg = start(url);
  if (pg == NULL) {
    g_set_error_literal(error, STORE_ERROR, STORE_ERROR_UNAVAILABLE,
                        "no memory to connect to PostgreSQL");
    return NULL;
  }
  if (finish(pg, name, error))
    return pg;
  PQfinish(pg);
  return NULL;
}
