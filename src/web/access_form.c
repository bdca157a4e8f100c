/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"
#include "web/access_private.h"
#include "web/cookie.h"

/* From a link of another site, too: a second page to sign in must not spoil the form of the first.
 */
char *
access_form_token(WebCall *call) {
  const char *present = cookie_get(call->request, ACCESS_COOKIE_FORM);
  if (access_is_secret(present))
    return access_csrf(present);
  autochar secret = access_new_secret();
  cookie_set(call, ACCESS_COOKIE_FORM, secret, 0, COOKIE_FROM_LINKS);
  return access_csrf(secret);
}

bool
access_form_holds(const WebCall *call) {
  const char *secret = cookie_get(call->request, ACCESS_COOKIE_FORM);
  if (!access_is_secret(secret))
    return false;
  autochar token = access_csrf(secret);
  return access_equal(web_form(call, "csrf"), token);
}
