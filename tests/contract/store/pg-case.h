/* What the PostgreSQL store's own tests share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pg_site.h"
#include "store-contract.h"
#include "store/postgres_conn.h"

PgSite *pg_case_site(void); /* the one server */

/* One more store on the test's place, to be freed: as the service opens it, or with a setting of
 * the session ("name%3Dvalue"). */
Store *pg_case_open_real(Case *test);
Store *pg_case_open_with(Case *test, const char *option);

PostgresConn *pg_case_conn(Store *store);
gint64 pg_case_setting(Store *store, const char *sql); /* asked on the store's own connection */
void pg_case_add_task(Store *store, char *subject);    /* its kind is the same word */

/* Tests of several nodes and of a server that goes away or refuses. */
void pg_nodes_add(const StoreHarness *harness);
