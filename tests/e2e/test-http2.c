/* HTTP/2, when a server offers it: nginx in front of zms-sim, as ZMS stands behind a proxy too. Its
 * log tells what was spoken.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "e2e.h"

#define SIM "--generate 4x12x6"
#define TENANTS 4

/* nginx takes no port 0: another program may be faster to take a free one, so it is tried again. */
#define TRIES 5

static guint
free_port(void) {
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t length = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint(bind(fd, (struct sockaddr *)&address, length), ==, 0);
  g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &length), ==, 0);
  close(fd);
  return ntohs(address.sin_port);
}

/* A single process, as whoever runs the test. */
static void
write_configuration(const Place *place, const char *protocol, guint port) {
  g_autofree char *text = g_strdup_printf(
      "daemon off; master_process off; pid nginx.pid; error_log nginx.log;\n"
      "events {}\n"
      "http {\n"
      "  log_format told '$server_protocol $status $ssl_client_s_dn';\n"
      "  access_log access.log told;\n"
      "  client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp;\n"
      "  uwsgi_temp_path tmp; scgi_temp_path tmp;\n"
      "  upstream sim { server %s; keepalive 8; }\n"
      "  server {\n"
      "    listen 127.0.0.1:%u ssl%s;\n"
      "    ssl_certificate certs/server.pem; ssl_certificate_key certs/server.key;\n"
      "    ssl_client_certificate certs/ca.pem; ssl_verify_client on;\n"
      "    location / {\n"
      "      proxy_pass https://sim; proxy_http_version 1.1; proxy_set_header Connection '';\n"
      "      proxy_ssl_certificate certs/client.pem; proxy_ssl_certificate_key certs/client.key;\n"
      "    }\n"
      "  }\n"
      "}\n",
      strstr(place->url, "127.0.0.1"), port, protocol);
  e2e_write(place, "nginx.conf", text, 0600);
}

static bool
listens(guint port) {
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool connected = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
  close(fd);
  return connected;
}

/* Puts nginx in front of the simulator. */
static Process *
start_proxy(Place *place, const char *program, const char *protocol) {
  g_autofree char *prefix = g_strconcat(place->folder, "/", NULL);
  const char *argv[] = { program, "-p", prefix, "-e", "nginx.log", "-c", "nginx.conf", NULL };
  for (guint try = 0; try < TRIES; try++) {
    guint port = free_port();
    write_configuration(place, protocol, port);
    g_autoptr(Process) proxy = process_start(place->folder, argv);
    while (!process_ends(proxy, 5)) {
      if (!listens(port))
        continue;
      g_autofree char *url = g_strdup_printf("https://127.0.0.1:%u", port);
      e2e_set(place, "zms", "baseurl", url);
      return g_steal_pointer(&proxy);
    }
    g_auto(Said) said = process_wait(proxy);
    g_test_message("nginx: %s", said.err);
  }
  g_error("nginx does not start");
}

/* What the log of all requests says: every one over `protocol`, well answered, with our
 * certificate.
 */
static guint
read_log(const Place *place, const char *protocol) {
  g_autofree char *path = e2e_path(place, "access.log"), *text = NULL,
                  *wanted = g_strdup_printf("%s 200 CN=lehrgaenge-client", protocol);
  g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  guint count = 0;
  for (; *lines[count] != '\0'; count++)
    g_assert_cmpstr(lines[count], ==, wanted);
  return count;
}

static void
try_protocol(const char *option, const char *protocol) {
  g_autofree char *program = g_find_program_in_path("nginx");
  if (program == NULL && g_file_test("/usr/sbin/nginx", G_FILE_TEST_IS_EXECUTABLE))
    program = g_strdup("/usr/sbin/nginx");
  if (program == NULL) {
    g_test_skip("nginx is not installed; it is what offers HTTP/2 here");
    return;
  }
  g_autoptr(Place) place = e2e_new(TENANTS);
  e2e_sim(place, SIM);
  e2e_fresh_moodle(place);
  e2e_must(place, 0, "sync");
  g_autofree char *wanted = e2e_meaning(place);

  g_autoptr(Process) proxy = start_proxy(place, program, option);
  e2e_fresh_moodle(place);
  g_auto(Said) said = e2e_expect(place, 0, "sync --json");
  json_auto_t *report = e2e_json(&said);
  g_autofree char *is = e2e_meaning(place);
  rows_assert_same(is, wanted);
  process_free(g_steal_pointer(&proxy)); /* its log is whole */
  const json_t *requests = json_object_get(report, "requests");
  g_assert_cmpint(read_log(place, protocol), ==,
                  json_integer_value(json_object_get(requests, "sent")));
  gint64 connections = json_integer_value(json_object_get(requests, "connections"));
  g_test_message("%" G_GINT64_FORMAT " connections", connections);
  /* With HTTP/2 all requests of a tenant share one. */
  if (g_str_has_suffix(protocol, "2.0"))
    g_assert_cmpint(connections, <=, 2 * TENANTS);
}

static void
test_http2(void) {
  try_protocol(" http2", "HTTP/2.0");
}

/* The same proxy without it: what the log says above is not said of everything. */
static void
test_http1(void) {
  try_protocol("", "HTTP/1.1");
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/http2/offered", test_http2);
  g_test_add_func("/http2/not-offered", test_http1);
  return g_test_run();
}
