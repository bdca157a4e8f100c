/* Accounts, sessions and tokens.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-contract.h"

#include <string.h>

/* ── helpers ── */

static gint64
add_account(Store *store, const char *name) {
  StoreAccount account = { .name = (char *)name, .password = (char *)"$argon2id$x" };
  WORKS(store, access->account_add, &account, 1000);
  g_assert_cmpint(account.id, >, 0);
  return account.id;
}

static StoreAccount *
find_account(Store *store, const char *name) {
  StoreAccount *account = NULL;
  WORKS(store, access->account_find, name, &account);
  return account;
}

static void
add_session(Store *store, const char *hash, gint64 account, gint64 created, gint64 used) {
  StoreSession session = { (char *)hash, account, (char *)"192.0.2.7", created, used };
  WORKS(store, access->session_add, &session);
}

static bool
has_session(Store *store, const char *hash) {
  g_autoptr(StoreSession) session = NULL;
  g_autoptr(StoreAccount) account = NULL;
  WORKS(store, access->session_find, hash, &session, &account);
  g_assert_true((session == NULL) == (account == NULL));
  return session != NULL;
}

static gint64
add_token(Store *store, const char *name, const char *hash) {
  StoreToken token = { .name = (char *)name, .hash = (char *)hash };
  WORKS(store, access->token_add, &token, 1000);
  g_assert_cmpint(token.id, >, 0);
  return token.id;
}

static StoreToken *
find_token(Store *store, const char *hash) {
  StoreToken *token = NULL;
  WORKS(store, access->token_find, hash, &token);
  return token;
}

#define LIST(into, store, slot, ...)                                                               \
  g_autoptr(GPtrArray) into = NULL;                                                                \
  do {                                                                                             \
    GError *list_error = NULL;                                                                     \
    into = (store)->class->access->slot((store), ##__VA_ARGS__, &list_error);                      \
    g_assert_no_error(list_error);                                                                 \
    g_assert_nonnull(into);                                                                        \
  } while (0)

/* ── accounts ── */

static void
test_account(Case *test) {
  char name[] = "Jürgen O'Neil", password[] = "$argon2id$v=19$m=65536", tenants[] = "FD,RÜD",
       email[] = "j@example.org", language[] = "de";
  StoreAccount account = { .name = name,
                           .password = password,
                           .role = ROLE_OPERATOR,
                           .tenants = tenants,
                           .email = email,
                           .language = language };
  WORKS(test->store, access->account_add, &account, 1773147909);
  case_reopen(test);
  g_autoptr(StoreAccount) found = find_account(test->store, name);
  g_assert_nonnull(found);
  g_assert_cmpint(found->id, ==, account.id);
  g_assert_cmpstr(found->name, ==, name);
  g_assert_cmpstr(found->password, ==, password);
  g_assert_cmpint(found->role, ==, ROLE_OPERATOR);
  g_assert_cmpstr(found->tenants, ==, tenants);
  g_assert_cmpstr(found->email, ==, email);
  g_assert_cmpstr(found->language, ==, language);
  g_assert_cmpint(found->timecreated, ==, 1773147909);
  g_assert_cmpint(found->timemodified, ==, 1773147909);
  g_assert_null(find_account(test->store, "jürgen o'neil"));
  g_assert_null(find_account(test->store, ""));
}

/* NULL is stored as "". */
static void
test_account_without_texts(Case *test) {
  StoreAccount account = { 0 };
  WORKS(test->store, access->account_add, &account, 1);
  g_autoptr(StoreAccount) found = find_account(test->store, "");
  g_assert_nonnull(found);
  g_assert_cmpint(found->role, ==, ROLE_VIEWER);
  g_assert_cmpstr(found->password, ==, "");
  g_assert_cmpstr(found->tenants, ==, "");
  g_assert_cmpstr(found->email, ==, "");
  g_assert_cmpstr(found->language, ==, "");
  WORKS(test->store, access->account_change, &account, 2);
}

static void
test_account_name_taken(Case *test) {
  gint64 first = add_account(test->store, "anna");
  StoreAccount again = { .id = 77, .name = (char *)"anna", .password = (char *)"other" };
  g_autoptr(GError) error = NULL;
  g_assert_false(test->store->class->access->account_add(test->store, &again, 2000, &error));
  g_assert_error(error, STORE_ERROR, STORE_ERROR_STATE);
  g_assert_nonnull(strstr(error->message, "\"anna\""));
  g_assert_nonnull(strstr(error->message, "another name"));
  g_assert_cmpint(again.id, ==, 77);
  g_autoptr(StoreAccount) found = find_account(test->store, "anna");
  g_assert_cmpint(found->id, ==, first);
  g_assert_cmpstr(found->password, ==, "$argon2id$x");
  add_account(test->store, "Anna"); /* bytes decide */
}

static void
test_account_change(Case *test) {
  gint64 other = add_account(test->store, "bert"), id = add_account(test->store, "anna");
  StoreAccount account = { .id = id,
                           .name = (char *)"bert", /* is not looked at */
                           .password = (char *)"new",
                           .role = ROLE_ADMIN,
                           .tenants = (char *)"FD",
                           .email = (char *)"a@example.org",
                           .language = (char *)"en",
                           .timecreated = 7 };
  WORKS(test->store, access->account_change, &account, 2000);
  g_autoptr(StoreAccount) found = find_account(test->store, "anna");
  g_assert_cmpint(found->id, ==, id);
  g_assert_cmpstr(found->password, ==, "new");
  g_assert_cmpint(found->role, ==, ROLE_ADMIN);
  g_assert_cmpstr(found->tenants, ==, "FD");
  g_assert_cmpstr(found->email, ==, "a@example.org");
  g_assert_cmpstr(found->language, ==, "en");
  g_assert_cmpint(found->timecreated, ==, 1000);
  g_assert_cmpint(found->timemodified, ==, 2000);
  g_autoptr(StoreAccount) neighbour = find_account(test->store, "bert");
  g_assert_cmpint(neighbour->id, ==, other);
  g_assert_cmpstr(neighbour->password, ==, "$argon2id$x");
  account.id = id + 1000;
  FAILS(STORE_ERROR_NOT_FOUND, test->store, access->account_change, &account, 3000);
}

/* Its sessions go along; its number is never given to another. */
static void
test_account_remove(Case *test) {
  gint64 other = add_account(test->store, "bert"), id = add_account(test->store, "anna");
  add_session(test->store, "one", id, 1000, 1000);
  add_session(test->store, "two", other, 1000, 1000);
  WORKS(test->store, access->account_remove, id);
  g_assert_null(find_account(test->store, "anna"));
  g_assert_false(has_session(test->store, "one"));
  g_assert_cmpint(
      test->harness->sql(test->place, "SELECT count(*) FROM local_lehrgaengeapi_session"), ==, 1);
  g_assert_true(has_session(test->store, "two"));
  FAILS(STORE_ERROR_NOT_FOUND, test->store, access->account_remove, id);
  case_reopen(test);
  g_assert_cmpint(add_account(test->store, "anna"), >, id);
}

static void
test_account_list(Case *test) {
  static const char *const names[] = { "bert", "Ännchen", "anna", "Zoe" };
  static const char *const sorted[] = { "Zoe", "anna", "bert", "Ännchen" };
  LIST(none, test->store, account_list);
  g_assert_cmpuint(none->len, ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS(names); i++)
    add_account(test->store, names[i]);
  LIST(all, test->store, account_list);
  g_assert_cmpuint(all->len, ==, G_N_ELEMENTS(sorted));
  for (guint i = 0; i < all->len; i++) {
    const StoreAccount *account = all->pdata[i];
    g_assert_cmpstr(account->name, ==, sorted[i]);
    g_assert_cmpstr(account->password, ==, "$argon2id$x");
  }
}

static void
test_account_bounds(Case *test) {
  g_autofree char *key = long_text(STORE_MAX_KEY + 1);
  StoreAccount just = {
    .name = key + 1, .password = key + 1, .tenants = key + 1, .email = key + 1, .language = key + 1
  };
  const StoreAccount longer[] = {
    { .name = key }, { .password = key }, { .tenants = key }, { .email = key }, { .language = key }
  };
  WORKS(test->store, access->account_add, &just, 1);
  for (guint i = 0; i < G_N_ELEMENTS(longer); i++) {
    StoreAccount account = longer[i];
    FAILS(STORE_ERROR_FAILED, test->store, access->account_add, &account, 1);
    account.id = just.id;
    FAILS(STORE_ERROR_FAILED, test->store, access->account_change, &account, 1);
  }
  LIST(all, test->store, account_list);
  g_assert_cmpuint(all->len, ==, 1);
  g_assert_cmpuint(strlen(((StoreAccount *)all->pdata[0])->email), ==, STORE_MAX_KEY);
}

/* A role that nobody knows gives no rights; it is an error. */
static void
test_unknown_role(Case *test) {
  gint64 id = add_account(test->store, "anna");
  add_session(test->store, "one", id, 1000, 1000);
  add_token(test->store, "script", "hash");
  test->harness->sql(test->place, "UPDATE local_lehrgaengeapi_account SET role = 'root'");
  test->harness->sql(test->place, "UPDATE local_lehrgaengeapi_token SET role = 'root'");
  g_autoptr(StoreAccount) account = NULL;
  g_autoptr(StoreSession) session = NULL;
  g_autoptr(StoreToken) token = NULL;
  g_autoptr(GError) error = NULL;
  FAILS(STORE_ERROR_FAILED, test->store, access->account_find, "anna", &account);
  FAILS(STORE_ERROR_FAILED, test->store, access->session_find, "one", &session, &account);
  FAILS(STORE_ERROR_FAILED, test->store, access->token_find, "hash", &token);
  g_assert_null(account);
  g_assert_null(session);
  g_assert_null(token);
  g_assert_null(test->store->class->access->account_list(test->store, &error));
  g_assert_error(error, STORE_ERROR, STORE_ERROR_FAILED);
  g_assert_nonnull(strstr(error->message, "\"root\""));
  g_clear_error(&error);
  g_assert_null(test->store->class->access->token_list(test->store, &error));
  g_assert_error(error, STORE_ERROR, STORE_ERROR_FAILED);
}

static void
test_roles(Case *test) {
  (void)test;
  static const char *const words[] = { "viewer", "operator", "admin" };
  StoreRole role = ROLE_ADMIN;
  for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
    g_assert_cmpstr(store_role_word((StoreRole)i), ==, words[i]);
    g_assert_true(store_role_parse(words[i], &role));
    g_assert_cmpint(role, ==, i);
  }
  g_assert_false(store_role_parse("Admin", &role));
  g_assert_false(store_role_parse("", &role));
  g_assert_false(store_role_parse(NULL, &role));
}

/* ── sessions ── */

static void
test_session(Case *test) {
  gint64 other = add_account(test->store, "bert"), id = add_account(test->store, "anna");
  add_session(test->store, "hash 1", id, 1000, 1001);
  add_session(test->store, "hash 2", other, 2000, 2001);
  case_reopen(test);
  g_autoptr(StoreSession) session = NULL;
  g_autoptr(StoreAccount) account = NULL;
  WORKS(test->store, access->session_find, "hash 1", &session, &account);
  g_assert_nonnull(session);
  g_assert_cmpstr(session->hash, ==, "hash 1");
  g_assert_cmpint(session->account, ==, id);
  g_assert_cmpstr(session->address, ==, "192.0.2.7");
  g_assert_cmpint(session->timecreated, ==, 1000);
  g_assert_cmpint(session->timeused, ==, 1001);
  g_assert_cmpint(account->id, ==, id);
  g_assert_cmpstr(account->name, ==, "anna");
  g_assert_cmpstr(account->password, ==, "$argon2id$x");
  g_assert_cmpint(account->timemodified, ==, 1000);
  g_assert_false(has_session(test->store, "HASH 1"));
  g_assert_false(has_session(test->store, "hash"));
}

static void
test_session_refused(Case *test) {
  gint64 id = add_account(test->store, "anna");
  g_autofree char *key = long_text(STORE_MAX_KEY + 1);
  StoreSession nobody = { .hash = (char *)"one", .account = id + 1 };
  StoreSession same = { .hash = (char *)"two", .account = id };
  StoreSession long_hash = { .hash = key, .account = id };
  StoreSession long_address = { .hash = (char *)"three", .address = key, .account = id };
  FAILS(STORE_ERROR_NOT_FOUND, test->store, access->session_add, &nobody);
  WORKS(test->store, access->session_add, &same); /* without an address */
  FAILS(STORE_ERROR_FAILED, test->store, access->session_add, &same);
  FAILS(STORE_ERROR_FAILED, test->store, access->session_add, &long_hash);
  FAILS(STORE_ERROR_FAILED, test->store, access->session_add, &long_address);
  LIST(all, test->store, session_list, id);
  g_assert_cmpuint(all->len, ==, 1);
  g_assert_cmpstr(((StoreSession *)all->pdata[0])->address, ==, "");
}

static void
test_session_touch(Case *test) {
  gint64 id = add_account(test->store, "anna");
  add_session(test->store, "one", id, 1000, 1000);
  add_session(test->store, "two", id, 1000, 1500);
  WORKS(test->store, access->session_touch, "one", 2000);
  WORKS(test->store, access->session_touch, "gone", 2000);
  LIST(all, test->store, session_list, id);
  g_assert_cmpuint(all->len, ==, 2); /* last used first */
  g_assert_cmpstr(((StoreSession *)all->pdata[0])->hash, ==, "one");
  g_assert_cmpint(((StoreSession *)all->pdata[0])->timeused, ==, 2000);
  g_assert_cmpint(((StoreSession *)all->pdata[0])->timecreated, ==, 1000);
  g_assert_cmpint(((StoreSession *)all->pdata[1])->timeused, ==, 1500);
}

static void
test_session_remove(Case *test) {
  gint64 other = add_account(test->store, "bert"), id = add_account(test->store, "anna");
  guint count = 99;
  add_session(test->store, "one", id, 1000, 1000);
  add_session(test->store, "two", id, 1000, 1000);
  add_session(test->store, "three", id, 1000, 1000);
  add_session(test->store, "four", other, 1000, 1000);
  WORKS(test->store, access->session_remove, "one");
  WORKS(test->store, access->session_remove, "one"); /* gone: nothing */
  g_assert_false(has_session(test->store, "one"));
  WORKS(test->store, access->session_remove_all, id, "two", &count);
  g_assert_cmpuint(count, ==, 1);
  g_assert_true(has_session(test->store, "two"));
  g_assert_false(has_session(test->store, "three"));
  g_assert_true(has_session(test->store, "four"));
  WORKS(test->store, access->session_remove_all, id, NULL, NULL);
  g_assert_false(has_session(test->store, "two"));
  g_assert_true(has_session(test->store, "four"));
  WORKS(test->store, access->session_remove_all, id, NULL, &count);
  g_assert_cmpuint(count, ==, 0);
}

/* By either time. */
static void
test_session_purge(Case *test) {
  gint64 id = add_account(test->store, "anna");
  add_session(test->store, "unused", id, 500, 999);
  add_session(test->store, "just used", id, 500, 1000);
  add_session(test->store, "old", id, 499, 5000);
  add_session(test->store, "fresh", id, 5000, 5000);
  WORKS(test->store, access->session_purge, 1000, 500);
  g_assert_false(has_session(test->store, "unused"));
  g_assert_true(has_session(test->store, "just used"));
  g_assert_false(has_session(test->store, "old"));
  g_assert_true(has_session(test->store, "fresh"));
}

/* ── tokens ── */

static void
test_token(Case *test) {
  StoreToken token = { .name = (char *)"Prüfskript",
                       .hash = (char *)"abc",
                       .role = ROLE_ADMIN,
                       .tenants = (char *)"FD",
                       .timeused = 5, /* is not looked at */
                       .timeexpires = 9000 };
  WORKS(test->store, access->token_add, &token, 1000);
  case_reopen(test);
  g_autoptr(StoreToken) found = find_token(test->store, "abc");
  g_assert_nonnull(found);
  g_assert_cmpint(found->id, ==, token.id);
  g_assert_cmpstr(found->name, ==, "Prüfskript");
  g_assert_cmpstr(found->hash, ==, "abc");
  g_assert_cmpint(found->role, ==, ROLE_ADMIN);
  g_assert_cmpstr(found->tenants, ==, "FD");
  g_assert_cmpint(found->timecreated, ==, 1000);
  g_assert_cmpint(found->timeused, ==, 0);
  g_assert_cmpint(found->timeexpires, ==, 9000);
  WORKS(test->store, access->token_touch, token.id, 2000);
  WORKS(test->store, access->token_touch, token.id + 1, 3000);
  g_autoptr(StoreToken) used = find_token(test->store, "abc");
  g_assert_cmpint(used->timeused, ==, 2000);
  g_assert_null(find_token(test->store, "ABC"));
}

static void
test_token_name_taken(Case *test) {
  add_token(test->store, "script", "abc");
  StoreToken again = { .name = (char *)"script", .hash = (char *)"def" };
  StoreToken same_hash = { .name = (char *)"other", .hash = (char *)"abc" };
  g_autoptr(GError) error = NULL;
  g_assert_false(test->store->class->access->token_add(test->store, &again, 2000, &error));
  g_assert_error(error, STORE_ERROR, STORE_ERROR_STATE);
  g_assert_nonnull(strstr(error->message, "\"script\""));
  FAILS(STORE_ERROR_FAILED, test->store, access->token_add, &same_hash, 2000);
  g_assert_null(find_token(test->store, "def"));
}

static void
test_token_list(Case *test) {
  add_token(test->store, "beta", "1");
  gint64 id = add_token(test->store, "alpha", "2");
  LIST(all, test->store, token_list);
  g_assert_cmpuint(all->len, ==, 2);
  g_assert_cmpstr(((StoreToken *)all->pdata[0])->name, ==, "alpha");
  g_assert_cmpint(((StoreToken *)all->pdata[0])->id, ==, id);
  g_assert_cmpstr(((StoreToken *)all->pdata[0])->tenants, ==, "");
  g_assert_cmpstr(((StoreToken *)all->pdata[1])->name, ==, "beta");
  WORKS(test->store, access->token_remove, id);
  FAILS(STORE_ERROR_NOT_FOUND, test->store, access->token_remove, id);
  g_assert_null(find_token(test->store, "2"));
  LIST(rest, test->store, token_list);
  g_assert_cmpuint(rest->len, ==, 1);
  case_reopen(test);
  g_assert_cmpint(add_token(test->store, "alpha", "2"), >, id);
}

static void
test_token_bounds(Case *test) {
  g_autofree char *key = long_text(STORE_MAX_KEY + 1);
  StoreToken just = { .name = key + 1, .hash = key + 1, .tenants = key + 1 };
  StoreToken longer[] = { { .name = key }, { .hash = key }, { .tenants = key } };
  WORKS(test->store, access->token_add, &just, 1);
  for (guint i = 0; i < G_N_ELEMENTS(longer); i++)
    FAILS(STORE_ERROR_FAILED, test->store, access->token_add, &longer[i], 1);
  LIST(all, test->store, token_list);
  g_assert_cmpuint(all->len, ==, 1);
}

/* ── all or none ── */

static void
test_rolled_back(Case *test) {
  gint64 id = add_account(test->store, "anna");
  add_session(test->store, "one", id, 1000, 1000);
  WORKS(test->store, begin, false);
  add_account(test->store, "bert");
  add_token(test->store, "script", "abc");
  StoreAccount again = { .name = (char *)"bert" };
  FAILS(STORE_ERROR_STATE, test->store, access->account_add, &again, 1);
  WORKS(test->store, access->account_remove, id);
  test->store->class->rollback(test->store);
  g_assert_null(find_account(test->store, "bert"));
  g_assert_null(find_token(test->store, "abc"));
  g_assert_true(has_session(test->store, "one"));
}

void
contract_access_add(const StoreHarness *harness) {
  case_add(harness, "account/kept", test_account);
  case_add(harness, "account/without-texts", test_account_without_texts);
  case_add(harness, "account/name-taken", test_account_name_taken);
  case_add(harness, "account/change", test_account_change);
  case_add(harness, "account/remove", test_account_remove);
  case_add(harness, "account/list", test_account_list);
  case_add(harness, "account/bounds", test_account_bounds);
  case_add(harness, "account/unknown-role", test_unknown_role);
  case_add(harness, "account/roles", test_roles);
  case_add(harness, "session/kept", test_session);
  case_add(harness, "session/refused", test_session_refused);
  case_add(harness, "session/touch", test_session_touch);
  case_add(harness, "session/remove", test_session_remove);
  case_add(harness, "session/purge", test_session_purge);
  case_add(harness, "token/kept", test_token);
  case_add(harness, "token/name-taken", test_token_name_taken);
  case_add(harness, "token/list", test_token_list);
  case_add(harness, "token/bounds", test_token_bounds);
  case_add(harness, "access/rolled-back", test_rolled_back);
}
