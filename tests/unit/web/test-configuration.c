/* The configuration as a page: everything but secrets, and what the check found.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "config/config_keys.h"
#include "config/value_text.h"
#include "web/job.h"
#include "web_zms.h"

/* For a thread that has to get there; nothing takes so long. */
#define LONGEST (30 * G_USEC_PER_SEC)

/* Gives the case a configuration of the test's own. */
static void
configure(WebCase *test, const char *text) {
  g_autoptr(GError) error = NULL;
  g_assert_true(
      g_file_set_contents_full(test->conf, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
  Config *config = config_load(test->conf, &error);
  g_assert_no_error(error);
  config_free(test->config);
  test->config = config;
}

static void
write_secret(const WebCase *test, const char *name, const char *text) {
  g_autofree char *path = g_build_filename(test->folder, name, NULL);
  g_assert_true(g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

/* ── values ── */

static void
describes_every_key_in_both_languages(void) {
  g_autoptr(WebCase) test = web_case_new("");
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_ADMIN, NULL);
  guint key_count;
  const ConfigKey *keys = config_keys_all(&key_count);
  for (guint german = 0; german < 2; german++) {
    g_assert_cmpuint(
        web_case_get(test, who, german ? "/configuration?language=de" : "/configuration"), ==, 200);
    for (guint i = 0; i < key_count; i++) {
      if (strcmp(keys[i].group, "tenant") == 0)
        continue;
      g_assert_cmpstr(keys[i].help, !=, keys[i].german);
      g_autofree char *said = g_markup_escape_text(german ? keys[i].german : keys[i].help, -1);
      g_auto(GStrv) parts = g_strsplit(said, "&apos;", -1);
      g_autofree char *plain = g_strjoinv("&#39;", parts);
      g_autofree char *cell = g_strdup_printf("<td>%s</td>", plain);
      web_case_has(test, cell);
    }
  }
}

static void
shows_every_key(void) {
  g_autoptr(WebCase) test = web_case_new("[guard]\nmax-removals-percent=33\n"
                                         "[web]\nhosts=lg.example.org\n");
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_ADMIN, NULL);
  guint key_count;
  const ConfigKey *keys = config_keys_all(&key_count);
  g_assert_cmpuint(web_case_get(test, who, "/configuration"), ==, 200);
  for (guint i = 0; i < key_count; i++) {
    if (strcmp(keys[i].group, "tenant") == 0)
      continue;
    g_autofree char *group = g_strdup_printf("<h3>[%s]</h3>", keys[i].group);
    g_autofree char *key = g_strdup_printf("<th scope=\"row\"><code>%s</code></th>", keys[i].name);
    web_case_has(test, group);
    web_case_has(test, key);
  }
  web_case_has(test, test->conf);
  web_case_has(test, "<code>33</code></td>"); /* not the default */
  web_case_has(test, "<code>lg.example.org</code></td>");
  web_case_has(test, "<td><code>30</code> <small class=\"muted\">default</small></td>");
  web_case_has(test, "<td><code>embedded</code> <small class=\"muted\">default</small></td>");
  web_case_has(test, "<td><code>no</code> <small class=\"muted\">default</small></td>");
  web_case_has(test, "<code>https://127.0.0.1:1/rest</code></td>");
  web_case_has(test, "<h3>[courses]</h3>");
  web_case_has(test, "<code>F-Atr</code></th><td><code>F-ATR</code>");
  web_case_has(test, "<h3>[status]</h3>");
  web_case_has(test, "<code>EINBERUFEN</code></th><td><code>angemeldet</code>");
  web_case_has(test, "<code>ANGEMELDET</code></th><td><code>noop</code>");
  /* Tenants: name, whether there is an apikey, certificate, category. */
  web_case_has(test, "<th scope=\"row\">FD</th><td>Landkreis Fulda</td><td>set</td><td>none</td>"
                     "<td>found by name</td>");
  web_case_has(test, "<th scope=\"row\">OF</th><td>Landkreis Offenbach</td><td>not set</td>");
  web_case_has_not(test, "key-of-fd");
  g_assert_cmpuint(web_case_get(test, who, "/configuration?language=de"), ==, 200);
  web_case_has(test, "<h1>Konfiguration</h1>");
  web_case_has(test, "Vorgabe");
  web_case_has(test, "Prüfung starten");
}

static void
is_for_administrators(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_OPERATOR, NULL);
  g_assert_cmpuint(web_case_get(test, who, "/configuration"), ==, 403);
  g_assert_cmpuint(web_case_post(test, who, "/configuration/check", ""), ==, 403);
  g_assert_null(web_job_last_check(test->site->jobs));
}

/* Each way in which a secret gets in: in the file, in a file of its own, in an address. */
static void
shows_no_secret(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_ADMIN, NULL);
  write_secret(test, "token", "canary-token\n");
  write_secret(test, "gi", "abc\n"); /* too short to be blotted out anywhere */
  configure(test, "[zms]\nbaseurl=https://127.0.0.1:1/rest\n"
                  "[moodle]\nbackend=webservice\nurl=https://moodle.example.org\n"
                  "token-file=token\n"
                  "[store]\nurl=postgresql://lgs:canary-db@db.example.org:5433/lg"
                  "?sslpassword=canary-ssl&password=canary-query\n"
                  "[users]\npassword={username}Canary-pw\n"
                  "[notify]\nsmtp=smtps://mail.example.org\nuser=mailer\npassword=canary-mail\n"
                  "from=lg@example.org\n"
                  "[tenant FD]\nname=Fulda\napikey=canary-fd\ncategory=17\n"
                  "[tenant GI]\nname=Giessen\napikey-file=gi\n");
  for (guint german = 0; german < 2; german++) {
    g_assert_cmpuint(
        web_case_get(test, who, german ? "/configuration?language=de" : "/configuration"), ==, 200);
    g_autofree char *body = g_ascii_strdown(test->answer.body->str, -1);
    if (strstr(body, "canary") != NULL)
      g_error("a secret is shown: %s", strstr(body, "canary"));
    web_case_has_not(test, ">abc<");
    web_case_has_not(test, "***"); /* nor where one would be */
    web_case_has(test, "<code>postgresql://lgs@db.example.org:5433/lg</code>");
    web_case_has(test, "<code>mailer</code>");
    web_case_has(test, german ? "<code>token</code></th><td>gesetzt</td>"
                              : "<code>token</code></th><td>set</td>");
  }
  web_case_has(test, "<td class=\"number\">17</td>");
}

static void
database(const char *url, ValueTextKind kind, const char *shown) {
  guint key_count;
  const ConfigKey *keys = config_keys_all(&key_count);
  Config config = { .store.url = (char *)url };
  for (guint i = 0; i < key_count; i++)
    if (keys[i].type == CONFIG_KEY_DATABASE) {
      g_autofree char *text = NULL;
      g_assert_cmpint(value_text(&keys[i], &config, &text), ==, kind);
      g_assert_cmpstr(text, ==, shown);
      return;
    }
  g_assert_not_reached();
}

/* What is not surely an address with its password in the right place is not shown at all. */
static void
hides_doubtful_addresses(void) {
  database("", VALUE_TEXT_UNSET, NULL);
  database("postgresql://db/lg", VALUE_TEXT_SHOWN, "postgresql://db/lg");
  database("postgres://u:p@db", VALUE_TEXT_SHOWN, "postgres://u@db");
  database("postgresql://u:p@[::1]:5432/lg", VALUE_TEXT_SHOWN, "postgresql://u@[::1]:5432/lg");
  database("postgresql://u:p@a:1,b:2/lg?x=y", VALUE_TEXT_SHOWN, "postgresql://u@a:1,b:2/lg");
  database("postgresql:///lg?password=p", VALUE_TEXT_SHOWN, "postgresql:///lg");
  database("postgresql://%2Fvar%2Frun/lg", VALUE_TEXT_SHOWN, "postgresql://%2Fvar%2Frun/lg");
  database("postgresql://u:pa/ss@db/lg", VALUE_TEXT_HIDDEN, NULL);
  database("postgresql://u:pa@ss@db/lg", VALUE_TEXT_HIDDEN, NULL);
  database("postgresql://u:pa?ss@db/lg", VALUE_TEXT_HIDDEN, NULL);
  database("postgresql://u:12?ss@db/lg", VALUE_TEXT_HIDDEN, NULL);
  database("postgresql://u:pass", VALUE_TEXT_HIDDEN, NULL);
  database("postgresql://u:pass/lg", VALUE_TEXT_HIDDEN, NULL);
  database("postgresql://db/lg@x", VALUE_TEXT_HIDDEN, NULL);
}

static void
knows_defaults(void) {
  g_autoptr(WebCase) test = web_case_new("[notify]\nlanguage=en\n[monitor]\nlisten=off\n");
  guint key_count;
  const ConfigKey *keys = config_keys_all(&key_count);
  static const char *const written[] = { "zms baseurl", "store path", "notify language",
                                         "monitor listen" };
  for (guint i = 0; i < key_count; i++) {
    g_autofree char *name = g_strdup_printf("%s %s", keys[i].group, keys[i].name);
    bool given = strcmp(keys[i].group, "tenant") == 0;
    for (guint j = 0; j < G_N_ELEMENTS(written); j++)
      given = given || strcmp(written[j], name) == 0;
    g_test_message("%s", name);
    g_assert_cmpint(value_text_is_default(&keys[i], test->config), ==, !given);
  }
}

static void
shows_warnings(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebZms) zms G_GNUC_UNUSED = web_zms_new(test, "[users]\npassword={username}Hlfs#\n");
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_ADMIN, NULL);
  g_assert_cmpuint(test->config->warnings->len, >, 0);
  g_assert_cmpuint(web_case_get(test, who, "/configuration"), ==, 200);
  web_case_has(test, "<div class=\"notice warning\">");
  web_case_has_not(test, "Hlfs#");
}

/* ── the check ── */

/* Follows a check to its end; the last page is the answer. */
static void
check(WebCase *test, const WebPrincipal *who) {
  gint64 until = g_get_monotonic_time() + LONGEST;
  g_assert_cmpuint(web_case_post(test, who, "/configuration/check", ""), ==, 303);
  g_autofree char *path = g_strdup(web_case_header(test, "Location"));
  g_assert_true(g_str_has_prefix(path, "/configuration?check="));
  for (;;) {
    g_assert_cmpuint(web_case_get(test, who, path), ==, 200);
    if (strstr(test->answer.body->str, "data-refresh") == NULL)
      return;
    web_case_has_not(test, "Run the check");
    g_assert_cmpint(g_get_monotonic_time(), <, until);
    g_usleep(2000);
  }
}

static void
checks(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebZms) zms G_GNUC_UNUSED = web_zms_new(test, NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_ADMIN, NULL);
  g_assert_cmpuint(web_case_get(test, who, "/configuration"), ==, 200);
  web_case_has(test, "None was made since the service began.");
  check(test, who);
  web_case_has(test, "Run the check");
  web_case_has(test, "Last check: <time datetime=\"2026-03-10T13:05:09Z\">");
  web_case_has(test, "3 of 3 tenants answer, 5 Lehrgänge");
  web_case_has(test, "<td>FD</td><td lang=\"en\">");
  web_case_has(test, "KEINE");
  web_case_has(test, "badge warning");
  /* It stays for whoever comes later. */
  clock_advance(test->clock, 2 * (gint64)WEB_JOB_KEPT_S * G_USEC_PER_SEC);
  g_assert_cmpuint(web_case_get(test, who, "/configuration?language=de"), ==, 200);
  web_case_has(test, "Letzte Prüfung: <time datetime=\"2026-03-10T13:05:09Z\">");
  web_case_has(test, "Warnung");
}

static void
checks_find_errors(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_ADMIN, NULL);
  configure(test, "[zms]\nbaseurl=https://127.0.0.1:1/rest\nattempts=1\n"
                  "[moodle]\npath=moodle.db\n[store]\npath=store.db\n"
                  "[tenant FD]\nname=Landkreis Fulda\napikey=canary-fd\n");
  check(test, who);
  web_case_has(test, "badge error");
  web_case_has(test, "moodle.db does not exist");
  web_case_has_not(test, "canary");
  web_case_has_not(test, "All well.");
}

static void
says_that_it_checks(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebZms) zms G_GNUC_UNUSED = web_zms_new_silent(test);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_ADMIN, NULL);
  g_assert_cmpuint(web_case_post(test, who, "/configuration/check", ""), ==, 303);
  g_autofree char *path = g_strdup(web_case_header(test, "Location"));
  gint64 until = g_get_monotonic_time() + LONGEST;
  do {
    g_assert_cmpint(g_get_monotonic_time(), <, until);
    g_assert_cmpuint(web_case_get(test, who, path), ==, 200);
  } while (strstr(test->answer.body->str, "asks ZMS for each tenant: 0 of 3") == NULL);
  web_case_has(test, "data-refresh=\"2\"");
  web_case_has(test, "http-equiv=\"refresh\" content=\"2\"");
  /* Asked for twice it is made once. */
  g_assert_cmpuint(web_case_post(test, who, "/configuration/check", ""), ==, 303);
  g_assert_cmpstr(web_case_header(test, "Location"), ==, path);
  /* An address that says nothing shows the page as it is. */
  g_assert_cmpuint(web_case_get(test, who, "/configuration?check=%3Cb%3E"), ==, 200);
  web_case_has_not(test, "data-refresh");
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/configuration/languages", describes_every_key_in_both_languages);
  g_test_add_func("/configuration/shows-every-key", shows_every_key);
  g_test_add_func("/configuration/is-for-administrators", is_for_administrators);
  g_test_add_func("/configuration/shows-no-secret", shows_no_secret);
  g_test_add_func("/configuration/hides-doubtful-addresses", hides_doubtful_addresses);
  g_test_add_func("/configuration/knows-defaults", knows_defaults);
  g_test_add_func("/configuration/shows-warnings", shows_warnings);
  g_test_add_func("/configuration/checks", checks);
  g_test_add_func("/configuration/checks-find-errors", checks_find_errors);
  g_test_add_func("/configuration/says-that-it-checks", says_that_it_checks);
  return g_test_run();
}
