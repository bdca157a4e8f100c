/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "web/web.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/listen.h"
#include "base/log.h"
#include "base/text.h"
#include "config/certificate.h"
#include "web/exchange.h"
#include "web/refused_log.h"

/* Where people set the address, and one that would do. */
#define GROUP "web"
#define EXAMPLE "127.0.0.1:8480"

/* TLS 1.2 and 1.3, with keys that are made anew for each connection. */
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:%SERVER_PRECEDENCE"

/* How the two seconds are spent in which a server ends: until then requests under way may be
 * answered; threads may come to their end; the jobs may. */
#define DRAIN_US (G_USEC_PER_SEC / 2)
#define THREADS_US (G_USEC_PER_SEC * 12 / 10)
#define SITE_US (G_USEC_PER_SEC * 18 / 10)

G_DEFINE_QUARK(lehrgaenge - web - error - quark, web_error)

const WebLimits web_limits = {
  .idle_s = WEB_IDLE_S,
  .tick = G_USEC_PER_SEC,
  .request = WEB_REQUEST_S * G_USEC_PER_SEC,
  .send = WEB_SEND_S * G_USEC_PER_SEC,
  .queued = WEB_QUEUED_S * G_USEC_PER_SEC,
  .answer = WEB_ANSWER_S * G_USEC_PER_SEC,
  .rest = WEB_REST_S * G_USEC_PER_SEC,
  .stream = WEB_STREAM_S * G_USEC_PER_SEC,
  .pace = G_USEC_PER_SEC,
  .beat = WEB_BEAT_S * G_USEC_PER_SEC,
  .threads = WEB_THREADS,
  .waiting = WEB_MAX_WAITING,
  .connections = WEB_MAX_CONNECTIONS,
  .streams = WEB_MAX_STREAMS,
};

struct Web {
  WebContext context;
  SharedSite *site;
  char *asked; /* identity_of() what it was made by */
  char *address;
  Origin *origin;
  Exchanges exchanges;
  struct MHD_Daemon *daemon;
  int fd; /* −1: none */
  guint port;
};

/* ── what a server is made by ── */

/* The pair's files, too: a certificate that was renewed is another one. Free with g_free(). */
static char *
identity_of(const Config *config) {
  const char *const files[] = { config->web.certificate, config->web.key };
  g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
  for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
    g_autofree char *content = NULL;
    gsize length = 0;
    if (files[i] != NULL && g_file_get_contents(files[i], &content, &length, NULL))
      g_checksum_update(sum, (const guchar *)content, (gssize)length);
    g_checksum_update(sum, (const guchar *)"", 1);
  }
  return g_strjoin("\n", config->web.listen != NULL ? config->web.listen : "", config->web.hosts,
                   config->web.trusted_proxies, g_checksum_get_string(sum), NULL);
}

bool
web_fits(const Web *web, const Config *config) {
  if (web == NULL || config->web.listen == NULL)
    return web == NULL && config->web.listen == NULL;
  autochar asked = identity_of(config);
  return strcmp(web->asked, asked) == 0;
}

typedef struct {
  char *certificate, *key; /* as PEM; NULL: without TLS */
} Pair;

static void
pair_clear(Pair *pair) {
  g_free(pair->certificate);
  g_free(pair->key);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pair, pair_clear)

static bool
read_pem(const char *path, char **pem, GError **error) {
  g_autoptr(GError) cause = NULL;
  if (g_file_get_contents(path, pem, NULL, &cause))
    return true;
  g_set_error(
      error, WEB_ERROR, WEB_ERROR_FAILED,
      "%s; put the PEM file there and let this user read it, or correct certificate and key "
      "in [web]",
      cause->message);
  return false;
}

/* What is allowed but unwise is said, and browsers will say it, too. */
static bool
read_pair(const Config *config, Clock *clock, Pair *pair, GError **error) {
  g_autoptr(GError) doubt = NULL;
  if (config->web.certificate == NULL)
    return true;
  if (!read_pem(config->web.certificate, &pair->certificate, error) ||
      !read_pem(config->web.key, &pair->key, error))
    return false;
  if (!certificate_check(config->web.certificate, config->web.key, clock_now(clock), &doubt))
    log_warning("web", "%s", doubt->message);
  return true;
}

/* ── the daemon ── */

/* Targets are taken apart by intake.h, from what came over the wire. */
static size_t
leave_as_it_is(void *data, struct MHD_Connection *connection, char *text) {
  (void)data, (void)connection;
  return strlen(text);
}

static struct MHD_Daemon *
start_daemon(Web *web, const WebLimits *limits, const Pair *pair) {
  struct MHD_OptionItem tls[] = {
    { MHD_OPTION_HTTPS_MEM_CERT, 0, pair->certificate },
    { MHD_OPTION_HTTPS_MEM_KEY, 0, pair->key },
    { MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)TLS_PRIORITIES },
    { MHD_OPTION_END, 0, NULL },
  };
  struct MHD_OptionItem *plain = &tls[G_N_ELEMENTS(tls) - 1];
  web->exchanges.tls = pair->certificate != NULL;
  return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
                              (web->exchanges.tls ? MHD_USE_TLS : 0),
                          0, NULL, NULL, exchange_on_request, &web->exchanges,
                          MHD_OPTION_LISTEN_SOCKET, web->fd, MHD_OPTION_CONNECTION_LIMIT,
                          (unsigned int)limits->connections, MHD_OPTION_CONNECTION_TIMEOUT,
                          (unsigned int)limits->idle_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                          (size_t)WEB_MEMORY, MHD_OPTION_NOTIFY_CONNECTION, exchange_on_connection,
                          &web->exchanges, MHD_OPTION_URI_LOG_CALLBACK, exchange_on_target,
                          &web->exchanges, MHD_OPTION_UNESCAPE_CALLBACK, leave_as_it_is, NULL,
                          MHD_OPTION_NOTIFY_COMPLETED, exchange_on_completed, &web->exchanges,
                          MHD_OPTION_ARRAY, web->exchanges.tls ? tls : plain, MHD_OPTION_END);
}

/* The same address: the same socket, so that nobody is turned away between two servers. */
static bool
open_socket(Web *web, const Web *before, guint backlog, GError **error) {
  if (before == NULL || strcmp(before->address, web->address) != 0)
    return (web->fd = listen_open(web->address, GROUP, EXAMPLE, (int)backlog, &web->port, error)) >=
           0;
  web->port = before->port;
  web->fd = fcntl(before->fd, F_DUPFD_CLOEXEC, 0);
  if (web->fd < 0)
    listen_complain(web->address, GROUP, EXAMPLE, errno, error);
  return web->fd >= 0;
}

static bool
each_tick(gpointer data) {
  Exchanges *exchanges = data;
  crew_expire(exchanges->crew);
  return refused_log_flush();
}

static bool
start(Web *web, const Web *before, const Config *config, const WebLimits *limits, GError **error) {
  g_auto(Pair) pair = { 0 };
  Exchanges *exchanges = &web->exchanges;
  *exchanges = (Exchanges){ .limits = limits, .origin = web->origin };
  exchanges->crew = crew_new(web->site, &web->context, limits);
  exchanges->streams = streams_new(web->site, &web->context, limits);
  if (!read_pair(config, web->context.clock, &pair, error) ||
      !open_socket(web, before, limits->connections, error) ||
      (exchanges->watch = watch_new(limits->tick, each_tick, exchanges, error)) == NULL)
    return false;
  web->daemon = start_daemon(web, limits, &pair);
  if (web->daemon != NULL)
    return true;
  if (pair.certificate != NULL)
    g_set_error(error, WEB_ERROR, WEB_ERROR_FAILED,
                "%s and %s cannot be used for TLS; give a certificate and its own key in [web], as "
                "PEM and without a passphrase",
                config->web.certificate, config->web.key);
  else
    listen_complain(web->address, GROUP, EXAMPLE, errno, error);
  return false;
}

static Web *
make(const Config *config, const WebContext *context, const WebLimits *limits, const Web *before,
     GError **error) {
  g_autoptr(Web) web = g_new0(Web, 1);
  web->context = *context;
  web->fd = -1;
  web->site = before != NULL ? shared_site_ref(before->site) : shared_site_new(context);
  web->asked = identity_of(config);
  web->address = g_strdup(config->web.listen);
  web->origin = origin_new(config);
  return start(web, before, config, limits, error) ? g_steal_pointer(&web) : NULL;
}

Web *
web_new_limited(const Config *config, const WebContext *context, const WebLimits *limits,
                GError **error) {
  return make(config, context, limits, NULL, error);
}

Web *
web_new(const Config *config, const WebContext *context, GError **error) {
  return make(config, context, &web_limits, NULL, error);
}

Web *
web_follow(const Web *before, const Config *config, GError **error) {
  return make(config, &before->context, before->exchanges.limits, before, error);
}

guint
web_port(const Web *web) {
  return web->port;
}

bool
web_is_tls(const Web *web) {
  return web->exchanges.tls;
}

/* ── the end ── */

/* libmicrohttpd wants no connection suspended at its end: the crew's and the streams' are resumed,
 * and none becomes so any more. */
static void
stop_daemon(Web *web, gint64 until) {
  MHD_quiesce_daemon(web->daemon);
  streams_end(web->exchanges.streams);
  crew_end(web->exchanges.crew, until);
  MHD_stop_daemon(web->daemon);
}

bool
web_free(Web *web) {
  if (web == NULL)
    return true;
  gint64 now = g_get_monotonic_time();
  if (web->daemon != NULL)
    stop_daemon(web, now + DRAIN_US);
  if (web->fd >= 0)
    close(web->fd);
  watch_free(web->exchanges.watch);
  bool all = crew_free(web->exchanges.crew, now + THREADS_US);
  all = streams_free(web->exchanges.streams, now + THREADS_US) && all;
  all = shared_site_unref_until(web->site, now + SITE_US) && all;
  origin_free(web->origin);
  g_free(web->asked);
  g_free(web->address);
  g_free(web);
  return all;
}
