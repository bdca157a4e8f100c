/* What the parts of access share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "web/access.h"

/* ── access_password.c ── */

/* Whose turn it is to look at a password, in the whole process: argon2id takes 64 MiB each time,
 * and who counts failures must not be overtaken. False: ACCESS_ERROR_BUSY. */
bool access_turn_take(GError **error);
void access_turn_give(void);

/* In a turn: as access_hash_password() and access_check_password(). */
char *access_turn_hash(const char *password, GError **error);
bool access_turn_check(const StoreAccount *account, const char *password, bool *right,
                       GError **error);

/* Whether a password's hash was made more cheaply than today's are. */
bool access_outdated(const StoreAccount *account);

/* ── access_secret.c ── */

/* A hash of `text` for one purpose; NUL-terminated hexadecimal digits. g_free(). */
typedef enum { ACCESS_FOR_STORE, ACCESS_FOR_CSRF, ACCESS_FOR_DEVICE } AccessPurpose;
char *access_digest(AccessPurpose purpose, const char *text);

/* Whether it has the form of one made by access_new_secret(). */
bool access_is_secret(const char *text);

/* ── access_attempts.c ── */

/* Under which keys a try is counted. */
typedef struct {
  char *account; /* NULL: no account can have that name */
  char *address; /* NULL: a browser that the account knows, not counted by address */
} AccessKeys;
void access_keys_clear(AccessKeys *keys);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(AccessKeys, access_keys_clear)

/* `name` as access_name() gives it (NULL: none); `account` the one of that name (NULL: none). */
AccessKeys access_keys(const WebCall *call, const char *name, const StoreAccount *account);

/* How many seconds must pass before the next try; 0: none. */
bool access_attempts_wait(const WebCall *call, const AccessKeys *keys, gint64 *wait,
                          GError **error);
bool access_attempts_failed(const WebCall *call, const AccessKeys *keys, GError **error);
/* The account's are forgotten. */
bool access_attempts_succeeded(const WebCall *call, const AccessKeys *keys, GError **error);

/* ── access_device.c ── */

/* Tells the browser that `account` knows it; what it holds ends with the account's password. */
void access_device_set(WebCall *call, const StoreAccount *account);
/* What this browser is called when `account` knows it, else NULL. g_free(). */
char *access_device(const WebCall *call, const StoreAccount *account);

/* ── access_session.c ── */

/* The session that the cookie holds; *who NULL: none that is good. */
bool access_session_identify(const WebCall *call, WebPrincipal **who, GError **error);

/* Whether `time` lies further back than `span` seconds, or so far ahead that it cannot be. */
bool access_is_over(gint64 time, gint64 span, gint64 now);

/* A line in the audit log by `name`, who is not yet, or no longer, the caller. */
void access_audit(const WebCall *call, const char *name, const char *action, const char *subject,
                  const char *outcome);
