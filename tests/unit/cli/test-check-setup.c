/* `check` against the Moodle simulator: what the companion plugin tells of the service's rights and
 * of the site, held against what a run needs and against the configuration.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"
#include "check-site.h"

#define GET_SETUP "local_lehrgaenge_get_setup"
#define WRITES "rights to write"
#define ROLE_UNSURE "student role 5, which cannot be made sure of before the first enrolment"

/* ── capabilities ── */

static void
test_well(CheckSite *site, gconstpointer data) {
  (void)data;
  check_site_serve(site, CHECK_WELL, NULL, NULL);
  json_auto_t *document = check_site_check(site, CHECK_TOKEN_LINE, "", 0);
  g_assert_cmpuint(check_site_count(document, "warning", ""), ==, 1);
  g_assert_cmpuint(check_site_count(document, "warning", "no master course “F-II”"), ==, 1);
  g_assert_true(check_site_notes(document, "the service's user has all capabilities"));
  g_assert_true(check_site_notes(document, "student role 5 (student)"));
  g_assert_true(check_site_notes(document, "accounts may not share e-mail addresses"));
  g_assert_true(check_site_notes(document, "time zone Europe/Berlin"));
  g_assert_true(check_site_notes(document, "without a password policy"));
  g_assert_false(check_site_notes(document, ROLE_UNSURE));
  g_assert_cmpuint(moodle_app_calls(site->app, GET_SETUP), ==, 1);
}

/* Those without which the same goes wrong come in one finding, each group at its own level. */
static void
test_lacks(CheckSite *site, gconstpointer data) {
  (void)data;
  static const char *const lacks[] = { "moodle/restore:restoretargetimport",
                                       "moodle/course:setforcedlanguage",
                                       "moodle/user:create",
                                       "moodle/backup:backuptargetimport",
                                       "moodle/course:view",
                                       "moodle/some:other",
                                       "moodle/yet:another",
                                       NULL };
  MoodleAppOptions options = CHECK_WELL;
  options.lacks = lacks;
  options.password_policy = true;
  check_site_serve(site, options, NULL, NULL);
  json_auto_t *document = check_site_check(site, CHECK_TOKEN_LINE, "", 1);
  g_assert_cmpuint(check_site_count(document, "error", ""), ==, 3);
  g_assert_cmpuint(
      check_site_count(document, "error",
                       "the service's user lacks moodle/backup:backuptargetimport and "
                       "moodle/restore:restoretargetimport: the content of templates cannot be "
                       "copied"),
      ==, 1);
  g_assert_cmpuint(
      check_site_count(document, "error", "lacks moodle/user:create: accounts cannot be made"), ==,
      1);
  g_assert_cmpuint(check_site_count(document, "error", "lacks moodle/course:view: "), ==, 1);
  g_assert_cmpuint(check_site_count(document, "warning", "lacks "), ==, 2);
  g_assert_cmpuint(check_site_count(document, "warning",
                                    "lacks moodle/course:setforcedlanguage: new courses do not get "
                                    "their templates' language"),
                   ==, 1);
  g_assert_cmpuint(check_site_count(document, "warning",
                                    "lacks moodle/some:other and moodle/yet:another, which the "
                                    "companion plugin's role has"),
                   ==, 1);
  assert_has(check_site_remedy(document, "lacks moodle/user:create"), "docs/MOODLE.md");
  g_assert_false(check_site_notes(document, "the service's user has all capabilities"));
  g_assert_true(check_site_notes(document, "with a password policy"));
}

/* The plugin's rosters hold completions and ask for that right; Moodle's own functions do not. */
static void
test_completions(CheckSite *site, gconstpointer data) {
  bool rosters = data == NULL;
  static const char *const without[] = { "local_lehrgaenge_get_rosters", NULL };
  static const char *const lacks[] = { "report/completion:view", NULL };
  MoodleAppOptions options = CHECK_WELL;
  options.lacks = lacks;
  options.without = rosters ? NULL : without;
  check_site_serve(site, options, NULL, NULL);
  json_auto_t *document = check_site_check(site, CHECK_TOKEN_LINE, "", rosters ? 1 : 0);
  g_assert_cmpuint(check_site_count(document, "error",
                                    "lacks report/completion:view: who is in a course, and who has "
                                    "completed it, cannot be read"),
                   ==, rosters ? 1 : 0);
  g_assert_cmpuint(check_site_count(document, "warning",
                                    "lacks report/completion:view: completions cannot be read"),
                   ==, rosters ? 0 : 1);
}

/* What the role preset gives, each of it. */
static char **
read_preset(void) {
  autochar path =
      g_build_filename(g_getenv("SOURCE_ROOT"), "moodle-plugin", "lehrgaenge", "role.xml", NULL);
  autochar text = NULL;
  g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
  g_autoptr(GStrvBuilder) names = g_strv_builder_new();
  for (const char *at = strstr(text, "<allow>"); at != NULL; at = strstr(at, "<allow>")) {
    at += strlen("<allow>");
    autochar name = g_strndup(at, strcspn(at, "<"));
    g_strv_builder_add(names, name);
  }
  return g_strv_builder_end(names);
}

/* Whether one of the findings names exactly that. */
static bool
names(const json_t *document, const char *capability) {
  guint found = 0;
  size_t i;
  json_t *each;
  json_array_foreach(json_object_get(document, "findings"), i, each) {
    const char *message = json_string_value(json_object_get(each, "message"));
    const char *colon = strstr(message, ": ");
    if (!g_str_has_prefix(message, "the service's user lacks ") || colon == NULL)
      continue;
    autochar listed = g_strndup(message, (gsize)(colon - message));
    g_auto(GStrv) words = g_strsplit_set(listed, " ,", -1);
    found += g_strv_contains((const char *const *)words, capability);
  }
  return found == 1;
}

/* Few at a time: who lacks most of them lacks the role. */
#define AT_ONCE 12

static void
test_every_capability(CheckSite *site, gconstpointer data) {
  g_auto(GStrv) preset = read_preset();
  guint all = g_strv_length(preset), first = AT_ONCE * GPOINTER_TO_UINT(data);
  g_assert_cmpuint(all, >, 2 * AT_ONCE);
  g_assert_cmpuint(all, <=, 3 * AT_ONCE);
  const char *lacking[AT_ONCE + 1] = { NULL };
  for (guint i = 0; i < AT_ONCE && first + i < all; i++)
    lacking[i] = preset[first + i];
  MoodleAppOptions options = CHECK_WELL;
  options.lacks = lacking;
  check_site_serve(site, options, NULL, NULL);
  json_auto_t *document = check_site_check(site, CHECK_TOKEN_LINE, "", 1);
  for (guint i = 0; lacking[i] != NULL; i++)
    if (!names(document, lacking[i]))
      g_error("%s is not named once with what does not work without it", lacking[i]);
  g_assert_cmpuint(check_site_count(document, "warning", "the companion plugin's role has"), ==, 0);
}

/* Then thirty findings would say one thing, and none of them how to mend it. */
static void
test_no_role(CheckSite *site, gconstpointer data) {
  (void)data;
  g_auto(GStrv) preset = read_preset();
  MoodleAppOptions options = CHECK_WELL;
  options.lacks = (const char *const *)preset;
  check_site_serve(site, options, NULL, NULL);
  json_auto_t *document = check_site_check(site, CHECK_TOKEN_LINE, "", 1);
  g_assert_cmpuint(check_site_count(document, "error", "most likely the whole role"), ==, 1);
  g_assert_cmpuint(check_site_count(document, "error", "the service's user lacks"), ==, 1);
  assert_has(check_site_remedy(document, "the whole role"), "Assign system roles");
}

static void
test_unknown(CheckSite *site, gconstpointer data) {
  (void)data;
  static const char *const unknown[] = { "block/iomad_company_admin:company_add",
                                         "block/iomad_company_admin:managecourses", NULL };
  MoodleAppOptions options = CHECK_WELL;
  options.unknown = unknown;
  check_site_serve(site, options, NULL, NULL);
  json_auto_t *document = check_site_check(site, CHECK_TOKEN_LINE, "", 0);
  g_assert_cmpuint(check_site_count(document, "warning",
                                    "this Moodle does not know "
                                    "block/iomad_company_admin:company_add and "
                                    "block/iomad_company_admin:managecourses"),
                   ==, 1);
  assert_has(check_site_remedy(document, "does not know"), "IOMAD");
  g_assert_false(check_site_notes(document, "the service's user has all capabilities"));
}

/* ── the student role ── */

static const char *const student[] = { "student", NULL };
static const char *const teacher[] = { "teacher", NULL };
static const char *const both[] = { "student", "teacher", NULL };
static const char *const none[] = { NULL };

static const struct {
  const char *name;
  const char *const *assignable;
  const char *line; /* of [moodle] */
  const char *level, *message, *remedy;
} roles[] = {
  { "usual", student, "", NULL, "student role 5 (student)", NULL },
  { "of-another-name", teacher, "student-role=4\n", NULL, "student role 4 (teacher)", NULL },
  { "another", both, "student-role=4\n", "warning",
    "role 4 (teacher) is not Moodle's role student, which is 5", "Set student-role=5" },
  { "another-forbidden", student, "student-role=4\n", "error",
    "may not assign role 4 (student-role) in courses: nobody can be enrolled",
    "Set student-role=5 in [moodle]" },
  { "forbidden", teacher, "", "error",
    "may not assign role 5 (student-role) in courses: nobody can be enrolled",
    "Allow role 5 to the service's role under Define roles > Allow role assignments" },
  { "none", none, "", "error", "may not assign role 5", "Allow role 5" },
};

static void
test_role(CheckSite *site, gconstpointer data) {
  gsize i = GPOINTER_TO_SIZE(data);
  MoodleAppOptions options = CHECK_WELL;
  options.assignable = roles[i].assignable;
  check_site_serve(site, options, NULL, NULL);
  autochar lines = g_strconcat(CHECK_TOKEN_LINE, roles[i].line, NULL);
  bool error = g_strcmp0(roles[i].level, "error") == 0;
  json_auto_t *document = check_site_check(site, lines, "", error ? 1 : 0);
  g_assert_cmpuint(check_site_count(document, "error", ""), ==, error ? 1 : 0);
  if (roles[i].level == NULL) {
    g_assert_true(check_site_notes(document, roles[i].message));
    return;
  }
  g_assert_cmpuint(check_site_count(document, roles[i].level, roles[i].message), ==, 1);
  assert_has(check_site_remedy(document, roles[i].message), roles[i].remedy);
}

/* ── settings ── */

static void
test_addresses(CheckSite *site, gconstpointer data) {
  (void)data;
  check_site_serve(site, CHECK_WELL, NULL, NULL);
  json_auto_t *not_theirs = check_site_check(site, CHECK_TOKEN_LINE "shared-emails=yes\n", "", 0);
  g_assert_cmpuint(check_site_count(not_theirs, "warning", "but shared-emails is yes"), ==, 1);
  assert_has(check_site_remedy(not_theirs, "but shared-emails is yes"), "Set shared-emails=no");

  check_site_exec(site, "UPDATE mdl_config SET value = '1' WHERE name = 'allowaccountssameemail'");
  json_auto_t *not_ours = check_site_check(site, CHECK_TOKEN_LINE, "", 0);
  g_assert_cmpuint(check_site_count(not_ours, "warning", "but shared-emails is no"), ==, 1);
  assert_has(check_site_remedy(not_ours, "but shared-emails is no"), "Set shared-emails=yes");
  json_auto_t *agreed = check_site_check(site, CHECK_TOKEN_LINE "shared-emails=yes\n", "", 0);
  g_assert_cmpuint(check_site_count(agreed, "warning", "shared-emails"), ==, 0);
  g_assert_true(check_site_notes(agreed, "accounts may share e-mail addresses"));
}

static void
test_welcome(CheckSite *site, gconstpointer data) {
  (void)data;
  check_site_serve(site, CHECK_WELL, NULL, NULL);
  json_auto_t *silent = check_site_check(site, CHECK_TOKEN_LINE, "", 0);
  g_assert_cmpuint(check_site_count(silent, "warning", "Moodle may welcome"), ==, 0);
  check_site_exec(site, "INSERT INTO mdl_config (name, value) "
                        "VALUES ('sendcoursewelcomemessage', '1')");
  json_auto_t *loud = check_site_check(site, CHECK_TOKEN_LINE, "", 0);
  g_assert_cmpuint(check_site_count(loud, "warning", "Moodle may welcome everybody"), ==, 1);
  assert_has(check_site_remedy(loud, "Moodle may welcome"), "Send course welcome message");
}

/* Lagos has Berlin's time in winter only, Johannesburg in summer; the last one is known to no
 * machine. */
static const struct {
  const char *theirs, *ours;
  bool same;
} zones[] = {
  { "Europe/Berlin", "Europe/Berlin", true },
  { "Europe/Vienna", "Europe/Berlin", true },
  { "Europe/London", "Europe/Berlin", false },
  { "Europe/London", "Europe/London", true },
  { "Africa/Lagos", "Europe/Berlin", false },
  { "Africa/Johannesburg", "Europe/Berlin", false },
  { "Etc/UTC", "UTC", true },
  { "Europe/Entenhausen", "UTC", false },
};

static void
test_timezone(CheckSite *site, gconstpointer data) {
  (void)data;
  check_site_serve(site, CHECK_WELL, NULL, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(zones); i++) {
    autochar sql = g_strdup_printf("INSERT INTO mdl_config (name, value) VALUES ('timezone', '%s') "
                                   "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                                   zones[i].theirs);
    autochar lines = g_strdup_printf(CHECK_TOKEN_LINE "timezone=%s\n", zones[i].ours);
    autochar note = g_strdup_printf("time zone %s", zones[i].theirs);
    autochar message = g_strdup_printf("Moodle's time zone is %s, but timezone is %s",
                                       zones[i].theirs, zones[i].ours);
    autochar remedy = g_strdup_printf("Set timezone=%s in [moodle]", zones[i].theirs);
    check_site_exec(site, sql);
    json_auto_t *document = check_site_check(site, lines, "", 0);
    g_assert_true(check_site_notes(document, note) == zones[i].same);
    g_assert_cmpuint(check_site_count(document, "warning", message), ==, zones[i].same ? 0 : 1);
    if (!zones[i].same)
      assert_has(check_site_remedy(document, message), remedy);
  }
}

/* ── without the function ── */

static void
test_older_plugin(CheckSite *site, gconstpointer data) {
  (void)data;
  static const char *const without[] = { GET_SETUP, NULL };
  static const char *const lacks[] = { "moodle/user:create", NULL };
  MoodleAppOptions options = CHECK_WELL;
  options.without = without;
  options.lacks = lacks;
  check_site_serve(site, options, NULL, NULL);
  json_auto_t *document =
      check_site_check(site, CHECK_TOKEN_LINE "shared-emails=yes\ntimezone=UTC\n", "", 0);
  g_assert_cmpuint(check_site_count(document, "warning", ""), ==, 1);
  g_assert_true(check_site_notes(document, WRITES " could be looked at with " GET_SETUP
                                                  " of a newer companion plugin in the token's "
                                                  "service"));
  g_assert_true(check_site_notes(document, ROLE_UNSURE));
}

static void
test_no_plugin(CheckSite *site, gconstpointer data) {
  (void)data;
  check_site_serve(site, (MoodleAppOptions){ .batch = true }, NULL, NULL);
  json_auto_t *document = check_site_check(site, CHECK_TOKEN_LINE, "", 0);
  g_assert_cmpuint(check_site_count(document, "warning", "companion plugin is not there"), ==, 1);
  autochar said = json_dumps(document, JSON_COMPACT);
  g_assert_null(strstr(said, WRITES));
}

/* An administrator lacks nothing, whatever its roles. */
static void
test_administrator(CheckSite *site, gconstpointer data) {
  (void)data;
  static const char *const lacks[] = { "moodle/user:create", NULL };
  MoodleAppOptions options = CHECK_WELL;
  options.service_user = 2;
  options.lacks = lacks;
  options.assignable = none;
  check_site_serve(site, options, NULL, NULL);
  json_auto_t *document = check_site_check(site, CHECK_TOKEN_LINE, "", 0);
  g_assert_true(check_site_notes(document, "the service's user has all capabilities"));
  g_assert_true(check_site_notes(document, "student role 5 (student)"));
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define add(name, data, function)                                                                  \
  g_test_add("/check-setup/" name, CheckSite, data, check_site_set_up, function,                   \
             check_site_tear_down)
  add("well", NULL, test_well);
  add("lacks", NULL, test_lacks);
  add("every-capability/1", GUINT_TO_POINTER(0), test_every_capability);
  add("every-capability/2", GUINT_TO_POINTER(1), test_every_capability);
  add("every-capability/3", GUINT_TO_POINTER(2), test_every_capability);
  add("no-role", NULL, test_no_role);
  add("completions/rosters", NULL, test_completions);
  add("completions/no-rosters", "", test_completions);
  add("unknown", NULL, test_unknown);
  for (gsize i = 0; i < G_N_ELEMENTS(roles); i++) {
    autochar path = g_strconcat("/check-setup/role/", roles[i].name, NULL);
    g_test_add(path, CheckSite, GSIZE_TO_POINTER(i), check_site_set_up, test_role,
               check_site_tear_down);
  }
  add("welcome", NULL, test_welcome);
  add("addresses", NULL, test_addresses);
  add("timezone", NULL, test_timezone);
  add("older-plugin", NULL, test_older_plugin);
  add("no-plugin", NULL, test_no_plugin);
  add("administrator", NULL, test_administrator);
  return g_test_run();
}
