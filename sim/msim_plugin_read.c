/* The companion plugin's two functions that read much at once (local_lehrgaenge): who is in which
 * of several courses, and who has which of many names.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "msim_function.h"

/* Values of one call of local_lehrgaenge_get_users. */
#define MAX_VALUES 1000

/* ── local_lehrgaenge_get_rosters ── */

static const MsimParam id_of_course[] = { { NULL, MSIM_INT }, MSIM_END };
static const MsimParam rosters_params[] = {
  { "courseids", MSIM_LIST, .inner = id_of_course },
  MSIM_END,
};

/* False: thrown, and to be told as a warning. */
static bool
may_read(MsimCall *call, gint64 courseid) {
  return msim_course_require(call, courseid) &&
         (!g_hash_table_contains(call->site->forbidden, msim_plugin_rosters.name) ||
          msim_throw_permission(call, "View participants"));
}

static int
compare_ids(gconstpointer a, gconstpointer b) {
  gint64 left = *(const gint64 *)a, right = *(const gint64 *)b;
  return left < right ? -1 : left > right;
}

/* The courses that may be read, ascending; the others become warnings, in the order asked for. */
static GArray *
sort_courses(MsimCall *call, const json_t *courseids, json_t *warnings) {
  g_autoptr(GHashTable) seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
  GArray *readable = g_array_new(FALSE, FALSE, sizeof(gint64));
  gsize index;
  const json_t *id;
  json_array_foreach(courseids, index, id) {
    gint64 courseid = json_integer_value(id);
    if (!g_hash_table_add(seen, g_memdup2(&courseid, sizeof courseid)))
      continue;
    if (may_read(call, courseid))
      g_array_append_val(readable, courseid);
    else
      json_array_append_new(warnings, msim_warning(call, "course", courseid));
  }
  g_array_sort(readable, compare_ids);
  return readable;
}

static json_t *
find_enrolments(MsimCall *call, gint64 courseid) {
  return msim_rows(call,
                   "WITH enrolled AS (SELECT ue.userid, max(e.status = 0 AND ue.status = 0"
                   "   AND ue.timestart <= ?2 AND (ue.timeend = 0 OR ue.timeend > ?2)) active,"
                   "  min(CASE WHEN e.enrol = 'manual' THEN iif(ue.status = 0, 1, 2) END) manual"
                   "  FROM mdl_enrol e CROSS JOIN mdl_user_enrolments ue ON ue.enrolid = e.id"
                   "  WHERE e.courseid = ?1 GROUP BY ue.userid)"
                   " SELECT ?1 courseid, n.userid, u.username, u.idnumber, n.active,"
                   " coalesce(n.manual, 0) manual, coalesce(cc.timecompleted, 0) timecompleted"
                   " FROM enrolled n CROSS JOIN mdl_user u ON u.id = n.userid AND u.deleted = 0"
                   " LEFT JOIN mdl_course_completions cc ON cc.course = ?1 AND cc.userid = n.userid"
                   " ORDER BY n.userid",
                   "ii", courseid, call->now);
}

static json_t *
find_members(MsimCall *call, gint64 groupid) {
  json_auto_t *rows =
      msim_rows(call,
                "SELECT m.userid FROM mdl_groups g JOIN mdl_groups_members m ON m.groupid = g.id"
                " JOIN mdl_user u ON u.id = m.userid AND u.deleted = 0 WHERE g.id = ?"
                " AND EXISTS (SELECT 1 FROM mdl_enrol e JOIN mdl_user_enrolments ue"
                "  ON ue.enrolid = e.id AND ue.userid = m.userid WHERE e.courseid = g.courseid)"
                " ORDER BY m.userid",
                "i", groupid);
  if (rows == NULL)
    return NULL;
  json_t *members = json_array();
  gsize index;
  const json_t *row;
  json_array_foreach(rows, index, row) json_array_append(members, json_object_get(row, "userid"));
  return members;
}

static json_t *
find_groups(MsimCall *call, gint64 courseid) {
  json_auto_t *groups =
      msim_rows(call, "SELECT courseid, id, name FROM mdl_groups WHERE courseid = ? ORDER BY id",
                "i", courseid);
  gsize index;
  json_t *group;
  json_array_foreach(groups, index, group) {
    if (json_object_set_new(group, "userids", find_members(call, msim_int(group, "id", 0))) != 0)
      return NULL;
  }
  return g_steal_pointer(&groups);
}

static bool
extend(json_t *list, json_t *rows) {
  json_auto_t *owned = rows;
  return owned != NULL && json_array_extend(list, owned) == 0;
}

static json_t *
run_rosters(MsimCall *call, const json_t *given) {
  json_auto_t *enrolments = json_array();
  json_auto_t *groups = json_array();
  json_auto_t *warnings = json_array();
  g_autoptr(GArray) readable = sort_courses(call, json_object_get(given, "courseids"), warnings);
  for (guint i = 0; i < readable->len; i++) {
    gint64 courseid = g_array_index(readable, gint64, i);
    if (!extend(enrolments, find_enrolments(call, courseid)) ||
        !extend(groups, find_groups(call, courseid)))
      return NULL;
  }
  return json_pack("{s:O, s:O, s:O}", "enrolments", enrolments, "groups", groups, "warnings",
                   warnings);
}

const MsimFunction msim_plugin_rosters = {
  .name = "local_lehrgaenge_get_rosters",
  .params = rosters_params,
  .run = run_rosters,
};

/* ── local_lehrgaenge_get_users ── */

static const MsimParam value[] = { { NULL, MSIM_RAW }, MSIM_END };
static const MsimParam users_params[] = {
  { "field", MSIM_ALPHA },
  { "values", MSIM_LIST, .inner = value },
  MSIM_END,
};

#define USERS "SELECT u.id, u.username, u.idnumber, u.email, u.auth FROM mdl_user u WHERE "
#define LOCAL " AND u.deleted = 0 AND u.mnethostid = 1"

/* Nothing but an id as PHP writes it; a longer one is nobody's. */
static bool
is_id(const char *text) {
  gsize length = strlen(text);
  return length > 0 && length <= 18 && text[0] != '0' && strspn(text, "0123456789") == length;
}

/* Those who have that value as the database compares: the caller looks closer. Names are lower case
 * in the database. */
static json_t *
find_by(MsimCall *call, const char *field, const char *text) {
  bool exact = call->site->exact_case;
  if (text[0] == '\0')
    return json_array();
  if (g_str_equal(field, "id"))
    return is_id(text)
               ? msim_rows(call, USERS "u.id = ?" LOCAL, "i", g_ascii_strtoll(text, NULL, 10))
               : json_array();
  if (g_str_equal(field, "username")) {
    g_autofree char *name = exact ? g_strdup(text) : g_ascii_strdown(text, -1);
    return msim_rows(call, USERS "u.username = ?" LOCAL, "s", name);
  }
  if (g_str_equal(field, "email"))
    return msim_rows(call, USERS "u.email = ? COLLATE NOCASE" LOCAL, "s", text);
  return exact ? msim_rows(call, USERS "u.idnumber = ?" LOCAL, "s", text)
               : msim_rows(call, USERS "u.idnumber = ? COLLATE NOCASE" LOCAL, "s", text);
}

/* A hidden address neither finds anybody nor is shown. */
static void
take_users(const MsimCall *call, const char *field, json_t *rows, json_t *users) {
  gsize index;
  json_t *row;
  json_array_foreach(rows, index, row) {
    bool shown = msim_user_shows_email(call, msim_int(row, "id", 0));
    if (!shown && g_str_equal(field, "email"))
      continue;
    if (!shown)
      json_object_set_new(row, "email", json_string(""));
    json_array_append(users, row);
  }
}

static bool
is_searchable(const char *field) {
  static const char *const fields[] = { "id", "idnumber", "username", "email", NULL };
  return field != NULL && g_strv_contains(fields, field);
}

static json_t *
run_users(MsimCall *call, const json_t *given) {
  const char *field = msim_text(given, "field");
  const json_t *values = json_object_get(given, "values");
  if (!is_searchable(field) || json_array_size(values) > MAX_VALUES) {
    msim_throw_invalid(call);
    return NULL;
  }
  json_auto_t *users = json_array();
  gsize index;
  const json_t *one;
  json_array_foreach(values, index, one) {
    const char *text = json_string_value(one);
    json_auto_t *rows = find_by(call, field, text != NULL ? text : "");
    if (rows == NULL)
      return NULL;
    take_users(call, field, rows, users);
  }
  return msim_user_sort(users);
}

const MsimFunction msim_plugin_users = {
  .name = "local_lehrgaenge_get_users",
  .params = users_params,
  .capability = "View user full information",
  .run = run_users,
};
