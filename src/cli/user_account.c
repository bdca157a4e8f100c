/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/date.h"
#include "base/text.h"
#include "cli/grant.h"
#include "cli/password.h"
#include "cli/table.h"
#include "cli/user_private.h"
#include "web/access.h"
#include "web/access_account.h"

static const StoreAccess *
store_access(const UserCall *call) {
  return call->store->class->access;
}

static gint64
now_of(const UserCall *call) {
  return clock_now(call->context->clock);
}

/* ── what the forms share ── */

int
user_missing(const char *name) {
  command_error("there is no account %s; lehrgaenge user list lists them", name);
  return EXIT_FAILED;
}

static int
done(const UserCall *call, const char *action, const char *subject) {
  int code = EXIT_OK;
  grant_audit(call->context, call->store, action, subject, &code);
  return code;
}

/* Free with password_free(). NULL: *code. */
static char *
new_password(const UserCall *call, char **hash, int *code) {
  g_autoptr(GError) error = NULL;
  char *password = call->options->generate ? password_generate() : password_read(call->name);
  *code = EXIT_FAILED;
  if (password == NULL)
    return NULL;
  *hash = access_hash_password(password, &error);
  if (*hash != NULL)
    return password;
  password_free(password);
  *code = command_failed(error);
  if (g_error_matches(error, ACCESS_ERROR, ACCESS_ERROR_PASSWORD))
    *code = EXIT_USAGE;
  return NULL;
}

/* The password if it was generated, else what was done. */
static void
tell(const UserCall *call, const char *password, const char *words) {
  if (call->options->generate)
    command_print("%s", password);
  else
    command_print("%s", words);
}

/* ── add ── */

static int
is_taken(const char *name) {
  command_error("there is an account %s already; lehrgaenge user change and user passwd change it",
                name);
  return EXIT_FAILED;
}

static int
add_account(UserCall *call, StoreAccount *account) {
  g_autoptr(GError) error = NULL;
  if (!store_access(call)->account_add(call->store, account, now_of(call), &error)) {
    bool taken = g_error_matches(error, STORE_ERROR, STORE_ERROR_STATE);
    return taken ? is_taken(account->name) : command_failed(error);
  }
  autochar what = grant_text(account->role, account->tenants);
  autochar subject = g_strdup_printf("%s: %s", account->name, what);
  return done(call, "account-add", subject);
}

int
user_add(UserCall *call) {
  const UserOptions *options = call->options;
  g_autoptr(GError) error = NULL;
  g_autoptr(StoreAccount) present = NULL;
  autochar hash = NULL;
  int code;
  if (!store_access(call)->account_find(call->store, call->name, &present, &error))
    return command_failed(error);
  if (present != NULL)
    return is_taken(call->name);
  char *password = new_password(call, &hash, &code);
  if (password == NULL)
    return code;
  StoreAccount account = { .name = call->name,
                           .password = hash,
                           .role = call->role,
                           .tenants = call->tenants,
                           .email = options->email,
                           .language = options->language };
  code = add_account(call, &account);
  if (account.id != 0) {
    autochar what = grant_text(account.role, account.tenants);
    autochar words = g_strdup_printf("Account %s (%s) is made.", account.name, what);
    tell(call, password, words);
  }
  password_free(password);
  return code;
}

/* ── list ── */

static json_t *
account_json(const StoreAccount *account) {
  return json_pack("{s:s, s:s, s:o, s:s, s:s, s:I, s:I}", "name", account->name, "role",
                   store_role_word(account->role), "tenants", grant_tenants_json(account->tenants),
                   "email", account->email, "language", account->language, "timecreated",
                   (json_int_t)account->timecreated, "timemodified",
                   (json_int_t)account->timemodified);
}

static void
print_json(const GPtrArray *accounts) {
  json_t *all = json_array();
  for (guint i = 0; i < accounts->len; i++)
    json_array_append_new(all, account_json(g_ptr_array_index(accounts, i)));
  command_print_json(json_pack("{s:o}", "accounts", all));
}

static void
print_table(const GPtrArray *accounts, GTimeZone *zone) {
  g_autoptr(Table) table = table_new();
  table_column(table, "Name", TABLE_LEFT);
  table_column(table, "Role", TABLE_LEFT);
  table_column(table, "Tenants", TABLE_LEFT);
  table_column(table, "E-mail", TABLE_LEFT);
  table_column(table, "Made", TABLE_LEFT);
  for (guint i = 0; i < accounts->len; i++) {
    const StoreAccount *account = g_ptr_array_index(accounts, i);
    autochar made = date_format(account->timecreated, zone);
    table_cell(table, account->name);
    table_cell(table, store_role_word(account->role));
    table_cell(table, text_empty(account->tenants) ? "all" : account->tenants);
    table_cell(table, text_empty(account->email) ? "–" : account->email);
    table_cell(table, made);
  }
  table_print(table, stdout);
}

int
user_list(UserCall *call) {
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) accounts = call->store == NULL
                                      ? g_ptr_array_new()
                                      : store_access(call)->account_list(call->store, &error);
  if (accounts == NULL)
    return command_failed(error);
  if (call->options->json)
    print_json(accounts);
  else if (accounts->len == 0)
    command_print("No accounts yet; lehrgaenge user add NAME --role admin makes the first one.");
  else
    print_table(accounts, call->context->config->moodle.timezone);
  return EXIT_OK;
}

/* ── passwd, sign-out ── */

static bool
set_password(StoreAccount *account, gpointer hash) {
  access_account_set(&account->password, hash);
  return true;
}

static bool
end_sessions(const UserCall *call, gint64 account, guint *count, GError **error) {
  return store_access(call)->session_remove_all(call->store, account, NULL, count, error);
}

/* Who forgot the password has tried it too often as well. */
static bool
replace_password(const UserCall *call, const StoreAccount *account, char *hash, GError **error) {
  autochar key = g_strconcat("account ", account->name, NULL);
  bool found;
  return access_account_change(call->store, account->name, now_of(call), set_password, hash, &found,
                               error) &&
         end_sessions(call, account->id, NULL, error) &&
         store_access(call)->attempts_clear(call->store, key, error);
}

int
user_passwd(UserCall *call) {
  g_autoptr(GError) error = NULL;
  g_autoptr(StoreAccount) account = NULL;
  autochar hash = NULL;
  int code;
  if (!store_access(call)->account_find(call->store, call->name, &account, &error))
    return command_failed(error);
  if (account == NULL)
    return user_missing(call->name);
  char *password = new_password(call, &hash, &code);
  if (password == NULL)
    return code;
  if (replace_password(call, account, hash, &error)) {
    autochar words =
        g_strdup_printf("The new password of %s holds; its sessions are ended.", call->name);
    code = done(call, "account-password", call->name);
    tell(call, password, words);
  } else {
    code = command_failed(error);
  }
  password_free(password);
  return code;
}

int
user_sign_out(UserCall *call) {
  g_autoptr(GError) error = NULL;
  g_autoptr(StoreAccount) account = NULL;
  guint count = 0;
  if (!store_access(call)->account_find(call->store, call->name, &account, &error) ||
      (account != NULL && !end_sessions(call, account->id, &count, &error)))
    return command_failed(error);
  if (account == NULL)
    return user_missing(call->name);
  command_print("%s is signed out (%u session%s).", call->name, count, count == 1 ? "" : "s");
  return done(call, "account-sign-out", call->name);
}

/* ── change, remove ── */

static int
last_administrator(const char *name) {
  command_error("%s is the last administrator; make another one first (lehrgaenge user add NAME "
                "--role admin), or give --force",
                name);
  return EXIT_FAILED;
}

/* What keeps a change from being made. */
typedef enum { FINE, LAST_ADMINISTRATOR, BOUND_ADMINISTRATOR } Obstacle;

typedef struct {
  const UserCall *call;
  Obstacle obstacle;
  char *text; /* what it is then */
  GError *error;
} Change;

/* Whether nobody but `account` is an administrator. False: the store failed. */
static bool
is_last(const UserCall *call, const StoreAccount *account, bool *last, GError **error) {
  *last = account->role == ROLE_ADMIN;
  if (!*last)
    return true;
  g_autoptr(GPtrArray) all = store_access(call)->account_list(call->store, error);
  for (guint i = 0; all != NULL && i < all->len; i++) {
    const StoreAccount *other = g_ptr_array_index(all, i);
    if (other->role == ROLE_ADMIN && other->id != account->id)
      *last = false;
  }
  return all != NULL;
}

static void
take_over(const UserCall *call, StoreAccount *account) {
  const UserOptions *options = call->options;
  if (options->role != NULL)
    account->role = call->role;
  if (options->tenants != NULL || options->all_tenants)
    access_account_set(&account->tenants, call->tenants);
  if (options->email != NULL)
    access_account_set(&account->email, options->email);
  if (options->language != NULL)
    access_account_set(&account->language, options->language);
}

static bool
change_it(StoreAccount *account, gpointer user_data) {
  Change *change = user_data;
  const UserCall *call = change->call;
  bool last;
  if (!is_last(call, account, &last, &change->error))
    return false;
  take_over(call, account);
  if (last && account->role != ROLE_ADMIN && !call->options->force)
    change->obstacle = LAST_ADMINISTRATOR;
  else if (account->role == ROLE_ADMIN && !text_empty(account->tenants))
    change->obstacle = BOUND_ADMINISTRATOR;
  change->text = grant_text(account->role, account->tenants);
  return change->obstacle == FINE;
}

static int
changed(const UserCall *call, const Change *change) {
  autochar subject = g_strdup_printf("%s: %s", call->name, change->text);
  int code = EXIT_OK;
  switch (change->obstacle) {
  case LAST_ADMINISTRATOR:
    return last_administrator(call->name);
  case BOUND_ADMINISTRATOR:
    grant_fits(call->context, ROLE_ADMIN, "some", &code);
    return code;
  case FINE:
    break;
  }
  command_print("Account %s is %s now.", call->name, change->text);
  return done(call, "account-change", subject);
}

int
user_change(UserCall *call) {
  g_autoptr(GError) error = NULL;
  Change change = { .call = call };
  bool found;
  int code;
  bool worked = access_account_change(call->store, call->name, now_of(call), change_it, &change,
                                      &found, &error);
  if (change.error != NULL) {
    g_clear_error(&error);
    error = change.error;
  }
  if (!worked || error != NULL)
    code = command_failed(error);
  else
    code = found ? changed(call, &change) : user_missing(call->name);
  g_free(change.text);
  return code;
}

/* In the transaction. *code stays as it is when the account may go. */
static bool
remove_in(const UserCall *call, int *code, GError **error) {
  g_autoptr(StoreAccount) account = NULL;
  bool last;
  if (!store_access(call)->account_find(call->store, call->name, &account, error))
    return false;
  if (account == NULL) {
    *code = user_missing(call->name);
    return true;
  }
  if (!is_last(call, account, &last, error))
    return false;
  if (last && !call->options->force) {
    *code = last_administrator(call->name);
    return true;
  }
  return store_access(call)->account_remove(call->store, account->id, error);
}

int
user_remove(UserCall *call) {
  g_autoptr(GError) error = NULL;
  int code = EXIT_OK;
  if (!call->store->class->begin(call->store, true, &error))
    return command_failed(error);
  if (!remove_in(call, &code, &error) || code != EXIT_OK) {
    call->store->class->rollback(call->store);
    return error != NULL ? command_failed(error) : code;
  }
  if (!call->store->class->commit(call->store, &error))
    return command_failed(error);
  command_print("Account %s is removed and signed out.", call->name);
  return done(call, "account-remove", call->name);
}
