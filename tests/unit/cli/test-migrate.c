/* `lehrgaenge migrate plugin` as a user calls it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gstdio.h>

#include "program.h"
#include "store/sqlite.h"

#define BASEURL "baseurl\thttps://zms.example.org/rest\n"

static void
write_in(const Place *place, const char *name, const char *text) {
  g_autofree char *path = g_build_filename(place->folder, name, NULL);
  g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void
set_up(Place *place, gconstpointer data) {
  program_set_up(place, data);
  write_in(place, "settings.txt", BASEURL "apikey_fd\t" PROGRAM_APIKEY "\n");
  write_in(place, "list.tsv", "Landkreis Fulda\tFD\n");
  write_in(place, "coursemap.tsv", "externalid\tcourseid\nLG-1\t21\n");
}

/* What the command has made in folders of its own; what is not there cannot be removed. */
static void
tear_down(Place *place, gconstpointer data) {
  static const char *const made[] = { "credentials/keys/fd",  "credentials/keys",
                                      "credentials",          "new/credentials/keys/fd",
                                      "new/credentials/keys", "new/credentials",
                                      "new/lehrgaenge.conf",  "new/tenants.tsv",
                                      "new/lehrgaenge.db",    "new" };
  for (guint i = 0; i < G_N_ELEMENTS(made); i++) {
    g_autofree char *path = g_build_filename(place->folder, made[i], NULL);
    g_remove(path);
  }
  program_tear_down(place, data);
}

static void
assert_course(const Place *place, const char *name) {
  g_autofree char *path = g_build_filename(place->folder, name, NULL);
  g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
  g_autoptr(Store) store = store_sqlite_open(path, NULL);
  const char *id = "LG-1";
  gint64 course = 0;
  g_assert_nonnull(store);
  g_assert_true(store->class->coursemap_get(store, &id, 1, &course, NULL));
  g_assert_cmpint(course, ==, 21);
}

/* Into this folder, and into one named from here: the store lies beside the configuration. */
static void
test_folders(Place *place, gconstpointer data) {
  (void)data;
  static const struct {
    const char *line, *file, *store;
  } rows[] = {
    { "", "./lehrgaenge.conf", "lehrgaenge.db" },
    { " --output new", "new/lehrgaenge.conf", "new/lehrgaenge.db" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autofree char *line =
        g_strconcat("migrate plugin --settings settings.txt --tenants list.tsv --coursemap "
                    "coursemap.tsv",
                    rows[i].line, NULL);
    g_auto(Said) said = program_call(place->folder, line);
    g_autofree char *next = g_strdup_printf("Next: lehrgaenge --config %s check", rows[i].file);
    g_assert_cmpstr(said.err, ==, "");
    g_assert_cmpint(said.code, ==, 0);
    assert_has(said.out, "1 rows read, 1 taken over\n");
    assert_has(said.out, next);
    assert_course(place, rows[i].store);
  }
}

/* Later only the maps, into the store of the configuration there is by then. */
static void
test_maps_only(Place *place, gconstpointer data) {
  (void)data;
  g_auto(Said) said =
      program_call(place->folder, "migrate plugin --coursemap coursemap.tsv -c my.conf");
  g_assert_cmpstr(said.err, ==, "");
  g_assert_cmpint(said.code, ==, 0);
  assert_has(said.out, "Next: lehrgaenge --config my.conf check");
  assert_course(place, "lehrgaenge.db");
}

static void
test_rubbish(Place *place, gconstpointer data) {
  (void)data;
  static const struct {
    const char *line;
    int code;
    const char *words;
  } rows[] = {
    { "migrate", 2, "say what to migrate from" },
    { "migrate moodle", 2, "say what to migrate from" },
    { "migrate plugin", 2, "give --coursemap" },
    { "-c my.conf migrate plugin --coursemap nowhere.tsv", 1, "nowhere.tsv cannot be read" },
    { "-c my.conf migrate plugin --coursemap .", 1, ".: reading stopped" },
    { "-c my.conf migrate plugin --usermap coursemap.tsv", 1, "coursemap.tsv:1: the first line" },
    { "migrate plugin --settings coursemap.tsv --tenants list.tsv", 1, "no baseurl" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_auto(Said) said = program_call(place->folder, rows[i].line);
    if (said.code != rows[i].code || strstr(said.err, rows[i].words) == NULL)
      g_error("%s: exit code %d, %s", rows[i].line, said.code, said.err);
    g_assert_cmpstr(said.out, ==, "");
  }
}

#define ADD(path, function) g_test_add(path, Place, NULL, set_up, function, tear_down)

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  ADD("/cli/migrate/folders", test_folders);
  ADD("/cli/migrate/maps-only", test_maps_only);
  ADD("/cli/migrate/rubbish", test_rubbish);
  return g_test_run();
}
