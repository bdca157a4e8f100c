/* `lehrgaenge check`: is everything there that a run needs?
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/text.h"
#include "checkup/checkup.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "config/pair.h"

/* Tenants with the same finding are named up to this many. */
#define MAX_NAMED 8

/* ── text ── */

static void
print_areas(const Checkup *checkup) {
  static const char *const titles[] = {
    [CHECKUP_CONFIGURATION] = "Configuration",
    [CHECKUP_CERTIFICATES] = "Certificates",
    [CHECKUP_STORE] = "Store",
    [CHECKUP_MOODLE] = "Moodle",
    [CHECKUP_ZMS] = "ZMS",
    [CHECKUP_NOTIFY] = "Notifications",
  };
  for (guint area = 0; area < CHECKUP_AREAS; area++)
    if (*checkup->texts[area] != '\0') {
      command_print("%-15s%-9s%s", titles[area], checkup_level_word(checkup_level(checkup, area)),
                    checkup->texts[area]);
      for (guint i = 0; area == CHECKUP_MOODLE && i < checkup->moodle_notes->len; i++)
        command_print("%-24s- %s", "", (const char *)g_ptr_array_index(checkup->moodle_notes, i));
    }
}

static const char *
company_word(const CheckupTenant *tenant) {
  if (!tenant->company_read)
    return "?";
  if (!tenant->company)
    return "missing";
  return tenant->category != 0 ? "yes" : "no category";
}

static const char *
zms_word(const CheckupTenant *tenant) {
  if (!tenant->configured)
    return "not configured";
  if (!tenant->asked)
    return "not asked";
  return tenant->answered ? "ok" : tenant->word;
}

static void
print_tenants(const Checkup *checkup) {
  if (checkup->tenants->len == 0)
    return;
  g_autoptr(Table) table = table_new();
  table_column(table, "Tenant", TABLE_LEFT);
  table_column(table, "Name", TABLE_LEFT);
  table_column(table, "Certificate", TABLE_LEFT);
  table_column(table, "Company", TABLE_LEFT);
  table_column(table, "Lehrgänge", TABLE_RIGHT);
  table_column(table, "Skipped", TABLE_RIGHT);
  table_column(table, "ZMS", TABLE_LEFT);
  for (guint i = 0; i < checkup->tenants->len; i++) {
    const CheckupTenant *tenant = &g_array_index(checkup->tenants, CheckupTenant, i);
    table_cell(table, tenant->tenant->abbr);
    table_cell(table, tenant->tenant->name);
    table_cell(table, pair_source_word(pair_source(checkup->config, tenant->tenant)));
    table_cell(table, company_word(tenant));
    if (tenant->answered)
      table_cell_format(table, "%u", tenant->lehrgaenge);
    else
      table_cell(table, "–");
    if (tenant->placed)
      table_cell_format(table, "%u", tenant->skipped);
    else
      table_cell(table, "–");
    table_cell(table, zms_word(tenant));
  }
  fputc('\n', stdout);
  table_print(table, stdout);
}

static bool
same_finding(const CheckupFinding *a, const CheckupFinding *b) {
  return a->level == b->level && a->tenants != NULL && b->tenants != NULL &&
         strcmp(a->message, b->message) == 0;
}

/* "FD, HP and 33 more: " for the tenants that share the finding at `index`; "" when it is not about
 * tenants. */
static char *
finding_tenants(const GPtrArray *findings, guint index) {
  const CheckupFinding *first = g_ptr_array_index(findings, index);
  if (first->tenants == NULL)
    return g_strdup("");
  GString *text = g_string_new(NULL);
  guint named = 0;
  for (guint i = index; i < findings->len; i++) {
    const CheckupFinding *finding = g_ptr_array_index(findings, i);
    if (!same_finding(first, finding))
      continue;
    for (char **tenant = finding->tenants; *tenant != NULL; tenant++)
      if (named++ < MAX_NAMED)
        g_string_append_printf(text, "%s%s", named == 1 ? "" : ", ", *tenant);
  }
  if (named > MAX_NAMED)
    g_string_append_printf(text, " and %u more", named - MAX_NAMED);
  g_string_append(text, ": ");
  return g_string_free(text, FALSE);
}

static bool
printed_before(const GPtrArray *findings, guint index) {
  for (guint i = 0; i < index; i++)
    if (same_finding(g_ptr_array_index(findings, i), g_ptr_array_index(findings, index)))
      return true;
  return false;
}

/* Errors first. */
static void
print_findings(const Checkup *checkup) {
  if (checkup->findings->len > 0)
    fputc('\n', stdout);
  for (CheckupLevel level = CHECKUP_ERROR; level > CHECKUP_OK; level--)
    for (guint i = 0; i < checkup->findings->len; i++) {
      const CheckupFinding *finding = g_ptr_array_index(checkup->findings, i);
      if (finding->level != level || printed_before(checkup->findings, i))
        continue;
      autochar tenants = finding_tenants(checkup->findings, i);
      const char *gap = *finding->remedy == '\0'                  ? ""
                        : g_str_has_suffix(finding->message, ".") ? " "
                                                                  : ". ";
      command_print("%s: %s%s%s%s", checkup_level_word(level), tenants, finding->message, gap,
                    finding->remedy);
    }
}

static void
print_summary(const Checkup *checkup) {
  guint errors = checkup_count(checkup, CHECKUP_ERROR),
        warnings = checkup_count(checkup, CHECKUP_WARNING);
  autochar counts = g_strdup_printf("%u %s, %u %s", errors, errors == 1 ? "error" : "errors",
                                    warnings, warnings == 1 ? "warning" : "warnings");
  if (errors > 0)
    command_print("\nNot well: %s.", counts);
  else if (warnings > 0)
    command_print("\nA run would work: %s.", counts);
  else
    command_print("\nAll well.");
}

/* ── the command ── */

static int
exit_code(const Checkup *checkup) {
  if (checkup_level(checkup, CHECKUP_CONFIGURATION) == CHECKUP_ERROR ||
      checkup_level(checkup, CHECKUP_CERTIFICATES) == CHECKUP_ERROR)
    return EXIT_USAGE;
  return checkup_count(checkup, CHECKUP_ERROR) > 0 ? EXIT_FAILED : EXIT_OK;
}

/* A phase on the terminal. */
typedef struct {
  Progress *progress;
  char *phase; /* the one being shown */
} Shown;

static void
on_progress(const char *phase, guint done, guint total, gpointer data) {
  Shown *shown = data;
  if (g_strcmp0(shown->phase, phase) != 0) {
    g_free(shown->phase);
    shown->phase = g_strdup(phase);
    progress_phase(shown->progress, phase, total);
  }
  progress_set(shown->progress, done);
}

static Checkup *
look(CommandContext *context, const Config *config, const Stop *stop) {
  g_autoptr(Progress) progress = progress_new(stderr, context->clock);
  Shown shown = { .progress = progress };
  Checkup *checkup = checkup_new(config, context->clock, stop, on_progress, &shown);
  g_free(shown.phase);
  return checkup;
}

static int
run(CommandContext *context, int argc, char **argv) {
  gboolean json = FALSE;
  GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "print one JSON document", NULL },
    { 0 },
  };
  int code = EXIT_OK;
  if (!command_parse(context, entries, 0, &argc, &argv, &code))
    return code;

  g_autoptr(GError) error = NULL;
  const Stop *stop = stop_on_signals();
  const Config *config = command_config_read(context, &error);
  g_autoptr(Checkup) checkup =
      config == NULL ? checkup_new_unreadable(error) : look(context, config, stop);
  if (stop_requested(stop)) {
    command_error("interrupted");
    return EXIT_FAILED;
  }
  if (json) {
    command_print_json(checkup_json(checkup));
  } else {
    print_areas(checkup);
    print_tenants(checkup);
    print_findings(checkup);
    print_summary(checkup);
  }
  return exit_code(checkup);
}

const Command check_command = {
  .name = "check",
  .arguments = "[--json]",
  .summary = "configuration, certificates, ZMS and Moodle reachable",
  .description =
      "Looks at everything a run needs and changes nothing: reads the configuration,\n"
      "checks every certificate and its key, opens the store and Moodle, looks for each\n"
      "tenant's company and its course category there, asks ZMS for each tenant's list of\n"
      "Lehrgänge, and looks whether each would have a course or a template for one. With\n"
      "backend=webservice it also looks at Moodle's release, the service's user, functions\n"
      "and rights, the companion plugin, the student role and the clocks. Every finding\n"
      "says what to do.",
  .notes = "Examples:\n"
           "  lehrgaenge check\n"
           "  lehrgaenge check --json | jq '.findings[]'\n"
           "\n"
           "Exit codes:\n"
           "  0  all well, or warnings only\n"
           "  1  a run would fail, or leave out a configured tenant\n"
           "  2  wrong usage, or an error in the configuration or its certificates",
  .run = run,
};
