/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/postgres_private.h"

/* Whoever reads to write holds all others off until the end, row or no row yet. */
static bool
hold_others_off(PostgresStore *self, GError **error) {
  return !self->open || !self->durable ||
         postgres_conn_run(self->conn, NULL, error,
                           "LOCK TABLE local_lehrgaengeapi_schedule IN SHARE ROW EXCLUSIVE MODE",
                           "");
}

bool
postgres_schedule_get(Store *store, const char *name, StoreSchedule *schedule, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_LOOK, "reading the schedule", error))
    return false;
  g_autoptr(PGresult) row = NULL;
  if (hold_others_off(self, &cause))
    row = postgres_conn_ask(self->conn, &cause,
                            "SELECT expression, met, failures, retry"
                            " FROM local_lehrgaengeapi_schedule WHERE name = $1",
                            "s", name);
  if (!postgres_leave(self, row != NULL, cause, error))
    return false;
  *schedule = (StoreSchedule){ 0 };
  if (PQntuples(row) == 0) {
    schedule->expression = g_strdup("");
    return true;
  }
  schedule->expression = postgres_text(row, 0, 0);
  schedule->met = postgres_conn_int(row, 0, 1);
  schedule->failures = (guint)postgres_conn_int(row, 0, 2);
  schedule->retry = postgres_conn_int(row, 0, 3);
  return true;
}

bool
postgres_schedule_put(Store *store, const char *name, const StoreSchedule *schedule,
                      GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_DURABLE, "recording the schedule", error))
    return false;
  bool ok =
      store_check_text("the schedule's name", name, STORE_MAX_KEY, &cause) &&
      store_check_text("the schedule's expression", schedule->expression, STORE_MAX_KEY, &cause) &&
      postgres_conn_run(self->conn, NULL, &cause,
                        "INSERT INTO local_lehrgaengeapi_schedule"
                        " (name, expression, met, failures, retry)"
                        " VALUES ($1, coalesce($2, ''), $3, $4, $5)"
                        " ON CONFLICT (name) DO UPDATE SET expression = excluded.expression,"
                        " met = excluded.met, failures = excluded.failures,"
                        " retry = excluded.retry",
                        "ssiii", name, schedule->expression, schedule->met,
                        (gint64)schedule->failures, schedule->retry);
  return postgres_leave(self, ok, cause, error);
}
