/* The audit log.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/postgres_access.h"

static bool
insert(PostgresStore *self, const StoreAuditRow *row, GError **error) {
  g_autofree char *cut = NULL;
  return store_check_text("who did it", row->actor, STORE_MAX_KEY, error) &&
         store_check_text("from where it was done", row->address, STORE_MAX_KEY, error) &&
         store_check_text("what was done", row->action, STORE_MAX_KEY, error) &&
         store_check_text("on what it was done", row->subject, STORE_MAX_KEY, error) &&
         postgres_conn_run(self->conn, NULL, error,
                           "INSERT INTO local_lehrgaengeapi_audit"
                           " (time, actor, address, action, subject, outcome)"
                           " VALUES ($1, coalesce($2, ''), coalesce($3, ''), coalesce($4, ''),"
                           "  coalesce($5, ''), $6)",
                           "isssss", row->time, row->actor, row->address, row->action, row->subject,
                           store_cut_reason(row->outcome, &cut));
}

bool
postgres_audit_add(Store *store, const StoreAuditRow *row, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_ONE, "writing the audit log", error))
    return false;
  bool ok = insert(self, row, &cause);
  return postgres_leave(self, ok, cause, error);
}

typedef struct {
  StoreAuditFunc each;
  gpointer user_data;
} Reading;

static bool
give_row(const PGresult *row, gpointer user_data) {
  const Reading *reading = user_data;
  StoreAuditRow found = { .id = postgres_conn_int(row, 0, 0),
                          .time = postgres_conn_int(row, 0, 1),
                          .actor = postgres_conn_text(row, 0, 2),
                          .address = postgres_conn_text(row, 0, 3),
                          .action = postgres_conn_text(row, 0, 4),
                          .subject = postgres_conn_text(row, 0, 5),
                          .outcome = postgres_conn_text(row, 0, 6) };
  reading->each(&found, reading->user_data);
  return true;
}

bool
postgres_audit_read(Store *store, gint64 before, guint limit, StoreAuditFunc each,
                    gpointer user_data, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  Reading reading = { each, user_data };
  if (!postgres_enter(self, POSTGRES_VIEW, "reading the audit log", error))
    return false;
  bool ok = postgres_conn_each(self->conn, give_row, &reading, &cause,
                               "SELECT id, time, actor, address, action, subject, outcome"
                               " FROM local_lehrgaengeapi_audit WHERE ($1::bigint = 0 OR id < $1)"
                               " ORDER BY id DESC LIMIT nullif($2::bigint, 0)",
                               "ii", before, (gint64)limit);
  return postgres_leave(self, ok, cause, error);
}
