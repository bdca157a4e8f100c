/* config: secrets that systemd hands over, and the same configuration without it (credential:NAME).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config-fixture.h"

#include "config/secret.h"

static const char text[] = "[moodle]\ntoken-file=credential:moodle.token\n"
                           "[store]\nurl-file=credential:database\n"
                           "[tenants]\nkeys-dir=credential:keys\n"
                           "[tenant FD]\nname=Landkreis Fulda\n"
                           "[tenant RÜD]\nname=Rheingau-Taunus-Kreis\n"
                           "[tenant KS]\nname=Kassel\napikey-file=credential:more/kassel\n"
                           "[tenant GG]\nname=Landkreis Groß-Gerau\n";

/* As systemd lays them out: all in one folder, and, with an access control list, a mode that looks
 * open. */
static char *
hand_over(const Fixture *f, int mode) {
  put(f, "run/lehrgaenge_moodle.token", "token of systemd\n", mode);
  put(f, "run/lehrgaenge_database", "postgresql://db.example.org/lehrgaenge\n", mode);
  put(f, "run/lehrgaenge_keys_fd", "key of FD\n", mode);
  put(f, "run/lehrgaenge_keys_r__d", "key of RUD\n", mode);
  put(f, "run/lehrgaenge_more_kassel", "key of KS\n", mode);
  return g_build_filename(f->folder, "run", NULL);
}

static void
put_beside(const Fixture *f, int mode) {
  put(f, "credentials/moodle.token", "token by hand\n", mode);
  put(f, "credentials/database", "postgresql://db.example.org/byhand\n", mode);
  put(f, "credentials/keys/fd", "FD by hand\n", mode);
  put(f, "credentials/keys/r__d", "RUD by hand\n", mode);
  put(f, "credentials/more/kassel", "KS by hand\n", mode);
}

static void
test_of_systemd(Fixture *f, gconstpointer data) {
  (void)data;
  g_autofree char *run = hand_over(f, 0440);
  put_beside(f, 0600);
  g_setenv("CREDENTIALS_DIRECTORY", run, TRUE);
  g_autoptr(Config) config = load(f, text);
  g_assert_cmpstr(config->moodle.token, ==, "token of systemd");
  g_assert_cmpstr(config->store.url, ==, "postgresql://db.example.org/lehrgaenge");
  g_assert_cmpstr(config_tenant(config, "FD")->apikey, ==, "key of FD");
  g_assert_cmpstr(config_tenant(config, "RÜD")->apikey, ==, "key of RUD");
  g_assert_cmpstr(config_tenant(config, "KS")->apikey, ==, "key of KS");
  g_assert_cmpstr(config_tenant(config, "GG")->apikey, ==, "");
}

static void
test_by_hand(Fixture *f, gconstpointer data) {
  (void)data;
  put_beside(f, 0600);
  g_autoptr(Config) config = load(f, text);
  g_assert_cmpstr(config->moodle.token, ==, "token by hand");
  g_assert_cmpstr(config->store.url, ==, "postgresql://db.example.org/byhand");
  g_assert_cmpstr(config_tenant(config, "FD")->apikey, ==, "FD by hand");
  g_assert_cmpstr(config_tenant(config, "RÜD")->apikey, ==, "RUD by hand");
  g_assert_cmpstr(config_tenant(config, "KS")->apikey, ==, "KS by hand");
  g_assert_cmpstr(config_tenant(config, "GG")->apikey, ==, "");
}

/* An empty variable means that there is no systemd; a file of one's own that is open stays an
 * error, with systemd and without. */
static void
test_open_file(Fixture *f, gconstpointer data) {
  (void)data;
  g_setenv("CREDENTIALS_DIRECTORY", "", TRUE);
  put(f, "credentials/moodle.token", "token by hand\n", 0640);
  refuses(f, CONFIG_ERROR_SECRET, "[moodle]\ntoken-file=credential:moodle.token\n",
          "lehrgaenge.conf:2: [moodle] token-file: {D}/credentials/moodle.token can be read by "
          "others (mode 0640); run chmod 600 {D}/credentials/moodle.token");
  g_autofree char *run = hand_over(f, 0440);
  g_setenv("CREDENTIALS_DIRECTORY", run, TRUE);
  refuses(f, CONFIG_ERROR_SECRET, "[moodle]\ntoken-file=credentials/moodle.token\n",
          "lehrgaenge.conf:2: [moodle] token-file: {D}/credentials/moodle.token can be read by "
          "others (mode 0640); run chmod 600 {D}/credentials/moodle.token");
}

static void
test_missing(Fixture *f, gconstpointer data) {
  (void)data;
  refuses(f, CONFIG_ERROR_SECRET, "[moodle]\ntoken-file=credential:moodle.token\n",
          "lehrgaenge.conf:2: [moodle] token-file: {D}/credentials/moodle.token cannot be read: No "
          "such file or directory; it must be a text file this user can read, with the secret as "
          "its first line");
  refuses(f, CONFIG_ERROR_SECRET, "[tenants]\nkeys-dir=credential:keys\n",
          "lehrgaenge.conf:2: [tenants] keys-dir: {D}/credentials/keys is not a folder; make it, "
          "with one file for each tenant's apikey");
  g_autofree char *run = hand_over(f, 0400);
  g_setenv("CREDENTIALS_DIRECTORY", run, TRUE);
  refuses(f, CONFIG_ERROR_SECRET, "[moodle]\ntoken-file=credential:token\n",
          "lehrgaenge.conf:2: [moodle] token-file: systemd hands over no such credential "
          "({D}/run/lehrgaenge_token cannot be read: No such file or directory); put the secret "
          "into the folder credentials beside the configuration and restart the service");
}

/* A folder that only root may look into: one error that says so, not one for each tenant. */
static void
test_closed_folder(Fixture *f, gconstpointer data) {
  (void)data;
  if (geteuid() == 0) {
    g_test_skip("root may look into every folder");
    return;
  }
  put_beside(f, 0600);
  g_autofree char *folder = g_build_filename(f->folder, "credentials", NULL);
  g_assert_cmpint(g_chmod(folder, 0), ==, 0);
  refuses(f, CONFIG_ERROR_SECRET, "[tenants]\nkeys-dir=credential:keys\n[tenant FD]\nname=F\n",
          "lehrgaenge.conf:2: [tenants] keys-dir: this user may not look into "
          "{D}/credentials/keys; run this as one who may, such as root");
  g_assert_cmpint(g_chmod(folder, 0700), ==, 0);
}

/* Certificates and keys as well; those of systemd may look open. */
static void
test_certificate(Fixture *f, gconstpointer data) {
  (void)data;
  g_autofree char *run = hand_over(f, 0440);
  put(f, "run/lehrgaenge_client.pem", "no certificate\n", 0440);
  put(f, "run/lehrgaenge_client.key", "no key\n", 0440);
  put(f, "credentials/client.pem", "no certificate\n", 0600);
  put(f, "credentials/client.key", "no key\n", 0600);
  const char *pair = "[zms]\ncertificationpath=certs\ncertificate=credential:client.pem\n"
                     "key=credential:client.key\n";
  g_autoptr(Config) config = load(f, pair);
  assert_path(f, config->zms.certificate, "credentials/client.pem");
  assert_path(f, config->zms.key, "credentials/client.key");
  g_clear_pointer(&config, config_free);
  g_setenv("CREDENTIALS_DIRECTORY", run, TRUE);
  config = load(f, pair);
  assert_path(f, config->zms.certificate, "run/lehrgaenge_client.pem");
  assert_path(f, config->zms.key, "run/lehrgaenge_client.key");
}

static void
set_up_without(Fixture *f, gconstpointer data) {
  g_unsetenv("CREDENTIALS_DIRECTORY");
  set_up(f, data);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  const struct {
    const char *path;
    void (*run)(Fixture *f, gconstpointer data);
  } tests[] = {
    { "/secret/of-systemd", test_of_systemd },       { "/secret/by-hand", test_by_hand },
    { "/secret/open-file", test_open_file },         { "/secret/missing", test_missing },
    { "/secret/closed-folder", test_closed_folder }, { "/secret/certificate", test_certificate },
  };
  for (guint i = 0; i < G_N_ELEMENTS(tests); i++)
    g_test_add(tests[i].path, Fixture, NULL, set_up_without, tests[i].run, tear_down);
  return g_test_run();
}
