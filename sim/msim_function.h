/* The web-service functions: their parameters, and what they do.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "msim_call.h"
#include "msim_param.h"

/* What becomes of its effects when a function throws. */
typedef enum {
  MSIM_READ,    /* has none */
  MSIM_ALL,     /* all or nothing */
  MSIM_PARTIAL, /* those before the exception stay */
} MsimEffect;

struct MsimFunction {
  const char *name;
  const MsimParam *params;
  MsimEffect effect;
  const char *capability; /* what `nopermissions` names; NULL: asks for none, or looks itself */

  /* The answer, json_null() for a function without one; NULL: thrown. `params` are checked. */
  json_t *(*run)(MsimCall *call, const json_t *params);
};

/* All there are, ended by one without a name; those of the companion plugin begin with
 * "local_lehrgaenge_". */
extern const MsimFunction *const msim_functions[];

/* ── msim_site.c, msim_batch.c, msim_message.c ── */
extern const MsimFunction msim_site_info;
extern const MsimFunction msim_batch;
extern const MsimFunction msim_message_send;

/* ── msim_company.c ── */
extern const MsimFunction msim_company_find;
extern const MsimFunction msim_company_courses;
extern const MsimFunction msim_company_assign;
extern const MsimFunction msim_company_categories;

/* ── msim_course.c, msim_course_create.c, msim_course_update.c ── */
extern const MsimFunction msim_course_by_field;
extern const MsimFunction msim_course_list;
extern const MsimFunction msim_course_options;
extern const MsimFunction msim_course_create;
extern const MsimFunction msim_course_update;

/* Whether that course is there; false: thrown. */
bool msim_course_exists(MsimCall *call, gint64 courseid, bool *exists);

/* Throws what context_course::instance(MUST_EXIST) does. */
bool msim_course_require(MsimCall *call, gint64 courseid);

/* Throws errorcoursecontextnotvalid when it is not there. */
bool msim_course_require_context(MsimCall *call, gint64 courseid);

/* Throws when another course than `courseid` has it. */
bool msim_course_free_shortname(MsimCall *call, const char *shortname, gint64 courseid);
bool msim_course_free_idnumber(MsimCall *call, const char *idnumber, gint64 courseid);

/* Throws when `startdate` and `enddate` of `course` do not go together. */
bool msim_course_check_dates(MsimCall *call, const json_t *course);

/* Sets the number of announcements; a course that is to have some gets the forum for them, unless
 * it has one. */
bool msim_course_announce(MsimCall *call, gint64 courseid, gint64 newsitems);

/* ── msim_content.c, msim_import.c ── */
extern const MsimFunction msim_content_get;
extern const MsimFunction msim_content_forums;
extern const MsimFunction msim_content_delete;
extern const MsimFunction msim_import_course;

/* Takes a module out of its course, with its instance. False: thrown. */
bool msim_content_remove(MsimCall *call, gint64 cmid);

/* ── msim_user.c, msim_user_create.c, msim_user_update.c ── */
extern const MsimFunction msim_user_by_field;
extern const MsimFunction msim_user_search;
extern const MsimFunction msim_user_create;
extern const MsimFunction msim_user_update;

/* Whether an address is one to Moodle (PHP's filter_var(), without quoted names). */
bool msim_user_valid_email(const char *email);

/* Whether another user than `userid` has that address, and the site minds; false: thrown. */
bool msim_user_email_taken(MsimCall *call, const char *email, gint64 userid, bool *taken);

bool msim_user_set_preference(MsimCall *call, gint64 userid, const char *name, const char *text);
bool msim_user_set_preferences(MsimCall *call, gint64 userid, const json_t *preferences);

/* Throws invalidresponse when a name in the database is none that may be sent. */
bool msim_user_check_names(MsimCall *call, const json_t *row);

/* Whether the service's user may see that user's address. */
bool msim_user_shows_email(const MsimCall *call, gint64 userid);

/* The same objects by "id", each user once. */
json_t *msim_user_sort(json_t *rows);

/* What all user functions show of a row of MSIM_USER_COLUMNS; NULL: thrown. */
json_t *msim_user_describe(MsimCall *call, const json_t *row);
#define MSIM_USER_COLUMNS                                                                          \
  "u.id, u.username, u.firstname, u.lastname, u.email, u.idnumber, u.auth, u.suspended,"           \
  " u.confirmed, u.deleted, u.lang, u.timezone, u.city, u.country"

/* ── msim_enrol.c, msim_enrolled.c ── */
extern const MsimFunction msim_enrol_enrol;
extern const MsimFunction msim_enrol_unenrol;
extern const MsimFunction msim_enrolled_users;
extern const MsimFunction msim_enrolled_courses;

/* Whether somebody is enrolled in a course, by whatever method, active or not; false: thrown. */
bool msim_enrol_is(MsimCall *call, gint64 courseid, gint64 userid, bool *enrolled);

/* ── msim_group.c ── */
extern const MsimFunction msim_group_list;
extern const MsimFunction msim_group_create;
extern const MsimFunction msim_group_add_members;
extern const MsimFunction msim_group_members;

/* ── msim_completion.c, msim_plugin.c, msim_plugin_read.c, msim_plugin_setup.c,
 * msim_plugin_notify.c ── */
extern const MsimFunction msim_completion_status;
extern const MsimFunction msim_plugin_complete;
extern const MsimFunction msim_plugin_completions;
extern const MsimFunction msim_plugin_rosters;
extern const MsimFunction msim_plugin_setup;
extern const MsimFunction msim_plugin_users;
extern const MsimFunction msim_plugin_notify;
