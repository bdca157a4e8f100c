/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/embedded/embedded_private.h"

/* ── what is in a course ── */

/* A course's announcements forum; the one that Moodle gives every course by itself. What is posted
 * there plays no part. */
#define IS_ANNOUNCEMENTS(cm)                                                                       \
  "EXISTS (SELECT 1 FROM mdl_modules m CROSS JOIN mdl_forum f ON f.id = " cm ".instance"           \
  "         WHERE m.id = " cm ".module AND m.name = 'forum' AND f.type = 'news')"

static bool
check_course(Embedded *moodle, gint64 courseid, GError **error) {
  gint64 there = 0;
  if (!db_get_int(moodle->db, &there, 0, error,
                  "SELECT 1 FROM mdl_course WHERE id = ? AND id <> " EMBEDDED_SQL_SITE, "i",
                  courseid))
    return false;
  if (!there)
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_FAILED,
                "Moodle has no course %" G_GINT64_FORMAT, courseid);
  return there != 0;
}

static bool
count_contents(Embedded *moodle, gint64 courseid, GatewayContents *contents, GError **error) {
  gint64 sections = 0, modules = 0, announcements = 0;
  if (!check_course(moodle, courseid, error) ||
      !db_get_int(moodle->db, &sections, 0, error,
                  "SELECT count(*) FROM mdl_course_sections s"
                  " WHERE s.course = ? AND s.section > 0 AND (coalesce(s.name, '') <> ''"
                  " OR s.summary <> ''"
                  " OR EXISTS (SELECT 1 FROM mdl_course_modules cm"
                  "             WHERE cm.section = s.id AND cm.deletioninprogress = 0"
                  "               AND NOT " IS_ANNOUNCEMENTS("cm") "))",
                  "i", courseid) ||
      !db_get_int(moodle->db, &modules, 0, error,
                  "SELECT count(*) FROM mdl_course_modules cm"
                  " WHERE cm.course = ? AND cm.deletioninprogress = 0"
                  " AND NOT " IS_ANNOUNCEMENTS("cm"),
                  "i", courseid) ||
      !db_get_int(moodle->db, &announcements, 0, error,
                  "SELECT count(*) FROM mdl_course_modules cm"
                  " WHERE cm.course = ? AND cm.deletioninprogress = 0"
                  " AND " IS_ANNOUNCEMENTS("cm"),
                  "i", courseid))
    return false;
  *contents = (GatewayContents){ .sections = (guint)sections,
                                 .modules = (guint)modules,
                                 .announcements = (guint)announcements };
  return true;
}

bool
embedded_content_count(Gateway *gateway, gint64 courseid, GatewayContents *contents,
                       GError **error) {
  Embedded *moodle = (Embedded *)gateway;
  if (!embedded_read_begin(moodle, error))
    return false;
  bool ok = count_contents(moodle, courseid, contents, error);
  moodle->looked.courseid = ok ? courseid : 0;
  moodle->looked.modules = contents->modules;
  return embedded_read_end(moodle, ok, error);
}

static bool
has_announcements(Embedded *moodle, gint64 courseid, gint64 *has, GError **error) {
  return db_get_int(moodle->db, has, 0, error,
                    "SELECT 1 FROM mdl_course_modules cm WHERE cm.course = ?"
                    " AND cm.deletioninprogress = 0 AND " IS_ANNOUNCEMENTS("cm") " LIMIT 1",
                    "i", courseid);
}

/* ── adding ── */

bool
embedded_content_section(Embedded *moodle, gint64 courseid, gint64 section, gint64 *id,
                         GError **error) {
  return db_run(moodle->db, error,
                "INSERT INTO mdl_course_sections (course, section, timemodified) VALUES (?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                "iii", courseid, section, clock_now(moodle->clock)) &&
         db_get_int(moodle->db, id, 0, error,
                    "SELECT id FROM mdl_course_sections WHERE course = ? AND section = ?", "ii",
                    courseid, section);
}

/* A section lists its modules in the order they are shown. */
static bool
append_to_section(Embedded *moodle, gint64 section, gint64 module, GError **error) {
  return db_run(moodle->db, error,
                "UPDATE mdl_course_sections"
                " SET sequence = CASE sequence WHEN '' THEN '' ELSE sequence || ',' END || ?2"
                " WHERE id = ?1",
                "ii", section, module);
}

/* An activity type and how an instance of it is made and copied; the SQL is spelled out per type
 * because a table's name cannot be bound. */
typedef struct {
  const char *module, *insert, *copy;
} Activity;

#define ACTIVITY(name)                                                                             \
  {                                                                                                \
    name, "INSERT INTO mdl_" name " (course, name, timemodified) VALUES (?, ?, ?)",                \
        "INSERT INTO mdl_" name " (course, name, intro, introformat, timemodified)"                \
        " SELECT ?2, name, intro, introformat, ?3 FROM mdl_" name " WHERE id = ?1"                 \
  }

static const Activity activities[] = {
  ACTIVITY("page"),
  ACTIVITY("resource"),
  ACTIVITY("url"),
  ACTIVITY("quiz"),
  ACTIVITY("assign"),
  { "forum", "INSERT INTO mdl_forum (course, name, timemodified) VALUES (?, ?, ?)",
    "INSERT INTO mdl_forum (course, type, name, intro, introformat, timemodified)"
    " SELECT ?2, type, name, intro, introformat, ?3 FROM mdl_forum WHERE id = ?1" },
};

static const Activity *
find_activity(const char *module) {
  for (guint i = 0; i < G_N_ELEMENTS(activities); i++)
    if (g_str_equal(activities[i].module, module))
      return &activities[i];
  return NULL;
}

bool
embedded_content_add(Embedded *moodle, gint64 courseid, gint64 section, const char *module,
                     const char *forum_type, const char *name, GError **error) {
  const Activity *activity = find_activity(module);
  g_return_val_if_fail(activity != NULL, false);
  gint64 sectionid = 0, now = clock_now(moodle->clock);
  if (!embedded_content_section(moodle, courseid, section, &sectionid, error) ||
      !db_run(moodle->db, error, activity->insert, "isi", courseid, name, now))
    return false;
  gint64 instance = db_last_id(moodle->db);
  if (forum_type != NULL && !db_run(moodle->db, error, "UPDATE mdl_forum SET type = ? WHERE id = ?",
                                    "si", forum_type, instance))
    return false;
  return db_run(moodle->db, error,
                "INSERT INTO mdl_course_modules (course, module, instance, section, added)"
                " VALUES (?, (SELECT id FROM mdl_modules WHERE name = ?), ?, ?, ?)",
                "isiii", courseid, module, instance, sectionid, now) &&
         append_to_section(moodle, sectionid, db_last_id(moodle->db), error);
}

/* ── copying ── */

typedef struct {
  gint64 cmid, instance, sectionid; /* sectionid: in the target */
  char *module;
} Source;

static void
source_clear(gpointer data) {
  g_free(((Source *)data)->module);
}

/* Sections meet by number. What the target's already say stays, as in a restore into an existing
 * course. */
static bool
copy_sections(Embedded *moodle, gint64 from, gint64 to, GError **error) {
  return db_run(moodle->db, error,
                "INSERT INTO mdl_course_sections (course, section, name, summary, summaryformat,"
                " visible, availability, timemodified)"
                " SELECT ?2, section, name, summary, summaryformat, visible, availability, ?3"
                " FROM mdl_course_sections WHERE course = ?1 ORDER BY section"
                " ON CONFLICT (course, section) DO UPDATE SET"
                " name = CASE WHEN coalesce(name, '') = '' THEN excluded.name ELSE name END,"
                " summaryformat = iif(summary = '', excluded.summaryformat, summaryformat),"
                " summary = iif(summary = '', excluded.summary, summary),"
                " visible = excluded.visible, availability = excluded.availability,"
                " timemodified = excluded.timemodified",
                "iii", from, to, clock_now(moodle->clock));
}

/* The template's modules as they are shown: by section, then as the section lists them. Its
 * announcements forum is left out when the target has one: of those a course has one. */
static GArray *
list_modules(Embedded *moodle, gint64 from, gint64 to, GError **error) {
  gint64 announced = 0;
  if (!has_announcements(moodle, to, &announced, error))
    return NULL;
  sqlite3_stmt *rows = db_prepare(
      moodle->db,
      "SELECT cm.id, cm.instance, target.id, m.name FROM mdl_course_modules cm"
      " JOIN mdl_course_sections s ON s.id = cm.section"
      " JOIN mdl_course_sections target ON target.course = ?2 AND target.section = s.section"
      " JOIN mdl_modules m ON m.id = cm.module"
      " WHERE cm.course = ?1 AND cm.deletioninprogress = 0"
      " AND (?3 = 0 OR NOT " IS_ANNOUNCEMENTS(
          "cm") ")"
                " ORDER BY s.section,"
                " instr(',' || s.sequence || ',', ',' || cm.id || ','), cm.id",
      error);
  if (rows == NULL)
    return NULL;
  db_bind(rows, "iii", from, to, announced);
  g_autoptr(GArray) sources = g_array_new(FALSE, FALSE, sizeof(Source));
  g_array_set_clear_func(sources, source_clear);
  int step;
  while ((step = db_step(moodle->db, rows, error)) > 0) {
    Source source = { sqlite3_column_int64(rows, 0), sqlite3_column_int64(rows, 1),
                      sqlite3_column_int64(rows, 2), g_strdup(embedded_text(rows, 3)) };
    g_array_append_val(sources, source);
  }
  return step == 0 ? g_steal_pointer(&sources) : NULL;
}

/* An activity type whose tables the embedded Moodle does not have keeps its instance number: it is
 * counted and shown, and has no inside here. */
static bool
copy_instance(Embedded *moodle, const Source *source, gint64 to, gint64 *instance, GError **error) {
  const Activity *activity = find_activity(source->module);
  *instance = source->instance;
  if (activity == NULL)
    return true;
  if (!db_run(moodle->db, error, activity->copy, "iii", source->instance, to,
              clock_now(moodle->clock)))
    return false;
  if (db_changes(moodle->db) > 0)
    *instance = db_last_id(moodle->db);
  return true;
}

static bool
copy_module(Embedded *moodle, const Source *source, gint64 to, GError **error) {
  gint64 instance = 0;
  return copy_instance(moodle, source, to, &instance, error) &&
         db_run(
             moodle->db, error,
             "INSERT INTO mdl_course_modules (course, module, instance, section, idnumber, added,"
             " indent, visible, visibleoncoursepage, groupmode, completion, completionview,"
             " showdescription, availability)"
             " SELECT ?2, module, ?3, ?4, idnumber, ?5, indent, visible, visibleoncoursepage,"
             " groupmode, completion, completionview, showdescription, availability"
             " FROM mdl_course_modules WHERE id = ?1",
             "iiiii", source->cmid, to, instance, source->sectionid, clock_now(moodle->clock)) &&
         append_to_section(moodle, source->sectionid, db_last_id(moodle->db), error);
}

static bool
copy_all(Embedded *moodle, gint64 from, gint64 to, GError **error) {
  if (!check_course(moodle, from, error) || !check_course(moodle, to, error) ||
      !copy_sections(moodle, from, to, error))
    return false;
  g_autoptr(GArray) sources = list_modules(moodle, from, to, error);
  if (sources == NULL)
    return false;
  for (guint i = 0; i < sources->len; i++)
    if (!copy_module(moodle, &g_array_index(sources, Source, i), to, error))
      return false;
  return true;
}

/* In the transaction, the only place from which no other process can copy meanwhile: one that stood
 * still before or in the middle of the same copy, and was taken for dead, goes on some day. */
static bool
is_as_looked_at(Embedded *moodle, gint64 courseid, GError **error) {
  GatewayContents have;
  if (moodle->looked.courseid != courseid)
    return true;
  if (!count_contents(moodle, courseid, &have, error))
    return false;
  if (have.modules == moodle->looked.modules)
    return true;
  g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_FAILED,
              "course %" G_GINT64_FORMAT " was filled by another process meanwhile; nothing was "
              "copied",
              courseid);
  return false;
}

bool
embedded_content_copy(Gateway *gateway, gint64 from, gint64 to, GError **error) {
  Embedded *moodle = (Embedded *)gateway;
  if (from == to) {
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_FAILED,
                "course %" G_GINT64_FORMAT " cannot be copied into itself", from);
    return false;
  }
  if (!embedded_begin(moodle, error))
    return false;
  bool ok = is_as_looked_at(moodle, to, error) && copy_all(moodle, from, to, error);
  moodle->looked.courseid = 0;
  return embedded_end(moodle, ok, NULL, 0, error);
}

/* ── finishing ── */

/* Writes only what differs, so that a course that needs nothing keeps its timemodified. */
static bool
finish(Embedded *moodle, gint64 from, gint64 to, GError **error) {
  gint64 wanted = 0, announced = 0;
  if (!check_course(moodle, from, error) || !check_course(moodle, to, error) ||
      !db_get_int(moodle->db, &wanted, 0, error, "SELECT newsitems FROM mdl_course WHERE id = ?",
                  "i", from) ||
      !db_run(moodle->db, error,
              "UPDATE mdl_course SET newsitems = ?2, timemodified = ?3"
              " WHERE id = ?1 AND newsitems <> ?2",
              "iii", to, wanted, clock_now(moodle->clock)) ||
      !has_announcements(moodle, to, &announced, error))
    return false;
  return wanted == 0 || announced ||
         embedded_content_add(moodle, to, 0, "forum", "news", EMBEDDED_ANNOUNCEMENTS, error);
}

bool
embedded_content_finish(Gateway *gateway, gint64 from, gint64 to, GError **error) {
  Embedded *moodle = (Embedded *)gateway;
  return embedded_begin(moodle, error) &&
         embedded_end(moodle, finish(moodle, from, to, error), NULL, 0, error);
}
