/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/webservice/ws_client.h"

#include <string.h>

#include "base/text.h"
#include "http/pool.h"
#include "http/retry.h"
#include "http/url.h"
#include "monitor/metrics.h"
#include "moodle/webservice/ws_form.h"

#define SERVER_PATH "/webservice/rest/server.php"

/* What has come back for a request and was not handed out yet; one of the two is set. */
typedef struct {
  json_t *result;
  WsFailure *failure;
} Answer;

struct WsClient {
  char *url; /* of the REST server */
  char *token;
  char *ca_file;
  guint connections, timeout_s, attempts;
  Clock *clock;
  const Stop *stop;
  GRand *jitter;
  Pool *pool;
  Answer *answers; /* by the pool's slots */
  guint64 requests;
  bool dated;
  gint64 ahead_s;

  /* of the batch that runs */
  const WsBatch *batch;
  gpointer user_data;
  const char **functions; /* what each call calls */
  bool *done;
  gint64 hold;     /* Moodle is away: nothing begins before (monotonic) */
  guint silent;    /* calls in a row that Moodle did not get, after their last try */
  WsFailure *gone; /* why the rest is not even tried */
  bool dropped;    /* one that was sent, without waiting for its answer */
};

/* ── making and freeing ── */

static bool
check(const WebserviceOptions *options, TransferOptions *transfer, GError **error) {
  autochar base = url_base(options->url);
  autochar why =
      url_refusal(base, "url", "https://lernen.example.org", &transfer->tls, &transfer->loopback);
  if (why != NULL)
    g_set_error_literal(error, GATEWAY_ERROR, GATEWAY_ERROR_CONFIG, why);
  else if (text_empty(options->token))
    g_set_error(
        error, GATEWAY_ERROR, GATEWAY_ERROR_CONFIG,
        "The token for Moodle is empty. Set token-file in [moodle] to a file that holds it.");
  else
    return true;
  return false;
}

WsClient *
ws_client_new(const WebserviceOptions *options, Clock *clock, const Stop *stop, GError **error) {
  TransferOptions transfer = { .timeout_s = MAX(options->timeout_s, 1),
                               .max_body = options->max_body };
  if (!check(options, &transfer, error))
    return NULL;
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_CONFIG,
                "libcurl does not start. Reinstall it.");
    return NULL;
  }
  g_autoptr(WsClient) client = g_new0(WsClient, 1);
  autochar base = url_base(options->url);
  client->url = g_strconcat(base, SERVER_PATH, NULL);
  client->token = g_strdup(options->token);
  client->ca_file = text_empty(options->ca_file) ? NULL : g_strdup(options->ca_file);
  client->connections = MAX(options->connections, 1);
  client->attempts = MAX(options->attempts, 1);
  client->clock = clock;
  client->stop = stop;
  client->jitter = g_rand_new();
  transfer.ca_file = client->ca_file;
  client->pool = pool_new(&transfer, client->connections, clock);
  if (client->pool == NULL) {
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_CONFIG, POOL_LACKS);
    return NULL;
  }
  client->answers = g_new0(Answer, pool_slots(client->pool));
  return g_steal_pointer(&client);
}

void
ws_client_free(WsClient *client) {
  if (client == NULL)
    return;
  pool_free(client->pool);
  g_rand_free(client->jitter);
  g_free(client->answers);
  g_free(client->url);
  g_free(client->token);
  g_free(client->ca_file);
  g_free(client);
  curl_global_cleanup();
}

guint
ws_client_attempts(const WsClient *client) {
  return client->attempts;
}

guint
ws_client_connections(const WsClient *client) {
  return client->connections;
}

guint64
ws_client_requests(const WsClient *client) {
  return client->requests;
}

bool
ws_client_clock_ahead(const WsClient *client, gint64 *seconds) {
  *seconds = client->ahead_s;
  return client->dated;
}

/* ── a request ── */

static PoolWill
go_on(gpointer user_data) {
  const WsClient *client = user_data;
  if (stop_overdue(client->stop))
    return POOL_DROP;
  return client->gone != NULL || stop_requested(client->stop) ? POOL_DRAIN : POOL_GO;
}

static bool
admit(guint slot, gint64 now, gint64 *until, gpointer user_data) {
  const WsClient *client = user_data;
  (void)slot;
  *until = client->hold;
  return now >= client->hold;
}

/* Without the settings Moodle would show names as HTML and addresses of files as its own. */
static GString *
form(const WsClient *client, const char *function, const json_t *arguments, bool write) {
  GString *body = g_string_new(NULL);
  ws_form_append_field(body, "wstoken", client->token);
  ws_form_append_field(body, "wsfunction", function);
  ws_form_append_field(body, "moodlewsrestformat", "json");
  if (!write) {
    ws_form_append_field(body, "moodlewssettingraw", "1");
    ws_form_append_field(body, "moodlewssettingfileurl", "0");
  }
  ws_form_append(body, arguments);
  return body;
}

static void
make_request(guint index, guint tries, TransferRequest *request, gpointer user_data) {
  WsClient *client = user_data;
  const WsBatch *batch = client->batch;
  const char **function = &client->functions[index];
  (void)tries;
  json_auto_t *arguments = batch->arguments(index, function, client->user_data);
  client->requests++;
  request->url = g_strdup(client->url);
  request->form = form(client, *function, arguments, batch->write);
  request->timeout_s = batch->timeout_s;
  request->once = batch->write;
}

/* ── an answer ── */

static void
read_clock(WsClient *client, const Transfer *transfer) {
  const char *value = transfer_header(transfer, "Date");
  gint64 date = value != NULL ? (gint64)curl_getdate(value, NULL) : -1;
  if (date < 0)
    return;
  client->dated = true;
  client->ahead_s = date - clock_now(client->clock);
}

static bool
may_repeat(const WsBatch *batch, const WsFailure *failure) {
  if (!ws_failure_may_pass(failure))
    return false;
  return !ws_failure_may_have_happened(failure) || (!batch->write && !batch->fragile);
}

/* Whether it hints that Moodle is not there at all. A write whose answer is lost may just take
 * long, and a fragile read be too much. */
static bool
is_away(const WsBatch *batch, const WsFailure *failure) {
  if (failure == NULL || !failure->may_pass)
    return false;
  return failure->kind != WS_LOST || (!batch->write && !batch->fragile);
}

/* Seconds Moodle asks us to stay away for; −1 when it does not say. */
static gint64
asked_delay(const WsClient *client, const Transfer *transfer) {
  return retry_after(transfer_header(transfer, "Retry-After"), clock_now(client->clock),
                     G_MAXINT32);
}

static gint64
next_try(const WsClient *client, guint tries, const Transfer *transfer) {
  gint64 asked = MIN(asked_delay(client, transfer), WS_RETRY_AFTER_MAX);
  gint64 delay = retry_delay(client->jitter, tries, WS_RETRY_FIRST, WS_RETRY_MAX);
  return clock_monotonic(client->clock) + MAX(delay, asked * G_TIME_SPAN_SECOND);
}

/* A 503 that does not say when to come back may be that of a proxy which lost patience (Apache
 * before php-fpm says so), while Moodle goes on: a write may have happened then. */
static void
doubt_refusal(const WsClient *client, const Transfer *transfer, long status, WsFailure *failure) {
  if (client->batch->write && status == 503 && transfer_header(transfer, "Retry-After") == NULL)
    failure->kind = WS_LOST;
}

static gint64
settle(guint slot, guint index, guint tries, const Transfer *transfer, gpointer user_data) {
  WsClient *client = user_data;
  Answer *answer = &client->answers[slot];
  TransferResult result;
  transfer_result(transfer, &result);
  metrics_request(METRICS_MOODLE, result.status);
  read_clock(client, transfer);
  answer->failure = ws_failure_read(client->functions[index], &result, tries, &answer->result);
  if (answer->failure != NULL)
    doubt_refusal(client, transfer, result.status, answer->failure);
  gint64 due = next_try(client, tries, transfer);
  client->hold = is_away(client->batch, answer->failure) ? MAX(client->hold, due) : G_MININT64;
  if (answer->failure == NULL || !may_repeat(client->batch, answer->failure) ||
      tries >= client->attempts || asked_delay(client, transfer) > WS_RETRY_AFTER_MAX ||
      go_on(client) != POOL_GO)
    return POOL_FINAL;
  g_clear_pointer(&answer->failure, ws_failure_free);
  return due;
}

static void
note_silence(WsClient *client, const WsFailure *failure) {
  client->silent = is_away(client->batch, failure) ? client->silent + 1 : 0;
  if (client->silent >= WS_CLIENT_MAX_SILENT && client->gone == NULL)
    client->gone = ws_failure_copy(failure);
}

static bool
deliver(guint slot, guint index, guint tries, const Transfer *transfer, gpointer user_data) {
  WsClient *client = user_data;
  (void)tries, (void)transfer;
  json_auto_t *result = g_steal_pointer(&client->answers[slot].result);
  g_autoptr(WsFailure) failure = g_steal_pointer(&client->answers[slot].failure);
  note_silence(client, failure);
  client->done[index] = true;
  client->batch->done(index, result, failure, client->user_data);
  return true;
}

static void
dropped(guint index, const Transfer *transfer, gpointer user_data) {
  WsClient *client = user_data;
  TransferResult result;
  (void)index;
  transfer_result(transfer, &result);
  metrics_request(METRICS_MOODLE, 0);
  client->dropped = client->dropped || result.sent;
}

static void
leave(guint slot, gpointer user_data) {
  WsClient *client = user_data;
  g_clear_pointer(&client->answers[slot].result, json_decref);
  g_clear_pointer(&client->answers[slot].failure, ws_failure_free);
}

/* ── batches ── */

static bool
run(WsClient *client, const WsBatch *batch, gpointer user_data, GError **error) {
  const PoolBatch requests = {
    .count = batch->count,
    .parallel =
        batch->parallel > 0 ? MIN(batch->parallel, client->connections) : client->connections,
    .go_on = go_on,
    .admit = admit,
    .request = make_request,
    .settle = settle,
    .deliver = deliver,
    .dropped = dropped,
    .leave = leave,
  };
  PoolEnd end = pool_run(client->pool, &requests, client);
  for (guint i = 0; client->gone != NULL && i < batch->count; i++)
    if (!client->done[i])
      batch->done(i, NULL, client->gone, user_data);
  if (end == POOL_DONE || client->gone != NULL)
    return true;
  if (end == POOL_BROKEN)
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_CONFIG, TRANSFER_LACKS);
  else
    g_set_error(error, GATEWAY_ERROR, GATEWAY_ERROR_STOPPED, "Stopped while calling Moodle.");
  return false;
}

bool
ws_client_run(WsClient *client, const WsBatch *batch, gpointer user_data, GError **error) {
  g_autofree const char **functions = g_new0(const char *, batch->count);
  g_autofree bool *done = g_new0(bool, batch->count);
  g_assert(client->batch == NULL);
  client->batch = batch;
  client->user_data = user_data;
  client->functions = functions;
  client->done = done;
  client->silent = 0;
  client->dropped = false;
  client->hold = G_MININT64;
  bool ok = run(client, batch, user_data, error);
  g_clear_pointer(&client->gone, ws_failure_free);
  client->functions = NULL;
  client->done = NULL;
  client->batch = NULL;
  return ok;
}

/* ── a single call ── */

typedef struct {
  const char *function;
  json_t *arguments;
  json_t *result;
  WsFailure *failure;
} Single;

static json_t *
single_arguments(guint index, const char **function, gpointer user_data) {
  const Single *single = user_data;
  (void)index;
  *function = single->function;
  return json_incref(single->arguments);
}

static void
single_done(guint index, const json_t *result, const WsFailure *failure, gpointer user_data) {
  Single *single = user_data;
  (void)index;
  if (failure != NULL)
    single->failure = ws_failure_copy(failure);
  else
    single->result = json_incref((json_t *)result);
}

json_t *
ws_client_call(WsClient *client, bool write, guint timeout_s, const char *function,
               json_t *arguments, WsFailure **failure) {
  g_autoptr(GError) error = NULL;
  json_auto_t *owned = arguments;
  Single single = { .function = function, .arguments = owned };
  const WsBatch batch = { .count = 1,
                          .timeout_s = timeout_s,
                          .write = write,
                          .arguments = single_arguments,
                          .done = single_done };
  if (!ws_client_run(client, &batch, &single, &error) && single.result == NULL &&
      single.failure == NULL)
    single.failure =
        client->dropped ? ws_failure_dropped(function, error) : ws_failure_unsent(function, error);
  *failure = single.failure;
  return single.result;
}

bool
ws_client_wait(WsClient *client, gint64 microseconds) {
  for (gint64 left = microseconds; left > 0 && !stop_requested(client->stop); left -= POOL_LOOK_UP)
    clock_sleep(client->clock, MIN(left, POOL_LOOK_UP));
  return !stop_requested(client->stop);
}

bool
ws_client_pause(WsClient *client, guint tries) {
  return ws_client_wait(client, retry_delay(client->jitter, tries, WS_RETRY_FIRST, WS_RETRY_MAX));
}
