/* Groups and their members.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "msim_function.h"

/* ── core_group_get_course_groups ── */

static const MsimParam list_params[] = { { "courseid", MSIM_INT }, MSIM_END };

static json_t *
run_list(MsimCall *call, const json_t *given) {
  gint64 courseid = msim_int(given, "courseid", 0);
  if (!msim_course_require_context(call, courseid))
    return NULL;
  json_t *groups = msim_rows(call,
                             "SELECT id, courseid, name, description, descriptionformat,"
                             " NULL enrolmentkey, idnumber, 0 visibility FROM mdl_groups"
                             " WHERE courseid = ? ORDER BY name, id",
                             "i", courseid);
  gsize index;
  json_t *group;
  json_array_foreach(groups, index, group) {
    g_autofree char *name = g_strdup(msim_text(group, "name"));
    g_autofree char *description = g_strdup(msim_text(group, "description"));
    json_object_set_new(group, "name", msim_string(call, name));
    msim_set_text(call, group, "description", "descriptionformat", description,
                  msim_int(group, "descriptionformat", 0));
    json_object_set_new(group, "participation", json_true());
  }
  return groups;
}

const MsimFunction msim_group_list = {
  .name = "core_group_get_course_groups",
  .params = list_params,
  .capability = "Manage groups",
  .run = run_list,
};

/* ── core_group_create_groups ── */

static const MsimParam group_fields[] = {
  { "courseid", MSIM_INT },
  { "name", MSIM_TEXT },
  { "description", MSIM_RAW },
  { "descriptionformat", MSIM_INT, MSIM_DEFAULT, "1" },
  { "enrolmentkey", MSIM_RAW, MSIM_OPTIONAL },
  { "idnumber", MSIM_RAW, MSIM_OPTIONAL },
  { "visibility", MSIM_INT, MSIM_DEFAULT, "0" },
  { "participation", MSIM_BOOL, MSIM_DEFAULT, "1" },
  MSIM_END,
};
static const MsimParam create_params[] = {
  { "groups", MSIM_LIST, .inner = group_fields },
  MSIM_END,
};

static bool
check_name(MsimCall *call, gint64 courseid, const char *name) {
  gint64 taken = 0;
  if (name == NULL || name[strspn(name, " \t\n\r\v")] == '\0')
    return msim_throw_invalid(call);
  if (!msim_number(call, &taken,
                   "SELECT 1 FROM mdl_groups WHERE courseid = ?1"
                   " AND (name = ?2 OR (?3 AND name = ?2 COLLATE NOCASE))",
                   "isi", courseid, name, (gint64)!call->site->exact_case))
    return false;
  return taken == 0 || msim_throw_invalid(call);
}

static json_t *
describe(const json_t *group, gint64 id) {
  const char *key = msim_text(group, "enrolmentkey"), *idnumber = msim_text(group, "idnumber");
  const char *description = msim_text(group, "description");
  return json_pack("{s:I, s:I, s:s, s:s, s:I, s:s, s:s, s:I, s:b}", "id", (json_int_t)id,
                   "courseid", (json_int_t)msim_int(group, "courseid", 0), "name",
                   msim_text(group, "name"), "description", description != NULL ? description : "",
                   "descriptionformat", (json_int_t)msim_int(group, "descriptionformat", 1),
                   "enrolmentkey", key != NULL ? key : "", "idnumber",
                   idnumber != NULL ? idnumber : "", "visibility",
                   (json_int_t)msim_int(group, "visibility", 0), "participation",
                   (int)msim_int(group, "participation", 1));
}

static bool
create(MsimCall *call, const json_t *group, json_t *created) {
  gint64 courseid = msim_int(group, "courseid", 0);
  const char *idnumber = msim_text(group, "idnumber");
  if (!check_name(call, courseid, msim_text(group, "name")) ||
      !msim_course_require_context(call, courseid) ||
      !msim_exec(call,
                 "INSERT INTO mdl_groups (courseid, name, idnumber, description,"
                 " descriptionformat, timecreated, timemodified)"
                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
                 "isssii", courseid, msim_text(group, "name"), idnumber != NULL ? idnumber : "",
                 msim_text(group, "description"), msim_int(group, "descriptionformat", 1),
                 call->now))
    return false;
  json_array_append_new(created, describe(group, db_last_id(call->db)));
  return true;
}

static json_t *
run_create(MsimCall *call, const json_t *given) {
  json_auto_t *created = json_array();
  gsize index;
  const json_t *group;
  json_array_foreach(json_object_get(given, "groups"), index, group) {
    if (!create(call, group, created))
      return NULL;
  }
  return g_steal_pointer(&created);
}

const MsimFunction msim_group_create = {
  .name = "core_group_create_groups",
  .params = create_params,
  .effect = MSIM_ALL,
  .capability = "Manage groups",
  .run = run_create,
};

/* ── core_group_add_group_members ── */

static const MsimParam member[] = { { "groupid", MSIM_INT }, { "userid", MSIM_INT }, MSIM_END };
static const MsimParam add_params[] = { { "members", MSIM_LIST, .inner = member }, MSIM_END };

static bool
find_course(MsimCall *call, gint64 groupid, gint64 *courseid) {
  if (!msim_number(call, courseid, "SELECT courseid FROM mdl_groups WHERE id = ?", "i", groupid))
    return false;
  return *courseid != 0 || msim_throw_missing(call, "groups");
}

static bool
add(MsimCall *call, gint64 groupid, gint64 userid) {
  gint64 courseid = 0, user = 0;
  bool enrolled = false;
  if (!find_course(call, groupid, &courseid) ||
      !msim_number(call, &user,
                   "SELECT 1 FROM mdl_user WHERE id = ? AND deleted = 0 AND mnethostid = 1", "i",
                   userid))
    return false;
  if (user == 0)
    return msim_throw_missing(call, "user");
  if (!msim_enrol_is(call, courseid, userid, &enrolled))
    return false;
  if (!enrolled)
    return msim_throw_invalid(call);
  return msim_exec(call,
                   "INSERT INTO mdl_groups_members (groupid, userid, timeadded) VALUES (?, ?, ?)"
                   " ON CONFLICT DO NOTHING",
                   "iii", groupid, userid, call->now);
}

static json_t *
run_add(MsimCall *call, const json_t *given) {
  gsize index;
  const json_t *one;
  json_array_foreach(json_object_get(given, "members"), index, one) {
    if (!add(call, msim_int(one, "groupid", 0), msim_int(one, "userid", 0)))
      return NULL;
  }
  return json_null();
}

const MsimFunction msim_group_add_members = {
  .name = "core_group_add_group_members",
  .params = add_params,
  .effect = MSIM_ALL,
  .capability = "Manage groups",
  .run = run_add,
};

/* ── core_group_get_group_members ── */

static const MsimParam group_id[] = { { NULL, MSIM_INT }, MSIM_END };
static const MsimParam members_params[] = {
  { "groupids", MSIM_LIST, .inner = group_id },
  MSIM_END,
};

static json_t *
list_members(MsimCall *call, gint64 groupid) {
  json_auto_t *rows = msim_rows(call,
                                "SELECT u.id FROM mdl_groups_members m"
                                " JOIN mdl_user u ON u.id = m.userid AND u.deleted = 0"
                                " WHERE m.groupid = ? ORDER BY u.lastname, u.firstname, u.id",
                                "i", groupid);
  if (rows == NULL)
    return NULL;
  json_t *members = json_array();
  gsize index;
  const json_t *row;
  json_array_foreach(rows, index, row) json_array_append(members, json_object_get(row, "id"));
  return members;
}

static json_t *
run_members(MsimCall *call, const json_t *given) {
  json_auto_t *answer = json_array();
  gsize index;
  const json_t *id;
  json_array_foreach(json_object_get(given, "groupids"), index, id) {
    gint64 courseid = 0;
    if (!find_course(call, json_integer_value(id), &courseid))
      return NULL;
    json_t *members = list_members(call, json_integer_value(id));
    if (members == NULL)
      return NULL;
    json_array_append_new(
        answer, json_pack("{s:I, s:o}", "groupid", json_integer_value(id), "userids", members));
  }
  return g_steal_pointer(&answer);
}

const MsimFunction msim_group_members = {
  .name = "core_group_get_group_members",
  .params = members_params,
  .capability = "Manage groups",
  .run = run_members,
};
