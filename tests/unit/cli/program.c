/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "program.h"

#include <glib/gstdio.h>
#include <sys/wait.h>

#include "base/text.h"

void
program_write_config(const char *path, const char *backend) {
  autochar text = g_strdup_printf(
      "[zms]\nbaseurl=https://127.0.0.1:1/rest\n"
      "[moodle]\nbackend=%s\npath=moodle.db\nurl=https://127.0.0.1:1\ntoken=streng-geheim-0815\n"
      "[store]\npath=lehrgaenge.db\n"
      "[tenant RÜD]\nname=Rheingau-Taunus-Kreis\n"
      "[tenant FD]\nname=Landkreis Fulda\napikey=" PROGRAM_APIKEY "\n",
      backend);
  g_assert_true(
      g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
}

void
program_set_up(Place *place, gconstpointer data) {
  (void)data;
  place->folder = g_dir_make_tmp("lehrgaenge-usage-XXXXXX", NULL);
  g_assert_nonnull(place->folder);
  place->config = g_build_filename(place->folder, "my.conf", NULL);
  program_write_config(place->config, "embedded");
}

void
program_tear_down(Place *place, gconstpointer data) {
  (void)data;
  g_autoptr(GDir) dir = g_dir_open(place->folder, 0, NULL);
  for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
    autochar path = g_build_filename(place->folder, name, NULL);
    g_assert_cmpint(g_unlink(path), ==, 0);
  }
  g_assert_cmpint(g_rmdir(place->folder), ==, 0);
  g_free(place->folder);
  g_free(place->config);
}

void
program_said_clear(Said *said) {
  g_free(said->out);
  g_free(said->err);
}
Said
program_call(const char *folder, const char *line) {
  autochar whole = g_strdup_printf("'%s' %s", g_getenv("LEHRGAENGE"), line);
  g_auto(GStrv) argv = NULL;
  g_assert_true(g_shell_parse_argv(whole, NULL, &argv, NULL));
  g_auto(GStrv) environment = g_environ_unsetenv(g_get_environ(), "LEHRGAENGE_CONFIG");
  environment = g_environ_setenv(environment, "LC_ALL", "C", TRUE);
  Said said = { 0 };
  int status = 0;
  g_autoptr(GError) error = NULL;
  g_assert_true(g_spawn_sync(folder, argv, environment, G_SPAWN_DEFAULT, NULL, NULL, &said.out,
                             &said.err, &status, &error));
  g_assert_true(WIFEXITED(status));
  said.code = WEXITSTATUS(status);
  g_assert_null(strstr(said.out, PROGRAM_APIKEY));
  g_assert_null(strstr(said.err, PROGRAM_APIKEY));
  return said;
}

guint
program_lines(const char *text) {
  guint count = 0;
  for (; *text != '\0'; text++)
    count += *text == '\n';
  return count;
}
