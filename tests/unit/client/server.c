/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <string.h>

#define GATHER_PATIENCE (5 * G_TIME_SPAN_SECOND)

struct Server {
  struct MHD_Daemon *daemon;
  char *url;
  GMutex lock;
  GCond changed;
  GHashTable *scripts; /* path → GArray of Answer */
  GHashTable *asked;   /* path → how often */
  GHashTable *headers; /* of the last request */
  GPtrArray *bodies;   /* of all requests */
  GPtrArray *made;     /* bodies of answers that a reply has made */
  GString *log;
  guint count, now, peak;
  guint together, arrived, generation;
  bool late, closing;
  ServerHook hook;
  gpointer user_data;
  ServerReply reply;
  gpointer reply_data;
};

static void
free_array(gpointer array) {
  g_array_unref(array);
}

typedef struct {
  char *path; /* as it was sent, before anything is unescaped */
  bool seen;  /* the handler was called before */
  GString *body;
} Request;

static void *
on_uri(void *user_data, const char *uri, struct MHD_Connection *connection) {
  (void)user_data, (void)connection;
  Request *request = g_new0(Request, 1);
  request->path = g_strdup(uri);
  request->body = g_string_new(NULL);
  return request;
}

static enum MHD_Result
on_header(void *user_data, enum MHD_ValueKind kind, const char *name, const char *value) {
  (void)kind;
  g_hash_table_replace(user_data, g_ascii_strdown(name, -1), g_strdup(value));
  return MHD_YES;
}

static void
gather(Server *server) {
  if (server->together == 0)
    return;
  guint generation = server->generation;
  if (++server->arrived == server->together) {
    server->arrived = 0;
    server->generation++;
    g_cond_broadcast(&server->changed);
  }
  gint64 end = g_get_monotonic_time() + GATHER_PATIENCE;
  while (generation == server->generation && !server->closing)
    if (!g_cond_wait_until(&server->changed, &server->lock, end)) {
      server->late = true;
      return;
    }
}

static Answer
next_answer(Server *server, const char *path) {
  const GArray *script = g_hash_table_lookup(server->scripts, path);
  guint times = GPOINTER_TO_UINT(g_hash_table_lookup(server->asked, path));
  g_hash_table_replace(server->asked, g_strdup(path), GUINT_TO_POINTER(times + 1));
  if (script == NULL)
    return (Answer){ .status = 404, .body = "{\"detail\":\"not in the script\"}" };
  return g_array_index(script, Answer, MIN(times, script->len - 1));
}

static Answer
made_answer(Server *server, const Request *request) {
  Answer answer = { 0 };
  server->reply(request->path, request->body->str, &answer, server->reply_data);
  if (answer.body != NULL) {
    g_mutex_lock(&server->lock);
    g_ptr_array_add(server->made, (gpointer)answer.body);
    g_mutex_unlock(&server->lock);
  }
  return answer;
}

typedef struct {
  Answer answer;
  guint64 total;
} Sending;

static ssize_t
send_some(void *user_data, uint64_t position, char *buffer, size_t max) {
  const Sending *sending = user_data;
  if (position >= sending->total)
    return sending->answer.truncate ? MHD_CONTENT_READER_END_WITH_ERROR
                                    : MHD_CONTENT_READER_END_OF_STREAM;
  gsize some = (gsize)MIN(max, sending->total - position);
  for (gsize i = 0; i < some; i++)
    buffer[i] = sending->answer.body[(position + i) % sending->answer.length];
  return (ssize_t)some;
}

static enum MHD_Result
send_answer(struct MHD_Connection *connection, Answer answer) {
  if (answer.status == 0)
    return MHD_NO;
  if (answer.body == NULL)
    answer.body = "";
  if (answer.length == 0)
    answer.length = strlen(answer.body);
  Sending *sending = g_new0(Sending, 1);
  sending->answer = answer;
  sending->total = answer.length * (guint64)MAX(answer.repeat, 1);
  guint64 announced = answer.truncate ? 2 * sending->total : sending->total;
  struct MHD_Response *response =
      MHD_create_response_from_callback(announced, 32768, send_some, sending, g_free);
  if (answer.header != NULL)
    MHD_add_response_header(response, answer.header, answer.value);
  enum MHD_Result result = MHD_queue_response(connection, answer.status, response);
  MHD_destroy_response(response);
  return result;
}

static enum MHD_Result
on_request(void *user_data, struct MHD_Connection *connection, const char *url, const char *method,
           const char *version, const char *upload, size_t *upload_size, void **state) {
  Server *server = user_data;
  Request *request = *state;
  const char *path = request->path;
  /* An answer to the first call, which comes before the request's end is seen, would close the
   * connection. */
  if (!request->seen) {
    request->seen = true;
    return MHD_YES;
  }
  if (*upload_size > 0) {
    g_string_append_len(request->body, upload, (gssize)*upload_size);
    *upload_size = 0;
    return MHD_YES;
  }
  (void)url, (void)version;
  g_assert_true(g_str_equal(method, request->body->len > 0 ? "POST" : "GET"));
  g_mutex_lock(&server->lock);
  server->count++;
  server->now++;
  server->peak = MAX(server->peak, server->now);
  g_string_append_printf(server->log, "%s%s", server->log->len > 0 ? " " : "", path);
  g_ptr_array_add(server->bodies, g_strdup(request->body->str));
  g_hash_table_remove_all(server->headers);
  MHD_get_connection_values(connection, MHD_HEADER_KIND, on_header, server->headers);
  gather(server);
  bool scripted = server->reply == NULL;
  Answer answer = { 0 };
  if (scripted)
    answer = next_answer(server, path);
  ServerHook hook = server->hook;
  g_mutex_unlock(&server->lock);
  if (hook != NULL)
    hook(server, path, server->user_data);
  if (!scripted)
    answer = made_answer(server, request);
  /* Before the answer leaves: the client may begin the next request as soon as it is there. */
  g_mutex_lock(&server->lock);
  server->now--;
  g_mutex_unlock(&server->lock);
  return send_answer(connection, answer);
}

static void
on_completed(void *user_data, struct MHD_Connection *connection, void **state,
             enum MHD_RequestTerminationCode code) {
  (void)user_data, (void)connection, (void)code;
  Request *request = *state;
  if (request == NULL)
    return;
  g_free(request->path);
  g_string_free(request->body, TRUE);
  g_free(request);
  *state = NULL;
}

Server *
server_new(void) {
  Server *server = g_new0(Server, 1);
  g_mutex_init(&server->lock);
  g_cond_init(&server->changed);
  server->scripts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_array);
  server->asked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  server->headers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  server->bodies = g_ptr_array_new_with_free_func(g_free);
  server->made = g_ptr_array_new_with_free_func(g_free);
  server->log = g_string_new(NULL);
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  server->daemon = MHD_start_daemon(
      MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, on_request,
      server, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_URI_LOG_CALLBACK, on_uri, NULL,
      MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
  g_assert_nonnull(server->daemon);
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
  server->url = g_strdup_printf("http://127.0.0.1:%u", info->port);
  return server;
}

void
server_free(Server *server) {
  if (server == NULL)
    return;
  g_mutex_lock(&server->lock);
  server->closing = true;
  g_cond_broadcast(&server->changed);
  g_mutex_unlock(&server->lock);
  MHD_stop_daemon(server->daemon);
  g_hash_table_unref(server->scripts);
  g_hash_table_unref(server->asked);
  g_hash_table_unref(server->headers);
  g_ptr_array_unref(server->bodies);
  g_ptr_array_unref(server->made);
  g_string_free(server->log, TRUE);
  g_mutex_clear(&server->lock);
  g_cond_clear(&server->changed);
  g_free(server->url);
  g_free(server);
}

const char *
server_url(Server *server) {
  return server->url;
}

void
server_answer(Server *server, const char *path, Answer answer) {
  g_mutex_lock(&server->lock);
  GArray *script = g_hash_table_lookup(server->scripts, path);
  if (script == NULL) {
    script = g_array_new(FALSE, FALSE, sizeof(Answer));
    g_hash_table_insert(server->scripts, g_strdup(path), script);
  }
  g_array_append_val(script, answer);
  g_mutex_unlock(&server->lock);
}

void
server_set_hook(Server *server, ServerHook hook, gpointer user_data) {
  g_mutex_lock(&server->lock);
  server->hook = hook;
  server->user_data = user_data;
  g_mutex_unlock(&server->lock);
}

void
server_set_reply(Server *server, ServerReply reply, gpointer user_data) {
  g_mutex_lock(&server->lock);
  server->reply = reply;
  server->reply_data = user_data;
  g_mutex_unlock(&server->lock);
}

void
server_gather(Server *server, guint together) {
  g_mutex_lock(&server->lock);
  server->together = together;
  g_mutex_unlock(&server->lock);
}

char *
server_log(Server *server) {
  g_mutex_lock(&server->lock);
  char *log = g_strdup(server->log->str);
  g_mutex_unlock(&server->lock);
  return log;
}

guint
server_count(Server *server) {
  g_mutex_lock(&server->lock);
  guint count = server->count;
  g_mutex_unlock(&server->lock);
  return count;
}

guint
server_peak(Server *server) {
  g_mutex_lock(&server->lock);
  guint peak = server->peak;
  g_mutex_unlock(&server->lock);
  return peak;
}

bool
server_gathered(Server *server) {
  g_mutex_lock(&server->lock);
  bool gathered = !server->late;
  g_mutex_unlock(&server->lock);
  return gathered;
}

char *
server_body(Server *server, guint number) {
  g_mutex_lock(&server->lock);
  bool known = number < server->bodies->len;
  char *body = g_strdup(known ? g_ptr_array_index(server->bodies, number) : "");
  g_mutex_unlock(&server->lock);
  return body;
}

char *
server_last_header(Server *server, const char *name) {
  g_autofree char *lower = g_ascii_strdown(name, -1);
  g_mutex_lock(&server->lock);
  const char *value = g_hash_table_lookup(server->headers, lower);
  char *copy = g_strdup(value != NULL ? value : "");
  g_mutex_unlock(&server->lock);
  return copy;
}
