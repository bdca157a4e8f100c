/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/access.h"
G_DEFINE_QUARK(lehrgaenge - access - error - quark, access_error)
bool
access_equal(const char *left, const char *right) {
  return left != NULL && right != NULL && g_str_equal(left, right);
}
bool
access_identify(const WebCall *call, WebPrincipal **who, GError **error) {
  (void)call, (void)error;
  *who = NULL;
  return true;
}
