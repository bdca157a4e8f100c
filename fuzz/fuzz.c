/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include <glib.h>
#include <stdio.h>

static guint
run_file(const char *path) {
  g_autofree char *data = NULL;
  gsize size;
  if (!g_file_get_contents(path, &data, &size, NULL)) {
    fprintf(stderr, "%s cannot be read.\n", path);
    return 0;
  }
  LLVMFuzzerTestOneInput((const uint8_t *)data, size);
  return 1;
}

static guint
run_path(const char *path) {
  g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
  guint count = 0;
  if (dir == NULL)
    return run_file(path);
  for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
    g_autofree char *file = g_build_filename(path, name, NULL);
    count += run_file(file);
  }
  return count;
}

int
main(int argc, char **argv) {
  guint count = 0;
  for (int i = 1; i < argc; i++)
    count += run_path(argv[i]);
  printf("%u inputs\n", count);
  return count > 0 ? 0 : 1;
}
