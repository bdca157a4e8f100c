/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/exchange.h"

#include <string.h>
#include <sys/socket.h>

#include "web/refusal.h"
#include "web/refused_log.h"
#include "web/sending.h"

/* What libmicrohttpd takes to remember a header or a cookie by. */
#define RECORD_BYTES 64

typedef struct {
  Exchanges *all;
  struct MHD_Connection *connection;
  WatchLink *link;
  Intake *intake; /* the job's, once there is one */
  CrewJob *job;
  Network peer;
  enum { TARGET, BODY, ASKED } stage;
  bool answered;
} Exchange;

/* ── connections ── */

static int
socket_of(struct MHD_Connection *connection) {
  return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

void
exchange_on_connection(void *data, struct MHD_Connection *connection, void **link,
                       enum MHD_ConnectionNotificationCode what) {
  Exchanges *all = data;
  if (what == MHD_CONNECTION_NOTIFY_STARTED) {
    *link = watch_add(all->watch, socket_of(connection));
    watch_limit(all->watch, *link, all->limits->request);
  } else if (*link != NULL) {
    watch_remove(all->watch, *link);
    *link = NULL;
  }
}

/* libmicrohttpd would make a record of each argument, which nobody asks it for; one for which it
 * has no memory leaves the connection without an answer until it is idle for too long (0.9.75).
 * `target` is the library's own buffer, and it takes the arguments out of there after this. */
static void
forget_arguments(const char *target) {
  char *mark = strchr((char *)target, '?');
  if (mark != NULL && mark[1] != '\0')
    mark[1] = '\0';
}

void *
exchange_on_target(void *data, const char *target, struct MHD_Connection *connection) {
  Exchange *exchange = g_new0(Exchange, 1);
  exchange->all = data;
  exchange->connection = connection;
  exchange->intake = intake_new(target);
  forget_arguments(target);
  exchange->link =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
  network_of(MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr,
             &exchange->peer);
  return exchange;
}

/* ── refusals ── */

static void
log_refusal(const Exchange *exchange, guint status) {
  const Intake *intake = exchange->intake;
  const WebRequest *request = intake_request(intake);
  const char *target = intake_target(intake);
  g_autofree char *path = g_strndup(target, strcspn(target, "?"));
  g_autofree char *peer = network_text(&exchange->peer);
  refused_log(intake_method(intake), path, request->address != NULL ? request->address : peer, NULL,
              status);
}

static enum MHD_Result
send_answer(Exchange *exchange, WebAnswer *answer, struct MHD_Response *stream) {
  Exchanges *all = exchange->all;
  const Sending how = { .method = intake_request(exchange->intake)->method, .tls = all->tls };
  exchange->answered = true;
  /* A stream has its own time, and who does not read it is noticed there. */
  watch_limit(all->watch, exchange->link, stream != NULL ? 0 : all->limits->send);
  return sending_queue(exchange->connection, &how, answer, stream);
}

static enum MHD_Result
send_refusal(Exchange *exchange, guint status) {
  const WebFields *headers = intake_request(exchange->intake)->headers;
  g_auto(WebAnswer) answer;
  web_answer_init(&answer);
  refusal_answer(&answer, status, intake_target(exchange->intake),
                 web_fields_get(headers, "Accept-Language"));
  log_refusal(exchange, status);
  return send_answer(exchange, &answer, NULL);
}

/* ── the request ── */

static enum MHD_Result
take_header(void *data, enum MHD_ValueKind kind, const char *name, const char *value) {
  (void)kind;
  intake_header(data, name, value != NULL ? value : "");
  return MHD_YES;
}

static Network
local_address(struct MHD_Connection *connection) {
  union {
    struct sockaddr any;
    struct sockaddr_storage room;
  } address = { 0 };
  socklen_t length = sizeof address;
  Network local = { 0 };
  if (getsockname(socket_of(connection), &address.any, &length) == 0)
    network_of(&address.any, &local);
  return local;
}

/* The library keeps a head in the memory out of which it answers, the cookies once more, and makes
 * a record of each header and cookie; where nothing is left it hangs up without a word. */
static bool
leaves_room(const Exchange *exchange) {
  struct MHD_Connection *connection = exchange->connection;
  const union MHD_ConnectionInfo *head =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  const char *cookies = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Cookie");
  gsize records = (gsize)MHD_get_connection_values(
      connection, (enum MHD_ValueKind)(MHD_HEADER_KIND | MHD_COOKIE_KIND), NULL, NULL);
  gsize taken = (head != NULL ? head->header_size : 0) + (cookies != NULL ? strlen(cookies) : 0) +
                records * RECORD_BYTES;
  return taken <= WEB_MEMORY - WEB_ANSWER_ROOM;
}

static enum MHD_Result
take_head(Exchange *exchange, const char *method, const char *version) {
  const Exchanges *all = exchange->all;
  Network local = local_address(exchange->connection);
  MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, take_header, exchange->intake);
  if (!leaves_room(exchange))
    intake_too_large(exchange->intake);
  intake_head(exchange->intake, all->origin, method, version, all->tls, &exchange->peer, &local);
  exchange->stage = BODY;
  /* What is announced is not waited for; the connection ends with the answer. */
  if (intake_is_hopeless(exchange->intake))
    return send_refusal(exchange, intake_status(exchange->intake));
  return MHD_YES;
}

static void
on_ready(gpointer connection) {
  MHD_resume_connection(connection);
}

static enum MHD_Result
ask(Exchange *exchange) {
  Exchanges *all = exchange->all;
  intake_end(exchange->intake);
  guint status = intake_status(exchange->intake);
  if (status != 0)
    return send_refusal(exchange, status);
  exchange->stage = ASKED;
  watch_limit(all->watch, exchange->link, 0);
  /* First, because the answer may be there before we are told so. */
  MHD_suspend_connection(exchange->connection);
  exchange->job = crew_submit(all->crew, exchange->intake, on_ready, exchange->connection);
  if (exchange->job == NULL)
    MHD_resume_connection(exchange->connection);
  return MHD_YES;
}

static enum MHD_Result
send_stream(Exchange *exchange, WebAnswer *answer) {
  struct MHD_Response *stream = streams_respond(exchange->all->streams, exchange->connection,
                                                socket_of(exchange->connection), answer);
  return stream != NULL ? send_answer(exchange, answer, stream)
                        : send_refusal(exchange, MHD_HTTP_SERVICE_UNAVAILABLE);
}

static enum MHD_Result
send_outcome(Exchange *exchange) {
  g_auto(WebAnswer) answer = { 0 };
  if (exchange->job == NULL || !crew_job_take(exchange->job, &answer))
    return send_refusal(exchange, MHD_HTTP_SERVICE_UNAVAILABLE);
  if (answer.stream != NULL && !intake_is_head(exchange->intake))
    return send_stream(exchange, &answer);
  return send_answer(exchange, &answer, NULL);
}

enum MHD_Result
exchange_on_request(void *data, struct MHD_Connection *connection, const char *path,
                    const char *method, const char *version, const char *upload,
                    size_t *upload_size, void **state) {
  Exchange *exchange = *state;
  (void)data, (void)connection, (void)path;
  /* A daemon that is being stopped forgets an answer it was given, and asks for it again. */
  if (exchange == NULL || exchange->answered)
    return MHD_NO;
  if (exchange->stage == TARGET)
    return take_head(exchange, method, version);
  if (exchange->stage == ASKED)
    return send_outcome(exchange);
  if (*upload_size == 0)
    return ask(exchange);
  gsize length = *upload_size;
  *upload_size = 0;
  if (intake_body(exchange->intake, upload, length))
    return MHD_YES;
  log_refusal(exchange, intake_status(exchange->intake));
  exchange->answered = true;
  return MHD_NO;
}

/* What libmicrohttpd refused by itself: lines and headers too long, or none. */
static void
log_unanswered(const Exchange *exchange) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_HTTP_STATUS);
  if (info != NULL && info->http_status >= MHD_HTTP_BAD_REQUEST)
    log_refusal(exchange, info->http_status);
}

void
exchange_on_completed(void *data, struct MHD_Connection *connection, void **state,
                      enum MHD_RequestTerminationCode code) {
  Exchange *exchange = *state;
  (void)data, (void)connection, (void)code;
  if (exchange == NULL)
    return;
  if (!exchange->answered)
    log_unanswered(exchange);
  /* The next request's time begins. */
  watch_limit(exchange->all->watch, exchange->link, exchange->all->limits->request);
  if (exchange->job != NULL)
    crew_job_free(exchange->job);
  else
    intake_free(exchange->intake);
  g_free(exchange);
  *state = NULL;
}
