/* A real PostgreSQL of its own for one test program: a cluster in a temporary folder that listens
 * on 127.0.0.1 and on a socket there. As root it runs as an unprivileged user. When the program
 * dies, so does the server.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct PgSite PgSite;

/* Makes and starts one with the newest server found. NULL, and *why (a literal), when there is no
 * server on this machine; any other failure fails the test. From the main thread. */
PgSite *pg_site_new(const char **why);

/* Ends the server and removes everything. NULL is fine. */
void pg_site_free(PgSite *site);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PgSite, pg_site_free)

/* The server goes away without a word to anyone (as with a crash), and comes back at the same
 * address; what was committed durably is there again. */
void pg_site_stop(PgSite *site);
void pg_site_start(PgSite *site);

guint pg_site_port(const PgSite *site);

/* A fresh, empty database in UTF8; its name. Free with g_free(). */
char *pg_site_database_new(PgSite *site);
/* Ends its connections and everything in it; its settings (ALTER DATABASE) stay. */
void pg_site_database_drop(PgSite *site, const char *database);

/* The address of a database, for the superuser "postgres", who like all users needs no password; a
 * user named "secret", whom the test makes, does. Free with g_free(). */
char *pg_site_url(const PgSite *site, const char *database);

/* Runs one or more statements in a database; the first column of the last one's first row as a
 * number, 0 when there is none. Fails the test when it cannot. */
gint64 pg_site_sql(const PgSite *site, const char *database, const char *sql);

/* What the server has logged so far. Free with g_free(). */
char *pg_site_log(const PgSite *site);
