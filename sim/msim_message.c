/* core_message_send_instant_messages. The embedded Moodle keeps no messages: they are numbered and
 * forgotten.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "msim_function.h"

#define MAX_LENGTH 4096

static const MsimParam message[] = {
  { "touserid", MSIM_INT },
  { "text", MSIM_RAW },
  { "textformat", MSIM_INT, MSIM_DEFAULT, "1" },
  { "clientmsgid", MSIM_ALPHANUMEXT, MSIM_OPTIONAL },
  MSIM_END,
};
static const MsimParam params[] = { { "messages", MSIM_LIST, .inner = message }, MSIM_END };

static json_t *
refuse(const char *reason) {
  return json_pack("{s:i, s:s, s:b}", "msgid", -1, "errormessage", reason,
                   "candeletemessagesforallusers", 0);
}

static json_t *
send_one(MsimCall *call, const json_t *one, gint64 number) {
  gint64 user = 0, to = msim_int(one, "touserid", 0);
  const char *text = msim_text(one, "text");
  if (!msim_number(call, &user, "SELECT 1 FROM mdl_user WHERE id = ? AND deleted = 0", "i", to))
    return NULL;
  if (user == 0) {
    g_autofree char *reason = g_strdup_printf(
        "You cannot send a message to a user ID (%" G_GINT64_FORMAT ") that doesn't exist.", to);
    return refuse(reason);
  }
  if (text == NULL || strlen(text) > MAX_LENGTH)
    return refuse("The message is longer than the maximum allowed.");
  g_autofree char *escaped = msim_escape(text);
  g_autofree char *html = g_strdup_printf("<p>%s</p>", escaped);
  return json_pack("{s:I, s:s, s:I, s:I, s:I, s:b}", "msgid", (json_int_t)number, "text", html,
                   "timecreated", (json_int_t)call->now, "conversationid", (json_int_t)to,
                   "useridfrom", (json_int_t)call->site->service_user,
                   "candeletemessagesforallusers", 1);
}

static json_t *
run(MsimCall *call, const json_t *given) {
  json_auto_t *answer = json_array();
  gsize index;
  const json_t *one;
  json_array_foreach(json_object_get(given, "messages"), index, one) {
    if (json_array_append_new(answer, send_one(call, one, ++call->site->messages)) != 0)
      return NULL;
  }
  return g_steal_pointer(&answer);
}

const MsimFunction msim_message_send = {
  .name = "core_message_send_instant_messages",
  .params = params,
  .capability = "Send messages to any user",
  .run = run,
};
