/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/endpoint.h"

#include <curl/curl.h>
#include <string.h>

#include "api/client.h"
#include "api/decode.h"
#include "api/rate.h"
#include "base/text.h"
#include "http/url.h"

/* So many Lehrgänge in a row without any answer, each after its last try, and the tenant gives up:
 * a host that went silent would else cost `timeout_s` for every single one. */
#define MAX_SILENT 8

const ZmsOptions zms_default_options = {
  .timeout_s = 30,
  .connections = 8,
  .attempts = 4,
  .max_body = (gsize)64 * 1024 * 1024,
  .max_retry_after_s = 120,
};

struct Zms {
  char *baseurl; /* without '/' at its end */
  char *ca_file;
  bool tls, loopback;
  guint connections, attempts;
  guint timeout_s;
  gsize max_body;
  gint64 max_retry_after_s;
  Clock *clock;
  const Stop *stop;
  Rate *rate;
  ClientStats stats;
};

struct ZmsTenant {
  Zms *zms;
  Client *client;
};

/* ── options ── */

static bool refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static bool
refuse(GError **error, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  if (error != NULL)
    *error = g_error_new_valist(API_ERROR, API_ERROR_CONFIG, format, arguments);
  va_end(arguments);
  return false;
}

static bool
check_numbers(const ZmsOptions *options, GError **error) {
  if (options->timeout_s < 1 || options->timeout_s > 600)
    return refuse(error, "timeout=%u is not from 1 to 600 seconds.", options->timeout_s);
  if (options->connections < 1 || options->connections > 64)
    return refuse(error, "connections=%u is not from 1 to 64.", options->connections);
  if (options->attempts < 1 || options->attempts > 10)
    return refuse(error, "%u tries per request are not from 1 to 10.", options->attempts);
  if (options->max_body < 1 || options->max_body > G_MAXINT)
    return refuse(error, "A body limit of %" G_GSIZE_FORMAT " bytes is not from 1 to %d.",
                  options->max_body, G_MAXINT);
  if (options->max_retry_after_s < 0)
    return refuse(error, "The longest Retry-After to follow is negative.");
  return true;
}

static bool
check_url(Zms *zms, GError **error) {
  autochar why =
      url_refusal(zms->baseurl, "baseurl", "https://zms.example.org/rest/services/moodle-services",
                  &zms->tls, &zms->loopback);
  return why == NULL || refuse(error, "%s", why);
}

/* ── Zms ── */

Zms *
zms_new(const ZmsOptions *options, Clock *clock, const Stop *stop, GError **error) {
  if (!check_numbers(options, error))
    return NULL;
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    refuse(error, "libcurl does not start. Reinstall it.");
    return NULL;
  }
  g_autoptr(Zms) zms = g_new0(Zms, 1);
  zms->baseurl = url_base(options->baseurl);
  if (!check_url(zms, error))
    return NULL;
  zms->ca_file = text_empty(options->ca_file) ? NULL : g_strdup(options->ca_file);
  zms->connections = options->connections;
  zms->attempts = options->attempts;
  zms->timeout_s = options->timeout_s;
  zms->max_body = options->max_body;
  zms->max_retry_after_s = options->max_retry_after_s;
  zms->clock = clock;
  zms->stop = stop;
  zms->rate = rate_new(options->connections, (gint64)options->gap_ms * G_TIME_SPAN_MILLISECOND,
                       MIN(options->max_retry_after_s, G_MAXINT) * G_TIME_SPAN_SECOND);
  return g_steal_pointer(&zms);
}

void
zms_free(Zms *zms) {
  if (zms == NULL)
    return;
  rate_free(zms->rate);
  g_free(zms->baseurl);
  g_free(zms->ca_file);
  g_free(zms);
  curl_global_cleanup();
}

void
zms_stats(Zms *zms, ZmsStats *stats) {
  *stats = (ZmsStats){
    .requests = atomic_load(&zms->stats.requests),
    .retries = atomic_load(&zms->stats.retries),
    .throttled = atomic_load(&zms->stats.throttled),
    .connections = atomic_load(&zms->stats.connections),
    .bytes = atomic_load(&zms->stats.bytes),
    .peak_in_flight = rate_peak(zms->rate),
  };
}

/* ── tenants ── */

ZmsTenant *
zms_tenant_new(Zms *zms, const ZmsCredentials *credentials, GError **error) {
  Authenticator *authenticator = authenticator_new(credentials, zms->tls, error);
  if (authenticator == NULL)
    return NULL;
  ClientOptions options = {
    .clock = zms->clock,
    .stop = zms->stop,
    .rate = zms->rate,
    .stats = &zms->stats,
    .transfer = { .ca_file = zms->ca_file,
                  .tls = zms->tls,
                  .loopback = zms->loopback,
                  .timeout_s = zms->timeout_s,
                  .max_body = zms->max_body },
    .connections = zms->connections,
    .attempts = zms->attempts,
    .max_retry_after_s = zms->max_retry_after_s,
    .seed = g_random_int(),
  };
  Client *client = client_new(&options, authenticator, error);
  if (client == NULL)
    return NULL;
  ZmsTenant *tenant = g_new0(ZmsTenant, 1);
  tenant->zms = zms;
  tenant->client = client;
  return tenant;
}

void
zms_tenant_free(ZmsTenant *tenant) {
  if (tenant == NULL)
    return;
  client_free(tenant->client);
  g_free(tenant);
}

/* ── addresses ── */

/* {baseurl}/lehrgaenge/{id}{rest}. Free with g_free(). */
static char *
url_of_lehrgang(const Zms *zms, const char *id, const char *rest) {
  char *escaped = curl_easy_escape(NULL, id, (int)strlen(id));
  char *url = g_strconcat(zms->baseurl, "/lehrgaenge/", escaped, rest, NULL);
  curl_free(escaped);
  return url;
}

/* ── one answer: a list, or a Lehrgang ── */

typedef struct {
  const Zms *zms;
  gint year;
  const char *id; /* NULL: the list */
  ZmsLehrgangFunc each;
  ZmsSkippedFunc skipped;
  gpointer user_data;
} Single;

static char *
single_url(guint index, gpointer user_data) {
  const Single *single = user_data;
  (void)index;
  if (single->id != NULL)
    return url_of_lehrgang(single->zms, single->id, "");
  if (single->year == 0)
    return g_strconcat(single->zms->baseurl, "/lehrgaenge", NULL);
  return g_strdup_printf("%s/lehrgaenge?lehrgangVon=%04d-01-01&lehrgangBis=%04d-12-31",
                         single->zms->baseurl, single->year, single->year);
}

static bool
single_done(guint index, const Response *response, const GError *failure, gpointer user_data,
            GError **error) {
  const Single *single = user_data;
  g_autoptr(GError) cause = NULL;
  (void)index;
  if (failure != NULL) {
    g_propagate_error(error, g_error_copy(failure));
    return false;
  }
  bool ok = single->id != NULL
                ? decode_lehrgang(response->result.body, response->result.length, single->each,
                                  single->user_data, &cause)
                : decode_lehrgaenge(response->result.body, response->result.length, single->each,
                                    single->skipped, single->user_data, &cause);
  if (!ok)
    g_propagate_error(error, response_decode_error(response, cause));
  return ok;
}

static bool
run_single(ZmsTenant *tenant, Single *single, GError **error) {
  const ClientBatch batch = { .count = 1, .url = single_url, .done = single_done };
  single->zms = tenant->zms;
  return client_run(tenant->client, &batch, single, error);
}

bool
zms_list(ZmsTenant *tenant, gint year, ZmsLehrgangFunc each, ZmsSkippedFunc skipped,
         gpointer user_data, GError **error) {
  Single single = { .year = year, .each = each, .skipped = skipped, .user_data = user_data };
  return run_single(tenant, &single, error);
}

bool
zms_lehrgang(ZmsTenant *tenant, const char *id, ZmsLehrgangFunc each, gpointer user_data,
             GError **error) {
  if (text_empty(id))
    return refuse(error, "A Lehrgang without an id cannot be asked for.");
  Single single = { .id = id, .each = each, .user_data = user_data };
  return run_single(tenant, &single, error);
}

/* ── many answers: the Teilnehmer of Lehrgänge ── */

typedef struct {
  const Zms *zms;
  const char *const *ids;
  ZmsTeilnehmerFunc each;
  ZmsSkippedFunc skipped;
  ZmsFinishedFunc finished;
  gpointer user_data;
  guint silent; /* Lehrgänge in a row that got no answer */
} Many;

static char *
many_url(guint index, gpointer user_data) {
  const Many *many = user_data;
  return url_of_lehrgang(many->zms, many->ids[index], "/teilnehmer");
}

/* What fails one Lehrgang would fail every other of the tenant too (SPEC 1). */
static bool
fails_tenant(Many *many, const GError *failure) {
  many->silent = g_error_matches(failure, API_ERROR, API_ERROR_TRANSPORT) ? many->silent + 1 : 0;
  return g_error_matches(failure, API_ERROR, API_ERROR_UNAUTHORIZED) ||
         g_error_matches(failure, API_ERROR, API_ERROR_TLS) || many->silent >= MAX_SILENT;
}

static bool
many_done(guint index, const Response *response, const GError *failure, gpointer user_data,
          GError **error) {
  Many *many = user_data;
  g_autoptr(GError) cause = NULL;
  if (fails_tenant(many, failure)) {
    g_propagate_error(error, g_error_copy(failure));
    return false;
  }
  bool decoded =
      failure == NULL && decode_teilnehmer(response->result.body, response->result.length, index,
                                           many->each, many->skipped, many->user_data, &cause);
  g_autoptr(GError) unexpected = cause == NULL ? NULL : response_decode_error(response, cause);
  if (many->finished != NULL)
    many->finished(index, decoded ? NULL : failure != NULL ? failure : unexpected, many->user_data);
  return true;
}

bool
zms_teilnehmer(ZmsTenant *tenant, const char *const *ids, guint count, ZmsTeilnehmerFunc each,
               ZmsSkippedFunc skipped, ZmsFinishedFunc finished, gpointer user_data,
               GError **error) {
  const ClientBatch batch = { .count = count, .spaced = true, .url = many_url, .done = many_done };
  Many many = { .zms = tenant->zms,
                .ids = ids,
                .each = each,
                .skipped = skipped,
                .finished = finished,
                .user_data = user_data };
  return client_run(tenant->client, &batch, &many, error);
}

static bool
raw_done(guint index, const Response *response, const GError *failure, gpointer user_data,
         GError **error) {
  (void)index, (void)response, (void)user_data;
  if (failure != NULL)
    g_propagate_error(error, g_error_copy(failure));
  return failure == NULL;
}

bool
zms_teilnehmer_raw(ZmsTenant *tenant, const char *const *ids, guint count, GError **error) {
  const ClientBatch batch = {
    .count = count, .spaced = true, .discard = true, .url = many_url, .done = raw_done
  };
  Many many = { .zms = tenant->zms, .ids = ids };
  return client_run(tenant->client, &batch, &many, error);
}
