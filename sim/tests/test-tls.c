/* The simulator's TLS: who is let in and what the others are told; the certificates for it; and the
 * program itself with its options and its end.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "generate.h"
#include "harness.h"

/* Where the certificates are that main() had made. */
static char *certs;

static char *
script(void) {
  const char *root = g_getenv("SOURCE_ROOT");
  return g_build_filename(root != NULL ? root : ".", "scripts", "make-test-certs", NULL);
}

static gint
run_script(const char *argument, char **environment, char **err) {
  autochar path = script();
  const char *argv[] = { "/bin/sh", path, argument, NULL };
  autochar out = NULL;
  gint status;
  GError *error = NULL;
  g_assert_true(g_spawn_sync(NULL, (char **)argv, environment, G_SPAWN_DEFAULT, NULL, NULL, &out,
                             err, &status, &error));
  g_assert_no_error(error);
  g_assert_cmpstr(out, ==, "");
  g_assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

typedef struct {
  char *certificate, *key, *ca;
  ServerOptions options;
} Files;

static Files
files_of(const char *server, const char *client_ca) {
  Files files = { g_strdup_printf("%s/%s.pem", certs, server),
                  g_strdup_printf("%s/%s.key", certs, server),
                  client_ca != NULL ? g_strdup_printf("%s/%s.pem", certs, client_ca) : NULL };
  files.options = (ServerOptions){ .address = "127.0.0.1",
                                   .certificate = files.certificate,
                                   .key = files.key,
                                   .client_ca = files.ca };
  return files;
}

static void
files_clear(Files *files) {
  g_free(files->certificate);
  g_free(files->key);
  g_free(files->ca);
}

/* Asks with one version of TLS. A handshake of TLS 1.3 is over for the client before the server has
 * seen its certificate. */
static CURLcode
try_tls(const Sim *sim, const char *who, long version, char *message) {
  Reply reply = { 0 };
  struct curl_slist *headers = harness_token(sim, 0);
  autochar url = g_strconcat(server_url(sim->server), "/lehrgaenge", NULL);
  CURL *curl = harness_curl(&reply, "GET", url, headers);
  harness_identity(curl, who);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, version);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, message);
  message[0] = '\0';
  reply.result = curl_easy_perform(curl);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply.status);
  curl_easy_cleanup(curl);
  curl_slist_free_all(headers);
  g_assert_cmpint((gint)reply.status, ==, reply.result == CURLE_OK ? 200 : 0);
  g_assert_cmpint(reply.body->len > 0, ==, reply.result == CURLE_OK);
  harness_reply_clear(&reply);
  return reply.result;
}

static void
test_mutual_tls(void) {
  static const long versions[] = { CURL_SSLVERSION_TLSv1_2 | CURL_SSLVERSION_MAX_TLSv1_2,
                                   CURL_SSLVERSION_TLSv1_3 };
  /* A client that is told by an alert why it may not come in knows not to try again. */
  static const struct {
    const char *who;
    const char *alert12, *alert13;
  } refused[] = { { NULL, "handshake failure", "certificate required" },
                  { "foreign", "unknown ca", "unknown ca" },
                  { "expired", NULL, "certificate expired" },
                  { "server", NULL, "bad certificate" } };
  Files files = files_of("server", "ca");
  Sim sim = harness_sim_new(&files.options, "1x3x3", clock_system());
  char message[CURL_ERROR_SIZE];
  for (gsize v = 0; v < G_N_ELEMENTS(versions); v++) {
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
      g_assert_cmpint(try_tls(&sim, refused[i].who, versions[v], message), !=, CURLE_OK);
      const char *alert = v == 0 ? refused[i].alert12 : refused[i].alert13;
      if (alert != NULL && strstr(message, alert) == NULL)
        g_error("%s is told \"%s\", not \"%s\"", refused[i].who, message, alert);
    }
    g_assert_cmpint(try_tls(&sim, "client", versions[v], message), ==, CURLE_OK);
  }
  /* Not now and then: the request that a client of TLS 1.3 has sent meanwhile must not destroy the
   * alert. */
  for (guint i = 0; i < 40; i++) {
    g_assert_cmpint(try_tls(&sim, NULL, CURL_SSLVERSION_TLSv1_3, message), !=, CURLE_OK);
    g_assert_nonnull(strstr(message, "certificate required"));
  }
  g_assert_cmpint(harness_stat_as(&sim, NULL, "requests", "client"), ==, 2);
  g_auto(Reply) stats = harness_ask(&sim, "GET", "/__stats", -1, NULL, 0);
  g_assert_cmpint(stats.result, !=, CURLE_OK);
  g_auto(Reply) allowed = harness_ask(&sim, "GET", "/__stats", -1, "client", 0);
  g_assert_nonnull(strstr(allowed.body->str, "\"client_certificates\":[\"CN=lehrgaenge-client\"]"));
  harness_sim_clear(&sim);
  files_clear(&files);
}

static void
test_tls(void) {
  Files files = files_of("server", NULL);
  Sim sim = harness_sim_new(&files.options, "1x3x3", clock_system());
  char message[CURL_ERROR_SIZE];
  g_assert_true(g_str_has_prefix(server_url(sim.server), "https://127.0.0.1:"));
  g_assert_cmpint(try_tls(&sim, NULL, CURL_SSLVERSION_DEFAULT, message), ==, CURLE_OK);
  harness_sim_clear(&sim);
  files_clear(&files);

  /* A server with an expired certificate, or of an authority the client does not know, can be
   * rehearsed too. */
  static const char *const untrusted[] = { "expired", "foreign" };
  for (gsize i = 0; i < G_N_ELEMENTS(untrusted); i++) {
    files = files_of(untrusted[i], NULL);
    sim = harness_sim_new(&files.options, "1x3x3", clock_system());
    g_assert_cmpint(try_tls(&sim, NULL, CURL_SSLVERSION_DEFAULT, message), ==,
                    CURLE_PEER_FAILED_VERIFICATION);
    harness_sim_clear(&sim);
    files_clear(&files);
  }
}

/* Clients that keep their session do not pay for a second handshake. */
static void
test_tls_resumption(void) {
  Files files = files_of("server", "ca");
  Sim sim = harness_sim_new(&files.options, "1x3x3", clock_system());
  struct curl_slist *headers = harness_token(&sim, 0);
  autochar url = g_strconcat(server_url(sim.server), "/lehrgaenge", NULL);
  CURLSH *share = curl_share_init();
  curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  for (guint i = 0; i < 3; i++) {
    Reply reply = { 0 };
    CURL *curl = harness_curl(&reply, "GET", url, headers);
    harness_identity(curl, "client");
    curl_easy_setopt(curl, CURLOPT_SHARE, share);
    g_assert_cmpint(curl_easy_perform(curl), ==, CURLE_OK);
    curl_easy_cleanup(curl);
    harness_reply_clear(&reply);
  }
  curl_share_cleanup(share);
  curl_slist_free_all(headers);
  g_assert_cmpint(harness_stat_as(&sim, NULL, "connections", "client"), ==, 3);
  g_assert_cmpint(harness_stat_as(&sim, NULL, "tls_resumed", "client"), ==, 2);
  harness_sim_clear(&sim);
  files_clear(&files);
}

static void
expect_no_server(const ServerOptions *options, gint code, const char *text) {
  g_autoptr(Tenants) tenants = tenants_new(NULL, 1, 1, NULL);
  g_autoptr(ZmsApp) app =
      zms_app_new(generate_new(tenants, (GenerateSize){ 1, 1, 1 }, 1, 2026), tenants, 1);
  g_autoptr(GError) error = NULL;
  g_assert_null(server_new(options, zms_app_interface(app), clock_system(), &error));
  g_assert_error(error, SIM_ERROR, code);
  if (strstr(error->message, text) == NULL)
    g_error("\"%s\" is not in \"%s\"", text, error->message);
}

static void
test_refusals(void) {
  Sim sim = harness_sim_new(&(ServerOptions){ 0 }, "1x1x1", clock_system());
  gint port = (gint)g_ascii_strtoll(strrchr(server_url(sim.server), ':') + 1, NULL, 10);
  expect_no_server(&(ServerOptions){ .address = "127.0.0.1", .port = port }, SIM_ERROR_NETWORK,
                   "in use");
  harness_sim_clear(&sim);
  expect_no_server(&(ServerOptions){ .address = "0.0.0.0" }, SIM_ERROR_USAGE, "loopback");
  expect_no_server(&(ServerOptions){ .address = "192.0.2.1" }, SIM_ERROR_USAGE, "loopback");
  expect_no_server(&(ServerOptions){ .address = "::" }, SIM_ERROR_USAGE, "loopback");
  expect_no_server(&(ServerOptions){ .address = "localhost" }, SIM_ERROR_USAGE, "loopback");

  Files files = files_of("server", "ca");
  autochar key = g_strdup_printf("%s/client.key", certs);
  ServerOptions options = files.options;
  options.key = key;
  expect_no_server(&options, SIM_ERROR_TLS, "do not match");
  options = files.options;
  options.client_ca = key;
  expect_no_server(&options, SIM_ERROR_TLS, "holds no certificate");
  options.client_ca = certs;
  g_autoptr(GError) error = NULL;
  g_assert_null(server_new(&options, NULL, clock_system(), &error));
  g_assert_nonnull(strstr(error->message, "clients' authority cannot be read"));
  files_clear(&files);
}

static const char *
program(void) {
  const char *path = g_getenv("ZMS_SIM");
  if (path == NULL)
    g_error("the environment variable ZMS_SIM must name the program");
  return path;
}

/* Runs the program to its end, in the barest locale; gives its exit code, and what it wrote on both
 * outputs. */
static gint
run_program(const char *options, char **out, char **err) {
  autochar line = g_strdup_printf("env LC_ALL=C '%s' %s", program(), options);
  gint status;
  GError *error = NULL;
  g_assert_true(g_spawn_command_line_sync(line, out, err, &status, &error));
  g_assert_no_error(error);
  g_assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static void
test_program_usage(void) {
  static const struct {
    const char *options;
    gint code;
    const char *message;
  } cases[] = { { "", 2, "--generate" },
                { "--generate 1x1x1 --data .", 2, "either" },
                { "--generate 1x1", 2, "35x60x15" },
                { "--frob", 2, "--frob" },
                { "--generate 1x1x1 more", 2, "options" },
                { "--generate 1x1x1 --tls-cert x", 2, "belong together" },
                { "--generate 1x1x1 --client-ca x", 2, "--client-ca needs" },
                { "--generate 1x1x1 --port 65536", 2, "--port" },
                { "--generate 1x1x1 --year 1999", 2, "--year" },
                { "--generate 1x1x1 --rate -1", 2, "--rate" },
                { "--generate 1x1x1 --latency-ms -1", 2, "--latency-ms" },
                { "--generate 1x1x1 --tenant-fault HP=ok", 2, "HP=ok" },
                { "--generate 9x1x1 --tenant-fault RÜD=ok", 2, "--tenant-fault RÜD=ok" },
                { "--generate 1x1x1 --tls-cert /nix --tls-key /nix", 1, "/nix" },
                { "--generate 1x1x1 --keys-dir /proc/nix", 1, "/proc/nix" },
                { "--data /nix", 1, "/nix" } };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    autochar out = NULL;
    autochar err = NULL;
    g_assert_cmpint(run_program(cases[i].options, &out, &err), ==, cases[i].code);
    g_assert_cmpstr(out, ==, "");
    g_assert_nonnull(strstr(err, cases[i].message));
    /* One line. */
    g_assert_true(strchr(err, '\n') == err + strlen(err) - 1);
  }
  autochar help = NULL;
  autochar err = NULL;
  g_assert_cmpint(run_program("--help", &help, &err), ==, 0);
  g_assert_nonnull(strstr(help, "--truncate-every"));
  g_assert_nonnull(strstr(help, "/__control/cancel"));
}

/* Everything together as others use it: one line when it is ready, key files, an end by signal. */
static void
test_program(void) {
  autochar keys = g_build_filename(certs, "keys", NULL);
  autochar certificate = g_build_filename(certs, "server.pem", NULL);
  autochar key = g_build_filename(certs, "server.key", NULL);
  const char *argv[] = { program(),   "--generate", "2x3x4", "--port",     "0",  "--tls-cert",
                         certificate, "--tls-key",  key,     "--keys-dir", keys, "--tenant-fault",
                         "DA=500",    "--year",     "2026",  NULL };
  GError *error = NULL;
  GPid pid;
  gint out;
  g_assert_true(g_spawn_async_with_pipes(NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL,
                                         NULL, &pid, NULL, &out, NULL, &error));
  g_assert_no_error(error);
  g_autoptr(GString) line = g_string_new(NULL);
  char c;
  while (read(out, &c, 1) == 1 && c != '\n')
    g_string_append_c(line, c);
  static const char ready[] = "zms-sim: listening on https://127.0.0.1:";
  g_assert_true(g_str_has_prefix(line->str, ready));

  autochar token_file = g_build_filename(keys, "hp", NULL);
  autochar token = NULL;
  g_assert_true(g_file_get_contents(token_file, &token, NULL, NULL));
  autochar header = g_strdup_printf("X-MoodleAuthToken: %s", token);
  struct curl_slist *headers = curl_slist_append(NULL, header);
  autochar url =
      g_strconcat(strstr(line->str, "https"), "/lehrgaenge/HP-LG-2026-000000/teilnehmer", NULL);
  Reply reply = { 0 };
  CURL *curl = harness_curl(&reply, "GET", url, headers);
  harness_identity(curl, NULL);
  g_assert_cmpint(curl_easy_perform(curl), ==, CURLE_OK);
  curl_easy_cleanup(curl);
  curl_slist_free_all(headers);
  json_auto_t *people = harness_parse(&reply);
  g_assert_cmpuint(json_array_size(people), ==, 4);
  harness_reply_clear(&reply);

  gint status;
  g_assert_cmpint(kill(pid, SIGTERM), ==, 0);
  g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
  g_assert_true(WIFEXITED(status));
  g_assert_cmpint(WEXITSTATUS(status), ==, 0);
  g_assert_cmpint(read(out, &c, 1), ==, 0);
  close(out);
}

static void
test_certificates(void) {
  static const char *const names[] = {
    "ca", "server", "client", "foreign-ca", "foreign", "expired"
  };
  for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
    autochar key = g_strdup_printf("%s/%s.key", certs, names[i]);
    autochar certificate = g_strdup_printf("%s/%s.pem", certs, names[i]);
    GStatBuf status;
    g_assert_cmpint(g_stat(key, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 0777, ==, 0600);
    g_assert_cmpint(g_stat(certificate, &status), ==, 0);
  }
  autochar err = NULL;
  g_assert_cmpint(run_script("", NULL, &err), ==, 2);
  g_assert_nonnull(strstr(err, "folder"));

  autochar nothing = NULL;
  char *environment[] = { (char *)"PATH=/nonexistent", NULL };
  g_assert_cmpint(run_script(certs, environment, &nothing), ==, 1);
  g_assert_cmpstr(nothing, ==,
                  "make-test-certs: the program openssl is missing; install the package openssl\n");
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  certs = g_dir_make_tmp("sim-XXXXXX", NULL);
  g_assert_nonnull(certs);
  harness_certs = certs;
  autochar err = NULL;
  /* Twice: it makes a whole new set over an old one. */
  for (guint i = 0; i < 2; i++) {
    g_clear_pointer(&err, g_free);
    if (run_script(certs, NULL, &err) != 0 || err[0] != '\0')
      g_error("no certificates: %s", err);
  }

  g_test_add_func("/sim/certificates", test_certificates);
  g_test_add_func("/sim/tls/server", test_tls);
  g_test_add_func("/sim/tls/mutual", test_mutual_tls);
  g_test_add_func("/sim/tls/resumption", test_tls_resumption);
  g_test_add_func("/sim/refusals", test_refusals);
  g_test_add_func("/sim/program/usage", test_program_usage);
  g_test_add_func("/sim/program/serve", test_program);
  int result = g_test_run();
  harness_remove_all(certs);
  g_free(certs);
  return result;
}
