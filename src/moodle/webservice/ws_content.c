/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "moodle/webservice/ws_ask.h"

/* ── looking ── */

typedef struct {
  gint64 courseid;
  GHashTable *announcements; /* set: course modules that are forums for announcements */
  GatewayContents *contents;
} Looking;

static json_t *
ask_forums(guint index, const char **function, gpointer data) {
  (void)index;
  *function = "mod_forum_get_forums_by_courses";
  return json_pack("{s:[I]}", "courseids", (json_int_t)((Looking *)data)->courseid);
}

static bool
take_forums(guint index, const json_t *result, gpointer data) {
  (void)index;
  Looking *looking = data;
  const json_t *forum;
  size_t i;
  if (!json_is_array(result))
    return false;
  json_array_foreach(result, i, forum) {
    if (strcmp(ws_ask_text(forum, "type"), "news") == 0)
      ws_ask_set_add(looking->announcements, ws_ask_number(forum, "cmid"));
  }
  return true;
}

static json_t *
ask_contents(guint index, const char **function, gpointer data) {
  (void)index;
  *function = "core_course_get_contents";
  return json_pack("{s:I, s:[{s:s, s:s}]}", "courseid", (json_int_t)((Looking *)data)->courseid,
                   "options", "name", "excludecontents", "value", "1");
}

/* Moodle shows a section without a name under its format's word and the number ("Topic 3"). */
static bool
has_own_name(const json_t *section) {
  g_autofree char *number =
      g_strdup_printf(" %" G_GINT64_FORMAT, ws_ask_number(section, "section"));
  const char *name = ws_ask_text(section, "name");
  return *name != '\0' && !g_str_has_suffix(name, number);
}

static bool
take_contents(guint index, const json_t *result, gpointer data) {
  (void)index;
  Looking *looking = data;
  const json_t *section, *module;
  size_t i, k;
  if (!json_is_array(result))
    return false;
  json_array_foreach(result, i, section) {
    guint before = looking->contents->modules;
    json_array_foreach(json_object_get(section, "modules"), k, module) {
      if (ws_ask_set_has(looking->announcements, ws_ask_number(module, "id")))
        looking->contents->announcements++;
      else
        looking->contents->modules++;
    }
    bool filled = looking->contents->modules > before || *ws_ask_text(section, "summary") != '\0' ||
                  has_own_name(section);
    if (ws_ask_number(section, "section") > 0 && filled)
      looking->contents->sections++;
  }
  return true;
}

bool
ws_content_look(Gateway *gateway, gint64 courseid, GatewayContents *contents, GError **error) {
  Webservice *moodle = (Webservice *)gateway;
  g_autoptr(GHashTable) announcements = ws_ask_set();
  Looking looking = { courseid, announcements, contents };
  *contents = (GatewayContents){ 0 };
  WsQuestions forums = { .count = 1, .arguments = ask_forums, .result = take_forums };
  WsQuestions all = { .count = 1, .arguments = ask_contents, .result = take_contents };
  if (ws_site_has(moodle, "mod_forum_get_forums_by_courses") &&
      !ws_ask(moodle, &forums, &looking, error))
    return false;
  return ws_ask(moodle, &all, &looking, error);
}

/* ── copying ── */

/* Moodle asks these before it copies anything: the rights, and whether the backup it has made of
 * the template fits. */
static bool
was_turned_away(const WsFailure *failure) {
  return failure->kind == WS_EXCEPTION && (strcmp(failure->errorcode, "nopermissions") == 0 ||
                                           strcmp(failure->errorcode, "backupprecheckerrors") == 0);
}

/* Never with deletecontent: that would delete enrolments, groups and summary for good. */
bool
ws_content_copy(Gateway *gateway, gint64 from, gint64 to, GError **error) {
  Webservice *moodle = (Webservice *)gateway;
  g_autoptr(WsFailure) failure = NULL;
  if (from <= WS_SITE_COURSE || to <= WS_SITE_COURSE || from == to) {
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_FAILED,
                "course %" G_GINT64_FORMAT " cannot be copied into course %" G_GINT64_FORMAT, from,
                to);
    return false;
  }
  json_t *arguments = json_pack("{s:I, s:I, s:i}", "importfrom", (json_int_t)from, "importto",
                                (json_int_t)to, "deletecontent", 0);
  json_auto_t *result = ws_client_call(moodle->client, true, moodle->copy_timeout_s,
                                       "core_course_import_course", arguments, &failure);
  if (result != NULL)
    return true;
  if (was_turned_away(failure))
    g_set_error_literal(error, GATEWAY_ERROR, GATEWAY_ERROR_REFUSED, failure->message);
  else
    ws_failure_propagate(failure, error);
  return false;
}

typedef struct {
  gint64 from, to;
  gint wanted, is; /* newsitems */
  bool seen_from, seen_to;
} Finishing;

static void
on_course(guint index, const GatewayCourse *course, gpointer data) {
  (void)index;
  Finishing *finishing = data;
  if (course->id == finishing->from) {
    finishing->wanted = course->settings.newsitems;
    finishing->seen_from = true;
  }
  if (course->id == finishing->to) {
    finishing->is = course->settings.newsitems;
    finishing->seen_to = true;
  }
}

static bool
set_newsitems(Webservice *moodle, gint64 courseid, gint newsitems, GError **error) {
  g_autoptr(WsFailure) failure = NULL;
  json_t *arguments =
      json_pack("{s:[{s:I, s:i}]}", "courses", "id", (json_int_t)courseid, "newsitems", newsitems);
  json_auto_t *result =
      ws_client_call(moodle->client, true, 0, "core_course_update_courses", arguments, &failure);
  if (result == NULL) {
    ws_failure_propagate(failure, error);
    return false;
  }
  const json_t *warning = json_array_get(json_object_get(result, "warnings"), 0);
  if (warning == NULL)
    return true;
  g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_FAILED,
              "Moodle did not give course %" G_GINT64_FORMAT " its announcements forum: %s",
              courseid, ws_ask_text(warning, "message"));
  return false;
}

bool
ws_content_finish(Gateway *gateway, gint64 from, gint64 to, GError **error) {
  g_autofree char *a = g_strdup_printf("%" G_GINT64_FORMAT, from);
  g_autofree char *b = g_strdup_printf("%" G_GINT64_FORMAT, to);
  const char *ids[] = { a, b };
  Finishing finishing = { .from = from, .to = to };
  if (!ws_course_find(gateway, GATEWAY_COURSE_ID, ids, G_N_ELEMENTS(ids), on_course, &finishing,
                      error))
    return false;
  if (!finishing.seen_from || !finishing.seen_to) {
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_FAILED,
                "course %" G_GINT64_FORMAT " is not there any more",
                finishing.seen_from ? to : from);
    return false;
  }
  if (finishing.is == finishing.wanted)
    return true;
  return set_newsitems((Webservice *)gateway, to, finishing.wanted, error);
}
