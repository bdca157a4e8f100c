/* core_completion_get_course_completion_status. The embedded Moodle knows no completion criteria,
 * so nobody ever gets further than this.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "msim_function.h"

static const MsimParam params[] = {
  { "courseid", MSIM_INT },
  { "userid", MSIM_INT },
  MSIM_END,
};

static json_t *
run(MsimCall *call, const json_t *given) {
  gint64 courseid = msim_int(given, "courseid", 0), userid = msim_int(given, "userid", 0);
  if (!msim_course_require(call, courseid))
    return NULL;
  gint64 user = 0, enabled = 0;
  bool enrolled = false;
  if (!msim_number(call, &user, "SELECT 1 FROM mdl_user WHERE id = ? AND deleted = 0", "i",
                   userid) ||
      !msim_number(call, &enabled, "SELECT enablecompletion FROM mdl_course WHERE id = ?", "i",
                   courseid) ||
      !msim_enrol_is(call, courseid, userid, &enrolled))
    return NULL;
  if (user == 0)
    msim_throw_missing(call, "user");
  else if (enabled == 0)
    msim_throw(call, "moodle_exception", "cannotviewreport", "You cannot view this report");
  else if (!enrolled)
    msim_throw(call, "moodle_exception", "usernotenroled", "User is not enrolled in this course");
  else
    msim_throw(call, "moodle_exception", "nocriteriaset",
               "No completion criteria set for this course");
  return NULL;
}

const MsimFunction msim_completion_status = {
  .name = "core_completion_get_course_completion_status",
  .params = params,
  .run = run,
};
