/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cases.h"

#include <string.h>

typedef struct {
  char *path, *name;
  const CasesWay *way;
} Case;

static void
case_free(gpointer data) {
  Case *it = data;
  g_free(it->path);
  g_free(it->name);
  g_free(it);
}

static void
go(gconstpointer data) {
  const Case *it = data;
  g_autoptr(Scenario) scenario = scenario_read(it->path, it->name, it->way->access);
  it->way->go(scenario);
}

static void
add_file(const CasesWay *ways, const char *group_dir, const char *group, const char *file) {
  g_autofree char *stem = g_strndup(file, strlen(file) - strlen(".txt"));
  for (const CasesWay *way = ways; way->name != NULL; way++) {
    Case *it = g_new0(Case, 1);
    it->path = g_build_filename(group_dir, file, NULL);
    it->name = g_strdup_printf("%s/%s", group, file);
    it->way = way;
    g_autofree char *test = g_strdup_printf("/%s/%s/%s", group, stem, way->name);
    g_test_add_data_func_full(test, it, go, case_free);
  }
}

static int
by_text(gconstpointer a, gconstpointer b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static GPtrArray *
names_in(const char *path) {
  g_autoptr(GError) error = NULL;
  g_autoptr(GDir) dir = g_dir_open(path, 0, &error);
  if (dir == NULL)
    g_error("%s", error->message);
  GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
  for (const char *name; (name = g_dir_read_name(dir)) != NULL;)
    g_ptr_array_add(names, g_strdup(name));
  g_ptr_array_sort(names, by_text);
  return names;
}

/* Returns how many files there are. */
static guint
add_group(const CasesWay *ways, const char *data_dir, const char *group) {
  g_autofree char *path = g_build_filename(data_dir, group, NULL);
  g_autoptr(GPtrArray) files = names_in(path);
  guint added = 0;
  for (guint i = 0; i < files->len; i++)
    if (g_str_has_suffix(g_ptr_array_index(files, i), ".txt")) {
      add_file(ways, path, group, g_ptr_array_index(files, i));
      added++;
    }
  return added;
}

int
cases_main(int argc, char **argv, const CasesWay *ways) {
  g_test_init(&argc, &argv, NULL);
  const char *root = g_getenv("SOURCE_ROOT"), *only = g_getenv("SCENARIO_GROUP");
  g_autofree char *data_dir =
      g_build_filename(root != NULL ? root : ".", "tests", "scenario", "data", NULL);
  g_autoptr(GPtrArray) groups = names_in(data_dir);
  guint added = 0;
  for (guint i = 0; i < groups->len; i++)
    if (only == NULL || strcmp(only, g_ptr_array_index(groups, i)) == 0)
      added += add_group(ways, data_dir, g_ptr_array_index(groups, i));
  if (added == 0)
    g_error("%s holds no scenario of the group %s", data_dir, only != NULL ? only : "(any)");
  return g_test_run();
}
