/* What is found out before the first account is sent: whether the site has the auths, and what its
 * password policy accepts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "webservice-only.h"

static guint
asked(Contract *contract, const char *function) {
  return (guint)moodle_app_requests(only_app(contract), function);
}

static gpointer
open_with_policy(void) {
  return webservice_site_open_with(&(MoodleAppOptions){
      .token = WEBSERVICE_TOKEN, .plugin = true, .batch = true, .password_policy = true });
}

/* What a policy looks at is told apart before anybody is made: digits, small letters, capitals,
 * other signs, and the length. */
static void
kinds_of_passwords(Contract *contract) {
  static const char *const passwords[] = { "aB3#aB3#", "aBc#aBc#", "ab3#ab3#",
                                           "AB3#AB3#", "aB3caB3c", "aB3#aB3" };
  GatewayNewUser users[G_N_ELEMENTS(passwords)];
  GatewayOutcome outcomes[G_N_ELEMENTS(passwords)] = { 0 };
  for (guint i = 0; i < G_N_ELEMENTS(passwords); i++) {
    users[i] = contract_user_like(only_text("m%u", i));
    users[i].email = only_text("m%u@beispiel.de", i);
    users[i].password = passwords[i];
  }
  only_create(contract, users, G_N_ELEMENTS(passwords), outcomes);
  contract_check(&outcomes[0], GATEWAY_DONE);
  for (guint i = 1; i < G_N_ELEMENTS(passwords); i++)
    only_says(&outcomes[i], GATEWAY_INVALID, "the password that the template makes");
  gateway_outcomes_clear(outcomes, G_N_ELEMENTS(passwords));
}

/* A policy is shown one password of each kind, once. */
static void
policy_is_shown_each_kind_once(Contract *contract) {
  g_autofree GatewayNewUser *users = only_users();
  GatewayOutcome outcomes[ONLY_USERS] = { 0 };
  for (guint i = 0; i < ONLY_USERS; i++)
    users[i].password = only_text("Geheim-%02u", i);
  only_create(contract, users, ONLY_USERS - 1, outcomes);
  g_assert_cmpuint(asked(contract, "core_user_create_users"), ==, 1 + 2);
  only_create(contract, &users[ONLY_USERS - 1], 1, &outcomes[ONLY_USERS - 1]);
  g_assert_cmpuint(asked(contract, "core_user_create_users"), ==, 1 + 2 + 1);
  for (guint i = 0; i < ONLY_USERS; i++)
    contract_check(&outcomes[i], GATEWAY_DONE);
}

/* Nobody is made, and nobody is refused, when Moodle does not answer `function`. */
static void
check_away(Contract *contract, const char *function, const char *password) {
  GatewayNewUser user = contract_user_like("anna");
  GatewayOutcome outcome = { 0 };
  g_autoptr(GError) error = NULL;
  user.password = password;
  for (guint nth = 1; nth <= 3; nth++) /* as often as is tried */
    moodle_app_fail(only_app(contract), function, nth, "sitemaintenance");
  g_assert_false(contract->call->create_users(contract->gateway, &user, 1, &outcome, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE);
  g_assert_cmpint(outcome.code, ==, GATEWAY_UNKNOWN);
  g_assert_cmpint(contract_look(contract, "SELECT count(*) FROM mdl_user WHERE username = 'anna'"),
                  ==, 0);
}

static void
away_is_no_missing_auth(Contract *contract) {
  check_away(contract, "core_user_update_users", NULL);
}

static void
away_is_no_consent(Contract *contract) {
  check_away(contract, "core_user_create_users", "Geheim-47");
}

/* An account without a password is made with another auth than it gets. */
static void
site_without_the_first_auth(Contract *contract) {
  GatewayNewUser user = contract_user_like("anna");
  GatewayOutcome outcome = { 0 };
  g_autoptr(GError) error = NULL;
  moodle_app_fail(only_app(contract), "core_user_update_users", 2, "invalidparameter");
  g_assert_false(contract->call->create_users(contract->gateway, &user, 1, &outcome, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_CONFIG);
  g_assert_nonnull(strstr(error->message, "“oauth2”, with which accounts without a password"));
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  gpointer (*open)(void) = webservice_site_open;
  only_add("kinds-of-passwords", open_with_policy, kinds_of_passwords);
  only_add("policy-is-shown-each-kind-once", open_with_policy, policy_is_shown_each_kind_once);
  only_add("away-is-no-missing-auth", open, away_is_no_missing_auth);
  only_add("away-is-no-consent", open_with_policy, away_is_no_consent);
  only_add("site-without-the-first-auth", open, site_without_the_first_auth);
  return g_test_run();
}
