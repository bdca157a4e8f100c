/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/webservice/ws_inspect.h"

/* Releases this gateway was made for, as ws_site_release() tells them. */
#define RELEASE_FIRST 401
#define RELEASE_LAST 501

/* Seconds by which the clocks may differ. */
#define CLOCK_MAX_AHEAD 60

#define PLUGIN_PREFIX "local_lehrgaenge_"

void
ws_inspect_say(const WsInspect *inspect, GatewayNoteLevel level, const char *remedy,
               const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *message = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  inspect->note(level, message, remedy, inspect->user_data);
}

static void
look_at_release(const WsInspect *inspect) {
  const char *release = inspect->moodle->release;
  gint number = ws_site_release(inspect->moodle);
  if (number >= RELEASE_FIRST && number <= RELEASE_LAST)
    ws_inspect_say(inspect, GATEWAY_NOTE_OK, "", "release %s", release);
  else
    ws_inspect_say(inspect, GATEWAY_NOTE_WARNING, "Rehearse with a copy of the site before a run.",
                   "release “%s” is %s those this service knows (4.1 to 5.1)", release,
                   number > RELEASE_LAST ? "newer than"
                   : number > 0          ? "older than"
                                         : "none of");
}

static void
look_at_user(const WsInspect *inspect) {
  const Webservice *moodle = inspect->moodle;
  if (moodle->site_admin)
    ws_inspect_say(inspect, GATEWAY_NOTE_WARNING,
                   "Give the service a user and a role of its own, as docs/MOODLE.md says, and a "
                   "token for that user.",
                   "the token belongs to the site administrator %s, who may do everything",
                   moodle->username);
  else
    ws_inspect_say(inspect, GATEWAY_NOTE_OK, "", "service user %s", moodle->username);
}

static void
look_at_functions(const WsInspect *inspect) {
  guint all = 0, there = 0;
  for (const WsFunction *function = ws_site_functions; function->name != NULL; function++) {
    if (g_str_has_prefix(function->name, PLUGIN_PREFIX))
      continue;
    all++;
    if (ws_site_has(inspect->moodle, function->name))
      there++;
    else
      ws_inspect_say(inspect, function->optional ? GATEWAY_NOTE_WARNING : GATEWAY_NOTE_ERROR,
                     "Add it to the service (docs/MOODLE.md).",
                     "the function %s is not in the token's service; it is there %s",
                     function->name, function->purpose);
  }
  ws_inspect_say(inspect, GATEWAY_NOTE_OK, "", "%u of %u functions in the service", there, all);
}

static void
look_at_plugin(const WsInspect *inspect) {
  const char *complete = PLUGIN_PREFIX "complete_users", *read = PLUGIN_PREFIX "get_completions";
  const Webservice *moodle = inspect->moodle;
  if (moodle->completes)
    ws_inspect_say(inspect, GATEWAY_NOTE_OK, "", "companion plugin, version %s",
                   (const char *)g_hash_table_lookup(moodle->functions, complete));
  else if (ws_site_has(moodle, complete) || ws_site_has(moodle, read))
    ws_inspect_say(inspect, GATEWAY_NOTE_WARNING, "Add it to the service (docs/MOODLE.md).",
                   "the companion plugin's function %s is not in the token's service, so "
                   "completions wait",
                   ws_site_has(moodle, complete) ? read : complete);
  else
    ws_inspect_say(inspect, GATEWAY_NOTE_WARNING, "Install moodle-plugin as docs/MOODLE.md says.",
                   "the companion plugin is not there, or its functions are not in the token's "
                   "service: everything but completions works, and those wait");
}

static void
look_at_clock(const WsInspect *inspect) {
  gint64 ahead = 0;
  if (!ws_client_clock_ahead(inspect->moodle->client, &ahead))
    return;
  if (ABS(ahead) > CLOCK_MAX_AHEAD)
    ws_inspect_say(inspect, GATEWAY_NOTE_WARNING, "Let both machines set their clocks by NTP.",
                   "Moodle's clock is %" G_GINT64_FORMAT " s %s this machine's", ABS(ahead),
                   ahead > 0 ? "ahead of" : "behind");
  else
    ws_inspect_say(inspect, GATEWAY_NOTE_OK, "", "clocks agree");
}

bool
ws_inspect(Gateway *gateway, GatewayNoteFunc note, gpointer user_data, GError **error) {
  WsInspect inspect = { (Webservice *)gateway, note, user_data, false };
  look_at_release(&inspect);
  look_at_user(&inspect);
  look_at_functions(&inspect);
  look_at_plugin(&inspect);
  if (!ws_inspect_setup(&inspect, error))
    return false;
  if (!inspect.roleless && !ws_inspect_rights(&inspect, error))
    return false;
  look_at_clock(&inspect);
  return true;
}
