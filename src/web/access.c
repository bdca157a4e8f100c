/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "web/access_private.h"

G_DEFINE_QUARK(access_error_quark, access_error)

/* The time of the last use is written no more often. */
#define TOUCH_S 60
#define BEARER "Bearer "

/* ── names ── */

static bool
is_name(const char *name) {
  gsize length = strlen(name);
  return length > 0 && length <= ACCESS_MAX_NAME && g_ascii_isalnum(*name) &&
         strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-@") == length;
}

char *
access_name(const char *name, GError **error) {
  autochar trimmed = text_trim(name);
  autochar lower = g_ascii_strdown(trimmed, -1);
  if (is_name(lower))
    return g_steal_pointer(&lower);
  autochar display = text_display(trimmed, -1, ACCESS_MAX_NAME);
  g_set_error(error, ACCESS_ERROR, ACCESS_ERROR_NAME,
              "“%s” cannot be a name; take up to %d letters a–z, digits and . _ - @, a letter or "
              "digit first",
              display, ACCESS_MAX_NAME);
  return NULL;
}

/* ── tokens ── */

static bool
is_api(const WebCall *call) {
  return g_str_has_prefix(call->request->path, "/api/");
}

/* What stands behind "Bearer "; NULL: the request has no such header. */
static const char *
bearer_of(const WebCall *call) {
  const char *header = web_fields_get(call->request->headers, "Authorization");
  if (header == NULL || g_ascii_strncasecmp(header, BEARER, strlen(BEARER)) != 0)
    return NULL;
  return header + strlen(BEARER);
}

static bool
is_token(const char *text) {
  return g_str_has_prefix(text, ACCESS_TOKEN_PREFIX) &&
         access_is_secret(text + strlen(ACCESS_TOKEN_PREFIX));
}

static void
touch(const WebCall *call, const StoreToken *token) {
  g_autoptr(GError) error = NULL;
  gint64 age = call->now - token->timeused;
  if (age >= 0 && age < TOUCH_S)
    return;
  if (!call->store->class->access->token_touch(call->store, token->id, call->now, &error))
    log_warning("web", "the use of the token %s could not be noted: %s", token->name,
                error->message);
}

static WebPrincipal *
principal_of(const StoreToken *token) {
  WebPrincipal *who = g_new0(WebPrincipal, 1);
  who->name = g_strconcat("token ", token->name, NULL);
  who->role = token->role;
  who->tenants = web_tenants_split(token->tenants);
  who->email = g_strdup("");
  return who;
}

static bool
identify_token(const WebCall *call, const char *text, WebPrincipal **who, GError **error) {
  if (!is_token(text))
    return true;
  autochar hash = access_hash_secret(text);
  g_autoptr(StoreToken) token = NULL;
  if (!call->store->class->access->token_find(call->store, hash, &token, error))
    return false;
  if (token == NULL || (token->timeexpires != 0 && token->timeexpires <= call->now))
    return true;
  touch(call, token);
  *who = principal_of(token);
  return true;
}

/* ── who asks ── */

bool
access_identify(const WebCall *call, WebPrincipal **who, GError **error) {
  const char *token = is_api(call) ? bearer_of(call) : NULL;
  *who = NULL;
  return token != NULL ? identify_token(call, token, who, error)
                       : access_session_identify(call, who, error);
}
