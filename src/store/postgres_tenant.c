/* How the last runs fared with each tenant.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/postgres_private.h"

bool
postgres_tenant_success_set(Store *store, const char *tenant, gint64 run, gint64 now,
                            GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_ONE, "recording a tenant's success", error))
    return false;
  bool ok = store_check_text("the tenant", tenant, STORE_MAX_KEY, &cause) &&
            postgres_conn_run(self->conn, NULL, &cause,
                              "INSERT INTO local_lehrgaengeapi_tenant (tenant, run, timesuccess)"
                              " VALUES ($1, $2, $3) ON CONFLICT (tenant)"
                              " DO UPDATE SET run = excluded.run, timesuccess ="
                              " excluded.timesuccess",
                              "sii", tenant, run, now);
  return postgres_leave(self, ok, cause, error);
}

bool
postgres_tenant_success_get(Store *store, const char *tenant, gint64 *time, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_LOOK, "reading a tenant's last success", error))
    return false;
  bool ok = postgres_conn_get(self->conn, time, 0, &cause,
                              "SELECT timesuccess FROM local_lehrgaengeapi_tenant"
                              " WHERE tenant = $1",
                              "s", tenant);
  return postgres_leave(self, ok, cause, error);
}

bool
postgres_tenant_failure_set(Store *store, const char *tenant, gint64 run, gint64 now,
                            const char *why, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  g_autofree char *cut = NULL;
  if (!postgres_enter(self, POSTGRES_ONE, "recording a tenant's failure", error))
    return false;
  bool ok = store_check_text("the tenant", tenant, STORE_MAX_KEY, &cause) &&
            postgres_conn_run(self->conn, NULL, &cause,
                              "INSERT INTO local_lehrgaengeapi_tenant"
                              " (tenant, run, timesuccess, failurerun, timefailure, failure)"
                              " VALUES ($1, 0, 0, $2, $3, $4) ON CONFLICT (tenant) DO UPDATE"
                              " SET failurerun = excluded.failurerun,"
                              " timefailure = excluded.timefailure, failure = excluded.failure",
                              "siis", tenant, run, now, store_cut_reason(why, &cut));
  return postgres_leave(self, ok, cause, error);
}

bool
postgres_tenant_read(Store *store, StoreTenantFunc each, gpointer user_data, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_LOOK, "reading how tenants fared", error))
    return false;
  g_autoptr(PGresult) found =
      postgres_conn_ask(self->conn, &cause,
                        "SELECT tenant, run, timesuccess, failurerun, timefailure, failure"
                        " FROM local_lehrgaengeapi_tenant ORDER BY tenant",
                        "");
  if (!postgres_leave(self, found != NULL, cause, error))
    return false;
  for (int row = 0; row < PQntuples(found); row++) {
    StoreTenantRow one = { .tenant = postgres_conn_text(found, row, 0),
                           .success_run = postgres_conn_int(found, row, 1),
                           .timesuccess = postgres_conn_int(found, row, 2),
                           .failure_run = postgres_conn_int(found, row, 3),
                           .timefailure = postgres_conn_int(found, row, 4),
                           .failure = postgres_conn_text(found, row, 5) };
    each(&one, user_data);
  }
  return true;
}
