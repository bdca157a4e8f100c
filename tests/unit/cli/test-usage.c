/* The program as a user calls it: what it says, where, and with which exit code.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "program.h"

static const char *const commands[] = { "sync",    "import", "plan",  "runs",   "schedule",
                                        "tenants", "check",  "tasks", "moodle", "user",
                                        "token",   "audit",  "store" };

static void
test_overview(Place *place, gconstpointer data) {
  (void)data;
  const char *const ways[] = { "--help", "-h", "help" };
  for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
    g_auto(Said) said = program_call(place->folder, ways[i]);
    g_assert_cmpint(said.code, ==, 0);
    g_assert_cmpstr(said.err, ==, "");
    for (guint c = 0; c < G_N_ELEMENTS(commands); c++) {
      autochar entry = g_strdup_printf("\n  %s ", commands[c]);
      assert_has(said.out, entry);
    }
  }
  g_auto(Said) nothing = program_call(place->folder, "");
  g_assert_cmpint(nothing.code, ==, 2);
  g_assert_cmpstr(nothing.out, ==, "");
  assert_has(nothing.err, "Usage: lehrgaenge");
}

static void
test_version(Place *place, gconstpointer data) {
  (void)data;
  g_auto(Said) said = program_call(place->folder, "--version");
  g_assert_cmpint(said.code, ==, 0);
  g_assert_cmpstr(said.out, ==, "lehrgaenge " LGS_VERSION "\n");
}

static void
test_help_of_each(Place *place, gconstpointer data) {
  (void)data;
  const char *const ways[] = { "%s --help", "%s -h", "help %s", "--help %s" };
  for (guint c = 0; c < G_N_ELEMENTS(commands); c++)
    for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
      g_auto(GStrv) parts = g_strsplit(ways[i], "%s", 2);
      autochar line = g_strjoinv(commands[c], parts);
      g_auto(Said) said = program_call(place->folder, line);
      g_assert_cmpint(said.code, ==, 0);
      g_assert_cmpstr(said.err, ==, "");
      autochar usage = g_strdup_printf("Usage: lehrgaenge %s", commands[c]);
      g_assert_true(g_str_has_prefix(said.out, usage));
      assert_has(said.out, "\nOptions:\n");
      assert_has(said.out, "--config FILE");
      assert_has(said.out, "\nExamples:\n");
      assert_has(said.out, "\nExit codes:\n");
    }
}

static void
test_wrong_usage(Place *place, gconstpointer data) {
  (void)data;
  static const struct {
    const char *line, *part;
  } wrong[] = {
    { "--nonsense", "--nonsense" },
    { "nonsense", "nonsense" },
    { "help nonsense", "nonsense" },
    { "runs --nonsense", "--nonsense" },
    { "runs nonsense", "nonsense" },
    { "runs show", "ID" },
    { "runs show abc", "abc" },
    { "runs show 0", "“0”" },
    { "runs show 1 2", "“2”" },
    { "runs --limit 0", "--limit" },
    { "runs --limit 10001", "10000" },
    { "runs --limit abc", "abc" },
    { "runs --limit", "--limit" },
    { "tenants FD", "FD" },
    { "check all", "all" },
    { "moodle", "init" },
    { "moodle destroy", "destroy" },
    { "moodle init now", "now" },
    { "moodle init --master ''", "--master" },
    { "--config", "--config" },
    { "runs 'two\nlines'", "two lines" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
    g_test_message("%s", wrong[i].line);
    g_auto(Said) said = program_call(place->folder, wrong[i].line);
    g_assert_cmpint(said.code, ==, 2);
    g_assert_cmpstr(said.out, ==, "");
    g_assert_cmpuint(program_lines(said.err), ==, 1);
    g_assert_true(g_str_has_prefix(said.err, "lehrgaenge: "));
    g_assert_true(g_str_has_suffix(said.err, " --help\n"));
    assert_has(said.err, wrong[i].part);
  }
}

static void
test_no_configuration(Place *place, gconstpointer data) {
  (void)data;
  if (g_file_test("/etc/lehrgaenge/lehrgaenge.conf", G_FILE_TEST_EXISTS)) {
    g_test_skip("this machine has a configuration");
    return;
  }
  g_auto(Said) none = program_call(place->folder, "runs");
  g_assert_cmpint(none.code, ==, 2);
  g_assert_cmpstr(none.out, ==, "");
  g_assert_cmpuint(program_lines(none.err), ==, 1);
  assert_has(none.err, "./lehrgaenge.conf");
  assert_has(none.err, "/etc/lehrgaenge/lehrgaenge.conf");
  assert_has(none.err, "--config");
  g_auto(Said) named = program_call(place->folder, "--config gone.conf runs");
  g_assert_cmpint(named.code, ==, 2);
  g_assert_cmpuint(program_lines(named.err), ==, 1);
  assert_has(named.err, "gone.conf");
  g_auto(Said) json = program_call(place->folder, "check --json");
  g_assert_cmpint(json.code, ==, 2);
  json_auto_t *document = json_loads(json.out, 0, NULL);
  g_assert_nonnull(document);
  g_assert_true(json_is_false(json_object_get(document, "ok")));
}

static void
test_broken_configuration(Place *place, gconstpointer data) {
  (void)data;
  g_assert_true(g_file_set_contents_full(place->config, "[zms]\ntimeout=abc\n[nonsense]\na=b\n", -1,
                                         G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
  const char *const all[] = { "runs", "schedule", "tenants", "tasks", "moodle init" };
  for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
    autochar line = g_strdup_printf("--config my.conf %s", all[i]);
    g_auto(Said) said = program_call(place->folder, line);
    g_assert_cmpint(said.code, ==, 2);
    g_assert_cmpstr(said.out, ==, "");
    assert_has(said.err, "my.conf:2: ");
    assert_has(said.err, "my.conf:3: ");
    g_auto(GStrv) each = g_strsplit(g_strchomp(said.err), "\n", -1);
    for (char **text = each; *text != NULL; text++)
      g_assert_true(g_str_has_prefix(*text, "lehrgaenge: "));
  }
  g_auto(Said) check = program_call(place->folder, "--config my.conf check");
  g_assert_cmpint(check.code, ==, 2);
  assert_has(check.out, "my.conf:2: ");
}

static void
test_config_anywhere(Place *place, gconstpointer data) {
  (void)data;
  const char *const ways[] = { "--config my.conf runs", "runs --config my.conf", "-c my.conf runs",
                               "--config=my.conf runs",
                               "--config gone.conf runs --config my.conf" };
  for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
    g_auto(Said) said = program_call(place->folder, ways[i]);
    g_assert_cmpstr(said.err, ==, "");
    g_assert_cmpint(said.code, ==, 0);
  }
  autochar found = g_build_filename(place->folder, "lehrgaenge.conf", NULL);
  program_write_config(found, "embedded");
  g_auto(Said) said = program_call(place->folder, "runs");
  g_assert_cmpint(said.code, ==, 0);
}

static json_t *
call_json(Place *place, const char *line, const char *list) {
  g_auto(Said) said = program_call(place->folder, line);
  g_assert_cmpstr(said.err, ==, "");
  g_assert_cmpint(said.code, ==, 0);
  json_auto_t *document = json_loads(said.out, 0, NULL);
  g_assert_nonnull(document);
  json_t *array = json_object_get(document, list);
  g_assert_true(json_is_array(array));
  return json_incref(array);
}

/* Looking must not make the store: a file made by whoever looks first could be closed to the
 * service. */
static void
test_looking_makes_nothing(Place *place, gconstpointer data) {
  (void)data;
  json_auto_t *runs = call_json(place, "-c my.conf runs --json", "runs");
  g_assert_cmpuint(json_array_size(runs), ==, 0);
  json_auto_t *tasks = call_json(place, "-c my.conf tasks --json", "tasks");
  g_assert_cmpuint(json_array_size(tasks), ==, 0);
  g_auto(Said) show = program_call(place->folder, "-c my.conf runs show 1");
  g_assert_cmpint(show.code, ==, 1);
  assert_has(show.err, "no run 1");
  json_auto_t *tenants = call_json(place, "-c my.conf tenants --json", "tenants");
  g_assert_cmpuint(json_array_size(tenants), ==, 2);
  autochar store = g_build_filename(place->folder, "lehrgaenge.db", NULL);
  g_assert_false(g_file_test(store, G_FILE_TEST_EXISTS));
}

static void
test_tenants(Place *place, gconstpointer data) {
  (void)data;
  g_auto(Said) said = program_call(place->folder, "-c my.conf tenants");
  g_assert_cmpint(said.code, ==, 0);
  g_assert_cmpstr(said.out, ==,
                  "Tenant  Name                   Apikey          Certificate  Last success\n"
                  "RÜD     Rheingau-Taunus-Kreis  not configured  none         never\n"
                  "FD      Landkreis Fulda        yes             none         never\n");
  json_auto_t *tenants = call_json(place, "-c my.conf tenants --json", "tenants");
  const json_t *first = json_array_get(tenants, 0), *second = json_array_get(tenants, 1);
  g_assert_cmpstr(json_string_value(json_object_get(first, "abbr")), ==, "RÜD");
  g_assert_true(json_is_false(json_object_get(first, "configured")));
  g_assert_true(json_is_true(json_object_get(second, "configured")));
  g_assert_true(json_is_null(json_object_get(second, "last_success")));
}

static void
test_moodle_init(Place *place, gconstpointer data) {
  (void)data;
  g_auto(Said) first =
      program_call(place->folder, "-c my.conf moodle init --master F-I --master AGT --master F-I");
  g_assert_cmpstr(first.err, ==, "");
  g_assert_cmpint(first.code, ==, 0);
  g_assert_true(g_str_has_prefix(first.out, "made 3 companies, 2 master courses in "));
  g_assert_true(g_str_has_suffix(first.out, "moodle.db; 0 were there already\n"));
  g_auto(Said) again =
      program_call(place->folder, "-c my.conf moodle init --master F-II --master AGT");
  g_assert_true(g_str_has_prefix(again.out, "made 0 companies, 1 master course in "));
  g_assert_true(g_str_has_suffix(again.out, "; 4 were there already\n"));
  program_write_config(place->config, "webservice");
  g_auto(Said) refused = program_call(place->folder, "-c my.conf moodle init");
  g_assert_cmpint(refused.code, ==, 2);
  g_assert_cmpstr(refused.out, ==, "");
  assert_has(refused.err, "backend=embedded");
}

/* What a run needs and is not given is refused as what it is: a mistake of the configuration. */
static void
test_configuration_refused(Place *place, gconstpointer data) {
  (void)data;
  static const struct {
    const char *text, *command, *what;
  } wrong[] = {
    { "[moodle]\npath=none.db\n", "sync", "[zms] baseurl is not set" },
    { "[moodle]\npath=none.db\n", "plan", "[zms] baseurl is not set" },
  };
  autochar found = g_build_filename(place->folder, "lehrgaenge.conf", NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
    g_assert_true(g_file_set_contents_full(found, wrong[i].text, -1, G_FILE_SET_CONTENTS_CONSISTENT,
                                           0600, NULL));
    g_auto(Said) said = program_call(place->folder, wrong[i].command);
    g_assert_cmpint(said.code, ==, 2);
    assert_has(said.err, wrong[i].what);
  }
}

/* The central company may be a tenant's: then it is made once. */
static void
test_moodle_init_central_tenant(Place *place, gconstpointer data) {
  (void)data;
  autochar found = g_build_filename(place->folder, "lehrgaenge.conf", NULL);
  g_assert_true(g_file_set_contents_full(found,
                                         "[zms]\nbaseurl=https://127.0.0.1:1/rest\n[tenant "
                                         "HLFS]\nname=Hessische Landesfeuerwehrschule\n",
                                         -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
  g_auto(Said) said = program_call(place->folder, "moodle init");
  g_assert_cmpstr(said.err, ==, "");
  g_assert_true(g_str_has_prefix(said.out, "made 1 company, 0 master courses in "));
  g_assert_true(g_str_has_suffix(said.out, "; 0 were there already\n"));
}

static void
test_output_that_cannot_be_written(Place *place, gconstpointer data) {
  (void)data, (void)place;
  autochar full =
      g_strdup_printf("-c '\"$0\" --help >/dev/full; echo $?' '%s'", g_getenv("LEHRGAENGE"));
  autochar line = g_strdup_printf("sh %s", full);
  autochar out = NULL;
  autochar err = NULL;
  g_assert_true(g_spawn_command_line_sync(line, &out, &err, NULL, NULL));
  g_assert_cmpstr(out, ==, "1\n");
  assert_has(err, "cannot write to standard output");
}

/* The reader is gone before the first byte: a pipe whose other end is closed. */
static void
test_reader_that_goes_away(Place *place, gconstpointer data) {
  (void)data;
  int ends[2];
  g_assert_cmpint(pipe2(ends, O_CLOEXEC), ==, 0);
  close(ends[0]);
  char *argv[] = { (char *)g_getenv("LEHRGAENGE"), (char *)"--help", NULL };
  GPid pid = 0;
  int err_fd = -1, status = 0;
  autochar err_path = g_build_filename(place->folder, "err", NULL);
  err_fd = g_open(err_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  g_assert_true(g_spawn_async_with_fds(NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                                       &pid, -1, ends[1], err_fd, NULL));
  close(ends[1]);
  g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
  g_assert_true(WIFEXITED(status));
  g_assert_cmpint(WEXITSTATUS(status), ==, 0);
  g_assert_cmpint(lseek(err_fd, 0, SEEK_END), ==, 0);
  close(err_fd);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define add(name, function)                                                                        \
  g_test_add("/usage/" name, Place, NULL, program_set_up, function, program_tear_down)
  add("overview", test_overview);
  add("configuration-refused", test_configuration_refused);
  add("version", test_version);
  add("help-of-each", test_help_of_each);
  add("wrong-usage", test_wrong_usage);
  add("no-configuration", test_no_configuration);
  add("broken-configuration", test_broken_configuration);
  add("config-anywhere", test_config_anywhere);
  add("looking-makes-nothing", test_looking_makes_nothing);
  add("tenants", test_tenants);
  add("moodle-init", test_moodle_init);
  add("moodle-init-central-tenant", test_moodle_init_central_tenant);
  add("output-that-cannot-be-written", test_output_that_cannot_be_written);
  add("reader-that-goes-away", test_reader_that_goes_away);
  return g_test_run();
}
