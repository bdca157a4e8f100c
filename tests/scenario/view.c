/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "view.h"

#include <string.h>

#include "base/date.h"
#include "base/db.h"

/* Both files in one connection: the maps are about Moodle's ids. */
static Db *
open_both(const Site *site) {
  g_autoptr(GError) error = NULL;
  Db *db = db_open(site->moodle, 0, &error);
  g_autofree char *attach = g_strdup_printf("ATTACH '%s' AS store", site->store);
  if (db == NULL || !db_exec(db, attach, &error))
    g_error("%s", error->message);
  return db;
}

static sqlite3_stmt *
query(Db *db, const char *sql) {
  sqlite3_stmt *rows = NULL;
  if (sqlite3_prepare_v2(db_handle(db), sql, -1, &rows, NULL) != SQLITE_OK)
    g_error("%s: %s", sql, sqlite3_errmsg(db_handle(db)));
  return rows;
}

static const char *
text(sqlite3_stmt *row, int column) {
  const char *value = (const char *)sqlite3_column_text(row, column);
  return value != NULL ? value : "";
}

/* ── for people ── */

typedef struct {
  const Site *site;
  Db *db;
  GPtrArray *lines;
} View;

static void add(View *view, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
add(View *view, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  g_ptr_array_add(view->lines, g_strdup_vprintf(format, arguments));
  va_end(arguments);
}

/* A query about one course or user, whose rows are one text each, joined. */
static char *
joined(View *view, const char *sql, gint64 id, const char *separator) {
  sqlite3_stmt *rows = query(view->db, sql);
  sqlite3_bind_int64(rows, 1, id);
  GString *all = g_string_new(NULL);
  while (sqlite3_step(rows) == SQLITE_ROW)
    g_string_append_printf(all, "%s%s", all->len > 0 ? separator : "", text(rows, 0));
  sqlite3_finalize(rows);
  return g_string_free(all, FALSE);
}

/* "2026-01-01" when it is the first or last second of that day, else with the time. */
static char *
day(const View *view, gint64 time, const char *whole_at) {
  char *full = date_format(time, view->site->config->moodle.timezone);
  char *blank = strchr(full, ' ');
  if (blank != NULL && strcmp(blank + 1, whole_at) == 0)
    *blank = '\0';
  return full;
}

static void
add_people(View *view, gint64 course) {
  sqlite3_stmt *rows = query(
      view->db,
      "SELECT u.username,"
      " (SELECT group_concat(method, ', ') FROM (SELECT e2.enrol || iif(ue2.status = 0, '',"
      "   ' suspended') AS method FROM mdl_enrol e2 JOIN mdl_user_enrolments ue2"
      "   ON ue2.enrolid = e2.id AND ue2.userid = u.id WHERE e2.courseid = e.courseid ORDER BY 1)),"
      " coalesce((SELECT cc.timecompleted FROM mdl_course_completions cc"
      "   WHERE cc.course = e.courseid AND cc.userid = u.id), 0),"
      " (SELECT group_concat(name, '; ') FROM (SELECT g.name FROM mdl_groups g"
      "   JOIN mdl_groups_members gm ON gm.groupid = g.id AND gm.userid = u.id"
      "   WHERE g.courseid = e.courseid ORDER BY g.name)),"
      " max(e.enrol = 'manual') AS manual,"
      " (SELECT count(*) FROM mdl_role_assignments ra JOIN mdl_context x ON x.id = ra.contextid"
      "   WHERE x.contextlevel = 50 AND x.instanceid = e.courseid AND ra.userid = u.id"
      "   AND ra.roleid = 5)"
      " FROM mdl_enrol e JOIN mdl_user_enrolments ue ON ue.enrolid = e.id"
      " JOIN mdl_user u ON u.id = ue.userid WHERE e.courseid = ? GROUP BY u.id ORDER BY "
      "u.username");
  sqlite3_bind_int64(rows, 1, course);
  while (sqlite3_step(rows) == SQLITE_ROW) {
    gint64 completed = sqlite3_column_int64(rows, 2);
    g_autofree char *when = day(view, completed, "23:59:59");
    bool odd = sqlite3_column_int(rows, 4) != sqlite3_column_int(rows, 5);
    add(view, "  %s %s%s%s%s%s%s", text(rows, 0), text(rows, 1),
        completed != 0 ? ", completed " : "", completed != 0 ? when : "",
        *text(rows, 3) != '\0' ? ", " : "", text(rows, 3), odd ? ", wrong roles" : "");
  }
  sqlite3_finalize(rows);
}

static void
add_list(View *view, const char *word, const char *sql, gint64 id) {
  g_autofree char *list = joined(view, sql, id, "; ");
  if (*list != '\0')
    add(view, "  %s %s", word, list);
}

/* What differs from a master course as it is first made. */
#define SETTING(column, usual) " iif(c." column " = " usual ", '', ' " column "=' || c." column ")"

static const char
    COURSES[] = "SELECT c.id, c.shortname, c.fullname, c.idnumber, c.startdate, c.enddate, "
                "c.visible,"
                " coalesce((SELECT name FROM mdl_course_categories WHERE id = c.category), ''),"
                " coalesce((SELECT group_concat(code, '+') FROM mdl_company co"
                "   JOIN mdl_company_course cc ON cc.companyid = co.id WHERE cc.courseid = c.id), "
                "'none'),"
                " coalesce((SELECT min(cat.name) FROM mdl_company co"
                "   JOIN mdl_company_course cc ON cc.companyid = co.id"
                "   JOIN mdl_course_categories cat ON cat.id = co.category WHERE cc.courseid = "
                "c.id), ''),"
                " (SELECT count(*) FROM mdl_course_sections s WHERE s.course = c.id AND s.section "
                "> 0"
                "   AND coalesce(s.name, '') <> ''),"
                " (SELECT count(*) FROM mdl_course_modules cm WHERE cm.course = c.id),"
                " (SELECT count(*) FROM mdl_forum f WHERE f.course = c.id AND f.type = 'news'),"
                " trim(iif(c.summary LIKE '<p>Begleitkurs %', '', ' summary=' || "
                "coalesce(c.summary, ''))"
                " ||" SETTING("summaryformat", "1") "||" SETTING("format", "'topics'") "||" SETTING("showgrades", "1") "||" SETTING("newsitems", "1") "||" SETTING(
                    "maxbytes",
                    "0") "||" SETTING("showreports",
                                      "0") "||" SETTING("groupmode",
                                                        "0") "||" SETTING("groupmodeforce",
                                                                          "0") "||" SETTING("lang",
                                                                                            "''") "||" SETTING("enablecompletion",
                                                                                                               "1") "||" SETTING("completionnotify",
                                                                                                                                 "0") ")"
                                                                                                                                      " FROM mdl_course c WHERE c.id <> 1 ORDER BY c.shortname";

static void
add_courses(View *view) {
  sqlite3_stmt *rows = query(view->db, COURSES);
  while (sqlite3_step(rows) == SQLITE_ROW) {
    gint64 id = sqlite3_column_int64(rows, 0);
    g_autofree char *from = day(view, sqlite3_column_int64(rows, 4), "00:00:00");
    g_autofree char *to = day(view, sqlite3_column_int64(rows, 5), "23:59:59");
    bool elsewhere = strcmp(text(rows, 7), text(rows, 9)) != 0;
    int news = sqlite3_column_int(rows, 12);
    add(view, "course %s \"%s\" idnumber=%s company=%s%s%s%s %s..%s content=%d/%d%s%s",
        text(rows, 1), text(rows, 2), *text(rows, 3) != '\0' ? text(rows, 3) : "-", text(rows, 8),
        elsewhere ? " category=\"" : "", elsewhere ? text(rows, 7) : "", elsewhere ? "\"" : "",
        from, to, sqlite3_column_int(rows, 10), sqlite3_column_int(rows, 11) - news,
        news == 0   ? ""
        : news == 1 ? "+news"
                    : "+TWO-NEWS",
        sqlite3_column_int(rows, 6) == 0 ? " hidden" : "");
    if (*text(rows, 13) != '\0')
      add(view, "  settings %s", text(rows, 13));
    add_list(view, "mapped",
             "SELECT tenant || '/' || externalid FROM local_lehrgaengeapi_coursemap"
             " WHERE courseid = ? ORDER BY 1",
             id);
    add_list(view, "groups", "SELECT name FROM mdl_groups WHERE courseid = ? ORDER BY 1", id);
    add_people(view, id);
  }
  sqlite3_finalize(rows);
}

/* A person nobody described (paper.c) is told by the user name alone. */
static bool
is_usual(const char *name, const char *line) {
  g_autofree char *first = g_strdup(name);
  first[0] = g_ascii_toupper(first[0]);
  g_autofree char *usual =
      g_strdup_printf("user %s T-%s \"%s Muster\" %s@example.org Fulda", name, name, first, name);
  return strcmp(line, usual) == 0;
}

static void
add_user(View *view, sqlite3_stmt *row) {
  g_autofree char *line = g_strdup_printf(
      "user %s %s \"%s\" %s %s%s%s%s%s%s", text(row, 1), text(row, 2), text(row, 3), text(row, 4),
      text(row, 5), text(row, 6), text(row, 7), text(row, 8), text(row, 9), text(row, 10));
  if (is_usual(text(row, 1), line))
    add(view, "user %s", text(row, 1));
  else
    add(view, "%s", line);
  /* That the map leads the idnumber here is the rule. */
  g_autofree char *mapped = joined(
      view, "SELECT externalinitialid FROM local_lehrgaengeapi_usermap WHERE userid = ? ORDER BY 1",
      sqlite3_column_int64(row, 0), "; ");
  if (strcmp(mapped, text(row, 2)) != 0)
    add(view, "  mapped %s", *mapped != '\0' ? mapped : "not at all");
}

/* A password to be mailed is made up by Moodle at once, or when its cron sees that it is asked for;
 * either way the first sign-in is to change it. */
static void
add_users(View *view) {
  sqlite3_stmt *rows = query(
      view->db,
      "SELECT id, username, iif(idnumber = '', '-', idnumber), firstname || ' ' || lastname, email,"
      " iif(city = '', '-', city), iif(auth = 'manual', '', ' auth=' || auth),"
      " CASE WHEN password = 'not cached' THEN ''"
      "  WHEN password <> 'to be generated' AND forced = 0 THEN ' password=set'"
      "  WHEN forced = 1 AND asked = (password = 'to be generated') THEN ' password=mail'"
      "  ELSE ' password=mail?' END,"
      " iif(suspended, ' suspended', ''), iif(deleted, ' deleted', ''),"
      " iif(country = 'DE', '', ' country=' || country)"
      " FROM (SELECT u.*,"
      "  (SELECT count(*) FROM mdl_user_preferences p WHERE p.userid = u.id AND p.value = '1'"
      "   AND p.name = 'create_password') AS asked,"
      "  (SELECT count(*) FROM mdl_user_preferences p WHERE p.userid = u.id AND p.value = '1'"
      "   AND p.name = 'auth_forcepasswordchange') AS forced"
      "  FROM mdl_user u) WHERE id > 2 ORDER BY username");
  while (sqlite3_step(rows) == SQLITE_ROW)
    add_user(view, rows);
  sqlite3_finalize(rows);
}

static const char REST[] =
    "SELECT 'lehrgang ' || tenant || '/' || externalid || ' mapped to nothing'"
    " FROM local_lehrgaengeapi_coursemap WHERE courseid NOT IN (SELECT id FROM mdl_course)"
    " UNION ALL SELECT 'teilnehmer ' || externalinitialid || ' mapped to nobody'"
    " FROM local_lehrgaengeapi_usermap WHERE userid NOT IN (SELECT id FROM mdl_user)"
    " UNION ALL SELECT 'task ' || t.kind || ' ' ||"
    "  coalesce((SELECT shortname FROM mdl_course WHERE 'course ' || id = t.subject), t.subject)"
    "  || CASE state WHEN 0 THEN ' queued' WHEN 1 THEN ' running' ELSE ' failed' END"
    " FROM local_lehrgaengeapi_task t WHERE state <> 2 ORDER BY 1";

/* A master course's block: no company, hidden, and said before in just the same words. */
static bool
is_known_master(const GPtrArray *known, const GPtrArray *lines, guint at) {
  const char *line = g_ptr_array_index(lines, at);
  guint where = 0;
  if (known == NULL || !g_str_has_prefix(line, "course ") || !g_str_has_suffix(line, " hidden") ||
      !g_ptr_array_find_with_equal_func((GPtrArray *)known, line, g_str_equal, &where))
    return false;
  for (guint i = 1;; i++) {
    const char *is = at + i < lines->len ? g_ptr_array_index(lines, at + i) : "";
    const char *was = where + i < known->len ? g_ptr_array_index(known, where + i) : "";
    bool more = *is == ' ', more_then = *was == ' ';
    if (!more && !more_then)
      return true;
    if (strcmp(is, was) != 0)
      return false;
  }
}

static void
drop_known_masters(GPtrArray *lines, const GPtrArray *known) {
  for (guint at = 0; at < lines->len;) {
    if (!is_known_master(known, lines, at)) {
      at++;
      continue;
    }
    do
      g_ptr_array_remove_index(lines, at);
    while (at < lines->len && *(const char *)g_ptr_array_index(lines, at) == ' ');
  }
}

GPtrArray *
view_lines(const Site *site, const GPtrArray *known) {
  g_autoptr(Db) db = open_both(site);
  View view = { site, db, g_ptr_array_new_with_free_func(g_free) };
  add_courses(&view);
  add_users(&view);
  sqlite3_stmt *rows = query(db, REST);
  while (sqlite3_step(rows) == SQLITE_ROW)
    add(&view, "%s", text(rows, 0));
  sqlite3_finalize(rows);
  drop_known_masters(view.lines, known);
  return view.lines;
}

/* ── for machines ── */

static void
dump(Db *db, const char *title, const char *sql, GString *out) {
  sqlite3_stmt *rows = query(db, sql);
  g_string_append_printf(out, "== %s\n", title);
  int columns = sqlite3_column_count(rows);
  while (sqlite3_step(rows) == SQLITE_ROW) {
    for (int i = 0; i < columns; i++)
      g_string_append_printf(out, "%s%s", i > 0 ? "|" : "",
                             sqlite3_column_type(rows, i) == SQLITE_NULL ? "NULL" : text(rows, i));
    g_string_append_c(out, '\n');
  }
  sqlite3_finalize(rows);
}

#define COURSE(id) "(SELECT shortname FROM mdl_course WHERE id = " id ")"
#define USER(id) "(SELECT username FROM mdl_user WHERE id = " id ")"
#define CATEGORY(id) "(SELECT name FROM mdl_course_categories WHERE id = " id ")"

/* Activities lie in one table per type. */
#define ACTIVITIES                                                                                 \
  "(SELECT 'forum' AS type, id, type || ' ' || name || ' ' || intro AS words, course FROM "        \
  "mdl_forum UNION ALL SELECT 'page', id, name || ' ' || intro, course FROM mdl_page"              \
  " UNION ALL SELECT 'resource', id, name || ' ' || intro, course FROM mdl_resource"               \
  " UNION ALL SELECT 'url', id, name || ' ' || intro, course FROM mdl_url"                         \
  " UNION ALL SELECT 'quiz', id, name || ' ' || intro, course FROM mdl_quiz"                       \
  " UNION ALL SELECT 'assign', id, name || ' ' || intro, course FROM mdl_assign)"

/* Per table of the Moodle file: what is to be the same; mdl_forum to mdl_assign are "activities".
 */
/* clang-format off */
static const struct {
  const char *table, *sql;
} STATES[] = {
  { "mdl_config", "SELECT name, value FROM mdl_config ORDER BY name" },
  { "mdl_role", "SELECT id, shortname FROM mdl_role ORDER BY id" },
  { "mdl_modules", "SELECT name FROM mdl_modules ORDER BY name" },
  { "mdl_context",
    "SELECT contextlevel, depth, CASE contextlevel WHEN 50 THEN " COURSE("instanceid")
    "  WHEN 40 THEN " CATEGORY("instanceid") " END FROM mdl_context ORDER BY 1, 2, 3" },
  { "mdl_course_categories",
    "SELECT name, parent, coursecount FROM mdl_course_categories ORDER BY name" },
  { "mdl_company", "SELECT name, code, " CATEGORY("category") " FROM mdl_company ORDER BY name" },
  { "mdl_course",
    "SELECT shortname, fullname, idnumber, " CATEGORY("category") ", summary, summaryformat,"
    " format, showgrades, newsitems, startdate, enddate, maxbytes, showreports, visible,"
    " visibleold, groupmode, groupmodeforce, lang, theme, enablecompletion, completionnotify"
    " FROM mdl_course ORDER BY shortname" },
  { "mdl_course_format_options",
    "SELECT " COURSE("courseid") ", format, sectionid, name, value"
    " FROM mdl_course_format_options ORDER BY 1, 2, 3, 4" },
  { "mdl_company_course",
    "SELECT " COURSE("courseid") ", (SELECT code FROM mdl_company WHERE id = companyid)"
    " FROM mdl_company_course ORDER BY 1, 2" },
  { "mdl_course_sections",
    "SELECT " COURSE("course") ", section, name, summary, visible, availability,"
    " length(sequence) - length(replace(sequence, ',', ''))"
    " FROM mdl_course_sections ORDER BY 1, 2" },
  { "mdl_course_modules",
    "SELECT " COURSE("cm.course") ", s.section, m.name, a.words, a.course = cm.course,"
    " cm.idnumber, cm.indent, cm.visible, cm.groupmode, cm.completion, cm.deletioninprogress"
    " FROM mdl_course_modules cm JOIN mdl_modules m ON m.id = cm.module"
    " JOIN mdl_course_sections s ON s.id = cm.section"
    " LEFT JOIN " ACTIVITIES " a ON a.type = m.name AND a.id = cm.instance"
    " ORDER BY 1, 2, instr(',' || s.sequence || ',', ',' || cm.id || ',')" },
  { "activities", "SELECT " COURSE("course") ", type, words FROM " ACTIVITIES " ORDER BY 1, 2, 3" },
  { "mdl_user",
    "SELECT username, auth, confirmed, deleted, suspended, mnethostid,"
    " iif(password LIKE '$6$%', 'hashed', password), idnumber, firstname, lastname, email, city,"
    " country, lang, timezone FROM mdl_user ORDER BY username" },
  { "mdl_user_preferences",
    "SELECT " USER("userid") ", name, value FROM mdl_user_preferences ORDER BY 1, 2" },
  { "mdl_enrol",
    "SELECT " COURSE("courseid") ", enrol, status, roleid FROM mdl_enrol ORDER BY 1, 2" },
  { "mdl_user_enrolments",
    "SELECT " COURSE("e.courseid") ", e.enrol, " USER("ue.userid") ", ue.status, ue.timestart,"
    " ue.timeend, ue.modifierid FROM mdl_user_enrolments ue JOIN mdl_enrol e ON e.id = ue.enrolid"
    " ORDER BY 1, 2, 3" },
  { "mdl_role_assignments",
    "SELECT (SELECT contextlevel || ' ' || " COURSE("instanceid") " FROM mdl_context x"
    "  WHERE x.id = ra.contextid), " USER("ra.userid") ", roleid, component, modifierid"
    " FROM mdl_role_assignments ra ORDER BY 1, 2, 3" },
  { "mdl_groups",
    "SELECT " COURSE("courseid") ", name, idnumber, description FROM mdl_groups ORDER BY 1, 2" },
  { "mdl_groups_members",
    "SELECT " COURSE("g.courseid") ", g.name, " USER("gm.userid") ", gm.component"
    " FROM mdl_groups_members gm JOIN mdl_groups g ON g.id = gm.groupid ORDER BY 1, 2, 3" },
  { "mdl_course_completions",
    "SELECT " COURSE("course") ", " USER("userid") ", timecompleted"
    " FROM mdl_course_completions ORDER BY 1, 2" },
  { "mdl_notifications",
    "SELECT " USER("useridto") ", useridfrom, subject, fullmessage FROM mdl_notifications"
    " ORDER BY id" },
  { "mdl_forum_discussions",
    "SELECT " COURSE("course") ", name, (SELECT " COURSE("f.course") " || f.name FROM mdl_forum f"
    " WHERE f.id = forum) FROM mdl_forum_discussions ORDER BY 1, 2" },

  { "coursemap",
    "SELECT externalid, tenant, " COURSE("courseid") " FROM local_lehrgaengeapi_coursemap"
    " ORDER BY 1" },
  { "usermap",
    "SELECT externalinitialid, " USER("userid") " FROM local_lehrgaengeapi_usermap ORDER BY 1" },
  { "tasks",
    "SELECT kind, (SELECT shortname FROM mdl_course WHERE 'course ' || id = subject), state"
    " FROM local_lehrgaengeapi_task ORDER BY 1, 2" },
  { "tenants", "SELECT tenant FROM local_lehrgaengeapi_tenant ORDER BY 1" },
  { "left running",
    "SELECT triggeredby FROM local_lehrgaengeapi_import_run WHERE status = 'running'" },
  { "left locked", "SELECT name FROM local_lehrgaengeapi_lock" },
  { "left open",
    "SELECT kind, shortname FROM local_lehrgaengeapi_journal WHERE state = 0"
    " AND (kind = 'create_user' OR (kind IN ('create_course', 'link_course')"
    "      AND shortname IN (SELECT shortname FROM mdl_course)))" },
};
/* clang-format on */

/* A table this file has never heard of could hold differences that nobody sees. */
static void
check_tables(Db *db) {
  sqlite3_stmt *rows =
      query(db, "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name LIKE 'mdl%'"
                " AND name NOT IN ('mdl_forum', 'mdl_page', 'mdl_resource', 'mdl_url', 'mdl_quiz',"
                " 'mdl_assign')");
  while (sqlite3_step(rows) == SQLITE_ROW) {
    guint at = 0;
    while (at < G_N_ELEMENTS(STATES) && strcmp(STATES[at].table, text(rows, 0)) != 0)
      at++;
    if (at == G_N_ELEMENTS(STATES))
      g_error("view.c does not know the table %s", text(rows, 0));
  }
  sqlite3_finalize(rows);
}

char *
view_state(const Site *site) {
  g_autoptr(Db) db = open_both(site);
  check_tables(db);
  GString *out = g_string_new(NULL);
  for (guint i = 0; i < G_N_ELEMENTS(STATES); i++)
    dump(db, STATES[i].table, STATES[i].sql, out);
  return g_string_free(out, FALSE);
}

char *
view_rows(const Site *site) {
  g_autoptr(Db) db = open_both(site);
  GString *out = g_string_new(NULL);
  sqlite3_stmt *tables = query(
      db,
      "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name LIKE 'mdl%' ORDER BY 1");
  while (sqlite3_step(tables) == SQLITE_ROW) {
    g_autofree char *sql = g_strdup_printf("SELECT * FROM main.%s ORDER BY id", text(tables, 0));
    dump(db, text(tables, 0), sql, out);
  }
  sqlite3_finalize(tables);
  return g_string_free(out, FALSE);
}
