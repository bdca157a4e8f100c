/* config: [web], and the addresses, networks and names of hosts that stand there.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config-fixture.h"

#include "config/network.h"

/* ── errors ── */

static const struct {
  ConfigError code;
  const char *text;
  const char *message;
} errors[] = {
  { CONFIG_ERROR_VALUE, "[web]\nlisten=example.org:80\n",
    "lehrgaenge.conf:2: [web] listen is not a numeric address with a port; write 127.0.0.1:8480, "
    "[::1]:8480, or off" },
  { CONFIG_ERROR_VALUE, "[web]\nlisten=0.0.0.0:8480\n",
    "lehrgaenge.conf:2: [web] listen=0.0.0.0:8480 would let passwords travel unencrypted; give "
    "certificate and key, name the proxy that encrypts in trusted-proxies, or listen on "
    "127.0.0.1:8480" },
  { CONFIG_ERROR_VALUE, "[web]\nhosts=a.example https://b.example\n",
    "lehrgaenge.conf:2: [web] hosts: \"https://b.example\" is no name of a host; write names with "
    "blanks between them, without https:// and path, for example lehrgaenge.example.org" },
  { CONFIG_ERROR_VALUE, "[web]\ntrusted-proxies=127.0.0.1 proxy.example\n",
    "lehrgaenge.conf:2: [web] trusted-proxies: \"proxy.example\" is neither an address nor a "
    "network; write them with blanks between, for example 127.0.0.1 192.0.2.0/24 2001:db8::/32" },
  { CONFIG_ERROR_CERTIFICATE, "[web]\ncertificate=lehrgaenge.conf\n",
    "lehrgaenge.conf:2: [web] certificate is given without its key; give both, or neither" },
};

static void
test_errors(Fixture *f, gconstpointer data) {
  (void)data;
  for (guint i = 0; i < G_N_ELEMENTS(errors); i++) {
    g_autoptr(GError) error = NULL;
    put(f, "lehrgaenge.conf", errors[i].text, 0600);
    g_assert_null(config_load(f->conf, &error));
    g_assert_error(error, CONFIG_ERROR, (gint)errors[i].code);
    g_assert_true(g_str_has_prefix(error->message, f->folder));
    g_assert_cmpstr(error->message + strlen(f->folder) + 1, ==, errors[i].message);
  }
}

/* [web]: what may stand there, and whether all of it together is right. */
static const struct {
  const char *lines;
  bool good;
} webs[] = {
  { "hosts=a.example, b.example:8443 c 192.0.2.1 [2001:db8::1]:80 a_b.\n", true },
  { "hosts=\ntrusted-proxies=\n", true },
  { "hosts=a..b\n", false },
  { "hosts=.a\n", false },
  { "hosts=a:0\n", false },
  { "hosts=a:65536\n", false },
  { "hosts=a:\n", false },
  { "hosts=*.example\n", false },
  { "hosts=a/b\n", false },
  { "hosts=[a]\n", false },
  { "hosts=2001:db8::1\n", false },
  { "hosts=ä.example\n", false },
  { "trusted-proxies=127.0.0.1,192.0.2.0/24 2001:db8::/32 ::1 10.0.0.0/8\n", true },
  { "trusted-proxies=192.0.2.1/24\n", false },
  { "trusted-proxies=0.0.0.0/0\n", false },
  { "trusted-proxies=::/0\n", false },
  { "trusted-proxies=192.0.2.0/33\n", false },
  { "trusted-proxies=192.0.2.0/\n", false },
  { "trusted-proxies=192.0.2\n", false },
  { "trusted-proxies=[::1]\n", false },
  { "trusted-proxies=localhost\n", false },
  { "listen=127.8.9.10:1\n", true },
  { "listen=[::1]:8480\n", true },
  { "listen=off\n", true },
  { "listen=192.0.2.1:8480\n", false },
  { "listen=[::]:8480\n", false },
  { "listen=0.0.0.0:8480\ntrusted-proxies=192.0.2.1\n", true },
};

static void
test_web(Fixture *f, gconstpointer data) {
  (void)data;
  for (guint i = 0; i < G_N_ELEMENTS(webs); i++) {
    g_autofree char *text = g_strconcat("[web]\n", webs[i].lines, NULL);
    g_autoptr(GError) error = NULL;
    put(f, "lehrgaenge.conf", text, 0600);
    g_autoptr(Config) config = config_load(f->conf, &error);
    if ((config != NULL) != webs[i].good)
      g_error("%s: %s", text, error != NULL ? error->message : "was taken");
    g_assert_true(config != NULL || g_error_matches(error, CONFIG_ERROR, CONFIG_ERROR_VALUE));
  }
}

/* ── networks ── */

static void
test_networks(Fixture *f, gconstpointer data) {
  static const struct {
    const char *network, *address;
    bool in;
  } rows[] = {
    { "192.0.2.0/24", "192.0.2.255", true },    { "192.0.2.0/24", "192.0.3.0", false },
    { "192.0.2.128/25", "192.0.2.127", false }, { "192.0.2.1", "192.0.2.1", true },
    { "192.0.2.1", "192.0.2.2", false },        { "128.0.0.0/1", "255.0.0.1", true },
    { "128.0.0.0/1", "127.0.0.1", false },      { "2001:db8::/32", "2001:db8:ffff::1", true },
    { "2001:db8::/32", "2001:db9::", false },   { "::1", "::1", true },
    { "192.0.2.1", "::ffff:192.0.2.1", true },  { "c000:201::/32", "192.0.2.1", false },
  };
  (void)f, (void)data;
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
    Network network, address;
    g_assert_true(network_parse(rows[i].network, &network));
    g_assert_true(network_parse_address(rows[i].address, &address));
    if (network_contains(&network, &address) != rows[i].in)
      g_error("%s and %s", rows[i].network, rows[i].address);
  }
}

int
main(int argc, char *argv[]) {
  g_test_init(&argc, &argv, NULL);
  g_test_add("/config/web/errors", Fixture, NULL, set_up, test_errors, tear_down);
  g_test_add("/config/web/values", Fixture, NULL, set_up, test_web, tear_down);
  g_test_add("/config/web/networks", Fixture, NULL, set_up, test_networks, tear_down);
  return g_test_run();
}
