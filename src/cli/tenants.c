/* `lehrgaenge tenants`: what is configured, and when a run last read it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/date.h"
#include "base/text.h"
#include "cli/command.h"
#include "service/documents.h"
#include "service/open.h"
#include "cli/table.h"
#include "config/certificate.h"
#include "config/pair.h"

typedef struct {
  const ConfigTenant *tenant;
  PairSource source;
  bool dated; /* `days` is known */
  gint days;
  gint64 last_success; /* 0: never */
} Row;

static bool
fill_rows(const Config *config, Store *store, gint64 now, Row *rows, GError **error) {
  for (guint i = 0; i < config->tenants->len; i++) {
    Row *row = &rows[i];
    row->tenant = g_ptr_array_index(config->tenants, i);
    row->source = pair_source(config, row->tenant);
    row->dated = row->source != PAIR_NONE &&
                 certificate_days_left(row->tenant->certificate, now, &row->days, NULL);
    if (store != NULL &&
        !store->class->tenant_success_get(store, row->tenant->abbr, &row->last_success, error))
      return false;
  }
  return true;
}

static int
print_json(const Config *config, Store *store, gint64 now) {
  g_autoptr(GError) error = NULL;
  json_t *list = documents_tenants(config, store, now, NULL, NULL, &error);
  if (list == NULL)
    return command_failed(error);
  command_print_json(json_pack("{s:o}", "tenants", list));
  return EXIT_OK;
}

static char *
certificate_text(const Row *row) {
  if (row->source == PAIR_NONE)
    return g_strdup("none");
  autochar days = row->dated ? pair_days_text(row->days) : g_strdup("unreadable");
  return g_strdup_printf("%s, %s", pair_source_word(row->source), days);
}

static void
print_table(const Row *rows, guint count, GTimeZone *zone) {
  g_autoptr(Table) table = table_new();
  table_column(table, "Tenant", TABLE_LEFT);
  table_column(table, "Name", TABLE_LEFT);
  table_column(table, "Apikey", TABLE_LEFT);
  table_column(table, "Certificate", TABLE_LEFT);
  table_column(table, "Last success", TABLE_LEFT);
  for (guint i = 0; i < count; i++) {
    autochar certificate = certificate_text(&rows[i]);
    autochar last =
        rows[i].last_success == 0 ? g_strdup("never") : date_format(rows[i].last_success, zone);
    table_cell(table, rows[i].tenant->abbr);
    table_cell(table, rows[i].tenant->name);
    table_cell(table, text_empty(rows[i].tenant->apikey) ? "not configured" : "yes");
    table_cell(table, certificate);
    table_cell(table, last);
  }
  table_print(table, stdout);
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
  const Config *config = command_config(context);
  if (config == NULL)
    return EXIT_USAGE;

  g_autoptr(GError) error = NULL;
  g_autoptr(Store) store = NULL;
  gint64 now = clock_now(context->clock);
  guint count = config->tenants->len;
  g_autofree Row *rows = g_new0(Row, count);
  if (!open_store_existing(config, &store, &error))
    return command_failed(error);
  if (json)
    return print_json(config, store, now);
  if (!fill_rows(config, store, now, rows, &error))
    return command_failed(error);
  if (count == 0)
    command_print(
        "No tenants are configured; list them in %s, each in a group such as [tenant FD].",
        config->file);
  else
    print_table(rows, count, config->moodle.timezone);
  return EXIT_OK;
}

const Command tenants_command = {
  .name = "tenants",
  .arguments = "[--json]",
  .summary = "what is configured, last success",
  .description = "Lists the configured tenants: whether they have an apikey (those without are\n"
                 "left out of runs), which client certificate they use and how long it is valid,\n"
                 "and when a run last read their data without failure.",
  .notes = "Examples:\n"
           "  lehrgaenge tenants\n"
           "  lehrgaenge tenants --json | jq '.tenants[] | select(.configured | not) | .abbr'\n"
           "\n"
           "Exit codes:\n"
           "  0  printed\n"
           "  1  the store cannot be read\n"
           "  2  wrong usage or configuration",
  .run = run,
};
