/* Order: the map → whom reading the courses has shown → the rest of the map by id → idnumber → user
 * name. At each stage the earliest Teilnehmer of a person decides, and people who are led to one
 * user become one.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/users.h"

#include <string.h>

#include "base/email.h"
#include "base/text.h"
#include "sync/addresses.h"
#include "sync/login.h"

#define TEXT_BLOCK (16 * 1024)

/* A user that Moodle has. */
typedef struct {
  gint64 id; /* first: the table's key points here */
  guint32 node;
  bool exists;
  bool idnumber_empty;
  bool cut_short; /* carries the key by which an account was to be made that is still open */
  const char *username;
} Found;

static Found *
found_of(const Users *users, gint64 userid) {
  return g_hash_table_lookup(users->found, &userid);
}

static Found *
add_found(Users *users, gint64 userid, guint node) {
  Found *found = found_of(users, userid);
  if (found == NULL) {
    found = g_new0(Found, 1);
    found->id = userid;
    found->node = node;
    g_hash_table_insert(users->found, &found->id, found);
  }
  return found;
}

/* A text that lives as long as `users`: that of the input when it is the same, as nearly always. */
static const char *
keep(Users *users, const char *text, const char *input) {
  return strcmp(text, input) == 0 ? input : g_string_chunk_insert(users->texts, text);
}

static void
show(Users *users, Found *found, const char *username, const char *idnumber) {
  found->exists = true;
  found->idnumber_empty = *idnumber == '\0';
  found->cut_short = users->open != NULL && g_hash_table_contains(users->open, idnumber);
  found->username = keep(users, username, people_login(users->people, found->node));
}

static void
on_open_intent(const StoreJournalRow *row, gpointer data) {
  Users *users = data;
  if (people_by_id(users->people, row->entry.person) == PEOPLE_NOBODY)
    return;
  if (users->open == NULL)
    users->open = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_add(users->open, g_strdup(row->entry.person));
}

Users *
users_new(People *people, Store *store, GError **error) {
  g_autoptr(Users) users = g_new0(Users, 1);
  guint count = people_count(people);
  users->people = people;
  users->users = g_new0(User, count + 1);
  users->fresh = g_array_new(FALSE, FALSE, sizeof(FreshUser));
  users->found = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
  users->texts = g_string_chunk_new(TEXT_BLOCK);
  users->warnings = g_ptr_array_new_with_free_func(g_free);

  StoreJournalFilter open = { .kind = "create_user", .state = JOURNAL_INTENT };
  if (!store->class->journal_read(store, &open, on_open_intent, users, error))
    return NULL;

  const char *ids[GATEWAY_SLICE];
  gint64 userids[GATEWAY_SLICE];
  for (guint at = 0; at < count; at += GATEWAY_SLICE) {
    guint slice = MIN(GATEWAY_SLICE, count - at);
    for (guint i = 0; i < slice; i++)
      ids[i] = people_id(people, at + i);
    if (!store->class->usermap_get(store, ids, slice, userids, error))
      return NULL;
    for (guint i = 0; i < slice; i++) {
      users->users[at + i].mapped = userids[i];
      if (userids[i] != 0)
        add_found(users, userids[i], at + i);
    }
  }
  return g_steal_pointer(&users);
}

void
users_free(Users *users) {
  if (users == NULL)
    return;
  g_free(users->users);
  g_array_unref(users->fresh);
  g_hash_table_unref(users->found);
  g_clear_pointer(&users->open, g_hash_table_unref);
  g_string_chunk_free(users->texts);
  g_ptr_array_unref(users->warnings);
  g_free(users);
}

void
users_seen(const GatewayEnrolment *enrolment, gpointer data) {
  Users *users = data;
  Found *found = found_of(users, enrolment->userid);
  if (found != NULL && !found->exists)
    show(users, found, enrolment->username, enrolment->idnumber);
}

/* One bulk question: values with the node each is asked for. */
typedef struct {
  Users *users;
  Gateway *gateway;
  GatewayUserField field;
  guint count;
  const char *values[GATEWAY_SLICE];
  guint32 nodes[GATEWAY_SLICE];
  char *owned[GATEWAY_SLICE]; /* values made for the question */
  gint64 *hits;               /* by node: the user found, 0 none */
} Question;

static void
on_user(guint index, const GatewayUser *user, gpointer data) {
  Question *question = data;
  guint node = question->nodes[index];
  show(question->users, add_found(question->users, user->id, node), user->username, user->idnumber);
  if (question->hits != NULL)
    question->hits[node] = user->id;
}

static bool
ask(Question *question, GError **error) {
  bool ok = question->count == 0 || question->gateway->class->find_users(
                                        question->gateway, question->field, question->values,
                                        question->count, on_user, question, error);
  for (guint i = 0; i < question->count; i++)
    g_clear_pointer(&question->owned[i], g_free);
  question->count = 0;
  return ok;
}

/* Adds a value and asks when the slice is full. `value` is taken over when `own`. */
static bool
ask_for(Question *question, guint node, const char *value, bool own, GError **error) {
  question->values[question->count] = value;
  question->owned[question->count] = own ? (char *)value : NULL;
  question->nodes[question->count++] = node;
  return question->count < GATEWAY_SLICE || ask(question, error);
}

/* Everyone whom the map leads to one existing user is one person, and the earliest's map decides
 * which user that is. */
static bool
apply_map(Users *users, Gateway *gateway, GError **error) {
  guint count = people_count(users->people);
  Question question = { .users = users, .gateway = gateway, .field = GATEWAY_USER_ID };
  for (guint node = 0; node < count; node++) {
    gint64 mapped = users->users[node].mapped;
    const Found *found = mapped != 0 ? found_of(users, mapped) : NULL;
    if (found != NULL && !found->exists && found->node == node &&
        !ask_for(&question, node, g_strdup_printf("%" G_GINT64_FORMAT, mapped), true, error))
      return false;
  }
  if (!ask(&question, error))
    return false;
  for (guint node = 0; node < count; node++) {
    const Found *found =
        users->users[node].mapped != 0 ? found_of(users, users->users[node].mapped) : NULL;
    if (found != NULL && found->exists)
      people_join(users->people, node, found->node);
  }
  for (guint node = 0; node < count; node++) {
    const Found *found =
        users->users[node].mapped != 0 ? found_of(users, users->users[node].mapped) : NULL;
    User *user = users_at(users, people_root(users->people, node));
    if (found != NULL && found->exists && user->id == 0)
      user->id = found->id;
  }
  return true;
}

typedef enum { BY_IDNUMBER, BY_ID_AS_USERNAME, BY_LOGIN } Stage;

/* The value a node is asked for by, or NULL. User names are lower case, so an id can only be one in
 * that form. */
static const char *
stage_value(const Users *users, Stage stage, guint node, const char *login, bool *own) {
  *own = false;
  if (stage == BY_LOGIN)
    return *login != '\0' ? login : NULL;
  const char *id = people_id(users->people, node);
  if (stage == BY_IDNUMBER)
    return id;
  autochar lower = g_utf8_strdown(id, -1);
  if (!login_is_clean(lower))
    return NULL;
  *own = true;
  return g_steal_pointer(&lower);
}

/* What a stage found becomes the persons' user, the earliest node first; persons led to one user
 * become one. */
static void
take_hits(Users *users, const gint64 *hits) {
  guint count = people_count(users->people);
  for (guint node = 0; node < count; node++) {
    if (hits[node] == 0)
      continue;
    User *user = users_at(users, people_root(users->people, node));
    if (user->id == 0)
      user->id = hits[node];
  }
  g_autoptr(GHashTable) owner = g_hash_table_new(g_int64_hash, g_int64_equal);
  for (guint node = 0; node < count; node++) {
    guint root = people_root(users->people, node);
    User *user = users_at(users, root);
    if (root != node || user->id == 0)
      continue;
    gpointer first;
    if (g_hash_table_lookup_extended(owner, &user->id, NULL, &first))
      people_join(users->people, GPOINTER_TO_UINT(first), root);
    else
      g_hash_table_insert(owner, &user->id, GUINT_TO_POINTER(root));
  }
}

static bool
find_by(Users *users, Stage stage, Gateway *gateway, GError **error) {
  guint count = people_count(users->people);
  g_autofree gint64 *hits = g_new0(gint64, count + 1);
  Question question = { .users = users, .gateway = gateway, .hits = hits };
  question.field = stage == BY_IDNUMBER ? GATEWAY_USER_IDNUMBER : GATEWAY_USER_USERNAME;
  for (guint node = 0; node < count; node++) {
    if (users_at(users, people_root(users->people, node))->id != 0)
      continue;
    bool own;
    const char *login = stage == BY_LOGIN ? people_login(users->people, node) : "";
    const char *value = stage_value(users, stage, node, login, &own);
    if (value != NULL && !ask_for(&question, node, value, own, error))
      return false;
  }
  if (!ask(&question, error))
    return false;
  take_hits(users, hits);
  return true;
}

/* Found users that lack the idnumber or have another name than the initialId. A name that another
 * user has stays that user's. */
static bool
find_changes(Users *users, Gateway *gateway, GError **error) {
  guint count = people_count(users->people);
  g_autofree gint64 *hits = g_new0(gint64, count + 1);
  Question question = {
    .users = users, .gateway = gateway, .field = GATEWAY_USER_USERNAME, .hits = hits
  };
  for (guint node = 0; node < count; node++) {
    User *user = users_at(users, node);
    if (people_root(users->people, node) != node || user->id == 0)
      continue;
    const Found *found = found_of(users, user->id);
    const char *login = people_field(users->people, node, INPUT_LOGIN);
    user->state = USER_EXISTING;
    user->set_idnumber = found->idnumber_empty;
    user->set_auth = found->cut_short;
    user->set_username = *login != '\0' && strcmp(login, found->username) != 0;
    if (user->set_username && g_utf8_strlen(login, -1) > LOGIN_MAX_USERNAME)
      user->set_username = false;
    if (user->set_username && !ask_for(&question, node, login, false, error))
      return false;
  }
  if (!ask(&question, error))
    return false;
  for (guint node = 0; node < count; node++) {
    User *user = users_at(users, node);
    if (!user->set_username || hits[node] == 0)
      continue;
    user->set_username = false;
    g_ptr_array_add(
        users->warnings,
        g_strdup_printf(
            "user %" G_GINT64_FORMAT
            " (participant %s) keeps its user name: \"%s\" belongs to user %" G_GINT64_FORMAT
            "; merge the two accounts in Moodle",
            user->id, people_id(users->people, node),
            people_field(users->people, node, INPUT_LOGIN), hits[node]));
  }
  return true;
}

void
users_set_email(Users *users, guint person, const char *email) {
  FreshUser *fresh = &g_array_index(users->fresh, FreshUser, users_at(users, person)->fresh);
  fresh->email = keep(users, email, people_email(users->people, person));
  const char *login = people_field(users->people, person, INPUT_LOGIN);
  if (*login != '\0' || people_bad_login(users->people, person))
    return;
  autochar name = login_clean(fresh->email);
  fresh->username = g_string_chunk_insert(users->texts, name);
}

static void warn(Users *users, guint person, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void
warn(Users *users, guint person, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  autochar what = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  g_ptr_array_add(users->warnings,
                  g_strdup_printf("participant %s %s", people_id(users->people, person), what));
}

/* User names and addresses of everyone who is not in Moodle, in deciding order. */
static bool
find_fresh(Users *users, Gateway *gateway, GError **error) {
  g_autoptr(Addresses) addresses = addresses_new(gateway);
  guint count = people_count(users->people);
  for (guint node = 0; node < count; node++) {
    User *user = users_at(users, node);
    if (people_root(users->people, node) != node || user->id != 0)
      continue;
    user->state = USER_NEW;
    user->fresh = users->fresh->len;
    FreshUser fresh = { .username = people_field(users->people, node, INPUT_LOGIN) };
    g_array_append_val(users->fresh, fresh);
    addresses_want(addresses, people_email(users->people, node), people_id(users->people, node));
  }
  if (!addresses_settle(addresses, error))
    return false;
  for (guint node = 0; node < count; node++) {
    User *user = users_at(users, node);
    if (people_root(users->people, node) != node || user->state != USER_NEW)
      continue;
    const FreshUser *fresh = &g_array_index(users->fresh, FreshUser, user->fresh);
    const char *wanted = people_email(users->people, node);
    users_set_email(users, node, addresses_get(addresses, user->fresh));
    const char *why = users_skip_reason(users, node);
    if (why != NULL) {
      user->state = USER_SKIPPED;
      warn(users, node, "gets no account: %s", why);
    } else if (*wanted != '\0' && !email_is_possible(wanted)) {
      warn(users, node, "gets %s, because \"%s\" is no e-mail address", fresh->email, wanted);
    }
  }
  return true;
}

const char *
users_skip_reason(const Users *users, guint person) {
  const User *user = users_at(users, person);
  if (user->state == USER_EXISTING)
    return NULL;
  const char *username = g_array_index(users->fresh, FreshUser, user->fresh).username;
  return *username == '\0'                                  ? USERS_NO_USERNAME
         : g_utf8_strlen(username, -1) > LOGIN_MAX_USERNAME ? USERS_LONG_USERNAME
                                                            : NULL;
}

bool
users_find(Users *users, Gateway *gateway, GError **error) {
  if (!apply_map(users, gateway, error) || !find_by(users, BY_IDNUMBER, gateway, error) ||
      !find_by(users, BY_ID_AS_USERNAME, gateway, error) ||
      !find_by(users, BY_LOGIN, gateway, error))
    return false;
  people_settle(users->people);
  return find_changes(users, gateway, error) && find_fresh(users, gateway, error);
}

static void
on_look_up(guint index, const GatewayUser *user, gpointer data) {
  (void)index;
  *(gint64 *)data = user->id;
}

bool
users_look_up(const char *id, const char *login, Gateway *gateway, Store *store, gint64 *userid,
              GError **error) {
  *userid = 0;
  gint64 mapped = 0;
  if (!store->class->usermap_get(store, &id, 1, &mapped, error))
    return false;
  autochar number = g_strdup_printf("%" G_GINT64_FORMAT, mapped);
  autochar lower = g_utf8_strdown(id, -1);
  const struct {
    GatewayUserField field;
    const char *value;
  } questions[] = {
    { GATEWAY_USER_ID, mapped != 0 ? number : NULL },
    { GATEWAY_USER_IDNUMBER, id },
    { GATEWAY_USER_USERNAME, login_is_clean(lower) ? lower : NULL },
    { GATEWAY_USER_USERNAME, *login != '\0' ? login : NULL },
  };
  for (guint i = 0; i < G_N_ELEMENTS(questions) && *userid == 0; i++)
    if (questions[i].value != NULL &&
        !gateway->class->find_users(gateway, questions[i].field, &questions[i].value, 1, on_look_up,
                                    userid, error))
      return false;
  return true;
}
