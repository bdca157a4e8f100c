/* What the store remembers of those who use the pages and the JSON interface: accounts, sessions,
 * tokens, failed sign-ins, the audit log. Part of every Store, as store->class->access. Limits,
 * errors and threads are those of store.h; texts are valid UTF-8, times Unix seconds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct Store Store;

/* What somebody may do; each may what those before it may. A viewer looks, an operator starts
 * imports and retries tasks, an administrator sees the configuration and overrules the guard. */
typedef enum { ROLE_VIEWER, ROLE_OPERATOR, ROLE_ADMIN } StoreRole;
const char *store_role_word(StoreRole role); /* "viewer" */
bool store_role_parse(const char *word, StoreRole *role);

typedef struct {
  gint64 id;
  char *name;     /* unique */
  char *password; /* its argon2id, as libsodium writes it */
  StoreRole role;
  char *tenants;  /* comma-separated abbreviations that it is bound to, "" for all */
  char *email;    /* where to tell of imports that end; "" */
  char *language; /* "de", "en"; "": as the browser asks */
  gint64 timecreated, timemodified;
} StoreAccount;
void store_account_free(StoreAccount *account);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreAccount, store_account_free)

typedef struct {
  char *hash;     /* of what the cookie holds; that itself is kept nowhere */
  gint64 account; /* its id */
  char *address;  /* signed in from */
  gint64 timecreated, timeused;
} StoreSession;
void store_session_free(StoreSession *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreSession, store_session_free)

/* What a script has in place of an account. */
typedef struct {
  gint64 id;
  char *name; /* unique among tokens */
  char *hash; /* of the token; that itself is kept nowhere */
  StoreRole role;
  char *tenants; /* as of an account */
  gint64 timecreated;
  gint64 timeused;    /* 0: never */
  gint64 timeexpires; /* 0: never */
} StoreToken;
void store_token_free(StoreToken *token);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreToken, store_token_free)

/* Who did what, and what came of it. */
typedef struct {
  gint64 id, time;
  const char *actor;   /* an account's name, "token NAME", "cli USER" */
  const char *address; /* from where; "" on the command line */
  const char *action;  /* a word: "sign-in", "import", "task-retry" … */
  const char *subject; /* on what: "2026 FD,HP", "task 21"; "" */
  const char *outcome; /* "ok", or why not */
} StoreAuditRow;
typedef void (*StoreAuditFunc)(const StoreAuditRow *row,
                               gpointer user_data); /* texts live until it returns */

/* Failed sign-ins under one key ("account anna", "address 192.0.2.7"). */
typedef struct {
  guint failures; /* 0: none, or all long ago */
  gint64 last;
} StoreAttempts;

typedef struct {
  /* Sets account->id. STORE_ERROR_STATE: the name is taken. */
  bool (*account_add)(Store *store, StoreAccount *account, gint64 now, GError **error);
  /* Everything but name and timecreated becomes as in `account`, found by its id. NOT_FOUND. */
  bool (*account_change)(Store *store, const StoreAccount *account, gint64 now, GError **error);
  bool (*account_remove)(Store *store, gint64 id, GError **error); /* its sessions too; NOT_FOUND */
  /* *account becomes the one of that name, or NULL without error. Read in a durable transaction, as
   * account_list, accounts stay as they are until that ends: nobody else can change one meanwhile.
   */
  bool (*account_find)(Store *store, const char *name, StoreAccount **account, GError **error);
  /* All, by name (order of its bytes): StoreAccount in a new GPtrArray that frees them. */
  GPtrArray *(*account_list)(Store *store, GError **error);

  bool (*session_add)(Store *store, const StoreSession *session, GError **error);
  /* The session of that hash and its account; both NULL without error when there is none. */
  bool (*session_find)(Store *store, const char *hash, StoreSession **session,
                       StoreAccount **account, GError **error);
  bool (*session_touch)(Store *store, const char *hash, gint64 now,
                        GError **error); /* timeused; one that is gone: nothing */
  bool (*session_remove)(Store *store, const char *hash, GError **error); /* gone: nothing */
  /* All of an account but the one of hash `except` (NULL: all); *count (may be NULL) how many. */
  bool (*session_remove_all)(Store *store, gint64 account, const char *except, guint *count,
                             GError **error);
  /* An account's, last used first: StoreSession in a new GPtrArray that frees them. */
  GPtrArray *(*session_list)(Store *store, gint64 account, GError **error);
  /* Removes those last used before `used`, and those made before `created`. */
  bool (*session_purge)(Store *store, gint64 used, gint64 created, GError **error);

  /* Sets token->id. STORE_ERROR_STATE: the name is taken. */
  bool (*token_add)(Store *store, StoreToken *token, gint64 now, GError **error);
  bool (*token_find)(Store *store, const char *hash, StoreToken **token,
                     GError **error); /* NULL without error when there is none */
  bool (*token_touch)(Store *store, gint64 id, gint64 now, GError **error); /* timeused */
  GPtrArray *(*token_list)(Store *store, GError **error);        /* StoreToken, by name */
  bool (*token_remove)(Store *store, gint64 id, GError **error); /* NOT_FOUND */

  /* Counts one more failure under `key`; those before are forgotten when the last of them is more
   * than `window` seconds old. *after is how it stands then. Safe from several nodes at once. */
  bool (*attempts_add)(Store *store, const char *key, gint64 now, gint64 window,
                       StoreAttempts *after, GError **error);
  bool (*attempts_get)(Store *store, const char *key, StoreAttempts *attempts, GError **error);
  bool (*attempts_clear)(Store *store, const char *key, GError **error);
  bool (*attempts_purge)(Store *store, gint64 before, GError **error); /* last before that */

  /* Appends; row->id is not looked at. Never changed or removed. */
  bool (*audit_add)(Store *store, const StoreAuditRow *row, GError **error);
  /* The newest `limit` rows (0: all) with ids below `before` (0: from the newest), newest first. */
  bool (*audit_read)(Store *store, gint64 before, guint limit, StoreAuditFunc each,
                     gpointer user_data, GError **error);
} StoreAccess;
