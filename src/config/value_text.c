/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/value_text.h"

#include <string.h>

#include "base/text.h"

/* User, hosts with ports, and name; a password may stand between the first two. What does not fit
 * letter by letter is not shown: half of it might be a password with a stray '/' in it. */
#define DATABASE                                                                                   \
  "^(postgres(?:ql)?://)(?:([\\w.%-]+)(?::[^@/?#]*)?@)?"                                           \
  "((?:[\\w.%-]+|\\[[0-9a-fA-F:.]+\\])?(?::\\d+)?"                                                 \
  "(?:,(?:[\\w.%-]+|\\[[0-9a-fA-F:.]+\\])?(?::\\d+)?)*)(/[\\w.%-]*)?(?:\\?[^@]*)?$"

static const char *
text_of(const ConfigKey *key, gconstpointer base) {
  const char *text = G_STRUCT_MEMBER(char *, base, key->offset);
  return text != NULL ? text : "";
}

static ValueTextKind
show(const char *value, char **text) {
  if (*value == '\0')
    return VALUE_TEXT_UNSET;
  *text = g_strdup(value);
  return VALUE_TEXT_SHOWN;
}

static ValueTextKind
database(const char *url, char **text) {
  g_autoptr(GMatchInfo) match = NULL;
  g_autoptr(GRegex) regex = g_regex_new(DATABASE, G_REGEX_RAW, 0, NULL);
  if (*url == '\0')
    return VALUE_TEXT_UNSET;
  if (!g_regex_match(regex, url, 0, &match))
    return VALUE_TEXT_HIDDEN;
  autochar scheme = g_match_info_fetch(match, 1);
  autochar user = g_match_info_fetch(match, 2);
  autochar hosts = g_match_info_fetch(match, 3);
  autochar name = g_match_info_fetch(match, 4);
  *text = g_strconcat(scheme, user, text_empty(user) ? "" : "@", hosts, name, NULL);
  return VALUE_TEXT_SHOWN;
}

static ValueTextKind
passwords(const char *value, char **text) {
  if (strcmp(value, "none") == 0 || strcmp(value, "mail") == 0)
    return show(value, text);
  return VALUE_TEXT_HIDDEN;
}

static ValueTextKind
value_of(const ConfigKey *key, gconstpointer base, char **text) {
  switch (key->type) {
  case CONFIG_KEY_INT:
    *text = g_strdup_printf("%d", G_STRUCT_MEMBER(gint, base, key->offset));
    return VALUE_TEXT_SHOWN;
  case CONFIG_KEY_SWITCH:
    return show(key->choices[G_STRUCT_MEMBER(bool, base, key->offset) ? 1 : 0], text);
  case CONFIG_KEY_LISTEN:
    return show(*text_of(key, base) != '\0' ? text_of(key, base) : "off", text);
  case CONFIG_KEY_SECRET:
    return *text_of(key, base) != '\0' ? VALUE_TEXT_HIDDEN : VALUE_TEXT_UNSET;
  case CONFIG_KEY_DATABASE:
    return database(text_of(key, base), text);
  case CONFIG_KEY_PASSWORDS:
    return passwords(text_of(key, base), text);
  case CONFIG_KEY_TEXT:
  case CONFIG_KEY_WORD:
  case CONFIG_KEY_CHOICE:
  case CONFIG_KEY_PATH:
  case CONFIG_KEY_PEM:
  case CONFIG_KEY_URL:
  case CONFIG_KEY_SMTP:
  case CONFIG_KEY_EMAIL:
  case CONFIG_KEY_TIMEZONE:
  case CONFIG_KEY_SCHEDULE:
  case CONFIG_KEY_HOSTS:
  case CONFIG_KEY_NETWORKS:
    return show(text_of(key, base), text);
  }
  g_assert_not_reached();
}

ValueTextKind
value_text(const ConfigKey *key, gconstpointer base, char **text) {
  *text = NULL;
  return value_of(key, base, text);
}

bool
value_text_is_default(const ConfigKey *key, const Config *config) {
  if (strcmp(key->group, "tenant") == 0)
    return false;
  autochar text = NULL;
  ValueTextKind kind = value_of(key, config, &text);
  if (kind != VALUE_TEXT_SHOWN)
    return kind == VALUE_TEXT_UNSET && *key->fallback == '\0';
  if (key->type != CONFIG_KEY_PATH)
    return strcmp(text, key->fallback) == 0;
  /* A folder that is left out may be the configuration's own. */
  autochar folder = g_path_get_dirname(config->file);
  autochar path = g_canonicalize_filename(key->fallback, folder);
  return strcmp(text, path) == 0;
}
