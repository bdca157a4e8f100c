/* What the files of the embedded Moodle share: its state, the frame of a call, and the functions
 * behind the slots of GatewayClass (their contracts stand there).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/db.h"
#include "moodle/embedded/embedded.h"

/* Moodle's own constants. */
#define EMBEDDED_SITE_COURSE 1 /* SITEID, the front page */
#define EMBEDDED_ADMIN 2
#define EMBEDDED_STUDENT 5     /* mdl_role.id of the student role */
#define EMBEDDED_NOREPLY (-10) /* mdl_notifications.useridfrom: nobody */
#define EMBEDDED_FORMAT_PLAIN 2
#define EMBEDDED_SYSTEM_CONTEXT 1
#define EMBEDDED_CONTEXT_CATEGORY 40
#define EMBEDDED_CONTEXT_COURSE 50

/* What Moodle calls the forum that it gives every course with announcements. */
#define EMBEDDED_ANNOUNCEMENTS "Ankündigungen"

/* The same as text, for SQL. */
#define EMBEDDED_SQL_SITE "1"
#define EMBEDDED_SQL_HOST "1"
#define EMBEDDED_SQL_COURSE_CONTEXT "50"

typedef struct {
  Gateway base;
  Db *db;
  Clock *clock;
  gint64 student_role;
  char *description;
  struct {
    gint64 courseid; /* 0: none, or copied into since */
    guint modules;
  } looked; /* what contents() last told */
} Embedded;

/* ── embedded.c: the frame of a call ── */

/* A gateway on `path`, whatever the file holds. NULL and a GATEWAY_ERROR when it cannot open it. */
Embedded *embedded_new(const char *path, DbFlags flags, Clock *clock, GError **error);

/* Turns a DB_ERROR in `*error` into a GATEWAY_ERROR of the class that fits. */
void embedded_translate(GError **error);

/* The frame of a write: all items in one transaction. end commits when `ok`; when not, or when that
 * fails, it undoes everything, the outcomes read GATEWAY_UNKNOWN again and `error` is a
 * GATEWAY_ERROR. */
bool embedded_begin(Embedded *moodle, GError **error);
bool embedded_end(Embedded *moodle, bool ok, GatewayOutcome *outcomes, guint count, GError **error);

/* The frame of a read: one view of the data, without keeping writers out. */
bool embedded_read_begin(Embedded *moodle, GError **error);
bool embedded_read_end(Embedded *moodle, bool ok, GError **error);

/* Settles one item: a success with the id of what was made or found (0: none), or a refusal. */
void embedded_settle(GatewayOutcome *outcome, GatewayCode code, gint64 id);
void embedded_refuse(GatewayOutcome *outcome, GatewayCode code, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* A rule of the schema and what its breach means for the item. `words` is found in SQLite's
 * message. */
typedef struct {
  const char *words;
  GatewayCode code;
  const char *message;
} EmbeddedRule;

/* Steps a prepared and bound write. A breach of one of `rules` (ended by NULL words) refuses the
 * item: *refused is true and the return too. False is a failure of the database. */
bool embedded_write(Embedded *moodle, sqlite3_stmt *statement, const EmbeddedRule *rules,
                    GatewayOutcome *outcome, bool *refused, GError **error);

/* A column's text, "" for NULL; borrowed until the statement's next step. */
const char *embedded_text(sqlite3_stmt *statement, int column);

/* The id that `text` is in decimal, without sign, blanks or leading zeros; 0 when it is not one. */
gint64 embedded_id(const char *text);

/* ── embedded_schema.c ── */

/* Makes the tables that are missing, inside the caller's transaction. */
bool embedded_schema_apply(Db *db, GError **error);

/* The same for a file that an earlier version of this program made, in a transaction of its own;
 * every other file stays as it is. */
bool embedded_schema_upgrade(Db *db, GError **error);

/* Whether the file holds an embedded Moodle of a version we know; GATEWAY_ERROR_CONFIG else. */
bool embedded_schema_check(Db *db, GError **error);

/* ── embedded_company.c, embedded_course.c ── */

bool embedded_company_find(Gateway *gateway, GatewayCompany *companies, guint count,
                           GError **error);
bool embedded_company_link(Gateway *gateway, const gint64 *courseids, const gint64 *companyids,
                           guint count, GatewayOutcome *outcomes, GError **error);
bool embedded_course_find(Gateway *gateway, GatewayCourseField field, const char *const *values,
                          guint count, GatewayCourseFunc each, gpointer user_data, GError **error);
bool embedded_course_create(Gateway *gateway, const GatewayNewCourse *courses, guint count,
                            GatewayOutcome *outcomes, GError **error);

/* Adds a course with all that Moodle makes along with it: context, sections, manual enrolment,
 * announcements. Inside a transaction. */
bool embedded_course_add(Embedded *moodle, const GatewayNewCourse *course, bool visible,
                         GatewayOutcome *outcome, GError **error);

/* Adds a context below `parent` (a context's id, 0: none). Inside a transaction. */
bool embedded_course_add_context(Embedded *moodle, gint64 level, gint64 instance, gint64 parent,
                                 gint64 *id, GError **error);

/* ── embedded_read.c ── */

bool embedded_read_courses(Gateway *gateway, const gint64 *courseids, guint count,
                           const GatewayCourseVisitor *visitor, gpointer user_data, GError **error);

/* ── embedded_user.c ── */

bool embedded_user_find(Gateway *gateway, GatewayUserField field, const char *const *values,
                        guint count, GatewayUserFunc each, gpointer user_data, GError **error);
bool embedded_user_create(Gateway *gateway, const GatewayNewUser *users, guint count,
                          GatewayOutcome *outcomes, GError **error);
bool embedded_user_update(Gateway *gateway, const GatewayUserUpdate *updates, guint count,
                          GatewayOutcome *outcomes, GError **error);

/* Whether that user is there and not deleted. */
bool embedded_user_exists(Embedded *moodle, gint64 userid, bool *exists, GError **error);

/* The hash of a password as Moodle keeps it (SHA-512 crypt). Free with g_free(). */
char *embedded_user_hash_password(const char *password, GError **error);

/* ── embedded_enrol.c ── */

bool embedded_enrol_enrol(Gateway *gateway, const GatewayEnrol *enrols, guint count,
                          GatewayOutcome *outcomes, GError **error);
bool embedded_enrol_unenrol(Gateway *gateway, const GatewayEnrol *enrols, guint count,
                            GatewayOutcome *outcomes, GError **error);
bool embedded_enrol_suspend(Gateway *gateway, const GatewayEnrol *enrols, guint count,
                            GatewayOutcome *outcomes, GError **error);
bool embedded_enrol_complete(Gateway *gateway, const GatewayCompletion *completions, guint count,
                             GatewayOutcome *outcomes, GError **error);

/* ── embedded_message.c ── */

bool embedded_message_can(Gateway *gateway, char **why);
bool embedded_message_send(Gateway *gateway, const GatewayMessage *messages, guint count,
                           GatewayOutcome *outcomes, GError **error);

/* ── embedded_group.c ── */

bool embedded_group_create(Gateway *gateway, const GatewayNewGroup *groups, guint count,
                           GatewayOutcome *outcomes, GError **error);
bool embedded_group_add_members(Gateway *gateway, const GatewayMember *members, guint count,
                                GatewayOutcome *outcomes, GError **error);

/* ── embedded_content.c ── */

bool embedded_content_count(Gateway *gateway, gint64 courseid, GatewayContents *contents,
                            GError **error);
bool embedded_content_copy(Gateway *gateway, gint64 from, gint64 to, GError **error);
bool embedded_content_finish(Gateway *gateway, gint64 from, gint64 to, GError **error);

/* The id of section number `section` of a course, made when missing. Inside a transaction. */
bool embedded_content_section(Embedded *moodle, gint64 courseid, gint64 section, gint64 *id,
                              GError **error);

/* Adds an activity of type `module` ("page") with its instance row. `forum_type` is for forums:
 * "news" or "general". Inside a transaction. */
bool embedded_content_add(Embedded *moodle, gint64 courseid, gint64 section, const char *module,
                          const char *forum_type, const char *name, GError **error);
