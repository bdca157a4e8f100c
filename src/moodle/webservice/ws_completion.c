/* Course completions, by the companion plugin: Moodle itself has no function for them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "moodle/webservice/ws_ask.h"
#include "moodle/webservice/ws_write.h"

/* People in one call: Moodle sends each of them a message. */
#define COMPLETE_USERS 50

typedef struct {
  Webservice *moodle;
  const GatewayCompletion *completions;
  GatewayOutcome *outcomes;
} Completing;

static gint64
course_of(guint item, gpointer data) {
  return ((Completing *)data)->completions[item].courseid;
}

static json_t *
arguments(const guint *items, guint count, const char **function, gpointer data) {
  const Completing *completing = data;
  json_t *rows = json_array();
  for (guint i = 0; i < count; i++) {
    const GatewayCompletion *completion = &completing->completions[items[i]];
    json_array_append_new(rows, json_pack("{s:I, s:I}", "userid", (json_int_t)completion->userid,
                                          "timecompleted", (json_int_t)completion->timecompleted));
  }
  *function = "local_lehrgaenge_complete_users";
  return json_pack("{s:I, s:o}", "courseid", (json_int_t)course_of(items[0], data), "completions",
                   rows);
}

static void
settle_status(GatewayOutcome *outcome, const char *status, const char *message) {
  if (strcmp(status, "completed") == 0)
    ws_write_settle(outcome, GATEWAY_DONE, 0);
  else if (strcmp(status, "already") == 0)
    ws_write_settle(outcome, GATEWAY_ALREADY, 0);
  else if (strcmp(status, "notenrolled") == 0)
    ws_write_refuse(outcome, GATEWAY_INVALID, "the person is not enrolled in the course");
  else if (strcmp(status, "nouser") == 0)
    ws_write_refuse(outcome, GATEWAY_MISSING, "the user is not there any more");
  else
    ws_write_refuse(outcome, GATEWAY_INVALID, "%s",
                    *message != '\0' ? message : "the companion plugin could not complete it");
}

static bool
take_statuses(const guint *items, guint count, const json_t *result, gpointer data) {
  Completing *completing = data;
  if (!json_is_array(result) || json_array_size(result) != count)
    return false;
  for (guint i = 0; i < count; i++)
    if (ws_ask_number(json_array_get(result, i), "userid") !=
        completing->completions[items[i]].userid)
      return false;
  for (guint i = 0; i < count; i++) {
    const json_t *row = json_array_get(result, i);
    settle_status(&completing->outcomes[items[i]], ws_ask_text(row, "status"),
                  ws_ask_text(row, "message"));
  }
  return true;
}

typedef struct {
  gint64 courseid;
  GHashTable *completed; /* set of users */
} Looking;

static json_t *
ask(guint index, const char **function, gpointer data) {
  (void)index;
  *function = "local_lehrgaenge_get_completions";
  return json_pack("{s:[I]}", "courseids", (json_int_t)((Looking *)data)->courseid);
}

static bool
take(guint index, const json_t *result, gpointer data) {
  (void)index;
  const json_t *completions = json_object_get(result, "completions"), *completion;
  size_t i;
  if (!json_is_array(completions))
    return false;
  json_array_foreach(completions, i, completion) {
    ws_ask_set_add(((Looking *)data)->completed, ws_ask_number(completion, "userid"));
  }
  return true;
}

static char *
completion_key(guint item, gpointer data) {
  const GatewayCompletion *completion = &((Completing *)data)->completions[item];
  return g_strdup_printf("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT, completion->courseid,
                         completion->userid);
}

/* The items are of one course. */
static bool
look(const guint *items, guint count, gpointer data, GError **error) {
  Completing *completing = data;
  g_autoptr(GHashTable) completed = ws_ask_set();
  Looking looking = { course_of(items[0], data), completed };
  WsQuestions questions = { .count = 1, .arguments = ask, .result = take };
  if (!ws_ask(completing->moodle, &questions, &looking, error))
    return false;
  for (guint i = 0; i < count; i++)
    if (ws_ask_set_has(completed, completing->completions[items[i]].userid))
      ws_write_settle(&completing->outcomes[items[i]], GATEWAY_DONE, 0);
  return true;
}

static bool
explain(guint item, const WsFailure *failure, gpointer data, GError **error) {
  Completing *completing = data;
  (void)error;
  bool missing = ws_failure_missing(failure->errorcode);
  ws_write_refuse(&completing->outcomes[item], missing ? GATEWAY_MISSING : GATEWAY_INVALID, "%s",
                  missing ? "the course is not there any more" : failure->message);
  return true;
}

bool
ws_complete(Gateway *gateway, const GatewayCompletion *completions, guint count,
            GatewayOutcome *outcomes, GError **error) {
  static const WsWrite write = { .rows = COMPLETE_USERS,
                                 .group = course_of,
                                 .arguments = arguments,
                                 .accept = take_statuses,
                                 .look = look,
                                 .explain = explain };
  Completing completing = { (Webservice *)gateway, completions, outcomes };
  if (!completing.moodle->completes) {
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_REFUSED,
                "%s: completions need the companion plugin local_lehrgaenge; install it "
                "(docs/MOODLE.md)",
                completing.moodle->description);
    return false;
  }
  g_autofree guint *first = ws_write_twins(outcomes, count, completion_key, &completing);
  bool ok = ws_write(completing.moodle, &write, count, outcomes, &completing, error);
  ws_write_follow(outcomes, count, first);
  return ok;
}
