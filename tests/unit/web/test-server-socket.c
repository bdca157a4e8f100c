/* The server at its socket: TLS, a certificate that is renewed, the address it cannot have.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <curl/curl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/listen.h"
#include "pki.h"
#include "server_case.h"
#include "web/static.h"
#include "web/web.h"

/* ── TLS ── */

static size_t
collect(char *bytes, size_t size, size_t count, void *text) {
  g_string_append_len(text, bytes, (gssize)(size * count));
  return size * count;
}

static CURLcode
ask_tls(const ServerCase *test, long version, GString *headers) {
  g_autofree char *url =
      g_strdup_printf("https://127.0.0.1:%u/static/icon.svg", web_port(test->web));
  g_autofree char *ca = server_case_path(test, "ca.pem");
  g_autoptr(GString) body = g_string_new(NULL);
  CURL *easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_CAINFO, ca);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, version);
  curl_easy_setopt(easy, CURLOPT_SSL_CIPHER_LIST, "DEFAULT:@SECLEVEL=0");
  curl_easy_setopt(easy, CURLOPT_TIMEOUT, 20L);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, collect);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, body);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, collect);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, headers);
  CURLcode code = curl_easy_perform(easy);
  curl_easy_cleanup(easy);
  g_assert_true(code != CURLE_OK || body->len == web_static_find("icon.svg")->length);
  return code;
}

/* With certificates ca, own (by ca) and other (by ca) in the folder. */
static ServerCase *
tls_case(void) {
  g_autofree char *folder = g_dir_make_tmp("web-pki-XXXXXX", NULL);
  static const char *const names[] = { "ca", "own", "other" };
  for (guint i = 0; i < G_N_ELEMENTS(names); i++)
    pki_make(folder, names[i], i == 0 ? NULL : "ca", 10);
  g_autofree char *more =
      g_strdup_printf("certificate=%s/own.pem\nkey=%s/own.key\n", folder, folder);
  ServerCase *test = server_case_new(more);
  static const char *const files[] = { "ca.pem",  "ca.key",    "own.pem",
                                       "own.key", "other.pem", "other.key" };
  for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
    g_autofree char *from = g_build_filename(folder, files[i], NULL);
    g_autofree char *to = server_case_path(test, files[i]);
    g_assert_cmpint(g_rename(from, to), ==, 0);
  }
  g_rmdir(folder);
  Config *config = test->base->config;
  g_free(config->web.certificate);
  g_free(config->web.key);
  config->web.certificate = server_case_path(test, "own.pem");
  config->web.key = server_case_path(test, "own.key");
  return test;
}

static void
test_tls(void) {
  g_autoptr(ServerCase) test = tls_case();
  g_autoptr(GString) headers = g_string_new(NULL);
  server_case_begin(test);
  g_assert_true(web_is_tls(test->web));
  g_assert_cmpint(ask_tls(test, CURL_SSLVERSION_TLSv1_3, headers), ==, CURLE_OK);
  g_assert_nonnull(strstr(headers->str, "Strict-Transport-Security: max-age="));
  g_assert_cmpint(ask_tls(test, CURL_SSLVERSION_TLSv1_2 | CURL_SSLVERSION_MAX_TLSv1_2, headers), ==,
                  CURLE_OK);
  g_assert_cmpint(ask_tls(test, CURL_SSLVERSION_TLSv1_1 | CURL_SSLVERSION_MAX_TLSv1_1, headers), !=,
                  CURLE_OK);
  /* Who speaks plainly gets nothing. */
  g_autofree char *plain = server_case_get(test, "/");
  g_assert_cmpuint(server_case_status(plain), ==, 0);
  g_assert_cmpint(ask_tls(test, CURL_SSLVERSION_TLSv1_3, headers), ==, CURLE_OK);
}

static void
test_tls_pair(void) {
  g_autoptr(ServerCase) test = tls_case();
  Config *config = test->base->config;
  g_autoptr(GError) unfit = NULL, missing = NULL;
  g_free(config->web.key);
  config->web.key = server_case_path(test, "other.key");
  g_assert_null(web_new(config, &test->context, &unfit));
  g_assert_error(unfit, WEB_ERROR, WEB_ERROR_FAILED);
  g_assert_nonnull(strstr(unfit->message, "cannot be used for TLS; give a certificate"));
  g_remove(config->web.key);
  g_assert_null(web_new(config, &test->context, &missing));
  g_assert_error(missing, WEB_ERROR, WEB_ERROR_FAILED);
  g_assert_nonnull(strstr(missing->message, "No such file"));
}

/* A certificate that was renewed is taken over on the same socket. */
static void
test_renewed(void) {
  g_autoptr(ServerCase) test = tls_case();
  const Config *config = test->base->config;
  g_autoptr(GString) headers = g_string_new(NULL);
  g_autoptr(GError) error = NULL;
  server_case_begin(test);
  g_assert_true(web_fits(test->web, config));
  static const char *const kinds[] = { "pem", "key" };
  for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
    g_autofree char *from_name = g_strdup_printf("other.%s", kinds[i]);
    g_autofree char *to_name = g_strdup_printf("own.%s", kinds[i]);
    g_autofree char *from = server_case_path(test, from_name);
    g_autofree char *to = server_case_path(test, to_name);
    g_assert_cmpint(g_rename(from, to), ==, 0);
  }
  g_assert_false(web_fits(test->web, config));
  Web *next = web_follow(test->web, config, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(web_port(next), ==, web_port(test->web));
  g_assert_true(web_free(test->web));
  test->web = next;
  g_assert_true(web_fits(test->web, config));
  g_assert_cmpint(ask_tls(test, CURL_SSLVERSION_TLSv1_3, headers), ==, CURLE_OK);
}

/* ── the address ── */

static void
test_address(void) {
  g_autoptr(ServerCase) test = server_case_new(NULL);
  Config *config = test->base->config;
  g_autoptr(GError) busy = NULL, foreign = NULL;
  server_case_begin(test);
  g_free(config->web.listen);
  config->web.listen = g_strdup_printf("127.0.0.1:%u", web_port(test->web));
  g_assert_false(web_fits(test->web, config));
  g_assert_null(web_new(config, &test->context, &busy));
  g_assert_error(busy, LISTEN_ERROR, LISTEN_ERROR_BUSY);
  g_assert_nonnull(strstr(busy->message, "set listen in [web] to another port"));
  g_free(config->web.listen);
  config->web.listen = g_strdup("192.0.2.77:8480");
  g_assert_null(web_new(config, &test->context, &foreign));
  g_assert_error(foreign, LISTEN_ERROR, LISTEN_ERROR_ADDRESS);
  g_assert_nonnull(strstr(foreign->message, "no address of this machine"));
  g_clear_pointer(&config->web.listen, g_free);
  g_assert_false(web_fits(test->web, config));
  g_assert_true(web_fits(NULL, config));
}

int
main(int argc, char *argv[]) {
  g_test_init(&argc, &argv, NULL);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  g_test_add_func("/server/tls", test_tls);
  g_test_add_func("/server/tls-pair", test_tls_pair);
  g_test_add_func("/server/renewed", test_renewed);
  g_test_add_func("/server/address", test_address);
  return g_test_run();
}
