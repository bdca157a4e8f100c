/* From the field of a key back to text, for people who look at the configuration: secrets never,
 * neither their value nor their length.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "config/config.h"
#include "config/config_keys.h"

typedef enum {
  VALUE_TEXT_UNSET,  /* nothing is set */
  VALUE_TEXT_SHOWN,  /* *text is the value as one would write it; paths are absolute */
  VALUE_TEXT_HIDDEN, /* something is set that nobody is shown */
} ValueTextKind;

/* What `key` has in `base` (a Config, or a ConfigTenant for group "tenant"). *text is NULL unless
 * VALUE_TEXT_SHOWN; free with g_free(). Of a database's address the password and all after '?' are
 * left out, and the whole is hidden when it is not surely one; a template of passwords is hidden,
 * because whoever knows it knows the passwords. */
ValueTextKind value_text(const ConfigKey *key, gconstpointer base, char **text);

/* Whether that is what the key has when it is left out of the file; never for group "tenant". */
bool value_text_is_default(const ConfigKey *key, const Config *config);
