/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sqlite_private.h"

#include "base/text.h"

/* `sql` takes an external id and answers with the number it is mapped to. */
static bool
look_up(SqliteStore *self, const char *sql, const char *const *externalids, guint count,
        gint64 *numbers, GError **error) {
  sqlite3_stmt *row = db_prepare(self->db, sql, error);
  if (row == NULL)
    return false;
  for (guint i = 0; i < count; i++) {
    db_bind(row, "s", externalids[i]);
    int step = db_step(self->db, row, error);
    if (step < 0)
      return false;
    numbers[i] = step > 0 ? sqlite3_column_int64(row, 0) : 0;
    sqlite3_reset(row);
  }
  return true;
}

static bool
look_up_in_one_view(Store *store, const char *sql, const char *const *externalids, guint count,
                    gint64 *numbers, const char *doing, GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  if (!sqlite_read_begin(self, &cause))
    return sqlite_failed(error, cause, doing);
  bool ok = look_up(self, sql, externalids, count, numbers, &cause);
  sqlite_read_end(self);
  return ok || sqlite_failed(error, cause, doing);
}

bool
sqlite_map_course_get(Store *store, const char *const *externalids, guint count, gint64 *courseids,
                      GError **error) {
  return look_up_in_one_view(
      store, "SELECT courseid FROM local_lehrgaengeapi_coursemap WHERE externalid = ?", externalids,
      count, courseids, "reading the course map", error);
}

bool
sqlite_map_user_get(Store *store, const char *const *externalids, guint count, gint64 *userids,
                    GError **error) {
  return look_up_in_one_view(
      store, "SELECT userid FROM local_lehrgaengeapi_usermap WHERE externalinitialid = ?",
      externalids, count, userids, "reading the user map", error);
}

static bool
read_course(SqliteStore *self, gint64 courseid, StoreCourseMapFunc each, gpointer user_data,
            GError **error) {
  sqlite3_stmt *row = db_prepare(self->db,
                                 "SELECT externalid, tenant FROM local_lehrgaengeapi_coursemap"
                                 " WHERE courseid = ? ORDER BY externalid",
                                 error);
  if (row == NULL)
    return false;
  db_bind(row, "i", courseid);
  int step;
  while ((step = db_step(self->db, row, error)) > 0) {
    StoreCourseMap map = { .externalid = (const char *)sqlite3_column_text(row, 0),
                           .tenant = (const char *)sqlite3_column_text(row, 1),
                           .courseid = courseid };
    each(&map, user_data);
  }
  return step == 0;
}

bool
sqlite_map_course_of(Store *store, gint64 courseid, StoreCourseMapFunc each, gpointer user_data,
                     GError **error) {
  GError *cause = NULL;
  return read_course(sqlite_store(store), courseid, each, user_data, &cause) ||
         sqlite_failed(error, cause, "reading the course map");
}

static bool
knows(SqliteStore *self, const gint64 *userids, guint count, bool *known, GError **error) {
  for (guint i = 0; i < count; i++) {
    gint64 found = 0;
    if (!db_get_int(self->db, &found, 0, error,
                    "SELECT 1 FROM local_lehrgaengeapi_usermap WHERE userid = ? LIMIT 1", "i",
                    userids[i]))
      return false;
    known[i] = found != 0;
  }
  return true;
}

bool
sqlite_map_user_knows(Store *store, const gint64 *userids, guint count, bool *known,
                      GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  if (!sqlite_read_begin(self, &cause))
    return sqlite_failed(error, cause, "reading the user map");
  bool ok = knows(self, userids, count, known, &cause);
  sqlite_read_end(self);
  return ok || sqlite_failed(error, cause, "reading the user map");
}

/* ── writing ── */

static bool
check_row(const char *externalid, gint64 number, GError **error) {
  if (text_empty(externalid) || number <= 0) {
    g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED,
                "\"%s\" cannot be mapped to %" G_GINT64_FORMAT
                "; both an id and a number above 0 are needed",
                externalid == NULL ? "" : externalid, number);
    return false;
  }
  return store_check_text("an id", externalid, STORE_MAX_KEY, error);
}

static bool
put_courses(SqliteStore *self, const StoreCourseMap *rows, guint count, gint64 now,
            GError **error) {
  for (guint i = 0; i < count; i++) {
    if (!check_row(rows[i].externalid, rows[i].courseid, error) ||
        !store_check_text("the tenant", rows[i].tenant, STORE_MAX_KEY, error) ||
        !db_run(self->db, error,
                "INSERT INTO local_lehrgaengeapi_coursemap"
                " (externalid, tenant, courseid, timecreated, timemodified)"
                " VALUES (?1, ifnull(?2, ''), ?3, ?4, ?4) ON CONFLICT (externalid)"
                " DO UPDATE SET tenant = excluded.tenant, courseid = excluded.courseid,"
                "  timemodified = excluded.timemodified"
                " WHERE tenant <> excluded.tenant OR courseid <> excluded.courseid",
                "ssii", rows[i].externalid, rows[i].tenant, rows[i].courseid, now))
      return false;
  }
  return true;
}

static bool
put_users(SqliteStore *self, const StoreUserMap *rows, guint count, gint64 now, GError **error) {
  for (guint i = 0; i < count; i++) {
    if (!check_row(rows[i].externalid, rows[i].userid, error) ||
        !db_run(self->db, error,
                "INSERT INTO local_lehrgaengeapi_usermap"
                " (externalinitialid, userid, timecreated, timemodified)"
                " VALUES (?1, ?2, ?3, ?3) ON CONFLICT (externalinitialid)"
                " DO UPDATE SET userid = excluded.userid, timemodified = excluded.timemodified"
                " WHERE userid <> excluded.userid",
                "sii", rows[i].externalid, rows[i].userid, now))
      return false;
  }
  return true;
}

bool
sqlite_map_course_put(Store *store, const StoreCourseMap *rows, guint count, gint64 now,
                      GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  if (!db_begin(self->db, &cause))
    return sqlite_failed(error, cause, "writing the course map");
  bool ok = put_courses(self, rows, count, now, &cause);
  return sqlite_finish(self, ok, cause, "writing the course map", error);
}

bool
sqlite_map_user_put(Store *store, const StoreUserMap *rows, guint count, gint64 now,
                    GError **error) {
  SqliteStore *self = sqlite_store(store);
  GError *cause = NULL;
  if (!db_begin(self->db, &cause))
    return sqlite_failed(error, cause, "writing the user map");
  bool ok = put_users(self, rows, count, now, &cause);
  return sqlite_finish(self, ok, cause, "writing the user map", error);
}
