/* The ZMS client against a scripted server: what is sent, and which answer leads to which error.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include <string.h>

/* [{"id":"G1"}] and 100,000 blanks, gzipped. */
static const char gzip_list[] =
    "\037\213\010\000\000\000\000\000\002\003\213\256\126\312\114\121\262\122\162\067\124\252"
    "\215\005\000\105\272\200\255\015\000\000\000";
static const char gzip_blanks[] =
    "\037\213\010\000\000\000\000\000\002\003\355\301\061\001\000\000\000\302\240\052\353\237"
    "\322\032\036\100\001\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
    "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
    "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
    "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"
    "\000\000\000\000\000\000\000\000\000\000\000\000\000\257\006\055\360\171\312\240\206\001"
    "\000";

/* ── what is sent ── */

static void
test_list(Fixture *fixture, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  (void)data;
  fixture_connect(fixture);
  server_answer(
      fixture->server, "/lehrgaenge",
      (Answer){
          .status = 200,
          .body =
              "[{\"id\":\"A\",\"kurzbezeichnung\":\"F-I\",\"bezeichnung\":\"Grün\",\"ort\":null,"
              "\"startTag\":\"10.03.2026\",\"endTag\":\"2026-03-14\",\"tage\":[]},"
              "{\"id\":\"\"},{\"id\":7}]" });
  g_assert_true(fixture_list(fixture, &error));
  g_assert_no_error(error);
  g_assert_cmpstr(fixture->seen->str, ==,
                  "A|F-I|Grün||10.03.2026|2026-03-14;skip 0 [1].id '' missing or empty;7|||||;");
  autochar token = server_last_header(fixture->server, "X-MoodleAuthToken");
  autochar accept = server_last_header(fixture->server, "Accept");
  autochar agent = server_last_header(fixture->server, "User-Agent");
  g_assert_cmpstr(token, ==, TOKEN);
  g_assert_cmpstr(accept, ==, "application/json");
  g_assert_true(g_str_has_prefix(agent, "lehrgaenge-sync/"));
}

static void
test_no_token(Fixture *fixture, gconstpointer data) {
  (void)data;
  fixture_connect_as(fixture, "");
  server_answer(fixture->server, "/lehrgaenge", (Answer){ .status = 200, .body = "[]" });
  g_assert_true(fixture_list(fixture, NULL));
  autochar token = server_last_header(fixture->server, "X-MoodleAuthToken");
  g_assert_cmpstr(token, ==, "");
}

static void
test_addresses(Fixture *fixture, gconstpointer data) {
  autochar base = g_strconcat(server_url(fixture->server), "/rest/zms//", NULL);
  static const char *const ids[] = { "FD-LG/2024 0009", "Müller?&#%", "..", NULL };
  (void)data;
  fixture->options.baseurl = base;
  fixture->options.connections = 1;
  fixture_connect(fixture);
  g_assert_false(zms_list(fixture->tenant, 2026, NULL, NULL, NULL, NULL));
  g_assert_false(zms_lehrgang(fixture->tenant, "a/b", NULL, NULL, NULL));
  g_assert_true(fixture_teilnehmer(fixture, ids, NULL));
  fixture_assert_log(fixture, "/rest/zms/lehrgaenge?lehrgangVon=2026-01-01&lehrgangBis=2026-12-31 "
                              "/rest/zms/lehrgaenge/a%2Fb "
                              "/rest/zms/lehrgaenge/FD-LG%2F2024%200009/teilnehmer "
                              "/rest/zms/lehrgaenge/M%C3%BCller%3F%26%23%25/teilnehmer "
                              "/rest/zms/lehrgaenge/../teilnehmer");
}

static void
test_lehrgang(Fixture *fixture, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  (void)data;
  fixture_connect(fixture);
  server_answer(fixture->server, "/lehrgaenge/A",
                (Answer){ .status = 200, .body = "{\"id\":\"A\",\"ort\":\"Kassel\"}" });
  server_answer(fixture->server, "/lehrgaenge/B",
                (Answer){ .status = 200, .body = "{\"id\":\"B\",\"ort\":[]}" });
  g_assert_true(zms_lehrgang(fixture->tenant, "A", fixture_see_lehrgang, fixture->seen, NULL));
  g_assert_cmpstr(fixture->seen->str, ==, "A|||Kassel||;");
  g_assert_false(zms_lehrgang(fixture->tenant, "B", fixture_see_lehrgang, fixture->seen, &error));
  g_assert_error(error, API_ERROR, API_ERROR_DECODE);
  fixture_assert_says(error,
                      "/lehrgaenge/B: unexpected answer: ort: expected a string, found an array.");
  g_clear_error(&error);
  g_assert_false(zms_lehrgang(fixture->tenant, "C", fixture_see_lehrgang, fixture->seen, &error));
  g_assert_error(error, API_ERROR, API_ERROR_NOT_FOUND);
  g_clear_error(&error);
  g_assert_false(zms_lehrgang(fixture->tenant, "", fixture_see_lehrgang, fixture->seen, &error));
  g_assert_error(error, API_ERROR, API_ERROR_CONFIG);
}

/* ── bodies ── */

static void
test_gzip(Fixture *fixture, gconstpointer data) {
  (void)data;
  fixture_connect(fixture);
  server_answer(fixture->server, "/lehrgaenge",
                (Answer){ .status = 200,
                          .body = gzip_list,
                          .length = sizeof gzip_list - 1,
                          .header = "Content-Encoding",
                          .value = "gzip" });
  g_assert_true(fixture_list(fixture, NULL));
  g_assert_cmpstr(fixture->seen->str, ==, "G1|||||;");
}

static void
test_body_limit(Fixture *fixture, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  (void)data;
  fixture->options.max_body = 5000;
  fixture_connect(fixture);
  server_answer(fixture->server, "/lehrgaenge",
                (Answer){ .status = 200, .body = "[\"0123456\"]", .repeat = 455 });
  server_answer(fixture->server, "/lehrgaenge",
                (Answer){ .status = 200,
                          .body = gzip_blanks,
                          .length = sizeof gzip_blanks - 1,
                          .header = "Content-Encoding",
                          .value = "gzip" });
  server_answer(fixture->server, "/lehrgaenge",
                (Answer){ .status = 403, .body = "x", .repeat = 100000 });
  server_answer(fixture->server, "/lehrgaenge",
                (Answer){ .status = 200, .body = " []  ", .repeat = 1000 });
  for (guint i = 0; i < 2; i++) {
    g_assert_false(fixture_list(fixture, &error));
    g_assert_error(error, API_ERROR, API_ERROR_TOO_BIG);
    fixture_assert_says(error, "larger than 5000 bytes");
    g_clear_error(&error);
  }
  g_assert_false(fixture_list(fixture, &error)); /* the status says more than the size */
  g_assert_error(error, API_ERROR, API_ERROR_FORBIDDEN);
  g_assert_cmpuint(strlen(error->message), <, 1300);
  g_clear_error(&error);
  g_assert_false(fixture_list(fixture, &error)); /* exactly the limit is read */
  g_assert_error(error, API_ERROR, API_ERROR_DECODE);
  g_assert_cmpuint(server_count(fixture->server), ==, 4);
}

static void
test_not_the_json_expected(Fixture *fixture, gconstpointer data) {
  static const struct {
    const char *body, *says;
    guint repeat;
  } bodies[] = {
    { "<html>\nError", "line 1, column 1", 1 },
    { "", "line 1, column", 1 },
    { "{\"id\":\"A\"}", "expected an array at the top, found an object", 1 },
    { "[{\"id\":\"A\"},\n {\"id\":\"B\",\"id\":\"C\"}]", "line 2, column", 1 },
    { "[\"\xff\"]", "line 1, column", 1 },
    { "[] []", "line 1, column", 1 },
    { "[[[[[[[[[[", "nested deeper", 1024 * 1024 },
    { "{\"a\":[", "nested deeper", 1024 * 1024 },
  };
  (void)data;
  fixture_connect(fixture);
  for (gsize i = 0; i < G_N_ELEMENTS(bodies); i++)
    server_answer(fixture->server, "/lehrgaenge",
                  (Answer){ .status = 200, .body = bodies[i].body, .repeat = bodies[i].repeat });
  for (gsize i = 0; i < G_N_ELEMENTS(bodies); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_false(fixture_list(fixture, &error));
    g_assert_error(error, API_ERROR, API_ERROR_DECODE);
    fixture_assert_says(error, bodies[i].says);
    fixture_assert_says(error, server_url(fixture->server));
  }
  g_assert_cmpstr(fixture->seen->str, ==, "");
  g_assert_cmpuint(server_count(fixture->server), ==, G_N_ELEMENTS(bodies)); /* none tried again */
  g_assert_cmpint(clock_slept(fixture->clock), ==, 0);
}

/* ── statuses that are final ── */

static void
test_final_statuses(Fixture *fixture, gconstpointer data) {
  static const struct {
    guint status;
    const char *body;
    ApiError code;
    const char *message; /* after the URL */
  } answers[] = {
    { 400,
      "{\"id\":\"1\",\"title\":\"Bad Request\",\"status\":400,\"detail\":\"lehrgangVon fehlt\"}",
      API_ERROR_BAD_REQUEST,
      ": 400 Bad Request: lehrgangVon fehlt. Check that baseurl leads to the moodle-services of "
      "ZMS." },
    { 401, "{\"detail\":\"Missing or invalid X-MoodleAuthToken header.\"}", API_ERROR_UNAUTHORIZED,
      ": 401 Unauthorized: Missing or invalid X-MoodleAuthToken header. Check the tenant's "
      "apikey." },
    { 403, "{\"detail\":\"\",\"title\":\"x\"}", API_ERROR_FORBIDDEN,
      ": 403 Forbidden: {\"detail\":\"\",\"title\":\"x\"}. Ask ZMS what the tenant's apikey may "
      "read." },
    { 404, "", API_ERROR_NOT_FOUND,
      ": 404 Not Found. If it is there in ZMS, check that baseurl is right." },
    { 418, "<p>\n\n Tee\x1b[2J\t!</p>\n", API_ERROR_STATUS,
      ": 418: <p> Tee\xEF\xBF\xBD[2J !</p>. Check that baseurl leads to the moodle-services of "
      "ZMS." },
  };
  (void)data;
  fixture_connect(fixture);
  for (gsize i = 0; i < G_N_ELEMENTS(answers); i++)
    server_answer(fixture->server, "/lehrgaenge",
                  (Answer){ .status = answers[i].status, .body = answers[i].body });
  for (gsize i = 0; i < G_N_ELEMENTS(answers); i++) {
    g_autoptr(GError) error = NULL;
    autochar message =
        g_strconcat("GET ", server_url(fixture->server), "/lehrgaenge", answers[i].message, NULL);
    g_assert_false(fixture_list(fixture, &error));
    g_assert_error(error, API_ERROR, (gint)answers[i].code);
    g_assert_cmpstr(error->message, ==, message);
  }
  g_assert_cmpuint(server_count(fixture->server), ==, G_N_ELEMENTS(answers));
  g_assert_cmpint(clock_slept(fixture->clock), ==, 0);
}

static void
test_redirect(Fixture *fixture, gconstpointer data) {
  g_autoptr(Server) other = server_new();
  autochar target = g_strconcat(server_url(other), "/lehrgaenge", NULL);
  (void)data;
  fixture_connect(fixture);
  static const guint statuses[] = { 301, 302, 303, 307, 308 };
  for (gsize i = 0; i < G_N_ELEMENTS(statuses); i++) {
    g_autoptr(GError) error = NULL;
    autochar path = g_strdup_printf("/lehrgaenge/%u", statuses[i]);
    autochar id = g_strdup_printf("%u", statuses[i]);
    server_answer(fixture->server, path,
                  (Answer){ .status = statuses[i], .header = "Location", .value = target });
    g_assert_false(zms_lehrgang(fixture->tenant, id, NULL, NULL, &error));
    g_assert_error(error, API_ERROR, API_ERROR_STATUS);
    fixture_assert_says(error, target);
    fixture_assert_says(error, "Redirects are not followed");
  }
  g_assert_cmpuint(server_count(other), ==, 0);
}

static void
test_secrets_stay_out_of_messages(Fixture *fixture, gconstpointer data) {
  autochar padding = g_strnfill(1016, '.'); /* the first KiB ends inside the token */
  autochar long_body = g_strconcat(padding, TOKEN, NULL);
  const char *bodies[] = { "{\"detail\":\"no such key: " TOKEN "\"}", "you sent " TOKEN,
                           long_body };
  (void)data;
  text_secret_add(TOKEN);
  fixture_connect(fixture);
  for (gsize i = 0; i < G_N_ELEMENTS(bodies); i++)
    server_answer(fixture->server, "/lehrgaenge", (Answer){ .status = 401, .body = bodies[i] });
  for (gsize i = 0; i < G_N_ELEMENTS(bodies); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_false(fixture_list(fixture, &error));
    g_assert_null(strstr(error->message, "geheim"));
    fixture_assert_says(error, "***");
  }
}

/* ── what is refused before anything is sent ── */

static void
test_options(Fixture *fixture, gconstpointer data) {
  static const char *const bad_urls[] = {
    "",
    "zms.example.org",
    "ftp://127.0.0.1/",
    "http://zms.example.org/",
    "http://127.0.0.1.example.org/",
    "http://10.0.0.1/",
    "https://user:geheim@zms.example.org/",
    "https://zms.example.org/?a=b",
    "https://zms.example.org/#x",
    "https:///",
    "http://128.0.0.1",
    "file:///etc/passwd",
  };
  static const char *const good_urls[] = {
    "https://zms.example.org/rest/",
    "http://127.0.0.1:1/",
    "http://127.9.9.9",
    "http://localhost/x",
    "http://[::1]:8080",
  };
  ZmsOptions options = zms_default_options;
  (void)fixture, (void)data;
  for (gsize i = 0; i < G_N_ELEMENTS(bad_urls); i++) {
    g_autoptr(GError) error = NULL;
    options.baseurl = bad_urls[i];
    g_assert_null(zms_new(&options, clock_system(), NULL, &error));
    g_assert_error(error, API_ERROR, API_ERROR_CONFIG);
    g_assert_null(strstr(error->message, "geheim"));
  }
  for (gsize i = 0; i < G_N_ELEMENTS(good_urls); i++) {
    options.baseurl = good_urls[i];
    g_autoptr(Zms) zms = zms_new(&options, clock_system(), NULL, NULL);
    g_assert_nonnull(zms);
  }
  static const struct {
    gsize offset;
    guint low, high;
  } ranges[] = {
    { G_STRUCT_OFFSET(ZmsOptions, timeout_s), 1, 600 },
    { G_STRUCT_OFFSET(ZmsOptions, connections), 1, 64 },
    { G_STRUCT_OFFSET(ZmsOptions, attempts), 1, 10 },
  };
  for (gsize i = 0; i < G_N_ELEMENTS(ranges); i++) {
    const guint values[] = { ranges[i].low - 1, ranges[i].low, ranges[i].high, ranges[i].high + 1 };
    for (guint k = 0; k < 4; k++) {
      ZmsOptions changed = options;
      G_STRUCT_MEMBER(guint, &changed, ranges[i].offset) = values[k];
      g_autoptr(Zms) zms = zms_new(&changed, clock_system(), NULL, NULL);
      g_assert_true((zms != NULL) == (k == 1 || k == 2));
    }
  }
}

static void
test_credentials(Fixture *fixture, gconstpointer data) {
  static const ZmsCredentials bad[] = {
    { .token = "a\r\nX-Other: b" },
    { .token = "abc\n" },
    { .token = "a", .certificate = "c.pem" },
    { .token = "a", .key = "k.pem" },
    { .token = "a", .certificate = "c.pem", .key = "k.pem" }, /* http cannot show it */
  };
  (void)data;
  fixture_connect(fixture);
  for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(zms_tenant_new(fixture->zms, &bad[i], &error));
    g_assert_error(error, API_ERROR, API_ERROR_CONFIG);
  }
}

int
main(int argc, char **argv) {
  static const FixtureTest tests[] = {
    { "/client/list", test_list },
    { "/client/no-token", test_no_token },
    { "/client/addresses", test_addresses },
    { "/client/lehrgang", test_lehrgang },
    { "/client/gzip", test_gzip },
    { "/client/body-limit", test_body_limit },
    { "/client/not-the-json-expected", test_not_the_json_expected },
    { "/client/final-statuses", test_final_statuses },
    { "/client/redirect", test_redirect },
    { "/client/secrets", test_secrets_stay_out_of_messages },
    { "/client/options", test_options },
    { "/client/credentials", test_credentials },
  };
  g_test_init(&argc, &argv, NULL);
  fixture_add(tests, G_N_ELEMENTS(tests));
  return g_test_run();
}
