/* What the web-service gateway does about passwords, about functions, rights and people that are
 * not there or not shown, and with how few requests it reads.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "moodle/webservice/webservice.h"
#include "webservice-only.h"

/* ── passwords ── */

static void
none_is_not_hashed(Contract *contract) {
  GatewayNewUser user = contract_user_like("anna");
  gint64 id;
  g_assert_cmpint(contract_new_user(contract, &user, &id), ==, GATEWAY_DONE);
  contract_assert_text(contract, "manual not cached",
                       "SELECT auth || ' ' || password FROM mdl_user WHERE username = 'anna'");
}

/* Cut off between making the account and giving it its auth: not done, and finished later. */
static void
cut_off_account_is_finished(Contract *contract) {
  GatewayNewUser user = contract_user_like("anna");
  GatewayOutcome outcome = { 0 };
  g_autoptr(GError) error = NULL;
  user.idnumber = "T-1";
  contract_user(contract, "berta"); /* the site's auths are known then */
  for (guint nth = 1; nth <= 5; nth++)
    moodle_app_fail(only_app(contract), "core_user_update_users", nth, "sitemaintenance");
  g_assert_false(contract->call->create_users(contract->gateway, &user, 1, &outcome, &error));
  g_assert_cmpint(outcome.code, ==, GATEWAY_UNKNOWN);
  g_assert_cmpint(outcome.id, ==, 0);
  gateway_outcomes_clear(&outcome, 1);
  gint64 id = contract_look(contract, "SELECT id FROM mdl_user WHERE idnumber = 'T-1'");
  g_assert_cmpint(id, >, 0);
  webservice_site_refresh(contract->site);
  contract->gateway = webservice_site_gateway(contract->site);
  moodle_app_maintenance(only_app(contract), MOODLE_APP_OPEN);
  GatewayUserUpdate update = { .userid = id, .auth = "manual" };
  g_clear_error(&error);
  while (!contract->call->update_users(contract->gateway, &update, 1, &outcome, &error))
    g_clear_error(&error);
  g_assert_cmpint(outcome.code, ==, GATEWAY_DONE);
  contract_assert_text(contract, "manual", "SELECT auth FROM mdl_user WHERE idnumber = 'T-1'");
}

/* An account that does not get its auth must not count as refused: nobody would finish it. */
static void
refused_auth_stays_open(Contract *contract) {
  GatewayNewUser users[] = { contract_user_like("anna"), contract_user_like("carla") };
  GatewayOutcome outcomes[2] = { 0 };
  g_autoptr(GError) error = NULL;
  contract_user(contract, "berta"); /* the site's auths are known then */
  for (guint nth = 1; nth <= 9; nth++)
    moodle_app_fail(only_app(contract), "core_user_update_users", nth, "dmlwriteexception");
  g_assert_false(contract->call->create_users(contract->gateway, users, 2, outcomes, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_FAILED);
  g_assert_nonnull(strstr(error->message, "does not give it the auth manual"));
  for (guint i = 0; i < 2; i++) {
    g_assert_cmpint(outcomes[i].code, ==, GATEWAY_UNKNOWN);
    g_assert_null(outcomes[i].message);
  }
}

/* What is wrong with all of them is said once, before anybody is made. */
static void
unknown_auth_is_said_once(Contract *contract) {
  g_autofree GatewayNewUser *users = only_users();
  const char *const passwords[] = { NULL, "" };
  for (guint p = 0; p < 2; p++) {
    GatewayOutcome outcomes[ONLY_USERS] = { 0 };
    g_autoptr(GError) error = NULL;
    for (guint i = 0; i < ONLY_USERS; i++) {
      users[i].auth = "shibolet";
      users[i].password = passwords[p];
    }
    guint64 before = moodle_app_requests(only_app(contract), NULL);
    g_assert_false(
        contract->call->create_users(contract->gateway, users, ONLY_USERS, outcomes, &error));
    g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_CONFIG);
    g_assert_nonnull(strstr(error->message, "shibolet"));
    g_assert_cmpuint(moodle_app_requests(only_app(contract), NULL) - before, <=, 2);
    g_assert_cmpint(outcomes[0].code, ==, GATEWAY_UNKNOWN);
  }
  g_assert_cmpint(contract_look(contract, "SELECT count(*) FROM mdl_user WHERE idnumber <> ''"), ==,
                  0);
}

static gpointer
open_forbidden(const char *function) {
  const char *const forbid[] = { function, NULL };
  return webservice_site_open_with(&(MoodleAppOptions){
      .token = WEBSERVICE_TOKEN, .plugin = true, .batch = true, .forbid = forbid });
}

static gpointer
open_without_creating(void) {
  return open_forbidden("core_user_create_users");
}

static gpointer
open_without_updating(void) {
  return open_forbidden("core_user_update_users");
}

/* Not each person's fault, and nothing that is left half done. */
static void
missing_right_is_said_once(Contract *contract) {
  g_autofree GatewayNewUser *users = only_users();
  GatewayOutcome outcomes[ONLY_USERS] = { 0 };
  g_autoptr(GError) error = NULL;
  guint64 before = moodle_app_requests(only_app(contract), NULL);
  g_assert_false(
      contract->call->create_users(contract->gateway, users, ONLY_USERS, outcomes, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_REFUSED);
  g_assert_nonnull(strstr(error->message, "nopermissions"));
  g_assert_cmpuint(moodle_app_requests(only_app(contract), NULL) - before, <=,
                   2 + ONLY_USERS / 50 + 1);
  g_assert_cmpint(outcomes[0].code, ==, GATEWAY_UNKNOWN);
  g_assert_cmpint(contract_look(contract, "SELECT count(*) FROM mdl_user WHERE idnumber <> ''"), ==,
                  0);
}

static gpointer
open_with_policy(void) {
  return webservice_site_open_with(&(MoodleAppOptions){
      .token = WEBSERVICE_TOKEN, .plugin = true, .batch = true, .password_policy = true });
}

/* A template that never fits: said once, before anybody is made. */
static void
policy_refuses_the_template(Contract *contract) {
  g_autofree GatewayNewUser *users = only_users();
  GatewayOutcome outcomes[ONLY_USERS] = { 0 };
  g_autoptr(GError) error = NULL;
  for (guint i = 0; i < ONLY_USERS; i++)
    users[i].password = only_text("%s-kurz", users[i].username);
  g_assert_false(
      contract->call->create_users(contract->gateway, users, ONLY_USERS, outcomes, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_CONFIG);
  g_assert_nonnull(strstr(error->message, "upper case"));
  g_assert_null(strchr(error->message, '<'));
  g_assert_null(strstr(error->message, "kurz"));
  g_assert_cmpint(contract_look(contract, "SELECT count(*) FROM mdl_user WHERE idnumber <> ''"), ==,
                  0);
}

/* One that fits most: those whom it does not are told apart, the others get their accounts. */
static void
policy_refuses_one(Contract *contract) {
  g_autofree GatewayNewUser *users = only_users();
  GatewayOutcome outcomes[ONLY_USERS] = { 0 };
  users[7].username = "sieben";
  for (guint i = 0; i < ONLY_USERS; i++)
    users[i].password = only_text("%sHlfs#xy", users[i].username);
  only_create(contract, users, ONLY_USERS, outcomes);
  only_says(&outcomes[7], GATEWAY_INVALID, "digit");
  for (guint i = 0; i < ONLY_USERS; i++)
    if (i != 7)
      contract_check(&outcomes[i], GATEWAY_DONE);
  g_assert_cmpint(contract_look(contract, "SELECT count(*) FROM mdl_user WHERE idnumber <> ''"), ==,
                  ONLY_USERS - 1);
  gateway_outcomes_clear(outcomes, ONLY_USERS);
}

/* ── what is not there ── */

static gpointer
open_hiding(void) {
  return webservice_site_open_with(&(MoodleAppOptions){
      .token = WEBSERVICE_TOKEN, .plugin = true, .batch = true, .hide_email = true });
}

/* Somebody has the address and nobody shows it: that is what is left to blame. */
static void
hidden_addresses_are_guessed(Contract *contract) {
  GatewayNewUser user = contract_user_like("anna");
  gint64 id;
  g_assert_cmpint(contract_new_user(contract, &user, &id), ==, GATEWAY_DONE);
  user.username = "berta";
  GatewayOutcome outcome = { 0 };
  only_create(contract, &user, 1, &outcome);
  only_says(&outcome, GATEWAY_TAKEN_EMAIL, "may not see");
  gateway_outcomes_clear(&outcome, 1);
}

/* Where the database tells "a" from "A" in addresses, the refusal says whose it is. */
static void
odd_spelling_is_found_at_last(Contract *contract) {
  GatewayNewUser user = contract_user_like("anna");
  gint64 id;
  user.email = "Anna@Beispiel.DE";
  g_assert_cmpint(contract_new_user(contract, &user, &id), ==, GATEWAY_DONE);
  user.username = "berta";
  user.email = "anna@beispiel.de";
  GatewayOutcome outcome = { 0 };
  only_create(contract, &user, 1, &outcome);
  only_says(&outcome, GATEWAY_TAKEN_EMAIL, "belongs to user");
  gateway_outcomes_clear(&outcome, 1);
}

static gpointer
open_bare(void) {
  return webservice_site_open_with(&(MoodleAppOptions){ .token = WEBSERVICE_TOKEN });
}

static void
without_the_plugin(Contract *contract) {
  GatewayCompletion completion = { 2, 2, CONTRACT_NOW };
  GatewayOutcome outcome = { 0 };
  g_autoptr(GError) error = NULL;
  g_assert_false(contract->call->can_complete(contract->gateway));
  g_assert_false(contract->call->complete(contract->gateway, &completion, 1, &outcome, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_REFUSED);
  g_assert_nonnull(strstr(error->message, "companion plugin local_lehrgaenge; install it"));
}

static void
role_that_may_not_be_given(Contract *contract) {
  GatewayEnrol enrol = { contract_course(contract, "FD-F-I-26"), contract_user(contract, "anna") };
  GatewayOutcome outcome = { 0 };
  g_autoptr(GError) error = NULL;
  moodle_app_fail(only_app(contract), "enrol_manual_enrol_users", 1, "wsusercannotassign");
  g_assert_false(contract->call->enrol(contract->gateway, &enrol, 1, &outcome, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_REFUSED);
  g_assert_nonnull(strstr(error->message, "student-role"));
}

static void
two_categories_of_one_name(Contract *contract) {
  GatewayCompany company = { .name = CONTRACT_COMPANY, .code = CONTRACT_COMPANY_CODE };
  contract_exec(contract, "INSERT INTO mdl_course_categories (name, parent) VALUES ('%s', 0)",
                CONTRACT_COMPANY);
  g_assert_true(contract->call->find_companies(contract->gateway, &company, 1, NULL));
  g_assert_cmpint(company.id, ==, contract->company);
  g_assert_cmpint(company.category, ==, 0);
}

/* Moodle goes away while much is written: what was answered is known, the rest is not. */
static void
away_in_the_middle(Contract *contract) {
  g_autofree GatewayNewUser *users = only_users();
  GatewayOutcome outcomes[ONLY_USERS] = { 0 };
  g_autoptr(GError) error = NULL;
  for (guint i = 0; i < ONLY_USERS; i++)
    users[i].password = "";
  for (guint nth = 2; nth < 12; nth++)
    moodle_app_fail(only_app(contract), "core_user_create_users", nth, "sitemaintenance");
  g_assert_false(
      contract->call->create_users(contract->gateway, users, ONLY_USERS, outcomes, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE);
  guint done = 0;
  for (guint i = 0; i < ONLY_USERS; i++)
    done += outcomes[i].code == GATEWAY_DONE;
  g_assert_cmpuint(done, >, 0);
  g_assert_cmpint(contract_look(contract, "SELECT count(*) FROM mdl_user WHERE idnumber <> ''"), ==,
                  done);
  gateway_outcomes_clear(outcomes, ONLY_USERS);
}

static void
note_course(guint index, const GatewayCourse *course, gpointer data) {
  g_assert_cmpuint(index, ==, 0);
  g_array_append_val((GArray *)data, course->id);
}

static gint64 twins[2];

/* Moodle's database lets this be; the embedded one would not. */
static void
show_twins(gpointer site, guint nth, const ServerApp *moodle, const Request *request,
           Faults *faults, Answer *answer) {
  (void)site, (void)nth, (void)moodle, (void)request, (void)faults;
  g_string_printf(answer->body,
                  "{\"courses\":[{\"id\":%" G_GINT64_FORMAT ",\"shortname\":\"FD-F-I-26\"},"
                  "{\"id\":%" G_GINT64_FORMAT ",\"shortname\":\"FD-F-I-26\"}]}",
                  twins[1], twins[0]);
}

static void
two_courses_of_one_name(Contract *contract) {
  const char *const names[] = { "FD-F-I-26" };
  g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));
  twins[0] = contract_course(contract, names[0]);
  twins[1] = contract_course(contract, "FD-F-II-26");
  webservice_site_between(contract->site, "core_course_get_courses_by_field", show_twins);
  g_assert_true(contract->call->find_courses(contract->gateway, GATEWAY_COURSE_SHORTNAME, names, 1,
                                             note_course, ids, NULL));
  g_assert_cmpuint(ids->len, ==, 1);
  g_assert_cmpint(g_array_index(ids, gint64, 0), ==, twins[0]);
}

/* ── how many requests ── */

#define COURSES 100

static void
nobody(guint index, const GatewayEnrolment *enrolment, gpointer data) {
  (void)index;
  (void)enrolment;
  (void)data;
}

static void
no_group(guint index, gint64 groupid, const char *name, gpointer data) {
  (void)index;
  (void)groupid;
  (void)name;
  ++*(guint *)data;
}

static void
no_member(guint index, gint64 groupid, gint64 userid, gpointer data) {
  (void)index;
  (void)groupid;
  (void)userid;
  (void)data;
}

static void
reads_many_courses_with_few_requests(Contract *contract) {
  static const GatewayCourseVisitor visitor = { nobody, no_group, no_member };
  gint64 ids[COURSES];
  guint groups = 0;
  for (guint i = 0; i < COURSES; i++) {
    g_autofree char *name = g_strdup_printf("FD-%u", i);
    ids[i] = contract_course(contract, name);
    contract_group(contract, ids[i], "G01 (2026-03-10)");
  }
  guint64 before = moodle_app_requests(only_app(contract), NULL);
  g_assert_true(
      contract->call->read_courses(contract->gateway, ids, COURSES, &visitor, &groups, NULL));
  g_assert_cmpuint(groups, ==, COURSES);
  g_assert_cmpuint(moodle_app_requests(only_app(contract), NULL) - before, <=, COURSES / 10);
}

/* A course that must not be read has people all the same; taken for empty, all of them would be
 * enrolled again. */
static void
unreadable_is_not_empty(Contract *contract) {
  static const GatewayCourseVisitor visitor = { nobody, no_group, no_member };
  gint64 id = contract_course(contract, "FD-F-I-26");
  guint groups = 0;
  g_autoptr(GError) error = NULL;
  moodle_app_fail(only_app(contract), "core_enrol_get_enrolled_users", 1,
                  "errorcoursecontextnotvalid");
  g_assert_false(
      contract->call->read_courses(contract->gateway, &id, 1, &visitor, &groups, &error));
  g_assert_nonnull(error);
}

/* ── opening ── */

static void
functions_missing(void) {
  static const char *const missing[] = { "core_group_create_groups", "core_user_update_users",
                                         NULL };
  /* The site opens a gateway itself, so the simulator stands alone here. */
  g_autoptr(GError) error = NULL;
  gpointer site = webservice_site_open();
  const char *url = webservice_site_url(site);
  WebserviceOptions options = { .url = url,
                                .token = "ffffffffffffffffffffffffffffffff",
                                .student_role = 5,
                                .connections = 1,
                                .timeout_s = 60,
                                .copy_timeout_s = 60,
                                .attempts = 1,
                                .max_body = 1024 * 1024 };
  g_autoptr(Clock) clock = clock_manual_new(CONTRACT_NOW);
  g_assert_null(webservice_open(&options, clock, NULL, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_REFUSED);
  g_assert_null(strstr(error->message, options.token));
  g_assert_nonnull(strstr(error->message, "token"));
  g_clear_error(&error);
  webservice_site_close(site);

  gpointer bare = webservice_site_serve(
      &(MoodleAppOptions){ .token = WEBSERVICE_TOKEN, .batch = true, .without = missing });
  options.url = webservice_site_url(bare);
  options.token = WEBSERVICE_TOKEN;
  g_assert_null(webservice_open(&options, clock, NULL, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_REFUSED);
  g_assert_nonnull(strstr(error->message, "core_user_update_users, core_group_create_groups"));
  g_clear_error(&error);
  options.lenient = true;
  g_autoptr(Gateway) gateway = webservice_open(&options, clock, NULL, &error);
  g_assert_no_error(error);
  g_assert_nonnull(gateway);
  webservice_site_close(bare);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  gpointer (*open)(void) = webservice_site_open;
  only_add("refused-auth-stays-open", open, refused_auth_stays_open);
  only_add("unknown-auth-is-said-once", open, unknown_auth_is_said_once);
  only_add("missing-right-is-said-once/create", open_without_creating, missing_right_is_said_once);
  only_add("missing-right-is-said-once/update", open_without_updating, missing_right_is_said_once);
  only_add("two-courses-of-one-name", open, two_courses_of_one_name);
  only_add("none-is-not-hashed", open, none_is_not_hashed);
  only_add("cut-off-account-is-finished", open, cut_off_account_is_finished);
  only_add("policy-refuses-the-template", open_with_policy, policy_refuses_the_template);
  only_add("policy-refuses-one", open_with_policy, policy_refuses_one);
  only_add("hidden-addresses-are-guessed", open_hiding, hidden_addresses_are_guessed);
  only_add("odd-spelling-is-found-at-last", webservice_site_open_plain,
           odd_spelling_is_found_at_last);
  only_add("without-the-plugin", open_bare, without_the_plugin);
  only_add("role-that-may-not-be-given", open, role_that_may_not_be_given);
  only_add("two-categories-of-one-name", open, two_categories_of_one_name);
  only_add("away-in-the-middle", open, away_in_the_middle);
  only_add("unreadable-is-not-empty", webservice_site_open_core, unreadable_is_not_empty);
  only_add("reads-many-courses-with-few-requests", open, reads_many_courses_with_few_requests);
  g_test_add_func("/gateway/webservice-only/functions-missing", functions_missing);
  return g_test_run();
}
