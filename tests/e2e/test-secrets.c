/* No secret leaves: not in what the programs say, not in what they store, not in what others on the
 * machine can see of them (issue 2, SPEC 1).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>

#include "e2e.h"
#include "liar.h"

#define SIM "--generate 3x5x6"
#define TENANTS 3

/* Shorter lines of a key file are not looked for: they could be anywhere. */
#define MIN_SECRET 12

static void
add_lines(GPtrArray *secrets, const Place *place, const char *name) {
  g_autofree char *path = e2e_path(place, name), *text = NULL;
  g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    if (strlen(*line) >= MIN_SECRET && !g_str_has_prefix(*line, "-----"))
      g_ptr_array_add(secrets, g_strdup(*line));
}

/* The tokens of all tenants, and the private key. */
static GPtrArray *
secrets_of(const Place *place) {
  GPtrArray *secrets = g_ptr_array_new_with_free_func(g_free);
  g_autofree char *folder = e2e_path(place, "keys");
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  g_assert_nonnull(dir);
  for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
    g_autofree char *file = g_build_filename("keys", name, NULL);
    add_lines(secrets, place, file);
  }
  g_assert_cmpuint(secrets->len, ==, TENANTS);
  add_lines(secrets, place, "certs/client.key");
  g_assert_cmpuint(secrets->len, >, TENANTS);
  return secrets;
}

static void
assert_clean(const GPtrArray *secrets, const char *where, const char *data, gsize length) {
  for (guint i = 0; i < secrets->len; i++) {
    const char *secret = g_ptr_array_index(secrets, i);
    if (memmem(data, length, secret, strlen(secret)) != NULL)
      g_error("%s holds the secret number %u", where, i);
  }
}

static void
assert_said_clean(const GPtrArray *secrets, const char *line, const Said *said) {
  g_test_message("lehrgaenge %s", line);
  assert_clean(secrets, "standard output", said->out, strlen(said->out));
  assert_clean(secrets, "standard error", said->err, strlen(said->err));
}

static void
assert_files_clean(const GPtrArray *secrets, const Place *place) {
  guint seen = 0;
  g_autoptr(GDir) dir = g_dir_open(place->folder, 0, NULL);
  for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
    g_autofree char *path = e2e_path(place, name), *text = NULL;
    gsize length;
    if (g_file_test(path, G_FILE_TEST_IS_DIR) || !g_file_get_contents(path, &text, &length, NULL))
      continue;
    assert_clean(secrets, name, text, length);
    seen++;
  }
  g_assert_cmpuint(seen, >=, 4); /* configuration, tenants, Moodle, store */
}

/* Every command, as talkative as it gets, when all is well and when it is not. */
static void
test_what_is_said(void) {
  static const char *const lines[] = {
    "-vv sync",         "-vv sync --json",        "-vv plan",
    "-vv plan --json",  "-vv runs --json",        "runs show 1 --json -vv",
    "-vv runs show 1",  "-vv tenants --json",     "-vv check",
    "-vv check --json", "-vv tasks --all --json",
  };
  static const char *const sims[] = { SIM, SIM " --tenant-fault HP=401 --tenant-fault DA=garbage",
                                      SIM " --fail-every 3", SIM " --truncate-every 3" };
  g_autoptr(Place) place = e2e_new(TENANTS);
  e2e_set(place, "zms", "attempts", "1");
  e2e_sim(place, SIM);
  e2e_fresh_moodle(place);
  g_autoptr(GPtrArray) secrets = secrets_of(place);
  for (gsize i = 0; i < G_N_ELEMENTS(sims); i++) {
    e2e_sim(place, sims[i]);
    for (gsize k = 0; k < G_N_ELEMENTS(lines); k++) {
      g_auto(Said) said = e2e_call(place, lines[k]);
      g_assert_cmpint(said.signal, ==, 0);
      g_assert_cmpuint(strlen(said.out), >, 0);
      assert_said_clean(secrets, lines[k], &said);
    }
  }
  assert_files_clean(secrets, place);
}

/* A server that repeats the token in its error: blotted out, and there is something to blot out. */
static void
test_echo(void) {
  static const LiarAnswer answers[] = {
    { .status = 403, .body = "{\"status\":403,\"detail\":\"no entry for %s, sorry\"}" },
    { .status = 500, .body = "<html>X-MoodleAuthToken: %s</html>" },
    { .status = 200, .body = "[{\"id\":\"%s\",\"kurzbezeichnung\":\"%s\",\"endTag\":\"%s\"}]" },
    { .status = 200, .body = "{\"%s\": 1}" },
    { .status = 200, .body = "%s" },
  };
  g_autoptr(Place) place = e2e_new(TENANTS);
  e2e_set(place, "zms", "attempts", "1");
  e2e_sim(place, SIM); /* writes the keys */
  e2e_fresh_moodle(place);
  g_autoptr(GPtrArray) secrets = secrets_of(place);
  g_autofree char *certificates = e2e_path(place, "certs");
  for (gsize i = 0; i < G_N_ELEMENTS(answers); i++) {
    g_autoptr(Liar) liar = liar_new(certificates, &answers[i]);
    e2e_set(place, "zms", "baseurl", liar_url(liar));
    static const char *const lines[] = { "-vv sync --json", "-vv sync", "-vv check", "-vv plan" };
    for (gsize k = 0; k < G_N_ELEMENTS(lines); k++) {
      g_auto(Said) said = e2e_call(place, lines[k]);
      assert_said_clean(secrets, lines[k], &said);
      if (i == 0 && k < 3)
        e2e_assert_has(said.out, "no entry for ***, sorry");
    }
    g_assert_cmpuint(liar_tokens(liar), >=, TENANTS);
    g_auto(Said) runs = e2e_call(place, "runs show 1 --json");
    assert_said_clean(secrets, "runs show 1 --json", &runs);
  }
  assert_files_clean(secrets, place);
}

/* While it runs, and in what a kill leaves behind: write-ahead logs are part of the database. */
static void
test_while_it_runs(void) {
  g_autoptr(Place) place = e2e_new(TENANTS);
  e2e_sim(place, SIM " --latency-ms 300");
  e2e_fresh_moodle(place);
  g_autoptr(GPtrArray) secrets = secrets_of(place);
  g_autoptr(Process) run = e2e_start(place, "-vv sync");
  g_assert_true(e2e_await_phase(place, run, "fetch"));
  static const char *const files[] = { "cmdline", "environ" };
  for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
    g_autoptr(GBytes) bytes = process_proc(run, files[i]);
    gsize length;
    const char *data = g_bytes_get_data(bytes, &length);
    g_assert_cmpuint(length, >, 0);
    assert_clean(secrets, files[i], data, length);
  }
  bool later = e2e_await_phase(place, run, "apply");
  assert_files_clean(secrets, place);
  process_signal(run, SIGKILL);
  g_auto(Said) said = process_wait(run);
  g_assert_true(later);
  assert_said_clean(secrets, "-vv sync", &said);
  assert_files_clean(secrets, place);
}

/* Secrets in the configuration itself: its errors do not quote them. */
static void
test_configuration(void) {
  g_autoptr(Place) place = e2e_new(TENANTS);
  e2e_sim(place, SIM);
  e2e_fresh_moodle(place);
  g_autofree char *path = e2e_path(place, "keys/da"), *token = NULL;
  g_assert_true(g_file_get_contents(path, &token, NULL, NULL));
  g_strchomp(token);
  g_autoptr(GPtrArray) secrets = secrets_of(place);
  e2e_set(place, "tenant DA", "apikey", token);
  g_auto(Said) well = e2e_expect(place, 0, "-vv sync");
  assert_said_clean(secrets, "-vv sync", &well);
  e2e_set(place, "tenant DA", "apikee", token);
  g_auto(Said) said = e2e_expect(place, 2, "-vv sync");
  assert_said_clean(secrets, "-vv sync", &said);
  e2e_assert_has(said.err, "apikee");
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/secrets/what-is-said", test_what_is_said);
  g_test_add_func("/secrets/echo", test_echo);
  g_test_add_func("/secrets/while-it-runs", test_while_it_runs);
  g_test_add_func("/secrets/configuration", test_configuration);
  return g_test_run();
}
