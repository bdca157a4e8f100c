/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/text.h"
#include "web/access_private.h"
#include "web/cookie.h"

/* How long a browser stays known. */
#define DEVICE_S ((gint64)180 * 24 * 60 * 60)

/* Keyed by the password's hash, which only the store has: nothing more must be kept, and all of
 * them end with the password. */
static char *
proof_of(const StoreAccount *account, const char *device) {
  autochar text = g_strjoin("\n", account->password, account->name, device, NULL);
  return access_digest(ACCESS_FOR_DEVICE, text);
}

void
access_device_set(WebCall *call, const StoreAccount *account) {
  autochar device = access_new_secret();
  autochar proof = proof_of(account, device);
  autochar value = g_strconcat(device, ".", proof, NULL);
  cookie_set(call, ACCESS_COOKIE_DEVICE, value, DEVICE_S, 0);
}

char *
access_device(const WebCall *call, const StoreAccount *account) {
  const char *value = cookie_get(call->request, ACCESS_COOKIE_DEVICE);
  const char *dot = value == NULL ? NULL : strchr(value, '.');
  if (dot == NULL)
    return NULL;
  autochar device = g_strndup(value, (gsize)(dot - value));
  if (!access_is_secret(device))
    return NULL;
  autochar proof = proof_of(account, device);
  return access_equal(proof, dot + 1) ? g_steal_pointer(&device) : NULL;
}
