/* `lehrgaenge runs`: the history of runs, and one run in full.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/date.h"
#include "base/jsonget.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/command.h"
#include "service/documents.h"
#include "service/open.h"
#include "cli/report_text.h"
#include "cli/table.h"
#include "scheduler/lease.h"

#define DEFAULT_LIMIT 20
#define MAX_LIMIT 10000

/* The store with what SPEC 6 asks of whoever finds it: a run whose process is gone is no longer
 * running. NULL without error when there is no store yet. */
static bool
open_history(const CommandContext *context, const Config *config, Store **store, GError **error) {
  if (!open_store_existing(config, store, error))
    return false;
  g_autoptr(GError) ignored = NULL;
  if (*store != NULL && !(*store)->class->run_reap(*store, lease_owner_dead, NULL,
                                                   clock_now(context->clock), NULL, &ignored))
    log_warning(NULL, "runs whose process is gone still read as running: %s", ignored->message);
  return true;
}

static gint64
duration(const StoreRun *run, gint64 now) {
  gint64 end = run->timeended != 0 ? run->timeended : now;
  return MAX(end - run->timestarted, 0);
}

static char *
duration_text(gint64 seconds) {
  if (seconds < 60)
    return g_strdup_printf("%d s", (int)seconds);
  if (seconds < 3600)
    return g_strdup_printf("%d min %02d s", (int)(seconds / 60), (int)(seconds % 60));
  return g_strdup_printf("%" G_GINT64_FORMAT " h %02d min", seconds / 3600,
                         (int)(seconds / 60 % 60));
}

/* ── list ── */

static json_t *
list_json(const GPtrArray *runs) {
  json_t *list = json_array();
  for (guint i = 0; i < runs->len; i++)
    json_array_append_new(list, documents_run(g_ptr_array_index(runs, i)));

  return json_pack("{s:o}", "runs", list);
}

static void
add_row(Table *table, const StoreRun *run, const Config *config, gint64 now) {
  autochar started = date_format(run->timestarted, config->moodle.timezone);
  autochar took = duration_text(duration(run, now));
  table_cell_format(table, "%" G_GINT64_FORMAT, run->id);
  table_cell(table, started);
  table_cell(table, took);
  if (run->year == 0)
    table_cell(table, "all");
  else
    table_cell_format(table, "%d", run->year);
  table_cell(table, text_empty(run->tenants) ? "all" : run->tenants);
  table_cell(table, run_status_word(run->status));
  table_cell(table, run->triggeredby);
}

static void
print_list(const GPtrArray *runs, const Config *config, gint64 now) {
  if (runs->len == 0) {
    command_print("No runs yet; lehrgaenge sync makes the first.");
    return;
  }
  g_autoptr(Table) table = table_new();
  table_column(table, "ID", TABLE_RIGHT);
  table_column(table, "Started", TABLE_LEFT);
  table_column(table, "Took", TABLE_RIGHT);
  table_column(table, "Year", TABLE_LEFT);
  table_column(table, "Tenants", TABLE_LEFT);
  table_column(table, "Status", TABLE_LEFT);
  table_column(table, "Started by", TABLE_LEFT);
  for (guint i = 0; i < runs->len; i++)
    add_row(table, g_ptr_array_index(runs, i), config, now);
  table_print(table, stdout);
}

static int
list_runs(CommandContext *context, const Config *config, guint limit, bool json) {
  g_autoptr(GError) error = NULL;
  g_autoptr(Store) store = NULL;
  g_autoptr(GPtrArray) runs = NULL;
  if (!open_history(context, config, &store, &error))
    return command_failed(error);
  runs = store == NULL ? g_ptr_array_new() : store->class->run_list(store, 0, limit, &error);
  if (runs == NULL)
    return command_failed(error);
  if (json)
    command_print_json(list_json(runs));
  else
    print_list(runs, config, clock_now(context->clock));
  return EXIT_OK;
}

/* ── one run ── */

/* The summary as stored (a JSON object, or NULL when there is none yet). */
static bool
parse_object(const char *text, const char *what, json_t **object, GError **error) {
  *object = NULL;
  if (text_empty(text))
    return true;
  json_t *value = jsonget_parse(text, strlen(text), error);
  if (value == NULL) {
    g_prefix_error(error, "the stored %s is damaged: ", what);
    return false;
  }
  *object = value;
  return true;
}

static void
print_run_json(const StoreRun *run, json_t *summary, json_t *progress) {
  json_t *document = documents_run(run);
  if (progress != NULL && run->timeended == 0)
    json_object_set(document, "progress", progress);
  if (json_is_object(summary))
    json_object_update(document, summary);
  command_print_json(document);
}

static void
print_run_text(const CommandContext *context, const Config *config, const StoreRun *run,
               const json_t *summary) {
  autochar started = date_format(run->timestarted, config->moodle.timezone);
  autochar took = duration_text(duration(run, clock_now(context->clock)));
  command_print("Run %" G_GINT64_FORMAT ": %s", run->id, run_status_word(run->status));
  command_print("Started  %s by %s", started, run->triggeredby);
  if (run->timeended != 0) {
    autochar ended = date_format(run->timeended, config->moodle.timezone);
    command_print("Ended    %s after %s", ended, took);
  } else {
    command_print("Ended    not yet, for %s now", took);
  }
  if (run->year != 0)
    command_print("Year     %d", run->year);
  command_print("Tenants  %s\n", text_empty(run->tenants) ? "all" : run->tenants);
  if (summary != NULL)
    report_text_print(stdout, summary, context->verbosity > 0);
  else
    command_print("This run has no report%s.", run->timeended == 0 ? " yet" : "");
}

static int
print_run(const CommandContext *context, const Config *config, const StoreRun *run, bool json) {
  g_autoptr(GError) error = NULL;
  json_auto_t *summary = NULL, *progress = NULL;
  if (!parse_object(run->summary, "summary", &summary, &error) ||
      !parse_object(run->progress, "progress", &progress, &error)) {
    command_error("run %" G_GINT64_FORMAT ": %s", run->id, error->message);
    return EXIT_FAILED;
  }
  if (json)
    print_run_json(run, summary, progress);
  else
    print_run_text(context, config, run, summary);
  return EXIT_OK;
}

static int
show_run(CommandContext *context, const Config *config, gint64 id, bool json) {
  g_autoptr(GError) error = NULL;
  g_autoptr(Store) store = NULL;
  if (!open_history(context, config, &store, &error))
    return command_failed(error);
  g_autoptr(StoreRun) run = store == NULL ? NULL : store->class->run_get(store, id, &error);
  if (run != NULL)
    return print_run(context, config, run, json);
  if (error == NULL || g_error_matches(error, STORE_ERROR, STORE_ERROR_NOT_FOUND))
    command_error("there is no run %" G_GINT64_FORMAT "; lehrgaenge runs lists those there are",
                  id);
  else
    command_error("%s", error->message);
  return EXIT_FAILED;
}

/* ── the command ── */

static int
run(CommandContext *context, int argc, char **argv) {
  gint limit = DEFAULT_LIMIT;
  gboolean json = FALSE;
  GOptionEntry entries[] = {
    { "limit", 'n', 0, G_OPTION_ARG_INT, &limit,
      "list at most N runs, the newest first (default 20)", "N" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "print one JSON document", NULL },
    { 0 },
  };
  int code = EXIT_OK;
  if (!command_parse(context, entries, 2, &argc, &argv, &code))
    return code;
  if (limit < 1 || limit > MAX_LIMIT)
    return command_usage_error(context, "--limit takes a number from 1 to %d", MAX_LIMIT);
  gint64 id = 0;
  if (argc > 1) {
    if (strcmp(argv[1], "show") != 0)
      return command_usage_error(context, "unexpected argument “%s”", argv[1]);
    if (argc < 3)
      return command_usage_error(context, "show needs the run's ID");
    if (!command_parse_id(argv[2], &id))
      return command_usage_error(context, "“%s” is not a run's ID", argv[2]);
  }
  const Config *config = command_config(context);
  if (config == NULL)
    return EXIT_USAGE;
  return id != 0 ? show_run(context, config, id, json)
                 : list_runs(context, config, (guint)limit, json);
}

const Command runs_command = {
  .name = "runs",
  .arguments = "[--limit N] [--json]\nshow ID [--json] [--verbose]",
  .summary = "history of runs, and one run in full",
  .description = "Lists the runs there were, newest first. With show ID: that run's report.",
  .notes = "Examples:\n"
           "  lehrgaenge runs --limit 5\n"
           "  lehrgaenge runs show 12\n"
           "  lehrgaenge runs show 12 --json | jq .status\n"
           "\n"
           "Exit codes:\n"
           "  0  printed\n"
           "  1  no such run, or the store cannot be read\n"
           "  2  wrong usage or configuration",
  .run = run,
};
