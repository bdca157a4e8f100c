/* Whose the files are that a database is made of.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/db.h"

#define SOMEBODY 4711

static void
assert_owner(const char *path, const char *suffix) {
  g_autofree char *name = g_strconcat(path, suffix, NULL);
  struct stat status;
  g_assert_cmpint(stat(name, &status), ==, 0);
  g_assert_cmpuint(status.st_uid, ==, SOMEBODY);
}

/* What root makes in another's folder is that one's, so that the service can go on with it. */
static void
test_root_in_another_folder(void) {
  if (geteuid() != 0) {
    g_test_skip("only root can act for another");
    return;
  }
  g_autofree char *folder = g_dir_make_tmp("db-owner-XXXXXX", NULL);
  g_autofree char *path = g_build_filename(folder, "some.db", NULL);
  g_autoptr(GError) error = NULL;
  g_assert_cmpint(chown(folder, SOMEBODY, SOMEBODY), ==, 0);
  Db *db = db_open(path, DB_CREATE, &error);
  g_assert_no_error(error);
  g_assert_true(db_exec(db, "CREATE TABLE one (id INTEGER)", &error));
  assert_owner(path, "");
  assert_owner(path, "-wal");
  assert_owner(path, "-shm");
  db_close(db);
  g_assert_cmpint(g_remove(path), ==, 0);
  g_assert_cmpint(g_rmdir(folder), ==, 0);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/db/root-in-another-folder", test_root_in_another_folder);
  return g_test_run();
}
