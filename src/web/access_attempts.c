/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <string.h>

#include "base/text.h"
#include "web/access_private.h"

/* ── keys ── */

void
access_keys_clear(AccessKeys *keys) {
  g_clear_pointer(&keys->account, g_free);
  g_clear_pointer(&keys->address, g_free);
}

/* A household, a firm has 2^64 addresses of version 6 to try from: they count as one. */
static char *
network_of(const char *address) {
  struct in6_addr six;
  char text[INET6_ADDRSTRLEN];
  autochar bare = g_strndup(address, strcspn(address, "%"));
  if (inet_pton(AF_INET6, bare, &six) != 1)
    return text_display(address, -1, INET6_ADDRSTRLEN);
  if (IN6_IS_ADDR_V4MAPPED(&six)) {
    inet_ntop(AF_INET, six.s6_addr + 12, text, sizeof text);
    return g_strdup(text);
  }
  memset(six.s6_addr + 8, 0, 8);
  inet_ntop(AF_INET6, &six, text, sizeof text);
  return g_strconcat(text, "/64", NULL);
}

AccessKeys
access_keys(const WebCall *call, const char *name, const StoreAccount *account) {
  AccessKeys keys = { 0 };
  autochar device = account == NULL ? NULL : access_device(call, account);
  if (device != NULL) {
    keys.account = g_strdup_printf("device %s %s", name, device);
    return keys;
  }
  autochar network = network_of(call->request->address);
  keys.address = g_strconcat("address ", network, NULL);
  if (name != NULL)
    keys.account = g_strconcat("account ", name, NULL);
  return keys;
}

/* ── waiting ── */

static gint64
wait_of(const StoreAttempts *attempts, guint free_tries, gint64 now) {
  if (attempts->failures < free_tries || access_is_over(attempts->last, ACCESS_WINDOW_S, now))
    return 0;
  gint64 span = ACCESS_FIRST_WAIT_S;
  for (guint i = free_tries; i < attempts->failures && span < ACCESS_MAX_WAIT_S; i++)
    span *= 2;
  gint64 left = attempts->last + MIN(span, ACCESS_MAX_WAIT_S) - now;
  return CLAMP(left, 0, ACCESS_MAX_WAIT_S);
}

static bool
look_at(const WebCall *call, const char *key, guint free_tries, gint64 *wait, GError **error) {
  StoreAttempts attempts = { 0 };
  if (key == NULL)
    return true;
  if (!call->store->class->access->attempts_get(call->store, key, &attempts, error))
    return false;
  *wait = MAX(*wait, wait_of(&attempts, free_tries, call->now));
  return true;
}

bool
access_attempts_wait(const WebCall *call, const AccessKeys *keys, gint64 *wait, GError **error) {
  *wait = 0;
  return look_at(call, keys->account, ACCESS_FREE_TRIES, wait, error) &&
         look_at(call, keys->address, ACCESS_FREE_TRIES_ADDRESS, wait, error);
}

/* ── counting ── */

/* Who makes a new row takes those away that count no more, so that they never pile up. */
static bool
count(const WebCall *call, const char *key, GError **error) {
  const StoreAccess *access = call->store->class->access;
  StoreAttempts after;
  if (key == NULL)
    return true;
  if (!access->attempts_add(call->store, key, call->now, ACCESS_WINDOW_S, &after, error))
    return false;
  return after.failures > 1 ||
         access->attempts_purge(call->store, call->now - ACCESS_WINDOW_S, error);
}

bool
access_attempts_failed(const WebCall *call, const AccessKeys *keys, GError **error) {
  return count(call, keys->account, error) && count(call, keys->address, error);
}

bool
access_attempts_succeeded(const WebCall *call, const AccessKeys *keys, GError **error) {
  return keys->account == NULL ||
         call->store->class->access->attempts_clear(call->store, keys->account, error);
}
