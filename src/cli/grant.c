/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/grant.h"

#include <string.h>

#include "base/text.h"
#include "cli/session.h"

bool
grant_role(CommandContext *context, const char *word, StoreRole *role, int *code) {
  if (word == NULL)
    *code = command_usage_error(context, "give --role admin, operator or viewer");
  else if (!store_role_parse(word, role))
    *code = command_usage_error(context, "--role %s is none of admin, operator and viewer", word);
  else
    return true;
  return false;
}

static bool
are_configured(CommandContext *context, char *const *given, int *code) {
  for (; *given != NULL; given++)
    if (config_tenant(context->config, *given) == NULL) {
      *code = command_usage_error(
          context, "no tenant “%s” is configured; lehrgaenge tenants lists them", *given);
      return false;
    }
  return true;
}

bool
grant_tenants(CommandContext *context, char *const *given, char **tenants, int *code) {
  *code = EXIT_USAGE;
  const Config *config = command_config(context);
  if (config == NULL || (given != NULL && !are_configured(context, given, code)))
    return false;
  GString *joined = g_string_new(NULL);
  for (guint i = 0; given != NULL && i < config->tenants->len; i++) {
    const ConfigTenant *tenant = g_ptr_array_index(config->tenants, i);
    if (g_strv_contains((const char *const *)given, tenant->abbr))
      g_string_append_printf(joined, "%s%s", joined->len > 0 ? "," : "", tenant->abbr);
  }
  *tenants = g_string_free(joined, FALSE);
  return true;
}

bool
grant_fits(CommandContext *context, StoreRole role, const char *tenants, int *code) {
  if (role != ROLE_ADMIN || text_empty(tenants))
    return true;
  *code = command_usage_error(context, "an administrator sees all tenants; bind an operator or "
                                       "viewer to some, or give --all-tenants");
  return false;
}

bool
grant_audit(const CommandContext *context, Store *store, const char *action, const char *subject,
            int *code) {
  autochar actor = g_strdup_printf("cli %s", session_starter());
  const StoreAuditRow row = { .time = clock_now(context->clock),
                              .actor = actor,
                              .address = "",
                              .action = action,
                              .subject = subject,
                              .outcome = "ok" };
  g_autoptr(GError) error = NULL;
  if (store->class->access->audit_add(store, &row, &error))
    return true;
  command_error("it was done, but the audit log misses it: %s", error->message);
  *code = EXIT_FAILED;
  return false;
}

char *
grant_text(StoreRole role, const char *tenants) {
  return g_strconcat(store_role_word(role), text_empty(tenants) ? "" : " of ", tenants, NULL);
}

json_t *
grant_tenants_json(const char *tenants) {
  if (text_empty(tenants))
    return json_null();
  json_t *list = json_array();
  g_auto(GStrv) each = g_strsplit(tenants, ",", -1);
  for (char **tenant = each; *tenant != NULL; tenant++)
    json_array_append_new(list, json_string(*tenant));
  return list;
}
