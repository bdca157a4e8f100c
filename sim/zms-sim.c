/* zms-sim: a ZMS to try things out with. Options in, one line out, serve until a signal comes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "datadir.h"
#include "generate.h"
#include "names.h"
#include "program.h"
#include "tenants.h"
#include "zms_app.h"

#define MIN_YEAR 2005
#define MAX_YEAR 2090

typedef struct {
  Program program;
  char *client_ca;
  char *data, *generate, *tenants, *keys_dir;
  char **tenant_faults;
  gint64 seed;
  gint year;
} Options;

static void
options_clear(Options *options) {
  program_clear(&options->program);
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

static void
add_options(gpointer data, GOptionContext *context) {
  Options *options = data;
  const GOptionEntry entries[] = {
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
    /* No string: GLib would check that against the locale, and a tenant is "RÜD" under LANG=C too.
     */
    { "tenant-fault", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->tenant_faults,
      "Answer one tenant always so: ABBR=401, ABBR=500, ABBR=garbage; may be repeated", "ABBR=F" },
    { NULL },
  };
  g_autofree char *description = make_description();
  g_option_context_add_main_entries(context, entries, NULL);
  g_option_context_set_description(context, description);
}

static const char *
find_mistake(gpointer data) {
  Options *options = data;
  if ((options->data == NULL) == (options->generate == NULL))
    return "give either --generate AxBxC or --data DIR";
  if (options->client_ca != NULL && options->program.certificate == NULL)
    return "--client-ca needs --tls-cert and --tls-key";
  if (options->year < MIN_YEAR || options->year > MAX_YEAR)
    return "--year must be from 2005 to 2090";
  if (options->seed < 0)
    return "--seed must not be negative";
  options->program.server.client_ca = options->client_ca;
  return NULL;
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
serve(gpointer data, GError **error) {
  const Options *options = data;
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
      server_new(&options->program.server, zms_app_interface(zms), clock_system(), error);
  if (server == NULL ||
      (options->keys_dir != NULL && !tenants_write_keys(tenants, options->keys_dir, error)))
    return false;
  program_wait(&options->program, server);
  return true;
}

int
main(int argc, char **argv) {
  static const ProgramClass class = {
    .name = "zms-sim",
    .summary = summary,
    .add_options = add_options,
    .find_mistake = find_mistake,
    .serve = serve,
  };
  g_autoptr(GDateTime) now = g_date_time_new_now_local();
  g_auto(Options) options = { .seed = 1, .year = g_date_time_get_year(now) };
  return program_main(&class, &options, argc, argv);
}
