/* The companion plugin tells of many courses at once, and more than Moodle's own functions do: by
 * which method somebody is enrolled.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/webservice/ws_ask.h"
#include "moodle/webservice/ws_roster_private.h"

/* Courses of one call. */
#define PLUGIN_COURSES 50

typedef struct {
  WsRoster *roster;
  GHashTable *indices; /* course id (gint64 *) → GUINT_TO_POINTER(index) */
  GHashTable *gone;    /* set of courses; may be NULL */
  GError *refused;     /* a course that is there and that we may not read */
} Reading;

static json_t *
ask(guint index, const char **function, gpointer data) {
  const WsRoster *roster = ((Reading *)data)->roster;
  json_t *ids = json_array();
  guint end = MIN((index + 1) * PLUGIN_COURSES, roster->count);
  for (guint i = index * PLUGIN_COURSES; i < end; i++)
    json_array_append_new(ids, json_integer(roster->courseids[i]));
  *function = "local_lehrgaenge_get_rosters";
  return json_pack("{s:o}", "courseids", ids);
}

static bool
index_of(const Reading *reading, const json_t *item, guint *index) {
  gint64 courseid = ws_ask_number(item, "courseid");
  gpointer at;
  bool known = g_hash_table_lookup_extended(reading->indices, &courseid, NULL, &at);
  if (known)
    *index = GPOINTER_TO_UINT(at);
  return known;
}

static guint
flags_of(const json_t *enrolment) {
  gint64 manual = ws_ask_number(enrolment, "manual");
  guint flags = manual > 0 ? GATEWAY_ENROL_MANUAL : 0;
  if (manual == 2)
    flags |= GATEWAY_ENROL_SUSPENDED;
  if (ws_ask_number(enrolment, "active") > 0)
    flags |= GATEWAY_ENROL_ACTIVE;
  if (ws_ask_number(enrolment, "timecompleted") > 0)
    flags |= GATEWAY_ENROL_COMPLETED;
  return flags;
}

static bool
take_enrolment(Reading *reading, const json_t *enrolment) {
  WsRoster *roster = reading->roster;
  guint course;
  const char *username = ws_ask_text(enrolment, "username");
  if (!index_of(reading, enrolment, &course) || *username == '\0')
    return false;
  WsPerson person = { ws_ask_number(enrolment, "userid"), flags_of(enrolment),
                      g_string_chunk_insert_const(roster->texts, username),
                      g_string_chunk_insert_const(roster->texts,
                                                  ws_ask_text(enrolment, "idnumber")) };
  g_array_append_val(roster->people[course], person);
  return true;
}

static bool
take_group(Reading *reading, const json_t *item) {
  WsRoster *roster = reading->roster;
  WsGroup group = { ws_ask_number(item, "id"),
                    g_string_chunk_insert(roster->texts, ws_ask_text(item, "name")), 0 };
  const json_t *userids = json_object_get(item, "userids"), *user;
  size_t i;
  if (!index_of(reading, item, &group.course) || !json_is_array(userids))
    return false;
  g_array_append_val(roster->groups, group);
  json_array_foreach(userids, i, user) {
    ws_ask_set_add(roster->members, ws_ask_pair(group.id, json_integer_value(user)));
  }
  return true;
}

/* A course that is gone has nobody. One that is there and is not shown must not look like that: its
 * people would be enrolled anew. */
static void
take_warning(Reading *reading, const json_t *warning) {
  bool gone = ws_failure_missing(ws_ask_text(warning, "warningcode"));
  if (gone && reading->gone != NULL)
    ws_ask_set_add(reading->gone, ws_ask_number(warning, "itemid"));
  if (gone || reading->refused != NULL)
    return;
  reading->refused = g_error_new(GATEWAY_ERROR, GATEWAY_ERROR_REFUSED,
                                 "%s does not show this service who is in course %" G_GINT64_FORMAT
                                 ": %s Give its role the rights that docs/MOODLE.md lists.",
                                 reading->roster->moodle->description,
                                 ws_ask_number(warning, "itemid"), ws_ask_text(warning, "message"));
}

static bool
take(guint index, const json_t *result, gpointer data) {
  (void)index;
  Reading *reading = data;
  const json_t *enrolments = json_object_get(result, "enrolments"), *item;
  const json_t *groups = json_object_get(result, "groups");
  size_t i;
  if (!json_is_array(enrolments) || !json_is_array(groups))
    return false;
  json_array_foreach(json_object_get(result, "warnings"), i, item) {
    take_warning(reading, item);
  }
  json_array_foreach(enrolments, i, item) {
    if (!take_enrolment(reading, item))
      return false;
  }
  json_array_foreach(groups, i, item) {
    if (!take_group(reading, item))
      return false;
  }
  return true;
}

bool
ws_roster_from_plugin(WsRoster *roster, GHashTable *gone, GError **error) {
  g_autoptr(GHashTable) indices = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
  for (guint i = 0; i < roster->count; i++)
    g_hash_table_insert(indices, g_memdup2(&roster->courseids[i], sizeof roster->courseids[i]),
                        GUINT_TO_POINTER(i));
  Reading reading = { .roster = roster, .indices = indices, .gone = gone };
  WsQuestions questions = { .count = (roster->count + PLUGIN_COURSES - 1) / PLUGIN_COURSES,
                            .heavy = true,
                            .arguments = ask,
                            .result = take };
  bool ok = ws_ask(roster->moodle, &questions, &reading, error);
  if (ok && reading.refused != NULL) {
    g_propagate_error(error, g_steal_pointer(&reading.refused));
    return false;
  }
  g_clear_error(&reading.refused);
  return ok;
}
