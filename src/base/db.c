/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/db.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#define BUSY_TIMEOUT_MS 10000
#define BUSY_PAUSE_MS 20
#define MEMORY ":memory:"

struct Db {
  sqlite3 *handle;
  char *path;
  GHashTable *statements; /* address of the SQL literal → sqlite3_stmt, owned */
  guint depth;            /* open db_begin() */
  bool durable;
};

G_DEFINE_QUARK(db_error_quark, db_error)

/* ── errors ── */

/* What SQLite's result means to us, and the words for it: what is wrong and, where one is known,
 * the remedy. NULL words: SQLite's own say it best. */
static DbError
classify(int result, int cause, const char **words) {
  bool denied = cause == EACCES || cause == EPERM || cause == EROFS;
  *words = NULL;
  switch (result & 0xff) {
  case SQLITE_CONSTRAINT:
    return DB_ERROR_CONSTRAINT;
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    *words = "another process holds the database; wait until it has finished and try again";
    return DB_ERROR_BUSY;
  case SQLITE_NOTADB:
    *words = "this is not an SQLite database; check the path";
    return DB_ERROR_NOT_A_DB;
  case SQLITE_CORRUPT:
    *words = "the database is damaged; restore it from a backup";
    return DB_ERROR_NOT_A_DB;
  case SQLITE_FULL:
    *words = "the disk is full; free some space and try again";
    return DB_ERROR_FULL;
  case SQLITE_READONLY:
  case SQLITE_PERM:
    *words =
        "the database cannot be written; give this user write access to the file and its folder";
    return DB_ERROR_FULL;
  case SQLITE_CANTOPEN:
  case SQLITE_IOERR:
    if (cause == ENOSPC || cause == EDQUOT) {
      *words = "the disk is full; free some space and try again";
      return DB_ERROR_FULL;
    }
    if (denied || (result & 0xff) == SQLITE_CANTOPEN)
      *words = "the database cannot be opened; check that this user may read and write the file "
               "and its folder";
    return denied ? DB_ERROR_FULL : DB_ERROR_FAILED;
  default:
    return DB_ERROR_FAILED;
  }
}

static bool
fail(Db *db, int result, GError **error) {
  int cause = sqlite3_system_errno(db->handle);
  const char *words = NULL;
  DbError code = classify(result, cause, &words);
  if (words == NULL)
    words = sqlite3_errmsg(db->handle);
  if (code == DB_ERROR_FAILED && cause != 0 && (result & 0xff) == SQLITE_IOERR)
    g_set_error(error, DB_ERROR, code, "%s: %s (%s)", db->path, words, g_strerror(cause));
  else
    g_set_error(error, DB_ERROR, code, "%s: %s", db->path, words);
  return false;
}

/* Some failures (disk full, for one) make SQLite undo the whole transaction by itself. What follows
 * would then be committed statement by statement, half of a whole: it is refused until the
 * outermost rollback. */
static bool
still_whole(Db *db, GError **error) {
  if (db->depth == 0 || !sqlite3_get_autocommit(db->handle))
    return true;
  g_set_error(error, DB_ERROR, DB_ERROR_FAILED,
              "%s: an earlier failure has undone this transaction", db->path);
  return false;
}

/* ── opening ── */

/* A file that root makes belongs to the owner of its folder: an administrator who tries things out
 * must not leave behind what the service cannot open. SQLite does the same for the files beside it.
 */
static void
give_to_folder(const char *path) {
  g_autofree char *folder = g_path_get_dirname(path);
  struct stat status;
  if (geteuid() == 0 && stat(folder, &status) == 0 && status.st_uid != 0 &&
      lchown(path, status.st_uid, status.st_gid) != 0)
    log_warning(path, "root keeps this file (%s); the service may not be able to open it",
                g_strerror(errno));
}

/* mknod() makes the file without opening it: closing a descriptor of our own would drop the locks
 * another thread's connection holds on that file. */
static bool
make_file(const char *path, GError **error) {
  if (mknod(path, S_IFREG | 0600, 0) == 0) {
    give_to_folder(path);
    return true;
  }
  if (errno == EEXIST)
    return true;
  int cause = errno;
  bool refused =
      cause == EACCES || cause == EPERM || cause == EROFS || cause == ENOSPC || cause == EDQUOT;
  g_set_error(error, DB_ERROR, refused ? DB_ERROR_FULL : DB_ERROR_FAILED,
              "%s: the database cannot be made (%s); check that its folder exists and this user "
              "may write to it",
              path, g_strerror(cause));
  return false;
}

static bool
check_file(const char *path, GError **error) {
  struct stat status;
  if (stat(path, &status) != 0 && errno == ENOENT) {
    g_set_error(error, DB_ERROR, DB_ERROR_FAILED,
                "%s: there is no such file; check the path, or make the database first", path);
    return false;
  }
  return true;
}

/* Two processes that open a new file at once both want to switch it to WAL. SQLite answers the
 * later one "busy" without waiting, so the waiting is done here. */
static bool
switch_to_wal(Db *db, GError **error) {
  int result = SQLITE_BUSY;
  for (int waited = 0; waited <= BUSY_TIMEOUT_MS; waited += BUSY_PAUSE_MS) {
    result = sqlite3_exec(db->handle, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
    if ((result & 0xff) != SQLITE_BUSY)
      break;
    g_usleep(BUSY_PAUSE_MS * 1000);
  }
  return result == SQLITE_OK || fail(db, result, error);
}

static bool
set_up(Db *db, GError **error) {
  sqlite3_busy_timeout(db->handle, BUSY_TIMEOUT_MS);
  /* A misspelt column in double quotes is to be an error, not a text. */
  sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
  sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
  if (sqlite3_db_readonly(db->handle, "main") == 1)
    return fail(db, SQLITE_READONLY, error);
  /* The first statement that looks into the file: tells a database from something else. */
  return db_exec(db, "SELECT count(*) FROM sqlite_schema", error) && switch_to_wal(db, error) &&
         db_exec(db,
                 "PRAGMA foreign_keys=ON; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-4096;"
                 "PRAGMA temp_store=MEMORY; SELECT count(*) FROM sqlite_schema",
                 error);
}

static void
finalize(gpointer statement) {
  sqlite3_finalize(statement);
}

/* SQLite keeps statistics of all memory it takes, under one lock for all threads, which nobody
 * reads here. Must come before its first use; afterwards it is refused, and all is as it was. */
static void
configure_sqlite(void) {
  static gsize done;
  if (g_once_init_enter(&done)) {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    g_once_init_leave(&done, 1);
  }
}

Db *
db_open(const char *path, DbFlags flags, GError **error) {
  bool memory = strcmp(path, MEMORY) == 0;
  if (!memory && !((flags & DB_CREATE) ? make_file(path, error) : check_file(path, error)))
    return NULL;

  g_autoptr(Db) db = g_new0(Db, 1);
  db->path = g_strdup(path);
  db->statements = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, finalize);
  configure_sqlite();
  int result = sqlite3_open_v2(path, &db->handle,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                                   (memory ? SQLITE_OPEN_CREATE : 0),
                               NULL);
  if (result != SQLITE_OK) {
    fail(db, result, error);
    return NULL;
  }
  return set_up(db, error) ? g_steal_pointer(&db) : NULL;
}

void
db_close(Db *db) {
  if (db == NULL)
    return;
  g_hash_table_unref(db->statements);
  sqlite3_close(db->handle);
  g_free(db->path);
  g_free(db);
}

sqlite3 *
db_handle(Db *db) {
  return db->handle;
}

const char *
db_path(Db *db) {
  return db->path;
}

/* ── statements ── */

bool
db_exec(Db *db, const char *sql, GError **error) {
  if (!still_whole(db, error))
    return false;
  int result = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
  return result == SQLITE_OK || fail(db, result, error);
}

sqlite3_stmt *
db_prepare(Db *db, const char *sql, GError **error) {
  sqlite3_stmt *statement = g_hash_table_lookup(db->statements, sql);
  if (statement != NULL) {
    /* Catches SQL that was put together at run time and reuses an address. */
    g_assert(strcmp(sqlite3_sql(statement), sql) == 0);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return statement;
  }
  const char *rest = NULL;
  int result =
      sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, &rest);
  if (result != SQLITE_OK) {
    fail(db, result, error);
    return NULL;
  }
  g_assert(statement != NULL && *rest == '\0'); /* exactly one statement */
  g_hash_table_insert(db->statements, (gpointer)sql, statement);
  return statement;
}

static void
bind_all(sqlite3_stmt *statement, const char *types, va_list arguments) {
  g_assert((gsize)sqlite3_bind_parameter_count(statement) == strlen(types));
  for (int i = 0; types[i] != '\0'; i++) {
    int result = SQLITE_OK;
    switch (types[i]) {
    case 'i':
      result = sqlite3_bind_int64(statement, i + 1, va_arg(arguments, gint64));
      break;
    case 'd':
      result = sqlite3_bind_double(statement, i + 1, va_arg(arguments, double));
      break;
    case 's':
      result =
          sqlite3_bind_text(statement, i + 1, va_arg(arguments, const char *), -1, SQLITE_STATIC);
      break;
    case 'n':
      result = sqlite3_bind_null(statement, i + 1);
      break;
    default:
      g_assert_not_reached();
    }
    g_assert(result == SQLITE_OK);
  }
}

void
db_bind(sqlite3_stmt *statement, const char *types, ...) {
  va_list arguments;
  va_start(arguments, types);
  bind_all(statement, types, arguments);
  va_end(arguments);
}

int
db_step(Db *db, sqlite3_stmt *statement, GError **error) {
  if (!still_whole(db, error)) {
    sqlite3_reset(statement);
    return -1;
  }
  int result = sqlite3_step(statement);
  if (result == SQLITE_ROW)
    return 1;
  if (result != SQLITE_DONE)
    fail(db, result, error);
  sqlite3_reset(statement);
  return result == SQLITE_DONE ? 0 : -1;
}

bool
db_run(Db *db, GError **error, const char *sql, const char *types, ...) {
  sqlite3_stmt *statement = db_prepare(db, sql, error);
  if (statement == NULL)
    return false;
  va_list arguments;
  va_start(arguments, types);
  bind_all(statement, types, arguments);
  va_end(arguments);

  int step;
  while ((step = db_step(db, statement, error)) > 0)
    continue;
  return step == 0;
}

bool
db_get_int(Db *db, gint64 *value, gint64 missing, GError **error, const char *sql,
           const char *types, ...) {
  sqlite3_stmt *statement = db_prepare(db, sql, error);
  if (statement == NULL)
    return false;
  va_list arguments;
  va_start(arguments, types);
  bind_all(statement, types, arguments);
  va_end(arguments);

  int step = db_step(db, statement, error);
  if (step < 0)
    return false;
  bool found = step > 0 && sqlite3_column_type(statement, 0) != SQLITE_NULL;
  *value = found ? sqlite3_column_int64(statement, 0) : missing;
  sqlite3_reset(statement);
  return true;
}

gint64
db_last_id(Db *db) {
  return sqlite3_last_insert_rowid(db->handle);
}

gint64
db_changes(Db *db) {
  return sqlite3_changes64(db->handle);
}

/* ── transactions ── */

/* All savepoints have one name: SQLite means the innermost by it. */
bool
db_begin(Db *db, GError **error) {
  const char *sql = db->depth == 0 ? "BEGIN IMMEDIATE" : "SAVEPOINT inner";
  if (!db_exec(db, sql, error))
    return false;
  db->depth++;
  return true;
}

bool
db_commit(Db *db, GError **error) {
  g_return_val_if_fail(db->depth > 0, false);
  if (db_exec(db, db->depth == 1 ? "COMMIT" : "RELEASE inner", error)) {
    db->depth--;
    return true;
  }
  db_rollback(db);
  return false;
}

void
db_rollback(Db *db) {
  if (db->depth == 0)
    return;
  const char *sql = db->depth == 1 ? "ROLLBACK" : "ROLLBACK TO inner; RELEASE inner";
  db->depth--;
  if (!sqlite3_get_autocommit(db->handle))
    sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
}

bool
db_set_durable(Db *db, bool durable, GError **error) {
  if (db->durable == durable)
    return true;
  if (!db_exec(db, durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL", error))
    return false;
  db->durable = durable;
  return true;
}
