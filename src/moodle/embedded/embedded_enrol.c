/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/embedded/embedded_private.h"

/* The course the items at hand belong to. Items mostly come course by course, so it is looked up
 * once per course and not per item. */
typedef struct {
  gint64 courseid; /* 0: none looked up yet */
  bool exists;
  gint64 contextid;
  gint64 manual; /* mdl_enrol.id of its manual enrolment; 0: it has none */
  bool disabled; /* that one is switched off */
} Course;

static bool
course_exists(Embedded *moodle, gint64 courseid, bool *exists, GError **error) {
  gint64 there = 0;
  if (!db_get_int(moodle->db, &there, 0, error,
                  "SELECT 1 FROM mdl_course WHERE id = ? AND id <> " EMBEDDED_SQL_SITE, "i",
                  courseid))
    return false;
  *exists = there != 0;
  return true;
}

static bool
look_up(Embedded *moodle, Course *course, gint64 courseid, GError **error) {
  if (course->courseid == courseid && courseid != 0)
    return true;
  gint64 disabled = 0;
  *course = (Course){ .courseid = courseid };
  if (!course_exists(moodle, courseid, &course->exists, error) ||
      !db_get_int(moodle->db, &course->contextid, 0, error,
                  "SELECT id FROM mdl_context"
                  " WHERE contextlevel = " EMBEDDED_SQL_COURSE_CONTEXT " AND instanceid = ?",
                  "i", courseid) ||
      !db_get_int(moodle->db, &course->manual, 0, error,
                  "SELECT id FROM mdl_enrol WHERE courseid = ? AND enrol = 'manual'", "i",
                  courseid) ||
      !db_get_int(moodle->db, &disabled, 0, error, "SELECT status FROM mdl_enrol WHERE id = ?", "i",
                  course->manual))
    return false;
  course->disabled = disabled != 0;
  return true;
}

/* Both come with a course made by Moodle; one that came otherwise may lack them. */
static bool
complete_course(Embedded *moodle, Course *course, GError **error) {
  if (course->contextid == 0 &&
      !embedded_course_add_context(moodle, EMBEDDED_CONTEXT_COURSE, course->courseid, 0,
                                   &course->contextid, error))
    return false;
  if (course->manual != 0)
    return true;
  if (!db_run(moodle->db, error,
              "INSERT INTO mdl_enrol (enrol, courseid, roleid, timecreated, timemodified)"
              " VALUES ('manual', ?1, ?2, ?3, ?3)",
              "iii", course->courseid, moodle->student_role, clock_now(moodle->clock)))
    return false;
  course->manual = db_last_id(moodle->db);
  return true;
}

/* Refuses when one of them is not there: *there is false then. */
static bool
check_there(Embedded *moodle, const Course *course, gint64 userid, GatewayOutcome *outcome,
            bool *there, GError **error) {
  bool user = false;
  *there = false;
  if (!course->exists) {
    embedded_refuse(outcome, GATEWAY_MISSING, "Moodle has no course %" G_GINT64_FORMAT,
                    course->courseid);
    return true;
  }
  if (!embedded_user_exists(moodle, userid, &user, error))
    return false;
  if (!user)
    embedded_refuse(outcome, GATEWAY_MISSING, "Moodle has no user %" G_GINT64_FORMAT, userid);
  *there = user;
  return true;
}

/* ── be enrolled ── */

static bool
is_active(Embedded *moodle, gint64 courseid, gint64 userid, bool *active, GError **error) {
  gint64 found = 0;
  if (!db_get_int(moodle->db, &found, 0, error,
                  "SELECT 1 FROM mdl_enrol e"
                  " CROSS JOIN mdl_user_enrolments ue ON ue.enrolid = e.id AND ue.userid = ?2"
                  " WHERE e.courseid = ?1 AND e.status = 0 AND ue.status = 0 AND ue.timestart <= ?3"
                  " AND (ue.timeend = 0 OR ue.timeend > ?3) LIMIT 1",
                  "iii", courseid, userid, clock_now(moodle->clock)))
    return false;
  *active = found != 0;
  return true;
}

static bool
make_active(Embedded *moodle, const Course *course, gint64 userid, GError **error) {
  gint64 now = clock_now(moodle->clock);
  return db_run(moodle->db, error,
                "INSERT INTO mdl_user_enrolments"
                " (enrolid, userid, modifierid, timecreated, timemodified)"
                " VALUES (?1, ?2, ?3, ?4, ?4) ON CONFLICT (enrolid, userid) DO UPDATE"
                " SET status = 0, timestart = 0, timeend = 0, modifierid = ?3, timemodified = ?4",
                "iiii", course->manual, userid, (gint64)EMBEDDED_ADMIN, now) &&
         db_run(moodle->db, error,
                "INSERT INTO mdl_role_assignments"
                " (roleid, contextid, userid, modifierid, timemodified)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                "iiiii", moodle->student_role, course->contextid, userid, (gint64)EMBEDDED_ADMIN,
                now);
}

static bool
enrol_one(Embedded *moodle, Course *course, const GatewayEnrol *enrol, GatewayOutcome *outcome,
          GError **error) {
  bool there = false, active = false;
  if (!look_up(moodle, course, enrol->courseid, error) ||
      !check_there(moodle, course, enrol->userid, outcome, &there, error))
    return false;
  if (!there)
    return true;
  if (!is_active(moodle, enrol->courseid, enrol->userid, &active, error))
    return false;
  if (active) {
    embedded_settle(outcome, GATEWAY_ALREADY, 0);
    return true;
  }
  if (course->disabled) {
    embedded_refuse(outcome, GATEWAY_INVALID, "manual enrolment is switched off in this course");
    return true;
  }
  if (!complete_course(moodle, course, error) || !make_active(moodle, course, enrol->userid, error))
    return false;
  embedded_settle(outcome, GATEWAY_DONE, 0);
  return true;
}

/* ── no longer be enrolled ── */

/* Leaving the groups is the database's rule (mdl_last_enrolment_gone). */
static bool
unenrol_one(Embedded *moodle, Course *course, const GatewayEnrol *enrol, GatewayOutcome *outcome,
            GError **error) {
  if (!look_up(moodle, course, enrol->courseid, error) ||
      !db_run(moodle->db, error, "DELETE FROM mdl_user_enrolments WHERE enrolid = ? AND userid = ?",
              "ii", course->manual, enrol->userid))
    return false;
  if (db_changes(moodle->db) == 0) {
    embedded_settle(outcome, GATEWAY_ALREADY, 0);
    return true;
  }
  embedded_settle(outcome, GATEWAY_DONE, 0);
  return db_run(moodle->db, error,
                "DELETE FROM mdl_role_assignments"
                " WHERE contextid = ? AND userid = ? AND roleid = ? AND component = ''",
                "iii", course->contextid, enrol->userid, moodle->student_role);
}

static bool
suspend_one(Embedded *moodle, Course *course, const GatewayEnrol *enrol, GatewayOutcome *outcome,
            GError **error) {
  if (!look_up(moodle, course, enrol->courseid, error) ||
      !db_run(moodle->db, error,
              "UPDATE mdl_user_enrolments SET status = 1, modifierid = ?, timemodified = ?"
              " WHERE enrolid = ? AND userid = ? AND status = 0",
              "iiii", (gint64)EMBEDDED_ADMIN, clock_now(moodle->clock), course->manual,
              enrol->userid))
    return false;
  embedded_settle(outcome, db_changes(moodle->db) > 0 ? GATEWAY_DONE : GATEWAY_ALREADY, 0);
  return true;
}

/* ── the slots ── */

typedef bool (*EnrolOne)(Embedded *moodle, Course *course, const GatewayEnrol *enrol,
                         GatewayOutcome *outcome, GError **error);

static bool
each_enrol(Gateway *gateway, EnrolOne one, const GatewayEnrol *enrols, guint count,
           GatewayOutcome *outcomes, GError **error) {
  Embedded *moodle = (Embedded *)gateway;
  if (count == 0)
    return true;
  if (!embedded_begin(moodle, error))
    return false;
  Course course = { 0 };
  bool ok = true;
  for (guint i = 0; ok && i < count; i++)
    ok = one(moodle, &course, &enrols[i], &outcomes[i], error);
  return embedded_end(moodle, ok, outcomes, count, error);
}

bool
embedded_enrol_enrol(Gateway *gateway, const GatewayEnrol *enrols, guint count,
                     GatewayOutcome *outcomes, GError **error) {
  return each_enrol(gateway, enrol_one, enrols, count, outcomes, error);
}

bool
embedded_enrol_unenrol(Gateway *gateway, const GatewayEnrol *enrols, guint count,
                       GatewayOutcome *outcomes, GError **error) {
  return each_enrol(gateway, unenrol_one, enrols, count, outcomes, error);
}

bool
embedded_enrol_suspend(Gateway *gateway, const GatewayEnrol *enrols, guint count,
                       GatewayOutcome *outcomes, GError **error) {
  return each_enrol(gateway, suspend_one, enrols, count, outcomes, error);
}

/* ── completion ── */

static const EmbeddedRule completion_rules[] = {
  { "not_enrolled", GATEWAY_INVALID, "the person is not enrolled in this course" },
  { "completion_time", GATEWAY_INVALID, "the time of completion is not a time" },
  { NULL },
};

static bool
complete_one(Embedded *moodle, Course *course, const GatewayCompletion *completion,
             GatewayOutcome *outcome, GError **error) {
  bool there = false, refused = false;
  if (!look_up(moodle, course, completion->courseid, error) ||
      !check_there(moodle, course, completion->userid, outcome, &there, error))
    return false;
  if (!there)
    return true;
  sqlite3_stmt *complete = db_prepare(
      moodle->db,
      "INSERT INTO mdl_course_completions (course, userid, timecompleted) VALUES (?, ?, ?)"
      " ON CONFLICT (course, userid) DO UPDATE SET timecompleted = excluded.timecompleted"
      " WHERE timecompleted IS NULL",
      error);
  if (complete == NULL)
    return false;
  db_bind(complete, "iii", completion->courseid, completion->userid, completion->timecompleted);
  if (!embedded_write(moodle, complete, completion_rules, outcome, &refused, error))
    return false;
  if (!refused)
    embedded_settle(outcome, db_changes(moodle->db) > 0 ? GATEWAY_DONE : GATEWAY_ALREADY, 0);
  return true;
}

bool
embedded_enrol_complete(Gateway *gateway, const GatewayCompletion *completions, guint count,
                        GatewayOutcome *outcomes, GError **error) {
  Embedded *moodle = (Embedded *)gateway;
  if (count == 0)
    return true;
  if (!embedded_begin(moodle, error))
    return false;
  Course course = { 0 };
  bool ok = true;
  for (guint i = 0; ok && i < count; i++)
    ok = complete_one(moodle, &course, &completions[i], &outcomes[i], error);
  return embedded_end(moodle, ok, outcomes, count, error);
}
