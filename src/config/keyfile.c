/* A file is read in two steps: our own walk over the lines notes where groups and keys stand and
 * blanks out what is wrong; GKeyFile then reads what is left, and its values are the ones that
 * count.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/keyfile.h"

#include <string.h>

#include "base/text.h"
#include "config/lines.h"

struct Keyfile {
  char *path;
  mode_t mode;
  GPtrArray *groups;   /* of KeyfileGroup */
  GHashTable *by_name; /* group name → KeyfileGroup */
};

static void
entry_free(gpointer data) {
  KeyfileEntry *entry = data;
  g_free(entry->key);
  g_free(entry->value);
  g_free(entry);
}

static void
group_free(gpointer data) {
  KeyfileGroup *group = data;
  g_free(group->name);
  g_ptr_array_unref(group->entries);
  g_free(group);
}

void
keyfile_free(Keyfile *file) {
  if (file == NULL)
    return;
  g_hash_table_unref(file->by_name);
  g_ptr_array_unref(file->groups);
  g_free(file->path);
  g_free(file);
}

const char *
keyfile_path(const Keyfile *file) {
  return file->path;
}

mode_t
keyfile_mode(const Keyfile *file) {
  return file->mode;
}

const GPtrArray *
keyfile_groups(const Keyfile *file) {
  return file->groups;
}

const KeyfileGroup *
keyfile_group(const Keyfile *file, const char *group) {
  return g_hash_table_lookup(file->by_name, group);
}

static KeyfileEntry *
find_entry(const KeyfileGroup *group, const char *key) {
  for (guint i = 0; i < group->entries->len; i++) {
    KeyfileEntry *entry = g_ptr_array_index(group->entries, i);
    if (g_str_equal(entry->key, key))
      return entry;
  }
  return NULL;
}

const KeyfileEntry *
keyfile_find(const Keyfile *file, const char *group, const char *key) {
  const KeyfileGroup *found = keyfile_group(file, group);
  return found == NULL ? NULL : find_entry(found, key);
}

/* The walk over the lines. */
typedef struct {
  Keyfile *file;
  Issues *issues;
  GString *clean;      /* what GKeyFile gets to see */
  KeyfileGroup *group; /* the current one; NULL: none yet, or one that was refused */
  bool refused;        /* the current group was refused: its keys are not looked at */
} Walk;

static bool
has_control(const char *text) {
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p))
    if (g_unichar_iscntrl(g_utf8_get_char(p)))
      return true;
  return false;
}

static void
walk_group(Walk *walk, const char *text, guint line) {
  const char *path = walk->file->path;
  walk->group = NULL;
  walk->refused = true;
  gsize length = strlen(text);
  g_autofree char *name = length > 2 ? g_strndup(text + 1, length - 2) : g_strdup("");
  if (text[length - 1] != ']' || *name == '\0' || strpbrk(name, "[]") != NULL ||
      has_control(name)) {
    issues_add(walk->issues, CONFIG_ERROR_FILE, path, line,
               "this is not a group; write its name in brackets, alone on the line, for example "
               "[zms]");
    return;
  }
  const KeyfileGroup *first = keyfile_group(walk->file, name);
  if (first != NULL) {
    issues_add(walk->issues, CONFIG_ERROR_KEY, path, line,
               "group [%s] is given twice, first on line %u; put its keys together", name,
               first->line);
    return;
  }
  KeyfileGroup *group = g_new0(KeyfileGroup, 1);
  group->name = g_steal_pointer(&name);
  group->line = line;
  group->entries = g_ptr_array_new_with_free_func(entry_free);
  g_ptr_array_add(walk->file->groups, group);
  g_hash_table_insert(walk->file->by_name, group->name, group);
  g_string_append_printf(walk->clean, "[%s]\n", group->name);
  walk->group = group;
  walk->refused = false;
}

/* Texts of such lines are not shown: they may hold a part of a secret. */
static void
walk_key(Walk *walk, const char *text, guint line) {
  const char *path = walk->file->path;
  if (walk->refused)
    return;
  const char *equals = strchr(text, '=');
  if (equals == NULL || equals == text) {
    issues_add(walk->issues, CONFIG_ERROR_FILE, path, line,
               "this is neither key=value nor [group] nor a comment; comments begin with '#'");
    return;
  }
  g_autofree char *key = g_strchomp(g_strndup(text, (gsize)(equals - text)));
  if (strpbrk(key, "[]") != NULL || has_control(key)) {
    issues_add(walk->issues, CONFIG_ERROR_FILE, path, line,
               "a key cannot hold '[', ']' or control characters; write key=value");
    return;
  }
  if (walk->group == NULL) {
    issues_add(walk->issues, CONFIG_ERROR_KEY, path, line,
               "key %s stands before the first group; write the group it belongs to above it, for "
               "example [zms]",
               key);
    return;
  }
  const KeyfileEntry *first = find_entry(walk->group, key);
  if (first != NULL) {
    issues_add(walk->issues, CONFIG_ERROR_KEY, path, line,
               "[%s] %s is given twice, first on line %u; remove one of them", walk->group->name,
               key, first->line);
    return;
  }
  const char *value = equals + 1;
  while (g_ascii_isspace(*value))
    value++;
  if (strlen(value) > KEYFILE_MAX_VALUE || has_control(value)) {
    issues_add(walk->issues, CONFIG_ERROR_VALUE, path, line,
               "[%s] %s is longer than %d bytes or holds control characters (a tab?); write it as "
               "one line of plain text",
               walk->group->name, key, KEYFILE_MAX_VALUE);
    return;
  }
  g_string_append_printf(walk->clean, "%s=%s\n", key, value);
  KeyfileEntry *entry = g_new0(KeyfileEntry, 1);
  entry->group = walk->group->name;
  entry->key = g_steal_pointer(&key);
  entry->line = line;
  g_ptr_array_add(walk->group->entries, entry);
}

static void
walk_lines(Walk *walk, char **lines) {
  for (guint i = 0; lines[i] != NULL; i++) {
    char *text = g_strstrip(lines[i]);
    if (*text == '\0' || *text == '#')
      continue;
    if (*text == '[')
      walk_group(walk, text, i + 1);
    else
      walk_key(walk, text, i + 1);
  }
}

static bool
take_values(Keyfile *file, const GString *clean, Issues *issues) {
  g_autoptr(GKeyFile) keys = g_key_file_new();
  g_autoptr(GError) cause = NULL;
  if (!g_key_file_load_from_data(keys, clean->str, clean->len, G_KEY_FILE_NONE, &cause)) {
    issues_add(issues, CONFIG_ERROR_FILE, file->path, 0, "is not a key file: %s; correct that line",
               cause->message);
    return false;
  }
  for (guint i = 0; i < file->groups->len; i++) {
    const KeyfileGroup *group = g_ptr_array_index(file->groups, i);
    for (guint j = 0; j < group->entries->len; j++) {
      KeyfileEntry *entry = g_ptr_array_index(group->entries, j);
      g_autofree char *raw = g_key_file_get_value(keys, group->name, entry->key, NULL);
      entry->value = text_trim(raw);
    }
  }
  return true;
}

Keyfile *
keyfile_load(const char *path, Issues *issues) {
  g_autoptr(Keyfile) file = g_new0(Keyfile, 1);
  file->path = g_strdup(path);
  file->groups = g_ptr_array_new_with_free_func(group_free);
  file->by_name = g_hash_table_new(g_str_hash, g_str_equal);

  guint bad_line = 0;
  g_autoptr(GError) cause = NULL;
  g_auto(GStrv) lines = lines_read(path, KEYFILE_MAX_BYTES, &file->mode, &bad_line, &cause);
  if (lines == NULL) {
    issues_add(issues, CONFIG_ERROR_FILE, path, bad_line,
               bad_line > 0 ? "%s; save the file as UTF-8"
                            : "%s; name a configuration file that can be read (--config FILE)",
               cause->message);
    return NULL;
  }
  /* GKeyFile gives the key Encoding of the first group a meaning of its own; so none of ours is the
   * first. */
  g_autoptr(GString) clean = g_string_new("[first]\n");
  Walk walk = { .file = file, .issues = issues, .clean = clean };
  walk_lines(&walk, lines);
  if (!take_values(file, clean, issues))
    return NULL;
  return g_steal_pointer(&file);
}
