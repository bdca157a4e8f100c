/* What the server hands to a page: the request as it was meant, and who asks.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <unistd.h>

#include "server_pages.h"

static void
test_request(void) {
  g_autoptr(ServerCase) test = server_case_new(NULL);
  server_case_begin(test);
  g_autofree char *get = server_case_raw(
      test, "GET /echo/%C3%A4%20b?q=1&r=x+y%21&q=2&empty HTTP/1.1\r\nHost: localhost:77\r\n"
            "Cookie: a=1; b = x=y ;c\r\nCookie: d=2\r\nConnection: close\r\n\r\n");
  server_pages_assert_has(get, "GET /echo/ä b\nfrom 127.0.0.1 for localhost:77 plain\n"
                               "query q=1\nquery r=x y!\nquery q=2\nquery empty=\n"
                               "cookie a=1\ncookie b = x=y\ncookie d=2\nbody  0\n");
  g_autofree char *form = server_case_raw(
      test, "POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"
            "3\r\na=1\r\n6\r\n&b=%41\r\n0\r\n\r\n");
  server_pages_assert_has(form, "POST /echo\n");
  server_pages_assert_has(form, "form a=1\nform b=A\nbody  0\n");
  g_autofree char *json =
      server_case_raw(test, "POST /echo?a=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                            "Content-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"a\":1}");
  server_pages_assert_has(json, "query a=1\nbody {\"a\":1} 7\n");
}

/* A body that is announced waits for the word to go on. */
static void
test_continue(void) {
  g_autoptr(ServerCase) test = server_case_new(NULL);
  server_case_begin(test);
  int fd = server_case_dial(test);
  server_case_send(fd, "POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                       "Content-Type: application/json\r\nExpect: 100-continue\r\n"
                       "Content-Length: 2\r\n\r\n");
  g_autofree char *word = server_case_hear(fd, "\r\n\r\n");
  server_pages_assert_has(word, "HTTP/1.1 100 Continue");
  server_case_send(fd, "{}");
  g_autofree char *reply = server_case_hear(fd, NULL);
  server_pages_assert_has(reply, "body {} 2\n");
  close(fd);
}

static void
test_forwarded(void) {
  static const struct {
    const char *proxies, *headers, *says;
  } rows[] = {
    { "192.0.2.1", "X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\n",
      "from 127.0.0.1 for localhost plain\n" },
    { "127.0.0.0/8", "X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\n",
      "from 198.51.100.7 for localhost secure\n" },
    { "127.0.0.1", "X-Forwarded-For: 203.0.113.9, 198.51.100.7\r\n",
      "from 198.51.100.7 for localhost plain\n" },
    { "127.0.0.1 198.51.100.0/24",
      "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For: 198.51.100.7, 198.51.100.8\r\n",
      "from 203.0.113.9 for" },
    { "127.0.0.1 198.51.100.0/24", "X-Forwarded-For: 198.51.100.7\r\n", "from 198.51.100.7 for" },
    { "127.0.0.1", "X-Forwarded-For: 203.0.113.9, nonsense\r\n", "from 127.0.0.1 for" },
    { "127.0.0.1", "X-Forwarded-For: \r\n", "from 127.0.0.1 for" },
    { "127.0.0.1", "X-Forwarded-For: [2001:db8::0:7]:4711\r\n", "from 2001:db8::7 for" },
    { "127.0.0.1", "X-Forwarded-For: ::ffff:192.0.2.3\r\n", "from 192.0.2.3 for" },
    { "127.0.0.1", "X-Forwarded-Proto: http\r\n", "localhost plain\n" },
    { "127.0.0.1", "X-Forwarded-Host: pages.example:444\r\n", "for pages.example:444 plain\n" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autofree char *more =
        g_strdup_printf("hosts=pages.example\ntrusted-proxies=%s\n", rows[i].proxies);
    g_autofree char *request = g_strdup_printf(
        "GET /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n", rows[i].headers);
    g_autoptr(ServerCase) test = server_case_new(more);
    server_case_begin(test);
    g_autofree char *reply = server_case_raw(test, request);
    server_case_expect(reply, 200);
    server_pages_assert_has(reply, rows[i].says);
  }
  g_autoptr(ServerCase) test = server_case_new("trusted-proxies=127.0.0.1\n");
  server_case_begin(test);
  g_autofree char *evil = server_case_raw(
      test, "GET /echo HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Host: evil.example\r\n"
            "Connection: close\r\n\r\n");
  server_case_expect(evil, 421);
  /* What a client put in front must not make the proxy's own word unreadable. */
  g_autofree char *unclean = server_case_raw(
      test, "GET /echo HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: \xff, 198.51.100.7\r\n"
            "Connection: close\r\n\r\n");
  server_case_expect(unclean, 400);
}

int
main(int argc, char *argv[]) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/server/request", test_request);
  g_test_add_func("/server/continue", test_continue);
  g_test_add_func("/server/forwarded", test_forwarded);
  return g_test_run();
}
