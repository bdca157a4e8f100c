/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/open.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "moodle/embedded/embedded.h"
#include "moodle/webservice/webservice.h"
#include "moodle/wrap/trace.h"
#include "store/sqlite.h"

/* ── store ── */

static bool
check_store_kind(const Config *config, GError **error) {
  if (text_empty(config->store.url))
    return true;
  g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_VALUE,
              "%s: [store] url is for PostgreSQL, which this build does not have; give [store] "
              "path instead",
              config->file);
  return false;
}

Store *
open_store(const Config *config, GError **error) {
  if (!check_store_kind(config, error))
    return NULL;
  return store_sqlite_open(config->store.path, error);
}

bool
open_store_existing(const Config *config, Store **store, GError **error) {
  *store = NULL;
  if (!check_store_kind(config, error))
    return false;
  if (access(config->store.path, F_OK) != 0 && errno == ENOENT)
    return true;
  *store = store_sqlite_open(config->store.path, error);
  return *store != NULL;
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

Zms *
open_zms(const Config *config, Clock *clock, const Stop *stop, GError **error) {
  if (text_empty(config->zms.baseurl)) {
    g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_VALUE,
                "%s: [zms] baseurl is not set; write the address of ZMS there", config->file);
    return NULL;
  }
  if (!config_check_general_certificate(config, clock_now(clock), error))
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
