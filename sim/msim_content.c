/* What is in a course: its sections and modules, its forums, and deleting modules.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "msim_function.h"

/* Module contexts are not in the embedded Moodle's tables; their numbers follow from the module's.
 */
#define MODULE_CONTEXT_BASE G_GINT64_CONSTANT(1000000)

/* ── core_course_get_contents ── */

static const MsimParam option[] = { { "name", MSIM_ALPHANUM }, { "value", MSIM_RAW }, MSIM_END };
static const MsimParam get_params[] = {
  { "courseid", MSIM_INT },
  { "options", MSIM_LIST, MSIM_DEFAULT, .inner = option },
  MSIM_END,
};

typedef struct {
  bool no_modules, no_contents;
  gint64 sectionid, section, cmid, modid; /* section −1: all; the others 0 */
  const char *modname;
} Filter;

static bool
read_flag(const char *text) {
  return text[0] != '\0' && !g_str_equal(text, "0") && g_ascii_strcasecmp(text, "false") != 0 &&
         g_ascii_strcasecmp(text, "no") != 0 && g_ascii_strcasecmp(text, "off") != 0;
}

static bool
read_option(MsimCall *call, const json_t *one, Filter *filter) {
  const char *name = msim_text(one, "name"), *text = msim_text(one, "value");
  text = text != NULL ? text : "";
  if (g_str_equal(name, "excludemodules"))
    filter->no_modules = read_flag(text);
  else if (g_str_equal(name, "excludecontents"))
    filter->no_contents = read_flag(text);
  else if (g_str_equal(name, "sectionid"))
    filter->sectionid = msim_param_to_int(text);
  else if (g_str_equal(name, "sectionnumber"))
    filter->section = msim_param_to_int(text);
  else if (g_str_equal(name, "cmid"))
    filter->cmid = msim_param_to_int(text);
  else if (g_str_equal(name, "modid"))
    filter->modid = msim_param_to_int(text);
  else if (g_str_equal(name, "modname"))
    filter->modname = text;
  else if (!g_str_equal(name, "includestealthmodules"))
    return msim_throw(call, "moodle_exception", "errorinvalidparam", "The param \"%s\" is invalid.",
                      name);
  return true;
}

static json_t *
find_modules(MsimCall *call, gint64 sectionid, const Filter *filter) {
  return msim_rows(
      call,
      "SELECT cm.id, cm.instance, m.name modname, cm.visible, cm.visibleoncoursepage, cm.indent,"
      " cm.completion, cm.availability, coalesce(CASE m.name"
      "  WHEN 'forum' THEN (SELECT name FROM mdl_forum WHERE id = cm.instance)"
      "  WHEN 'page' THEN (SELECT name FROM mdl_page WHERE id = cm.instance)"
      "  WHEN 'resource' THEN (SELECT name FROM mdl_resource WHERE id = cm.instance)"
      "  WHEN 'url' THEN (SELECT name FROM mdl_url WHERE id = cm.instance)"
      "  WHEN 'quiz' THEN (SELECT name FROM mdl_quiz WHERE id = cm.instance)"
      "  WHEN 'assign' THEN (SELECT name FROM mdl_assign WHERE id = cm.instance) END, m.name) name"
      " FROM mdl_course_modules cm JOIN mdl_modules m ON m.id = cm.module"
      " JOIN mdl_course_sections s ON s.id = cm.section"
      " WHERE cm.section = ?1 AND cm.deletioninprogress = 0 AND (?2 = 0 OR cm.id = ?2)"
      " AND (?3 IS NULL OR m.name = ?3) AND (?4 = 0 OR cm.instance = ?4)"
      " ORDER BY instr(',' || s.sequence || ',', ',' || cm.id || ','), cm.id",
      "iisi", sectionid, filter->cmid, filter->modname,
      filter->modname != NULL ? filter->modid : (gint64)0);
}

static const char *
plural(const char *module) {
  static const char *const words[][2] = { { "assign", "Assignments" }, { "forum", "Forums" },
                                          { "page", "Pages" },         { "quiz", "Quizzes" },
                                          { "resource", "Files" },     { "url", "URLs" } };
  for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
    if (g_str_equal(words[i][0], module))
      return words[i][1];
  }
  return module;
}

/* Only some modules tell what files are in them. */
static void
add_files(const MsimCall *call, json_t *module, const char *name, bool with_contents) {
  if (!g_str_equal(name, "page") && !g_str_equal(name, "resource") && !g_str_equal(name, "url"))
    return;
  json_t *contents = json_array();
  g_autofree char *url = g_strdup_printf(
      "%s/webservice/pluginfile.php/%" JSON_INTEGER_FORMAT "/mod_%s/content/index.html",
      call->site->url, json_integer_value(json_object_get(module, "contextid")), name);
  if (with_contents)
    json_array_append_new(
        contents, json_pack("{s:s, s:s, s:s, s:i, s:s, s:n, s:I, s:i, s:n, s:n, s:n}", "type",
                            "file", "filename", "index.html", "filepath", "/", "filesize", 0,
                            "fileurl", url, "timecreated", "timemodified", (json_int_t)call->now,
                            "sortorder", 1, "userid", "author", "license"));
  json_object_set_new(module, "contents", contents);
  json_object_set_new(module, "contentsinfo",
                      json_pack("{s:i, s:i, s:I, s:[], s:s}", "filescount", 1, "filessize", 0,
                                "lastmodified", (json_int_t)call->now, "mimetypes",
                                "repositorytype", ""));
}

static json_t *
describe_module(const MsimCall *call, const json_t *row, const Filter *filter) {
  gint64 id = msim_int(row, "id", 0);
  const char *name = msim_text(row, "modname");
  g_autofree char *url =
      g_strdup_printf("%s/mod/%s/view.php?id=%" G_GINT64_FORMAT, call->site->url, name, id);
  g_autofree char *icon =
      g_strdup_printf("%s/theme/image.php/boost/%s/1/monologo?filtericon=1", call->site->url, name);
  json_t *module = json_pack(
      "{s:I, s:s, s:o, s:O, s:I, s:O, s:b, s:O, s:s, s:s, s:s, s:O, s:O, s:s, s:n, s:s, s:b, s:O,"
      " s:i, s:[]}",
      "id", (json_int_t)id, "url", url, "name", msim_string(call, msim_text(row, "name")),
      "instance", json_object_get(row, "instance"), "contextid",
      (json_int_t)(MODULE_CONTEXT_BASE + id), "visible", json_object_get(row, "visible"),
      "uservisible", 1, "visibleoncoursepage", json_object_get(row, "visibleoncoursepage"),
      "modicon", icon, "modname", name, "modplural", plural(name), "availability",
      json_object_get(row, "availability"), "indent", json_object_get(row, "indent"), "onclick", "",
      "afterlink", "customdata", "\"\"", "noviewlink", 0, "completion",
      json_object_get(row, "completion"), "downloadcontent", 1, "dates");
  add_files(call, module, name, !filter->no_contents);
  return module;
}

static json_t *
section_name(const MsimCall *call, const json_t *row) {
  const char *name = msim_text(row, "name");
  gint64 number = msim_int(row, "section", 0);
  if (name != NULL && name[0] != '\0')
    return msim_string(call, name);
  g_autofree char *made =
      number == 0 ? g_strdup("General") : g_strdup_printf("Topic %" G_GINT64_FORMAT, number);
  return json_string(made);
}

static json_t *
describe_section(MsimCall *call, const json_t *row, const Filter *filter) {
  json_auto_t *rows = find_modules(call, msim_int(row, "id", 0), filter);
  if (rows == NULL)
    return NULL;
  json_t *modules = json_array();
  gsize index;
  const json_t *module;
  json_array_foreach(rows, index, module) {
    if (!filter->no_modules)
      json_array_append_new(modules, describe_module(call, module, filter));
  }
  json_t *section = json_object();
  json_object_set(section, "id", json_object_get(row, "id"));
  json_object_set_new(section, "name", section_name(call, row));
  json_object_set(section, "visible", json_object_get(row, "visible"));
  msim_set_text(call, section, "summary", "summaryformat", msim_text(row, "summary"),
                msim_int(row, "summaryformat", 0));
  json_object_set(section, "section", json_object_get(row, "section"));
  json_object_set_new(section, "hiddenbynumsections", json_integer(0));
  json_object_set_new(section, "uservisible", json_true());
  json_object_set_new(section, "modules", modules);
  return section;
}

static json_t *
run_get(MsimCall *call, const json_t *given) {
  Filter filter = { .section = -1 };
  gsize index;
  const json_t *one;
  json_array_foreach(json_object_get(given, "options"), index, one) {
    if (!read_option(call, one, &filter))
      return NULL;
  }
  gint64 courseid = msim_int(given, "courseid", 0);
  if (!msim_course_require(call, courseid))
    return NULL;
  json_auto_t *rows =
      msim_rows(call,
                "SELECT id, name, section, visible, summary, summaryformat"
                " FROM mdl_course_sections WHERE course = ?1 AND (?2 = 0 OR id = ?2)"
                " AND (?3 < 0 OR section = ?3) ORDER BY section",
                "iii", courseid, filter.sectionid, filter.section);
  if (rows == NULL)
    return NULL;
  json_auto_t *sections = json_array();
  json_array_foreach(rows, index, one) {
    if (json_array_append_new(sections, describe_section(call, one, &filter)) != 0)
      return NULL;
  }
  return g_steal_pointer(&sections);
}

const MsimFunction msim_content_get = {
  .name = "core_course_get_contents",
  .params = get_params,
  .run = run_get,
};

/* ── mod_forum_get_forums_by_courses ── */

static const MsimParam id_of_course[] = { { NULL, MSIM_INT }, MSIM_END };
static const MsimParam forums_params[] = {
  { "courseids", MSIM_LIST, MSIM_DEFAULT, .inner = id_of_course },
  MSIM_END,
};

static json_t *
describe_forum(const MsimCall *call, const json_t *row) {
  json_t *forum = json_object();
  json_object_set(forum, "id", json_object_get(row, "id"));
  json_object_set(forum, "course", json_object_get(row, "course"));
  json_object_set(forum, "type", json_object_get(row, "type"));
  json_object_set_new(forum, "name", msim_string(call, msim_text(row, "name")));
  msim_set_text(call, forum, "intro", "introformat", msim_text(row, "intro"),
                msim_int(row, "introformat", 0));
  json_object_set_new(forum, "introfiles", json_array());
  json_object_set_new(forum, "lang", json_string(""));
  static const struct {
    const char *key;
    int value;
  } numbers[] = { { "duedate", 0 },         { "cutoffdate", 0 },         { "assessed", 0 },
                  { "assesstimestart", 0 }, { "assesstimefinish", 0 },   { "scale", 0 },
                  { "grade_forum", 0 },     { "grade_forum_notify", 0 }, { "maxbytes", 0 },
                  { "maxattachments", 1 },  { "forcesubscribe", 1 },     { "trackingtype", 1 },
                  { "rsstype", 0 },         { "rssarticles", 0 } };
  for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++)
    json_object_set_new(forum, numbers[i].key, json_integer(numbers[i].value));
  json_object_set(forum, "timemodified", json_object_get(row, "timemodified"));
  static const char *const zeros[] = { "warnafter",         "blockafter",
                                       "blockperiod",       "completiondiscussions",
                                       "completionreplies", "completionposts" };
  for (gsize i = 0; i < G_N_ELEMENTS(zeros); i++)
    json_object_set_new(forum, zeros[i], json_integer(0));
  json_object_set(forum, "cmid", json_object_get(row, "cmid"));
  json_object_set(forum, "numdiscussions", json_object_get(row, "numdiscussions"));
  json_object_set_new(forum, "cancreatediscussions", json_true());
  json_object_set_new(forum, "lockdiscussionafter", json_integer(0));
  json_object_set_new(forum, "istracked", json_false());
  return forum;
}

static json_t *
run_forums(MsimCall *call, const json_t *given) {
  json_auto_t *forums = json_array();
  gsize index, at;
  const json_t *id, *row;
  json_array_foreach(json_object_get(given, "courseids"), index, id) {
    json_auto_t *rows =
        msim_rows(call,
                  "SELECT f.id, f.course, f.type, f.name, f.intro, f.introformat, f.timemodified,"
                  " cm.id cmid, (SELECT count(*) FROM mdl_forum_discussions d"
                  "               WHERE d.forum = f.id) numdiscussions"
                  " FROM mdl_forum f JOIN mdl_modules m ON m.name = 'forum'"
                  " JOIN mdl_course_modules cm ON cm.module = m.id AND cm.instance = f.id"
                  "  AND cm.course = f.course WHERE f.course = ? AND cm.deletioninprogress = 0"
                  " ORDER BY cm.id",
                  "i", (gint64)json_integer_value(id));
    if (rows == NULL)
      return NULL;
    json_array_foreach(rows, at, row) json_array_append_new(forums, describe_forum(call, row));
  }
  return g_steal_pointer(&forums);
}

const MsimFunction msim_content_forums = {
  .name = "mod_forum_get_forums_by_courses",
  .params = forums_params,
  .run = run_forums,
};

/* ── core_course_delete_modules ── */

static const MsimParam delete_params[] = {
  { "cmids", MSIM_LIST, .inner = id_of_course },
  MSIM_END,
};

bool
msim_content_remove(MsimCall *call, gint64 cmid) {
  static const char *const instances[] = {
    "DELETE FROM mdl_forum WHERE id = (SELECT cm.instance FROM mdl_course_modules cm"
    " JOIN mdl_modules m ON m.id = cm.module WHERE cm.id = ? AND m.name = 'forum')",
    "DELETE FROM mdl_page WHERE id = (SELECT cm.instance FROM mdl_course_modules cm"
    " JOIN mdl_modules m ON m.id = cm.module WHERE cm.id = ? AND m.name = 'page')",
    "DELETE FROM mdl_resource WHERE id = (SELECT cm.instance FROM mdl_course_modules cm"
    " JOIN mdl_modules m ON m.id = cm.module WHERE cm.id = ? AND m.name = 'resource')",
    "DELETE FROM mdl_url WHERE id = (SELECT cm.instance FROM mdl_course_modules cm"
    " JOIN mdl_modules m ON m.id = cm.module WHERE cm.id = ? AND m.name = 'url')",
    "DELETE FROM mdl_quiz WHERE id = (SELECT cm.instance FROM mdl_course_modules cm"
    " JOIN mdl_modules m ON m.id = cm.module WHERE cm.id = ? AND m.name = 'quiz')",
    "DELETE FROM mdl_assign WHERE id = (SELECT cm.instance FROM mdl_course_modules cm"
    " JOIN mdl_modules m ON m.id = cm.module WHERE cm.id = ? AND m.name = 'assign')",
    "UPDATE mdl_course_sections SET sequence ="
    " trim(replace(',' || sequence || ',', ',' || ?1 || ',', ','), ',')"
    " WHERE id = (SELECT section FROM mdl_course_modules WHERE id = ?1)",
    "DELETE FROM mdl_course_modules WHERE id = ?",
  };
  for (gsize i = 0; i < G_N_ELEMENTS(instances); i++) {
    if (!msim_exec(call, instances[i], "i", cmid))
      return false;
  }
  return true;
}

static json_t *
run_delete(MsimCall *call, const json_t *given) {
  gsize index;
  const json_t *id;
  json_array_foreach(json_object_get(given, "cmids"), index, id) {
    gint64 cmid = json_integer_value(id), there = 0;
    if (!msim_number(call, &there, "SELECT 1 FROM mdl_course_modules WHERE id = ?", "i", cmid))
      return NULL;
    if (there == 0) {
      msim_throw_missing(call, "course_modules");
      return NULL;
    }
    if (!msim_content_remove(call, cmid))
      return NULL;
  }
  return json_null();
}

const MsimFunction msim_content_delete = {
  .name = "core_course_delete_modules",
  .params = delete_params,
  .effect = MSIM_PARTIAL,
  .capability = "Manage activities",
  .run = run_delete,
};
