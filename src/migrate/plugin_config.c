/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "migrate/plugin_config.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <string.h>

#include "base/text.h"
#include "config/lines.h"

G_DEFINE_QUARK(plugin_config_error_quark, plugin_config_error)

#define KEY_PREFIX "apikey_"
#define KEYS_FOLDER "credentials/keys"
#define FILE_NAME "lehrgaenge.conf"

/* What the plugin has and we have no use for: its own version, and settings of older releases. */
static const char *const needless[] = { "version", "interval_lehrgaenge", "interval_teilnehmer",
                                        "targetcourseid", NULL };

/* Settings that become keys of [zms]. */
static const struct {
  const char *setting, *key;
  gint64 min, max; /* of a number; 0, 0: a text */
} keys[] = {
  { "baseurl", "baseurl", 0, 0 },
  { "timeout", "timeout", 1, 600 },
  { "requestdelayms", "requestdelayms", 0, 60000 },
  { "certificationpath", "certificationpath", 0, 0 },
  { "certificate_general", "certificate", 0, 0 },
  { "key_general", "key", 0, 0 },
};

typedef struct {
  const PluginConfigSource *source;
  PluginConfigResult *result;
  GHashTable *settings; /* char * → char * */
  GHashTable *used;     /* names that were, borrowed */
  char **tenant_lines;
} Writing;

void
plugin_config_result_clear(PluginConfigResult *result) {
  g_free(result->file);
  g_clear_pointer(&result->warnings, g_ptr_array_unref);
}

static void warn(Writing *writing, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
warn(Writing *writing, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  g_ptr_array_add(writing->result->warnings, g_strdup_vprintf(format, arguments));
  va_end(arguments);
}

/* ── reading ── */

static char **
read_lines(const char *path, GError **error) {
  g_autoptr(GError) cause = NULL;
  char **lines = lines_read(path, PLUGIN_CONFIG_MAX_BYTES, NULL, NULL, &cause);
  if (lines == NULL)
    g_set_error(error, PLUGIN_CONFIG_ERROR, PLUGIN_CONFIG_ERROR_FAILED, "%s %s", path,
                cause->message);
  return lines;
}

static void
keep(GHashTable *settings, const char *name, const char *value) {
  if (g_str_has_prefix(name, KEY_PREFIX))
    text_secret_add(value);
  g_hash_table_insert(settings, g_strdup(name), text_trim(value));
}

static bool
read_json(Writing *writing, const char *text, GError **error) {
  json_auto_t *object = json_loads(text, 0, NULL);
  if (!json_is_object(object)) {
    g_set_error(error, PLUGIN_CONFIG_ERROR, PLUGIN_CONFIG_ERROR_FAILED,
                "%s begins like JSON and is none; print the settings again",
                writing->source->settings);
    return false;
  }
  const char *name;
  json_t *value;
  json_object_foreach(object, name, value) {
    if (json_is_string(value))
      keep(writing->settings, name, json_string_value(value));
  }
  return true;
}

static bool
read_settings(Writing *writing, GError **error) {
  const char *path = writing->source->settings;
  g_auto(GStrv) lines = read_lines(path, error);
  if (lines == NULL)
    return false;
  if (lines[0] != NULL && *lines[0] == '{') {
    g_autofree char *text = g_strjoinv("\n", lines);
    return read_json(writing, text, error);
  }
  for (guint i = 0; lines[i] != NULL; i++) {
    char *tab = strchr(lines[i], '\t');
    if (tab == NULL && *lines[i] != '\0')
      warn(writing, "%s:%u: this is not a setting, which is a name, a tab and a value", path,
           i + 1);
    if (tab == NULL)
      continue;
    *tab = '\0';
    keep(writing->settings, lines[i], tab + 1);
  }
  if (g_hash_table_contains(writing->settings, "baseurl"))
    return true;
  g_set_error(error, PLUGIN_CONFIG_ERROR, PLUGIN_CONFIG_ERROR_FAILED,
              "%s has no baseurl; print the plugin's settings into it with php "
              "admin/cli/cfg.php --component=local_lehrgaengeapi",
              path);
  return false;
}

/* A setting's value, "" when there is none; it then counts as used. */
static const char *
use(Writing *writing, const char *name) {
  gpointer own = NULL, value = NULL;
  if (!g_hash_table_lookup_extended(writing->settings, name, &own, &value))
    return "";
  g_hash_table_add(writing->used, own);
  return value;
}

static bool
in_range(const char *value, gint64 min, gint64 max) {
  return g_ascii_string_to_signed(value, 10, min, max, NULL, NULL);
}

/* ── writing ── */

static bool
write_file(const char *path, const char *text, int mode, GError **error) {
  g_autoptr(GError) cause = NULL;
  if (!g_file_set_contents_full(path, text, -1,
                                G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, mode,
                                &cause))
    g_set_error(error, PLUGIN_CONFIG_ERROR, PLUGIN_CONFIG_ERROR_FAILED, "%s", cause->message);
  else if (g_chmod(path, mode) != 0) /* whatever the umask: the service has to read it */
    g_set_error(error, PLUGIN_CONFIG_ERROR, PLUGIN_CONFIG_ERROR_FAILED,
                "the rights of %s cannot be set: %s", path, g_strerror(errno));
  else
    return true;
  return false;
}

static bool
must_not_exist(const char *path, GError **error) {
  if (!g_file_test(path, G_FILE_TEST_EXISTS))
    return true;
  g_set_error(error, PLUGIN_CONFIG_ERROR, PLUGIN_CONFIG_ERROR_FAILED,
              "%s is there already and is not overwritten; move it away, give another folder with "
              "--output, or leave --settings out to bring only the maps",
              path);
  return false;
}

/* What an earlier call that was cut short has written is as good. */
static bool
write_once(const char *path, const char *text, int mode, GError **error) {
  g_autofree char *there = NULL;
  if (g_file_get_contents(path, &there, NULL, NULL) && strcmp(there, text) == 0)
    return true;
  return must_not_exist(path, error) && write_file(path, text, mode, error);
}

static bool
make_folder(const char *path, int mode, GError **error) {
  if (g_mkdir_with_parents(path, mode) == 0)
    return true;
  g_set_error(error, PLUGIN_CONFIG_ERROR, PLUGIN_CONFIG_ERROR_FAILED, "%s cannot be made: %s", path,
              g_strerror(errno));
  return false;
}

static void
add_line(Writing *writing, GString *text, guint index) {
  const char *value = use(writing, keys[index].setting);
  if (*value == '\0')
    return;
  if (keys[index].max > 0 && !in_range(value, keys[index].min, keys[index].max)) {
    warn(writing,
         "%s=%s is not a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
         "; it is left out, and the default holds",
         keys[index].setting, value, keys[index].min, keys[index].max);
    return;
  }
  if (strcmp(keys[index].setting, "requestdelayms") == 0 && strcmp(value, "0") != 0)
    g_string_append(text, "# from the plugin; 0 lets the rate adapt by itself, which is faster\n");
  g_string_append_printf(text, "%s=%s\n", keys[index].key, value);
}

static char *
config_text(Writing *writing) {
  const char *url = writing->source->moodle_url;
  GString *text =
      g_string_new("# Made from the settings of the Moodle plugin local_lehrgaengeapi.\n"
                   "# Every key is explained in docs/CONFIGURATION.md.\n\n[zms]\n");
  for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
    add_line(writing, text, i);
  g_string_append(text, "\n[moodle]\nbackend=webservice\n");
  if (url != NULL)
    g_string_append_printf(text, "url=%s\n", url);
  else
    g_string_append(text, "# the address of the site, as wwwroot in Moodle's config.php has it\n"
                          "#url=https://lernen.example.org\n");
  g_string_append(text, "# the token of the web service, in a file of its own (docs/MOODLE.md)\n"
                        "#token-file=credential:moodle.token\n"
                        "\n[users]\n# The plugin gave every new account the password made of this "
                        "template, which whoever knows\n# the user name knows; none is safer.\n"
                        "#password={username}Hlfs#\n"
                        "\n[tenants]\nfile=tenants.tsv\nkeys-dir=credential:keys\n");
  if (writing->source->store != NULL)
    g_string_append_printf(text, "\n[store]\npath=%s\n", writing->source->store);
  return g_string_free(text, FALSE);
}

/* One file per apikey of a tenant that is listed. */
static bool
write_keys(Writing *writing, GError **error) {
  g_autofree char *folder = g_build_filename(writing->source->folder, KEYS_FOLDER, NULL);
  if (!make_folder(folder, 0700, error))
    return false;
  for (char **line = writing->tenant_lines; *line != NULL; line++) {
    const char *tab = strchr(*line, '\t');
    if (tab == NULL || **line == '#')
      continue;
    g_autofree char *abbr = text_trim(tab + 1);
    g_autofree char *slug = text_slug_bytes(abbr);
    g_autofree char *setting = g_strconcat(KEY_PREFIX, slug, NULL);
    const char *key = use(writing, setting);
    if (*key == '\0')
      continue;
    g_autofree char *path = g_build_filename(folder, slug, NULL);
    g_autofree char *text = g_strconcat(key, "\n", NULL);
    if (!write_once(path, text, 0600, error))
      return false;
    writing->result->keys++;
  }
  return true;
}

static void
warn_of_unused(Writing *writing) {
  g_autoptr(GList) names =
      g_list_sort(g_hash_table_get_keys(writing->settings), (GCompareFunc)strcmp);
  for (GList *each = names; each != NULL; each = each->next) {
    const char *name = each->data, *value = g_hash_table_lookup(writing->settings, name);
    if (g_hash_table_contains(writing->used, name) || g_strv_contains(needless, name) ||
        *value == '\0')
      continue;
    if (g_str_has_prefix(name, KEY_PREFIX))
      warn(writing, "%s belongs to no tenant of %s; its key was not taken over", name,
           writing->source->tenants);
    else
      warn(writing, "nobody knows the setting %s; it was not taken over", name);
  }
}

static bool
write_all(Writing *writing, GError **error) {
  const PluginConfigSource *source = writing->source;
  g_autofree char *file = g_build_filename(source->folder, FILE_NAME, NULL);
  g_autofree char *tenants = g_build_filename(source->folder, "tenants.tsv", NULL);
  g_autofree char *list = g_strjoinv("\n", writing->tenant_lines);
  if (!must_not_exist(file, error) || !make_folder(source->folder, 0755, error) ||
      !write_once(tenants, list, 0644, error) || !write_keys(writing, error))
    return false;
  g_autofree char *text = config_text(writing);
  if (!write_file(file, text, 0644, error))
    return false;
  warn_of_unused(writing);
  writing->result->file = g_steal_pointer(&file);
  return true;
}

static bool
has_tenants(const Writing *writing, GError **error) {
  for (char **line = writing->tenant_lines; *line != NULL; line++)
    if (**line != '#' && strchr(*line, '\t') != NULL)
      return true;
  g_set_error(error, PLUGIN_CONFIG_ERROR, PLUGIN_CONFIG_ERROR_FAILED,
              "%s lists no tenant; a line of it is a name, a tab and an abbreviation",
              writing->source->tenants);
  return false;
}

bool
plugin_config_write(const PluginConfigSource *source, PluginConfigResult *result, GError **error) {
  *result = (PluginConfigResult){ .warnings = g_ptr_array_new_with_free_func(g_free) };
  g_autoptr(GHashTable) settings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr(GHashTable) used = g_hash_table_new(g_str_hash, g_str_equal);
  g_auto(GStrv) lines = read_lines(source->tenants, error);
  Writing writing = { source, result, settings, used, lines };
  return lines != NULL && has_tenants(&writing, error) && read_settings(&writing, error) &&
         write_all(&writing, error);
}
