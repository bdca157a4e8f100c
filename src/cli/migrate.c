/* `lehrgaenge migrate plugin`: brings the maps and settings of the Moodle plugin along.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"
#include "cli/command.h"
#include "migrate/plugin_config.h"
#include "migrate/plugin_maps.h"
#include "service/open.h"
#include "store/sqlite.h"

typedef struct {
  char *coursemap, *usermap, *settings, *tenants, *moodle_url, *output, *store;
  gboolean json;
} Options;

static void
options_clear(Options *options) {
  g_free(options->coursemap);
  g_free(options->usermap);
  g_free(options->settings);
  g_free(options->tenants);
  g_free(options->moodle_url);
  g_free(options->output);
  g_free(options->store);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

/* The list that came with the program, or lies beside its sources. */
static char *
tenants_list(const Options *options, GError **error) {
  static const char *const places[] = { LGS_DATADIR "/tenants.tsv", "data/tenants.tsv" };
  if (options->tenants != NULL)
    return g_strdup(options->tenants);
  for (guint i = 0; i < G_N_ELEMENTS(places); i++)
    if (g_file_test(places[i], G_FILE_TEST_EXISTS))
      return g_strdup(places[i]);
  g_set_error(error, PLUGIN_CONFIG_ERROR, PLUGIN_CONFIG_ERROR_FAILED,
              "there is no list of tenants at %s; name yours with --tenants FILE", places[0]);
  return NULL;
}

static bool
write_config(const Options *options, PluginConfigResult *result, GError **error) {
  autochar tenants = tenants_list(options, error);
  if (tenants == NULL)
    return false;
  PluginConfigSource source = { .settings = options->settings,
                                .tenants = tenants,
                                .moodle_url = options->moodle_url,
                                .folder = options->output != NULL ? options->output : ".",
                                .store = options->store };
  return plugin_config_write(&source, result, error);
}

/* What was just written lacks a token yet and cannot be loaded; its store lies where it says, or in
 * the default place beside it. */
static Store *
open_target(CommandContext *context, const Options *options, const PluginConfigResult *written,
            GError **error) {
  if (written->file == NULL) {
    const Config *config = command_config_read(context, error);
    return config == NULL ? NULL : open_store(config, error);
  }
  autochar whole = g_canonicalize_filename(written->file, NULL);
  autochar folder = g_path_get_dirname(whole);
  autochar path =
      g_canonicalize_filename(options->store != NULL ? options->store : "lehrgaenge.db", folder);
  return store_sqlite_open(path, error);
}

static json_t *
map_json(const PluginMapResult *result) {
  return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:s?}", "read", result->read, "taken",
                   result->taken, "known", result->known, "other", result->other, "unlinked",
                   result->unlinked, "wrong", result->wrong, "first_wrong", result->first_wrong);
}

static void
print_map(const char *name, const PluginMapResult *result) {
  command_print("%s: %u rows read, %u taken over", name, result->read, result->taken);
  if (result->known > 0)
    command_print("  %u were known already", result->known);
  if (result->other > 0)
    command_print("  %u are known with another number, which stays: it is the newer one",
                  result->other);
  if (result->unlinked > 0)
    command_print("  %u left out: the plugin had no course or user for them", result->unlinked);
  if (result->wrong > 0)
    command_print("  %u left out as wrong; the first: %s", result->wrong, result->first_wrong);
}

static void
print_config(const PluginConfigResult *written) {
  if (written->file != NULL)
    command_print("%s written, with %u apikey file%s in credentials/keys beside it", written->file,
                  written->keys, written->keys == 1 ? "" : "s");
  for (guint i = 0; i < written->warnings->len; i++)
    command_error("%s", (const char *)g_ptr_array_index(written->warnings, i));
}

static void
print_all(const CommandContext *context, const Options *options, const PluginConfigResult *written,
          const PluginMapResult *courses, const PluginMapResult *users) {
  if (written->warnings != NULL)
    print_config(written);
  if (options->coursemap != NULL)
    print_map("coursemap", courses);
  if (options->usermap != NULL)
    print_map("usermap", users);
  const char *config = written->file != NULL ? written->file : context->config_path;
  command_print("Next: lehrgaenge%s%s check, then plan; docs/MIGRATION.md has the other steps",
                config != NULL ? " --config " : "", config != NULL ? config : "");
}

static void
print_all_json(const PluginConfigResult *written, const PluginMapResult *courses,
               const PluginMapResult *users) {
  json_t *warnings = json_array();
  for (guint i = 0; written->warnings != NULL && i < written->warnings->len; i++)
    json_array_append_new(warnings, json_string(g_ptr_array_index(written->warnings, i)));
  command_print_json(json_pack("{s:s?, s:i, s:o, s:o, s:o}", "config", written->file, "keys",
                               written->keys, "warnings", warnings, "coursemap", map_json(courses),
                               "usermap", map_json(users)));
}

static bool
bring_maps(const Options *options, Store *store, gint64 now, PluginMapResult *courses,
           PluginMapResult *users, GError **error) {
  return (options->coursemap == NULL ||
          plugin_maps_courses(options->coursemap, store, now, courses, error)) &&
         (options->usermap == NULL ||
          plugin_maps_users(options->usermap, store, now, users, error));
}

static int
migrate(CommandContext *context, const Options *options) {
  g_auto(PluginConfigResult) written = { 0 };
  g_auto(PluginMapResult) courses = { 0 }, users = { 0 };
  g_autoptr(GError) error = NULL;
  g_autoptr(Store) store = NULL;
  if (options->settings != NULL && !write_config(options, &written, &error))
    return command_failed(error);
  if (options->coursemap != NULL || options->usermap != NULL) {
    store = open_target(context, options, &written, &error);
    if (store == NULL ||
        !bring_maps(options, store, clock_now(context->clock), &courses, &users, &error)) {
      if (written.file != NULL)
        command_error("%s was written; correct what follows and complete it, then call again "
                      "without --settings and with --config %s",
                      written.file, written.file);
      return command_failed(error);
    }
  }
  if (options->json)
    print_all_json(&written, &courses, &users);
  else
    print_all(context, options, &written, &courses, &users);
  return EXIT_OK;
}

static int
run(CommandContext *context, int argc, char **argv) {
  g_auto(Options) options = { 0 };
  const GOptionEntry entries[] = {
    { "coursemap", 0, 0, G_OPTION_ARG_FILENAME, &options.coursemap,
      "export of the table local_lehrgaengeapi_coursemap (CSV or TSV)", "FILE" },
    { "usermap", 0, 0, G_OPTION_ARG_FILENAME, &options.usermap,
      "export of the table local_lehrgaengeapi_usermap (CSV or TSV)", "FILE" },
    { "settings", 0, 0, G_OPTION_ARG_FILENAME, &options.settings,
      "what php admin/cli/cfg.php --component=local_lehrgaengeapi prints", "FILE" },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options.output,
      "folder for the configuration made of the settings (default: this one)", "FOLDER" },
    { "store", 0, 0, G_OPTION_ARG_FILENAME, &options.store,
      "the file of the store, for the configuration (default: lehrgaenge.db beside it)", "FILE" },
    { "moodle-url", 0, 0, G_OPTION_ARG_FILENAME, &options.moodle_url,
      "the address of the Moodle site, for the configuration", "URL" },
    { "tenants", 0, 0, G_OPTION_ARG_FILENAME, &options.tenants,
      "the list of tenants (default: the one that came with the program)", "FILE" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "print one JSON document", NULL },
    { 0 },
  };
  int code = EXIT_OK;
  if (!command_parse(context, entries, 1, &argc, &argv, &code))
    return code;
  if (argc < 2 || !g_str_equal(argv[1], "plugin"))
    return command_usage_error(context, "say what to migrate from: migrate plugin");
  if (options.coursemap == NULL && options.usermap == NULL && options.settings == NULL)
    return command_usage_error(context, "give --coursemap, --usermap or --settings");
  return migrate(context, &options);
}

const Command migrate_command = {
  .name = "migrate",
  .arguments = "plugin [--coursemap FILE] [--usermap FILE] [--settings FILE] [--output FOLDER] "
               "[--store FILE] [--moodle-url URL] [--tenants FILE] [--json]",
  .summary = "bring the maps and settings of the Moodle plugin along",
  .description =
      "Takes exports of the plugin's two tables into the store, and makes a configuration\n"
      "with one file per apikey out of its settings. Nothing that is there is overwritten;\n"
      "Moodle and ZMS are not asked. docs/MIGRATION.md has all steps, and the way back.",
  .notes = "Example:\n"
           "  lehrgaenge migrate plugin --coursemap coursemap.tsv --usermap usermap.tsv \\\n"
           "    --settings settings.txt --output /etc/lehrgaenge \\\n"
           "    --store /var/lib/lehrgaenge/lehrgaenge.db\n"
           "\n"
           "Exit codes:\n"
           "  0  done\n"
           "  1  a file cannot be read or is not what it should be; nothing of it was taken over\n"
           "  2  wrong usage or configuration",
  .run = run,
};
