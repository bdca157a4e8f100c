/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/session.h"

#include <string.h>

#include "base/date.h"
#include "base/stop.h"
#include "base/text.h"
#include "cli/progress.h"
#include "scheduler/import.h"
#include "service/runner.h"

struct Session {
  const Config *config;
  const SessionOptions *options;
  gint year;
  char *starter;
  Stop *stop;
  Runner *runner;
  Progress *progress;
  char *phase; /* the one being shown */
  guint total;
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

static bool
check_year(CommandContext *context, const Config *config, const char *text, gint *year, int *code) {
  *year = 0;
  if (text == NULL)
    return true;
  gint next = date_year_at(clock_now(context->clock), config->moodle.timezone) + 1;
  gint64 number = 0;
  if (!command_parse_id(text, &number) || number < IMPORT_FIRST_YEAR || number > next) {
    *code = command_usage_error(context, "--year %s is not a year from %d to %d", text,
                                IMPORT_FIRST_YEAR, next);
    return false;
  }
  *year = (gint)number;
  return true;
}

static bool
check_tenants(CommandContext *context, const Config *config, char *const *abbr, int *code) {
  for (; abbr != NULL && *abbr != NULL; abbr++) {
    const ConfigTenant *tenant = config_tenant(config, *abbr);
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

bool
session_check(CommandContext *context, const SessionOptions *options, gint *year, int *code) {
  const Config *config = command_config(context);
  *code = EXIT_USAGE;
  return config != NULL && check_year(context, config, options->year, year, code) &&
         check_tenants(context, config, options->tenants, code);
}

const char *
session_starter(void) {
  const char *name = g_get_user_name();
  return text_empty(name) ? "somebody" : name;
}

Session *
session_open(CommandContext *context, const SessionOptions *options, bool look_only, int *code) {
  g_autoptr(Session) session = g_new0(Session, 1);
  session->options = options;
  if (!session_check(context, options, &session->year, code))
    return NULL;
  session->config = command_config(context);
  session->stop = stop_on_signals();
  session->starter = g_strdup(session_starter());
  session->progress = progress_new(stderr, context->clock);
  g_autoptr(GError) error = NULL;
  RunnerFlags flags =
      (context->verbosity > 1 ? RUNNER_TRACE : 0) | (look_only ? RUNNER_LOOK_ONLY : 0);
  RunnerHooks hooks = { on_fetch, on_progress, session };
  session->runner =
      runner_open(session->config, context->clock, session->stop, flags, &hooks, &error);
  if (session->runner == NULL) {
    *code = command_failed(error);
    return NULL;
  }
  return g_steal_pointer(&session);
}

void
session_free(Session *session) {
  if (session == NULL)
    return;
  progress_free(session->progress);
  runner_free(session->runner);
  g_free(session->phase);
  g_free(session->starter);
  g_free(session);
}

const RunContext *
session_run_context(const Session *session) {
  return runner_context(session->runner);
}

RunRequest
session_request(const Session *session) {
  return (RunRequest){ .year = session->year,
                       .tenants = (const char *const *)session->options->tenants,
                       .triggeredby = session->starter,
                       .record_skip = true };
}

void
session_quiet(Session *session) {
  progress_end(session->progress);
  g_clear_pointer(&session->phase, g_free);
}
