/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/embedded/embedded_private.h"

/* What Moodle's own setting "maximum number of sections" starts at is 52; nobody means more than
 * this. */
#define MAX_SECTIONS 255

/* ── finding ── */

/* Courses without the format's own option have as many sections as are there. */
#define COURSE_COLUMNS                                                                             \
  "SELECT c.id, c.shortname, c.fullname, c.idnumber, c.category, c.summary, c.format, c.lang,"     \
  " c.summaryformat, c.newsitems, c.showgrades, c.groupmode, c.groupmodeforce,"                    \
  " c.enablecompletion, c.completionnotify, c.showreports, c.maxbytes,"                            \
  " coalesce((SELECT CAST(o.value AS INTEGER) FROM mdl_course_format_options o"                    \
  "            WHERE o.courseid = c.id AND o.format = c.format AND o.sectionid = 0"                \
  "              AND o.name = 'numsections'),"                                                     \
  "          (SELECT max(s.section) FROM mdl_course_sections s WHERE s.course = c.id), 0)"         \
  " FROM mdl_course c"

static void
hand_out(sqlite3_stmt *row, guint index, GatewayCourseFunc each, gpointer user_data) {
  GatewayCourse course = {
    .id = sqlite3_column_int64(row, 0),
    .shortname = embedded_text(row, 1),
    .fullname = embedded_text(row, 2),
    .idnumber = embedded_text(row, 3),
    .category = sqlite3_column_int64(row, 4),
    .settings = {
      .summary = (char *)embedded_text(row, 5),
      .format = (char *)embedded_text(row, 6),
      .lang = (char *)embedded_text(row, 7),
      .summaryformat = sqlite3_column_int(row, 8),
      .newsitems = sqlite3_column_int(row, 9),
      .showgrades = sqlite3_column_int(row, 10),
      .groupmode = sqlite3_column_int(row, 11),
      .groupmodeforce = sqlite3_column_int(row, 12),
      .enablecompletion = sqlite3_column_int(row, 13),
      .completionnotify = sqlite3_column_int(row, 14),
      .showreports = sqlite3_column_int(row, 15),
      .maxbytes = sqlite3_column_int64(row, 16),
      .numsections = sqlite3_column_int(row, 17),
    },
  };
  each(index, &course, user_data);
}

static bool
find_one(Embedded *moodle, GatewayCourseField field, const char *value, guint index,
         GatewayCourseFunc each, gpointer user_data, GError **error) {
  sqlite3_stmt *find =
      field == GATEWAY_COURSE_ID
          ? db_prepare(moodle->db, COURSE_COLUMNS " WHERE c.id = ? AND c.id <> " EMBEDDED_SQL_SITE,
                       error)
          : db_prepare(moodle->db,
                       COURSE_COLUMNS " WHERE c.shortname = ? AND c.id <> " EMBEDDED_SQL_SITE,
                       error);
  if (find == NULL)
    return false;
  if (field == GATEWAY_COURSE_ID)
    db_bind(find, "i", embedded_id(value));
  else
    db_bind(find, "s", value);
  int step = db_step(moodle->db, find, error);
  if (step > 0)
    hand_out(find, index, each, user_data);
  sqlite3_reset(find);
  return step >= 0;
}

bool
embedded_course_find(Gateway *gateway, GatewayCourseField field, const char *const *values,
                     guint count, GatewayCourseFunc each, gpointer user_data, GError **error) {
  Embedded *moodle = (Embedded *)gateway;
  if (count == 0)
    return true;
  if (!embedded_read_begin(moodle, error))
    return false;
  bool ok = true;
  for (guint i = 0; ok && i < count; i++)
    ok = find_one(moodle, field, values[i], i, each, user_data, error);
  return embedded_read_end(moodle, ok, error);
}

/* ── creating ── */

static const EmbeddedRule course_rules[] = {
  { "mdl_course.shortname", GATEWAY_TAKEN_SHORTNAME, "another course has this short name" },
  { "mdl_course.idnumber", GATEWAY_TAKEN_IDNUMBER, "another course has this idnumber" },
  { "course_category", GATEWAY_INVALID, "its course category does not exist" },
  { "course_dates", GATEWAY_INVALID, "its end date is not after its start date" },
  { "course_shortname", GATEWAY_INVALID, "its short name is empty or longer than 255 characters" },
  { "course_fullname", GATEWAY_INVALID, "its full name is empty or longer than 254 characters" },
  { "course_idnumber", GATEWAY_INVALID, "its idnumber is longer than 100 characters" },
  { "course_format", GATEWAY_INVALID, "its course format is empty or longer than 21 characters" },
  { "course_groupmode", GATEWAY_INVALID, "its group mode is not 0, 1 or 2" },
  { "course_lang", GATEWAY_INVALID, "its language is longer than 30 characters" },
  { NULL },
};

static const char *
or_empty(const char *text) {
  return text != NULL ? text : "";
}

static bool
insert_course(Embedded *moodle, const GatewayNewCourse *course, bool visible,
              GatewayOutcome *outcome, bool *refused, GError **error) {
  const GatewayCourseSettings *settings = course->settings;
  sqlite3_stmt *insert = db_prepare(
      moodle->db,
      "INSERT INTO mdl_course (category, fullname, shortname, idnumber, summary, summaryformat,"
      " format, showgrades, newsitems, startdate, enddate, maxbytes, showreports, visible,"
      " visibleold, groupmode, groupmodeforce, lang, enablecompletion, completionnotify,"
      " timecreated, timemodified)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14, ?15, ?16, ?17,"
      " ?18, ?19, ?20, ?20)",
      error);
  if (insert == NULL)
    return false;
  db_bind(insert, "issssisiiiiiiiiisiii", course->category, or_empty(course->fullname),
          or_empty(course->shortname), or_empty(course->idnumber), or_empty(settings->summary),
          (gint64)settings->summaryformat, or_empty(settings->format), (gint64)settings->showgrades,
          (gint64)settings->newsitems, course->startdate, course->enddate, settings->maxbytes,
          (gint64)settings->showreports, (gint64)visible, (gint64)settings->groupmode,
          (gint64)settings->groupmodeforce, or_empty(settings->lang),
          (gint64)settings->enablecompletion, (gint64)settings->completionnotify,
          clock_now(moodle->clock));
  return embedded_write(moodle, insert, course_rules, outcome, refused, error);
}

bool
embedded_course_add_context(Embedded *moodle, gint64 level, gint64 instance, gint64 parent,
                            gint64 *id, GError **error) {
  if (!db_run(moodle->db, error, "INSERT INTO mdl_context (contextlevel, instanceid) VALUES (?, ?)",
              "ii", level, instance))
    return false;
  *id = db_last_id(moodle->db);
  return db_run(
      moodle->db, error,
      "UPDATE mdl_context"
      " SET path = coalesce((SELECT path FROM mdl_context WHERE id = ?2), '') || '/' || id,"
      "     depth = coalesce((SELECT depth FROM mdl_context WHERE id = ?2), 0) + 1"
      " WHERE id = ?1",
      "ii", *id, parent);
}

static bool
add_context(Embedded *moodle, gint64 courseid, gint64 category, GError **error) {
  gint64 parent = 0, id = 0;
  return db_get_int(moodle->db, &parent, 0, error,
                    "SELECT id FROM mdl_context WHERE contextlevel = ? AND instanceid = ?", "ii",
                    (gint64)EMBEDDED_CONTEXT_CATEGORY, category) &&
         embedded_course_add_context(moodle, EMBEDDED_CONTEXT_COURSE, courseid, parent, &id, error);
}

static bool
add_sections(Embedded *moodle, gint64 courseid, const GatewayCourseSettings *settings,
             GError **error) {
  for (gint section = 0; section <= settings->numsections; section++) {
    gint64 id = 0;
    if (!embedded_content_section(moodle, courseid, section, &id, error))
      return false;
  }
  return db_run(moodle->db, error,
                "INSERT INTO mdl_course_format_options (courseid, format, name, value)"
                " VALUES (?, ?, 'numsections', ?)",
                "isi", courseid, or_empty(settings->format), (gint64)settings->numsections);
}

bool
embedded_course_add(Embedded *moodle, const GatewayNewCourse *course, bool visible,
                    GatewayOutcome *outcome, GError **error) {
  if (course->settings->numsections < 0 || course->settings->numsections > MAX_SECTIONS) {
    embedded_refuse(outcome, GATEWAY_INVALID, "its number of sections is not from 0 to %d",
                    MAX_SECTIONS);
    return true;
  }
  bool refused = false;
  if (!insert_course(moodle, course, visible, outcome, &refused, error))
    return false;
  if (refused)
    return true;

  gint64 id = db_last_id(moodle->db);
  if (!add_context(moodle, id, course->category, error) ||
      !add_sections(moodle, id, course->settings, error) ||
      !db_run(moodle->db, error,
              "INSERT INTO mdl_enrol (enrol, courseid, roleid, timecreated, timemodified)"
              " VALUES ('manual', ?1, ?2, ?3, ?3)",
              "iii", id, moodle->student_role, clock_now(moodle->clock)))
    return false;
  if (course->settings->newsitems > 0 &&
      !embedded_content_add(moodle, id, 0, "forum", "news", EMBEDDED_ANNOUNCEMENTS, error))
    return false;
  embedded_settle(outcome, GATEWAY_DONE, id);
  return true;
}

bool
embedded_course_create(Gateway *gateway, const GatewayNewCourse *courses, guint count,
                       GatewayOutcome *outcomes, GError **error) {
  Embedded *moodle = (Embedded *)gateway;
  if (count == 0)
    return true;
  if (!embedded_begin(moodle, error))
    return false;
  bool ok = true;
  for (guint i = 0; ok && i < count; i++)
    ok = embedded_course_add(moodle, &courses[i], true, &outcomes[i], error);
  return embedded_end(moodle, ok, outcomes, count, error);
}
