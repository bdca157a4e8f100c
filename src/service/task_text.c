/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "service/task_text.h"

#include <jansson.h>
#include <string.h>

#include "base/text.h"
#include "notify/notify.h"
#include "scheduler/content_copy.h"
#include "scheduler/import.h"

static char *
about_import(const StoreTask *task, const json_t *payload) {
  (void)payload;
  g_auto(ImportRequest) request = { 0 };
  if (!import_parse(task->payload, &request, NULL))
    return NULL;
  autochar tenants =
      request.tenants != NULL ? g_strjoinv(",", request.tenants) : g_strdup("all tenants");
  return g_strdup_printf("%d %s by %s", request.year, tenants, request.starter);
}

static char *
about_course(const StoreTask *task, const json_t *payload) {
  const char *name = json_string_value(json_object_get(payload, "shortname"));
  return name == NULL ? NULL : g_strdup_printf("%s %s", task->subject, name);
}

static char *
about_letter(const StoreTask *task, const json_t *payload) {
  const char *key = strcmp(task->kind, NOTIFY_MAIL_KIND) == 0 ? "to" : "email";
  const char *to = json_string_value(json_object_get(payload, key));
  const char *title = json_string_value(json_object_get(payload, "subject"));
  return to == NULL ? NULL : g_strdup_printf("to %s: %s", to, title != NULL ? title : "");
}

char *
task_text(const StoreTask *task) {
  static const struct {
    const char *kind;
    char *(*about)(const StoreTask *task, const json_t *payload);
  } kinds[] = {
    { CONTENT_COPY_KIND, about_course },
    { IMPORT_KIND, about_import },
    { NOTIFY_MAIL_KIND, about_letter },
    { NOTIFY_MESSAGE_KIND, about_letter },
  };
  json_auto_t *payload = json_loads(task->payload, 0, NULL);
  char *text = NULL;
  for (guint i = 0; i < G_N_ELEMENTS(kinds) && text == NULL; i++)
    if (strcmp(kinds[i].kind, task->kind) == 0)
      text = kinds[i].about(task, payload);
  return text != NULL ? text : g_strdup(task->subject);
}
