/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/embedded/embedded_private.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* Pages the write-ahead log collects (32 MiB) before they are put into the file. New users dirty a
 * page of each index every time; with SQLite's 1,000 those would be put away again after each slice
 * of them. */
#define LOG_PAGES "8000"

/* ── the frame of a call ── */

void
embedded_translate(GError **error) {
  if (error == NULL || *error == NULL || (*error)->domain != DB_ERROR)
    return;
  GatewayError code = GATEWAY_ERROR_FAILED;
  switch ((DbError)(*error)->code) {
  case DB_ERROR_BUSY:
  case DB_ERROR_FULL:
    code = GATEWAY_ERROR_UNAVAILABLE;
    break;
  case DB_ERROR_NOT_A_DB:
    code = GATEWAY_ERROR_CONFIG;
    break;
  case DB_ERROR_FAILED:
  case DB_ERROR_CONSTRAINT:
    break;
  }
  GError *translated = g_error_new_literal(GATEWAY_ERROR, code, (*error)->message);
  g_error_free(*error);
  *error = translated;
}

bool
embedded_begin(Embedded *moodle, GError **error) {
  bool ok = db_begin(moodle->db, error);
  if (!ok)
    embedded_translate(error);
  return ok;
}

bool
embedded_end(Embedded *moodle, bool ok, GatewayOutcome *outcomes, guint count, GError **error) {
  if (ok && db_commit(moodle->db, error))
    return true;
  if (!ok)
    db_rollback(moodle->db);
  gateway_outcomes_clear(outcomes, count);
  embedded_translate(error);
  return false;
}

/* db_begin() would take the write lock. */
bool
embedded_read_begin(Embedded *moodle, GError **error) {
  bool ok = db_run(moodle->db, error, "BEGIN DEFERRED", "");
  if (!ok)
    embedded_translate(error);
  return ok;
}

bool
embedded_read_end(Embedded *moodle, bool ok, GError **error) {
  ok = db_run(moodle->db, ok ? error : NULL, "COMMIT", "") && ok;
  if (!ok)
    embedded_translate(error);
  return ok;
}

void
embedded_settle(GatewayOutcome *outcome, GatewayCode code, gint64 id) {
  outcome->code = code;
  outcome->id = id;
}

void
embedded_refuse(GatewayOutcome *outcome, GatewayCode code, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  outcome->code = code;
  outcome->message = g_strdup_vprintf(format, arguments);
  va_end(arguments);
}

static void
refuse_by_rule(Embedded *moodle, const EmbeddedRule *rules, GatewayOutcome *outcome) {
  const char *said = sqlite3_errmsg(db_handle(moodle->db));
  for (; rules->words != NULL; rules++) {
    if (strstr(said, rules->words) != NULL) {
      embedded_refuse(outcome, rules->code, "%s", rules->message);
      return;
    }
  }
  embedded_refuse(outcome, GATEWAY_INVALID, "Moodle's database refuses it: %s", said);
}

bool
embedded_write(Embedded *moodle, sqlite3_stmt *statement, const EmbeddedRule *rules,
               GatewayOutcome *outcome, bool *refused, GError **error) {
  g_autoptr(GError) cause = NULL;
  *refused = false;
  int step = db_step(moodle->db, statement, &cause);
  if (step >= 0)
    return true;
  if (g_error_matches(cause, DB_ERROR, DB_ERROR_CONSTRAINT)) {
    refuse_by_rule(moodle, rules, outcome);
    *refused = true;
    return true;
  }
  g_propagate_error(error, g_steal_pointer(&cause));
  return false;
}

const char *
embedded_text(sqlite3_stmt *statement, int column) {
  const char *text = (const char *)sqlite3_column_text(statement, column);
  return text != NULL ? text : "";
}

gint64
embedded_id(const char *text) {
  guint64 id = 0;
  if (text[0] == '0' || !g_ascii_string_to_unsigned(text, 10, 1, G_MAXINT64, &id, NULL))
    return 0;
  return (gint64)id;
}

/* ── the gateway itself ── */

static void
embedded_free(Gateway *gateway) {
  Embedded *moodle = (Embedded *)gateway;
  db_close(moodle->db);
  g_free(moodle->description);
  g_free(moodle);
}

static const char *
embedded_describe(Gateway *gateway) {
  return ((Embedded *)gateway)->description;
}

/* Asked each time: it is the site's to change, and costs nothing. */
static bool
embedded_shared_emails(Gateway *gateway) {
  gint64 allowed = 0;
  return db_get_int(((Embedded *)gateway)->db, &allowed, 0, NULL,
                    "SELECT value = '1' FROM mdl_config WHERE name = 'allowaccountssameemail'",
                    "") &&
         allowed != 0;
}

static bool
can_complete(Gateway *gateway) {
  (void)gateway;
  return true;
}

/* A copy is one transaction: unanswered, it was rolled back or committed. */
static guint
copy_grace(Gateway *gateway) {
  (void)gateway;
  return 0;
}

/* What could be wrong here was found when the file was opened. */
static bool
inspect(Gateway *gateway, GatewayNoteFunc note, gpointer user_data, GError **error) {
  Embedded *moodle = (Embedded *)gateway;
  gint64 tables = 0, schema = 0;
  if (!db_get_int(moodle->db, &tables, 0, error,
                  "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name GLOB 'mdl_*'",
                  "") ||
      !db_get_int(moodle->db, &schema, 0, error,
                  "SELECT CAST(value AS INTEGER) FROM mdl_config"
                  " WHERE name = 'local_lehrgaenge_schema'",
                  "")) {
    embedded_translate(error);
    return false;
  }
  g_autofree char *message =
      g_strdup_printf("%s: %" G_GINT64_FORMAT " tables, schema %" G_GINT64_FORMAT,
                      moodle->description, tables, schema);
  note(GATEWAY_NOTE_OK, message, "", user_data);
  return true;
}

/* A checkpoint waits for the disk, whereas commits do not: what a power failure takes of them comes
 * back with the next run, except what nobody looks at again. */
static bool
flush(Gateway *gateway, GError **error) {
  Embedded *moodle = (Embedded *)gateway;
  int code =
      sqlite3_wal_checkpoint_v2(db_handle(moodle->db), NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
  if (code == SQLITE_OK || code == SQLITE_BUSY)
    return true;
  g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_UNAVAILABLE, "%s: cannot be written to disk: %s",
              db_path(moodle->db), sqlite3_errstr(code));
  return false;
}

static const GatewayClass embedded_class = {
  .free = embedded_free,
  .describe = embedded_describe,
  .shared_emails = embedded_shared_emails,
  .can_complete = can_complete,
  .inspect = inspect,
  .find_companies = embedded_company_find,
  .find_courses = embedded_course_find,
  .read_courses = embedded_read_courses,
  .find_users = embedded_user_find,
  .create_courses = embedded_course_create,
  .link_courses = embedded_company_link,
  .create_users = embedded_user_create,
  .update_users = embedded_user_update,
  .enrol = embedded_enrol_enrol,
  .unenrol = embedded_enrol_unenrol,
  .suspend = embedded_enrol_suspend,
  .create_groups = embedded_group_create,
  .add_members = embedded_group_add_members,
  .complete = embedded_enrol_complete,
  .contents = embedded_content_count,
  .copy_content = embedded_content_copy,
  .copy_grace = copy_grace,
  .finish_content = embedded_content_finish,
  .can_message = embedded_message_can,
  .message = embedded_message_send,
  .flush = flush,
};

static bool
check_role(Db *db, gint64 role, GError **error) {
  gint64 found = 0;
  if (!db_get_int(db, &found, 0, error, "SELECT 1 FROM mdl_role WHERE id = ?", "i", role))
    return false;
  if (!found)
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_CONFIG,
                "%s has no role %" G_GINT64_FORMAT
                "; correct [moodle] student-role (Moodle's student role is 5)",
                db_path(db), role);
  return found != 0;
}

static bool
check_there(const char *path, GError **error) {
  struct stat status;
  if (stat(path, &status) == 0 || errno != ENOENT)
    return true;
  g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_CONFIG,
              "%s does not exist; create it with: lehrgaenge moodle init", path);
  return false;
}

Embedded *
embedded_new(const char *path, DbFlags flags, Clock *clock, GError **error) {
  g_autoptr(Db) db = db_open(path, flags, error);
  if (db == NULL || !db_exec(db, "PRAGMA wal_autocheckpoint=" LOG_PAGES, error)) {
    embedded_translate(error);
    return NULL;
  }
  Embedded *moodle = g_new0(Embedded, 1);
  moodle->base.class = &embedded_class;
  moodle->db = g_steal_pointer(&db);
  moodle->clock = clock;
  moodle->description = g_strdup_printf("embedded Moodle %s", path);
  return moodle;
}

Gateway *
embedded_open(const char *path, const EmbeddedOptions *options, Clock *clock, GError **error) {
  if (!check_there(path, error))
    return NULL;
  Embedded *moodle = embedded_new(path, 0, clock, error);
  if (moodle == NULL)
    return NULL;
  g_autoptr(Gateway) gateway = &moodle->base;
  moodle->student_role = options->student_role;
  if (embedded_schema_upgrade(moodle->db, error) && embedded_schema_check(moodle->db, error) &&
      check_role(moodle->db, options->student_role, error))
    return g_steal_pointer(&gateway);
  embedded_translate(error);
  return NULL;
}
