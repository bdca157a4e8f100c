/* config: what a configuration file that is right becomes, and docs/CONFIGURATION.md against the
 * table of keys (SPEC 7).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config-fixture.h"

#include <string.h>

#include "base/text.h"
#include "config/config_keys.h"

static void
assert_defaults(const Fixture *f, const Config *config) {
  g_assert_cmpstr(config->file, ==, f->conf);
  g_assert_cmpstr(config->zms.baseurl, ==, "");
  g_assert_cmpint(config->zms.timeout, ==, 30);
  g_assert_cmpint(config->zms.requestdelayms, ==, 0);
  g_assert_cmpint(config->zms.connections, ==, 8);
  g_assert_cmpint(config->zms.attempts, ==, 4);
  g_assert_cmpint(config->zms.max_retry_after, ==, 120);
  g_assert_cmpint(config->zms.max_body_mib, ==, 64);
  g_assert_cmpstr(config->zms.certificationpath, ==, f->folder);
  g_assert_null(config->zms.certificate);
  g_assert_null(config->zms.key);
  g_assert_null(config->zms.ca_file);
  g_assert_cmpstr(config->moodle.backend, ==, "embedded");
  assert_path(f, config->moodle.path, "moodle.db");
  g_assert_cmpstr(config->moodle.url, ==, "");
  g_assert_cmpstr(config->moodle.token, ==, "");
  g_assert_cmpint(config->moodle.student_role, ==, 5);
  g_assert_null(config->moodle.ca_file);
  g_assert_false(config->moodle.shared_emails);
  g_assert_cmpint(config->moodle.connections, ==, 4);
  g_assert_cmpint(config->moodle.timeout, ==, 120);
  g_assert_cmpint(config->moodle.copy_timeout, ==, 900);
  g_assert_cmpint(config->moodle.attempts, ==, 4);
  g_assert_cmpint(config->moodle.max_body_mib, ==, 64);
  g_assert_cmpstr(config->moodle.timezone_name, ==, "Europe/Berlin");
  g_assert_cmpstr(g_time_zone_get_identifier(config->moodle.timezone), ==, "Europe/Berlin");
  g_assert_cmpstr(config->central.name, ==, "Hessische Landesfeuerwehrschule");
  g_assert_cmpstr(config->central.code, ==, "HLFS");
  g_assert_cmpstr(config->central.ort_prefix, ==, "HLFS");
  g_assert_cmpuint(g_hash_table_size(config->courses), ==, 8);
  g_assert_cmpstr(g_hash_table_lookup(config->courses, "F/B-mobBSA-Hessen"), ==, "F-BSA");
  g_assert_cmpstr(config->naming.alt_suffix, ==, "Abschluss");
  g_assert_cmpint(status_resolve(config->status, "S050_TEILGENOMMEN_KREIS", NULL), ==,
                  ACTION_COMPLETE);
  g_assert_cmpstr(config->users.auth, ==, "manual");
  g_assert_cmpstr(config->users.password, ==, "none");
  g_assert_false(config->sync.suspend);
  g_assert_cmpint(config->guard.percent, ==, 20);
  g_assert_cmpint(config->guard.floor, ==, 10);
  assert_path(f, config->store.path, "lehrgaenge.db");
  g_assert_cmpstr(config->store.url, ==, "");
  g_assert_cmpstr(config->schedule.sync, ==, "0 3 * * 0");
  g_assert_cmpint(config->schedule.faildelay, ==, 60);
  g_assert_cmpint(config->tasks.workers, ==, 2);
  g_assert_cmpint(config->tasks.max_attempts, ==, 10);
  g_assert_cmpstr(config->notify.smtp, ==, "");
  g_assert_cmpstr(config->notify.starttls, ==, "required");
  g_assert_cmpstr(config->notify.user, ==, "");
  g_assert_cmpstr(config->notify.password, ==, "");
  g_assert_null(config->notify.ca_file);
  g_assert_cmpstr(config->notify.from, ==, "");
  g_assert_cmpstr(config->notify.operator_address, ==, "");
  g_assert_cmpstr(config->notify.language, ==, "de");
  g_assert_false(config->notify.moodle_message);
  g_assert_cmpstr(config->monitor.listen, ==, "127.0.0.1:9464");
  g_assert_null(config->tenant_list.file);
  g_assert_null(config->tenant_list.keys_dir);
}

static void
test_defaults(Fixture *f, gconstpointer data) {
  (void)data;
  g_autoptr(Config) config = load(f, "");
  assert_defaults(f, config);
  g_assert_cmpuint(config->tenants->len, ==, 0);
  g_assert_cmpuint(config->warnings->len, ==, 1);
  assert_warning(config, 0, "lehrgaenge.conf: no tenant is configured");

  /* The same when every default is written out: each default is a value the file may hold. */
  guint count;
  const ConfigKey *keys = config_keys_all(&count);
  g_autoptr(GString) text = g_string_new("[courses]\n[status]\n");
  const char *group = "tenant";
  for (guint i = 0; i < count && !g_str_equal(keys[i].group, "tenant"); i++) {
    if (!g_str_equal(group, keys[i].group))
      g_string_append_printf(text, "[%s]\n", keys[i].group);
    group = keys[i].group;
    g_string_append_printf(text, "%s=%s\n", keys[i].name, keys[i].fallback);
  }
  g_autoptr(Config) written = load(f, text->str);
  assert_defaults(f, written);
}

/* SPEC 7, in a folder where its files are. */
static void
test_spec_example(Fixture *f, gconstpointer data) {
  (void)data;
  put(f, "certs/client.pem", "x", 0644);
  put(f, "certs/client.key", "x", 0600);
  put(f, "moodle.token", "moodletoken1\n", 0600);
  put(f, "keys/FD", "fuldakey1\n", 0600);
  g_autoptr(Config) config = load(
      f,
      "[zms]\nbaseurl=https://zms.example.org/rest/services/moodle-services\ntimeout=30\n"
      "# least gap between participant requests; the rate adapts by itself\nrequestdelayms=0\n"
      "connections=8\ncertificationpath={D}/certs\ncertificate=client.pem\nkey=client.key\n"
      "ca-file=\n[moodle]\n# embedded | webservice\nbackend=embedded\n# embedded\npath=moodle.db\n"
      "url=https://lernen.example.org\ntoken-file={D}/moodle.token\nstudent-role=5\nconnections=4\n"
      "timezone=Europe/Berlin\n[central]\nname=Hessische Landesfeuerwehrschule\ncode=HLFS\n"
      "ort-prefix=HLFS\n[courses]\nF-Atr=F-ATR\n[naming]\nalt-suffix=Abschluss\n[status]\n"
      "EINBERUFEN=angemeldet\n[users]\nauth=manual\n# none | mail | a template with {username}\n"
      "password=none\n[sync]\n# unenrol | suspend\nremoval=unenrol\n[guard]\n"
      "max-removals-percent=20\nmax-removals-floor=10\n[store]\n# or url=postgresql://…\n"
      "path=lehrgaenge.db\n[schedule]\nsync=0 3 * * 0\nfaildelay=60\n[tenant FD]\n"
      "name=Landkreis Fulda\napikey-file={D}/keys/FD\ncertificate=\nkey=\n");
  g_assert_cmpuint(config->warnings->len, ==, 0);
  g_assert_cmpstr(config->zms.baseurl, ==, "https://zms.example.org/rest/services/moodle-services");
  assert_path(f, config->zms.certificationpath, "certs");
  assert_path(f, config->zms.certificate, "certs/client.pem");
  assert_path(f, config->zms.key, "certs/client.key");
  g_assert_null(config->zms.ca_file);
  g_assert_cmpstr(config->moodle.url, ==, "https://lernen.example.org");
  g_assert_cmpstr(config->moodle.token, ==, "moodletoken1");
  /* One line replaces the whole built-in table. */
  g_assert_cmpuint(g_hash_table_size(config->courses), ==, 1);
  g_assert_cmpstr(g_hash_table_lookup(config->courses, "F-Atr"), ==, "F-ATR");
  g_assert_cmpint(status_resolve(config->status, "S033_EINBERUFEN_KREIS", NULL), ==, ACTION_ENROL);
  bool known = true;
  g_assert_cmpint(status_resolve(config->status, "S084_BESTANDEN_LAND", &known), ==, ACTION_NONE);
  g_assert_false(known);
  g_assert_cmpuint(config->tenants->len, ==, 1);
  assert_tenant(config_tenant(config, "FD"), "FD", "Landkreis Fulda", "fuldakey1");
  assert_path(f, tenant(config, 0)->certificate, "certs/client.pem");
  assert_path(f, tenant(config, 0)->key, "certs/client.key");
  g_assert_null(config_tenant(config, "fd"));
  g_autofree char *redacted = text_redact("a moodletoken1 b fuldakey1 c");
  g_assert_cmpstr(redacted, ==, "a *** b *** c");
}

static void
test_other_values(Fixture *f, gconstpointer data) {
  (void)data;
  g_autoptr(Config) config =
      load(f, "[zms]\nattempts=10\nmax-retry-after=5\nmax-body-mib=1\nrequestdelayms=60000\n"
              "[moodle]\nbackend=webservice\nurl=https://m.example.org/lernen/\ntoken=tok1234\n"
              "timezone=UTC\n[sync]\nremoval=suspend\n[users]\nauth=oidc_2\npassword=mail\n"
              "[store]\npath=../x/l.db\n[schedule]\nsync=@weekly\n");
  g_assert_cmpint(config->zms.attempts, ==, 10);
  g_assert_cmpint(config->zms.max_retry_after, ==, 5);
  g_assert_cmpint(config->zms.max_body_mib, ==, 1);
  g_assert_cmpint(config->zms.requestdelayms, ==, 60000);
  g_assert_cmpstr(config->moodle.backend, ==, "webservice");
  g_assert_cmpstr(config->moodle.token, ==, "tok1234");
  g_autofree char *redacted = text_redact("tok1234");
  g_assert_cmpstr(redacted, ==, "***");
  g_assert_cmpstr(g_time_zone_get_identifier(config->moodle.timezone), ==, "UTC");
  g_assert_true(config->sync.suspend);
  g_assert_cmpstr(config->users.auth, ==, "oidc_2");
  g_assert_cmpstr(config->users.password, ==, "mail");
  g_assert_cmpstr(config->schedule.sync, ==, "@weekly");
  g_autofree char *up = g_path_get_dirname(f->folder);
  g_autofree char *store = g_build_filename(up, "x", "l.db", NULL);
  g_assert_cmpstr(config->store.path, ==, store);
}

/* Everything a real Moodle needs; what only the embedded one has does not bother. */
static void
test_webservice(Fixture *f, gconstpointer data) {
  (void)data;
  put(f, "moodle.token", "abcdef0123456789\n", 0600);
  put(f, "certs/moodle-ca.pem", "x", 0644);
  g_autoptr(Config) config =
      load(f, "[zms]\ncertificationpath=certs\n[moodle]\nbackend=webservice\npath=lehrgaenge.db\n"
              "url=https://m.example.org/lernen\ntoken-file=moodle.token\nca-file=moodle-ca.pem\n"
              "student-role=12\nshared-emails=yes\nconnections=2\ntimeout=3600\ncopy-timeout=1\n"
              "attempts=1\nmax-body-mib=8\n[store]\npath=lehrgaenge.db\n"
              "[tenant FD]\nname=Landkreis Fulda\ncategory=2147483647\n[tenant KS]\nname=Kassel\n");
  g_assert_cmpstr(config->moodle.backend, ==, "webservice");
  g_assert_cmpstr(config->moodle.url, ==, "https://m.example.org/lernen");
  g_assert_cmpstr(config->moodle.token, ==, "abcdef0123456789");
  assert_path(f, config->moodle.ca_file, "certs/moodle-ca.pem");
  g_assert_cmpint(config->moodle.student_role, ==, 12);
  g_assert_true(config->moodle.shared_emails);
  g_assert_cmpint(config->moodle.connections, ==, 2);
  g_assert_cmpint(config->moodle.timeout, ==, 3600);
  g_assert_cmpint(config->moodle.copy_timeout, ==, 1);
  g_assert_cmpint(config->moodle.attempts, ==, 1);
  g_assert_cmpint(config->moodle.max_body_mib, ==, 8);
  g_assert_cmpuint(config->warnings->len, ==, 0);
  g_assert_cmpint(tenant(config, 0)->category, ==, 2147483647);
  g_assert_cmpint(tenant(config, 1)->category, ==, 0);
}

static void
test_webservice_on_this_machine(Fixture *f, gconstpointer data) {
  (void)data;
  g_autoptr(Config) config =
      load(f, "[moodle]\nbackend=webservice\nurl=http://127.0.0.1:8080\ntoken=tok1234\n"
              "[tenant FD]\nname=F\n");
  g_assert_cmpuint(config->warnings->len, ==, 1);
  assert_warning(config, 0, "lehrgaenge.conf:3: [moodle] url is an http address");
}

/* All that a service has which tells people. */
static void
test_service(Fixture *f, gconstpointer data) {
  (void)data;
  put(f, "mail.password", "mailpassword1\n", 0600);
  put(f, "mail-ca.pem", "x", 0644);
  g_autoptr(Config) config = load(
      f, "[tasks]\nworkers=16\nmax-attempts=100\n[notify]\nsmtp=smtp://mail.example.org:587\n"
         "starttls=if-offered\nuser=lehrgaenge\npassword-file=mail.password\nca-file=mail-ca.pem\n"
         "from=lehrgaenge@example.org\noperator=it@example.org\nlanguage=en\n"
         "moodle-message=yes\n[monitor]\nlisten=off\n[tenant FD]\nname=F\n");
  g_assert_cmpint(config->tasks.workers, ==, 16);
  g_assert_cmpint(config->tasks.max_attempts, ==, 100);
  g_assert_cmpstr(config->notify.smtp, ==, "smtp://mail.example.org:587");
  g_assert_cmpstr(config->notify.starttls, ==, "if-offered");
  g_assert_cmpstr(config->notify.user, ==, "lehrgaenge");
  g_assert_cmpstr(config->notify.password, ==, "mailpassword1");
  g_autofree char *redacted = text_redact("a mailpassword1");
  g_assert_cmpstr(redacted, ==, "a ***");
  assert_path(f, config->notify.ca_file, "mail-ca.pem");
  g_assert_cmpstr(config->notify.from, ==, "lehrgaenge@example.org");
  g_assert_cmpstr(config->notify.operator_address, ==, "it@example.org");
  g_assert_cmpstr(config->notify.language, ==, "en");
  g_assert_true(config->notify.moodle_message);
  g_assert_null(config->monitor.listen);
  g_assert_cmpuint(config->warnings->len, ==, 0);
}

#define SIGN_IN "from=a@example.org\nuser=x\npassword=mailpassword1\n"

/* Without STARTTLS: a password only where nobody can read it on the way, other mails with a
 * warning. */
static void
test_mail_unencrypted(Fixture *f, gconstpointer data) {
  (void)data;
  static const char *const good[] = { "smtp://127.0.0.1:2525", "smtp://[::1]", "smtp://localhost",
                                      "smtps://mail.example.org" };
  for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
    g_autofree char *text = g_strdup_printf(
        "[notify]\nstarttls=no\nsmtp=%s\n" SIGN_IN "[tenant FD]\nname=F\n", good[i]);
    g_autoptr(Config) config = load(f, text);
    g_assert_cmpstr(config->notify.password, ==, "mailpassword1");
    g_assert_cmpuint(config->warnings->len, ==, 0);
  }
  g_autoptr(Config) config = load(f, "[notify]\nsmtp=smtp://mail.example.org\nfrom=a@example.org\n"
                                     "starttls=no\n[tenant FD]\nname=F\n");
  g_assert_cmpuint(config->warnings->len, ==, 1);
  assert_warning(config, 0,
                 "lehrgaenge.conf:4: [notify] starttls=no: mails go to smtp://mail.example.org "
                 "unencrypted");
}

/* Threads keep theirs while another is read. */
static void
test_holders(Fixture *f, gconstpointer data) {
  (void)data;
  Config *config = load(f, "[tenant FD]\nname=F\n");
  Config *other = config_ref(config);
  g_assert_true(other == config);
  config_free(config);
  g_assert_cmpstr(other->schedule.sync, ==, "0 3 * * 0");
  config_free(other);
}

static void
test_form(Fixture *f, gconstpointer data) {
  (void)data;
  g_autoptr(Config) config =
      load(f, "\xef\xbb\xbf# from Windows\r\n\r\n  [zms]  \r\n timeout\t =  7 \t\r\n[moodle]\r\n"
              "token= a;b\\n\"#c \r\n[tenant RÜD]\r\nname=Rheingau-Taunus-Kreis # a\r\n"
              "apikey=\r\n[courses]\r\nF/K Sprechfunk;x=F = K");
  g_assert_cmpint(config->zms.timeout, ==, 7);
  g_assert_cmpstr(config->moodle.token, ==, "a;b\\n\"#c");
  assert_tenant(config_tenant(config, "RÜD"), "RÜD", "Rheingau-Taunus-Kreis # a", "");
  g_assert_cmpstr(g_hash_table_lookup(config->courses, "F/K Sprechfunk;x"), ==, "F = K");
}

static void
test_password_template(Fixture *f, gconstpointer data) {
  (void)data;
  g_autoptr(Config) config = load(f, "[users]\npassword={username}Hlfs#\n[tenant FD]\nname=F\n");
  g_assert_cmpstr(config->users.password, ==, "{username}Hlfs#");
  g_assert_cmpuint(config->warnings->len, ==, 1);
  assert_warning(
      config, 0,
      "lehrgaenge.conf:2: [users] password is a template: whoever knows someone's user name "
      "knows the password");
}

#define LIST                                                                                       \
  "# name, abbreviation\r\n\r\nLandkreis Fulda\tFD\r\n Rheingau-Taunus-Kreis \t RÜD "             \
  "\r\nKassel\tKS"

static void
test_tenants(Fixture *f, gconstpointer data) {
  (void)data;
  put(f, "list.tsv", LIST, 0644);
  put(f, "keys/fd", "key-of-fd\n", 0600);
  put(f, "keys/r__d", "key-of-rued\n", 0600);
  put(f, "keys/new", "", 0600);
  put(f, "certs/a.pem", "x", 0644);
  put(f, "certs/b.pem", "x", 0600);
  put(f, "own.pem", "x", 0600);
  g_autoptr(Config) config =
      load(f, "[tenant NEW]\nname=Neu\n[tenant KS]\nname=Stadt Kassel\ncertificate=b.pem\n"
              "key={D}/own.pem\n[tenant FD]\napikey=other-key\n[zms]\ncertificationpath=certs\n"
              "certificate=a.pem\nkey=b.pem\n[tenants]\nfile=list.tsv\nkeys-dir=keys\n");
  g_assert_cmpuint(config->tenants->len, ==, 4);
  assert_tenant(tenant(config, 0), "FD", "Landkreis Fulda", "other-key");
  assert_tenant(tenant(config, 1), "RÜD", "Rheingau-Taunus-Kreis", "key-of-rued");
  assert_tenant(tenant(config, 2), "KS", "Stadt Kassel", "");
  assert_tenant(tenant(config, 3), "NEW", "Neu", "");
  assert_path(f, tenant(config, 0)->certificate, "certs/a.pem");
  assert_path(f, tenant(config, 0)->key, "certs/b.pem");
  assert_path(f, tenant(config, 2)->certificate, "certs/b.pem");
  assert_path(f, tenant(config, 2)->key, "own.pem");
  g_assert_cmpuint(config->warnings->len, ==, 0);
  g_autofree char *redacted = text_redact("key-of-rued");
  g_assert_cmpstr(redacted, ==, "***");
}

static void
test_default_path(Fixture *f, gconstpointer data) {
  (void)data;
  g_autofree char *before = g_get_current_dir();
  g_assert_cmpint(g_chdir(f->folder), ==, 0);
  g_unsetenv("LEHRGAENGE_CONFIG");
  g_autofree char *system = config_default_path();
  g_assert_cmpstr(system, ==, "/etc/lehrgaenge/lehrgaenge.conf");
  put(f, "lehrgaenge.conf", "", 0600);
  g_autofree char *local = config_default_path();
  g_assert_cmpstr(local, ==, "lehrgaenge.conf");
  g_autoptr(Config) config = config_load(local, NULL);
  g_assert_nonnull(config);
  g_assert_true(g_path_is_absolute(config->file));
  g_setenv("LEHRGAENGE_CONFIG", "/x/y.conf", TRUE);
  g_autofree char *named = config_default_path();
  g_assert_cmpstr(named, ==, "/x/y.conf");
  g_unsetenv("LEHRGAENGE_CONFIG");
  g_assert_cmpint(g_chdir(before), ==, 0);
}

/* A file of the source tree. */
static char *
source(const char *name) {
  const char *root = g_getenv("SOURCE_ROOT");
  if (root == NULL)
    g_error("SOURCE_ROOT must name the folder of the sources");
  g_autofree char *path = g_build_filename(root, name, NULL);
  char *text;
  g_autoptr(GError) error = NULL;
  g_file_get_contents(path, &text, NULL, &error);
  g_assert_no_error(error);
  return text;
}

/* What we ship: the example as it is, and the 35 tenants; every key stands in the example. */
static void
test_shipped_example(Fixture *f, gconstpointer data) {
  (void)data;
  g_autofree char *example = source("data/lehrgaenge.conf.example");
  g_autofree char *list = source("data/tenants.tsv");
  put(f, "tenants.tsv", list, 0644);
  put(f, "lehrgaenge.conf", example, 0644);
  g_autoptr(GError) error = NULL;
  g_autoptr(Config) config = config_load(f->conf, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(config->warnings->len, ==, 0);
  g_assert_cmpuint(config->tenants->len, ==, 35);
  assert_tenant(tenant(config, 0), "HP", "Landkreis Bergstraße", "");
  assert_tenant(config_tenant(config, "FD"), "FD", "Landkreis Fulda", "");
  assert_tenant(config_tenant(config, "HLFS"), "HLFS", "Hessische Landesfeuerwehrschule", "");
  assert_tenant(tenant(config, 34), "HKJF", "Hessische Kinder- und Jugendfeuerwehr", "");

  guint count;
  const ConfigKey *keys = config_keys_all(&count);
  for (guint i = 0; i < count; i++) {
    g_autofree char *heading =
        g_strdup_printf("[%s%s]", keys[i].group, g_str_equal(keys[i].group, "tenant") ? " FD" : "");
    const char *start = strstr(example, heading);
    g_assert_nonnull(start);
    const char *end = strstr(start, "\n\n");
    g_autofree char *section = g_strndup(start, end == NULL ? strlen(start) : (gsize)(end - start));
    g_autofree char *pattern = g_strdup_printf(
        "(?m)^#?\\Q%s\\E%s=", keys[i].name,
        g_str_equal(keys[i].group, "store") || !config_keys_has_file(&keys[i]) ? "" : "-file");
    if (!g_regex_match_simple(pattern, section, 0, 0))
      g_error("[%s] %s is not in data/lehrgaenge.conf.example", keys[i].group, keys[i].name);
  }
}

/* The documentation row by row: "| `key` | `default` | allowed | meaning |" below a heading that
 * names the group. Returns how many rows of keys it found. */
static void
check_row(GHashTable *seen, const char *group, const char *line) {
  g_auto(GStrv) cells = g_strsplit(line, " | ", -1);
  g_assert_cmpuint(g_strv_length(cells), ==, 4);
  g_autofree char *name = g_strndup(cells[0] + 3, strlen(cells[0]) - 4);
  const ConfigKey *key = config_keys_find(group, name);
  if (key == NULL || !g_str_equal(key->name, name))
    g_error("docs/CONFIGURATION.md: [%s] has no key %s", group, name);
  g_autofree char *fallback =
      *key->fallback == '\0' ? g_strdup("–") : g_strdup_printf("`%s`", key->fallback);
  g_assert_cmpstr(cells[1], ==, fallback);
  g_autofree char *allowed = config_keys_allowed(key);
  g_assert_cmpstr(cells[2], ==, allowed);
  g_assert_cmpuint(strlen(cells[3]), >, 10);
  g_assert_true(g_hash_table_add(seen, (gpointer)key));
}

/* The built-in tables of [courses] and [status]. */
static void
check_pair(const Config *config, GHashTable *words, const char *group, const char *line) {
  g_auto(GStrv) cells = g_strsplit(line, "`", -1);
  g_assert_cmpuint(g_strv_length(cells), ==, 5);
  if (g_str_equal(group, "courses")) {
    g_assert_cmpstr(g_hash_table_lookup(config->courses, cells[1]), ==, cells[3]);
  } else {
    bool known = false;
    Action action = status_resolve(config->status, cells[1], &known);
    g_assert_true(known);
    g_assert_cmpstr(status_handler_name(action), ==, cells[3]);
  }
  g_hash_table_add(words, g_strdup_printf("%s %s", group, cells[1]));
}

static void
test_documentation(Fixture *f, gconstpointer data) {
  (void)data;
  g_autoptr(Config) config = load(f, "");
  g_autofree char *text = source("docs/CONFIGURATION.md");
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
  g_autoptr(GHashTable) words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  const char *group = NULL;
  for (guint i = 0; lines[i] != NULL; i++) {
    if (lines[i][0] == '#') {
      const char *open = strstr(lines[i], "`[");
      g_autofree char *written = open == NULL ? NULL : g_strndup(open + 2, strcspn(open + 2, "]"));
      group = written == NULL ? NULL : config_keys_group(written);
      g_assert_true(written == NULL || group != NULL);
    } else if (group != NULL && g_str_has_prefix(lines[i], "| `")) {
      if (config_keys_free_form(group))
        check_pair(config, words, group, lines[i]);
      else
        check_row(seen, group, lines[i]);
    }
  }
  guint count;
  const ConfigKey *keys = config_keys_all(&count);
  for (guint i = 0; i < count; i++)
    if (!g_hash_table_contains(seen, &keys[i]))
      g_error("docs/CONFIGURATION.md does not have [%s] %s", keys[i].group, keys[i].name);
  g_assert_cmpuint(g_hash_table_size(seen), ==, count);
  g_assert_cmpuint(g_hash_table_size(words), ==, 8 + 11);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  const struct {
    const char *path;
    void (*run)(Fixture *f, gconstpointer data);
  } tests[] = {
    { "/config/defaults", test_defaults },
    { "/config/spec-example", test_spec_example },
    { "/config/other-values", test_other_values },
    { "/config/webservice", test_webservice },
    { "/config/webservice-on-this-machine", test_webservice_on_this_machine },
    { "/config/service", test_service },
    { "/config/mail-unencrypted", test_mail_unencrypted },
    { "/config/holders", test_holders },
    { "/config/form", test_form },
    { "/config/password-template", test_password_template },
    { "/config/tenants", test_tenants },
    { "/config/default-path", test_default_path },
    { "/config/shipped-example", test_shipped_example },
    { "/config/documentation", test_documentation },
  };
  for (guint i = 0; i < G_N_ELEMENTS(tests); i++)
    g_test_add(tests[i].path, Fixture, NULL, set_up, tests[i].run, tear_down);
  return g_test_run();
}
