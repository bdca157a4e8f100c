/* What an account or a token is given on the command line, and the audit log's word of it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli/command.h"
#include "store/store.h"

/* The role of --role. False: *code. */
bool grant_role(CommandContext *context, const char *word, StoreRole *role, int *code);

/* "FD,HP" of the --tenant options, in configured order and each once; "" for NULL. Reads the
 * configuration. False: *code. *tenants is freed with g_free(). */
bool grant_tenants(CommandContext *context, char *const *given, char **tenants, int *code);

/* Whether both go together: an administrator sees everything. False: *code. */
bool grant_fits(CommandContext *context, StoreRole role, const char *tenants, int *code);

/* Notes in the audit log that whoever calls the program did it. False: *code, and the reason was
 * printed. */
bool grant_audit(const CommandContext *context, Store *store, const char *action,
                 const char *subject, int *code);

/* "admin", "viewer of FD,HP": what the audit log and messages say of it. Free with g_free(). */
char *grant_text(StoreRole role, const char *tenants);

/* For JSON: ["FD","HP"], or null for all. */
json_t *grant_tenants_json(const char *tenants);
