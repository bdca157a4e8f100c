/* core_course_update_courses: course by course, what fails becomes a warning. And the rules that
 * hold for new courses too.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "msim_function.h"

static const MsimParam option[] = { { "name", MSIM_ALPHANUMEXT }, { "value", MSIM_RAW }, MSIM_END };
static const MsimParam custom[] = {
  { "shortname", MSIM_ALPHANUMEXT },
  { "value", MSIM_RAW },
  MSIM_END,
};
static const MsimParam course_fields[] = {
  { "id", MSIM_INT },
  { "fullname", MSIM_TEXT, MSIM_OPTIONAL },
  { "shortname", MSIM_TEXT, MSIM_OPTIONAL },
  { "categoryid", MSIM_INT, MSIM_OPTIONAL },
  { "idnumber", MSIM_RAW, MSIM_OPTIONAL },
  { "summary", MSIM_RAW, MSIM_OPTIONAL },
  { "summaryformat", MSIM_INT, MSIM_OPTIONAL },
  { "format", MSIM_PLUGIN, MSIM_OPTIONAL },
  { "showgrades", MSIM_INT, MSIM_OPTIONAL },
  { "newsitems", MSIM_INT, MSIM_OPTIONAL },
  { "startdate", MSIM_INT, MSIM_OPTIONAL },
  { "enddate", MSIM_INT, MSIM_OPTIONAL },
  { "numsections", MSIM_INT, MSIM_OPTIONAL },
  { "maxbytes", MSIM_INT, MSIM_OPTIONAL },
  { "showreports", MSIM_INT, MSIM_OPTIONAL },
  { "visible", MSIM_INT, MSIM_OPTIONAL },
  { "hiddensections", MSIM_INT, MSIM_OPTIONAL },
  { "groupmode", MSIM_INT, MSIM_OPTIONAL },
  { "groupmodeforce", MSIM_INT, MSIM_OPTIONAL },
  { "defaultgroupingid", MSIM_INT, MSIM_OPTIONAL },
  { "enablecompletion", MSIM_INT, MSIM_OPTIONAL },
  { "completionnotify", MSIM_INT, MSIM_OPTIONAL },
  { "lang", MSIM_SAFEDIR, MSIM_OPTIONAL },
  { "forcetheme", MSIM_PLUGIN, MSIM_OPTIONAL },
  { "courseformatoptions", MSIM_LIST, MSIM_OPTIONAL, .inner = option },
  { "customfields", MSIM_LIST, MSIM_OPTIONAL, .inner = custom },
  MSIM_END,
};
static const MsimParam params[] = { { "courses", MSIM_LIST, .inner = course_fields }, MSIM_END };

/* ── rules ── */

bool
msim_course_free_shortname(MsimCall *call, const char *shortname, gint64 courseid) {
  gint64 taken = 0;
  if (!msim_number(call, &taken,
                   "SELECT 1 FROM mdl_course WHERE id <> ?2"
                   " AND (shortname = ?1 OR (?3 AND shortname = ?1 COLLATE NOCASE))",
                   "sii", shortname, courseid, (gint64)!call->site->exact_case))
    return false;
  return taken == 0 || msim_throw(call, "moodle_exception", "shortnametaken",
                                  "Short name is already used for another course (%s)", shortname);
}

bool
msim_course_free_idnumber(MsimCall *call, const char *idnumber, gint64 courseid) {
  gint64 taken = 0;
  if (!msim_number(call, &taken,
                   "SELECT 1 FROM mdl_course WHERE id <> ?2"
                   " AND (idnumber = ?1 OR (?3 AND idnumber = ?1 COLLATE NOCASE))",
                   "sii", idnumber, courseid, (gint64)!call->site->exact_case))
    return false;
  return taken == 0 || msim_throw(call, "moodle_exception", "courseidnumbertaken",
                                  "ID number is already used for another course (%s)", idnumber);
}

bool
msim_course_check_dates(MsimCall *call, const json_t *course) {
  gint64 start = msim_int(course, "startdate", 0), end = msim_int(course, "enddate", 0);
  if (start != 0 && end != 0 && end < start)
    return msim_throw(call, "moodle_exception", "enddatebeforestartdate",
                      "The course end date must be after the start date.");
  return start != 0 || end == 0 ||
         msim_throw(call, "moodle_exception", "nostartdatenoenddate",
                    "A course end date can only be set if a start date is also set.");
}

bool
msim_course_announce(MsimCall *call, gint64 courseid, gint64 newsitems) {
  gint64 forum = 0;
  GError *error = NULL;
  if (!msim_exec(call, "UPDATE mdl_course SET newsitems = ? WHERE id = ?", "ii", newsitems,
                 courseid) ||
      !msim_number(call, &forum, "SELECT 1 FROM mdl_forum WHERE course = ? AND type = 'news'", "i",
                   courseid))
    return false;
  return newsitems <= 0 || forum != 0 ||
         embedded_content_add(call->site->moodle, courseid, 0, "forum", "news", "Announcements",
                              &error) ||
         msim_throw_error(call, error);
}

/* ── one course ── */

static const struct {
  const char *key, *sql;
} texts[] = {
  { "fullname", "UPDATE mdl_course SET fullname = ? WHERE id = ?" },
  { "shortname", "UPDATE mdl_course SET shortname = ? WHERE id = ?" },
  { "idnumber", "UPDATE mdl_course SET idnumber = ? WHERE id = ?" },
  { "summary", "UPDATE mdl_course SET summary = ? WHERE id = ?" },
  { "format", "UPDATE mdl_course SET format = ? WHERE id = ?" },
  { "lang", "UPDATE mdl_course SET lang = ? WHERE id = ?" },
}, numbers[] = {
  { "categoryid", "UPDATE mdl_course SET category = ? WHERE id = ?" },
  { "summaryformat", "UPDATE mdl_course SET summaryformat = ? WHERE id = ?" },
  { "showgrades", "UPDATE mdl_course SET showgrades = ? WHERE id = ?" },
  { "maxbytes", "UPDATE mdl_course SET maxbytes = ? WHERE id = ?" },
  { "showreports", "UPDATE mdl_course SET showreports = ? WHERE id = ?" },
  { "visible", "UPDATE mdl_course SET visible = ?1, visibleold = ?1 WHERE id = ?2" },
  { "groupmode", "UPDATE mdl_course SET groupmode = ? WHERE id = ?" },
  { "groupmodeforce", "UPDATE mdl_course SET groupmodeforce = ? WHERE id = ?" },
  { "enablecompletion", "UPDATE mdl_course SET enablecompletion = ? WHERE id = ?" },
  { "completionnotify", "UPDATE mdl_course SET completionnotify = ? WHERE id = ?" },
};

/* Both at once: the schema compares them. */
static bool
write_dates(MsimCall *call, const json_t *course, gint64 id) {
  gint64 start = msim_int(course, "startdate", -1), end = msim_int(course, "enddate", -1);
  return (start < 0 && end < 0) ||
         msim_exec(call,
                   "UPDATE mdl_course SET startdate = iif(?1 < 0, startdate, ?1),"
                   " enddate = iif(?2 < 0, enddate, ?2) WHERE id = ?3",
                   "iii", start, end, id);
}

static bool
write_fields(MsimCall *call, const json_t *course, gint64 id) {
  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
    const char *text = msim_text(course, texts[i].key);
    if (text != NULL && !msim_exec(call, texts[i].sql, "si", text, id))
      return false;
  }
  for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
    const json_t *number = json_object_get(course, numbers[i].key);
    if (json_is_integer(number) &&
        !msim_exec(call, numbers[i].sql, "ii", (gint64)json_integer_value(number), id))
      return false;
  }
  return write_dates(call, course, id) &&
         msim_exec(call, "UPDATE mdl_course SET timemodified = ? WHERE id = ?", "ii", call->now,
                   id);
}

static bool
update(MsimCall *call, const json_t *course, gint64 id) {
  const char *shortname = msim_text(course, "shortname"), *idnumber = msim_text(course, "idnumber");
  if (!msim_course_require(call, id))
    return false;
  if (g_hash_table_contains(call->site->forbidden, msim_course_update.name))
    return msim_throw_permission(call, "Update course settings");
  if (id == EMBEDDED_SITE_COURSE)
    return msim_throw(call, "moodle_exception", "invalidcourse", "Invalid course");
  if ((shortname != NULL && !msim_course_free_shortname(call, shortname, id)) ||
      (idnumber != NULL && idnumber[0] != '\0' && !msim_course_free_idnumber(call, idnumber, id)) ||
      !msim_course_check_dates(call, course) || !write_fields(call, course, id))
    return false;
  return !json_is_integer(json_object_get(course, "newsitems")) ||
         msim_course_announce(call, id, msim_int(course, "newsitems", 0));
}

static bool
update_whole(MsimCall *call, const json_t *course, gint64 id) {
  GError *error = NULL;
  if (!db_begin(call->db, &error))
    return msim_throw_error(call, error);
  if (!update(call, course, id)) {
    db_rollback(call->db);
    return false;
  }
  return db_commit(call->db, &error) || msim_throw_error(call, error);
}

static json_t *
run(MsimCall *call, const json_t *given) {
  json_t *warnings = json_array();
  gsize index;
  const json_t *course;
  json_array_foreach(json_object_get(given, "courses"), index, course) {
    gint64 id = msim_int(course, "id", 0);
    if (!update_whole(call, course, id))
      json_array_append_new(warnings, msim_warning(call, "course", id));
  }
  return json_pack("{s:o}", "warnings", warnings);
}

const MsimFunction msim_course_update = {
  .name = "core_course_update_courses",
  .params = params,
  .effect = MSIM_PARTIAL,
  .run = run,
};
