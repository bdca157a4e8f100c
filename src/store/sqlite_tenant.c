/* How the last runs fared with each tenant.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sqlite_private.h"

bool
sqlite_tenant_success_set(Store *store, const char *tenant, gint64 run, gint64 now,
                          GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  bool ok = store_check_text("the tenant", tenant, STORE_MAX_KEY, &cause) &&
            db_run(self->db, &cause,
                   "INSERT INTO local_lehrgaengeapi_tenant (tenant, run, timesuccess)"
                   " VALUES (?, ?, ?) ON CONFLICT (tenant)"
                   " DO UPDATE SET run = excluded.run, timesuccess = excluded.timesuccess",
                   "sii", tenant, run, now);
  return ok || sqlite_failed(error, cause, "recording a tenant's success");
}

bool
sqlite_tenant_success_get(Store *store, const char *tenant, gint64 *time, GError **error) {
  GError *cause = NULL;
  return db_get_int(sqlite_store(store)->db, time, 0, &cause,
                    "SELECT timesuccess FROM local_lehrgaengeapi_tenant WHERE tenant = ?", "s",
                    tenant) ||
         sqlite_failed(error, cause, "reading a tenant's last success");
}

bool
sqlite_tenant_failure_set(Store *store, const char *tenant, gint64 run, gint64 now, const char *why,
                          GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  g_autofree char *cut = NULL;
  bool ok = store_check_text("the tenant", tenant, STORE_MAX_KEY, &cause) &&
            db_run(self->db, &cause,
                   "INSERT INTO local_lehrgaengeapi_tenant"
                   " (tenant, run, timesuccess, failurerun, timefailure, failure)"
                   " VALUES (?, 0, 0, ?, ?, ?) ON CONFLICT (tenant) DO UPDATE"
                   " SET failurerun = excluded.failurerun, timefailure = excluded.timefailure,"
                   " failure = excluded.failure",
                   "siis", tenant, run, now, store_cut_reason(why, &cut));
  return ok || sqlite_failed(error, cause, "recording a tenant's failure");
}

static bool
read_rows(SqliteStore *self, StoreTenantFunc each, gpointer user_data, GError **error) {
  sqlite3_stmt *row = db_prepare(self->db,
                                 "SELECT tenant, run, timesuccess, failurerun, timefailure, failure"
                                 " FROM local_lehrgaengeapi_tenant ORDER BY tenant",
                                 error);
  if (row == NULL)
    return false;
  int step;
  while ((step = db_step(self->db, row, error)) > 0) {
    StoreTenantRow found = { .tenant = (const char *)sqlite3_column_text(row, 0),
                             .success_run = sqlite3_column_int64(row, 1),
                             .timesuccess = sqlite3_column_int64(row, 2),
                             .failure_run = sqlite3_column_int64(row, 3),
                             .timefailure = sqlite3_column_int64(row, 4),
                             .failure = (const char *)sqlite3_column_text(row, 5) };
    each(&found, user_data);
  }
  return step == 0;
}

bool
sqlite_tenant_read(Store *store, StoreTenantFunc each, gpointer user_data, GError **error) {
  GError *cause = NULL;
  return read_rows(sqlite_store(store), each, user_data, &cause) ||
         sqlite_failed(error, cause, "reading how tenants fared");
}
