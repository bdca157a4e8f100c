/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "msim_call.h"

#include <stdarg.h>
#include <string.h>

/* ── exceptions ── */

void
msim_exception_clear(MsimException *exception) {
  g_free(exception->exception);
  g_free(exception->code);
  g_free(exception->message);
  *exception = (MsimException){ 0 };
}

bool
msim_throw(MsimCall *call, const char *exception, const char *code, const char *format, ...) {
  if (call->thrown.exception != NULL)
    return false;
  va_list arguments;
  va_start(arguments, format);
  call->thrown =
      (MsimException){ g_strdup(exception), g_strdup(code), g_strdup_vprintf(format, arguments) };
  va_end(arguments);
  return false;
}

bool
msim_throw_invalid(MsimCall *call) {
  return msim_throw(call, "invalid_parameter_exception", "invalidparameter",
                    "Invalid parameter value detected");
}

bool
msim_throw_missing(MsimCall *call, const char *table) {
  static const char exception[] = "dml_missing_record_exception";
  if (call->site->recent)
    return msim_throw(call, exception, "invalidrecordunknown",
                      "Can't find data record in database.");
  if (g_str_equal(table, "user"))
    return msim_throw(call, exception, "invaliduser", "Invalid user");
  if (g_str_equal(table, "course_modules"))
    return msim_throw(call, exception, "invalidcoursemodule", "Invalid course module ID");
  return msim_throw(call, exception, "invalidrecord",
                    "Can't find data record in database table %s.", table);
}

bool
msim_throw_response(MsimCall *call) {
  return msim_throw(call, "invalid_response_exception", "invalidresponse",
                    "Invalid response value detected");
}

bool
msim_throw_permission(MsimCall *call, const char *what) {
  return msim_throw(call, "required_capability_exception", "nopermissions",
                    "Sorry, but you do not currently have permissions to do that (%s).", what);
}

bool
msim_throw_code(MsimCall *call, const char *code) {
  static const struct {
    const char *code, *exception, *message;
  } known[] = {
    { "accessexception", "webservice_access_exception", "Access control exception" },
    { "codingerror", "coding_exception",
      "Coding error detected, it must be fixed by a programmer: simulated" },
    { "dmlreadexception", "dml_read_exception", "Error reading from database" },
    { "dmlwriteexception", "dml_write_exception", "Error writing to database" },
    { "invalidparameter", "invalid_parameter_exception", "Invalid parameter value detected" },
    { "invalidrecord", "dml_missing_record_exception",
      "Can't find data record in database table course." },
    { "invalidresponse", "invalid_response_exception", "Invalid response value detected" },
    { "invalidtoken", "moodle_exception", "Invalid token - token not found" },
    { "nopermissions", "required_capability_exception",
      "Sorry, but you do not currently have permissions to do that (simulated)." },
    { "sitemaintenance", "moodle_exception",
      "The site is undergoing maintenance and is currently not available" },
  };
  for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
    if (g_str_equal(known[i].code, code))
      return msim_throw(call, known[i].exception, code, "%s", known[i].message);
  }
  return msim_throw(call, "moodle_exception", code, "error/%s", code);
}

json_t *
msim_warning(MsimCall *call, const char *item, gint64 id) {
  const MsimException *thrown = &call->thrown;
  json_t *warning =
      json_pack("{s:s, s:I, s:s, s:s}", "item", item, "itemid", (json_int_t)id, "warningcode",
                thrown->code != NULL ? thrown->code : "0", "message", thrown->message);
  msim_exception_clear(&call->thrown);
  return warning;
}

bool
msim_throw_error(MsimCall *call, GError *error) {
  bool rule = g_error_matches(error, DB_ERROR, DB_ERROR_CONSTRAINT);
  if (!rule)
    g_message("moodle-sim: %s", error->message);
  g_error_free(error);
  return msim_throw(call, "dml_write_exception", "dmlwriteexception", "Error writing to database");
}

/* ── the database ── */

static sqlite3_stmt *
prepare(MsimCall *call, const char *sql, const char *types, va_list arguments) {
  GError *error = NULL;
  sqlite3_stmt *statement = db_prepare(call->db, sql, &error);
  if (statement == NULL) {
    msim_throw_error(call, error);
    return NULL;
  }
  for (int i = 0; types[i] != '\0'; i++) {
    if (types[i] == 'i')
      sqlite3_bind_int64(statement, i + 1, va_arg(arguments, gint64));
    else
      sqlite3_bind_text(statement, i + 1, va_arg(arguments, const char *), -1, SQLITE_TRANSIENT);
  }
  return statement;
}

static int
step(MsimCall *call, sqlite3_stmt *statement) {
  GError *error = NULL;
  int result = db_step(call->db, statement, &error);
  if (result < 0)
    msim_throw_error(call, error);
  return result;
}

static json_t *
column(sqlite3_stmt *statement, int index) {
  switch (sqlite3_column_type(statement, index)) {
  case SQLITE_NULL:
    return json_null();
  case SQLITE_INTEGER:
    return json_integer(sqlite3_column_int64(statement, index));
  default: {
    json_t *text = json_string((const char *)sqlite3_column_text(statement, index));
    return text != NULL ? text : json_string("");
  }
  }
}

static json_t *
read_row(sqlite3_stmt *statement) {
  json_t *row = json_object();
  for (int i = 0; i < sqlite3_column_count(statement); i++)
    json_object_set_new(row, sqlite3_column_name(statement, i), column(statement, i));
  return row;
}

json_t *
msim_rows(MsimCall *call, const char *sql, const char *types, ...) {
  va_list arguments;
  va_start(arguments, types);
  sqlite3_stmt *statement = prepare(call, sql, types, arguments);
  va_end(arguments);
  if (statement == NULL)
    return NULL;
  json_auto_t *rows = json_array();
  int result;
  while ((result = step(call, statement)) > 0)
    json_array_append_new(rows, read_row(statement));
  return result == 0 ? g_steal_pointer(&rows) : NULL;
}

json_t *
msim_row(MsimCall *call, const char *sql, const char *types, ...) {
  va_list arguments;
  va_start(arguments, types);
  sqlite3_stmt *statement = prepare(call, sql, types, arguments);
  va_end(arguments);
  if (statement == NULL)
    return NULL;
  int result = step(call, statement);
  json_t *row = result > 0 ? read_row(statement) : result == 0 ? json_null() : NULL;
  sqlite3_reset(statement);
  return row;
}

bool
msim_number(MsimCall *call, gint64 *value, const char *sql, const char *types, ...) {
  va_list arguments;
  va_start(arguments, types);
  sqlite3_stmt *statement = prepare(call, sql, types, arguments);
  va_end(arguments);
  if (statement == NULL)
    return false;
  int result = step(call, statement);
  *value = result > 0 ? sqlite3_column_int64(statement, 0) : 0;
  sqlite3_reset(statement);
  return result >= 0;
}

bool
msim_exec(MsimCall *call, const char *sql, const char *types, ...) {
  va_list arguments;
  va_start(arguments, types);
  sqlite3_stmt *statement = prepare(call, sql, types, arguments);
  va_end(arguments);
  if (statement == NULL)
    return false;
  int result;
  while ((result = step(call, statement)) > 0)
    continue;
  return result == 0;
}

/* ── values ── */

gint64
msim_int(const json_t *object, const char *key, gint64 missing) {
  const json_t *value = json_object_get(object, key);
  if (json_is_boolean(value))
    return json_is_true(value);
  return json_is_integer(value) ? json_integer_value(value) : missing;
}

const char *
msim_text(const json_t *object, const char *key) {
  return json_string_value(json_object_get(object, key));
}

/* Whether an entity begins at `text`, a '&'. */
static bool
is_entity(const char *text) {
  gsize length = 0;
  while (length <= 8 && (g_ascii_isalnum(text[1 + length]) || text[1 + length] == '#'))
    length++;
  return length > 0 && length <= 8 && text[1 + length] == ';';
}

char *
msim_escape(const char *text) {
  GString *escaped = g_string_new(NULL);
  for (; *text != '\0'; text++) {
    if (*text == '&' && !is_entity(text))
      g_string_append(escaped, "&amp;");
    else
      g_string_append_c(escaped, *text);
  }
  return g_string_free(escaped, FALSE);
}

json_t *
msim_string(const MsimCall *call, const char *text) {
  if (text == NULL || call->raw)
    return json_string(text != NULL ? text : "");
  g_autofree char *escaped = msim_escape(text);
  return json_string(escaped);
}

void
msim_set_text(const MsimCall *call, json_t *object, const char *key, const char *format_key,
              const char *text, gint64 format) {
  bool formatted = text != NULL && text[0] != '\0' && !call->raw;
  json_object_set_new(object, key, msim_string(call, text));
  json_object_set_new(object, format_key, json_integer(formatted ? 1 : format));
}
