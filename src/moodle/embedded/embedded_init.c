/* Makes an embedded Moodle, or completes one: everything in one transaction, each thing only when
 * it is not there.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/embedded/embedded_private.h"

#define TEMPLATES "Templates"

/* ── the site itself ── */

/* Moodle's numbers for what every site has: roles, front page, guest and administrator. The
 * accounts' passwords fit nothing: nobody signs in here. */
static const char SITE[] =
    "INSERT INTO mdl_config (name, value) VALUES ('version', '2023042403'), ('release', '4.2.3'),"
    " ('allowaccountssameemail', '0'), ('siteguest', '1'), ('siteadmins', '2')"
    " ON CONFLICT DO NOTHING;"
    "INSERT INTO mdl_role (id, shortname, archetype, sortorder) VALUES"
    " (1, 'manager', 'manager', 1), (2, 'coursecreator', 'coursecreator', 2),"
    " (3, 'editingteacher', 'editingteacher', 3), (4, 'teacher', 'teacher', 4),"
    " (5, 'student', 'student', 5), (6, 'guest', 'guest', 6), (7, 'user', 'user', 7),"
    " (8, 'frontpage', 'frontpage', 8) ON CONFLICT DO NOTHING;"
    "INSERT INTO mdl_modules (name) VALUES"
    " ('assign'), ('forum'), ('page'), ('quiz'), ('resource'), ('url')"
    " ON CONFLICT DO NOTHING;"
    "INSERT INTO mdl_context (id, contextlevel, instanceid, path, depth) VALUES (1, 10, 0, '/1', 1)"
    " ON CONFLICT DO NOTHING;"
    "INSERT INTO mdl_course (id, fullname, shortname, format, summary) VALUES"
    " (1, 'Lernplattform', 'Lernplattform', 'site', '') ON CONFLICT DO NOTHING;"
    "INSERT INTO mdl_user (id, confirmed, username, password, firstname, lastname, email) VALUES"
    " (1, 1, 'guest', 'restored', 'Guest user', ' ', 'root@localhost'),"
    " (2, 1, 'admin', 'restored', 'Admin', 'User', 'admin@invalid.local') ON CONFLICT DO NOTHING;";

/* ── categories and companies ── */

static bool
add_category(Embedded *moodle, const char *name, gint64 *id, GError **error) {
  gint64 context = 0;
  if (!db_run(moodle->db, error,
              "INSERT INTO mdl_course_categories (name, depth, timemodified) VALUES (?, 1, ?)",
              "si", name, clock_now(moodle->clock)))
    return false;
  *id = db_last_id(moodle->db);
  return db_run(moodle->db, error,
                "UPDATE mdl_course_categories SET path = '/' || id, sortorder = 10000 * id"
                " WHERE id = ?",
                "i", *id) &&
         embedded_course_add_context(moodle, EMBEDDED_CONTEXT_CATEGORY, *id,
                                     EMBEDDED_SYSTEM_CONTEXT, &context, error);
}

static bool
ensure_company(Embedded *moodle, const EmbeddedCompany *company, EmbeddedMade *made,
               GError **error) {
  gint64 id = 0, category = 0;
  if (!db_get_int(moodle->db, &id, 0, error,
                  "SELECT id FROM mdl_company WHERE name = ? AND code = ?", "ss", company->name,
                  company->code))
    return false;
  if (id != 0) /* a category it lost, or never got, is completed too */
    return db_get_int(moodle->db, &category, 0, error,
                      "SELECT cat.id FROM mdl_company c"
                      " JOIN mdl_course_categories cat ON cat.id = c.category WHERE c.id = ?",
                      "i", id) &&
           (category != 0 ||
            (add_category(moodle, company->name, &category, error) &&
             db_run(moodle->db, error, "UPDATE mdl_company SET category = ? WHERE id = ?", "ii",
                    category, id)));
  made->companies++;
  return add_category(moodle, company->name, &category, error) &&
         db_run(moodle->db, error,
                "INSERT INTO mdl_company (name, shortname, code, country, category)"
                " VALUES (?1, ?2, ?2, 'DE', ?3)",
                "ssi", company->name, company->code, category);
}

/* ── master courses ── */

/* What a master course holds; sections are numbered from 0. */
static const struct {
  gint64 section;
  const char *module, *forum_type, *name;
} lesson_plan[] = {
  { 1, "page", NULL, "Willkommen" },        { 1, "forum", "general", "Fragen und Antworten" },
  { 2, "resource", NULL, "Lernunterlage" }, { 2, "url", NULL, "Weiterführende Informationen" },
  { 3, "assign", NULL, "Übungsaufgabe" },   { 4, "quiz", NULL, "Lernerfolgskontrolle" },
};

static const char *const section_names[] = { "Einführung", "Grundlagen", "Übung", "Abschluss" };

static bool
fill_master(Embedded *moodle, gint64 courseid, GError **error) {
  for (guint i = 0; i < G_N_ELEMENTS(section_names); i++)
    if (!db_run(moodle->db, error,
                "UPDATE mdl_course_sections SET name = ? WHERE course = ? AND section = ?", "sii",
                section_names[i], courseid, (gint64)i + 1))
      return false;
  for (guint i = 0; i < G_N_ELEMENTS(lesson_plan); i++)
    if (!embedded_content_add(moodle, courseid, lesson_plan[i].section, lesson_plan[i].module,
                              lesson_plan[i].forum_type, lesson_plan[i].name, error))
      return false;
  return true;
}

static bool
templates_category(Embedded *moodle, gint64 *id, GError **error) {
  if (!db_get_int(
          moodle->db, id, 0, error,
          "SELECT min(id) FROM mdl_course_categories WHERE parent = 0 AND name = '" TEMPLATES "'",
          ""))
    return false;
  return *id != 0 || add_category(moodle, TEMPLATES, id, error);
}

static bool
ensure_master(Embedded *moodle, const char *name, EmbeddedMade *made, GError **error) {
  gint64 existing = 0, category = 0;
  if (!db_get_int(moodle->db, &existing, 0, error, "SELECT id FROM mdl_course WHERE shortname = ?",
                  "s", name))
    return false;
  if (existing != 0)
    return true;
  if (!templates_category(moodle, &category, error))
    return false;
  g_autofree char *summary = g_markup_printf_escaped("<p>Begleitkurs zum Lehrgang %s</p>", name);
  const GatewayCourseSettings settings = {
    .summary = summary,
    .summaryformat = 1,
    .format = (char *)"topics",
    .lang = (char *)"",
    .numsections = G_N_ELEMENTS(section_names),
    .newsitems = 1,
    .showgrades = 1,
    .enablecompletion = 1,
  };
  const GatewayNewCourse course = { .shortname = name,
                                    .fullname = name,
                                    .idnumber = "",
                                    .category = category,
                                    .startdate = clock_now(moodle->clock),
                                    .settings = &settings };
  GatewayOutcome outcome = { 0 };
  if (!embedded_course_add(moodle, &course, false, &outcome, error))
    return false;
  bool ok = outcome.code == GATEWAY_DONE && fill_master(moodle, outcome.id, error);
  if (outcome.code == GATEWAY_DONE)
    made->masters++;
  else
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_CONFIG, "master course \"%s\": %s", name,
                outcome.message);
  gateway_outcomes_clear(&outcome, 1);
  return ok;
}

/* ── all of it ── */

/* A path mistyped (the service's own database, say) is not to end as two databases in one file. */
static bool
check_not_foreign(Db *db, GError **error) {
  gint64 foreign = 0;
  if (!db_get_int(
          db, &foreign, 0, error,
          "SELECT count(*) FROM sqlite_schema WHERE type = 'table'"
          " AND name NOT LIKE 'mdl\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
          ""))
    return false;
  if (foreign > 0)
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_CONFIG,
                "%s holds another database, not an embedded Moodle; give another [moodle] path",
                db_path(db));
  return foreign == 0;
}

static bool
make_all(Embedded *moodle, const EmbeddedCompany *companies, guint company_count,
         const char *const *masters, guint master_count, EmbeddedMade *made, GError **error) {
  if (!check_not_foreign(moodle->db, error) || !embedded_schema_apply(moodle->db, error) ||
      !embedded_schema_check(moodle->db, error) || !db_exec(moodle->db, SITE, error))
    return false;
  for (guint i = 0; i < company_count; i++)
    if (!ensure_company(moodle, &companies[i], made, error))
      return false;
  for (guint i = 0; i < master_count; i++)
    if (!ensure_master(moodle, masters[i], made, error))
      return false;
  return true;
}

static bool
make_in_one(Embedded *moodle, const EmbeddedCompany *companies, guint company_count,
            const char *const *masters, guint master_count, EmbeddedMade *made, GError **error) {
  EmbeddedMade counts = { 0 };
  if (!embedded_begin(moodle, error))
    return false;
  bool ok = make_all(moodle, companies, company_count, masters, master_count, &counts, error);
  ok = embedded_end(moodle, ok, NULL, 0, error);
  if (ok && made != NULL)
    *made = counts;
  return ok;
}

bool
embedded_init(const char *path, const EmbeddedCompany *companies, guint company_count,
              const char *const *masters, guint master_count, Clock *clock, EmbeddedMade *made,
              GError **error) {
  Embedded *moodle = embedded_new(path, DB_CREATE, clock, error);
  if (moodle == NULL)
    return false;
  moodle->student_role = EMBEDDED_STUDENT;
  bool ok = make_in_one(moodle, companies, company_count, masters, master_count, made, error);
  gateway_free(&moodle->base);
  return ok;
}
