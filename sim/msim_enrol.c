/* Manual enrolments: all of a call or none.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "msim_function.h"

/* Roles that Moodle lets be assigned in courses: manager, editing teacher, teacher, student. */
#define ASSIGNABLE(role) ((role) == 1 || ((role) >= 3 && (role) <= 5))

bool
msim_enrol_is(MsimCall *call, gint64 courseid, gint64 userid, bool *enrolled) {
  gint64 found = 0;
  if (!msim_number(call, &found,
                   "SELECT 1 FROM mdl_enrol e JOIN mdl_user_enrolments ue"
                   " ON ue.enrolid = e.id AND ue.userid = ?2 WHERE e.courseid = ?1 LIMIT 1",
                   "ii", courseid, userid))
    return false;
  *enrolled = found != 0;
  return true;
}

/* ── enrol_manual_enrol_users ── */

static const MsimParam enrolment[] = {
  { "roleid", MSIM_INT },
  { "userid", MSIM_INT },
  { "courseid", MSIM_INT },
  { "timestart", MSIM_INT, MSIM_OPTIONAL },
  { "timeend", MSIM_INT, MSIM_OPTIONAL },
  { "suspend", MSIM_INT, MSIM_OPTIONAL },
  MSIM_END,
};
static const MsimParam enrol_params[] = {
  { "enrolments", MSIM_LIST, .inner = enrolment },
  MSIM_END,
};

static bool
check_role(MsimCall *call, const json_t *one) {
  gint64 role = msim_int(one, "roleid", 0);
  return ASSIGNABLE(role) || role == call->site->student_role ||
         msim_throw(call, "moodle_exception", "wsusercannotassign",
                    "You don't have the permission to assign this role (%" G_GINT64_FORMAT
                    ") to this user (%" G_GINT64_FORMAT ") in this course (%" G_GINT64_FORMAT ").",
                    role, msim_int(one, "userid", 0), msim_int(one, "courseid", 0));
}

/* The course's manual enrolment that is switched on. */
static bool
find_instance(MsimCall *call, gint64 courseid, gint64 *instance) {
  if (!msim_number(call, instance,
                   "SELECT id FROM mdl_enrol WHERE courseid = ? AND enrol = 'manual'"
                   " AND status = 0",
                   "i", courseid))
    return false;
  return *instance != 0 ||
         msim_throw(call, "moodle_exception", "wsnoinstance",
                    "Manual enrolment plugin instance doesn't exist or is disabled for the course"
                    " (id = {$a->courseid})");
}

/* Moodle 5.1 looks at the account before all else. */
static bool
check_account(MsimCall *call, gint64 userid) {
  gint64 there = 0, deleted = 0, confirmed = 0;
  if (!call->site->recent)
    return true;
  if (!msim_number(call, &there, "SELECT 1 FROM mdl_user WHERE id = ?", "i", userid) ||
      !msim_number(call, &deleted, "SELECT deleted FROM mdl_user WHERE id = ?", "i", userid) ||
      !msim_number(call, &confirmed, "SELECT confirmed FROM mdl_user WHERE id = ?", "i", userid))
    return false;
  if (there == 0)
    return msim_throw_missing(call, "user");
  if (deleted != 0)
    return msim_throw(call, "moodle_exception", "userdeleted", "error/userdeleted");
  return confirmed != 0 ||
         msim_throw(call, "moodle_exception", "usernotconfirmed", "error/usernotconfirmed");
}

static bool
check_user(MsimCall *call, gint64 userid) {
  gint64 there = 0;
  if (!msim_number(call, &there, "SELECT 1 FROM mdl_user WHERE id = ? AND deleted = 0", "i",
                   userid))
    return false;
  return there != 0 || msim_throw(call, "coding_exception", "codingerror",
                                  "Coding error detected, it must be fixed by a programmer: "
                                  "User ID does not exist or is deleted!");
}

/* Also a former enrolment gets these times and this status: absent ones reset it. */
static bool
write_enrolment(MsimCall *call, const json_t *one, gint64 instance) {
  gint64 suspended = msim_int(one, "suspend", 0) != 0;
  return msim_exec(call,
                   "INSERT INTO mdl_user_enrolments (enrolid, userid, status, timestart, timeend,"
                   " modifierid, timecreated, timemodified) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)"
                   " ON CONFLICT (enrolid, userid) DO UPDATE SET status = ?3, timestart = ?4,"
                   " timeend = ?5, modifierid = ?6, timemodified = ?7"
                   " WHERE status <> ?3 OR timestart <> ?4 OR timeend <> ?5",
                   "iiiiiii", instance, msim_int(one, "userid", 0), suspended,
                   msim_int(one, "timestart", 0), msim_int(one, "timeend", 0),
                   call->site->service_user, call->now);
}

static bool
write_role(MsimCall *call, const json_t *one) {
  return msim_exec(call,
                   "INSERT INTO mdl_role_assignments (roleid, contextid, userid, modifierid,"
                   " timemodified) SELECT ?1, id, ?2, ?3, ?4 FROM mdl_context"
                   " WHERE contextlevel = 50 AND instanceid = ?5 ON CONFLICT DO NOTHING",
                   "iiiii", msim_int(one, "roleid", 0), msim_int(one, "userid", 0),
                   call->site->service_user, call->now, msim_int(one, "courseid", 0));
}

static bool
enrol(MsimCall *call, const json_t *one) {
  gint64 courseid = msim_int(one, "courseid", 0), instance = 0;
  bool exists = false;
  if (!msim_course_exists(call, courseid, &exists))
    return false;
  if (!exists)
    return msim_throw_invalid(call);
  return check_account(call, msim_int(one, "userid", 0)) && check_role(call, one) &&
         find_instance(call, courseid, &instance) && check_user(call, msim_int(one, "userid", 0)) &&
         write_enrolment(call, one, instance) && write_role(call, one);
}

static json_t *
run_enrol(MsimCall *call, const json_t *given) {
  gsize index;
  const json_t *one;
  json_array_foreach(json_object_get(given, "enrolments"), index, one) {
    if (!enrol(call, one))
      return NULL;
  }
  return json_null();
}

const MsimFunction msim_enrol_enrol = {
  .name = "enrol_manual_enrol_users",
  .params = enrol_params,
  .effect = MSIM_ALL,
  .capability = "Enrol users",
  .run = run_enrol,
};

/* ── enrol_manual_unenrol_users ── */

static const MsimParam unenrolment[] = {
  { "userid", MSIM_INT },
  { "courseid", MSIM_INT },
  { "roleid", MSIM_INT, MSIM_OPTIONAL },
  MSIM_END,
};
static const MsimParam unenrol_params[] = {
  { "enrolments", MSIM_LIST, .inner = unenrolment },
  MSIM_END,
};

/* The last enrolment takes groups and roles along (mdl_last_enrolment_gone); before, the role
 * stays. */
static bool
unenrol(MsimCall *call, const json_t *one) {
  gint64 courseid = msim_int(one, "courseid", 0), userid = msim_int(one, "userid", 0);
  gint64 instance = 0, user = 0;
  if (!msim_course_require(call, courseid) ||
      !msim_number(call, &instance,
                   "SELECT id FROM mdl_enrol WHERE courseid = ? AND enrol = 'manual'", "i",
                   courseid) ||
      !msim_number(call, &user, "SELECT 1 FROM mdl_user WHERE id = ?", "i", userid))
    return false;
  if (instance == 0)
    return msim_throw(call, "moodle_exception", "wsnoinstance",
                      "Manual enrolment plugin instance doesn't exist or is disabled for the course"
                      " (id = {$a->courseid})");
  if (!check_account(call, userid))
    return false;
  if (user == 0)
    return msim_throw_invalid(call);
  return msim_exec(call, "DELETE FROM mdl_user_enrolments WHERE enrolid = ? AND userid = ?", "ii",
                   instance, userid);
}

static json_t *
run_unenrol(MsimCall *call, const json_t *given) {
  gsize index;
  const json_t *one;
  json_array_foreach(json_object_get(given, "enrolments"), index, one) {
    if (!unenrol(call, one))
      return NULL;
  }
  return json_null();
}

const MsimFunction msim_enrol_unenrol = {
  .name = "enrol_manual_unenrol_users",
  .params = unenrol_params,
  .effect = MSIM_ALL,
  .capability = "Unenrol users from the course",
  .run = run_unenrol,
};
