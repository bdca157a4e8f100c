/* The plugin's exports, well and badly written, into a store and a configuration.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <ftw.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "config/config.h"
#include "migrate/plugin_config.h"
#include "migrate/plugin_maps.h"
#include "migrate/table_file.h"
#include "store/sqlite.h"

#define NOW 1700000000

typedef struct {
  char *folder;
  Store *store;
} Place;

static void
set_up(Place *place, gconstpointer data) {
  (void)data;
  place->folder = g_dir_make_tmp("migrate-XXXXXX", NULL);
  g_assert_nonnull(place->folder);
  place->store = store_sqlite_open(":memory:", NULL);
  g_assert_nonnull(place->store);
}

static int
remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk) {
  (void)status, (void)kind, (void)walk;
  return g_remove(path);
}

static void
tear_down(Place *place, gconstpointer data) {
  (void)data;
  store_free(place->store);
  g_assert_cmpint(nftw(place->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), ==, 0);
  g_free(place->folder);
}

static char *
path_in(const Place *place, const char *name) {
  return g_build_filename(place->folder, name, NULL);
}

/* Free with g_free(). */
static char *
file_with(const Place *place, const char *name, const char *text) {
  char *path = path_in(place, name);
  g_assert_true(g_file_set_contents(path, text, -1, NULL));
  return path;
}

static gint64
course_of(const Place *place, const char *id) {
  gint64 number = -1;
  g_assert_true(place->store->class->coursemap_get(place->store, &id, 1, &number, NULL));
  return number;
}

static gint64
user_of(const Place *place, const char *id) {
  gint64 number = -1;
  g_assert_true(place->store->class->usermap_get(place->store, &id, 1, &number, NULL));
  return number;
}

/* ── maps ── */

static void
take_courses(const Place *place, const char *text, PluginMapResult *result) {
  g_autoptr(GError) error = NULL;
  g_autofree char *path = file_with(place, "coursemap", text);
  g_assert_true(plugin_maps_courses(path, place->store, NOW, result, &error));
  g_assert_no_error(error);
}

/* As `mysql -B`, `psql --csv`, a German spreadsheet and a quoting exporter write one table. */
static void
test_forms(Place *place, gconstpointer data) {
  (void)data;
  static const struct {
    const char *text, *id;
  } forms[] = {
    { "id\texternalid\tcourseid\ttimecreated\ttimemodified\n1\tLG/1 "
      "ü\t7\t1\t2\n2\tL2\tNULL\t1\t2\n",
      "LG/1 ü" },
    { "externalid,courseid\n\"LG,2\",7\nL2,\n", "LG,2" },
    { "\xEF\xBB\xBF\"ID\";\"ExternalID\";\"CourseID\"\r\n\"1\";\"LG;3\";\"7\"\r\n\"2\";\"L2\";"
      "\"0\"",
      "LG;3" },
    { "courseid,externalid\n7,\"say \"\"LG4\"\"\"\n0,L2\n", "say \"LG4\"" },
  };
  for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
    g_auto(PluginMapResult) result = { 0 };
    take_courses(place, forms[i].text, &result);
    g_assert_cmpuint(result.read, ==, 2);
    g_assert_cmpuint(result.taken, ==, 1);
    g_assert_cmpuint(result.unlinked, ==, 1);
    g_assert_cmpuint(result.wrong, ==, 0);
    g_assert_cmpint(course_of(place, forms[i].id), ==, 7);
    g_assert_cmpint(course_of(place, "L2"), ==, 0);
  }
}

/* More rows than are taken at once, and again: then nothing is new. */
static void
test_many(Place *place, gconstpointer data) {
  (void)data;
  g_autoptr(GString) text = g_string_new("externalinitialid\tuserid\n");
  for (guint i = 1; i <= 2500; i++)
    g_string_append_printf(text, "TN-%u\t%u\n", i, 100 + i);
  g_autofree char *path = file_with(place, "usermap", text->str);
  g_auto(PluginMapResult) first = { 0 }, second = { 0 };
  g_assert_true(plugin_maps_users(path, place->store, NOW, &first, NULL));
  g_assert_cmpuint(first.taken, ==, 2500);
  g_assert_cmpint(user_of(place, "TN-1"), ==, 101);
  g_assert_cmpint(user_of(place, "TN-2500"), ==, 2600);
  g_assert_true(plugin_maps_users(path, place->store, NOW + 1, &second, NULL));
  g_assert_cmpuint(second.taken, ==, 0);
  g_assert_cmpuint(second.known, ==, 2500);
}

/* What our own runs have written since is newer than the export. */
static void
test_newer_stays(Place *place, gconstpointer data) {
  (void)data;
  StoreCourseMap row = { "L1", "FD", 9 };
  g_assert_true(place->store->class->coursemap_put(place->store, &row, 1, NOW, NULL));
  g_auto(PluginMapResult) result = { 0 };
  take_courses(place, "externalid,courseid\nL1,7\nL2,8\n", &result);
  g_assert_cmpuint(result.other, ==, 1);
  g_assert_cmpuint(result.taken, ==, 1);
  g_assert_cmpint(course_of(place, "L1"), ==, 9);
}

static void
test_wrong_rows(Place *place, gconstpointer data) {
  (void)data;
  g_auto(PluginMapResult) result = { 0 };
  take_courses(place, "externalid,courseid\n,7\nL1,seven\nL2,-1\nL3,8\n", &result);
  g_assert_cmpuint(result.wrong, ==, 3);
  g_assert_cmpuint(result.taken, ==, 1);
  g_assert_nonnull(strstr(result.first_wrong, "coursemap:2: "));
  g_assert_cmpint(course_of(place, "L3"), ==, 8);
}

/* A file that is not what it should be: one sentence, and nothing of it is taken. */
static void
test_broken_files(Place *place, gconstpointer data) {
  (void)data;
  static const struct {
    const char *text, *words;
  } files[] = {
    { "", ": the file is empty" },
    { "id,course\n1,2\n", "no column externalid" },
    { "externalid,courseid\nL1,7\nL2,8,9\n", ":3: this line has 3 columns" },
    { "externalid,courseid\nL1,7\n\"L2,8\n", "left open" },
    { "externalid,courseid\nL1,7\nL\xfc,8\n", ":3: this is not UTF-8" },
  };
  for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
    g_auto(PluginMapResult) result = { 0 };
    g_autoptr(GError) error = NULL;
    g_autofree char *path = file_with(place, "coursemap", files[i].text);
    g_assert_false(plugin_maps_courses(path, place->store, NOW, &result, &error));
    g_assert_error(error, TABLE_FILE_ERROR, TABLE_FILE_ERROR_FAILED);
    g_assert_true(g_str_has_prefix(error->message, path));
    if (strstr(error->message, files[i].words) == NULL)
      g_error("%s: not %s", error->message, files[i].words);
    g_assert_cmpint(course_of(place, "L1"), ==, 0);
  }
  g_auto(PluginMapResult) result = { 0 };
  g_autoptr(GError) error = NULL;
  g_autofree char *missing = path_in(place, "missing");
  g_assert_false(plugin_maps_courses(missing, place->store, NOW, &result, &error));
  g_assert_nonnull(strstr(error->message, missing));
}

/* ── settings ── */

#define SETTINGS                                                                                   \
  "apikey_fd\tfd-key-1234567890\n"                                                                 \
  "apikey_hef\t\n"                                                                                 \
  "apikey_r__d\trued-key-1234567890\n"                                                             \
  "apikey_zz\tnobody-1234567890\n"                                                                 \
  "baseurl\thttps://zms.example.org/rest/services/moodle-services\n"                               \
  "certificate_general\t\n"                                                                        \
  "interval_lehrgaenge\t900\n"                                                                     \
  "requestdelayms\t1000\n"                                                                         \
  "something\tnew\n"                                                                               \
  "timeout\t9999\n"                                                                                \
  "version\t2026021700\n"

#define TENANTS                                                                                    \
  "Landkreis Fulda\tFD\nLandkreis Hersfeld-Rotenburg\tHEF\nRheingau-Taunus-Kreis\tRÜD\n"

static bool
write_config(const Place *place, const char *settings, PluginConfigResult *result, GError **error) {
  g_autofree char *from = file_with(place, "settings.txt", settings);
  g_autofree char *tenants = file_with(place, "list.tsv", TENANTS);
  g_autofree char *folder = path_in(place, "out");
  PluginConfigSource source = { .settings = from,
                                .tenants = tenants,
                                .moodle_url = "https://lernen.example.org",
                                .folder = folder,
                                .store = "state/lehrgaenge.db" };
  return plugin_config_write(&source, result, error);
}

/* Complete but for the token, which an administrator adds. */
static void
add_token(const PluginConfigResult *result) {
  g_autofree char *text = NULL;
  g_assert_true(g_file_get_contents(result->file, &text, NULL, NULL));
  g_auto(GStrv) parts = g_strsplit(text, "#token-file=credential:moodle.token\n", -1);
  g_assert_cmpuint(g_strv_length(parts), ==, 2);
  g_autofree char *whole = g_strjoinv("token-file=credential:moodle.token\n", parts);
  g_autofree char *folder = g_path_get_dirname(result->file);
  g_autofree char *token = g_build_filename(folder, "credentials", "moodle.token", NULL);
  g_assert_true(g_file_set_contents(result->file, whole, -1, NULL));
  g_assert_true(g_file_set_contents_full(token, "5a8f1d0c3b7e4962\n", -1,
                                         G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
}

static void
assert_converted(const PluginConfigResult *result) {
  g_autoptr(GError) error = NULL;
  add_token(result);
  g_autoptr(Config) config = config_load(result->file, &error);
  g_assert_no_error(error);
  g_assert_cmpstr(config->zms.baseurl, ==, "https://zms.example.org/rest/services/moodle-services");
  g_assert_cmpint(config->zms.requestdelayms, ==, 1000);
  g_assert_cmpint(config->zms.timeout, ==, 30);
  g_assert_cmpstr(config->moodle.backend, ==, "webservice");
  g_assert_cmpstr(config->moodle.url, ==, "https://lernen.example.org");
  g_assert_true(g_str_has_suffix(config->store.path, "/out/state/lehrgaenge.db"));
  g_assert_cmpuint(config->tenants->len, ==, 3);
  g_assert_cmpstr(config_tenant(config, "FD")->apikey, ==, "fd-key-1234567890");
  g_assert_cmpstr(config_tenant(config, "HEF")->apikey, ==, "");
  g_assert_cmpstr(config_tenant(config, "RÜD")->apikey, ==, "rued-key-1234567890");
}

static bool
warned(const PluginConfigResult *result, const char *words) {
  for (guint i = 0; i < result->warnings->len; i++)
    if (strstr(g_ptr_array_index(result->warnings, i), words) != NULL)
      return true;
  return false;
}

/* The configuration is one that loads, with the keys in files only their owner can read. */
static void
test_settings(Place *place, gconstpointer data) {
  (void)data;
  g_auto(PluginConfigResult) result = { 0 };
  g_autoptr(GError) error = NULL;
  g_assert_true(write_config(place, SETTINGS, &result, &error));
  g_assert_no_error(error);
  assert_converted(&result);
  g_assert_cmpuint(result.keys, ==, 2);
  g_assert_cmpuint(result.warnings->len, ==, 3);
  g_assert_true(warned(&result, "timeout=9999"));
  g_assert_true(warned(&result, "apikey_zz"));
  g_assert_true(warned(&result, "something"));
  for (guint i = 0; i < result.warnings->len; i++)
    g_assert_null(strstr(g_ptr_array_index(result.warnings, i), "nobody-"));
  g_autofree char *key = path_in(place, "out/credentials/keys/fd");
  struct stat status;
  g_assert_cmpint(g_stat(key, &status), ==, 0);
  g_assert_cmpuint(status.st_mode & 0777, ==, 0600);
}

/* The service is another user than who migrates, and has to read the configuration. */
static void
test_readable(Place *place, gconstpointer data) {
  (void)data;
  g_auto(PluginConfigResult) result = { 0 };
  mode_t before = umask(0077);
  bool ok = write_config(place, SETTINGS, &result, NULL);
  umask(before);
  g_assert_true(ok);
  static const char *const names[] = { "out/lehrgaenge.conf", "out/tenants.tsv" };
  for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
    g_autofree char *path = path_in(place, names[i]);
    struct stat status;
    g_assert_cmpint(g_stat(path, &status), ==, 0);
    g_assert_cmpuint(status.st_mode & 0777, ==, 0644);
  }
}

/* A wrong list would make a configuration without any key, and nobody would know why. */
static void
test_no_tenants(Place *place, gconstpointer data) {
  (void)data;
  g_auto(PluginConfigResult) result = { 0 };
  g_autoptr(GError) error = NULL;
  g_autofree char *settings = file_with(place, "settings.txt", SETTINGS);
  g_autofree char *list = file_with(place, "list.tsv", "# name\tabbreviation\nFulda;FD\n");
  g_autofree char *folder = path_in(place, "out");
  PluginConfigSource source = { .settings = settings, .tenants = list, .folder = folder };
  g_assert_false(plugin_config_write(&source, &result, &error));
  g_assert_nonnull(strstr(error->message, "list.tsv lists no tenant"));
  g_assert_false(g_file_test(folder, G_FILE_TEST_EXISTS));
}

static void
test_settings_json(Place *place, gconstpointer data) {
  (void)data;
  g_auto(PluginConfigResult) result = { 0 };
  g_autoptr(GError) error = NULL;
  g_assert_true(write_config(
      place,
      "{\"baseurl\":\"https://zms.example.org/rest/services/moodle-services\",\"requestdelayms\":"
      "\"1000\",\"apikey_fd\":\"fd-key-1234567890\",\"apikey_r__d\":\"rued-key-1234567890\"}\n",
      &result, &error));
  assert_converted(&result);
}

/* Nothing is overwritten; what an earlier call left unfinished is. */
static void
test_never_over(Place *place, gconstpointer data) {
  (void)data;
  g_auto(PluginConfigResult) first = { 0 }, second = { 0 }, third = { 0 }, fourth = { 0 };
  g_autoptr(GError) error = NULL;
  g_assert_true(write_config(place, SETTINGS, &first, NULL));
  g_assert_false(write_config(place, SETTINGS, &second, &error));
  g_assert_nonnull(strstr(error->message, first.file));
  g_assert_nonnull(strstr(error->message, "not overwritten"));
  g_assert_cmpint(g_remove(first.file), ==, 0);
  g_assert_true(write_config(place, SETTINGS, &third, NULL));
  g_assert_cmpint(g_remove(first.file), ==, 0);
  g_autofree char *key = file_with(place, "out/credentials/keys/fd", "another\n");
  g_clear_error(&error);
  g_assert_false(write_config(place, SETTINGS, &fourth, &error));
  g_assert_nonnull(strstr(error->message, key));
  g_assert_false(g_file_test(first.file, G_FILE_TEST_EXISTS));
}

static void
test_bad_settings(Place *place, gconstpointer data) {
  (void)data;
  static const char *const texts[] = { "", "timeout\t30\n", "{\"baseurl\":", "\xff\xfe" };
  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
    g_auto(PluginConfigResult) result = { 0 };
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = path_in(place, "out");
    g_assert_false(write_config(place, texts[i], &result, &error));
    g_assert_nonnull(strstr(error->message, "settings.txt"));
    g_assert_false(g_file_test(folder, G_FILE_TEST_EXISTS));
  }
}

#define ADD(path, function) g_test_add(path, Place, NULL, set_up, function, tear_down)

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  ADD("/migrate/maps/forms", test_forms);
  ADD("/migrate/maps/many", test_many);
  ADD("/migrate/maps/newer-stays", test_newer_stays);
  ADD("/migrate/maps/wrong-rows", test_wrong_rows);
  ADD("/migrate/maps/broken-files", test_broken_files);
  ADD("/migrate/settings", test_settings);
  ADD("/migrate/settings/readable", test_readable);
  ADD("/migrate/settings/no-tenants", test_no_tenants);
  ADD("/migrate/settings/json", test_settings_json);
  ADD("/migrate/settings/never-over", test_never_over);
  ADD("/migrate/settings/bad", test_bad_settings);
  return g_test_run();
}
