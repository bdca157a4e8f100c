/* An auth that is no plugin of the site's fails every account with the one word that a bad address
 * gets too, and each would be tried again with other addresses. So the site is asked before: values
 * are looked at before the user they are for, and there is none.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "moodle/webservice/ws_user.h"

/* Nobody's id. */
#define NOBODY 0

/* Whether that was the answer to an auth that the site has. */
static bool
is_known(const json_t *result, const WsFailure *failure) {
  static const char *const codes[] = { "invalidparameter", "nopermissions", NULL };
  return result != NULL || failure->kind == WS_UNSHOWN ||
         (failure->kind == WS_EXCEPTION && !g_strv_contains(codes, failure->errorcode));
}

/* Without the right to change accounts none could be finished. */
static void
refuse(const Webservice *moodle, const char *auth, const WsFailure *failure, GError **error) {
  bool passwordless = strcmp(auth, WS_AUTH_PASSWORDLESS) == 0;
  if (strcmp(failure->errorcode, "nopermissions") == 0)
    g_set_error_literal(error, GATEWAY_ERROR, GATEWAY_ERROR_REFUSED, failure->message);
  else if (failure->kind != WS_EXCEPTION)
    ws_failure_propagate(failure, error);
  else
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_CONFIG,
                "%s has no authentication plugin “%s”%s. No account was created.",
                moodle->description, auth,
                passwordless ? ", with which accounts without a password are made; install it (it "
                               "is part of Moodle), or set another [users] password"
                             : "; correct [users] auth");
}

static bool
check(Webservice *moodle, const char *auth, GError **error) {
  g_autoptr(WsFailure) failure = NULL;
  if (g_hash_table_contains(moodle->auths, auth))
    return true;
  json_t *arguments = json_pack("{s:[{s:i, s:s}]}", "users", "id", NOBODY, "auth", auth);
  /* For nobody it is as good as a read, and may be repeated like one. */
  json_auto_t *result =
      ws_client_call(moodle->client, false, 0, "core_user_update_users", arguments, &failure);
  if (!is_known(result, failure)) {
    refuse(moodle, auth, failure, error);
    return false;
  }
  g_hash_table_add(moodle->auths, g_strdup(auth));
  return true;
}

bool
ws_auth_probe(Webservice *moodle, const GatewayNewUser *users, guint count, GError **error) {
  for (guint i = 0; i < count; i++)
    if (!check(moodle, users[i].auth, error) ||
        (users[i].password == NULL && !check(moodle, WS_AUTH_PASSWORDLESS, error)))
      return false;
  return true;
}
