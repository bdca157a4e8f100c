/* The settings of the Moodle plugin local_lehrgaengeapi, as Moodle's command line prints them
 * (admin/cli/cfg.php --component=local_lehrgaengeapi, with or without --json), made a configuration
 * of ours: one file, and one file per apikey.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define PLUGIN_CONFIG_ERROR (plugin_config_error_quark())
GQuark plugin_config_error_quark(void);
typedef enum { PLUGIN_CONFIG_ERROR_FAILED } PluginConfigError;

#define PLUGIN_CONFIG_MAX_BYTES (1024 * 1024) /* of the settings, and of the list of tenants */

typedef struct {
  const char *settings;   /* the file with the plugin's settings */
  const char *tenants;    /* the file that lists the tenants (CONFIGURATION.md) */
  const char *moodle_url; /* NULL: to be filled in by hand */
  const char *folder;     /* where everything goes; made when missing */
  const char *store;      /* for [store] path; NULL: left to its default */
} PluginConfigSource;

typedef struct {
  char *file;          /* the configuration written */
  guint keys;          /* files of apikeys written */
  GPtrArray *warnings; /* char *: settings nobody knows, values out of range */
} PluginConfigResult;
void plugin_config_result_clear(PluginConfigResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PluginConfigResult, plugin_config_result_clear)

/* Writes FOLDER/lehrgaenge.conf, FOLDER/tenants.tsv and FOLDER/credentials/keys/NAME, where only
 * their owner can enter (CONFIGURATION.md, Secrets). Nothing that is there is
 * overwritten: then it fails before anything was written. The configuration comes last, so that one
 * that is there is whole. */
bool plugin_config_write(const PluginConfigSource *source, PluginConfigResult *result,
                         GError **error);
