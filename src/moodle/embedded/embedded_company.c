/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/embedded/embedded_private.h"

static bool
find_one(Embedded *moodle, GatewayCompany *company, GError **error) {
  sqlite3_stmt *find = db_prepare(moodle->db,
                                  "SELECT c.id, coalesce(cat.id, 0) FROM mdl_company c"
                                  " LEFT JOIN mdl_course_categories cat ON cat.id = c.category"
                                  " WHERE c.name = ? AND c.code = ?",
                                  error);
  if (find == NULL)
    return false;
  db_bind(find, "ss", company->name, company->code);
  gint64 configured = company->category;
  int step = db_step(moodle->db, find, error);
  company->id = step > 0 ? sqlite3_column_int64(find, 0) : 0;
  if (company->id == 0)
    company->category = 0;
  else if (configured == 0)
    company->category = sqlite3_column_int64(find, 1);
  sqlite3_reset(find);
  return step >= 0;
}

bool
embedded_company_find(Gateway *gateway, GatewayCompany *companies, guint count, GError **error) {
  Embedded *moodle = (Embedded *)gateway;
  bool ok = true;
  for (guint i = 0; ok && i < count; i++)
    ok = find_one(moodle, &companies[i], error);
  if (!ok)
    embedded_translate(error);
  return ok;
}

static bool
exists(Embedded *moodle, const char *sql, gint64 id, bool *found, GError **error) {
  gint64 there = 0;
  if (!db_get_int(moodle->db, &there, 0, error, sql, "i", id))
    return false;
  *found = there != 0;
  return true;
}

static bool
link_one(Embedded *moodle, gint64 courseid, gint64 companyid, GatewayOutcome *outcome,
         GError **error) {
  bool course = false, company = false;
  if (!exists(moodle, "SELECT 1 FROM mdl_course WHERE id = ? AND id <> " EMBEDDED_SQL_SITE,
              courseid, &course, error) ||
      !exists(moodle, "SELECT 1 FROM mdl_company WHERE id = ?", companyid, &company, error))
    return false;
  if (!course || !company) {
    embedded_refuse(outcome, GATEWAY_MISSING, "Moodle has no %s %" G_GINT64_FORMAT,
                    course ? "company" : "course", course ? companyid : courseid);
    return true;
  }
  if (!db_run(moodle->db, error,
              "INSERT INTO mdl_company_course (companyid, courseid, departmentid) VALUES (?, ?, 0)"
              " ON CONFLICT DO NOTHING",
              "ii", companyid, courseid))
    return false;
  embedded_settle(outcome, db_changes(moodle->db) > 0 ? GATEWAY_DONE : GATEWAY_ALREADY, 0);
  return true;
}

bool
embedded_company_link(Gateway *gateway, const gint64 *courseids, const gint64 *companyids,
                      guint count, GatewayOutcome *outcomes, GError **error) {
  Embedded *moodle = (Embedded *)gateway;
  if (count == 0)
    return true;
  if (!embedded_begin(moodle, error))
    return false;
  bool ok = true;
  for (guint i = 0; ok && i < count; i++)
    ok = link_one(moodle, courseids[i], companyids[i], &outcomes[i], error);
  return embedded_end(moodle, ok, outcomes, count, error);
}
