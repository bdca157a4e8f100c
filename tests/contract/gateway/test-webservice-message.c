/* What the web-service gateway does about notifications when the plugin or the right is not there,
 * and when an answer is lost: nothing is ever sent twice.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "moodle/webservice/webservice.h"
#include "webservice-only.h"

#define NOTIFY "local_lehrgaenge_notify_users"
#define COUNT "SELECT count(*) FROM mdl_notifications"

/* More than fit into one call. */
#define MANY 120

static bool
send_to(Contract *contract, gint64 userid, GatewayOutcome *outcome, GError **error) {
  const GatewayMessage message = { userid, "Import 2025", "Fertig." };
  return contract->call->message(contract->gateway, &message, 1, outcome, error);
}

/* To anna, and expects a failure as a whole that leaves the item open. */
static void
expect_failure(Contract *contract, GatewayError code, const char *words) {
  gint64 anna = contract_user(contract, "anna");
  GatewayOutcome outcome = { 0 };
  g_autoptr(GError) error = NULL;
  g_assert_false(send_to(contract, anna, &outcome, &error));
  g_assert_error(error, GATEWAY_ERROR, (gint)code);
  if (strstr(error->message, words) == NULL)
    g_error("“%s” is not in: %s", words, error->message);
  g_assert_cmpint(outcome.code, ==, GATEWAY_UNKNOWN);
  g_assert_null(outcome.message);
}

static GatewayMessage *
many_messages(gint64 userid) {
  GatewayMessage *messages = g_new0(GatewayMessage, MANY);
  for (guint i = 0; i < MANY; i++)
    messages[i] = (GatewayMessage){ userid, only_text("S%u", i), "Text" };
  return messages;
}

/* ── functions and rights ── */

static gpointer
open_bare(void) {
  return webservice_site_open_with(&(MoodleAppOptions){ .token = WEBSERVICE_TOKEN });
}

static gpointer
open_older(void) {
  static const char *const without[] = { NOTIFY, NULL };
  return webservice_site_open_with(&(MoodleAppOptions){
      .token = WEBSERVICE_TOKEN, .plugin = true, .batch = true, .without = without });
}

static gpointer
open_forbidden(void) {
  static const char *const forbid[] = { NOTIFY, NULL };
  return webservice_site_open_with(&(MoodleAppOptions){
      .token = WEBSERVICE_TOKEN, .plugin = true, .batch = true, .forbid = forbid });
}

static void
expect_cannot(Contract *contract, const char *words) {
  g_autofree char *why = NULL;
  g_assert_false(contract->call->can_message(contract->gateway, NULL));
  g_assert_false(contract->call->can_message(contract->gateway, &why));
  g_assert_nonnull(strstr(why, NOTIFY));
  g_assert_nonnull(strstr(why, words));
  guint64 before = moodle_app_requests(only_app(contract), NULL);
  GatewayOutcome outcome = { 0 };
  g_autoptr(GError) error = NULL;
  g_assert_false(send_to(contract, 2, &outcome, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_REFUSED);
  g_assert_nonnull(strstr(error->message, why));
  g_assert_cmpint(outcome.code, ==, GATEWAY_UNKNOWN);
  g_assert_cmpuint(moodle_app_requests(only_app(contract), NULL), ==, before);
}

static void
without_the_plugin(Contract *contract) {
  expect_cannot(contract, "install the plugin");
}

static void
with_an_older_plugin(Contract *contract) {
  g_assert_true(contract->call->can_complete(contract->gateway));
  expect_cannot(contract, "update the plugin");
}

static void
without_the_right(Contract *contract) {
  g_assert_true(contract->call->can_message(contract->gateway, NULL));
  expect_failure(contract, GATEWAY_ERROR_REFUSED, "local/lehrgaenge:notify");
  g_assert_cmpuint(moodle_app_requests(only_app(contract), NOTIFY), ==, 1);
}

/* ── what is lost ── */

static void
lost_is_not_sent_again(Contract *contract) {
  moodle_app_lose_reply(only_app(contract), NOTIFY, 1);
  expect_failure(contract, GATEWAY_ERROR_FAILED, NOTIFY);
  g_assert_cmpuint(moodle_app_requests(only_app(contract), NOTIFY), ==, 1);
  g_assert_cmpint(contract_look(contract, COUNT), ==, 1);
}

static void
unshown_is_not_sent_again(Contract *contract) {
  moodle_app_invalidate(only_app(contract), NOTIFY, 1);
  expect_failure(contract, GATEWAY_ERROR_FAILED, NOTIFY);
  g_assert_cmpuint(moodle_app_requests(only_app(contract), NOTIFY), ==, 1);
  g_assert_cmpint(contract_look(contract, COUNT), ==, 1);
}

/* Moodle does it, and something in between answers for it. */
static void
strange_answer(gpointer site, guint nth, const ServerApp *moodle, const Request *request,
               Faults *faults, Answer *answer) {
  static const char sent[] = "{\"userid\":%s,\"status\":\"sent\",\"message\":\"\"}";
  g_autofree char *anna = webservice_site_look(site, "SELECT max(id) FROM mdl_user");
  g_autofree char *hers = g_strdup_printf(sent, anna);
  g_autofree char *another = g_strdup_printf(sent, "77");
  g_autofree char *both = g_strdup_printf("[%s,%s]", hers, another);
  g_autofree char *others = g_strdup_printf("[%s]", another);
  const char *const answers[] = { "[]", "null", hers, others, both };
  moodle->handle(moodle->data, request, faults, answer);
  g_string_assign(answer->body, answers[(nth - 1) % G_N_ELEMENTS(answers)]);
}

static void
strange_answers_say_nothing(Contract *contract) {
  gint64 anna = contract_user(contract, "anna");
  webservice_site_between(contract->site, NOTIFY, strange_answer);
  for (gint64 nth = 1; nth <= 5; nth++) {
    GatewayOutcome outcome = { 0 };
    g_autoptr(GError) error = NULL;
    g_assert_false(send_to(contract, anna, &outcome, &error));
    g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_FAILED);
    g_assert_cmpint(outcome.code, ==, GATEWAY_UNKNOWN);
    g_assert_cmpint(contract_look(contract, COUNT), ==, nth);
  }
}

static void
maintenance_may_be_tried_later(Contract *contract) {
  gint64 anna = contract_user(contract, "anna");
  GatewayOutcome outcome = { 0 };
  g_autoptr(GError) error = NULL;
  for (guint nth = 1; nth <= 10; nth++)
    moodle_app_fail(only_app(contract), NOTIFY, nth, "sitemaintenance");
  g_assert_false(send_to(contract, anna, &outcome, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE);
  g_assert_cmpint(outcome.code, ==, GATEWAY_UNKNOWN);
  g_assert_cmpint(contract_look(contract, COUNT), ==, 0);
}

/* Another call's loss says nothing about those that were answered, and is worse than a refusal. */
static void
others_are_not_lost(Contract *contract) {
  gint64 anna = contract_user(contract, "anna");
  g_autofree GatewayMessage *messages = many_messages(anna);
  GatewayOutcome outcomes[MANY] = { 0 };
  g_autoptr(GError) error = NULL;
  moodle_app_fail(only_app(contract), NOTIFY, 1, "nopermissions");
  moodle_app_lose_reply(only_app(contract), NOTIFY, 2);
  g_assert_false(contract->call->message(contract->gateway, messages, MANY, outcomes, &error));
  g_assert_error(error, GATEWAY_ERROR, GATEWAY_ERROR_FAILED);
  g_assert_cmpuint(moodle_app_requests(only_app(contract), NOTIFY), ==, 3);
  guint done = 0;
  for (guint i = 0; i < MANY; i++)
    done += outcomes[i].code == GATEWAY_DONE;
  gint64 sent = contract_look(contract, COUNT);
  /* Calls of 50, 50 and 20: one was refused, one lost, one answered. */
  g_assert_true((done == 20 && sent == 70) || (done == 50 && (sent == 100 || sent == 70)));
  gateway_outcomes_clear(outcomes, MANY);
}

/* ── what the plugin says ── */

static void
told_otherwise(gpointer site, guint nth, const ServerApp *moodle, const Request *request,
               Faults *faults, Answer *answer) {
  static const char *const said[] = { "\"failed\",\"message\":\"Switched off.\"",
                                      "\"suspended\",\"message\":\"\"",
                                      "\"failed\",\"message\":\"\"",
                                      "\"surprise\",\"message\":\"\"" };
  (void)site;
  moodle->handle(moodle->data, request, faults, answer);
  g_string_printf(answer->body, "[{\"userid\":2,\"status\":%s}]",
                  said[(nth - 1) % G_N_ELEMENTS(said)]);
}

static void
refusals_of_the_plugin(Contract *contract) {
  static const char *const words[] = { "Switched off.", "suspended", "could not send",
                                       "could not send" };
  webservice_site_between(contract->site, NOTIFY, told_otherwise);
  for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
    GatewayOutcome outcome = { 0 };
    g_assert_true(send_to(contract, 2, &outcome, NULL));
    only_says(&outcome, GATEWAY_INVALID, words[i]);
    gateway_outcomes_clear(&outcome, 1);
  }
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  gpointer (*open)(void) = webservice_site_open;
  only_add("message/without-the-plugin", open_bare, without_the_plugin);
  only_add("message/with-an-older-plugin", open_older, with_an_older_plugin);
  only_add("message/without-the-right", open_forbidden, without_the_right);
  only_add("message/lost-is-not-sent-again", open, lost_is_not_sent_again);
  only_add("message/unshown-is-not-sent-again", open, unshown_is_not_sent_again);
  only_add("message/strange-answers-say-nothing", open, strange_answers_say_nothing);
  only_add("message/maintenance-may-be-tried-later", open, maintenance_may_be_tried_later);
  only_add("message/others-are-not-lost", open, others_are_not_lost);
  only_add("message/refusals-of-the-plugin", open, refusals_of_the_plugin);
  return g_test_run();
}
