/* moodle-sim's functions for people: users, enrolments, groups, completion. What Moodle does all at
 * once, one by one, or not at all.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "moodle_site.h"

#define CREATE "core_user_create_users"
#define UPDATE "core_user_update_users"
#define BY_FIELD "core_user_get_users_by_field"
#define ENROL "enrol_manual_enrol_users"
#define UNENROL "enrol_manual_unenrol_users"
#define ENROLLED "core_enrol_get_enrolled_users"
#define ADD "core_group_add_group_members"
#define COMPLETE "local_lehrgaenge_complete_users"

#define PERSON(n, name)                                                                            \
  "users[" #n "][username]=" name "&users[" #n "][firstname]=A&users[" #n "][lastname]=B&"         \
  "users[" #n "][email]=" name "@example.org"
#define PASSWORD(n) "&users[" #n "][password]=x"

/* A user without a password; its id. */
static gint64
make_user(const Site *site, const char *name) {
  g_autofree char *parameters = g_strdup_printf(
      "users[0][username]=%s&users[0][firstname]=A&users[0][lastname]=B"
      "&users[0][email]=%s@example.org&users[0][idnumber]=TN-%s&users[0][auth]=oauth2",
      name, name, name);
  json_auto_t *made = site_does(site, CREATE, parameters);
  return json_integer_value(json_object_get(json_array_get(made, 0), "id"));
}

static gint64
count_users(const Site *site) {
  return site_look(site, "SELECT count(*) FROM mdl_user WHERE id > 3");
}

/* ── creating users ── */

static void
create_all_or_none(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  static const char *const second[] = { PERSON(1, "ANNA"), PERSON(1, "berta"), PERSON(1, ""),
                                        PERSON(1, "admin") };
  for (gsize i = 0; i < G_N_ELEMENTS(second); i++) {
    const char *password = i == 1 ? "" : PASSWORD(1);
    g_autofree char *two =
        g_strconcat(PERSON(0, "anna") PASSWORD(0) "&", second[i], password, NULL);
    site_refuses(site, CREATE, two, "invalidparameter");
    g_assert_cmpint(count_users(site), ==, 0);
  }
  site_refuses(site, CREATE, PERSON(0, "a") PASSWORD(0) "&" PERSON(1, "a") PASSWORD(1),
               "invalidparameter");
  site_refuses(site, CREATE, PERSON(0, "a") PASSWORD(0) "&users[0][nonsense]=1",
               "invalidparameter");
  site_refuses(site, CREATE, PERSON(0, "a") PASSWORD(0) "&users[0][lang]=xx", "invalidparameter");
  site_refuses(site, CREATE, PERSON(0, "a") PASSWORD(0) "&users[0][auth]=mnet", "invalidparameter");
  site_do(site, CREATE, PERSON(0, "anna") PASSWORD(0));
  site_refuses(site, CREATE,
               "users[0][username]=b&users[0][firstname]=A&users[0][lastname]=B"
               "&users[0][email]=ANNA@example.org&users[0][password]=x",
               "invalidparameter");
  site_exec(site, "UPDATE mdl_config SET value = '1' WHERE name = 'allowaccountssameemail'");
  site_do(site, CREATE,
          "users[0][username]=b&users[0][firstname]=A&users[0][lastname]=B"
          "&users[0][email]=ANNA@example.org&users[0][password]=x");
  g_assert_cmpint(count_users(site), ==, 2);
}

static void
too_long_for_the_database(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  g_autofree char *name = g_strnfill(300, 'x');
  g_autofree char *two = g_strconcat(
      PERSON(0, "anna") PASSWORD(0) "&" PERSON(1, "berta") PASSWORD(1) "&users[1][city]=", name,
      NULL);
  site_refuses(site, CREATE, two, "dmlwriteexception");
  g_assert_cmpint(count_users(site), ==, 0);
}

static void
emails(void) {
  static const char *const bad[] = { "a",        "a@b",       "@b.de",   "a@",      "a b@c.de",
                                     "a@b@c.de", "a..b@c.de", ".a@b.de", "a@-b.de", "a@b_c.de",
                                     "a@b.de.",  "ä@b.de",    "a@b.1" };
  static const char *const good[] = { "a@b.de", "a+1@b-c.de", "O'Neill@b.de", "x@invalid.local" };
  g_autoptr(Site) site = site_new(NULL, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(bad) + G_N_ELEMENTS(good); i++) {
    bool fine = i >= G_N_ELEMENTS(bad);
    g_autofree char *parameters =
        g_strdup_printf("users[0][username]=u%zu&users[0][firstname]=A&users[0][lastname]=B"
                        "&users[0][auth]=db&users[0][email]=%s",
                        i, fine ? good[i - G_N_ELEMENTS(bad)] : bad[i]);
    if (fine)
      site_do(site, CREATE, parameters);
    else
      site_refuses(site, CREATE, parameters, "invalidparameter");
  }
}

static void
passwords(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  site_do(site, CREATE, PERSON(0, "none") "&users[0][auth]=oauth2");
  site_do(site, CREATE, PERSON(0, "given") PASSWORD(0));
  site_do(site, CREATE, PERSON(0, "mailed") "&users[0][createpassword]=1&users[0][country]=xx");
  site_do(site, CREATE, PERSON(0, "nologin") PASSWORD(0) "&users[0][auth]=nologin");
  site_refuses(site, CREATE, PERSON(0, "a") "&users[0][auth]=nologin", "invalidparameter");
  site_refuses(site, CREATE, PERSON(0, "a"), "invalidparameter");
  site_refuses(site, CREATE, PERSON(0, "a") "&users[0][createpassword]=yes", "invalidparameter");
  site_expect_look(site, "not cached", "SELECT password FROM mdl_user WHERE username = 'none'");
  site_expect_look(site, "$6$",
                   "SELECT substr(password, 1, 3) FROM mdl_user WHERE username = 'given'");
  site_expect_look(site, "$6$||1",
                   "SELECT substr(u.password, 1, 3) || '|' || u.country || '|' || p.value"
                   " FROM mdl_user u JOIN mdl_user_preferences p ON p.userid = u.id"
                   " WHERE u.username = 'mailed' AND p.name = 'auth_forcepasswordchange'");
  site_expect_look(site, "", "SELECT password FROM mdl_user WHERE username = 'nologin'");
}

static void
password_policy(void) {
  const MoodleAppOptions options = { .password_policy = true };
  g_autoptr(Site) site = site_new(&options, NULL);
  site_refuses(site, CREATE, PERSON(0, "a") PASSWORD(0),
               "<div>Passwords must be at least 8 characters long.</div>"
               "<div>Passwords must have at least 1 digit(s).</div>"
               "<div>Passwords must have at least 1 upper case letter(s).</div>"
               "<div>The password must have at least 1 special character(s) such as *, -, or #."
               "</div>");
  site_do(site, CREATE, PERSON(0, "a") "&users[0][password]=Geheim-1");
  site_do(site, CREATE, PERSON(0, "b") "&users[0][auth]=ldap&users[0][password]=x");
  site_do(site, CREATE, PERSON(0, "c") "&users[0][createpassword]=1");
}

/* ── changing users ── */

static void
update_one_by_one(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  make_user(site, "anna");  /* 4 */
  make_user(site, "berta"); /* 5 */
  site_expect(site, UPDATE,
              "users[0][id]=4&users[0][username]=berta&users[0][idnumber]=X"
              "&users[1][id]=5&users[1][idnumber]=Y&users[2][id]=99&users[3][id]=2"
              "&users[3][city]=X&users[4][id]=1&users[4][city]=X&users[5][id]=4"
              "&users[5][email]=BERTA@example.org&users[6][id]=4&users[6][email]=x",
              "{\"warnings\":["
              "{\"item\":\"user\",\"itemid\":4,\"warningcode\":\"dmlwriteexception\",\"message\":"
              "\"Error writing to database\"},"
              "{\"item\":\"user\",\"itemid\":99,\"warningcode\":\"invaliduserid\",\"message\":"
              "\"Invalid user ID\"},"
              "{\"item\":\"user\",\"itemid\":2,\"warningcode\":\"usernotupdatedadmin\",\"message\":"
              "\"Cannot update admin accounts\"},"
              "{\"item\":\"user\",\"itemid\":1,\"warningcode\":\"usernotupdatedguest\",\"message\":"
              "\"error/usernotupdatedguest\"},"
              "{\"item\":\"user\",\"itemid\":4,\"warningcode\":\"useremailduplicate\",\"message\":"
              "\"Duplicate address\"},"
              "{\"item\":\"user\",\"itemid\":4,\"warningcode\":\"useremailinvalid\",\"message\":"
              "\"error/useremailinvalid\"}]}");
  site_expect_look(site, "anna|TN-anna",
                   "SELECT username || '|' || idnumber FROM mdl_user WHERE id = 4");
  site_expect_look(site, "Y", "SELECT idnumber FROM mdl_user WHERE id = 5");
  /* One value that cannot be cleaned fails all. */
  site_refuses(site, UPDATE, "users[0][id]=4&users[0][city]=Z&users[1][id]=5&users[1][username]=B",
               "invalidparameter");
  site_expect_look(site, "", "SELECT city FROM mdl_user WHERE id = 4");
  /* Nothing of a user that fails stays. */
  g_autofree char *name = g_strnfill(300, 'x');
  g_autofree char *half = g_strconcat("users[0][id]=4&users[0][city]=Z&users[0][idnumber]=", name,
                                      "&users[1][id]=5&users[1][city]=Y", NULL);
  site_do(site, UPDATE, half);
  site_expect_look(site, ",Y", "SELECT group_concat(city) FROM mdl_user WHERE id > 3");
  site_exec(site, "UPDATE mdl_user SET deleted = 1 WHERE id = 5");
  site_expect(
      site, UPDATE, "users[0][id]=5&users[0][idnumber]=Z",
      "{\"warnings\":[{\"item\":\"user\",\"itemid\":5,\"warningcode\":\"usernotupdateddeleted\","
      "\"message\":\"error/usernotupdateddeleted\"}]}");
}

static void
a_refused_password_spoils_the_answer(void) {
  const MoodleAppOptions options = { .password_policy = true };
  g_autoptr(Site) site = site_new(&options, NULL);
  make_user(site, "anna");
  make_user(site, "berta");
  site_refuses(site, UPDATE,
               "users[0][id]=4&users[0][idnumber]=X&users[1][id]=5&users[1][idnumber]=Y"
               "&users[1][password]=x",
               "invalidresponse");
  site_expect_look(site, "X,TN-berta", "SELECT group_concat(idnumber) FROM mdl_user WHERE id > 3");
}

static void
auth_later(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  make_user(site, "anna");
  site_do(site, UPDATE, "users[0][id]=4&users[0][auth]=manual");
  site_expect_look(site, "manual|not cached",
                   "SELECT auth || '|' || password FROM mdl_user WHERE id = 4");
  site_do(site, UPDATE, "users[0][id]=4&users[0][password]=neu");
  site_expect_look(site, "$6$", "SELECT substr(password, 1, 3) FROM mdl_user WHERE id = 4");
}

/* ── finding users ── */

static gsize
count_found(const Site *site, const char *function, const char *parameters) {
  json_auto_t *answer = site_does(site, function, parameters);
  json_t *users = json_object_get(answer, "users");
  return json_array_size(users != NULL ? users : answer);
}

static void
find(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  make_user(site, "anna");
  make_user(site, "berta");
  g_assert_cmpuint(
      count_found(site, BY_FIELD, "field=username&values[0]=berta&values[1]=anna&values[2]=berta"),
      ==, 2);
  g_assert_cmpuint(count_found(site, BY_FIELD, "field=idnumber&values[0]=tn-ANNA"), ==, 1);
  g_assert_cmpuint(count_found(site, BY_FIELD, "field=idnumber&values[0]="), ==, 0);
  g_assert_cmpuint(count_found(site, BY_FIELD, "field=email&values[0]=ANNA@example.org"), ==, 1);
  site_refuses(site, BY_FIELD, "field=username&values[0]=anna&values[1]=Berta", "invalidparameter");
  g_assert_cmpuint(count_found(site, BY_FIELD, "field=id&values[0]=004"), ==, 1);
  site_refuses(site, BY_FIELD, "field=id&values[0]=x", "invalidparameter");
  site_refuses(site, BY_FIELD, "field=city&values[0]=x", "codingerror");
  site_refuses(site, "core_user_get_users",
               "criteria[0][key]=email&criteria[0][value]=a&criteria[1][key]=email"
               "&criteria[1][value]=b",
               "keyalreadyset");
}

static void
find_by_pattern(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  make_user(site, "anna");
  make_user(site, "berta");
  g_assert_cmpuint(count_found(site, "core_user_get_users",
                               "criteria[0][key]=email&criteria[0][value]=%@EXAMPLE.org"),
                   ==, 2);
  g_assert_cmpuint(count_found(site, "core_user_get_users",
                               "criteria[0][key]=id&criteria[0][value]=4&criteria[1][key]=idnumber"
                               "&criteria[1][value]=TN-anna"),
                   ==, 1);
  site_exec(site, "UPDATE mdl_user SET deleted = 1 WHERE id = 4");
  g_assert_cmpuint(
      count_found(site, "core_user_get_users", "criteria[0][key]=id&criteria[0][value]=4"), ==, 0);
}

static void
case_as_the_database_has_it(void) {
  const MoodleAppOptions options = { .exact_case = true };
  g_autoptr(Site) site = site_new(&options, NULL);
  make_user(site, "anna");
  g_assert_cmpuint(count_found(site, BY_FIELD, "field=idnumber&values[0]=tn-ANNA"), ==, 0);
  g_assert_cmpuint(count_found(site, BY_FIELD, "field=email&values[0]=ANNA@example.org"), ==, 0);
  g_assert_cmpuint(count_found(site, "core_user_get_users",
                               "criteria[0][key]=email&criteria[0][value]=ANNA@example.org"),
                   ==, 1);
}

static void
hidden_addresses(void) {
  const MoodleAppOptions options = { .hide_email = true };
  g_autoptr(Site) site = site_new(&options, NULL);
  make_user(site, "anna");
  g_assert_cmpuint(count_found(site, BY_FIELD, "field=email&values[0]=anna@example.org"), ==, 0);
  g_assert_cmpuint(count_found(site, "core_user_get_users",
                               "criteria[0][key]=email&criteria[0][value]=anna@example.org"),
                   ==, 0);
  json_auto_t *users = site_does(site, BY_FIELD, "field=username&values[0]=anna");
  g_assert_cmpuint(json_array_size(users), ==, 1);
  g_assert_null(json_object_get(json_array_get(users, 0), "email"));
  g_assert_cmpuint(count_found(site, BY_FIELD, "field=email&values[0]=sync@example.invalid"), ==,
                   1);
}

/* Only by id, and recognisable by nothing but an address that is none. */
static void
deleted_users(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  make_user(site, "anna");
  site_exec(site, "UPDATE mdl_user SET deleted = 1 WHERE id = 4");
  g_assert_cmpuint(count_found(site, BY_FIELD, "field=username&values[0]=anna"), ==, 0);
  g_assert_cmpuint(count_found(site, BY_FIELD, "field=idnumber&values[0]=TN-anna"), ==, 0);
  g_assert_cmpuint(count_found(site, BY_FIELD, "field=email&values[0]=anna@example.org"), ==, 0);
  json_auto_t *users = site_does(site, BY_FIELD, "field=id&values[0]=4");
  const json_t *user = json_array_get(users, 0);
  g_assert_nonnull(user);
  g_assert_null(strchr(json_string_value(json_object_get(user, "email")), '@'));
  g_assert_null(json_object_get(user, "idnumber"));
}

/* ── enrolments ── */

#define ONE(n, user, course)                                                                       \
  "enrolments[" #n "][roleid]=5&enrolments[" #n "][userid]=" #user "&enrolments[" #n               \
  "][courseid]=" #course
#define OUT(n, user, course)                                                                       \
  "enrolments[" #n "][userid]=" #user "&enrolments[" #n "][courseid]=" #course
#define IDS(more) "courseid=12&options[0][name]=userfields&options[0][value]=id" more

static gint64
count_enrolments(const Site *site) {
  return site_look(site, "SELECT count(*) FROM mdl_user_enrolments WHERE status = 0");
}

static Site *
site_with_people(void) {
  Site *site = site_new(NULL, NULL);
  make_user(site, "anna");  /* 4 */
  make_user(site, "berta"); /* 5 */
  return site;
}

static void
enrol(void) {
  g_autoptr(Site) site = site_with_people();
  site_refuses(site, ENROL, ONE(0, 4, 12) "&" ONE(1, 5, 999), "invalidparameter");
  site_refuses(site, ENROL, ONE(0, 4, 12) "&" ONE(1, 999, 12), "codingerror");
  g_assert_cmpint(count_enrolments(site), ==, 0);
  site_refuses(site, ENROL,
               "enrolments[0][roleid]=7&enrolments[0][userid]=4"
               "&enrolments[0][courseid]=12",
               "wsusercannotassign");
  site_expect(site, ENROL, ONE(0, 4, 12) "&" ONE(1, 5, 12), "null");
  g_assert_cmpint(count_enrolments(site), ==, 2);
  g_assert_cmpint(site_look(site, "SELECT count(*) FROM mdl_role_assignments WHERE roleid = 5"), ==,
                  2);
  site_do(site, ENROL, ONE(0, 4, 12) "&enrolments[0][suspend]=1");
  g_assert_cmpint(count_enrolments(site), ==, 1);
  site_do(site, ENROL, ONE(0, 4, 12));
  g_assert_cmpint(count_enrolments(site), ==, 2);
  site_exec(site, "UPDATE mdl_enrol SET status = 1");
  site_refuses(site, ENROL, ONE(0, 4, 12), "wsnoinstance");
  site_refuses(site, ENROL, ONE(0, 4, 1), "wsnoinstance");
}

static void
unenrol(void) {
  g_autoptr(Site) site = site_with_people();
  site_do(site, ENROL, ONE(0, 4, 12) "&" ONE(1, 5, 12));
  site_exec(site, "INSERT INTO mdl_enrol (enrol, courseid) VALUES ('cohort', 12);"
                  "INSERT INTO mdl_user_enrolments (enrolid, userid)"
                  " SELECT id, 5 FROM mdl_enrol WHERE enrol = 'cohort'");
  site_refuses(site, UNENROL, OUT(0, 4, 12) "&" OUT(1, 4, 999), "invalidrecord");
  site_refuses(site, UNENROL, OUT(0, 4, 12) "&" OUT(1, 999, 12), "invalidparameter");
  g_assert_cmpint(count_enrolments(site), ==, 3);
  site_expect(site, UNENROL, OUT(0, 4, 12) "&" OUT(1, 5, 12) "&" OUT(2, 4, 12), "null");
  site_expect(
      site, ENROLLED, IDS(",roles"),
      "[{\"id\":5,\"fullname\":\"A B\",\"roles\":[{\"roleid\":5,\"name\":\"\",\"shortname\":"
      "\"student\",\"sortorder\":0}]}]");
}

static void
enrolled(void) {
  g_autoptr(Site) site = site_with_people();
  make_user(site, "carla"); /* 6 */
  make_user(site, "dora");  /* 7 */
  site_do(
      site, ENROL,
      ONE(0, 4, 12) "&" ONE(1, 5, 12) "&enrolments[1][suspend]=1&" ONE(
          2, 6,
          12) "&enrolments[2][timeend]=1773140000&" ONE(3, 7,
                                                        12) "&enrolments[3][timestart]=1773147909");
  site_expect(site, ENROLLED, IDS(""),
              "[{\"id\":4,\"fullname\":\"A B\"},{\"id\":5,\"fullname\":\"A B\"},"
              "{\"id\":6,\"fullname\":\"A B\"},{\"id\":7,\"fullname\":\"A B\"}]");
  site_expect(site, ENROLLED, IDS("&options[1][name]=onlyactive&options[1][value]=1"),
              "[{\"id\":4,\"fullname\":\"A B\"}]");
  site_expect(site, ENROLLED,
              IDS("&options[1][name]=onlysuspended&options[1][value]=1&options[2][name]=limitfrom"
                  "&options[2][value]=1&options[3][name]=limitnumber&options[3][value]=1"),
              "[{\"id\":6,\"fullname\":\"A B\"}]");
  site_expect(site, ENROLLED,
              IDS("&options[1][name]=unheardof&options[1][value]=1"
                  "&options[2][name]=limitnumber&options[2][value]=1"
                  "&options[3][name]=sortdirection&options[3][value]=DESC"),
              "[{\"id\":7,\"fullname\":\"A B\"}]");
  site_refuses(site, ENROLLED, IDS(",nonsense"), "invaliduserfield");
  site_expect(site, ENROLLED, "courseid=11&options[0][name]=userfields&options[0][value]=nonsense",
              "[]");
  site_refuses(site, ENROLLED,
               IDS("&options[1][name]=onlysuspended&options[1][value]=1"
                   "&options[2][name]=onlyactive&options[2][value]=1"),
               "codingerror");
  site_refuses(site, ENROLLED, "courseid=999", "invalidrecord");
}

/* ── groups ── */

static void
groups(void) {
  g_autoptr(Site) site = site_with_people();
  site_do(site, ENROL, ONE(0, 4, 12));
  site_refuses(site, "core_group_create_groups",
               "groups[0][courseid]=12&groups[0][name]=A&groups[0][description]="
               "&groups[1][courseid]=12&groups[1][name]=a&groups[1][description]=",
               "invalidparameter");
  site_refuses(site, "core_group_create_groups",
               "groups[0][courseid]=999&groups[0][name]=A&groups[0][description]=",
               "errorcoursecontextnotvalid");
  g_assert_cmpint(site_look(site, "SELECT count(*) FROM mdl_groups"), ==, 0);
  site_expect(
      site, "core_group_create_groups",
      "groups[0][courseid]=12&groups[0][name]=A&groups[0][description]=",
      "[{\"id\":1,\"courseid\":12,\"name\":\"A\",\"description\":\"\",\"descriptionformat\":1,"
      "\"enrolmentkey\":\"\",\"idnumber\":\"\",\"visibility\":0,\"participation\":true}]");
}

static void
members(void) {
  g_autoptr(Site) site = site_with_people();
  site_do(site, ENROL, ONE(0, 4, 12) "&enrolments[0][suspend]=1");
  site_do(site, "core_group_create_groups",
          "groups[0][courseid]=12&groups[0][name]=G01&groups[0][description]=");
  site_exec(site, "UPDATE mdl_groups SET name = 'R & D'");
  site_refuses(site, ADD,
               "members[0][groupid]=1&members[0][userid]=4&members[1][groupid]=1"
               "&members[1][userid]=5",
               "invalidparameter");
  site_refuses(site, ADD, "members[0][groupid]=1&members[0][userid]=99", "invaliduser");
  site_refuses(site, ADD, "members[0][groupid]=9&members[0][userid]=4", "invalidrecord");
  site_expect(site, "core_group_get_group_members", "groupids[0]=1",
              "[{\"groupid\":1,\"userids\":[]}]");
  site_expect(
      site, ADD,
      "members[0][groupid]=1&members[0][userid]=4&members[1][groupid]=1&members[1][userid]=4",
      "null");
  /* Names of groups here are formatted even when raw texts are asked for. */
  site_expect(site, ENROLLED, IDS(",groups&moodlewssettingraw=1"),
              "[{\"id\":4,\"fullname\":\"A B\",\"groups\":[{\"id\":1,\"name\":\"R &amp; D\","
              "\"description\":\"\",\"descriptionformat\":1}]}]");
  site_expect(site, ENROLLED, IDS("&options[1][name]=groupid&options[1][value]=2"), "[]");
  site_refuses(site, "core_group_get_group_members", "groupids[0]=1&groupids[1]=9",
               "invalidrecord");
}

/* ── completion ── */

static void
completion(void) {
  g_autoptr(Site) site = site_with_people();
  site_do(site, ENROL, ONE(0, 4, 12) "&enrolments[0][suspend]=1");
  site_refuses(site, COMPLETE, "courseid=999", "invalidparameter");
  site_refuses(site, COMPLETE,
               "courseid=999&completions[0][userid]=4&completions[0][timecompleted]=1",
               "invalidrecord");
  static const char three[] = "courseid=12&completions[0][userid]=4"
                              "&completions[0][timecompleted]=1700000000&completions[1][userid]=5"
                              "&completions[1][timecompleted]=7&completions[2][userid]=99"
                              "&completions[2][timecompleted]=7";
  site_expect(
      site, COMPLETE, three,
      "[{\"userid\":4,\"status\":\"completed\",\"timecompleted\":1700000000,\"message\":\"\"},"
      "{\"userid\":5,\"status\":\"notenrolled\",\"timecompleted\":0,\"message\":\"\"},"
      "{\"userid\":99,\"status\":\"nouser\",\"timecompleted\":0,\"message\":\"\"}]");
  site_expect(
      site, COMPLETE,
      "courseid=12&completions[0][userid]=4&completions[0][timecompleted]=1800000000",
      "[{\"userid\":4,\"status\":\"already\",\"timecompleted\":1700000000,\"message\":\"\"}]");
  site_expect(site, "local_lehrgaenge_get_completions", "courseids[0]=12&courseids[1]=999",
              "{\"completions\":[{\"courseid\":12,\"userid\":4,\"timecompleted\":1700000000}],"
              "\"warnings\":[{\"item\":\"course\",\"itemid\":999,\"warningcode\":\"invalidrecord\","
              "\"message\":\"Can't find data record in database table course.\"}]}");
  site_refuses(site, COMPLETE,
               "courseid=1&completions[0][userid]=4&completions[0][timecompleted]=1",
               "invalidcourseid");
  site_exec(site, "DELETE FROM mdl_course_completions");
  site_expect(site, COMPLETE,
              "courseid=12&completions[0][userid]=4&completions[0][timecompleted]=0",
              "[{\"userid\":4,\"status\":\"failed\",\"timecompleted\":0,\"message\":"
              "\"timecompleted must be greater than 0.\"}]");
  site_expect(
      site, COMPLETE,
      "courseid=12&completions[0][userid]=4&completions[0][timecompleted]=1900000000",
      "[{\"userid\":4,\"status\":\"completed\",\"timecompleted\":1773147909,\"message\":\"\"}]");
  site_exec(site, "CREATE TRIGGER stop BEFORE INSERT ON mdl_course_completions BEGIN"
                  " SELECT RAISE(ABORT, 'stop'); END; DELETE FROM mdl_course_completions");
  site_expect(site, COMPLETE,
              "courseid=12&completions[0][userid]=4&completions[0][timecompleted]=1800000000",
              "[{\"userid\":4,\"status\":\"failed\",\"timecompleted\":0,\"message\":"
              "\"Error writing to database\"}]");
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  g_test_add_func("/sim/moodle/users/create-all-or-none", create_all_or_none);
  g_test_add_func("/sim/moodle/users/too-long", too_long_for_the_database);
  g_test_add_func("/sim/moodle/users/emails", emails);
  g_test_add_func("/sim/moodle/users/passwords", passwords);
  g_test_add_func("/sim/moodle/users/password-policy", password_policy);
  g_test_add_func("/sim/moodle/users/update-one-by-one", update_one_by_one);
  g_test_add_func("/sim/moodle/users/refused-password", a_refused_password_spoils_the_answer);
  g_test_add_func("/sim/moodle/users/auth-later", auth_later);
  g_test_add_func("/sim/moodle/users/find", find);
  g_test_add_func("/sim/moodle/users/find-by-pattern", find_by_pattern);
  g_test_add_func("/sim/moodle/users/exact-case", case_as_the_database_has_it);
  g_test_add_func("/sim/moodle/users/hidden-addresses", hidden_addresses);
  g_test_add_func("/sim/moodle/users/deleted", deleted_users);
  g_test_add_func("/sim/moodle/enrol/enrol", enrol);
  g_test_add_func("/sim/moodle/enrol/unenrol", unenrol);
  g_test_add_func("/sim/moodle/enrol/enrolled", enrolled);
  g_test_add_func("/sim/moodle/groups/create", groups);
  g_test_add_func("/sim/moodle/groups/members", members);
  g_test_add_func("/sim/moodle/completion", completion);
  return g_test_run();
}
