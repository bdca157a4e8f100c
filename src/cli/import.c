/* `lehrgaenge import`: a manual import of one year, for the running service to do, or here and now.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/email.h"
#include "base/text.h"
#include "cli/plan.h"
#include "notify/notify.h"
#include "scheduler/import.h"
#include "service/open.h"

typedef struct {
  SessionOptions session;
  char *notify;
  gboolean allow_removals, now;
} Options;

static void
options_clear(Options *options) {
  session_options_clear(&options->session);
  g_free(options->notify);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

/* Texts borrowed. */
static ImportRequest
request_of(const Options *options, gint year) {
  return (ImportRequest){ .year = year,
                          .tenants = options->session.tenants,
                          .starter = (char *)session_starter(),
                          .email = options->notify != NULL ? options->notify : (char *)"",
                          .allow_removals = options->allow_removals };
}

/* ── asking for it ── */

static bool
check_notify(CommandContext *context, const char *address, int *code) {
  const Config *config = command_config(context);
  if (address == NULL)
    return true;
  if (!email_is_possible(address)) {
    *code = command_usage_error(context, "--notify %s is not an e-mail address", address);
    return false;
  }
  bool mails = !text_empty(config->notify.smtp) && !text_empty(config->notify.from);
  if (mails || config->notify.moodle_message)
    return true;
  command_error("%s: nobody can be told, because [notify] smtp and from are not set; set them, or "
                "leave --notify out",
                config->file);
  *code = EXIT_USAGE;
  return false;
}

static bool
check(CommandContext *context, const Options *options, gint *year, int *code) {
  if (options->session.year == NULL) {
    *code = command_usage_error(context, "import needs --year YEAR");
    return false;
  }
  return session_check(context, &options->session, year, code) &&
         check_notify(context, options->notify, code);
}

/* ── for the service ── */

static void
print_queued(const ImportRequest *request, gint64 id, bool json) {
  if (json) {
    command_print_json(json_pack("{s:I, s:s, s:i}", "task", (json_int_t)id, "state", "queued",
                                 "year", request->year));
    return;
  }
  autochar tenants =
      request->tenants != NULL ? g_strjoinv(", ", request->tenants) : g_strdup("all tenants");
  command_print("The import of %d (%s) is queued as task %" G_GINT64_FORMAT ".", request->year,
                tenants, id);
  command_print("The running service does it as soon as no other run is under way; lehrgaenge "
                "tasks tells\nhow far it is, lehrgaenge runs how it ended. Where no service runs: "
                "lehrgaenge tasks\ncancel %" G_GINT64_FORMAT ", and import again with --now.",
                id);
}

static int
queue(CommandContext *context, const Options *options, gint year) {
  g_autoptr(GError) error = NULL;
  g_autoptr(Store) store = open_store(command_config(context), &error);
  ImportRequest request = request_of(options, year);
  gint64 id = 0;
  if (store == NULL || !import_queue(store, &request, clock_now(context->clock), &id, &error))
    return command_failed(error);
  print_queued(&request, id, options->session.json);
  return EXIT_OK;
}

/* ── here and now ── */

/* Queues what the starter gets; the running service sends it. */
static void
notify_starter(CommandContext *context, const RunContext *run, const ImportRequest *request,
               const RunResult *result) {
  g_autoptr(GError) error = NULL;
  autochar why = result->holder != NULL
                     ? g_strdup_printf("another run held the lock: %s", result->holder)
                     : g_strdup(json_string_value(json_object_get(result->report, "error")));
  if (text_empty(request->email))
    return;
  if (!notify_import(run->store, run->config, request, result->status, result->report, why, true,
                     clock_now(context->clock), &error))
    command_error("%s cannot be told: %s", request->email, error->message);
}

static int
do_now(CommandContext *context, const Options *options, gint year) {
  int code;
  g_autoptr(Session) session = session_open(context, &options->session, false, &code);
  if (session == NULL)
    return code;
  const RunContext *run = session_run_context(session);
  RunRequest request = session_request(session);
  request.allow_removals = options->allow_removals;
  ImportRequest import = request_of(options, year);
  g_auto(RunResult) result = { 0 };
  g_autoptr(GError) error = NULL;
  bool recorded = run_sync(run, &request, &result, &error);
  session_quiet(session);
  if (recorded) {
    notify_starter(context, run, &import, &result);
    return sync_show(context, &result, options->session.json);
  }
  if (result.report != NULL)
    sync_show(context, &result, options->session.json);
  command_error("%s", error->message);
  return EXIT_FAILED;
}

static int
run(CommandContext *context, int argc, char **argv) {
  g_auto(Options) options = { 0 };
  const GOptionEntry entries[] = {
    SESSION_ENTRIES(options.session),
    { "notify", 0, 0, G_OPTION_ARG_FILENAME, &options.notify,
      "tell this address by mail when it has ended", "ADDRESS" },
    { "allow-removals", 0, 0, G_OPTION_ARG_NONE, &options.allow_removals,
      "do removals that the guard would hold", NULL },
    { "now", 0, 0, G_OPTION_ARG_NONE, &options.now,
      "do it here and now instead of leaving it to the service", NULL },
    { 0 },
  };
  int code;
  gint year;
  if (!command_parse(context, entries, 0, &argc, &argv, &code) ||
      !check(context, &options, &year, &code))
    return code;
  return options.now ? do_now(context, &options, year) : queue(context, &options, year);
}

const Command import_command = {
  .name = "import",
  .arguments =
      "--year YEAR [--tenant ABBR]… [--notify ADDRESS] [--allow-removals] [--now] [--json]",
  .summary = "import one year by hand",
  .description =
      "Queues the import of one year, of all tenants or some, for the running service. It is done\n"
      "as soon as no other run is under way, and tried again when it fails; after a day of "
      "waiting\n"
      "for others it is recorded as skipped. With --now it is done here, as lehrgaenge sync does.",
  .notes = "Examples:\n"
           "  lehrgaenge import --year 2025\n"
           "  lehrgaenge import --year 2025 -t FD -t KB --notify anna@example.org\n"
           "  lehrgaenge import --year 2025 --now\n"
           "\n"
           "Exit codes:\n"
           "  0   queued; with --now: all well\n"
           "  1   failed\n"
           "  2   usage or configuration\n"
           "With --now also:\n"
           "  3   partial: some tenants, Lehrgänge or people failed\n"
           "  4   removals held by the guard\n"
           "  75  another run holds the lock; the import is recorded as skipped",
  .run = run,
};
