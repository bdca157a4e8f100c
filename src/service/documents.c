/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "service/documents.h"

#include "base/text.h"
#include "service/task_text.h"

static json_t *
text_or_null(const char *text) {
  return text_empty(text) ? json_null() : json_string(text);
}

static json_t *
number_or_null(gint64 number) {
  return number == 0 ? json_null() : json_integer(number);
}

json_t *
documents_run(const StoreRun *run) {
  json_t *object = json_object();
  json_t *tenants = json_array();
  g_auto(GStrv) abbrs = g_strsplit(run->tenants, ",", -1);
  for (char **abbr = abbrs; *abbr != NULL; abbr++)
    if (**abbr != '\0')
      json_array_append_new(tenants, json_string(*abbr));
  json_object_set_new(object, "id", json_integer(run->id));
  json_object_set_new(object, "status", json_string(run_status_word(run->status)));
  json_object_set_new(object, "year", number_or_null(run->year));
  json_object_set_new(object, "triggeredby", json_string(run->triggeredby));
  json_object_set_new(object, "tenants", tenants);
  json_object_set_new(object, "timestarted", json_integer(run->timestarted));
  json_object_set_new(object, "timeended", number_or_null(run->timeended));
  return object;
}

/* The name of the course a task is about, where its payload tells one. */
static json_t *
course_name(const StoreTask *task) {
  json_auto_t *payload = json_loads(task->payload, 0, NULL);
  const char *name = json_string_value(json_object_get(payload, "shortname"));
  return name == NULL ? json_null() : json_string(name);
}

json_t *
documents_task(const StoreTask *task) {
  json_t *object = json_object();
  autochar about = task_text(task);
  json_object_set_new(object, "id", json_integer(task->id));
  json_object_set_new(object, "kind", json_string(task->kind));
  json_object_set_new(object, "subject", json_string(task->subject));
  json_object_set_new(object, "about", json_string(about));
  json_object_set_new(object, "course", course_name(task));
  json_object_set_new(object, "state", json_string(store_task_state_word(task->state)));
  json_object_set_new(object, "attempts", json_integer(task->attempts));
  json_object_set_new(object, "due", json_integer(task->due));
  json_object_set_new(object, "error", text_or_null(task->error));
  json_object_set_new(object, "timecreated", json_integer(task->timecreated));
  json_object_set_new(object, "timemodified", json_integer(task->timemodified));
  return object;
}
