/* What only the web-service gateway has to do: bulk calls that are refused as a whole, answers that
 * are lost, functions and rights that are missing, passwords, and as few requests as can be.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "contract-private.h"
#include "moodle/webservice/webservice.h"
#include "webservice-site.h"

static MoodleApp *
app(Contract *contract) {
  return webservice_site_app(contract->site);
}

/* A text that lives as long as the program. */
static const char *text_of(const char *format, ...) G_GNUC_PRINTF(1, 2);

static const char *
text_of(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  return g_intern_string(text);
}

/* ── batches that Moodle refuses as a whole ── */

#define MANY 60

/* Ordinary people m0 … m59, whose texts live as long as the program. */
static GatewayNewUser *
many_users(void) {
  GatewayNewUser *users = g_new0(GatewayNewUser, MANY);
  for (guint i = 0; i < MANY; i++) {
    users[i] = contract_user_like(text_of("m%u", i));
    users[i].email = text_of("m%u@x.example", i);
    users[i].idnumber = users[i].username;
  }
  return users;
}

static void
create(Contract *contract, const GatewayNewUser *users, guint count, GatewayOutcome *outcomes) {
  g_autoptr(GError) error = NULL;
  bool ok = contract->call->create_users(contract->gateway, users, count, outcomes, &error);
  g_assert_no_error(error);
  g_assert_true(ok);
}

static void
assert_says(const GatewayOutcome *outcome, GatewayCode code, const char *words) {
  contract_check(outcome, code);
  if (strstr(outcome->message, words) == NULL)
    g_error("“%s” does not say “%s”", outcome->message, words);
}

static void
bad_rows_stand_alone(Contract *contract) {
  static const guint bad[] = { 3, 5, 17, 18, 29, 41, 59 };
  g_autofree GatewayNewUser *users = many_users();
  GatewayOutcome outcomes[MANY] = { 0 };
  contract_user(contract, "taken");
  users[3].firstname = "<b>Ann</b>";
  users[5].city = "<b>Ulm</b>";
  users[17].username = "P-00004561";
  users[18].username = "taken";
  users[29].email = "TAKEN@beispiel.de";
  users[41].email = "no address";
  users[59].lastname = text_of("%0300d", 0);
  create(contract, users, MANY, outcomes);
  assert_says(&outcomes[3], GATEWAY_INVALID, "markup");
  assert_says(&outcomes[5], GATEWAY_INVALID, "markup");
  assert_says(&outcomes[17], GATEWAY_INVALID, "small letters");
  assert_says(&outcomes[18], GATEWAY_TAKEN_USERNAME, "“taken” belongs to user");
  assert_says(&outcomes[29], GATEWAY_TAKEN_EMAIL, "TAKEN@beispiel.de belongs to user");
  assert_says(&outcomes[41], GATEWAY_INVALID, "e-mail");
  assert_says(&outcomes[59], GATEWAY_INVALID, "100 characters");
  guint done = 0;
  for (guint i = 0; i < MANY; i++)
    done += outcomes[i].code == GATEWAY_DONE;
  g_assert_cmpuint(done, ==, MANY - G_N_ELEMENTS(bad));
  g_assert_cmpint(contract_look(contract, "SELECT count(*) FROM mdl_user WHERE idnumber GLOB 'm*'"),
                  ==, MANY - G_N_ELEMENTS(bad));
  gateway_outcomes_clear(outcomes, MANY);
}

/* `R & D` is a name like any other. */
static void
ampersands_stay(Contract *contract) {
  GatewayNewUser user = contract_user_like("anna");
  user.lastname = "R & D";
  user.idnumber = "A & B";
  gint64 id;
  g_assert_cmpint(contract_new_user(contract, &user, &id), ==, GATEWAY_DONE);
  contract_assert_text(contract, "R & D", "SELECT lastname FROM mdl_user WHERE username = 'anna'");
  user.username = "berta";
  user.email = "berta@x.example";
  user.idnumber = "";
  g_assert_cmpint(contract_new_user(contract, &user, &id), ==, GATEWAY_DONE);
  GatewayUserUpdate update = { .userid = id, .idnumber = "C & D" };
  GatewayOutcome outcome = { 0 };
  g_assert_true(contract->call->update_users(contract->gateway, &update, 1, &outcome, NULL));
  g_assert_cmpint(outcome.code, ==, GATEWAY_DONE);
  contract_assert_text(contract, "C & D", "SELECT idnumber FROM mdl_user WHERE username = 'berta'");
}

/* ── answers that are lost ── */

static const char *const functions[] = {
  "core_course_create_courses",   "block_iomad_company_admin_assign_courses",
  "core_user_create_users",       "core_user_update_users",
  "enrol_manual_enrol_users",     "core_group_create_groups",
  "core_group_add_group_members", "local_lehrgaenge_complete_users",
  "enrol_manual_unenrol_users",
};

/* Everything this service does to a Moodle, once; gives back what there is in the end. */
static char *
do_all(Contract *contract) {
  gint64 first, second, group;
  GatewayNewCourse course = contract_course_like(contract, "FD-F-I-26");
  course.idnumber = "L-1";
  g_assert_cmpint(contract_new_course(contract, &course, &first), ==, GATEWAY_DONE);
  GatewayOutcome outcome = { 0 };
  g_autoptr(GError) error = NULL;
  g_assert_true(contract->call->link_courses(contract->gateway, &first, &contract->company, 1,
                                             &outcome, &error));
  g_assert_cmpint(outcome.code, ==, GATEWAY_DONE);
  GatewayNewUser user = contract_user_like("anna");
  user.idnumber = "T-1";
  g_assert_cmpint(contract_new_user(contract, &user, &first), ==, GATEWAY_DONE);
  user = contract_user_like("berta");
  user.idnumber = "T-2";
  g_assert_cmpint(contract_new_user(contract, &user, &second), ==, GATEWAY_DONE);
  GatewayUserUpdate update = { .userid = first, .username = "anna2", .idnumber = "T-1b" };
  outcome = (GatewayOutcome){ 0 };
  g_assert_true(contract->call->update_users(contract->gateway, &update, 1, &outcome, &error));
  g_assert_cmpint(outcome.code, ==, GATEWAY_DONE);
  gint64 id = contract_look(contract, "SELECT id FROM mdl_course WHERE shortname = 'FD-F-I-26'");
  g_assert_cmpint(contract_enrol(contract, id, first), ==, GATEWAY_DONE);
  g_assert_cmpint(contract_enrol(contract, id, second), ==, GATEWAY_DONE);
  g_assert_cmpint(contract_new_group(contract, id, "G01 (2026-03-10)", &group), ==, GATEWAY_DONE);
  g_assert_cmpint(contract_join(contract, id, group, first), ==, GATEWAY_DONE);
  GatewayCode completed = contract_complete(contract, id, first, CONTRACT_NOW);
  g_assert_true(gateway_code_ok(completed));
  g_assert_cmpint(contract_unenrol(contract, id, second), ==, GATEWAY_DONE);
  g_autofree char *read = contract_read(contract, id);
  return g_strdup_printf("%s%" G_GINT64_FORMAT " courses, %" G_GINT64_FORMAT
                         " links, %" G_GINT64_FORMAT " users, %" G_GINT64_FORMAT " groups\n",
                         read, contract_look(contract, "SELECT count(*) FROM mdl_course"),
                         contract_look(contract, "SELECT count(*) FROM mdl_company_course"),
                         contract_look(contract, "SELECT count(*) FROM mdl_user"),
                         contract_look(contract, "SELECT count(*) FROM mdl_groups"));
}

static char *
undisturbed(void) {
  static const GatewayHarness harness = { .open = webservice_site_open,
                                          .close = webservice_site_close,
                                          .gateway = webservice_site_gateway,
                                          .exec = webservice_site_exec,
                                          .look = webservice_site_look };
  Contract contract = { .harness = &harness, .site = harness.open() };
  contract.gateway = harness.gateway(contract.site);
  contract.call = contract.gateway->class;
  contract.company = contract_look(&contract, "SELECT id FROM mdl_company WHERE code = 'FD'");
  contract.category =
      contract_look(&contract, "SELECT category FROM mdl_company WHERE code = 'FD'");
  char *text = do_all(&contract);
  harness.close(contract.site);
  return text;
}

/* Each call is carried out and its answer lost, and all ends as if nothing had been. */
static void
lost_answers_change_nothing(Contract *contract) {
  g_autofree char *expected = undisturbed();
  for (guint i = 0; i < G_N_ELEMENTS(functions); i++)
    for (guint nth = 1; nth <= 2; nth++)
      moodle_app_lose_reply(app(contract), functions[i], nth);
  g_autofree char *text = do_all(contract);
  g_assert_cmpstr(text, ==, expected);
  for (guint i = 0; i < G_N_ELEMENTS(functions); i++)
    g_assert_cmpuint(moodle_app_calls(app(contract), functions[i]), >, 0);
}

/* The same with answers that Moodle could not show after it had done everything. */
static void
unshown_answers_change_nothing(Contract *contract) {
  g_autofree char *expected = undisturbed();
  for (guint i = 0; i < G_N_ELEMENTS(functions); i++)
    moodle_app_invalidate(app(contract), functions[i], 1);
  g_autofree char *text = do_all(contract);
  g_assert_cmpstr(text, ==, expected);
}

/* Two writers that blocked each other: Moodle turned one away, once. */
static void
clashes_are_tried_again(Contract *contract) {
  g_autofree char *expected = undisturbed();
  for (guint i = 0; i < G_N_ELEMENTS(functions); i++)
    moodle_app_fail(app(contract), functions[i], 1, "dmlwriteexception");
  g_autofree char *text = do_all(contract);
  g_assert_cmpstr(text, ==, expected);
}

/* Lost once too often: who asked is told, and nothing was done twice. */
static void
gives_up_after_some_losses(Contract *contract) {
  gint64 id = contract_course(contract, "FD-F-I-26");
  for (guint nth = 1; nth <= 10; nth++)
    moodle_app_fail(app(contract), "core_group_create_groups", nth, "sitemaintenance");
  GatewayNewGroup group = { id, "G01 (2026-03-10)" };
  GatewayOutcome outcome = { 0 };
  g_autoptr(GError) error = NULL;
  g_assert_false(contract->call->create_groups(contract->gateway, &group, 1, &outcome, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE);
  g_assert_cmpint(outcome.code, ==, GATEWAY_UNKNOWN);
}

/* An import whose answer is lost has happened, and looking shows it. */
static void
lost_import_is_seen(Contract *contract) {
  gint64 id = contract_course(contract, "FD-F-I-26");
  gint64 master = contract_look(contract, "SELECT id FROM mdl_course WHERE shortname = 'F-I'");
  GatewayContents before, want, after;
  g_autoptr(GError) error = NULL;
  g_assert_true(contract->call->contents(contract->gateway, id, &before, &error));
  g_assert_cmpuint(before.modules, ==, 0);
  g_assert_cmpuint(before.sections, ==, 0);
  g_assert_true(contract->call->contents(contract->gateway, master, &want, &error));
  moodle_app_lose_reply(app(contract), "core_course_import_course", 1);
  g_assert_false(contract->call->copy_content(contract->gateway, master, id, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE);
  g_clear_error(&error);
  g_assert_true(contract->call->contents(contract->gateway, id, &after, &error));
  g_assert_cmpuint(after.modules, >=, want.modules);
  g_assert_cmpuint(want.modules, >, 0);
  g_assert_cmpuint(moodle_app_calls(app(contract), "core_course_import_course"), ==, 1);
  /* Its answer may be lost after 60 s, and it may go on then. */
  g_assert_cmpuint(contract->call->copy_grace(contract->gateway), >, 60);
}

/* A proxy that loses patience says 503, and Moodle goes on: Apache before php-fpm does so. */
static void
impatient(gpointer site, guint nth, const ServerApp *moodle, const Request *request, Faults *faults,
          Answer *answer) {
  (void)site;
  moodle->handle(moodle->data, request, faults, answer);
  if (nth == 1)
    moodle->error(moodle->data, 503, "Impatient.", answer);
}

static void
busy_answers_are_lost_ones(Contract *contract) {
  gint64 id = contract_course(contract, "FD-F-I-26"), group;
  gint64 master = contract_look(contract, "SELECT id FROM mdl_course WHERE shortname = 'F-I'");
  GatewayContents want, after;
  g_autoptr(GError) error = NULL;
  webservice_site_between(contract->site, "core_course_import_course", impatient);
  g_assert_false(contract->call->copy_content(contract->gateway, master, id, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE);
  g_clear_error(&error);
  g_assert_true(contract->call->contents(contract->gateway, master, &want, &error));
  g_assert_true(contract->call->contents(contract->gateway, id, &after, &error));
  g_assert_cmpuint(after.modules, ==, want.modules);
  g_assert_cmpuint(moodle_app_calls(app(contract), "core_course_import_course"), ==, 1);
  contract_new_group(contract, id, "G01 (2026-03-10)", &group); /* others come through */
  g_assert_cmpint(group, >, 0);
}

/* The call whose answer was lost is still at work when Moodle is asked about it, and done when it
 * gets the call again. */
static void
done_behind_the_look(gpointer site, guint nth, const ServerApp *moodle, const Request *request,
                     Faults *faults, Answer *answer) {
  (void)site;
  if (nth == 1) {
    answer->lost = true;
    return;
  }
  if (nth == 2) {
    moodle->handle(moodle->data, request, faults, answer);
    g_string_truncate(answer->body, 0);
  }
  moodle->handle(moodle->data, request, faults, answer);
}

static void
late_course_is_ours(Contract *contract) {
  GatewayNewCourse courses[2] = { contract_course_like(contract, "FD-F-I-26"),
                                  contract_course_like(contract, "FD-F-II-26") };
  GatewayOutcome outcomes[2] = { 0 };
  g_autoptr(GError) error = NULL;
  courses[0].idnumber = "L-1";
  courses[1].idnumber = "L-2";
  webservice_site_between(contract->site, "core_course_create_courses", done_behind_the_look);
  g_assert_true(contract->call->create_courses(contract->gateway, courses, 2, outcomes, &error));
  for (guint i = 0; i < 2; i++) {
    contract_check(&outcomes[i], GATEWAY_DONE);
    g_assert_cmpint(outcomes[i].id, ==,
                    contract_look(contract, "SELECT id FROM mdl_course WHERE idnumber = '%s'",
                                  courses[i].idnumber));
  }
}

static void
late_group_is_ours(Contract *contract) {
  gint64 id = contract_course(contract, "FD-F-I-26"), group;
  webservice_site_between(contract->site, "core_group_create_groups", done_behind_the_look);
  GatewayCode code = contract_new_group(contract, id, "G01 (2026-03-10)", &group);
  g_assert_cmpint(code, ==, GATEWAY_DONE);
  g_assert_cmpint(group, ==, contract_look(contract, "SELECT id FROM mdl_groups"));
}

/* After a minute without an answer Moodle is slow, and not dead. */
static void
slow(gpointer site, guint nth, const ServerApp *moodle, const Request *request, Faults *faults,
     Answer *answer) {
  (void)nth, (void)moodle, (void)request, (void)faults;
  clock_advance(webservice_site_clock(site), 60 * G_TIME_SPAN_SECOND);
  answer->lost = true;
}

/* What Moodle would do twice is not sent to a slow one twice. */
static void
slow_calls_are_not_sent_again(Contract *contract) {
  GatewayNewCourse course = contract_course_like(contract, "FD-F-II-26");
  GatewayNewGroup group = { contract_course(contract, "FD-F-I-26"), "G01 (2026-03-10)" };
  GatewayOutcome outcomes[2] = { 0 };
  g_autoptr(GError) error = NULL;
  webservice_site_between(contract->site, "core_course_create_courses", slow);
  g_assert_false(
      contract->call->create_courses(contract->gateway, &course, 1, &outcomes[0], &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE);
  g_clear_error(&error);
  webservice_site_between(contract->site, "core_group_create_groups", slow);
  g_assert_false(contract->call->create_groups(contract->gateway, &group, 1, &outcomes[1], &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE);
  g_assert_cmpint(outcomes[0].code, ==, GATEWAY_UNKNOWN);
  g_assert_cmpint(outcomes[1].code, ==, GATEWAY_UNKNOWN);
  g_assert_cmpuint(moodle_app_requests(app(contract), "core_course_create_courses"), ==, 2);
  g_assert_cmpuint(moodle_app_requests(app(contract), "core_group_create_groups"), ==, 1);
}

/* `false` from Moodle says that some of many courses are not there. */
static void
many_gone_courses_are_told_apart(Contract *contract) {
  gint64 courses[40], companies[40];
  GatewayOutcome outcomes[40] = { 0 };
  g_autoptr(GError) error = NULL;
  for (guint i = 0; i < 40; i++) {
    g_autofree char *name = g_strdup_printf("FD-%u", i);
    courses[i] = i % 2 == 0 ? contract_course(contract, name) : 1000000 + i;
    companies[i] = contract->company;
  }
  g_assert_true(
      contract->call->link_courses(contract->gateway, courses, companies, 40, outcomes, &error));
  for (guint i = 0; i < 40; i++)
    contract_check(&outcomes[i], i % 2 == 0 ? GATEWAY_DONE : GATEWAY_MISSING);
  gateway_outcomes_clear(outcomes, 40);
}

/* From the first of these calls on nothing is answered. */
static void
gone_for_good(gpointer site, guint nth, const ServerApp *moodle, const Request *request,
              Faults *faults, Answer *answer) {
  (void)nth, (void)faults;
  (void)request;
  moodle_app_status(webservice_site_app(site), 502);
  moodle->error(moodle->data, 502, "Gone.", answer);
}

/* Of many writes that are lost only the first is looked for when Moodle is away. */
static void
away_is_found_out_once(Contract *contract) {
  gint64 id = contract_course(contract, "FD-F-I-26");
  g_autofree GatewayNewGroup *groups = g_new0(GatewayNewGroup, GATEWAY_SLICE);
  g_autofree GatewayOutcome *outcomes = g_new0(GatewayOutcome, GATEWAY_SLICE);
  g_autoptr(GError) error = NULL;
  for (guint i = 0; i < GATEWAY_SLICE; i++)
    groups[i] = (GatewayNewGroup){ id, text_of("G%u", i) };
  webservice_site_between(contract->site, "core_group_create_groups", gone_for_good);
  guint64 before = moodle_app_requests(app(contract), NULL);
  g_assert_false(
      contract->call->create_groups(contract->gateway, groups, GATEWAY_SLICE, outcomes, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE);
  guint64 calls = moodle_app_requests(app(contract), "core_group_create_groups");
  g_assert_cmpuint(calls, ==, GATEWAY_SLICE / 50);
  /* Besides: what there was before, and one look with its tries. */
  g_assert_cmpuint(moodle_app_requests(app(contract), NULL) - before - calls, <=, 1 + 3);
}

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
    moodle_app_fail(app(contract), "core_user_update_users", nth, "sitemaintenance");
  g_assert_false(contract->call->create_users(contract->gateway, &user, 1, &outcome, &error));
  g_assert_cmpint(outcome.code, ==, GATEWAY_UNKNOWN);
  gateway_outcomes_clear(&outcome, 1);
  gint64 id = contract_look(contract, "SELECT id FROM mdl_user WHERE idnumber = 'T-1'");
  g_assert_cmpint(id, >, 0);
  webservice_site_refresh(contract->site);
  contract->gateway = webservice_site_gateway(contract->site);
  moodle_app_maintenance(app(contract), MOODLE_APP_OPEN);
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
  GatewayNewUser user = contract_user_like("anna");
  GatewayOutcome outcome = { 0 };
  g_autoptr(GError) error = NULL;
  contract_user(contract, "berta"); /* the site's auths are known then */
  for (guint nth = 1; nth <= 5; nth++)
    moodle_app_fail(app(contract), "core_user_update_users", nth, "dmlwriteexception");
  g_assert_false(contract->call->create_users(contract->gateway, &user, 1, &outcome, &error));
  g_assert_nonnull(error);
  g_assert_cmpint(outcome.code, ==, GATEWAY_UNKNOWN);
  g_assert_null(outcome.message);
}

/* What is wrong with all of them is said once, before anybody is made. */
static void
unknown_auth_is_said_once(Contract *contract) {
  g_autofree GatewayNewUser *users = many_users();
  const char *const passwords[] = { NULL, "" };
  for (guint p = 0; p < 2; p++) {
    GatewayOutcome outcomes[MANY] = { 0 };
    g_autoptr(GError) error = NULL;
    for (guint i = 0; i < MANY; i++) {
      users[i].auth = "shibolet";
      users[i].password = passwords[p];
    }
    guint64 before = moodle_app_requests(app(contract), NULL);
    g_assert_false(contract->call->create_users(contract->gateway, users, MANY, outcomes, &error));
    g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_CONFIG);
    g_assert_nonnull(strstr(error->message, "shibolet"));
    g_assert_cmpuint(moodle_app_requests(app(contract), NULL) - before, <=, 2);
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
  g_autofree GatewayNewUser *users = many_users();
  GatewayOutcome outcomes[MANY] = { 0 };
  g_autoptr(GError) error = NULL;
  guint64 before = moodle_app_requests(app(contract), NULL);
  g_assert_false(contract->call->create_users(contract->gateway, users, MANY, outcomes, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_REFUSED);
  g_assert_nonnull(strstr(error->message, "nopermissions"));
  g_assert_cmpuint(moodle_app_requests(app(contract), NULL) - before, <=, 2 + MANY / 50 + 1);
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
  g_autofree GatewayNewUser *users = many_users();
  GatewayOutcome outcomes[MANY] = { 0 };
  g_autoptr(GError) error = NULL;
  for (guint i = 0; i < MANY; i++)
    users[i].password = text_of("%s-kurz", users[i].username);
  g_assert_false(contract->call->create_users(contract->gateway, users, MANY, outcomes, &error));
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
  g_autofree GatewayNewUser *users = many_users();
  GatewayOutcome outcomes[MANY] = { 0 };
  users[7].username = "sieben";
  for (guint i = 0; i < MANY; i++)
    users[i].password = text_of("%sHlfs#xy", users[i].username);
  create(contract, users, MANY, outcomes);
  assert_says(&outcomes[7], GATEWAY_INVALID, "digit");
  for (guint i = 0; i < MANY; i++)
    if (i != 7)
      contract_check(&outcomes[i], GATEWAY_DONE);
  g_assert_cmpint(contract_look(contract, "SELECT count(*) FROM mdl_user WHERE idnumber <> ''"), ==,
                  MANY - 1);
  gateway_outcomes_clear(outcomes, MANY);
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
  create(contract, &user, 1, &outcome);
  assert_says(&outcome, GATEWAY_TAKEN_EMAIL, "may not see");
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
  create(contract, &user, 1, &outcome);
  assert_says(&outcome, GATEWAY_TAKEN_EMAIL, "belongs to user");
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
  g_assert_nonnull(strstr(error->message, "local_lehrgaenge"));
}

static void
role_that_may_not_be_given(Contract *contract) {
  GatewayEnrol enrol = { contract_course(contract, "FD-F-I-26"), contract_user(contract, "anna") };
  GatewayOutcome outcome = { 0 };
  g_autoptr(GError) error = NULL;
  moodle_app_fail(app(contract), "enrol_manual_enrol_users", 1, "wsusercannotassign");
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
  g_autofree GatewayNewUser *users = many_users();
  GatewayOutcome outcomes[MANY] = { 0 };
  g_autoptr(GError) error = NULL;
  for (guint i = 0; i < MANY; i++)
    users[i].password = "";
  for (guint nth = 2; nth < 12; nth++)
    moodle_app_fail(app(contract), "core_user_create_users", nth, "sitemaintenance");
  g_assert_false(contract->call->create_users(contract->gateway, users, MANY, outcomes, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE);
  guint done = 0;
  for (guint i = 0; i < MANY; i++)
    done += outcomes[i].code == GATEWAY_DONE;
  g_assert_cmpuint(done, >, 0);
  g_assert_cmpint(contract_look(contract, "SELECT count(*) FROM mdl_user WHERE idnumber <> ''"), ==,
                  done);
  gateway_outcomes_clear(outcomes, MANY);
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
  guint64 before = moodle_app_requests(app(contract), NULL);
  g_assert_true(
      contract->call->read_courses(contract->gateway, ids, COURSES, &visitor, &groups, NULL));
  g_assert_cmpuint(groups, ==, COURSES);
  g_assert_cmpuint(moodle_app_requests(app(contract), NULL) - before, <=, COURSES / 10);
}

/* A course that must not be read has people all the same; taken for empty, all of them would be
 * enrolled again. */
static void
unreadable_is_not_empty(Contract *contract) {
  static const GatewayCourseVisitor visitor = { nobody, no_group, no_member };
  gint64 id = contract_course(contract, "FD-F-I-26");
  guint groups = 0;
  g_autoptr(GError) error = NULL;
  moodle_app_fail(app(contract), "core_enrol_get_enrolled_users", 1, "errorcoursecontextnotvalid");
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

static void
add(const char *path, gpointer (*open)(void), ContractCase run) {
  static GatewayHarness harnesses[32];
  static guint count;
  g_assert_cmpuint(count, <, G_N_ELEMENTS(harnesses));
  GatewayHarness *harness = &harnesses[count++];
  *harness = (GatewayHarness){ .name = "webservice-only",
                               .open = open,
                               .close = webservice_site_close,
                               .gateway = webservice_site_gateway,
                               .exec = webservice_site_exec,
                               .look = webservice_site_look };
  contract_add(harness, path, run);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  gpointer (*open)(void) = webservice_site_open;
  add("bad-rows-stand-alone", open, bad_rows_stand_alone);
  add("ampersands-stay", open, ampersands_stay);
  add("lost-answers-change-nothing", open, lost_answers_change_nothing);
  add("unshown-answers-change-nothing", open, unshown_answers_change_nothing);
  add("clashes-are-tried-again", open, clashes_are_tried_again);
  add("gives-up-after-some-losses", open, gives_up_after_some_losses);
  add("lost-import-is-seen", open, lost_import_is_seen);
  add("busy-answers-are-lost-ones", open, busy_answers_are_lost_ones);
  add("late-course-is-ours", open, late_course_is_ours);
  add("late-group-is-ours", open, late_group_is_ours);
  add("slow-calls-are-not-sent-again", open, slow_calls_are_not_sent_again);
  add("away-is-found-out-once", open, away_is_found_out_once);
  add("many-gone-courses-are-told-apart", open_bare, many_gone_courses_are_told_apart);
  add("refused-auth-stays-open", open, refused_auth_stays_open);
  add("unknown-auth-is-said-once", open, unknown_auth_is_said_once);
  add("missing-right-is-said-once/create", open_without_creating, missing_right_is_said_once);
  add("missing-right-is-said-once/update", open_without_updating, missing_right_is_said_once);
  add("two-courses-of-one-name", open, two_courses_of_one_name);
  add("none-is-not-hashed", open, none_is_not_hashed);
  add("cut-off-account-is-finished", open, cut_off_account_is_finished);
  add("policy-refuses-the-template", open_with_policy, policy_refuses_the_template);
  add("policy-refuses-one", open_with_policy, policy_refuses_one);
  add("hidden-addresses-are-guessed", open_hiding, hidden_addresses_are_guessed);
  add("odd-spelling-is-found-at-last", webservice_site_open_plain, odd_spelling_is_found_at_last);
  add("without-the-plugin", open_bare, without_the_plugin);
  add("role-that-may-not-be-given", open, role_that_may_not_be_given);
  add("two-categories-of-one-name", open, two_categories_of_one_name);
  add("away-in-the-middle", open, away_in_the_middle);
  add("unreadable-is-not-empty", webservice_site_open_core, unreadable_is_not_empty);
  add("reads-many-courses-with-few-requests", open, reads_many_courses_with_few_requests);
  g_test_add_func("/gateway/webservice-only/functions-missing", functions_missing);
  return g_test_run();
}
