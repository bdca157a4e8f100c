/* Enrolling by web service makes active what is suspended and sets its times anew, and unenrolling
 * does nothing to other methods' enrolments without saying so. So it is looked before who is there,
 * and after a removal who still is.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "moodle/webservice/ws_ask.h"
#include "moodle/webservice/ws_roster.h"
#include "moodle/webservice/ws_user.h"
#include "moodle/webservice/ws_write.h"

#define ENROL_ROWS 100

typedef struct {
  Webservice *moodle;
  const GatewayEnrol *enrols;
  GatewayOutcome *outcomes;
  bool suspend;
} Enrolling;

static char *
enrol_key(guint item, gpointer data) {
  const GatewayEnrol *enrol = &((Enrolling *)data)->enrols[item];
  return g_strdup_printf("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT, enrol->courseid, enrol->userid);
}

/* Who is in the courses of the items; `items` NULL: of the first `count`. */
static WsPlaces *
places_of(const Enrolling *enrolling, const guint *items, guint count, WsPlacesKind kind,
          GError **error) {
  g_autofree gint64 *courseids = g_new(gint64, count + 1);
  for (guint i = 0; i < count; i++)
    courseids[i] = enrolling->enrols[items != NULL ? items[i] : i].courseid;
  return ws_roster_places(enrolling->moodle, courseids, count, kind, error);
}

static bool
is_there(const WsPlaces *places, const GatewayEnrol *enrol) {
  return ws_places_has(places, enrol->courseid, enrol->userid);
}

static bool
accept_all(const guint *items, guint count, const json_t *result, gpointer data) {
  Enrolling *enrolling = data;
  (void)result;
  for (guint i = 0; i < count; i++)
    ws_write_settle(&enrolling->outcomes[items[i]], GATEWAY_DONE, 0);
  return true;
}

/* ── enrolling ── */

static json_t *
enrol_row(guint item, gpointer data) {
  const Enrolling *enrolling = data;
  const GatewayEnrol *enrol = &enrolling->enrols[item];
  json_t *row =
      json_pack("{s:I, s:I, s:I}", "roleid", (json_int_t)enrolling->moodle->student_role, "userid",
                (json_int_t)enrol->userid, "courseid", (json_int_t)enrol->courseid);
  if (enrolling->suspend)
    json_object_set_new(row, "suspend", json_integer(1));
  return row;
}

static json_t *
enrol_arguments(const guint *items, guint count, const char **function, gpointer data) {
  *function = "enrol_manual_enrol_users";
  return ws_write_rows("enrolments", enrol_row, items, count, data);
}

static bool
enrol_look(const guint *items, guint count, gpointer data, GError **error) {
  Enrolling *enrolling = data;
  WsPlacesKind kind = enrolling->suspend ? WS_PLACES_SUSPENDABLE : WS_PLACES_ACTIVE;
  g_autoptr(WsPlaces) places = places_of(enrolling, items, count, kind, error);
  if (places == NULL)
    return false;
  for (guint i = 0; i < count; i++)
    if (is_there(places, &enrolling->enrols[items[i]]) != enrolling->suspend)
      ws_write_settle(&enrolling->outcomes[items[i]], GATEWAY_DONE, 0);
  return true;
}

/* From some 4.5 on Moodle touches no enrolment of an account that has not been confirmed, and says
 * so with no words but this code. */
static bool
refuse_unconfirmed(GatewayOutcome *outcome, const WsFailure *failure) {
  if (strcmp(failure->errorcode, "usernotconfirmed") != 0)
    return false;
  ws_write_refuse(outcome, GATEWAY_INVALID,
                  "Moodle neither enrols nor unenrols an account that is not confirmed; confirm it "
                  "in Moodle's list of users");
  return true;
}

static bool
enrol_explain(guint item, const WsFailure *failure, gpointer data, GError **error) {
  Enrolling *enrolling = data;
  GatewayOutcome *outcome = &enrolling->outcomes[item];
  bool exists;
  if (strcmp(failure->errorcode, "wsusercannotassign") == 0) {
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_REFUSED,
                "%s does not let this service give role %" G_GINT64_FORMAT
                " to anyone. Allow its role to assign that role (docs/MOODLE.md), or correct "
                "[moodle] student-role.",
                enrolling->moodle->description, enrolling->moodle->student_role);
    return false;
  }
  if (strcmp(failure->errorcode, "wsnoinstance") == 0) {
    ws_write_refuse(outcome, GATEWAY_INVALID,
                    "manual enrolment is switched off or missing in the course; add it there");
    return true;
  }
  if (refuse_unconfirmed(outcome, failure))
    return true;
  if (!ws_user_exists(enrolling->moodle, enrolling->enrols[item].userid, &exists, error))
    return false;
  ws_write_refuse(outcome, exists ? GATEWAY_INVALID : GATEWAY_MISSING, "%s",
                  exists ? failure->message : "the user is not there any more");
  return true;
}

static const WsWrite enrol_write = { .rows = ENROL_ROWS,
                                     .arguments = enrol_arguments,
                                     .accept = accept_all,
                                     .look = enrol_look,
                                     .explain = enrol_explain };

static bool
write_once(Enrolling *enrolling, const WsWrite *write, guint count, GError **error) {
  g_autofree guint *first = ws_write_twins(enrolling->outcomes, count, enrol_key, enrolling);
  bool ok = ws_write(enrolling->moodle, write, count, enrolling->outcomes, enrolling, error);
  ws_write_follow(enrolling->outcomes, count, first);
  return ok;
}

bool
ws_enrol_enrol(Gateway *gateway, const GatewayEnrol *enrols, guint count, GatewayOutcome *outcomes,
               GError **error) {
  Enrolling enrolling = { (Webservice *)gateway, enrols, outcomes, false };
  g_autoptr(WsPlaces) active = places_of(&enrolling, NULL, count, WS_PLACES_ACTIVE, error);
  if (active == NULL)
    return false;
  for (guint i = 0; i < count; i++) {
    if (ws_places_gone(active, enrols[i].courseid))
      ws_write_refuse(&outcomes[i], GATEWAY_MISSING, "the course is not there any more");
    else if (is_there(active, &enrols[i]))
      ws_write_settle(&outcomes[i], GATEWAY_ALREADY, 0);
  }
  return write_once(&enrolling, &enrol_write, count, error);
}

/* Those who are still there after a write were there by another method, which is not ours to end.
 * Where the method is told, none of them was written.
 */
static bool
look_again(const Enrolling *enrolling, guint count, WsPlacesKind kind, GError **error) {
  if (enrolling->moodle->rosters)
    return true;
  g_autofree guint *items = g_new(guint, count + 1);
  guint written = 0;
  for (guint i = 0; i < count; i++)
    if (enrolling->outcomes[i].code == GATEWAY_DONE)
      items[written++] = i;
  g_autoptr(WsPlaces) places = places_of(enrolling, items, written, kind, error);
  if (places == NULL)
    return false;
  for (guint i = 0; i < written; i++)
    if (is_there(places, &enrolling->enrols[items[i]]))
      ws_write_settle(&enrolling->outcomes[items[i]], GATEWAY_ALREADY, 0);
  return true;
}

/* Whoever is not among `places` needs nothing. */
static void
settle_absent(const Enrolling *enrolling, const WsPlaces *places, guint count) {
  for (guint i = 0; i < count; i++)
    if (!is_there(places, &enrolling->enrols[i]))
      ws_write_settle(&enrolling->outcomes[i], GATEWAY_ALREADY, 0);
}

/* A manual enrolment is not made to be suspended where there was none. Without the companion plugin
 * one who is active by another method alone gets a suspended one besides, for Moodle does not tell
 * them apart. */
bool
ws_enrol_suspend(Gateway *gateway, const GatewayEnrol *enrols, guint count,
                 GatewayOutcome *outcomes, GError **error) {
  Enrolling enrolling = { (Webservice *)gateway, enrols, outcomes, true };
  g_autoptr(WsPlaces) places = places_of(&enrolling, NULL, count, WS_PLACES_SUSPENDABLE, error);
  if (places == NULL)
    return false;
  settle_absent(&enrolling, places, count);
  return write_once(&enrolling, &enrol_write, count, error) &&
         look_again(&enrolling, count, WS_PLACES_SUSPENDABLE, error);
}

/* ── unenrolling ── */

static json_t *
unenrol_row(guint item, gpointer data) {
  const GatewayEnrol *enrol = &((Enrolling *)data)->enrols[item];
  return json_pack("{s:I, s:I}", "userid", (json_int_t)enrol->userid, "courseid",
                   (json_int_t)enrol->courseid);
}

static json_t *
unenrol_arguments(const guint *items, guint count, const char **function, gpointer data) {
  *function = "enrol_manual_unenrol_users";
  return ws_write_rows("enrolments", unenrol_row, items, count, data);
}

static bool
unenrol_look(const guint *items, guint count, gpointer data, GError **error) {
  Enrolling *enrolling = data;
  g_autoptr(WsPlaces) places = places_of(enrolling, items, count, WS_PLACES_REMOVABLE, error);
  if (places == NULL)
    return false;
  for (guint i = 0; i < count; i++)
    if (!is_there(places, &enrolling->enrols[items[i]]))
      ws_write_settle(&enrolling->outcomes[items[i]], GATEWAY_DONE, 0);
  return true;
}

static bool
unenrol_explain(guint item, const WsFailure *failure, gpointer data, GError **error) {
  Enrolling *enrolling = data;
  GatewayOutcome *outcome = &enrolling->outcomes[item];
  bool exists = true;
  bool none = strcmp(failure->errorcode, "wsnoinstance") == 0;
  if (refuse_unconfirmed(outcome, failure))
    return true;
  if (!none && !ws_user_exists(enrolling->moodle, enrolling->enrols[item].userid, &exists, error))
    return false;
  if (none || !exists)
    ws_write_settle(outcome, GATEWAY_ALREADY, 0);
  else
    ws_write_refuse(outcome, GATEWAY_INVALID, "%s", failure->message);
  return true;
}

bool
ws_enrol_unenrol(Gateway *gateway, const GatewayEnrol *enrols, guint count,
                 GatewayOutcome *outcomes, GError **error) {
  static const WsWrite write = { .rows = ENROL_ROWS,
                                 .arguments = unenrol_arguments,
                                 .accept = accept_all,
                                 .look = unenrol_look,
                                 .explain = unenrol_explain };
  Enrolling enrolling = { (Webservice *)gateway, enrols, outcomes, false };
  g_autoptr(WsPlaces) places = places_of(&enrolling, NULL, count, WS_PLACES_REMOVABLE, error);
  if (places == NULL)
    return false;
  settle_absent(&enrolling, places, count);
  return write_once(&enrolling, &write, count, error) &&
         look_again(&enrolling, count, WS_PLACES_REMOVABLE, error);
}
