/* What ZMS can answer, from the codes of SPEC 1 to nothing at all.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "e2e.h"
#include "liar.h"

#define SIM "--generate 2x6x6"
#define TENANTS 2

/* The same for one tenant. */
#define ONE "--generate 1x6x6"

/* Of nesting, in bytes (issue 2). */
#define NESTING (10 * 1000 * 1000)

#define ENROLMENTS "SELECT count(*) FROM mdl_user_enrolments"

static const char *
tenant_error(const json_t *report, const char *abbr) {
  return json_string_value(json_object_get(e2e_tenant(report, abbr), "error"));
}

/* A whole tenant answers with one status. */
static void
test_statuses(void) {
  static const struct {
    const char *fault, *shown, *remedy;
    guint tries;
  } answers[] = {
    { "400", "400 Bad Request", "", 1 },         { "401", "401 Unauthorized", "apikey", 1 },
    { "403", "403 Forbidden", "", 1 },           { "404", "404 Not Found", "", 1 },
    { "429", "429 Too Many Requests", "", 2 },   { "500", "500 Internal Server Error", "", 2 },
    { "503", "503 Service Unavailable", "", 2 },
  };
  g_autoptr(Place) place = e2e_new(TENANTS);
  e2e_set(place, "zms", "attempts", "2");
  for (gsize i = 0; i < G_N_ELEMENTS(answers); i++) {
    g_autofree char *line = g_strdup_printf(SIM " --tenant-fault DA=%s", answers[i].fault),
                    *stat = g_strdup_printf("statuses.%s", answers[i].fault);
    e2e_sim(place, line);
    e2e_fresh_moodle(place);
    g_auto(Said) said = e2e_expect(place, 3, "sync --json");
    json_auto_t *report = e2e_json(&said);
    g_assert_cmpstr(json_string_value(json_object_get(report, "status")), ==, "partial");
    const char *error = tenant_error(report, "DA");
    e2e_assert_has(error, "GET https://127.0.0.1:");
    e2e_assert_has(error, "/lehrgaenge: ");
    e2e_assert_has(error, answers[i].shown);
    e2e_assert_has(error, "Simulated failure of this tenant."); /* its "detail" */
    e2e_assert_has(error, answers[i].remedy);
    g_assert_cmpint(e2e_stat(place, stat), ==, answers[i].tries);
    g_assert_null(tenant_error(report, "HP"));
    g_assert_cmpint(json_integer_value(json_object_get(e2e_tenant(report, "HP"), "created")), >, 0);
    g_auto(Said) text = e2e_call(place, "runs show 1");
    e2e_assert_has(text.out, "DA: GET https://");
  }
}

/* One Lehrgang's participants fail, and the tenant goes on. */
static void
test_one_lehrgang(void) {
  static const char *const faults[] = { "404", "403", "500", "garbage" };
  g_autoptr(Place) place = e2e_new(TENANTS);
  e2e_set(place, "zms", "attempts", "2");
  e2e_sim(place, SIM);
  e2e_fresh_moodle(place);
  e2e_must(place, 0, "sync");
  g_autofree char *id = rows_text(
      place->store, "SELECT externalid FROM local_lehrgaengeapi_coursemap WHERE tenant = 'DA'"
                    " AND externalid NOT LIKE '%/%' ORDER BY id DESC");
  gint64 enrolments = rows_number(place->moodle, ENROLMENTS);
  for (gsize i = 0; i < G_N_ELEMENTS(faults); i++) {
    g_autofree char *control =
        g_strdup_printf("/__control/fault?tenant=DA&lehrgang=%s&fault=%s", id, faults[i]);
    e2e_tell(place, "PUT", control);
    e2e_fresh_moodle(place);
    g_auto(Said) said = e2e_expect(place, 3, "sync --json");
    json_auto_t *report = e2e_json(&said);
    g_assert_null(tenant_error(report, "DA"));
    const json_t *failed = json_object_get(e2e_tenant(report, "DA"), "failed");
    g_assert_cmpuint(json_array_size(failed), ==, 1);
    const json_t *failure = json_array_get(failed, 0);
    g_assert_cmpstr(json_string_value(json_object_get(failure, "id")), ==, id);
    e2e_assert_has(json_string_value(json_object_get(failure, "error")), "/teilnehmer");
    g_assert_cmpint(json_integer_value(json_object_get(e2e_tenant(report, "DA"), "created")), >, 0);
    g_assert_cmpint(rows_number(place->moodle, ENROLMENTS), <, enrolments);
  }
  /* When it answers again, the next run does the rest. */
  e2e_tell(place, "DELETE", "/__control");
  e2e_must(place, 0, "sync");
  g_assert_cmpint(rows_number(place->moodle, ENROLMENTS), ==, enrolments);
}

/* The token of one tenant is not the one ZMS knows. */
static void
test_wrong_token(void) {
  g_autoptr(Place) place = e2e_new(TENANTS);
  e2e_sim(place, SIM);
  e2e_write(place, "keys/da", "not-what-zms-has-4711", 0600);
  e2e_fresh_moodle(place);
  g_auto(Said) said = e2e_expect(place, 3, "sync --json");
  json_auto_t *report = e2e_json(&said);
  e2e_assert_has(tenant_error(report, "DA"), "401 Unauthorized");
  e2e_assert_has(tenant_error(report, "DA"), "Missing or invalid X-MoodleAuthToken header.");
  e2e_assert_has(tenant_error(report, "DA"), "apikey");
  g_assert_null(strstr(said.out, "not-what-zms-has-4711"));
  g_assert_cmpint(e2e_stat(place, "statuses.401"), ==, 1);
  g_assert_null(tenant_error(report, "HP"));
}

/* Both forms of Retry-After are waited for: the simulator alternates them. */
static void
test_rate_limited(void) {
  g_autoptr(Place) place = e2e_new(1);
  e2e_sim(place, "--generate 1x10x5 --rate 7");
  e2e_fresh_moodle(place);
  g_auto(Said) said = e2e_expect(place, 0, "sync --json");
  json_auto_t *report = e2e_json(&said);
  gint64 refused = e2e_stat(place, "statuses.429");
  g_assert_cmpint(refused, >=, 2);
  const json_t *requests = json_object_get(report, "requests");
  g_assert_cmpint(json_integer_value(json_object_get(requests, "throttled")), ==, refused);
  g_assert_cmpint(json_integer_value(json_object_get(requests, "retries")), ==, refused);
  double fetch = json_number_value(json_object_get(json_object_get(report, "seconds"), "fetch"));
  g_assert_cmpfloat(fetch, >, 0.9);
  g_assert_cmpfloat(fetch, <, 30);
}

/* The answer is 429 with that Retry-After, twice: how long the run took.
 */
static double
ask_limited(Place *place, const char *retry_after) {
  const LiarAnswer answer = { .status = 429, .body = "{}", .retry_after = retry_after };
  g_autofree char *certificates = e2e_path(place, "certs");
  g_autoptr(Liar) liar = liar_new(certificates, &answer);
  e2e_set(place, "zms", "baseurl", liar_url(liar));
  g_auto(Said) said = e2e_expect(place, 1, "sync");
  e2e_assert_has(said.out, "429");
  g_assert_cmpuint(liar_requests(liar), ==, 2);
  return said.took;
}

/* Each form alone. Without it the wait would be a second; a date has no fractions. */
static void
test_retry_after(void) {
  g_autoptr(Place) place = e2e_new(1);
  e2e_sim(place, ONE); /* writes the keys */
  e2e_fresh_moodle(place);
  e2e_set(place, "zms", "attempts", "2");
  g_assert_cmpfloat(ask_limited(place, "2"), >, 1.9);
  g_autoptr(GDateTime) now = g_date_time_new_now_utc(), then = g_date_time_add_seconds(now, 3);
  g_autofree char *date = g_date_time_format(then, "%a, %d %b %Y %H:%M:%S GMT");
  g_assert_cmpfloat(ask_limited(place, date), >, 1.5);
}

/* A Retry-After beyond what is allowed is not followed for hours. */
static void
test_retry_after_is_bounded(void) {
  g_autoptr(Place) place = e2e_new(1);
  e2e_sim(place, ONE); /* writes the keys */
  e2e_fresh_moodle(place);
  e2e_set(place, "zms", "attempts", "2");
  e2e_set(place, "zms", "max-retry-after", "1");
  g_assert_cmpfloat(ask_limited(place, "86400"), <, 60);
  g_assert_cmpfloat(ask_limited(place, "Tue, 31 Dec 2199 23:59:59 GMT"), <, 60);
}

/* What a network does to answers is tried again until all is there. */
static void
test_bad_network(void) {
  static const char *const faults[] = { "drop", "truncate", "fail" };
  g_autoptr(Place) place = e2e_new(TENANTS);
  e2e_set(place, "zms", "attempts", "10");
  e2e_sim(place, SIM);
  e2e_fresh_moodle(place);
  e2e_must(place, 0, "sync");
  g_autofree char *wanted = e2e_meaning(place);
  for (gsize i = 0; i < G_N_ELEMENTS(faults); i++) {
    g_autofree char *line = g_strdup_printf(SIM " --%s-every 5", faults[i]),
                    *stat = g_strdup_printf("faults.%s", faults[i]);
    e2e_sim(place, line);
    e2e_fresh_moodle(place);
    e2e_must(place, 0, "sync");
    g_assert_cmpint(e2e_stat(place, stat), >=, 2);
    g_autofree char *is = e2e_meaning(place);
    rows_assert_same(is, wanted);
  }
}

static void
test_stall(void) {
  g_autoptr(Place) place = e2e_new(1);
  e2e_set(place, "zms", "attempts", "10");
  e2e_set(place, "zms", "timeout", "1");
  e2e_sim(place, ONE " --stall-every 5");
  e2e_fresh_moodle(place);
  g_auto(Said) said = e2e_expect(place, 0, "sync --json");
  g_assert_cmpint(e2e_stat(place, "faults.stall"), >=, 1);
  g_assert_cmpfloat(said.took, >, 0.9);

  /* Nothing ever comes: an error that says so. */
  e2e_set(place, "zms", "attempts", "1");
  e2e_sim(place, ONE " --stall-every 1");
  g_auto(Said) never = e2e_expect(place, 1, "sync");
  e2e_assert_has(never.out, "HP: GET https://127.0.0.1:");
  e2e_assert_has(never.out, "timed out");
}

/* Not JSON, with status 200: a decode error, which trying again would not change. */
static void
test_garbage(void) {
  g_autoptr(Place) place = e2e_new(1);
  e2e_sim(place, ONE " --garbage-every 5");
  e2e_fresh_moodle(place);
  g_auto(Said) said = e2e_expect(place, 3, "sync --json");
  json_auto_t *report = e2e_json(&said);
  g_assert_cmpint(e2e_stat(place, "faults.garbage"), ==, 1);
  g_assert_cmpint(e2e_total(report, "failed"), ==, 1);
  g_assert_cmpint(e2e_total(report, "enrolled"), >, 0);
  const json_t *failed = json_object_get(e2e_tenant(report, "HP"), "failed");
  e2e_assert_has(json_string_value(json_object_get(json_array_get(failed, 0), "error")),
                 "/teilnehmer: unexpected answer: not JSON: line 1, column 1");

  e2e_sim(place, ONE);
  e2e_must(place, 0, "sync");
}

static void
write_nesting(const Place *place, const char *name, const char *before) {
  gsize start = strlen(before);
  g_autofree char *text = g_malloc(start + NESTING + 1);
  memcpy(text, before, start);
  memset(text + start, '[', NESTING);
  text[start + NESTING] = '\0';
  e2e_write(place, name, text, 0644);
}

/* Ten million brackets neither crash it nor fill the machine. */
static void
test_nesting(void) {
  g_autoptr(Place) place = e2e_new(TENANTS);
  e2e_write(place, "data/lehrgaenge.json",
            "[{\"id\":\"A-1\",\"kurzbezeichnung\":\"F-I\",\"startTag\":\"2026-03-10\","
            "\"endTag\":\"2026-03-14\"},"
            "{\"id\":\"A-2\",\"kurzbezeichnung\":\"F-II\",\"startTag\":\"2026-03-10\","
            "\"endTag\":\"2026-03-14\"}]",
            0644);
  e2e_write(place, "data/teilnehmer.json",
            "[{\"id\":\"T-1\",\"initialId\":\"P-1\",\"nachname\":\"Weiß\",\"vorname\":\"Zoë\","
            "\"status\":\"S033_EINBERUFEN_KREIS\"}]",
            0644);
  write_nesting(place, "data/hp/lehrgaenge.json", "");
  write_nesting(place, "data/da/teilnehmer/A-2.json", "[{\"id\":\"T-2\",\"emails\":");
  e2e_sim(place, "--data data");
  e2e_fresh_moodle(place);
  g_auto(Said) said = e2e_expect(place, 3, "sync --json");
  json_auto_t *report = e2e_json(&said);
  e2e_assert_has(tenant_error(report, "HP"), "/lehrgaenge: ");
  e2e_assert_has(tenant_error(report, "HP"), "nested deeper than");
  g_assert_cmpuint(strlen(tenant_error(report, "HP")), <, 4096);
  const json_t *failed = json_object_get(e2e_tenant(report, "DA"), "failed");
  g_assert_cmpuint(json_array_size(failed), ==, 1);
  g_assert_cmpstr(json_string_value(json_object_get(json_array_get(failed, 0), "id")), ==, "A-2");
  g_assert_cmpint(e2e_total(report, "enrolled"), ==, 1);
}

/* The token must not reach another host, nor another address of the same. */
static void
test_redirect(void) {
  static const guint statuses[] = { 301, 302, 307, 308 };
  static const LiarAnswer thief_answer = { .status = 200, .body = "[]" };
  g_autoptr(Place) place = e2e_new(1);
  e2e_sim(place, ONE); /* writes the keys */
  e2e_fresh_moodle(place);
  g_autofree char *certificates = e2e_path(place, "certs");
  g_autoptr(Liar) thief = liar_new(certificates, &thief_answer);
  for (gsize i = 0; i < G_N_ELEMENTS(statuses); i++) {
    g_autofree char *target = g_strconcat(liar_url(thief), "/lehrgaenge", NULL);
    const LiarAnswer answer = { .status = statuses[i], .body = "", .location = target };
    g_autoptr(Liar) liar = liar_new(certificates, &answer);
    e2e_set(place, "zms", "baseurl", liar_url(liar));
    g_auto(Said) said = e2e_expect(place, 1, "sync");
    e2e_assert_has(said.out, target);
    e2e_assert_has(said.out, "Redirects are not followed");
    g_assert_cmpuint(liar_requests(liar), ==, 1);
    g_assert_cmpuint(liar_tokens(liar), ==, 1);
  }
  g_assert_cmpuint(liar_requests(thief), ==, 0);

  /* It would have been let in there. */
  e2e_set(place, "zms", "baseurl", liar_url(thief));
  e2e_must(place, 0, "sync");
  g_assert_cmpuint(liar_requests(thief), ==, 1);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/answers/statuses", test_statuses);
  g_test_add_func("/answers/one-lehrgang", test_one_lehrgang);
  g_test_add_func("/answers/wrong-token", test_wrong_token);
  g_test_add_func("/answers/rate-limited", test_rate_limited);
  g_test_add_func("/answers/retry-after", test_retry_after);
  g_test_add_func("/answers/retry-after-is-bounded", test_retry_after_is_bounded);
  g_test_add_func("/answers/bad-network", test_bad_network);
  g_test_add_func("/answers/stall", test_stall);
  g_test_add_func("/answers/garbage", test_garbage);
  g_test_add_func("/answers/nesting", test_nesting);
  g_test_add_func("/answers/redirect", test_redirect);
  return g_test_run();
}
