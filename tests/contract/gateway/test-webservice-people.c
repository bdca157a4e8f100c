/* What the web-service gateway does about accounts that Moodle refuses without saying why, and
 * about what it tells of people that is not so.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "moodle/webservice/ws_private.h"
#include "webservice-only.h"

static void
refuse(Answer *answer, const char *errorcode) {
  g_string_printf(answer->body, "{\"exception\":\"x\",\"errorcode\":\"%s\",\"message\":\"No.\"}",
                  errorcode);
}

static guint
asked(Contract *contract, const char *function) {
  return (guint)moodle_app_requests(only_app(contract), function);
}

/* ── names ── */

/* What PHP's strip_tags() would take for markup, and what not. */
static void
markup_in_names(Contract *contract) {
  static const struct {
    const char *name;
    bool markup;
  } rows[] = {
    { "1 < 2", false }, { "1 <\t2", false },   { "1 <\n2", false }, { "1 > 2", false },
    { "Kern <", true }, { "1 < 2 <b>", true }, { "<b>", true },     { "a<b", true },
  };
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
    for (guint which = 0; which < 3; which++) {
      GatewayNewUser user = contract_user_like(only_text("m%u-%u", i, which));
      GatewayOutcome outcome = { 0 };
      *(which == 0 ? &user.firstname : which == 1 ? &user.lastname : &user.city) = rows[i].name;
      only_create(contract, &user, 1, &outcome);
      if (rows[i].markup)
        only_says(&outcome, GATEWAY_INVALID, "markup");
      else
        contract_check(&outcome, GATEWAY_DONE);
      gateway_outcomes_clear(&outcome, 1);
    }
}

/* What cannot go is not sent: Moodle would refuse its neighbours along with it. */
static void
flaws_are_not_sent(Contract *contract) {
  g_autofree GatewayNewUser *users = only_users();
  GatewayOutcome outcomes[8] = { 0 };
  users[1].firstname = "";
  users[2].lastname = "";
  users[3].country = "D";
  users[4].city = only_text("%0121d", 0);
  users[5].idnumber = only_text("%0256d", 0);
  users[6].username = only_text("%0101d", 0);
  guint before = asked(contract, "core_user_create_users");
  only_create(contract, users, 8, outcomes);
  g_assert_cmpuint(asked(contract, "core_user_create_users") - before, ==, 1);
  for (guint i = 0; i < 8; i++)
    contract_check(&outcomes[i], i == 0 || i == 7 ? GATEWAY_DONE : GATEWAY_INVALID);
  gateway_outcomes_clear(outcomes, 8);
}

/* ── somebody else ── */

/* While the answer to our call gets lost, somebody else's account gets that name. */
static void
another_was_quicker(gpointer site, guint nth, const ServerApp *moodle, const Request *request,
                    Faults *faults, Answer *answer) {
  if (nth == 1) {
    webservice_site_exec(site, "UPDATE mdl_user SET username = 'anna', idnumber = 'T-2' "
                               "WHERE username = 'berta'");
    answer->lost = true;
    return;
  }
  moodle->handle(moodle->data, request, faults, answer);
}

/* Their account is not ours. */
static void
name_of_another_is_not_ours(Contract *contract) {
  static const char *const idnumbers[] = { "T-1", "" };
  contract_user(contract, "berta");
  for (guint i = 0; i < G_N_ELEMENTS(idnumbers); i++) {
    GatewayNewUser user = contract_user_like("anna");
    GatewayOutcome outcome = { 0 };
    user.idnumber = idnumbers[i];
    if (i == 0)
      webservice_site_between(contract->site, "core_user_create_users", another_was_quicker);
    else
      contract_exec(contract, "UPDATE mdl_user SET idnumber = '' WHERE username = 'anna'");
    only_create(contract, &user, 1, &outcome);
    only_says(&outcome, GATEWAY_TAKEN_USERNAME, "belongs to user");
    gateway_outcomes_clear(&outcome, 1);
  }
}

/* ── addresses that are taken ── */

static const char *const search[] = { "core_user_get_users", NULL };

static gpointer
open_without_search(void) {
  return webservice_site_open_with(&(MoodleAppOptions){
      .token = WEBSERVICE_TOKEN, .plugin = true, .batch = true, .without = search });
}

/* Whose it is cannot be asked then, which is no reason to give up. */
static void
taken_by_somebody_unknown(Contract *contract) {
  GatewayNewUser user = contract_user_like("berta");
  GatewayOutcome outcome = { 0 };
  contract_user(contract, "anna");
  user.email = "anna@beispiel.de";
  moodle_app_fail(only_app(contract), search[0], 1, "nopermissions");
  only_create(contract, &user, 1, &outcome);
  only_says(&outcome, GATEWAY_TAKEN_EMAIL, "may not see");
  gateway_outcomes_clear(&outcome, 1);
}

static const char *never; /* an errorcode */

static void
never_accepted(gpointer site, guint nth, const ServerApp *moodle, const Request *request,
               Faults *faults, Answer *answer) {
  (void)site, (void)nth, (void)moodle, (void)request, (void)faults;
  refuse(answer, never);
}

/* Moodle's search takes a `_` for any letter. */
static void
similar_address_is_another(Contract *contract) {
  GatewayNewUser user = contract_user_like("axb");
  GatewayOutcome outcome = { 0 };
  only_create(contract, &user, 1, &outcome);
  contract_check(&outcome, GATEWAY_DONE);
  user = contract_user_like("berta");
  user.email = "a_b@beispiel.de";
  never = "invalidparameter";
  webservice_site_between(contract->site, "core_user_create_users", never_accepted);
  outcome = (GatewayOutcome){ 0 };
  only_create(contract, &user, 1, &outcome);
  only_says(&outcome, GATEWAY_TAKEN_EMAIL, "may not see");
  gateway_outcomes_clear(&outcome, 1);
}

/* What Moodle gives a reason for is no riddle: name and address are not blamed. */
static void
reasons_are_passed_on(Contract *contract) {
  GatewayNewUser user = contract_user_like("anna");
  GatewayOutcome outcome = { 0 };
  contract_user(contract, "anna"); /* which would be found */
  never = "toomanyusers";
  webservice_site_between(contract->site, "core_user_create_users", never_accepted);
  only_create(contract, &user, 1, &outcome);
  only_says(&outcome, GATEWAY_INVALID, "No. (toomanyusers)");
  gateway_outcomes_clear(&outcome, 1);
}

/* A database that does not write says nothing of a name that nobody asked for. */
static void
writing_that_failed_is_no_taken_name(Contract *contract) {
  const GatewayUserUpdate updates[] = { { .userid = contract_user(contract, "anna"),
                                          .idnumber = "T-1" } };
  GatewayOutcome outcome = { 0 };
  never = "dmlwriteexception";
  webservice_site_between(contract->site, "core_user_update_users", never_accepted);
  g_assert_true(contract->call->update_users(contract->gateway, updates, 1, &outcome, NULL));
  only_says(&outcome, GATEWAY_INVALID, "No. (dmlwriteexception)");
  gateway_outcomes_clear(&outcome, 1);
}

static GatewayOutcome
update(Contract *contract, GatewayUserUpdate update) {
  GatewayOutcome outcome = { 0 };
  g_autoptr(GError) error = NULL;
  update.userid = contract_look(contract, "SELECT id FROM mdl_user WHERE username = 'anna'");
  contract->call->update_users(contract->gateway, &update, 1, &outcome, &error);
  g_assert_no_error(error);
  return outcome;
}

/* Moodle before 4.2 says nothing when all went well. */
static void
done_without_a_word(gpointer site, guint nth, const ServerApp *moodle, const Request *request,
                    Faults *faults, Answer *answer) {
  (void)site, (void)nth;
  moodle->handle(moodle->data, request, faults, answer);
  g_string_assign(answer->body, "null");
}

static void
what_became_of_a_change(Contract *contract) {
  static const char *const answers[] = { "{}", "[]", "7", "{\"warnings\":null}" };
  contract_user(contract, "anna");
  moodle_app_lose_reply(only_app(contract), "core_user_update_users", 1);
  GatewayOutcome outcome = update(contract, (GatewayUserUpdate){ .idnumber = "T-1" });
  contract_check(&outcome, GATEWAY_DONE);
  outcome = update(contract, (GatewayUserUpdate){ .username = "Anna B" });
  only_says(&outcome, GATEWAY_INVALID, "small letters");
  gateway_outcomes_clear(&outcome, 1);
  webservice_site_between(contract->site, "core_user_update_users", done_without_a_word);
  guint before = asked(contract, "local_lehrgaenge_get_users");
  outcome = update(contract, (GatewayUserUpdate){ .auth = "oauth2" });
  contract_check(&outcome, GATEWAY_DONE);
  g_assert_cmpuint(asked(contract, "local_lehrgaenge_get_users") - before, ==, 1); /* before it */
  webservice_site_between(contract->site, "core_user_update_users", only_answers_strangely);
  for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
    only_strange = answers[i];
    outcome = update(contract, (GatewayUserUpdate){ .idnumber = "T-2" });
    only_says(&outcome, GATEWAY_INVALID, "unexpected answer");
    gateway_outcomes_clear(&outcome, 1);
  }
}

/* Who lacks the right lacks it for all: it is not tried account by account. */
static void
right_to_change_is_one_for_all(Contract *contract) {
  const GatewayUserUpdate updates[] = {
    { .userid = contract_user(contract, "anna"), .idnumber = "T-1" },
    { .userid = contract_user(contract, "berta"), .idnumber = "T-2" },
  };
  GatewayOutcome outcomes[2] = { 0 };
  g_autoptr(GError) error = NULL;
  moodle_app_fail(only_app(contract), "core_user_update_users", 1, "nopermissions");
  g_assert_false(contract->call->update_users(contract->gateway, updates, 2, outcomes, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_REFUSED);
  g_assert_cmpint(outcomes[0].code, ==, GATEWAY_UNKNOWN);
}

/* ── rows that want the same ── */

/* The first who can have the address gets it, in whatever letters it is written, and nobody is sent
 * along with one who stands in their way. */
static void
first_come_first_served(Contract *contract) {
  GatewayNewUser users[] = { contract_user_like("taken"), contract_user_like("berta"),
                             contract_user_like("carla") };
  GatewayOutcome outcomes[3] = { 0 };
  contract_user(contract, "taken");
  users[0].email = "one@beispiel.de";
  users[1].email = "One@beispiel.de";
  users[2].email = "one@Beispiel.de";
  guint before = asked(contract, "core_user_create_users");
  only_most = 0;
  only_waits_at = 2;
  webservice_site_between(contract->site, "core_user_create_users", only_counts_at_once);
  only_create(contract, users, 3, outcomes);
  only_says(&outcomes[0], GATEWAY_TAKEN_USERNAME, "belongs to user");
  contract_check(&outcomes[1], GATEWAY_DONE);
  contract_check(&outcomes[2], GATEWAY_TAKEN_EMAIL);
  g_assert_cmpuint(asked(contract, "core_user_create_users") - before, ==, 3);
  g_assert_cmpint(only_most, ==, 1);
  gateway_outcomes_clear(outcomes, 3);
}

/* Where several may have one address, they go together. */
static void
shared_address_is_no_obstacle(Contract *contract) {
  GatewayNewUser users[] = { contract_user_like("anna"), contract_user_like("berta") };
  GatewayOutcome outcomes[2] = { 0 };
  contract_exec(contract,
                "UPDATE mdl_config SET value = '1' WHERE name = 'allowaccountssameemail'");
  ((Webservice *)contract->gateway)->shared_emails = true;
  users[1].email = users[0].email;
  only_create(contract, users, 2, outcomes);
  for (guint i = 0; i < 2; i++)
    contract_check(&outcomes[i], GATEWAY_DONE);
  g_assert_cmpuint(asked(contract, "core_user_create_users"), ==, 1);
}

/* Who cannot have an account keeps nobody from its name, and is not tried because of one. */
static void
flawed_row_wants_nothing(Contract *contract) {
  GatewayNewUser users[] = { contract_user_like("anna"), contract_user_like("anna"),
                             contract_user_like("anna") };
  static const GatewayCode expected[] = { GATEWAY_INVALID, GATEWAY_DONE, GATEWAY_INVALID };
  GatewayOutcome outcomes[3] = { 0 };
  users[0].lastname = users[2].lastname = "<b>";
  only_create(contract, users, 3, outcomes);
  for (guint i = 0; i < 3; i++)
    contract_check(&outcomes[i], expected[i]);
  g_assert_cmpuint(asked(contract, "core_user_create_users"), ==, 1);
  gateway_outcomes_clear(outcomes, 3);
}

/* Sent away with the word to come again, after all was done. */
static void
done_and_sent_away(gpointer site, guint nth, const ServerApp *moodle, const Request *request,
                   Faults *faults, Answer *answer) {
  (void)site;
  moodle->handle(moodle->data, request, faults, answer);
  if (nth > 1)
    return;
  moodle->error(moodle->data, 503, "Later.", answer);
  answer->retry_after = g_strdup("1");
}

/* The name is taken then, by the account that was asked for. */
static void
account_made_before_is_ours(Contract *contract) {
  GatewayNewUser user = contract_user_like("anna");
  gint64 id;
  user.idnumber = "T-1";
  webservice_site_between(contract->site, "core_user_create_users", done_and_sent_away);
  g_assert_cmpint(contract_new_user(contract, &user, &id), ==, GATEWAY_DONE);
  g_assert_cmpint(id, ==,
                  contract_look(contract, "SELECT id FROM mdl_user WHERE idnumber = 'T-1'"));
}

/* ── accounts without a password ── */

/* Between the two steps somebody deletes the account. */
static void
deletes(gpointer site, guint nth, const ServerApp *moodle, const Request *request, Faults *faults,
        Answer *answer) {
  (void)nth;
  webservice_site_exec(site, "UPDATE mdl_user SET deleted = 1 WHERE username = 'anna'");
  moodle->handle(moodle->data, request, faults, answer);
}

static void
gone_before_the_second_step(Contract *contract) {
  GatewayNewUser users[] = { contract_user_like("anna"), contract_user_like("berta") };
  GatewayOutcome outcomes[2] = { 0 };
  contract_user(contract, "carla"); /* the site's auths are known then */
  webservice_site_between(contract->site, "core_user_update_users", deletes);
  only_create(contract, users, 2, outcomes);
  only_says(&outcomes[0], GATEWAY_MISSING, "not there any more");
  contract_check(&outcomes[1], GATEWAY_DONE);
  gateway_outcomes_clear(outcomes, 2);
}

/* What was made before Moodle went away gets its second step, if that can be. */
static void
made_before_the_end_is_finished(Contract *contract) {
  g_autofree GatewayNewUser *users = only_users();
  GatewayOutcome outcomes[ONLY_USERS] = { 0 };
  g_autoptr(GError) error = NULL;
  for (guint nth = 2; nth < 12; nth++)
    moodle_app_fail(only_app(contract), "core_user_create_users", nth, "sitemaintenance");
  g_assert_false(
      contract->call->create_users(contract->gateway, users, ONLY_USERS, outcomes, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE);
  guint done = 0;
  for (guint i = 0; i < ONLY_USERS; i++) {
    done += outcomes[i].code == GATEWAY_DONE;
    g_assert_cmpint(outcomes[i].id != 0, ==, outcomes[i].code == GATEWAY_DONE);
  }
  g_assert_cmpuint(done, >, 0);
  g_assert_cmpint(contract_look(contract, "SELECT count(*) FROM mdl_user WHERE idnumber <> '' AND "
                                          "auth = 'manual'"),
                  ==, done);
}

/* An auth that keeps none needs no second step. */
static void
one_step_when_that_is_enough(Contract *contract) {
  GatewayNewUser user = contract_user_like("anna");
  GatewayOutcome outcome = { 0 };
  contract_user(contract, "berta"); /* the site's auths are known then */
  user.auth = "oauth2";
  guint before = asked(contract, "core_user_update_users");
  only_create(contract, &user, 1, &outcome);
  contract_check(&outcome, GATEWAY_DONE);
  g_assert_cmpuint(asked(contract, "core_user_update_users"), ==, before);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  gpointer (*open)(void) = webservice_site_open;
  only_add("markup-in-names", open, markup_in_names);
  only_add("flaws-are-not-sent", open, flaws_are_not_sent);
  only_add("name-of-another-is-not-ours", open, name_of_another_is_not_ours);
  only_add("taken-by-somebody-unknown/without", open_without_search, taken_by_somebody_unknown);
  only_add("taken-by-somebody-unknown/refused", open, taken_by_somebody_unknown);
  only_add("similar-address-is-another", open, similar_address_is_another);
  only_add("reasons-are-passed-on", open, reasons_are_passed_on);
  only_add("first-come-first-served", open, first_come_first_served);
  only_add("shared-address-is-no-obstacle", open, shared_address_is_no_obstacle);
  only_add("flawed-row-wants-nothing", open, flawed_row_wants_nothing);
  only_add("account-made-before-is-ours", open, account_made_before_is_ours);
  only_add("gone-before-the-second-step", open, gone_before_the_second_step);
  only_add("made-before-the-end-is-finished", open, made_before_the_end_is_finished);
  only_add("one-step-when-that-is-enough", open, one_step_when_that_is_enough);
  only_add("writing-that-failed-is-no-taken-name", open, writing_that_failed_is_no_taken_name);
  only_add("what-became-of-a-change", open, what_became_of_a_change);
  only_add("right-to-change-is-one-for-all", open, right_to_change_is_one_for_all);
  return g_test_run();
}
