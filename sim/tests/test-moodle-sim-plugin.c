/* moodle-sim's functions of the companion plugin that read: rosters, users, and what the caller
 * lacks.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle_site.h"

#define ROSTERS "local_lehrgaenge_get_rosters"
#define USERS "local_lehrgaenge_get_users"
#define SETUP "local_lehrgaenge_get_setup"

/* By statement, for states that no function makes: ids 4 anna, 5 berta, 6 carla, 7 dora. */
static Site *
site_with_people(const MoodleAppOptions *options) {
  Site *site = site_new(options, NULL);
  site_exec(site,
            "INSERT INTO mdl_user (id, auth, username, idnumber, firstname, lastname, email) VALUES"
            " (4, 'manual', 'anna', 'TN-1', 'A', 'B', 'anna@example.org'),"
            " (5, 'oauth2', 'berta', 'tn-1', 'A', 'B', 'Berta@example.org'),"
            " (6, 'manual', 'carla', '', 'A', 'B', 'carla@example.org'),"
            " (7, 'manual', 'dora', 'R & D', 'A', 'B', 'dora@example.org')");
  return site;
}

#define MANUAL(course)                                                                             \
  "(SELECT id FROM mdl_enrol WHERE courseid = " #course " AND enrol = 'manual')"

static void
enrol(const Site *site, const char *sql_values) {
  g_autofree char *sql = g_strdup_printf(
      "INSERT INTO mdl_user_enrolments (enrolid, userid, status, timestart, timeend) VALUES %s",
      sql_values);
  site_exec(site, sql);
}

/* The ids found, "4,5". */
static void
expect_ids(const Site *site, const char *parameters, const char *expected) {
  json_auto_t *users = site_does(site, USERS, parameters);
  g_assert_true(json_is_array(users));
  g_autoptr(GString) ids = g_string_new(NULL);
  gsize index;
  const json_t *user;
  json_array_foreach(users, index, user)
      g_string_append_printf(ids, "%s%" JSON_INTEGER_FORMAT, index > 0 ? "," : "",
                             json_integer_value(json_object_get(user, "id")));
  g_assert_cmpstr(ids->str, ==, expected);
}

/* ── rosters ── */

#define EMPTY "{\"enrolments\":[],\"groups\":[],\"warnings\":[]}"

static void
who_is_where(void) {
  g_autoptr(Site) site = site_with_people(NULL);
  enrol(site, "(" MANUAL(12) ", 5, 1, 0, 0), (" MANUAL(12) ", 4, 0, 0, 0),"
                                                           "(" MANUAL(11) ", 7, 0, 0, 0)");
  site_exec(site, "INSERT INTO mdl_groups (id, courseid, name) VALUES"
                  " (2, 12, 'R & D'), (1, 12, 'leer'), (3, 11, 'G01');"
                  "INSERT INTO mdl_groups_members (groupid, userid) VALUES (2, 5), (2, 4), (3, 7);"
                  "INSERT INTO mdl_course_completions (course, userid, timecompleted) VALUES"
                  " (12, 4, 1700000000), (11, 7, NULL)");
  static const char expected[] =
      "{\"enrolments\":["
      "{\"courseid\":11,\"userid\":7,\"username\":\"dora\",\"idnumber\":\"R & D\",\"active\":1,"
      "\"manual\":1,\"timecompleted\":0},"
      "{\"courseid\":12,\"userid\":4,\"username\":\"anna\",\"idnumber\":\"TN-1\",\"active\":1,"
      "\"manual\":1,\"timecompleted\":1700000000},"
      "{\"courseid\":12,\"userid\":5,\"username\":\"berta\",\"idnumber\":\"tn-1\",\"active\":0,"
      "\"manual\":2,\"timecompleted\":0}],"
      "\"groups\":["
      "{\"courseid\":11,\"id\":3,\"name\":\"G01\",\"userids\":[7]},"
      "{\"courseid\":12,\"id\":1,\"name\":\"leer\",\"userids\":[]},"
      "{\"courseid\":12,\"id\":2,\"name\":\"R & D\",\"userids\":[4,5]}],"
      "\"warnings\":[]}";
  site_expect(site, ROSTERS, "courseids[0]=12&courseids[1]=11&courseids[2]=12", expected);
  site_exec(site, "UPDATE mdl_user SET deleted = 1 WHERE id IN (4, 7);"
                  "DELETE FROM mdl_groups WHERE id = 1");
  site_expect(site, ROSTERS, "courseids[0]=12",
              "{\"enrolments\":[{\"courseid\":12,\"userid\":5,\"username\":\"berta\",\"idnumber\":"
              "\"tn-1\",\"active\":0,\"manual\":2,\"timecompleted\":0}],"
              "\"groups\":[{\"courseid\":12,\"id\":2,\"name\":\"R & D\",\"userids\":[5]}],"
              "\"warnings\":[]}");
  site_exec(site, "DROP TRIGGER mdl_last_enrolment_gone; DELETE FROM mdl_user_enrolments");
  site_expect(site, ROSTERS, "courseids[0]=12",
              "{\"enrolments\":[],\"groups\":[{\"courseid\":12,\"id\":2,\"name\":\"R & "
              "D\",\"userids\":[]}],"
              "\"warnings\":[]}");
  site_expect(site, ROSTERS, "courseids[0]=10", EMPTY);
  site_refuses(site, ROSTERS, "courseids[0]=x", "invalidparameter");
  site_refuses(site, ROSTERS, "", "invalidparameter");
}

/* "active,manual" of the one who is in course 12. */
static void
expect_flags(const Site *site, const char *expected) {
  json_auto_t *answer = site_does(site, ROSTERS, "courseids[0]=12");
  const json_t *enrolments = json_object_get(answer, "enrolments");
  g_assert_cmpuint(json_array_size(enrolments), ==, 1);
  const json_t *one = json_array_get(enrolments, 0);
  g_autofree char *flags = g_strdup_printf("%" JSON_INTEGER_FORMAT ",%" JSON_INTEGER_FORMAT,
                                           json_integer_value(json_object_get(one, "active")),
                                           json_integer_value(json_object_get(one, "manual")));
  g_assert_cmpstr(flags, ==, expected);
}

#define CHANGE(what) "UPDATE mdl_user_enrolments SET " what

/* SITE_NOW is 1773147909. */
static void
by_which_method(void) {
  g_autoptr(Site) site = site_with_people(NULL);
  enrol(site, "(" MANUAL(12) ", 4, 0, 0, 0)");
  expect_flags(site, "1,1");
  site_exec(site, CHANGE("timestart = 1773147909"));
  expect_flags(site, "1,1");
  site_exec(site, CHANGE("timestart = 1773147910"));
  expect_flags(site, "0,1");
  site_exec(site, CHANGE("timestart = 1, timeend = 1773147909"));
  expect_flags(site, "0,1");
  site_exec(site, CHANGE("timeend = 1773147910"));
  expect_flags(site, "1,1");
  site_exec(site, CHANGE("status = 1"));
  expect_flags(site, "0,2");
  site_exec(site, CHANGE("status = 0") "; UPDATE mdl_enrol SET status = 1 WHERE courseid = 12");
  expect_flags(site, "0,1");
  site_exec(site, "INSERT INTO mdl_enrol (id, enrol, courseid) VALUES (999, 'cohort', 12)");
  enrol(site, "(999, 4, 0, 0, 0)");
  expect_flags(site, "1,1");
  site_exec(site, CHANGE("status = 1 WHERE enrolid <> 999"));
  expect_flags(site, "1,2");
  site_exec(site, "DELETE FROM mdl_user_enrolments WHERE enrolid <> 999");
  expect_flags(site, "1,0");
  site_exec(site, CHANGE("status = 1"));
  expect_flags(site, "0,0");
}

static void
courses_not_to_be_read(void) {
  g_autoptr(Site) site = site_with_people(NULL);
  site_expect(site, ROSTERS, "courseids[0]=999&courseids[1]=12&courseids[2]=999",
              "{\"enrolments\":[],\"groups\":[],\"warnings\":[{\"item\":\"course\",\"itemid\":999,"
              "\"warningcode\":\"invalidrecord\",\"message\":"
              "\"Can't find data record in database table course.\"}]}");
  static const char *const forbidden[] = { ROSTERS, USERS, NULL };
  const MoodleAppOptions options = { .plugin = true, .forbid = forbidden };
  g_autoptr(Site) closed = site_new(&options, NULL);
  site_expect(
      closed, ROSTERS, "courseids[0]=12",
      "{\"enrolments\":[],\"groups\":[],\"warnings\":[{\"item\":\"course\",\"itemid\":12,"
      "\"warningcode\":\"nopermissions\",\"message\":\"Sorry, but you do not currently have "
      "permissions to do that (View participants).\"}]}");
  site_refuses(closed, USERS, "field=id&values[0]=3", "nopermissions");
}

/* ── users ── */

static void
find(void) {
  g_autoptr(Site) site = site_with_people(NULL);
  site_expect(
      site, USERS, "field=email&values[0]=BERTA@example.org&values[1]=anna@example.org",
      "[{\"id\":4,\"username\":\"anna\",\"idnumber\":\"TN-1\",\"email\":\"anna@example.org\","
      "\"auth\":\"manual\"},"
      "{\"id\":5,\"username\":\"berta\",\"idnumber\":\"tn-1\",\"email\":\"Berta@example.org\","
      "\"auth\":\"oauth2\"}]");
  expect_ids(site, "field=username&values[0]=carla&values[1]=anna&values[2]=carla", "4,6");
  expect_ids(site, "field=id&values[0]=7&values[1]=4", "4,7");
  expect_ids(site, "field=idnumber&values[0]=TN", "");
  expect_ids(site, "field=idnumber&values[0]=TN-1", "4,5");
  expect_ids(site, "field=username&values[0]=Anna", "4");
  site_exec(site, "UPDATE mdl_user SET deleted = 1 WHERE id = 4;"
                  "UPDATE mdl_user SET mnethostid = 2 WHERE id = 7");
  expect_ids(site, "field=id&values[0]=7&values[1]=4&values[2]=5", "5");
  expect_ids(site, "field=username&values[0]=anna&values[1]=dora", "");
  expect_ids(site, "field=idnumber&values[0]=TN-1", "5");
  expect_ids(site, "field=email&values[0]=anna@example.org&values[1]=dora@example.org", "");
}

static void
case_as_the_database_has_it(void) {
  const MoodleAppOptions options = { .plugin = true, .exact_case = true };
  g_autoptr(Site) site = site_with_people(&options);
  expect_ids(site, "field=idnumber&values[0]=TN-1", "4");
  expect_ids(site, "field=username&values[0]=Anna", "");
  expect_ids(site, "field=email&values[0]=ANNA@EXAMPLE.ORG&values[1]=berta@example.org", "4,5");
}

static void
values_nobody_has(void) {
  g_autoptr(Site) site = site_with_people(NULL);
  static const char *const fields[] = { "id", "username", "idnumber", "email" };
  static const char *const values[] = {
    "",   " ",  "x y", "-4", "0", "4x", "+4",
    "04", " 4", "99",  "<b", "%", "'",  "99999999999999999999999"
  };
  for (gsize i = 0; i < G_N_ELEMENTS(fields) * G_N_ELEMENTS(values); i++) {
    g_autofree char *parameters =
        g_strdup_printf("field=%s&values[0]=%s", fields[i / G_N_ELEMENTS(values)],
                        values[i % G_N_ELEMENTS(values)]);
    expect_ids(site, parameters, "");
  }
  site_refuses(site, USERS, "field=city&values[0]=x", "invalidparameter");
  site_refuses(site, USERS, "field=username", "invalidparameter");
}

static void
at_most_a_thousand(void) {
  const MoodleAppOptions options = { .plugin = true, .max_input_vars = 5000 };
  g_autoptr(Site) site = site_with_people(&options);
  g_autoptr(GString) parameters = g_string_new("field=id");
  for (guint i = 0; i < 999; i++)
    g_string_append_printf(parameters, "&values[%u]=x", i);
  g_string_append(parameters, "&values[999]=4");
  expect_ids(site, parameters->str, "4");
  g_string_append(parameters, "&values[1000]=5");
  site_refuses(site, USERS, parameters->str, "invalidparameter");
}

static void
hidden_addresses(void) {
  const MoodleAppOptions options = { .plugin = true, .hide_email = true };
  g_autoptr(Site) site = site_with_people(&options);
  expect_ids(site, "field=email&values[0]=anna@example.org", "");
  site_expect(site, USERS, "field=username&values[0]=anna",
              "[{\"id\":4,\"username\":\"anna\",\"idnumber\":\"TN-1\",\"email\":\"\",\"auth\":"
              "\"manual\"}]");
  expect_ids(site, "field=email&values[0]=sync@example.invalid", "3");
}

/* ── a plugin that has not got them ── */

/* ── local_lehrgaenge_get_setup ── */

#define STUDENT "{\"id\":5,\"shortname\":\"student\"}"
#define TEACHER "{\"id\":4,\"shortname\":\"teacher\"}"

static void
setup_of_a_usual_site(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  site_expect(site, SETUP, "",
              "{\"missing\":[],\"unknown\":[],\"roles\":[" STUDENT "],\"sharedemails\":false,"
              "\"timezone\":\"Europe/Berlin\",\"passwordpolicy\":false,"
              "\"welcomemessages\":false}");
  site_refuses(site, SETUP, "userid=3", "invalidparameter");
}

static void
setup_as_told(void) {
  static const char *const lacks[] = { "moodle/user:create", "moodle/course:create", NULL };
  static const char *const unknown[] = { "block/iomad_company_admin:company_add", NULL };
  static const char *const assignable[] = { "teacher", "student", "coursecreator", NULL };
  const MoodleAppOptions options = { .plugin = true,
                                     .lacks = lacks,
                                     .unknown = unknown,
                                     .assignable = assignable,
                                     .password_policy = true };
  g_autoptr(Site) site = site_new(&options, NULL);
  site_exec(site, "UPDATE mdl_config SET value = '1' WHERE name = 'allowaccountssameemail';"
                  "INSERT INTO mdl_config (name, value) VALUES ('timezone', 'Asia/Tokyo'),"
                  " ('sendcoursewelcomemessage', '1')");
  site_expect(site, SETUP, "",
              "{\"missing\":[\"moodle/user:create\",\"moodle/course:create\"],"
              "\"unknown\":[\"block/iomad_company_admin:company_add\"],\"roles\":[" TEACHER
              "," STUDENT "],\"sharedemails\":true,\"timezone\":\"Asia/Tokyo\","
              "\"passwordpolicy\":true,\"welcomemessages\":true}");
  /* Who administrates the site lacks nothing and may assign all. */
  site_exec(site, "UPDATE mdl_config SET value = '2,3' WHERE name = 'siteadmins'");
  json_auto_t *admin = site_does(site, SETUP, "");
  g_assert_cmpuint(json_array_size(json_object_get(admin, "missing")), ==, 0);
  g_assert_cmpuint(json_array_size(json_object_get(admin, "roles")), ==, 4);
}

static void
setup_without_roles(void) {
  static const char *const nothing[] = { NULL };
  const MoodleAppOptions options = { .plugin = true, .assignable = nothing };
  g_autoptr(Site) site = site_new(&options, NULL);
  json_auto_t *told = site_does(site, SETUP, "");
  g_assert_cmpuint(json_array_size(json_object_get(told, "roles")), ==, 0);
}

static void
without_them(void) {
  static const char *const without[] = { ROSTERS, USERS, SETUP, NULL };
  const MoodleAppOptions older = { .plugin = true, .without = without };
  g_autoptr(Site) site = site_new(&older, NULL);
  site_refuses(site, ROSTERS, "courseids[0]=12", "accessexception");
  site_refuses(site, USERS, "field=id&values[0]=3", "accessexception");
  site_refuses(site, SETUP, "", "accessexception");
  site_expect(site, "local_lehrgaenge_get_completions", "courseids[0]=12",
              "{\"completions\":[],\"warnings\":[]}");
  const MoodleAppOptions none = { .batch = true };
  g_autoptr(Site) bare = site_new(&none, NULL);
  site_refuses(bare, ROSTERS, "courseids[0]=12", "invalidrecord");
  site_refuses(bare, USERS, "field=id&values[0]=3", "invalidrecord");
  site_refuses(bare, SETUP, "", "invalidrecord");
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  g_test_add_func("/sim/moodle/rosters/who-is-where", who_is_where);
  g_test_add_func("/sim/moodle/rosters/by-which-method", by_which_method);
  g_test_add_func("/sim/moodle/rosters/not-to-be-read", courses_not_to_be_read);
  g_test_add_func("/sim/moodle/plugin-users/find", find);
  g_test_add_func("/sim/moodle/plugin-users/exact-case", case_as_the_database_has_it);
  g_test_add_func("/sim/moodle/plugin-users/nobody", values_nobody_has);
  g_test_add_func("/sim/moodle/plugin-users/limit", at_most_a_thousand);
  g_test_add_func("/sim/moodle/plugin-users/hidden-addresses", hidden_addresses);
  g_test_add_func("/sim/moodle/setup/usual", setup_of_a_usual_site);
  g_test_add_func("/sim/moodle/setup/as-told", setup_as_told);
  g_test_add_func("/sim/moodle/setup/no-roles", setup_without_roles);
  g_test_add_func("/sim/moodle/plugin/without", without_them);
  return g_test_run();
}
