/* `check` with backend=webservice against a Moodle of a few lines: what it says about release,
 * rights, functions, role and clock, and about what is no Moodle at all.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <jansson.h>

#include "base/text.h"
#include "canned.h"
#include "moodle/webservice/ws_private.h"
#include "program.h"

#define TOKEN "streng-geheim-0815"

/* ── Moodle ── */

/* What is not as it should be; all zero is well. */
typedef struct {
  const char *release;         /* NULL: 4.2.3 */
  bool admin;                  /* the token is an administrator's */
  const char *without;         /* a function that is not in the service */
  gint64 ahead;                /* seconds by which its clock is ahead */
  const char *function, *body; /* what that function answers instead */
  const char *refusal;         /* what all but the first question is answered with instead */
  const char *status, *page;   /* what everything is answered with instead */
  gint foreign;                /* atomic: requests that came without the token in their body */
} Moodle;

#define GET_SETUP "local_lehrgaenge_get_setup"

static const struct {
  const char *function, *body;
} usual[] = {
  { "block_iomad_company_admin_get_companies",
    "{\"companies\":[{\"id\":7,\"name\":\"Landkreis Fulda\",\"shortname\":\"FD\",\"code\":\"FD\"},"
    "{\"id\":8,\"name\":\"Hessische Landesfeuerwehrschule\",\"shortname\":\"HLFS\","
    "\"code\":\"HLFS\"}],\"warnings\":[]}" },
  { "core_course_get_categories",
    "[{\"id\":17,\"name\":\"Landkreis Fulda\",\"parent\":0,\"coursecount\":1},"
    "{\"id\":18,\"name\":\"Hessische Landesfeuerwehrschule\",\"parent\":0,\"coursecount\":0}]" },
  { "core_course_get_courses_by_field",
    "{\"courses\":[{\"id\":40,\"shortname\":\"F-I\",\"fullname\":\"F-I\",\"idnumber\":\"\","
    "\"categoryid\":17,\"summary\":\"\",\"summaryformat\":1,\"format\":\"topics\"}],"
    "\"warnings\":[]}" },
  /* Behind the one whose name begins with its own. */
  { "core_course_get_courses",
    "[{\"id\":40,\"shortname\":\"F-I\",\"fullname\":\"F-I\",\"idnumber\":\"\",\"categoryid\":17,"
    "\"summary\":\"\",\"summaryformat\":1,\"format\":\"topics\",\"numsections\":1}]" },
  { "core_course_get_user_administration_options",
    "{\"courses\":[{\"id\":40,\"options\":[{\"name\":\"update\",\"available\":true},"
    "{\"name\":\"import\",\"available\":true}]}],\"warnings\":[]}" },
  { "core_enrol_get_enrolled_users",
    "[{\"id\":9,\"fullname\":\"A B\",\"roles\":[{\"roleid\":5,\"name\":\"\",\"shortname\":"
    "\"student\",\"sortorder\":0}]}]" },
  { "core_group_get_course_groups", "[]" },
  { "core_user_get_users_by_field",
    "[{\"id\":9,\"username\":\"ab\",\"fullname\":\"A B\",\"email\":\"ab@example.org\"}]" },
  { GET_SETUP, "{\"missing\":[],\"unknown\":[],\"roles\":[{\"id\":5,\"shortname\":\"student\"}],"
               "\"sharedemails\":false,\"timezone\":\"Europe/Berlin\",\"passwordpolicy\":true}" },
};

#define REFUSAL(text)                                                                              \
  "{\"exception\":\"required_capability_exception\",\"errorcode\":\"nopermissions\",\"message\":"  \
  "\"" text "\"}"

/* All functions but the batch function, which is the simulator's to play. */
static char *
site_info(const Moodle *moodle) {
  json_t *functions = json_array();
  const char *extra = "core_course_get_user_administration_options";
  json_array_append_new(functions, json_pack("{s:s, s:s}", "name", extra, "version", "1"));
  for (const WsFunction *function = ws_site_functions; function->name != NULL; function++)
    if (!g_str_has_prefix(function->name, "tool_mobile_") &&
        g_strcmp0(function->name, moodle->without) != 0)
      json_array_append_new(
          functions, json_pack("{s:s, s:s}", "name", function->name, "version", "2026112200"));
  json_auto_t *info = json_pack(
      "{s:s, s:s, s:i, s:b, s:o}", "release",
      moodle->release != NULL ? moodle->release : "4.2.3+ (Build: 20231020)", "username", "wsuser",
      "userid", 3, "userissiteadmin", (int)moodle->admin, "functions", functions);
  return json_dumps(info, JSON_COMPACT);
}

static const char *
called(const char *request) {
  static const char *const site = "core_webservice_get_site_info";
  autochar wanted = g_strdup_printf("wsfunction=%s", site);
  if (strstr(request, wanted) != NULL)
    return site;
  for (gsize i = 0; i < G_N_ELEMENTS(usual); i++) {
    autochar parameter = g_strdup_printf("wsfunction=%s", usual[i].function);
    if (strstr(request, parameter) != NULL)
      return usual[i].function;
  }
  return "";
}

static char *
moodle_answer(const char *request, gpointer data) {
  Moodle *moodle = data;
  if (strstr(request, "\r\n\r\n") == NULL ||
      strstr(strstr(request, "\r\n\r\n"), "wstoken=" TOKEN) == NULL)
    g_atomic_int_inc(&moodle->foreign);
  if (moodle->status != NULL)
    return canned_answer(moodle->status,
                         "Content-Type: text/html\r\nLocation: https://elsewhere.example.org/\r\n",
                         moodle->page);
  const char *function = called(request);
  autochar body = g_str_has_suffix(function, "site_info") ? site_info(moodle) : NULL;
  for (gsize i = 0; i < G_N_ELEMENTS(usual); i++)
    if (g_str_equal(usual[i].function, function))
      body = g_strdup(g_strcmp0(moodle->function, function) == 0 ? moodle->body : usual[i].body);
  if (moodle->refusal != NULL && !g_str_has_suffix(function, "site_info")) {
    g_free(body);
    body = g_strdup(moodle->refusal);
  }
  g_autoptr(GDateTime) now = g_date_time_new_now_utc();
  g_autoptr(GDateTime) theirs = g_date_time_add_seconds(now, (gdouble)moodle->ahead);
  autochar date = g_date_time_format(theirs, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n");
  return canned_answer("200 OK", date, body != NULL ? body : REFUSAL("Which function is that?"));
}

static char *
zms_answer(const char *request, gpointer data) {
  (void)request, (void)data;
  return canned_answer("200 OK", "Content-Type: application/json\r\n",
                       "[{\"id\":\"1\",\"kurzbezeichnung\":\"F-I\",\"endTag\":\"2026-06-01\"}]");
}

/* ── what check says ── */

typedef struct {
  json_t *document;
  int code;
} Checked;

static void
checked_clear(Checked *checked) {
  json_decref(checked->document);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Checked, checked_clear)

/* `more`: further lines of [moodle], and groups. */
static Checked
check(const Place *place, Moodle *moodle, const char *more) {
  g_auto(Canned) zms = { 0 };
  g_auto(Canned) site = { 0 };
  canned_start(&zms, zms_answer, NULL);
  canned_start(&site, moodle_answer, moodle);
  autochar text = g_strdup_printf(
      "[zms]\nbaseurl=http://127.0.0.1:%u/rest\nattempts=1\n[store]\npath=lehrgaenge.db\n"
      "[tenant FD]\nname=Landkreis Fulda\napikey=" PROGRAM_APIKEY "\n"
      "[moodle]\nbackend=webservice\nurl=http://127.0.0.1:%u/\ntoken=" TOKEN "\nattempts=1\n%s",
      zms.port, site.port, more);
  g_assert_true(g_file_set_contents_full(place->config, text, -1, G_FILE_SET_CONTENTS_CONSISTENT,
                                         0600, NULL));
  g_auto(Said) said = program_call(place->folder, "-c my.conf check --json");
  g_test_message("%s", said.out);
  g_assert_null(strstr(said.out, TOKEN));
  g_assert_null(strstr(said.err, TOKEN));
  Checked checked = { .document = json_loads(said.out, 0, NULL), .code = said.code };
  g_assert_nonnull(checked.document);
  return checked;
}

/* Findings about Moodle of that level whose message and remedy hold these parts. */
static guint
count(const Checked *checked, const char *level, const char *message, const char *remedy) {
  guint found = 0;
  size_t i;
  json_t *each;
  json_array_foreach(json_object_get(checked->document, "findings"), i, each) {
    const char *says = json_string_value(json_object_get(each, "message"));
    const char *advises = json_string_value(json_object_get(each, "remedy"));
    found += g_str_equal(json_string_value(json_object_get(each, "area")), "moodle") &&
             g_str_equal(json_string_value(json_object_get(each, "level")), level) &&
             strstr(says, message) != NULL &&
             (*remedy == '\0' || (advises != NULL && strstr(advises, remedy) != NULL));
  }
  return found;
}

static bool
notes(const Checked *checked, const char *text) {
  const json_t *areas = json_object_get(checked->document, "areas");
  size_t i;
  json_t *note;
  json_array_foreach(json_object_get(json_object_get(areas, "moodle"), "notes"), i,
                     note) if (g_str_equal(json_string_value(note), text)) return true;
  return false;
}

static const json_t *
fulda(const Checked *checked) {
  return json_array_get(json_object_get(checked->document, "tenants"), 0);
}

/* ── tests ── */

static void
test_well(Place *place, gconstpointer data) {
  (void)data;
  Moodle moodle = { 0 };
  g_auto(Checked) checked = check(place, &moodle, "");
  g_assert_cmpint(checked.code, ==, 0);
  g_assert_cmpuint(count(&checked, "error", "", ""), ==, 0);
  g_assert_cmpuint(count(&checked, "warning", "", ""), ==, 1);
  g_assert_cmpuint(count(&checked, "warning",
                         "the function tool_mobile_call_external_functions is not in the token's "
                         "service; it is there to read many courses with one request",
                         "docs/MOODLE.md"),
                   ==, 1);
  g_assert_true(notes(&checked, "release 4.2.3+ (Build: 20231020)"));
  g_assert_true(notes(&checked, "service user wsuser"));
  g_assert_true(notes(&checked, "companion plugin, version 2026112200"));
  g_assert_true(notes(&checked, "2 companies"));
  g_assert_true(notes(&checked, "the service's user has all capabilities"));
  g_assert_true(notes(&checked, "student role 5 (student)"));
  g_assert_true(notes(&checked, "clocks agree"));
  g_assert_true(json_is_true(json_object_get(fulda(&checked), "company")));
  g_assert_cmpint(json_integer_value(json_object_get(fulda(&checked), "category")), ==, 17);
  g_assert_cmpint(json_integer_value(json_object_get(fulda(&checked), "skipped")), ==, 0);
  g_assert_cmpint(g_atomic_int_get(&moodle.foreign), ==, 0);
}

typedef struct {
  const char *name;
  Moodle moodle;
  const char *level, *message, *remedy;
} Case;

static const Case cases[] = {
  { "release-old",
    { .release = "3.11.9 (Build: 1)" },
    "warning",
    "release “3.11.9 (Build: 1)” is older than those this service knows (4.1 to 5.1)",
    "Rehearse" },
  { "release-new", { .release = "5.2 (Build: 1)" }, "warning", "is newer than those", "Rehearse" },
  { "release-none", { .release = "dev" }, "warning", "is none of those", "Rehearse" },
  { "site-admin", { .admin = true }, "warning", "site administrator wsuser", "docs/MOODLE.md" },
  { "function-missing",
    { .without = "core_group_create_groups" },
    "error",
    "the function core_group_create_groups is not in the token's service; it is there to create "
    "groups",
    "Add it to the service" },
  { "half-a-plugin",
    { .without = "local_lehrgaenge_get_completions" },
    "warning",
    "the companion plugin's function local_lehrgaenge_get_completions is not in the token's "
    "service, so completions wait",
    "Add it" },
  { "clock-ahead", { .ahead = 4000 }, "warning", " s ahead of this machine's", "NTP" },
  { "clock-behind", { .ahead = -90 }, "warning", " s behind this machine's", "NTP" },
  { "companies-refused",
    { .function = "block_iomad_company_admin_get_companies", .body = REFUSAL("No add company") },
    "error",
    "companies cannot be read: ",
    "block/iomad_company_admin:company_add" },
  { "categories-refused",
    { .function = "core_course_get_categories", .body = REFUSAL("No categories") },
    "error",
    "course categories cannot be read: ",
    "moodle/category:viewcourselist" },
  { "courses-refused",
    { .function = "core_course_get_courses_by_field",
      .body = "{\"exception\":\"moodle_exception\",\"errorcode\":\"unknowncategory\",\"message\":"
              "\"Unknown category!\"}" },
    "error",
    "courses cannot be read: ",
    "company_view_all" },
  { "no-courses",
    { .function = "core_course_get_categories",
      .body = "[{\"id\":17,\"name\":\"Landkreis Fulda\",\"parent\":0,\"coursecount\":0},"
              "{\"id\":18,\"name\":\"Hessische Landesfeuerwehrschule\",\"parent\":0,"
              "\"coursecount\":0}]" },
    "warning",
    "no course in which the service's rights could be looked at",
    "master courses" },
  { "idnumber-hidden",
    { .function = "core_course_get_courses_by_field",
      .body = "{\"courses\":[{\"id\":40,\"shortname\":\"F-I\",\"fullname\":\"F-I\","
              "\"categoryid\":17}],\"warnings\":[]}" },
    "error",
    "the course's idnumber is not shown in 1 of 1 courses looked at (first: F-I)",
    "moodle/course:update" },
  { "may-not-edit",
    { .function = "core_course_get_user_administration_options",
      .body = "{\"courses\":[{\"id\":40,\"options\":[{\"name\":\"update\",\"available\":false},"
              "{\"name\":\"import\",\"available\":true}]}],\"warnings\":[]}" },
    "error",
    "the settings cannot be edited in 1 of 1 courses",
    "moodle/course:update" },
  { "may-not-import",
    { .function = "core_course_get_user_administration_options",
      .body = "{\"courses\":[{\"id\":40,\"options\":[{\"name\":\"update\",\"available\":true}]},"
              "{\"id\":41,\"options\":[{\"name\":\"update\",\"available\":true},{\"name\":"
              "\"import\",\"available\":true}]}],\"warnings\":[]}" },
    "warning",
    "content cannot be imported in 1 of 2 courses",
    "moodle/restore:restoretargetimport" },
  { "people-refused",
    { .function = "core_enrol_get_enrolled_users", .body = REFUSAL("No participants") },
    "error",
    "the people cannot be read in 1 of 1 courses",
    "moodle/course:view, viewparticipants and enrolreview" },
  { "groups-refused",
    { .function = "core_group_get_course_groups", .body = REFUSAL("No groups") },
    "error",
    "the groups cannot be read in 1 of 1 courses",
    "moodle/course:managegroups" },
  { "other-role",
    { .without = GET_SETUP,
      .function = "core_enrol_get_enrolled_users",
      .body = "[{\"id\":9,\"roles\":[{\"roleid\":7,\"shortname\":\"student\"},{\"roleid\":5,"
              "\"shortname\":\"teacher\"}]}]" },
    "warning",
    "role 5 (teacher) is not Moodle's role student, which is 7",
    "student-role=7" },
  { "unseen-role",
    { .without = GET_SETUP,
      .function = "core_enrol_get_enrolled_users",
      .body = "[{\"id\":9,\"roles\":[{\"roleid\":7,\"shortname\":\"student\"}]}]" },
    "warning",
    "role 5 is not Moodle's role student, which is 7",
    "student-role=7" },
  { "role-by-another-name",
    { .without = GET_SETUP,
      .function = "core_enrol_get_enrolled_users",
      .body = "[{\"id\":9,\"roles\":[{\"roleid\":5,\"shortname\":\"teilnehmer\"}]}]" },
    "warning",
    "role 5 is called teilnehmer, not student",
    "student-role" },
  { "accounts-hidden",
    { .function = "core_user_get_users_by_field", .body = "[]" },
    "error",
    "accounts cannot be found: their user names are not shown",
    "moodle/user:viewdetails" },
  { "names-hidden",
    { .function = "core_user_get_users_by_field",
      .body = "[{\"id\":9,\"fullname\":\"A B\",\"email\":\"ab@example.org\"}]" },
    "error",
    "accounts cannot be found",
    "viewalldetails" },
  { "setup-refused",
    { .function = GET_SETUP, .body = REFUSAL("Not to you") },
    "warning",
    "rights to write cannot be looked at: " GET_SETUP ": Not to you",
    "Update the companion plugin" },
  { "setup-odd",
    { .function = GET_SETUP, .body = "{\"missing\":[]}" },
    "warning",
    "the answer is not what " GET_SETUP " promises",
    "Update the companion plugin" },
  { "addresses-hidden",
    { .function = "core_user_get_users_by_field",
      .body = "[{\"id\":9,\"username\":\"ab\",\"fullname\":\"A B\"}]" },
    "warning",
    "the e-mail addresses of 1 of 1 accounts looked at are not shown",
    "showuseridentity" },
};

static void
test_case(Place *place, gconstpointer data) {
  const Case *expected = data;
  Moodle moodle = expected->moodle;
  g_auto(Checked) checked = check(place, &moodle, "");
  g_assert_cmpuint(count(&checked, expected->level, expected->message, expected->remedy), ==, 1);
  g_assert_cmpint(checked.code, ==, g_str_equal(expected->level, "error") ? 1 : 0);
}

/* Nobody is enrolled yet: the role cannot be known, the first account shows what can be seen. */
static void
test_nobody_enrolled(Place *place, gconstpointer data) {
  (void)data;
  Moodle moodle = { .without = GET_SETUP,
                    .function = "core_enrol_get_enrolled_users",
                    .body = "[]" };
  g_auto(Checked) checked = check(place, &moodle, "");
  g_assert_cmpint(checked.code, ==, 0);
  g_assert_true(
      notes(&checked, "student role 5, which cannot be made sure of before the first enrolment"));
}

static void
test_no_category(Place *place, gconstpointer data) {
  (void)data;
  Moodle twice = { .function = "core_course_get_categories",
                   .body =
                       "[{\"id\":17,\"name\":\"Landkreis Fulda\",\"parent\":0,\"coursecount\":1},"
                       "{\"id\":19,\"name\":\"Landkreis Fulda\",\"parent\":0,\"coursecount\":0}]" };
  g_auto(Checked) doubled = check(place, &twice, "");
  g_assert_cmpint(doubled.code, ==, 1);
  g_assert_cmpuint(count(&doubled, "error", "no top-level course category “Landkreis Fulda”",
                         "Set category in [tenant FD]"),
                   ==, 1);
  g_assert_cmpuint(
      count(&doubled, "error", "no course can be made for the central company", "[tenant HLFS]"),
      ==, 1);
  g_assert_true(json_is_true(json_object_get(fulda(&doubled), "company")));
  g_assert_true(json_is_null(json_object_get(fulda(&doubled), "category")));
  g_auto(Checked) given = check(place, &twice,
                                "[tenant HLFS]\nname=Hessische Landesfeuerwehrschule\n"
                                "category=18\n");
  g_assert_cmpuint(count(&given, "error", "central company", ""), ==, 0);
}

static const struct {
  const char *name, *status, *page, *message;
} pages[] = {
  { "redirect", "303 See Other", "", "Redirects are not followed" },
  { "not-found", "404 Not Found", "<html><body>nginx</body></html>", "There is no Moodle at url." },
  { "html", "200 OK", "<!DOCTYPE html><title>Welcome</title>",
    "a page instead of an answer: Welcome" },
  { "disabled", "403 Forbidden", "", "enable web services" },
  { "wrong-token", "200 OK",
    "{\"exception\":\"moodle_exception\",\"errorcode\":\"invalidtoken\",\"message\":\"Invalid "
    "token "
    "- token not found\"}",
    "Check the token in token-file" },
  { "maintenance", "503 Service Unavailable", "<html>Upgrading</html>", "maintenance" },
};

static void
test_page(Place *place, gconstpointer data) {
  gsize i = GPOINTER_TO_SIZE(data);
  Moodle moodle = { .status = pages[i].status, .page = pages[i].page };
  g_auto(Checked) checked = check(place, &moodle, "");
  g_assert_cmpint(checked.code, ==, 1);
  g_assert_cmpuint(count(&checked, "error", "", ""), ==, 1);
  g_assert_cmpuint(count(&checked, "error", pages[i].message, ""), ==, 1);
  g_assert_cmpuint(count(&checked, "error", "Moodle at http://127.0.0.1:", ""), ==, 1);
  /* ZMS is looked at all the same. */
  g_assert_true(json_is_true(json_object_get(fulda(&checked), "answered")));
  g_assert_true(json_is_null(json_object_get(fulda(&checked), "company")));
  g_assert_true(json_is_null(json_object_get(fulda(&checked), "skipped")));
}

/* What Moodle has against the account, whatever is asked, is said once, and no right is blamed. */
static const struct {
  const char *errorcode, *message;
} accounts[] = {
  { "forcepasswordchangenotice", "forced password change" },
  { "nopasswordchangeforced", "forced password change" },
  { "sitepolicynotagreed", "agree to the site's policies" },
  { "usernotfullysetup", "Complete the profile" },
};

static void
test_account(Place *place, gconstpointer data) {
  gsize i = GPOINTER_TO_SIZE(data);
  autochar refusal = g_strdup_printf("{\"exception\":\"moodle_exception\",\"errorcode\":\"%s\","
                                     "\"message\":\"No.\"}",
                                     accounts[i].errorcode);
  Moodle moodle = { .refusal = refusal };
  g_auto(Checked) checked = check(place, &moodle, "");
  g_assert_cmpint(checked.code, ==, 1);
  g_assert_cmpuint(count(&checked, "error", "", ""), ==, 1);
  g_assert_cmpuint(count(&checked, "error", accounts[i].message, ""), ==, 1);
  g_assert_cmpuint(count(&checked, "warning", "Update the companion plugin", ""), ==, 0);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define add(name, data, function)                                                                  \
  g_test_add("/check-moodle/" name, Place, data, program_set_up, function, program_tear_down)
  add("well", NULL, test_well);
  add("nobody-enrolled", NULL, test_nobody_enrolled);
  add("no-category", NULL, test_no_category);
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    autochar path = g_strconcat("/check-moodle/", cases[i].name, NULL);
    g_test_add(path, Place, &cases[i], program_set_up, test_case, program_tear_down);
  }
  for (gsize i = 0; i < G_N_ELEMENTS(pages); i++) {
    autochar path = g_strconcat("/check-moodle/page/", pages[i].name, NULL);
    g_test_add(path, Place, GSIZE_TO_POINTER(i), program_set_up, test_page, program_tear_down);
  }
  for (gsize i = 0; i < G_N_ELEMENTS(accounts); i++) {
    autochar path = g_strconcat("/check-moodle/account/", accounts[i].errorcode, NULL);
    g_test_add(path, Place, GSIZE_TO_POINTER(i), program_set_up, test_account, program_tear_down);
  }
  return g_test_run();
}
