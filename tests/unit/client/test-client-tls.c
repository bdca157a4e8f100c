/* The ZMS client and certificates, against a TLS server that checks ours in the handshake, as ZMS
 * does (SPEC 1).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gstdio.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <string.h>

#include "api/endpoint.h"
#include "pki.h"
#include "server.h"
#include "tls-server.h"

static char *dir;

static char *
file(const char *name, const char *suffix) {
  return g_strconcat(dir, "/", name, suffix, NULL);
}

/* One way of connecting, and what must come of it. */
typedef struct {
  const char *ca;          /* that we trust; NULL: the system's */
  const char *server;      /* the server's certificate */
  const char *client_ca;   /* that the server trusts; NULL: it asks for none */
  const char *certificate; /* ours; NULL: none */
  const char *key;         /* NULL: the certificate's */
  bool ok;
  const char *says; /* in the message when not ok */
} Case;

static const Case cases[] = {
  { "ca", "server", "ca", "client", NULL, true, NULL },
  { "ca", "server", NULL, "client", NULL, true, NULL },
  { "ca", "server", NULL, NULL, NULL, true, NULL },
  { "ca", "server", "ca", NULL, NULL, false, "certificate and key" },
  { "ca", "server", "ca", "foreign", NULL, false, "ZMS refused our client certificate" },
  { "ca", "server", "ca", "expired", NULL, false, "ZMS refused our client certificate" },
  { "ca", "server", "ca", "client", "foreign", false, "Our certificate or key cannot be used" },
  { "ca", "server", "ca", "nowhere", NULL, false, "Our certificate or key cannot be used" },
  { "other", "server", "ca", "client", NULL, false, "set ca-file to the authority" },
  { NULL, "server", "ca", "client", NULL, false, "set ca-file to the authority" },
  { "ca", "foreign", "ca", "client", NULL, false, "set ca-file to the authority" },
  { "ca", "expired", "ca", "client", NULL, false, "set ca-file to the authority" },
  { "nowhere", "server", "ca", "client", NULL, false, "authorities in ca-file cannot be read" },
};

static bool
try_list(const Case *c, TlsServer *server, Clock *clock, GError **error) {
  g_autofree char *ca = c->ca == NULL ? NULL : file(c->ca, ".pem");
  g_autofree char *certificate = c->certificate == NULL ? NULL : file(c->certificate, ".pem");
  g_autofree char *key =
      c->certificate == NULL ? NULL : file(c->key == NULL ? c->certificate : c->key, ".key");
  ZmsOptions options = zms_default_options;
  options.baseurl = tls_server_url(server);
  options.ca_file = ca;
  options.timeout_s = 10;
  options.connections = 1;
  g_autoptr(Zms) zms = zms_new(&options, clock, NULL, error);
  g_assert_nonnull(zms);
  g_autoptr(ZmsTenant) tenant = zms_tenant_new(
      zms, &(ZmsCredentials){ .token = "geheim", .certificate = certificate, .key = key }, error);
  g_assert_nonnull(tenant);
  /* With one connection two handles take turns, so what one learnt must serve the other. */
  static const char *const ids[] = { "a", "b", "c" };
  return zms_list(tenant, 0, NULL, NULL, NULL, error) &&
         zms_teilnehmer(tenant, ids, G_N_ELEMENTS(ids), NULL, NULL, NULL, NULL, error);
}

static void
run_cases(int version) {
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    const Case *c = &cases[i];
    g_autoptr(GError) error = NULL;
    g_autoptr(Clock) clock = clock_manual_new(0);
    g_autoptr(TlsServer) server = tls_server_new(dir, c->server, c->client_ca, version, false);
    bool ok = try_list(c, server, clock, &error);
    g_test_message("%" G_GSIZE_FORMAT ": %s", i, error == NULL ? "ok" : error->message);
    g_assert_cmpint(ok, ==, c->ok);
    g_assert_cmpuint(tls_server_requests(server), ==, c->ok ? 4 : 0);
    if (c->ok)
      continue;
    g_assert_error(error, API_ERROR, API_ERROR_TLS);
    g_assert_nonnull(strstr(error->message, c->says));
    g_assert_null(strstr(error->message, "geheim"));
    g_assert_cmpuint(tls_server_handshakes(server), <=, 1); /* not tried again */
    g_assert_cmpint(clock_slept(clock), ==, 0);
  }
}

static void
test_tls13(void) {
  run_cases(TLS1_3_VERSION);
}

static void
test_tls12(void) {
  run_cases(TLS1_2_VERSION);
}

static void
test_old_tls_is_refused(void) {
  g_autoptr(GError) error = NULL;
  g_autoptr(Clock) clock = clock_manual_new(0);
  g_autoptr(TlsServer) server = tls_server_new(dir, "server", NULL, TLS1_1_VERSION, false);
  g_assert_false(try_list(&cases[0], server, clock, &error));
  g_assert_error(error, API_ERROR, API_ERROR_TLS);
  g_assert_nonnull(strstr(error->message, "TLS 1.2"));
}

static void
test_sessions_are_resumed(void) {
  static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
  for (gsize i = 0; i < G_N_ELEMENTS(versions); i++) {
    g_autoptr(Clock) clock = clock_manual_new(0);
    g_autoptr(TlsServer) server = tls_server_new(dir, "server", "ca", versions[i], false);
    g_assert_true(try_list(&cases[0], server, clock, NULL));
    g_assert_cmpuint(tls_server_handshakes(server), ==, 4);
    g_assert_cmpuint(tls_server_resumed(server), ==, 3);
  }
}

/* A server that dies in the handshake is a lost connection, not a wrong certificate. */
static void
test_cut_off_handshake_is_tried_again(void) {
  g_autoptr(GError) error = NULL;
  g_autoptr(Clock) clock = clock_manual_new(0);
  g_autoptr(TlsServer) server = tls_server_new(dir, "server", NULL, TLS1_3_VERSION, true);
  g_assert_false(try_list(&cases[0], server, clock, &error));
  g_assert_error(error, API_ERROR, API_ERROR_TRANSPORT);
  g_assert_cmpuint(tls_server_handshakes(server), ==, 4);
}

static void
test_https_to_a_plain_server(void) {
  g_autoptr(GError) error = NULL;
  g_autoptr(Server) server = server_new();
  ZmsOptions options = zms_default_options;
  g_autofree char *url = g_strconcat("https", server_url(server) + strlen("http"), NULL);
  options.baseurl = url;
  g_autoptr(Clock) clock = clock_manual_new(0);
  g_autoptr(Zms) zms = zms_new(&options, clock, NULL, NULL);
  g_autoptr(ZmsTenant) tenant = zms_tenant_new(zms, &(ZmsCredentials){ .token = "a" }, NULL);
  g_assert_false(zms_list(tenant, 0, NULL, NULL, NULL, &error));
  g_assert_cmpuint(server_count(server), ==, 0);
  g_assert_error(error, API_ERROR, API_ERROR_TLS);
}

static void
make_certificates(void) {
  pki_make(dir, "ca", NULL, 10);
  pki_make(dir, "other", NULL, 10);
  pki_make(dir, "server", "ca", 10);
  pki_make(dir, "client", "ca", 10);
  pki_make(dir, "expired", "ca", -1);
  pki_make(dir, "foreign", "other", 10);
}

static void
remove_certificates(void) {
  static const char *const names[] = { "ca", "other", "server", "client", "expired", "foreign" };
  for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
    g_autofree char *certificate = file(names[i], ".pem");
    g_autofree char *key = file(names[i], ".key");
    g_remove(certificate);
    g_remove(key);
  }
  g_rmdir(dir);
  g_free(dir);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  signal(SIGPIPE, SIG_IGN); /* the server's side of a connection that the client gave up */
  dir = g_dir_make_tmp("lehrgaenge-tls-XXXXXX", NULL);
  make_certificates();
  g_test_add_func("/client-tls/1.3", test_tls13);
  g_test_add_func("/client-tls/1.2", test_tls12);
  g_test_add_func("/client-tls/old-is-refused", test_old_tls_is_refused);
  g_test_add_func("/client-tls/sessions-are-resumed", test_sessions_are_resumed);
  g_test_add_func("/client-tls/cut-off", test_cut_off_handshake_is_tried_again);
  g_test_add_func("/client-tls/plain-server", test_https_to_a_plain_server);
  int result = g_test_run();
  remove_certificates();
  return result;
}
