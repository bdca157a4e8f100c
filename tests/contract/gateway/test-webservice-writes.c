/* What the web-service gateway does about bulk calls that are refused as a whole, and about answers
 * that are lost, late, or strange.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "moodle/webservice/webservice.h"
#include "webservice-only.h"

static gpointer
open_bare(void) {
  return webservice_site_open_with(&(MoodleAppOptions){ .token = WEBSERVICE_TOKEN });
}

/* ── batches that Moodle refuses as a whole ── */

static void
bad_rows_stand_alone(Contract *contract) {
  static const guint bad[] = { 3, 5, 17, 18, 29, 41, 59 };
  g_autofree GatewayNewUser *users = only_users();
  GatewayOutcome outcomes[ONLY_USERS] = { 0 };
  contract_user(contract, "taken");
  users[3].firstname = "<b>Ann</b>";
  users[5].city = "<b>Ulm</b>";
  users[17].username = "P-00004561";
  users[18].username = "taken";
  users[29].email = "TAKEN@beispiel.de";
  users[41].email = "no address";
  users[59].lastname = only_text("%0300d", 0);
  only_create(contract, users, ONLY_USERS, outcomes);
  only_says(&outcomes[3], GATEWAY_INVALID, "markup");
  only_says(&outcomes[5], GATEWAY_INVALID, "markup");
  only_says(&outcomes[17], GATEWAY_INVALID, "small letters");
  only_says(&outcomes[18], GATEWAY_TAKEN_USERNAME, "“taken” belongs to user");
  only_says(&outcomes[29], GATEWAY_TAKEN_EMAIL, "TAKEN@beispiel.de belongs to user");
  only_says(&outcomes[41], GATEWAY_INVALID, "e-mail");
  only_says(&outcomes[59], GATEWAY_INVALID, "100 characters");
  guint done = 0;
  for (guint i = 0; i < ONLY_USERS; i++)
    done += outcomes[i].code == GATEWAY_DONE;
  g_assert_cmpuint(done, ==, ONLY_USERS - G_N_ELEMENTS(bad));
  g_assert_cmpint(contract_look(contract, "SELECT count(*) FROM mdl_user WHERE idnumber GLOB 'm*'"),
                  ==, ONLY_USERS - G_N_ELEMENTS(bad));
  gateway_outcomes_clear(outcomes, ONLY_USERS);
}

/* From 4.5 on Moodle refuses accounts that were never confirmed: theirs alone is what is not done,
 * and the service's own account has nothing to do with it. */
static void
unconfirmed_stand_alone(Contract *contract) {
  static const char *const names[] = { "anna", "berta", "carla" };
  gint64 course = contract_course(contract, "FD-F-I-26");
  GatewayEnrol enrols[G_N_ELEMENTS(names)];
  GatewayOutcome in[G_N_ELEMENTS(names)] = { 0 }, out[G_N_ELEMENTS(names)] = { 0 };
  g_autoptr(GError) error = NULL;
  for (guint i = 0; i < G_N_ELEMENTS(names); i++)
    enrols[i] = (GatewayEnrol){ course, contract_user(contract, names[i]) };
  contract_exec(contract, "UPDATE mdl_user SET confirmed = 0 WHERE username = 'berta'");
  g_assert_true(contract->call->enrol(contract->gateway, enrols, G_N_ELEMENTS(names), in, &error));
  contract_check(&in[0], GATEWAY_DONE);
  only_says(&in[1], GATEWAY_INVALID, "not confirmed");
  contract_check(&in[2], GATEWAY_DONE);
  contract_exec(contract, "UPDATE mdl_user SET confirmed = 1 WHERE username = 'berta'");
  g_assert_cmpint(contract_enrol(contract, course, enrols[1].userid), ==, GATEWAY_DONE);
  contract_exec(contract, "UPDATE mdl_user SET confirmed = 0 WHERE username = 'berta'");
  g_assert_true(
      contract->call->unenrol(contract->gateway, enrols, G_N_ELEMENTS(names), out, &error));
  contract_check(&out[0], GATEWAY_DONE);
  only_says(&out[1], GATEWAY_INVALID, "not confirmed");
  contract_check(&out[2], GATEWAY_DONE);
  gateway_outcomes_clear(in, G_N_ELEMENTS(names));
  gateway_outcomes_clear(out, G_N_ELEMENTS(names));
}

/* A course deleted while a run is at it has nobody in it, by whichever word Moodle says so. */
static void
deleted_courses_have_nobody(Contract *contract) {
  gint64 course = contract_course(contract, "FD-F-I-26"), anna = contract_user(contract, "anna");
  contract_exec(contract, "DELETE FROM mdl_course WHERE id = %" G_GINT64_FORMAT, course);
  g_assert_cmpint(contract_enrol(contract, course, anna), ==, GATEWAY_MISSING);
  g_assert_cmpint(contract_unenrol(contract, course, anna), ==, GATEWAY_ALREADY);
  g_autofree char *read = contract_read(contract, course);
  g_assert_cmpstr(read, ==, "");
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
      moodle_app_lose_reply(only_app(contract), functions[i], nth);
  g_autofree char *text = do_all(contract);
  g_assert_cmpstr(text, ==, expected);
  for (guint i = 0; i < G_N_ELEMENTS(functions); i++)
    g_assert_cmpuint(moodle_app_calls(only_app(contract), functions[i]), >, 0);
}

/* The same with answers that Moodle could not show after it had done everything. */
static void
unshown_answers_change_nothing(Contract *contract) {
  g_autofree char *expected = undisturbed();
  for (guint i = 0; i < G_N_ELEMENTS(functions); i++)
    moodle_app_invalidate(only_app(contract), functions[i], 1);
  g_autofree char *text = do_all(contract);
  g_assert_cmpstr(text, ==, expected);
}

/* Two writers that blocked each other: Moodle turned one away, once. */
static void
clashes_are_tried_again(Contract *contract) {
  g_autofree char *expected = undisturbed();
  for (guint i = 0; i < G_N_ELEMENTS(functions); i++)
    moodle_app_fail(only_app(contract), functions[i], 1, "dmlwriteexception");
  g_autofree char *text = do_all(contract);
  g_assert_cmpstr(text, ==, expected);
}

/* Lost once too often: who asked is told, and nothing was done twice. */
static void
gives_up_after_some_losses(Contract *contract) {
  gint64 id = contract_course(contract, "FD-F-I-26");
  for (guint nth = 1; nth <= 10; nth++)
    moodle_app_fail(only_app(contract), "core_group_create_groups", nth, "sitemaintenance");
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
  moodle_app_lose_reply(only_app(contract), "core_course_import_course", 1);
  g_assert_false(contract->call->copy_content(contract->gateway, master, id, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE);
  g_clear_error(&error);
  g_assert_true(contract->call->contents(contract->gateway, id, &after, &error));
  g_assert_cmpuint(after.modules, >=, want.modules);
  g_assert_cmpuint(want.modules, >, 0);
  g_assert_cmpuint(moodle_app_calls(only_app(contract), "core_course_import_course"), ==, 1);
  /* Its answer may be lost after 60 s, and it may go on then. */
  g_assert_cmpuint(contract->call->copy_grace(contract->gateway), >, 60);
}

/* What Moodle asks before it copies anything is no unclear outcome; what comes later is. */
static void
turned_away_is_no_copy(Contract *contract) {
  static const struct {
    const char *errorcode;
    GatewayError code;
  } cases[] = {
    { "nopermissions", GATEWAY_ERROR_REFUSED },
    { "backupprecheckerrors", GATEWAY_ERROR_REFUSED },
    { "dmlwriteexception", GATEWAY_ERROR_FAILED },
  };
  gint64 id = contract_course(contract, "FD-F-I-26");
  gint64 master = contract_look(contract, "SELECT id FROM mdl_course WHERE shortname = 'F-I'");
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    moodle_app_fail(only_app(contract), "core_course_import_course", 1, cases[i].errorcode);
    g_assert_false(contract->call->copy_content(contract->gateway, master, id, &error));
    g_assert_error(error, GATEWAY_ERROR, (gint)cases[i].code);
    g_assert_nonnull(strstr(error->message, cases[i].errorcode));
  }
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
  g_assert_cmpuint(moodle_app_calls(only_app(contract), "core_course_import_course"), ==, 1);
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
  g_assert_cmpuint(moodle_app_requests(only_app(contract), "core_course_create_courses"), ==, 2);
  g_assert_cmpuint(moodle_app_requests(only_app(contract), "core_group_create_groups"), ==, 1);
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
    groups[i] = (GatewayNewGroup){ id, only_text("G%u", i) };
  webservice_site_between(contract->site, "core_group_create_groups", gone_for_good);
  guint64 before = moodle_app_requests(only_app(contract), NULL);
  g_assert_false(
      contract->call->create_groups(contract->gateway, groups, GATEWAY_SLICE, outcomes, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE);
  guint64 calls = moodle_app_requests(only_app(contract), "core_group_create_groups");
  g_assert_cmpuint(calls, ==, GATEWAY_SLICE / 50);
  /* Besides: what there was before, and one look with its tries. */
  g_assert_cmpuint(moodle_app_requests(only_app(contract), NULL) - before - calls, <=, 1 + 3);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  gpointer (*open)(void) = webservice_site_open;
  only_add("bad-rows-stand-alone", open, bad_rows_stand_alone);
  only_add("unconfirmed-stand-alone", webservice_site_open_recent, unconfirmed_stand_alone);
  only_add("deleted-courses-have-nobody", webservice_site_open_recent, deleted_courses_have_nobody);
  only_add("deleted-courses-have-nobody-core", webservice_site_open_recent_core,
           deleted_courses_have_nobody);
  only_add("ampersands-stay", open, ampersands_stay);
  only_add("lost-answers-change-nothing", open, lost_answers_change_nothing);
  only_add("unshown-answers-change-nothing", open, unshown_answers_change_nothing);
  only_add("clashes-are-tried-again", open, clashes_are_tried_again);
  only_add("gives-up-after-some-losses", open, gives_up_after_some_losses);
  only_add("turned-away-is-no-copy", open, turned_away_is_no_copy);
  only_add("lost-import-is-seen", open, lost_import_is_seen);
  only_add("busy-answers-are-lost-ones", open, busy_answers_are_lost_ones);
  only_add("late-course-is-ours", open, late_course_is_ours);
  only_add("late-group-is-ours", open, late_group_is_ours);
  only_add("slow-calls-are-not-sent-again", open, slow_calls_are_not_sent_again);
  only_add("away-is-found-out-once", open, away_is_found_out_once);
  only_add("many-gone-courses-are-told-apart", open_bare, many_gone_courses_are_told_apart);
  return g_test_run();
}
