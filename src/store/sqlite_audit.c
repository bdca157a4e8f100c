/* The audit log. A row outlives the process that wrote it, as everything here does; it is not worth
 * waiting for the disk each time.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sqlite_access.h"

static bool
insert(SqliteStore *self, const StoreAuditRow *row, GError **error) {
  g_autofree char *cut = NULL;
  return store_check_text("who did it", row->actor, STORE_MAX_KEY, error) &&
         store_check_text("from where it was done", row->address, STORE_MAX_KEY, error) &&
         store_check_text("what was done", row->action, STORE_MAX_KEY, error) &&
         store_check_text("on what it was done", row->subject, STORE_MAX_KEY, error) &&
         db_run(self->db, error,
                "INSERT INTO local_lehrgaengeapi_audit"
                " (time, actor, address, action, subject, outcome)"
                " VALUES (?, ifnull(?, ''), ifnull(?, ''), ifnull(?, ''), ifnull(?, ''), ?)",
                "isssss", row->time, row->actor, row->address, row->action, row->subject,
                store_cut_reason(row->outcome, &cut));
}

bool
sqlite_audit_add(Store *store, const StoreAuditRow *row, GError **error) {
  GError *cause = NULL;
  return insert(sqlite_store(store), row, &cause) ||
         sqlite_failed(error, cause, "writing the audit log");
}

static const char *
text(sqlite3_stmt *row, int column) {
  return (const char *)sqlite3_column_text(row, column);
}

static bool
read_rows(SqliteStore *self, gint64 before, guint limit, StoreAuditFunc each, gpointer user_data,
          GError **error) {
  sqlite3_stmt *row = db_prepare(self->db,
                                 "SELECT id, time, actor, address, action, subject, outcome"
                                 " FROM local_lehrgaengeapi_audit WHERE id < ?"
                                 " ORDER BY id DESC LIMIT ?",
                                 error);
  if (row == NULL)
    return false;
  db_bind(row, "ii", before == 0 ? G_MAXINT64 : before, limit == 0 ? (gint64)-1 : (gint64)limit);
  int step;
  while ((step = db_step(self->db, row, error)) > 0) {
    StoreAuditRow found = { .id = sqlite3_column_int64(row, 0),
                            .time = sqlite3_column_int64(row, 1),
                            .actor = text(row, 2),
                            .address = text(row, 3),
                            .action = text(row, 4),
                            .subject = text(row, 5),
                            .outcome = text(row, 6) };
    each(&found, user_data);
  }
  return step == 0;
}

bool
sqlite_audit_read(Store *store, gint64 before, guint limit, StoreAuditFunc each, gpointer user_data,
                  GError **error) {
  GError *cause = NULL;
  return read_rows(sqlite_store(store), before, limit, each, user_data, &cause) ||
         sqlite_failed(error, cause, "reading the audit log");
}
