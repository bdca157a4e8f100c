/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "web/access_account.h"
#include "web/access_private.h"
#include "web/cookie.h"

/* The time of the last use is written no more often. */
#define TOUCH_S 60

static const StoreAccess *
store_access(const WebCall *call) {
  return call->store->class->access;
}

void
access_audit(const WebCall *call, const char *name, const char *action, const char *subject,
             const char *outcome) {
  WebPrincipal who = { .name = (char *)name };
  WebCall as = *call;
  as.who = name != NULL ? &who : NULL;
  web_audit(&as, action, subject, outcome);
}

/* ── how long ── */

static gint64
idle_span(const WebCall *call) {
  return (gint64)call->config->web.session_idle * 60;
}

static gint64
whole_span(const WebCall *call) {
  return (gint64)call->config->web.session_hours * 60 * 60;
}

bool
access_is_over(gint64 time, gint64 span, gint64 now) {
  return time > now + ACCESS_CLOCK_SLACK_S || now - time > span;
}

static bool
session_is_over(const WebCall *call, const StoreSession *session) {
  return access_is_over(session->timeused, idle_span(call), call->now) ||
         access_is_over(session->timecreated, whole_span(call), call->now);
}

/* ── who asks ── */

static WebPrincipal *
principal_of(const StoreAccount *account, const char *hash, const char *secret) {
  WebPrincipal *who = g_new0(WebPrincipal, 1);
  who->name = g_strdup(account->name);
  who->role = account->role;
  who->tenants = web_tenants_split(account->tenants);
  who->email = g_strdup(account->email);
  who->account = account->id;
  who->session = g_strdup(hash);
  who->csrf = access_csrf(secret);
  return who;
}

/* What a page asks for by itself shows that it is open, not that somebody is there. */
static bool
is_by_itself(const WebRequest *request) {
  return web_fields_get(request->headers, "X-Refresh") != NULL ||
         g_str_has_suffix(request->path, "/events");
}

/* That it cannot be noted is no reason to turn somebody away. */
static void
touch(const WebCall *call, const StoreSession *session) {
  g_autoptr(GError) error = NULL;
  gint64 age = call->now - session->timeused;
  if (age >= 0 && age < TOUCH_S)
    return;
  if (!store_access(call)->session_touch(call->store, session->hash, call->now, &error))
    log_warning("web", "the use of a session could not be noted: %s", error->message);
}

bool
access_session_identify(const WebCall *call, WebPrincipal **who, GError **error) {
  const char *secret = cookie_get(call->request, ACCESS_COOKIE);
  *who = NULL;
  if (!access_is_secret(secret))
    return true;
  autochar hash = access_hash_secret(secret);
  g_autoptr(StoreSession) session = NULL;
  g_autoptr(StoreAccount) account = NULL;
  if (!store_access(call)->session_find(call->store, hash, &session, &account, error))
    return false;
  if (session == NULL || account == NULL || session_is_over(call, session))
    return true;
  if (!is_by_itself(call->request))
    touch(call, session);
  *who = principal_of(account, hash, secret);
  return true;
}

GPtrArray *
access_sessions(const WebCall *call, GError **error) {
  GPtrArray *sessions = store_access(call)->session_list(call->store, call->who->account, error);
  for (guint i = sessions == NULL ? 0 : sessions->len; i > 0; i--)
    if (session_is_over(call, g_ptr_array_index(sessions, i - 1)))
      g_ptr_array_remove_index(sessions, i - 1);
  return sessions;
}

/* ── signing in ── */

/* Others may have failed while this one waited for its turn, so it is asked again whether it may.
 */
static bool
try_in_turn(const WebCall *call, const AccessKeys *keys, const StoreAccount *account,
            const char *password, bool *ok, gint64 *wait, GError **error) {
  if (!access_attempts_wait(call, keys, wait, error))
    return false;
  if (*wait > 0)
    return true;
  if (!access_turn_check(account, password, ok, error))
    return false;
  return *ok ? access_attempts_succeeded(call, keys, error)
             : access_attempts_failed(call, keys, error);
}

/* `name` as access_name() gives it, NULL: none. */
static bool
try_password(const WebCall *call, const char *name, const StoreAccount *account,
             const char *password, bool *ok, gint64 *wait, GError **error) {
  g_auto(AccessKeys) keys = access_keys(call, name, account);
  *ok = false;
  if (!access_attempts_wait(call, &keys, wait, error))
    return false;
  if (*wait > 0)
    return true;
  if (!access_turn_take(error))
    return false;
  bool done = try_in_turn(call, &keys, account, password, ok, wait, error);
  access_turn_give();
  return done;
}

static bool
set_password(StoreAccount *account, gpointer hash) {
  access_account_set(&account->password, hash);
  return true;
}

/* Hashes were cheaper in the past; now that the password is at hand it gets a better one. */
static void
renew_hash(const WebCall *call, StoreAccount *account, const char *password) {
  g_autoptr(GError) error = NULL;
  bool found;
  if (!access_outdated(account))
    return;
  autochar hash = access_hash_password(password, &error);
  if (hash != NULL && access_account_change(call->store, account->name, call->now, set_password,
                                            hash, &found, &error))
    set_password(account, hash);
  else
    log_warning("web", "the password of %s keeps its old hash: %s", account->name, error->message);
}

/* Room for one more. */
static bool
end_oldest(const WebCall *call, gint64 account, GError **error) {
  g_autoptr(GPtrArray) sessions = store_access(call)->session_list(call->store, account, error);
  for (guint i = ACCESS_MAX_SESSIONS - 1; sessions != NULL && i < sessions->len; i++) {
    const StoreSession *session = g_ptr_array_index(sessions, i);
    if (!store_access(call)->session_remove(call->store, session->hash, error))
      return false;
  }
  return sessions != NULL;
}

static bool
tidy(const WebCall *call, gint64 account, GError **error) {
  if (call->who != NULL && call->who->session != NULL &&
      !store_access(call)->session_remove(call->store, call->who->session, error))
    return false;
  return store_access(call)->session_purge(call->store, call->now - idle_span(call),
                                           call->now - whole_span(call), error) &&
         end_oldest(call, account, error);
}

static void
set_cookies(WebCall *call, const StoreAccount *account, const char *secret) {
  cookie_set(call, ACCESS_COOKIE, secret, 0, 0);
  cookie_set(call, ACCESS_COOKIE_HERE, "1", 0, COOKIE_FROM_LINKS);
  access_device_set(call, account);
  if (!text_empty(account->language) &&
      web_fields_get(call->request->cookies, COOKIE_LANGUAGE) == NULL)
    cookie_set_language(call, account->language);
}

/* Always a new one: nobody can have put its secret into the browser before. */
static bool
begin_session(WebCall *call, const StoreAccount *account, GError **error) {
  autochar secret = access_new_secret();
  autochar hash = access_hash_secret(secret);
  const StoreSession session = { .hash = hash,
                                 .account = account->id,
                                 .address = (char *)call->request->address,
                                 .timecreated = call->now,
                                 .timeused = call->now };
  if (!tidy(call, account->id, error) ||
      !store_access(call)->session_add(call->store, &session, error))
    return false;
  set_cookies(call, account, secret);
  return true;
}

bool
access_sign_in(WebCall *call, const char *name, const char *password, bool *ok, gint64 *wait,
               GError **error) {
  autochar kept = access_name(name, NULL);
  g_autoptr(StoreAccount) account = NULL;
  *ok = false;
  *wait = 0;
  if (kept != NULL && !store_access(call)->account_find(call->store, kept, &account, error))
    return false;
  if (!try_password(call, kept, account, password, ok, wait, error))
    return false;
  if (*wait > 0)
    return true;
  if (!*ok || account == NULL) {
    autochar tried = text_display(name, -1, ACCESS_MAX_NAME);
    access_audit(call, NULL, "sign-in", tried, "refused");
    return true;
  }
  renew_hash(call, account, password);
  if (!begin_session(call, account, error))
    return false;
  access_audit(call, account->name, "sign-in", account->name, NULL);
  return true;
}

/* ── signing out ── */

bool
access_sign_out(WebCall *call, bool everywhere, GError **error) {
  bool done = everywhere
                  ? store_access(call)->session_remove_all(call->store, call->who->account, NULL,
                                                           NULL, error)
                  : store_access(call)->session_remove(call->store, call->who->session, error);
  if (!done)
    return false;
  cookie_drop(call, ACCESS_COOKIE, 0);
  cookie_drop(call, ACCESS_COOKIE_HERE, COOKIE_FROM_LINKS);
  web_audit(call, everywhere ? "sign-out-everywhere" : "sign-out", call->who->name, NULL);
  return true;
}

/* ── a new password ── */

static bool
replace_password(WebCall *call, const char *wanted, GError **error) {
  autochar hash = access_hash_password(wanted, error);
  g_autoptr(StoreAccount) account = NULL;
  bool found;
  if (hash == NULL ||
      !access_account_change(call->store, call->who->name, call->now, set_password, hash, &found,
                             error) ||
      !store_access(call)->session_remove_all(call->store, call->who->account, call->who->session,
                                              NULL, error) ||
      !store_access(call)->account_find(call->store, call->who->name, &account, error))
    return false;
  if (account != NULL)
    access_device_set(call, account);
  return true;
}

bool
access_change_password(WebCall *call, const char *present, const char *wanted, bool *ok,
                       gint64 *wait, GError **error) {
  g_autoptr(StoreAccount) account = NULL;
  *ok = false;
  *wait = 0;
  if (!store_access(call)->account_find(call->store, call->who->name, &account, error) ||
      !try_password(call, call->who->name, account, present, ok, wait, error))
    return false;
  if (*wait > 0)
    return true;
  if (*ok && !replace_password(call, wanted, error))
    return false;
  web_audit(call, "password", call->who->name, *ok ? NULL : "refused");
  return true;
}
