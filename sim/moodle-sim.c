/* moodle-sim: a Moodle with IOMAD to try things out with, over an embedded one. Options in, one
 * line out, serve until a signal comes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "moodle/gateway.h"
#include "moodle_app.h"
#include "tenants.h"

enum { EXIT_USAGE = 2 };

#define DEFAULT_TOKEN "moodle-sim-token"
#define MAX_TOKEN 256

typedef struct {
  ServerOptions server;
  MoodleAppOptions app;
  char *address, *certificate, *key, *moodle, *token, *token_file;
  char **without, **forbid, **lacks, **unknown, **assignable;
  gint64 student_role, service_user;
  gint max_input_vars;
  gboolean no_plugin, no_batch, hide_email, password_policy, exact_case, version;
} Options;

static void
options_clear(Options *options) {
  g_free(options->address);
  g_free(options->certificate);
  g_free(options->key);
  g_free(options->moodle);
  g_free(options->token);
  g_free(options->token_file);
  g_strfreev(options->without);
  g_strfreev(options->forbid);
  g_strfreev(options->lacks);
  g_strfreev(options->unknown);
  g_strfreev(options->assignable);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static const char summary[] =
    "Speaks the web services of a Moodle with IOMAD over an embedded Moodle's file, for tests and\n"
    "rehearsals, on this machine only. Several programs may use the file at once.";

static const char description[] =
    "The address to configure is the one printed at the start; the web services are at\n"
    "  POST /webservice/rest/server.php\n"
    "\n"
    "Below /__, without a token:\n"
    "  GET    /__stats                      what has been asked so far, as JSON\n"
    "  PUT    /__control/maintenance?mode=off|site|cli\n"
    "  PUT    /__control/status?status=502|none           answer everything so\n"
    "  PUT    /__control/lose?function=NAME[&nth=N]       carry the Nth call out, answer nothing\n"
    "  PUT    /__control/fail?function=NAME&errorcode=CODE[&nth=N]\n"
    "                                       answer the Nth call with that exception\n"
    "  PUT    /__control/invalid?function=NAME[&nth=N]    carry it out, answer invalidresponse\n"
    "  DELETE /__control                    as it was at the start\n"
    "\n"
    "Example: moodle-sim --moodle moodle.db --port 8480 --token-file token --lose-reply-every 20\n";

static GOptionContext *
make_context(Options *options) {
  FaultsOptions *faults = &options->server.faults;
  const GOptionEntry entries[] = {
    { "moodle", 'm', 0, G_OPTION_ARG_FILENAME, &options->moodle, "The embedded Moodle's file",
      "FILE" },
    { "port", 'p', 0, G_OPTION_ARG_INT, &options->server.port,
      "Port; 0 (default) takes any free one", "N" },
    { "address", 0, 0, G_OPTION_ARG_STRING, &options->address,
      "Loopback address (default 127.0.0.1)", "A" },
    { "tls-cert", 0, 0, G_OPTION_ARG_FILENAME, &options->certificate, "Certificate for HTTPS, PEM",
      "FILE" },
    { "certificate", 0, 0, G_OPTION_ARG_FILENAME, &options->certificate, "The same as --tls-cert",
      "FILE" },
    { "tls-key", 0, 0, G_OPTION_ARG_FILENAME, &options->key, "Its key, PEM", "FILE" },
    { "key", 0, 0, G_OPTION_ARG_FILENAME, &options->key, "The same as --tls-key", "FILE" },
    { "token", 't', 0, G_OPTION_ARG_STRING, &options->token,
      "The service's token (default " DEFAULT_TOKEN ")", "T" },
    { "token-file", 0, 0, G_OPTION_ARG_FILENAME, &options->token_file, "Read it from a file",
      "FILE" },
    { "student-role", 0, 0, G_OPTION_ARG_INT64, &options->student_role,
      "The student role's id (default 5)", "ID" },
    { "service-user", 0, 0, G_OPTION_ARG_INT64, &options->service_user,
      "Whose token it is (default: the administrator)", "ID" },
    { "no-plugin", 0, 0, G_OPTION_ARG_NONE, &options->no_plugin,
      "Without the companion plugin local_lehrgaenge", NULL },
    { "no-batch", 0, 0, G_OPTION_ARG_NONE, &options->no_batch,
      "Without tool_mobile_call_external_functions", NULL },
    { "without", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->without,
      "Leave a function out of the service; may be repeated", "FUNCTION" },
    { "forbid", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->forbid,
      "Refuse a function for lack of a capability; may be repeated", "FUNCTION" },
    { "lacks", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->lacks,
      "Tell that the service's role lacks a capability; may be repeated", "CAPABILITY" },
    { "unknown", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->unknown,
      "Tell that the site does not know a capability; may be repeated", "CAPABILITY" },
    { "assignable", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->assignable,
      "Tell that the role of this short name may be assigned (default: the student role); may be "
      "repeated",
      "ROLE" },
    { "hide-email", 0, 0, G_OPTION_ARG_NONE, &options->hide_email,
      "The service may not see others' e-mail addresses", NULL },
    { "password-policy", 0, 0, G_OPTION_ARG_NONE, &options->password_policy,
      "With Moodle's default password policy", NULL },
    { "exact-case", 0, 0, G_OPTION_ARG_NONE, &options->exact_case,
      "Compare texts as on PostgreSQL; MariaDB ignores case", NULL },
    { "max-input-vars", 0, 0, G_OPTION_ARG_INT, &options->max_input_vars,
      "Parameters of a request that PHP reads (default 1000)", "N" },
    { "latency-ms", 0, 0, G_OPTION_ARG_INT, &faults->latency_ms, "Answer only after N milliseconds",
      "N" },
    { "rate", 0, 0, G_OPTION_ARG_INT, &faults->rate,
      "Answer 429 to more than N requests per second", "N" },
    { "fail-every", 0, 0, G_OPTION_ARG_INT, &faults->fail_every,
      "Answer every Nth request with 500", "N" },
    { "stall-every", 0, 0, G_OPTION_ARG_INT, &faults->stall_every,
      "Leave every Nth request without an answer for two minutes", "N" },
    { "truncate-every", 0, 0, G_OPTION_ARG_INT, &faults->truncate_every,
      "Break off every Nth answer in the middle", "N" },
    { "garbage-every", 0, 0, G_OPTION_ARG_INT, &faults->garbage_every,
      "Answer every Nth request with 200 and no JSON", "N" },
    { "drop-every", 0, 0, G_OPTION_ARG_INT, &faults->drop_every,
      "Close the connection on every Nth request", "N" },
    { "lose-reply-every", 0, 0, G_OPTION_ARG_INT, &faults->lose_reply_every,
      "Carry every Nth request out, then close the connection without an answer", "N" },
    { "version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Show the version", NULL },
    { NULL },
  };
  GOptionContext *context = g_option_context_new(NULL);
  g_option_context_add_main_entries(context, entries, NULL);
  g_option_context_set_summary(context, summary);
  g_option_context_set_description(context, description);
  return context;
}

static bool
faults_are_positive(const FaultsOptions *faults) {
  return faults->rate >= 0 && faults->fail_every >= 0 && faults->stall_every >= 0 &&
         faults->truncate_every >= 0 && faults->garbage_every >= 0 && faults->drop_every >= 0 &&
         faults->lose_reply_every >= 0;
}

/* NULL when all is well, else what is wrong. */
static const char *
find_mistake(const Options *options, int rest) {
  const FaultsOptions *faults = &options->server.faults;
  if (rest > 0)
    return "there are only options, no further words";
  if (options->moodle == NULL)
    return "give the embedded Moodle's file: --moodle FILE";
  if (options->server.port < 0 || options->server.port > 65535)
    return "--port must be from 0 to 65535";
  if ((options->certificate == NULL) != (options->key == NULL))
    return "--tls-cert and --tls-key belong together";
  if (options->token != NULL && options->token_file != NULL)
    return "give either --token or --token-file";
  if (options->token != NULL && options->token[0] == '\0')
    return "--token must not be empty";
  if (options->student_role < 0 || options->service_user < 0 || options->max_input_vars < 0)
    return "--student-role, --service-user and --max-input-vars take positive numbers";
  if (faults->latency_ms < 0 || faults->latency_ms > SERVER_STALL_S * 1000)
    return "--latency-ms must be from 0 to 120000";
  if (!faults_are_positive(faults))
    return "--rate and the --…-every options take positive numbers";
  return NULL;
}

static bool
read_token(Options *options, GError **error) {
  if (options->token_file == NULL)
    return true;
  gsize length = 0;
  if (!g_file_get_contents(options->token_file, &options->token, &length, error))
    return false;
  g_strstrip(options->token);
  if (options->token[0] != '\0' && length <= MAX_TOKEN)
    return true;
  g_set_error(error, SIM_ERROR, SIM_ERROR_USAGE, "%s holds no token", options->token_file);
  return false;
}

static void
fill_in(Options *options) {
  options->server.address = options->address != NULL ? options->address : "127.0.0.1";
  options->server.certificate = options->certificate;
  options->server.key = options->key;
  options->app = (MoodleAppOptions){
    .token = options->token != NULL ? options->token : DEFAULT_TOKEN,
    .student_role = options->student_role,
    .plugin = !options->no_plugin,
    .batch = !options->no_batch,
    .without = (const char *const *)options->without,
    .forbid = (const char *const *)options->forbid,
    .lacks = (const char *const *)options->lacks,
    .unknown = (const char *const *)options->unknown,
    .assignable = (const char *const *)options->assignable,
    .hide_email = options->hide_email,
    .password_policy = options->password_policy,
    .max_input_vars = (guint)options->max_input_vars,
    .service_user = options->service_user,
    .exact_case = options->exact_case,
  };
}

static bool
read_options(Options *options, int argc, char **argv, GError **error) {
  g_autoptr(GOptionContext) context = make_context(options);
  if (!g_option_context_parse(context, &argc, &argv, error))
    return false;
  const char *mistake = options->version ? NULL : find_mistake(options, argc - 1);
  if (mistake != NULL) {
    g_set_error_literal(error, SIM_ERROR, SIM_ERROR_USAGE, mistake);
    return false;
  }
  if (!read_token(options, error))
    return false;
  fill_in(options);
  return true;
}

static bool
serve(const Options *options, const sigset_t *signals, GError **error) {
  if (!g_file_test(options->moodle, G_FILE_TEST_EXISTS)) {
    g_set_error(
        error, SIM_ERROR, SIM_ERROR_NETWORK,
        "%s is not there; make it with: lehrgaenge moodle init (its [moodle] path names it)",
        options->moodle);
    return false;
  }
  g_autoptr(MoodleApp) app = moodle_app_new(options->moodle, &options->app, clock_system(), error);
  if (app == NULL)
    return false;
  g_autoptr(Server) server =
      server_new(&options->server, moodle_app_interface(app), clock_system(), error);
  if (server == NULL)
    return false;
  printf("moodle-sim: listening on %s\n", server_url(server));
  fflush(stdout);
  int signal;
  sigwait(signals, &signal);
  return true;
}

int
main(int argc, char **argv) {
  /* Blocked before any thread exists, so that all inherit it and only the sigwait() above sees
   * them. */
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, NULL);
  signal(SIGPIPE, SIG_IGN);

  setlocale(LC_CTYPE, ""); /* for the help text alone */
  g_auto(Options) options = { 0 };
  g_autoptr(GError) error = NULL;
  if (!read_options(&options, argc, argv, &error)) {
    fprintf(stderr, "moodle-sim: %s; see moodle-sim --help\n", error->message);
    return EXIT_USAGE;
  }
  if (options.version) {
    puts("moodle-sim " LGS_VERSION);
    return EXIT_SUCCESS;
  }
  if (!serve(&options, &signals, &error)) {
    fprintf(stderr, "moodle-sim: %s\n", error->message);
    return g_error_matches(error, SIM_ERROR, SIM_ERROR_USAGE) ? EXIT_USAGE : EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
