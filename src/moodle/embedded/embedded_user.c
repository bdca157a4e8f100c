/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/embedded/embedded_private.h"

#include <crypt.h>
#include <openssl/rand.h>

/* Moodle's own way since 4.3: SHA-512 crypt with 10,000 rounds. */
#define HASH_PREFIX "$6$rounds=10000$"
#define HASH_SALT_BYTES 16

/* Moodle's words in the password column for accounts that have none. */
#define PASSWORD_NONE "not cached"
#define PASSWORD_TO_COME "to be generated"

/* ── finding ── */

#define USER_COLUMNS "SELECT id, username, idnumber, email FROM mdl_user WHERE "
#define USER_LOWEST " AND deleted = 0 ORDER BY id LIMIT 1"

static sqlite3_stmt *
prepare_find(Embedded *moodle, GatewayUserField field, GError **error) {
  switch (field) {
  case GATEWAY_USER_ID:
    return db_prepare(moodle->db, USER_COLUMNS "id = ?" USER_LOWEST, error);
  case GATEWAY_USER_IDNUMBER:
    return db_prepare(moodle->db, USER_COLUMNS "idnumber = ?" USER_LOWEST, error);
  case GATEWAY_USER_USERNAME:
    return db_prepare(
        moodle->db, USER_COLUMNS "mnethostid = " EMBEDDED_SQL_HOST " AND username = ?" USER_LOWEST,
        error);
  case GATEWAY_USER_EMAIL:
    return db_prepare(moodle->db, USER_COLUMNS "email = ? COLLATE NOCASE" USER_LOWEST, error);
  }
  g_return_val_if_reached(NULL);
}

static bool
find_one(Embedded *moodle, GatewayUserField field, const char *value, guint index,
         GatewayUserFunc each, gpointer user_data, GError **error) {
  if (value[0] == '\0') /* an empty idnumber is no idnumber, and most users have it */
    return true;
  sqlite3_stmt *find = prepare_find(moodle, field, error);
  if (find == NULL)
    return false;
  if (field == GATEWAY_USER_ID)
    db_bind(find, "i", embedded_id(value));
  else
    db_bind(find, "s", value);
  int step = db_step(moodle->db, find, error);
  if (step > 0) {
    GatewayUser user = {
      .id = sqlite3_column_int64(find, 0),
      .username = embedded_text(find, 1),
      .idnumber = embedded_text(find, 2),
      .email = embedded_text(find, 3),
    };
    each(index, &user, user_data);
  }
  sqlite3_reset(find);
  return step >= 0;
}

bool
embedded_user_find(Gateway *gateway, GatewayUserField field, const char *const *values, guint count,
                   GatewayUserFunc each, gpointer user_data, GError **error) {
  Embedded *moodle = (Embedded *)gateway;
  if (count == 0)
    return true;
  if (!embedded_read_begin(moodle, error))
    return false;
  bool ok = true;
  for (guint i = 0; ok && i < count; i++)
    ok = find_one(moodle, field, values[i], i, each, user_data, error);
  return embedded_read_end(moodle, ok, error);
}

bool
embedded_user_exists(Embedded *moodle, gint64 userid, bool *exists, GError **error) {
  gint64 there = 0;
  if (!db_get_int(moodle->db, &there, 0, error,
                  "SELECT 1 FROM mdl_user WHERE id = ? AND deleted = 0", "i", userid))
    return false;
  *exists = there != 0;
  return true;
}

/* ── creating ── */

static const EmbeddedRule user_rules[] = {
  { "mdl_user.username", GATEWAY_TAKEN_USERNAME, "another user has this username" },
  { "email_taken", GATEWAY_TAKEN_EMAIL, "another user has this e-mail address" },
  { "user_username", GATEWAY_INVALID,
    "its username is empty, longer than 100 characters or holds others than a-z 0-9 - . _ @" },
  { "user_email", GATEWAY_INVALID, "its e-mail address is not valid" },
  { "user_firstname", GATEWAY_INVALID, "its first name is empty or longer than 100 characters" },
  { "user_lastname", GATEWAY_INVALID, "its last name is empty or longer than 100 characters" },
  { "user_idnumber", GATEWAY_INVALID, "its idnumber is longer than 255 characters" },
  { "user_city", GATEWAY_INVALID, "its city is longer than 120 characters" },
  { "user_country", GATEWAY_INVALID, "its country is not a code of two capital letters" },
  { "user_auth", GATEWAY_INVALID, "its authentication method is not the name of one" },
  { NULL },
};

/* crypt_data is 32 KiB, too much for the stack of a thread. */
char *
embedded_user_hash_password(const char *password, GError **error) {
  static const char alphabet[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  guint8 random[HASH_SALT_BYTES];
  if (RAND_bytes(random, sizeof random) != 1) {
    g_set_error_literal(error, GATEWAY_ERROR, GATEWAY_ERROR_FAILED,
                        "this system gives no random numbers to hash a password with");
    return NULL;
  }
  char setting[sizeof HASH_PREFIX + HASH_SALT_BYTES] = HASH_PREFIX;
  for (gsize i = 0; i < HASH_SALT_BYTES; i++)
    setting[sizeof HASH_PREFIX - 1 + i] = alphabet[random[i] % 64];
  g_autofree struct crypt_data *data = g_new0(struct crypt_data, 1);
  const char *hash = crypt_r(password, setting, data);
  if (hash != NULL && g_str_has_prefix(hash, HASH_PREFIX))
    return g_strdup(hash);
  g_set_error_literal(error, GATEWAY_ERROR, GATEWAY_ERROR_FAILED,
                      "this system's crypt() cannot hash passwords with SHA-512");
  return NULL;
}

/* What goes into the password column; it never holds the password itself. */
static char *
password_column(const char *password, GError **error) {
  if (password == NULL)
    return g_strdup(PASSWORD_NONE);
  if (password[0] == '\0')
    return g_strdup(PASSWORD_TO_COME);
  return embedded_user_hash_password(password, error);
}

/* Moodle's cron sees these, makes a password up and mails it; the first sign-in changes it. */
static bool
ask_for_password(Embedded *moodle, gint64 userid, GError **error) {
  return db_run(moodle->db, error,
                "INSERT INTO mdl_user_preferences (userid, name, value)"
                " VALUES (?1, 'create_password', '1'), (?1, 'auth_forcepasswordchange', '1')",
                "i", userid);
}

static const char *
or_empty(const char *text) {
  return text != NULL ? text : "";
}

static bool
create_one(Embedded *moodle, const GatewayNewUser *user, GatewayOutcome *outcome, GError **error) {
  g_autofree char *password = password_column(user->password, error);
  if (password == NULL)
    return false;
  sqlite3_stmt *insert = db_prepare(
      moodle->db,
      "INSERT INTO mdl_user (auth, confirmed, mnethostid, username, password, idnumber, firstname,"
      " lastname, email, city, country, timecreated, timemodified)"
      " VALUES (?1, 1, " EMBEDDED_SQL_HOST ", ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10)",
      error);
  if (insert == NULL)
    return false;
  db_bind(insert, "sssssssssi", or_empty(user->auth), or_empty(user->username), password,
          or_empty(user->idnumber), or_empty(user->firstname), or_empty(user->lastname),
          or_empty(user->email), or_empty(user->city), or_empty(user->country),
          clock_now(moodle->clock));
  bool refused = false;
  if (!embedded_write(moodle, insert, user_rules, outcome, &refused, error))
    return false;
  if (refused)
    return true;
  gint64 id = db_last_id(moodle->db);
  embedded_settle(outcome, GATEWAY_DONE, id);
  bool mailed = user->password != NULL && user->password[0] == '\0';
  return !mailed || ask_for_password(moodle, id, error);
}

bool
embedded_user_create(Gateway *gateway, const GatewayNewUser *users, guint count,
                     GatewayOutcome *outcomes, GError **error) {
  Embedded *moodle = (Embedded *)gateway;
  if (count == 0)
    return true;
  if (!embedded_begin(moodle, error))
    return false;
  bool ok = true;
  for (guint i = 0; ok && i < count; i++)
    ok = create_one(moodle, &users[i], &outcomes[i], error);
  return embedded_end(moodle, ok, outcomes, count, error);
}

/* ── changing ── */

/* Writes only what differs, so that a row nobody changes keeps its timemodified. */
static bool
update_one(Embedded *moodle, const GatewayUserUpdate *update, GatewayOutcome *outcome,
           GError **error) {
  bool exists = false;
  if (!embedded_user_exists(moodle, update->userid, &exists, error))
    return false;
  if (!exists) {
    embedded_refuse(outcome, GATEWAY_MISSING, "Moodle has no user %" G_GINT64_FORMAT,
                    update->userid);
    return true;
  }
  sqlite3_stmt *change = db_prepare(
      moodle->db,
      "UPDATE mdl_user SET username = coalesce(?2, username), idnumber = coalesce(?3, idnumber),"
      " auth = coalesce(?4, auth), timemodified = ?5"
      " WHERE id = ?1"
      " AND (username <> coalesce(?2, username) OR idnumber <> coalesce(?3, idnumber)"
      "  OR auth <> coalesce(?4, auth))",
      error);
  if (change == NULL)
    return false;
  db_bind(change, "isssi", update->userid, update->username, update->idnumber, update->auth,
          clock_now(moodle->clock));
  bool refused = false;
  if (!embedded_write(moodle, change, user_rules, outcome, &refused, error))
    return false;
  if (!refused)
    embedded_settle(outcome, db_changes(moodle->db) > 0 ? GATEWAY_DONE : GATEWAY_ALREADY,
                    update->userid);
  return true;
}

bool
embedded_user_update(Gateway *gateway, const GatewayUserUpdate *updates, guint count,
                     GatewayOutcome *outcomes, GError **error) {
  Embedded *moodle = (Embedded *)gateway;
  if (count == 0)
    return true;
  if (!embedded_begin(moodle, error))
    return false;
  bool ok = true;
  for (guint i = 0; ok && i < count; i++)
    ok = update_one(moodle, &updates[i], &outcomes[i], error);
  return embedded_end(moodle, ok, outcomes, count, error);
}
