/* core_user_update_users: user by user, what fails becomes a warning.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "msim_function.h"
#include "msim_password.h"

static const MsimParam pair[] = { { "type", MSIM_RAW }, { "value", MSIM_RAW }, MSIM_END };
static const MsimParam custom[] = { { "type", MSIM_ALPHANUMEXT }, { "value", MSIM_RAW }, MSIM_END };
static const MsimParam user_fields[] = {
  { "id", MSIM_INT },
  { "username", MSIM_USERNAME, MSIM_OPTIONAL },
  { "auth", MSIM_AUTH, MSIM_OPTIONAL },
  { "suspended", MSIM_BOOL, MSIM_OPTIONAL },
  { "password", MSIM_RAW, MSIM_OPTIONAL },
  { "firstname", MSIM_NOTAGS, MSIM_OPTIONAL },
  { "lastname", MSIM_NOTAGS, MSIM_OPTIONAL },
  { "email", MSIM_RAW_TRIMMED, MSIM_OPTIONAL },
  { "maildisplay", MSIM_INT, MSIM_OPTIONAL },
  { "city", MSIM_TEXT, MSIM_OPTIONAL },
  { "country", MSIM_ALPHA, MSIM_OPTIONAL },
  { "timezone", MSIM_RAW, MSIM_OPTIONAL },
  { "description", MSIM_RAW, MSIM_OPTIONAL },
  { "userpicture", MSIM_INT, MSIM_OPTIONAL },
  { "firstnamephonetic", MSIM_NOTAGS, MSIM_OPTIONAL },
  { "lastnamephonetic", MSIM_NOTAGS, MSIM_OPTIONAL },
  { "middlename", MSIM_NOTAGS, MSIM_OPTIONAL },
  { "alternatename", MSIM_NOTAGS, MSIM_OPTIONAL },
  { "interests", MSIM_TEXT, MSIM_OPTIONAL },
  { "idnumber", MSIM_RAW, MSIM_OPTIONAL },
  { "institution", MSIM_TEXT, MSIM_OPTIONAL },
  { "department", MSIM_TEXT, MSIM_OPTIONAL },
  { "phone1", MSIM_NOTAGS, MSIM_OPTIONAL },
  { "phone2", MSIM_NOTAGS, MSIM_OPTIONAL },
  { "address", MSIM_TEXT, MSIM_OPTIONAL },
  { "lang", MSIM_LANG, MSIM_OPTIONAL },
  { "calendartype", MSIM_PLUGIN, MSIM_OPTIONAL },
  { "theme", MSIM_PLUGIN, MSIM_OPTIONAL },
  { "mailformat", MSIM_INT, MSIM_OPTIONAL },
  { "customfields", MSIM_LIST, MSIM_OPTIONAL, .inner = custom },
  { "preferences", MSIM_LIST, MSIM_OPTIONAL, .inner = pair },
  MSIM_END,
};
static const MsimParam params[] = { { "users", MSIM_LIST, .inner = user_fields }, MSIM_END };

/* ── may this one be changed? ── */

static bool
is_listed(const char *ids, gint64 id) {
  g_auto(GStrv) parts = g_strsplit(ids != NULL ? ids : "", ",", -1);
  g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, id);
  return g_strv_contains((const char *const *)parts, text);
}

static bool
check_account(MsimCall *call, const json_t *row) {
  gint64 id = msim_int(row, "id", 0), self = call->site->service_user;
  const char *admins = msim_text(row, "admins");
  if (id != self && is_listed(admins, id) && !is_listed(admins, self))
    return msim_throw(call, "moodle_exception", "usernotupdatedadmin",
                      "Cannot update admin accounts");
  if (msim_int(row, "deleted", 0) != 0)
    return msim_throw_code(call, "usernotupdateddeleted");
  if (is_listed(msim_text(row, "guest"), id))
    return msim_throw_code(call, "usernotupdatedguest");
  return true;
}

static bool
check_email(MsimCall *call, const json_t *user, const json_t *row) {
  const char *email = msim_text(user, "email");
  bool taken = false;
  if (email == NULL || g_strcmp0(email, msim_text(row, "email")) == 0)
    return true;
  if (!msim_user_valid_email(email))
    return msim_throw_code(call, "useremailinvalid");
  if (!msim_user_email_taken(call, email, msim_int(row, "id", 0), &taken))
    return false;
  return !taken || msim_throw(call, "moodle_exception", "useremailduplicate", "Duplicate address");
}

/* ── changing it ── */

static const struct {
  const char *key, *sql;
} texts[] = {
  { "username", "UPDATE mdl_user SET username = ? WHERE id = ?" },
  { "auth", "UPDATE mdl_user SET auth = ? WHERE id = ?" },
  { "firstname", "UPDATE mdl_user SET firstname = ? WHERE id = ?" },
  { "lastname", "UPDATE mdl_user SET lastname = ? WHERE id = ?" },
  { "email", "UPDATE mdl_user SET email = ? WHERE id = ?" },
  { "city", "UPDATE mdl_user SET city = ? WHERE id = ?" },
  { "country", "UPDATE mdl_user SET country = ? WHERE id = ?" },
  { "idnumber", "UPDATE mdl_user SET idnumber = ? WHERE id = ?" },
  { "lang", "UPDATE mdl_user SET lang = ? WHERE id = ?" },
  { "timezone", "UPDATE mdl_user SET timezone = ? WHERE id = ?" },
};

static bool
write_fields(MsimCall *call, const json_t *user, gint64 id) {
  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
    const char *text = msim_text(user, texts[i].key);
    if (text != NULL && !msim_exec(call, texts[i].sql, "si", text, id))
      return false;
  }
  gint64 suspended = msim_int(user, "suspended", -1);
  return (suspended < 0 ||
          msim_exec(call, "UPDATE mdl_user SET suspended = ? WHERE id = ?", "ii", suspended, id)) &&
         msim_exec(call, "UPDATE mdl_user SET timemodified = ? WHERE id = ?", "ii", call->now, id);
}

/* By the plugin the account has now; those that keep passwords elsewhere take none here. */
static bool
write_password(MsimCall *call, const char *password, gint64 id) {
  json_auto_t *row = msim_row(call, "SELECT auth FROM mdl_user WHERE id = ?", "i", id);
  if (row == NULL)
    return false;
  const char *auth = msim_text(row, "auth");
  if (!msim_password_internal(auth) || g_str_equal(auth, "nologin"))
    return true;
  g_autofree char *hash = msim_password_hash(call, password);
  return hash != NULL &&
         msim_exec(call, "UPDATE mdl_user SET password = ? WHERE id = ?", "si", hash, id);
}

static bool
update(MsimCall *call, const json_t *user, gint64 id) {
  json_auto_t *row = msim_row(call,
                              "SELECT id, email, deleted,"
                              " (SELECT value FROM mdl_config WHERE name = 'siteadmins') admins,"
                              " (SELECT value FROM mdl_config WHERE name = 'siteguest') guest"
                              " FROM mdl_user WHERE id = ?",
                              "i", id);
  if (row == NULL)
    return false;
  if (json_is_null(row))
    return msim_throw(call, "moodle_exception", "invaliduserid", "Invalid user ID");
  const char *password = msim_text(user, "password");
  return check_account(call, row) && check_email(call, user, row) &&
         (password == NULL || msim_password_check(call, password)) &&
         write_fields(call, user, id) && (password == NULL || write_password(call, password, id)) &&
         msim_user_set_preferences(call, id, json_object_get(user, "preferences"));
}

static bool
update_whole(MsimCall *call, const json_t *user, gint64 id) {
  GError *error = NULL;
  if (!db_begin(call->db, &error))
    return msim_throw_error(call, error);
  if (!update(call, user, id)) {
    db_rollback(call->db);
    return false;
  }
  return db_commit(call->db, &error) || msim_throw_error(call, error);
}

/* The answer's own check comes when everything is done: an errorcode that is no word, as a password
 * policy's is not, spoils the answer and nothing else. */
static json_t *
check_answer(MsimCall *call, json_t *warnings) {
  gsize index;
  const json_t *warning;
  json_array_foreach(warnings, index, warning) {
    if (!msim_param_is_clean(MSIM_ALPHANUM, msim_text(warning, "warningcode"))) {
      msim_throw_response(call);
      return NULL;
    }
  }
  return json_pack("{s:O}", "warnings", warnings);
}

static json_t *
run(MsimCall *call, const json_t *given) {
  json_auto_t *warnings = json_array();
  gsize index;
  const json_t *user;
  json_array_foreach(json_object_get(given, "users"), index, user) {
    gint64 id = msim_int(user, "id", 0);
    if (!update_whole(call, user, id))
      json_array_append_new(warnings, msim_warning(call, "user", id));
  }
  return check_answer(call, warnings);
}

const MsimFunction msim_user_update = {
  .name = "core_user_update_users",
  .params = params,
  .effect = MSIM_PARTIAL,
  .capability = "Update user profiles",
  .run = run,
};
