/* Reading courses.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "msim_function.h"

/* ── whether a course is there ── */

bool
msim_course_exists(MsimCall *call, gint64 courseid, bool *exists) {
  gint64 there = 0;
  if (!msim_number(call, &there, "SELECT 1 FROM mdl_course WHERE id = ?", "i", courseid))
    return false;
  *exists = there != 0;
  return true;
}

bool
msim_course_require(MsimCall *call, gint64 courseid) {
  bool exists = false;
  return msim_course_exists(call, courseid, &exists) &&
         (exists || msim_throw_missing(call, "course"));
}

bool
msim_course_require_context(MsimCall *call, gint64 courseid) {
  bool exists = false;
  if (!msim_course_exists(call, courseid, &exists))
    return false;
  return exists ||
         msim_throw(
             call, "moodle_exception", "errorcoursecontextnotvalid",
             "You cannot execute functions in the course context (course id:%" G_GINT64_FORMAT
             "). The context error message was: Invalid parameter value detected",
             courseid);
}

/* ── core_course_get_courses_by_field ── */

static const MsimParam by_field_params[] = {
  { "field", MSIM_ALPHA, MSIM_DEFAULT, "" },
  { "value", MSIM_RAW, MSIM_DEFAULT, "" },
  MSIM_END,
};

#define COURSE_COLUMNS                                                                             \
  "SELECT c.id, c.category, cat.name categoryname, c.sortorder, c.fullname, c.shortname,"          \
  " c.idnumber, c.summary, c.summaryformat, c.format, c.showgrades, c.newsitems, c.startdate,"     \
  " c.enddate, c.maxbytes, c.showreports, c.visible, c.groupmode, c.groupmodeforce, c.lang,"       \
  " c.timecreated, c.timemodified, c.enablecompletion, c.completionnotify,"                        \
  " (SELECT coalesce(max(s.section), 0) FROM mdl_course_sections s WHERE s.course = c.id)"         \
  "  numsections,"                                                                                 \
  " (SELECT x.id FROM mdl_context x WHERE x.contextlevel = 50 AND x.instanceid = c.id) contextid"  \
  " FROM mdl_course c LEFT JOIN mdl_course_categories cat ON cat.id = c.category"

static json_t *
find_by_number(MsimCall *call, const char *field, const char *value) {
  gint64 number = msim_param_to_int(value);
  return g_str_equal(field, "id")
             ? msim_rows(call, COURSE_COLUMNS " WHERE c.id = ?", "i", number)
             : msim_rows(call, COURSE_COLUMNS " WHERE c.category = ? ORDER BY c.id", "i", number);
}

static json_t *
find_by_text(MsimCall *call, const char *field, const char *value) {
  gint64 fold = !call->site->exact_case;
  return g_str_equal(field, "shortname")
             ? msim_rows(call,
                         COURSE_COLUMNS
                         " WHERE c.shortname = ?1"
                         " OR (?2 AND c.shortname = ?1 COLLATE NOCASE) ORDER BY c.id",
                         "si", value, fold)
             : msim_rows(call,
                         COURSE_COLUMNS " WHERE c.idnumber = ?1"
                                        " OR (?2 AND c.idnumber = ?1 COLLATE NOCASE) ORDER BY c.id",
                         "si", value, fold);
}

/* Moodle stumbles over an id that is not there, as PHP's own error. */
static json_t *
find_by_ids(MsimCall *call, const char *value) {
  json_auto_t *found = json_array();
  g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
  g_auto(GStrv) ids = g_strsplit(value, ",", -1);
  for (guint i = 0; i < MAX(g_strv_length(ids), 1); i++) {
    const char *id = ids[i] != NULL ? ids[i] : "";
    if (!g_hash_table_add(seen, (gpointer)id))
      continue;
    json_auto_t *one = find_by_number(call, "id", id);
    if (one == NULL)
      return NULL;
    if (json_array_size(one) == 0) {
      msim_throw(call, "Error", NULL, "Attempt to assign property \"contextvalidated\" on null");
      return NULL;
    }
    json_array_extend(found, one);
  }
  return g_steal_pointer(&found);
}

static json_t *
find_courses(MsimCall *call, const char *field, const char *value) {
  if (field[0] == '\0')
    return msim_rows(call, COURSE_COLUMNS " ORDER BY c.id", "");
  if (g_str_equal(field, "id") || g_str_equal(field, "category"))
    return find_by_number(call, field, value);
  if (g_str_equal(field, "shortname") || g_str_equal(field, "idnumber"))
    return find_by_text(call, field, value);
  if (g_str_equal(field, "ids"))
    return find_by_ids(call, value);
  msim_throw_invalid(call);
  return NULL;
}

/* Languages that are not installed read as none. */
static const char *
clean_lang(const json_t *row) {
  const char *lang = msim_text(row, "lang");
  return msim_param_is_clean(MSIM_LANG, lang) ? lang : "";
}

static json_t *
list_filters(void) {
  static const char *const filters[] = { "displayh5p", "activitynames", "mathjaxloader",
                                         "emoticon",   "urltolink",     "mediaplugin" };
  json_t *list = json_array();
  for (gsize i = 0; i < G_N_ELEMENTS(filters); i++)
    json_array_append_new(list, json_pack("{s:s, s:i, s:i}", "filter", filters[i], "localstate", 0,
                                          "inheritedstate", 1));
  return list;
}

static json_t *
list_methods(MsimCall *call, gint64 courseid) {
  json_auto_t *rows = msim_rows(call,
                                "SELECT enrol FROM mdl_enrol WHERE courseid = ? AND status = 0"
                                " ORDER BY sortorder, id",
                                "i", courseid);
  if (rows == NULL)
    return NULL;
  json_t *methods = json_array();
  gsize index;
  const json_t *row;
  json_array_foreach(rows, index, row) json_array_append(methods, json_object_get(row, "enrol"));
  return methods;
}

static void
copy(json_t *to, const json_t *from, const char *const *keys) {
  for (; *keys != NULL; keys++)
    json_object_set(to, *keys, json_object_get(from, *keys));
}

/* Moodle's own formats do not keep the number of sections; many others do. */
static bool
keeps_numsections(const char *format) {
  static const char *const own[] = { "topics", "weeks", "social", "singleactivity", NULL };
  return !g_strv_contains(own, format);
}

static json_t *
format_options(const json_t *row, bool with_indentation) {
  json_t *options = json_pack("[{s:s, s:i}, {s:s, s:i}]", "name", "hiddensections", "value", 1,
                              "name", "coursedisplay", "value", 0);
  if (with_indentation)
    json_array_append_new(options, json_pack("{s:s, s:s}", "name", "indentation", "value", "1"));
  if (keeps_numsections(msim_text(row, "format")))
    json_array_append_new(options, json_pack("{s:s, s:O}", "name", "numsections", "value",
                                             json_object_get(row, "numsections")));
  return options;
}

static json_t *
describe_public(MsimCall *call, const json_t *row, json_t *methods) {
  json_t *course = json_object();
  g_autofree char *image =
      g_strdup_printf("%s/pluginfile.php/%" G_GINT64_FORMAT "/course/generated/course.svg",
                      call->site->url, msim_int(row, "contextid", 0));
  json_object_set(course, "id", json_object_get(row, "id"));
  json_object_set_new(course, "fullname", msim_string(call, msim_text(row, "fullname")));
  json_object_set_new(course, "displayname", msim_string(call, msim_text(row, "fullname")));
  json_object_set_new(course, "shortname", msim_string(call, msim_text(row, "shortname")));
  json_object_set_new(course, "courseimage", json_string(image));
  json_object_set(course, "categoryid", json_object_get(row, "category"));
  json_object_set_new(course, "categoryname", msim_string(call, msim_text(row, "categoryname")));
  json_object_set(course, "sortorder", json_object_get(row, "sortorder"));
  msim_set_text(call, course, "summary", "summaryformat", msim_text(row, "summary"),
                msim_int(row, "summaryformat", 0));
  json_object_set_new(course, "summaryfiles", json_array());
  json_object_set_new(course, "overviewfiles", json_array());
  json_object_set_new(course, "showactivitydates", json_false());
  json_object_set_new(course, "showcompletionconditions",
                      json_boolean(msim_int(row, "enablecompletion", 0)));
  json_object_set_new(course, "contacts", json_array());
  json_object_set_new(course, "enrollmentmethods", methods);
  return course;
}

static json_t *
describe_by_field(MsimCall *call, const json_t *row) {
  static const char *const plain[] = { "idnumber",  "format",    "showgrades",     "newsitems",
                                       "startdate", "enddate",   "maxbytes",       "showreports",
                                       "visible",   "groupmode", "groupmodeforce", NULL };
  static const char *const more[] = { "enablecompletion", "completionnotify", NULL };
  static const char *const times[] = { "timecreated", "timemodified", NULL };
  json_t *methods = list_methods(call, msim_int(row, "id", 0));
  if (methods == NULL)
    return NULL;
  json_t *course = describe_public(call, row, methods);
  copy(course, row, plain);
  json_object_set_new(course, "defaultgroupingid", json_integer(0));
  copy(course, row, more);
  json_object_set_new(course, "lang", json_string(clean_lang(row)));
  json_object_set_new(course, "theme", json_string(""));
  json_object_set_new(course, "marker", json_integer(0));
  json_object_set_new(course, "legacyfiles", json_integer(0));
  json_object_set_new(course, "calendartype", json_string(""));
  copy(course, row, times);
  json_object_set_new(course, "requested", json_integer(0));
  json_object_set(course, "cacherev", json_object_get(row, "timemodified"));
  json_object_set_new(course, "filters", list_filters());
  json_object_set_new(course, "courseformatoptions", format_options(row, true));
  return course;
}

static json_t *
run_by_field(MsimCall *call, const json_t *given) {
  const char *field = msim_text(given, "field"), *value = msim_text(given, "value");
  json_auto_t *rows = find_courses(call, field != NULL ? field : "", value != NULL ? value : "");
  if (rows == NULL)
    return NULL;
  json_auto_t *courses = json_array();
  gsize index;
  const json_t *row;
  json_array_foreach(rows, index, row) {
    if (json_array_append_new(courses, describe_by_field(call, row)) != 0)
      return NULL;
  }
  return json_pack("{s:O, s:[]}", "courses", courses, "warnings");
}

const MsimFunction msim_course_by_field = {
  .name = "core_course_get_courses_by_field",
  .params = by_field_params,
  .run = run_by_field,
};

/* ── core_course_get_courses ── */

static const MsimParam course_id[] = { { NULL, MSIM_INT }, MSIM_END };
static const MsimParam list_options[] = {
  { "ids", MSIM_LIST, MSIM_OPTIONAL, .inner = course_id },
  MSIM_END,
};
static const MsimParam list_params[] = {
  { "options", MSIM_STRUCT, MSIM_DEFAULT, .inner = list_options },
  MSIM_END,
};

static json_t *
describe_listed(MsimCall *call, const json_t *row) {
  static const char *const first[] = { "format",  "showgrades",  "newsitems", "startdate",
                                       "enddate", "numsections", "maxbytes",  "showreports",
                                       "visible", NULL };
  static const char *const second[] = { "groupmode", "groupmodeforce", NULL };
  static const char *const third[] = { "timecreated", "timemodified", "enablecompletion",
                                       "completionnotify", NULL };
  json_t *course = json_object();
  json_object_set(course, "id", json_object_get(row, "id"));
  json_object_set_new(course, "shortname", msim_string(call, msim_text(row, "shortname")));
  json_object_set(course, "categoryid", json_object_get(row, "category"));
  json_object_set(course, "categorysortorder", json_object_get(row, "sortorder"));
  json_object_set_new(course, "fullname", msim_string(call, msim_text(row, "fullname")));
  json_object_set_new(course, "displayname", msim_string(call, msim_text(row, "fullname")));
  json_object_set(course, "idnumber", json_object_get(row, "idnumber"));
  msim_set_text(call, course, "summary", "summaryformat", msim_text(row, "summary"),
                msim_int(row, "summaryformat", 0));
  copy(course, row, first);
  json_object_set_new(course, "hiddensections", json_integer(1));
  copy(course, row, second);
  json_object_set_new(course, "defaultgroupingid", json_integer(0));
  copy(course, row, third);
  json_object_set_new(course, "lang", json_string(clean_lang(row)));
  json_object_set_new(course, "forcetheme", json_string(""));
  json_object_set_new(course, "courseformatoptions", format_options(row, false));
  json_object_set_new(course, "showactivitydates", json_false());
  json_object_set_new(course, "showcompletionconditions",
                      json_boolean(msim_int(row, "enablecompletion", 0)));
  return course;
}

/* All courses when none is named. Each of those named that is there, once. */
static json_t *
find_listed(MsimCall *call, const json_t *ids) {
  if (json_array_size(ids) == 0)
    return msim_rows(call, COURSE_COLUMNS " ORDER BY c.id", "");
  json_auto_t *found = json_array();
  g_autoptr(GHashTable) seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
  gsize index;
  const json_t *id;
  json_array_foreach(ids, index, id) {
    gint64 number = json_integer_value(id);
    if (!g_hash_table_add(seen, g_memdup2(&number, sizeof number)))
      continue;
    json_auto_t *one = msim_rows(call, COURSE_COLUMNS " WHERE c.id = ?", "i", number);
    if (one == NULL)
      return NULL;
    json_array_extend(found, one);
  }
  return g_steal_pointer(&found);
}

static json_t *
run_list(MsimCall *call, const json_t *given) {
  json_auto_t *rows = find_listed(call, json_object_get(json_object_get(given, "options"), "ids"));
  if (rows == NULL)
    return NULL;
  json_t *courses = json_array();
  gsize index;
  const json_t *row;
  json_array_foreach(rows, index, row) json_array_append_new(courses, describe_listed(call, row));
  return courses;
}

const MsimFunction msim_course_list = {
  .name = "core_course_get_courses",
  .params = list_params,
  .run = run_list,
};

/* ── core_course_get_user_administration_options ── */

static const MsimParam options_params[] = {
  { "courseids", MSIM_LIST, .inner = course_id },
  MSIM_END,
};

static json_t *
describe_options(MsimCall *call, gint64 courseid) {
  static const struct {
    const char *name;
    bool available;
  } options[] = { { "update", true },     { "editcompletion", true }, { "filters", false },
                  { "reports", false },   { "backup", false },        { "restore", false },
                  { "copy", false },      { "files", false },         { "tags", false },
                  { "gradebook", false }, { "outcomes", false },      { "badges", true },
                  { "import", true },     { "reset", false },         { "roles", false } };
  bool may_import = !g_hash_table_contains(call->site->forbidden, "core_course_import_course");
  bool may_update = !g_hash_table_contains(call->site->forbidden, "core_course_update_courses");
  json_t *list = json_array();
  for (gsize i = 0; i < G_N_ELEMENTS(options); i++) {
    const char *name = options[i].name;
    bool available = options[i].available && (may_import || !g_str_equal(name, "import")) &&
                     (may_update || !g_str_equal(name, "update"));
    json_array_append_new(list, json_pack("{s:s, s:b}", "name", name, "available", (int)available));
  }
  return json_pack("{s:I, s:o}", "id", (json_int_t)courseid, "options", list);
}

static json_t *
run_options(MsimCall *call, const json_t *given) {
  json_auto_t *courses = json_array();
  json_auto_t *warnings = json_array();
  gsize index;
  const json_t *id;
  json_array_foreach(json_object_get(given, "courseids"), index, id) {
    gint64 courseid = json_integer_value(id);
    bool exists = false;
    if (!msim_course_exists(call, courseid, &exists))
      return NULL;
    if (exists)
      json_array_append_new(courses, describe_options(call, courseid));
    else
      json_array_append_new(warnings, json_pack("{s:s, s:I, s:s, s:s}", "item", "course", "itemid",
                                                (json_int_t)courseid, "warningcode", "1", "message",
                                                "No access rights in course context"));
  }
  return json_pack("{s:O, s:O}", "courses", courses, "warnings", warnings);
}

const MsimFunction msim_course_options = {
  .name = "core_course_get_user_administration_options",
  .params = options_params,
  .run = run_options,
};
