/* core_user_create_users: all of them or none.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "msim_function.h"
#include "msim_password.h"

/* Moodle's word in the password column for accounts whose password is elsewhere. */
#define NOT_CACHED "not cached"

static const MsimParam pair[] = { { "type", MSIM_RAW }, { "value", MSIM_RAW }, MSIM_END };
static const MsimParam custom[] = { { "type", MSIM_ALPHANUMEXT }, { "value", MSIM_RAW }, MSIM_END };
static const MsimParam user_fields[] = {
  { "createpassword", MSIM_BOOL, MSIM_OPTIONAL },
  { "username", MSIM_USERNAME },
  { "auth", MSIM_AUTH, MSIM_DEFAULT, "manual" },
  { "password", MSIM_RAW, MSIM_OPTIONAL },
  { "firstname", MSIM_NOTAGS },
  { "lastname", MSIM_NOTAGS },
  { "email", MSIM_RAW_TRIMMED },
  { "maildisplay", MSIM_INT, MSIM_OPTIONAL },
  { "city", MSIM_TEXT, MSIM_OPTIONAL },
  { "country", MSIM_ALPHA, MSIM_OPTIONAL },
  { "timezone", MSIM_RAW, MSIM_OPTIONAL },
  { "description", MSIM_RAW, MSIM_OPTIONAL },
  { "firstnamephonetic", MSIM_NOTAGS, MSIM_OPTIONAL },
  { "lastnamephonetic", MSIM_NOTAGS, MSIM_OPTIONAL },
  { "middlename", MSIM_NOTAGS, MSIM_OPTIONAL },
  { "alternatename", MSIM_NOTAGS, MSIM_OPTIONAL },
  { "interests", MSIM_TEXT, MSIM_OPTIONAL },
  { "idnumber", MSIM_RAW, MSIM_DEFAULT, "" },
  { "institution", MSIM_TEXT, MSIM_OPTIONAL },
  { "department", MSIM_TEXT, MSIM_OPTIONAL },
  { "phone1", MSIM_NOTAGS, MSIM_OPTIONAL },
  { "phone2", MSIM_NOTAGS, MSIM_OPTIONAL },
  { "address", MSIM_TEXT, MSIM_OPTIONAL },
  { "lang", MSIM_LANG, MSIM_DEFAULT, "en" },
  { "calendartype", MSIM_PLUGIN, MSIM_DEFAULT, "gregorian" },
  { "theme", MSIM_PLUGIN, MSIM_OPTIONAL },
  { "mailformat", MSIM_INT, MSIM_OPTIONAL },
  { "customfields", MSIM_LIST, MSIM_OPTIONAL, .inner = custom },
  { "preferences", MSIM_LIST, MSIM_OPTIONAL, .inner = pair },
  MSIM_END,
};
static const MsimParam params[] = { { "users", MSIM_LIST, .inner = user_fields }, MSIM_END };

/* ── checks, in Moodle's order; all fail alike ── */

static bool
is_blank(const char *text) {
  return text == NULL || text[strspn(text, " \t\n\r\v")] == '\0';
}

bool
msim_user_valid_email(const char *email) {
  const char *at = strrchr(email, '@');
  if (at == NULL || at == email || at - email > 64 || strlen(email) > 254)
    return false;
  g_autofree char *local = g_strndup(email, (gsize)(at - email));
  return g_regex_match_simple("^[-!#$%&'*+/0-9=?^_`{|}~a-z]+(\\.[-!#$%&'*+/0-9=?^_`{|}~a-z]+)*$",
                              local, G_REGEX_CASELESS, 0) &&
         g_regex_match_simple("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+"
                              "[a-z]([a-z0-9-]{0,61}[a-z0-9])?$",
                              at + 1, G_REGEX_CASELESS, 0);
}

bool
msim_user_email_taken(MsimCall *call, const char *email, gint64 userid, bool *taken) {
  gint64 found = 0;
  if (!msim_number(call, &found,
                   "SELECT 1 FROM mdl_user WHERE email = ?1 COLLATE NOCASE AND deleted = 0"
                   " AND id <> ?2 AND NOT EXISTS (SELECT 1 FROM mdl_config"
                   "  WHERE name = 'allowaccountssameemail' AND value = '1')",
                   "si", email, userid))
    return false;
  *taken = found != 0;
  return true;
}

static bool
check_plain(MsimCall *call, const json_t *user) {
  const char *auth = msim_text(user, "auth"), *lang = msim_text(user, "lang");
  const char *password = msim_text(user, "password");
  bool no_password = password == NULL || password[0] == '\0' || g_str_equal(password, "0");
  if (is_blank(msim_text(user, "username")) || is_blank(msim_text(user, "firstname")) ||
      is_blank(msim_text(user, "lastname")) || is_blank(auth) || is_blank(lang) ||
      g_str_equal(auth, "mnet") || g_str_equal(auth, "webservice"))
    return msim_throw_invalid(call);
  if (msim_password_internal(auth) && no_password && msim_int(user, "createpassword", 0) == 0)
    return msim_throw_invalid(call);
  const char *email = msim_text(user, "email");
  return (email != NULL && msim_user_valid_email(email)) || msim_throw_invalid(call);
}

static bool
check_unique(MsimCall *call, const json_t *user) {
  gint64 username = 0;
  bool email = false;
  if (!msim_number(call, &username, "SELECT 1 FROM mdl_user WHERE username = ? AND mnethostid = 1",
                   "s", msim_text(user, "username")) ||
      !msim_user_email_taken(call, msim_text(user, "email"), 0, &email))
    return false;
  return (username == 0 && !email) || msim_throw_invalid(call);
}

/* ── making one ── */

/* A country that is none is cleaned away without a word. */
static const char *
clean_country(const char *country) {
  bool code = country != NULL && strlen(country) == 2 && g_ascii_isupper(country[0]) &&
              g_ascii_isupper(country[1]);
  return code ? country : "";
}

/* What goes into the password column. NULL: thrown. */
static char *
password_column(MsimCall *call, const json_t *user) {
  if (!msim_password_internal(msim_text(user, "auth")))
    return g_strdup(NOT_CACHED);
  if (msim_int(user, "createpassword", 0) != 0)
    return msim_password_made_up(call);
  const char *password = msim_text(user, "password");
  if (!msim_password_check(call, password))
    return NULL;
  if (g_str_equal(msim_text(user, "auth"), "nologin")) /* its plugin takes no password */
    return g_strdup("");
  return msim_password_hash(call, password);
}

static bool
insert(MsimCall *call, const json_t *user, const char *password, gint64 *id) {
  const char *city = msim_text(user, "city"), *zone = msim_text(user, "timezone");
  if (!msim_exec(call,
                 "INSERT INTO mdl_user (auth, confirmed, mnethostid, username, password, idnumber,"
                 " firstname, lastname, email, city, country, lang, timezone, timecreated,"
                 " timemodified)"
                 " VALUES (?1, 1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12)",
                 "sssssssssssi", msim_text(user, "auth"), msim_text(user, "username"), password,
                 msim_text(user, "idnumber"), msim_text(user, "firstname"),
                 msim_text(user, "lastname"), msim_text(user, "email"), city != NULL ? city : "",
                 clean_country(msim_text(user, "country")), msim_text(user, "lang"),
                 zone != NULL ? zone : "99", call->now))
    return false;
  *id = db_last_id(call->db);
  return true;
}

bool
msim_user_set_preference(MsimCall *call, gint64 userid, const char *name, const char *text) {
  return msim_exec(call,
                   "INSERT INTO mdl_user_preferences (userid, name, value) VALUES (?, ?, ?)"
                   " ON CONFLICT (userid, name) DO UPDATE SET value = excluded.value",
                   "iss", userid, name, text);
}

bool
msim_user_set_preferences(MsimCall *call, gint64 userid, const json_t *preferences) {
  gsize index;
  const json_t *one;
  json_array_foreach(preferences, index, one) {
    if (!msim_user_set_preference(call, userid, msim_text(one, "type"), msim_text(one, "value")))
      return false;
  }
  return true;
}

static bool
create(MsimCall *call, const json_t *user, json_t *created) {
  gint64 id = 0;
  if (!check_plain(call, user) || !check_unique(call, user))
    return false;
  g_autofree char *password = password_column(call, user);
  if (password == NULL || !insert(call, user, password, &id))
    return false;
  if (msim_int(user, "createpassword", 0) != 0 &&
      !msim_user_set_preference(call, id, "auth_forcepasswordchange", "1"))
    return false;
  json_array_append_new(created, json_pack("{s:I, s:s}", "id", (json_int_t)id, "username",
                                           msim_text(user, "username")));
  return msim_user_set_preferences(call, id, json_object_get(user, "preferences"));
}

static json_t *
run(MsimCall *call, const json_t *given) {
  json_auto_t *created = json_array();
  gsize index;
  const json_t *user;
  json_array_foreach(json_object_get(given, "users"), index, user) {
    if (!create(call, user, created))
      return NULL;
  }
  return g_steal_pointer(&created);
}

const MsimFunction msim_user_create = {
  .name = "core_user_create_users",
  .params = params,
  .effect = MSIM_ALL,
  .capability = "Create users",
  .run = run,
};
