/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/embedded/embedded_private.h"

static const EmbeddedRule group_rules[] = {
  { "group_name", GATEWAY_INVALID, "its name is empty or longer than 254 characters" },
  { "FOREIGN KEY", GATEWAY_MISSING, "Moodle has no such course" },
  { NULL },
};

static bool
create_one(Embedded *moodle, const GatewayNewGroup *group, GatewayOutcome *outcome,
           GError **error) {
  if (group->courseid == EMBEDDED_SITE_COURSE) {
    embedded_refuse(outcome, GATEWAY_MISSING, "the site's front page is not a course");
    return true;
  }
  gint64 existing = 0;
  if (!db_get_int(moodle->db, &existing, 0, error,
                  "SELECT id FROM mdl_groups WHERE courseid = ? AND name = ?", "is",
                  group->courseid, group->name))
    return false;
  if (existing != 0) {
    embedded_settle(outcome, GATEWAY_ALREADY, existing);
    return true;
  }
  sqlite3_stmt *insert =
      db_prepare(moodle->db,
                 "INSERT INTO mdl_groups (courseid, name, timecreated, timemodified)"
                 " VALUES (?1, ?2, ?3, ?3)",
                 error);
  if (insert == NULL)
    return false;
  db_bind(insert, "isi", group->courseid, group->name, clock_now(moodle->clock));
  bool refused = false;
  if (!embedded_write(moodle, insert, group_rules, outcome, &refused, error))
    return false;
  if (!refused)
    embedded_settle(outcome, GATEWAY_DONE, db_last_id(moodle->db));
  return true;
}

bool
embedded_group_create(Gateway *gateway, const GatewayNewGroup *groups, guint count,
                      GatewayOutcome *outcomes, GError **error) {
  Embedded *moodle = (Embedded *)gateway;
  if (count == 0)
    return true;
  if (!embedded_begin(moodle, error))
    return false;
  bool ok = true;
  for (guint i = 0; ok && i < count; i++)
    ok = create_one(moodle, &groups[i], &outcomes[i], error);
  return embedded_end(moodle, ok, outcomes, count, error);
}

/* ── members ── */

static const EmbeddedRule member_rules[] = {
  { "not_enrolled", GATEWAY_INVALID, "the person is not enrolled in this course" },
  { NULL },
};

static bool
add_one(Embedded *moodle, const GatewayMember *member, GatewayOutcome *outcome, GError **error) {
  gint64 courseid = 0;
  bool user = false, refused = false;
  if (!db_get_int(moodle->db, &courseid, 0, error, "SELECT courseid FROM mdl_groups WHERE id = ?",
                  "i", member->groupid) ||
      !embedded_user_exists(moodle, member->userid, &user, error))
    return false;
  if (courseid == 0 || courseid != member->courseid) {
    embedded_refuse(outcome, GATEWAY_MISSING,
                    "course %" G_GINT64_FORMAT " has no group %" G_GINT64_FORMAT, member->courseid,
                    member->groupid);
    return true;
  }
  if (!user) {
    embedded_refuse(outcome, GATEWAY_MISSING, "Moodle has no user %" G_GINT64_FORMAT,
                    member->userid);
    return true;
  }
  sqlite3_stmt *insert = db_prepare(moodle->db,
                                    "INSERT INTO mdl_groups_members (groupid, userid, timeadded)"
                                    " VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                                    error);
  if (insert == NULL)
    return false;
  db_bind(insert, "iii", member->groupid, member->userid, clock_now(moodle->clock));
  if (!embedded_write(moodle, insert, member_rules, outcome, &refused, error))
    return false;
  if (!refused)
    embedded_settle(outcome, db_changes(moodle->db) > 0 ? GATEWAY_DONE : GATEWAY_ALREADY, 0);
  return true;
}

bool
embedded_group_add_members(Gateway *gateway, const GatewayMember *members, guint count,
                           GatewayOutcome *outcomes, GError **error) {
  Embedded *moodle = (Embedded *)gateway;
  if (count == 0)
    return true;
  if (!embedded_begin(moodle, error))
    return false;
  bool ok = true;
  for (guint i = 0; ok && i < count; i++)
    ok = add_one(moodle, &members[i], &outcomes[i], error);
  return embedded_end(moodle, ok, outcomes, count, error);
}
