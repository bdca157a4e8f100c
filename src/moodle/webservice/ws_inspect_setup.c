/* What the companion plugin tells of the service's user and the site, held against what a run needs
 * and against the configuration.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "moodle/webservice/ws_ask.h"
#include "moodle/webservice/ws_inspect.h"
#include "moodle/webservice/ws_inspect_probe.h"

#define GET_SETUP "local_lehrgaenge_get_setup"

/* ── capabilities ── */

#define MAX_TOGETHER 4

/* Capabilities without any of which the same goes wrong. */
typedef struct {
  GatewayNoteLevel level;
  const char *capabilities[MAX_TOGETHER + 1];
  const char *consequence; /* a sentence without its capital and its full stop */
  const char *of_rosters; /* what goes wrong where the plugin's rosters, which ask for it, are read:
                             an error; NULL: the same as elsewhere */
} Need;

static const Need needs[] = {
  { GATEWAY_NOTE_ERROR, { "webservice/rest:use" }, "Moodle cannot be asked" },
  { GATEWAY_NOTE_ERROR, { "block/iomad_company_admin:company_add" }, "companies cannot be found" },
  { GATEWAY_NOTE_ERROR,
    { "block/iomad_company_admin:company_view_all" },
    "the courses of companies cannot be found" },
  { GATEWAY_NOTE_ERROR,
    { "block/iomad_company_admin:managecourses" },
    "new courses cannot be given to their companies" },
  { GATEWAY_NOTE_WARNING,
    { "block/iomad_company_admin:viewcourses" },
    "which courses a company has already is not known, so they are given to it again" },
  { GATEWAY_NOTE_ERROR,
    { "moodle/category:viewcourselist" },
    "the companies' course categories cannot be found" },
  { GATEWAY_NOTE_ERROR,
    { "moodle/category:viewhiddencategories" },
    "hidden course categories cannot be found" },
  { GATEWAY_NOTE_ERROR, { "moodle/course:create" }, "courses cannot be made" },
  { GATEWAY_NOTE_WARNING,
    { "moodle/course:setforcedlanguage" },
    "new courses do not get their templates' language" },
  { GATEWAY_NOTE_ERROR,
    { "moodle/course:update" },
    "ID numbers and settings of courses cannot be read, and new courses get no announcements "
    "forum" },
  { GATEWAY_NOTE_ERROR, { "moodle/course:view" }, "courses cannot be looked into" },
  { GATEWAY_NOTE_ERROR,
    { "moodle/course:viewhiddenactivities" },
    "a course whose content is hidden looks empty" },
  { GATEWAY_NOTE_ERROR,
    { "moodle/course:viewhiddencourses" },
    "hidden courses, such as master courses, cannot be found" },
  { GATEWAY_NOTE_WARNING,
    { "moodle/course:visibility" },
    "new courses in hidden categories stay hidden" },
  { GATEWAY_NOTE_WARNING,
    { "mod/forum:viewdiscussion" },
    "an announcements forum looks like other content" },
  { GATEWAY_NOTE_ERROR,
    { "moodle/backup:backuptargetimport", "moodle/restore:restoretargetimport" },
    "the content of templates cannot be copied" },
  { GATEWAY_NOTE_ERROR,
    { "moodle/question:add", "moodle/question:managecategory" },
    "the content of templates that hold questions cannot be copied" },
  { GATEWAY_NOTE_WARNING,
    { "moodle/site:viewuseridentity" },
    "others' e-mail addresses are not shown" },
  { GATEWAY_NOTE_ERROR, { "moodle/user:create" }, "accounts cannot be made" },
  { GATEWAY_NOTE_ERROR,
    { "moodle/user:update" },
    "accounts cannot be given what they lack: ID number, user name, way of signing in" },
  { GATEWAY_NOTE_ERROR,
    { "moodle/user:viewalldetails", "moodle/user:viewdetails" },
    "accounts cannot be found" },
  { GATEWAY_NOTE_WARNING,
    { "moodle/user:viewhiddendetails" },
    "what the site hides of profiles is not seen" },
  { GATEWAY_NOTE_ERROR, { "enrol/manual:enrol", "moodle/role:assign" }, "nobody can be enrolled" },
  { GATEWAY_NOTE_ERROR, { "enrol/manual:unenrol" }, "nobody can be unenrolled" },
  { GATEWAY_NOTE_ERROR,
    { "moodle/course:enrolreview", "moodle/course:viewparticipants",
      "moodle/site:accessallgroups" },
    "who is in a course cannot be read" },
  { GATEWAY_NOTE_ERROR,
    { "moodle/course:managegroups" },
    "groups can be neither read nor made nor filled" },
  { GATEWAY_NOTE_WARNING,
    { "moodle/course:markcomplete" },
    "courses cannot be marked as completed" },
  { GATEWAY_NOTE_WARNING,
    { "report/completion:view" },
    "completions cannot be read",
    "who is in a course, and who has completed it, cannot be read" },
  { GATEWAY_NOTE_WARNING,
    { "local/lehrgaenge:notify" },
    "nobody can be told in Moodle that an import has ended" },
};

/* A user who lacks that many lacks the role, whatever the role of all users gives. */
#define MOST 20

#define ROLE_REMEDY                                                                                \
  "Give it to the service's role (docs/MOODLE.md), or run the companion plugin's setup.php again."

static bool
lists(const json_t *list, const char *name) {
  size_t i;
  json_t *each;
  json_array_foreach(list, i, each) {
    if (g_strcmp0(json_string_value(each), name) == 0)
      return true;
  }
  return false;
}

/* "a, b and c" */
static char *
enumerate(const GPtrArray *names) {
  g_autoptr(GString) text = g_string_new(NULL);
  for (guint i = 0; i < names->len; i++)
    g_string_append_printf(text, "%s%s",
                           i == 0                ? ""
                           : i + 1 == names->len ? " and "
                                                 : ", ",
                           (const char *)g_ptr_array_index(names, i));
  return g_string_free(g_steal_pointer(&text), FALSE);
}

static void
say_need(const WsInspect *inspect, const Need *need, const json_t *missing, GHashTable *said) {
  g_autoptr(GPtrArray) names = g_ptr_array_new();
  for (guint i = 0; need->capabilities[i] != NULL; i++) {
    if (!lists(missing, need->capabilities[i]))
      continue;
    g_ptr_array_add(names, (gpointer)need->capabilities[i]);
    g_hash_table_add(said, (gpointer)need->capabilities[i]);
  }
  if (names->len == 0)
    return;
  g_autofree char *lacked = enumerate(names);
  bool rosters = inspect->moodle->rosters && need->of_rosters != NULL;
  ws_inspect_say(inspect, rosters ? GATEWAY_NOTE_ERROR : need->level, ROLE_REMEDY,
                 "the service's user lacks %s: %s", lacked,
                 rosters ? need->of_rosters : need->consequence);
}

/* Those of a list that are not in `said`, or NULL. */
static char *
enumerate_rest(const json_t *list, GHashTable *said) {
  g_autoptr(GPtrArray) names = g_ptr_array_new();
  size_t i;
  json_t *each;
  json_array_foreach(list, i, each) {
    const char *name = json_string_value(each);
    if (name != NULL && !g_hash_table_contains(said, name))
      g_ptr_array_add(names, (gpointer)name);
  }
  return names->len > 0 ? enumerate(names) : NULL;
}

static void
look_at_capabilities(const WsInspect *inspect, const json_t *missing, const json_t *unknown) {
  g_autoptr(GHashTable) said = g_hash_table_new(g_str_hash, g_str_equal);
  g_autofree char *strange = enumerate_rest(unknown, said);
  for (gsize i = 0; i < G_N_ELEMENTS(needs); i++)
    say_need(inspect, &needs[i], missing, said);
  g_autofree char *rest = enumerate_rest(missing, said);
  if (rest != NULL)
    ws_inspect_say(inspect, GATEWAY_NOTE_WARNING, ROLE_REMEDY,
                   "the service's user lacks %s, which the companion plugin's role has", rest);
  if (strange != NULL)
    ws_inspect_say(inspect, GATEWAY_NOTE_WARNING,
                   "Install what brings them, IOMAD for instance, and run the companion plugin's "
                   "setup.php again.",
                   "this Moodle does not know %s, which the service's role is to have", strange);
  if (json_array_size(missing) == 0 && strange == NULL)
    ws_inspect_say(inspect, GATEWAY_NOTE_OK, "", "the service's user has all capabilities");
}

/* ── the student role ── */

static void
refuse_role(const WsInspect *inspect, gint64 wanted, gint64 student) {
  g_autofree char *instead =
      student != 0 ? g_strdup_printf("Set student-role=%" G_GINT64_FORMAT " in [moodle], which is "
                                     "the role student, or allow role %" G_GINT64_FORMAT
                                     " to the service's role under Define roles > Allow role "
                                     "assignments.",
                                     student, wanted)
                   : g_strdup_printf("Allow role %" G_GINT64_FORMAT " to the service's role under "
                                     "Define roles > Allow role assignments, or correct "
                                     "student-role in [moodle] (docs/MOODLE.md).",
                                     wanted);
  ws_inspect_say(inspect, GATEWAY_NOTE_ERROR, instead,
                 "the service's user may not assign role %" G_GINT64_FORMAT
                 " (student-role) in courses: nobody can be enrolled",
                 wanted);
}

static void
look_at_roles(const WsInspect *inspect, const json_t *roles) {
  gint64 wanted = inspect->moodle->student_role, student = 0;
  const char *name = NULL;
  size_t i;
  json_t *role;
  json_array_foreach(roles, i, role) {
    if (strcmp(ws_ask_text(role, "shortname"), "student") == 0)
      student = ws_ask_number(role, "id");
    if (ws_ask_number(role, "id") == wanted)
      name = ws_ask_text(role, "shortname");
  }
  if (name == NULL)
    refuse_role(inspect, wanted, student);
  else if (student != 0 && student != wanted)
    ws_inspect_say_other_role(inspect, name, student);
  else
    ws_inspect_say(inspect, GATEWAY_NOTE_OK, "", "student role %" G_GINT64_FORMAT " (%s)", wanted,
                   name);
}

/* ── settings of the site ── */

static void
look_at_addresses(const WsInspect *inspect, bool shared) {
  if (shared == inspect->moodle->shared_emails)
    ws_inspect_say(inspect, GATEWAY_NOTE_OK, "", "accounts may%s share e-mail addresses",
                   shared ? "" : " not");
  else if (shared)
    ws_inspect_say(inspect, GATEWAY_NOTE_WARNING,
                   "Set shared-emails=yes in [moodle], unless that is meant.",
                   "Moodle lets accounts share an e-mail address, but shared-emails is no: an "
                   "address that is taken is changed for a new account");
  else
    ws_inspect_say(inspect, GATEWAY_NOTE_WARNING,
                   "Set shared-emails=no in [moodle], or switch on “Allow accounts with same "
                   "email” in Moodle.",
                   "Moodle lets no accounts share an e-mail address, but shared-emails is yes: it "
                   "refuses new accounts whose address is taken");
}

/* From Moodle 4.4 on, and at first switched on there. */
static void
look_at_welcome(const WsInspect *inspect, bool sent) {
  if (sent)
    ws_inspect_say(
        inspect, GATEWAY_NOTE_WARNING,
        "Set “Send course welcome message” to No under Plugins > Enrolments > Manual "
        "enrolments before the first run, unless that is meant (docs/MOODLE.md).",
        "Moodle may welcome everybody who is enrolled in a new course by a message, which "
        "it mails too");
}

#define DAY G_GINT64_CONSTANT(86400)

/* Days before and after now that two zones are compared for. */
#define DAYS_BEFORE 400
#define DAYS_AFTER 1100

static gint32
offset_at(GTimeZone *zone, gint64 time) {
  return g_time_zone_get_offset(zone, g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, time));
}

/* Many zones have several names, and neighbours the same time. */
static bool
keep_same_time(const char *first, const char *second, gint64 now) {
  g_autoptr(GTimeZone) left = g_time_zone_new_identifier(first);
  g_autoptr(GTimeZone) right = g_time_zone_new_identifier(second);
  if (left == NULL || right == NULL)
    return false;
  for (gint64 day = -DAYS_BEFORE; day <= DAYS_AFTER; day++)
    if (offset_at(left, now + day * DAY) != offset_at(right, now + day * DAY))
      return false;
  return true;
}

static void
look_at_timezone(const WsInspect *inspect, const char *theirs) {
  const Webservice *moodle = inspect->moodle;
  if (moodle->timezone == NULL || *theirs == '\0')
    return;
  if (keep_same_time(theirs, moodle->timezone, clock_now(moodle->clock))) {
    ws_inspect_say(inspect, GATEWAY_NOTE_OK, "", "time zone %s", theirs);
    return;
  }
  g_autofree char *remedy =
      g_strdup_printf("Set timezone=%s in [moodle], or make %s the default time zone of Moodle.",
                      theirs, moodle->timezone);
  ws_inspect_say(inspect, GATEWAY_NOTE_WARNING, remedy,
                 "Moodle's time zone is %s, but timezone is %s: courses would not begin and end at "
                 "midnight",
                 theirs, moodle->timezone);
}

/* ── asking ── */

/* Without the function there is no more to say than that, and nothing at all where the plugin is
 * not there. */
static void
say_unasked(const WsInspect *inspect) {
  const Webservice *moodle = inspect->moodle;
  if (moodle->completes || moodle->rosters || moodle->users)
    ws_inspect_say(inspect, GATEWAY_NOTE_OK, "",
                   "rights to write could be looked at with " GET_SETUP
                   " of a newer companion plugin in the token's service");
}

bool
ws_inspect_setup(WsInspect *inspect, GError **error) {
  g_autoptr(GArray) probes = ws_inspect_probes_new();
  ws_inspect_probes_add(inspect, probes, GET_SETUP, json_object());
  if (!ws_inspect_probes_run(inspect, probes, error))
    return false;
  if (probes->len == 0) {
    say_unasked(inspect);
    return true;
  }
  const WsInspectProbe *probe = ws_inspect_probe_at(probes, 0);
  const json_t *missing = json_object_get(probe->result, "missing");
  const json_t *roles = json_object_get(probe->result, "roles");
  if (!json_is_array(missing) || !json_is_array(roles)) {
    ws_inspect_say(inspect, GATEWAY_NOTE_WARNING, "Update the companion plugin (docs/MOODLE.md).",
                   "rights to write cannot be looked at: %s",
                   probe->refusal != NULL ? probe->refusal
                                          : "the answer is not what " GET_SETUP " promises");
    return true;
  }
  inspect->roleless = json_array_size(missing) >= MOST;
  if (inspect->roleless) {
    ws_inspect_say(inspect, GATEWAY_NOTE_ERROR,
                   "Assign the service's role to it in the whole site, under Assign system roles "
                   "(docs/MOODLE.md).",
                   "the service's user lacks %zu capabilities, so most likely the whole role",
                   json_array_size(missing));
    return true;
  }
  look_at_capabilities(inspect, missing, json_object_get(probe->result, "unknown"));
  look_at_roles(inspect, roles);
  look_at_addresses(inspect, json_is_true(json_object_get(probe->result, "sharedemails")));
  look_at_timezone(inspect, ws_ask_text(probe->result, "timezone"));
  look_at_welcome(inspect, json_is_true(json_object_get(probe->result, "welcomemessages")));
  ws_inspect_say(inspect, GATEWAY_NOTE_OK, "", "%s password policy",
                 json_is_true(json_object_get(probe->result, "passwordpolicy")) ? "with a"
                                                                                : "without a");
  inspect->told = true;
  return true;
}
