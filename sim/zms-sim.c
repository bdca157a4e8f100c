/* zms-sim: a ZMS to try things out with. Options in, one line out, serve until a signal comes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "datadir.h"
#include "generate.h"
#include "names.h"
#include "server.h"
#include "tenants.h"
#include "zms_app.h"

enum { EXIT_USAGE = 2 };

#define MIN_YEAR 2005
#define MAX_YEAR 2090

typedef struct {
  ServerOptions server;
  char *address, *certificate, *key, *client_ca;
  char *data, *generate, *tenants, *keys_dir;
  char **tenant_faults;
  gint64 seed;
  gint year;
  gboolean version;
} Options;

static void
options_clear(Options *options) {
  g_free(options->address);
  g_free(options->certificate);
  g_free(options->key);
  g_free(options->client_ca);
  g_free(options->data);
  g_free(options->generate);
  g_free(options->tenants);
  g_free(options->keys_dir);
  g_strfreev(options->tenant_faults);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static const char summary[] =
    "Simulates the ZMS interface for tests and rehearsals, on this machine only.\n"
    "Either made-up data (--generate) or files (--data); see the end for what can be changed while "
    "it runs.";

static char *
make_description(void) {
  return g_strdup_printf(
      "Files of --data DIR, read again for every request:\n"
      "  lehrgaenge.json, teilnehmer.json     for every tenant and Lehrgang\n"
      "  teilnehmer/ID.json                   for one Lehrgang, its id percent-encoded\n"
      "  SLUG/...                             the same for one tenant\n"
      "SLUG is the abbreviation in lower case with '_' for every byte outside a-z, 0-9 and _.\n"
      "\n"
      "Below /__ (with a client certificate when one is asked for, without a token):\n"
      "  GET    /__stats                      what has been asked so far, as JSON\n"
      "  PUT    /__control/status?tenant=ABBR&lehrgang=ID&teilnehmer=ID&status=RAW\n"
      "  PUT    /__control/cancel?tenant=ABBR&percent=N     cancels N %% of the tenant's "
      "participants\n"
      "  PUT    /__control/fault?tenant=ABBR&fault=STATUS|garbage|none[&lehrgang=ID]\n"
      "  DELETE /__control                    as it was at the start\n"
      "\n"
      "Master courses that made-up data needs in Moodle:\n"
      "  %s\n"
      "\n"
      "Example: zms-sim --port 8443 --tls-cert server.pem --tls-key server.key --client-ca ca.pem "
      "\\\n"
      "           --generate 35x60x15 --seed 1 --year 2026 --keys-dir keys\n",
      names_masters());
}

static GOptionContext *
make_context(Options *options) {
  FaultsOptions *faults = &options->server.faults;
  const GOptionEntry entries[] = {
    { "port", 'p', 0, G_OPTION_ARG_INT, &options->server.port,
      "Port; 0 (default) takes any free one", "N" },
    { "address", 0, 0, G_OPTION_ARG_STRING, &options->address,
      "Loopback address (default 127.0.0.1)", "A" },
    { "tls-cert", 0, 0, G_OPTION_ARG_FILENAME, &options->certificate, "Certificate for HTTPS, PEM",
      "FILE" },
    { "tls-key", 0, 0, G_OPTION_ARG_FILENAME, &options->key, "Its key, PEM", "FILE" },
    { "client-ca", 0, 0, G_OPTION_ARG_FILENAME, &options->client_ca,
      "Let in only clients with a certificate of this authority, PEM", "FILE" },
    { "generate", 0, 0, G_OPTION_ARG_STRING, &options->generate,
      "Make up data: tenants x courses each x participants each, as 35x60x15", "AxBxC" },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &options->seed,
      "Other made-up data and tokens for every number (default 1)", "N" },
    { "year", 0, 0, G_OPTION_ARG_INT, &options->year,
      "Year of most made-up courses (default: this one)", "Y" },
    { "data", 0, 0, G_OPTION_ARG_FILENAME, &options->data, "Serve the files of a folder", "DIR" },
    { "tenants", 0, 0, G_OPTION_ARG_FILENAME, &options->tenants,
      "Tenants, one per line: name, tab, abbreviation (default: those of Hesse)", "FILE" },
    { "keys-dir", 0, 0, G_OPTION_ARG_FILENAME, &options->keys_dir,
      "Write each tenant's token into DIR/SLUG (mode 0600)", "DIR" },
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
    /* No string: GLib would check that against the locale, and a tenant is "RÜD" under LANG=C too.
     */
    { "tenant-fault", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->tenant_faults,
      "Answer one tenant always so: ABBR=401, ABBR=500, ABBR=garbage; may be repeated", "ABBR=F" },
    { "version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Show the version", NULL },
    { NULL },
  };
  GOptionContext *context = g_option_context_new(NULL);
  g_option_context_add_main_entries(context, entries, NULL);
  g_option_context_set_summary(context, summary);
  g_autofree char *description = make_description();
  g_option_context_set_description(context, description);
  return context;
}

/* NULL when all is well, else what is wrong. */
static const char *
find_mistake(const Options *options, int rest) {
  const FaultsOptions *faults = &options->server.faults;
  if (rest > 0)
    return "there are only options, no further words";
  if ((options->data == NULL) == (options->generate == NULL))
    return "give either --generate AxBxC or --data DIR";
  if (options->server.port < 0 || options->server.port > 65535)
    return "--port must be from 0 to 65535";
  if ((options->certificate == NULL) != (options->key == NULL))
    return "--tls-cert and --tls-key belong together";
  if (options->client_ca != NULL && options->certificate == NULL)
    return "--client-ca needs --tls-cert and --tls-key";
  if (options->year < MIN_YEAR || options->year > MAX_YEAR)
    return "--year must be from 2005 to 2090";
  if (options->seed < 0)
    return "--seed must not be negative";
  if (faults->latency_ms < 0 || faults->latency_ms > SERVER_STALL_S * 1000)
    return "--latency-ms must be from 0 to 120000";
  if (faults->rate < 0 || faults->fail_every < 0 || faults->stall_every < 0 ||
      faults->truncate_every < 0 || faults->garbage_every < 0 || faults->drop_every < 0)
    return "--rate and the --…-every options take positive numbers";
  return NULL;
}

static bool
read_options(Options *options, int argc, char **argv, GError **error) {
  g_autoptr(GDateTime) now = g_date_time_new_now_local();
  options->year = g_date_time_get_year(now);
  options->seed = 1;
  g_autoptr(GOptionContext) context = make_context(options);
  if (!g_option_context_parse(context, &argc, &argv, error))
    return false;
  const char *mistake = options->version ? NULL : find_mistake(options, argc - 1);
  if (mistake != NULL) {
    g_set_error_literal(error, SIM_ERROR, SIM_ERROR_USAGE, mistake);
    return false;
  }
  options->server.address = options->address != NULL ? options->address : "127.0.0.1";
  options->server.certificate = options->certificate;
  options->server.key = options->key;
  options->server.client_ca = options->client_ca;
  return true;
}

static ZmsApp *
make_zms(const Options *options, GenerateSize size, const Tenants *tenants, GError **error) {
  Source source;
  guint64 seed = (guint64)options->seed;
  if (options->generate != NULL)
    source = generate_new(tenants, size, seed, options->year);
  else if (!datadir_new(&source, options->data, tenants, error))
    return NULL;
  g_autoptr(ZmsApp) zms = zms_app_new(source, tenants, seed);
  for (guint i = 0; options->tenant_faults != NULL && options->tenant_faults[i] != NULL; i++) {
    if (!zms_app_add_fault(zms, options->tenant_faults[i], error))
      return NULL;
  }
  return g_steal_pointer(&zms);
}

static bool
serve(const Options *options, const sigset_t *signals, GError **error) {
  GenerateSize size = { 0 };
  if (options->generate != NULL && !generate_parse_size(options->generate, &size)) {
    g_set_error(error, SIM_ERROR, SIM_ERROR_USAGE,
                "--generate %s: write tenants x Lehrgänge x Teilnehmer as in 35x60x15, at most "
                "%dx%dx%d and one "
                "million participants per tenant",
                options->generate, TENANTS_MAX, GENERATE_MAX_LEHRGAENGE, GENERATE_MAX_TEILNEHMER);
    return false;
  }
  g_autoptr(Tenants) tenants =
      tenants_new(options->tenants, size.tenants, (guint64)options->seed, error);
  if (tenants == NULL)
    return false;
  g_autoptr(ZmsApp) zms = make_zms(options, size, tenants, error);
  if (zms == NULL)
    return false;
  g_autoptr(Server) server =
      server_new(&options->server, zms_app_interface(zms), clock_system(), error);
  if (server == NULL ||
      (options->keys_dir != NULL && !tenants_write_keys(tenants, options->keys_dir, error)))
    return false;
  printf("zms-sim: listening on %s\n", server_url(server));
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

  setlocale(LC_CTYPE, ""); /* for the help text alone: data and dates stay the same everywhere */
  g_auto(Options) options = { 0 };
  g_autoptr(GError) error = NULL;
  if (!read_options(&options, argc, argv, &error)) {
    fprintf(stderr, "zms-sim: %s; see zms-sim --help\n", error->message);
    return EXIT_USAGE;
  }
  if (options.version) {
    puts("zms-sim " LGS_VERSION);
    return EXIT_SUCCESS;
  }
  if (!serve(&options, &signals, &error)) {
    fprintf(stderr, "zms-sim: %s\n", error->message);
    return g_error_matches(error, SIM_ERROR, SIM_ERROR_USAGE) ? EXIT_USAGE : EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
