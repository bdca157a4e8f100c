/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "liar.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <string.h>

struct Liar {
  const LiarAnswer *answer;
  struct MHD_Daemon *daemon;
  char *certificate, *key, *ca, *url;
  gint requests, tokens; /* atomic */
};

static char *
read_file(const char *folder, const char *name) {
  g_autofree char *path = g_build_filename(folder, name, NULL);
  char *text = NULL;
  g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
  return text;
}

static enum MHD_Result
on_request(void *data, struct MHD_Connection *connection, const char *url, const char *method,
           const char *version, const char *upload, size_t *upload_size, void **context) {
  (void)url, (void)method, (void)version, (void)upload, (void)upload_size;
  Liar *liar = data;
  const LiarAnswer *answer = liar->answer;
  if (*context == NULL) { /* headers only; the answer may come with the next call */
    *context = liar;
    return MHD_YES;
  }
  const char *token = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-MoodleAuthToken");
  g_atomic_int_inc(&liar->requests);
  if (token != NULL)
    g_atomic_int_inc(&liar->tokens);
  g_autoptr(GString) body = g_string_new(answer->body);
  g_string_replace(body, "%s", token != NULL ? token : "", 0);
  struct MHD_Response *response =
      MHD_create_response_from_buffer(body->len, body->str, MHD_RESPMEM_MUST_COPY);
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
  if (answer->location != NULL)
    MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION, answer->location);
  if (answer->retry_after != NULL)
    MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, answer->retry_after);
  enum MHD_Result result = MHD_queue_response(connection, answer->status, response);
  MHD_destroy_response(response);
  return result;
}

Liar *
liar_new(const char *certificates, const LiarAnswer *answer) {
  Liar *liar = g_new0(Liar, 1);
  liar->answer = answer;
  liar->certificate = read_file(certificates, "server.pem");
  liar->key = read_file(certificates, "server.key");
  liar->ca = read_file(certificates, "ca.pem");
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  liar->daemon =
      MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TLS, 0, NULL, NULL, on_request, liar,
                       MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_HTTPS_MEM_CERT,
                       liar->certificate, MHD_OPTION_HTTPS_MEM_KEY, liar->key,
                       MHD_OPTION_HTTPS_MEM_TRUST, liar->ca, MHD_OPTION_END);
  g_assert_nonnull(liar->daemon);
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(liar->daemon, MHD_DAEMON_INFO_BIND_PORT);
  liar->url = g_strdup_printf("https://127.0.0.1:%u", info->port);
  return liar;
}

void
liar_free(Liar *liar) {
  if (liar == NULL)
    return;
  MHD_stop_daemon(liar->daemon);
  g_free(liar->certificate);
  g_free(liar->key);
  g_free(liar->ca);
  g_free(liar->url);
  g_free(liar);
}

const char *
liar_url(const Liar *liar) {
  return liar->url;
}

guint
liar_requests(Liar *liar) {
  return (guint)g_atomic_int_get(&liar->requests);
}

guint
liar_tokens(Liar *liar) {
  return (guint)g_atomic_int_get(&liar->tokens);
}
