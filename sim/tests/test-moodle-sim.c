/* moodle-sim over HTTP: forms of answers, limits, maintenance, mischief, counting, the program.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "moodle_site.h"

#define INFO "core_webservice_get_site_info"
#define GROUPS "core_group_get_course_groups"
#define CREATE_GROUPS "core_group_create_groups"
#define BATCH "tool_mobile_call_external_functions"
#define CALL "wstoken=" SITE_TOKEN "&wsfunction="
#define JSON_CALL CALL INFO "&moodlewsrestformat=json"
#define SERVICE "/webservice/rest/server.php"

static void
expect_body(Reply *reply, gint status, const char *words) {
  g_assert_cmpint(reply->result, ==, CURLE_OK);
  g_assert_cmpint((gint)reply->status, ==, status);
  if (strstr(reply->body->str, words) == NULL)
    g_error("\"%s\" is not in \"%s\"", words, reply->body->str);
  harness_reply_clear(reply);
}

static void
expect_post(const Site *site, const char *body, const char *words) {
  g_auto(Reply) reply = site_post(site, body);
  expect_body(&reply, 200, words);
}

/* ── forms of answers ── */

static void
xml_unless_asked(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  expect_post(site, CALL "nothing",
              "<EXCEPTION class=\"dml_missing_record_exception\">\n"
              "<ERRORCODE>invalidrecord</ERRORCODE>\n<MESSAGE>Can't find");
  expect_post(site, CALL INFO "&moodlewsrestformat=yaml",
              "<RESPONSE>\n<SINGLE>\n<KEY name=\"sitename\">");
  expect_post(site, CALL "core_group_add_group_members&members[0][groupid]=1", "invalidparameter");
  expect_post(site, JSON_CALL, "{\"sitename\":\"");
}

static void
as_php_encodes(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  expect_post(site,
              CALL "core_course_get_categories&moodlewsrestformat=json&criteria[0][key]=id"
                   "&criteria[0][value]=2",
              "Landkreis Bergstra\\u00DFe");
  expect_post(site, JSON_CALL, "\"siteurl\":\"http:\\/\\/");
}

static void
parameters_anywhere(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  g_auto(Reply) get = site_ask(site, "GET", SERVICE "?" JSON_CALL, NULL);
  expect_body(&get, 200, "\"sitename\"");
  g_auto(Reply) both = site_ask(site, "POST", SERVICE "?wsfunction=nothing", JSON_CALL);
  expect_body(&both, 200, "\"sitename\"");
  g_auto(Reply) below = site_ask(site, "POST", "/moodle" SERVICE, JSON_CALL);
  expect_body(&below, 200, "\"sitename\"");
  g_auto(Reply) other = site_ask(site, "POST", "/login/index.php", JSON_CALL);
  expect_body(&other, 404, "<html>");
}

static void
only_forms_are_read(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  g_auto(Reply) reply = { 0 };
  g_autofree char *url = g_strconcat(server_url(site->server), SERVICE, NULL);
  struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
  CURL *curl = harness_curl(&reply, "POST", url, headers);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, JSON_CALL);
  reply.result = curl_easy_perform(curl);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply.status);
  curl_easy_cleanup(curl);
  curl_slist_free_all(headers);
  expect_body(&reply, 200, "<ERRORCODE>invalidtoken</ERRORCODE>");
}

static void
raw_or_formatted(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  json_auto_t *made = site_does(site, CREATE_GROUPS,
                                "groups[0][courseid]=12&groups[0][name]=R %26 D"
                                "&groups[0][description]=");
  json_decref(made);
  made = NULL;
  site_exec(site, "UPDATE mdl_groups SET name = 'R & D <'");
  expect_post(site, CALL GROUPS "&courseid=12&moodlewsrestformat=json", "\"R &amp; D <\"");
  expect_post(site,
              CALL GROUPS "&courseid=12&moodlewsrestformat=json&moodlewssettingraw=1"
                          "&moodlewssettingfileurl=0",
              "\"R & D <\"");
  /* Inside the wrapper each request has its own setting. */
  expect_post(site,
              CALL BATCH "&moodlewsrestformat=json&moodlewssettingraw=1"
                         "&requests[0][function]=" GROUPS
                         "&requests[0][arguments]={%22courseid%22:12}",
              "R &amp; D");
  expect_post(site,
              CALL BATCH "&moodlewsrestformat=json&requests[0][settingraw]=1"
                         "&requests[0][function]=" GROUPS
                         "&requests[0][arguments]={%22courseid%22:12}",
              "R & D");
}

/* ── limits ── */

static void
too_large_loses_everything(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  g_autoptr(GString) body = g_string_new(JSON_CALL "&x=");
  gsize length = body->len;
  g_string_set_size(body, MOODLE_APP_MAX_BODY + 1);
  memset(body->str + length, 'x', body->len - length);
  expect_post(site, body->str, "<ERRORCODE>invalidtoken</ERRORCODE>");
}

static void
too_many_vars_are_dropped(void) {
  const MoodleAppOptions options = { .max_input_vars = 9 };
  g_autoptr(Site) site = site_new(&options, NULL);
  json_auto_t *users =
      site_call(site, "core_user_get_users_by_field",
                "field=id&values[0]=2&values[1]=3&values[2]=1&values[3]=1&values[4]=1&values[5]=1");
  g_assert_cmpuint(json_array_size(users), ==, 3);
  json_auto_t *fewer =
      site_call(site, "core_user_get_users_by_field",
                "field=id&values[0]=3&values[1]=3&values[2]=3&values[3]=3&values[4]=3&values[5]=2");
  g_assert_cmpuint(json_array_size(fewer), ==, 1);
}

/* ── who may what ── */

static void
the_service_decides(void) {
  static const char *const without[] = { GROUPS, NULL };
  static const char *const forbid[] = { CREATE_GROUPS, NULL };
  const MoodleAppOptions options = { .without = without, .forbid = forbid };
  g_autoptr(Site) site = site_new(&options, NULL);
  json_auto_t *info = site_does(site, INFO, "");
  g_autofree char *text = json_dumps(info, 0);
  g_assert_nonnull(strstr(text, CREATE_GROUPS));
  g_assert_null(strstr(text, GROUPS));
  g_assert_null(strstr(text, BATCH));
  g_assert_null(strstr(text, "local_lehrgaenge"));
  site_refuses(site, GROUPS, "courseid=12", "accessexception");
  site_refuses(site, BATCH, "requests[0][function]=" INFO, "accessexception");
  site_refuses(site, "local_lehrgaenge_get_completions", "courseids[0]=1", "invalidrecord");
  site_refuses(site, CREATE_GROUPS,
               "groups[0][courseid]=12&groups[0][name]=G&groups[0][description]=", "nopermissions");
  expect_post(site, "wstoken=wrong&wsfunction=" INFO "&moodlewsrestformat=json",
              "\"errorcode\":\"invalidtoken\"");
}

/* ── maintenance ── */

static void
control(const Site *site, const char *method, const char *what, gint status) {
  g_autofree char *path = g_strconcat("/__control", what, NULL);
  g_auto(Reply) reply = site_ask(site, method, path, NULL);
  g_assert_cmpint((gint)reply.status, ==, status);
}

static void
maintenance(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  control(site, "PUT", "/maintenance?mode=site", 200);
  site_refuses(site, INFO, "", "sitemaintenance");
  control(site, "PUT", "/maintenance?mode=cli", 200);
  g_auto(Reply) closed = site_post(site, JSON_CALL);
  expect_body(&closed, 503, "<html>");
  control(site, "PUT", "/status?status=502", 200);
  g_auto(Reply) gone = site_post(site, JSON_CALL);
  expect_body(&gone, 502, "<html>");
  control(site, "DELETE", "", 200);
  expect_post(site, JSON_CALL, "\"sitename\"");
  control(site, "PUT", "/maintenance?mode=perhaps", 400);
  control(site, "PUT", "/status?status=200", 400);
  control(site, "PUT", "/nothing", 400);
  control(site, "PUT", "/fail?function=x", 400);
  control(site, "PUT", "/lose?function=x&nth=0", 400);
}

/* ── mischief ── */

#define NEW_GROUP(name)                                                                            \
  CALL CREATE_GROUPS "&moodlewsrestformat=json&groups[0][courseid]=12&groups[0][description]="     \
                     "&groups[0][name]=" name

static gint64
count_groups(const Site *site) {
  return site_look(site, "SELECT count(*) FROM mdl_groups");
}

static void
a_lost_reply_was_carried_out(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  moodle_app_lose_reply(site->app, CREATE_GROUPS, 2);
  expect_post(site, NEW_GROUP("one"), "\"one\"");
  g_auto(Reply) reply = site_post(site, NEW_GROUP("two"));
  g_assert_cmpint(reply.result, ==, CURLE_GOT_NOTHING);
  g_assert_cmpint(count_groups(site), ==, 2);
  expect_post(site, NEW_GROUP("three"), "\"three\"");
  control(site, "PUT", "/lose?function=" CREATE_GROUPS, 200);
  g_auto(Reply) again = site_post(site, NEW_GROUP("four"));
  g_assert_cmpint(again.result, ==, CURLE_GOT_NOTHING);
  g_assert_cmpint(count_groups(site), ==, 4);
}

static void
a_failure_does_nothing(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  moodle_app_fail(site->app, CREATE_GROUPS, 1, "dmlwriteexception");
  expect_post(site, NEW_GROUP("one"), "\"Error writing to database\"");
  g_assert_cmpint(count_groups(site), ==, 0);
  control(site, "PUT", "/fail?function=" CREATE_GROUPS "&errorcode=odd&nth=2", 200);
  expect_post(site, NEW_GROUP("one"), "\"one\"");
  expect_post(site, NEW_GROUP("two"), "\"message\":\"error\\/odd\"");
  g_assert_cmpint(count_groups(site), ==, 1);
}

static void
an_invalid_response_has_effects(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  moodle_app_invalidate(site->app, CREATE_GROUPS, 1);
  expect_post(site, NEW_GROUP("one"), "\"errorcode\":\"invalidresponse\"");
  g_assert_cmpint(count_groups(site), ==, 1);
  control(site, "PUT", "/invalid?function=" CREATE_GROUPS, 200);
  control(site, "DELETE", "", 200);
  expect_post(site, NEW_GROUP("two"), "\"two\"");
}

static void
mischief_inside_the_wrapper(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  static const char two[] =
      CALL BATCH "&moodlewsrestformat=json&requests[0][function]=" GROUPS
                 "&requests[0][arguments]={%22courseid%22:12}"
                 "&requests[1][function]=" GROUPS "&requests[1][arguments]={%22courseid%22:12}";
  moodle_app_fail(site->app, GROUPS, 2, "sitemaintenance");
  expect_post(site, two, "{\"error\":false,\"data\":\"[]\"},{\"error\":true,\"exception\":");
  moodle_app_lose_reply(site->app, GROUPS, 1);
  g_auto(Reply) reply = site_post(site, two);
  g_assert_cmpint(reply.result, ==, CURLE_GOT_NOTHING);
  g_assert_cmpuint(moodle_app_calls(site->app, GROUPS), ==, 4);
  g_assert_cmpuint(moodle_app_requests(site->app, GROUPS), ==, 0);
  g_assert_cmpuint(moodle_app_requests(site->app, BATCH), ==, 2);
}

static void
faults_of_the_server(void) {
  const FaultsOptions lose = { .lose_reply_every = 2 };
  g_autoptr(Site) site = site_new(NULL, &lose);
  expect_post(site, NEW_GROUP("one"), "\"one\"");
  g_auto(Reply) reply = site_post(site, NEW_GROUP("two"));
  g_assert_cmpint(reply.result, ==, CURLE_GOT_NOTHING);
  g_assert_cmpint(count_groups(site), ==, 2);

  const FaultsOptions fail = { .fail_every = 1 };
  g_autoptr(Site) failing = site_new(NULL, &fail);
  g_auto(Reply) failed = site_post(failing, NEW_GROUP("one"));
  expect_body(&failed, 500, "<html>");
  g_assert_cmpint(count_groups(failing), ==, 0);

  const FaultsOptions drop = { .drop_every = 1 };
  g_autoptr(Site) dropping = site_new(NULL, &drop);
  g_auto(Reply) dropped = site_post(dropping, NEW_GROUP("one"));
  g_assert_cmpint(dropped.result, ==, CURLE_GOT_NOTHING);
  g_assert_cmpint(count_groups(dropping), ==, 0);
}

/* ── counting ── */

static gint
stat(const Site *site, const char *group, const char *name) {
  g_auto(Reply) reply = site_ask(site, "GET", "/__stats", NULL);
  json_auto_t *json = harness_parse(&reply);
  return (gint)json_integer_value(json_object_get(json_object_get(json, group), name));
}

static void
requests_are_counted(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  gint before = stat(site, "kinds", INFO);
  expect_post(site, JSON_CALL, "\"sitename\"");
  expect_post(site, JSON_CALL, "\"sitename\"");
  expect_post(site, CALL "nothing", "invalidrecord");
  g_assert_cmpint(stat(site, "kinds", INFO), ==, before + 2);
  g_assert_cmpint(stat(site, "kinds", "other"), ==, 1);
  g_assert_cmpuint(moodle_app_requests(site->app, INFO), ==, 2);
  g_assert_cmpuint(moodle_app_requests(site->app, "nothing"), ==, 0);
  g_assert_cmpuint(moodle_app_requests(site->app, NULL), ==, 4); /* one made the master course */
}

/* ── the program ── */

static void
expect_complaint(char **argv, gint code, const char *words) {
  g_autoptr(GError) error = NULL;
  g_autofree char *complaint = NULL;
  gint status = 0;
  g_spawn_sync(NULL, argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, &complaint, &status,
               &error);
  g_assert_no_error(error);
  g_assert_false(g_spawn_check_wait_status(status, &error));
  g_assert_error(error, G_SPAWN_EXIT_ERROR, code);
  if (strstr(complaint, words) == NULL)
    g_error("\"%s\" is not in \"%s\"", words, complaint);
}

static void
mistakes_are_named(void) {
  char *program = (char *)g_getenv("MOODLE_SIM");
  char *nothing[] = { program, NULL };
  char *missing[] = { program, (char *)"--moodle", (char *)"no-such.db", NULL };
  char *half[] = {
    program, (char *)"--moodle", (char *)"x", (char *)"--tls-key", (char *)"y", NULL
  };
  expect_complaint(nothing, 2, "--moodle FILE");
  expect_complaint(missing, 1, "lehrgaenge moodle init");
  expect_complaint(half, 2, "belong together");
}

static char *
read_line(gint fd) {
  GString *line = g_string_new(NULL);
  char c;
  while (read(fd, &c, 1) == 1 && c != '\n')
    g_string_append_c(line, c);
  return g_string_free(line, FALSE);
}

/* What the program whose first line that is answers to a function without parameters. */
static void
expect_of_program(const char *line, const char *function, const char *part) {
  static const char start[] = "moodle-sim: listening on ";
  g_assert_true(g_str_has_prefix(line, start));
  g_auto(Reply) reply = { 0 };
  g_autofree char *url = g_strconcat(line + sizeof start - 1, SERVICE, NULL);
  g_autofree char *form =
      g_strconcat("wstoken=geheim&moodlewsrestformat=json&wsfunction=", function, NULL);
  CURL *curl = harness_curl(&reply, "POST", url, NULL);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, form);
  reply.result = curl_easy_perform(curl);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply.status);
  curl_easy_cleanup(curl);
  expect_body(&reply, 200, part);
}

static void
serves_until_told_to_stop(void) {
  g_autoptr(Site) site = site_new(NULL, NULL);
  g_autoptr(GError) error = NULL;
  g_autofree char *token_file = g_build_filename(site->directory, "token", NULL);
  g_file_set_contents(token_file, "geheim\n", -1, &error);
  g_assert_no_error(error);
  char *argv[] = { (char *)g_getenv("MOODLE_SIM"),
                   (char *)"--moodle",
                   site->path,
                   (char *)"--token-file",
                   token_file,
                   (char *)"--service-user=3",
                   (char *)"--lacks=moodle/user:create",
                   (char *)"--lacks=moodle/course:view",
                   (char *)"--unknown=moodle/odd:one",
                   (char *)"--assignable=teacher",
                   NULL };
  GPid pid;
  gint output = -1, status = 0;
  g_spawn_async_with_pipes(NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL,
                           &output, NULL, &error);
  g_assert_no_error(error);
  g_autofree char *line = read_line(output);
  expect_of_program(line, INFO, "\"userissiteadmin\":false");
  expect_of_program(line, "local_lehrgaenge_get_setup",
                    "{\"missing\":[\"moodle\\/user:create\",\"moodle\\/course:view\"],"
                    "\"unknown\":[\"moodle\\/odd:one\"],\"roles\":[{\"id\":4,"
                    "\"shortname\":\"teacher\"}]");
  kill(pid, SIGTERM);
  g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
  g_assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  close(output);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  g_test_add_func("/sim/moodle/answers/xml-unless-asked", xml_unless_asked);
  g_test_add_func("/sim/moodle/answers/as-php-encodes", as_php_encodes);
  g_test_add_func("/sim/moodle/answers/parameters-anywhere", parameters_anywhere);
  g_test_add_func("/sim/moodle/answers/only-forms-are-read", only_forms_are_read);
  g_test_add_func("/sim/moodle/answers/raw-or-formatted", raw_or_formatted);
  g_test_add_func("/sim/moodle/limits/too-large", too_large_loses_everything);
  g_test_add_func("/sim/moodle/limits/too-many-vars", too_many_vars_are_dropped);
  g_test_add_func("/sim/moodle/service", the_service_decides);
  g_test_add_func("/sim/moodle/maintenance", maintenance);
  g_test_add_func("/sim/moodle/mischief/lost-reply", a_lost_reply_was_carried_out);
  g_test_add_func("/sim/moodle/mischief/failure", a_failure_does_nothing);
  g_test_add_func("/sim/moodle/mischief/invalid-response", an_invalid_response_has_effects);
  g_test_add_func("/sim/moodle/mischief/inside-the-wrapper", mischief_inside_the_wrapper);
  g_test_add_func("/sim/moodle/mischief/server", faults_of_the_server);
  g_test_add_func("/sim/moodle/counting", requests_are_counted);
  if (g_getenv("MOODLE_SIM") != NULL) {
    g_test_add_func("/sim/moodle/program/mistakes", mistakes_are_named);
    g_test_add_func("/sim/moodle/program/serves", serves_until_told_to_stop);
  }
  return g_test_run();
}
