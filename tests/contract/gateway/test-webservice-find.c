/* How the web-service gateway asks for people: what is not worth asking, and what an answer leaves
 * open.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "moodle/webservice/ws_user.h"
#include "webservice-only.h"

static guint
asked(Contract *contract, const char *function) {
  return (guint)moodle_app_requests(only_app(contract), function);
}

static void
addresses(void) {
  static const struct {
    const char *address;
    bool is_one;
  } rows[] = {
    { "anna@beispiel.de", true },
    { "o'hara+x_1@b-c.example", true },
    { "a@b.de", true },
    { "1@2.de", true },
    { "anna", false },
    { "@b.de", false },
    { "anna@localhost", false },
    { "anna@-b.de", false },
    { "anna@b.de-", false },
    { "anna@.de", false },
    { "anna@b.de.", false },
    { ".anna@b.de", false },
    { "anna.@b.de", false },
    { "a..b@c.de", false },
    { "a@b..de", false },
    { "an na@b.de", false },
    { "a@b@c.de", false },
    { "änna@b.de", false },
    { "anna@bä.de", false },
  };
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
    if (ws_user_is_email(rows[i].address) != rows[i].is_one)
      g_error("%s: %d", rows[i].address, !rows[i].is_one);
  g_assert_true(ws_user_is_email(only_text("%064d@b.de", 1)));
  g_assert_false(ws_user_is_email(only_text("%065d@b.de", 1)));
  g_assert_false(ws_user_is_username(""));
}

static void
note_hit(guint index, const GatewayUser *user, gpointer data) {
  (void)user;
  *(guint *)data |= 1U << index;
}

static guint
find(Contract *contract, GatewayUserField field, const char *const *values, guint count) {
  guint hits = 0;
  g_autoptr(GError) error = NULL;
  contract->call->find_users(contract->gateway, field, values, count, note_hit, &hits, &error);
  g_assert_no_error(error);
  return hits;
}

static void
asks_for_one(gpointer site, guint nth, const ServerApp *moodle, const Request *request,
             Faults *faults, Answer *answer) {
  (void)site, (void)nth;
  g_assert_nonnull(strstr(request->body->str, "values%5B0%5D"));
  g_assert_null(strstr(request->body->str, "values%5B1%5D"));
  moodle->handle(moodle->data, request, faults, answer);
}

/* A value that Moodle does not take would cost the others of its question a second one; and an
 * empty ID number is that of many. */
static void
hopeless_values_are_not_asked(Contract *contract) {
  static const struct {
    GatewayUserField field;
    const char *values[4];
  } rows[] = {
    { GATEWAY_USER_ID, { "3", "x", "03", "0" } },
    { GATEWAY_USER_USERNAME, { "anna", "Anna", "an na", "" } },
    { GATEWAY_USER_EMAIL, { "anna@beispiel.de", "anna", "a..b@c.de", "" } },
    { GATEWAY_USER_IDNUMBER, { "T-1", "", "", "T-1" } },
  };
  GatewayNewUser user = contract_user_like("anna");
  gint64 id;
  user.idnumber = "T-1";
  g_assert_cmpint(contract_new_user(contract, &user, &id), ==, GATEWAY_DONE);
  g_assert_cmpint(id, ==, 3); /* of the rows above */
  webservice_site_between(contract->site, "core_user_get_users_by_field", asks_for_one);
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
    guint before = asked(contract, "core_user_get_users_by_field");
    guint hits = find(contract, rows[i].field, rows[i].values, 4);
    g_assert_cmpuint(hits, ==, rows[i].field == GATEWAY_USER_IDNUMBER ? 1 + 8 : 1);
    g_assert_cmpuint(asked(contract, "core_user_get_users_by_field") - before, ==, 1);
  }
}

/* A question that is refused for one of its values is asked again in halves, and no other. */
static void
refused_questions_are_halved(Contract *contract) {
  static const char *const names[] = { "m0", "m1", "m2" };
  for (guint count = 2; count <= 3; count++) {
    contract_user(contract, names[count == 2 ? 0 : 2]);
    if (count == 2)
      contract_user(contract, names[1]);
    guint64 before = moodle_app_calls(only_app(contract), "core_user_get_users_by_field");
    moodle_app_fail(only_app(contract), "core_user_get_users_by_field", 1, "invalidparameter");
    g_assert_cmpuint(find(contract, GATEWAY_USER_USERNAME, names, count), ==, (1U << count) - 1);
    g_assert_cmpuint(moodle_app_calls(only_app(contract), "core_user_get_users_by_field") - before,
                     ==, 3);
  }
}

/* Where the database tells "a" from "A", an address is looked for in small letters, too. */
static void
addresses_in_small_letters(Contract *contract) {
  static const char *const values[] = { "Anna@Beispiel.DE", "berta@beispiel.de" };
  contract_user(contract, "anna");
  g_assert_cmpuint(find(contract, GATEWAY_USER_EMAIL, values, 2), ==, 1);
}

/* Addresses that are not shown do not tell the deleted any more; a name and no ID number do. */
static void
deleted_with_hidden_addresses(Contract *contract) {
  static const char *const names[] = { "anna.2024", "anna.1234567890x", "anna.1234567890",
                                       "berta.1234567890" };
  for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
    GatewayNewUser user = contract_user_like(names[i]);
    GatewayOutcome outcome = { 0 };
    user.email = only_text("m%u@beispiel.de", i);
    if (i == 3)
      user.idnumber = "T-1";
    only_create(contract, &user, 1, &outcome);
    contract_check(&outcome, GATEWAY_DONE);
  }
  g_assert_cmpuint(find(contract, GATEWAY_USER_USERNAME, names, 4), ==, 1 + 2 + 8);
}

static gpointer
open_hiding(void) {
  static const char *const reading[] = { "local_lehrgaenge_get_users", NULL };
  return webservice_site_open_with(&(MoodleAppOptions){
      .token = WEBSERVICE_TOKEN, .plugin = true, .hide_email = true, .without = reading });
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  only_add("refused-questions-are-halved", webservice_site_open_plain,
           refused_questions_are_halved);
  only_add("addresses-in-small-letters", webservice_site_open_plain, addresses_in_small_letters);
  only_add("deleted-with-hidden-addresses", open_hiding, deleted_with_hidden_addresses);
  only_add("hopeless-values-are-not-asked", webservice_site_open_core,
           hopeless_values_are_not_asked);
  g_test_add_func("/gateway/webservice-only/addresses", addresses);
  return g_test_run();
}
