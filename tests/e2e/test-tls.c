/* Mutual TLS: who may talk to whom (SPEC 1).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "e2e.h"

#define SIM "--generate 3x4x5"
#define TENANTS 3

static Place *
new_place(void) {
  Place *place = e2e_new(TENANTS);
  e2e_sim(place, SIM);
  e2e_fresh_moodle(place);
  return place;
}

static void
use_pair(Place *place, const char *group, const char *certificate, const char *key) {
  e2e_set(place, group, "certificate", certificate);
  e2e_set(place, group, "key", key);
}

static void
test_right(void) {
  g_autoptr(Place) place = new_place();
  e2e_must(place, 0, "sync --json");
  g_autofree char *text = e2e_ask(place, "GET", "/__stats");
  json_auto_t *stats = json_loads(text, 0, NULL);
  const json_t *seen = json_object_get(stats, "client_certificates");
  g_assert_cmpuint(json_array_size(seen), ==, 1);
  g_assert_cmpstr(json_string_value(json_array_get(seen, 0)), ==, "CN=lehrgaenge-client");
  g_assert_cmpint(e2e_stat(place, "requests"), >, TENANTS);
  /* Many requests, few handshakes: connections are kept. */
  g_assert_cmpint(e2e_stat(place, "connections"), <, e2e_stat(place, "requests"));
}

/* No tenant could be read: nothing was asked twice, nothing reached ZMS, and each tenant's error
 * has `part`. */
static void
expect_refused(Place *place, const char *part) {
  g_auto(Said) said = e2e_expect(place, 1, "sync --json");
  json_auto_t *report = e2e_json(&said);
  g_assert_cmpstr(json_string_value(json_object_get(report, "status")), ==, "error");
  g_assert_cmpint(e2e_total(report, "tenants_failed"), ==, TENANTS);
  size_t at;
  json_t *tenant;
  json_array_foreach(json_object_get(report, "tenants"), at, tenant) {
    e2e_assert_has(json_string_value(json_object_get(tenant, "error")), part);
    e2e_assert_has(json_string_value(json_object_get(tenant, "error")), place->url);
  }
  g_assert_cmpint(json_integer_value(json_object_get(json_object_get(report, "requests"), "sent")),
                  ==, TENANTS);
  g_assert_cmpint(e2e_stat(place, "requests"), ==, 0);
  g_assert_cmpint(rows_number(place->moodle, "SELECT count(*) FROM mdl_user_enrolments"), ==, 0);
  /* A person reads the same. */
  g_auto(Said) text = e2e_expect(place, 1, "sync");
  e2e_assert_has(text.out, part);
}

static void
test_missing(void) {
  g_autoptr(Place) place = new_place();
  use_pair(place, "zms", NULL, NULL);
  expect_refused(place, "client certificate");
}

static void
test_foreign(void) {
  g_autoptr(Place) place = new_place();
  use_pair(place, "zms", "foreign.pem", "foreign.key");
  expect_refused(place, "client certificate");
}

/* The authority that vouches for ZMS is not ours: the token is not sent. */
static void
test_unknown_authority(void) {
  g_autoptr(Place) place = new_place();
  e2e_set(place, "zms", "ca-file", "foreign-ca.pem");
  expect_refused(place, "not trusted");
  e2e_set(place, "zms", "ca-file", NULL);
  expect_refused(place, "not trusted");
}

/* Trusted, but for another name. */
static void
test_other_host(void) {
  g_autoptr(Place) place = new_place();
  e2e_sim(place, SIM " --address 127.0.0.2");
  g_auto(Said) said = e2e_expect(place, 1, "sync");
  e2e_assert_has(said.out, "not trusted");
}

/* The general pair is needed by all: the run is refused before anything is asked. */
static void
expect_no_run(Place *place, const char *file, const char *why) {
  g_auto(Said) said = e2e_expect(place, 2, "sync");
  g_assert_cmpstr(said.out, ==, "");
  e2e_assert_has(said.err, file);
  e2e_assert_has(said.err, why);
  g_auto(Said) check = e2e_expect(place, 2, "check");
  e2e_assert_has(check.out, file);
  g_assert_cmpint(e2e_stat(place, "requests"), ==, 0);
  g_assert_false(g_file_test(place->store, G_FILE_TEST_EXISTS));
}

static void
test_general_expired(void) {
  g_autoptr(Place) place = new_place();
  use_pair(place, "zms", "expired.pem", "expired.key");
  expect_no_run(place, "certs/expired.pem", "expired on 2021-01-01");
}

static void
test_general_does_not_fit(void) {
  g_autoptr(Place) place = new_place();
  use_pair(place, "zms", "client.pem", "foreign.key");
  expect_no_run(place, "certs/foreign.key", "does not fit");
}

static void
test_general_missing_file(void) {
  g_autoptr(Place) place = new_place();
  use_pair(place, "zms", "nowhere.pem", "client.key");
  expect_no_run(place, "certs/nowhere.pem", "lehrgaenge.conf:");
}

static void
test_general_key_readable(void) {
  g_autoptr(Place) place = new_place();
  g_autofree char *path = e2e_path(place, "certs/client.key"), *key = NULL;
  g_assert_true(g_file_get_contents(path, &key, NULL, NULL));
  e2e_write(place, "certs/open.key", key, 0644);
  use_pair(place, "zms", "client.pem", "open.key");
  expect_no_run(place, "certs/open.key", "chmod 600");
}

/* One tenant's own pair fails that tenant alone, and never are the others' credentials used for it.
 */
static void
test_one_tenant(void) {
  static const struct {
    const char *certificate, *key, *file, *why;
  } pairs[] = {
    { "expired.pem", "expired.key", "certs/expired.pem", "expired on" },
    { "client.pem", "foreign.key", "certs/foreign.key", "does not fit" },
    { "foreign.pem", "foreign.key", "", "client certificate" },
  };
  g_autoptr(Place) place = new_place();
  for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
    g_test_message("%s, %s", pairs[i].certificate, pairs[i].key);
    e2e_sim(place, SIM);
    e2e_fresh_moodle(place);
    use_pair(place, "tenant DA", pairs[i].certificate, pairs[i].key);
    g_auto(Said) said = e2e_expect(place, 3, "sync --json");
    json_auto_t *report = e2e_json(&said);
    g_assert_cmpstr(json_string_value(json_object_get(report, "status")), ==, "partial");
    g_assert_cmpint(e2e_total(report, "tenants_failed"), ==, 1);
    const char *error = json_string_value(json_object_get(e2e_tenant(report, "DA"), "error"));
    e2e_assert_has(error, pairs[i].file);
    e2e_assert_has(error, pairs[i].why);
    g_assert_cmpint(json_integer_value(json_object_get(e2e_tenant(report, "HP"), "created")), >, 0);
    g_auto(Said) text = e2e_call(place, "sync");
    e2e_assert_has(text.out, "DA: ");
    e2e_assert_has(text.out, pairs[i].why);
    g_auto(Said) check = e2e_call(place, "check");
    g_assert_cmpint(check.code, !=, 0);
    e2e_assert_has(check.out, pairs[i].why);
  }
}

/* A tenant's own pair is the one shown for it. */
static void
test_own_pair(void) {
  g_autoptr(Place) place = new_place();
  use_pair(place, "tenant DA", "client.pem", "client.key");
  use_pair(place, "zms", "foreign.pem", "foreign.key");
  g_auto(Said) said = e2e_expect(place, 3, "sync --json");
  json_auto_t *report = e2e_json(&said);
  g_assert_true(json_is_null(json_object_get(e2e_tenant(report, "DA"), "error")));
  g_assert_true(json_is_string(json_object_get(e2e_tenant(report, "HP"), "error")));
  g_assert_true(json_is_string(json_object_get(e2e_tenant(report, "GG"), "error")));
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/tls/right", test_right);
  g_test_add_func("/tls/missing", test_missing);
  g_test_add_func("/tls/foreign", test_foreign);
  g_test_add_func("/tls/unknown-authority", test_unknown_authority);
  g_test_add_func("/tls/other-host", test_other_host);
  g_test_add_func("/tls/general-expired", test_general_expired);
  g_test_add_func("/tls/general-does-not-fit", test_general_does_not_fit);
  g_test_add_func("/tls/general-missing-file", test_general_missing_file);
  g_test_add_func("/tls/general-key-readable", test_general_key_readable);
  g_test_add_func("/tls/one-tenant", test_one_tenant);
  g_test_add_func("/tls/own-pair", test_own_pair);
  return g_test_run();
}
