/* core_course_create_courses: all of them or none.
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
  { "fullname", MSIM_TEXT },
  { "shortname", MSIM_TEXT },
  { "categoryid", MSIM_INT },
  { "idnumber", MSIM_RAW, MSIM_OPTIONAL },
  { "summary", MSIM_RAW, MSIM_OPTIONAL },
  { "summaryformat", MSIM_INT, MSIM_DEFAULT, "1" },
  { "format", MSIM_PLUGIN, MSIM_DEFAULT, "topics" },
  { "showgrades", MSIM_INT, MSIM_DEFAULT, "1" },
  { "newsitems", MSIM_INT, MSIM_DEFAULT, "5" },
  { "startdate", MSIM_INT, MSIM_OPTIONAL },
  { "enddate", MSIM_INT, MSIM_OPTIONAL },
  { "numsections", MSIM_INT, MSIM_OPTIONAL },
  { "maxbytes", MSIM_INT, MSIM_DEFAULT, "0" },
  { "showreports", MSIM_INT, MSIM_DEFAULT, "0" },
  { "visible", MSIM_INT, MSIM_OPTIONAL },
  { "hiddensections", MSIM_INT, MSIM_OPTIONAL },
  { "groupmode", MSIM_INT, MSIM_DEFAULT, "0" },
  { "groupmodeforce", MSIM_INT, MSIM_DEFAULT, "0" },
  { "defaultgroupingid", MSIM_INT, MSIM_DEFAULT, "0" },
  { "enablecompletion", MSIM_INT, MSIM_OPTIONAL },
  { "completionnotify", MSIM_INT, MSIM_OPTIONAL },
  { "lang", MSIM_SAFEDIR, MSIM_OPTIONAL },
  { "forcetheme", MSIM_PLUGIN, MSIM_OPTIONAL },
  { "courseformatoptions", MSIM_LIST, MSIM_OPTIONAL, .inner = option },
  { "customfields", MSIM_LIST, MSIM_OPTIONAL, .inner = custom },
  MSIM_END,
};
static const MsimParam params[] = { { "courses", MSIM_LIST, .inner = course_fields }, MSIM_END };

/* ── checks, in Moodle's order ── */

static bool
throw_param(MsimCall *call, const char *name) {
  return msim_throw(call, "moodle_exception", "errorinvalidparam", "The param \"%s\" is invalid.",
                    name);
}

static bool
check_category(MsimCall *call, gint64 category, gint64 *visible) {
  json_auto_t *row =
      msim_row(call, "SELECT visible FROM mdl_course_categories WHERE id = ?", "i", category);
  if (row == NULL)
    return false;
  *visible = msim_int(row, "visible", 1);
  return json_is_object(row) ||
         msim_throw(call, "moodle_exception", "errorcatcontextnotvalid",
                    "You cannot execute functions in the category context (category id:"
                    "%" G_GINT64_FORMAT "). The context error message was: Invalid parameter value"
                    " detected",
                    category);
}

static bool
is_blank(const char *text) {
  g_autofree char *trimmed = g_strstrip(g_strdup(text != NULL ? text : ""));
  return trimmed[0] == '\0';
}

static bool
check_texts(MsimCall *call, const json_t *course) {
  const char *lang = msim_text(course, "lang");
  if (is_blank(msim_text(course, "fullname")))
    return throw_param(call, "fullname");
  if (is_blank(msim_text(course, "shortname")))
    return throw_param(call, "shortname");
  if (lang != NULL && (lang[0] == '\0' || !msim_param_is_clean(MSIM_LANG, lang)))
    return throw_param(call, "lang");
  return true;
}

static bool
check_unique(MsimCall *call, const char *shortname, const char *idnumber) {
  return msim_course_free_shortname(call, shortname, 0) &&
         (idnumber == NULL || idnumber[0] == '\0' || msim_course_free_idnumber(call, idnumber, 0));
}

/* ── making one ── */

static bool
add(MsimCall *call, const json_t *course, bool visible, gint64 *id) {
  const char *lang = msim_text(course, "lang"), *summary = msim_text(course, "summary");
  const GatewayCourseSettings settings = {
    .summary = (char *)summary,
    .format = (char *)msim_text(course, "format"),
    .lang = (char *)(lang != NULL ? lang : ""),
    .summaryformat = (gint)msim_int(course, "summaryformat", 1),
    .numsections = (gint)msim_int(course, "numsections", 0),
    .showgrades = (gint)msim_int(course, "showgrades", 1),
    .groupmode = (gint)msim_int(course, "groupmode", 0),
    .groupmodeforce = (gint)msim_int(course, "groupmodeforce", 0),
    .enablecompletion = (gint)msim_int(course, "enablecompletion", 1),
    .completionnotify = (gint)msim_int(course, "completionnotify", 0),
    .showreports = (gint)msim_int(course, "showreports", 0),
    .maxbytes = msim_int(course, "maxbytes", 0),
  };
  const GatewayNewCourse new = {
    .shortname = msim_text(course, "shortname"),
    .fullname = msim_text(course, "fullname"),
    .idnumber = msim_text(course, "idnumber"),
    .category = msim_int(course, "categoryid", 0),
    .startdate = msim_int(course, "startdate", 0),
    .enddate = msim_int(course, "enddate", 0),
    .settings = &settings,
  };
  GatewayOutcome outcome = { 0 };
  GError *error = NULL;
  if (!embedded_course_add(call->site->moodle, &new, visible, &outcome, &error))
    return msim_throw_error(call, error);
  bool done = outcome.code == GATEWAY_DONE;
  *id = outcome.id;
  gateway_outcomes_clear(&outcome, 1);
  return done || msim_throw_code(call, "dmlwriteexception");
}

static bool
create(MsimCall *call, const json_t *course, json_t *created) {
  const char *shortname = msim_text(course, "shortname");
  gint64 id = 0, visible = 1;
  if (!check_category(call, msim_int(course, "categoryid", 0), &visible) ||
      !check_texts(call, course) || !check_unique(call, shortname, msim_text(course, "idnumber")) ||
      !msim_course_check_dates(call, course) ||
      !add(call, course, msim_int(course, "visible", visible) != 0, &id) ||
      !msim_course_announce(call, id, msim_int(course, "newsitems", 5)))
    return false;
  json_array_append_new(created,
                        json_pack("{s:I, s:s}", "id", (json_int_t)id, "shortname", shortname));
  return true;
}

static json_t *
run(MsimCall *call, const json_t *given) {
  json_auto_t *created = json_array();
  gsize index;
  const json_t *course;
  json_array_foreach(json_object_get(given, "courses"), index, course) {
    if (!create(call, course, created))
      return NULL;
  }
  return g_steal_pointer(&created);
}

const MsimFunction msim_course_create = {
  .name = "core_course_create_courses",
  .params = params,
  .effect = MSIM_ALL,
  .capability = "Create courses",
  .run = run,
};
