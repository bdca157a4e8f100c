/* What the files about people share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moodle/webservice/ws_private.h"

/* Values in one question: Moodle asks its database several times for each hit. */
#define WS_USER_VALUES 50

/* Whether Moodle would take the value as it stands: lower-case [-.@_a-z0-9] for a user name, the
 * outward form of an address for an e-mail. One that it would not take fails all values of its
 * question. */
bool ws_user_is_username(const char *text);
bool ws_user_is_email(const char *text);

/* As find_users of the gateway, with all that Moodle tells of a hit; it lives until the callback
 * returns. */
typedef void (*WsUserFunc)(guint index, const json_t *user, gpointer user_data);
bool ws_user_look(Webservice *moodle, GatewayUserField field, const char *const *values,
                  guint count, WsUserFunc each, gpointer user_data, GError **error);

/* Whether there is a user of that id, which functions that fail over one tell in several ways. */
bool ws_user_exists(Webservice *moodle, gint64 userid, bool *exists, GError **error);

/* ── ws_user_update.c ── */

/* As update_users of the gateway, for different users and without looking first what holds already.
 */
bool ws_user_update_write(Webservice *moodle, const GatewayUserUpdate *updates, guint count,
                          GatewayOutcome *outcomes, GError **error);

/* ── ws_auth.c ── */

/* Part of every Moodle, and keeps no password in it. */
#define WS_AUTH_PASSWORDLESS "oauth2"

/* Makes sure that the site has what `users` are to be made with. GATEWAY_ERROR_CONFIG when not.
 * Each auth is asked for once. */
bool ws_auth_probe(Webservice *moodle, const GatewayNewUser *users, guint count, GError **error);

/* ── ws_policy.c ── */

/* Shows Moodle's password policy one password of each kind among those of `users` (which letters,
 * digits and signs it has, how long it is) that it was not shown before, in calls that create
 * nothing. GATEWAY_ERROR_CONFIG when it refuses every kind: then it is the template that does not
 * fit. */
bool ws_policy_probe(Webservice *moodle, const GatewayNewUser *users, guint count, GError **error);

/* What the policy says against this password; NULL when nothing. After ws_policy_probe(). */
const char *ws_policy_refusal(const Webservice *moodle, const char *password);
