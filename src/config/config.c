/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/config.h"

#include <string.h>

#include "base/listen.h"
#include "base/text.h"
#include "config/address.h"
#include "config/config_keys.h"
#include "config/issues.h"
#include "config/keyfile.h"
#include "config/network.h"
#include "config/tenants.h"
#include "config/value.h"

G_DEFINE_QUARK(config_error_quark, config_error)

static void
tenant_free(gpointer data) {
  ConfigTenant *tenant = data;
  g_free(tenant->abbr);
  g_free(tenant->name);
  g_free(tenant->apikey);
  g_free(tenant->certificate);
  g_free(tenant->key);
  g_free(tenant);
}

static Config *
config_new(const char *path) {
  Config *config = g_new0(Config, 1);
  config->file = g_canonicalize_filename(path, NULL);
  g_atomic_ref_count_init(&config->holders);
  config->courses = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  config->tenants = g_ptr_array_new_with_free_func(tenant_free);
  config->warnings = g_ptr_array_new_with_free_func(g_free);
  return config;
}

/* Whether a field of this type is a char * of its own. */
static bool
is_text(ConfigKeyType type) {
  return type != CONFIG_KEY_INT && type != CONFIG_KEY_SWITCH;
}

Config *
config_ref(Config *config) {
  g_atomic_ref_count_inc(&config->holders);
  return config;
}

void
config_free(Config *config) {
  if (config == NULL || !g_atomic_ref_count_dec(&config->holders))
    return;
  guint count;
  const ConfigKey *keys = config_keys_all(&count);
  for (guint i = 0; i < count; i++)
    if (is_text(keys[i].type) && !g_str_equal(keys[i].group, "tenant"))
      g_free(G_STRUCT_MEMBER(char *, config, keys[i].offset));
  g_clear_pointer(&config->moodle.timezone, g_time_zone_unref);
  status_table_free(config->status);
  g_hash_table_unref(config->courses);
  g_ptr_array_unref(config->tenants);
  g_ptr_array_unref(config->warnings);
  g_free(config->file);
  g_free(config);
}

static void
check_group_names(ValueContext *context, const KeyfileGroup *group, const char *known) {
  for (guint i = 0; i < group->entries->len; i++) {
    const KeyfileEntry *entry = g_ptr_array_index(group->entries, i);
    if (config_keys_find(known, entry->key) != NULL)
      continue;
    g_autofree char *remedy = config_keys_suggest_key(known, entry->key);
    value_complain(context, CONFIG_ERROR_KEY, entry, " is not a known key; %s", remedy);
  }
}

static void
check_names(ValueContext *context) {
  const GPtrArray *groups = keyfile_groups(context->file);
  for (guint i = 0; i < groups->len; i++) {
    const KeyfileGroup *group = g_ptr_array_index(groups, i);
    const char *known = config_keys_group(group->name);
    if (known == NULL) {
      g_autofree char *remedy = config_keys_suggest_group(group->name);
      issues_add(context->issues, CONFIG_ERROR_KEY, keyfile_path(context->file), group->line,
                 "[%s] is not a known group; %s", group->name, remedy);
    } else if (!config_keys_free_form(known)) {
      check_group_names(context, group, known);
    }
  }
}

/* In the table's order: certificationpath before the certificates that are looked up there. */
static void
set_keys(ValueContext *context) {
  Config *config = context->config;
  guint count;
  const ConfigKey *keys = config_keys_all(&count);
  for (guint i = 0; i < count; i++) {
    if (g_str_equal(keys[i].group, "tenant"))
      continue;
    value_set(context, &keys[i], keys[i].group, config);
    if (config->zms.certificationpath == NULL && g_str_equal(keys[i].name, "certificationpath"))
      config->zms.certificationpath = g_strdup(context->folder);
  }
  config->moodle.timezone = g_time_zone_new_identifier(config->moodle.timezone_name);
}

/* The entries of a free-form group; NULL when it is left out or holds nothing. */
static const GPtrArray *
free_entries(const ValueContext *context, const char *name) {
  const KeyfileGroup *group = keyfile_group(context->file, name);
  return group == NULL || group->entries->len == 0 ? NULL : group->entries;
}

static void
set_courses(ValueContext *context) {
  GHashTable *courses = context->config->courses;
  const GPtrArray *entries = free_entries(context, "courses");
  if (entries == NULL) {
    for (const char *const *pair = config_keys_default_courses; *pair != NULL; pair += 2)
      g_hash_table_insert(courses, g_strdup(pair[0]), g_strdup(pair[1]));
    return;
  }
  for (guint i = 0; i < entries->len; i++) {
    const KeyfileEntry *entry = g_ptr_array_index(entries, i);
    if (*entry->value == '\0')
      value_complain(context, CONFIG_ERROR_VALUE, entry,
                     " has no course name; write %s=NAME, or remove the line", entry->key);
    else
      g_hash_table_insert(courses, g_strdup(entry->key), g_strdup(entry->value));
  }
}

static void
set_status(ValueContext *context) {
  const GPtrArray *entries = free_entries(context, "status");
  if (entries == NULL) {
    context->config->status = status_table_new_default();
    return;
  }
  StatusTable *table = context->config->status = status_table_new();
  g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < entries->len; i++) {
    KeyfileEntry *entry = g_ptr_array_index(entries, i);
    g_autofree char *word = g_utf8_strup(entry->key, -1);
    const KeyfileEntry *first = g_hash_table_lookup(seen, word);
    g_autofree char *value = text_display(entry->value, -1, 80);
    if (first != NULL)
      value_complain(context, CONFIG_ERROR_KEY, entry,
                     " is the same word as %s on line %u; remove one of them", first->key,
                     first->line);
    else if (!status_table_set(table, entry->key, entry->value))
      value_complain(
          context, CONFIG_ERROR_VALUE, entry,
          "=%s is not understood; write the first word of the status (no '_' in it) and one "
          "of angemeldet, bestanden, abgemeldet, noop, for example EINBERUFEN=angemeldet",
          value);
    g_hash_table_insert(seen, g_steal_pointer(&word), entry);
  }
}

/* Where a complaint about a key that is missing points to: the key, else the group, else the file.
 */
static guint
line_near(const ValueContext *context, const char *group, const char *key) {
  const KeyfileEntry *entry = keyfile_find(context->file, group, key);
  const KeyfileGroup *found = keyfile_group(context->file, group);
  return entry != NULL ? entry->line : found != NULL ? found->line : 0;
}

/* Whether the file gives the key at all, rightly or not: a wrong one has been complained about
 * already. */
static bool
given(const ValueContext *context, const char *group, const char *key) {
  const KeyfileEntry *entry = keyfile_find(context->file, group, key);
  return entry != NULL && *entry->value != '\0';
}

static void
check_webservice(ValueContext *context) {
  const char *path = keyfile_path(context->file);
  guint line = line_near(context, "moodle", "backend");
  if (!given(context, "moodle", "url"))
    issues_add(context->issues, CONFIG_ERROR_VALUE, path, line,
               "[moodle] backend=webservice needs the site's address; write url=https://… there");
  if (!given(context, "moodle", "token") && !given(context, "moodle", "token-file"))
    issues_add(
        context->issues, CONFIG_ERROR_VALUE, path, line,
        "[moodle] backend=webservice needs a token; write token-file=… there, with the token "
        "as first line of that file (or token=…, in a file only its owner can read)");
}

static void
complain_notify(ValueContext *context, const char *key, const char *message) {
  issues_add(context->issues, CONFIG_ERROR_VALUE, keyfile_path(context->file),
             line_near(context, "notify", key), "[notify] %s%s%s", key, *message == '=' ? "" : " ",
             message);
}

/* Signing in: all of it or nothing, and nothing that others on the way could read. */
static void
check_sign_in(ValueContext *context) {
  const Config *config = context->config;
  bool user = given(context, "notify", "user");
  bool own = given(context, "notify", "password");
  bool password = own || given(context, "notify", "password-file");
  if (user && !password)
    complain_notify(context, "user",
                    "is given without its password; write password-file=… too, or remove it");
  if (password && !user)
    complain_notify(context, own ? "password" : "password-file",
                    "is given without the user it belongs to; write user=… too, or remove it");
  bool open = false;
  if (!g_str_equal(config->notify.starttls, "no") || *config->notify.smtp == '\0' ||
      !address_check_mail(config->notify.smtp, &open, NULL) || !open)
    return;
  if (user || password)
    complain_notify(context, "starttls",
                    "=no would send the password unencrypted; write required, or an smtps:// "
                    "address (no is allowed to 127.0.0.1, [::1] and localhost only)");
  else
    value_warn(context, line_near(context, "notify", "starttls"),
               "[notify] starttls=no: mails go to %s unencrypted; required or if-offered are safer",
               config->notify.smtp);
}

static void
check_notify(ValueContext *context) {
  if (given(context, "notify", "smtp") && !given(context, "notify", "from"))
    complain_notify(context, "smtp",
                    "needs an address that mails are sent from; write from=… there, for example "
                    "from=lehrgaenge@example.org");
  if (given(context, "notify", "operator") && !given(context, "notify", "smtp"))
    complain_notify(context, "operator",
                    "cannot be told of anything without a mail server; write smtp=smtp://… there, "
                    "or remove it");
  check_sign_in(context);
}

/* Passwords and sessions travel to the pages: in the clear they go no further than this machine, or
 * to a proxy on the same network that was named. */
static void
check_web(ValueContext *context) {
  const Config *config = context->config;
  value_pair_whole(context, "web", config->web.certificate, config->web.key);
  if (config->web.listen == NULL || config->web.certificate != NULL || config->web.key != NULL ||
      *config->web.trusted_proxies != '\0' || given(context, "web", "trusted-proxies"))
    return;
  g_autofree char *host = listen_host(config->web.listen, NULL);
  Network address;
  if (host == NULL || !network_parse_address(host, &address) || network_is_loopback(&address))
    return;
  issues_add(context->issues, CONFIG_ERROR_VALUE, keyfile_path(context->file),
             line_near(context, "web", "listen"),
             "[web] listen=%s would let passwords travel unencrypted; give certificate and key, "
             "name the proxy that encrypts in trusted-proxies, or listen on 127.0.0.1%s",
             config->web.listen, strrchr(config->web.listen, ':'));
}

/* What single keys cannot know. */
static void
check_together(ValueContext *context) {
  const Config *config = context->config;
  value_pair_whole(context, "zms", config->zms.certificate, config->zms.key);
  check_notify(context);
  check_web(context);
  if (g_str_equal(config->moodle.backend, "webservice"))
    check_webservice(context);
  else if (*config->store.url == '\0' && g_str_equal(config->moodle.path, config->store.path))
    issues_add(context->issues, CONFIG_ERROR_VALUE, keyfile_path(context->file),
               line_near(context, "store", "path"),
               "[store] path and [moodle] path are the same file; give each a file of its own");
}

Config *
config_load(const char *path, GError **error) {
  g_autoptr(Issues) issues = issues_new();
  g_autoptr(Keyfile) file = keyfile_load(path, issues);
  if (file == NULL) {
    issues_report(issues, error);
    return NULL;
  }
  g_autoptr(Config) config = config_new(path);
  g_autofree char *folder = g_path_get_dirname(config->file);
  ValueContext context = { .file = file, .issues = issues, .folder = folder, .config = config };
  check_names(&context);
  set_keys(&context);
  set_courses(&context);
  set_status(&context);
  check_together(&context);
  tenants_load(&context);
  if (!issues_report(issues, error))
    return NULL;
  return g_steal_pointer(&config);
}

const ConfigTenant *
config_tenant(const Config *config, const char *abbr) {
  for (guint i = 0; i < config->tenants->len; i++) {
    const ConfigTenant *tenant = g_ptr_array_index(config->tenants, i);
    if (g_str_equal(tenant->abbr, abbr))
      return tenant;
  }
  return NULL;
}

char *
config_default_path(void) {
  const char *named = g_getenv("LEHRGAENGE_CONFIG");
  if (!text_empty(named))
    return g_strdup(named);
  if (g_file_test("lehrgaenge.conf", G_FILE_TEST_EXISTS))
    return g_strdup("lehrgaenge.conf");
  return g_strdup("/etc/lehrgaenge/lehrgaenge.conf");
}
