/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/embedded/embedded_private.h"

#include <stdlib.h>

/* One course on its way out. */
typedef struct {
  guint index;
  gint64 courseid;
  GArray *userids; /* of gint64: who was handed out as enrolled, ascending */
  const GatewayCourseVisitor *visitor;
  gpointer user_data;
} Reading;

/* CROSS JOIN keeps SQLite to this order of tables, which reads nobody but the course's people. */
static const char ENROLMENTS[] =
    "SELECT ue.userid, u.username, u.idnumber, max(e.enrol = 'manual'),"
    " max(e.status = 0 AND ue.status = 0 AND ue.timestart <= ?2"
    "     AND (ue.timeend = 0 OR ue.timeend > ?2)),"
    " (SELECT cc.timecompleted FROM mdl_course_completions cc"
    "   WHERE cc.course = ?1 AND cc.userid = ue.userid) IS NOT NULL,"
    " max(e.enrol = 'manual' AND ue.status <> 0)"
    " FROM mdl_enrol e"
    " CROSS JOIN mdl_user_enrolments ue ON ue.enrolid = e.id"
    " CROSS JOIN mdl_user u ON u.id = ue.userid AND u.deleted = 0"
    " WHERE e.courseid = ?1 GROUP BY ue.userid ORDER BY ue.userid";

static bool
read_enrolments(Embedded *moodle, Reading *reading, GError **error) {
  sqlite3_stmt *rows = db_prepare(moodle->db, ENROLMENTS, error);
  if (rows == NULL)
    return false;
  db_bind(rows, "ii", reading->courseid, clock_now(moodle->clock));
  int step;
  while ((step = db_step(moodle->db, rows, error)) > 0) {
    GatewayEnrolment enrolment = {
      .userid = sqlite3_column_int64(rows, 0),
      .username = embedded_text(rows, 1),
      .idnumber = embedded_text(rows, 2),
      .flags = (sqlite3_column_int(rows, 3) ? GATEWAY_ENROL_MANUAL : 0u) |
               (sqlite3_column_int(rows, 4) ? GATEWAY_ENROL_ACTIVE : 0u) |
               (sqlite3_column_int(rows, 5) ? GATEWAY_ENROL_COMPLETED : 0u) |
               (sqlite3_column_int(rows, 6) ? GATEWAY_ENROL_SUSPENDED : 0u),
    };
    g_array_append_val(reading->userids, enrolment.userid);
    reading->visitor->enrolment(reading->index, &enrolment, reading->user_data);
  }
  return step == 0;
}

static int
compare_ids(const void *a, const void *b) {
  gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
  return (x > y) - (x < y);
}

/* Members are enrolled, so asking who was handed out leaves out just the deleted users, without
 * looking up every member again. */
static bool
was_handed_out(const Reading *reading, gint64 userid) {
  return reading->userids->len > 0 &&
         bsearch(&userid, reading->userids->data, reading->userids->len, sizeof userid,
                 compare_ids) != NULL;
}

static bool
read_groups(Embedded *moodle, const Reading *reading, GError **error) {
  sqlite3_stmt *rows = db_prepare(moodle->db,
                                  "SELECT g.id, gm.userid, g.name FROM mdl_groups g"
                                  " LEFT JOIN mdl_groups_members gm ON gm.groupid = g.id"
                                  " WHERE g.courseid = ? ORDER BY g.id, gm.userid",
                                  error);
  if (rows == NULL)
    return false;
  db_bind(rows, "i", reading->courseid);
  gint64 current = 0;
  int step;
  while ((step = db_step(moodle->db, rows, error)) > 0) {
    gint64 groupid = sqlite3_column_int64(rows, 0);
    if (groupid != current)
      reading->visitor->group(reading->index, groupid, embedded_text(rows, 2), reading->user_data);
    current = groupid;
    gint64 userid = sqlite3_column_int64(rows, 1); /* 0 for a group without members */
    if (was_handed_out(reading, userid))
      reading->visitor->member(reading->index, groupid, userid, reading->user_data);
  }
  return step == 0;
}

bool
embedded_read_courses(Gateway *gateway, const gint64 *courseids, guint count,
                      const GatewayCourseVisitor *visitor, gpointer user_data, GError **error) {
  Embedded *moodle = (Embedded *)gateway;
  if (count == 0)
    return true;
  if (!embedded_read_begin(moodle, error))
    return false;
  g_autoptr(GArray) userids = g_array_new(FALSE, FALSE, sizeof(gint64));
  Reading reading = { .userids = userids, .visitor = visitor, .user_data = user_data };
  bool ok = true;
  for (guint i = 0; ok && i < count; i++) {
    reading.index = i;
    reading.courseid = courseids[i];
    g_array_set_size(userids, 0);
    ok = read_enrolments(moodle, &reading, error) && read_groups(moodle, &reading, error);
  }
  return embedded_read_end(moodle, ok, error);
}
