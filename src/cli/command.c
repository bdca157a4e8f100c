/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/command.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "api/api_error.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/help.h"
#include "moodle/gateway.h"

/* ── words to the user ── */

static void
error_lines(const char *prefix, const char *message) {
  autochar clean = text_redact(message);
  g_strchomp(clean);
  g_auto(GStrv) lines = g_strsplit(clean, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    fprintf(stderr, "%s: %s\n", prefix, *line);
}

void
command_error(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  autochar message = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  error_lines(HELP_PROGRAM, message);
}

int
command_failed(const GError *error) {
  bool configuration = error->domain == CONFIG_ERROR ||
                       g_error_matches(error, API_ERROR, API_ERROR_CONFIG) ||
                       g_error_matches(error, GATEWAY_ERROR, GATEWAY_ERROR_CONFIG);
  command_error("%s", error->message);
  return configuration ? EXIT_USAGE : EXIT_FAILED;
}

int
command_usage_error(const CommandContext *context, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  autochar message = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  const char *blank = context->command == NULL ? "" : " ";
  const char *name = context->command == NULL ? "" : context->command->name;
  autochar display = text_display(message, -1, 512);
  g_strdelimit(display, "\n", ' ');
  command_error("%s%s%s; see %s%s%s --help", name, *name == '\0' ? "" : ": ", display, HELP_PROGRAM,
                blank, name);
  return EXIT_USAGE;
}

void
command_print(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  autochar message = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  autochar clean = text_redact(message);
  fprintf(stdout, "%s\n", clean);
}

/* A copy of `value` whose texts are blotted out: after dumping, a secret with a quote in it would
 * no longer be found. */
static json_t *
redacted(const json_t *value) {
  if (json_is_string(value)) {
    autochar clean = text_redact(json_string_value(value));
    return json_string(clean);
  }
  if (json_is_array(value)) {
    json_t *copy = json_array();
    for (size_t i = 0; i < json_array_size(value); i++)
      json_array_append_new(copy, redacted(json_array_get(value, i)));
    return copy;
  }
  if (json_is_object(value)) {
    json_t *copy = json_object();
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)value, key, member)
        json_object_set_new(copy, key, redacted(member));
    return copy;
  }
  return json_deep_copy(value);
}

void
command_print_json(json_t *document) {
  json_t *clean = redacted(document);
  json_dumpf(clean, stdout, JSON_INDENT(2));
  fputc('\n', stdout);
  json_decref(clean);
  json_decref(document);
}

/* ── options ── */

static gboolean
count_verbose(const gchar *option, const gchar *value, gpointer data, GError **error) {
  (void)option, (void)value, (void)error;
  CommandContext *context = data;
  context->verbosity++;
  return TRUE;
}

typedef struct {
  char *config_path;
  gboolean help, version;
} Globals;

enum { GLOBAL_ENTRIES = 5 };

static void
global_entries(GOptionEntry entries[GLOBAL_ENTRIES], Globals *globals, bool with_version) {
  guint n = 0;
  entries[n++] = (GOptionEntry){
    "config", 'c', 0, G_OPTION_ARG_FILENAME, &globals->config_path, "read this configuration",
    "FILE"
  };
  entries[n++] = (GOptionEntry){ "verbose",
                                 'v',
                                 G_OPTION_FLAG_NO_ARG,
                                 G_OPTION_ARG_CALLBACK,
                                 (gpointer)count_verbose,
                                 "log what is done to standard error; twice: in every detail",
                                 NULL };
  entries[n++] =
      (GOptionEntry){ "help", 'h', 0, G_OPTION_ARG_NONE, &globals->help, "show this help and end",
                      NULL };
  if (with_version)
    entries[n++] = (GOptionEntry){
      "version", 0, 0, G_OPTION_ARG_NONE, &globals->version, "show the version and end", NULL
    };
  entries[n] = (GOptionEntry){ 0 };
}

/* Reads options up to the first other argument (`strict`), or wherever they stand. */
static bool
read_options(CommandContext *context, const GOptionEntry *own, const GOptionEntry *global,
             bool strict, int *argc, char ***argv, GError **error) {
  g_autoptr(GOptionContext) options = g_option_context_new(NULL);
  GOptionGroup *group = g_option_group_new("main", "", "", context, NULL);
  g_option_group_add_entries(group, global);
  if (own != NULL)
    g_option_group_add_entries(group, own);
  g_option_context_set_main_group(options, group);
  g_option_context_set_help_enabled(options, FALSE);
  g_option_context_set_strict_posix(options, strict);
  return g_option_context_parse(options, argc, argv, error);
}

static void
take_globals(CommandContext *context, Globals *globals) {
  if (globals->config_path != NULL) {
    g_free(context->config_path);
    context->config_path = g_steal_pointer(&globals->config_path);
  }
  if (context->verbosity > 0)
    log_set_level(context->verbosity > 1 ? LOG_DEBUG : LOG_INFO);
}

static int
option_error(const CommandContext *context, const GError *error) {
  autochar message = g_strdup(error->message);
  *message = g_ascii_tolower(*message);
  return command_usage_error(context, "%s", message);
}

bool
command_start(CommandContext *context, const Command *const *commands, int *argc, char ***argv,
              int *code) {
  Globals globals = { 0 };
  GOptionEntry entries[GLOBAL_ENTRIES];
  global_entries(entries, &globals, true);
  g_autoptr(GError) error = NULL;
  if (!read_options(context, NULL, entries, true, argc, argv, &error)) {
    *code = option_error(context, error);
    return false;
  }
  take_globals(context, &globals);
  context->help = globals.help;
  if (globals.version) {
    fputs(HELP_PROGRAM " " LGS_VERSION "\n", stdout);
    *code = EXIT_OK;
    return false;
  }
  bool bare_help = *argc == 2 && strcmp((*argv)[1], "help") == 0;
  if (*argc < 2 || bare_help) {
    bool asked = globals.help || bare_help;
    help_overview(asked ? stdout : stderr, commands, entries);
    *code = asked ? EXIT_OK : EXIT_USAGE;
    return false;
  }
  (*argc)--;
  (*argv)++;
  return true;
}

/* GLib leaves the "--" that ends the options standing when other arguments come before it. */
static void
drop_separator(int *argc, char **argv) {
  int kept = 0;
  bool dropped = false;
  for (int i = 0; i < *argc; i++) {
    if (!dropped && strcmp(argv[i], "--") == 0)
      dropped = true;
    else
      argv[kept++] = argv[i];
  }
  *argc = kept;
}

bool
command_parse(CommandContext *context, const GOptionEntry *entries, int most, int *argc,
              char ***argv, int *code) {
  Globals globals = { 0 };
  GOptionEntry global[GLOBAL_ENTRIES];
  global_entries(global, &globals, false);
  g_autoptr(GError) error = NULL;
  if (!read_options(context, entries, global, false, argc, argv, &error)) {
    *code = option_error(context, error);
    return false;
  }
  take_globals(context, &globals);
  if (globals.help || context->help) {
    help_command(stdout, context->command, entries, global);
    *code = EXIT_OK;
    return false;
  }
  drop_separator(argc, *argv);
  if (*argc - 1 > most) {
    *code = command_usage_error(context, "unexpected argument “%s”", (*argv)[most + 1]);
    return false;
  }
  return true;
}

bool
command_parse_id(const char *text, gint64 *id) {
  guint64 value = 0;
  if (!g_ascii_string_to_unsigned(text, 10, 1, G_MAXINT64, &value, NULL))
    return false;
  *id = (gint64)value;
  return true;
}

/* ── configuration ── */

static void
set_no_config(const CommandContext *context, const char *path, GError **error) {
  if (context->config_path != NULL || g_getenv("LEHRGAENGE_CONFIG") != NULL)
    g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_FILE,
                "there is no configuration file %s; name yours with --config FILE", path);
  else
    g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_FILE,
                "no configuration found: neither ./lehrgaenge.conf nor %s is there; name yours "
                "with --config FILE or in "
                "LEHRGAENGE_CONFIG",
                path);
}

const Config *
command_config_read(CommandContext *context, GError **error) {
  if (context->config != NULL)
    return context->config;
  autochar path =
      context->config_path != NULL ? g_strdup(context->config_path) : config_default_path();
  if (access(path, F_OK) != 0 && errno == ENOENT)
    set_no_config(context, path, error);
  else
    context->config = config_load(path, error);
  return context->config;
}

const Config *
command_config(CommandContext *context) {
  g_autoptr(GError) error = NULL;
  const Config *config = command_config_read(context, &error);
  if (config == NULL)
    command_error("%s", error->message);
  return config;
}

/* ── the end ── */

static bool
reader_gone(void) {
  struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
  return poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP)) != 0;
}

int
command_finish(CommandContext *context, int code) {
  config_free(context->config);
  context->config = NULL;
  g_clear_pointer(&context->config_path, g_free);
  errno = 0;
  if ((fflush(stdout) != 0 || ferror(stdout)) && !reader_gone()) {
    command_error("cannot write to standard output: %s",
                  errno != 0 ? g_strerror(errno) : "not all of it was taken");
    return code == EXIT_OK ? EXIT_FAILED : code;
  }
  return code;
}
