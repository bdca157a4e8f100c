/* moodle-sim: a Moodle with IOMAD to try things out with, over an embedded one. Options in, one
 * line out, serve until a signal comes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "moodle/gateway.h"
#include "moodle_app.h"
#include "program.h"
#include "tenants.h"

#define DEFAULT_TOKEN "moodle-sim-token"
#define MAX_TOKEN 256

typedef struct {
  Program program;
  MoodleAppOptions app;
  char *moodle, *token, *token_file;
  char **without, **forbid, **lacks, **unknown, **assignable;
  gint64 student_role, service_user;
  gint max_input_vars;
  gboolean no_plugin, no_batch, hide_email, password_policy, exact_case;
} Options;

static void
options_clear(Options *options) {
  program_clear(&options->program);
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

static void
add_options(gpointer data, GOptionContext *context) {
  Options *options = data;
  const GOptionEntry entries[] = {
    { "moodle", 'm', 0, G_OPTION_ARG_FILENAME, &options->moodle, "The embedded Moodle's file",
      "FILE" },
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
    { "lose-reply-every", 0, 0, G_OPTION_ARG_INT, &options->program.server.faults.lose_reply_every,
      "Carry every Nth request out, then close the connection without an answer", "N" },
    { NULL },
  };
  g_option_context_add_main_entries(context, entries, NULL);
  g_option_context_set_description(context, description);
}

static const char *
find_mistake(gpointer data) {
  const Options *options = data;
  if (options->moodle == NULL)
    return "give the embedded Moodle's file: --moodle FILE";
  if (options->token != NULL && options->token_file != NULL)
    return "give either --token or --token-file";
  if (options->token != NULL && options->token[0] == '\0')
    return "--token must not be empty";
  if (options->student_role < 0 || options->service_user < 0 || options->max_input_vars < 0)
    return "--student-role, --service-user and --max-input-vars take positive numbers";
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
serve(gpointer data, GError **error) {
  Options *options = data;
  if (!read_token(options, error))
    return false;
  fill_in(options);
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
      server_new(&options->program.server, moodle_app_interface(app), clock_system(), error);
  if (server == NULL)
    return false;
  program_wait(&options->program, server);
  return true;
}

int
main(int argc, char **argv) {
  static const ProgramClass class = {
    .name = "moodle-sim",
    .summary = summary,
    .add_options = add_options,
    .find_mistake = find_mistake,
    .serve = serve,
  };
  g_auto(Options) options = { 0 };
  return program_main(&class, &options, argc, argv);
}
