/* read_courses: for each course one question who is enrolled, one who of them is not active, one
 * for its groups; then the groups' members and, where the companion plugin is, who has completed.
 * All of it goes as few packed requests.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/webservice/ws_roster.h"

#include <stdlib.h>
#include <string.h>

#include "moodle/webservice/ws_ask.h"

/* Courses whose completions one call reads. */
#define COMPLETION_COURSES 100

typedef struct {
  gint64 userid;
  const char *username, *idnumber; /* in the reading's texts */
} Person;

typedef struct {
  gint64 id;
  const char *name;
  guint course; /* index */
} Group;

typedef struct {
  Webservice *moodle;
  const gint64 *courseids;
  guint count;
  GArray **people;       /* by course: Person */
  GHashTable *suspended; /* set of ws_ask_pair(course, user) */
  GHashTable *completed; /* the same */
  GArray *groups;        /* Group */
  GHashTable *members;   /* as ws_roster_members() gives them; NULL before */
  GStringChunk *texts;
  bool hidden; /* somebody's user name is not shown to us */
} Roster;

enum { ASK_PEOPLE, ASK_SUSPENDED, ASK_GROUPS, ASKS };

static json_t *
ask_course(guint index, const char **function, gpointer data) {
  const Roster *roster = data;
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
take_person(Roster *roster, guint course, const json_t *user) {
  const char *username = ws_ask_text(user, "username"), *idnumber = ws_ask_text(user, "idnumber");
  Person person = { ws_ask_number(user, "id"), g_string_chunk_insert_const(roster->texts, username),
                    g_string_chunk_insert_const(roster->texts, idnumber) };
  if (*username == '\0')
    roster->hidden = true;
  g_array_append_val(roster->people[course], person);
}

static bool
take_course(guint index, const json_t *result, gpointer data) {
  Roster *roster = data;
  guint course = index / ASKS;
  const json_t *item;
  size_t i;
  if (!json_is_array(result))
    return false;
  json_array_foreach(result, i, item) {
    gint64 id = ws_ask_number(item, "id");
    if (index % ASKS == ASK_PEOPLE) {
      take_person(roster, course, item);
    } else if (index % ASKS == ASK_SUSPENDED) {
      ws_ask_set_add(roster->suspended, ws_ask_pair(roster->courseids[course], id));
    } else {
      Group group = { id, g_string_chunk_insert(roster->texts, ws_ask_text(item, "name")), course };
      g_array_append_val(roster->groups, group);
    }
  }
  return true;
}

static bool
gone_course(guint index, const WsFailure *failure, gpointer data) {
  (void)index;
  (void)data;
  return ws_roster_is_gone(failure);
}

static bool
read_people(Roster *roster, GError **error) {
  WsQuestions questions = { .count = roster->count * ASKS,
                            .arguments = ask_course,
                            .result = take_course,
                            .refusal = gone_course };
  if (!ws_ask(roster->moodle, &questions, roster, error))
    return false;
  if (!roster->hidden)
    return true;
  g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_REFUSED,
              "%s does not show user names to this service. Give its role the right "
              "moodle/user:viewalldetails at system level.",
              roster->moodle->description);
  return false;
}

static bool
read_members(Roster *roster, GError **error) {
  g_autofree gint64 *ids = g_new(gint64, roster->groups->len + 1);
  for (guint i = 0; i < roster->groups->len; i++)
    ids[i] = g_array_index(roster->groups, Group, i).id;
  roster->members = ws_roster_members(roster->moodle, ids, roster->groups->len, error);
  return roster->members != NULL;
}

/* ── completions ── */

static json_t *
ask_completions(guint index, const char **function, gpointer data) {
  const Roster *roster = data;
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
  Roster *roster = data;
  const json_t *completions = json_object_get(result, "completions"), *completion;
  size_t i;
  if (!json_is_array(completions))
    return false;
  json_array_foreach(completions, i, completion) {
    if (ws_ask_number(completion, "timecompleted") > 0)
      ws_ask_set_add(roster->completed, ws_ask_pair(ws_ask_number(completion, "courseid"),
                                                    ws_ask_number(completion, "userid")));
  }
  return true;
}

static bool
read_completions(Roster *roster, GError **error) {
  if (!roster->moodle->completes)
    return true;
  WsQuestions questions = { .count = (roster->count + COMPLETION_COURSES - 1) / COMPLETION_COURSES,
                            .arguments = ask_completions,
                            .result = take_completions };
  return ws_ask(roster->moodle, &questions, roster, error);
}

/* ── handing out ── */

static gint
by_user(gconstpointer a, gconstpointer b) {
  gint64 x = ((const Person *)a)->userid, y = ((const Person *)b)->userid;
  return x < y ? -1 : x > y;
}

/* By course, which keeps their questions' order together whichever was answered first; then by id.
 */
static gint
by_course(gconstpointer a, gconstpointer b) {
  const Group *x = a, *y = b;
  if (x->course != y->course)
    return x->course < y->course ? -1 : 1;
  return x->id < y->id ? -1 : x->id > y->id;
}

/* Moodle does not tell the method of an enrolment: it is taken for a manual one, with a mark. */
static void
hand_out_people(const Roster *roster, guint index, const GatewayCourseVisitor *visitor,
                gpointer user_data) {
  GArray *people = roster->people[index];
  g_array_sort(people, by_user);
  for (guint i = 0; i < people->len; i++) {
    const Person *person = &g_array_index(people, Person, i);
    gint64 place = ws_ask_pair(roster->courseids[index], person->userid);
    bool suspended = ws_ask_set_has(roster->suspended, place);
    GatewayEnrolment enrolment = { .userid = person->userid,
                                   .flags = GATEWAY_ENROL_MANUAL | GATEWAY_ENROL_UNSURE,
                                   .username = person->username,
                                   .idnumber = person->idnumber };
    enrolment.flags |= suspended ? GATEWAY_ENROL_SUSPENDED : GATEWAY_ENROL_ACTIVE;
    if (ws_ask_set_has(roster->completed, place))
      enrolment.flags |= GATEWAY_ENROL_COMPLETED;
    visitor->enrolment(index, &enrolment, user_data);
  }
}

static void
hand_out_group(const Roster *roster, const Group *group, const GatewayCourseVisitor *visitor,
               gpointer user_data) {
  visitor->group(group->course, group->id, group->name, user_data);
  const GArray *people = roster->people[group->course];
  for (guint i = 0; i < people->len; i++) {
    gint64 userid = g_array_index(people, Person, i).userid;
    if (ws_ask_set_has(roster->members, ws_ask_pair(group->id, userid)))
      visitor->member(group->course, group->id, userid, user_data);
  }
}

static void
hand_out(Roster *roster, const GatewayCourseVisitor *visitor, gpointer user_data) {
  guint at = 0;
  g_array_sort(roster->groups, by_course);
  for (guint i = 0; i < roster->count; i++) {
    hand_out_people(roster, i, visitor, user_data);
    for (; at < roster->groups->len && g_array_index(roster->groups, Group, at).course == i; at++)
      hand_out_group(roster, &g_array_index(roster->groups, Group, at), visitor, user_data);
  }
}

bool
ws_roster_read(Gateway *gateway, const gint64 *courseids, guint count,
               const GatewayCourseVisitor *visitor, gpointer user_data, GError **error) {
  Roster roster = { .moodle = (Webservice *)gateway, .courseids = courseids, .count = count };
  roster.people = g_new(GArray *, count + 1);
  for (guint i = 0; i < count; i++)
    roster.people[i] = g_array_new(FALSE, FALSE, sizeof(Person));
  roster.suspended = ws_ask_set();
  roster.completed = ws_ask_set();
  roster.groups = g_array_new(FALSE, FALSE, sizeof(Group));
  roster.texts = g_string_chunk_new(16 * 1024);
  bool ok = read_people(&roster, error) && read_members(&roster, error) &&
            read_completions(&roster, error);
  if (ok)
    hand_out(&roster, visitor, user_data);
  for (guint i = 0; i < count; i++)
    g_array_unref(roster.people[i]);
  g_free(roster.people);
  g_hash_table_unref(roster.suspended);
  g_hash_table_unref(roster.completed);
  g_clear_pointer(&roster.members, g_hash_table_unref);
  g_array_unref(roster.groups);
  g_string_chunk_free(roster.texts);
  return ok;
}
