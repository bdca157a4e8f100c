/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/webservice/ws_user.h"

#include <string.h>

#include "moodle/webservice/ws_ask.h"

bool
ws_user_is_username(const char *text) {
  return *text != '\0' && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-._@") == strlen(text);
}

/* Close to what PHP accepts, on the strict side: a value let through by mistake costs a few more
 * questions, one held back by mistake counts as free and is refused when the account is made. */
bool
ws_user_is_email(const char *text) {
  const char *at = strrchr(text, '@');
  if (at == NULL || at == text || at - text > 64 || strchr(at, '.') == NULL)
    return false;
  if (strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                   "!#$%&'*+-/=?^_`{|}~.") != (gsize)(at - text))
    return false;
  if (*text == '.' || at[-1] == '.' || strstr(text, "..") != NULL)
    return false;
  const char *domain = at + 1;
  gsize length = strlen(domain);
  return length > 3 && g_ascii_isalnum(*domain) && g_ascii_isalnum(domain[length - 1]) &&
         strspn(domain, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") ==
             length;
}

typedef struct {
  Webservice *moodle;
  GatewayUserField field;
  const char *const *values;
  GHashTable *indices; /* value (for addresses: folded) → GArray of guint: who asks for it */
  GPtrArray *asked;    /* const char *: each value to be asked for once */
  GHashTable *hits;    /* GUINT_TO_POINTER(index) → the hit (json_t *, owned), lowest id */
  GArray *parts;       /* Part: the questions */
} Finding;

/* A question: asked[first … first+count−1]. */
typedef struct {
  guint first, count;
  bool refused;
} Part;

static const char *
field_word(GatewayUserField field) {
  static const char *const words[] = { [GATEWAY_USER_ID] = "id",
                                       [GATEWAY_USER_IDNUMBER] = "idnumber",
                                       [GATEWAY_USER_USERNAME] = "username",
                                       [GATEWAY_USER_EMAIL] = "email" };
  return words[field];
}

/* The form under which hits are compared. */
static char *
fold(GatewayUserField field, const char *value) {
  return field == GATEWAY_USER_EMAIL ? g_utf8_strdown(value, -1) : g_strdup(value);
}

static bool
can_be(GatewayUserField field, const char *value) {
  switch (field) {
  case GATEWAY_USER_ID:
    return ws_ask_id(value) != 0;
  case GATEWAY_USER_USERNAME:
    return ws_user_is_username(value);
  case GATEWAY_USER_EMAIL:
    return ws_user_is_email(value);
  case GATEWAY_USER_IDNUMBER:
    return *value != '\0';
  }
  return false;
}

static json_t *
ask_part(guint index, const char **function, gpointer data) {
  const Finding *finding = data;
  const Part *part = &g_array_index(finding->parts, Part, index);
  json_t *values = json_array();
  for (guint i = part->first; i < part->first + part->count; i++)
    json_array_append_new(values, json_string(g_ptr_array_index(finding->asked, i)));
  *function =
      finding->moodle->users ? "local_lehrgaenge_get_users" : "core_user_get_users_by_field";
  return json_pack("{s:s, s:o}", "field", field_word(finding->field), "values", values);
}

/* An account that was deleted keeps its id; its address becomes a hash, and its user name ends with
 * the time. */
static bool
is_deleted(const json_t *user) {
  const char *email = ws_ask_text(user, "email");
  if (*email != '\0')
    return strchr(email, '@') == NULL;
  const char *dot = strrchr(ws_ask_text(user, "username"), '.');
  return dot != NULL && strlen(dot + 1) >= 10 && strspn(dot + 1, "0123456789") == strlen(dot + 1) &&
         *ws_ask_text(user, "idnumber") == '\0';
}

static void
note_hit(Finding *finding, json_t *user) {
  g_autofree char *number =
      finding->field == GATEWAY_USER_ID
          ? g_strdup_printf("%" G_GINT64_FORMAT, ws_ask_number(user, "id"))
          : fold(finding->field, ws_ask_text(user, field_word(finding->field)));
  const GArray *who = g_hash_table_lookup(finding->indices, number);
  if (who == NULL || is_deleted(user))
    return;
  for (guint i = 0; i < who->len; i++) {
    gpointer index = GUINT_TO_POINTER(g_array_index(who, guint, i));
    const json_t *known = g_hash_table_lookup(finding->hits, index);
    if (known == NULL || ws_ask_number(known, "id") > ws_ask_number(user, "id"))
      g_hash_table_insert(finding->hits, index, json_incref(user));
  }
}

static bool
take_part(guint index, const json_t *result, gpointer data) {
  (void)index;
  if (!json_is_array(result))
    return false;
  for (size_t i = 0; i < json_array_size(result); i++)
    note_hit(data, json_array_get(result, i));
  return true;
}

/* One of the values is not to Moodle's liking. */
static bool
refused_part(guint index, const WsFailure *failure, gpointer data) {
  Finding *finding = data;
  g_array_index(finding->parts, Part, index).refused = true;
  return strcmp(failure->errorcode, "invalidparameter") == 0;
}

/* The questions that were refused, each as two halves; a single value that is refused is nobody's.
 */
static void
halve(Finding *finding) {
  g_autoptr(GArray) old = finding->parts;
  finding->parts = g_array_new(FALSE, FALSE, sizeof(Part));
  for (guint i = 0; i < old->len; i++) {
    const Part *part = &g_array_index(old, Part, i);
    if (!part->refused || part->count == 1)
      continue;
    Part left = { part->first, part->count / 2, false };
    Part right = { part->first + left.count, part->count - left.count, false };
    g_array_append_val(finding->parts, left);
    g_array_append_val(finding->parts, right);
  }
}

static void
gather(Finding *finding, guint count) {
  for (guint i = 0; i < count; i++) {
    if (!can_be(finding->field, finding->values[i]))
      continue;
    g_autofree char *folded = fold(finding->field, finding->values[i]);
    GArray *who = g_hash_table_lookup(finding->indices, folded);
    if (who == NULL) {
      who = g_array_new(FALSE, FALSE, sizeof(guint));
      g_ptr_array_add(finding->asked, (gpointer)finding->values[i]);
      g_hash_table_insert(finding->indices, g_steal_pointer(&folded), who);
    }
    g_array_append_val(who, i);
  }
  for (guint at = 0; at < finding->asked->len; at += WS_USER_VALUES) {
    Part part = { at, MIN(WS_USER_VALUES, finding->asked->len - at), false };
    g_array_append_val(finding->parts, part);
  }
}

/* Where the database tells upper from lower case in addresses, those in small letters are asked for
 * too; one in yet another spelling is found when the account is refused. */
static void
gather_lower(Finding *finding, GPtrArray *owned) {
  guint first = finding->asked->len;
  for (guint i = 0; i < first; i++) {
    const char *value = g_ptr_array_index(finding->asked, i);
    char *lower = g_utf8_strdown(value, -1);
    g_ptr_array_add(owned, lower);
    if (strcmp(lower, value) != 0)
      g_ptr_array_add(finding->asked, lower);
  }
  for (guint at = first; at < finding->asked->len; at += WS_USER_VALUES) {
    Part part = { at, MIN(WS_USER_VALUES, finding->asked->len - at), false };
    g_array_append_val(finding->parts, part);
  }
}

static bool
check_shown(const Finding *finding, const json_t *user, GError **error) {
  if (*ws_ask_text(user, "username") != '\0')
    return true;
  g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_REFUSED,
              "%s does not show user names to this service. Give its role the right "
              "moodle/user:viewalldetails at system level.",
              finding->moodle->description);
  return false;
}

static bool
hand_out(const Finding *finding, guint count, WsUserFunc each, gpointer user_data, GError **error) {
  for (guint i = 0; i < count; i++) {
    const json_t *is = g_hash_table_lookup(finding->hits, GUINT_TO_POINTER(i));
    if (is == NULL)
      continue;
    if (!check_shown(finding, is, error))
      return false;
    each(i, is, user_data);
  }
  return true;
}

static void
free_json(gpointer data) {
  json_decref(data);
}

static void
free_array(gpointer data) {
  g_array_unref(data);
}

bool
ws_user_look(Webservice *moodle, GatewayUserField field, const char *const *values, guint count,
             WsUserFunc each, gpointer user_data, GError **error) {
  g_autoptr(GPtrArray) asked = g_ptr_array_new(), owned = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(GHashTable) indices =
      g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_array);
  g_autoptr(GHashTable) hits =
      g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, free_json);
  Finding finding = { .moodle = moodle,
                      .field = field,
                      .values = values,
                      .indices = indices,
                      .asked = asked,
                      .hits = hits,
                      .parts = g_array_new(FALSE, FALSE, sizeof(Part)) };
  gather(&finding, count);
  if (field == GATEWAY_USER_EMAIL && !moodle->users)
    gather_lower(&finding, owned);
  bool ok = true;
  while (ok && finding.parts->len > 0) {
    WsQuestions questions = { .count = finding.parts->len,
                              .heavy = true,
                              .arguments = ask_part,
                              .result = take_part,
                              .refusal = refused_part };
    ok = ws_ask(finding.moodle, &questions, &finding, error);
    halve(&finding);
  }
  g_array_unref(finding.parts);
  return ok && hand_out(&finding, count, each, user_data, error);
}

typedef struct {
  GatewayUserFunc each;
  gpointer user_data;
} Handing;

static void
hand_user(guint index, const json_t *is, gpointer data) {
  const Handing *handing = data;
  GatewayUser user = { .id = ws_ask_number(is, "id"),
                       .username = ws_ask_text(is, "username"),
                       .idnumber = ws_ask_text(is, "idnumber"),
                       .email = ws_ask_text(is, "email") };
  handing->each(index, &user, handing->user_data);
}

bool
ws_user_find(Gateway *gateway, GatewayUserField field, const char *const *values, guint count,
             GatewayUserFunc each, gpointer user_data, GError **error) {
  Handing handing = { each, user_data };
  return ws_user_look((Webservice *)gateway, field, values, count, hand_user, &handing, error);
}

static void
on_existing(guint index, const json_t *user, gpointer data) {
  (void)index;
  (void)user;
  *(bool *)data = true;
}

bool
ws_user_exists(Webservice *moodle, gint64 userid, bool *exists, GError **error) {
  g_autofree char *id = g_strdup_printf("%" G_GINT64_FORMAT, userid);
  const char *value = id;
  *exists = false;
  return ws_user_look(moodle, GATEWAY_USER_ID, &value, 1, on_existing, exists, error);
}
