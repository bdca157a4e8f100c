/* Changing accounts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "moodle/webservice/ws_ask.h"
#include "moodle/webservice/ws_user.h"
#include "moodle/webservice/ws_write.h"

#define UPDATE_USERS 100

typedef struct {
  Webservice *moodle;
  const GatewayUserUpdate *updates;
  GatewayOutcome *outcomes;
} Updating;

static json_t *
update_row(guint item, gpointer data) {
  const GatewayUserUpdate *update = &((Updating *)data)->updates[item];
  json_t *row = json_pack("{s:I}", "id", (json_int_t)update->userid);
  if (update->username != NULL)
    json_object_set_new(row, "username", json_string(update->username));
  if (update->idnumber != NULL)
    json_object_set_new(row, "idnumber", json_string(update->idnumber));
  if (update->auth != NULL)
    json_object_set_new(row, "auth", json_string(update->auth));
  return row;
}

static json_t *
update_arguments(const guint *items, guint count, const char **function, gpointer data) {
  *function = "core_user_update_users";
  return ws_write_rows("users", update_row, items, count, data);
}

static void
refuse_update(Updating *updating, guint item, const char *code, const char *words) {
  const GatewayUserUpdate *update = &updating->updates[item];
  GatewayOutcome *outcome = &updating->outcomes[item];
  if (strcmp(code, "invaliduserid") == 0 || strcmp(code, "usernotupdateddeleted") == 0)
    ws_write_refuse(outcome, GATEWAY_MISSING, "the user is not there any more");
  else if (update->username != NULL && strcmp(code, "dmlwriteexception") == 0)
    ws_write_refuse(outcome, GATEWAY_TAKEN_USERNAME, "the user name “%s” belongs to another user",
                    update->username);
  else if (update->username != NULL && !ws_user_is_username(update->username))
    ws_write_refuse(outcome, GATEWAY_INVALID,
                    "Moodle allows only small letters, digits and - . _ @ in user names");
  else
    ws_write_refuse(outcome, GATEWAY_INVALID, "%s", words);
}

/* Each row is a transaction of its own; those that failed come back as warnings. */
static bool
update_accept(const guint *items, guint count, const json_t *result, gpointer data) {
  Updating *updating = data;
  const json_t *warnings = json_object_get(result, "warnings"), *warning;
  size_t k;
  if (!json_is_array(warnings) && !json_is_null(result))
    return false;
  for (guint i = 0; i < count; i++) {
    json_array_foreach(warnings, k, warning) {
      if (ws_ask_number(warning, "itemid") == updating->updates[items[i]].userid)
        refuse_update(updating, items[i], ws_ask_text(warning, "warningcode"),
                      ws_ask_text(warning, "message"));
    }
    if (updating->outcomes[items[i]].code == GATEWAY_UNKNOWN)
      ws_write_settle(&updating->outcomes[items[i]], GATEWAY_DONE,
                      updating->updates[items[i]].userid);
  }
  return true;
}

typedef struct {
  Updating *updating;
  const guint *items;
  GatewayCode code; /* what those get that are as they should be */
} Compare;

static bool
is_so(const json_t *user, const char *key, const char *wanted) {
  return wanted == NULL || strcmp(ws_ask_text(user, key), wanted) == 0;
}

static void
compare(guint index, const json_t *user, gpointer data) {
  const Compare *is = data;
  const GatewayUserUpdate *update = &is->updating->updates[is->items[index]];
  if (is_so(user, "username", update->username) && is_so(user, "idnumber", update->idnumber) &&
      is_so(user, "auth", update->auth))
    ws_write_settle(&is->updating->outcomes[is->items[index]], is->code, update->userid);
}

/* Settles those of the items whose accounts are as they should be. */
static bool
look_at_accounts(Updating *updating, const guint *items, guint count, GatewayCode code,
                 GError **error) {
  g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
  for (guint i = 0; i < count; i++)
    g_ptr_array_add(ids, g_strdup_printf("%" G_GINT64_FORMAT, updating->updates[items[i]].userid));
  Compare is = { updating, items, code };
  return ws_user_look(updating->moodle, GATEWAY_USER_ID, (const char *const *)(gpointer)ids->pdata,
                      count, compare, &is, error);
}

static bool
update_look(const guint *items, guint count, gpointer data, GError **error) {
  return look_at_accounts(data, items, count, GATEWAY_DONE, error);
}

static bool
update_explain(guint item, const WsFailure *failure, gpointer data, GError **error) {
  (void)error;
  refuse_update(data, item, failure->errorcode, failure->message);
  return true;
}

bool
ws_user_update_write(Webservice *moodle, const GatewayUserUpdate *updates, guint count,
                     GatewayOutcome *outcomes, GError **error) {
  static const WsWrite write = { .rows = UPDATE_USERS,
                                 .sitewide = true,
                                 .arguments = update_arguments,
                                 .accept = update_accept,
                                 .look = update_look,
                                 .explain = update_explain };
  Updating updating = { moodle, updates, outcomes };
  return ws_write(moodle, &write, count, outcomes, &updating, error);
}

/* How many of the updates, from the first, are of different users: warnings tell only the user. */
static guint
different(const GatewayUserUpdate *updates, guint count) {
  g_autoptr(GHashTable) seen = ws_ask_set();
  for (guint i = 0; i < count; i++) {
    if (ws_ask_set_has(seen, updates[i].userid))
      return i;
    ws_ask_set_add(seen, updates[i].userid);
  }
  return count;
}

bool
ws_user_update(Gateway *gateway, const GatewayUserUpdate *updates, guint count,
               GatewayOutcome *outcomes, GError **error) {
  g_autofree guint *all = g_new(guint, count + 1);
  for (guint at = 0, part; at < count; at += part) {
    Updating updating = { (Webservice *)gateway, updates + at, outcomes + at };
    part = different(updates + at, count - at);
    for (guint i = 0; i < part; i++)
      all[i] = i;
    if (!look_at_accounts(&updating, all, part, GATEWAY_ALREADY, error) ||
        !ws_user_update_write(updating.moodle, updating.updates, part, updating.outcomes, error))
      return false;
  }
  return true;
}
