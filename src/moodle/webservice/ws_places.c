/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "moodle/webservice/ws_ask.h"
#include "moodle/webservice/ws_roster.h"
#include "moodle/webservice/ws_roster_private.h"

GArray *
ws_roster_distinct(const gint64 *ids, guint count) {
  GArray *distinct = g_array_new(FALSE, FALSE, sizeof(gint64));
  g_autoptr(GHashTable) seen = ws_ask_set();
  for (guint i = 0; i < count; i++)
    if (!ws_ask_set_has(seen, ids[i])) {
      ws_ask_set_add(seen, ids[i]);
      g_array_append_val(distinct, ids[i]);
    }
  return distinct;
}

/* Each once; the front page, in which everybody is, counts as gone. */
static GArray *
real_courses(const gint64 *courseids, guint count, GHashTable *gone) {
  GArray *courses = ws_roster_distinct(courseids, count);
  for (guint i = courses->len; i > 0; i--)
    if (g_array_index(courses, gint64, i - 1) <= WS_SITE_COURSE) {
      ws_ask_set_add(gone, g_array_index(courses, gint64, i - 1));
      g_array_remove_index(courses, i - 1);
    }
  return courses;
}

bool
ws_roster_is_gone(const WsFailure *failure) {
  return ws_failure_missing(failure->errorcode);
}

bool
ws_roster_no_groups(const WsFailure *failure) {
  return ws_roster_is_gone(failure) ||
         strcmp(failure->errorcode, "errorcoursecontextnotvalid") == 0;
}

json_t *
ws_roster_question(gint64 courseid, const char *userfields, const char *only) {
  json_t *options = json_pack("[{s:s, s:s}]", "name", "userfields", "value", userfields);
  if (only != NULL)
    json_array_append_new(options, json_pack("{s:s, s:s}", "name", only, "value", "1"));
  return json_pack("{s:I, s:o}", "courseid", (json_int_t)courseid, "options", options);
}

/* ── people ── */

typedef struct {
  const GArray *courses;
  WsPlacesKind kind;
  WsPlaces *places;
} Reading;

static json_t *
ask_people(guint index, const char **function, gpointer data) {
  const Reading *reading = data;
  bool all = reading->kind == WS_PLACES_ENROLLED || reading->kind == WS_PLACES_REMOVABLE;
  *function = "core_enrol_get_enrolled_users";
  return ws_roster_question(g_array_index(reading->courses, gint64, index), "id",
                            all ? NULL : "onlyactive");
}

static bool
take_people(guint index, const json_t *result, gpointer data) {
  Reading *reading = data;
  gint64 courseid = g_array_index(reading->courses, gint64, index);
  const json_t *user;
  size_t i;
  if (!json_is_array(result))
    return false;
  json_array_foreach(result, i, user) {
    ws_ask_set_add(reading->places->pairs, ws_ask_pair(courseid, ws_ask_number(user, "id")));
  }
  return true;
}

static bool
gone_people(guint index, const WsFailure *failure, gpointer data) {
  Reading *reading = data;
  if (!ws_roster_is_gone(failure))
    return false;
  ws_ask_set_add(reading->places->gone, g_array_index(reading->courses, gint64, index));
  return true;
}

static bool
is_meant(guint flags, WsPlacesKind kind) {
  bool manual = flags & GATEWAY_ENROL_MANUAL, suspended = flags & GATEWAY_ENROL_SUSPENDED;
  switch (kind) {
  case WS_PLACES_ENROLLED:
    return true;
  case WS_PLACES_ACTIVE:
    return flags & GATEWAY_ENROL_ACTIVE;
  case WS_PLACES_REMOVABLE:
    return manual;
  case WS_PLACES_SUSPENDABLE:
    return manual && !suspended;
  }
  return false;
}

static bool
read_rosters(Webservice *moodle, const Reading *reading, GError **error) {
  g_autoptr(WsRoster) roster = ws_roster_new(
      moodle, (const gint64 *)(gpointer)reading->courses->data, reading->courses->len);
  if (!ws_roster_from_plugin(roster, reading->places->gone, error))
    return false;
  for (guint i = 0; i < roster->count; i++)
    for (guint k = 0; k < roster->people[i]->len; k++) {
      const WsPerson *person = &g_array_index(roster->people[i], WsPerson, k);
      if (is_meant(person->flags, reading->kind))
        ws_ask_set_add(reading->places->pairs, ws_ask_pair(roster->courseids[i], person->userid));
    }
  return true;
}

WsPlaces *
ws_roster_places(Webservice *moodle, const gint64 *courseids, guint count, WsPlacesKind kind,
                 GError **error) {
  g_autoptr(WsPlaces) places = g_new0(WsPlaces, 1);
  places->pairs = ws_ask_set();
  places->gone = ws_ask_set();
  g_autoptr(GArray) courses = real_courses(courseids, count, places->gone);
  Reading reading = { courses, kind, places };
  if (moodle->rosters)
    return read_rosters(moodle, &reading, error) ? g_steal_pointer(&places) : NULL;
  WsQuestions questions = {
    .count = courses->len, .arguments = ask_people, .result = take_people, .refusal = gone_people
  };
  return ws_ask(moodle, &questions, &reading, error) ? g_steal_pointer(&places) : NULL;
}

void
ws_places_free(WsPlaces *places) {
  if (places == NULL)
    return;
  g_hash_table_unref(places->pairs);
  g_hash_table_unref(places->gone);
  g_free(places);
}

bool
ws_places_has(const WsPlaces *places, gint64 courseid, gint64 userid) {
  return ws_ask_set_has(places->pairs, ws_ask_pair(courseid, userid));
}

bool
ws_places_gone(const WsPlaces *places, gint64 courseid) {
  return ws_ask_set_has(places->gone, courseid);
}

/* ── groups ── */

typedef struct {
  const GArray *courses;
  json_t **lists; /* by course */
  GHashTable *gone;
} Groups;

static json_t *
ask_groups(guint index, const char **function, gpointer data) {
  const Groups *groups = data;
  *function = "core_group_get_course_groups";
  return json_pack("{s:I}", "courseid", (json_int_t)g_array_index(groups->courses, gint64, index));
}

static bool
take_groups(guint index, const json_t *result, gpointer data) {
  Groups *groups = data;
  if (!json_is_array(result))
    return false;
  json_t *list = json_array();
  const json_t *group;
  size_t i;
  json_array_foreach(result, i, group) {
    json_array_append_new(list,
                          json_pack("{s:I, s:s}", "id", (json_int_t)ws_ask_number(group, "id"),
                                    "name", ws_ask_text(group, "name")));
  }
  groups->lists[index] = list;
  return true;
}

static bool
gone_groups(guint index, const WsFailure *failure, gpointer data) {
  Groups *groups = data;
  if (!ws_roster_no_groups(failure))
    return false;
  ws_ask_set_add(groups->gone, g_array_index(groups->courses, gint64, index));
  return true;
}

static gint
by_id(gconstpointer a, gconstpointer b) {
  gint64 x = ws_ask_number(*(json_t *const *)a, "id"), y = ws_ask_number(*(json_t *const *)b, "id");
  return x < y ? -1 : x > y;
}

static void
hand_out(const Groups *groups, WsGroupFunc each, gpointer user_data) {
  for (guint i = 0; i < groups->courses->len; i++) {
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    json_t *group;
    size_t k;
    json_array_foreach(groups->lists[i], k, group) {
      g_ptr_array_add(sorted, group);
    }
    g_ptr_array_sort(sorted, by_id);
    for (guint g = 0; g < sorted->len; g++) {
      const json_t *is = g_ptr_array_index(sorted, g);
      each(g_array_index(groups->courses, gint64, i), ws_ask_number(is, "id"),
           ws_ask_text(is, "name"), user_data);
    }
  }
}

bool
ws_roster_groups(Webservice *moodle, const gint64 *courseids, guint count, WsGroupFunc each,
                 gpointer user_data, GHashTable *gone, GError **error) {
  g_autoptr(GArray) courses = real_courses(courseids, count, gone);
  g_autofree json_t **lists = g_new0(json_t *, courses->len + 1);
  Groups groups = { courses, lists, gone };
  WsQuestions questions = {
    .count = courses->len, .arguments = ask_groups, .result = take_groups, .refusal = gone_groups
  };
  bool ok = ws_ask(moodle, &questions, &groups, error);
  if (ok)
    hand_out(&groups, each, user_data);
  for (guint i = 0; i < courses->len; i++)
    json_decref(lists[i]);
  return ok;
}

/* ── members ── */

typedef struct {
  const gint64 *groups;
  guint count;
  GHashTable *members;
} Members;

static json_t *
ask_members(guint index, const char **function, gpointer data) {
  const Members *members = data;
  json_t *ids = json_array();
  guint end = MIN((index + 1) * WS_ROSTER_GROUPS, members->count);
  for (guint i = index * WS_ROSTER_GROUPS; i < end; i++)
    json_array_append_new(ids, json_integer(members->groups[i]));
  *function = "core_group_get_group_members";
  return json_pack("{s:o}", "groupids", ids);
}

static bool
take_members(guint index, const json_t *result, gpointer data) {
  (void)index;
  Members *members = data;
  const json_t *group, *user;
  size_t i, k;
  if (!json_is_array(result))
    return false;
  json_array_foreach(result, i, group) {
    gint64 id = ws_ask_number(group, "groupid");
    json_array_foreach(json_object_get(group, "userids"), k, user) {
      ws_ask_set_add(members->members, ws_ask_pair(id, json_integer_value(user)));
    }
  }
  return true;
}

GHashTable *
ws_roster_members(Webservice *moodle, const gint64 *groupids, guint count, GError **error) {
  g_autoptr(GHashTable) found = ws_ask_set();
  Members members = { groupids, count, found };
  WsQuestions questions = { .count = (count + WS_ROSTER_GROUPS - 1) / WS_ROSTER_GROUPS,
                            .heavy = true,
                            .arguments = ask_members,
                            .result = take_members };
  return ws_ask(moodle, &questions, &members, error) ? g_steal_pointer(&found) : NULL;
}
