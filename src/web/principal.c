/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/principal.h"

#include "base/text.h"

void
web_principal_free(WebPrincipal *principal) {
  if (principal == NULL)
    return;
  g_free(principal->name);
  g_strfreev(principal->tenants);
  g_free(principal->email);
  g_free(principal->session);
  g_free(principal->csrf);
  g_free(principal);
}

char **
web_tenants_split(const char *tenants) {
  return text_empty(tenants) ? NULL : g_strsplit(tenants, ",", -1);
}

bool
web_principal_sees_all(const WebPrincipal *principal) {
  return principal->tenants == NULL;
}

bool
web_principal_sees(const WebPrincipal *principal, const char *tenant) {
  return principal->tenants == NULL ||
         g_strv_contains((const char *const *)principal->tenants, tenant);
}

bool
web_principal_sees_run(const WebPrincipal *principal, const char *tenants) {
  if (principal->tenants == NULL || text_empty(tenants))
    return true;
  g_auto(GStrv) of_run = g_strsplit(tenants, ",", -1);
  for (char **tenant = of_run; *tenant != NULL; tenant++)
    if (web_principal_sees(principal, *tenant))
      return true;
  return false;
}

bool
web_principal_may_start(const WebPrincipal *principal, const char *const *tenants) {
  if (principal->tenants == NULL)
    return true;
  if (tenants == NULL || *tenants == NULL)
    return false;
  for (; *tenants != NULL; tenants++)
    if (!web_principal_sees(principal, *tenants))
      return false;
  return true;
}
