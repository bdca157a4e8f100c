/* `lehrgaenge store copy` as a user calls it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gstdio.h>
#include <sys/stat.h>

#include "program.h"
#include "scheduler/lease.h"
#include "store/sqlite.h"

static Store *
open_in(const Place *place, const char *name) {
  g_autofree char *path = g_build_filename(place->folder, name, NULL);
  g_autoptr(GError) error = NULL;
  Store *store = store_sqlite_open(path, &error);
  g_assert_no_error(error);
  return store;
}

static void
add_user(const Place *place, const char *name) {
  g_autoptr(Store) store = open_in(place, name);
  StoreUserMap row = { "T1", 21 };
  g_assert_true(store->class->usermap_put(store, &row, 1, 1000, NULL));
}

static gint64
user_in(const Place *place, const char *name) {
  g_autoptr(Store) store = open_in(place, name);
  const char *id = "T1";
  gint64 userid = -1;
  g_assert_true(store->class->usermap_get(store, &id, 1, &userid, NULL));
  return userid;
}

static bool
exists(const Place *place, const char *name) {
  g_autofree char *path = g_build_filename(place->folder, name, NULL);
  return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void
assert_says(const Place *place, const char *line, int code, const char *words) {
  g_auto(Said) said = program_call(place->folder, line);
  if (said.code != code || strstr(said.err, words) == NULL)
    g_error("%s: exit code %d, %s", line, said.code, said.err);
  g_assert_cmpstr(said.out, ==, "");
}

static void
test_copy(Place *place, gconstpointer data) {
  (void)data;
  add_user(place, "old.db");
  g_auto(Said) said = program_call(place->folder, "store copy --from old.db --to new.db");
  g_assert_cmpstr(said.err, ==, "");
  g_assert_cmpint(said.code, ==, 0);
  assert_has(said.out, "local_lehrgaengeapi_usermap        1\n");
  assert_has(said.out, "local_lehrgaengeapi_task           0\n");
  assert_has(said.out, "Copied from SQLite old.db to SQLite new.db and compared");
  g_assert_cmpint(user_in(place, "new.db"), ==, 21);
  /* The lock is given back. */
  g_autoptr(Store) store = open_in(place, "old.db");
  g_autoptr(StoreLock) lock = NULL;
  g_assert_true(store->class->lock_get(store, "sync", &lock, NULL));
  g_assert_null(lock);
  assert_says(place, "store copy --from old.db --to new.db", 1, "new.db is not empty");
}

/* The configured one, and addresses out of files. */
static void
test_where(Place *place, gconstpointer data) {
  (void)data;
  g_autofree char *file = g_build_filename(place->folder, "where", NULL);
  add_user(place, "lehrgaenge.db");
  g_assert_true(g_file_set_contents(file, " new.db \n", -1, NULL));
  g_assert_cmpint(g_chmod(file, 0600), ==, 0);
  g_auto(Said) said =
      program_call(place->folder, "-c my.conf store copy --from config --to-file where");
  g_assert_cmpstr(said.err, ==, "");
  g_assert_cmpint(said.code, ==, 0);
  g_assert_cmpint(user_in(place, "new.db"), ==, 21);
  g_assert_cmpint(g_chmod(file, 0644), ==, 0);
  assert_says(place, "store copy --from new.db --to-file where", 2, "where");
}

static void
test_usage(Place *place, gconstpointer data) {
  (void)data;
  static const struct {
    const char *line, *words;
  } rows[] = {
    { "store", "say what to do" },
    { "store move", "unexpected argument" },
    { "store copy --from a.db", "give one of --to and --to-file" },
    { "store copy --from a.db --from-file b --to c.db", "give one of --from and --from-file" },
    { "store copy --from a.db --to a.db", "the same" },
    { "store copy --from '' --to a.db", "empty" },
    { "store copy --from a.db --to mysql://here/db", "postgresql://HOST/DATABASE" },
    { "store copy --from a.db --to postgresql://me:geheim@here/db", "--to-file" },
    { "store copy --from a.db --to postgresql://here/db?password=geheim", "--to-file" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
    assert_says(place, rows[i].line, 2, rows[i].words);
  g_assert_false(exists(place, "a.db"));
  assert_says(place, "store copy --from none.db --to c.db", 1, "no store to copy from at none.db");
  g_assert_false(exists(place, "none.db"));
  g_assert_false(exists(place, "c.db"));
}

/* An address means a database, here as in the configuration, and a file is not made instead. */
static void
test_database(Place *place, gconstpointer data) {
  (void)data;
  g_autofree char *found = g_build_filename(place->folder, "lehrgaenge.conf", NULL);
  add_user(place, "old.db");
  assert_says(place, "store copy --from old.db --to postgresql://127.0.0.1:1/zms", 1, "127.0.0.1");
  assert_says(place, "store copy --from postgres://127.0.0.1:1/zms --to new.db", 1, "127.0.0.1");
  g_assert_true(g_file_set_contents_full(found, "[store]\nurl=postgresql://127.0.0.1:1/zms\n", -1,
                                         G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
  assert_says(place, "runs", 1, "127.0.0.1");
  assert_says(place, "store copy --from config --to new.db", 1, "127.0.0.1");
  g_assert_false(exists(place, "new.db"));
  g_assert_false(exists(place, "lehrgaenge.db"));
}

/* Whoever works with one of the stores is named, and nothing is copied. */
static void
test_in_use(Place *place, gconstpointer data) {
  (void)data;
  static const struct {
    const char *where, *lock;
  } rows[] = { { "old.db", "sync" }, { "old.db", "node 3" }, { "new.db", "node 1" } };
  g_autofree char *me = lease_owner();
  add_user(place, "old.db");
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(Store) store = open_in(place, rows[i].where);
    bool taken = false;
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    g_assert_true(
        store->class->lock_take(store, rows[i].lock, me, now, 600, NULL, NULL, NULL, &taken, NULL));
    g_autofree char *words = g_strdup_printf("SQLite %s is in use by process ", rows[i].where);
    assert_says(place, "store copy --from old.db --to new.db", 75, words);
    g_assert_true(store->class->lock_drop(store, rows[i].lock, me, NULL));
  }
  g_assert_cmpint(user_in(place, "new.db"), ==, 0);
  g_auto(Said) said = program_call(place->folder, "store copy --from old.db --to new.db");
  g_assert_cmpint(said.code, ==, 0);
}

#define ADD(name)                                                                                  \
  g_test_add("/cli/store/" #name, Place, NULL, program_set_up, test_##name, program_tear_down)

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  ADD(copy);
  ADD(where);
  ADD(usage);
  ADD(database);
  ADD(in_use);
  return g_test_run();
}
