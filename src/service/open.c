/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "service/open.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "moodle/embedded/embedded.h"
#include "moodle/webservice/webservice.h"
#include "moodle/wrap/trace.h"
#include "store/postgres.h"
#include "store/sqlite.h"

/* ── store ── */

static bool
is_url(const char *where) {
  return g_str_has_prefix(where, "postgresql://") || g_str_has_prefix(where, "postgres://");
}

Store *
open_store_at(const char *where, GError **error) {
  return is_url(where) ? store_postgres_open(where, error) : store_sqlite_open(where, error);
}

bool
open_store_existing_at(const char *where, Store **store, GError **error) {
  *store = NULL;
  if (!is_url(where) && access(where, F_OK) != 0 && errno == ENOENT)
    return true;
  *store = open_store_at(where, error);
  return *store != NULL;
}

static const char *
where_of(const Config *config) {
  return text_empty(config->store.url) ? config->store.path : config->store.url;
}

Store *
open_store(const Config *config, GError **error) {
  return open_store_at(where_of(config), error);
}

bool
open_store_existing(const Config *config, Store **store, GError **error) {
  return open_store_existing_at(where_of(config), store, error);
}

/* ── Moodle ── */

typedef struct {
  Clock *clock;
  const Stop *stop;
  bool lenient;
} Opening;

static Gateway *
open_embedded(const Config *config, const Opening *opening, GError **error) {
  EmbeddedOptions options = { .student_role = config->moodle.student_role };
  return embedded_open(config->moodle.path, &options, opening->clock, error);
}

static Gateway *
open_webservice(const Config *config, const Opening *opening, GError **error) {
  WebserviceOptions options = {
    .url = config->moodle.url,
    .token = config->moodle.token,
    .ca_file = config->moodle.ca_file,
    .student_role = config->moodle.student_role,
    .connections = (guint)config->moodle.connections,
    .timeout_s = (guint)config->moodle.timeout,
    .copy_timeout_s = (guint)config->moodle.copy_timeout,
    .attempts = (guint)config->moodle.attempts,
    .max_body = (gsize)config->moodle.max_body_mib * 1024 * 1024,
    .shared_emails = config->moodle.shared_emails,
    .timezone = config->moodle.timezone_name,
    .lenient = opening->lenient,
  };
  return webservice_open(&options, opening->clock, opening->stop, error);
}

/* As in the table of configuration keys. */
static const struct {
  const char *name;
  Gateway *(*open)(const Config *config, const Opening *opening, GError **error);
} backends[] = {
  { "embedded", open_embedded },
  { "webservice", open_webservice },
};

Gateway *
open_gateway(const Config *config, Clock *clock, const Stop *stop, OpenFlags flags,
             GError **error) {
  Opening opening = { .clock = clock, .stop = stop, .lenient = (flags & OPEN_LENIENT) != 0 };
  for (gsize i = 0; i < G_N_ELEMENTS(backends); i++) {
    if (strcmp(backends[i].name, config->moodle.backend) != 0)
      continue;
    Gateway *gateway = backends[i].open(config, &opening, error);
    return gateway != NULL && (flags & OPEN_TRACE) != 0 ? trace_gateway_new(gateway) : gateway;
  }
  g_assert_not_reached();
}

/* ── ZMS ── */

bool
open_zms_configured(const Config *config, GError **error) {
  if (!text_empty(config->zms.baseurl))
    return true;
  g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_VALUE,
              "%s: [zms] baseurl is not set; write the address of ZMS there", config->file);
  return false;
}

Zms *
open_zms(const Config *config, Clock *clock, const Stop *stop, GError **error) {
  if (!open_zms_configured(config, error) ||
      !config_check_general_certificate(config, clock_now(clock), error))
    return NULL;
  ZmsOptions options = zms_default_options;
  options.baseurl = config->zms.baseurl;
  options.ca_file = config->zms.ca_file;
  options.timeout_s = (guint)config->zms.timeout;
  options.gap_ms = (guint)config->zms.requestdelayms;
  options.connections = (guint)config->zms.connections;
  options.attempts = (guint)config->zms.attempts;
  options.max_body = (gsize)config->zms.max_body_mib * 1024 * 1024;
  options.max_retry_after_s = config->zms.max_retry_after;
  return zms_new(&options, clock, stop, error);
}

ZmsTenant *
open_zms_tenant(Zms *zms, const ConfigTenant *tenant, GError **error) {
  ZmsCredentials credentials = { .token = tenant->apikey,
                                 .certificate = tenant->certificate,
                                 .key = tenant->key };
  return zms_tenant_new(zms, &credentials, error);
}
