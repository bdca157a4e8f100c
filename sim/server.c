/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "delay.h"
#include "stats.h"
#include "tenants.h"
#include "tls.h"

/* Waiting requests hold no thread, so two are enough to fill two cores. */
#define THREADS 2

/* What a truncated answer announces beyond what it has. */
#define TRUNCATE_EXTRA 1000

#define GARBAGE "<html><body>Wartungsarbeiten</body></html>\n[{\"id\":"

struct Server {
  const ServerApp *app;
  Tls *tls; /* NULL: plain HTTP */
  Faults *faults;
  Stats *stats;
  Delay *delay;
  struct MHD_Daemon *daemon;
  char *url;
};

/* One request from its first line to the end of its answer. */
typedef struct {
  Server *server;
  Request request;
  bool begun;    /* the headers were seen */
  bool complete; /* the body too, and it was counted */
  bool internal; /* below "/__" */
  bool working;  /* counted as in flight */
  bool waited;   /* its latency is over */
  Fault fault;
} Exchange;

/* What we know of a connection. */
typedef struct {
  bool counted;
} Peer;

static void *
on_uri(void *data, const char *uri, struct MHD_Connection *connection) {
  Exchange *exchange = g_new0(Exchange, 1);
  exchange->server = data;
  request_parse(&exchange->request, uri);
  exchange->request.connection = connection;
  return exchange;
}

/* Before the answer leaves: whoever has it may ask again at once, and is then one and not two. */
static void
work_done(Exchange *exchange) {
  if (exchange->working)
    stats_end(exchange->server->stats);
  exchange->working = false;
}

static void
on_completed(void *data, struct MHD_Connection *connection, void **context,
             enum MHD_RequestTerminationCode why) {
  (void)data;
  (void)connection;
  (void)why;
  Exchange *exchange = *context;
  if (exchange == NULL)
    return;
  work_done(exchange);
  request_clear(&exchange->request);
  g_free(exchange);
  *context = NULL;
}

static gnutls_session_t
session_of(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  return info != NULL ? info->tls_session : NULL;
}

static void
on_connection(void *data, struct MHD_Connection *connection, void **context,
              enum MHD_ConnectionNotificationCode what) {
  Server *server = data;
  if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
    g_clear_pointer(context, g_free);
    return;
  }
  *context = g_new0(Peer, 1);
  if (server->tls != NULL)
    tls_prepare(server->tls, session_of(connection));
}

/* A connection counts with its first request, for those that only ask for statistics shall not. */
static void
count_connection(Server *server, struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  Peer *peer = info->socket_context;
  if (peer->counted)
    return;
  peer->counted = true;
  gnutls_session_t session = server->tls != NULL ? session_of(connection) : NULL;
  g_autofree char *subject = session != NULL ? tls_peer_subject(session) : NULL;
  stats_connection(server->stats, session != NULL && gnutls_session_is_resumed(session), subject);
}

static void
begin(Exchange *exchange, const char *method) {
  Server *server = exchange->server;
  Request *request = &exchange->request;
  request->method = method;
  exchange->begun = true;
  exchange->internal = request->path[0] != NULL && g_str_has_prefix(request->path[0], "__");
  if (!exchange->internal)
    count_connection(server, request->connection);
}

static void
keep_body(Exchange *exchange, const char *data, gsize size) {
  Request *request = &exchange->request;
  gsize limit = exchange->server->app->max_body;
  if (limit == 0)
    return;
  if (request->body == NULL)
    request->body = g_string_new(NULL);
  request->body_too_big |= size > limit - MIN(limit, request->body->len);
  if (request->body_too_big)
    g_string_truncate(request->body, 0);
  else
    g_string_append_len(request->body, data, (gssize)size);
}

/* What a request is for may stand in its body, so it is counted when that is there. */
static void
complete(Exchange *exchange) {
  Server *server = exchange->server;
  exchange->complete = true;
  if (exchange->internal)
    return;
  stats_begin(server->stats, server->app->kind(server->app->data, &exchange->request));
  exchange->working = true;
  exchange->fault = faults_next(server->faults);
  if (exchange->fault != FAULT_NONE)
    stats_fault(server->stats, exchange->fault);
}

static void
resume(gpointer connection) {
  MHD_resume_connection(connection);
}

/* Whether the request is put aside for its latency; it comes back when that is over. */
static bool
put_aside(Exchange *exchange) {
  Server *server = exchange->server;
  struct MHD_Connection *connection = exchange->request.connection;
  bool stall = exchange->fault == FAULT_STALL;
  guint milliseconds = stall ? SERVER_STALL_S * 1000 : (guint)faults_latency_ms(server->faults);
  if (exchange->waited || exchange->internal || milliseconds == 0)
    return false;
  exchange->waited = true;
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  int socket = stall ? info->connect_fd : -1;
  MHD_suspend_connection(connection);
  if (!delay_add(server->delay, milliseconds, socket, resume, connection))
    MHD_resume_connection(connection);
  return true;
}

static void
answer_internal(Exchange *exchange, Answer *answer) {
  Server *server = exchange->server;
  const ServerApp *app = server->app;
  bool stats = strcmp(exchange->request.path[0], "__stats") == 0;
  if (exchange->request.malformed)
    app->error(app->data, MHD_HTTP_BAD_REQUEST, "The address is badly encoded.", answer);
  else if (!stats)
    app->control(app->data, &exchange->request, answer);
  else if (strcmp(exchange->request.method, "GET") != 0)
    app->error(app->data, MHD_HTTP_METHOD_NOT_ALLOWED, "Statistics can only be read.", answer);
  else
    stats_append(server->stats, answer->body);
}

static void
answer_request(Exchange *exchange, Answer *answer) {
  Server *server = exchange->server;
  const ServerApp *app = server->app;
  if (exchange->fault == FAULT_FAIL)
    app->error(app->data, MHD_HTTP_INTERNAL_SERVER_ERROR, "Simulated failure.", answer);
  else if (exchange->fault == FAULT_GARBAGE)
    g_string_append(answer->body, GARBAGE);
  else if (exchange->request.malformed)
    app->error(app->data, MHD_HTTP_BAD_REQUEST, "The address is badly encoded.", answer);
  else
    app->handle(app->data, &exchange->request, server->faults, answer);
  answer->lost |= exchange->fault == FAULT_LOSE;
  if (!answer->lost)
    stats_status(server->stats, answer->status);
}

static ssize_t
read_half(void *data, uint64_t position, char *buffer, size_t size) {
  const GString *body = data;
  gsize half = body->len / 2;
  if (position >= half)
    return MHD_CONTENT_READER_END_WITH_ERROR;
  gsize length = MIN(size, half - position);
  memcpy(buffer, body->str + position, length);
  return (ssize_t)length;
}

static void
free_string(void *data) {
  g_string_free(data, TRUE);
}

/* Takes the answer's body. */
static struct MHD_Response *
make_response(Answer *answer, bool truncate) {
  GString *body = g_steal_pointer(&answer->body);
  if (truncate)
    return MHD_create_response_from_callback(body->len + TRUNCATE_EXTRA, 4096, read_half, body,
                                             free_string);
  gsize length = body->len;
  return MHD_create_response_from_buffer_with_free_callback(length, g_string_free(body, FALSE),
                                                            g_free);
}

static enum MHD_Result
send_answer(struct MHD_Connection *connection, Answer *answer, bool truncate) {
  struct MHD_Response *response = make_response(answer, truncate);
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                          answer->type != NULL ? answer->type : "application/json");
  if (answer->retry_after != NULL)
    MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, answer->retry_after);
  if (answer->allow != NULL)
    MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, answer->allow);
  enum MHD_Result result = MHD_queue_response(connection, answer->status, response);
  MHD_destroy_response(response);
  g_free(answer->retry_after);
  return result;
}

static enum MHD_Result
on_request(void *data, struct MHD_Connection *connection, const char *url, const char *method,
           const char *version, const char *upload, size_t *upload_size, void **context) {
  (void)data;
  (void)url;
  (void)version;
  Exchange *exchange = *context;
  if (!exchange->begun) {
    begin(exchange, method);
    return MHD_YES;
  }
  if (*upload_size > 0) {
    keep_body(exchange, upload, *upload_size);
    *upload_size = 0;
    return MHD_YES;
  }
  if (!exchange->complete)
    complete(exchange);
  if (put_aside(exchange))
    return MHD_YES;
  if (exchange->fault == FAULT_DROP || exchange->fault == FAULT_STALL)
    return MHD_NO;
  Answer answer = { .status = MHD_HTTP_OK, .body = g_string_new(NULL) };
  if (exchange->internal)
    answer_internal(exchange, &answer);
  else
    answer_request(exchange, &answer);
  work_done(exchange);
  if (answer.lost) {
    g_string_free(answer.body, TRUE);
    g_free(answer.retry_after);
    return MHD_NO;
  }
  return send_answer(connection, &answer, exchange->fault == FAULT_TRUNCATE);
}

typedef union {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
} Address;

/* Reads a loopback address. */
static bool
parse_address(const char *text, gint port, Address *address, socklen_t *length) {
  memset(address, 0, sizeof *address);
  if (inet_pton(AF_INET, text, &address->v4.sin_addr) == 1) {
    address->v4.sin_family = AF_INET;
    address->v4.sin_port = htons((uint16_t)port);
    *length = sizeof address->v4;
    return ntohl(address->v4.sin_addr.s_addr) >> 24 == 127;
  }
  if (inet_pton(AF_INET6, text, &address->v6.sin6_addr) != 1)
    return false;
  address->v6.sin6_family = AF_INET6;
  address->v6.sin6_port = htons((uint16_t)port);
  *length = sizeof address->v6;
  return IN6_IS_ADDR_LOOPBACK(&address->v6.sin6_addr);
}

/* Our own socket: libmicrohttpd would not say why it could not have one. */
static int
open_socket(const ServerOptions *options, GError **error) {
  Address address;
  socklen_t length;
  if (!parse_address(options->address, options->port, &address, &length)) {
    g_set_error(error, SIM_ERROR, SIM_ERROR_USAGE,
                "%s is no loopback address; a simulator listens on 127.0.0.1 or ::1 only",
                options->address);
    return -1;
  }
  int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int on = 1;
  if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
      bind(fd, &address.any, length) == 0 && listen(fd, SERVER_MAX_CONNECTIONS) == 0)
    return fd;
  int why = errno;
  if (why == EADDRINUSE)
    g_set_error(error, SIM_ERROR, SIM_ERROR_NETWORK,
                "port %d on %s is in use by another program; take another one, or --port 0 for any "
                "free one",
                options->port, options->address);
  else
    g_set_error(error, SIM_ERROR, SIM_ERROR_NETWORK, "cannot listen on %s port %d: %s",
                options->address, options->port, g_strerror(why));
  if (fd >= 0)
    close(fd);
  return -1;
}

static char *
make_url(const ServerOptions *options, int fd) {
  Address address;
  memset(&address, 0, sizeof address);
  socklen_t length = sizeof address;
  getsockname(fd, &address.any, &length);
  bool v6 = address.any.sa_family == AF_INET6;
  guint port = ntohs(v6 ? address.v6.sin6_port : address.v4.sin_port);
  return g_strdup_printf("%s://%s%s%s:%u", options->certificate != NULL ? "https" : "http",
                         v6 ? "[" : "", options->address, v6 ? "]" : "", port);
}

static struct MHD_Daemon *
start_daemon(Server *server, int fd) {
  struct MHD_OptionItem tls[4] = { { MHD_OPTION_END, 0, NULL } };
  unsigned flags = MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME;
  if (server->tls != NULL) {
    flags |= MHD_USE_TLS;
    tls[0] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_CERT, 0,
                                      (void *)tls_certificate(server->tls) };
    tls[1] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)tls_key(server->tls) };
    tls[2] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
    if (tls_client_ca(server->tls) != NULL) {
      tls[2] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_TRUST, 0,
                                        (void *)tls_client_ca(server->tls) };
      tls[3] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
    }
  }
  return MHD_start_daemon(flags, 0, NULL, NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET, fd,
                          MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS,
                          MHD_OPTION_CONNECTION_LIMIT, (unsigned)SERVER_MAX_CONNECTIONS,
                          MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SERVER_IDLE_S,
                          MHD_OPTION_URI_LOG_CALLBACK, on_uri, server, MHD_OPTION_NOTIFY_COMPLETED,
                          on_completed, server, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
                          MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
}

Server *
server_new(const ServerOptions *options, const ServerApp *app, Clock *clock, GError **error) {
  g_autoptr(Server) server = g_new0(Server, 1);
  server->app = app;
  if (options->certificate != NULL) {
    server->tls = tls_new(options->certificate, options->key, options->client_ca, error);
    if (server->tls == NULL)
      return NULL;
  }
  int fd = open_socket(options, error);
  if (fd < 0)
    return NULL;
  server->url = make_url(options, fd);
  server->faults = faults_new(&options->faults, clock);
  server->stats = stats_new(app->kinds);
  server->delay = delay_new();
  server->daemon = start_daemon(server, fd);
  if (server->daemon == NULL) {
    close(fd);
    g_set_error(error, SIM_ERROR, SIM_ERROR_NETWORK, "the HTTP server does not start on %s",
                server->url);
    return NULL;
  }
  return g_steal_pointer(&server);
}

void
server_free(Server *server) {
  if (server == NULL)
    return;
  /* libmicrohttpd must not be stopped while requests are put aside. */
  if (server->delay != NULL)
    delay_close(server->delay);
  if (server->daemon != NULL)
    MHD_stop_daemon(server->daemon);
  delay_free(server->delay);
  stats_free(server->stats);
  faults_free(server->faults);
  tls_free(server->tls);
  g_free(server->url);
  g_free(server);
}

const char *
server_url(const Server *server) {
  return server->url;
}
