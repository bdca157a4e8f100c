/* From the text of one key to its field: every type of config_keys.h, with its checks.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "config/config.h"
#include "config/config_keys.h"
#include "config/issues.h"
#include "config/keyfile.h"

/* Where values come from and where complaints go. Borrowed. */
typedef struct {
  const Keyfile *file;
  Issues *issues;
  const char *folder; /* absolute, of the configuration file: where relative paths begin */
  Config
      *config; /* certificationpath is looked up here when a certificate is set; warnings go here */
  bool exposed; /* the file holds a secret and others can read it: said once */
} ValueContext;

/* Sets the field of `key` in `base` (a Config, or a ConfigTenant) to what `group` of the file gives
 * it, or to its default; what was there is freed. What is wrong is noted with file, line and
 * remedy, and the default is set. `group` is the name as written, NULL when the file has no such
 * group. */
void value_set(ValueContext *context, const ConfigKey *key, const char *group, gpointer base);

/* Notes an error on the line of `entry`: "[group] key: message". */
void value_complain(ValueContext *context, ConfigError code, const KeyfileEntry *entry,
                    const char *format, ...) G_GNUC_PRINTF(4, 5);

/* Adds a warning on `line` of the file (0: none). */
void value_warn(ValueContext *context, guint line, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Whether the pair is whole: both given, or none. Else the one given is complained about. */
bool value_pair_whole(ValueContext *context, const char *group, const char *certificate,
                      const char *key);
