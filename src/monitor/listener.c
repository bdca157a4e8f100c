/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/listener.h"

#include <errno.h>
#include <microhttpd.h>
#include <string.h>
#include <unistd.h>

#include "base/listen.h"
#include "base/text.h"
#include "monitor/exposition.h"
#include "monitor/family.h"
#include "monitor/inquiry.h"
#include "monitor/metrics.h"

#define PLAIN_TEXT "text/plain; charset=utf-8"

/* Where people set the address, and one that would do. */
#define GROUP "monitor"
#define EXAMPLE "127.0.0.1:9464"

struct Listener {
  ListenerContext context;
  Inquiry *inquiry;
  struct MHD_Daemon *daemon;
  guint port;

  GMutex lock;
  GCond changed;
  guint scrapes; /* being put together; at most one per connection */
  bool ended;    /* none begins any more */
};

/* ── answers ── */

typedef struct {
  guint status;
  const char *type;
  GString *body;
} Answer;

static Answer
plain(guint status, const char *text) {
  return (Answer){ status, PLAIN_TEXT, g_string_new(text) };
}

/* `why` is taken over; NULL: all is well. */
static Answer
state(char *why, const char *well) {
  autochar owned = why;
  Answer answer = plain(owned == NULL ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE,
                        owned == NULL ? well : owned);
  if (!g_str_has_suffix(answer.body->str, "\n"))
    g_string_append_c(answer.body, '\n');
  return answer;
}

static Answer
healthz(Listener *listener) {
  const ListenerContext *context = &listener->context;
  return state(context->unhealthy(context->user_data), "alive");
}

static Answer
readyz(Listener *listener) {
  const ListenerContext *context = &listener->context;
  return state(context->unready(context->user_data), "ready");
}

static Answer
metrics(Listener *listener) {
  const ListenerContext *context = &listener->context;
  g_autoptr(Config) config = context->config(context->user_data);
  Answer answer = { MHD_HTTP_OK, FAMILY_CONTENT_TYPE, g_string_new(NULL) };
  bool up = inquiry_append(listener->inquiry, answer.body);
  exposition_append_rest(answer.body, config, up, context->next_run(context->user_data),
                         clock_now(context->clock));
  metrics_append(answer.body);
  return answer;
}

/* ── sending ── */

/* Each answer ends its connection, so that nobody who is done holds one of the few. */
static enum MHD_Result
send_answer(struct MHD_Connection *connection, Answer answer) {
  gsize length = answer.body->len;
  struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback(
      length, g_string_free(answer.body, FALSE), g_free);
  if (response == NULL)
    return MHD_NO;
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer.type);
  MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
  if (answer.status == MHD_HTTP_METHOD_NOT_ALLOWED)
    MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
  enum MHD_Result queued = MHD_queue_response(connection, answer.status, response);
  MHD_destroy_response(response);
  return queued;
}

/* ── a scrape, which may have to wait for the store ── */

typedef struct {
  Listener *listener;
  struct MHD_Connection *connection;
  Answer answer; /* without body until it is there */
} Scrape;

static gpointer
put_together(gpointer data) {
  Scrape *scrape = data;
  Listener *listener = scrape->listener;
  scrape->answer = metrics(listener);
  MHD_resume_connection(scrape->connection); /* from here on `scrape` is the listener's */
  g_mutex_lock(&listener->lock);
  listener->scrapes--;
  g_cond_broadcast(&listener->changed);
  g_mutex_unlock(&listener->lock);
  return NULL;
}

/* Whether a thread has begun. */
static bool
start_scrape(Listener *listener, Scrape *scrape) {
  g_mutex_lock(&listener->lock);
  GThread *thread = listener->ended ? NULL : g_thread_try_new("scrape", put_together, scrape, NULL);
  if (thread != NULL) {
    listener->scrapes++;
    g_thread_unref(thread);
  }
  g_mutex_unlock(&listener->lock);
  return thread != NULL;
}

static enum MHD_Result
begin_scrape(Listener *listener, struct MHD_Connection *connection, Scrape **scrape) {
  *scrape = g_new0(Scrape, 1);
  **scrape = (Scrape){ .listener = listener, .connection = connection };
  MHD_suspend_connection(connection);
  if (start_scrape(listener, *scrape))
    return MHD_YES;
  (*scrape)->answer = plain(MHD_HTTP_SERVICE_UNAVAILABLE, "not now\n");
  MHD_resume_connection(connection);
  return MHD_YES;
}

static void
on_completed(void *data, struct MHD_Connection *connection, void **state_of_request,
             enum MHD_RequestTerminationCode code) {
  Scrape *scrape = *state_of_request;
  (void)data, (void)connection, (void)code;
  if (scrape == NULL)
    return;
  if (scrape->answer.body != NULL) /* nobody is there any more to have it */
    g_string_free(scrape->answer.body, TRUE);
  g_free(scrape);
  *state_of_request = NULL;
}

/* ── requests ── */

static bool
is_read(const char *method) {
  return strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
}

static enum MHD_Result
on_request(void *data, struct MHD_Connection *connection, const char *path, const char *method,
           const char *version, const char *upload, size_t *upload_size, void **state_of_request) {
  Listener *listener = data;
  Scrape **scrape = (Scrape **)state_of_request;
  (void)version, (void)upload, (void)upload_size;
  if (*scrape != NULL) {
    Answer answer = (*scrape)->answer;
    (*scrape)->answer.body = NULL;
    return send_answer(connection, answer);
  }
  if (!is_read(method))
    return send_answer(connection, plain(MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n"));
  if (strcmp(path, "/healthz") == 0)
    return send_answer(connection, healthz(listener));
  if (strcmp(path, "/readyz") == 0)
    return send_answer(connection, readyz(listener));
  if (strcmp(path, "/metrics") == 0)
    return begin_scrape(listener, connection, scrape);
  return send_answer(connection,
                     plain(MHD_HTTP_NOT_FOUND, "there are /healthz, /readyz and /metrics\n"));
}

/* ── making and freeing ── */

static bool
start(Listener *listener, const char *address, GError **error) {
  int fd = listen_open(address, GROUP, EXAMPLE, LISTENER_MAX_CONNECTIONS, &listener->port, error);
  if (fd < 0)
    return false;
  listener->daemon = MHD_start_daemon(
      MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
      on_request, listener, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
      (unsigned int)LISTENER_MAX_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
      (unsigned int)LISTENER_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)LISTENER_MEMORY,
      MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
  if (listener->daemon == NULL) {
    listen_complain(address, GROUP, EXAMPLE, errno, error);
    close(fd);
    return false;
  }
  return true;
}

Listener *
listener_new(const char *address, const ListenerContext *context, GError **error) {
  g_autoptr(Listener) listener = g_new0(Listener, 1);
  listener->context = *context;
  listener->inquiry = inquiry_new(context);
  g_mutex_init(&listener->lock);
  g_cond_init(&listener->changed);
  return start(listener, address, error) ? g_steal_pointer(&listener) : NULL;
}

guint
listener_port(const Listener *listener) {
  return listener->port;
}

/* libmicrohttpd wants no connection suspended at its end, and none becomes so any more once nobody
 * is let in and no scrape is under way. */
static void
stop(Listener *listener) {
  int fd = MHD_quiesce_daemon(listener->daemon);
  g_mutex_lock(&listener->lock);
  listener->ended = true;
  while (listener->scrapes > 0)
    g_cond_wait(&listener->changed, &listener->lock);
  g_mutex_unlock(&listener->lock);
  MHD_stop_daemon(listener->daemon);
  close(fd);
}

bool
listener_free(Listener *listener) {
  if (listener == NULL)
    return true;
  inquiry_end(listener->inquiry);
  if (listener->daemon != NULL)
    stop(listener);
  bool all = inquiry_free(listener->inquiry);
  g_mutex_clear(&listener->lock);
  g_cond_clear(&listener->changed);
  g_free(listener);
  return all;
}
