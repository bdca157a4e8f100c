/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/tenants.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "config/lines.h"
#include "config/secret.h"

typedef struct {
  ValueContext *context;
  GPtrArray *tenants;  /* of ConfigTenant; the Config's */
  GHashTable *by_abbr; /* char * → ConfigTenant * */
  GHashTable *by_slug; /* char * → ConfigTenant *; only with keys-dir */
  GHashTable *groups;  /* abbreviation → KeyfileGroup */
} Listing;

static bool
good_abbr(const char *abbr) {
  if (text_empty(abbr) || strchr(abbr, '/') != NULL)
    return false;
  for (const char *p = abbr; *p != '\0'; p = g_utf8_next_char(p))
    if (g_unichar_iscntrl(g_utf8_get_char(p)))
      return false;
  return true;
}

/* Appends a tenant named on `line` of `file`. */
static void
add(Listing *listing, const char *abbr, const char *name, const char *file, guint line) {
  Issues *issues = listing->context->issues;
  if (!good_abbr(abbr)) {
    issues_add(issues, CONFIG_ERROR_TENANT, file, line,
               "a tenant's abbreviation is empty or holds '/' or control characters; write it as "
               "its company in Moodle has it, for example FD");
    return;
  }
  if (g_hash_table_contains(listing->by_abbr, abbr)) {
    issues_add(issues, CONFIG_ERROR_TENANT, file, line,
               "tenant %s is listed twice; remove one of them", abbr);
    return;
  }
  if (listing->tenants->len == TENANTS_MAX) {
    issues_add(issues, CONFIG_ERROR_TENANT, file, line,
               "more than %d tenants; remove those that are not needed", TENANTS_MAX);
    return;
  }
  if (listing->by_slug != NULL) {
    g_autofree char *slug = text_slug_bytes(abbr);
    const ConfigTenant *other = g_hash_table_lookup(listing->by_slug, slug);
    if (other != NULL)
      issues_add(issues, CONFIG_ERROR_TENANT, file, line,
                 "tenants %s and %s would share the file %s in [tenants] keys-dir; give each its "
                 "apikey-file in a group [tenant …] and leave keys-dir out",
                 other->abbr, abbr, slug);
  }
  ConfigTenant *tenant = g_new0(ConfigTenant, 1);
  tenant->abbr = g_strdup(abbr);
  tenant->name = g_strdup(name);
  g_ptr_array_add(listing->tenants, tenant);
  g_hash_table_insert(listing->by_abbr, tenant->abbr, tenant);
  if (listing->by_slug != NULL)
    g_hash_table_insert(listing->by_slug, text_slug_bytes(abbr), tenant);
}

static void
add_line(Listing *listing, const char *text, const char *file, guint line) {
  g_auto(GStrv) columns = g_strsplit(text, "\t", -1);
  g_autofree char *name = text_trim(columns[0]);
  if (g_strv_length(columns) != 2 || *name == '\0') {
    issues_add(listing->context->issues, CONFIG_ERROR_TENANT, file, line,
               "this is not a tenant; write its name, one tab and its abbreviation");
    return;
  }
  g_autofree char *abbr = text_trim(columns[1]);
  add(listing, abbr, name, file, line);
}

static void
add_from_file(Listing *listing) {
  ValueContext *context = listing->context;
  const char *path = context->config->tenant_list.file;
  if (path == NULL)
    return;
  guint bad_line;
  g_autoptr(GError) cause = NULL;
  g_auto(GStrv) lines = lines_read(path, KEYFILE_MAX_BYTES, NULL, &bad_line, &cause);
  if (lines == NULL) {
    const KeyfileEntry *entry = keyfile_find(context->file, "tenants", "file");
    if (bad_line > 0)
      issues_add(context->issues, CONFIG_ERROR_TENANT, path, bad_line, "%s; save the file as UTF-8",
                 cause->message);
    else
      value_complain(context, CONFIG_ERROR_TENANT, entry,
                     ": %s %s; correct the name or put the list of tenants there", path,
                     cause->message);
    return;
  }
  for (guint i = 0; lines[i] != NULL; i++) {
    const char *text = lines[i];
    if (text[strspn(text, " \t")] != '\0' && *text != '#')
      add_line(listing, text, path, i + 1);
  }
}

/* Notes which group refines which tenant, and appends those that no file lists. */
static void
add_from_groups(Listing *listing) {
  const GPtrArray *groups = keyfile_groups(listing->context->file);
  const char *path = keyfile_path(listing->context->file);
  for (guint i = 0; i < groups->len; i++) {
    KeyfileGroup *group = g_ptr_array_index(groups, i);
    if (g_strcmp0(config_keys_group(group->name), "tenant") != 0)
      continue;
    g_autofree char *abbr = text_trim(group->name + strlen("tenant "));
    const KeyfileGroup *first = g_hash_table_lookup(listing->groups, abbr);
    if (first != NULL) {
      issues_add(listing->context->issues, CONFIG_ERROR_TENANT, path, group->line,
                 "tenant %s is given twice, first on line %u; put its keys together", abbr,
                 first->line);
      continue;
    }
    if (!g_hash_table_contains(listing->by_abbr, abbr))
      add(listing, abbr, "", path, group->line);
    g_hash_table_insert(listing->groups, g_steal_pointer(&abbr), group);
  }
}

/* The apikey from keys-dir, when the tenant's group gives none. No file: the tenant is not
 * configured. */
static void
read_from_keys_dir(Listing *listing, ConfigTenant *tenant) {
  ValueContext *context = listing->context;
  g_autofree char *slug = text_slug_bytes(tenant->abbr);
  g_autofree char *path = secret_path_in(context->config->tenant_list.keys_dir, slug);
  if (access(path, F_OK) != 0 && errno == ENOENT)
    return;
  g_autoptr(GError) cause = NULL;
  char *secret = secret_read(path, &cause);
  if (secret == NULL) {
    value_complain(context, CONFIG_ERROR_SECRET, keyfile_find(context->file, "tenants", "keys-dir"),
                   ": %s", cause->message);
    return;
  }
  g_free(tenant->apikey);
  tenant->apikey = secret;
}

static void
refine(Listing *listing, ConfigTenant *tenant) {
  ValueContext *context = listing->context;
  const Config *config = context->config;
  const KeyfileGroup *group = g_hash_table_lookup(listing->groups, tenant->abbr);
  const char *group_name = group == NULL ? NULL : group->name;
  g_autofree char *listed = g_strdup(tenant->name);
  guint count;
  const ConfigKey *keys = config_keys_all(&count);
  for (guint i = 0; i < count; i++)
    if (g_str_equal(keys[i].group, "tenant"))
      value_set(context, &keys[i], group_name, tenant);
  if (*tenant->name == '\0') {
    g_free(tenant->name);
    tenant->name = g_steal_pointer(&listed);
  }
  if (*tenant->name == '\0' && group != NULL)
    issues_add(context->issues, CONFIG_ERROR_TENANT, keyfile_path(context->file), group->line,
               "[%s] has no name; write name=… as its company in Moodle has it", group_name);
  if (*tenant->apikey == '\0' && listing->by_slug != NULL)
    read_from_keys_dir(listing, tenant);
  if (group != NULL && !value_pair_whole(context, group_name, tenant->certificate, tenant->key))
    return;
  if (tenant->certificate == NULL) {
    tenant->certificate = g_strdup(config->zms.certificate);
    tenant->key = g_strdup(config->zms.key);
  }
}

static bool
check_keys_dir(ValueContext *context) {
  const char *path = context->config->tenant_list.keys_dir;
  if (path == NULL || secret_handed_over(path))
    return true;
  const KeyfileEntry *entry = keyfile_find(context->file, "tenants", "keys-dir");
  bool enters = access(path, X_OK) == 0;
  if (!enters && errno == EACCES)
    value_complain(context, CONFIG_ERROR_SECRET, entry,
                   ": this user may not look into %s; run this as one who may, such as root", path);
  else if (!g_file_test(path, G_FILE_TEST_IS_DIR))
    value_complain(context, CONFIG_ERROR_SECRET, entry,
                   ": %s is not a folder; make it, with one file for each tenant's apikey", path);
  else
    return true;
  return false;
}

void
tenants_load(ValueContext *context) {
  Config *config = context->config;
  g_autoptr(GHashTable) by_abbr = g_hash_table_new(g_str_hash, g_str_equal);
  g_autoptr(GHashTable) by_slug = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(GHashTable) groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  bool keys_dir = check_keys_dir(context) && config->tenant_list.keys_dir != NULL;
  Listing listing = { .context = context,
                      .tenants = config->tenants,
                      .by_abbr = by_abbr,
                      .by_slug = keys_dir ? by_slug : NULL,
                      .groups = groups };
  add_from_file(&listing);
  add_from_groups(&listing);
  for (guint i = 0; i < config->tenants->len; i++)
    refine(&listing, g_ptr_array_index(config->tenants, i));
  if (config->tenants->len == 0)
    value_warn(context, 0,
               "no tenant is configured, so there is nothing to copy; name a list with [tenants] "
               "file=… or write a group such as [tenant FD]");
}
