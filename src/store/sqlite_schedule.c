/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sqlite_private.h"

static bool
read_schedule(SqliteStore *self, const char *name, StoreSchedule *schedule, GError **error) {
  sqlite3_stmt *row = db_prepare(self->db,
                                 "SELECT expression, met, failures, retry"
                                 " FROM local_lehrgaengeapi_schedule WHERE name = ?",
                                 error);
  if (row == NULL)
    return false;
  db_bind(row, "s", name);
  int step = db_step(self->db, row, error);
  if (step < 0)
    return false;
  *schedule = (StoreSchedule){ 0 };
  if (step == 0) {
    schedule->expression = g_strdup("");
    return true;
  }
  schedule->expression = sqlite_text(row, 0);
  schedule->met = sqlite3_column_int64(row, 1);
  schedule->failures = (guint)sqlite3_column_int64(row, 2);
  schedule->retry = sqlite3_column_int64(row, 3);
  sqlite3_reset(row);
  return true;
}

bool
sqlite_schedule_get(Store *store, const char *name, StoreSchedule *schedule, GError **error) {
  GError *cause = NULL;
  return read_schedule(sqlite_store(store), name, schedule, &cause) ||
         sqlite_failed(error, cause, "reading the schedule");
}

bool
sqlite_schedule_put(Store *store, const char *name, const StoreSchedule *schedule, GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  if (!sqlite_durable_begin(self, &cause))
    return sqlite_failed(error, cause, "recording the schedule");
  bool ok =
      store_check_text("the schedule's name", name, STORE_MAX_KEY, &cause) &&
      store_check_text("the schedule's expression", schedule->expression, STORE_MAX_KEY, &cause) &&
      db_run(self->db, &cause,
             "INSERT INTO local_lehrgaengeapi_schedule (name, expression, met, failures, retry)"
             " VALUES (?, ifnull(?, ''), ?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
             " expression = excluded.expression, met = excluded.met,"
             " failures = excluded.failures, retry = excluded.retry",
             "ssiii", name, schedule->expression, schedule->met, (gint64)schedule->failures,
             schedule->retry);
  return sqlite_durable_finish(self, ok, cause, "recording the schedule", error);
}
