/* Accounts, sessions and tokens: who may come in, and how they stay (passwords by argon2id, both
 * kinds of secret kept as hashes only).
 *
 * A sign-in that fails is remembered for ACCESS_WINDOW_S under its account's name and under its
 * address. After some free tries each further one has to wait, twice as long every time up to
 * ACCESS_MAX_WAIT_S, and meanwhile no password is looked at. A browser that signed in before keeps
 * a device cookie and counts by itself, so that nobody is locked out by a stranger's tries.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "web/call.h"

#define ACCESS_ERROR (access_error_quark())
GQuark access_error_quark(void);
typedef enum {
  ACCESS_ERROR_NAME,     /* not one that an account may have */
  ACCESS_ERROR_PASSWORD, /* too short, too long */
  ACCESS_ERROR_BUSY,     /* as many passwords are looked at as may wait: later it works */
  ACCESS_ERROR_FAILED,
} AccessError;

/* Letters a–z, digits and . _ - @, the first a letter or digit, at most 64; upper case is taken for
 * lower case. */
#define ACCESS_MAX_NAME 64
#define ACCESS_MIN_PASSWORD 12  /* characters */
#define ACCESS_MAX_PASSWORD 512 /* bytes */

/* Passwords that may wait until another one is looked at; with that one always fewer than the
 * threads that may be at the store. */
#define ACCESS_MAX_WAITING 1

/* Sign-ins that fail. */
#define ACCESS_FREE_TRIES 5          /* of an account, or of a browser that it knows */
#define ACCESS_FREE_TRIES_ADDRESS 20 /* people behind one address share these */
#define ACCESS_FIRST_WAIT_S 5
#define ACCESS_MAX_WAIT_S (15 * 60)
#define ACCESS_WINDOW_S (60 * 60)

/* More of one account end the one that was used longest ago. */
#define ACCESS_MAX_SESSIONS 32
/* A time that lies further ahead than that is from a clock that was wrong: a session of then is
 * over, a failure of then makes nobody wait. */
#define ACCESS_CLOCK_SLACK_S (5 * 60)

/* The cookie that holds a session's secret; under TLS with the prefix that browsers hold to it. */
#define ACCESS_COOKIE "lehrgaenge"
#define ACCESS_COOKIE_SECURE "__Host-lehrgaenge"
/* Says no more than that there is a session: it comes along from other sites' links too, where the
 * other one is held back (SameSite=Strict). */
#define ACCESS_COOKIE_HERE "lehrgaenge_here"
/* A browser that an account signed in from. */
#define ACCESS_COOKIE_DEVICE "lehrgaenge_device"

/* Goes with forms that come before signing in. */
#define ACCESS_COOKIE_FORM "lehrgaenge_form"

/* What all tokens begin with, so that they are known where they leaked. */
#define ACCESS_TOKEN_PREFIX "lgs_"

/* libsodium; may be called often. False: it cannot be used on this machine. */
bool access_init(GError **error);

/* The name as it is kept, or NULL and ACCESS_ERROR_NAME. Free with g_free(). */
char *access_name(const char *name, GError **error);

/* argon2id of `password`, as text; NULL and ACCESS_ERROR_PASSWORD, _BUSY, _FAILED (no memory).
 * Takes some 100 ms and 64 MiB; one at a time in the whole process. Free with g_free(). */
char *access_hash_password(const char *password, GError **error);
/* *right: whether that is the password of `account`; NULL is fine: never, after the same time.
 * ACCESS_ERROR_BUSY, _FAILED. */
bool access_check_password(const StoreAccount *account, const char *password, bool *right,
                           GError **error);

/* A new secret (for a session, a token), and the hash under which the store keeps one. g_free(). */
char *access_new_secret(void);
char *access_new_token(void);
char *access_hash_secret(const char *secret);

/* The CSRF token of a session with this secret. Free with g_free(). */
char *access_csrf(const char *secret);
/* Whether both are the same, in a time that tells nothing. NULL is never the same. */
bool access_equal(const char *left, const char *right);

/* For forms that come before signing in: the token that they bring along, which goes with a cookie
 * that is set unless the browser has it. g_free(). */
char *access_form_token(WebCall *call);
/* Whether the form came with both. */
bool access_form_holds(const WebCall *call);

/* Who asks, by the request's cookie, or under /api/ by its "Authorization: Bearer" token, which
 * then decides alone; *who NULL: nobody that is known (any more). Notes in the store that the
 * session or token was used (at most once a minute). */
bool access_identify(const WebCall *call, WebPrincipal **who, GError **error);

/* Signs in: a session is made and its cookies set in the answer. *ok false: not with that name and
 * password; *wait > 0: so many seconds must pass before this account or address may try again, and
 * the password was not looked at. Also ACCESS_ERROR_BUSY. Audited. */
bool access_sign_in(WebCall *call, const char *name, const char *password, bool *ok, gint64 *wait,
                    GError **error);

/* Ends the session of the call, or with `everywhere` all of the account; takes the cookies back.
 * Audited. */
bool access_sign_out(WebCall *call, bool everywhere, GError **error);

/* Gives the caller's account a new password, once the one it has was given; ends its other
 * sessions. *ok, *wait and errors as of access_sign_in(), and ACCESS_ERROR_PASSWORD for one that
 * cannot be. Audited. */
bool access_change_password(WebCall *call, const char *present, const char *wanted, bool *ok,
                            gint64 *wait, GError **error);

/* The sessions of the caller's account that are not over, last used first: StoreSession in a new
 * GPtrArray that frees them. */
GPtrArray *access_sessions(const WebCall *call, GError **error);
