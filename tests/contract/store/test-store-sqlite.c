/* The SQLite store put through the suite, and what is SQLite's own.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sqlite-case.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

#include "store/sqlite.h"
#include "store/sqlite_migrate.h"

/* ── the harness: a place is a folder ── */

static char *
file_in(gpointer place) {
  return g_build_filename(place, "lehrgaenge.db", NULL);
}

static gpointer
place_new(void) {
  GError *error = NULL;
  char *folder = g_dir_make_tmp("store-XXXXXX", &error);
  g_assert_no_error(error);
  return folder;
}

static void
place_free(gpointer place) {
  GDir *folder = g_dir_open(place, 0, NULL);
  g_assert_nonnull(folder);
  const char *name;
  while ((name = g_dir_read_name(folder)) != NULL) {
    g_autofree char *path = g_build_filename(place, name, NULL);
    g_assert_cmpint(g_remove(path), ==, 0);
  }
  g_dir_close(folder);
  g_assert_cmpint(g_rmdir(place), ==, 0);
  g_free(place);
}

static Store *
open_in(gpointer place, GError **error) {
  g_autofree char *path = file_in(place);
  return store_sqlite_open(path, error);
}

static sqlite3 *
raw_open(const char *path) {
  sqlite3 *db = NULL;
  g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
  sqlite3_busy_timeout(db, 10000);
  return db;
}

static int
first_number(void *into, int columns, char **values, char **names) {
  (void)names;
  gint64 *number = into;
  if (columns > 0 && values[0] != NULL && *number == 0)
    *number = g_ascii_strtoll(values[0], NULL, 10);
  return 0;
}

static gint64
sql_in(gpointer place, const char *sql) {
  g_autofree char *path = file_in(place);
  sqlite3 *db = raw_open(path);
  char *message = NULL;
  gint64 number = 0;
  sqlite3_exec(db, sql, first_number, &number, &message);
  g_assert_cmpstr(message, ==, NULL);
  sqlite3_close(db);
  return number;
}

static const StoreHarness harness = { "sqlite", place_new, place_free, open_in, sql_in };

/* ── opening ── */

static void
assert_refused(const char *path, StoreError code, const char *words) {
  g_autoptr(GError) error = NULL;
  g_assert_null(store_sqlite_open(path, &error));
  g_assert_error(error, STORE_ERROR, (int)code);
  g_assert_nonnull(strstr(error->message, path));
  g_assert_nonnull(strstr(error->message, words));
}

static void
test_no_database(Case *test) {
  g_autofree char *path = g_build_filename(test->place, "text", NULL);
  g_autofree char *text = long_text(5000);
  g_assert_true(g_file_set_contents(path, text, -1, NULL));
  assert_refused(path, STORE_ERROR_FAILED, "not an SQLite database");
  g_autofree char *after = NULL;
  g_assert_true(g_file_get_contents(path, &after, NULL, NULL));
  g_assert_cmpstr(after, ==, text);
}

static void
test_foreign_database(Case *test) {
  g_autofree char *path = g_build_filename(test->place, "moodle.db", NULL);
  sqlite3 *db = raw_open(path);
  g_assert_cmpint(sqlite3_exec(db, "CREATE TABLE mdl_user (id INTEGER)", NULL, NULL, NULL), ==, 0);
  assert_refused(path, STORE_ERROR_FAILED, "set [store] path to another file");
  gint64 tables = 0;
  sqlite3_exec(db, "SELECT count(*) FROM sqlite_schema", first_number, &tables, NULL);
  g_assert_cmpint(tables, ==, 1);
  sqlite3_close(db);
}

static void
test_no_folder(Case *test) {
  g_autofree char *path = g_build_filename(test->place, "none", "lehrgaenge.db", NULL);
  assert_refused(path, STORE_ERROR_FAILED, "folder");
}

static void
test_memory(Case *test) {
  (void)test;
  g_autoptr(GError) error = NULL;
  g_autoptr(Store) store = store_sqlite_open(":memory:", &error);
  g_assert_no_error(error);
  case_add_user(store, "T1", 21);
  g_assert_cmpint(case_user(store, "T1"), ==, 21);
}

static void
test_file(Case *test) {
  g_autofree char *path = file_in(test->place);
  struct stat status;
  g_assert_cmpint(g_stat(path, &status), ==, 0);
  g_assert_cmpuint(status.st_mode & 0777, ==, 0600);
  g_assert_cmpstr(test->store->class->describe(test->store), ==, "SQLite lehrgaenge.db");
}

/* ── migrations ── */

static const SqliteMigration steps[] = {
  { 1, "one", "CREATE TABLE one (a INTEGER)" },
  { 2, "two", "CREATE TABLE two (a INTEGER); INSERT INTO one VALUES (2)" },
  { 3, "bad",
    "CREATE TABLE three (a INTEGER); INSERT INTO one VALUES (3); INSERT INTO nowhere VALUES (1)" },
};

/* Rows in `table`, −1 when there is no such table. */
static gint64
rows_of(Db *db, const char *table) {
  g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s", table);
  gint64 rows = 0;
  int result = sqlite3_exec(db_handle(db), sql, first_number, &rows, NULL);
  return result == SQLITE_OK ? rows : -1;
}

static void
test_migration_fails(Case *test) {
  g_autofree char *path = g_build_filename(test->place, "steps.db", NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(Db) db = db_open(path, DB_CREATE, &error);
  g_assert_no_error(error);
  g_assert_true(sqlite_migrate(db, steps, 1, 1000, &error));
  g_assert_no_error(error);
  for (guint i = 0; i < 2; i++) {
    g_assert_false(sqlite_migrate(db, steps, 3, 2000, &error));
    g_assert_nonnull(error);
    g_assert_nonnull(strstr(error->message, "bad"));
    g_clear_error(&error);
    g_assert_cmpint(rows_of(db, "one"), ==, 1); /* step 2 once, of step 3 nothing */
    g_assert_cmpint(rows_of(db, "two"), ==, 0);
    g_assert_cmpint(rows_of(db, "three"), ==, -1);
    g_assert_cmpint(rows_of(db, "local_lehrgaengeapi_migration"), ==, 2);
  }
  g_assert_true(sqlite_migrate(db, steps, 2, 3000, &error));
  g_assert_no_error(error);
  g_assert_false(sqlite_migrate(db, steps, 1, 3000, &error));
  g_assert_error(error, STORE_ERROR, STORE_ERROR_VERSION);
}

static void
test_migration_numbers(Case *test) {
  (void)test;
  for (guint i = 0; i < sqlite_migrations_count; i++) {
    g_assert_cmpuint(sqlite_migrations[i].number, ==, i + 1);
    g_assert_cmpuint(strlen(sqlite_migrations[i].name), >, 0);
  }
}

static void assert_number(gpointer place, gint64 expected, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static void
assert_number(gpointer place, gint64 expected, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *sql = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  gint64 number = sql_in(place, sql);
  if (number != expected)
    g_error("%d instead of %d: %s", (int)number, (int)expected, sql);
}

static void
assert_columns(gpointer place, const StoreTable *table) {
  assert_number(place, table->column_count, "SELECT count(*) FROM pragma_table_info('%s')",
                table->name);
  for (guint i = 0; i < table->column_count; i++) {
    const StoreColumn *column = &table->columns[i];
    assert_number(place, 1,
                  "SELECT count(*) FROM pragma_table_info('%s') WHERE name = '%s' AND type = '%s'"
                  " AND (pk > 0 OR \"notnull\" = %d)",
                  table->name, column->name,
                  column->type == STORE_COLUMN_INTEGER ? "INTEGER" : "TEXT", !column->nullable);
  }
}

/* What moves to another store is all there is, every table, every column: but for the locks, those
 * who are signed in, and the store's own list of migrations. */
static void
test_tables_are_whole(Case *test) {
  guint count = 0;
  const StoreTable *tables = store_tables(&count);
  for (guint i = 0; i < count; i++)
    assert_columns(test->place, &tables[i]);
  assert_columns(test->place, store_lock_table());
  assert_number(test->place, count,
                "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT IN"
                " ('sqlite_sequence', 'local_lehrgaengeapi_lock', 'local_lehrgaengeapi_migration',"
                " 'local_lehrgaengeapi_session', 'local_lehrgaengeapi_attempt')");
  assert_number(test->place, count + 5, "SELECT count(*) FROM sqlite_schema WHERE type = 'table'");
}

/* What a store of before the web pages held is kept, and the numbers it gave out are not given
 * again. */
static void
test_migration_from_older(Case *test) {
  const gpointer place = test->place;
  case_close(test);
  g_autofree char *path = file_in(place);
  g_assert_cmpint(g_remove(path), ==, 0);
  GError *error = NULL;
  Db *db = db_open(path, DB_CREATE, &error);
  g_assert_true(sqlite_migrate(db, sqlite_migrations, 10, 1000, &error));
  g_assert_no_error(error);
  db_close(db);
  sql_in(place, "INSERT INTO local_lehrgaengeapi_import_run (id, year, status, triggeredby,"
                " timestarted, timeended, owner, tenants, progress, summary) VALUES"
                " (3, 2025, 'partial', 'anna', 1, 2, '17@host', 'FD', '{\"p\":1}', '{\"s\":1}'),"
                " (90, 2025, 'success', '', 1, 2, '', '', '', '');"
                "DELETE FROM local_lehrgaengeapi_import_run WHERE id = 90;"
                "INSERT INTO local_lehrgaengeapi_tenant VALUES ('FD', 3, 2)");
  case_reopen(test);
  g_autoptr(StoreRun) run = test->store->class->run_get(test->store, 3, &error);
  g_assert_no_error(error);
  g_assert_cmpint(run->year, ==, 2025);
  g_assert_cmpint(run->status, ==, RUN_PARTIAL);
  g_assert_cmpstr(run->triggeredby, ==, "anna");
  g_assert_cmpint(run->timestarted, ==, 1);
  g_assert_cmpint(run->timeended, ==, 2);
  g_assert_cmpstr(run->owner, ==, "17@host");
  g_assert_cmpstr(run->tenants, ==, "FD");
  g_assert_cmpint(run->task, ==, 0);
  g_assert_cmpstr(run->totals, ==, "");
  g_assert_cmpstr(run->progress, ==, "{\"p\":1}");
  g_assert_cmpstr(run->summary, ==, "{\"s\":1}");
  StoreRun next = { .status = RUN_RUNNING };
  WORKS(test->store, run_begin, &next);
  g_assert_cmpint(next.id, ==, 91);
  assert_number(place, 1,
                "SELECT count(*) FROM local_lehrgaengeapi_tenant WHERE run = 3"
                " AND timesuccess = 2 AND failurerun = 0 AND timefailure = 0"
                " AND failure = ''");
  assert_number(place, 0, "SELECT count(*) FROM sqlite_sequence WHERE name LIKE '%%new'");
}

static void
note_id(const StoreJournalRow *row, gpointer ids) {
  g_string_append_printf(ids, " %" G_GINT64_FORMAT, row->id);
}

static void
assert_entries(Store *store, StoreJournalFilter filter, const char *expected) {
  g_autoptr(GString) ids = g_string_new(NULL);
  WORKS(store, journal_read, &filter, note_id, ids);
  g_assert_cmpstr(ids->str, ==, expected);
}

/* The journal is found by persons, and what is open in it, whoever wrote it; numbers that somebody
 * left out, however many, are not gone through. */
static void
test_migration_keeps_journal(Case *test) {
  const gpointer place = test->place;
  case_close(test);
  g_autofree char *path = file_in(place);
  g_assert_cmpint(g_remove(path), ==, 0);
  GError *error = NULL;
  Db *db = db_open(path, DB_CREATE, &error);
  g_assert_true(sqlite_migrate(db, sqlite_migrations, 13, 1000, &error));
  g_assert_no_error(error);
  db_close(db);
  sql_in(place, "INSERT INTO local_lehrgaengeapi_journal (id, state, run, time, courseid, userid,"
                " kind, shortname, person, lehrgang, reason) VALUES"
                " (-5000, 1, 1, 1, 7, 1, 'enrol', 'FD-1', 'T1', 'L', ''),"
                " (1, 1, 1, 1, 7, 1, 'enrol', 'FD-1', 'T1', 'L', ''),"
                " (2, 0, 1, 1, 0, 0, 'create_user', '', 'T2', 'L', ''),"
                " (4095, 0, 1, 1, 7, 1, 'enrol', 'FD-1', 'T1', 'L', ''),"
                " (4096, 1, 1, 1, 7, 1, 'enrol', 'FD-1', 'T1', 'L', ''),"
                " (1 << 50, 0, 2, 1, 0, 0, 'create_course', 'FD-2', '', 'L', ''),"
                " (1 + (1 << 50), 1, 2, 1, 7, 1, 'enrol', 'FD-1', 'T1', 'L', '')");
  case_reopen(test);
  StoreJournalFilter person = { .state = -1, .person = "T1" };
  assert_entries(test->store, person, " -5000 1 4095 4096 1125899906842625");
  person.newest = true;
  assert_entries(test->store, person, " 1125899906842625 4096 4095 1 -5000");
  StoreJournalFilter open = { .state = JOURNAL_INTENT, .kind = "create_user" };
  assert_entries(test->store, open, " 2");
  open.kind = "create_course";
  assert_entries(test->store, open, " 1125899906842624");
}

/* ── later it may work ── */

static void
test_busy(Case *test) {
  g_autofree char *path = file_in(test->place);
  sqlite3 *other = raw_open(path);
  StoreUserMap row = { "T1", 21 };
  StoreTask *task = NULL;
  StoreTaker taker = { .owner = "me" };
  bool flag = false;
  sqlite3_busy_timeout(handle_of(test->store), 1);
  g_assert_cmpint(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  FAILS(STORE_ERROR_UNAVAILABLE, test->store, usermap_put, &row, 1, 1000);
  FAILS(STORE_ERROR_UNAVAILABLE, test->store, begin, true);
  FAILS(STORE_ERROR_UNAVAILABLE, test->store, task_take, &taker, 1, &task, &flag);
  FAILS(STORE_ERROR_UNAVAILABLE, test->store, lock_take, "sync", "me", 1, 9, NULL, NULL, NULL,
        &flag);
  g_assert_cmpint(case_user(test->store, "T1"), ==, 0); /* reading goes on */
  sqlite3_exec(other, "COMMIT", NULL, NULL, NULL);
  sqlite3_close(other);
  WORKS(test->store, usermap_put, &row, 1, 1000);
  WORKS(test->store, begin, true);
  test->store->class->rollback(test->store);
}

static void
test_full(Case *test) {
  StoreJournalEntry entries[500];
  for (guint i = 0; i < 500; i++)
    entries[i] = (StoreJournalEntry){ .kind = "enrol", .reason = "a reason of some length" };
  gint64 first = 0, pages = sql_in(test->place, "PRAGMA page_count");
  g_autofree char *limit = g_strdup_printf("PRAGMA max_page_count = %" G_GINT64_FORMAT, pages + 2);
  g_assert_cmpint(sqlite3_exec(handle_of(test->store), limit, NULL, NULL, NULL), ==, SQLITE_OK);

  FAILS(STORE_ERROR_UNAVAILABLE, test->store, journal_intend, 1, entries, 500, 1, &first);
  WORKS(test->store, begin, false);
  case_add_user(test->store, "T1", 21);
  FAILS(STORE_ERROR_UNAVAILABLE, test->store, journal_intend, 1, entries, 500, 1, &first);
  test->store->class->rollback(test->store);
  g_assert_cmpint(case_user(test->store, "T1"), ==, 0);

  g_assert_cmpint(
      sqlite3_exec(handle_of(test->store), "PRAGMA max_page_count = 100000", NULL, NULL, NULL), ==,
      SQLITE_OK);
  WORKS(test->store, journal_intend, 1, entries, 500, 1, &first);
  g_assert_cmpint(sql_in(test->place, "SELECT count(*) FROM local_lehrgaengeapi_journal"), ==, 500);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  store_contract_add(&harness);
  case_add(&harness, "own/no-database", test_no_database);
  case_add(&harness, "own/foreign-database", test_foreign_database);
  case_add(&harness, "own/no-folder", test_no_folder);
  case_add(&harness, "own/memory", test_memory);
  case_add(&harness, "own/file", test_file);
  case_add(&harness, "own/migration-fails", test_migration_fails);
  case_add(&harness, "own/migration-numbers", test_migration_numbers);
  case_add(&harness, "own/tables-are-whole", test_tables_are_whole);
  case_add(&harness, "own/busy", test_busy);
  case_add(&harness, "own/full", test_full);
  case_add(&harness, "own/migration-from-older", test_migration_from_older);
  case_add(&harness, "own/migration-keeps-journal", test_migration_keeps_journal);
  sqlite_how_add(&harness);
  return g_test_run();
}
