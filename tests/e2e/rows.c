/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rows.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>

/* How long another process may hold a file, in milliseconds. */
#define PATIENCE_MS 10000

/* Lines shown of a difference. */
#define MAX_SHOWN 20

typedef sqlite3 Sqlite;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sqlite, sqlite3_close)
typedef sqlite3_stmt Statement;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Statement, sqlite3_finalize)

static Sqlite *
open_file(const char *path) {
  g_autoptr(Sqlite) db = NULL;
  if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
    g_error("%s: %s", path, sqlite3_errmsg(db));
  sqlite3_busy_timeout(db, PATIENCE_MS);
  return g_steal_pointer(&db);
}

static Statement *
prepare(Sqlite *db, const char *sql) {
  Statement *statement = NULL;
  if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
    g_error("%s: %s", sql, sqlite3_errmsg(db));
  return statement;
}

static bool
next_row(Sqlite *db, Statement *statement) {
  int result = sqlite3_step(statement);
  if (result != SQLITE_ROW && result != SQLITE_DONE)
    g_error("%s: %s", sqlite3_sql(statement), sqlite3_errmsg(db));
  return result == SQLITE_ROW;
}

static void
append_rows(GString *text, Sqlite *db, const char *title, const char *sql) {
  g_autoptr(Statement) statement = prepare(db, sql);
  while (next_row(db, statement)) {
    g_string_append(text, title);
    for (int i = 0; i < sqlite3_column_count(statement); i++) {
      const char *value = (const char *)sqlite3_column_text(statement, i);
      g_string_append_printf(text, "|%s", value != NULL ? value : "NULL");
    }
    g_string_append_c(text, '\n');
  }
}

char *
rows_all(const char *path, const char *prefix) {
  g_autoptr(Sqlite) db = open_file(path);
  g_autoptr(Statement) tables =
      prepare(db, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
  GString *text = g_string_new(NULL);
  while (next_row(db, tables)) {
    const char *name = (const char *)sqlite3_column_text(tables, 0);
    if (!g_str_has_prefix(name, prefix))
      continue;
    g_autofree char *sql = g_strdup_printf("SELECT * FROM %s ORDER BY 1", name);
    append_rows(text, db, name, sql);
  }
  return g_string_free(text, FALSE);
}

#define COURSES_OF(table, column) " FROM " table " t JOIN mdl_course c ON c.id = t." column " "

/* An activity, with its place among the others of its section. */
#define ACTIVITIES(type)                                                                           \
  {                                                                                                \
    "activity",                                                                                    \
        "SELECT c.shortname, s.section, '" type "', i.name, i.intro, cm.visible, cm.completion,"   \
        " instr(',' || s.sequence || ',', ',' || cm.id || ',') > 0"                                \
        " FROM mdl_course_modules cm JOIN mdl_course c ON c.id = cm.course"                        \
        " JOIN mdl_course_sections s ON s.id = cm.section"                                         \
        " JOIN mdl_modules m ON m.id = cm.module AND m.name = '" type "'"                          \
        " JOIN mdl_" type " i ON i.id = cm.instance ORDER BY 1, 2, 4, 5"                           \
  }

static const struct {
  const char *title, *sql;
} meanings[] = {
  { "company", "SELECT co.name, co.code, k.name FROM mdl_company co"
               " JOIN mdl_course_categories k ON k.id = co.category ORDER BY 1, 2" },
  { "course",
    "SELECT c.shortname, c.fullname, c.idnumber, k.name, k.coursecount, c.format, c.startdate,"
    " c.enddate, c.visible, c.summary, c.lang, c.enablecompletion, c.groupmode"
    " FROM mdl_course c LEFT JOIN mdl_course_categories k ON k.id = c.category ORDER BY 1" },
  { "link", "SELECT c.shortname, co.code" COURSES_OF(
                "mdl_company_course",
                "courseid") "JOIN mdl_company co ON co.id = t.companyid ORDER BY 1, 2" },
  { "option", "SELECT c.shortname, t.format, t.sectionid > 0, t.name, t.value" COURSES_OF(
                  "mdl_course_format_options", "courseid") "ORDER BY 1, 2, 3, 4, 5" },
  { "section", "SELECT c.shortname, t.section, t.name, t.summary, length(t.sequence) -"
               " length(replace(t.sequence, ',', ''))" COURSES_OF("mdl_course_sections",
                                                                  "course") "ORDER BY 1, 2" },
  ACTIVITIES("forum"),
  ACTIVITIES("page"),
  ACTIVITIES("resource"),
  ACTIVITIES("url"),
  ACTIVITIES("quiz"),
  ACTIVITIES("assign"),
  { "user", "SELECT username, idnumber, firstname, lastname, email, city, country, auth, confirmed,"
            " suspended, deleted, password FROM mdl_user ORDER BY 1" },
  { "preference", "SELECT u.username, p.name, p.value FROM mdl_user_preferences p"
                  " JOIN mdl_user u ON u.id = p.userid ORDER BY 1, 2" },
  { "enrol", "SELECT c.shortname, t.enrol, t.status, t.roleid" COURSES_OF(
                 "mdl_enrol", "courseid") "ORDER BY 1, 2" },
  { "enrolment",
    "SELECT c.shortname, u.username, ue.status" COURSES_OF(
        "mdl_enrol", "courseid") "JOIN mdl_user_enrolments ue ON ue.enrolid = t.id"
                                 " JOIN mdl_user u ON u.id = ue.userid ORDER BY 1, 2" },
  { "role", "SELECT c.shortname, u.username, r.shortname FROM mdl_role_assignments ra"
            " JOIN mdl_context x ON x.id = ra.contextid AND x.contextlevel = 50"
            " JOIN mdl_course c ON c.id = x.instanceid JOIN mdl_user u ON u.id = ra.userid"
            " JOIN mdl_role r ON r.id = ra.roleid ORDER BY 1, 2, 3" },
  { "group", "SELECT c.shortname, t.name, coalesce(t.description, '')" COURSES_OF(
                 "mdl_groups", "courseid") "ORDER BY 1, 2" },
  { "member",
    "SELECT c.shortname, t.name, u.username" COURSES_OF(
        "mdl_groups", "courseid") "JOIN mdl_groups_members m ON m.groupid = t.id"
                                  " JOIN mdl_user u ON u.id = m.userid ORDER BY 1, 2, 3" },
  /* A Lehrgang that ends in the future is complete as of the run (SPEC 5): when, differs. */
  { "completion",
    "SELECT c.shortname, u.username, CASE WHEN t.timecompleted <"
    " CAST(strftime('%s', 'now', '-2 days') AS INTEGER) THEN t.timecompleted"
    " WHEN t.timecompleted IS NULL THEN 'no' ELSE 'lately' END" COURSES_OF(
        "mdl_course_completions", "course") "JOIN mdl_user u ON u.id = t.userid ORDER BY 1, 2" },
  { "coursemap", "SELECT t.externalid, t.tenant, c.shortname" COURSES_OF(
                     "store.local_lehrgaengeapi_coursemap", "courseid") "ORDER BY 1" },
  { "usermap", "SELECT t.externalinitialid, u.username FROM store.local_lehrgaengeapi_usermap t"
               " JOIN mdl_user u ON u.id = t.userid ORDER BY 1" },
  { "task", "SELECT t.kind, c.shortname, t.state FROM store.local_lehrgaengeapi_task t"
            " JOIN mdl_course c ON t.subject = 'course ' || c.id ORDER BY 1, 2" },
};

char *
rows_meaning(const char *moodle_path, const char *store_path) {
  g_autoptr(Sqlite) db = open_file(moodle_path);
  g_autoptr(Statement) attach = prepare(db, "ATTACH ? AS store");
  sqlite3_bind_text(attach, 1, store_path, -1, SQLITE_STATIC);
  next_row(db, attach);
  GString *text = g_string_new(NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(meanings); i++)
    append_rows(text, db, meanings[i].title, meanings[i].sql);
  return g_string_free(text, FALSE);
}

/* The lines of `text` that `other` does not have as often. */
static guint
show_extra(const char *what, const char *text, const char *other) {
  g_autoptr(GHashTable) counts = g_hash_table_new(g_str_hash, g_str_equal);
  g_auto(GStrv) others = g_strsplit(other, "\n", -1), lines = g_strsplit(text, "\n", -1);
  for (char **line = others; *line != NULL; line++) {
    guint count = GPOINTER_TO_UINT(g_hash_table_lookup(counts, *line));
    g_hash_table_insert(counts, *line, GUINT_TO_POINTER(count + 1));
  }
  guint extra = 0;
  for (char **line = lines; *line != NULL; line++) {
    guint count = GPOINTER_TO_UINT(g_hash_table_lookup(counts, *line));
    if (count > 0)
      g_hash_table_insert(counts, *line, GUINT_TO_POINTER(count - 1));
    else if (extra++ < MAX_SHOWN)
      g_test_message("%s: %s", what, *line);
  }
  return extra;
}

void
rows_assert_same(const char *is, const char *wanted) {
  if (strcmp(is, wanted) == 0)
    return;
  guint more = show_extra("only here", is, wanted), less = show_extra("missing", wanted, is);
  g_error("%u rows more and %u fewer than they should be (or in another order)", more, less);
}

gint64
rows_number(const char *path, const char *sql) {
  g_autoptr(Sqlite) db = open_file(path);
  g_autoptr(Statement) statement = prepare(db, sql);
  g_assert_true(next_row(db, statement));
  return sqlite3_column_int64(statement, 0);
}

char *
rows_text(const char *path, const char *sql) {
  g_autoptr(Sqlite) db = open_file(path);
  g_autoptr(Statement) statement = prepare(db, sql);
  g_assert_true(next_row(db, statement));
  return g_strdup((const char *)sqlite3_column_text(statement, 0));
}

char *
rows_running_phase(const char *store_path) {
  /* Before there is a log the file is still being made, and a reader would be in the way. */
  g_autofree char *log = g_strconcat(store_path, "-wal", NULL);
  g_autoptr(Sqlite) db = NULL;
  g_autoptr(Statement) statement = NULL;
  if (!g_file_test(log, G_FILE_TEST_EXISTS) ||
      sqlite3_open_v2(store_path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
      sqlite3_prepare_v2(db,
                         "SELECT json_extract(progress, '$.phase')"
                         " FROM local_lehrgaengeapi_import_run WHERE status = 'running' AND"
                         " progress <> '' ORDER BY id DESC LIMIT 1",
                         -1, &statement, NULL) != SQLITE_OK ||
      sqlite3_step(statement) != SQLITE_ROW)
    return NULL;
  return g_strdup((const char *)sqlite3_column_text(statement, 0));
}

void
rows_change(const char *path, const char *sql) {
  g_autoptr(Sqlite) db = NULL;
  if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
      sqlite3_busy_timeout(db, PATIENCE_MS) != SQLITE_OK ||
      sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
    g_error("%s: %s", path, sqlite3_errmsg(db));
}
