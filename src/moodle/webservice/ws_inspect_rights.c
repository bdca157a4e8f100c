/* Order: companies and categories → the courses of a few categories → their editing menus, people
 * and groups → the accounts of some of those people.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "moodle/webservice/ws_ask.h"
#include "moodle/webservice/ws_inspect.h"
#include "moodle/webservice/ws_inspect_probe.h"

/* How much is looked at: categories, the newest courses of each, people of each course. Categories
 * with more courses than the most are left out: Moodle would have to describe them all. */
#define CATEGORIES 5
#define CATEGORY_MOST_COURSES 100
#define COURSES_EACH 4
#define PEOPLE_EACH 10
#define PEOPLE 20

/* The account that a Moodle begins with, for one in which nobody is enrolled yet. */
#define FIRST_ADMIN 2

/* ── companies and categories ── */

#define GET_COMPANIES "block_iomad_company_admin_get_companies"
#define GET_CATEGORIES "core_course_get_categories"

static gint
by_courses(gconstpointer a, gconstpointer b) {
  const json_t *const *left = a, *const *right = b;
  gint64 x = ws_ask_number(*left, "coursecount"), y = ws_ask_number(*right, "coursecount");
  return x > y ? -1 : x < y;
}

/* Those with the most courses that are not too many, borrowed from the answer. */
static GPtrArray *
choose_categories(const json_t *all) {
  GPtrArray *chosen = g_ptr_array_new();
  size_t i;
  json_t *category;
  json_array_foreach(all, i, category) {
    gint64 courses = ws_ask_number(category, "coursecount");
    if (courses > 0 && courses <= CATEGORY_MOST_COURSES)
      g_ptr_array_add(chosen, category);
  }
  g_ptr_array_sort(chosen, by_courses);
  g_ptr_array_set_size(chosen, (gint)MIN(chosen->len, CATEGORIES));
  return chosen;
}

/* `next` gets the questions for the courses of some categories. */
static bool
look_at_companies(const WsInspect *inspect, GArray *next, GError **error) {
  g_autoptr(GArray) probes = ws_inspect_probes_new();
  ws_inspect_probes_add(inspect, probes, GET_COMPANIES,
                        json_pack("{s:[{s:s, s:s}]}", "criteria", "key", "name", "value", ""));
  ws_inspect_probes_add(inspect, probes, GET_CATEGORIES, json_pack("{s:i}", "addsubcategories", 0));
  if (!ws_inspect_probes_run(inspect, probes, error))
    return false;
  for (guint i = 0; i < probes->len; i++) {
    const WsInspectProbe *probe = ws_inspect_probe_at(probes, i);
    bool companies = ws_inspect_probe_asks(probe, GET_COMPANIES);
    const json_t *list = companies ? json_object_get(probe->result, "companies") : probe->result;
    if (probe->refusal != NULL)
      ws_inspect_say(inspect, GATEWAY_NOTE_ERROR,
                     companies ? "Give the service's role block/iomad_company_admin:company_add "
                                 "and company_view_all (docs/MOODLE.md)."
                               : "Give the service's role moodle/category:viewcourselist and "
                                 "viewhiddencategories (docs/MOODLE.md).",
                     "%s cannot be read: %s", companies ? "companies" : "course categories",
                     probe->refusal);
    else
      ws_inspect_say(inspect, GATEWAY_NOTE_OK, "", "%zu %s", json_array_size(list),
                     companies ? "companies" : "course categories");
    if (companies)
      continue;
    g_autoptr(GPtrArray) chosen = choose_categories(list);
    for (guint c = 0; c < chosen->len; c++) {
      g_autofree char *id =
          g_strdup_printf("%" G_GINT64_FORMAT, ws_ask_number(g_ptr_array_index(chosen, c), "id"));
      ws_inspect_probes_add(inspect, next, "core_course_get_courses_by_field",
                            json_pack("{s:s, s:s}", "field", "category", "value", id));
    }
  }
  return true;
}

/* ── courses ── */

/* How often something was asked for and not given. */
typedef struct {
  guint asked, missed;
  char *first; /* about the first miss */
} Tally;

static void
tally(Tally *counts, bool given, const char *about) {
  counts->asked++;
  if (given)
    return;
  if (counts->missed++ == 0)
    counts->first = g_strdup(about);
}

/* Missing everywhere is a missing right; missing here and there may be meant. */
static void
tally_say(const WsInspect *inspect, Tally *counts, const char *what, const char *remedy) {
  if (counts->missed > 0)
    ws_inspect_say(inspect,
                   counts->missed == counts->asked ? GATEWAY_NOTE_ERROR : GATEWAY_NOTE_WARNING,
                   remedy, "%s in %u of %u courses looked at (first: %s)", what, counts->missed,
                   counts->asked, counts->first);
  g_clear_pointer(&counts->first, g_free);
}

static void
release(gpointer json) {
  json_decref(json);
}

static gint
by_newest(gconstpointer a, gconstpointer b) {
  const json_t *const *left = a, *const *right = b;
  gint64 x = ws_ask_number(*left, "id"), y = ws_ask_number(*right, "id");
  return x > y ? -1 : x < y;
}

/* The newest courses of one category's answer, added to `courses` as owned objects. */
static void
choose_courses(json_t *answer, GPtrArray *courses) {
  g_autoptr(GPtrArray) all = g_ptr_array_new();
  json_t *list = json_object_get(answer, "courses"), *course;
  size_t i;
  json_array_foreach(list, i, course) if (ws_ask_number(course, "id") > WS_SITE_COURSE)
      g_ptr_array_add(all, course);
  g_ptr_array_sort(all, by_newest);
  for (guint c = 0; c < MIN(all->len, COURSES_EACH); c++)
    g_ptr_array_add(courses, json_incref(g_ptr_array_index(all, c)));
}

static bool
choose_all_courses(const WsInspect *inspect, GArray *probes, GPtrArray *courses, GError **error) {
  if (!ws_inspect_probes_run(inspect, probes, error))
    return false;
  const char *refusal = NULL;
  for (guint i = 0; i < probes->len; i++) {
    choose_courses(ws_inspect_probe_at(probes, i)->result, courses);
    if (ws_inspect_probe_at(probes, i)->refusal != NULL)
      refusal = ws_inspect_probe_at(probes, i)->refusal;
  }
  if (refusal != NULL)
    ws_inspect_say(inspect, GATEWAY_NOTE_ERROR,
                   "Give the service's role moodle/course:view, viewhiddencourses, and "
                   "block/iomad_company_admin:company_view_all (docs/MOODLE.md).",
                   "courses cannot be read: %s", refusal);
  Tally idnumbers = { 0 };
  for (guint i = 0; i < courses->len; i++) {
    const json_t *course = g_ptr_array_index(courses, i);
    tally(&idnumbers, json_object_get(course, "idnumber") != NULL,
          ws_ask_text(course, "shortname"));
  }
  tally_say(
      inspect, &idnumbers, "the course's idnumber is not shown",
      "Give the service's role moodle/course:view and moodle/course:update (docs/MOODLE.md).");
  return true;
}

#define GET_OPTIONS "core_course_get_user_administration_options"
#define GET_ENROLLED "core_enrol_get_enrolled_users"
#define GET_GROUPS "core_group_get_course_groups"

static void
ask_in_courses(const WsInspect *inspect, const GPtrArray *courses, GArray *probes) {
  json_t *ids = json_array();
  for (guint i = 0; i < courses->len; i++) {
    gint64 id = ws_ask_number(g_ptr_array_index(courses, i), "id");
    json_array_append_new(ids, json_integer(id));
    ws_inspect_probes_add(inspect, probes, GET_ENROLLED,
                          json_pack("{s:I, s:[{s:s, s:s}, {s:s, s:i}, {s:s, s:i}]}", "courseid",
                                    (json_int_t)id, "options", "name", "userfields", "value",
                                    "id,roles", "name", "onlyactive", "value", 1, "name",
                                    "limitnumber", "value", PEOPLE_EACH));
    ws_inspect_probes_add(inspect, probes, GET_GROUPS,
                          json_pack("{s:I}", "courseid", (json_int_t)id));
  }
  ws_inspect_probes_add(inspect, probes, GET_OPTIONS, json_pack("{s:o}", "courseids", ids));
}

/* Whether the editing menu holds an entry. */
static bool
offers(const json_t *course, const char *name) {
  size_t i;
  json_t *option;
  json_array_foreach(json_object_get(course, "options"), i,
                     option) if (strcmp(ws_ask_text(option, "name"), name) ==
                                 0) return json_is_true(json_object_get(option, "available"));
  return false;
}

static void
look_at_menus(const WsInspect *inspect, const json_t *answer) {
  Tally update = { 0 }, import = { 0 };
  size_t i;
  json_t *course;
  json_array_foreach(json_object_get(answer, "courses"), i, course) {
    g_autofree char *about = g_strdup_printf("id %" G_GINT64_FORMAT, ws_ask_number(course, "id"));
    tally(&update, offers(course, "update"), about);
    tally(&import, offers(course, "import"), about);
  }
  tally_say(inspect, &update, "the settings cannot be edited",
            "Give the service's role moodle/course:update (docs/MOODLE.md).");
  tally_say(inspect, &import, "content cannot be imported",
            "Give the service's role moodle/restore:restoretargetimport and "
            "moodle/backup:backuptargetimport (docs/MOODLE.md).");
}

/* What was seen of people. */
typedef struct {
  GHashTable *roles; /* gint64 * → char *: role id → short name */
  json_t *ids;       /* of some people */
} People;

static void
people_clear(People *people) {
  g_hash_table_unref(people->roles);
  json_decref(people->ids);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(People, people_clear)

static void
note_people(const WsInspect *inspect, const json_t *enrolled, People *people) {
  size_t i, r;
  json_t *person, *role;
  json_array_foreach(enrolled, i, person) {
    gint64 id = ws_ask_number(person, "id");
    if (json_array_size(people->ids) < PEOPLE && id != inspect->moodle->userid)
      json_array_append_new(people->ids, json_integer(id));
    json_array_foreach(json_object_get(person, "roles"), r, role) {
      gint64 roleid = ws_ask_number(role, "roleid");
      g_hash_table_replace(people->roles, g_memdup2(&roleid, sizeof roleid),
                           g_strdup(ws_ask_text(role, "shortname")));
    }
  }
}

static bool
look_in_courses(const WsInspect *inspect, const GPtrArray *courses, People *people,
                GError **error) {
  g_autoptr(GArray) probes = ws_inspect_probes_new();
  ask_in_courses(inspect, courses, probes);
  if (!ws_inspect_probes_run(inspect, probes, error))
    return false;
  Tally enrolled = { 0 }, groups = { 0 };
  for (guint i = 0; i < probes->len; i++) {
    const WsInspectProbe *probe = ws_inspect_probe_at(probes, i);
    if (ws_inspect_probe_asks(probe, GET_OPTIONS)) {
      look_at_menus(inspect, probe->result);
      continue;
    }
    bool asks_people = ws_inspect_probe_asks(probe, GET_ENROLLED);
    tally(asks_people ? &enrolled : &groups, probe->refusal == NULL, probe->refusal);
    if (asks_people)
      note_people(inspect, probe->result, people);
  }
  tally_say(inspect, &enrolled, "the people cannot be read",
            "Give the service's role moodle/course:view, viewparticipants and enrolreview "
            "(docs/MOODLE.md).");
  tally_say(inspect, &groups, "the groups cannot be read",
            "Give the service's role moodle/course:view and moodle/course:managegroups "
            "(docs/MOODLE.md).");
  return true;
}

/* ── people ── */

void
ws_inspect_say_other_role(const WsInspect *inspect, const char *name, gint64 student) {
  g_autofree char *remedy = g_strdup_printf(
      "Set student-role=%" G_GINT64_FORMAT " in [moodle], unless another role is meant.", student);
  ws_inspect_say(inspect, GATEWAY_NOTE_WARNING, remedy,
                 "role %" G_GINT64_FORMAT
                 "%s%s%s is not Moodle's role student, which is %" G_GINT64_FORMAT,
                 inspect->moodle->student_role, name != NULL ? " (" : "", name != NULL ? name : "",
                 name != NULL ? ")" : "", student);
}

static void
look_at_role(const WsInspect *inspect, GHashTable *roles) {
  gint64 wanted = inspect->moodle->student_role;
  const char *name = g_hash_table_lookup(roles, &wanted);
  gint64 student = 0;
  GHashTableIter all;
  gpointer id, shortname;
  g_hash_table_iter_init(&all, roles);
  while (g_hash_table_iter_next(&all, &id, &shortname))
    if (strcmp(shortname, "student") == 0)
      student = *(const gint64 *)id;
  if (name != NULL && strcmp(name, "student") == 0) {
    ws_inspect_say(inspect, GATEWAY_NOTE_OK, "", "student role %" G_GINT64_FORMAT, wanted);
  } else if (student != 0) {
    ws_inspect_say_other_role(inspect, name, student);
  } else if (name != NULL) {
    ws_inspect_say(inspect, GATEWAY_NOTE_WARNING,
                   "Look at the id of the role student in Moodle and set student-role in [moodle], "
                   "unless this role is meant.",
                   "role %" G_GINT64_FORMAT " is called %s, not student", wanted, name);
  } else {
    ws_inspect_say(inspect, GATEWAY_NOTE_OK, "",
                   "student role %" G_GINT64_FORMAT
                   ", which cannot be made sure of before the first enrolment",
                   wanted);
  }
}

/* An account that is not shown is one that would be made again. */
static bool
look_at_accounts(const WsInspect *inspect, json_t *ids, GError **error) {
  bool known = json_array_size(ids) > 0;
  if (!known)
    json_array_append_new(ids, json_integer(FIRST_ADMIN));
  g_autoptr(GArray) probes = ws_inspect_probes_new();
  ws_inspect_probes_add(inspect, probes, "core_user_get_users_by_field",
                        json_pack("{s:s, s:O}", "field", "id", "values", ids));
  if (!ws_inspect_probes_run(inspect, probes, error))
    return false;
  if (probes->len == 0)
    return true;
  const WsInspectProbe *probe = ws_inspect_probe_at(probes, 0);
  guint asked = (guint)json_array_size(ids), shown = (guint)json_array_size(probe->result);
  guint nameless = known ? asked - MIN(asked, shown) : 0, addressless = 0;
  size_t i;
  json_t *user;
  json_array_foreach(probe->result, i, user) {
    nameless += *ws_ask_text(user, "username") == '\0';
    addressless += *ws_ask_text(user, "email") == '\0';
  }
  if (probe->refusal != NULL || nameless > 0)
    ws_inspect_say(inspect, GATEWAY_NOTE_ERROR,
                   "Give the service's role moodle/user:viewdetails, viewalldetails and "
                   "viewhiddendetails (docs/MOODLE.md).",
                   "accounts cannot be found: %s",
                   probe->refusal != NULL ? probe->refusal : "their user names are not shown");
  else if (addressless > 0)
    ws_inspect_say(inspect, GATEWAY_NOTE_WARNING,
                   "Give the service's role moodle/site:viewuseridentity, and let Moodle's "
                   "showuseridentity hold the e-mail address (docs/MOODLE.md).",
                   "the e-mail addresses of %u of %u accounts looked at are not shown, so one that "
                   "is taken is only found out by trying",
                   addressless, shown);
  return true;
}

bool
ws_inspect_rights(const WsInspect *inspect, GError **error) {
  g_autoptr(GArray) categories = ws_inspect_probes_new();
  g_autoptr(GPtrArray) courses = g_ptr_array_new_with_free_func(release);
  g_auto(People) people = {
    .roles = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free),
    .ids = json_array(),
  };
  if (!look_at_companies(inspect, categories, error) ||
      !choose_all_courses(inspect, categories, courses, error))
    return false;
  if (courses->len == 0)
    ws_inspect_say(inspect, GATEWAY_NOTE_WARNING, "Make the master courses and check again.",
                   "there is no course in which the service's rights could be looked at");
  else if (!look_in_courses(inspect, courses, &people, error))
    return false;
  if (!look_at_accounts(inspect, people.ids, error))
    return false;
  if (!inspect->told)
    look_at_role(inspect, people.roles);
  return true;
}
