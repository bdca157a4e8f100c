/* What the embedded Moodle has beyond the gateway's contract: making and completing its file,
 * refusing other files, and rules that the database keeps whoever writes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <crypt.h>
#include <sqlite3.h>
#include <string.h>

#include "embedded-site.h"
#include "moodle/embedded/embedded.h"

static const EmbeddedOptions options = { .student_role = 5 };
static const EmbeddedCompany companies[] = { { CONTRACT_COMPANY, CONTRACT_COMPANY_CODE },
                                             { CONTRACT_ODD_COMPANY, CONTRACT_ODD_COMPANY_CODE },
                                             { "Hessische Landesfeuerwehrschule", "HLFS" },
                                             { "Hessische Landesfeuerwehrschule", "HLFS" } };
static const char *const masters[] = { CONTRACT_MASTER, "AGT", "AGT" };

#define assert_look(site, expected, sql)                                                           \
  G_STMT_START {                                                                                   \
    g_autofree char *look_ = embedded_site_look(site, sql);                                        \
    g_assert_cmpstr(look_, ==, expected);                                                          \
  }                                                                                                \
  G_STMT_END

static void
init(gpointer site, guint company_count, guint master_count, EmbeddedMade *made) {
  g_autoptr(GError) error = NULL;
  embedded_init(embedded_site_path(site), companies, company_count, masters, master_count,
                clock_system(), made, &error);
  g_assert_no_error(error);
}

/* Every row of every table. */
static char *
dump(gpointer site) {
  g_autofree char *names =
      embedded_site_look(site, "SELECT group_concat(name) FROM ("
                               "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1)");
  g_auto(GStrv) tables = g_strsplit(names, ",", -1);
  GString *text = g_string_new(NULL);
  sqlite3 *db = NULL;
  g_assert_cmpint(sqlite3_open(embedded_site_path(site), &db), ==, SQLITE_OK);
  for (guint i = 0; tables[i] != NULL; i++) {
    g_autofree char *sql = g_strdup_printf("SELECT * FROM %s ORDER BY 1", tables[i]);
    sqlite3_stmt *rows = NULL;
    g_assert_cmpint(sqlite3_prepare_v2(db, sql, -1, &rows, NULL), ==, SQLITE_OK);
    while (sqlite3_step(rows) == SQLITE_ROW) {
      g_string_append(text, tables[i]);
      for (int column = 0; column < sqlite3_column_count(rows); column++)
        g_string_append_printf(text, "|%s", (const char *)sqlite3_column_text(rows, column));
      g_string_append_c(text, '\n');
    }
    sqlite3_finalize(rows);
  }
  sqlite3_close(db);
  return g_string_free(text, FALSE);
}

/* ── making ── */

static void
test_init_makes_all(void) {
  gpointer site = embedded_site_open(); /* two companies, one master */
  EmbeddedMade made = { 77, 77 };
  init(site, 4, 3, &made);
  g_assert_cmpuint(made.companies, ==, 1);
  g_assert_cmpuint(made.masters, ==, 1);
  assert_look(site, "3", "SELECT count(*) FROM mdl_company");
  assert_look(
      site, "3",
      "SELECT count(*) FROM mdl_company c JOIN mdl_course_categories cat ON cat.id = c.category"
      " WHERE cat.name = c.name AND cat.parent = 0 AND cat.path = '/' || cat.id"
      " AND c.shortname = c.code");
  assert_look(site, "AGT 0 Templates 1 4,F-I 0 Templates 1 4",
              "SELECT group_concat(line) FROM (SELECT c.shortname || ' ' || c.visible || ' ' ||"
              " cat.name || ' ' || c.newsitems || ' ' || o.value AS line FROM mdl_course c"
              " JOIN mdl_course_categories cat ON cat.id = c.category"
              " JOIN mdl_course_format_options o ON o.courseid = c.id AND o.name = 'numsections'"
              " ORDER BY 1)");
  assert_look(site, "2", "SELECT coursecount FROM mdl_course_categories WHERE name = 'Templates'");
  assert_look(site, "site", "SELECT format FROM mdl_course WHERE id = 1");
  assert_look(site, "guest,admin",
              "SELECT group_concat(username) FROM (SELECT username FROM mdl_user ORDER BY id)");
  assert_look(site, "student", "SELECT shortname FROM mdl_role WHERE id = 5");
  embedded_site_close(site);
}

static void
test_init_again_changes_nothing(void) {
  gpointer site = embedded_site_open();
  init(site, 3, 2, NULL);
  embedded_site_exec(
      site, "UPDATE mdl_course SET fullname = 'Von Hand', visible = 1 WHERE shortname = 'AGT';"
            "UPDATE mdl_company SET city = 'Fulda';"
            "UPDATE mdl_config SET value = '1' WHERE name = 'allowaccountssameemail';"
            "DELETE FROM mdl_course_modules WHERE module = 4");
  g_autofree char *before = dump(site);
  EmbeddedMade made = { 77, 77 };
  init(site, 4, 3, &made);
  g_autofree char *after = dump(site);
  g_assert_cmpuint(made.companies + made.masters, ==, 0);
  g_assert_cmpuint(strlen(before), >, 1000);
  g_assert_cmpstr(before, ==, after);
  embedded_site_close(site);
}

static void
test_init_completes_half_a_file(void) {
  gpointer site = embedded_site_open();
  embedded_site_exec(site, "DROP TABLE mdl_course_completions; DELETE FROM mdl_role WHERE id = 8;"
                           "UPDATE mdl_company SET category = 0 WHERE code = 'FD'");
  g_autoptr(GError) error = NULL;
  g_assert_null(embedded_open(embedded_site_path(site), &options, clock_system(), &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_CONFIG);
  g_assert_nonnull(strstr(error->message, "moodle init"));
  init(site, 1, 1, NULL);
  assert_look(site, "0", "SELECT count(*) FROM mdl_course_completions");
  assert_look(site, "frontpage", "SELECT shortname FROM mdl_role WHERE id = 8");
  assert_look(
      site, CONTRACT_COMPANY,
      "SELECT cat.name FROM mdl_company c JOIN mdl_course_categories cat ON cat.id = c.category"
      " WHERE c.code = 'FD'");
  embedded_site_refresh(site);
  embedded_site_close(site);
}

/* ── opening ── */

static void
assert_refused(const char *path, GatewayError code, const char *words) {
  g_autoptr(GError) error = NULL;
  g_assert_null(embedded_open(path, &options, clock_system(), &error));
  g_assert_error(error, GATEWAY_ERROR, (int)code);
  g_assert_nonnull(strstr(error->message, path));
  g_assert_nonnull(strstr(error->message, words));
}

static void
test_open_missing(void) {
  char *directory = embedded_site_directory();
  g_autofree char *path = g_build_filename(directory, "moodle.db", NULL);
  assert_refused(path, GATEWAY_ERROR_CONFIG,
                 "does not exist; create it with: lehrgaenge moodle init");
  g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
  embedded_site_remove(directory);
}

static void
test_open_something_else(void) {
  char *directory = embedded_site_directory();
  g_autofree char *path = g_build_filename(directory, "moodle.db", NULL);
  g_autoptr(GError) error = NULL;
  g_assert_true(g_file_set_contents(
      path, "[moodle]\nbackend=embedded\n# this is a text, and long enough\n", -1, NULL));
  assert_refused(path, GATEWAY_ERROR_CONFIG, "not an SQLite database");
  g_assert_false(embedded_init(path, NULL, 0, NULL, 0, clock_system(), NULL, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_CONFIG);

  g_assert_true(g_file_set_contents(path, "", 0, NULL));
  assert_refused(path, GATEWAY_ERROR_CONFIG, "not an embedded Moodle");
  embedded_site_remove(directory);
}

static void
test_another_database_is_left_alone(void) {
  char *directory = embedded_site_directory();
  g_autofree char *path = g_build_filename(directory, "lehrgaenge.db", NULL);
  sqlite3 *db = NULL;
  g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
  sqlite3_exec(db, "CREATE TABLE local_lehrgaengeapi_usermap (id INTEGER)", NULL, NULL, NULL);
  assert_refused(path, GATEWAY_ERROR_CONFIG, "not an embedded Moodle");
  g_autoptr(GError) error = NULL;
  g_assert_false(embedded_init(path, companies, 1, masters, 1, clock_system(), NULL, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_CONFIG);
  g_assert_cmpint(sqlite3_exec(db, "SELECT 1 FROM mdl_course", NULL, NULL, NULL), !=, SQLITE_OK);
  sqlite3_close(db);
  embedded_site_remove(directory);
}

static void
test_open_another_version(void) {
  gpointer site = embedded_site_open();
  embedded_site_exec(site,
                     "UPDATE mdl_config SET value = '99' WHERE name = 'local_lehrgaenge_schema'");
  assert_refused(embedded_site_path(site), GATEWAY_ERROR_CONFIG, "schema 99");
  embedded_site_close(site);
}

/* A file from before there were notifications and posts gets their tables, and keeps all else. */
static void
test_open_an_earlier_version(void) {
  gpointer site = embedded_site_open();
  g_autofree char *new = dump(site);
  for (guint way = 0; way < 2; way++) {
    embedded_site_exec(site,
                       "DROP TABLE mdl_notifications;"
                       "DROP TABLE mdl_forum_discussions;"
                       "UPDATE mdl_config SET value = '1' WHERE name = 'local_lehrgaenge_schema'");
    if (way == 0)
      embedded_site_refresh(site);
    else
      init(site, 2, 1, NULL);
    g_autofree char *now = dump(site);
    g_assert_cmpstr(now, ==, new);
    assert_look(site, "0", "SELECT count(*) FROM mdl_notifications");
    assert_look(site, "0", "SELECT count(*) FROM mdl_forum_discussions");
    assert_look(site, "3", "SELECT value FROM mdl_config WHERE name = 'local_lehrgaenge_schema'");
  }
  embedded_site_close(site);
}

/* A file of a later version is not touched, not even by init, nor one that is only half a Moodle.
 */
static void
test_upgrade_leaves_others_alone(void) {
  static const char *const others[] = {
    "UPDATE mdl_config SET value = '4' WHERE name = 'local_lehrgaenge_schema'",
    "UPDATE mdl_config SET value = '1' WHERE name = 'local_lehrgaenge_schema';"
    "DROP TABLE mdl_course_completions",
  };
  for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
    gpointer site = embedded_site_open();
    embedded_site_exec(site, "DROP TABLE mdl_notifications");
    embedded_site_exec(site, others[i]);
    assert_refused(embedded_site_path(site), GATEWAY_ERROR_CONFIG, "moodle init");
    if (i == 0) {
      g_autoptr(GError) error = NULL;
      g_assert_false(embedded_init(embedded_site_path(site), companies, 2, masters, 1,
                                   clock_system(), NULL, &error));
      g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_CONFIG);
    }
    assert_look(site, "0", "SELECT count(*) FROM sqlite_schema WHERE name = 'mdl_notifications'");
    embedded_site_close(site);
  }
}

static void
test_open_unknown_role(void) {
  gpointer site = embedded_site_open();
  const EmbeddedOptions wrong = { .student_role = 55 };
  g_autoptr(GError) error = NULL;
  g_assert_null(embedded_open(embedded_site_path(site), &wrong, clock_system(), &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_CONFIG);
  g_assert_nonnull(strstr(error->message, "student-role"));
  embedded_site_close(site);
}

/* ── rules the database keeps ── */

static void
test_database_rules(void) {
  static const struct {
    const char *sql, *words;
  } broken[] = {
    { "INSERT INTO mdl_user (username, firstname, lastname, email)"
      " VALUES ('anna', 'A', 'B', 'x@y.de')",
      "mdl_user.username" },
    { "INSERT INTO mdl_user (username, firstname, lastname, email)"
      " VALUES ('Carla', 'A', 'B', 'x@y.de')",
      "user_username" },
    { "INSERT INTO mdl_user (username, firstname, lastname, email)"
      " VALUES ('carla', 'A', 'B', 'ANNA@y.de')",
      "email_taken" },
    { "UPDATE mdl_user SET email = 'Anna@Y.de' WHERE username = 'berta'", "email_taken" },
    { "UPDATE mdl_user SET username = 'anna' WHERE username = 'berta'", "mdl_user.username" },
    { "INSERT INTO mdl_course (category, fullname, shortname) VALUES (1, 'F', 'C')",
      "mdl_course.shortname" },
    { "INSERT INTO mdl_course (category, fullname, shortname, idnumber) VALUES (1, 'F', 'D', '47')",
      "mdl_course.idnumber" },
    { "UPDATE mdl_course SET startdate = 5, enddate = 5 WHERE shortname = 'C'", "course_dates" },
    { "UPDATE mdl_course SET startdate = 0, enddate = 5 WHERE shortname = 'C'", "course_dates" },
    { "INSERT INTO mdl_course (category, fullname, shortname) VALUES (999, 'F', 'E')",
      "course_category" },
    { "INSERT INTO mdl_enrol (enrol, courseid) VALUES ('manual', 100)", "UNIQUE" },
    { "INSERT INTO mdl_user_enrolments (enrolid, userid) VALUES (100, 100)", "UNIQUE" },
    { "INSERT INTO mdl_user_enrolments (enrolid, userid) VALUES (100, 999)", "FOREIGN KEY" },
    { "INSERT INTO mdl_groups (courseid, name) VALUES (100, 'G01')", "UNIQUE" },
    { "INSERT INTO mdl_groups_members (groupid, userid) VALUES (100, 101)", "not_enrolled" },
    { "INSERT INTO mdl_course_completions (course, userid, timecompleted) VALUES (100, 2, 5)",
      "not_enrolled" },
    { "UPDATE mdl_course_completions SET timecompleted = 5 WHERE userid = 101", "not_enrolled" },
    { "INSERT INTO mdl_company_course (companyid, courseid) VALUES (999, 100)", "FOREIGN KEY" },
    { "INSERT INTO mdl_company (name, shortname, code) VALUES ('" CONTRACT_COMPANY "', 'X', 'FD')",
      "UNIQUE" },
  };
  gpointer site = embedded_site_open();
  embedded_site_exec(
      site,
      "INSERT INTO mdl_user (id, username, firstname, lastname, email) VALUES"
      " (100, 'anna', 'A', 'B', 'anna@y.de'), (101, 'berta', 'A', 'B', 'berta@y.de');"
      "INSERT INTO mdl_course (id, category, fullname, shortname, idnumber)"
      " VALUES (100, 1, 'F', 'C', '47');"
      "INSERT INTO mdl_enrol (id, enrol, courseid) VALUES (100, 'manual', 100), (101, 'self', 100);"
      "INSERT INTO mdl_user_enrolments (enrolid, userid) VALUES (100, 100), (101, 100);"
      "INSERT INTO mdl_groups (id, courseid, name) VALUES (100, 100, 'G01');"
      "INSERT INTO mdl_groups_members (groupid, userid) VALUES (100, 100);"
      "INSERT INTO mdl_course_completions (course, userid) VALUES (100, 101)");
  for (guint i = 0; i < G_N_ELEMENTS(broken); i++)
    g_assert_true(embedded_site_refuses(site, broken[i].sql, broken[i].words));

  /* The groups are left with the last enrolment, not before. */
  embedded_site_exec(site, "DELETE FROM mdl_user_enrolments WHERE enrolid = 100");
  assert_look(site, "1", "SELECT count(*) FROM mdl_groups_members");
  embedded_site_exec(site, "DELETE FROM mdl_enrol WHERE id = 101");
  assert_look(site, "0", "SELECT count(*) FROM mdl_groups_members");
  embedded_site_close(site);
}

static void
test_deleting_a_course_takes_all(void) {
  gpointer site = embedded_site_open();
  Gateway *gateway = embedded_site_gateway(site);
  embedded_site_exec(site, "INSERT INTO mdl_user (id, username, firstname, lastname, email) VALUES"
                           " (100, 'anna', 'A', 'B', 'anna@y.de')");
  g_autofree char *id =
      embedded_site_look(site, "SELECT id FROM mdl_course WHERE shortname = 'F-I'");
  gint64 course = g_ascii_strtoll(id, NULL, 10);
  GatewayOutcome outcomes[4] = { 0 };
  g_assert_true(
      gateway->class->enrol(gateway, (&(GatewayEnrol){ course, 100 }), 1, &outcomes[0], NULL));
  g_assert_true(gateway->class->create_groups(gateway, (&(GatewayNewGroup){ course, "G01" }), 1,
                                              &outcomes[1], NULL));
  g_assert_true(gateway->class->add_members(
      gateway, (&(GatewayMember){ course, outcomes[1].id, 100 }), 1, &outcomes[2], NULL));
  g_assert_true(gateway->class->complete(gateway, (&(GatewayCompletion){ course, 100, 5 }), 1,
                                         &outcomes[3], NULL));
  for (guint i = 0; i < 4; i++)
    g_assert_cmpint(outcomes[i].code, ==, GATEWAY_DONE);

  embedded_site_exec(site, "DELETE FROM mdl_course WHERE shortname = 'F-I'");
  static const char *const emptied[] = {
    "mdl_enrol",          "mdl_user_enrolments",    "mdl_role_assignments", "mdl_groups",
    "mdl_groups_members", "mdl_course_completions", "mdl_course_sections",  "mdl_course_modules",
  };
  for (guint i = 0; i < G_N_ELEMENTS(emptied); i++) {
    g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s", emptied[i]);
    assert_look(site, "0", sql);
  }
  assert_look(site, "0", "SELECT count(*) FROM mdl_context WHERE contextlevel = 50");
  assert_look(site, "0", "SELECT sum(coursecount) FROM mdl_course_categories");
  embedded_site_close(site);
}

/* ── writing ── */

static void
test_a_failure_undoes_the_whole_call(void) {
  gpointer site = embedded_site_open();
  Gateway *gateway = embedded_site_gateway(site);
  embedded_site_exec(
      site, "INSERT INTO mdl_user (id, username, firstname, lastname, email) VALUES"
            " (100, 'anna', 'A', 'B', 'anna@y.de'), (101, 'berta', 'A', 'B', 'berta@y.de');"
            "CREATE TRIGGER broken AFTER INSERT ON mdl_role_assignments WHEN NEW.userid = 101 BEGIN"
            " SELECT RAISE(ABORT, 'broken'); END");
  g_autofree char *id =
      embedded_site_look(site, "SELECT id FROM mdl_course WHERE shortname = 'F-I'");
  gint64 course = g_ascii_strtoll(id, NULL, 10);
  const GatewayEnrol enrols[] = {
    { course, 100 }, { course, 999 }, { course, 101 }, { course, 100 }
  };
  GatewayOutcome outcomes[4] = { 0 };
  g_autoptr(GError) error = NULL;
  g_assert_false(gateway->class->enrol(gateway, enrols, 4, outcomes, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_FAILED);
  g_assert_nonnull(strstr(error->message, "broken"));
  for (guint i = 0; i < 4; i++) {
    g_assert_cmpint(outcomes[i].code, ==, GATEWAY_UNKNOWN);
    g_assert_null(outcomes[i].message);
  }
  assert_look(site, "0", "SELECT count(*) FROM mdl_user_enrolments");

  /* And the gateway works on. */
  g_assert_true(gateway->class->enrol(gateway, enrols, 1, outcomes, NULL));
  g_assert_cmpint(outcomes[0].code, ==, GATEWAY_DONE);
  embedded_site_close(site);
}

static void
test_enrol_makes_what_the_course_lacks(void) {
  gpointer site = embedded_site_open();
  Gateway *gateway = embedded_site_gateway(site);
  embedded_site_exec(
      site, "INSERT INTO mdl_user (id, username, firstname, lastname, email) VALUES"
            " (100, 'anna', 'A', 'B', 'anna@y.de');"
            "INSERT INTO mdl_course (id, category, fullname, shortname) VALUES (100, 1, 'F', 'C');"
            "INSERT INTO mdl_enrol (enrol, courseid) VALUES ('cohort', 100)");
  GatewayOutcome outcome = { 0 };
  g_assert_true(gateway->class->enrol(gateway, (&(GatewayEnrol){ 100, 100 }), 1, &outcome, NULL));
  g_assert_cmpint(outcome.code, ==, GATEWAY_DONE);
  assert_look(site, "manual 100 5",
              "SELECT e.enrol || ' ' || c.instanceid || ' ' || ra.roleid FROM mdl_enrol e"
              " JOIN mdl_user_enrolments ue ON ue.enrolid = e.id AND ue.userid = 100"
              " JOIN mdl_context c ON c.contextlevel = 50 AND c.instanceid = e.courseid"
              " JOIN mdl_role_assignments ra ON ra.contextid = c.id AND ra.userid = 100");
  embedded_site_close(site);
}

/* Of somebody who stays by another method goes what the manual enrolment brought, nothing else. */
static void
test_unenrol_takes_only_its_role(void) {
  gpointer site = embedded_site_open();
  Gateway *gateway = embedded_site_gateway(site);
  g_autofree char *id =
      embedded_site_look(site, "SELECT id FROM mdl_course WHERE shortname = 'F-I'");
  const GatewayEnrol enrol = { g_ascii_strtoll(id, NULL, 10), 2 };
  GatewayOutcome outcome = { 0 };
  g_assert_true(gateway->class->enrol(gateway, &enrol, 1, &outcome, NULL));
  embedded_site_exec(
      site,
      "INSERT INTO mdl_enrol (id, enrol, courseid) SELECT 100, 'cohort', courseid FROM mdl_enrol;"
      "INSERT INTO mdl_user_enrolments (enrolid, userid) VALUES (100, 2);"
      "INSERT INTO mdl_role_assignments (roleid, contextid, userid, component, itemid)"
      " SELECT r.id, ra.contextid, 2, r.component, r.itemid FROM mdl_role_assignments ra,"
      " (SELECT 3 AS id, '' AS component, 0 AS itemid UNION SELECT 5, 'enrol_cohort', 100) r");
  g_assert_true(gateway->class->unenrol(gateway, &enrol, 1, &outcome, NULL));
  g_assert_cmpint(outcome.code, ==, GATEWAY_DONE);
  assert_look(site, "3 0,5 100",
              "SELECT group_concat(line) FROM ("
              "SELECT roleid || ' ' || itemid AS line FROM mdl_role_assignments ORDER BY 1)");
  embedded_site_close(site);
}

static void
test_completion_needs_a_time(void) {
  gpointer site = embedded_site_open();
  Gateway *gateway = embedded_site_gateway(site);
  g_autofree char *id =
      embedded_site_look(site, "SELECT id FROM mdl_course WHERE shortname = 'F-I'");
  gint64 course = g_ascii_strtoll(id, NULL, 10);
  GatewayOutcome outcomes[2] = { 0 };
  g_assert_true(
      gateway->class->enrol(gateway, (&(GatewayEnrol){ course, 2 }), 1, &outcomes[0], NULL));
  g_assert_true(gateway->class->complete(gateway, (&(GatewayCompletion){ course, 2, 0 }), 1,
                                         &outcomes[1], NULL));
  g_assert_cmpint(outcomes[1].code, ==, GATEWAY_INVALID);
  gateway_outcomes_clear(outcomes, 2);
  embedded_site_close(site);
}

static void
create_user(Gateway *gateway, const char *username, const char *email, const char *password) {
  const GatewayNewUser user = { .username = username,
                                .firstname = "A",
                                .lastname = "B",
                                .email = email,
                                .auth = "manual",
                                .password = password };
  GatewayOutcome outcome = { 0 };
  g_assert_true(gateway->class->create_users(gateway, &user, 1, &outcome, NULL));
  g_assert_cmpint(outcome.code, ==, GATEWAY_DONE);
}

static void
test_password_column(void) {
  gpointer site = embedded_site_open();
  Gateway *gateway = embedded_site_gateway(site);
  create_user(gateway, "none", "none@y.de", NULL);
  create_user(gateway, "mailed", "mailed@y.de", "");
  create_user(gateway, "one", "one@y.de", "Geheim-4711#");
  create_user(gateway, "two", "two@y.de", "Geheim-4711#");
  assert_look(site, "not cached", "SELECT password FROM mdl_user WHERE username = 'none'");
  assert_look(site, "to be generated", "SELECT password FROM mdl_user WHERE username = 'mailed'");
  g_autofree char *one =
      embedded_site_look(site, "SELECT password FROM mdl_user WHERE username = 'one'");
  g_autofree char *two =
      embedded_site_look(site, "SELECT password FROM mdl_user WHERE username = 'two'");
  g_assert_true(g_str_has_prefix(one, "$6$rounds=10000$"));
  g_assert_cmpstr(one, !=, two);
  g_autofree struct crypt_data *data = g_new0(struct crypt_data, 1);
  g_assert_cmpstr(crypt_r("Geheim-4711#", one, data), ==, one);
  g_assert_cmpstr(crypt_r("geheim-4711#", one, data), !=, one);
  assert_look(site, "create_password",
              "SELECT name FROM mdl_user_preferences WHERE name LIKE 'create%'");
  embedded_site_close(site);
}

/* ── two processes at one course ── */

static gint64
course_of(gpointer site, const char *shortname) {
  g_autofree char *sql =
      g_strdup_printf("SELECT id FROM mdl_course WHERE shortname = '%s'", shortname);
  g_autofree char *id = embedded_site_look(site, sql);
  return g_ascii_strtoll(id, NULL, 10);
}

static guint
modules_of(Gateway *gateway, gint64 course) {
  g_autoptr(GError) error = NULL;
  GatewayContents contents = { 0 };
  g_assert_true(gateway->class->contents(gateway, course, &contents, &error));
  g_assert_no_error(error);
  return contents.modules;
}

/* One that looked at a course and then stood still for so long that another did its copy does not
 * copy as well when it goes on. */
static void
test_copy_after_another(void) {
  gpointer site = embedded_site_open();
  g_autoptr(GError) error = NULL;
  init(site, 4, 3, NULL);
  Gateway *one = embedded_site_gateway(site);
  g_autoptr(Gateway) other =
      embedded_open(embedded_site_path(site), &options, clock_system(), &error);
  g_assert_no_error(error);
  gint64 template = course_of(site, CONTRACT_MASTER), course = course_of(site, "AGT");
  guint before = modules_of(one, course);
  g_assert_true(other->class->copy_content(other, template, course, &error));
  g_assert_no_error(error);
  guint after = modules_of(other, course);
  g_assert_cmpuint(after, >, before);
  g_assert_false(one->class->copy_content(one, template, course, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_FAILED);
  g_assert_nonnull(strstr(error->message, "another process"));
  g_assert_cmpuint(modules_of(other, course), ==, after);
  g_clear_pointer(&other, gateway_free);
  embedded_site_close(site);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/embedded/init/makes-all", test_init_makes_all);
  g_test_add_func("/embedded/init/again-changes-nothing", test_init_again_changes_nothing);
  g_test_add_func("/embedded/init/completes-half-a-file", test_init_completes_half_a_file);
  g_test_add_func("/embedded/copy/after-another", test_copy_after_another);
  g_test_add_func("/embedded/open/missing", test_open_missing);
  g_test_add_func("/embedded/open/something-else", test_open_something_else);
  g_test_add_func("/embedded/open/another-database-is-left-alone",
                  test_another_database_is_left_alone);
  g_test_add_func("/embedded/open/another-version", test_open_another_version);
  g_test_add_func("/embedded/open/an-earlier-version", test_open_an_earlier_version);
  g_test_add_func("/embedded/open/upgrade-leaves-others-alone", test_upgrade_leaves_others_alone);
  g_test_add_func("/embedded/open/unknown-role", test_open_unknown_role);
  g_test_add_func("/embedded/rules/database", test_database_rules);
  g_test_add_func("/embedded/rules/deleting-a-course-takes-all", test_deleting_a_course_takes_all);
  g_test_add_func("/embedded/write/a-failure-undoes-the-whole-call",
                  test_a_failure_undoes_the_whole_call);
  g_test_add_func("/embedded/write/enrol-makes-what-the-course-lacks",
                  test_enrol_makes_what_the_course_lacks);
  g_test_add_func("/embedded/write/unenrol-takes-only-its-role", test_unenrol_takes_only_its_role);
  g_test_add_func("/embedded/write/completion-needs-a-time", test_completion_needs_a_time);
  g_test_add_func("/embedded/write/password-column", test_password_column);
  return g_test_run();
}
