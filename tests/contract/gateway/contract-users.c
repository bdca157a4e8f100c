/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "contract-private.h"

#include <string.h>

/* ── finding ── */

typedef struct {
  gint64 ids[GATEWAY_SLICE]; /* by index */
  char *text;                /* of the last hit: "username|idnumber|email" */
} Finds;

static void
note(guint index, const GatewayUser *user, gpointer user_data) {
  Finds *finds = user_data;
  g_assert_cmpuint(index, <, G_N_ELEMENTS(finds->ids));
  g_assert_cmpint(finds->ids[index], ==, 0); /* at most one hit per value */
  finds->ids[index] = user->id;
  g_free(finds->text);
  finds->text = g_strdup_printf("%s|%s|%s", user->username, user->idnumber, user->email);
}

static void
find_all(Contract *contract, GatewayUserField field, const char *const *values, guint count,
         Finds *finds) {
  g_autoptr(GError) error = NULL;
  bool ok =
      contract->call->find_users(contract->gateway, field, values, count, note, finds, &error);
  g_assert_no_error(error);
  g_assert_true(ok);
}

static gint64
find(Contract *contract, GatewayUserField field, const char *value) {
  g_autofree Finds *finds = g_new0(Finds, 1);
  find_all(contract, field, &value, 1, finds);
  g_free(finds->text);
  return finds->ids[0];
}

static gint64
find_id(Contract *contract, gint64 id) {
  g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, id);
  return find(contract, GATEWAY_USER_ID, text);
}

static gint64
user_with_idnumber(Contract *contract, const char *username, const char *idnumber) {
  gint64 id = 0;
  GatewayNewUser user = contract_user_like(username);
  user.idnumber = idnumber;
  if (strchr(username, '@') != NULL) /* a name may be an address */
    user.email = username;
  g_assert_cmpint(contract_new_user(contract, &user, &id), ==, GATEWAY_DONE);
  return id;
}

static void
found_by_each_field(Contract *contract) {
  gint64 id = user_with_idnumber(contract, "anna.k-1_x@y.de", "T/4711 ä'\"");
  g_assert_cmpint(find_id(contract, id), ==, id);
  g_assert_cmpint(find(contract, GATEWAY_USER_USERNAME, "anna.k-1_x@y.de"), ==, id);
  g_assert_cmpint(find(contract, GATEWAY_USER_IDNUMBER, "T/4711 ä'\""), ==, id);
}

static void
hands_out_what_is_there(Contract *contract) {
  g_autofree Finds *finds = g_new0(Finds, 1);
  const char *value = "Ä-1";
  user_with_idnumber(contract, "anna", "Ä-1");
  find_all(contract, GATEWAY_USER_IDNUMBER, &value, 1, finds);
  g_assert_cmpstr(finds->text, ==, "anna|Ä-1|anna@beispiel.de");
  g_free(finds->text);
}

static void
names_and_idnumbers_are_exact(Contract *contract) {
  gint64 id = user_with_idnumber(contract, "anna_b", "Ab_%1");
  static const char *const names[] = {
    "Anna_b", "ANNA_B", "annaxb", "anna%", "anna_b ", "anna", ""
  };
  static const char *const idnumbers[] = { "ab_%1", "AB_%1",  "Abx%1", "Ab_x1",
                                           "Ab%",   " Ab_%1", "Ab_%",  "" };
  for (guint i = 0; i < G_N_ELEMENTS(names); i++)
    g_assert_cmpint(find(contract, GATEWAY_USER_USERNAME, names[i]), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS(idnumbers); i++)
    g_assert_cmpint(find(contract, GATEWAY_USER_IDNUMBER, idnumbers[i]), ==, 0);
  g_assert_cmpint(find(contract, GATEWAY_USER_USERNAME, "anna_b"), ==, id);
  g_assert_cmpint(find(contract, GATEWAY_USER_IDNUMBER, "Ab_%1"), ==, id);
}

static void
emails_ignore_case(Contract *contract) {
  gint64 id = 0;
  GatewayNewUser user = contract_user_like("anna");
  user.email = "Anna_B%1@Beispiel.DE";
  g_assert_cmpint(contract_new_user(contract, &user, &id), ==, GATEWAY_DONE);
  gint64 other = contract->harness->exact_emails ? 0 : id;
  g_assert_cmpint(find(contract, GATEWAY_USER_EMAIL, "Anna_B%1@Beispiel.DE"), ==, id);
  g_assert_cmpint(find(contract, GATEWAY_USER_EMAIL, "anna_b%1@beispiel.de"), ==, other);
  g_assert_cmpint(find(contract, GATEWAY_USER_EMAIL, "ANNA_B%1@BEISPIEL.DE"), ==, other);
  static const char *const wrong[] = { "annaxb%1@beispiel.de", "%", "anna_b%@beispiel.de", "" };
  for (guint i = 0; i < G_N_ELEMENTS(wrong); i++)
    g_assert_cmpint(find(contract, GATEWAY_USER_EMAIL, wrong[i]), ==, 0);
}

static void
ids_are_decimal(Contract *contract) {
  static const char *const wrong[] = { "0", "-1", "", "x", "03", "99999", "99999999999999999999" };
  gint64 id = contract_user(contract, "anna");
  g_autofree char *tail = g_strdup_printf("%" G_GINT64_FORMAT "x", id);
  g_assert_cmpint(find(contract, GATEWAY_USER_ID, tail), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS(wrong); i++)
    g_assert_cmpint(find(contract, GATEWAY_USER_ID, wrong[i]), ==, 0);
}

static void
lowest_id_of_several(Contract *contract) {
  gint64 first = user_with_idnumber(contract, "zoe", "same");
  gint64 second = user_with_idnumber(contract, "anna", "same");
  g_assert_cmpint(second, >, first);
  g_assert_cmpint(find(contract, GATEWAY_USER_IDNUMBER, "same"), ==, first);
  contract_exec(contract, "UPDATE mdl_user SET deleted = 1 WHERE id = %" G_GINT64_FORMAT, first);
  g_assert_cmpint(find(contract, GATEWAY_USER_IDNUMBER, "same"), ==, second);
}

static void
deleted_are_never_found(Contract *contract) {
  gint64 id = user_with_idnumber(contract, "anna", "4711");
  contract_exec(contract, "UPDATE mdl_user SET deleted = 1 WHERE id = %" G_GINT64_FORMAT, id);
  g_assert_cmpint(find_id(contract, id), ==, 0);
  g_assert_cmpint(find(contract, GATEWAY_USER_USERNAME, "anna"), ==, 0);
  g_assert_cmpint(find(contract, GATEWAY_USER_IDNUMBER, "4711"), ==, 0);
  g_assert_cmpint(find(contract, GATEWAY_USER_EMAIL, "anna@beispiel.de"), ==, 0);
}

/* A whole slice, with every third value unknown. */
static void
a_slice_keeps_its_places(Contract *contract) {
  g_autofree GatewayNewUser *users = g_new0(GatewayNewUser, GATEWAY_SLICE);
  g_autofree GatewayOutcome *outcomes = g_new0(GatewayOutcome, GATEWAY_SLICE);
  g_autofree Finds *finds = g_new0(Finds, 1);
  g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
  const char *values[GATEWAY_SLICE];
  for (guint i = 0; i < GATEWAY_SLICE; i++) {
    users[i] = contract_user_like("x");
    users[i].username = values[i] = g_strdup_printf("user%u", i);
    users[i].email = g_strdup_printf("user%u@beispiel.de", i);
    g_ptr_array_add(texts, (gpointer)users[i].username);
    g_ptr_array_add(texts, (gpointer)users[i].email);
  }
  g_autoptr(GError) error = NULL;
  g_assert_true(
      contract->call->create_users(contract->gateway, users, GATEWAY_SLICE, outcomes, &error));
  for (guint i = 0; i < GATEWAY_SLICE; i += 3)
    values[i] = "unknown";
  find_all(contract, GATEWAY_USER_USERNAME, values, GATEWAY_SLICE, finds);
  for (guint i = 0; i < GATEWAY_SLICE; i++) {
    contract_check(&outcomes[i], GATEWAY_DONE);
    g_assert_cmpint(finds->ids[i], ==, i % 3 == 0 ? 0 : outcomes[i].id);
  }
  g_free(finds->text);
}

/* ── creating ── */

static void
stores_what_is_given(Contract *contract) {
  gint64 id = 0;
  const GatewayNewUser user = { .username = "anna",
                                .firstname = "Anna-Lena \"Änni\"",
                                .lastname = "O'Neill",
                                .email = "Anna@Beispiel.de",
                                .city = "Bad Hersfeld",
                                .country = "DE",
                                .idnumber = "T-1",
                                .auth = "oidc" };
  g_assert_cmpint(contract_new_user(contract, &user, &id), ==, GATEWAY_DONE);
  contract_assert_text(
      contract, "anna|Anna-Lena \"Änni\"|O'Neill|Anna@Beispiel.de|Bad Hersfeld|DE|T-1|oidc|1|0|0",
      "SELECT username || '|' || firstname || '|' || lastname || '|' || email || '|' || city"
      " || '|' || country || '|' || idnumber || '|' || auth || '|' || confirmed || '|' ||"
      " deleted || '|' || suspended FROM mdl_user WHERE id = %" G_GINT64_FORMAT,
      id);
}

static gint64
must_change_password(Contract *contract, gint64 userid) {
  return contract_look(
      contract,
      "SELECT count(*) FROM mdl_user_preferences WHERE name = 'auth_forcepasswordchange'"
      " AND value = '1' AND userid = %" G_GINT64_FORMAT,
      userid);
}

static void
passwords(Contract *contract) {
  GatewayNewUser user = contract_user_like("none");
  gint64 none = 0, mailed = 0, given = 0;
  g_assert_cmpint(contract_new_user(contract, &user, &none), ==, GATEWAY_DONE);
  user = contract_user_like("mailed");
  user.password = "";
  g_assert_cmpint(contract_new_user(contract, &user, &mailed), ==, GATEWAY_DONE);
  user = contract_user_like("given");
  user.password = "Geheim-4711#";
  g_assert_cmpint(contract_new_user(contract, &user, &given), ==, GATEWAY_DONE);

  g_assert_cmpint(must_change_password(contract, none), ==, 0);
  g_assert_cmpint(must_change_password(contract, mailed), ==, 1);
  g_assert_cmpint(must_change_password(contract, given), ==, 0);
  g_autofree char *column = contract_look_text(
      contract, "SELECT password FROM mdl_user WHERE id = %" G_GINT64_FORMAT, given);
  g_assert_cmpuint(strlen(column), >, 20);
  g_assert_null(strstr(column, "Geheim"));
}

static void
refuses_what_is_taken(Contract *contract) {
  gint64 id = contract_user(contract, "anna");
  GatewayNewUser user = contract_user_like("anna");
  user.email = "other@beispiel.de";
  g_assert_cmpint(contract_new_user(contract, &user, &id), ==, GATEWAY_TAKEN_USERNAME);
  user = contract_user_like("berta");
  user.email = "ANNA@Beispiel.de";
  g_assert_cmpint(contract_new_user(contract, &user, &id), ==, GATEWAY_TAKEN_EMAIL);
  /* Both: the name is said first. */
  user.username = "anna";
  g_assert_cmpint(contract_new_user(contract, &user, &id), ==, GATEWAY_TAKEN_USERNAME);
  g_assert_cmpint(find(contract, GATEWAY_USER_USERNAME, "berta"), ==, 0);
}

static void
shared_addresses_where_allowed(Contract *contract) {
  g_assert_false(contract->call->shared_emails(contract->gateway));
  contract_exec(contract,
                "UPDATE mdl_config SET value = '1' WHERE name = 'allowaccountssameemail'");
  contract->harness->refresh(contract->site);
  contract->gateway = contract->harness->gateway(contract->site);
  g_assert_true(contract->call->shared_emails(contract->gateway) ==
                contract->harness->tells_shared_emails);
  gint64 first = contract_user(contract, "anna"), second = 0;
  GatewayNewUser user = contract_user_like("berta");
  user.email = "ANNA@beispiel.de";
  g_assert_cmpint(contract_new_user(contract, &user, &second), ==, GATEWAY_DONE);
  g_assert_cmpint(find(contract, GATEWAY_USER_EMAIL, "anna@beispiel.de"), ==, first);
}

static void
deleted_users_free_their_address(Contract *contract) {
  gint64 id = contract_user(contract, "anna");
  contract_exec(contract,
                "UPDATE mdl_user SET deleted = 1, username = 'anna.gone', idnumber = ''"
                " WHERE id = %" G_GINT64_FORMAT,
                id);
  g_assert_cmpint(contract_user(contract, "anna"), !=, id);
}

static void
refuses_bad_values(Contract *contract) {
  static const char *const names[] = { "", "Anna", "anna b", "änna", "anna+b", "anna/b", "anna'" };
  static const char *const emails[] = { "",           "anna",        "@beispiel.de",  "anna@",
                                        "a@b@c.de",   "an na@b.de",  "anna@b .de",    "änna@b.de",
                                        "a..b@c.de",  "anna@b..de",  ".anna@b.de",    "anna.@b.de",
                                        "anna@b.de.", "<anna>@b.de", "anna@b.de, x@y" };
  gint64 before = contract_look(contract, "SELECT count(*) FROM mdl_user"), id = 0;
  g_autofree char *long_text = g_strnfill(256, 'x');
  for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
    GatewayNewUser user = contract_user_like("x");
    user.username = names[i];
    g_assert_cmpint(contract_new_user(contract, &user, &id), ==, GATEWAY_INVALID);
  }
  for (guint i = 0; i < G_N_ELEMENTS(emails); i++) {
    GatewayNewUser user = contract_user_like("x");
    user.email = emails[i];
    g_assert_cmpint(contract_new_user(contract, &user, &id), ==, GATEWAY_INVALID);
  }
  const GatewayNewUser good = contract_user_like("anna");
  GatewayNewUser bad[6];
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
    bad[i] = good;
  bad[0].username = long_text;
  bad[1].firstname = long_text;
  bad[2].lastname = "";
  bad[3].idnumber = long_text;
  bad[4].country = "Deutschland";
  bad[5].city = long_text;
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
    g_assert_cmpint(contract_new_user(contract, &bad[i], &id), ==, GATEWAY_INVALID);
  g_assert_cmpint(contract_look(contract, "SELECT count(*) FROM mdl_user"), ==, before);
  g_assert_cmpint(contract_new_user(contract, &good, &id), ==, GATEWAY_DONE);
}

/* As long as Moodle keeps it, in characters; not one more. */
static void
takes_the_longest(Contract *contract) {
  static const struct {
    const char *character;
    guint longest;
    gsize field;
  } rows[] = {
    { "x", 100, G_STRUCT_OFFSET(GatewayNewUser, username) },
    { "ä", 100, G_STRUCT_OFFSET(GatewayNewUser, firstname) },
    { "ä", 100, G_STRUCT_OFFSET(GatewayNewUser, lastname) },
    { "ä", 120, G_STRUCT_OFFSET(GatewayNewUser, city) },
    { "ä", 255, G_STRUCT_OFFSET(GatewayNewUser, idnumber) },
  };
  static const char *const names[] = { "a", "b", "c", "d", "e" };
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
    for (guint more = 0; more < 2; more++) {
      GatewayNewUser user = contract_user_like(names[i]);
      g_autoptr(GString) text = g_string_new(NULL);
      while (g_utf8_strlen(text->str, -1) < rows[i].longest + more)
        g_string_append(text, rows[i].character);
      G_STRUCT_MEMBER(const char *, &user, rows[i].field) = text->str;
      gint64 id;
      g_assert_cmpint(contract_new_user(contract, &user, &id), ==,
                      more ? GATEWAY_INVALID : GATEWAY_DONE);
    }
}

static void
mixed_batch(Contract *contract) {
  static const GatewayCode expected[] = { GATEWAY_DONE, GATEWAY_INVALID, GATEWAY_TAKEN_USERNAME,
                                          GATEWAY_TAKEN_EMAIL, GATEWAY_DONE };
  GatewayNewUser users[] = { contract_user_like("anna"), contract_user_like("Berta"),
                             contract_user_like("anna"), contract_user_like("carla"),
                             contract_user_like("doris") };
  users[0].email = users[3].email = "anna@beispiel.de";
  users[2].email = "anna2@beispiel.de";
  users[4].email = "doris@beispiel.de";
  GatewayOutcome outcomes[5] = { 0 };
  g_autoptr(GError) error = NULL;
  g_assert_true(contract->call->create_users(contract->gateway, users, 5, outcomes, &error));
  for (guint i = 0; i < 5; i++)
    contract_check(&outcomes[i], expected[i]);
  g_assert_cmpint(find(contract, GATEWAY_USER_USERNAME, "anna"), ==, outcomes[0].id);
  g_assert_cmpint(find(contract, GATEWAY_USER_USERNAME, "carla"), ==, 0);
  g_assert_cmpint(find(contract, GATEWAY_USER_USERNAME, "doris"), ==, outcomes[4].id);
  gateway_outcomes_clear(outcomes, 5);
}

/* ── changing ── */

static GatewayCode
update(Contract *contract, gint64 id, const char *username, const char *idnumber) {
  g_autoptr(GError) error = NULL;
  GatewayOutcome outcome = { 0 };
  const GatewayUserUpdate one = { .userid = id, .username = username, .idnumber = idnumber };
  g_assert_true(contract->call->update_users(contract->gateway, &one, 1, &outcome, &error));
  GatewayCode code = outcome.code;
  contract_check(&outcome, code);
  gateway_outcomes_clear(&outcome, 1);
  return code;
}

#define assert_user(contract, id, expected)                                                        \
  contract_assert_text(                                                                            \
      contract, expected,                                                                          \
      "SELECT username || '|' || idnumber FROM mdl_user WHERE id = %" G_GINT64_FORMAT, id)

static void
changes_what_is_given(Contract *contract) {
  gint64 id = user_with_idnumber(contract, "anna", "");
  g_assert_cmpint(update(contract, id, NULL, "T/1 ä"), ==, GATEWAY_DONE);
  assert_user(contract, id, "anna|T/1 ä");
  g_assert_cmpint(update(contract, id, "anna.neu", NULL), ==, GATEWAY_DONE);
  assert_user(contract, id, "anna.neu|T/1 ä");
  g_assert_cmpint(update(contract, id, "anna", "T2"), ==, GATEWAY_DONE);
  assert_user(contract, id, "anna|T2");
  g_assert_cmpint(update(contract, id, "anna", "T2"), ==, GATEWAY_ALREADY);
  g_assert_cmpint(update(contract, id, NULL, NULL), ==, GATEWAY_ALREADY);
  assert_user(contract, id, "anna|T2");
}

static void
a_new_name_keeps_the_rest(Contract *contract) {
  static const char all[] =
      "SELECT password || '|' || firstname || '|' || lastname || '|' || email || '|' || auth"
      " FROM mdl_user WHERE username = '%s'";
  gint64 id = 0;
  GatewayNewUser user = contract_user_like("anna");
  user.password = "Geheim-4711#";
  g_assert_cmpint(contract_new_user(contract, &user, &id), ==, GATEWAY_DONE);
  g_autofree char *before = contract_look_text(contract, all, "anna");
  g_assert_cmpuint(strlen(before), >, 20);
  g_assert_cmpint(update(contract, id, "berta", NULL), ==, GATEWAY_DONE);
  contract_assert_text(contract, before, all, "berta");
}

static void
a_taken_name_changes_nothing(Contract *contract) {
  gint64 anna = user_with_idnumber(contract, "anna", "A"),
         berta = user_with_idnumber(contract, "berta", "");
  g_assert_cmpint(update(contract, berta, "anna", "B"), ==, GATEWAY_TAKEN_USERNAME);
  assert_user(contract, berta, "berta|");
  assert_user(contract, anna, "anna|A");
  g_assert_cmpint(update(contract, berta, "Berta B", "B"), ==, GATEWAY_INVALID);
  assert_user(contract, berta, "berta|");
}

/* What an account is given whose making was cut short. */
static void
changes_the_auth(Contract *contract) {
  gint64 anna = user_with_idnumber(contract, "anna", "A"),
         berta = user_with_idnumber(contract, "berta", "B");
  const GatewayUserUpdate updates[] = {
    { .userid = anna, .auth = "oauth2" },
    { .userid = berta, .username = "berta.neu", .idnumber = "B2", .auth = "oauth2" },
    { .userid = berta, .username = "anna", .auth = "manual" },
    { .userid = anna, .auth = "oauth2" },
    { .userid = 99999, .auth = "oauth2" },
    { .userid = anna, .idnumber = "A2" },
  };
  static const GatewayCode expected[] = {
    GATEWAY_DONE,    GATEWAY_DONE,    GATEWAY_TAKEN_USERNAME,
    GATEWAY_ALREADY, GATEWAY_MISSING, GATEWAY_DONE,
  };
  GatewayOutcome outcomes[6] = { 0 };
  g_autoptr(GError) error = NULL;
  g_assert_true(contract->call->update_users(contract->gateway, updates, 6, outcomes, &error));
  for (guint i = 0; i < 6; i++) {
    /* Not every Moodle shows an account's auth. */
    bool unseen = expected[i] == GATEWAY_ALREADY && outcomes[i].code == GATEWAY_DONE;
    contract_check(&outcomes[i],
                   unseen && !contract->harness->tells_auth ? GATEWAY_DONE : expected[i]);
  }
  gateway_outcomes_clear(outcomes, 6);
  static const char auth[] = "SELECT auth FROM mdl_user WHERE id = %" G_GINT64_FORMAT;
  contract_assert_text(contract, "oauth2", auth, anna);
  contract_assert_text(contract, "oauth2", auth, berta);
  assert_user(contract, anna, "anna|A2");
  assert_user(contract, berta, "berta.neu|B2");
}

static void
only_who_is_there_changes(Contract *contract) {
  gint64 id = contract_user(contract, "anna");
  g_assert_cmpint(update(contract, id + 100, NULL, "X"), ==, GATEWAY_MISSING);
  contract_exec(contract, "UPDATE mdl_user SET deleted = 1 WHERE id = %" G_GINT64_FORMAT, id);
  g_assert_cmpint(update(contract, id, NULL, "X"), ==, GATEWAY_MISSING);
  assert_user(contract, id, "anna|");
}

/* In order: a name given up by one item is free for the next. */
static void
changes_in_order(Contract *contract) {
  gint64 anna = contract_user(contract, "anna"), berta = contract_user(contract, "berta");
  const GatewayUserUpdate updates[] = { { .userid = anna, .username = "anna.alt" },
                                        { .userid = 99999, .username = "nobody" },
                                        { .userid = berta, .username = "anna", .idnumber = "B" },
                                        { .userid = anna, .username = "anna" } };
  static const GatewayCode expected[] = { GATEWAY_DONE, GATEWAY_MISSING, GATEWAY_DONE,
                                          GATEWAY_TAKEN_USERNAME };
  GatewayOutcome outcomes[4] = { 0 };
  g_autoptr(GError) error = NULL;
  g_assert_true(contract->call->update_users(contract->gateway, updates, 4, outcomes, &error));
  for (guint i = 0; i < 4; i++)
    contract_check(&outcomes[i], expected[i]);
  gateway_outcomes_clear(outcomes, 4);
  assert_user(contract, anna, "anna.alt|");
  assert_user(contract, berta, "anna|B");
}

void
contract_users_add(const GatewayHarness *harness) {
  contract_add(harness, "users/found-by-each-field", found_by_each_field);
  contract_add(harness, "users/hands-out-what-is-there", hands_out_what_is_there);
  contract_add(harness, "users/names-and-idnumbers-are-exact", names_and_idnumbers_are_exact);
  contract_add(harness, "users/emails-ignore-case", emails_ignore_case);
  contract_add(harness, "users/ids-are-decimal", ids_are_decimal);
  contract_add(harness, "users/lowest-id-of-several", lowest_id_of_several);
  contract_add(harness, "users/deleted-are-never-found", deleted_are_never_found);
  contract_add(harness, "users/a-slice-keeps-its-places", a_slice_keeps_its_places);
  contract_add(harness, "users/stores-what-is-given", stores_what_is_given);
  contract_add(harness, "users/passwords", passwords);
  contract_add(harness, "users/refuses-what-is-taken", refuses_what_is_taken);
  contract_add(harness, "users/shared-addresses-where-allowed", shared_addresses_where_allowed);
  contract_add(harness, "users/deleted-users-free-their-address", deleted_users_free_their_address);
  contract_add(harness, "users/refuses-bad-values", refuses_bad_values);
  contract_add(harness, "users/takes-the-longest", takes_the_longest);
  contract_add(harness, "users/mixed-batch", mixed_batch);
  contract_add(harness, "users/changes-what-is-given", changes_what_is_given);
  contract_add(harness, "users/a-new-name-keeps-the-rest", a_new_name_keeps_the_rest);
  contract_add(harness, "users/a-taken-name-changes-nothing", a_taken_name_changes_nothing);
  contract_add(harness, "users/changes-the-auth", changes_the_auth);
  contract_add(harness, "users/only-who-is-there-changes", only_who_is_there_changes);
  contract_add(harness, "users/changes-in-order", changes_in_order);
}
