/* Notifications, by the companion plugin. Moodle cannot be asked afterwards which of them it has
 * sent, so a call is made once: what came of one whose answer was lost stays unknown.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "moodle/webservice/ws_ask.h"
#include "moodle/webservice/ws_write.h"

#define NOTIFY "local_lehrgaenge_notify_users"

/* Messages in one call, as many as the plugin takes: Moodle may have to mail each of them. */
#define NOTIFY_USERS 50

typedef struct {
  const GatewayMessage *messages;
  GatewayOutcome *outcomes;
  GArray *items;   /* guint: those that go to Moodle */
  GError *unsent;  /* the first from which it is known that nothing happened */
  GError *unclear; /* the first other */
} Notifying;

static const guint *
items_of(const Notifying *notifying, guint call, guint *count) {
  guint first = call * NOTIFY_USERS;
  *count = MIN(NOTIFY_USERS, notifying->items->len - first);
  return &g_array_index(notifying->items, guint, first);
}

static json_t *
row(guint item, gpointer data) {
  const GatewayMessage *message = &((Notifying *)data)->messages[item];
  return json_pack("{s:I, s:s, s:s}", "userid", (json_int_t)message->userid, "subject",
                   message->subject, "text", message->text);
}

static json_t *
arguments(guint index, const char **function, gpointer data) {
  guint count;
  const guint *items = items_of(data, index, &count);
  *function = NOTIFY;
  return ws_write_rows("messages", row, items, count, data);
}

static void
settle_status(GatewayOutcome *outcome, const char *status, const char *message) {
  if (strcmp(status, "sent") == 0)
    ws_write_settle(outcome, GATEWAY_DONE, 0);
  else if (strcmp(status, "nouser") == 0)
    ws_write_refuse(outcome, GATEWAY_MISSING, "the user is not there any more");
  else if (strcmp(status, "suspended") == 0)
    ws_write_refuse(outcome, GATEWAY_INVALID, "the account is suspended");
  else
    ws_write_refuse(outcome, GATEWAY_INVALID, "%s",
                    *message != '\0' ? message : "the companion plugin could not send it");
}

static bool
take_statuses(Notifying *notifying, guint call, const json_t *result) {
  guint count;
  const guint *items = items_of(notifying, call, &count);
  if (!json_is_array(result) || json_array_size(result) != count)
    return false;
  for (guint i = 0; i < count; i++)
    if (ws_ask_number(json_array_get(result, i), "userid") != notifying->messages[items[i]].userid)
      return false;
  for (guint i = 0; i < count; i++) {
    const json_t *told = json_array_get(result, i);
    settle_status(&notifying->outcomes[items[i]], ws_ask_text(told, "status"),
                  ws_ask_text(told, "message"));
  }
  return true;
}

/* The plugin looks at right and parameters before it sends the first. */
static void
note_refusal(Notifying *notifying, const WsFailure *failure) {
  bool right = strcmp(failure->errorcode, "nopermissions") == 0;
  if (!right)
    ws_failure_propagate(failure, &notifying->unsent);
  else
    g_set_error(&notifying->unsent, GATEWAY_ERROR, GATEWAY_ERROR_REFUSED,
                "%s Give the service's role the right local/lehrgaenge:notify (docs/MOODLE.md).",
                failure->message);
}

static void
note_failure(Notifying *notifying, const WsFailure *failure) {
  bool unclear = ws_failure_may_have_happened(failure);
  if (unclear && notifying->unclear == NULL)
    g_set_error_literal(&notifying->unclear, GATEWAY_ERROR, GATEWAY_ERROR_FAILED, failure->message);
  else if (!unclear && notifying->unsent == NULL)
    note_refusal(notifying, failure);
}

static void
done(guint index, const json_t *result, const WsFailure *failure, gpointer data) {
  Notifying *notifying = data;
  if (failure != NULL) {
    note_failure(notifying, failure);
    return;
  }
  if (take_statuses(notifying, index, result))
    return;
  g_autoptr(WsFailure) unexpected =
      ws_failure_unexpected(NOTIFY, "the answer is not what this function promises");
  note_failure(notifying, unexpected);
}

static void
choose(Notifying *notifying, guint count) {
  for (guint i = 0; i < count; i++) {
    const char *fault = gateway_message_fault(&notifying->messages[i]);
    if (fault != NULL)
      ws_write_refuse(&notifying->outcomes[i], GATEWAY_INVALID, "%s", fault);
    else
      g_array_append_val(notifying->items, i);
  }
}

bool
ws_message_can(Gateway *gateway, char **why) {
  const Webservice *moodle = (Webservice *)gateway;
  if (ws_site_has(moodle, NOTIFY))
    return true;
  bool plugin = moodle->completes || moodle->rosters || moodle->users;
  if (why != NULL)
    *why = g_strdup_printf("notifications need the companion plugin's function " NOTIFY ", which "
                           "is not in the token's service; %s (docs/MOODLE.md)",
                           plugin ? "update the plugin, or add the function to the service"
                                  : "install the plugin");
  return false;
}

bool
ws_message_send(Gateway *gateway, const GatewayMessage *messages, guint count,
                GatewayOutcome *outcomes, GError **error) {
  Webservice *moodle = (Webservice *)gateway;
  g_autofree char *why = NULL;
  if (!ws_message_can(gateway, &why)) {
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_REFUSED, "%s: %s", moodle->description, why);
    return false;
  }
  g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(guint));
  Notifying notifying = { .messages = messages, .outcomes = outcomes, .items = items };
  choose(&notifying, count);
  const WsBatch batch = { .count = (items->len + NOTIFY_USERS - 1) / NOTIFY_USERS,
                          .write = true,
                          .arguments = arguments,
                          .done = done };
  bool ran = batch.count == 0 || ws_client_run(moodle->client, &batch, &notifying, error);
  if (ran && notifying.unclear != NULL)
    g_propagate_error(error, g_steal_pointer(&notifying.unclear));
  else if (ran && notifying.unsent != NULL)
    g_propagate_error(error, g_steal_pointer(&notifying.unsent));
  else if (ran)
    return true;
  g_clear_error(&notifying.unclear);
  g_clear_error(&notifying.unsent);
  return false;
}
