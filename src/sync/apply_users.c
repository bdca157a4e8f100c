/* Making and changing accounts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "sync/apply_private.h"
#include "sync/login.h"

static Gateway *
gateway(const Apply *apply) {
  return apply->context->gateway;
}

/* ── what an account is made of ── */

static const char *
keep_text(Apply *apply, char *text) {
  const char *kept = g_string_chunk_insert(apply->texts, text);
  g_free(text);
  return kept;
}

static const char *
password_for(Apply *apply, const char *username) {
  const char *rule = apply->plan->courses->config->users.password;
  if (strcmp(rule, "none") == 0)
    return NULL;
  if (strcmp(rule, "mail") == 0)
    return "";
  return keep_text(apply, login_password(rule, username));
}

static const char *
plain_field(Apply *apply, guint person, InputField field, guint characters) {
  return keep_text(
      apply, login_plain(people_field(apply->plan->users->people, person, field), characters));
}

static GatewayNewUser
new_user(Apply *apply, guint person) {
  const Users *users = apply->plan->users;
  const FreshUser *fresh = &g_array_index(users->fresh, FreshUser, users_at(users, person)->fresh);
  const char *id = people_id(users->people, person);
  const char *first = plain_field(apply, person, INPUT_VORNAME, LOGIN_MAX_NAME);
  const char *last = plain_field(apply, person, INPUT_NACHNAME, LOGIN_MAX_NAME);
  return (GatewayNewUser){
    .username = fresh->username,
    .firstname = *first != '\0' ? first : "Teilnehmer",
    .lastname = *last != '\0' ? last : keep_text(apply, login_plain(id, LOGIN_MAX_NAME)),
    .email = fresh->email,
    .city = plain_field(apply, person, INPUT_ORT, LOGIN_MAX_CITY),
    .country = "DE",
    .idnumber = id,
    .auth = apply->plan->courses->config->users.auth,
    .password = password_for(apply, fresh->username),
  };
}

/* ── addresses that are taken by someone we do not see ── */

/* Knows of every address that this run gives anybody. */
static Addresses *
addresses_of(Apply *apply) {
  if (apply->addresses != NULL)
    return apply->addresses;
  const GArray *fresh = apply->plan->users->fresh;
  apply->addresses = addresses_new(gateway(apply));
  for (guint i = 0; i < fresh->len; i++)
    addresses_taken(apply->addresses, g_array_index(fresh, FreshUser, i).email);
  return apply->addresses;
}

/* Those of `steps` whose address was refused and that have another form left, which they get.
 * Indices into steps. */
static GArray *
find_refused(Apply *apply, PlanStep *const *steps, guint count, const GatewayOutcome *outcomes,
             GError **error) {
  Users *users = apply->plan->users;
  g_autoptr(GArray) refused = g_array_new(FALSE, FALSE, sizeof(guint));
  for (guint i = 0; i < count; i++)
    if (outcomes[i].code == GATEWAY_TAKEN_EMAIL)
      g_array_append_val(refused, i);
  if (refused->len == 0)
    return g_steal_pointer(&refused);

  Addresses *addresses = addresses_of(apply);
  addresses_restart(addresses);
  for (guint i = 0; i < refused->len; i++) {
    guint person = steps[g_array_index(refused, guint, i)]->person;
    addresses_want(addresses, people_email(users->people, person),
                   people_id(users->people, person));
  }
  if (!addresses_settle(addresses, error))
    return NULL;
  g_autoptr(GArray) again = g_array_new(FALSE, FALSE, sizeof(guint));
  for (guint i = 0; i < refused->len; i++) {
    guint step = g_array_index(refused, guint, i);
    if (!addresses_may_be_free(addresses, i))
      continue;
    users_set_email(users, steps[step]->person, addresses_get(addresses, i));
    addresses_taken(addresses, addresses_get(addresses, i));
    g_array_append_val(again, step);
  }
  return g_steal_pointer(&again);
}

/* Once more for those of `again`, with their outcomes in the place of the former. */
static bool
create_again(Apply *apply, PlanStep *const *steps, const GArray *again, GatewayOutcome *outcomes,
             GError **error) {
  g_autofree GatewayNewUser *items = g_new(GatewayNewUser, again->len);
  g_autofree GatewayOutcome *results = g_new0(GatewayOutcome, again->len);
  for (guint i = 0; i < again->len; i++)
    items[i] = new_user(apply, steps[g_array_index(again, guint, i)]->person);
  bool ok = gateway(apply)->class->create_users(gateway(apply), items, again->len, results, error);
  for (guint i = 0; i < again->len; i++) {
    GatewayOutcome *outcome = &outcomes[g_array_index(again, guint, i)];
    gateway_outcomes_clear(outcome, 1);
    *outcome = results[i];
  }
  return ok;
}

/* A form after the other, everyone's at once, until Moodle takes one or there is none left. */
static bool
retry_refused(Apply *apply, PlanStep *const *steps, guint count, GatewayOutcome *outcomes,
              GError **error) {
  for (guint round = 0; round < ADDRESSES_FORMS; round++) {
    g_autoptr(GArray) again = find_refused(apply, steps, count, outcomes, error);
    if (again == NULL)
      return false;
    if (again->len == 0)
      return true;
    if (!create_again(apply, steps, again, outcomes, error))
      return false;
  }
  return true;
}

/* ── the steps ── */

bool
apply_users_create(Apply *apply, PlanStep *const *steps, guint count, GatewayOutcome *outcomes,
                   GError **error) {
  g_autofree GatewayNewUser *items = g_new(GatewayNewUser, count);
  for (guint i = 0; i < count; i++)
    items[i] = new_user(apply, steps[i]->person);
  return gateway(apply)->class->create_users(gateway(apply), items, count, outcomes, error) &&
         retry_refused(apply, steps, count, outcomes, error);
}

void
apply_users_created(Apply *apply, PlanStep *step, const GatewayOutcome *outcome) {
  users_at(apply->plan->users, step->person)->id = outcome->id;
}

bool
apply_map_flush(Apply *apply, GError **error) {
  Store *store = apply->context->store;
  bool ok =
      apply->map_rows->len == 0 ||
      store->class->usermap_put(store, (const StoreUserMap *)(gpointer)apply->map_rows->data,
                                apply->map_rows->len, clock_now(apply->context->clock), error);
  g_array_set_size(apply->map_rows, 0);
  return ok;
}

bool
apply_map_user(Apply *apply, guint person, GError **error) {
  const Users *users = apply->plan->users;
  gint64 userid = users_at(users, person)->id;
  for (guint node = person; node != PEOPLE_NOBODY; node = people_next(users->people, node)) {
    if (users_at(users, node)->mapped == userid)
      continue;
    StoreUserMap row = { people_id(users->people, node), userid };
    g_array_append_val(apply->map_rows, row);
    users_at(users, node)->mapped = userid;
  }
  return apply->map_rows->len < GATEWAY_SLICE || apply_map_flush(apply, error);
}

bool
apply_users_remember(Apply *apply, PlanStep *const *steps, guint count, GError **error) {
  for (guint i = 0; i < count; i++)
    if (steps[i]->state == STEP_DONE && !apply_map_user(apply, steps[i]->person, error))
      return false;
  return apply_map_flush(apply, error) && apply_open_accounts(apply, steps, count, error);
}

bool
apply_users_update(Apply *apply, PlanStep *const *steps, guint count, GatewayOutcome *outcomes,
                   GError **error) {
  const People *people = apply->plan->users->people;
  GatewayUserUpdate items[GATEWAY_SLICE];
  for (guint i = 0; i < count; i++) {
    const User *user = users_at(apply->plan->users, steps[i]->person);
    items[i] = (GatewayUserUpdate){
      .userid = user->id,
      .username = user->set_username ? people_field(people, steps[i]->person, INPUT_LOGIN) : NULL,
      .idnumber = user->set_idnumber ? people_id(people, steps[i]->person) : NULL,
      .auth = user->set_auth ? apply->plan->courses->config->users.auth : NULL,
    };
  }
  return gateway(apply)->class->update_users(gateway(apply), items, count, outcomes, error);
}
