/* `lehrgaenge tasks`: background tasks such as content copies: what there is, trying one again,
 * taking one out.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/date.h"
#include "base/text.h"
#include "cli/session.h"
#include "cli/table.h"
#include "service/documents.h"
#include "service/open.h"
#include "service/task_text.h"

#define MAX_TASKS 10000
/* Bytes of an error that are shown. */
#define MAX_ERROR 2000

/* ── the list ── */

static void
print_json(const GPtrArray *tasks) {
  json_t *list = json_array();
  for (guint i = 0; i < tasks->len; i++)
    json_array_append_new(list, documents_task(g_ptr_array_index(tasks, i)));
  command_print_json(json_pack("{s:o}", "tasks", list));
}

static char *
due_text(const StoreTask *task, GTimeZone *zone, gint64 now) {
  if (task->state != TASK_QUEUED)
    return g_strdup("–");
  return task->due <= now ? g_strdup("now") : date_format(task->due, zone);
}

static void
add_row(Table *table, const StoreTask *task, GTimeZone *zone, gint64 now) {
  autochar due = due_text(task, zone, now);
  autochar subject = task_text(task);
  table_cell_format(table, "%" G_GINT64_FORMAT, task->id);
  table_cell(table, task->kind);
  table_cell(table, subject);
  table_cell(table, store_task_state_word(task->state));
  table_cell_format(table, "%u", task->attempts);
  table_cell(table, due);
}

/* In full, below the table: a column would be cut on a terminal, and what to do stands at the end.
 */
static void
print_errors(const GPtrArray *tasks) {
  const char *lead = "\n";
  for (guint i = 0; i < tasks->len; i++) {
    const StoreTask *task = g_ptr_array_index(tasks, i);
    if (task->state == TASK_DONE || text_empty(task->error))
      continue;
    autochar clean = text_redact(task->error);
    autochar error = text_display(clean, -1, MAX_ERROR);
    g_strdelimit(error, "\n", ' ');
    command_print("%sTask %" G_GINT64_FORMAT ": %s", lead, task->id, error);
    lead = "";
  }
}

static void
print_table(const GPtrArray *tasks, bool all, GTimeZone *zone, gint64 now) {
  if (tasks->len == 0) {
    command_print(all ? "No tasks yet."
                      : "No unfinished tasks; --all lists the finished ones too.");
    return;
  }
  g_autoptr(Table) table = table_new();
  table_column(table, "ID", TABLE_RIGHT);
  table_column(table, "Kind", TABLE_LEFT);
  table_column(table, "Subject", TABLE_LEFT);
  table_column(table, "State", TABLE_LEFT);
  table_column(table, "Attempts", TABLE_RIGHT);
  table_column(table, "Due", TABLE_LEFT);
  for (guint i = 0; i < tasks->len; i++)
    add_row(table, g_ptr_array_index(tasks, i), zone, now);
  table_print(table, stdout);
  print_errors(tasks);
}

static int
list(CommandContext *context, const Config *config, bool all, bool json) {
  g_autoptr(GError) error = NULL;
  g_autoptr(Store) store = NULL;
  g_autoptr(GPtrArray) tasks = NULL;
  if (open_store_existing(config, &store, &error))
    tasks =
        store == NULL ? g_ptr_array_new() : store->class->task_list(store, !all, MAX_TASKS, &error);
  if (tasks == NULL)
    return command_failed(error);
  if (json)
    print_json(tasks);
  else
    print_table(tasks, all, config->moodle.timezone, clock_now(context->clock));
  if (tasks->len == MAX_TASKS)
    command_error("only the first %d tasks are listed", MAX_TASKS);
  return EXIT_OK;
}

/* ── one task ── */

/* False: the store failed; *task is NULL when there is none of that number. */
static bool
find_task(Store *store, gint64 id, StoreTask **task, GError **error) {
  g_autoptr(GPtrArray) tasks = store->class->task_list(store, false, 0, error);
  *task = NULL;
  for (guint i = 0; tasks != NULL && i < tasks->len; i++)
    if (((const StoreTask *)g_ptr_array_index(tasks, i))->id == id) {
      *task = g_ptr_array_steal_index(tasks, i);
      break;
    }
  return tasks != NULL;
}

/* What a user may ask to be done with one. */
typedef struct {
  const char *word;
  bool (*change)(Store *store, gint64 id, gint64 now, GError **error);
  const char *changed; /* what became of it */
  const char *running; /* why it cannot be asked of one that is being done */
} Wish;

static bool
retry(Store *store, gint64 id, gint64 now, GError **error) {
  return store->class->task_retry(store, id, now, error);
}

static bool
cancel(Store *store, gint64 id, gint64 now, GError **error) {
  autochar why = g_strdup_printf("cancelled by %s", session_starter());
  return store->class->task_cancel(store, id, why, now, error);
}

static const Wish wishes[] = {
  { "retry", retry,
    "is due now, and its tries count from the start; the running service does it (a content copy "
    "lehrgaenge sync too)",
    "is being tried just now" },
  { "cancel", cancel,
    "is cancelled and rests as failed; lehrgaenge tasks retry with its number takes it up again",
    "is being done just now, and can only be cancelled between two tries" },
};

static int
refused(const Wish *wish, gint64 id, const StoreTask *task, const GError *error) {
  if (g_error_matches(error, STORE_ERROR, STORE_ERROR_NOT_FOUND) || task == NULL)
    command_error(
        "there is no task %" G_GINT64_FORMAT "; lehrgaenge tasks --all lists those there are", id);
  else if (task->state == TASK_DONE)
    command_error("task %" G_GINT64_FORMAT " is done already", id);
  else
    command_error("task %" G_GINT64_FORMAT " %s", id, wish->running);
  return EXIT_FAILED;
}

static int
change(CommandContext *context, const Config *config, const Wish *wish, gint64 id, bool json) {
  g_autoptr(GError) error = NULL, why = NULL;
  g_autoptr(Store) store = NULL;
  g_autoptr(StoreTask) task = NULL;
  if (!open_store_existing(config, &store, &error))
    return command_failed(error);
  bool changed = store != NULL && wish->change(store, id, clock_now(context->clock), &why);
  if (why != NULL && !g_error_matches(why, STORE_ERROR, STORE_ERROR_NOT_FOUND) &&
      !g_error_matches(why, STORE_ERROR, STORE_ERROR_STATE))
    return command_failed(why);
  if (store != NULL && !find_task(store, id, &task, &error))
    return command_failed(error);
  if (!changed || task == NULL)
    return refused(wish, id, task, why);
  if (json) {
    command_print_json(documents_task(task));
    return EXIT_OK;
  }
  autochar subject = task_text(task);
  command_print("Task %" G_GINT64_FORMAT " (%s, %s) %s.", id, task->kind, subject, wish->changed);
  return EXIT_OK;
}

/* ── the command ── */

/* Reads "retry ID". *wish stays NULL when a list is wanted. */
static bool
parse_wish(const CommandContext *context, int argc, char **argv, const Wish **wish, gint64 *id,
           int *code) {
  *wish = NULL;
  if (argc < 2)
    return true;
  for (guint i = 0; i < G_N_ELEMENTS(wishes); i++)
    if (strcmp(argv[1], wishes[i].word) == 0)
      *wish = &wishes[i];
  if (*wish == NULL)
    *code = command_usage_error(context, "unexpected argument “%s”", argv[1]);
  else if (argc < 3)
    *code = command_usage_error(context, "%s needs the task's ID", argv[1]);
  else if (!command_parse_id(argv[2], id))
    *code = command_usage_error(context, "“%s” is not a task's ID", argv[2]);
  else
    return true;
  return false;
}

static int
run(CommandContext *context, int argc, char **argv) {
  gboolean all = FALSE, json = FALSE;
  GOptionEntry entries[] = {
    { "all", 'a', 0, G_OPTION_ARG_NONE, &all, "list finished tasks too", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "print one JSON document", NULL },
    { 0 },
  };
  int code = EXIT_OK;
  const Wish *wish;
  gint64 id = 0;
  if (!command_parse(context, entries, 2, &argc, &argv, &code) ||
      !parse_wish(context, argc, argv, &wish, &id, &code))
    return code;
  const Config *config = command_config(context);
  if (config == NULL)
    return EXIT_USAGE;
  return wish != NULL ? change(context, config, wish, id, json) : list(context, config, all, json);
}

const Command tasks_command = {
  .name = "tasks",
  .arguments = "[--all] [--json]\nretry ID [--json]\ncancel ID [--json]",
  .summary = "background tasks: content copies, imports, mails",
  .description = "Lists the tasks that are queued, running or have failed, by their ID. A task "
                 "that went wrong\n"
                 "is tried again when it is due, unless its state is failed: then someone has to "
                 "act, and may\n"
                 "have it tried again with retry. A content copy that was tried before is looked "
                 "at first, so\n"
                 "that nothing is copied twice. cancel takes one out that is not wanted any more.",
  .notes = "Examples:\n"
           "  lehrgaenge tasks\n"
           "  lehrgaenge tasks --all --json\n"
           "  lehrgaenge tasks retry 12\n"
           "\n"
           "Exit codes:\n"
           "  0  printed, or done\n"
           "  1  no such task, not in its state, or the store cannot be read\n"
           "  2  wrong usage or configuration",
  .run = run,
};
