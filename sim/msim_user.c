/* Reading users.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "msim_function.h"

/* ── what is shown of a user ── */

static json_t *
list_preferences(MsimCall *call, gint64 userid) {
  return msim_rows(call,
                   "SELECT name, value FROM mdl_user_preferences WHERE userid = ? ORDER BY id", "i",
                   userid);
}

static void
set_pictures(const MsimCall *call, json_t *user) {
  g_autofree char *small = g_strconcat(call->site->url, "/theme/image.php/boost/core/1/u/f2", NULL);
  g_autofree char *big = g_strconcat(call->site->url, "/theme/image.php/boost/core/1/u/f1", NULL);
  json_object_set_new(user, "profileimageurlsmall", json_string(small));
  json_object_set_new(user, "profileimageurl", json_string(big));
}

/* Some fields are left out when they hold nothing. */
static void
set_unless_empty(json_t *user, const char *key, const json_t *row) {
  const char *text = msim_text(row, key);
  if (text != NULL && text[0] != '\0')
    json_object_set_new(user, key, json_string(text));
}

static void
set_names(json_t *user, const json_t *row) {
  g_autofree char *full =
      g_strdup_printf("%s %s", msim_text(row, "firstname"), msim_text(row, "lastname"));
  json_object_set(user, "id", json_object_get(row, "id"));
  json_object_set(user, "username", json_object_get(row, "username"));
  json_object_set(user, "firstname", json_object_get(row, "firstname"));
  json_object_set(user, "lastname", json_object_get(row, "lastname"));
  json_object_set_new(user, "fullname", json_string(full));
}

bool
msim_user_check_names(MsimCall *call, const json_t *row) {
  return (msim_param_is_clean(MSIM_NOTAGS, msim_text(row, "firstname")) &&
          msim_param_is_clean(MSIM_NOTAGS, msim_text(row, "lastname"))) ||
         msim_throw_response(call);
}

bool
msim_user_shows_email(const MsimCall *call, gint64 userid) {
  return !call->site->hide_email || userid == call->site->service_user;
}

json_t *
msim_user_describe(MsimCall *call, const json_t *row) {
  gint64 id = msim_int(row, "id", 0);
  if (!msim_user_check_names(call, row))
    return NULL;
  json_auto_t *user = json_object();
  set_names(user, row);
  if (msim_user_shows_email(call, id))
    json_object_set(user, "email", json_object_get(row, "email"));
  json_object_set_new(user, "department", json_string(""));
  set_unless_empty(user, "idnumber", row);
  json_object_set_new(user, "firstaccess", json_integer(0));
  json_object_set_new(user, "lastaccess", json_integer(0));
  json_object_set(user, "auth", json_object_get(row, "auth"));
  json_object_set_new(user, "suspended", json_boolean(msim_int(row, "suspended", 0)));
  json_object_set_new(user, "confirmed", json_boolean(msim_int(row, "confirmed", 0)));
  json_object_set(user, "lang", json_object_get(row, "lang"));
  json_object_set_new(user, "theme", json_string(""));
  json_object_set(user, "timezone", json_object_get(row, "timezone"));
  json_object_set_new(user, "mailformat", json_integer(1));
  set_unless_empty(user, "city", row);
  set_unless_empty(user, "country", row);
  set_pictures(call, user);
  if (id == call->site->service_user &&
      json_object_set_new(user, "preferences", list_preferences(call, id)) != 0)
    return NULL;
  return g_steal_pointer(&user);
}

/* As Moodle leaves a deleted user: only the id still finds it. The embedded Moodle only marks it.
 */
static void
mangle_deleted(json_t *row) {
  if (msim_int(row, "deleted", 0) == 0)
    return;
  const char *username = msim_text(row, "username");
  g_autofree char *email = g_compute_checksum_for_string(G_CHECKSUM_MD5, username, -1);
  g_autofree char *name = g_strdup_printf("%s.1700000000", msim_text(row, "email"));
  json_object_set_new(row, "username", json_string(name));
  json_object_set_new(row, "email", json_string(email));
  json_object_set_new(row, "idnumber", json_string(""));
}

/* Appends those of `rows` that show what they were looked for by. */
static bool
append_users(MsimCall *call, json_t *rows, const json_t *shown, json_t *users) {
  gsize index, at;
  json_t *row;
  const json_t *key;
  json_array_foreach(rows, index, row) {
    mangle_deleted(row);
    json_auto_t *user = msim_user_describe(call, row);
    if (user == NULL)
      return false;
    bool visible = true;
    json_array_foreach(shown, at, key) {
      const json_t *value = json_object_get(user, json_string_value(key));
      visible &= value != NULL && json_string_length(value) + (gsize)json_is_integer(value) > 0;
    }
    if (visible)
      json_array_append(users, user);
  }
  return true;
}

/* ── core_user_get_users_by_field ── */

static const MsimParam value[] = { { NULL, MSIM_RAW }, MSIM_END };
static const MsimParam by_field_params[] = {
  { "field", MSIM_ALPHA },
  { "values", MSIM_LIST, .inner = value },
  MSIM_END,
};

/* A statement for each of the ways to look: its text must be a literal. */
static json_t *
find(MsimCall *call, const char *field, const char *text) {
  bool exact = call->site->exact_case;
  if (g_str_equal(field, "id"))
    return msim_rows(call, "SELECT " MSIM_USER_COLUMNS " FROM mdl_user u WHERE u.id = ?", "i",
                     msim_param_to_int(text));
  if (g_str_equal(field, "username"))
    return msim_rows(call,
                     "SELECT " MSIM_USER_COLUMNS
                     " FROM mdl_user u WHERE u.mnethostid = 1 AND u.username = ? AND u.deleted = 0",
                     "s", text);
  if (g_str_equal(field, "idnumber"))
    return exact ? msim_rows(call,
                             "SELECT " MSIM_USER_COLUMNS
                             " FROM mdl_user u WHERE u.idnumber = ? AND u.deleted = 0",
                             "s", text)
                 : msim_rows(call,
                             "SELECT " MSIM_USER_COLUMNS
                             " FROM mdl_user u WHERE u.idnumber = ? COLLATE NOCASE"
                             " AND u.deleted = 0",
                             "s", text);
  return exact ? msim_rows(call,
                           "SELECT " MSIM_USER_COLUMNS
                           " FROM mdl_user u WHERE u.email = ? AND u.deleted = 0",
                           "s", text)
               : msim_rows(call,
                           "SELECT " MSIM_USER_COLUMNS
                           " FROM mdl_user u WHERE u.email = ? COLLATE NOCASE AND u.deleted = 0",
                           "s", text);
}

/* Compared as PHP compares loosely: "007" is 7. */
static bool
is_number(const char *text) {
  return g_regex_match_simple("^\\s*[-+]?[0-9]+\\s*$", text, 0, 0);
}

static bool
check_value(MsimCall *call, const char *field, const char *text) {
  bool clean = true;
  if (g_str_equal(field, "id"))
    clean = is_number(text);
  else if (g_str_equal(field, "username"))
    clean = msim_param_is_clean(MSIM_USERNAME, text);
  else if (g_str_equal(field, "email"))
    clean = msim_param_is_clean(MSIM_RAW_TRIMMED, text);
  return clean || msim_throw_invalid(call);
}

static int
compare_ids(gconstpointer a, gconstpointer b) {
  const json_t *const *left = a, *const *right = b;
  gint64 difference = msim_int(*left, "id", 0) - msim_int(*right, "id", 0);
  return difference < 0 ? -1 : difference > 0;
}

json_t *
msim_user_sort(json_t *rows) {
  g_autoptr(GPtrArray) sorted = g_ptr_array_new();
  gsize index;
  json_t *row;
  json_array_foreach(rows, index, row) g_ptr_array_add(sorted, row);
  if (sorted->len > 1)
    g_ptr_array_sort(sorted, compare_ids);
  json_t *unique = json_array();
  for (guint i = 0; i < sorted->len; i++) {
    gpointer one = g_ptr_array_index(sorted, i);
    if (i == 0 || msim_int(one, "id", 0) != msim_int(g_ptr_array_index(sorted, i - 1), "id", 0))
      json_array_append(unique, one);
  }
  return unique;
}

static bool
is_searchable(const char *field) {
  static const char *const fields[] = { "id", "idnumber", "username", "email" };
  for (gsize i = 0; field != NULL && i < G_N_ELEMENTS(fields); i++) {
    if (g_str_equal(field, fields[i]))
      return true;
  }
  return false;
}

static json_t *
find_all(MsimCall *call, const char *field, const json_t *values) {
  json_auto_t *rows = json_array();
  gsize index;
  const json_t *one;
  json_array_foreach(values, index, one) {
    const char *text = json_is_string(one) ? json_string_value(one) : "";
    if (!check_value(call, field, text))
      return NULL;
    json_auto_t *found = find(call, field, text);
    if (found == NULL)
      return NULL;
    json_array_extend(rows, found);
  }
  return msim_user_sort(rows);
}

static json_t *
run_by_field(MsimCall *call, const json_t *given) {
  const char *field = msim_text(given, "field");
  if (!is_searchable(field)) {
    msim_throw(call, "coding_exception", "codingerror",
               "Coding error detected, it must be fixed by a programmer: invalid field parameter");
    return NULL;
  }
  json_auto_t *rows = find_all(call, field, json_object_get(given, "values"));
  json_auto_t *shown = json_pack("[s]", field);
  json_auto_t *users = json_array();
  if (rows == NULL || !append_users(call, rows, shown, users))
    return NULL;
  return g_steal_pointer(&users);
}

const MsimFunction msim_user_by_field = {
  .name = "core_user_get_users_by_field",
  .params = by_field_params,
  .run = run_by_field,
};

/* ── core_user_get_users ── */

static const MsimParam criterion[] = { { "key", MSIM_ALPHA }, { "value", MSIM_RAW }, MSIM_END };
static const MsimParam search_params[] = {
  { "criteria", MSIM_LIST, .inner = criterion },
  MSIM_END,
};

static const char *const search_keys[] = { "id",    "idnumber",  "username", "auth",
                                           "email", "firstname", "lastname" };
#define SEARCH_KEYS G_N_ELEMENTS(search_keys)

static gsize
search_key(const char *key) {
  gsize i = 0;
  while (i < SEARCH_KEYS && !g_str_equal(search_keys[i], key))
    i++;
  return i;
}

static json_t *
search(MsimCall *call, const char *const *v) {
  return msim_rows(call,
                   "SELECT " MSIM_USER_COLUMNS " FROM mdl_user u WHERE u.deleted = 0"
                   " AND (?1 IS NULL OR u.id = CAST(?1 AS INTEGER))"
                   " AND (?2 IS NULL OR u.idnumber = ?2"
                   "      OR (?8 AND u.idnumber = ?2 COLLATE NOCASE))"
                   " AND (?3 IS NULL OR u.username = lower(trim(?3)))"
                   " AND (?4 IS NULL OR u.auth = ?4)"
                   " AND (?5 IS NULL OR u.email LIKE trim(?5) ESCAPE '\\')"
                   " AND (?6 IS NULL OR u.firstname LIKE ?6 ESCAPE '\\')"
                   " AND (?7 IS NULL OR u.lastname LIKE ?7 ESCAPE '\\') ORDER BY u.id",
                   "sssssssi", v[0], v[1], v[2], v[3], v[4], v[5], v[6],
                   (gint64)!call->site->exact_case);
}

/* False: thrown. `shown` gets the keys that count. */
static bool
read_criteria(MsimCall *call, const json_t *criteria, const char **values, json_t *shown,
              json_t *warnings) {
  g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
  gsize index;
  const json_t *one;
  json_array_foreach(criteria, index, one) {
    const char *key = msim_text(one, "key"), *text = msim_text(one, "value");
    if (!g_hash_table_add(seen, (gpointer)key))
      return msim_throw_code(call, "keyalreadyset");
    gsize at = search_key(key);
    if (at < SEARCH_KEYS) {
      values[at] = text != NULL ? text : "";
      json_array_append_new(shown, json_string(key));
      continue;
    }
    g_autofree char *message = g_strdup_printf(
        "The search key '%s' is not supported, look at the web service documentation", key);
    json_array_append_new(warnings, json_pack("{s:s, s:s, s:s}", "item", key, "warningcode",
                                              "invalidfieldparameter", "message", message));
  }
  return true;
}

static json_t *
run_search(MsimCall *call, const json_t *given) {
  const char *values[SEARCH_KEYS] = { NULL };
  json_auto_t *shown = json_array();
  json_auto_t *warnings = json_array();
  json_auto_t *users = json_array();
  if (!read_criteria(call, json_object_get(given, "criteria"), values, shown, warnings))
    return NULL;
  json_auto_t *rows = search(call, values);
  if (rows == NULL || !append_users(call, rows, shown, users))
    return NULL;
  return json_pack("{s:O, s:O}", "users", users, "warnings", warnings);
}

const MsimFunction msim_user_search = {
  .name = "core_user_get_users",
  .params = search_params,
  .run = run_search,
};
