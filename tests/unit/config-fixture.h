/* What the tests of the configuration share: a folder with a configuration file in it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "config/config.h"

/* A folder of its own for each test; the configuration in it is called lehrgaenge.conf. */
typedef struct {
  char *folder;
  char *conf;
} Fixture;

static inline void
set_up(Fixture *f, gconstpointer data) {
  (void)data;
  f->folder = g_dir_make_tmp("lehrgaenge-config-XXXXXX", NULL);
  g_assert_nonnull(f->folder);
  f->conf = g_build_filename(f->folder, "lehrgaenge.conf", NULL);
}

static inline void
remove_tree(const char *path) {
  GDir *dir = g_dir_open(path, 0, NULL);
  const char *name;
  while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
    g_autofree char *child = g_build_filename(path, name, NULL);
    remove_tree(child);
  }
  g_clear_pointer(&dir, g_dir_close);
  g_remove(path);
}

static inline void
tear_down(Fixture *f, gconstpointer data) {
  (void)data;
  remove_tree(f->folder);
  g_free(f->folder);
  g_free(f->conf);
}

/* Writes a file of the fixture's folder. */
static inline void
put(const Fixture *f, const char *name, const char *text, int mode) {
  g_autofree char *path = g_build_filename(f->folder, name, NULL);
  g_autofree char *parent = g_path_get_dirname(path);
  g_assert_cmpint(g_mkdir_with_parents(parent, 0700), ==, 0);
  g_assert_true(g_file_set_contents(path, text, -1, NULL));
  g_assert_cmpint(g_chmod(path, mode), ==, 0);
}

/* `text` with every "{D}" replaced by the fixture's folder. */
static inline char *
here(const Fixture *f, const char *text) {
  g_auto(GStrv) parts = g_strsplit(text, "{D}", -1);
  return g_strjoinv(f->folder, parts);
}

static inline void
assert_path(const Fixture *f, const char *path, const char *relative) {
  g_autofree char *expected = g_build_filename(f->folder, relative, NULL);
  g_assert_cmpstr(path, ==, expected);
}

static inline Config *
load(const Fixture *f, const char *text) {
  g_autofree char *placed = here(f, text);
  put(f, "lehrgaenge.conf", placed, 0600);
  g_autoptr(GError) error = NULL;
  Config *config = config_load(f->conf, &error);
  g_assert_no_error(error);
  g_assert_nonnull(config);
  return config;
}

static inline char *
load_error(const Fixture *f, gint code) {
  g_autoptr(GError) error = NULL;
  g_autoptr(Config) config = config_load(f->conf, &error);
  g_assert_null(config);
  g_assert_error(error, CONFIG_ERROR, code);
  return g_strdup(error->message);
}

/* Loading `text` fails with `code`, and the message is just "FOLDER/" + `message` ("{D}" is the
 * folder there). */
static inline void
refuses(const Fixture *f, gint code, const char *text, const char *message) {
  g_autofree char *placed = here(f, text);
  put(f, "lehrgaenge.conf", placed, 0600);
  g_autofree char *got = load_error(f, code);
  g_autofree char *relative = g_strconcat("{D}/", message, NULL);
  g_autofree char *expected = here(f, relative);
  g_assert_cmpstr(got, ==, expected);
}

static inline void
assert_has(const char *text, const char *part) {
  if (strstr(text, part) == NULL)
    g_error("expected \"%s\" in:\n%s", part, text);
}

static inline void
assert_warning(const Config *config, guint index, const char *part) {
  g_assert_cmpuint(config->warnings->len, >, index);
  assert_has(g_ptr_array_index(config->warnings, index), part);
}

static inline const ConfigTenant *
tenant(const Config *config, guint index) {
  g_assert_cmpuint(index, <, config->tenants->len);
  return g_ptr_array_index(config->tenants, index);
}

static inline void
assert_tenant(const ConfigTenant *t, const char *abbr, const char *name, const char *apikey) {
  g_assert_nonnull(t);
  g_assert_cmpstr(t->abbr, ==, abbr);
  g_assert_cmpstr(t->name, ==, name);
  g_assert_cmpstr(t->apikey, ==, apikey);
}
