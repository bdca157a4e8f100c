/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "moodle/webservice/ws_ask.h"

const WsFunction ws_site_functions[] = {
  { "core_webservice_get_site_info", false, "to know the site and what the service may do" },
  { "block_iomad_company_admin_get_companies", false, "to find the tenants' companies" },
  { "core_course_get_categories", false, "to find the companies' course categories" },
  { "core_course_get_courses_by_field", false, "to find courses by short name" },
  { "core_course_get_courses", false, "to read courses" },
  { "core_course_create_courses", false, "to create courses" },
  { "core_course_update_courses", false, "to give a new course its announcements forum" },
  { "block_iomad_company_admin_assign_courses", false, "to give courses to companies" },
  { "core_course_import_course", false, "to copy a template's content" },
  { "core_course_get_contents", false, "to see what a course holds" },
  { "core_user_get_users_by_field", false, "to find people" },
  { "core_user_create_users", false, "to create accounts" },
  { "core_user_update_users", false, "to complete accounts" },
  { "core_enrol_get_enrolled_users", false, "to see who is in a course" },
  { "enrol_manual_enrol_users", false, "to enrol" },
  { "enrol_manual_unenrol_users", false, "to unenrol" },
  { "core_group_get_course_groups", false, "to read groups" },
  { "core_group_get_group_members", false, "to read who is in a group" },
  { "core_group_create_groups", false, "to create groups" },
  { "core_group_add_group_members", false, "to put people into groups" },
  { "tool_mobile_call_external_functions", true,
    "to read many courses with one request; without it a run makes many more" },
  { "block_iomad_company_admin_get_company_courses", true,
    "to see which courses a company has already" },
  { "core_user_get_users", true, "to find out why Moodle refuses an account" },
  { "mod_forum_get_forums_by_courses", true, "to tell an announcements forum from other content" },
  { "local_lehrgaenge_complete_users", true, "to set course completions" },
  { "local_lehrgaenge_get_completions", true, "to read course completions" },
  { "local_lehrgaenge_get_rosters", true,
    "to read who is in many courses, and by which method, at a fraction of the time" },
  { "local_lehrgaenge_get_setup", true,
    "to tell before a run which rights the service's user lacks" },
  { "local_lehrgaenge_get_users", true, "to find many people at a fraction of the time" },
  { "local_lehrgaenge_notify_users", true, "to tell in Moodle that an import has ended" },
  { NULL, false, NULL },
};

gint
ws_site_release(const Webservice *moodle) {
  char *end;
  gulong major = strtoul(moodle->release, &end, 10);
  if (end == moodle->release || *end != '.' || major > 99)
    return 0;
  const char *start = end + 1;
  gulong minor = strtoul(start, &end, 10);
  return end == start || minor > 99 ? 0 : (gint)(major * 100 + minor);
}

bool
ws_site_has(const Webservice *moodle, const char *function) {
  return g_hash_table_contains(moodle->functions, function);
}

/* ── opening ── */

static bool
note_functions(Webservice *moodle, const json_t *info) {
  const json_t *functions = json_object_get(info, "functions");
  if (!json_is_array(functions))
    return false;
  size_t i;
  const json_t *function;
  json_array_foreach(functions, i, function) {
    g_hash_table_insert(moodle->functions, g_strdup(ws_ask_text(function, "name")),
                        g_strdup(ws_ask_text(function, "version")));
  }
  moodle->packed = ws_site_has(moodle, "tool_mobile_call_external_functions");
  moodle->completes = ws_site_has(moodle, "local_lehrgaenge_complete_users") &&
                      ws_site_has(moodle, "local_lehrgaenge_get_completions");
  moodle->rosters = ws_site_has(moodle, "local_lehrgaenge_get_rosters");
  moodle->users = ws_site_has(moodle, "local_lehrgaenge_get_users");
  return true;
}

static bool
introduce(Webservice *moodle, GError **error) {
  g_autoptr(WsFailure) failure = NULL;
  json_auto_t *info = ws_client_call(moodle->client, false, 0, "core_webservice_get_site_info",
                                     json_object(), &failure);
  if (info != NULL && !note_functions(moodle, info))
    failure = ws_failure_unexpected("core_webservice_get_site_info",
                                    "the answer does not list the service's functions");
  if (failure != NULL) {
    ws_failure_propagate(failure, error);
    return false;
  }
  moodle->release = g_strdup(ws_ask_text(info, "release"));
  moodle->username = g_strdup(ws_ask_text(info, "username"));
  moodle->userid = ws_ask_number(info, "userid");
  moodle->site_admin = json_is_true(json_object_get(info, "userissiteadmin"));
  g_auto(GStrv) words = g_strsplit(moodle->release, " ", 2);
  moodle->description =
      g_strdup_printf("Moodle %s at %s", words[0] != NULL ? words[0] : "?", moodle->url);
  return true;
}

static bool
require_functions(const Webservice *moodle, GError **error) {
  g_autoptr(GString) missing = g_string_new(NULL);
  for (const WsFunction *function = ws_site_functions; function->name != NULL; function++)
    if (!function->optional && !ws_site_has(moodle, function->name))
      g_string_append_printf(missing, "%s%s", missing->len > 0 ? ", " : "", function->name);
  if (missing->len == 0)
    return true;
  g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_REFUSED,
              "%s: the service of this token lacks %s. Add the functions to the service in Moodle "
              "(docs/MOODLE.md), or install the companion plugin, whose service has them all.",
              moodle->url, missing->str);
  return false;
}

/* ── the slots that need no file of their own ── */

static void
ws_free(Gateway *gateway) {
  Webservice *moodle = (Webservice *)gateway;
  ws_client_free(moodle->client);
  g_hash_table_unref(moodle->functions);
  g_hash_table_unref(moodle->policy);
  g_hash_table_unref(moodle->auths);
  g_free(moodle->url);
  g_free(moodle->timezone);
  g_free(moodle->description);
  g_free(moodle->release);
  g_free(moodle->username);
  g_free(moodle);
}

static const char *
ws_describe(Gateway *gateway) {
  return ((Webservice *)gateway)->description;
}

static bool
ws_shared_emails(Gateway *gateway) {
  return ((Webservice *)gateway)->shared_emails;
}

static bool
ws_can_complete(Gateway *gateway) {
  return ((Webservice *)gateway)->completes;
}

/* Counted from its begin: the answer may have been waited for to the last, and Moodle, which sets
 * itself no limit below an hour, gets as long again. */
static guint
ws_copy_grace(Gateway *gateway) {
  return 2 * ((Webservice *)gateway)->copy_timeout_s;
}

/* What Moodle has answered is in its database. */
static bool
ws_flush(Gateway *gateway, GError **error) {
  (void)gateway;
  (void)error;
  return true;
}

static const GatewayClass ws_class = {
  .free = ws_free,
  .describe = ws_describe,
  .shared_emails = ws_shared_emails,
  .can_complete = ws_can_complete,
  .inspect = ws_inspect,
  .find_companies = ws_company_find,
  .find_courses = ws_course_find,
  .read_courses = ws_roster_read,
  .find_users = ws_user_find,
  .create_courses = ws_course_create,
  .link_courses = ws_course_link,
  .create_users = ws_user_create,
  .update_users = ws_user_update,
  .enrol = ws_enrol_enrol,
  .unenrol = ws_enrol_unenrol,
  .suspend = ws_enrol_suspend,
  .create_groups = ws_group_create,
  .add_members = ws_group_add,
  .complete = ws_complete,
  .contents = ws_content_look,
  .copy_content = ws_content_copy,
  .copy_grace = ws_copy_grace,
  .finish_content = ws_content_finish,
  .can_message = ws_message_can,
  .message = ws_message_send,
  .flush = ws_flush,
};

Gateway *
webservice_open(const WebserviceOptions *options, Clock *clock, const Stop *stop, GError **error) {
  WsClient *client = ws_client_new(options, clock, stop, error);
  if (client == NULL)
    return NULL;
  Webservice *made = g_new0(Webservice, 1);
  g_autoptr(Gateway) gateway = &made->base;
  made->base.class = &ws_class;
  made->client = client;
  made->clock = clock;
  made->url = g_strdup(options->url);
  for (gsize length = strlen(made->url); length > 0 && made->url[length - 1] == '/';)
    made->url[--length] = '\0';
  made->student_role = options->student_role;
  made->copy_timeout_s = options->copy_timeout_s;
  made->shared_emails = options->shared_emails;
  made->timezone = g_strdup(options->timezone);
  made->functions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  made->policy = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
  made->auths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  if (!introduce(made, error)) {
    g_prefix_error(error, "Moodle at %s: ", made->url);
    return NULL;
  }
  if (!options->lenient && !require_functions(made, error))
    return NULL;
  return g_steal_pointer(&gateway);
}
