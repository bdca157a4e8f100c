/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "notify-case.h"

#include <string.h>

#include "store/sqlite.h"

Config *
case_config(const char *language) {
  static ConfigTenant tenants[] = {
    { .abbr = (char *)"FD", .name = (char *)"Landkreis Fulda" },
    { .abbr = (char *)"HP", .name = (char *)"Kreis Bergstraße" },
  };
  Config *config = g_new0(Config, 1);
  config->moodle.timezone = g_time_zone_new_identifier("Europe/Berlin");
  config->tenants = g_ptr_array_new();
  g_ptr_array_add(config->tenants, &tenants[0]);
  g_ptr_array_add(config->tenants, &tenants[1]);
  config->notify.smtp = (char *)"smtp://127.0.0.1:1";
  config->notify.starttls = (char *)"no";
  config->notify.user = config->notify.password = (char *)"";
  config->notify.from = (char *)"lehrgaenge@example.org";
  config->notify.operator_address = (char *)"betrieb@example.org";
  config->notify.language = (char *)language;
  return config;
}

void
case_config_free(Config *config) {
  g_time_zone_unref(config->moodle.timezone);
  g_ptr_array_unref(config->tenants);
  g_free(config);
}

json_t *
case_report(const char *status) {
  return case_report_with(status, "{}");
}

json_t *
case_report_with(const char *status, const char *more) {
  json_t *report =
      json_pack("{s:i, s:i, s:s, s:s, s:I, s:I, s:n, s:b}", "run", 42, "year", 2025, "status",
                status, "triggeredby", "erika", "started", (json_int_t)CASE_NOW, "ended",
                (json_int_t)CASE_NOW + 61, "error", "dry_run", 0);
  json_auto_t *common = json_loads(
      "{\"tenants\":["
      " {\"abbr\":\"FD\",\"name\":\"Landkreis Fulda\",\"configured\":true,\"listed\":true,"
      "  \"error\":null,\"failed\":[],\"skip_reasons\":{\"course_exists\":70}},"
      " {\"abbr\":\"HP\",\"name\":\"Kreis Bergstraße\",\"configured\":true,\"listed\":true,"
      "  \"error\":null,\"failed\":[],\"skip_reasons\":{\"course_exists\":44}}],"
      "\"totals\":{\"lehrgaenge_created\":6,\"lehrgaenge_skipped\":114,\"lehrgaenge_total\":120,"
      " \"courses_created\":4,\"users_created\":17,\"enrolled\":200,\"alreadyenrolled\":1000,"
      " \"completed\":12,\"unenrolled\":3,\"skipped\":1,\"failed\":0,\"tenants_failed\":0,"
      " \"left_out\":0},"
      "\"held\":[],\"unproven\":[],\"warnings\":[],"
      "\"content_copies\":{\"queued\":4,\"done\":4,\"waiting\":0,\"failed\":0}}",
      0, NULL);
  json_error_t where;
  json_auto_t *own = json_loads(more, 0, &where);
  if (own == NULL)
    g_error("%s at %d", where.text, where.position);
  json_object_update(report, common);
  json_object_update_recursive(report, own);
  return report;
}

ImportRequest
case_request(void) {
  static char *tenants[] = { (char *)"FD", (char *)"HP", NULL };
  return (ImportRequest){ .year = 2025,
                          .tenants = tenants,
                          .starter = (char *)"erika",
                          .email = (char *)"erika@example.org" };
}

void
case_assert_notice(const Notice *notice, const char *name) {
  g_autofree char *file = g_strconcat(name, ".txt", NULL);
  g_autofree char *path =
      g_build_filename(g_getenv("SOURCE_ROOT"), "tests", "unit", "notify", "expected", file, NULL);
  g_autofree char *expected = NULL;
  g_autoptr(GError) error = NULL;
  g_file_get_contents(path, &expected, NULL, &error);
  g_assert_no_error(error);
  g_autofree char *got = g_strdup_printf("%s\n\n%s", notice->subject, notice->body);
  g_assert_cmpstr(got, ==, expected);
  g_assert_null(strpbrk(notice->subject, "\r\n"));
}

Case
case_new(void) {
  g_autoptr(GError) error = NULL;
  Case c = { .config = case_config("de"),
             .store = store_sqlite_open(":memory:", &error),
             .clock = clock_manual_new(CASE_NOW) };
  g_assert_no_error(error);
  c.config->notify.moodle_message = true;
  return c;
}

void
case_clear(Case *c) {
  case_config_free(c->config);
  store_free(c->store);
  clock_free(c->clock);
}

GPtrArray *
case_tasks(const Case *c, const char *kind) {
  g_autoptr(GError) error = NULL;
  GPtrArray *tasks = c->store->class->task_list(c->store, false, 0, &error);
  g_assert_no_error(error);
  for (guint i = 0; i < tasks->len;)
    if (strcmp(((StoreTask *)g_ptr_array_index(tasks, i))->kind, kind) != 0)
      g_ptr_array_remove_index(tasks, i);
    else
      i++;
  return tasks;
}

void
case_assert_queued(const Case *c, const char *kind, guint count) {
  g_autoptr(GPtrArray) tasks = case_tasks(c, kind);
  g_assert_cmpuint(tasks->len, ==, count);
}

json_t *
case_payload(const Case *c, const char *kind) {
  g_autoptr(GPtrArray) tasks = case_tasks(c, kind);
  g_assert_cmpuint(tasks->len, >, 0);
  const StoreTask *task = g_ptr_array_index(tasks, tasks->len - 1);
  g_assert_cmpuint(strlen(task->payload), <=, STORE_MAX_PROGRESS);
  json_t *payload = json_loads(task->payload, 0, NULL);
  g_assert_nonnull(payload);
  return payload;
}

void
case_assert_text(const json_t *payload, const char *key, const char *expected) {
  g_assert_cmpstr(json_string_value(json_object_get(payload, key)), ==, expected);
}

void
case_tell_import(const Case *c, const ImportRequest *request, RunStatus status,
                 const json_t *report, const char *why, bool final) {
  g_autoptr(GError) error = NULL;
  notify_import(c->store, c->config, request, status, report, why, final, clock_now(c->clock),
                &error);
  g_assert_no_error(error);
}
