/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "program.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "tenants.h"

enum { EXIT_USAGE = 2 };

void
program_clear(Program *program) {
  g_free(program->address);
  g_free(program->certificate);
  g_free(program->key);
}

static void
add_options(Program *program, GOptionContext *context) {
  FaultsOptions *faults = &program->server.faults;
  const GOptionEntry entries[] = {
    { "port", 'p', 0, G_OPTION_ARG_INT, &program->server.port,
      "Port; 0 (default) takes any free one", "N" },
    { "address", 0, 0, G_OPTION_ARG_STRING, &program->address,
      "Loopback address (default 127.0.0.1)", "A" },
    { "tls-cert", 0, 0, G_OPTION_ARG_FILENAME, &program->certificate, "Certificate for HTTPS, PEM",
      "FILE" },
    { "certificate", 0, 0, G_OPTION_ARG_FILENAME, &program->certificate, "The same as --tls-cert",
      "FILE" },
    { "tls-key", 0, 0, G_OPTION_ARG_FILENAME, &program->key, "Its key, PEM", "FILE" },
    { "key", 0, 0, G_OPTION_ARG_FILENAME, &program->key, "The same as --tls-key", "FILE" },
    { "latency-ms", 0, 0, G_OPTION_ARG_INT, &faults->latency_ms, "Answer only after N milliseconds",
      "N" },
    { "rate", 0, 0, G_OPTION_ARG_INT, &faults->rate,
      "Answer 429 to more than N requests per second with one token", "N" },
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
    { "version", 0, 0, G_OPTION_ARG_NONE, &program->version, "Show the version", NULL },
    { NULL },
  };
  g_option_context_add_main_entries(context, entries, NULL);
}

static bool
faults_are_positive(const FaultsOptions *faults) {
  return faults->rate >= 0 && faults->fail_every >= 0 && faults->stall_every >= 0 &&
         faults->truncate_every >= 0 && faults->garbage_every >= 0 && faults->drop_every >= 0 &&
         faults->lose_reply_every >= 0;
}

static const char *
find_mistake(const Program *program) {
  const FaultsOptions *faults = &program->server.faults;
  if (program->server.port < 0 || program->server.port > 65535)
    return "--port must be from 0 to 65535";
  if ((program->certificate == NULL) != (program->key == NULL))
    return "--tls-cert and --tls-key belong together";
  if (faults->latency_ms < 0 || faults->latency_ms > SERVER_STALL_S * 1000)
    return "--latency-ms must be from 0 to 120000";
  if (!faults_are_positive(faults))
    return "--rate and the --…-every options take positive numbers";
  return NULL;
}

static bool
read_options(const ProgramClass *class, Program *program, int argc, char **argv, GError **error) {
  g_autoptr(GOptionContext) context = g_option_context_new(NULL);
  class->add_options(program, context);
  add_options(program, context);
  g_option_context_set_summary(context, class->summary);
  if (!g_option_context_parse(context, &argc, &argv, error))
    return false;
  const char *mistake = NULL;
  if (argc > 1)
    mistake = "there are only options, no further words";
  else if (!program->version)
    mistake = find_mistake(program);
  if (mistake == NULL && !program->version)
    mistake = class->find_mistake(program);
  if (mistake != NULL) {
    g_set_error_literal(error, SIM_ERROR, SIM_ERROR_USAGE, mistake);
    return false;
  }
  program->server.address = program->address != NULL ? program->address : "127.0.0.1";
  program->server.certificate = program->certificate;
  program->server.key = program->key;
  return true;
}

void
program_wait(const Program *program, const Server *server) {
  printf("%s: listening on %s\n", program->name, server_url(server));
  fflush(stdout);
  int signal;
  sigwait(&program->signals, &signal);
}

int
program_main(const ProgramClass *class, gpointer options, int argc, char **argv) {
  Program *program = options;
  /* Blocked before any thread exists, so that all inherit it and only program_wait() sees them. */
  sigemptyset(&program->signals);
  sigaddset(&program->signals, SIGINT);
  sigaddset(&program->signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &program->signals, NULL);
  signal(SIGPIPE, SIG_IGN);

  setlocale(LC_CTYPE, ""); /* for the help text alone: data and dates stay the same everywhere */
  g_autoptr(GError) error = NULL;
  program->name = class->name;
  if (!read_options(class, program, argc, argv, &error)) {
    fprintf(stderr, "%s: %s; see %s --help\n", class->name, error->message, class->name);
    return EXIT_USAGE;
  }
  if (program->version) {
    printf("%s " LGS_VERSION "\n", class->name);
    return EXIT_SUCCESS;
  }
  if (!class->serve(options, &error)) {
    fprintf(stderr, "%s: %s\n", class->name, error->message);
    return g_error_matches(error, SIM_ERROR, SIM_ERROR_USAGE) ? EXIT_USAGE : EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
