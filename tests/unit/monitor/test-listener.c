/* The listener over real sockets: its pages, what it refuses, and that nobody who is slow, rude or
 * many keeps others from being answered.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/listener.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/listen.h"
#include "format.h"
#include "monitor-fixture.h"
#include "monitor/metrics.h"

#define S G_TIME_SPAN_SECOND

typedef struct {
  MonitorFixture monitor;
  Listener *listener;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data) {
  monitor_set_up(&fixture->monitor, data);
  fixture->monitor.context.store_wait_ms = 300;
}

static void
tear_down(Fixture *fixture, gconstpointer data) {
  listener_free(fixture->listener);
  monitor_tear_down(&fixture->monitor, data);
}

static void
begin(Fixture *fixture, const char *address) {
  g_autoptr(GError) error = NULL;
  fixture->listener = listener_new(address, &fixture->monitor.context, &error);
  g_assert_no_error(error);
  g_assert_nonnull(fixture->listener);
}

/* ── asking ── */

typedef struct {
  CURLcode code;
  long status;       /* 0: no answer */
  curl_off_t length; /* as announced */
  GString *body, *headers;
  gint64 took;
} Reply;

static void
reply_clear(Reply *reply) {
  if (reply->body != NULL)
    g_string_free(reply->body, TRUE);
  if (reply->headers != NULL)
    g_string_free(reply->headers, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reply, reply_clear)

static size_t
on_bytes(char *bytes, size_t size, size_t count, void *text) {
  g_string_append_len(text, bytes, (gssize)(size * count));
  return size * count;
}

/* `method` NULL: GET. */
static void
ask_at(const char *host, guint port, const char *method, const char *path, Reply *reply) {
  CURL *easy = curl_easy_init();
  g_autofree char *url = g_strdup_printf("http://%s:%u%s", host, port, path);
  reply_clear(reply);
  *reply = (Reply){ .body = g_string_new(NULL), .headers = g_string_new(NULL) };
  gint64 before = g_get_monotonic_time();
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT, 60L);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, reply->body);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_bytes);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, reply->headers);
  curl_easy_setopt(easy, CURLOPT_NOBODY, g_strcmp0(method, "HEAD") == 0 ? 1L : 0L);
  if (method != NULL)
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
  reply->code = curl_easy_perform(easy);
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &reply->status);
  curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &reply->length);
  curl_easy_cleanup(easy);
  reply->took = g_get_monotonic_time() - before;
}

static void
ask(Fixture *fixture, const char *method, const char *path, Reply *reply) {
  ask_at("127.0.0.1", listener_port(fixture->listener), method, path, reply);
}

static void
assert_header(const Reply *reply, const char *header) {
  if (strstr(reply->headers->str, header) == NULL)
    g_error("no »%s« in:\n%s", header, reply->headers->str);
}

static int
dial(Fixture *fixture) {
  struct sockaddr_in at = { .sin_family = AF_INET,
                            .sin_port = htons((guint16)listener_port(fixture->listener)),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct timeval limit = { .tv_sec = 30 };
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  g_assert_cmpint(connect(fd, (struct sockaddr *)&at, sizeof at), ==, 0);
  return fd;
}

/* All that comes back on a connection until it is closed. */
static char *
hear(int fd) {
  GString *text = g_string_new(NULL);
  char bytes[4096];
  for (ssize_t got; (got = recv(fd, bytes, sizeof bytes, 0)) > 0;)
    g_string_append_len(text, bytes, got);
  close(fd);
  return g_string_free(text, FALSE);
}

/* ── the pages ── */

static void
test_health(Fixture *fixture, gconstpointer data) {
  g_auto(Reply) reply = { 0 };
  (void)data;
  begin(fixture, "127.0.0.1:0");
  ask(fixture, NULL, "/healthz", &reply);
  g_assert_cmpint(reply.status, ==, 200);
  g_assert_cmpstr(reply.body->str, ==, "alive\n");
  assert_header(&reply, "Cache-Control: no-store\r\n");
  assert_header(&reply, "Content-Type: text/plain; charset=utf-8\r\n");
  fixture->monitor.unhealthy = "the scheduler stands still";
  ask(fixture, NULL, "/healthz", &reply);
  g_assert_cmpint(reply.status, ==, 503);
  g_assert_cmpstr(reply.body->str, ==, "the scheduler stands still\n");
  g_assert_cmpint(g_atomic_int_get(&fixture->monitor.opened), ==, 0); /* the store is not needed */
}

static void
test_ready(Fixture *fixture, gconstpointer data) {
  g_auto(Reply) reply = { 0 };
  (void)data;
  begin(fixture, "127.0.0.1:0");
  ask(fixture, NULL, "/readyz?verbose", &reply);
  g_assert_cmpint(reply.status, ==, 200);
  g_assert_cmpstr(reply.body->str, ==, "ready\n");
  fixture->monitor.unready = "no store\nno Moodle\n";
  ask(fixture, NULL, "/readyz", &reply);
  g_assert_cmpint(reply.status, ==, 503);
  g_assert_cmpstr(reply.body->str, ==, "no store\nno Moodle\n");
  assert_header(&reply, "Cache-Control: no-store\r\n");
}

static void
test_metrics(Fixture *fixture, gconstpointer data) {
  g_auto(Reply) reply = { 0 };
  (void)data;
  fixture->monitor.next_run = 1773200000;
  begin(fixture, "127.0.0.1:0");
  metrics_request(METRICS_MOODLE, 200);
  ask(fixture, NULL, "/metrics", &reply);
  g_assert_cmpint(reply.status, ==, 200);
  assert_header(&reply, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n");
  assert_header(&reply, "Cache-Control: no-store\r\n");
  format_assert(reply.body->str);
  format_assert_value(reply.body->str, "lehrgaenge_store_up", "1");
  format_assert_value(reply.body->str, "lehrgaenge_runs{status=\"success\"}", "0");
  format_assert_value(reply.body->str, "lehrgaenge_next_run_timestamp_seconds", "1773200000");
  format_assert_value(reply.body->str, "lehrgaenge_requests_total{peer=\"moodle\",status=\"200\"}",
                      "1");
  g_assert_nonnull(strstr(reply.body->str, "lehrgaenge_certificate_days_left{"));
  g_assert_nonnull(strstr(reply.body->str, "process_start_time_seconds "));
}

static void
test_head(Fixture *fixture, gconstpointer data) {
  static const char *const paths[] = { "/healthz", "/metrics", "/nowhere" };
  g_auto(Reply) whole = { 0 }, head = { 0 };
  (void)data;
  begin(fixture, "127.0.0.1:0");
  for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
    ask(fixture, NULL, paths[i], &whole);
    ask(fixture, "HEAD", paths[i], &head);
    g_assert_cmpint(head.status, ==, whole.status);
    g_assert_cmpint(ABS(head.length - whole.length), <, 8); /* memory varies by a digit */
    g_assert_cmpuint(head.body->len, ==, 0);
  }
}

static void
test_refusals(Fixture *fixture, gconstpointer data) {
  static const struct {
    const char *method, *path;
    long status;
  } rows[] = { { NULL, "/", 404 },
               { NULL, "/metrics/", 404 },
               { NULL, "/METRICS", 404 },
               { NULL, "/healthz/../metrics", 404 },
               { NULL, "/%2e%2e/etc/passwd", 404 },
               { "POST", "/metrics", 405 },
               { "DELETE", "/healthz", 405 },
               { "get", "/metrics", 405 },
               { "TRACE", "/", 405 } };
  g_auto(Reply) reply = { 0 };
  (void)data;
  begin(fixture, "127.0.0.1:0");
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    ask(fixture, rows[i].method, rows[i].path, &reply);
    g_assert_cmpint(reply.status, ==, rows[i].status);
    if (rows[i].status == 405)
      assert_header(&reply, "Allow: GET, HEAD\r\n");
  }
  g_assert_cmpint(g_atomic_int_get(&fixture->monitor.opened), ==, 0);
}

/* ── the store ── */

static void
test_store_down(Fixture *fixture, gconstpointer data) {
  g_auto(Reply) reply = { 0 };
  (void)data;
  begin(fixture, "127.0.0.1:0");
  g_atomic_int_set(&fixture->monitor.unable, 1);
  ask(fixture, NULL, "/metrics", &reply);
  g_assert_cmpint(reply.status, ==, 200);
  format_assert(reply.body->str);
  format_assert_value(reply.body->str, "lehrgaenge_store_up", "0");
  g_assert_null(strstr(reply.body->str, "lehrgaenge_runs{"));
  g_assert_nonnull(strstr(reply.body->str, "lehrgaenge_requests_total{"));
  g_assert_nonnull(strstr(reply.body->str, "lehrgaenge_certificate_days_left{"));
  g_atomic_int_set(&fixture->monitor.unable, 0);
  ask(fixture, NULL, "/metrics", &reply);
  format_assert_value(reply.body->str, "lehrgaenge_store_up", "1");
}

/* While it hangs, a scrape is answered after the time limit, the next ones at once, everything else
 * as ever; and no thread comes to the one that hangs. */
static void
test_store_hangs(Fixture *fixture, gconstpointer data) {
  g_auto(Reply) reply = { 0 };
  (void)data;
  begin(fixture, "127.0.0.1:0");
  monitor_hang(&fixture->monitor, true);
  ask(fixture, NULL, "/metrics", &reply);
  format_assert(reply.body->str);
  format_assert_value(reply.body->str, "lehrgaenge_store_up", "0");
  g_assert_cmpint(reply.took, >=, S / 4);
  g_assert_cmpint(reply.took, <, 5 * S);
  for (int i = 0; i < 3; i++) {
    ask(fixture, NULL, "/metrics", &reply);
    format_assert_value(reply.body->str, "lehrgaenge_store_up", "0");
  }
  monitor_await_hanging(&fixture->monitor, 1);
  monitor_hang(&fixture->monitor, false);
  monitor_await_hanging(&fixture->monitor, 0);
  for (int i = 0; i < 100 && g_atomic_int_get(&fixture->monitor.opened) == 0; i++)
    g_usleep(10000);
  gint64 until = g_get_monotonic_time() + 10 * S;
  g_autofree char *up = NULL;
  while (g_strcmp0(up, "1") != 0) { /* a scrape may still get the late answer's end */
    g_assert_cmpint(g_get_monotonic_time(), <, until);
    ask(fixture, NULL, "/metrics", &reply);
    g_free(up);
    up = format_value(reply.body->str, "lehrgaenge_store_up");
  }
}

typedef struct {
  Fixture *fixture;
  const char *path;
  Reply reply;
} Asking;

static gpointer
ask_in_thread(gpointer data) {
  Asking *asking = data;
  ask(asking->fixture, NULL, asking->path, &asking->reply);
  return NULL;
}

static void
test_health_while_store_hangs(Fixture *fixture, gconstpointer data) {
  g_auto(Reply) reply = { 0 };
  Asking waiting[4];
  GThread *threads[G_N_ELEMENTS(waiting)];
  (void)data;
  fixture->monitor.context.store_wait_ms = 30000;
  begin(fixture, "127.0.0.1:0");
  monitor_hang(&fixture->monitor, true);
  for (gsize i = 0; i < G_N_ELEMENTS(waiting); i++) {
    waiting[i] = (Asking){ .fixture = fixture, .path = "/metrics" };
    threads[i] = g_thread_new("scrape", ask_in_thread, &waiting[i]);
  }
  monitor_await_hanging(&fixture->monitor, 1);
  ask(fixture, NULL, "/healthz", &reply);
  g_assert_cmpint(reply.status, ==, 200);
  g_assert_cmpint(reply.took, <, 5 * S);
  ask(fixture, NULL, "/readyz", &reply);
  g_assert_cmpint(reply.status, ==, 200);
  monitor_hang(&fixture->monitor, false);
  for (gsize i = 0; i < G_N_ELEMENTS(waiting); i++) {
    g_thread_join(threads[i]);
    format_assert_value(waiting[i].reply.body->str, "lehrgaenge_store_up", "1");
    reply_clear(&waiting[i].reply);
  }
  g_assert_cmpint(g_atomic_int_get(&fixture->monitor.opened), <=, (gint)G_N_ELEMENTS(waiting));
}

/* The end waits neither for a scrape nor for a store that hangs. */
static void
test_end_while_store_hangs(Fixture *fixture, gconstpointer data) {
  Asking waiting = { .fixture = fixture, .path = "/metrics" };
  (void)data;
  fixture->monitor.context.store_wait_ms = 60000;
  begin(fixture, "127.0.0.1:0");
  monitor_hang(&fixture->monitor, true);
  GThread *thread = g_thread_new("scrape", ask_in_thread, &waiting);
  monitor_await_hanging(&fixture->monitor, 1);
  gint64 before = g_get_monotonic_time();
  g_assert_false(listener_free(g_steal_pointer(&fixture->listener)));
  g_assert_cmpint(g_get_monotonic_time() - before, <, 5 * S);
  g_thread_join(thread);
  reply_clear(&waiting.reply);
  /* What was left behind comes to its end by itself. */
  monitor_hang(&fixture->monitor, false);
  monitor_await_inquiry_over();
  g_assert_cmpint(g_atomic_int_get(&fixture->monitor.opened), ==, 1);
}

/* ── others ── */

static void
test_slow_clients(Fixture *fixture, gconstpointer data) {
  g_auto(Reply) reply = { 0 };
  int silent[LISTENER_MAX_CONNECTIONS - 2];
  (void)data;
  begin(fixture, "127.0.0.1:0");
  for (gsize i = 0; i < G_N_ELEMENTS(silent); i++)
    silent[i] = dial(fixture);
  g_assert_cmpint(send(silent[0], "GET /met", 8, MSG_NOSIGNAL), ==, 8);
  ask(fixture, NULL, "/metrics", &reply);
  g_assert_cmpint(reply.status, ==, 200);
  g_assert_cmpint(reply.took, <, 5 * S);
  ask(fixture, NULL, "/healthz", &reply);
  g_assert_cmpint(reply.took, <, 5 * S);
  for (gsize i = 0; i < G_N_ELEMENTS(silent); i++)
    close(silent[i]);
}

static void
test_rubbish(Fixture *fixture, gconstpointer data) {
  g_autofree char *huge = g_strnfill(100000, 'x');
  g_autofree char *path = g_strdup_printf("GET /%s HTTP/1.1\r\nHost: a\r\n\r\n", huge);
  g_autofree char *header = g_strdup_printf("GET /healthz HTTP/1.1\r\nA: %s\r\n\r\n", huge);
  g_autofree char *many = g_strdup_printf("POST /metrics HTTP/1.1\r\nHost: a\r\n"
                                          "Content-Length: 999999999\r\n\r\n%s",
                                          huge);
  const char *const rows[] = { "\r\n\r\n\r\n",
                               "nonsense\r\n\r\n",
                               "GET\r\n\r\n",
                               "\x16\x03\x01\x02\x01\x01\xfc\x03\x03",
                               "GET /healthz HTTP/9.9\r\n\r\n",
                               "GET /healthz HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n",
                               path,
                               header,
                               many };
  g_auto(Reply) reply = { 0 };
  (void)data;
  begin(fixture, "127.0.0.1:0");
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    int fd = dial(fixture);
    gsize length = strlen(rows[i]), sent = 0;
    for (ssize_t some; sent < length; sent += (gsize)some)
      if ((some = send(fd, rows[i] + sent, length - sent, MSG_NOSIGNAL)) <= 0)
        break; /* hung up on */
    shutdown(fd, SHUT_WR);
    g_autofree char *heard = hear(fd);
    g_assert_true(*heard == '\0' || g_str_has_prefix(heard, "HTTP/1."));
    ask(fixture, NULL, "/healthz", &reply);
    g_assert_cmpint(reply.status, ==, 200);
    g_assert_cmpint(reply.took, <, 5 * S);
  }
}

#define MANY 40

/* More at once than are let in: the rest waits its turn, and all are answered. */
static void
test_many(Fixture *fixture, gconstpointer data) {
  Asking asking[MANY];
  GThread *threads[MANY];
  (void)data;
  fixture->monitor.context.store_wait_ms = 30000;
  begin(fixture, "127.0.0.1:0");
  monitor_hang(&fixture->monitor, true);
  for (int i = 0; i < MANY; i++) {
    asking[i] = (Asking){ .fixture = fixture, .path = i % 2 == 0 ? "/metrics" : "/healthz" };
    threads[i] = g_thread_new("ask", ask_in_thread, &asking[i]);
  }
  monitor_await_hanging(&fixture->monitor, 1);
  monitor_hang(&fixture->monitor, false);
  for (int i = 0; i < MANY; i++) {
    g_thread_join(threads[i]);
    g_assert_cmpint(asking[i].reply.status, ==, 200);
    if (i % 2 == 0)
      format_assert_value(asking[i].reply.body->str, "lehrgaenge_store_up", "1");
    reply_clear(&asking[i].reply);
  }
}

/* Nobody can stay: each answer ends its connection. */
static void
test_connections_end(Fixture *fixture, gconstpointer data) {
  static const char *const paths[] = { "/healthz", "/metrics", "/nowhere" };
  (void)data;
  begin(fixture, "127.0.0.1:0");
  for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
    g_autofree char *request =
        g_strdup_printf("GET %s HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", paths[i]);
    int fd = dial(fixture);
    g_assert_cmpint(send(fd, request, strlen(request), MSG_NOSIGNAL), ==, strlen(request));
    gint64 before = g_get_monotonic_time();
    g_autofree char *heard = hear(fd);
    g_assert_cmpint(g_get_monotonic_time() - before, <, 5 * S);
    g_assert_nonnull(strstr(heard, "Connection: close\r\n"));
    g_assert_true(g_str_has_suffix(heard, "\n"));
  }
}

/* ── addresses ── */

static void
test_ipv6(Fixture *fixture, gconstpointer data) {
  g_auto(Reply) reply = { 0 };
  g_autoptr(GError) error = NULL;
  (void)data;
  fixture->listener = listener_new("[::1]:0", &fixture->monitor.context, &error);
  if (fixture->listener == NULL) {
    g_test_skip("this machine has no IPv6");
    return;
  }
  ask_at("[::1]", listener_port(fixture->listener), NULL, "/healthz", &reply);
  g_assert_cmpint(reply.status, ==, 200);
}

static void
test_bad_addresses(Fixture *fixture, gconstpointer data) {
  static const struct {
    const char *address;
    gint code;
    const char *says;
  } rows[] = { { "localhost:9464", LISTEN_ERROR_ADDRESS, "not a numeric address" },
               { "127.0.0.1", LISTEN_ERROR_ADDRESS, "not a numeric address" },
               { ":9464", LISTEN_ERROR_ADDRESS, "not a numeric address" },
               { "127.0.0.1:http", LISTEN_ERROR_ADDRESS, "not a numeric address" },
               { "192.0.2.77:9464", LISTEN_ERROR_ADDRESS, "no address of this machine" } };
  (void)data;
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(listener_new(rows[i].address, &fixture->monitor.context, &error));
    g_assert_error(error, LISTEN_ERROR, rows[i].code);
    g_assert_nonnull(strstr(error->message, rows[i].says));
    g_assert_true(g_str_has_prefix(error->message, rows[i].address));
  }
}

static void
test_busy_port(Fixture *fixture, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  (void)data;
  begin(fixture, "127.0.0.1:0");
  guint port = listener_port(fixture->listener);
  g_autofree char *address = g_strdup_printf("127.0.0.1:%u", port);
  g_assert_null(listener_new(address, &fixture->monitor.context, &error));
  g_assert_error(error, LISTEN_ERROR, LISTEN_ERROR_BUSY);
  g_assert_nonnull(strstr(error->message, "another program listens on"));
  g_assert_nonnull(strstr(error->message, "[monitor]"));
  /* And after a restart it is free at once, although a connection has just been there. */
  g_auto(Reply) reply = { 0 };
  ask(fixture, NULL, "/healthz", &reply);
  g_assert_true(listener_free(g_steal_pointer(&fixture->listener)));
  begin(fixture, address);
  g_assert_cmpuint(listener_port(fixture->listener), ==, port);
}

/* ── at rest ── */

/* How often the threads of this process were put to sleep so far. */
static guint64
switches(void) {
  guint64 sum = 0;
  g_autoptr(GDir) tasks = g_dir_open("/proc/self/task", 0, NULL);
  for (const char *name; (name = g_dir_read_name(tasks)) != NULL;) {
    g_autofree char *path = g_build_filename("/proc/self/task", name, "status", NULL);
    g_autofree char *status = NULL;
    unsigned long long count = 0;
    if (!g_file_get_contents(path, &status, NULL, NULL))
      continue;
    const char *line = strstr(status, "\nvoluntary_ctxt_switches:");
    if (line != NULL && sscanf(line, " voluntary_ctxt_switches: %llu", &count) == 1)
      sum += count;
  }
  return sum;
}

static bool
holds_store(void) {
  bool holds = false;
  g_autoptr(GDir) files = g_dir_open("/proc/self/fd", 0, NULL);
  for (const char *name; (name = g_dir_read_name(files)) != NULL;) {
    g_autofree char *link = g_build_filename("/proc/self/fd", name, NULL);
    g_autofree char *target = g_file_read_link(link, NULL);
    holds = holds || (target != NULL && strstr(target, "store.db") != NULL);
  }
  return holds;
}

#define QUIET_TRIES 10 /* a busy machine may be late with what the scrape left to do */

/* A second that has to be real: nothing wakes up, and nothing of the store is held open. */
static void
test_sleeps(Fixture *fixture, gconstpointer data) {
  g_auto(Reply) reply = { 0 };
  (void)data;
  begin(fixture, "127.0.0.1:0");
  ask(fixture, NULL, "/metrics", &reply);
  guint64 woken = G_MAXUINT64;
  for (int i = 0; i < QUIET_TRIES && woken > 2; i++) { /* 2: this thread's own */
    g_usleep(200000);
    guint64 before = switches();
    g_usleep(1000000);
    woken = switches() - before;
  }
  g_assert_cmpuint(woken, <=, 2);
  g_assert_false(holds_store());
}

int
main(int argc, char *argv[]) {
  static const struct {
    const char *path;
    void (*run)(Fixture *, gconstpointer);
  } tests[] = {
    { "/listener/health", test_health },
    { "/listener/ready", test_ready },
    { "/listener/metrics", test_metrics },
    { "/listener/head", test_head },
    { "/listener/refusals", test_refusals },
    { "/listener/store-down", test_store_down },
    { "/listener/store-hangs", test_store_hangs },
    { "/listener/health-while-store-hangs", test_health_while_store_hangs },
    { "/listener/end-while-store-hangs", test_end_while_store_hangs },
    { "/listener/slow-clients", test_slow_clients },
    { "/listener/rubbish", test_rubbish },
    { "/listener/many", test_many },
    { "/listener/connections-end", test_connections_end },
    { "/listener/ipv6", test_ipv6 },
    { "/listener/bad-addresses", test_bad_addresses },
    { "/listener/busy-port", test_busy_port },
    { "/listener/sleeps", test_sleeps },
  };
  g_test_init(&argc, &argv, NULL);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
    g_test_add(tests[i].path, Fixture, NULL, set_up, tests[i].run, tear_down);
  int failed = g_test_run();
  curl_global_cleanup();
  return failed;
}
