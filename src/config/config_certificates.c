/* Whether the configured certificates can be used; each pair is looked at once, however many
 * tenants use it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/config.h"

#include "config/certificate.h"

/* Most tenants that a message names. */
#define NAMED_MAX 5

/* Whether a tenant uses the pair of this certificate and key. */
static bool
uses(const ConfigTenant *tenant, const char *certificate, const char *key) {
  return g_strcmp0(tenant->certificate, certificate) == 0 && g_strcmp0(tenant->key, key) == 0;
}

/* "tenants FD, KS and 3 more"; "" when no tenant uses the pair. */
static char *
users(const Config *config, const char *certificate, const char *key) {
  g_autoptr(GString) text = g_string_new(NULL);
  guint count = 0;
  for (guint i = 0; i < config->tenants->len; i++) {
    const ConfigTenant *tenant = g_ptr_array_index(config->tenants, i);
    if (!uses(tenant, certificate, key))
      continue;
    if (count++ < NAMED_MAX)
      g_string_append_printf(text, "%s%s", count > 1 ? ", " : "", tenant->abbr);
  }
  if (count == 0)
    return g_strdup("");
  if (count > NAMED_MAX)
    g_string_append_printf(text, " and %u more", count - NAMED_MAX);
  return g_strdup_printf("%s %s", count == 1 ? "tenant" : "tenants", text->str);
}

static void
check(const Config *config, const char *who, const char *certificate, const char *key, gint64 now,
      GString *wrong) {
  g_autoptr(GError) cause = NULL;
  if (certificate_check(certificate, key, now, &cause))
    return;
  g_autofree char *tenants = users(config, certificate, key);
  if (wrong->len > 0)
    g_string_append_c(wrong, '\n');
  g_string_append_printf(wrong, "%s%s%s: %s", who, *who != '\0' && *tenants != '\0' ? ", " : "",
                         tenants, cause->message);
}

bool
config_check_general_certificate(const Config *config, gint64 now, GError **error) {
  if (config->zms.certificate == NULL || config->zms.key == NULL ||
      certificate_check(config->zms.certificate, config->zms.key, now, error))
    return true;
  g_prefix_error(error, "general certificate: ");
  return false;
}

bool
config_check_tenant_certificate(const ConfigTenant *tenant, gint64 now, GError **error) {
  return tenant->certificate == NULL || tenant->key == NULL ||
         certificate_check(tenant->certificate, tenant->key, now, error);
}

bool
config_check_web_certificate(const Config *config, gint64 now, GError **error) {
  if (config->web.certificate == NULL || config->web.key == NULL ||
      certificate_check(config->web.certificate, config->web.key, now, error))
    return true;
  g_prefix_error(error, "the pages' certificate ([web]): ");
  return false;
}

bool
config_check_certificates(const Config *config, gint64 now, GError **error) {
  g_autoptr(GString) wrong = g_string_new(NULL);
  const char *certificate = config->zms.certificate, *key = config->zms.key;
  if (certificate != NULL && key != NULL)
    check(config, "general certificate", certificate, key, now, wrong);
  for (guint i = 0; i < config->tenants->len; i++) {
    const ConfigTenant *tenant = g_ptr_array_index(config->tenants, i);
    if (tenant->certificate == NULL || uses(tenant, certificate, key))
      continue;
    bool seen = false;
    for (guint j = 0; j < i && !seen; j++)
      seen = uses(g_ptr_array_index(config->tenants, j), tenant->certificate, tenant->key);
    if (!seen)
      check(config, "", tenant->certificate, tenant->key, now, wrong);
  }
  if (wrong->len == 0)
    return true;
  g_set_error_literal(error, CONFIG_ERROR, CONFIG_ERROR_CERTIFICATE, wrong->str);
  return false;
}

GPtrArray *
config_certificate_paths(const Config *config) {
  GPtrArray *paths = g_ptr_array_new();
  if (config->zms.certificate != NULL)
    g_ptr_array_add(paths, config->zms.certificate);
  for (guint i = 0; i < config->tenants->len; i++) {
    const ConfigTenant *tenant = g_ptr_array_index(config->tenants, i);
    if (tenant->certificate != NULL &&
        !g_ptr_array_find_with_equal_func(paths, tenant->certificate, g_str_equal, NULL))
      g_ptr_array_add(paths, tenant->certificate);
  }
  if (config->web.certificate != NULL &&
      !g_ptr_array_find_with_equal_func(paths, config->web.certificate, g_str_equal, NULL))
    g_ptr_array_add(paths, config->web.certificate);
  return paths;
}
