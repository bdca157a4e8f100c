/* Accounts, sessions and tokens: who may come in, and how they stay (passwords by argon2id, both
 * kinds of secret kept as hashes only).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "web/call.h"

#define ACCESS_ERROR (access_error_quark())
GQuark access_error_quark(void);
typedef enum {
  ACCESS_ERROR_NAME,     /* not one that an account may have */
  ACCESS_ERROR_PASSWORD, /* too short, too long */
  ACCESS_ERROR_FAILED,
} AccessError;

/* Letters a–z, digits and . _ - @, at most 64; upper case is taken for lower case. */
#define ACCESS_MAX_NAME 64
#define ACCESS_MIN_PASSWORD 12
#define ACCESS_MAX_PASSWORD 512

/* The cookie that holds a session's secret; under TLS with the prefix that browsers hold to it. */
#define ACCESS_COOKIE "lehrgaenge"
#define ACCESS_COOKIE_SECURE "__Host-lehrgaenge"

/* libsodium; may be called often. False: it cannot be used on this machine. */
bool access_init(GError **error);

/* The name as it is kept, or NULL and ACCESS_ERROR_NAME. Free with g_free(). */
char *access_name(const char *name, GError **error);

/* argon2id of `password`, as text; NULL and ACCESS_ERROR_PASSWORD, _FAILED (no memory). Takes some
 * 100 ms and 64 MiB; one at a time in the whole process. Free with g_free(). */
char *access_hash_password(const char *password, GError **error);
/* Whether that is the password of `account`; NULL is fine: false, after the same time. */
bool access_check_password(const StoreAccount *account, const char *password);

/* A new secret (for a session, a token), and the hash under which the store keeps one. g_free(). */
char *access_new_secret(void);
char *access_hash_secret(const char *secret);

/* The CSRF token of a session with this secret. Free with g_free(). */
char *access_csrf(const char *secret);
/* Whether both are the same, in a time that tells nothing. NULL is never the same. */
bool access_equal(const char *left, const char *right);

/* Who asks, by the request's cookie or its "Authorization: Bearer" token; *who NULL: nobody that is
 * known (any more). Notes in the store that the session or token was used (at most once a minute).
 */
bool access_identify(const WebCall *call, WebPrincipal **who, GError **error);

/* Signs in: a session is made and its cookie set in the answer. *ok false: not with that name and
 * password; *wait > 0: so many seconds must pass before this account or address may try again, and
 * the password was not looked at. */
bool access_sign_in(WebCall *call, const char *name, const char *password, bool *ok, gint64 *wait,
                    GError **error);

/* Ends the session of the call, or with `everywhere` all of the account; takes the cookie back. */
bool access_sign_out(WebCall *call, bool everywhere, GError **error);
