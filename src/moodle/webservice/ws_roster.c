/* read_courses: for each course one question who is enrolled, one who of them is not active, one
 * for its groups; then the groups' members and, where the companion plugin is, who has completed.
 * All of it goes as few packed requests.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/webservice/ws_roster.h"

#include <stdlib.h>
#include <string.h>

#include "moodle/webservice/ws_ask.h"
#include "moodle/webservice/ws_roster_private.h"

/* Courses whose completions one call reads. */
#define COMPLETION_COURSES 100

#define TEXT_BLOCK (16 * 1024)

/* Reading by Moodle's own functions. */
typedef struct {
  WsRoster *roster;
  GHashTable *suspended; /* set of ws_ask_pair(course, user) */
  GHashTable *completed; /* the same */
  bool hidden;           /* somebody's user name is not shown to us */
} Reading;

enum { ASK_PEOPLE, ASK_SUSPENDED, ASK_GROUPS, ASKS };

static json_t *
ask_course(guint index, const char **function, gpointer data) {
  const WsRoster *roster = ((Reading *)data)->roster;
  gint64 courseid = roster->courseids[index / ASKS];
  switch (index % ASKS) {
  case ASK_PEOPLE:
    *function = "core_enrol_get_enrolled_users";
    return ws_roster_question(courseid, "id,username,idnumber", NULL);
  case ASK_SUSPENDED:
    *function = "core_enrol_get_enrolled_users";
    return ws_roster_question(courseid, "id", "onlysuspended");
  default:
    *function = "core_group_get_course_groups";
    return json_pack("{s:I}", "courseid", (json_int_t)courseid);
  }
}

static void
take_person(Reading *reading, guint course, const json_t *user) {
  WsRoster *roster = reading->roster;
  const char *username = ws_ask_text(user, "username"), *idnumber = ws_ask_text(user, "idnumber");
  WsPerson person = { ws_ask_number(user, "id"), 0,
                      g_string_chunk_insert_const(roster->texts, username),
                      g_string_chunk_insert_const(roster->texts, idnumber) };
  if (*username == '\0')
    reading->hidden = true;
  g_array_append_val(roster->people[course], person);
}

static bool
take_course(guint index, const json_t *result, gpointer data) {
  Reading *reading = data;
  WsRoster *roster = reading->roster;
  guint course = index / ASKS;
  const json_t *item;
  size_t i;
  if (!json_is_array(result))
    return false;
  json_array_foreach(result, i, item) {
    gint64 id = ws_ask_number(item, "id");
    if (index % ASKS == ASK_PEOPLE) {
      take_person(reading, course, item);
    } else if (index % ASKS == ASK_SUSPENDED) {
      ws_ask_set_add(reading->suspended, ws_ask_pair(roster->courseids[course], id));
    } else {
      WsGroup group = { id, g_string_chunk_insert(roster->texts, ws_ask_text(item, "name")),
                        course };
      g_array_append_val(roster->groups, group);
    }
  }
  return true;
}

static bool
gone_course(guint index, const WsFailure *failure, gpointer data) {
  (void)data;
  return index % ASKS == ASK_GROUPS ? ws_roster_no_groups(failure) : ws_roster_is_gone(failure);
}

static bool
read_people(Reading *reading, GError **error) {
  const WsRoster *roster = reading->roster;
  WsQuestions questions = { .count = roster->count * ASKS,
                            .arguments = ask_course,
                            .result = take_course,
                            .refusal = gone_course };
  if (!ws_ask(roster->moodle, &questions, reading, error))
    return false;
  if (!reading->hidden)
    return true;
  g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_REFUSED,
              "%s does not show user names to this service. Give its role the right "
              "moodle/user:viewalldetails at system level.",
              roster->moodle->description);
  return false;
}

static bool
read_members(WsRoster *roster, GError **error) {
  g_autofree gint64 *ids = g_new(gint64, roster->groups->len + 1);
  for (guint i = 0; i < roster->groups->len; i++)
    ids[i] = g_array_index(roster->groups, WsGroup, i).id;
  g_hash_table_unref(roster->members);
  roster->members = ws_roster_members(roster->moodle, ids, roster->groups->len, error);
  return roster->members != NULL;
}

/* ── completions ── */

static json_t *
ask_completions(guint index, const char **function, gpointer data) {
  const WsRoster *roster = ((Reading *)data)->roster;
  json_t *ids = json_array();
  guint end = MIN((index + 1) * COMPLETION_COURSES, roster->count);
  for (guint i = index * COMPLETION_COURSES; i < end; i++)
    json_array_append_new(ids, json_integer(roster->courseids[i]));
  *function = "local_lehrgaenge_get_completions";
  return json_pack("{s:o}", "courseids", ids);
}

static bool
take_completions(guint index, const json_t *result, gpointer data) {
  (void)index;
  Reading *reading = data;
  const json_t *completions = json_object_get(result, "completions"), *completion;
  size_t i;
  if (!json_is_array(completions))
    return false;
  json_array_foreach(completions, i, completion) {
    if (ws_ask_number(completion, "timecompleted") > 0)
      ws_ask_set_add(reading->completed, ws_ask_pair(ws_ask_number(completion, "courseid"),
                                                     ws_ask_number(completion, "userid")));
  }
  return true;
}

static bool
read_completions(Reading *reading, GError **error) {
  const WsRoster *roster = reading->roster;
  if (!roster->moodle->completes)
    return true;
  WsQuestions questions = { .count = (roster->count + COMPLETION_COURSES - 1) / COMPLETION_COURSES,
                            .arguments = ask_completions,
                            .result = take_completions };
  return ws_ask(roster->moodle, &questions, reading, error);
}

/* Moodle does not tell the method of an enrolment: it is taken for a manual one, with a mark. */
static void
set_flags(const Reading *reading) {
  const WsRoster *roster = reading->roster;
  for (guint i = 0; i < roster->count; i++)
    for (guint k = 0; k < roster->people[i]->len; k++) {
      WsPerson *person = &g_array_index(roster->people[i], WsPerson, k);
      gint64 place = ws_ask_pair(roster->courseids[i], person->userid);
      person->flags = GATEWAY_ENROL_MANUAL | GATEWAY_ENROL_UNSURE;
      person->flags |= ws_ask_set_has(reading->suspended, place) ? GATEWAY_ENROL_SUSPENDED
                                                                 : GATEWAY_ENROL_ACTIVE;
      if (ws_ask_set_has(reading->completed, place))
        person->flags |= GATEWAY_ENROL_COMPLETED;
    }
}

static bool
read_from_core(WsRoster *roster, GError **error) {
  g_autoptr(GHashTable) suspended = ws_ask_set(), completed = ws_ask_set();
  Reading reading = { roster, suspended, completed, false };
  if (!read_people(&reading, error) || !read_members(roster, error) ||
      !read_completions(&reading, error))
    return false;
  set_flags(&reading);
  return true;
}

/* ── handing out ── */

static gint
by_user(gconstpointer a, gconstpointer b) {
  gint64 x = ((const WsPerson *)a)->userid, y = ((const WsPerson *)b)->userid;
  return x < y ? -1 : x > y;
}

/* By course, whichever was answered first; then by id. */
static gint
by_course(gconstpointer a, gconstpointer b) {
  const WsGroup *x = a, *y = b;
  if (x->course != y->course)
    return x->course < y->course ? -1 : 1;
  return x->id < y->id ? -1 : x->id > y->id;
}

static void
hand_out_people(const WsRoster *roster, guint index, const GatewayCourseVisitor *visitor,
                gpointer user_data) {
  GArray *people = roster->people[index];
  g_array_sort(people, by_user);
  for (guint i = 0; i < people->len; i++) {
    const WsPerson *person = &g_array_index(people, WsPerson, i);
    GatewayEnrolment enrolment = { person->userid, person->flags, person->username,
                                   person->idnumber };
    visitor->enrolment(index, &enrolment, user_data);
  }
}

static void
hand_out_group(const WsRoster *roster, const WsGroup *group, const GatewayCourseVisitor *visitor,
               gpointer user_data) {
  visitor->group(group->course, group->id, group->name, user_data);
  const GArray *people = roster->people[group->course];
  for (guint i = 0; i < people->len; i++) {
    gint64 userid = g_array_index(people, WsPerson, i).userid;
    if (ws_ask_set_has(roster->members, ws_ask_pair(group->id, userid)))
      visitor->member(group->course, group->id, userid, user_data);
  }
}

static void
hand_out(WsRoster *roster, const GatewayCourseVisitor *visitor, gpointer user_data) {
  guint at = 0;
  g_array_sort(roster->groups, by_course);
  for (guint i = 0; i < roster->count; i++) {
    hand_out_people(roster, i, visitor, user_data);
    for (; at < roster->groups->len && g_array_index(roster->groups, WsGroup, at).course == i; at++)
      hand_out_group(roster, &g_array_index(roster->groups, WsGroup, at), visitor, user_data);
  }
}

WsRoster *
ws_roster_new(Webservice *moodle, const gint64 *courseids, guint count) {
  WsRoster *roster = g_new0(WsRoster, 1);
  roster->moodle = moodle;
  roster->courseids = courseids;
  roster->count = count;
  roster->people = g_new(GArray *, count + 1);
  for (guint i = 0; i < count; i++)
    roster->people[i] = g_array_new(FALSE, FALSE, sizeof(WsPerson));
  roster->groups = g_array_new(FALSE, FALSE, sizeof(WsGroup));
  roster->members = ws_ask_set();
  roster->texts = g_string_chunk_new(TEXT_BLOCK);
  return roster;
}

void
ws_roster_free(WsRoster *roster) {
  if (roster == NULL)
    return;
  for (guint i = 0; i < roster->count; i++)
    g_array_unref(roster->people[i]);
  g_free(roster->people);
  g_array_unref(roster->groups);
  g_clear_pointer(&roster->members, g_hash_table_unref);
  g_string_chunk_free(roster->texts);
  g_free(roster);
}

bool
ws_roster_read(Gateway *gateway, const gint64 *courseids, guint count,
               const GatewayCourseVisitor *visitor, gpointer user_data, GError **error) {
  g_autoptr(WsRoster) roster = ws_roster_new((Webservice *)gateway, courseids, count);
  bool ok = roster->moodle->rosters ? ws_roster_from_plugin(roster, NULL, error)
                                    : read_from_core(roster, error);
  if (ok)
    hand_out(roster, visitor, user_data);
  return ok;
}
