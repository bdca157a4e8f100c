/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server_pages.h"

#include <string.h>
#include <unistd.h>

#include "web/dispatch.h"

gint server_pages_asked, server_pages_freed;

static void
append_fields(GString *out, const char *what, const WebFields *fields) {
  for (guint i = 0; i < web_fields_count(fields); i++)
    g_string_append_printf(out, "%s %s=%s\n", what, web_fields_name(fields, i),
                           web_fields_value(fields, i));
}

static void
echo(const WebRequest *request, GString *out) {
  g_string_append_printf(out, "%s %s\n", request->method == WEB_POST ? "POST" : "GET",
                         request->path);
  g_string_append_printf(out, "from %s for %s %s\n", request->address, request->host,
                         request->secure ? "secure" : "plain");
  append_fields(out, "query", request->query);
  append_fields(out, "form", request->form);
  append_fields(out, "cookie", request->cookies);
  g_string_append_printf(out, "body %s %" G_GSIZE_FORMAT "\n", request->body, request->body_length);
}

/* "…?say=3": three events and then the end; "…?say=0": silence. */
static bool
say(gpointer data, Store *store, GString *out) {
  gint *left = data;
  g_assert_nonnull(store);
  g_atomic_int_inc(&server_pages_asked);
  if (*left == 0)
    return true;
  g_string_append_printf(out, "data: %d\n\n", *left);
  return --*left > 0;
}

static void
free_stream(gpointer data) {
  g_atomic_int_inc(&server_pages_freed);
  g_free(data);
}

static void
begin_stream(const WebRequest *request, WebAnswer *answer) {
  gint *left = g_new0(gint, 1);
  *left = (gint)g_ascii_strtoll(web_fields_get(request->query, "say"), NULL, 10);
  answer->type = WEB_EVENTS;
  answer->stream = say;
  answer->stream_data = left;
  answer->stream_free = free_stream;
}

void
web_dispatch(const WebSite *site, const WebRequest *request, Store *store, WebAnswer *answer) {
  (void)site;
  answer->type = WEB_TEXT;
  if (strcmp(request->path, "/store") == 0)
    g_string_append(answer->body, store != NULL ? "store\n" : "no store\n");
  else if (strcmp(request->path, "/big") == 0)
    g_string_set_size(answer->body, SERVER_PAGES_BIG);
  else if (strcmp(request->path, "/stream") == 0)
    begin_stream(request, answer);
  else
    echo(request, answer->body);
}

bool
web_dispatch_storeless(const WebRequest *request) {
  return strcmp(request->path, "/store") != 0;
}

int
server_pages_ask_store(const ServerCase *test) {
  int fd = server_case_dial(test);
  server_case_send(fd, "GET /store HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  return fd;
}

void
server_pages_expect_end(int fd, guint status) {
  g_autofree char *reply = server_case_hear(fd, NULL);
  server_case_expect(reply, status);
  close(fd);
}

int
server_pages_open_stream(const ServerCase *test, const char *say) {
  int fd = server_case_dial(test);
  g_autofree char *request =
      g_strdup_printf("GET /stream?say=%s HTTP/1.1\r\nHost: localhost\r\n\r\n", say);
  server_case_send(fd, request);
  return fd;
}

void
server_pages_await(int fd, const char *end) {
  g_free(server_case_hear(fd, end));
}

void
server_pages_assert_has(const char *reply, const char *part) {
  if (strstr(reply, part) == NULL)
    g_error("no »%s« in:\n%s", part, reply);
}
