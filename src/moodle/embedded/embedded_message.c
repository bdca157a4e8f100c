/* Notifications, kept as Moodle keeps those that its companion plugin sends.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/embedded/embedded_private.h"

bool
embedded_message_can(Gateway *gateway, char **why) {
  (void)gateway;
  (void)why;
  return true;
}

/* Refuses when there is nobody to send it to: *there is false then. */
static bool
check_person(Embedded *moodle, gint64 userid, GatewayOutcome *outcome, bool *there,
             GError **error) {
  gint64 suspended = 0;
  *there = false;
  if (!db_get_int(moodle->db, &suspended, -1, error,
                  "SELECT suspended FROM mdl_user WHERE id = ? AND deleted = 0"
                  " AND id <> (SELECT CAST(value AS INTEGER) FROM mdl_config"
                  "             WHERE name = 'siteguest')",
                  "i", userid))
    return false;
  if (suspended < 0)
    embedded_refuse(outcome, GATEWAY_MISSING, "Moodle has no user %" G_GINT64_FORMAT, userid);
  else if (suspended > 0)
    embedded_refuse(outcome, GATEWAY_INVALID, "the account is suspended");
  *there = suspended == 0;
  return true;
}

static bool
send_one(Embedded *moodle, const GatewayMessage *message, GatewayOutcome *outcome, GError **error) {
  const char *fault = gateway_message_fault(message);
  bool there = false;
  if (fault != NULL) {
    embedded_refuse(outcome, GATEWAY_INVALID, "%s", fault);
    return true;
  }
  if (!check_person(moodle, message->userid, outcome, &there, error))
    return false;
  if (!there)
    return true;
  if (!db_run(
          moodle->db, error,
          "INSERT INTO mdl_notifications (useridfrom, useridto, subject, fullmessage,"
          " fullmessageformat, fullmessagehtml, smallmessage, component, eventtype, timecreated)"
          " VALUES (?1, ?2, ?3, ?4, ?5, '', ?3, 'local_lehrgaenge', 'imports', ?6)",
          "iissii", (gint64)EMBEDDED_NOREPLY, message->userid, message->subject, message->text,
          (gint64)EMBEDDED_FORMAT_PLAIN, clock_now(moodle->clock)))
    return false;
  embedded_settle(outcome, GATEWAY_DONE, 0);
  return true;
}

bool
embedded_message_send(Gateway *gateway, const GatewayMessage *messages, guint count,
                      GatewayOutcome *outcomes, GError **error) {
  Embedded *moodle = (Embedded *)gateway;
  if (count == 0)
    return true;
  if (!embedded_begin(moodle, error))
    return false;
  bool ok = true;
  for (guint i = 0; ok && i < count; i++)
    ok = send_one(moodle, &messages[i], &outcomes[i], error);
  return embedded_end(moodle, ok, outcomes, count, error);
}
