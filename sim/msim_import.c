/* core_course_import_course: as Moodle's backup and restore in import mode do it into a course that
 * exists. Sections meet by number; every activity comes anew, the announcements forum too, and so
 * do the template's groups, without members.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "msim_function.h"

static const MsimParam option[] = { { "name", MSIM_ALPHA }, { "value", MSIM_RAW }, MSIM_END };
static const MsimParam params[] = {
  { "importfrom", MSIM_INT },
  { "importto", MSIM_INT },
  { "deletecontent", MSIM_INT, MSIM_DEFAULT, "0" },
  { "options", MSIM_LIST, MSIM_DEFAULT, .inner = option },
  MSIM_END,
};

/* ── checks ── */

static bool
throw_option(MsimCall *call, const char *what) {
  return msim_throw(call, "moodle_exception", "invalidextparam",
                    "Invalid external api parameter: %s", what);
}

static bool
check_course(MsimCall *call, gint64 courseid) {
  bool exists = false;
  if (!msim_course_exists(call, courseid, &exists))
    return false;
  return exists || msim_throw(call, "moodle_exception", "invalidcourseid",
                              "You are trying to use an invalid course ID");
}

static bool
check_options(MsimCall *call, const json_t *options, bool *activities) {
  gsize index;
  const json_t *one;
  json_array_foreach(options, index, one) {
    const char *name = msim_text(one, "name"), *text = msim_text(one, "value");
    gint64 wanted = text != NULL ? msim_param_to_int(text) : 0;
    bool known = g_str_equal(name, "activities") || g_str_equal(name, "blocks") ||
                 g_str_equal(name, "filters");
    if ((wanted != 0 && wanted != 1) || !known)
      return throw_option(call, name);
    if (g_str_equal(name, "activities"))
      *activities = wanted == 1;
  }
  return true;
}

/* ── copying ── */

static bool
copy_sections(MsimCall *call, gint64 from, gint64 to) {
  return msim_exec(call,
                   "INSERT INTO mdl_course_sections (course, section, name, summary, summaryformat,"
                   " visible, availability, timemodified)"
                   " SELECT ?2, section, name, summary, summaryformat, visible, availability, ?3"
                   " FROM mdl_course_sections WHERE course = ?1 ORDER BY section"
                   " ON CONFLICT (course, section) DO UPDATE SET"
                   " name = iif(coalesce(name, '') = '', excluded.name, name),"
                   " summaryformat = iif(summary = '', excluded.summaryformat, summaryformat),"
                   " summary = iif(summary = '', excluded.summary, summary),"
                   " timemodified = excluded.timemodified",
                   "iii", from, to, call->now);
}

static bool
copy_groups(MsimCall *call, gint64 from, gint64 to) {
  return msim_exec(call,
                   "INSERT INTO mdl_groups (courseid, name, description, descriptionformat,"
                   " timecreated, timemodified)"
                   " SELECT ?2, name, description, descriptionformat, ?3, ?3 FROM mdl_groups"
                   " WHERE courseid = ?1 ORDER BY id ON CONFLICT DO NOTHING",
                   "iii", from, to, call->now);
}

/* How an activity's own row is copied: a table's name cannot be bound. */
static const struct {
  const char *module, *sql;
} instances[] = {
  { "forum", "INSERT INTO mdl_forum (course, type, name, intro, introformat, timemodified)"
             " SELECT ?2, type, name, intro, introformat, ?3 FROM mdl_forum WHERE id = ?1" },
  { "page", "INSERT INTO mdl_page (course, name, intro, introformat, timemodified)"
            " SELECT ?2, name, intro, introformat, ?3 FROM mdl_page WHERE id = ?1" },
  { "resource", "INSERT INTO mdl_resource (course, name, intro, introformat, timemodified)"
                " SELECT ?2, name, intro, introformat, ?3 FROM mdl_resource WHERE id = ?1" },
  { "url", "INSERT INTO mdl_url (course, name, intro, introformat, timemodified)"
           " SELECT ?2, name, intro, introformat, ?3 FROM mdl_url WHERE id = ?1" },
  { "quiz", "INSERT INTO mdl_quiz (course, name, intro, introformat, timemodified)"
            " SELECT ?2, name, intro, introformat, ?3 FROM mdl_quiz WHERE id = ?1" },
  { "assign", "INSERT INTO mdl_assign (course, name, intro, introformat, timemodified)"
              " SELECT ?2, name, intro, introformat, ?3 FROM mdl_assign WHERE id = ?1" },
};

static bool
copy_instance(MsimCall *call, const json_t *module, gint64 to, gint64 *instance) {
  *instance = msim_int(module, "instance", 0);
  for (gsize i = 0; i < G_N_ELEMENTS(instances); i++) {
    if (!g_str_equal(instances[i].module, msim_text(module, "name")))
      continue;
    if (!msim_exec(call, instances[i].sql, "iii", *instance, to, call->now))
      return false;
    *instance = db_last_id(call->db);
  }
  return true;
}

static bool
copy_module(MsimCall *call, const json_t *module, gint64 to) {
  gint64 instance = 0, section = msim_int(module, "target", 0);
  return copy_instance(call, module, to, &instance) &&
         msim_exec(call,
                   "INSERT INTO mdl_course_modules (course, module, instance, section, idnumber,"
                   " added, indent, visible, visibleoncoursepage, groupmode, completion,"
                   " completionview, showdescription, availability)"
                   " SELECT ?2, module, ?3, ?4, idnumber, ?5, indent, visible,"
                   " visibleoncoursepage, groupmode, completion, completionview, showdescription,"
                   " availability FROM mdl_course_modules WHERE id = ?1",
                   "iiiii", msim_int(module, "id", 0), to, instance, section, call->now) &&
         msim_exec(call,
                   "UPDATE mdl_course_sections SET sequence ="
                   " iif(sequence = '', '', sequence || ',') || ?2 WHERE id = ?1",
                   "ii", section, (gint64)db_last_id(call->db));
}

static bool
copy_modules(MsimCall *call, gint64 from, gint64 to) {
  json_auto_t *modules = msim_rows(
      call,
      "SELECT cm.id, cm.instance, m.name, target.id target FROM mdl_course_modules cm"
      " JOIN mdl_modules m ON m.id = cm.module JOIN mdl_course_sections s ON s.id = cm.section"
      " JOIN mdl_course_sections target ON target.course = ?2 AND target.section = s.section"
      " WHERE cm.course = ?1 AND cm.deletioninprogress = 0"
      " ORDER BY s.section, instr(',' || s.sequence || ',', ',' || cm.id || ','), cm.id",
      "ii", from, to);
  if (modules == NULL)
    return false;
  gsize index;
  const json_t *module;
  json_array_foreach(modules, index, module) {
    if (!copy_module(call, module, to))
      return false;
  }
  return true;
}

/* With deletecontent everything goes, the ways to enrol too, and none of those come back. */
static bool
empty_course(MsimCall *call, gint64 courseid) {
  json_auto_t *modules =
      msim_rows(call, "SELECT id FROM mdl_course_modules WHERE course = ?", "i", courseid);
  if (modules == NULL)
    return false;
  gsize index;
  const json_t *module;
  json_array_foreach(modules, index, module) {
    if (!msim_content_remove(call, msim_int(module, "id", 0)))
      return false;
  }
  return msim_exec(call, "DELETE FROM mdl_groups WHERE courseid = ?", "i", courseid) &&
         msim_exec(call, "DELETE FROM mdl_enrol WHERE courseid = ?", "i", courseid) &&
         msim_exec(call, "DELETE FROM mdl_course_sections WHERE course = ?", "i", courseid) &&
         msim_exec(call, "UPDATE mdl_course SET summary = '' WHERE id = ?", "i", courseid);
}

static json_t *
run(MsimCall *call, const json_t *given) {
  gint64 from = msim_int(given, "importfrom", 0), to = msim_int(given, "importto", 0);
  gint64 delete = msim_int(given, "deletecontent", 0);
  bool activities = true, ok = true;
  g_autofree char *delete_text = g_strdup_printf("%" G_GINT64_FORMAT, delete);
  if (delete != 0 && delete != 1)
    ok = throw_option(call, delete_text);
  ok = ok && check_course(call, from) && check_course(call, to) &&
       check_options(call, json_object_get(given, "options"), &activities);
  if (ok && (from == EMBEDDED_SITE_COURSE || to == EMBEDDED_SITE_COURSE))
    ok = msim_throw(call, "moodle_exception", "backupprecheckerrors",
                    "webservice/backupprecheckerrors");
  ok = ok && (delete == 0 || empty_course(call, to)) && copy_groups(call, from, to) &&
       copy_sections(call, from, to) && (!activities || copy_modules(call, from, to));
  return ok ? json_null() : NULL;
}

const MsimFunction msim_import_course = {
  .name = "core_course_import_course",
  .params = params,
  .effect = MSIM_ALL,
  .capability = "Import courses",
  .run = run,
};
