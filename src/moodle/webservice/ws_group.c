/* Moodle's database does not keep two groups of one name apart, so it is looked before making one,
 * and after every answer that was lost.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "moodle/webservice/ws_ask.h"
#include "moodle/webservice/ws_roster.h"
#include "moodle/webservice/ws_user.h"
#include "moodle/webservice/ws_write.h"

#define CREATE_GROUPS 50
#define ADD_MEMBERS 100

/* ── making groups ── */

typedef struct {
  Webservice *moodle;
  const GatewayNewGroup *groups;
  GatewayOutcome *outcomes;
  GHashTable *ids; /* "courseid name" → gint64 *: the lowest of that name */
} Making;

static char *
key_of(gint64 courseid, const char *name) {
  return g_strdup_printf("%" G_GINT64_FORMAT " %s", courseid, name);
}

static void
on_group(gint64 courseid, gint64 groupid, const char *name, gpointer data) {
  Making *making = data;
  g_autofree char *key = key_of(courseid, name);
  if (!g_hash_table_contains(making->ids, key))
    g_hash_table_insert(making->ids, g_steal_pointer(&key), g_memdup2(&groupid, sizeof groupid));
}

static gint64
known_id(const Making *making, guint item) {
  g_autofree char *key = key_of(making->groups[item].courseid, making->groups[item].name);
  const gint64 *id = g_hash_table_lookup(making->ids, key);
  return id != NULL ? *id : 0;
}

/* Reads the groups of the items' courses; `items` NULL: of the first `count`. */
static bool
read_groups(Making *making, const guint *items, guint count, GHashTable *gone, GError **error) {
  g_autofree gint64 *courseids = g_new(gint64, count + 1);
  for (guint i = 0; i < count; i++)
    courseids[i] = making->groups[items != NULL ? items[i] : i].courseid;
  return ws_roster_groups(making->moodle, courseids, count, on_group, making, gone, error);
}

static json_t *
group_row(guint item, gpointer data) {
  const GatewayNewGroup *group = &((Making *)data)->groups[item];
  return json_pack("{s:I, s:s, s:s}", "courseid", (json_int_t)group->courseid, "name", group->name,
                   "description", "");
}

static json_t *
create_arguments(const guint *items, guint count, const char **function, gpointer data) {
  *function = "core_group_create_groups";
  return ws_write_rows("groups", group_row, items, count, data);
}

static bool
create_accept(const guint *items, guint count, const json_t *result, gpointer data) {
  Making *making = data;
  if (!ws_write_take_ids(making->outcomes, items, count, result, 0))
    return false;
  for (guint i = 0; i < count; i++)
    on_group(making->groups[items[i]].courseid, making->outcomes[items[i]].id,
             making->groups[items[i]].name, making);
  return true;
}

static bool
create_look(const guint *items, guint count, gpointer data, GError **error) {
  Making *making = data;
  g_autoptr(GHashTable) gone = ws_ask_set();
  if (!read_groups(making, items, count, gone, error))
    return false;
  for (guint i = 0; i < count; i++)
    if (known_id(making, items[i]) != 0)
      ws_write_settle(&making->outcomes[items[i]], GATEWAY_DONE, known_id(making, items[i]));
  return true;
}

static bool
create_explain(guint item, const WsFailure *failure, gpointer data, GError **error) {
  Making *making = data;
  (void)error;
  ws_write_refuse(&making->outcomes[item], GATEWAY_INVALID, "%s", failure->message);
  return true;
}

/* Settles what needs no call: groups of courses that are gone, and groups that are there. */
static void
settle_known(Making *making, guint count, GHashTable *gone) {
  for (guint i = 0; i < count; i++) {
    if (ws_ask_set_has(gone, making->groups[i].courseid))
      ws_write_refuse(&making->outcomes[i], GATEWAY_MISSING, "the course is not there any more");
    else if (known_id(making, i) != 0)
      ws_write_settle(&making->outcomes[i], GATEWAY_ALREADY, known_id(making, i));
  }
}

static char *
group_key(guint item, gpointer data) {
  const GatewayNewGroup *group = &((Making *)data)->groups[item];
  return key_of(group->courseid, group->name);
}

bool
ws_group_create(Gateway *gateway, const GatewayNewGroup *groups, guint count,
                GatewayOutcome *outcomes, GError **error) {
  static const WsWrite write = { .rows = CREATE_GROUPS,
                                 .doubles = true,
                                 .arguments = create_arguments,
                                 .accept = create_accept,
                                 .look = create_look,
                                 .explain = create_explain };
  g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr(GHashTable) gone = ws_ask_set();
  Making making = { (Webservice *)gateway, groups, outcomes, ids };
  if (!read_groups(&making, NULL, count, gone, error))
    return false;
  settle_known(&making, count, gone);
  g_autofree guint *first = ws_write_twins(outcomes, count, group_key, &making);
  bool ok = ws_write(making.moodle, &write, count, outcomes, &making, error);
  ws_write_follow(outcomes, count, first);
  return ok;
}

/* ── members ── */

typedef struct {
  Webservice *moodle;
  const GatewayMember *items;
  GatewayOutcome *outcomes;
  GHashTable *groups;  /* set of ws_ask_pair(course, group) */
  GHashTable *members; /* set of ws_ask_pair(group, user) */
} Adding;

static void
on_course_group(gint64 courseid, gint64 groupid, const char *name, gpointer data) {
  (void)name;
  ws_ask_set_add(((Adding *)data)->groups, ws_ask_pair(courseid, groupid));
}

static json_t *
member_row(guint item, gpointer data) {
  const GatewayMember *member = &((Adding *)data)->items[item];
  return json_pack("{s:I, s:I}", "groupid", (json_int_t)member->groupid, "userid",
                   (json_int_t)member->userid);
}

static json_t *
add_arguments(const guint *items, guint count, const char **function, gpointer data) {
  *function = "core_group_add_group_members";
  return ws_write_rows("members", member_row, items, count, data);
}

static bool
add_accept(const guint *items, guint count, const json_t *result, gpointer data) {
  Adding *adding = data;
  (void)result;
  for (guint i = 0; i < count; i++)
    ws_write_settle(&adding->outcomes[items[i]], GATEWAY_DONE, 0);
  return true;
}

static bool
read_members(Adding *adding, const guint *items, guint count, GError **error) {
  g_autofree gint64 *groupids = g_new(gint64, count + 1);
  for (guint i = 0; i < count; i++)
    groupids[i] = adding->items[items[i]].groupid;
  g_autoptr(GArray) distinct = ws_roster_distinct(groupids, count);
  g_clear_pointer(&adding->members, g_hash_table_unref);
  adding->members = ws_roster_members(adding->moodle, (const gint64 *)(gpointer)distinct->data,
                                      distinct->len, error);
  return adding->members != NULL;
}

static bool
is_member(const Adding *adding, guint item) {
  const GatewayMember *member = &adding->items[item];
  return ws_ask_set_has(adding->members, ws_ask_pair(member->groupid, member->userid));
}

static bool
add_look(const guint *items, guint count, gpointer data, GError **error) {
  Adding *adding = data;
  if (!read_members(adding, items, count, error))
    return false;
  for (guint i = 0; i < count; i++)
    if (is_member(adding, items[i]))
      ws_write_settle(&adding->outcomes[items[i]], GATEWAY_DONE, 0);
  return true;
}

static bool
add_explain(guint item, const WsFailure *failure, gpointer data, GError **error) {
  Adding *adding = data;
  const GatewayMember *member = &adding->items[item];
  bool exists;
  g_autoptr(WsPlaces) places =
      ws_roster_places(adding->moodle, &member->courseid, 1, WS_PLACES_ENROLLED, error);
  if (places == NULL || !ws_user_exists(adding->moodle, member->userid, &exists, error))
    return false;
  bool enrolled = ws_places_has(places, member->courseid, member->userid);
  if (!exists)
    ws_write_refuse(&adding->outcomes[item], GATEWAY_MISSING, "the user is not there any more");
  else
    ws_write_refuse(&adding->outcomes[item], GATEWAY_INVALID, "%s",
                    enrolled ? failure->message : "the person is not enrolled in the course");
  return true;
}

/* Groups that are not of the course they are said to be in are not there. */
static bool
settle_missing(Adding *adding, guint count, GError **error) {
  g_autofree gint64 *courseids = g_new(gint64, count + 1);
  g_autoptr(GHashTable) gone = ws_ask_set();
  for (guint i = 0; i < count; i++)
    courseids[i] = adding->items[i].courseid;
  if (!ws_roster_groups(adding->moodle, courseids, count, on_course_group, adding, gone, error))
    return false;
  for (guint i = 0; i < count; i++)
    if (adding->outcomes[i].code == GATEWAY_UNKNOWN &&
        !ws_ask_set_has(adding->groups, ws_ask_pair(courseids[i], adding->items[i].groupid)))
      ws_write_refuse(&adding->outcomes[i], GATEWAY_MISSING, "the group is not there any more");
  return true;
}

static bool
settle_members(Adding *adding, guint count, GError **error) {
  g_autofree guint *items = g_new(guint, count + 1);
  guint left = 0;
  for (guint i = 0; i < count; i++)
    if (adding->outcomes[i].code == GATEWAY_UNKNOWN)
      items[left++] = i;
  if (!read_members(adding, items, left, error))
    return false;
  for (guint i = 0; i < left; i++)
    if (is_member(adding, items[i]))
      ws_write_settle(&adding->outcomes[items[i]], GATEWAY_ALREADY, 0);
  return true;
}

static char *
member_key(guint item, gpointer data) {
  const GatewayMember *member = &((Adding *)data)->items[item];
  return g_strdup_printf("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT,
                         member->courseid, member->groupid, member->userid);
}

bool
ws_group_add(Gateway *gateway, const GatewayMember *members, guint count, GatewayOutcome *outcomes,
             GError **error) {
  static const WsWrite write = { .rows = ADD_MEMBERS,
                                 .arguments = add_arguments,
                                 .accept = add_accept,
                                 .look = add_look,
                                 .explain = add_explain };
  g_autoptr(GHashTable) groups = ws_ask_set();
  Adding adding = { (Webservice *)gateway, members, outcomes, groups, NULL };
  g_autofree guint *first = ws_write_twins(outcomes, count, member_key, &adding);
  bool ok = settle_missing(&adding, count, error) && settle_members(&adding, count, error) &&
            ws_write(adding.moodle, &write, count, outcomes, &adding, error);
  ws_write_follow(outcomes, count, first);
  g_clear_pointer(&adding.members, g_hash_table_unref);
  return ok;
}
