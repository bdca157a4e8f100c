/* The companion plugin's functions (local_lehrgaenge).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "msim_function.h"

/* ── local_lehrgaenge_complete_users ── */

static const MsimParam completion[] = {
  { "userid", MSIM_INT },
  { "timecompleted", MSIM_INT },
  MSIM_END,
};
static const MsimParam complete_params[] = {
  { "courseid", MSIM_INT },
  { "completions", MSIM_LIST, .inner = completion },
  MSIM_END,
};

static json_t *
tell(gint64 userid, const char *status, gint64 time, const char *message) {
  return json_pack("{s:I, s:s, s:I, s:s}", "userid", (json_int_t)userid, "status", status,
                   "timecompleted", (json_int_t)time, "message", message);
}

static bool
find_time(MsimCall *call, gint64 courseid, gint64 userid, gint64 *time) {
  return msim_number(call, time,
                     "SELECT coalesce(timecompleted, 0) FROM mdl_course_completions"
                     " WHERE course = ? AND userid = ?",
                     "ii", courseid, userid);
}

static json_t *
complete(MsimCall *call, gint64 courseid, gint64 userid, gint64 time) {
  gint64 user = 0, before = 0, when = MIN(time, call->now);
  bool enrolled = false;
  if (!msim_number(call, &user, "SELECT 1 FROM mdl_user WHERE id = ? AND deleted = 0", "i",
                   userid) ||
      !msim_enrol_is(call, courseid, userid, &enrolled) ||
      !find_time(call, courseid, userid, &before))
    return NULL;
  if (user == 0)
    return tell(userid, "nouser", 0, "");
  if (!enrolled)
    return tell(userid, "notenrolled", 0, "");
  if (before > 0)
    return tell(userid, "already", before, "");
  if (time <= 0)
    return tell(userid, "failed", 0, "timecompleted must be greater than 0.");
  if (!msim_exec(call,
                 "INSERT INTO mdl_course_completions (course, userid, timecompleted)"
                 " VALUES (?, ?, ?) ON CONFLICT (course, userid)"
                 " DO UPDATE SET timecompleted = excluded.timecompleted",
                 "iii", courseid, userid, when))
    return NULL;
  return tell(userid, "completed", when, "");
}

/* What the database refuses stays with the one person. */
static json_t *
complete_or_tell(MsimCall *call, gint64 courseid, gint64 userid, gint64 time) {
  json_t *told = complete(call, courseid, userid, time);
  if (told != NULL)
    return told;
  told = tell(userid, "failed", 0, call->thrown.message);
  msim_exception_clear(&call->thrown);
  return told;
}

static json_t *
run_complete(MsimCall *call, const json_t *given) {
  gint64 courseid = msim_int(given, "courseid", 0);
  if (!msim_course_require(call, courseid))
    return NULL;
  if (courseid == EMBEDDED_SITE_COURSE) {
    msim_throw(call, "moodle_exception", "invalidcourseid",
               "You are trying to use an invalid course ID");
    return NULL;
  }
  json_t *answer = json_array();
  gsize index;
  const json_t *one;
  json_array_foreach(json_object_get(given, "completions"), index, one)
      json_array_append_new(answer, complete_or_tell(call, courseid, msim_int(one, "userid", 0),
                                                     msim_int(one, "timecompleted", 0)));
  return answer;
}

const MsimFunction msim_plugin_complete = {
  .name = "local_lehrgaenge_complete_users",
  .params = complete_params,
  .effect = MSIM_PARTIAL,
  .capability = "Mark users as complete in course completion",
  .run = run_complete,
};

/* ── local_lehrgaenge_get_completions ── */

static const MsimParam id_of_course[] = { { NULL, MSIM_INT }, MSIM_END };
static const MsimParam completions_params[] = {
  { "courseids", MSIM_LIST, .inner = id_of_course },
  MSIM_END,
};

/* False: thrown, and to be told as a warning. */
static bool
may_read(MsimCall *call, gint64 courseid) {
  return msim_course_require(call, courseid) &&
         (!g_hash_table_contains(call->site->forbidden, msim_plugin_completions.name) ||
          msim_throw_permission(call, "View course completion report"));
}

static json_t *
read_completions(MsimCall *call, gint64 courseid) {
  if (!may_read(call, courseid))
    return NULL;
  return msim_rows(call,
                   "SELECT course courseid, userid, timecompleted FROM mdl_course_completions"
                   " WHERE course = ? AND timecompleted > 0 ORDER BY userid",
                   "i", courseid);
}

static json_t *
run_completions(MsimCall *call, const json_t *given) {
  json_t *completions = json_array();
  json_t *warnings = json_array();
  g_autoptr(GHashTable) seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
  gsize index;
  const json_t *id;
  json_array_foreach(json_object_get(given, "courseids"), index, id) {
    gint64 courseid = json_integer_value(id);
    if (!g_hash_table_add(seen, g_memdup2(&courseid, sizeof courseid)))
      continue;
    json_auto_t *rows = read_completions(call, courseid);
    if (rows == NULL)
      json_array_append_new(warnings, msim_warning(call, "course", courseid));
    else
      json_array_extend(completions, rows);
  }
  return json_pack("{s:o, s:o}", "completions", completions, "warnings", warnings);
}

const MsimFunction msim_plugin_completions = {
  .name = "local_lehrgaenge_get_completions",
  .params = completions_params,
  .run = run_completions,
};
