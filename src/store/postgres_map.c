/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/postgres_private.h"

#include "base/text.h"

/* ── reading ── */

/* `sql` takes `count` values as an array and answers with one number for each, in their order. */
static bool
look_up(PostgresStore *self, const char *sql, const char *array, guint count, gint64 *numbers,
        GError **error) {
  g_autoptr(PGresult) found = postgres_conn_ask(self->conn, error, sql, "s", array);
  if (found == NULL)
    return false;
  g_assert(PQntuples(found) == (int)count);
  for (guint i = 0; i < count; i++)
    numbers[i] = postgres_conn_int(found, (int)i, 0);
  return true;
}

static bool
look_up_texts(Store *store, const char *sql, const char *const *texts, guint count, gint64 *numbers,
              const char *doing, GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  g_autoptr(GString) array = postgres_array_new();
  for (guint i = 0; i < count; i++)
    postgres_array_add_text(array, texts[i]);
  if (count == 0)
    return true;
  if (!postgres_enter(self, POSTGRES_LOOK, doing, error))
    return false;
  bool ok = look_up(self, sql, postgres_array_end(array), count, numbers, &cause);
  return postgres_leave(self, ok, cause, error);
}

bool
postgres_map_course_get(Store *store, const char *const *externalids, guint count,
                        gint64 *courseids, GError **error) {
  return look_up_texts(
      store,
      "SELECT coalesce(map.courseid, 0)"
      " FROM unnest($1::text[]) WITH ORDINALITY AS asked (id, place)"
      " LEFT JOIN local_lehrgaengeapi_coursemap AS map ON map.externalid = asked.id"
      " ORDER BY asked.place",
      externalids, count, courseids, "reading the course map", error);
}

bool
postgres_map_user_get(Store *store, const char *const *externalids, guint count, gint64 *userids,
                      GError **error) {
  return look_up_texts(store,
                       "SELECT coalesce(map.userid, 0)"
                       " FROM unnest($1::text[]) WITH ORDINALITY AS asked (id, place)"
                       " LEFT JOIN local_lehrgaengeapi_usermap AS map"
                       "  ON map.externalinitialid = asked.id"
                       " ORDER BY asked.place",
                       externalids, count, userids, "reading the user map", error);
}

bool
postgres_map_course_of(Store *store, gint64 courseid, StoreCourseMapFunc each, gpointer user_data,
                       GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (!postgres_enter(self, POSTGRES_LOOK, "reading the course map", error))
    return false;
  g_autoptr(PGresult) found = postgres_conn_ask(
      self->conn, &cause,
      "SELECT externalid, tenant FROM local_lehrgaengeapi_coursemap WHERE courseid = $1"
      " ORDER BY externalid",
      "i", courseid);
  for (int row = 0; row < PQntuples(found); row++) {
    StoreCourseMap map = { .externalid = postgres_conn_text(found, row, 0),
                           .tenant = postgres_conn_text(found, row, 1),
                           .courseid = courseid };
    each(&map, user_data);
  }
  return postgres_leave(self, found != NULL, cause, error);
}

bool
postgres_map_user_knows(Store *store, const gint64 *userids, guint count, bool *known,
                        GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  if (count == 0)
    return true;
  g_autoptr(GString) array = postgres_array_new();
  g_autofree gint64 *numbers = g_new(gint64, count);
  for (guint i = 0; i < count; i++)
    postgres_array_add_int(array, userids[i]);
  if (!postgres_enter(self, POSTGRES_LOOK, "reading the user map", error))
    return false;
  bool ok = look_up(self,
                    "SELECT EXISTS (SELECT FROM local_lehrgaengeapi_usermap AS map"
                    "  WHERE map.userid = asked.id)::int"
                    " FROM unnest($1::bigint[]) WITH ORDINALITY AS asked (id, place)"
                    " ORDER BY asked.place",
                    postgres_array_end(array), count, numbers, &cause);
  for (guint i = 0; ok && i < count; i++)
    known[i] = numbers[i] != 0;
  return postgres_leave(self, ok, cause, error);
}

/* ── writing ──
 * In the order of the ids, so that two nodes which write the same ones wait for one another
 * instead of both for ever. The last of one id in a call counts. What is there already is not even
 * tried: that would use up a number each. */

static const char put_courses[] =
    "INSERT INTO local_lehrgaengeapi_coursemap AS map"
    " (externalid, tenant, courseid, timecreated, timemodified)"
    " SELECT externalid, tenant, courseid, $4::bigint, $4::bigint FROM"
    "  (SELECT DISTINCT ON (externalid) * FROM unnest($1::text[], $2::text[], $3::bigint[])"
    "    WITH ORDINALITY AS given (externalid, tenant, courseid, place)"
    "   ORDER BY externalid, place DESC) AS wanted"
    " WHERE NOT EXISTS (SELECT FROM local_lehrgaengeapi_coursemap AS same"
    "   WHERE same.externalid = wanted.externalid AND same.tenant = wanted.tenant"
    "    AND same.courseid = wanted.courseid)"
    " ORDER BY externalid"
    " ON CONFLICT (externalid) DO UPDATE SET tenant = excluded.tenant,"
    "  courseid = excluded.courseid, timemodified = excluded.timemodified"
    "  WHERE map.tenant <> excluded.tenant OR map.courseid <> excluded.courseid";

static const char put_users[] =
    "INSERT INTO local_lehrgaengeapi_usermap AS map"
    " (externalinitialid, userid, timecreated, timemodified)"
    " SELECT externalid, userid, $3::bigint, $3::bigint FROM"
    "  (SELECT DISTINCT ON (externalid) * FROM unnest($1::text[], $2::bigint[])"
    "    WITH ORDINALITY AS given (externalid, userid, place)"
    "   ORDER BY externalid, place DESC) AS wanted"
    " WHERE NOT EXISTS (SELECT FROM local_lehrgaengeapi_usermap AS same"
    "   WHERE same.externalinitialid = wanted.externalid AND same.userid = wanted.userid)"
    " ORDER BY externalid"
    " ON CONFLICT (externalinitialid) DO UPDATE SET userid = excluded.userid,"
    "  timemodified = excluded.timemodified WHERE map.userid <> excluded.userid";

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
put_course_part(PostgresStore *self, const StoreCourseMap *rows, guint count, gint64 now,
                GError **error) {
  g_autoptr(GString) ids = postgres_array_new();
  g_autoptr(GString) tenants = postgres_array_new();
  g_autoptr(GString) numbers = postgres_array_new();
  for (guint i = 0; i < count; i++) {
    if (!check_row(rows[i].externalid, rows[i].courseid, error) ||
        !store_check_text("the tenant", rows[i].tenant, STORE_MAX_KEY, error))
      return false;
    postgres_array_add_text(ids, rows[i].externalid);
    postgres_array_add_text(tenants, rows[i].tenant == NULL ? "" : rows[i].tenant);
    postgres_array_add_int(numbers, rows[i].courseid);
  }
  return postgres_conn_run(self->conn, NULL, error, put_courses, "sssi", postgres_array_end(ids),
                           postgres_array_end(tenants), postgres_array_end(numbers), now);
}

static bool
put_user_part(PostgresStore *self, const StoreUserMap *rows, guint count, gint64 now,
              GError **error) {
  g_autoptr(GString) ids = postgres_array_new();
  g_autoptr(GString) numbers = postgres_array_new();
  for (guint i = 0; i < count; i++) {
    if (!check_row(rows[i].externalid, rows[i].userid, error))
      return false;
    postgres_array_add_text(ids, rows[i].externalid);
    postgres_array_add_int(numbers, rows[i].userid);
  }
  return postgres_conn_run(self->conn, NULL, error, put_users, "ssi", postgres_array_end(ids),
                           postgres_array_end(numbers), now);
}

bool
postgres_map_course_put(Store *store, const StoreCourseMap *rows, guint count, gint64 now,
                        GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  PostgresScope scope = count <= POSTGRES_ROWS ? POSTGRES_ONE : POSTGRES_WRITE;
  bool ok = true;
  if (count == 0)
    return true;
  if (!postgres_enter(self, scope, "writing the course map", error))
    return false;
  for (guint i = 0; ok && i < count; i += POSTGRES_ROWS)
    ok = put_course_part(self, rows + i, MIN(count - i, POSTGRES_ROWS), now, &cause);
  return postgres_leave(self, ok, cause, error);
}

bool
postgres_map_user_put(Store *store, const StoreUserMap *rows, guint count, gint64 now,
                      GError **error) {
  PostgresStore *self = postgres_store(store);
  GError *cause = NULL;
  PostgresScope scope = count <= POSTGRES_ROWS ? POSTGRES_ONE : POSTGRES_WRITE;
  bool ok = true;
  if (count == 0)
    return true;
  if (!postgres_enter(self, scope, "writing the user map", error))
    return false;
  for (guint i = 0; ok && i < count; i += POSTGRES_ROWS)
    ok = put_user_part(self, rows + i, MIN(count - i, POSTGRES_ROWS), now, &cause);
  return postgres_leave(self, ok, cause, error);
}
