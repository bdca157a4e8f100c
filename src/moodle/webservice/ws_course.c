/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "moodle/webservice/ws_ask.h"
#include "moodle/webservice/ws_write.h"

/* Courses read by one call. */
#define READ_COURSES 100

/* Courses made by one call, one call at a time: two at once block each other over the courses' sort
 * order. */
#define CREATE_COURSES 10

/* ── finding ── */

typedef struct {
  const Webservice *moodle;
  const char *const *values;
  GatewayCourseFunc each;
  gpointer user_data;
  GArray *ids;         /* gint64: courses to be read */
  GHashTable *indices; /* course id (gint64 *) → GArray of guint: the values it is a hit for */
} Finding;

static void
want(Finding *finding, gint64 id, guint index) {
  if (id <= WS_SITE_COURSE)
    return;
  GArray *who = g_hash_table_lookup(finding->indices, &id);
  if (who == NULL) {
    who = g_array_new(FALSE, FALSE, sizeof(guint));
    g_array_append_val(finding->ids, id);
    g_hash_table_insert(finding->indices, g_memdup2(&id, sizeof id), who);
  }
  g_array_append_val(who, index);
}

static void
free_array(gpointer data) {
  g_array_unref(data);
}

static json_t *
ask_shortname(guint index, const char **function, gpointer data) {
  const Finding *finding = data;
  *function = "core_course_get_courses_by_field";
  return json_pack("{s:s, s:s}", "field", "shortname", "value", finding->values[index]);
}

/* Whether upper and lower case differ is up to Moodle's database; here they do. Nor does it keep
 * two of one name apart: the older one counts. */
static bool
take_shortname(guint index, const json_t *result, gpointer data) {
  Finding *finding = data;
  const json_t *courses = json_object_get(result, "courses"), *course;
  gint64 oldest = 0;
  size_t i;
  if (!json_is_array(courses))
    return false;
  json_array_foreach(courses, i, course) {
    gint64 id = ws_ask_number(course, "id");
    if (strcmp(ws_ask_text(course, "shortname"), finding->values[index]) == 0 &&
        (oldest == 0 || id < oldest))
      oldest = id;
  }
  want(finding, oldest, index);
  return true;
}

static json_t *
ask_details(guint index, const char **function, gpointer data) {
  const Finding *finding = data;
  json_t *ids = json_array();
  guint end = MIN((index + 1) * READ_COURSES, finding->ids->len);
  for (guint i = index * READ_COURSES; i < end; i++)
    json_array_append_new(ids, json_integer(g_array_index(finding->ids, gint64, i)));
  *function = "core_course_get_courses";
  return json_pack("{s:{s:o}}", "options", "ids", ids);
}

static gint
setting(const json_t *course, const char *key) {
  return (gint)CLAMP(ws_ask_number(course, key), 0, G_MAXINT);
}

/* From this release on a section may stand in another one. */
#define SUBSECTIONS_SINCE 405

/* The number of sections that a course like this one is to be made with. Moodles with subsections
 * count these too, except for a format that keeps the number itself, and a copy brings all sections
 * along: a course made with that number would get an empty section for each subsection, and next
 * year's one more. */
static gint
own_sections(const Webservice *moodle, const json_t *course) {
  const json_t *option;
  size_t i;
  if (ws_site_release(moodle) < SUBSECTIONS_SINCE)
    return setting(course, "numsections");
  json_array_foreach(json_object_get(course, "courseformatoptions"), i, option) {
    if (strcmp(ws_ask_text(option, "name"), "numsections") == 0)
      return setting(course, "numsections");
  }
  return 0;
}

static bool
take_details(guint index, const json_t *result, gpointer data) {
  (void)index;
  Finding *finding = data;
  const json_t *is;
  size_t i;
  if (!json_is_array(result))
    return false;
  json_array_foreach(result, i, is) {
    gint64 id = ws_ask_number(is, "id");
    const GArray *who = g_hash_table_lookup(finding->indices, &id);
    if (who == NULL)
      continue;
    GatewayCourse course = {
      .id = id,
      .shortname = ws_ask_text(is, "shortname"),
      .fullname = ws_ask_text(is, "fullname"),
      .idnumber = ws_ask_text(is, "idnumber"),
      .category = ws_ask_number(is, "categoryid"),
      .settings = { .summary = (char *)ws_ask_text(is, "summary"),
                    .format = (char *)ws_ask_text(is, "format"),
                    .lang = (char *)ws_ask_text(is, "lang"),
                    .summaryformat = setting(is, "summaryformat"),
                    .numsections = own_sections(finding->moodle, is),
                    .newsitems = setting(is, "newsitems"),
                    .showgrades = setting(is, "showgrades"),
                    .groupmode = setting(is, "groupmode"),
                    .groupmodeforce = setting(is, "groupmodeforce"),
                    .enablecompletion = setting(is, "enablecompletion"),
                    .completionnotify = setting(is, "completionnotify"),
                    .showreports = setting(is, "showreports"),
                    .maxbytes = MAX(ws_ask_number(is, "maxbytes"), 0) },
    };
    for (guint k = 0; k < who->len; k++)
      finding->each(g_array_index(who, guint, k), &course, finding->user_data);
  }
  return true;
}

static void
want_ids(Finding *finding, guint count) {
  for (guint i = 0; i < count; i++)
    want(finding, ws_ask_id(finding->values[i]), i);
}

bool
ws_course_find(Gateway *gateway, GatewayCourseField field, const char *const *values, guint count,
               GatewayCourseFunc each, gpointer user_data, GError **error) {
  Webservice *moodle = (Webservice *)gateway;
  g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));
  g_autoptr(GHashTable) indices =
      g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, free_array);
  Finding finding = { moodle, values, each, user_data, ids, indices };
  WsQuestions names = { .count = count, .arguments = ask_shortname, .result = take_shortname };
  if (field == GATEWAY_COURSE_ID)
    want_ids(&finding, count);
  else if (!ws_ask(moodle, &names, &finding, error))
    return false;
  WsQuestions details = { .count = (ids->len + READ_COURSES - 1) / READ_COURSES,
                          .heavy = true,
                          .arguments = ask_details,
                          .result = take_details };
  return ws_ask(moodle, &details, &finding, error);
}

/* ── creating ── */

typedef struct {
  Webservice *moodle;
  const GatewayNewCourse *courses;
  GatewayOutcome *outcomes;
} Creating;

/* The announcements forum comes with the template's content; a course that made its own before
 * would have two (SPEC 3.9). An empty lang is refused, so it is left out. */
static json_t *
course_row(guint item, gpointer data) {
  const GatewayNewCourse *course = &((Creating *)data)->courses[item];
  const GatewayCourseSettings *settings = course->settings;
  json_t *row = json_pack(
      "{s:s, s:s, s:I, s:s, s:s, s:i, s:s, s:i, s:i, s:I, s:I, s:I, s:i, s:i, s:i, s:i, s:i, s:i}",
      "fullname", course->fullname, "shortname", course->shortname, "categoryid",
      (json_int_t)course->category, "idnumber", course->idnumber, "summary",
      settings->summary != NULL ? settings->summary : "", "summaryformat", settings->summaryformat,
      "format", settings->format != NULL ? settings->format : "topics", "showgrades",
      settings->showgrades, "newsitems", 0, "startdate", (json_int_t)course->startdate, "enddate",
      (json_int_t)course->enddate, "maxbytes", (json_int_t)settings->maxbytes, "showreports",
      settings->showreports, "visible", 1, "groupmode", settings->groupmode, "groupmodeforce",
      settings->groupmodeforce, "enablecompletion", settings->enablecompletion, "completionnotify",
      settings->completionnotify);
  if (settings->lang != NULL && *settings->lang != '\0')
    json_object_set_new(row, "lang", json_string(settings->lang));
  json_object_set_new(row, "numsections", json_integer(settings->numsections));
  return row;
}

static json_t *
create_arguments(const guint *items, guint count, const char **function, gpointer data) {
  *function = "core_course_create_courses";
  return ws_write_rows("courses", course_row, items, count, data);
}

static bool
create_accept(const guint *items, guint count, const json_t *result, gpointer data) {
  return ws_write_take_ids(((Creating *)data)->outcomes, items, count, result, WS_SITE_COURSE);
}

/* Courses of these short names. */
typedef struct {
  Creating *creating;
  const guint *items;
} Seen;

static void
on_seen(guint index, const GatewayCourse *course, gpointer data) {
  Seen *seen = data;
  guint item = seen->items[index];
  /* Nobody else gives a course this short name with this Lehrgang's id. */
  if (*course->idnumber != '\0' &&
      strcmp(course->idnumber, seen->creating->courses[item].idnumber) == 0)
    ws_write_settle(&seen->creating->outcomes[item], GATEWAY_DONE, course->id);
}

static bool
create_look(const guint *items, guint count, gpointer data, GError **error) {
  Creating *creating = data;
  const char *names[CREATE_COURSES];
  for (guint i = 0; i < count; i++)
    names[i] = creating->courses[items[i]].shortname;
  Seen seen = { creating, items };
  return ws_course_find(&creating->moodle->base, GATEWAY_COURSE_SHORTNAME, names, count, on_seen,
                        &seen, error);
}

static bool
create_explain(guint item, const WsFailure *failure, gpointer data, GError **error) {
  Creating *creating = data;
  const GatewayNewCourse *course = &creating->courses[item];
  GatewayOutcome *outcome = &creating->outcomes[item];
  (void)error;
  if (strcmp(failure->errorcode, "shortnametaken") == 0)
    ws_write_refuse(outcome, GATEWAY_TAKEN_SHORTNAME, "the short name “%s” is taken",
                    course->shortname);
  else if (strcmp(failure->errorcode, "courseidnumbertaken") == 0)
    ws_write_refuse(outcome, GATEWAY_TAKEN_IDNUMBER, "another course has the ID number “%s”",
                    course->idnumber);
  else
    ws_write_refuse(outcome, GATEWAY_INVALID, "%s", failure->message);
  return true;
}

bool
ws_course_create(Gateway *gateway, const GatewayNewCourse *courses, guint count,
                 GatewayOutcome *outcomes, GError **error) {
  static const WsWrite write = { .rows = CREATE_COURSES,
                                 .parallel = 1,
                                 .doubles = true,
                                 .arguments = create_arguments,
                                 .accept = create_accept,
                                 .look = create_look,
                                 .explain = create_explain };
  Creating creating = { (Webservice *)gateway, courses, outcomes };
  return ws_write(creating.moodle, &write, count, outcomes, &creating, error);
}
