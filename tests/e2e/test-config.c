/* A wrong configuration is refused before anything happens, by every command: exit code 2, file,
 * line and remedy (SPEC 7, issue 2 part 2).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "e2e.h"

#define TENANTS 2

static Place *
new_place(void) {
  Place *place = e2e_new(TENANTS);
  e2e_sim(place, "--generate 2x4x5");
  e2e_fresh_moodle(place);
  return place;
}

/* "lehrgaenge.conf:N: " for the line that begins with `start` in the configuration last written. */
static char *
line_of(const Place *place, const char *start) {
  g_autofree char *path = e2e_path(place, "lehrgaenge.conf"), *text = NULL;
  g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix(lines[i], start))
      return g_strdup_printf("lehrgaenge.conf:%u: ", i + 1);
  g_error("no line begins with %s", start);
}

/* Every command refuses it, naming the line that begins with `start`, and with `says`; nothing was
 * asked and nothing was made. */
static void
expect_refusal(Place *place, const char *start, const char *says) {
  static const char *const lines[] = { "sync", "sync --json", "plan", "runs", "tenants", "tasks" };
  for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
    g_auto(Said) said = e2e_expect(place, 2, lines[i]);
    g_autofree char *where = line_of(place, start);
    g_assert_cmpstr(said.out, ==, "");
    g_assert_true(g_str_has_prefix(said.err, "lehrgaenge: "));
    e2e_assert_has(said.err, where);
    e2e_assert_has(said.err, says);
    g_assert_cmpstr(strchr(said.err, '\n'), ==, "\n"); /* one clear line */
  }
  g_auto(Said) check = e2e_expect(place, 2, "check --json");
  json_auto_t *document = e2e_json(&check);
  g_assert_true(json_is_false(json_object_get(document, "ok")));
  e2e_assert_has(check.out, says);
  g_assert_cmpint(e2e_stat(place, "requests"), ==, 0);
  g_assert_false(g_file_test(place->store, G_FILE_TEST_EXISTS));
}

static void
test_unknown_key(void) {
  g_autoptr(Place) place = new_place();
  e2e_set(place, "zms", "conections", "4");
  expect_refusal(place, "conections=", "did you mean connections?");
}

static void
test_unknown_group(void) {
  g_autoptr(Place) place = new_place();
  e2e_set(place, "moodel", "path", "moodle.db");
  expect_refusal(place, "[moodel]", "moodel");
}

static void
test_bad_value(void) {
  g_autoptr(Place) place = new_place();
  e2e_set(place, "zms", "timeout", "0");
  expect_refusal(place, "timeout=", "1 to 600");
}

static void
test_half_pair(void) {
  g_autoptr(Place) place = new_place();
  e2e_set(place, "zms", "key", NULL);
  expect_refusal(place, "certificate=", "key");
  e2e_set(place, "zms", "key", "client.key");
  e2e_set(place, "tenant DA", "key", "foreign.key");
  expect_refusal(place, "key=foreign.key", "certificate");
}

static void
test_readable_secret(void) {
  g_autoptr(Place) place = new_place();
  e2e_write(place, "keys/da", "token-that-all-can-read", 0644);
  expect_refusal(place, "keys-dir=", "chmod 600");
  e2e_write(place, "keys/da", "token", 0600);
  e2e_write(place, "token", "token-that-all-can-read", 0640);
  e2e_set(place, "tenant DA", "apikey-file", "token");
  expect_refusal(place, "apikey-file=", "chmod 600");
}

static void
test_missing_file(void) {
  g_autoptr(Place) place = new_place();
  e2e_set(place, "tenants", "file", "nobody.tsv");
  expect_refusal(place, "file=", "nobody.tsv");
  e2e_set(place, "tenants", "file", "tenants.tsv");
  e2e_set(place, "zms", "ca-file", "no-authority.pem");
  expect_refusal(place, "ca-file=", "no-authority.pem");
  e2e_set(place, "zms", "ca-file", "ca.pem");
  e2e_set(place, "tenant DA", "apikey-file", "nowhere");
  expect_refusal(place, "apikey-file=", "nowhere");
  e2e_write(place, "nowhere", "token", 0600);
  e2e_set(place, "tenant DA", "certificate", "nowhere.pem");
  e2e_set(place, "tenant DA", "key", "client.key");
  expect_refusal(place, "certificate=nowhere", "nowhere.pem");
}

static void
test_no_configuration(void) {
  g_autoptr(Place) place = new_place();
  g_auto(Said) said = e2e_expect(place, 2, "--config other.conf sync");
  e2e_assert_has(said.err, "other.conf");
  e2e_assert_has(said.err, "--config");
}

/* Plain http is for this machine only. */
static void
test_no_http(void) {
  g_autoptr(Place) place = new_place();
  e2e_set(place, "zms", "baseurl", "http://192.0.2.1/rest");
  expect_refusal(place, "baseurl=", "https");
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/config/unknown-key", test_unknown_key);
  g_test_add_func("/config/unknown-group", test_unknown_group);
  g_test_add_func("/config/bad-value", test_bad_value);
  g_test_add_func("/config/half-pair", test_half_pair);
  g_test_add_func("/config/readable-secret", test_readable_secret);
  g_test_add_func("/config/missing-file", test_missing_file);
  g_test_add_func("/config/no-configuration", test_no_configuration);
  g_test_add_func("/config/no-http", test_no_http);
  return g_test_run();
}
