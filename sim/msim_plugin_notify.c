/* The companion plugin's notifications. They are kept in Moodle's own table; whether somebody has
 * switched them off is nothing an embedded Moodle knows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "msim_function.h"

/* As in the plugin's notify_users.php: messages of one call, bytes of a text, characters of a
 * subject. */
#define MAX_MESSAGES 50
#define MAX_TEXT 4000
#define MAX_SUBJECT 255

#define GUEST 1
#define BLANKS " \t\n\r\v"

static const MsimParam message[] = {
  { "userid", MSIM_INT },
  { "subject", MSIM_RAW },
  { "text", MSIM_RAW },
  MSIM_END,
};
static const MsimParam params[] = { { "messages", MSIM_LIST, .inner = message }, MSIM_END };

static json_t *
tell(gint64 userid, const char *status, const char *why) {
  return json_pack("{s:I, s:s, s:s}", "userid", (json_int_t)userid, "status", status, "message",
                   why);
}

/* Without markup, on one line, no longer than allowed. */
static char *
clean_subject(const char *subject) {
  g_autoptr(GString) clean = g_string_new(NULL);
  glong length = 0;
  for (const char *at = subject; *at != '\0' && length < MAX_SUBJECT; at = g_utf8_next_char(at)) {
    const char *end = *at == '<' && strchr(BLANKS, at[1]) == NULL ? strchr(at, '>') : NULL;
    bool blank = strchr(BLANKS, *at) != NULL;
    if (end != NULL) {
      at = end;
      continue;
    }
    if (blank && (clean->len == 0 || clean->str[clean->len - 1] == ' '))
      continue;
    g_string_append_unichar(clean, blank ? ' ' : g_utf8_get_char(at));
    length++;
  }
  return g_strchomp(g_string_free(g_steal_pointer(&clean), FALSE));
}

/* What keeps a message from being sent; NULL: nothing. */
static const char *
find_fault(const char *subject, const char *text) {
  if (*subject == '\0' || text[strspn(text, BLANKS)] == '\0')
    return "Subject or text is empty.";
  return strlen(text) > MAX_TEXT ? "The text is longer than 4000 bytes." : NULL;
}

static json_t *
send_one(MsimCall *call, const json_t *one) {
  gint64 userid = msim_int(one, "userid", 0);
  const char *text = msim_text(one, "text");
  json_auto_t *user =
      msim_row(call, "SELECT suspended FROM mdl_user WHERE id = ? AND deleted = 0", "i", userid);
  if (user == NULL)
    return NULL;
  if (json_is_null(user) || userid == GUEST)
    return tell(userid, "nouser", "");
  if (msim_int(user, "suspended", 0) != 0)
    return tell(userid, "suspended", "");
  g_autofree char *subject = clean_subject(msim_text(one, "subject"));
  const char *fault = find_fault(subject, text);
  if (fault != NULL)
    return tell(userid, "failed", fault);
  if (!msim_exec(call,
                 "INSERT INTO mdl_notifications (useridfrom, useridto, subject, fullmessage,"
                 " fullmessageformat, fullmessagehtml, smallmessage, component, eventtype,"
                 " timecreated) VALUES (?1, ?2, ?3, ?4, ?5, '', ?3, 'local_lehrgaenge', 'imports',"
                 " ?6)",
                 "iissii", (gint64)EMBEDDED_NOREPLY, userid, subject, text,
                 (gint64)EMBEDDED_FORMAT_PLAIN, call->now))
    return NULL;
  return tell(userid, "sent", "");
}

/* What the database refuses stays with the one message. */
static json_t *
send_or_tell(MsimCall *call, const json_t *one) {
  json_t *told = send_one(call, one);
  if (told != NULL)
    return told;
  told = tell(msim_int(one, "userid", 0), "failed", call->thrown.message);
  msim_exception_clear(&call->thrown);
  return told;
}

static json_t *
run(MsimCall *call, const json_t *given) {
  const json_t *messages = json_object_get(given, "messages"), *one;
  if (json_array_size(messages) > MAX_MESSAGES) {
    msim_throw_invalid(call);
    return NULL;
  }
  json_t *answer = json_array();
  gsize index;
  json_array_foreach(messages, index, one) {
    json_array_append_new(answer, send_or_tell(call, one));
  }
  return answer;
}

const MsimFunction msim_plugin_notify = {
  .name = "local_lehrgaenge_notify_users",
  .params = params,
  .effect = MSIM_PARTIAL,
  .capability = "Send notifications about imports to anyone",
  .run = run,
};
