/* moodle-sim's functions for companies, courses and what is in them, and the batch wrapper.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "moodle_site.h"

#define COMPANIES "block_iomad_company_admin_get_companies"
#define ASSIGN "block_iomad_company_admin_assign_courses"
#define CREATE "core_course_create_courses"
#define UPDATE "core_course_update_courses"
#define BY_FIELD "core_course_get_courses_by_field"
#define LIST "core_course_get_courses"
#define CONTENTS "core_course_get_contents"
#define IMPORT "core_course_import_course"
#define BATCH "tool_mobile_call_external_functions"

#define COURSE(n, name)                                                                            \
  "courses[" #n "][fullname]=" name "&courses[" #n "][shortname]=" name "&courses[" #n             \
  "][categoryid]=17"

static gsize
count(const Site *site, const char *function, const char *parameters, const char *key) {
  json_auto_t *answer = site_does(site, function, parameters);
  return json_array_size(key != NULL ? json_object_get(answer, key) : answer);
}

/* ── companies ── */

static void
companies(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  static const struct {
    const char *criteria;
    gsize hits;
  } cases[] = {
    { "criteria[0][key]=name&criteria[0][value]=", 35 },
    { "criteria[0][key]=name&criteria[0][value]=fulda", 2 },
    { "criteria[0][key]=name&criteria[0][value]=fulda&criteria[1][key]=code"
      "&criteria[1][value]=fds",
      1 },
    { "criteria[0][key]=name&criteria[0][value]=L%Fulda", 1 },
    { "criteria[0][key]=code&criteria[0][value]=F_", 5 },
    { "criteria[0][key]=code&criteria[0][value]=F\\_", 0 },
    { "criteria[0][key]=id&criteria[0][value]=16", 1 },
    { "criteria[0][key]=postcode&criteria[0][value]=3", 0 },
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_test_message("%s", cases[i].criteria);
    g_assert_cmpuint(count(site, COMPANIES, cases[i].criteria, "companies"), ==, cases[i].hits);
  }
  g_assert_cmpuint(
      count(site, COMPANIES, "criteria[0][key]=nonsense&criteria[0][value]=x", "warnings"), ==, 1);
  site_refuses(site, COMPANIES,
               "criteria[0][key]=id&criteria[0][value]=1&criteria[1][key]=id&criteria[1][value]=2",
               "keyalreadyset");
  site_exec(site, "UPDATE mdl_company SET code = '<FD>' WHERE id = 16");
  site_refuses(site, COMPANIES, "criteria[0][key]=id&criteria[0][value]=16", "invalidresponse");
}

static void
assign_keeps_what_was_done(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  static const char looking[] = "SELECT group_concat(companyid || ':' || courseid)"
                                " FROM (SELECT * FROM mdl_company_course ORDER BY id)";
  site_expect(site, ASSIGN,
              "courses[0][courseid]=12&courses[0][companyid]=16&courses[1][courseid]=12"
              "&courses[1][companyid]=16",
              "true");
  site_refuses(site, ASSIGN,
               "courses[0][courseid]=11&courses[0][companyid]=16&courses[1][courseid]=12"
               "&courses[1][companyid]=99&courses[2][courseid]=10&courses[2][companyid]=16",
               "invalidrecord");
  site_expect_look(site, "16:12,16:11", looking);
  site_expect(site, ASSIGN,
              "courses[0][courseid]=999&courses[0][companyid]=16&courses[1][companyid]=16"
              "&courses[2][courseid]=10&courses[2][companyid]=16",
              "false");
  site_expect_look(site, "16:12,16:11,16:10", looking);
  site_refuses(site, ASSIGN, "courses[0][courseid]=10&courses[0][owned]=true", "invalidparameter");
  site_expect(
      site, "block_iomad_company_admin_get_company_courses", "criteria[0][companyid]=16",
      "{\"companies\":[{\"id\":16,\"name\":\"Landkreis Fulda\",\"shortname\":\"FD\",\"code\":"
      "\"FD\",\"address\":null,\"city\":\"Landkreis Fulda\",\"region\":null,\"postcode\":null,"
      "\"country\":\"DE\",\"custom1\":null,\"custom2\":null,\"custom3\":null,\"courses\":["
      "{\"id\":12,\"fullname\":\"AGT master\",\"customfields\":[]},{\"id\":11,\"fullname\":"
      "\"M-10\",\"customfields\":[]},{\"id\":10,\"fullname\":\"M-9\",\"customfields\":[]}]}],"
      "\"warnings\":[]}");
}

static void
categories(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  static const char get[] = "core_course_get_categories";
  site_exec(site, "INSERT INTO mdl_course_categories (name, parent, path, depth)"
                  " VALUES ('Landkreis Fulda', 17, '/17/38', 2)");
  g_assert_cmpuint(count(site, get,
                         "criteria[0][key]=name&criteria[0][value]=landkreis fulda"
                         "&addsubcategories=0",
                         NULL),
                   ==, 2);
  g_assert_cmpuint(count(site, get, "criteria[0][key]=id&criteria[0][value]=17", NULL), ==, 2);
  g_assert_cmpuint(
      count(site, get, "criteria[0][key]=id&criteria[0][value]=17&addsubcategories=0", NULL), ==,
      1);
  g_assert_cmpuint(count(site, get,
                         "criteria[0][key]=ids&criteria[0][value]=17,18"
                         "&addsubcategories=0",
                         NULL),
                   ==, 2);
  g_assert_cmpuint(count(site, get, "", NULL), ==, 38);
  site_refuses(site, get, "criteria[0][key]=nonsense&criteria[0][value]=1", "criteriaerror");
  site_refuses(site, get, "addsubcategories=no", "invalidparameter");
}

/* ── courses ── */

static void
create_all_or_none(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  static const struct {
    const char *second, *code;
  } cases[] = {
    { COURSE(1, "a"), "shortnametaken" },
    { COURSE(1, "agt"), "shortnametaken" },
    { COURSE(1, "B") "&courses[1][idnumber]=ID", "courseidnumbertaken" },
    { COURSE(1, "B") "&courses[1][lang]=", "errorinvalidparam" },
    { COURSE(1, "B") "&courses[1][lang]=xx", "errorinvalidparam" },
    { COURSE(1, " "), "errorinvalidparam" },
    { COURSE(1, "<B>"), "invalidparameter" },
    { COURSE(1, "B") "&courses[1][enddate]=7", "nostartdatenoenddate" },
    { COURSE(1, "B") "&courses[1][startdate]=8&courses[1][enddate]=7", "enddatebeforestartdate" },
    { "courses[1][fullname]=B&courses[1][shortname]=B&courses[1][categoryid]=99",
      "errorcatcontextnotvalid" },
    { "courses[1][fullname]=B&courses[1][shortname]=B", "invalidparameter" },
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *two =
        g_strconcat(COURSE(0, "A") "&courses[0][idnumber]=id&", cases[i].second, NULL);
    site_refuses(site, CREATE, two, cases[i].code);
    g_assert_cmpuint(count(site, BY_FIELD, "field=shortname&value=A", "courses"), ==, 0);
  }
  g_autofree char *name = g_strnfill(255, 'x');
  g_autofree char *too_long = g_strconcat(COURSE(0, "A") "&courses[0][idnumber]=", name, NULL);
  site_refuses(site, CREATE, too_long, "dmlwriteexception");
}

static void
created_as_told(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  site_do(
      site, CREATE,
      COURSE(0,
             "A") "&courses[0][summary]=<p>x</p>&courses[0][numsections]=2&courses[0][newsitems]=0"
                  "&courses[0][startdate]=1&courses[0][enddate]=2&courses[0][lang]=de");
  site_do(site, CREATE, COURSE(0, "B"));
  site_expect_look(
      site, "<p>x</p>|1|topics|0|1|1|2|de|1",
      "SELECT summary || '|' || summaryformat || '|' || format || '|' || newsitems || '|'"
      " || showgrades || '|' || startdate || '|' || enddate || '|' || lang || '|' ||"
      " enablecompletion FROM mdl_course WHERE shortname = 'A'");
  g_assert_cmpuint(count(site, CONTENTS, "courseid=13", NULL), ==, 3);
  g_assert_cmpuint(count(site, CONTENTS, "courseid=14", NULL), ==, 1);
  g_assert_cmpint(site_look(site, "SELECT count(*) FROM mdl_enrol WHERE enrol = 'manual'"
                                  " AND courseid IN (13, 14)"),
                  ==, 2);
  g_assert_cmpuint(count(site, "mod_forum_get_forums_by_courses", "courseids[0]=13", NULL), ==, 0);
  g_assert_cmpuint(count(site, "mod_forum_get_forums_by_courses", "courseids[0]=14", NULL), ==, 1);
}

/* What was posted is told, stays behind in a copy, and goes with its forum. */
static void
posts_in_a_forum(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  site_do(site, CREATE, COURSE(0, "A") "&" COURSE(1, "B") "&courses[1][newsitems]=0");
  site_exec(site, "INSERT INTO mdl_forum_discussions (course, forum, name)"
                  " SELECT course, id, 'X' FROM mdl_forum WHERE course = 13");
  site_do(site, "core_course_import_course", "importfrom=13&importto=14");
  for (gint64 course = 13; course <= 14; course++) {
    g_autofree char *which = g_strdup_printf("courseids[0]=%" G_GINT64_FORMAT, course);
    json_auto_t *forums = site_does(site, "mod_forum_get_forums_by_courses", which);
    g_assert_cmpuint(json_array_size(forums), ==, 1);
    const json_t *told = json_object_get(json_array_get(forums, 0), "numdiscussions");
    g_assert_cmpint(json_integer_value(told), ==, course == 13 ? 1 : 0);
  }
  site_do(site, "core_course_import_course", "importfrom=14&importto=13&deletecontent=1");
  g_assert_cmpint(site_look(site, "SELECT count(*) FROM mdl_forum_discussions"), ==, 0);
}

static void
update_course_by_course(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  site_do(site, CREATE, COURSE(0, "A") "&courses[0][newsitems]=0&" COURSE(1, "B"));
  site_expect(
      site, UPDATE,
      "courses[0][id]=13&courses[0][newsitems]=3&courses[0][visible]=0&courses[1][id]=99"
      "&courses[2][id]=14&courses[2][shortname]=A&courses[2][fullname]=X&courses[3][id]=1"
      "&courses[4][id]=14&courses[4][enddate]=7",
      "{\"warnings\":["
      "{\"item\":\"course\",\"itemid\":99,\"warningcode\":\"invalidrecord\",\"message\":"
      "\"Can't find data record in database table course.\"},"
      "{\"item\":\"course\",\"itemid\":14,\"warningcode\":\"shortnametaken\",\"message\":"
      "\"Short name is already used for another course (A)\"},"
      "{\"item\":\"course\",\"itemid\":1,\"warningcode\":\"invalidcourse\",\"message\":"
      "\"Invalid course\"},"
      "{\"item\":\"course\",\"itemid\":14,\"warningcode\":\"nostartdatenoenddate\",\"message\":"
      "\"A course end date can only be set if a start date is also set.\"}]}");
  site_expect_look(site, "3|0", "SELECT newsitems || '|' || visible FROM mdl_course WHERE id = 13");
  site_expect_look(site, "B", "SELECT fullname FROM mdl_course WHERE id = 14");
  /* Nothing of a course that fails stays. */
  g_autofree char *name = g_strnfill(300, 'x');
  g_autofree char *half =
      g_strconcat("courses[0][id]=14&courses[0][fullname]=Y&courses[0][idnumber]=", name, NULL);
  site_do(site, UPDATE, half);
  site_expect_look(site, "B", "SELECT fullname FROM mdl_course WHERE id = 14");
  /* The forum is made once. */
  site_do(site, UPDATE, "courses[0][id]=13&courses[0][newsitems]=5");
  g_assert_cmpuint(count(site, "mod_forum_get_forums_by_courses", "courseids[0]=13", NULL), ==, 1);
}

static void
find(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  g_assert_cmpuint(count(site, BY_FIELD, "field=shortname&value=agt", "courses"), ==, 1);
  g_assert_cmpuint(count(site, BY_FIELD, "field=id&value=999", "courses"), ==, 0);
  g_assert_cmpuint(count(site, BY_FIELD, "field=ids&value=11,12,12", "courses"), ==, 2);
  g_assert_cmpuint(count(site, BY_FIELD, "field=category&value=37", "courses"), ==, 11);
  g_assert_cmpuint(count(site, BY_FIELD, "", "courses"), ==, 12);
  json_auto_t *broken = site_call(site, BY_FIELD, "field=ids&value=12,999");
  g_assert_cmpstr(json_string_value(json_object_get(broken, "exception")), ==, "Error");
  g_assert_cmpstr(json_string_value(json_object_get(broken, "message")), ==,
                  "Attempt to assign property \"contextvalidated\" on null");
  g_assert_null(json_object_get(broken, "errorcode"));
  g_assert_cmpuint(
      count(site, LIST, "options[ids][0]=12&options[ids][1]=999&options[ids][2]=12", NULL), ==, 1);
  g_assert_cmpuint(count(site, LIST, "", NULL), ==, 12);
}

static void
find_exactly(void) {
  const MoodleAppOptions options = { .exact_case = true };
  g_autoptr(Site) site = site_new(&options, NULL);
  g_assert_cmpuint(count(site, BY_FIELD, "field=shortname&value=agt", "courses"), ==, 0);
  site_do(site, CREATE, COURSE(0, "agt"));
}

/* ── content ── */

static gint64
count_modules(const Site *site, gint64 courseid) {
  g_autofree char *sql = g_strdup_printf(
      "SELECT count(*) FROM mdl_course_modules WHERE course = %" G_GINT64_FORMAT, courseid);
  return site_look(site, sql);
}

static void
import_adds(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  site_do(site, CREATE, COURSE(0, "A") "&courses[0][newsitems]=1&courses[0][numsections]=1");
  site_do(site, "core_group_create_groups",
          "groups[0][courseid]=12&groups[0][name]=Vorlage&groups[0][description]=");
  site_exec(site, "UPDATE mdl_course_sections SET name = 'Erster Tag', visible = 0"
                  " WHERE course = 12 AND section IN (1, 2)");
  site_expect(site, IMPORT, "importfrom=12&importto=13", "null");
  g_assert_cmpint(count_modules(site, 13), ==, 5); /* its own forum, the template's, three pages */
  site_expect_look(
      site, "General,Erster Tag1,Erster Tag0",
      "SELECT group_concat(coalesce(name || visible, 'General')) FROM mdl_course_sections"
      " WHERE course = 13 AND section < 3");
  site_expect_look(site, "Vorlage",
                   "SELECT group_concat(name) FROM mdl_groups WHERE courseid = 13");
  site_expect(site, IMPORT, "importfrom=12&importto=13&deletecontent=0", "null");
  g_assert_cmpint(count_modules(site, 13), ==, 9);
  g_assert_cmpint(site_look(site, "SELECT count(*) FROM mdl_groups WHERE courseid = 13"), ==, 1);
  site_expect(site, IMPORT,
              "importfrom=12&importto=13&options[0][name]=activities&options[0][value]=0", "null");
  g_assert_cmpint(count_modules(site, 13), ==, 9);
}

static void
import_refuses(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  site_refuses(site, IMPORT, "importfrom=999&importto=11", "invalidcourseid");
  site_refuses(site, IMPORT, "importfrom=12&importto=999", "invalidcourseid");
  site_refuses(site, IMPORT, "importfrom=12&importto=11&deletecontent=2", "invalidextparam");
  site_refuses(site, IMPORT, "importfrom=1&importto=11", "backupprecheckerrors");
  site_refuses(site, IMPORT, "importfrom=12&importto=11&options[0][name]=users&options[0][value]=1",
               "invalidextparam");
  site_refuses(site, IMPORT, "importfrom=12", "invalidparameter");
}

/* And no way to enrol comes back. */
static void
deletecontent_deletes_too_much(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  site_do(site, CREATE, COURSE(0, "A") "&courses[0][summary]=x");
  site_do(site, IMPORT, "importfrom=12&importto=13");
  site_do(site, IMPORT, "importfrom=12&importto=13&deletecontent=1");
  g_assert_cmpint(count_modules(site, 13), ==, 4);
  g_assert_cmpint(site_look(site, "SELECT count(*) FROM mdl_enrol WHERE courseid = 13"), ==, 0);
  site_expect_look(site, "", "SELECT summary FROM mdl_course WHERE id = 13");
  site_refuses(site, "enrol_manual_enrol_users",
               "enrolments[0][roleid]=5&enrolments[0][userid]=3&enrolments[0][courseid]=13",
               "wsnoinstance");
}

static void
delete_modules(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  site_do(site, CREATE, COURSE(0, "A"));
  site_do(site, IMPORT, "importfrom=12&importto=13");
  g_autofree char *cmid = site_look_text(
      site, "SELECT cm.id FROM mdl_course_modules cm JOIN mdl_modules m ON m.id = cm.module"
            " AND m.name = 'page' WHERE course = 13 ORDER BY cm.id LIMIT 1 OFFSET 1");
  g_autofree char *parameters = g_strdup_printf("cmids[0]=%s&cmids[1]=99999", cmid);
  gint64 pages = site_look(site, "SELECT count(*) FROM mdl_page");
  site_refuses(site, "core_course_delete_modules", parameters, "invalidcoursemodule");
  g_assert_cmpint(count_modules(site, 13), ==, 4); /* the first one is gone all the same */
  g_assert_cmpint(site_look(site, "SELECT count(*) FROM mdl_page"), ==, pages - 1);
  g_autofree char *sequence = site_look_text(
      site, "SELECT sequence FROM mdl_course_sections WHERE course = 13 AND section = 1");
  g_auto(GStrv) left = g_strsplit(sequence, ",", -1);
  g_assert_cmpuint(g_strv_length(left), ==, 2);
  g_assert_false(g_strv_contains((const char *const *)left, cmid));
}

static void
contents_filtered(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  json_auto_t *section = site_does(site, CONTENTS,
                                   "courseid=12&options[0][name]=sectionnumber&options[0][value]=1"
                                   "&options[1][name]=modname&options[1][value]=page");
  g_assert_cmpuint(json_array_size(section), ==, 1);
  g_assert_cmpuint(json_array_size(json_object_get(json_array_get(section, 0), "modules")), ==, 3);
  json_auto_t *bare =
      site_does(site, CONTENTS, "courseid=12&options[0][name]=excludemodules&options[0][value]=1");
  g_assert_cmpuint(json_array_size(json_object_get(json_array_get(bare, 1), "modules")), ==, 0);
  site_refuses(site, CONTENTS, "courseid=12&options[0][name]=nonsense&options[0][value]=1",
               "errorinvalidparam");
  site_refuses(site, CONTENTS, "courseid=999", "invalidrecord");
}

/* ── the batch wrapper ── */

static void
batch_stops_at_the_first_error(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  static const char group[] =
      "{\"groups\":[{\"courseid\":%d,\"name\":\"%s\",\"description\":\"\"}]}";
  g_autofree char *good = g_strdup_printf(group, 12, "one");
  g_autofree char *bad = g_strdup_printf(group, 999, "two");
  g_autofree char *parameters = g_strconcat(
      "requests[0][function]=core_group_create_groups&requests[0][arguments]=", good,
      "&requests[1][function]=core_group_create_groups&requests[1][arguments]=", bad,
      "&requests[2][function]=core_group_create_groups&requests[2][arguments]=", good, NULL);
  json_auto_t *answer = site_does(site, BATCH, parameters);
  const json_t *responses = json_object_get(answer, "responses");
  g_assert_cmpuint(json_array_size(responses), ==, 2);
  g_assert_cmpint(site_look(site, "SELECT count(*) FROM mdl_groups"), ==, 1);
  const json_t *failed = json_array_get(responses, 1);
  g_assert_true(json_is_true(json_object_get(failed, "error")));
  json_auto_t *exception =
      json_loads(json_string_value(json_object_get(failed, "exception")), 0, NULL);
  g_assert_cmpstr(json_string_value(json_object_get(exception, "errorcode")), ==,
                  "errorcoursecontextnotvalid");
  g_assert_null(json_object_get(exception, "exception"));
}

static void
batch_answers(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  site_expect(site, BATCH,
              "requests[0][function]=core_course_delete_modules"
              "&requests[0][arguments]={\"cmids\":[]}",
              "{\"responses\":[{\"error\":false,\"data\":null}]}");
  site_expect(
      site, BATCH, "requests[0][function]=auth_nothing",
      "{\"responses\":[{\"error\":true,\"exception\":\"{\\\"errorcode\\\":\\\"accessexception\\\""
      ",\\\"module\\\":\\\"webservice\\\"}\"}]}");
  json_auto_t *invalid = site_does(site, BATCH,
                                   "requests[0][function]=core_group_get_course_groups"
                                   "&requests[0][arguments]={broken");
  g_assert_cmpuint(json_array_size(json_object_get(invalid, "responses")), ==, 1);
  site_expect(site, BATCH,
              "requests[0][function]=core_group_get_course_groups"
              "&requests[0][arguments]={\"courseid\":12}",
              "{\"responses\":[{\"error\":false,\"data\":\"[]\"}]}");
  site_refuses(site, BATCH, "requests[0][function]=x&requests[0][settingraw]=true",
               "invalidparameter");
}

/* ── other people's writing ── */

static void
others_write_meanwhile(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  site_exec(site, "UPDATE mdl_course SET fullname = 'neu' WHERE id = 12");
  json_auto_t *found = site_does(site, BY_FIELD, "field=id&value=12");
  g_assert_cmpstr(json_string_value(json_object_get(
                      json_array_get(json_object_get(found, "courses"), 0), "fullname")),
                  ==, "neu");
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  g_test_add_func("/sim/moodle/companies/find", companies);
  g_test_add_func("/sim/moodle/companies/assign", assign_keeps_what_was_done);
  g_test_add_func("/sim/moodle/categories", categories);
  g_test_add_func("/sim/moodle/courses/create-all-or-none", create_all_or_none);
  g_test_add_func("/sim/moodle/courses/created-as-told", created_as_told);
  g_test_add_func("/sim/moodle/courses/posts-in-a-forum", posts_in_a_forum);
  g_test_add_func("/sim/moodle/courses/update", update_course_by_course);
  g_test_add_func("/sim/moodle/courses/find", find);
  g_test_add_func("/sim/moodle/courses/find-exactly", find_exactly);
  g_test_add_func("/sim/moodle/content/import-adds", import_adds);
  g_test_add_func("/sim/moodle/content/import-refuses", import_refuses);
  g_test_add_func("/sim/moodle/content/deletecontent", deletecontent_deletes_too_much);
  g_test_add_func("/sim/moodle/content/delete-modules", delete_modules);
  g_test_add_func("/sim/moodle/content/filtered", contents_filtered);
  g_test_add_func("/sim/moodle/batch/stops", batch_stops_at_the_first_error);
  g_test_add_func("/sim/moodle/batch/answers", batch_answers);
  g_test_add_func("/sim/moodle/others-write", others_write_meanwhile);
  return g_test_run();
}
