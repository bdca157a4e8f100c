/* Making accounts.
 *
 * An account without a password (SPEC 4, "none") is made in two steps: with an `auth` whose plugin
 * keeps no password in Moodle, so that nothing has to be hashed, which takes Moodle most of the
 * time of an import; then it gets its real `auth`. Until the second step is done its outcome is
 * UNKNOWN, and who finds such an account later finishes it (gateway.h, create_users).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/text.h"
#include "moodle/webservice/ws_ask.h"
#include "moodle/webservice/ws_user.h"
#include "moodle/webservice/ws_write.h"

#define CREATE_USERS 50

typedef struct {
  Webservice *moodle;
  const GatewayNewUser *users;
  GatewayOutcome *outcomes; /* of the accounts themselves, before the second step */
} Creating;

static bool
in_two_steps(const GatewayNewUser *user) {
  return user->password == NULL && strcmp(user->auth, WS_AUTH_PASSWORDLESS) != 0;
}

/* ── the call ── */

static json_t *
create_row(guint item, gpointer data) {
  const GatewayNewUser *user = &((Creating *)data)->users[item];
  json_t *row = json_pack(
      "{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "username", user->username, "firstname",
      user->firstname, "lastname", user->lastname, "email", user->email, "idnumber", user->idnumber,
      "auth", user->password == NULL ? WS_AUTH_PASSWORDLESS : user->auth, "country", user->country);
  if (!text_empty(user->city))
    json_object_set_new(row, "city", json_string(user->city));
  if (user->password != NULL && *user->password == '\0')
    json_object_set_new(row, "createpassword", json_integer(1));
  else if (user->password != NULL)
    json_object_set_new(row, "password", json_string(user->password));
  return row;
}

static json_t *
create_arguments(const guint *items, guint count, const char **function, gpointer data) {
  *function = "core_user_create_users";
  return ws_write_rows("users", create_row, items, count, data);
}

static bool
create_accept(const guint *items, guint count, const json_t *result, gpointer data) {
  return ws_write_take_ids(((Creating *)data)->outcomes, items, count, result, 0);
}

typedef struct {
  Creating *creating;
  const guint *items;
} Seen;

/* An account of this user name and ID number is the one that was asked for. */
static bool
is_ours(const char *idnumber, const GatewayNewUser *user) {
  return *idnumber != '\0' && strcmp(idnumber, user->idnumber) == 0;
}

static void
on_made(guint index, const GatewayUser *user, gpointer data) {
  const Seen *seen = data;
  guint item = seen->items[index];
  if (is_ours(user->idnumber, &seen->creating->users[item]))
    ws_write_settle(&seen->creating->outcomes[item], GATEWAY_DONE, user->id);
}

static bool
create_look(const guint *items, guint count, gpointer data, GError **error) {
  Creating *creating = data;
  const char *names[CREATE_USERS];
  for (guint i = 0; i < count; i++)
    names[i] = creating->users[items[i]].username;
  Seen seen = { creating, items };
  return ws_user_find(&creating->moodle->base, GATEWAY_USER_USERNAME, names, count, on_made, &seen,
                      error);
}

/* ── why an account was refused ── */

typedef struct {
  gint64 id;
  char *idnumber;
} Holder;

static void
on_holder(guint index, const GatewayUser *user, gpointer data) {
  (void)index;
  Holder *holder = data;
  holder->id = user->id;
  holder->idnumber = g_strdup(user->idnumber);
}

/* Moodle's other search compares addresses without regard to case, but takes `_` and `%` in them
 * for wildcards. */
static bool
find_address(Webservice *moodle, const char *email, gint64 *id, GError **error) {
  *id = 0;
  if (!ws_site_has(moodle, "core_user_get_users"))
    return true;
  g_autoptr(WsFailure) failure = NULL;
  json_t *arguments = json_pack("{s:[{s:s, s:s}]}", "criteria", "key", "email", "value", email);
  json_auto_t *result =
      ws_client_call(moodle->client, false, 0, "core_user_get_users", arguments, &failure);
  if (result == NULL && failure->kind == WS_EXCEPTION)
    return true;
  if (result == NULL) {
    ws_failure_propagate(failure, error);
    return false;
  }
  const json_t *user;
  size_t i;
  g_autofree char *wanted = g_utf8_casefold(email, -1);
  json_array_foreach(json_object_get(result, "users"), i, user) {
    g_autofree char *is = g_utf8_casefold(ws_ask_text(user, "email"), -1);
    if (strcmp(is, wanted) == 0)
      *id = ws_ask_number(user, "id");
  }
  return true;
}

/* A '<' before a blank is none to Moodle, which cleans by PHP's strip_tags(); one at the end is. */
static bool
holds_markup(const char *text) {
  for (const char *at = strchr(text, '<'); at != NULL; at = strchr(at + 1, '<'))
    if (at[1] == '\0' || strchr(" \t\n\v\f\r", at[1]) == NULL)
      return true;
  return false;
}

/* What in the values themselves Moodle certainly refuses; NULL when nothing. */
static const char *
flaw(const GatewayNewUser *user) {
  if (!ws_user_is_username(user->username))
    return "Moodle allows only small letters, digits and - . _ @ in user names";
  if (holds_markup(user->firstname) || holds_markup(user->lastname) || holds_markup(user->city))
    return "the name or the city holds markup";
  if (g_utf8_strlen(user->username, -1) > 100 || g_utf8_strlen(user->firstname, -1) > 100 ||
      g_utf8_strlen(user->lastname, -1) > 100)
    return "a name is longer than the 100 characters Moodle keeps";
  if (*user->lastname == '\0' || *user->firstname == '\0')
    return "Moodle wants a first and a last name";
  if (strlen(user->country) != 2 || g_utf8_strlen(user->city, -1) > 120)
    return "the country is no two letters, or the city longer than 120 characters";
  if (g_utf8_strlen(user->idnumber, -1) > 255)
    return "the ID number is longer than the 255 characters Moodle keeps";
  return NULL;
}

/* "invalidparameter" says nothing, so it is looked for: the name, the address, the values. What is
 * left is an address that somebody has whom this service may not see, or that the site does not
 * allow. */
static bool
create_explain(guint item, const WsFailure *failure, gpointer data, GError **error) {
  Creating *creating = data;
  const GatewayNewUser *user = &creating->users[item];
  GatewayOutcome *outcome = &creating->outcomes[item];
  g_autofree char *idnumber = NULL;
  Holder holder = { 0 };
  gint64 addressee = 0;
  if (strcmp(failure->errorcode, "invalidparameter") != 0) {
    ws_write_refuse(outcome, GATEWAY_INVALID, "%s", failure->message);
    return true;
  }
  if (!ws_user_find(&creating->moodle->base, GATEWAY_USER_USERNAME, &user->username, 1, on_holder,
                    &holder, error))
    return false;
  idnumber = holder.idnumber;
  if (holder.id != 0 && is_ours(idnumber, user)) {
    ws_write_settle(outcome, GATEWAY_DONE, holder.id);
    return true;
  }
  if (holder.id != 0) {
    ws_write_refuse(outcome, GATEWAY_TAKEN_USERNAME,
                    "the user name “%s” belongs to user %" G_GINT64_FORMAT, user->username,
                    holder.id);
    return true;
  }
  if (!ws_user_is_email(user->email)) {
    ws_write_refuse(outcome, GATEWAY_INVALID, "Moodle does not accept the e-mail address");
    return true;
  }
  if (!find_address(creating->moodle, user->email, &addressee, error))
    return false;
  if (addressee != 0)
    ws_write_refuse(outcome, GATEWAY_TAKEN_EMAIL,
                    "the e-mail address %s belongs to user %" G_GINT64_FORMAT, user->email,
                    addressee);
  else
    ws_write_refuse(outcome, GATEWAY_TAKEN_EMAIL,
                    "Moodle refuses the account, most likely for its e-mail address %s: it belongs "
                    "to somebody this service may not see, or the site does not allow it",
                    user->email);
  return true;
}

/* ── the two steps ── */

/* Takes over what became of the second step of an account. False when that was refused: it must not
 * count as such, for the account is there, and then nobody would finish it. */
static bool
take_given(GatewayOutcome *given, const GatewayOutcome *made, GatewayOutcome *outcome) {
  bool ok = gateway_code_ok(given->code);
  if (!ok && given->code != GATEWAY_UNKNOWN && given->code != GATEWAY_MISSING)
    return false;
  outcome->code = given->code;
  outcome->id = ok ? made->id : 0;
  outcome->message = g_steal_pointer(&given->message);
  return true;
}

/* Gives the accounts made without a password their real auth. Only then they are done. */
static bool
give_auth(Creating *creating, guint count, GatewayOutcome *outcomes, GError **error) {
  g_autofree GatewayUserUpdate *updates = g_new0(GatewayUserUpdate, count);
  g_autofree GatewayOutcome *given = g_new0(GatewayOutcome, count);
  g_autofree guint *items = g_new(guint, count);
  guint made = 0;
  for (guint i = 0; i < count; i++) {
    const GatewayOutcome *is = &creating->outcomes[i];
    if (is->code != GATEWAY_DONE || !in_two_steps(&creating->users[i]))
      continue;
    updates[made].userid = is->id;
    updates[made].auth = creating->users[i].auth;
    items[made++] = i;
  }
  bool ok = ws_user_update_write(creating->moodle, updates, made, given, error);
  for (guint i = 0; i < made; i++) {
    if (take_given(&given[i], &creating->outcomes[items[i]], &outcomes[items[i]]) || !ok)
      continue;
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_FAILED,
                "Moodle made user %" G_GINT64_FORMAT " and does not give it the auth %s: %s",
                updates[i].userid, updates[i].auth, given[i].message);
    ok = false;
  }
  gateway_outcomes_clear(given, made);
  return ok;
}

/* What the policy refuses is not sent. */
static bool
check_passwords(Creating *creating, guint count, GError **error) {
  if (!ws_policy_probe(creating->moodle, creating->users, count, error))
    return false;
  for (guint i = 0; i < count; i++) {
    const char *password = creating->users[i].password;
    const char *refusal =
        text_empty(password) ? NULL : ws_policy_refusal(creating->moodle, password);
    if (refusal != NULL)
      ws_write_refuse(&creating->outcomes[i], GATEWAY_INVALID,
                      "Moodle's password policy refuses the password that the template makes: %s",
                      refusal);
  }
  return true;
}

/* Of rows that ask for the same name or address, the first shall get it, whichever call is answered
 * first: the later ones wait. */
static guint
put_aside(Creating *creating, guint count, bool *aside) {
  g_autoptr(GHashTable) wanted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  guint waiting = 0;
  for (guint i = 0; i < count; i++) {
    const GatewayNewUser *user = &creating->users[i];
    if (creating->outcomes[i].code != GATEWAY_UNKNOWN)
      continue;
    bool new_name = g_hash_table_add(wanted, g_strdup_printf("name %s", user->username));
    g_autofree char *folded = g_utf8_casefold(user->email, -1);
    bool new_email = g_hash_table_add(wanted, g_strdup_printf("mail %s", folded));
    aside[i] = !new_name || (!new_email && !creating->moodle->shared_emails);
    if (aside[i])
      ws_write_settle(&creating->outcomes[i], GATEWAY_ALREADY, 0);
    waiting += aside[i];
  }
  return waiting;
}

static bool
make_accounts(Creating *creating, guint count, GError **error) {
  static const WsWrite write = { .rows = CREATE_USERS,
                                 .sitewide = true,
                                 .arguments = create_arguments,
                                 .accept = create_accept,
                                 .look = create_look,
                                 .explain = create_explain };
  WsWrite singly = write;
  singly.rows = singly.parallel = 1;
  g_autofree bool *aside = g_new0(bool, count + 1);
  guint waiting = put_aside(creating, count, aside);
  bool ok = ws_write(creating->moodle, &write, count, creating->outcomes, creating, error);
  for (guint i = 0; i < count; i++)
    if (aside[i])
      ws_write_settle(&creating->outcomes[i], GATEWAY_UNKNOWN, 0);
  return ok && (waiting == 0 ||
                ws_write(creating->moodle, &singly, count, creating->outcomes, creating, error));
}

/* What cannot go is not sent: a row that is refused costs the others of its call a few more calls.
 */
static void
sort_out(Creating *creating, guint count) {
  for (guint i = 0; i < count; i++) {
    const char *why = flaw(&creating->users[i]);
    if (why != NULL && creating->outcomes[i].code == GATEWAY_UNKNOWN)
      ws_write_refuse(&creating->outcomes[i], GATEWAY_INVALID, "%s", why);
  }
}

bool
ws_user_create(Gateway *gateway, const GatewayNewUser *users, guint count, GatewayOutcome *outcomes,
               GError **error) {
  g_autofree GatewayOutcome *made = g_new0(GatewayOutcome, count);
  Creating creating = { (Webservice *)gateway, users, made };
  sort_out(&creating, count);
  bool ok = ws_auth_probe(creating.moodle, users, count, error) &&
            check_passwords(&creating, count, error) && make_accounts(&creating, count, error);
  /* Also after a failure: what was made before it is finished if that can be. */
  g_autoptr(GError) ignored = NULL;
  bool given = give_auth(&creating, count, outcomes, ok ? error : &ignored);
  for (guint i = 0; i < count; i++)
    if (outcomes[i].code == GATEWAY_UNKNOWN &&
        (made[i].code != GATEWAY_DONE || !in_two_steps(&users[i]))) {
      outcomes[i] = made[i];
      made[i].message = NULL;
    }
  gateway_outcomes_clear(made, count);
  return ok && given;
}
