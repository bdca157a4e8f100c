/* The hand on SQLite: opening and its errors, statements, nested transactions.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/db.h"

typedef struct {
  char *folder;
  char *path; /* folder/test.db */
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data) {
  (void)data;
  fixture->folder = g_dir_make_tmp("test-db-XXXXXX", NULL);
  g_assert_nonnull(fixture->folder);
  fixture->path = g_build_filename(fixture->folder, "test.db", NULL);
}

static void
tear_down(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_autoptr(GDir) folder = g_dir_open(fixture->folder, 0, NULL);
  for (const char *name; (name = g_dir_read_name(folder)) != NULL;) {
    g_autofree char *path = g_build_filename(fixture->folder, name, NULL);
    g_remove(path);
  }
  g_assert_cmpint(g_rmdir(fixture->folder), ==, 0);
  g_free(fixture->folder);
  g_free(fixture->path);
}

static Db *
open_db(const char *path) {
  g_autoptr(GError) error = NULL;
  Db *db = db_open(path, DB_CREATE, &error);
  g_assert_no_error(error);
  g_assert_nonnull(db);
  return db;
}

static void
assert_open_fails(const char *path, DbFlags flags, DbError code, const char *words) {
  g_autoptr(GError) error = NULL;
  g_autoptr(Db) db = db_open(path, flags, &error);
  g_assert_null(db);
  g_assert_error(error, DB_ERROR, (gint)code);
  g_assert_true(g_str_has_prefix(error->message, path));
  if (strstr(error->message, words) == NULL)
    g_error("'%s' does not say '%s'", error->message, words);
}

static void
exec(Db *db, const char *sql) {
  g_autoptr(GError) error = NULL;
  bool done = db_exec(db, sql, &error);
  g_assert_no_error(error);
  g_assert_true(done);
}

static gint64
rows(Db *db) {
  g_autoptr(GError) error = NULL;
  gint64 count = -1;
  g_assert_true(db_get_int(db, &count, -2, &error, "SELECT count(*) FROM t", ""));
  g_assert_no_error(error);
  return count;
}

static void
insert(Db *db, gint64 number, const char *word) {
  g_autoptr(GError) error = NULL;
  bool done = db_run(db, &error, "INSERT INTO t (number, word) VALUES (?, ?)", "is", number, word);
  g_assert_no_error(error);
  g_assert_true(done);
}

static Db *
open_table(const char *path) {
  Db *db = open_db(path);
  exec(db, "CREATE TABLE t (id INTEGER PRIMARY KEY, number INTEGER UNIQUE, word TEXT, part REAL);"
           "CREATE TABLE child (t INTEGER REFERENCES t (id))");
  return db;
}

/* ── opening ── */

static mode_t
mode_of(const char *path, const char *suffix) {
  g_autofree char *name = g_strconcat(path, suffix, NULL);
  struct stat status;
  g_assert_cmpint(stat(name, &status), ==, 0);
  return status.st_mode & 0777;
}

static void
test_create(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_autoptr(Db) db = open_table(fixture->path);
  insert(db, 1, "eins");
  g_assert_cmpstr(db_path(db), ==, fixture->path);
  g_assert_cmpuint(mode_of(fixture->path, ""), ==, 0600);
  g_assert_cmpuint(mode_of(fixture->path, "-wal"), ==, 0600);
  g_assert_cmpuint(mode_of(fixture->path, "-shm"), ==, 0600);
  g_clear_pointer(&db, db_close);

  db = db_open(fixture->path, 0, NULL);
  g_assert_nonnull(db);
  g_assert_cmpint(rows(db), ==, 1);
}

static gint64
pragma(Db *db, const char *sql) {
  gint64 value = -1;
  g_assert_true(db_get_int(db, &value, -1, NULL, sql, ""));
  return value;
}

static void
test_settings(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_autoptr(Db) db = open_table(fixture->path);
  g_assert_cmpint(pragma(db, "PRAGMA foreign_keys"), ==, 1);
  g_assert_cmpint(pragma(db, "PRAGMA synchronous"), ==, 1);
  g_assert_cmpint(pragma(db, "PRAGMA cache_size"), ==, -4096);
  g_assert_cmpint(pragma(db, "PRAGMA temp_store"), ==, 2);
  g_assert_cmpint(pragma(db, "PRAGMA busy_timeout"), ==, 10000);
  sqlite3_stmt *mode = db_prepare(db, "PRAGMA journal_mode", NULL);
  g_assert_cmpint(db_step(db, mode, NULL), ==, 1);
  g_assert_cmpstr((const char *)sqlite3_column_text(mode, 0), ==, "wal");
}

static void
test_memory(void) {
  g_autoptr(Db) db = db_open(":memory:", 0, NULL);
  g_assert_nonnull(db);
  exec(db, "CREATE TABLE t (number INTEGER)");
  g_assert_cmpint(rows(db), ==, 0);
  g_assert_false(g_file_test(":memory:", G_FILE_TEST_EXISTS));
}

static void
test_missing(Fixture *fixture, gconstpointer data) {
  (void)data;
  assert_open_fails(fixture->path, 0, DB_ERROR_FAILED, "no such file");
  g_assert_false(g_file_test(fixture->path, G_FILE_TEST_EXISTS));
  g_autofree char *nowhere = g_build_filename(fixture->folder, "nowhere", "test.db", NULL);
  assert_open_fails(nowhere, DB_CREATE, DB_ERROR_FAILED, "check that its folder exists");
  assert_open_fails(fixture->folder, DB_CREATE, DB_ERROR_FAILED, "cannot be opened");
}

static void
test_not_a_db(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_autofree char *text = g_strnfill(5000, 'x');
  g_assert_true(g_file_set_contents(fixture->path, text, -1, NULL));
  assert_open_fails(fixture->path, 0, DB_ERROR_NOT_A_DB, "not an SQLite database; check the path");
  assert_open_fails(fixture->path, DB_CREATE, DB_ERROR_NOT_A_DB, "not an SQLite database");
  g_autofree char *after = NULL;
  g_assert_true(g_file_get_contents(fixture->path, &after, NULL, NULL));
  g_assert_cmpstr(after, ==, text);
}

static void
test_damaged(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_autoptr(Db) db = open_table(fixture->path);
  insert(db, 1, "eins");
  g_clear_pointer(&db, db_close);
  g_autofree char *content = NULL;
  gsize length = 0;
  g_assert_true(g_file_get_contents(fixture->path, &content, &length, NULL));
  memset(content + 100, 0xff, length - 100);
  g_assert_true(g_file_set_contents(fixture->path, content, (gssize)length, NULL));
  assert_open_fails(fixture->path, 0, DB_ERROR_NOT_A_DB, "damaged; restore it from a backup");
}

/* Root may write everywhere, so the test is somebody else for a while. */
static void
test_read_only(Fixture *fixture, gconstpointer data) {
  int mode = GPOINTER_TO_INT(data); /* of the folder */
  uid_t self = geteuid();
  g_autoptr(Db) db = open_table(fixture->path);
  g_clear_pointer(&db, db_close);
  g_assert_cmpint(g_chmod(fixture->path, 0444), ==, 0);
  g_assert_cmpint(g_chmod(fixture->folder, mode), ==, 0);
  g_assert_true(self != 0 || seteuid(65534) == 0);

  assert_open_fails(fixture->path, 0, DB_ERROR_FULL,
                    "cannot be written; give this user write access");
  g_autofree char *other = g_build_filename(fixture->folder, "other.db", NULL);
  if (mode == 0555)
    assert_open_fails(other, DB_CREATE, DB_ERROR_FULL, "may write to it");

  g_assert_cmpint(seteuid(self), ==, 0);
  g_assert_cmpint(g_chmod(fixture->folder, 0700), ==, 0);
}

/* The file may be written, but its folder not: the journal beside it cannot be made. */
static void
test_read_only_folder(Fixture *fixture, gconstpointer data) {
  (void)data;
  uid_t self = geteuid();
  g_autoptr(Db) db = open_table(fixture->path);
  g_clear_pointer(&db, db_close);
  g_assert_cmpint(g_chmod(fixture->path, 0666), ==, 0);
  g_assert_cmpint(g_chmod(fixture->folder, 0555), ==, 0);
  g_assert_true(self != 0 || seteuid(65534) == 0);

  assert_open_fails(fixture->path, 0, DB_ERROR_FULL, "the file and its folder");

  g_assert_cmpint(seteuid(self), ==, 0);
  g_assert_cmpint(g_chmod(fixture->folder, 0700), ==, 0);
}

/* ── statements ── */

static void
test_bind(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_autoptr(Db) db = open_table(fixture->path);
  g_autoptr(GError) error = NULL;
  const char *sql = "INSERT INTO t (number, word, part, id) VALUES (?, ?, ?, ?)";
  g_assert_true(db_run(db, &error, sql, "isdn", G_MAXINT64, "Gießen's \"Ort\"", 0.5));
  g_assert_cmpint(db_last_id(db), ==, 1);
  g_assert_cmpint(db_changes(db), ==, 1);
  g_assert_true(db_run(db, &error, sql, "nsdi", NULL, 0.25, (gint64)7));
  g_assert_cmpint(db_last_id(db), ==, 7);

  sqlite3_stmt *query =
      db_prepare(db, "SELECT number, word, part FROM t WHERE id >= ? ORDER BY id", &error);
  db_bind(query, "i", (gint64)1);
  g_assert_cmpint(db_step(db, query, &error), ==, 1);
  g_assert_cmpint(sqlite3_column_int64(query, 0), ==, G_MAXINT64);
  g_assert_cmpstr((const char *)sqlite3_column_text(query, 1), ==, "Gießen's \"Ort\"");
  g_assert_cmpfloat(sqlite3_column_double(query, 2), ==, 0.5);
  g_assert_cmpint(db_step(db, query, &error), ==, 1);
  g_assert_cmpint(sqlite3_column_type(query, 0), ==, SQLITE_NULL);
  g_assert_cmpint(sqlite3_column_type(query, 1), ==, SQLITE_NULL);
  g_assert_cmpint(db_step(db, query, &error), ==, 0);
  g_assert_no_error(error);
}

static sqlite3_stmt *
prepare_count(Db *db) {
  return db_prepare(db, "SELECT id FROM t WHERE number = ?", NULL);
}

static void
test_prepare(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_autoptr(Db) db = open_table(fixture->path);
  insert(db, 5, NULL);
  sqlite3_stmt *first = prepare_count(db);
  db_bind(first, "i", (gint64)5);
  g_assert_cmpint(db_step(db, first, NULL), ==, 1);

  /* Asked for again in the middle of its rows: the same statement, reset and without its old
   * binding. */
  g_assert_true(prepare_count(db) == first);
  g_assert_false(sqlite3_stmt_busy(first));
  g_assert_cmpint(db_step(db, first, NULL), ==, 0);

  g_autoptr(GError) error = NULL;
  g_assert_null(db_prepare(db, "SELECT nowhere FROM t", &error));
  g_assert_error(error, DB_ERROR, DB_ERROR_FAILED);
  g_assert_nonnull(strstr(error->message, "no such column: nowhere"));
  g_assert_true(g_str_has_prefix(error->message, fixture->path));
  g_clear_error(&error);
  g_assert_null(db_prepare(db, "SELECT \"misspelt\" FROM t", &error));
  g_assert_error(error, DB_ERROR, DB_ERROR_FAILED);
  g_clear_error(&error);
  g_assert_false(db_run(db, &error, "SELECT FROM", ""));
  g_assert_error(error, DB_ERROR, DB_ERROR_FAILED);
}

/* One statement, bound again and again without being asked for anew, a refusal in between. */
static void
test_step_resets(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_autoptr(Db) db = open_table(fixture->path);
  sqlite3_stmt *statement = db_prepare(db, "INSERT INTO t (number) VALUES (?)", NULL);
  const gint64 numbers[] = { 1, 2, 1, 3 };
  for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
    g_autoptr(GError) error = NULL;
    db_bind(statement, "i", numbers[i]);
    g_assert_cmpint(db_step(db, statement, &error), ==, i == 2 ? -1 : 0);
    g_assert_true((error != NULL) == (i == 2));
  }
  g_assert_cmpint(rows(db), ==, 3);
}

static void
test_get_int(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_autoptr(Db) db = open_table(fixture->path);
  g_autoptr(GError) error = NULL;
  insert(db, 5, "fünf");
  insert(db, 6, NULL);
  gint64 value = 0;
  g_assert_true(
      db_get_int(db, &value, -1, &error, "SELECT number FROM t WHERE word = ?", "s", "fünf"));
  g_assert_cmpint(value, ==, 5);
  g_assert_true(
      db_get_int(db, &value, -1, &error, "SELECT number FROM t WHERE word = ?", "s", "sechs"));
  g_assert_cmpint(value, ==, -1);
  g_assert_true(db_get_int(db, &value, -3, &error, "SELECT max(part) FROM t", ""));
  g_assert_cmpint(value, ==, -3);
  g_assert_no_error(error);
  g_assert_false(db_get_int(db, &value, 0, &error, "SELECT number FROM gone", ""));
  g_assert_error(error, DB_ERROR, DB_ERROR_FAILED);
  g_assert_cmpint(value, ==, -3);

  /* Its row is not left open: a table in use could not be dropped. */
  exec(db, "DROP TABLE child; DROP TABLE t");
}

static void
test_constraint(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_autoptr(Db) db = open_table(fixture->path);
  g_autoptr(GError) error = NULL;
  insert(db, 1, "eins");
  g_assert_false(db_run(db, &error, "INSERT INTO t (number) VALUES (?)", "i", (gint64)1));
  g_assert_error(error, DB_ERROR, DB_ERROR_CONSTRAINT);
  g_assert_nonnull(strstr(error->message, "t.number"));
  g_clear_error(&error);
  g_assert_false(db_exec(db, "INSERT INTO child (t) VALUES (99)", &error));
  g_assert_error(error, DB_ERROR, DB_ERROR_CONSTRAINT);
  insert(db, 2, "zwei"); /* the refused one left no trace */
  g_assert_cmpint(rows(db), ==, 2);
}

/* ── transactions ── */

static void
begin(Db *db) {
  g_autoptr(GError) error = NULL;
  bool begun = db_begin(db, &error);
  g_assert_no_error(error);
  g_assert_true(begun);
}

static void
commit(Db *db) {
  g_autoptr(GError) error = NULL;
  bool committed = db_commit(db, &error);
  g_assert_no_error(error);
  g_assert_true(committed);
}

static void
test_transaction(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_autoptr(Db) db = open_table(fixture->path);
  g_autoptr(Db) other = open_db(fixture->path);
  begin(db);
  insert(db, 1, "eins");
  g_assert_cmpint(rows(other), ==, 0);
  commit(db);
  g_assert_cmpint(rows(other), ==, 1);

  begin(db);
  insert(db, 2, "zwei");
  db_rollback(db);
  g_assert_cmpint(rows(db), ==, 1);
  db_rollback(db); /* none is open: nothing */
}

static void
test_nested(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_autoptr(Db) db = open_table(fixture->path);
  g_autoptr(Db) other = open_db(fixture->path);
  begin(db);
  insert(db, 1, "eins");
  begin(db);
  insert(db, 2, "zwei");
  begin(db);
  insert(db, 3, "drei");
  commit(db);
  g_assert_cmpint(rows(db), ==, 3);
  db_rollback(db); /* takes 2 and the committed 3 inside it along */
  g_assert_cmpint(rows(db), ==, 1);
  begin(db);
  insert(db, 4, "vier");
  commit(db);
  g_assert_cmpint(rows(other), ==, 0);
  commit(db);
  g_assert_cmpint(rows(other), ==, 2);

  begin(db);
  begin(db);
  insert(db, 5, "fünf");
  commit(db);
  db_rollback(db);
  g_assert_cmpint(rows(other), ==, 2);
}

/* Freeing an open one undoes it. */
static void
test_close_undoes(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_autoptr(Db) db = open_table(fixture->path);
  begin(db);
  insert(db, 1, "eins");
  g_clear_pointer(&db, db_close);
  db = open_db(fixture->path);
  g_assert_cmpint(rows(db), ==, 0);
  db_close(NULL);
}

/* A COMMIT that is refused has rolled back. */
static void
test_commit_fails(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_autoptr(Db) db = open_table(fixture->path);
  exec(db, "CREATE TABLE later (t INTEGER REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)");
  begin(db);
  insert(db, 1, "eins");
  exec(db, "INSERT INTO later (t) VALUES (99)");
  g_autoptr(GError) error = NULL;
  g_assert_false(db_commit(db, &error));
  g_assert_error(error, DB_ERROR, DB_ERROR_CONSTRAINT);
  g_assert_cmpint(rows(db), ==, 0);
  begin(db);
  insert(db, 1, "eins");
  commit(db);
  g_assert_cmpint(rows(db), ==, 1);
}

/* When SQLite has undone a transaction by itself, nothing more is written until its owner has
 * rolled back. */
static void
test_undone(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_autoptr(Db) db = open_table(fixture->path);
  g_autoptr(GError) error = NULL;
  insert(db, 1, "eins");
  begin(db);
  begin(db);
  insert(db, 2, "zwei");
  g_assert_false(
      db_run(db, &error, "INSERT OR ROLLBACK INTO t (number) VALUES (?)", "i", (gint64)1));
  g_assert_error(error, DB_ERROR, DB_ERROR_CONSTRAINT);
  g_clear_error(&error);

  g_assert_false(db_run(db, &error, "INSERT INTO t (number) VALUES (?)", "i", (gint64)3));
  g_assert_nonnull(strstr(error->message, "undone this transaction"));
  g_clear_error(&error);
  g_assert_false(db_exec(db, "INSERT INTO t (number) VALUES (4)", &error));
  g_clear_error(&error);
  g_assert_false(db_begin(db, &error));
  g_clear_error(&error);
  g_assert_false(db_commit(db, &error));
  g_assert_error(error, DB_ERROR, DB_ERROR_FAILED);
  g_clear_error(&error);
  g_assert_false(db_commit(db, &error));
  g_assert_cmpint(rows(db), ==, 1);
  insert(db, 5, "fünf");
  g_assert_cmpint(rows(db), ==, 2);
}

static void
test_busy(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_autoptr(Db) db = open_table(fixture->path);
  g_autoptr(Db) other = open_db(fixture->path);
  g_autoptr(GError) error = NULL;
  begin(db);
  sqlite3_busy_timeout(db_handle(other), 1); /* do not wait here */
  g_assert_false(db_begin(other, &error));
  g_assert_error(error, DB_ERROR, DB_ERROR_BUSY);
  g_assert_nonnull(strstr(error->message, "another process holds the database"));
  commit(db);
  begin(other);
  commit(other);
}

/* A full disk is played by a limit on the database's pages. */
static void
test_full(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_autoptr(Db) db = open_table(fixture->path);
  g_autoptr(GError) error = NULL;
  g_autofree char *filler = g_strnfill(100000, 'x');
  exec(db, "PRAGMA max_page_count=5");
  g_assert_false(db_run(db, &error, "INSERT INTO t (word) VALUES (?)", "s", filler));
  g_assert_error(error, DB_ERROR, DB_ERROR_FULL);
  g_assert_nonnull(strstr(error->message, "the disk is full; free some space"));
}

#define OPENERS 6

static gpointer
open_and_write(gpointer path) {
  g_autoptr(Db) db = open_db(path);
  exec(db, "CREATE TABLE IF NOT EXISTS t (number INTEGER, word TEXT)");
  insert(db, 1, NULL);
  return NULL;
}

/* Several that find no file and all make it. */
static void
test_open_together(Fixture *fixture, gconstpointer data) {
  (void)data;
  GThread *threads[OPENERS];
  for (int i = 0; i < OPENERS; i++)
    threads[i] = g_thread_new("opener", open_and_write, fixture->path);
  for (int i = 0; i < OPENERS; i++)
    g_thread_join(threads[i]);
  g_autoptr(Db) db = open_db(fixture->path);
  g_assert_cmpint(rows(db), ==, OPENERS);
}

static gpointer
open_and_count(gpointer path) {
  g_autoptr(Db) db = open_db(path);
  return GINT_TO_POINTER(rows(db));
}

#define HELD_US 100000

/* Another program writes to a file that is not in WAL mode yet: opening waits until it has
 * finished. */
static void
test_open_waits(Fixture *fixture, gconstpointer data) {
  (void)data;
  sqlite3 *other = NULL;
  g_assert_cmpint(sqlite3_open(fixture->path, &other), ==, SQLITE_OK);
  g_assert_cmpint(
      sqlite3_exec(other,
                   "CREATE TABLE t (number INTEGER); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)",
                   NULL, NULL, NULL),
      ==, SQLITE_OK);
  GThread *opener = g_thread_new("opener", open_and_count, fixture->path);
  g_usleep(HELD_US);
  g_assert_cmpint(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint(GPOINTER_TO_INT(g_thread_join(opener)), ==, 1);
  sqlite3_close(other);
}

static void
test_durable(Fixture *fixture, gconstpointer data) {
  (void)data;
  g_autoptr(Db) db = open_table(fixture->path);
  g_autoptr(GError) error = NULL;
  for (int i = 0; i < 2; i++) { /* back and forth: the pragma has to work each time */
    g_assert_true(db_set_durable(db, true, &error));
    g_assert_cmpint(pragma(db, "PRAGMA synchronous"), ==, 2);
    g_assert_true(db_set_durable(db, false, &error));
    g_assert_cmpint(pragma(db, "PRAGMA synchronous"), ==, 1);
  }
  g_assert_no_error(error);
  begin(db);
  g_assert_false(db_set_durable(db, true, &error));
  g_assert_error(error, DB_ERROR, DB_ERROR_FAILED);
  commit(db);
  g_assert_cmpint(pragma(db, "PRAGMA synchronous"), ==, 1);
}

#define ADD(name, function) g_test_add("/db/" name, Fixture, NULL, set_up, function, tear_down)

int
main(int argc, char *argv[]) {
  g_test_init(&argc, &argv, NULL);
  ADD("create", test_create);
  ADD("settings", test_settings);
  g_test_add_func("/db/memory", test_memory);
  ADD("missing", test_missing);
  ADD("not-a-db", test_not_a_db);
  ADD("damaged", test_damaged);
  g_test_add("/db/read-only", Fixture, GINT_TO_POINTER(0555), set_up, test_read_only, tear_down);
  g_test_add("/db/read-only-file", Fixture, GINT_TO_POINTER(0777), set_up, test_read_only,
             tear_down);
  ADD("read-only-folder", test_read_only_folder);
  ADD("bind", test_bind);
  ADD("prepare", test_prepare);
  ADD("step-resets", test_step_resets);
  ADD("get-int", test_get_int);
  ADD("constraint", test_constraint);
  ADD("transaction", test_transaction);
  ADD("nested", test_nested);
  ADD("close-undoes", test_close_undoes);
  ADD("commit-fails", test_commit_fails);
  ADD("undone", test_undone);
  ADD("busy", test_busy);
  ADD("full", test_full);
  ADD("open-together", test_open_together);
  ADD("open-waits", test_open_waits);
  ADD("durable", test_durable);
  return g_test_run();
}
