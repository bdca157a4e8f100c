/* A key file (INI) with the lines its keys stand on. GKeyFile reads it, but keeps no lines, merges
 * groups of the same name and takes the last of two equal keys; this module keeps the lines and
 * makes errors of the rest.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <sys/stat.h>

#include "config/issues.h"

/* Largest file and longest value that are read, in bytes. */
#define KEYFILE_MAX_BYTES (1024 * 1024)
#define KEYFILE_MAX_VALUE 4096

typedef struct {
  const char *group; /* the group's name */
  char *key;
  char *value; /* as it stands in the file, without blanks at its ends; ';', '\' and '#' mean
                  nothing in it */
  guint line;
} KeyfileEntry;

typedef struct {
  char *name;
  guint line;
  GPtrArray *entries; /* of KeyfileEntry, as they stand in the file */
} KeyfileGroup;

typedef struct Keyfile Keyfile;

/* Reads `path`. UTF-8 with or without byte order mark, lines end with or without carriage return.
 * What is wrong is noted in `issues` under the name `path`, and left out; NULL only when nothing
 * could be read at all. Free with keyfile_free(). */
Keyfile *keyfile_load(const char *path, Issues *issues);
void keyfile_free(Keyfile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Keyfile, keyfile_free)

/* The path as given, and the file's permission bits when it was read. */
const char *keyfile_path(const Keyfile *file);
mode_t keyfile_mode(const Keyfile *file);

/* All groups in the order of the file; of KeyfileGroup, owned by the file. */
const GPtrArray *keyfile_groups(const Keyfile *file);

/* The group or entry of that name, or NULL. */
const KeyfileGroup *keyfile_group(const Keyfile *file, const char *group);
const KeyfileEntry *keyfile_find(const Keyfile *file, const char *group, const char *key);
