/* The tables of an embedded Moodle. Names, columns and defaults are those of Moodle 4.2 with IOMAD;
 * what Moodle's code makes sure of (unique names, group members are enrolled …) is a constraint or
 * trigger here, so that nobody who writes to the file gets past it.
 *
 * Triggers speak after the write: SQLite checks CHECK and UNIQUE first, so of a user whose name and
 * address are both taken, the name is reported, as Moodle does.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/embedded/embedded_private.h"

/* 2: notifications; 3: what is posted in forums. What was added since a file was made is what
 * embedded_schema_apply() adds. */
#define SCHEMA_VERSION 3

static const char SITE[] = "CREATE TABLE IF NOT EXISTS mdl_config ("
                           " id INTEGER PRIMARY KEY,"
                           " name TEXT NOT NULL UNIQUE,"
                           " value TEXT NOT NULL) STRICT;"

                           "CREATE TABLE IF NOT EXISTS mdl_role ("
                           " id INTEGER PRIMARY KEY,"
                           " name TEXT NOT NULL DEFAULT '',"
                           " shortname TEXT NOT NULL UNIQUE,"
                           " description TEXT NOT NULL DEFAULT '',"
                           " sortorder INTEGER NOT NULL DEFAULT 0,"
                           " archetype TEXT NOT NULL DEFAULT '') STRICT;"

                           "CREATE TABLE IF NOT EXISTS mdl_modules ("
                           " id INTEGER PRIMARY KEY,"
                           " name TEXT NOT NULL UNIQUE,"
                           " visible INTEGER NOT NULL DEFAULT 1) STRICT;"

                           "CREATE TABLE IF NOT EXISTS mdl_context ("
                           " id INTEGER PRIMARY KEY,"
                           " contextlevel INTEGER NOT NULL DEFAULT 0,"
                           " instanceid INTEGER NOT NULL DEFAULT 0,"
                           " path TEXT,"
                           " depth INTEGER NOT NULL DEFAULT 0,"
                           " UNIQUE (contextlevel, instanceid)) STRICT;";

static const char COMPANIES[] =
    "CREATE TABLE IF NOT EXISTS mdl_course_categories ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " name TEXT NOT NULL CONSTRAINT category_name CHECK (length(name) BETWEEN 1 AND 255),"
    " idnumber TEXT,"
    " description TEXT,"
    " descriptionformat INTEGER NOT NULL DEFAULT 0,"
    " parent INTEGER NOT NULL DEFAULT 0,"
    " sortorder INTEGER NOT NULL DEFAULT 0,"
    " coursecount INTEGER NOT NULL DEFAULT 0,"
    " visible INTEGER NOT NULL DEFAULT 1,"
    " timemodified INTEGER NOT NULL DEFAULT 0,"
    " depth INTEGER NOT NULL DEFAULT 0,"
    " path TEXT NOT NULL DEFAULT '') STRICT;"

    "CREATE TABLE IF NOT EXISTS mdl_company ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " name TEXT NOT NULL CONSTRAINT company_name CHECK (length(name) BETWEEN 1 AND 255),"
    " shortname TEXT NOT NULL"
    "  CONSTRAINT company_shortname CHECK (length(shortname) BETWEEN 1 AND 255),"
    " code TEXT NOT NULL DEFAULT '',"
    " city TEXT NOT NULL DEFAULT '',"
    " country TEXT NOT NULL DEFAULT '',"
    " category INTEGER NOT NULL DEFAULT 0,"
    " parentid INTEGER NOT NULL DEFAULT 0,"
    " suspended INTEGER NOT NULL DEFAULT 0,"
    " UNIQUE (name, code)) STRICT;";

static const char COURSES[] =
    "CREATE TABLE IF NOT EXISTS mdl_course ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " category INTEGER NOT NULL DEFAULT 0,"
    " sortorder INTEGER NOT NULL DEFAULT 0,"
    " fullname TEXT NOT NULL CONSTRAINT course_fullname CHECK (length(fullname) BETWEEN 1 AND 254),"
    " shortname TEXT NOT NULL UNIQUE"
    "   CONSTRAINT course_shortname CHECK (length(shortname) BETWEEN 1 AND 255),"
    " idnumber TEXT NOT NULL DEFAULT '' CONSTRAINT course_idnumber CHECK (length(idnumber) <= 100),"
    " summary TEXT,"
    " summaryformat INTEGER NOT NULL DEFAULT 0,"
    " format TEXT NOT NULL DEFAULT 'topics'"
    "   CONSTRAINT course_format CHECK (length(format) BETWEEN 1 AND 21),"
    " showgrades INTEGER NOT NULL DEFAULT 1,"
    " newsitems INTEGER NOT NULL DEFAULT 1,"
    " startdate INTEGER NOT NULL DEFAULT 0,"
    " enddate INTEGER NOT NULL DEFAULT 0,"
    " maxbytes INTEGER NOT NULL DEFAULT 0,"
    " showreports INTEGER NOT NULL DEFAULT 0,"
    " visible INTEGER NOT NULL DEFAULT 1,"
    " visibleold INTEGER NOT NULL DEFAULT 1,"
    " groupmode INTEGER NOT NULL DEFAULT 0"
    "  CONSTRAINT course_groupmode CHECK (groupmode BETWEEN 0 AND 2),"
    " groupmodeforce INTEGER NOT NULL DEFAULT 0,"
    " lang TEXT NOT NULL DEFAULT '' CONSTRAINT course_lang CHECK (length(lang) <= 30),"
    " theme TEXT NOT NULL DEFAULT '',"
    " timecreated INTEGER NOT NULL DEFAULT 0,"
    " timemodified INTEGER NOT NULL DEFAULT 0,"
    " enablecompletion INTEGER NOT NULL DEFAULT 0,"
    " completionnotify INTEGER NOT NULL DEFAULT 0,"
    " CONSTRAINT course_dates CHECK (enddate = 0 OR (startdate > 0 AND enddate > startdate))"
    ") STRICT;"
    "CREATE UNIQUE INDEX IF NOT EXISTS mdl_cour_idn_uix ON mdl_course (idnumber)"
    " WHERE idnumber <> '';"

    "CREATE TABLE IF NOT EXISTS mdl_course_format_options ("
    " id INTEGER PRIMARY KEY,"
    " courseid INTEGER NOT NULL REFERENCES mdl_course (id) ON DELETE CASCADE,"
    " format TEXT NOT NULL,"
    " sectionid INTEGER NOT NULL DEFAULT 0,"
    " name TEXT NOT NULL,"
    " value TEXT,"
    " UNIQUE (courseid, format, sectionid, name)) STRICT;"

    "CREATE TABLE IF NOT EXISTS mdl_company_course ("
    " id INTEGER PRIMARY KEY,"
    " companyid INTEGER NOT NULL REFERENCES mdl_company (id),"
    " courseid INTEGER NOT NULL REFERENCES mdl_course (id) ON DELETE CASCADE,"
    " departmentid INTEGER NOT NULL DEFAULT 0,"
    " UNIQUE (courseid, companyid)) STRICT;"

    "CREATE TRIGGER IF NOT EXISTS mdl_course_in_category AFTER INSERT ON mdl_course"
    " WHEN NEW.id <> " EMBEDDED_SQL_SITE " BEGIN"
    "  SELECT RAISE(ABORT, 'course_category')"
    "   WHERE NOT EXISTS (SELECT 1 FROM mdl_course_categories WHERE id = NEW.category);"
    "  UPDATE mdl_course_categories SET coursecount = coursecount + 1 WHERE id = NEW.category;"
    " END;"

    "CREATE TRIGGER IF NOT EXISTS mdl_course_gone AFTER DELETE ON mdl_course BEGIN"
    "  UPDATE mdl_course_categories SET coursecount = coursecount - 1 WHERE id = OLD.category;"
    "  DELETE FROM mdl_context"
    "   WHERE contextlevel = " EMBEDDED_SQL_COURSE_CONTEXT " AND instanceid = OLD.id;"
    " END;";

/* An activity's own table; all types have these columns in Moodle too. */
#define ACTIVITY(name, more)                                                                       \
  "CREATE TABLE IF NOT EXISTS mdl_" name " ("                                                      \
  " id INTEGER PRIMARY KEY,"                                                                       \
  " course INTEGER NOT NULL DEFAULT 0 REFERENCES mdl_course (id) ON DELETE CASCADE," more          \
  " name TEXT NOT NULL DEFAULT '',"                                                                \
  " intro TEXT NOT NULL DEFAULT '',"                                                               \
  " introformat INTEGER NOT NULL DEFAULT 0,"                                                       \
  " timemodified INTEGER NOT NULL DEFAULT 0) STRICT;"                                              \
  "CREATE INDEX IF NOT EXISTS mdl_" name "_cou_ix ON mdl_" name " (course);"

static const char CONTENT[] =
    "CREATE TABLE IF NOT EXISTS mdl_course_sections ("
    " id INTEGER PRIMARY KEY,"
    " course INTEGER NOT NULL REFERENCES mdl_course (id) ON DELETE CASCADE,"
    " section INTEGER NOT NULL DEFAULT 0,"
    " name TEXT,"
    " summary TEXT NOT NULL DEFAULT '',"
    " summaryformat INTEGER NOT NULL DEFAULT 0,"
    " sequence TEXT NOT NULL DEFAULT ''," /* course module ids in order, separated by commas */
    " visible INTEGER NOT NULL DEFAULT 1,"
    " availability TEXT,"
    " timemodified INTEGER NOT NULL DEFAULT 0,"
    " UNIQUE (course, section)) STRICT;"

    "CREATE TABLE IF NOT EXISTS mdl_course_modules ("
    " id INTEGER PRIMARY KEY,"
    " course INTEGER NOT NULL REFERENCES mdl_course (id) ON DELETE CASCADE,"
    " module INTEGER NOT NULL REFERENCES mdl_modules (id),"
    " instance INTEGER NOT NULL DEFAULT 0,"
    " section INTEGER NOT NULL REFERENCES mdl_course_sections (id) ON DELETE CASCADE,"
    " idnumber TEXT,"
    " added INTEGER NOT NULL DEFAULT 0,"
    " indent INTEGER NOT NULL DEFAULT 0,"
    " visible INTEGER NOT NULL DEFAULT 1,"
    " visibleoncoursepage INTEGER NOT NULL DEFAULT 1,"
    " groupmode INTEGER NOT NULL DEFAULT 0,"
    " completion INTEGER NOT NULL DEFAULT 0,"
    " completionview INTEGER NOT NULL DEFAULT 0,"
    " showdescription INTEGER NOT NULL DEFAULT 0,"
    " availability TEXT,"
    " deletioninprogress INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE INDEX IF NOT EXISTS mdl_courmodu_cou_ix ON mdl_course_modules (course);"
    "CREATE INDEX IF NOT EXISTS mdl_courmodu_sec_ix ON mdl_course_modules (section);"
    /* clang-format off */
    ACTIVITY("forum", " type TEXT NOT NULL DEFAULT 'general',")
    ACTIVITY("page", "")
    ACTIVITY("resource", "")
    ACTIVITY("url", "")
    ACTIVITY("quiz", "")
    ACTIVITY("assign", "");
/* clang-format on */

/* Of a discussion only that it is there: nobody reads it here. */
static const char DISCUSSIONS[] =
    "CREATE TABLE IF NOT EXISTS mdl_forum_discussions ("
    " id INTEGER PRIMARY KEY,"
    " course INTEGER NOT NULL,"
    " forum INTEGER NOT NULL REFERENCES mdl_forum (id) ON DELETE CASCADE,"
    " name TEXT NOT NULL,"
    " userid INTEGER NOT NULL DEFAULT 0,"
    " timemodified INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE INDEX IF NOT EXISTS mdl_forudisc_for_ix ON mdl_forum_discussions (forum);";

#define EMAIL_IS_UNIQUE                                                                            \
  " WHEN NEW.deleted = 0 BEGIN"                                                                    \
  "  SELECT RAISE(ABORT, 'email_taken')"                                                           \
  "   WHERE EXISTS (SELECT 1 FROM mdl_user"                                                        \
  "                  WHERE email = NEW.email COLLATE NOCASE AND deleted = 0 AND id <> NEW.id)"     \
  "     AND NOT EXISTS (SELECT 1 FROM mdl_config"                                                  \
  "                      WHERE name = 'allowaccountssameemail' AND value = '1');"                  \
  " END;"

static const char USERS[] =
    "CREATE TABLE IF NOT EXISTS mdl_user ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " auth TEXT NOT NULL DEFAULT 'manual' CONSTRAINT user_auth CHECK"
    "  (length(auth) BETWEEN 1 AND 20 AND auth NOT GLOB '*[^a-z0-9_]*'),"
    " confirmed INTEGER NOT NULL DEFAULT 0,"
    " deleted INTEGER NOT NULL DEFAULT 0,"
    " suspended INTEGER NOT NULL DEFAULT 0,"
    " mnethostid INTEGER NOT NULL DEFAULT " EMBEDDED_SQL_HOST ","
    " username TEXT NOT NULL CONSTRAINT user_username CHECK"
    "  (length(username) BETWEEN 1 AND 100 AND username NOT GLOB '*[^-._@a-z0-9]*'),"
    " password TEXT NOT NULL DEFAULT '',"
    " idnumber TEXT NOT NULL DEFAULT '' CONSTRAINT user_idnumber CHECK (length(idnumber) <= 255),"
    " firstname TEXT NOT NULL DEFAULT ''"
    "  CONSTRAINT user_firstname CHECK (length(firstname) BETWEEN 1 AND 100),"
    " lastname TEXT NOT NULL DEFAULT ''"
    "  CONSTRAINT user_lastname CHECK (length(lastname) BETWEEN 1 AND 100),"
    /* Printable ASCII, one @ with something on both sides, no dot at an end or beside another. */
    " email TEXT NOT NULL DEFAULT '' CONSTRAINT user_email CHECK (deleted <> 0 OR"
    "  (length(email) <= 100 AND email GLOB '?*@?*' AND email NOT GLOB '*[^!-~]*'"
    "   AND email NOT GLOB '*@*@*' AND email NOT GLOB '*[<>(),;:\"\\]*'"
    "   AND email NOT GLOB '*[.@][.]*'"
    "   AND email NOT GLOB '.*' AND email NOT GLOB '*.' AND email NOT GLOB '*.@*')),"
    " city TEXT NOT NULL DEFAULT '' CONSTRAINT user_city CHECK (length(city) <= 120),"
    " country TEXT NOT NULL DEFAULT ''"
    "  CONSTRAINT user_country CHECK (country = '' OR country GLOB '[A-Z][A-Z]'),"
    " lang TEXT NOT NULL DEFAULT 'de',"
    " timezone TEXT NOT NULL DEFAULT '99',"
    " timecreated INTEGER NOT NULL DEFAULT 0,"
    " timemodified INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE UNIQUE INDEX IF NOT EXISTS mdl_user_mneuse_uix ON mdl_user (mnethostid, username);"
    "CREATE INDEX IF NOT EXISTS mdl_user_idn_ix ON mdl_user (idnumber);"
    "CREATE INDEX IF NOT EXISTS mdl_user_ema_ix ON mdl_user (email COLLATE NOCASE);"

    "CREATE TRIGGER IF NOT EXISTS mdl_user_email_unique AFTER INSERT ON mdl_user" EMAIL_IS_UNIQUE
    "CREATE TRIGGER IF NOT EXISTS mdl_user_email_stays_unique"
    " AFTER UPDATE OF email, deleted ON mdl_user" EMAIL_IS_UNIQUE

    "CREATE TABLE IF NOT EXISTS mdl_user_preferences ("
    " id INTEGER PRIMARY KEY,"
    " userid INTEGER NOT NULL REFERENCES mdl_user (id) ON DELETE CASCADE,"
    " name TEXT NOT NULL,"
    " value TEXT NOT NULL,"
    " UNIQUE (userid, name)) STRICT;";

static const char ENROLMENTS[] =
    "CREATE TABLE IF NOT EXISTS mdl_enrol ("
    " id INTEGER PRIMARY KEY,"
    " enrol TEXT NOT NULL,"
    " status INTEGER NOT NULL DEFAULT 0,"
    " courseid INTEGER NOT NULL REFERENCES mdl_course (id) ON DELETE CASCADE,"
    " sortorder INTEGER NOT NULL DEFAULT 0,"
    " name TEXT,"
    " roleid INTEGER NOT NULL DEFAULT 0,"
    " timecreated INTEGER NOT NULL DEFAULT 0,"
    " timemodified INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE INDEX IF NOT EXISTS mdl_enro_cou_ix ON mdl_enrol (courseid);"
    "CREATE UNIQUE INDEX IF NOT EXISTS mdl_enro_man_uix ON mdl_enrol (courseid)"
    " WHERE enrol = 'manual';"

    "CREATE TABLE IF NOT EXISTS mdl_user_enrolments ("
    " id INTEGER PRIMARY KEY,"
    " status INTEGER NOT NULL DEFAULT 0,"
    " enrolid INTEGER NOT NULL REFERENCES mdl_enrol (id),"
    " userid INTEGER NOT NULL REFERENCES mdl_user (id),"
    " timestart INTEGER NOT NULL DEFAULT 0,"
    " timeend INTEGER NOT NULL DEFAULT 0,"
    " modifierid INTEGER NOT NULL DEFAULT 0,"
    " timecreated INTEGER NOT NULL DEFAULT 0,"
    " timemodified INTEGER NOT NULL DEFAULT 0,"
    " UNIQUE (enrolid, userid)) STRICT;"

    "CREATE TABLE IF NOT EXISTS mdl_role_assignments ("
    " id INTEGER PRIMARY KEY,"
    " roleid INTEGER NOT NULL REFERENCES mdl_role (id),"
    " contextid INTEGER NOT NULL REFERENCES mdl_context (id) ON DELETE CASCADE,"
    " userid INTEGER NOT NULL REFERENCES mdl_user (id),"
    " timemodified INTEGER NOT NULL DEFAULT 0,"
    " modifierid INTEGER NOT NULL DEFAULT 0,"
    " component TEXT NOT NULL DEFAULT '',"
    " itemid INTEGER NOT NULL DEFAULT 0,"
    " sortorder INTEGER NOT NULL DEFAULT 0,"
    " UNIQUE (contextid, userid, roleid, component, itemid)) STRICT;"

    "CREATE TABLE IF NOT EXISTS mdl_groups ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " courseid INTEGER NOT NULL REFERENCES mdl_course (id) ON DELETE CASCADE,"
    " idnumber TEXT NOT NULL DEFAULT '',"
    " name TEXT NOT NULL CONSTRAINT group_name CHECK (length(name) BETWEEN 1 AND 254),"
    " description TEXT,"
    " descriptionformat INTEGER NOT NULL DEFAULT 0,"
    " timecreated INTEGER NOT NULL DEFAULT 0,"
    " timemodified INTEGER NOT NULL DEFAULT 0,"
    " UNIQUE (courseid, name)) STRICT;"

    "CREATE TABLE IF NOT EXISTS mdl_groups_members ("
    " id INTEGER PRIMARY KEY,"
    " groupid INTEGER NOT NULL REFERENCES mdl_groups (id) ON DELETE CASCADE,"
    " userid INTEGER NOT NULL REFERENCES mdl_user (id),"
    " timeadded INTEGER NOT NULL DEFAULT 0,"
    " component TEXT NOT NULL DEFAULT '',"
    " itemid INTEGER NOT NULL DEFAULT 0,"
    " UNIQUE (groupid, userid)) STRICT;"

    "CREATE TABLE IF NOT EXISTS mdl_course_completions ("
    " id INTEGER PRIMARY KEY,"
    " userid INTEGER NOT NULL REFERENCES mdl_user (id),"
    " course INTEGER NOT NULL REFERENCES mdl_course (id) ON DELETE CASCADE,"
    " timeenrolled INTEGER NOT NULL DEFAULT 0,"
    " timestarted INTEGER NOT NULL DEFAULT 0,"
    " timecompleted INTEGER CONSTRAINT completion_time CHECK (timecompleted > 0),"
    " reaggregate INTEGER NOT NULL DEFAULT 0,"
    " UNIQUE (course, userid)) STRICT;";

#define COMPLETED_IS_ENROLLED                                                                      \
  " WHEN NEW.timecompleted IS NOT NULL BEGIN"                                                      \
  "  SELECT RAISE(ABORT, 'not_enrolled') WHERE NOT EXISTS"                                         \
  "   (SELECT 1 FROM mdl_enrol e"                                                                  \
  "      JOIN mdl_user_enrolments ue ON ue.enrolid = e.id AND ue.userid = NEW.userid"              \
  "     WHERE e.courseid = NEW.course);"                                                           \
  " END;"

static const char ENROLMENT_RULES[] =
    "CREATE TRIGGER IF NOT EXISTS mdl_member_is_enrolled AFTER INSERT ON mdl_groups_members BEGIN"
    "  SELECT RAISE(ABORT, 'not_enrolled') WHERE NOT EXISTS"
    "   (SELECT 1 FROM mdl_groups g JOIN mdl_enrol e ON e.courseid = g.courseid"
    "      JOIN mdl_user_enrolments ue ON ue.enrolid = e.id AND ue.userid = NEW.userid"
    "     WHERE g.id = NEW.groupid);"
    " END;"

    "CREATE TRIGGER IF NOT EXISTS mdl_completed_is_enrolled"
    " AFTER INSERT ON mdl_course_completions" COMPLETED_IS_ENROLLED
    "CREATE TRIGGER IF NOT EXISTS mdl_completed_later_is_enrolled"
    " AFTER UPDATE OF timecompleted ON mdl_course_completions" COMPLETED_IS_ENROLLED

    "CREATE TRIGGER IF NOT EXISTS mdl_last_enrolment_gone AFTER DELETE ON mdl_user_enrolments"
    " WHEN NOT EXISTS (SELECT 1 FROM mdl_enrol mine JOIN mdl_enrol e ON e.courseid = mine.courseid"
    "                    JOIN mdl_user_enrolments ue"
    "                      ON ue.enrolid = e.id AND ue.userid = OLD.userid"
    "                   WHERE mine.id = OLD.enrolid) BEGIN"
    "  DELETE FROM mdl_groups_members WHERE userid = OLD.userid AND groupid IN"
    "   (SELECT g.id FROM mdl_enrol mine JOIN mdl_groups g ON g.courseid = mine.courseid"
    "     WHERE mine.id = OLD.enrolid);"
    "  DELETE FROM mdl_role_assignments WHERE userid = OLD.userid AND contextid IN"
    "   (SELECT c.id FROM mdl_enrol mine JOIN mdl_context c"
    "       ON c.contextlevel = " EMBEDDED_SQL_COURSE_CONTEXT " AND c.instanceid = mine.courseid"
    "     WHERE mine.id = OLD.enrolid);"
    " END;"

    /* Ahead of the instance itself: the trigger above asks it for the course. */
    "CREATE TRIGGER IF NOT EXISTS mdl_enrol_gone BEFORE DELETE ON mdl_enrol BEGIN"
    "  DELETE FROM mdl_user_enrolments WHERE enrolid = OLD.id;"
    " END;";

/* Of its reader Moodle knows more; here nobody reads. */
static const char NOTIFICATIONS[] =
    "CREATE TABLE IF NOT EXISTS mdl_notifications ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " useridfrom INTEGER NOT NULL,"
    " useridto INTEGER NOT NULL REFERENCES mdl_user (id),"
    " subject TEXT,"
    " fullmessage TEXT,"
    " fullmessageformat INTEGER NOT NULL DEFAULT 0,"
    " fullmessagehtml TEXT,"
    " smallmessage TEXT,"
    " component TEXT,"
    " eventtype TEXT,"
    " contexturl TEXT,"
    " contexturlname TEXT,"
    " timeread INTEGER,"
    " timecreated INTEGER NOT NULL,"
    " customdata TEXT) STRICT;"
    "CREATE INDEX IF NOT EXISTS mdl_noti_use_ix ON mdl_notifications (useridto);";

bool
embedded_schema_apply(Db *db, GError **error) {
  static const char *const parts[] = { SITE,       COMPANIES,       COURSES,
                                       CONTENT,    DISCUSSIONS,     USERS,
                                       ENROLMENTS, ENROLMENT_RULES, NOTIFICATIONS };
  for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
    if (!db_exec(db, parts[i], error))
      return false;
  return db_run(db, error,
                "INSERT INTO mdl_config (name, value) VALUES ('local_lehrgaenge_schema', ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
                " WHERE CAST(value AS INTEGER) < CAST(excluded.value AS INTEGER)",
                "i", (gint64)SCHEMA_VERSION);
}

/* 0: not an embedded Moodle, or not a complete one. */
static bool
read_version(Db *db, gint64 *version, GError **error) {
  gint64 tables = 0;
  *version = 0;
  if (!db_get_int(db, &tables, 0, error,
                  "SELECT count(*) FROM sqlite_schema WHERE type = 'table'"
                  " AND name IN ('mdl_config', 'mdl_user', 'mdl_course', 'mdl_course_completions')",
                  ""))
    return false;
  return tables < 4 ||
         db_get_int(
             db, version, 0, error,
             "SELECT CAST(value AS INTEGER) FROM mdl_config WHERE name = 'local_lehrgaenge_schema'",
             "");
}

bool
embedded_schema_upgrade(Db *db, GError **error) {
  gint64 version;
  if (!read_version(db, &version, error))
    return false;
  if (version <= 0 || version >= SCHEMA_VERSION)
    return true;
  if (!db_begin(db, error))
    return false;
  if (embedded_schema_apply(db, error))
    return db_commit(db, error);
  db_rollback(db);
  return false;
}

bool
embedded_schema_check(Db *db, GError **error) {
  gint64 version;
  if (!read_version(db, &version, error))
    return false;
  if (version == SCHEMA_VERSION)
    return true;
  if (version == 0)
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_CONFIG,
                "%s is not an embedded Moodle, or not a complete one;"
                " give another [moodle] path, or complete it with: lehrgaenge moodle init",
                db_path(db));
  else
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_CONFIG,
                "%s was made by another version of this program"
                " (schema %" G_GINT64_FORMAT ", expected %d);"
                " use that version, or make a new file with: lehrgaenge moodle init",
                db_path(db), version, SCHEMA_VERSION);
  return false;
}
