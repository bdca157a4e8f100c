/* Who is enrolled in a course, and where somebody is enrolled.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "msim_function.h"

/* ── core_enrol_get_enrolled_users ── */

static const MsimParam option[] = { { "name", MSIM_ALPHANUMEXT }, { "value", MSIM_RAW }, MSIM_END };
static const MsimParam users_params[] = {
  { "courseid", MSIM_INT },
  { "options", MSIM_LIST, MSIM_DEFAULT, .inner = option },
  MSIM_END,
};

typedef struct {
  gint64 groupid, from, number;
  bool active, suspended, backwards;
  const char *sort;   /* "id", "firstname", "lastname" or "siteorder" */
  const char *fields; /* NULL: all */
} Options;

static bool
read_flag(const char *text) {
  return text != NULL && text[0] != '\0' && !g_str_equal(text, "0");
}

static bool
is_sort(const char *text) {
  return g_str_equal(text, "id") || g_str_equal(text, "firstname") ||
         g_str_equal(text, "lastname") || g_str_equal(text, "siteorder");
}

/* Unknown options are passed over, as Moodle does. */
static bool
read_option(MsimCall *call, const json_t *one, Options *options) {
  const char *name = msim_text(one, "name"), *text = msim_text(one, "value");
  text = text != NULL ? text : "";
  if (g_str_equal(name, "groupid"))
    options->groupid = msim_param_to_int(text);
  else if (g_str_equal(name, "onlyactive"))
    options->active = read_flag(text);
  else if (g_str_equal(name, "onlysuspended"))
    options->suspended = read_flag(text);
  else if (g_str_equal(name, "userfields"))
    options->fields = text;
  else if (g_str_equal(name, "limitfrom"))
    options->from = msim_param_to_int(text);
  else if (g_str_equal(name, "limitnumber"))
    options->number = msim_param_to_int(text);
  else if (g_str_equal(name, "sortby") && !is_sort(text))
    return msim_throw_invalid(call);
  else if (g_str_equal(name, "sortby"))
    options->sort = text;
  else if (g_str_equal(name, "sortdirection") && g_ascii_strcasecmp(text, "asc") != 0 &&
           g_ascii_strcasecmp(text, "desc") != 0)
    return msim_throw_invalid(call);
  else if (g_str_equal(name, "sortdirection"))
    options->backwards = g_ascii_strcasecmp(text, "desc") == 0;
  return true;
}

/* Moodle's clock stands still for a hundred seconds at a time here. */
static gint64
rounded(gint64 now) {
  return (now + 50) / 100 * 100;
}

/* ?2: a group, ?3 only active, ?4 only others, ?5 now. */
static json_t *
find_users(MsimCall *call, gint64 courseid, const Options *options) {
  gint64 order = options->sort == NULL || g_str_equal(options->sort, "id") ? 0
                 : g_str_equal(options->sort, "firstname")                 ? 1
                                                                           : 2;
  gint64 sign = options->backwards ? -1 : 1;
  return msim_rows(
      call,
      "WITH enrolled AS (SELECT ue.userid, max(e.status = 0 AND ue.status = 0"
      "   AND ue.timestart < ?5 AND (ue.timeend = 0 OR ue.timeend > ?5)) active"
      "  FROM mdl_enrol e CROSS JOIN mdl_user_enrolments ue ON ue.enrolid = e.id"
      "  WHERE e.courseid = ?1 GROUP BY ue.userid)"
      " SELECT " MSIM_USER_COLUMNS " FROM enrolled n CROSS JOIN mdl_user u ON u.id = n.userid"
      " WHERE u.deleted = 0 AND (NOT ?3 OR n.active) AND (NOT ?4 OR NOT n.active)"
      " AND (?2 = 0 OR EXISTS (SELECT 1 FROM mdl_groups_members m"
      "       WHERE m.groupid = ?2 AND m.userid = u.id))"
      " ORDER BY CASE WHEN ?7 = 1 AND ?6 = 1 THEN u.firstname WHEN ?7 = 1 AND ?6 = 2 THEN"
      " u.lastname END, CASE WHEN ?7 = -1 AND ?6 = 1 THEN u.firstname WHEN ?7 = -1 AND ?6 = 2 THEN"
      " u.lastname END DESC, u.id * ?7 LIMIT ?8 OFFSET ?9",
      "iiiiiiiii", courseid, options->groupid, (gint64)options->active, (gint64)options->suspended,
      rounded(call->now), order, sign, options->number > 0 ? options->number : (gint64)-1,
      MAX(options->from, 0));
}

/* The front page has everybody. */
static json_t *
find_everybody(MsimCall *call, const Options *options) {
  return msim_rows(call,
                   "SELECT " MSIM_USER_COLUMNS " FROM mdl_user u WHERE u.deleted = 0 ORDER BY u.id"
                   " LIMIT ? OFFSET ?",
                   "ii", options->number > 0 ? options->number : (gint64)-1, MAX(options->from, 0));
}

/* ── the fields asked for ── */

static const char *const known_fields[] = { "id",
                                            "username",
                                            "fullname",
                                            "firstname",
                                            "lastname",
                                            "email",
                                            "address",
                                            "phone1",
                                            "phone2",
                                            "department",
                                            "institution",
                                            "interests",
                                            "firstaccess",
                                            "lastaccess",
                                            "auth",
                                            "confirmed",
                                            "idnumber",
                                            "lang",
                                            "theme",
                                            "timezone",
                                            "mailformat",
                                            "description",
                                            "descriptionformat",
                                            "city",
                                            "country",
                                            "profileimageurlsmall",
                                            "profileimageurl",
                                            "customfields",
                                            "groups",
                                            "roles",
                                            "preferences",
                                            "enrolledcourses",
                                            "suspended",
                                            "lastcourseaccess",
                                            NULL };

/* What the answer has of a user's own fields, in its order. */
static const char *const shown_fields[] = {
  "username",    "firstname",  "lastname", "email",   "department",           "idnumber",
  "firstaccess", "lastaccess", "city",     "country", "profileimageurlsmall", "profileimageurl"
};

static char *
clean_field(const char *text) {
  GString *clean = g_string_new(NULL);
  for (; *text != '\0'; text++) {
    if (g_ascii_isalnum(*text) || *text == '_' || *text == '-')
      g_string_append_c(clean, *text);
  }
  return g_string_free(clean, FALSE);
}

/* The set of fields, NULL for all. False: thrown. */
static bool
read_fields(MsimCall *call, const char *text, GHashTable **fields) {
  *fields = NULL;
  if (text == NULL)
    return true;
  g_autoptr(GHashTable) set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  g_auto(GStrv) parts = g_strsplit(text, ",", -1);
  for (guint i = 0; i < MAX(g_strv_length(parts), 1); i++) {
    g_autofree char *field = clean_field(parts[i] != NULL ? parts[i] : "");
    if (!g_strv_contains(known_fields, field))
      return msim_throw(call, "moodle_exception", "invaliduserfield", "Invalid user field: %s",
                        field);
    g_hash_table_add(set, g_steal_pointer(&field));
  }
  *fields = g_steal_pointer(&set);
  return true;
}

static bool
wants(GHashTable *fields, const char *field) {
  return fields == NULL || g_hash_table_contains(fields, field);
}

/* Names and descriptions of these groups are formatted even when raw texts are asked for. */
static bool
add_groups(MsimCall *call, gint64 courseid, gint64 userid, json_t *user) {
  json_t *groups = msim_rows(call,
                             "SELECT g.id, g.name, coalesce(g.description, '') description,"
                             " 1 descriptionformat FROM mdl_groups g JOIN mdl_groups_members m"
                             " ON m.groupid = g.id AND m.userid = ?2 WHERE g.courseid = ?1"
                             " ORDER BY g.name, g.id",
                             "ii", courseid, userid);
  if (groups == NULL)
    return false;
  gsize index;
  json_t *group;
  json_array_foreach(groups, index, group) {
    g_autofree char *name = msim_escape(msim_text(group, "name"));
    json_object_set_new(group, "name", json_string(name));
  }
  if (json_array_size(groups) > 0)
    json_object_set(user, "groups", groups);
  json_decref(groups);
  return true;
}

static bool
add_roles(MsimCall *call, gint64 courseid, gint64 userid, json_t *user) {
  json_t *roles =
      msim_rows(call,
                "SELECT r.id roleid, r.name, r.shortname, 0 sortorder FROM mdl_context c"
                " JOIN mdl_role_assignments a ON a.contextid = c.id AND a.userid = ?2"
                " JOIN mdl_role r ON r.id = a.roleid"
                " WHERE c.contextlevel = 50 AND c.instanceid = ?1 ORDER BY r.sortorder, r.id",
                "ii", courseid, userid);
  return roles != NULL && json_object_set_new(user, "roles", roles) == 0;
}

static bool
add_courses(MsimCall *call, gint64 userid, json_t *user) {
  json_t *courses =
      msim_rows(call,
                "SELECT DISTINCT c.id, c.fullname, c.shortname FROM mdl_user_enrolments ue"
                " JOIN mdl_enrol e ON e.id = ue.enrolid AND e.status = 0"
                " JOIN mdl_course c ON c.id = e.courseid AND c.category <> 0"
                " WHERE ue.userid = ? AND ue.status = 0 ORDER BY c.id",
                "i", userid);
  if (courses == NULL)
    return false;
  gsize index;
  json_t *course;
  json_array_foreach(courses, index, course) {
    g_autofree char *fullname = msim_escape(msim_text(course, "fullname"));
    g_autofree char *shortname = msim_escape(msim_text(course, "shortname"));
    json_object_set_new(course, "fullname", json_string(fullname));
    json_object_set_new(course, "shortname", json_string(shortname));
  }
  return json_object_set_new(user, "enrolledcourses", courses) == 0;
}

static json_t *
describe(MsimCall *call, gint64 courseid, const json_t *row, GHashTable *fields) {
  gint64 id = msim_int(row, "id", 0);
  json_auto_t *all = msim_user_describe(call, row);
  if (all == NULL)
    return NULL;
  json_auto_t *user = json_object();
  json_object_set(user, "id", json_object_get(all, "id"));
  for (gsize i = 0; i < G_N_ELEMENTS(shown_fields); i++) {
    json_t *value = json_object_get(all, shown_fields[i]);
    if (value != NULL && wants(fields, shown_fields[i]))
      json_object_set(user, shown_fields[i], value);
    if (i == 2) /* always there, behind the names */
      json_object_set(user, "fullname", json_object_get(all, "fullname"));
  }
  if (wants(fields, "lastcourseaccess"))
    json_object_set_new(user, "lastcourseaccess", json_integer(0));
  if ((wants(fields, "groups") && !add_groups(call, courseid, id, user)) ||
      (wants(fields, "roles") && !add_roles(call, courseid, id, user)) ||
      (wants(fields, "enrolledcourses") && !add_courses(call, id, user)))
    return NULL;
  return g_steal_pointer(&user);
}

static bool
check_options(MsimCall *call, const json_t *list, Options *options) {
  gsize index;
  const json_t *one;
  json_array_foreach(list, index, one) {
    if (!read_option(call, one, options))
      return false;
  }
  return true;
}

static bool
both_at_once(MsimCall *call, const Options *options) {
  return !(options->active && options->suspended) ||
         msim_throw(call, "coding_exception", "codingerror",
                    "Coding error detected, it must be fixed by a programmer: Both onlyactive and"
                    " onlysuspended are set, this is probably not what you want!");
}

static json_t *
run_users(MsimCall *call, const json_t *given) {
  Options options = { 0 };
  gint64 courseid = msim_int(given, "courseid", 0);
  if (!check_options(call, json_object_get(given, "options"), &options) ||
      !msim_course_require(call, courseid) || !both_at_once(call, &options))
    return NULL;
  json_auto_t *rows = courseid == EMBEDDED_SITE_COURSE ? find_everybody(call, &options)
                                                       : find_users(call, courseid, &options);
  g_autoptr(GHashTable) fields = NULL;
  if (rows == NULL || (json_array_size(rows) > 0 && !read_fields(call, options.fields, &fields)))
    return NULL;
  json_auto_t *users = json_array();
  gsize index;
  const json_t *row;
  json_array_foreach(rows, index, row) {
    if (json_array_append_new(users, describe(call, courseid, row, fields)) != 0)
      return NULL;
  }
  return g_steal_pointer(&users);
}

const MsimFunction msim_enrolled_users = {
  .name = "core_enrol_get_enrolled_users",
  .params = users_params,
  .capability = "View participants",
  .run = run_users,
};

/* ── core_enrol_get_users_courses ── */

static const MsimParam courses_params[] = {
  { "userid", MSIM_INT },
  { "returnusercount", MSIM_BOOL, MSIM_DEFAULT, "1" },
  MSIM_END,
};

static json_t *
find_courses(MsimCall *call, gint64 userid) {
  return msim_rows(
      call,
      "SELECT c.id, c.shortname, c.fullname, c.idnumber, c.visible, c.summary, c.summaryformat,"
      " c.format, c.showgrades, c.lang, c.enablecompletion, c.category, c.startdate, c.enddate,"
      " c.timemodified, coalesce((SELECT timecompleted FROM mdl_course_completions cc"
      "   WHERE cc.course = c.id AND cc.userid = ?1), 0) > 0 completed,"
      " (SELECT x.id FROM mdl_context x WHERE x.contextlevel = 50 AND x.instanceid = c.id) ctx,"
      " (SELECT count(DISTINCT o.userid) FROM mdl_enrol oe JOIN mdl_user_enrolments o"
      "   ON o.enrolid = oe.id WHERE oe.courseid = c.id) enrolled"
      " FROM mdl_course c WHERE c.id <> 1 AND EXISTS (SELECT 1 FROM mdl_enrol e"
      "  JOIN mdl_user_enrolments ue ON ue.enrolid = e.id AND ue.userid = ?1"
      "  WHERE e.courseid = c.id AND e.status = 0 AND ue.status = 0 AND ue.timestart < ?2"
      "   AND (ue.timeend = 0 OR ue.timeend > ?2)) ORDER BY c.sortorder, c.id",
      "ii", userid, rounded(call->now));
}

static json_t *
describe_course(MsimCall *call, const json_t *row, bool with_count) {
  bool tracked = msim_int(row, "enablecompletion", 0) != 0;
  g_autofree char *image =
      g_strdup_printf("%s/pluginfile.php/%" G_GINT64_FORMAT "/course/generated/course.svg",
                      call->site->url, msim_int(row, "ctx", 0));
  json_t *course = json_object();
  json_object_set(course, "id", json_object_get(row, "id"));
  json_object_set_new(course, "shortname", msim_string(call, msim_text(row, "shortname")));
  json_object_set_new(course, "fullname", msim_string(call, msim_text(row, "fullname")));
  json_object_set_new(course, "displayname", msim_string(call, msim_text(row, "fullname")));
  json_object_set(course, "idnumber", json_object_get(row, "idnumber"));
  json_object_set(course, "visible", json_object_get(row, "visible"));
  msim_set_text(call, course, "summary", "summaryformat", msim_text(row, "summary"),
                msim_int(row, "summaryformat", 0));
  json_object_set(course, "format", json_object_get(row, "format"));
  json_object_set_new(course, "courseimage", json_string(image));
  json_object_set_new(course, "showgrades", json_boolean(msim_int(row, "showgrades", 0)));
  json_object_set(course, "lang", json_object_get(row, "lang"));
  json_object_set_new(course, "enablecompletion", json_boolean(tracked));
  json_object_set_new(course, "completionhascriteria", json_false());
  json_object_set_new(course, "completionusertracked", json_boolean(tracked));
  json_object_set(course, "category", json_object_get(row, "category"));
  json_object_set_new(course, "progress", json_null());
  json_object_set_new(course, "completed",
                      tracked ? json_boolean(msim_int(row, "completed", 0)) : json_null());
  json_object_set(course, "startdate", json_object_get(row, "startdate"));
  json_object_set(course, "enddate", json_object_get(row, "enddate"));
  json_object_set_new(course, "marker", json_integer(0));
  json_object_set_new(course, "lastaccess", json_null());
  json_object_set_new(course, "isfavourite", json_false());
  json_object_set_new(course, "hidden", json_false());
  json_object_set_new(course, "overviewfiles", json_array());
  json_object_set_new(course, "showactivitydates", json_false());
  json_object_set_new(course, "showcompletionconditions", json_boolean(tracked));
  json_object_set(course, "timemodified", json_object_get(row, "timemodified"));
  if (with_count)
    json_object_set(course, "enrolledusercount", json_object_get(row, "enrolled"));
  return course;
}

static json_t *
run_courses(MsimCall *call, const json_t *given) {
  json_auto_t *rows = find_courses(call, msim_int(given, "userid", 0));
  if (rows == NULL)
    return NULL;
  json_t *courses = json_array();
  gsize index;
  const json_t *row;
  json_array_foreach(rows, index, row) json_array_append_new(
      courses, describe_course(call, row, msim_int(given, "returnusercount", 1) != 0));
  return courses;
}

const MsimFunction msim_enrolled_courses = {
  .name = "core_enrol_get_users_courses",
  .params = courses_params,
  .run = run_courses,
};
