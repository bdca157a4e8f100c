/* `lehrgaenge tasks`: background tasks such as content copies.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/date.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/open.h"
#include "cli/table.h"

#define MAX_TASKS 10000

/* The name of the course a task is about, NULL when its payload tells none. Free with g_free(). */
static char *
course_name(const StoreTask *task) {
  json_auto_t *payload = json_loads(task->payload, 0, NULL);
  return g_strdup(json_string_value(json_object_get(payload, "shortname")));
}

static json_t *
task_json(const StoreTask *task) {
  json_t *object = json_object();
  json_object_set_new(object, "id", json_integer(task->id));
  json_object_set_new(object, "kind", json_string(task->kind));
  json_object_set_new(object, "subject", json_string(task->subject));
  autochar course = course_name(task);
  json_object_set_new(object, "course", course == NULL ? json_null() : json_string(course));
  json_object_set_new(object, "state", json_string(store_task_state_word(task->state)));
  json_object_set_new(object, "attempts", json_integer(task->attempts));
  json_object_set_new(object, "due", json_integer(task->due));
  json_object_set_new(object, "error",
                      text_empty(task->error) ? json_null() : json_string(task->error));
  json_object_set_new(object, "timecreated", json_integer(task->timecreated));
  json_object_set_new(object, "timemodified", json_integer(task->timemodified));
  return object;
}

static void
print_json(const GPtrArray *tasks) {
  json_t *list = json_array();
  for (guint i = 0; i < tasks->len; i++)
    json_array_append_new(list, task_json(g_ptr_array_index(tasks, i)));
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
  autochar error = text_redact(task->error);
  autochar course = course_name(task);
  table_cell_format(table, "%" G_GINT64_FORMAT, task->id);
  table_cell(table, task->kind);
  table_cell_format(table, "%s%s%s", task->subject, course != NULL ? " " : "",
                    course != NULL ? course : "");
  table_cell(table, store_task_state_word(task->state));
  table_cell_format(table, "%u", task->attempts);
  table_cell(table, due);
  table_cell(table, text_empty(error) ? "–" : error);
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
  table_column(table, "Last error", TABLE_LEFT);
  for (guint i = 0; i < tasks->len; i++)
    add_row(table, g_ptr_array_index(tasks, i), zone, now);
  table_print(table, stdout);
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
  if (!command_parse(context, entries, 0, &argc, &argv, &code))
    return code;
  const Config *config = command_config(context);
  if (config == NULL)
    return EXIT_USAGE;

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

const Command tasks_command = {
  .name = "tasks",
  .arguments = "[--all] [--json]",
  .summary = "background tasks (content copies …)",
  .description = "Lists the tasks that are queued, running or have failed, by their ID. A failed\n"
                 "one is tried again when it is due, unless its state is failed: then someone has\n"
                 "to act.",
  .notes = "Examples:\n"
           "  lehrgaenge tasks\n"
           "  lehrgaenge tasks --all --json\n"
           "\n"
           "Exit codes:\n"
           "  0  printed\n"
           "  1  the store cannot be read\n"
           "  2  wrong usage or configuration",
  .run = run,
};
