/* `lehrgaenge moodle init`: makes an embedded Moodle to try out and rehearse with.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/text.h"
#include "cli/command.h"
#include "moodle/embedded/embedded.h"

static bool
has_company(const GArray *companies, const char *name, const char *code) {
  for (guint i = 0; i < companies->len; i++) {
    const EmbeddedCompany *company = &g_array_index(companies, EmbeddedCompany, i);
    if (strcmp(company->name, name) == 0 && strcmp(company->code, code) == 0)
      return true;
  }
  return false;
}

/* The tenants' companies and the central one, which may be a tenant's. Texts belong to `config`. */
static GArray *
wanted_companies(const Config *config) {
  GArray *companies = g_array_new(FALSE, FALSE, sizeof(EmbeddedCompany));
  for (guint i = 0; i < config->tenants->len; i++) {
    const ConfigTenant *tenant = g_ptr_array_index(config->tenants, i);
    EmbeddedCompany company = { .name = tenant->name, .code = tenant->abbr };
    g_array_append_val(companies, company);
  }
  EmbeddedCompany central = { .name = config->central.name, .code = config->central.code };
  if (!text_empty(central.code) && !has_company(companies, central.name, central.code))
    g_array_append_val(companies, central);
  return companies;
}

/* The names given, each once. Texts are borrowed. */
static GPtrArray *
wanted_masters(char **given) {
  GPtrArray *masters = g_ptr_array_new();
  for (; given != NULL && *given != NULL; given++)
    if (!g_ptr_array_find_with_equal_func(masters, *given, g_str_equal, NULL))
      g_ptr_array_add(masters, *given);
  return masters;
}

static int
init(CommandContext *context, char **given) {
  const Config *config = command_config(context);
  if (config == NULL)
    return EXIT_USAGE;
  if (strcmp(config->moodle.backend, "embedded") != 0) {
    command_error("%s: [moodle] backend=%s is a real Moodle, in which this command makes nothing: "
                  "set up companies, master courses and the web service there (docs/MOODLE.md) "
                  "and run lehrgaenge check; moodle init is for backend=embedded",
                  config->file, config->moodle.backend);
    return EXIT_USAGE;
  }
  g_autoptr(GArray) companies = wanted_companies(config);
  g_autoptr(GPtrArray) masters = wanted_masters(given);
  EmbeddedMade made = { 0 };
  g_autoptr(GError) error = NULL;
  if (!embedded_init(config->moodle.path, (const EmbeddedCompany *)(gpointer)companies->data,
                     companies->len, (const char *const *)masters->pdata, masters->len,
                     context->clock, &made, &error)) {
    command_error("%s", error->message);
    return EXIT_FAILED;
  }
  command_print("made %u %s, %u master %s in %s; %u were there already", made.companies,
                made.companies == 1 ? "company" : "companies", made.masters,
                made.masters == 1 ? "course" : "courses", config->moodle.path,
                companies->len + masters->len - made.companies - made.masters);
  return EXIT_OK;
}

static int
run(CommandContext *context, int argc, char **argv) {
  g_auto(GStrv) masters = NULL;
  GOptionEntry entries[] = {
    { "master", 'm', 0, G_OPTION_ARG_FILENAME_ARRAY, &masters,
      "make a master course of this short name; may be given again", "NAME" },
    { 0 },
  };
  int code = EXIT_OK;
  if (!command_parse(context, entries, 1, &argc, &argv, &code))
    return code;
  if (argc < 2)
    return command_usage_error(context, "say what to do: init");
  if (strcmp(argv[1], "init") != 0)
    return command_usage_error(context, "unexpected argument “%s”", argv[1]);
  for (char **name = masters; name != NULL && *name != NULL; name++)
    if (**name == '\0' || !g_utf8_validate(*name, -1, NULL))
      return command_usage_error(context, "--master takes a course's short name in UTF-8");
  return init(context, masters);
}

const Command moodle_command = {
  .name = "moodle",
  .arguments = "init [--master NAME]…",
  .summary = "init: make the embedded Moodle, its companies and master courses",
  .description =
      "Makes the file that [moodle] path names: a category and a company for each\n"
      "configured tenant and for the central company, and the master courses named,\n"
      "hidden, with a few sections and activities. What is there already stays as it\n"
      "is, so it can be repeated after a tenant was added. For backend=embedded only: in\n"
      "a real Moodle (backend=webservice) they are made by its administrator.",
  .notes = "Examples:\n"
           "  lehrgaenge moodle init\n"
           "  lehrgaenge moodle init --master F-I --master AGT --master F/K-SPF\n"
           "\n"
           "Exit codes:\n"
           "  0  everything is there now\n"
           "  1  the file could not be made or written\n"
           "  2  wrong usage or configuration",
  .run = run,
};
