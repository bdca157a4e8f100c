/* The JSON interface: what scripts get, what they may ask for, and what is kept from those who are
 * bound to tenants. That its routes are described: test-openapi.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "scheduler/import.h"
#include "web_case.h"

static gint64
add_run(WebCase *test, const char *tenants, gint year, RunStatus status, const char *totals,
        const char *summary) {
  StoreRun run = { .year = year,
                   .status = RUN_RUNNING,
                   .triggeredby = (char *)"anna",
                   .tenants = (char *)tenants,
                   .owner = (char *)"test",
                   .timestarted = WEB_CASE_NOW - 100 };
  const StoreClass *class = test->store->class;
  g_assert_true(class->run_begin(test->store, &run, NULL));
  if (status == RUN_RUNNING)
    return run.id;
  g_assert_true(class->run_totals(test->store, run.id, totals, NULL));
  g_assert_true(class->run_end(test->store, run.id, status, WEB_CASE_NOW - 40, summary, NULL));
  return run.id;
}

static gsize
count(WebCase *test, const WebPrincipal *who, const char *target) {
  g_assert_cmpuint(web_case_get(test, who, target), ==, 200);
  json_auto_t *document = web_case_json(test);
  return json_array_size(json_object_get(document, "runs"));
}

static void
lists_runs(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_VIEWER, NULL);
  for (guint i = 0; i < 7; i++)
    add_run(test, i % 2 == 0 ? "" : "HP", i < 3 ? 2025 : 0, i == 0 ? RUN_PARTIAL : RUN_SUCCESS, "",
            "{}");
  g_assert_cmpuint(count(test, who, "/api/v1/runs"), ==, 7);
  g_assert_cmpuint(count(test, who, "/api/v1/runs?status=partial"), ==, 1);
  g_assert_cmpuint(count(test, who, "/api/v1/runs?year=2025"), ==, 3);
  g_assert_cmpuint(count(test, who, "/api/v1/runs?year=0"), ==, 4);
  g_assert_cmpuint(count(test, who, "/api/v1/runs?tenant=HP"), ==, 7);
  g_assert_cmpuint(count(test, who, "/api/v1/runs?tenant=FD"), ==, 4);
  g_autoptr(WebPrincipal) bound = web_case_who(ROLE_VIEWER, "FD");
  g_assert_cmpuint(count(test, bound, "/api/v1/runs"), ==, 4);
  g_assert_cmpuint(web_case_get(test, bound, "/api/v1/runs?tenant=HP"), ==, 404);
}

static void
pages_through_runs(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_VIEWER, NULL);
  for (guint i = 0; i < 4; i++)
    add_run(test, "", 0, RUN_SUCCESS, "", "{}");
  g_assert_cmpuint(web_case_get(test, who, "/api/v1/runs?limit=3"), ==, 200);
  json_auto_t *first = web_case_json(test);
  g_assert_cmpint(json_integer_value(json_object_get(first, "next")), ==, 2);
  g_assert_cmpuint(web_case_get(test, who, "/api/v1/runs?limit=3&before=2"), ==, 200);
  json_auto_t *second = web_case_json(test);
  g_assert_cmpuint(json_array_size(json_object_get(second, "runs")), ==, 1);
  g_assert_true(json_is_null(json_object_get(second, "next")));
}

static void
refuses_bad_queries(void) {
  static const char *const bad[] = { "status=x",  "year=-1",   "year=abc", "limit=0",
                                     "limit=501", "before=0x", "limit=",   "year=2026x" };
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_VIEWER, NULL);
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
    g_autofree char *target = g_strconcat("/api/v1/runs?", bad[i], NULL);
    g_assert_cmpuint(web_case_get(test, who, target), ==, 400);
    web_case_has(test, "{\"error\":{\"code\":\"bad_request\",\"message\":\"");
  }
  g_assert_cmpuint(web_case_get(test, who, "/api/v1/tasks?show=none"), ==, 400);
}

static const char report[] =
    "{\"run\":1,\"status\":\"success\",\"error\":null,\"tenants\":["
    "{\"abbr\":\"FD\",\"name\":\"Landkreis Fulda\",\"configured\":true,\"total\":1,\"courses\":["
    "{\"course\":7,\"shortname\":\"FD-F-I\",\"lehrgaenge\":[\"FD-1\"],\"users\":{\"total\":3},"
    "\"assignments\":{\"enrolled\":3,\"total\":3}}]},"
    "{\"abbr\":\"HP\",\"name\":\"SECRET-HP\",\"configured\":true,\"total\":1,\"courses\":["
    "{\"course\":8,\"shortname\":\"SECRET-HP-F-I\",\"lehrgaenge\":[\"SECRET-1\"],"
    "\"users\":{\"total\":4},\"assignments\":{\"enrolled\":4,\"total\":4}}]}],"
    "\"totals\":{\"enrolled\":7},\"warnings\":[\"SECRET\"]}";

static void
shows_a_run(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_VIEWER, NULL);
  g_autoptr(WebPrincipal) bound = web_case_who(ROLE_VIEWER, "FD");
  add_run(test, "FD,HP", 2026, RUN_SUCCESS, "", report);
  g_assert_cmpuint(web_case_get(test, who, "/api/v1/runs/1"), ==, 200);
  json_auto_t *whole = web_case_json(test);
  g_assert_cmpint(json_integer_value(json_object_get(whole, "id")), ==, 1);
  g_assert_cmpuint(json_array_size(json_object_get(whole, "tenants")), ==, 2);
  g_assert_cmpuint(web_case_get(test, bound, "/api/v1/runs/1"), ==, 200);
  web_case_has(test, "FD-F-I");
  web_case_has_not(test, "HP");
  web_case_has_not(test, "SECRET");
}

static void
a_report_does_not_hide_the_tenants(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_VIEWER, NULL);
  add_run(test, "FD,HP", 2026, RUN_SUCCESS, "", report);
  g_assert_cmpuint(web_case_get(test, who, "/api/v1/runs/1"), ==, 200);
  json_auto_t *document = web_case_json(test);
  const json_t *first = json_array_get(json_object_get(document, "tenants"), 0);
  g_assert_cmpstr(json_string_value(json_object_get(first, "name")), ==, "Landkreis Fulda");
}

static void
tells_how_far_a_run_is(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_VIEWER, NULL);
  gint64 id = add_run(test, "", 0, RUN_RUNNING, "", "");
  g_assert_true(test->store->class->run_progress(
      test->store, id, "{\"phase\":\"fetch\",\"done\":3,\"total\":9}", NULL));
  g_assert_cmpuint(web_case_get(test, who, "/api/v1/runs/1"), ==, 200);
  json_auto_t *document = web_case_json(test);
  const json_t *progress = json_object_get(document, "progress");
  g_assert_cmpint(json_integer_value(json_object_get(progress, "done")), ==, 3);
  g_assert_true(json_is_null(json_object_get(document, "timeended")));
}

static void
damaged_reports_are_said(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_VIEWER, NULL);
  add_run(test, "", 0, RUN_SUCCESS, "", "{\"tenants\":[");
  g_assert_cmpuint(web_case_get(test, who, "/api/v1/runs/1"), ==, 200);
  web_case_has(test, "damaged");
}

static void
another_tenants_run_is_not_found(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) bound = web_case_who(ROLE_ADMIN, "FD");
  add_run(test, "HP", 2026, RUN_SUCCESS, "", "{}");
  g_assert_cmpuint(web_case_get(test, bound, "/api/v1/runs/1"), ==, 404);
  g_assert_cmpuint(web_case_get(test, bound, "/api/v1/runs/2"), ==, 404);
  g_assert_cmpuint(web_case_get(test, bound, "/api/v1/runs/x"), ==, 404);
  g_assert_cmpuint(web_case_get(test, bound, "/api/v1/runs/1/events"), ==, 404);
}

/* ── tenants, tasks ── */

static void
lists_tenants(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_VIEWER, NULL);
  g_autoptr(WebPrincipal) bound = web_case_who(ROLE_VIEWER, "FD,GI");
  const StoreClass *class = test->store->class;
  g_assert_true(class->tenant_success_set(test->store, "FD", 3, 1000, NULL));
  g_assert_true(class->tenant_failure_set(test->store, "FD", 2, 900, "long ago", NULL));
  g_assert_true(class->tenant_failure_set(test->store, "GI", 4, 1100, "no answer", NULL));
  test->next_run = 5000;
  g_assert_cmpuint(web_case_get(test, who, "/api/v1/tenants"), ==, 200);
  json_auto_t *all = web_case_json(test);
  g_assert_cmpuint(json_array_size(json_object_get(all, "tenants")), ==, 4);
  g_assert_cmpuint(web_case_get(test, bound, "/api/v1/tenants"), ==, 200);
  json_auto_t *some = web_case_json(test);
  const json_t *list = json_object_get(some, "tenants");
  g_assert_cmpuint(json_array_size(list), ==, 2);
  const json_t *fulda = json_array_get(list, 0), *giessen = json_array_get(list, 1);
  g_assert_cmpint(json_integer_value(json_object_get(fulda, "last_success")), ==, 1000);
  g_assert_cmpint(json_integer_value(json_object_get(fulda, "last_failure")), ==, 900);
  g_assert_true(json_is_null(json_object_get(fulda, "failure")));
  g_assert_cmpstr(json_string_value(json_object_get(giessen, "failure")), ==, "no answer");
  g_assert_cmpint(json_integer_value(json_object_get(some, "next_run")), ==, 5000);
  web_case_has_not(test, "key-of");
}

static gint64
add_task(WebCase *test, const char *kind, const char *subject, const char *payload) {
  const StoreTask task = { .kind = (char *)kind,
                           .subject = (char *)subject,
                           .payload = (char *)payload,
                           .due = WEB_CASE_NOW + 500 };
  gint64 id;
  g_assert_true(test->store->class->task_add(test->store, &task, WEB_CASE_NOW, &id, NULL));
  return id;
}

static void
lists_and_changes_tasks(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_OPERATOR, NULL);
  g_autoptr(WebPrincipal) viewer = web_case_who(ROLE_VIEWER, NULL);
  g_autoptr(WebPrincipal) bound = web_case_who(ROLE_OPERATOR, "FD");
  add_task(test, "mail", "to x", "{}");
  add_task(test, "mail", "to y", "{}");
  g_assert_cmpuint(web_case_get(test, viewer, "/api/v1/tasks"), ==, 200);
  json_auto_t *list = web_case_json(test);
  g_assert_cmpuint(json_array_size(json_object_get(list, "tasks")), ==, 2);
  g_assert_cmpuint(web_case_get(test, viewer, "/api/v1/tasks?limit=1"), ==, 200);
  json_auto_t *one = web_case_json(test);
  g_assert_cmpuint(json_array_size(json_object_get(one, "tasks")), ==, 1);
  g_assert_cmpuint(web_case_get(test, bound, "/api/v1/tasks/1"), ==, 404);
  g_assert_cmpuint(web_case_post(test, bound, "/api/v1/tasks/1/retry", ""), ==, 404);
  g_assert_cmpuint(web_case_post(test, viewer, "/api/v1/tasks/1/retry", ""), ==, 403);
  g_assert_cmpuint(test->woken, ==, 0);
  g_assert_cmpuint(web_case_post(test, who, "/api/v1/tasks/1/retry", ""), ==, 200);
  json_auto_t *tried = web_case_json(test);
  g_assert_cmpint(json_integer_value(json_object_get(tried, "due")), ==, WEB_CASE_NOW);
  g_assert_cmpuint(test->woken, ==, 1);
  g_assert_cmpuint(web_case_post(test, who, "/api/v1/tasks/2/cancel", ""), ==, 200);
  json_auto_t *gone = web_case_json(test);
  g_assert_cmpstr(json_string_value(json_object_get(gone, "state")), ==, "failed");
  g_assert_cmpuint(web_case_get(test, viewer, "/api/v1/tasks?show=failed"), ==, 200);
  web_case_has(test, "cancelled by anna");
}

/* ── imports ── */

static void
queues_an_import(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_OPERATOR, NULL);
  g_assert_cmpuint(web_case_post_json(test, who, "/api/v1/imports",
                                      "{\"year\":2026,\"tenants\":[\"HP\",\"FD\"],"
                                      "\"notify\":\"bert@example.org\"}"),
                   ==, 202);
  g_assert_cmpstr(web_case_header(test, "Location"), ==, "/api/v1/imports/1");
  json_auto_t *answer = web_case_json(test);
  g_assert_cmpstr(json_string_value(json_object_get(answer, "state")), ==, "queued");
  g_assert_cmpuint(json_array_size(json_object_get(answer, "tenants")), ==, 2);
  g_assert_true(json_is_null(json_object_get(answer, "run")));
  g_assert_cmpuint(test->woken, ==, 1);
  g_autoptr(GPtrArray) tasks = test->store->class->task_list(test->store, false, 0, NULL);
  g_assert_cmpuint(tasks->len, ==, 1);
  g_auto(ImportRequest) request = { 0 };
  g_assert_true(import_parse(((StoreTask *)g_ptr_array_index(tasks, 0))->payload, &request, NULL));
  g_assert_cmpstr(request.starter, ==, "anna");
  g_assert_cmpstr(request.email, ==, "bert@example.org");
  g_assert_false(request.allow_removals);
  g_assert_cmpuint(web_case_get(test, who, "/api/v1/imports/1"), ==, 200);
  g_assert_cmpuint(web_case_get(test, who, "/api/v1/imports/2"), ==, 404);
}

static void
finds_an_imports_run(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_VIEWER, "FD");
  StoreRun run = { .year = 2026,
                   .status = RUN_RUNNING,
                   .triggeredby = (char *)"bert",
                   .tenants = (char *)"FD,HP",
                   .owner = (char *)"test",
                   .timestarted = WEB_CASE_NOW,
                   .task = 21 };
  g_assert_true(test->store->class->run_begin(test->store, &run, NULL));
  g_assert_cmpuint(web_case_get(test, who, "/api/v1/imports/21"), ==, 200);
  json_auto_t *answer = web_case_json(test);
  g_assert_cmpstr(json_string_value(json_object_get(answer, "state")), ==, "done");
  g_assert_cmpint(json_integer_value(json_object_get(json_object_get(answer, "run"), "id")), ==, 1);
  web_case_has_not(test, "HP");
}

static void
refuses_bad_imports(void) {
  static const char *const bad[] = {
    "",
    "[]",
    "null",
    "{",
    "{\"year\":2026",
    "{}",
    "{\"year\":\"2026\"}",
    "{\"year\":2011}",
    "{\"year\":2028}",
    "{\"year\":2026.5}",
    "{\"year\":2026,\"tenants\":\"FD\"}",
    "{\"year\":2026,\"tenants\":[]}",
    "{\"year\":2026,\"tenants\":[1]}",
    "{\"year\":2026,\"tenants\":[\"XX\"]}",
    "{\"year\":2026,\"tenants\":[\"OF\"]}",
    "{\"year\":2026,\"notify\":\"nobody\"}",
    "{\"year\":2026,\"allow_removals\":\"yes\"}",
    "{\"year\":2026,\"dry_run\":true}",
    "{\"year\":2026,\"year\":2026}",
  };
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_ADMIN, NULL);
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
    if (web_case_post_json(test, who, "/api/v1/imports", bad[i]) != 400)
      g_error("not refused: %s: %s", bad[i], test->answer.body->str);
  g_autoptr(GPtrArray) tasks = test->store->class->task_list(test->store, false, 0, NULL);
  g_assert_cmpuint(tasks->len, ==, 0);
}

static void
holds_to_role_and_tenants(void) {
  g_autoptr(WebCase) test = web_case_new(NULL);
  g_autoptr(WebPrincipal) viewer = web_case_who(ROLE_VIEWER, NULL);
  g_autoptr(WebPrincipal) who = web_case_who(ROLE_OPERATOR, "FD");
  const char *path = "/api/v1/imports";
  g_assert_cmpuint(web_case_post_json(test, viewer, path, "{\"year\":2026}"), ==, 403);
  g_assert_cmpuint(web_case_post_json(test, who, path, "{\"year\":2026}"), ==, 400);
  g_assert_cmpuint(web_case_post_json(test, who, path, "{\"year\":2026,\"tenants\":[\"HP\"]}"), ==,
                   400);
  g_assert_cmpuint(web_case_post_json(test, who, path,
                                      "{\"year\":2026,\"tenants\":[\"FD\"],"
                                      "\"allow_removals\":true}"),
                   ==, 403);
  g_assert_cmpuint(web_case_post_json(test, who, path, "{\"year\":2026,\"tenants\":[\"FD\"]}"), ==,
                   202);
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/api/lists-runs", lists_runs);
  g_test_add_func("/api/pages-through-runs", pages_through_runs);
  g_test_add_func("/api/refuses-bad-queries", refuses_bad_queries);
  g_test_add_func("/api/shows-a-run", shows_a_run);
  g_test_add_func("/api/a-report-does-not-hide-the-tenants", a_report_does_not_hide_the_tenants);
  g_test_add_func("/api/tells-how-far-a-run-is", tells_how_far_a_run_is);
  g_test_add_func("/api/damaged-reports-are-said", damaged_reports_are_said);
  g_test_add_func("/api/another-tenants-run-is-not-found", another_tenants_run_is_not_found);
  g_test_add_func("/api/lists-tenants", lists_tenants);
  g_test_add_func("/api/lists-and-changes-tasks", lists_and_changes_tasks);
  g_test_add_func("/api/queues-an-import", queues_an_import);
  g_test_add_func("/api/finds-an-imports-run", finds_an_imports_run);
  g_test_add_func("/api/refuses-bad-imports", refuses_bad_imports);
  g_test_add_func("/api/holds-to-role-and-tenants", holds_to_role_and_tenants);
  return g_test_run();
}
