/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/session.h"

#include <string.h>

#include "base/date.h"
#include "base/stop.h"
#include "base/text.h"
#include "cli/open.h"
#include "cli/progress.h"
#include "store/sqlite.h"
#include "sync/zms_source.h"

#define FIRST_YEAR 2012

struct Session {
  const Config *config;
  const SessionOptions *options;
  gint year;
  char *starter;
  Stop *stop;
  Store *store;
  Gateway *gateway;
  Zms *zms;
  Source *source;
  Progress *progress;
  char *phase; /* the one being shown */
  guint total;
  RunContext context;
};

void
session_options_clear(SessionOptions *options) {
  g_free(options->year);
  g_strfreev(options->tenants);
}

/* Called from the fetching threads. */
static void
on_fetch(guint listed, guint answered, gpointer data) {
  (void)listed;
  Session *session = data;
  if (answered > 0)
    progress_advance(session->progress, answered);
}

static void
on_progress(const char *phase, guint done, guint total, gpointer data) {
  Session *session = data;
  if (g_strcmp0(session->phase, phase) != 0 || session->total != total) {
    g_free(session->phase);
    session->phase = g_strdup(phase);
    session->total = total;
    progress_phase(session->progress, phase, total);
  }
  progress_set(session->progress, done);
}

static Store *
open_another_store(gpointer data, GError **error) {
  return open_store(data, error);
}

static bool
check_year(CommandContext *context, Session *session, int *code) {
  const char *text = session->options->year;
  if (text == NULL)
    return true;
  gint next = date_year_at(clock_now(context->clock), session->config->moodle.timezone) + 1;
  gint64 year = 0;
  if (!command_parse_id(text, &year) || year < FIRST_YEAR || year > next) {
    *code = command_usage_error(context, "--year %s is not a year from %d to %d", text, FIRST_YEAR,
                                next);
    return false;
  }
  session->year = (gint)year;
  return true;
}

static bool
check_tenants(CommandContext *context, const Session *session, int *code) {
  for (char **abbr = session->options->tenants; abbr != NULL && *abbr != NULL; abbr++) {
    const ConfigTenant *tenant = config_tenant(session->config, *abbr);
    if (tenant == NULL) {
      *code = command_usage_error(
          context, "no tenant “%s” is configured; lehrgaenge tenants lists them", *abbr);
      return false;
    }
    if (text_empty(tenant->apikey)) {
      *code = command_usage_error(
          context, "tenant “%s” has no apikey; set apikey-file in its [tenant %s] group", *abbr,
          *abbr);
      return false;
    }
  }
  return true;
}

/* A plan asked for before the first run has nothing to look up, and is to leave nothing behind. */
static bool
open_session_store(Session *session, bool look_only, GError **error) {
  if (!look_only) {
    session->store = open_store(session->config, error);
    return session->store != NULL;
  }
  if (!open_store_existing(session->config, &session->store, error))
    return false;
  if (session->store == NULL)
    session->store = store_sqlite_open(":memory:", error);
  return session->store != NULL;
}

static bool
open_all(CommandContext *context, Session *session, bool look_only, GError **error) {
  session->zms = open_zms(session->config, context->clock, session->stop, error);
  if (session->zms == NULL)
    return false;
  session->gateway = open_gateway(session->config, context->clock, session->stop,
                                  context->verbosity > 1 ? OPEN_TRACE : 0, error);
  return session->gateway != NULL && open_session_store(session, look_only, error);
}

static const char *
user_name(void) {
  const char *name = g_get_user_name();
  return text_empty(name) ? "somebody" : name;
}

Session *
session_open(CommandContext *context, const SessionOptions *options, bool look_only, int *code) {
  g_autoptr(Session) session = g_new0(Session, 1);
  session->options = options;
  session->config = command_config(context);
  *code = EXIT_USAGE;
  if (session->config == NULL || !check_year(context, session, code) ||
      !check_tenants(context, session, code))
    return NULL;
  session->stop = stop_on_signals();
  g_autoptr(GError) error = NULL;
  if (!open_all(context, session, look_only, &error)) {
    *code = command_failed(error);
    return NULL;
  }
  session->starter = g_strdup_printf("%s", user_name());
  session->progress = progress_new(stderr, context->clock);
  session->source =
      zms_source_new(session->zms, session->config, context->clock, on_fetch, session);
  session->context = (RunContext){
    .config = session->config,
    .gateway = session->gateway,
    .store = session->store,
    .source = session->source,
    .zms = session->zms,
    .clock = context->clock,
    .stop = session->stop,
    .open_store = open_another_store,
    .open_data = (gpointer)session->config,
    .progress = on_progress,
    .user_data = session,
  };
  return g_steal_pointer(&session);
}

void
session_free(Session *session) {
  if (session == NULL)
    return;
  progress_free(session->progress);
  if (session->source != NULL)
    zms_source_free(session->source);
  zms_free(session->zms);
  gateway_free(session->gateway);
  store_free(session->store);
  g_free(session->phase);
  g_free(session->starter);
  g_free(session);
}

const RunContext *
session_run_context(const Session *session) {
  return &session->context;
}

RunRequest
session_request(const Session *session) {
  return (RunRequest){ .year = session->year,
                       .tenants = (const char *const *)session->options->tenants,
                       .triggeredby = session->starter };
}

void
session_quiet(Session *session) {
  progress_end(session->progress);
  g_clear_pointer(&session->phase, g_free);
}
