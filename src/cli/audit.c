/* `lehrgaenge audit`: who did what on the pages, by the JSON interface and with accounts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/date.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/table.h"
#include "service/open.h"

#define DEFAULT_LIMIT 50
#define MAX_LIMIT 10000

typedef struct {
  GTimeZone *zone;
  Table *table; /* or */
  json_t *list;
} Listing;

static void
add_json(const StoreAuditRow *row, gpointer user_data) {
  Listing *listing = user_data;
  json_array_append_new(listing->list,
                        json_pack("{s:I, s:I, s:s, s:s, s:s, s:s, s:s}", "id", (json_int_t)row->id,
                                  "time", (json_int_t)row->time, "actor", row->actor, "address",
                                  row->address, "action", row->action, "subject", row->subject,
                                  "outcome", row->outcome));
}

static void
add_row(const StoreAuditRow *row, gpointer user_data) {
  Listing *listing = user_data;
  autochar when = date_format(row->time, listing->zone);
  table_cell(listing->table, when);
  table_cell(listing->table, text_empty(row->actor) ? "–" : row->actor);
  table_cell(listing->table, row->action);
  table_cell(listing->table, row->subject);
  table_cell(listing->table, row->outcome);
  table_cell(listing->table, row->address);
}

static bool
read_log(const Config *config, guint limit, StoreAuditFunc each, Listing *listing, GError **error) {
  g_autoptr(Store) store = NULL;
  if (!open_store_existing(config, &store, error))
    return false;
  return store == NULL || store->class->access->audit_read(store, 0, limit, each, listing, error);
}

static int
print_json(const Config *config, guint limit) {
  g_autoptr(GError) error = NULL;
  Listing listing = { .list = json_array() };
  if (!read_log(config, limit, add_json, &listing, &error)) {
    json_decref(listing.list);
    return command_failed(error);
  }
  command_print_json(json_pack("{s:o}", "entries", listing.list));
  return EXIT_OK;
}

static int
print_table(const Config *config, guint limit) {
  g_autoptr(GError) error = NULL;
  g_autoptr(Table) table = table_new();
  Listing listing = { .zone = config->moodle.timezone, .table = table };
  table_column(table, "When", TABLE_LEFT);
  table_column(table, "Who", TABLE_LEFT);
  table_column(table, "What", TABLE_LEFT);
  table_column(table, "On what", TABLE_LEFT);
  table_column(table, "Outcome", TABLE_LEFT);
  table_column(table, "From", TABLE_LEFT);
  if (!read_log(config, limit, add_row, &listing, &error))
    return command_failed(error);
  if (table_rows(table) == 0)
    command_print("The audit log is empty.");
  else
    table_print(table, stdout);
  return EXIT_OK;
}

static int
run(CommandContext *context, int argc, char **argv) {
  gboolean json = FALSE;
  autochar limit_text = NULL;
  GOptionEntry entries[] = {
    { "limit", 'n', 0, G_OPTION_ARG_FILENAME, &limit_text,
      "list at most N entries, the newest first (default 50)", "N" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "print one JSON document", NULL },
    { 0 },
  };
  int code = EXIT_OK;
  gint64 limit = DEFAULT_LIMIT;
  if (!command_parse(context, entries, 0, &argc, &argv, &code))
    return code;
  if (limit_text != NULL && (!command_parse_id(limit_text, &limit) || limit > MAX_LIMIT))
    return command_usage_error(context, "--limit %s is not a number from 1 to %d", limit_text,
                               MAX_LIMIT);
  const Config *config = command_config(context);
  if (config == NULL)
    return EXIT_USAGE;
  return json ? print_json(config, (guint)limit) : print_table(config, (guint)limit);
}

const Command audit_command = {
  .name = "audit",
  .arguments = "[--limit N] [--json]",
  .summary = "the audit log: who signed in, started, changed what",
  .description = "Lists who signed in (or tried to), started or previewed imports, retried or "
                 "cancelled tasks,\n"
                 "changed accounts and tokens, newest first. Nothing is ever removed from it.",
  .notes = "Examples:\n"
           "  lehrgaenge audit\n"
           "  lehrgaenge audit --limit 1000 --json\n"
           "\n"
           "Exit codes:\n"
           "  0  printed\n"
           "  1  the store cannot be read\n"
           "  2  wrong usage or configuration",
  .run = run,
};
